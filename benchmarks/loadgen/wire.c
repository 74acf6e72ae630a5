#include "wire.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

enum { FINAL = 0x80, RESERVED = 0x70, OPCODE = 0x0f, MASKED = 0x80, LENGTH = 0x7f };
enum { LENGTH_IN_2_BYTES = 126, LENGTH_IN_8_BYTES = 127 };

/* Constant, because drawing it would cost us; not zero, so that servers really unmask. */
static const unsigned char mask[4] = {0x5a, 0x13, 0xc7, 0x2e};

static size_t put_big_endian(unsigned char *out, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[i] = (unsigned char)(value >> (8 * (bytes - 1 - i)));
    return bytes;
}

static uint64_t get_big_endian(const unsigned char *in, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | in[i];
    return value;
}

size_t wire_encode(unsigned char *out, unsigned opcode, const void *payload, size_t length)
{
    const unsigned char *in = payload;
    size_t at = 2;

    out[0] = (unsigned char)(FINAL | opcode);
    if (length < LENGTH_IN_2_BYTES) {
        out[1] = (unsigned char)(MASKED | length);
    } else if (length <= UINT16_MAX) {
        out[1] = MASKED | LENGTH_IN_2_BYTES;
        at += put_big_endian(out + at, length, 2);
    } else {
        out[1] = MASKED | LENGTH_IN_8_BYTES;
        at += put_big_endian(out + at, length, 8);
    }
    memcpy(out + at, mask, sizeof mask);
    at += sizeof mask;
    for (size_t i = 0; i < length; i++)
        out[at + i] = in[i] ^ mask[i & 3];
    return at + length;
}

enum decoded wire_decode(const unsigned char *data, size_t available, struct frame *frame)
{
    size_t header = 2;
    uint64_t length;

    if (available < header)
        return DECODED_PARTIAL;
    frame->opcode = data[0] & OPCODE;
    if (!(data[0] & FINAL) || (data[0] & RESERVED) || (data[1] & MASKED) || frame->opcode == 0)
        return DECODED_BROKEN;

    length = data[1] & LENGTH;
    if (length >= LENGTH_IN_2_BYTES) {
        size_t bytes = length == LENGTH_IN_2_BYTES ? 2 : 8;
        if (available < header + bytes)
            return DECODED_PARTIAL;
        length = get_big_endian(data + header, bytes);
        header += bytes;
    }
    if (available - header < length)
        return DECODED_PARTIAL;
    frame->payload = data + header;
    frame->length = length;
    frame->size = header + length;
    return DECODED_FRAME;
}
