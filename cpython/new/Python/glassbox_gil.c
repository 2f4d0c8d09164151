/* Glassbox gil: what becomes of the lock, and of threads that do without it.

   Where the records stand is what makes them worth having.  A release is recorded by its holder before
   anybody can see it, an acquisition by the new holder once it has the lock and has let go of the mutex
   behind it: so the spans between the two never overlap, and no hook lengthens what it measures by more
   than its own record.  Only a time-out and the request that follows it are recorded under that mutex.

   What one hook finds out and a later one of the same thread tells lies in the thread's stream (gil_*), so
   that upstream's functions need no variable of ours.  A thread state may be freed while a thread of it
   still waits for the lock (a daemon, at the end): hooks that do not hold the lock take what they need
   before, and touch it no more. */

#include "Python.h"
#include "pycore_ceval.h"          // _PY_EVAL_EVENTS_MASK
#include "pycore_glassbox_gil.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_interp.h"         // PyInterpreterState._gil
#include "pycore_llist.h"          // struct llist_node
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

#define HOLDER_BITS  20            // of a thread's id + 1 in _glassbox_holder; the rest: which recording
#define HOLDER_MASK  ((1u << HOLDER_BITS) - 1)

static inline uint32_t
lock_of(const struct _gil_runtime_state *gil)
{
    const PyInterpreterState *owner = _Py_CONTAINER_OF(gil, PyInterpreterState, _gil);
    return (uint32_t)owner->id;
}

static inline uint32_t
interp_of(const PyInterpreterState *interp)
{
    return (uint32_t)interp->id;
}

static inline uint32_t
token(const void *address)
{
    return (uint32_t)((uintptr_t)address >> 3);
}

static inline uint64_t
ticks_at(uint32_t dt)
{
    return _PyGlassbox_recorder.clock == GBX_CLOCK_NONE ? 0 : _PyGlassbox_stream.base_ticks + dt;
}

/* Ticks from `since`, taken in this recording, to a record with this dt. */
static inline uint64_t
waited(uint64_t since, uint32_t dt)
{
    uint64_t now = ticks_at(dt);
    return since != 0 && now > since ? now - since : 0;
}

/* --------------------------------------------------------- who had it before */

/* The thread that last took the lock, if that was in this recording.  Written by the holder; read by the
   holder, or under the lock's mutex while it is held. */
static uint32_t
last_thread(const struct _gil_runtime_state *gil)
{
    uint32_t holder = __atomic_load_n(&gil->_glassbox_holder, __ATOMIC_RELAXED);
    bool known = (holder & HOLDER_MASK) != 0
        && holder >> HOLDER_BITS == (_PyGlassbox_recorder.session & (UINT32_MAX >> HOLDER_BITS));
    return known ? (holder & HOLDER_MASK) - 1 : GBX_NO_THREAD;
}

static void
note_thread(struct _gil_runtime_state *gil)
{
    uint32_t thread = _PyGlassbox_stream.thread;
    uint32_t holder = thread >= HOLDER_MASK ? 0
        : _PyGlassbox_stream.session << HOLDER_BITS | (thread + 1);
    __atomic_store_n(&gil->_glassbox_holder, holder, __ATOMIC_RELAXED);
}

/* ------------------------------------------------------------------ the lock */

void
_PyGlassbox_GilLock(int event, PyInterpreterState *interp, int own)
{
    uint32_t dt;
    struct _gil_runtime_state *gil = event == GBX_EV_GIL_DESTROY ? &interp->_gil : interp->ceval.gil;
    uint16_t enabled = 1;
    if (event == GBX_EV_GIL_DESTROY && !interp->ceval.own_gil) {
        return;
    }
#ifdef Py_GIL_DISABLED
    enabled = _Py_atomic_load_int_relaxed(&gil->enabled) != 0;
#endif
    gbx_gil *record = gbx_begin(sizeof(*record), NULL, false, &dt);
    if (record != NULL) {
        record->lock = lock_of(gil);
        record->interp = interp_of(interp);
        gbx_commit(record, sizeof(*record), (uint8_t)event, own != 0, enabled, dt);
    }
}

void
_PyGlassbox_GilRequest(PyThreadState *tstate)
{
    uint32_t dt;
    gbx_stream *stream = &_PyGlassbox_stream;
    gbx_gil *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    stream->gil_lock = lock_of(tstate->interp->ceval.gil);
    stream->gil_interp = interp_of(tstate->interp);
    stream->gil_since = 0;
    if (record != NULL) {
        stream->gil_since = ticks_at(dt);
        record->lock = stream->gil_lock;
        record->interp = stream->gil_interp;
        gbx_commit(record, sizeof(*record), GBX_EV_GIL_REQUEST, 0, 0, dt);
    }
}

/* The interval is over.  The holder is asked to let go only if it is still the one that held the lock as
   the interval began. */
void
_PyGlassbox_GilTimeout(struct _gil_runtime_state *gil, unsigned long interval_us,
                       unsigned long switches_before)
{
    uint32_t dt;
    bool asks = _Py_atomic_load_int_relaxed(&gil->locked) && gil->switch_number == switches_before;
    gbx_gil_timeout *record = gbx_begin(sizeof(*record), NULL, false, &dt);
    if (record != NULL) {
        record->lock = lock_of(gil);
        record->interval_us = interval_us > UINT32_MAX ? UINT32_MAX : (uint32_t)interval_us;
        gbx_commit(record, sizeof(*record), GBX_EV_GIL_TIMEOUT, asks, 0, dt);
    }
}

void
_PyGlassbox_GilDropRequest(struct _gil_runtime_state *gil, PyThreadState *holder)
{
    uint32_t dt;
    gbx_gil_drop *record = gbx_begin(sizeof(*record), NULL, false, &dt);
    if (record != NULL) {
        record->lock = lock_of(gil);
        record->holder = last_thread(gil);
        gbx_commit(record, sizeof(*record), GBX_EV_GIL_DROP_REQUEST,
                   _Py_eval_breaker_bit_is_set(holder, _PY_GIL_DROP_REQUEST_BIT) != 0, 0, dt);
    }
}

/* The processor may read its clock before an earlier instruction is done: before the atomic operation that
   took the lock, if that waits for another core's cache.  The acquisition would then lie before the release
   that allowed it. */
static inline void
settle(void)
{
#ifdef GBX_HAVE_TSC
    _mm_lfence();
#endif
}

/* gil.acquire and gil.held. */
static void
record_holder(uint8_t event, PyInterpreterState *interp, const PyThreadState *tstate,
              PyThreadState *viable)
{
    uint32_t dt;
    gbx_stream *stream = &_PyGlassbox_stream;
    struct _gil_runtime_state *gil = interp->ceval.gil;
    bool asked = stream->session == _PyGlassbox_recorder.session && event == GBX_EV_GIL_ACQUIRE;
    settle();
    gbx_gil_acquire *record = gbx_begin(sizeof(*record), viable, false, &dt);
    if (record != NULL) {
        record->lock = lock_of(gil);
        record->interp = interp_of(interp);
        record->from = last_thread(gil);
        record->state = token(tstate);
        record->switches = gil->switch_number;
        record->wait = asked ? waited(stream->gil_since, dt) : 0;
        gbx_commit(record, sizeof(*record), event, 0, 0, dt);
        note_thread(gil);
    }
    stream->gil_since = 0;
    stream->release_noted = false;
}

void
_PyGlassbox_GilAcquire(PyInterpreterState *interp, PyThreadState *tstate, int viable)
{
    record_holder(GBX_EV_GIL_ACQUIRE, interp, tstate, viable ? tstate : NULL);
}

/* The thread was told to end, or the lock was switched off, while it waited. */
void
_PyGlassbox_GilGiveUp(int why)
{
    uint32_t dt;
    gbx_stream *stream = &_PyGlassbox_stream;
    gbx_gil_wait *record = gbx_begin(sizeof(*record), NULL, false, &dt);
    if (record != NULL) {
        record->lock = stream->gil_lock;
        record->interp = stream->gil_interp;
        record->wait = waited(stream->gil_since, dt);
        gbx_commit(record, sizeof(*record), GBX_EV_GIL_GIVE_UP, (uint8_t)why, 0, dt);
    }
    stream->gil_since = 0;
}

/* ------------------------------------------------------------------ releases */

void
_PyGlassbox_ReleaseBy(int why, const void *by)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    if (!stream->release_noted) {
        stream->release_noted = true;
        stream->release_why = (uint8_t)why;
        stream->release_by = by;
    }
}

void
_PyGlassbox_ReleaseByNobody(void)
{
    _PyGlassbox_stream.release_noted = false;
}

static uint8_t
release_reason(int final)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    return final ? GBX_RELEASE_EXIT : stream->release_noted ? stream->release_why : GBX_RELEASE_DETACH;
}

void
_PyGlassbox_GilRelease(PyInterpreterState *interp, PyThreadState *tstate, int final)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    bool alive = tstate != NULL && !final;
    uint16_t offset = GBX_NO_OFFSET;
    uint32_t dt, code = alive ? _PyGlassbox_Running(tstate, &offset) : 0;
    const void *by = stream->release_noted ? stream->release_by : NULL;
    stream->gil_lock = lock_of(interp->ceval.gil);
    stream->gil_interp = interp_of(interp);
    _PyGlassbox_ImageSee(by);
    gbx_gil_release *record = gbx_begin(sizeof(*record), alive ? tstate : NULL, false, &dt);
    if (record != NULL) {
        *record = (gbx_gil_release){
            .lock = stream->gil_lock, .interp = stream->gil_interp, .code = code,
            .state = alive ? token(tstate) : 0,
            .by = (uint64_t)(uintptr_t)by,
            .bits = tstate == NULL ? 0 : (uint32_t)(_Py_atomic_load_uintptr_relaxed(&tstate->eval_breaker)
                                                    & _PY_EVAL_EVENTS_MASK),
        };
        gbx_commit(record, sizeof(*record), GBX_EV_GIL_RELEASE, release_reason(final), offset, dt);
    }
    stream->release_noted = false;
    stream->gil_since = 0;
}

void
_PyGlassbox_GilForced(int begins)
{
    uint32_t dt;
    gbx_stream *stream = &_PyGlassbox_stream;
    if (begins) {
        stream->gil_since = gbx_now();
        return;
    }
    if (stream->gil_since == 0) {
        return;                            /* another thread had taken the lock already */
    }
    gbx_gil_wait *record = gbx_begin(sizeof(*record), NULL, false, &dt);
    if (record != NULL) {
        record->lock = stream->gil_lock;
        record->interp = stream->gil_interp;
        record->wait = waited(stream->gil_since, dt);
        gbx_commit(record, sizeof(*record), GBX_EV_GIL_FORCED, 0, 0, dt);
    }
    stream->gil_since = 0;
}

void
_PyGlassbox_BreakerSeen(PyThreadState *tstate, uintptr_t bits)
{
    uint16_t offset;
    uint32_t dt, code = _PyGlassbox_Running(tstate, &offset);
    gbx_gil_breaker *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record != NULL) {
        record->code = code;
        record->interp = interp_of(tstate->interp);
        gbx_commit(record, sizeof(*record), GBX_EV_GIL_BREAKER, (uint8_t)(bits & _PY_EVAL_EVENTS_MASK),
                   offset, dt);
    }
}

/* A recording begins while this thread is attached: where its lane begins. */
void
_PyGlassbox_GilHeld(void)
{
    PyThreadState *tstate = _PyThreadState_GET();
    if (tstate == NULL || tstate->interp->ceval.gil == NULL) {
        return;
    }
    _PyGlassbox_stream.gil_since = 0;
    _PyGlassbox_stream.release_noted = false;
    if (tstate->_status.holds_gil) {
        record_holder(GBX_EV_GIL_HELD, tstate->interp, tstate, tstate);
    }
#ifdef Py_GIL_DISABLED
    _PyGlassbox_stream.wait_since = 0;
    _PyGlassbox_Attached(tstate);
#endif
}

/* ---------------------------------------------------------- without the lock */

void
_PyGlassbox_GilSwitch(int event, int how, PyThreadState *tstate, PyObject *module)
{
#ifdef Py_GIL_DISABLED
    uint32_t dt;
    struct _gil_runtime_state *gil = tstate->interp->ceval.gil;
    gbx_gil_switch *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    record->lock = lock_of(gil);
    record->name = module == NULL || !PyUnicode_Check(module) ? 0 : _PyGlassbox_InternUnicode(module);
    record->requests = (uint32_t)_Py_atomic_load_int_relaxed(&gil->enabled);
    record->reserved = 0;
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)how, 0, dt);
    }
#else
    (void)event; (void)how; (void)tstate; (void)module;
#endif
}

void
_PyGlassbox_Attaching(void)
{
    _PyGlassbox_stream.wait_since = gbx_now();
}

void
_PyGlassbox_Attached(PyThreadState *tstate)
{
    uint32_t dt;
    gbx_stream *stream = &_PyGlassbox_stream;
    bool here = stream->session == _PyGlassbox_recorder.session;
    gbx_attach *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record != NULL) {
        record->interp = interp_of(tstate->interp);
        record->state = token(tstate);
        record->wait = here ? waited(stream->wait_since, dt) : 0;
        gbx_commit(record, sizeof(*record), GBX_EV_ATTACH, 0, 0, dt);
    }
    stream->wait_since = 0;
    stream->release_noted = false;
}

void
_PyGlassbox_Detach(PyThreadState *tstate, int final)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    uint16_t offset = GBX_NO_OFFSET;
    uint32_t dt, code = final ? 0 : _PyGlassbox_Running(tstate, &offset);
    const void *by = stream->release_noted ? stream->release_by : NULL;
    _PyGlassbox_ImageSee(by);
    gbx_detach *record = gbx_begin(sizeof(*record), final ? NULL : tstate, false, &dt);
    if (record != NULL) {
        record->interp = interp_of(tstate->interp);
        record->code = code;
        record->by = (uint64_t)(uintptr_t)by;
        gbx_commit(record, sizeof(*record), GBX_EV_DETACH, release_reason(final), offset, dt);
    }
    if (!tstate->_status.holds_gil) {
        stream->release_noted = false;     /* no release will come to take the note */
    }
}

/* One that is contended waits: it will be let go of, if it is, by the function that begins the section. */
void
_PyGlassbox_Section(int event, PyThreadState *tstate, const void *mutex, int mutexes, const void *by)
{
    uint16_t offset;
    uint32_t dt, code = _PyGlassbox_Running(tstate, &offset);
    _PyGlassbox_ImageSee(by);
    gbx_section *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record != NULL) {
        record->code = code;
        record->mutexes = (uint32_t)mutexes;
        record->address = (uint64_t)(uintptr_t)mutex;
        record->by = (uint64_t)(uintptr_t)by;
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, offset, dt);
    }
    if (event == GBX_EV_SECTION_CONTENDED) {
        _PyGlassbox_ReleaseBy(GBX_RELEASE_PARK, by);
    }
    else if (event != GBX_EV_SECTION_SUSPEND) {
        _PyGlassbox_ReleaseByNobody();
    }
}

/* ------------------------------------------------------------------- waiting */

static void
record_park(int event, int flags, const void *address, uint64_t value)
{
    uint32_t dt;
    gbx_park *record = gbx_begin(sizeof(*record), NULL, false, &dt);
    if (record != NULL) {
        record->address = (uint64_t)(uintptr_t)address;
        record->value = value;
        gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)flags, 0, dt);
    }
}

/* Waits nest: who comes back from one may have to wait to attach.  How long each was, a reader finds by
   its ends. */
void
_PyGlassbox_Park(int on, const void *address, const void *by, int detach)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    if (on == GBX_PARK_LOT && stream->release_noted) {
        by = stream->release_by;
    }
    _PyGlassbox_ImageSee(by);
    record_park(GBX_EV_PARK, on, address, (uint64_t)(uintptr_t)by);
    if (detach) {
        _PyGlassbox_ReleaseBy(GBX_RELEASE_PARK, by);
    }
}

void
_PyGlassbox_Wake(int on, const void *address, int how)
{
    record_park(GBX_EV_WAKE, how, address, (uint64_t)on);
    if (on == GBX_PARK_LOT) {
        _PyGlassbox_ReleaseByNobody();
    }
}

void
_PyGlassbox_Unpark(int on, const void *address, uint64_t threads)
{
    record_park(GBX_EV_UNPARK, on, address, threads);
}

void
_PyGlassbox_UnparkAll(const void *address, const struct llist_node *waiters)
{
    uint64_t threads = 0;
    for (const struct llist_node *node = waiters->next; node != waiters; node = node->next) {
        threads++;
    }
    if (threads > 0) {
        record_park(GBX_EV_UNPARK, GBX_PARK_LOT, address, threads);
    }
}

#endif /* Py_GLASSBOX */
