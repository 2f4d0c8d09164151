/* Fold: makes one folder of results of several, as engines leave them, and says what is not there.

   A folder is that of a batch, or that of a plan (then its results/ are meant).  Nothing in it is believed: each
   result is read as anybody's (outcome.h), has to be the student's whose folder it is in, has to have the sum that the journal
   beside it names, if there is one, and to be of the bundle that the list names, if that can be read; and its seal has to hold where
   there is a key.  One that is not as it should be is refused by name, and then nothing is written: a wrong result is for a
   person to look at.  Two results of one student have to be the same but for the host.

   What had no score for a reason of ours, and what is missing, comes to lists that `grade --batch` and `plan` take
   as they are.  This module must not grade. */

#ifndef GBX_FOLD_H
#define GBX_FOLD_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define GBX_FOLD_AGAIN   "again.list"        /* infrastructure: to be graded again */
#define GBX_FOLD_MISSING "missing.list"      /* no word of them */

typedef struct {
    const char *const *folders;              /* ends with NULL */
    const char *list, *out;
    const void *key;                         /* of the seals; NULL: none is checked */
    size_t key_size;
    bool mixed;                              /* results of different rubrics, graders and interpreters are taken */
} gbx_fold_options;

typedef struct {
    size_t total, folded, twice;             /* twice: results that were there more than once, alike */
    char **refused, **again, **missing;      /* a sentence, "bob: no memory", a name; each ends with NULL */
    size_t refused_count, again_count, missing_count;
} gbx_fold_result;

/* 0: OUT has the results, table.csv, and the lists of what it has not.  GBX_ERROR_FORMAT: something was refused, see
   refused[]; OUT is untouched.  GBX_ERROR_USAGE, GBX_ERROR_MISSING: list or folders are wrong.  To be cleared in each case. */
int gbx_fold_run(const gbx_fold_options *options, gbx_fold_result *result, gbx_error *error);
void gbx_fold_result_clear(gbx_fold_result *result);

#endif
