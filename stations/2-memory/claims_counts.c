/* Claim 2.3a: objects that are not counted at all.

   Experiment: immortal.py.  None and an ordinary object are handled alike, a thousand times each.  What the
   interpreter did for either is counted. */

#include "claims.h"
#include "../part.h"
#include "trace.h"

#include <string.h>

static GBX_EXPERIMENT(immortal, "experiments", "immortal", GBX_BIT(REF) | GBX_BIT(MARK));
static GBX_EXPERIMENT(not_nothing, "must-fail", "not_nothing", GBX_BIT(REF) | GBX_BIT(MARK));
static GBX_EXPERIMENT(two_nothings, "must-fail", "two_nothings", GBX_BIT(REF) | GBX_BIT(MARK));

/* Operations on the count of one watched object in a part. */
typedef struct {
    uint32_t changes, skips;
    size_t changed, skipped;     /* the first of each; GBX_NO_EVENT: none */
    uint32_t low, high;          /* its count: the least and the most that was seen */
} handling;

static bool
is_count(uint8_t event)
{
    return event == GBX_EV_REF_INC || event == GBX_EV_REF_DEC || event == GBX_EV_REF_SET
           || event == GBX_EV_REF_SKIP;
}

static handling
count_operations(const gbx_part *part, const char *name)
{
    handling seen = { 0, 0, GBX_NO_EVENT, GBX_NO_EVENT, UINT32_MAX, 0 };
    for (size_t at = part->begin; at < part->end; at++) {
        uint8_t event = gbx_part_event(part, at);
        const gbx_ref *ref = is_count(event) ? gbx_part_record(part, at) : NULL;
        if (ref == NULL || strcmp(gbx_part_watched(part, ref->watch), name) != 0) {
            continue;
        }
        if (event == GBX_EV_REF_SKIP) {
            seen.skipped = seen.skips++ == 0 ? at : seen.skipped;
        } else {
            seen.changed = seen.changes++ == 0 ? at : seen.changed;
        }
        seen.low = ref->local < seen.low ? ref->local : seen.low;
        seen.high = ref->local > seen.high ? ref->local : seen.high;
    }
    return seen;
}

static gbx_verdict
judge_handling(const gbx_look *look, gbx_finding *finding, const handling *something,
               const handling *nothing)
{
    if (nothing->changes != 0 || nothing->skips == 0) {
        if (nothing->changed != GBX_NO_EVENT) {
            gbx_finding_event(finding, look, nothing->changed, "its count changes");
        }
        return gbx_finding_failf(finding, "None's count is left alone", "the object is not immortal",
                                 "%u changes, %u left out", nothing->changes, nothing->skips);
    }
    if (something->changes == 0 || something->skips != 0) {
        return gbx_finding_failf(finding, "another object's count is kept", "that object is immortal, too",
                                 "%u changes, %u left out", something->changes, something->skips);
    }
    return GBX_PASS;
}

static gbx_verdict
check_immortal(const gbx_look *look, gbx_finding *finding)
{
    gbx_part ordinary, none;
    if (!gbx_part_find(look, finding, "something", "begin", &ordinary)
        || !gbx_part_find(look, finding, "nothing", "begin", &none)) {
        return GBX_INSUFFICIENT;
    }
    handling something = count_operations(&ordinary, "something");
    handling nothing = count_operations(&none, "nothing");
    gbx_verdict verdict = judge_handling(look, finding, &something, &nothing);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_event(finding, look, something.changed, "an ordinary object: the first of %u changes, its "
                      "count between %u and %u", something.changes, something.low, something.high);
    gbx_finding_refute(finding, look, nothing.skipped, "None: the first of %u times that its count is left "
                       "alone", nothing.skips);
    gbx_finding_number(finding, "changes of an ordinary object's count", something.changes, "");
    gbx_finding_number(finding, "changes of None's count", nothing.changes, "");
    gbx_finding_observe_number(finding, nothing.changes);
    return GBX_PASS;
}

const gbx_claim gbx_s2_immortal = {
    .id = "2.3a",
    .title = "None is not counted",
    .sentence = "An immortal object, such as None, is handled like any other, but its count never changes: "
                "each operation sees that, and leaves it alone.",
    .experiments = { &immortal },
    .check = check_immortal,
    .must_fail = {
        { &immortal, &not_nothing, "an ordinary object in place of None" },
        { &immortal, &two_nothings, "both are immortal" },
    },
    .readings = {
        { "Include/object.h#_Py_IsImmortal", "a number that no ordinary count reaches" },
        { "Objects/object.c#_Py_MergeZeroLocalRefcount", "the owner lets go: the two halves are added up" },
    },
    .prediction = {
        .question = "A list takes a thousand references to None and lets them go. How often does None's count "
                    "change?",
        .unit = "times",
        .too_high = "every reference is counted: not those to immortal objects",
    },
};
