/* Column spec: sites of the bytecode that do not settle on one kind of operand; and names that are looked up in
   dictionaries (why_names.c).

   A miss is an event of its own, so its cost is a number of events times what a miss costs on this machine.
   Its sign of a fault is that it goes on: a site that missed while the program warmed up has no cost to speak
   of. */

#include "why_names.h"

#include <string.h>

typedef struct {
    gbx_why_tally misses;        /* count: misses, ns: what they cost, bytes: how many for names that were not where
                                    they had been; other: times that it was given up */
    uint64_t miss_count, fail_count, success_count, deopt_count;
    double ns;
    int call;                    /* opcode of CALL, + 1; 0: not looked for yet */
    gbx_why_names names;
} state;

static int
find_call(const gbx_trace *trace)
{
    for (int op = 0; op < 256; op++) {
        const char *name = gbx_trace_opcode(trace, 0, (uint8_t)op);
        if (name != NULL && strcmp(name, "CALL") == 0) {
            return op + 1;
        }
    }
    return 257;
}

static double
price_of(state *this, const gbx_why_walk *walk, const gbx_spec *spec)
{
    if (this->call == 0) {
        this->call = find_call(walk->trace);
    }
    return spec->family + 1 == this->call ? walk->input->prices.miss_call : walk->input->prices.miss;
}

static void
add(state *this, gbx_why_walk *walk, const gbx_entry *entry, bool miss)
{
    const gbx_spec *spec = (const void *)entry->record;
    gbx_why_place place = gbx_why_own(walk, entry, spec->code, spec->h.arg);
    gbx_why_line *line = gbx_why_tally_at(&this->misses, place, walk->at);
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    double ns = miss ? price_of(this, walk, spec) : 0;
    line->count += miss;
    line->other += !miss;
    line->bytes += miss && (spec->guard == GBX_GUARD_GLOBALS_KEYS || spec->guard == GBX_GUARD_BUILTINS_KEYS);
    line->ns += ns;
    this->ns += ns;
    this->miss_count += miss;
    this->deopt_count += !miss;
}

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    state *this = of;
    if (walk->counted) {
        gbx_why_names_event(&this->names, walk, entry);
    }
    if (!walk->timed) {
        return;
    }
    switch (entry->record->event) {
        case GBX_EV_SPEC_MISS: case GBX_EV_SPEC_DEOPT:
            add(this, walk, entry, entry->record->event == GBX_EV_SPEC_MISS);
            break;
        case GBX_EV_SPEC_FAIL:
            this->fail_count++;
            break;
        case GBX_EV_SPEC_SUCCESS:
            this->success_count++;
            break;
        default:
            break;
    }
}

static void
accuse(gbx_why_report *report, const gbx_why_line *line)
{
    const gbx_trace *trace = report->timed->trace;
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->cpu_ns);
    if (verdict == NULL) {
        return;
    }
    bool names = line->bytes > line->count / 2;
    verdict->fault = names ? "global in a hot loop" : "polymorphic site";
    verdict->basis = GBX_WHY_ESTIMATED;
    snprintf(verdict->sentence, sizeof(verdict->sentence), names
             ? "names are added to the module while this line looks its own up: each time the places that the line "
               "remembers are no longer good. Keep what changes in a dictionary of its own, and what is looked up in "
               "local variables"
             : "this line meets other kinds of operands than its instructions were specialized for, again and again: "
             "sort or split the data by type, or give the types one class");
    gbx_why_prove(verdict, trace, line->first, line->count, "guards that failed, %.1f ns each, as measured here",
                  gbx_why_ratio(line->ns, (double)line->count));
    if (line->other > 0) {
        gbx_why_prove(verdict, trace, gbx_why_next(trace, line->first, GBX_EV_SPEC_DEOPT), line->other,
                      "times given up, to be specialized anew");
    }
}

static void
finish(void *of, gbx_why_report *report)
{
    state *this = of;
    gbx_why_cost *cost = report->cost;
    cost->basis = GBX_WHY_ESTIMATED;
    cost->ns = this->ns;
    gbx_why_say(cost, "spec.miss", this->miss_count);
    if (report->timed != NULL) {
        gbx_why_lines(&this->misses, report->timed->trace);
    }
    for (size_t i = 0; i < this->misses.count && i < 3 && this->misses.items[i].count > 0; i++) {
        accuse(report, &this->misses.items[i]);
    }
    gbx_why_names_finish(&this->names, report);
    gbx_why_say(cost, "spec.deopt", this->deopt_count);
    gbx_why_say(cost, "spec.fail", this->fail_count);
    gbx_why_say(cost, "spec.success", this->success_count);
    cost->share = gbx_why_ratio(cost->ns, report->cpu_ns);
}

static void
clear(void *of)
{
    state *this = of;
    gbx_why_tally_clear(&this->misses);
    gbx_why_names_clear(&this->names);
}

const gbx_why_column gbx_why_column_spec = {
    .key = "spec", .part = GBX_WHY_BYTECODE,
    .question = "do its instructions settle on one kind of operand, and its names on one place?",
    .timed = GBX_MASK(SPEC), .counted = GBX_MASK(REF),
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
