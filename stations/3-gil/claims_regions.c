/* Claim 3.3d: which kind of worker is fastest, for how much work on how much data.

   Experiment: regions.py.  The table is drawn from the best time of each cell.  Verdicts rest on one corner
   that no noise can turn (much data, hardly any work: who has to copy loses), and on who held locks at once in
   another (much work, hardly any data), since whether that pays depends on how many processors are free. */

#include "claims.h"
#include "spans.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

static GBX_EXPERIMENT_ON(regions, "experiments", "regions", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(threads_copy, "must-fail", "threads_copy", LOCK, GBX_ON_GIL);
static GBX_EXPERIMENT_ON(old_interpreters, "must-fail", "old_interpreters", LOCK, GBX_ON_GIL);

enum { THREADS, INTERPRETERS, PROCESSES, KINDS };
enum { MOST_STEPS = 6, MOST_SIZES = 6, MOST_ROUNDS = 64, TABLE_SIZE = 2048 };

static const char *const kinds[KINDS] = { "threads", "interpreters", "processes" };

#define TIE  1.1                 /* who takes not more than this much longer is as fast */
#define AT_ONCE     0.3          /* of the time, at least, two workers with a lock each are at it */
#define STRAGGLERS  0.2          /* workers of another kind, still about to wait for the next question */

typedef struct {
    unsigned steps[MOST_STEPS], sizes[MOST_SIZES];
    size_t columns, rows;
    gbx_window best[KINDS][MOST_SIZES][MOST_STEPS];
} table;

/* Index of a number in a list, which it joins if it is new; -1: there is no room. */
static int
place(unsigned *list, size_t *count, size_t room, unsigned number)
{
    for (size_t i = 0; i < *count; i++) {
        if (list[i] == number) {
            return (int)i;
        }
    }
    if (*count == room) {
        return -1;
    }
    list[(*count)++] = number;
    return (int)(*count - 1);
}

static uint64_t
length(const gbx_window *window)
{
    return window->end_ns - window->begin_ns;
}

/* Enter a window: "KIND STEPS SIZE" between its two marks. */
static bool
enter(table *all, const char *text, const gbx_window *window)
{
    char kind[32];
    unsigned steps, size;
    if (sscanf(text, "%31s %u %u", kind, &steps, &size) != 3) {
        return false;
    }
    int column = place(all->steps, &all->columns, MOST_STEPS, steps);
    int row = place(all->sizes, &all->rows, MOST_SIZES, size);
    for (size_t k = 0; k < KINDS && column >= 0 && row >= 0; k++) {
        gbx_window *best = &all->best[k][row][column];
        if (strcmp(kind, kinds[k]) == 0 && (best->end_ns == 0 || length(window) < length(best))) {
            *best = *window;
        }
    }
    return column >= 0 && row >= 0;
}

static const char *
cell_text(const gbx_trace *trace, size_t at, const char *name)
{
    if (gbx_trace_event(trace, at) != GBX_EV_MARK || gbx_trace_where(trace, at).process != 0) {
        return NULL;
    }
    const gbx_mark *mark = (const gbx_mark *)(const void *)gbx_trace_record(trace, at);
    const char *own = mark->h.flags == GBX_VALUE_STRING ? gbx_trace_string(trace, 0, mark->name) : NULL;
    return own != NULL && strcmp(own, name) == 0 ? gbx_trace_string(trace, 0, (uint32_t)mark->value) : NULL;
}

static bool
read_table(const gbx_trace *trace, table *all)
{
    const char *open = NULL;
    gbx_window window = { 0 };
    memset(all, 0, sizeof(*all));
    for (size_t at = 0; trace != NULL && at < gbx_trace_count(trace); at++) {
        const char *text = cell_text(trace, at, "cell");
        if (text == NULL) {
            continue;
        }
        gbx_where where = gbx_trace_where(trace, at);
        window.end = at;
        window.end_ns = where.t_ns;
        if (open != NULL && !enter(all, open, &window)) {
            return false;
        }
        open = strcmp(text, "end") == 0 ? NULL : text;
        window = (gbx_window){ .begin = at + 1, .begin_ns = where.t_ns, .stream = where.stream };
    }
    for (size_t i = 0; i < KINDS * all->rows * all->columns; i++) {
        size_t cell = i / KINDS;
        if (all->best[i % KINDS][cell / all->columns][cell % all->columns].end_ns == 0) {
            return false;
        }
    }
    return all->rows > 1 && all->columns > 1;
}

/* ---------------------------------------------------------------------- drawing */

/* Who is fastest in a cell, and who is as fast: "i", "i p". */
static void
put_winners(char *text, size_t size, const table *all, size_t row, size_t column)
{
    static const char *const marks[KINDS] = { "t", "i", "p" };
    uint64_t least = UINT64_MAX;
    size_t used = 0;
    text[0] = '\0';
    for (size_t k = 0; k < KINDS; k++) {
        uint64_t ns = length(&all->best[k][row][column]);
        least = ns < least ? ns : least;
    }
    for (size_t k = 0; k < KINDS; k++) {
        if ((double)length(&all->best[k][row][column]) <= TIE * (double)least && used < size) {
            used += (size_t)snprintf(text + used, size - used, used == 0 ? "%s" : " %s", marks[k]);
        }
    }
}

static void
quote_grid(const table *all, gbx_finding *finding)
{
    char text[TABLE_SIZE], winners[32];
    size_t used = (size_t)snprintf(text, sizeof(text), "%9s  ", "");
    for (size_t c = 0; c < all->columns && used < sizeof(text); c++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, " %9u", all->steps[c]);
    }
    used += (size_t)snprintf(text + used, sizeof(text) - used, "  steps\n");
    for (size_t r = 0; r < all->rows && used < sizeof(text); r++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%9u B", all->sizes[r]);
        for (size_t c = 0; c < all->columns && used < sizeof(text); c++) {
            put_winners(winners, sizeof(winners), all, r, c);
            used += (size_t)snprintf(text + used, sizeof(text) - used, " %9s", winners);
        }
        used += used < sizeof(text) ? (size_t)snprintf(text + used, sizeof(text) - used, "\n") : 0;
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
    gbx_finding_fact(finding, "who is fastest: threads (t), interpreters (i), processes (p), already started; "
                     "several where they are within a tenth");
}

static void
tell_cells(const table *all, gbx_finding *finding)
{
    for (size_t r = 0; r < all->rows; r++) {
        for (size_t c = 0; c < all->columns; c++) {
            gbx_finding_detail(finding, "%u bytes, %u steps: threads %.3f ms, interpreters %.3f ms, processes %.3f ms",
                               all->sizes[r], all->steps[c], (double)length(&all->best[THREADS][r][c]) / 1e6,
                               (double)length(&all->best[INTERPRETERS][r][c]) / 1e6,
                               (double)length(&all->best[PROCESSES][r][c]) / 1e6);
        }
    }
}

/* --------------------------------------------------------------------- judging */

/* Much data, hardly any work: the first column of the last row. */
static gbx_verdict
judge_data_corner(const table *all, gbx_finding *finding)
{
    size_t row = all->rows - 1;
    for (size_t k = INTERPRETERS; k < KINDS; k++) {
        if (length(&all->best[k][row][0]) <= length(&all->best[THREADS][row][0])) {
            return gbx_finding_failf(finding, "much data and hardly any work is for threads", "threads copy it, too",
                                     "%s take %.2f ms, threads %.2f ms", kinds[k],
                                     (double)length(&all->best[k][row][0]) / 1e6,
                                     (double)length(&all->best[THREADS][row][0]) / 1e6);
        }
    }
    return GBX_PASS;
}

/* The share of the time in which two workers of the corner were at it at once, of all that somebody was: of
   the round in which it is most, since on a busy machine one may be done before the other begins. */
static double
share_at_once(const gbx_look *look, gbx_finding *finding, const gbx_spans *spans, const char *cell)
{
    static const gbx_spans_of holds = { .lanes = GBX_SPANS_HOLDS };
    gbx_window rounds[MOST_ROUNDS];
    double most = 0;
    size_t count = gbx_windows_find(look, finding, "cell", cell, rounds, MOST_ROUNDS);
    for (size_t i = 0; i < count; i++) {
        double both = (double)gbx_spans_overlap(spans, &rounds[i], &holds);
        double any = (double)gbx_spans_cover(spans, &rounds[i], &holds);
        most = any > 0 && both / any > most ? both / any : most;
    }
    return most;
}

/* Much work, hardly any data: the last column of the first row. */
static gbx_verdict
judge_work_corner(const gbx_look *look, const table *all, gbx_finding *finding, const gbx_spans *spans)
{
    unsigned steps = all->steps[all->columns - 1];
    for (size_t k = 0; k < KINDS; k++) {
        char cell[64];
        snprintf(cell, sizeof(cell), "%s %u %u", kinds[k], steps, all->sizes[0]);
        double share = share_at_once(look, finding, spans, cell);
        if (k == THREADS ? share > STRAGGLERS : share < AT_ONCE) {
            return gbx_finding_failf(finding, k == THREADS ? "two threads do not work at once"
                                     : "two workers with a lock each work at once", "there is another number of locks",
                                     "%s did for %.0f %% of the time", kinds[k], 100 * share);
        }
        gbx_finding_fact(finding, "%u steps each: two %s at work at once for %.0f %% of the time", steps, kinds[k],
                         100 * share);
    }
    return GBX_PASS;
}

static void
tell_work_corner(const table *all, gbx_finding *finding)
{
    size_t column = all->columns - 1;
    double threads = (double)length(&all->best[THREADS][0][column]);
    double others = (double)length(&all->best[INTERPRETERS][0][column]);
    gbx_finding_number(finding, "interpreters against threads, much work", threads / others, "x");
    if (threads < 1.2 * others) {
        gbx_finding_fact(finding, "this machine had no second processor to spare while it was measured");
    }
    gbx_finding_number(finding, "interpreters against threads, much data",
                       (double)length(&all->best[THREADS][all->rows - 1][0])
                       / (double)length(&all->best[INTERPRETERS][all->rows - 1][0]), "x");
}

static gbx_verdict
check_regions(const gbx_look *look, gbx_finding *finding)
{
    table all;
    gbx_spans spans = { 0 };
    if (!read_table(look->trace, &all)) {
        return gbx_finding_insufficient(finding, "the program does not mark a whole table");
    }
    gbx_verdict verdict = judge_data_corner(&all, finding);
    if (verdict == GBX_PASS) {
        verdict = gbx_spans_read(&spans, look, finding) ? judge_work_corner(look, &all, finding, &spans)
                  : GBX_INSUFFICIENT;
    }
    if (verdict == GBX_PASS) {
        quote_grid(&all, finding);
        tell_cells(&all, finding);
        tell_work_corner(&all, finding);
        gbx_finding_observe(finding, 0);
    }
    gbx_spans_clear(&spans);
    return verdict;
}

const gbx_claim gbx_s3_regions = {
    .id = "3.3d",
    .title = "who is fastest, where",
    .sentence = "Threads win where data is large and work is short; where work is long, interpreters and "
                "processes do it at once, and threads in turn.",
    .experiments = { &regions },
    .check = check_regions,
    .must_fail = {
        { &regions, &threads_copy, "threads that pickle their data" },
        { &regions, &old_interpreters, "interpreters of the old kind, which share the lock" },
    },
    .readings = {
        { "Modules/_interpqueuesmodule.c#queue_put", "how an object is handed to an interpreter" },
        { "Modules/_multiprocessing/semaphore.c#_multiprocessing_SemLock_acquire_impl",
          "processes wait for each other in the kernel" },
    },
    .prediction = {
        .question = "Workers wait, already started. Each gets 8 MB and has 10 microseconds of work to do on it. "
                    "Who is done first?",
        .choices = {
            { "threads", NULL, NULL },
            { "interpreters: each has its own lock", "the lock is always what costs",
              "the copy takes a hundred times as long as the work" },
            { "processes: each has its own everything", "more isolation, more speed",
              "the data goes through a pipe" },
        },
    },
};
