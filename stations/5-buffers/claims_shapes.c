/* Claim 5.1c: what extents and strides can say, and what has to be copied.

   Experiment: shapes.py.  The program says of each way to make an array whether it is to be a view or a copy;
   which of them it is, is told by the memory that was taken and by the address that the array made exports. */

#include "claims.h"
#include "seen.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static WITH_NUMPY(shapes, "experiments", "shapes", BUFFERS);
static WITH_NUMPY(step_by_step, "must-fail", "step_by_step", BUFFERS);
static WITH_NUMPY(nothing_hidden, "must-fail", "nothing_hidden", BUFFERS);

enum { MOST_WAYS = 16, TABLE = MOST_WAYS * 80 };

/* One way to make an array of the array: the part in which it is made, and what it exports. */
typedef struct {
    const char *name;
    bool view;                   /* what the program calls it */
    gbx_part making;
    gbx_seen made;
    uint64_t taken;              /* bytes of memory for numbers */
    uint32_t pieces;
} way;

static bool
find_made(const gbx_look *look, gbx_finding *finding, way *it)
{
    char name[64];
    size_t first;
    gbx_part looked;
    snprintf(name, sizeof(name), "look at %.50s", it->name);
    if (!gbx_part_find(look, finding, it->view ? "view" : "copy", it->name, &it->making)
        || !gbx_part_find(look, finding, name, "begin", &looked)) {
        return false;
    }
    if (!gbx_seen_next(&looked, looked.begin, &it->made)) {
        gbx_finding_insufficient(finding, "'%s' is not looked at", it->name);
        return false;
    }
    gbx_part until = gbx_part_cut(&it->making, it->making.begin, looked.begin);
    it->taken = gbx_seen_memory(&until, &it->pieces, &first);
    return true;
}

/* All ways that the program marks, in its order; how many, or 0. */
static size_t
find_ways(const gbx_look *look, gbx_finding *finding, way *ways)
{
    gbx_part whole;
    size_t count = 0;
    if (!gbx_part_whole(look, &whole)) {
        return 0;
    }
    for (size_t at = whole.begin; (at = gbx_part_next(&whole, at, GBX_EV_MARK, 0)) != GBX_NO_EVENT; at++) {
        const gbx_mark *mark = gbx_part_record(&whole, at);
        const char *kind = gbx_part_string(&whole, mark->name);
        const char *name = mark->h.flags == GBX_VALUE_STRING ? gbx_part_string(&whole, (uint32_t)mark->value) : "end";
        bool view = strcmp(kind, "view") == 0;
        if ((!view && strcmp(kind, "copy") != 0) || strcmp(name, "end") == 0 || count == MOST_WAYS) {
            continue;
        }
        ways[count] = (way){ .name = name, .view = view };
        if (!find_made(look, finding, &ways[count++])) {
            return 0;
        }
    }
    return count;
}

static gbx_verdict
judge_way(gbx_finding *finding, const gbx_seen *array, const way *it)
{
    uint64_t begin = array->get->address, end = begin + array->get->length;
    bool inside = it->made.get->address >= begin && it->made.get->address < end;
    if (it->view && (it->pieces > 0 || !inside)) {
        return gbx_finding_failf(finding, "strides can say it: the memory is the array's", "its steps are not equal",
                                 "'%s' takes %" PRIu64 " bytes", it->name, it->taken);
    }
    if (!it->view && inside) {
        return gbx_finding_failf(finding, "strides cannot say it: it is copied", "its steps are equal",
                                 "'%s' lies in the array's memory", it->name);
    }
    if (!it->view && it->taken != it->made.get->length) {
        return gbx_finding_failf(finding, "a copy takes as much as its numbers", NULL,
                                 "'%s' takes %" PRIu64 " bytes for %" PRIu64, it->name, it->taken,
                                 it->made.get->length);
    }
    return GBX_PASS;
}

static void
quote_ways(gbx_finding *finding, const way *ways, size_t count)
{
    char text[TABLE], strides[64];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-24s %-14s %15s\n", "", "its strides", "bytes copied");
    for (size_t i = 0; i < count && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-24.24s %-14s %15" PRIu64 "\n", ways[i].name,
                                 gbx_seen_strides(&ways[i].made, strides, sizeof(strides)), ways[i].taken);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
check_shapes(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    gbx_seen array;
    way ways[MOST_WAYS];
    size_t views = 0, hidden = GBX_NO_EVENT;
    if (!gbx_part_find(look, finding, "the array", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    size_t count = find_ways(look, finding, ways);
    if (count == 0 || !gbx_seen_next(&part, part.begin, &array)) {
        return gbx_finding_insufficient(finding, "the array, or what is made of it, is not looked at");
    }
    quote_ways(finding, ways, count);
    for (size_t i = 0; i < count; i++) {
        gbx_verdict verdict = judge_way(finding, &array, &ways[i]);
        if (verdict != GBX_PASS) {
            return verdict;
        }
        views += ways[i].view;
        if (!ways[i].view && hidden == GBX_NO_EVENT) {
            hidden = gbx_part_next(&ways[i].making, ways[i].making.begin, GBX_EV_MEMORY_NEW, 0);
            gbx_finding_refute(finding, look, hidden, "memory for %s", ways[i].name);
        }
    }
    if (views == 0 || views == count) {
        return gbx_finding_insufficient(finding, "there are no views, or no copies, to compare");
    }
    gbx_finding_number(finding, "views", (double)views, "");
    gbx_finding_number(finding, "copies that nobody asked for by name", (double)(count - views), "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s5_shapes = {
    .id = "5.1c",
    .title = "what strides cannot say is copied",
    .sentence = "What one stride for each axis can describe is a view of the same memory; anything else is copied in "
                "full, and nothing in the program says so.",
    .experiments = { &shapes },
    .check = check_shapes,
    .must_fail = {
        { &shapes, &step_by_step, "a view is made of numbers that are no equal steps apart" },
        { &shapes, &nothing_hidden, "what should be a copy can be said by strides" },
    },
    .readings = {
        { "numpy:numpy/_core/src/multiarray/shape.c#_attempt_nocopy_reshape", "whether there are strides for a new shape" },
        { "Include/pybuffer.h#Py_buffer", "one extent and one stride for each axis, and no more" },
    },
    .prediction = {
        .question = "a has 400 rows of 500 numbers of eight bytes. What does a.T.reshape(-1) do, which makes one long row "
                    "of the transpose?",
        .choices = {
            { "it makes a view, as a.reshape(-1) does", "reshape never copies",
              "no single stride leads through the columns of a one after the other" },
            { "it copies all the numbers", NULL, NULL },
            { "it refuses: the transpose is not contiguous", "reshape needs contiguous memory",
              "NumPy copies where it has to, and does not say so" },
        },
    },
};
