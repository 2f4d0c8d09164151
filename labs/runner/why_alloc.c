/* Column alloc: what the allocator was asked for, strings that are put together anew each time, and memory that
   comes from the system and goes back, again and again.

   The last is told by a model: the process keeps what it had at most, but for what the C library gives back when
   more than GIVEN_BACK of it is free.  What it has to get beyond that comes page by page, cleared by the
   system, and costs what fresh memory costs here; of all lines together no more than the program spent in
   the system.  Getting what stays is no fault, so a line's own peak is taken off. */

#include "why_copies.h"

#include <stdlib.h>
#include <string.h>

#define GIVEN_BACK (1u << 20)

typedef struct {
    gbx_why_tally fresh;         /* by line: bytes got from the system; other: alive at most; count: of blocks;
                                    ns: of those that the collector freed, later their cost */
    uint64_t *live;              /* beside fresh.items: bytes alive now */
    size_t room;
    uint64_t now, held;          /* bytes in use, and held */
    gbx_why_copies strings;
    uint64_t blocks, large, arenas;
} state;

static uint64_t *
live_of(state *this, const gbx_why_line *line)
{
    if (this->room < this->fresh.room) {
        uint64_t *more = realloc(this->live, this->fresh.room * sizeof(*more));
        if (more == NULL) {
            return NULL;
        }
        memset(more + this->room, 0, (this->fresh.room - this->room) * sizeof(*more));
        this->live = more;
        this->room = this->fresh.room;
    }
    return &this->live[line - this->fresh.items];
}

static void
come(state *this, gbx_why_walk *walk, gbx_why_place place, uint64_t bytes)
{
    gbx_why_line *line = gbx_why_tally_at(&this->fresh, place, walk->at);
    uint64_t *live = line == NULL ? NULL : live_of(this, line);
    if (live == NULL) {
        walk->failed = true;
        return;
    }
    this->now += bytes;
    if (this->now > this->held) {
        line->bytes += this->now - this->held;
        this->held = this->now;
    }
    line->count++;
    *live += bytes;
    line->other = *live > line->other ? *live : line->other;
}

static void
go(state *this, gbx_why_walk *walk, gbx_why_place place, uint64_t bytes)
{
    gbx_why_line *line = gbx_why_tally_at(&this->fresh, place, walk->at);
    uint64_t *live = line == NULL ? NULL : live_of(this, line);
    if (live == NULL) {
        walk->failed = true;
        return;
    }
    *live -= bytes < *live ? bytes : *live;
    line->ns += gbx_why_memory_collecting(walk->memory);
    this->now -= bytes < this->now ? bytes : this->now;
    if (this->held - this->now > GIVEN_BACK) {
        this->held = this->now;
    }
}

static void
hear_block(state *this, gbx_why_walk *walk, const gbx_why_thing *thing, bool born)
{
    gbx_why_place place = { thing->process, thing->code, thing->offset };
    if (born) {
        come(this, walk, place, thing->bytes);
    }
    else {
        go(this, walk, place, thing->bytes);
    }
}

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    state *this = of;
    const gbx_arena *arena = (const void *)entry->record;
    if (!walk->counted || walk->memory == NULL) {
        return;
    }
    gbx_why_copies_event(&this->strings, walk, entry, gbx_why_is_string);
    const gbx_why_thing *born = gbx_why_memory_born(walk->memory), *died = gbx_why_memory_died(walk->memory);
    if (died != NULL && died->block) {
        hear_block(this, walk, died, false);
    }
    if (born != NULL && born->block && !walk->ends) {
        hear_block(this, walk, born, true);
        this->large++;
    }
    uint32_t process = gbx_trace_stream(walk->trace, entry->stream)->process;
    switch (entry->record->event) {
        case GBX_EV_ARENA_NEW:
            this->arenas++;
            come(this, walk, (gbx_why_place){ process, arena->code, arena->h.arg }, 1u << 20);
            break;
        case GBX_EV_ARENA_FREE:
            go(this, walk, (gbx_why_place){ process, arena->code, arena->h.arg }, 1u << 20);
            break;
        case GBX_EV_BLOCK_ALLOC:
            this->blocks++;
            break;
        default:
            break;
    }
}

/* ----------------------------------------------------------------------- verdict */

/* Estimates, in ns, for the bytes that a line got again; returns the sum, which is at most the system's time. */
static double
price_fresh(state *this, const gbx_why_report *report)
{
    double sum = 0, most = (double)report->input->system_ns;
    for (size_t i = 0; i < this->fresh.count; i++) {
        gbx_why_line *line = &this->fresh.items[i];
        bool waited = line->ns > (double)line->count / 2;        /* then column gc tells of it */
        uint64_t again = !waited && line->bytes > line->other ? line->bytes - line->other : 0;
        line->ns = (double)again * report->input->prices.fresh;
        sum += line->ns;
    }
    double scale = most > 0 && sum > most ? most / sum : 1;
    for (size_t i = 0; i < this->fresh.count; i++) {
        this->fresh.items[i].ns *= scale;
    }
    return sum * scale;
}

static void
accuse_strings(state *this, gbx_why_report *report)
{
    char made[32], alive[32];
    for (size_t i = 0; i < this->strings.tally.count && i < 3; i++) {
        const gbx_why_line *line = &this->strings.tally.items[i];
        gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->cpu_ns);
        if (verdict != NULL) {
            verdict->fault = "string building";
            verdict->basis = GBX_WHY_ESTIMATED;
            snprintf(verdict->sentence, sizeof(verdict->sentence),
                     "a text is made anew from all of the one before, each time: collect the pieces in a list and "
                     "join them once, or write them to an io.StringIO");
            gbx_why_prove(verdict, report->counted->trace, line->first, line->count,
                          "strings made here: %s, of which never more than %s were alive",
                          gbx_why_size((double)line->bytes, made, sizeof(made)),
                          gbx_why_size((double)line->other, alive, sizeof(alive)));
        }
    }
}

static void
accuse_fresh(state *this, gbx_why_report *report)
{
    char made[32], alive[32];
    for (size_t i = 0; i < this->fresh.count && i < 3; i++) {
        const gbx_why_line *line = &this->fresh.items[i];
        gbx_why_verdict *verdict = line->ns <= 0 ? NULL : gbx_why_accuse(report, line, line->ns, report->cpu_ns);
        if (verdict != NULL) {
            verdict->fault = "memory that comes and goes";
            verdict->basis = GBX_WHY_ESTIMATED;
            snprintf(verdict->sentence, sizeof(verdict->sentence),
                     "much is made here at once, let go of, and made again, and the memory goes to the system and "
                     "comes back each time: take one piece after the other (a generator), or keep what is made");
            gbx_why_prove(verdict, report->counted->trace, line->first, line->count,
                          "large blocks and arenas: %s from the system, of which %s were in use at most",
                          gbx_why_size((double)line->bytes, made, sizeof(made)),
                          gbx_why_size((double)line->other, alive, sizeof(alive)));
        }
    }
}

static void
finish(void *of, gbx_why_report *report)
{
    state *this = of;
    gbx_why_cost *cost = report->cost;
    if (report->counted == NULL) {
        return;
    }
    gbx_why_copies_finish(&this->strings, report->counted->trace);
    cost->basis = GBX_WHY_ESTIMATED;
    cost->ns = price_fresh(this, report) + this->strings.ns
        + (double)(this->blocks + this->large) * report->input->prices.block;
    cost->share = gbx_why_ratio(cost->ns, report->cpu_ns);
    gbx_why_say(cost, "blocks", this->blocks);
    gbx_why_say(cost, "large blocks", this->large);
    gbx_why_say(cost, "arenas", this->arenas);
    gbx_why_lines(&this->fresh, report->counted->trace);
    accuse_strings(this, report);
    accuse_fresh(this, report);
}

static void
clear(void *of)
{
    state *this = of;
    gbx_why_tally_clear(&this->fresh);
    gbx_why_copies_clear(&this->strings);
    free(this->live);
}

const gbx_why_column gbx_why_column_alloc = {
    .key = "alloc", .part = GBX_WHY_C,
    .question = "what is asked of the allocator, and how often is the same made again?",
    .timed = 0, .counted = GBX_MASK(ALLOC) | GBX_MASK(OBJ),
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
