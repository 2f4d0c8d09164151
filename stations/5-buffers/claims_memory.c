/* Claims 5.3a to d: one memory and many types.

   Experiment: one_memory.py.  Whether two types see the same memory is a matter of the addresses that they
   export; how many exports of an object are out is counted here by its exports and releases, and compared
   with what the object says as it refuses. */

#include "claims.h"
#include "seen.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static WITH_NUMPY(one_memory, "experiments", "one_memory", BUFFERS | GBX_BIT(REF));
static WITH_NUMPY(copies, "must-fail", "copies", BUFFERS | GBX_BIT(REF));
static WITH_NUMPY(copied_over, "must-fail", "copied_over", BUFFERS | GBX_BIT(REF));
static WITH_NUMPY(not_kept, "must-fail", "not_kept", BUFFERS | GBX_BIT(REF));
static WITH_NUMPY(given_back_first, "must-fail", "given_back_first", BUFFERS | GBX_BIT(REF));

/* ---------------------------------------------------------------- 5.3a: one address */

enum { MOST = 8 };

/* The exporter itself, a memoryview of it, and an array of that: each exports the same memory. */
static gbx_verdict
judge_address(const gbx_look *look, gbx_finding *finding, const char *name, const char *exporter)
{
    const char *const types[] = { exporter, "memoryview", "numpy.ndarray" };
    char from[40], table[300];
    gbx_part part;
    gbx_seen seen[3];
    uint32_t pieces;
    size_t first, used = 0;
    snprintf(from, sizeof(from), "seen from %s", name);
    if (!gbx_part_find(look, finding, from, "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    for (size_t i = 0; i < 3; i++) {
        if (!gbx_seen_of(&part, types[i], &seen[i])) {
            return gbx_finding_failf(finding, "each of them exports its memory", NULL, "no '%s' does", types[i]);
        }
        used += gbx_seen_put(table + used, sizeof(table) - used, &seen[i]);
    }
    gbx_finding_quote(finding, table, used);
    for (size_t i = 1; i < 3; i++) {
        if (seen[i].get->address != seen[0].get->address) {
            return gbx_finding_failf(finding, "all of them see one address", "the memory was copied",
                                     "'%s' sees another than '%s'", types[i], types[0]);
        }
    }
    uint64_t bytes = gbx_seen_memory(&part, &pieces, &first);
    if (pieces > 0) {
        return gbx_finding_failf(finding, "no memory is taken for it", "the memory was copied", "%" PRIu64 " bytes", bytes);
    }
    gbx_finding_event(finding, look, seen[0].at, "%s lends its memory to a memoryview", exporter);
    gbx_finding_event(finding, look, seen[2].at, "an array of that lends on the same address");
    return GBX_PASS;
}

static gbx_verdict
check_one_address(const gbx_look *look, gbx_finding *finding)
{
    gbx_verdict verdict = judge_address(look, finding, "bytes", "bytes");
    if (verdict == GBX_PASS) {
        verdict = judge_address(look, finding, "array", "array.array");
    }
    if (verdict == GBX_PASS) {
        gbx_finding_number(finding, "bytes copied", 0, "bytes");
        gbx_finding_observe(finding, 0);
    }
    return verdict;
}

const gbx_claim gbx_s5_one_address = {
    .id = "5.3a",
    .title = "one memory, many types",
    .sentence = "bytes or an array.array, a memoryview of it and a NumPy array of it export one and the same address: "
                "nothing is copied.",
    .experiments = { &one_memory },
    .check = check_one_address,
    .must_fail = {
        { &one_memory, &copies, "NumPy is asked for an array of its own" },
    },
    .readings = {
        { "numpy:numpy/_core/src/multiarray/ctors.c#PyArray_FromBuffer", "np.frombuffer(): whom it asks, and what it keeps" },
        { "Objects/bytesobject.c#bytes_buffer_getbuffer", "how bytes lend their memory" },
        { "Modules/arraymodule.c#array_buffer_getbuf", "how an array does, and that it counts" },
    },
    .prediction = {
        .question = "np.frombuffer() makes an array of a bytes object with a thousand numbers. What is copied?",
        .choices = {
            { "nothing", NULL, NULL },
            { "all the numbers", "another type needs another memory", "it is asked for its memory, and lends it" },
            { "the first time somebody writes to it, all the numbers", "memory is copied on write",
              "memory of bytes is read-only, and stays so" },
        },
    },
};

/* ------------------------------------------------------------------------ 5.3b: DLPack */

static gbx_verdict
check_dlpack(const gbx_look *look, gbx_finding *finding)
{
    gbx_part before, exchange, after;
    gbx_seen made[MOST], other;
    uint32_t pieces;
    size_t first;
    if (!gbx_part_find(look, finding, "seen from array", "begin", &before)
        || !gbx_part_find(look, finding, "exchange", "begin", &exchange)
        || !gbx_part_find(look, finding, "exchange", "look", &after)) {
        return GBX_INSUFFICIENT;
    }
    size_t count = gbx_seen_all(&before, made, MOST);
    if (count == 0 || !gbx_seen_next(&after, after.begin, &other)) {
        return gbx_finding_insufficient(finding, "the arrays are not looked at");
    }
    if (gbx_seen_memory(&exchange, &pieces, &first) > 0
        || other.get->address != made[count - 1].get->address) {
        return gbx_finding_failf(finding, "the same memory on the other side", "a copy was asked for",
                                 "%#" PRIx64 " and %#" PRIx64, made[count - 1].get->address, other.get->address);
    }
    uint32_t asked = gbx_part_count(&exchange, GBX_EV_BUF_GET, 0);
    if (asked > 0) {
        return gbx_finding_failf(finding, "no buffer is asked for", NULL, "%u are", asked);
    }
    gbx_finding_event(finding, look, made[count - 1].at, "the array before");
    gbx_finding_event(finding, look, other.at, "what came out of the exchange, at the same address");
    gbx_finding_number(finding, "buffers asked for meanwhile", 0, "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s5_dlpack = {
    .id = "5.3b",
    .title = "DLPack hands over memory without the protocol",
    .sentence = "An exchange by DLPack gives the same memory to the other side, and no buffer is asked for meanwhile.",
    .experiments = { &one_memory },
    .check = check_dlpack,
    .must_fail = {
        { &one_memory, &copied_over, "a copy is asked for" },
    },
    .readings = {
        { "numpy:numpy/_core/src/multiarray/dlpack.c#from_dlpack", "what NumPy makes of somebody's capsule" },
        { "Objects/capsule.c#PyCapsule_New", "what DLPack puts its description of the memory into" },
    },
    .prediction = {
        .question = "np.from_dlpack() takes an array from elsewhere. How does it come to the memory?",
        .choices = {
            { "it asks for a buffer", "everything shares memory by the buffer protocol",
              "DLPack has a description of its own, for memory that a processor may not even see" },
            { "by a description in a capsule; no buffer is asked for", NULL, NULL },
            { "it copies the numbers", "an exchange is a copy", "both sides have one address" },
        },
    },
};

/* ------------------------------------------------------------- 5.3c: who keeps whom alive */

static size_t
death_of(const gbx_part *part, const char *name)
{
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_REF_DEALLOC, 0)) != GBX_NO_EVENT; at++) {
        const gbx_ref *ref = gbx_part_record(part, at);
        if (strcmp(gbx_part_watched(part, ref->watch), name) == 0) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

static gbx_verdict
judge_kept(const gbx_look *look, gbx_finding *finding, const char *name)
{
    char kept[40], numbers[40];
    gbx_part begin, del, release;
    gbx_seen lent;
    snprintf(kept, sizeof(kept), "kept by %s", name);
    snprintf(numbers, sizeof(numbers), "numbers %s", name);
    if (!gbx_part_find(look, finding, kept, "begin", &begin) || !gbx_part_find(look, finding, kept, "del", &del)
        || !gbx_part_find(look, finding, kept, "release", &release)) {
        return GBX_INSUFFICIENT;
    }
    size_t early = death_of(&del, numbers), late = death_of(&release, numbers);
    if (early != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, early, "the exporter dies");
        return gbx_finding_fail(finding, "the exporter lives on without a name", "it dies at del",
                                "nobody has an export of it");
    }
    size_t given = gbx_part_next(&release, release.begin, GBX_EV_BUF_RELEASE, 0);
    if (late == GBX_NO_EVENT || given == GBX_NO_EVENT || late < given || !gbx_seen_of(&begin, "array.array", &lent)) {
        return gbx_finding_fail(finding, "it dies as its memory is given back", "it does not", NULL);
    }
    gbx_finding_event(finding, look, lent.at, "lent; then its only name is deleted");
    gbx_finding_event(finding, look, given, "%s goes, and the memory is given back", name);
    gbx_finding_refute(finding, look, late, "and only now the exporter dies");
    return GBX_PASS;
}

static gbx_verdict
check_kept_alive(const gbx_look *look, gbx_finding *finding)
{
    gbx_verdict verdict = judge_kept(look, finding, "a memoryview");
    if (verdict == GBX_PASS) {
        verdict = judge_kept(look, finding, "a slice of an array");
    }
    if (verdict == GBX_PASS) {
        gbx_finding_observe(finding, 2);
    }
    return verdict;
}

const gbx_claim gbx_s5_kept_alive = {
    .id = "5.3c",
    .title = "an export keeps its exporter alive",
    .sentence = "An exporter whose last name is deleted lives as long as its memory is lent, however many hands away, and "
                "dies as it is given back.",
    .experiments = { &one_memory },
    .check = check_kept_alive,
    .must_fail = {
        { &one_memory, &not_kept, "a copy is kept in place of a view" },
    },
    .readings = {
        { "Objects/abstract.c#PyBuffer_Release", "its last line is the reference that kept the exporter" },
        { "Objects/memoryobject.c#_memory_release", "the last view of a managed buffer gives it back" },
    },
    .prediction = {
        .question = "A memoryview of an array is left, and the array's only name is deleted. When does the array die?",
        .choices = {
            { "at once: del frees", "a view is only a pointer", "the view's buffer holds a reference" },
            { "at the next collection", "views make cycles", "counting is enough here" },
            { "when the memoryview is gone", NULL, NULL },
        },
    },
};

/* --------------------------------------------------------------- 5.3d: what is lent cannot grow */

/* How many exports that `object` counts are out after the event at `end`, of those got in the part. */
static uint64_t
count_out(const gbx_look *look, gbx_finding *finding, const gbx_part *part, uint64_t object, size_t end)
{
    uint64_t out = 0;
    for (size_t at = part->begin; at < end; at++) {
        uint8_t event = gbx_part_event(part, at);
        const void *record = gbx_part_record(part, at);
        const gbx_buf_get *get = record;
        const gbx_buf_release *release = record;
        if (event == GBX_EV_BUF_GET && get->counter == object) {
            out++;
            gbx_finding_event(finding, look, at, "lent: %" PRIu64, out);
        }
        else if (event == GBX_EV_BUF_RELEASE && release->counter == object) {
            out--;
            gbx_finding_event(finding, look, at, "given back: %" PRIu64 " are left", out);
        }
    }
    return out;
}

static gbx_verdict
judge_growing(const gbx_look *look, gbx_finding *finding, const char *name, uint64_t *out)
{
    char growing[40];
    gbx_part begin, append, again;
    snprintf(growing, sizeof(growing), "growing %s", name);
    if (!gbx_part_find(look, finding, growing, "begin", &begin)
        || !gbx_part_find(look, finding, growing, "append", &append)
        || !gbx_part_find(look, finding, growing, "append again", &again)) {
        return GBX_INSUFFICIENT;
    }
    size_t at = gbx_part_next(&append, append.begin, GBX_EV_BUF_ERROR, 0);
    if (at == GBX_NO_EVENT) {
        return gbx_finding_failf(finding, "it refuses to grow", "nothing of it is lent", "%s grows", name);
    }
    const gbx_buf_error *error = gbx_part_record(&append, at);
    gbx_part both = gbx_part_cut(&begin, begin.begin, append.end);
    *out = count_out(look, finding, &both, error->object, at);
    if (*out != error->exports || *out == 0) {
        return gbx_finding_failf(finding, "it says how many exports are out", NULL, "it says %" PRIu64 ", and %" PRIu64 " are",
                                 error->exports, *out);
    }
    gbx_finding_refute(finding, look, at, "%s cannot grow: %" PRIu64 " exports are out", name, error->exports);
    if (gbx_part_count(&again, GBX_EV_BUF_ERROR, 0) > 0) {
        return gbx_finding_failf(finding, "it grows once all is given back", NULL, "%s does not", name);
    }
    return GBX_PASS;
}

static gbx_verdict
check_cannot_grow(const gbx_look *look, gbx_finding *finding)
{
    uint64_t out = 0;
    gbx_verdict verdict = judge_growing(look, finding, "an array", &out);
    if (verdict == GBX_PASS) {
        verdict = judge_growing(look, finding, "a bytearray", &out);
    }
    if (verdict == GBX_PASS) {
        gbx_finding_number(finding, "exports that are out", (double)out, "");
        gbx_finding_observe_number(finding, (double)out);
    }
    return verdict;
}

const gbx_claim gbx_s5_cannot_grow = {
    .id = "5.3d",
    .title = "what is lent cannot grow",
    .sentence = "An array or a bytearray whose memory is lent refuses to be resized, and the refusal counts the exports that "
                "are out; when all are given back, it grows.",
    .experiments = { &one_memory },
    .check = check_cannot_grow,
    .must_fail = {
        { &one_memory, &given_back_first, "nothing is lent when it grows" },
    },
    .readings = {
        { "Modules/arraymodule.c#array_resize", "the first thing that it looks at" },
        { "Objects/bytearrayobject.c#_canresize", "the same for a bytearray" },
    },
    .prediction = {
        .question = "Of an array there are a memoryview, a NumPy array, and a memoryview of another NumPy array. How many "
                    "exports of the array are out?",
        .unit = "",
        .too_low = "a view of a view counts once: each np.frombuffer() asks the array itself",
        .too_high = "a view of a NumPy array counts for what that was made of: it asks the NumPy array",
    },
};
