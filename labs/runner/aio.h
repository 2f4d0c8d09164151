/* The story of asyncio in one trace: what each loop did with its time, what became of each task, how long
   tasks that were woken waited for their turn, and which turns were the longest.

   A turn is what a loop runs without looking at anything else: a step of a task, or a callback.  A task is
   ready from the moment at which it is due (it was made, woken, or yielded) until its step begins.  Both are
   told from the events of tasks, which every loop has whose tasks are asyncio's.  Rounds, the queue and the
   wait for I/O are asyncio's own loop's alone: of another one (uvloop) they are zero, and `rounds_told` says
   so.

   One walk over the trace.  Memory is bounded: so many loops and tasks, the rest is counted and said.
   Everything in the events may be a lie.  It must not print, and must not know what a terminal is. */

#ifndef GBX_AIO_H
#define GBX_AIO_H

#include "error.h"
#include "latency.h"
#include "trace.h"

#define GBX_AIO_NONE  UINT32_MAX

typedef struct {
    uint32_t process, stream;        /* of the thread that it was first seen in */
    uint64_t address;
    uint32_t type;                   /* id; 0 not known */
    uint64_t events;
    uint64_t running_ns;             /* between its beginning and its end, as often as it runs */
    bool rounds_told;                /* it has rounds, and what follows is told */
    uint64_t rounds, select_ns, waits;   /* waits: selects that were not told to return at once */
    uint64_t io_events;              /* that selects returned */
    uint64_t runs;                   /* handles that ran, steps included */
    uint32_t deepest;                /* handles in the queue, at most */
    /* and what every loop tells */
    uint64_t steps, step_ns;
    uint64_t callback_ns;            /* in handles that are no step */
    uint64_t tasks;
    gbx_latency wake_to_run;
} gbx_aio_loop_info;

/* An instruction. */
typedef struct {
    uint32_t code;                   /* 0 not known */
    uint16_t offset;
} gbx_aio_place;

typedef struct {
    uint32_t process, stream;        /* of the thread that made it */
    uint32_t loop;                   /* index; GBX_AIO_NONE */
    uint64_t address;
    size_t first, last;              /* positions of its first and its last event */
    uint32_t name, number;           /* as in gbx_aio_task */
    uint32_t coro;                   /* code; 0 not known */
    gbx_aio_place made;              /* where, and by whom */
    bool born;                       /* its birth is in the trace */
    uint8_t state;                   /* enum AIO_STATE, at the end */
    uint64_t born_ns, done_ns;
    uint64_t steps, step_ns;
    uint64_t longest_ns;             /* step */
    gbx_aio_place longest_from, longest_to;  /* where it began, and where the task waited next */
    uint64_t wakes, ready_ns, ready_most_ns;
    uint64_t awaits_ns;              /* from the end of a step to its wake-up */
    uint32_t asked, delivered;       /* cancellations */
} gbx_aio_task_info;

typedef struct {
    uint64_t begin_ns, ns;
    size_t begin, end;               /* positions */
    uint32_t process, stream;
    uint32_t loop, task;             /* indexes; GBX_AIO_NONE: a callback */
    uint32_t callback;               /* code; 0 not known */
    gbx_aio_place from, to;
    uint64_t waiting;                /* tasks that were ready when it ended, and had to wait for it */
} gbx_aio_turn;

typedef struct {
    uint64_t begin_ns, end_ns;       /* of all events of the class */
    uint64_t events;
    size_t loop_count, task_count, turn_count;
    gbx_aio_loop_info *loops;
    gbx_aio_task_info *tasks;        /* in order of their first events */
    gbx_aio_turn *turns;             /* the longest first */
    uint64_t left_out;               /* tasks that were made, and loops, that found no room here */
} gbx_aio_story;

typedef struct {
    size_t turns;                    /* how many of the longest to keep */
    size_t begin, end;               /* positions to look at; both 0: all */
    bool process_only;               /* only the threads of `process` */
    uint32_t process;
} gbx_aio_options;

/* 0 and a story, which the caller frees; or a negative code.  GBX_ERROR_MISSING: no event of the class. */
int gbx_aio_tell(gbx_aio_story **out, const gbx_trace *trace, const gbx_aio_options *options,
                 gbx_error *error);
void gbx_aio_free(gbx_aio_story *story);         /* NULL is fine */

/* "Task-3", or the name that it was given; "a task" where its birth is not in the trace.  Returns `text`. */
const char *gbx_aio_name(const gbx_trace *trace, const gbx_aio_task_info *task, char *text, size_t size);

/* "fetch", the function of its coroutine; "?". */
const char *gbx_aio_coroutine(const gbx_trace *trace, const gbx_aio_task_info *task);

/* Of a running loop the time that is its own: between turns, and not waiting.  0 where rounds are not told. */
uint64_t gbx_aio_own_ns(const gbx_aio_loop_info *loop);

#endif
