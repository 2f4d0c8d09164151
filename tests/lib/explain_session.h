/* A small lab, a small trace and a small tree of C sources, for tests of explanations and predictions.  Everything that
   can fail fails the test. */

#ifndef EXPLAIN_SESSION_H
#define EXPLAIN_SESSION_H

#include "explain.h"

/* Lab 1: the fact "f"; the explanation "why" (4 points, a person's 2) by "counter" (cite a spec.miss and a spec.deopt;
   done in Python/a.c#alpha) or "two" (any two events); the prediction "fate.a" (2 points): "once", "{{n}} times" (n is
   52), "3".  The trace has two spec.miss and a spec.deopt at work.py:11; the fact observed choice 1. */
typedef struct {
    gbx_lab lab;
    json_t *texts;                   /* what the lab points into */
    gbx_trace *trace;
    gbx_cites *cites;
    gbx_look look;
    gbx_run run;
    gbx_lab_look lab_look;
    gbx_fact_outcome fact;
    gbx_finding *finding;
    gbx_paths paths;
    gbx_explained given;
} session;

session *open_session(void);
void close_session(session *s);

json_t *parse_json(const char *text);
const char *text_of(const json_t *one, const char *name);
double number_of(const json_t *one, const char *name);

/* As TOML reads [predict.fate.a] with an answer. */
#define ANSWER(TEXT) "{\"predict\":{\"fate\":{\"a\":{\"answer\":" TEXT ",\"confidence\":4}}}}"

#endif
