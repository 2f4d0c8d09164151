/* Claims 1.3d, e and f: the frame object, who asks for it, and what it keeps alive.

   Experiment: frames.py.  The frame object is a Python object; the frame is not.  The events name
   both, and so do these checks. */

#include "claims.h"
#include "../part.h"

#include <string.h>

static GBX_EXPERIMENT(locals_asks, "must-fail", "locals_asks", OBJECTS);
static GBX_EXPERIMENT(dropped_at_once, "must-fail", "dropped_at_once", OBJECTS);
static GBX_EXPERIMENT(nobody_asks, "must-fail", "nobody_asks", OBJECTS);
static GBX_EXPERIMENT(held_twice, "must-fail", "held_twice", OBJECTS);
static GBX_EXPERIMENT(traceback_kept, "must-fail", "traceback_kept", OBJECTS);
static GBX_EXPERIMENT(forgotten_exception, "must-fail", "forgotten_exception", OBJECTS);

/* ------------------------------------------------------ 1.3d: who asks for it */

/* Evidence: who asked for the frame object of a function that failed. */
static void
tell_traceback(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    uint32_t code;
    if (gbx_part_find(look, finding, "traceback", "begin", &part)
        && gbx_part_find_code(&part, finding, "fails", &code)) {
        size_t made = gbx_part_next(&part, part.begin, GBX_EV_FRAME_OBJECT_NEW, code);
        const char *caller = made == GBX_NO_EVENT ? NULL : gbx_part_caller(&part, made);
        if (caller != NULL) {
            gbx_finding_event(finding, look, made, "for a traceback, by %s", caller);
        }
    }
}

static gbx_verdict
judge_quiet(const gbx_part *part, gbx_finding *finding)
{
    uint32_t calls = gbx_part_count(part, GBX_EV_FRAME_PUSH, 0);
    size_t made = gbx_part_next(part, part->begin, GBX_EV_FRAME_OBJECT_NEW, 0);
    if (made != GBX_NO_EVENT) {
        const char *caller = gbx_part_caller(part, made);
        gbx_finding_event(finding, part->look, made, "made by %s", caller == NULL ? "?" : caller);
        return gbx_finding_failf(finding, "calls without a frame object", "somebody asks for it",
                                 "one is made, by %s", caller == NULL ? "?" : caller);
    }
    if (calls == 0) {
        return gbx_finding_insufficient(finding, "the program makes no call of which nobody asks");
    }
    gbx_finding_fact(finding, "%u calls of which nobody asks: no frame object", calls);
    return GBX_PASS;
}

static gbx_verdict
check_frame_object(const gbx_look *look, gbx_finding *finding)
{
    gbx_part quiet, asks;
    uint32_t code;
    if (!gbx_part_find(look, finding, "nobody asks", "begin", &quiet)
        || !gbx_part_find(look, finding, "asks", "begin", &asks)
        || !gbx_part_find_code(&asks, finding, "asks", &code)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_quiet(&quiet, finding);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    size_t asked = gbx_part_next(&asks, asks.begin, GBX_EV_FRAME_OBJECT_NEW, code);
    if (asked == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "sys._getframe() makes a frame object", "none is made",
                                "nobody calls it");
    }
    const char *caller = gbx_part_caller(&asks, asked);
    if (caller == NULL) {
        return gbx_finding_insufficient(finding, "the interpreter does not say which C function asked");
    }
    gbx_finding_event(finding, look, asked, "made when asked for, by %s", caller);
    if (strstr(caller, "_getframe") == NULL) {
        return gbx_finding_fail(finding, "made by sys._getframe()", caller, NULL);
    }
    tell_traceback(look, finding);
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s1_frame_object = {
    .id = "1.3d",
    .title = "a frame object only for those who ask",
    .sentence = "A call has no frame object until somebody asks for one, such as sys._getframe() or "
                "a traceback.",
    .experiments = { &gbx_s1_frames },
    .check = check_frame_object,
    .must_fail = {
        { &gbx_s1_frames, &locals_asks, "locals() asks for one" },
        { &gbx_s1_frames, &nobody_asks, "nobody calls sys._getframe()" },
    },
    .readings = {
        { "Python/frame.c#_PyFrame_MakeAndSetFrameObject", "made late, and linked to the frame" },
        { "Python/sysmodule.c#sys__getframe_impl", "somebody who asks" },
        { "Python/ceval.c#_PyEval_EvalFrameDefault", "label error: asks on behalf of the traceback" },
    },
    .prediction = {
        .question = "When is the frame object of a call made?",
        .choices = {
            { "with every call", "a frame is an object", "most calls never have one" },
            { "when the call returns", "frames are snapshots",
              "only if somebody asked before is anything kept" },
            { "when somebody asks for it", NULL, NULL },
        },
    },
};

/* ------------------------------------------------------- 1.3e: taken over */

static size_t
object_freed(const gbx_part *part, uint32_t object)
{
    size_t at = part->begin;
    while ((at = gbx_part_next(part, at, GBX_EV_FRAME_OBJECT_FREE, 0)) != GBX_NO_EVENT) {
        const gbx_frame_object_free *record = gbx_part_record(part, at);
        if (record->object == object) {
            return at;
        }
        at++;
    }
    return GBX_NO_EVENT;
}

/* Frames and their objects are told by bits 3 to 34 of an address: differences are words of eight
   bytes.  No frame object that takes over one of these small frames is as large as this. */
#define MAX_OBJECT_WORDS  64

/* The object that was made takes the frame over: its contents move from the data stack into it. */
static gbx_verdict
judge_taken_over(const gbx_part *call, gbx_finding *finding, size_t made, size_t own)
{
    const gbx_frame_object_new *object = gbx_part_record(call, made);
    const gbx_frame_own *owned = gbx_part_record(call, own);
    if (owned->object != object->object || own < made) {
        return gbx_finding_fail(finding, "the object that was made takes the frame over",
                                "another one does", NULL);
    }
    uint32_t words = owned->frame - owned->object;
    if (owned->frame == object->frame || words >= MAX_OBJECT_WORDS) {
        return gbx_finding_fail(finding, "the frame is inside the frame object now",
                                owned->frame == object->frame ? "it has not moved" : "it is elsewhere",
                                NULL);
    }
    gbx_finding_refute(finding, call->look, own, "the call returns: the frame moves from the data stack "
                       "into its object, %u bytes from the start", words * 8);
    return GBX_PASS;
}

static gbx_verdict
check_ownership(const gbx_look *look, gbx_finding *finding)
{
    gbx_part call, later;
    uint32_t code;
    if (!gbx_part_find(look, finding, "keeps", "begin", &call)
        || !gbx_part_find(look, finding, "keeps", "returned", &later)
        || !gbx_part_find_code(&call, finding, "keeps", &code)) {
        return GBX_INSUFFICIENT;
    }
    size_t made = gbx_part_next(&call, call.begin, GBX_EV_FRAME_OBJECT_NEW, code);
    size_t own = gbx_part_next(&call, call.begin, GBX_EV_FRAME_OWN, code);
    if (made == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "a frame object is made", "none", "nobody asks for it");
    }
    gbx_finding_event(finding, look, made, "the frame object, made while the call lasts");
    if (own == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the frame object takes the frame over when the call returns",
                                "it does not", "nobody holds it when the call returns");
    }
    gbx_verdict verdict = judge_taken_over(&call, finding, made, own);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    size_t back = gbx_part_next(&call, own, GBX_EV_FRAME_OBJECT_NEW, 0);
    if (back != GBX_NO_EVENT) {
        const gbx_frame_object_new *below = gbx_part_record(&call, back);
        gbx_finding_event(finding, look, back, "and %s gets a frame object, to be its f_back",
                          gbx_part_code_name(&call, below->code));
    }
    const gbx_frame_object_new *object = gbx_part_record(&call, made);
    size_t freed = object_freed(&later, object->object);
    if (freed == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "it goes with the last reference", "it is still there",
                                "something else holds it");
    }
    gbx_finding_event(finding, look, freed, "the last reference goes, and the object with it");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s1_ownership = {
    .id = "1.3e",
    .title = "a frame that outlives its call",
    .sentence = "If the frame object is still held when the call returns, it takes the frame's contents "
                "over; they go with its last reference.",
    .experiments = { &gbx_s1_frames },
    .check = check_ownership,
    .must_fail = {
        { &gbx_s1_frames, &dropped_at_once, "nobody holds the frame object at the return" },
        { &gbx_s1_frames, &held_twice, "a second reference is left" },
    },
    .readings = { { "Python/frame.c#take_ownership", "a copy, and a chain of f_back" } },
    .prediction = {
        .question = "A function returns sys._getframe(), and the caller keeps it. What becomes of the "
                    "frame on the data stack?",
        .choices = {
            { "it stays there until the frame object goes", "the stack is pinned",
              "the place is free for the next call" },
            { "its contents move into the frame object", NULL, NULL },
            { "it is gone: the frame object is empty", "a returned frame is dead",
              "its locals are still there, and still alive" },
        },
    },
};

/* ------------------------------------------------------- 1.3f: tracebacks */

/* The death of the watched object of this name, from `at` on. */
static size_t
death(const gbx_part *part, const char *name)
{
    size_t at = part->begin;
    while ((at = gbx_part_next(part, at, GBX_EV_REF_DEALLOC, 0)) != GBX_NO_EVENT) {
        const gbx_ref *dealloc = gbx_part_record(part, at);
        if (strcmp(gbx_part_watched(part, dealloc->watch), name) == 0) {
            return at;
        }
        at++;
    }
    return GBX_NO_EVENT;
}

static gbx_verdict
check_traceback(const gbx_look *look, gbx_finding *finding)
{
    gbx_part call, handled, cleared;
    uint32_t code;
    if (!gbx_part_find(look, finding, "traceback", "begin", &call)
        || !gbx_part_find(look, finding, "traceback", "handled", &handled)
        || !gbx_part_find(look, finding, "traceback", "cleared", &cleared)
        || !gbx_part_find_code(&call, finding, "fails", &code)) {
        return GBX_INSUFFICIENT;
    }
    size_t watched = gbx_part_next(&call, call.begin, GBX_EV_WATCH, 0);
    size_t made = gbx_part_next(&call, call.begin, GBX_EV_FRAME_OBJECT_NEW, code);
    size_t unwound = gbx_part_next(&call, call.begin, GBX_EV_FRAME_POP, code);
    size_t own = gbx_part_next(&call, call.begin, GBX_EV_FRAME_OWN, code);
    size_t early = death(&call, "cargo"), dies = death(&handled, "cargo");
    if (watched == GBX_NO_EVENT || unwound == GBX_NO_EVENT) {
        return gbx_finding_insufficient(finding, "the program watches no 'cargo' in a call that fails");
    }
    if (early != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, early, "the local dies here");
        return gbx_finding_fail(finding, "the local outlives its call",
                                "it dies before the exception is let go",
                                "nobody keeps the exception");
    }
    if (made == GBX_NO_EVENT || own == GBX_NO_EVENT || dies == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the frame is taken over, and the local dies with the traceback",
                                dies == GBX_NO_EVENT ? "the local is still alive"
                                : "it is not taken over", "something else holds the traceback");
    }
    gbx_finding_event(finding, look, made, "raise: the traceback asks for the frame object");
    gbx_finding_event(finding, look, own, "the call ends: the object takes the frame over, with its locals");
    gbx_finding_refute(finding, look, dies, "error.__traceback__ = None: only now the local dies");
    size_t error = death(&cleared, "error");
    if (error == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the exception itself dies later", "not where it is deleted",
                                NULL);
    }
    gbx_finding_event(finding, look, error, "del error: the exception itself goes later");
    gbx_finding_event(finding, look, watched, "the local, when it was made");
    gbx_finding_event(finding, look, unwound, "the exception leaves the call");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s1_traceback = {
    .id = "1.3f",
    .title = "a traceback pins frames and locals",
    .sentence = "A local of a function that has failed lives as long as the exception's traceback: it "
                "dies when the traceback goes, not before, even if the exception itself is still kept.",
    .experiments = { &gbx_s1_frames },
    .check = check_traceback,
    .must_fail = {
        { &gbx_s1_frames, &forgotten_exception, "nobody keeps the exception" },
        { &gbx_s1_frames, &traceback_kept, "somebody else holds the traceback" },
    },
    .readings = {
        { "Python/traceback.c#PyTraceBack_Here", "one entry for each frame that is left" },
        { "Python/ceval.c#_PyEval_EvalFrameDefault", "the label `error`: it asks for the frame object" },
    },
    .prediction = {
        .question = "A function with a large local fails. Its caller keeps the exception, later sets its "
                    "__traceback__ to None, and later still deletes it. When does the local die?",
        .choices = {
            { "when the exception leaves the function", "unwinding frees the locals",
              "the traceback holds the frame object, which holds them" },
            { "when the except block ends", "except cleans up", "it deletes its own name, not yours" },
            { "when the traceback goes", NULL, NULL },
            { "when the exception goes", "the exception holds the locals",
              "only by way of its traceback" },
            { "at the next garbage collection", "only the collector frees",
              "there is no cycle here: the last reference is enough" },
        },
    },
};
