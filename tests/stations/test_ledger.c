/* The ledger of station 2, in traces written for the purpose: what a program asked for and has not given
   back, to the byte, whatever order the events come in. */

#include "trace_test.h"

#include <stdlib.h>
#include <string.h>

#include "../../stations/2-memory/ledger.h"

#define PUT(w, thread, ...)  writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))

enum { MAIN, SECOND };

static gbx_trace *trace;
static gbx_ledger ledger;

static void
block(trace_writer *w, uint32_t thread, uint8_t event, uint64_t address, uint16_t size)
{
    PUT(w, thread, (gbx_block){ .h = { .event = event, .flags = GBX_DOMAIN_OBJ, .arg = size },
                                .address = GBX_BYTES48(address) });
}

static void
large(trace_writer *w, uint8_t domain, uint64_t address, uint64_t size)
{
    PUT(w, MAIN, (gbx_large){ .h = { .event = GBX_EV_LARGE_ALLOC, .flags = domain }, .size = size,
                              .address = GBX_BYTES48(address) });
}

static void
move(trace_writer *w, uint8_t domain, uint64_t from, uint64_t to, uint64_t size)
{
    PUT(w, MAIN, (gbx_large_move){ .h = { .event = GBX_EV_LARGE_MOVE, .flags = domain }, .size = size,
                                   .address = GBX_BYTES48(to), .old_address = from });
}

static void
gives_back(trace_writer *w, uint8_t event, uint8_t domain, uint64_t address)
{
    gbx_at record = { .event = event, .flags = domain };
    memcpy(record.address, &address, sizeof(record.address));
    PUT(w, MAIN, record);
}

/* Enters all events of the first thread. */
static void
enter(trace_writer *w)
{
    trace = test_open(w);
    gbx_part part = { .trace = trace, .begin = 0, .end = gbx_trace_count(trace), .stream = 0 };
    assert_true(gbx_ledger_init(&ledger));
    assert_true(gbx_ledger_enter(&ledger, &part));
}

static void
holds(uint64_t count, uint64_t asked, uint64_t taken, uint64_t strangers)
{
    assert_int_equal(ledger.count, count);
    assert_int_equal(ledger.asked, asked);
    assert_int_equal(ledger.taken, taken);
    assert_int_equal(ledger.strangers, strangers);
    gbx_ledger_clear(&ledger);
    gbx_trace_close(trace);
}

static void
a_block_counts_from_its_birth_to_its_return(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x1000, 40);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x1030, 33);
    gives_back(w, GBX_EV_BLOCK_FREE, 0, 0x1030);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x1030, 17);
    enter(w);
    holds(2, 57, 48 + 32, 0);
}

static void
what_is_resized_counts_once_wherever_it_goes(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x1000, 40);
    block(w, MAIN, GBX_EV_BLOCK_RESIZE, 0x1000, 20);
    large(w, GBX_DOMAIN_MEM, 0x20000, 600);
    move(w, GBX_DOMAIN_MEM, 0x20000, 0x30000, 700);
    move(w, GBX_DOMAIN_MEM, 0x30000, 0x30000, 900);
    enter(w);
    holds(2, 920, 32 + 900, 0);
}

static void
above_512_bytes_nothing_is_rounded(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x1000, 512);
    large(w, GBX_DOMAIN_OBJ, 0x20000, 513);
    enter(w);
    holds(2, 1025, 1025, 0);
    assert_int_equal(gbx_ledger_rounded(0), 0);
    assert_int_equal(gbx_ledger_rounded(1), 16);
    assert_int_equal(gbx_ledger_rounded(16), 16);
    assert_int_equal(gbx_ledger_rounded(497), 512);
}

static void
the_interpreter_s_own_blocks_do_not_count(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    large(w, GBX_DOMAIN_RAW, 0x20000, 4096);
    large(w, GBX_DOMAIN_RAW, 0x30000, 4096);
    move(w, GBX_DOMAIN_RAW, 0x30000, 0x40000, 8192);
    gives_back(w, GBX_EV_LARGE_FREE, GBX_DOMAIN_RAW, 0x20000);
    gives_back(w, GBX_EV_LARGE_FREE, GBX_DOMAIN_RAW, 0x77000);   /* unknown, and nobody's */
    enter(w);
    holds(0, 0, 0, 0);
}

static void
a_block_is_of_the_domain_that_its_birth_says(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    large(w, GBX_DOMAIN_RAW, 0x20000, 4096);
    gives_back(w, GBX_EV_LARGE_FREE, GBX_DOMAIN_MEM, 0x20000);
    large(w, GBX_DOMAIN_MEM, 0x30000, 1000);
    gives_back(w, GBX_EV_LARGE_FREE, GBX_DOMAIN_RAW, 0x30000);
    enter(w);
    holds(0, 0, 0, 0);
}

static void
a_return_of_what_nobody_saw_born_is_a_stranger(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    gives_back(w, GBX_EV_BLOCK_FREE, 0, 0x1000);
    block(w, MAIN, GBX_EV_BLOCK_RESIZE, 0x2000, 20);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x3000, 16);
    gives_back(w, GBX_EV_BLOCK_FREE, 0, 0x3000);
    gives_back(w, GBX_EV_BLOCK_FREE, 0, 0x3000);                 /* twice */
    enter(w);
    holds(1, 20, 32, 3);
}

static void
a_birth_where_something_lies_is_that_one_s_unseen_end(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x1000, 100);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x1000, 40);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0, 40);                   /* no address at all */
    enter(w);
    holds(1, 40, 48, 0);
}

static void
other_threads_have_books_of_their_own(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x1000, 100);
    block(w, SECOND, GBX_EV_BLOCK_ALLOC, 0x2000, 100);
    enter(w);
    holds(1, 100, 112, 0);
}

static void
without_the_gil_blocks_have_mimalloc_s_sizes(void **state)
{
    (void)state;
    static const struct { uint16_t asked; uint32_t taken; } sizes[] = {
        { 1, 8 }, { 8, 8 }, { 9, 16 }, { 17, 32 }, { 64, 64 }, { 65, 80 }, { 129, 160 }, { 513, 640 },
        { 1025, 1280 },
    };
    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        trace_writer *w = writer_new(NULL);
        writer_header(w)->build = GBX_BUILD_FREE_THREADED;
        block(w, MAIN, GBX_EV_BLOCK_ALLOC, 0x1000, sizes[i].asked);
        enter(w);
        holds(1, sizes[i].asked, sizes[i].taken, 0);
    }
}

/* Against a list of what is alive, kept by hand; enough of it that the table grows and has gaps. */
static void
ten_thousand_comings_and_goings_add_up(void **state)
{
    (void)state;
    enum { PLACES = 3000, STEPS = 10000 };
    static uint16_t alive[PLACES];
    uint64_t count = 0, asked = 0, taken = 0;
    uint32_t random = 1;
    trace_writer *w = writer_new(NULL);
    for (size_t i = 0; i < STEPS; i++) {
        random = random * 1664525u + 1013904223u;
        size_t place = (random >> 8) % PLACES;
        uint64_t address = 0x100000 + place * 512;
        uint16_t size = (uint16_t)(1 + (random >> 20) % 512);
        if (alive[place] != 0) {
            gives_back(w, GBX_EV_BLOCK_FREE, 0, address);
            count--;
            asked -= alive[place];
            taken -= gbx_ledger_rounded(alive[place]);
            alive[place] = 0;
        }
        else {
            block(w, MAIN, GBX_EV_BLOCK_ALLOC, address, size);
            alive[place] = size;
            count++;
            asked += size;
            taken += gbx_ledger_rounded(size);
        }
    }
    enter(w);
    holds(count, asked, taken, 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_block_counts_from_its_birth_to_its_return),
        TEST(what_is_resized_counts_once_wherever_it_goes),
        TEST(above_512_bytes_nothing_is_rounded),
        TEST(the_interpreter_s_own_blocks_do_not_count),
        TEST(a_block_is_of_the_domain_that_its_birth_says),
        TEST(a_return_of_what_nobody_saw_born_is_a_stranger),
        TEST(a_birth_where_something_lies_is_that_one_s_unseen_end),
        TEST(other_threads_have_books_of_their_own),
        TEST(without_the_gil_blocks_have_mimalloc_s_sizes),
        TEST(ten_thousand_comings_and_goings_add_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
