/* Claims 1.2: what specialization is, and how to see it.

   Experiment: specialize.py.  How often a function ran is counted by the pushes of its frame, so that
   "the second execution" is an observation and not an assumption. */

#include "claims.h"
#include "descent.h"

#include <string.h>

static GBX_EXPERIMENT(specialize, "experiments", "specialize", CALLS);
static GBX_EXPERIMENT(specialize_untraced, "experiments", "specialize", 0);
static GBX_EXPERIMENT(called_once, "must-fail", "called_once", CALLS);
static GBX_EXPERIMENT(one_type, "must-fail", "one_type", CALLS);
static GBX_EXPERIMENT(few_misses, "must-fail", "few_misses", CALLS);
static GBX_EXPERIMENT(plain_dis, "must-fail", "plain_dis", CALLS);
static GBX_EXPERIMENT(profiled, "must-fail", "profiled", CALLS);

/* Executions of a function from `at` up to and including the event at `until`. */
static uint32_t
executions(const gbx_part *part, size_t at, size_t until, uint32_t code)
{
    uint32_t count = 0;
    while ((at = gbx_part_next(part, at, GBX_EV_FRAME_PUSH, code)) != GBX_NO_EVENT && at < until) {
        count++;
        at++;
    }
    return count;
}

/* --------------------------------------------------------- 1.2a: warming up */

static gbx_verdict
check_warm_up(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find(look, finding, "warm-up", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    uint32_t code = gbx_part_code(&part, "f");
    uint32_t sites = 0, runs = gbx_part_count(&part, GBX_EV_FRAME_PUSH, code);
    size_t at = part.begin;
    while ((at = gbx_part_next_family(&part, at, GBX_EV_SPEC_ATTEMPT, code, "BINARY_OP"))
           != GBX_NO_EVENT) {
        const gbx_spec *attempt = gbx_part_record(&part, at);
        uint32_t run = executions(&part, part.begin, at, code);
        size_t done = gbx_part_next_spec(&part, at, GBX_EV_SPEC_SUCCESS, code, attempt->h.arg);
        if (run != 2 || done == GBX_NO_EVENT) {
            gbx_finding_event(finding, look, at, "in execution %u", run);
            return gbx_finding_failf(finding, "one attempt, in the second execution, and it succeeds",
                                     NULL, "an attempt in execution %u%s", run,
                                     done == GBX_NO_EVENT ? ", without success" : "");
        }
        const gbx_spec *success = gbx_part_record(&part, done);
        gbx_finding_event(finding, look, done, "execution 2: %s becomes %s",
                          gbx_part_opcode(&part, success->family),
                          gbx_part_opcode(&part, success->opcode_after));
        gbx_finding_detail(finding, "counter %u before the attempt, %u after the success",
                           attempt->counter_before >> 4, success->counter_after >> 4);
        sites++;
        at++;
    }
    if (sites == 0) {
        return gbx_finding_failf(finding, "BINARY_OP asks to be specialized in the second execution",
                                 "one execution only counts down", "no attempt in %u execution%s",
                                 runs, runs == 1 ? "" : "s");
    }
    gbx_finding_fact(finding, "%u executions, %u instructions, one attempt each", runs, sites);
    gbx_finding_observe_number(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s1_warm_up = {
    .id = "1.2a",
    .title = "warming up",
    .sentence = "An instruction asks to be specialized in its second execution; if that succeeds, its "
                "opcode becomes a member of its family, and its counter is set to cool down.",
    .experiments = { &specialize },
    .check = check_warm_up,
    .must_fail = { { &specialize, &called_once, "one execution only counts down" } },
    .readings = {
        { "Include/internal/pycore_code.h#adaptive_counter_warmup", "the value of a fresh counter" },
        { "Include/internal/pycore_backoff.h#advance_backoff_counter", "how it counts down" },
        { "Python/specialize.c#_Py_Specialize_BinaryOp", "which pairs of types have a member" },
    },
    .prediction = {
        .question = "In which execution does an instruction first try to specialize?",
        .unit = "",
        .too_low = "specialized at birth",
        .too_high = "only hot loops are specialized",
    },
};

/* ------------------------------------------------------------- 1.2b: failure */

static gbx_verdict
check_failure(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find(look, finding, "mixed", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    uint32_t code = gbx_part_code(&part, "mixed");
    size_t done = gbx_part_next_family(&part, part.begin, GBX_EV_SPEC_SUCCESS, code, "BINARY_OP");
    if (done != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, done, "it specializes");
        return gbx_finding_fail(finding, "each attempt fails", "an attempt succeeds",
                                "both operands have the same type");
    }
    uint32_t fails = 0, wait = 0;
    size_t previous = part.begin, at = part.begin;
    while ((at = gbx_part_next_family(&part, at, GBX_EV_SPEC_FAIL, code, "BINARY_OP"))
           != GBX_NO_EVENT) {
        const gbx_spec *fail = gbx_part_record(&part, at);
        uint32_t gap = executions(&part, previous, at, code);
        uint32_t next = (uint32_t)(fail->counter_after >> 4);
        if (fails > 0 && (gap != wait || next != 2 * wait + 1)) {
            gbx_finding_event(finding, look, at, "after %u executions, not %u", gap, wait);
            return gbx_finding_failf(finding, "the next attempt as late as the counter says", NULL,
                                     "%u executions later, counter %u", gap, next);
        }
        if (fails < 5) {
            gbx_finding_event(finding, look, at, "failure %u: %s; next try in %u executions",
                              fails + 1, gbx_part_reason(&part, fail), next);
        }
        fails++;
        wait = next;
        previous = at++;
    }
    if (fails < 3) {
        return gbx_finding_failf(finding, "at least three failed attempts",
                                 "the function runs too rarely", "%u", fails);
    }
    gbx_finding_number(finding, "failed attempts", fails, "");
    gbx_finding_number(finding, "executions", gbx_part_count(&part, GBX_EV_FRAME_PUSH, code), "");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s1_failure = {
    .id = "1.2b",
    .title = "failure, and the way back",
    .sentence = "Where no member of the family fits, the attempt fails with a reason, and the counter "
                "waits about twice as long before the next.",
    .experiments = { &specialize },
    .check = check_failure,
    .must_fail = { { &specialize, &one_type, "with one type the attempt succeeds" } },
    .readings = {
        { "Python/specialize.c#binary_op_fail_kind", "the reasons" },
        { "Include/internal/pycore_backoff.h#restart_backoff_counter", "twice as long, up to a limit" },
    },
    .prediction = {
        .question = "mixed(a, b) returns a + b and is called 130 times with an int and a float. How "
                    "often is its addition tried for specialization?",
        .choices = {
            { "once: it fails and that is that", "one failure is final",
              "the counter is only set higher" },
            { "a few times, ever more rarely", NULL, NULL },
            { "in every call", "failing is free", "each failure doubles the wait" },
            { "never: an int becomes a float first", "the types are made equal beforehand",
              "the specializer sees the operands as they are" },
        },
    },
};

/* ------------------------------------------------------ 1.2c: change of mind */

static gbx_verdict
check_change_of_mind(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find_span(look, finding, "flip", "ints", "floats", &part)) {
        return GBX_INSUFFICIENT;
    }
    uint32_t code = gbx_part_code(&part, "flip");
    size_t any = gbx_part_next_family(&part, part.begin, 0, code, "BINARY_OP");
    if (any == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "BINARY_OP specializes first", "no event there", NULL);
    }
    gbx_descent descent =
        gbx_descent_find(&part, code, ((const gbx_spec *)gbx_part_record(&part, any))->h.arg);
    gbx_verdict verdict = gbx_descent_judge(&part, finding, &descent);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    const gbx_spec *before = gbx_part_record(&part, descent.settled);
    const gbx_spec *miss = gbx_part_record(&part, descent.first);
    const gbx_spec *after = gbx_part_record(&part, descent.resettled);
    if (before->opcode_after == after->opcode_after || before->family != after->family) {
        return gbx_finding_fail(finding, "another member of the same family",
                                gbx_part_opcode(&part, after->opcode_after), NULL);
    }
    if (miss->guard != GBX_GUARD_TYPE && miss->guard != GBX_GUARD_TYPE_VERSION) {
        return gbx_finding_fail(finding, "the guard of the type fails", "another guard", NULL);
    }
    gbx_finding_event(finding, look, descent.settled, "settles as %s",
                      gbx_part_opcode(&part, before->opcode_after));
    gbx_finding_event(finding, look, descent.first, "first miss: another type");
    gbx_finding_event(finding, look, descent.last, "miss %u finds the counter at zero",
                      descent.misses);
    gbx_finding_event(finding, look, descent.resettled, "settles as %s",
                      gbx_part_opcode(&part, after->opcode_after));
    gbx_finding_number(finding, "misses before it asks again", descent.misses, "misses");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s1_change_of_mind = {
    .id = "1.2c",
    .title = "a change of mind",
    .sentence = "An instruction that specialized for ints and meets floats misses until its counter "
                "has run out, then tries again and becomes another member of its family.",
    .experiments = { &specialize },
    .check = check_change_of_mind,
    .must_fail = { { &specialize, &few_misses, "ten misses are too few" } },
    .readings = {
        { "Python/bytecodes.c#_GUARD_BOTH_INT", "the guard" },
        { "Python/ceval_macros.h#DEOPT_IF", "what a miss does: a jump to the generic instruction" },
    },
    .prediction = {
        .question = "a + b has specialized for ints. Then it only ever sees floats. What happens?",
        .choices = {
            { "an error inside, and the program slows down for good", "deoptimization is for ever",
              "the site asks again, and settles" },
            { "the first float makes it a float instruction", "one miss undoes a specialization",
              "a single odd value should not undo what mostly fits" },
            { "it takes the slow way for a while, then becomes a float instruction", NULL, NULL },
        },
    },
};

/* ------------------------------------------------------- 1.2d: dis agrees */

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
    uint32_t sites = 0, changed = 0, wrong = 0;
    gbx_site site;
    for (size_t at = part.begin; gbx_part_site(&part, "dis", &at, &site);) {
        if (strcmp(site.opcode, "RESUME") == 0) {
            continue;                 /* the loop rewrites it by itself, without a counter */
        }
        size_t event;
        uint32_t code = gbx_part_code(&part, site.function);
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
    .id = "1.2d",
    .title = "dis shows what the events say",
    .sentence = "For every instruction of six functions, the opcode that dis(adaptive=True) shows is "
                "the one that the last event there left behind.",
    .experiments = { &specialize },
    .check = check_dis_agrees,
    .must_fail = { { &specialize, &plain_dis, "without adaptive=True dis shows the compiler's" } },
    .readings = {
        { "Lib/dis.py#_get_code_array", "where adaptive=True makes a difference" },
        { "Objects/codeobject.c#deopt_code", "what co_code does: it puts the general opcodes back" },
    },
};

/* ------------------------------------------- 1.2e: tracing changes nothing */

static gbx_verdict
check_tracing_changes_nothing(const gbx_look *look, gbx_finding *finding)
{
    const gbx_run *traced = &look->runs[0], *plain = &look->runs[1];
    size_t same = 0, line = 1;
    if (plain->out_size == 0) {
        return gbx_finding_insufficient(finding, "the untraced run printed nothing");
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
    return GBX_PASS;
}

const gbx_claim gbx_s1_tracing_changes_nothing = {
    .id = "1.2e",
    .title = "watching changes nothing",
    .sentence = "The same program, traced and untraced, ends with the same adaptive code, opcodes and "
                "counters alike.",
    .experiments = { &specialize, &specialize_untraced },
    .check = check_tracing_changes_nothing,
    .must_fail = {
        { &specialize, &profiled, "a profiler in Python rewrites what it watches" },
    },
    .readings = {
        { "Python/instrumentation.c#_Py_Instrument", "what sys.setprofile and debuggers cause" },
    },
};
