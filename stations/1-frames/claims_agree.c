/* Claims 1.2e and f: the events agree with who looks from elsewhere, and looking changes nothing.

   Experiment: specialize.py, which marks what dis shows of its functions, and prints it at its end. */

#include "claims.h"
#include "part.h"
#include "trace.h"                // gbx_event_class

#include <string.h>

static GBX_EXPERIMENT(specialize_untraced, "experiments", "specialize", 0);
static GBX_EXPERIMENT(plain_dis, "must-fail", "plain_dis", CALLS);
static GBX_EXPERIMENT(profiled, "must-fail", "profiled", CALLS);

/* ------------------------------------------------------- 1.2e: dis agrees */

/* The instructions that the program marked, as dis shows them, and the last event at each that left an
   opcode behind. */
#define MAX_SITES  512

typedef struct {
    gbx_site site;
    uint32_t code;
    size_t last;             /* GBX_NO_EVENT: none, so the compiler's opcode is still there */
} shown;

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
        sites[count] = (shown){ site, 0, GBX_NO_EVENT };
        if (count > 0 && strcmp(sites[count - 1].site.function, site.function) == 0) {
            sites[count].code = sites[count - 1].code;
        } else if (!gbx_part_find_code(part, finding, site.function, &sites[count].code)) {
            return -1;
        }
        count++;
    }
    return count;
}

/* Walk the run up to the marks once, and note what each event leaves behind. */
static void
find_last_events(const gbx_part *part, shown *sites, int count)
{
    for (size_t at = 0; at < part->begin; at++) {
        uint8_t kind = gbx_part_event(part, at);
        if (gbx_event_class(kind) != GBX_CLASS_SPEC || kind == GBX_EV_SPEC_MISS
            || kind == GBX_EV_SPEC_ATTEMPT) {
            continue;
        }
        const gbx_spec *spec = gbx_part_record(part, at);
        for (int i = 0; i < count; i++) {
            if (sites[i].code == spec->code && sites[i].site.offset == spec->h.arg) {
                sites[i].last = at;
            }
        }
    }
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
    uint32_t changed = 0, wrong = 0;
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
    return GBX_PASS;
}

const gbx_claim gbx_s1_dis_agrees = {
    .id = "1.2e",
    .title = "dis shows what the events say",
    .sentence = "For every instruction of seven functions, the opcode that dis(adaptive=True) shows is "
                "the one that the last event there left behind.",
    .experiments = { &gbx_s1_specialize },
    .check = check_dis_agrees,
    .must_fail = { { &gbx_s1_specialize, &plain_dis, "without adaptive=True dis shows the compiler's" } },
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
