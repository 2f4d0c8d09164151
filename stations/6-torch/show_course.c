/* The course's program, told: its output, and beside it what the interpreter did meanwhile.

   Nothing is judged here.  Output is quoted as it came; every number was seen in this run. */

#include "claims.h"
#include "../part.h"
#include "trace.h"

WITH_TORCH(gbx_s6_course, "experiments", "course", TAPE, GBX_ON_ANY);

static void
tell_part(gbx_finding *finding, const gbx_part *part, const char *what)
{
    gbx_finding_fact(finding, "%s: %u frames of Python pushed, the lock let go of %u times", what,
                     gbx_part_count(part, GBX_EV_FRAME_PUSH, 0), gbx_part_count(part, GBX_EV_GIL_RELEASE, 0));
}

gbx_verdict
gbx_s6_tell_course(const gbx_look *look, gbx_finding *finding)
{
    gbx_part forward, backward;
    if (!gbx_part_find(look, finding, "course", "forward", &forward)
        || !gbx_part_find(look, finding, "course", "backward", &backward)) {
        return GBX_INSUFFICIENT;
    }
    gbx_finding_quote(finding, look->runs[0].out, look->runs[0].out_size);
    tell_part(finding, &forward, "forward, y = (x * x).sum()");
    tell_part(finding, &backward, "y.backward()");
    return GBX_PASS;
}
