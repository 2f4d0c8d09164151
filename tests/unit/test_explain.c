/* Explanations: evidence counts only where it is in the run and shows what it is said to show, and nothing that somebody wrote
   there breaks anything.  And what of them and of predictions is said before anything is run. */

#include "explain_session.h"
#include "trace_test.h"

#include <stdio.h>
#include <string.h>

static gbx_error error;

/* ------------------------------------------------------------------ explanations */

/* The one explanation of the session, judged; the caller lets go of the array in *all. */
static const json_t *
judge(session *s, const char *explain, json_t **all)
{
    json_t *given = explain == NULL ? NULL : parse_json(explain);
    s->given.explain = given;
    if (gbx_explain_judge(&s->given, all, &error) != 0) {
        fail_msg("%s", error.message);
    }
    json_decref(given);
    s->given.explain = NULL;
    assert_int_equal(json_array_size(*all), 1);
    return json_array_get(*all, 0);
}

#define WHY(FIELDS) "{\"explain\":{\"why\":{" FIELDS "}}}"
#define MISS1  "\"spec.miss@work.py:11#1\""
#define MISS2  "\"spec.miss@work.py:11#2\""
#define DEOPT  "\"spec.deopt@work.py:11#1\""
#define PUSH   "\"frame.push@?:0#1\""

static void
evidence_counts_where_it_is_in_the_run_and_shows_the_mechanism(void **state)
{
    (void)state;
    static const struct {
        const char *explain, *verdict;
        double score, points, person;
        const char *says;
    } cases[] = {
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[" MISS1 "," DEOPT "],\"prose\":\"so\""),
          "needs-human", 4, 4, 2, "" },
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[" MISS1 "," DEOPT "]"),
          "partial", 4, 4, 2, "" },
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#beta\",\"events\":[" MISS1 "," DEOPT "]"),
          "partial", 2, 4, 2, "is not where it is done" },
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#gamma\",\"events\":[" MISS1 "," DEOPT "]"),
          "partial", 2, 4, 2, "is no place in the C source" },
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"../../etc/passwd#root\",\"events\":[" MISS1 "," DEOPT "]"),
          "partial", 2, 4, 2, "is no place in the C source" },
        { WHY("\"mechanism\":\"counter\",\"events\":[" MISS1 "," DEOPT "]"), "partial", 2, 4, 2, "(anchor)" },
        /* the right words with the wrong events */
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[" MISS1 "],\"prose\":\"a counter ran out\""),
          "needs-human", 0, 4, 2, "cite a spec.deopt, too" },
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[" MISS1 "," DEOPT ",\"spec.miss@work.py:11#3\"]"),
          "fail", 0, 4, 2, "there are 2 spec.miss at line 11" },
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[" MISS1 "," DEOPT ",\"spec.miss@work.py:12#1\"]"),
          "fail", 0, 4, 2, "there is no spec.miss at line 12" },
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[" MISS1 "," DEOPT "," PUSH "]"),
          "fail", 0, 4, 2, "does not show 'counter'" },
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[\"nonsense\"]"), "fail", 0, 4, 2, "names no event" },
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[]"), "fail", 0, 4, 2, "no event of the run is cited" },
        { WHY("\"mechanism\":\"other\",\"anchor\":\"Python/a.c#alpha\",\"events\":[" MISS1 "," DEOPT "]"),
          "fail", 0, 4, 2, "is none of the mechanisms to choose from" },
        { WHY("\"mechanism\":\"\",\"events\":[" MISS1 "," DEOPT "]"), "fail", 0, 4, 2, "no mechanism is named" },
        /* a predicate in C */
        { WHY("\"mechanism\":\"two\",\"anchor\":\"Python/a.c#beta\",\"events\":[" MISS1 "," MISS2 "]"), "partial", 4, 4, 2, "" },
        { WHY("\"mechanism\":\"two\",\"anchor\":\"Python/a.c#beta\",\"events\":[" MISS1 "]"),
          "fail", 0, 4, 2, "these events do not show 'two': two events would" },
        { WHY("\"mechanism\":\"two\",\"anchor\":\"Python/a.c#beta\",\"events\":[" MISS1 "," MISS1 "]"),
          "fail", 0, 4, 2, "these events do not show 'two'" },
        /* one of the learner's own */
        { WHY("\"mechanism\":\"own: gremlins\",\"events\":[" MISS1 "],\"prose\":\"so\""), "needs-human", 0, 0, 6, "" },
        { WHY("\"mechanism\":\"own: gremlins\",\"events\":[\"spec.miss@work.py:11#9\"],\"prose\":\"so\""), "needs-human", 0, 4, 2, "is not in the run" },
        { WHY("\"mechanism\":\"own: gremlins\",\"prose\":\"so\""), "needs-human", 0, 4, 2, "no event of the run is cited" },
        /* nothing, and things of the wrong kind */
        { NULL, "fail", 0, 4, 2, "there is no explanation" },
        { "{\"explain\":7}", "fail", 0, 4, 2, "there is no explanation" },
        { "{\"explain\":{\"why\":[1]}}", "fail", 0, 4, 2, "there is no explanation" },
        { WHY("\"mechanism\":[],\"anchor\":7,\"events\":\"spec.miss\",\"prose\":{}"), "fail", 0, 4, 2, "there is no explanation" },
        { WHY("\"mechanism\":\"counter\",\"events\":[7,null,[]]"), "fail", 0, 4, 2, "names no event" },
    };
    session *s = open_session();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *all;
        const json_t *one = judge(s, cases[i].explain, &all);
        print_message("%-12s %g of %g, %g  %s\n", text_of(one, "verdict"), number_of(one, "score"), number_of(one, "points"),
                      number_of(one, "person"), text_of(one, "message"));
        assert_string_equal(text_of(one, "verdict"), cases[i].verdict);
        assert_true(number_of(one, "score") == cases[i].score && number_of(one, "points") == cases[i].points);
        assert_true(number_of(one, "person") == cases[i].person);
        assert_true(cases[i].says[0] == '\0' ? text_of(one, "message")[0] == '\0' : strstr(text_of(one, "message"), cases[i].says) != NULL);
        assert_true(json_is_null(json_object_get(one, "given")) == (strcmp(cases[i].verdict, "needs-human") == 0));
        json_decref(all);
    }
    close_session(s);
}

static void
without_a_run_no_evidence_counts(void **state)
{
    (void)state;
    session *s = open_session();
    json_t *all;
    s->lab_look.look = NULL;
    const json_t *one = judge(s, WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[" MISS1 "," DEOPT "]"), &all);
    assert_true(number_of(one, "score") == 0);
    assert_non_null(strstr(text_of(one, "message"), "left no recording"));
    json_decref(all);
    close_session(s);
}

static void
what_somebody_wrote_is_cleaned_and_cut(void **state)
{
    (void)state;
    static char prose[20000], explain[21000];
    memset(prose, 'p', sizeof(prose) - 1);
    snprintf(explain, sizeof(explain), WHY("\"mechanism\":\"\\u001b[31mred\",\"events\":[" MISS1 "],\"prose\":\"a\\u001b]0;x\\u0007\\nb\\u202e%s\""), prose);
    session *s = open_session();
    json_t *all;
    const json_t *one = judge(s, explain, &all);
    assert_string_equal(text_of(one, "mechanism"), "?[31mred");
    assert_memory_equal(text_of(one, "prose"), "a?]0;x?\nb?pp", 12);
    assert_true(strlen(text_of(one, "prose")) <= GBX_EXPLAIN_PROSE);
    assert_null(strchr(text_of(one, "message"), '\x1b'));
    json_decref(all);
    snprintf(explain, sizeof(explain), "{\"explain\":{\"why\":{\"mechanism\":\"counter\",\"events\":[%s", MISS1);
    for (int i = 0; i < 50; i++) {
        snprintf(explain + strlen(explain), sizeof(explain) - strlen(explain), "," DEOPT);
    }
    snprintf(explain + strlen(explain), sizeof(explain) - strlen(explain), "]}}}");
    one = judge(s, explain, &all);
    assert_true(number_of(one, "score") == 0);
    assert_non_null(strstr(text_of(one, "message"), "51 events are cited, and 16 are enough"));
    json_decref(all);
    close_session(s);
}

static void
without_the_c_sources_nothing_is_judged(void **state)
{
    (void)state;
    session *s = open_session();
    json_t *all;
    free(s->paths.source);
    s->paths.source = strdup(test_path("no-such-tree"));
    assert_int_not_equal(gbx_explain_judge(&s->given, &all, &error), 0);
    assert_null(all);
    assert_non_null(strstr(error.message, "no explanation can be judged"));
    close_session(s);
}

/* ------------------------------------------------------------------------- form */

static void
what_could_not_be_graded_is_said_before_it_is_submitted(void **state)
{
    (void)state;
    static const struct {
        const char *explain, *answers;
        const char *fault, *warning;         /* NULL: none */
    } cases[] = {
        { WHY("\"mechanism\":\"counter\",\"anchor\":\"Python/a.c#alpha\",\"events\":[" MISS1 "],\"prose\":\"so\""), ANSWER("\"once\""),
          NULL, NULL },
        { WHY("\"mechanism\":\"\",\"anchor\":\"\",\"events\":[],\"prose\":\" \\n \""), ANSWER("\"once\""), NULL, "[explain.why] is empty" },
        { WHY("\"mechanism\":\"gremlins\",\"events\":[" MISS1 "],\"prose\":\"so\""), ANSWER("\"once\""), "'gremlins' is no mechanism", NULL },
        { WHY("\"mechanism\":\"own: gremlins\",\"events\":[" MISS1 "],\"prose\":\"so\""), ANSWER("\"once\""), NULL, NULL },
        { WHY("\"mechanism\":\"counter\",\"events\":[\"spec.miss\"],\"prose\":\"so\""), ANSWER("\"once\""), "'spec.miss' of [explain.why] names no event", NULL },
        { WHY("\"mechanism\":\"counter\",\"events\":[" MISS1 "],\"prose\":\"so\",\"anchor\":\"Python/a.c#gone\""), ANSWER("\"once\""),
          NULL, "is no place in the C source" },
        { WHY("\"mechanism\":\"counter\",\"events\":[" MISS1 "]"), ANSWER("\"once\""), NULL, "has no prose" },
        { WHY("\"mechanism\":\"counter\",\"prose\":\"so\""), ANSWER("\"once\""), NULL, "cites no event" },
        { WHY("\"mechanism\":\"counter\",\"events\":[" MISS1 "],\"prose\":7"), ANSWER("\"once\""), "'prose' of [explain.why] has to be a text", "has no prose" },
        { WHY("\"mechanism\":\"counter\",\"events\":[" MISS1 "],\"prose\":\"so\",\"Anchor\":\"x\""), ANSWER("\"once\""), "'Anchor', which means nothing", NULL },
        { "{\"explain\":{\"how\":{}}}", ANSWER("\"once\""), "[explain.how], which lab 1 does not ask for", "is empty" },
        { WHY("\"mechanism\":\"counter\",\"events\":[" MISS1 "],\"prose\":\"so\""), ANSWER("\"sometimes\""),
          "is none of 'once', '52 times', '3'", NULL },
        { WHY("\"mechanism\":\"counter\",\"events\":[" MISS1 "],\"prose\":\"so\""), "{\"predict\":{\"fate\":{\"a\":{\"answer\":\"once\",\"confidence\":9}}}}",
          "a number from 1 to 5", NULL },
        { WHY("\"mechanism\":\"counter\",\"events\":[" MISS1 "],\"prose\":\"so\""), "{}", NULL, "[predict.fate.a] has no answer" },
        { WHY("\"mechanism\":\"counter\",\"events\":[" MISS1 "],\"prose\":\"so\""), "{\"predict\":{\"luck\":{}, \"fate\":{\"a\":{\"answer\":\"once\"}}}}",
          "[predict.luck], which lab 1 does not ask for", NULL },
    };
    session *s = open_session();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        json_t *explain = parse_json(cases[i].explain), *answers = parse_json(cases[i].answers), *faults = json_array(), *warnings = json_array();
        assert_int_equal(gbx_explain_form(&s->lab, explain, &s->paths, faults, warnings, &error), 0);
        assert_int_equal(gbx_predictions_form(&s->lab, s->given.variant, "ann", answers, faults, warnings, &error), 0);
        for (int which = 0; which < 2; which++) {
            const json_t *list = which == 0 ? faults : warnings;
            const char *wanted = which == 0 ? cases[i].fault : cases[i].warning, *said = json_string_value(json_array_get(list, 0));
            if (json_array_size(list) != (wanted == NULL ? 0u : 1u) || (wanted != NULL && strstr(said, wanted) == NULL)) {
                fail_msg("case %zu: '%s' where '%s' was expected", i, said == NULL ? "" : said, wanted == NULL ? "" : wanted);
            }
        }
        json_decref(explain);
        json_decref(answers);
        json_decref(faults);
        json_decref(warnings);
    }
    close_session(s);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(evidence_counts_where_it_is_in_the_run_and_shows_the_mechanism),
        TEST(without_a_run_no_evidence_counts),
        TEST(what_somebody_wrote_is_cleaned_and_cut),
        TEST(without_the_c_sources_nothing_is_judged),
        TEST(what_could_not_be_graded_is_said_before_it_is_submitted),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
