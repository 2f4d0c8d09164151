/* The invariant of reference counts: chains that hold, gaps that are counted and break nothing, and what
   does break it. */

#include "trace_test.h"

#include "check.h"

#include <string.h>

#define WATCHED 7u                     /* an id; its definition is beside the point here */

/* A record, a little later than the one before: they are put in order by their time. */
static void
put(trace_writer *w, uint32_t thread, uint8_t event, uint8_t how, int32_t delta, uint32_t local, int64_t shared)
{
    gbx_ref record = { .h = { .event = event, .flags = how }, .watch = WATCHED, .delta = delta, .local = local,
                       .shared = shared };
    static uint64_t ticks = WRITER_START;
    writer_clock(w, ticks += 10);
    writer_record(w, thread, &record, sizeof(record));
}

static void
watch(trace_writer *w, uint32_t refs)
{
    gbx_watch record = { .h = { .event = GBX_EV_WATCH }, .watch = WATCHED, .refs = refs };
    writer_record(w, 0, &record, sizeof(record));
}

static void
inc(trace_writer *w, uint32_t after)
{
    put(w, 0, GBX_EV_REF_INC, GBX_REF_PLAIN, 1, after, 0);
}

static void
dec(trace_writer *w, uint32_t after)
{
    put(w, 0, GBX_EV_REF_DEC, GBX_REF_PLAIN, -1, after, 0);
}

static void
dealloc(trace_writer *w)
{
    put(w, 0, GBX_EV_REF_DEALLOC, GBX_REF_PLAIN, 0, 0, 0);
}

/* What the invariant says of the writer's trace; frees the writer. */
static gbx_invariant
check(trace_writer *w)
{
    gbx_invariant result[GBX_INVARIANTS];
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_check_all(trace, result, NULL), 0);
    gbx_trace_close(trace);
    return result[GBX_INVARIANT_REFS];
}

static void
holds(trace_writer *w, uint64_t unobserved)
{
    gbx_invariant refs = check(w);
    assert_int_equal(refs.violations, 0);
    assert_int_equal(refs.unobserved, unobserved);
}

static void
violated(trace_writer *w, size_t first, const char *words)
{
    gbx_invariant refs = check(w);
    assert_int_equal(refs.violations, 1);
    assert_int_equal(refs.first, first);
    assert_non_null(strstr(refs.detail, words));
}

static trace_writer *
free_threaded(void)
{
    trace_writer *w = writer_new(NULL);
    writer_header(w)->build |= GBX_BUILD_FREE_THREADED;
    return w;
}

static void
a_chain_from_the_watch_to_the_death_holds(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    watch(w, 2);
    dec(w, 1);
    inc(w, 2);
    put(w, 0, GBX_EV_REF_INC, GBX_REF_MANY, 5, 7, 0);
    put(w, 0, GBX_EV_REF_SET, GBX_REF_INTERN, 0, 1, 0);
    dec(w, 0);
    dealloc(w);
    holds(w, 0);
}

static void
gaps_are_counted_in_both_directions(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    watch(w, 2);
    dec(w, 4);                                           // three more than 1
    inc(w, 3);                                           // two less than 5
    dealloc(w);                                          // the last three
    holds(w, 8);
}

static void
a_watch_that_is_not_on_record_begins_with_its_first_count(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    inc(w, 9);
    inc(w, 10);
    holds(w, 0);
}

static void
where_records_were_lost_no_gap_is_counted(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    watch(w, 2);
    inc(w, 9);
    writer_lost(w, 0, 3);
    writer_segment(w, 0)->lost = 3;
    holds(w, 0);
}

static void
the_dead_may_be_revived_and_die_again(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    watch(w, 1);
    dec(w, 0);
    dealloc(w);
    put(w, 0, GBX_EV_REF_SET, GBX_REF_RESURRECT, 0, 1, 0);
    inc(w, 2);
    put(w, 0, GBX_EV_REF_SET, GBX_REF_RESURRECT, 0, 1, 0);
    dec(w, 0);
    dealloc(w);
    holds(w, 0);
}

static void
nothing_happens_to_the_dead(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    watch(w, 1);
    dec(w, 0);
    dealloc(w);
    inc(w, 1);
    violated(w, 3, "died before");
}

static void
a_change_has_the_sign_of_its_kind(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    watch(w, 1);
    put(w, 0, GBX_EV_REF_INC, GBX_REF_PLAIN, -1, 0, 0);
    violated(w, 1, "none of its kind");
}

static void
two_threads_may_change_the_shared_half_in_either_order(void **state)
{
    (void)state;
    trace_writer *w = free_threaded();
    put(w, 0, GBX_EV_REF_OWNER, GBX_REF_LOCAL, 0, 1, 0);
    put(w, 1, GBX_EV_REF_INC, GBX_REF_SHARED, 1, 1, 2 << 2);     // the second comes first
    put(w, 0, GBX_EV_REF_INC, GBX_REF_LOCAL, 1, 2, 1 << 2);
    put(w, 2, GBX_EV_REF_INC, GBX_REF_SHARED, 1, 1, 1 << 2);
    put(w, 1, GBX_EV_REF_DEC, GBX_REF_SHARED, -1, 2, 1 << 2);
    put(w, 2, GBX_EV_REF_DEC, GBX_REF_SHARED, -1, 2, 0);
    put(w, 1, GBX_EV_REF_QUEUE, GBX_REF_SHARED, 0, 2, 2);
    put(w, 0, GBX_EV_REF_MERGE, GBX_REF_QUEUED, -1, 0, (1 << 2) | 3);
    put(w, 0, GBX_EV_REF_DEC, GBX_REF_SHARED, -1, 0, 3);
    dealloc(w);
    holds(w, 0);
}

static void
without_the_gil_a_gap_shows_at_once_or_at_the_death(void **state)
{
    (void)state;
    trace_writer *w = free_threaded();
    put(w, 0, GBX_EV_REF_OWNER, GBX_REF_LOCAL, 0, 1, 0);
    put(w, 0, GBX_EV_REF_INC, GBX_REF_LOCAL, 1, 4, 0);           // two more than 2
    put(w, 1, GBX_EV_REF_INC, GBX_REF_SHARED, 1, 4, 2 << 2);     // one more, seen at the end
    put(w, 0, GBX_EV_REF_MERGE, GBX_REF_EXPLICIT, -5, 0, (1 << 2) | 3);
    put(w, 0, GBX_EV_REF_DEC, GBX_REF_SHARED, -1, 0, 3);
    dealloc(w);
    holds(w, 3);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_chain_from_the_watch_to_the_death_holds),
        TEST(gaps_are_counted_in_both_directions),
        TEST(a_watch_that_is_not_on_record_begins_with_its_first_count),
        TEST(where_records_were_lost_no_gap_is_counted),
        TEST(the_dead_may_be_revived_and_die_again),
        TEST(nothing_happens_to_the_dead),
        TEST(a_change_has_the_sign_of_its_kind),
        TEST(two_threads_may_change_the_shared_half_in_either_order),
        TEST(without_the_gil_a_gap_shows_at_once_or_at_the_death),
    };
    return cmocka_run_group_tests_name("check_refs", tests, NULL, NULL);
}
