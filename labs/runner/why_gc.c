/* Column gc: time in the collector, and memory that waited for it.

   Collections cost what lies between gc.start and gc.done.  Two signs make a fault of it: much of what is found
   is garbage in cycles, which would have been freed at once without them; or next to nothing is found, again
   and again.  Large blocks that only a collection gives back have to be got from the system anew meanwhile: that
   is estimated by what fresh memory costs here, up to the time that the program spent in the system.

   Who makes the cycles, the counted recording tells: of each object that dies inside a collection it is known
   at which line it was born.  Instances of the program's own classes come first. */

#include "why_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t began_ns;
    size_t at;
    gbx_why_place where;
    uint32_t depth;              /* collections do not nest in a sound trace */
} thread_state;

typedef struct {
    thread_state *threads;       /* by stream, of the timed recording */
    gbx_why_tally triggers;      /* ns: collections that began here; count: how many; other: objects they freed */
    gbx_why_tally births;        /* count: objects freed by collections; bytes: theirs; other: of own classes */
    gbx_why_tally blocks;        /* bytes: large blocks that collections freed */
    gbx_why_tally finalizers;    /* count: __del__ that ran in collections */
    uint64_t collections, freed, large_bytes, births_seen;
    uint64_t importing[2];       /* imports that are open, in the timed and the counted recording */
    double import_ns;            /* of `ns`: while something was imported, which is a library's own affair */
    size_t first_done;           /* position of the first gc.done that freed something */
    bool has_done;
    double ns;
} state;

/* ------------------------------------------------------------------ the timed one */

static void
begin(gbx_why_walk *walk, const gbx_entry *entry, thread_state *thread)
{
    const gbx_gc_start *start = (const void *)entry->record;
    *thread = (thread_state){ .began_ns = entry->t_ns, .at = walk->at, .depth = 1,
                              .where = gbx_why_own(walk, entry, start->code, start->h.arg) };
}

static void
end(state *this, gbx_why_walk *walk, const gbx_entry *entry, thread_state *thread)
{
    const gbx_gc_done *done = (const void *)entry->record;
    if (thread->depth == 0) {
        return;
    }
    gbx_why_line *line = gbx_why_tally_at(&this->triggers, thread->where, thread->at);
    double ns = entry->t_ns > thread->began_ns ? (double)(entry->t_ns - thread->began_ns) : 0;
    thread->depth = 0;
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    line->ns += ns;
    line->count++;
    line->other += done->collected;
    this->ns += ns;
    this->import_ns += this->importing[0] > 0 ? ns : 0;
    this->collections++;
    this->freed += done->collected;
    if (!this->has_done && done->collected > 0) {
        this->has_done = true;
        this->first_done = walk->at;
    }
}

static void
hear_push(state *this, gbx_why_walk *walk, const gbx_entry *entry, const thread_state *thread)
{
    const gbx_frame_edge *edge = (const void *)entry->record;
    uint32_t process = gbx_trace_stream(walk->trace, entry->stream)->process;
    if (thread->depth == 0 || entry->record->event != GBX_EV_FRAME_PUSH) {
        return;
    }
    const gbx_code_info *info = gbx_trace_code(walk->trace, process, edge->code);
    size_t length = info == NULL ? 0 : strlen(info->name);
    if (length >= 7 && strcmp(info->name + length - 7, "__del__") == 0) {
        gbx_why_line *line = gbx_why_tally_at(&this->finalizers,
                                              (gbx_why_place){ process, edge->code, GBX_NO_OFFSET }, walk->at);
        walk->failed = line == NULL;
        if (line != NULL) {
            line->count++;
        }
    }
}

static void
hear_timed(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    if (this->threads == NULL) {
        this->threads = calloc(gbx_trace_stream_count(walk->trace) + 1, sizeof(*this->threads));
    }
    if (this->threads == NULL) {
        walk->failed = true;
        return;
    }
    thread_state *thread = &this->threads[entry->stream];
    switch (entry->record->event) {
        case GBX_EV_GC_START:
            if (walk->ends) {
                break;                           /* the interpreter's own end is not the program's time */
            }
            begin(walk, entry, thread);
            break;
        case GBX_EV_GC_DONE:
            end(this, walk, entry, thread);
            break;
        default:
            hear_push(this, walk, entry, thread);
            break;
    }
}

/* ---------------------------------------------------------------- the counted one */

static void
hear_counted(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    const gbx_why_thing *died = walk->memory == NULL ? NULL : gbx_why_memory_died(walk->memory);
    if (died == NULL || walk->ends || this->importing[1] > 0 || !gbx_why_memory_collecting(walk->memory)
            || died->code == 0) {
        return;
    }
    gbx_why_line *line = gbx_why_tally_at(died->block ? &this->blocks : &this->births,
                                          gbx_why_made_at(walk, entry, died), walk->at);
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    bool class = !died->block && gbx_why_is_class(walk->trace, died->process, died->type);
    line->count++;
    line->bytes += died->bytes;
    line->other += class;
    line->ns += class ? 1e6 : 1;                 /* only to sort by: own classes first */
    this->births_seen += !died->block;
    this->large_bytes += died->block ? died->bytes : 0;
}

static void
hear_import(state *this, const gbx_why_walk *walk, const gbx_entry *entry)
{
    bool begins = entry->record->event == GBX_EV_IMPORT_BEGIN;
    for (size_t i = 0; i < 2; i++) {
        if (i == 0 ? walk->timed : walk->counted) {
            this->importing[i] += begins;
            this->importing[i] -= !begins && this->importing[i] > 0;
        }
    }
}

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    int klass = gbx_event_class(entry->record->event);
    if (klass == GBX_CLASS_IMPORT) {
        hear_import(of, walk, entry);
    }
    if (walk->timed && (klass == GBX_CLASS_GC || klass == GBX_CLASS_FRAME)) {
        hear_timed(of, walk, entry);
    }
    if (walk->counted && (klass == GBX_CLASS_OBJ || klass == GBX_CLASS_ALLOC)) {
        hear_counted(of, walk, entry);
    }
}

/* ----------------------------------------------------------------------- verdict */

static void
prove(const state *this, gbx_why_report *report, gbx_why_verdict *verdict, double waited_ns)
{
    char text[64];
    if (this->has_done) {
        gbx_why_prove(verdict, report->timed->trace, this->first_done, this->collections,
                      "collections, which freed %" PRIu64 " objects and took %s", this->freed,
                      gbx_why_time(this->ns, text, sizeof(text)));
    }
    if (this->births.count > 0) {
        const gbx_why_line *births = &this->births.items[0];
        gbx_why_prove(verdict, report->counted->trace, births->first, births->count,
                      "objects made at this line died in collections, of %" PRIu64 " in all", this->births_seen);
    }
    if (waited_ns > 0 && this->blocks.count > 0) {
        gbx_why_prove(verdict, report->counted->trace, this->blocks.items[0].first, this->blocks.items[0].count,
                      "large blocks waited for them: %s, which had to be got anew",
                      gbx_why_size((double)this->large_bytes, text, sizeof(text)));
    }
    if (this->finalizers.count > 0) {
        const gbx_why_line *del = &this->finalizers.items[0];
        snprintf(text, sizeof(text), "%.60s", del->function);
        gbx_why_prove(verdict, report->timed->trace, del->first, del->count, "calls of %s inside collections", text);
    }
}

static void
accuse_cycles(const state *this, gbx_why_report *report, double waited_ns)
{
    const gbx_why_line *line = this->births.count > 0 ? &this->births.items[0] : &this->triggers.items[0];
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, this->ns - this->import_ns + waited_ns,
                                              report->timed_ns);
    if (verdict == NULL) {
        return;
    }
    bool del = this->finalizers.count > 0;
    verdict->fault = del ? "__del__ in a cycle" : "cycle storm";
    verdict->share = (this->ns - this->import_ns) / report->timed_ns + gbx_why_ratio(waited_ns, report->cpu_ns);
    verdict->basis = waited_ns > this->ns ? GBX_WHY_ESTIMATED : GBX_WHY_MEASURED;
    snprintf(verdict->sentence, sizeof(verdict->sentence), del
             ? "what is made here lies in cycles, so its __del__ (%s:%d) and its memory wait for the collector: break "
               "the cycle, or give it a close() that does"
             : "what is made here refers to itself by a detour, and dies only when the collector finds it: refer back "
               "by weakref, or take the cycle apart when done",
             del ? this->finalizers.items[0].function : "", del ? this->finalizers.items[0].line : 0);
    prove(this, report, verdict, waited_ns);
}

static void
accuse_vain(const state *this, gbx_why_report *report)
{
    const gbx_why_line *line = &this->triggers.items[0];
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, this->ns - this->import_ns, report->timed_ns);
    if (verdict != NULL) {
        verdict->fault = "collections in vain";
        snprintf(verdict->sentence, sizeof(verdict->sentence),
                 "the collector looks through what is alive, again and again, and finds next to nothing: gc.freeze() "
                 "what stays, or raise its thresholds while much is being made");
        gbx_why_prove(verdict, report->timed->trace, line->first, line->count,
                      "collections began at this line, and freed %" PRIu64 " objects", line->other);
    }
}

static void
finish(void *of, gbx_why_report *report)
{
    state *this = of;
    gbx_why_cost *cost = report->cost;
    if (report->timed == NULL) {
        return;
    }
    double waited_ns = (double)this->large_bytes * report->input->prices.fresh;
    if (report->input->system_ns > 0 && waited_ns > (double)report->input->system_ns) {
        waited_ns = (double)report->input->system_ns;
    }
    cost->ns = this->ns;
    cost->share = gbx_why_ratio(this->ns, report->timed_ns);
    gbx_why_say(cost, "collections", this->collections);
    gbx_why_say(cost, "freed by them", this->freed);
    gbx_why_say(cost, "MB waited", this->large_bytes / 1000000);
    gbx_why_lines(&this->triggers, report->timed->trace);
    gbx_why_lines(&this->finalizers, report->timed->trace);
    if (report->counted != NULL) {
        gbx_why_lines(&this->births, report->counted->trace);
        gbx_why_lines(&this->blocks, report->counted->trace);
    }
    if (this->collections == 0 || report->timed_ns <= 0 || this->triggers.count == 0) {
        return;
    }
    if (this->freed >= 10 * this->collections) {
        accuse_cycles(this, report, waited_ns);
    }
    else {
        accuse_vain(this, report);
    }
}

static void
clear(void *of)
{
    state *this = of;
    free(this->threads);
    gbx_why_tally_clear(&this->triggers);
    gbx_why_tally_clear(&this->births);
    gbx_why_tally_clear(&this->blocks);
    gbx_why_tally_clear(&this->finalizers);
}

const gbx_why_column gbx_why_column_gc = {
    .key = "gc", .part = GBX_WHY_C,
    .question = "how long does the collector work, and what only it can free?",
    .timed = GBX_MASK(GC) | GBX_MASK(FRAME) | GBX_MASK(IMPORT),
    .counted = GBX_MASK(OBJ) | GBX_MASK(ALLOC) | GBX_MASK(IMPORT),
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
