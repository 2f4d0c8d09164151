/* glassbox grade: judge one bundle, and write what came out. */

#include "cmd.h"
#include "cmd_lab.h"

#include "grade.h"
#include "slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
"usage: glassbox grade [OPTION...] --out=DIR BUNDLE\n"
"       glassbox grade [OPTION...] --out=DIR --batch=LIST [-j N]\n"
"\n"
"Judge what a student handed in: unpack it, run it in the sandbox on the\n"
"instrumented interpreter, with a witness outside, and judge each fact of the lab.\n"
"The result is DIR/result.json, written whole or not at all.\n"
"\n"
"      --out=DIR            where the result goes; made where it is not there\n"
"      --course=DIR         the course: its secret, roster, key and hidden facts\n"
"                           (the same as GLASSBOX_COURSE=DIR)\n"
"      --student=ID         whose it is; else as the bundle says.  A bundle of\n"
"                           another student is a violation\n"
"      --seed=HEX           the student's seed, in place of the course's\n"
"      --require-level=L    run at this level of the sandbox or not at all: bare,\n"
"                           filtered, isolated (the default) or full\n"
"      --no-witness         for tests alone: nobody sees whether the recording is\n"
"                           true; the result says so\n"
"      --attempt=N          said in the result: the how manieth try this is\n"
"      --batch=LIST         grade many: see 'glassbox grade --batch=x --help'\n"
"      --help               this text\n"
"\n"
"Exit status: 0 it was graded, whatever the score; 75 it could not be, for a reason\n"
"that is this machine's: try again; 64 wrong usage.\n";

typedef struct {
    const char *out, *course, *student, *seed, *bundle;
    gbx_level level;
    bool no_witness;
    uint32_t attempt;
} options;

enum { OPT_OUT = 256, OPT_COURSE, OPT_STUDENT, OPT_SEED, OPT_LEVEL, OPT_NO_WITNESS, OPT_ATTEMPT, OPT_HELP };

static const struct option long_options[] = {
    { "out", required_argument, NULL, OPT_OUT }, { "course", required_argument, NULL, OPT_COURSE },
    { "student", required_argument, NULL, OPT_STUDENT }, { "seed", required_argument, NULL, OPT_SEED },
    { "require-level", required_argument, NULL, OPT_LEVEL }, { "no-witness", no_argument, NULL, OPT_NO_WITNESS },
    { "attempt", required_argument, NULL, OPT_ATTEMPT }, { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

static int
usage(const char *message)
{
    return gbx_cmd_usage("grade", message);
}

static bool
is_seed(const char *text)
{
    return strlen(text) == GBX_DIGEST_HEX - 1 && strspn(text, "0123456789abcdef") == GBX_DIGEST_HEX - 1;
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    int option;
    *to = (options){ .level = GBX_LEVEL_ISOLATED, .attempt = 1 };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
            case OPT_OUT:        to->out = optarg; break;
            case OPT_COURSE:     to->course = optarg; break;
            case OPT_STUDENT:    to->student = optarg; break;
            case OPT_SEED:       to->seed = optarg; break;
            case OPT_NO_WITNESS: to->no_witness = true; break;
            case OPT_HELP:       fputs(help, stdout); return GBX_EXIT_PASS;
            case OPT_LEVEL:
                if (!gbx_level_parse(optarg, &to->level)) {
                    return usage("a level is bare, filtered, isolated or full");
                }
                break;
            case OPT_ATTEMPT:
                if (!gbx_cmd_number(optarg, &to->attempt, 1000000) || to->attempt == 0) {
                    return usage("an attempt is a number");
                }
                break;
            default:             return usage("unknown option, or one without its value");
        }
    }
    if (to->seed != NULL && !is_seed(to->seed)) {
        return usage("a seed is 64 hexadecimal digits in lower case");
    }
    if (optind != argc - 1 || to->out == NULL) {
        return usage(to->out == NULL ? "where does the result go? --out=DIR" : "one bundle at a time");
    }
    to->bundle = argv[optind];
    return -1;
}

/* DIR/result.json, by rename: whoever looks finds all of it or the one before. */
static int
write_result(const char *folder, const json_t *result, gbx_error *error)
{
    char *text = json_dumps(result, JSON_INDENT(1) | JSON_REAL_PRECISION(12));
    char *path = gbx_paths_join(folder, "result.json", NULL), *making = NULL;
    int status = text == NULL || path == NULL || asprintf(&making, "%s.%ld~", path, (long)getpid()) < 0
        ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (status == 0) {
        (void)unlink(making);
        status = gbx_spit(making, text, strlen(text), 0644, error);
    }
    if (status == 0 && rename(making, path) != 0) {
        status = gbx_error_system(error, "write", path);
        (void)unlink(making);
    }
    free(text);
    free(path);
    free(making);
    return status;
}

static int
grade(const options *chosen, json_t **result, gbx_error *error)
{
    gbx_lab_places places;
    int status = gbx_lab_places_open(&places, chosen->course, error);
    const gbx_grade_options how = {
        .paths = &places.paths, .labs = places.labs, .find = gbx_lab_code_find, .roster = &places.roster,
        .bundle = chosen->bundle, .student = chosen->student, .seed = chosen->seed, .require_level = chosen->level,
        .no_witness = chosen->no_witness, .attempt = chosen->attempt,
    };
    if (status == 0) {
        status = gbx_grade(&how, result, error);
    }
    if (status == 0 && mkdir(chosen->out, 0755) != 0 && errno != EEXIST) {
        status = gbx_error_system(error, "make", chosen->out);
    }
    if (status == 0) {
        status = write_result(chosen->out, *result, error);
    }
    gbx_lab_places_close(&places);
    return status;
}

int
gbx_cmd_grade(int argc, char **argv)
{
    options chosen;
    json_t *result = NULL;
    gbx_error error = { 0, "" };
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
        if (strcmp(argv[i], "--batch") == 0 || strncmp(argv[i], "--batch=", 8) == 0) {
            return gbx_cmd_grade_batch(argc, argv);
        }
    }
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    status = grade(&chosen, &result, &error);
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        json_decref(result);
        return status == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_INFRASTRUCTURE;
    }
    const char *message = json_string_value(json_object_get(result, "message"));
    bool ours = gbx_grade_is_infrastructure(result);
    if (ours) {
        fprintf(stderr, "glassbox: '%s' could not be graded: %s\n", chosen.bundle, message);
    }
    else {
        printf("%s: %s, %.10g of %.10g: %s\n", json_string_value(json_object_get(result, "student")),
               json_string_value(json_object_get(result, "verdict")), json_number_value(json_object_get(result, "score")),
               json_number_value(json_object_get(result, "points")), message);
    }
    json_decref(result);
    return ours ? GBX_EXIT_INFRASTRUCTURE : GBX_EXIT_PASS;
}
