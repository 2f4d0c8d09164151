/* Claim 6.4g: what it costs to read through a table.

   Experiment: reading.py.  What is copied is seen from the memory that NumPy takes (class buf); what is not
   is seen from its absence.  Times are told, and no verdict rests on them. */

#include "cache.h"
#include "claims.h"
#include "page.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

#define READING(VARIABLE, FOLDER, FILE)                                                                   \
    const gbx_experiment VARIABLE = {                                                                     \
        .name = FILE, .program = FOLDER "/" FILE ".py", .events = GBX_BIT(MARK) | GBX_BIT(BUF),           \
        .packages = "numpy", .environment = { "OPENBLAS_NUM_THREADS=1" },                                 \
    }

static READING(reading, "experiments", "reading");
static READING(copied_piece, "must-fail", "copied_piece");
static READING(gathered_twice, "must-fail", "gathered_twice");

enum { SIZES = 8, WAYS = 2, DEFAULT = 4 };
static const unsigned sizes[SIZES] = { 1, 2, 4, 8, 16, 32, 64, 128 };   /* of which sizes[DEFAULT] is vLLM's */
static const char *const ways[WAYS] = { "table", "blocks" };
static const char *const in_words[WAYS] = { "through the table", "block by block" };

/* All turns of one way to read. */
typedef struct {
    unsigned turns;
    double best_us;
    unsigned copies;             /* pieces of memory as large as all that is read, in the turn with most of them */
    uint64_t copied;             /* bytes of them */
    size_t event;                /* the first of them, or the turn's first */
} turns;

/* Memory that NumPy takes in a turn: how often as much as all the keys, or more. */
static void
add_copies(const gbx_part *part, uint64_t all_keys, turns *sum)
{
    unsigned copies = 0;
    uint64_t copied = 0;
    size_t first = GBX_NO_EVENT;
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_MEMORY_NEW, 0)) != GBX_NO_EVENT; at++) {
        const gbx_buf_memory *memory = gbx_part_record(part, at);
        if (memory->size >= all_keys) {
            first = first == GBX_NO_EVENT ? at : first;
            copied += memory->size;
            copies++;
        }
    }
    if (sum->turns == 0 || copies > sum->copies) {
        sum->copies = copies;
        sum->copied = copied;
        sum->event = first == GBX_NO_EVENT ? part->begin : first;
    }
}

static double
lasted_us(const gbx_part *part)
{
    return (double)(gbx_trace_where(part->trace, part->end).t_ns
                    - gbx_trace_where(part->trace, part->begin - 1).t_ns) / 1e3;
}

/* Walk over the parts that mark("read", name) begins. */
static bool
read_turns(const gbx_part *all, gbx_finding *finding, const char *name, uint64_t all_keys, turns *sum)
{
    size_t at = all->begin, begin = GBX_NO_EVENT;
    memset(sum, 0, sizeof(*sum));
    for (const char *text; (text = gbx_s6_next_text(all, &at, "read")) != NULL; ) {
        if (begin != GBX_NO_EVENT) {
            gbx_part turn = gbx_part_cut(all, begin, at - 1);
            double us = lasted_us(&turn);
            add_copies(&turn, all_keys, sum);
            sum->best_us = sum->turns == 0 || us < sum->best_us ? us : sum->best_us;
            sum->turns++;
        }
        begin = strcmp(text, name) == 0 ? at : GBX_NO_EVENT;
    }
    if (sum->turns == 0) {
        gbx_finding_insufficient(finding, "the program does not read by '%s'", name);
    }
    return sum->turns > 0;
}

typedef struct {
    double tokens, key_bytes;
    turns piece, by[SIZES][WAYS];
    double off[SIZES];           /* how far results are from those over one piece */
} readings;

static bool
read_all(const gbx_look *look, gbx_finding *finding, readings *out)
{
    gbx_part all;
    char name[32];
    if (!gbx_part_whole(look, &all) || !gbx_part_number(&all, "tokens", &out->tokens)
        || !gbx_part_number(&all, "bytes of a key", &out->key_bytes)) {
        gbx_finding_insufficient(finding, "the program does not say what it reads");
        return false;
    }
    uint64_t all_keys = (uint64_t)(out->tokens * out->key_bytes);
    bool found = read_turns(&all, finding, "piece", all_keys, &out->piece);
    for (size_t i = 0; found && i < SIZES; i++) {
        for (size_t way = 0; found && way < WAYS; way++) {
            snprintf(name, sizeof(name), "%s %u", ways[way], sizes[i]);
            found = read_turns(&all, finding, name, all_keys, &out->by[i][way]);
        }
        snprintf(name, sizeof(name), "off %u", sizes[i]);
        if (found && !gbx_part_number(&all, name, &out->off[i])) {
            gbx_finding_insufficient(finding, "the program does not say '%s'", name);
            found = false;
        }
    }
    return found;
}

#define ROUNDING  1e-5           /* as in claims_attention.c */

/* Keys and values, in whole blocks. */
static uint64_t
expected_bytes(const readings *all, size_t size)
{
    uint64_t blocks = ((uint64_t)all->tokens + sizes[size] - 1) / sizes[size];
    return 2 * blocks * sizes[size] * (uint64_t)all->key_bytes;
}

static gbx_verdict
judge_readings(const gbx_look *look, gbx_finding *finding, const readings *all)
{
    if (all->piece.copies > 0) {
        gbx_finding_event(finding, look, all->piece.event, "memory for a copy");
        return gbx_finding_failf(finding, "in one piece nothing is copied", NULL, "%u pieces of memory",
                                 all->piece.copies);
    }
    for (size_t i = 0; i < SIZES; i++) {
        const turns *table = &all->by[i][0], *blocks = &all->by[i][1];
        if (table->copies != 2 || table->copied != expected_bytes(all, i)) {
            gbx_finding_event(finding, look, table->event, "memory for a copy");
            return gbx_finding_failf(finding, "keys and values are gathered once, in whole blocks", NULL,
                                     "%u pieces of memory with %llu bytes, in blocks of %u", table->copies,
                                     (unsigned long long)table->copied, sizes[i]);
        }
        if (blocks->copies > 0) {
            return gbx_finding_failf(finding, "block by block nothing is gathered", NULL, "%u pieces of memory",
                                     blocks->copies);
        }
        if (!(all->off[i] <= ROUNDING)) {
            return gbx_finding_failf(finding, "the result is the same, but for rounding", NULL, "%.2g off, in blocks "
                                     "of %u", all->off[i], sizes[i]);
        }
    }
    return GBX_PASS;
}

static void
tell_readings(const gbx_look *look, gbx_finding *finding, const readings *all)
{
    gbx_page table = { .used = 0 };
    const turns *usual = &all->by[DEFAULT][0];
    gbx_finding_event(finding, look, usual->event, "in blocks of 16: memory for the keys, gathered");
    gbx_finding_number(finding, "copied to read through the table", (double)usual->copied, "bytes");
    gbx_finding_number(finding, "copied to read in one piece", 0, "bytes");
    gbx_page_put(&table, "%-8s %20s %20s\n", "block", in_words[0], in_words[1]);
    for (size_t i = 0; i < SIZES; i++) {
        gbx_page_put(&table, "%5u    %17.0f us %17.0f us\n", sizes[i], all->by[i][0].best_us,
                     all->by[i][1].best_us);
    }
    gbx_page_put(&table, "in one piece: %.0f us; the best of %u turns, measured in this run\n", all->piece.best_us,
                 all->piece.turns);
    gbx_finding_quote(finding, table.text, table.used);
    gbx_finding_fact(finding, "blocks of 16 through the table: %.1f times as long as in one piece; the paper's "
                     "kernel, which copies nothing: 1.20 to 1.26 times (section 7.1)",
                     usual->best_us / all->piece.best_us);
}

static gbx_verdict
check_reading(const gbx_look *look, gbx_finding *finding)
{
    readings all;
    if (!read_all(look, finding, &all)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_readings(look, finding, &all);
    if (verdict == GBX_PASS) {
        tell_readings(look, finding, &all);
        gbx_finding_observe(finding, 2);
    }
    return verdict;
}

const gbx_claim gbx_s6_reading = {
    .id = "6.4g",
    .title = "what it costs to read through a table",
    .sentence = "What lies in one piece is read where it is. What lies in blocks is gathered, which copies all of it, "
                "or read block by block, which takes a step for each: the smaller the blocks, the more steps.",
    .experiments = { &reading },
    .check = check_reading,
    .must_fail = {
        { &reading, &copied_piece, "one piece, copied all the same" },
        { &reading, &gathered_twice, "keys that are gathered twice" },
    },
    .readings = {
        { "stations:6-torch/experiments/attention.py#Cache.block_by_block", "nothing gathered: a running sum" },
        { "Python/tracemalloc.c#PyTraceMalloc_Track", "where NumPy says that it has taken memory" },
    },
    .prediction = {
        .question = "NumPy is given a table of blocks, and is to attend to what is in them. What does it copy?",
        .choices = {
            { "nothing: a table is a kind of view", "indexing never copies", "a view has strides, and scattered "
              "blocks have none" },
            { "the table", "only addresses are copied", "the product needs its numbers one after the other" },
            { "all keys and values of the request", NULL, NULL },
        },
    },
};
