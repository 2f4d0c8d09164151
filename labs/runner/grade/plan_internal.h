/* What the files of a plan share: plan.c has the list and the scripts that all engines call, plan_engines.c what
   each of them reads, quote.c the rules of quoting. */

#ifndef GBX_PLAN_INTERNAL_H
#define GBX_PLAN_INTERNAL_H

#include "plan.h"

#include <stdio.h>

/* Put `text` into a shell script as one word, whatever is in it. */
void gbx_quote_shell(FILE *to, const char *text);

/* The same, with each % doubled: sbatch puts the job's number in place of %j and the like. */
void gbx_quote_slurm(FILE *to, const char *text);

typedef struct {
    const gbx_plan_options *options;
    gbx_plan *plan;
    char *out;                       /* absolute */
} gbx_planned;

typedef int gbx_plan_writer(FILE *to, const gbx_planned *planned);

/* Write OUT/NAME by `write`, which returns 0; a script if `run`. */
int gbx_plan_file(const gbx_planned *planned, const char *name, bool run, gbx_plan_writer *write, gbx_error *error);

typedef struct {
    const char *name;
    unsigned chunk;                  /* how many submissions are worth a launch, at a second or so each */
    size_t most_chunks;              /* 0: any number */
    int (*write)(const gbx_planned *planned, gbx_error *error);
} gbx_plan_engine_kind;

extern const gbx_plan_engine_kind gbx_plan_slurm, gbx_plan_parallel, gbx_plan_htcondor;

#endif
