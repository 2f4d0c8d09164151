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
