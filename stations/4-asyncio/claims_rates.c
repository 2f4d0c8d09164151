/* Claim 4.3c: how much faster uvloop is, and at what.

   Experiment: rates.py, the two sides by turns, nothing recorded.  A figure is how many a second of the
   process's own work is good for: what else the machine does is not in it.  Of some rounds the median counts,
   and a round in which the machine was slow spoils neither side's. */

#include "claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const gbx_experiment rates = {
    .name = "rates", .program = "experiments/rates.py", .on = GBX_ON_GIL, .packages = "uvloop",
};
static const gbx_experiment rates_same_loop = {
    .name = "rates of same_loop", .program = "must-fail/same_loop.py", .arguments = { "rates" }, .on = GBX_ON_GIL,
    .packages = "uvloop",
};

static const char *const kinds[] = { "callbacks", "timers", "messages" };

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), SIDES = 2, MOST_ROUNDS = 32 };

typedef struct {
    double rounds[SIDES][MOST_ROUNDS];
    size_t count[SIDES];
    double median[SIDES];
} rate;

static int
ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static double
median(double *values, size_t count)
{
    qsort(values, count, sizeof(values[0]), ascending);
    return count == 0 ? 0 : count % 2 == 1 ? values[count / 2] : (values[count / 2 - 1] + values[count / 2]) / 2;
}

/* Lines "KIND SIDE RATE". */
static void
read_rates(const char *out, rate all[KINDS])
{
    char kind[16], side[16];
    unsigned value;
    memset(all, 0, KINDS * sizeof(all[0]));
    for (const char *line = out; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        if (sscanf(line, "%15s %15s %u", kind, side, &value) != 3) {
            continue;
        }
        unsigned which = strcmp(side, "uvloop") == 0;
        for (size_t i = 0; i < KINDS; i++) {
            if (strcmp(kind, kinds[i]) == 0 && all[i].count[which] < MOST_ROUNDS) {
                all[i].rounds[which][all[i].count[which]++] = value;
            }
        }
    }
    for (size_t i = 0; i < KINDS; i++) {
        for (size_t which = 0; which < SIDES; which++) {
            all[i].median[which] = median(all[i].rounds[which], all[i].count[which]);
        }
    }
}

static void
quote_rates(gbx_finding *finding, const rate all[KINDS])
{
    char text[512];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-24s %12s %12s %9s\n", "a second of work does", "asyncio",
                                   "uvloop", "ratio");
    for (size_t i = 0; i < KINDS && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-24s %12.0f %12.0f %7.2f x\n", kinds[i],
                                 all[i].median[0], all[i].median[1], all[i].median[1] / all[i].median[0]);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
check_rates(const gbx_look *look, gbx_finding *finding)
{
    rate all[KINDS];
    read_rates(look->runs[0].out, all);
    for (size_t i = 0; i < KINDS; i++) {
        if (all[i].count[0] == 0 || all[i].count[0] != all[i].count[1] || all[i].median[0] < 1) {
            return gbx_finding_insufficient(finding, "the program has no figures of '%s' for both loops", kinds[i]);
        }
    }
    for (size_t i = 0; i < KINDS - 1; i++) {         /* a message is the kernel's work, too: it may gain little */
        double ratio = all[i].median[1] / all[i].median[0];
        if (ratio < 1.25) {
            return gbx_finding_failf(finding, "uvloop does at least a quarter more in a second of work",
                                     "both sides are the same loop", "%s: %.2f times as many", kinds[i], ratio);
        }
    }
    if (all[2].median[1] / all[2].median[0] > all[0].median[1] / all[0].median[0]) {
        return gbx_finding_fail(finding, "a message gains less than a callback", "it gains more", NULL);
    }
    quote_rates(finding, all);
    gbx_finding_fact(finding, "the median of %zu rounds each, by turns; a second of work is one of this process's own",
                     all[0].count[0]);
    for (size_t i = 0; i < KINDS; i++) {
        gbx_finding_bar(finding, kinds[i], all[i].median[1] / all[i].median[0], "x as many under uvloop");
    }
    return GBX_PASS;
}

const gbx_claim gbx_s4_rates = {
    .id = "4.3c",
    .title = "uvloop: faster where the loop is most of the work",
    .sentence = "A second of work is good for more callbacks and timers under uvloop, by what the loop no longer does "
                "in Python; a message gains less, for its system calls are the same work under either.",
    .experiments = { &rates },
    .check = check_rates,
    .must_fail = { { &rates, &rates_same_loop, "both sides are asyncio's own loop" } },
    .readings = {
        { "Lib/asyncio/base_events.py#BaseEventLoop.call_later", "what a timer costs there: five functions, and a heap" },
        { "Lib/asyncio/base_events.py#BaseEventLoop.call_soon", "and a callback" },
    },
};
