/* Glassbox aio: what is recorded of asyncio's tasks and futures.  (Handles and loops: glassbox_loop.c.)

   The same functions serve both implementations: the C one hands in what its structures hold, by the hooks
   of pycore_glassbox_aio.h, and what runs in Python is read from its frames and objects by
   glassbox_roles.c.  So the two give the same sequence of events.

   What one hook finds out and a later one of the same thread tells lies in the thread's stream (aio_*); each
   note says of which task it is, since the step that it was for may never begin.

   A hook must not look up attributes: that may run code.  It reads what lies in structures. */

#include "Python.h"
#include "pycore_frame.h"          // _PyFrame_StackPeek()
#include "pycore_genobject.h"      // _PyCoroWrapper_Type
#include "pycore_glassbox_aio.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_where.h" // frame_offset()
#include "pycore_long.h"           // _PyLong_IsNonNegativeCompact()
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

#define CHAIN 1000                 // coroutines to follow inward: one may await itself

/* ----------------------------------------------------------- who is it about */

/* The generator or coroutine in an object; NULL where it is none of Python's. */
static PyGenObject *
generator_in(PyObject *object)
{
    if (object == NULL) {
        return NULL;
    }
    if (Py_IS_TYPE(object, &_PyCoroWrapper_Type)) {
        object = ((PyObject **)(object + 1))[0];         /* PyCoroWrapper: cw_coroutine */
    }
    else if (Py_IS_TYPE(object, &_PyAsyncGenASend_Type) || Py_IS_TYPE(object, &_PyAsyncGenAThrow_Type)) {
        object = ((PyObject **)(object + 1))[0];         /* ags_gen, agt_gen */
    }
    bool is_one = object != NULL && (PyCoro_CheckExact(object) || PyGen_CheckExact(object) ||
                                     PyAsyncGen_CheckExact(object));
    return is_one ? (PyGenObject *)object : NULL;
}

static uint32_t
code_of_coroutine(PyObject *coro)
{
    PyGenObject *gen = generator_in(coro);
    PyObject *executable = gen == NULL ? NULL : ((_PyInterpreterFrame *)gen->gi_iframe)->f_executable;
    return executable != NULL && PyCode_Check(executable) ? gbx_code_id((PyCodeObject *)executable) : 0;
}

/* Where a suspended coroutine waits: in the innermost one that it awaits by; 0: it runs, or has ended. */
static uint32_t
waits_at(PyObject *coro, uint16_t *offset)
{
    uint32_t code = 0;
    *offset = GBX_NO_OFFSET;
    for (int i = 0; i < CHAIN; i++) {
        PyGenObject *gen = generator_in(coro);
        if (gen == NULL || (gen->gi_frame_state != FRAME_CREATED && !FRAME_STATE_SUSPENDED(gen->gi_frame_state))) {
            break;
        }
        _PyInterpreterFrame *frame = (_PyInterpreterFrame *)gen->gi_iframe;
        PyCodeObject *executable = frame_code(frame);
        if (executable == NULL || _PyGlassbox_RoleAwaits(executable)) {
            break;
        }
        code = gbx_code_id(executable);
        *offset = frame_offset(frame);
        coro = gen->gi_frame_state == FRAME_SUSPENDED_YIELD_FROM ? _PyFrame_StackPeek(frame) : NULL;
    }
    return code;
}

uint32_t
_PyGlassbox_AioCallbackCode(PyObject *callback)
{
    if (callback != NULL && PyMethod_Check(callback)) {
        callback = PyMethod_GET_FUNCTION(callback);
    }
    return callback != NULL && PyFunction_Check(callback)
        ? gbx_code_id((PyCodeObject *)PyFunction_GET_CODE(callback)) : 0;
}

/* Is this a task's wake-up, in C or in Python?  Then that task. */
static PyObject *
woken_by(PyObject *callback)
{
    if (callback != NULL && PyCFunction_CheckExact(callback) &&
        strcmp(((PyCFunctionObject *)callback)->m_ml->ml_name, "task_wakeup") == 0) {
        return PyCFunction_GET_SELF(callback);
    }
    return _PyGlassbox_RoleWakes(callback);
}

/* The task whose step or wake-up this is; NULL: it is another callback. */
PyObject *
_PyGlassbox_AioCallbackTask(PyObject *callback)
{
    if (callback != NULL && strcmp(Py_TYPE(callback)->tp_name, "_asyncio.TaskStepMethWrapper") == 0) {
        return ((PyObject **)(callback + 1))[0];         /* sw_task */
    }
    PyObject *task = woken_by(callback);
    return task != NULL ? task : _PyGlassbox_RoleSteps(callback);
}

/* A class CancelledError that is asyncio's: concurrent.futures has one that is an Exception. */
bool
_PyGlassbox_AioIsCancelled(PyObject *exc)
{
    if (exc == NULL) {
        return false;
    }
    for (PyTypeObject *type = Py_TYPE(exc); type != NULL; type = type->tp_base) {
        if (type->tp_base == (PyTypeObject *)PyExc_BaseException && strcmp(type->tp_name, "CancelledError") == 0) {
            return true;
        }
    }
    return false;
}

/* "Task-12", or the 12 of a name that was not asked for yet: the number alone.  Names that were given are
   strings of the file. */
static uint32_t
name_of_task(PyObject *name, uint32_t *number)
{
    *number = 0;
    if (name != NULL && PyLong_CheckExact(name)) {
        *number = _PyLong_IsNonNegativeCompact((PyLongObject *)name)
            ? (uint32_t)_PyLong_CompactValue((PyLongObject *)name) : 0;
        return 0;
    }
    if (name == NULL || !PyUnicode_CheckExact(name)) {
        return 0;
    }
    uint64_t value = 0;
    Py_ssize_t length = PyUnicode_GET_LENGTH(name);
    bool plain = PyUnicode_IS_ASCII(name) && length > 5 && length < 15 &&
        memcmp(PyUnicode_DATA(name), "Task-", 5) == 0;
    for (Py_ssize_t i = 5; plain && i < length; i++) {
        Py_UCS4 digit = PyUnicode_READ_CHAR(name, i);
        plain = digit >= (i == 5 ? '1' : '0') && digit <= '9';
        value = value * 10 + (digit - '0');
    }
    if (plain && value <= UINT32_MAX) {
        *number = (uint32_t)value;
        return 0;
    }
    return _PyGlassbox_InternUnicode(name);
}

/* --------------------------------------------------------------- being born */

void
_PyGlassbox_AioLoop(PyObject *loop)
{
    uint32_t dt;
    bool runs = loop != NULL && loop != Py_None;
    gbx_aio_loop *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_aio_loop){ .type = runs ? gbx_type_of(loop) : 0, .loop = runs ? gbx_address(loop) : 0 };
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_LOOP, runs, 0, dt);
    }
}

void
_PyGlassbox_AioTaskNew(const _PyGlassbox_future *task)
{
    uint32_t dt, number, name = name_of_task(task->name, &number);
    uint16_t offset;
    uint32_t code = _PyGlassbox_AioCaller(&offset);
    gbx_aio_task *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_aio_task){
        .name = name, .number = number, .coro = code_of_coroutine(task->coro), .code = code,
        .type = gbx_type_of(task->self), .task = gbx_address(task->self), .loop = gbx_address(task->loop),
    };
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_TASK_NEW, task->impl, offset, dt);
    }
}

void
_PyGlassbox_AioFutureNew(const _PyGlassbox_future *future)
{
    uint32_t dt;
    uint16_t offset;
    uint32_t code = _PyGlassbox_AioCaller(&offset);
    gbx_aio_future *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_aio_future){
        .code = code, .type = gbx_type_of(future->self), .future = gbx_address(future->self),
        .loop = gbx_address(future->loop),
    };
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_FUTURE_NEW, future->impl, offset, dt);
    }
}

void
_PyGlassbox_AioGone(const _PyGlassbox_future *future)
{
    uint32_t dt;
    gbx_aio_gone *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->future = gbx_address(future->self);
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_GONE, future->state == GBX_AIO_STATE_PENDING, 0, dt);
    }
}

/* -------------------------------------------------------------------- steps */

void
_PyGlassbox_AioWoken(PyObject *task, PyObject *by)
{
    _PyGlassbox_stream.aio_woken = task;
    _PyGlassbox_stream.aio_woken_by = by;
}

void
_PyGlassbox_AioEager(PyObject *task)
{
    _PyGlassbox_stream.aio_eager = task;
}

void
_PyGlassbox_AioBad(PyObject *task, PyObject *yielded)
{
    _PyGlassbox_stream.aio_bad = task;
    _PyGlassbox_stream.aio_bad_type = gbx_type_of(yielded);
}

static void
record_delivery(const _PyGlassbox_future *task, bool noted)
{
    uint32_t dt;
    gbx_aio_delivery *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        *record = (gbx_aio_delivery){ .requests = task->requests, .task = gbx_address(task->self) };
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_DELIVERED,
                   noted ? GBX_AIO_DELIVERY_NOTED : GBX_AIO_DELIVERY_AWAITED, 0, dt);
    }
}

/* `exc` is thrown, if there is one; `noted`: it was made for a request that the task had kept. */
void
_PyGlassbox_AioStepBegin(const _PyGlassbox_future *task, PyObject *exc, bool noted)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    uint32_t dt;
    uint16_t offset;
    uint32_t code = waits_at(task->coro, &offset);
    bool cancels = _PyGlassbox_AioIsCancelled(exc);
    uint8_t sent = cancels ? GBX_AIO_SENT_CANCELLED : exc != NULL ? GBX_AIO_SENT_EXCEPTION
        : stream->aio_eager == task->self ? GBX_AIO_SENT_EAGER : GBX_AIO_SENT_NONE;
    const PyObject *by = stream->aio_woken == task->self ? stream->aio_woken_by : NULL;
    stream->aio_eager = stream->aio_woken = stream->aio_bad = NULL;
    gbx_aio_step *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_aio_step){ .code = code, .type = gbx_type_of(exc), .task = gbx_address(task->self),
                              .other = gbx_address(by) };
    if (!gbx_still_recording()) {
        return;
    }
    gbx_commit(record, sizeof(*record), GBX_EV_AIO_STEP_BEGIN, sent, offset, dt);
    if (cancels) {
        record_delivery(task, noted);
    }
}

static uint8_t
end_of_step(const _PyGlassbox_future *task, bool failed, bool bad)
{
    switch (task->state) {
        case GBX_AIO_STATE_RESULT:
            return GBX_AIO_STEP_RESULT;
        case GBX_AIO_STATE_EXCEPTION:
            return GBX_AIO_STEP_EXCEPTION;
        case GBX_AIO_STATE_CANCELLED:
            return GBX_AIO_STEP_CANCELLED;
        default:
            return failed ? GBX_AIO_STEP_FAILED : task->waiter != NULL ? GBX_AIO_STEP_AWAITS
                : bad ? GBX_AIO_STEP_BAD : GBX_AIO_STEP_YIELDS;
    }
}

void
_PyGlassbox_AioStepEnd(const _PyGlassbox_future *task, bool failed)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    uint32_t dt;
    uint16_t offset;
    uint32_t code = waits_at(task->coro, &offset);
    bool bad = stream->aio_bad == task->self;
    uint8_t how = end_of_step(task, failed, bad);
    PyObject *about = how == GBX_AIO_STEP_AWAITS ? task->waiter
        : how == GBX_AIO_STEP_RESULT || how == GBX_AIO_STEP_EXCEPTION ? task->value : NULL;
    gbx_aio_step *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        *record = (gbx_aio_step){
            .code = code, .task = gbx_address(task->self),
            .type = how == GBX_AIO_STEP_BAD ? stream->aio_bad_type : gbx_type_of(about),
            .other = how == GBX_AIO_STEP_AWAITS ? gbx_address(task->waiter) : 0,
        };
        if (gbx_still_recording()) {
            gbx_commit(record, sizeof(*record), GBX_EV_AIO_STEP_END, how, offset, dt);
        }
    }
    stream->aio_bad = NULL;
}

/* ------------------------------------------------------------- cancellation */

/* As the request comes, before the task has done anything about it. */
void
_PyGlassbox_AioCancel(const _PyGlassbox_future *task)
{
    uint32_t dt;
    uint16_t offset;
    uint32_t code = _PyGlassbox_AioCaller(&offset);
    bool done = task->state != GBX_AIO_STATE_PENDING;
    uint8_t what = done ? GBX_AIO_CANCEL_IGNORED
        : task->waiter != NULL ? GBX_AIO_CANCEL_PASSED_ON : GBX_AIO_CANCEL_NOTED;
    gbx_aio_cancel *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        *record = (gbx_aio_cancel){
            .code = code, .requests = task->requests + !done, .task = gbx_address(task->self),
            .awaits = done ? 0 : gbx_address(task->waiter),
        };
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_CANCEL, what, offset, dt);
    }
}

/* Before the count goes down. */
void
_PyGlassbox_AioUncancel(const _PyGlassbox_future *task)
{
    uint32_t dt;
    uint16_t offset;
    uint32_t code = _PyGlassbox_AioCaller(&offset);
    gbx_aio_uncancel *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        *record = (gbx_aio_uncancel){
            .code = code, .requests = task->requests - (task->requests > 0), .task = gbx_address(task->self),
        };
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_UNCANCEL, 0, offset, dt);
    }
}

/* ---------------------------------------------------------------- being done */

/* The callback is about to be handed to the loop. */
void
_PyGlassbox_AioCallback(PyObject *future, PyObject *callback)
{
    uint32_t dt;
    PyObject *task = woken_by(callback);
    if (task != NULL) {
        gbx_aio_wakeup *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
        if (record != NULL) {
            *record = (gbx_aio_wakeup){ .task = gbx_address(task), .future = gbx_address(future) };
            gbx_commit(record, sizeof(*record), GBX_EV_AIO_WAKEUP, 0, 0, dt);
        }
        return;
    }
    gbx_aio_callback *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_aio_callback){
        .callback = _PyGlassbox_AioCallbackCode(callback), .type = gbx_type_of(callback), .address = gbx_address(callback),
        .future = gbx_address(future),
    };
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_CALLBACK, 0, 0, dt);
    }
}

/* `callbacks` is a list of pairs, each a callback and its context, or NULL; `first` goes before them. */
void
_PyGlassbox_AioDone(const _PyGlassbox_future *future, PyObject *first, PyObject *callbacks)
{
    uint32_t dt;
    uint16_t offset;
    uint32_t code = _PyGlassbox_AioCaller(&offset);
    Py_ssize_t count = callbacks != NULL && PyList_CheckExact(callbacks) ? PyList_GET_SIZE(callbacks) : 0;
    gbx_aio_done *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_aio_done){
        .code = code, .is_task = future->is_task, .future = gbx_address(future->self),
        .type = future->state == GBX_AIO_STATE_CANCELLED ? 0 : gbx_type_of(future->value),
        .callbacks = (uint32_t)count + (first != NULL),
    };
    if (!gbx_still_recording()) {
        return;
    }
    gbx_commit(record, sizeof(*record), GBX_EV_AIO_DONE, future->state, offset, dt);
    if (first != NULL) {
        _PyGlassbox_AioCallback(future->self, first);
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *pair = PyList_GET_ITEM(callbacks, i);
        if (PyTuple_CheckExact(pair) && PyTuple_GET_SIZE(pair) == 2) {
            _PyGlassbox_AioCallback(future->self, PyTuple_GET_ITEM(pair, 0));
        }
    }
}

#endif /* Py_GLASSBOX */
