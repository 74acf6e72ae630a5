#define _GNU_SOURCE
#include "template.h"

#include <stdio.h>
#include <string.h>
#include <sys/random.h>

/* A time is this mark and 20 digits: nothing that JSON escapes, nothing a server would write. */
static const char time_mark[] = "~t=";
enum { MARK = 3, DIGITS = 20, ID = 36, LONGEST_FILLING = 40 };

static const struct {
    const char *name;
    int kind;
} placeholders[] = {{"{t}", PART_TIME}, {"{id}", PART_ID}, {"{n}", PART_NUMBER}};

static const char *find_placeholder(const char *text, size_t *which)
{
    const char *first = NULL;
    for (size_t i = 0; i < sizeof placeholders / sizeof *placeholders; i++) {
        const char *found = strstr(text, placeholders[i].name);
        if (found && (!first || found < first)) {
            first = found;
            *which = i;
        }
    }
    return first;
}

static bool add(struct template *template, int kind, const char *text, size_t length)
{
    if (template->count == MAX_PARTS)
        return false;
    template->parts[template->count++] = (struct part){kind, text, length};
    return true;
}

bool template_parse(struct template *template, const char *text)
{
    const char *found;
    size_t which = 0;

    template->count = 0;
    if (strlen(text) + MAX_PARTS * LONGEST_FILLING > MAX_MESSAGE)
        return false;
    while ((found = find_placeholder(text, &which))) {
        if (!add(template, PART_TEXT, text, (size_t)(found - text)))
            return false;
        if (!add(template, placeholders[which].kind, NULL, 0))
            return false;
        text = found + strlen(placeholders[which].name);
    }
    return add(template, PART_TEXT, text, strlen(text));
}

static int write_id(char *out)
{
    static uint64_t run, made;
    if (!run && getrandom(&run, sizeof run, 0) != sizeof run)
        run = 1;
    return sprintf(out, "%08x-%04x-4%03x-8000-%012llx", (unsigned)(run >> 32),
                   (unsigned)(run >> 16 & 0xffff), (unsigned)(run & 0xfff),
                   (unsigned long long)(++made & UINT64_C(0xffffffffffff)));
}

static int write_part(const struct part *part, const struct filling *filling, char *out)
{
    switch (part->kind) {
    case PART_TIME:
        return sprintf(out, "%s%020llu", time_mark, (unsigned long long)filling->sent_at);
    case PART_ID:
        return write_id(out);
    case PART_NUMBER:
        return sprintf(out, "%llu", (unsigned long long)filling->number);
    case PART_TEXT:
        break;
    }
    memcpy(out, part->text, part->length);
    return (int)part->length;
}

size_t template_fill(const struct template *template, const struct filling *filling, char *out)
{
    size_t length = 0;
    for (size_t i = 0; i < template->count; i++)
        length += (size_t)write_part(&template->parts[i], filling, out + length);
    return length;
}

bool template_read_time(const unsigned char *message, size_t length, uint64_t *sent_at)
{
    const unsigned char *found = memmem(message, length, time_mark, MARK);
    if (!found || (size_t)(message + length - found) < MARK + DIGITS)
        return false;
    uint64_t value = 0;
    for (const unsigned char *digit = found + MARK; digit < found + MARK + DIGITS; digit++)
        value = value * 10 + (*digit - '0');
    *sent_at = value;
    return true;
}
