/* The checks of asyncio; see check.h.

   They need the whole story: of a process that lost events, whose file is cut, whose threads have no common
   clock or whose classes changed, nothing is checked.  A recording may begin in mid-run: of a task, a future
   or a handle whose birth is not in it nothing is asked, and what ends without a beginning is wrong only
   where frames say that the thread's beginning is there.

   What lives is kept by address, in a table that only grows: an address that is used again is somebody
   else.  When it is full, objects are forgotten as they come, and not asked about. */

#include "check_internal.h"

#include <inttypes.h>
#include <stdlib.h>

#define OBJECTS_MAX ((size_t)1 << 20)            /* 40 MiB, of one process */

enum { NOBODY, TASK, FUTURE, HANDLE };           /* what is at an address; NOBODY: not known, or gone */

typedef struct {
    uint64_t address;
    uint64_t other;              /* tasks: what is awaited, or who woke it */
    uint8_t what;
    uint8_t state;               /* enum AIO_STATE */
    bool stepping;
    bool due;                    /* tasks: a step is due; handles: a run is */
    bool woken;                  /* tasks: by `other` */
    bool awaits;                 /* tasks: `other` */
    bool repeats;                /* handles: it waits for I/O, and runs as often as that comes */
    bool cancelled;
} object;

struct gbx_aio_objects {
    object *slots;               /* a power of two of them; address 0: free */
    size_t room, count;
};

/* ------------------------------------------------------------------ the table */

static object *
find_slot(const gbx_aio_objects *of, uint64_t address)
{
    size_t at = (size_t)(address * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (of->room - 1);
    while (of->slots[at].address != 0 && of->slots[at].address != address) {
        at = (at + 1) & (of->room - 1);
    }
    return &of->slots[at];
}

static bool
grow(gbx_aio_objects *of)
{
    gbx_aio_objects larger = { .room = of->room == 0 ? 256 : of->room * 2, .count = of->count };
    larger.slots = larger.room > OBJECTS_MAX ? NULL : calloc(larger.room, sizeof(*larger.slots));
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < of->room; i++) {
        if (of->slots[i].address != 0) {
            *find_slot(&larger, of->slots[i].address) = of->slots[i];
        }
    }
    free(of->slots);
    *of = larger;
    return true;
}

/* Whoever is at an address; NULL: the table is full, or the address is none. */
static object *
at_address(process_state *process, uint64_t address)
{
    gbx_aio_objects *of = process->aio;
    if (of == NULL) {
        of = process->aio = calloc(1, sizeof(*of));
    }
    if (of == NULL || address == 0 || (of->count * 2 >= of->room && !grow(of))) {
        return NULL;
    }
    object *it = find_slot(of, address);
    of->count += it->address == 0;
    it->address = address;
    return it;
}

/* The same, where it is known to be this. */
static object *
known(process_state *process, uint64_t address, uint8_t what)
{
    object *it = at_address(process, address);
    return it != NULL && (it->what == what || (what == FUTURE && it->what == TASK)) ? it : NULL;
}

static void
be_born(process_state *process, uint64_t address, object as)
{
    object *it = at_address(process, address);
    if (it != NULL) {
        as.address = address;
        *it = as;
    }
}

void
gbx_checker_aio_free(gbx_aio_objects *of)
{
    if (of != NULL) {
        free(of->slots);
        free(of);
    }
}

/* ----------------------------------------------------------------- what nests */

/* Where a thread's beginning is in the trace, by its frames, nothing ends that has not begun. */
static bool
has_floor(const gbx_checker *c, const thread_state *thread)
{
    const gbx_process *of = gbx_trace_process(c->trace, thread->process);
    return thread->floor && (of->header->first_mask >> GBX_CLASS_FRAME & 1) != 0;
}

/* What ends is what began last; 0 is a record that does not say what ended. */
static void
end_of(gbx_checker *c, const thread_state *thread, gbx_stack *stack, uint64_t ended, int which,
       const char *word, size_t at)
{
    uint64_t begun = 0;
    gbx_popped popped = gbx_stack_pop(stack, &begun);
    c->result[which].looked_at += popped != GBX_FORGOTTEN;
    if (popped == GBX_BELOW && has_floor(c, thread)) {
        gbx_checker_violate(c, which, at, "%s %#" PRIx64 " ends, none was begun", word, ended);
    }
    else if (popped == GBX_POPPED && begun != ended && ended != 0) {
        gbx_checker_violate(c, which, at, "%s %#" PRIx64 " ends, %#" PRIx64 " was begun last", word, ended,
                            begun);
    }
}

/* ---------------------------------------------------------------------- steps */

/* A first step, one after a bare yield, or one for which a future has woken the task: that future. */
static void
begin_step(gbx_checker *c, thread_state *thread, const gbx_aio_step *step, size_t at)
{
    object *task = known(thread->of, step->task, TASK);
    gbx_stack_push(&thread->steps, step->task, &c->budget);
    thread->stepped = step->h.flags == GBX_AIO_SENT_CANCELLED ? step->task : 0;
    if (task == NULL) {
        return;
    }
    c->result[GBX_INVARIANT_STEPS].looked_at++;
    if (task->stepping || task->state != GBX_AIO_STATE_PENDING) {
        gbx_checker_violate(c, GBX_INVARIANT_STEPS, at, "task %#" PRIx64 " steps, and it %s", step->task,
                            task->stepping ? "does already" : "is done");
    }
    else if (!task->due || (step->other != 0 && (!task->woken || task->other != step->other))) {
        gbx_checker_violate(c, GBX_INVARIANT_STEPS, at, "task %#" PRIx64 " steps%s", step->task,
                            task->due ? ", and another future woke it" : ", and nothing woke it");
    }
    task->stepping = true;
    task->due = task->woken = task->awaits = false;
}

static uint8_t
state_after(uint8_t how)
{
    return how == GBX_AIO_STEP_RESULT ? GBX_AIO_STATE_RESULT
        : how == GBX_AIO_STEP_EXCEPTION ? GBX_AIO_STATE_EXCEPTION
        : how == GBX_AIO_STEP_CANCELLED ? GBX_AIO_STATE_CANCELLED : GBX_AIO_STATE_PENDING;
}

static void
end_step(gbx_checker *c, thread_state *thread, const gbx_aio_step *step, size_t at)
{
    object *task = known(thread->of, step->task, TASK);
    end_of(c, thread, &thread->steps, step->task, GBX_INVARIANT_STEPS, "a step of task", at);
    if (task == NULL) {
        return;
    }
    c->result[GBX_INVARIANT_ENDS].looked_at += task->stepping;
    if (task->stepping && task->state != state_after(step->h.flags)) {
        gbx_checker_violate(c, GBX_INVARIANT_ENDS, at, "task %#" PRIx64 " ends a step as %s, and is %s",
                            step->task, gbx_trace_label(GBX_ENUM_AIO_STEP, step->h.flags),
                            gbx_trace_label(GBX_ENUM_AIO_STATE, task->state));
    }
    task->stepping = false;
    if (step->h.flags == GBX_AIO_STEP_AWAITS && !task->woken) {      /* it may be done by now */
        task->awaits = true;
        task->other = step->other;
    }
    task->due = task->due || step->h.flags == GBX_AIO_STEP_YIELDS || step->h.flags == GBX_AIO_STEP_BAD;
}

/* What wakes a task is what it awaits; it is told so before the step that begins to await has ended, too. */
static void
check_wakeup(gbx_checker *c, thread_state *thread, const gbx_aio_wakeup *wakeup, size_t at)
{
    object *task = known(thread->of, wakeup->task, TASK);
    if (task == NULL) {
        return;
    }
    c->result[GBX_INVARIANT_STEPS].looked_at++;
    if (!task->stepping && (!task->awaits || task->other != wakeup->future)) {
        gbx_checker_violate(c, GBX_INVARIANT_STEPS, at, "task %#" PRIx64 " is woken by %#" PRIx64
                            ", which it does not await", wakeup->task, wakeup->future);
    }
    task->due = task->woken = true;
    task->awaits = false;
    task->other = wakeup->future;
}

static void
check_delivery(gbx_checker *c, thread_state *thread, const gbx_aio_delivery *delivery, size_t at)
{
    c->result[GBX_INVARIANT_STEPS].looked_at++;
    if (thread->stepped != delivery->task) {
        gbx_checker_violate(c, GBX_INVARIANT_STEPS, at, "task %#" PRIx64 " is cancelled outside a step",
                            delivery->task);
    }
}

/* ------------------------------------------------------------ tasks and futures */

static void
check_done(gbx_checker *c, thread_state *thread, const gbx_aio_done *done, size_t at)
{
    object *it = known(thread->of, done->future, FUTURE);
    if (it == NULL) {
        return;
    }
    c->result[GBX_INVARIANT_ENDS].looked_at++;
    if (it->state != GBX_AIO_STATE_PENDING || done->h.flags == GBX_AIO_STATE_PENDING) {
        gbx_checker_violate(c, GBX_INVARIANT_ENDS, at, "future %#" PRIx64 " is done (%s), and it was %s",
                            done->future, gbx_trace_label(GBX_ENUM_AIO_STATE, done->h.flags),
                            gbx_trace_label(GBX_ENUM_AIO_STATE, it->state));
    }
    else if (it->what == TASK && !it->stepping) {
        gbx_checker_violate(c, GBX_INVARIANT_ENDS, at, "task %#" PRIx64 " is done outside its steps",
                            done->future);
    }
    it->state = done->h.flags;
}

static void
check_gone(gbx_checker *c, thread_state *thread, const gbx_aio_gone *gone, size_t at)
{
    object *it = known(thread->of, gone->future, FUTURE);
    if (it == NULL) {
        return;
    }
    c->result[GBX_INVARIANT_ENDS].looked_at++;
    if ((it->state == GBX_AIO_STATE_PENDING) != (gone->h.flags != 0) || it->stepping) {
        gbx_checker_violate(c, GBX_INVARIANT_ENDS, at, "future %#" PRIx64 " is gone%s, and it was %s",
                            gone->future, gone->h.flags != 0 ? " while it waits" : "",
                            it->stepping ? "stepping" : gbx_trace_label(GBX_ENUM_AIO_STATE, it->state));
    }
    it->what = NOBODY;
}

/* -------------------------------------------------------------------- handles */

static void
begin_run(gbx_checker *c, thread_state *thread, const gbx_aio_run *run, size_t at)
{
    object *handle = known(thread->of, run->handle, HANDLE);
    gbx_stack_push(&thread->runs, run->handle, &c->budget);
    if (handle == NULL) {
        return;
    }
    c->result[GBX_INVARIANT_HANDLES].looked_at++;
    if (!handle->due || handle->cancelled) {
        gbx_checker_violate(c, GBX_INVARIANT_HANDLES, at, "handle %#" PRIx64 " runs, and it %s", run->handle,
                            handle->cancelled ? "was cancelled" : "has run");
    }
    handle->due = handle->repeats;
}

static void
check_iteration(gbx_checker *c, thread_state *thread, const gbx_aio_iteration *iteration, size_t at)
{
    if (iteration->h.event == GBX_EV_AIO_ITERATION_BEGIN) {
        gbx_stack_push(&thread->iterations, iteration->loop, &c->budget);
        return;
    }
    end_of(c, thread, &thread->iterations, iteration->loop, GBX_INVARIANT_ITERATIONS, "an iteration of loop", at);
}

static void
check_handle(gbx_checker *c, thread_state *thread, const gbx_head *head, size_t at)
{
    switch (head->event) {
        case GBX_EV_AIO_CALL_SOON: case GBX_EV_AIO_CALL_AT:
            be_born(thread->of, ((const gbx_aio_schedule *)(const void *)head)->handle,
                    (object){ .what = HANDLE, .due = true });
            break;
        case GBX_EV_AIO_READY:
            be_born(thread->of, ((const gbx_aio_ready *)(const void *)head)->handle,
                    (object){ .what = HANDLE, .due = true, .repeats = true });
            break;
        case GBX_EV_AIO_HANDLE_CANCEL: {
            object *it = known(thread->of, ((const gbx_aio_handle *)(const void *)head)->handle, HANDLE);
            if (it != NULL) {
                it->cancelled = true;
            }
            break;
        }
        case GBX_EV_AIO_RUN_BEGIN:
            begin_run(c, thread, (const gbx_aio_run *)(const void *)head, at);
            break;
        case GBX_EV_AIO_RUN_END:
            end_of(c, thread, &thread->runs, ((const gbx_aio_run_end *)(const void *)head)->handle,
                   GBX_INVARIANT_HANDLES, "a run of handle", at);
            break;
        case GBX_EV_AIO_SELECT:
            c->result[GBX_INVARIANT_ITERATIONS].looked_at++;
            if (thread->iterations.depth == 0 && has_floor(c, thread)) {
                gbx_checker_violate(c, GBX_INVARIANT_ITERATIONS, at, "a loop waits outside its iterations");
            }
            break;
        default:
            check_iteration(c, thread, (const gbx_aio_iteration *)(const void *)head, at);
            break;
    }
}

void
gbx_check_aio(gbx_checker *c, thread_state *thread, const gbx_head *head, size_t at)
{
    if (!thread->of->aio_whole) {
        return;
    }
    switch (head->event) {
        case GBX_EV_AIO_TASK_NEW:
            be_born(thread->of, ((const gbx_aio_task *)(const void *)head)->task,
                    (object){ .what = TASK, .due = true });
            break;
        case GBX_EV_AIO_FUTURE_NEW:
            be_born(thread->of, ((const gbx_aio_future *)(const void *)head)->future,
                    (object){ .what = FUTURE });
            break;
        case GBX_EV_AIO_STEP_BEGIN:
            begin_step(c, thread, (const gbx_aio_step *)(const void *)head, at);
            break;
        case GBX_EV_AIO_STEP_END:
            end_step(c, thread, (const gbx_aio_step *)(const void *)head, at);
            break;
        case GBX_EV_AIO_DELIVERED:
            check_delivery(c, thread, (const gbx_aio_delivery *)(const void *)head, at);
            break;
        case GBX_EV_AIO_WAKEUP:
            check_wakeup(c, thread, (const gbx_aio_wakeup *)(const void *)head, at);
            break;
        case GBX_EV_AIO_DONE:
            check_done(c, thread, (const gbx_aio_done *)(const void *)head, at);
            break;
        case GBX_EV_AIO_GONE:
            check_gone(c, thread, (const gbx_aio_gone *)(const void *)head, at);
            break;
        case GBX_EV_AIO_LOOP: case GBX_EV_AIO_CANCEL: case GBX_EV_AIO_UNCANCEL: case GBX_EV_AIO_CALLBACK:
            break;
        default:
            check_handle(c, thread, head, at);
            break;
    }
}
