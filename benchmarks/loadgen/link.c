#define _GNU_SOURCE
#include "link.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <netinet/tcp.h>
#include <time.h>
#include <unistd.h>

#include "template.h"

enum { READ_ROOM = 1 << 20, MAX_REQUEST = 16384, EVENTS = 1024 };

/* One buffer for all: a connection keeps memory of its own only while a frame is incomplete. */
static unsigned char read_buffer[READ_ROOM + 1];
/* What epoll reports for the two descriptors that are no connection. */
static char timer_tag, control_tag;

uint64_t now_ns(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

void pool_complain(struct pool *pool, const char *format, ...)
{
    va_list arguments;
    if (pool->complaint[0])
        return;
    va_start(arguments, format);
    vsnprintf(pool->complaint, sizeof pool->complaint, format, arguments);
    va_end(arguments);
}

/* -- one connection ------------------------------------------------------------------------- */

static void watch(struct pool *pool, struct link *link, int operation, uint32_t events)
{
    struct epoll_event event = {.events = events, .data.ptr = link};
    if (epoll_ctl(pool->epoll, operation, link->fd, &event) < 0)
        pool_complain(pool, "epoll_ctl: %s", strerror(errno));
}

static void drop(struct pool *pool, struct link *link, const char *why)
{
    if (link->state == LINK_CLOSED)
        return;
    pool_complain(pool, "connection %zu: %s", (size_t)(link - pool->links), why);
    if (link->state == LINK_OPEN)
        pool->open--;
    pool->closed++;
    link->state = LINK_CLOSED;
    close(link->fd);
    free(link->rest);
    free(link->unsent);
    link->rest = link->unsent = NULL;
    link->rest_length = link->unsent_length = 0;
}

static void keep_unsent(struct pool *pool, struct link *link, const unsigned char *data,
                        size_t length)
{
    link->unsent = realloc(link->unsent, link->unsent_length + length);
    if (!link->unsent)
        abort();
    memcpy(link->unsent + link->unsent_length, data, length);
    if (!link->unsent_length)
        watch(pool, link, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    link->unsent_length += length;
}

static void write_bytes(struct pool *pool, struct link *link, const unsigned char *data,
                        size_t length)
{
    ssize_t taken = 0;
    if (!link->unsent_length) {
        taken = send(link->fd, data, length, MSG_NOSIGNAL);
        if (taken < 0 && errno != EAGAIN) {
            drop(pool, link, strerror(errno));
            return;
        }
        if (taken < 0)
            taken = 0;
    }
    if ((size_t)taken < length)
        keep_unsent(pool, link, data + taken, length - (size_t)taken);
}

static void write_unsent(struct pool *pool, struct link *link)
{
    ssize_t taken = send(link->fd, link->unsent, link->unsent_length, MSG_NOSIGNAL);
    if (taken < 0) {
        if (errno != EAGAIN)
            drop(pool, link, strerror(errno));
        return;
    }
    link->unsent_length -= (size_t)taken;
    memmove(link->unsent, link->unsent + taken, link->unsent_length);
    if (!link->unsent_length) {
        free(link->unsent);
        link->unsent = NULL;
        watch(pool, link, EPOLL_CTL_MOD, EPOLLIN);
    }
}

void link_send(struct pool *pool, struct link *link, unsigned opcode, const void *data,
               size_t length)
{
    static unsigned char frame[MAX_MESSAGE + MAX_HEADER];
    if (link->state == LINK_CLOSED || length > MAX_MESSAGE)
        return;
    write_bytes(pool, link, frame, wire_encode(frame, opcode, data, length));
}

/* -- the handshake -------------------------------------------------------------------------- */

/* A line of the connections file is a path and headers, separated by tabs. */
static size_t build_request(const char *line, char *out)
{
    size_t path = strcspn(line, "\t");
    int length = snprintf(out, MAX_REQUEST,
                          "GET %.*s HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          "Sec-WebSocket-Version: 13\r\n"
                          "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n",
                          (int)path, line);
    line += path;
    while (*line == '\t' && length < MAX_REQUEST) {
        size_t header = strcspn(++line, "\t");
        length += snprintf(out + length, (size_t)(MAX_REQUEST - length), "%.*s\r\n", (int)header,
                           line);
        line += header;
    }
    length += snprintf(out + length, length < MAX_REQUEST ? (size_t)(MAX_REQUEST - length) : 0,
                       "\r\n");
    return length < MAX_REQUEST ? (size_t)length : 0;
}

static void start(struct pool *pool, struct link *link)
{
    static const int on = 1;

    link->state = LINK_CONNECTING;
    link->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (link->fd < 0) {
        drop(pool, link, strerror(errno));
        return;
    }
    setsockopt(link->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    if (connect(link->fd, (const struct sockaddr *)&pool->address, sizeof pool->address) < 0 &&
        errno != EINPROGRESS) {
        drop(pool, link, strerror(errno));
        return;
    }
    watch(pool, link, EPOLL_CTL_ADD, EPOLLIN | EPOLLOUT);
}

static void connected(struct pool *pool, struct link *link)
{
    char request[MAX_REQUEST];
    int error = 0;
    socklen_t size = sizeof error;

    getsockopt(link->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) {
        drop(pool, link, strerror(error));
        return;
    }
    size_t length = build_request(link->line, request);
    if (!length) {
        drop(pool, link, "its headers are too long");
        return;
    }
    link->state = LINK_UPGRADING;
    watch(pool, link, EPOLL_CTL_MOD, EPOLLIN);
    write_bytes(pool, link, (const unsigned char *)request, length);
}

static void opened(struct pool *pool, struct link *link)
{
    link->state = LINK_OPEN;
    pool->open++;
}

/* Returns how much of the data was the answer; 0 when its end has not come yet. */
static size_t read_answer(struct pool *pool, struct link *link, const unsigned char *data,
                          size_t length)
{
    const unsigned char *end = memmem(data, length, "\r\n\r\n", 4);
    char why[120];

    if (!end)
        return 0;
    if (strncmp((const char *)data, "HTTP/1.1 101", 12) != 0) {
        snprintf(why, sizeof why, "refused with %.*s", (int)strcspn((const char *)data, "\r\n"),
                 data);
        drop(pool, link, why);
        return length;
    }
    if (pool->first_text)
        link_send(pool, link, OP_TEXT, pool->first_text, strlen(pool->first_text));
    if (pool->welcome)
        link->state = LINK_GREETING;
    else
        opened(pool, link);
    return (size_t)(end + 4 - data);
}

/* -- reading -------------------------------------------------------------------------------- */

static void closed_by_peer(struct pool *pool, struct link *link, const struct frame *frame)
{
    char why[160];
    unsigned code = frame->length >= 2 ? frame->payload[0] << 8 | frame->payload[1] : 1005;
    int reason = frame->length > 2 ? (int)frame->length - 2 : 0;

    snprintf(why, sizeof why, "closed with %u %.*s", code, reason, frame->payload + 2);
    drop(pool, link, why);
}

/* A refused connection is greeted too, with the reason; then it is closed. */
static void greeted(struct pool *pool, struct link *link, const struct frame *frame)
{
    static const char welcome[] = "\"welcome\"";
    if (memmem(frame->payload, frame->length, welcome, sizeof welcome - 1))
        opened(pool, link);
    else
        pool_complain(pool, "greeted with %.*s", (int)frame->length, frame->payload);
}

static void handle(struct pool *pool, struct link *link, const struct frame *frame)
{
    if (frame->opcode == OP_PING)
        link_send(pool, link, OP_PONG, frame->payload, frame->length);
    else if (frame->opcode == OP_CLOSE)
        closed_by_peer(pool, link, frame);
    else if (frame->opcode == OP_PONG)
        return;
    else if (link->state == LINK_GREETING)
        greeted(pool, link, frame);
    else if (link->state == LINK_OPEN)
        pool->on_text(link, frame, pool->context);
}

/* Returns how much was used: whole frames only. */
static size_t read_frames(struct pool *pool, struct link *link, const unsigned char *data,
                          size_t length)
{
    struct frame frame;
    size_t used = 0;

    while (link->state != LINK_CLOSED && link->state != LINK_UPGRADING) {
        enum decoded found = wire_decode(data + used, length - used, &frame);
        if (found == DECODED_PARTIAL)
            break;
        if (found == DECODED_BROKEN) {
            drop(pool, link, "sent what is no whole WebSocket frame");
            break;
        }
        used += frame.size;
        handle(pool, link, &frame);
    }
    return used;
}

static void keep_rest(struct pool *pool, struct link *link, const unsigned char *data,
                      size_t length)
{
    if (length == READ_ROOM) {
        drop(pool, link, "sent a frame that is too long");
        return;
    }
    free(link->rest);
    link->rest = length ? malloc(length) : NULL;
    if (length && !link->rest)
        abort();
    if (length)
        memcpy(link->rest, data, length);
    link->rest_length = length;
}

static void readable(struct pool *pool, struct link *link)
{
    size_t length = link->rest_length, room = READ_ROOM - length, used = 0;
    memcpy(read_buffer, link->rest ? link->rest : read_buffer, length);
    ssize_t got = recv(link->fd, read_buffer + length, room, 0);

    if (got < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (got <= 0) {
        drop(pool, link, got ? strerror(errno) : "ended without a close frame");
        return;
    }
    pool->bytes_in += (uint64_t)got;
    length += (size_t)got;
    read_buffer[length] = 0;
    if (link->state == LINK_UPGRADING)
        used = read_answer(pool, link, read_buffer, length);
    used += read_frames(pool, link, read_buffer + used, length - used);
    if (link->state != LINK_CLOSED)
        keep_rest(pool, link, read_buffer + used, length - used);
}

/* -- all connections ------------------------------------------------------------------------ */

bool pool_prepare(struct pool *pool, size_t count, int control)
{
    struct rlimit files;
    struct epoll_event on_timer = {.events = EPOLLIN, .data.ptr = &timer_tag};
    struct epoll_event on_control = {.events = EPOLLIN, .data.ptr = &control_tag};

    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        setrlimit(RLIMIT_NOFILE, &files);
    }
    pool->links = calloc(count, sizeof *pool->links);
    pool->count = count;
    pool->control = control;
    pool->epoll = epoll_create1(EPOLL_CLOEXEC);
    pool->timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (!pool->links || pool->epoll < 0 || pool->timer < 0 ||
        epoll_ctl(pool->epoll, EPOLL_CTL_ADD, pool->timer, &on_timer) < 0 ||
        epoll_ctl(pool->epoll, EPOLL_CTL_ADD, control, &on_control) < 0) {
        pool_complain(pool, "cannot prepare: %s", strerror(errno));
        return false;
    }
    for (size_t i = 0; i < count; i++)
        pool->links[i].line = pool->lines[i % pool->line_count];
    return true;
}

void pool_connect(struct pool *pool, size_t at_once, double patience)
{
    size_t settled = 0;
    uint64_t last_progress = now_ns();

    while (settled < pool->count) {
        while (pool->started < pool->count && pool->started - settled < at_once) {
            start(pool, &pool->links[pool->started++]);
            settled = pool->open + pool->closed;
        }
        pool_poll(pool, 100);
        if (pool->open + pool->closed != settled)
            last_progress = now_ns();
        settled = pool->open + pool->closed;
        if ((double)(now_ns() - last_progress) > patience * 1e9) {
            pool_complain(pool, "connecting came to a halt");
            return;
        }
    }
}

void pool_wake_at(struct pool *pool, uint64_t moment)
{
    struct itimerspec when = {.it_value = {.tv_sec = (time_t)(moment / 1000000000u),
                                           .tv_nsec = (long)(moment % 1000000000u)}};
    timerfd_settime(pool->timer, TFD_TIMER_ABSTIME, &when, NULL);
}

static void serve(struct pool *pool, struct link *link, uint32_t events)
{
    if (link->state == LINK_CLOSED)
        return;
    if (link->state == LINK_CONNECTING) {
        connected(pool, link);
        return;
    }
    if (events & EPOLLOUT && link->unsent_length)
        write_unsent(pool, link);
    if (link->state != LINK_CLOSED && events & (EPOLLIN | EPOLLHUP | EPOLLERR))
        readable(pool, link);
}

void pool_poll(struct pool *pool, int milliseconds)
{
    static struct epoll_event events[EVENTS];
    int count = epoll_wait(pool->epoll, events, EVENTS, milliseconds);
    uint64_t expirations;

    for (int i = 0; i < count; i++) {
        if (events[i].data.ptr == &control_tag)
            pool->control_ready = true;
        else if (events[i].data.ptr == &timer_tag)
            (void)!read(pool->timer, &expirations, sizeof expirations);
        else
            serve(pool, events[i].data.ptr, events[i].events);
    }
}
