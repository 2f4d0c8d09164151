/* What one reads in a sound trace: its events in order, its fields, its threads, its losses. */

#include "trace_test.h"

#include "show.h"

#include <string.h>

/* ------------------------------------------------------------------- events */

static void
trace_holds_the_events_that_were_written(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 7, 0x10);
    writer_pop(w, 1, 7, 0x10);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 2);
    assert_int_equal(gbx_trace_event(trace, 0), GBX_EV_FRAME_PUSH);
    assert_int_equal(gbx_trace_event(trace, 1), GBX_EV_FRAME_POP);
    const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)gbx_trace_record(trace, 1);
    assert_int_equal(edge->code, 7);
    assert_int_equal(edge->frame, 0x10);
    assert_int_equal(test_walk(trace), 2);
    gbx_trace_close(trace);
}

static void
trace_without_a_segment_is_sound_and_empty(void **state)
{
    (void)state;
    gbx_trace *trace = test_open(writer_new(NULL));
    assert_int_equal(gbx_trace_count(trace), 0);
    assert_int_equal(gbx_trace_stream_count(trace), 0);
    assert_int_equal(test_walk(trace), 0);
    gbx_trace_close(trace);
}

/* A caller's mistake must not become a wild pointer. */
static void
a_position_beyond_the_end_has_an_empty_event(void **state)
{
    (void)state;
    for (int events = 0; events < 2; events++) {
        char text[64];
        trace_writer *w = writer_new(NULL);
        if (events > 0) {
            writer_push(w, 1, 2, 3);
        }
        gbx_trace *trace = test_open(w);
        static const size_t places[] = { 1, 1024, SIZE_MAX };
        for (size_t i = 0; i < 3; i++) {
            size_t at = events == 0 ? places[i] - 1 : places[i];
            assert_int_equal(gbx_trace_event(trace, at), GBX_EV_STREAM_LOST);
            assert_int_equal(gbx_trace_where(trace, at).t_ns, 0);
            gbx_show_fields(trace, at, text, sizeof(text));
            gbx_show_place(trace, at, text, sizeof(text));
            assert_string_equal(gbx_trace_field(trace, at, 99).name, "");
            assert_int_equal(gbx_trace_running(trace, at).code, 0);
        }
        gbx_trace_close(trace);
    }
}

static void
trace_as_large_as_the_interpreter_writes_it_is_read(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){
        .granule = GBX_GRANULE, .header_size = GBX_HEADER_SIZE });
    for (uint32_t i = 0; i < 20000; i++) {               // 320000 bytes: 20 segments
        writer_push(w, 0, 2, i);
    }
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 20000);
    for (size_t at = 0; at < 20000; at++) {
        assert_int_equal(test_field(trace, at, "frame"), at);
    }
    assert_true(gbx_trace_stream(trace, 0)->whole);
    gbx_trace_close(trace);
}

/* Positions far apart in any order: whatever a reader keeps decoded, each gives its own event. */
static void
events_are_the_same_in_whatever_order_they_are_asked_for(void **state)
{
    (void)state;
    enum { COUNT = 30000 };
    trace_writer *w = writer_new(NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        writer_push(w, i % 3, 2, i);
    }
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), COUNT);
    for (uint64_t i = 0; i < COUNT; i++) {
        size_t at = (size_t)(i * 7919 % COUNT);          // 7919 is prime: every position once
        assert_int_equal(test_field(trace, at, "frame"), at);
        gbx_where where = gbx_trace_where(trace, at);
        assert_int_equal(where.thread, at % 3);
        assert_int_equal(where.t_ns, at * 10);
    }
    gbx_trace_close(trace);
}

static void
threads_are_merged_by_time(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    static const uint32_t threads[] = { 3, 1, 1, 2, 3, 2, 1 };
    for (uint32_t i = 0; i < 7; i++) {
        writer_push(w, threads[i], 2, i);
    }
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 7);
    assert_int_equal(gbx_trace_stream_count(trace), 3);
    for (uint32_t i = 0; i < 7; i++) {
        assert_int_equal(test_field(trace, i, "frame"), i);
        assert_int_equal(gbx_trace_where(trace, i).thread, threads[i]);
        assert_int_equal(gbx_trace_where(trace, i).t_ns, i * 10);
    }
    gbx_trace_close(trace);
}

static void
order_within_a_thread_stays_where_its_clock_runs_backwards(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_clock(w, WRITER_START + 500);
    writer_push(w, 1, 2, 0);
    writer_clock(w, WRITER_START + 600);
    writer_push(w, 1, 2, 1);
    ((gbx_head *)(void *)(writer_bytes(w) + writer_size(w) - 4096 + sizeof(gbx_segment) + 16))->dt = 0;
    writer_clock(w, WRITER_START + 550);
    writer_push(w, 2, 2, 2);
    gbx_trace *trace = test_open(w);
    assert_int_equal(test_field(trace, 0, "frame"), 0);
    assert_int_equal(test_field(trace, 1, "frame"), 1);
    assert_int_equal(test_field(trace, 2, "frame"), 2);
    assert_true(gbx_trace_where(trace, 1).t_ns >= gbx_trace_where(trace, 0).t_ns);
    gbx_trace_close(trace);
}

static void
segments_of_a_thread_are_put_in_order_by_their_sequence(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 100);
    writer_segment(w, 1)->sequence = 1;                  // lies first in the file
    writer_segment(w, 1)->base = (gbx_instant){ WRITER_START + 50, WRITER_START + 50, 0 };
    writer_take(w, GBX_SEGMENT_EVENTS, 1);
    writer_clock(w, WRITER_START + 10);
    writer_push(w, 1, 2, 99);
    writer_segment(w, 1)->sequence = 0;
    gbx_trace *trace = test_open(w);
    assert_int_equal(test_field(trace, 0, "frame"), 99);
    assert_int_equal(test_field(trace, 1, "frame"), 100);
    assert_true(gbx_trace_stream(trace, 0)->whole);
    gbx_trace_close(trace);
}

static void
a_new_base_time_carries_records_beyond_32_bits_of_ticks(void **state)
{
    (void)state;
    uint64_t far = WRITER_START + (UINT64_C(1) << 40);
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 0);
    writer_time(w, 1, far);
    gbx_frame_edge push = { .h = { .event = GBX_EV_FRAME_PUSH }, .code = 2, .frame = 1 };
    size_t at = writer_record(w, 1, &push, sizeof(push));
    ((gbx_head *)(void *)(writer_bytes(w) + at))->dt = 5;
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 2);         // the time record is no event
    assert_int_equal(gbx_trace_where(trace, 1).t_ns, far + 5 - WRITER_START);
    gbx_trace_close(trace);
}

static void
ticks_become_nanoseconds_by_the_instants_of_the_file(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){ .clock = GBX_CLOCK_TSC });
    for (uint32_t i = 0; i < 10; i++) {
        writer_push(w, 1, 2, i);
    }
    gbx_header *header = writer_header(w);               // 4 ticks a nanosecond
    header->latest = (gbx_instant){ WRITER_START + 4000, WRITER_START + 1000, 0 };
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_where(trace, 8).t_ns, 20);
    gbx_trace_close(trace);
}

static void
events_without_a_clock_keep_the_order_of_their_thread(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){ .clock = WRITER_NO_CLOCK });
    for (uint32_t i = 0; i < 1000; i++) {
        writer_push(w, 1, 2, i);
    }
    gbx_trace *trace = test_open(w);
    for (uint32_t i = 0; i < 1000; i++) {
        assert_int_equal(test_field(trace, i, "frame"), i);
    }
    gbx_trace_close(trace);
}

/* ------------------------------------------------------------ threads, loss */

static void
a_thread_has_its_name_and_its_native_id(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 0, 2, 1);
    writer_push(w, 1, 2, 1);
    writer_thread_name(w, 1, 4711, "Thread-1");
    gbx_trace *trace = test_open(w);
    assert_string_equal(gbx_trace_stream(trace, 0)->name, "");
    assert_int_equal(gbx_trace_stream(trace, 0)->native_id, 0);
    assert_string_equal(gbx_trace_stream(trace, 1)->name, "Thread-1");
    assert_int_equal(gbx_trace_stream(trace, 1)->native_id, 4711);
    gbx_trace_close(trace);
}

static void
an_event_knows_the_interpreter_it_ran_in(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    static const uint32_t interps[] = { 0, 0, 5, 5, 2, 2 };
    writer_push(w, 1, 2, 0);
    writer_push(w, 2, 2, 9);                             // another thread stays where it is
    writer_interp(w, 1, 5);
    writer_push(w, 1, 2, 1);
    writer_interp(w, 1, 2);
    writer_take(w, GBX_SEGMENT_EVENTS, 1);
    writer_segment(w, 1)->interp = 2;
    writer_push(w, 1, 2, 2);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 6);
    for (size_t at = 0; at < 6; at++) {
        assert_int_equal(gbx_trace_where(trace, at).interp, interps[at]);
    }
    gbx_trace_close(trace);
}

static void
losses_are_counted_per_thread_and_in_all(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 0);
    writer_push(w, 2, 2, 0);
    writer_lost(w, 2, 7);
    writer_segment(w, 2)->lost = 7;
    writer_header(w)->lost_unattached = 3;
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_stream(trace, 0)->lost, 0);
    assert_int_equal(gbx_trace_stream(trace, 1)->lost, 7);
    assert_int_equal(gbx_trace_process(trace, 0)->lost, 10);
    assert_int_equal(gbx_trace_lost(trace), 10);
    assert_int_equal(gbx_trace_event(trace, 2), GBX_EV_STREAM_LOST);
    assert_int_equal(test_field(trace, 2, "count"), 7);
    gbx_trace_close(trace);
}

static void
a_ring_says_how_much_it_no_longer_holds(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){ .mode = GBX_MODE_RING });
    for (uint32_t i = 0; i < 600; i++) {                 // more than two segments
        writer_push(w, 1, 2, i);
    }
    for (size_t at = writer_header(w)->header_size; at < writer_size(w); at += 4096) {
        gbx_segment *segment = (gbx_segment *)(void *)(writer_bytes(w) + at);
        segment->sequence += 5;
        segment->overwritten = 1200 + 100 * segment->sequence;
    }
    gbx_trace *trace = test_open(w);
    const gbx_stream_info *info = gbx_trace_stream(trace, 0);
    assert_int_equal(gbx_trace_count(trace), 600);
    assert_false(info->whole);
    assert_int_equal(info->overwritten, 1900);           // the newest segment's: it counts all before
    assert_int_equal(gbx_trace_lost(trace), 1900);
    gbx_trace_close(trace);
}

static void
a_segment_that_is_being_used_again_holds_nothing(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){ .mode = GBX_MODE_RING });
    writer_push(w, 1, 2, 0);
    writer_take(w, GBX_SEGMENT_EVENTS, 1);
    writer_push(w, 1, 2, 1);
    writer_segment(w, 1)->committed = 0;
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 1);
    gbx_trace_close(trace);
}

static void
a_missing_segment_makes_its_thread_not_whole(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 0);
    writer_take(w, GBX_SEGMENT_EVENTS, 1);
    writer_push(w, 1, 2, 1);
    writer_segment(w, 1)->sequence = 2;
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 2);
    assert_false(gbx_trace_stream(trace, 0)->whole);
    gbx_trace_close(trace);
}

static void
a_gap_that_a_dead_writer_left_is_passed_over(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 0);
    writer_take(w, GBX_SEGMENT_EVENTS, 2);
    writer_segment(w, 2)->magic = 0;                     // taken, never named
    writer_push(w, 3, 2, 1);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 2);
    assert_int_equal(gbx_trace_stream_count(trace), 2);
    gbx_trace_close(trace);
}

static void
only_what_was_committed_is_read(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 0);
    writer_push(w, 1, 2, 1);
    writer_segment(w, 1)->committed -= 16;
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 1);
    gbx_trace_close(trace);
}

static void
classes_are_on_that_were_on_from_start_to_end(void **state)
{
    (void)state;
    uint32_t frame = 1u << GBX_CLASS_FRAME, spec = 1u << GBX_CLASS_SPEC;
    trace_writer *w = writer_new(&(writer_options){ .mask = frame | spec });
    writer_push(w, 1, 2, 0);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_mask(trace), frame | spec);
    gbx_trace_close(trace);

    w = writer_new(&(writer_options){ .mask = frame | spec });
    writer_mask(w, 1, frame | spec, frame);
    writer_mask(w, 1, frame, frame | spec);
    trace = test_open(w);
    assert_int_equal(gbx_trace_mask(trace), frame);
    gbx_trace_close(trace);
}

/* ------------------------------------------------------- the trace's own tables */

static void
events_of_a_newer_minor_version_are_passed_over(void **state)
{
    (void)state;
    struct { gbx_head h; uint64_t what[2]; } newer = { .h = { .event = 250 } };
    trace_writer *w = writer_new(NULL);
    writer_declare_event(w, 250, sizeof(newer), "mark.newer");
    writer_header(w)->version_minor = 9;
    writer_push(w, 1, 2, 0);
    writer_record(w, 1, &newer, sizeof(newer));
    writer_record(w, 1, &newer, sizeof(newer));
    writer_push(w, 1, 2, 1);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 2);
    assert_int_equal(test_field(trace, 1, "frame"), 1);
    assert_int_equal(gbx_trace_process(trace, 0)->unknown, 2);
    gbx_trace_close(trace);
}

static void
a_record_that_has_grown_is_read_by_its_own_table(void **state)
{
    (void)state;
    struct { gbx_frame_edge edge; uint32_t more, reserved; } grown = {
        .edge = { .h = { .event = GBX_EV_FRAME_PUSH }, .code = 2, .frame = 3 }, .more = 77 };
    trace_writer *w = writer_new(NULL);
    writer_event_entry(w, GBX_EV_FRAME_PUSH)->size = sizeof(grown);
    writer_declare_field(w, GBX_EV_FRAME_PUSH, 16, 4, GBX_KIND_UINT, "more");
    writer_record(w, 1, &grown, sizeof(grown));
    writer_record(w, 1, &grown, sizeof(grown));
    writer_pop(w, 1, 2, 3);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 3);
    assert_int_equal(test_field(trace, 1, "more"), 77);
    assert_int_equal(test_field(trace, 1, "frame"), 3);
    assert_int_equal(gbx_trace_event(trace, 2), GBX_EV_FRAME_POP);
    gbx_trace_close(trace);
}

/* A record that is smaller than this reader's is no event it knows: its own struct would not fit. */
static void
a_record_that_has_shrunk_is_passed_over(void **state)
{
    (void)state;
    struct { gbx_head h; uint64_t half; } small = { .h = { .event = GBX_EV_SPEC_MISS } };
    trace_writer *w = writer_new(NULL);
    writer_event_entry(w, GBX_EV_SPEC_MISS)->size = sizeof(small);
    gbx_table fields = writer_header(w)->fields;
    for (uint32_t i = 0; i < fields.count; i++) {
        gbx_field_entry *entry =
            (gbx_field_entry *)(void *)(writer_bytes(w) + fields.offset) + i;
        if (entry->event == GBX_EV_SPEC_MISS) {
            entry->offset = 8;
            entry->width = 4;
        }
    }
    writer_record(w, 1, &small, sizeof(small));
    writer_push(w, 1, 2, 0);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 1);
    assert_int_equal(gbx_trace_event(trace, 0), GBX_EV_FRAME_PUSH);
    assert_int_equal(gbx_trace_process(trace, 0)->unknown, 1);
    gbx_trace_close(trace);
}

static void
fields_are_those_of_the_trace_and_not_of_this_reader(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    gbx_field_entry *entry = writer_field_entry(w, GBX_EV_FRAME_PUSH, "frame");
    snprintf(entry->name, sizeof(entry->name), "renamed");
    entry->kind = GBX_KIND_UINT;
    entry->width = 2;
    writer_push(w, 1, 0x55667788, 0x11223344);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_field_count(trace, 0), 4);
    assert_int_equal(test_field(trace, 0, "renamed"), 0x3344);
    assert_int_equal(test_field(trace, 0, "code"), 0x55667788);
    assert_int_equal(test_field(trace, 0, "caller_offset"), GBX_NO_OFFSET);
    gbx_trace_close(trace);
}

/* -------------------------------------------------------------- running function */

static void
the_running_function_is_the_one_pushed_last_and_not_left(void **state)
{
    (void)state;
    static const uint32_t codes[] = { 10, 11, 10, 10, 12, 10, 10, 0 };
    static const uint32_t depths[] = { 1, 2, 1, 1, 2, 1, 1, 0 };
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 10, 1);
    writer_push(w, 1, 11, 2);
    writer_generator(w, 1, 11, 2, 0x80);                 // leaves frame 2
    writer_mark(w, 1, 0, 0, 0);
    writer_edge(w, 1, GBX_EV_FRAME_RESUME, 0, 0, 12, 0x80);
    writer_edge(w, 1, GBX_EV_FRAME_SUSPEND, 0, 0, 12, 0x80);
    writer_push(w, 2, 99, 7);                            // another thread's
    writer_mark(w, 1, 0, 0, 0);
    writer_pop(w, 1, 10, 1);
    gbx_trace *trace = test_open(w);
    for (size_t i = 0, at = 0; at < gbx_trace_count(trace); at++) {
        gbx_running running = gbx_trace_running(trace, at);
        if (gbx_trace_where(trace, at).thread == 1) {
            assert_int_equal(running.code, codes[i]);
            assert_int_equal(running.depth, depths[i]);
            i++;
        }
        else {
            assert_int_equal(running.code, 99);
        }
    }
    gbx_trace_close(trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trace_holds_the_events_that_were_written),
        TEST(trace_without_a_segment_is_sound_and_empty),
        TEST(a_position_beyond_the_end_has_an_empty_event),
        TEST(trace_as_large_as_the_interpreter_writes_it_is_read),
        TEST(events_are_the_same_in_whatever_order_they_are_asked_for),
        TEST(threads_are_merged_by_time),
        TEST(order_within_a_thread_stays_where_its_clock_runs_backwards),
        TEST(segments_of_a_thread_are_put_in_order_by_their_sequence),
        TEST(a_new_base_time_carries_records_beyond_32_bits_of_ticks),
        TEST(ticks_become_nanoseconds_by_the_instants_of_the_file),
        TEST(events_without_a_clock_keep_the_order_of_their_thread),
        TEST(a_thread_has_its_name_and_its_native_id),
        TEST(an_event_knows_the_interpreter_it_ran_in),
        TEST(losses_are_counted_per_thread_and_in_all),
        TEST(a_ring_says_how_much_it_no_longer_holds),
        TEST(a_segment_that_is_being_used_again_holds_nothing),
        TEST(a_missing_segment_makes_its_thread_not_whole),
        TEST(a_gap_that_a_dead_writer_left_is_passed_over),
        TEST(only_what_was_committed_is_read),
        TEST(classes_are_on_that_were_on_from_start_to_end),
        TEST(events_of_a_newer_minor_version_are_passed_over),
        TEST(a_record_that_has_grown_is_read_by_its_own_table),
        TEST(a_record_that_has_shrunk_is_passed_over),
        TEST(fields_are_those_of_the_trace_and_not_of_this_reader),
        TEST(the_running_function_is_the_one_pushed_last_and_not_left),
    };
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
