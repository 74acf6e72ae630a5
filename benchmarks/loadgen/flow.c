#define _GNU_SOURCE
#include "flow.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

enum { POLL_MILLISECONDS = 50 };

static double own_cpu_seconds(void)
{
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* -- sending -------------------------------------------------------------------------------- */

/* `due` is when the message should have gone: under a fixed rate, lateness of ours or of the
 * server's counts as latency. */
static void publish(struct flow *flow, struct link *link, uint64_t due)
{
    static char text[MAX_MESSAGE];
    struct filling filling = {.sent_at = due, .number = ++link->number};

    if (flow->replies) {
        link->sent_at[filling.number % MAX_WAITING] = due;
        link->waiting++;
    }
    link_send(flow->pool, link, OP_TEXT, text, template_fill(flow->message, &filling, text));
    flow->outcome->sent++;
}

/* The next publisher in turn that is open and has room; NULL when there is none. */
static struct link *take_publisher(struct flow *flow)
{
    for (size_t tried = 0; tried < flow->publishers; tried++) {
        struct link *link = &flow->pool->links[flow->next_publisher++ % flow->publishers];
        if (link->state == LINK_OPEN && link->waiting < MAX_WAITING)
            return link;
    }
    return NULL;
}

static void publish_next(struct flow *flow, uint64_t due)
{
    struct link *link = take_publisher(flow);
    if (link)
        publish(flow, link, due);
}

static void publish_acked(struct flow *flow, struct link *link)
{
    while (link->state == LINK_OPEN && (double)link->waiting < flow->plan->amount &&
           now_ns() < flow->deadline)
        publish(flow, link, now_ns());
}

static void publish_delivered(struct flow *flow)
{
    const struct outcome *outcome = flow->outcome;
    size_t fan = flow->fan ? flow->fan : 1;

    for (uint64_t before = UINT64_MAX; before != outcome->sent;) {
        before = outcome->sent;
        if ((double)(outcome->sent - outcome->refused) - (double)(outcome->delivered / fan) <
            flow->plan->amount)
            publish_next(flow, now_ns());
    }
}

static void publish_by_rate(struct flow *flow)
{
    double gap = 1e9 / flow->plan->amount;
    uint64_t due = flow->started + (uint64_t)((double)flow->outcome->sent * gap);

    for (uint64_t before = UINT64_MAX; before != flow->outcome->sent && due <= now_ns();) {
        before = flow->outcome->sent;
        publish_next(flow, due);
        due = flow->started + (uint64_t)((double)flow->outcome->sent * gap);
    }
    if (due > now_ns())
        pool_wake_at(flow->pool, due);
}

static void publish_due(struct flow *flow)
{
    switch (flow->plan->pace) {
    case PACE_DELIVERED:
        publish_delivered(flow);
        break;
    case PACE_RATE:
        publish_by_rate(flow);
        break;
    case PACE_ACKED: /* goes on by itself: each reply lets the next one go */
        if (!flow->outcome->sent)
            for (size_t i = 0; i < flow->publishers; i++)
                publish_acked(flow, &flow->pool->links[i]);
        break;
    case PACE_IDLE:
        break;
    }
}

/* -- receiving ------------------------------------------------------------------------------ */

static bool contains(const struct frame *frame, const char *text)
{
    return memmem(frame->payload, frame->length, text, strlen(text)) != NULL;
}

static bool read_number(const struct frame *frame, uint64_t *number)
{
    static const char key[] = "\"id\":";
    const unsigned char *at = memmem(frame->payload, frame->length, key, sizeof key - 1);
    const unsigned char *end = frame->payload + frame->length;

    if (!at)
        return false;
    at += sizeof key - 1;
    if (at < end && *at == ' ')
        at++;
    if (at == end || *at < '0' || *at > '9')
        return false;
    for (*number = 0; at < end && *at >= '0' && *at <= '9'; at++)
        *number = *number * 10 + (*at - '0');
    return true;
}

static void delivered(struct flow *flow, struct link *link, uint64_t sent_at)
{
    uint64_t now = now_ns();
    flow->outcome->delivered++;
    link->delivered++;
    histogram_add(&flow->outcome->delivery, now > sent_at ? now - sent_at : 0);
    flow->last_progress = now;
}

static void refused(struct flow *flow, const struct frame *frame)
{
    struct outcome *outcome = flow->outcome;
    if (!outcome->refused++)
        snprintf(outcome->refusal, sizeof outcome->refusal, "%.*s", (int)frame->length,
                 frame->payload);
}

/* A reply or a refusal of one of our commands. */
static void answered(struct flow *flow, struct link *link, const struct frame *frame,
                     uint64_t number)
{
    uint64_t now = now_ns(), sent_at = link->sent_at[number % MAX_WAITING];

    if (sent_at < flow->started) /* of an earlier run */
        return;
    if (link->waiting)
        link->waiting--;
    if (contains(frame, "\"reply\"")) {
        flow->outcome->acked++;
        histogram_add(&flow->outcome->reply, now > sent_at ? now - sent_at : 0);
    } else {
        refused(flow, frame);
    }
    flow->last_progress = now;
    if (flow->plan->pace == PACE_ACKED)
        publish_acked(flow, link);
}

void flow_receive(struct link *link, const struct frame *frame, void *context)
{
    struct flow *flow = context;
    uint64_t sent_at, number;

    if (!flow->outcome) /* between runs */
        return;
    if (template_read_time(frame->payload, frame->length, &sent_at)) {
        if (sent_at >= flow->started)
            delivered(flow, link, sent_at);
    } else if (link->sent_at && (contains(frame, "\"reply\"") || contains(frame, "\"error\"")) &&
               read_number(frame, &number)) {
        answered(flow, link, frame, number);
    } else {
        flow->outcome->other++;
    }
}

/* -- the run -------------------------------------------------------------------------------- */

static void prepare_links(struct flow *flow)
{
    struct pool *pool = flow->pool;
    for (size_t i = 0; i < pool->count; i++) {
        struct link *link = &pool->links[i];
        link->delivered = link->waiting = 0;
        if (flow->replies && i < flow->publishers && !link->sent_at)
            link->sent_at = calloc(MAX_WAITING, sizeof *link->sent_at);
    }
}

static bool all_arrived(const struct flow *flow)
{
    const struct outcome *outcome = flow->outcome;
    uint64_t kept = outcome->sent - outcome->refused;
    return outcome->delivered >= kept * flow->fan && (!flow->replies || outcome->acked >= kept);
}

static void count_per_link(const struct flow *flow)
{
    flow->outcome->least = UINT64_MAX;
    for (size_t i = 0; i < flow->pool->count; i++) {
        const struct link *link = &flow->pool->links[i];
        if (link->delivered < flow->outcome->least)
            flow->outcome->least = link->delivered;
        if (link->delivered > flow->outcome->most)
            flow->outcome->most = link->delivered;
    }
}

static void loop(struct flow *flow)
{
    while (true) {
        uint64_t now = now_ns();
        if (now < flow->deadline) {
            publish_due(flow);
        } else if (flow->plan->pace == PACE_IDLE || all_arrived(flow)) {
            return;
        }
        pool_poll(flow->pool, POLL_MILLISECONDS);
        now = now_ns();
        if (flow->plan->pace == PACE_IDLE)
            flow->last_progress = now;
        if ((double)(now - flow->last_progress) > flow->patience * 1e9 && now > flow->deadline) {
            flow->outcome->stalled = true;
            return;
        }
    }
}

void flow_run(struct flow *flow, const struct plan *plan, struct outcome *outcome)
{
    double cpu = own_cpu_seconds();
    uint64_t bytes = flow->pool->bytes_in;

    memset(outcome, 0, sizeof *outcome);
    prepare_links(flow);
    flow->plan = plan;
    flow->outcome = outcome;
    flow->started = flow->last_progress = now_ns();
    flow->deadline = flow->started + (uint64_t)(plan->seconds * 1e9);
    loop(flow);
    flow->outcome = NULL;

    outcome->seconds = (double)(flow->last_progress - flow->started) / 1e9;
    outcome->cpu_seconds = own_cpu_seconds() - cpu;
    outcome->bytes_in = flow->pool->bytes_in - bytes;
    outcome->expected = (outcome->sent - outcome->refused) * flow->fan;
    flow->outcome = outcome;
    count_per_link(flow);
    flow->outcome = NULL;
}
