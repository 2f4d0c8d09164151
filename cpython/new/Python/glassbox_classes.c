/* Glassbox classes: which are recorded now, and what has to be told when that changes.

   A class that comes on late has a past: blocks and objects that live, frames that run, who has the lock.  It is told
   first (glassbox_found.c, glassbox_census.c, glassbox_gil.c; frames by each thread at its next event), so that a reader's sums
   are right from there on.  Each change is an event, stream.mask, and at its instant every class of either
   side is on: what a reader takes for recorded was.

   Called by start(), stop() and select(), never by a hook. */

#include "Python.h"
#include "pycore_glassbox_gil.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_glassbox_found.h"
#include "pycore_ceval.h"          // _PyEval_StopTheWorldAll()
#include "pycore_frame.h"          // _PyInterpreterFrame
#include "pycore_interp.h"         // PyInterpreterState
#include "pycore_pystate.h"        // _PyThreadState_GET()
#include "pycore_runtime.h"        // _PyRuntime

#if Py_GLASSBOX

/* Nothing may be born or die between the moment from which births and deaths are recorded and the moment
   at which what lives is told. */
static bool
hold_world(uint32_t coming)
{
    bool must = (coming & (GBX_MASK(ALLOC) | GBX_MASK(OBJ))) != 0 && _PyThreadState_GET() != NULL;
    if (must) {
        _PyEval_StopTheWorldAll(&_PyRuntime);
    }
    return must;
}

static void
let_world_go(bool held)
{
    if (held) {
        _PyEval_StartTheWorldAll(&_PyRuntime);
    }
}

static void
tell_past(uint32_t coming)
{
    if (coming & GBX_MASK(ALLOC)) {
        _PyGlassbox_AllocFound();
    }
    if (coming & GBX_MASK(OBJ)) {
        _PyGlassbox_ObjectsFound();
    }
    if (coming & GBX_MASK(GIL)) {
        _PyGlassbox_GilHeld();
    }
}

/* What a tracer compares a trace with, and where that lies: entries of a section that is not loaded, no code. */
static inline void
tell_layout(void)
{
    GBX_LAYOUT(RUNTIME_INTERPRETERS, offsetof(_PyRuntimeState, interpreters.head));
    GBX_LAYOUT(INTERP_NEXT, offsetof(PyInterpreterState, next));
    GBX_LAYOUT(INTERP_THREADS, offsetof(PyInterpreterState, threads.head));
    GBX_LAYOUT(INTERP_LOCK, offsetof(PyInterpreterState, ceval.gil));
    GBX_LAYOUT(INTERP_ID, offsetof(PyInterpreterState, id));
    GBX_LAYOUT(LOCK_LOCKED, offsetof(struct _gil_runtime_state, locked));
    GBX_LAYOUT(LOCK_HOLDER, offsetof(struct _gil_runtime_state, last_holder));
    GBX_LAYOUT(THREAD_NEXT, offsetof(PyThreadState, next));
    GBX_LAYOUT(THREAD_NATIVE_ID, offsetof(PyThreadState, native_thread_id));
    GBX_LAYOUT(THREAD_FRAME, offsetof(PyThreadState, current_frame));
    GBX_LAYOUT(FRAME_PREVIOUS, offsetof(_PyInterpreterFrame, previous));
    GBX_LAYOUT(FRAME_CODE, offsetof(_PyInterpreterFrame, f_executable));
    GBX_LAYOUT(FRAME_OWNER, offsetof(_PyInterpreterFrame, owner));
    GBX_LAYOUT(FRAME_INSTRUCTION, offsetof(_PyInterpreterFrame, instr_ptr));
    GBX_LAYOUT(CODE_ID, offsetof(PyCodeObject, _co_glassbox_id));
    GBX_LAYOUT(CODE_UNITS, offsetof(PyCodeObject, co_code_adaptive));
    GBX_LAYOUT(RECORDER_HEADER, offsetof(gbx_recorder, header));
    GBX_LAYOUT(RECORDER_OPEN, offsetof(gbx_recorder, open));
    GBX_LAYOUT(OWNER_C_STACK, FRAME_OWNED_BY_CSTACK);
}

void
_PyGlassbox_ClassesBegin(uint32_t mask)
{
    tell_layout();
    bool held = hold_world(mask);
    __atomic_store_n(&_PyGlassbox_mask, mask, __ATOMIC_RELEASE);
    GBX_PROBE(MASK, &_PyGlassbox_mask);
    _PyGlassbox_RefsSwitch();
    tell_past(mask);
    let_world_go(held);
}

static bool
change_mask(uint32_t from, uint32_t to)
{
    bool done = __atomic_compare_exchange_n(&_PyGlassbox_mask, &from, to, false, __ATOMIC_SEQ_CST,
                                            __ATOMIC_SEQ_CST);
    GBX_PROBE(MASK, &_PyGlassbox_mask);
    _PyGlassbox_RefsSwitch();
    return done;
}

static void
record_change(uint32_t old, uint32_t new)
{
    uint32_t dt, epoch = _PyGlassbox_stream.epoch;
    _PyGlassbox_stream.epoch = _PyGlassbox_recorder.epoch;   /* this thread's frames are told after it */
    gbx_stream_mask *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->old_mask = old;
        record->new_mask = new;
        gbx_commit(record, sizeof(*record), GBX_EV_STREAM_MASK, 0, 0, dt);
    }
    if (_PyGlassbox_stream.epoch != epoch) {
        _PyGlassbox_stream.epoch = epoch;
        _PyGlassbox_stream.limit = 0;
    }
    gbx_header *header = _PyGlassbox_recorder.header;
    header->mask = new;
    __atomic_fetch_or(&header->switched_off, old & ~new, __ATOMIC_RELAXED);
}

/* One change, of a mask that is `old` as far as is known; false where it was not. */
static bool
change(uint32_t old, uint32_t new)
{
    uint32_t coming = new & ~old, going = old & ~new;
    bool held = hold_world(coming);
    /* A thread's first event of all brings its frames; it must not be that of the change. */
    if (_PyGlassbox_stream.session != _PyGlassbox_recorder.session) {
        (void)gbx_reserve(sizeof(gbx_stream_mask), _PyThreadState_GET(), false);
    }
    if (coming & GBX_MASK(FRAME)) {
        _PyGlassbox_StreamsRenew(true);
    }
    bool done = change_mask(old, old | new);
    if (coming & GBX_MASK(FRAME)) {
        _PyGlassbox_StreamsRenew(false);
    }
    if (done) {
        record_change(old, new);
        (void)change_mask(old | new, new);   /* where this fails, somebody has stopped the recording */
        if (going & GBX_MASK(REF)) {
            _PyGlassbox_WatchReset();        /* what is watched may die unseen from here on */
        }
        tell_past(coming);
    }
    let_world_go(held);
    return done;
}

/* Record these classes from here on, and no others; *before are those that were on.  0, also where
   nothing is recorded (*before is 0 then), or an errno value. */
int
_PyGlassbox_Select(uint32_t mask, uint32_t *before)
{
    mask |= GBX_MASK(STREAM);
    do {
        *before = __atomic_load_n(&_PyGlassbox_mask, __ATOMIC_ACQUIRE);
        if (*before == 0 || *before == mask) {
            return 0;
        }
        uint32_t coming = mask & ~*before;
        bool patch = (coming & GBX_MASK(REF)) != 0 && (_PyGlassbox_watched != 0 || _PyGlassbox_recorder.churn);
        int error = patch ? _PyGlassbox_RefsPatch(true) : 0;
        if (error != 0) {
            return error;
        }
        if (*before & ~mask & GBX_MASK(ALLOC)) {
            _PyGlassbox_AllocTotal();
        }
    } while (!change(*before, mask));
    return 0;
}

#endif /* Py_GLASSBOX */
