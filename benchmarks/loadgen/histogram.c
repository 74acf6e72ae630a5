#include "histogram.h"

#include <math.h>

/* Below STEPS each value has its bucket; above, each power of two is cut into STEPS. */
static unsigned bucket_of(uint64_t value)
{
    if (value < STEPS)
        return (unsigned)value;
    unsigned power = 63u - (unsigned)__builtin_clzll(value); /* 6 or more */
    unsigned step = (unsigned)(value >> (power - 6)) & (STEPS - 1);
    return (power - 5) * STEPS + step;
}

static uint64_t middle_of(unsigned bucket)
{
    if (bucket < STEPS)
        return bucket;
    unsigned power = bucket / STEPS + 5;
    uint64_t width = UINT64_C(1) << (power - 6);
    return (UINT64_C(1) << power) + (bucket % STEPS) * width + width / 2;
}

void histogram_add(struct histogram *histogram, uint64_t nanoseconds)
{
    histogram->counts[bucket_of(nanoseconds)]++;
    histogram->total++;
}

uint64_t histogram_percentile(const struct histogram *histogram, double share)
{
    uint64_t wanted = (uint64_t)ceil(share * (double)histogram->total);
    uint64_t seen = 0;

    for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
        seen += histogram->counts[bucket];
        if (seen && seen >= wanted)
            return middle_of(bucket);
    }
    return 0;
}
