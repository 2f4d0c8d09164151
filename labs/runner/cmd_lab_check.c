/* glassbox lab check: judge a learner's work as grading will, and say what came out.

   All that is shown is in the result: nothing is decided here. */

#include "cmd.h"
#include "cmd_lab.h"

#include "clean.h"
#include "explain.h"
#include "grade.h"
#include "text.h"
#include "toml.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"usage: glassbox lab check N [OPTION...]\n"
"\n"
"Judge your work on lab N as it will be graded: your files run in the sandbox on the\n"
"instrumented interpreter, and each fact is judged by what was recorded. For each\n"
"that does not hold it says what was expected, what was seen and why that is likely.\n"
"\n"
"Names such as spec.miss@work.py:12#3 are events of the run (here: the third\n"
"spec.miss while line 12 of work.py runs); explain.toml cites them.\n"
"\n"
"      --folder=DIR         your work folder; else this one, or work/lab-N\n"
"      --events             not the verdicts, but what can be cited: each line of your\n"
"                           files, and how many events of which kind it has\n"
"      --events=FILE:LINE   the events of one line (work.py:12), each as it is cited,\n"
"                           and what it says\n"
"      --format=json        the result as grading would write it\n"
"      --require-level=L    run at this level of the sandbox or not at all: bare,\n"
"                           filtered, isolated (the default) or full\n"
"      --no-witness         for tests alone\n"
"      --help               this text\n"
"\n"
"Exit status: 0 all facts hold; 1 not all; 2 it could not be judged; 64 wrong usage.\n";

enum { WIDTH = 80, INDENT = 15, MOST_EVIDENCE = 3 };

typedef struct {
    uint32_t number;
    const char *folder;
    const char *events;              /* "": of all lines; NULL: none */
    bool json, no_witness;
    gbx_level level;
} options;

static const char *
text_of(const json_t *table, const char *key)
{
    const char *text = json_string_value(json_object_get(table, key));
    return text == NULL ? "" : text;
}

static double
number_of(const json_t *table, const char *key)
{
    return json_number_value(json_object_get(table, key));
}

/* ---------------------------------------------------------------------- the report */

/* "            expected  at least 3 spec.success in hot" */
static void
print_pair(const char *name, const char *text)
{
    if (text[0] != '\0') {
        printf("%*s%-9s ", INDENT, "", name);
        gbx_text_wrap(stdout, INDENT + 10, INDENT + 10, WIDTH, text);
    }
}

static void
print_evidence(const json_t *result, const char *id)
{
    size_t i;
    json_t *one;
    const char *name = "seen";
    const json_t *list = json_object_get(json_object_get(json_object_get(result, "host"), "evidence"), id);
    json_array_foreach(list, i, one) {
        if (i < MOST_EVIDENCE) {
            char line[512];
            const char *ref = text_of(one, "ref");
            snprintf(line, sizeof(line), "%s%s%.300s", ref, ref[0] == '\0' ? "" : ": ", text_of(one, "text"));
            print_pair(name, line);
            name = "";
        }
    }
}

static const char *
sign_of(const char *verdict)
{
    return strcmp(verdict, "pass") == 0 || strcmp(verdict, "flaky") == 0 ? "ok" : strcmp(verdict, "partial") == 0 ? "part"
        : strcmp(verdict, "fail") == 0 ? "FAIL" : "--";
}

static void
print_fact(const gbx_lab_work *work, const char *program, const json_t *result, const json_t *fact)
{
    char head[PATH_MAX + 200], points[48];
    const char *verdict = text_of(fact, "verdict"), *id = text_of(fact, "id");
    bool good = strcmp(sign_of(verdict), "ok") == 0;
    bool looked = strcmp(verdict, "fail") == 0 || strcmp(verdict, "partial") == 0;
    snprintf(points, sizeof(points), "%.4g/%.4g", number_of(fact, "score"), number_of(fact, "points"));
    int used = snprintf(head, sizeof(head), "  %-4s  %5s  %s: ", sign_of(verdict), points, id);
    fputs(head, stdout);
    gbx_text_wrap(stdout, (unsigned)used, INDENT, WIDTH, text_of(fact, "sentence"));
    if (strcmp(verdict, "flaky") == 0) {
        print_pair("note", "it did not hold in every attempt; that is a matter of time, and costs nothing");
    }
    if (strcmp(verdict, "prerequisite") == 0) {
        print_pair("note", text_of(fact, "actual"));
    }
    else if ((looked || good) && strcmp(text_of(fact, "show"), "full") == 0) {
        print_pair("expected", text_of(fact, "expected"));
        print_pair("actual", text_of(fact, "actual"));
        print_pair("likely", text_of(fact, "likely"));
        print_evidence(result, id);
    }
    if (looked && gbx_lab_hint_find(work->lab, id, 1) != NULL) {
        snprintf(head, sizeof(head), "%s lab hint %d %s", program, work->number, id);
        print_pair("hint", head);
    }
}

/* "predictions" or "explanations"; `word`: the member that says how one came out.  Events that refute a prediction are evidence,
   by "predict.ID". */
static void
print_said(const json_t *result, const char *name, const char *title, const char *word)
{
    size_t i;
    json_t *one;
    const json_t *list = json_object_get(result, name);
    if (json_array_size(list) > 0) {
        printf("\n%s\n", title);
    }
    json_array_foreach(list, i, one) {
        char points[48];
        double person = number_of(one, "person");
        snprintf(points, sizeof(points), "%.4g/%.4g", number_of(one, "score"), number_of(one, "points"));
        printf("  %-11s %5s  %s", text_of(one, word), points, text_of(one, "id"));
        if (person > 0) {
            printf(", and up to %.4g from a person", person);
        }
        putchar('\n');
        if (text_of(one, "message")[0] != '\0') {
            printf("%*s", INDENT + 6, "");
            gbx_text_wrap(stdout, INDENT + 6, INDENT + 6, WIDTH, text_of(one, "message"));
        }
        char key[160];
        snprintf(key, sizeof(key), "predict.%.120s", strcmp(name, "predictions") == 0 ? text_of(one, "id") : "");
        print_evidence(result, key);
    }
}

/* What the learner has still to hear of: the sandbox, the witness, each run. */
static void
print_runs(const json_t *result)
{
    const char *name;
    json_t *run;
    char wall[32];
    const json_t *host = json_object_get(result, "host");
    bool witness = json_is_true(json_object_get(json_object_get(host, "witness"), "on"));
    if (json_object_size(json_object_get(host, "runs")) == 0) {
        return;                      /* it was refused before any */
    }
    printf("\nSandbox: %s. Witness: %s.\n", text_of(json_object_get(host, "sandbox"), "level"),
           !witness ? "none, so this could not be graded" : json_is_null(json_object_get(result, "violation"))
           ? "it saw every event that was recorded" : "it was there");
    json_object_foreach(json_object_get(host, "runs"), name, run) {
        printf("Run '%s': %s, %lld events", name, gbx_text_time((uint64_t)(number_of(run, "wall_s") * 1e9), wall, sizeof(wall)),
               (long long)number_of(run, "events"));
        printf("%s%s.\n", text_of(run, "cause")[0] == '\0' ? "" : "; ", text_of(run, "cause"));
    }
}

static void
print_sum(const json_t *result)
{
    size_t i;
    json_t *one;
    double costs = 0, person = 0;
    json_array_foreach(json_object_get(result, "hints"), i, one) {
        costs += number_of(one, "cost");
    }
    json_array_foreach(json_object_get(result, "explanations"), i, one) {
        person += number_of(one, "person");
    }
    printf("\n%s: ", text_of(result, "verdict"));
    gbx_text_wrap(stdout, (unsigned)strlen(text_of(result, "verdict")) + 2, 2, WIDTH, text_of(result, "message"));
    printf("%.4g of %.4g points", number_of(result, "score"), number_of(result, "points"));
    if (costs > 0) {
        printf(", hints have cost %.4g", costs);
    }
    if (person > 0) {
        printf(", %.4g of them a person's to give", person);
    }
    fputs(".\n", stdout);
}

static void
print_report(const gbx_lab_work *work, const char *program, const json_t *result)
{
    size_t i, hidden = 0;
    json_t *fact;
    printf("Lab %d: %s, for %s\n\n", work->number, work->lab->title, work->student);
    json_array_foreach(json_object_get(result, "facts"), i, fact) {
        print_fact(work, program, result, fact);
    }
    for (size_t f = 0; f < work->lab->fact_count; f++) {
        hidden += gbx_lab_fact_hidden(work->lab, &work->lab->facts[f]);
    }
    if (hidden > 0) {
        printf("\n%zu more %s judged when it is graded.\n", hidden, hidden == 1 ? "fact is" : "facts are");
    }
    print_said(result, "predictions", "Predictions", "outcome");
    print_said(result, "explanations", "Explanations", "verdict");
    print_runs(result);
    print_sum(result);
}

/* "  work.py:12   spec.miss 25   spec.success 1" */
static void
print_lines(const json_t *lines)
{
    size_t i;
    json_t *one, *count;
    const char *event;
    json_array_foreach(lines, i, one) {
        char text[1024] = "", head[64];
        json_object_foreach(json_object_get(one, "events"), event, count) {
            size_t used = strlen(text);
            long long last = json_integer_value(count);
            const char *blank = used == 0 ? "" : " ";
            if (last == 1) {
                snprintf(text + used, sizeof(text) - used, "%s%s#1", blank, event);
            }
            else {
                snprintf(text + used, sizeof(text) - used, "%s%s#1..%lld", blank, event, last);
            }
        }
        int used = snprintf(head, sizeof(head), "  %-14s ", text_of(one, "line"));
        fputs(head, stdout);
        gbx_text_wrap(stdout, (unsigned)used, 17, WIDTH, text);
    }
}

static void
print_listed(const json_t *listed)
{
    size_t i;
    json_t *one;
    json_array_foreach(listed, i, one) {
        printf("  %s\n    ", text_of(one, "ref"));
        gbx_text_wrap(stdout, 4, 4, WIDTH, text_of(one, "text"));
    }
}

/* What explain.toml may cite, instead of the verdicts. */
static void
print_events(const json_t *result, const char *at)
{
    const char *name;
    json_t *run;
    size_t shown = 0;
    json_object_foreach(json_object_get(json_object_get(result, "host"), "runs"), name, run) {
        const json_t *lines = json_object_get(run, "lines"), *listed = json_object_get(run, "listed");
        if (json_array_size(lines) + json_array_size(listed) == 0) {
            continue;
        }
        printf("%sRun '%s'%s%s:\n", shown++ == 0 ? "" : "\n", name, at[0] == '\0' ? "" : ", ", at);
        print_lines(lines);
        print_listed(listed);
    }
    if (shown == 0) {
        printf("%s has no event that could be cited; '--events' lists the lines that have some.\nThe whole: %s\n",
               at[0] == '\0' ? "no line" : at, text_of(result, "message"));
    }
    else if (at[0] == '\0') {
        printf("\nThe third spec.miss of line 12 would be cited as \"spec.miss@work.py:12#3\";\n"
               "'lab check N --events=work.py:12' shows what each of that line's events says.\n");
    }
}

/* --------------------------------------------------------------------- before it */

/* Note the predictions, before anything is run; say what is not as it was first noted. */
static int
note_predictions(const gbx_lab_work *work, gbx_error *error)
{
    size_t i;
    json_t *answers = NULL, *changes = NULL, *one;
    char *path = gbx_paths_join(work->folder, "answers.toml", NULL);
    int status = path == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_toml_read(&answers, path, NULL);
    free(path);
    if (status != 0) {
        return status == GBX_ERROR_MEMORY ? status : 0;      /* what is wrong with it the grading will say */
    }
    status = gbx_predictions_note(work->folder, work->lab, answers, &changes, error);
    json_array_foreach(changes, i, one) {
        fputs("note: ", stderr);
        gbx_text_wrap(stderr, 6, 6, WIDTH, json_string_value(one));
    }
    json_decref(answers);
    json_decref(changes);
    return status;
}

static void
show_progress(void *context, const char *what)
{
    (void)context;
    fprintf(stderr, "\r\033[Krunning '%s' ...", what);
}

static int
check(const gbx_lab_work *work, const gbx_lab_places *places, const options *chosen, json_t **result, gbx_error *error)
{
    bool progress = isatty(STDERR_FILENO) == 1;
    const gbx_grade_options how = {
        .paths = &places->paths, .labs = places->labs, .find = gbx_lab_code_find, .roster = &places->roster,
        .folder = work->folder, .hints = json_object_get(work->note, "hints"), .lab = work->number,
        .student = work->student, .seed = work->seed, .check = true, .require_level = chosen->level,
        .no_witness = chosen->no_witness, .events_at = chosen->events, .progress = progress ? show_progress : NULL,
    };
    int status = work->lab->predict_count == 0 ? 0 : note_predictions(work, error);
    if (status == 0) {
        status = gbx_grade(&how, result, error);
    }
    if (progress) {
        fputs("\r\033[K", stderr);
    }
    return status;
}

static int
tell(const gbx_lab_work *work, const char *program, const options *chosen, json_t *result)
{
    const char *verdict = text_of(result, "verdict");
    if (gbx_grade_is_infrastructure(result)) {
        fprintf(stderr, "glassbox: it could not be judged: %s\n", text_of(result, "message"));
        return GBX_EXIT_BROKEN;
    }
    if (chosen->json) {
        json_dumpf(result, stdout, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
        putchar('\n');
    }
    else if (chosen->events != NULL) {
        print_events(result, chosen->events);
    }
    else {
        print_report(work, program, result);
    }
    return fflush(stdout) != 0 ? GBX_EXIT_BROKEN
        : strcmp(verdict, "pass") == 0 || strcmp(verdict, "flaky") == 0 ? GBX_EXIT_PASS : GBX_EXIT_FAIL;
}

/* -------------------------------------------------------------------- the command */

static int
usage(const char *message)
{
    return gbx_cmd_usage("lab check", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    enum { OPT_FOLDER = 256, OPT_FORMAT, OPT_EVENTS, OPT_LEVEL, OPT_NO_WITNESS, OPT_HELP };
    static const struct option long_options[] = {
        { "folder", required_argument, NULL, OPT_FOLDER }, { "format", required_argument, NULL, OPT_FORMAT },
        { "events", optional_argument, NULL, OPT_EVENTS },
        { "require-level", required_argument, NULL, OPT_LEVEL }, { "no-witness", no_argument, NULL, OPT_NO_WITNESS },
        { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
    };
    int option;
    *to = (options){ .level = GBX_LEVEL_ISOLATED };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
            case OPT_FOLDER:     to->folder = optarg; break;
            case OPT_NO_WITNESS: to->no_witness = true; break;
            case OPT_EVENTS:     to->events = optarg == NULL ? "" : optarg; break;
            case OPT_HELP:       fputs(help, stdout); return GBX_EXIT_PASS;
            case OPT_FORMAT:
                to->json = strcmp(optarg, "json") == 0;
                if (!to->json && strcmp(optarg, "terminal") != 0) {
                    return usage("a format is terminal or json");
                }
                break;
            case OPT_LEVEL:
                if (!gbx_level_parse(optarg, &to->level)) {
                    return usage("a level is bare, filtered, isolated or full");
                }
                break;
            default:             return usage("unknown option, or one without its value");
        }
    }
    if (optind != argc - 1 || !gbx_cmd_number(argv[optind], &to->number, 999)) {
        return usage("which lab? its number");
    }
    return -1;
}

int
gbx_cmd_lab_check(int argc, char **argv)
{
    options chosen;
    gbx_lab_places places;
    gbx_lab_work work = { .folder = NULL };
    json_t *result = NULL;
    gbx_error error = { 0, "" };
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    status = gbx_lab_places_open(&places, NULL, &error);
    if (status == 0) {
        status = gbx_lab_work_open(&work, &places, (int)chosen.number, chosen.folder, &error);
    }
    if (status == 0) {
        status = check(&work, &places, &chosen, &result, &error);
    }
    int ending = status == 0 ? tell(&work, gbx_lab_program(&places), &chosen, result)
        : status == GBX_ERROR_USAGE || status == GBX_ERROR_MISSING ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
    }
    json_decref(result);
    gbx_lab_work_close(&work);
    gbx_lab_places_close(&places);
    return ending;
}
