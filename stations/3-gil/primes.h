/* Rounds: the windows of one kind of worker in the runs of primes.py. */

#ifndef GBX_STATION_3_PRIMES_H
#define GBX_STATION_3_PRIMES_H

#include "spans.h"

#define GBX_S3_MOST_ROUNDS  16

typedef struct {
    gbx_window windows[GBX_S3_MOST_ROUNDS];
    size_t count;
} gbx_s3_rounds;

/* False, and a word in `finding`, where the run has none. */
static inline bool
gbx_s3_rounds_find(const gbx_look *look, gbx_finding *finding, const char *kind, gbx_s3_rounds *rounds)
{
    rounds->count = gbx_windows_find(look, finding, "primes", kind, rounds->windows, GBX_S3_MOST_ROUNDS);
    return rounds->count > 0;
}

static inline const gbx_window *
gbx_s3_rounds_best(const gbx_s3_rounds *rounds)
{
    return gbx_windows_best(rounds->windows, rounds->count);
}

/* The shortest round. */
static inline double
gbx_s3_rounds_ms(const gbx_s3_rounds *rounds)
{
    const gbx_window *best = gbx_s3_rounds_best(rounds);
    return (double)(best->end_ns - best->begin_ns) / 1e6;
}

#endif
