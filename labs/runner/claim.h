/* Claims: one sentence that a learner should be able to explain, and the function that checks it.

   A station is written as data.  An experiment is a program to run and what to record of it; a
   claim names its experiments and a check; the engine runs each experiment once, hands the check
   what was seen (gbx_look), and takes back what it found (gbx_finding).  The same check is run on
   the claim's must-fail experiments, where it has to say FAIL.

       static gbx_verdict
       check_who_specializes(const gbx_look *look, gbx_finding *finding)
       {
           size_t event = ...;                          // a position in look->trace
           if (event == GBX_NO_EVENT) {
               return gbx_finding_fail(finding, "LOAD_GLOBAL specializes", "no success in 60 reads",
                                       "the function is never called twice");
           }
           gbx_finding_number(finding, "misses before the deopt", 52, "misses");
           gbx_finding_event(finding, look, event, "becomes %s", name);
           gbx_finding_observe(finding, 1);             // the answer to the prediction's question
           return GBX_PASS;
       }

       static const gbx_experiment loads = {
           .name = "loads", .program = "experiments/loads.py",
           .events = GBX_BIT(FRAME) | GBX_BIT(SPEC) | GBX_BIT(MARK),
       };
       static const gbx_experiment called_once = {
           .name = "called once", .program = "must-fail/called_once.py", .events = ...,
       };
       static const gbx_claim who_specializes = {
           .id = "1.1a", .title = "who specializes",
           .sentence = "LOAD_GLOBAL specializes on its second execution; LOAD_FAST never asks.",
           .experiments = { &loads },
           .check = check_who_specializes,
           .must_fail = { { .in_place_of = &loads, .run = &called_once } },
           .readings = { { "Python/specialize.c#_Py_Specialize_LoadGlobal", "where it asks" } },
           .prediction = {
               .question = "How often must a function run before its LOAD_GLOBAL specializes?",
               .choices = {
                   { .text = "once", .misconception = "specialized at birth" },
                   { .text = "twice" },
                   { .text = "a thousand times", .misconception = "hot-loop threshold" },
               },
           },
       };

   A check reads observations and compares them; it must not print, exit, read files, look at the
   clock, or keep anything after it returns.  Where the experiment crashed, ran out of time, or left a
   trace that breaks its own rules, no check is called and the claim is BROKEN; where events were
   lost, or a class was not recorded to the end, PASS and FAIL both become INSUFFICIENT. */

#ifndef GBX_CLAIM_H
#define GBX_CLAIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "glassbox_format.h"      // GBX_CLASS_*

typedef struct gbx_trace gbx_trace;
typedef struct gbx_finding gbx_finding;
typedef struct gbx_symbols gbx_symbols;

#define GBX_BIT(CLASS)   (1u << GBX_CLASS_##CLASS)
#define GBX_NO_EVENT     SIZE_MAX
#define GBX_COUNT(ARRAY) (sizeof(ARRAY) / sizeof((ARRAY)[0]))    /* room; lists below may end earlier */

/* ---------------------------------------------------------------- experiments */

/* The build that an experiment is about.  Which interpreter that is, is found by the engine; where there
   is none, claims that need it are SKIPPED, and say what is missing. */
typedef enum {
    GBX_ON_ANY = 0,          /* the ordinary build, with the GIL, or whatever PYTHON= names */
    GBX_ON_GIL,              /* one with the GIL */
    GBX_ON_FT                /* one without: `ft` */
} gbx_on;

/* A program to run and what to record of it.  Two claims that name the same experiment (the same
   address) share one run of it. */
typedef struct {
    const char *name;                 /* what it is called in reports */
    const char *program;              /* path in the station's folder */
    const char *arguments[6];         /* for the program; ends with NULL */
    const char *options[6];           /* for the interpreter, before the program */
    const char *environment[6];       /* "NAME=value" */
    uint32_t events;                  /* GBX_BIT(...); 0: run it without tracing */
    uint32_t timeout_ms;              /* 0: 30 000 */
    bool untimed;                     /* record order alone, no clock */
    gbx_on on;                        /* the build that it needs */
    const char *packages;             /* what it imports beyond the standard library: a set of
                                         stations/packages, named as the module is; NULL: nothing */
    int status;                       /* the exit status that it ends with when all is well */
} gbx_experiment;

/* One run of an experiment.  All of it belongs to the engine and lives until the claim is done. */
typedef struct {
    const gbx_experiment *experiment;
    const char *build;                /* "gil", "ft", "gil debug"...: what it ran on; static */
    const gbx_trace *trace;           /* NULL for an experiment that records nothing */
    const char *out;                  /* what it printed; always terminated by NUL */
    size_t out_size;
    const char *err;
    size_t err_size;
    uint64_t wall_ns;
    uint64_t user_ns;
    uint64_t system_ns;
    uint64_t peak_bytes;              /* largest resident set */
} gbx_run;

/* What a check is given: a run for each experiment of the claim, in the claim's order. */
typedef struct {
    const gbx_trace *trace;           /* of runs[0] */
    const gbx_run *runs;
    size_t run_count;
    gbx_symbols *symbols;             /* names of C functions, see symbols.h; NULL: none to be had */
} gbx_look;

/* A view of another run: as if run N were the only one.  Its lifetime is look's. */
gbx_look gbx_look_run(const gbx_look *look, size_t run);

/* ------------------------------------------------------------------- verdicts */

typedef enum {
    GBX_PASS = 0,
    GBX_FAIL = 1,
    GBX_INSUFFICIENT = 2,    /* events were lost or filtered where the check had to look */
    GBX_SKIPPED = 3,         /* something is missing on this machine; the finding says what */
    GBX_BROKEN = 4           /* no verdict: the experiment crashed, or the trace is not sound.
                                The engine's word: a check never returns it */
} gbx_verdict;

const char *gbx_verdict_name(gbx_verdict verdict);      /* "PASS", "FAIL"...; static */

/* ------------------------------------------------------------------- findings */

/* All gbx_finding_* functions copy what they are given and cannot fail: when memory runs out the
   finding remembers it and the claim is BROKEN.  Text is UTF-8, one line, without a full stop at
   the end.  Evidence is shown in the order in which it was added; the first three to eight lines
   matter most, `glassbox explain` shows all. */

/* Evidence: the event at position `event` of look->trace, shown with its time, thread, source line
   and the line of C that emitted it; `format` says in a few words what it means here. */
void gbx_finding_event(gbx_finding *finding, const gbx_look *look, size_t event,
                       const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Evidence without an event: something counted, or read from the program's output. */
void gbx_finding_fact(gbx_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Lines for `glassbox explain` alone: detail that would drown the rest in the station's report. */
void gbx_finding_detail(gbx_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A quotation from the program's output or its disassembly: kept as it is, line breaks included. */
void gbx_finding_quote(gbx_finding *finding, const char *text, size_t size);

/* A number measured in this run: name ("misses before the deopt"), value, unit ("ns", "bytes",
   "misses", "×"; "" for none).  Shown with as many digits as make sense; exact in JSON. */
void gbx_finding_number(gbx_finding *finding, const char *name, double value, const char *unit);

/* A bar in a small chart of numbers that are to be compared; same chart = same unit, in order. */
void gbx_finding_bar(gbx_finding *finding, const char *name, double value, const char *unit);

/* What was observed, in terms of the prediction: the index of the right choice, or the number asked
   for.  At most one of them, once.  The event that refutes the other answers is the first event of
   the evidence, or the one that _refute names. */
void gbx_finding_observe(gbx_finding *finding, size_t choice);
void gbx_finding_observe_number(gbx_finding *finding, double value);
void gbx_finding_refute(gbx_finding *finding, const gbx_look *look, size_t event,
                        const char *format, ...) __attribute__((format(printf, 4, 5)));

/* The three ways to say no; `return gbx_finding_fail(...)`.  Several fails may be reported in one
   check; each is shown. `likely` is the likely cause, or NULL. */
gbx_verdict gbx_finding_fail(gbx_finding *finding, const char *expected, const char *actual,
                             const char *likely);
gbx_verdict gbx_finding_failf(gbx_finding *finding, const char *expected, const char *likely,
                              const char *actual, ...) __attribute__((format(printf, 4, 5)));
gbx_verdict gbx_finding_insufficient(gbx_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
gbx_verdict gbx_finding_skip(gbx_finding *finding, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for want of something that no checkout can bring along, by name: who knows that a machine has none
   may expect exactly these claims to be skipped (`glassbox station --without`). */
typedef enum {
    GBX_LACK_NOTHING = 0,    /* what is missing can be had: SKIPPED is not to be expected */
    GBX_LACK_DEVICE          /* a CUDA device: "device" */
} gbx_lack;

gbx_verdict gbx_finding_skip_lacking(gbx_finding *finding, gbx_lack lack, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* --------------------------------------------------------------------- claims */

typedef gbx_verdict gbx_check(const gbx_look *look, gbx_finding *finding);

/* A place in the sources and what to look for there: "Python/ceval.c#_PyEval_EvalFrameDefault",
   "Lib/dis.py#Bytecode.dis"; in those of a package, "numpy:numpy/_core/src/multiarray/shape.c#PyArray_Transpose". */
typedef struct {
    const char *place;
    const char *look_for;
} gbx_reading;

/* An experiment on which the claim's check has to say FAIL, run in place of one of its own. */
typedef struct {
    const gbx_experiment *in_place_of;
    const gbx_experiment *run;
    const char *because;              /* "the function is called only once"; NULL: no word on it */
} gbx_must_fail;

typedef struct {
    const char *text;
    const char *misconception;        /* the name of the belief behind it; NULL: none is known */
    const char *because;              /* one sentence that sets it right; NULL */
} gbx_choice;

/* What is asked with PREDICT=1.  With choices, the learner picks one; without, types a number in
   `unit`.  Which answer is right is for the check to observe: nothing here says it. */
typedef struct {
    const char *question;             /* NULL: nothing is asked */
    gbx_choice choices[6];            /* ends with .text == NULL */
    const char *unit;
    double tolerance;                 /* a number within this factor counts as right; 0: exact */
    const char *too_low;              /* misconceptions behind a number that is off; NULL */
    const char *too_high;
} gbx_prediction;

/* What a claim is about that not every build has: without it the claim is SKIPPED, and says why. */
enum { GBX_NEEDS_SPECIALIZER = 1 };

typedef struct {
    const char *id;                   /* "1.1a" */
    const char *title;                /* a few words */
    const char *sentence;             /* the claim; UTF-8, may be longer than a line */
    const gbx_experiment *experiments[4];
    gbx_check *check;
    unsigned needs;                   /* bits of GBX_NEEDS_... */
    gbx_must_fail must_fail[4];
    gbx_reading readings[5];
    gbx_prediction prediction;
} gbx_claim;

#endif
