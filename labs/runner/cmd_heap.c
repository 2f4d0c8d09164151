/* glassbox heap: arenas and pools at a mark, and what is alive over time. */

#include "cmd.h"
#include "cmd_heap.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox heap [OPTION...] FILE\n"
"\n"
"Show what pymalloc held at the end of a trace, or at a mark: its arenas (1 MiB)\n"
"with their pools (16 KiB), what is in use of each size class, large blocks from\n"
"malloc() and what the free lists kept; and how the bytes in use came and went.\n"
"The trace must have been made with the class alloc (glassbox trace -e alloc).\n"
"\n"
"  -a, --at=MARK        at the first mark of that name; 'NAME=TEXT' for one with a text:\n"
"                       glassbox.mark(\"arenas\", \"filled\") is 'arenas=filled'\n"
"  -p, --pid=PID        of this process; else of the one that wrote FILE itself\n"
"      --arenas=N       show at most N arenas, the emptiest first (default 24)\n"
"      --by=time        steps of equal time; --by=events: of equally many events.\n"
"                       Else by time, if the trace has enough of it\n"
"      --json           one JSON object: sums, arenas with their pools, the graph\n"
"      --svg=PICTURE    write a picture of both, for a browser, and print nothing\n"
"      --help           this text\n"
"\n"
"Of the free-threaded build, which has no arenas: its blocks and mimalloc's pages.\n"
"\n"
"In the picture of an arena each sign is a pool: '.' was never used or is empty,\n"
"then eight signs from one block in use to all. In the graph each row is a size\n"
"class, or what all arenas and the blocks of all pools take, from the first event\n"
"of the allocator to the last one shown; its height is relative to the row's own\n"
"peak. Events of the allocator have no times of their own, but those of the records\n"
"before them: of marks, references, collections, or whatever else was recorded. Where\n"
"there are too few of these, steps are of equally many events; it says which.\n"
"\n"
"'in use' is the share of the arenas' bytes that are in blocks in use. What is\n"
"missing is the price of pools that are not full, of pools that are empty in arenas\n"
"that are not, and of rounding. Without the GIL: of the room that pages have.\n"
"\n"
"Exit status: 0; 2 if the trace cannot be read, or says nothing of an allocator;\n"
"64 for wrong usage.\n";

/* Steps of the graph: as many as fit a line, and more where there is room. */
enum { COLUMNS_TEXT = 48, COLUMNS_PICTURE = 240 };

typedef struct {
    const char *path;
    const char *svg;
    bool json;
    gbx_heapline_options line;
    uint32_t pid;
    uint32_t most_arenas;
} options;

static int
usage(const char *message)
{
    return gbx_cmd_usage("heap", message);
}

static bool
parse_number(const char *text, uint32_t *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (uint32_t)value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && value <= UINT32_MAX;
}

static bool
parse_axis(const char *text, gbx_heapline_axis *axis)
{
    *axis = strcmp(text, "time") == 0 ? GBX_HEAPLINE_TIME : GBX_HEAPLINE_EVENTS;
    return *axis == GBX_HEAPLINE_TIME || strcmp(text, "events") == 0;
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    enum { OPT_ARENAS = 256, OPT_HELP, OPT_BY, OPT_JSON, OPT_SVG };
    static const struct option long_options[] = {
        { "at", required_argument, NULL, 'a' }, { "pid", required_argument, NULL, 'p' },
        { "arenas", required_argument, NULL, OPT_ARENAS }, { "help", no_argument, NULL, OPT_HELP },
        { "by", required_argument, NULL, OPT_BY }, { "json", no_argument, NULL, OPT_JSON },
        { "svg", required_argument, NULL, OPT_SVG },
        { NULL, 0, NULL, 0 },
    };
    int option;
    *to = (options){ .most_arenas = 24 };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "a:p:", long_options, NULL)) != -1) {
        switch (option) {
            case 'a': to->line.mark = optarg; break;
            case OPT_JSON: to->json = true; break;
            case OPT_SVG: to->svg = optarg; break;
            case OPT_BY:
                if (!parse_axis(optarg, &to->line.axis)) {
                    return usage("--by takes time or events");
                }
                break;
            case 'p':
                if (!parse_number(optarg, &to->pid)) {
                    return usage("--pid takes a number");
                }
                break;
            case OPT_ARENAS:
                if (!parse_number(optarg, &to->most_arenas)) {
                    return usage("--arenas takes a number");
                }
                break;
            case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
            default: return usage("unknown option");
        }
    }
    if (to->json && to->svg != NULL) {
        return usage("--json and --svg are two ways to say it");
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which trace?" : "one trace at a time");
    }
    to->path = argv[optind];
    return -1;
}

/* ------------------------------------------------------------------ the command */

static int
find_process(const gbx_trace *trace, uint32_t pid, uint32_t *process)
{
    for (size_t i = 0; i < gbx_trace_process_count(trace); i++) {
        if (pid == 0 || gbx_trace_process(trace, i)->header->pid == pid) {
            *process = (uint32_t)i;
            return 0;
        }
    }
    return GBX_ERROR_MISSING;
}

static int
write_svg(const gbx_heap_view *view, const char *path, gbx_error *error)
{
    FILE *to = fopen(path, "we");
    if (to == NULL) {
        return gbx_error_system(error, "open", path);
    }
    bool done = gbx_heap_svg(view, to);
    done = fclose(to) == 0 && done;
    return done ? 0 : gbx_error_system(error, "write", path);
}

static int
show(const gbx_trace *trace, void *options_chosen, gbx_error *error)
{
    options *chosen = options_chosen;
    gbx_heapline line;
    if (find_process(trace, chosen->pid, &chosen->line.process) != 0) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' has no process %" PRIu32, chosen->path,
                             chosen->pid);
    }
    chosen->line.columns = chosen->json || chosen->svg != NULL ? COLUMNS_PICTURE : COLUMNS_TEXT;
    int status = gbx_heapline_make(&line, trace, &chosen->line, error);
    if (status == 0) {
        const gbx_process *process = gbx_trace_process(trace, chosen->line.process);
        gbx_heap_view view = { .mark = chosen->line.mark, .pid = process->header->pid,
                               .program = chosen->path, .most_arenas = chosen->most_arenas, .line = &line };
        if (chosen->svg != NULL) {
            status = write_svg(&view, chosen->svg, error);
        }
        else if (chosen->json) {
            status = gbx_cmd_json(gbx_heap_json(&view), JSON_INDENT(1), error);
        }
        else if (!gbx_heap_text(&view, stdout)) {
            status = gbx_error_system(error, "write", "standard output");
        }
    }
    gbx_heapline_clear(&line);
    return status;
}

int
gbx_cmd_heap(int argc, char **argv)
{
    options chosen;
    int status = parse(argc, argv, &chosen);
    return status >= 0 ? status : gbx_cmd_read(chosen.path, NULL, show, &chosen);
}
