/* Walk: one pass over a trace, in which it is known at each event what Python code is on its thread's stack, and whose
   code that is: the harness's, or the learner's, or the library's.

       gbx_walk walk;
       for (bool more = gbx_walk_first(&walk, trace); more; more = gbx_walk_next(&walk)) {
           ... walk.at, walk.record, walk.stack->count, walk.stack->foreign ...
       }
       failed = walk.out_of_memory;
       gbx_walk_clear(&walk);

   A function is on the stack from the event after its frame.push up to and including its frame.pop.

   This module must not judge. */

#ifndef GBX_WALK_H
#define GBX_WALK_H

#include "trace.h"

#define GBX_LAB_FOLDER  "/lab/"          /* where the harness stands, inside the sandbox */
#define GBX_WORK_FOLDER "/learner/"         /* and the learner's files */

/* Whose code it is, by its file and by when it was made. */
typedef enum {
    GBX_CODE_HARNESS,            /* of /lab/, from before the learner's code was loaded */
    GBX_CODE_LIBRARY,            /* the standard library's, from before */
    GBX_CODE_LEARNER,            /* of /learner/ */
    GBX_CODE_OTHER               /* anything else, or made later: "<string>"... */
} gbx_whose;

typedef struct {
    uint32_t code;
    gbx_whose whose;
    uint16_t caller;             /* the instruction of the frame below that was at work as it began; GBX_NO_OFFSET */
    uint32_t marks;              /* that were made while it was the topmost */
} gbx_walk_frame;

typedef struct {
    gbx_walk_frame *frames;
    size_t count, room;
    size_t foreign;              /* how many of them are neither the harness's nor the library's */
} gbx_walk_stack;

typedef struct {
    uint32_t process, code;
    gbx_whose whose;
    bool known, late;            /* late: made after the loading began */
} gbx_walk_code;

typedef struct {
    gbx_cursor now;
    const gbx_trace *trace;
    size_t at;
    const gbx_head *record;      /* of the event at `at` */
    uint8_t event;
    uint32_t stream, process;
    uint32_t edge;               /* of a frame's event: its code, and the caller's instruction; private */
    uint16_t edge_caller;
    gbx_walk_stack *stack;       /* of its thread */
    bool loaded;                 /* the learner's code may have run: set by whoever knows (marks.c) */
    bool out_of_memory;
    /* private */
    gbx_walk_stack *stacks;
    size_t stack_count;
    gbx_walk_code *codes;        /* by process and id, open addressing */
    size_t code_room, code_count;
} gbx_walk;

bool gbx_walk_first(gbx_walk *walk, const gbx_trace *trace);
bool gbx_walk_next(gbx_walk *walk);
void gbx_walk_clear(gbx_walk *walk);

/* Whose is the code with this id, of the process of the event that is looked at? */
gbx_whose gbx_walk_whose(gbx_walk *walk, uint32_t code);

/* The topmost frame; NULL: none. */
gbx_walk_frame *gbx_walk_top(const gbx_walk *walk);

#endif
