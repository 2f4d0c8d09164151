/* Lanes and the story of the lock, from traces whose numbers are known; the picture and the export of them. */

#include "trace_test.h"

#include "chrome.h"
#include "gil_json.h"
#include "gil_picture.h"
#include "gil_records.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static gbx_error error;

static uint64_t
ms(uint64_t n)
{
    return n * 1000000;
}

/* Thread 1 has the lock from 1 to 11 ms, asked by 2, which has it from 12 to 20 and then is outside for 10 ms. */
static trace_writer *
hand_off_of(uint64_t native)
{
    trace_writer *w = writer_new(NULL);
    writer_thread_name(w, 1, native, "first");
    writer_thread_name(w, 2, 502, "second <&>");
    put_gil(w, 1, 1, GBX_EV_GIL_CREATE, 0);
    put_gil(w, 900, 1, GBX_EV_GIL_REQUEST, 0);
    put_acquire(w, 1000, 1, 0, 1, 100);
    put_gil(w, 2000, 2, GBX_EV_GIL_REQUEST, 0);
    at_us(w, 7000);
    PUT(w, 2, (gbx_gil_timeout){ .h = { .event = GBX_EV_GIL_TIMEOUT, .flags = 1 } });
    PUT(w, 2, (gbx_gil_drop){ .h = { .event = GBX_EV_GIL_DROP_REQUEST } });
    put_release(w, 11000, 1, 0, GBX_RELEASE_ASKED);
    put_acquire(w, 12000, 2, 0, 2, 10000);
    put_gil(w, 12100, 1, GBX_EV_GIL_REQUEST, 0);
    put_release(w, 20000, 2, 0, GBX_RELEASE_BLOCKING);
    put_acquire(w, 20500, 1, 0, 3, 8400);
    put_gil(w, 30000, 2, GBX_EV_GIL_REQUEST, 0);
    put_release(w, 31000, 1, 0, GBX_RELEASE_EXIT);
    put_acquire(w, 31250, 2, 0, 4, 1250);
    put_release(w, 32000, 2, 0, GBX_RELEASE_EXIT);
    return w;
}

static trace_writer *
hand_off(void)
{
    return hand_off_of(501);
}

static gbx_gil_story *
tell(const gbx_trace *trace, size_t waits)
{
    gbx_gil_story *story;
    gbx_gil_options options = { .waits = waits };
    if (gbx_gil_tell(&story, trace, &options, &error) != 0) {
        fail_msg("%s", error.message);
    }
    return story;
}

static void
each_thread_has_its_time(void **state)
{
    (void)state;
    gbx_trace *trace = test_open(hand_off());
    gbx_gil_story *story = tell(trace, 10);
    const gbx_gil_thread *first = &story->threads[0], *second = &story->threads[1];
    assert_int_equal(first->ns[GBX_LANE_HOLDS], ms(10) + ms(21) / 2);
    assert_int_equal(first->ns[GBX_LANE_WAITS], 100000 + (20500 - 11000) * UINT64_C(1000));
    assert_int_equal(first->ns[GBX_LANE_OUTSIDE], 0);          /* it was asked: it wants the lock back */
    assert_int_equal(second->ns[GBX_LANE_HOLDS], ms(8) + 750000);
    assert_int_equal(second->ns[GBX_LANE_WAITS], ms(10) + 1250000);
    assert_int_equal(second->ns[GBX_LANE_OUTSIDE], ms(10));
    assert_int_equal(first->takes, 2);
    assert_int_equal(first->asked, 1);
    assert_int_equal(second->asks, 1);
    assert_int_equal(second->timeouts, 1);
    assert_int_equal(story->switches, 3);
    gbx_gil_free(story);
    gbx_trace_close(trace);
}

static void
the_longest_wait_names_the_holder(void **state)
{
    (void)state;
    gbx_trace *trace = test_open(hand_off());
    gbx_gil_story *story = tell(trace, 2);
    assert_int_equal(story->wait_count, 2);
    const gbx_gil_wait_info *wait = &story->waits[0];
    assert_int_equal(wait->ns, ms(10));
    assert_int_equal(wait->stream, 1);
    assert_true(wait->holder_known);
    assert_int_equal(wait->holder, 0);
    assert_int_equal(wait->held_ns, ms(9));                     /* from 2 to 11 ms */
    assert_int_equal(wait->why, GBX_RELEASE_ASKED);
    assert_int_equal(wait->holds, 1);
    assert_int_equal(story->waits[1].ns, 8400000);
    gbx_gil_free(story);
    story = tell(trace, 0);
    assert_int_equal(story->wait_count, 0);
    gbx_gil_free(story);
    gbx_trace_close(trace);
}

static void
hand_offs_are_timed_from_the_release(void **state)
{
    (void)state;
    gbx_trace *trace = test_open(hand_off());
    gbx_gil_story *story = tell(trace, 1);
    assert_int_equal(story->asked.count, 1);
    assert_int_equal(story->asked.most_ns, ms(1));
    assert_int_equal(story->blocking.count, 2);                 /* 500 us, and 250 us after an exit */
    assert_int_equal(story->blocking.most_ns, 500000);
    assert_int_equal(story->uncontended.count, 1);
    assert_int_equal(gbx_latency_at(&story->asked, 0.5), ms(1));
    assert_true(gbx_latency_at(&story->blocking, 0.5) >= 250000);
    assert_true(gbx_latency_at(&story->blocking, 0.5) < 260000);
    gbx_gil_free(story);
    gbx_trace_close(trace);
}

static void
percentiles_are_at_most_three_per_cent_too_large(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){ .segment_size = 1u << 20 });
    uint64_t us = 100;
    put_gil(w, 10, 1, GBX_EV_GIL_REQUEST, 0);
    put_acquire(w, 20, 1, 0, 1, 10);
    for (uint64_t i = 1; i <= 1000; i++) {                      /* hand-offs of 1 to 1000 us */
        uint32_t holder = 2 - (uint32_t)(i % 2), other = 3 - holder;
        put_gil(w, us, other, GBX_EV_GIL_REQUEST, 0);
        put_release(w, us + 10, holder, 0, GBX_RELEASE_ASKED);
        put_acquire(w, us + 10 + i, other, 0, 1 + i, 10 + i);
        us += 20 + i;
    }
    gbx_trace *trace = test_open(w);
    gbx_gil_story *story = tell(trace, 5);
    assert_int_equal(story->asked.count, 1000);
    assert_int_equal(story->asked.most_ns, ms(1));
    for (unsigned per_cent = 1; per_cent <= 100; per_cent++) {
        double exact = 10000.0 * per_cent, got = (double)gbx_latency_at(&story->asked, per_cent / 100.0);
        assert_true(got >= exact && got <= exact * 1.04);
    }
    gbx_gil_free(story);
    gbx_trace_close(trace);
}

static void
functions_are_counted_by_address(void **state)
{
    (void)state;
    gbx_trace *trace = test_open(hand_off());
    gbx_gil_story *story = tell(trace, 1);
    size_t count;
    assert_int_equal(story->caller_count, 1);
    assert_int_equal(story->callers[0].by, 0x1000 + GBX_RELEASE_BLOCKING);
    assert_int_equal(story->callers[0].ns, ms(10));
    gbx_symbols *symbols = gbx_symbols_new();
    gbx_gil_function_sum *sums = gbx_gil_functions(trace, story, symbols, &count);
    assert_int_equal(count, 1);
    assert_false(sums[0].known);
    assert_string_equal(sums[0].name, "at 0x1001");
    free(sums);
    gbx_symbols_free(symbols);
    gbx_gil_free(story);
    gbx_trace_close(trace);
}

static void
a_trace_without_the_lock_has_no_story(void **state)
{
    (void)state;
    gbx_gil_story *story;
    gbx_gil_options options = { .waits = 3 };
    gbx_trace *trace = test_open(test_sample());
    assert_int_equal(gbx_gil_tell(&story, trace, &options, &error), GBX_ERROR_MISSING);
    assert_null(story);
    gbx_trace_close(trace);
}

static void
without_the_lock_threads_run(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    at_us(w, 1000);
    PUT(w, 1, (gbx_attach){ .h = { .event = GBX_EV_ATTACH } });
    at_us(w, 3000);
    PUT(w, 1, (gbx_section){ .h = { .event = GBX_EV_SECTION_CONTENDED }, .mutexes = 1, .address = 8 });
    at_us(w, 3500);
    PUT(w, 1, (gbx_detach){ .h = { .event = GBX_EV_DETACH, .flags = GBX_RELEASE_PARK } });
    at_us(w, 5000);
    PUT(w, 1, (gbx_attach){ .h = { .event = GBX_EV_ATTACH } });
    at_us(w, 5500);
    PUT(w, 1, (gbx_section){ .h = { .event = GBX_EV_SECTION_BEGIN }, .mutexes = 1, .address = 8 });
    at_us(w, 8000);
    PUT(w, 1, (gbx_detach){ .h = { .event = GBX_EV_DETACH, .flags = GBX_RELEASE_STOP } });
    at_us(w, 9000);
    PUT(w, 1, (gbx_attach){ .h = { .event = GBX_EV_ATTACH } });
    at_us(w, 9500);
    PUT(w, 1, (gbx_detach){ .h = { .event = GBX_EV_DETACH, .flags = GBX_RELEASE_BLOCKING } });
    at_us(w, 10000);
    PUT(w, 1, (gbx_attach){ .h = { .event = GBX_EV_ATTACH } });
    gbx_trace *trace = test_open(w);
    gbx_gil_story *story = tell(trace, 1);
    const gbx_gil_thread *thread = &story->threads[0];
    assert_int_equal(thread->ns[GBX_LANE_RUNS], ms(2) + 2500000 + 500000);
    assert_int_equal(thread->ns[GBX_LANE_WAITS], 2500000 + ms(1));
    assert_int_equal(thread->ns[GBX_LANE_OUTSIDE], 500000);
    gbx_gil_free(story);
    gbx_trace_close(trace);
}

/* --------------------------------------------------------- picture and export */

static void
a_picture_shows_who_held_the_lock(void **state)
{
    (void)state;
    char *text = NULL;
    size_t size = 0;
    gbx_trace *trace = test_open(hand_off());
    gbx_gil_story *story = tell(trace, 0), *again;
    gbx_picture *picture = gbx_picture_new(trace, 31, ms(1), ms(32));
    assert_int_equal(gbx_picture_add_row(picture, 1), 0);
    assert_int_equal(gbx_picture_add_row(picture, 0), 0);
    gbx_gil_options options = { .visit = gbx_picture_span, .with = picture };
    assert_int_equal(gbx_gil_tell(&again, trace, &options, &error), 0);
    assert_int_equal(gbx_picture_cell(picture, 1, 5), GBX_LANE_HOLDS);     /* the first thread, at 6 ms */
    assert_int_equal(gbx_picture_cell(picture, 0, 5), GBX_LANE_WAITS);
    assert_int_equal(gbx_picture_cell(picture, 0, 15), GBX_LANE_HOLDS);
    assert_int_equal(gbx_picture_cell(picture, 0, 25), GBX_LANE_OUTSIDE);
    assert_int_equal(gbx_picture_cell(picture, 1, 30), GBX_LANE_AWAY);
    assert_int_equal(gbx_picture_holder(picture, 5), 1);
    assert_int_equal(gbx_picture_holder(picture, 15), 0);
    FILE *to = open_memstream(&text, &size);
    gbx_picture_svg(picture, "a <title>", to);
    fclose(to);
    assert_non_null(strstr(text, "a &lt;title&gt;"));
    assert_non_null(strstr(text, "second &lt;&amp;&gt;"));
    assert_non_null(strstr(text, "</svg>"));
    free(text);
    gbx_picture_free(picture);
    assert_null(gbx_picture_new(trace, 0, 0, 1));
    assert_null(gbx_picture_new(trace, GBX_PICTURE_COLUMNS_MAX + 1, 0, 1));
    gbx_gil_free(again);
    gbx_gil_free(story);
    gbx_trace_close(trace);
}

/* The slices of one track of an export, in order of their ends. */
static json_t *
exported(trace_writer *w, bool without_frames)
{
    char *text = NULL;
    size_t size = 0;
    gbx_chrome_counts counts;
    gbx_chrome_options options = { .without_frames = without_frames };
    gbx_trace *trace = test_open(w);
    gbx_symbols *symbols = gbx_symbols_new();
    FILE *to = open_memstream(&text, &size);
    assert_int_equal(gbx_chrome_write(trace, &options, symbols, to, &counts, &error), 0);
    fclose(to);
    json_t *read = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(read);
    json_t *events = json_object_get(read, "traceEvents");
    assert_int_equal(json_array_size(events), counts.events);
    json_incref(events);
    json_decref(read);
    free(text);
    gbx_symbols_free(symbols);
    gbx_trace_close(trace);
    return events;
}

static size_t
count_slices(const json_t *events, json_int_t tid, const char *name, double dur)
{
    size_t found = 0, i;
    json_t *event;
    json_array_foreach(events, i, event) {
        const char *ph = json_string_value(json_object_get(event, "ph"));
        found += ph != NULL && strcmp(ph, "X") == 0 &&
            json_integer_value(json_object_get(event, "tid")) == tid &&
            strcmp(json_string_value(json_object_get(event, "name")), name) == 0 &&
            json_real_value(json_object_get(event, "dur")) == dur;
    }
    return found;
}

static void
an_export_has_a_track_for_the_lock(void **state)
{
    (void)state;
    json_t *events = exported(hand_off(), false);
    assert_int_equal(count_slices(events, 1, "first", 10000), 1);
    assert_int_equal(count_slices(events, 1, "second <&>", 8000), 1);
    assert_int_equal(count_slices(events, 502, "waits for lock 0", 10000), 1);
    assert_int_equal(count_slices(events, 502, "outside", 10000), 1);
    assert_int_equal(count_slices(events, 501, "holds lock 0", 10000), 0);   /* there may be frames */
    json_decref(events);
    events = exported(hand_off(), true);
    assert_int_equal(count_slices(events, 501, "holds lock 0", 10000), 1);
    json_decref(events);
}

static void
the_lock_s_track_makes_way_for_a_thread_of_its_id(void **state)
{
    (void)state;
    json_t *events = exported(hand_off_of(1), false);
    assert_int_equal(count_slices(events, 1, "first", 10000), 0);
    assert_int_equal(count_slices(events, GBX_CHROME_LOCK_TRACK, "first", 10000), 1);
    json_decref(events);
}

static void
an_export_has_frames_and_marks(void **state)
{
    (void)state;
    static const uint8_t table[] = { 0xf8 };
    trace_writer *w = writer_new(NULL);
    writer_thread_name(w, 1, 501, "only");
    writer_code(w, 2, "outer", "a.py", 1, table, sizeof(table));
    writer_code(w, 3, "inner", "a.py", 5, table, sizeof(table));
    writer_string(w, 9, "here");
    at_us(w, 10);
    writer_push(w, 1, 2, 20);
    at_us(w, 20);
    writer_push(w, 1, 3, 30);
    writer_mark(w, 1, 9, GBX_VALUE_NONE, 0);
    at_us(w, 25);
    writer_pop(w, 1, 3, 30);
    at_us(w, 40);
    writer_pop(w, 1, 2, 20);
    writer_pop(w, 1, 2, 99);                             /* never entered */
    json_t *events = exported(w, false);
    assert_int_equal(count_slices(events, 501, "outer", 30), 1);
    assert_int_equal(count_slices(events, 501, "inner", 5), 1);
    json_decref(events);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_thread_has_its_time),
        TEST(the_longest_wait_names_the_holder),
        TEST(hand_offs_are_timed_from_the_release),
        TEST(percentiles_are_at_most_three_per_cent_too_large),
        TEST(functions_are_counted_by_address),
        TEST(a_trace_without_the_lock_has_no_story),
        TEST(without_the_lock_threads_run),
        TEST(a_picture_shows_who_held_the_lock),
        TEST(an_export_has_a_track_for_the_lock),
        TEST(the_lock_s_track_makes_way_for_a_thread_of_its_id),
        TEST(an_export_has_frames_and_marks),
    };
    return cmocka_run_group_tests_name("gil", tests, NULL, NULL);
}
