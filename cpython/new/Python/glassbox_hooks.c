/* Glassbox hooks: what each event records.

   One function an event, called by the macros of pycore_glassbox.h when its class is on.  A hook
   reads, writes one record and returns.  It must never block, allocate, raise, run Python code,
   change errno or the pending exception, or touch a refcount.  EVENTS.md lists the paths by which
   each is reached. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_code.h"           // _PyCode_CODE, inline caches
#include "pycore_dict.h"           // dk_version
#include "pycore_frame.h"          // _PyInterpreterFrame
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_opcode_metadata.h"// _PyOpcode_Deopt
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

#include <unistd.h>                // getpid()

#define ENTRY_PRESENT 255u         /* frame.push: the frame was there before the recording */

static inline uint32_t
token(const void *address)
{
    return (uint32_t)((uintptr_t)address >> 3);
}

static inline PyCodeObject *
frame_code(const _PyInterpreterFrame *frame)
{
    PyObject *executable = frame->f_executable;
    return executable != NULL && PyCode_Check(executable) ? (PyCodeObject *)executable : NULL;
}

static inline uint16_t
offset_in(const PyCodeObject *code, const _Py_CODEUNIT *instr)
{
    ptrdiff_t offset = instr - _PyCode_CODE((PyCodeObject *)code);
    return offset >= 0 && offset < (ptrdiff_t)GBX_NO_OFFSET ? (uint16_t)offset : GBX_NO_OFFSET;
}

static inline uint16_t
frame_offset(const _PyInterpreterFrame *frame)
{
    return offset_in((PyCodeObject *)frame->f_executable, frame->instr_ptr);
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

/* The slow twins of the hooks below: any recording, any clock. */
static __attribute__((noinline)) void
enter_slowly(PyThreadState *tstate, _PyInterpreterFrame *frame)
{
    uint32_t dt;
    gbx_frame_edge *record = gbx_begin(sizeof(*record), tstate, true, &dt);
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
leave_slowly(PyThreadState *tstate, _PyInterpreterFrame *frame, int event, int why)
{
    uint32_t dt;
    gbx_frame_edge *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = gbx_code_id((PyCodeObject *)frame->f_executable);
    record->frame = token(frame);
    gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)why, frame_offset(frame), dt);
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

void
_PyGlassbox_FrameEnter(PyThreadState *tstate, _PyInterpreterFrame *frame)
{
    gbx_quick quick;
    const _PyInterpreterFrame *below = frame->previous;
    if (__builtin_expect(below == NULL || below->owner == FRAME_OWNED_BY_CSTACK, 0) ||
        !gbx_quick_begin(&quick, (PyCodeObject *)frame->f_executable)) {
        enter_slowly(tstate, frame);
        return;
    }
    uint64_t arg = quick_arg(below);
    if (__builtin_expect(arg == ARG_FAR, 0)) {
        enter_slowly(tstate, frame);
        return;
    }
    uint32_t entry = below->instr_ptr->op.code;
    gbx_quick_commit(&quick, entering_event(frame) | entry << 8 | (uint32_t)arg, frame);
}

static inline void
leave(PyThreadState *tstate, _PyInterpreterFrame *frame, uint8_t event, int why)
{
    gbx_quick quick;
    uint64_t arg = quick_arg(frame);
    if (arg == ARG_FAR || !gbx_quick_begin(&quick, (PyCodeObject *)frame->f_executable)) {
        leave_slowly(tstate, frame, event, why);
        return;
    }
    gbx_quick_commit(&quick, event | (uint32_t)why << 8 | (uint32_t)arg, frame);
}

void
_PyGlassbox_FrameLeave(PyThreadState *tstate, _PyInterpreterFrame *frame, int why)
{
    leave(tstate, frame, GBX_EV_FRAME_POP, why);
}

void
_PyGlassbox_FrameSuspend(PyThreadState *tstate, _PyInterpreterFrame *frame, int why)
{
    leave(tstate, frame, GBX_EV_FRAME_SUSPEND, why);
}

void
_PyGlassbox_FrameDiscard(_PyInterpreterFrame *frame)
{
    leave(_PyThreadState_GET(), frame, GBX_EV_FRAME_DISCARD, 0);
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

/* -------------------------------------------------------------- class spec */

/* The inline cache of an instruction begins with its adaptive counter. */
static inline uint16_t
counter_of(const _Py_CODEUNIT *instr)
{
    return instr[1].counter.as_counter;
}

/* Where an opcode's inline cache keeps the version that its guard compares: in code units after the
   instruction; 0: it keeps none. */
static int
version_slot(uint8_t opcode)
{
    switch (opcode) {
        case LOAD_ATTR_INSTANCE_VALUE: case LOAD_ATTR_MODULE: case LOAD_ATTR_WITH_HINT:
        case LOAD_ATTR_SLOT: case LOAD_ATTR_CLASS: case LOAD_ATTR_PROPERTY:
        case LOAD_ATTR_GETATTRIBUTE_OVERRIDDEN: case LOAD_ATTR_METHOD_WITH_VALUES:
        case LOAD_ATTR_METHOD_NO_DICT: case LOAD_ATTR_METHOD_LAZY_DICT:
        case LOAD_ATTR_NONDESCRIPTOR_WITH_VALUES: case LOAD_ATTR_NONDESCRIPTOR_NO_DICT:
        case STORE_ATTR_INSTANCE_VALUE: case STORE_ATTR_SLOT: case STORE_ATTR_WITH_HINT:
        case CALL_PY_EXACT_ARGS: case CALL_PY_GENERAL: case CALL_BOUND_METHOD_EXACT_ARGS:
        case CALL_BOUND_METHOD_GENERAL: case CALL_ALLOC_AND_ENTER_INIT: case TO_BOOL_ALWAYS_TRUE:
            return 2;
        default:
            return 0;
    }
}

static uint32_t
cached_version(const _Py_CODEUNIT *instr, uint8_t opcode)
{
    if (opcode == LOAD_GLOBAL_MODULE || opcode == LOAD_GLOBAL_BUILTIN) {
        return ((const _PyLoadGlobalCache *)(instr + 1))->module_keys_version;
    }
    int slot = version_slot(opcode);
    return slot == 0 ? 0 : read_u32((uint16_t *)(uintptr_t)&instr[slot].cache);
}

static PyCodeObject *
running_code(PyThreadState *tstate)
{
    _PyInterpreterFrame *frame = tstate == NULL ? NULL : tstate->current_frame;
    return frame == NULL || frame->owner == FRAME_OWNED_BY_CSTACK ? NULL : frame_code(frame);
}

uint32_t
_PyGlassbox_Running(PyThreadState *tstate, uint16_t *offset)
{
    PyCodeObject *code = running_code(tstate);
    *offset = code == NULL ? GBX_NO_OFFSET : frame_offset(tstate->current_frame);
    return code == NULL ? 0 : gbx_code_id(code);
}

static gbx_spec *
begin_spec(PyThreadState *tstate, PyCodeObject *code, uint32_t *dt)
{
    gbx_spec *record = gbx_begin(sizeof(*record), tstate, false, dt);
    if (record != NULL) {
        memset((char *)record + sizeof(gbx_head), 0, sizeof(*record) - sizeof(gbx_head));
        record->code = code == NULL ? 0 : gbx_code_id(code);
    }
    return record;
}

void
_PyGlassbox_SpecAttempt(const void *instruction, int family)
{
    const _Py_CODEUNIT *instr = instruction;
    PyThreadState *tstate = _PyThreadState_GET();
    PyCodeObject *code = running_code(tstate);
    gbx_stream *stream = &_PyGlassbox_stream;
    stream->spec_opcode = instr->op.code;
    stream->spec_counter = counter_of(instr);
    stream->spec_reason = 0;
    uint32_t dt;
    gbx_spec *record = begin_spec(tstate, code, &dt);
    if (record == NULL) {
        return;
    }
    record->counter_before = record->counter_after = stream->spec_counter;
    record->opcode_after = stream->spec_opcode;
    record->family = (uint8_t)family;
    gbx_commit(record, sizeof(*record), GBX_EV_SPEC_ATTEMPT, stream->spec_opcode,
               code == NULL ? GBX_NO_OFFSET : offset_in(code, instr), dt);
}

void
_PyGlassbox_SpecReason(int reason)
{
    _PyGlassbox_stream.spec_reason = (uint8_t)reason;
}

void
_PyGlassbox_SpecResult(const void *instruction, int family, int success)
{
    const _Py_CODEUNIT *instr = instruction;
    PyThreadState *tstate = _PyThreadState_GET();
    PyCodeObject *code = running_code(tstate);
    gbx_stream *stream = &_PyGlassbox_stream;
    uint32_t dt;
    gbx_spec *record = begin_spec(tstate, code, &dt);
    if (record == NULL) {
        return;
    }
    uint8_t before = stream->spec_opcode;
    record->counter_before = stream->spec_counter;
    record->counter_after = counter_of(instr);
    record->opcode_after = instr->op.code;
    record->family = (uint8_t)family;
    /* A success can have a reason, too: why it had to be the second best (a class whose __init__
       cannot be inlined is still called by CALL_NON_PY_GENERAL). */
    record->reason = stream->spec_reason;
    uint8_t event = GBX_EV_SPEC_FAIL;
    if (success) {
        record->expected = cached_version(instr, instr->op.code);
        event = before == family ? GBX_EV_SPEC_SUCCESS : GBX_EV_SPEC_RESPECIALIZE;
    }
    gbx_commit(record, sizeof(*record), event, before,
               code == NULL ? GBX_NO_OFFSET : offset_in(code, instr), dt);
}

/* How deep below the top of the stack lies the object that the family's guards look at. */
static int
guarded_depth(int family, int oparg)
{
    switch (family) {
        case BINARY_OP: case BINARY_SUBSCR: case COMPARE_OP: case STORE_SUBSCR: case SEND:
            return 2;
        case CALL:
            return oparg + 2;              /* callable, self or NULL, arguments */
        default:
            return 1;
    }
}

static uint32_t
keys_version(PyObject *dict)
{
    return dict != NULL && PyDict_CheckExact(dict)
        ? ((PyDictObject *)dict)->ma_keys->dk_version : 0;
}

/* A miss of LOAD_GLOBAL: which of the two dicts has other keys than the cache noted. */
static void
describe_global(gbx_spec *record, const _PyInterpreterFrame *frame, uint8_t opcode)
{
    const _PyLoadGlobalCache *cache = (const _PyLoadGlobalCache *)(frame->instr_ptr + 1);
    record->expected = cache->module_keys_version;
    record->found = keys_version(frame->f_globals);
    record->guard = GBX_GUARD_GLOBALS_KEYS;
    if (opcode == LOAD_GLOBAL_BUILTIN && record->expected == record->found) {
        record->expected = cache->builtin_keys_version;
        record->found = keys_version(frame->f_builtins);
        record->guard = GBX_GUARD_BUILTINS_KEYS;
    }
}

/* A miss anywhere else: the type of the object the guards look at, and the first guard that does not
   hold for it. */
static void
describe_object(gbx_spec *record, PyThreadState *tstate, _PyInterpreterFrame *frame,
                PyObject *object, int family, uint8_t opcode)
{
    PyTypeObject *type = Py_TYPE(object);
    record->type = _PyGlassbox_InternBytes(type->tp_name, strlen(type->tp_name));
    record->expected = cached_version(frame->instr_ptr, opcode);
    if (family == CALL && PyFunction_Check(object)) {
        record->found = ((PyFunctionObject *)object)->func_version;
        record->guard = GBX_GUARD_FUNCTION_VERSION;
        if (record->found == record->expected) {
            record->guard = tstate->py_recursion_remaining <= 1
                ? GBX_GUARD_RECURSION : GBX_GUARD_STACK_SPACE;
        }
        return;
    }
    record->found = type->tp_version_tag;
    record->guard = record->expected == 0 ? GBX_GUARD_TYPE
        : record->found != record->expected ? GBX_GUARD_TYPE_VERSION : GBX_GUARD_OTHER;
}

/* A specialized instruction met what it was not made for and does the general thing.  The counter
   is the one the general form will look at next: at zero it asks the specializer again, and only
   then is the site given up (spec.deopt). */
void
_PyGlassbox_SpecMiss(PyThreadState *tstate, _PyInterpreterFrame *frame, PyObject **stack_pointer,
                     int family)
{
    PyCodeObject *code = (PyCodeObject *)frame->f_executable;
    const _Py_CODEUNIT *instr = frame->instr_ptr;
    uint8_t opcode = instr->op.code;
    uint32_t dt;
    gbx_spec *record = begin_spec(tstate, code, &dt);
    if (record == NULL) {
        return;
    }
    uint16_t counter = counter_of(instr);
    bool exhausted = backoff_counter_triggers(forge_backoff_counter(counter));
    record->counter_before = counter;
    record->counter_after = exhausted
        ? counter : advance_backoff_counter(forge_backoff_counter(counter)).as_counter;
    record->opcode_after = opcode;
    record->family = (uint8_t)family;
    if (family == LOAD_GLOBAL) {
        describe_global(record, frame, opcode);
    }
    else {
        PyObject **object = stack_pointer - guarded_depth(family, instr->op.arg);
        if (object >= _PyFrame_Stackbase(frame) && *object != NULL) {
            describe_object(record, tstate, frame, *object, family, opcode);
        }
    }
    gbx_commit(record, sizeof(*record), GBX_EV_SPEC_MISS, opcode, offset_in(code, instr), dt);
    if (!exhausted) {
        return;
    }
    gbx_spec *deopt = begin_spec(tstate, code, &dt);
    if (deopt != NULL) {
        deopt->counter_before = deopt->counter_after = counter;
        deopt->opcode_after = opcode;
        deopt->family = (uint8_t)family;
        gbx_commit(deopt, sizeof(*deopt), GBX_EV_SPEC_DEOPT, opcode, offset_in(code, instr), dt);
    }
}

void
_PyGlassbox_SpecInstrument(PyCodeObject *code, int offset, int before, int after)
{
    uint32_t dt;
    gbx_spec *record = begin_spec(_PyThreadState_GET(), code, &dt);
    if (record == NULL) {
        return;
    }
    record->opcode_after = (uint8_t)after;
    record->family = _PyOpcode_Deopt[before];
    gbx_commit(record, sizeof(*record), GBX_EV_SPEC_INSTRUMENT, (uint8_t)before,
               offset >= 0 && offset < (int)GBX_NO_OFFSET ? (uint16_t)offset : GBX_NO_OFFSET, dt);
}

/* ------------------------------------------- classes compile, import, thread */

void
_PyGlassbox_CompileStage(int event, int stage, PyObject *filename, PyCodeObject *code)
{
    uint32_t dt;
    uint32_t name = filename == NULL ? 0 : _PyGlassbox_InternUnicode(filename);
    gbx_compile_stage *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->name = name;
    record->code = code == NULL ? 0 : gbx_code_id(code);
    gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)stage, 0, dt);
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

void
_PyGlassbox_Import(int event, int step, PyObject *name, int ok)
{
    uint32_t dt;
    uint32_t id = _PyGlassbox_InternUnicode(name);
    gbx_import *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->name = id;
    record->reserved = 0;
    gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)step, (uint16_t)ok, dt);
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

uint64_t
_PyGlassbox_StringId(PyObject *text)
{
    return _PyGlassbox_InternUnicode(text);
}

void
_PyGlassbox_Mark(PyObject *name, int type, uint64_t value)
{
    uint32_t dt;
    uint32_t id = _PyGlassbox_InternUnicode(name);
    gbx_mark *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->name = id;
    record->reserved = 0;
    record->value = value;
    gbx_commit(record, sizeof(*record), GBX_EV_MARK, (uint8_t)type, 0, dt);
    if (GLASSBOX_ON(ALLOC)) {
        _PyGlassbox_AllocTotal();
    }
}

void
_PyGlassbox_Span(int event, PyObject *name, uint32_t span)
{
    uint32_t dt;
    uint32_t id = _PyGlassbox_InternUnicode(name);
    gbx_span *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    record->name = id;
    record->span = span;
    gbx_commit(record, sizeof(*record), (uint8_t)event, 0, 0, dt);
}

#endif /* Py_GLASSBOX */
