/* The looks at a cache of station 6, in traces written for the purpose: which of them count, what means are
   made of them, and that no sum is believed. */

#include "trace_test.h"

#include <string.h>

#include "finding.h"
#include "../../stations/6-torch/cache.h"

enum { MAIN };
enum { SLOTS = 100, WARM = 10 };

/* Strings get their ids as they are first used. */
static uint32_t next_string;

static uint32_t
string(trace_writer *w, const char *text)
{
    writer_string(w, ++next_string, text);
    return next_string;
}

static void
say(trace_writer *w, const char *name, const char *text)
{
    uint32_t id = string(w, name);
    writer_mark(w, MAIN, id, GBX_VALUE_STRING, string(w, text));
}

static void
number(trace_writer *w, const char *name, uint64_t value)
{
    writer_mark(w, MAIN, string(w, name), GBX_VALUE_INT, value);
}

static trace_writer *
begin(void)
{
    static const struct { const char *name; uint64_t value; } stream[] = {
        { "slots", SLOTS }, { "block", 4 }, { "warm", WARM }, { "requests", 3 }, { "asked for", 60 },
        { "mean prompt", 1050 }, { "mean output", 2000 },
    };
    trace_writer *w = writer_new(NULL);
    next_string = 0;
    writer_push(w, MAIN, 1, 0x100);
    for (size_t i = 0; i < sizeof(stream) / sizeof(stream[0]); i++) {
        number(w, stream[i].name, stream[i].value);
    }
    return w;
}

/* One manager's run: looks are "ITERATION IN-FLIGHT WAITING TOKENS RESERVED INTERNAL EXTERNAL". */
static void
serve(trace_writer *w, const char *manager, const char *const looks[], size_t count)
{
    say(w, "serve", manager);
    for (size_t i = 0; i < count; i++) {
        say(w, "look", looks[i]);
    }
    number(w, "iterations", 20);
    number(w, "emitted", 60);
    number(w, "sent away", 2);
    number(w, "computed again", 7);
    say(w, "serve", "end");
}

static const char *const usual[] = {
    "10 1 9 90 0 0 10",         /* not warm yet */
    "20 2 1 20 40 30 10",
    "30 4 1 40 20 30 10",
    "40 4 1 60 0 30 10",
    "50 1 0 10 0 0 90",         /* nobody waits */
};

enum { USUAL = sizeof(usual) / sizeof(usual[0]) };

static void
serve_others(trace_writer *w)
{
    for (size_t i = GBX_S6_POW2; i < GBX_S6_MANAGERS; i++) {
        serve(w, gbx_s6_manager_names[i], usual, USUAL);
    }
}

/* What is read of a trace, and the finding that says what is missing. */
typedef struct {
    gbx_trace *trace;
    gbx_run run;
    gbx_look look;
    gbx_finding *finding;
    gbx_s6_stream stream;
    bool whole;
} fixture;

static fixture *
read_stream(trace_writer *w)
{
    static fixture it;
    memset(&it, 0, sizeof(it));
    it.trace = test_open(w);
    it.run = (gbx_run){ .trace = it.trace };
    it.look = (gbx_look){ .trace = it.trace, .runs = &it.run, .run_count = 1 };
    it.finding = gbx_finding_new();
    it.whole = gbx_s6_stream_read(&it.look, it.finding, &it.stream);
    return &it;
}

static void
done(fixture *it)
{
    gbx_finding_free(it->finding);
    gbx_trace_close(it->trace);
}

static void
assert_near(double value, double wanted)
{
    assert_true(value > wanted - 1e-9 && value < wanted + 1e-9);
}

static void
means_are_of_a_warm_cache_while_somebody_waits(void **state)
{
    (void)state;
    trace_writer *w = begin();
    serve(w, "Max", usual, USUAL);
    serve_others(w);
    fixture *it = read_stream(w);
    const gbx_s6_served *served = &it->stream.by[GBX_S6_MAX];
    assert_true(it->whole);
    assert_int_equal(it->finding->count, 0);
    assert_int_equal(served->looks, 3);
    assert_near(served->share[GBX_S6_TOKENS], 0.4);
    assert_near(served->share[GBX_S6_RESERVED], 0.2);
    assert_near(served->share[GBX_S6_INTERNAL], 0.3);
    assert_near(served->share[GBX_S6_EXTERNAL], 0.1);
    assert_near(served->in_flight, 10.0 / 3);
    assert_near(served->empty_slots, 35);
    assert_int_equal(served->typical.iteration, 30);     /* the first with 4, which is nearest to 3.3 */
    assert_true(served->off.event == GBX_NO_EVENT);
    assert_near(gbx_s6_tokens_an_iteration(served), 3);
    assert_near(it->stream.mean_prompt, 10.5);
    assert_near(served->over_time[48 * 10 / 21], 0.9);
    assert_near(served->over_time[48 * 20 / 21], 0.2);
    assert_near(served->over_time[GBX_S6_SLICES - 1], (0.4 + 0.6 + 0.1) / 3);    /* after the last iteration */
    assert_near(served->over_time[0], 0);
    done(it);
}

static void
look_that_does_not_add_up_is_found_wherever_it_is(void **state)
{
    static const char *const off[] = { "5 1 9 90 0 0 10", "8 1 0 90 0 0 9", "20 2 1 20 40 30 10" };
    (void)state;
    trace_writer *w = begin();
    serve(w, "Max", off, 3);
    serve_others(w);
    fixture *it = read_stream(w);
    assert_true(it->whole);
    assert_int_not_equal(it->stream.by[GBX_S6_MAX].off.event, GBX_NO_EVENT);
    assert_int_equal(it->stream.by[GBX_S6_MAX].off.iteration, 8);
    assert_true(it->stream.by[GBX_S6_POW2].off.event == GBX_NO_EVENT);
    done(it);
}

static void
run_without_looks_has_no_means(void **state)
{
    (void)state;
    trace_writer *w = begin();
    serve(w, "Max", usual, 1);
    serve_others(w);
    fixture *it = read_stream(w);
    assert_true(it->whole);
    assert_int_equal(it->stream.by[GBX_S6_MAX].looks, 0);
    assert_near(it->stream.by[GBX_S6_MAX].in_flight, 0);
    done(it);
}

static void
what_is_missing_is_said(void **state)
{
    static const char *const half[] = { "20 2 1 20 40 30" };
    (void)state;
    fixture *it = read_stream(writer_new(NULL));
    assert_false(it->whole);
    assert_int_equal(it->finding->items[0].kind, GBX_ITEM_INSUFFICIENT);
    done(it);

    trace_writer *w = begin();
    serve_others(w);
    it = read_stream(w);
    assert_false(it->whole);
    assert_non_null(strstr(it->finding->items[0].text, "'Max'"));
    done(it);

    w = begin();
    serve(w, "Max", half, 1);
    serve_others(w);
    it = read_stream(w);
    assert_false(it->whole);
    assert_non_null(strstr(it->finding->items[0].text, "'Max'"));
    done(it);
}

#define TEST(NAME) cmocka_unit_test(NAME)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(means_are_of_a_warm_cache_while_somebody_waits),
        TEST(look_that_does_not_add_up_is_found_wherever_it_is),
        TEST(run_without_looks_has_no_means),
        TEST(what_is_missing_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
