/* Claim 5.2d: what copies cost, by the allocator's own events.

   Experiment: copying.py.  NumPy tells of each piece of memory for numbers.  From 2.5 on it gets it from the
   interpreter's allocator of the domain raw, which tells of it, too: then the two have to say the same.  Before,
   it goes to malloc() by itself. */

#include "claims.h"
#include "seen.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static WITH_NUMPY(copying, "experiments", "copying", BUFFERS | GBX_BIT(ALLOC));
static WITH_NUMPY(made_wider, "must-fail", "made_wider", BUFFERS | GBX_BIT(ALLOC));
static WITH_NUMPY(nothing_to_copy, "must-fail", "nothing_to_copy", BUFFERS | GBX_BIT(ALLOC));

static const char *const kinds[] = { "int16", "float64", "complex128", "bytes" };

enum { KINDS = sizeof(kinds) / sizeof(kinds[0]), BYTES = KINDS - 1 };

/* A copy, as it is made and as it looks. */
typedef struct {
    gbx_part making;
    gbx_seen made;
    uint32_t pieces;             /* that NumPy told of */
    uint64_t told;               /* bytes in them */
    size_t told_at;              /* the first, or GBX_NO_EVENT */
    size_t allocated;            /* the allocator's event, or GBX_NO_EVENT */
    uint64_t size;               /* what the allocator was asked for */
} copy;

/* The block that the allocator gave for the copy's memory: it lies in it. */
static void
find_block(copy *it)
{
    uint64_t address = it->made.get->address;
    it->allocated = GBX_NO_EVENT;
    for (size_t at = it->making.begin; (at = gbx_part_next(&it->making, at, GBX_EV_LARGE_ALLOC, 0)) != GBX_NO_EVENT; at++) {
        const gbx_large *large = gbx_part_record(&it->making, at);
        uint64_t begin = GBX_U48(large->address);
        if (address >= begin && address < begin + large->size) {
            it->allocated = at;
            it->size = large->size;
        }
    }
}

static bool
find_copy(const gbx_look *look, gbx_finding *finding, const char *kind, copy *it)
{
    char name[40];
    gbx_part looked;
    snprintf(name, sizeof(name), "look at %s", kind);
    if (!gbx_part_find(look, finding, "copied", kind, &it->making)
        || !gbx_part_find(look, finding, name, "begin", &looked)) {
        return false;
    }
    it->making = gbx_part_cut(&it->making, it->making.begin, looked.begin);
    if (!gbx_seen_next(&looked, looked.begin, &it->made)) {
        gbx_finding_insufficient(finding, "the copy of '%s' is not looked at", kind);
        return false;
    }
    it->told = gbx_seen_memory(&it->making, &it->pieces, &it->told_at);
    find_block(it);
    return true;
}

/* An array's copy: NumPy told of what the numbers have, and the allocator says so, if it was asked. */
static gbx_verdict
judge_numbers(gbx_finding *finding, const char *kind, const copy *it, uint64_t numbers)
{
    if (it->pieces == 0) {
        return gbx_finding_failf(finding, "memory is taken", "nothing was copied", "for '%s' it is not", kind);
    }
    if (it->pieces != 1 || it->told != numbers * it->made.get->itemsize) {
        return gbx_finding_failf(finding, "as many bytes as the numbers have", "it is copied more than once",
                                 "'%s': %" PRIu64 " bytes in %u pieces for %" PRIu64 " numbers", kind, it->told,
                                 it->pieces, numbers);
    }
    if (it->allocated != GBX_NO_EVENT && it->size != it->told) {
        return gbx_finding_failf(finding, "NumPy and the allocator say the same", NULL, "%" PRIu64 " and %" PRIu64, it->told,
                                 it->size);
    }
    return GBX_PASS;
}

static gbx_verdict
judge_bytes(gbx_finding *finding, const copy *it, double header)
{
    if (it->allocated == GBX_NO_EVENT || (double)(it->size - it->made.get->length) != header) {
        return gbx_finding_failf(finding, "the numbers and a header", NULL, "%" PRIu64 " bytes for %" PRIu64, it->size,
                                 it->made.get->length);
    }
    return GBX_PASS;
}

static uint64_t
item_size(const char *kind)
{
    return strcmp(kind, "int16") == 0 ? 2 : strcmp(kind, "float64") == 0 ? 8 : 16;
}

static void
quote_copies(gbx_finding *finding, const copy *copies)
{
    char text[600];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-12s %12s %12s %16s\n", "", "numbers", "each", "taken");
    for (size_t i = 0; i < KINDS && used < sizeof(text); i++) {
        const gbx_buf_get *get = copies[i].made.get;
        uint64_t each = i == BYTES ? 1 : get->itemsize;
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-12s %12" PRIu64 " %6" PRIu64 " bytes %10" PRIu64 " bytes\n",
                                 kinds[i], get->length / (each == 0 ? 1 : each), each,
                                 i == BYTES ? copies[i].size : copies[i].told);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
check_cost(const gbx_look *look, gbx_finding *finding)
{
    copy copies[KINDS] = { 0 };
    double header, numbers;
    gbx_part whole;
    if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, "header", &header)
        || !gbx_part_number(&whole, "numbers", &numbers)) {
        return gbx_finding_insufficient(finding, "the program does not say how many numbers there are");
    }
    for (size_t i = 0; i < KINDS; i++) {
        if (!find_copy(look, finding, kinds[i], &copies[i])) {
            return GBX_INSUFFICIENT;
        }
    }
    quote_copies(finding, copies);
    for (size_t i = 0; i < KINDS; i++) {
        gbx_verdict verdict = i == BYTES ? judge_bytes(finding, &copies[i], header)
            : judge_numbers(finding, kinds[i], &copies[i], (uint64_t)numbers);
        if (verdict == GBX_PASS && i != BYTES && copies[i].made.get->itemsize != item_size(kinds[i])) {
            verdict = gbx_finding_failf(finding, "numbers of their own size", "the copy is of another kind",
                                        "'%s' has become %" PRIu64 " bytes each", kinds[i], copies[i].made.get->itemsize);
        }
        if (verdict != GBX_PASS) {
            return verdict;
        }
        gbx_finding_event(finding, look, copies[i].allocated == GBX_NO_EVENT ? copies[i].told_at : copies[i].allocated,
                          "for the copy of '%s'", kinds[i]);
    }
    if (copies[0].allocated == GBX_NO_EVENT) {
        gbx_finding_fact(finding, "this NumPy asks malloc() itself for memory for numbers: its own word is all there is");
    }
    gbx_finding_number(finding, "what a bytes object has besides", header, "bytes");
    gbx_finding_observe_number(finding, (double)copies[1].told);
    return GBX_PASS;
}

const gbx_claim gbx_s5_cost = {
    .id = "5.2d",
    .title = "numbers times their size, and nothing else",
    .sentence = "Whatever the kind of its numbers, a copy takes their count times their size, to the byte; as a bytes "
                "object it has a header and a last zero byte besides.",
    .experiments = { &copying },
    .check = check_cost,
    .must_fail = {
        { &copying, &made_wider, "each copy is made of wider numbers" },
        { &copying, &nothing_to_copy, "nothing is copied" },
    },
    .readings = {
        { "numpy:numpy/_core/src/multiarray/alloc.c#PyDataMem_UserNEW", "where NumPy takes memory for numbers, and tells of it" },
        { "Objects/bytesobject.c#PyBytes_FromStringAndSize", "where bytes are made, header and numbers in one block" },
    },
    .prediction = {
        .question = "An array of 60,000 numbers is copied; each has two bytes, and then eight. How many bytes does the "
                    "second copy take?",
        .unit = "bytes",
        .too_low = "a copy shares what it can: it has nothing in common with the array",
        .too_high = "numbers of NumPy are objects of Python: they lie in one block, and have no header of their own",
    },
};
