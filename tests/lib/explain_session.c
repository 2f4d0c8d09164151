/* A small lab; see explain_session.h. */

#include "explain_session.h"

#include "trace_test.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static gbx_error error;

static bool
shows_two(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    (void)events;
    snprintf(why, size, "two events would");
    return look->look->trace != NULL && count == 2;
}

static const gbx_mechanism_code code = { "two", shows_two };

json_t *
parse_json(const char *text)
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
    writer_code(w, 2, "hot", "/learner/work.py", 10, table, sizeof(table));
    writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, GBX_NO_OFFSET, 2, 0x10);
    writer_spec(w, 1, GBX_EV_SPEC_MISS, 2, 1, 12, 0);
    writer_spec(w, 1, GBX_EV_SPEC_MISS, 2, 1, 12, 0);
    writer_spec(w, 1, GBX_EV_SPEC_DEOPT, 2, 1, 12, 0);
    return test_open(w);
}

session *
open_session(void)
{
    session *s = calloc(1, sizeof(*s));
    assert_non_null(s);
    make_tree();
    s->texts = parse_json("{\"chosen\":[\"counter\",\"two\"],\"kinds\":[\"spec.miss\",\"spec.deopt\"],\"anchors\":[\"Python/a.c#alpha\"],"
                     "\"choices\":[{\"text\":\"once\",\"misconception\":\"at-birth\"},{\"text\":\"{{n}} times\"},{\"text\":\"3\"}]}");
    s->lab.number = 1;
    s->lab.run_count = s->lab.fact_count = s->lab.explain_count = s->lab.predict_count = 1;
    s->lab.mechanism_count = 3;
    s->lab.facts[0] = (gbx_lab_fact){ .id = "f", .run = 0 };
    s->lab.explains[0] = (gbx_lab_explain){ .id = "why", .fact = "f", .mechanisms = in(s, "chosen"), .points = 4,
                                            .person = 2 };
    s->lab.mechanisms[0] = (gbx_lab_mechanism){ .id = "counter", .events = in(s, "kinds"), .anchors = in(s, "anchors") };
    s->lab.mechanisms[1] = (gbx_lab_mechanism){ .id = "two", .code = &code };
    s->lab.mechanisms[2] = (gbx_lab_mechanism){ .id = "other", .events = in(s, "kinds") };
    s->lab.predicts[0] = (gbx_lab_predict){ .id = "fate.a", .fact = "f", .choices = in(s, "choices"), .points = 2 };
    s->lab.misconceptions[0] = (gbx_lab_misconception){ .id = "at-birth", .belief = "All is there at once.",
                                                        .because = "It takes {{n}}." };
    s->lab.misconception_count = 1;
    s->trace = make_trace();
    assert_int_equal(gbx_cites_open(&s->cites, s->trace, "/learner/", &error), 0);
    s->run.trace = s->trace;
    s->look = (gbx_look){ .trace = s->trace, .runs = &s->run, .run_count = 1 };
    s->lab_look = (gbx_lab_look){ .look = &s->look, .file = "/learner/work.py" };
    s->finding = gbx_finding_new();
    gbx_finding_fact(s->finding, "counted");
    gbx_finding_event(s->finding, &s->look, 2, "the second miss");
    gbx_finding_observe(s->finding, 1);
    s->fact = (gbx_fact_outcome){ .fact = &s->lab.facts[0], .verdict = "pass", .finding = s->finding };
    s->paths.source = strdup(test_path("tree"));
    s->given = (gbx_explained){ .lab = &s->lab, .variant = parse_json("{\"n\": 52}"), .student = "ann", .looks = &s->lab_look,
                                .cites = &s->cites, .facts = &s->fact, .paths = &s->paths };
    return s;
}

void
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

const char *
text_of(const json_t *one, const char *name)
{
    const char *text = json_string_value(json_object_get(one, name));
    assert_non_null(text);
    return text;
}

double
number_of(const json_t *one, const char *name)
{
    assert_true(json_is_number(json_object_get(one, name)));
    return json_number_value(json_object_get(one, name));
}
