/* glassbox why: runs a program, and says which column of the mental model its time goes to, and at which line. */

#include "cmd.h"
#include "paths.h"
#include "why_show.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
"usage: glassbox why [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
"       glassbox why [OPTION...] -m MODULE [ARGUMENT...]\n"
"       glassbox why [OPTION...] -c CODE [ARGUMENT...]\n"
"       glassbox why [OPTION...] --trace=FILE [--trace=FILE]\n"
"\n"
"Say what each column of the mental model cost a program, which line is at fault,\n"
"what the evidence is, and which tool looks deeper:\n"
"\n"
"  source -> AST -> bytecode -> eval loop -> C function -> system call or GPU kernel\n"
"\n"
"The program is run three times: by itself; recorded with the classes that cost\n"
"little, for times; and with those that tell of each object, block and reference,\n"
"for numbers.  Only the first run's output is shown, and only it has a keyboard: the\n"
"others read standard input from its beginning where it is a file, and nothing else.\n"
"End a program that does not end by Ctrl-C: the others then take as long.\n"
"If there is a fault, the tool that looks deeper is asked about its line, where it is\n"
"installed; py-spy and nsys run the program once more.\n"
"\n"
"      --once             run it once, with everything on: for a program that must\n"
"                         not run again.  It is slower, and so are its times\n"
"      --no-tools         ask no other tool\n"
"      --seconds=N        end each run after N seconds, and take what there is\n"
"      --limit=SIZE       how large a recording may grow: 64M, 2G... (default 1G);\n"
"                         what comes after is not counted\n"
"  -o, --output=NAME      the recordings: NAME.gbx and NAME-counts.gbx in place of\n"
"                         PROGRAM.why.gbx and PROGRAM.why-counts.gbx\n"
"      --trace=FILE       judge recordings that are there and run nothing: one with\n"
"                         times, or one with each, in this order\n"
"      --python=PYTHON    another interpreter: a program, or the name of a build\n"
"      --build=PYTHON     (gil, ft); also PYTHON= in the environment\n"
"      --json             one JSON object on standard output, see below; the\n"
"                         program's own output is dropped\n"
"      --help             this text\n"
"\n"
"A fault is a cost that the program need not have, at one line, of at least a tenth\n"
"of the program's own time (without the start of the interpreter) and 20 ms.  A cost\n"
"is measured between two events; or estimated: a number of events, times what one of\n"
"them costs here, which is measured after the program has ended.\n"
"\n"
"JSON: program, build, python, status (of the program; -N: killed by signal N),\n"
"wall_s, traced_s, counted_s (the three runs; null: there was none), own_s,\n"
"startup_s, lost (events), tools, and\n"
"these arrays; more may be added.\n"
"  columns    column, part (of the model), question, cost, unit, share (of own_s, 0\n"
"             to 1), basis (measured, estimated, not recorded), counts, why\n"
"  verdicts   the dearest first; none: no fault found.  column, part, fault, file,\n"
"             line, function, share, cost, unit, basis, sentence, evidence, deeper\n"
"    evidence event, records, seq (position of one of them), text, show (a command)\n"
"    deeper   tool, command, installed, says (a line of what it said, or null), get\n"
"  near       the same of what has a fault's sign and costs too little for one\n"
"  functions  those with most of the time, no verdict: function, file, line, own_s\n"
"             (without what they called, as recorded), share (of all), calls\n"
"\n"
"Exit status: 0 it was run and judged; 1 it was judged, and did not end well by\n"
"itself; 2 no verdict can be given; 64 wrong usage.\n";

typedef struct {
    gbx_why_options run;
    const char *python;
    const char *output;
    const char *traces[2];
    size_t trace_count;
    bool json;
    bool shallow;                /* ask no other tool */
} choices;

enum { OPT_ONCE = 256, OPT_SECONDS, OPT_LIMIT, OPT_TRACE, OPT_PYTHON, OPT_JSON, OPT_NO_TOOLS, OPT_HELP };

static const struct option long_options[] = {
    { "once", no_argument, NULL, OPT_ONCE }, { "seconds", required_argument, NULL, OPT_SECONDS },
    { "limit", required_argument, NULL, OPT_LIMIT }, { "output", required_argument, NULL, 'o' },
    { "trace", required_argument, NULL, OPT_TRACE }, { "python", required_argument, NULL, OPT_PYTHON },
    { "build", required_argument, NULL, OPT_PYTHON }, { "json", no_argument, NULL, OPT_JSON },
    { "no-tools", no_argument, NULL, OPT_NO_TOOLS },
    { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

/* ------------------------------------------------------------------ arguments */

static int
usage(const char *message)
{
    return gbx_cmd_usage("why", message);
}

static bool
parse_seconds(const char *text, uint32_t *ms)
{
    char *end;
    errno = 0;
    double seconds = strtod(text, &end);
    *ms = seconds > 0 && seconds <= 1e6 ? (uint32_t)(seconds * 1000) : 0;
    return *end == '\0' && end != text && errno == 0 && *ms > 0;
}

/* -1: go on; else the exit status. */
static int
parse_one(int option, choices *to)
{
    switch (option) {
        case OPT_ONCE: to->run.once = true; return -1;
        case OPT_NO_TOOLS: to->shallow = true; return -1;
        case OPT_JSON: to->json = true; return -1;
        case OPT_PYTHON: to->python = optarg; return -1;
        case 'o': to->output = optarg; return -1;
        case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
        case OPT_SECONDS:
            return parse_seconds(optarg, &to->run.timeout_ms) ? -1 : usage("--seconds takes a number of seconds");
        case OPT_LIMIT:
            to->run.limit = optarg;
            return gbx_recording_size(optarg) ? -1 : usage("--limit is a size of at least 256K, such as 64M");
        case OPT_TRACE:
            if (to->trace_count == 2) {
                return usage("two recordings at most");
            }
            to->traces[to->trace_count++] = optarg;
            return -1;
        case ':': return usage("an option lacks its argument");
        default: return usage("unknown option");
    }
}

/* Ours end where Python's begin: at the first word that is no option, at -m, -c, or after '--'. */
static int
parse(int argc, char **argv, choices *to)
{
    *to = (choices){ .python = NULL };
    optind = 1;
    opterr = 0;
    for (int at = 1; at < argc; at = optind) {
        if (strncmp(argv[at], "-m", 2) == 0 || strncmp(argv[at], "-c", 2) == 0) {
            break;
        }
        int option = getopt_long(argc, argv, "+:o:", long_options, NULL);
        if (option == -1) {
            break;
        }
        int status = parse_one(option, to);
        if (status >= 0) {
            return status;
        }
    }
    to->run.arguments = argv + optind;
    to->run.silent = to->json;
    if (to->trace_count > 0) {
        return argv[optind] == NULL ? -1 : usage("a recording or a program, not both");
    }
    return argv[optind] == NULL ? usage("no program is named") : -1;
}

/* ------------------------------------------------------------------ recordings */

/* "app" for "dir/app.py", "-m app" and "dir/app/"; "python" where it has no name. */
static char *
name_of(char *const *arguments)
{
    const char *word = arguments[0];
    if (strncmp(word, "-m", 2) == 0) {
        word = word[2] != '\0' ? word + 2 : arguments[1] != NULL ? arguments[1] : "python";
    }
    char *copy = strdup(word[0] == '-' ? "python" : word);
    size_t length = copy == NULL ? 0 : strlen(copy);
    while (length > 1 && copy[length - 1] == '/') {
        copy[--length] = '\0';
    }
    if (length > 3 && strcmp(copy + length - 3, ".py") == 0) {
        copy[length - 3] = '\0';
    }
    char *slash = copy == NULL ? NULL : strrchr(copy, '/');
    char *name = copy == NULL ? NULL : strdup(slash == NULL || slash[1] == '\0' ? copy : slash + 1);
    free(copy);
    return name;
}

/* Where the recordings go; both are the caller's. */
static int
choose_paths(const choices *chosen, char **timed, char **counted, gbx_error *error)
{
    char *name = chosen->output != NULL ? NULL : name_of(chosen->run.arguments);
    const char *stem = chosen->output != NULL ? chosen->output : name, *why = chosen->output != NULL ? "" : ".why";
    int made = stem == NULL ? -1 : asprintf(timed, "%s%s.gbx", stem, why);
    if (made >= 0) {
        made = asprintf(counted, "%s%s-counts.gbx", stem, why);
    }
    free(name);
    return made < 0 ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
}

/* --------------------------------------------------------------------- what it says */

/* Of the dearest fault its tool is asked, and, as it takes no time, the linter. */
static void
ask_tools(const choices *chosen, const gbx_why *why, gbx_why_tool tools[GBX_WHY_TOOLS])
{
    if (gbx_why_verdicts(why) == 0) {
        return;
    }
    const gbx_why_verdict *verdict = gbx_why_verdict_at(why, 0);
    for (size_t i = 0; i < GBX_WHY_TOOLS; i++) {
        if (tools[i].part == gbx_why_column_part(verdict->column) || tools[i].part == GBX_WHY_SOURCE) {
            gbx_why_tool_ask(&tools[i], &chosen->run, verdict->file, verdict->line);
        }
    }
}

static int
show(const choices *chosen, const gbx_paths *paths, const gbx_why_input *input, const gbx_why_runs *runs,
     gbx_error *error)
{
    gbx_why *why;
    int code = gbx_why_explain(&why, input, error);
    if (code != 0) {
        return code;
    }
    const char *const none[] = { NULL };
    gbx_why_tool tools[GBX_WHY_TOOLS];
    gbx_why_tools_find(tools, paths, runs == NULL ? NULL : &chosen->run);
    bool whole = runs != NULL && !runs->interrupted && !runs->stopped && !runs->timed_out;
    if (whole && !chosen->run.once && !chosen->shallow) {
        ask_tools(chosen, why, tools);
    }
    gbx_why_view view = { .why = why, .runs = runs, .python = chosen->run.python, .tools = tools,
                          .program = runs == NULL ? none : (const char *const *)chosen->run.arguments };
    if (chosen->json) {
        code = gbx_cmd_json(gbx_why_json(&view), JSON_INDENT(2) | JSON_PRESERVE_ORDER, error);
    }
    else {
        gbx_why_text(&view, stdout);
    }
    gbx_why_tools_clear(tools);
    gbx_why_free(why);
    return code;
}

static int
judge_traces(const choices *chosen, gbx_error *error)
{
    gbx_trace *traces[2] = { NULL, NULL };
    int code = 0;
    for (size_t i = 0; i < chosen->trace_count && code == 0; i++) {
        code = gbx_trace_open(&traces[i], chosen->traces[i], NULL, error);
    }
    if (code == 0) {
        gbx_why_input input = { .timed = traces[0], .counted = chosen->trace_count > 1 ? traces[1] : traces[0] };
        code = show(chosen, NULL, &input, NULL, error);
    }
    gbx_trace_close(traces[0]);
    gbx_trace_close(traces[1]);
    return code;
}

/* ------------------------------------------------------------------- the program */

/* A program that reads what cannot be read again is run once. */
static bool
reads_a_stream(void)
{
    struct stat about;
    return fstat(STDIN_FILENO, &about) == 0 && (S_ISFIFO(about.st_mode) || S_ISSOCK(about.st_mode));
}

static int
run_and_judge(choices *chosen, gbx_error *error, bool *well)
{
    gbx_paths paths = { .root = NULL };
    gbx_why_runs runs = { .probe = NULL };
    gbx_why_input input;
    char *python = NULL, *timed = NULL, *counted = NULL;
    int code = choose_paths(chosen, &timed, &counted, error);
    if (code == 0) {
        code = gbx_paths_find(&paths, error);
    }
    if (code == 0) {
        code = gbx_cmd_python(&paths, chosen->python, &python, error);
    }
    if (code == 0) {
        chosen->run.python = python;
        chosen->run.timed_path = timed;
        chosen->run.counted_path = counted;
        chosen->run.once = chosen->run.once || reads_a_stream();
        code = gbx_why_run(&runs, &chosen->run, error);
    }
    if (code == 0) {
        *well = runs.exited && runs.status == 0 && !runs.timed_out;
        gbx_why_runs_input(&runs, &input);
        code = show(chosen, &paths, &input, &runs, error);
    }
    gbx_why_runs_clear(&runs);
    gbx_paths_clear(&paths);
    free(python);
    free(timed);
    free(counted);
    return code;
}

int
gbx_cmd_why(int argc, char **argv)
{
    choices chosen;
    gbx_error error = { 0, "out of memory" };
    bool well = true;
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    int code = chosen.trace_count > 0 ? judge_traces(&chosen, &error) : run_and_judge(&chosen, &error, &well);
    if (code == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        code = gbx_error_system(&error, "write", "standard output");
    }
    if (code != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return code == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return well ? GBX_EXIT_PASS : GBX_EXIT_FAIL;
}
