/* One result, checked field by field; see gradebook.h.

   What a result says of the learner's work is believed only when all of it fits: known words, points that the
   rubric has, scores that the words allow, a sum that is the sum.  One thing that does not fit and there is no score,
   since nobody can say which of the two is wrong.  It must not read files. */

#include "gradebook_internal.h"
#include "list.h"
#include "outcome.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void
gbx_card_refuse(gbx_card *card, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(card->trouble, sizeof(card->trouble), format, arguments);
    va_end(arguments);
    card->graded = false;
    card->verdict = GBX_MARK_INFRASTRUCTURE;
    card->word = "infrastructure";
    card->score = card->points = card->waiting = card->deducted = 0;
    free(card->marks);
    card->marks = NULL;
    card->count = 0;
}

void
gbx_card_clear(gbx_card *card)
{
    free(card->marks);
    json_decref(card->whole);
    json_decref(card->more);
    *card = (gbx_card){ .student = NULL };
}

/* Whose it is, and in whose folder. */
static bool
take_student(gbx_card *card, const char *folder)
{
    bool bad = false;
    const char *format = gbx_card_text(card->whole, "format", true, &bad);
    const char *student = gbx_card_text(card->whole, "student", true, &bad);
    if (bad || strcmp(format, "glassbox-result 1") != 0) {
        gbx_card_refuse(card, "not a result of this version ('format' is not 'glassbox-result 1')");
    }
    else if (!gbx_list_student_ok(student)) {
        gbx_card_refuse(card, "it names no student that could be one");
    }
    else if (folder != NULL && strcmp(folder, student) != 0) {
        gbx_card_refuse(card, "it is another student's result");
    }
    else {
        card->student = student;
        return true;
    }
    return false;
}

static void
take_causes(gbx_card *card, bool *bad)
{
    const json_t *limit = json_object_get(card->whole, "limit"), *violation = json_object_get(card->whole, "violation");
    if (json_is_object(limit)) {
        card->cause = gbx_card_text(limit, "text", false, bad);
    }
    if (json_is_object(violation)) {
        card->violation = gbx_card_text(violation, "name", false, bad);
        card->cause = gbx_card_text(violation, "text", false, bad);
        *bad = *bad || (card->violation != NULL && !gbx_card_is_id(card->violation));
    }
}

/* How often the one run was made that was made more than once; 0: there is none, or more than one. */
static unsigned
attempts_of(const json_t *runs)
{
    const char *name;
    json_t *run;
    unsigned attempts = 0, several = 0;
    json_object_foreach((json_t *)(uintptr_t)runs, name, run) {
        json_int_t times = json_integer_value(json_object_get(run, "attempts"));
        if (times > 1 && times <= 100) {
            attempts = (unsigned)times;
            several++;
        }
    }
    return several == 1 ? attempts : 0;
}

/* A fact that held in the end does not say itself how many attempts that took. */
static void
add_attempts(gbx_card *card)
{
    unsigned attempts = attempts_of(json_object_get(json_object_get(card->whole, "host"), "runs"));
    for (size_t i = 0; i < card->count; i++) {
        if (card->marks[i].verdict == GBX_MARK_FLAKY && card->marks[i].attempts == 0) {
            card->marks[i].attempts = attempts;
        }
    }
}

static bool
take_head(gbx_card *card)
{
    bool bad = false;
    const json_t *lab = json_object_get(card->whole, "lab"), *host = json_object_get(card->whole, "host");
    const char *name = gbx_card_text(lab, "name", true, &bad);
    gbx_card_text(lab, "title", true, &bad);
    card->rubric = gbx_card_text(lab, "rubric", true, &bad);
    card->submission = gbx_card_text(card->whole, "submission", false, &bad);
    card->word = gbx_card_text(card->whole, "verdict", true, &bad);
    card->message = gbx_card_text(card->whole, "message", false, &bad);
    card->graded_at = gbx_card_text(host, "graded_at", false, &bad);
    card->witnessed = json_is_true(json_object_get(json_object_get(host, "witness"), "on"));
    const json_t *number = json_object_get(lab, "number");
    take_causes(card, &bad);
    if (bad || !gbx_card_is_id(name) || !json_is_integer(number) || json_integer_value(number) < 1
        || json_integer_value(number) > 999 || !gbx_card_verdict(card->word, &card->verdict)) {
        gbx_card_refuse(card, "its head does not fit the format");
        return false;
    }
    if (card->verdict == GBX_MARK_INFRASTRUCTURE) {
        gbx_card_refuse(card, "%.300s", card->message == NULL ? "the grader says no more" : card->message);
        card->readable = true;
        return false;
    }
    return true;
}

/* The score is that of the marks, and the word for the whole is one that they allow. */
static void
check_sums(gbx_card *card)
{
    bool bad = false;
    double score = 0, points = 0;
    size_t full = 0;
    for (size_t i = 0; i < card->count; i++) {
        const gbx_score *mark = &card->marks[i];
        if (mark->verdict == GBX_MARK_INFRASTRUCTURE) {
            gbx_card_refuse(card, "'%s' could not be judged", mark->id);
            card->readable = true;
            return;
        }
        score += mark->kind == GBX_MARK_PERSON ? 0 : mark->score;
        points += mark->points;
        full += mark->verdict == GBX_MARK_PASS || mark->verdict == GBX_MARK_FLAKY || mark->verdict == GBX_MARK_NEEDS_HUMAN
            || mark->kind != GBX_MARK_FACT;
    }
    double said = gbx_card_number(card->whole, "score", true, &bad), of = gbx_card_number(card->whole, "points", true, &bad);
    double expected = card->verdict == GBX_MARK_VIOLATION ? 0 : fmax(0, score - card->deducted);
    if (bad || fabs(of - points) >= GBX_CARD_CLOSE * (double)(card->count + 1)) {
        gbx_card_refuse(card, "it says %g points, and its parts have %g", of, points);
    }
    else if (fabs(said - expected) >= GBX_CARD_CLOSE * (double)(card->count + 1)) {
        gbx_card_refuse(card, "it says a score of %g, and its parts have %g", said, expected);
    }
    else if ((card->verdict == GBX_MARK_PASS || card->verdict == GBX_MARK_FLAKY) && full < card->count) {
        gbx_card_refuse(card, "it says '%s', and not all of its facts pass", card->word);
    }
    else {
        card->score = said;
        card->points = points;
        card->graded = true;
    }
}

/* Points of a person come on top; after a violation there are none. */
static void
add_persons(gbx_card *card)
{
    card->waiting = 0;
    for (size_t i = 0; i < card->count; i++) {
        gbx_score *mark = &card->marks[i];
        if (card->verdict == GBX_MARK_VIOLATION) {
            mark->verdict = GBX_MARK_VIOLATION;
            mark->word = "violation";
            mark->score = 0;
        }
        if (mark->kind == GBX_MARK_PERSON) {
            card->score += mark->score;
            card->waiting += mark->verdict == GBX_MARK_NEEDS_HUMAN ? mark->points : 0;
        }
    }
}

int
gbx_card_take(gbx_card *card, json_t *whole, const char *folder, const gbx_gradebook_course *course,
               gbx_error *error)
{
    char trouble[sizeof(card->trouble)];
    snprintf(trouble, sizeof(trouble), "%s", card->trouble);
    *card = (gbx_card){ .student = folder, .whole = whole };
    if (!json_is_object(whole)) {
        gbx_card_refuse(card, "%s", trouble[0] != '\0' ? trouble : "it is no JSON object");
        return 0;
    }
    if (!take_student(card, folder)) {
        return 0;
    }
    gbx_error why = { 0, "" };
    if (course != NULL && course->roster.key != NULL
        && gbx_outcome_seal_check(whole, course->roster.key, course->roster.key_size, &why) != 0) {
        gbx_card_refuse(card, "it %s", why.message);
        return 0;
    }
    if (!take_head(card)) {
        return 0;
    }
    card->marks = calloc(GBX_CARD_MOST_MARKS, sizeof(card->marks[0]));
    if (card->marks == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (gbx_card_take_marks(card)) {
        gbx_score *fitting = realloc(card->marks, (card->count + 1) * sizeof(card->marks[0]));
        card->marks = fitting != NULL ? fitting : card->marks;
        check_sums(card);
    }
    if (card->graded) {
        add_attempts(card);
        add_persons(card);
    }
    return 0;
}
