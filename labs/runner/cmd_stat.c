/* glassbox stat: what is in a trace, what is missing, and whether it is sound. */

#include "cmd.h"
#include "stat.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const char help[] =
"usage: glassbox stat [OPTION...] FILE\n"
"\n"
"Say what is in a trace: who recorded it and when, how the recording ended, how\n"
"many events each thread and each class has, what was lost, and whether the trace\n"
"keeps the rules that every trace keeps.  FILE is read with its relatives\n"
"(FILE.PID...: the children of the program) as one trace.\n"
"\n"
"      --json   one JSON object on standard output, see below\n"
"      --only   FILE alone, without its relatives\n"
"      --all    every process and thread, however many there are\n"
"      --time   say on standard error how fast the trace was read: the seconds to\n"
"               open it (all records are counted), to go through it (merge,\n"
"               statistics, rules), and of the processor for both\n"
"      --help   this text\n"
"\n"
"How a recording ends\n"
"  stopped     it was stopped, or the process ended\n"
"  recording   the process was still at it; what was committed is shown\n"
"  gone        the process is gone, and nobody stopped the recording: a kill, a\n"
"              crash, os._exit() (so end the children of multiprocessing) or exec.\n"
"              All that it recorded until then is there\n"
"  full        the limit was reached; what came after was counted as lost\n"
"  error       the file could not grow (a full disk); what came after was counted\n"
"              as lost\n"
"\n"
"Lost are events that were not recorded; overwritten, those that a ring (a\n"
"recording in mode=ring) no longer holds.\n"
"\n"
"The rules: for each, how many records (or segments, the parts of the file that a\n"
"thread fills) it applied to.  Nothing may be concluded from a trace that breaks\n"
"one.  Where the beginning is missing (a ring, a recording begun in mid-run) what\n"
"would need it is not counted.\n"
"\n"
"JSON: an object with these members; more may be added.\n"
"  trace, program, started, duration_ns, file_bytes\n"
"  interpreter   version, variant (gil, ft, ...+debug, ...+stats), build,\n"
"                platform, executable\n"
"  events, bytes, lost, overwritten, unknown   of the whole trace\n"
"  classes       an array: class, on, count, bytes, share (of all events, 0 to\n"
"                1), per_second, and events: the same of each event of the class\n"
"  processes     an array: path, pid, parent_pid, start_ns, duration_ns, ended (a\n"
"                word from above), error (errno), clock, mode, limit, file_bytes,\n"
"                cut, classes, classes_throughout, events, bytes, lost,\n"
"                lost_unattached, overwritten, unknown, meta, and threads:\n"
"                thread, native_id, name, events, bytes, lost, overwritten, whole,\n"
"                midway\n"
"  invariants    an array: key, sentence, holds (null: nothing to check),\n"
"                checked, unit, violations, unobserved, first (null; or seq,\n"
"                t_ns, pid, thread, detail, and the command to show it)\n"
"  sound         no rule is broken\n"
"\n"
"Exit status: 0 if the trace is sound; 1 if it breaks a rule; 2 if it cannot be\n"
"read; 64 for wrong usage.\n"
"\n"
"  glassbox stat trace.gbx\n"
"  glassbox stat --json trace.gbx | jq '.classes[] | [.class, .count]'\n";

typedef struct {
    gbx_trace_options trace;
    bool json, all, time;
    const char *path;
} options;

enum { OPT_JSON = 256, OPT_ONLY, OPT_ALL, OPT_TIME, OPT_HELP };

static const struct option long_options[] = {
    { "json", no_argument, NULL, OPT_JSON }, { "only", no_argument, NULL, OPT_ONLY },
    { "all", no_argument, NULL, OPT_ALL }, { "time", no_argument, NULL, OPT_TIME },
    { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

enum { ROWS = 24 };              /* of processes and threads, unless --all */

static int
usage(const char *message)
{
    return gbx_cmd_usage("stat", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    int option;
    *to = (options){ .path = NULL };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
            case OPT_JSON: to->json = true; break;
            case OPT_ONLY: to->trace.only = true; break;
            case OPT_ALL:  to->all = true; break;
            case OPT_TIME: to->time = true; break;
            case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
            default:       return usage("unknown option");
        }
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which trace?" : "one trace at a time");
    }
    to->path = argv[optind];
    return -1;
}

/* ------------------------------------------------------------------- numbers */

/* "1,234,567" */
static const char *
grouped(uint64_t number, char text[32])
{
    char digits[24];
    int length = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    char *to = text;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            *to++ = ',';
        }
        *to++ = digits[i];
    }
    *to = '\0';
    return text;
}

/* "1.5 MiB" */
static const char *
sized(uint64_t bytes, char text[32])
{
    static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
    double value = (double)bytes;
    int unit = 0;
    while (value >= 1000 && unit < 6) {
        value /= 1024;
        unit++;
    }
    snprintf(text, 32, unit > 0 && value < 10 ? "%.1f %s" : "%.0f %s", value, units[unit]);
    return text;
}

/* "1.23 s", "45.6 ms" */
static const char *
lasting(uint64_t ns, char text[32])
{
    double value = (double)ns;
    const char *unit = ns >= 1000000000u ? "s" : ns >= 1000000u ? "ms" : "us";
    value /= ns >= 1000000000u ? 1e9 : ns >= 1000000u ? 1e6 : 1e3;
    snprintf(text, 32, "%.*f %s", value >= 100 ? 0 : value >= 10 ? 1 : 2, value, unit);
    return text;
}

/* "65M", "1.2k": a rate in few columns. */
static const char *
rated(uint64_t count, uint64_t ns, char text[32])
{
    double value = ns == 0 ? 0 : (double)count * 1e9 / (double)ns;
    const char *unit = value >= 1e9 ? "G" : value >= 1e6 ? "M" : value >= 1e3 ? "k" : "";
    value /= value >= 1e9 ? 1e9 : value >= 1e6 ? 1e6 : value >= 1e3 ? 1e3 : 1;
    snprintf(text, 32, ns == 0 ? "-" : value < 10 ? "%.1f%s" : "%.0f%s", value, unit);
    return text;
}

/* -------------------------------------------------------------------- heading */

static void label(const char *name, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
label(const char *name, const char *format, ...)
{
    va_list args;
    printf("  %-12s ", name);
    va_start(args, format);
    vprintf(format, args);
    va_end(args);
    putchar('\n');
}

static void
print_classes(const gbx_stat *stat)
{
    unsigned column = 15;
    printf("  %-12s", "classes");
    for (unsigned klass = 0; klass < GBX_CLASS_COUNT; klass++) {
        if (stat->classes_on >> klass & 1 && klass != GBX_CLASS_STREAM) {
            const char *name = gbx_class_name(klass);
            unsigned width = (unsigned)strlen(name) + 1;
            if (column + width > 80) {
                printf("\n%14s", "");
                column = 15;
            }
            printf(" %s", name);
            column += width;
        }
    }
    putchar('\n');
}

/* Of all processes at once: how many ended in which way. */
static void
print_endings(const gbx_stat *stat)
{
    size_t count = gbx_trace_process_count(stat->trace);
    for (gbx_ending ending = 0; ending <= GBX_ENDING_UNKNOWN; ending++) {
        size_t those = 0, one = 0;
        for (size_t i = 0; i < count; i++) {
            if (stat->processes[i].ending == ending) {
                those++;
                one = i;
            }
        }
        if (those == 0) {
            continue;
        }
        uint32_t error = gbx_trace_process(stat->trace, one)->header->error;
        char of[48] = "";
        if (count > 1) {
            snprintf(of, sizeof(of), " (%zu of %zu)", those, count);
        }
        label("ended", "%s%s%s%s", gbx_ending_name(ending), of,
              ending == GBX_ENDING_ERROR ? ": " : "",
              ending == GBX_ENDING_ERROR ? strerror((int)error) : "");
        if (ending != GBX_ENDING_STOPPED) {
            printf("%15s", "");
            gbx_text_wrap(stdout, 15, 15, 80, gbx_ending_text(ending));
        }
    }
}

static void
print_heading(const gbx_stat *stat)
{
    const gbx_process *first = gbx_trace_process(stat->trace, 0);
    const gbx_header *header = first->header;
    size_t processes = gbx_trace_process_count(stat->trace);
    size_t threads = gbx_trace_stream_count(stat->trace);
    const char *program = gbx_trace_meta_value(stat->trace, 0, "program");
    const char *build = gbx_trace_meta_value(stat->trace, 0, "version");
    char a[64], b[32], c[32];
    printf("%s\n", first->path);
    if (program != NULL) {
        label("program", "%.66s", program);
    }
    gbx_stat_version(header->hexversion, a, sizeof(a));
    label("interpreter", "CPython %s, variant %s", a, gbx_stat_variant(header));
    if (build != NULL) {
        label("", "%.66s", build);
    }
    label("", "%s", first->executable);
    gbx_stat_date(header->start.realtime_ns, a, sizeof(a));
    label("began", "%s, lasted %s", a, lasting(stat->duration_ns, b));
    label("recorded", "%s events in %zu thread%s of %zu process%s, %s on disk",
          grouped(stat->all.count, a), threads, threads == 1 ? "" : "s", processes,
          processes == 1 ? "" : "es", sized(stat->file_bytes, b));
    label("mode", "%s, limit %s, clock %s", gbx_stat_mode(header), sized(header->limit, c),
          gbx_stat_clock(header));
    print_classes(stat);
    print_endings(stat);
    label("lost", "%s%s%s%s", stat->lost == 0 ? "nothing" : grouped(stat->lost, a),
          stat->lost == 0 ? "" : " events",
          stat->overwritten == 0 ? "" : "; overwritten in the ring: ",
          stat->overwritten == 0 ? "" : grouped(stat->overwritten, b));
    if (stat->unknown > 0) {
        label("unknown", "%s records of events that this reader does not know",
              grouped(stat->unknown, a));
    }
}

/* --------------------------------------------------------------------- tables */

/* How many rows of `count` to print: all, or so many that one more line can say the rest. */
static size_t
rows_of(size_t count, const options *chosen)
{
    return chosen->all || count <= ROWS ? count : ROWS - 1;
}

static void
print_rest(size_t count, size_t shown)
{
    if (shown < count) {
        printf("    and %zu more; --all shows them\n", count - shown);
    }
}

static void
print_processes(const gbx_stat *stat, const options *chosen)
{
    size_t count = gbx_trace_process_count(stat->trace), shown = rows_of(count, chosen);
    char start[32], lasted[32], events[32], lost[32];
    if (count < 2) {
        return;
    }
    printf("\nProcesses\n%9s %9s %10s %10s %14s %12s  %s\n", "pid", "parent", "began at", "lasted",
           "events", "lost", "ended");
    for (size_t i = 0; i < shown; i++) {
        const gbx_process *process = gbx_trace_process(stat->trace, i);
        const gbx_stat_process *of = &stat->processes[i];
        printf("%9" PRIu32 " %9" PRIu32 " %10s %10s %14s %12s  %s\n", process->header->pid,
               process->header->parent_pid, lasting(of->start_ns, start),
               lasting(of->duration_ns, lasted), grouped(of->all.count, events),
               grouped(process->lost + process->overwritten, lost), gbx_ending_name(of->ending));
    }
    print_rest(count, shown);
}

static void
print_threads(const gbx_stat *stat, const options *chosen)
{
    size_t count = gbx_trace_stream_count(stat->trace), shown = rows_of(count, chosen);
    char events[32], bytes[32], lost[32], over[32];
    printf("\nThreads\n%9s %4s %9s %13s %8s %9s %9s  %s\n", "pid", "id", "native id", "events",
           "bytes", "lost", "overwr.", "name");
    for (size_t s = 0; s < shown; s++) {
        const gbx_stream_info *info = gbx_trace_stream(stat->trace, s);
        printf("%9" PRIu32 " %4" PRIu32 " %9" PRIu64 " %13s %8s %9s %9s  %.12s\n",
               gbx_trace_process(stat->trace, info->process)->header->pid, info->thread,
               info->native_id, grouped(info->records, events), sized(info->bytes, bytes),
               grouped(info->lost, lost), grouped(info->overwritten, over), info->name);
    }
    print_rest(count, shown);
}

static void
print_tally(const gbx_stat *stat, const char *indent, const char *name, gbx_tally tally)
{
    char count[32], bytes[32], rate[32];
    printf("  %s%-*s %16s %9s %6.1f%% %11s\n", indent, (int)(28 - strlen(indent)), name,
           grouped(tally.count, count), sized(tally.bytes, bytes),
           stat->all.count == 0 ? 0.0 : 100.0 * (double)tally.count / (double)stat->all.count,
           rated(tally.count, stat->duration_ns, rate));
}

static void
print_events(const gbx_stat *stat)
{
    printf("\nEvents\n  %-28s %16s %9s %7s %11s\n", "", "count", "bytes", "share", "per second");
    for (unsigned klass = 0; klass < GBX_CLASS_COUNT; klass++) {
        if (stat->classes[klass].count == 0) {
            continue;
        }
        print_tally(stat, "", gbx_class_name(klass), stat->classes[klass]);
        for (unsigned event = 0; event < 256; event++) {
            if (gbx_event_class((uint8_t)event) == (int)klass && stat->events[event].count > 0) {
                print_tally(stat, "  ", gbx_event_name((uint8_t)event), stat->events[event]);
            }
        }
    }
    print_tally(stat, "", "all", stat->all);
}

static void
print_rules(const gbx_stat *stat)
{
    printf("\nRules of every trace\n");
    for (int i = 0; i < GBX_INVARIANTS; i++) {
        const gbx_invariant *rule = &stat->invariants[i];
        char looked[32], broken[32], hint[1400];
        const char *verdict = rule->looked_at == 0 ? "-" : rule->violations == 0 ? "ok" : "BROKEN";
        printf("  %-6s %13s %-8s  %s\n", verdict,
               rule->looked_at == 0 ? "no" : grouped(rule->looked_at, looked), rule->unit, rule->name);
        if (rule->unobserved != 0) {
            printf("         unobserved: %s operation%s of extension modules, which inline them\n",
                   grouped(rule->unobserved, looked), rule->unobserved == 1 ? "" : "s");
        }
        if (rule->violations == 0) {
            continue;
        }
        char text[320], position[48] = "";
        if (rule->first != GBX_NO_POSITION) {
            snprintf(position, sizeof(position), " at event %zu", rule->first);
        }
        snprintf(text, sizeof(text), "%s time%s, first%s: %s", grouped(rule->violations, broken),
                 rule->violations == 1 ? "" : "s", position, rule->detail);
        printf("%9s", "");
        gbx_text_wrap(stdout, 9, 9, 80, text);
        gbx_stat_hint(stat, rule->first, hint, sizeof(hint));
        if (hint[0] != '\0') {
            printf("         %s\n", hint);
        }
    }
}

static bool
print_text(const gbx_stat *stat, const options *chosen)
{
    print_heading(stat);
    print_processes(stat, chosen);
    print_threads(stat, chosen);
    print_events(stat);
    print_rules(stat);
    return fflush(stdout) == 0 && !ferror(stdout);
}

static bool
print_json(const gbx_stat *stat)
{
    int status = gbx_cmd_json(gbx_stat_json(stat), JSON_INDENT(2) | JSON_REAL_PRECISION(9), NULL);
    return fflush(stdout) == 0 && status == 0;
}

/* ----------------------------------------------------------------- the command */

static double
seconds(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void
print_speed(const gbx_trace *trace, double began, double opened, double ended)
{
    double count = (double)gbx_trace_count(trace), cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
    fprintf(stderr, "glassbox: events=%zu open_s=%.4f read_s=%.4f cpu_s=%.4f events_per_s=%.0f "
            "events_per_cpu_s=%.0f\n", gbx_trace_count(trace), opened - began, ended - opened, cpu,
            count / (ended - began), count / cpu);
}

int
gbx_cmd_stat(int argc, char **argv)
{
    options chosen;
    gbx_trace *trace = NULL;
    gbx_stat stat = { .trace = NULL };
    gbx_error error = { 0, "" };
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    status = GBX_EXIT_BROKEN;
    double began = seconds(CLOCK_MONOTONIC), opened = began;
    int result = gbx_trace_open(&trace, chosen.path, &chosen.trace, &error);
    if (result == 0) {
        opened = seconds(CLOCK_MONOTONIC);
        result = gbx_stat_gather(&stat, trace, &error);
    }
    if (result != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        goto done;
    }
    if (chosen.time) {
        print_speed(trace, began, opened, seconds(CLOCK_MONOTONIC));
    }
    if (!(chosen.json ? print_json(&stat) : print_text(&stat, &chosen))) {
        fprintf(stderr, "glassbox: cannot write: %s\n", strerror(errno));
        goto done;
    }
    status = stat.violations == 0 ? GBX_EXIT_PASS : GBX_EXIT_FAIL;
done:
    gbx_stat_clear(&stat);
    gbx_trace_close(trace);
    return status;
}
