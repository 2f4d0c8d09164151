/* Why, of memory: what only the collector frees, texts and copies, memory that comes and goes, counts that threads
   share; and none where one thing about the trace is otherwise. */

#include "why_test.h"

#include <string.h>

#define SECOND 1000000u          /* us */

/* -------------------------------------------------------------------------- gc */

static void
put_collection(trace_writer *w, uint64_t us, uint64_t takes, uint32_t freed, uint64_t first)
{
    at_us(w, us);
    PUT(w, 1, (gbx_gc_start){ .h = { .event = GBX_EV_GC_START }, .code = OTHER, .reason = GBX_GC_REASON_HEAP });
    for (uint32_t i = 0; i < freed; i++) {
        why_object(w, false, CLASS_TYPE, first + i * 64, 48);
    }
    at_us(w, us + takes);
    PUT(w, 1, (gbx_gc_done){ .h = { .event = GBX_EV_GC_DONE }, .collected = freed });
}

static gbx_why *
collections(unsigned freed)
{
    trace_writer *w = why_writer(NULL);
    why_push(w, 1, OTHER);
    for (unsigned i = 0; i < 5; i++) {
        for (unsigned n = 0; n < freed; n++) {
            why_block(w, OWN, 0x100000 + n * 64, 48);
            why_object(w, true, CLASS_TYPE, 0x100000 + n * 64, 48);
        }
        put_collection(w, 1000 + i * 100000u, 40000, freed, 0x100000);
    }
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    return why_ask(&input);
}

static void
what_dies_in_collections_is_a_storm_of_cycles_made_where_it_was_born(void **state)
{
    (void)state;
    gbx_why *why = collections(100);
    const gbx_why_verdict *verdict = why_expect(why, "gc", 10, "cycle storm");
    assert_float_equal(verdict->share, 0.2, 0.01);
    assert_int_equal(verdict->evidence[1].records, 500);
    why_done(why);
}

static void
collections_that_find_nothing_are_in_vain_where_they_begin(void **state)
{
    (void)state;
    gbx_why *why = collections(0);
    why_expect(why, "gc", 20, "collections in vain");
    why_done(why);
}

static void
the_interpreters_own_end_is_not_the_programs_time(void **state)
{
    (void)state;
    trace_writer *w = why_writer(NULL);
    why_push(w, 1, OWN);
    at_us(w, 1000);
    PUT(w, 1, (gbx_gc_start){ .h = { .event = GBX_EV_GC_START }, .code = OWN, .reason = GBX_GC_REASON_SHUTDOWN });
    at_us(w, SECOND);
    PUT(w, 1, (gbx_gc_done){ .h = { .event = GBX_EV_GC_DONE }, .collected = 100 });
    gbx_why_input input = why_input(test_open(w));
    gbx_why *why = why_ask(&input);
    why_expect_none(why);
    assert_float_equal(why_cost(why, "gc")->ns, 0, 0);
    why_done(why);
}

/* -------------------------------------------------------------- alloc and buf */

/* One after the other, each made while the one before still lives. */
static gbx_why *
made_anew(uint32_t type, uint32_t size, int step, unsigned count)
{
    trace_writer *w = why_writer(NULL);
    for (unsigned i = 0; i < count; i++) {
        uint64_t address = 0x100000 + (i % 2) * 0x100000;
        uint32_t bytes = (uint32_t)((int)size + (int)i * step);
        why_large(w, OWN, address, bytes);
        why_object(w, true, type, address, bytes);
        if (i > 0) {
            uint64_t before = 0x100000 + ((i + 1) % 2) * 0x100000;
            why_object(w, false, type, before, 0);
            why_large_free(w, before);
        }
    }
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    return why_ask(&input);
}

static void
a_text_that_is_made_anew_each_time_is_string_building(void **state)
{
    (void)state;
    gbx_why *why = made_anew(STRING_TYPE, 100000, 10, 3000);
    const gbx_why_verdict *verdict = why_expect(why, "alloc", 10, "string building");
    assert_int_equal(verdict->evidence[0].records, 3000);
    why_done(why);
}

static void
few_strings_and_small_ones_are_none(void **state)
{
    (void)state;
    gbx_why *why = made_anew(STRING_TYPE, 100000, 10, 20);
    why_expect_none(why);
    why_done(why);
    why = made_anew(STRING_TYPE, 700, 0, 3000);
    why_expect_none(why);
    why_done(why);
}

static void
bytes_that_are_what_is_left_are_copies(void **state)
{
    (void)state;
    gbx_why *why = made_anew(BYTES_TYPE, 200000, -10, 3000);
    why_expect(why, "buf", 10, "hidden copy");
    why_done(why);
}

static void
bytes_that_come_from_nothing_as_large_are_none(void **state)
{
    (void)state;
    gbx_why *why = made_anew(BYTES_TYPE, 100000, 0, 3000);
    why_expect_none(why);
    why_done(why);
}

/* `rounds` times 100 blocks of 1 MB, alive at once if `together`. */
static gbx_why *
rounds_of(unsigned rounds, bool together)
{
    trace_writer *w = why_writer(NULL);
    for (unsigned i = 0; i < rounds; i++) {
        for (unsigned n = 0; n < 100; n++) {
            why_large(w, OWN, 0x10000000 + n * UINT64_C(0x200000), 1000000);
            if (!together) {
                why_large_free(w, 0x10000000 + n * UINT64_C(0x200000));
            }
        }
        for (unsigned n = 0; together && n < 100; n++) {
            why_large_free(w, 0x10000000 + n * UINT64_C(0x200000));
        }
    }
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    return why_ask(&input);
}

static void
memory_that_is_let_go_of_and_got_again_comes_and_goes(void **state)
{
    (void)state;
    gbx_why *why = rounds_of(5, true);
    const gbx_why_verdict *verdict = why_expect(why, "alloc", 10, "memory that comes and goes");
    assert_float_equal(verdict->ns, 400e6, 1e6);                         /* the first time is no fault */
    why_done(why);
}

static void
memory_that_is_got_once_or_used_again_is_none(void **state)
{
    (void)state;
    gbx_why *why = rounds_of(1, true);
    why_expect_none(why);
    why_done(why);
    why = rounds_of(5, false);
    why_expect_none(why);
    why_done(why);
}

static void
no_estimate_of_fresh_memory_is_more_than_the_time_in_the_system(void **state)
{
    (void)state;
    gbx_why *one = rounds_of(5, true);
    gbx_trace *trace = (gbx_trace *)(uintptr_t)gbx_why_timed(one);
    gbx_why_free(one);
    gbx_why_input input = why_input(trace);
    input.system_ns = 50000000;
    gbx_why *why = why_ask(&input);
    why_expect_none(why);
    assert_float_equal(why_cost(why, "alloc")->ns, 50e6, 1);
    why_done(why);
}

/* ------------------------------------------------------------------------- ref */

static gbx_why *
shared_counts(bool met)
{
    trace_writer *w = why_writer(NULL);
    writer_header(w)->build = GBX_BUILD_FREE_THREADED;
    for (uint32_t thread = 1; thread <= 2; thread++) {
        why_churn(w, thread, OWN, 5, 1000, met ? 1000 : 0);
        PUT(w, thread, (gbx_ref_sharing){ .h = { .event = GBX_EV_REF_SHARING, .arg = 5, .dt = met ? 1000 : 0 },
                                          .type = CLASS_TYPE, .code = OWN, .address = 0x1000 });
    }
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    input.prices.shared_ref = 1e5;
    return why_ask(&input);
}

static void
threads_that_change_one_count_are_told_of(void **state)
{
    (void)state;
    gbx_why *why = shared_counts(true);
    const gbx_why_verdict *verdict = why_expect(why, "ref", 10, "false sharing of a reference count");
    assert_non_null(strstr(verdict->evidence[1].text, "Node"));
    why_done(why);
    why = shared_counts(false);
    why_expect_none(why);
    why_done(why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_dies_in_collections_is_a_storm_of_cycles_made_where_it_was_born),
        TEST(collections_that_find_nothing_are_in_vain_where_they_begin),
        TEST(the_interpreters_own_end_is_not_the_programs_time),
        TEST(a_text_that_is_made_anew_each_time_is_string_building),
        TEST(few_strings_and_small_ones_are_none),
        TEST(bytes_that_are_what_is_left_are_copies),
        TEST(bytes_that_come_from_nothing_as_large_are_none),
        TEST(memory_that_is_let_go_of_and_got_again_comes_and_goes),
        TEST(memory_that_is_got_once_or_used_again_is_none),
        TEST(no_estimate_of_fresh_memory_is_more_than_the_time_in_the_system),
        TEST(threads_that_change_one_count_are_told_of),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
