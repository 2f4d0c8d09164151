/* Claims 5.2a to c: a transpose, and a C library that wants its rows one after the other.

   Experiment: library.py, with the station's own library/rows.c: a module that asks through the buffer
   protocol, and a function that ctypes gives an address. */

#include "claims.h"
#include "seen.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static WITH_NUMPY(library, "experiments", "library", BUFFERS);
static WITH_NUMPY(already_in_order, "must-fail", "already_in_order", BUFFERS);
static WITH_NUMPY(follows_strides, "must-fail", "follows_strides", BUFFERS);
static WITH_NUMPY(copied_twice, "must-fail", "copied_twice", BUFFERS);

#define ASKS(asked, WHAT)  (((asked) >> GBX_ASKED_##WHAT & 1) != 0)

static bool
is_contiguous(const gbx_seen *seen)
{
    return (seen->get->h.flags & (1u << GBX_BUFFER_C)) != 0;
}

/* ------------------------------------------------------------------- 5.2a: refused */

static gbx_verdict
judge_refusal(const gbx_look *look, gbx_finding *finding, const gbx_part *part, size_t at, const gbx_seen *given)
{
    char text[120];
    const gbx_buf_refused *refused = gbx_part_record(part, at);
    const char *asker = gbx_seen_asker(part, refused->by);
    const char *reason = gbx_part_string(part, refused->reason);
    if (!ASKS(refused->asked, C_CONTIGUOUS)) {
        return gbx_finding_failf(finding, "it asks for contiguous memory", NULL, "it asks for %s",
                                 gbx_seen_asked(refused->asked, text, sizeof(text)));
    }
    gbx_finding_event(finding, look, given->at, "the array itself is given");
    gbx_finding_refute(finding, look, at, "asked for %s, the transpose refuses: %s",
                       gbx_seen_asked(refused->asked, text, sizeof(text)), reason);
    if (asker != NULL) {
        gbx_finding_fact(finding, "who asked is the library's own function %s()", asker);
    }
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

static gbx_verdict
check_refused(const gbx_look *look, gbx_finding *finding)
{
    gbx_part array, turned;
    gbx_seen given;
    if (!gbx_part_find(look, finding, "asked for contiguous", "the array", &array)
        || !gbx_part_find(look, finding, "asked for contiguous", "its transpose", &turned)) {
        return GBX_INSUFFICIENT;
    }
    if (!gbx_seen_next(&array, array.begin, &given)) {
        return gbx_finding_fail(finding, "the array itself is given", "it is not", NULL);
    }
    size_t at = gbx_part_next(&turned, turned.begin, GBX_EV_BUF_REFUSED, 0);
    if (at == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the transpose is refused", "it is not",
                                "it is contiguous, or the library follows strides");
    }
    return judge_refusal(look, finding, &turned, at, &given);
}

const gbx_claim gbx_s5_refused = {
    .id = "5.2a",
    .title = "who asks for contiguous memory is refused",
    .sentence = "A C function that asks for C-contiguous memory gets the array, and is refused its transpose: the "
                "exporter says so, before anything is computed.",
    .experiments = { &library },
    .check = check_refused,
    .must_fail = {
        { &library, &already_in_order, "the transpose lies in order" },
        { &library, &follows_strides, "the function asks for strides" },
    },
    .readings = {
        { "numpy:numpy/_core/src/multiarray/buffer.c#array_getbuffer", "the flags that were asked for, and the words of the refusal" },
        { "Objects/memoryobject.c#memory_getbuf", "the same for a memoryview, flag by flag" },
        { "Include/pybuffer.h#PyBUF_C_CONTIGUOUS", "the flag, and what it includes" },
    },
    .prediction = {
        .question = "A C function asks for C-contiguous memory, and gets the transpose of an array. What happens?",
        .choices = {
            { "it gets a contiguous copy", "the protocol copies where it has to", "an exporter gives its own memory, or nothing" },
            { "the transpose refuses, with an exception", NULL, NULL },
            { "it gets the memory, and computes with rows and columns swapped", "flags are a hint",
              "that is what happens to who does not ask" },
        },
    },
};

/* --------------------------------------------------------------------- 5.2b: wrong */

typedef struct {
    double right, careless, pointed, strided;
} results;

static bool
read_results(const gbx_look *look, gbx_finding *finding, results *it)
{
    gbx_part whole;
    if (gbx_part_whole(look, &whole) && gbx_part_number(&whole, "right", &it->right)
        && gbx_part_number(&whole, "careless", &it->careless) && gbx_part_number(&whole, "pointed", &it->pointed)
        && gbx_part_number(&whole, "strided", &it->strided)) {
        return true;
    }
    gbx_finding_insufficient(finding, "the program does not say what it computed");
    return false;
}

static void
quote_results(gbx_finding *finding, const results *it)
{
    char text[200];
    int used = snprintf(text, sizeof(text), "%-36s %14.0f\n%-36s %14.0f\n%-36s %14.0f\n",
                        "the sum, of a copy in order", it->right, "who ignores the strides computes", it->careless,
                        "who has an address alone, by ctypes", it->pointed);
    gbx_finding_quote(finding, text, used > 0 && (size_t)used < sizeof(text) ? (size_t)used : 0);
    gbx_finding_fact(finding, "no exception was raised");
}

static gbx_verdict
check_wrong(const gbx_look *look, gbx_finding *finding)
{
    gbx_part careless, pointer;
    gbx_seen given;
    char text[120];
    results it;
    if (!gbx_part_find(look, finding, "strides ignored", "begin", &careless)
        || !gbx_part_find(look, finding, "strides ignored", "by pointer", &pointer)
        || !read_results(look, finding, &it)) {
        return GBX_INSUFFICIENT;
    }
    if (!gbx_seen_next(&careless, careless.begin, &given) || given.axes != 2) {
        return gbx_finding_fail(finding, "the transpose is given", "it is not", NULL);
    }
    if (is_contiguous(&given) || it.careless == it.right || it.pointed == it.right) {
        return gbx_finding_failf(finding, "another result than the right one",
                                 "the transpose lies in order, or its strides are followed",
                                 "%.0f, and %.0f is right", it.careless, it.right);
    }
    if (it.strided != it.right) {
        return gbx_finding_failf(finding, "who follows the strides is right", NULL, "%.0f in place of %.0f", it.strided,
                                 it.right);
    }
    if (gbx_part_count(&pointer, GBX_EV_BUF_GET, 0) > 0) {
        return gbx_finding_fail(finding, "a pointer asks nobody", "a buffer is asked for", NULL);
    }
    gbx_finding_event(finding, look, given.at, "given: %s", gbx_seen_shape(&given, text, sizeof(text)));
    quote_results(finding, &it);
    gbx_finding_number(finding, "buffers that ctypes asked for", 0, "");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s5_wrong = {
    .id = "5.2b",
    .title = "who ignores strides computes something else",
    .sentence = "A C function that takes the memory of a transpose and ignores its strides computes a wrong result, and "
                "so does one that ctypes gives the address: nobody notices.",
    .experiments = { &library },
    .check = check_wrong,
    .must_fail = {
        { &library, &already_in_order, "the transpose lies in order" },
        { &library, &follows_strides, "the function follows the strides" },
    },
    .readings = {
        { "Include/pybuffer.h#PyBUF_STRIDES", "the flag says: I will look at them" },
        { "Modules/_ctypes/callproc.c#ConvParam", "what ctypes passes for an argument: a number is a number" },
    },
    .prediction = {
        .question = "A C function takes the memory of a transpose, and does not look at the strides. What does one see?",
        .choices = {
            { "an exception", "the protocol watches what is done with the memory", "once given, memory is memory" },
            { "the right result: strides are about speed", "strides are a hint", "they say where the next number is" },
            { "another number, and nothing else", NULL, NULL },
        },
    },
};

/* ------------------------------------------------------------------- 5.2c: a copy */

static gbx_verdict
check_copy(const gbx_look *look, gbx_finding *finding)
{
    gbx_part copied, given;
    gbx_seen copy;
    uint32_t pieces;
    size_t first;
    if (!gbx_part_find(look, finding, "copied", "begin", &copied)
        || !gbx_part_find(look, finding, "copied", "given", &given)) {
        return GBX_INSUFFICIENT;
    }
    uint64_t bytes = gbx_seen_memory(&copied, &pieces, &first);
    if (!gbx_seen_next(&given, given.begin, &copy) || copy.axes != 2 || !is_contiguous(&copy)) {
        return gbx_finding_fail(finding, "the copy is given", "it is not", NULL);
    }
    uint64_t numbers = (uint64_t)(copy.extent[0] * copy.extent[1]);
    if (pieces != 1 || bytes != numbers * copy.get->itemsize) {
        return gbx_finding_failf(finding, "one piece of memory, for the numbers alone", "it was copied more than once",
                                 "%" PRIu64 " bytes in %" PRIu32 " pieces, for %" PRIu64 " numbers of %" PRIu64 " bytes",
                                 bytes, pieces, numbers, copy.get->itemsize);
    }
    const gbx_buf_memory *memory = gbx_part_record(&copied, first);
    if (memory->address != copy.get->address) {
        return gbx_finding_fail(finding, "the library is given that memory", "it is given another", NULL);
    }
    gbx_finding_event(finding, look, first, "memory for the copy");
    gbx_finding_event(finding, look, copy.at, "and the library is given it");
    gbx_finding_number(finding, "numbers", (double)numbers, "");
    gbx_finding_number(finding, "bytes of one", (double)copy.get->itemsize, "bytes");
    gbx_finding_number(finding, "memory for the copy", (double)bytes, "bytes");
    gbx_finding_observe_number(finding, (double)bytes);
    return GBX_PASS;
}

const gbx_claim gbx_s5_copy = {
    .id = "5.2c",
    .title = "a copy costs its numbers",
    .sentence = "A copy of a transpose is contiguous, takes one piece of memory of exactly as many bytes as its numbers "
                "have, and is what the library can take.",
    .experiments = { &library },
    .check = check_copy,
    .must_fail = {
        { &library, &copied_twice, "it is copied twice" },
    },
    .readings = {
        { "Python/tracemalloc.c#PyTraceMalloc_Track", "how NumPy tells of memory that the interpreter did not give it" },
        { "Objects/memoryobject.c#memory_from_contiguous_copy", "what a copy is, where the interpreter makes one itself" },
    },
    .prediction = {
        .question = "An array has 300 rows of 200 numbers of eight bytes. How many bytes does the copy of its transpose take?",
        .unit = "bytes",
        .too_low = "a copy shares what it can: it has nothing in common with the array",
        .too_high = "a copy has a header for each row: rows are a matter of strides, not of memory",
    },
};
