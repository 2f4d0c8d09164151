/* Glassbox hooks: what each event records, but for class spec (glassbox_spec.c).

   One function an event, called by the macros of pycore_glassbox.h when its class is on.  A hook
   reads, writes one record and returns.  It must never block, allocate, raise, run Python code,
   change errno or the pending exception, or touch a refcount.  EVENTS.md lists the paths by which
   each is reached. */

#include "Python.h"
#include "pycore_glassbox_aio.h"   // _PyGlassbox_RoleEnter()
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_where.h" // frame_offset()
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

#include <unistd.h>                // getpid()

#define ENTRY_PRESENT 255u         /* frame.push: the frame was there before the recording */

static inline uint32_t
token(const void *address)
{
    return (uint32_t)((uintptr_t)address >> 3);
}

/* ------------------------------------------------------------- class frame */

/* Who pushed the frame: 0 for a new C call of the eval loop (the frame below is the loop's own entry
   frame on the C stack), else the opcode of the instruction in the frame below. */
static inline uint8_t
entry_of(const _PyInterpreterFrame *frame, uint16_t *caller_offset)
{
    const _PyInterpreterFrame *below = frame->previous;
    uint8_t entry = 0;
    *caller_offset = GBX_NO_OFFSET;
    if (below == NULL) {
        return 0;
    }
    if (below->owner == FRAME_OWNED_BY_CSTACK) {
        below = below->previous;
        if (below == NULL || below->owner == FRAME_OWNED_BY_CSTACK) {
            return 0;
        }
    }
    else {
        entry = below->instr_ptr->op.code;
    }
    *caller_offset = frame_offset(below);
    return entry;
}

static inline uint8_t
entering_event(const _PyInterpreterFrame *frame)
{
    return frame->owner == FRAME_OWNED_BY_GENERATOR ? GBX_EV_FRAME_RESUME : GBX_EV_FRAME_PUSH;
}

static void
record_enter(_PyInterpreterFrame *frame)
{
    uint32_t dt;
    gbx_frame_edge *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), true, &dt);
    if (record == NULL) {
        return;
    }
    uint16_t caller_offset;
    uint8_t entry = entry_of(frame, &caller_offset);
    record->code = gbx_code_id((PyCodeObject *)frame->f_executable);
    record->frame = token(frame);
    gbx_commit(record, sizeof(*record), entering_event(frame), entry, caller_offset, dt);
}

static __attribute__((noinline)) void
leave_slowly(_PyInterpreterFrame *frame, int event, int why)
{
    uint32_t dt;
    gbx_frame_edge *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = gbx_code_id((PyCodeObject *)frame->f_executable);
    record->frame = token(frame);
    gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)why, frame_offset(frame), dt);
}

/* The slow twins of the hooks below: any recording, any clock, and functions that play a role. */
static inline bool
may_play_a_role(const PyCodeObject *code)
{
    return _PyGlassbox_role_slots[code->_co_glassbox_id % GBX_ROLE_SLOTS] != 0;
}

/* Not one of which only class frame has to be told. */
static inline bool
is_special(const PyCodeObject *code)
{
    return (_PyGlassbox_mask & GBX_MASK(FRAME)) == 0 || may_play_a_role(code);
}

static __attribute__((noinline)) void
enter_slowly(_PyInterpreterFrame *frame)
{
    if (GLASSBOX_ON(FRAME)) {
        record_enter(frame);
    }
    PyCodeObject *code = (PyCodeObject *)frame->f_executable;
    if (GLASSBOX_ON(AIO) && gbx_code_id(code) != 0 && may_play_a_role(code)) {
        _PyGlassbox_RoleEnter(frame);
    }
}

static __attribute__((noinline)) void
leave_role(_PyInterpreterFrame *frame, int why)
{
    PyCodeObject *code = (PyCodeObject *)frame->f_executable;
    if (GLASSBOX_ON(AIO) && gbx_code_id(code) != 0 && may_play_a_role(code)) {
        _PyGlassbox_RoleLeave(frame, why == GBX_POP_RETURN);
    }
    if (GLASSBOX_ON(FRAME)) {
        leave_slowly(frame, GBX_EV_FRAME_POP, why);
    }
}

/* arg << 16 of an instruction's offset, or ARG_FAR where it does not fit: offsets are half the bytes
   between two even addresses. */
#define ARG_FAR UINT64_MAX

static inline uint64_t
quick_arg(const _PyInterpreterFrame *frame)
{
    const PyCodeObject *code = (const PyCodeObject *)frame->f_executable;
    uint64_t bytes = (uint64_t)((const char *)frame->instr_ptr - code->co_code_adaptive);
    return __builtin_expect(bytes < 2 * GBX_NO_OFFSET, 1) ? bytes << 15 : ARG_FAR;
}

/* Both look first and reserve then, with nothing of the caller's to keep for the slow twin but the
   frame: every value that lives on costs a saved register. */
void
_PyGlassbox_FrameEnter(PyThreadState *Py_UNUSED(tstate), _PyInterpreterFrame *frame)
{
    gbx_quick quick;
    const _PyInterpreterFrame *below = frame->previous;
    if (__builtin_expect(below == NULL || below->owner == FRAME_OWNED_BY_CSTACK, 0)) {
        enter_slowly(frame);
        return;
    }
    if (__builtin_expect(is_special((PyCodeObject *)frame->f_executable), 0)) {
        enter_slowly(frame);
        return;
    }
    uint64_t arg = quick_arg(below);
    uint32_t entry = below->instr_ptr->op.code;
    uint32_t head = entering_event(frame) | entry << 8 | (uint32_t)arg;
    if (__builtin_expect(arg == ARG_FAR, 0) ||
        !gbx_quick_begin(&quick, (PyCodeObject *)frame->f_executable)) {
        enter_slowly(frame);
        return;
    }
    gbx_quick_commit(&quick, head, frame);
}

static inline void
leave(_PyInterpreterFrame *frame, uint8_t event, int why)
{
    gbx_quick quick;
    uint64_t arg = quick_arg(frame);
    uint32_t head = event | (uint32_t)why << 8 | (uint32_t)arg;
    if (__builtin_expect(arg == ARG_FAR, 0) ||
        !gbx_quick_begin(&quick, (PyCodeObject *)frame->f_executable)) {
        leave_slowly(frame, event, why);
        return;
    }
    gbx_quick_commit(&quick, head, frame);
}

void
_PyGlassbox_FrameLeave(PyThreadState *Py_UNUSED(tstate), _PyInterpreterFrame *frame, int why)
{
    if (__builtin_expect(is_special((PyCodeObject *)frame->f_executable), 0)) {
        leave_role(frame, why);
        return;
    }
    leave(frame, GBX_EV_FRAME_POP, why);
}

void
_PyGlassbox_FrameSuspend(PyThreadState *Py_UNUSED(tstate), _PyInterpreterFrame *frame, int why)
{
    leave(frame, GBX_EV_FRAME_SUSPEND, why);
}

void
_PyGlassbox_FrameDiscard(_PyInterpreterFrame *frame)
{
    leave(frame, GBX_EV_FRAME_DISCARD, 0);
}

void
_PyGlassbox_FrameGenerator(PyThreadState *tstate, _PyInterpreterFrame *frame,
                           _PyInterpreterFrame *generator)
{
    uint32_t dt;
    gbx_frame_generator *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = gbx_code_id((PyCodeObject *)frame->f_executable);
    record->frame = token(frame);
    record->generator = token(generator);
    record->reserved = 0;
    gbx_commit(record, sizeof(*record), GBX_EV_FRAME_GENERATOR, 0, frame_offset(frame), dt);
}

void
_PyGlassbox_FrameObjectNew(_PyInterpreterFrame *frame, const void *object, const void *caller)
{
    uint32_t dt;
    gbx_frame_object_new *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = gbx_code_id((PyCodeObject *)frame->f_executable);
    record->frame = token(frame);
    record->object = token(object);
    record->reserved = 0;
    record->caller = (uint64_t)(uintptr_t)caller;
    gbx_commit(record, sizeof(*record), GBX_EV_FRAME_OBJECT_NEW, 0, frame_offset(frame), dt);
}

void
_PyGlassbox_FrameOwn(_PyInterpreterFrame *frame, PyObject *object)
{
    uint32_t dt;
    gbx_frame_own *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = gbx_code_id((PyCodeObject *)frame->f_executable);
    record->frame = token(frame);
    record->object = token(object);
    record->refs = (uint32_t)Py_REFCNT(object);
    gbx_commit(record, sizeof(*record), GBX_EV_FRAME_OWN, 0, frame_offset(frame), dt);
}

void
_PyGlassbox_FrameObjectFree(PyObject *object)
{
    uint32_t dt;
    gbx_frame_object_free *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = 0;
    record->object = token(object);
    gbx_commit(record, sizeof(*record), GBX_EV_FRAME_OBJECT_FREE, 0, 0, dt);
}

void
_PyGlassbox_FrameChunk(int event, const void *address, size_t size)
{
    uint32_t dt;
    gbx_frame_chunk *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->size = (uint32_t)size;
    record->reserved = 0;
    record->address = (uint64_t)(uintptr_t)address;
    gbx_commit(record, sizeof(*record), (uint8_t)event, 0, 0, dt);
}

/* The frames that were on this thread's stack before its first event, outermost first, as pushes of
   their own kind.  Deeper stacks than the array holds lose their outermost frames: a reader then
   sees pops below its floor, which it allows for a thread whose beginning it did not see. */
void
_PyGlassbox_Snapshot(PyThreadState *tstate, bool entering)
{
    enum { DEPTH = 512 };
    _PyInterpreterFrame *stack[DEPTH];
    int depth = 0;
    _PyInterpreterFrame *frame = tstate->current_frame;
    if (entering && frame != NULL) {
        frame = frame->previous;
    }
    for (; frame != NULL && depth < DEPTH; frame = frame->previous) {
        if (frame->owner != FRAME_OWNED_BY_CSTACK && frame_code(frame) != NULL) {
            stack[depth++] = frame;
        }
    }
    while (depth-- > 0) {
        uint32_t dt;
        gbx_frame_edge *record = gbx_begin(sizeof(*record), NULL, false, &dt);
        if (record == NULL) {
            return;
        }
        record->code = gbx_code_id(frame_code(stack[depth]));
        record->frame = token(stack[depth]);
        gbx_commit(record, sizeof(*record), GBX_EV_FRAME_PUSH, ENTRY_PRESENT, GBX_NO_OFFSET, dt);
    }
}

uint32_t
_PyGlassbox_Running(PyThreadState *tstate, uint16_t *offset)
{
    const gbx_stream *stream = &_PyGlassbox_stream;
    if (stream->leaving != NULL && tstate != NULL && tstate->current_frame == stream->leaving_to) {
        *offset = frame_offset(stream->leaving);
        return gbx_code_id((PyCodeObject *)stream->leaving->f_executable);
    }
    PyCodeObject *code = running_code(tstate);
    *offset = code == NULL ? GBX_NO_OFFSET : frame_offset(tstate->current_frame);
    return code == NULL ? 0 : gbx_code_id(code);
}

/* ------------------------------------------- classes compile, import, thread */

void
_PyGlassbox_CompileStage(int event, int stage, PyObject *filename, PyCodeObject *code)
{
    uint32_t dt;
    gbx_compile_stage *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->name = filename == NULL ? 0 : _PyGlassbox_InternUnicode(filename);
    record->code = code == NULL ? 0 : gbx_code_id(code);
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)stage, 0, dt);
    }
}

static void
code_event(PyCodeObject *code, uint8_t event)
{
    uint32_t dt;
    gbx_code *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = gbx_code_id(code);
    record->units = (uint32_t)Py_SIZE(code);
    gbx_commit(record, sizeof(*record), event, 0, 0, dt);
}

void
_PyGlassbox_CodeNew(PyCodeObject *code)
{
    code_event(code, GBX_EV_CODE_NEW);
}

/* Only a code object that this recording has named is worth a death notice. */
void
_PyGlassbox_CodeFree(PyCodeObject *code)
{
    if (code->_co_glassbox_id >= _PyGlassbox_recorder.first_code_id) {
        code_event(code, GBX_EV_CODE_FREE);
    }
}

/* Of a module whose name has this id in the recording. */
void
_PyGlassbox_ImportOf(int event, int step, uint32_t name, int ok)
{
    uint32_t dt;
    gbx_import *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->name = name;
        record->reserved = 0;
        if (gbx_still_recording()) {
            gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)step, (uint16_t)ok, dt);
        }
    }
}

/* The id of the name; 0: nothing is recorded. */
uint32_t
_PyGlassbox_Import(int event, int step, PyObject *name, int ok)
{
    uint32_t id = _PyGlassbox_InternUnicode(name);
    if (id != 0) {
        _PyGlassbox_ImportOf(event, step, id, ok);
    }
    return id;
}

void
_PyGlassbox_Thread(int event, PyThreadState *tstate)
{
    uint32_t dt;
    gbx_thread *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    record->thread = _PyGlassbox_stream.thread;
    record->interp = (uint32_t)PyInterpreterState_GetID(tstate->interp);
    gbx_commit(record, sizeof(*record), (uint8_t)event, 0, 0, dt);
}

void
_PyGlassbox_Interp(int event, PyInterpreterState *interp)
{
    uint32_t dt;
    gbx_interp *record = gbx_begin(sizeof(*record), NULL, false, &dt);
    if (record == NULL) {
        return;
    }
    record->interp = (uint32_t)interp->id;
    record->reserved = 0;
    gbx_commit(record, sizeof(*record), (uint8_t)event, 0, 0, dt);
}

#define UNTIMED_CLASSES (1u << GBX_CLASS_REF | 1u << GBX_CLASS_OBJ | 1u << GBX_CLASS_ALLOC)

/* A thread state was attached: where the thread now runs another interpreter, say so once, so that no
   record needs a field for it.  Where events without a time are recorded, tell the time: with the GIL,
   what a thread does from here on comes after what all others did before, and only this says so. */
void
_PyGlassbox_Attach(PyThreadState *tstate)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    uint32_t interp = (uint32_t)tstate->interp->id;
    if (stream->segment == NULL || stream->session != _PyGlassbox_recorder.session) {
        return;
    }
    if (_PyGlassbox_mask & UNTIMED_CLASSES && _PyGlassbox_recorder.clock != GBX_CLOCK_NONE) {
        (void)_PyGlassbox_Rebase(gbx_now());
    }
    if (stream->interp == interp) {
        return;
    }
    uint32_t dt;
    gbx_stream_interp *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    stream->interp = interp;
    if (record != NULL) {
        record->interp = interp;
        record->reserved = 0;
        gbx_commit(record, sizeof(*record), GBX_EV_STREAM_INTERP, 0, 0, dt);
    }
}

void
_PyGlassbox_ForkParent(int pid)
{
    uint32_t dt;
    if (pid <= 0 || !GLASSBOX_ON(THREAD)) {
        return;
    }
    gbx_fork *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->pid = (uint32_t)pid;
        record->reserved = 0;
        gbx_commit(record, sizeof(*record), GBX_EV_FORK, 0, 0, dt);
    }
}

/* -------------------------------------------------------- classes mark, obj */

void
_PyGlassbox_Mark(PyObject *name, int type, uint64_t bits, PyObject *text)
{
    uint32_t dt;
    gbx_mark *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->name = _PyGlassbox_InternUnicode(name);
    record->reserved = 0;
    record->value = type == GBX_VALUE_STRING ? _PyGlassbox_InternUnicode(text) : bits;
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_MARK, (uint8_t)type, 0, dt);
        if (GLASSBOX_ON(ALLOC)) {
            _PyGlassbox_AllocTotal();
        }
    }
}

void
_PyGlassbox_Span(int event, PyObject *name, uint32_t span)
{
    uint32_t dt;
    gbx_span *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->name = _PyGlassbox_InternUnicode(name);
    record->span = span;
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, 0, dt);
    }
}

#endif /* Py_GLASSBOX */
