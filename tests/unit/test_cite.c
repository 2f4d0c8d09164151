/* Citations: each event has one, which leads back to it, in this run and in another of the same work; and no text that
   somebody made up leads anywhere it should not. */

#include "trace_test.h"

#include "cite.h"
#include "claim.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static gbx_error error;

/* Three instructions, a line each: the function's first and the two after it. */
static const uint8_t table[] = { 0xd0, 0, 1, 0xd8, 0, 1, 0xd8, 0, 1 };

enum { HARNESS = 2, HOT, DECODER };

/* A harness calls hot() of the learner's, which calls into the library. */
static trace_writer *
session(void)
{
    trace_writer *w = writer_new(NULL);
    writer_code(w, HARNESS, "main", "/lab/harness.py", 1, table, sizeof(table));
    writer_code(w, HOT, "hot", "/learner/work.py", 10, table, sizeof(table));
    writer_code(w, DECODER, "decode", "/usr/lib/python3.13/json/decoder.py", 100, table, sizeof(table));
    writer_string(w, 1, "note");
    writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, GBX_NO_OFFSET, HARNESS, 0x10);      // 0
    writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, 1, HOT, 0x20);
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, HOT, 1, 12, 4);
    writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, 2, DECODER, 0x30);
    writer_mark(w, 1, 1, GBX_VALUE_INT, 7);                                      // 4
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, DECODER, 0, 12, 4);
    writer_edge(w, 1, GBX_EV_FRAME_POP, 0, 2, DECODER, 0x30);
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, HOT, 1, 12, 4);
    writer_edge(w, 1, GBX_EV_FRAME_POP, 0, 0, HOT, 0x20);                        // 8
    writer_spec(w, 1, GBX_EV_SPEC_FAIL, DECODER, 1, 12, 4);
    writer_spec(w, 2, GBX_EV_SPEC_FAIL, HOT, 1, 12, 4);
    writer_mark(w, 2, 1, GBX_VALUE_INT, 7);
    return w;
}

static gbx_cites *
index_of(const gbx_trace *trace)
{
    gbx_cites *cites;
    assert_int_equal(gbx_cites_open(&cites, trace, "/learner/", &error), 0);
    return cites;
}

static void
each_event_is_cited_by_the_learners_line_that_runs(void **state)
{
    (void)state;
    static const char *const said[] = {
        "frame.push@?:0#1",
        "frame.push@/lab/harness.py:2#1",                 /* nothing of the learner's runs: the line that calls */
        "spec.fail@work.py:11#1",
        "frame.push@work.py:12#1",
        "mark.mark@work.py:12#1",                    /* a library called from there is that line still */
        "spec.fail@work.py:12#1",
        "frame.pop@work.py:12#1",
        "spec.fail@work.py:11#2",
        "frame.pop@work.py:10#1",
        "spec.fail@/lab/harness.py:2#1",
        "spec.fail@work.py:11#3",                    /* another thread's: it names its place */
        "mark.mark@?:0#1",
    };
    gbx_trace *trace = test_open(session());
    gbx_cites *cites = index_of(trace);
    char text[GBX_CITE_SIZE];
    assert_int_equal(gbx_trace_count(trace), sizeof(said) / sizeof(said[0]));
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        const char *name = said[at];
        char mark[GBX_CITE_SIZE];
        if (strncmp(name, "mark.mark", 9) == 0) {    /* whatever the event is called */
            snprintf(mark, sizeof(mark), "%s%s", gbx_event_name(GBX_EV_MARK), name + 9);
            name = mark;
        }
        assert_string_equal(gbx_cite_of(cites, at, text, sizeof(text)), name);
        assert_int_equal(gbx_cite_find(cites, text), at);
    }
    assert_string_equal(gbx_cite_of(cites, 12, text, sizeof(text)), "");
    assert_string_equal(gbx_cite_of(cites, SIZE_MAX, text, sizeof(text)), "");
    gbx_cites_close(cites);
    gbx_trace_close(trace);
}

static void
a_citation_that_names_nothing_finds_nothing(void **state)
{
    (void)state;
    static const char *const none[] = {
        "spec.fail@work.py:11#4", "spec.fail@work.py:11#0", "spec.fail@work.py:13#1", "spec.fail@other.py:11#1",
        "spec.miss@work.py:11#1", "spec.nothing@work.py:11#1", "spec.fail@/learner/work.py:11#1",
    };
    static const char *const broken[] = {
        "", "@", "#", ":", "@:#", "spec.fail", "spec.fail@work.py", "spec.fail@work.py:11", "spec.fail@work.py#1",
        "spec.fail@:11#1", "spec.fail@work.py:#1", "spec.fail@work.py:11#", "spec.fail@work.py:+1#1", "spec.fail@work.py:11# 1",
        "spec.fail@work.py:11#99999999999999999999", "spec.fail@work.py:11#4294967296", "@work.py:11#1", "#1:2@3", "spec.fail#1@a:2",
    };
    gbx_trace *trace = test_open(session());
    gbx_cites *cites = index_of(trace);
    gbx_citation cited;
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        assert_int_equal(gbx_cite_find(cites, none[i]), GBX_NO_EVENT);
    }
    for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
        assert_false(gbx_cite_parse(broken[i], &cited));
        assert_int_equal(gbx_cite_find(cites, broken[i]), GBX_NO_EVENT);
        assert_int_equal(gbx_cite_count(cites, broken[i]), 0);
    }
    assert_int_equal(gbx_cite_count(cites, "spec.fail@work.py:11#77"), 3);
    assert_int_equal(gbx_cite_count(cites, "spec.fail@work.py:99#1"), 0);
    gbx_cites_close(cites);
    gbx_trace_close(trace);
}

static void
what_can_be_cited_is_listed_by_the_learners_lines(void **state)
{
    (void)state;
    gbx_trace *trace = test_open(session());
    gbx_cites *cites = index_of(trace);
    json_t *lines = gbx_cites_lines(cites), *listed = gbx_cites_list(cites, trace, "work.py:11", 2);
    static const struct {
        const char *line, *event;
        int count;
    } wanted[] = { { "work.py:10", "frame.pop", 1 }, { "work.py:11", "spec.fail", 3 }, { "work.py:12", "frame.push", 1 } };
    assert_int_equal(json_array_size(lines), 3);
    for (size_t i = 0; i < 3; i++) {
        const json_t *one = json_array_get(lines, i);
        assert_string_equal(json_string_value(json_object_get(one, "line")), wanted[i].line);
        assert_int_equal(json_integer_value(json_object_get(json_object_get(one, "events"), wanted[i].event)),
                         wanted[i].count);
    }
    assert_int_equal(json_array_size(listed), 2);
    assert_string_equal(json_string_value(json_object_get(json_array_get(listed, 1), "ref")), "spec.fail@work.py:11#2");
    assert_non_null(strstr(json_string_value(json_object_get(json_array_get(listed, 1), "text")), "offset=1"));
    json_decref(listed);
    static const char *const none[] = { "", ":", "work.py", "work.py:", ":11", "work.py:13", "work:11", "ork.py:11",
                                        "work.py:11 " };
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        listed = gbx_cites_list(cites, trace, none[i], 9);
        assert_int_equal(json_array_size(listed), 0);
        json_decref(listed);
    }
    json_decref(lines);
    gbx_cites_close(cites);
    gbx_trace_close(trace);
}

static void
an_empty_trace_has_no_citations(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_string(w, 1, "alone");
    gbx_trace *trace = test_open(w);
    gbx_cites *cites = index_of(trace);
    char text[GBX_CITE_SIZE];
    assert_string_equal(gbx_cite_of(cites, 0, text, sizeof(text)), "");
    assert_int_equal(gbx_cite_find(cites, "frame.push@?:0#1"), GBX_NO_EVENT);
    gbx_cites_close(cites);
    gbx_trace_close(trace);
}

/* Frames that are never left, and left more often than entered; names that break their own rules. */
static void
a_trace_that_lies_is_indexed_all_the_same(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_code(w, 2, "x", "/learner/a@b:c#d.py", 1, NULL, 0);
    writer_code(w, 3, "y", "/learner/", 0xffffffff, table, sizeof(table));
    for (uint32_t i = 0; i < 100; i++) {
        writer_pop(w, 1, 2, i);
        writer_push(w, 2, i, i);
        writer_edge(w, 3, GBX_EV_FRAME_RESUME, 255, (uint16_t)i, 3, i);
        writer_spec(w, 3, GBX_EV_SPEC_MISS, i % 5, (uint16_t)i, 200, 200);
    }
    gbx_trace *trace = test_open(w);
    gbx_cites *cites = index_of(trace);
    char text[GBX_CITE_SIZE];
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        gbx_cite_of(cites, at, text, sizeof(text));
        if (strchr(text, '@') == strrchr(text, '@')) {
            assert_int_equal(gbx_cite_find(cites, text), at);
        }
    }
    gbx_cites_close(cites);
    gbx_trace_close(trace);
}

/* The work is one pass: ten times the events take about ten times as long, in deep stacks, too. */
static void
a_long_trace_is_indexed_in_one_pass(void **state)
{
    (void)state;
    double took[2];
    for (int round = 0; round < 2; round++) {
        uint32_t calls = round == 0 ? 5000 : 50000;
        trace_writer *w = writer_new(&(writer_options){ .segment_size = 1u << 20 });
        writer_code(w, HOT, "hot", "/learner/work.py", 10, table, sizeof(table));
        writer_code(w, DECODER, "decode", "/usr/lib/python3.13/json/decoder.py", 100, table, sizeof(table));
        writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, GBX_NO_OFFSET, HOT, 1);
        for (uint32_t i = 0; i < calls; i++) {
            writer_edge(w, 1, GBX_EV_FRAME_PUSH, 0, 1, DECODER, i);
            writer_spec(w, 1, GBX_EV_SPEC_MISS, DECODER, 1, 12, 0);
        }
        gbx_trace *trace = test_open(w);
        struct timespec before, after;
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &before);
        gbx_cites *cites = index_of(trace);
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &after);
        took[round] = (double)(after.tv_sec - before.tv_sec) * 1e3 + (double)(after.tv_nsec - before.tv_nsec) / 1e6;
        char text[GBX_CITE_SIZE], last[GBX_CITE_SIZE];
        snprintf(last, sizeof(last), "spec.miss@work.py:11#%u", calls);
        assert_string_equal(gbx_cite_of(cites, gbx_trace_count(trace) - 1, text, sizeof(text)), last);
        gbx_cites_close(cites);
        gbx_trace_close(trace);
    }
    print_message("10,001 events in %.1f ms, 100,001 in %.1f ms\n", took[0], took[1]);
    assert_true(took[1] < 40 * took[0] + 20);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_event_is_cited_by_the_learners_line_that_runs),
        TEST(a_citation_that_names_nothing_finds_nothing),
        TEST(what_can_be_cited_is_listed_by_the_learners_lines),
        TEST(an_empty_trace_has_no_citations),
        TEST(a_trace_that_lies_is_indexed_all_the_same),
        TEST(a_long_trace_is_indexed_in_one_pass),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
