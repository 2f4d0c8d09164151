/* The story of the lock in one trace: what each thread did with its time, how long hand-offs took, the
   longest waits with who held the lock meanwhile, and which C functions let go of it.

   One walk over the trace.  Memory is bounded: a histogram for latencies, a ring of the last holds of each
   lock, tables of a fixed size for the rest; what did not fit is counted and said.  It must not print, and
   must not know what a terminal is. */

#ifndef GBX_GIL_H
#define GBX_GIL_H

#include "lanes.h"
#include "latency.h"

typedef struct {
    uint32_t stream;
    bool seen;                   /* it has events of class gil */
    uint64_t first_ns, last_ns;
    uint64_t ns[GBX_LANE_COUNT]; /* time in each lane */
    uint64_t takes;              /* acquisitions of a lock, or attachments without one */
    uint64_t asked;              /* how often it let go because another asked */
    uint64_t asks;               /* how often it asked another to */
    uint64_t timeouts;
} gbx_gil_thread;

/* A wait from request to acquisition. */
typedef struct {
    uint64_t begin_ns, ns;
    uint32_t stream, lock;
    uint64_t holds;              /* how many times others held the lock meanwhile */
    bool holder_known;
    bool at_least;               /* `holds` and the holder are of the last that are remembered */
    uint32_t holder;             /* stream of the hold that took most of the wait */
    uint64_t held_ns;            /* how much of the wait that was */
    uint32_t code;               /* where that hold ended; 0 not known */
    uint16_t offset;
    uint8_t why;                 /* enum RELEASE: how it ended */
    uint64_t by;
} gbx_gil_wait_info;

/* A C function, by the address in it, for which the lock was let go or the thread detached. */
typedef struct {
    uint32_t process;
    uint64_t by;                 /* 0: not known */
    uint8_t why;
    uint64_t times, ns;          /* how often, and how long until the lock was asked for again */
} gbx_gil_caller;

#define GBX_GIL_CALLERS 256u

typedef struct {
    uint64_t begin_ns, end_ns;   /* of all events of the class */
    uint64_t events;
    size_t thread_count;         /* streams of the trace, seen or not */
    gbx_gil_thread *threads;
    size_t wait_count;           /* the longest first */
    gbx_gil_wait_info *waits;
    gbx_latency asked, blocking; /* from the release to the acquisition by one who waited for it */
    gbx_latency uncontended;     /* from the request to the acquisition where nobody had the lock */
    size_t caller_count;         /* most time first */
    gbx_gil_caller callers[GBX_GIL_CALLERS];
    uint64_t callers_left_out;   /* spans of functions that found no room */
    uint64_t switches;           /* hand-offs from one thread to another, all locks */
} gbx_gil_story;

typedef struct {
    size_t waits;                /* how many of the longest to keep */
    bool process_only;           /* only the threads of `process` */
    uint32_t process;
    gbx_lane_visit *visit;       /* may be NULL; gets every span, too */
    void *with;
} gbx_gil_options;

/* 0 and a story, which the caller frees; or a negative code.  GBX_ERROR_MISSING: no event of the class. */
int gbx_gil_tell(gbx_gil_story **out, const gbx_trace *trace, const gbx_gil_options *options,
                 gbx_error *error);
void gbx_gil_free(gbx_gil_story *story);         /* NULL is fine */

#endif
