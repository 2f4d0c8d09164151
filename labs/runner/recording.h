/* Recordings: where the trace of a program goes, and getting it back.

       gbx_recording recording;
       gbx_recording_options options = { .path = "app.gbx", .mask = 0 };
       if (gbx_recording_prepare(&recording, &options, &error) == 0) {
           ... run a program with recording.setting in its environment ...
           code = gbx_recording_open(&recording, &trace, &error);
       }
       gbx_recording_clear(&recording);

   A recording has an identity (the run id) that the program and all of its children are told, so that what
   is found afterwards is theirs and not an earlier run's.  A file that is not a trace is never replaced,
   nor one that is still being written.  Files that children left beside an earlier recording of the same
   name (FILE.PID) are deleted once that recording has been replaced: they belong to nothing then.  Those
   of recordings earlier still, and of other tools, are left alone. */

#ifndef GBX_RECORDING_H
#define GBX_RECORDING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

typedef struct {
    const char *path;
    uint32_t mask;               /* classes, 1 << GBX_CLASS_*; 0: all that the interpreter has */
    bool ring;                   /* keep the newest events in a file of fixed size */
    bool untimed;                /* order alone, no clock */
    bool churn;                  /* count the references of all objects, by instruction: class ref */
    const char *limit;           /* "64M": see gbx_recording_size(); NULL: the recorder's own */
} gbx_recording_options;

typedef struct {
    char *path;                  /* absolute */
    char *setting;               /* "PYTHONGLASSBOX=FILE:events=...", for the environment */
    uint64_t run_id[2];
    char **stale;                /* children's files of the recording that this one replaces */
    size_t stale_count;
} gbx_recording;

/* 0; GBX_ERROR_USAGE: the path or the limit cannot be said to the recorder; GBX_ERROR_FORMAT: a
   file is there and is no trace; GBX_ERROR_CHILD: it is a trace that a process is writing;
   GBX_ERROR_SYSTEM: nothing can be written there.  Creates nothing.  May
   be cleared after a failure. */
int gbx_recording_prepare(gbx_recording *recording, const gbx_recording_options *options, gbx_error *error);

/* What follows "glassbox=" in an -X option: points into `setting`. */
const char *gbx_recording_spec(const gbx_recording *recording);

/* The trace, when the program has ended; the caller closes it.  GBX_ERROR_MISSING: the program left none. */
int gbx_recording_open(gbx_recording *recording, gbx_trace **out, gbx_error *error);
void gbx_recording_clear(gbx_recording *recording);

/* Is this a size as the recorder takes it: digits, then nothing, K, M or G, at least 256K? */
bool gbx_recording_size(const char *text);

#endif
