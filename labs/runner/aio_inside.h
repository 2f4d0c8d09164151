/* What is inside a turn of a loop: the function that most of it was spent in, if frames were recorded, and the
   time without the lock, if class gil was.  The story (aio.h) says how long a turn was; this says by what.
   It must not print. */

#ifndef GBX_AIO_INSIDE_H
#define GBX_AIO_INSIDE_H

#include "aio.h"

typedef struct {
    uint32_t code;                   /* the function whose own time was most; 0: no frame was entered */
    uint64_t own_ns;                 /* without that of the functions that it called */
    uint64_t outside_ns;             /* in which the thread had let go of the lock, or was detached */
    gbx_aio_place let_go;            /* where it did so for longest; code 0: it did not */
    uint64_t by;                     /* address in the C function for which it did; 0 not known */
} gbx_aio_inside;

/* Walks over the events of the turn. */
gbx_aio_inside gbx_aio_look_inside(const gbx_trace *trace, const gbx_aio_turn *turn);

#endif
