/* Claims 6.2: what is recorded, what is kept, and what both cost.

   Experiment: modes.py, one function in three ways.  Nodes are counted by PyTorch's own numbers, bytes by the C
   library's allocator, and time is the shortest of many rounds that took turns. */

#include "claims.h"
#include "../part.h"
#include "trace.h"

#include "../3-gil/spans.h"

#include <stdio.h>
#include <string.h>

static WITH_TORCH(modes, "experiments", "modes", GBX_BIT(MARK), GBX_ON_ANY);
static WITH_TORCH(not_taken, "must-fail", "not_taken", GBX_BIT(MARK), GBX_ON_ANY);
static WITH_TORCH(switched_on, "must-fail", "switched_on", GBX_BIT(MARK), GBX_ON_ANY);
static WITH_TORCH(kept_by_hand, "must-fail", "kept_by_hand", GBX_BIT(MARK), GBX_ON_ANY);
static WITH_TORCH(cloned, "must-fail", "cloned", GBX_BIT(MARK), GBX_ON_ANY);

enum { RECORDED, DETACHED, NO_GRAD, WAYS, MOST_ROUNDS = 64 };

static const char *const names[WAYS] = { "recorded", "detached", "no_grad" };

typedef struct {
    gbx_part part;
    double built, kept, bytes;
} way;

typedef struct {
    way ways[WAYS];
    double steps, tensor;        /* bytes of a tensor */
} run;

static bool
read_run(const gbx_look *look, gbx_finding *finding, run *it)
{
    gbx_part whole;
    if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, "steps", &it->steps)
        || !gbx_part_number(&whole, "bytes of a tensor", &it->tensor) || it->tensor <= 0) {
        gbx_finding_insufficient(finding, "the program does not say what it does");
        return false;
    }
    for (size_t i = 0; i < WAYS; i++) {
        way *w = &it->ways[i];
        if (!gbx_part_find(look, finding, names[i], "begin", &w->part)) {
            return false;
        }
        if (!gbx_part_number(&w->part, "built", &w->built) || !gbx_part_number(&w->part, "kept", &w->kept)
            || !gbx_part_number(&w->part, "bytes", &w->bytes)) {
            gbx_finding_insufficient(finding, "the program does not tell of '%s'", names[i]);
            return false;
        }
    }
    return true;
}

/* ----------------------------------------------------------------- 6.2a: nodes */

static void
quote_nodes(gbx_finding *finding, const run *it)
{
    char text[512];
    size_t used = (size_t)snprintf(text, sizeof(text), "%-10s %14s %22s\n", "", "nodes built", "still known to y");
    for (size_t i = 0; i < WAYS && used < sizeof(text); i++) {
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%-10s %14.0f %22.0f\n", names[i],
                                 it->ways[i].built, it->ways[i].kept);
    }
    gbx_finding_quote(finding, text, used < sizeof(text) ? used : sizeof(text) - 1);
}

static gbx_verdict
check_nodes(const gbx_look *look, gbx_finding *finding)
{
    run it;
    if (!read_run(look, finding, &it)) {
        return GBX_INSUFFICIENT;
    }
    const way *recorded = &it.ways[RECORDED], *detached = &it.ways[DETACHED], *no_grad = &it.ways[NO_GRAD];
    if (recorded->built < it.steps || recorded->kept != recorded->built) {
        return gbx_finding_failf(finding, "recorded, all nodes are built and kept", "recording was off",
                                 "%.0f built, %.0f kept", recorded->built, recorded->kept);
    }
    if (detached->built != recorded->built || detached->kept != 0) {
        return gbx_finding_failf(finding, "detached, as many are built, and none is kept",
                                 "detach() returns another tensor, and leaves its own as it is",
                                 "%.0f built, %.0f kept", detached->built, detached->kept);
    }
    if (no_grad->built != 0) {
        return gbx_finding_failf(finding, "under no_grad none is built", "somebody switched recording on again",
                                 "%.0f built", no_grad->built);
    }
    gbx_finding_event(finding, look, recorded->part.begin - 1, "recorded: %.0f steps of two operations", it.steps);
    gbx_finding_refute(finding, look, detached->part.begin - 1, "detached: built all the same, and let go of");
    gbx_finding_event(finding, look, no_grad->part.begin - 1, "no_grad: never built");
    quote_nodes(finding, &it);
    gbx_finding_number(finding, "built when recorded", recorded->built, "nodes");
    gbx_finding_number(finding, "built when detached", detached->built, "nodes");
    gbx_finding_number(finding, "built under no_grad", no_grad->built, "nodes");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s6_nodes = {
    .id = "6.2a",
    .title = "detach() forgets what no_grad never writes",
    .sentence = "A step whose result is detached builds its nodes and lets go of them; under no_grad no node is "
                "built at all.",
    .experiments = { &modes },
    .check = check_nodes,
    .must_fail = {
        { &modes, &not_taken, "what detach() returns is not taken" },
        { &modes, &switched_on, "a function under no_grad switches recording on again" },
    },
    .readings = {
        { "torch:torch/autograd/grad_mode.py#no_grad", "a switch of this thread: set, and set back" },
        { "torch:torch/include/c10/core/GradMode.h#GradMode", "where operations look" },
    },
    .prediction = {
        .question = "Eight steps of two operations, each result detached. How many nodes are built?",
        .choices = {
            { "none", "detach() switches recording off", "it is called when the nodes are there already" },
            { "16, as many as without detach()", NULL, NULL },
            { "2: the last step's", "only the last step counts", "so many are known at a time, at most" },
        },
    },
};

/* ----------------------------------------------------------------- 6.2b: bytes */

static gbx_verdict
check_bytes(const gbx_look *look, gbx_finding *finding)
{
    run it;
    if (!read_run(look, finding, &it)) {
        return GBX_INSUFFICIENT;
    }
    double kept[WAYS];
    for (size_t i = 0; i < WAYS; i++) {
        kept[i] = it.ways[i].bytes / it.tensor;
    }
    if (kept[RECORDED] < it.steps - 0.5) {
        return gbx_finding_failf(finding, "recorded, a tensor for each step is kept", "recording was off",
                                 "%.2f tensors", kept[RECORDED]);
    }
    for (size_t i = DETACHED; i < WAYS; i++) {
        if (kept[i] > 1.5 || kept[i] < 0.9) {
            return gbx_finding_failf(finding, "only the result is kept",
                                     "somebody else keeps them, or they are on a tape", "%s: %.2f tensors", names[i],
                                     kept[i]);
        }
    }
    gbx_finding_refute(finding, look, it.ways[RECORDED].part.begin - 1, "%.0f steps later, with the result in hand",
                       it.steps);
    for (size_t i = 0; i < WAYS; i++) {
        gbx_finding_bar(finding, names[i], it.ways[i].bytes / 1e6, "MB");
    }
    gbx_finding_number(finding, "a tensor", it.tensor, "bytes");
    gbx_finding_number(finding, "recorded keeps", kept[RECORDED], "tensors");
    gbx_finding_number(finding, "detached keeps", kept[DETACHED], "tensors");
    gbx_finding_number(finding, "no_grad keeps", kept[NO_GRAD], "tensors");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s6_bytes = {
    .id = "6.2b",
    .title = "a tape holds on to memory",
    .sentence = "As long as a recorded result is there, so is a tensor for each step; detached or under no_grad "
                "there is the result alone.",
    .experiments = { &modes },
    .check = check_bytes,
    .must_fail = {
        { &modes, &not_taken, "what detach() returns is not taken" },
        { &modes, &kept_by_hand, "the program keeps every state in a list" },
    },
    .readings = {
        { "torch:torch/include/torch/csrc/autograd/saved_variable.h#SavedVariable", "what a node holds on to" },
        { "Objects/obmalloc.c#_PyMem_RawMalloc", "malloc, as Python calls it; PyTorch asks the C library itself" },
    },
    .prediction = {
        .question = "Eight steps on tensors of a megabyte. How much is in use at the end, recorded and under no_grad?",
        .choices = {
            { "a megabyte in both", "only the result is kept", NULL },
            { "16 MB and 1 MB: two operations a step", "every result is saved",
              "tanh needs its result, the product needs its factors: one tensor a step serves both" },
            { "8 MB and 1 MB", NULL, NULL },
            { "8 MB in both: no_grad is about time", "no_grad saves time alone", NULL },
        },
    },
};

/* --------------------------------------------------------------- 6.2c: latency */

static bool
best_us(const gbx_look *look, gbx_finding *finding, const char *name, double *us)
{
    char full[40];
    gbx_window windows[MOST_ROUNDS];
    snprintf(full, sizeof(full), "time %s", name);
    size_t count = gbx_windows_find(look, finding, full, "begin", windows, MOST_ROUNDS);
    if (count == 0) {
        return false;
    }
    const gbx_window *best = gbx_windows_best(windows, count);
    *us = (double)(best->end_ns - best->begin_ns) / 1e3;
    return true;
}

static gbx_verdict
check_latency(const gbx_look *look, gbx_finding *finding)
{
    run it;
    double us[WAYS];
    if (!read_run(look, finding, &it)) {
        return GBX_INSUFFICIENT;
    }
    for (size_t i = 0; i < WAYS; i++) {
        if (!best_us(look, finding, names[i], &us[i])) {
            return GBX_INSUFFICIENT;
        }
    }
    if (it.ways[NO_GRAD].built != 0) {           /* what is clocked would be two of a kind, and chance decide */
        return gbx_finding_failf(finding, "what is clocked under no_grad builds no node",
                                 "recording is on under no_grad", "%.0f built", it.ways[NO_GRAD].built);
    }
    if (us[NO_GRAD] >= us[RECORDED]) {
        return gbx_finding_failf(finding, "no_grad takes less time than recording", "recording is on under no_grad",
                                 "%.2f times as long", us[NO_GRAD] / us[RECORDED]);
    }
    if (us[DETACHED] <= us[NO_GRAD]) {
        return gbx_finding_failf(finding, "detached takes more time than no_grad", NULL, "%.2f times as long",
                                 us[DETACHED] / us[NO_GRAD]);
    }
    for (size_t i = 0; i < WAYS; i++) {
        gbx_finding_bar(finding, names[i], us[i] / us[NO_GRAD], "times no_grad");
    }
    gbx_finding_fact(finding, "the shortest of many rounds, on tensors so small that all of it is bookkeeping");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s6_latency = {
    .id = "6.2c",
    .title = "no_grad saves time, detach() saves none",
    .sentence = "Without a tape the same operations take less time; detaching costs a call on top of the tape.",
    .experiments = { &modes },
    .check = check_latency,
    .must_fail = {
        { &modes, &switched_on, "recording is on under no_grad" },
    },
    .readings = {
        { "torch:torch/include/c10/core/DispatchKeySet.h#DispatchKeySet", "each switch is a bit that a call's way "
          "depends on" },
    },
    .prediction = {
        .question = "A hundred small steps: recorded, each detached, under no_grad. Which take less time than "
                    "recorded?",
        .choices = {
            { "detached and no_grad, about equally", "detach() is the no_grad of one tensor",
              "the nodes are built before detach() is called" },
            { "none: a node is nothing beside the arithmetic", "a tape is free",
              "with small tensors there is little arithmetic" },
            { "no_grad alone", NULL, NULL },
        },
    },
};

/* ---------------------------------------------------------- 6.2d: one memory */

typedef struct {
    double bytes, tensor, of_y, of_other, after;
    const char *backward;
} second_name;

static bool
read_detach(const gbx_look *look, gbx_finding *finding, gbx_part *part, second_name *it)
{
    gbx_part whole;
    it->backward = gbx_part_text(look, "backward");
    if (!gbx_part_find(look, finding, "detach", "begin", part)) {
        return false;
    }
    if (it->backward == NULL || !gbx_part_whole(look, &whole)
        || !gbx_part_number(&whole, "bytes of a tensor", &it->tensor) || !gbx_part_number(part, "bytes", &it->bytes)
        || !gbx_part_number(part, "address of y", &it->of_y)
        || !gbx_part_number(part, "address of other", &it->of_other)
        || !gbx_part_number(part, "y after other.zero_()", &it->after)) {
        gbx_finding_insufficient(finding, "the program does not tell of both tensors");
        return false;
    }
    return true;
}

static gbx_verdict
check_shared(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    second_name it;
    if (!read_detach(look, finding, &part, &it)) {
        return GBX_INSUFFICIENT;
    }
    if (it.of_y != it.of_other || it.bytes > 0.1 * it.tensor || it.after != 0) {
        return gbx_finding_failf(finding, "one memory", "it is a copy", "%.0f bytes more, %s address", it.bytes,
                                 it.of_y == it.of_other ? "one" : "another");
    }
    if (strcmp(it.backward, "it went through") == 0) {
        return gbx_finding_fail(finding, "the tape notices that what it kept was overwritten", it.backward, NULL);
    }
    gbx_finding_refute(finding, look, part.begin - 1, "y and y.detach(): both at 0x%llx",
                       (unsigned long long)it.of_y);
    gbx_finding_fact(finding, "after other.zero_() the sum of y is %g", it.after);
    gbx_finding_fact(finding, "and backward is refused: '%s'", it.backward);
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s6_shared = {
    .id = "6.2d",
    .title = "detach() copies nothing",
    .sentence = "What detach() returns is another tensor on the same memory: what is written into the one is in the "
                "other, and the tape refuses to use what was overwritten.",
    .experiments = { &modes },
    .check = check_shared,
    .must_fail = {
        { &modes, &cloned, "detach().clone()" },
    },
    .readings = {
        { "torch:torch/include/c10/core/TensorImpl.h#VariableVersion", "the count of changes that the tape compares" },
    },
    .prediction = {
        .question = "other = y.detach(); other.zero_(). What is y now?",
        .choices = {
            { "as before: detach() is a copy", "detach() copies", "clone() does" },
            { "zero", NULL, NULL },
            { "as before: what is on a tape cannot be changed", "a tape protects its tensors",
              "it notices, when it comes by" },
        },
    },
};
