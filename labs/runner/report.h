/* Report: one stream of what a station has to say, and a table of sinks that show it.

   cmd_station drives the stream in this order: begin; reading...; show...; for each topic: topic, claim...;
   go_on...; end.  A sink never decides: verdicts and numbers come to it finished.  What it is given lives
   until the call returns. */

#ifndef GBX_REPORT_H
#define GBX_REPORT_H

#include "engine.h"
#include "predict.h"
#include "readings.h"

#include <stdio.h>

typedef struct {
    FILE *to;
    bool colour;
    unsigned width;              /* columns; 0: 80 */
    bool everything;             /* details too: what `explain` shows */
} gbx_report_options;

typedef struct {
    unsigned counts[GBX_BROKEN + 1];     /* by verdict */
    unsigned expected;                   /* of the skipped: for want of what this machine is said not to have */
    uint64_t wall_ns;
} gbx_tally;

typedef struct gbx_sink gbx_sink;

typedef struct {
    const gbx_sink *sink;
    gbx_report_options options;
    const gbx_station *station;
    const gbx_paths *paths;
    gbx_source *source;          /* NULL: emitters are not named */
    gbx_readings *readings;      /* NULL: places are not resolved */
    gbx_symbols *symbols;
    void *state;                 /* the sink's own */
} gbx_report;

/* Members that a sink has no use for are NULL. */
struct gbx_sink {
    const char *name;
    int (*begin)(gbx_report *report);
    void (*section)(gbx_report *report, const char *title);
    void (*reading)(gbx_report *report, const gbx_reading *reading);
    void (*show)(gbx_report *report, const gbx_show *show, const gbx_result *result);
    void (*topic)(gbx_report *report, const gbx_topic *topic);
    void (*claim)(gbx_report *report, const gbx_claim *claim, const gbx_result *result,
                  const gbx_answer *answer);
    void (*go_on)(gbx_report *report, size_t number, const char *text);
    int (*end)(gbx_report *report, const gbx_tally *tally);      /* NULL: broken off; clean up, be silent */
};

extern const gbx_sink gbx_sink_terminal, gbx_sink_json, gbx_sink_junit;

/* The builds that a result's runs were on, each once, in order: "gil", "ft".  How many; at most 4, the room
   of `names`.  None where nothing was run. */
size_t gbx_report_builds(const gbx_result *result, const char *names[4]);

/* By its name, or NULL. */
const gbx_sink *gbx_sink_find(const char *name);

#endif
