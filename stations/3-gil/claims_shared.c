/* Claims 3.2c and d: what does not scale without the lock.

   Experiment: shared.py, two threads with objects of their own, and two with one.  Whether they get into each
   other's way is for events to say: which half of a count they change, and who found a mutex taken. */

#include "claims.h"
#include "spans.h"
#include "../part.h"
#include "trace.h"

#include <string.h>

#define MEETINGS  (LOCK | GBX_BIT(REF))

static GBX_EXPERIMENT_ON(shared, "experiments", "shared", MEETINGS, GBX_ON_FT);
static GBX_EXPERIMENT_ON(all_their_own, "must-fail", "all_their_own", MEETINGS, GBX_ON_FT);
static GBX_EXPERIMENT_ON(all_one, "must-fail", "all_one", MEETINGS, GBX_ON_FT);

enum { MOST_ROUNDS = 16, MOST_HANDS = 8 };

static double
best_ms(const gbx_window *windows, size_t count)
{
    const gbx_window *best = gbx_windows_best(windows, count);
    return (double)(best->end_ns - best->begin_ns) / 1e6;
}

/* Times of a part, with objects of their own and with one. */
static bool
tell_times(const gbx_look *look, gbx_finding *finding, const char *part)
{
    gbx_window own[MOST_ROUNDS], one[MOST_ROUNDS];
    size_t owns = gbx_windows_find(look, finding, part, "own", own, MOST_ROUNDS);
    size_t ones = gbx_windows_find(look, finding, part, "one", one, MOST_ROUNDS);
    if (owns == 0 || ones == 0) {
        return false;
    }
    gbx_finding_bar(finding, "two threads, an object each", best_ms(own, owns), "ms");
    gbx_finding_bar(finding, "two threads, one object", best_ms(one, ones), "ms");
    gbx_finding_number(finding, "the price of one object", best_ms(one, ones) / best_ms(own, owns), "x");
    return true;
}

/* -------------------------------------------------------------------- 3.2c: one count */

/* Who changed the counts of the objects of some names, and which half. */
typedef struct {
    unsigned local, shared;
    unsigned threads;            /* that changed a shared half */
    size_t first_local, first_shared, other_shared;      /* the last: by another thread; GBX_NO_EVENT */
} hands;

static bool
is_change(uint8_t event)
{
    return event == GBX_EV_REF_INC || event == GBX_EV_REF_DEC;
}

static void
count_shared(const gbx_trace *trace, size_t at, uint32_t seen[MOST_HANDS], hands *all)
{
    uint32_t stream = gbx_trace_where(trace, at).stream;
    if (all->shared++ == 0) {
        all->first_shared = at;
    }
    for (unsigned i = 0; i < all->threads; i++) {
        if (seen[i] == stream) {
            return;
        }
    }
    if (all->threads < MOST_HANDS) {
        seen[all->threads++] = stream;
    }
    if (all->threads == 2) {
        all->other_shared = at;
    }
}

/* In the function that handles the object, and nowhere else. */
static hands
watch_hands(const gbx_trace *trace, const gbx_window *window)
{
    uint32_t seen[MOST_HANDS];
    hands all = { .first_local = GBX_NO_EVENT, .first_shared = GBX_NO_EVENT, .other_shared = GBX_NO_EVENT };
    for (size_t at = window->begin; at < window->end; at++) {
        if (!is_change(gbx_trace_event(trace, at))) {
            continue;
        }
        const gbx_ref *ref = (const gbx_ref *)(const void *)gbx_trace_record(trace, at);
        const gbx_code_info *info = gbx_trace_code(trace, gbx_trace_where(trace, at).process, ref->code);
        if (info == NULL || strcmp(info->name, "handle") != 0) {
            continue;
        }
        if (ref->h.flags == GBX_REF_SHARED) {
            count_shared(trace, at, seen, &all);
        } else if (ref->h.flags == GBX_REF_LOCAL) {
            all.first_local = all.local++ == 0 ? at : all.first_local;
        }
    }
    return all;
}

static gbx_verdict
judge_hands(const gbx_look *look, gbx_finding *finding, const hands *own, const hands *one)
{
    if (own->shared > 0 || own->local == 0) {
        if (own->first_shared != GBX_NO_EVENT) {
            gbx_finding_event(finding, look, own->first_shared, "a count that others change as well");
        }
        return gbx_finding_failf(finding, "each thread changes its own half of its own object's count",
                                 "the object is another thread's", "%u changes of it, %u of a shared half", own->local,
                                 own->shared);
    }
    if (one->threads < 2) {
        return gbx_finding_failf(finding, "two threads change the shared half of one object's count",
                                 "each has an object of its own", "%u threads, %u changes", one->threads, one->shared);
    }
    return GBX_PASS;
}

static gbx_verdict
check_one_count(const gbx_look *look, gbx_finding *finding)
{
    gbx_window own, one;
    if (gbx_windows_find(look, finding, "halves", "own", &own, 1) == 0
        || gbx_windows_find(look, finding, "halves", "one", &one, 1) == 0) {
        return GBX_INSUFFICIENT;
    }
    hands its_own = watch_hands(look->trace, &own), of_all = watch_hands(look->trace, &one);
    gbx_verdict verdict = judge_hands(look, finding, &its_own, &of_all);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_event(finding, look, its_own.first_local, "its own object: an ordinary addition to its own half");
    gbx_finding_refute(finding, look, of_all.first_shared, "one object: an atomic one, to the half of all");
    gbx_finding_event(finding, look, of_all.other_shared, "and by another thread: the word goes from one "
                      "processor to the other");
    gbx_finding_number(finding, "changes of an own half", its_own.local, "");
    gbx_finding_number(finding, "changes of the shared half", of_all.shared, "");
    gbx_finding_observe(finding, 2);
    return tell_times(look, finding, "count") ? GBX_PASS : GBX_INSUFFICIENT;
}

const gbx_claim gbx_s3_one_count = {
    .id = "3.2c",
    .title = "threads that share a reference count",
    .sentence = "Without the lock a thread counts references to its own objects as cheaply as ever; where two "
                "threads handle one object, both change one word, and hinder each other by looking at it.",
    .experiments = { &shared },
    .check = check_one_count,
    .must_fail = {
        { &shared, &all_their_own, "there is no object that both handle" },
        { &shared, &all_one, "there is no object that only one handles" },
    },
    .readings = {
        { "Include/object.h#Py_INCREF", "two halves: look for ob_ref_local and ob_ref_shared" },
        { "Objects/object.c#_Py_DecRefSharedDebug", "the shared half: a loop until nobody was in between" },
    },
    .prediction = {
        .question = "Without the lock two threads only read one object: they give it a name and take it away. "
                    "Do they hinder each other?",
        .choices = {
            { "no: reading is not writing", "reading changes nothing", "a name is a reference, and references are counted" },
            { "no: each has a count of its own", "every thread has its half", "the owner has one half, all others the other" },
            { "yes: both write to its count", NULL, NULL },
        },
    },
};

/* --------------------------------------------------------------------- 3.2d: one dict */

/* Critical sections of a window that found their mutex taken, in the function that writes. */
static unsigned
count_contended(const gbx_trace *trace, const gbx_window *window, size_t *first)
{
    unsigned count = 0;
    for (size_t at = window->begin; at < window->end; at++) {
        if (gbx_trace_event(trace, at) != GBX_EV_SECTION_CONTENDED) {
            continue;
        }
        const gbx_section *section = (const gbx_section *)(const void *)gbx_trace_record(trace, at);
        const gbx_code_info *info = gbx_trace_code(trace, gbx_trace_where(trace, at).process, section->code);
        if (info != NULL && strcmp(info->name, "write") == 0) {
            *first = count++ == 0 ? at : *first;
        }
    }
    return count;
}

static unsigned
sum_contended(const gbx_trace *trace, const gbx_window *windows, size_t count, size_t *first)
{
    unsigned sum = 0;
    *first = GBX_NO_EVENT;
    for (size_t i = 0; i < count; i++) {
        size_t here = GBX_NO_EVENT;
        sum += count_contended(trace, &windows[i], &here);
        *first = *first == GBX_NO_EVENT ? here : *first;
    }
    return sum;
}

static gbx_verdict
check_one_dict(const gbx_look *look, gbx_finding *finding)
{
    gbx_window own[MOST_ROUNDS], one[MOST_ROUNDS];
    size_t owns = gbx_windows_find(look, finding, "dict", "own", own, MOST_ROUNDS);
    size_t ones = gbx_windows_find(look, finding, "dict", "one", one, MOST_ROUNDS);
    size_t first, other;
    if (owns == 0 || ones == 0) {
        return GBX_INSUFFICIENT;
    }
    unsigned met = sum_contended(look->trace, one, ones, &first);
    unsigned alone = sum_contended(look->trace, own, owns, &other);
    if (alone > 0) {
        gbx_finding_event(finding, look, other, "somebody else was writing into it");
        return gbx_finding_failf(finding, "nobody waits for a dict of its own", "it is not its own", "%u times", alone);
    }
    if (met == 0) {
        return gbx_finding_fail(finding, "writers of one dict find its mutex taken", "never",
                                "each has a dict of its own, or there was but one processor");
    }
    gbx_finding_refute(finding, look, first, "the dict's mutex is taken: the first of %u times in %zu rounds", met, ones);
    size_t park = GBX_NO_EVENT;
    for (size_t at = first; at < one[ones - 1].end && park == GBX_NO_EVENT; at++) {
        park = gbx_trace_event(look->trace, at) == GBX_EV_PARK ? at : park;
    }
    if (park != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, park, "and a thread lies down to wait for it");
    }
    gbx_finding_number(finding, "a dict each: found taken", alone, "times");
    gbx_finding_number(finding, "one dict: found taken", met, "times");
    gbx_finding_observe(finding, 1);
    return tell_times(look, finding, "dict") ? GBX_PASS : GBX_INSUFFICIENT;
}

const gbx_claim gbx_s3_one_dict = {
    .id = "3.2d",
    .title = "threads that write into one dict",
    .sentence = "Without the lock each dict has a mutex of its own: writers of different dicts never meet, and "
                "writers of one dict take turns, as they did with the lock.",
    .experiments = { &shared },
    .check = check_one_dict,
    .must_fail = {
        { &shared, &all_their_own, "there is no dict that both write into" },
    },
    .readings = {
        { "Objects/dictobject.c#PyDict_SetItem", "look for Py_BEGIN_CRITICAL_SECTION" },
        { "Python/critical_section.c#_PyCriticalSection_BeginSlow", "the mutex was taken" },
        { "Python/lock.c#_PyMutex_LockTimed", "a while of trying, and then sleep" },
    },
    .prediction = {
        .question = "Without the lock two threads write into one dict. What can happen?",
        .choices = {
            { "the dict breaks, if the program has no lock of its own", "without the GIL all is unsafe",
              "the dict's own mutex keeps it whole; what your program means by it is another matter" },
            { "they take turns: the dict has a mutex", NULL, NULL },
            { "they write at once: dicts are lock-free", "free-threaded means lock-free",
              "reading mostly is, writing is not" },
        },
    },
};
