/* Claims 6.4f and 6.4h: how large a block should be, and blocks that are in several tables.

   Experiments: block_sizes.py and samples.py, both simulated by seeds, so that verdicts may rest on their
   numbers.  That every answer of samples.py reads its own tokens is compared here, by a checksum of what it
   should read and one of what it does. */

#include "cache.h"
#include "claims.h"
#include "../experiment.h"
#include "page.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

static const GBX_EXPERIMENT(block_sizes, "experiments", "block_sizes", GBX_BIT(MARK));
static const GBX_EXPERIMENT(one_size, "must-fail", "one_size", GBX_BIT(MARK));
static const GBX_EXPERIMENT(all_blocks_at_once, "must-fail", "all_blocks_at_once", GBX_BIT(MARK));
static const GBX_EXPERIMENT(samples, "experiments", "samples", GBX_BIT(MARK));
static const GBX_EXPERIMENT(no_copy, "must-fail", "no_copy", GBX_BIT(MARK));
static const GBX_EXPERIMENT(no_sharing, "must-fail", "no_sharing", GBX_BIT(MARK));

enum { WORKLOADS = 2, SIZES = 8, DEFAULT = 4 };
static const char *const workloads[WORKLOADS] = { "ShareGPT", "Alpaca" };
static const unsigned sizes[SIZES] = { 1, 2, 4, 8, 16, 32, 64, 128 };   /* of which sizes[DEFAULT] is vLLM's */

/* ------------------------------------------------------------------- 6.4f: block sizes */

/* Sums over the looks of one run, and what comes of them. */
typedef struct {
    double running, tokens, empty, entries;
    double iterations, emitted;
    double empty_share;          /* of the slots in tables */
    double empty_slots, table;   /* of a request */
    double rate;                 /* tokens an iteration */
    size_t look;                 /* event: the first of them */
} swept;

static bool
read_sweep(const gbx_look *look, gbx_finding *finding, size_t workload, size_t size, swept *out)
{
    gbx_part part;
    char name[32];
    unsigned running, tokens, empty, entries;
    memset(out, 0, sizeof(*out));
    snprintf(name, sizeof(name), "%s %u", workloads[workload], sizes[size]);
    if (!gbx_part_find(look, finding, "sweep", name, &part)) {
        return false;
    }
    size_t at = part.begin;
    for (const char *text; (text = gbx_s6_next_text(&part, &at, "look")) != NULL; ) {
        if (sscanf(text, "%u %u %u %u", &running, &tokens, &empty, &entries) == 4) {
            out->running += running;
            out->tokens += tokens;
            out->empty += empty;
            out->entries += entries;
            out->look = out->look == 0 ? at - 1 : out->look;
        }
    }
    if (out->running < 1 || out->tokens < 1 || !gbx_part_number(&part, "iterations", &out->iterations)
        || !gbx_part_number(&part, "emitted", &out->emitted) || out->iterations < 1) {
        gbx_finding_insufficient(finding, "the program does not say how '%s' was served", name);
        return false;
    }
    out->empty_share = out->empty / (out->tokens + out->empty);
    out->empty_slots = out->empty / out->running;
    out->table = out->entries / out->running;
    out->rate = out->emitted / out->iterations;
    return true;
}

static gbx_verdict
judge_sweep(gbx_finding *finding, const char *workload, const swept by[SIZES])
{
    for (size_t i = 0; i < SIZES; i++) {
        if (by[i].empty_slots > sizes[i] - 1) {
            return gbx_finding_failf(finding, "less than a block of each request is empty",
                                     "a table has more blocks than the request has filled",
                                     "%.1f slots, in blocks of %u (%s)", by[i].empty_slots, sizes[i], workload);
        }
        if (i > 0 && (by[i].empty_slots <= by[i - 1].empty_slots || by[i].table >= by[i - 1].table)) {
            return gbx_finding_failf(finding, "larger blocks: more stays empty, and tables are shorter",
                                     "the size of a block changes nothing",
                                     "%.1f slots and %.1f entries with %u, %.1f and %.1f with %u (%s)",
                                     by[i - 1].empty_slots, by[i - 1].table, sizes[i - 1], by[i].empty_slots,
                                     by[i].table, sizes[i], workload);
        }
        if (by[i].emitted != by[0].emitted) {
            return gbx_finding_fail(finding, "the same tokens with every size", "others", NULL);
        }
    }
    return GBX_PASS;
}

static void
quote_sweep(gbx_finding *finding, const swept by[WORKLOADS][SIZES])
{
    gbx_page table = { .used = 0 };
    gbx_page_put(&table, "%-6s%28s%30s\n", "", "ShareGPT's lengths", "Alpaca's lengths");
    gbx_page_put(&table, "%-5s  %8s %8s %10s  %8s %8s %10s\n", "block", "empty", "entries", "tokens/it", "empty",
                 "entries", "tokens/it");
    for (size_t i = 0; i < SIZES; i++) {
        gbx_page_put(&table, "%5u ", sizes[i]);
        for (size_t w = 0; w < WORKLOADS; w++) {
            const swept *it = &by[w][i];
            gbx_page_put(&table, "%s %6.1f %% %8.1f %10.1f", w == 0 ? "" : " ",
                         100 * it->empty_share, it->table, it->rate);
        }
        gbx_page_put(&table, "\n");
    }
    gbx_finding_quote(finding, table.text, table.used);
    gbx_finding_fact(finding, "empty: of the slots in tables; entries: of a request's table; tokens an iteration");
}

static gbx_verdict
check_sizes(const gbx_look *look, gbx_finding *finding)
{
    swept by[WORKLOADS][SIZES];
    gbx_verdict verdict = GBX_PASS;
    for (size_t w = 0; w < WORKLOADS; w++) {
        for (size_t i = 0; i < SIZES; i++) {
            if (!read_sweep(look, finding, w, i, &by[w][i])) {
                return GBX_INSUFFICIENT;
            }
        }
        verdict = verdict == GBX_PASS ? judge_sweep(finding, workloads[w], by[w]) : verdict;
    }
    if (verdict != GBX_PASS) {
        return verdict;
    }
    quote_sweep(finding, by);
    gbx_finding_event(finding, look, by[1][SIZES - 1].look, "requests, tokens, empty slots, entries: a look");
    gbx_finding_number(finding, "empty with blocks of 16, ShareGPT", 100 * by[0][DEFAULT].empty_share, "%");
    gbx_finding_number(finding, "empty with blocks of 128, ShareGPT", 100 * by[0][SIZES - 1].empty_share, "%");
    gbx_finding_number(finding, "empty with blocks of 128, Alpaca", 100 * by[1][SIZES - 1].empty_share, "%");
    gbx_finding_fact(finding, "the paper (figure 18b): 16 to 128 serve ShareGPT best, 16 and 32 Alpaca; vLLM takes 16");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s6_sizes = {
    .id = "6.4f",
    .title = "how large a block should be",
    .sentence = "Half a block of each request stays empty, whatever its size: small blocks waste least, large ones "
                "have the shorter tables, and requests that are short decide what is too large.",
    .experiments = { &block_sizes },
    .check = check_sizes,
    .must_fail = {
        { &block_sizes, &one_size, "blocks of 128 whatever is said" },
        { &block_sizes, &all_blocks_at_once, "all blocks taken beforehand: a reservation again" },
    },
    .readings = {
        { "stations:6-torch/experiments/block_sizes.py#sweep", "the same requests with each size" },
        { "Include/internal/pycore_obmalloc.h#INDEX2SIZE", "how CPython rounds up: to the next 16 bytes" },
    },
    .prediction = {
        .question = "Blocks of one token waste nothing. Why not take those?",
        .choices = {
            { "they waste nothing, so one should", "waste is all that counts", "something has to find each block, "
              "for each token that is read" },
            { "more requests fit with larger blocks", "large blocks hold more", "the last one stays half empty" },
            { "tables get as long as the text, and every entry is looked up at every token", NULL, NULL },
        },
    },
};

/* ------------------------------------------------------------------ 6.4h: shared blocks */

enum { FAMILIES = 3 };
static const unsigned families[FAMILIES] = { 2, 4, 6 };

/* Figure 15a, and what section 6.3 says of ShareGPT: the least and the most of 2, 4 and 6 answers. */
static const char *const paper_saving[WORKLOADS][FAMILIES] = {
    { "16.2 %", "to", "30.5 %" }, { "6.1 %", "8.5 %", "9.8 %" },
};

typedef struct {
    double in_use, in_tables;    /* blocks, summed over the looks */
    unsigned answers, wrong;
    size_t first_wrong, look;   /* events */
} shared;

static void
read_answer(const char *text, size_t at, shared *out)
{
    unsigned prompt, which, wanted, found;
    if (sscanf(text, "%u %u %u %u", &prompt, &which, &wanted, &found) == 4) {
        out->answers++;
        out->first_wrong = wanted != found && out->wrong == 0 ? at : out->first_wrong;
        out->wrong += wanted != found;
    }
}

static bool
read_shared(const gbx_look *look, gbx_finding *finding, size_t workload, size_t family, shared *out)
{
    gbx_part part;
    char name[32];
    unsigned running, in_use, in_tables;
    memset(out, 0, sizeof(*out));
    snprintf(name, sizeof(name), "%s %u", workloads[workload], families[family]);
    if (!gbx_part_find(look, finding, "samples", name, &part)) {
        return false;
    }
    size_t at = part.begin;
    for (const char *text; (text = gbx_s6_next_text(&part, &at, "look")) != NULL; ) {
        if (sscanf(text, "%u %u %u", &running, &in_use, &in_tables) == 3) {
            out->in_use += in_use;
            out->in_tables += in_tables;
            out->look = out->look == 0 ? at - 1 : out->look;
        }
    }
    at = part.begin;
    for (const char *text; (text = gbx_s6_next_text(&part, &at, "answer")) != NULL; ) {
        read_answer(text, at - 1, out);
    }
    if (out->in_tables < 1 || out->answers == 0) {
        gbx_finding_insufficient(finding, "the program does not say how '%s' was served", name);
        return false;
    }
    return true;
}

static double
saving(const shared *it)
{
    return 1 - it->in_use / it->in_tables;
}

static gbx_verdict
judge_shared(const gbx_look *look, gbx_finding *finding, size_t workload, const shared by[FAMILIES])
{
    for (size_t i = 0; i < FAMILIES; i++) {
        if (by[i].wrong > 0) {
            gbx_finding_event(finding, look, by[i].first_wrong, "prompt, answer, and two checksums that should be one");
            return gbx_finding_failf(finding, "every answer reads its own tokens",
                                     "a block that others have, too, was written into", "%u of %u do not",
                                     by[i].wrong, by[i].answers);
        }
        if (saving(&by[i]) <= (i > 0 ? saving(&by[i - 1]) : 0)) {
            return gbx_finding_failf(finding, "the more answers to a prompt, the more is saved",
                                     "each answer has a copy of the prompt", "%.1f %% with %u (%s)",
                                     100 * saving(&by[i]), families[i], workloads[workload]);
        }
    }
    return GBX_PASS;
}

static void
tell_shared(const gbx_look *look, gbx_finding *finding, const shared by[WORKLOADS][FAMILIES])
{
    gbx_page table = { .used = 0 };
    unsigned answers = 0;
    gbx_page_put(&table, "%-12s %9s %9s %9s\n", "blocks saved", "2 answers", "4 answers", "6 answers");
    for (size_t w = 0; w < WORKLOADS; w++) {
        gbx_page_put(&table, "%-12s", workloads[w]);
        for (size_t i = 0; i < FAMILIES; i++) {
            gbx_page_put(&table, " %7.1f %%", 100 * saving(&by[w][i]));
            answers += by[w][i].answers;
        }
        gbx_page_put(&table, "\n%-12s", "  the paper");
        for (size_t i = 0; i < FAMILIES; i++) {
            gbx_page_put(&table, " %9s", paper_saving[w][i]);
        }
        gbx_page_put(&table, "\n");
    }
    gbx_finding_event(finding, look, by[1][FAMILIES - 1].look, "answers, blocks in use, entries in all tables");
    gbx_finding_quote(finding, table.text, table.used);
    gbx_finding_number(finding, "answers that read their own tokens", answers, "");
    gbx_finding_number(finding, "saved with 4 answers, ShareGPT", 100 * saving(&by[0][1]), "%");
}

static gbx_verdict
check_shared(const gbx_look *look, gbx_finding *finding)
{
    shared by[WORKLOADS][FAMILIES];
    gbx_verdict verdict = GBX_PASS;
    for (size_t w = 0; w < WORKLOADS; w++) {
        for (size_t i = 0; i < FAMILIES; i++) {
            if (!read_shared(look, finding, w, i, &by[w][i])) {
                return GBX_INSUFFICIENT;
            }
        }
        verdict = verdict == GBX_PASS ? judge_shared(look, finding, w, by[w]) : verdict;
    }
    if (verdict == GBX_PASS) {
        tell_shared(look, finding, by);
        gbx_finding_observe(finding, 1);
    }
    return verdict;
}

const gbx_claim gbx_s6_copy_on_write = {
    .id = "6.4h",
    .title = "one prompt, several answers, one copy",
    .sentence = "Answers to one prompt have its blocks in common, counted by their owners; who writes into a block "
                "that has another owner writes into a copy, and everybody reads its own tokens.",
    .experiments = { &samples },
    .check = check_shared,
    .must_fail = {
        { &samples, &no_copy, "writing into what is shared" },
        { &samples, &no_sharing, "a copy of the prompt for each answer" },
    },
    .readings = {
        { "stations:6-torch/experiments/kvcache.py#Paged.fork", "another table with the same blocks" },
        { "stations:6-torch/experiments/kvcache.py#Paged.copy_last", "a block of one's own, before writing" },
        { "Include/object.h#Py_DECREF", "the same count, for objects: the last owner gives it back" },
        { "Objects/unicodeobject.c#unicode_modifiable", "who may write in place: whoever is the only owner" },
    },
    .prediction = {
        .question = "A prompt of 40 tokens gets four answers at once, in blocks of 16. How often is the prompt stored?",
        .choices = {
            { "four times", "each request has its own memory", "a block may be in several tables" },
            { "its full blocks once, its last block four times", NULL, NULL },
            { "once", "what is shared stays shared", "the last block has room, and all four write into it" },
        },
    },
};
