/* Lives, inside: what life.c (which objects, which events) and life_moments.c (one event becomes one
   moment) share.  Nobody else may include this. */

#ifndef GBX_LIFE_INTERNAL_H
#define GBX_LIFE_INTERNAL_H

#include "life.h"

/* How many moments all lives together may still keep: changes of counts, and the rest. */
typedef struct {
    size_t changes, others;
} gbx_life_budget;

typedef struct {
    gbx_life_budget *budget;
    gbx_life life;               /* moments and count are kept up to date */
    gbx_moment *moments;
    size_t room;
    uint64_t block;              /* where its memory begins: what lies before an object is in it too */
    bool born;                   /* no longer looking for the birth before it */
    bool dead;                   /* it died, and nothing of it came since */
    bool gone;                   /* its address belongs to another */
    bool freed;                  /* its memory was returned */
    bool counted;                /* the last moment's count is known to be right: a gap can be told */
    int64_t last_count;
    bool no_memory;
} gbx_one_life;

/* Of each thread: what lies around the records that have no time. */
typedef struct {
    uint64_t timed_ns;           /* of its last timed record */
    uint32_t untimed;            /* records since */
    size_t collection;           /* position of the gc.start it is in, or SIZE_MAX */
} gbx_thread_time;

/* An event with the object's watch id, or with its address alone, becomes a moment of the life or is none
   of its business.  `t` is its thread. */
void gbx_life_by_watch(gbx_one_life *one, const gbx_cursor *now, const gbx_thread_time *t, bool halves);
void gbx_life_by_address(gbx_one_life *one, const gbx_cursor *now, const gbx_thread_time *t);

#endif
