/* Glassbox references: what every change of a watched object's reference count records.

   With the GIL the hooks stand before the operation (Include/internal/glassbox_refs.h says why) and
   tell from the count as it is what the operation is about to do.  Without it the same holds for the
   local half, which its owner alone changes; what is done to the shared half is recorded after it is
   done, since only then is it known.  A record holds both halves after the operation, the change, the
   Python instruction that runs, and the address in the C function that does it: the operation is inlined
   there, so that is where the hook was called from.

   Nothing here may touch a refcount (but RefAddShared(), which stands in for the operation), allocate,
   raise, or look into an object beyond its head: it may be half built, or half gone. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_frame.h"          // _PyFrame_ClearExceptCode()
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

/* What one record says. */
typedef struct {
    uint8_t event;
    uint8_t how;
    uint32_t watch;
    int32_t delta;
    uint32_t local;
    int64_t shared;
    const void *caller;
} reference;

static void
record(const reference *it)
{
    PyThreadState *tstate = _PyThreadState_GET();
    uint16_t offset;
    uint32_t dt, code = _PyGlassbox_Running(tstate, &offset);
    gbx_ref *into = gbx_begin(sizeof(*into), tstate, false, &dt);
    if (into != NULL) {
        into->watch = it->watch;
        into->code = code;
        into->caller = (uint64_t)(uintptr_t)it->caller;
        into->delta = it->delta;
        into->local = it->local;
        into->shared = it->shared;
        gbx_commit(into, sizeof(*into), it->event, it->how, offset, dt);
    }
}

static inline uint32_t
watch_of(const PyObject *op)
{
    return _PyGlassbox_watched == 0 ? 0 : _PyGlassbox_WatchFind(op);
}

/* ------------------------------------------- who does it, and how it is done */

void
_PyGlassbox_RefBy(PyObject *op, const void *caller)
{
    _PyGlassbox_stream.ref_by_object = op;
    _PyGlassbox_stream.ref_by = caller;
}

/* What was left by RefBy() for this object, else `otherwise`. */
static const void *
take_by(const PyObject *op, const void *otherwise)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    bool ours = stream->ref_by_object == op;
    stream->ref_by_object = NULL;
    return ours ? stream->ref_by : otherwise;
}

void
_PyGlassbox_RefHow(int how)
{
    _PyGlassbox_stream.ref_how = (uint8_t)how;
}

static uint8_t
take_how(uint8_t otherwise)
{
    uint8_t how = _PyGlassbox_stream.ref_how;
    _PyGlassbox_stream.ref_how = GBX_REF_PLAIN;
    return how != GBX_REF_PLAIN ? how : otherwise;
}

static void
note_dying(const PyObject *op, const void *caller)
{
    _PyGlassbox_stream.ref_dying = op;
    _PyGlassbox_stream.ref_dying_by = caller;
}

/* The end of a watched object, or what looks like it: see _PyGlassbox_WatchDead().  The last decrement
   says who ended it; one that was inlined where there are no hooks leaves `caller`, who called
   _Py_Dealloc(). */
void
_PyGlassbox_RefDealloc(PyObject *op, const void *caller)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    uint32_t watch = watch_of(op);
    if (watch == 0) {
        return;
    }
    if (stream->ref_dying == op) {
        caller = stream->ref_dying_by;
    }
    stream->ref_dying = NULL;
    record(&(reference){ .event = GBX_EV_REF_DEALLOC, .watch = watch, .caller = caller });
    _PyGlassbox_WatchDead(op, true);
}

/* A birth at the address of a watched object ends the watch; if that one was not seen to die, a record
   says so. */
static void
born(PyObject *op, reference *it)
{
    if (!_PyGlassbox_WatchIsDead(op)) {
        record(it);
    }
    _PyGlassbox_WatchForget(op);
}

/* A frame is cleared after it was left: meanwhile it, and not its caller, is who does things.  Frames are
   cleared inside each other, by finalizers. */
void
_PyGlassbox_ClearFrame(PyThreadState *tstate, _PyInterpreterFrame *frame)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    _PyInterpreterFrame *outer = stream->leaving, *outer_to = stream->leaving_to;
    stream->leaving = PyCode_Check(frame->f_executable) ? frame : NULL;
    stream->leaving_to = tstate->current_frame;
    _PyFrame_ClearExceptCode(frame);
    stream->leaving = outer;
    stream->leaving_to = outer_to;
}

/* ----------------------------------------------------------- with the GIL */

#ifndef Py_GIL_DISABLED

#define COUNT_FIELD offsetof(PyObject, ob_refcnt)

static inline void
churn(const PyObject *op, Py_ssize_t delta)
{
    if (_PyGlassbox_recorder.churn && !_Py_IsImmortal((PyObject *)op)) {
        _PyGlassbox_ChurnCount(op, delta > 0, delta < 0, 0);
    }
}

/* The count is about to change by `delta`, or would if the object were mortal. */
static void
change(PyObject *op, uint8_t how, Py_ssize_t delta, const void *caller)
{
    churn(op, delta);
    caller = take_by(op, caller);
    uint32_t watch = watch_of(op);
    if (watch == 0) {
        return;
    }
    Py_ssize_t count = op->ob_refcnt;
    reference it = { .how = how, .watch = watch, .local = (uint32_t)count, .caller = caller };
    if (_Py_IsImmortal(op)) {
        it.event = GBX_EV_REF_SKIP;
    }
    else {
        it.event = delta > 0 ? GBX_EV_REF_INC : GBX_EV_REF_DEC;
        it.delta = (int32_t)delta;
        it.local = (uint32_t)(count + delta);
    }
    if (it.local == 0) {
        note_dying(op, caller);
    }
    record(&it);
}

static void
store(PyObject *op, uint8_t how, Py_ssize_t count, bool always, const void *caller)
{
    uint32_t watch = watch_of(op);
    if (watch == 0) {
        return;
    }
    reference it = { .event = GBX_EV_REF_SET, .how = how, .watch = watch, .local = (uint32_t)count,
                     .caller = caller };
    if (!always && _Py_IsImmortal(op)) {
        it.event = GBX_EV_REF_SKIP;
        it.local = (uint32_t)op->ob_refcnt;
    }
    if (how == GBX_REF_NEW) {
        born(op, &it);
        return;
    }
    record(&it);
    if (it.event == GBX_EV_REF_SET) {
        _PyGlassbox_WatchDead(op, count == 0);
    }
}

/* The count as it is: what follows is told by the watch event. */
void
_PyGlassbox_RefOwner(PyObject *Py_UNUSED(op))
{
}

/* -------------------------------------------------------- without the GIL */

#else

#define COUNT_FIELD offsetof(PyObject, ob_ref_local)

static inline int64_t
shared_of(PyObject *op)
{
    return _Py_atomic_load_ssize_relaxed(&op->ob_ref_shared);
}

/* While the caller has a reference: the object is looked at. */
static inline void
churn(const PyObject *op, Py_ssize_t delta, bool shared)
{
    if (_PyGlassbox_recorder.churn) {
        _PyGlassbox_ChurnCount(op, delta > 0, delta < 0, shared);
    }
}

/* An operation begins.  Of the owner: it changes the local half, as is known already.  Of another: who
   it is is kept for the record that the operation on the shared half makes. */
static void
change(PyObject *op, uint8_t how, Py_ssize_t delta, const void *caller)
{
    uint32_t local = _Py_atomic_load_uint32_relaxed(&op->ob_ref_local);
    bool immortal = local == _Py_IMMORTAL_REFCNT_LOCAL;
    if (!immortal && !_Py_IsOwnedByCurrentThread(op)) {
        if (delta < 0) {
            churn(op, delta, true);        /* increments are counted where they are done */
        }
        if (_PyGlassbox_stream.ref_by_object != op) {
            _PyGlassbox_RefBy(op, caller);
        }
        return;
    }
    caller = take_by(op, caller);
    if (!immortal) {
        churn(op, delta, false);
    }
    uint32_t watch = watch_of(op);
    if (watch == 0) {
        return;
    }
    reference it = { .event = GBX_EV_REF_SKIP, .how = how, .watch = watch, .local = local,
                     .shared = shared_of(op), .caller = caller };
    if (!immortal) {
        it.event = delta > 0 ? GBX_EV_REF_INC : GBX_EV_REF_DEC;
        it.how = GBX_REF_LOCAL;
        it.delta = (int32_t)delta;
        it.local = (uint32_t)(local + delta);
    }
    if (it.local == 0) {
        note_dying(op, caller);
    }
    record(&it);
}

/* The operation itself, since only what it finds tells what it leaves. */
static void
add_shared(PyObject *op, Py_ssize_t delta, const void *caller)
{
    Py_ssize_t change_by = (Py_ssize_t)((size_t)delta << _Py_REF_SHARED_SHIFT);
    uint32_t watch = watch_of(op);
    Py_ssize_t before = _Py_atomic_add_ssize(&op->ob_ref_shared, change_by);
    churn(op, delta, true);
    caller = take_by(op, caller);
    if (watch != 0) {
        record(&(reference){ .event = GBX_EV_REF_INC, .how = GBX_REF_SHARED, .watch = watch,
                             .delta = (int32_t)delta, .local = op->ob_ref_local,
                             .shared = before + change_by, .caller = caller });
    }
}

void
_PyGlassbox_RefAddShared(PyObject *op, Py_ssize_t delta)
{
    add_shared(op, delta, __builtin_return_address(0));
}

/* The halves before an operation on the shared one, while the object is there to be looked at. */
void
_PyGlassbox_RefBefore(PyObject *op)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    stream->ref_watch = watch_of(op);
    stream->ref_local = _Py_atomic_load_uint32_relaxed(&op->ob_ref_local);
}

static void
record_shared(uint8_t event, uint8_t how, Py_ssize_t delta, Py_ssize_t shared, const void *caller)
{
    const gbx_stream *stream = &_PyGlassbox_stream;
    if (stream->ref_watch != 0) {
        record(&(reference){ .event = event, .how = how, .watch = stream->ref_watch, .delta = (int32_t)delta,
                             .local = stream->ref_local, .shared = shared, .caller = caller });
    }
}

void
_PyGlassbox_RefShared(PyObject *op, int how, Py_ssize_t shared, Py_ssize_t delta)
{
    if (delta > 0) {
        churn(op, delta, true);
    }
    record_shared(delta > 0 ? GBX_EV_REF_INC : GBX_EV_REF_DEC, (uint8_t)how, delta, shared,
                  take_by(op, __builtin_return_address(0)));
}

/* A decrement by somebody else than the owner: done, or left to the owner to do. */
void
_PyGlassbox_RefDecShared(PyObject *op, Py_ssize_t shared, int queued)
{
    const void *caller = take_by(op, __builtin_return_address(0));
    if (shared == _Py_REF_MERGED) {
        note_dying(op, caller);
    }
    record_shared(queued ? GBX_EV_REF_QUEUE : GBX_EV_REF_DEC, GBX_REF_SHARED, queued ? 0 : -1, shared, caller);
}

void
_PyGlassbox_RefMerge(PyObject *op, int how, Py_ssize_t shared, Py_ssize_t extra)
{
    const void *caller = take_by(op, __builtin_return_address(0));
    _PyGlassbox_stream.ref_local = 0;
    if (shared == _Py_REF_MERGED && _PyGlassbox_stream.ref_dying != op) {
        note_dying(op, caller);
    }
    record_shared(GBX_EV_REF_MERGE, take_how((uint8_t)how), extra, shared, caller);
}

/* Another thread changed the shared half between our look and our write; true. */
int
_PyGlassbox_RefRetry(PyObject *op)
{
    record_shared(GBX_EV_REF_RETRY, GBX_REF_SHARED, 0, shared_of(op), __builtin_return_address(0));
    return 1;
}

static void
store(PyObject *op, uint8_t how, Py_ssize_t count, bool always, const void *caller)
{
    uint32_t watch = watch_of(op);
    if (watch == 0) {
        return;
    }
    uint32_t local = op->ob_ref_local;
    reference it = { .event = GBX_EV_REF_SET, .how = how, .watch = watch, .local = (uint32_t)count,
                     .caller = caller };
    if (!always && local == _Py_IMMORTAL_REFCNT_LOCAL) {
        it.event = GBX_EV_REF_SKIP;
        it.local = local;
    }
    else if (how == GBX_REF_DEFER) {       /* recorded after it is done */
        it.local = local;
        it.shared = shared_of(op);
    }
    else if (how == GBX_REF_NEW) {
        born(op, &it);
        return;
    }
    else if (!always && _Py_IsOwnedByCurrentThread(op)) {
        it.shared = shared_of(op) & _Py_REF_SHARED_FLAG_MASK;
    }
    else if (how == GBX_REF_PLAIN || how == GBX_REF_INTERN) {
        it.local = 0;
        it.shared = _Py_REF_SHARED(count, _Py_REF_MERGED);
    }
    record(&it);
    if (it.event == GBX_EV_REF_SET && how != GBX_REF_DEFER) {
        _PyGlassbox_WatchDead(op, count == 0);
    }
}

/* Whose the object is as a watch begins, and what each half holds. */
void
_PyGlassbox_RefOwner(PyObject *op)
{
    record(&(reference){ .event = GBX_EV_REF_OWNER, .watch = watch_of(op),
                         .how = _Py_IsOwnedByCurrentThread(op) ? GBX_REF_LOCAL : GBX_REF_SHARED,
                         .local = op->ob_ref_local, .shared = shared_of(op),
                         .caller = __builtin_return_address(0) });
}

#endif

/* ------------------------------------------------------- called by the hooks */

void
_PyGlassbox_RefInc(PyObject *op)
{
    change(op, GBX_REF_PLAIN, 1, __builtin_return_address(0));
}

void
_PyGlassbox_RefDec(PyObject *op)
{
    change(op, GBX_REF_PLAIN, -1, __builtin_return_address(0));
}

void
_PyGlassbox_RefTry(PyObject *op)
{
    change(op, GBX_REF_TRY, 1, __builtin_return_address(0));
}

void
_PyGlassbox_RefAdd(PyObject *op, Py_ssize_t delta)
{
    change(op, GBX_REF_MANY, delta, __builtin_return_address(0));
}

void
_PyGlassbox_RefSet(PyObject *op, Py_ssize_t count)
{
    store(op, take_how(GBX_REF_PLAIN), count, false, take_by(op, __builtin_return_address(0)));
}

void
_PyGlassbox_RefStore(PyObject *op, int how, Py_ssize_t count)
{
    store(op, (uint8_t)how, count, true, __builtin_return_address(0));
}

#ifdef GLASSBOX_REF_PATCHED

/* What a stub calls: on the stack its return address and the address of the count.  The site is told by
   the nop at the return address; see GLASSBOX_REF_LOAD. */
#define STUB(NAME, CALLEE) \
    __asm__ ( \
        ".text\n\t.p2align 4\n\t.globl " NAME "\n\t.hidden " NAME "\n\t.type " NAME ", @function\n" \
        NAME ":\n\t.cfi_startproc\n\t" \
        "pushq %rbp\n\t.cfi_def_cfa_offset 16\n\t.cfi_offset %rbp, -16\n\t" \
        "movq %rsp, %rbp\n\t.cfi_def_cfa_register %rbp\n\t" \
        "pushq %rax\n\tpushq %rcx\n\tpushq %rdx\n\tpushq %rsi\n\tpushq %rdi\n\t" \
        "pushq %r8\n\tpushq %r9\n\tpushq %r10\n\tpushq %r11\n\t" \
        "subq $256, %rsp\n\tandq $-16, %rsp\n\t" \
        "movaps %xmm0, (%rsp)\n\tmovaps %xmm1, 16(%rsp)\n\tmovaps %xmm2, 32(%rsp)\n\t" \
        "movaps %xmm3, 48(%rsp)\n\tmovaps %xmm4, 64(%rsp)\n\tmovaps %xmm5, 80(%rsp)\n\t" \
        "movaps %xmm6, 96(%rsp)\n\tmovaps %xmm7, 112(%rsp)\n\tmovaps %xmm8, 128(%rsp)\n\t" \
        "movaps %xmm9, 144(%rsp)\n\tmovaps %xmm10, 160(%rsp)\n\tmovaps %xmm11, 176(%rsp)\n\t" \
        "movaps %xmm12, 192(%rsp)\n\tmovaps %xmm13, 208(%rsp)\n\tmovaps %xmm14, 224(%rsp)\n\t" \
        "movaps %xmm15, 240(%rsp)\n\t" \
        "movq 16(%rbp), %rdi\n\tmovq 8(%rbp), %rsi\n\t" \
        "movslq 3(%rsi), %rax\n\tleaq 3(%rsi, %rax), %rsi\n\t" \
        "call " CALLEE "\n\t" \
        "movaps (%rsp), %xmm0\n\tmovaps 16(%rsp), %xmm1\n\tmovaps 32(%rsp), %xmm2\n\t" \
        "movaps 48(%rsp), %xmm3\n\tmovaps 64(%rsp), %xmm4\n\tmovaps 80(%rsp), %xmm5\n\t" \
        "movaps 96(%rsp), %xmm6\n\tmovaps 112(%rsp), %xmm7\n\tmovaps 128(%rsp), %xmm8\n\t" \
        "movaps 144(%rsp), %xmm9\n\tmovaps 160(%rsp), %xmm10\n\tmovaps 176(%rsp), %xmm11\n\t" \
        "movaps 192(%rsp), %xmm12\n\tmovaps 208(%rsp), %xmm13\n\tmovaps 224(%rsp), %xmm14\n\t" \
        "movaps 240(%rsp), %xmm15\n\t" \
        "leaq -72(%rbp), %rsp\n\t" \
        "popq %r11\n\tpopq %r10\n\tpopq %r9\n\tpopq %r8\n\t" \
        "popq %rdi\n\tpopq %rsi\n\tpopq %rdx\n\tpopq %rcx\n\tpopq %rax\n\t" \
        "popq %rbp\n\t.cfi_def_cfa %rsp, 8\n\tret\n\t.cfi_endproc\n\t" \
        ".size " NAME ", .-" NAME)

STUB("_PyGlassbox_RefIncStub", "_PyGlassbox_RefIncAt");
STUB("_PyGlassbox_RefDecStub", "_PyGlassbox_RefDecAt");
STUB("_PyGlassbox_RefTryStub", "_PyGlassbox_RefTryAt");

/* Called by the stubs alone, which the compiler does not see. */
void _PyGlassbox_RefIncAt(char *count, const void *caller) __attribute__((used, visibility("hidden")));
void _PyGlassbox_RefDecAt(char *count, const void *caller) __attribute__((used, visibility("hidden")));
void _PyGlassbox_RefTryAt(char *count, const void *caller) __attribute__((used, visibility("hidden")));

void
_PyGlassbox_RefIncAt(char *count, const void *caller)
{
    if (_PyGlassbox_refs != 0) {
        change((PyObject *)(count - COUNT_FIELD), GBX_REF_PLAIN, 1, caller);
    }
}

void
_PyGlassbox_RefDecAt(char *count, const void *caller)
{
    if (_PyGlassbox_refs != 0) {
        change((PyObject *)(count - COUNT_FIELD), GBX_REF_PLAIN, -1, caller);
    }
}

void
_PyGlassbox_RefTryAt(char *count, const void *caller)
{
    if (_PyGlassbox_refs != 0) {
        change((PyObject *)(count - COUNT_FIELD), GBX_REF_TRY, 1, caller);
    }
}

#endif /* GLASSBOX_REF_PATCHED */

#endif /* Py_GLASSBOX */
