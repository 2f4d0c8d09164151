/* The order of events, against a naive sort: every event of every thread of every process is noted as it
   is written, all are sorted by (time, process, thread, number), and each way to read a trace has to give
   them back in that order. */

#include "trace_test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* ------------------------------------------------------------ what was written */

typedef struct {
    uint64_t t_ns;
    uint32_t process, thread;
    uint64_t number;             /* the mark's value; grows within a thread */
} noted;

typedef struct {
    noted *events;
    size_t count, room;
} model;

static void
note(model *m, noted event)
{
    if (m->count == m->room) {
        m->room = m->room == 0 ? 1024 : m->room * 2;
        m->events = realloc(m->events, m->room * sizeof(*m->events));
        assert_non_null(m->events);
    }
    m->events[m->count++] = event;
}

static int
by_time(const void *a, const void *b)
{
    const noted *x = a, *y = b;
    if (x->t_ns != y->t_ns) {
        return x->t_ns < y->t_ns ? -1 : 1;
    }
    if (x->process != y->process) {
        return x->process < y->process ? -1 : 1;
    }
    if (x->thread != y->thread) {
        return x->thread < y->thread ? -1 : 1;
    }
    return x->number < y->number ? -1 : x->number > y->number;
}

/* Within a thread the order written is the order; time does not run backwards. */
static void
settle(model *m)
{
    uint64_t last[8][4096];
    memset(last, 0, sizeof(last));
    for (size_t i = 0; i < m->count; i++) {
        noted *event = &m->events[i];
        uint64_t *before = &last[event->process][event->thread];
        event->t_ns = event->t_ns > *before ? event->t_ns : *before;
        *before = event->t_ns;
    }
    if (m->count > 0) {
        qsort(m->events, m->count, sizeof(*m->events), by_time);
    }
}

static uint64_t
next_random(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

/* SEED=N runs the traces of an earlier run again. */
static uint64_t
new_seed(void)
{
    const char *given = getenv("SEED");
    uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL) << 16 | 1;
    print_message("             SEED=%#llx\n", (unsigned long long)seed);
    return seed;
}

typedef struct {
    uint32_t threads;
    size_t events;
    uint64_t step;               /* between two events, at most; 0: all at one instant */
    unsigned run;                /* events of one thread in a row, at most */
    unsigned back;               /* one event in so many goes back in time; 0: none */
} shape;

/* Write random events of random threads, and note them. */
static void
write_random(trace_writer *w, model *m, uint32_t process, shape of, uint64_t *seed)
{
    uint64_t now = WRITER_START + 1000;
    for (size_t i = 0; i < of.events;) {
        uint32_t thread = (uint32_t)(next_random(seed) % of.threads);
        size_t run = 1 + next_random(seed) % of.run;
        for (; run > 0 && i < of.events; run--, i++) {
            now += of.step == 0 ? 0 : next_random(seed) % (of.step + 1);
            uint64_t ticks = now;
            if (of.back > 0 && next_random(seed) % of.back == 0) {
                ticks -= next_random(seed) % 500;
            }
            writer_clock(w, ticks);
            writer_mark(w, thread, 0, GBX_VALUE_INT, i);
            uint64_t base = writer_segment(w, thread)->base.ticks;
            note(m, (noted){ base + (uint32_t)(ticks - base), process, thread, i });
        }
    }
}

/* ------------------------------------------------------------------ comparing */

static void
assert_event(const gbx_trace *trace, const model *m, size_t at, const gbx_entry *entry)
{
    const noted *event = &m->events[at];
    gbx_where where = gbx_entry_where(trace, entry);
    const gbx_mark *mark = (const gbx_mark *)(const void *)entry->record;
    assert_int_equal(mark->h.event, GBX_EV_MARK);
    assert_int_equal(mark->value, event->number);
    assert_int_equal(where.thread, event->thread);
    assert_int_equal(where.process, event->process);
    assert_int_equal(where.t_ns, event->t_ns - WRITER_START);
}

static void
assert_position(const gbx_trace *trace, const model *m, size_t at)
{
    gbx_where where = gbx_trace_where(trace, at);
    gbx_entry entry = { .record = gbx_trace_record(trace, at), .t_ns = where.t_ns, .stream = where.stream,
                        .interp = where.interp };
    assert_event(trace, m, at, &entry);
}

static void
assert_forward(const gbx_trace *trace, const model *m)
{
    gbx_cursor now;
    size_t at = 0;
    for (bool more = gbx_trace_first(trace, &now); more; more = gbx_trace_next(&now)) {
        assert_int_equal(now.at, at);
        assert_event(trace, m, at++, &now.entry);
    }
    assert_int_equal(at, m->count);
}

static void
assert_together(const gbx_trace *trace, const model *m)
{
    size_t at = 0, count;
    const gbx_entry *entries = gbx_trace_entries(trace, 0, &count);
    for (; count > 0; entries = gbx_trace_entries(trace, at, &count)) {
        for (size_t i = 0; i < count; i++) {
            assert_event(trace, m, at + i, &entries[i]);
        }
        at += count;
    }
    assert_int_equal(at, m->count);
}

/* Anywhere, in any order: what was decoded before must not matter. */
static void
assert_anywhere(const gbx_trace *trace, const model *m, uint64_t *seed)
{
    for (size_t at = m->count; at-- > 0;) {
        assert_position(trace, m, at);
    }
    for (int i = 0; i < 400 && m->count > 0; i++) {
        assert_position(trace, m, next_random(seed) % m->count);
    }
}

/* In which order the ways are tried changes what is decoded when. */
static void
assert_order(gbx_trace *trace, model *m, uint64_t *seed)
{
    settle(m);
    assert_int_equal(gbx_trace_count(trace), m->count);
    if (next_random(seed) % 2 == 0) {
        assert_anywhere(trace, m, seed);
    }
    assert_forward(trace, m);
    assert_together(trace, m);
    assert_anywhere(trace, m, seed);
    gbx_trace_close(trace);
    free(m->events);
}

static void
compare_one(shape of, uint64_t *seed)
{
    model m = { NULL, 0, 0 };
    trace_writer *w = writer_new(NULL);
    write_random(w, &m, 0, of, seed);
    assert_order(test_open(w), &m, seed);
}

/* ---------------------------------------------------------------------- tests */

static void
threads_come_in_the_order_of_a_naive_sort(void **state)
{
    (void)state;
    uint64_t seed = new_seed();
    for (int round = 0; round < 40; round++) {
        compare_one((shape){
            .threads = 1 + (uint32_t)(next_random(&seed) % 12), .events = next_random(&seed) % 6000,
            .step = 1 + next_random(&seed) % 50, .run = 1 + (unsigned)(next_random(&seed) % 300),
        }, &seed);
    }
}

static void
events_of_one_instant_are_ordered_by_thread(void **state)
{
    (void)state;
    uint64_t seed = new_seed();
    compare_one((shape){ .threads = 5, .events = 5000, .step = 0, .run = 3 }, &seed);
    compare_one((shape){ .threads = 7, .events = 5000, .step = 1, .run = 1 }, &seed);
    compare_one((shape){ .threads = 3, .events = 1024, .step = 0, .run = 1 }, &seed);
    compare_one((shape){ .threads = 3, .events = 1025, .step = 0, .run = 1 }, &seed);
}

static void
a_clock_that_runs_backwards_leaves_the_order_of_its_thread(void **state)
{
    (void)state;
    uint64_t seed = new_seed();
    for (int round = 0; round < 10; round++) {
        compare_one((shape){ .threads = 4, .events = 4000, .step = 30, .run = 20, .back = 9 }, &seed);
    }
}

static void
a_clock_that_runs_backwards_is_noticed(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    static const uint64_t ticks[] = { 2000, 2010, 2005, 2010, 2020, 2019 };
    static const bool backward[] = { false, false, true, false, false, true };
    for (size_t i = 0; i < 6; i++) {
        writer_clock(w, i == 0 ? WRITER_START : WRITER_START + ticks[i] - 2000);
        writer_mark(w, 1, 0, GBX_VALUE_INT, i);
    }
    gbx_trace *trace = test_open(w);
    gbx_cursor now;
    for (bool more = gbx_trace_first(trace, &now); more; more = gbx_trace_next(&now)) {
        assert_int_equal(now.entry.backward, backward[now.at]);
    }
    gbx_trace_close(trace);
}

static void
processes_come_in_the_order_of_a_naive_sort(void **state)
{
    (void)state;
    uint64_t seed = new_seed();
    static const char *const names[] = { "family", "family.101", "family.102", "family.102.1" };
    for (int round = 0; round < 8; round++) {
        model m = { NULL, 0, 0 };
        for (uint32_t i = 0; i < 4; i++) {
            trace_writer *w = writer_new(&(writer_options){ .pid = 100 + i });
            write_random(w, &m, i, (shape){ .threads = 1 + i, .events = 700 * i, .step = 9, .run = 5 },
                         &seed);
            (void)writer_bytes(w);               /* also where there is no event */
            writer_save(w, test_path(names[i]));
            writer_free(w);
        }
        gbx_trace *trace;
        gbx_error error = { 0, "" };
        if (gbx_trace_open(&trace, test_path(names[0]), NULL, &error) != 0) {
            fail_msg("%s", error.message);
        }
        assert_int_equal(gbx_trace_process_count(trace), 4);
        assert_order(trace, &m, &seed);
        for (int i = 0; i < 4; i++) {
            unlink(test_path(names[i]));
        }
    }
}

/* So many threads that a place cannot be kept for every block. */
static void
two_thousand_threads_come_in_the_order_of_a_naive_sort(void **state)
{
    (void)state;
    uint64_t seed = new_seed();
    model m = { NULL, 0, 0 };
    trace_writer *w = writer_new(NULL);
    write_random(w, &m, 0, (shape){ .threads = 2000, .events = 240000, .step = 3, .run = 2 }, &seed);
    gbx_trace *trace = test_open(w);
    settle(&m);
    assert_int_equal(gbx_trace_count(trace), m.count);
    assert_position(trace, &m, m.count - 1);
    assert_forward(trace, &m);
    for (int i = 0; i < 100; i++) {
        assert_position(trace, &m, next_random(&seed) % m.count);
    }
    gbx_trace_close(trace);
    free(m.events);
}

static void
two_walks_at_once_do_not_disturb_each_other(void **state)
{
    (void)state;
    uint64_t seed = new_seed();
    model m = { NULL, 0, 0 };
    trace_writer *w = writer_new(NULL);
    write_random(w, &m, 0, (shape){ .threads = 3, .events = 30000, .step = 9, .run = 9 }, &seed);
    gbx_trace *trace = test_open(w);
    settle(&m);
    gbx_cursor slow, fast;
    assert_true(gbx_trace_first(trace, &slow));
    assert_true(gbx_trace_seek(trace, 15000, &fast));
    for (size_t i = 0; i < 14000; i++) {
        assert_event(trace, &m, i, &slow.entry);
        assert_event(trace, &m, 15000 + i, &fast.entry);
        assert_position(trace, &m, m.count - 1 - i * 2);
        assert_true(gbx_trace_next(&slow) && gbx_trace_next(&fast));
    }
    gbx_trace_close(trace);
    free(m.events);
}

static void
a_position_that_is_none_has_an_empty_event(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 7, 0x10);
    gbx_trace *trace = test_open(w);
    size_t count = 7;
    gbx_cursor now;
    assert_int_equal(gbx_trace_event(trace, 1), GBX_EV_STREAM_LOST);
    assert_int_equal(gbx_trace_event(trace, SIZE_MAX), GBX_EV_STREAM_LOST);
    assert_false(gbx_trace_seek(trace, 1, &now));
    assert_true(gbx_trace_first(trace, &now));
    assert_false(gbx_trace_next(&now));
    assert_int_equal(now.at, 0);
    assert_non_null(gbx_trace_entries(trace, 1, &count));
    assert_int_equal(count, 0);
    gbx_trace_close(trace);
}

/* A file that somebody overwrites with zeros once it is open, made as large as it has to be. */
static gbx_trace *
open_and_wipe(off_t large)
{
    trace_writer *w = writer_new(NULL);
    for (uint32_t i = 0; i < 5000; i++) {
        writer_push(w, 1 + i % 2, 7, i);
    }
    const char *path = test_path("live");
    writer_save(w, path);
    uint32_t first = writer_header(w)->header_size;
    size_t size = writer_size(w);
    writer_free(w);
    assert_int_equal(truncate(path, large > 0 ? large : (off_t)size), 0);
    gbx_trace *trace;
    assert_int_equal(gbx_trace_open(&trace, path, NULL, NULL), 0);
    assert_int_equal(gbx_trace_event(trace, 0), GBX_EV_FRAME_PUSH);
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    static const uint8_t nothing[4096];
    assert_true(fd >= 0);
    for (size_t at = first; at < size; at += sizeof(nothing)) {
        assert_int_equal(pwrite(fd, nothing, sizeof(nothing), (off_t)at), sizeof(nothing));
    }
    close(fd);
    unlink(path);
    return trace;
}

static void
a_small_file_does_not_change_once_it_is_open(void **state)
{
    (void)state;
    gbx_trace *trace = open_and_wipe(0);
    assert_int_equal(gbx_trace_count(trace), 5000);
    assert_int_equal(test_walk(trace), 5000);
    for (size_t at = 5000; at-- > 0;) {
        assert_int_equal(gbx_trace_event(trace, at), GBX_EV_FRAME_PUSH);
    }
    gbx_trace_close(trace);
}

/* What two readers already stood on was wiped under them; all else is known to be gone. */
static void
records_that_a_writer_takes_from_a_large_file_become_empty_events(void **state)
{
    (void)state;
    gbx_trace *trace = open_and_wipe((off_t)80 << 20);
    size_t count = gbx_trace_count(trace), empty = 0;
    assert_int_equal(count, 5000);
    for (size_t at = count; at-- > 1024;) {
        empty += gbx_trace_event(trace, at) == GBX_EV_STREAM_LOST;
        for (size_t i = 0; i < gbx_trace_field_count(trace, at) + 1; i++) {
            (void)gbx_trace_field(trace, at, i);
        }
    }
    assert_int_equal(empty, count - 1024 - 2);
    gbx_trace_close(trace);
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(threads_come_in_the_order_of_a_naive_sort),
        TEST(events_of_one_instant_are_ordered_by_thread),
        TEST(a_clock_that_runs_backwards_leaves_the_order_of_its_thread),
        TEST(a_clock_that_runs_backwards_is_noticed),
        TEST(processes_come_in_the_order_of_a_naive_sort),
        TEST(two_thousand_threads_come_in_the_order_of_a_naive_sort),
        TEST(two_walks_at_once_do_not_disturb_each_other),
        TEST(a_position_that_is_none_has_an_empty_event),
        TEST(a_small_file_does_not_change_once_it_is_open),
        TEST(records_that_a_writer_takes_from_a_large_file_become_empty_events),
    };
    return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
