/* Lives of watched objects, from traces written by hand: what belongs to one, what is told of it, and what
   must not be made up. */

#include "trace_test.h"

#include "life.h"

#include <stdlib.h>
#include <string.h>

#define ADDRESS  UINT64_C(0x7f0000004040)
#define BLOCK    (ADDRESS - 32)          /* links of the collector, and two pointers */
#define PUT(w, thread, ...) writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))

static void
name_type(trace_writer *w, uint32_t id, uint64_t flags, const char *name)
{
    uint8_t bytes[128];
    gbx_name_type type = { .basic_size = 48, .tp_flags = flags, .address = 0x1000 };
    memcpy(bytes, &type, sizeof(type));
    memcpy(bytes + sizeof(type), name, strlen(name));
    writer_name(w, GBX_NAME_TYPE, id, bytes, sizeof(type) + strlen(name));
}

static void
name_watch(trace_writer *w, uint32_t id, uint64_t address, const char *name)
{
    uint8_t bytes[128];
    gbx_name_watch watch = { .address = address, .type = 5 };
    memcpy(bytes, &watch, sizeof(watch));
    memcpy(bytes + sizeof(watch), name, strlen(name));
    writer_name(w, GBX_NAME_WATCH, id, bytes, sizeof(watch) + strlen(name));
}

static trace_writer *
with_names(void)
{
    trace_writer *w = writer_new(NULL);
    writer_string(w, 1, "it");
    writer_code(w, 2, "work", "a.py", 7, "", 0);
    name_type(w, 5, 1u << 14 | 1u << 4, "Node");
    name_watch(w, 1, ADDRESS, "it");
    return w;
}

static void
put_watch(trace_writer *w, uint32_t thread, uint32_t watch, uint64_t address, uint32_t refs)
{
    PUT(w, thread, (gbx_watch){ .h = { .event = GBX_EV_WATCH }, .watch = watch, .name = 1,
                                .address = address, .type = 5, .refs = refs });
}

static void
put_ref(trace_writer *w, uint32_t thread, uint8_t event, int32_t delta, uint32_t count, uint16_t offset)
{
    PUT(w, thread, (gbx_ref){ .h = { .event = event, .arg = offset }, .watch = 1, .code = 2,
                              .caller = 0x5000, .delta = delta, .local = count });
}

static void
put_inc(trace_writer *w, uint32_t count, uint16_t offset)
{
    put_ref(w, 1, GBX_EV_REF_INC, 1, count, offset);
}

static void
put_dec(trace_writer *w, uint32_t count, uint16_t offset)
{
    put_ref(w, 1, GBX_EV_REF_DEC, -1, count, offset);
}

static void
put_object(trace_writer *w, uint32_t thread, uint8_t event, uint64_t address)
{
    PUT(w, thread, (gbx_obj){ .event = event, .type = { 5 }, .size = 48, .address = address });
}

static void
put_block(trace_writer *w, uint32_t thread, uint64_t address)
{
    PUT(w, thread, (gbx_block){ .h = { .event = GBX_EV_BLOCK_ALLOC, .arg = 80 },
                              .address = GBX_BYTES48(address), .offset = GBX_NO_OFFSET });
}

static void
put_at(trace_writer *w, uint32_t thread, uint8_t event, uint64_t address)
{
    gbx_at record = { .event = event };
    memcpy(record.address, &address, sizeof(record.address));
    writer_record(w, thread, &record, sizeof(record));
}

/* The lives under a name; the trace in *trace, to be closed after them. */
static gbx_lives *
lives_of(trace_writer *w, gbx_trace **trace, const char *name)
{
    gbx_lives *lives;
    gbx_error error = { 0, "" };
    *trace = test_open(w);
    if (gbx_lives_find(&lives, *trace, name, &error) != 0) {
        fail_msg("%s", error.message);
    }
    return lives;
}

/* The only life's events, as a line of their names. */
static void
life_is(trace_writer *w, const char *events)
{
    char line[2048] = "";
    gbx_trace *trace;
    gbx_lives *lives = lives_of(w, &trace, "it");
    assert_int_equal(gbx_lives_count(lives), 1);
    const gbx_life *life = gbx_lives_at(lives, 0);
    for (size_t i = 0; i < life->count; i++) {
        const gbx_moment *moment = &life->moments[i];
        const char *name = moment->event == GBX_EV_NONE ? "x.unseen" : gbx_event_name(moment->event);
        size_t used = strlen(line);
        snprintf(line + used, sizeof(line) - used, "%s%s", i == 0 ? "" : " ", strchr(name, '.') + 1);
    }
    assert_string_equal(line, events);
    gbx_lives_free(lives);
    gbx_trace_close(trace);
}

/* ------------------------------------------------------------------ what belongs to it */

static void
a_life_goes_from_its_block_to_its_block(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    put_block(w, 1, BLOCK);
    put_object(w, 1, GBX_EV_OBJ_CREATE, ADDRESS);
    put_watch(w, 1, 1, ADDRESS, 1);
    put_inc(w, 2, 3);
    put_dec(w, 1, 4);
    put_dec(w, 0, 5);
    put_ref(w, 1, GBX_EV_REF_DEALLOC, 0, 0, 5);
    put_object(w, 1, GBX_EV_OBJ_DESTROY, ADDRESS);       /* the same death once more */
    put_at(w, 1, GBX_EV_BLOCK_FREE, BLOCK);
    put_block(w, 1, BLOCK);                              /* another's */
    put_object(w, 1, GBX_EV_OBJ_CREATE, ADDRESS);
    put_object(w, 1, GBX_EV_OBJ_DESTROY, ADDRESS);
    put_at(w, 1, GBX_EV_BLOCK_FREE, BLOCK);
    life_is(w, "block_alloc create watch inc dec dec dealloc block_free");
}

static void
who_was_at_the_address_before_is_another(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    put_block(w, 1, BLOCK);
    put_object(w, 1, GBX_EV_OBJ_CREATE, ADDRESS);
    put_object(w, 1, GBX_EV_OBJ_DESTROY, ADDRESS);
    put_at(w, 1, GBX_EV_FREELIST_PUT, ADDRESS);
    put_at(w, 1, GBX_EV_FREELIST_HIT, ADDRESS);
    put_object(w, 1, GBX_EV_OBJ_CREATE, ADDRESS);
    put_watch(w, 1, 1, ADDRESS, 1);
    life_is(w, "freelist_hit create watch");
}

static void
a_neighbour_s_block_is_not_its_own(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 1);
    put_ref(w, 1, GBX_EV_REF_DEALLOC, 0, 0, 5);
    put_at(w, 1, GBX_EV_BLOCK_FREE, BLOCK - 16);
    put_at(w, 1, GBX_EV_BLOCK_FREE, BLOCK + 16);
    put_at(w, 1, GBX_EV_BLOCK_FREE, BLOCK);
    life_is(w, "watch dealloc block_free");
}

static void
what_its_finalizer_saves_lives_on(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 1);
    put_dec(w, 0, 1);
    put_ref(w, 1, GBX_EV_REF_DEALLOC, 0, 0, 1);
    put_ref(w, 1, GBX_EV_REF_SET, 0, 1, 1);
    put_inc(w, 2, 2);
    put_dec(w, 1, 2);
    put_dec(w, 0, 3);
    put_ref(w, 1, GBX_EV_REF_DEALLOC, 0, 0, 3);
    put_object(w, 1, GBX_EV_OBJ_DESTROY, ADDRESS);
    life_is(w, "watch dec dealloc set inc dec dec dealloc");
}

static void
without_references_a_death_is_seen_by_its_address(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 1);
    put_object(w, 1, GBX_EV_OBJ_DESTROY, ADDRESS);
    life_is(w, "watch destroy");
}

/* ------------------------------------------------------------------- what was not seen */

static void
a_gap_in_the_counts_is_told_with_its_size(void **state)
{
    (void)state;
    gbx_trace *trace;
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 2);
    put_inc(w, 3, 1);
    put_inc(w, 6, 1);                                    /* two were not seen */
    put_dec(w, 2, 1);                                    /* three fewer */
    gbx_lives *lives = lives_of(w, &trace, "it");
    const gbx_life *life = gbx_lives_at(lives, 0);
    assert_int_equal(life->count, 6);
    assert_int_equal(life->moments[2].event, GBX_EV_NONE);
    assert_int_equal(life->moments[2].delta, 2);
    assert_int_equal(gbx_moment_count(&life->moments[2]), 5);
    assert_int_equal(life->moments[4].delta, -3);
    gbx_lives_free(lives);
    gbx_trace_close(trace);
}

static void
a_count_that_is_set_leaves_no_gap(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 2);
    put_ref(w, 1, GBX_EV_REF_SET, 0, 9, 1);
    put_inc(w, 10, 1);
    put_ref(w, 1, GBX_EV_REF_SKIP, 0, 77, 1);
    put_inc(w, 11, 1);
    life_is(w, "watch set inc immortal_skip inc");
}

static void
two_halves_of_a_count_leave_no_gap(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    writer_header(w)->build = GBX_BUILD_FREE_THREADED;
    put_watch(w, 1, 1, ADDRESS, 2);
    put_inc(w, 7, 1);
    life_is(w, "watch inc");
}

static void
classes_that_were_not_recorded_are_named(void **state)
{
    (void)state;
    gbx_trace *trace;
    trace_writer *w = writer_new(&(writer_options){ .mask = 1u << GBX_CLASS_MARK | 1u << GBX_CLASS_REF });
    name_type(w, 5, 0, "Node");
    name_watch(w, 1, ADDRESS, "it");
    put_inc(w, 2, 1);
    gbx_lives *lives = lives_of(w, &trace, "it");
    assert_int_equal(gbx_lives_at(lives, 0)->missing,
                     1u << GBX_CLASS_GC | 1u << GBX_CLASS_OBJ | 1u << GBX_CLASS_ALLOC);
    assert_false(gbx_lives_at(lives, 0)->ended);
    gbx_lives_free(lives);
    gbx_trace_close(trace);
}

/* ------------------------------------------------------------------- names, verdicts, time */

static void
a_name_that_was_used_twice_is_two_lives(void **state)
{
    (void)state;
    gbx_trace *trace;
    trace_writer *w = with_names();
    name_watch(w, 2, ADDRESS + 0x1000, "it");
    name_watch(w, 3, ADDRESS + 0x2000, "other");
    put_watch(w, 1, 1, ADDRESS, 1);
    put_watch(w, 2, 2, ADDRESS + 0x1000, 1);
    put_watch(w, 2, 3, ADDRESS + 0x2000, 1);
    gbx_lives *lives = lives_of(w, &trace, "it");
    assert_int_equal(gbx_lives_count(lives), 2);
    assert_int_equal(gbx_lives_at(lives, 0)->watch, 1);
    assert_int_equal(gbx_lives_at(lives, 1)->watch, 2);
    assert_string_equal(gbx_lives_at(lives, 1)->type, "Node");
    gbx_lives_free(lives);
    assert_int_equal(gbx_lives_find(&lives, trace, "3", NULL), 0);
    assert_string_equal(gbx_lives_at(lives, 0)->name, "other");
    gbx_lives_free(lives);
    gbx_trace_close(trace);
}

static void
who_asks_for_nobody_hears_whom_there_is(void **state)
{
    (void)state;
    gbx_lives *lives;
    gbx_error error = { 0, "" };
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 1);
    put_watch(w, 1, 1, ADDRESS, 1);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_lives_find(&lives, trace, "nobody", &error), GBX_ERROR_MISSING);
    assert_null(lives);
    assert_string_equal(error.message, "nothing is watched as 'nobody' (there is: it)");
    gbx_trace_close(trace);
    trace = test_open(with_names());
    assert_int_equal(gbx_lives_find(&lives, trace, "it", &error), GBX_ERROR_MISSING);
    assert_string_equal(error.message, "nothing is watched as 'it'");
    gbx_trace_close(trace);
}

static void
put_verdict(trace_writer *w, uint32_t thread, uint8_t verdict)
{
    PUT(w, thread, (gbx_gc_verdict){ .h = { .event = GBX_EV_GC_VERDICT, .flags = verdict }, .watch = 1 });
}

static void
put_phase(trace_writer *w, uint32_t thread, uint8_t phase)
{
    PUT(w, thread, (gbx_gc_phase){ .h = { .event = GBX_EV_GC_PHASE, .flags = phase } });
}

static void
a_verdict_belongs_to_the_collection_of_its_thread(void **state)
{
    (void)state;
    gbx_trace *trace;
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 1);
    put_verdict(w, 2, GBX_VERDICT_REACHABLE);            /* its collection began before the recording */
    PUT(w, 2, (gbx_gc_start){ .h = { .event = GBX_EV_GC_START, .flags = 2 } });
    PUT(w, 1, (gbx_gc_start){ .h = { .event = GBX_EV_GC_START, .flags = 0 } });
    put_verdict(w, 2, GBX_VERDICT_UNREACHABLE);
    put_phase(w, 2, GBX_GC_PHASE_VERDICTS);
    PUT(w, 2, (gbx_gc_done){ .h = { .event = GBX_EV_GC_DONE, .flags = 2 } });
    put_verdict(w, 2, GBX_VERDICT_CLEARED);
    gbx_lives *lives = lives_of(w, &trace, "it");
    const gbx_life *life = gbx_lives_at(lives, 0);
    assert_int_equal(life->count, 4);
    assert_int_equal(life->moments[1].cause, SIZE_MAX);
    assert_int_equal(gbx_trace_event(trace, life->moments[2].cause), GBX_EV_GC_START);
    assert_int_equal(gbx_trace_record(trace, life->moments[2].cause)->flags, 2);
    assert_int_equal(life->moments[3].cause, SIZE_MAX);
    gbx_lives_free(lives);
    gbx_trace_close(trace);
}

static void
what_has_no_time_lies_between_its_neighbours(void **state)
{
    (void)state;
    gbx_trace *trace;
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 1);
    writer_clock(w, WRITER_START + 1000);
    put_phase(w, 1, 1);
    put_verdict(w, 1, GBX_VERDICT_UNREACHABLE);
    put_verdict(w, 1, GBX_VERDICT_FINALIZED);
    put_verdict(w, 1, GBX_VERDICT_CLEARED);
    writer_clock(w, WRITER_START + 5000);
    put_phase(w, 1, 2);
    put_verdict(w, 1, GBX_VERDICT_REACHABLE);            /* nothing comes after it */
    gbx_lives *lives = lives_of(w, &trace, "it");
    const gbx_moment *moments = gbx_lives_at(lives, 0)->moments;
    assert_false(moments[0].about);
    for (size_t i = 1; i <= 3; i++) {
        assert_true(moments[i].about);
        assert_int_equal(moments[i].t_ns, 1000 + i * 1000);
    }
    assert_true(moments[4].about);
    assert_int_equal(moments[4].t_ns, 5000);
    gbx_lives_free(lives);
    gbx_trace_close(trace);
}

/* ------------------------------------------------------------------------------ folding */

static gbx_fold
fold_of(trace_writer *w, size_t first)
{
    gbx_trace *trace;
    gbx_lives *lives = lives_of(w, &trace, "it");
    gbx_fold fold = gbx_life_fold(gbx_lives_at(lives, 0), first);
    gbx_lives_free(lives);
    gbx_trace_close(trace);
    return fold;
}

static trace_writer *
with_loop(unsigned times)
{
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 1);
    for (unsigned i = 0; i < times; i++) {
        put_inc(w, 2, 3);
        put_inc(w, 3, 4);
        put_dec(w, 2, 5);
        put_dec(w, 1, 6);
    }
    put_inc(w, 2, 9);
    return w;
}

static void
what_a_loop_does_is_folded(void **state)
{
    (void)state;
    gbx_fold fold = fold_of(with_loop(100), 1);
    assert_int_equal(fold.first, 1);
    assert_int_equal(fold.period, 4);
    assert_int_equal(fold.times, 100);
}

static void
a_few_alike_are_not_folded(void **state)
{
    (void)state;
    gbx_fold fold = fold_of(with_loop(2), 1);
    assert_int_equal(fold.period, 1);
    assert_int_equal(fold.times, 1);
    fold = fold_of(with_loop(100), 0);
    assert_int_equal(fold.times, 1);
    fold = fold_of(with_loop(100), 401);
    assert_int_equal(fold.times, 1);
}

static void
other_threads_and_other_places_are_not_alike(void **state)
{
    (void)state;
    trace_writer *w = with_names();
    put_watch(w, 1, 1, ADDRESS, 1);
    for (uint16_t i = 0; i < 40; i++) {
        put_inc(w, 2 + i, i);
    }
    assert_int_equal(fold_of(w, 1).times, 1);
    w = with_names();
    put_watch(w, 1, 1, ADDRESS, 1);
    for (uint32_t i = 0; i < 20; i++) {
        put_ref(w, 1 + (i > 9), GBX_EV_REF_INC, 1, 2 + i, 3);
    }
    gbx_fold fold = fold_of(w, 1);
    assert_int_equal(fold.period, 1);
    assert_int_equal(fold.times, 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_life_goes_from_its_block_to_its_block),
        TEST(who_was_at_the_address_before_is_another),
        TEST(a_neighbour_s_block_is_not_its_own),
        TEST(what_its_finalizer_saves_lives_on),
        TEST(without_references_a_death_is_seen_by_its_address),
        TEST(a_gap_in_the_counts_is_told_with_its_size),
        TEST(a_count_that_is_set_leaves_no_gap),
        TEST(two_halves_of_a_count_leave_no_gap),
        TEST(classes_that_were_not_recorded_are_named),
        TEST(a_name_that_was_used_twice_is_two_lives),
        TEST(who_asks_for_nobody_hears_whom_there_is),
        TEST(a_verdict_belongs_to_the_collection_of_its_thread),
        TEST(what_has_no_time_lies_between_its_neighbours),
        TEST(what_a_loop_does_is_folded),
        TEST(a_few_alike_are_not_folded),
        TEST(other_threads_and_other_places_are_not_alike),
    };
    return cmocka_run_group_tests_name("life", tests, NULL, NULL);
}
