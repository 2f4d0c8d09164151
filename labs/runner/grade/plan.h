/* Plan: writes down how somebody else's engine is to grade a list, and leaves the running to it.

   A folder that all nodes see gets the list in chunks, a script `chunk NUMBER` that grades one of them with
   `glassbox grade --batch`, a script `preflight` that says whether this node can grade at all, and what the engine wants, with
   a script `submit` that starts it.  A chunk is as long as it has to be for a launch to cost less than its work.
   Everything can be run again: what is graded stays graded.  `glassbox merge` then makes one of the chunks' results.

   Names are hostile: each script gets them quoted by the rules of who reads it, or does not get them at all.  This module
   must not start anything. */

#ifndef GBX_PLAN_H
#define GBX_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define GBX_PLAN_NAME "plan.json"

typedef struct {
    const char *engine;              /* "slurm", "parallel", "htcondor" */
    const char *list, *out;
    const char *program;             /* this program, absolute */
    const char *course;              /* absolute; NULL: none */
    const char *level;               /* that each node has to reach */
    bool no_witness;
    unsigned chunk;                  /* submissions in a launch; 0: as many as suit the engine */
    unsigned cap;                    /* chunks at a time; 0: as many as suit it */
} gbx_plan_options;

typedef struct {
    size_t submissions, chunks, chunk;
    unsigned cap;                    /* 0: the engine's own */
} gbx_plan;

/* Write it.  GBX_ERROR_USAGE: the list is wrong, there is a plan in that folder, no such engine, more chunks than
   the engine takes; GBX_ERROR_MISSING: a bundle is not there. */
int gbx_plan_write(const gbx_plan_options *options, gbx_plan *plan, gbx_error *error);

/* "slurm", "parallel", "htcondor", then NULL. */
const char *gbx_plan_engine(size_t at);

/* Whether the folder is one of a plan. */
bool gbx_plan_is(const char *folder);

#endif
