/* The course's program, told: its output, and beside it what was asked for and given.

   Nothing is judged here.  Output is quoted as it came; every number was seen in this run. */

#include "claims.h"
#include "seen.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>

WITH_NUMPY(gbx_s5_course, "experiments", "course", BUFFERS);

static bool
find_parts(const gbx_look *look, gbx_finding *finding, gbx_part *transpose, gbx_part *view, gbx_part *turned,
           gbx_part *release)
{
    return gbx_part_find(look, finding, "course", "transpose", transpose)
        && gbx_part_find(look, finding, "course", "memoryview", view)
        && gbx_part_find(look, finding, "course", "the transpose's", turned)
        && gbx_part_find(look, finding, "course", "release", release);
}

/* ---------------------------------------------------------- where items lie */

enum { MOST_ITEMS = 8, CELL = 4, GRID_LINES = MOST_ITEMS + 1, GRID_SIZE = GRID_LINES * (2 * MOST_ITEMS * CELL + 16) };

static bool
is_small(const gbx_seen *seen)
{
    return seen->axes == 2 && seen->extent[0] > 0 && seen->extent[0] <= MOST_ITEMS && seen->extent[1] > 0
        && seen->extent[1] <= MOST_ITEMS;
}

/* One row of one array: the offset of each of its items, in `width` columns. */
static size_t
put_row(char *text, size_t size, const gbx_seen *seen, int64_t row, int width)
{
    size_t used = 0;
    for (int64_t column = 0; row < seen->extent[0] && column < seen->extent[1] && used < size; column++) {
        int64_t offset = row * seen->stride[0] + column * seen->stride[1];
        used += (size_t)snprintf(text + used, size - used, "%*" PRId64, CELL, offset);
    }
    if (used < size) {
        used += (size_t)snprintf(text + used, size - used, "%*s", width > (int)used ? width - (int)used : 0, "");
    }
    return used < size ? used : size - 1;
}

/* Both arrays, side by side: what differs is the order. */
static void
quote_offsets(gbx_finding *finding, const gbx_seen *array, const gbx_seen *turned)
{
    char text[GRID_SIZE];
    if (!is_small(array) || !is_small(turned)) {
        return;
    }
    int width = (int)array->extent[1] * CELL + 6;
    int64_t rows = array->extent[0] > turned->extent[0] ? array->extent[0] : turned->extent[0];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-*s%s\n", width, "   a", "   a.T");
    for (int64_t row = 0; row < rows && used < sizeof(text); row++) {
        used += put_row(text + used, sizeof(text) - used, array, row, width);
        used += put_row(text + used, sizeof(text) - used, turned, row, 0);
        used += (size_t)snprintf(text + used, sizeof(text) - used, "\n");
    }
    gbx_finding_fact(finding, "where each item lies, in bytes from the beginning of the memory");
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static void
tell_view(const gbx_look *look, gbx_finding *finding, const gbx_part *view, const gbx_part *turned)
{
    char text[120], asked[120];
    gbx_seen array, other;
    if (gbx_seen_next(view, view->begin, &array)) {
        gbx_finding_event(finding, look, array.at, "memoryview(a) asks for %s, and gets %s",
                          gbx_seen_asked(array.get->asked, asked, sizeof(asked)),
                          gbx_seen_shape(&array, text, sizeof(text)));
        if (gbx_seen_next(turned, turned->begin, &other)) {
            gbx_finding_event(finding, look, other.at, "of the transpose it gets %s%s",
                              gbx_seen_shape(&other, text, sizeof(text)),
                              other.get->address == array.get->address ? ", at the same address" : "");
            quote_offsets(finding, &array, &other);
        }
    }
}

gbx_verdict
gbx_s5_tell_course(const gbx_look *look, gbx_finding *finding)
{
    gbx_part transpose, view, turned, release;
    uint32_t pieces;
    size_t first;
    if (!find_parts(look, finding, &transpose, &view, &turned, &release)) {
        return GBX_INSUFFICIENT;
    }
    gbx_finding_quote(finding, look->runs[0].out, look->runs[0].out_size);
    uint64_t bytes = gbx_seen_memory(&transpose, &pieces, &first);
    gbx_finding_fact(finding, "a.T: %" PRIu64 " bytes of memory for numbers, and %u buffers asked for", bytes,
                     gbx_part_count(&transpose, GBX_EV_BUF_GET, 0));
    tell_view(look, finding, &view, &turned);
    size_t at = gbx_part_next(&release, release.begin, GBX_EV_BUF_RELEASE, 0);
    if (at != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, at, "mv.release() gives it back");
    }
    return GBX_PASS;
}
