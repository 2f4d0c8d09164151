/* Grade: see grade.h for the rules, verdicts.c for runs and facts, result.c for what is written. */

#include "grade_internal.h"

#include "driver.h"
#include "explain.h"
#include "list.h"
#include "slurp.h"
#include "symbols.h"
#include "toml.h"
#include "walk.h"                 // GBX_WORK_FOLDER

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* It is over before any run: why, in a sentence. */
static void
refuse(gbx_grading *grading, const char *verdict, const char *violation, const char *text)
{
    snprintf(grading->verdict, sizeof(grading->verdict), "%s", verdict);
    snprintf(grading->text, sizeof(grading->text), "%s", text);
    grading->violation = violation == NULL || violation[0] == '\0' ? NULL : violation;
}

/* A code that is about this machine and not about the submission or the lab. */
static bool
is_ours(int status)
{
    return status != 0 && status != GBX_ERROR_USAGE && status != GBX_ERROR_MEMORY;
}

/* -------------------------------------------------------------- what was handed in */

static int
open_lab(gbx_grading *grading, int number, gbx_error *error)
{
    const gbx_grade_options *options = grading->options;
    return gbx_lab_open(&grading->lab, options->labs, number, options->roster->folder, options->find, error);
}

/* From a bundle: it says which lab. */
static int
open_bundle(gbx_grading *grading, gbx_error *error)
{
    gbx_refusal refusal = { .reason = GBX_REFUSED_NONE };
    int status = gbx_bundle_open(&grading->bundle, grading->options->bundle, &refusal, error);
    int number = grading->options->lab;
    if (status != 0) {
        return status;
    }
    if (grading->bundle == NULL) {
        refuse(grading, gbx_refusal_verdict(refusal.reason), gbx_refusal_violation(refusal.reason), refusal.sentence);
        return number == 0 ? 0 : open_lab(grading, number, error);
    }
    const json_t *manifest = gbx_bundle_manifest(grading->bundle);
    json_int_t says = json_integer_value(json_object_get(manifest, "lab"));
    if (number != 0 && says != number) {
        refuse(grading, "submission-error", NULL, "it is a bundle of another lab");
    }
    status = open_lab(grading, number != 0 ? number : (int)says, error);
    if (status == GBX_ERROR_USAGE && number == 0) {
        /* The number may be made up; but that a folder of labs lacks one must be nobody's zero. */
        refuse(grading, "infrastructure", NULL, "the lab of this bundle is not here: name its folder with GLASSBOX_LABS=, or the "
               "course with --course=");
        grading->infrastructure = true;
        return 0;
    }
    if (status == 0 && grading->verdict[0] == '\0'
        && !gbx_bundle_check(grading->bundle, grading->lab->number, json_object_get(grading->lab->data, "submit"), &refusal)) {
        refuse(grading, gbx_refusal_verdict(refusal.reason), gbx_refusal_violation(refusal.reason), refusal.sentence);
    }
    return status;
}

/* From a work folder: the caller says which lab, and whose. */
static int
gather(gbx_grading *grading, gbx_error *error)
{
    gbx_refusal refusal = { .reason = GBX_REFUSED_NONE };
    const gbx_grade_options *options = grading->options;
    int status = open_lab(grading, options->lab, error);
    if (status != 0) {
        return status;
    }
    json_t *noted = NULL;
    status = gbx_predictions_noted(options->folder, &noted, error);
    if (status != 0) {
        return status;
    }
    json_t *head = json_pack("{s:i, s:s, s:s, s:s, s:O, s:o}", "lab", options->lab, "student", options->student,
                             "seed", options->seed, "rubric", grading->lab->rubric, "hints", options->hints,
                             "predictions", noted);
    const json_t *submit = json_object_get(grading->lab->data, "submit");
    status = head == NULL ? no_memory(error)
        : gbx_bundle_gather(&grading->bundle, options->folder, submit, head, &refusal, error);
    json_decref(head);
    if (status == 0 && (grading->bundle == NULL
                        || !gbx_bundle_check(grading->bundle, options->lab, submit, &refusal))) {
        refuse(grading, gbx_refusal_verdict(refusal.reason), gbx_refusal_violation(refusal.reason), refusal.sentence);
    }
    return status;
}

/* Whose it is, and from which seed: the bundle's word is compared, not believed. */
static int
find_student(gbx_grading *grading, gbx_error *error)
{
    const gbx_grade_options *options = grading->options;
    const json_t *manifest = grading->bundle == NULL ? NULL : gbx_bundle_manifest(grading->bundle);
    const char *says = json_string_value(json_object_get(manifest, "student"));
    const char *seed = json_string_value(json_object_get(manifest, "seed"));
    const char *student = options->student != NULL ? options->student : says != NULL ? says : "unknown";
    if (!gbx_list_student_ok(student)) {
        refuse(grading, "submission-error", NULL, "the bundle names a student whose name will not do");
        student = "unknown";
    }
    snprintf(grading->student, sizeof(grading->student), "%s", student);
    int status = 0;
    if (options->seed != NULL) {
        snprintf(grading->seed, sizeof(grading->seed), "%s", options->seed);
    }
    else {
        status = gbx_roster_seed(options->roster, grading->lab == NULL ? 0 : grading->lab->number, student, grading->seed,
                                 error);
    }
    if (status != 0 || grading->verdict[0] != '\0') {
        return status;
    }
    if (says != NULL && strcmp(says, student) != 0) {
        refuse(grading, "violation", "not-yours", "the bundle was made for another student");
    }
    else if (seed != NULL && strcmp(seed, grading->seed) != 0) {
        if (options->roster->folder == NULL && options->seed == NULL) {
            return gbx_error_set(error, GBX_ERROR_USAGE, "the bundle was not made from practice's seed: name the course "
                                 "with --course=DIR, or the student's seed with --seed=HEX");
        }
        refuse(grading, "violation", "not-yours", "the bundle was made from another seed than this student's");
    }
    return 0;
}

/* answers.toml or explain.toml; an empty table where there is none.  One that is broken is the learner's to mend. */
static int
read_words(gbx_grading *grading, const char *name, json_t **out, gbx_error *error)
{
    size_t size;
    gbx_error why = { 0, "" };
    const char *text = gbx_bundle_file(grading->bundle, name, &size);
    int status = text == NULL ? 0 : gbx_toml_parse(out, text, size, name, &why);
    if (status == GBX_ERROR_MEMORY) {
        return no_memory(error);
    }
    if (status != 0) {
        refuse(grading, "submission-error", NULL, why.message);
    }
    if (*out == NULL) {
        *out = json_object();
    }
    return *out == NULL ? no_memory(error) : 0;
}

static int
prepare(gbx_grading *grading, gbx_error *error)
{
    int status = grading->options->bundle != NULL ? open_bundle(grading, error) : gather(grading, error);
    if (status == 0) {
        status = find_student(grading, error);
    }
    if (status == 0 && grading->bundle != NULL) {
        status = read_words(grading, "answers.toml", &grading->answers, error);
    }
    if (status == 0 && grading->bundle != NULL) {
        status = read_words(grading, "explain.toml", &grading->explain, error);
    }
    if (status != 0 || grading->verdict[0] != '\0') {
        return status;
    }
    grading->variant = gbx_lab_variant(grading->lab, grading->seed, NULL);
    grading->symbols = gbx_symbols_new();
    return grading->variant == NULL || grading->symbols == NULL ? no_memory(error) : 0;
}

/* ------------------------------------------------------------------------- runs */

static int
make_run(gbx_grading *grading, size_t index, const char *work, gbx_error *error)
{
    const gbx_grade_options *options = grading->options;
    gbx_graded_run *run = &grading->runs[index];
    const gbx_run_place place = {
        .paths = options->paths, .builds = &grading->builds, .lab = grading->lab, .folder = work,
        .student = grading->student, .seed = grading->seed, .require_level = options->require_level,
        .most_level = options->most_level, .no_witness = options->no_witness,
    };
    if (options->progress != NULL) {
        options->progress(options->context, run->run->name);
    }
    gbx_cites_close(run->cites);
    run->cites = NULL;
    if (run->made) {
        gbx_lab_run_clear(&run->ran);
    }
    int status = gbx_lab_run_make(&place, run->run, &run->ran, error);
    run->made = status == 0;
    if (status == 0) {
        run->attempts++;
        grading->wall_ns += run->ran.result.wall_ns;
        grading->cpu_ns += run->ran.result.user_ns + run->ran.result.system_ns;
        gbx_judge_run(run);
    }
    return status;
}

static gbx_run
view_of(const gbx_graded_run *run)
{
    const gbx_sandbox_result *result = &run->ran.result;
    if (!run->made) {
        return (gbx_run){ .build = run->run->build, .out = "", .err = "" };
    }
    return (gbx_run){
        .build = run->run->build, .trace = run->ran.trace, .out = result->out, .out_size = result->out_size,
        .err = result->err, .err_size = result->err_size, .wall_ns = result->wall_ns, .user_ns = result->user_ns,
        .system_ns = result->system_ns, .peak_bytes = result->peak_bytes,
    };
}

/* What the facts of each run look at: it first, then the others. */
static void
set_looks(gbx_grading *grading)
{
    size_t count = grading->lab->run_count;
    for (size_t i = 0; i < count; i++) {
        gbx_graded_run *own = &grading->runs[i];
        gbx_run *views = grading->run_views[i];
        size_t n = 0;
        views[n++] = view_of(own);
        for (size_t other = 0; other < count; other++) {
            if (other != i) {
                views[n++] = view_of(&grading->runs[other]);
            }
        }
        grading->looks[i] = (gbx_look){ .trace = views[0].trace, .runs = views, .run_count = n,
                                        .symbols = grading->symbols };
        grading->lab_looks[i] = (gbx_lab_look){
            .look = own->made && own->verdict[0] == '\0' ? &grading->looks[i] : NULL,
            .variant = own->made ? own->ran.variant : grading->variant, .observed = own->ran.observed,
            .expected = own->ran.expected, .answers = grading->answers, .file = "/learner/work.py",
        };
    }
}

/* A run that nobody makes any more, since another one was a violation: its facts are that, too. */
static void
give_up(gbx_graded_run *run, const gbx_graded_run *violated)
{
    snprintf(run->verdict, sizeof(run->verdict), "%s", violated->verdict);
    snprintf(run->text, sizeof(run->text), "%s", violated->text);
    run->violation = violated->violation;
}

static int
make_runs(gbx_grading *grading, const char *work, gbx_error *error)
{
    int status = 0;
    const gbx_graded_run *violated = NULL;
    for (size_t i = 0; i < grading->lab->fact_count; i++) {
        const gbx_lab_fact *fact = &grading->lab->facts[i];
        grading->runs[fact->run].wanted |= !gbx_judge_skips(grading, fact);
    }
    for (size_t i = 0; i < grading->lab->run_count; i++) {
        grading->runs[i].run = &grading->lab->runs[i];
    }
    for (size_t i = 0; i < grading->lab->run_count && status == 0; i++) {
        if (grading->runs[i].wanted && violated != NULL) {
            give_up(&grading->runs[i], violated);
        }
        else if (grading->runs[i].wanted) {
            status = make_run(grading, i, work, error);
            violated = strcmp(grading->runs[i].verdict, "violation") == 0 ? &grading->runs[i] : NULL;
        }
    }
    set_looks(grading);
    return status;
}

/* Facts that are about time are given another try, on a new run. */
static int
try_again(gbx_grading *grading, const char *work, gbx_error *error)
{
    int status = 0;
    for (size_t r = 0; r < grading->lab->run_count && status == 0; r++) {
        gbx_graded_run *run = &grading->runs[r];
        while (status == 0 && run->made && run->run->timing && run->verdict[0] == '\0' && run->attempts < GBX_ATTEMPTS) {
            bool failed = false;
            for (size_t i = 0; i < grading->lab->fact_count; i++) {
                failed |= grading->lab->facts[i].run == r && !gbx_judge_skips(grading, &grading->lab->facts[i])
                    && !gbx_judge_passed(&grading->facts[i]) && strcmp(grading->facts[i].verdict, "prerequisite") != 0;
            }
            if (!failed) {
                break;
            }
            status = make_run(grading, r, work, error);
            set_looks(grading);
            if (status == 0) {
                status = gbx_judge_facts(grading, r, error);
            }
        }
    }
    return status;
}

/* ---------------------------------------------------------- what the learner says */

static int
index_runs(gbx_grading *grading, gbx_cites *cites[GBX_LAB_RUNS], gbx_error *error)
{
    int status = 0;
    for (size_t i = 0; i < grading->lab->run_count && status == 0; i++) {
        gbx_graded_run *run = &grading->runs[i];
        if (grading->lab_looks[i].look != NULL && run->cites == NULL) {
            status = gbx_cites_open(&run->cites, run->ran.trace, GBX_WORK_FOLDER, error);
        }
        cites[i] = grading->lab_looks[i].look == NULL ? NULL : run->cites;
    }
    return status;
}

static int
judge_words(gbx_grading *grading, gbx_error *error)
{
    gbx_cites *cites[GBX_LAB_RUNS] = { NULL };
    const gbx_explained given = {
        .lab = grading->lab, .variant = grading->variant, .student = grading->student, .answers = grading->answers,
        .explain = grading->explain,
        .record = json_object_get(gbx_bundle_manifest(grading->bundle), "predictions"), .looks = grading->lab_looks,
        .cites = cites, .facts = grading->facts, .paths = grading->options->paths,
    };
    if (grading->lab->explain_count + grading->lab->predict_count == 0) {
        return 0;
    }
    int status = index_runs(grading, cites, error);
    grading->evidence = json_object();
    if (status == 0 && grading->lab->explain_count > 0) {
        status = gbx_explain_judge(&given, &grading->explanations, error);
    }
    if (status == 0 && grading->lab->predict_count > 0) {
        status = gbx_predictions_judge(&given, &grading->predictions, grading->evidence, error);
    }
    return status;
}

/* --------------------------------------------------------------------- the whole */

static int
judge(gbx_grading *grading, gbx_error *error)
{
    int status = gbx_driver_temporary(&grading->folder, error);
    char *work = status != 0 ? NULL : gbx_paths_join(grading->folder, "work", NULL);
    if (status == 0) {
        status = work == NULL ? no_memory(error) : gbx_make_folder(work, 0755, error);
    }
    if (status == 0) {
        status = gbx_bundle_unpack(grading->bundle, work, error);
    }
    if (status == 0) {
        status = make_runs(grading, work, error);
    }
    if (status == 0) {
        status = gbx_judge_facts(grading, GBX_LAB_RUNS, error);
    }
    if (status == 0) {
        status = try_again(grading, work, error);
    }
    if (status == 0) {
        status = judge_words(grading, error);
    }
    free(work);
    return status;
}

static void
clear(gbx_grading *grading)
{
    for (size_t i = 0; i < GBX_LAB_FACTS; i++) {
        gbx_finding_free(grading->facts[i].finding);
    }
    for (size_t i = 0; i < GBX_LAB_RUNS; i++) {
        gbx_cites_close(grading->runs[i].cites);
        if (grading->runs[i].made) {
            gbx_lab_run_clear(&grading->runs[i].ran);
        }
    }
    (void)gbx_driver_temporary_remove(&grading->folder, NULL);
    json_decref(grading->variant);
    json_decref(grading->answers);
    json_decref(grading->explain);
    json_decref(grading->explanations);
    json_decref(grading->predictions);
    json_decref(grading->evidence);
    gbx_symbols_free(grading->symbols);
    gbx_builds_clear(&grading->builds);
    gbx_bundle_close(grading->bundle);
    gbx_lab_close(grading->lab);
    free(grading);
}

int
gbx_grade(const gbx_grade_options *options, json_t **result, gbx_error *error)
{
    gbx_error why = { 0, "" };
    *result = NULL;
    gbx_grading *grading = calloc(1, sizeof(*grading));
    if (grading == NULL) {
        return no_memory(error);
    }
    grading->options = options;
    grading->builds = (gbx_builds){ .paths = options->paths };
    int status = prepare(grading, &why);
    if (status == 0 && grading->verdict[0] == '\0') {
        status = judge(grading, &why);
    }
    if (is_ours(status) && grading->student[0] != '\0') {
        grading->infrastructure = true;
        snprintf(grading->text, sizeof(grading->text), "%.400s", why.message);
        status = 0;
    }
    if (status == 0 && (*result = gbx_result_make(grading)) == NULL) {
        status = gbx_error_set(&why, GBX_ERROR_MEMORY, "out of memory");
    }
    if (status != 0) {
        gbx_error_set(error, status, "%s", why.message);
    }
    clear(grading);
    return status;
}

bool
gbx_grade_is_infrastructure(const json_t *result)
{
    const char *verdict = json_string_value(json_object_get(result, "verdict"));
    return verdict != NULL && strcmp(verdict, "infrastructure") == 0;
}
