/* Definitions: text that is fit for a terminal whatever the file held, and the lines of code objects. */

#include "trace_test.h"

#include "code_lines.h"

#include <string.h>

static void
text_is(const char *held, size_t length, const char *expected)
{
    trace_writer *w = writer_new(NULL);
    writer_name(w, GBX_NAME_STRING, 1, held, length);
    gbx_trace *trace = test_open(w);
    assert_string_equal(gbx_trace_string(trace, 0, 1), expected);
    gbx_trace_close(trace);
}

static void
clean_text_stays_as_it_is(void **state)
{
    (void)state;
    text_is("", 0, "");
    text_is("work", 4, "work");
    text_is("a\"b\\c'd", 7, "a\"b\\c'd");
    text_is("caf\xc3\xa9", 5, "caf\xc3\xa9");
    text_is("\xe6\x97\xa5\xe6\x9c\xac", 6, "\xe6\x97\xa5\xe6\x9c\xac");
    text_is("\xf0\x9f\x90\x8d", 4, "\xf0\x9f\x90\x8d");
    text_is("\xf4\x8f\xbf\xbf", 4, "\xf4\x8f\xbf\xbf");           // U+10FFFF
}

static void
control_characters_become_question_marks(void **state)
{
    (void)state;
    text_is("a\nb\tc", 5, "a?b?c");
    text_is("\x1b[31mred", 8, "?[31mred");
    text_is("a\0b", 3, "a?b");
    text_is("\x7f", 1, "?");
    text_is("\xc2\x9b" "31m", 5, "?31m");                        // CSI as one C1 character
}

static void
bytes_that_are_no_utf8_become_question_marks(void **state)
{
    (void)state;
    text_is("\xff\xfe", 2, "??");
    text_is("\x80", 1, "?");
    text_is("\xc3", 1, "?");                                     // cut off
    text_is("\xe6\x97", 2, "??");
    text_is("\xc0\xaf", 2, "??");                                // overlong '/'
    text_is("\xe0\x80\xaf", 3, "???");
    text_is("\xf0\x80\x80\xaf", 4, "????");
    text_is("\xed\xa0\x80", 3, "???");                           // a surrogate
    text_is("\xf4\x90\x80\x80", 4, "????");                      // beyond U+10FFFF
    text_is("\xc3" "a", 2, "?a");
}

static void
ids_are_found_per_kind_and_process(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    for (uint32_t id = 500; id > 0; id -= 5) {                   // not in order
        char text[16];
        snprintf(text, sizeof(text), "s%u", id);
        writer_string(w, id, text);
    }
    writer_name(w, GBX_NAME_OPCODE, 5, "NOP", 3);
    writer_name(w, GBX_NAME_REASON, 5 << 8 | 9, "TOO_ODD", 7);
    writer_code(w, 5, "Shape.area", "/x/shape.py", 12, "", 0);
    gbx_trace *trace = test_open(w);
    assert_string_equal(gbx_trace_string(trace, 0, 5), "s5");
    assert_string_equal(gbx_trace_string(trace, 0, 500), "s500");
    assert_null(gbx_trace_string(trace, 0, 0));
    assert_null(gbx_trace_string(trace, 0, 6));
    assert_null(gbx_trace_string(trace, 0, UINT32_MAX));
    assert_string_equal(gbx_trace_opcode(trace, 0, 5), "NOP");
    assert_null(gbx_trace_opcode(trace, 0, 6));
    assert_string_equal(gbx_trace_reason(trace, 0, 5, 9), "TOO_ODD");
    assert_null(gbx_trace_reason(trace, 0, 9, 5));
    const gbx_code_info *code = gbx_trace_code(trace, 0, 5);
    assert_string_equal(code->name, "Shape.area");
    assert_string_equal(code->file, "/x/shape.py");
    assert_int_equal(code->first_line, 12);
    assert_null(gbx_trace_code(trace, 0, 4));
    gbx_trace_close(trace);
}

static void
what_the_process_said_of_itself_is_found_by_key(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_name(w, GBX_NAME_META, 0, "version=3.13.5 (main)", 21);
    writer_name(w, GBX_NAME_META, 0, "versions=no", 11);
    writer_name(w, GBX_NAME_META, 0, "empty=", 6);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_meta_count(trace, 0), 3);
    assert_string_equal(gbx_trace_meta_value(trace, 0, "version"), "3.13.5 (main)");
    assert_string_equal(gbx_trace_meta_value(trace, 0, "empty"), "");
    assert_null(gbx_trace_meta_value(trace, 0, "vers"));
    gbx_trace_close(trace);
}

static void
labels_and_names_of_what_is_unknown_are_none(void **state)
{
    (void)state;
    assert_string_equal(gbx_trace_label(GBX_ENUM_POP, GBX_POP_UNWIND), "unwind");
    assert_null(gbx_trace_label(GBX_ENUM_POP, 200));
    assert_null(gbx_trace_label(200, 0));
    assert_string_equal(gbx_event_name(GBX_EV_SPEC_MISS), "spec.miss");
    assert_string_equal(gbx_event_name(250), "?");
    assert_int_equal(gbx_event_class(250), -1);
    assert_string_equal(gbx_class_name(GBX_CLASS_AIO), "aio");
    assert_string_equal(gbx_class_name(GBX_CLASS_COUNT), "?");
}

/* -------------------------------------------------------------- code lines */

static void
lines_and_columns_are_those_that_cpython_reads(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(code_lines) / sizeof(code_lines[0]); i++) {
        gbx_code_info code = { .first_line = code_lines[i].first_line, .table = code_lines[i].table,
                               .table_length = code_lines[i].table_length };
        for (uint32_t offset = 0; offset < code_lines[i].units; offset++) {
            int line = 0, column = -1;
            bool found = gbx_code_line(&code, offset, &line, &column);
            if (found != (code_lines[i].lines[offset] > 0) ||
                (found && (line != code_lines[i].lines[offset] ||
                           column != code_lines[i].columns[offset]))) {
                fail_msg("%s, offset %u: %d:%d, but CPython says %d:%d", code_lines[i].name, offset,
                         line, column, code_lines[i].lines[offset], code_lines[i].columns[offset]);
            }
        }
    }
}

static void
there_is_no_line_after_the_end_of_the_table(void **state)
{
    (void)state;
    int line, column;
    gbx_code_info code = { .first_line = code_lines[1].first_line, .table = code_lines[1].table,
                           .table_length = code_lines[1].table_length };
    assert_true(gbx_code_line(&code, code_lines[1].units - 1, &line, &column));
    assert_false(gbx_code_line(&code, code_lines[1].units, &line, &column));
    assert_false(gbx_code_line(&code, UINT32_MAX, &line, &column));
    code.table_length = 0;
    assert_false(gbx_code_line(&code, 0, &line, &column));
}

static void
a_column_of_any_size_is_no_less_than_none(void **state)
{
    (void)state;
    static const uint8_t huge[] = { 0xf0, 0, 0, 0x40, 0x40, 0x40, 0x40, 0x40, 0x02, 0 };     /* 2^31 */
    int line = 0, column = 0;
    gbx_code_info code = { .first_line = 1, .table = huge, .table_length = sizeof(huge) };
    assert_true(gbx_code_line(&code, 0, &line, &column));
    assert_int_equal(line, 1);
    assert_true(column >= -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(clean_text_stays_as_it_is),
        TEST(control_characters_become_question_marks),
        TEST(bytes_that_are_no_utf8_become_question_marks),
        TEST(ids_are_found_per_kind_and_process),
        TEST(what_the_process_said_of_itself_is_found_by_key),
        TEST(labels_and_names_of_what_is_unknown_are_none),
        TEST(lines_and_columns_are_those_that_cpython_reads),
        TEST(there_is_no_line_after_the_end_of_the_table),
        TEST(a_column_of_any_size_is_no_less_than_none),
    };
    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
