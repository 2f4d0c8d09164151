/* The invariants of asyncio: traces where they hold, and where not. */

#include "trace_test.h"

#include "check.h"
#include "trace_writer.h"

#include <string.h>

#define PUT(w, ...)  writer_record(w, 1, &(__VA_ARGS__), sizeof(__VA_ARGS__))
#define TASK    0x1000u
#define OTHER   0x2000u
#define FUTURE  0x3000u
#define HANDLE  0x4000u
#define LOOP    0x5000u

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

#define VIOLATED(w, NAME, n, words)  violated(w, GBX_INVARIANT_##NAME, n, words)

static void
all_hold(trace_writer *w)
{
    static const int which[] = { GBX_INVARIANT_STEPS, GBX_INVARIANT_ENDS, GBX_INVARIANT_HANDLES,
                                 GBX_INVARIANT_ITERATIONS };
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

static void
task_new(trace_writer *w, uint64_t task)
{
    PUT(w, (gbx_aio_task){ .h = { .event = GBX_EV_AIO_TASK_NEW }, .task = task, .loop = LOOP, .number = 1 });
}

static void
future_new(trace_writer *w, uint64_t future)
{
    PUT(w, (gbx_aio_future){ .h = { .event = GBX_EV_AIO_FUTURE_NEW }, .future = future, .loop = LOOP });
}

static void
begin(trace_writer *w, uint64_t task, uint8_t sent, uint64_t by)
{
    PUT(w, (gbx_aio_step){ .h = { .event = GBX_EV_AIO_STEP_BEGIN, .flags = sent }, .task = task, .other = by });
}

static void
end(trace_writer *w, uint64_t task, uint8_t how, uint64_t awaits)
{
    PUT(w, (gbx_aio_step){ .h = { .event = GBX_EV_AIO_STEP_END, .flags = how }, .task = task,
                           .other = awaits });
}

static void
done(trace_writer *w, uint64_t future, uint8_t state)
{
    PUT(w, (gbx_aio_done){ .h = { .event = GBX_EV_AIO_DONE, .flags = state }, .future = future });
}

static void
wakeup(trace_writer *w, uint64_t task, uint64_t future)
{
    PUT(w, (gbx_aio_wakeup){ .h = { .event = GBX_EV_AIO_WAKEUP }, .task = task, .future = future });
}

static void
delivered(trace_writer *w, uint64_t task)
{
    PUT(w, (gbx_aio_delivery){ .h = { .event = GBX_EV_AIO_DELIVERED }, .task = task });
}

static void
gone(trace_writer *w, uint64_t future, bool pending)
{
    PUT(w, (gbx_aio_gone){ .h = { .event = GBX_EV_AIO_GONE, .flags = pending }, .future = future });
}

static void
soon(trace_writer *w, uint64_t handle)
{
    PUT(w, (gbx_aio_schedule){ .h = { .event = GBX_EV_AIO_CALL_SOON }, .handle = handle, .ready = 1 });
}

static void
ready(trace_writer *w, uint64_t handle)
{
    PUT(w, (gbx_aio_ready){ .h = { .event = GBX_EV_AIO_READY }, .handle = handle, .ready = 1 });
}

static void
run(trace_writer *w, uint64_t handle)
{
    PUT(w, (gbx_aio_run){ .h = { .event = GBX_EV_AIO_RUN_BEGIN }, .handle = handle });
}

static void
ran(trace_writer *w, uint64_t handle)
{
    PUT(w, (gbx_aio_run_end){ .h = { .event = GBX_EV_AIO_RUN_END, .flags = 1 }, .handle = handle });
}

static void
iteration(trace_writer *w, uint8_t event, uint64_t loop)
{
    PUT(w, (gbx_aio_iteration){ .h = { .event = event }, .loop = loop });
}

static void
waited(trace_writer *w)
{
    PUT(w, (gbx_aio_select){ .h = { .event = GBX_EV_AIO_SELECT, .flags = GBX_AIO_SELECT_EPOLL }, .timeout = -1 });
}

/* A task's first step, at the end of which it awaits a future. */
static trace_writer *
one_that_awaits(void)
{
    trace_writer *w = writer_new(NULL);
    task_new(w, TASK);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    future_new(w, FUTURE);
    end(w, TASK, GBX_AIO_STEP_AWAITS, FUTURE);
    return w;
}

static void
a_task_lives(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    iteration(w, GBX_EV_AIO_ITERATION_BEGIN, LOOP);
    waited(w);
    soon(w, HANDLE);
    run(w, HANDLE);
    task_new(w, TASK);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    end(w, TASK, GBX_AIO_STEP_YIELDS, 0);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    future_new(w, FUTURE);
    end(w, TASK, GBX_AIO_STEP_AWAITS, FUTURE);
    ran(w, HANDLE);
    done(w, FUTURE, GBX_AIO_STATE_CANCELLED);
    wakeup(w, TASK, FUTURE);
    begin(w, TASK, GBX_AIO_SENT_CANCELLED, FUTURE);
    delivered(w, TASK);
    done(w, TASK, GBX_AIO_STATE_CANCELLED);
    end(w, TASK, GBX_AIO_STEP_CANCELLED, 0);
    gone(w, TASK, false);
    future_new(w, TASK);                                 /* another, at the same address */
    done(w, TASK, GBX_AIO_STATE_RESULT);
    iteration(w, GBX_EV_AIO_ITERATION_END, LOOP);
    all_hold(w);
}

static void
an_eager_task_steps_inside_another(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    iteration(w, GBX_EV_AIO_ITERATION_BEGIN, LOOP);
    waited(w);
    soon(w, HANDLE);
    run(w, HANDLE);
    task_new(w, TASK);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    task_new(w, OTHER);
    begin(w, OTHER, GBX_AIO_SENT_EAGER, 0);
    done(w, OTHER, GBX_AIO_STATE_RESULT);
    end(w, OTHER, GBX_AIO_STEP_RESULT, 0);
    done(w, TASK, GBX_AIO_STATE_RESULT);
    end(w, TASK, GBX_AIO_STEP_RESULT, 0);
    ran(w, 0);                                           /* it does not know which */
    iteration(w, GBX_EV_AIO_ITERATION_END, LOOP);
    all_hold(w);
}

static void
steps_nest(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    task_new(w, TASK);
    task_new(w, OTHER);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    begin(w, OTHER, GBX_AIO_SENT_NONE, 0);
    end(w, TASK, GBX_AIO_STEP_YIELDS, 0);
    VIOLATED(w, STEPS, 1, "a step of task 0x1000 ends, 0x2000 was begun last");
    w = writer_new(NULL);
    end(w, TASK, GBX_AIO_STEP_YIELDS, 0);
    VIOLATED(w, STEPS, 1, "none was begun");
    w = writer_new(NULL);
    task_new(w, TASK);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    VIOLATED(w, STEPS, 1, "task 0x1000 steps, and it does already");
}

static void
a_step_has_a_cause(void **state)
{
    (void)state;
    trace_writer *w = one_that_awaits();
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    VIOLATED(w, STEPS, 1, "nothing woke it");
    w = one_that_awaits();
    wakeup(w, TASK, OTHER);
    VIOLATED(w, STEPS, 1, "woken by 0x2000, which it does not await");
    w = one_that_awaits();
    wakeup(w, TASK, FUTURE);
    begin(w, TASK, GBX_AIO_SENT_NONE, OTHER);
    VIOLATED(w, STEPS, 1, "another future woke it");
    w = one_that_awaits();
    wakeup(w, TASK, FUTURE);
    begin(w, TASK, GBX_AIO_SENT_NONE, FUTURE);
    done(w, TASK, GBX_AIO_STATE_RESULT);
    end(w, TASK, GBX_AIO_STEP_RESULT, 0);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    VIOLATED(w, STEPS, 1, "task 0x1000 steps, and it is done");
}

static void
a_future_that_ends_as_it_is_awaited_wakes_at_once(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    task_new(w, TASK);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    future_new(w, FUTURE);
    done(w, FUTURE, GBX_AIO_STATE_CANCELLED);            /* the task's own request, passed on */
    wakeup(w, TASK, FUTURE);
    end(w, TASK, GBX_AIO_STEP_AWAITS, FUTURE);
    begin(w, TASK, GBX_AIO_SENT_CANCELLED, FUTURE);
    delivered(w, TASK);
    VIOLATED(w, STEPS, 0, "");
}

static void
a_cancellation_is_delivered_by_a_step(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    task_new(w, TASK);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    delivered(w, TASK);
    VIOLATED(w, STEPS, 1, "task 0x1000 is cancelled outside a step");
}

static void
who_is_done_is_done_once(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    future_new(w, FUTURE);
    done(w, FUTURE, GBX_AIO_STATE_RESULT);
    done(w, FUTURE, GBX_AIO_STATE_EXCEPTION);
    VIOLATED(w, ENDS, 1, "future 0x3000 is done (exception), and it was result");
    w = writer_new(NULL);
    future_new(w, FUTURE);
    done(w, FUTURE, GBX_AIO_STATE_PENDING);
    VIOLATED(w, ENDS, 1, "is done (pending)");
    w = one_that_awaits();
    done(w, TASK, GBX_AIO_STATE_RESULT);
    VIOLATED(w, ENDS, 1, "task 0x1000 is done outside its steps");
    w = writer_new(NULL);
    future_new(w, FUTURE);
    gone(w, FUTURE, false);
    VIOLATED(w, ENDS, 1, "future 0x3000 is gone, and it was pending");
}

static void
a_step_ends_as_its_task_does(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    task_new(w, TASK);
    begin(w, TASK, GBX_AIO_SENT_NONE, 0);
    done(w, TASK, GBX_AIO_STATE_RESULT);
    end(w, TASK, GBX_AIO_STEP_EXCEPTION, 0);
    VIOLATED(w, ENDS, 1, "ends a step as exception, and is result");
}

static void
a_handle_runs_once(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    soon(w, HANDLE);
    run(w, HANDLE);
    ran(w, HANDLE);
    run(w, HANDLE);
    VIOLATED(w, HANDLES, 1, "handle 0x4000 runs, and it has run");
    w = writer_new(NULL);
    soon(w, HANDLE);
    PUT(w, (gbx_aio_handle){ .h = { .event = GBX_EV_AIO_HANDLE_CANCEL }, .handle = HANDLE });
    run(w, HANDLE);
    VIOLATED(w, HANDLES, 1, "handle 0x4000 runs, and it was cancelled");
    w = writer_new(NULL);
    soon(w, HANDLE);
    run(w, HANDLE);
    ran(w, OTHER);
    VIOLATED(w, HANDLES, 1, "a run of handle 0x2000 ends, 0x4000 was begun last");
}

static void
a_handle_that_waits_for_io_runs_again(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    soon(w, HANDLE);                                     /* it has run and is gone; a reader's takes its place */
    run(w, HANDLE);
    ran(w, HANDLE);
    for (int i = 0; i < 3; i++) {
        ready(w, HANDLE);
        run(w, HANDLE);
        ran(w, HANDLE);
    }
    VIOLATED(w, HANDLES, 0, "");
}

static void
iterations_nest(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    iteration(w, GBX_EV_AIO_ITERATION_BEGIN, LOOP);
    iteration(w, GBX_EV_AIO_ITERATION_BEGIN, LOOP + 16);
    iteration(w, GBX_EV_AIO_ITERATION_END, LOOP);
    VIOLATED(w, ITERATIONS, 1, "an iteration of loop 0x5000 ends, 0x5010 was begun last");
    w = writer_new(NULL);
    waited(w);
    VIOLATED(w, ITERATIONS, 1, "a loop waits outside its iterations");
}

/* Of what was there before the recording nothing is asked. */
static void
strangers_are_let_pass(void **state)
{
    (void)state;
    gbx_invariant result[GBX_INVARIANTS];
    trace_writer *w = writer_new(NULL);
    begin(w, TASK, GBX_AIO_SENT_NONE, FUTURE);
    done(w, FUTURE, GBX_AIO_STATE_RESULT);
    end(w, TASK, GBX_AIO_STEP_AWAITS, FUTURE);
    run(w, HANDLE);
    ran(w, HANDLE);
    run(w, HANDLE);
    ran(w, HANDLE);
    wakeup(w, OTHER, FUTURE);
    gone(w, OTHER, false);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_check_all(trace, result, NULL), 0);
    assert_int_equal(result[GBX_INVARIANT_STEPS].violations + result[GBX_INVARIANT_ENDS].violations
                     + result[GBX_INVARIANT_HANDLES].violations, 0);
    gbx_trace_close(trace);
}

static void
nothing_is_asked_where_the_class_was_off(void **state)
{
    (void)state;
    gbx_invariant result[GBX_INVARIANTS];
    trace_writer *w = writer_new(&(writer_options){ .mask = GBX_MASK(FRAME) | GBX_MASK(STREAM) });
    future_new(w, FUTURE);
    done(w, FUTURE, GBX_AIO_STATE_RESULT);
    done(w, FUTURE, GBX_AIO_STATE_RESULT);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_check_all(trace, result, NULL), 0);
    assert_int_equal(result[GBX_INVARIANT_ENDS].looked_at, 0);
    assert_int_equal(result[GBX_INVARIANT_ENDS].violations, 0);
    gbx_trace_close(trace);
}

/* More objects than the table begins with, each known for what it is. */
static void
many_are_told_apart(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    for (uint64_t i = 1; i <= 3000; i++) {
        future_new(w, i * 64);
    }
    for (uint64_t i = 1; i <= 3000; i++) {
        done(w, i * 64, GBX_AIO_STATE_RESULT);
    }
    done(w, 64 * 1234, GBX_AIO_STATE_RESULT);
    VIOLATED(w, ENDS, 1, "is done (result), and it was result");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_task_lives),
        TEST(an_eager_task_steps_inside_another),
        TEST(steps_nest),
        TEST(a_step_has_a_cause),
        TEST(a_future_that_ends_as_it_is_awaited_wakes_at_once),
        TEST(a_cancellation_is_delivered_by_a_step),
        TEST(who_is_done_is_done_once),
        TEST(a_step_ends_as_its_task_does),
        TEST(a_handle_runs_once),
        TEST(a_handle_that_waits_for_io_runs_again),
        TEST(iterations_nest),
        TEST(strangers_are_let_pass),
        TEST(nothing_is_asked_where_the_class_was_off),
        TEST(many_are_told_apart),
    };
    return cmocka_run_group_tests_name("check_aio", tests, NULL, NULL);
}
