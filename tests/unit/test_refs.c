/* References in numbers: what adds up, whose turn it is, what waits, in which order, and what lies in a trace
   cannot do. */

#include "trace_test.h"

#include "code_lines.h"
#include "refs.h"

#include <string.h>

#define PUT(w, thread, ...)  writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))

/* A record, a little later than the one before: they are put in order by their time. */
static void
ref_of(trace_writer *w, uint32_t watch, uint32_t thread, uint8_t event, uint8_t how, int32_t delta)
{
    static uint64_t ticks = WRITER_START;
    writer_clock(w, ticks += 10);
    PUT(w, thread, (gbx_ref){ .h = { .event = event, .flags = how }, .watch = watch, .delta = delta, .local = 5 });
}

static void
change(trace_writer *w, uint32_t watch, uint32_t thread, uint8_t how)
{
    ref_of(w, watch, thread, GBX_EV_REF_INC, how, 1);
}

static void
churn(trace_writer *w, uint32_t code, uint16_t offset, uint32_t incs, uint32_t decs, uint32_t shared)
{
    PUT(w, 0, (gbx_ref_churn){ .h = { .event = GBX_EV_REF_CHURN, .arg = offset }, .code = code, .incs = incs,
                               .decs = decs, .shared = shared });
}

static trace_writer *
free_threaded(void)
{
    trace_writer *w = writer_new(NULL);
    writer_header(w)->build = GBX_BUILD_FREE_THREADED;
    return w;
}

/* What is gathered of the writer's trace; frees the writer.  Both are closed by done(). */
static gbx_trace *trace;
static gbx_refs refs;

static void
gather(trace_writer *w)
{
    trace = test_open(w);
    assert_int_equal(gbx_refs_gather(&refs, trace, NULL), 0);
}

static void
done(void)
{
    gbx_refs_clear(&refs);
    gbx_trace_close(trace);
}

/* --------------------------------------------------------------------- lines */

static void
records_of_one_instruction_add_up(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    churn(w, 2, 4, 10, 1, 0);
    churn(w, 2, 6, 3, 3, 2);
    churn(w, 2, 4, 20, 2, 1);
    gather(w);
    assert_int_equal(refs.site_count, 2);
    assert_int_equal(refs.sites[0].offset, 4);
    assert_int_equal(refs.sites[0].incs, 30);
    assert_int_equal(refs.sites[0].decs, 3);
    assert_int_equal(refs.sites[0].shared, 1);
    assert_int_equal(refs.churn_records, 3);
    assert_int_equal(refs.incs, 33);
    assert_int_equal(refs.decs, 6);
    assert_int_equal(refs.shared, 3);
    done();
}

static void
instructions_of_one_line_are_one_line(void **state)
{
    (void)state;
    char place[64];
    trace_writer *w = writer_new(NULL);
    writer_code(w, 2, "f", "/somewhere/prog.py", 2, table_1, sizeof(table_1));
    for (uint16_t offset = 1; offset <= 4; offset++) {
        assert_int_equal(lines_1[offset], 3);
        churn(w, 2, offset, 1, 0, 0);
    }
    churn(w, 2, 5, 2, 1, 0);                 /* line 4 */
    churn(w, 2, GBX_NO_OFFSET, 1, 0, 0);     /* no line */
    gather(w);
    assert_int_equal(refs.line_count, 3);
    assert_int_equal(refs.site_count, 6);
    assert_int_equal(refs.lines[0].line, 3);
    assert_int_equal(refs.lines[0].instructions, 4);
    assert_int_equal(refs.lines[0].incs, 4);
    assert_int_equal(refs.lines[1].line, 4);
    assert_string_equal(gbx_refs_place(&refs, &refs.lines[0], place, sizeof(place)), "prog.py:3 in f");
    assert_string_equal(gbx_refs_place(&refs, &refs.lines[2], place, sizeof(place)), "prog.py in f");
    done();
}

static void
one_offset_in_two_functions_is_two_instructions(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    churn(w, 2, 4, 1, 0, 0);
    churn(w, 3, 4, 2, 0, 0);
    churn(w, 0, 0, 5, 0, 0);
    gather(w);
    assert_int_equal(refs.site_count, 3);
    assert_int_equal(refs.lines[0].code, 0);
    assert_int_equal(refs.lines[1].code, 3);
    done();
}

static void
what_moves_most_comes_first_out_of_thousands(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    for (uint32_t i = 0; i < 5000; i++) {
        churn(w, 2 + i % 1000, (uint16_t)(i / 1000), i % 1000, 1, 0);
    }
    gather(w);
    assert_int_equal(refs.site_count, 5000);
    assert_int_equal(refs.line_count, 1000);
    for (size_t i = 1; i < refs.site_count; i++) {
        assert_true(refs.sites[i - 1].incs >= refs.sites[i].incs);
    }
    assert_int_equal(refs.lines[0].code, 1001);
    assert_int_equal(refs.lines[0].incs, 5 * 999);
    done();
}

/* ------------------------------------------------------------------- objects */

static void
a_turn_is_another_thread_s_operation(void **state)
{
    (void)state;
    trace_writer *w = free_threaded();
    change(w, 1, 0, GBX_REF_LOCAL);
    change(w, 1, 0, GBX_REF_LOCAL);
    change(w, 1, 1, GBX_REF_SHARED);         /* a turn */
    change(w, 2, 0, GBX_REF_LOCAL);          /* another object's is none */
    change(w, 1, 1, GBX_REF_TRY);
    change(w, 1, 0, GBX_REF_LOCAL);          /* a turn */
    change(w, 1, 2, GBX_REF_SHARED);         /* a turn */
    gather(w);
    assert_int_equal(refs.object_count, 2);
    assert_int_equal(refs.objects[0].watch, 1);
    assert_int_equal(refs.objects[0].turns, 3);
    assert_int_equal(refs.objects[0].threads, 3);
    assert_int_equal(refs.objects[0].local, 3);
    assert_int_equal(refs.objects[0].shared, 3);
    assert_int_equal(refs.objects[1].turns, 0);
    done();
}

static void
with_the_gil_all_operations_are_on_the_one_count(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    change(w, 1, 0, GBX_REF_PLAIN);
    change(w, 1, 1, GBX_REF_TRY);
    gather(w);
    assert_false(refs.free_threaded);
    assert_int_equal(refs.objects[0].local, 2);
    assert_int_equal(refs.objects[0].shared, 0);
    assert_int_equal(refs.objects[0].turns, 1);
    assert_true(refs.objects[0].owner == GBX_REFS_NOBODY);
    done();
}

static void
the_most_contended_comes_first_with_its_own_threads(void **state)
{
    (void)state;
    trace_writer *w = free_threaded();
    size_t count;
    for (int i = 0; i < 50; i++) {
        change(w, 1, 1, GBX_REF_SHARED);     /* much used, by one thread */
    }
    for (uint32_t i = 0; i < 6; i++) {
        change(w, 2, i % 2, GBX_REF_SHARED);
    }
    change(w, 2, 1, GBX_REF_SHARED);
    ref_of(w, 2, 1, GBX_EV_REF_RETRY, GBX_REF_SHARED, 0);
    gather(w);
    assert_int_equal(refs.objects[0].watch, 2);
    assert_int_equal(refs.objects[0].turns, 5);
    assert_int_equal(refs.objects[0].retries, 1);
    const gbx_refs_hand *hands = gbx_refs_hands(&refs, 0, &count);
    assert_int_equal(count, 2);
    assert_int_equal(hands[0].shared, 4);    /* the busier one first */
    assert_int_equal(hands[0].retries, 1);
    assert_int_equal(hands[1].shared, 3);
    hands = gbx_refs_hands(&refs, 1, &count);
    assert_int_equal(count, 1);
    assert_int_equal(hands[0].shared, 50);
    done();
}

static void
what_is_queued_waits_until_it_is_merged(void **state)
{
    (void)state;
    trace_writer *w = free_threaded();
    ref_of(w, 1, 0, GBX_EV_REF_OWNER, GBX_REF_LOCAL, 0);
    ref_of(w, 1, 1, GBX_EV_REF_QUEUE, GBX_REF_SHARED, 0);
    change(w, 2, 0, GBX_REF_LOCAL);
    ref_of(w, 1, 0, GBX_EV_REF_MERGE, GBX_REF_QUEUED, -1);       /* 20 later */
    ref_of(w, 1, 0, GBX_EV_REF_DEALLOC, GBX_REF_PLAIN, 0);
    gather(w);
    const gbx_refs_object *of = &refs.objects[0];
    assert_int_equal(of->watch, 1);
    assert_int_equal(of->queued, 1);
    assert_int_equal(of->merges, 1);
    assert_int_equal(of->waited_ns, 20);
    assert_int_equal(of->longest_ns, 20);
    assert_int_equal(gbx_trace_stream(trace, of->owner)->thread, 0);
    assert_true(of->died);
    done();
}

static void
an_immortal_object_is_counted_apart(void **state)
{
    (void)state;
    trace_writer *w = free_threaded();
    ref_of(w, 1, 0, GBX_EV_REF_SKIP, GBX_REF_PLAIN, 0);
    ref_of(w, 1, 1, GBX_EV_REF_SKIP, GBX_REF_PLAIN, 0);
    gather(w);
    assert_int_equal(refs.objects[0].skips, 2);
    assert_int_equal(refs.objects[0].turns, 0);
    assert_int_equal(refs.objects[0].threads, 0);
    done();
}

/* --------------------------------------------------------------------- others */

static void
a_trace_without_references_is_empty(void **state)
{
    (void)state;
    size_t count;
    gather(test_sample());
    gbx_refs_clear(&refs);
    gbx_trace_close(trace);
    trace_writer *w = writer_new(NULL);
    writer_push(w, 0, 2, 10);
    gather(w);
    assert_int_equal(refs.site_count + refs.line_count + refs.object_count, 0);
    (void)gbx_refs_hands(&refs, 0, &count);
    assert_int_equal(count, 0);
    done();
}

static void
numbers_that_mean_nothing_are_kept_as_they_are(void **state)
{
    (void)state;
    char place[64];
    const char *name, *type;
    trace_writer *w = free_threaded();
    churn(w, UINT32_MAX, GBX_NO_OFFSET, UINT32_MAX, UINT32_MAX, UINT32_MAX);
    churn(w, UINT32_MAX, GBX_NO_OFFSET, UINT32_MAX, UINT32_MAX, UINT32_MAX);
    ref_of(w, UINT32_MAX, 0, GBX_EV_REF_INC, 255, INT32_MIN);
    ref_of(w, UINT32_MAX, 0, GBX_EV_REF_MERGE, GBX_REF_ZERO, 0);
    gather(w);
    assert_true(refs.incs == 2 * (uint64_t)UINT32_MAX);
    assert_string_equal(gbx_refs_place(&refs, &refs.lines[0], place, sizeof(place)), "(code 4294967295)");
    gbx_refs_names(&refs, &refs.objects[0], &name, &type);
    assert_string_equal(name, "?");
    assert_string_equal(type, "?");
    done();
}

static void
json_has_the_whole_of_it(void **state)
{
    (void)state;
    trace_writer *w = free_threaded();
    writer_code(w, 2, "f", "prog.py", 2, table_1, sizeof(table_1));
    churn(w, 2, 1, 3, 1, 0);
    churn(w, 0, GBX_NO_OFFSET, 4, 0, 0);
    ref_of(w, 1, 0, GBX_EV_REF_OWNER, GBX_REF_LOCAL, 0);
    change(w, 1, 0, GBX_REF_LOCAL);
    change(w, 1, 1, GBX_REF_SHARED);
    gather(w);
    json_t *root = gbx_refs_json(&refs), *line = json_array_get(json_object_get(root, "lines"), 0);
    assert_string_equal(json_string_value(json_object_get(root, "variant")), "ft");
    assert_true(json_real_value(json_object_get(line, "share")) == 0.5);
    json_t *site = json_array_get(json_object_get(root, "instructions"), 0);
    assert_true(json_is_null(json_object_get(site, "offset")) || json_is_integer(json_object_get(site, "offset")));
    json_t *object = json_array_get(json_object_get(root, "objects"), 0);
    assert_int_equal(json_integer_value(json_object_get(object, "turns")), 1);
    assert_int_equal(json_array_size(json_object_get(object, "by")), 2);
    assert_true(json_is_object(json_object_get(object, "owner")));
    json_decref(root);
    done();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_of_one_instruction_add_up),
        TEST(instructions_of_one_line_are_one_line),
        TEST(one_offset_in_two_functions_is_two_instructions),
        TEST(what_moves_most_comes_first_out_of_thousands),
        TEST(a_turn_is_another_thread_s_operation),
        TEST(with_the_gil_all_operations_are_on_the_one_count),
        TEST(the_most_contended_comes_first_with_its_own_threads),
        TEST(what_is_queued_waits_until_it_is_merged),
        TEST(an_immortal_object_is_counted_apart),
        TEST(a_trace_without_references_is_empty),
        TEST(numbers_that_mean_nothing_are_kept_as_they_are),
        TEST(json_has_the_whole_of_it),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
