/* Claims 1.2e and f: the events agree with who looks from elsewhere, and looking changes nothing.

   Experiment: specialize.py, which marks what dis shows of its functions, and prints it at its end. */

#include "claims.h"
#include "part.h"

#include <string.h>

static GBX_EXPERIMENT(specialize_untraced, "experiments", "specialize", 0);
static GBX_EXPERIMENT(plain_dis, "must-fail", "plain_dis", CALLS);
static GBX_EXPERIMENT(profiled, "must-fail", "profiled", CALLS);

/* ------------------------------------------------------- 1.2e: dis agrees */

/* The opcode that the events left at one instruction, or the one that it had from the start. */
static const char *
predicted(const gbx_part *part, const gbx_site *site, uint32_t code, size_t *event)
{
    gbx_part before = gbx_part_cut(part, 0, part->begin);
    *event = GBX_NO_EVENT;
    size_t at = 0;
    while ((at = gbx_part_next_spec(&before, at, 0, code, site->offset)) != GBX_NO_EVENT) {
        uint8_t kind = gbx_part_event(&before, at);
        if (kind != GBX_EV_SPEC_MISS && kind != GBX_EV_SPEC_ATTEMPT) {
            *event = at;
        }
        at++;
    }
    if (*event == GBX_NO_EVENT) {
        return site->opcode;
    }
    return gbx_part_opcode(part, ((const gbx_spec *)gbx_part_record(part, *event))->opcode_after);
}

static gbx_verdict
check_dis_agrees(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find(look, finding, "dis", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    uint32_t sites = 0, changed = 0, wrong = 0, code = 0;
    gbx_site site;
    char function[sizeof(site.function)] = "";
    for (size_t at = part.begin; gbx_part_site(&part, "dis", &at, &site);) {
        if (strcmp(site.opcode, "RESUME") == 0) {
            continue;                 /* the loop rewrites it by itself, without a counter */
        }
        size_t event;
        if (strcmp(function, site.function) != 0) {
            memcpy(function, site.function, sizeof(function));
            if (!gbx_part_find_code(&part, finding, function, &code)) {
                return GBX_INSUFFICIENT;
            }
        }
        const char *expected = predicted(&part, &site, code, &event);
        sites++;
        changed += event != GBX_NO_EVENT;
        if (strcmp(expected, site.value) != 0) {
            wrong++;
            gbx_finding_failf(finding, expected, "dis was asked without adaptive=True",
                              "dis shows %s at offset %u of %s", site.value, site.offset,
                              site.function);
        } else if (event != GBX_NO_EVENT) {
            gbx_finding_detail(finding, "%s %u: %s", site.function, site.offset, site.value);
            if (changed <= 3) {
                gbx_finding_event(finding, look, event, "dis shows %s", site.value);
            }
        }
    }
    if (wrong != 0) {
        return GBX_FAIL;
    }
    if (changed == 0) {
        return gbx_finding_fail(finding, "some instruction has changed", "none has",
                                "the functions ran only once");
    }
    gbx_finding_fact(finding, "%u instructions compared, %u of them with events: all agree", sites,
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
