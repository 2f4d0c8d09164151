/* One result, checked field by field; see gradebook.h.

   What a result says of the learner's work is believed only when all of it fits: known words, points that the
   rubric has, scores that the words allow, a sum that is the sum.  One thing that does not fit and there is no score,
   since nobody can say which of the two is wrong.  It must not read files. */

#include "gradebook_internal.h"

#include <math.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void
gbx_grade_refuse(gbx_grade *grade, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(grade->trouble, sizeof(grade->trouble), format, arguments);
    va_end(arguments);
    grade->graded = false;
    grade->verdict = GBX_MARK_INFRASTRUCTURE;
    grade->word = "infrastructure";
    grade->score = grade->points = grade->waiting = grade->deducted = 0;
    free(grade->marks);
    grade->marks = NULL;
    grade->count = 0;
}

void
gbx_grade_clear(gbx_grade *grade)
{
    free(grade->marks);
    json_decref(grade->whole);
    json_decref(grade->more);
    *grade = (gbx_grade){ .student = NULL };
}

/* A student's id is also the name of a folder. */
static bool
is_student(const char *text)
{
    size_t size = strlen(text);
    if (size == 0 || size > 128 || text[0] == '.') {
        return false;
    }
    for (const char *at = text; *at != '\0'; at++) {
        if ((unsigned char)*at < ' ' || *at == '/' || *at == 0x7f) {
            return false;
        }
    }
    return true;
}

/* ------------------------------------------------------------------------ the whole */

static bool
seal_holds(const json_t *whole, const gbx_gradebook_course *course)
{
    const char *seal = json_string_value(json_object_get(whole, "seal"));
    unsigned char mac[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    char text[2 * EVP_MAX_MD_SIZE + 1];
    json_t *rest = json_copy((json_t *)(uintptr_t)whole);
    json_object_del(rest, "seal");
    char *bytes = json_dumps(rest, JSON_COMPACT | JSON_SORT_KEYS);
    json_decref(rest);
    bool made = bytes != NULL && HMAC(EVP_sha256(), course->key, (int)course->key_size, (const unsigned char *)bytes,
                                      strlen(bytes), mac, &size) != NULL;
    free(bytes);
    for (unsigned i = 0; made && i < size; i++) {
        snprintf(text + 2 * i, 3, "%02x", mac[i]);
    }
    return made && seal != NULL && strlen(seal) == 2 * size && CRYPTO_memcmp(seal, text, 2 * size) == 0;
}

/* Whose it is, and in whose folder. */
static bool
take_student(gbx_grade *grade, const char *folder)
{
    bool bad = false;
    const char *format = gbx_grade_text(grade->whole, "format", true, &bad);
    const char *student = gbx_grade_text(grade->whole, "student", true, &bad);
    if (bad || strcmp(format, "glassbox-result 1") != 0) {
        gbx_grade_refuse(grade, "not a result of this version ('format' is not 'glassbox-result 1')");
    }
    else if (!is_student(student)) {
        gbx_grade_refuse(grade, "it names no student that could be one");
    }
    else if (folder != NULL && strcmp(folder, student) != 0) {
        gbx_grade_refuse(grade, "it is another student's result");
    }
    else {
        grade->student = student;
        return true;
    }
    return false;
}

static void
take_causes(gbx_grade *grade, bool *bad)
{
    const json_t *limit = json_object_get(grade->whole, "limit"), *violation = json_object_get(grade->whole, "violation");
    if (json_is_object(limit)) {
        grade->cause = gbx_grade_text(limit, "text", false, bad);
    }
    if (json_is_object(violation)) {
        grade->violation = gbx_grade_text(violation, "name", false, bad);
        grade->cause = gbx_grade_text(violation, "text", false, bad);
        *bad = *bad || (grade->violation != NULL && !gbx_grade_is_id(grade->violation));
    }
}

static bool
take_head(gbx_grade *grade)
{
    bool bad = false;
    const json_t *lab = json_object_get(grade->whole, "lab"), *host = json_object_get(grade->whole, "host");
    const char *name = gbx_grade_text(lab, "name", true, &bad);
    gbx_grade_text(lab, "title", true, &bad);
    grade->rubric = gbx_grade_text(lab, "rubric", true, &bad);
    grade->submission = gbx_grade_text(grade->whole, "submission", false, &bad);
    grade->word = gbx_grade_text(grade->whole, "verdict", true, &bad);
    grade->message = gbx_grade_text(grade->whole, "message", false, &bad);
    grade->graded_at = gbx_grade_text(host, "graded_at", false, &bad);
    const json_t *number = json_object_get(lab, "number");
    take_causes(grade, &bad);
    if (bad || !gbx_grade_is_id(name) || !json_is_integer(number) || json_integer_value(number) < 1
        || json_integer_value(number) > 999 || !gbx_grade_verdict(grade->word, &grade->verdict)) {
        gbx_grade_refuse(grade, "its head does not fit the format");
        return false;
    }
    if (grade->verdict == GBX_MARK_INFRASTRUCTURE) {
        gbx_grade_refuse(grade, "%.300s", grade->message == NULL ? "the grader says no more" : grade->message);
        grade->readable = true;
        return false;
    }
    return true;
}

/* The score is that of the marks, and the word for the whole is one that they allow. */
static void
check_sums(gbx_grade *grade)
{
    bool bad = false;
    double score = 0, points = 0;
    size_t full = 0;
    for (size_t i = 0; i < grade->count; i++) {
        const gbx_mark *mark = &grade->marks[i];
        if (mark->verdict == GBX_MARK_INFRASTRUCTURE) {
            gbx_grade_refuse(grade, "'%s' could not be judged", mark->id);
            grade->readable = true;
            return;
        }
        score += mark->kind == GBX_MARK_PERSON ? 0 : mark->score;
        points += mark->points;
        full += mark->verdict == GBX_MARK_PASS || mark->verdict == GBX_MARK_FLAKY || mark->verdict == GBX_MARK_NEEDS_HUMAN
            || mark->kind != GBX_MARK_FACT;
    }
    double said = gbx_grade_number(grade->whole, "score", true, &bad), of = gbx_grade_number(grade->whole, "points", true, &bad);
    double expected = grade->verdict == GBX_MARK_VIOLATION ? 0 : fmax(0, score - grade->deducted);
    if (bad || fabs(of - points) >= GBX_GRADE_CLOSE * (double)(grade->count + 1)) {
        gbx_grade_refuse(grade, "it says %g points, and its parts have %g", of, points);
    }
    else if (fabs(said - expected) >= GBX_GRADE_CLOSE * (double)(grade->count + 1)) {
        gbx_grade_refuse(grade, "it says a score of %g, and its parts have %g", said, expected);
    }
    else if ((grade->verdict == GBX_MARK_PASS || grade->verdict == GBX_MARK_FLAKY) && full < grade->count) {
        gbx_grade_refuse(grade, "it says '%s', and not all of its facts pass", grade->word);
    }
    else {
        grade->score = said;
        grade->points = points;
        grade->graded = true;
    }
}

/* Points of a person come on top; after a violation there are none. */
static void
add_persons(gbx_grade *grade)
{
    grade->waiting = 0;
    for (size_t i = 0; i < grade->count; i++) {
        gbx_mark *mark = &grade->marks[i];
        if (grade->verdict == GBX_MARK_VIOLATION) {
            mark->verdict = GBX_MARK_VIOLATION;
            mark->word = "violation";
            mark->score = 0;
        }
        if (mark->kind == GBX_MARK_PERSON) {
            grade->score += mark->score;
            grade->waiting += mark->verdict == GBX_MARK_NEEDS_HUMAN ? mark->points : 0;
        }
    }
}

int
gbx_grade_take(gbx_grade *grade, json_t *whole, const char *folder, const gbx_gradebook_course *course,
               gbx_error *error)
{
    char trouble[sizeof(grade->trouble)];
    snprintf(trouble, sizeof(trouble), "%s", grade->trouble);
    *grade = (gbx_grade){ .student = folder, .whole = whole };
    if (!json_is_object(whole)) {
        gbx_grade_refuse(grade, "%s", trouble[0] != '\0' ? trouble : "it is no JSON object");
        return 0;
    }
    if (!take_student(grade, folder)) {
        return 0;
    }
    if (course != NULL && course->has_key && !seal_holds(whole, course)) {
        gbx_grade_refuse(grade, json_object_get(whole, "seal") == NULL ? "it has no seal, and the course has a key"
                         : "its seal is not the course's: it was changed, or sealed elsewhere");
        return 0;
    }
    if (!take_head(grade)) {
        return 0;
    }
    grade->marks = calloc(GBX_GRADE_MOST_MARKS, sizeof(grade->marks[0]));
    if (grade->marks == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (gbx_grade_take_marks(grade)) {
        check_sums(grade);
    }
    if (grade->graded) {
        add_persons(grade);
    }
    return 0;
}
