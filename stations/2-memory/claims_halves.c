/* Claims 2.3c to f: the two halves of a count, on the build without the GIL.

   Experiment: halves.py.  The thread that makes an object owns it.  Each record says which half an operation
   changed, what is in both after it, and which thread did it; the parts are the main thread's, the records
   in them any thread's. */

#include "claims.h"
#include "trace.h"

#include <string.h>

#define HALVES  (GBX_BIT(REF) | GBX_BIT(MARK))

static GBX_EXPERIMENT_ON(halves, "experiments", "halves", HALVES, GBX_ON_FT);
static GBX_EXPERIMENT_ON(by_the_owner, "must-fail", "by_the_owner", HALVES, GBX_ON_FT);
static GBX_EXPERIMENT_ON(made_elsewhere, "must-fail", "made_elsewhere", HALVES, GBX_ON_FT);
static GBX_EXPERIMENT_ON(owner_empties, "must-fail", "owner_empties", HALVES, GBX_ON_FT);
static GBX_EXPERIMENT_ON(taken_before, "must-fail", "taken_before", HALVES, GBX_ON_FT);
static GBX_EXPERIMENT_ON(nobody_else, "must-fail", "nobody_else", HALVES, GBX_ON_FT);
static GBX_EXPERIMENT_ON(owner_keeps, "must-fail", "owner_keeps", HALVES, GBX_ON_FT);
static GBX_EXPERIMENT_ON(owner_waits, "must-fail", "owner_waits", HALVES, GBX_ON_FT);

#define FLAG_BITS  2       /* of the shared half: below the count */

/* ----------------------------------------------------------------- reading records */

bool
gbx_s2_is_free_threaded(const gbx_look *look)
{
    return (gbx_trace_process(look->trace, 0)->header->build & GBX_BUILD_FREE_THREADED) != 0;
}

size_t
gbx_s2_next_ref(const gbx_part *part, size_t at, const char *name)
{
    for (; at < part->end; at++) {
        uint8_t event = gbx_trace_event(part->trace, at);
        if (gbx_event_class(event) != GBX_CLASS_REF || event == GBX_EV_REF_CHURN
            || gbx_trace_where(part->trace, at).process != part->process) {
            continue;
        }
        const gbx_ref *ref = gbx_part_record(part, at);
        if (strcmp(gbx_part_watched(part, ref->watch), name) == 0) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

size_t
gbx_s2_next_kind(const gbx_part *part, size_t at, uint8_t event, const char *name)
{
    while ((at = gbx_s2_next_ref(part, at, name)) != GBX_NO_EVENT
           && gbx_trace_event(part->trace, at) != event) {
        at++;
    }
    return at;
}

static bool
is_own(const gbx_part *part, size_t at)
{
    return gbx_trace_where(part->trace, at).stream == part->stream;
}

static uint64_t
time_of(const gbx_part *part, size_t at)
{
    return gbx_trace_where(part->trace, at).t_ns;
}

/* Operations of some threads on one object, by the half that they changed. */
typedef struct {
    uint32_t local, shared;
    size_t first_local, first_shared;    /* GBX_NO_EVENT: none */
    uint32_t least_local, most_local;    /* what was in the owner's half */
    int64_t most_shared;
} operations;

static void
note(const gbx_part *part, size_t at, operations *seen)
{
    const gbx_ref *ref = gbx_part_record(part, at);
    int64_t shared = ref->shared >> FLAG_BITS;
    if (ref->h.flags == GBX_REF_LOCAL) {
        seen->first_local = seen->local++ == 0 ? at : seen->first_local;
    } else {
        seen->first_shared = seen->shared++ == 0 ? at : seen->first_shared;
    }
    seen->least_local = ref->local < seen->least_local ? ref->local : seen->least_local;
    seen->most_local = ref->local > seen->most_local ? ref->local : seen->most_local;
    seen->most_shared = shared > seen->most_shared ? shared : seen->most_shared;
}

/* Increments and decrements in a part: of the thread that marked it, or of all others. */
static operations
count_operations(const gbx_part *part, const char *name, bool own)
{
    operations seen = { 0, 0, GBX_NO_EVENT, GBX_NO_EVENT, UINT32_MAX, 0, 0 };
    for (size_t at = part->begin; (at = gbx_s2_next_ref(part, at, name)) != GBX_NO_EVENT; at++) {
        uint8_t event = gbx_trace_event(part->trace, at);
        if ((event == GBX_EV_REF_INC || event == GBX_EV_REF_DEC) && is_own(part, at) == own) {
            note(part, at, &seen);
        }
    }
    return seen;
}

/* ------------------------------------------------ 2.3c: whose references go where */

static gbx_verdict
judge_halves(const gbx_look *look, gbx_finding *finding, const operations *owner, const operations *other)
{
    if (owner->shared != 0) {
        gbx_finding_event(finding, look, owner->first_shared, "the first thread changes the shared half");
        return gbx_finding_failf(finding, "the owner changes its own half alone",
                                 "another thread made the object",
                                 "%u of its operations changed the shared half", owner->shared);
    }
    if (other->local != 0 || other->shared == 0 || owner->local == 0) {
        return gbx_finding_failf(finding, "another thread changes the shared half, and it alone",
                                 "no other thread uses the object",
                                 "%u operations of other threads on the shared half, %u on the owner's",
                                 other->shared, other->local);
    }
    if (other->least_local != other->most_local) {
        return gbx_finding_failf(finding, "the owner's half stands still meanwhile", NULL, "it is %u to %u",
                                 other->least_local, other->most_local);
    }
    return GBX_PASS;
}

static gbx_verdict
check_halves(const gbx_look *look, gbx_finding *finding)
{
    gbx_part first, second;
    if (!gbx_part_find(look, finding, "halves", "owner", &first)
        || !gbx_part_find(look, finding, "halves", "other", &second)) {
        return GBX_INSUFFICIENT;
    }
    operations owner = count_operations(&first, "shared", true);
    operations other = count_operations(&second, "shared", false);
    gbx_verdict verdict = judge_halves(look, finding, &owner, &other);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_event(finding, look, owner.first_local, "the owner's first of %u operations: its half goes up "
                      "to %u", owner.local, owner.most_local);
    gbx_finding_refute(finding, look, other.first_shared, "another thread's first of %u: the shared half goes "
                       "up to %lld, and the owner's stays %u", other.shared, (long long)other.most_shared,
                       other.least_local);
    gbx_finding_number(finding, "operations of the owner on its half", owner.local, "");
    gbx_finding_number(finding, "operations of another thread on the shared half", other.shared, "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s2_halves = {
    .id = "2.3c",
    .title = "whose references go where",
    .sentence = "The thread that made an object changes its own half of the count, with ordinary additions; "
                "every other thread changes the shared half, with atomic ones.",
    .experiments = { &halves },
    .check = check_halves,
    .must_fail = {
        { &halves, &by_the_owner, "no other thread takes a reference" },
        { &halves, &made_elsewhere, "another thread made the object" },
    },
    .readings = {
        { "Include/object.h#Py_INCREF", "the branch of the build without the GIL: is it mine?" },
        { "Include/object.h#_Py_IsOwnedByCurrentThread", "one comparison decides" },
    },
    .prediction = {
        .question = "Without the GIL, two threads take references to one object. Whose additions are atomic?",
        .choices = {
            { "those of both", "every count is atomic",
              "most objects are used by one thread alone, and that one pays nothing" },
            { "those of the thread that did not make the object", NULL, NULL },
            { "nobody's: a lock in the object is taken first", "a lock for every count",
              "the lock in the header guards what the object contains, and not its count" },
        },
    },
};

/* ------------------------------------------------------- 2.3d: queued for the owner */

static gbx_verdict
judge_merged(const gbx_part *part, gbx_finding *finding, size_t queued, size_t merged, size_t dies)
{
    if (is_own(part, queued)) {
        gbx_finding_event(finding, part->look, queued, "it is queued by the thread that made it");
        return gbx_finding_fail(finding, "another thread queues it", "its owner does", NULL);
    }
    if (merged == GBX_NO_EVENT || !is_own(part, merged)
        || ((const gbx_ref *)gbx_part_record(part, merged))->h.flags != GBX_REF_QUEUED) {
        gbx_finding_event(finding, part->look, queued, "it is queued here");
        return gbx_finding_fail(finding, "the owner empties its queue and merges the halves",
                                merged == GBX_NO_EVENT ? "nobody does" : "somebody else does", NULL);
    }
    if (dies == GBX_NO_EVENT || dies < merged || !is_own(part, dies)) {
        return gbx_finding_fail(finding, "then the object dies, in its owner's thread", "it does not", NULL);
    }
    return GBX_PASS;
}

static gbx_verdict
check_queue(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find(look, finding, "queue", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    size_t queued = gbx_s2_next_kind(&part, part.begin, GBX_EV_REF_QUEUE, "boxed");
    size_t dies = gbx_s2_next_kind(&part, part.begin, GBX_EV_REF_DEALLOC, "boxed");
    if (queued == GBX_NO_EVENT) {
        size_t last = dies != GBX_NO_EVENT ? dies : gbx_s2_next_ref(&part, part.begin, "boxed");
        if (last != GBX_NO_EVENT) {
            gbx_finding_event(finding, look, last, "what happens instead");
        }
        return gbx_finding_fail(finding, "a decrement is left to the owner", "none is",
                                "the owner let go itself, or the shared half was above zero");
    }
    size_t merged = gbx_s2_next_kind(&part, queued, GBX_EV_REF_MERGE, "boxed");
    gbx_verdict verdict = judge_merged(&part, finding, queued, merged, dies);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_event(finding, look, queued, "the only reference goes in another thread: no half changes, the "
                      "object is queued");
    gbx_finding_event(finding, look, merged, "its owner is awake again and does the decrement");
    gbx_finding_refute(finding, look, dies, "so it dies in the thread that made it");
    gbx_finding_number(finding, "time that it waited for its owner",
                       (double)(time_of(&part, merged) - time_of(&part, queued)) / 1e6, "ms");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s2_queue = {
    .id = "2.3d",
    .title = "what only the owner may decide",
    .sentence = "When another thread's decrement would take the shared half below zero, it is queued; the owner "
                "merges the halves when it next looks, and until then the object stays.",
    .experiments = { &halves },
    .check = check_queue,
    .must_fail = {
        { &halves, &owner_empties, "the owner takes the reference away itself" },
        { &halves, &taken_before, "the other thread has taken a reference of its own before" },
    },
    .readings = {
        { "Objects/object.c#_Py_DecRefSharedIsDead", "below zero: queued" },
        { "Python/brc.c#_Py_brc_queue_object", "the queue is the owner's" },
        { "Python/brc.c#_Py_brc_merge_refcounts", "the owner empties it, between two instructions" },
    },
    .prediction = {
        .question = "Without the GIL, another thread takes an object's only reference away, while the thread that "
                    "made it sleeps. When does it die?",
        .choices = {
            { "at once, in that other thread", "the last reference always frees at once",
              "the other thread cannot see that it was the last: the owner's half may still grow" },
            { "when the thread that made it is awake again", NULL, NULL },
            { "at the next collection", "only the collector frees without the GIL",
              "counting still does it, a little later" },
        },
    },
};

/* ------------------------------------------------------------ 2.3e: merge at zero */

static gbx_verdict
judge_zero(const gbx_part *part, gbx_finding *finding, size_t merged, size_t dies)
{
    if (merged == GBX_NO_EVENT || dies != GBX_NO_EVENT) {
        size_t instead = dies != GBX_NO_EVENT ? dies : gbx_s2_next_ref(part, part->begin, "passed on");
        if (instead != GBX_NO_EVENT) {
            gbx_finding_event(finding, part->look, instead, "what happens instead");
        }
        return gbx_finding_fail(finding, "the owner's half falls to zero, the halves are merged, and it lives",
                                dies != GBX_NO_EVENT ? "it dies" : "they are not merged",
                                dies != GBX_NO_EVENT ? "nobody else holds it" : "the owner has another name for it");
    }
    const gbx_ref *merge = gbx_part_record(part, merged);
    if (merge->h.flags != GBX_REF_ZERO || merge->local != 0 || merge->shared >> FLAG_BITS < 1) {
        gbx_finding_event(finding, part->look, merged, "how they are merged");
        return gbx_finding_fail(finding, "what others hold is what is left", "it is not", NULL);
    }
    return GBX_PASS;
}

static gbx_verdict
check_zero(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part, after;
    if (!gbx_part_find(look, finding, "zero", "del", &part)
        || !gbx_part_find(look, finding, "zero", "clear", &after)) {
        return GBX_INSUFFICIENT;
    }
    size_t merged = gbx_s2_next_kind(&part, part.begin, GBX_EV_REF_MERGE, "passed on");
    size_t dies = gbx_s2_next_kind(&part, part.begin, GBX_EV_REF_DEALLOC, "passed on");
    gbx_verdict verdict = judge_zero(&part, finding, merged, dies);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    operations later = count_operations(&after, "passed on", true);
    dies = gbx_s2_next_kind(&after, after.begin, GBX_EV_REF_DEALLOC, "passed on");
    if (later.local != 0 || later.shared == 0 || dies == GBX_NO_EVENT) {
        return gbx_finding_failf(finding, "after that the former owner, too, changes the shared half, and the last "
                                 "reference frees at once", NULL, "%u operations on its own half, %u on the shared "
                                 "one%s", later.local, later.shared, dies == GBX_NO_EVENT ? "; it lives" : "");
    }
    const gbx_ref *merge = gbx_part_record(&part, merged);
    gbx_finding_refute(finding, look, merged, "the owner's half is zero: merged, and %lld left in the shared one",
                       (long long)(merge->shared >> FLAG_BITS));
    gbx_finding_event(finding, look, later.first_shared, "the thread that made it lets go, as anybody would: "
                      "in the shared half");
    gbx_finding_event(finding, look, dies, "and there is no queue any more: it dies at once");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s2_zero = {
    .id = "2.3e",
    .title = "an owner that lets go",
    .sentence = "When the owner's half falls to zero while others hold the object, the halves are merged: it has "
                "no owner any more, and whoever takes the last reference away frees it at once.",
    .experiments = { &halves },
    .check = check_zero,
    .must_fail = {
        { &halves, &nobody_else, "no other thread keeps a reference" },
        { &halves, &owner_keeps, "the owner has a second name for it" },
    },
    .readings = {
        { "Objects/object.c#_Py_MergeZeroLocalRefcount", "the owner lets go: zero, or merged" },
    },
    .prediction = {
        .question = "The thread that made an object drops its last reference to it; a list filled by another "
                    "thread still holds it. What becomes of the object?",
        .choices = {
            { "it keeps its owner, whose half is zero", "once the owner, always the owner",
              "a merged object has no owner: its thread field is zero" },
            { "the other thread becomes its owner", "somebody has to own it",
              "from then on all threads use the shared half" },
            { "it has no owner any more", NULL, NULL },
        },
    },
};

/* --------------------------------------------------------- 2.3f: the owner is gone */

static bool
same_instruction(const gbx_part *part, size_t one, size_t other)
{
    const gbx_ref *first = gbx_part_record(part, one), *second = gbx_part_record(part, other);
    return first->code == second->code && first->h.arg == second->h.arg && is_own(part, one)
        && is_own(part, other);
}

static gbx_verdict
check_gone(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find(look, finding, "gone", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    const gbx_part before = gbx_part_cut(&part, 0, part.begin);
    size_t owner = gbx_s2_next_kind(&before, 0, GBX_EV_REF_OWNER, "orphan");
    size_t merged = gbx_s2_next_kind(&part, part.begin, GBX_EV_REF_MERGE, "orphan");
    size_t dies = gbx_s2_next_kind(&part, part.begin, GBX_EV_REF_DEALLOC, "orphan");
    if (owner == GBX_NO_EVENT || is_own(&part, owner)) {
        return gbx_finding_fail(finding, "another thread made the object", "this one did", NULL);
    }
    if (merged == GBX_NO_EVENT || dies == GBX_NO_EVENT || !same_instruction(&part, merged, dies)
        || ((const gbx_ref *)gbx_part_record(&part, merged))->h.flags != GBX_REF_THREAD_EXIT) {
        size_t instead = gbx_s2_next_ref(&part, part.begin, "orphan");
        if (instead != GBX_NO_EVENT) {
            gbx_finding_event(finding, look, instead, "what happens instead");
        }
        return gbx_finding_fail(finding, "whoever lets go merges the halves, and it dies there and then",
                                "it is left to its owner", "the thread that made it still runs");
    }
    gbx_finding_event(finding, look, owner, "its owner is this thread, which then ends");
    gbx_finding_event(finding, look, merged, "another one takes the last reference away: nobody to queue it for, "
                      "so it merges the halves itself");
    gbx_finding_refute(finding, look, dies, "and frees it");
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s2_gone = {
    .id = "2.3f",
    .title = "an owner that is gone",
    .sentence = "An object may outlive the thread that owns it; whoever then takes a reference below zero finds "
                "no owner, and merges the halves itself.",
    .experiments = { &halves },
    .check = check_gone,
    .must_fail = {
        { &halves, &owner_waits, "the thread that made it is still there" },
    },
    .readings = {
        { "Python/brc.c#find_thread_state", "is there a thread of that number?" },
        { "Python/brc.c#_Py_brc_queue_object", "no thread: the caller merges" },
    },
    .prediction = {
        .question = "The thread that made an object has ended. Another one takes its last reference away. When does "
                    "the object die?",
        .choices = {
            { "at once", NULL, NULL },
            { "when the process ends: its owner never looks again", "an owner's objects die with nobody",
              "a queue without a thread is never used" },
            { "it died with its thread", "a thread's objects end with it",
              "objects belong to whoever holds a reference" },
        },
    },
};
