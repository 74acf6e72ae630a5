/* A WebSocket load generator that costs little enough not to be what is measured.
 *
 * It opens its connections, prints a line of JSON, and then obeys standard input, a line each:
 *
 *   run delivered 16 5    publish for 5 s with 16 messages that not everyone has yet
 *   run acked 1 5         each publisher sends its next one when the reply is there
 *   run rate 500 5        500 messages a second, whatever comes back
 *   run idle 0 5          answer pings, publish nothing
 *
 * Each answers with one line of JSON. The connections stay open until standard input ends.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "flow.h"

struct options {
    const char *address, *table, *message, *first;
    int port;
    size_t connections, publishers, fan, at_once;
    int welcome, replies;
    double patience;
};

static const struct option names[] = {
    {"address", required_argument, 0, 'a'},     {"port", required_argument, 0, 'p'},
    {"connections", required_argument, 0, 'c'}, {"table", required_argument, 0, 't'},
    {"message", required_argument, 0, 'm'},     {"first", required_argument, 0, 'f'},
    {"publishers", required_argument, 0, 'P'},  {"fan", required_argument, 0, 'F'},
    {"at-once", required_argument, 0, 'o'},     {"patience", required_argument, 0, 's'},
    {"welcome", no_argument, 0, 'w'},           {"replies", no_argument, 0, 'r'},
    {0, 0, 0, 0},
};

static _Noreturn void fail(const char *what)
{
    fprintf(stderr, "loadgen: %s\n", what);
    exit(2);
}

static size_t read_count(const char *text)
{
    char *end;
    unsigned long value = strtoul(text, &end, 10);
    if (*end || end == text)
        fail("a number was expected");
    return value;
}

static struct options read_options(int argc, char **argv)
{
    struct options given = {
        .address = "127.0.0.1", .message = "{t}", .connections = 1, .publishers = 1,
        .at_once = 50, .patience = 15};
    int letter;

    while ((letter = getopt_long(argc, argv, "", names, NULL)) != -1) {
        switch (letter) {
        case 'a': given.address = optarg; break;
        case 'p': given.port = (int)read_count(optarg); break;
        case 'c': given.connections = read_count(optarg); break;
        case 't': given.table = optarg; break;
        case 'm': given.message = optarg; break;
        case 'f': given.first = optarg; break;
        case 'P': given.publishers = read_count(optarg); break;
        case 'F': given.fan = read_count(optarg); break;
        case 'o': given.at_once = read_count(optarg); break;
        case 's': given.patience = (double)read_count(optarg); break;
        case 'w': given.welcome = 1; break;
        case 'r': given.replies = 1; break;
        default: exit(2);
        }
    }
    if (!given.port || !given.table || !given.connections)
        fail("--port, --connections and --table are needed");
    if (given.publishers > given.connections)
        fail("there are more publishers than connections");
    return given;
}

/* The connections file, cut into lines. They live as long as the program. */
static size_t read_table(const char *path, const char ***lines)
{
    FILE *file = fopen(path, "r");
    size_t count = 0, room = 0, unused = 0;
    char *line = NULL;

    if (!file)
        fail("the connections file cannot be read");
    *lines = NULL;
    while (getline(&line, &unused, file) > 0) {
        line[strcspn(line, "\r\n")] = 0;
        if (count == room) {
            room = room ? room * 2 : 256;
            *lines = realloc(*lines, room * sizeof **lines);
            if (!*lines)
                abort();
        }
        (*lines)[count++] = line;
        line = NULL;
        unused = 0;
    }
    fclose(file);
    if (!count)
        fail("the connections file is empty");
    return count;
}

/* -- what we print -------------------------------------------------------------------------- */

static void print_text(const char *key, const char *text)
{
    printf(",\"%s\":\"", key);
    for (; *text; text++) {
        if (*text == '"' || *text == '\\')
            printf("\\%c", *text);
        else
            putchar((unsigned char)*text < ' ' || (unsigned char)*text > '~' ? '?' : *text);
    }
    putchar('"');
}

static void print_latency(const char *key, const struct histogram *histogram)
{
    printf(",\"%s_p50_ms\":%.4f,\"%s_p99_ms\":%.4f,\"%s_p999_ms\":%.4f", key,
           (double)histogram_percentile(histogram, 0.5) / 1e6, key,
           (double)histogram_percentile(histogram, 0.99) / 1e6, key,
           (double)histogram_percentile(histogram, 0.999) / 1e6);
}

static void print_connections(const struct pool *pool)
{
    printf(",\"open\":%zu,\"closed\":%zu", pool->open, pool->closed);
    print_text("complaint", pool->complaint);
}

static void print_outcome(const struct pool *pool, const struct outcome *outcome)
{
    printf("{\"phase\":\"result\",\"sent\":%lu,\"acked\":%lu,\"refused\":%lu,\"delivered\":%lu,"
           "\"expected\":%lu,\"other\":%lu,\"least\":%lu,\"most\":%lu,\"bytes_in\":%lu,"
           "\"seconds\":%.6f,\"cpu_seconds\":%.6f,\"stalled\":%s",
           outcome->sent, outcome->acked, outcome->refused, outcome->delivered, outcome->expected,
           outcome->other, outcome->least, outcome->most, outcome->bytes_in, outcome->seconds,
           outcome->cpu_seconds, outcome->stalled ? "true" : "false");
    print_latency("delivery", &outcome->delivery);
    print_latency("reply", &outcome->reply);
    print_text("refusal", outcome->refusal);
    print_connections(pool);
    printf("}\n");
    fflush(stdout);
}

/* -- what we are told ----------------------------------------------------------------------- */

static bool read_plan(const char *line, struct plan *plan)
{
    static const char *const paces[] = {"delivered", "acked", "rate", "idle"};
    char pace[16];

    if (sscanf(line, "run %15s %lf %lf", pace, &plan->amount, &plan->seconds) != 3)
        return false;
    for (int i = 0; i < 4; i++) {
        if (strcmp(pace, paces[i]) == 0) {
            plan->pace = (enum pace)i;
            return plan->pace == PACE_IDLE || plan->amount > 0;
        }
    }
    return false;
}

/* Serves the connections until standard input has a line. False at its end. */
static bool next_command(struct pool *pool, char *line, size_t room)
{
    size_t length = 0;
    while (length + 1 < room) {
        pool->control_ready = false;
        while (!pool->control_ready)
            pool_poll(pool, -1);
        /* One byte at a time, so that the next line stays where epoll sees it. */
        if (read(pool->control, line + length, 1) != 1)
            return false;
        if (line[length] == '\n') {
            line[length] = 0;
            return true;
        }
        length++;
    }
    return false;
}

static void obey(struct flow *flow)
{
    static struct outcome outcome;
    char line[128];
    struct plan plan;

    while (next_command(flow->pool, line, sizeof line)) {
        if (!read_plan(line, &plan))
            fail("the command is not known");
        if (plan.pace == PACE_ACKED && !flow->replies)
            fail("without --replies nothing is acked");
        flow_run(flow, &plan, &outcome);
        print_outcome(flow->pool, &outcome);
    }
}

static void prepare(struct pool *pool, const struct options *options)
{
    const char **lines;

    pool->line_count = read_table(options->table, &lines);
    pool->lines = lines;
    pool->first_text = options->first;
    pool->welcome = options->welcome;
    pool->address.sin_family = AF_INET;
    pool->address.sin_port = htons((uint16_t)options->port);
    if (inet_pton(AF_INET, options->address, &pool->address.sin_addr) != 1)
        fail("the address is no IPv4 address");
    if (!pool_prepare(pool, options->connections, STDIN_FILENO))
        fail(pool->complaint);
}

int main(int argc, char **argv)
{
    struct options options = read_options(argc, argv);
    struct template message;
    struct pool pool = {.on_text = flow_receive};
    struct flow flow = {.pool = &pool, .message = &message, .publishers = options.publishers,
                        .fan = options.fan, .replies = options.replies,
                        .patience = options.patience};

    if (!template_parse(&message, options.message))
        fail("the message is too long or has too many placeholders");
    pool.context = &flow;
    prepare(&pool, &options);

    uint64_t started = now_ns();
    pool_connect(&pool, options.at_once, options.patience);
    printf("{\"phase\":\"ready\",\"seconds\":%.6f", (double)(now_ns() - started) / 1e9);
    print_connections(&pool);
    printf("}\n");
    fflush(stdout);
    obey(&flow);
    return 0;
}
