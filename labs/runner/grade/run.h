/* Run: one run of a lab's harness, or of its oracle, on a submission.  The one place that starts a program for a grade.

   What the program sees: /glassbox (the interpreter, its library, packages), /lab (the harness, lab.py, run.json),
   /learner (the submission; not for the oracle), and /tmp and /trace, empty and its own.  What comes back is its ending,
   the trace, and what it observed; the trace's file is gone when this returns.

   This module must not judge a submission. */

#ifndef GBX_LAB_RUN_H
#define GBX_LAB_RUN_H

#include "builds.h"
#include "lab_internal.h"
#include "marks.h"
#include "paths.h"
#include "sandbox.h"
#include "trace.h"

typedef struct {
    const gbx_paths *paths;
    gbx_builds *builds;
    const gbx_lab *lab;
    const char *folder;              /* of the files submitted, outside */
    const char *student, *seed;
    gbx_level require_level, most_level;
    bool no_witness;
} gbx_run_place;

typedef struct {
    gbx_sandbox_result result;
    bool ran;                        /* result is to be cleared */
    gbx_trace *trace;                /* NULL: it left none */
    gbx_marks marks;                 /* of the trace */
    json_t *variant;                 /* of this run */
    json_t *observed;                /* an object, perhaps empty: testimony */
    json_t *expected;                /* what the oracle printed; NULL: there is none */
    json_t *witness;                 /* what it reports of itself; NULL: there was none */
    const char *violation;           /* static; NULL: none */
    char text[320];                  /* what is wrong with it, in a sentence: of a violation, or of a trace that cannot be read */
    char seen[320];                  /* what the witness saw: may differ from run to run; "" */
    bool unsound;                    /* the trace breaks its own rules, or is not one: nothing is concluded from it */
    uint64_t lost;                   /* events */
} gbx_lab_ran;

/* 0 when it ran, however it ended.  A negative code is ours: infrastructure. */
int gbx_lab_run_make(const gbx_run_place *place, const gbx_lab_run *run, gbx_lab_ran *ran, gbx_error *error);
void gbx_lab_run_clear(gbx_lab_ran *ran);

#endif
