/* One task's story, in words: made by whom, what it awaits, who woke it, how long it waited for its turn, who
   asked it to cancel.  It must not print. */

#ifndef GBX_AIO_FOLLOW_H
#define GBX_AIO_FOLLOW_H

#include "aio.h"

typedef struct {
    size_t at;                       /* position of the event */
    uint64_t t_ns;
    char text[200];                  /* "awaits a Future at app.py:14 in fetch" */
} gbx_aio_moment;

typedef void gbx_aio_visit(void *with, const gbx_aio_moment *moment);

/* Tell of the task `index` of the story, in order.  Walks over the events from its first to its last. */
void gbx_aio_follow(const gbx_trace *trace, const gbx_aio_story *story, size_t index, gbx_aio_visit *visit,
                    void *with);

/* "app.py:14 in fetch"; "" where the trace does not say.  Returns `text`. */
const char *gbx_aio_place_text(const gbx_trace *trace, uint32_t process, gbx_aio_place place, char *text,
                               size_t size);

#endif
