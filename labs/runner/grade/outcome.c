/* Reading a result that somebody else wrote; see outcome.h. */

#include "outcome.h"

#include "slurp.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const char *const words[] = {
    "pass", "partial", "fail", "submission-error", "prerequisite", "limit:cpu", "limit:wall", "limit:memory",
    "limit:output", "limit:procs", "limit:disk", "violation", "needs-human", "flaky", "infrastructure",
};

const char *
gbx_outcome_verdict(size_t at)
{
    return at < sizeof(words) / sizeof(words[0]) ? words[at] : NULL;
}

bool
gbx_outcome_verdict_known(const char *verdict)
{
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(verdict, words[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* ---------------------------------------------------------------- what it says */

static const char *
word(const json_t *in, const char *key)
{
    const char *value = json_string_value(json_object_get(in, key));
    return value == NULL ? "" : value;
}

/* Exactly null for infrastructure, exactly a number within the points for all others: missing is never a pass. */
static const char *
read_score(gbx_outcome *outcome)
{
    const json_t *score = json_object_get(outcome->all, "score"), *points = json_object_get(outcome->all, "points");
    if (strcmp(outcome->verdict, "infrastructure") == 0) {
        return score == NULL || json_is_null(score) ? NULL : "infrastructure must have no score";
    }
    outcome->score = json_number_value(score);
    outcome->points = json_number_value(points);
    if (!json_is_number(score) || !json_is_number(points) || !isfinite(outcome->score) || !isfinite(outcome->points)) {
        return "its score or its points are no number";
    }
    return outcome->score < 0 || outcome->score > outcome->points ? "its score is not between 0 and its points" : NULL;
}

/* NULL, or what is wrong. */
static const char *
read_fields(gbx_outcome *outcome)
{
    const json_t *lab = json_object_get(outcome->all, "lab"), *host = json_object_get(outcome->all, "host");
    outcome->student = word(outcome->all, "student");
    outcome->verdict = word(outcome->all, "verdict");
    outcome->submission = word(outcome->all, "submission");
    outcome->seed = word(outcome->all, "seed");
    outcome->lab = word(lab, "name");
    outcome->rubric = word(lab, "rubric");
    outcome->number = (int)json_integer_value(json_object_get(lab, "number"));
    outcome->grader = word(host, "grader");
    outcome->build = word(host, "build");
    outcome->sealed = json_object_get(outcome->all, "seal") != NULL;
    if (strcmp(word(outcome->all, "format"), "glassbox-result 1") != 0) {
        return "it does not say \"format\": \"glassbox-result 1\"";
    }
    if (!gbx_outcome_verdict_known(outcome->verdict)) {
        return "its verdict is none that there is";
    }
    if (outcome->student[0] == '\0') {
        return "it names no student";
    }
    return read_score(outcome);
}

int
gbx_outcome_read(gbx_outcome *outcome, const char *path, gbx_error *error)
{
    char *text = NULL;
    size_t size = 0;
    json_error_t where;
    *outcome = (gbx_outcome){ .all = NULL };
    int status = gbx_slurp(path, GBX_OUTCOME_MOST, &text, &size, error);
    if (status == 0) {
        status = gbx_digest_text(outcome->digest, text, size, error);
    }
    if (status == 0) {
        outcome->all = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
        const char *wrong = json_is_object(outcome->all) ? read_fields(outcome) : "it is not a whole JSON object";
        if (wrong != NULL) {
            status = gbx_error_set(error, GBX_ERROR_FORMAT, "'%s' is no result: %s", path, wrong);
        }
    }
    free(text);
    if (status != 0) {
        gbx_outcome_clear(outcome);
    }
    return status;
}

void
gbx_outcome_clear(gbx_outcome *outcome)
{
    json_decref(outcome->all);
    *outcome = (gbx_outcome){ .all = NULL };
}

/* -------------------------------------------------------------- what is sealed */

/* The object without these keys, as one text. */
static char *
canonical(const json_t *all, const char *without, const char *and_without)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)all);          /* shallow: only its own keys are taken away */
    char *text = NULL;
    if (copy != NULL) {
        json_object_del(copy, without);
        if (and_without != NULL) {
            json_object_del(copy, and_without);
        }
        text = json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
    }
    json_decref(copy);
    return text;
}

char *
gbx_outcome_judgement(const gbx_outcome *outcome)
{
    return canonical(outcome->all, "seal", "host");
}

static int
make_seal(const json_t *result, const void *key, size_t size, char text[12 + GBX_DIGEST_HEX], gbx_error *error)
{
    unsigned char sum[GBX_DIGEST_BYTES];
    char hex[GBX_DIGEST_HEX];
    char *of = canonical(result, "seal", NULL);
    int status = of == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_digest_hmac(sum, key, size, of, strlen(of), error);
    if (status == 0) {
        snprintf(text, 12 + GBX_DIGEST_HEX, "hmac-sha256:%s", gbx_digest_hex(sum, hex));
    }
    free(of);
    return status;
}

int
gbx_outcome_seal(json_t *result, const void *key, size_t size, gbx_error *error)
{
    char text[12 + GBX_DIGEST_HEX];
    int status = make_seal(result, key, size, text, error);
    if (status == 0 && json_object_set_new(result, "seal", json_string(text)) != 0) {
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    return status;
}

int
gbx_outcome_seal_check(const json_t *result, const void *key, size_t size, gbx_error *error)
{
    char text[12 + GBX_DIGEST_HEX];
    const char *seal = json_string_value(json_object_get(result, "seal"));
    if (seal == NULL) {
        return gbx_error_set(error, GBX_ERROR_FORMAT, "has no seal");
    }
    int status = make_seal(result, key, size, text, error);
    if (status == 0 && !gbx_digest_same(seal, text)) {
        status = gbx_error_set(error, GBX_ERROR_FORMAT, "was changed after it was sealed, or sealed with another key");
    }
    return status;
}
