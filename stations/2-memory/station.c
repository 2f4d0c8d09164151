/* Station 2: reference counts, the collector, pools and arenas.

   The contents page: what there is to read, to run, to explain, and to go on with.  Claims and their
   checks are in claims_*.c; what a learner reads first is guide.md. */

#include "claims.h"
#include "station.h"

#include <stddef.h>

static const gbx_claim *const claims[] = {
    &gbx_s2_del, &gbx_s2_cycle, &gbx_s2_threshold, &gbx_s2_old_cycle,
    &gbx_s2_slots, &gbx_s2_first,
    &gbx_s2_immortal, &gbx_s2_header, &gbx_s2_halves, &gbx_s2_queue, &gbx_s2_zero, &gbx_s2_gone,
    &gbx_s2_deferred,
    &gbx_s2_classes, &gbx_s2_border, &gbx_s2_free_list, &gbx_s2_growing, &gbx_s2_survivor,
    &gbx_s2_totals, &gbx_s2_tracemalloc,
    NULL,
};

const gbx_station gbx_station_2 = {
    .number = 2,
    .name = "memory",
    .folder = "2-memory",
    .title = "memory: reference counts, the collector, pools and arenas",
    .minutes = 75,
    .readings = {
        { "Include/object.h#_object", "the header of every object: a count and a type" },
        { "Objects/object.c#_Py_DecRefShared", "the build without the GIL: somebody else than the owner lets go" },
        { "Objects/obmalloc.c#pymalloc_alloc", "the small-object allocator: a block from a pool" },
        { "Include/internal/pycore_obmalloc.h#pool_header", "arenas, pools, blocks: the comment above it" },
        { "Python/gc.c#gc_collect_main", "the collector: one collection from start to end" },
        { "Modules/gcmodule.c#gc_collect_impl", "what Python sees of the collector; once, all of it was here" },
    },
    .shows = {
        { .title = "The course's program",
          .lead = "Ten thousand objects in a list, and what the allocator did for them.",
          .experiment = &gbx_s2_course, .tell = gbx_s2_tell_course },
    },
    .topics = {
        { "2.1", "Why del frees at once, and a cycle needs the collector" },
        { "2.2", "What __slots__ saves" },
        { "2.3", "Reference counts, and the build without the GIL" },
        { "2.4", "Blocks, pools and arenas" },
    },
    .claims = claims,
    .go_on = {
        "In references.py give Node a __del__. Which verdicts does a collection have for the cycle?",
        "Let __del__ store self in a global. What becomes of the other one?",
        "Set the threshold to 10. How many collections does `import json` start?",
        "Make 200 lists and drop them. How many does the free list keep, and where do the others go?",
        "In survivor.py keep one object in a thousand. How many arenas go back?",
        "In halves.py let three threads call handle(shared) at once, and see `glassbox refs`.",
        "In instances.py set attributes in another order in every instance. What do they take then?",
    },
};
