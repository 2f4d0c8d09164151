/* Column aio: an event loop that stands still, because one callback, or one step of a task, takes long while
   others are ready or timers wait.

   Long is more than STALL_NS, the interval after which a thread would be made to let others run; a coroutine is
   never made to.  A line that is quick most of the time has no fault: the processor was taken away from it.  Of
   a stall, the line is that of the innermost coroutine at which most of the time went by: where it called what
   does not await. */

#include "why_internal.h"

#include <string.h>

#define STALL_NS    5000000u
#define PLACES      24u          /* lines of one step that are told apart */

typedef struct {
    gbx_why_place place;
    uint64_t ns;
    size_t at;
} part;

typedef struct {
    bool runs;                   /* a handle does */
    uint32_t stream;
    uint64_t began_ns, last_ns;
    size_t at;
    gbx_why_place here;          /* since last_ns */
    size_t here_at;
    part parts[PLACES];
    size_t part_count;
} one_run;

typedef struct {
    one_run now;
    int64_t ready;               /* handles in the queue of the loop; below 0 where timers came to it unseen */
    uint32_t timers;             /* as the last round began */
    gbx_why_tally lines;         /* count: stalls; bytes: the longest; other: all runs that spent most of their
                                    time here */
    uint64_t iterations, runs, stalls, longest_ns;
    double ns;
} state;

/* The innermost coroutine of the program's own; else what the walk says. */
static gbx_why_place
coroutine_here(gbx_why_walk *walk, const gbx_entry *entry)
{
    uint32_t process = gbx_trace_stream(walk->trace, entry->stream)->process;
    const gbx_why_stack *stack = &walk->stacks[entry->stream];
    for (size_t i = stack->depth < stack->room ? stack->depth : stack->room; i > 0; i--) {
        const gbx_why_frame *frame = &stack->frames[i - 1];
        const gbx_code_info *info = gbx_why_is_own(walk, process, frame->code)
            ? gbx_trace_code(walk->trace, process, frame->code) : NULL;
        if (info != NULL && info->flags & (0x80 | 0x200)) {      /* CO_COROUTINE, CO_ASYNC_GENERATOR */
            return (gbx_why_place){ process, frame->code, frame->offset };
        }
    }
    return gbx_why_here(walk, entry);
}

static void
pass_time(one_run *now, uint64_t t_ns)
{
    uint64_t ns = t_ns > now->last_ns ? t_ns - now->last_ns : 0;
    size_t i = 0;
    now->last_ns = t_ns > now->last_ns ? t_ns : now->last_ns;
    while (i < now->part_count && memcmp(&now->parts[i].place, &now->here, sizeof(now->here)) != 0) {
        i++;
    }
    if (i == now->part_count && i < PLACES) {
        now->parts[now->part_count++] = (part){ now->here, 0, now->here_at };
    }
    if (i < PLACES) {
        now->parts[i].ns += ns;
    }
}

static void
set_here(one_run *now, gbx_why_place place, size_t at)
{
    memset(&now->here, 0, sizeof(now->here));    /* compared as bytes */
    now->here.process = place.process;
    now->here.code = place.code;
    now->here.offset = place.offset;
    now->here_at = at;
}

static void
begin_run(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    this->runs++;
    this->ready--;
    this->now = (one_run){ .runs = true, .stream = entry->stream, .began_ns = entry->t_ns, .last_ns = entry->t_ns,
                           .at = walk->at };
    set_here(&this->now, coroutine_here(walk, entry), walk->at);
}

static void
end_run(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    one_run *now = &this->now;
    uint64_t ns = entry->t_ns > now->began_ns ? entry->t_ns - now->began_ns : 0;
    if (!now->runs || now->stream != entry->stream) {
        return;
    }
    pass_time(now, entry->t_ns);
    now->runs = false;
    this->longest_ns = ns > this->longest_ns ? ns : this->longest_ns;
    const part *most = &now->parts[0];
    for (size_t i = 1; i < now->part_count; i++) {
        most = now->parts[i].ns > most->ns ? &now->parts[i] : most;
    }
    gbx_why_line *line = gbx_why_tally_at(&this->lines, most->place, now->at);
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    line->other++;
    if (ns < STALL_NS || (this->ready <= 0 && this->timers == 0)) {
        return;
    }
    line->count++;
    line->ns += (double)ns;
    line->bytes = ns > line->bytes ? ns : line->bytes;
    this->stalls++;
    this->ns += (double)ns;
}

static void
hear_loop(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    const gbx_aio_iteration *iteration = (const void *)entry->record;
    switch (entry->record->event) {
        case GBX_EV_AIO_ITERATION_BEGIN:
            this->iterations++;
            this->ready = iteration->ready;
            this->timers = iteration->timers;
            break;
        case GBX_EV_AIO_CALL_SOON: case GBX_EV_AIO_READY:
            this->ready++;
            break;
        case GBX_EV_AIO_RUN_BEGIN:
            begin_run(this, walk, entry);
            break;
        case GBX_EV_AIO_RUN_END:
            end_run(this, walk, entry);
            break;
        default:
            break;
    }
}

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    state *this = of;
    if (!walk->timed) {
        return;
    }
    if (gbx_event_class(entry->record->event) == GBX_CLASS_AIO) {
        hear_loop(this, walk, entry);
    }
    if (this->now.runs && this->now.stream == entry->stream) {
        pass_time(&this->now, entry->t_ns);
        set_here(&this->now, coroutine_here(walk, entry), walk->at);
    }
}

static void
accuse(gbx_why_report *report, const gbx_why_line *line)
{
    char text[32];
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->timed_ns);
    if (verdict == NULL) {
        return;
    }
    verdict->fault = "blocked event loop";
    snprintf(verdict->sentence, sizeof(verdict->sentence),
             "the loop stands still while this line runs, and all other tasks with it: await something that does not "
             "block, or hand it to a thread (asyncio.to_thread)");
    gbx_why_prove(verdict, report->timed->trace, line->first, line->count,
                  "steps of more than %u ms while others were ready, the longest %s",
                  STALL_NS / 1000000, gbx_why_time((double)line->bytes, text, sizeof(text)));
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
    gbx_why_say(cost, "stalls", this->stalls);
    gbx_why_say(cost, "rounds of the loop", this->iterations);
    gbx_why_say(cost, "callbacks", this->runs);
    gbx_why_say(cost, "longest, us", this->longest_ns / 1000);
    gbx_why_lines(&this->lines, report->timed->trace);
    for (size_t i = 0; i < this->lines.count && i < 3; i++) {
        if (this->lines.items[i].count > 0 && 2 * this->lines.items[i].count >= this->lines.items[i].other) {
            accuse(report, &this->lines.items[i]);
        }
    }
}

static void
clear(void *of)
{
    state *this = of;
    gbx_why_tally_clear(&this->lines);
}

const gbx_why_column gbx_why_column_aio = {
    .key = "aio", .part = GBX_WHY_EVAL,
    .question = "does the event loop stand still?",
    .timed = GBX_MASK(AIO) | GBX_MASK(FRAME) | GBX_MASK(GIL), .counted = 0,
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
