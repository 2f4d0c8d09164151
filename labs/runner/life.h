/* Lives: everything that a trace says of one watched object, in order.

   gbx_lives_find() looks for the objects that a program watched under a name and follows each from the
   block that it was made in to where that block went.  What the recorder did not see is said: a change of
   the count that lies between two records is a moment of its own, and `missing` names the classes that
   would tell more.  An address alone names no object: events that know only an address belong to a life
   from the birth before its watch to the next birth at that address.

   This module queries; it must not print, resolve C functions (symbols.h), or judge.  It reads all events
   twice.  Memory is bounded: of all lives together two million changes of counts are kept, and a million
   other moments; of a name, the first 4096 lives. */

#ifndef GBX_LIFE_H
#define GBX_LIFE_H

#include "trace.h"

typedef struct {
    size_t at;               /* position of the event */
    uint64_t t_ns;
    uint32_t stream;
    uint8_t event;           /* enum gbx_event; GBX_EV_NONE: unobserved changes, seen at the event `at` */
    uint8_t how;             /* the event's flags: enum REF, VERDICT, FREELIST */
    bool about;              /* the record has no time: t_ns lies between those of its neighbours */
    uint16_t offset;         /* in `code` */
    uint32_t code;           /* the Python function that ran; 0 none */
    uint64_t caller;         /* address in the C function that did it; 0 none */
    int64_t delta;           /* of the count */
    uint32_t local;          /* the count afterwards, or its local half */
    int64_t shared;
    uint64_t address;        /* of a block */
    uint64_t size;           /* of a block or an object; 0 unknown */
    size_t cause;            /* of a verdict: position of the collection's gc.start, or SIZE_MAX */
    uint64_t arena;          /* of a block: address of its arena; 0 unknown, and then so is the rest */
    uint32_t class_size;     /* bytes of each block of its pool */
    uint32_t in_use;         /* blocks of the pool, afterwards */
    uint32_t capacity;       /* blocks that the pool has */
} gbx_moment;

typedef struct {
    uint32_t process;
    uint32_t watch;          /* id */
    uint32_t interp;
    const char *name;
    const char *type;        /* "?" unknown */
    uint64_t address;
    bool halves;             /* of the build without the GIL: the count is in two */
    const gbx_moment *moments;
    size_t count;
    uint64_t dropped;        /* changes of the count that are not among them */
    uint32_t missing;        /* classes (bits) that were not recorded and would have told of it */
    bool ended;              /* its death is among the moments, and nothing after it but its memory */
} gbx_life;

typedef struct gbx_lives gbx_lives;

/* All lives under a name, in order of their first event; or, where `name` is a number and no object has
   that name, the one with that watch id in each process.  0 and *out, which the caller frees; or a
   negative code: GBX_ERROR_MISSING names what is watched. */
int gbx_lives_find(gbx_lives **out, const gbx_trace *trace, const char *name, gbx_error *error);
void gbx_lives_free(gbx_lives *lives);           /* NULL is fine */

size_t gbx_lives_count(const gbx_lives *lives);
const gbx_life *gbx_lives_at(const gbx_lives *lives, size_t index);

/* The same few moments over and over: from a moment on, `period` of them come `times` times, at the same
   instructions and by the same C functions.  times is 1 where nothing is repeated. */
typedef struct {
    size_t first, period, times;
} gbx_fold;

gbx_fold gbx_life_fold(const gbx_life *life, size_t first);

/* The number of references: both halves of it where there are two. */
int64_t gbx_moment_count(const gbx_moment *moment);

#endif
