/* Lab 1: what did the error keep alive, and for how long? */

#include "sites.h"

#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------------- the error */

const char *const gbx_sites_locals[GBX_SITES_STEPS] = { "order", "stock", "card" };
const char *const gbx_sites_functions[GBX_SITES_STEPS] = { "accept", "reserve", "charge" };

/* The death of what the harness watches under this name, in the part. */
static size_t
death(const gbx_part *part, const char *name)
{
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_REF_DEALLOC, 0)) != GBX_NO_EVENT; at++) {
        if (strcmp(gbx_part_watched(part, ((const gbx_ref *)gbx_part_record(part, at))->watch), name) == 0) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

/* attempt() returned the error: the harness began to watch it before it let go of it. */
static bool
error_returned(const gbx_lab_look *look, gbx_finding *finding, const gbx_part *attempt, const gbx_part *dropped)
{
    gbx_part between = gbx_part_cut(attempt, attempt->end, dropped->begin);
    for (size_t at = between.begin; (at = gbx_part_next(&between, at, GBX_EV_WATCH, 0)) != GBX_NO_EVENT; at++) {
        const gbx_watch *record = gbx_part_record(&between, at);
        const gbx_type_info *type = gbx_trace_type(look->look->trace, between.process, record->type);
        if (strcmp(gbx_part_string(&between, record->name), "error") != 0) {
            continue;
        }
        if (type != NULL && strcmp(type->name, "ValueError") == 0) {
            return true;
        }
        gbx_finding_fail(finding, "attempt() returns the ValueError that charge() raised", type == NULL ? "?" : type->name,
                         "it is another error");
        return false;
    }
    gbx_finding_fail(finding, "attempt() returns the error that the steps raised", "it returned something else",
                     "attempt() has to return the exception itself");
    return false;
}

/* How many locals live on where nobody does anything about it: the answer to the prediction. */
static void
observe_given(const gbx_lab_look *look, gbx_finding *finding)
{
    gbx_part given;
    unsigned alive = 0;
    if (!gbx_sites_part(look, finding, "given", &given)) {
        return;
    }
    size_t object = gbx_part_next(&given, given.begin, GBX_EV_FRAME_OWN, 0);
    for (size_t i = 0; i < GBX_SITES_STEPS; i++) {
        char name[32];
        snprintf(name, sizeof(name), "given %s", gbx_sites_locals[i]);
        alive += death(&given, name) == GBX_NO_EVENT;
    }
    if (object != GBX_NO_EVENT) {
        gbx_finding_refute(finding, look->look, object, "as it was given: a frame outlives its call");
        gbx_finding_number(finding, "locals that live on, as it was given", alive, "");
        gbx_finding_observe(finding, alive == 0 ? 0 : alive == 1 ? 1 : 2);
    }
}

gbx_verdict
gbx_sites_unpinned(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part attempt, dropped;
    const char *secret = gbx_sites_text(look->variant, "secret");
    char expected[96], actual[96];
    (void)share;
    if (!gbx_sites_part(look, finding, "attempt", &attempt) || !gbx_sites_part(look, finding, "dropped", &dropped)) {
        return GBX_INSUFFICIENT;
    }
    observe_given(look, finding);
    if (!error_returned(look, finding, &attempt, &dropped)) {
        return GBX_FAIL;
    }
    size_t end = death(&attempt, secret);
    if (end == GBX_NO_EVENT) {
        snprintf(expected, sizeof(expected), "'%s' dies before attempt() returns", secret);
        snprintf(actual, sizeof(actual), "'%s' is alive, and the error in somebody's log", secret);
        return gbx_finding_fail(finding, expected, actual, "the error's traceback holds the frame, and the frame its locals");
    }
    gbx_finding_event(finding, look->look, end, "the last reference goes, and '%s' with it", secret);
    return GBX_PASS;
}

/* The frame object of this function took its frame over in the part and has not been freed in it. */
static bool
frame_kept(const gbx_lab_look *look, const gbx_part *part, const char *function, size_t *own)
{
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_FRAME_OWN, 0)) != GBX_NO_EVENT; at++) {
        const gbx_frame_own *record = gbx_part_record(part, at);
        if (!gbx_sites_is(look, part->process, record->code, function)) {
            continue;
        }
        uint32_t object = record->object;
        size_t free_at = at;
        while ((free_at = gbx_part_next(part, free_at, GBX_EV_FRAME_OBJECT_FREE, 0)) != GBX_NO_EVENT
               && ((const gbx_frame_object_free *)gbx_part_record(part, free_at))->object != object) {
            free_at++;
        }
        if (free_at == GBX_NO_EVENT) {
            *own = at;
            return true;
        }
    }
    return false;
}

/* Counts what is kept of three frames and two locals, and names the first that is not. */
static unsigned
count_kept(const gbx_lab_look *look, gbx_finding *finding, const gbx_part *attempt, char *missing, size_t size)
{
    const char *secret = gbx_sites_text(look->variant, "secret");
    unsigned kept = 0;
    missing[0] = '\0';
    for (size_t i = 0; i < GBX_SITES_STEPS; i++) {
        size_t own = GBX_NO_EVENT;
        if (frame_kept(look, attempt, gbx_sites_functions[i], &own)) {
            kept++;
            gbx_finding_event(finding, look->look, own, "%s() has failed, and its frame is kept", gbx_sites_functions[i]);
        } else if (missing[0] == '\0') {
            snprintf(missing, size, "the frame of %s() is gone", gbx_sites_functions[i]);
        }
    }
    for (size_t i = 0; i < GBX_SITES_STEPS; i++) {
        if (strcmp(gbx_sites_locals[i], secret) == 0) {
            continue;
        }
        size_t end = death(attempt, gbx_sites_locals[i]);
        if (end == GBX_NO_EVENT) {
            kept++;
        } else {
            gbx_finding_event(finding, look->look, end, "'%s' dies", gbx_sites_locals[i]);
            if (missing[0] == '\0') {
                snprintf(missing, size, "'%s' is gone, too", gbx_sites_locals[i]);
            }
        }
    }
    return kept;
}

gbx_verdict
gbx_sites_others(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part attempt, dropped;
    char missing[96];
    if (!gbx_sites_part(look, finding, "attempt", &attempt) || !gbx_sites_part(look, finding, "dropped", &dropped)) {
        return GBX_INSUFFICIENT;
    }
    if (!error_returned(look, finding, &attempt, &dropped)) {
        return GBX_FAIL;
    }
    unsigned kept = count_kept(look, finding, &attempt, missing, sizeof(missing));
    *share = kept / 5.0;
    return kept == 5 ? GBX_PASS
                     : gbx_finding_fail(finding, "when attempt() returns, the frames of all three steps and two locals are kept",
                                        missing, "the traceback was cut, or more was cleared than one frame");
}

gbx_verdict
gbx_sites_counted(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part dropped;
    const char *secret = gbx_sites_text(look->variant, "secret");
    (void)share;
    if (!gbx_sites_part(look, finding, "dropped", &dropped)) {
        return GBX_INSUFFICIENT;
    }
    size_t collection = gbx_part_next(&dropped, dropped.begin, GBX_EV_GC_START, 0);
    if (collection != GBX_NO_EVENT) {
        gbx_finding_event(finding, look->look, collection, "somebody starts a collection");
        return gbx_finding_fail(finding, "no collection", "there is one", NULL);
    }
    for (size_t i = 0; i < GBX_SITES_STEPS; i++) {
        size_t end = death(&dropped, gbx_sites_locals[i]);
        if (strcmp(gbx_sites_locals[i], secret) == 0) {
            continue;
        }
        if (end == GBX_NO_EVENT) {
            char actual[64];
            snprintf(actual, sizeof(actual), "'%s' is still there", gbx_sites_locals[i]);
            return gbx_finding_fail(finding, "the error goes, and what its frames held goes with it", actual,
                                    "a frame holds the error: error, traceback, frame, error is a circle");
        }
        gbx_finding_event(finding, look->look, end, "'%s' goes with the error", gbx_sites_locals[i]);
    }
    return GBX_PASS;
}
