/* What is in a trace: counts of everything, how each recording ended, and whether the trace is sound.

   It counts and names; it must not print, nor decide what a number means for a claim. */

#ifndef GBX_STAT_H
#define GBX_STAT_H

#include <jansson.h>

#include "check.h"
#include "trace.h"

/* How a process's recording ended.  X(NAME, "word", "what it means") */
#define GBX_ENDINGS(X)                                                                              \
    X(STOPPED,   "stopped",   "it was stopped, or the process ended")                               \
    X(RECORDING, "recording", "the process was still at it")                                        \
    X(GONE,      "gone",      "the process is gone, and nobody stopped the recording: a kill, a "    \
                              "crash, os._exit() (so end the children of multiprocessing) or exec") \
    X(FULL,      "full",      "the limit was reached; what came after was counted as lost")         \
    X(ERROR,     "error",     "the file could not grow; what came after was counted as lost")       \
    X(UNKNOWN,   "unknown",   "the file says what this reader does not know")

typedef enum {
#define X(NAME, word, text) GBX_ENDING_##NAME,
    GBX_ENDINGS(X)
#undef X
} gbx_ending;

const char *gbx_ending_name(gbx_ending ending);          /* "stopped"; static */
const char *gbx_ending_text(gbx_ending ending);          /* "it was stopped, ..."; static */

typedef struct {
    uint64_t count;
    uint64_t bytes;
} gbx_tally;

typedef struct {
    gbx_ending ending;
    uint64_t start_ns;           /* since the first process began to record */
    uint64_t duration_ns;        /* until it ended, as far as that is known */
    gbx_tally all;
    uint32_t first_stream;       /* its streams are neighbours */
    uint32_t stream_count;
} gbx_stat_process;

typedef struct {
    const gbx_trace *trace;
    gbx_stat_process *processes; /* as many as the trace has */
    gbx_tally events[256];       /* by event */
    gbx_tally classes[GBX_CLASS_COUNT];
    gbx_tally all;
    uint64_t duration_ns;        /* from the first process's beginning to the last one's end */
    uint64_t lost, overwritten, unknown;
    uint64_t file_bytes;
    uint32_t classes_on;         /* in some process, at its beginning */
    gbx_invariant invariants[GBX_INVARIANTS];
    uint64_t violations;         /* of all of them; 0: the trace is sound */
} gbx_stat;

/* Go through the whole trace once.  0 or GBX_ERROR_MEMORY; after 0 the caller clears *out, which keeps
   the trace. */
int gbx_stat_gather(gbx_stat *out, const gbx_trace *trace, gbx_error *error);
void gbx_stat_clear(gbx_stat *stat);

/* "gil", "ft", "gil+debug", "gil+stats"...; static. */
const char *gbx_stat_variant(const gbx_header *header);

/* A new reference to the whole of it, as `glassbox stat --help` describes it; NULL without memory. */
json_t *gbx_stat_json(const gbx_stat *stat);

/* "2026-05-04T12:00:00.123Z", of CLOCK_REALTIME; "unknown" for an impossible one. */
void gbx_stat_date(uint64_t realtime_ns, char *text, size_t size);

/* "3.13.5", "3.14.0rc2", of PY_VERSION_HEX. */
void gbx_stat_version(uint32_t hexversion, char *text, size_t size);

const char *gbx_stat_clock(const gbx_header *header);    /* "tsc", "monotonic", "none"; static */
const char *gbx_stat_mode(const gbx_header *header);     /* "full", "ring"; static */

/* The command that shows the event at a position and what came just before it, "glassbox show ..."; ""
   for GBX_NO_POSITION. */
void gbx_stat_hint(const gbx_stat *stat, size_t position, char *text, size_t size);

#endif
