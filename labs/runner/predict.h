/* Predict: asks a learner what will happen before it is run, and says afterwards what did.

   Only asks and compares; the answer that is right comes from the check's observation.  Answers are kept,
   one JSON object a line, in a file of the learner's own. */

#ifndef GBX_PREDICT_H
#define GBX_PREDICT_H

#include "finding.h"

#include <stdio.h>

#include "error.h"

typedef struct {
    bool given;
    size_t choice;               /* for a prediction with choices */
    double number;               /* for one without */
    unsigned confidence;         /* 1 a guess ... 5 certain */
} gbx_answer;

typedef enum { GBX_PREDICT_RIGHT, GBX_PREDICT_WRONG, GBX_PREDICT_UNKNOWN } gbx_outcome;

/* Ask on `out`, read from `in`.  An empty line skips a question: answer->given is false.  False at the
   end of the input: ask no more. */
bool gbx_predict_ask(const gbx_claim *claim, FILE *in, FILE *out, gbx_answer *answer);

/* UNKNOWN where nothing was given or observed.  *misconception is the belief behind a wrong answer, or
   NULL; *because what sets it right, or NULL. */
gbx_outcome gbx_predict_compare(const gbx_claim *claim, const gbx_answer *answer,
                                const gbx_finding *finding, const char **misconception,
                                const char **because);

/* The answer, or what was observed, in words: "twice", "52 misses".  Returns `text`. */
const char *gbx_predict_answer_text(const gbx_claim *claim, const gbx_answer *answer, char *text,
                                    size_t size);
const char *gbx_predict_observed_text(const gbx_claim *claim, const gbx_finding *finding, char *text,
                                      size_t size);

/* Append to the learner's file (XDG_STATE_HOME/glassbox/predictions.jsonl, else
   ~/.local/state/glassbox/...), made when missing: before the run without a finding (NULL), and again
   afterwards with it.  0 or a negative code. */
int gbx_predict_keep(const gbx_claim *claim, const gbx_answer *answer, const gbx_finding *finding,
                     gbx_verdict verdict, gbx_error *error);

#endif
