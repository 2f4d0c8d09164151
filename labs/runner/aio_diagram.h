/* From an await to the callback, as a diagram: what the task, the future that it awaits and the loop did, in
   order, from the step that ends in the await to the step that goes on.  In text, 69 columns wide.
   It must not print. */

#ifndef GBX_AIO_DIAGRAM_H
#define GBX_AIO_DIAGRAM_H

#include "aio.h"

/* One await of a task, by the positions of its events; GBX_AIO_NO_EVENT where there is none. */
#define GBX_AIO_NO_EVENT SIZE_MAX

typedef struct {
    size_t begin, end;               /* the step that ends in it */
    size_t done, wakeup, soon, run;  /* the future is done; wakes the task; its handle is queued, and runs */
    size_t again;                    /* the step that goes on */
    uint64_t future;                 /* address */
    uint64_t waited_ns, ready_ns;    /* from the end of the step to the wake-up, and on to the next step */
} gbx_aio_await;

/* The await number `which` of a task, from 1; 0: the one after which it was ready for longest.  False: it has
   none that came to an end. */
bool gbx_aio_find_await(const gbx_trace *trace, const gbx_aio_task_info *task, uint64_t which,
                        gbx_aio_await *found);

/* The diagram, at most `size` - 1 bytes, terminated; the length. */
size_t gbx_aio_diagram(const gbx_trace *trace, const gbx_aio_task_info *task, const gbx_aio_await *await,
                       char *text, size_t size);

#endif
