/* Dates of courses, and texts of anybody's that go into files: what a gradebook does before it writes.  Its commands and files
   are tested in tests/labs. */

#include "format.h"
#include "gradebook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void
dates_are_read_with_and_without_a_zone(void **state)
{
    static const struct { const char *text; bool end; int64_t seconds; } dates[] = {
        { "1970-01-01", false, 0 }, { "1970-01-01", true, 86399 }, { "2026-11-21", false, 1795219200 },
        { "2026-11-21T20:00", true, 1795291200 }, { "2026-11-21T20:00:00Z", false, 1795291200 },
        { "2026-11-21 20:00:00.25", false, 1795291200 }, { "2026-11-21T20:00:00+01:30", false, 1795285800 },
        { "2026-11-21T20:00:00-05:00", false, 1795309200 }, { "2028-02-29", false, 1835395200 },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(dates) / sizeof(dates[0]); i++) {
        int64_t seconds = -1;
        assert_true(gbx_gradebook_date(dates[i].text, dates[i].end, &seconds));
        assert_int_equal(seconds, dates[i].seconds);
    }
}

static void
what_is_no_date_is_refused_and_changes_nothing(void **state)
{
    static const char *const texts[] = {
        "", "tomorrow", "2026", "2026-11", "2026-13-01", "2026-00-10", "2026-02-30", "2027-02-29", "2026-11-31", "26-11-21",
        "2026-11-21T", "2026-11-21T24:00", "2026-11-21T20", "2026-11-21T20:60", "2026-11-21T20:00:61", "2026-11-21T20:00X",
        "2026-11-21T20:00Zulu", "2026-11-21T20:00+1", "2026-11-21T20:00+25:00", "2026-11-21x", "-026-11-21", "1969-12-31",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        int64_t seconds = 7;
        assert_false(gbx_gradebook_date(texts[i], false, &seconds));
        assert_int_equal(seconds, 7);
    }
}

static void
texts_are_made_harmless_and_cut(void **state)
{
    static const struct { const char *text; size_t most; const char *clean; } texts[] = {
        { "", 10, "" }, { "a\tb\nc", 10, "a\tb\nc" }, { "a\r\nb\rc", 20, "a\nb\\x0dc" }, { "\x1b[31m", 20, "\\x1b[31m" },
        { "\x7f", 10, "\\x7f" }, { "\xc2\x85", 10, "\\x85" }, { "\xe2\x80\xae" "gnp", 10, "\\u202egnp" },
        { "\xef\xbf\xbe", 10, "\\ufffe" }, { "\xf3\xa0\x80\x81", 10, "\\U000e0001" }, { "na\xc3\xafve \xf0\x9f\x90\x8d", 10,
          "na\xc3\xafve \xf0\x9f\x90\x8d" },
        { "abcdef", 3, "abc... (3 more characters)" }, { "\xc3\xa9\xc3\xa9\xc3\xa9", 2, "\xc3\xa9\xc3\xa9... (1 more characters)" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *clean = gbx_format_clean(texts[i].text, texts[i].most);
        assert_string_equal(clean, texts[i].clean);
        free(clean);
    }
}

static void
texts_that_are_no_utf8_are_read_to_their_end_and_no_further(void **state)
{
    static const char *const texts[] = { "\xff", "\xc3", "\xe2\x80", "\xf0\x9f\x90", "a\x80z", "\xc0\xaf", "\xf8\x88\x80\x80\x80" };
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        char *exact = strdup(texts[i]);          /* so that a sanitizer sees a step too far */
        char *clean = gbx_format_clean(exact, 100);
        assert_non_null(clean);
        free(clean);
        free(exact);
    }
}

static void
numbers_have_two_decimals_at_most(void **state)
{
    static const struct { double value; const char *text; } numbers[] = {
        { 0, "0" }, { -0.001, "0" }, { 31, "31" }, { 4.5, "4.5" }, { 1.0 / 3, "0.33" }, { 99.995, "100" }, { -2.5, "-2.5" },
        { 100, "100" }, { 1e6, "1000000" },
    };
    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        char text[32];
        assert_string_equal(gbx_format_number(numbers[i].value, text), numbers[i].text);
    }
}

static void
every_format_is_found_by_its_name_and_no_other_is(void **state)
{
    const gbx_format *format;
    (void)state;
    for (size_t i = 0; (format = gbx_format_at(i)) != NULL; i++) {
        assert_ptr_equal(gbx_format_find(format->name), format);
    }
    assert_null(gbx_format_find("csv"));
    assert_null(gbx_format_find(""));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dates_are_read_with_and_without_a_zone),
        cmocka_unit_test(what_is_no_date_is_refused_and_changes_nothing),
        cmocka_unit_test(texts_are_made_harmless_and_cut),
        cmocka_unit_test(texts_that_are_no_utf8_are_read_to_their_end_and_no_further),
        cmocka_unit_test(numbers_have_two_decimals_at_most),
        cmocka_unit_test(every_format_is_found_by_its_name_and_no_other_is),
    };
    return cmocka_run_group_tests_name("gradebook", tests, NULL, NULL);
}
