/* The course's program, told: each piece of its output, and beside it what happened inside.

   Nothing is judged here.  Output is quoted as it came; every number is counted in this run. */

#include "claims.h"
#include "../part.h"

#include <string.h>

/* The end of the course's own output: of the line with constants, names and variable names, the
   first that begins with a parenthesis.  The whole output where there is none. */
static size_t
first_piece(const gbx_run *run)
{
    const char *line = run->out;
    while (*line != '\0' && *line != '(') {
        const char *end = strchr(line, '\n');
        if (end == NULL) {
            return run->out_size;
        }
        line = end + 1;
    }
    const char *end = strchr(line, '\n');
    return end == NULL ? run->out_size : (size_t)(end + 1 - run->out);
}

static void
tell_attempts(const gbx_look *look, gbx_finding *finding, const gbx_part *part, uint32_t code)
{
    size_t at = part->begin;
    while ((at = gbx_part_next(part, at, GBX_EV_SPEC_SUCCESS, code)) != GBX_NO_EVENT) {
        const gbx_spec *spec = gbx_part_record(part, at);
        gbx_finding_event(finding, look, at, "%s becomes %s", gbx_part_opcode(part, spec->family),
                          gbx_part_opcode(part, spec->opcode_after));
        at++;
    }
}

gbx_verdict
gbx_s1_tell_course(const gbx_look *look, gbx_finding *finding)
{
    gbx_part before, calls, whole;
    if (!gbx_part_find(look, finding, "course", "before any call", &before)
        || !gbx_part_find(look, finding, "course", "two calls", &calls)
        || !gbx_part_whole(look, &whole)) {
        return GBX_INSUFFICIENT;
    }
    const gbx_run *run = &look->runs[0];
    uint32_t code = gbx_part_code(&calls, "f");
    size_t piece = first_piece(run);

    gbx_finding_quote(finding, run->out, piece);
    size_t made = gbx_part_next(&whole, 0, GBX_EV_CODE_NEW, code);
    if (made != GBX_NO_EVENT) {
        const gbx_code *object = gbx_part_record(&whole, made);
        gbx_finding_event(finding, look, made, "the code object of f: %u units of 2 bytes",
                          object->units);
    }
    gbx_finding_fact(finding, "calls of f so far: %u; specialization events in it: %u",
                     gbx_part_count(&before, GBX_EV_FRAME_PUSH, code),
                     gbx_part_count(&before, GBX_EV_SPEC_ATTEMPT, code));

    gbx_finding_quote(finding, run->out + piece, run->out_size - piece);
    gbx_finding_fact(finding, "calls of f before this listing: %u; attempts to specialize: %u",
                     gbx_part_count(&calls, GBX_EV_FRAME_PUSH, code),
                     gbx_part_count(&calls, GBX_EV_SPEC_ATTEMPT, code));
    tell_attempts(look, finding, &calls, code);
    return GBX_PASS;
}
