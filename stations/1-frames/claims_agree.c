/* Claims 1.2e and f: the events agree with who looks from elsewhere, and looking changes nothing.

   Experiment: specialize.py, which marks what dis shows of its functions, and prints it at its end. */

#include "claims.h"
#include "../part.h"
#include "trace.h"                // gbx_event_class

#include <stdlib.h>
#include <string.h>

static GBX_EXPERIMENT(specialize_untraced, "experiments", "specialize", 0);
static GBX_EXPERIMENT(plain_dis, "must-fail", "plain_dis", CALLS);
static GBX_EXPERIMENT(late_miss, "must-fail", "late_miss", CALLS);
static GBX_EXPERIMENT(profiled, "must-fail", "profiled", CALLS);
static GBX_EXPERIMENT(debugged, "must-fail", "debugged", CALLS);

/* ------------------------------------------------------- 1.2e: dis agrees */

/* An instruction that the program marked, as dis shows it, and the last events there. */
#define MAX_SITES   512
#define NO_COUNTER  UINT32_MAX

typedef struct {
    gbx_site site;
    uint32_t code;
    uint32_t counter;        /* NO_COUNTER: it has none */
    size_t last;             /* that left an opcode; GBX_NO_EVENT: the compiler's is still there */
    size_t latest;           /* of any kind, a miss for example */
} shown;

/* Read the counters that the program marked beside the opcodes. */
static void
read_counters(const gbx_part *part, shown *sites, int count)
{
    gbx_site site;
    for (size_t at = part->begin; gbx_part_site(part, "counter", &at, &site);) {
        for (int i = 0; i < count; i++) {
            if (sites[i].site.offset == site.offset
                && strcmp(sites[i].site.function, site.function) == 0) {
                sites[i].counter = (uint32_t)strtoul(site.value, NULL, 10);
            }
        }
    }
}

/* Read the marks; -1 when a function is not in the trace, or there are too many sites. */
static int
read_sites(const gbx_part *part, gbx_finding *finding, shown *sites)
{
    int count = 0;
    gbx_site site;
    for (size_t at = part->begin; gbx_part_site(part, "dis", &at, &site);) {
        if (strcmp(site.opcode, "RESUME") == 0) {
            continue;                 /* the loop rewrites it by itself, without a counter */
        }
        if (count == MAX_SITES) {
            gbx_finding_insufficient(finding, "more than %d instructions", MAX_SITES);
            return -1;
        }
        sites[count] = (shown){ site, 0, NO_COUNTER, GBX_NO_EVENT, GBX_NO_EVENT };
        if (count > 0 && strcmp(sites[count - 1].site.function, site.function) == 0) {
            sites[count].code = sites[count - 1].code;
        } else if (!gbx_part_find_code(part, finding, site.function, &sites[count].code)) {
            return -1;
        }
        count++;
    }
    read_counters(part, sites, count);
    return count;
}

/* Walk the run up to the marks once, and note what each event leaves behind. */
static void
find_last_events(const gbx_part *part, shown *sites, int count)
{
    for (size_t at = 0; at < part->begin; at++) {
        uint8_t kind = gbx_part_event(part, at);
        if (gbx_event_class(kind) != GBX_CLASS_SPEC) {
            continue;
        }
        const gbx_spec *spec = gbx_part_record(part, at);
        bool leaves = kind != GBX_EV_SPEC_MISS && kind != GBX_EV_SPEC_ATTEMPT;
        for (int i = 0; i < count; i++) {
            if (sites[i].code == spec->code && sites[i].site.offset == spec->h.arg) {
                sites[i].last = leaves ? at : sites[i].last;
                sites[i].latest = at;
            }
        }
    }
}

/* A specialized instruction counts down at misses alone, and each of them is an event: its counter is
   what the latest event left.  (The counter of a general one moves with every execution.) */
static bool
judge_counter(const gbx_part *part, gbx_finding *finding, const shown *it, uint32_t *compared)
{
    if (it->last == GBX_NO_EVENT || it->counter == NO_COUNTER) {
        return true;
    }
    const gbx_spec *last = gbx_part_record(part, it->last);
    const gbx_spec *latest = gbx_part_record(part, it->latest);
    if (last->opcode_after == last->family) {
        return true;
    }
    ++*compared;
    if (it->latest != it->last) {
        gbx_finding_event(finding, part->look, it->latest, "the counter there is %u", it->counter);
    }
    if ((uint32_t)(latest->counter_after >> 4) != it->counter) {
        gbx_finding_event(finding, part->look, it->latest, "leaves %u", latest->counter_after >> 4);
        gbx_finding_failf(finding, "the counter that the latest event left", NULL,
                          "the program reads %u at offset %u of %s", it->counter, it->site.offset,
                          it->site.function);
        return false;
    }
    return true;
}

/* One instruction: whether dis and the last event agree. */
static bool
judge_site(const gbx_part *part, gbx_finding *finding, const shown *it, uint32_t changed)
{
    const char *expected = it->site.opcode;
    if (it->last != GBX_NO_EVENT) {
        const gbx_spec *spec = gbx_part_record(part, it->last);
        expected = gbx_part_opcode(part, spec->opcode_after);
    }
    if (strcmp(expected, it->site.value) != 0) {
        gbx_finding_failf(finding, expected, "dis was asked without adaptive=True",
                          "dis shows %s at offset %u of %s", it->site.value, it->site.offset,
                          it->site.function);
        return false;
    }
    if (it->last != GBX_NO_EVENT) {
        gbx_finding_detail(finding, "%s, offset %u: %s", it->site.function, it->site.offset, expected);
        if (changed < 3) {
            gbx_finding_event(finding, part->look, it->last, "dis shows %s", expected);
        }
    }
    return true;
}

static gbx_verdict
check_dis_agrees(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    shown sites[MAX_SITES];
    uint32_t changed = 0, wrong = 0, counters = 0;
    if (!gbx_part_specializes(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find(look, finding, "dis", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    int count = read_sites(&part, finding, sites);
    if (count < 0) {
        return GBX_INSUFFICIENT;
    }
    find_last_events(&part, sites, count);
    for (int i = 0; i < count; i++) {
        wrong += !judge_site(&part, finding, &sites[i], changed);
        wrong += !judge_counter(&part, finding, &sites[i], &counters);
        changed += sites[i].last != GBX_NO_EVENT;
    }
    if (wrong != 0) {
        return GBX_FAIL;
    }
    if (changed == 0) {
        return gbx_finding_fail(finding, "some instruction has changed", "none has",
                                "the functions ran only once");
    }
    gbx_finding_fact(finding, "%d instructions compared, %u of them with events: all agree", count,
                     changed);
    gbx_finding_fact(finding, "%u counters of specialized instructions compared: all agree", counters);
    return GBX_PASS;
}

const gbx_claim gbx_s1_dis_agrees = {
    .id = "1.2e",
    .title = "dis shows what the events say",
    .sentence = "For every instruction of eight functions, the opcode that dis(adaptive=True) shows is "
                "the one that the last event there left behind, and so is its counter.",
    .experiments = { &gbx_s1_specialize },
    .check = check_dis_agrees,
    .must_fail = {
        { &gbx_s1_specialize, &plain_dis, "without adaptive=True dis shows the compiler's" },
        { &gbx_s1_specialize, &late_miss, "a miss between the events and the look at the counter" },
    },
    .readings = {
        { "Lib/dis.py#_get_code_array", "where adaptive=True makes a difference" },
        { "Objects/codeobject.c#deopt_code", "what co_code does: it puts the general opcodes back" },
    },
};

/* ------------------------------------------- 1.2f: tracing changes nothing */

static gbx_verdict
check_tracing_changes_nothing(const gbx_look *look, gbx_finding *finding)
{
    const gbx_run *traced = &look->runs[0], *plain = &look->runs[1];
    size_t same = 0, line = 1;
    gbx_part whole;
    if (!gbx_part_specializes(look, finding)) {
        return GBX_SKIPPED;
    }
    if (plain->out_size == 0 || !gbx_part_whole(look, &whole)) {
        return gbx_finding_insufficient(finding, "one of the runs has nothing to show");
    }
    while (same < traced->out_size && same < plain->out_size
           && traced->out[same] == plain->out[same]) {
        line += plain->out[same++] == '\n';
    }
    if (same != traced->out_size || same != plain->out_size) {
        return gbx_finding_failf(finding, "the same adaptive code, traced and untraced",
                                 "something rewrites the instructions that it watches",
                                 "they differ at line %zu of the listing", line);
    }
    gbx_finding_fact(finding, "%zu lines of adaptive code, opcodes and counters: identical",
                     line - 1);
    gbx_finding_fact(finding, "meanwhile %u successes, misses and failures were recorded",
                     gbx_part_count(&whole, GBX_EV_SPEC_SUCCESS, 0)
                     + gbx_part_count(&whole, GBX_EV_SPEC_MISS, 0)
                     + gbx_part_count(&whole, GBX_EV_SPEC_FAIL, 0));
    gbx_finding_observe(finding, 0);
    return GBX_PASS;
}

const gbx_claim gbx_s1_tracing_changes_nothing = {
    .id = "1.2f",
    .title = "watching changes nothing",
    .sentence = "The same program, traced and untraced, ends with the same adaptive code, opcodes and "
                "counters alike.",
    .experiments = { &gbx_s1_specialize, &specialize_untraced },
    .check = check_tracing_changes_nothing,
    .must_fail = {
        { &gbx_s1_specialize, &profiled, "a profiler in Python rewrites what it watches" },
        { &gbx_s1_specialize, &debugged, "so does a debugger" },
    },
    .readings = {
        { "Python/instrumentation.c#_Py_Instrument", "what sys.setprofile and debuggers cause" },
    },
    .prediction = {
        .question = "A program is run twice, once recorded by this trace and once not. At its end it "
                    "prints its own specialized bytecode with all counters. Do the two differ?",
        .choices = {
            { "no", NULL, NULL },
            { "yes: what is watched is instrumented", "every tracer rewrites bytecode",
              "profilers and debuggers do; these events are written by the interpreter itself" },
            { "only the counters differ", "every observation costs executions",
              "no instruction runs more often because somebody takes notes" },
        },
    },
};
