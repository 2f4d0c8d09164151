/* Claims 1.1: why LOAD_FAST beats LOAD_GLOBAL.

   The experiment, loads.py, says by marks which instruction loads which name; what happened to that
   instruction is read from the specialization events.  These checks must never compare a time with a
   constant, and never look outside the part that they name. */

#include "claims.h"
#include "descent.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static GBX_EXPERIMENT(loads, "experiments", "loads", CALLS);
static GBX_EXPERIMENT(declared_global, "must-fail", "declared_global", CALLS);
static GBX_EXPERIMENT(rebound_global, "must-fail", "rebound_global", CALLS);
static GBX_EXPERIMENT(few_reads, "must-fail", "few_reads", CALLS);
static GBX_EXPERIMENT(small_globals, "must-fail", "small_globals", CALLS);
static GBX_EXPERIMENT(at_module_level, "must-fail", "at_module_level", CALLS);
static GBX_EXPERIMENT(line_by_line, "must-fail", "line_by_line", CALLS);
static GBX_EXPERIMENT(read_once, "must-fail", "read_once", CALLS);

/* ------------------------------------------------- 1.1a: who specializes */

/* All instructions of one function that load one name. */
typedef struct {
    uint32_t sites;
    uint32_t touched;        /* of these: named by any specialization event */
    uint32_t specialized;
    uint32_t cache;          /* inline cache of all together, in units of two bytes */
    size_t event;            /* one success, or the event that should not be */
    char other[48];          /* an opcode that was not expected there; "" none */
} tally;

/* The inline cache of one instruction, in units of two bytes, as the program marked it. */
static uint32_t
cache_of(const gbx_part *part, const gbx_site *site)
{
    gbx_site cache;
    for (size_t at = part->begin; gbx_part_site(part, "cache", &at, &cache);) {
        if (cache.offset == site->offset && strcmp(cache.function, site->function) == 0) {
            return (uint32_t)strtoul(cache.value, NULL, 10);
        }
    }
    return 0;
}

static void
tally_site(tally *sum, const gbx_part *part, uint32_t code, const gbx_site *site)
{
    size_t any = gbx_part_next_spec(part, part->begin, 0, code, site->offset);
    size_t success = gbx_part_next_spec(part, part->begin, GBX_EV_SPEC_SUCCESS, code, site->offset);
    sum->sites++;
    sum->touched += any != GBX_NO_EVENT;
    sum->specialized += success != GBX_NO_EVENT;
    sum->cache += cache_of(part, site);
    if (sum->event == GBX_NO_EVENT) {
        sum->event = success != GBX_NO_EVENT ? success : any;
    }
}

static tally
tally_loads(const gbx_part *part, const char *function, const char *name, const char *opcode)
{
    tally sum = { .event = GBX_NO_EVENT };
    uint32_t code = gbx_part_code(part, function);
    gbx_site site;
    for (size_t at = part->begin; gbx_part_site(part, "site", &at, &site);) {
        if (strcmp(site.function, function) == 0 && strcmp(site.value, name) == 0
            && strncmp(site.opcode, "LOAD_", 5) == 0) {
            if (strcmp(site.opcode, opcode) != 0) {
                memcpy(sum.other, site.opcode, sizeof(sum.other));
            }
            tally_site(&sum, part, code, &site);
        }
    }
    return sum;
}

/* Both names are loaded in the way that the claim is about, and only one of the two specializes. */
static gbx_verdict
judge_tallies(const gbx_look *look, gbx_finding *finding, const tally *local, const tally *global)
{
    if (local->sites == 0 || global->sites == 0) {
        return gbx_finding_insufficient(finding, "the program marks no load of 'x' or of 'value'");
    }
    if (local->other[0] != '\0' || global->other[0] != '\0') {
        return gbx_finding_failf(finding, "'x' by LOAD_FAST, 'value' by LOAD_GLOBAL",
                                 "a name that is declared global is no local", "one of them by %s",
                                 local->other[0] != '\0' ? local->other : global->other);
    }
    if (local->touched != 0 || local->cache != 0 || global->cache == 0) {
        if (local->touched != 0) {
            gbx_finding_event(finding, look, local->event, "a LOAD_FAST that specializes");
        }
        return gbx_finding_failf(finding, "no event and no cache at LOAD_FAST", NULL,
                                 "%u of %u sites have an event; %u bytes of cache", local->touched,
                                 local->sites, 2 * local->cache);
    }
    if (global->specialized != global->sites) {
        return gbx_finding_failf(finding, "every LOAD_GLOBAL that runs twice specializes",
                                 "the function ran only once", "%u of %u did", global->specialized,
                                 global->sites);
    }
    return GBX_PASS;
}

/* read_answer has one LOAD_GLOBAL and no loop: its calls are the executions. */
static gbx_verdict
judge_second(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    uint32_t code;
    if (!gbx_part_find(look, finding, "globals", "warm up", &part)
        || !gbx_part_find_code(&part, finding, "read_answer", &code)) {
        return GBX_INSUFFICIENT;
    }
    size_t done = gbx_part_next_family(&part, part.begin, GBX_EV_SPEC_SUCCESS, code, "LOAD_GLOBAL");
    if (done == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "LOAD_GLOBAL specializes", "not in ten calls", NULL);
    }
    gbx_part before = gbx_part_cut(&part, part.begin, done);
    uint32_t call = gbx_part_count(&before, GBX_EV_FRAME_PUSH, code);
    gbx_finding_event(finding, look, done, "in call %u of a function that has one LOAD_GLOBAL", call);
    if (call != 2) {
        return gbx_finding_failf(finding, "in its second execution", NULL, "in execution %u", call);
    }
    return GBX_PASS;
}

static gbx_verdict
check_who_specializes(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_specializes(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find(look, finding, "loads", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    tally local = tally_loads(&part, "from_local", "x", "LOAD_FAST");
    tally global = tally_loads(&part, "from_global", "value", "LOAD_GLOBAL");
    tally builtin = tally_loads(&part, "from_global", "range", "LOAD_GLOBAL");
    gbx_verdict verdict = judge_tallies(look, finding, &local, &global);
    if (verdict == GBX_PASS) {
        verdict = judge_second(look, finding);
    }
    if (verdict != GBX_PASS) {
        return verdict;
    }
    const gbx_spec *spec = gbx_part_record(&part, global.event);
    gbx_finding_event(finding, look, global.event, "found in the module's dict: %s",
                      gbx_part_opcode(&part, spec->opcode_after));
    if (builtin.specialized != 0) {
        spec = gbx_part_record(&part, builtin.event);
        gbx_finding_event(finding, look, builtin.event, "range, found in the second dict: %s",
                          gbx_part_opcode(&part, spec->opcode_after));
    }
    gbx_finding_fact(finding, "%u LOAD_FAST: no inline cache, not one specialization event",
                     local.sites);
    gbx_finding_fact(finding, "%u LOAD_GLOBAL: %u bytes of inline cache each, all %u specialized",
                     global.sites, 2 * global.cache / global.sites, global.specialized);
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s1_who_specializes = {
    .id = "1.1a",
    .title = "who specializes",
    .sentence = "LOAD_FAST never specializes, for there is nothing to look up; LOAD_GLOBAL looks in "
                "two dicts until, on its second execution, it specializes.",
    .experiments = { &loads },
    .check = check_who_specializes,
    .must_fail = {
        { &loads, &declared_global, "a name that is declared global is loaded by LOAD_GLOBAL" },
        { &loads, &read_once, "each LOAD_GLOBAL runs but once" },
    },
    .readings = {
        { "Python/bytecodes.c#LOAD_FAST", "the whole instruction: take a slot, count a reference" },
        { "Python/specialize.c#_Py_Specialize_LoadGlobal",
          "what is noted in the cache, and eight reasons to refuse" },
    },
    .prediction = {
        .question = "A function reads one local and one global, a hundred times each. Which of the "
                    "two instructions does the interpreter rewrite while the program runs?",
        .choices = {
            { "both", "everything hot is specialized",
              "LOAD_FAST takes a slot by its number: there is nothing to make faster" },
            { "LOAD_GLOBAL alone", NULL, NULL },
            { "LOAD_FAST alone", "the fast one is the optimized one",
              "LOAD_FAST is fast since the compiler chose it; it is never rewritten" },
            { "neither", "bytecode never changes",
              "the event shows the opcode before and after" },
        },
    },
};

/* --------------------------------------------------- 1.1b: a new global */

/* The guards of all misses are the one named, and expected the version that was noted. */
static gbx_verdict
judge_guards(const gbx_part *part, gbx_finding *finding, const gbx_descent *descent,
             uint32_t code, uint16_t offset)
{
    const gbx_spec *first = gbx_part_record(part, descent->first);
    size_t at = descent->first;
    while ((at = gbx_part_next_spec(part, at, GBX_EV_SPEC_MISS, code, offset)) != GBX_NO_EVENT
           && at <= descent->last) {
        const gbx_spec *miss = gbx_part_record(part, at);
        if (miss->guard != GBX_GUARD_GLOBALS_KEYS || miss->expected != first->expected) {
            gbx_finding_event(finding, part->look, at, "another guard, or another version");
            return gbx_finding_fail(finding, "each miss at the guard of the globals' keys",
                                    "one of them elsewhere", NULL);
        }
        at++;
    }
    return GBX_PASS;
}

static gbx_verdict
check_new_global(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part, quiet;
    if (!gbx_part_specializes(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find_span(look, finding, "globals", "warm up", "after", &part)
        || !gbx_part_find_span(look, finding, "globals", "warm up", "change", &quiet)) {
        return GBX_INSUFFICIENT;
    }
    uint32_t code;
    if (!gbx_part_find_code(&part, finding, "read_answer", &code)) {
        return GBX_INSUFFICIENT;
    }
    size_t any = gbx_part_next_family(&part, part.begin, 0, code, "LOAD_GLOBAL");
    if (any == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "LOAD_GLOBAL specializes first", "no event there",
                                "read_answer runs only once");
    }
    uint16_t offset = ((const gbx_spec *)gbx_part_record(&part, any))->h.arg;
    gbx_descent descent = gbx_descent_find(&part, code, offset);
    gbx_verdict verdict = gbx_descent_judge(&part, finding, &descent);
    if (verdict == GBX_PASS) {
        verdict = judge_guards(&part, finding, &descent, code, offset);
    }
    if (verdict != GBX_PASS) {
        return verdict;
    }
    if (descent.first < quiet.end) {
        return gbx_finding_fail(finding, "no miss before the new name", "a miss before it", NULL);
    }
    const gbx_spec *before = gbx_part_record(&part, descent.first);
    const gbx_spec *after = gbx_part_record(&part, descent.resettled);
    if (after->expected == before->expected) {
        return gbx_finding_fail(finding, "a new version of the keys", "the same version", NULL);
    }
    if (descent.later != 0) {
        return gbx_finding_failf(finding, "no miss once it has settled", NULL, "%u misses",
                                 descent.later);
    }
    gbx_finding_event(finding, look, quiet.end, "from here on there is one more global");
    gbx_finding_event(finding, look, descent.first, "first miss: the keys' version is not %u",
                      before->expected);
    gbx_finding_refute(finding, look, descent.last, "miss %u: only here the counter is at zero",
                       descent.misses);
    gbx_finding_event(finding, look, descent.resettled, "specialized again, for version %u",
                      after->expected);
    gbx_finding_number(finding, "misses before it asks again", descent.misses, "misses");
    gbx_finding_observe_number(finding, descent.misses);
    return GBX_PASS;
}

const gbx_claim gbx_s1_new_global = {
    .id = "1.1b",
    .title = "a new global",
    .sentence = "A specialized LOAD_GLOBAL compares the version of the dict's keys: a new name among "
                "the globals makes it miss, enough misses make it ask again, and it specializes for "
                "the new version.",
    .experiments = { &loads },
    .check = check_new_global,
    .must_fail = {
        { &loads, &rebound_global, "a new value for an old name leaves the keys as they were" },
        { &loads, &few_reads, "twenty reads are too few" },
    },
    .readings = {
        { "Python/bytecodes.c#_GUARD_GLOBALS_VERSION", "the guard: one comparison" },
        { "Objects/dictobject.c#_PyDictKeys_GetVersionForCurrentState", "where a version comes from" },
        { "Include/internal/pycore_code.h#adaptive_counter_cooldown", "how many misses it takes" },
    },
    .prediction = {
        .question = "One new global name appears. How often does a specialized LOAD_GLOBAL that never "
                    "asked for it miss, before it asks to be specialized again?",
        .unit = "misses",
        .tolerance = 1.5,
        .too_low = "one miss undoes a specialization",
        .too_high = "a miss is for ever",
    },
};

/* ------------------------------------------------------- 1.1c: what it costs */

static const char *const forms[] = { "fused locals", "local", "specialized", "generic" };

#define FORMS  (sizeof(forms) / sizeof(forms[0]))

/* The generic form is kept from specializing by the specializer's own refusal, at each load. */
static gbx_verdict
judge_generic(const gbx_part *part, gbx_finding *finding)
{
    uint32_t code = gbx_part_code(part, "from_crowd");
    uint32_t refused = 0, sites = 0;
    size_t event = GBX_NO_EVENT, against = GBX_NO_EVENT;
    gbx_site site;
    for (size_t at = part->begin; gbx_part_site(part, "site", &at, &site);) {
        if (strcmp(site.function, "from_crowd") != 0 || strcmp(site.value, "value") != 0) {
            continue;
        }
        size_t fail = gbx_part_next_spec(part, part->begin, GBX_EV_SPEC_FAIL, code, site.offset);
        size_t done = gbx_part_next_spec(part, part->begin, GBX_EV_SPEC_SUCCESS, code,
                                         site.offset);
        sites++;
        refused += fail != GBX_NO_EVENT && done == GBX_NO_EVENT;
        event = event == GBX_NO_EVENT ? fail : event;
        against = against == GBX_NO_EVENT ? done : against;
    }
    if (sites == 0 || refused != sites) {
        if (against != GBX_NO_EVENT) {
            gbx_finding_event(finding, part->look, against, "it specialized after all");
        }
        return gbx_finding_failf(finding, "each load of the generic form refuses to specialize",
                                 "the dict of its globals is an ordinary small one",
                                 "%u of %u did", refused, sites);
    }
    double names;
    gbx_finding_fact(finding, "the generic form: %u loads, all refused to specialize: %s", sites,
                     gbx_part_reason(part, gbx_part_record(part, event)));
    if (gbx_part_number(part, "names", &names)) {
        gbx_finding_fact(finding, "its globals have %.0f names, too many for the cache's index", names);
    }
    return GBX_PASS;
}

/* On one line the compiler fused what is two instructions on two. */
static gbx_verdict
judge_fused(const gbx_part *part, gbx_finding *finding)
{
    uint32_t fused = 0;
    gbx_site site;
    for (size_t at = part->begin; gbx_part_site(part, "site", &at, &site);) {
        fused += strcmp(site.function, "from_local_fused") == 0
                 && strcmp(site.opcode, "STORE_FAST_LOAD_FAST") == 0;
    }
    if (fused == 0) {
        return gbx_finding_fail(finding, "a store and a load on one line are one instruction",
                                "no STORE_FAST_LOAD_FAST", "each stands on a line of its own");
    }
    gbx_finding_fact(finding, "the fused form: %u STORE_FAST_LOAD_FAST, two instructions in one", fused);
    return GBX_PASS;
}

/* The forms in order; false if the program does not say. */
static bool
read_costs(const gbx_part *part, gbx_finding *finding, double *ns, double *rounds)
{
    char name[64];
    for (size_t i = 0; i < FORMS; i++) {
        snprintf(name, sizeof(name), "ns %s", forms[i]);
        if (!gbx_part_number(part, name, &ns[i])) {
            gbx_finding_insufficient(finding, "the program marks no '%s'", name);
            return false;
        }
    }
    if (!gbx_part_number(part, "rounds", rounds) || !(*rounds > 0)) {
        gbx_finding_insufficient(finding, "the program does not say in how many rounds");
        return false;
    }
    return true;
}

/* Form i costs less than form i + 1: in most rounds, and in the middle one.  A difference that some
   rounds have and some have not is no answer, and one that most have not is the wrong one. */
static gbx_verdict
judge_pair(const gbx_part *part, gbx_finding *finding, size_t i, const double *ns, double rounds)
{
    char name[64];
    double agree;
    snprintf(name, sizeof(name), "rounds %s < %s", forms[i], forms[i + 1]);
    if (!gbx_part_number(part, name, &agree)) {
        return gbx_finding_insufficient(finding, "the program marks no '%s'", name);
    }
    if (agree * 4 < rounds) {
        return gbx_finding_failf(finding, "fused locals < local < specialized < generic", NULL,
                                 "%s %.2f ns, %s %.2f ns; in this order in only %.0f of %.0f rounds",
                                 forms[i], ns[i], forms[i + 1], ns[i + 1], agree, rounds);
    }
    if (agree * 4 < rounds * 3 || ns[i] >= ns[i + 1]) {
        return gbx_finding_insufficient(finding, "%s before %s in %.0f of %.0f rounds: too close, or "
                                        "the machine too busy, to tell", forms[i], forms[i + 1],
                                        agree, rounds);
    }
    gbx_finding_detail(finding, "%s before %s in %.0f of %.0f rounds", forms[i], forms[i + 1], agree,
                       rounds);
    return GBX_PASS;
}

static gbx_verdict
check_load_costs(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    double ns[FORMS], rounds;
    if (!gbx_part_specializes(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find(look, finding, "cost", "begin", &part)
        || !read_costs(&part, finding, ns, &rounds)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_generic(&part, finding);
    if (verdict == GBX_PASS) {
        verdict = judge_fused(&part, finding);
    }
    for (size_t i = 0; verdict == GBX_PASS && i < FORMS; i++) {
        gbx_finding_bar(finding, forms[i], ns[i], "ns");
    }
    for (size_t i = 0; verdict == GBX_PASS && i + 1 < FORMS; i++) {
        verdict = judge_pair(&part, finding, i, ns, rounds);
    }
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_number(finding, "specialized against LOAD_FAST", ns[2] / ns[1], "×");
    gbx_finding_number(finding, "generic against specialized", ns[3] / ns[2], "×");
    gbx_finding_observe(finding, ns[3] - ns[2] > ns[2] - ns[1] ? 1 : 0);
    return GBX_PASS;
}

const gbx_claim gbx_s1_load_costs = {
    .id = "1.1c",
    .title = "what each form costs",
    .sentence = "LOAD_FAST costs less than a specialized LOAD_GLOBAL, and that costs less than a "
                "generic one: in this order, in one run. Locals on one line cost least: a store and "
                "the load after it are one instruction there.",
    .experiments = { &loads },
    .check = check_load_costs,
    .must_fail = {
        { &loads, &small_globals, "the form called generic specializes after all" },
        { &loads, &at_module_level, "names at module level are no locals" },
        { &loads, &line_by_line, "on lines of their own nothing is fused" },
    },
    .readings = {
        { "Python/bytecodes.c#_LOAD_GLOBAL", "the generic form: a lookup, or two" },
        { "Python/bytecodes.c#_LOAD_GLOBAL_MODULE", "the specialized form: an index" },
        { "Python/flowgraph.c#insert_superinstructions", "where two on one line become one instruction" },
    },
    .prediction = {
        .question = "A loop reads a global. In this version, which step saves more time?",
        .choices = {
            { "from the specialized LOAD_GLOBAL to LOAD_FAST", "copy globals into locals",
              "once specialized, the lookup is gone: two comparisons are left of it" },
            { "from the generic LOAD_GLOBAL to the specialized one", NULL, NULL },
        },
    },
};
