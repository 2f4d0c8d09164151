/* Batch: grades a list of submissions on this machine, several at a time, and survives being killed.

   One process a submission (worker.h), all of them the same program; what they write comes to OUT/STUDENT/result.json
   by one rename, after it was checked; then a line goes to OUT/journal.jsonl (journal.h).  At the start, what is done is
   looked up: a submission is done when the journal says so and its bundle, its judge (grader, interpreter, lab, course) and its
   result's file still have the sums of that line, and the result's seal holds where there is a key.  All else is graded anew.
   So whatever is killed when, running the same command again ends in the same table.

   Infrastructure is never a score: it is tried again, later each time, then listed; OUT/table.csv has its line without a score, and the
   next run tries it again.  OUT/table.csv is there only when every submission of the list has been tried.

   OUT/.lock is held by the batch and by each of its workers; OUT/.work is where they work, and is emptied at the start.
   This module must not judge, and must not print. */

#ifndef GBX_BATCH_H
#define GBX_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

/* How far it is. */
typedef struct {
    size_t total, done;              /* done: with a result, those of earlier runs included */
    size_t already;                  /* of earlier runs */
    size_t infrastructure;           /* given up for now */
    size_t waiting;                  /* to be tried again */
    size_t running;
    double per_minute;               /* of this run; 0: not known yet */
    uint64_t left_s;                 /* at this rate; 0: not known yet */
} gbx_batch_state;

typedef struct {
    const char *list, *out;
    const char *program;             /* the grader: "/proc/self/exe" */
    const char *const *more;         /* options for each: "--course", "..."; ends with NULL; NULL: none */
    const char *judge;               /* who judges, as a sum (provenance.h) */
    const void *key;                 /* of the seals; NULL: there are none to check */
    size_t key_size;
    unsigned jobs;                   /* at a time, at least 1 */
    unsigned attempts;               /* of each, at least 1 */
    uint32_t backoff_ms;             /* before the second try; four times as long before each further one */
    uint32_t limit_ms;               /* a worker that takes longer is ended: infrastructure; 0: none */
    void (*progress)(void *context, const gbx_batch_state *now);      /* several times a second; NULL: nobody asks */
    void *context;
} gbx_batch_options;

typedef struct {
    gbx_batch_state state;
    struct {
        const char *verdict;         /* static */
        size_t count;
    } counts[16];                    /* of the table, in the order of the design; ends with NULL */
    char **listed;                   /* "bob: no memory": what is infrastructure, sorted as the table; ends with NULL */
    int interrupted;                 /* the signal that told us to stop; 0: none */
} gbx_batch_result;

/* 0: every submission was tried, table.csv is written, listed[] says what has no score.  GBX_ERROR_USAGE, GBX_ERROR_MISSING: the list or
   the folder are wrong, nothing was done.  GBX_ERROR_CHILD: told to stop (interrupted), or so many ended as infrastructure in
   succession that the fault is hardly theirs; what is done is kept, and the next run begins with the others.  Other codes: the folder cannot be written.  The result is to be
   cleared in each case. */
int gbx_batch_run(const gbx_batch_options *options, gbx_batch_result *result, gbx_error *error);
void gbx_batch_result_clear(gbx_batch_result *result);

#endif
