/* The invariants of collections and of the stopped world: traces where they hold, and where not. */

#include "trace_test.h"

#include "check.h"

#include <string.h>

#define PUT(w, thread, ...) writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))

static void
put_start(trace_writer *w, uint32_t thread, uint8_t generation)
{
    PUT(w, thread, (gbx_gc_start){ .h = { .event = GBX_EV_GC_START, .flags = generation } });
}

static void
put_done(trace_writer *w, uint32_t thread, uint8_t generation)
{
    PUT(w, thread, (gbx_gc_done){ .h = { .event = GBX_EV_GC_DONE, .flags = generation } });
}

static void
put_phases(trace_writer *w, uint32_t thread, size_t count, const uint8_t *phases)
{
    for (size_t i = 0; i < count; i++) {
        PUT(w, thread, (gbx_gc_phase){ .h = { .event = GBX_EV_GC_PHASE, .flags = phases[i] } });
    }
}

#define PHASES(w, thread, ...) \
    put_phases(w, thread, sizeof((uint8_t[]){ __VA_ARGS__ }), (uint8_t[]){ __VA_ARGS__ })

static void
put_world(trace_writer *w, uint32_t thread, uint8_t event, uint8_t everyone)
{
    PUT(w, thread, (gbx_world){ .h = { .event = event, .flags = everyone } });
}

/* How often it is violated, and at first where and how; frees the writer. */
static void
violated(trace_writer *w, int which, uint64_t violations, size_t first, const char *words)
{
    gbx_invariant result[GBX_INVARIANTS];
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_check_all(trace, result, NULL), 0);
    if (result[which].violations != violations) {
        fail_msg("%d violations, the first: %s", (int)result[which].violations, result[which].detail);
    }
    assert_int_equal(result[which].first, first);
    assert_true(result[which].looked_at > 0);
    assert_non_null(strstr(result[which].detail, words));
    gbx_trace_close(trace);
}

#define HOLDS(w, NAME)                      violated(w, GBX_INVARIANT_##NAME, 0, GBX_NO_POSITION, "")
#define VIOLATED(w, NAME, n, first, words)  violated(w, GBX_INVARIANT_##NAME, n, first, words)

static void
phases_follow_their_order(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_start(w, 1, 2);
    PHASES(w, 1, GBX_GC_PHASE_CALLBACKS, GBX_GC_PHASE_UPDATE_REFS, GBX_GC_PHASE_SUBTRACT_REFS,
           GBX_GC_PHASE_MOVE_UNREACHABLE, GBX_GC_PHASE_UNTRACK, GBX_GC_PHASE_LEGACY_FINALIZERS,
           GBX_GC_PHASE_WEAKREFS, GBX_GC_PHASE_FINALIZE, GBX_GC_PHASE_UPDATE_REFS,
           GBX_GC_PHASE_SUBTRACT_REFS, GBX_GC_PHASE_MOVE_UNREACHABLE, GBX_GC_PHASE_RESURRECTED,
           GBX_GC_PHASE_CLEAR, GBX_GC_PHASE_GARBAGE, GBX_GC_PHASE_FREE_LISTS, GBX_GC_PHASE_CALLBACKS);
    put_done(w, 1, 2);
    put_start(w, 1, 0);                                  /* at a shutdown: no callbacks, no free lists */
    PHASES(w, 1, GBX_GC_PHASE_UPDATE_REFS, GBX_GC_PHASE_CLEAR);
    put_done(w, 1, 0);
    HOLDS(w, COLLECTIONS);
    w = writer_new(NULL);
    put_start(w, 1, 2);
    PHASES(w, 1, GBX_GC_PHASE_UPDATE_REFS, GBX_GC_PHASE_CLEAR, GBX_GC_PHASE_FINALIZE);
    put_done(w, 1, 2);
    VIOLATED(w, COLLECTIONS, 1, 3, "finalize does not come here");
}

static void
the_other_collector_has_another_order(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_header(w)->build = GBX_BUILD_FREE_THREADED;
    put_start(w, 1, 0);
    PHASES(w, 1, GBX_GC_PHASE_MERGE_QUEUED, GBX_GC_PHASE_UPDATE_REFS, GBX_GC_PHASE_MARK_HEAP,
           GBX_GC_PHASE_SCAN_HEAP, GBX_GC_PHASE_WEAKREFS, GBX_GC_PHASE_WEAKREF_CALLBACKS,
           GBX_GC_PHASE_FINALIZE, GBX_GC_PHASE_RESURRECTED, GBX_GC_PHASE_FREE_LISTS, GBX_GC_PHASE_CLEAR);
    put_done(w, 1, 0);
    HOLDS(w, COLLECTIONS);
    w = writer_new(NULL);
    writer_header(w)->build = GBX_BUILD_FREE_THREADED;
    put_start(w, 1, 0);
    PHASES(w, 1, GBX_GC_PHASE_UPDATE_REFS, GBX_GC_PHASE_SUBTRACT_REFS);
    VIOLATED(w, COLLECTIONS, 1, 2, "subtract_refs");
}

static void
a_collection_ends_as_it_began(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_start(w, 1, 2);
    put_done(w, 1, 1);
    VIOLATED(w, COLLECTIONS, 1, 1, "generation 1 of interpreter 0 is done, 2 of 0");
    w = writer_new(NULL);
    put_start(w, 1, 2);
    put_done(w, 1, 2);
    put_done(w, 1, 2);
    VIOLATED(w, COLLECTIONS, 1, 2, "no collection was begun");
    w = writer_new(NULL);
    put_start(w, 1, 2);
    put_start(w, 1, 0);
    VIOLATED(w, COLLECTIONS, 1, 1, "begins while interpreter 0 has one");
}

static void
a_verdict_lies_inside(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_start(w, 1, 2);
    put_done(w, 1, 2);
    PUT(w, 1, (gbx_gc_verdict){ .h = { .event = GBX_EV_GC_VERDICT }, .watch = 1 });
    VIOLATED(w, COLLECTIONS, 1, 2, "gc.verdict, and no collection was begun");
}

static void
another_interpreter_may_collect_in_between(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_start(w, 1, 2);
    PHASES(w, 1, GBX_GC_PHASE_UPDATE_REFS);
    writer_interp(w, 1, 7);
    put_start(w, 1, 2);
    PHASES(w, 1, GBX_GC_PHASE_UPDATE_REFS);
    put_done(w, 1, 2);
    writer_interp(w, 1, 0);
    PHASES(w, 1, GBX_GC_PHASE_CLEAR);
    put_done(w, 1, 2);
    HOLDS(w, COLLECTIONS);
}

static void
what_was_begun_elsewhere_may_end(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    PHASES(w, 1, GBX_GC_PHASE_CLEAR);                    /* the recording began in mid-collection */
    put_done(w, 1, 2);
    put_start(w, 1, 2);
    put_done(w, 1, 2);
    put_start(w, 2, 2);                                  /* and this thread was ended in one */
    HOLDS(w, COLLECTIONS);
}

static void
the_world_stops_and_starts_in_turn(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_world(w, 1, GBX_EV_WORLD_STARTED, 0);            /* stopped before the recording */
    put_world(w, 1, GBX_EV_WORLD_STOP, 1);
    put_world(w, 1, GBX_EV_WORLD_STOPPED, 1);
    put_world(w, 1, GBX_EV_WORLD_STOP, 0);
    put_world(w, 2, GBX_EV_WORLD_STOP, 0);
    put_world(w, 1, GBX_EV_WORLD_STOPPED, 0);
    put_world(w, 1, GBX_EV_WORLD_STARTED, 0);
    put_world(w, 1, GBX_EV_WORLD_STARTED, 1);
    HOLDS(w, WORLD);
    w = writer_new(NULL);
    put_world(w, 1, GBX_EV_WORLD_STOP, 0);
    put_world(w, 1, GBX_EV_WORLD_STARTED, 0);
    VIOLATED(w, WORLD, 1, 1, "gc.world_started does not follow here");
    w = writer_new(NULL);
    put_world(w, 1, GBX_EV_WORLD_STOP, 0);
    put_world(w, 1, GBX_EV_WORLD_STOPPED, 0);
    put_world(w, 1, GBX_EV_WORLD_STOP, 0);
    VIOLATED(w, WORLD, 1, 2, "gc.world_stop ");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(phases_follow_their_order),
        TEST(the_other_collector_has_another_order),
        TEST(a_collection_ends_as_it_began),
        TEST(a_verdict_lies_inside),
        TEST(another_interpreter_may_collect_in_between),
        TEST(what_was_begun_elsewhere_may_end),
        TEST(the_world_stops_and_starts_in_turn),
    };
    return cmocka_run_group_tests_name("check_collections", tests, NULL, NULL);
}
