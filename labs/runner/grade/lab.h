/* Labs: what a graded lab is, as its author declares it.

   A lab's folder (labs/N-name) has data, lab.toml, hints.toml and misconceptions.toml, read by lab.c; and, where a
   fact asks for more than a declared query can say, facts.c, which is written against this header and linked
   into the program through the table in labs/labs.c.

       static gbx_verdict
       check_specializes(const gbx_lab_look *look, gbx_finding *finding, double *share)
       {
           ...                      // the trace: look->look, as in a claim of a station (claim.h, part.h)
           *share = 0.5;            // of the points; without a word 1 for PASS and 0 for anything else
           return GBX_FAIL;
       }
       static const gbx_fact_code facts[] = { { "specializes", check_specializes }, { NULL, NULL } };
       const gbx_lab_code gbx_lab_1 = { .number = 1, .facts = facts };

   A check reads what it is given and compares; it must not print, exit, read files, look at the clock, or keep
   anything.  What the learner's process said (observed) and what the learner wrote (answers) is testimony: compared
   with the trace or the oracle, never believed.  Words that a check gives as expected and actual are the same in
   every run of the same work: what differs from run to run (times, addresses, positions) is a number of the
   finding (gbx_finding_number), or its evidence. */

#ifndef GBX_LAB_H
#define GBX_LAB_H

#include <jansson.h>

#include "claim.h"

/* What a fact looks at.  All of it lives until the check returns. */
typedef struct {
    const gbx_look *look;            /* its runs stand in the order of [[run]]; the fact's own comes first */
    const json_t *variant;           /* the student's parameters: name -> value */
    const json_t *observed;          /* what the fact's run noted with lab.observe(): name -> value; testimony */
    const json_t *expected;          /* what the oracle printed for this variant; NULL: the lab has none */
    const json_t *answers;           /* answers.toml of the submission: an object, hostile */
    const char *file;                /* how traces name the learner's program: "/learner/work.py" */
} gbx_lab_look;

typedef gbx_verdict gbx_fact_check(const gbx_lab_look *look, gbx_finding *finding, double *share);

typedef struct {
    const char *id;                  /* [[fact]] check = "..."; NULL ends the list */
    gbx_fact_check *check;
} gbx_fact_code;

/* Do these events of the run (positions in look->look->trace, as the learner cites them) show the mechanism?
   If not, says in `why` what is missing, in a few words. */
typedef bool gbx_mechanism_check(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size);

typedef struct {
    const char *id;                  /* [[mechanism]] check = "..."; NULL ends the list */
    gbx_mechanism_check *supports;
} gbx_mechanism_code;

typedef struct {
    int number;
    const gbx_fact_code *facts;
    const gbx_mechanism_code *mechanisms;      /* NULL: all are declared */
} gbx_lab_code;

/* The code of the lab with this number; NULL: it has none (labs/labs.c). */
const gbx_lab_code *gbx_lab_code_find(int number);

#endif
