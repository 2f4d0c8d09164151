/* Lanes: what each thread was doing from one moment to the next, as the events of class gil have it.

   A lane is a row of spans, without gaps from the thread's first event of this class to its last:

     holds     it has the lock
     runs      it is attached without the lock: the free-threaded build alone
     waits     for the lock, for its turn after it let go, for the world to start again, or for the mutex
               of a critical section
     outside   it is detached: a C function let go of the lock, to wait for something else or to compute
               without it.  Which of the two, the interpreter does not know; which function, it does
     away      it has let go for the last time; a thread may come back with another thread state

   The release itself says why; where a thread was let go because it was asked, it wants the lock back at
   once, and waits.  Feed it the events of a trace in order; spans come out as they end, each thread's in
   order.  Everything in the events may be a lie: spans never go backward, and memory is bounded by the
   number of threads.  It must not print, and must not know what is done with the spans. */

#ifndef GBX_LANES_H
#define GBX_LANES_H

#include "trace.h"

typedef enum {
    GBX_LANE_AWAY, GBX_LANE_HOLDS, GBX_LANE_RUNS, GBX_LANE_WAITS, GBX_LANE_OUTSIDE, GBX_LANE_COUNT
} gbx_lane;

/* "holds"; never NULL. */
const char *gbx_lane_name(gbx_lane lane);

typedef struct {
    uint32_t stream;
    gbx_lane lane;
    uint64_t begin_ns, end_ns;   /* t_ns of events; end_ns >= begin_ns */
    uint32_t lock;               /* holds, waits: which; of waits without a lock GBX_NO_LOCK */
    /* holds: of its end; outside, waits: of the release before.  0, GBX_NO_OFFSET where not known */
    uint8_t why;                 /* enum RELEASE */
    bool let_go;                 /* there was a release or detach: why, code, offset, by are its own */
    uint32_t code;
    uint16_t offset;
    uint64_t by;
} gbx_span_of_lane;

#define GBX_NO_LOCK UINT32_MAX

typedef void gbx_lane_visit(void *with, const gbx_span_of_lane *span);

typedef struct gbx_lanes gbx_lanes;

/* NULL when out of memory.  `visit` is called from the two functions below. */
gbx_lanes *gbx_lanes_new(const gbx_trace *trace, gbx_lane_visit *visit, void *with);
void gbx_lanes_event(gbx_lanes *lanes, const gbx_entry *event);

/* The spans that are still open end now. */
void gbx_lanes_finish(gbx_lanes *lanes, uint64_t end_ns);
void gbx_lanes_free(gbx_lanes *lanes);           /* NULL is fine */

#endif
