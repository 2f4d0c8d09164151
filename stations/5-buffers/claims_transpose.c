/* Claims 5.1a and b: what a transpose is, and what it costs.

   Experiment: transpose.py, arrays of seven sizes.  NumPy tells the interpreter of each piece of memory that
   it takes for numbers, so that a part without such an event has taken none. */

#include "claims.h"
#include "seen.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static WITH_NUMPY(transpose, "experiments", "transpose", BUFFERS);
static WITH_NUMPY(copied, "must-fail", "copied", BUFFERS);

static const uint64_t sizes[] = { 10, 100, 1000, 10000, 100000, 1000000, 10000000 };

enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

/* One size: the transpose as it is made, both arrays, and the time that it takes. */
typedef struct {
    gbx_part made, looked_at, timed;
    gbx_seen array, turned;
} sized;

static bool
find_sized(const gbx_look *look, gbx_finding *finding, uint64_t size, sized *it)
{
    char name[40];
    snprintf(name, sizeof(name), "transpose %" PRIu64, size);
    if (!gbx_part_find(look, finding, name, "made", &it->made)
        || !gbx_part_find(look, finding, name, "looked at", &it->looked_at)
        || !gbx_part_find(look, finding, name, "timed", &it->timed)) {
        return false;
    }
    if (!gbx_seen_next(&it->looked_at, it->looked_at.begin, &it->array)
        || !gbx_seen_next(&it->looked_at, it->array.at + 1, &it->turned)
        || it->array.axes != 2 || it->turned.axes != 2) {
        gbx_finding_insufficient(finding, "the arrays of %" PRIu64 " numbers are not looked at", size);
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------ 5.1a: same memory */

static gbx_verdict
judge_memory(const gbx_look *look, gbx_finding *finding, uint64_t size, const sized *it)
{
    uint32_t pieces;
    size_t first;
    char text[100];
    uint64_t bytes = gbx_seen_memory(&it->made, &pieces, &first);
    const gbx_seen *a = &it->array, *t = &it->turned;
    if (pieces > 0) {
        gbx_finding_event(finding, look, first, "memory for numbers");
        return gbx_finding_failf(finding, "a transpose takes no memory for numbers", "it was copied",
                                 "%" PRIu64 " bytes, for %" PRIu64 " numbers", bytes, size);
    }
    if (a->get->address != t->get->address) {
        return gbx_finding_failf(finding, "both arrays begin at one address", "it was copied",
                                 "%#" PRIx64 " and %#" PRIx64, a->get->address, t->get->address);
    }
    if (a->extent[0] != t->extent[1] || a->extent[1] != t->extent[0] || a->stride[0] != t->stride[1]
        || a->stride[1] != t->stride[0]) {
        return gbx_finding_failf(finding, "the strides are swapped", NULL, "%s",
                                 gbx_seen_shape(t, text, sizeof(text)));
    }
    return GBX_PASS;
}

static gbx_verdict
check_same_memory(const gbx_look *look, gbx_finding *finding)
{
    char text[100];
    sized it = { 0 };
    for (size_t i = 0; i < SIZES; i++) {
        if (!find_sized(look, finding, sizes[i], &it)) {
            return GBX_INSUFFICIENT;
        }
        gbx_verdict verdict = judge_memory(look, finding, sizes[i], &it);
        if (verdict != GBX_PASS) {
            return verdict;
        }
        if (i == 0 || i == SIZES - 1) {
            gbx_finding_event(finding, look, it.array.at, "the array: %s",
                              gbx_seen_shape(&it.array, text, sizeof(text)));
            gbx_finding_event(finding, look, it.turned.at, "its transpose: %s, at the same address",
                              gbx_seen_shape(&it.turned, text, sizeof(text)));
        }
    }
    gbx_finding_number(finding, "sizes looked at", SIZES, "");
    gbx_finding_number(finding, "bytes for numbers that transposes took", 0, "bytes");
    gbx_finding_observe_number(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s5_same_memory = {
    .id = "5.1a",
    .title = "a transpose is the same memory",
    .sentence = "A transpose is another array object on the same memory, with extents and strides swapped; whatever "
                "the size, no memory for numbers is taken.",
    .experiments = { &transpose },
    .check = check_same_memory,
    .must_fail = {
        { &transpose, &copied, "the transpose is copied" },
    },
    .readings = {
        { "numpy:numpy/_core/src/multiarray/shape.c#PyArray_Transpose", "strides and extents in another order" },
        { "Include/pybuffer.h#Py_buffer", "the fields that describe a memory: shape and strides are among them" },
        { "Objects/abstract.c#PyBuffer_GetPointer", "where strides turn indices into an address" },
    },
    .prediction = {
        .question = "An array has ten million numbers of eight bytes. How many bytes of memory for numbers does its "
                    "transpose take?",
        .unit = "bytes",
        .too_high = "a transpose moves the numbers: it swaps two strides, and moves nothing",
    },
};

/* ------------------------------------------------------------------- 5.1b: flat in time */

#define FLAT   8.0                   /* times as long, at the most, for a million times as many numbers */
#define STEEP  100.0                 /* times as long, at the least, for a copy of them */

typedef struct {
    double transpose_ns, copy_ns;
} took;

static bool
read_times(const gbx_look *look, gbx_finding *finding, took times[SIZES])
{
    sized it;
    for (size_t i = 0; i < SIZES; i++) {
        double transpose_ps, copy_ps;
        if (!find_sized(look, finding, sizes[i], &it)) {
            return false;
        }
        if (!gbx_part_number(&it.timed, "transpose ps", &transpose_ps)
            || !gbx_part_number(&it.timed, "copy ps", &copy_ps)) {
            gbx_finding_insufficient(finding, "the program does not say how long it took");
            return false;
        }
        times[i] = (took){ transpose_ps / 1000, copy_ps / 1000 };
    }
    return true;
}

static void
quote_times(gbx_finding *finding, const took times[SIZES])
{
    char text[800];
    size_t used = (size_t)snprintf(text, sizeof(text), "%12s %14s %14s\n", "numbers", "transpose", "copy");
    for (size_t i = 0; i < SIZES && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%12" PRIu64 " %11.0f ns %11.0f ns\n", sizes[i],
                                 times[i].transpose_ns, times[i].copy_ns);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
check_flat(const gbx_look *look, gbx_finding *finding)
{
    took times[SIZES];
    if (!read_times(look, finding, times)) {
        return GBX_INSUFFICIENT;
    }
    double least = times[0].transpose_ns, most = least;
    for (size_t i = 1; i < SIZES; i++) {
        least = times[i].transpose_ns < least ? times[i].transpose_ns : least;
        most = times[i].transpose_ns > most ? times[i].transpose_ns : most;
    }
    double steep = times[SIZES - 1].copy_ns / times[0].copy_ns;
    quote_times(finding, times);
    if (most > FLAT * least) {
        return gbx_finding_failf(finding, "a transpose takes as long, whatever the size", "it copies",
                                 "%.0f to %.0f ns", least, most);
    }
    if (steep < STEEP) {
        return gbx_finding_failf(finding, "a copy takes longer the more there is", NULL, "%.1f times as long", steep);
    }
    gbx_finding_number(finding, "the slowest against the fastest transpose", most / least, "×");
    gbx_finding_number(finding, "the copy of the largest against that of the smallest", steep, "×");
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s5_flat = {
    .id = "5.1b",
    .title = "a transpose takes no longer for more",
    .sentence = "Over six orders of size a transpose takes about the same time, and a copy takes longer and longer.",
    .experiments = { &transpose },
    .check = check_flat,
    .must_fail = {
        { &transpose, &copied, "the transpose is copied" },
    },
    .readings = {
        { "numpy:numpy/_core/src/multiarray/ctors.c#PyArray_NewFromDescr_int", "what a transpose makes: an object, and no memory for numbers" },
    },
    .prediction = {
        .question = "A transpose of ten numbers takes some time. How long does one of ten million take?",
        .choices = {
            { "about as long", NULL, NULL },
            { "a million times as long", "a transpose moves the numbers", "it makes one small object, and swaps two strides" },
            { "a thousand times as long: it is done row by row", "a transpose moves the rows",
              "nothing of the memory is looked at" },
        },
    },
};
