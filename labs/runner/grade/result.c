/* Result: a grading, written down as result.json has it.

   All but "host" is the same in every grading of the same submission by the same lab, seed and grader: numbers of a run
   (times, counts that vary, positions of events) are in "host" alone.  A score is only ever the sum of what is in
   here. */

#include "grade_internal.h"

#include "clean.h"
#include "cmd.h"                  // GBX_VERSION
#include "outcome.h"
#include "violations.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

enum { MOST_LISTED = 500 };          /* events of one line that a learner is shown */

/* 4 and 4.5 and 4.3333: points as a person would write them. */
static json_t *
points_json(double value)
{
    double rounded = round(value * 10000) / 10000;
    return rounded >= 0 && rounded <= floor(rounded) ? json_integer((json_int_t)rounded) : json_real(rounded);
}

static json_t *
text_or_null(const char *text)
{
    return text == NULL || text[0] == '\0' ? json_null() : json_string(text);
}

static const char *const seen_words[] = {
    [GBX_SEEN_VISIBLE] = "visible", [GBX_SEEN_HIDDEN] = "hidden", [GBX_SEEN_AFTER_DUE] = "after_due",
    [GBX_SEEN_AFTER_PUBLISHED] = "after_published",
};

/* ------------------------------------------------------------------------ facts */

static json_t *
fact_json(const gbx_grading *grading, const gbx_fact_outcome *outcome, unsigned attempts)
{
    const gbx_lab_fact *fact = outcome->fact;
    bool hidden = fact->seen != GBX_SEEN_VISIBLE || grading->lab->runs[fact->run].hidden;
    json_t *variant = gbx_lab_variant(grading->lab, grading->seed, grading->runs[fact->run].run);
    char *sentence = NULL;
    if (gbx_lab_fill(fact->sentence, variant, grading->student, &sentence, NULL) != 0) {
        sentence = NULL;
    }
    json_t *all = json_pack("{s:s, s:s, s:o, s:o, s:s, s:s, s:s, s:o, s:o, s:o, s:o}", "id", fact->id,
                            "sentence", sentence == NULL ? fact->sentence : sentence, "points", points_json(fact->points),
                            "score", points_json(fact->points * outcome->share), "verdict", outcome->verdict,
                            "visibility", hidden && fact->seen == GBX_SEEN_VISIBLE ? "hidden" : seen_words[fact->seen],
                            "show", fact->full ? "full" : "verdict", "expected", text_or_null(outcome->expected),
                            "actual", text_or_null(outcome->actual), "likely", text_or_null(outcome->likely),
                            "after", text_or_null(outcome->after));
    if (all != NULL && grading->runs[fact->run].run->timing && strcmp(outcome->verdict, "flaky") == 0) {
        json_object_set_new(all, "attempts", json_integer(attempts));
    }
    json_decref(variant);
    free(sentence);
    return all;
}

/* Of a submission that was refused before any run: nobody looked. */
static json_t *
refused_fact(const gbx_grading *grading, const gbx_lab_fact *fact)
{
    gbx_fact_outcome outcome = { .fact = fact, .verdict = grading->infrastructure ? "infrastructure" : grading->verdict };
    return fact_json(grading, &outcome, 0);
}

static json_t *
facts_json(gbx_grading *grading)
{
    json_t *all = json_array();
    for (size_t i = 0; all != NULL && grading->lab != NULL && i < grading->lab->fact_count; i++) {
        const gbx_lab_fact *fact = &grading->lab->facts[i];
        grading->runs[fact->run].run = &grading->lab->runs[fact->run];
        if (!gbx_judge_skips(grading, fact)) {
            bool judged = grading->facts[i].verdict != NULL && !grading->infrastructure;
            json_array_append_new(all, judged ? fact_json(grading, &grading->facts[i], grading->fact_attempts[i])
                                  : refused_fact(grading, fact));
        }
    }
    return all;
}

/* ------------------------------------------------------------------------ hints */

/* Those that the learner took, each once, and what they cost: no more than the fact has brought. */
static json_t *
hints_json(const gbx_grading *grading, const json_t *facts)
{
    size_t i, f;
    json_t *one, *fact, *all = json_array();
    double left[GBX_LAB_FACTS];
    bool taken[GBX_LAB_HINTS] = { false };
    json_array_foreach(facts, f, fact) {
        left[f] = json_number_value(json_object_get(fact, "score"));
    }
    const json_t *list = grading->bundle == NULL ? NULL : json_object_get(gbx_bundle_manifest(grading->bundle), "hints");
    json_array_foreach(list, i, one) {
        const char *id = json_string_value(json_object_get(one, "fact"));
        json_int_t rung = json_integer_value(json_object_get(one, "rung"));
        const gbx_lab_hint *hint = id == NULL || rung < 1 || rung > GBX_LAB_RUNGS || grading->lab == NULL ? NULL
            : gbx_lab_hint_find(grading->lab, id, (unsigned)rung);
        if (hint == NULL || taken[hint - grading->lab->hints]) {
            continue;
        }
        taken[hint - grading->lab->hints] = true;
        double cost = 0;
        json_array_foreach(facts, f, fact) {
            if (strcmp(json_string_value(json_object_get(fact, "id")), id) == 0) {
                cost = hint->cost < left[f] ? hint->cost : left[f];
                left[f] -= cost;
            }
        }
        json_array_append_new(all, json_pack("{s:s, s:I, s:o}", "fact", hint->fact, "rung", rung, "cost", points_json(cost)));
    }
    return all;
}

/* ---------------------------------------------------------------------- the sum */

static double
sum_of(const json_t *list, const char *key)
{
    size_t i;
    json_t *one;
    double sum = 0;
    json_array_foreach(list, i, one) {
        sum += json_number_value(json_object_get(one, key));
    }
    return sum;
}

/* How many facts of the list have the verdict. */
static size_t
count_of(const json_t *facts, const char *verdict)
{
    size_t i, count = 0;
    json_t *one;
    json_array_foreach(facts, i, one) {
        count += strcmp(json_string_value(json_object_get(one, "verdict")), verdict) == 0;
    }
    return count;
}

/* The run that spoils it all most: a violation before a limit before an error; NULL. */
static const gbx_graded_run *
worst_run(const gbx_grading *grading)
{
    static const char *const order[] = { "violation", "limit:", "submission-error", "infrastructure" };
    for (size_t k = 0; k < GBX_COUNT(order); k++) {
        for (size_t i = 0; grading->lab != NULL && i < grading->lab->run_count; i++) {
            if (grading->runs[i].made && strncmp(grading->runs[i].verdict, order[k], strlen(order[k])) == 0) {
                return &grading->runs[i];
            }
        }
    }
    return NULL;
}

typedef struct {
    char verdict[24], message[420];
    const char *violation;
    const gbx_graded_run *run;       /* that the verdict is from; NULL: from none */
    double score, points;
} summary;

/* `rest`: points of explanations and predictions that were not earned, a person's aside. */
static void
say_facts(summary *sum, const json_t *facts, double rest)
{
    size_t all = json_array_size(facts), flaky = count_of(facts, "flaky"), passed = count_of(facts, "pass") + flaky;
    bool whole = all > 0 && passed == all;
    snprintf(sum->verdict, sizeof(sum->verdict), "%s", whole && flaky > 0 ? "flaky" : whole ? "pass"
             : sum->score > 0 ? "partial" : "fail");
    snprintf(sum->message, sizeof(sum->message), whole ? "all %zu facts hold" : "%2$zu of %1$zu facts hold", all, passed);
    if (whole && flaky > 0) {
        snprintf(sum->message, sizeof(sum->message), "all %zu facts hold, %zu of them not in every attempt", all, flaky);
    }
    if (rest > 0) {
        size_t used = strlen(sum->message);
        snprintf(sum->message + used, sizeof(sum->message) - used, "; %.4g %s for explanations and predictions not earned",
                 rest, rest > 1 ? "points" : "point");
    }
}

static summary
summarize(const gbx_grading *grading, const json_t *facts, const json_t *hints)
{
    summary sum = { .run = worst_run(grading) };
    sum.points = sum_of(facts, "points") + sum_of(grading->explanations, "points")
        + sum_of(grading->explanations, "person") + sum_of(grading->predictions, "points");
    sum.score = sum_of(facts, "score") + sum_of(grading->explanations, "score") + sum_of(grading->predictions, "score")
        - sum_of(hints, "cost");
    sum.score = sum.score < 0 ? 0 : sum.score > sum.points ? sum.points : sum.score;
    if (grading->verdict[0] != '\0') {
        snprintf(sum.verdict, sizeof(sum.verdict), "%s", grading->verdict);
        snprintf(sum.message, sizeof(sum.message), "%s", grading->text);
        sum.violation = grading->violation;
    }
    else if (sum.run != NULL) {
        snprintf(sum.verdict, sizeof(sum.verdict), "%s", sum.run->verdict);
        snprintf(sum.message, sizeof(sum.message), "%s", sum.run->text);
        sum.violation = sum.run->violation;
    }
    else {
        say_facts(&sum, facts, sum_of(grading->explanations, "points") + sum_of(grading->predictions, "points")
                  - sum_of(grading->explanations, "score") - sum_of(grading->predictions, "score"));
    }
    if (grading->infrastructure || count_of(facts, "infrastructure") > 0) {
        bool known = grading->infrastructure || (sum.run != NULL && strcmp(sum.run->verdict, "infrastructure") == 0);
        snprintf(sum.verdict, sizeof(sum.verdict), "infrastructure");
        snprintf(sum.message, sizeof(sum.message), "%s", grading->infrastructure ? grading->text
                 : known ? sum.run->text : "a fact could not be judged on this machine");
    }
    if (strcmp(sum.verdict, "violation") == 0) {
        sum.score = 0;
    }
    char clean[sizeof(sum.message)];
    gbx_clean(sum.message, clean, sizeof(clean));
    memcpy(sum.message, clean, sizeof(clean));
    return sum;
}

/* ------------------------------------------------------------------ the host block */

/* Of a fact's finding: what was measured, and the events that it rests on. */
static void
finding_json(gbx_grading *grading, const gbx_fact_outcome *outcome, json_t *measured, json_t *evidence)
{
    gbx_graded_run *run = &grading->runs[outcome->fact->run];
    json_t *numbers = json_object(), *events = json_array();
    for (size_t i = 0; outcome->finding != NULL && i < outcome->finding->count; i++) {
        const gbx_item *item = &outcome->finding->items[i];
        char ref[GBX_CITE_SIZE] = "";
        if (item->kind == GBX_ITEM_NUMBER || item->kind == GBX_ITEM_BAR) {
            json_object_set_new(numbers, item->text, isfinite(item->value) ? json_real(item->value) : json_null());
        }
        else if (item->kind == GBX_ITEM_EVENT && item->trace == run->ran.trace) {
            if (run->cites == NULL && gbx_cites_open(&run->cites, run->ran.trace, "/learner/", NULL) != 0) {
                run->cites = NULL;
            }
            if (run->cites != NULL) {
                gbx_cite_of(run->cites, item->at, ref, sizeof(ref));
            }
            json_array_append_new(events, json_pack("{s:s, s:s}", "ref", ref, "text", item->text));
        }
        else if (item->kind == GBX_ITEM_EVENT || item->kind == GBX_ITEM_FACT) {
            json_array_append_new(events, json_pack("{s:s, s:s}", "ref", "", "text", item->text));
        }
    }
    if (json_object_size(numbers) > 0) {
        json_object_set(measured, outcome->fact->id, numbers);
    }
    if (json_array_size(events) > 0) {
        json_object_set(evidence, outcome->fact->id, events);
    }
    json_decref(numbers);
    json_decref(events);
}

/* What of a run can be cited, where a learner asked for it. */
static void
add_citable(const gbx_grading *grading, const gbx_graded_run *run, json_t *to)
{
    const char *at = grading->options->events_at;
    if (at == NULL || !grading->options->check || run->cites == NULL) {
        return;
    }
    if (at[0] == '\0') {
        json_object_set_new(to, "lines", gbx_cites_lines(run->cites));
    }
    else {
        json_object_set_new(to, "listed", gbx_cites_list(run->cites, run->ran.trace, at, MOST_LISTED));
    }
}

/* What each run was like: its ending, its level, its witness. */
static json_t *
runs_json(const gbx_grading *grading)
{
    json_t *all = json_object();
    for (size_t i = 0; grading->lab != NULL && i < grading->lab->run_count; i++) {
        const gbx_graded_run *run = &grading->runs[i];
        if (!run->made) {
            continue;
        }
        json_t *one = json_pack(
            "{s:s, s:s, s:f, s:f, s:I, s:I, s:i}", "level", gbx_level_name(run->ran.result.level), "cause", run->cause,
            "wall_s", (double)run->ran.result.wall_ns / 1e9,
            "cpu_s", (double)(run->ran.result.user_ns + run->ran.result.system_ns) / 1e9,
            "peak_bytes", (json_int_t)run->ran.result.peak_bytes,
            "events", run->ran.trace == NULL ? (json_int_t)0 : (json_int_t)gbx_trace_count(run->ran.trace),
            "attempts", (int)run->attempts);
        add_citable(grading, run, one);
        json_object_set_new(all, run->run->name, one);
    }
    return all;
}

/* The lowest level that any run was at. */
static const char *
level_reached(const gbx_grading *grading)
{
    const char *name = "none";
    gbx_level lowest = GBX_LEVEL_FULL;
    for (size_t i = 0; i < GBX_LAB_RUNS; i++) {
        if (grading->runs[i].made && grading->runs[i].ran.result.level <= lowest) {
            lowest = grading->runs[i].ran.result.level;
            name = gbx_level_name(lowest);
        }
    }
    return name;
}

static json_t *
witness_json(const gbx_grading *grading)
{
    size_t made = 0, seen = 0;
    json_t *all = json_object();
    for (size_t i = 0; grading->lab != NULL && i < grading->lab->run_count; i++) {
        made += grading->runs[i].made;
        if (grading->runs[i].made && grading->runs[i].ran.witness != NULL) {
            json_object_set(all, grading->runs[i].run->name, grading->runs[i].ran.witness);
            seen++;
        }
    }
    json_t *whole = json_pack("{s:b, s:o}", "on", made > 0 && seen == made, "runs", all);
    return whole;
}

static json_t *
host_json(gbx_grading *grading)
{
    struct utsname about;
    struct tm day;
    char at[40] = "", kernel[200] = "", build[160] = "";
    time_t now = time(NULL);
    json_t *measured = json_object(), *evidence = json_object();
    if (gmtime_r(&now, &day) != NULL) {
        strftime(at, sizeof(at), "%Y-%m-%dT%H:%M:%SZ", &day);
    }
    if (uname(&about) == 0) {
        snprintf(kernel, sizeof(kernel), "%.60s %.100s", about.sysname, about.release);
    }
    for (size_t i = 0; grading->lab != NULL && i < grading->lab->fact_count; i++) {
        if (grading->facts[i].verdict != NULL) {
            finding_json(grading, &grading->facts[i], measured, evidence);
        }
    }
    for (size_t i = 0; i < GBX_LAB_RUNS; i++) {
        const gbx_trace *trace = grading->runs[i].ran.trace;
        const char *version = trace == NULL ? NULL : gbx_trace_meta_value(trace, 0, "version");
        if (version != NULL && build[0] == '\0') {
            snprintf(build, sizeof(build), "%.150s", version);
        }
    }
    if (grading->evidence != NULL) {
        json_object_update_missing(evidence, grading->evidence);
    }
    return json_pack("{s:s, s:s, s:s, s:s, s:{s:s}, s:o, s:i, s:f, s:f, s:o, s:o, s:o, s:s}", "grader",
                     "glassbox " GBX_VERSION, "build", build, "kernel", kernel, "machine", about.machine, "sandbox", "level",
                     level_reached(grading), "witness", witness_json(grading), "attempt",
                     (int)(grading->options->attempt == 0 ? 1 : grading->options->attempt), "wall_s",
                     (double)grading->wall_ns / 1e9, "cpu_s", (double)grading->cpu_ns / 1e9, "measured", measured, "evidence",
                     evidence, "runs", runs_json(grading), "graded_at", at);
}

/* ---------------------------------------------------------------------- the whole */

static json_t *
lab_json(const gbx_grading *grading)
{
    const gbx_lab *lab = grading->lab;
    return lab == NULL ? json_pack("{s:i, s:s, s:s, s:s}", "number", grading->options->lab, "name", "", "title", "",
                                   "rubric", "")
        : json_pack("{s:i, s:s, s:s, s:s}", "number", lab->number, "name", lab->name, "title", lab->title, "rubric",
                    lab->rubric);
}

static json_t *
limit_json(const summary *sum)
{
    return sum->run == NULL || strncmp(sum->verdict, "limit:", 6) != 0 ? json_null()
        : json_pack("{s:s, s:s, s:s}", "kind", sum->verdict + 6, "text", sum->message, "run", sum->run->run->name);
}

static json_t *
violation_json(const summary *sum)
{
    return strcmp(sum->verdict, "violation") != 0 ? json_null()
        : json_pack("{s:s, s:s}", "name", sum->violation == NULL ? "forbidden-call" : sum->violation, "text", sum->message);
}

/* The hash of the seed, 16 digits: enough to see that two were judged alike, no help to anybody who wants the seed. */
static void
hash_seed(const gbx_grading *grading, char text[GBX_DIGEST_TEXT])
{
    text[0] = '\0';
    if (grading->seed[0] != '\0' && gbx_digest_text(text, grading->seed, strlen(grading->seed), NULL) == 0) {
        text[7 + 16] = '\0';
    }
}

json_t *
gbx_result_make(gbx_grading *grading)
{
    char seed[GBX_DIGEST_TEXT];
    json_t *facts = facts_json(grading);
    json_t *hints = hints_json(grading, facts);
    summary sum = summarize(grading, facts, hints);
    bool none = strcmp(sum.verdict, "infrastructure") == 0;
    hash_seed(grading, seed);
    json_t *all = json_pack(
        "{s:s, s:o, s:s, s:s, s:s, s:s, s:o, s:o, s:s, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "format", "glassbox-result 1",
        "lab", lab_json(grading), "student", grading->student, "seed", seed, "submission",
        grading->bundle == NULL ? "" : gbx_bundle_submission(grading->bundle), "verdict", sum.verdict,
        "score", none ? json_null() : points_json(sum.score), "points", points_json(sum.points), "message", sum.message,
        "limit", limit_json(&sum), "violation", violation_json(&sum), "facts", facts,
        "explanations", grading->explanations == NULL ? json_array() : json_incref(grading->explanations),
        "predictions", grading->predictions == NULL ? json_array() : json_incref(grading->predictions), "hints", hints,
        "host", host_json(grading));
    const gbx_roster *roster = grading->options->roster;
    if (all != NULL && roster->key != NULL && gbx_outcome_seal(all, roster->key, roster->key_size, NULL) != 0) {
        json_decref(all);
        return NULL;
    }
    return all;
}
