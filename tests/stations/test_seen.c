/* Exports of station 5, in traces written for the purpose: whose shape is whose, what is passed over, and what
   words are made of it. */

#include "trace_test.h"

#include "buf_records.h"
#include "finding.h"
#include "../../stations/5-buffers/seen.h"

#include <string.h>

enum { T_BYTES = 5, T_ARRAY };
enum { MAIN, SECOND };

#define NEW  (1u << GBX_BUFFER_SHAPE | 1u << GBX_BUFFER_STRIDES)

static gbx_trace *trace;
static gbx_run run;
static gbx_look look;
static gbx_part part;

static void
define_type(trace_writer *w, uint32_t id, const char *name)
{
    uint8_t bytes[64];
    gbx_name_type type = { .basic_size = 16 };
    size_t length = strlen(name);
    memcpy(bytes, &type, sizeof(type));
    memcpy(bytes + sizeof(type), name, length);
    writer_name(w, GBX_NAME_TYPE, id, bytes, sizeof(type) + length);
}

static trace_writer *
begin(void)
{
    trace_writer *w = writer_new(NULL);
    define_type(w, T_BYTES, "bytes");
    define_type(w, T_ARRAY, "array");
    return w;
}

static void
lend(trace_writer *w, uint32_t thread, uint32_t type, uint8_t flags, uint8_t ndim, uint64_t address)
{
    PUT(w, thread, (gbx_buf_get){ .h = { .event = GBX_EV_BUF_GET, .flags = flags }, .ndim = ndim, .exporter = 0x100,
                                  .exporter_type = type, .address = address, .length = 96, .itemsize = 8 });
}

static void
axis(trace_writer *w, uint32_t thread, uint16_t which, int64_t extent, int64_t stride)
{
    PUT(w, thread, (gbx_buf_axis){ .h = { .event = GBX_EV_BUF_AXIS, .arg = which }, .extent = extent, .stride = stride });
}

static void
look_at(trace_writer *w)
{
    trace = test_open(w);
    run = (gbx_run){ .trace = trace };
    look = (gbx_look){ .trace = trace, .runs = &run, .run_count = 1 };
    assert_true(gbx_part_whole(&look, &part));
}

static void
done(void)
{
    gbx_trace_close(trace);
}

static void
an_export_has_the_axes_that_follow_it(void **state)
{
    (void)state;
    gbx_seen seen;
    char text[100];
    trace_writer *w = begin();
    lend(w, MAIN, T_ARRAY, NEW, 2, 0x9000);
    axis(w, MAIN, 0, 4, 8);
    lend(w, SECOND, T_BYTES, NEW, 1, 0x7000);          /* another thread's, in between */
    axis(w, SECOND, 0, 5, 1);
    axis(w, MAIN, 1, 3, 32);
    look_at(w);
    assert_true(gbx_seen_next(&part, part.begin, &seen));
    assert_string_equal(seen.type, "array");
    assert_int_equal(seen.axes, 2);
    assert_string_equal(gbx_seen_shape(&seen, text, sizeof(text)), "shape (4, 3), strides (8, 32)");
    assert_false(gbx_seen_next(&part, seen.at + 1, &seen));
    done();
}

static void
without_a_shape_no_axis_is_its_own(void **state)
{
    (void)state;
    gbx_seen all[3];
    trace_writer *w = begin();
    lend(w, MAIN, T_BYTES, 0, 1, 0x9000);
    lend(w, MAIN, T_ARRAY, NEW, 1, 0x9000);
    axis(w, MAIN, 0, 12, 8);
    look_at(w);
    assert_int_equal(gbx_seen_all(&part, all, 3), 2);
    assert_int_equal(all[0].axes, 0);
    assert_int_equal(all[1].axes, 1);
    assert_int_equal(gbx_seen_all(&part, all, 1), 1);
    done();
}

static void
axes_that_are_missing_or_of_another_order_are_not_told(void **state)
{
    (void)state;
    gbx_seen seen;
    trace_writer *w = begin();
    lend(w, MAIN, T_ARRAY, NEW, 200, 0x9000);
    axis(w, MAIN, 0, 2, 8);
    axis(w, MAIN, 7, 2, 8);
    look_at(w);
    assert_true(gbx_seen_next(&part, part.begin, &seen));
    assert_int_equal(seen.axes, 1);
    done();
}

static void
what_is_passed_on_is_passed_over(void **state)
{
    (void)state;
    gbx_seen seen;
    trace_writer *w = begin();
    lend(w, MAIN, T_BYTES, 1u << GBX_BUFFER_PASSED_ON, 1, 0x9000);
    look_at(w);
    assert_false(gbx_seen_next(&part, part.begin, &seen));
    assert_false(gbx_seen_of(&part, "bytes", &seen));
    done();
}

static void
one_of_a_type_is_found_behind_others(void **state)
{
    (void)state;
    gbx_seen seen;
    trace_writer *w = begin();
    lend(w, MAIN, T_BYTES, 0, 1, 0x7000);
    lend(w, MAIN, T_ARRAY, 0, 1, 0x9000);
    lend(w, MAIN, 99, 0, 1, 0x9000);                   /* of a type that nobody defined */
    look_at(w);
    assert_true(gbx_seen_of(&part, "array", &seen));
    assert_int_equal(seen.get->address, 0x9000);
    assert_true(gbx_seen_of(&part, "?", &seen));
    assert_false(gbx_seen_of(&part, "list", &seen));
    done();
}

static void
memory_is_added_up_with_its_first_piece(void **state)
{
    (void)state;
    uint32_t pieces;
    size_t first;
    trace_writer *w = begin();
    lend(w, MAIN, T_BYTES, 0, 1, 0x7000);
    PUT(w, MAIN, (gbx_buf_memory){ .h = { .event = GBX_EV_MEMORY_NEW }, .address = 0x9000, .size = 96 });
    PUT(w, MAIN, (gbx_buf_memory){ .h = { .event = GBX_EV_MEMORY_FREE }, .address = 0x9000 });
    PUT(w, MAIN, (gbx_buf_memory){ .h = { .event = GBX_EV_MEMORY_NEW }, .address = 0x9000, .size = 4 });
    look_at(w);
    assert_int_equal(gbx_seen_memory(&part, &pieces, &first), 100);
    assert_int_equal(pieces, 2);
    assert_int_equal(first, part.begin + 1);
    gbx_part none = gbx_part_cut(&part, part.begin, part.begin + 1);
    assert_int_equal(gbx_seen_memory(&none, &pieces, &first), 0);
    assert_int_equal(pieces, 0);
    assert_true(first == GBX_NO_EVENT);
    done();
}

static void
words_are_cut_to_the_room_there_is(void **state)
{
    (void)state;
    char text[120];
    gbx_buf_get get = { .length = UINT64_MAX, .address = UINT64_MAX };
    gbx_seen seen = { .get = &get, .type = "numpy.ndarray", .axes = GBX_SEEN_AXES,
                      .extent = { INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN },
                      .stride = { INT64_MIN, INT64_MIN, INT64_MIN, INT64_MIN } };
    for (size_t size = 16; size <= sizeof(text); size++) {
        memset(text, '#', sizeof(text));
        assert_ptr_equal(gbx_seen_shape(&seen, text, size), text);
        assert_true(strlen(text) < size);
        assert_true(strlen(gbx_seen_strides(&seen, text, size)) < size);
        assert_true(strlen(gbx_seen_asked(UINT16_MAX, text, size)) < size);
        size_t used = gbx_seen_put(text, size, &seen);
        assert_true(used < size && strlen(text) == used);
    }
    assert_string_equal(gbx_seen_asked(0, text, sizeof(text)), "nothing but the bytes");
    assert_string_equal(gbx_seen_asked(1 << GBX_ASKED_ND | 1 << GBX_ASKED_STRIDES, text, sizeof(text)), "nd, strides");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_export_has_the_axes_that_follow_it),
        TEST(without_a_shape_no_axis_is_its_own),
        TEST(axes_that_are_missing_or_of_another_order_are_not_told),
        TEST(what_is_passed_on_is_passed_over),
        TEST(one_of_a_type_is_found_behind_others),
        TEST(memory_is_added_up_with_its_first_piece),
        TEST(words_are_cut_to_the_room_there_is),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
