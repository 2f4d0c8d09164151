/* Explanations and predictions: what a learner says of a run, held against it.

   explain.toml of a submission:

       [explain.why]
       mechanism = "type-changed"                             # of the lab's list, or one of the learner's own
       anchor = "Python/specialize.c#_Py_Specialize_BinaryOp"
       events = ["spec.miss@work.py:12#1", "spec.deopt@work.py:12#1"]
       prose = """..."""

   The machine judges the evidence: the events exist in this run, they show the mechanism, the place is in the tree that was
   built and belongs to the mechanism.  Prose is never judged here: its points are a person's.  Events that do not
   exist, or do not show it, earn nothing, whatever the prose.

   Points of the evidence: half for events and mechanism, and all with the right place as well.  With a mechanism of the
   learner's own, which no rule knows, the person decides over these points, too.

   answers.toml:

       [predict."fate.a"]
       answer = "freed at once"
       confidence = 4

   Everything given is hostile.  This module must not print. */

#ifndef GBX_EXPLANATION_H
#define GBX_EXPLANATION_H

#include <jansson.h>

#include "cite.h"
#include "lab.h"
#include "finding.h"
#include "source.h"

#define GBX_EXPLAIN_EVENTS  16           /* citations that are looked at; more are refused */
#define GBX_EXPLAIN_PROSE   8000         /* bytes of prose that are kept */

/* Judge one explanation into a new element of result.json's "explanations", which the caller lets go of:
     {"id", "fact", "mechanism", "anchor", "events": [{"ref", "found", "fits"}], "prose", "verdict", "points", "score",
      "person", "given": null, "message"}
   verdict: pass, partial or fail of the evidence where no person has to look; else needs-human.  "message" says what is
   missing, or "".
   `asked`: the lab's [[explain]]; `mechanisms`: its list [[mechanism]]; `given`: explain.toml, NULL where there is none.
   `code`: NULL where the lab has none.  `look`, `cites`: of the run of the explanation's fact, both NULL where that
   did not come about (then nothing is earned, and the message says so).  `source` may be NULL: no anchor can be resolved
   then, which is an error of ours (GBX_ERROR_MISSING) as soon as one has to be. */
int gbx_explanation_judge(json_t **out, const json_t *asked, const json_t *mechanisms, const json_t *given,
                          const gbx_lab_code *code, const gbx_lab_look *look, const gbx_cites *cites, gbx_source *source,
                          gbx_error *error);

/* What would be refused without a run, for `lab submit` and `lab check`: unknown members, ids, mechanisms, citations that are none.  Appends
   sentences to `faults` (cannot be graded) and `warnings` (an empty explanation). */
int gbx_explanation_review_form(const json_t *asked_all, const json_t *mechanisms, const json_t *given, json_t *faults,
                                json_t *warnings, gbx_error *error);

/* ---------------------------------------------------------------- predictions */

/* Compare one prediction with what its fact observed (gbx_finding_observe), into a new element of "predictions":
     {"id", "answer", "confidence", "outcome": right|wrong|none, "misconception": id|null, "points", "score", "message"}
   `asked`: the lab's [[predict]]; `answers`: answers.toml; `record`: the bundle's "predictions" (NULL: none): the
   first answer that was recorded counts, and a change since is said.  `finding` NULL, or without an observation: none.
   Where it is wrong, *refuting is the position in the finding's trace of the event that refutes it, and `why`
   what it means; else GBX_NO_EVENT. */
int gbx_prediction_judge(json_t **out, const json_t *asked, const json_t *answers, const json_t *record,
                         const gbx_finding *finding, size_t *refuting, const gbx_trace **trace, char *why, size_t size,
                         gbx_error *error);

/* Record the answers of `answers` to the lab's list [[predict]] in FOLDER/.glassbox/predictions.jsonl, before a run: one
   line each time something is new or changed, each with the hash of the one before.  *changes (may be NULL) gets an
   array of sentences, for the learner: what was changed since it was first recorded. */
int gbx_predictions_record(const char *folder, const json_t *asked_all, const json_t *answers, json_t **changes,
                           gbx_error *error);
/* The lines of the file, as an array for the manifest; an empty one where there is no file. */
int gbx_predictions_read(json_t **out, const char *folder, gbx_error *error);
/* Is the chain whole?  An empty one is. */
bool gbx_predictions_sound(const json_t *record);

#endif
