/* Grade: one submission, from its files to a result.

   What happens, in order: the lab is opened and the student's parameters drawn; the files are looked at; each run of the lab is made
   in the sandbox, with the witness, in a copy of the lab's harness and of the work; the oracle is asked; the traces are
   checked (their rules, who made the marks, what the witness saw); each fact is judged, those that others need first; then the
   explanations and the predictions.  The process that decides never loads a learner's code.

   Everything fails closed: what could not be looked at scores nothing.  What is ours to mend (no sandbox, no
   interpreter, no memory) is no verdict on anybody: the result's verdict is "infrastructure", and has no score.

   This module must not print. */

#ifndef GBX_GRADE_H
#define GBX_GRADE_H

#include <jansson.h>
#include <stdbool.h>

#include "finding.h"
#include "lab_internal.h"
#include "paths.h"
#include "roster.h"
#include "sandbox.h"

enum { GBX_EXIT_INFRASTRUCTURE = 75 };

typedef struct {
    const gbx_paths *paths;
    const char *labs;                /* the folder of labs */
    gbx_lab_finder *find;            /* the labs' code */
    const gbx_roster *roster;        /* the course, or practice */
    const char *bundle;              /* a file to unpack; or NULL, and */
    const char *folder;              /* a work folder (`glassbox lab check`), with `lab`, `student`, `seed`, `hints` */
    json_t *hints;                   /* taken so far: of {"fact", "rung"}; borrowed; NULL with a bundle */
    int lab;                         /* 0: as the bundle says */
    const char *student;             /* NULL: as the bundle says */
    const char *seed;                /* NULL: the roster's for the student, or, without a course, the bundle's */
    bool check;                      /* as a learner may: hidden facts are left out */
    const char *events_at;           /* for a check: list the events that can be cited, of a line ("work.py:12") or ("") how many
                                        each line has, in the host block; NULL: do not */
    gbx_level require_level;
    gbx_level most_level;            /* for tests: as in sandbox.h */
    bool no_witness;                 /* for tests alone; the result says so */
    unsigned attempt;                /* of a batch: 1... */
    void (*progress)(void *context, const char *what);      /* NULL */
    void *context;
} gbx_grade_options;

/* How one fact came out.  `finding` may be NULL: nothing was looked at. */
typedef struct {
    const gbx_lab_fact *fact;
    const char *verdict;             /* a word of result.json, static or of the run */
    double share;                    /* of its points, 0 to 1 */
    const char *after;               /* id of the prerequisite that failed; NULL */
    char expected[256], actual[256], likely[256];    /* "": none */
    gbx_finding *finding;            /* owned */
} gbx_fact_outcome;

/* 0 and a result (result.h), whatever the verdict, "infrastructure" included.  A negative code where there is nobody to give one
   to: GBX_ERROR_USAGE (no such lab, the lab itself is broken, wrong options), GBX_ERROR_MEMORY. */
int gbx_grade(const gbx_grade_options *options, json_t **result, gbx_error *error);

/* Is the verdict of this result "infrastructure"? */
bool gbx_grade_is_infrastructure(const json_t *result);

#endif
