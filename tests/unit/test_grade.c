/* What became of a run, what a result says, and what it adds up to: from gradings made by hand, without any program. */

#include "trace_test.h"

#include "grade_internal.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static gbx_error error;

/* ------------------------------------------------------------------------- runs */

static const gbx_lab_run lab_run = { .name = "main", .harness = "harness.py", .build = "gil" };

static gbx_graded_run
run_of(gbx_end end)
{
    return (gbx_graded_run){ .run = &lab_run, .made = true, .ran = { .result = { .end = end, .err = (char *)(uintptr_t)"" } } };
}

/* A whole, empty recording; the caller closes it. */
static gbx_trace *
trace_of(uint32_t state)
{
    trace_writer *w = writer_new(NULL);
    writer_string(w, 1, "x");
    writer_mark(w, 1, 1, GBX_VALUE_INT, 1);
    writer_header(w)->state = (uint8_t)state;
    return test_open(w);
}

static void
each_ending_has_its_verdict(void **state)
{
    (void)state;
    gbx_graded_run run = run_of(GBX_END_LIMIT);
    run.ran.result.limit = GBX_LIMIT_WALL;
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "limit:wall");
    run = run_of(GBX_END_SIGNALLED);
    run.ran.result.signal = SIGSEGV;
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "submission-error");
    assert_non_null(strstr(run.text, "SIGSEGV"));
    run = run_of(GBX_END_LEFTOVERS);
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "violation");
    assert_string_equal(run.violation, "left-processes");
    run = run_of(GBX_END_VIOLATION);
    snprintf(run.ran.result.violation, sizeof(run.ran.result.violation), "forbidden-call");
    gbx_judge_run(&run);
    assert_string_equal(run.violation, "forbidden-call");
    run = run_of(GBX_END_EXITED);
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "submission-error");        /* it left no recording */
}

static void
an_end_is_only_the_harnesss(void **state)
{
    (void)state;
    gbx_graded_run run = run_of(GBX_END_EXITED);
    run.ran.trace = trace_of(GBX_STATE_RECORDING);               /* os._exit(0) */
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "submission-error");
    gbx_trace_close(run.ran.trace);
    run.ran.trace = trace_of(GBX_STATE_STOPPED);
    gbx_judge_run(&run);
    assert_string_equal(run.violation, "recorder-switched");
    run.ran.marks.ended = true;
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "");
    run.ran.lost = 1;
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "limit:disk");
    run.ran.lost = 0;
    run.ran.unsound = true;
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "infrastructure");
    run.ran.violation = "altered-record";
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "violation");
    gbx_trace_close(run.ran.trace);
}

static void
a_harness_that_fails_before_it_loads_is_ours_to_mend(void **state)
{
    (void)state;
    gbx_harness_part load = { .name = "load", .end = GBX_NO_EVENT };
    gbx_graded_run run = run_of(GBX_END_EXITED);
    run.ran.result.status = 1;
    run.ran.trace = trace_of(GBX_STATE_STOPPED);
    run.ran.marks.ended = true;
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "infrastructure");
    run.ran.marks.parts = &load;
    run.ran.marks.count = 1;
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "submission-error");
    gbx_trace_close(run.ran.trace);
    run = run_of(GBX_END_EXITED);
    run.ran.result.status = 1;
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "submission-error");        /* nobody saw whether there was a recording */
    run.ran.witness = json_object();
    gbx_judge_run(&run);
    assert_string_equal(run.verdict, "infrastructure");
    json_decref(run.ran.witness);
}

static void
a_traceback_is_said_in_a_line_without_addresses(void **state)
{
    (void)state;
    gbx_graded_run run = run_of(GBX_END_EXITED);
    char text[] = "Traceback (most recent call last):\n  File \"/learner/work.py\", line 12, in hot\n    f()\n"
        "  File \"/glassbox/cpython/src/glassbox/Lib/json/x.py\", line 9, in f\n\n"
        "ValueError: <object at 0x7f1234567890> \x1b[31mred\n";
    run.ran.result.status = 1;
    run.ran.result.err = text;
    run.ran.result.err_size = strlen(text);
    gbx_judge_run(&run);
    assert_string_equal(run.text, "the run 'main' failed: work.py, line 12: ValueError: <object at 0x...> ?[31mred");
}

/* ------------------------------------------------------------------- whole gradings */

static const char lab_toml[] =
    "number = 3\nname = \"small\"\ntitle = \"A small one\"\n[submit]\nfiles = [\"work.py\"]\n[[run]]\nname = \"main\"\n"
    "[[fact]]\nid = \"a\"\nsentence = \"s\"\npoints = 4\nquery = { none = \"gc.*\" }\npartial = true\n"
    "[[fact]]\nid = \"b\"\nsentence = \"s\"\npoints = 2\nquery = { none = \"gc.*\" }\n";

typedef struct {
    gbx_grading *grading;
    gbx_grade_options options;
    gbx_roster roster;
} stage;

static void
set_stage(stage *it, const char *a, double share, const char *b)
{
    mkdir(test_path("labs"), 0700);
    mkdir(test_path("labs/3-small"), 0700);
    FILE *file = fopen(test_path("labs/3-small/lab.toml"), "we");
    assert_non_null(file);
    fputs(lab_toml, file);
    fclose(file);
    file = fopen(test_path("labs/3-small/harness.py"), "we");
    fclose(file);
    it->grading = calloc(1, sizeof(*it->grading));
    it->options = (gbx_grade_options){ .roster = &it->roster };
    it->roster = (gbx_roster){ .folder = NULL };
    it->grading->options = &it->options;
    snprintf(it->grading->student, sizeof(it->grading->student), "ann");
    snprintf(it->grading->seed, sizeof(it->grading->seed), "%064d", 1);
    assert_int_equal(gbx_lab_open(&it->grading->lab, test_path("labs"), 3, NULL, NULL, &error), 0);
    it->grading->runs[0] = run_of(GBX_END_EXITED);
    it->grading->facts[0] = (gbx_fact_outcome){ .fact = &it->grading->lab->facts[0], .verdict = a, .share = share };
    it->grading->facts[1] = (gbx_fact_outcome){ .fact = &it->grading->lab->facts[1], .verdict = b,
                                                .share = strcmp(b, "pass") == 0 || strcmp(b, "flaky") == 0 };
}

static json_t *
result_of(stage *it)
{
    json_t *result = gbx_result_make(it->grading);
    assert_non_null(result);
    return result;
}

static void
clear_stage(stage *it, json_t *result)
{
    json_decref(result);
    gbx_lab_close(it->grading->lab);
    free(it->grading);
}

static void
assert_said(const json_t *result, const char *verdict, double score)
{
    assert_string_equal(json_string_value(json_object_get(result, "verdict")), verdict);
    double is = json_number_value(json_object_get(result, "score"));
    assert_true(is > score - 1e-9 && is < score + 1e-9);
    is = json_number_value(json_object_get(result, "points"));
    assert_true(is > 6 - 1e-9 && is < 6 + 1e-9);
}

static void
scores_are_the_sum_of_what_holds(void **state)
{
    (void)state;
    static const struct { const char *a; double share; const char *b, *verdict; double score; } all[] = {
        { "pass", 1, "pass", "pass", 6 }, { "pass", 1, "flaky", "flaky", 6 }, { "partial", 0.5, "fail", "partial", 2 },
        { "fail", 0, "fail", "fail", 0 }, { "partial", 0.333333, "prerequisite", "partial", 1.3333 },
    };
    for (size_t i = 0; i < GBX_COUNT(all); i++) {
        stage it;
        set_stage(&it, all[i].a, all[i].share, all[i].b);
        json_t *result = result_of(&it);
        assert_said(result, all[i].verdict, all[i].score);
        clear_stage(&it, result);
    }
}

static void
the_worst_of_the_runs_is_the_verdict(void **state)
{
    (void)state;
    stage it;
    set_stage(&it, "pass", 1, "limit:cpu");
    snprintf(it.grading->runs[0].verdict, sizeof(it.grading->runs[0].verdict), "limit:cpu");
    json_t *result = result_of(&it);
    assert_said(result, "limit:cpu", 4);
    assert_string_equal(json_string_value(json_object_get(json_object_get(result, "limit"), "kind")), "cpu");
    clear_stage(&it, result);
    set_stage(&it, "pass", 1, "violation");
    snprintf(it.grading->runs[0].verdict, sizeof(it.grading->runs[0].verdict), "violation");
    it.grading->runs[0].violation = "forged-mark";
    result = result_of(&it);
    assert_said(result, "violation", 0);                         /* whatever else holds */
    assert_string_equal(json_string_value(json_object_get(json_object_get(result, "violation"), "name")), "forged-mark");
    clear_stage(&it, result);
}

static void
infrastructure_never_scores(void **state)
{
    (void)state;
    stage it;
    set_stage(&it, "pass", 1, "infrastructure");
    json_t *result = result_of(&it);
    assert_true(gbx_grade_is_infrastructure(result));
    assert_true(json_is_null(json_object_get(result, "score")));
    clear_stage(&it, result);
    set_stage(&it, "pass", 1, "pass");
    it.grading->infrastructure = true;
    snprintf(it.grading->text, sizeof(it.grading->text), "no sandbox");
    result = result_of(&it);
    assert_true(json_is_null(json_object_get(result, "score")));
    assert_string_equal(json_string_value(json_object_get(result, "message")), "no sandbox");
    clear_stage(&it, result);
}

static void
a_refusal_scores_nothing_and_names_each_fact(void **state)
{
    (void)state;
    stage it;
    set_stage(&it, "pass", 1, "pass");
    it.grading->facts[0].verdict = it.grading->facts[1].verdict = NULL;      /* nobody looked */
    snprintf(it.grading->verdict, sizeof(it.grading->verdict), "violation");
    snprintf(it.grading->text, sizeof(it.grading->text), "links");
    it.grading->violation = "hostile-archive";
    json_t *result = result_of(&it);
    assert_said(result, "violation", 0);
    const json_t *fact = json_array_get(json_object_get(result, "facts"), 1);
    assert_string_equal(json_string_value(json_object_get(fact, "verdict")), "violation");
    assert_int_equal(json_integer_value(json_object_get(fact, "score")), 0);
    clear_stage(&it, result);
}

static void
who_says_there_was_a_witness_had_one_for_each_run(void **state)
{
    (void)state;
    stage it;
    set_stage(&it, "pass", 1, "pass");
    json_t *result = result_of(&it);
    assert_true(json_is_false(json_object_get(json_object_get(json_object_get(result, "host"), "witness"), "on")));
    json_decref(result);
    it.grading->runs[0].ran.witness = json_object();
    result = result_of(&it);
    assert_true(json_is_true(json_object_get(json_object_get(json_object_get(result, "host"), "witness"), "on")));
    json_decref(it.grading->runs[0].ran.witness);
    clear_stage(&it, result);
}

int
main(void)
{
    test_limits();
    const struct CMUnitTest tests[] = {
        TEST(each_ending_has_its_verdict),
        TEST(an_end_is_only_the_harnesss),
        TEST(a_harness_that_fails_before_it_loads_is_ours_to_mend),
        TEST(a_traceback_is_said_in_a_line_without_addresses),
        TEST(scores_are_the_sum_of_what_holds),
        TEST(the_worst_of_the_runs_is_the_verdict),
        TEST(infrastructure_never_scores),
        TEST(a_refusal_scores_nothing_and_names_each_fact),
        TEST(who_says_there_was_a_witness_had_one_for_each_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
