/* The invariants that every trace keeps, checked before any claim may look.

   A broken invariant means that the recorder, a hook or the file is wrong: then nothing is concluded from
   the trace.  Where a thread's beginning is not in the trace (a ring that went round, a recording begun
   in mid-run), what reaches below it is allowed. */

#ifndef GBX_CHECK_H
#define GBX_CHECK_H

#include "trace.h"

typedef struct {
    const char *name;            /* a sentence: what holds */
    uint64_t looked_at;          /* how many records it applied to; 0: nothing to check */
    uint64_t violations;
    size_t first;                /* position of the first violation */
} gbx_invariant;

enum { GBX_INVARIANTS = 5 };

/* Check all; 0 or a negative code (memory).  Whether they hold is in the result. */
int gbx_check_all(const gbx_trace *trace, gbx_invariant result[GBX_INVARIANTS], gbx_error *error);

#endif
