/* Events as text and as JSON, also where a trace would like to break either. */

#include "trace_test.h"

#include "show.h"

#include <math.h>
#include <string.h>

static const uint8_t table[] = { 0xd0, 4, 9, 0xf8 };             /* one unit at column 4, one nowhere */

static void
text_is(trace_writer *w, const char *fields, const char *place)
{
    char text[512];
    gbx_trace *trace = test_open(w);
    gbx_show_fields(trace, 0, text, sizeof(text));
    assert_string_equal(text, fields);
    gbx_show_place(trace, 0, text, sizeof(text));
    assert_string_equal(text, place);
    gbx_trace_close(trace);
}

static trace_writer *
with_names(void)
{
    trace_writer *w = writer_new(NULL);
    writer_string(w, 1, "step");
    writer_code(w, 2, "work", "/some/where/a.py", 7, table, sizeof(table));
    writer_name(w, GBX_NAME_OPCODE, 45, "BINARY_OP", 9);
    writer_name(w, GBX_NAME_REASON, 45 << 8 | 4, "OUT_OF_RANGE", 12);
    return w;
}

static void
names_stand_for_ids_where_they_are_known(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    writer_edge(w, 1, GBX_EV_FRAME_POP, GBX_POP_UNWIND, 0, 2, 0x10);
    text_is(w, "why=unwind offset=0 code=work frame=0x10", "a.py:7");
    w = with_names();
    writer_edge(w, 1, GBX_EV_FRAME_POP, 77, 0, 99, 0x10);
    text_is(w, "why=77 offset=0 code=99 frame=0x10", "");
    w = with_names();
    writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, GBX_NO_OFFSET, 2, 0x10);
    text_is(w, "entry=c code=work frame=0x10", "");
    w = with_names();
    writer_edge(w, 1, GBX_EV_FRAME_PUSH, 45, 3, 2, 0x10);
    text_is(w, "entry=BINARY_OP caller_offset=3 code=work frame=0x10", "");
}

static void
a_place_needs_an_offset_that_the_table_knows(void **state)
{
    (void)state;
    static const uint16_t nowhere[] = { 1, 2, 1000, GBX_NO_OFFSET };
    for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++) {
        char place[64];
        trace_writer *w = with_names();
        writer_edge(w, 1, GBX_EV_FRAME_POP, 0, nowhere[i], 2, 0x10);
        gbx_trace *trace = test_open(w);
        gbx_show_place(trace, 0, place, sizeof(place));
        assert_string_equal(place, "");
        gbx_trace_close(trace);
    }
}

static void
reasons_are_those_of_their_family(void **state)
{
    (void)state;
    char text[512];
    trace_writer *w = with_names();
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, 2, 0, 45, 4);
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, 2, 0, 46, 4);
    gbx_trace *trace = test_open(w);
    gbx_show_fields(trace, 0, text, sizeof(text));
    assert_non_null(strstr(text, "family=BINARY_OP"));
    assert_non_null(strstr(text, "reason=OUT_OF_RANGE"));
    gbx_show_fields(trace, 1, text, sizeof(text));
    assert_non_null(strstr(text, "family=46"));
    assert_non_null(strstr(text, "reason=4"));
    gbx_trace_close(trace);
}

static uint64_t
bits_of(double number)
{
    uint64_t bits;
    memcpy(&bits, &number, sizeof(bits));
    return bits;
}

static void
values_are_shown_by_their_type(void **state)
{
    (void)state;
    static const struct { uint8_t type; uint64_t value; const char *text; } values[] = {
        { GBX_VALUE_NONE, 0, "type=none name=step value=none" },
        { GBX_VALUE_INT, (uint64_t)-5, "type=int name=step value=-5" },
        { GBX_VALUE_STRING, 1, "type=str name=step value='step'" },
        { GBX_VALUE_STRING, 9, "type=str name=step value='?'" },
        { 99, 9, "type=99 name=step value=none" },
    };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        trace_writer *w = with_names();
        writer_mark(w, 1, 1, values[i].type, values[i].value);
        text_is(w, values[i].text, "");
    }
    trace_writer *w = with_names();
    writer_mark(w, 1, 1, GBX_VALUE_FLOAT, bits_of(-0.25));
    text_is(w, "type=float name=step value=-0.25", "");
}

static json_t *
json_of(trace_writer *w)
{
    gbx_trace *trace = test_open(w);
    json_t *object = gbx_show_json(trace, 0);
    assert_non_null(object);
    char *text = json_dumps(object, 0);
    assert_non_null(text);
    json_error_t problem;
    json_t *again = json_loads(text, JSON_REJECT_DUPLICATES, &problem);
    assert_true(json_equal(object, again));
    free(text);
    json_decref(again);
    gbx_trace_close(trace);
    return object;
}

static const char *
member(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));
    if (text == NULL) {
        fail_msg("no string '%s'", key);
    }
    return text;
}

static json_int_t
number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    if (!json_is_integer(value)) {
        fail_msg("no number '%s'", key);
    }
    return json_integer_value(value);
}

static void
json_holds_what_every_event_has_and_its_fields(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    writer_edge(w, 3, GBX_EV_FRAME_POP, GBX_POP_RETURN, 0, 2, 0x10);
    writer_segment(w, 3)->interp = 4;
    json_t *object = json_of(w);
    assert_string_equal(member(object, "event"), "frame.pop");
    assert_string_equal(member(object, "class"), "frame");
    assert_int_equal(number(object, "seq"), 0);
    assert_int_equal(number(object, "t_ns"), 0);
    assert_int_equal(number(object, "pid"), 100);
    assert_int_equal(number(object, "thread"), 3);
    assert_int_equal(number(object, "interp"), 4);
    assert_int_equal(number(object, "code"), 2);
    assert_string_equal(member(object, "code_name"), "work");
    assert_string_equal(member(object, "why"), "return");
    assert_int_equal(number(object, "frame"), 0x10);
    assert_string_equal(member(object, "place"), "a.py:7");
    json_decref(object);
}

/* thread.start names a thread, and so does every event: neither may hide the other. */
static void
json_keeps_fields_that_bear_the_name_of_a_member(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    gbx_thread start = { .h = { .event = GBX_EV_THREAD_START }, .thread = 8, .interp = 9 };
    writer_record(w, 3, &start, sizeof(start));
    json_t *object = json_of(w);
    assert_int_equal(number(object, "thread"), 3);
    assert_int_equal(number(object, "of_thread"), 8);
    assert_int_equal(number(object, "interp"), 0);
    assert_int_equal(number(object, "of_interp"), 9);
    json_decref(object);
}

static void
json_escapes_whatever_a_string_holds(void **state)
{
    (void)state;
    static const struct { const char *held; size_t length; const char *read; } strings[] = {
        { "\"}, {\"x\": 1", 11, "\"}, {\"x\": 1" }, { "a\\\"b\\", 5, "a\\\"b\\" },
        { "\n\r\t\b\f\x1b", 6, "??????" }, { "a\0b", 3, "a?b" }, { "\xff\xc3", 2, "??" },
        { "\xe2\x80\xa8", 3, "\xe2\x80\xa8" }, { "</script>", 9, "</script>" },
    };
    for (size_t i = 0; i < sizeof(strings) / sizeof(strings[0]); i++) {
        trace_writer *w = writer_new(NULL);
        writer_name(w, GBX_NAME_STRING, 1, strings[i].held, strings[i].length);
        writer_mark(w, 1, 1, GBX_VALUE_STRING, 1);
        json_t *object = json_of(w);
        assert_string_equal(member(object, "name_name"), strings[i].read);
        assert_string_equal(member(object, "value"), strings[i].read);
        json_decref(object);
    }
}

static void
json_numbers_that_are_not_finite_are_words(void **state)
{
    (void)state;
    static const double values[] = { NAN, INFINITY, -INFINITY };
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
        trace_writer *w = writer_new(NULL);
        writer_mark(w, 1, 0, GBX_VALUE_FLOAT, bits_of(values[i]));
        json_t *object = json_of(w);
        assert_string_equal(member(object, "value"), "not finite");
        json_decref(object);
    }
}

/* ---------------------------------------------------------------- long text */

/* "ééé…", or the same a byte later, so that one of both ends in the middle of a character. */
static void
long_name(char *text, size_t size, size_t shift)
{
    memset(text, 'x', shift);
    size_t at = shift;
    for (; at + 2 < size; at += 2) {
        text[at] = '\xc3';
        text[at + 1] = '\xa9';
    }
    text[at] = '\0';
}

static void
text_that_does_not_fit_is_cut_between_characters(void **state)
{
    (void)state;
    for (size_t shift = 0; shift < 2; shift++) {
        char name[1500], text[64];
        long_name(name, sizeof(name), shift);
        trace_writer *w = writer_new(NULL);
        writer_code(w, 2, name, name, 7, table, sizeof(table));
        writer_edge(w, 1, GBX_EV_FRAME_POP, 0, 0, 2, 0x10);
        gbx_trace *trace = test_open(w);
        gbx_show_fields(trace, 0, text, sizeof(text));
        json_t *string = json_string(text);                      /* NULL where it is not UTF-8 */
        assert_non_null(string);
        json_decref(string);
        assert_true(strlen(text) >= sizeof(text) - 2);
        json_t *object = gbx_show_json(trace, 0);
        assert_string_equal(member(object, "code_name"), name);
        assert_non_null(json_object_get(object, "place"));
        json_decref(object);
        test_walk(trace);
        gbx_trace_close(trace);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_stand_for_ids_where_they_are_known),
        TEST(a_place_needs_an_offset_that_the_table_knows),
        TEST(reasons_are_those_of_their_family),
        TEST(values_are_shown_by_their_type),
        TEST(json_holds_what_every_event_has_and_its_fields),
        TEST(json_keeps_fields_that_bear_the_name_of_a_member),
        TEST(json_escapes_whatever_a_string_holds),
        TEST(json_numbers_that_are_not_finite_are_words),
        TEST(text_that_does_not_fit_is_cut_between_characters),
    };
    return cmocka_run_group_tests_name("show", tests, NULL, NULL);
}
