/* Windows and spans of station 3, in traces written for the purpose: what two threads did at once, to the
   nanosecond. */

#include "trace_test.h"

#include "finding.h"
#include "../../stations/3-gil/spans.h"

#define PUT(w, thread, ...)  writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))

enum { S_PART = 1, S_WORK, S_OTHER };
enum { C_LOOP = 10, C_ELSEWHERE };
enum { FIRST, SECOND, THIRD };

typedef struct {
    gbx_trace *trace;
    gbx_run run;
    gbx_look look;
    gbx_finding *finding;
    gbx_spans spans;
    gbx_window windows[4];
    size_t count;
} fixture;

static trace_writer *
begin(void)
{
    trace_writer *w = writer_new(NULL);
    writer_string(w, S_PART, "part");
    writer_string(w, S_WORK, "work");
    writer_string(w, S_OTHER, "other");
    writer_code(w, C_LOOP, "loop", "mine.py", 1, NULL, 0);
    writer_code(w, C_ELSEWHERE, "elsewhere", "mine.py", 9, NULL, 0);
    return w;
}

static void
at(trace_writer *w, uint64_t ns)
{
    writer_clock(w, WRITER_START + ns);
}

static void
say(trace_writer *w, uint64_t ns, uint32_t text)
{
    at(w, ns);
    writer_mark(w, FIRST, S_PART, GBX_VALUE_STRING, text);
}

static void
take(trace_writer *w, uint64_t ns, uint32_t thread, uint32_t lock)
{
    at(w, ns);
    PUT(w, thread, (gbx_gil_acquire){ .h = { .event = GBX_EV_GIL_ACQUIRE }, .lock = lock, .from = GBX_NO_THREAD });
}

static void
let_go(trace_writer *w, uint64_t ns, uint32_t thread, uint32_t lock, uint32_t code)
{
    at(w, ns);
    PUT(w, thread, (gbx_gil_release){ .h = { .event = GBX_EV_GIL_RELEASE, .flags = GBX_RELEASE_BLOCKING },
                                       .lock = lock, .code = code });
}

static fixture *
look_at(trace_writer *w)
{
    static fixture it;
    it = (fixture){ .trace = test_open(w), .finding = gbx_finding_new() };
    it.run = (gbx_run){ .trace = it.trace };
    it.look = (gbx_look){ .trace = it.trace, .runs = &it.run, .run_count = 1 };
    it.count = gbx_windows_find(&it.look, it.finding, "part", "work", it.windows, 4);
    return &it;
}

static fixture *
spans_of(trace_writer *w)
{
    fixture *it = look_at(w);
    assert_true(gbx_spans_read(&it->spans, &it->look, it->finding));
    assert_int_equal(it->count, 1);
    return it;
}

static void
done(fixture *it)
{
    gbx_spans_clear(&it->spans);
    gbx_finding_free(it->finding);
    gbx_trace_close(it->trace);
}

static const gbx_spans_of holds = { .lanes = GBX_SPANS_HOLDS };

/* --------------------------------------------------------------------- windows */

static void
a_window_goes_from_its_mark_to_the_next_of_that_name(void **state)
{
    (void)state;
    trace_writer *w = begin();
    say(w, 100, S_WORK);
    say(w, 250, S_OTHER);
    say(w, 300, S_WORK);
    say(w, 350, S_WORK);
    say(w, 360, S_OTHER);
    fixture *it = look_at(w);
    assert_int_equal(it->count, 3);
    assert_int_equal(it->windows[0].end_ns - it->windows[0].begin_ns, 150);
    assert_int_equal(it->windows[1].end_ns - it->windows[1].begin_ns, 50);
    assert_ptr_equal(gbx_windows_best(it->windows, it->count), &it->windows[2]);
    done(it);
}

static void
a_window_that_nobody_ends_is_none(void **state)
{
    (void)state;
    trace_writer *w = begin();
    say(w, 100, S_OTHER);
    say(w, 200, S_WORK);
    fixture *it = look_at(w);
    assert_int_equal(it->count, 0);
    assert_int_equal(it->finding->items[0].kind, GBX_ITEM_INSUFFICIENT);
    done(it);
}

/* ----------------------------------------------------------------------- spans */

/* From 100 to 300 a window; the first thread holds lock 0 from 50 to 200, the second lock 1 from 150 to 400. */
static trace_writer *
two_locks(void)
{
    trace_writer *w = begin();
    take(w, 50, FIRST, 0);
    say(w, 100, S_WORK);
    take(w, 150, SECOND, 1);
    let_go(w, 200, FIRST, 0, C_LOOP);
    take(w, 260, FIRST, 0);
    say(w, 300, S_OTHER);
    let_go(w, 400, SECOND, 1, C_LOOP);
    return w;
}

static void
time_is_that_of_the_window(void **state)
{
    (void)state;
    fixture *it = spans_of(two_locks());
    const gbx_spans_of second = { .lanes = GBX_SPANS_HOLDS, .one_stream = true, .stream = 1 };
    assert_int_equal(gbx_spans_time(&it->spans, it->windows, &holds), 100 + 40 + 150);
    assert_int_equal(gbx_spans_time(&it->spans, it->windows, &second), 150);
    done(it);
}

static void
two_at_once_are_an_overlap_and_either_is_cover(void **state)
{
    (void)state;
    fixture *it = spans_of(two_locks());
    assert_int_equal(gbx_spans_overlap(&it->spans, it->windows, &holds), 50 + 40);
    assert_int_equal(gbx_spans_cover(&it->spans, it->windows, &holds), 200);
    done(it);
}

static void
each_lock_is_asked_about_by_itself(void **state)
{
    (void)state;
    gbx_held_lock locks[4];
    fixture *it = spans_of(two_locks());
    const gbx_spans_of one = { .lanes = GBX_SPANS_HOLDS, .one_lock = true, .lock = 1 };
    assert_int_equal(gbx_spans_overlap(&it->spans, it->windows, &one), 0);
    assert_int_equal(gbx_spans_time(&it->spans, it->windows, &one), 150);
    assert_int_equal(gbx_spans_locks(&it->spans, it->windows, locks, 4), 2);
    assert_int_equal(locks[0].held_ns + locks[1].held_ns, 290);
    done(it);
}

static void
the_pair_is_of_two_threads_and_the_longest(void **state)
{
    (void)state;
    gbx_span_of_lane pair[2];
    fixture *it = spans_of(two_locks());
    assert_true(gbx_spans_pair(&it->spans, it->windows, &holds, pair));
    assert_int_not_equal(pair[0].stream, pair[1].stream);
    const gbx_span_of_lane *first = pair[0].stream == 0 ? &pair[0] : &pair[1];
    assert_int_equal(first->end_ns - first->begin_ns, 150);
    size_t event = gbx_spans_event(&it->spans, first->stream, first->begin_ns);
    assert_int_equal(gbx_trace_event(it->trace, event), GBX_EV_GIL_ACQUIRE);
    done(it);
}

static void
who_follows_at_once_is_no_overlap(void **state)
{
    (void)state;
    gbx_span_of_lane pair[2];
    trace_writer *w = begin();
    say(w, 100, S_WORK);
    take(w, 110, FIRST, 0);
    let_go(w, 150, FIRST, 0, C_LOOP);
    take(w, 150, SECOND, 0);
    let_go(w, 190, SECOND, 0, C_LOOP);
    say(w, 200, S_OTHER);
    fixture *it = spans_of(w);
    assert_int_equal(gbx_spans_overlap(&it->spans, it->windows, &holds), 0);
    assert_int_equal(gbx_spans_cover(&it->spans, it->windows, &holds), 80);
    assert_false(gbx_spans_pair(&it->spans, it->windows, &holds, pair));
    done(it);
}

static void
outside_is_of_the_function_that_let_go(void **state)
{
    (void)state;
    trace_writer *w = begin();
    take(w, 50, FIRST, 0);
    say(w, 100, S_WORK);
    let_go(w, 120, FIRST, 0, C_LOOP);
    take(w, 130, SECOND, 0);
    let_go(w, 140, SECOND, 0, C_ELSEWHERE);
    take(w, 170, FIRST, 0);
    say(w, 200, S_OTHER);
    fixture *it = spans_of(w);
    const gbx_spans_of any = { .lanes = GBX_SPANS_OUTSIDE };
    const gbx_spans_of loop = { .lanes = GBX_SPANS_OUTSIDE, .function = "loop" };
    assert_int_equal(gbx_spans_time(&it->spans, it->windows, &any), 50 + 60);
    assert_int_equal(gbx_spans_time(&it->spans, it->windows, &loop), 50);
    assert_int_equal(gbx_spans_cover_two(&it->spans, it->windows, &holds, &loop), 100);
    done(it);
}

static void
three_at_once_count_as_two(void **state)
{
    (void)state;
    trace_writer *w = begin();
    say(w, 100, S_WORK);
    take(w, 110, FIRST, 0);
    take(w, 120, SECOND, 1);
    take(w, 130, THIRD, 2);
    let_go(w, 160, FIRST, 0, C_LOOP);
    let_go(w, 170, SECOND, 1, C_LOOP);
    let_go(w, 180, THIRD, 2, C_LOOP);
    say(w, 200, S_OTHER);
    fixture *it = spans_of(w);
    assert_int_equal(gbx_spans_overlap(&it->spans, it->windows, &holds), 50);
    assert_int_equal(gbx_spans_cover(&it->spans, it->windows, &holds), 70);
    done(it);
}

static void
a_trace_without_the_lock_has_no_spans(void **state)
{
    (void)state;
    trace_writer *w = begin();
    say(w, 100, S_WORK);
    say(w, 200, S_OTHER);
    fixture *it = look_at(w);
    assert_false(gbx_spans_read(&it->spans, &it->look, it->finding));
    assert_int_equal(it->finding->items[0].kind, GBX_ITEM_INSUFFICIENT);
    done(it);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_window_goes_from_its_mark_to_the_next_of_that_name),
        TEST(a_window_that_nobody_ends_is_none),
        TEST(time_is_that_of_the_window),
        TEST(two_at_once_are_an_overlap_and_either_is_cover),
        TEST(each_lock_is_asked_about_by_itself),
        TEST(the_pair_is_of_two_threads_and_the_longest),
        TEST(who_follows_at_once_is_no_overlap),
        TEST(outside_is_of_the_function_that_let_go),
        TEST(three_at_once_count_as_two),
        TEST(a_trace_without_the_lock_has_no_spans),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
