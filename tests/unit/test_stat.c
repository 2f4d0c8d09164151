/* What `glassbox stat` says: counts that add up, endings, and JSON that says the same as the structure. */

#include "trace_test.h"

#include "stat.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static trace_writer *
some_events(void)
{
    trace_writer *w = writer_new(NULL);
    writer_thread_name(w, 1, 4711, "worker");
    writer_name(w, GBX_NAME_META, 0, "version=3.13.5 (test)", 21);
    writer_name(w, GBX_NAME_META, 0, "program=prog.py", 15);
    writer_code(w, 7, "f", "f.py", 1, "", 0);
    for (uint32_t i = 0; i < 10; i++) {
        writer_push(w, 1, 7, 0x10);
        writer_pop(w, 1, 7, 0x10);
    }
    writer_string(w, 3, "here");
    writer_mark(w, 2, 3, GBX_VALUE_INT, 5);
    return w;
}

/* Opened, gathered; the caller clears and closes. */
static gbx_trace *
gather(trace_writer *w, gbx_stat *stat)
{
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_stat_gather(stat, trace, NULL), 0);
    return trace;
}

static void
counts_of_events_classes_and_threads_add_up(void **state)
{
    (void)state;
    gbx_stat stat;
    gbx_trace *trace = gather(some_events(), &stat);
    assert_int_equal(stat.all.count, 21);
    assert_int_equal(stat.all.bytes, 20 * sizeof(gbx_frame_edge) + sizeof(gbx_mark));
    assert_int_equal(stat.events[GBX_EV_FRAME_PUSH].count, 10);
    assert_int_equal(stat.events[GBX_EV_FRAME_POP].count, 10);
    assert_int_equal(stat.classes[GBX_CLASS_FRAME].count, 20);
    assert_int_equal(stat.classes[GBX_CLASS_MARK].bytes, sizeof(gbx_mark));
    assert_int_equal(stat.processes[0].stream_count, 2);
    assert_int_equal(gbx_trace_stream(trace, 0)->bytes + gbx_trace_stream(trace, 1)->bytes,
                     stat.all.bytes);
    assert_int_equal(stat.violations, 0);
    gbx_stat_clear(&stat);
    gbx_trace_close(trace);
}

static void
an_ending_is_what_the_header_says(void **state)
{
    (void)state;
    static const struct { uint32_t state; gbx_ending ending; } rows[] = {
        { GBX_STATE_STOPPED, GBX_ENDING_STOPPED }, { GBX_STATE_FULL, GBX_ENDING_FULL },
        { GBX_STATE_ERROR, GBX_ENDING_ERROR }, { 77, GBX_ENDING_UNKNOWN },
    };
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        gbx_stat stat;
        trace_writer *w = some_events();
        writer_header(w)->state = rows[i].state;
        gbx_trace *trace = gather(w, &stat);
        assert_int_equal(stat.processes[0].ending, rows[i].ending);
        gbx_stat_clear(&stat);
        gbx_trace_close(trace);
    }
}

/* A pid that is somebody else's now: another start time. */
static void
a_recording_whose_process_is_gone_has_ended(void **state)
{
    (void)state;
    gbx_stat stat;
    trace_writer *w = some_events();
    writer_header(w)->state = GBX_STATE_RECORDING;
    writer_header(w)->pid = (uint32_t)getpid();
    writer_header(w)->process_start = 1;
    gbx_trace *trace = gather(w, &stat);
    assert_int_equal(stat.processes[0].ending, GBX_ENDING_GONE);
    gbx_stat_clear(&stat);
    gbx_trace_close(trace);
}

static void
a_broken_rule_makes_the_trace_unsound_and_points_to_its_event(void **state)
{
    (void)state;
    gbx_stat stat;
    char hint[200];
    trace_writer *w = some_events();
    writer_push(w, 1, 7, 0x20);
    writer_pop(w, 1, 7, 0x30);
    gbx_trace *trace = gather(w, &stat);
    assert_int_equal(stat.violations, 1);
    size_t first = stat.invariants[GBX_INVARIANT_NESTING].first;
    assert_int_equal(first, 22);
    gbx_stat_hint(&stat, first, hint, sizeof(hint));
    assert_non_null(strstr(hint, "glassbox show -t 1 --from=0.000"));
    gbx_stat_hint(&stat, GBX_NO_POSITION, hint, sizeof(hint));
    assert_string_equal(hint, "");
    gbx_stat_clear(&stat);
    gbx_trace_close(trace);
}

static json_int_t
number(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);
    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static void
json_says_what_the_structure_says(void **state)
{
    (void)state;
    gbx_stat stat;
    trace_writer *w = some_events();
    writer_pop(w, 1, 7, 0x30);
    gbx_trace *trace = gather(w, &stat);
    json_t *json = gbx_stat_json(&stat);
    assert_non_null(json);
    assert_int_equal(number(json, "events"), 22);
    assert_true(json_is_false(json_object_get(json, "sound")));
    assert_string_equal(json_string_value(json_object_get(json, "program")), "prog.py");
    const json_t *process = json_array_get(json_object_get(json, "processes"), 0);
    const json_t *thread = json_array_get(json_object_get(process, "threads"), 0);
    assert_int_equal(json_array_size(json_object_get(process, "threads")), 2);
    assert_int_equal(number(thread, "native_id"), 4711);
    assert_string_equal(json_string_value(json_object_get(thread, "name")), "worker");
    json_int_t sum = 0;
    size_t index;
    json_t *one;
    json_array_foreach(json_object_get(json, "classes"), index, one) {
        sum += number(one, "count");
    }
    assert_int_equal(sum, 22);
    const json_t *rule = json_array_get(json_object_get(json, "invariants"), GBX_INVARIANT_NESTING);
    assert_string_equal(json_string_value(json_object_get(rule, "key")), "frames");
    assert_int_equal(number(json_object_get(rule, "first"), "seq"), 21);
    json_decref(json);
    gbx_stat_clear(&stat);
    gbx_trace_close(trace);
}

static void
an_empty_trace_has_statistics(void **state)
{
    (void)state;
    gbx_stat stat;
    gbx_trace *trace = gather(writer_new(NULL), &stat);
    json_t *json = gbx_stat_json(&stat);
    assert_int_equal(stat.all.count, 0);
    assert_non_null(json);
    json_decref(json);
    gbx_stat_clear(&stat);
    gbx_trace_close(trace);
}

/* What a file may hold in its header: dates and versions that are none. */
static void
impossible_numbers_have_words(void **state)
{
    (void)state;
    char text[64];
    gbx_stat_date(0, text, sizeof(text));
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    gbx_stat_date(UINT64_MAX, text, sizeof(text));
    assert_string_equal(text, "2554-07-21T23:34:33.709Z");
    gbx_stat_version(0x030d05f0, text, sizeof(text));
    assert_string_equal(text, "3.13.5");
    gbx_stat_version(0x030e00c2, text, sizeof(text));
    assert_string_equal(text, "3.14.0rc2");
    gbx_stat_version(0x030d05f0, text, 4);
    assert_string_equal(text, "3.1");
    gbx_header header = { .build = 255, .mode = 9, .clock = 9 };
    assert_string_equal(gbx_stat_variant(&header), "ft+debug+stats");
    assert_string_equal(gbx_stat_mode(&header), "unknown");
    assert_string_equal(gbx_stat_clock(&header), "unknown");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(counts_of_events_classes_and_threads_add_up),
        TEST(an_ending_is_what_the_header_says),
        TEST(a_recording_whose_process_is_gone_has_ended),
        TEST(a_broken_rule_makes_the_trace_unsound_and_points_to_its_event),
        TEST(json_says_what_the_structure_says),
        TEST(an_empty_trace_has_statistics),
        TEST(impossible_numbers_have_words),
    };
    return cmocka_run_group_tests_name("stat", tests, NULL, NULL);
}
