/* Predictions: compared with what was observed; what was noted first is what counts, and notes that were changed by
   hand are seen to be. */

#include "explain_session.h"
#include "trace_test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static gbx_error error;

/* ------------------------------------------------------------------- predictions */

static const json_t *
predict(session *s, const char *answers, json_t *evidence, json_t **all)
{
    json_t *given = answers == NULL ? NULL : parse_json(answers);
    s->given.answers = given;
    assert_int_equal(gbx_predictions_judge(&s->given, all, evidence, &error), 0);
    json_decref(given);
    s->given.answers = NULL;
    assert_int_equal(json_array_size(*all), 1);
    return json_array_get(*all, 0);
}

static void
a_prediction_is_compared_with_what_its_fact_observed(void **state)
{
    (void)state;
    static const struct {
        const char *answers, *outcome, *misconception;
        double score;
    } cases[] = {
        { ANSWER("\"52 times\""), "right", NULL, 2 },
        { ANSWER("\" 52 TIMES \""), "right", NULL, 2 },
        { ANSWER("\"once\""), "wrong", "at-birth", 0 },
        { ANSWER("3"), "wrong", NULL, 0 },
        { ANSWER("\"never\""), "none", NULL, 0 },
        { ANSWER("\"\""), "none", NULL, 0 },
        { ANSWER("[1]"), "none", NULL, 0 },
        { "{\"predict\":{\"fate.a\":{\"answer\":\"52 times\"}}}", "right", NULL, 2 },
        { "{\"predict\":{\"fate\":[]}}", "none", NULL, 0 },
        { NULL, "none", NULL, 0 },
    };
    session *s = open_session();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *all, *evidence = json_object();
        const json_t *one = predict(s, cases[i].answers, evidence, &all);
        const char *misconception = json_string_value(json_object_get(one, "misconception"));
        assert_string_equal(text_of(one, "outcome"), cases[i].outcome);
        assert_true(number_of(one, "score") == cases[i].score);
        assert_true((misconception == NULL) == (cases[i].misconception == NULL));
        if (misconception != NULL) {
            assert_string_equal(misconception, cases[i].misconception);
            assert_string_equal(text_of(one, "message"), "who says 'once' may believe: All is there at once. But: It takes 52.");
        }
        if (strcmp(cases[i].outcome, "wrong") == 0) {
            const json_t *refuting = json_array_get(json_object_get(evidence, "predict.fate.a"), 0);
            assert_string_equal(text_of(refuting, "ref"), "spec.miss@work.py:11#2");
            assert_string_equal(text_of(refuting, "text"), "the second miss");
        }
        else {
            assert_int_equal(json_object_size(evidence), 0);
        }
        json_decref(all);
        json_decref(evidence);
    }
    close_session(s);
}

static void
what_was_not_observed_is_neither_right_nor_wrong(void **state)
{
    (void)state;
    session *s = open_session();
    json_t *all;
    s->fact.finding = NULL;
    assert_string_equal(text_of(predict(s, ANSWER("\"once\""), NULL, &all), "outcome"), "none");
    json_decref(all);
    close_session(s);
}

/* ------------------------------------------------------------------------ notes */

static json_t *
note(session *s, const char *folder, const char *answers)
{
    json_t *given = parse_json(answers), *changes;
    assert_int_equal(gbx_predictions_note(folder, &s->lab, given, &changes, &error), 0);
    json_decref(given);
    return changes;
}

static json_t *
noted(const char *folder)
{
    json_t *record;
    assert_int_equal(gbx_predictions_noted(folder, &record, &error), 0);
    return record;
}

static void
the_first_answer_counts_and_a_later_change_is_said(void **state)
{
    (void)state;
    session *s = open_session();
    char folder[4096];
    json_t *all, *changes, *record;
    snprintf(folder, sizeof(folder), "%s", test_path("notes"));
    assert_int_equal(mkdir(folder, 0700), 0);
    record = noted(folder);
    assert_int_equal(json_array_size(record), 0);
    assert_true(gbx_predictions_sound(record));
    json_decref(record);
    changes = note(s, folder, ANSWER("\"\""));                           /* nothing predicted, nothing noted */
    assert_int_equal(json_array_size(changes), 0);
    json_decref(changes);
    changes = note(s, folder, ANSWER("\"once\""));
    assert_int_equal(json_array_size(changes), 0);
    json_decref(changes);
    json_decref(note(s, folder, ANSWER("\"once\"")));                    /* the same again: no line */
    changes = note(s, folder, ANSWER("\"52 times\""));
    assert_int_equal(json_array_size(changes), 1);
    assert_string_equal(json_string_value(json_array_get(changes, 0)),
                        "prediction 'fate.a' was 'once' before the first run, which is what counts; now it is '52 times'");
    json_decref(changes);

    record = noted(folder);
    assert_int_equal(json_array_size(record), 2);
    assert_true(gbx_predictions_sound(record));
    s->given.record = record;
    const json_t *one = predict(s, ANSWER("\"52 times\""), NULL, &all);
    assert_string_equal(text_of(one, "answer"), "once");
    assert_string_equal(text_of(one, "outcome"), "wrong");
    assert_non_null(strstr(text_of(one, "message"), "it was 'once' before the first run"));
    json_decref(all);

    /* by hand: the first line says otherwise; or is taken away */
    json_object_set_new(json_object_get(json_object_get(json_array_get(record, 0), "answers"), "fate.a"), "answer",
                        json_string("52 times"));
    assert_false(gbx_predictions_sound(record));
    one = predict(s, ANSWER("\"52 times\""), NULL, &all);
    assert_string_equal(text_of(one, "outcome"), "none");
    assert_true(number_of(one, "score") == 0);
    assert_non_null(strstr(text_of(one, "message"), "changed by hand"));
    json_decref(all);
    json_array_remove(record, 0);
    assert_false(gbx_predictions_sound(record));
    json_decref(record);
    close_session(s);
}

static void
notes_of_any_content_are_read(void **state)
{
    (void)state;
    session *s = open_session();
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s", test_path("odd"));
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(mkdir(test_path("odd/.glassbox"), 0700), 0);
    FILE *file = fopen(test_path("odd/.glassbox/predictions.jsonl"), "we");
    fputs("not json\n\n{\"before\":\"\",\"answers\":{}}\n[[[[", file);
    fclose(file);
    json_t *record = noted(folder), *changes;
    assert_false(gbx_predictions_sound(record));
    json_decref(record);
    changes = note(s, folder, ANSWER("\"once\""));
    assert_int_equal(json_array_size(changes), 1);
    assert_non_null(strstr(json_string_value(json_array_get(changes, 0)), "changed by hand"));
    json_decref(changes);
    close_session(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_prediction_is_compared_with_what_its_fact_observed),
        TEST(what_was_not_observed_is_neither_right_nor_wrong),
        TEST(the_first_answer_counts_and_a_later_change_is_said),
        TEST(notes_of_any_content_are_read),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
