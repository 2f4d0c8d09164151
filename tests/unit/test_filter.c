/* Which events a command looks at. */

#include "trace_test.h"

#include "filter.h"

static uint32_t
classes(const char *text)
{
    gbx_filter filter = gbx_filter_all();
    assert_int_equal(gbx_filter_classes(&filter, text, NULL), 0);
    assert_int_equal(filter.event, 0);
    return filter.mask;
}

static void
refused(const char *text, const char *message)
{
    gbx_filter filter = gbx_filter_all();
    gbx_error error = { 0, "" };
    assert_int_equal(gbx_filter_classes(&filter, text, &error), GBX_ERROR_USAGE);
    assert_string_equal(error.message, message);
}

static void
classes_are_joined_by_plus_or_comma(void **state)
{
    (void)state;
    assert_int_equal(classes("frame"), 1u << GBX_CLASS_FRAME);
    assert_int_equal(classes("frame+spec"), 1u << GBX_CLASS_FRAME | 1u << GBX_CLASS_SPEC);
    assert_int_equal(classes("spec,frame,mark"),
                     1u << GBX_CLASS_FRAME | 1u << GBX_CLASS_SPEC | 1u << GBX_CLASS_MARK);
    assert_int_equal(classes("stream"), 1u << GBX_CLASS_STREAM);
}

static void
one_event_is_named_by_its_whole_name(void **state)
{
    (void)state;
    gbx_filter filter = gbx_filter_all();
    assert_int_equal(gbx_filter_classes(&filter, "spec.miss", NULL), 0);
    assert_int_equal(filter.event, GBX_EV_SPEC_MISS);
}

static void
what_is_no_class_and_no_event_is_refused_by_name(void **state)
{
    (void)state;
    refused("", "a class name is missing");
    refused("frames", "no class or event is called 'frames'");
    refused("fram", "no class or event is called 'fram'");
    refused("frame+spek", "no class or event is called 'spek'");
    refused("frame++spec", "no class or event is called ''");
    refused("+", "no class or event is called ''");
    refused("spec.", "no class or event is called 'spec.'");
    refused("?", "no class or event is called '?'");
    refused("frame+spec.miss", "no class or event is called 'spec.miss'");
}

/* Two functions on two threads, 10 ns apart. */
static gbx_trace *
sample(void)
{
    trace_writer *w = writer_new(NULL);
    writer_code(w, 2, "work", "a.py", 1, "", 0);
    writer_code(w, 3, "Shape.area", "a.py", 9, "", 0);
    writer_push(w, 1, 2, 1);
    writer_push(w, 2, 3, 2);
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, 2, 0, 1, 1);
    writer_mark(w, 2, 0, 0, 0);
    writer_push(w, 2, 77, 3);                                    // a code object without a definition
    return test_open(w);
}

/* The positions that the filter takes, as bits. */
static unsigned
taken(const gbx_trace *trace, gbx_filter filter)
{
    unsigned bits = 0;
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        bits |= (unsigned)gbx_filter_takes(&filter, trace, at) << at;
    }
    return bits;
}

static void
every_condition_narrows_what_is_taken(void **state)
{
    (void)state;
    gbx_trace *trace = sample();
    gbx_filter all = gbx_filter_all(), filter = all;
    assert_int_equal(taken(trace, all), 0x1f);
    filter.mask = 1u << GBX_CLASS_FRAME;
    assert_int_equal(taken(trace, filter), 0x13);
    filter = all;
    filter.event = GBX_EV_SPEC_FAIL;
    assert_int_equal(taken(trace, filter), 0x04);
    filter = all;
    filter.one_thread = true;
    filter.thread = 2;
    assert_int_equal(taken(trace, filter), 0x1a);
    filter.thread = 3;
    assert_int_equal(taken(trace, filter), 0);
    filter = all;
    filter.from_ns = 10;
    filter.to_ns = 20;
    assert_int_equal(taken(trace, filter), 0x06);
    gbx_trace_close(trace);
}

static void
functions_are_matched_by_a_glob_on_their_qualified_names(void **state)
{
    (void)state;
    gbx_trace *trace = sample();
    gbx_filter filter = gbx_filter_all();
    filter.function = "work";
    assert_int_equal(taken(trace, filter), 0x05);
    filter.function = "*.area";
    assert_int_equal(taken(trace, filter), 0x02);
    filter.function = "*";
    assert_int_equal(taken(trace, filter), 0x07);                // not what has no function's name
    filter.function = "[";
    assert_int_equal(taken(trace, filter), 0);
    filter.function = "Work";
    assert_int_equal(taken(trace, filter), 0);
    gbx_trace_close(trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(classes_are_joined_by_plus_or_comma),
        TEST(one_event_is_named_by_its_whole_name),
        TEST(what_is_no_class_and_no_event_is_refused_by_name),
        TEST(every_condition_narrows_what_is_taken),
        TEST(functions_are_matched_by_a_glob_on_their_qualified_names),
    };
    return cmocka_run_group_tests_name("filter", tests, NULL, NULL);
}
