/* References in numbers: which lines of a program move how many, and which objects threads fight over.

   The lines are of all objects, from a recording with churn=yes; the objects are those that the program
   watched.  What makes a count slow without the GIL is that it changes hands: the processor that changes
   it must first take it from the one that changed it last.  So the board is in the order of `turns`, the
   operations whose thread was another one than that of the operation before.

       gbx_refs refs;
       if (gbx_refs_gather(&refs, trace, &error) == 0) {
           for (size_t i = 0; i < refs.object_count; i++) { refs.objects[i].turns ... }
           gbx_refs_clear(&refs);
       }

   This module adds up; it must not print, or say what is too much. */

#ifndef GBX_REFS_H
#define GBX_REFS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

/* One instruction, or (as gbx_refs.lines) all instructions of one line of a function. */
typedef struct {
    uint32_t process;
    uint32_t code;               /* 0: no Python function ran */
    uint32_t offset;             /* of a line: of its first instruction here */
    uint32_t instructions;       /* that moved any */
    int line;                    /* 0: unknown */
    uint64_t incs, decs;
    uint64_t shared;             /* of both: on the half that threads share; 0 with the GIL */
} gbx_refs_site;

/* What one thread did to one watched object. */
typedef struct {
    uint32_t object;             /* index of gbx_refs.objects */
    uint32_t stream;
    uint64_t local, shared;      /* operations by the half that they changed; with the GIL all are local */
    uint64_t retries;
} gbx_refs_hand;

typedef struct {
    uint32_t process;
    uint32_t watch;
    uint32_t owner;              /* stream of the thread that owned it when the watch began; GBX_REFS_NOBODY:
                                    not a thread of the trace, or a build with the GIL */
    uint32_t threads;            /* that changed its count */
    uint64_t incs, decs;
    uint64_t local, shared;
    uint64_t skips;              /* operations that found it immortal */
    uint64_t turns;              /* by another thread than the operation before */
    uint64_t retries;            /* the shared half changed between a look and a write */
    uint64_t queued;             /* decrements left to the owner */
    uint64_t merges;             /* the two halves added up */
    uint64_t waited_ns;          /* from queue to merge, all of them; 0 in a recording without a clock */
    uint64_t longest_ns;
    uint64_t first_ns, last_ns;  /* of its operations */
    bool died;
} gbx_refs_object;

#define GBX_REFS_NOBODY UINT32_MAX

/* All arrays belong to it. */
typedef struct {
    const gbx_trace *trace;
    bool free_threaded;          /* some process of the trace is */
    gbx_refs_site *sites;        /* instructions, the most operations first */
    size_t site_count;
    gbx_refs_site *lines;        /* the same by line, the most operations first */
    size_t line_count;
    gbx_refs_object *objects;    /* watched, the most turns first, then the most operations */
    size_t object_count;
    gbx_refs_hand *hands;        /* by object, in that order, and the most operations first */
    size_t hand_count;
    uint64_t incs, decs, shared; /* of all sites */
    uint64_t churn_records;      /* 0: recorded without churn */
} gbx_refs;

/* Go through the whole trace once.  0 or GBX_ERROR_MEMORY; after 0 the caller clears *out, which keeps the
   trace. */
int gbx_refs_gather(gbx_refs *out, const gbx_trace *trace, gbx_error *error);
void gbx_refs_clear(gbx_refs *refs);

/* The hands of an object: *count of them. */
const gbx_refs_hand *gbx_refs_hands(const gbx_refs *refs, size_t object, size_t *count);

/* "prog.py:12 in f"; the file's last part alone.  "(no Python)" for code 0.  Returns `text`. */
const char *gbx_refs_place(const gbx_refs *refs, const gbx_refs_site *site, char *text, size_t size);

/* The name that the program gave an object, and its type's; "?" where the trace has none. */
void gbx_refs_names(const gbx_refs *refs, const gbx_refs_object *of, const char **name, const char **type);

/* A new reference to the whole of it, as `glassbox refs --help` describes it; NULL without memory. */
json_t *gbx_refs_json(const gbx_refs *refs);

#endif
