/* Packed records: a reader shows them in full, wherever it begins to read, and believes no size in them. */

#include "trace_test.h"

#include <string.h>

#define PUT(w, thread, ...) writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))
#define ADDRESS UINT64_C(0x7f0012345670)

static void
name_type(trace_writer *w, uint32_t id, uint64_t basic_size, uint64_t item_size)
{
    gbx_name_type type = { .basic_size = basic_size, .item_size = item_size };
    writer_name(w, GBX_NAME_TYPE, id, &type, sizeof(type));
}

static void
put_packed(trace_writer *w, uint32_t thread, uint8_t event, uint8_t what, uint64_t where)
{
    gbx_packed record = { .event = event, .what = what };
    memcpy(record.where, &where, sizeof(record.where));
    PUT(w, thread, record);
}

/* Of the last whole block's site, or of the one before. */
static void
put_block(trace_writer *w, uint32_t thread, uint32_t size, uint64_t more, uint64_t address)
{
    put_packed(w, thread, GBX_EV_BLOCK_ALLOC_PACKED, (uint8_t)size, address | size >> 8 | more);
}

static void
put_whole(trace_writer *w, uint32_t thread, uint32_t code, uint16_t offset)
{
    gbx_block record = { .h = { .event = GBX_EV_BLOCK_ALLOC, .arg = 1, .dt = code }, .offset = offset };
    PUT(w, thread, record);
}

static const gbx_obj *
object_at(const gbx_trace *trace, size_t at)
{
    return (const gbx_obj *)(const void *)gbx_trace_record(trace, at);
}

static const gbx_block *
block_at(const gbx_trace *trace, size_t at)
{
    return (const gbx_block *)(const void *)gbx_trace_record(trace, at);
}

/* ---------------------------------------------------------------------- tests */

static void
packed_records_are_shown_in_full(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    name_type(w, 5, 24, 8);
    put_packed(w, 1, GBX_EV_OBJ_CREATE_PACKED, 5, ADDRESS | 3);
    put_packed(w, 1, GBX_EV_OBJ_DESTROY_PACKED, 5, ADDRESS);
    put_whole(w, 1, 77, 9);
    put_block(w, 1, 600, GBX_PACKED_OBJ, ADDRESS);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 4);
    assert_int_equal(gbx_trace_event(trace, 0), GBX_EV_OBJ_CREATE);
    assert_int_equal(GBX_U24(object_at(trace, 0)->type), 5);
    assert_int_equal(object_at(trace, 0)->size, 48);
    assert_true(object_at(trace, 0)->address == ADDRESS);
    assert_int_equal(gbx_trace_event(trace, 1), GBX_EV_OBJ_DESTROY);
    assert_int_equal(test_field(trace, 1, "type"), 5);
    assert_true(test_field(trace, 1, "address") == ADDRESS);
    assert_int_equal(gbx_trace_event(trace, 3), GBX_EV_BLOCK_ALLOC);
    assert_int_equal(test_field(trace, 3, "offset"), 9);
    assert_int_equal(test_field(trace, 3, "size"), 600);
    assert_int_equal(test_field(trace, 3, "domain"), GBX_DOMAIN_OBJ);
    assert_int_equal(test_field(trace, 3, "code"), 77);
    assert_true(test_field(trace, 3, "address") == ADDRESS);
    (void)test_walk(trace);
    gbx_trace_close(trace);
}

static void
the_site_of_a_packed_block_is_that_of_one_of_two_whole_ones(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_whole(w, 1, 7, 70);
    put_whole(w, 1, 8, 80);
    put_block(w, 1, 16, 0, ADDRESS);
    put_block(w, 1, 16, GBX_PACKED_OTHER, ADDRESS);
    put_whole(w, 1, 9, 90);
    put_block(w, 1, 16, GBX_PACKED_OTHER, ADDRESS);
    put_block(w, 1, 16, 0, ADDRESS);
    gbx_trace *trace = test_open(w);
    static const uint32_t codes[] = { 7, 8, 8, 7, 9, 8, 9 };
    assert_int_equal(gbx_trace_count(trace), 7);
    for (size_t at = 0; at < 7; at++) {
        assert_int_equal(block_at(trace, at)->h.dt, codes[at]);
        assert_int_equal(block_at(trace, at)->offset, codes[at] * 10);
    }
    gbx_trace_close(trace);
}

static void
a_new_segment_knows_no_site(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_whole(w, 1, 7, 70);
    writer_take(w, GBX_SEGMENT_EVENTS, 1);
    put_block(w, 1, 32, 0, ADDRESS);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 2);
    assert_int_equal(block_at(trace, 1)->h.dt, 0);
    assert_int_equal(block_at(trace, 1)->offset, GBX_NO_OFFSET);
    gbx_trace_close(trace);
}

/* Many blocks of the reader, the sites changing in each: visited forward, then here and there. */
static void
packed_records_are_the_same_from_anywhere(void **state)
{
    (void)state;
    enum { COUNT = 50000 };
    trace_writer *w = writer_new(NULL);
    for (uint32_t i = 0; i < COUNT; i++) {
        if (i % 70 == 0) {
            put_whole(w, 1, i + 1, (uint16_t)(i % 1000));
        }
        else {
            put_block(w, 1, i % 1024, GBX_PACKED_OBJ | (i % 3 == 0 ? GBX_PACKED_OTHER : 0), (uint64_t)i << 4);
        }
    }
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), COUNT);
    static uint32_t code[COUNT];
    uint32_t known = 0;
    gbx_cursor now;
    for (bool more = gbx_trace_first(trace, &now); more; more = gbx_trace_next(&now)) {
        code[now.at] = now.entry.record->dt;
        known += code[now.at] != 0;
        assert_int_equal(now.entry.bytes, now.at % 70 == 0 ? 16 : 8);
    }
    assert_true(known > COUNT / 2);
    for (size_t step = 0, at = 0; step < COUNT; step++, at = (at + 30011) % COUNT) {
        const gbx_block *block = block_at(trace, at);
        assert_int_equal(block->h.dt, code[at]);
        if (at % 70 != 0) {
            assert_true(GBX_U48(block->address) == (uint64_t)at << 4);
            assert_int_equal(block->h.arg, at % 1024);
        }
    }
    gbx_trace_close(trace);
}

static void
the_frames_around_a_packed_record_are_found(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 7, 0x10);
    writer_push(w, 1, 8, 0x20);
    put_packed(w, 1, GBX_EV_OBJ_DESTROY_PACKED, 5, ADDRESS);
    writer_pop(w, 1, 8, 0x20);
    put_packed(w, 1, GBX_EV_OBJ_DESTROY_PACKED, 5, ADDRESS);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_running(trace, 2).code, 8);
    assert_int_equal(gbx_trace_running(trace, 2).depth, 2);
    assert_int_equal(gbx_trace_running(trace, 4).code, 7);
    assert_int_equal(gbx_trace_running(trace, 4).depth, 1);
    gbx_trace_close(trace);
}

static void
packed_records_of_larger_full_ones_are_passed_over(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_event_entry(w, GBX_EV_OBJ_CREATE)->size = 24;
    put_packed(w, 1, GBX_EV_OBJ_CREATE_PACKED, 5, ADDRESS);
    put_packed(w, 1, GBX_EV_OBJ_DESTROY_PACKED, 5, ADDRESS);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 1);
    assert_int_equal(gbx_trace_event(trace, 0), GBX_EV_OBJ_DESTROY);
    assert_int_equal(gbx_trace_process(trace, 0)->unknown, 1);
    gbx_trace_close(trace);
}

static void
a_type_of_impossible_size_makes_no_wild_number(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    name_type(w, 5, UINT64_MAX - 8, UINT64_MAX / 2);
    put_packed(w, 1, GBX_EV_OBJ_CREATE_PACKED, 5, ADDRESS | 15);
    put_packed(w, 1, GBX_EV_OBJ_CREATE_PACKED, 6, ADDRESS | 15);
    gbx_trace *trace = test_open(w);
    assert_int_equal(object_at(trace, 0)->size, UINT32_MAX);
    assert_int_equal(object_at(trace, 1)->size, 0);      /* of a type that has no name */
    (void)test_walk(trace);
    gbx_trace_close(trace);
}

int
main(void)
{
    test_limits();
    const struct CMUnitTest tests[] = {
        TEST(packed_records_are_shown_in_full),
        TEST(the_site_of_a_packed_block_is_that_of_one_of_two_whole_ones),
        TEST(a_new_segment_knows_no_site),
        TEST(packed_records_are_the_same_from_anywhere),
        TEST(the_frames_around_a_packed_record_are_found),
        TEST(packed_records_of_larger_full_ones_are_passed_over),
        TEST(a_type_of_impossible_size_makes_no_wild_number),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
