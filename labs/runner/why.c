/* Why: walks the recordings once each for all columns, and decides what is a fault.  See why.h. */

#include "why_walk.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const gbx_why_column *const columns[] = {
    &gbx_why_column_import,
    &gbx_why_column_compile,
    &gbx_why_column_spec,
    &gbx_why_column_ref,
    &gbx_why_column_gil,
    &gbx_why_column_aio,
    &gbx_why_column_alloc,
    &gbx_why_column_gc,
    &gbx_why_column_buf,
    &gbx_why_column_c,
};

#define COLUMNS (sizeof(columns) / sizeof(columns[0]))
#define NEAR_SHARE 0.02              /* of what is no fault, what a reader may still want to know */

struct gbx_why {
    gbx_why_input input;
    gbx_why_cost costs[COLUMNS];
    gbx_why_verdict *verdicts;       /* the dearest first; faults before what only came near */
    size_t count, room, faults;
    gbx_why_function functions[GBX_WHY_FUNCTIONS];
    size_t function_count;
    double own_ns, cpu_ns, timed_ns, startup_ns;
};

typedef struct {
    void *states[COLUMNS];
} listeners;

/* --------------------------------------------------------------------- the walks */

static void
tell(void *with, gbx_why_walk *walk, const gbx_entry *entry, unsigned klass)
{
    listeners *all = with;
    for (size_t i = 0; i < COLUMNS; i++) {
        uint32_t wanted = (walk->timed ? columns[i]->timed : 0) | (walk->counted ? columns[i]->counted : 0);
        if (wanted & 1u << klass) {
            columns[i]->event(all->states[i], walk, entry);
        }
    }
}

static bool
begin_columns(listeners *all)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        all->states[i] = calloc(1, columns[i]->state_size);
        if (all->states[i] == NULL) {
            return false;
        }
    }
    return true;
}

static void
clear_columns(listeners *all)
{
    for (size_t i = 0; i < COLUMNS; i++) {
        if (all->states[i] != NULL) {
            columns[i]->clear(all->states[i]);
            free(all->states[i]);
        }
    }
}

/* ------------------------------------------------------------------- the report */

/* What the program took by itself: the run without recording, less what came before its first line. */
static void
find_times(gbx_why *why, const gbx_why_walk *timed, const gbx_why_walk *counted)
{
    const gbx_why_walk *walk = timed != NULL ? timed : counted;
    uint64_t end_ns = walk == NULL ? 0 : walk->end_ns;
    if (walk != NULL && walk->trace == why->input.timed && why->input.timed_wall_ns > end_ns) {
        end_ns = why->input.timed_wall_ns;       /* a program may do much without an event */
    }
    why->timed_ns = walk == NULL ? 0 : (double)(end_ns - walk->begin_ns);
    why->startup_ns = walk == NULL ? 0 : (double)walk->begin_ns;
    why->own_ns = why->timed_ns;
    if ((double)why->input.wall_ns > why->startup_ns) {
        why->own_ns = (double)why->input.wall_ns - why->startup_ns;
    }
    why->cpu_ns = why->own_ns;
    if (why->input.cpu_ns > 0 && why->input.wall_ns > 0) {
        why->cpu_ns = (double)why->input.cpu_ns * why->own_ns / (double)why->input.wall_ns;
    }
}

static uint32_t
recorded(const gbx_trace *trace)
{
    return trace == NULL ? 0 : gbx_trace_mask(trace);
}

static bool
has_prices(const gbx_why_prices *prices)
{
#define X(name, what) if (prices->name > 0) { return true; }
    GBX_WHY_PRICES(X)
#undef X
    return false;
}

/* An estimate may come to more than there was, since prices are means: then it was all of it.  What was measured
   may too, where several threads wait at once: then the time stays, and the share is the whole. */
static void
bound(gbx_why_basis basis, double *ns, double *share)
{
    if (*share > 1) {
        *ns = basis == GBX_WHY_ESTIMATED ? *ns / *share : *ns;
        *share = 1;
    }
}

static bool
finish_columns(gbx_why *why, listeners *all, const gbx_why_walk *timed, const gbx_why_walk *counted)
{
    find_times(why, timed, counted);
    bool priced = has_prices(&why->input.prices);
    for (unsigned i = 0; i < COLUMNS; i++) {
        gbx_why_report report = { .cost = &why->costs[i], .input = &why->input, .timed = timed,
                                  .counted = counted, .own_ns = why->own_ns,
                                  .cpu_ns = why->cpu_ns, .timed_ns = why->timed_ns,
                                  .why = why, .column = i };
        if ((recorded(why->input.timed) & columns[i]->timed) == 0
                && (recorded(why->input.counted) & columns[i]->counted) == 0) {
            snprintf(report.cost->why, sizeof(report.cost->why), "none of its events were recorded");
            continue;
        }
        report.cost->basis = GBX_WHY_MEASURED;
        columns[i]->finish(all->states[i], &report);
        if (report.cost->basis == GBX_WHY_ESTIMATED && !priced) {
            snprintf(report.cost->why, sizeof(report.cost->why), "what these cost was not measured");
        }
        if (report.failed) {
            return false;
        }
        if (report.cost->basis == GBX_WHY_ESTIMATED) {
            bound(GBX_WHY_ESTIMATED, &report.cost->ns, &report.cost->share);
        }
    }
    return true;
}

gbx_why_verdict *
gbx_why_accuse(gbx_why_report *report, const gbx_why_line *line, double ns, double of_ns)
{
    gbx_why *why = report->why;
    if (gbx_why_is_library(report->timed != NULL ? report->timed : report->counted, line->file)) {
        return NULL;
    }
    if (why->count == why->room) {
        size_t room = why->room == 0 ? 16 : why->room * 2;
        gbx_why_verdict *more = realloc(why->verdicts, room * sizeof(*more));
        if (more == NULL) {
            report->failed = true;
            return NULL;
        }
        why->verdicts = more;
        why->room = room;
    }
    gbx_why_verdict *verdict = &why->verdicts[why->count++];
    *verdict = (gbx_why_verdict){ .column = report->column, .fault = "", .file = line->file,
                                  .function = line->function, .line = line->line, .ns = ns,
                                  .share = gbx_why_ratio(ns, of_ns), .basis = GBX_WHY_MEASURED,
                                  .times = line->count };
    return verdict;
}

void
gbx_why_prove(gbx_why_verdict *verdict, const gbx_trace *trace, size_t at, uint64_t records,
              const char *format, ...)
{
    if (verdict == NULL || trace == NULL || verdict->evidence_count == GBX_WHY_EVIDENCE) {
        return;
    }
    gbx_why_evidence *evidence = &verdict->evidence[verdict->evidence_count++];
    *evidence = (gbx_why_evidence){ .trace = trace, .at = at, .records = records };
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(evidence->text, sizeof(evidence->text), format, arguments);
    va_end(arguments);
}

size_t
gbx_why_next(const gbx_trace *trace, size_t from, uint8_t event)
{
    gbx_cursor now;
    for (bool more = gbx_trace_seek(trace, from, &now); more; more = gbx_trace_next(&now)) {
        if (now.entry.record->event == event) {
            return now.at;
        }
    }
    return from;
}

void
gbx_why_say(gbx_why_cost *cost, const char *name, uint64_t number)
{
    if (cost->count < GBX_WHY_COUNTS) {
        gbx_why_count *count = &cost->counts[cost->count++];
        snprintf(count->name, sizeof(count->name), "%s", name);
        count->number = number;
    }
}

/* ------------------------------------------------------------------ the decision */

static bool
is_fault(const gbx_why_verdict *verdict)
{
    return verdict->share >= GBX_WHY_SHARE && verdict->ns >= GBX_WHY_LEAST_NS && verdict->evidence_count > 0;
}

static int
dearest_first(const void *a, const void *b)
{
    const gbx_why_verdict *x = a, *y = b;
    int faults = (int)is_fault(y) - (int)is_fault(x);
    if (faults != 0) {
        return faults;
    }
    if (x->share != y->share) {
        return x->share < y->share ? 1 : -1;
    }
    return x->column != y->column ? (x->column > y->column) - (x->column < y->column)
        : (x->line > y->line) - (x->line < y->line);
}

static void
decide(gbx_why *why)
{
    size_t kept = 0;
    for (size_t i = 0; i < why->count; i++) {
        bound(why->verdicts[i].basis, &why->verdicts[i].ns, &why->verdicts[i].share);
        if (is_fault(&why->verdicts[i]) || why->verdicts[i].share >= NEAR_SHARE) {
            why->verdicts[kept++] = why->verdicts[i];
        }
    }
    why->count = kept;
    if (kept > 0) {
        qsort(why->verdicts, kept, sizeof(*why->verdicts), dearest_first);
    }
    while (why->faults < kept && is_fault(&why->verdicts[why->faults])) {
        why->faults++;
    }
}

/* --------------------------------------------------------------------- functions */

static void
find_functions(gbx_why *why, gbx_why_walk *timed)
{
    double all_ns = 0;
    gbx_why_lines_of_functions(&timed->functions, timed->trace);
    for (size_t i = 0; i < timed->functions.count; i++) {
        all_ns += timed->functions.items[i].ns;
    }
    for (size_t i = 0; i < timed->functions.count && i < GBX_WHY_FUNCTIONS; i++) {
        const gbx_why_line *of = &timed->functions.items[i];
        if (of->ns < GBX_WHY_LEAST_NS) {
            break;
        }
        why->functions[why->function_count++] = (gbx_why_function){
            .file = of->file, .function = of->function, .line = of->line, .ns = of->ns,
            .share = gbx_why_ratio(of->ns, all_ns), .calls = of->count };
    }
}

/* ----------------------------------------------------------------------- explain */

/* Walk over one recording; without it there is nothing to do. */
static bool
walk_over(gbx_why_walk *walk, gbx_why *why, const gbx_trace *trace, listeners *all)
{
    return trace == NULL
        || (gbx_why_walk_begin(walk, &why->input, trace) && gbx_why_walk_all(walk, tell, all));
}

int
gbx_why_explain(gbx_why **out, const gbx_why_input *input, gbx_error *error)
{
    listeners all = { .states = { NULL } };
    gbx_why_walk timed = { .trace = NULL }, counted = { .trace = NULL };
    const gbx_trace *other = input->counted == input->timed ? NULL : input->counted;
    gbx_why *why = calloc(1, sizeof(*why));
    bool done = why != NULL && begin_columns(&all);
    *out = NULL;
    if (done) {
        why->input = *input;
        done = walk_over(&timed, why, input->timed, &all) && walk_over(&counted, why, other, &all)
            && finish_columns(why, &all, input->timed == NULL ? NULL : &timed,
                              other != NULL ? &counted : input->counted == NULL ? NULL : &timed);
    }
    if (done && timed.trace != NULL) {
        find_functions(why, &timed);
    }
    gbx_why_walk_clear(&timed);
    gbx_why_walk_clear(&counted);
    clear_columns(&all);
    if (!done) {
        gbx_why_free(why);
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    decide(why);
    *out = why;
    return 0;
}

void
gbx_why_free(gbx_why *why)
{
    if (why != NULL) {
        free(why->verdicts);
        free(why);
    }
}

/* ------------------------------------------------------------------ what it says */

size_t
gbx_why_column_count(void)
{
    return COLUMNS;
}

const char *
gbx_why_column_key(size_t column)
{
    return columns[column]->key;
}

const char *
gbx_why_column_question(size_t column)
{
    return columns[column]->question;
}

gbx_why_part
gbx_why_column_part(size_t column)
{
    return columns[column]->part;
}

const gbx_why_cost *
gbx_why_column_cost(const gbx_why *why, size_t column)
{
    return &why->costs[column];
}

size_t
gbx_why_verdicts(const gbx_why *why)
{
    return why->faults;
}

const gbx_why_verdict *
gbx_why_verdict_at(const gbx_why *why, size_t index)
{
    return &why->verdicts[index];
}

size_t
gbx_why_functions(const gbx_why *why)
{
    return why->function_count;
}

const gbx_why_function *
gbx_why_function_at(const gbx_why *why, size_t index)
{
    return &why->functions[index];
}

size_t
gbx_why_near(const gbx_why *why)
{
    return why->count - why->faults;
}

const gbx_why_verdict *
gbx_why_near_at(const gbx_why *why, size_t index)
{
    return &why->verdicts[why->faults + index];
}

const gbx_trace *
gbx_why_timed(const gbx_why *why)
{
    return why->input.timed;
}

const gbx_trace *
gbx_why_counted(const gbx_why *why)
{
    return why->input.counted;
}

double
gbx_why_own_ns(const gbx_why *why)
{
    return why->own_ns;
}

double
gbx_why_startup_ns(const gbx_why *why)
{
    return why->startup_ns;
}

const char *
gbx_why_part_name(gbx_why_part part)
{
    static const char *const names[] = { "source", "AST", "bytecode", "eval loop", "C function",
                                         "system call, GPU" };
    return (unsigned)part < sizeof(names) / sizeof(names[0]) ? names[part] : "?";
}

const char *
gbx_why_basis_name(gbx_why_basis basis)
{
    static const char *const names[] = { "not recorded", "measured", "estimated" };
    return (unsigned)basis < sizeof(names) / sizeof(names[0]) ? names[basis] : "?";
}

double
gbx_why_copy_price(const gbx_why_prices *prices, double bytes)
{
    return bytes < 16384 ? prices->copy_4k : bytes < 262144 ? prices->copy_64k
        : bytes < 4194304 ? prices->copy_1m : prices->copy_16m;
}

double
gbx_why_grow_price(const gbx_why_prices *prices, double bytes)
{
    return bytes < 16384 ? prices->grow_4k : bytes < 131072 ? prices->grow_64k
        : bytes < 524288 ? prices->grow_256k : prices->grow_1m;
}
