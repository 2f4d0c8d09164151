/* The heap over time: what stands in each step, by time and by events; marks, shares, and what is said of
   traces that have not enough of either. */

#include "trace_test.h"

#include "heapline.h"

#include <string.h>

#define ARENA  UINT64_C(0x7f0000100000)          /* aligned: 64 pools */
#define PUT(w, thread, ...)  writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))
#define MS     1000000u                          /* ticks; the writer's clock counts nanoseconds */

enum { S_HERE = 1, S_PART, S_LAST };

static gbx_trace *trace;
static gbx_heapline line;
static gbx_error error;

/* One arena, and a pool of blocks of 32 bytes. */
static trace_writer *
begin(const writer_options *options)
{
    trace_writer *w = writer_new(options);
    writer_string(w, S_HERE, "here");
    writer_string(w, S_PART, "part");
    writer_string(w, S_LAST, "last");
    PUT(w, 0, (gbx_arena){ .h = { .event = GBX_EV_ARENA_NEW }, .pools = 64, .address = ARENA });
    PUT(w, 0, (gbx_pool){ .h = { .event = GBX_EV_POOL_NEW, .arg = 1 }, .address = ARENA });
    return w;
}

static void
blocks(trace_writer *w, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        uint64_t address = ARENA + 48 + i * 32;
        PUT(w, 0, (gbx_block){ .h = { .event = GBX_EV_BLOCK_ALLOC, .flags = GBX_DOMAIN_OBJ, .arg = 30 },
                               .address = GBX_BYTES48(address) });
    }
}

static void
frees(trace_writer *w, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        gbx_at record = { .event = GBX_EV_BLOCK_FREE };
        uint64_t address = ARENA + 48 + i * 32;
        memcpy(record.address, &address, sizeof(record.address));
        PUT(w, 0, record);
    }
}

/* A mark at so many ticks, for the time that it brings. */
static void
mark(trace_writer *w, uint32_t name, uint8_t type, uint64_t value, uint32_t ticks)
{
    writer_clock(w, WRITER_START + ticks);
    PUT(w, 0, (gbx_mark){ .h = { .event = GBX_EV_MARK, .flags = type }, .name = name, .value = value });
}

static int
make(trace_writer *w, const gbx_heapline_options *options)
{
    trace = test_open(w);
    error = (gbx_error){ 0, "" };
    return gbx_heapline_make(&line, trace, options, &error);
}

static void
done(void)
{
    gbx_heapline_clear(&line);
    gbx_heapline_clear(&line);
    gbx_trace_close(trace);
}

static void
steps_are_of_equally_many_events_where_there_is_no_time(void **state)
{
    (void)state;
    trace_writer *w = begin(NULL);
    blocks(w, 0, 48);
    frees(w, 0, 48);                             /* with the first two, 98 events */
    assert_int_equal(make(w, &(gbx_heapline_options){ .columns = 2 }), 0);
    assert_false(line.by_time);
    assert_int_equal(line.events, 98);
    assert_int_equal(gbx_heapline_at(&line, 1, 0), 47 * 32);
    assert_int_equal(gbx_heapline_at(&line, 1, 1), 48 * 32);
    assert_int_equal(line.peak[1], 48 * 32);
    assert_int_equal(gbx_heapline_now(line.heap, 1), 0);
    assert_int_equal(gbx_heapline_at(&line, GBX_HEAPLINE_POOLED, 1), 48 * 32);
    assert_int_equal(gbx_heapline_at(&line, GBX_HEAPLINE_ARENAS, 0), GBX_HEAP_ARENA);
    done();
}

static void
steps_of_time_in_which_nothing_happened_are_as_before(void **state)
{
    (void)state;
    trace_writer *w = begin(NULL);
    blocks(w, 0, 10);
    mark(w, S_HERE, GBX_VALUE_NONE, 0, 1);
    blocks(w, 10, 10);
    mark(w, S_HERE, GBX_VALUE_NONE, 0, 900 * MS);
    frees(w, 0, 20);
    mark(w, S_HERE, GBX_VALUE_NONE, 0, 1000 * MS);
    blocks(w, 0, 1);
    assert_int_equal(make(w, &(gbx_heapline_options){ .columns = 10, .axis = GBX_HEAPLINE_TIME }), 0);
    assert_true(line.by_time);
    assert_int_equal(gbx_heapline_at(&line, 1, 0), 20 * 32);
    for (size_t i = 1; i < 8; i++) {
        assert_int_equal(gbx_heapline_at(&line, 1, i), 20 * 32);
    }
    assert_int_equal(gbx_heapline_at(&line, 1, 9), 32);
    done();
}

static void
time_is_chosen_where_there_is_enough_of_it(void **state)
{
    (void)state;
    trace_writer *w = begin(NULL);
    for (unsigned i = 0; i < 8; i++) {
        blocks(w, i, 1);
        mark(w, S_HERE, GBX_VALUE_NONE, 0, (i + 1) * MS);
    }
    blocks(w, 8, 1);
    assert_int_equal(make(w, &(gbx_heapline_options){ .columns = 4 }), 0);
    assert_true(line.by_time);
    assert_int_equal(gbx_heapline_at(&line, 1, 3), 9 * 32);
    done();
}

static void
a_mark_is_found_by_its_name_or_with_its_text(void **state)
{
    (void)state;
    trace_writer *w = begin(NULL);
    blocks(w, 0, 1);
    mark(w, S_PART, GBX_VALUE_STRING, S_HERE, 1);
    blocks(w, 1, 1);
    mark(w, S_PART, GBX_VALUE_STRING, S_LAST, 2);
    blocks(w, 2, 1);
    assert_int_equal(make(w, &(gbx_heapline_options){ .columns = 4, .mark = "part" }), 0);
    assert_int_equal(gbx_heapline_now(line.heap, 1), 32);
    gbx_heapline_clear(&line);
    assert_int_equal(gbx_heapline_make(&line, trace, &(gbx_heapline_options){ .columns = 4, .mark = "part=last" },
                                       &error), 0);
    assert_int_equal(gbx_heapline_now(line.heap, 1), 64);
    gbx_heapline_clear(&line);
    static const char *const nothing[] = { "par", "part=", "part=las", "part=lastly", "last", "" };
    for (size_t i = 0; i < sizeof(nothing) / sizeof(nothing[0]); i++) {
        gbx_heapline_options options = { .columns = 4, .mark = nothing[i] };
        assert_int_equal(gbx_heapline_make(&line, trace, &options, &error), GBX_ERROR_MISSING);
        gbx_heapline_clear(&line);
    }
    assert_string_equal(error.message, "there is no mark ''");
    done();
}

static void
what_is_asked_in_vain_is_refused(void **state)
{
    (void)state;
    assert_int_equal(make(writer_new(NULL), &(gbx_heapline_options){ .columns = 4 }), GBX_ERROR_MISSING);
    assert_string_equal(error.message, "there are no events of an allocator: record the class alloc");
    done();
    trace_writer *w = begin(NULL);
    writer_header(w)->clock = GBX_CLOCK_NONE;
    assert_int_equal(make(w, &(gbx_heapline_options){ .axis = GBX_HEAPLINE_TIME }), GBX_ERROR_USAGE);
    done();
}

static void
shares_add_up_to_what_the_arenas_take(void **state)
{
    (void)state;
    trace_writer *w = begin(NULL);
    blocks(w, 0, 100);
    assert_int_equal(make(w, &(gbx_heapline_options){ .columns = 1 }), 0);
    gbx_heap_shares share = gbx_heap_share(line.heap);
    assert_int_equal(share.arenas, GBX_HEAP_ARENA);
    assert_int_equal(share.used, 3200);
    assert_int_equal(share.free, gbx_heap_capacity(1) * 32 - 3200);
    assert_int_equal(share.unused, 63 * GBX_HEAP_POOL);
    assert_int_equal(share.used + share.free + share.unused + share.overhead, share.arenas);
    assert_int_equal(share.overhead, GBX_HEAP_POOL - gbx_heap_capacity(1) * 32);
    done();
}

static void
rows_have_names(void **state)
{
    (void)state;
    static const struct { unsigned row; const char *name; } names[] = {
        { 0, "16" }, { 31, "512" }, { GBX_HEAPLINE_POWERS, "<=1" }, { GBX_HEAPLINE_POWERS + 9, "<=512" },
        { GBX_HEAPLINE_POWERS + 12, "<=4 K" }, { GBX_HEAPLINE_POWERS + 39, "<=512 G" },
        { GBX_HEAPLINE_POOLED, "pools" }, { GBX_HEAPLINE_ARENAS, "arenas" },
    };
    char text[16];
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        assert_string_equal(gbx_heapline_name(names[i].row, text, sizeof(text)), names[i].name);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps_are_of_equally_many_events_where_there_is_no_time),
        TEST(steps_of_time_in_which_nothing_happened_are_as_before),
        TEST(time_is_chosen_where_there_is_enough_of_it),
        TEST(a_mark_is_found_by_its_name_or_with_its_text),
        TEST(what_is_asked_in_vain_is_refused),
        TEST(shares_add_up_to_what_the_arenas_take),
        TEST(rows_have_names),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
