/* Clean text and tables of numbers: small parts that others lean on. */

#include "trace_test.h"

#include "clean.h"
#include "numbers.h"

#include <string.h>

static void
what_a_terminal_obeys_or_misreads_becomes_a_question_mark(void **state)
{
    (void)state;
    static const struct {
        const char *from, *to;
    } cases[] = {
        { "plain", "plain" },
        { "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x90\x8d" },
        { "\x1b[31mred\x07", "?[31mred?" },
        { "a\tb\nc\r\nd\re", "a b c d?e" },
        { "\x7f\xc2\x80\xc2\x9f\xc2\xa0", "???\xc2\xa0" },
        { "\xe2\x80\xae" "abc\xe2\x80\x8b\xe2\x81\xa6\xef\xbb\xbf", "?abc???" },        /* turned round, of no width, isolated, BOM */
        { "\xe2\x80\xa8\xe2\x80\xa9", "??" },                                              /* line and paragraph separators */
        { "\xff\xfe\x80", "???" },
        { "\xc0\xaf\xe0\x80\xaf\xed\xa0\x80\xf4\x90\x80\x80", "????????????" },           /* overlong, half a pair, beyond Unicode */
        { "\xe2\x82", "??" },
    };
    char out[64];
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_string_equal(gbx_clean(cases[i].from, out, sizeof(out)), cases[i].to);
    }
}

static void
text_is_cut_between_characters(void **state)
{
    (void)state;
    char out[8];
    assert_string_equal(gbx_clean("ab\xe2\x82\xac\xe2\x82\xac", out, 8), "ab\xe2\x82\xac");
    assert_string_equal(gbx_clean("ab\xe2\x82\xac", out, 5), "ab");
    assert_string_equal(gbx_clean("abc", out, 1), "");
    assert_string_equal(gbx_clean_line("ab\0cd", 5, out, sizeof(out)), "ab?cd");
}

static void
a_text_of_several_lines_keeps_them(void **state)
{
    (void)state;
    char *text = gbx_clean_text("a\r\n\tb\n\x1b\xff", 8);
    assert_string_equal(text, "a\n b\n??");
    free(text);
    text = gbx_clean_text("", 0);
    assert_string_equal(text, "");
    free(text);
}

static void
a_table_gives_back_what_was_put_in(void **state)
{
    (void)state;
    gbx_numbers table = { .room = 0 };
    assert_int_equal(gbx_numbers_find(&table, 7), UINT32_MAX);
    for (uint32_t i = 0; i < 20000; i++) {
        assert_true(gbx_numbers_add(&table, (uint64_t)i << 33 | (i & 1), i));
    }
    for (uint32_t i = 0; i < 20000; i++) {
        assert_int_equal(gbx_numbers_find(&table, (uint64_t)i << 33 | (i & 1)), i);
        assert_int_equal(gbx_numbers_find(&table, (uint64_t)i << 33 | 2), UINT32_MAX);
    }
    assert_int_equal(table.count, 20000);
    gbx_numbers_clear(&table);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_terminal_obeys_or_misreads_becomes_a_question_mark),
        TEST(text_is_cut_between_characters),
        TEST(a_text_of_several_lines_keeps_them),
        TEST(a_table_gives_back_what_was_put_in),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
