/* Glassbox: the hook macros of asyncio's tasks and futures in C, and of the calls by which a loop waits.

   The rules of pycore_glassbox.h hold: a macro is one line of an upstream file; off, it tests one word and
   evaluates none of its arguments; compiled out, it is nothing.  What the hooks record is in
   Python/glassbox_aio.c.

   Tasks and futures in Python, and the loop, have no line of ours: their functions are recognized as they
   are entered and left (Python/glassbox_roles.c), and what they do is put into the same words. */

#ifndef Py_INTERNAL_GLASSBOX_AIO_H
#define Py_INTERNAL_GLASSBOX_AIO_H
#ifdef __cplusplus
extern "C" {
#endif

#include "pycore_glassbox.h"        // GLASSBOX_HOOK()

/* A task or a future as its structure has it; what is not there is NULL. */
typedef struct {
    PyObject *self;
    PyObject *loop;
    PyObject *coro;               // tasks
    PyObject *name;               // tasks: a str, or the number of a name that was not asked for yet
    PyObject *waiter;             // tasks: the future that is awaited
    PyObject *value;              // result or exception
    uint32_t requests;            // tasks: to cancel it
    uint8_t state;                // enum AIO_STATE
    uint8_t impl;                 // enum AIO_IMPL
    bool is_task;
} _PyGlassbox_future;

PyAPI_FUNC(void) _PyGlassbox_AioLoop(PyObject *loop);
PyAPI_FUNC(void) _PyGlassbox_AioTaskNew(const _PyGlassbox_future *);
PyAPI_FUNC(void) _PyGlassbox_AioFutureNew(const _PyGlassbox_future *);
PyAPI_FUNC(void) _PyGlassbox_AioWoken(PyObject *task, PyObject *by);
PyAPI_FUNC(void) _PyGlassbox_AioEager(PyObject *task);
PyAPI_FUNC(void) _PyGlassbox_AioBad(PyObject *task, PyObject *yielded);
PyAPI_FUNC(void) _PyGlassbox_AioStepBegin(const _PyGlassbox_future *, PyObject *exc, bool noted);
PyAPI_FUNC(void) _PyGlassbox_AioStepEnd(const _PyGlassbox_future *, bool failed);
PyAPI_FUNC(void) _PyGlassbox_AioCancel(const _PyGlassbox_future *);
PyAPI_FUNC(void) _PyGlassbox_AioUncancel(const _PyGlassbox_future *);
PyAPI_FUNC(void) _PyGlassbox_AioDone(const _PyGlassbox_future *, PyObject *first, PyObject *callbacks);
PyAPI_FUNC(void) _PyGlassbox_AioCallback(PyObject *future, PyObject *callback);
PyAPI_FUNC(void) _PyGlassbox_AioGone(const _PyGlassbox_future *);
PyAPI_FUNC(void) _PyGlassbox_AioSelecting(int64_t timeout);
PyAPI_FUNC(void) _PyGlassbox_AioSelected(int by, int events);

/* What Modules/_asynciomodule.c has in its structures, as above.  A task has all that a future has. */
#define GLASSBOX_AIO_FUTURE(FUT, IS_TASK) \
    &(_PyGlassbox_future){ \
        .self = (PyObject *)(FUT), .loop = ((FutureObj *)(FUT))->fut_loop, .is_task = (IS_TASK), \
        .value = ((FutureObj *)(FUT))->fut_exception != NULL ? ((FutureObj *)(FUT))->fut_exception \
            : ((FutureObj *)(FUT))->fut_result, \
        .state = ((FutureObj *)(FUT))->fut_state == STATE_PENDING ? GBX_AIO_STATE_PENDING \
            : ((FutureObj *)(FUT))->fut_state == STATE_CANCELLED ? GBX_AIO_STATE_CANCELLED \
            : ((FutureObj *)(FUT))->fut_exception != NULL ? GBX_AIO_STATE_EXCEPTION : GBX_AIO_STATE_RESULT }
#define GLASSBOX_AIO_TASK(TASK) \
    &(_PyGlassbox_future){ \
        .self = (PyObject *)(TASK), .loop = (TASK)->task_loop, .is_task = true, .coro = (TASK)->task_coro, \
        .name = (TASK)->task_name, .waiter = (TASK)->task_fut_waiter, \
        .value = (TASK)->task_exception != NULL ? (TASK)->task_exception : (TASK)->task_result, \
        .requests = (uint32_t)(TASK)->task_num_cancels_requested, \
        .state = (TASK)->task_state == STATE_PENDING ? GBX_AIO_STATE_PENDING \
            : (TASK)->task_state == STATE_CANCELLED ? GBX_AIO_STATE_CANCELLED \
            : (TASK)->task_exception != NULL ? GBX_AIO_STATE_EXCEPTION : GBX_AIO_STATE_RESULT }

#define GLASSBOX_AIO_LOOP(LOOP)  GLASSBOX_HOOK(AIO, _PyGlassbox_AioLoop(LOOP))
#define GLASSBOX_AIO_TASK_NEW(TASK) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioTaskNew(GLASSBOX_AIO_TASK(TASK)))
/* Brackets what initializes it, and has its value: 0 where that went well. */
#if Py_GLASSBOX
#  define GLASSBOX_AIO_FUTURE_NEW(FUT, EXPR) \
    __extension__ ({ \
        int glassbox_error = (EXPR); \
        GLASSBOX_HOOK(AIO, if (glassbox_error == 0) { \
                               _PyGlassbox_AioFutureNew(GLASSBOX_AIO_FUTURE((FUT), false)); \
                           }); \
        glassbox_error; })
#else
#  define GLASSBOX_AIO_FUTURE_NEW(FUT, EXPR)  (EXPR)
#endif
/* Notes for the step that follows, and for the end of the one that runs. */
#define GLASSBOX_AIO_WOKEN(TASK, BY) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioWoken((PyObject *)(TASK), (BY)))
#define GLASSBOX_AIO_EAGER(TASK) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioEager((PyObject *)(TASK)))
#define GLASSBOX_AIO_BAD(TASK, YIELDED) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioBad((PyObject *)(TASK), (YIELDED)))
/* A step may raise before it has begun: so it is noted in the task that it has. */
#if Py_GLASSBOX
#  define GLASSBOX_AIO_STEP_FIELD  unsigned task_glassbox_step: 1;
#  define GLASSBOX_AIO_STEP_BEGIN(TASK, EXC, NOTED) \
    GLASSBOX_HOOK(AIO, (TASK)->task_glassbox_step = 1; \
                  _PyGlassbox_AioStepBegin(GLASSBOX_AIO_TASK(TASK), (EXC), (NOTED)))
#  define GLASSBOX_AIO_STEP_END(TASK, RESULT) \
    GLASSBOX_HOOK(AIO, if ((TASK)->task_glassbox_step) { \
                           (TASK)->task_glassbox_step = 0; \
                           _PyGlassbox_AioStepEnd(GLASSBOX_AIO_TASK(TASK), (RESULT) == NULL); \
                       })
#else
#  define GLASSBOX_AIO_STEP_FIELD
#  define GLASSBOX_AIO_STEP_BEGIN(TASK, EXC, NOTED)  ((void)0)
#  define GLASSBOX_AIO_STEP_END(TASK, RESULT)        ((void)0)
#endif
#define GLASSBOX_AIO_CANCEL(TASK) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioCancel(GLASSBOX_AIO_TASK(TASK)))
#define GLASSBOX_AIO_UNCANCEL(TASK) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioUncancel(GLASSBOX_AIO_TASK(TASK)))
#define GLASSBOX_AIO_DONE(FUT, IS_TASK) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioDone(GLASSBOX_AIO_FUTURE((FUT), (IS_TASK)), (FUT)->fut_callback0, \
                                           (FUT)->fut_callbacks))
#define GLASSBOX_AIO_CALLBACK(FUT, CALLBACK) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioCallback((PyObject *)(FUT), (CALLBACK)))
#define GLASSBOX_AIO_GONE(FUT, IS_TASK) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioGone(GLASSBOX_AIO_FUTURE((FUT), (IS_TASK))))

/* Around the waiting of select(), poll() and epoll_wait(); recorded where a loop does it.  TIMEOUT in
   nanoseconds, negative: for ever.  errno is what the wait left there. */
#define GLASSBOX_AIO_SELECTING(TIMEOUT) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioSelecting(TIMEOUT))
#define GLASSBOX_AIO_SELECTED(BY, EVENTS) \
    GLASSBOX_HOOK(AIO, _PyGlassbox_AioSelected(GBX_AIO_SELECT_##BY, (EVENTS)))

/* --- shared by Python/glassbox_aio.c, _loop.c and _roles.c --- */

/* The code of a function or a bound method; 0: of none. */
extern uint32_t _PyGlassbox_AioCallbackCode(PyObject *callback);
/* The task whose step or wake-up this is; NULL: it is another callback. */
extern PyObject *_PyGlassbox_AioCallbackTask(PyObject *callback);

/* What a handle holds. */
typedef struct {
    PyObject *self;
    PyObject *callback;           // NULL: none, or not known
    PyObject *when;               // timers: a float
} _PyGlassbox_handle;

extern void _PyGlassbox_AioSchedule(int event, int how, const _PyGlassbox_handle *, uint32_t waiting);
extern void _PyGlassbox_AioReady(PyObject *handle, uint32_t ready);
extern void _PyGlassbox_AioRunBegin(const _PyGlassbox_handle *);
extern void _PyGlassbox_AioRunEnd(PyObject *handle, bool ok);
extern void _PyGlassbox_AioHandleCancel(PyObject *handle);
extern void _PyGlassbox_AioIteration(bool begins, PyObject *loop, uint32_t ready, uint32_t timers);

/* Is this a CancelledError of asyncio's?  NULL is none. */
extern bool _PyGlassbox_AioIsCancelled(PyObject *exc);

/* Of all code objects that have an id: might this one play a role?  The answer is yes for those that do,
   and for others whose id ends in the same bits. */
#define GBX_ROLE_SLOTS 4096u
extern uint8_t _PyGlassbox_role_slots[GBX_ROLE_SLOTS];
extern void _PyGlassbox_RolesReset(void);
extern void _PyGlassbox_RoleNote(uint32_t id, PyCodeObject *code);
extern void _PyGlassbox_RoleEnter(struct _PyInterpreterFrame *frame);
extern void _PyGlassbox_RoleLeave(struct _PyInterpreterFrame *frame, bool returns);
/* Is this the generator by which a future in Python is awaited?  Futures in C have none. */
extern bool _PyGlassbox_RoleAwaits(PyCodeObject *code);
/* The task whose wake-up, or whose step, a bound method is, if it is one of Lib/asyncio/tasks.py; NULL. */
extern PyObject *_PyGlassbox_RoleWakes(PyObject *callback);
extern PyObject *_PyGlassbox_RoleSteps(PyObject *callback);
/* --- reading (Python/glassbox_read.c) --- */

/* What a frame's local variable holds, for as long as the frame is what it is; NULL: nothing. */
extern PyObject *_PyGlassbox_ReadLocal(const struct _PyInterpreterFrame *frame, const char *name);
/* A future or a task in Python, to be forgotten when it was used. */
extern _PyGlassbox_future _PyGlassbox_ReadFuture(PyObject *self);
extern void _PyGlassbox_ForgetFuture(const _PyGlassbox_future *it);
extern bool _PyGlassbox_ReadIsDone(PyObject *future);
extern bool _PyGlassbox_ReadMustCancel(PyObject *task);
extern bool _PyGlassbox_ReadHandleCancelled(PyObject *handle);
/* These two give what is to be let go of by _PyGlassbox_ReadEnd(); NULL is fine. */
extern PyObject *_PyGlassbox_ReadCallbacks(PyObject *future);
extern PyObject *_PyGlassbox_ReadHandleCallback(PyObject *handle);
extern void _PyGlassbox_ReadEnd(PyObject *value);
extern uint32_t _PyGlassbox_ReadReady(PyObject *loop);         // handles in its queue
extern uint32_t _PyGlassbox_ReadTimers(PyObject *loop);        // and in its heap

/* The innermost function outside asyncio, and the offset in it; see glassbox_format.h. */
extern uint32_t _PyGlassbox_AioCaller(uint16_t *offset);

#ifdef __cplusplus
}
#endif
#endif /* !Py_INTERNAL_GLASSBOX_AIO_H */
