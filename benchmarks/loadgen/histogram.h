/* Latencies in nanoseconds, kept in buckets that are at most 1/64 wide. */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>

enum { STEPS = 64, BUCKETS = STEPS * 60 };

struct histogram {
    uint64_t total;
    uint64_t counts[BUCKETS];
};

void histogram_add(struct histogram *histogram, uint64_t nanoseconds);

/* The value that `share` (0 to 1) of all are at or below; 0 when there is none. */
uint64_t histogram_percentile(const struct histogram *histogram, double share);

#endif
