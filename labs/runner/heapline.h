/* The heap over time: bytes in use, row by row and step by step, up to a mark or to the end of a trace.

   A row is a size class of pymalloc, a power of two of what lies in no pool, or one of two sums.  A step
   has the most that was in use in it.  Steps are of equal time where the trace has enough times (events
   of the allocator have none of their own: each has that of the timed record before it in its thread),
   else of equally many events; which of the two it is is said.

   This module replays and counts.  It must not print. */

#ifndef GBX_HEAPLINE_H
#define GBX_HEAPLINE_H

#include "heap.h"

#define GBX_HEAPLINE_POWERS  GBX_HEAP_CLASSES                    /* rows: first the classes, */
#define GBX_HEAPLINE_POOLED  (GBX_HEAP_CLASSES + GBX_HEAP_POWERS)    /* then by size, all blocks of pools, */
#define GBX_HEAPLINE_ARENAS  (GBX_HEAPLINE_POOLED + 1)           /* and what the arenas take */
#define GBX_HEAPLINE_ROWS    (GBX_HEAPLINE_POOLED + 2)

typedef enum {
    GBX_HEAPLINE_AUTO,           /* time, if there is enough of it */
    GBX_HEAPLINE_TIME,
    GBX_HEAPLINE_EVENTS
} gbx_heapline_axis;

typedef struct {
    uint32_t process;            /* index */
    const char *mark;            /* go to the first of this name, or "NAME=TEXT"; NULL: to the end */
    size_t columns;              /* steps; at least 1 */
    gbx_heapline_axis axis;
} gbx_heapline_options;

typedef struct {
    gbx_heap *heap;              /* as it is at the mark, or at the end */
    bool by_time;
    bool free_threaded;
    size_t columns;
    uint64_t events;             /* of the allocator, up to there */
    uint64_t begin_ns, end_ns;   /* of the first and the last of them */
    uint64_t t_ns;               /* of the mark, or of the last of them */
    uint64_t *bytes;             /* row * columns + step */
    uint64_t peak[GBX_HEAPLINE_ROWS];
} gbx_heapline;

/* 0, and the caller clears *out; or a negative code: GBX_ERROR_MISSING where there is no such mark, or no
   event of an allocator, GBX_ERROR_USAGE where times are asked for and the trace has none. */
int gbx_heapline_make(gbx_heapline *out, const gbx_trace *trace, const gbx_heapline_options *options,
                      gbx_error *error);
void gbx_heapline_clear(gbx_heapline *line);     /* also after a failure */

/* Bytes of a row as they are in a heap. */
uint64_t gbx_heapline_now(const gbx_heap *heap, unsigned row);

static inline uint64_t
gbx_heapline_at(const gbx_heapline *line, unsigned row, size_t step)
{
    return line->bytes[row * line->columns + step];
}

/* "512" of a class, "<=4 K" of what comes from malloc() or mimalloc. Returns `text`. */
const char *gbx_heapline_name(unsigned row, char *text, size_t size);

/* Where the bytes of all arenas are: in blocks in use, in blocks that are free in pools in use, in pools
   that are not; the rest is what pools' headers and rounding take. */
typedef struct {
    uint64_t arenas, used, free, unused, overhead;
} gbx_heap_shares;

gbx_heap_shares gbx_heap_share(const gbx_heap *heap);

#endif
