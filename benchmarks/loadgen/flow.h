/* A run: who publishes when, and what comes of it. */
#ifndef FLOW_H
#define FLOW_H

#include "histogram.h"
#include "link.h"
#include "template.h"

enum pace {
    PACE_DELIVERED, /* `amount` messages in all that not everyone has received yet */
    PACE_ACKED,     /* `amount` messages of each publisher without their reply */
    PACE_RATE,      /* `amount` messages a second in all, whether answered or not */
    PACE_IDLE,      /* nobody publishes */
};

struct plan {
    enum pace pace;
    double amount;
    double seconds;
};

struct outcome {
    uint64_t sent, acked, refused, delivered, expected, other, bytes_in;
    uint64_t least, most; /* deliveries of one connection */
    double seconds;       /* from the first sending to the last delivery or reply */
    double cpu_seconds;   /* our own */
    bool stalled;
    char refusal[160]; /* the first */
    struct histogram delivery, reply;
};

struct flow {
    /* Given. */
    struct pool *pool;
    const struct template *message;
    size_t publishers; /* the first so many connections */
    size_t fan;        /* how many connections each message goes to; 0: not known */
    bool replies;      /* each message is answered */
    double patience;   /* seconds without any progress until a run counts as stalled */

    /* Kept during a run. */
    const struct plan *plan;
    struct outcome *outcome;
    uint64_t started, deadline, last_progress;
    size_t next_publisher;
};

/* Publishes for `plan->seconds`, then waits for what is under way. */
void flow_run(struct flow *flow, const struct plan *plan, struct outcome *outcome);

/* The pool's `on_text`; its context is the flow. */
void flow_receive(struct link *link, const struct frame *frame, void *context);

#endif
