/* The invariants of the lock: traces where they hold, and where not. */

#include "trace_test.h"

#include "check.h"
#include "gil_records.h"

#include <string.h>

/* How often it is violated, and at first how; frees the writer. */
static void
violated(trace_writer *w, int which, uint64_t violations, const char *words)
{
    gbx_invariant result[GBX_INVARIANTS];
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_check_all(trace, result, NULL), 0);
    if (result[which].violations != violations || strstr(result[which].detail, words) == NULL) {
        fail_msg("%d violations, the first: %s", (int)result[which].violations, result[which].detail);
    }
    assert_true(result[which].looked_at > 0);
    gbx_trace_close(trace);
}

static void
all_hold(trace_writer *w)
{
    static const int which[] = { GBX_INVARIANT_HOLDER, GBX_INVARIANT_TURNS, GBX_INVARIANT_SWITCHES,
                                 GBX_INVARIANT_WAITS };
    gbx_invariant result[GBX_INVARIANTS];
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_check_all(trace, result, NULL), 0);
    for (size_t i = 0; i < 4; i++) {
        if (result[which[i]].violations != 0) {
            fail_msg("%s: %s", result[which[i]].key, result[which[i]].detail);
        }
        assert_true(result[which[i]].looked_at > 0);
    }
    gbx_trace_close(trace);
}

#define VIOLATED(w, NAME, n, words)  violated(w, GBX_INVARIANT_##NAME, n, words)

/* The lock, made, and two threads that take turns. */
static trace_writer *
two_turns(void)
{
    trace_writer *w = writer_new(NULL);
    put_gil(w, 1, 1, GBX_EV_GIL_CREATE, 0);
    put_turn(w, 1, 10, 20, 1000, 1);
    put_turn(w, 2, 1010, 1020, 2000, 2);
    return w;
}

static void
threads_take_turns(void **state)
{
    (void)state;
    trace_writer *w = two_turns();
    put_gil(w, 2100, 1, GBX_EV_GIL_REQUEST, 0);
    PUT(w, 1, (gbx_gil_timeout){ .h = { .event = GBX_EV_GIL_TIMEOUT, .flags = 1 } });
    PUT(w, 1, (gbx_gil_drop){ .h = { .event = GBX_EV_GIL_DROP_REQUEST } });
    put_acquire(w, 3000, 1, 0, 3, 900);
    put_release(w, 3100, 1, 0, GBX_RELEASE_ASKED);
    put_wait(w, 3500, 1, GBX_EV_GIL_FORCED, 0, 390);
    put_turn(w, 1, 3600, 3700, 3800, 3);                 /* the same thread again: no switch */
    put_gil(w, 4000, 2, GBX_EV_GIL_REQUEST, 0);
    put_wait(w, 5000, 2, GBX_EV_GIL_GIVE_UP, 0, 1000);
    put_gil(w, 6000, 1, GBX_EV_GIL_DESTROY, 0);
    all_hold(w);
}

static void
locks_are_told_apart(void **state)
{
    (void)state;
    trace_writer *w = two_turns();
    put_gil(w, 3000, 1, GBX_EV_GIL_REQUEST, 7);
    put_acquire(w, 3010, 1, 7, 50, 10);
    put_gil(w, 3020, 2, GBX_EV_GIL_REQUEST, 0);
    put_acquire(w, 3030, 2, 0, 2, 10);
    put_release(w, 3040, 1, 7, GBX_RELEASE_BLOCKING);
    put_release(w, 3050, 2, 0, GBX_RELEASE_EXIT);
    all_hold(w);
}

static void
a_lock_has_one_holder(void **state)
{
    (void)state;
    trace_writer *w = two_turns();
    put_gil(w, 3000, 1, GBX_EV_GIL_REQUEST, 0);
    put_acquire(w, 3010, 1, 0, 3, 10);
    put_gil(w, 3020, 2, GBX_EV_GIL_REQUEST, 0);
    put_acquire(w, 3030, 2, 0, 4, 10);
    VIOLATED(w, HOLDER, 1, "lock 0 is taken while thread 1 holds it");
}

static void
who_does_not_hold_a_lock_cannot_let_go_of_it(void **state)
{
    (void)state;
    trace_writer *w = two_turns();
    put_release(w, 3000, 3, 0, GBX_RELEASE_BLOCKING);
    VIOLATED(w, HOLDER, 1, "let go by a thread that does not hold it");
    w = two_turns();
    put_gil(w, 3000, 1, GBX_EV_GIL_REQUEST, 0);
    put_acquire(w, 3010, 1, 0, 3, 10);
    put_gil(w, 3020, 1, GBX_EV_GIL_DESTROY, 0);
    VIOLATED(w, HOLDER, 1, "lock 0 ends while it is held");
}

static void
a_thread_asks_takes_and_lets_go(void **state)
{
    (void)state;
    trace_writer *w = two_turns();
    put_acquire(w, 3000, 1, 0, 3, 0);
    VIOLATED(w, TURNS, 1, "gil.acquire of lock 0, and the thread let go of lock 0");
    w = two_turns();
    put_gil(w, 3000, 1, GBX_EV_GIL_REQUEST, 0);
    put_gil(w, 3010, 1, GBX_EV_GIL_REQUEST, 0);
    VIOLATED(w, TURNS, 1, "gil.request of lock 0, and the thread asked for lock 0");
    w = two_turns();
    put_gil(w, 3000, 1, GBX_EV_GIL_REQUEST, 0);
    put_acquire(w, 3010, 1, 5, 3, 10);
    VIOLATED(w, TURNS, 1, "gil.acquire of lock 5, and the thread asked for lock 0");
    w = two_turns();
    PUT(w, 1, (gbx_gil_timeout){ .h = { .event = GBX_EV_GIL_TIMEOUT } });
    VIOLATED(w, TURNS, 1, "gil.timeout");
    w = two_turns();
    put_gil(w, 3000, 1, GBX_EV_GIL_REQUEST, 0);
    put_wait(w, 3010, 1, GBX_EV_GIL_FORCED, 0, 1);
    VIOLATED(w, TURNS, 1, "gil.forced_switch of lock 0, and the thread asked for lock 0");
}

static void
a_thread_attaches_once(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    PUT(w, 1, (gbx_attach){ .h = { .event = GBX_EV_ATTACH } });
    PUT(w, 1, (gbx_detach){ .h = { .event = GBX_EV_DETACH } });
    PUT(w, 1, (gbx_attach){ .h = { .event = GBX_EV_ATTACH } });
    VIOLATED(w, TURNS, 0, "");
    w = writer_new(NULL);
    PUT(w, 1, (gbx_attach){ .h = { .event = GBX_EV_ATTACH } });
    PUT(w, 1, (gbx_attach){ .h = { .event = GBX_EV_ATTACH } });
    VIOLATED(w, TURNS, 1, "gil.attach follows another");
}

static void
switches_are_counted_as_the_lock_does(void **state)
{
    (void)state;
    trace_writer *w = two_turns();
    put_turn(w, 1, 3000, 3010, 3020, 4);
    VIOLATED(w, SWITCHES, 1, "lock 0 counts 4 switches, there were 3");
    w = two_turns();
    put_turn(w, 2, 3000, 3010, 3020, 3);                 /* it had it before */
    VIOLATED(w, SWITCHES, 1, "lock 0 counts 3 switches, there were 2");
}

static void
waits_fill_the_gaps(void **state)
{
    (void)state;
    trace_writer *w = two_turns();
    put_gil(w, 3000, 1, GBX_EV_GIL_REQUEST, 0);
    put_acquire(w, 4000, 1, 0, 3, 500);
    VIOLATED(w, WAITS, 1, "a wait of 500000 ns in a gap of 1000000 ns");
    w = two_turns();
    put_wait(w, 2500, 2, GBX_EV_GIL_FORCED, 0, 800);     /* it let go at 2000 */
    VIOLATED(w, WAITS, 1, "a wait of 800000 ns in a gap of 500000 ns");
    w = two_turns();
    put_wait(w, 2500, 2, GBX_EV_GIL_FORCED, 0, 490);
    put_gil(w, 2510, 2, GBX_EV_GIL_REQUEST, 0);
    put_wait(w, 2600, 2, GBX_EV_GIL_GIVE_UP, 0, 20);
    VIOLATED(w, WAITS, 1, "a wait of 20000 ns in a gap of 90000 ns");
}

static void
what_was_there_before_is_believed(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_release(w, 10, 1, 0, GBX_RELEASE_BLOCKING);      /* held it as the recording began */
    put_acquire(w, 20, 2, 0, 77, 15);                    /* had asked before */
    put_release(w, 30, 2, 0, GBX_RELEASE_BLOCKING);
    put_turn(w, 1, 40, 50, 60, 78);
    all_hold(w);
}

static void
a_story_with_holes_is_not_judged(void **state)
{
    (void)state;
    gbx_invariant result[GBX_INVARIANTS];
    trace_writer *w = two_turns();
    put_acquire(w, 3000, 1, 0, 99, 0);
    writer_lost(w, 2, 3);
    writer_segment(w, 2)->lost = 3;
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_check_all(trace, result, NULL), 0);
    assert_int_equal(result[GBX_INVARIANT_TURNS].looked_at, 0);
    assert_int_equal(result[GBX_INVARIANT_HOLDER].looked_at, 0);
    gbx_trace_close(trace);
}

/* More locks than are followed: nothing is said of the others, and nothing breaks. */
static void
any_number_of_locks_is_borne(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    for (uint32_t i = 0; i < 3000; i++) {
        put_gil(w, i + 1, 1, GBX_EV_GIL_CREATE, UINT32_MAX - i * 7);
    }
    put_turn(w, 1, 5000, 5010, 5020, 1);
    put_turn(w, 2, 5030, 5040, 5050, 2);
    all_hold(w);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(threads_take_turns),
        TEST(locks_are_told_apart),
        TEST(a_lock_has_one_holder),
        TEST(who_does_not_hold_a_lock_cannot_let_go_of_it),
        TEST(a_thread_asks_takes_and_lets_go),
        TEST(a_thread_attaches_once),
        TEST(switches_are_counted_as_the_lock_does),
        TEST(waits_fill_the_gaps),
        TEST(what_was_there_before_is_believed),
        TEST(a_story_with_holes_is_not_judged),
        TEST(any_number_of_locks_is_borne),
    };
    return cmocka_run_group_tests_name("check_gil", tests, NULL, NULL);
}
