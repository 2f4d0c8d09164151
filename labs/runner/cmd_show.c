/* glassbox show: the events of a trace, in order. */

#include "cmd.h"
#include "filter.h"
#include "show.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox show [OPTION...] FILE\n"
"\n"
"Show the events of a trace in order, a line each: number, time, thread, event,\n"
"fields, and the line of Python where the event says which.  FILE is read with\n"
"its relatives (FILE.PID...: the children of the program) as one trace.\n"
"\n"
"  -e, --events=CLASSES   classes such as frame+spec, or one event such as\n"
"                         spec.miss\n"
"  -f, --function=GLOB    events of code objects whose qualified name matches\n"
"  -t, --thread=ID        one thread, by its id in the trace\n"
"      --from=MS --to=MS  a window of time, in milliseconds from the beginning\n"
"  -n, --limit=N          at most N events\n"
"      --json             one JSON object a line, with the field names that the\n"
"                         trace's own table declares, and event, class, seq, t_ns,\n"
"                         pid, thread, interp\n"
"      --only             FILE alone, without its relatives\n"
"      --help             this text\n"
"\n"
"Exit status: 0; 2 if the trace cannot be read; 64 for wrong usage.\n"
"\n"
"  glassbox show -e spec -f 'work*' trace.gbx\n"
"  glassbox show --json trace.gbx | jq 'select(.event == \"spec.miss\") | .place'\n";

typedef struct {
    gbx_filter filter;
    gbx_trace_options trace;
    uint64_t limit;
    bool json;
    const char *path;
} options;

enum { OPT_FROM = 256, OPT_TO, OPT_JSON, OPT_ONLY, OPT_HELP };

static const struct option long_options[] = {
    { "events", required_argument, NULL, 'e' }, { "function", required_argument, NULL, 'f' },
    { "thread", required_argument, NULL, 't' }, { "limit", required_argument, NULL, 'n' },
    { "from", required_argument, NULL, OPT_FROM }, { "to", required_argument, NULL, OPT_TO },
    { "json", no_argument, NULL, OPT_JSON }, { "only", no_argument, NULL, OPT_ONLY },
    { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

static bool
parse_number(const char *text, double most, double *number)
{
    char *end;
    errno = 0;
    *number = strtod(text, &end);
    return end != text && *end == '\0' && errno == 0 && *number >= 0 && *number <= most;
}

static int
usage(const char *message)
{
    return gbx_cmd_usage("show", message);
}

/* -1: go on; else the exit status. */
static int
parse_one(int option, options *to)
{
    double number = 0;
    gbx_error error = { 0, "" };
    switch (option) {
        case 'e':
            return gbx_filter_classes(&to->filter, optarg, &error) == 0 ? -1 : usage(error.message);
        case 'f':
            to->filter.function = optarg;
            return -1;
        case 't':
            to->filter.one_thread = true;
            to->filter.thread = parse_number(optarg, UINT32_MAX, &number) ? (uint32_t)number : 0;
            return number >= 0 && optarg[0] >= '0' && optarg[0] <= '9' ? -1
                : usage("a thread is a number");
        case 'n':
            if (!parse_number(optarg, 1e15, &number)) {
                return usage("--limit takes a number");
            }
            to->limit = (uint64_t)number;
            return -1;
        case OPT_FROM: case OPT_TO:
            if (!parse_number(optarg, 1e12, &number)) {
                return usage("--from and --to take milliseconds");
            }
            *(option == OPT_FROM ? &to->filter.from_ns : &to->filter.to_ns) = (uint64_t)(number * 1e6);
            return -1;
        case OPT_JSON: to->json = true; return -1;
        case OPT_ONLY: to->trace.only = true; return -1;
        case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
        default: return usage("unknown option");
    }
}

static int
parse(int argc, char **argv, options *to)
{
    int option;
    *to = (options){ .filter = gbx_filter_all(), .limit = UINT64_MAX };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "e:f:t:n:", long_options, NULL)) != -1) {
        int status = parse_one(option, to);
        if (status >= 0) {
            return status;
        }
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which trace?" : "one trace at a time");
    }
    to->path = argv[optind];
    return -1;
}

static bool
show_text(const gbx_trace *trace, size_t at)
{
    char fields[1024], place[512];
    gbx_where where = gbx_trace_where(trace, at);
    gbx_show_fields(trace, at, fields, sizeof(fields));
    gbx_show_place(trace, at, place, sizeof(place));
    return printf("%8zu %12.6f ms  p%" PRIu32 " t%" PRIu32 "  %-20s %s%s%s\n", at,
                  (double)where.t_ns / 1e6, where.pid, where.thread,
                  gbx_event_name(gbx_trace_event(trace, at)), fields,
                  place[0] == '\0' ? "" : "  ", place) >= 0;
}

static bool
show_json(const gbx_trace *trace, size_t at)
{
    return gbx_cmd_json(gbx_show_json(trace, at), JSON_COMPACT, NULL) == 0;
}

int
gbx_cmd_show(int argc, char **argv)
{
    options chosen;
    gbx_trace *trace;
    gbx_error error = { 0, "" };
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    if (gbx_trace_open(&trace, chosen.path, &chosen.trace, &error) != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return GBX_EXIT_BROKEN;
    }
    bool written = true;
    for (size_t at = 0; at < gbx_trace_count(trace) && chosen.limit > 0 && written; at++) {
        if (gbx_filter_takes(&chosen.filter, trace, at)) {
            written = chosen.json ? show_json(trace, at) : show_text(trace, at);
            chosen.limit--;
        }
    }
    gbx_trace_close(trace);
    if (fflush(stdout) != 0 || !written) {
        fprintf(stderr, "glassbox: cannot write: %s\n", strerror(errno));
        return GBX_EXIT_BROKEN;
    }
    return GBX_EXIT_PASS;
}
