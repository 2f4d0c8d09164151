/* glassbox export: a trace for other programs to read. */

#include "chrome.h"
#include "cmd.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char help[] =
"usage: glassbox export --chrome OUT [OPTION...] FILE\n"
"       glassbox export --perfetto OUT [OPTION...] FILE\n"
"\n"
"Write the trace FILE as JSON in Chrome's Trace Event Format to OUT ('-' is standard\n"
"output). Perfetto's viewer (ui.perfetto.dev), chrome://tracing and many others read\n"
"it; the two options write the same.\n"
"\n"
"Each thread is a track with its frames, its waits for the lock and the time it was\n"
"outside, in a C function that had let go of it; each lock is a track of its own, with\n"
"the threads that held it. A wait says from whom it got the lock, and why and on which\n"
"line that one let go; an arrow leads from it to the hold that it ended in. Marks are\n"
"instants, spans are asynchronous. Frames come with the class frame, the lock with the\n"
"class gil, marks with the class mark.\n"
"\n"
"Viewers colour slices by their names and overlook digits: where a thread's name has\n"
"some, its holds bear a letter, too, as in 'Thread-1 [b]'.\n"
"\n"
"      --chrome OUT     where to\n"
"      --perfetto OUT   the same\n"
"      --no-frames      leave the frames out\n"
"      --only           FILE alone, without its relatives\n"
"  -q, --quiet          do not say how much was written\n"
"      --help           this text\n"
"\n"
"Exit status: 0; 2 if the trace cannot be read or OUT not be written; 64 for wrong\n"
"usage.\n"
"\n"
"  python -X glassbox=t.gbx:events=frame+gil+mark program.py\n"
"  glassbox export --perfetto t.json t.gbx\n";

typedef struct {
    gbx_trace_options trace;
    gbx_chrome_options chrome;
    bool quiet;
    const char *path, *out;
} options;

enum { OPT_OUT = 256, OPT_NO_FRAMES, OPT_ONLY, OPT_HELP };

static const struct option long_options[] = {
    { "chrome", required_argument, NULL, OPT_OUT }, { "perfetto", required_argument, NULL, OPT_OUT },
    { "no-frames", no_argument, NULL, OPT_NO_FRAMES }, { "only", no_argument, NULL, OPT_ONLY },
    { "quiet", no_argument, NULL, 'q' }, { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

static int
usage(const char *message)
{
    return gbx_cmd_usage("export", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    int option;
    *to = (options){ .quiet = false };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "q", long_options, NULL)) != -1) {
        switch (option) {
            case OPT_OUT:
                if (to->out != NULL) {
                    return usage("one format at a time");
                }
                to->out = optarg;
                break;
            case OPT_NO_FRAMES: to->chrome.without_frames = true; break;
            case OPT_ONLY: to->trace.only = true; break;
            case 'q': to->quiet = true; break;
            case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
            default: return usage("unknown option, or one without its argument");
        }
    }
    if (to->out == NULL) {
        return usage("where to? --chrome OUT or --perfetto OUT");
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which trace?" : "one trace at a time");
    }
    to->path = argv[optind];
    return -1;
}

static int
export(const gbx_trace *trace, void *options_chosen, gbx_error *error)
{
    const options *chosen = options_chosen;
    bool to_stdout = strcmp(chosen->out, "-") == 0;
    gbx_chrome_counts counts;
    gbx_symbols *symbols = gbx_symbols_new();
    FILE *to = to_stdout ? stdout : fopen(chosen->out, "we");
    if (to == NULL || symbols == NULL) {
        gbx_symbols_free(symbols);
        return gbx_error_set(error, GBX_ERROR_SYSTEM, "cannot open '%s': %s", chosen->out, strerror(errno));
    }
    int result = gbx_chrome_write(trace, &chosen->chrome, symbols, to, &counts, error);
    gbx_symbols_free(symbols);
    if ((to_stdout ? fflush(to) : fclose(to)) != 0 && result == 0) {
        result = gbx_error_set(error, GBX_ERROR_SYSTEM, "cannot write '%s': %s", chosen->out, strerror(errno));
    }
    if (result == 0 && !chosen->quiet) {
        fprintf(stderr, "glassbox: %" PRIu64 " events written", counts.events);
        if (counts.dropped > 0) {
            fprintf(stderr, ", %" PRIu64 " ends of frames without a beginning left out", counts.dropped);
        }
        fputc('\n', stderr);
    }
    return result;
}

int
gbx_cmd_export(int argc, char **argv)
{
    options chosen;
    int status = parse(argc, argv, &chosen);
    return status >= 0 ? status : gbx_cmd_read(chosen.path, &chosen.trace, export, &chosen);
}
