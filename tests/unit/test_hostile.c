/* Files that are broken, cut off, or made to mislead: the reader refuses them, or reads what is sound in
   them.  It never crashes, hangs, or uses memory without bounds: every file that opens is walked over
   whole.  Run it under the sanitizers (make check-san). */

#include "trace_test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Open the writer's file, and walk over it if that works; how many events there were, -1 for none. */
static long
survive(trace_writer *w)
{
    char path[32];
    gbx_error error = { 0, "" };
    gbx_trace *trace = NULL;
    long count = -1;
    uint8_t *bytes = writer_bytes(w);
    int fd = writer_memfd(bytes, writer_size(w), path);
    if (gbx_trace_open(&trace, path, &(gbx_trace_options){ .only = true }, &error) == 0) {
        count = (long)test_walk(trace);
    }
    gbx_trace_close(trace);
    close(fd);
    writer_free(w);
    return count;
}

static void
assert_refused(trace_writer *w, int code, const char *words)
{
    gbx_error error = { 0, "" };
    assert_int_equal(test_open_fails(w, &error), code);
    if (strstr(error.message, words) == NULL) {
        fail_msg("no '%s' in: %s", words, error.message);
    }
}

/* ---------------------------------------------------------------- refusals */

static void
assert_path_refused(const char *path, int code, const char *words)
{
    gbx_error error = { 0, "" };
    gbx_trace *trace = NULL;
    assert_int_equal(gbx_trace_open(&trace, path, NULL, &error), code);
    assert_null(trace);
    if (strstr(error.message, words) == NULL || strstr(error.message, path) == NULL) {
        fail_msg("no '%s' of '%s' in: %s", words, path, error.message);
    }
}

static void
trace_rejects_what_is_no_file(void **state)
{
    (void)state;
    const char *fifo = test_path("fifo"), *loop = test_path("loop");
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(symlink("loop", loop), 0);
    assert_path_refused(test_path("absent"), GBX_ERROR_SYSTEM, "No such file or directory");
    assert_path_refused(test_directory(), GBX_ERROR_FORMAT, "is not a file");
    assert_path_refused("/dev/null", GBX_ERROR_FORMAT, "is not a file");
    assert_path_refused(fifo, GBX_ERROR_FORMAT, "is not a file");
    assert_path_refused(loop, GBX_ERROR_SYSTEM, "symbolic links");
}

static void
trace_rejects_an_empty_file(void **state)
{
    (void)state;
    trace_writer *w = test_sample();
    writer_truncate(w, 0);
    assert_refused(w, GBX_ERROR_FORMAT, "shorter than a header");
}

static void
trace_rejects_a_truncated_header(void **state)
{
    (void)state;
    trace_writer *w = test_sample();
    writer_truncate(w, sizeof(gbx_header) - 1);
    assert_refused(w, GBX_ERROR_FORMAT, "shorter than a header");
}

static void
trace_rejects_a_truncated_table(void **state)
{
    (void)state;
    trace_writer *w = test_sample();
    gbx_table fields = writer_header(w)->fields;
    writer_truncate(w, fields.offset + fields.count * sizeof(gbx_field_entry) - 1);
    assert_refused(w, GBX_ERROR_FORMAT, "a table lies outside");
}

static void
trace_rejects_another_kind_of_file(void **state)
{
    (void)state;
    trace_writer *w = test_sample();
    writer_header(w)->magic[7] = 'Y';
    assert_refused(w, GBX_ERROR_FORMAT, "is not a trace");
}

static void
trace_rejects_another_major_version(void **state)
{
    (void)state;
    trace_writer *w = test_sample();
    writer_header(w)->version_major = 2;
    assert_refused(w, GBX_ERROR_VERSION, "version 2, not 1");
}

static void
trace_rejects_another_byte_order(void **state)
{
    (void)state;
    trace_writer *w = test_sample();
    writer_header(w)->byte_order = 0x04030201;
    assert_refused(w, GBX_ERROR_FORMAT, "byte order");
}

static void
trace_rejects_impossible_sizes_in_its_header(void **state)
{
    (void)state;
    static const uint32_t granules[] = { 0, 1, 2048, 4097, 12288, 1u << 25, 1u << 31, UINT32_MAX };
    static const uint32_t sizes[] = { 0, 1, 1320, 4097, 8191, UINT32_MAX };
    for (size_t i = 0; i < sizeof(granules) / sizeof(granules[0]); i++) {
        trace_writer *w = test_sample();
        writer_header(w)->granule = granules[i];
        assert_refused(w, GBX_ERROR_FORMAT, "impossible sizes");
    }
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        trace_writer *w = test_sample();
        writer_header(w)->header_size = sizes[i];
        assert_refused(w, GBX_ERROR_FORMAT, "impossible sizes");
    }
}

static void
trace_rejects_a_table_outside_its_header(void **state)
{
    (void)state;
    static const gbx_table tables[] = {
        { 0, 1 }, { 1312, 1 }, { 1321, 1 }, { 8192, 1 }, { 8160, 2 }, { UINT32_MAX - 7, 1 },
        { 1320, UINT32_MAX }, { 1320, 1u << 27 }, { UINT32_MAX, UINT32_MAX }, { 1320, 65537 },
    };
    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++) {
        trace_writer *w = test_sample();
        writer_header(w)->events = tables[i];
        assert_refused(w, GBX_ERROR_FORMAT, "a table lies outside");
        w = test_sample();
        writer_header(w)->fields = tables[i];
        assert_refused(w, GBX_ERROR_FORMAT, "a table lies outside");
    }
}

static void
trace_rejects_an_impossible_event(void **state)
{
    (void)state;
    static const uint8_t sizes[] = { 0, 1, 4, 7, 9, 12, 17, 255 };
    for (size_t i = 0; i < sizeof(sizes); i++) {
        trace_writer *w = test_sample();
        writer_event_entry(w, GBX_EV_FRAME_PUSH)->size = sizes[i];
        assert_refused(w, GBX_ERROR_FORMAT, "table of events");
    }
    trace_writer *w = test_sample();
    writer_event_entry(w, GBX_EV_FRAME_PUSH)->id = 0;
    assert_refused(w, GBX_ERROR_FORMAT, "table of events");
    w = test_sample();
    writer_event_entry(w, GBX_EV_FRAME_PUSH)->id = GBX_EV_FRAME_POP;     // twice
    assert_refused(w, GBX_ERROR_FORMAT, "table of events");
}

static void
refuse_field(uint8_t event, uint8_t offset, uint8_t width)
{
    trace_writer *w = test_sample();
    gbx_field_entry *field = writer_field_entry(w, GBX_EV_FRAME_PUSH, "frame");
    field->event = event;
    field->offset = offset;
    field->width = width;
    assert_refused(w, GBX_ERROR_FORMAT, "table of fields");
}

static void
trace_rejects_an_impossible_field(void **state)
{
    (void)state;
    refuse_field(GBX_EV_FRAME_PUSH, 12, 0);
    refuse_field(GBX_EV_FRAME_PUSH, 4, 9);
    refuse_field(GBX_EV_FRAME_PUSH, 12, 16);
    refuse_field(GBX_EV_FRAME_PUSH, 13, 4);              // over the record's end
    refuse_field(GBX_EV_FRAME_PUSH, 255, 8);
    refuse_field(250, 0, 1);                             // of no event
    refuse_field(0, 0, 1);
    static const char *const bad[] = { "Frame", "fra me", "f\"", "\x1b[31m", "\xff", "a=b", "1" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        trace_writer *w = test_sample();
        gbx_field_entry *field = writer_field_entry(w, GBX_EV_FRAME_PUSH, "frame");
        snprintf(field->name, sizeof(field->name), "%s", bad[i]);
        assert_refused(w, GBX_ERROR_FORMAT, "is no name");
    }
}

static void
trace_rejects_more_fields_than_a_record_has_bytes(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){ .classes = 1u << GBX_CLASS_FRAME });
    for (int i = 0; i < 1000; i++) {
        writer_declare_field(w, GBX_EV_FRAME_PUSH, 0, 1, GBX_KIND_REASON, "again");
    }
    writer_push(w, 1, 2, 3);
    assert_refused(w, GBX_ERROR_FORMAT, "table of fields");
}

/* ------------------------------------------------------ segments that lie */

static void
a_segment_with_an_impossible_size_is_no_segment(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 0, 1, 112, 4095, 4097, 2048, UINT32_MAX };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        trace_writer *w = writer_new(NULL);
        writer_push(w, 1, 2, 1);
        writer_push(w, 2, 2, 2);
        writer_segment(w, 1)->size = sizes[i];
        assert_int_equal(survive(w), 1);
    }
}

static void
a_segment_larger_than_the_file_ends_with_it(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 1);
    writer_push(w, 2, 2, 2);
    writer_segment(w, 1)->size = 0xfffff000;             // and covers the other one
    writer_segment(w, 1)->committed = UINT64_MAX;
    assert_int_equal(survive(w), 1);
}

static void
more_committed_than_there_is_room_for_is_cut(void **state)
{
    (void)state;
    static const uint64_t lengths[] = { 4097, 8192, UINT32_MAX, UINT64_MAX, UINT64_MAX - 111 };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        trace_writer *w = writer_new(NULL);
        writer_push(w, 1, 2, 1);
        writer_push(w, 2, 2, 2);
        writer_segment(w, 1)->committed = lengths[i];
        writer_names_segment(w)->committed = lengths[i];
        assert_int_equal(survive(w), 2);
    }
}

static void
a_record_that_is_cut_off_is_not_read(void **state)
{
    (void)state;
    for (uint64_t committed = 0; committed <= 112 + 32; committed++) {
        trace_writer *w = writer_new(NULL);
        writer_push(w, 1, 2, 1);
        writer_push(w, 1, 2, 2);
        writer_segment(w, 1)->committed = committed;
        assert_int_equal(survive(w), committed < 128 ? 0 : committed < 144 ? 1 : 2);
    }
}

static void
a_segment_inside_another_is_not_read_twice(void **state)
{
    (void)state;
    trace_writer *w = writer_new(&(writer_options){ .segment_size = 8192 });
    writer_push(w, 1, 2, 1);
    gbx_segment *outer = writer_segment(w, 1);
    memcpy((uint8_t *)outer + 4096, outer, 128);
    assert_int_equal(survive(w), 1);
}

static void
a_segment_of_another_kind_is_passed_over(void **state)
{
    (void)state;
    for (unsigned kind = 0; kind < 256; kind += 3) {
        trace_writer *w = writer_new(NULL);
        writer_push(w, 1, 2, 1);
        writer_push(w, 2, 2, 1);
        writer_segment(w, 1)->kind = (uint8_t)kind;
        assert_int_equal(survive(w), 1);
    }
}

static void
an_alien_record_ends_its_segment_and_no_other(void **state)
{
    (void)state;
    gbx_head alien = { .event = 255 };
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 1);
    writer_record(w, 1, &alien, sizeof(alien));
    writer_push(w, 1, 2, 2);
    writer_take(w, GBX_SEGMENT_EVENTS, 1);
    writer_push(w, 1, 2, 3);
    assert_int_equal(survive(w), 2);
}

static void
any_thread_sequence_interp_and_counts_are_taken(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 1);
    writer_push(w, 2, 2, 1);
    writer_push(w, UINT32_MAX, 2, 1);
    writer_segment(w, 1)->sequence = UINT32_MAX;
    writer_segment(w, 1)->interp = UINT32_MAX;
    writer_segment(w, 1)->lost = UINT64_MAX;
    writer_segment(w, 2)->lost = UINT64_MAX;
    writer_segment(w, 2)->overwritten = UINT64_MAX;
    writer_header(w)->lost_unattached = UINT64_MAX;
    writer_header(w)->threads = UINT32_MAX;
    assert_int_equal(survive(w), 3);
}

static void
two_segments_with_one_sequence_are_both_read(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 2, 1);
    writer_take(w, GBX_SEGMENT_EVENTS, 1);
    writer_push(w, 1, 2, 1);
    writer_segment(w, 1)->sequence = 0;
    assert_int_equal(survive(w), 2);
}

/* ---------------------------------------------------------- times that lie */

static void
no_instant_and_no_tick_is_too_large(void **state)
{
    (void)state;
    static const uint64_t values[] = { 0, 1, WRITER_START, INT64_MAX, UINT64_MAX, UINT64_C(1) << 63 };
    enum { N = sizeof(values) / sizeof(values[0]) };
    for (size_t i = 0; i < N * N * N; i++) {
        for (uint8_t clock = GBX_CLOCK_TSC; clock <= GBX_CLOCK_MONOTONIC + 1; clock++) {
            trace_writer *w = writer_new(&(writer_options){ .clock = clock });
            writer_push(w, 1, 2, 1);
            writer_time(w, 1, values[i % N]);
            writer_push(w, 1, 2, 2);
            writer_push(w, 2, 2, 3);
            writer_segment(w, 2)->base.ticks = values[i / N % N];
            writer_header(w)->start = (gbx_instant){ values[i / N / N], values[i % N], 0 };
            writer_header(w)->latest = (gbx_instant){ values[i / N / N] + 1, UINT64_MAX, 0 };
            assert_int_equal(survive(w), 3);
        }
    }
}

/* ---------------------------------------------------------- names that lie */

static void
a_definition_with_an_impossible_size_ends_its_segment(void **state)
{
    (void)state;
    static const uint32_t sizes[] = { 0, 1, 8, 15, 17, 28, 8192, UINT32_MAX, UINT32_MAX - 7 };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        trace_writer *w = writer_new(NULL);
        writer_string(w, 1, "one");
        size_t at = writer_string(w, 2, "two");
        writer_string(w, 3, "three");
        ((gbx_name *)(void *)(writer_bytes(w) + at))->size = sizes[i];
        writer_push(w, 1, 2, 1);
        gbx_trace *trace = test_open(w);
        assert_string_equal(gbx_trace_string(trace, 0, 1), "one");
        assert_null(gbx_trace_string(trace, 0, 2));
        assert_null(gbx_trace_string(trace, 0, 3));
        test_walk(trace);
        gbx_trace_close(trace);
    }
}

static void
a_text_longer_than_its_definition_is_not_read(void **state)
{
    (void)state;
    static const uint32_t lengths[] = { 9, 17, 4096, UINT32_MAX, UINT32_MAX - 15 };
    for (size_t i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
        trace_writer *w = writer_new(NULL);
        size_t at = writer_string(w, 1, "1234567");
        ((gbx_name *)(void *)(writer_bytes(w) + at))->length = lengths[i];
        gbx_trace *trace = test_open(w);
        assert_null(gbx_trace_string(trace, 0, 1));
        gbx_trace_close(trace);
    }
}

static void
a_code_object_whose_parts_do_not_fit_is_passed_over(void **state)
{
    (void)state;
    for (int part = 0; part < 3; part++) {
        for (uint32_t more = 1; more != 0; more *= 2) {
            trace_writer *w = writer_new(NULL);
            size_t at = writer_code(w, 2, "name", "file", 1, "\x80", 1);
            gbx_name_code *code = (gbx_name_code *)(void *)(writer_bytes(w) + at + sizeof(gbx_name));
            *(part == 0 ? &code->name_length : part == 1 ? &code->file_length
                : &code->table_length) += more;
            writer_code(w, 3, "next", "file", 1, "\x80", 1);
            gbx_trace *trace = test_open(w);
            assert_null(gbx_trace_code(trace, 0, 2));
            assert_non_null(gbx_trace_code(trace, 0, 3));
            gbx_trace_close(trace);
        }
    }
}

static void
definitions_too_short_for_their_kind_are_passed_over(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_name(w, GBX_NAME_CODE, 2, "short", 5);
    writer_name(w, GBX_NAME_THREAD, 1, "short", 5);
    writer_name(w, GBX_NAME_STRING, 1, "", 0);
    writer_name(w, 99, 1, "of no kind", 10);
    writer_string(w, 4, "after");
    writer_push(w, 1, 2, 1);
    gbx_trace *trace = test_open(w);
    assert_null(gbx_trace_code(trace, 0, 2));
    assert_string_equal(gbx_trace_stream(trace, 0)->name, "");
    assert_string_equal(gbx_trace_string(trace, 0, 1), "");
    assert_string_equal(gbx_trace_string(trace, 0, 4), "after");
    gbx_trace_close(trace);
}

static void
location_tables_of_any_bytes_are_read_to_their_end_at_most(void **state)
{
    (void)state;
    uint64_t random = 0x9e3779b97f4a7c15u;
    for (int round = 0; round < 300; round++) {
        uint8_t table[64];
        size_t length = (size_t)round % sizeof(table);
        for (size_t i = 0; i < length; i++) {
            random = random * 6364136223846793005u + 1442695040888963407u;
            table[i] = round < 30 ? 0xff : (uint8_t)(random >> 56);
        }
        trace_writer *w = writer_new(&(writer_options){ .classes = 1u << GBX_CLASS_SPEC });
        writer_code(w, 2, "f", "f.py", round % 2 ? UINT32_MAX : 1, table, length);
        writer_spec(w, 1, GBX_EV_SPEC_FAIL, 2, (uint16_t)round, 1, 1);
        assert_int_equal(survive(w), 1);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trace_rejects_what_is_no_file),
        TEST(trace_rejects_an_empty_file),
        TEST(trace_rejects_a_truncated_header),
        TEST(trace_rejects_a_truncated_table),
        TEST(trace_rejects_another_kind_of_file),
        TEST(trace_rejects_another_major_version),
        TEST(trace_rejects_another_byte_order),
        TEST(trace_rejects_impossible_sizes_in_its_header),
        TEST(trace_rejects_a_table_outside_its_header),
        TEST(trace_rejects_an_impossible_event),
        TEST(trace_rejects_an_impossible_field),
        TEST(trace_rejects_more_fields_than_a_record_has_bytes),
        TEST(a_segment_with_an_impossible_size_is_no_segment),
        TEST(a_segment_larger_than_the_file_ends_with_it),
        TEST(more_committed_than_there_is_room_for_is_cut),
        TEST(a_record_that_is_cut_off_is_not_read),
        TEST(a_segment_inside_another_is_not_read_twice),
        TEST(a_segment_of_another_kind_is_passed_over),
        TEST(an_alien_record_ends_its_segment_and_no_other),
        TEST(any_thread_sequence_interp_and_counts_are_taken),
        TEST(two_segments_with_one_sequence_are_both_read),
        TEST(no_instant_and_no_tick_is_too_large),
        TEST(a_definition_with_an_impossible_size_ends_its_segment),
        TEST(a_text_longer_than_its_definition_is_not_read),
        TEST(a_code_object_whose_parts_do_not_fit_is_passed_over),
        TEST(definitions_too_short_for_their_kind_are_passed_over),
        TEST(location_tables_of_any_bytes_are_read_to_their_end_at_most),
    };
    test_limits();
    return cmocka_run_group_tests_name("hostile", tests, NULL, NULL);
}
