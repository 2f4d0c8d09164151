/* Claim 2.3g: functions, code objects and modules, on the build without the GIL.

   Experiment: deferred.py.  Each is watched while its only name goes, and at the collection after that; and
   one function while the first thread starts. */

#include "claims.h"
#include "trace.h"

#include <string.h>

#define DEFERRED  (GBX_BIT(REF) | GBX_BIT(MARK))

static GBX_EXPERIMENT_ON(deferred, "experiments", "deferred", DEFERRED, GBX_ON_FT);
static GBX_EXPERIMENT_ON(ordinary, "must-fail", "ordinary", DEFERRED, GBX_ON_FT);
static GBX_EXPERIMENT_ON(no_collection, "must-fail", "no_collection", DEFERRED, GBX_ON_FT);
static GBX_EXPERIMENT_ON(no_thread, "must-fail", "no_thread", DEFERRED, GBX_ON_FT);

/* The last record of an object in a part. */
static size_t
last_of(const gbx_part *part, const char *name)
{
    size_t last = GBX_NO_EVENT;
    for (size_t at = part->begin; (at = gbx_s2_next_ref(part, at, name)) != GBX_NO_EVENT; at++) {
        last = at;
    }
    return last;
}

/* One of the kinds: it outlives its name, and dies in the collection. */
static gbx_verdict
judge_one(const gbx_part *del, const gbx_part *collect, gbx_finding *finding, const char *name)
{
    size_t left = last_of(del, name);
    size_t ended = gbx_s2_next_kind(collect, collect->begin, GBX_EV_REF_DEC, name);
    size_t dies = gbx_s2_next_kind(collect, collect->begin, GBX_EV_REF_DEALLOC, name);
    if (left == GBX_NO_EVENT) {
        return gbx_finding_insufficient(finding, "nothing happens to '%s' there", name);
    }
    if (gbx_trace_event(del->trace, left) != GBX_EV_REF_DEC) {
        gbx_finding_event(finding, del->look, left, "'%s' when its name goes", name);
        return gbx_finding_fail(finding, "it outlives its last name", "it dies", "it is counted like any other");
    }
    if (ended == GBX_NO_EVENT || dies == GBX_NO_EVENT
        || ((const gbx_ref *)gbx_part_record(collect, ended))->h.flags != GBX_REF_DEFER) {
        gbx_finding_event(finding, del->look, left, "'%s' when its name goes", name);
        return gbx_finding_fail(finding, "a collection ends it", "none does", "there is no collection");
    }
    const gbx_ref *dec = gbx_part_record(del, left);
    gbx_finding_event(finding, del->look, left, "the only name of '%s' goes: %u reference%s left, that nobody "
                      "holds", name, dec->local, dec->local == 1 ? " is" : "s are");
    gbx_finding_event(finding, del->look, ended, "a collection finds it unreachable and takes that one away");
    return GBX_PASS;
}

static gbx_verdict
judge_thread(const gbx_look *look, gbx_finding *finding)
{
    gbx_part none, first;
    uint32_t before = 0, after = 0;
    if (!gbx_part_find(look, finding, "threads", "none", &none)
        || !gbx_part_find(look, finding, "threads", "first", &first)) {
        return GBX_INSUFFICIENT;
    }
    for (size_t at = none.begin; (at = gbx_s2_next_ref(&none, at, "helper")) != GBX_NO_EVENT; at++) {
        before += gbx_trace_event(look->trace, at) != GBX_EV_REF_SKIP;
    }
    size_t made = gbx_s2_next_kind(&first, first.begin, GBX_EV_REF_SET, "helper");
    for (size_t at = first.begin; (at = gbx_s2_next_ref(&first, at, "helper")) != GBX_NO_EVENT; at++) {
        uint8_t event = gbx_trace_event(look->trace, at);
        after += event != GBX_EV_REF_SKIP && at != made;
    }
    if (made == GBX_NO_EVENT || after != 0) {
        return gbx_finding_failf(finding, "the first thread makes functions immortal", "no thread starts",
                                 "%u changes of the count of 'helper' after that", after);
    }
    gbx_finding_event(finding, look, made, "the first thread starts: 'helper' becomes immortal");
    gbx_finding_number(finding, "changes of a function's count before the first thread", before, "");
    gbx_finding_number(finding, "changes of it after that", after, "");
    return GBX_PASS;
}

static gbx_verdict
judge_ordinary(const gbx_part *del, gbx_finding *finding)
{
    size_t dies = gbx_s2_next_kind(del, del->begin, GBX_EV_REF_DEALLOC, "thing");
    if (dies == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "an ordinary object dies with its last name", "it lives", NULL);
    }
    gbx_finding_event(finding, del->look, dies, "an ordinary object: it dies with its name");
    return GBX_PASS;
}

static gbx_verdict
check_deferred(const gbx_look *look, gbx_finding *finding)
{
    gbx_part del, collect;
    if (!gbx_part_find(look, finding, "deferred", "del", &del)
        || !gbx_part_find(look, finding, "deferred", "collect", &collect)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_one(&del, &collect, finding, "function");
    if (verdict == GBX_PASS) {
        verdict = judge_ordinary(&del, finding);
    }
    if (verdict == GBX_PASS) {
        verdict = judge_thread(look, finding);
    }
    if (verdict == GBX_PASS) {
        verdict = judge_one(&del, &collect, finding, "code");
    }
    if (verdict == GBX_PASS) {
        verdict = judge_one(&del, &collect, finding, "module");
    }
    if (verdict == GBX_PASS) {
        gbx_finding_observe(finding, 1);
    }
    return verdict;
}

const gbx_claim gbx_s2_deferred = {
    .id = "2.3g",
    .title = "functions, code, modules",
    .sentence = "Functions, code objects and modules have one reference more than there are, which only a collection "
                "takes away; and when the first thread starts, those that live become immortal.",
    .experiments = { &deferred },
    .check = check_deferred,
    .must_fail = {
        { &deferred, &ordinary, "an ordinary object in place of the function" },
        { &deferred, &no_collection, "nobody asks for a collection" },
        { &deferred, &no_thread, "no thread starts" },
    },
    .readings = {
        { "Objects/object.c#_PyObject_SetDeferredRefcount", "one more, at birth" },
        { "Python/gc_free_threading.c#disable_deferred_refcounting", "and one less, in a collection" },
        { "Python/gc_free_threading.c#_PyGC_ImmortalizeDeferredObjects", "before the first thread" },
    },
    .prediction = {
        .question = "Without the GIL, the only name of a function goes. When does the function die?",
        .choices = {
            { "with the name", "the last reference always frees at once",
              "there is one more, which nobody holds" },
            { "at a collection", NULL, NULL },
            { "never", "functions are immortal", "that they are from the first thread on" },
        },
    },
};
