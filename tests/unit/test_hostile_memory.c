/* Records of memory with anything in them: references, objects, blocks, collections and the churn, of both
   builds.  Whatever they claim, walking over them, checking them, following a life, replaying the heap and
   adding up references end, and stay in bounds.  Run it under the sanitizers (make check-san). */

#include "trace_test.h"

#include "heapline.h"
#include "life.h"
#include "refs.h"

#include <string.h>

#define ROUNDS   60u
#define RECORDS  1500u

/* Every event of these classes, and the size of its record. */
static const struct { uint8_t event; size_t size; } kinds[] = {
#define X(NAME, id, CLASS, text, record, timed) { id, sizeof(record) },
    GBX_EVENTS(X)
#undef X
};

static uint64_t seed;

static uint64_t
next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

static bool
is_of_memory(uint8_t event)
{
    int class = gbx_event_class(event);
    return class == GBX_CLASS_REF || class == GBX_CLASS_OBJ || class == GBX_CLASS_ALLOC
        || class == GBX_CLASS_GC || class == GBX_CLASS_MARK;
}

/* One of a few, so that records meet; or the largest there is. */
static uint64_t
some_address(void)
{
    static const uint64_t few[] = {
        0, 16, UINT64_C(0x7f0000100000), UINT64_C(0x7f0000100040), UINT64_C(0x7f0000100050),
        UINT64_C(0x7f0000104000), UINT64_C(0x7fffffffffff), UINT64_C(0xffffffffffff), UINT64_MAX,
        UINT64_MAX - 15,
    };
    return few[next_random() % (sizeof(few) / sizeof(few[0]))];
}

/* Where a record has room for one: addresses lie at its words. */
static void
put_addresses(uint8_t *bytes, size_t size)
{
    for (size_t at = 8; at + 8 <= size; at += 8) {
        if (next_random() % 2 == 0) {
            uint64_t address = some_address();
            memcpy(bytes + at, &address, next_random() % 2 == 0 ? 8 : 6);
        }
    }
    if (size == 8 && next_random() % 2 == 0) {
        uint64_t address = some_address();
        memcpy(bytes + 2, &address, 6);
    }
}

static void
put_any(trace_writer *w)
{
    size_t kind = next_random() % (sizeof(kinds) / sizeof(kinds[0]));
    uint8_t bytes[64] = { 0 };
    if (!is_of_memory(kinds[kind].event) || kinds[kind].size > sizeof(bytes)) {
        return;
    }
    for (size_t i = 0; i < kinds[kind].size; i++) {
        uint64_t random = next_random();
        bytes[i] = random % 3 == 0 ? 0xff : random % 3 == 1 ? (uint8_t)(random >> 8) : (uint8_t)(random >> 8 & 3);
    }
    put_addresses(bytes, kinds[kind].size);
    bytes[0] = kinds[kind].event;
    writer_record(w, (uint32_t)(next_random() % 3), bytes, kinds[kind].size);
}

static void
define_names(trace_writer *w)
{
    uint8_t bytes[64];
    writer_string(w, 1, "it");
    writer_code(w, 2, "work", "a.py", 7, "", 0);
    for (uint32_t id = 1; id < 4; id++) {
        gbx_name_type type = { .basic_size = next_random(), .item_size = next_random(),
                               .tp_flags = next_random(), .address = some_address() };
        gbx_name_watch watch = { .address = some_address(), .type = (uint32_t)(next_random() % 5) };
        memcpy(bytes, &type, sizeof(type));
        memcpy(bytes + sizeof(type), "Node", 4);
        writer_name(w, GBX_NAME_TYPE, id, bytes, sizeof(type) + 4);
        memcpy(bytes, &watch, sizeof(watch));
        memcpy(bytes + sizeof(watch), "it", 2);
        writer_name(w, GBX_NAME_WATCH, id, bytes, sizeof(watch) + 2);
    }
}

static void
follow_lives(const gbx_trace *trace)
{
    gbx_lives *lives;
    gbx_error error = { 0, "" };
    if (gbx_lives_find(&lives, trace, "it", &error) != 0) {
        return;
    }
    for (size_t i = 0; i < gbx_lives_count(lives); i++) {
        const gbx_life *life = gbx_lives_at(lives, i);
        for (size_t m = 0; m < life->count;) {
            gbx_fold fold = gbx_life_fold(life, m);
            assert_true(fold.period > 0 && fold.times > 0);
            m += fold.period * fold.times;
            assert_true(m <= life->count);
        }
    }
    gbx_lives_free(lives);
}

static void
replay_heap(const gbx_trace *trace)
{
    static const gbx_heapline_axis axes[] = { GBX_HEAPLINE_AUTO, GBX_HEAPLINE_TIME, GBX_HEAPLINE_EVENTS };
    for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++) {
        gbx_heapline line;
        gbx_error error = { 0, "" };
        gbx_heapline_options options = { .columns = 9, .axis = axes[i], .mark = i == 1 ? "it" : NULL };
        if (gbx_heapline_make(&line, trace, &options, &error) == 0) {
            gbx_heap_shares share = gbx_heap_share(line.heap);
            assert_true(share.used + share.free + share.unused <= share.arenas);
        }
        gbx_heapline_clear(&line);
    }
}

static void
survive(uint8_t build, uint8_t clock)
{
    trace_writer *w = writer_new(&(writer_options){ .clock = clock });
    gbx_refs refs;
    gbx_error error = { 0, "" };
    writer_header(w)->build = build;
    define_names(w);
    for (size_t i = 0; i < RECORDS; i++) {
        put_any(w);
    }
    gbx_trace *trace = test_open(w);
    assert_true(test_walk(trace) > 0);
    follow_lives(trace);
    replay_heap(trace);
    if (gbx_refs_gather(&refs, trace, &error) == 0) {
        gbx_refs_clear(&refs);
    }
    gbx_trace_close(trace);
}

static void
records_of_memory_may_claim_anything(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
        survive(0, GBX_CLOCK_TSC);
    }
}

static void
and_so_may_those_of_the_build_without_the_gil(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = UINT64_C(0xd1342543de82ef95) * (i + 1);
        survive(GBX_BUILD_FREE_THREADED, GBX_CLOCK_TSC);
    }
}

static void
and_those_that_know_no_time(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        seed = UINT64_C(0xbf58476d1ce4e5b9) * (i + 1);
        survive(i % 2 == 0 ? 0 : GBX_BUILD_FREE_THREADED, WRITER_NO_CLOCK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_of_memory_may_claim_anything),
        TEST(and_so_may_those_of_the_build_without_the_gil),
        TEST(and_those_that_know_no_time),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
