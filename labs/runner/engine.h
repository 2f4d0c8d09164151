/* Engine: runs the experiments of a station, each once, and lets the claims look at what was seen.

   The rules of a verdict are here and nowhere else.  An experiment that crashed, ran out of time, ended
   with another status than it says, left no trace, or one that breaks an invariant (check.h): the claim
   is BROKEN and its check is not called.  An experiment needs a build that is not here: the claim is
   SKIPPED, and none of its experiments runs.  Events lost, or a class that was switched off in between: PASS
   and FAIL both become INSUFFICIENT.  The engine believes nothing that the experiment prints; what a
   check makes of it is the check's affair.

   A trace's file is gone as soon as it is mapped: nothing is left behind, whatever happens.  Results point into the engine's
   runs: clear them before it is closed.  This module must not print. */

#ifndef GBX_ENGINE_H
#define GBX_ENGINE_H

#include "finding.h"
#include "paths.h"
#include "source.h"
#include "station.h"
#include "symbols.h"

typedef struct gbx_engine gbx_engine;

typedef struct {
    const gbx_paths *paths;              /* must live as long as the engine */
    /* Called before each run of an experiment, with its name; NULL: nobody wants to know. */
    void (*progress)(void *context, const char *what);
    void *context;
} gbx_engine_options;

/* Points into itself: must not be copied or moved. */
typedef struct {
    gbx_verdict verdict;
    gbx_finding *finding;                /* owned; never NULL after a success */
    char reason[512];                    /* why the engine itself says BROKEN or INSUFFICIENT; "" */
    gbx_look look;                       /* what was looked at; look.run_count 0: nothing */
    gbx_run runs[4];
} gbx_result;

int gbx_engine_open(gbx_engine **out, const gbx_engine_options *options, gbx_error *error);
void gbx_engine_close(gbx_engine *engine);       /* NULL is fine */

/* Each fills *result, whatever the verdict, and returns 0; or returns a negative code when no verdict
   can be thought of: out of memory, or we were told to stop. */
int gbx_engine_claim(gbx_engine *engine, const gbx_station *station, const gbx_claim *claim,
                     gbx_result *result, gbx_error *error);
int gbx_engine_show(gbx_engine *engine, const gbx_station *station, const gbx_show *show,
                    gbx_result *result, gbx_error *error);
/* The claim with one of its must-fail experiments in place: all is well when the verdict is FAIL. */
int gbx_engine_must_fail(gbx_engine *engine, const gbx_station *station, const gbx_claim *claim,
                         const gbx_must_fail *must_fail, gbx_result *result, gbx_error *error);
void gbx_result_clear(gbx_result *result);

gbx_symbols *gbx_engine_symbols(gbx_engine *engine);

/* ------------------------------------------------------------ a show's path */

/* What a stage of a gbx_path was in this run; all occurrences of the same stage in the file added up. */
typedef struct {
    const gbx_path_stage *stage;
    bool seen;
    uint64_t ns;
    size_t times;
    size_t first;                        /* position of its first event */
} gbx_stage_seen;

enum { GBX_PATH_STAGES = 16 };

/* How many stages the path has; `seen` has room for GBX_PATH_STAGES. */
size_t gbx_path_see(const gbx_path *path, const gbx_look *look, gbx_stage_seen *seen);

#endif
