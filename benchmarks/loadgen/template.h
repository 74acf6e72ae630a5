/* What publishers send: a text with placeholders, split once and filled in for each message.
 *
 *   {t}   when it was sent; everyone who receives it reads the latency from it
 *   {id}  a client id that no other message has, shaped like a UUID
 *   {n}   the number of the command on its connection, which the reply repeats
 */
#ifndef TEMPLATE_H
#define TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MAX_MESSAGE = 60000, MAX_PARTS = 32 };

struct template {
    struct part {
        enum { PART_TEXT, PART_TIME, PART_ID, PART_NUMBER } kind;
        const char *text;
        size_t length;
    } parts[MAX_PARTS];
    size_t count;
};

struct filling {
    uint64_t sent_at;
    uint64_t number;
};

/* `text` must outlive the template. False when it has too many placeholders or is too long. */
bool template_parse(struct template *template, const char *text);

/* Writes the message into `out` (MAX_MESSAGE bytes) and returns its length. */
size_t template_fill(const struct template *template, const struct filling *filling, char *out);

/* The {t} that a received message carries; false when it carries none. */
bool template_read_time(const unsigned char *message, size_t length, uint64_t *sent_at);

#endif
