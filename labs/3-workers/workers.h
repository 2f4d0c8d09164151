/* What the files of lab 3 share: parts of a run as windows of time, and what threads of any process did in one.  A window is
   of the thread that runs the harness; whoever works for it has threads, interpreters and processes of its own. */

#ifndef GBX_LAB_3_WORKERS_H
#define GBX_LAB_3_WORKERS_H

#include "lab.h"

#include "../../stations/part.h"
#include "trace.h"

typedef struct {
    gbx_part part;               /* of the harness's thread */
    uint64_t begin_ns, end_ns;
} gbx_workers_window;

/* A call of one of load.py's functions. */
typedef struct {
    uint32_t stream, process, interp;
    uint64_t begin_ns, end_ns;
    size_t at;                   /* its push */
} gbx_workers_call;

#define GBX_WORKERS_CALLS 1024u

/* A number of an object that is above 0 and not large, or 0. */
unsigned gbx_workers_number(const json_t *object, const char *name);
/* The part of this name; where there is none, says so in `finding`: the caller returns GBX_INSUFFICIENT. */
bool gbx_workers_window_find(const gbx_lab_look *look, gbx_finding *finding, const char *name, gbx_workers_window *window);
/* The calls of a function of load.py that begin in the window, of any thread, in order; at most GBX_WORKERS_CALLS.  A call
   that does not end ends with the window. */
size_t gbx_workers_calls(const gbx_lab_look *look, const gbx_workers_window *window, const char *function,
                         gbx_workers_call *calls);
/* Is this code object a function of the harness's load.py? */
bool gbx_workers_is_load(const gbx_lab_look *look, uint32_t process, uint32_t code, const char *function);

gbx_fact_check gbx_workers_served, gbx_workers_side_by_side, gbx_workers_kinds, gbx_workers_reason;
gbx_mechanism_check gbx_workers_patience, gbx_workers_time_slice, gbx_workers_busy_machine, gbx_workers_own_lock,
    gbx_workers_short_interval, gbx_workers_lets_go;

#endif
