/* The heap that is replayed from a trace: what it adds up to, when it says nothing, and what lies in the
   events cannot do to it. */

#include "trace_test.h"

#include "check.h"
#include "heap.h"

#include <string.h>

#define ARENA  UINT64_C(0x7f0000101000)          /* not aligned to a pool */
#define FIRST  UINT64_C(0x7f0000104000)          /* its first pool */

#define PUT(w, thread, ...)  writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))

static void
arena(trace_writer *w, uint8_t event, uint64_t address, uint32_t pools)
{
    PUT(w, 0, (gbx_arena){ .h = { .event = event }, .pools = pools, .address = address });
}

static void
pool(trace_writer *w, uint8_t event, uint64_t address, uint16_t size_class, uint32_t blocks)
{
    PUT(w, 0, (gbx_pool){ .h = { .event = event, .arg = size_class }, .blocks = blocks, .address = address });
}

static void
block(trace_writer *w, uint64_t address, uint16_t size)
{
    PUT(w, 0, (gbx_block){ .h = { .event = GBX_EV_BLOCK_ALLOC, .flags = GBX_DOMAIN_OBJ, .arg = size },
                              .address = GBX_BYTES48(address) });
}

static void
at_address(trace_writer *w, uint32_t thread, uint8_t event, uint8_t flags, uint64_t address)
{
    gbx_at record = { .event = event, .flags = flags };
    for (unsigned i = 0; i < sizeof(record.address); i++) {
        record.address[i] = (uint8_t)(address >> 8 * i);
    }
    PUT(w, thread, record);
}

static void
large(trace_writer *w, uint32_t thread, uint8_t domain, uint64_t address, uint64_t size)
{
    PUT(w, thread, (gbx_large){ .h = { .event = GBX_EV_LARGE_ALLOC, .flags = domain }, .size = size,
                                .address = GBX_BYTES48(address) });
}

static void
total(trace_writer *w, uint8_t event, gbx_alloc_total sums)
{
    sums.h.event = event;
    PUT(w, 0, sums);
}

/* The heap after the last event; frees the writer, the caller frees the heap. */
static gbx_heap *
replay(trace_writer *w, int *agrees)
{
    gbx_heap *heap;
    gbx_trace *trace = test_open(w);
    gbx_cursor at;
    char words[160] = "";
    *agrees = -2;
    assert_int_equal(gbx_heap_new(&heap, trace, 0, NULL), 0);
    for (bool more = gbx_trace_first(trace, &at); more; more = gbx_trace_next(&at)) {
        assert_int_equal(gbx_heap_apply(heap, &at.entry), 0);
        if (at.entry.record->event == GBX_EV_ALLOC_TOTAL) {
            *agrees = gbx_heap_compare(heap, &at.entry, words, sizeof(words));
        }
    }
    gbx_trace_close(trace);
    return heap;
}

/* One arena, two pools: class 1 (32 bytes) with two blocks left, class 31 with one; a large block. */
static trace_writer *
sound(void)
{
    trace_writer *w = writer_new(NULL);
    arena(w, GBX_EV_ARENA_NEW, ARENA, 63);
    pool(w, GBX_EV_POOL_NEW, FIRST, 1, 1);
    block(w, FIRST + 48, 20);
    block(w, FIRST + 80, 32);
    block(w, FIRST + 112, 17);
    at_address(w, 0, GBX_EV_BLOCK_FREE, 0, FIRST + 80);
    pool(w, GBX_EV_POOL_NEW, FIRST + GBX_HEAP_POOL, 31, 1);
    block(w, FIRST + GBX_HEAP_POOL + 48, 500);
    large(w, 0, GBX_DOMAIN_OBJ, 0x5000, 513);
    large(w, 0, GBX_DOMAIN_RAW, 0x6000, 100);
    return w;
}

static const gbx_alloc_total sound_total = {
    .arenas = 1, .pools = 2, .blocks = 3, .bytes = 2 * 32 + 512, .large = 1 };

static void
events_add_up(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = sound();
    total(w, GBX_EV_ALLOC_TOTAL, sound_total);
    gbx_heap *heap = replay(w, &agrees);
    const gbx_heap_sums *sums = gbx_heap_sum(heap);
    assert_int_equal(agrees, 0);
    assert_int_equal(sums->blocks[1], 2);
    assert_int_equal(sums->blocks[31], 1);
    assert_int_equal(sums->large_bytes, 513);
    assert_int_equal(sums->raw_bytes, 100);
    assert_int_equal(gbx_heap_arenas(heap), 1);
    const gbx_heap_arena *found = NULL;
    const gbx_heap_pool *in = gbx_heap_find(heap, FIRST + 112, &found);
    assert_non_null(in);
    assert_int_equal(in->blocks, 2);
    assert_int_equal(in->size_class, 1);
    assert_int_equal(found->address, ARENA);
    assert_null(gbx_heap_find(heap, ARENA - 1, NULL));
    assert_null(gbx_heap_find(heap, ARENA + GBX_HEAP_ARENA, NULL));
    assert_null(gbx_heap_find(heap, ARENA, NULL));       // before its first pool
    gbx_heap_free(heap);
}

static void
each_sum_can_be_wrong(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++) {
        gbx_invariant result[GBX_INVARIANTS];
        gbx_alloc_total lie = sound_total;
        lie.arenas += i == 0;
        lie.pools += i == 1;
        lie.blocks += i == 2;
        lie.bytes += i == 3;
        lie.large += i == 4;
        trace_writer *w = sound();
        total(w, GBX_EV_ALLOC_TOTAL, lie);
        gbx_trace *trace = test_open(w);
        assert_int_equal(gbx_check_all(trace, result, NULL), 0);
        assert_int_equal(result[GBX_INVARIANT_HEAP].looked_at, 1);
        assert_int_equal(result[GBX_INVARIANT_HEAP].violations, 1);
        assert_int_equal(result[GBX_INVARIANT_HEAP].first, gbx_trace_count(trace) - 1);
        gbx_trace_close(trace);
    }
}

static void
what_was_found_counts(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = writer_new(NULL);
    arena(w, GBX_EV_ARENA_FOUND, ARENA, 63);
    pool(w, GBX_EV_POOL_FOUND, FIRST, 0, 40);
    total(w, GBX_EV_ALLOC_FOUND, (gbx_alloc_total){ .arenas = 1, .pools = 1, .blocks = 40, .bytes = 640,
                                                    .large = 7 });
    at_address(w, 0, GBX_EV_BLOCK_FREE, 0, FIRST + 64);  // nobody saw it born
    at_address(w, 0, GBX_EV_LARGE_FREE, GBX_DOMAIN_MEM, 0x7000);
    at_address(w, 0, GBX_EV_LARGE_FREE, GBX_DOMAIN_RAW, 0x8000);
    PUT(w, 0, (gbx_large_move){ .h = { .event = GBX_EV_LARGE_MOVE, .flags = GBX_DOMAIN_OBJ },
                                .size = 900, .address = GBX_BYTES48(UINT64_C(0x9000)), .old_address = 0xa000 });
    total(w, GBX_EV_ALLOC_TOTAL, (gbx_alloc_total){ .arenas = 1, .pools = 1, .blocks = 39, .bytes = 624,
                                                    .large = 6 });
    gbx_heap *heap = replay(w, &agrees);
    assert_int_equal(agrees, 0);
    assert_int_equal(gbx_heap_sum(heap)->large_bytes, 900);
    gbx_heap_free(heap);
}

static void
pools_change_their_class_and_arenas_go(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = sound();
    at_address(w, 0, GBX_EV_BLOCK_FREE, 0, FIRST + 48);
    at_address(w, 0, GBX_EV_BLOCK_FREE, 0, FIRST + 112);
    pool(w, GBX_EV_POOL_EMPTY, FIRST, 1, 0);
    pool(w, GBX_EV_POOL_NEW, FIRST, 9, 1);
    block(w, FIRST + 48, 160);
    total(w, GBX_EV_ALLOC_TOTAL, (gbx_alloc_total){ .arenas = 1, .pools = 2, .blocks = 2,
                                                    .bytes = 160 + 512, .large = 1 });
    arena(w, GBX_EV_ARENA_NEW, ARENA - GBX_HEAP_ARENA, 63);
    arena(w, GBX_EV_ARENA_FREE, ARENA, 63);              // with an interpreter: what is in it goes too
    total(w, GBX_EV_ALLOC_TOTAL, (gbx_alloc_total){ .arenas = 1, .large = 1 });
    gbx_heap *heap = replay(w, &agrees);
    assert_int_equal(agrees, 0);
    assert_int_equal(gbx_heap_arena_at(heap, 0)->address, ARENA - GBX_HEAP_ARENA);
    assert_null(gbx_heap_arena_at(heap, 1));
    gbx_heap_free(heap);
}

static void
many_large_blocks_come_and_go(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = writer_new(&(writer_options){ .segment_size = 1u << 20 });
    for (uint64_t i = 1; i <= 5000; i++) {
        large(w, 0, GBX_DOMAIN_MEM, i * 4096, i);
        if (i % 3 == 0) {
            at_address(w, 0, GBX_EV_LARGE_FREE, GBX_DOMAIN_MEM, (i - 1) * 4096);
        }
    }
    total(w, GBX_EV_ALLOC_TOTAL, (gbx_alloc_total){ .large = 5000 - 1666 });
    gbx_heap *heap = replay(w, &agrees);
    uint64_t bytes = 0;
    for (uint64_t i = 1; i <= 5000; i++) {
        bytes += i % 3 == 2 && i < 5000 ? 0 : i;
    }
    assert_int_equal(agrees, 0);
    assert_int_equal(gbx_heap_sum(heap)->large_bytes, bytes);
    gbx_heap_free(heap);
}

/* Without the lock nobody knows whether thread 1 got what thread 0 gave back; the sums do not care. */
static void
an_address_that_comes_again_before_it_went(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = writer_new(NULL);
    large(w, 0, GBX_DOMAIN_RAW, 0x5000, 100);
    large(w, 1, GBX_DOMAIN_RAW, 0x5000, 70);
    at_address(w, 0, GBX_EV_LARGE_FREE, GBX_DOMAIN_RAW, 0x5000);     // of the first
    gbx_heap *heap = replay(w, &agrees);
    assert_int_equal(gbx_heap_sum(heap)->raw_blocks, 1);
    assert_int_equal(gbx_heap_sum(heap)->raw_bytes, 70);
    gbx_heap_free(heap);
}

static trace_writer *
free_threaded(void)
{
    trace_writer *w = writer_new(NULL);
    writer_header(w)->build = GBX_BUILD_FREE_THREADED;
    return w;
}

static void
a_free_that_comes_before_what_it_frees(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = free_threaded();
    block(w, 0x7000, 48);
    at_address(w, 0, GBX_EV_BLOCK_FREE, 0, 0x9000);
    block(w, 0x8000, 1000);
    block(w, 0x9000, 77);                                // has gone already
    gbx_heap *heap = replay(w, &agrees);
    assert_true(gbx_heap_sum(heap)->whole);
    assert_int_equal(gbx_heap_sum(heap)->large_blocks, 2);
    assert_int_equal(gbx_heap_sum(heap)->large_bytes, 1048);
    assert_int_equal(gbx_heap_sum(heap)->bytes_below[6], 48);
    assert_int_equal(gbx_heap_sum(heap)->bytes_below[10], 1000);
    gbx_heap_free(heap);
}

static void
without_the_lock_blocks_are_kept_by_address(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = free_threaded();
    block(w, 0x7000, 48);
    PUT(w, 0, (gbx_block){ .h = { .event = GBX_EV_BLOCK_RESIZE, .flags = GBX_DOMAIN_OBJ, .arg = 40 },
                              .address = GBX_BYTES48(UINT64_C(0x7000)) });
    large(w, 0, GBX_DOMAIN_MEM, 0x10000, 1u << 20);
    at_address(w, 1, GBX_EV_BLOCK_FREE, 0, 0x10000);
    PUT(w, 0, (gbx_heap_page){ .h = { .event = GBX_EV_HEAP_PAGE_NEW, .flags = GBX_HEAP_GC } });
    PUT(w, 0, (gbx_heap_page){ .h = { .event = GBX_EV_HEAP_PAGE_NEW, .flags = 200 } });
    large(w, 0, 0, 0, 0);
    total(w, GBX_EV_ALLOC_TOTAL, (gbx_alloc_total){ .blocks = 99 });
    gbx_heap *heap = replay(w, &agrees);
    assert_int_equal(agrees, -1);
    assert_int_equal(gbx_heap_sum(heap)->large_blocks, 1);
    assert_int_equal(gbx_heap_sum(heap)->large_bytes, 40);
    assert_int_equal(gbx_heap_sum(heap)->pages_of[GBX_HEAP_GC], 1);
    gbx_heap_free(heap);
}

static void
free_lists_are_counted(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = writer_new(NULL);
    at_address(w, 0, GBX_EV_FREELIST_FOUND, GBX_FREELIST_LIST, 0x1000);
    at_address(w, 0, GBX_EV_FREELIST_PUT, GBX_FREELIST_LIST, 0x2000);
    at_address(w, 0, GBX_EV_FREELIST_HIT, GBX_FREELIST_LIST, 0x2000);
    at_address(w, 0, GBX_EV_FREELIST_PUT, GBX_FREELIST_FLOAT, 0x3000);
    at_address(w, 0, GBX_EV_FREELIST_DROP, GBX_FREELIST_FLOAT, 0x3000);
    at_address(w, 0, GBX_EV_FREELIST_PUT, 255, 0x3000);
    gbx_heap *heap = replay(w, &agrees);
    assert_int_equal(gbx_heap_sum(heap)->listed[GBX_FREELIST_LIST], 1);
    assert_int_equal(gbx_heap_sum(heap)->listed[GBX_FREELIST_FLOAT], 0);
    gbx_heap_free(heap);
}

static void
of_half_a_trace_nothing_is_said(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = sound();
    writer_segment(w, 0)->lost = 3;
    total(w, GBX_EV_ALLOC_TOTAL, (gbx_alloc_total){ .blocks = 99 });
    gbx_heap_free(replay(w, &agrees));
    assert_int_equal(agrees, -1);
    w = sound();
    writer_header(w)->first_mask = 1u << GBX_CLASS_MARK;
    total(w, GBX_EV_ALLOC_TOTAL, (gbx_alloc_total){ .blocks = 99 });
    gbx_heap_free(replay(w, &agrees));
    assert_int_equal(agrees, -1);
}

static void
impossible_events_do_no_harm(void **state)
{
    (void)state;
    int agrees;
    trace_writer *w = sound();
    arena(w, GBX_EV_ARENA_NEW, ARENA + 4096, 99999);     // overlaps
    arena(w, GBX_EV_ARENA_NEW, UINT64_MAX - 100, UINT32_MAX);
    arena(w, GBX_EV_ARENA_FREE, 0x1234, 0);
    pool(w, GBX_EV_POOL_NEW, FIRST, 1, 1);               // it is in use
    pool(w, GBX_EV_POOL_NEW, FIRST + 5 * GBX_HEAP_POOL, 32, 1);
    pool(w, GBX_EV_POOL_FOUND, FIRST + 6 * GBX_HEAP_POOL, 31, UINT32_MAX);
    block(w, UINT64_MAX, 1);
    block(w, 0, 1);
    block(w, FIRST + 7 * GBX_HEAP_POOL, 1);              // a pool that was never begun
    for (int i = 0; i < 5; i++) {
        at_address(w, 0, GBX_EV_BLOCK_FREE, 0, FIRST + 48);
    }
    large(w, 0, 77, 0, 1);
    large(w, 0, 77, 0x50, UINT64_MAX);
    at_address(w, 0, GBX_EV_LARGE_FREE, 77, 0);
    total(w, GBX_EV_ALLOC_TOTAL, (gbx_alloc_total){ .blocks = 99 });
    gbx_heap *heap = replay(w, &agrees);
    assert_int_equal(agrees, -1);
    assert_int_equal(gbx_heap_sum(heap)->blocks[1], 0);
    assert_int_equal(gbx_heap_sum(heap)->blocks[31], 1 + 31);
    gbx_heap_free(heap);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(events_add_up),
        cmocka_unit_test(each_sum_can_be_wrong),
        cmocka_unit_test(what_was_found_counts),
        cmocka_unit_test(pools_change_their_class_and_arenas_go),
        cmocka_unit_test(many_large_blocks_come_and_go),
        cmocka_unit_test(an_address_that_comes_again_before_it_went),
        cmocka_unit_test(a_free_that_comes_before_what_it_frees),
        cmocka_unit_test(without_the_lock_blocks_are_kept_by_address),
        cmocka_unit_test(free_lists_are_counted),
        cmocka_unit_test(of_half_a_trace_nothing_is_said),
        cmocka_unit_test(impossible_events_do_no_harm),
    };
    return cmocka_run_group_tests_name("heap", tests, NULL, NULL);
}
