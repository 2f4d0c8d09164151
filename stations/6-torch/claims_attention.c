/* Claims 6.4d and e: attention over a cache in blocks is what it is over one in pieces, in fewer iterations.

   Experiment: attend.py, which computes.  It marks results of attention as text, eight numbers of each; they
   are compared here.  Whether the tables were scattered at all is seen from the tables. */

#include "cache.h"
#include "claims.h"
#include "trace.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEND(VARIABLE, FOLDER, FILE)                                                                    \
    const gbx_experiment VARIABLE = {                                                                     \
        .name = FILE, .program = FOLDER "/" FILE ".py", .events = GBX_BIT(MARK), .packages = "numpy",     \
        .environment = { "OPENBLAS_NUM_THREADS=1" },                                                      \
    }

static ATTEND(attend, "experiments", "attend");
static ATTEND(wrong_entry, "must-fail", "wrong_entry");
static ATTEND(stale_block, "must-fail", "stale_block");
static ATTEND(off_by_one, "must-fail", "off_by_one");
static ATTEND(in_order, "must-fail", "in_order");
static ATTEND(few_to_compute, "must-fail", "few_to_compute");

enum { SHOWN = 8 };              /* numbers of a result */

/* A float has 24 digits of two; results here are below 4, and sums of up to 128 terms.  What rounding leaves
   is below a millionth, and a wrong token of 128 is a hundredth. */
#define ROUNDING   1e-5
#define SCATTERED  0.25          /* of the neighbours in a table do not lie side by side */

/* ------------------------------------------------------------------------- results */

typedef struct {
    unsigned request, tokens;
    double numbers[SHOWN];
} result;

/* "REQUEST TOKENS N1 ... N8" */
static bool
read_result(const char *text, result *out)
{
    int used = 0;
    if (text == NULL || sscanf(text, "%u %u%n", &out->request, &out->tokens, &used) != 2) {
        return false;
    }
    for (size_t i = 0; i < SHOWN; i++) {
        char *end;
        out->numbers[i] = strtod(text + used, &end);
        if (end == text + used) {
            return false;
        }
        used = (int)(end - text);
    }
    return true;
}

static double
distance(const result *one, const result *other)
{
    double most = 0;
    for (size_t i = 0; i < SHOWN; i++) {
        double off = fabs(one->numbers[i] - other->numbers[i]);
        most = off > most || isnan(off) ? off : most;
    }
    return most;
}

/* The ways to come to a result, by the names of their marks. */
enum { PLAIN, PIECE, TABLE, BLOCKS, WAYS };
static const char *const ways[WAYS] = { "plain", "piece", "table", "blocks" };
static const char *const in_words[WAYS] = {
    "without a cache", "in one piece", "through the table", "block by block",
};

typedef struct {
    double farthest[WAYS];       /* from the result without a cache */
    size_t worst[WAYS];          /* events */
    unsigned compared, requests; /* results; highest request number, and one */
    unsigned neighbours, apart;  /* in tables */
    unsigned longest;            /* table */
    size_t longest_at;
} comparison;

/* Neighbours in "BLOCK BLOCK ...", and how many of them do not lie side by side. */
static void
read_table(comparison *all, const char *text, size_t at)
{
    unsigned count = 0;
    long before = 0;
    char *end;
    for (long block; block = strtol(text, &end, 10), end != text; text = end, before = block, count++) {
        all->neighbours += count > 0;
        all->apart += count > 0 && labs(block - before) != 1;
    }
    if (count > all->longest) {
        all->longest = count;
        all->longest_at = at;
    }
}

/* The results of one request at one token, by all ways, and its table. */
static bool
compare_one(const gbx_part *part, size_t *at, const char *first, comparison *all)
{
    result plain, now;
    if (!read_result(first, &plain)) {
        return false;
    }
    for (size_t way = PIECE; way < WAYS; way++) {
        if (!read_result(gbx_s6_next_text(part, at, ways[way]), &now) || now.request != plain.request
            || now.tokens != plain.tokens) {
            return false;
        }
        double off = distance(&plain, &now);
        if (!(off <= all->farthest[way]) || all->worst[way] == GBX_NO_EVENT) {
            all->farthest[way] = off;
            all->worst[way] = *at - 1;
        }
    }
    const char *table = gbx_s6_next_text(part, at, "blocks of it");
    if (table != NULL) {
        read_table(all, table, *at - 1);
    }
    all->compared++;
    all->requests = plain.request + 1 > all->requests ? plain.request + 1 : all->requests;
    return table != NULL;
}

static bool
compare_all(const gbx_part *part, gbx_finding *finding, comparison *all)
{
    size_t at = part->begin;
    memset(all, 0, sizeof(*all));
    for (size_t way = 0; way < WAYS; way++) {
        all->worst[way] = GBX_NO_EVENT;
    }
    for (const char *text; (text = gbx_s6_next_text(part, &at, ways[PLAIN])) != NULL; ) {
        if (!compare_one(part, &at, text, all)) {
            gbx_finding_insufficient(finding, "the program does not give a result by every way");
            return false;
        }
    }
    if (all->compared == 0) {
        gbx_finding_insufficient(finding, "the program gives no results");
    }
    return all->compared > 0;
}

/* ------------------------------------------------------------------- 6.4d: the same numbers */

static gbx_verdict
judge_results(const gbx_look *look, gbx_finding *finding, const comparison *all)
{
    for (size_t way = PIECE; way < WAYS; way++) {
        if (!(all->farthest[way] <= ROUNDING)) {
            gbx_finding_event(finding, look, all->worst[way], "%s, at its farthest", in_words[way]);
            return gbx_finding_failf(finding, "what is read is what the request has written",
                                     "a table with a wrong block, a block that is somebody else's, or a slot too many",
                                     "%s it is %.2g off", in_words[way], all->farthest[way]);
        }
    }
    if (all->apart < SCATTERED * all->neighbours || all->neighbours == 0) {
        return gbx_finding_failf(finding, "the blocks of a request lie scattered", "requests came one by one",
                                 "of %u neighbours in tables %u do not lie side by side", all->neighbours, all->apart);
    }
    return GBX_PASS;
}

/* A table, in lines that fit. */
static void
quote_table(gbx_finding *finding, const char *table)
{
    char text[400];
    size_t column = 0;
    snprintf(text, sizeof(text), "%s", table);
    for (char *at = text; *at != '\0'; at++, column++) {
        if (*at == ' ' && column > 56) {
            *at = '\n';
            column = 0;
        }
    }
    gbx_finding_quote(finding, text, strlen(text));
}

static void
tell_results(const gbx_look *look, gbx_finding *finding, const gbx_part *part, const comparison *all)
{
    const gbx_mark *table = gbx_part_record(part, all->longest_at);
    gbx_finding_event(finding, look, all->worst[TABLE], "request and token, and what is read through the table: the "
                      "farthest off");
    gbx_finding_fact(finding, "%u results of %u requests, each by four ways; the longest table:", all->compared,
                     all->requests);
    quote_table(finding, gbx_part_string(part, (uint32_t)table->value));
    gbx_finding_number(finding, "neighbours in tables that lie apart", 100.0 * all->apart / all->neighbours, "%");
    for (size_t way = PIECE; way < WAYS; way++) {
        gbx_finding_fact(finding, "%s: at most %.1g from the result without a cache", in_words[way],
                         all->farthest[way]);
    }
}

static gbx_verdict
check_equal(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    comparison all;
    if (!gbx_part_find(look, finding, "results", "begin", &part) || !compare_all(&part, finding, &all)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_results(look, finding, &all);
    if (verdict == GBX_PASS) {
        tell_results(look, finding, &part, &all);
        gbx_finding_observe(finding, 2);
    }
    return verdict;
}

const gbx_claim gbx_s6_equal = {
    .id = "6.4d",
    .title = "the same numbers, wherever the blocks lie",
    .sentence = "Attention through a table of scattered blocks gives what it gives over one piece of memory, and "
                "what it gives without any cache, but for rounding.",
    .experiments = { &attend },
    .check = check_equal,
    .must_fail = {
        { &attend, &wrong_entry, "a wrong entry in a table" },
        { &attend, &stale_block, "a block that somebody else writes into" },
        { &attend, &off_by_one, "one slot too many of the last block" },
        { &attend, &in_order, "tables that are not scattered show nothing" },
    },
    .readings = {
        { "stations:6-torch/experiments/attention.py#Cache.through_the_table", "blocks one behind the other, and the rest "
          "of the last one left out" },
        { "Objects/obmalloc.c#arena_map_get", "a table in CPython: from an address to what is known of its arena" },
    },
    .prediction = {
        .question = "The keys and values of a request lie in blocks all over the cache. What of the result?",
        .choices = {
            { "it is an approximation", "PagedAttention is another kind of attention",
              "it reads the same numbers, from elsewhere" },
            { "it depends on the order of the blocks in memory", "memory order is token order",
              "the table says which block is which" },
            { "it is the same, but for rounding", NULL, NULL },
        },
    },
};

/* --------------------------------------------------------------- 6.4e: in fewer iterations */

typedef struct {
    double iterations, emitted, sent_away, ms;
} computed;

static bool
number_of(const gbx_part *all, const char *run, const char *what, double *value)
{
    char name[64];
    snprintf(name, sizeof(name), "%s: %s", run, what);
    return gbx_part_number(all, name, value);
}

static bool
read_computed(const gbx_look *look, gbx_finding *finding, const char *run, computed *out)
{
    gbx_part all, part;
    if (!gbx_part_whole(look, &all) || !gbx_part_find(look, finding, "compute", run, &part)) {
        return false;
    }
    out->ms = (double)(gbx_trace_where(part.trace, part.end).t_ns - gbx_trace_where(part.trace, part.begin - 1).t_ns)
              / 1e6;
    if (number_of(&all, run, "iterations", &out->iterations) && number_of(&all, run, "emitted", &out->emitted)
        && number_of(&all, run, "sent away", &out->sent_away) && out->iterations > 0 && out->ms > 0) {
        return true;
    }
    gbx_finding_insufficient(finding, "the program does not say how '%s' was computed", run);
    return false;
}

static void
put_computed(gbx_finding *finding, const computed *piece, const computed *blocks)
{
    char text[512];
    int length = snprintf(text, sizeof(text),
                          "%-10s %8s %12s %12s %12s\n%-10s %8.0f %12.0f %12.2f %12.0f\n%-10s %8.0f %12.0f %12.2f %12.0f\n",
                          "", "tokens", "iterations", "ms each", "tokens/s",
                          "one piece", piece->emitted, piece->iterations, piece->ms / piece->iterations,
                          1000 * piece->emitted / piece->ms,
                          "blocks", blocks->emitted, blocks->iterations, blocks->ms / blocks->iterations,
                          1000 * blocks->emitted / blocks->ms);
    gbx_finding_quote(finding, text, (size_t)length);
}

#define FEWER  0.67              /* as many iterations, at most */

static gbx_verdict
check_computed(const gbx_look *look, gbx_finding *finding)
{
    computed piece, blocks;
    if (!read_computed(look, finding, "one piece", &piece) || !read_computed(look, finding, "blocks", &blocks)) {
        return GBX_INSUFFICIENT;
    }
    if (piece.emitted != blocks.emitted) {
        return gbx_finding_failf(finding, "both emit the same tokens", NULL, "%.0f and %.0f", piece.emitted,
                                 blocks.emitted);
    }
    if (blocks.iterations > FEWER * piece.iterations) {
        return gbx_finding_failf(finding, "with blocks it takes fewer iterations", "there is memory for everybody",
                                 "%.0f, and %.0f in one piece", blocks.iterations, piece.iterations);
    }
    put_computed(finding, &piece, &blocks);
    gbx_finding_number(finding, "iterations in one piece", piece.iterations, "");
    gbx_finding_number(finding, "iterations with blocks", blocks.iterations, "");
    gbx_finding_number(finding, "sent away, and computed again", blocks.sent_away, "times");
    gbx_finding_fact(finding, "times are measured, on this machine's processor: tokens a second %.1f times",
                     piece.ms / blocks.ms);
    double longer = (blocks.ms / blocks.iterations) / (piece.ms / piece.iterations);
    gbx_finding_observe(finding, longer < 1.1 ? 0 : longer < 0.9 * piece.iterations / blocks.iterations ? 1 : 2);
    return GBX_PASS;
}

const gbx_claim gbx_s6_computed = {
    .id = "6.4e",
    .title = "the same tokens in fewer iterations",
    .sentence = "When it is really computed, a cache in blocks emits the same tokens in fewer iterations; what that "
                "is in seconds depends on what a larger iteration costs on the machine.",
    .experiments = { &attend },
    .check = check_computed,
    .must_fail = {
        { &attend, &few_to_compute, "memory for everybody" },
    },
    .readings = {
        { "stations:6-torch/experiments/attend.py#Run.iteration", "one product for everybody, then attention for each" },
        { "Python/ceval_gil.c#PyEval_SaveThread", "NumPy's products let go of the lock, too: see station 3" },
    },
    .prediction = {
        .question = "On this machine, an iteration with three times as many requests in it: how long does it take?",
        .choices = {
            { "as long as before", "batches are free", "each request is work of its own; only the weights are shared" },
            { "longer, but not three times as long", NULL, NULL },
            { "three times as long", "batches gain nothing", "the weights are read once for all of them" },
        },
    },
};
