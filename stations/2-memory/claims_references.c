/* Claims 2.1a to d: when an object dies, by its last reference or by a collection.

   Experiment: references.py.  It watches a few objects: every change of their counts is an event, with the
   line that did it, and so is what a collection finds of them. */

#include "claims.h"
#include "../part.h"
#include "trace.h"

#include <string.h>

static GBX_EXPERIMENT(references, "experiments", "references", LIVES);
static GBX_EXPERIMENT(held_by_list, "must-fail", "held_by_list", LIVES);
static GBX_EXPERIMENT(own_cycle, "must-fail", "own_cycle", LIVES);
static GBX_EXPERIMENT(one_way, "must-fail", "one_way", LIVES);
static GBX_EXPERIMENT(held_from_outside, "must-fail", "held_from_outside", LIVES);
static GBX_EXPERIMENT(switched_off, "must-fail", "switched_off", LIVES);
static GBX_EXPERIMENT(asked_for, "must-fail", "asked_for", LIVES);
static GBX_EXPERIMENT(never_old, "must-fail", "never_old", LIVES);

/* ------------------------------------------------------------- following one object */

/* What a part says of one watched object; GBX_NO_EVENT: did not happen there. */
typedef struct {
    size_t last_dec;         /* the last decrement before it died, or in the part */
    uint32_t count;          /* after it */
    size_t dies;
    size_t unreachable;      /* a collection's verdict */
    size_t reachable;
} life;

static bool
is_of(const gbx_part *part, uint32_t watch, const char *name)
{
    return strcmp(gbx_part_watched(part, watch), name) == 0;
}

static void
note_verdict(const gbx_part *part, size_t at, const char *name, life *seen)
{
    const gbx_gc_verdict *verdict = gbx_part_record(part, at);
    if (!is_of(part, verdict->watch, name)) {
        return;
    }
    if (verdict->h.flags == GBX_VERDICT_UNREACHABLE) {
        seen->unreachable = at;
    } else if (verdict->h.flags == GBX_VERDICT_REACHABLE) {
        seen->reachable = at;
    }
}

static life
follow(const gbx_part *part, const char *name)
{
    life seen = { GBX_NO_EVENT, 0, GBX_NO_EVENT, GBX_NO_EVENT, GBX_NO_EVENT };
    for (size_t at = part->begin; at < part->end; at++) {
        uint8_t event = gbx_part_event(part, at);
        if (event == GBX_EV_GC_VERDICT) {
            note_verdict(part, at, name, &seen);
        } else if (event == GBX_EV_REF_DEC || event == GBX_EV_REF_DEALLOC) {
            const gbx_ref *ref = gbx_part_record(part, at);
            if (!is_of(part, ref->watch, name)) {
                continue;
            }
            if (event == GBX_EV_REF_DEALLOC) {
                seen.dies = at;
                break;
            }
            seen.last_dec = at;
            seen.count = ref->local;
        }
    }
    return seen;
}

/* The address of the watched object of this name; 0: none. */
static uint64_t
address_of(const gbx_look *look, const char *name)
{
    gbx_part whole;
    size_t at;
    if (!gbx_part_whole(look, &whole)) {
        return 0;
    }
    for (at = 0; (at = gbx_part_next(&whole, at, GBX_EV_WATCH, 0)) != GBX_NO_EVENT; at++) {
        const gbx_watch *watch = gbx_part_record(&whole, at);
        if (is_of(&whole, watch->watch, name)) {
            return watch->address;
        }
    }
    return 0;
}

/* What lies before an object in its block, at most: the collector's two words, and two for attributes. */
#define MAX_BEFORE  32

/* Where the object's block goes back to its pool. */
static size_t
block_back(const gbx_part *part, size_t at, uint64_t address)
{
    while ((at = gbx_part_next(part, at, GBX_EV_BLOCK_FREE, 0)) != GBX_NO_EVENT) {
        const gbx_at *freed = gbx_part_record(part, at);
        if (address - GBX_U48(freed->address) <= MAX_BEFORE) {
            return at;
        }
        at++;
    }
    return GBX_NO_EVENT;
}

/* Without the GIL every collection looks at all objects, and each thread counts some of them by itself. */
static bool
has_generations(const gbx_look *look, gbx_finding *finding)
{
    if (gbx_s2_is_free_threaded(look)) {
        gbx_finding_skip(finding, "the collector of the build without the GIL has no generations, and counts "
                         "new objects otherwise");
        return false;
    }
    return true;
}

/* ----------------------------------------------------------- 2.1a: del frees at once */

static gbx_verdict
judge_del(const gbx_part *part, gbx_finding *finding, const life *seen)
{
    const gbx_ref *dec = gbx_part_record(part, seen->last_dec);
    const gbx_ref *dealloc = gbx_part_record(part, seen->dies);
    size_t collection = gbx_part_next(part, part->begin, GBX_EV_GC_START, 0);
    if (seen->count != 0 || dec->code != dealloc->code || dec->h.arg != dealloc->h.arg) {
        gbx_finding_event(finding, part->look, seen->dies, "it dies here");
        return gbx_finding_fail(finding, "the instruction that takes the last reference frees the object",
                                "another one does", "somebody else held it");
    }
    if (collection != GBX_NO_EVENT && collection < seen->dies) {
        gbx_finding_event(finding, part->look, collection, "a collection, before it dies");
        return gbx_finding_fail(finding, "no collection is needed", "there is one", NULL);
    }
    return GBX_PASS;
}

static gbx_verdict
check_del(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find(look, finding, "del", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    life seen = follow(&part, "only");
    if (seen.last_dec == GBX_NO_EVENT) {
        return gbx_finding_insufficient(finding, "the program takes no reference of 'only' away there");
    }
    if (seen.dies == GBX_NO_EVENT) {
        gbx_finding_event(finding, look, seen.last_dec, "the count after it: %u", seen.count);
        return gbx_finding_failf(finding, "the count falls to 0, and the object dies",
                                 "something else refers to it", "the count stays at %u", seen.count);
    }
    gbx_verdict verdict = judge_del(&part, finding, &seen);
    size_t back = block_back(&part, seen.dies, address_of(look, "only"));
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (back == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "its block is given back before the next mark",
                                "it does not", NULL);
    }
    uint64_t took = gbx_trace_where(part.trace, seen.dies).t_ns
                    - gbx_trace_where(part.trace, seen.last_dec).t_ns;
    gbx_finding_event(finding, look, seen.last_dec, "del: the count falls to 0");
    gbx_finding_event(finding, look, seen.dies, "so the object dies, within the same instruction");
    gbx_finding_event(finding, look, back, "and its block is free again");
    gbx_finding_fact(finding, "%llu ns between the two events, and no collection", (unsigned long long)took);
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s2_del = {
    .id = "2.1a",
    .title = "del frees at once",
    .sentence = "The instruction that takes the last reference away frees the object, there and then; no "
                "collection is needed.",
    .experiments = { &references },
    .check = check_del,
    .must_fail = {
        { &references, &held_by_list, "a list holds the object, too" },
        { &references, &own_cycle, "the object holds itself" },
    },
    .readings = {
        { "Include/object.h#Py_DECREF", "one less; zero is the only case with more to do" },
        { "Objects/object.c#_Py_Dealloc", "who is called: the type's own tp_dealloc" },
        { "Objects/typeobject.c#subtype_dealloc", "what an instance of your class gives back, and when" },
    },
    .prediction = {
        .question = "only = Node(); del only. When is the object's memory given back?",
        .choices = {
            { "during the del", NULL, NULL },
            { "at the next collection", "only the collector frees",
              "the collector is off in this program, and the memory is back" },
            { "when the function or module ends", "names are cleaned up at the end",
              "del takes the reference away, and it was the last" },
            { "never: del only removes the name", "del is about names alone",
              "it removes the name, and the name held a reference" },
        },
    },
};

/* ------------------------------------------------------------- 2.1b: a cycle waits */

/* After `del` the object's count is above zero, and it lives. */
static gbx_verdict
judge_waiting(const gbx_part *part, gbx_finding *finding, const char *name, uint32_t *count)
{
    life seen = follow(part, name);
    if (seen.dies != GBX_NO_EVENT) {
        gbx_finding_event(finding, part->look, seen.dies, "'%s' dies here", name);
        return gbx_finding_failf(finding, "both live on after del", "it is no cycle", "'%s' dies", name);
    }
    if (seen.last_dec == GBX_NO_EVENT) {
        return gbx_finding_insufficient(finding, "the program takes no reference of '%s' away", name);
    }
    *count = seen.count;
    gbx_finding_event(finding, part->look, seen.last_dec, "'%s' loses its name, and its count stays at %u",
                      name, seen.count);
    return GBX_PASS;
}

/* A collection finds the object unreachable, and then it dies. */
static gbx_verdict
judge_collected(const gbx_part *part, gbx_finding *finding, const char *name)
{
    life seen = follow(part, name);
    if (seen.reachable != GBX_NO_EVENT) {
        gbx_finding_event(finding, part->look, seen.reachable, "'%s' can still be reached", name);
        return gbx_finding_fail(finding, "a collection finds the cycle unreachable", "it is reachable",
                                "somebody outside of the cycle holds it");
    }
    if (seen.unreachable == GBX_NO_EVENT || seen.dies == GBX_NO_EVENT || seen.dies < seen.unreachable) {
        return gbx_finding_failf(finding, "found unreachable, and then freed", "no collection looked at it",
                                 "'%s' is %s", name, seen.dies == GBX_NO_EVENT ? "alive" : "dead before");
    }
    gbx_finding_event(finding, part->look, seen.unreachable, "the collection: nobody reaches '%s'", name);
    gbx_finding_event(finding, part->look, seen.dies, "now '%s' dies", name);
    return GBX_PASS;
}

static gbx_verdict
check_cycle(const gbx_look *look, gbx_finding *finding)
{
    gbx_part gone, collected;
    uint32_t left = 0, right = 0;
    if (!gbx_part_find(look, finding, "cycle", "begin", &gone)
        || !gbx_part_find(look, finding, "cycle", "collect", &collected)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_waiting(&gone, finding, "left", &left);
    if (verdict == GBX_PASS) {
        verdict = judge_waiting(&gone, finding, "right", &right);
    }
    if (verdict == GBX_PASS) {
        verdict = judge_collected(&collected, finding, "left");
    }
    if (verdict == GBX_PASS) {
        verdict = judge_collected(&collected, finding, "right");
    }
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_number(finding, "count without a name", left, "");
    gbx_finding_observe_number(finding, left);
    return GBX_PASS;
}

const gbx_claim gbx_s2_cycle = {
    .id = "2.1b",
    .title = "a cycle needs the collector",
    .sentence = "Two objects that hold each other keep a count above zero after their last name is gone; "
                "they die only when a collection finds that nobody else reaches them.",
    .experiments = { &references },
    .check = check_cycle,
    .must_fail = {
        { &references, &one_way, "only one holds the other" },
        { &references, &held_from_outside, "a name outside of the cycle is left" },
    },
    .readings = {
        { "Python/gc.c#subtract_refs", "take away what comes from inside: who has a count left?" },
        { "Python/gc.c#move_unreachable", "what can be reached from those is moved back" },
        { "Python/gc.c#delete_garbage", "tp_clear: the references inside go, and counting does the rest" },
    },
    .prediction = {
        .question = "left and right hold each other. After `del left, right`, what is the count of left?",
        .unit = "references",
        .too_low = "del frees: the other object's reference is still there",
        .too_high = "getrefcount's own argument: that reference is gone again",
    },
};

/* --------------------------------------------------- 2.1c: the threshold, and the line */

/* The collection that starts in the part because of a threshold; GBX_NO_EVENT: none. */
static size_t
by_threshold(const gbx_part *part)
{
    size_t at = part->begin;
    while ((at = gbx_part_next(part, at, GBX_EV_GC_START, 0)) != GBX_NO_EVENT) {
        const gbx_gc_start *start = gbx_part_record(part, at);
        if (start->reason == GBX_GC_REASON_HEAP) {
            return at;
        }
        at++;
    }
    return GBX_NO_EVENT;
}

static gbx_verdict
judge_start(const gbx_part *part, gbx_finding *finding, size_t scheduled, size_t started, double threshold)
{
    const gbx_gc_start *asked = gbx_part_record(part, scheduled);
    const gbx_gc_start *start = gbx_part_record(part, started);
    if (asked->threshold != threshold || asked->count <= asked->threshold) {
        return gbx_finding_failf(finding, "the count has passed the threshold that gc.get_threshold() says",
                                 NULL, "count %u, threshold %u, and the program says %.0f", asked->count,
                                 asked->threshold, threshold);
    }
    if (start->h.flags != 0) {
        gbx_finding_event(finding, part->look, started, "generation %u", start->h.flags);
        return gbx_finding_fail(finding, "the youngest generation", "an older one",
                                "so many young collections came before");
    }
    gbx_finding_event(finding, part->look, scheduled, "this line makes the %u%s object: one more than the "
                      "threshold", asked->count, asked->count % 10 == 1 ? "st" : "th");
    gbx_finding_event(finding, part->look, started, "a few instructions later the collection begins, of "
                      "generation %u", start->h.flags);
    gbx_finding_number(finding, "objects when it starts", start->count, "");
    return GBX_PASS;
}

static gbx_verdict
check_threshold(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    double threshold;
    if (!has_generations(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find(look, finding, "threshold", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    const gbx_part before = gbx_part_cut(&part, 0, part.end);
    if (!gbx_part_number(&before, "threshold", &threshold)) {
        return gbx_finding_insufficient(finding, "the program marks no threshold");
    }
    size_t scheduled = gbx_part_next(&part, part.begin, GBX_EV_GC_SCHEDULED, 0);
    size_t started = by_threshold(&part);
    if (scheduled == GBX_NO_EVENT || started == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "a collection that a threshold starts", "there is none",
                                "the collector is off, or too few objects are made");
    }
    gbx_verdict verdict = judge_start(&part, finding, scheduled, started, threshold);
    if (verdict == GBX_PASS) {
        verdict = judge_collected(&part, finding, "young");
    }
    if (verdict == GBX_PASS) {
        gbx_finding_observe(finding, 1);
    }
    return verdict;
}

const gbx_claim gbx_s2_threshold = {
    .id = "2.1c",
    .title = "who starts a collection",
    .sentence = "Nobody asks for it: the line that makes one object more than the threshold allows starts a "
                "collection of the youngest generation, and that frees a young cycle.",
    .experiments = { &references },
    .check = check_threshold,
    .must_fail = {
        { &references, &switched_off, "the collector stays off" },
        { &references, &asked_for, "the program asks for the collection" },
    },
    .readings = {
        { "Python/gc.c#_PyObject_GC_Link", "counting up: the only place where a threshold is compared" },
        { "Python/gc.c#gc_select_generation", "which generation: the oldest that is due" },
        { "Python/ceval_gil.c#_Py_HandlePending", "why it is a few instructions later" },
    },
    .prediction = {
        .question = "Nobody calls gc.collect(). What starts a collection?",
        .choices = {
            { "a timer, or a thread of its own", "the collector runs in the background",
              "it runs in your thread, between two of your instructions" },
            { "a line that makes objects", NULL, NULL },
            { "a shortage of memory", "collect when memory is short",
              "objects are counted, and nobody looks at bytes" },
            { "the del that leaves a cycle behind", "del looks for cycles", "del only counts down" },
        },
    },
};

/* ---------------------------------------------------------- 2.1d: an old cycle waits longer */

static gbx_verdict
check_old_cycle(const gbx_look *look, gbx_finding *finding)
{
    gbx_part young, full;
    if (!has_generations(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find(look, finding, "threshold", "begin", &young)
        || !gbx_part_find(look, finding, "full", "begin", &full)) {
        return GBX_INSUFFICIENT;
    }
    size_t first = gbx_part_next(&young, young.begin, GBX_EV_GC_START, 0);
    size_t second = gbx_part_next(&full, full.begin, GBX_EV_GC_START, 0);
    if (first == GBX_NO_EVENT || second == GBX_NO_EVENT) {
        return gbx_finding_insufficient(finding, "the program has no two collections there");
    }
    life passed = follow(&young, "old");
    if (passed.dies != GBX_NO_EVENT || passed.unreachable != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, passed.unreachable == GBX_NO_EVENT ? passed.dies
                          : passed.unreachable, "the young collection finds it");
        return gbx_finding_fail(finding, "a young collection does not look at the old cycle", "it does",
                                "the cycle has not outlived a collection");
    }
    const gbx_gc_start *start = gbx_part_record(&full, second);
    gbx_finding_event(finding, look, first, "a young collection: no verdict on 'old', dead as it is");
    gbx_finding_event(finding, look, second, "a collection of generation %u", start->h.flags);
    gbx_verdict verdict = judge_collected(&full, finding, "old");
    if (verdict == GBX_PASS) {
        gbx_finding_observe(finding, 1);
    }
    return verdict;
}

const gbx_claim gbx_s2_old_cycle = {
    .id = "2.1d",
    .title = "an old cycle waits longer",
    .sentence = "A cycle that has outlived collections is in an old generation; a young collection does not "
                "look at it, and it stays until one of its own generation.",
    .experiments = { &references },
    .check = check_old_cycle,
    .must_fail = {
        { &references, &never_old, "no collection came before: the cycle is young" },
    },
    .readings = {
        { "Python/gc.c#gc_collect_main", "younger generations are merged in; survivors move up" },
    },
    .prediction = {
        .question = "A cycle has outlived two full collections, and then loses its last name. The next young "
                    "collection...",
        .choices = {
            { "frees it: garbage is garbage", "every collection looks at everything",
              "it looks at the young objects, and at no other" },
            { "passes it by", NULL, NULL },
            { "moves it to an older generation", "garbage grows old, too",
              "it is in the oldest already, and not looked at" },
        },
    },
};
