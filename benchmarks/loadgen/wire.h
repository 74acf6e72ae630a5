/* RFC 6455 as a client speaks it: masked frames out, unmasked frames in. */
#ifndef WIRE_H
#define WIRE_H

#include <stddef.h>

enum opcode { OP_TEXT = 1, OP_BINARY = 2, OP_CLOSE = 8, OP_PING = 9, OP_PONG = 10 };

/* A frame inside a buffer. `size` is how much of the buffer it takes, header included. */
struct frame {
    unsigned opcode;
    const unsigned char *payload;
    size_t length;
    size_t size;
};

enum decoded { DECODED_FRAME, DECODED_PARTIAL, DECODED_BROKEN };

enum { MAX_HEADER = 14 };

/* Writes a masked frame and returns its size, at most `length` + MAX_HEADER. */
size_t wire_encode(unsigned char *out, unsigned opcode, const void *payload, size_t length);

/* Looks for one frame at the start of `data`. Fragments count as broken: no server here sends
 * them, and a message cut in two must not be counted as two deliveries. */
enum decoded wire_decode(const unsigned char *data, size_t available, struct frame *frame);

#endif
