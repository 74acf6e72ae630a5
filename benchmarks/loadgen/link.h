/* The WebSocket connections: opened a few at a time, served by one epoll loop. */
#ifndef LINK_H
#define LINK_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire.h"

/* How many commands of one connection may wait for their reply. */
enum { MAX_WAITING = 1024 };

enum link_state { LINK_CONNECTING, LINK_UPGRADING, LINK_GREETING, LINK_OPEN, LINK_CLOSED };

struct link {
    int fd;
    enum link_state state;
    const char *line; /* of the connections file: path and headers */

    unsigned char *rest; /* the beginning of a frame whose end has not come yet */
    size_t rest_length;
    unsigned char *unsent; /* what the kernel did not take */
    size_t unsent_length;

    uint64_t delivered; /* in the current run */
    uint64_t number;    /* of the last command */
    size_t waiting;     /* commands without a reply */
    uint64_t *sent_at;  /* when each waiting command was sent, by number; only for publishers */
};

struct pool {
    /* Given. */
    struct sockaddr_in address;
    const char *const *lines; /* of the connections file; used again when there are fewer */
    size_t line_count;
    const char *first_text; /* sent by each connection once it is upgraded, or NULL */
    bool welcome;           /* a connection counts as open once it has been sent a "welcome" */
    void (*on_text)(struct link *, const struct frame *, void *context);
    void *context;

    /* Kept. */
    struct link *links;
    size_t count, started, open, closed;
    int epoll, timer, control;
    bool control_ready;
    uint64_t bytes_in;
    char complaint[240]; /* the first thing that went wrong */
};

/* Makes room for `count` connections and listens to `control` (standard input). False with a
 * complaint when the system refuses. */
bool pool_prepare(struct pool *pool, size_t count, int control);

/* Opens all connections, at most `at_once` in the making, until each is open or closed, or
 * `patience` seconds passed without any progress. */
void pool_connect(struct pool *pool, size_t at_once, double patience);

/* Handles what has arrived; waits for it at most `milliseconds`. `control_ready` tells whether
 * standard input has something. */
void pool_poll(struct pool *pool, int milliseconds);

/* Makes `pool_poll` return at this moment at the latest, more exactly than milliseconds can. */
void pool_wake_at(struct pool *pool, uint64_t moment);

void pool_complain(struct pool *pool, const char *format, ...) __attribute__((format(printf, 2, 3)));

void link_send(struct pool *pool, struct link *link, unsigned opcode, const void *data,
               size_t length);

uint64_t now_ns(void);

#endif
