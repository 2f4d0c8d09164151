/* Why, of records with anything in them, of every class.  Whatever they claim, the walk ends, stays in bounds, and
   what it says can be printed.  Run it under the sanitizers (make check-san). */

#include "why_test.h"

#include "why_show.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define ROUNDS   80u
#define RECORDS  2500u

static const struct { uint8_t event; size_t size; } kinds[] = {
#define X(NAME, id, CLASS, text, record, timed) { id, sizeof(record) },
    GBX_EVENTS(X)
#undef X
};

static uint64_t seed;

static uint64_t
next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* Small numbers, so that records meet: ids of codes and types, addresses, sizes; now and then the largest. */
static void
put_any(trace_writer *w)
{
    size_t kind = next_random() % (sizeof(kinds) / sizeof(kinds[0]));
    uint8_t bytes[128] = { 0 };
    if (kinds[kind].size > sizeof(bytes) || gbx_event_class(kinds[kind].event) == GBX_CLASS_STREAM) {
        return;
    }
    for (size_t at = 4; at < kinds[kind].size; at += 4) {
        uint32_t number = next_random() % 16 == 0 ? UINT32_MAX : (uint32_t)(next_random() % 16);
        memcpy(bytes + at, &number, sizeof(number));
    }
    bytes[0] = kinds[kind].event;
    bytes[1] = (uint8_t)(next_random() % 8);
    bytes[2] = (uint8_t)(next_random() % 8);
    writer_record(w, 1 + (uint32_t)(next_random() % 3), bytes, kinds[kind].size);
    if (next_random() % 8 == 0) {
        at_us(w, next_random() % 4000000);
    }
}

static gbx_why_view
view_of(const gbx_why *why, gbx_why_tool *tools)
{
    static const char *const program[] = { "prog.py", NULL };
    gbx_why_tools_find(tools, NULL, NULL);
    return (gbx_why_view){ .why = why, .program = program, .tools = tools };
}

static void
look_at(const gbx_why *why)
{
    for (size_t i = 0; i < gbx_why_verdicts(why); i++) {
        const gbx_why_verdict *verdict = gbx_why_verdict_at(why, i);
        assert_non_null(verdict->file);
        assert_non_null(verdict->function);
        assert_true(isfinite(verdict->share) && verdict->share >= GBX_WHY_SHARE);
        for (size_t e = 0; e < verdict->evidence_count; e++) {
            assert_true(verdict->evidence[e].at < gbx_trace_count(verdict->evidence[e].trace));
        }
    }
}

static void
nothing_in_a_record_breaks_the_walk_or_the_page(void **state)
{
    (void)state;
    size_t verdicts = 0;
    for (seed = 1; seed <= ROUNDS * 7919; seed = seed % 1000003 + 7919) {
        uint64_t kept = seed;
        trace_writer *w = why_writer(&(writer_options){ .segment_size = 65536 });
        for (unsigned i = 0; i < RECORDS; i++) {
            put_any(w);
        }
        gbx_why_input input = why_input(test_open(w));
        gbx_why *why = why_ask(&input);
        gbx_why_tool tools[GBX_WHY_TOOLS];
        gbx_why_view view = view_of(why, tools);
        char *page = NULL;
        size_t size = 0;
        FILE *to = open_memstream(&page, &size);
        look_at(why);
        verdicts += gbx_why_verdicts(why);
        gbx_why_text(&view, to);
        fclose(to);
        assert_non_null(strstr(page, "Verdict:"));
        json_t *whole = gbx_why_json(&view);
        assert_non_null(whole);
        json_decref(whole);
        free(page);
        gbx_why_tools_clear(tools);
        why_done(why);
        seed = kept;
    }
    assert_true(verdicts > 0);                   /* or the records never met, and this looked at nothing */
}

static void
what_tools_say_is_one_line_whatever_they_print(void **state)
{
    (void)state;
    char says[120];
    gbx_why_read_samples("main (a.py:3);f (a.py:1) 3\nmain (a.py:3);g (a.py:2) 5\nmain (a.py:3);f (a.py:1) 4\n", says,
                         sizeof(says));
    assert_string_equal(says, "f (a.py:1): 58% of 12 samples");
    gbx_why_read_samples("\x1b[31mevil\a 7\n", says, sizeof(says));
    assert_null(strchr(says, '\x1b'));
    static const char *const nothing[] = { "", "\n\n", ";;; \n", "no number\n", " 5", "x 99999999999999999999999\n" };
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        gbx_why_read_samples(nothing[i], says, sizeof(says));
        gbx_why_read_remarks(nothing[i], 3, says, sizeof(says));
        assert_string_equal(says, "nothing to remark");
    }
    gbx_why_read_remarks("a.py:9:1: X1 other\na.py:12:5: PERF401 Use a list comprehension\n", 12, says, sizeof(says));
    assert_string_equal(says, "PERF401 Use a list comprehension");
    gbx_why_read_remarks("a.py:9:1: X1 other\na.py:12:5: PERF401 Use a list comprehension\n", 1, says, sizeof(says));
    assert_string_equal(says, "2 remarks, none on this line");
}

/* The page, word by word: what is at fault, where, by which events, and how to see them. */
static void
the_page_says_what_where_and_by_which_events(void **state)
{
    (void)state;
    static const char expected[] =
        "polymorphic site (bytecode, column spec)\n"
        "  prog.py:10 in work\n"
        "  200 ms, 20% of the program's own time (estimated)\n"
        "  this line meets other kinds of operands than its instructions were specialized\n"
        "  for, again and again: sort or split the data by type, or give the types one\n"
        "  class\n"
        "    200 spec.miss: guards that failed, 1000000.0 ns each, as measured here\n";
    trace_writer *w = why_writer(NULL);
    for (unsigned i = 0; i < 200; i++) {
        why_miss(w, 10 + i, OWN, GBX_GUARD_TYPE);
    }
    why_mark(w, 1000000);
    gbx_why_input input = why_input(test_open(w));
    gbx_why *why = why_ask(&input);
    gbx_why_tool tools[GBX_WHY_TOOLS];
    gbx_why_view view = view_of(why, tools);
    char *page = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&page, &size);
    gbx_why_text(&view, to);
    fclose(to);
    if (strstr(page, expected) == NULL) {
        fail_msg("not on the page:\n%s", page);
    }
    assert_non_null(strstr(page, "Verdict: bytecode, prog.py:10: polymorphic site, 20%\n"));
    assert_non_null(strstr(page, "glassbox show -t 1 --from="));
    free(page);
    gbx_why_tools_clear(tools);
    why_done(why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(nothing_in_a_record_breaks_the_walk_or_the_page),
        TEST(what_tools_say_is_one_line_whatever_they_print),
        TEST(the_page_says_what_where_and_by_which_events),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
