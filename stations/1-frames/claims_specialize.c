/* Claims 1.2a to d: what specialization is, and how to see it.

   Experiment: specialize.py.  How often a function ran is counted by the pushes of its frame, so that
   "the second execution" is an observation and not an assumption. */

#include "claims.h"
#include "descent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

GBX_EXPERIMENT(gbx_s1_specialize, "experiments", "specialize", CALLS);
static GBX_EXPERIMENT(called_once, "must-fail", "called_once", CALLS);
static GBX_EXPERIMENT(one_float, "must-fail", "one_float", CALLS);
static GBX_EXPERIMENT(one_type, "must-fail", "one_type", CALLS);
static GBX_EXPERIMENT(two_lists, "must-fail", "two_lists", CALLS);
static GBX_EXPERIMENT(slots_elsewhere, "must-fail", "slots_elsewhere", CALLS);
static GBX_EXPERIMENT(one_class, "must-fail", "one_class", CALLS);
static GBX_EXPERIMENT(no_adder, "must-fail", "no_adder", CALLS);
static GBX_EXPERIMENT(few_misses, "must-fail", "few_misses", CALLS);

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

/* What the program reads in the cache of one instruction, before every execution and after the last,
   is what the events say: it counts down to the attempt, is set by the success, and stays. */
static gbx_verdict
judge_counter(const gbx_part *part, gbx_finding *finding, size_t attempt, size_t success)
{
    const gbx_spec *done = gbx_part_record(part, success);
    uint32_t fresh = 0, readings = 0, settled = done->counter_after >> 4;
    char all[96] = "";
    gbx_site site;
    for (size_t at = part->begin; gbx_part_site(part, "counter", &at, &site);) {
        if (site.offset != done->h.arg) {
            continue;
        }
        uint32_t runs = executions(part, part->begin, at, done->code);
        uint32_t value = (uint32_t)strtoul(site.value, NULL, 10);
        fresh = readings++ == 0 ? value : fresh;
        uint32_t expected = runs <= fresh ? fresh - runs : settled;
        size_t used = strlen(all);
        snprintf(all + used, sizeof(all) - used, "%s%u", used == 0 ? "" : ", ", value);
        if (value != expected) {
            return gbx_finding_failf(finding, "the counter moves only on the way to an attempt",
                                     "the guard failed, and a miss counts down",
                                     "it is %u after %u executions, not %u", value, runs, expected);
        }
    }
    uint32_t run = executions(part, part->begin, attempt, done->code);
    if (readings < 3 || run != fresh + 1) {
        return gbx_finding_failf(finding, "an attempt when the counter has run out", NULL,
                                 "in execution %u, of a counter that began with %u", run, fresh);
    }
    gbx_finding_fact(finding, "its counter, read before each execution and at the end: %s", all);
    return GBX_PASS;
}

static gbx_verdict
judge_attempt(const gbx_part *part, gbx_finding *finding, size_t attempt, uint32_t run,
              uint32_t *settled)
{
    const gbx_spec *asked = gbx_part_record(part, attempt);
    size_t success = gbx_part_next_spec(part, attempt, GBX_EV_SPEC_SUCCESS, asked->code,
                                        asked->h.arg);
    if (run != 2 || success == GBX_NO_EVENT) {
        gbx_finding_event(finding, part->look, attempt, "in execution %u", run);
        return gbx_finding_failf(finding, "one attempt, in the second execution, and it succeeds",
                                 NULL, "an attempt in execution %u%s", run,
                                 success == GBX_NO_EVENT ? ", without success" : "");
    }
    const gbx_spec *done = gbx_part_record(part, success);
    *settled = done->counter_after >> 4;
    gbx_finding_event(finding, part->look, success, "execution %u: it becomes %s; counter %u", run,
                      gbx_part_opcode(part, done->opcode_after), *settled);
    return judge_counter(part, finding, attempt, success);
}

static gbx_verdict
check_warm_up(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    uint32_t code, run = 0, sites = 0, settled = 0;
    if (!gbx_part_specializes(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find(look, finding, "warm-up", "begin", &part)
        || !gbx_part_find_code(&part, finding, "f", &code)) {
        return GBX_INSUFFICIENT;
    }
    uint32_t runs = gbx_part_count(&part, GBX_EV_FRAME_PUSH, code);
    size_t at = part.begin;
    while ((at = gbx_part_next_family(&part, at, GBX_EV_SPEC_ATTEMPT, code, "BINARY_OP"))
           != GBX_NO_EVENT) {
        run = executions(&part, part.begin, at, code);
        gbx_verdict verdict = judge_attempt(&part, finding, at, run, &settled);
        if (verdict != GBX_PASS) {
            return verdict;
        }
        sites++;
        at++;
    }
    if (sites == 0) {
        return gbx_finding_failf(finding, "BINARY_OP asks to be specialized in the second execution",
                                 "one execution only counts down", "no attempt in %u execution%s",
                                 runs, runs == 1 ? "" : "s");
    }
    gbx_finding_fact(finding, "%u executions, %u instructions, one attempt each", runs, sites);
    gbx_finding_number(finding, "counter after the success", settled, "");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s1_warm_up = {
    .id = "1.2a",
    .title = "warming up",
    .sentence = "An instruction counts down once, and asks to be specialized in its second execution; if "
                "that succeeds, its opcode becomes a member of its family, and its counter is set to "
                "a value that it keeps for as long as the guard holds.",
    .experiments = { &gbx_s1_specialize },
    .check = check_warm_up,
    .must_fail = {
        { &gbx_s1_specialize, &called_once, "one execution only counts down" },
        { &gbx_s1_specialize, &one_float, "a float among ints is a miss, which counts down" },
    },
    .readings = {
        { "Include/internal/pycore_code.h#adaptive_counter_warmup", "the value of a fresh counter" },
        { "Include/internal/pycore_backoff.h#advance_backoff_counter", "how it counts down" },
        { "Python/specialize.c#_Py_Specialize_BinaryOp", "which pairs of types have a member" },
    },
    .prediction = {
        .question = "x * x has specialized for ints, and x goes on to be an int. What does the counter "
                    "of that instruction do from now on?",
        .choices = {
            { "it counts every execution", "counters count executions",
              "it was set when the attempt succeeded, and has not moved since" },
            { "it counts down until the next attempt", "specializations expire",
              "only a guard that fails counts down" },
            { "nothing", NULL, NULL },
            { "there is no counter any more", "specialized code is final",
              "it is needed again when the guard fails" },
        },
    },
};

/* ------------------------------------------------------------- 1.2b: failure */

/* The second failure is what nobody expects who thinks that one is final. */
static void
tell_failure(const gbx_part *part, gbx_finding *finding, size_t at, uint32_t before, uint32_t gap)
{
    const gbx_spec *fail = gbx_part_record(part, at);
    uint32_t next = (uint32_t)(fail->counter_after >> 4);
    if (before == 0) {
        gbx_finding_event(finding, part->look, at, "it fails: %s; next try in %u executions",
                          gbx_part_reason(part, fail), next);
    } else if (before == 1) {
        gbx_finding_refute(finding, part->look, at, "%u executions later it fails again: next try in %u",
                           gap, next);
    } else {
        gbx_finding_event(finding, part->look, at, "%u executions later: next try in %u", gap, next);
    }
}

static gbx_verdict
check_failure(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    uint32_t code;
    if (!gbx_part_specializes(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find(look, finding, "mixed", "begin", &part)
        || !gbx_part_find_code(&part, finding, "mixed", &code)) {
        return GBX_INSUFFICIENT;
    }
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
        if (strstr(gbx_part_reason(&part, fail), "DIFFERENT_TYPES") == NULL) {
            gbx_finding_event(finding, look, at, "fails for another reason");
            return gbx_finding_fail(finding, "it fails since the types differ",
                                    gbx_part_reason(&part, fail), "both operands have one type, but "
                                    "no member of the family is for it");
        }
        if (fails > 0 && (gap != wait || next != 2 * wait + 1)) {
            gbx_finding_event(finding, look, at, "after %u executions, not %u", gap, wait);
            return gbx_finding_failf(finding, "the next attempt as late as the counter says", NULL,
                                     "%u executions later, counter %u", gap, next);
        }
        tell_failure(&part, finding, at, fails, gap);
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
    .sentence = "Where two types meet for which the family has no member, the attempt fails, its event "
                "says why, and the wait before the next attempt about doubles.",
    .experiments = { &gbx_s1_specialize },
    .check = check_failure,
    .must_fail = {
        { &gbx_s1_specialize, &one_type, "with one type the attempt succeeds" },
        { &gbx_s1_specialize, &two_lists, "lists have no member, but their types do not differ" },
    },
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

/* The whole descent at the one instruction of this family in a function, from mark(name, from) to the
   end of mark(name, last). */
static gbx_verdict
find_descent(const gbx_look *look, gbx_finding *finding, const char *const *marks,
             const char *function, const char *family, gbx_part *part, gbx_descent *descent)
{
    uint32_t code;
    if (!gbx_part_find_span(look, finding, marks[0], marks[1], marks[2], part)
        || !gbx_part_find_code(part, finding, function, &code)) {
        return GBX_INSUFFICIENT;
    }
    size_t any = gbx_part_next_family(part, part->begin, 0, code, family);
    if (any == GBX_NO_EVENT) {
        return gbx_finding_failf(finding, "the instruction specializes first", NULL,
                                 "no event at a %s of '%s'", family, function);
    }
    const gbx_spec *spec = gbx_part_record(part, any);
    *descent = gbx_descent_find(part, code, spec->h.arg);
    return gbx_descent_judge(part, finding, descent);
}

static gbx_verdict
check_change_of_mind(const gbx_look *look, gbx_finding *finding)
{
    static const char *const marks[] = { "flip", "ints", "floats" };
    gbx_part part;
    gbx_descent descent;
    if (!gbx_part_specializes(look, finding)) {
        return GBX_SKIPPED;
    }
    gbx_verdict verdict = find_descent(look, finding, marks, "flip", "BINARY_OP", &part, &descent);
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
    gbx_finding_event(finding, look, descent.first, "first miss: it meets a %s",
                      gbx_part_string(&part, miss->type));
    gbx_finding_event(finding, look, descent.last, "miss %u finds the counter at zero",
                      descent.misses);
    gbx_finding_refute(finding, look, descent.resettled, "after %u misses it settles as %s",
                       descent.misses, gbx_part_opcode(&part, after->opcode_after));
    gbx_finding_number(finding, "misses before it asks again", descent.misses, "misses");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s1_change_of_mind = {
    .id = "1.2c",
    .title = "a change of mind",
    .sentence = "An instruction that specialized for ints and meets floats misses until its counter "
                "has run out, then tries again and becomes another member of its family.",
    .experiments = { &gbx_s1_specialize },
    .check = check_change_of_mind,
    .must_fail = {
        { &gbx_s1_specialize, &few_misses, "ten misses are too few" },
        { &gbx_s1_specialize, &no_adder, "no member of the family adds lists" },
    },
    .readings = {
        { "Python/bytecodes.c#_GUARD_BOTH_INT", "the guard" },
        { "Python/ceval_macros.h#DEOPT_IF", "what a miss does: a jump to the generic instruction" },
    },
    .prediction = {
        .question = "a + b has specialized for ints. Then it only ever sees floats. What happens?",
        .choices = {
            { "it falls back to the general instruction, for good", "deoptimization is for ever",
              "the site asks again, and settles" },
            { "the first float makes it a float instruction", "one miss undoes a specialization",
              "a single odd value should not undo what mostly fits" },
            { "it takes the slow way for a while, then becomes a float instruction", NULL, NULL },
        },
    },
};

/* -------------------------------------------- 1.2d: another class, the same name */

/* In how many listings of the part dis shows this opcode at an offset. */
static uint32_t
times_shown(const gbx_part *part, uint16_t offset, const char *opcode)
{
    gbx_site site;
    uint32_t shown = 0;
    for (size_t at = part->begin; gbx_part_site(part, "dis", &at, &site);) {
        shown += site.offset == offset && strcmp(site.value, opcode) == 0;
    }
    return shown;
}

static gbx_verdict
check_same_name(const gbx_look *look, gbx_finding *finding)
{
    static const char *const marks[] = { "classes", "one", "another" };
    gbx_part part;
    gbx_descent descent;
    if (!gbx_part_specializes(look, finding)) {
        return GBX_SKIPPED;
    }
    gbx_verdict verdict = find_descent(look, finding, marks, "first", "LOAD_ATTR", &part, &descent);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    const gbx_spec *before = gbx_part_record(&part, descent.settled);
    const gbx_spec *miss = gbx_part_record(&part, descent.first);
    const gbx_spec *after = gbx_part_record(&part, descent.resettled);
    if (miss->guard != GBX_GUARD_TYPE_VERSION || miss->expected != before->expected) {
        gbx_finding_event(finding, look, descent.first, "the first miss");
        return gbx_finding_fail(finding, "the guard of the type's version fails", "another guard",
                                NULL);
    }
    if (before->opcode_after != after->opcode_after || before->expected == after->expected) {
        gbx_finding_event(finding, look, descent.resettled, "settles again");
        return gbx_finding_failf(finding, "the same opcode for another version",
                                 "the attribute is stored in another way in the other class",
                                 "%s for version %u, then %s for version %u",
                                 gbx_part_opcode(&part, before->opcode_after), before->expected,
                                 gbx_part_opcode(&part, after->opcode_after), after->expected);
    }
    const char *opcode = gbx_part_opcode(&part, after->opcode_after);
    uint32_t shown = times_shown(&part, before->h.arg, opcode);
    if (shown != 2) {
        return gbx_finding_failf(finding, "dis shows that opcode after each class", NULL,
                                 "in %u of 2 listings", shown);
    }
    gbx_finding_event(finding, look, descent.settled, "settles as %s, for version %u", opcode,
                      before->expected);
    gbx_finding_event(finding, look, descent.first, "first miss: it meets an %s, version %u",
                      gbx_part_string(&part, miss->type), miss->found);
    gbx_finding_refute(finding, look, descent.resettled, "settles as %s, for version %u", opcode,
                       after->expected);
    gbx_finding_fact(finding, "dis shows %s after the first class, and after the other", opcode);
    gbx_finding_number(finding, "misses before it asks again", descent.misses, "misses");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s1_same_name = {
    .id = "1.2d",
    .title = "another class, the same name",
    .sentence = "LOAD_ATTR notes the version of one class. Another class makes it miss until it asks "
                "again; then it is for the other class, under the same name.",
    .experiments = { &gbx_s1_specialize },
    .check = check_same_name,
    .must_fail = {
        { &gbx_s1_specialize, &slots_elsewhere, "with __slots__ the other class gets another opcode" },
        { &gbx_s1_specialize, &one_class, "one class, and no miss at all" },
    },
    .readings = {
        { "Python/bytecodes.c#_GUARD_TYPE_VERSION", "the guard" },
        { "Objects/typeobject.c#assign_version_tag", "where the version of a class comes from" },
    },
    .prediction = {
        .question = "first(p) returns p.x and has specialized for one class. Then p is always of "
                    "another class that stores x in the same way. What does dis show in the end?",
        .choices = {
            { "the general LOAD_ATTR", "two classes are too many",
              "at any time it is specialized for one, and the last one is enough" },
            { "the same opcode as before", NULL, NULL },
            { "an opcode for both classes", "sites remember every type they saw",
              "the cache has room for one version" },
        },
    },
};
