/* The invariants of a trace: each with traces where it holds, and one where it is violated.  A check that
   cannot fail is a defect, and so is one that fails where a trace is only incomplete. */

#include "trace_test.h"

#include "check.h"

#include <string.h>

/* Results for the writer's trace; frees the writer. */
static void
check(trace_writer *w, gbx_invariant result[GBX_INVARIANTS])
{
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_check_all(trace, result, NULL), 0);
    gbx_trace_close(trace);
}

static void
holds(trace_writer *w, int which, uint64_t looked_at)
{
    gbx_invariant result[GBX_INVARIANTS];
    check(w, result);
    if (result[which].violations != 0) {
        fail_msg("%s: %s", result[which].name, result[which].detail);
    }
    assert_int_equal(result[which].looked_at, looked_at);
    assert_int_equal(result[which].first, GBX_NO_POSITION);
    assert_string_equal(result[which].detail, "");
}

static void
violated(trace_writer *w, int which, uint64_t violations, size_t first, const char *words)
{
    gbx_invariant result[GBX_INVARIANTS];
    check(w, result);
    assert_int_equal(result[which].violations, violations);
    assert_int_equal(result[which].first, first);
    assert_true(result[which].looked_at >= violations);
    if (strstr(result[which].detail, words) == NULL) {
        fail_msg("no '%s' in: %s", words, result[which].detail);
    }
}

#define HOLDS(w, NAME, looked_at)           holds(w, GBX_INVARIANT_##NAME, looked_at)
#define VIOLATED(w, NAME, n, first, words)  violated(w, GBX_INVARIANT_##NAME, n, first, words)

/* A trace in which frames and generators do all that they may, on two threads. */
static trace_writer *
sound(void)
{
    trace_writer *w = writer_new(NULL);
    writer_code(w, 2, "work", "a.py", 1, "", 0);
    writer_code(w, 3, "steps", "a.py", 9, "", 0);
    writer_push(w, 0, 2, 1);
    writer_push(w, 1, 2, 1);                             // the same token on another thread
    writer_push(w, 0, 3, 2);
    writer_generator(w, 0, 3, 2, 0x80);
    writer_edge(w, 1, GBX_EV_FRAME_RESUME, 0, 0, 3, 0x80);       // elsewhere than where it was made
    writer_edge(w, 1, GBX_EV_FRAME_SUSPEND, 0, 0, 3, 0x80);
    writer_edge(w, 0, GBX_EV_FRAME_RESUME, 0, 0, 3, 0x80);
    writer_edge(w, 0, GBX_EV_FRAME_POP, 0, 0, 3, 0x80);
    writer_pop(w, 0, 2, 1);
    writer_pop(w, 1, 2, 1);
    return w;
}

static void
a_sound_trace_violates_nothing(void **state)
{
    (void)state;
    gbx_invariant result[GBX_INVARIANTS];
    check(sound(), result);
    for (int i = 0; i < GBX_INVARIANTS; i++) {
        if (result[i].violations != 0) {
            fail_msg("%s: %s", result[i].name, result[i].detail);
        }
        assert_non_null(result[i].key);
        assert_non_null(result[i].unit);
    }
    check(writer_new(NULL), result);
    for (int i = 0; i < GBX_INVARIANTS; i++) {
        assert_int_equal(result[i].violations, 0);
    }
}

/* ------------------------------------------------------------------- frames */

static void
frames_nest(void **state)
{
    (void)state;
    HOLDS(sound(), NESTING, 5);
    trace_writer *w = writer_new(NULL);
    writer_push(w, 0, 2, 1);
    writer_push(w, 0, 2, 2);
    writer_pop(w, 0, 2, 1);
    writer_pop(w, 0, 2, 2);
    VIOLATED(w, NESTING, 2, 2, "was entered last");
}

static void
a_frame_is_left_by_the_code_that_entered_it(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 0, 2, 1);
    writer_pop(w, 0, 3, 1);
    VIOLATED(w, NESTING, 1, 1, "was entered last");
}

static void
nothing_is_left_below_the_beginning_of_a_thread(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 0, 2, 1);
    writer_pop(w, 0, 2, 1);
    writer_pop(w, 0, 2, 9);
    VIOLATED(w, NESTING, 1, 2, "no frame was entered");
}

static void
frames_from_before_the_recording_may_be_left(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);                  // begun in mid-run
    writer_edge(w, 0, GBX_EV_FRAME_PUSH, 255, GBX_NO_OFFSET, 2, 1);
    writer_pop(w, 0, 2, 1);
    writer_pop(w, 0, 2, 9);
    HOLDS(w, NESTING, 2);
    w = writer_new(&(writer_options){ .mode = GBX_MODE_RING });
    writer_pop(w, 0, 2, 9);
    writer_segment(w, 0)->sequence = 4;
    writer_segment(w, 0)->overwritten = 400;
    HOLDS(w, NESTING, 1);
}

/* A ring gives the segments of an ended thread to others, the oldest or not. */
static void
frames_beyond_a_gap_in_a_ring_are_not_compared(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){ .mode = GBX_MODE_RING });
    writer_push(w, 0, 2, 1);
    writer_push(w, 0, 2, 2);
    writer_take(w, GBX_SEGMENT_EVENTS, 0);
    writer_segment(w, 0)->sequence = 2;                  // 1 held: pop 2, push 3
    writer_pop(w, 0, 2, 3);
    writer_pop(w, 0, 2, 1);
    writer_spec(w, 0, GBX_EV_SPEC_ATTEMPT, 2, 0, 1, 0);
    writer_take(w, GBX_SEGMENT_EVENTS, 0);
    writer_segment(w, 0)->sequence = 4;                  // 3 held its result
    writer_spec(w, 0, GBX_EV_SPEC_ATTEMPT, 2, 0, 1, 0);
    gbx_invariant result[GBX_INVARIANTS];
    check(w, result);
    for (int i = 0; i < GBX_INVARIANTS; i++) {
        assert_int_equal(result[i].violations, i == GBX_INVARIANT_NAMES ? result[i].violations : 0);
    }
    assert_int_equal(result[GBX_INVARIANT_NESTING].looked_at, 0);
}

static void
frames_are_forgotten_where_the_classes_change(void **state)
{
    (void)state;
    uint32_t frame = 1u << GBX_CLASS_FRAME;
    trace_writer *w = writer_new(&(writer_options){ .mask = frame });
    writer_push(w, 0, 2, 1);
    writer_push(w, 0, 2, 2);
    writer_mask(w, 0, frame, 0);
    writer_mask(w, 0, 0, frame);
    writer_pop(w, 0, 2, 1);
    HOLDS(w, NESTING, 1);
}

static void
a_thousand_frames_deep_they_still_nest(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){ .segment_size = 1u << 20 });
    for (uint32_t i = 0; i < 20000; i++) {
        writer_push(w, 0, 2, i);
    }
    for (uint32_t i = 20000; i-- > 0;) {
        writer_pop(w, 0, 2, i == 7 ? 8 : i);
    }
    VIOLATED(w, NESTING, 1, 39992, "was entered last");
}

/* --------------------------------------------------------------- generators */

static void
generators_are_made_or_suspended_before_they_are_resumed(void **state)
{
    (void)state;
    HOLDS(sound(), GENERATORS, 2);
    trace_writer *w = writer_new(NULL);
    writer_push(w, 0, 2, 1);
    writer_edge(w, 0, GBX_EV_FRAME_RESUME, 0, 0, 3, 0x80);
    writer_edge(w, 0, GBX_EV_FRAME_SUSPEND, 0, 0, 3, 0x80);      // later is not before
    VIOLATED(w, GENERATORS, 1, 1, "was not suspended");
}

static void
a_generator_is_not_resumed_twice(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 0, 2, 1);
    writer_generator(w, 0, 2, 1, 0x80);
    writer_edge(w, 0, GBX_EV_FRAME_RESUME, 0, 0, 2, 0x80);
    writer_edge(w, 1, GBX_EV_FRAME_RESUME, 0, 0, 2, 0x80);
    VIOLATED(w, GENERATORS, 1, 3, "was not suspended");
}

static void
generators_from_before_the_recording_may_be_resumed(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_edge(w, 0, GBX_EV_FRAME_PUSH, 255, GBX_NO_OFFSET, 2, 1);
    writer_edge(w, 0, GBX_EV_FRAME_RESUME, 0, 0, 3, 0x80);
    HOLDS(w, GENERATORS, 0);
    w = writer_new(NULL);                                // or from where events were lost
    writer_push(w, 0, 2, 1);
    writer_edge(w, 0, GBX_EV_FRAME_RESUME, 0, 0, 3, 0x80);
    writer_header(w)->lost_unattached = 1;
    HOLDS(w, GENERATORS, 0);
}

/* --------------------------------------------- stages, imports, specialization */

static void
compile_stages_nest(void **state)
{
    (void)state;
    for (int wrong = 0; wrong < 2; wrong++) {
        trace_writer *w = writer_new(NULL);
        writer_stage(w, 0, GBX_EV_COMPILE_BEGIN, GBX_STAGE_RUN_FILE, 0);
        writer_stage(w, 0, GBX_EV_COMPILE_BEGIN, GBX_STAGE_PARSE, 0);
        writer_stage(w, 0, GBX_EV_COMPILE_END, wrong ? GBX_STAGE_RUN_FILE : GBX_STAGE_PARSE, 0);
        writer_stage(w, 0, GBX_EV_COMPILE_END, wrong ? GBX_STAGE_PARSE : GBX_STAGE_RUN_FILE, 0);
        if (wrong) {
            VIOLATED(w, STAGES, 2, 2, "run_file ends, parse was begun last");
        }
        else {
            HOLDS(w, STAGES, 4);
        }
    }
    trace_writer *w = writer_new(NULL);
    writer_stage(w, 0, GBX_EV_COMPILE_END, GBX_STAGE_PARSE, 0);
    VIOLATED(w, STAGES, 1, 0, "parse ends, none was begun last");
}

static void
put_import(trace_writer *w, uint8_t event, uint8_t step, uint32_t name)
{
    gbx_import import = { .h = { .event = event, .flags = step }, .name = name };
    writer_record(w, 0, &import, sizeof(import));
}

static void
imports_nest(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_string(w, 1, "json");
    writer_string(w, 2, "re");
    writer_string(w, 3, "json");                         // the same text, defined twice
    put_import(w, GBX_EV_IMPORT_BEGIN, GBX_IMPORT_STEP_FIND_LOAD, 1);
    put_import(w, GBX_EV_IMPORT_BEGIN, GBX_IMPORT_STEP_FIND_LOAD, 2);
    put_import(w, GBX_EV_IMPORT_END, GBX_IMPORT_STEP_FIND_LOAD, 2);
    put_import(w, GBX_EV_IMPORT_END, GBX_IMPORT_STEP_FIND_LOAD, 3);
    HOLDS(w, IMPORTS, 4);
    w = writer_new(NULL);
    writer_string(w, 1, "json");
    writer_string(w, 2, "re");
    put_import(w, GBX_EV_IMPORT_BEGIN, GBX_IMPORT_STEP_FIND_LOAD, 1);
    put_import(w, GBX_EV_IMPORT_END, GBX_IMPORT_STEP_FIND_LOAD, 2);
    VIOLATED(w, IMPORTS, 1, 1, "the import of 're' ends, that of 'json' was begun");
    w = writer_new(NULL);
    put_import(w, GBX_EV_IMPORT_BEGIN, GBX_IMPORT_STEP_FIND, 1);
    put_import(w, GBX_EV_IMPORT_END, GBX_IMPORT_STEP_LOAD, 1);
    VIOLATED(w, IMPORTS, 1, 1, "ends");
}

static void
an_attempt_to_specialize_has_one_result_at_its_site(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_spec(w, 0, GBX_EV_SPEC_ATTEMPT, 2, 5, 1, 0);
    writer_spec(w, 1, GBX_EV_SPEC_ATTEMPT, 2, 7, 1, 0);  // another thread's
    writer_spec(w, 0, GBX_EV_SPEC_SUCCESS, 2, 5, 1, 0);
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, 2, 7, 1, 3);
    HOLDS(w, SPEC, 4);
    w = writer_new(NULL);
    writer_spec(w, 0, GBX_EV_SPEC_ATTEMPT, 2, 5, 1, 0);
    writer_spec(w, 0, GBX_EV_SPEC_ATTEMPT, 2, 6, 1, 0);
    VIOLATED(w, SPEC, 1, 1, "an attempt follows an attempt");
    w = writer_new(NULL);
    writer_spec(w, 0, GBX_EV_SPEC_ATTEMPT, 2, 5, 1, 0);
    writer_spec(w, 0, GBX_EV_SPEC_SUCCESS, 2, 6, 1, 0);
    VIOLATED(w, SPEC, 1, 1, "without an attempt");
    w = writer_new(NULL);
    writer_spec(w, 0, GBX_EV_SPEC_FAIL, 2, 6, 1, 0);
    VIOLATED(w, SPEC, 1, 0, "without an attempt");
}

static void
names_that_records_refer_to_are_defined(void **state)
{
    (void)state;
    HOLDS(sound(), NAMES, 10);
    trace_writer *w = sound();
    writer_push(w, 0, 55, 1);
    VIOLATED(w, NAMES, 1, 10, "code object 55 is not defined");
    w = writer_new(NULL);
    writer_string(w, 1, "step");
    writer_mark(w, 0, 1, 0, 0);
    writer_mark(w, 0, 0, 0, 0);                          // 0: none
    writer_mark(w, 0, 2, 0, 0);
    VIOLATED(w, NAMES, 1, 2, "string 2 is not defined");
}

/* ---------------------------------------------------------- time and segments */

static void
time_does_not_run_backwards_within_a_thread(void **state)
{
    (void)state;
    HOLDS(sound(), TIME, 10);
    trace_writer *w = writer_new(NULL);
    writer_clock(w, WRITER_START + 1000);
    writer_segment(w, 0)->base = (gbx_instant){ WRITER_START, WRITER_START, 0 };
    writer_push(w, 0, 2, 1);
    writer_clock(w, WRITER_START + 999);
    writer_push(w, 0, 2, 2);
    writer_clock(w, WRITER_START + 1001);
    writer_push(w, 0, 2, 3);
    VIOLATED(w, TIME, 1, 1, "before the last event");
    w = writer_new(NULL);                                // from one segment to the next
    writer_clock(w, WRITER_START + 1000);
    writer_push(w, 0, 2, 1);
    writer_clock(w, WRITER_START + 500);
    writer_take(w, GBX_SEGMENT_EVENTS, 0);
    writer_push(w, 0, 2, 2);
    VIOLATED(w, TIME, 1, 1, "before the last event");
}

/* Three segments over 100 ms; the clock of the middle one is off by some ms. */
static trace_writer *
three_segments(uint64_t off_ms)
{
    const uint64_t ms = 1000000;
    trace_writer *w = writer_new(&(writer_options){ .clock = GBX_CLOCK_TSC });
    for (uint64_t i = 0; i < 3; i++) {
        writer_take(w, GBX_SEGMENT_EVENTS, 0);
        writer_segment(w, 0)->base = (gbx_instant){
            WRITER_START + i * 150 * ms, WRITER_START + i * 50 * ms + (i == 1) * off_ms * ms, 0 };
    }
    writer_header(w)->latest = writer_segment(w, 0)->base;
    return w;
}

static void
calibration_holds_across_the_file(void **state)
{
    (void)state;
    HOLDS(three_segments(0), CLOCK, 3);
    VIOLATED(three_segments(10), CLOCK, 1, GBX_NO_POSITION, "apart");
}

static void
segments_follow_each_other_without_a_gap(void **state)
{
    (void)state;
    trace_writer *w = sound();
    writer_take(w, GBX_SEGMENT_EVENTS, 0);
    HOLDS(w, WHOLE, 3);
    w = sound();
    writer_take(w, GBX_SEGMENT_EVENTS, 0);
    writer_segment(w, 0)->sequence = 3;
    VIOLATED(w, WHOLE, 1, GBX_NO_POSITION, "segment 3 where 1 should be");
}

static void
what_was_committed_is_whole_records(void **state)
{
    (void)state;
    HOLDS(sound(), RECORDS, 2);
    trace_writer *w = sound();
    gbx_head alien = { .event = 255 };
    writer_record(w, 1, &alien, sizeof(alien));
    VIOLATED(w, RECORDS, 1, GBX_NO_POSITION, "8 bytes from");
    w = sound();
    writer_truncate(w, writer_size(w) - 4096 + 112 + 8);         // cut off: that is no fault
    HOLDS(w, RECORDS, 2);
}

static void
what_was_lost_is_on_record(void **state)
{
    (void)state;
    trace_writer *w = sound();
    writer_lost(w, 1, 5);
    writer_segment(w, 1)->lost = 5;
    HOLDS(w, LOSSES, 1);
    w = sound();
    writer_segment(w, 1)->lost = 5;
    VIOLATED(w, LOSSES, 1, GBX_NO_POSITION, "5 lost, 0 on record");
    w = sound();
    writer_lost(w, 1, 50);
    writer_segment(w, 1)->lost = 5;
    VIOLATED(w, LOSSES, 1, GBX_NO_POSITION, "5 lost, 50 on record");
}

/* A detail quotes names, which may be long. */
static void
details_are_cut_between_characters(void **state)
{
    (void)state;
    char name[1201];
    for (size_t shift = 0; shift < 2; shift++) {
        for (size_t i = shift; i + 2 < sizeof(name); i += 2) {
            memcpy(name + i, "\xc3\xa9", 2);
        }
        name[0] = shift ? 'x' : name[0];
        name[1198 + shift] = '\0';
        trace_writer *w = writer_new(NULL);
        writer_code(w, 2, name, "a.py", 1, "", 0);
        writer_code(w, 3, "short", "a.py", 1, "", 0);
        writer_push(w, 0, 2, 1);
        writer_pop(w, 0, 3, 1);
        gbx_trace *trace = test_open(w);
        test_walk(trace);                                // looks at the details
        gbx_trace_close(trace);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_trace_violates_nothing),
        TEST(frames_nest),
        TEST(a_frame_is_left_by_the_code_that_entered_it),
        TEST(nothing_is_left_below_the_beginning_of_a_thread),
        TEST(frames_from_before_the_recording_may_be_left),
        TEST(frames_beyond_a_gap_in_a_ring_are_not_compared),
        TEST(frames_are_forgotten_where_the_classes_change),
        TEST(a_thousand_frames_deep_they_still_nest),
        TEST(generators_are_made_or_suspended_before_they_are_resumed),
        TEST(a_generator_is_not_resumed_twice),
        TEST(generators_from_before_the_recording_may_be_resumed),
        TEST(compile_stages_nest),
        TEST(imports_nest),
        TEST(an_attempt_to_specialize_has_one_result_at_its_site),
        TEST(names_that_records_refer_to_are_defined),
        TEST(time_does_not_run_backwards_within_a_thread),
        TEST(calibration_holds_across_the_file),
        TEST(segments_follow_each_other_without_a_gap),
        TEST(what_was_committed_is_whole_records),
        TEST(what_was_lost_is_on_record),
        TEST(details_are_cut_between_characters),
    };
    return cmocka_run_group_tests_name("check", tests, NULL, NULL);
}
