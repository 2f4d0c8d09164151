/* Claims 6.1a and b: forward builds the tape, and backward visits it in order.

   Experiment: tape.py.  PyTorch numbers the nodes as it builds them, and its own profiler says when each was
   visited; the program only passes that on. */

#include "claims.h"
#include "tape.h"
#include "trace.h"

#include <stdio.h>

WITH_TORCH(gbx_s6_tape, "experiments", "tape", TAPE, GBX_ON_ANY);
static WITH_TORCH(no_grad, "must-fail", "no_grad", TAPE, GBX_ON_ANY);
static WITH_TORCH(cut, "must-fail", "cut", TAPE, GBX_ON_ANY);
static WITH_TORCH(depth_first, "must-fail", "depth_first", TAPE, GBX_ON_ANY);

static bool
find_tape(const gbx_look *look, gbx_finding *finding, gbx_tape *tape)
{
    gbx_part part;
    return gbx_part_find(look, finding, "tape", "begin", &part) && gbx_tape_read(tape, &part, finding);
}

/* ----------------------------------------------------------------- 6.1a: built */

typedef struct {
    size_t numbered, leaves;
} kinds;

/* Nodes by kind; false, and a FAIL in `finding`, where a node leads to a younger one. */
static bool
count_kinds(const gbx_tape *tape, gbx_finding *finding, kinds *of)
{
    *of = (kinds){ 0, 0 };
    for (size_t i = 0; i < tape->count; i++) {
        const gbx_tape_node *node = &tape->nodes[i];
        of->numbered += node->number >= 0;
        of->leaves += node->nexts == 0;
        for (size_t k = 0; k < node->nexts; k++) {
            const gbx_tape_node *next = &tape->nodes[node->next[k]];
            if (next->number >= node->number) {
                gbx_finding_failf(finding, "a node leads to older ones alone", NULL, "%s leads to %s", node->name,
                                  next->name);
                return false;
            }
        }
    }
    return true;
}

static void
quote_built(gbx_finding *finding, gbx_tape *tape)
{
    char text[GBX_TAPE_PICTURE];
    for (size_t i = 0; i < tape->count; i++) {
        tape->nodes[i].visited = 0;                  /* not of interest yet */
    }
    tape->visited = 0;
    gbx_finding_quote(finding, text, gbx_tape_draw(tape, text, sizeof(text)));
}

static gbx_verdict
check_built(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    gbx_tape tape;
    kinds of;
    double built, operations;
    if (!gbx_part_find(look, finding, "forward", "begin", &part) || !find_tape(look, finding, &tape)) {
        return GBX_INSUFFICIENT;
    }
    if (!gbx_part_number(&part, "built", &built) || !gbx_part_number(&part, "operations", &operations)) {
        return gbx_finding_insufficient(finding, "the program does not say how many nodes were built");
    }
    if (!count_kinds(&tape, finding, &of)) {
        return GBX_FAIL;
    }
    if (built != operations || (double)of.numbered != built) {
        return gbx_finding_failf(finding, "a node for each operation, and each on the tape",
                                 "somebody cut it, or recording was off",
                                 "%.0f operations, %.0f nodes built, %zu on the tape", operations, built, of.numbered);
    }
    if (of.leaves != 1) {
        return gbx_finding_failf(finding, "the tape ends in the one tensor that asked for a gradient", NULL,
                                 "in %zu nodes", of.leaves);
    }
    gbx_finding_refute(finding, look, part.begin - 1, "forward: a function of %.0f operations", operations);
    gbx_finding_event(finding, look, tape.nodes[0].mark, "asked for its grad_fn, y names the last node built");
    quote_built(finding, &tape);
    gbx_finding_number(finding, "operations", operations, "");
    gbx_finding_number(finding, "nodes built by forward", built, "");
    gbx_finding_number(finding, "found from y.grad_fn", (double)of.numbered, "");
    gbx_finding_number(finding, "leaves at the end", (double)of.leaves, "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s6_built = {
    .id = "6.1a",
    .title = "forward builds the tape",
    .sentence = "Each operation on a tensor that wants a gradient adds one node to the tape, and a node knows "
                "the nodes that made its inputs; a leaf's node is where the gradient is kept.",
    .experiments = { &gbx_s6_tape },
    .check = check_built,
    .must_fail = {
        { &gbx_s6_tape, &no_grad, "recording is off during forward" },
        { &gbx_s6_tape, &cut, "detach() in the middle of the function" },
    },
    .readings = {
        { "torch:torch/include/torch/csrc/autograd/node.h#sequence_nr", "next_edges_, and sequence_nr_: built as #" },
        { "torch:torch/include/torch/csrc/autograd/functions/accumulate_grad.h#AccumulateGrad", "a leaf's node" },
        { "Objects/abstract.c#binary_op1", "all that Python sees of x * x: a slot of a C type" },
    },
    .prediction = {
        .question = "y = (a.sin() * a.exp()).sum() with a = x * x. How many nodes does forward build?",
        .choices = {
            { "none: the graph is made when backward() is called", "backward makes the graph",
              "then it would be too late: what the derivatives need is gone" },
            { "five: one for each operation", NULL, NULL },
            { "six: a is used twice, so it counts twice", "a node for each use",
              "two nodes lead to a's, which is there once" },
            { "one: y's", "one node for the whole function", NULL },
        },
    },
};

/* ----------------------------------------------------------------- 6.1b: the order */

static gbx_verdict
judge_order(const gbx_look *look, gbx_finding *finding, const gbx_tape *tape)
{
    size_t from, to;
    if (gbx_tape_breaks(tape, &from, &to)) {
        gbx_finding_event(finding, look, tape->nodes[to].mark, "%s is visited too early", tape->nodes[to].name);
        return gbx_finding_failf(finding, "a node is visited after all nodes that lead to it",
                                 "the walk does not wait for all gradients to come in",
                                 "%s is visited as number %zu, %s as number %zu", tape->nodes[to].name,
                                 tape->nodes[to].visited, tape->nodes[from].name, tape->nodes[from].visited);
    }
    if (tape->visits != tape->count) {
        return gbx_finding_failf(finding, "each node is visited once", NULL, "%zu visits of %zu nodes", tape->visits,
                                 tape->count);
    }
    return GBX_PASS;
}

/* The node to which more than one leads. */
static size_t
meeting(const gbx_tape *tape)
{
    size_t lead[GBX_TAPE_NODES] = { 0 };
    for (size_t i = 0; i < tape->count; i++) {
        for (size_t k = 0; k < tape->nodes[i].nexts; k++) {
            if (++lead[tape->nodes[i].next[k]] == 2) {
                return tape->nodes[i].next[k];
            }
        }
    }
    return tape->count;
}

static gbx_verdict
check_order(const gbx_look *look, gbx_finding *finding)
{
    gbx_tape tape;
    char text[GBX_TAPE_PICTURE];
    if (!find_tape(look, finding, &tape)) {
        return GBX_INSUFFICIENT;
    }
    size_t met = meeting(&tape);
    if (met == tape.count) {
        return gbx_finding_insufficient(finding, "nothing on this tape is used twice: any order would do");
    }
    gbx_verdict verdict = judge_order(look, finding, &tape);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_refute(finding, look, tape.nodes[met].mark, "two nodes lead to this one: it is visited after both");
    gbx_finding_quote(finding, text, gbx_tape_draw(&tape, text, sizeof(text)));
    gbx_finding_number(finding, "nodes", (double)tape.count, "");
    gbx_finding_number(finding, "visits", (double)tape.visits, "");
    gbx_finding_number(finding, "its place in the order", (double)tape.nodes[met].visited, "");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s6_order = {
    .id = "6.1b",
    .title = "backward visits it in reverse topological order",
    .sentence = "Backward visits each node once, and not before every node that leads to it was visited: only "
                "then has all of its gradient come in.",
    .experiments = { &gbx_s6_tape },
    .check = check_order,
    .must_fail = {
        { &gbx_s6_tape, &depth_first, "a walk that goes down the first way at once" },
    },
    .readings = {
        { "torch:torch/include/torch/csrc/autograd/graph_task.h#GraphTask", "dependencies_: who still has to come" },
        { "torch:torch/include/torch/csrc/autograd/engine.h#ReadyQueue", "of the ready, the youngest first" },
        { "Lib/graphlib.py#TopologicalSorter", "the same order in Python" },
    },
    .prediction = {
        .question = "a's node gets gradients from two sides, from sin and from exp. When is it visited?",
        .choices = {
            { "as soon as the first of them has come", "depth first", "then it would pass on half of a gradient" },
            { "twice, once for each", "a visit for each way", "gradients are added up before the visit" },
            { "once, when both have come", NULL, NULL },
        },
    },
};
