/* Spans: what the threads of a run did between two moments, for the claims of this station.

   An experiment cuts its run by marks, and may mark the same part many times (its rounds): each is a
   window.  Spans are the pieces of the threads' lanes (lanes.h), of all threads and processes of the
   trace; here they are kept, so that a check may ask about any window.  A thread that holds a lock is
   seen to hold it whether or not the machine gives it a processor: how much two spans overlap does not
   depend on what else the machine does, as times do.

   This module finds and adds up.  It never judges, and it adds to a finding only what its functions say. */

#ifndef GBX_STATION_3_SPANS_H
#define GBX_STATION_3_SPANS_H

#include "claim.h"
#include "lanes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From a mark (not included) to the next of the same name. */
typedef struct {
    size_t begin, end;           /* positions */
    uint64_t begin_ns, end_ns;
    uint32_t stream;             /* of the thread that marked it */
} gbx_window;

/* The windows that mark(name, from) begins, in any thread of the first process, in order; at most `most`.
   Returns how many; where there are none, says so in `finding`, and the caller returns GBX_INSUFFICIENT. */
size_t gbx_windows_find(const gbx_look *look, gbx_finding *finding, const char *name, const char *from,
                        gbx_window *windows, size_t most);

/* The shortest of some windows: the round that the machine disturbed least.  `count` is not 0. */
const gbx_window *gbx_windows_best(const gbx_window *windows, size_t count);

#define GBX_SPANS_HOLDS    (1u << GBX_LANE_HOLDS)
#define GBX_SPANS_RUNS     (1u << GBX_LANE_RUNS)
#define GBX_SPANS_WAITS    (1u << GBX_LANE_WAITS)
#define GBX_SPANS_OUTSIDE  (1u << GBX_LANE_OUTSIDE)

typedef struct {
    const gbx_trace *trace;
    gbx_span_of_lane *items;
    size_t count, room;
    bool failed;                 /* out of memory */
} gbx_spans;

/* False, and a word in `finding`, where there is no memory or not one event of the lock: the caller returns
   GBX_INSUFFICIENT.  To be cleared in any case. */
bool gbx_spans_read(gbx_spans *spans, const gbx_look *look, gbx_finding *finding);
void gbx_spans_clear(gbx_spans *spans);

/* What is asked about.  All zero but `lanes` asks about all threads. */
typedef struct {
    unsigned lanes;              /* GBX_SPANS_... */
    bool one_lock;               /* only spans of this lock */
    uint32_t process, lock;
    const char *function;        /* only where this Python function let go of the lock, or will */
    bool one_stream;             /* only this thread */
    uint32_t stream;
} gbx_spans_of;

/* Time that threads spent there in a window, added up. */
uint64_t gbx_spans_time(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of);

/* Time of a window in which two threads or more were there at once, and in which one or more were. */
uint64_t gbx_spans_overlap(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of);
uint64_t gbx_spans_cover(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of);

/* Time in which one or more were in either. */
uint64_t gbx_spans_cover_two(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of,
                             const gbx_spans_of *or_of);

/* Two spans of a window that are there at once for longer than any other two that begin one after the
   other; false: there are none. */
bool gbx_spans_pair(const gbx_spans *spans, const gbx_window *window, const gbx_spans_of *of,
                    gbx_span_of_lane pair[2]);

/* Locks that were held in a window, in no order; returns how many, at most `most`. */
typedef struct {
    uint32_t process, lock;
    uint64_t held_ns;
} gbx_held_lock;

size_t gbx_spans_locks(const gbx_spans *spans, const gbx_window *window, gbx_held_lock *locks, size_t most);

/* The event of a thread at a moment, as a span begins or ends with; GBX_NO_EVENT. */
size_t gbx_spans_event(const gbx_spans *spans, uint32_t stream, uint64_t t_ns);

/* Quote a picture of who did what in a window: a row for each thread that held or ran in it for at least
   one part in `columns`, and below it the length of the window. */
void gbx_spans_quote(const gbx_spans *spans, gbx_finding *finding, const gbx_window *window);

#endif
