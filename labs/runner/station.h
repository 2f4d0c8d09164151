/* A station, as its author declares it: four movements, all of it data.

       const gbx_station gbx_station_1 = {
           .number = 1, .name = "frames", .folder = "1-frames", .minutes = 90,
           .title = "from python foo.py to a frame on the stack",
           .readings = { { "Python/ceval.c#_PyEval_EvalFrameDefault", "look for entry_frame" } },
           .shows = { { .title = "The course's program", .experiment = &course,
                        .tell = tell_course } },
           .topics = { { "1.1", "Why LOAD_FAST beats LOAD_GLOBAL" } },
           .claims = gbx_station_1_claims,
           .go_on = { "In loads.py, add ..." },
       };

   Every station is listed once, in stations.c.  This header must not know any of them. */

#ifndef GBX_STATION_H
#define GBX_STATION_H

#include "claim.h"

/* Something to run and look at, without a verdict: `tell` adds quotations of the output
   (gbx_finding_quote) and what happened inside (gbx_finding_event, _fact, _number, _bar) in the order
   in which they are to be read.  Without `tell` the output is shown as it is.  It returns GBX_PASS,
   or one of the ways to say no when there is nothing to tell. */
typedef struct {
    const char *title;                /* NULL ends the list */
    const char *lead;                 /* a sentence or two before it; NULL */
    const gbx_experiment *experiment;
    gbx_check *tell;
    const struct gbx_path *path;      /* the stages to show with it, below; NULL */
} gbx_show;

/* The stages through which a program goes, shown as a table: each with its time in the run (from
   compile.begin to compile.end of `stage`, or from the event that `moment` finds), what goes in,
   what comes out, and the place of its C function, resolved.  Nothing here is measured: times come
   from the trace, and a stage that did not happen is shown as such. */
typedef struct {
    const char *name;                 /* "parse"; NULL ends the list */
    const char *goes_in;
    const char *comes_out;
    const char *place;                /* "Parser/pegen.c#_PyPegen_run_parser_from_string" */
    uint8_t stage;                    /* enum gbx_stage, or 0: see moment */
    bool (*moment)(const gbx_look *look, size_t *first, size_t *last);  /* events; false: not seen */
    uint8_t depth;                    /* indentation: inside the stage above */
} gbx_path_stage;

typedef struct gbx_path {
    const char *file;                 /* last part of the file's path: stages of other files are left out */
    gbx_path_stage stages[16];
} gbx_path;

typedef struct {
    const char *id;                   /* "1.1": the heading of 1.1a, 1.1b...; NULL ends the list */
    const char *title;
} gbx_topic;

typedef struct {
    int number;
    const char *name;                 /* "frames" */
    const char *folder;               /* "1-frames", in stations/ */
    const char *title;
    int minutes;                      /* the course's */
    gbx_reading readings[12];         /* ends with .place == NULL */
    gbx_show shows[6];
    gbx_topic topics[8];
    const gbx_claim *const *claims;   /* in order; ends with NULL */
    const char *go_on[10];            /* ends with NULL */
} gbx_station;

/* The station with this number, or NULL. */
const gbx_station *gbx_station_find(int number);

#endif
