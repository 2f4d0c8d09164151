/* Explanations and predictions: evidence counts only where it is in the run and shows what it is said to show; what was
   predicted first is what counts; and nothing that somebody wrote there breaks anything. */

#include "trace_test.h"

#include "explain.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static gbx_error error;

/* ------------------------------------------------------------------- the lab */

static bool
shows_two(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    (void)events;
    snprintf(why, size, "two events would");
    return look->look->trace != NULL && count == 2;
}

static const gbx_mechanism_code code = { "two", shows_two };

typedef struct {
    gbx_lab lab;
    json_t *texts;                   /* what the lab points into */
    gbx_trace *trace;
    gbx_cites *cites;
    gbx_look look;
    gbx_run run;
    gbx_lab_look lab_look;
    gbx_fact_outcome fact;
    gbx_finding *finding;
    gbx_paths paths;
    gbx_explained given;
} session;

static json_t *
parse(const char *text)
{
    json_error_t wrong;
    json_t *value = json_loads(text, 0, &wrong);
    if (value == NULL) {
        fail_msg("%s: %s", wrong.text, text);
    }
    return value;
}

static const json_t *
in(const session *s, const char *name)
{
    return json_object_get(s->texts, name);
}

static void
make_tree(void)
{
    static const struct {
        const char *path, *text;
    } files[] = {
        { "tree/Python/a.c", "int\nalpha(void)\n{\n    return 1;\n}\n\nint\nbeta(void)\n{\n    return 2;\n}\n" },
        { "tree/Python/ceval.c", "int x;\n" }, { "tree/Objects/object.c", "" }, { "tree/Include/Python.h", "" },
    };
    mkdir(test_path("tree"), 0700);
    mkdir(test_path("tree/Python"), 0700);
    mkdir(test_path("tree/Objects"), 0700);
    mkdir(test_path("tree/Include"), 0700);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        FILE *file = fopen(test_path(files[i].path), "we");
        assert_non_null(file);
        fputs(files[i].text, file);
        fclose(file);
    }
}

static gbx_trace *
make_trace(void)
{
    static const uint8_t table[] = { 0xd0, 0, 1, 0xd8, 0, 1, 0xd8, 0, 1 };
    trace_writer *w = writer_new(NULL);
    writer_code(w, 2, "hot", "/work/work.py", 10, table, sizeof(table));
    writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, GBX_NO_OFFSET, 2, 0x10);
    writer_spec(w, 1, GBX_EV_SPEC_MISS, 2, 1, 12, 0);
    writer_spec(w, 1, GBX_EV_SPEC_MISS, 2, 1, 12, 0);
    writer_spec(w, 1, GBX_EV_SPEC_DEOPT, 2, 1, 12, 0);
    return test_open(w);
}

static session *
open_session(void)
{
    session *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    make_tree();
    s->texts = parse("{\"chosen\":[\"counter\",\"two\"],\"kinds\":[\"spec.miss\",\"spec.deopt\"],\"anchors\":[\"Python/a.c#alpha\"],"
                     "\"choices\":[{\"text\":\"once\",\"misconception\":\"at-birth\"},{\"text\":\"{{n}} times\"},{\"text\":\"3\"}]}");
    s->lab.number = 1;
    s->lab.run_count = s->lab.fact_count = s->lab.explain_count = s->lab.predict_count = 1;
    s->lab.mechanism_count = 3;
    s->lab.facts[0] = (gbx_lab_fact){ .id = "f", .run = 0 };
    s->lab.explains[0] = (gbx_lab_explain){ .id = "why", .fact = "f", .mechanisms = in(s, "chosen"), .points = 4, .person = 2 };
    s->lab.mechanisms[0] = (gbx_lab_mechanism){ .id = "counter", .events = in(s, "kinds"), .anchors = in(s, "anchors") };
    s->lab.mechanisms[1] = (gbx_lab_mechanism){ .id = "two", .code = &code };
    s->lab.mechanisms[2] = (gbx_lab_mechanism){ .id = "other", .events = in(s, "kinds") };
    s->lab.predicts[0] = (gbx_lab_predict){ .id = "fate.a", .fact = "f", .choices = in(s, "choices"), .points = 2 };
    s->lab.misconceptions[0] = (gbx_lab_misconception){ .id = "at-birth", .belief = "All is there at once.", .because = "It takes {{n}}." };
    s->lab.misconception_count = 1;
    s->trace = make_trace();
    assert_int_equal(gbx_cites_open(&s->cites, s->trace, "/work/", &error), 0);
    s->run.trace = s->trace;
    s->look = (gbx_look){ .trace = s->trace, .runs = &s->run, .run_count = 1 };
    s->lab_look = (gbx_lab_look){ .look = &s->look, .file = "/work/work.py" };
    s->finding = gbx_finding_new();
    gbx_finding_fact(s->finding, "counted");
    gbx_finding_event(s->finding, &s->look, 2, "the second miss");
    gbx_finding_observe(s->finding, 1);
    s->fact = (gbx_fact_outcome){ .fact = &s->lab.facts[0], .verdict = "pass", .finding = s->finding };
    s->paths.source = strdup(test_path("tree"));
    s->given = (gbx_explained){ .lab = &s->lab, .variant = parse("{\"n\": 52}"), .student = "ann", .looks = &s->lab_look,
                                .cites = &s->cites, .facts = &s->fact, .paths = &s->paths };
    return s;
}

static void
close_session(session *s)
{
    gbx_cites_close(s->cites);
    gbx_finding_free(s->finding);
    gbx_trace_close(s->trace);
    json_decref(s->texts);
    json_decref((json_t *)(uintptr_t)s->given.variant);
    free(s->paths.source);
    free(s);
}

/* ------------------------------------------------------------------ explanations */

static const char *
text_of(const json_t *one, const char *name)
{
    const char *text = json_string_value(json_object_get(one, name));
    assert_non_null(text);
    return text;
}

static double
number_of(const json_t *one, const char *name)
{
    assert_true(json_is_number(json_object_get(one, name)));
    return json_number_value(json_object_get(one, name));
}

/* The one explanation of the session, judged; the caller lets go of the array in *all. */
static const json_t *
judge(session *s, const char *explain, json_t **all)
{
    json_t *given = explain == NULL ? NULL : parse(explain);
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

/* ------------------------------------------------------------------- predictions */

static const json_t *
predict(session *s, const char *answers, json_t *evidence, json_t **all)
{
    json_t *given = answers == NULL ? NULL : parse(answers);
    s->given.answers = given;
    assert_int_equal(gbx_predictions_judge(&s->given, all, evidence, &error), 0);
    json_decref(given);
    s->given.answers = NULL;
    assert_int_equal(json_array_size(*all), 1);
    return json_array_get(*all, 0);
}

/* As TOML reads [predict.fate.a]. */
#define ANSWER(TEXT) "{\"predict\":{\"fate\":{\"a\":{\"answer\":" TEXT ",\"confidence\":4}}}}"

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
    json_t *given = parse(answers), *changes;
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
    json_object_set_new(json_object_get(json_object_get(json_array_get(record, 0), "answers"), "fate.a"), "answer", json_string("52 times"));
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
        json_t *explain = parse(cases[i].explain), *answers = parse(cases[i].answers), *faults = json_array(), *warnings = json_array();
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
        TEST(a_prediction_is_compared_with_what_its_fact_observed),
        TEST(what_was_not_observed_is_neither_right_nor_wrong),
        TEST(the_first_answer_counts_and_a_later_change_is_said),
        TEST(notes_of_any_content_are_read),
        TEST(what_could_not_be_graded_is_said_before_it_is_submitted),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
