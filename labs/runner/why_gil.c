/* Column gil: what threads waited for the lock after they had asked for it.

   A wait counts for a fault where the thread had to send for the lock (gil.timeout: the switch interval went
   by): a hand-off between two threads that both wait most of the time is short, and is no fault.  Its line is the
   one at which the waiter had let go of the lock: it came back, and others had it.  Who held it, the release
   says that ended the wait. */

#include "why_internal.h"

#include <stdlib.h>
#include <string.h>

#define LOCKS 16u                /* of interpreters, that a holder is remembered of */

typedef struct {
    gbx_why_place let_go;        /* where it let go last */
    size_t at;                   /* position of its request */
    uint64_t asked_ns;
    bool waits, had_to_send, was_asked;
    bool behind;                 /* another one had the lock when it asked */
} waiter;

typedef struct {
    waiter *waiters;             /* by stream */
    gbx_why_tally lines;         /* count: long waits; other: how many after it was asked to let go */
    gbx_why_tally holders;       /* ns: that others waited for who let go here in the end */
    gbx_why_place ended[LOCKS];  /* by lock: where the last hold ended */
    bool held[LOCKS];
    uint64_t waits, timeouts, longest_ns;
    double ns;
} state;

static waiter *
waiter_of(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    if (this->waiters == NULL) {
        this->waiters = calloc(gbx_trace_stream_count(walk->trace) + 1, sizeof(*this->waiters));
    }
    if (this->waiters == NULL) {
        walk->failed = true;
        return NULL;
    }
    return &this->waiters[entry->stream];
}

static void
hear_release(state *this, gbx_why_walk *walk, const gbx_entry *entry, waiter *who)
{
    const gbx_gil_release *release = (const void *)entry->record;
    who->let_go = gbx_why_own(walk, entry, release->code, release->h.arg);
    who->was_asked = release->h.flags == GBX_RELEASE_ASKED;
    this->ended[release->lock % LOCKS] = who->let_go;
    this->held[release->lock % LOCKS] = false;
}

static void
add(state *this, gbx_why_walk *walk, const waiter *who, uint32_t lock, double ns)
{
    gbx_why_line *line = gbx_why_tally_at(&this->lines, who->let_go, who->at);
    gbx_why_line *holder = gbx_why_tally_at(&this->holders, this->ended[lock % LOCKS], walk->at);
    if (line == NULL || holder == NULL) {
        walk->failed = true;
        return;
    }
    line->count++;
    line->other += who->was_asked;
    line->ns += ns;
    holder->ns += ns;
}

static void
hear_acquire(state *this, gbx_why_walk *walk, const gbx_entry *entry, waiter *who)
{
    const gbx_gil_acquire *acquire = (const void *)entry->record;
    this->held[acquire->lock % LOCKS] = true;
    if (!who->waits || !who->behind) {
        who->waits = false;
        return;
    }
    uint64_t ns = entry->t_ns > who->asked_ns ? entry->t_ns - who->asked_ns : 0;
    who->waits = false;
    this->waits++;
    this->ns += (double)ns;
    this->longest_ns = ns > this->longest_ns ? ns : this->longest_ns;
    if (who->had_to_send) {
        add(this, walk, who, acquire->lock, (double)ns);
    }
}

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    state *this = of;
    waiter *who = walk->timed ? waiter_of(this, walk, entry) : NULL;
    if (who == NULL) {
        return;
    }
    switch (entry->record->event) {
        case GBX_EV_GIL_RELEASE:
            hear_release(this, walk, entry, who);
            break;
        case GBX_EV_GIL_REQUEST:
            *who = (waiter){ .behind = this->held[((const gbx_gil *)(const void *)entry->record)->lock % LOCKS],
                             .let_go = who->let_go, .was_asked = who->was_asked, .waits = true,
                             .asked_ns = entry->t_ns, .at = walk->at };
            break;
        case GBX_EV_GIL_TIMEOUT:
            this->timeouts++;
            who->had_to_send = true;
            break;
        case GBX_EV_GIL_ACQUIRE: case GBX_EV_GIL_HELD:
            hear_acquire(this, walk, entry, who);
            break;
        default:
            break;
    }
}

/* ---------------------------------------------------------------------- verdict */

static void
name_holder(const state *this, gbx_why_verdict *verdict)
{
    const gbx_why_line *holder = this->holders.count > 0 ? &this->holders.items[0] : NULL;
    const char *slash = holder == NULL ? NULL : strrchr(holder->file, '/');
    if (holder != NULL) {
        size_t used = strlen(verdict->sentence);
        snprintf(verdict->sentence + used, sizeof(verdict->sentence) - used,
                 "; it was held most at %s:%d in %s", slash == NULL ? holder->file : slash + 1, holder->line,
                 holder->function);
    }
}

static void
accuse(const state *this, gbx_why_report *report, const gbx_why_line *line)
{
    char text[32];
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->timed_ns);
    if (verdict == NULL) {
        return;
    }
    bool turns = line->other > line->count / 2;
    verdict->fault = turns ? "threads that take turns" : "convoy behind a busy thread";
    snprintf(verdict->sentence, sizeof(verdict->sentence), turns
             ? "this line computes in several threads, of which one runs at a time: use processes, subinterpreters or "
               "the build without the lock"
             : "this line lets go of the lock to wait for something, and gets it back a switch interval later: move "
               "what computes into another process, or shorten sys.setswitchinterval()");
    name_holder(this, verdict);
    gbx_why_prove(verdict, report->timed->trace, line->first, line->count,
                  "waits that had to send for the lock, %s each",
                  gbx_why_time(gbx_why_ratio(line->ns, (double)line->count), text, sizeof(text)));
}

static void
finish(void *of, gbx_why_report *report)
{
    state *this = of;
    gbx_why_cost *cost = report->cost;
    if (report->timed == NULL) {
        return;
    }
    cost->ns = this->ns;
    cost->share = gbx_why_ratio(cost->ns, report->timed_ns);
    gbx_why_say(cost, "waits", this->waits);
    gbx_why_say(cost, "gil.timeout", this->timeouts);
    gbx_why_say(cost, "longest, us", this->longest_ns / 1000);
    gbx_why_lines(&this->lines, report->timed->trace);
    gbx_why_lines(&this->holders, report->timed->trace);
    for (size_t i = 0; i < this->lines.count && i < 3; i++) {
        accuse(this, report, &this->lines.items[i]);
    }
}

static void
clear(void *of)
{
    state *this = of;
    free(this->waiters);
    gbx_why_tally_clear(&this->lines);
    gbx_why_tally_clear(&this->holders);
}

const gbx_why_column gbx_why_column_gil = {
    .key = "gil", .part = GBX_WHY_EVAL,
    .question = "who waits for the lock, and for whom?",
    .timed = GBX_MASK(GIL), .counted = 0,
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
