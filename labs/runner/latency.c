/* Latencies; see latency.h. */

#include "latency.h"

#include <math.h>

static unsigned
bucket_of(uint64_t ns)
{
    if (ns < GBX_LATENCY_STEPS) {
        return (unsigned)ns;
    }
    unsigned power = 63u - (unsigned)__builtin_clzll(ns);
    unsigned step = (unsigned)(ns >> (power - 5)) & (GBX_LATENCY_STEPS - 1);
    unsigned bucket = (power - 4) * GBX_LATENCY_STEPS + step;
    return bucket < GBX_LATENCY_BUCKETS ? bucket : GBX_LATENCY_BUCKETS - 1;
}

/* The largest number that falls into a bucket. */
static uint64_t
bucket_end(unsigned bucket)
{
    if (bucket < GBX_LATENCY_STEPS) {
        return bucket;
    }
    unsigned power = bucket / GBX_LATENCY_STEPS + 4, step = bucket % GBX_LATENCY_STEPS;
    return ((UINT64_C(1) << 5 | step) + 1) * (UINT64_C(1) << (power - 5)) - 1;
}

void
gbx_latency_add(gbx_latency *latency, uint64_t ns)
{
    latency->count++;
    latency->sum_ns += ns;
    latency->most_ns = ns > latency->most_ns ? ns : latency->most_ns;
    latency->bucket[bucket_of(ns)]++;
}

uint64_t
gbx_latency_at(const gbx_latency *latency, double share)
{
    uint64_t before = 0, wanted = (uint64_t)ceil(share * (double)latency->count);
    for (unsigned i = 0; i < GBX_LATENCY_BUCKETS; i++) {
        before += latency->bucket[i];
        if (before > 0 && before >= wanted) {
            return bucket_end(i) < latency->most_ns ? bucket_end(i) : latency->most_ns;
        }
    }
    return latency->most_ns;
}
