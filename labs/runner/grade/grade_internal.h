/* One grading, from its runs to its result: shared by grade.c (what is done, in order), verdicts.c (runs and facts), result.c (what is
   written), and nobody else. */

#ifndef GBX_GRADE_INTERNAL_H
#define GBX_GRADE_INTERNAL_H

#include "grade.h"

#include "bundle.h"
#include "builds.h"
#include "cite.h"
#include "run.h"

enum { GBX_ATTEMPTS = 3 };           /* of a run whose facts are about time */

/* A run of the lab, made or not. */
typedef struct {
    const gbx_lab_run *run;
    bool wanted;                     /* some fact that is judged looks at it */
    bool made;
    gbx_lab_ran ran;
    gbx_cites *cites;                /* NULL until it was asked for */
    unsigned attempts;
    char verdict[24];                /* of the run as such: "" where facts may be judged; "violation", "limit:wall"... */
    char text[400];                  /* why, in a sentence that is the same each time */
    char cause[256];                 /* with this run's own numbers; "" */
    const char *violation;           /* its name, where the verdict is "violation" */
} gbx_graded_run;

typedef struct {
    const gbx_grade_options *options;
    gbx_lab *lab;
    gbx_bundle *bundle;
    gbx_builds builds;
    gbx_symbols *symbols;
    char *folder;                    /* a temporary one of ours */
    char student[128];
    char seed[GBX_DIGEST_HEX];
    json_t *variant, *answers, *explain;
    gbx_graded_run runs[GBX_LAB_RUNS];
    gbx_run run_views[GBX_LAB_RUNS][GBX_LAB_RUNS];   /* for each run's facts: it first, then the others in order */
    gbx_look looks[GBX_LAB_RUNS];
    gbx_lab_look lab_looks[GBX_LAB_RUNS];
    gbx_fact_outcome facts[GBX_LAB_FACTS];
    unsigned fact_attempts[GBX_LAB_FACTS];
    json_t *explanations, *predictions;              /* arrays; NULL: none */
    json_t *evidence;                                /* of predictions: fact -> [...] */
    char verdict[24];                /* of the submission before any fact: "", "violation", "submission-error" */
    char text[420];
    const char *violation;
    bool infrastructure;             /* ours to mend: `text` says what */
    uint64_t wall_ns, cpu_ns;        /* of all runs */
} gbx_grading;

/* What became of a run as such: fills verdict, text, violation. */
void gbx_judge_run(gbx_graded_run *run);

/* Judge the facts: those of one run that did not pass again (only: its index) and all that waited for others, or all (only:
   GBX_LAB_RUNS).  A fact whose run has a verdict of its own
   gets that; one whose prerequisites failed is not looked at. */
int gbx_judge_facts(gbx_grading *grading, size_t only, gbx_error *error);

/* Is this fact left out of the grading altogether? */
bool gbx_judge_skips(const gbx_grading *grading, const gbx_lab_fact *fact);

bool gbx_judge_passed(const gbx_fact_outcome *outcome);

/* The whole as result.json has it; a new reference, NULL without memory. */
json_t *gbx_result_make(gbx_grading *grading);

#endif
