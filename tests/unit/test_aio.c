/* The story of asyncio, from traces whose numbers are known; one task of it, and the diagram of an await. */

#include "trace_test.h"

#include "aio_diagram.h"
#include "aio_follow.h"
#include "aio_inside.h"
#include "aio_json.h"
#include "aio_records.h"

#include <stdio.h>
#include <string.h>

#define WAITER  UINT64_C(0x1000)
#define SETTER  UINT64_C(0x2000)
#define FUTURE  UINT64_C(0x3000)

static gbx_error error;

/* A waiter awaits a future at 110 us; a setter sets it at 300, and goes on to 500; the loop looks at files for
   1 ms; the waiter has its turn from 1600 to 1700, and ends. */
static void
put_await(trace_writer *w)
{
    writer_code(w, 2, "work", "a.py", 7, "", 0);
    put_loop(w, 0, 1, LOOP);
    put_task(w, 10, 1, WAITER, 1);
    put_soon(w, 11, 1, 0x100, WAITER, 1);
    put_task(w, 20, 1, SETTER, 2);
    put_soon(w, 21, 1, 0x110, SETTER, 2);
    put_round(w, 90, 1, GBX_EV_AIO_ITERATION_BEGIN, 2);
    put_select(w, 95, 1, 0, 0);
    put_run(w, 99, 1, 0x100, WAITER);
    put_begin(w, 100, 1, WAITER, GBX_AIO_SENT_NONE, 0);
    put_end(w, 110, 1, WAITER, GBX_AIO_STEP_AWAITS, FUTURE);
    put_ran(w, 111, 1, 0x100);
    put_run(w, 198, 1, 0x110, SETTER);
    put_begin(w, 200, 1, SETTER, GBX_AIO_SENT_NONE, 0);
    put_done(w, 300, 1, FUTURE, GBX_AIO_STATE_RESULT);
    put_wakeup(w, 301, 1, WAITER, FUTURE);
    put_soon(w, 302, 1, 0x120, WAITER, 1);
    put_end(w, 500, 1, SETTER, GBX_AIO_STEP_AWAITS, 0x3100);
    put_ran(w, 501, 1, 0x110);
    put_round(w, 502, 1, GBX_EV_AIO_ITERATION_END, 1);
    put_round(w, 503, 1, GBX_EV_AIO_ITERATION_BEGIN, 1);
    put_select(w, 1550, 1, 1000, 3);
    put_run(w, 1590, 1, 0x120, WAITER);
    put_begin(w, 1600, 1, WAITER, GBX_AIO_SENT_NONE, FUTURE);
    put_done(w, 1690, 1, WAITER, GBX_AIO_STATE_RESULT);
    put_end(w, 1700, 1, WAITER, GBX_AIO_STEP_RESULT, 0);
    put_ran(w, 1701, 1, 0x120);
    put_run(w, 1800, 1, 0x130, 0);
    put_ran(w, 1850, 1, 0x130);
    put_round(w, 1900, 1, GBX_EV_AIO_ITERATION_END, 0);
    put_loop(w, 2000, 1, 0);
}

static gbx_trace *
await_trace(void)
{
    trace_writer *w = writer_new(NULL);
    put_await(w);
    return test_open(w);
}

static gbx_aio_story *
tell(const gbx_trace *trace, size_t turns)
{
    gbx_aio_story *story;
    gbx_aio_options options = { .turns = turns };
    if (gbx_aio_tell(&story, trace, &options, &error) != 0) {
        fail_msg("%s", error.message);
    }
    return story;
}

static void
a_loops_time_is_divided(void **state)
{
    (void)state;
    gbx_trace *trace = await_trace();
    gbx_aio_story *story = tell(trace, 4);
    assert_int_equal(story->loop_count, 1);
    const gbx_aio_loop_info *loop = &story->loops[0];
    assert_true(loop->rounds_told);
    assert_int_equal(loop->running_ns, 2000000);
    assert_int_equal(loop->rounds, 2);
    assert_int_equal(loop->waits, 1);
    assert_int_equal(loop->io_events, 3);
    assert_int_equal(loop->select_ns, 1000000);
    assert_int_equal(loop->steps, 3);
    assert_int_equal(loop->step_ns, 10000 + 300000 + 100000);
    assert_int_equal(loop->callback_ns, 50000);
    assert_int_equal(gbx_aio_own_ns(loop), 2000000 - 1000000 - 410000 - 50000);
    assert_int_equal(loop->runs, 4);
    assert_int_equal(loop->deepest, 2);
    assert_int_equal(loop->tasks, 2);
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
a_task_is_ready_from_its_wake_up_to_its_step(void **state)
{
    (void)state;
    gbx_trace *trace = await_trace();
    gbx_aio_story *story = tell(trace, 4);
    assert_int_equal(story->task_count, 2);
    const gbx_aio_task_info *waiter = &story->tasks[0];
    assert_true(waiter->born);
    assert_int_equal(waiter->steps, 2);
    assert_int_equal(waiter->step_ns, 110000);
    assert_int_equal(waiter->longest_ns, 100000);
    assert_int_equal(waiter->wakes, 2);                         /* made at 10, runs at 100; woken at 301 */
    assert_int_equal(waiter->ready_ns, (100 - 10 + 1600 - 301) * 1000);
    assert_int_equal(waiter->ready_most_ns, (1600 - 301) * 1000);
    assert_int_equal(waiter->awaits_ns, (301 - 110) * 1000);
    assert_int_equal(waiter->state, GBX_AIO_STATE_RESULT);
    assert_int_equal(story->tasks[1].state, GBX_AIO_STATE_PENDING);
    assert_int_equal(story->loops[0].wake_to_run.count, 3);
    assert_int_equal(story->loops[0].wake_to_run.most_ns, (1600 - 301) * 1000);
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
the_longest_turns_come_first_with_who_waited(void **state)
{
    (void)state;
    gbx_trace *trace = await_trace();
    gbx_aio_story *story = tell(trace, 3);
    assert_int_equal(story->turn_count, 3);
    assert_int_equal(story->turns[0].ns, 300000);
    assert_int_equal(story->turns[0].task, 1);
    assert_int_equal(story->turns[0].waiting, 1);               /* the waiter was woken in it */
    assert_int_equal(story->turns[1].ns, 100000);
    assert_int_equal(story->turns[2].ns, 50000);
    assert_int_equal(story->turns[2].task, GBX_AIO_NONE);       /* a callback */
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
an_eager_task_steps_inside_anothers_step(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_loop(w, 0, 1, LOOP);
    put_task(w, 10, 1, WAITER, 1);
    put_begin(w, 20, 1, WAITER, GBX_AIO_SENT_NONE, 0);
    put_task(w, 30, 1, SETTER, 2);
    put_begin(w, 40, 1, SETTER, GBX_AIO_SENT_EAGER, 0);
    put_end(w, 60, 1, SETTER, GBX_AIO_STEP_RESULT, 0);
    put_end(w, 100, 1, WAITER, GBX_AIO_STEP_RESULT, 0);
    put_loop(w, 200, 1, 0);
    gbx_trace *trace = test_open(w);
    gbx_aio_story *story = tell(trace, 4);
    assert_int_equal(story->tasks[1].step_ns, 20000);
    assert_int_equal(story->tasks[0].step_ns, 80000);
    assert_int_equal(story->loops[0].step_ns, 80000);           /* once */
    assert_int_equal(story->turn_count, 1);
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
an_address_that_is_used_again_is_another_task(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    for (uint32_t i = 0; i < 3; i++) {
        put_task(w, 100 * i + 10, 1, WAITER, i + 1);
        put_begin(w, 100 * i + 20, 1, WAITER, GBX_AIO_SENT_NONE, 0);
        put_end(w, 100 * i + 30, 1, WAITER, GBX_AIO_STEP_RESULT, 0);
        put_gone(w, 100 * i + 40, 1, WAITER);
    }
    gbx_trace *trace = test_open(w);
    gbx_aio_story *story = tell(trace, 0);
    char name[32];
    assert_int_equal(story->task_count, 3);
    assert_string_equal(gbx_aio_name(trace, &story->tasks[2], name, sizeof(name)), "Task-3");
    assert_int_equal(story->tasks[2].steps, 1);
    assert_int_equal(story->turn_count, 0);
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
a_task_that_was_there_before_is_known_by_its_steps(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    char name[32];
    put_end(w, 10, 1, WAITER, GBX_AIO_STEP_AWAITS, FUTURE);    /* the step that was running */
    put_begin(w, 20, 1, WAITER, GBX_AIO_SENT_NONE, FUTURE);
    put_end(w, 30, 1, WAITER, GBX_AIO_STEP_YIELDS, 0);
    put_begin(w, 50, 1, WAITER, GBX_AIO_SENT_NONE, 0);
    gbx_trace *trace = test_open(w);
    gbx_aio_story *story = tell(trace, 4);
    assert_int_equal(story->task_count, 1);
    assert_false(story->tasks[0].born);
    assert_string_equal(gbx_aio_name(trace, &story->tasks[0], name, sizeof(name)), "a task");
    assert_int_equal(story->tasks[0].steps, 1);
    assert_int_equal(story->tasks[0].ready_ns, 20000);          /* since it gave way */
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
another_loop_tells_of_tasks_alone(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_loop(w, 0, 1, LOOP);
    put_task(w, 10, 1, WAITER, 1);
    put_begin(w, 20, 1, WAITER, GBX_AIO_SENT_NONE, 0);
    put_end(w, 70, 1, WAITER, GBX_AIO_STEP_RESULT, 0);
    put_loop(w, 100, 1, 0);
    gbx_trace *trace = test_open(w);
    gbx_aio_story *story = tell(trace, 1);
    assert_false(story->loops[0].rounds_told);
    assert_int_equal(story->loops[0].running_ns, 100000);
    assert_int_equal(story->loops[0].step_ns, 50000);
    assert_int_equal(gbx_aio_own_ns(&story->loops[0]), 0);
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
a_story_may_be_of_a_part(void **state)
{
    (void)state;
    gbx_trace *trace = await_trace();
    gbx_aio_story *story;
    size_t setter = 0;
    while (gbx_trace_event(trace, setter) != GBX_EV_AIO_DONE) {
        setter++;
    }
    gbx_aio_options options = { .turns = 2, .begin = setter, .end = setter + 5 };
    assert_int_equal(gbx_aio_tell(&story, trace, &options, &error), 0);
    assert_int_equal(story->events, 5);
    assert_int_equal(story->begin_ns, 300000);
    gbx_aio_free(story);
    options.begin = options.end = gbx_trace_count(trace);
    assert_int_equal(gbx_aio_tell(&story, trace, &options, &error), GBX_ERROR_MISSING);
    assert_null(story);
    gbx_trace_close(trace);
}

static void
a_trace_without_such_events_is_refused(void **state)
{
    (void)state;
    gbx_aio_story *story;
    gbx_trace *trace = test_open(test_sample());
    assert_int_equal(gbx_aio_tell(&story, trace, &(gbx_aio_options){ .turns = 1 }, &error), GBX_ERROR_MISSING);
    assert_null(story);
    gbx_trace_close(trace);
}

/* A step of 100 us: 10 of its own, 60 in a callee, 30 in the same function again; for 20 us without the lock. */
static void
a_turn_names_the_function_that_most_of_it_was_spent_in(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_loop(w, 0, 1, LOOP);
    put_task(w, 10, 1, WAITER, 1);
    put_begin(w, 100, 1, WAITER, GBX_AIO_SENT_NONE, 0);
    writer_push(w, 1, 2, 7);
    writer_clock(w, WRITER_START + 110000);
    writer_push(w, 1, 3, 8);
    writer_clock(w, WRITER_START + 120000);
    PUT(w, 1, (gbx_gil_release){ .h = { .event = GBX_EV_GIL_RELEASE, .arg = 4 }, .code = 3, .by = 77 });
    writer_clock(w, WRITER_START + 140000);
    PUT(w, 1, (gbx_gil_acquire){ .h = { .event = GBX_EV_GIL_ACQUIRE } });
    writer_clock(w, WRITER_START + 170000);
    writer_pop(w, 1, 3, 8);
    put_end(w, 200, 1, WAITER, GBX_AIO_STEP_RESULT, 0);
    writer_push(w, 1, 9, 9);                                    /* not in it any more */
    gbx_trace *trace = test_open(w);
    gbx_aio_story *story = tell(trace, 1);
    gbx_aio_inside inside = gbx_aio_look_inside(trace, &story->turns[0]);
    assert_int_equal(inside.code, 3);
    assert_int_equal(inside.own_ns, 60000);
    assert_int_equal(inside.outside_ns, 20000);
    assert_int_equal(inside.let_go.code, 3);
    assert_int_equal(inside.let_go.offset, 4);
    assert_int_equal(inside.by, 77);
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
a_turn_without_frames_names_no_function(void **state)
{
    (void)state;
    gbx_trace *trace = await_trace();
    gbx_aio_story *story = tell(trace, 1);
    gbx_aio_inside inside = gbx_aio_look_inside(trace, &story->turns[0]);
    assert_int_equal(inside.code, 0);
    assert_int_equal(inside.let_go.code, 0);
    assert_int_equal(inside.outside_ns, 0);
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

/* --------------------------------------------------------------------- one task */

typedef struct {
    size_t count;
    char text[2000];
} collected;

static void
collect(void *with, const gbx_aio_moment *moment)
{
    collected *to = with;
    size_t used = strlen(to->text);
    to->count++;
    snprintf(to->text + used, sizeof(to->text) - used, "%s\n", moment->text);
}

static void
a_task_tells_what_it_awaits_and_who_woke_it(void **state)
{
    (void)state;
    gbx_trace *trace = await_trace();
    gbx_aio_story *story = tell(trace, 0);
    collected told = { 0 };
    gbx_aio_follow(trace, story, 0, collect, &told);
    assert_string_equal(told.text,
        "made at work\n"
        "in the queue, as number 1\n"
        "step 1, 90.0 us after it was ready: goes on at work\n"
        "  ran 10.0 us; awaits a ? at work\n"
        "what it awaits is done: result\n"
        "in the queue, as number 1\n"
        "step 2, 1.30 ms after it was ready: goes on at work\n"
        "  ran 100 us; done: returns (?)\n");
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
an_await_is_found_and_drawn(void **state)
{
    (void)state;
    gbx_trace *trace = await_trace();
    gbx_aio_story *story = tell(trace, 0);
    gbx_aio_await await;
    char text[4096];
    assert_true(gbx_aio_find_await(trace, &story->tasks[0], 1, &await));
    assert_int_equal(await.waited_ns, (301 - 110) * 1000);
    assert_int_equal(await.ready_ns, (1600 - 301) * 1000);
    assert_false(gbx_aio_find_await(trace, &story->tasks[0], 2, &await));
    assert_false(gbx_aio_find_await(trace, &story->tasks[1], 0, &await));
    assert_true(gbx_aio_find_await(trace, &story->tasks[0], 0, &await));
    size_t length = gbx_aio_diagram(trace, &story->tasks[0], &await, text, sizeof(text));
    assert_int_equal(length, strlen(text));
    assert_string_equal(text,
        "       us Task-1                what it awaits      loop\n"
        "      0.0 step begins                               │\n"
        "          awaits ─────────────▶ adds the wake-up    │\n"
        "          work                  │                   │\n"
        "     10.0 step ends ──────────────────────────────▶ goes on\n"
        "    200.0 │                     done: result ◀───── a callback\n"
        "    202.0 │                     call_soon() ──────▶ queue: number 1\n"
        "    400.0 │                     │                   its step ends\n"
        "          │                     │                   waits 1.00 ms\n"
        "          │                     │                   next round\n"
        "   1500.0 step begins ◀──────────────────────────── runs it\n");
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
a_diagram_that_does_not_fit_ends_after_a_line(void **state)
{
    (void)state;
    gbx_trace *trace = await_trace();
    gbx_aio_story *story = tell(trace, 0);
    gbx_aio_await await;
    assert_true(gbx_aio_find_await(trace, &story->tasks[0], 1, &await));
    for (size_t size = 1; size < 900; size += 7) {
        char text[900];
        memset(text, 'x', sizeof(text));
        size_t length = gbx_aio_diagram(trace, &story->tasks[0], &await, text, size);
        assert_true(length < size);
        assert_int_equal(text[length], '\0');
        assert_true(length == 0 || text[length - 1] == '\n');
    }
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

static void
the_story_as_json_has_the_same_numbers(void **state)
{
    (void)state;
    gbx_trace *trace = await_trace();
    gbx_aio_story *story = tell(trace, 2);
    json_t *whole = gbx_aio_json(trace, story);
    assert_non_null(whole);
    json_t *loop = json_array_get(json_object_get(whole, "loops"), 0);
    assert_int_equal(json_integer_value(json_object_get(loop, "select_ns")), 1000000);
    assert_int_equal(json_integer_value(json_object_get(loop, "rounds")), 2);
    assert_int_equal(json_array_size(json_object_get(whole, "tasks")), 2);
    assert_int_equal(json_array_size(json_object_get(whole, "turns")), 2);
    json_decref(whole);
    whole = gbx_aio_task_json(trace, story, 0);
    assert_int_equal(json_array_size(json_object_get(whole, "moments")), 8);
    json_decref(whole);
    gbx_aio_free(story);
    gbx_trace_close(trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_loops_time_is_divided),
        TEST(a_task_is_ready_from_its_wake_up_to_its_step),
        TEST(the_longest_turns_come_first_with_who_waited),
        TEST(an_eager_task_steps_inside_anothers_step),
        TEST(an_address_that_is_used_again_is_another_task),
        TEST(a_task_that_was_there_before_is_known_by_its_steps),
        TEST(another_loop_tells_of_tasks_alone),
        TEST(a_turn_names_the_function_that_most_of_it_was_spent_in),
        TEST(a_turn_without_frames_names_no_function),
        TEST(a_story_may_be_of_a_part),
        TEST(a_trace_without_such_events_is_refused),
        TEST(a_task_tells_what_it_awaits_and_who_woke_it),
        TEST(an_await_is_found_and_drawn),
        TEST(a_diagram_that_does_not_fit_ends_after_a_line),
        TEST(the_story_as_json_has_the_same_numbers),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
