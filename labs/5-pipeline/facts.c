/* The facts of lab 5: where the numbers lie after each hand-over, how they are laid out, and what was taken for them.

   The harness looks at what it gets by a memoryview, in a part of its own; that tells of the memory in an event
   (buf.view_layout) and one more for each axis. */

#include "../../stations/part.h"
#include "lab.h"

#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { AXES = 2 };

/* What a look showed. */
typedef struct {
    size_t at;                       /* its view_layout */
    uint64_t address, length, itemsize;
    char format;
    bool readonly;
    unsigned ndim;
    int64_t extent[AXES], stride[AXES];
} layout;

/* What the variant asks for. */
typedef struct {
    int64_t rows, columns, itemsize;
    const char *view;
    char kind;
} wanted;

static int64_t
number(const gbx_lab_look *look, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(look->variant, name));
    return value < 0 || value > 1 << 24 ? 0 : value;
}

static const char *
text(const gbx_lab_look *look, const char *name)
{
    const char *value = json_string_value(json_object_get(look->variant, name));
    return value == NULL ? "" : value;
}

static wanted
want(const gbx_lab_look *look)
{
    char kind = text(look, "kind")[0];
    return (wanted){ .rows = number(look, "rows"), .columns = number(look, "columns"), .itemsize = kind == 'd' ? 8 : 4,
                     .view = text(look, "view"), .kind = kind };
}

/* ---------------------------------------------------------------------- looking */

static void
read_axes(const gbx_part *part, layout *it)
{
    size_t at = it->at;
    for (unsigned i = 0; i < AXES && i < it->ndim; i++) {
        at = gbx_part_next(part, at + 1, GBX_EV_BUF_AXIS, 0);
        if (at == GBX_NO_EVENT) {
            it->ndim = i;
            return;
        }
        const gbx_buf_axis *axis = gbx_part_record(part, at);
        it->extent[i] = axis->extent;
        it->stride[i] = axis->stride;
    }
}

/* What the harness saw in "look at NAME"; false: there is a word in `finding`, and `verdict` says how bad it is. */
static bool
see(const gbx_lab_look *look, gbx_finding *finding, const char *name, layout *it, gbx_verdict *verdict)
{
    char begin[64];
    gbx_part part;
    *verdict = GBX_INSUFFICIENT;
    snprintf(begin, sizeof(begin), "look at %s begin", name);
    if (!gbx_part_find(look->look, finding, "part", begin, &part)) {
        return false;
    }
    size_t at = gbx_part_next(&part, part.begin, GBX_EV_VIEW_LAYOUT, 0);
    if (at == GBX_NO_EVENT) {
        *verdict = gbx_finding_failf(finding, "memory that can be looked at", "nothing, or no buffer, was returned",
                                     "%s has none", name);
        return false;
    }
    const gbx_buf_layout *record = gbx_part_record(&part, at);
    *it = (layout){ .at = at, .address = record->address, .length = record->length, .itemsize = record->itemsize,
                    .readonly = (record->h.flags & (1u << GBX_BUFFER_READONLY)) != 0, .ndim = record->ndim };
    const char *format = gbx_part_string(&part, record->format);
    it->format = format[0] == '\0' ? '?' : format[strlen(format) - 1];
    read_axes(&part, it);
    return true;
}

/* ----------------------------------------------------------------------- memory */

static const char *const handovers[] = { "table", "scale", "window", "lend", "digest" };

/* Bytes that were taken in a hand-over: of the allocator in blocks of more than 512, or for numbers, whichever is more: NumPy
   tells of its own, and may have them from the allocator.  *first is the largest piece. */
static uint64_t
taken_in(const gbx_part *part, size_t *largest)
{
    uint64_t blocks = 0, numbers = 0, most = 0;
    *largest = GBX_NO_EVENT;
    for (size_t at = part->begin; at < part->end; at++) {
        uint64_t size = 0;
        switch (gbx_part_event(part, at)) {
            case GBX_EV_LARGE_ALLOC: blocks += size = ((const gbx_large *)gbx_part_record(part, at))->size; break;
            case GBX_EV_LARGE_MOVE: blocks += size = ((const gbx_large_move *)gbx_part_record(part, at))->size; break;
            case GBX_EV_MEMORY_NEW: numbers += size = ((const gbx_buf_memory *)gbx_part_record(part, at))->size; break;
            default: break;
        }
        if (size > most) {
            most = size;
            *largest = at;
        }
    }
    return blocks > numbers ? blocks : numbers;
}

/* A copy of an eighth of the table is one, whatever it is taken for; what functions and small objects take is far less. */
static gbx_verdict
check_no_bytes(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    wanted it = want(look);
    uint64_t table = (uint64_t)(it.rows * it.columns * it.itemsize), limit = table / 8;
    unsigned right = 0;
    char name[64];
    for (size_t i = 0; i < GBX_COUNT(handovers); i++) {
        gbx_part part;
        size_t largest;
        snprintf(name, sizeof(name), "%s begin", handovers[i]);
        if (!gbx_part_find(look->look, finding, "part", name, &part)) {
            return GBX_INSUFFICIENT;
        }
        uint64_t taken = taken_in(&part, &largest);
        snprintf(name, sizeof(name), "taken in %s()", handovers[i]);
        gbx_finding_number(finding, name, (double)taken, "bytes");
        if (taken < limit) {
            right++;
            continue;
        }
        gbx_finding_event(finding, look->look, largest, "%s() takes memory", handovers[i]);
        gbx_finding_failf(finding, "no hand-over takes memory for the numbers", "something in it makes a copy",
                          "%s() takes %.1f times what the table has", handovers[i], (double)taken / (double)table);
    }
    *share = (double)right / (double)GBX_COUNT(handovers);
    return right == GBX_COUNT(handovers) ? GBX_PASS : GBX_FAIL;
}

/* ------------------------------------------------------------------- one memory */

/* Where the first number of the window has to lie, in bytes from the table's. */
static int64_t
window_offset(const wanted *it)
{
    return strcmp(it->view, "upside-down") == 0 ? (it->rows - 1) * it->columns * it->itemsize : 0;
}

static gbx_verdict
check_one_memory(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    static const char *const names[] = { "the table", "the window", "what is lent" };
    wanted it = want(look);
    layout owner, seen;
    gbx_verdict verdict;
    unsigned right = 0;
    if (!see(look, finding, "the owner", &owner, &verdict)) {
        return GBX_INSUFFICIENT;
    }
    gbx_finding_event(finding, look->look, owner.at, "the memory, as its owner has it");
    for (size_t i = 0; i < GBX_COUNT(names); i++) {
        if (!see(look, finding, names[i], &seen, &verdict)) {
            if (verdict == GBX_INSUFFICIENT) {
                return verdict;
            }
            continue;
        }
        uint64_t at = owner.address + (uint64_t)(i == 0 ? 0 : window_offset(&it));
        gbx_finding_event(finding, look->look, seen.at, "%s", names[i]);
        if (seen.address == at) {
            right++;
        } else {
            gbx_finding_failf(finding, "every hand-over is on the owner's memory", "it is a copy, or it begins at another number",
                              "%s lies %s", names[i], seen.address >= owner.address && seen.address < owner.address + owner.length
                                  ? "on it, at another place" : "elsewhere");
        }
    }
    *share = (double)right / (double)GBX_COUNT(names);
    return right == GBX_COUNT(names) ? GBX_PASS : GBX_FAIL;
}

/* ---------------------------------------------------------------------- shapes */

/* The table's own layout, and that of the window which the variant asks for. */
static void
shape_of(const wanted *it, bool window, layout *out)
{
    int64_t row = it->columns * it->itemsize;
    *out = (layout){ .itemsize = (uint64_t)it->itemsize, .format = it->kind, .ndim = AXES,
                     .extent = { it->rows, it->columns }, .stride = { row, it->itemsize } };
    if (!window) {
        return;
    }
    if (strcmp(it->view, "transposed") == 0) {
        out->extent[0] = it->columns;
        out->extent[1] = it->rows;
        out->stride[0] = it->itemsize;
        out->stride[1] = row;
    } else if (strcmp(it->view, "upside-down") == 0) {
        out->stride[0] = -row;
    } else {
        out->extent[1] = (it->columns + 1) / 2;
        out->stride[1] = 2 * it->itemsize;
    }
}

static void
put_shape(const layout *it, char *out, size_t size)
{
    if (it->ndim != AXES) {
        snprintf(out, size, "%u axes", it->ndim);
    } else {
        snprintf(out, size, "shape (%" PRId64 ", %" PRId64 "), strides (%" PRId64 ", %" PRId64 "), '%c' of %" PRIu64 " bytes",
                 it->extent[0], it->extent[1], it->stride[0], it->stride[1], it->format, it->itemsize);
    }
}

static bool
same_shape(const layout *a, const layout *b)
{
    return a->ndim == b->ndim && a->itemsize == b->itemsize && a->format == b->format && a->extent[0] == b->extent[0]
        && a->extent[1] == b->extent[1] && a->stride[0] == b->stride[0] && a->stride[1] == b->stride[1];
}

static gbx_verdict
check_shapes(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    static const char *const names[] = { "the table", "the window", "what is lent" };
    wanted it = want(look);
    unsigned right = 0;
    for (size_t i = 0; i < GBX_COUNT(names); i++) {
        layout seen, should;
        gbx_verdict verdict;
        char expected[120], actual[120], line[160];
        if (!see(look, finding, names[i], &seen, &verdict)) {
            if (verdict == GBX_INSUFFICIENT) {
                return verdict;
            }
            continue;
        }
        shape_of(&it, i > 0, &should);
        put_shape(&should, expected, sizeof(expected));
        put_shape(&seen, actual, sizeof(actual));
        gbx_finding_event(finding, look->look, seen.at, "%s: %s", names[i], actual);
        if (same_shape(&seen, &should)) {
            right++;
        } else {
            snprintf(line, sizeof(line), "%s: %s", names[i], expected);
            gbx_finding_fail(finding, line, actual, NULL);
        }
    }
    *share = (double)right / (double)GBX_COUNT(names);
    return right == GBX_COUNT(names) ? GBX_PASS : GBX_FAIL;
}

/* ------------------------------------------------------------- what it is lent as */

static gbx_verdict
check_read_only(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    layout table, lent;
    gbx_verdict verdict;
    (void)share;
    if (!see(look, finding, "the table", &table, &verdict) || !see(look, finding, "what is lent", &lent, &verdict)) {
        return verdict;
    }
    gbx_finding_event(finding, look->look, lent.at, "what is lent");
    if (!lent.readonly) {
        return gbx_finding_fail(finding, "what is lent may be read and not written", "it may be written", NULL);
    }
    if (table.readonly) {
        return gbx_finding_fail(finding, "the table itself may be written", "it may not", "it was made of read-only memory");
    }
    return GBX_PASS;
}

/* --------------------------------------------------------------- what comes of it */

static gbx_verdict
check_digest(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    const json_t *right = json_object_get(look->expected, "digest"), *given = json_object_get(look->observed, "digest");
    (void)share;
    if (right == NULL) {
        return gbx_finding_insufficient(finding, "the oracle has no digest");
    }
    if (!json_equal(right, given)) {
        return gbx_finding_fail(finding, "the digest of all numbers, each multiplied", "another one, or of another kind",
                                "the numbers were not changed where they are, or a part of them was left out");
    }
    gbx_finding_fact(finding, "the digest is the oracle's");
    return GBX_PASS;
}

/* A library that wants rows one after the other asks for the window: the prediction's question. */
static gbx_verdict
check_refused(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    (void)share;
    if (!gbx_part_find(look->look, finding, "part", "ask for rows begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    size_t refused = gbx_part_next(&part, part.begin, GBX_EV_BUF_REFUSED, 0);
    if (refused == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "who asks for rows one after the other is refused the window", "it is lent to them",
                                "the window is a copy, or the table itself");
    }
    gbx_finding_refute(finding, look->look, refused, "zlib asks, and is refused");
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

/* The last release of the owner's memory before `part`, and the export that it answers. */
static void
show_last_release(const gbx_lab_look *look, gbx_finding *finding, const gbx_part *part, uint64_t address)
{
    gbx_part before = gbx_part_cut(part, 0, part->begin);
    size_t last = GBX_NO_EVENT, get = GBX_NO_EVENT;
    uint64_t view = 0;
    for (size_t at = 0; (at = gbx_part_next(&before, at, GBX_EV_BUF_RELEASE, 0)) != GBX_NO_EVENT; at++) {
        const gbx_buf_release *release = gbx_part_record(&before, at);
        if (release->address == address && release->counter != 0) {
            last = at;
            view = release->view;
        }
    }
    for (size_t at = 0; last != GBX_NO_EVENT && (at = gbx_part_next(&before, at, GBX_EV_BUF_GET, 0)) != GBX_NO_EVENT
         && at < last; at++) {
        get = ((const gbx_buf_get *)gbx_part_record(&before, at))->view == view ? at : get;
    }
    gbx_finding_event(finding, look->look, get, "the export of the owner that lasts longest");
    gbx_finding_event(finding, look->look, last, "and its release");
}

/* Everything of the learner's has gone; does the owner have its memory to itself? */
static gbx_verdict
check_given_back(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    layout owner;
    gbx_verdict verdict;
    (void)share;
    if (!gbx_part_find(look->look, finding, "part", "grow begin", &part)
        || !see(look, finding, "the owner", &owner, &verdict)) {
        return GBX_INSUFFICIENT;
    }
    show_last_release(look, finding, &part, owner.address);
    size_t error = gbx_part_next(&part, part.begin, GBX_EV_BUF_ERROR, 0);
    if (error != GBX_NO_EVENT) {
        uint64_t exports = ((const gbx_buf_error *)gbx_part_record(&part, error))->exports;
        gbx_finding_event(finding, look->look, error, "the owner refuses: its memory is out");
        return gbx_finding_failf(finding, "nobody works on the memory any more", "something of yours still holds a view",
                                 "%" PRIu64 " exports are out", exports);
    }
    gbx_finding_number(finding, "exports that are out", 0, "");
    return GBX_PASS;
}

/* ------------------------------------------------------------------- mechanisms */

/* Of the events: two layouts on one memory that differ in their shape. */
static bool
shows_strides(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    const gbx_trace *trace = look->look->trace;
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(trace, events[i]) != GBX_EV_VIEW_LAYOUT) {
            continue;
        }
        gbx_buf_layout one = *(const gbx_buf_layout *)(const void *)gbx_trace_record(trace, events[i]);
        for (size_t j = 0; j < count; j++) {
            if (j == i || gbx_trace_event(trace, events[j]) != GBX_EV_VIEW_LAYOUT) {
                continue;
            }
            const gbx_buf_layout *two = (const void *)gbx_trace_record(trace, events[j]);
            if (two->address >= one.address && two->address < one.address + one.length && one.ndim == AXES
                && two->ndim == AXES && two->h.flags != one.h.flags) {
                return true;
            }
        }
    }
    snprintf(why, size, "no two buf.view_layout on one memory that differ in their layout");
    return false;
}

/* Of the events: an export and its release, of one exporter. */
static bool
shows_release(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    const gbx_trace *trace = look->look->trace;
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(trace, events[i]) != GBX_EV_BUF_GET) {
            continue;
        }
        gbx_buf_get get = *(const gbx_buf_get *)(const void *)gbx_trace_record(trace, events[i]);
        for (size_t j = 0; j < count; j++) {
            if (gbx_trace_event(trace, events[j]) == GBX_EV_BUF_RELEASE && events[j] > events[i]) {
                const gbx_buf_release *release = (const void *)gbx_trace_record(trace, events[j]);
                if (release->view == get.view && release->exporter == get.exporter && get.counter != 0) {
                    return true;
                }
            }
        }
    }
    snprintf(why, size, "no buf.get of an exporter that counts, with the buf.release that answers it");
    return false;
}

static bool
shows_nothing(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    (void)look;
    (void)events;
    (void)count;
    snprintf(why, size, "these events show something else");
    return false;
}

static const gbx_fact_code facts[] = {
    { "one-memory", check_one_memory }, { "no-bytes", check_no_bytes },   { "shapes", check_shapes },
    { "read-only", check_read_only },   { "digest", check_digest },       { "refused", check_refused },
    { "given-back", check_given_back }, { NULL, NULL },
};

static const gbx_mechanism_code mechanisms[] = {
    { "strides", shows_strides }, { "release", shows_release }, { "never", shows_nothing }, { NULL, NULL },
};

const gbx_lab_code gbx_lab_5 = { .number = 5, .facts = facts, .mechanisms = mechanisms };
