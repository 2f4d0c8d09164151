/* Explanations and predictions: what a learner says of a run, held against it.

   explain.toml of a submission:

       [explain.why]
       mechanism = "counter"                            # of the lab's list; or "own: ..." and a name for it
       anchor = "Python/specialize.c#_Py_Specialize_BinaryOp"
       events = ["spec.miss@work.py:12#1", "spec.deopt@work.py:12#1"]
       prose = """..."""

   The machine judges the evidence: the events exist in this run, they show the mechanism, the place is in the tree that
   was built and belongs to the mechanism.  Prose is never judged here: its points are a person's.  Evidence that does
   not exist, or does not show it, earns nothing, whatever the prose says.  Half of the evidence's points are for
   mechanism and events, the other half for the place, which earns nothing by itself.  Over a mechanism of the learner's
   own, which no rule knows, the person decides: these points are theirs, too, if the events exist.

   answers.toml:

       [predict.misses]
       answer = "some fifty"
       confidence = 4

   A prediction is worth something only if it was made before the run: `glassbox lab check` notes the answers in the
   work folder first (predictions.jsonl below .glassbox/, each line with the hash of the one before), and the first
   answer to each question is the one that counts.  Who takes the whole file away cannot be told from who never checked.

   Everything given is hostile.  This module must not print. */

#ifndef GBX_EXPLAIN_H
#define GBX_EXPLAIN_H

#include <jansson.h>

#include "cite.h"
#include "grade.h"               // gbx_fact_outcome
#include "lab_internal.h"
#include "paths.h"

enum { GBX_EXPLAIN_EVENTS = 16, GBX_EXPLAIN_PROSE = 8000 };      /* citations; bytes */

/* All that is known when the facts have been judged. */
typedef struct {
    const gbx_lab *lab;
    const json_t *variant;           /* the student's parameters */
    const char *student;
    const json_t *answers;           /* answers.toml; NULL: there is none */
    const json_t *explain;           /* explain.toml; NULL: there is none */
    const json_t *record;            /* the manifest's "predictions"; NULL: none */
    const gbx_lab_look *looks;       /* one a run of the lab, in its order; .look NULL: it was not run, or left no sound trace */
    gbx_cites *const *cites;         /* one a run; NULL where .look is */
    const gbx_fact_outcome *facts;   /* lab->fact_count of them, in the lab's order */
    const gbx_paths *paths;          /* the C sources that anchors are in */
} gbx_explained;

/* The array of result.json: for each explanation that the lab asks for
     {"id", "fact", "mechanism", "anchor", "events": [{"ref", "found", "fits"}], "prose", "verdict", "points", "score",
      "person", "given", "message"}
   "message" says what is missing, or "".  "given" is null while a person has to look, and 0 where there is nothing to
   look at.  The caller lets go of *out.  GBX_ERROR_MISSING where the C sources are needed and not there. */
int gbx_explain_judge(const gbx_explained *given, json_t **out, gbx_error *error);

/* The array of result.json: for each prediction that the lab asks for
     {"id", "answer", "confidence", "outcome": "right"|"wrong"|"none", "misconception": id|null, "points", "score", "message"}
   What its fact observed (gbx_finding_observe) is the right choice's index.  `evidence` (an object, may be NULL) gets,
   for each wrong one, "predict.ID": [{"ref", "text"}], the event that refutes it. */
int gbx_predictions_judge(const gbx_explained *given, json_t **out, json_t *evidence, gbx_error *error);

/* What can be said without a run, for `lab submit` and `lab check`: appends sentences to `faults` (this could not be
   graded) and to `warnings` (this earns nothing, and may be meant so). */
int gbx_explain_form(const gbx_lab *lab, const json_t *explain, const gbx_paths *paths, json_t *faults, json_t *warnings,
                     gbx_error *error);
int gbx_predictions_form(const gbx_lab *lab, const json_t *variant, const char *student, const json_t *answers,
                         json_t *faults, json_t *warnings, gbx_error *error);

/* Note the answers, before a run.  *changes (may be NULL) gets an array of sentences for the learner: what differs from
   what was first noted. */
int gbx_predictions_note(const char *folder, const gbx_lab *lab, const json_t *answers, json_t **changes, gbx_error *error);
/* The notes, as an array for the manifest; empty where there are none. */
int gbx_predictions_noted(const char *folder, json_t **out, gbx_error *error);
/* Is the chain whole?  That of no notes is. */
bool gbx_predictions_sound(const json_t *record);

/* Which of the choices an answer is, as it stands in answers.toml (a text, or a number without quotes), but for
   capitals and blanks around; SIZE_MAX: none.  Only texts of the lab that cannot be filled in are an error. */
int gbx_prediction_choice(const gbx_lab_predict *asked, const json_t *variant, const char *student, const json_t *answer,
                          size_t *choice, gbx_error *error);

/* The member of a table of a submission: of [explain.ID] by "explain" and ID, an id with dots as TOML nests it,
   too.  NULL: there is none, or it is no table. */
const json_t *gbx_explain_given(const json_t *file, const char *table, const char *id);

#endif
