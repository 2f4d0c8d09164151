/* The course's benchmark, told: a table, and a picture of one round.

   Nothing is judged here.  Output is quoted as it came; every number was measured in this run. */

#include "claims.h"
#include "primes.h"

#include <stdio.h>

static const char *const kinds[] = { "sequential", "threads", "interpreters", "processes" };

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), TABLE_SIZE = 512 };

static void
quote_table(gbx_finding *finding, const gbx_s3_rounds *rounds)
{
    char text[TABLE_SIZE];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-14s %12s %20s\n", "", "best round", "against sequential");
    for (size_t i = 0; i < KINDS && used < sizeof(text); i++) {
        double ms = gbx_s3_rounds_ms(&rounds[i]);
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-14s %9.1f ms %18.2f x\n", kinds[i], ms,
                                 gbx_s3_rounds_ms(&rounds[0]) / ms);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

/* The round that took the least time, from its first window to the end of its last. */
static gbx_window
shortest_round(const gbx_s3_rounds *rounds)
{
    gbx_window best = { 0 };
    for (size_t i = 0; i < rounds[0].count && i < rounds[KINDS - 1].count; i++) {
        gbx_window whole = rounds[0].windows[i];
        whole.end = rounds[KINDS - 1].windows[i].end;
        whole.end_ns = rounds[KINDS - 1].windows[i].end_ns;
        if (best.end_ns == 0 || whole.end_ns - whole.begin_ns < best.end_ns - best.begin_ns) {
            best = whole;
        }
    }
    return best;
}

gbx_verdict
gbx_s3_tell_primes(const gbx_look *look, gbx_finding *finding)
{
    gbx_s3_rounds rounds[KINDS];
    gbx_spans spans = { 0 };
    gbx_verdict verdict = GBX_INSUFFICIENT;
    for (size_t i = 0; i < KINDS; i++) {
        if (!gbx_s3_rounds_find(look, finding, kinds[i], &rounds[i])) {
            return GBX_INSUFFICIENT;
        }
    }
    if (gbx_spans_read(&spans, look, finding)) {
        gbx_window round = shortest_round(rounds);
        gbx_finding_quote(finding, look->runs[0].out, look->runs[0].out_size);
        quote_table(finding, rounds);
        gbx_finding_fact(finding, "one round: sequential, threads, interpreters, processes");
        gbx_spans_quote(&spans, finding, &round);
        gbx_finding_fact(finding, "█ holds a lock  ▓ runs without one  ░ waits  · is elsewhere");
        verdict = GBX_PASS;
    }
    gbx_spans_clear(&spans);
    return verdict;
}
