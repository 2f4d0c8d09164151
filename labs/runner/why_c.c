/* Column c: time in C functions that let go of the lock: to wait for the system or a device, or to compute
   without it.

   Of all that time, that counts in which no thread of the process ran Python: then the program as a whole stood
   still.  That is no fault in itself: who reads a file waits for it.  The sign of a fault is that the same line
   waits again and again, a little each time, for what it could have waited for once: a device that is asked
   after each item, a sleep in a loop, a disk that is flushed for each line.  So the C functions that move data
   do not count for it, those that only wait do, where nothing else of the program waits at the same time; and
   those that move data do where they are called so often for so little that the call is what costs; of a
   library of a GPU all do.  And it is the program's own line that calls them: a library that waits (an event
   loop, a queue) does it for others. */

#include "why_internal.h"

#include "images.h"
#include "symbols.h"

#include <stdlib.h>
#include <string.h>

#define PER_ITEM   100u          /* waits at one line: fewer are no loop to speak of */
#define PER_LITTLE 10000u        /* calls at one line that move data, */
#define LITTLE_NS  20000u        /* and take no longer than this each, on the average */
#define PROCESSES  64u

typedef struct {
    gbx_why_place where;
    double alone_then;           /* of its process */
    uint64_t since_ns;
    size_t at;
    bool runs, outside, direct;
} thread_state;

typedef struct {
    uint64_t last_ns;
    uint32_t running, outside;
    uint32_t direct;             /* of those outside: whose own line called the C function */
    double idle;                 /* time in which nobody ran */
    double alone;                /* of that: in which one line alone waited */
} process_state;

typedef struct {
    thread_state *threads;       /* by stream */
    process_state processes[PROCESSES];
    gbx_why_tally lines;         /* count: times; bytes: ns outside; ns: of them alone; other: times that the line
                                    itself called the C function, and no library between */
    uint64_t times;
    double outside_ns;
} state;

/* The clock of a process: how long nobody has run. */
static process_state *
advance(state *this, uint32_t process, uint64_t t_ns)
{
    process_state *of = &this->processes[process % PROCESSES];
    if (t_ns > of->last_ns) {
        if (of->running == 0 && of->outside > 0 && of->last_ns > 0) {
            of->idle += (double)(t_ns - of->last_ns);
            of->alone += of->direct == 1 ? (double)(t_ns - of->last_ns) : 0;
        }
        of->last_ns = t_ns;
    }
    return of;
}

static void
stop_running(thread_state *thread, process_state *process)
{
    process->running -= thread->runs && process->running > 0;
    thread->runs = false;
}

static void
leave(gbx_why_walk *walk, const gbx_entry *entry, thread_state *thread, process_state *process)
{
    bool detach = entry->record->event == GBX_EV_DETACH;
    const gbx_gil_release *release = (const void *)entry->record;
    const gbx_detach *detached = (const void *)entry->record;
    uint8_t why = entry->record->flags;
    stop_running(thread, process);
    if (why == GBX_RELEASE_ASKED || why == GBX_RELEASE_STOP || why == GBX_RELEASE_EXIT || thread->outside) {
        return;                                  /* it wants to go on at once, or not at all */
    }
    uint32_t code = detach ? detached->code : release->code;
    thread->where = gbx_why_own(walk, entry, code, entry->record->arg);
    thread->direct = thread->where.code == code;
    thread->since_ns = entry->t_ns;
    thread->alone_then = process->alone;
    thread->at = walk->at;
    thread->outside = true;
    process->outside++;
    process->direct += thread->direct;
}

static void
come_back(state *this, gbx_why_walk *walk, const gbx_entry *entry, thread_state *thread, process_state *process)
{
    if (!thread->outside) {
        return;
    }
    gbx_why_line *line = gbx_why_tally_at(&this->lines, thread->where, thread->at);
    uint64_t ns = entry->t_ns > thread->since_ns ? entry->t_ns - thread->since_ns : 0;
    thread->outside = false;
    process->outside -= process->outside > 0;
    process->direct -= thread->direct && process->direct > 0;
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    line->count++;
    line->bytes += ns;
    line->ns += thread->direct ? process->alone - thread->alone_then : 0;
    line->other += thread->direct;
    this->times++;
    this->outside_ns += (double)ns;
}

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    state *this = of;
    if (!walk->timed) {
        return;
    }
    if (this->threads == NULL) {
        this->threads = calloc(gbx_trace_stream_count(walk->trace) + 1, sizeof(*this->threads));
        if (this->threads == NULL) {
            walk->failed = true;
            return;
        }
    }
    thread_state *thread = &this->threads[entry->stream];
    process_state *process = advance(this, gbx_trace_stream(walk->trace, entry->stream)->process, entry->t_ns);
    switch (entry->record->event) {
        case GBX_EV_GIL_RELEASE: case GBX_EV_DETACH:
            leave(walk, entry, thread, process);
            break;
        case GBX_EV_GIL_REQUEST:
            come_back(this, walk, entry, thread, process);
            break;
        case GBX_EV_GIL_ACQUIRE: case GBX_EV_GIL_HELD: case GBX_EV_ATTACH:
            come_back(this, walk, entry, thread, process);
            process->running += !thread->runs;
            thread->runs = true;
            break;
        default:
            break;
    }
}

/* ------------------------------------------------------------------ what it waits for */

typedef enum { MOVES_DATA, MOVES_LITTLE, ONLY_WAITS, DEVICE } kind;

/* Does the path name a library of a GPU, or of what drives one? */
static bool
is_device(const char *path)
{
    static const char *const libraries[] = { "libtorch", "libc10", "libcuda", "libnv", "libcupy", "libamdhip",
                                             "libhip", "jaxlib", "libtensorflow" };
    const char *slash = strrchr(path, '/'), *name = slash == NULL ? path : slash + 1;
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        if (strncmp(name, libraries[i], strlen(libraries[i])) == 0) {
            return true;
        }
    }
    return strstr(path, "/torch/") != NULL || strstr(path, "/cupy") != NULL || strstr(path, "/jaxlib/") != NULL;
}

/* A C function of CPython that does nothing but wait, or what it was inlined into. */
static bool
only_waits(const gbx_symbol *symbol)
{
    static const char *const names[] = { "sleep", "sync", "poll", "select", "wait", "sched_yield",
                                         "posix_fildes_fd" /* fsync and its like */ };
    for (size_t level = 0; level < symbol->depth; level++) {
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
            if (strstr(symbol->levels[level].function, names[i]) != NULL) {
                return true;
            }
        }
    }
    return false;
}

/* The address in the C function that let go, of a line's first event. */
static uint64_t
asked_by(const gbx_trace *trace, size_t at)
{
    const void *record = gbx_trace_record(trace, at);
    return gbx_trace_event(trace, at) == GBX_EV_GIL_RELEASE ? ((const gbx_gil_release *)record)->by
        : gbx_trace_event(trace, at) == GBX_EV_DETACH ? ((const gbx_detach *)record)->by : 0;
}

static kind
kind_of(gbx_symbols *symbols, const gbx_trace *trace, const gbx_why_line *line, char *function, size_t size)
{
    gbx_image image;
    gbx_symbol symbol;
    kind data = line->count >= PER_LITTLE && line->bytes / line->count <= LITTLE_NS ? MOVES_LITTLE : MOVES_DATA;
    uint64_t by = asked_by(trace, line->first);
    snprintf(function, size, "a C function");
    if (gbx_image_at(trace, line->place.process, by, &image) && is_device(image.path)) {
        const char *slash = strrchr(image.path, '/');
        snprintf(function, size, "a function of %s", slash == NULL ? image.path : slash + 1);
        return DEVICE;
    }
    if (symbols == NULL || !gbx_symbols_find_anywhere(symbols, trace, line->place.process, by, &symbol)) {
        return data;
    }
    snprintf(function, size, "%s()", gbx_symbol_asker(&symbol)->function);
    return only_waits(&symbol) ? ONLY_WAITS : data;
}

static void
accuse(gbx_why_report *report, const gbx_why_line *line, kind what, const char *function)
{
    char text[32];
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->timed_ns);
    if (verdict == NULL) {
        return;
    }
    verdict->fault = what == DEVICE ? "synchronization for each item"
        : what == MOVES_LITTLE ? "system call for each item" : "wait for each item";
    snprintf(verdict->sentence, sizeof(verdict->sentence), what == MOVES_LITTLE
             ? "each time this line asks the system for a little: let it have a buffer, and ask for much at once"
             : what == DEVICE ? "each time this line waits until the device has caught up, and then the "
               "device waits for the program: keep results on the device, and ask for them once"
             : "this line waits for each item anew: collect what is to be waited for, and wait for it once");
    gbx_why_prove(verdict, report->timed->trace, line->first, line->count,
                  "times outside the lock, %s each, in %s, while no thread of the program ran",
                  gbx_why_time(gbx_why_ratio(line->ns, (double)line->count), text, sizeof(text)), function);
}

static void
finish(void *of, gbx_why_report *report)
{
    state *this = of;
    gbx_why_cost *cost = report->cost;
    if (report->timed == NULL) {
        return;
    }
    for (size_t i = 0; i < PROCESSES; i++) {
        cost->ns += this->processes[i].idle;
    }
    cost->share = gbx_why_ratio(cost->ns, report->timed_ns);
    gbx_why_say(cost, "times outside the lock", this->times);
    gbx_why_say(cost, "ms outside", (uint64_t)(this->outside_ns / 1e6));
    gbx_why_lines(&this->lines, report->timed->trace);
    gbx_symbols *symbols = gbx_symbols_new();
    for (size_t i = 0; i < this->lines.count && i < 8; i++) {
        char function[200];
        const gbx_why_line *line = &this->lines.items[i];
        kind what = line->count < PER_ITEM || line->other <= line->count / 2 ? MOVES_DATA
            : kind_of(symbols, report->timed->trace, line, function, sizeof(function));
        if (what != MOVES_DATA) {
            accuse(report, line, what, function);
        }
    }
    gbx_symbols_free(symbols);
}

static void
clear(void *of)
{
    state *this = of;
    free(this->threads);
    gbx_why_tally_clear(&this->lines);
}

const gbx_why_column gbx_why_column_c = {
    .key = "c", .part = GBX_WHY_SYSTEM,
    .question = "what does it wait for outside Python?",
    .timed = GBX_MASK(GIL), .counted = 0,
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
