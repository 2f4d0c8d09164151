/* The claim engine; see engine.h for the rules.

   A run of an experiment is made once and kept (run_slot, found again by the experiment's address).  What
   can be wrong with it is decided as soon as it has ended and kept as a sentence, so that every claim
   that needs it says the same. */

#include "engine.h"

#include "builds.h"
#include "check.h"
#include "driver.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TIMEOUT_MS = 30000 };

typedef struct run_slot {
    const gbx_experiment *experiment;
    gbx_driver_result result;
    gbx_trace *trace;
    gbx_run run;
    char problem[512];                   /* no verdict can be given; "" */
    char gaps[256];                      /* not everything was recorded; "" */
    struct run_slot *next;
} run_slot;

struct gbx_engine {
    gbx_engine_options options;
    gbx_builds builds;
    gbx_symbols *symbols;
    run_slot *runs;
};

/* ---------------------------------------------------------------- life */

int
gbx_engine_open(gbx_engine **out, const gbx_engine_options *options, gbx_error *error)
{
    gbx_engine *engine = calloc(1, sizeof(*engine));
    *out = NULL;
    if (engine == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    engine->options = *options;
    engine->builds = (gbx_builds){ .paths = options->paths };
    engine->symbols = gbx_symbols_new();
    if (engine->symbols == NULL) {
        gbx_engine_close(engine);
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    *out = engine;
    return 0;
}

void
gbx_engine_close(gbx_engine *engine)
{
    if (engine == NULL) {
        return;
    }
    while (engine->runs != NULL) {
        run_slot *slot = engine->runs;
        engine->runs = slot->next;
        gbx_trace_close(slot->trace);
        gbx_driver_result_clear(&slot->result);
        free(slot);
    }
    gbx_builds_clear(&engine->builds);
    gbx_symbols_free(engine->symbols);
    free(engine);
}

gbx_symbols *
gbx_engine_symbols(gbx_engine *engine)
{
    return engine->symbols;
}

void
gbx_result_clear(gbx_result *result)
{
    gbx_finding_free(result->finding);
    *result = (gbx_result){ .verdict = GBX_BROKEN };
}

/* ----------------------------------------------------- running an experiment */

/* "glassbox=FILE:events=frame+spec:clock=none" for -X; the caller frees it. */
static char *
trace_option(const gbx_experiment *experiment, const char *path)
{
    char classes[256] = "";
    size_t used = 0;
    for (unsigned c = 0; c < GBX_CLASS_COUNT; c++) {
        if ((experiment->events >> c & 1) != 0 && used < sizeof(classes)) {
            used += (size_t)snprintf(classes + used, sizeof(classes) - used, "%s%s",
                                     used == 0 ? "" : "+", gbx_class_name(c));
        }
    }
    char *option = NULL;
    if (asprintf(&option, "glassbox=%s:events=%s%s", path, classes,
                 experiment->untimed ? ":clock=none" : "") < 0) {
        return NULL;
    }
    return option;
}

/* Runs start alike everywhere: no bytecode cache (the path from file to frame is part of what is
   looked at), one order of sets, no colour. */
static const char *const surroundings[] = {
    "PYTHONDONTWRITEBYTECODE=1", "PYTHONHASHSEED=0", "PYTHONNOUSERSITE=1", "PYTHON_COLORS=0",
};

enum {
    SURROUNDINGS = sizeof(surroundings) / sizeof(surroundings[0]),
    MOST_WORDS = 24
};

static int
drive(const char *python, const char *folder, const char *option, run_slot *slot, gbx_error *error)
{
    const gbx_experiment *experiment = slot->experiment;
    const char *argv[MOST_WORDS] = { python };
    const char *environment[MOST_WORDS] = { NULL };
    size_t words = 1, settings = 0;
    for (size_t i = 0; i < SURROUNDINGS; i++) {
        environment[settings++] = surroundings[i];
    }
    for (size_t i = 0; i < GBX_COUNT(experiment->environment) && experiment->environment[i] != NULL; i++) {
        environment[settings++] = experiment->environment[i];
    }
    for (size_t i = 0; i < GBX_COUNT(experiment->options) && experiment->options[i] != NULL; i++) {
        argv[words++] = experiment->options[i];
    }
    if (option != NULL) {
        argv[words++] = "-X";
        argv[words++] = option;
    }
    argv[words++] = experiment->program;
    for (size_t i = 0; i < GBX_COUNT(experiment->arguments) && experiment->arguments[i] != NULL; i++) {
        argv[words++] = experiment->arguments[i];
    }
    gbx_driver_options options = {
        .argv = argv, .environment = environment, .directory = folder, .clean_environment = true,
        .timeout_ms = experiment->timeout_ms == 0 ? TIMEOUT_MS : experiment->timeout_ms,
    };
    return gbx_driver_run(&options, &slot->result, error);
}

/* The last line of what it wrote on stderr: of a traceback, what was raised. */
static void
last_line(const gbx_driver_result *result, char *to, size_t size)
{
    size_t end = result->err_size;
    while (end > 0 && (result->err[end - 1] == '\n' || result->err[end - 1] == ' ')) {
        end--;
    }
    size_t start = end;
    while (start > 0 && result->err[start - 1] != '\n') {
        start--;
    }
    snprintf(to, size, "%.*s", (int)(end - start > 200 ? 200 : end - start), result->err + start);
    for (char *c = to; *c != '\0'; c++) {
        *c = (unsigned char)*c < ' ' || *c == 0x7f ? ' ' : *c;
    }
}

static void
judge_end(run_slot *slot)
{
    char how[128], why[256];
    const gbx_driver_result *result = &slot->result;
    if (!gbx_driver_succeeded(result, slot->experiment->status)) {
        last_line(result, why, sizeof(why));
        snprintf(slot->problem, sizeof(slot->problem), "'%s' %s%s%s", slot->experiment->program,
                 gbx_driver_explain(result, how, sizeof(how)), why[0] == '\0' ? "" : ": ", why);
    }
    else if (result->out_truncated) {
        snprintf(slot->problem, sizeof(slot->problem), "'%s' printed more than can be looked at",
                 slot->experiment->program);
    }
}

static int
judge_trace(run_slot *slot, gbx_error *error)
{
    gbx_invariant invariants[GBX_INVARIANTS];
    int status = gbx_check_all(slot->trace, invariants, error);
    if (status != 0) {
        return status;
    }
    for (int i = 0; i < GBX_INVARIANTS; i++) {
        if (invariants[i].violations != 0 && slot->problem[0] == '\0') {
            char at[40] = "";
            if (invariants[i].first != GBX_NO_POSITION) {
                snprintf(at, sizeof(at), " at event %zu", invariants[i].first);
            }
            snprintf(slot->problem, sizeof(slot->problem),
                     "the trace of '%s' breaks a rule%s, '%s': %s",
                     slot->experiment->program, at, invariants[i].name, invariants[i].detail);
        }
    }
    uint64_t lost = gbx_trace_lost(slot->trace);
    uint32_t missing = slot->experiment->events & ~gbx_trace_mask(slot->trace);
    if (lost != 0) {
        snprintf(slot->gaps, sizeof(slot->gaps), "%" PRIu64 " events were lost", lost);
    }
    else if (missing != 0) {
        snprintf(slot->gaps, sizeof(slot->gaps), "class %s was not recorded to the end",
                 gbx_class_name((unsigned)__builtin_ctz(missing)));
    }
    return 0;
}

/* An interpreter that ends well and leaves no file is none of ours: then no experiment can tell anything,
   and that is an error of the command, not a verdict. */
static int
open_trace(run_slot *slot, const char *python, const char *path, gbx_error *error)
{
    gbx_error local = { 0, "" };
    if (access(path, F_OK) != 0) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' is not an instrumented interpreter: "
                             "unset PYTHON, or name one that Glassbox built", python);
    }
    int status = gbx_trace_open(&slot->trace, path, NULL, &local);
    if (status == GBX_ERROR_MEMORY) {
        return gbx_error_set(error, status, "out of memory");
    }
    if (status != 0) {
        snprintf(slot->problem, sizeof(slot->problem), "'%s' left no sound trace: %.400s",
                 slot->experiment->program, local.message);
        return 0;
    }
    return judge_trace(slot, error);
}

static void
fill_run(run_slot *slot, unsigned build)
{
    const gbx_driver_result *result = &slot->result;
    if (slot->trace != NULL) {
        build = gbx_trace_process(slot->trace, 0)->header->build;    /* it knows best */
    }
    slot->run = (gbx_run){
        .experiment = slot->experiment, .trace = slot->trace, .build = gbx_builds_name(build),
        .out = result->out, .out_size = result->out_size,
        .err = result->err, .err_size = result->err_size,
        .wall_ns = result->wall_ns, .user_ns = result->user_ns, .system_ns = result->system_ns,
        .peak_bytes = result->peak_bytes,
    };
}

/* Run the experiment, whose build is there, with its trace in a folder that is gone when this returns: the trace stays mapped. */
static int
run_slot_fill(gbx_engine *engine, const gbx_station *station, run_slot *slot, gbx_error *error)
{
    char *path = NULL, *option = NULL, *temporary = NULL;
    const char *python;
    unsigned build;
    char *folder = gbx_paths_join(engine->options.paths->stations, station->folder, NULL);
    int status = gbx_builds_find(&engine->builds, slot->experiment->on, &python, &build, NULL, 0,
                                 error);
    if (status != 0 || (status = gbx_driver_temporary(&temporary, error)) != 0) {
        goto done;
    }
    status = GBX_ERROR_MEMORY;
    if (folder == NULL || (path = gbx_paths_join(temporary, "trace.gbx", NULL)) == NULL) {
        goto done;
    }
    if (slot->experiment->events != 0 && (option = trace_option(slot->experiment, path)) == NULL) {
        goto done;
    }
    if (engine->options.progress != NULL) {
        engine->options.progress(engine->options.context, slot->experiment->name);
    }
    status = drive(python, folder, option, slot, error);
    if (status != 0) {
        goto done;
    }
    judge_end(slot);
    if (option != NULL && slot->problem[0] == '\0') {
        status = open_trace(slot, python, path, error);
    }
    fill_run(slot, build);
done:
    if (status == GBX_ERROR_MEMORY) {
        gbx_error_set(error, status, "out of memory");
    }
    (void)gbx_driver_temporary_remove(&temporary, NULL);
    free(option);
    free(path);
    free(folder);
    return status;
}

/* The one run of an experiment, made now if it was not made before. */
static int
run_once(gbx_engine *engine, const gbx_station *station, const gbx_experiment *experiment,
         run_slot **out, gbx_error *error)
{
    for (run_slot *slot = engine->runs; slot != NULL; slot = slot->next) {
        if (slot->experiment == experiment) {
            *out = slot;
            return 0;
        }
    }
    run_slot *slot = calloc(1, sizeof(*slot));
    if (slot == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    slot->experiment = experiment;
    int status = run_slot_fill(engine, station, slot, error);
    if (status != 0) {
        gbx_trace_close(slot->trace);
        gbx_driver_result_clear(&slot->result);
        free(slot);
        return status;
    }
    slot->next = engine->runs;
    engine->runs = slot;
    *out = slot;
    return 0;
}

/* -------------------------------------------------------------- verdicts */

/* Is there a build for each of the experiments?  Where not, *result says SKIPPED and why. */
static int
need_builds(gbx_engine *engine, const gbx_experiment *const *experiments, size_t count, gbx_result *result,
            gbx_error *error)
{
    for (size_t i = 0; i < count; i++) {
        const char *python;
        unsigned build;
        char missing[512] = "";
        int status = gbx_builds_find(&engine->builds, experiments[i]->on, &python, &build, missing,
                                     sizeof(missing), error);
        if (status != 0) {
            return status;
        }
        if (python == NULL) {
            result->verdict = gbx_finding_skip(result->finding, "%s", missing);
            return 0;
        }
    }
    return 0;
}

/* Does this run's interpreter have what the claim is about?  Says what is missing, else NULL. */
static const char *
missing_part(const gbx_look *look, unsigned needs)
{
    for (size_t i = 0; i < look->run_count; i++) {
        const gbx_trace *trace = look->runs[i].trace;
        if ((needs & GBX_NEEDS_SPECIALIZER) != 0 && trace != NULL
            && (gbx_trace_process(trace, 0)->header->build & GBX_BUILD_FREE_THREADED) != 0) {
            return "the free-threaded build of this version does not specialize";
        }
    }
    return NULL;
}

/* Call the check on the runs in result->look, and weigh what it says against what was recorded. */
static void
look_and_judge(gbx_result *result, gbx_check *check, const char *gaps)
{
    result->verdict = check == NULL ? GBX_PASS : check(&result->look, result->finding);
    if (result->finding->out_of_memory || (unsigned)result->verdict >= GBX_BROKEN) {
        result->verdict = GBX_BROKEN;
        snprintf(result->reason, sizeof(result->reason), "the check could not keep what it found");
    }
    else if (gaps[0] != '\0' && result->verdict != GBX_SKIPPED) {
        result->verdict = GBX_INSUFFICIENT;
        snprintf(result->reason, sizeof(result->reason), "%s", gaps);
    }
}

/* Run them, each once; a problem with one of them ends it, and is the reason that there is no verdict. */
static int
run_all(gbx_engine *engine, const gbx_station *station, const gbx_experiment *const *experiments,
        size_t count, gbx_result *result, const char **gaps, gbx_error *error)
{
    for (size_t i = 0; i < count && result->reason[0] == '\0'; i++) {
        run_slot *slot = NULL;
        int status = run_once(engine, station, experiments[i], &slot, error);
        if (status != 0) {
            return status;
        }
        snprintf(result->reason, sizeof(result->reason), "%s", slot->problem);
        result->runs[i] = slot->run;
        *gaps = (*gaps)[0] == '\0' ? slot->gaps : *gaps;
    }
    return 0;
}

static int
evaluate(gbx_engine *engine, const gbx_station *station, const gbx_experiment *const *experiments,
         size_t count, gbx_check *check, unsigned needs, gbx_result *result, gbx_error *error)
{
    const char *gaps = "";
    *result = (gbx_result){ .verdict = GBX_BROKEN, .finding = gbx_finding_new() };
    if (result->finding == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int status = need_builds(engine, experiments, count, result, error);
    if (status == 0 && result->verdict != GBX_SKIPPED) {
        status = run_all(engine, station, experiments, count, result, &gaps, error);
    }
    if (status != 0) {
        gbx_result_clear(result);
        return status;
    }
    if (result->verdict == GBX_SKIPPED || result->reason[0] != '\0') {
        return 0;
    }
    result->look = (gbx_look){
        .trace = result->runs[0].trace, .runs = result->runs, .run_count = count,
        .symbols = engine->symbols,
    };
    const char *missing = missing_part(&result->look, needs);
    if (missing != NULL) {
        result->verdict = gbx_finding_skip(result->finding, "%s", missing);
        return 0;
    }
    look_and_judge(result, check, gaps);
    return 0;
}

enum { MOST_RUNS = sizeof(((gbx_result *)0)->runs) / sizeof(gbx_run) };

static size_t
count_experiments(const gbx_claim *claim)
{
    size_t count = 0;
    while (count < MOST_RUNS && claim->experiments[count] != NULL) {
        count++;
    }
    return count;
}

int
gbx_engine_claim(gbx_engine *engine, const gbx_station *station, const gbx_claim *claim,
                 gbx_result *result, gbx_error *error)
{
    return evaluate(engine, station, claim->experiments, count_experiments(claim), claim->check,
                    claim->needs, result, error);
}

int
gbx_engine_must_fail(gbx_engine *engine, const gbx_station *station, const gbx_claim *claim,
                     const gbx_must_fail *must_fail, gbx_result *result, gbx_error *error)
{
    const gbx_experiment *experiments[MOST_RUNS];
    size_t count = count_experiments(claim);
    for (size_t i = 0; i < count; i++) {
        experiments[i] = claim->experiments[i] == must_fail->in_place_of ? must_fail->run
            : claim->experiments[i];
    }
    return evaluate(engine, station, experiments, count, claim->check, claim->needs, result,
                    error);
}

int
gbx_engine_show(gbx_engine *engine, const gbx_station *station, const gbx_show *show,
                gbx_result *result, gbx_error *error)
{
    return evaluate(engine, station, &show->experiment, 1, show->tell, 0, result, error);
}
