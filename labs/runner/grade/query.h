/* Query: facts that an author declares instead of writing C.

       query = { count = "spec.success", function = "hot", part = "calls", where = { family = "BINARY_OP" }, least = 1 }
       query = { none = "spec.deopt", function = "hot", part = "calls" }
       query = { order = ["spec.success", { event = "spec.miss", function = "hot" }], part = "calls" }
       query = { number = "observed.total", equals = "expected.total", within = 1e-6 }
       query = { value = "answers.fate", equals = "expected.fate" }
       query = { all = [ { count = ... }, { none = ... } ] }           any = [...] likewise

   count, none   a kind of event, or a class: "spec.*".  With least, most, equals: numbers, or one of the names below.
   function      by its qualified name, in the learner's files: the event's own code, else the function that runs
   part          of the harness; without it all between the harness's begin and end
   threads       "all": of all threads in that time; else the thread of the part alone
   where         fields as `glassbox show --json` names them (NAME or NAME_name): a value, a list of which one has to be
                 it, or { least=, most= }
   what, likely  words for a report: "specializations of hot"; what is likely wrong
   names         variant.X, observed.X, expected.X, answers.X.Y

   A query decides by the trace; what it compares beside that (observed, answers) is testimony, and its author knows. */

#ifndef GBX_QUERY_H
#define GBX_QUERY_H

#include "lab.h"

/* Is it one that can be judged?  If not, `why` says what is wrong, for the author. */
bool gbx_query_check(const json_t *query, char *why, size_t size);

/* As a gbx_fact_check.  `vague`: counts differ from run to run, so they are numbers of the finding, not words. */
gbx_verdict gbx_query_judge(const json_t *query, const gbx_lab_look *look, bool vague, gbx_finding *finding, double *share);

#endif
