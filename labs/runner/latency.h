/* Latencies: many of them, in little memory, to ask which one most of them are below.  It must not know of
   what they are. */

#ifndef GBX_LATENCY_H
#define GBX_LATENCY_H

#include <stdint.h>

/* Counts by logarithm: 32 steps for each doubling, so a percentile is at most 3 % too large. */
#define GBX_LATENCY_STEPS   32u
#define GBX_LATENCY_BUCKETS (GBX_LATENCY_STEPS * 60u)

typedef struct {
    uint64_t count, most_ns, sum_ns;
    uint64_t bucket[GBX_LATENCY_BUCKETS];
} gbx_latency;

void gbx_latency_add(gbx_latency *latency, uint64_t ns);

/* The latency that `share` (0 to 1) of all are at most; 0 where there are none. */
uint64_t gbx_latency_at(const gbx_latency *latency, double share);

#endif
