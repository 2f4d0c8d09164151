/* glassbox trace: run any program on the instrumented interpreter and keep what happened in it.

   The program has our terminal, streams, directory and signals, as if it had been started without us; what
   it ends with is what we end with.  This command must add nothing to its output: our own line goes to
   stderr after it has ended. */

#include "cmd.h"
#include "driver.h"
#include "filter.h"
#include "paths.h"
#include "recording.h"
#include "text.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox trace [OPTION...] [--] PROGRAM [ARGUMENT...]\n"
"       glassbox trace [OPTION...] -m MODULE [ARGUMENT...]\n"
"       glassbox trace [OPTION...] -c CODE [ARGUMENT...]\n"
"\n"
"Run a Python program on the instrumented interpreter and record what happens in\n"
"it, its threads and its children.  The program sees no difference: it has the\n"
"same streams, terminal, signals and exit status.  Everything from PROGRAM, -m or\n"
"-c on goes to Python as it is; after '--', Python's own options may come first.\n"
"\n"
"  -e, --events=CLASSES   what to record, such as frame+spec.  Default: frame, spec,\n"
"                         compile, import, thread, gc, mark and ref, which follows\n"
"                         what the program watches.  Not obj and alloc, every object\n"
"                         and every block: a trace several times as large.\n"
"                         'default+obj' adds one of them, 'all' both\n"
"  -o, --output=FILE      default: the program's name with .gbx, in the current\n"
"                         directory.  An earlier trace there is replaced; a file\n"
"                         that is not a trace, or is still written, never is\n"
"      --ring             keep the newest events in a file of fixed size\n"
"      --limit=SIZE       how large a process's file may grow, or is with --ring:\n"
"                         64M, 2G...; default: 1G, and 64M with --ring\n"
"      --no-clock         record order alone: cheaper, but without times\n"
"      --churn            count the references of all objects, by line, for\n"
"                         'glassbox refs'; with the class ref\n"
"      --python=PYTHON    another interpreter: a program, or the name of a build\n"
"                         (gil, ft, stats, debug); also PYTHON= in the environment\n"
"  -q, --quiet            do not say at the end what was recorded\n"
"      --help             this text\n"
"\n"
"A child that is a Python of ours writes a file of its own, FILE.PID; the commands\n"
"read them all as one trace when given FILE.  The trace can be read at any time,\n"
"also while the program runs and after it was killed.\n"
"\n"
"Exit status: the program's; 128 + N if signal N killed it; 2 if it could not be\n"
"run or left no trace; 64 for wrong usage.\n"
"\n"
"  glassbox trace app.py --port 8000\n"
"  glassbox trace -e frame+import -o start.gbx -m http.server\n"
"  glassbox trace --ring --limit=16M -- -X dev app.py\n";

typedef struct {
    gbx_recording_options recording;
    const char *python;          /* NULL: the default one */
    bool quiet;
    char **arguments;            /* Python's */
} choices;

enum { OPT_RING = 256, OPT_LIMIT, OPT_NO_CLOCK, OPT_CHURN, OPT_PYTHON, OPT_HELP };

static const struct option long_options[] = {
    { "events", required_argument, NULL, 'e' }, { "output", required_argument, NULL, 'o' },
    { "ring", no_argument, NULL, OPT_RING }, { "limit", required_argument, NULL, OPT_LIMIT },
    { "no-clock", no_argument, NULL, OPT_NO_CLOCK }, { "churn", no_argument, NULL, OPT_CHURN },
    { "python", required_argument, NULL, OPT_PYTHON },
    { "quiet", no_argument, NULL, 'q' }, { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

/* ------------------------------------------------------------------ arguments */

static int
usage(const char *message)
{
    return gbx_cmd_usage("trace", message);
}

static int
parse_classes(uint32_t *mask)
{
    gbx_filter filter = gbx_filter_all();
    gbx_error error = { 0, "" };
    if (gbx_filter_classes(&filter, optarg, &error) != 0) {
        return usage(error.message);
    }
    *mask = filter.mask;
    return filter.event == 0 ? -1 : usage("whole classes are recorded, not single events");
}

/* -1: go on; else the exit status. */
static int
parse_one(int option, choices *to)
{
    switch (option) {
        case 'e': return parse_classes(&to->recording.mask);
        case 'o': to->recording.path = optarg; return -1;
        case 'q': to->quiet = true; return -1;
        case OPT_RING: to->recording.ring = true; return -1;
        case OPT_NO_CLOCK: to->recording.untimed = true; return -1;
        case OPT_CHURN:    to->recording.churn = true; return -1;
        case OPT_PYTHON: to->python = optarg; return -1;
        case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
        case OPT_LIMIT:
            to->recording.limit = optarg;
            return gbx_recording_size(optarg) ? -1 : usage("--limit is a size of at least 256K, such as 64M");
        case ':': return usage("an option lacks its argument");
        default: return usage("unknown option");
    }
}

/* Ours end where Python's begin: at the first word that is no option, at -m, -c, or after '--'. */
static int
parse(int argc, char **argv, choices *to)
{
    *to = (choices){ .arguments = NULL };
    optind = 1;
    opterr = 0;
    for (int at = 1; at < argc; at = optind) {
        if (strncmp(argv[at], "-m", 2) == 0 || strncmp(argv[at], "-c", 2) == 0) {
            break;
        }
        int option = getopt_long(argc, argv, "+:e:o:q", long_options, NULL);
        if (option == -1) {
            break;
        }
        int status = parse_one(option, to);
        if (status >= 0) {
            return status;
        }
    }
    if (to->recording.churn && to->recording.mask != 0) {
        to->recording.mask |= 1u << GBX_CLASS_REF;
    }
    to->arguments = argv + optind;
    return to->arguments[0] == NULL ? usage("no program is named") : -1;
}

/* ---------------------------------------------------------- Python's arguments */

typedef struct {
    const char *name;            /* what is run: a file, a module; "python" where it has no name */
    bool isolated;               /* told to ignore PYTHON… variables */
} program;

/* Look through one word of options, "-IXdev" or "-W"; true: the program is found. */
static bool
read_options(const char *word, const char *next, program *found, bool *takes_next)
{
    *takes_next = strcmp(word, "--check-hash-based-pycs") == 0;
    if (word[1] == '-') {
        return false;
    }
    for (const char *letter = word + 1; *letter != '\0'; letter++) {
        const char *rest = letter[1] != '\0' ? letter + 1 : NULL;
        switch (*letter) {
            case 'E': case 'I':
                found->isolated = true;
                break;
            case 'c':
                return true;
            case 'm':
                found->name = rest != NULL ? rest : next != NULL ? next : found->name;
                return true;
            case 'X': case 'W':
                *takes_next = rest == NULL;
                return false;
            default:
                break;
        }
    }
    return false;
}

static program
read_arguments(char *const *arguments)
{
    program found = { "python", false };
    for (size_t i = 0; arguments[i] != NULL; i++) {
        bool takes_next = false;
        if (arguments[i][0] != '-') {
            found.name = arguments[i];
            break;
        }
        if (arguments[i][1] == '\0' || read_options(arguments[i], arguments[i + 1], &found, &takes_next)) {
            break;                               /* "-" is stdin */
        }
        if (takes_next && arguments[i + 1] != NULL) {
            i++;
        }
    }
    return found;
}

/* "app.gbx" for "dir/app.py" and "dir/app/"; the caller frees it. */
static char *
default_output(const char *name)
{
    char *copy = strdup(name), *output = NULL;
    size_t length = copy == NULL ? 0 : strlen(copy);
    while (length > 1 && copy[length - 1] == '/') {
        copy[--length] = '\0';
    }
    char *base = copy == NULL ? NULL : strrchr(copy, '/');
    base = base == NULL ? copy : base + 1;
    length = base == NULL ? 0 : strlen(base);
    if (length > 3 && strcmp(base + length - 3, ".py") == 0) {
        base[length - 3] = '\0';
    }
    if (base != NULL && asprintf(&output, "%s.gbx", base[0] == '\0' || base[0] == '.' ? "python" : base) < 0) {
        output = NULL;
    }
    free(copy);
    return output;
}

/* ------------------------------------------------------------------ the steps */

static int
run_program(const char *python, const choices *chosen, const program *what, const gbx_recording *recording,
            gbx_driver_result *result, gbx_error *error)
{
    size_t count = 0, words = 0;
    char *option = NULL;
    int code;
    while (chosen->arguments[count] != NULL) {
        count++;
    }
    const char **argv = calloc(count + 4, sizeof(*argv));
    if (argv == NULL || asprintf(&option, "glassbox=%s", gbx_recording_spec(recording)) < 0) {
        free(argv);
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    argv[words++] = python;
    if (what->isolated) {                        /* it will not look at the environment */
        argv[words++] = "-X";
        argv[words++] = option;
    }
    memcpy(argv + words, chosen->arguments, count * sizeof(*argv));
    const char *const environment[] = { recording->setting, NULL };
    code = gbx_driver_run(&(gbx_driver_options){ .argv = argv, .environment = environment, .terminal = true },
                          result, error);
    free(option);
    free(argv);
    return code;
}

/* ----------------------------------------------------------------- the summary */

static void
say_why_lost(const gbx_trace *trace)
{
    for (size_t i = 0; i < gbx_trace_process_count(trace); i++) {
        const gbx_header *header = gbx_trace_process(trace, i)->header;
        if (header->state == GBX_STATE_FULL) {
            fprintf(stderr, " (the limit was reached: --limit, --ring or fewer --events)");
            return;
        }
        if (header->state == GBX_STATE_ERROR) {
            fprintf(stderr, " (recording stopped: %s)", strerror((int)header->error));
            return;
        }
    }
}

static void
summarize(const gbx_trace *trace, const char *path)
{
    char text[32];
    uint64_t lost = 0, overwritten = 0;
    size_t processes = gbx_trace_process_count(trace), threads = gbx_trace_stream_count(trace);
    for (size_t i = 0; i < processes; i++) {
        lost += gbx_trace_process(trace, i)->lost;
        overwritten += gbx_trace_process(trace, i)->overwritten;
    }
    fprintf(stderr, "glassbox: %s events", gbx_text_number((double)gbx_trace_count(trace), text, sizeof(text)));
    fprintf(stderr, " in %zu thread%s of %zu process%s", threads, threads == 1 ? "" : "s", processes,
            processes == 1 ? "" : "es");
    if (overwritten > 0) {
        fprintf(stderr, ", %s older ones overwritten",
                gbx_text_number((double)overwritten, text, sizeof(text)));
    }
    fprintf(stderr, ", %s lost", lost == 0 ? "none" : gbx_text_number((double)lost, text, sizeof(text)));
    say_why_lost(trace);
    const char *quote = strpbrk(path, " \t\n\"$&'()*;<>?[\\]`|~#!") == NULL ? "" : "'";
    fprintf(stderr, ": glassbox show %s%s%s\n", quote, path, quote);
}

/* The program has ended: what did it leave? */
static int
conclude(gbx_recording *recording, const choices *chosen, const gbx_driver_result *result, gbx_error *error)
{
    gbx_trace *trace;
    int code = gbx_recording_open(recording, &trace, error);
    if (code != 0) {
        fprintf(stderr, "glassbox: %s%s\n", error->message,
                code == GBX_ERROR_MISSING ? "; 'glassbox doctor' says what could be wrong" : "");
        return GBX_EXIT_BROKEN;
    }
    if (!chosen->quiet) {
        summarize(trace, chosen->recording.path);
    }
    gbx_trace_close(trace);
    return result->exited ? result->status : 128 + result->signal;
}

/* ----------------------------------------------------------------- the command */

static int
trace_program(const choices *chosen, const program *what, const char *python, gbx_error *error)
{
    gbx_recording recording;
    gbx_driver_result result = { .exited = false };
    int status = GBX_EXIT_BROKEN;
    int code = gbx_recording_prepare(&recording, &chosen->recording, error);
    if (code == 0) {
        code = run_program(python, chosen, what, &recording, &result, error);
    }
    if (code == 0) {
        status = conclude(&recording, chosen, &result, error);
    }
    else {
        fprintf(stderr, "glassbox: %s\n", error->message);
        status = code == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    gbx_driver_result_clear(&result);
    gbx_recording_clear(&recording);
    return status;
}

/* Everything that has to be known before the program may start. */
static int
find_and_trace(choices *chosen, char **output, char **python, gbx_paths *paths, gbx_error *error)
{
    program what = read_arguments(chosen->arguments);
    if (chosen->recording.path == NULL) {
        chosen->recording.path = *output = default_output(what.name);
    }
    int code = chosen->recording.path == NULL
        ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : gbx_paths_find(paths, error);
    if (code == 0) {
        code = gbx_cmd_python(paths, chosen->python, python, error);
    }
    if (code == 0) {
        return trace_program(chosen, &what, *python, error);
    }
    fprintf(stderr, "glassbox: %s\n", error->message);
    return GBX_EXIT_BROKEN;
}

int
gbx_cmd_trace(int argc, char **argv)
{
    choices chosen;
    gbx_paths paths = { .root = NULL };
    gbx_error error = { 0, "" };
    char *python = NULL, *output = NULL;
    int status = parse(argc, argv, &chosen);
    if (status < 0) {
        status = find_and_trace(&chosen, &output, &python, &paths, &error);
        gbx_paths_clear(&paths);
        free(python);
        free(output);
    }
    return status;
}
