/* glassbox lint: is a lab fit to be given out? */

#include "cmd.h"
#include "cmd_lab.h"

#include "lint.h"
#include "text.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const char help[] =
"usage: glassbox lint [OPTION...] LAB...\n"
"\n"
"For authors: is a lab fit to be given out?  LAB is its folder, such as\n"
"labs/4-service.  Its solutions are in tests/labs/4-service: reference, must-fail,\n"
"misconceptions, cases.toml.\n"
"\n"
"      --solutions=DIR   they are elsewhere\n"
"      --words           grade nothing: look at the texts and the folders alone\n"
"      --quick           leave out the cases and the misconceptions, and grade the\n"
"                        reference for one student, and twice on a busy machine\n"
"      --full            the reference for twenty students, and fifty gradings on a\n"
"                        busy machine; else two and five\n"
"      --no-witness      grade without the witness\n"
"      --require-level=L as for 'glassbox grade'\n"
"      --format=json     what was found, as JSON\n"
"      --help            this text\n"
"\n"
"Exit status: 0 nothing was found; 1 a defect was; 2 it could not be told; 64 wrong\n"
"usage.\n";

typedef struct {
    const char *solutions;
    unsigned variants, repeats;
    bool words, no_cases, no_witness, json;
    gbx_level level;
} options;

enum { OPT_SOLUTIONS = 256, OPT_WORDS, OPT_QUICK, OPT_FULL, OPT_NO_WITNESS, OPT_LEVEL, OPT_FORMAT, OPT_HELP };

static const struct option long_options[] = {
    { "solutions", required_argument, NULL, OPT_SOLUTIONS }, { "words", no_argument, NULL, OPT_WORDS },
    { "quick", no_argument, NULL, OPT_QUICK }, { "full", no_argument, NULL, OPT_FULL },
    { "no-witness", no_argument, NULL, OPT_NO_WITNESS }, { "require-level", required_argument, NULL, OPT_LEVEL },
    { "format", required_argument, NULL, OPT_FORMAT }, { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

static int
usage(const char *message)
{
    return gbx_cmd_usage("lint", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    int option;
    *to = (options){ .variants = 2, .repeats = 5, .level = GBX_LEVEL_ISOLATED };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
            case OPT_SOLUTIONS:  to->solutions = optarg; break;
            case OPT_WORDS:      to->words = true; break;
            case OPT_NO_WITNESS: to->no_witness = true; break;
            case OPT_HELP:       fputs(help, stdout); return GBX_EXIT_PASS;
            case OPT_QUICK:
                to->variants = 1;
                to->repeats = 2;
                to->no_cases = true;
                break;
            case OPT_FULL:
                to->variants = 20;
                to->repeats = 50;
                break;
            case OPT_LEVEL:
                if (!gbx_level_parse(optarg, &to->level)) {
                    return usage("a level is bare, filtered, isolated or full");
                }
                break;
            case OPT_FORMAT:
                if (strcmp(optarg, "json") != 0) {
                    return usage("the one format is json");
                }
                to->json = true;
                break;
            default:             return usage("unknown option, or one without its value");
        }
    }
    if (optind == argc) {
        return usage("which lab? Name its folder");
    }
    return to->solutions != NULL && optind != argc - 1 ? usage("--solutions is for one lab") : -1;
}

/* ---------------------------------------------------------------------- showing */

/* One line on the terminal that is written over; nothing elsewhere. */
static void
show_progress(void *context, const char *what)
{
    (void)context;
    if (isatty(STDERR_FILENO)) {
        fprintf(stderr, "\r\033[K%.78s", what);
        fflush(stderr);
    }
}

static void
clear_progress(void)
{
    if (isatty(STDERR_FILENO)) {
        fputs("\r\033[K", stderr);
    }
}

#define INDENT "                    "
#define WIDTH  80

static void
show(const char *folder, const json_t *report)
{
    size_t i, d, defects = gbx_lint_defects(report), rules = 0;
    json_t *rule, *defect;
    printf("%s\n\n", folder);
    json_array_foreach(report, i, rule) {
        const json_t *list = json_object_get(rule, "defects");
        bool left_out = json_is_true(json_object_get(rule, "left_out"));
        const char *verdict = left_out ? "--" : json_array_size(list) == 0 ? "ok" : "FAIL";
        rules += !left_out;
        printf("  %-4s  %-10s  %s", verdict, json_string_value(json_object_get(rule, "rule")),
               json_string_value(json_object_get(rule, "title")));
        printf(left_out ? " (left out)\n" : " (%lld)\n", json_integer_value(json_object_get(rule, "looked")));
        json_array_foreach(list, d, defect) {
            fputs(INDENT, stdout);
            gbx_text_wrap(stdout, (unsigned)strlen(INDENT), (unsigned)strlen(INDENT), WIDTH, json_string_value(defect));
        }
    }
    printf("\n%zu rules, %zu defect%s\n", rules, defects, defects == 1 ? "" : "s");
}

/* ------------------------------------------------------------------------- doing */

/* The number that a lab's name begins with; 0: none. */
static int
number_of(const char *name)
{
    char digits[8] = "";
    uint32_t number = 0;
    size_t length = strspn(name, "0123456789");
    if (length < sizeof(digits)) {
        memcpy(digits, name, length);
        (void)gbx_cmd_number(digits, &number, 9999);
    }
    return (int)number;
}

/* From "labs/4-service": the folder of labs, the number, and the solutions.  All are to be freed. */
static int
find_lab(const char *given, const char *solutions, const char *root, char **labs, int *number, char **where,
         gbx_error *error)
{
    char *folder = realpath(given, NULL);
    char *slash = folder == NULL ? NULL : strrchr(folder, '/');
    if (slash == NULL) {
        free(folder);
        return gbx_error_set(error, GBX_ERROR_MISSING, "there is no folder '%s'", given);
    }
    *slash = '\0';
    *labs = folder;
    *number = number_of(slash + 1);
    *where = solutions != NULL ? realpath(solutions, NULL)
        : root == NULL ? NULL : gbx_paths_join(root, "tests/labs", slash + 1, NULL);
    if (*number < 1) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is no lab: its name begins with no number", given);
    }
    if (*where == NULL) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "there is no folder of solutions: name it with --solutions=DIR");
    }
    return 0;
}

static int
lint(const char *given, const options *chosen, json_t **report, gbx_error *error)
{
    gbx_lab_places places;
    char *labs = NULL, *where = NULL;
    int number = 0, status = gbx_lab_places_open(&places, NULL, error);
    if (status == 0) {
        status = find_lab(given, chosen->solutions, places.paths.root, &labs, &number, &where, error);
    }
    if (status == 0) {
        const gbx_lint_options how = {
            .paths = &places.paths, .labs = labs, .number = number, .solutions = where, .find = gbx_lab_code_find,
            .variants = chosen->variants, .repeats = chosen->repeats, .words_only = chosen->words,
            .no_cases = chosen->no_cases, .no_witness = chosen->no_witness, .level = chosen->level,
            .progress = show_progress,
        };
        status = gbx_lint(&how, report, error);
        clear_progress();
    }
    free(labs);
    free(where);
    gbx_lab_places_close(&places);
    return status;
}

int
gbx_cmd_lint(int argc, char **argv)
{
    options chosen;
    size_t defects = 0;
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    for (int i = optind; i < argc; i++) {
        gbx_error error = { 0, "" };
        json_t *report = NULL;
        status = lint(argv[i], &chosen, &report, &error);
        if (status == 0 && chosen.json) {
            defects += gbx_lint_defects(report);
            status = gbx_cmd_json(json_pack("{s:s, s:o}", "lab", argv[i], "rules", report), JSON_INDENT(1), &error);
        }
        else if (status == 0) {
            defects += gbx_lint_defects(report);
            show(argv[i], report);
            json_decref(report);
        }
        if (status != 0) {
            fprintf(stderr, "glassbox: %s\n", error.message);
            return status == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
        }
    }
    return defects == 0 ? GBX_EXIT_PASS : GBX_EXIT_FAIL;
}
