/* Claim 2.4f: nothing is forgotten.

   Experiment: blocks.py.  Whether this project's events tell the truth about memory is checked with what
   the interpreter counts and prints of itself: sys.getallocatedblocks(), and the table of
   sys._debugmallocstats(), size class by size class. */

#include "claims.h"
#include "../part.h"
#include "heap.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

static GBX_EXPERIMENT(counted_early, "must-fail", "counted_early", BLOCKS);
static GBX_EXPERIMENT(printed_early, "must-fail", "printed_early", BLOCKS);

/* ------------------------------------------------------------------- the heap, replayed */

/* The process's heap before the event at a position; NULL: out of memory. */
static gbx_heap *
heap_before(const gbx_part *part, size_t end)
{
    gbx_heap *heap = NULL;
    gbx_error error;
    gbx_cursor now;
    bool done = gbx_heap_new(&heap, part->trace, part->process, &error) == 0;
    bool more = done && gbx_trace_first(part->trace, &now);
    for (; more && done && now.at < end; more = gbx_trace_next(&now)) {
        if (gbx_trace_stream(part->trace, now.entry.stream)->process == part->process) {
            done = gbx_heap_apply(heap, &now.entry) == 0;
        }
    }
    if (!done) {
        gbx_heap_free(heap);
        return NULL;
    }
    return heap;
}

/* Replay up to the event at a position, and compare with what the allocator says there.  As
   gbx_heap_compare(); -2: out of memory. */
static int
replay(const gbx_part *part, size_t end, char *words, size_t size)
{
    gbx_cursor now;
    gbx_heap *heap = heap_before(part, end);
    int result = heap == NULL ? -2
        : gbx_trace_seek(part->trace, end, &now) ? gbx_heap_compare(heap, &now.entry, words, size) : -1;
    gbx_heap_free(heap);
    return result;
}

/* ------------------------------------------------------- what sys._debugmallocstats() prints */

typedef struct {
    uint64_t pools[GBX_HEAP_CLASSES], blocks[GBX_HEAP_CLASSES];
    uint64_t arenas, bytes;
    unsigned classes, sums;      /* lines of either kind that were found */
} printed;

/* The number at *text, with commas or without; moves *text behind it. */
static bool
take_number(const char **text, uint64_t *number)
{
    const char *at = *text + strspn(*text, " ");
    bool any = false;
    *number = 0;
    for (; (*at >= '0' && *at <= '9') || (any && *at == ','); at++) {
        if (*at != ',') {
            *number = *number * 10 + (uint64_t)(*at - '0');
            any = true;
        }
    }
    *text = at;
    return any;
}

/* "    0     16           1              27           994": class, size, pools, blocks, and what is free. */
static void
read_class(printed *out, const char *line)
{
    uint64_t numbers[5];
    for (size_t i = 0; i < 5; i++) {
        if (!take_number(&line, &numbers[i])) {
            return;
        }
    }
    if (*line != '\n' || numbers[0] >= GBX_HEAP_CLASSES
        || numbers[1] != gbx_heap_block_size((unsigned)numbers[0])) {
        return;
    }
    out->pools[numbers[0]] = numbers[2];
    out->blocks[numbers[0]] = numbers[3];
    out->classes++;
}

/* "# bytes in allocated blocks        =            1,358,288" */
static void
read_sum(printed *out, const char *line, const char *name, uint64_t *number)
{
    size_t length = strlen(name);
    if (strncmp(line, name, length) == 0) {
        line += length;
        line += strspn(line, " =");
        out->sums += take_number(&line, number);
    }
}

/* Text is terminated.  What is not there stays 0, and is not counted among the lines. */
static printed
read_printed(const char *text)
{
    printed out = { .classes = 0 };
    for (const char *line = text; line != NULL && *line != '\0';
         line = strchr(line, '\n') == NULL ? NULL : strchr(line, '\n') + 1) {
        read_class(&out, line);
        read_sum(&out, line, "# arenas allocated current", &out.arenas);
        read_sum(&out, line, "# bytes in allocated blocks", &out.bytes);
    }
    return out;
}

static gbx_verdict
judge_class(gbx_finding *finding, const printed *said, const gbx_heap_sums *sums, unsigned c)
{
    if (said->blocks[c] == sums->blocks[c] && said->pools[c] == sums->pools[c]) {
        return GBX_PASS;
    }
    return gbx_finding_failf(finding, "as many blocks and pools of each class as sys._debugmallocstats() prints",
                             "the program printed at another time",
                             "of %u bytes: %llu blocks in %llu pools, and it prints %llu in %llu",
                             gbx_heap_block_size(c), (unsigned long long)sums->blocks[c],
                             (unsigned long long)sums->pools[c], (unsigned long long)said->blocks[c],
                             (unsigned long long)said->pools[c]);
}

static gbx_verdict
judge_against(gbx_finding *finding, const printed *said, const gbx_heap *heap)
{
    const gbx_heap_sums *sums = gbx_heap_sum(heap);
    gbx_verdict verdict = GBX_PASS;
    if (!sums->whole) {
        return gbx_finding_insufficient(finding, "not all of the allocator's life was recorded");
    }
    for (unsigned c = 0; c < GBX_HEAP_CLASSES && verdict == GBX_PASS; c++) {
        verdict = judge_class(finding, said, sums, c);
    }
    if (verdict == GBX_PASS && (said->arenas != gbx_heap_arenas(heap) || said->bytes != sums->pooled_bytes)) {
        return gbx_finding_failf(finding, "as many arenas, and bytes in blocks, as it prints", NULL,
                                 "%zu and %llu, and it prints %llu and %llu", gbx_heap_arenas(heap),
                                 (unsigned long long)sums->pooled_bytes, (unsigned long long)said->arenas,
                                 (unsigned long long)said->bytes);
    }
    return verdict;
}

static gbx_verdict
judge_printed(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find(look, finding, "stats", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    printed said = read_printed(look->runs[0].err);
    if (said.classes == 0 || said.sums != 2) {
        return gbx_finding_insufficient(finding, "the program prints no table of sys._debugmallocstats()");
    }
    gbx_heap *heap = heap_before(&part, part.end);
    if (heap == NULL) {
        return gbx_finding_insufficient(finding, "out of memory");
    }
    gbx_verdict verdict = judge_against(finding, &said, heap);
    if (verdict == GBX_PASS) {
        gbx_finding_fact(finding, "sys._debugmallocstats() prints the same for each of %u size classes",
                         said.classes);
        gbx_finding_number(finding, "arenas, by both", (double)said.arenas, "");
        gbx_finding_number(finding, "bytes in blocks, by both", (double)said.bytes, "bytes");
    }
    gbx_heap_free(heap);
    return verdict;
}

/* ------------------------------------------------------------------------------ the claim */

/* The allocator's own sums behind the mark of this name. */
static size_t
total_at(const gbx_part *part, const char *name)
{
    size_t at = part->begin;
    while ((at = gbx_part_next(part, at, GBX_EV_MARK, 0)) != GBX_NO_EVENT) {
        gbx_part one = gbx_part_cut(part, at, at + 1);
        double value;
        if (gbx_part_number(&one, name, &value)) {
            return gbx_part_next(part, at, GBX_EV_ALLOC_TOTAL, 0);
        }
        at++;
    }
    return GBX_NO_EVENT;
}

static gbx_verdict
judge_totals(const gbx_part *part, gbx_finding *finding, size_t at, double blocks)
{
    char words[160] = "";
    const gbx_alloc_total *total = gbx_part_record(part, at);
    int differs = replay(part, at, words, sizeof(words));
    if (differs < 0) {
        return gbx_finding_insufficient(finding, "not all of the allocator's life was recorded");
    }
    if (differs != 0) {
        gbx_finding_event(finding, part->look, at, "what the allocator says");
        return gbx_finding_failf(finding, "births minus deaths are what the allocator holds", NULL, "%s", words);
    }
    /* The number itself is an object, and was made after the count. */
    uint64_t counted = total->blocks + total->large - 1;
    if ((double)counted != blocks) {
        gbx_finding_event(finding, part->look, at, "what the allocator says");
        return gbx_finding_failf(finding, "as many blocks as sys.getallocatedblocks() says",
                                 "the program counted at another time", "%llu, and the program says %.0f",
                                 (unsigned long long)counted, blocks);
    }
    gbx_finding_event(finding, part->look, at, "the allocator's own sums: the events give the same");
    gbx_finding_fact(finding, "%llu blocks in pools and %llu of malloc(), less the int that the answer is",
                     (unsigned long long)total->blocks, (unsigned long long)total->large);
    gbx_finding_number(finding, "sys.getallocatedblocks()", blocks, "blocks");
    return GBX_PASS;
}

static gbx_verdict
check_totals(const gbx_look *look, gbx_finding *finding)
{
    gbx_part whole;
    double blocks;
    if (!gbx_s2_has_pools(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, "blocks", &blocks)) {
        return gbx_finding_insufficient(finding, "the program does not count its blocks");
    }
    size_t at = total_at(&whole, "blocks");
    if (at == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the allocator's sums at the mark", "none", "there are no pools");
    }
    gbx_verdict verdict = judge_totals(&whole, finding, at, blocks);
    if (verdict == GBX_PASS) {
        verdict = judge_printed(look, finding);
    }
    if (verdict == GBX_PASS) {
        gbx_finding_observe(finding, 0);
    }
    return verdict;
}

const gbx_claim gbx_s2_totals = {
    .id = "2.4f",
    .title = "nothing is forgotten",
    .sentence = "From the first event of the run to the mark, blocks born minus blocks freed are exactly what "
                "sys.getallocatedblocks() says, and in each size class what sys._debugmallocstats() prints.",
    .experiments = { &gbx_s2_blocks },
    .check = check_totals,
    .must_fail = {
        { &gbx_s2_blocks, &counted_early, "the program counts, and then makes more" },
        { &gbx_s2_blocks, &printed_early, "the table is printed, and then more is made" },
    },
    .readings = {
        { "Objects/obmalloc.c#get_num_global_allocated_blocks", "how it counts: arena by arena" },
        { "Objects/obmalloc.c#_PyObject_DebugMallocStats", "the same, told at length" },
    },
    .prediction = {
        .question = "What does sys.getallocatedblocks() count?",
        .choices = {
            { "every block that is in use, large ones as well", NULL, NULL },
            { "objects", "a block is an object", "many blocks hold no object, such as a list's items" },
            { "blocks in use, and those that are free in pools", "allocated means reserved",
              "a block that is free in its pool does not count" },
        },
    },
};
