/* See descent.h. */

#include "descent.h"

#include <string.h>

gbx_descent
gbx_descent_find(const gbx_part *part, uint32_t code, uint16_t offset)
{
    gbx_descent found = {
        .settled = GBX_NO_EVENT, .first = GBX_NO_EVENT, .last = GBX_NO_EVENT,
        .deopt = GBX_NO_EVENT, .attempt = GBX_NO_EVENT, .resettled = GBX_NO_EVENT,
    };
    size_t at = part->begin;
    while ((at = gbx_part_next_spec(part, at, 0, code, offset)) != GBX_NO_EVENT) {
        switch (gbx_part_event(part, at)) {
        case GBX_EV_SPEC_SUCCESS:
        case GBX_EV_SPEC_RESPECIALIZE:
            if (found.first == GBX_NO_EVENT) {
                found.settled = at;
            } else if (found.resettled == GBX_NO_EVENT) {
                found.resettled = at;
            }
            break;
        case GBX_EV_SPEC_MISS:
            if (found.resettled != GBX_NO_EVENT) {
                found.later++;
            } else if (found.attempt == GBX_NO_EVENT) {
                found.first = found.first == GBX_NO_EVENT ? at : found.first;
                found.last = at;
                found.misses++;
            }
            break;
        case GBX_EV_SPEC_DEOPT:
            found.deopt = found.deopt == GBX_NO_EVENT ? at : found.deopt;
            break;
        case GBX_EV_SPEC_ATTEMPT:
            if (found.first != GBX_NO_EVENT && found.attempt == GBX_NO_EVENT) {
                found.attempt = at;
            }
            break;
        default:
            break;
        }
        at++;
    }
    return found;
}

uint32_t
gbx_descent_allowance(const gbx_spec *success)
{
    return (uint32_t)(success->counter_after >> 4) + 1;
}

gbx_verdict
gbx_descent_judge(const gbx_part *part, gbx_finding *finding, const gbx_descent *descent)
{
    if (descent->settled == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the instruction specializes first", "it never does",
                                "it runs only once");
    }
    if (descent->misses == 0) {
        return gbx_finding_fail(finding, "the guard fails", "not one miss",
                                "nothing changed that the guard compares");
    }
    uint32_t allowed = gbx_descent_allowance(gbx_part_record(part, descent->settled));
    if (descent->attempt == GBX_NO_EVENT || descent->deopt == GBX_NO_EVENT) {
        gbx_finding_event(finding, part->look, descent->last, "the last miss");
        return gbx_finding_failf(finding, "enough misses, and the instruction asks again",
                                 "it runs too rarely", "%u misses where its counter allows %u",
                                 descent->misses, allowed);
    }
    if (descent->misses != allowed) {
        return gbx_finding_failf(finding, "as many misses as the counter allows", NULL,
                                 "%u misses where its counter allows %u", descent->misses, allowed);
    }
    if (descent->resettled == GBX_NO_EVENT) {
        gbx_finding_event(finding, part->look, descent->attempt, "it asks again");
        return gbx_finding_fail(finding, "it specializes again", "the new attempt failed",
                                "the family has no member for what it meets now");
    }
    return GBX_PASS;
}
