/* What the parts of the writer of Chrome's Trace Event Format share; see chrome.h.  For chrome*.c alone. */

#ifndef GBX_CHROME_INTERNAL_H
#define GBX_CHROME_INTERNAL_H

#include "chrome.h"
#include "lanes.h"

#include <jansson.h>

typedef struct {
    uint64_t begin_ns;
    uint32_t code, frame;
} gbx_chrome_frame;

typedef struct {
    gbx_chrome_frame *frames;
    size_t depth, room;
} gbx_chrome_stack;

typedef struct {
    uint32_t process, lock;
    json_int_t tid;              /* of its track */
    bool held_before;            /* last is the hold that ended last */
    gbx_span_of_lane last;
} gbx_chrome_lock;

/* A wait that ended when somebody let go; `lock` points into the writer's table; NULL: none. */
typedef struct {
    uint64_t begin_ns, end_ns;
    const gbx_chrome_lock *lock;
} gbx_chrome_wait;

typedef struct {
    const gbx_trace *trace;
    const gbx_chrome_options *options;
    gbx_symbols *symbols;
    FILE *to;
    gbx_chrome_counts *counts;
    gbx_chrome_stack *stacks;    /* by stream */
    gbx_chrome_wait *waits;      /* by stream: the last */
    bool *has_frames;            /* by process */
    gbx_chrome_lock *locks;      /* those that have a track */
    size_t lock_count, frame_count;
    json_int_t flows;
    bool taking;                 /* a span that ends now ends because its thread got a lock */
    bool failed;                 /* no memory, or `to` does not take more */
} gbx_chrome_writer;

#define GBX_CHROME_LOCKS 4096u   /* tracks of locks */

/* chrome_event.c: one event.  `put` takes the reference; NULL is a failure that it notes. */
void gbx_chrome_put(gbx_chrome_writer *w, json_t *event);
json_t *gbx_chrome_slice(const gbx_chrome_writer *w, uint32_t stream, const char *name, const char *category,
                         uint64_t begin_ns, uint64_t end_ns);

/* An event of the phase `phase` at the stream's track; the caller adds what that phase needs. */
json_t *gbx_chrome_point(const gbx_chrome_writer *w, uint32_t stream, const char *name, const char *category,
                         const char *phase, uint64_t t_ns);

/* The name of a track, or what else says it in one word of `args`. */
void gbx_chrome_name(gbx_chrome_writer *w, const char *what, json_int_t pid, json_int_t tid, const char *key,
                     const char *name);
void gbx_chrome_order(gbx_chrome_writer *w, json_int_t pid, json_int_t tid, json_int_t order);
json_int_t gbx_chrome_pid(const gbx_chrome_writer *w, uint32_t stream);
json_int_t gbx_chrome_tid(const gbx_chrome_writer *w, uint32_t stream);

/* The thread's name, or one made of its number, into `text`; either way what is returned. */
const char *gbx_chrome_thread(const gbx_chrome_writer *w, uint32_t stream, char *text, size_t size);

/* chrome_lock.c: a gbx_lane_visit whose `with` is the writer. */
void gbx_chrome_span(void *with, const gbx_span_of_lane *span);

#endif
