/* The story of asyncio, inside: what aio.c (the walk, and loops) and aio_tasks.c (tasks, their turns and how
   long they wait for them) share.  Nobody else may include this. */

#ifndef GBX_AIO_INTERNAL_H
#define GBX_AIO_INTERNAL_H

#include "aio.h"
#include "aio_table.h"

#define LOOPS_MAX   64u
#define TASKS_MAX   ((size_t)1 << 18)            /* 64 MiB of them */
#define NESTED_MAX  32u                          /* steps in steps: eager tasks */

/* What is known of a task beside its story. */
typedef struct {
    uint64_t ready_ns, ended_ns;                 /* + 1: 0 is never */
    bool woken_inside;                           /* in its own step: it is ready when that ends */
    bool stepping;
} task_state;

typedef struct {
    uint32_t task;
    uint64_t begin_ns;
    size_t begin;
    gbx_aio_place from;
} open_step;

typedef struct {
    uint32_t loop;                               /* that runs in this thread; GBX_AIO_NONE */
    uint64_t loop_ns;                            /* since when */
    unsigned depth;                              /* of steps; those beyond NESTED_MAX are counted only */
    open_step steps[NESTED_MAX];
    bool running;                                /* a handle that is no step */
    uint64_t run_ns, steps_in_run_ns;
    size_t run;
    uint32_t callback;
} stream_state;

typedef struct {
    const gbx_trace *trace;
    const gbx_aio_options *options;
    gbx_aio_story *story;
    stream_state *streams;
    task_state *states;                          /* as story->tasks */
    uint64_t ready_tasks[LOOPS_MAX];
    size_t task_room;
    gbx_aio_table tasks, loops;
    bool failed;                                 /* out of memory */
} teller;

/* An event, as the functions below need it. */
typedef struct {
    const gbx_head *head;
    uint64_t t_ns;
    size_t at;
    uint32_t process, stream;
    stream_state *thread;
} event;

/* A loop of the story, or NULL; the one at an address, made where there is room: GBX_AIO_NONE. */
gbx_aio_loop_info *gbx_aio_loop_at(teller *t, uint32_t index);
uint32_t gbx_aio_find_loop(teller *t, const event *e, uint64_t address);

/* What becomes of a task, and the turns of a loop: a step, or a handle that is none. */
void gbx_aio_see_birth(teller *t, const event *e);
void gbx_aio_see_task(teller *t, const event *e);
void gbx_aio_begin_run(teller *t, const event *e);
void gbx_aio_end_run(teller *t, const event *e);

#endif
