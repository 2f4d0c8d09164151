/* Large objects that are made at one line again and again while few of them are ever alive: each is a copy of
   most of the one before (strings that grow: column alloc), or of what it was cut from (column buf): then something
   at least as large is alive that was there before the copy before, so that the same is copied again.

   What one costs: its bytes times what a byte costs that is allocated, copied and freed; more where the one
   before is still alive meanwhile, as when a text grows by being put together anew. */

#ifndef GBX_WHY_COPIES_H
#define GBX_WHY_COPIES_H

#include "why_internal.h"

typedef struct {
    uint64_t live, peak;             /* how many are alive, and were at once */
    uint64_t live_bytes, peak_bytes;
    uint64_t largest;
    uint64_t last, last_bytes;       /* number and size of the latest */
    uint64_t sourced;                /* that were cut from something, as was the one before */
    gbx_why_place own;               /* the program's line */
} gbx_why_site;

/* Something large that is alive. */
typedef struct {
    uint64_t number, bytes;          /* they are numbered as they are born */
    bool known;                      /* that it is of the kind that is looked at */
    gbx_why_place place;
} gbx_why_alive;

#define GBX_WHY_ALIVE 64u            /* kept at most: the largest */

typedef struct {
    gbx_why_tally tally;             /* by the instruction that made them; count, bytes, ns */
    gbx_why_site *sites;             /* beside tally.items */
    size_t room;
    bool sources;                    /* only what has something to be a copy of is a copy */
    gbx_why_alive alive[GBX_WHY_ALIVE];
    size_t alive_count;
    uint64_t born;
    uint64_t count, bytes;
    double ns;
} gbx_why_copies;

/* Is it a type whose objects are looked at? */
typedef bool gbx_why_of_type(const gbx_trace *trace, uint32_t process, uint32_t type);

/* After every event of classes obj and alloc of a counted recording. */
void gbx_why_copies_event(gbx_why_copies *copies, gbx_why_walk *walk, const gbx_entry *entry, gbx_why_of_type *takes);
/* Forget the sites that are no copies; then those that are lie in tally.items, by line, the dearest first. */
void gbx_why_copies_finish(gbx_why_copies *copies, const gbx_trace *trace);
void gbx_why_copies_clear(gbx_why_copies *copies);

#endif
