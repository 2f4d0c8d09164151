/* Verdicts: what became of each run, and of each fact; see grade_internal.h.

   The order in which a run is doubted: a violation that somebody saw, a limit, an ending that is no end, a recording that
   is not whole.  Only a run that comes through all of it is looked at by facts. */

#include "grade_internal.h"

#include "clean.h"
#include "query.h"
#include "violations.h"
#include "walk.h"                 // GBX_WORK_FOLDER

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* ---------------------------------------------------------------------- texts */

/* Addresses differ from run to run: "0x7f12..." becomes "0x...". */
static void
hide_addresses(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        size_t digits = at[0] == '0' && at[1] == 'x' ? strspn(at + 2, "0123456789abcdefABCDEF") : 0;
        if (digits >= 6) {
            memcpy(to, "0x...", 5);
            to += 5;
            at += 2 + digits;
        }
        else {
            *to++ = *at++;
        }
    }
    *to = '\0';
}

/* The last line that is not empty; its length in *length. */
static const char *
last_line(const char *text, size_t size, size_t *length)
{
    while (size > 0 && (text[size - 1] == '\n' || text[size - 1] == ' ')) {
        size--;
    }
    size_t start = size;
    while (start > 0 && text[start - 1] != '\n') {
        start--;
    }
    *length = size - start;
    return text + start;
}

/* ", line 12" of the last frame of a traceback that is in the learner's files; "" */
static void
last_place(const char *text, char *to, size_t size)
{
    static const char sign[] = "File \"" GBX_WORK_FOLDER;
    to[0] = '\0';
    for (const char *at = text; (at = strstr(at, sign)) != NULL; at++) {
        char name[64];
        unsigned line;
        if (sscanf(at + sizeof(sign) - 1, "%63[A-Za-z0-9_.-]\", line %u", name, &line) == 2) {
            snprintf(to, size, "%s, line %u: ", name, line);
        }
    }
}

/* What it wrote last on stderr: of a traceback, where and what was raised. */
static void
say_error(const gbx_sandbox_result *result, char *to, size_t size)
{
    char place[128], line[256];
    size_t length;
    const char *last = last_line(result->err, result->err_size, &length);
    last_place(result->err, place, sizeof(place));
    gbx_clean_line(last, length, line, sizeof(line));
    hide_addresses(line);
    snprintf(to, size, "%s%s", place, line[0] == '\0' ? "it said nothing" : line);
}

/* ----------------------------------------------------------------------- runs */

static void set_run(gbx_graded_run *run, const char *verdict, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
set_run(gbx_graded_run *run, const char *verdict, const char *format, ...)
{
    va_list args;
    snprintf(run->verdict, sizeof(run->verdict), "%s", verdict);
    va_start(args, format);
    vsnprintf(run->text, sizeof(run->text), format, args);
    va_end(args);
}

static void
set_violation(gbx_graded_run *run, const char *name, const char *text)
{
    run->violation = gbx_violation_name(name);
    set_run(run, "violation", "%s%s%s", gbx_violation_sentence(run->violation), text[0] == '\0' ? "" : ": ", text);
}

static void
set_limit(gbx_graded_run *run)
{
    static const char *const sentences[] = {
        [GBX_LIMIT_NONE] = "it passed a limit", [GBX_LIMIT_CPU] = "it computed for longer than it may",
        [GBX_LIMIT_WALL] = "it did not end in time", [GBX_LIMIT_MEMORY] = "it took more memory than it may",
        [GBX_LIMIT_OUTPUT] = "it printed more than it may", [GBX_LIMIT_PROCS] = "it made more processes than it may",
        [GBX_LIMIT_DISK] = "it wrote more to the disk than it may",
    };
    char verdict[24];
    gbx_limit limit = run->ran.result.limit;
    snprintf(verdict, sizeof(verdict), "limit:%s", gbx_limit_name(limit));
    set_run(run, verdict, "%s, in the run '%s'", sentences[limit], run->run->name);
    snprintf(run->cause, sizeof(run->cause), "%s", run->ran.result.cause);
}

/* What the harness noted in the recording, whatever became of the status after that. */
static bool
ran_failed(const gbx_graded_run *run)
{
    return run->ran.trace != NULL && run->ran.marks.failed && !run->ran.unsound;
}

/* Did it fail before the learner's code was loaded?  Then it is the harness that is at fault, or this machine.  That there is no
   recording at all counts only where a witness saw that none was made. */
static bool
is_not_theirs(const gbx_lab_ran *ran)
{
    bool loaded = false;
    for (size_t i = 0; i < ran->marks.count; i++) {
        loaded = loaded || strcmp(ran->marks.parts[i].name, "load") == 0;
    }
    bool failed = ran->result.end == GBX_END_SIGNALLED || ran->result.status != 0;
    return failed && !loaded && !ran->unsound && (ran->trace != NULL || ran->witness != NULL);
}

/* It ended by itself: did it come to its end? */
static void
judge_ending(gbx_graded_run *run)
{
    char why[400];
    const gbx_sandbox_result *result = &run->ran.result;
    const gbx_trace *trace = run->ran.trace;
    bool stopped = trace != NULL && gbx_trace_process(trace, 0)->header->state == GBX_STATE_STOPPED;
    if (is_not_theirs(&run->ran)) {
        say_error(result, why, sizeof(why));
        set_run(run, "infrastructure", "the lab's harness failed before any work was loaded: %.300s", why);
    }
    else if (result->end == GBX_END_SIGNALLED) {
        set_run(run, "submission-error", "the run '%s' was killed by SIG%s", run->run->name,
                sigabbrev_np(result->signal) == NULL ? "?" : sigabbrev_np(result->signal));
    }
    else if (result->status != 0 && run->run->hidden) {      /* its own words would tell what it was given */
        set_run(run, "submission-error", "the run '%s' failed, with inputs that are not shown", run->run->name);
    }
    else if (result->status != 0) {
        say_error(result, why, sizeof(why));
        set_run(run, "submission-error", "the run '%s' failed: %.360s", run->run->name, why);
    }
    else if (stopped && !run->ran.marks.ended && !run->ran.unsound) {
        set_violation(run, "recorder-switched", "");
    }
    else if (trace == NULL) {
        set_run(run, "submission-error", "the run '%s' left no recording", run->run->name);
    }
    else if (!run->ran.marks.ended && !run->ran.unsound) {
        set_run(run, "submission-error", "the run '%s' ended before the lab's harness had come to its end", run->run->name);
    }
    else if (ran_failed(run)) {
        set_run(run, "submission-error", "the run '%s' failed, though its status says that it did not", run->run->name);
    }
}

void
gbx_judge_run(gbx_graded_run *run)
{
    const gbx_lab_ran *ran = &run->ran;
    run->verdict[0] = '\0';
    run->text[0] = '\0';
    run->cause[0] = '\0';
    run->violation = NULL;
    if (ran->violation != NULL) {
        set_violation(run, ran->violation, ran->text);
        snprintf(run->cause, sizeof(run->cause), "%.250s", ran->seen);
    }
    else if (ran->result.end == GBX_END_VIOLATION) {
        /* What a program asked for is the same each time; what the witness saw first need not be. */
        bool asked = strcmp(ran->result.violation, "forbidden-call") == 0;
        set_violation(run, ran->result.violation, asked ? ran->result.cause : "");
        snprintf(run->cause, sizeof(run->cause), "%s", ran->result.cause);
    }
    else if (ran->result.end == GBX_END_LEFTOVERS) {
        set_violation(run, "left-processes", "");
    }
    else if (ran->result.end == GBX_END_LIMIT) {
        set_limit(run);
    }
    else if (ran->lost != 0) {
        set_run(run, "limit:disk", "the recording of the run '%s' grew beyond what is kept of one", run->run->name);
    }
    else {
        judge_ending(run);
    }
    if (run->verdict[0] == '\0' && ran->unsound) {
        set_run(run, "infrastructure", "%s", ran->text);
    }
}

/* ---------------------------------------------------------------------- facts */

bool
gbx_judge_skips(const gbx_grading *grading, const gbx_lab_fact *fact)
{
    return grading->options->check && gbx_lab_fact_hidden(grading->lab, fact);
}

bool
gbx_judge_passed(const gbx_fact_outcome *outcome)
{
    return strcmp(outcome->verdict, "pass") == 0 || strcmp(outcome->verdict, "flaky") == 0;
}

static void
set_text(char *to, size_t size, const char *text)
{
    gbx_clean(text == NULL ? "" : text, to, size);
    hide_addresses(to);
}

/* What the first failure of the finding says; or why there was too little to look at. */
static void
take_words(gbx_fact_outcome *outcome)
{
    for (size_t i = 0; i < outcome->finding->count; i++) {
        const gbx_item *item = &outcome->finding->items[i];
        if (item->kind == GBX_ITEM_FAILURE || item->kind == GBX_ITEM_INSUFFICIENT || item->kind == GBX_ITEM_SKIP) {
            set_text(outcome->expected, sizeof(outcome->expected), item->expected);
            set_text(outcome->actual, sizeof(outcome->actual), item->text);
            set_text(outcome->likely, sizeof(outcome->likely), item->likely);
            return;
        }
    }
}

/* The first of its prerequisites that did not pass; NULL: all did, or were not judged. */
static const char *
missing_need(const gbx_grading *grading, const gbx_lab_fact *fact)
{
    size_t i;
    json_t *one;
    json_array_foreach(fact->needs, i, one) {
        const gbx_lab_fact *needed = gbx_lab_fact_find(grading->lab, json_string_value(one));
        if (needed != NULL && !gbx_judge_skips(grading, needed)
            && !gbx_judge_passed(&grading->facts[needed - grading->lab->facts])) {
            return needed->id;
        }
    }
    return NULL;
}

static int
call_check(gbx_grading *grading, gbx_fact_outcome *outcome, gbx_error *error)
{
    const gbx_lab_fact *fact = outcome->fact;
    const gbx_lab_look *look = &grading->lab_looks[fact->run];
    double share = -1;
    gbx_finding_free(outcome->finding);
    outcome->finding = gbx_finding_new();
    if (outcome->finding == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    gbx_verdict verdict = fact->code != NULL ? fact->code->check(look, outcome->finding, &share)
        : gbx_query_judge(fact->query, look, grading->runs[fact->run].run->timing, outcome->finding, &share);
    if (outcome->finding->out_of_memory) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    bool partial = fact->partial && verdict == GBX_FAIL && share > 0 && share < 1;
    outcome->share = verdict == GBX_PASS ? 1 : partial ? share : 0;
    outcome->verdict = verdict == GBX_PASS ? "pass" : partial ? "partial"
        : verdict == GBX_FAIL || verdict == GBX_INSUFFICIENT ? "fail" : "infrastructure";
    if (verdict != GBX_PASS) {
        take_words(outcome);
    }
    return 0;
}

static int
judge_fact(gbx_grading *grading, gbx_fact_outcome *outcome, gbx_error *error)
{
    const gbx_graded_run *run = &grading->runs[outcome->fact->run];
    outcome->share = 0;
    outcome->after = NULL;
    outcome->expected[0] = outcome->actual[0] = outcome->likely[0] = '\0';
    if (run->verdict[0] != '\0') {
        outcome->verdict = run->verdict;
        set_text(outcome->actual, sizeof(outcome->actual), run->text);
        return 0;
    }
    outcome->after = missing_need(grading, outcome->fact);
    if (outcome->after != NULL) {
        outcome->verdict = "prerequisite";
        snprintf(outcome->actual, sizeof(outcome->actual), "not looked at: '%s' has to hold first", outcome->after);
        return 0;
    }
    return call_check(grading, outcome, error);
}

int
gbx_judge_facts(gbx_grading *grading, size_t only, gbx_error *error)
{
    int status = 0;
    for (size_t i = 0; i < grading->lab->fact_count && status == 0; i++) {
        gbx_fact_outcome *outcome = &grading->facts[i];
        outcome->fact = &grading->lab->facts[i];
        bool waited = outcome->verdict != NULL && strcmp(outcome->verdict, "prerequisite") == 0;
        bool again = only != GBX_LAB_RUNS && (waited || (only == outcome->fact->run && !gbx_judge_passed(outcome)));
        if (!gbx_judge_skips(grading, outcome->fact) && (only == GBX_LAB_RUNS || again)) {
            status = judge_fact(grading, outcome, error);
            if (again && !waited && status == 0 && gbx_judge_passed(outcome)) {
                outcome->verdict = "flaky";
            }
            grading->fact_attempts[i] = grading->runs[outcome->fact->run].attempts;
        }
    }
    return status;
}
