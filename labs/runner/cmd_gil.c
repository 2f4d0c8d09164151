/* glassbox gil: who held the lock when, who waited for it, and why it changed hands. */

#include "cmd.h"
#include "gil_json.h"
#include "gil_picture.h"
#include "show.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox gil [OPTION...] FILE\n"
"\n"
"What threads did with the lock of the interpreter (the GIL), from the events of class\n"
"gil in a trace: for each thread the time in which it held the lock, ran without it\n"
"(the free-threaded build), waited, or was outside; a picture of that, a row a thread;\n"
"the longest waits, with who held the lock meanwhile and on which line that ended; how\n"
"long hand-offs took; and which C functions let go of the lock.\n"
"\n"
"A thread is outside while a C function has let go of the lock for it. Whether that\n"
"function sleeps or computes, the interpreter does not know; which one it is, it does.\n"
"A thread that was asked to let go wants the lock back at once: it waits.\n"
"\n"
"A hand-off is timed from the release to the acquisition by a thread that had asked\n"
"before it. 'asked' are those where the holder was asked to let go, at the end of the\n"
"switch interval (sys.setswitchinterval); 'by itself' are the others. 'free' are the\n"
"acquisitions of a lock that nobody had.\n"
"\n"
"  -n, --waits N       the N longest waits (10)\n"
"  -t, --threads N     the N busiest threads in the picture (20)\n"
"  -p, --process PID   this process alone, of a program with children\n"
"      --svg SVG       write the picture to the file SVG, too\n"
"      --json          one JSON object: threads, waits, functions, latency\n"
"      --only          FILE alone, without its relatives\n"
"      --help          this text\n"
"\n"
"Exit status: 0; 2 if the trace cannot be read or has no such events; 64 for wrong\n"
"usage.\n"
"\n"
"  python -X glassbox=t.gbx:events=gil program.py\n"
"  glassbox gil t.gbx --svg gil.svg\n";

enum { COLUMNS = 58, SVG_COLUMNS = 1200, MOST = 100000, FUNCTIONS = 12 };

typedef struct {
    gbx_trace_options trace;
    uint32_t waits, threads, pid;
    bool one_process, json;
    const char *path, *svg;
} options;

enum { OPT_JSON = 256, OPT_ONLY, OPT_SVG, OPT_HELP };

static const struct option long_options[] = {
    { "waits", required_argument, NULL, 'n' }, { "threads", required_argument, NULL, 't' },
    { "process", required_argument, NULL, 'p' }, { "svg", required_argument, NULL, OPT_SVG },
    { "json", no_argument, NULL, OPT_JSON }, { "only", no_argument, NULL, OPT_ONLY },
    { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

static int
usage(const char *message)
{
    return gbx_cmd_usage("gil", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    int option;
    *to = (options){ .waits = 10, .threads = 20 };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "n:t:p:", long_options, NULL)) != -1) {
        bool right = true;
        switch (option) {
            case 'n': right = gbx_cmd_number(optarg, &to->waits, MOST); break;
            case 't': right = gbx_cmd_number(optarg, &to->threads, MOST); break;
            case 'p': right = gbx_cmd_number(optarg, &to->pid, UINT32_MAX); to->one_process = true; break;
            case OPT_SVG: to->svg = optarg; break;
            case OPT_JSON: to->json = true; break;
            case OPT_ONLY: to->trace.only = true; break;
            case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
            default: return usage("unknown option, or one without its argument");
        }
        if (!right) {
            return usage("that is no number");
        }
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which trace?" : "one trace at a time");
    }
    to->path = argv[optind];
    return -1;
}

/* --------------------------------------------------------------------- words */

/* The name of a thread, and its process where there are several. */
static const char *
thread_text(const gbx_trace *trace, uint32_t stream, char *text, size_t size)
{
    const gbx_stream_info *info = gbx_trace_stream(trace, stream);
    char pid[32] = "";
    if (gbx_trace_process_count(trace) > 1) {
        snprintf(pid, sizeof(pid), "%" PRIu32 "/", gbx_trace_process(trace, info->process)->header->pid);
    }
    if (info->name[0] == '\0') {
        snprintf(text, size, "%st%" PRIu32, pid, info->thread);
    }
    else {
        snprintf(text, size, "%s%s", pid, info->name);
    }
    gbx_text_mend(text);
    return text;
}

/* -------------------------------------------------------------------- threads */

static uint64_t
busy_ns(const gbx_gil_thread *thread)
{
    return thread->ns[GBX_LANE_HOLDS] + thread->ns[GBX_LANE_RUNS] + thread->ns[GBX_LANE_WAITS];
}

static int
busier(const void *a, const void *b)
{
    const gbx_gil_thread *x = *(const gbx_gil_thread *const *)a, *y = *(const gbx_gil_thread *const *)b;
    uint64_t m = busy_ns(x), n = busy_ns(y);
    return m > n ? -1 : m < n ? 1 : x->stream < y->stream ? -1 : x->stream > y->stream;
}

/* Those with events of the lock, busiest first; the caller frees. */
static const gbx_gil_thread **
order_threads(const gbx_gil_story *story, size_t *count)
{
    const gbx_gil_thread **order = calloc(story->thread_count + 1, sizeof(*order));
    *count = 0;
    for (size_t i = 0; order != NULL && i < story->thread_count; i++) {
        if (story->threads[i].seen) {
            order[(*count)++] = &story->threads[i];
        }
    }
    if (order != NULL) {
        qsort(order, *count, sizeof(*order), busier);
    }
    return order;
}

static void
print_threads(const gbx_trace *trace, const gbx_gil_thread **order, size_t count, size_t shown)
{
    char name[128], cells[4][24];
    static const gbx_lane lanes[] = { GBX_LANE_HOLDS, GBX_LANE_RUNS, GBX_LANE_WAITS, GBX_LANE_OUTSIDE };
    printf("\n%-18s %10s %10s %10s %10s %7s %7s\n", "thread", "holds", "runs", "waits", "outside", "takes",
           "asked");
    for (size_t i = 0; i < shown; i++) {
        gbx_text_pad(stdout, thread_text(trace, order[i]->stream, name, sizeof(name)), 18);
        for (size_t lane = 0; lane < 4; lane++) {
            printf(" %10s", order[i]->ns[lanes[lane]] == 0 ? "-"
                   : gbx_text_time(order[i]->ns[lanes[lane]], cells[lane], sizeof(cells[lane])));
        }
        printf(" %7" PRIu64 " %7" PRIu64 "\n", order[i]->takes, order[i]->asked);
    }
    if (shown < count) {
        printf("and %zu less busy ones\n", count - shown);
    }
}

static void
print_picture(const gbx_picture *picture)
{
    static const char *const signs[GBX_LANE_COUNT] = { " ", "█", "▓", "░", "·" };
    char name[128], text[24];
    printf("\n%s\n\n", "█ holds the lock  ▓ runs without it  ░ waits  · outside");
    for (size_t row = 0; row < gbx_picture_rows(picture); row++) {
        gbx_text_pad(stdout, thread_text(gbx_picture_trace(picture), gbx_picture_stream(picture, row), name,
                               sizeof(name)), 18);
        fputc(' ', stdout);
        for (unsigned column = 0; column < COLUMNS; column++) {
            fputs(signs[gbx_picture_cell(picture, row, column)], stdout);
        }
        fputc('\n', stdout);
    }
    printf("%19s0%*s\n", "", COLUMNS - 1, gbx_text_time(gbx_picture_ns(picture), text, sizeof(text)));
}

/* ---------------------------------------------------------------- waits, times */

static void
print_wait(const gbx_trace *trace, gbx_symbols *symbols, const gbx_gil_wait_info *wait)
{
    char ns[24], at[24], name[128], holder[128], held[24], place[256], function[128];
    uint32_t process = gbx_trace_stream(trace, wait->stream)->process;
    printf("%10s  at %s, %s", gbx_text_time(wait->ns, ns, sizeof(ns)), gbx_text_time(wait->begin_ns, at, sizeof(at)),
           thread_text(trace, wait->stream, name, sizeof(name)));
    if (wait->lock != 0) {
        printf(", lock %" PRIu32, wait->lock);
    }
    fputc('\n', stdout);
    if (!wait->holder_known) {
        printf("%12snobody held the lock\n", "");
        return;
    }
    gbx_show_line(trace, process, wait->code, wait->offset, place, sizeof(place));
    bool known = gbx_gil_function(trace, symbols, process, wait->by, function, sizeof(function));
    const char *why = gbx_trace_label(GBX_ENUM_RELEASE, wait->why);
    printf("%12s%s held it for %s of that, until %s%s%s", "",
           thread_text(trace, wait->holder, holder, sizeof(holder)), gbx_text_time(wait->held_ns, held, sizeof(held)),
           place[0] == '\0' ? "code without a line" : place, known && wait->why != GBX_RELEASE_ASKED ? " in " : "",
           known && wait->why != GBX_RELEASE_ASKED ? function : "");
    printf(" (%s)", why == NULL ? "?" : why);
    if (wait->holds > 1) {
        printf("; %s%" PRIu64 " holds", wait->at_least ? "at least " : "", wait->holds);
    }
    fputc('\n', stdout);
}

static void
print_latency(const char *name, const gbx_latency *latency)
{
    char cells[4][24];
    static const double shares[] = { 0.5, 0.9, 0.99 };
    if (latency->count == 0) {
        printf("%-10s %9s\n", name, "none");
        return;
    }
    printf("%-10s %9" PRIu64, name, latency->count);
    for (size_t i = 0; i < 3; i++) {
        printf(" %10s", gbx_text_time(gbx_latency_at(latency, shares[i]), cells[i], sizeof(cells[i])));
    }
    printf(" %10s\n", gbx_text_time(latency->most_ns, cells[3], sizeof(cells[3])));
}

static void
print_functions(const gbx_trace *trace, const gbx_gil_story *story, gbx_symbols *symbols)
{
    char ns[24];
    size_t count;
    gbx_gil_function_sum *sums = gbx_gil_functions(trace, story, symbols, &count);
    if (sums == NULL || count == 0) {
        free(sums);
        return;
    }
    printf("\n%-40s %-9s %9s %10s\n", "outside, by the C function that let go", "why", "times", "time");
    for (size_t i = 0; i < count && i < FUNCTIONS; i++) {
        const char *why = gbx_trace_label(GBX_ENUM_RELEASE, sums[i].why);
        gbx_text_pad(stdout, sums[i].name, 40);
        printf(" %-9s %9" PRIu64 " %10s\n", why == NULL ? "?" : why, sums[i].times,
               gbx_text_time(sums[i].ns, ns, sizeof(ns)));
    }
    if (count > FUNCTIONS) {
        printf("and %zu more\n", count - FUNCTIONS);
    }
    if (story->callers_left_out > 0) {
        printf("and %" PRIu64 " times by functions that found no room here\n", story->callers_left_out);
    }
    free(sums);
}

/* Where something is missing, a thread's time is counted as what it was at before. */
static void
print_gaps(const gbx_trace *trace)
{
    if (gbx_trace_lost(trace) != 0) {
        printf("\nThis is not all: %" PRIu64 " events were lost.\n", gbx_trace_lost(trace));
    }
    if ((gbx_trace_mask(trace) >> GBX_CLASS_GIL & 1) == 0) {
        printf("\nThis is not all: class gil was not recorded from the start to the end.\n");
    }
}

static void
print_story(const gbx_trace *trace, const gbx_gil_story *story, const gbx_picture *picture,
            const gbx_gil_thread **order, size_t count)
{
    char text[24];
    gbx_symbols *symbols = gbx_symbols_new();
    printf("%s of the lock's events, %" PRIu64 " of them, %zu threads, %" PRIu64 " changes of hands\n",
           gbx_text_time(story->end_ns - story->begin_ns, text, sizeof(text)), story->events, count,
           story->switches);
    print_threads(trace, order, count, gbx_picture_rows(picture));
    print_picture(picture);
    if (story->wait_count > 0) {
        printf("\nthe longest waits\n\n");
    }
    for (size_t i = 0; i < story->wait_count; i++) {
        print_wait(trace, symbols, &story->waits[i]);
    }
    printf("\n%-10s %9s %10s %10s %10s %10s\n", "hand-offs", "times", "half", "90 %", "99 %", "most");
    print_latency("asked", &story->asked);
    print_latency("by itself", &story->blocking);
    print_latency("free", &story->uncontended);
    print_functions(trace, story, symbols);
    print_gaps(trace);
    gbx_symbols_free(symbols);
}

/* ------------------------------------------------------------------ the command */

/* A second walk, for the spans of the threads that are shown. */
static int
draw(gbx_picture **out, const gbx_trace *trace, const gbx_gil_story *story, gbx_gil_options asked,
     const gbx_gil_thread **order, size_t rows, unsigned columns, gbx_error *error)
{
    gbx_gil_story *again;
    gbx_picture *picture = gbx_picture_new(trace, columns, story->begin_ns, story->end_ns);
    int result = picture == NULL ? GBX_ERROR_MEMORY : 0;
    for (size_t i = 0; result == 0 && i < rows; i++) {
        result = gbx_picture_add_row(picture, order[i]->stream);
    }
    if (result == 0) {
        asked.visit = gbx_picture_span;
        asked.with = picture;
        result = gbx_gil_tell(&again, trace, &asked, error);
        gbx_gil_free(again);
    }
    *out = picture;
    return result;
}

static int
write_svg(const gbx_picture *picture, const options *chosen, gbx_error *error)
{
    FILE *to = fopen(chosen->svg, "we");
    char title[512];
    if (to == NULL) {
        return gbx_error_set(error, GBX_ERROR_SYSTEM, "cannot open '%s': %s", chosen->svg, strerror(errno));
    }
    const char *slash = strrchr(chosen->path, '/');
    snprintf(title, sizeof(title), "Who held the lock when: %s", slash == NULL ? chosen->path : slash + 1);
    gbx_text_mend(title);
    gbx_picture_svg(picture, title, to);
    bool failed = ferror(to) != 0;
    if (fclose(to) != 0 || failed) {
        return gbx_error_set(error, GBX_ERROR_SYSTEM, "cannot write '%s': %s", chosen->svg, strerror(errno));
    }
    return 0;
}

static int
print_json(const gbx_trace *trace, const gbx_gil_story *story, gbx_error *error)
{
    gbx_symbols *symbols = gbx_symbols_new();
    int result = gbx_cmd_json(gbx_gil_json(trace, story, symbols), JSON_INDENT(2), error);
    gbx_symbols_free(symbols);
    return result;
}

static int
tell(const gbx_trace *trace, void *options_chosen, gbx_error *error)
{
    const options *chosen = options_chosen;
    gbx_gil_options asked = { .waits = chosen->waits, .process_only = chosen->one_process };
    gbx_gil_story *story = NULL;
    gbx_picture *picture = NULL, *large = NULL;
    size_t count = 0;
    const gbx_gil_thread **order = NULL;
    int result = chosen->one_process
        ? gbx_cmd_process(trace, chosen->path, chosen->pid, &asked.process, error) : 0;
    result = result != 0 ? result : gbx_gil_tell(&story, trace, &asked, error);
    if (result != 0) {
        goto done;
    }
    order = order_threads(story, &count);
    size_t rows = count < chosen->threads ? count : chosen->threads;
    result = order == NULL ? GBX_ERROR_MEMORY
        : draw(&picture, trace, story, asked, order, rows, COLUMNS, error);
    if (result == 0 && chosen->svg != NULL) {
        result = draw(&large, trace, story, asked, order, rows, SVG_COLUMNS, error);
        result = result != 0 ? result : write_svg(large, chosen, error);
    }
    if (result == 0 && chosen->json) {
        result = print_json(trace, story, error);
    }
    else if (result == 0) {
        print_story(trace, story, picture, order, count);
    }
done:
    gbx_picture_free(picture);
    gbx_picture_free(large);
    free(order);
    gbx_gil_free(story);
    return result;
}

int
gbx_cmd_gil(int argc, char **argv)
{
    options chosen;
    int status = parse(argc, argv, &chosen);
    return status >= 0 ? status : gbx_cmd_read(chosen.path, &chosen.trace, tell, &chosen);
}
