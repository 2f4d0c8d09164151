/* Why: each column finds its fault in a trace that has it, at the line that has it, and none where one thing about
   the trace is otherwise. */

#include "why_test.h"

#include <string.h>

#define SECOND 1000000u          /* us */

/* ------------------------------------------------------------------------ spec */

static gbx_why *
misses(uint32_t code, unsigned count, uint8_t guard, double price)
{
    trace_writer *w = why_writer(NULL);
    why_push(w, 0, OWN);
    if (code == LIBRARY) {
        why_push(w, 1, LIBRARY);
    }
    for (unsigned i = 0; i < count; i++) {
        why_miss(w, 10 + i, code, guard);
    }
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    input.prices.miss = price;
    return why_ask(&input);
}

static void
misses_that_go_on_are_a_polymorphic_site(void **state)
{
    (void)state;
    gbx_why *why = misses(OWN, 200, GBX_GUARD_TYPE_VERSION, 1e6);
    const gbx_why_verdict *verdict = why_expect(why, "spec", 10, "polymorphic site");
    assert_int_equal(verdict->evidence[0].records, 200);
    assert_float_equal(verdict->share, 0.2, 0.001);
    assert_int_equal(verdict->basis, GBX_WHY_ESTIMATED);
    why_done(why);
}

static void
an_estimate_is_at_most_the_whole(void **state)
{
    (void)state;
    gbx_why *why = misses(OWN, 200, GBX_GUARD_TYPE_VERSION, 1e8);        /* 20 s of one */
    const gbx_why_verdict *verdict = why_expect(why, "spec", 10, "polymorphic site");
    assert_float_equal(verdict->share, 1.0, 0.001);
    assert_float_equal(verdict->ns, 1e9, 1e6);
    assert_float_equal(why_cost(why, "spec")->share, 1.0, 0.001);
    why_done(why);
}

static void
a_site_that_costs_little_only_comes_near(void **state)
{
    (void)state;
    gbx_why *why = misses(OWN, 50, GBX_GUARD_TYPE_VERSION, 1e6);
    why_expect_none(why);
    assert_int_equal(gbx_why_near(why), 1);
    why_done(why);
    why = misses(OWN, 3, GBX_GUARD_TYPE_VERSION, 1e6);
    assert_int_equal(gbx_why_near(why), 0);
    why_done(why);
}

static void
names_that_are_not_where_they_were_are_told_apart(void **state)
{
    (void)state;
    gbx_why *why = misses(OWN, 200, GBX_GUARD_GLOBALS_KEYS, 1e6);
    why_expect(why, "spec", 10, "global in a hot loop");
    why_done(why);
}

static void
what_the_library_does_is_told_of_the_line_that_called_it(void **state)
{
    (void)state;
    gbx_why *why = misses(LIBRARY, 200, GBX_GUARD_TYPE_VERSION, 1e6);
    why_expect(why, "spec", 10, "polymorphic site");
    why_done(why);
}

static void
the_librarys_own_line_is_nobodys_fault(void **state)
{
    (void)state;
    trace_writer *w = why_writer(NULL);
    for (unsigned i = 0; i < 500; i++) {
        why_miss(w, 10 + i, LIBRARY, GBX_GUARD_TYPE);
    }
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    gbx_why *why = why_ask(&input);
    why_expect_none(why);
    assert_int_equal(why_cost(why, "spec")->counts[0].number, 500);      /* but a cost */
    why_done(why);
}

/* ----------------------------------------------------------------------- names */

static gbx_why *
looked_up(const char *op, const char *function)
{
    json_t *bytecode = json_pack("[{s:s, s:[{s:s, s:i, s:[{s:i, s:i, s:s, s:s}]}]}]", "file", "/home/me/prog.py",
                                 "functions", "function", function, "first_line", 10, "names", "offset", 7, "line", 10,
                                 "op", op, "name", "total");
    trace_writer *w = why_writer(NULL);
    why_churn(w, 1, OWN, 7, 300, 0);
    why_churn(w, 1, OWN, 8, 9000, 0);            /* another instruction */
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    input.bytecode = bytecode;
    gbx_why *why = why_ask(&input);
    json_decref(bytecode);
    return why;
}

static void
a_global_that_a_loop_stores_is_one(void **state)
{
    (void)state;
    gbx_why *why = looked_up("STORE_GLOBAL", "work");
    const gbx_why_verdict *verdict = why_expect(why, "spec", 10, "global in a hot loop");
    assert_int_equal(verdict->times, 300);
    why_done(why);
}

static void
a_global_that_is_only_loaded_and_another_function_are_none(void **state)
{
    (void)state;
    gbx_why *why = looked_up("LOAD_GLOBAL", "work");
    why_expect_none(why);
    assert_true(why_cost(why, "spec")->share > 0.2);                     /* a cost it is */
    why_done(why);
    why = looked_up("STORE_GLOBAL", "another");
    why_expect_none(why);
    why_done(why);
}

/* ---------------------------------------------------------------------- import */

static gbx_why *
imports(uint32_t module)
{
    trace_writer *w = why_writer(NULL);
    why_push(w, 0, OTHER);
    why_import(w, 100, true);
    why_push(w, 200, module);
    why_mark(w, SECOND / 2);
    why_pop(w, SECOND / 2, module);
    why_import(w, SECOND / 2, false);
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    return why_ask(&input);
}

static void
what_an_own_module_does_while_it_is_imported_is_one(void **state)
{
    (void)state;
    gbx_why *why = imports(MODULE);
    const gbx_why_verdict *verdict = why_expect(why, "import", 20, "import-time cost");
    assert_float_equal(verdict->share, 0.5, 0.01);
    assert_int_equal(verdict->basis, GBX_WHY_MEASURED);
    why_done(why);
}

static void
what_a_library_does_is_a_cost_alone(void **state)
{
    (void)state;
    gbx_why *why = imports(LIBRARY);
    why_expect_none(why);
    assert_float_equal(why_cost(why, "import")->share, 0.5, 0.01);
    why_done(why);
}

/* --------------------------------------------------------------------- compile */

static gbx_why *
compiles(unsigned count, uint64_t us)
{
    trace_writer *w = why_writer(NULL);
    why_push(w, 0, OWN);
    for (unsigned i = 0; i < count; i++) {
        at_us(w, 100 + i * 10 * us);
        writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_COMPILE, 1);
        at_us(w, 100 + i * 10 * us + 5 * us);
        writer_stage(w, 1, GBX_EV_COMPILE_END, GBX_STAGE_COMPILE, 1);
    }
    why_pop(w, SECOND, OWN);
    gbx_why_input input = why_input(test_open(w));
    return why_ask(&input);
}

static void
a_text_that_is_compiled_again_and_again_is_one(void **state)
{
    (void)state;
    gbx_why *why = compiles(100, 800);
    const gbx_why_verdict *verdict = why_expect(why, "compile", 10, "compiled again and again");
    assert_float_equal(verdict->share, 0.4, 0.01);
    assert_int_equal(verdict->evidence[0].records, 100);
    why_done(why);
    why = compiles(10, 8000);                    /* as long, but not again and again */
    why_expect_none(why);
    assert_float_equal(why_cost(why, "compile")->share, 0.4, 0.01);
    why_done(why);
}

/* ------------------------------------------------------------------------- gil */

/* Twenty times thread 2 lets go at OTHER, and has to wait 10 ms behind thread 1. */
static gbx_why *
convoy(bool timeouts, uint8_t why_let_go)
{
    trace_writer *w = why_writer(NULL);
    put_gil(w, 1, 1, GBX_EV_GIL_CREATE, 0);
    put_acquire(w, 2, 2, 0, 1, 0);
    for (unsigned i = 0; i < 20; i++) {
        uint64_t us = 100 + i * 50000u;
        why_release(w, us, 2, OTHER, why_let_go, 0);
        put_acquire(w, us + 10, 1, 0, 2, 0);
        put_gil(w, us + 1000, 2, GBX_EV_GIL_REQUEST, 0);
        if (timeouts) {
            at_us(w, us + 6000);
            PUT(w, 2, (gbx_gil_timeout){ .h = { .event = GBX_EV_GIL_TIMEOUT } });
        }
        why_release(w, us + 11000, 1, OWN, GBX_RELEASE_ASKED, 0);
        put_acquire(w, us + 11000, 2, 0, 3, 10000);
    }
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    return why_ask(&input);
}

static void
waits_that_had_to_send_for_the_lock_are_a_convoy(void **state)
{
    (void)state;
    gbx_why *why = convoy(true, GBX_RELEASE_BLOCKING);
    const gbx_why_verdict *verdict = why_expect(why, "gil", 20, "convoy behind a busy thread");
    assert_float_equal(verdict->share, 0.2, 0.01);
    assert_non_null(strstr(verdict->sentence, "prog.py:10 in work"));
    why_done(why);
    why = convoy(true, GBX_RELEASE_ASKED);
    why_expect(why, "gil", 20, "threads that take turns");
    why_done(why);
}

static void
waits_that_end_by_themselves_are_none(void **state)
{
    (void)state;
    gbx_why *why = convoy(false, GBX_RELEASE_BLOCKING);
    why_expect_none(why);
    assert_float_equal(why_cost(why, "gil")->share, 0.2, 0.01);
    why_done(why);
}

/* --------------------------------------------------------------------------- c */

/* `count` times a line is outside for `us` of `every`. */
static gbx_why *
outside(uint32_t code, unsigned count, unsigned us, unsigned every, const char *image)
{
    trace_writer *w = why_writer(NULL);
    if (image != NULL) {
        writer_name(w, GBX_NAME_META, 1, image, strlen(image));
    }
    put_gil(w, 1, 1, GBX_EV_GIL_CREATE, 0);
    put_acquire(w, 2, 1, 0, 1, 0);
    for (unsigned i = 0; i < count; i++) {
        uint64_t at = 10 + (uint64_t)i * every;
        why_release(w, at, 1, code, GBX_RELEASE_BLOCKING, 0x1800);
        put_gil(w, at + us, 1, GBX_EV_GIL_REQUEST, 0);
        put_acquire(w, at + us, 1, 0, 1, 0);
    }
    why_mark(w, 10 + (uint64_t)count * every);
    gbx_why_input input = why_input(test_open(w));
    return why_ask(&input);
}

#define DEVICE_IMAGE "image=1000-2000 0 /usr/lib/libcuda.so.1"

static void
a_device_that_is_waited_for_item_by_item_is_one(void **state)
{
    (void)state;
    gbx_why *why = outside(OWN, 500, 300, 1000, DEVICE_IMAGE);
    const gbx_why_verdict *verdict = why_expect(why, "c", 10, "synchronization for each item");
    assert_float_equal(verdict->share, 0.3, 0.01);
    assert_int_equal(verdict->evidence[0].records, 500);
    why_done(why);
}

static void
one_wait_and_a_wait_inside_a_library_are_none(void **state)
{
    (void)state;
    gbx_why *why = outside(OWN, 5, 100000, 200000, DEVICE_IMAGE);
    why_expect_none(why);
    assert_float_equal(why_cost(why, "c")->share, 0.5, 0.01);
    why_done(why);
    why = outside(LIBRARY, 500, 300, 1000, DEVICE_IMAGE);
    why_expect_none(why);
    why_done(why);
    why = outside(OWN, 500, 300, 1000, NULL);    /* a function that moves data, for all that is known */
    why_expect_none(why);
    why_done(why);
}

static void
very_many_calls_for_very_little_are_one(void **state)
{
    (void)state;
    gbx_why *why = outside(OWN, 12000, 5, 10, NULL);
    why_expect(why, "c", 10, "system call for each item");
    why_done(why);
}

/* ------------------------------------------------------------------------- aio */

/* Handles run; of `count` the first `slow` take 20 ms, in a coroutine that called OTHER. */
static gbx_why *
loop(unsigned count, unsigned slow, uint32_t ready)
{
    trace_writer *w = why_writer(NULL);
    at_us(w, 1);
    PUT(w, 1, (gbx_aio_iteration){ .h = { .event = GBX_EV_AIO_ITERATION_BEGIN }, .ready = ready });
    for (unsigned i = 0; i < count; i++) {
        uint64_t us = 100 + i * 30000u, takes = i < slow ? 20000 : 100;
        at_us(w, us);
        PUT(w, 1, (gbx_aio_run){ .h = { .event = GBX_EV_AIO_RUN_BEGIN }, .handle = 7 });
        why_push(w, us, COROUTINE);
        why_push(w, us + 1, OTHER);
        why_pop(w, us + takes - 1, OTHER);
        why_pop(w, us + takes, COROUTINE);
        at_us(w, us + takes);
        PUT(w, 1, (gbx_aio_run_end){ .h = { .event = GBX_EV_AIO_RUN_END, .flags = 1 }, .handle = 7 });
    }
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    return why_ask(&input);
}

static void
steps_that_keep_others_waiting_block_the_loop(void **state)
{
    (void)state;
    gbx_why *why = loop(10, 10, 50);
    const gbx_why_verdict *verdict = why_expect(why, "aio", 30, "blocked event loop");
    assert_float_equal(verdict->share, 0.2, 0.01);
    assert_int_equal(verdict->evidence[0].records, 10);
    why_done(why);
}

static void
a_loop_with_nobody_else_and_a_line_that_is_mostly_quick_are_none(void **state)
{
    (void)state;
    gbx_why *why = loop(10, 10, 1);
    why_expect_none(why);
    why_done(why);
    why = loop(30, 8, 50);
    why_expect_none(why);
    why_done(why);
}

/* -------------------------------------------------------------------- functions */

static void
expect_function(const gbx_why *why, size_t index, const char *name, uint64_t ms, uint64_t calls)
{
    const gbx_why_function *one = gbx_why_function_at(why, index);
    assert_string_equal(one->function, name);
    assert_in_range((uint64_t)one->ns / 1000, ms * 1000 - 1, ms * 1000 + 1);
    assert_int_equal(one->calls, calls);
}

static void
a_functions_own_time_is_without_those_that_it_called(void **state)
{
    (void)state;
    trace_writer *w = why_writer(NULL);
    why_push(w, 0, OWN);                         /* 100 ms, then 600 in another, then 300 */
    why_push(w, 100000, OTHER);
    why_mark(w, 400000);                         /* other events are in nobody's way */
    why_pop(w, 700000, OTHER);
    why_pop(w, SECOND, OWN);
    gbx_why_input input = why_input(test_open(w));
    gbx_why *why = why_ask(&input);
    assert_int_equal(gbx_why_functions(why), 2);
    expect_function(why, 0, "other", 600, 1);
    expect_function(why, 1, "work", 400, 1);
    assert_float_equal(gbx_why_function_at(why, 0)->share, 0.6, 0.001);
    why_expect_none(why);                        /* a fact, and no fault */
    why_done(why);
}

static void
time_before_the_programs_file_is_no_functions(void **state)
{
    (void)state;
    trace_writer *w = why_writer(NULL);
    why_push(w, 0, OWN);
    at_us(w, SECOND / 2);
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_RUN_FILE, 1);
    why_pop(w, SECOND, OWN);
    gbx_why_input input = why_input(test_open(w));
    gbx_why *why = why_ask(&input);
    expect_function(why, 0, "work", 500, 1);
    why_done(why);
}

/* ------------------------------------------------------------------------ whole */

static void
a_column_says_what_was_not_recorded(void **state)
{
    (void)state;
    trace_writer *w = why_writer(&(writer_options){ .mask = GBX_MASK(FRAME) | GBX_MASK(MARK) });
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    gbx_why *why = why_ask(&input);
    assert_int_equal(why_cost(why, "ref")->basis, GBX_WHY_NOT_RECORDED);
    assert_true(why_cost(why, "ref")->why[0] != '\0');
    why_expect_none(why);
    why_done(why);
}

static void
the_programs_time_begins_with_its_file(void **state)
{
    (void)state;
    trace_writer *w = why_writer(NULL);
    for (unsigned i = 0; i < 500; i++) {
        why_miss(w, 10 + i, OWN, GBX_GUARD_TYPE);                        /* before: not its own */
    }
    at_us(w, SECOND / 2);
    writer_stage(w, 1, GBX_EV_COMPILE_BEGIN, GBX_STAGE_RUN_FILE, 1);
    why_mark(w, SECOND);
    gbx_why_input input = why_input(test_open(w));
    input.wall_ns = 900000000;
    gbx_why *why = why_ask(&input);
    assert_float_equal(gbx_why_startup_ns(why), 500e6, 1e3);
    assert_float_equal(gbx_why_own_ns(why), 400e6, 1e3);
    why_expect_none(why);
    assert_int_equal(why_cost(why, "spec")->counts[0].number, 0);
    why_done(why);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(misses_that_go_on_are_a_polymorphic_site),
        TEST(an_estimate_is_at_most_the_whole),
        TEST(a_site_that_costs_little_only_comes_near),
        TEST(names_that_are_not_where_they_were_are_told_apart),
        TEST(what_the_library_does_is_told_of_the_line_that_called_it),
        TEST(the_librarys_own_line_is_nobodys_fault),
        TEST(a_global_that_a_loop_stores_is_one),
        TEST(a_global_that_is_only_loaded_and_another_function_are_none),
        TEST(what_an_own_module_does_while_it_is_imported_is_one),
        TEST(what_a_library_does_is_a_cost_alone),
        TEST(a_text_that_is_compiled_again_and_again_is_one),
        TEST(waits_that_had_to_send_for_the_lock_are_a_convoy),
        TEST(waits_that_end_by_themselves_are_none),
        TEST(a_device_that_is_waited_for_item_by_item_is_one),
        TEST(one_wait_and_a_wait_inside_a_library_are_none),
        TEST(very_many_calls_for_very_little_are_one),
        TEST(steps_that_keep_others_waiting_block_the_loop),
        TEST(a_loop_with_nobody_else_and_a_line_that_is_mostly_quick_are_none),
        TEST(a_functions_own_time_is_without_those_that_it_called),
        TEST(time_before_the_programs_file_is_no_functions),
        TEST(a_column_says_what_was_not_recorded),
        TEST(the_programs_time_begins_with_its_file),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
