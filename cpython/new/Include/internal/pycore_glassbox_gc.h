/* Glassbox: the hook macros of the collector and of the stopped world.

   Apart from pycore_glassbox.h because nearly every file includes that one and four include this.  The same
   rules hold: a macro is one line of an upstream file; off, it tests one word and evaluates none of its
   arguments; compiled out, it is nothing.  What the hooks do is in Python/glassbox_gc.c. */

#ifndef Py_INTERNAL_GLASSBOX_GC_H
#define Py_INTERNAL_GLASSBOX_GC_H
#ifdef __cplusplus
extern "C" {
#endif

#include <stdbool.h>
#include "pycore_glassbox.h"        // GLASSBOX_HOOK()

#if Py_GLASSBOX
extern uint32_t _PyGlassbox_watched;
/* With the class ref, or nobody notices that a watched object died and another is at its address. */
#  define GLASSBOX_GC_WATCHING      (GLASSBOX_ON(GC) && GLASSBOX_ON(REF) && _PyGlassbox_watched != 0)
#  define GLASSBOX_GC_WATCHED(CALL) do { if (GLASSBOX_GC_WATCHING) { CALL; } } while (0)
#else
#  define GLASSBOX_GC_WATCHED(CALL) ((void)0)
#endif

extern void _PyGlassbox_GcScheduled(PyThreadState *);
extern void _PyGlassbox_GcStart(PyThreadState *, int generation, int reason);
extern void _PyGlassbox_GcPhase(int phase, Py_ssize_t objects);
extern void _PyGlassbox_GcVerdict(const PyObject *, int verdict);
extern void _PyGlassbox_GcUntrack(PyTypeObject *, Py_ssize_t objects);
extern void _PyGlassbox_GcDone(PyThreadState *, int generation, Py_ssize_t collected,
                               Py_ssize_t uncollectable);
extern void _PyGlassbox_GcFlush(PyThreadState *);
extern void _PyGlassbox_World(int event, bool everyone, Py_ssize_t threads);
#ifndef Py_GIL_DISABLED
extern Py_ssize_t _PyGlassbox_GcList(PyGC_Head *list, int verdict);
extern void _PyGlassbox_GcVerdicts(PyGC_Head *reachable, PyGC_Head *unreachable);
#endif

#define GLASSBOX_GC_SCHEDULED(TSTATE) \
    GLASSBOX_HOOK(GC, _PyGlassbox_GcScheduled(TSTATE))
#define GLASSBOX_GC_START(TSTATE, GENERATION, REASON) \
    GLASSBOX_HOOK(GC, _PyGlassbox_GcStart((TSTATE), (GENERATION), (int)(REASON)))
#define GLASSBOX_GC_DONE(TSTATE, GENERATION, COLLECTED, UNCOLLECTABLE) \
    GLASSBOX_HOOK(GC, _PyGlassbox_GcDone((TSTATE), (GENERATION), (COLLECTED), (UNCOLLECTABLE)))

/* How many objects a phase worked on.  COUNTER declares the number, in a function or a structure. */
#if Py_GLASSBOX
#  define GLASSBOX_GC_COUNTER(NAME)         Py_ssize_t NAME = 0;
#  define GLASSBOX_GC_COUNTER_FIELD(NAME)   Py_ssize_t NAME;
#else
#  define GLASSBOX_GC_COUNTER(NAME)
#  define GLASSBOX_GC_COUNTER_FIELD(NAME)
#endif
#define GLASSBOX_GC_COUNT(NAME, MORE)       GLASSBOX_HOOK(GC, (NAME) += (MORE))

/* The end of a phase.  With a list of the collector's own, its length is what the phase has found, and
   what is watched in it has this verdict. */
#define GLASSBOX_GC_PHASE(PHASE, OBJECTS) \
    GLASSBOX_HOOK(GC, _PyGlassbox_GcPhase(GBX_GC_PHASE_##PHASE, (OBJECTS)))
#define GLASSBOX_GC_LENGTH(LIST)            _PyGlassbox_GcList((LIST), -1)
#define GLASSBOX_GC_PHASE_LIST(PHASE, LIST, VERDICT) \
    GLASSBOX_HOOK(GC, _PyGlassbox_GcPhase(GBX_GC_PHASE_##PHASE, \
                                          _PyGlassbox_GcList((LIST), GBX_VERDICT_##VERDICT)))

/* Of one object, and of all in two lists: a phase of ours, in which nothing else is done. */
#define GLASSBOX_GC_VERDICT(OP, VERDICT) \
    GLASSBOX_GC_WATCHED(_PyGlassbox_GcVerdict((OP), GBX_VERDICT_##VERDICT))
#define GLASSBOX_GC_VERDICTS(YOUNG, TRASH) \
    GLASSBOX_GC_WATCHED(_PyGlassbox_GcVerdicts((YOUNG), (TRASH)))

/* An object that was asked whether it need be tracked any longer; and how many of a type need not. */
#if Py_GLASSBOX
#  define GLASSBOX_GC_ASKED(OP, COUNTER) \
    do { \
        if (GLASSBOX_ON(GC) && !_PyObject_GC_IS_TRACKED(OP)) { \
            (COUNTER)++; \
            GLASSBOX_GC_VERDICT((OP), UNTRACKED); \
        } \
    } while (0)
#else
#  define GLASSBOX_GC_ASKED(OP, COUNTER)  ((void)0)
#endif
#define GLASSBOX_GC_UNTRACK(TYPE, OBJECTS) \
    GLASSBOX_HOOK(GC, _PyGlassbox_GcUntrack(&(TYPE), (OBJECTS)))

/* Free-threaded: a thread adds what it counted alone to the count of all; it stops the others. */
#define GLASSBOX_GC_FLUSH(TSTATE) \
    GLASSBOX_HOOK(GC, _PyGlassbox_GcFlush(TSTATE))
/* The stopped world belongs to the lock's story as well: it is recorded with either class. */
#if Py_GLASSBOX
#  define GLASSBOX_WORLD(CALL) \
    do { \
        if ((_PyGlassbox_mask & (1u << GBX_CLASS_GC | 1u << GBX_CLASS_GIL)) != 0) { \
            CALL; \
            GLASSBOX_STAY(); \
        } \
    } while (0)
#else
#  define GLASSBOX_WORLD(CALL)  ((void)0)
#endif
#define GLASSBOX_WORLD_COUNT(NAME, MORE)  GLASSBOX_WORLD((NAME) += (MORE))
#define GLASSBOX_WORLD_STOP(EVERYONE) \
    GLASSBOX_WORLD(_PyGlassbox_World(GBX_EV_WORLD_STOP, (EVERYONE), 0))
#define GLASSBOX_WORLD_STOPPED(EVERYONE, THREADS) \
    GLASSBOX_WORLD(_PyGlassbox_World(GBX_EV_WORLD_STOPPED, (EVERYONE), (THREADS)))
#define GLASSBOX_WORLD_STARTED(EVERYONE) \
    GLASSBOX_WORLD(_PyGlassbox_World(GBX_EV_WORLD_STARTED, (EVERYONE), 0))

#ifdef __cplusplus
}
#endif
#endif /* !Py_INTERNAL_GLASSBOX_GC_H */
