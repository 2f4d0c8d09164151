/* Glassbox: the hook macros of the lock, of thread states that come and go without it, and of the waits for
   the interpreter's own mutexes.

   The rules of pycore_glassbox.h hold: a macro is one line of an upstream file; off, it tests one word and
   evaluates none of its arguments; compiled out, it is nothing.  What the hooks do is in
   Python/glassbox_gil.c.

   Where a thread lets go of the lock, two things are to be known that no single place knows: why, and for
   which C function.  So each way into the release notes what it knows, GLASSBOX_RELEASE_BY(); the
   outermost note stands, and the release takes it. */

#ifndef Py_INTERNAL_GLASSBOX_GIL_H
#define Py_INTERNAL_GLASSBOX_GIL_H
#ifdef __cplusplus
extern "C" {
#endif

#include "pycore_glassbox.h"        // GLASSBOX_HOOK()

struct _gil_runtime_state;
struct llist_node;

extern void _PyGlassbox_GilLock(int event, PyInterpreterState *, int own);
extern void _PyGlassbox_GilRequest(PyThreadState *);
extern void _PyGlassbox_GilTimeout(struct _gil_runtime_state *, unsigned long interval_us,
                                   unsigned long switches_before);
extern void _PyGlassbox_GilDropRequest(struct _gil_runtime_state *, PyThreadState *holder);
extern void _PyGlassbox_GilAcquire(PyInterpreterState *, PyThreadState *, int viable);
extern void _PyGlassbox_GilGiveUp(int why);
extern void _PyGlassbox_GilRelease(PyInterpreterState *, PyThreadState *, int final);
extern void _PyGlassbox_GilForced(int begins);
extern void _PyGlassbox_GilHeld(void);
extern void _PyGlassbox_ReleaseBy(int why, const void *by);
extern void _PyGlassbox_ReleaseByNobody(void);
extern void _PyGlassbox_BreakerSeen(PyThreadState *, uintptr_t bits);
extern void _PyGlassbox_GilSwitch(int event, int how, PyThreadState *, PyObject *module);
extern void _PyGlassbox_Attaching(void);
extern void _PyGlassbox_Attached(PyThreadState *);
extern void _PyGlassbox_Detach(PyThreadState *, int final);
extern void _PyGlassbox_Section(int event, PyThreadState *, const void *mutex, int mutexes, const void *by);
extern void _PyGlassbox_Park(int on, const void *address, const void *by, int detach);
extern void _PyGlassbox_Wake(int on, const void *address, int how);
extern void _PyGlassbox_Unpark(int on, const void *address, uint64_t threads);
extern void _PyGlassbox_UnparkAll(const void *address, const struct llist_node *waiters);

/* --- the lock: made, asked for, taken, let go --- */

#define GLASSBOX_GIL_CREATE(INTERP, OWN) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilLock(GBX_EV_GIL_CREATE, (INTERP), (OWN)))
/* A lock has no end of its own: it goes with the interpreter it lies in. */
#define GLASSBOX_GIL_DESTROY(INTERP) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilLock(GBX_EV_GIL_DESTROY, (INTERP), 1))

#define GLASSBOX_GIL_REQUEST(TSTATE) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilRequest(TSTATE))
#define GLASSBOX_GIL_TIMEOUT(LOCK, INTERVAL, TIMED_OUT, SWITCHES) \
    GLASSBOX_HOOK(GIL, if (TIMED_OUT) { _PyGlassbox_GilTimeout((LOCK), (INTERVAL), (SWITCHES)); })
/* Before the bit is set: so it can be told whether it is set already. */
#define GLASSBOX_GIL_DROP_REQUEST(LOCK, HOLDER) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilDropRequest((LOCK), (HOLDER)))
#define GLASSBOX_GIL_ACQUIRE(INTERP, TSTATE) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilAcquire((INTERP), (TSTATE), 1))
/* The thread is to end, and its state may be gone: only its address is used. */
#define GLASSBOX_GIL_ACQUIRE_TO_EXIT(INTERP, TSTATE) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilAcquire((INTERP), (TSTATE), 0))
#define GLASSBOX_GIL_GIVE_UP(WHY) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilGiveUp(GBX_GIVE_UP_##WHY))

#define GLASSBOX_RELEASE_BY(WHY) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_ReleaseBy(GBX_RELEASE_##WHY, __builtin_return_address(0)))
#define GLASSBOX_RELEASE_BY_NOBODY() \
    GLASSBOX_HOOK(GIL, _PyGlassbox_ReleaseByNobody())
#define GLASSBOX_GIL_RELEASE(INTERP, TSTATE, FINAL) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilRelease((INTERP), (TSTATE), (FINAL)))
/* Around the wait for another thread to have taken the lock.  By its end the interpreter may be gone. */
#define GLASSBOX_GIL_FORCED_BEGIN() \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilForced(1))
#define GLASSBOX_GIL_FORCED_END() \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilForced(0))

#define GLASSBOX_BREAKER_SEEN(TSTATE, BITS) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_BreakerSeen((TSTATE), (BITS)))

/* --- without the lock --- */

#define GLASSBOX_GIL_ENABLE(HOW, TSTATE, MODULE) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilSwitch(GBX_EV_GIL_ENABLE, GBX_ENABLE_##HOW, (TSTATE), (MODULE)))
#define GLASSBOX_GIL_DISABLE(TSTATE) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_GilSwitch(GBX_EV_GIL_DISABLE, 0, (TSTATE), NULL))

/* With the lock, to take it is to attach, and one record says both. */
#ifdef Py_GIL_DISABLED
#  define GLASSBOX_ATTACHING()          GLASSBOX_HOOK(GIL, _PyGlassbox_Attaching())
#  define GLASSBOX_ATTACHED(TSTATE)     GLASSBOX_HOOK(GIL, _PyGlassbox_Attached(TSTATE))
#  define GLASSBOX_DETACH(TSTATE, FINAL) GLASSBOX_HOOK(GIL, _PyGlassbox_Detach((TSTATE), (FINAL)))
#else
#  define GLASSBOX_ATTACHING()          ((void)0)
#  define GLASSBOX_ATTACHED(TSTATE)     ((void)0)
#  define GLASSBOX_DETACH(TSTATE, FINAL) ((void)0)
#endif

#define GLASSBOX_SECTION_CONTENDED(TSTATE, MUTEX, MUTEXES) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_Section(GBX_EV_SECTION_CONTENDED, (TSTATE), (MUTEX), (MUTEXES), \
                                           __builtin_return_address(0)))
#define GLASSBOX_SECTION_BEGIN(TSTATE, MUTEX, MUTEXES) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_Section(GBX_EV_SECTION_BEGIN, (TSTATE), (MUTEX), (MUTEXES), NULL))
#define GLASSBOX_SECTION_SUSPEND(TSTATE, MUTEX, MUTEXES) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_Section(GBX_EV_SECTION_SUSPEND, (TSTATE), (MUTEX), (MUTEXES), NULL))
/* One that was suspended while it waited has no mutex to take again. */
#define GLASSBOX_SECTION_RESUME(TSTATE, MUTEX, MUTEXES) \
    GLASSBOX_HOOK(GIL, if ((MUTEX) != NULL) _PyGlassbox_Section(GBX_EV_SECTION_RESUME, (TSTATE), (MUTEX), (MUTEXES), NULL))

/* --- waiting for the interpreter's mutexes and events, on both builds --- */

#define GLASSBOX_PARK(ADDRESS, DETACH) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_Park(GBX_PARK_LOT, (ADDRESS), __builtin_return_address(0), (DETACH)))
#define GLASSBOX_WAKE(ADDRESS, RESULT) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_Wake(GBX_PARK_LOT, (ADDRESS), \
        (RESULT) == Py_PARK_OK ? GBX_WAKE_WOKEN \
        : (RESULT) == Py_PARK_TIMEOUT ? GBX_WAKE_TIMEOUT : GBX_WAKE_INTERRUPTED))
#define GLASSBOX_UNPARK(ADDRESS, THREADS) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_Unpark(GBX_PARK_LOT, (ADDRESS), (uint64_t)(THREADS)))
#define GLASSBOX_UNPARK_ALL(ADDRESS, WAITERS) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_UnparkAll((ADDRESS), (WAITERS)))
#define GLASSBOX_RAW_WAIT(ADDRESS) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_Park(GBX_PARK_SEMAPHORE, (ADDRESS), __builtin_return_address(0), 0))
#define GLASSBOX_RAW_WOKEN(ADDRESS) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_Wake(GBX_PARK_SEMAPHORE, (ADDRESS), GBX_WAKE_WOKEN))
#define GLASSBOX_RAW_WAKE(ADDRESS) \
    GLASSBOX_HOOK(GIL, _PyGlassbox_Unpark(GBX_PARK_SEMAPHORE, (ADDRESS), 1))

#ifdef __cplusplus
}
#endif
#endif /* !Py_INTERNAL_GLASSBOX_GIL_H */
