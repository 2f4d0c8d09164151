/* Column ref: reference counts.  With the lock a count is a number in memory, and what is moved costs next to
   nothing each; it is reported, and no fault.  Without the lock a count has a half that all threads but the owner's
   change by atomic operations: threads that use one object take its count from each other, each time.

   Which objects threads meet at, refs.h tells (ref.sharing); how many such operations each line did, the churn
   of the recording.  An object that one thread alone uses is no meeting, whoever made it. */

#include "why_internal.h"

#include "refs.h"

/* Where the price cannot be measured, because the processors are busy with other programs: what it takes at least to
   get a line of memory from another processor's cache.  Published figures for current processors are 20 to 100 ns. */
#define HANDOVER_NS 20.0

typedef struct {
    gbx_why_tally lines;         /* count: operations on the shared half; other: references moved in all */
    uint64_t moved, shared;
} state;

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    state *this = of;
    const gbx_ref_churn *churn = (const void *)entry->record;
    if (!walk->counted || entry->record->event != GBX_EV_REF_CHURN) {
        return;
    }
    this->moved += churn->incs + churn->decs;
    this->shared += churn->shared;
    if (churn->shared == 0) {
        return;
    }
    gbx_why_line *line = gbx_why_tally_at(&this->lines, gbx_why_own(walk, entry, churn->code, churn->h.arg), walk->at);
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    line->count += churn->shared;
    line->other += churn->incs + churn->decs;
}

/* Operations on objects that more than one thread changed. */
static uint64_t
contended(const gbx_refs *refs)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < refs->shared_object_count; i++) {
        const gbx_refs_shared *object = &refs->shared_objects[i];
        sum += object->threads > 1 ? object->operations : 0;
    }
    return sum;
}

static const char *
type_of(const gbx_refs *refs)
{
    const gbx_refs_shared *first = refs->shared_object_count > 0 ? &refs->shared_objects[0] : NULL;
    const gbx_type_info *type = first == NULL ? NULL : gbx_trace_type(refs->trace, first->process, first->type);
    return type == NULL ? "?" : type->name;
}

static void
accuse(gbx_why_report *report, const gbx_why_line *line, const gbx_refs *refs, double share_of_shared)
{
    const gbx_trace *trace = report->counted->trace;
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns * share_of_shared, report->cpu_ns);
    if (verdict == NULL) {
        return;
    }
    verdict->fault = "false sharing of a reference count";
    verdict->basis = GBX_WHY_ESTIMATED;
    snprintf(verdict->sentence, sizeof(verdict->sentence),
             "threads change the count of one object, by turns, and the processors take it from each other: keep what "
             "is read in a local variable of each thread, or give each thread an object of its own");
    gbx_why_prove(verdict, trace, line->first, line->count, "operations of this line on the shared half of a count");
    gbx_why_prove(verdict, trace, gbx_why_next(trace, report->counted->begin, GBX_EV_REF_SHARING), contended(refs),
                  "operations on objects that threads met at, first of all one of type %.60s", type_of(refs));
}

static void
finish_shared(state *this, gbx_why_report *report)
{
    gbx_refs refs;
    double price = report->input->prices.shared_ref;
    if (price < 1) {
        price = HANDOVER_NS;
        snprintf(report->cost->why, sizeof(report->cost->why), "two processors were never free to measure what a count "
                 "costs that threads share: %.0f ns is assumed", price);
    }
    if (gbx_refs_gather(&refs, report->counted->trace, NULL) != 0) {
        report->failed = true;
        return;
    }
    uint64_t met = contended(&refs);
    double share = gbx_why_ratio((double)met, (double)this->shared);
    report->cost->ns += (double)met * price;
    gbx_why_say(report->cost, "threads meet", met);
    for (size_t i = 0; i < this->lines.count; i++) {
        this->lines.items[i].ns = (double)this->lines.items[i].count * price;
    }
    gbx_why_lines(&this->lines, report->counted->trace);
    for (size_t i = 0; i < this->lines.count && i < 3 && met > 0; i++) {
        accuse(report, &this->lines.items[i], &refs, share < 1 ? share : 1);
    }
    gbx_refs_clear(&refs);
}

static void
finish(void *of, gbx_why_report *report)
{
    state *this = of;
    gbx_why_cost *cost = report->cost;
    if (report->counted == NULL) {
        return;
    }
    cost->basis = GBX_WHY_ESTIMATED;
    cost->ns = (double)this->moved * report->input->prices.ref;
    gbx_why_say(cost, "moved", this->moved);
    gbx_why_say(cost, "on shared halves", this->shared);
    if (this->shared > 0) {
        finish_shared(this, report);
    }
    cost->share = gbx_why_ratio(cost->ns, report->cpu_ns);
}

static void
clear(void *of)
{
    state *this = of;
    gbx_why_tally_clear(&this->lines);
}

const gbx_why_column gbx_why_column_ref = {
    .key = "ref", .part = GBX_WHY_EVAL,
    .question = "how many references move, and do threads meet at one object's count?",
    .timed = 0, .counted = GBX_MASK(REF),
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
