/* Glassbox roles: what asyncio does in Python, recorded with no line of ours in it.

   Some functions of Lib/asyncio play a role: to run one iteration of the loop, to make a step of a task in
   Python, to run a handle.  A code object's role is found when it gets its id, by the file that it is from
   and its name; from then on the hooks of frames, which see every function entered and left, hand those
   few to this file.  Here it is read from the frame's locals, and from the objects that they hold, what is
   recorded; in the words of glassbox_aio.c, which records the C implementation, too.  A program calls what
   it would call without a recorder, and with the class off nothing is asked.

   How objects are read is in glassbox_read.c. */

#include "Python.h"
#include "pycore_frame.h"          // _PyInterpreterFrame
#include "pycore_glassbox_aio.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_where.h" // frame_code()
#include "pycore_pystate.h"        // _PyThreadState_GET()
#include "pycore_unicodeobject.h"  // _PyUnicode_EqualToASCIIString()

#if Py_GLASSBOX

#define ROLES_MOST 255             // of all interpreters; what comes after plays none
#define WAY_UP     200             // frames to look through for a caller

/* X(ROLE, file, name) */
#define ROLES(X) \
    X(ITERATION,  "base_events.py", "BaseEventLoop._run_once") \
    X(CALL_SOON,  "base_events.py", "BaseEventLoop.call_soon") \
    X(THREADSAFE, "base_events.py", "BaseEventLoop.call_soon_threadsafe") \
    X(PUT_SOON,   "base_events.py", "BaseEventLoop._call_soon") \
    X(CALL_AT,    "base_events.py", "BaseEventLoop.call_at") \
    X(PUT_READY,  "base_events.py", "BaseEventLoop._add_callback") \
    X(RUN,        "events.py", "Handle._run") \
    X(HANDLE_CANCEL, "events.py", "Handle.cancel") \
    X(SET_LOOP,   "events.py", "_set_running_loop") \
    X(FUTURE_INIT, "futures.py", "Future.__init__") \
    X(FUTURE_DEL, "futures.py", "Future.__del__") \
    X(AWAIT,      "futures.py", "Future.__await__") \
    X(SCHEDULE,   "futures.py", "Future.__schedule_callbacks") \
    X(ADD_CALLBACK, "futures.py", "Future.add_done_callback") \
    X(TASK_INIT,  "tasks.py", "Task.__init__") \
    X(EAGER,      "tasks.py", "Task.__eager_start") \
    X(STEP,       "tasks.py", "Task.__step") \
    X(STEP_RUN,   "tasks.py", "Task.__step_run_and_handle_result") \
    X(WAKEUP,     "tasks.py", "Task.__wakeup") \
    X(CANCEL,     "tasks.py", "Task.cancel") \
    X(UNCANCEL,   "tasks.py", "Task.uncancel")

enum { ROLE_NONE,
#define X(ROLE, file, name) ROLE_##ROLE,
    ROLES(X)
#undef X
};

/* An entry is written by whoever took its number, before a slot or another entry leads to it. */
uint8_t _PyGlassbox_role_slots[GBX_ROLE_SLOTS];
static struct { uint32_t id; uint8_t role, next; } entries[ROLES_MOST + 1];
static uint32_t taken;

/* ------------------------------------------------------------ finding a role */

/* Does the text, up to `end`, end in this word? */
static bool
ends_in(PyObject *text, Py_ssize_t end, const char *word)
{
    Py_ssize_t length = (Py_ssize_t)strlen(word);
    if (end < length) {
        return false;
    }
    for (Py_ssize_t i = 0; i < length; i++) {
        if (PyUnicode_READ_CHAR(text, end - length + i) != (Py_UCS1)word[i]) {
            return false;
        }
    }
    return true;
}

static Py_ssize_t
last_slash(PyObject *text, Py_ssize_t end)
{
    while (end > 0 && PyUnicode_READ_CHAR(text, end - 1) != '/') {
        end--;
    }
    return end - 1;
}

/* Where the file's name begins, if it is of the standard library's asyncio; 0. */
static Py_ssize_t
in_asyncio(const PyCodeObject *code)
{
    PyObject *path = code->co_filename;
    if (path == NULL || !PyUnicode_Check(path)) {
        return 0;
    }
    Py_ssize_t slash = last_slash(path, PyUnicode_GET_LENGTH(path));
    if (slash < 0 || !ends_in(path, slash, "/asyncio")) {
        return 0;
    }
    Py_ssize_t end = slash - (Py_ssize_t)strlen("/asyncio"), begin = last_slash(path, end) + 1;
    char version[32];
    PyOS_snprintf(version, sizeof(version), "/python%d.%d", PY_MAJOR_VERSION, PY_MINOR_VERSION);
    bool ours = ends_in(path, end, "/Lib") || (begin > 0 && ends_in(path, end, version)) ||
        (begin > 0 && end > begin && PyUnicode_READ_CHAR(path, end - 1) == 't' &&
         ends_in(path, end - 1, version));
    return ours ? slash + 1 : 0;
}

static int
find_role(const PyCodeObject *code)
{
    static const struct { const char *file, *name; int role; } roles[] = {
#define X(ROLE, file, name) { file, name, ROLE_##ROLE },
        ROLES(X)
#undef X
    };
    Py_ssize_t name = in_asyncio(code);
    if (name == 0 || code->co_qualname == NULL || !PyUnicode_Check(code->co_qualname)) {
        return ROLE_NONE;
    }
    Py_ssize_t length = PyUnicode_GET_LENGTH(code->co_filename);
    for (size_t i = 0; i < Py_ARRAY_LENGTH(roles); i++) {
        if ((Py_ssize_t)strlen(roles[i].file) == length - name && ends_in(code->co_filename, length, roles[i].file)
            && _PyUnicode_EqualToASCIIString(code->co_qualname, roles[i].name)) {
            return roles[i].role;
        }
    }
    return ROLE_NONE;
}

/* Code that has no id yet is asked for its role, too. */
void
_PyGlassbox_RolesReset(void)
{
    memset(_PyGlassbox_role_slots, 0, sizeof(_PyGlassbox_role_slots));
    __atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
}

void
_PyGlassbox_RoleNote(uint32_t id, PyCodeObject *code)
{
    int role = find_role(code);
    if (role == ROLE_NONE) {
        return;
    }
    uint32_t entry = __atomic_add_fetch(&taken, 1, __ATOMIC_RELAXED);
    if (entry > ROLES_MOST) {
        return;
    }
    uint8_t *slot = &_PyGlassbox_role_slots[id % GBX_ROLE_SLOTS];
    entries[entry].id = id;
    entries[entry].role = (uint8_t)role;
    uint8_t before = __atomic_load_n(slot, __ATOMIC_RELAXED);
    do {
        entries[entry].next = before;
    } while (!__atomic_compare_exchange_n(slot, &before, (uint8_t)entry, false, __ATOMIC_RELEASE,
                                          __ATOMIC_RELAXED));
}

static int
role_of_code(PyCodeObject *code)
{
    uint32_t id = gbx_code_id(code);
    uint8_t entry = __atomic_load_n(&_PyGlassbox_role_slots[id % GBX_ROLE_SLOTS], __ATOMIC_ACQUIRE);
    for (int i = 0; entry != 0 && i < ROLES_MOST; i++, entry = entries[entry].next) {
        if (entries[entry].id == id) {
            return entries[entry].role;
        }
    }
    return ROLE_NONE;
}

static int
role_of(const _PyInterpreterFrame *frame)
{
    PyCodeObject *code = frame == NULL ? NULL : frame_code(frame);
    return code == NULL || frame->owner == FRAME_OWNED_BY_CSTACK ? ROLE_NONE : role_of_code(code);
}

/* ------------------------------------------------------------------- callers */

/* The next frame up that runs a function: no entry frame, and no shim below an inlined __init__. */
static _PyInterpreterFrame *
up(const _PyInterpreterFrame *frame)
{
    _PyInterpreterFrame *above = frame->previous;
    while (above != NULL && (above->owner == FRAME_OWNED_BY_CSTACK || frame_code(above) == NULL ||
                             frame_code(above)->_co_glassbox_id == GBX_CODE_INIT_SHIM)) {
        above = above->previous;
    }
    return above;
}

/* From the frame that runs upward: past what is asyncio's own, but no further than to what runs a handle.
   Where all of it is asyncio's, the innermost. */
uint32_t
_PyGlassbox_AioCaller(uint16_t *offset)
{
    PyThreadState *tstate = _PyThreadState_GET();
    _PyInterpreterFrame bottom = { .previous = tstate == NULL ? NULL : tstate->current_frame };
    _PyInterpreterFrame *first = up(&bottom), *frame = first;
    for (int i = 0; frame != NULL && i < WAY_UP; i++, frame = up(frame)) {
        if (in_asyncio(frame_code(frame)) == 0 || role_of(frame) == ROLE_RUN) {
            break;
        }
    }
    frame = frame == NULL ? first : frame;
    *offset = frame == NULL ? GBX_NO_OFFSET : frame_offset(frame);
    return frame == NULL ? 0 : gbx_code_id(frame_code(frame));
}

/* ------------------------------------------------------------------- telling */

static void
with_future(PyObject *self, void (*record)(const _PyGlassbox_future *))
{
    if (self != NULL && self != Py_None) {
        _PyGlassbox_future it = _PyGlassbox_ReadFuture(self);
        record(&it);
        _PyGlassbox_ForgetFuture(&it);
    }
}

/* A task is born as it asks for its first step; `maker` is the frame of its __init__(), if it is that. */
static void
tell_birth(const _PyInterpreterFrame *maker)
{
    PyObject *self = role_of(maker) == ROLE_TASK_INIT ? _PyGlassbox_ReadLocal(maker, "self") : NULL;
    if (self != NULL && _PyGlassbox_stream.aio_told != self) {
        with_future(self, _PyGlassbox_AioTaskNew);
        _PyGlassbox_stream.aio_told = self;
    }
}

static void
tell_done(PyObject *self)
{
    _PyGlassbox_future it = _PyGlassbox_ReadFuture(self);
    PyObject *callbacks = _PyGlassbox_ReadCallbacks(self);
    _PyGlassbox_AioDone(&it, NULL, callbacks);
    _PyGlassbox_ReadEnd(callbacks);
    _PyGlassbox_ForgetFuture(&it);
}

/* A request that was kept is delivered by this step, if it throws nothing that is one already. */
static void
note_request(PyObject *self, PyObject *exc)
{
    bool noted = _PyGlassbox_ReadMustCancel(self) && !_PyGlassbox_AioIsCancelled(exc);
    _PyGlassbox_stream.aio_noted = noted ? self : NULL;
}

static void
begin_step(PyObject *self, PyObject *exc)
{
    bool noted = _PyGlassbox_stream.aio_noted == self;
    _PyGlassbox_stream.aio_noted = NULL;
    _PyGlassbox_future it = _PyGlassbox_ReadFuture(self);
    _PyGlassbox_AioStepBegin(&it, exc == Py_None ? NULL : exc, noted);
    _PyGlassbox_ForgetFuture(&it);
}

/* The function lets go of `self` as it ends; its caller has it still. */
static void
end_step(const _PyInterpreterFrame *frame, bool returns)
{
    const _PyInterpreterFrame *caller = up(frame);
    int role = role_of(caller);
    PyObject *self = role == ROLE_STEP || role == ROLE_EAGER ? _PyGlassbox_ReadLocal(caller, "self") : NULL;
    if (self == NULL || self == Py_None) {
        return;
    }
    if (_PyGlassbox_ReadLocal(frame, "new_exc") != NULL) {
        _PyGlassbox_AioBad(self, _PyGlassbox_ReadLocal(frame, "result"));
    }
    _PyGlassbox_future it = _PyGlassbox_ReadFuture(self);
    _PyGlassbox_AioStepEnd(&it, !returns);
    _PyGlassbox_ForgetFuture(&it);
}

/* ------------------------------------------------------------------ handles */

static void
tell_schedule(int event, int how, const _PyInterpreterFrame *frame, const char *name, uint32_t waiting)
{
    PyObject *self = _PyGlassbox_ReadLocal(frame, name);
    if (self != NULL) {
        _PyGlassbox_handle it = { .self = self, .callback = _PyGlassbox_ReadLocal(frame, "callback"),
                                  .when = _PyGlassbox_ReadLocal(frame, "when") };
        _PyGlassbox_AioSchedule(event, how, &it, waiting);
    }
}

static void
tell_run(PyObject *self)
{
    _PyGlassbox_handle it = { .self = self, .callback = _PyGlassbox_ReadHandleCallback(self) };
    _PyGlassbox_AioRunBegin(&it);
    _PyGlassbox_ReadEnd(it.callback);
}

/* As a step does, so does a handle's run. */
static void
tell_run_end(const _PyInterpreterFrame *frame, bool returns)
{
    const _PyInterpreterFrame *caller = up(frame);
    PyObject *self = role_of(caller) == ROLE_ITERATION ? _PyGlassbox_ReadLocal(caller, "handle") : _PyGlassbox_ReadLocal(frame, "self");
    _PyGlassbox_AioRunEnd(self == Py_None ? NULL : self, returns);
}

static void
tell_iteration(bool begins, PyObject *self)
{
    _PyGlassbox_AioIteration(begins, self, _PyGlassbox_ReadReady(self), _PyGlassbox_ReadTimers(self));
}

/* ---------------------------------------------------------- enter and leave */

/* What a role tells.  Under these names a reader finds the line that emitted an event. */
#define ROLE_TELLS_LOOP(LOOP)             _PyGlassbox_AioLoop(LOOP)
#define ROLE_TELLS_TASK_NEW(MAKER)        tell_birth(MAKER)
#define ROLE_TELLS_FUTURE_NEW(SELF)       with_future((SELF), _PyGlassbox_AioFutureNew)
#define ROLE_TELLS_STEP_BEGIN(SELF, EXC)  begin_step((SELF), (EXC))
#define ROLE_TELLS_STEP_END(FRAME, OK)    end_step((FRAME), (OK))
#define ROLE_TELLS_CANCEL(SELF)           with_future((SELF), _PyGlassbox_AioCancel)
#define ROLE_TELLS_UNCANCEL(SELF)         with_future((SELF), _PyGlassbox_AioUncancel)
#define ROLE_TELLS_DONE(SELF)             tell_done(SELF)
#define ROLE_TELLS_CALLBACK(SELF, CALLED) _PyGlassbox_AioCallback((SELF), (CALLED))
#define ROLE_TELLS_GONE(SELF)             with_future((SELF), _PyGlassbox_AioGone)
#define ROLE_TELLS_READY(HANDLE, READY)   _PyGlassbox_AioReady((HANDLE), (READY))
#define ROLE_TELLS_RUN_BEGIN(SELF)        tell_run(SELF)
#define ROLE_TELLS_RUN_END(FRAME, OK)     tell_run_end((FRAME), (OK))
#define ROLE_TELLS_HANDLE_CANCEL(SELF)    _PyGlassbox_AioHandleCancel(SELF)
#define ROLE_TELLS_ITERATION_BEGIN(SELF)  tell_iteration(true, (SELF))
#define ROLE_TELLS_ITERATION_END(SELF)    tell_iteration(false, (SELF))

static void
enter_loop(int role, const _PyInterpreterFrame *frame, PyObject *self)
{
    switch (role) {
        case ROLE_ITERATION:
            ROLE_TELLS_ITERATION_BEGIN(self);
            break;
        case ROLE_CALL_SOON:
            ROLE_TELLS_TASK_NEW(up(frame));
            break;
        case ROLE_RUN:
            ROLE_TELLS_RUN_BEGIN(self);
            break;
        case ROLE_HANDLE_CANCEL:
            if (!_PyGlassbox_ReadHandleCancelled(self)) {
                ROLE_TELLS_HANDLE_CANCEL(self);
            }
            break;
        case ROLE_SET_LOOP:
            ROLE_TELLS_LOOP(self);
            break;
        default:
            break;
    }
}

static void
enter_task(int role, const _PyInterpreterFrame *frame, PyObject *self)
{
    switch (role) {
        case ROLE_FUTURE_DEL:
            ROLE_TELLS_GONE(self);
            break;
        case ROLE_SCHEDULE:
            ROLE_TELLS_DONE(self);
            break;
        case ROLE_ADD_CALLBACK:
            if (_PyGlassbox_ReadIsDone(self)) {
                ROLE_TELLS_CALLBACK(self, _PyGlassbox_ReadLocal(frame, "fn"));
            }
            break;
        case ROLE_EAGER:
            ROLE_TELLS_TASK_NEW(up(frame));
            _PyGlassbox_AioEager(self);
            break;
        case ROLE_STEP:
            note_request(self, _PyGlassbox_ReadLocal(frame, "exc"));
            break;
        case ROLE_STEP_RUN:
            ROLE_TELLS_STEP_BEGIN(self, _PyGlassbox_ReadLocal(frame, "exc"));
            break;
        case ROLE_WAKEUP:
            _PyGlassbox_AioWoken(self, _PyGlassbox_ReadLocal(frame, "future"));
            break;
        case ROLE_CANCEL:
            ROLE_TELLS_CANCEL(self);
            break;
        case ROLE_UNCANCEL:
            ROLE_TELLS_UNCANCEL(self);
            break;
        default:
            break;
    }
}

static PyObject *
first_argument(int role, const _PyInterpreterFrame *frame)
{
    return role == ROLE_NONE || frame_code(frame)->co_argcount == 0 ? NULL : frame->localsplus[0];
}

void
_PyGlassbox_RoleEnter(_PyInterpreterFrame *frame)
{
    int role = role_of(frame);
    PyObject *self = first_argument(role, frame);
    if (self != NULL) {
        enter_loop(role, frame, self);
        enter_task(role, frame, self);
    }
}

static void
leave_by_return(int role, _PyInterpreterFrame *frame, PyObject *self)
{
    PyObject *handle;
    switch (role) {
        case ROLE_PUT_SOON:
            tell_schedule(GBX_EV_AIO_CALL_SOON, role_of(up(frame)) == ROLE_THREADSAFE
                          ? GBX_AIO_SOON_THREADSAFE : GBX_AIO_SOON_SOON, frame, "handle",
                          _PyGlassbox_ReadReady(self));
            break;
        case ROLE_CALL_AT:
            tell_schedule(GBX_EV_AIO_CALL_AT, GBX_AIO_SOON_AT, frame, "timer", _PyGlassbox_ReadTimers(self));
            break;
        case ROLE_PUT_READY:
            handle = _PyGlassbox_ReadLocal(frame, "handle");
            if (handle != NULL && !_PyGlassbox_ReadHandleCancelled(handle)) {
                ROLE_TELLS_READY(handle, _PyGlassbox_ReadReady(self));
            }
            break;
        case ROLE_FUTURE_INIT:
            if (role_of(up(frame)) != ROLE_TASK_INIT || _PyGlassbox_ReadLocal(up(frame), "self") != self) {
                ROLE_TELLS_FUTURE_NEW(self);
            }
            break;
        case ROLE_TASK_INIT:
            ROLE_TELLS_TASK_NEW(frame);          /* where the loop's call_soon() is not asyncio's */
            _PyGlassbox_stream.aio_told = NULL;
            break;
        default:
            break;
    }
}

void
_PyGlassbox_RoleLeave(_PyInterpreterFrame *frame, bool returns)
{
    int role = role_of(frame);
    PyObject *self = first_argument(role, frame);
    if (role == ROLE_STEP_RUN) {
        ROLE_TELLS_STEP_END(frame, returns);
    }
    else if (role == ROLE_RUN) {
        ROLE_TELLS_RUN_END(frame, returns);
    }
    else if (role == ROLE_EAGER) {
        const _PyInterpreterFrame *maker = up(frame);        /* tasks were made meanwhile, and told */
        _PyGlassbox_stream.aio_told = role_of(maker) == ROLE_TASK_INIT ? _PyGlassbox_ReadLocal(maker, "self") : NULL;
    }
    else if (role == ROLE_ITERATION && self != NULL) {
        ROLE_TELLS_ITERATION_END(self);
    }
    else if (self != NULL && returns) {
        leave_by_return(role, frame, self);
    }
}

/* A bound method of a function that plays this role: of what it is bound to. */
static PyObject *
bound_to(PyObject *callback, int role)
{
    PyObject *function = callback != NULL && PyMethod_Check(callback) ? PyMethod_GET_FUNCTION(callback) : NULL;
    bool is = function != NULL && PyFunction_Check(function) &&
        role_of_code((PyCodeObject *)PyFunction_GET_CODE(function)) == role;
    return is ? PyMethod_GET_SELF(callback) : NULL;
}

bool
_PyGlassbox_RoleAwaits(PyCodeObject *code)
{
    return role_of_code(code) == ROLE_AWAIT;
}

PyObject *
_PyGlassbox_RoleWakes(PyObject *callback)
{
    return bound_to(callback, ROLE_WAKEUP);
}

PyObject *
_PyGlassbox_RoleSteps(PyObject *callback)
{
    return bound_to(callback, ROLE_STEP);
}

#endif /* Py_GLASSBOX */
