/* A trace as Chrome's Trace Event Format (JSON), which chrome://tracing and Perfetto's viewer read.

   Each process is a process there, each thread a track: its frames, its waits and the time it was outside
   as slices that nest; marks as instants; spans as asynchronous slices of the process.  Each lock is a track
   of its own above the threads', where a slice is a hold and bears the holder's name.  A wait says from whom
   it got the lock, and where and why that one let go; an arrow leads from it to the hold that it ended in.
   Where frames were not recorded, holds (or, without a lock, running) stand in the threads' tracks, too;
   where they were, they cannot: a hold may begin in one frame and end in another, and slices of a track
   have to nest.

   Written as it is read, in one pass: memory is bounded by what is open at once.  A frame that was left
   out of order (a ring that went round, events lost) is dropped and counted. */

#ifndef GBX_CHROME_H
#define GBX_CHROME_H

#include "symbols.h"

#include <stdio.h>

/* Thread id of the track of lock 0 where 1 is a thread's: more than any pid of Linux. */
#define GBX_CHROME_LOCK_TRACK 10000000u

typedef struct {
    bool without_frames;
} gbx_chrome_options;

typedef struct {
    uint64_t events;             /* written, names of tracks included */
    uint64_t dropped;            /* frames that were left and not entered, or beyond what is remembered */
} gbx_chrome_counts;

/* `symbols` may be NULL: then no C function is named.  0; GBX_ERROR_MEMORY; or GBX_ERROR_SYSTEM where `to` could not be written. */
int gbx_chrome_write(const gbx_trace *trace, const gbx_chrome_options *options, gbx_symbols *symbols,
                     FILE *to, gbx_chrome_counts *counts, gbx_error *error);

#endif
