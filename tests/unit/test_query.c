/* Declared facts and marks: which events are meant, and whose marks are believed. */

#include "trace_test.h"

#include "finding.h"
#include "marks.h"
#include "query.h"
#include "walk.h"

#include <stdio.h>
#include <string.h>

static gbx_error error;

enum { MAIN = 2, MARK, ENTER, WORK, HOT, LIBRARY, FAKE, LAB_MAIN };
enum { S_PART = 1, S_LAB, S_BEGIN, S_END, S_LOAD_BEGIN, S_LOAD_END, S_CALLS_BEGIN, S_CALLS_END, S_MINE };

static void
push(trace_writer *w, uint32_t code)
{
    writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, 1, code, code * 16);
}

static void
pop(trace_writer *w, uint32_t code)
{
    writer_edge(w, 1, GBX_EV_FRAME_POP, 0, 0, code, code * 16);
}

static void
names(trace_writer *w)
{
    static const uint8_t table[] = { 0xd0, 0, 1 };
    static const char *const texts[] = { "part", "lab", "begin", "end", "load begin", "load end", "calls begin",
                                         "calls end", "mine" };
    writer_code(w, MAIN, "main", "/lab/harness.py", 1, table, sizeof(table));
    writer_code(w, MARK, "_mark", "/lab/lab.py", 1, table, sizeof(table));
    writer_code(w, ENTER, "part.__enter__", "/lab/lab.py", 9, table, sizeof(table));
    writer_code(w, WORK, "<module>", "/learner/work.py", 1, table, sizeof(table));
    writer_code(w, HOT, "hot", "/learner/work.py", 5, table, sizeof(table));
    writer_code(w, LIBRARY, "run", "/glassbox/cpython/src/glassbox/Lib/threading.py", 5, table, sizeof(table));
    writer_code(w, FAKE, "_mark", "/lab/lab.py", 1, table, sizeof(table));
    writer_code(w, LAB_MAIN, "main", "/lab/lab.py", 30, table, sizeof(table));
    for (uint32_t i = 0; i < GBX_COUNT(texts); i++) {
        writer_string(w, i + 1, texts[i]);
    }
}

/* A mark as lab.py makes it, on whatever stack there is: of a part by lab.part's methods. */
static void
mark(trace_writer *w, uint32_t name, uint32_t value)
{
    if (name == S_PART) {
        push(w, ENTER);
    }
    push(w, MARK);
    writer_mark(w, 1, name, GBX_VALUE_STRING, value);
    pop(w, MARK);
    if (name == S_PART) {
        pop(w, ENTER);
    }
}

static trace_writer *
begin(void)
{
    trace_writer *w = writer_new(NULL);
    names(w);
    push(w, LAB_MAIN);
    mark(w, S_LAB, S_BEGIN);
    push(w, MAIN);
    mark(w, S_PART, S_LOAD_BEGIN);
    push(w, WORK);
    pop(w, WORK);
    mark(w, S_PART, S_LOAD_END);
    return w;
}

static void
calls(trace_writer *w, unsigned count)
{
    mark(w, S_PART, S_CALLS_BEGIN);
    for (unsigned i = 0; i < count; i++) {
        push(w, HOT);
        writer_spec(w, 1, GBX_EV_SPEC_FAIL, HOT, 0, 12, 4);
        pop(w, HOT);
    }
    mark(w, S_PART, S_CALLS_END);
}

static gbx_trace *
end(trace_writer *w)
{
    pop(w, MAIN);
    mark(w, S_LAB, S_END);
    pop(w, LAB_MAIN);
    return test_open(w);
}

/* ------------------------------------------------------------------------- marks */

static const char *
violation_of(gbx_trace *trace)
{
    gbx_marks marks;
    assert_int_equal(gbx_marks_read(&marks, trace, NULL, &error), 0);
    const char *violation = marks.violation;
    gbx_marks_clear(&marks);
    gbx_trace_close(trace);
    return violation;
}

static void
parts_are_where_the_harness_marked_them(void **state)
{
    (void)state;
    gbx_marks marks;
    trace_writer *w = begin();
    calls(w, 3);
    gbx_trace *trace = end(w);
    assert_int_equal(gbx_marks_read(&marks, trace, NULL, &error), 0);
    assert_null(marks.violation);
    assert_true(marks.began && marks.ended);
    assert_int_equal(marks.count, 2);
    const gbx_harness_part *part = gbx_marks_part(&marks, "calls");
    assert_non_null(part);
    assert_true(part->begin < part->end);
    assert_null(gbx_marks_part(&marks, "other"));
    gbx_marks_clear(&marks);
    gbx_trace_close(trace);
}

static void
a_mark_from_the_learners_code_is_forged(void **state)
{
    (void)state;
    trace_writer *w = begin();
    push(w, HOT);
    writer_mark(w, 1, S_PART, GBX_VALUE_STRING, S_CALLS_BEGIN);
    pop(w, HOT);
    assert_string_equal(violation_of(end(w)), "forged-mark");
    w = begin();
    push(w, HOT);
    mark(w, S_PART, S_CALLS_BEGIN);                 /* through lab.py's own function */
    pop(w, HOT);
    assert_string_equal(violation_of(end(w)), "forged-mark");
}

static void
a_mark_beside_every_function_is_forged(void **state)
{
    (void)state;
    trace_writer *w = begin();
    writer_mark(w, 1, S_PART, GBX_VALUE_STRING, S_CALLS_BEGIN);      /* main is on top, not _mark */
    assert_string_equal(violation_of(end(w)), "forged-mark");
    w = begin();
    push(w, MARK);                                  /* _mark itself, but nothing of lab.part */
    writer_mark(w, 1, S_PART, GBX_VALUE_STRING, S_CALLS_BEGIN);
    pop(w, MARK);
    assert_string_equal(violation_of(end(w)), "forged-mark");
    w = begin();
    writer_mark(w, 2, S_PART, GBX_VALUE_STRING, S_CALLS_BEGIN);      /* a thread without a stack */
    assert_string_equal(violation_of(end(w)), "forged-mark");
}

static void
a_second_mark_in_one_call_is_forged(void **state)
{
    (void)state;
    trace_writer *w = begin();
    push(w, ENTER);
    push(w, MARK);
    writer_mark(w, 1, S_PART, GBX_VALUE_STRING, S_CALLS_BEGIN);
    writer_mark(w, 1, S_PART, GBX_VALUE_STRING, S_CALLS_END);
    pop(w, MARK);
    pop(w, ENTER);
    assert_string_equal(violation_of(end(w)), "forged-mark");
}

static void
a_part_begins_and_ends_once(void **state)
{
    (void)state;
    trace_writer *w = begin();
    calls(w, 1);
    calls(w, 1);
    assert_string_equal(violation_of(end(w)), "forged-mark");
    w = begin();
    mark(w, S_PART, S_CALLS_END);
    assert_string_equal(violation_of(end(w)), "forged-mark");
}

static void
marks_by_other_names_are_free(void **state)
{
    (void)state;
    trace_writer *w = begin();
    push(w, HOT);
    writer_mark(w, 1, S_MINE, GBX_VALUE_STRING, S_CALLS_BEGIN);
    pop(w, HOT);
    assert_null(violation_of(end(w)));
}

static void
code_made_later_is_not_the_harnesss(void **state)
{
    (void)state;
    trace_writer *w = begin();
    gbx_code made = { .h.event = GBX_EV_CODE_NEW, .code = FAKE };
    writer_record(w, 1, &made, sizeof(made));
    assert_string_equal(violation_of(end(w)), "foreign-code");
}

static bool
never(void *context, const char *file, int line)
{
    (void)context;
    return strcmp(file, "/lab/harness.py") == 0 && line > 99;
}

static void
a_mark_from_another_line_than_says_so_is_forged(void **state)
{
    (void)state;
    const gbx_marks_lines lines = { never, NULL };
    gbx_marks marks;
    trace_writer *w = begin();
    calls(w, 1);
    gbx_trace *trace = end(w);
    assert_int_equal(gbx_marks_read(&marks, trace, &lines, &error), 0);
    assert_string_equal(marks.violation, "forged-mark");
    gbx_marks_clear(&marks);
    gbx_trace_close(trace);
}

static void
what_is_recorded_is_not_changed(void **state)
{
    (void)state;
    trace_writer *w = begin();
    writer_mask(w, 1, 0x3001, 0x3000);
    assert_string_equal(violation_of(end(w)), "recorder-switched");
}

/* ----------------------------------------------------------------------- queries */

typedef struct {
    gbx_trace *trace;
    gbx_look look;
    gbx_lab_look lab;
    gbx_finding *finding;
    double share;
} stage;

static void
set_stage(stage *it, unsigned count)
{
    trace_writer *w = begin();
    calls(w, count);
    push(w, HOT);
    pop(w, HOT);
    it->trace = end(w);
    it->look = (gbx_look){ .trace = it->trace };
    it->lab = (gbx_lab_look){ .look = &it->look, .file = "/learner/work.py" };
    it->lab.variant = json_pack("{s:i}", "n", 4);
    it->lab.observed = json_pack("{s:f, s:{s:s}}", "total", 2.5, "deep", "a.b", "x");
    it->lab.expected = json_pack("{s:f}", "total", 2.5000001);
    it->lab.answers = json_pack("{s:s}", "fate", "x");
}

static void
clear_stage(stage *it)
{
    gbx_trace_close(it->trace);
    json_decref((json_t *)(uintptr_t)it->lab.variant);
    json_decref((json_t *)(uintptr_t)it->lab.observed);
    json_decref((json_t *)(uintptr_t)it->lab.expected);
    json_decref((json_t *)(uintptr_t)it->lab.answers);
}

/* Judge a query, written as JSON; *actual gets the words of its failure ("" none). */
static gbx_verdict
judge(stage *it, const char *text, char actual[128])
{
    char why[200] = "";
    json_t *query = json_loads(text, 0, NULL);
    if (!gbx_query_check(query, why, sizeof(why))) {
        fail_msg("'%s': %s", text, why);
    }
    it->finding = gbx_finding_new();
    gbx_verdict verdict = gbx_query_judge(query, &it->lab, false, it->finding, &it->share);
    actual[0] = '\0';
    for (size_t i = 0; i < it->finding->count; i++) {
        if (it->finding->items[i].kind == GBX_ITEM_FAILURE) {
            snprintf(actual, 128, "%s|%s", it->finding->items[i].expected, it->finding->items[i].text);
        }
    }
    gbx_finding_free(it->finding);
    json_decref(query);
    return verdict;
}

static void
counts_are_of_the_part_the_function_and_the_fields(void **state)
{
    (void)state;
    stage it;
    char actual[128];
    set_stage(&it, 3);
    assert_int_equal(judge(&it, "{\"count\":\"frame.push\",\"function\":\"hot\",\"part\":\"calls\",\"equals\":3}", actual),
                     GBX_PASS);
    assert_int_equal(judge(&it, "{\"count\":\"frame.push\",\"function\":\"hot\",\"equals\":4}", actual), GBX_PASS);
    assert_int_equal(judge(&it, "{\"count\":\"frame.push\",\"function\":\"hot\",\"part\":\"calls\",\"least\":\"variant.n\"}",
                           actual), GBX_FAIL);
    assert_string_equal(actual, "at least 4 frame.push in hot, part 'calls'|3");
    assert_true(it.share > 0.74 && it.share < 0.76);
    assert_int_equal(judge(&it, "{\"none\":\"spec.*\",\"part\":\"load\"}", actual), GBX_PASS);
    assert_int_equal(judge(&it, "{\"none\":\"spec.*\",\"part\":\"calls\"}", actual), GBX_FAIL);
    assert_int_equal(judge(&it, "{\"count\":\"spec.fail\",\"where\":{\"reason\":4},\"most\":3,\"least\":3}", actual), GBX_PASS);
    assert_int_equal(judge(&it, "{\"none\":\"spec.fail\",\"where\":{\"reason\":5}}", actual), GBX_PASS);
    assert_int_equal(judge(&it, "{\"count\":\"spec.fail\",\"where\":{\"reason\":{\"least\":3,\"most\":4}},\"equals\":3}", actual),
                     GBX_PASS);
    assert_int_equal(judge(&it, "{\"none\":\"spec.fail\",\"part\":\"nowhere\"}", actual), GBX_INSUFFICIENT);
    clear_stage(&it);
}

static void
order_is_kept(void **state)
{
    (void)state;
    stage it;
    char actual[128];
    set_stage(&it, 2);
    assert_int_equal(judge(&it, "{\"order\":[{\"event\":\"frame.push\",\"function\":\"hot\"},\"spec.fail\","
                           "{\"event\":\"frame.pop\",\"function\":\"hot\"}],\"part\":\"calls\"}", actual), GBX_PASS);
    assert_int_equal(judge(&it, "{\"order\":[\"spec.fail\",\"spec.fail\",\"spec.fail\"],\"part\":\"calls\"}", actual), GBX_FAIL);
    assert_true(it.share > 0.66 && it.share < 0.67);
    clear_stage(&it);
}

static void
values_are_compared_and_nothing_is_equal_to_what_is_missing(void **state)
{
    (void)state;
    stage it;
    char actual[128];
    set_stage(&it, 1);
    assert_int_equal(judge(&it, "{\"number\":\"observed.total\",\"equals\":\"expected.total\",\"within\":1e-6}", actual), GBX_PASS);
    assert_int_equal(judge(&it, "{\"number\":\"observed.total\",\"equals\":\"expected.total\"}", actual), GBX_FAIL);
    assert_int_equal(judge(&it, "{\"number\":\"observed.none\",\"equals\":\"expected.none\"}", actual), GBX_FAIL);
    assert_int_equal(judge(&it, "{\"number\":\"observed.none\",\"most\":5}", actual), GBX_FAIL);
    assert_int_equal(judge(&it, "{\"number\":\"observed.total\",\"equals\":\"expected.none\"}", actual), GBX_FAIL);
    assert_int_equal(judge(&it, "{\"value\":\"answers.fate\",\"equals\":\"observed.deep.a.b\"}", actual), GBX_PASS);
    assert_int_equal(judge(&it, "{\"value\":\"answers.none\",\"equals\":\"observed.none\"}", actual), GBX_FAIL);
    clear_stage(&it);
}

static void
several_conditions_are_shared_out(void **state)
{
    (void)state;
    stage it;
    char actual[128];
    set_stage(&it, 1);
    assert_int_equal(judge(&it, "{\"all\":[{\"none\":\"gc.*\"},{\"none\":\"spec.*\"}]}", actual), GBX_FAIL);
    assert_true(it.share > 0.49 && it.share < 0.51);
    assert_int_equal(judge(&it, "{\"any\":[{\"none\":\"gc.*\"},{\"none\":\"spec.*\"}]}", actual), GBX_PASS);
    assert_true(it.share > 0.99);
    clear_stage(&it);
}

static void
a_generators_frame_is_on_the_stack_while_it_runs(void **state)
{
    (void)state;
    trace_writer *w = begin();
    push(w, HOT);
    writer_generator(w, 1, HOT, HOT * 16, 7);       /* the call ends with a generator */
    mark(w, S_PART, S_CALLS_BEGIN);
    writer_edge(w, 1, GBX_EV_FRAME_RESUME, 0, 1, HOT, 7);
    writer_edge(w, 1, GBX_EV_FRAME_SUSPEND, 0, 1, HOT, 7);
    mark(w, S_PART, S_CALLS_END);
    assert_null(violation_of(end(w)));
}

int
main(void)
{
    test_limits();
    const struct CMUnitTest tests[] = {
        TEST(parts_are_where_the_harness_marked_them),
        TEST(a_mark_from_the_learners_code_is_forged),
        TEST(a_mark_beside_every_function_is_forged),
        TEST(a_second_mark_in_one_call_is_forged),
        TEST(a_part_begins_and_ends_once),
        TEST(marks_by_other_names_are_free),
        TEST(code_made_later_is_not_the_harnesss),
        TEST(a_mark_from_another_line_than_says_so_is_forged),
        TEST(what_is_recorded_is_not_changed),
        TEST(counts_are_of_the_part_the_function_and_the_fields),
        TEST(order_is_kept),
        TEST(values_are_compared_and_nothing_is_equal_to_what_is_missing),
        TEST(several_conditions_are_shared_out),
        TEST(a_generators_frame_is_on_the_stack_while_it_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
