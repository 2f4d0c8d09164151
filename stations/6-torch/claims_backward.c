/* Claim 6.1c: backward runs in C++, without a frame and without the lock.

   Experiment: tape.py.  From the first visit of a node to the end of the last, in the time of the trace, this
   looks at what the thread did in Python, how long it held the lock, and what another thread did meanwhile. */

#include "claims.h"
#include "symbols.h"
#include "tape.h"
#include "trace.h"

#include "../3-gil/spans.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static WITH_TORCH(in_python, "must-fail", "in_python", TAPE, GBX_ON_ANY);

#define MOST_HELD  0.2           /* of the time of the visits */

/* What happened from the first visit to the end of the last. */
typedef struct {
    gbx_window visits;           /* positions and times */
    uint32_t stream;             /* of the thread that called backward() */
    size_t release;              /* its last before the visits; GBX_NO_EVENT */
    size_t frame;                /* its first frame during them */
    uint32_t frames;             /* its own */
    size_t other;                /* another thread takes the lock */
    uint32_t others;             /* frames of others */
} seen;

static bool
is_new_frame(uint8_t event)
{
    return event == GBX_EV_FRAME_PUSH || event == GBX_EV_FRAME_RESUME;
}

static void
note(const gbx_trace *trace, size_t at, bool own, seen *to)
{
    uint8_t event = gbx_trace_event(trace, at);
    if (own && is_new_frame(event)) {
        to->frame = to->frames++ == 0 ? at : to->frame;
    } else if (!own) {
        to->others += is_new_frame(event);
        to->other = event == GBX_EV_GIL_ACQUIRE && to->other == GBX_NO_EVENT ? at : to->other;
    }
}

static seen
watch(const gbx_part *part, const gbx_tape *tape)
{
    seen it = { .stream = part->stream, .release = GBX_NO_EVENT, .frame = GBX_NO_EVENT, .other = GBX_NO_EVENT };
    it.visits.begin_ns = tape->nodes[tape->order[0]].begin_ns;
    it.visits.end_ns = tape->nodes[tape->order[tape->visited - 1]].end_ns;
    it.visits.begin = it.visits.end = part->begin;
    for (size_t at = part->begin; at < part->end; at++) {
        gbx_where where = gbx_trace_where(part->trace, at);
        bool own = where.stream == part->stream;
        if (where.t_ns < it.visits.begin_ns) {
            bool release = own && gbx_trace_event(part->trace, at) == GBX_EV_GIL_RELEASE;
            it.release = release ? at : it.release;
            it.visits.begin = at + 1;
        } else if (where.t_ns < it.visits.end_ns) {
            note(part->trace, at, own, &it);
            it.visits.end = at + 1;
        }
    }
    return it;
}

/* The name in a C++ symbol, where it is a plain function's: "_ZL22THPEngine_run_backwardP7_object" has 22 letters
   of it.  Else the symbol as it is. */
static void
plain_name(const char *symbol, char *name, size_t size)
{
    char *end;
    const char *digits = symbol + (strncmp(symbol, "_ZL", 3) == 0 ? 3 : strncmp(symbol, "_Z", 2) == 0 ? 2 : 0);
    unsigned long length = digits == symbol ? 0 : strtoul(digits, &end, 10);
    bool plain = length > 0 && length <= strlen(end) && length < size;
    snprintf(name, size, "%.*s", plain ? (int)length : (int)size - 1, plain ? end : symbol);
}

/* Who asked for the lock to be let go of. */
static void
tell_release(const gbx_look *look, gbx_finding *finding, size_t at)
{
    char name[128];
    gbx_symbol symbol;
    const gbx_gil_release *release = (const gbx_gil_release *)(const void *)gbx_trace_record(look->trace, at);
    gbx_finding_event(finding, look, at, "backward lets go of the lock");
    if (look->symbols != NULL
        && gbx_symbols_find_anywhere(look->symbols, look->trace, 0, release->by, &symbol)) {
        plain_name(gbx_symbol_asker(&symbol)->function, name, sizeof(name));
        gbx_finding_fact(finding, "let go of by %s, a function of PyTorch's in C++", name);
    }
}

enum { COLUMNS = 50, PICTURE = 1024 };

/* Is a thread other than this one seen to hold the lock in a window? */
static bool
held_by_others(const gbx_spans *spans, const gbx_window *window, uint32_t stream)
{
    const gbx_spans_of all = { .lanes = GBX_SPANS_HOLDS };
    const gbx_spans_of own = { .lanes = GBX_SPANS_HOLDS, .one_stream = true, .stream = stream };
    return gbx_spans_time(spans, window, &all) > gbx_spans_time(spans, window, &own);
}

/* The visit that is going on at a moment, as a digit. */
static char
visit_at(const gbx_tape *tape, uint64_t t_ns)
{
    for (size_t i = 0; i < tape->visited; i++) {
        const gbx_tape_node *node = &tape->nodes[tape->order[i]];
        if (t_ns >= node->begin_ns && t_ns < node->end_ns) {
            return i < 9 ? (char)('1' + i) : '+';
        }
    }
    return ' ';
}

/* Two rows: which node is visited, and when others hold the lock. */
static void
quote_visits(gbx_finding *finding, const gbx_spans *spans, const gbx_tape *tape, const seen *it)
{
    char text[PICTURE];
    const gbx_window *all = &it->visits;
    uint64_t step = (all->end_ns - all->begin_ns) / COLUMNS + 1;
    size_t used = (size_t)snprintf(text, sizeof(text), "%-18s", "backward, in C++");
    for (uint64_t column = 0; column < COLUMNS; column++) {
        text[used++] = visit_at(tape, all->begin_ns + column * step + step / 2);
    }
    used += (size_t)snprintf(text + used, sizeof(text) - used, "\n%-18s", "others, in Python");
    for (uint64_t column = 0; column < COLUMNS; column++) {
        const gbx_window cell = { .begin_ns = all->begin_ns + column * step,
                                  .end_ns = all->begin_ns + (column + 1) * step };
        used += (size_t)snprintf(text + used, sizeof(text) - used, "%s",
                                 held_by_others(spans, &cell, it->stream) ? "█" : "·");
    }
    used += (size_t)snprintf(text + used, sizeof(text) - used, "\n");
    gbx_finding_quote(finding, text, used);
    gbx_finding_fact(finding, "a digit: which visit is going on; █ has the lock, · has not");
}

static gbx_verdict
judge(const gbx_look *look, gbx_finding *finding, const seen *it, double held, double whole, double turns)
{
    if (it->frames > 0) {
        gbx_finding_event(finding, look, it->frame, "a frame of Python, among the visits");
        return gbx_finding_failf(finding, "no frame of Python while nodes are visited", "a node was written in Python",
                                 "%u of them", it->frames);
    }
    if (held > MOST_HELD * whole) {
        return gbx_finding_failf(finding, "nodes are visited without the lock", "the tensors are so small that there "
                                 "is little else to do", "it is held for %.0f %% of the time", 100 * held / whole);
    }
    if (it->others < turns) {
        return gbx_finding_failf(finding, "another thread runs Python meanwhile", "the lock was not let go of",
                                 "%u of %.0f steps", it->others, turns);
    }
    return GBX_PASS;
}

static gbx_verdict
report(const gbx_look *look, gbx_finding *finding, const gbx_spans *spans, const gbx_tape *tape, const seen *it,
       double turns)
{
    const gbx_spans_of own = { .lanes = GBX_SPANS_HOLDS, .one_stream = true, .stream = it->stream };
    double held = (double)gbx_spans_time(spans, &it->visits, &own);
    double whole = (double)(it->visits.end_ns - it->visits.begin_ns);
    gbx_verdict verdict = judge(look, finding, it, held, whole, turns);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (it->release != GBX_NO_EVENT) {
        tell_release(look, finding, it->release);
    }
    if (it->other != GBX_NO_EVENT) {
        gbx_finding_refute(finding, look, it->other, "and another thread takes it, for Python");
    }
    quote_visits(finding, spans, tape, it);
    gbx_finding_number(finding, "from the first visit to the last", whole / 1e6, "ms");
    gbx_finding_number(finding, "frames of Python meanwhile", 0, "");
    gbx_finding_number(finding, "the lock was held by backward", held / 1e6, "ms");
    gbx_finding_number(finding, "frames of the other thread", it->others, "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

static gbx_verdict
check_without(const gbx_look *look, gbx_finding *finding)
{
    gbx_part told, part;
    gbx_tape tape;
    double turns;
    if (!gbx_part_find(look, finding, "tape", "begin", &told) || !gbx_tape_read(&tape, &told, finding)
        || !gbx_part_find(look, finding, "backward", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    if (tape.visited == 0 || !gbx_part_number(&told, "turns", &turns)
        || tape.nodes[tape.order[tape.visited - 1]].end_ns <= tape.nodes[tape.order[0]].begin_ns) {
        return gbx_finding_insufficient(finding, "the program does not say when nodes were visited");
    }
    if ((gbx_trace_process(look->trace, 0)->header->build & GBX_BUILD_FREE_THREADED) != 0) {
        return gbx_finding_skip(finding, "this build has no lock to be let go of");
    }
    gbx_spans spans = { 0 };
    gbx_verdict verdict = GBX_INSUFFICIENT;
    if (gbx_spans_read(&spans, look, finding)) {
        seen it = watch(&part, &tape);
        verdict = report(look, finding, &spans, &tape, &it, turns);
    }
    gbx_spans_clear(&spans);
    return verdict;
}

const gbx_claim gbx_s6_without = {
    .id = "6.1c",
    .title = "without a frame, and without the lock",
    .sentence = "Backward runs in C++ in the thread that called it: it pushes no frame, and it lets go of the "
                "lock, so that another thread runs Python meanwhile.",
    .experiments = { &gbx_s6_tape },
    .check = check_without,
    .must_fail = {
        { &gbx_s6_tape, &in_python, "one node is an autograd.Function, written in Python" },
    },
    .readings = {
        { "torch:torch/autograd/graph.py#_engine_run_backward", "its last line but few is the call into C++" },
        { "Python/ceval_gil.c#PyEval_SaveThread", "what pybind11's gil_scoped_release calls" },
        { "Python/pystate.c#PyGILState_Ensure", "and gil_scoped_acquire: a node of Python's has to come back here" },
    },
    .prediction = {
        .question = "backward() takes 20 ms. Another thread wants to run Python. When does it?",
        .choices = {
            { "when backward() has returned", "a call of C holds the lock",
              "sum() does, in station 3; this one lets go" },
            { "at once", NULL, NULL },
            { "between two nodes", "nodes are visited by a loop of Python", "no frame is pushed while they are" },
        },
    },
};
