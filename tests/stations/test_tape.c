/* The tape of station 6, in traces written for the purpose: which orders are reverse topological, what it looks
   like as text, and that text of a trace is not believed. */

#include "trace_test.h"

#include "finding.h"
#include "../../stations/6-torch/tape.h"

#include <stdio.h>
#include <string.h>

enum { S_TAPE = 1, S_BEGIN, S_NODE, S_EDGE, S_VISIT, S_END, S_FIRST_TEXT };

typedef struct {
    trace_writer *writer;
    uint32_t texts;
} told;

static gbx_trace *trace;
static gbx_finding *finding;
static gbx_tape tape;

static told
begin(void)
{
    static const char *const names[] = { NULL, "tape", "begin", "node", "edge", "visit", "end" };
    told it = { writer_new(NULL), S_FIRST_TEXT };
    for (uint32_t id = S_TAPE; id <= S_END; id++) {
        writer_string(it.writer, id, names[id]);
    }
    writer_mark(it.writer, 0, S_TAPE, GBX_VALUE_STRING, S_BEGIN);
    return it;
}

static void
tell(told *it, uint32_t name, const char *text)
{
    writer_string(it->writer, it->texts, text);
    writer_mark(it->writer, 0, name, GBX_VALUE_STRING, it->texts++);
}

/* Reads what was told of; is it a tape? */
static bool
read_it(told *it)
{
    gbx_part part;
    gbx_look look;
    gbx_run run;
    writer_mark(it->writer, 0, S_TAPE, GBX_VALUE_STRING, S_END);
    trace = test_open(it->writer);
    finding = gbx_finding_new();
    run = (gbx_run){ .trace = trace };
    look = (gbx_look){ .trace = trace, .runs = &run, .run_count = 1 };
    assert_true(gbx_part_find(&look, finding, "tape", "begin", &part));
    return gbx_tape_read(&tape, &part, finding);
}

static int
forget(void **state)
{
    (void)state;
    gbx_finding_free(finding);
    gbx_trace_close(trace);
    finding = NULL;
    trace = NULL;
    return 0;
}

/* A sum of a product of two functions of one square: two ways meet at node 4. */
static told
diamond(void)
{
    static const char *const nodes[] = { "0 14 Sum", "1 13 Mul", "2 11 Sin", "3 12 Exp", "4 10 Square", "5 -1 Leaf" };
    static const char *const edges[] = { "0 1", "1 2", "1 3", "2 4", "3 4", "4 5", "4 5" };
    told it = begin();
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        tell(&it, S_NODE, nodes[i]);
    }
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        tell(&it, S_EDGE, edges[i]);
    }
    return it;
}

static void
visit(told *it, const char *order)
{
    char text[40];
    for (size_t i = 0; order[i] != '\0'; i++) {
        snprintf(text, sizeof(text), "%c %zu %zu", order[i], 1000 * i + 1, 1000 * i + 500);
        tell(it, S_VISIT, text);
    }
}

static void
nodes_and_edges_are_read_each_edge_once(void **state)
{
    told it = diamond();
    (void)state;
    assert_true(read_it(&it));
    assert_int_equal(tape.count, 6);
    assert_string_equal(tape.nodes[3].name, "Exp");
    assert_int_equal(tape.nodes[3].number, 12);
    assert_int_equal(tape.nodes[5].number, -1);
    assert_int_equal(tape.nodes[1].nexts, 2);
    assert_int_equal(tape.nodes[4].nexts, 1);
}

static void
both_orders_of_two_ways_are_reverse_topological(void **state)
{
    size_t from, to;
    static const char *const orders[] = { "012345", "013245" };
    for (size_t i = 0; i < 2; i++) {
        told it = diamond();
        visit(&it, orders[i]);
        assert_true(read_it(&it));
        assert_false(gbx_tape_breaks(&tape, &from, &to));
        assert_int_equal(tape.visits, 6);
        if (i == 0) {
            forget(state);
        }
    }
}

static void
going_down_one_way_first_breaks_the_order(void **state)
{
    size_t from, to;
    told it = diamond();
    (void)state;
    visit(&it, "012453");
    assert_true(read_it(&it));
    assert_true(gbx_tape_breaks(&tape, &from, &to));
    assert_int_equal(from, 3);
    assert_int_equal(to, 4);
}

static void
a_node_that_was_left_out_breaks_it_and_a_second_visit_is_counted(void **state)
{
    size_t from, to;
    told it = diamond();
    visit(&it, "01234");
    assert_true(read_it(&it));
    assert_true(gbx_tape_breaks(&tape, &from, &to));
    assert_int_equal(to, 5);
    forget(state);
    it = diamond();
    visit(&it, "0123454");
    assert_true(read_it(&it));
    assert_int_equal(tape.visits, 7);
    assert_int_equal(tape.visited, 6);
    assert_int_equal(tape.nodes[4].visited, 5);
}

static void
it_is_drawn_in_the_order_of_the_visits(void **state)
{
    char text[GBX_TAPE_PICTURE];
    static const char *const rows[] = {
        "●       Sum", "├─╮\n", "│ ●     Exp", "● │     Sin", "├─╯\n", "●       Square",
    };
    told it = diamond();
    (void)state;
    visit(&it, "013245");
    assert_true(read_it(&it));
    size_t length = gbx_tape_draw(&tape, text, sizeof(text));
    assert_int_equal(length, strlen(text));
    const char *at = text;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        at = strstr(at, rows[i]);
        assert_non_null(at);
    }
    assert_null(strstr(text, " \n"));
}

/* Told breadth first, so that the leaf comes before the last that leads to it. */
static void
what_was_not_visited_is_drawn_below_all_that_lead_to_it(void **state)
{
    char text[GBX_TAPE_PICTURE];
    static const char *const nodes[] = { "0 14 Sum", "1 -1 Leaf", "2 13 Add", "3 12 Cos" };
    static const char *const edges[] = { "0 1", "0 2", "2 3", "2 1", "3 1" };
    static const char *const rows[] = { "Sum", "Add", "Cos", "╯", "Leaf" };
    told it = begin();
    (void)state;
    for (size_t i = 0; i < sizeof(nodes) / sizeof(nodes[0]); i++) {
        tell(&it, S_NODE, nodes[i]);
    }
    for (size_t i = 0; i < sizeof(edges) / sizeof(edges[0]); i++) {
        tell(&it, S_EDGE, edges[i]);
    }
    assert_true(read_it(&it));
    gbx_tape_draw(&tape, text, sizeof(text));
    const char *at = text;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        at = strstr(at, rows[i]);
        assert_non_null(at);
    }
    assert_int_equal(strcspn(at, "\n") + 1, strlen(at));
}

/* Nodes that lead to each other: no tape, but a program may say so. */
static void
what_goes_round_is_drawn_all_the_same(void **state)
{
    char text[GBX_TAPE_PICTURE];
    told it = diamond();
    (void)state;
    tell(&it, S_EDGE, "4 0");
    assert_true(read_it(&it));
    gbx_tape_draw(&tape, text, sizeof(text));
    assert_non_null(strstr(text, "Leaf"));
    assert_non_null(strstr(text, "Sum"));
}

static void
a_picture_that_does_not_fit_is_cut(void **state)
{
    char text[64];
    told it = diamond();
    (void)state;
    assert_true(read_it(&it));
    assert_true(gbx_tape_draw(&tape, text, sizeof(text)) < sizeof(text));
    assert_true(strlen(text) < sizeof(text));
}

/* A node with four ways on, at the edge of what a picture has room for. */
static void
many_ways_are_drawn_or_left_out_but_never_beyond_the_picture(void **state)
{
    char text[GBX_TAPE_PICTURE], line[40];
    told it = begin();
    (void)state;
    for (unsigned i = 0; i < GBX_TAPE_NODES; i++) {
        snprintf(line, sizeof(line), "%u %u N", i, 100 - i);
        tell(&it, S_NODE, line);
    }
    for (unsigned i = 0; i < GBX_TAPE_NODES - 5; i++) {
        for (unsigned k = 1; k <= GBX_TAPE_NEXT; k++) {
            snprintf(line, sizeof(line), "%u %u", i, i + k);
            tell(&it, S_EDGE, line);
        }
    }
    assert_true(read_it(&it));
    assert_true(gbx_tape_draw(&tape, text, sizeof(text)) < sizeof(text));
}

static void
what_is_no_tape_is_refused(void **state)
{
    static const struct { uint32_t name; const char *text; } lies[] = {
        { S_NODE, "7 1 Gap" }, { S_NODE, "1 x Number" }, { S_NODE, "6 1 " }, { S_NODE, "" },
        { S_EDGE, "0 9" }, { S_EDGE, "0 4294967295" }, { S_EDGE, "77 0" }, { S_EDGE, "0" },
        { S_VISIT, "9 1 2" }, { S_VISIT, "0 9 2" }, { S_VISIT, "0 1" },
    };
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        told it = diamond();
        tell(&it, lies[i].name, lies[i].text);
        assert_false(read_it(&it));
        assert_int_equal(finding->items[0].kind, GBX_ITEM_INSUFFICIENT);
        forget(state);
    }
    told it = begin();
    assert_false(read_it(&it));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(nodes_and_edges_are_read_each_edge_once, forget),
        cmocka_unit_test_teardown(both_orders_of_two_ways_are_reverse_topological, forget),
        cmocka_unit_test_teardown(going_down_one_way_first_breaks_the_order, forget),
        cmocka_unit_test_teardown(a_node_that_was_left_out_breaks_it_and_a_second_visit_is_counted, forget),
        cmocka_unit_test_teardown(it_is_drawn_in_the_order_of_the_visits, forget),
        cmocka_unit_test_teardown(what_was_not_visited_is_drawn_below_all_that_lead_to_it, forget),
        cmocka_unit_test_teardown(what_goes_round_is_drawn_all_the_same, forget),
        cmocka_unit_test_teardown(a_picture_that_does_not_fit_is_cut, forget),
        cmocka_unit_test_teardown(many_ways_are_drawn_or_left_out_but_never_beyond_the_picture, forget),
        cmocka_unit_test_teardown(what_is_no_tape_is_refused, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
