/* Outcome: one result.json, read by somebody who did not write it.

   What is in it may be cut short, altered, or somebody's invention: an outcome is what passed every check here, and
   all else is an error with one sentence.  Used by the batch, by merge, and by whoever makes tables of results.
   This module must not grade, and must not print. */

#ifndef GBX_OUTCOME_H
#define GBX_OUTCOME_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "digest.h"
#include "error.h"

#define GBX_OUTCOME_MOST (8u << 20)   /* bytes of a result.json that is read at all */

/* The words of the design, in its order; "infrastructure" is the one that never has a score. */
bool gbx_outcome_verdict_known(const char *verdict);
const char *gbx_outcome_verdict(size_t at);          /* NULL: there are no more */

/* Strings belong to `all`, or to the struct. */
typedef struct {
    json_t *all;                     /* the whole object, owned */
    const char *student, *verdict, *submission, *rubric, *seed;
    const char *lab;                 /* its name */
    int number;                      /* of the lab */
    double score, points;            /* score: 0 <= score <= points; infrastructure has none: 0 */
    const char *grader, *build;      /* of the host block; "" where it says nothing */
    char digest[GBX_DIGEST_TEXT];    /* of the file's bytes */
    bool sealed;                     /* it carries a seal (whether it holds: gbx_outcome_seal_check) */
} gbx_outcome;

/* Read DIR/result.json or any path.  GBX_ERROR_MISSING: there is none; GBX_ERROR_FORMAT: "'x' is no result: ...".  The
   caller clears it after a success. */
int gbx_outcome_read(gbx_outcome *outcome, const char *path, gbx_error *error);
void gbx_outcome_clear(gbx_outcome *outcome);

/* What is the same whenever the same submission is judged by the same: the object without "host" and "seal", as a text
   that the caller frees.  NULL: out of memory. */
char *gbx_outcome_judgement(const gbx_outcome *outcome);

/* Put a seal on a result: "hmac-sha256:..." over all but "seal" itself, keys sorted, no blanks. */
int gbx_outcome_seal(json_t *result, const void *key, size_t size, gbx_error *error);

/* Does its seal hold?  0, or GBX_ERROR_FORMAT with what is wrong: "has no seal", "was changed after it was sealed"; no
   subject in it: the caller names the file. */
int gbx_outcome_seal_check(const json_t *result, const void *key, size_t size, gbx_error *error);

#endif
