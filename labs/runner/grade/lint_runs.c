/* Lint, the rules that grade: beginnings, references, cases, beliefs, limits, and a busy machine. */

#include "lint_internal.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_TIMES = 512 };

/* How long the runs of the reference took: by the clock where we did not keep the machine busy ourselves, by the processor
   always. */
typedef struct {
    double wall_s[GBX_LAB_RUNS][MOST_TIMES], cpu_s[GBX_LAB_RUNS][MOST_TIMES];
    size_t walls[GBX_LAB_RUNS], cpus[GBX_LAB_RUNS];
} times;

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

static void
say(const gbx_linting *lint, const char *what, const char *name)
{
    char text[160];
    if (lint->options->progress != NULL) {
        snprintf(text, sizeof(text), "%s %s", what, name);
        lint->options->progress(lint->options->context, text);
    }
}

static const char *
word(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    return text == NULL ? "" : text;
}

static bool
is_good(const char *verdict)
{
    return strcmp(verdict, "pass") == 0 || strcmp(verdict, "flaky") == 0;
}

/* The verdict on a fact: "" where it was not judged. */
static const char *
verdict_on(const json_t *result, const char *id)
{
    size_t i;
    json_t *fact;
    json_array_foreach(json_object_get(result, "facts"), i, fact) {
        if (strcmp(word(fact, "id"), id) == 0) {
            return word(fact, "verdict");
        }
    }
    return "";
}

/* -------------------------------------------------------------------- unsolved */

static int
grade_beginning(gbx_linting *lint, gbx_error *error)
{
    const char *const layers[] = { NULL };
    json_t *result;
    gbx_lint_rule(lint, "unsolved", "what the learner is given runs, and does not pass");
    say(lint, "grading", "the beginning");
    int status = gbx_lint_grade(lint, "lint-start", layers, &result, error);
    if (status != 0) {
        return status;
    }
    gbx_lint_looked(lint, 1);
    const char *verdict = word(result, "verdict");
    if (strcmp(verdict, "fail") != 0 && strcmp(verdict, "partial") != 0) {
        gbx_lint_defect(lint, "its verdict is '%s': %s", verdict, word(result, "message"));
    }
    json_decref(result);
    return 0;
}

/* ------------------------------------------------------------------- reference */

static void
take_times(const gbx_linting *lint, const json_t *result, bool busy, times *all)
{
    const json_t *runs = json_object_get(json_object_get(result, "host"), "runs");
    for (size_t i = 0; i < lint->lab->run_count; i++) {
        const json_t *run = json_object_get(runs, lint->lab->runs[i].name);
        if (run != NULL && !busy && all->walls[i] < MOST_TIMES) {
            all->wall_s[i][all->walls[i]++] = json_number_value(json_object_get(run, "wall_s"));
        }
        if (run != NULL && all->cpus[i] < MOST_TIMES) {
            all->cpu_s[i][all->cpus[i]++] = json_number_value(json_object_get(run, "cpu_s"));
        }
    }
}

static void
look_at_reference(gbx_linting *lint, const char *student, const json_t *result)
{
    size_t i;
    json_t *one;
    json_array_foreach(json_object_get(result, "facts"), i, one) {
        if (!is_good(word(one, "verdict"))) {
            gbx_lint_defect(lint, "for '%s' it does not pass at '%s' (%s): expected %s; actual %s", student, word(one, "id"),
                            word(one, "verdict"), word(one, "expected"), word(one, "actual"));
        }
    }
    json_array_foreach(json_object_get(result, "explanations"), i, one) {
        if (json_number_value(json_object_get(one, "score")) < json_number_value(json_object_get(one, "points"))) {
            gbx_lint_defect(lint, "for '%s' its explanation '%s' does not get its points", student, word(one, "id"));
        }
    }
    json_array_foreach(json_object_get(result, "predictions"), i, one) {
        if (strcmp(word(one, "outcome"), "right") != 0) {
            gbx_lint_defect(lint, "for '%s' its prediction '%s' is not right", student, word(one, "id"));
        }
    }
    if (!is_good(word(result, "verdict")) && json_array_size(json_object_get(lint->rule, "defects")) == 0) {
        gbx_lint_defect(lint, "for '%s' its verdict is '%s': %s", student, word(result, "verdict"), word(result, "message"));
    }
}

static int
grade_references(gbx_linting *lint, const char *reference, times *all, gbx_error *error)
{
    const char *const layers[] = { reference, NULL };
    int status = 0;
    gbx_lint_rule(lint, "reference", "the reference passes, hidden facts too");
    for (unsigned i = 0; i < lint->options->variants && status == 0; i++) {
        char student[32];
        json_t *result;
        snprintf(student, sizeof(student), "lint-%u", i);
        say(lint, "grading the reference of", student);
        status = gbx_lint_grade(lint, student, layers, &result, error);
        if (status == 0) {
            gbx_lint_looked(lint, 1);
            look_at_reference(lint, student, result);
            take_times(lint, result, false, all);
            json_decref(result);
        }
    }
    return status;
}

/* ---------------------------------------------------------------- cases, beliefs */

/* Grade the reference with the files of a folder over it, each folder once for all rules: *result is borrowed. */
static int
grade_over(gbx_linting *lint, json_t *done, const char *reference, const char *folder, const char *name, json_t **result,
           gbx_error *error)
{
    const char *const layers[] = { reference, folder, NULL };
    *result = json_object_get(done, folder);
    if (*result != NULL) {
        return 0;
    }
    say(lint, "grading", name);
    int status = gbx_lint_grade(lint, "lint-0", layers, result, error);
    if (status == 0) {
        json_object_set_new(done, folder, *result);
    }
    return status;
}

/* What cannot be said of a submission that was stopped before its facts were looked at. */
static bool
was_judged(gbx_linting *lint, const char *name, const json_t *result)
{
    const char *verdict = word(result, "verdict");
    if (strcmp(verdict, "violation") == 0) {
        gbx_lint_defect(lint, "'%s' is a violation, and so says nothing of its fact: %s", name, word(result, "message"));
        return false;
    }
    return true;
}

static int
grade_case(gbx_linting *lint, json_t *done, const char *reference, const json_t *one, gbx_error *error)
{
    const char *name = word(one, "case"), *fact = word(one, "fact");
    char *folder = gbx_lint_solution(lint, "must-fail", name);
    json_t *result;
    int status = folder == NULL ? no_memory(error) : grade_over(lint, done, reference, folder, name, &result, error);
    if (status == 0) {
        const char *verdict = verdict_on(result, fact);
        gbx_lint_looked(lint, 1);
        if (was_judged(lint, name, result) && (is_good(verdict) || strcmp(verdict, "prerequisite") == 0)) {
            gbx_lint_defect(lint, "'%s' has to fail at '%s', and its verdict there is '%s'", name, fact, verdict);
        }
    }
    free(folder);
    return status;
}

/* By the fact, or by a prediction that is the belief. */
static bool
is_caught(const json_t *result, const gbx_lab_misconception *belief)
{
    size_t i;
    json_t *one;
    const char *verdict = verdict_on(result, belief->fact);
    json_array_foreach(json_object_get(result, "predictions"), i, one) {
        if (strcmp(word(one, "outcome"), "wrong") == 0 && strcmp(word(one, "misconception"), belief->id) == 0) {
            return true;
        }
    }
    return !is_good(verdict) && strcmp(verdict, "prerequisite") != 0;
}

static int
grade_belief(gbx_linting *lint, json_t *done, const char *reference, const gbx_lab_misconception *belief, gbx_error *error)
{
    const char *slash = strrchr(belief->planted, '/');
    char *folder = gbx_lint_solution(lint, "misconceptions", slash == NULL ? belief->planted : slash + 1);
    json_t *result;
    int status = folder == NULL ? no_memory(error) : grade_over(lint, done, reference, folder, belief->id, &result, error);
    if (status == 0) {
        gbx_lint_looked(lint, 1);
        if (was_judged(lint, belief->id, result) && !is_caught(result, belief)) {
            gbx_lint_defect(lint, "'%s' is not caught: '%s' is '%s'", belief->id, belief->fact,
                            verdict_on(result, belief->fact));
        }
    }
    free(folder);
    return status;
}

static int
grade_cases(gbx_linting *lint, const char *reference, gbx_error *error)
{
    json_t *done = json_object(), *one;
    size_t i;
    int status = done == NULL ? no_memory(error) : 0;
    gbx_lint_rule(lint, "fails", "each case fails at its fact");
    json_array_foreach(lint->cases, i, one) {
        if (status == 0 && !lint->options->no_cases) {
            status = grade_case(lint, done, reference, one, error);
        }
    }
    if (lint->options->no_cases) {
        gbx_lint_left_out(lint);
    }
    gbx_lint_rule(lint, "caught", "each misconception is caught by the fact that it names");
    for (size_t b = 0; b < lint->lab->misconception_count && status == 0 && !lint->options->no_cases; b++) {
        status = grade_belief(lint, done, reference, &lint->lab->misconceptions[b], error);
    }
    if (lint->options->no_cases) {
        gbx_lint_left_out(lint);
    }
    json_decref(done);
    return status;
}

/* --------------------------------------------------------------- a busy machine */

/* Threads that do nothing but keep each processor busy, until they are told to end. */
typedef struct {
    atomic_bool over;
    pthread_t threads[64];
    size_t count;
} load;

static void *
spin(void *context)
{
    load *it = context;
    while (!atomic_load_explicit(&it->over, memory_order_relaxed)) {
    }
    return NULL;
}

static void
begin_load(load *it)
{
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    atomic_init(&it->over, false);
    it->count = 0;
    for (long i = 0; i < processors && it->count < GBX_COUNT(it->threads); i++) {
        it->count += pthread_create(&it->threads[it->count], NULL, spin, it) == 0;
    }
}

static void
end_load(load *it)
{
    atomic_store(&it->over, true);
    for (size_t i = 0; i < it->count; i++) {
        pthread_join(it->threads[i], NULL);
    }
}

/* What must not depend on the machine: all but the host block; "flaky" is a pass that took another try, which is what it
   is for. */
static json_t *
essence(const json_t *result)
{
    json_t *copy = json_deep_copy(result), *fact;
    size_t i;
    json_object_del(copy, "host");
    json_object_del(copy, "seal");
    json_object_del(copy, "message");
    if (strcmp(word(copy, "verdict"), "flaky") == 0) {
        json_object_set_new(copy, "verdict", json_string("pass"));
    }
    json_array_foreach(json_object_get(copy, "facts"), i, fact) {
        json_object_del(fact, "attempts");
        if (strcmp(word(fact, "verdict"), "flaky") == 0) {
            json_object_set_new(fact, "verdict", json_string("pass"));
        }
    }
    return copy;
}

/* Which fact is judged otherwise, for a sentence. */
static void
tell_difference(gbx_linting *lint, unsigned number, const json_t *first, const json_t *other)
{
    size_t i;
    json_t *fact;
    json_array_foreach(json_object_get(other, "facts"), i, fact) {
        const json_t *before = json_array_get(json_object_get(first, "facts"), i);
        if (!json_equal(before, fact)) {
            gbx_lint_defect(lint, "grading %u says '%s' of '%s', the first one '%s'; actual %s, and before %s", number + 1,
                            word(fact, "verdict"), word(fact, "id"), word(before, "verdict"), word(fact, "actual"),
                            word(before, "actual"));
            return;
        }
    }
    gbx_lint_defect(lint, "grading %u has another result than the first: %s", number + 1, word(other, "verdict"));
}

static int
grade_under_load(gbx_linting *lint, const char *reference, times *all, gbx_error *error)
{
    const char *const layers[] = { reference, NULL };
    json_t *first = NULL;
    load busy;
    int status = 0;
    gbx_lint_rule(lint, "one-result", "on a busy machine there is one result");
    begin_load(&busy);
    for (unsigned i = 0; i < lint->options->repeats && status == 0; i++) {
        json_t *result;
        char number[32];
        snprintf(number, sizeof(number), "(%u of %u)", i + 1, lint->options->repeats);
        say(lint, "grading on a busy machine", number);
        status = gbx_lint_grade(lint, "lint-0", layers, &result, error);
        if (status != 0) {
            break;
        }
        json_t *short_form = essence(result);
        gbx_lint_looked(lint, 1);
        take_times(lint, result, true, all);
        if (first == NULL) {
            first = json_incref(short_form);
        }
        else if (!json_equal(first, short_form)) {
            tell_difference(lint, i, first, short_form);
        }
        json_decref(short_form);
        json_decref(result);
    }
    end_load(&busy);
    json_decref(first);
    return status;
}

/* ----------------------------------------------------------------------- limits */

static int
by_size(const void *a, const void *b)
{
    double one = *(const double *)a, two = *(const double *)b;
    return (one > two) - (one < two);
}

/* The time that 99 of 100 do not exceed: of fewer, the longest. */
static double
p99(double *values, size_t count)
{
    qsort(values, count, sizeof(*values), by_size);
    return values[(size_t)ceil(0.99 * (double)count) - 1];
}

static void
look_at_limit(gbx_linting *lint, const char *run, const char *what, uint32_t limit_ms, double *values, size_t count)
{
    double slowest = p99(values, count), limit = limit_ms / 1e3;
    gbx_lint_looked(lint, 1);
    if (limit_ms == 0) {
        gbx_lint_defect(lint, "run '%s' has no %s limit", run, what);
    }
    else if (limit < GBX_LINT_ROOM * slowest) {
        gbx_lint_defect(lint, "run '%s': the %s limit is %.1f s, and 99 of 100 runs take up to %.2f s; at least %.1f s would do",
                        run, what, limit, slowest, GBX_LINT_ROOM * slowest);
    }
}

static void
look_at_limits(gbx_linting *lint, times *all)
{
    gbx_lint_rule(lint, "limits", "time limits are five times what runs take");
    for (size_t i = 0; i < lint->lab->run_count; i++) {
        const gbx_lab_run *run = &lint->lab->runs[i];
        if (all->walls[i] == 0) {
            gbx_lint_defect(lint, "run '%s' was never made", run->name);
            continue;
        }
        look_at_limit(lint, run->name, "wall", run->limits.wall_ms, all->wall_s[i], all->walls[i]);
        look_at_limit(lint, run->name, "CPU", run->limits.cpu_ms, all->cpu_s[i], all->cpus[i]);
    }
}

/* -------------------------------------------------------------------------- all */

int
gbx_lint_runs(gbx_linting *lint, gbx_error *error)
{
    char *reference = gbx_paths_join(lint->options->solutions, "reference", NULL);
    times *all = calloc(1, sizeof(*all));
    int status = reference == NULL || all == NULL ? no_memory(error) : grade_beginning(lint, error);
    if (status == 0) {
        status = grade_references(lint, reference, all, error);
    }
    if (status == 0) {
        status = grade_cases(lint, reference, error);
    }
    if (status == 0) {
        status = grade_under_load(lint, reference, all, error);
    }
    if (status == 0) {
        look_at_limits(lint, all);
    }
    free(reference);
    free(all);
    return status;
}
