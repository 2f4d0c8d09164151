/* What sinks, predictions and the terminal's text make of a finding.  Reports are compared as text: they are
   what users and their scripts read. */

#include "predict.h"
#include "report.h"
#include "text.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ------------------------------------------------------------------- helps */

static const gbx_station station = {
    .number = 0, .name = "test", .folder = "0-test", .title = "of the sinks", .minutes = 1,
};
static const gbx_claim claim = {
    .id = "0.1a", .title = "a title", .sentence = "Tags <b> & \"quotes\" stay what they are.",
};
static const gbx_claim choosing = {
    .id = "0.1b", .title = "choices", .sentence = "One of two.",
    .prediction = {
        .question = "Which?",
        .choices = { { "one", NULL, NULL }, { "two", "the belief in two", "since it is one" } },
    },
};
static const gbx_claim counting = {
    .id = "0.1c", .title = "a number", .sentence = "So many.",
    .prediction = { .question = "How many?", .unit = "misses", .tolerance = 1.5,
                    .too_low = "few", .too_high = "many" },
};

/* What a sink prints for one claim with this result, whose finding it frees; the caller frees the text. */
static char *
report_of_result(const gbx_sink *sink, const gbx_claim *of, const gbx_result *result,
                 const gbx_answer *answer)
{
    char *text = NULL;
    size_t size = 0;
    gbx_tally tally = { .wall_ns = 1500000000u };
    FILE *to = open_memstream(&text, &size);
    gbx_report report = { .sink = sink, .station = &station, .options = { .to = to } };
    tally.counts[result->verdict]++;
    assert_int_equal(sink->begin(&report), 0);
    sink->claim(&report, of, result, answer);
    assert_int_equal(sink->end(&report, &tally), 0);
    fclose(to);
    gbx_finding_free(result->finding);
    return text;
}

static char *
report_of(const gbx_sink *sink, const gbx_claim *of, gbx_verdict verdict, gbx_finding *finding,
          const gbx_answer *answer)
{
    gbx_result result = { .verdict = verdict, .finding = finding };
    return report_of_result(sink, of, &result, answer);
}

/* The same for a claim that passed on runs of these builds; NULL: no second one. */
static char *
report_on(const gbx_sink *sink, const char *first, const char *second)
{
    gbx_result result = {
        .verdict = GBX_PASS, .finding = gbx_finding_new(), .runs = { { .build = first }, { .build = second } },
    };
    result.look = (gbx_look){ .runs = result.runs, .run_count = second == NULL ? 1 : 2 };
    return report_of_result(sink, &claim, &result, NULL);
}

static char *
lines_from(char *text, const char *first)
{
    char *found = strstr(text, first);
    assert_non_null(found);
    return found;
}

/* ---------------------------------------------------------------- the terminal */

static void
a_failure_shows_expected_actual_and_likely(void **state)
{
    (void)state;
    gbx_finding *finding = gbx_finding_new();
    gbx_finding_fail(finding, "black", "white", "the paint ran out");
    char *text = report_of(&gbx_sink_terminal, &claim, GBX_FAIL, finding, NULL);
    assert_memory_equal(lines_from(text, "  FAIL"),
                        "  FAIL  0.1a  a title\n"
                        "        Tags <b> & \"quotes\" stay what they are.\n"
                        "        expected  black\n"
                        "        actual    white\n"
                        "        likely    the paint ran out\n", 130);
    assert_non_null(strstr(text, "1 claim: 1 failed (1.5 s)"));
    free(text);
}

static void
bars_of_one_unit_share_a_scale(void **state)
{
    (void)state;
    gbx_finding *finding = gbx_finding_new();
    gbx_finding_bar(finding, "fast", 1, "ns");
    gbx_finding_bar(finding, "slower", 3, "ns");
    gbx_finding_bar(finding, "large", 9, "bytes");
    char *text = report_of(&gbx_sink_terminal, &claim, GBX_PASS, finding, NULL);
    assert_non_null(strstr(text, "fast   ########## 1 ns\n"));
    assert_non_null(strstr(text, "slower ############################## 3 ns\n"));
    assert_non_null(strstr(text, "large ############################## 9 bytes\n"));
    free(text);
}

static void
a_quoted_program_cannot_move_the_cursor(void **state)
{
    (void)state;
    gbx_finding *finding = gbx_finding_new();
    gbx_finding_quote(finding, "a\033[2Jb\n\tc", 9);
    char *text = report_of(&gbx_sink_terminal, &claim, GBX_PASS, finding, NULL);
    assert_non_null(strstr(text, "| a?[2Jb\n        | \tc\n"));
    free(text);
}

static void
details_are_for_explain_alone(void **state)
{
    (void)state;
    gbx_finding *finding = gbx_finding_new();
    gbx_finding_detail(finding, "a detail");
    char *text = report_of(&gbx_sink_terminal, &claim, GBX_PASS, finding, NULL);
    assert_null(strstr(text, "a detail"));
    free(text);
}

static void
every_sink_says_what_a_claim_was_seen_on(void **state)
{
    (void)state;
    static const struct { const gbx_sink *sink; const char *first, *second, *says; } cases[] = {
        { &gbx_sink_terminal, "gil", NULL, "0.1a  a title\n" },
        { &gbx_sink_terminal, "ft", NULL, "0.1a  a title  [on ft]\n" },
        { &gbx_sink_terminal, "gil", "ft", "0.1a  a title  [on gil and ft]\n" },
        { &gbx_sink_terminal, "ft", "ft", "0.1a  a title  [on ft]\n" },
        { &gbx_sink_junit, "gil", NULL, "<property name=\"builds\" value=\"gil\"/>" },
        { &gbx_sink_junit, "gil", "ft", "<property name=\"builds\" value=\"gil, ft\"/>" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *text = report_on(cases[i].sink, cases[i].first, cases[i].second);
        assert_non_null(strstr(text, cases[i].says));
        free(text);
    }
    char *text = report_on(&gbx_sink_json, "gil", "ft");
    json_t *root = json_loads(text, 0, NULL);
    json_t *builds = json_object_get(json_array_get(json_object_get(root, "claims"), 0), "builds");
    assert_int_equal(json_array_size(builds), 2);
    assert_string_equal(json_string_value(json_array_get(builds, 1)), "ft");
    json_decref(root);
    free(text);
}

static void
lines_break_between_words_and_count_characters(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    fputs("1. ", to);
    gbx_text_wrap(to, 3, 3, 12, "ééé ééé ééé a-word-longer-than-a-line end");
    fclose(to);
    assert_string_equal(text, "1. ééé ééé\n   ééé\n   a-word-longer-than-a-line\n   end\n");
    free(text);
}

static void
numbers_have_as_many_digits_as_make_sense(void **state)
{
    (void)state;
    char text[32];
    assert_string_equal(gbx_text_number(52, text, sizeof(text)), "52");
    assert_string_equal(gbx_text_number(-1234567.4, text, sizeof(text)), "-1,234,567");
    assert_string_equal(gbx_text_number(1.2345, text, sizeof(text)), "1.23");
    assert_string_equal(gbx_text_number(0.00012, text, sizeof(text)), "0.00012");
    assert_string_equal(gbx_text_number(1 / 0.0, text, sizeof(text)), "?");
}

/* ------------------------------------------------------------------ for machines */

static void
junit_tells_a_failure_from_an_error(void **state)
{
    (void)state;
    gbx_finding *finding = gbx_finding_new();
    gbx_finding_fail(finding, "a < b", "a & b", NULL);
    char *text = report_of(&gbx_sink_junit, &claim, GBX_FAIL, finding, NULL);
    assert_non_null(strstr(text, "tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""));
    assert_non_null(strstr(text, "<failure message=\"FAIL: Tags &lt;b&gt; &amp; &quot;quotes&quot; stay"));
    assert_non_null(strstr(text, "expected: a &lt; b\nactual: a &amp; b"));
    free(text);
    text = report_of(&gbx_sink_junit, &claim, GBX_BROKEN, gbx_finding_new(), NULL);
    assert_non_null(strstr(text, "failures=\"0\" errors=\"1\""));
    assert_non_null(strstr(text, "<error message=\"BROKEN: "));
    free(text);
}

static void
json_has_numbers_exact_and_verdicts_by_name(void **state)
{
    (void)state;
    gbx_finding *finding = gbx_finding_new();
    gbx_finding_number(finding, "ratio", 0.1, "x");
    gbx_finding_insufficient(finding, "no \"mark\"\n");
    char *text = report_of(&gbx_sink_json, &claim, GBX_INSUFFICIENT, finding, NULL);
    json_t *root = json_loads(text, 0, NULL), *found = json_array_get(json_object_get(root, "claims"), 0);
    json_t *evidence = json_object_get(found, "evidence");
    assert_string_equal(json_string_value(json_object_get(found, "verdict")), "INSUFFICIENT");
    assert_true(json_real_value(json_object_get(json_array_get(evidence, 0), "value")) == 0.1);
    assert_string_equal(json_string_value(json_object_get(json_array_get(evidence, 1), "text")),
                        "no \"mark\"\n");
    assert_int_equal(json_integer_value(json_object_get(json_object_get(root, "tally"), "INSUFFICIENT")), 1);
    json_decref(root);
    free(text);
}

static void
a_report_that_is_broken_off_prints_nothing_more(void **state)
{
    (void)state;
    const char *const names[] = { "json", "junit" };
    for (int i = 0; i < 2; i++) {
        char *text = NULL;
        size_t size = 0;
        const gbx_sink *sink = gbx_sink_find(names[i]);
        FILE *to = open_memstream(&text, &size);
        gbx_report report = { .sink = sink, .station = &station, .options = { .to = to } };
        assert_int_equal(sink->begin(&report), 0);
        assert_int_equal(sink->end(&report, NULL), 0);
        fclose(to);
        assert_string_equal(text, "");
        free(text);
    }
    assert_null(gbx_sink_find("pigeon"));
}

/* ------------------------------------------------------------------ predictions */

static bool
ask(const gbx_claim *of, const char *typed, gbx_answer *answer)
{
    FILE *in = fmemopen((void *)(uintptr_t)typed, strlen(typed), "r"), *out = fopen("/dev/null", "we");
    bool more = gbx_predict_ask(of, in, out, answer);
    fclose(in);
    fclose(out);
    return more;
}

static void
what_is_no_answer_is_asked_again_and_nothing_passes_over(void **state)
{
    (void)state;
    gbx_answer answer;
    assert_true(ask(&choosing, "x\n3\n0\n 2 \nsure\n4\n", &answer));
    assert_true(answer.given);
    assert_int_equal(answer.choice, 1);
    assert_int_equal(answer.confidence, 4);
    assert_true(ask(&choosing, "\n", &answer));
    assert_false(answer.given);
    assert_false(ask(&choosing, "2\n", &answer));        // the input ends before it is whole
    assert_false(answer.given);
}

static void
a_wrong_choice_names_its_belief(void **state)
{
    (void)state;
    const char *belief, *because;
    gbx_finding *finding = gbx_finding_new();
    gbx_answer answer = { .given = true, .choice = 1, .confidence = 5 };
    assert_int_equal(gbx_predict_compare(&choosing, &answer, finding, &belief, &because),
                     GBX_PREDICT_UNKNOWN);
    gbx_finding_observe(finding, 0);
    assert_int_equal(gbx_predict_compare(&choosing, &answer, finding, &belief, &because),
                     GBX_PREDICT_WRONG);
    assert_string_equal(belief, "the belief in two");
    assert_string_equal(because, "since it is one");
    gbx_finding_fact(finding, "nothing");
    char *text = report_of(&gbx_sink_terminal, &choosing, GBX_PASS, finding, &answer);
    assert_non_null(strstr(text, "you said   two\n        it was     one\n"
                                 "        the belief \"the belief in two\"\n        since it is one\n"));
    free(text);
}

static void
a_number_within_its_tolerance_is_right(void **state)
{
    (void)state;
    const char *belief, *because;
    gbx_finding *finding = gbx_finding_new();
    gbx_finding_observe_number(finding, 53);
    const struct { double number; gbx_outcome outcome; const char *belief; } cases[] = {
        { 53, GBX_PREDICT_RIGHT, NULL }, { 40, GBX_PREDICT_RIGHT, NULL }, { 79, GBX_PREDICT_RIGHT, NULL },
        { 1, GBX_PREDICT_WRONG, "few" }, { 1000, GBX_PREDICT_WRONG, "many" },
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gbx_answer answer = { .given = true, .number = cases[i].number };
        assert_int_equal(gbx_predict_compare(&counting, &answer, finding, &belief, &because),
                         cases[i].outcome);
        assert_true(belief == cases[i].belief || strcmp(belief, cases[i].belief) == 0);
    }
    gbx_finding_free(finding);
}

static void
answers_are_kept_before_and_after_the_run(void **state)
{
    (void)state;
    char folder[] = "/tmp/gbx-predict-XXXXXX", path[128], line[1024];
    gbx_answer answer = { .given = true, .choice = 1, .confidence = 3 };
    gbx_finding *finding = gbx_finding_new();
    assert_non_null(mkdtemp(folder));
    setenv("XDG_STATE_HOME", folder, 1);
    gbx_finding_observe(finding, 0);
    assert_int_equal(gbx_predict_keep(&choosing, &answer, NULL, GBX_BROKEN, NULL), 0);
    assert_int_equal(gbx_predict_keep(&choosing, &answer, finding, GBX_PASS, NULL), 0);
    snprintf(path, sizeof(path), "%s/glassbox/predictions.jsonl", folder);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    assert_non_null(strstr(line, "\"predicted\":\"two\",\"confidence\":3}"));
    assert_non_null(fgets(line, sizeof(line), file));
    assert_non_null(strstr(line, "\"misconception\":\"the belief in two\",\"outcome\":\"wrong\"}"));
    fclose(file);
    unlink(path);
    *strrchr(path, '/') = '\0';
    rmdir(path);
    rmdir(folder);
    gbx_error error = { 0, "" };
    setenv("XDG_STATE_HOME", "/proc/none", 1);
    assert_true(gbx_predict_keep(&choosing, &answer, finding, GBX_PASS, &error) != 0);
    assert_true(error.message[0] != '\0');
    gbx_finding_free(finding);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_failure_shows_expected_actual_and_likely),
        cmocka_unit_test(bars_of_one_unit_share_a_scale),
        cmocka_unit_test(a_quoted_program_cannot_move_the_cursor),
        cmocka_unit_test(details_are_for_explain_alone),
        cmocka_unit_test(every_sink_says_what_a_claim_was_seen_on),
        cmocka_unit_test(lines_break_between_words_and_count_characters),
        cmocka_unit_test(numbers_have_as_many_digits_as_make_sense),
        cmocka_unit_test(junit_tells_a_failure_from_an_error),
        cmocka_unit_test(json_has_numbers_exact_and_verdicts_by_name),
        cmocka_unit_test(a_report_that_is_broken_off_prints_nothing_more),
        cmocka_unit_test(what_is_no_answer_is_asked_again_and_nothing_passes_over),
        cmocka_unit_test(a_wrong_choice_names_its_belief),
        cmocka_unit_test(a_number_within_its_tolerance_is_right),
        cmocka_unit_test(answers_are_kept_before_and_after_the_run),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
