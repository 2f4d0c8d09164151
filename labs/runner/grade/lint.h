/* Lint: is a lab fit to be given out?  For its author, before any learner sees it.

   Some rules look at words: each fact has points, hints on every rung, a case that has to fail; no hint below the last
   gives the answer away, whoever the student is; beliefs are planted; nothing asks for a network.  Others grade:
   what a learner is given does not pass, the reference does, each case and each belief is caught where it is said to be,
   limits leave room, and a busy machine makes no difference.

   Solutions stand apart from labs, in a folder with reference/, must-fail/CASE/, misconceptions/ID/ and cases.toml; files
   of a case are laid over the reference's.  A make.py of the reference is run in the filled folder, and taken away: it is the
   author's, and trusted.

   This module must not print, and must not know what any lab is about. */

#ifndef GBX_LINT_H
#define GBX_LINT_H

#include <jansson.h>
#include <stdbool.h>

#include "lab_internal.h"
#include "paths.h"
#include "sandbox.h"

enum {
    GBX_LINT_SEEDS = 20,             /* students whose hints are read */
    GBX_LINT_ROOM = 5                /* how many times the slowest run a limit has to be */
};

typedef struct {
    const gbx_paths *paths;
    const char *labs;                /* the folder of labs */
    int number;
    const char *solutions;           /* of this lab */
    gbx_lab_finder *find;            /* the labs' code */
    unsigned variants;               /* students for whom the reference is graded */
    unsigned repeats;                /* gradings of it on a busy machine */
    bool words_only;                 /* nothing is graded */
    bool no_cases;                   /* cases and beliefs are looked for, and not graded */
    bool no_witness;
    gbx_level level;
    void (*progress)(void *context, const char *what);       /* NULL */
    void *context;
} gbx_lint_options;

/* 0 and what was found: an array of {"rule", "title", "looked": how many things were looked at, "left_out": true where
   the options say so, "defects": of sentences}.  The caller lets go of it.  A negative code where it could not be told:
   GBX_ERROR_MISSING (no such lab), what grading cannot do without on this machine. */
int gbx_lint(const gbx_lint_options *options, json_t **report, gbx_error *error);

/* Sentences in all rules together. */
size_t gbx_lint_defects(const json_t *report);

#endif
