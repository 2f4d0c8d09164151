/* glassbox plan: how another engine is to grade a list; and, on its nodes, whether one can. */

#include "cmd.h"
#include "cmd_lab.h"              // gbx_lab_places
#include "plan.h"
#include "sandbox.h"
#include "sheet.h"                // gbx_sheet_put

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char help[] =
"usage: glassbox plan --engine slurm|parallel|htcondor LIST --out DIR [OPTION...]\n"
"       glassbox plan --preflight [--require-level=NAME] [--out DIR]\n"
"\n"
"Write into DIR, which all nodes have to see under the same name, what that engine\n"
"needs to grade the bundles of LIST, in chunks of some submissions each. Nothing is\n"
"started: DIR/submit does that. It looks first, on one node, whether it can grade.\n"
"Then 'glassbox merge DIR' makes one folder of the results.\n"
"\n"
"      --engine=NAME  slurm: a job array; parallel: GNU parallel, here or over ssh;\n"
"                     htcondor: a queue\n"
"      --chunk=N      submissions in a launch (20; parallel: 5; slurm: more, where\n"
"                     that would be over a thousand array tasks)\n"
"      --cap=N        chunks at a time (the engine's own limit)\n"
"      --course=DIR   the course: its secret, its key, its labs (GLASSBOX_COURSE)\n"
"      --require-level=NAME   of the sandbox, on each node (isolated)\n"
"      --no-witness   for tests: without the witness of the trace\n"
"      --preflight    look whether this machine can grade: the sandbox, the\n"
"                     interpreter, the labs, and whether DIR can be written\n"
"      --help         this text\n"
"\n"
"Exit status: 0 it is written, or this machine can grade; 75 it cannot; 2 DIR cannot\n"
"be written; 64 wrong usage, or LIST is wrong.\n";

enum { OPT_ENGINE = 256, OPT_OUT, OPT_CHUNK, OPT_CAP, OPT_COURSE, OPT_LEVEL, OPT_NO_WITNESS, OPT_PREFLIGHT, OPT_HELP };
enum { EXIT_CANNOT = 75, MOST = 1000000 };

static const struct option long_options[] = {
    { "engine", required_argument, NULL, OPT_ENGINE }, { "out", required_argument, NULL, OPT_OUT },
    { "chunk", required_argument, NULL, OPT_CHUNK }, { "cap", required_argument, NULL, OPT_CAP },
    { "course", required_argument, NULL, OPT_COURSE }, { "require-level", required_argument, NULL, OPT_LEVEL },
    { "no-witness", no_argument, NULL, OPT_NO_WITNESS }, { "preflight", no_argument, NULL, OPT_PREFLIGHT },
    { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

typedef struct {
    gbx_plan_options plan;
    gbx_level level;
    bool preflight;
} chosen_options;

static int
usage(const char *message)
{
    return gbx_cmd_usage("plan", message);
}

static int
take_number(uint32_t *to, const char *message)
{
    return gbx_cmd_number(optarg, to, MOST) && *to > 0 ? -1 : usage(message);
}

/* -1: go on; else the exit status. */
static int
take_option(int option, chosen_options *to)
{
    switch (option) {
        case OPT_ENGINE: to->plan.engine = optarg; return -1;
        case OPT_OUT: to->plan.out = optarg; return -1;
        case OPT_CHUNK: return take_number(&to->plan.chunk, "--chunk wants a number from 1");
        case OPT_CAP: return take_number(&to->plan.cap, "--cap wants a number from 1");
        case OPT_COURSE: to->plan.course = optarg; return -1;
        case OPT_NO_WITNESS: to->plan.no_witness = true; return -1;
        case OPT_PREFLIGHT: to->preflight = true; return -1;
        case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
        case OPT_LEVEL:
            to->plan.level = optarg;
            return gbx_level_parse(optarg, &to->level) ? -1 : usage("the levels are bare, filtered, isolated and full");
        default: return usage("unknown option, or one without its value");
    }
}

static int
parse(int argc, char **argv, chosen_options *to)
{
    int option, status = -1;
    *to = (chosen_options){ .plan.level = "isolated", .level = GBX_LEVEL_ISOLATED };
    optind = 1;
    opterr = 0;
    while (status == -1 && (option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        status = take_option(option, to);
    }
    if (status != -1 || to->preflight) {
        return status != -1 ? status : optind != argc ? usage("--preflight looks at this machine alone") : -1;
    }
    if (to->plan.engine == NULL) {
        return usage("--engine is slurm, parallel or htcondor");
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which list?" : "one list at a time");
    }
    to->plan.list = argv[optind];
    return to->plan.out == NULL ? usage("--out says where the plan goes") : -1;
}

/* ------------------------------------------------------------------- this machine */

/* The first layer that does not work: what it is and what to do about it. */
static void
name_layer(const json_t *layers, char *text, size_t size)
{
    size_t i;
    json_t *layer;
    text[0] = '\0';
    json_array_foreach(layers, i, layer) {
        const char *name = json_string_value(json_object_get(layer, "layer"));
        const char *detail = json_string_value(json_object_get(layer, "detail"));
        const char *remedy = json_string_value(json_object_get(layer, "remedy"));
        if (!json_is_true(json_object_get(layer, "works"))) {
            snprintf(text, size, ": %s does not work (%s)%s%s", name == NULL ? "a layer" : name, detail == NULL ? "" : detail,
                     remedy != NULL && remedy[0] != '\0' ? ": " : "", remedy == NULL ? "" : remedy);
            return;
        }
    }
}

static int
check_sandbox(gbx_level wanted, gbx_level *level, gbx_error *error)
{
    json_t *layers = NULL;
    char why[400];
    int status = gbx_sandbox_probe(level, &layers, error);
    if (status == 0 && *level < wanted) {
        name_layer(layers, why, sizeof(why));
        status = gbx_error_set(error, GBX_ERROR_MISSING, "the sandbox here is '%s', and '%s' is asked for%s", gbx_level_name(*level),
                               gbx_level_name(wanted), why);
    }
    json_decref(layers);
    return status;
}

static int
check_parts(const char *course, gbx_error *error)
{
    gbx_lab_places places;
    int status = gbx_lab_places_open(&places, course, error);
    status = status != 0 ? status : gbx_paths_need(&places.paths, GBX_PATHS_PYTHON, error);
    if (status == 0 && access(places.labs, R_OK | X_OK) != 0) {
        status = gbx_error_system(error, "read", places.labs);
    }
    gbx_lab_places_close(&places);
    return status;
}

/* A file of this node's name, there and gone again. */
static int
check_folder(const char *out, gbx_error *error)
{
    char name[320] = ".preflight-";
    size_t used = strlen(name);
    if (gethostname(name + used, sizeof(name) - used - 1) != 0) {
        name[used] = '\0';
    }
    for (char *at = name; *at != '\0'; at++) {
        *at = *at == '/' ? '_' : *at;
    }
    int status = gbx_sheet_put(out, name, "", 0, error);
    char *path = gbx_paths_join(out, name, NULL);
    if (status == 0 && path != NULL) {
        unlink(path);
    }
    free(path);
    return status;
}

static int
preflight(const chosen_options *chosen)
{
    char host[256] = "?";
    gbx_error error = { 0, "" };
    gbx_level level = GBX_LEVEL_BARE;
    gethostname(host, sizeof(host) - 1);
    int status = check_sandbox(chosen->level, &level, &error);
    status = status != 0 ? status : check_parts(chosen->plan.course, &error);
    if (status == 0 && chosen->plan.out != NULL) {
        status = check_folder(chosen->plan.out, &error);
    }
    if (status != 0) {
        fprintf(stderr, "glassbox: '%s' cannot grade: %s\n", host, error.message);
        return EXIT_CANNOT;
    }
    printf("this node can grade: '%s', with the sandbox '%s'\n", host, gbx_level_name(level));
    return GBX_EXIT_PASS;
}

/* ----------------------------------------------------------------------- the plan */

/* The nodes run this very program, with the course as it is called from every folder. */
static int
write_plan(chosen_options *chosen, gbx_plan *plan, gbx_error *error)
{
    char *program = realpath("/proc/self/exe", NULL);
    gbx_lab_places places;
    int status = gbx_lab_places_open(&places, chosen->plan.course, error);       /* now, not on a node in the night */
    if (status == 0 && program == NULL) {
        status = gbx_error_system(error, "find", "/proc/self/exe");
    }
    if (status == 0) {
        chosen->plan.program = program;
        chosen->plan.course = places.roster.folder;
        status = gbx_plan_write(&chosen->plan, plan, error);
    }
    gbx_lab_places_close(&places);
    free(program);
    return status;
}

int
gbx_cmd_plan(int argc, char **argv)
{
    chosen_options chosen;
    gbx_plan plan;
    gbx_error error = { 0, "" };
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    if (chosen.preflight) {
        return preflight(&chosen);
    }
    status = write_plan(&chosen, &plan, &error);
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return status == GBX_ERROR_USAGE || status == GBX_ERROR_MISSING ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    printf("%zu %s in %zu %s of %zu, for %s\nto start:      %s/submit\nafterwards:    glassbox merge %s --list %s --out RESULTS\n",
           plan.submissions, plan.submissions == 1 ? "submission" : "submissions", plan.chunks,
           plan.chunks == 1 ? "chunk" : "chunks", plan.chunk, chosen.plan.engine, chosen.plan.out, chosen.plan.out,
           chosen.plan.list);
    return GBX_EXIT_PASS;
}
