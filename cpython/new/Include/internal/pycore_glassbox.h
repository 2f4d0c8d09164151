/* Glassbox: the hook macros, the one thing upstream files include.

   A hook is one upper-case macro on one line of an upstream file.  Off, it tests one word and
   evaluates none of its arguments; compiled out (Py_GLASSBOX=0) it is ((void)0) and the object code
   is upstream's.  Upper case is not decoration: Tools/cases_generator would take a lower-case call
   in bytecodes.c for one that can escape, and derive other metadata.

   This file holds declarations and macros.  It must never hold logic: what a hook does is in
   Python/glassbox_hooks.c, and how a record reaches the file is in Python/glassbox_recorder.c. */

#ifndef Py_INTERNAL_GLASSBOX_H
#define Py_INTERNAL_GLASSBOX_H
#ifdef __cplusplus
extern "C" {
#endif

#ifndef Py_BUILD_CORE
#  error "this header requires Py_BUILD_CORE define"
#endif

#ifndef Py_GLASSBOX
#  define Py_GLASSBOX 1             // -DPy_GLASSBOX=0 compiles every hook out
#endif

#include <stdbool.h>
#include "glassbox_format.h"        // GBX_CLASS_*, GBX_STAGE_*, GBX_POP_*

struct _PyInterpreterFrame;
struct PyConfig;
struct pool_header;
struct _obmalloc_state;

#if Py_GLASSBOX

/* The classes that are being recorded, one bit each; 0 while nothing is.  Written by start, stop
   and the fork handler; read by every hook without a lock: a stale read costs one event at the edge
   of a recording, and the slow path checks again. */
PyAPI_DATA(uint32_t) _PyGlassbox_mask;

#define GLASSBOX_ON(CLASS) \
    (__builtin_expect((_PyGlassbox_mask & (1u << GBX_CLASS_##CLASS)) != 0, 0))

/* After a call of the recorder: keeps the compiler from making a jump of it, where it comes last in its function.
   The return address is how an outside witness tells a hook from somebody else's call (glassbox_probes.h). */
#define GLASSBOX_STAY()  __asm__ volatile ("")

#define GLASSBOX_HOOK(CLASS, CALL) \
    do { \
        if (GLASSBOX_ON(CLASS)) { \
            CALL; \
            GLASSBOX_STAY(); \
        } \
    } while (0)

/* A function is entered or left: of concern to two classes, since some functions play a role in asyncio. */
#define GLASSBOX_EDGE_HOOK(CALL) \
    do { \
        if (__builtin_expect((_PyGlassbox_mask & (GBX_MASK(FRAME) | GBX_MASK(AIO))) != 0, 0)) { \
            CALL; \
            GLASSBOX_STAY(); \
        } \
    } while (0)

#else
#  define GLASSBOX_EDGE_HOOK(CALL)    ((void)0)
#  define GLASSBOX_ON(CLASS)          0
#  define GLASSBOX_HOOK(CLASS, CALL)  ((void)0)
#endif

/* --- control (Python/glassbox.c) --- */

/* What a recording is asked to be; see _PyGlassbox_Start. */
typedef struct {
    char path[1024];          // final path of the root process's file
    uint32_t mask;            // classes; 0 = the default set
    uint64_t limit;           // bytes; 0 = the default of the mode
    uint64_t run_id[2];       // 0,0 = draw one
    uint8_t mode;             // enum gbx_mode
    uint8_t clock;            // enum gbx_clock; GBX_CLOCK_TSC falls back by itself
    bool churn;               // class ref: count the operations of all objects
} _PyGlassbox_options;

/* Parse "FILE[:key=value...]" into *options.  Returns NULL, or a static sentence saying what is
   wrong.  Allocates nothing. */
extern const char *_PyGlassbox_Parse(const char *spec, _PyGlassbox_options *options);

/* Begin to record into options->path.  Returns 0, or an errno value (EBUSY: already recording).
   Needs no thread state. */
extern int _PyGlassbox_Start(const _PyGlassbox_options *options);

/* Class names joined by '+', into *mask; false where one is none.  _PyGlassbox_Select() changes what a
   recording that is on records (Python/glassbox_classes.c). */
extern bool _PyGlassbox_ParseClasses(const char *text, size_t length, uint32_t *mask);
extern int _PyGlassbox_Select(uint32_t mask, uint32_t *before);

/* End the recording, if there is one. */
extern void _PyGlassbox_Stop(void);

/* Called once the configuration is read, before there is an interpreter: honours -X glassbox and
   PYTHONGLASSBOX.  Returns NULL, or a static sentence. */
extern const char *_PyGlassbox_StartFromConfig(const PyConfig *config);

/* --- the hooks (Python/glassbox_hooks.c) --- */

// class frame
PyAPI_FUNC(void) _PyGlassbox_FrameEnter(PyThreadState *, struct _PyInterpreterFrame *);
PyAPI_FUNC(void) _PyGlassbox_FrameLeave(PyThreadState *, struct _PyInterpreterFrame *, int why);
PyAPI_FUNC(void) _PyGlassbox_FrameSuspend(PyThreadState *, struct _PyInterpreterFrame *, int why);
PyAPI_FUNC(void) _PyGlassbox_FrameGenerator(PyThreadState *, struct _PyInterpreterFrame *frame,
                                            struct _PyInterpreterFrame *generator);
extern void _PyGlassbox_FrameDiscard(struct _PyInterpreterFrame *);
extern void _PyGlassbox_FrameObjectNew(struct _PyInterpreterFrame *, const void *object,
                                       const void *caller);
extern void _PyGlassbox_FrameOwn(struct _PyInterpreterFrame *, PyObject *object);
extern void _PyGlassbox_FrameObjectFree(PyObject *object);
extern void _PyGlassbox_FrameChunk(int event, const void *address, size_t size);

#define GLASSBOX_FRAME_ENTER(TSTATE, IFRAME) \
    GLASSBOX_EDGE_HOOK(_PyGlassbox_FrameEnter((TSTATE), (IFRAME)))
#define GLASSBOX_FRAME_LEAVE(TSTATE, IFRAME, WHY) \
    GLASSBOX_EDGE_HOOK(_PyGlassbox_FrameLeave((TSTATE), (IFRAME), GBX_POP_##WHY))
#define GLASSBOX_FRAME_SUSPEND(TSTATE, IFRAME, WHY) \
    GLASSBOX_HOOK(FRAME, _PyGlassbox_FrameSuspend((TSTATE), (IFRAME), (WHY)))
#define GLASSBOX_FRAME_GENERATOR(TSTATE, IFRAME, GENERATOR) \
    GLASSBOX_HOOK(FRAME, _PyGlassbox_FrameGenerator((TSTATE), (IFRAME), (GENERATOR)))
#define GLASSBOX_FRAME_DISCARD(IFRAME) \
    GLASSBOX_HOOK(FRAME, _PyGlassbox_FrameDiscard(IFRAME))
#define GLASSBOX_FRAME_OBJECT_NEW(IFRAME, OBJECT) \
    GLASSBOX_HOOK(FRAME, _PyGlassbox_FrameObjectNew((IFRAME), (OBJECT), __builtin_return_address(0)))
#define GLASSBOX_FRAME_OWN(IFRAME, OBJECT) \
    GLASSBOX_HOOK(FRAME, _PyGlassbox_FrameOwn((IFRAME), (PyObject *)(OBJECT)))
#define GLASSBOX_FRAME_OBJECT_FREE(OBJECT) \
    GLASSBOX_HOOK(FRAME, _PyGlassbox_FrameObjectFree((PyObject *)(OBJECT)))
#define GLASSBOX_FRAME_CHUNK_NEW(CHUNK, SIZE) \
    GLASSBOX_HOOK(FRAME, _PyGlassbox_FrameChunk(GBX_EV_FRAME_CHUNK_NEW, (CHUNK), (size_t)(SIZE)))
#define GLASSBOX_FRAME_CHUNK_FREE(CHUNK, SIZE) \
    GLASSBOX_HOOK(FRAME, _PyGlassbox_FrameChunk(GBX_EV_FRAME_CHUNK_FREE, (CHUNK), (size_t)(SIZE)))

// class spec
extern void _PyGlassbox_SpecAttempt(const void *instr, int family);
extern void _PyGlassbox_SpecReason(int reason);
extern void _PyGlassbox_SpecResult(const void *instr, int family, int success);
PyAPI_FUNC(void) _PyGlassbox_SpecMiss(PyThreadState *, struct _PyInterpreterFrame *,
                                      PyObject **stack_pointer, int family);
extern void _PyGlassbox_SpecInstrument(PyCodeObject *code, int offset, int before, int after);

#define GLASSBOX_SPEC_ATTEMPT(INSTR, FAMILY) \
    GLASSBOX_HOOK(SPEC, _PyGlassbox_SpecAttempt((INSTR), (FAMILY)))
#define GLASSBOX_SPEC_REASON(REASON) \
    GLASSBOX_HOOK(SPEC, _PyGlassbox_SpecReason(REASON))
#define GLASSBOX_SPEC_FAIL(INSTR, FAMILY) \
    GLASSBOX_HOOK(SPEC, _PyGlassbox_SpecResult((INSTR), (FAMILY), 0))
#define GLASSBOX_SPEC_SUCCESS(INSTR, FAMILY) \
    GLASSBOX_HOOK(SPEC, _PyGlassbox_SpecResult((INSTR), (FAMILY), 1))
/* A miss jumps to its family's landing, which makes the record and falls through to the generic
   instruction; nothing else comes there.  FAMILY is the opcode's number by then. */
#if Py_GLASSBOX
#  define GLASSBOX_SPEC_MISS(FAMILY) \
    do { \
        if (GLASSBOX_ON(SPEC)) { \
            goto glassbox_miss_##FAMILY; \
        } \
    } while (0)
#  define GLASSBOX_MISS_LANDING(FAMILY) \
    if (0) { \
        glassbox_miss_##FAMILY: __attribute__((unused)); \
        _PyGlassbox_SpecMiss(tstate, frame, stack_pointer, FAMILY); \
    }
#else
#  define GLASSBOX_SPEC_MISS(FAMILY)     ((void)0)
#  define GLASSBOX_MISS_LANDING(FAMILY)
#endif
#define GLASSBOX_SPEC_INSTRUMENT(CODE, OFFSET, BEFORE, AFTER) \
    GLASSBOX_HOOK(SPEC, _PyGlassbox_SpecInstrument((CODE), (OFFSET), (BEFORE), (AFTER)))

// class compile
extern void _PyGlassbox_CompileStage(int event, int stage, PyObject *filename, PyCodeObject *code);
extern void _PyGlassbox_CodeNew(PyCodeObject *);
extern void _PyGlassbox_CodeFree(PyCodeObject *);

#define GLASSBOX_COMPILE_BEGIN(STAGE, FILENAME) \
    GLASSBOX_HOOK(COMPILE, _PyGlassbox_CompileStage(GBX_EV_COMPILE_BEGIN, GBX_STAGE_##STAGE, \
                                                    (FILENAME), NULL))
#define GLASSBOX_COMPILE_END(STAGE, FILENAME, CODE) \
    GLASSBOX_HOOK(COMPILE, _PyGlassbox_CompileStage(GBX_EV_COMPILE_END, GBX_STAGE_##STAGE, \
                                                    (FILENAME), (PyCodeObject *)(CODE)))
/* Brackets one expression and has its value, so that no exit path can leave a stage open. */
#if Py_GLASSBOX
#  define GLASSBOX_COMPILE_STAGE(STAGE, FILENAME, EXPR) \
    __extension__ ({ \
        GLASSBOX_COMPILE_BEGIN(STAGE, FILENAME); \
        __typeof__(EXPR) glassbox_value = (EXPR); \
        GLASSBOX_COMPILE_END(STAGE, FILENAME, NULL); \
        glassbox_value; })
#else
#  define GLASSBOX_COMPILE_STAGE(STAGE, FILENAME, EXPR) (EXPR)
#endif
#define GLASSBOX_CODE_NEW(CODE)   GLASSBOX_HOOK(COMPILE, _PyGlassbox_CodeNew(CODE))
#define GLASSBOX_CODE_FREE(CODE)  GLASSBOX_HOOK(COMPILE, _PyGlassbox_CodeFree(CODE))
#if Py_GLASSBOX
#  define GLASSBOX_CODE_ID_INIT(CODE)  ((CODE)->_co_glassbox_id = 0)
#else
#  define GLASSBOX_CODE_ID_INIT(CODE)  ((void)0)
#endif

// class import
extern uint32_t _PyGlassbox_Import(int event, int step, PyObject *name, int ok);
extern void _PyGlassbox_ImportOf(int event, int step, uint32_t name, int ok);

#define GLASSBOX_IMPORT_BEGIN(STEP, NAME) \
    GLASSBOX_HOOK(IMPORT, _PyGlassbox_Import(GBX_EV_IMPORT_BEGIN, GBX_IMPORT_STEP_##STEP, (NAME), 0))
#define GLASSBOX_IMPORT_END(STEP, NAME, OK) \
    GLASSBOX_HOOK(IMPORT, _PyGlassbox_Import(GBX_EV_IMPORT_END, GBX_IMPORT_STEP_##STEP, (NAME), (OK)))

/* The steps that run in Python (Python/glassbox_import.c); -1 with an exception. */
extern int _PyGlassbox_WrapImportlib(PyObject *importlib);
#if Py_GLASSBOX
#  define GLASSBOX_IMPORTLIB(IMPORTLIB)  _PyGlassbox_WrapImportlib(IMPORTLIB)
#else
#  define GLASSBOX_IMPORTLIB(IMPORTLIB)  0
#endif

// class thread, and the recorder's own upkeep
extern void _PyGlassbox_Thread(int event, PyThreadState *);
extern void _PyGlassbox_Interp(int event, PyInterpreterState *);
extern void _PyGlassbox_Attach(PyThreadState *);
extern void _PyGlassbox_ForkParent(int pid);
extern void _PyGlassbox_ForkChild(void);

/* The name that a thread is to bear: read by its creator, who may look into the Thread object, and
   carried to the new thread in the structure that starts it.  Done whether or not anything is being
   recorded, so that a recording that begins later knows it. */
#define GBX_THREAD_NAME_SIZE 64
extern void _PyGlassbox_ThreadNameRead(PyObject *function, char *name);
extern void _PyGlassbox_ThreadNameTake(const char *name);
#if Py_GLASSBOX
#  define GLASSBOX_THREAD_NAME_FIELD            char glassbox_name[GBX_THREAD_NAME_SIZE];
#  define GLASSBOX_THREAD_NAME_READ(BOOT)       _PyGlassbox_ThreadNameRead((BOOT)->func, (BOOT)->glassbox_name)
#  define GLASSBOX_THREAD_NAME_TAKE(BOOT)       _PyGlassbox_ThreadNameTake((BOOT)->glassbox_name)
#else
#  define GLASSBOX_THREAD_NAME_FIELD
#  define GLASSBOX_THREAD_NAME_READ(BOOT)       ((void)0)
#  define GLASSBOX_THREAD_NAME_TAKE(BOOT)       ((void)0)
#endif
#define GLASSBOX_THREAD_START(TSTATE) \
    GLASSBOX_HOOK(THREAD, _PyGlassbox_Thread(GBX_EV_THREAD_START, (TSTATE)))
#define GLASSBOX_THREAD_EXIT(TSTATE) \
    GLASSBOX_HOOK(THREAD, _PyGlassbox_Thread(GBX_EV_THREAD_EXIT, (TSTATE)))
#define GLASSBOX_INTERP_NEW(INTERP) \
    GLASSBOX_HOOK(THREAD, _PyGlassbox_Interp(GBX_EV_INTERP_NEW, (INTERP)))
#define GLASSBOX_INTERP_END(INTERP) \
    GLASSBOX_HOOK(THREAD, _PyGlassbox_Interp(GBX_EV_INTERP_END, (INTERP)))
#define GLASSBOX_ATTACH(TSTATE)     GLASSBOX_HOOK(STREAM, _PyGlassbox_Attach(TSTATE))
#define GLASSBOX_FORK_PARENT(PID)   GLASSBOX_HOOK(STREAM, _PyGlassbox_ForkParent(PID))
#if Py_GLASSBOX
#  define GLASSBOX_FORK_CHILD()     _PyGlassbox_ForkChild()
#  define GLASSBOX_FINALIZE()       _PyGlassbox_Stop()
#else
#  define GLASSBOX_FORK_CHILD()     ((void)0)
#  define GLASSBOX_FINALIZE()       ((void)0)
#endif

// classes obj and ref
PyAPI_DATA(unsigned int) _PyGlassbox_refs;   // not 0: reference operations may be of a watched object
PyAPI_DATA(uint32_t) _PyGlassbox_lives;      // not 0: so may births and deaths, or class obj is on
PyAPI_FUNC(void) _PyGlassbox_RefTracer(PyObject *, int operation, const void *caller);

/* Upstream's mark for PyRefTracer, with the hook in it: see the patch.  A death is an event of two
   classes: of `obj` for every object, of `ref` for a watched one. */
#define GLASSBOX_REFTRACER(OP, OPERATION) \
    do { \
        if (_PyRuntime.ref_tracer.tracer_func != NULL || _PyGlassbox_lives != 0) { \
            _PyGlassbox_RefTracer((OP), (OPERATION), __builtin_return_address(0)); \
            GLASSBOX_STAY(); \
        } \
    } while (0)

/* EXPR clears a frame that is left: what it lets go of is let go by the function that ends, though its
   caller runs already. */
#if Py_GLASSBOX
extern void _PyGlassbox_ClearFrame(PyThreadState *, struct _PyInterpreterFrame *);
#  define GLASSBOX_CLEARING(TSTATE, IFRAME, EXPR) \
    do { \
        if (__builtin_expect(_PyGlassbox_refs != 0, 0)) { \
            _PyGlassbox_ClearFrame((TSTATE), (IFRAME)); \
        } \
        else { \
            EXPR; \
        } \
    } while (0)
#else
#  define GLASSBOX_CLEARING(TSTATE, IFRAME, EXPR)  EXPR
#endif

/* What the mark of a birth could not know: the size of a string, whose header is not written yet, and
   the number of items, which is written too late. */
PyAPI_FUNC(void) _PyGlassbox_ObjectSize(size_t size);
#define GLASSBOX_OBJ_SIZE(SIZE)  GLASSBOX_HOOK(OBJ, _PyGlassbox_ObjectSize((size_t)(SIZE)))
#if Py_GLASSBOX
#  define GLASSBOX_OBJ_ITEMS(OP, COUNT)  ((OP)->ob_size = (COUNT))
#else
#  define GLASSBOX_OBJ_ITEMS(OP, COUNT)  ((void)0)
#endif
/* An object lives on after the mark of its death: a finalizer or a watcher has kept a reference. */
PyAPI_FUNC(void) _PyGlassbox_Revive(PyObject *);
#define GLASSBOX_OBJ_REVIVE(OP)  GLASSBOX_HOOK(OBJ, _PyGlassbox_Revive((PyObject *)(OP)))

// class alloc (Python/glassbox_alloc.c).  CTX tells pymalloc's two faces apart: NULL is domain mem.
#if Py_GLASSBOX
#  define GLASSBOX_CTX_OBJ ((void *)1)
#else
#  define GLASSBOX_CTX_OBJ NULL
#endif
extern void _PyGlassbox_BlockAlloc(const void *ctx, const void *block, size_t size);
extern void _PyGlassbox_BlockResize(const void *ctx, const void *block, size_t size);
extern void _PyGlassbox_BlockFree(const void *block);
extern void _PyGlassbox_Pool(int event, const struct pool_header *pool);
extern void _PyGlassbox_Arena(int event, const struct _obmalloc_state *, uintptr_t address, uint32_t pools);
extern void _PyGlassbox_LargeDomain(int domain);
extern void _PyGlassbox_LargeAlloc(uintptr_t block, size_t size);
extern void _PyGlassbox_LargeMove(uintptr_t block, uintptr_t old, size_t size);
extern void _PyGlassbox_LargeFree(const void *block);
extern void _PyGlassbox_HeapBlockAlloc(int domain, uintptr_t block, size_t size);
extern void _PyGlassbox_HeapBlockMove(int domain, uintptr_t block, uintptr_t old, size_t size);
extern void _PyGlassbox_HeapPage(int event, int heap, uint32_t blocks, uint32_t size, const void *start);
extern void _PyGlassbox_HeapSegment(int event, const void *segment, size_t size);
extern void _PyGlassbox_FreeDelayed(int event, uintptr_t tagged);
PyAPI_FUNC(void) _PyGlassbox_Freelist(int event, int list, const void *item);
extern void _PyGlassbox_AllocFound(void);
extern void _PyGlassbox_AllocTotal(void);

/* Bracket the call that gives a block, or gives one in place of another, and have its value.  Addresses go
   to the hook as numbers: what is in the block is not its affair, and the other one is gone by then.
   Compiled out it is that call: a variable for the block would be enough for gcc to put its functions in
   another order. */
#if Py_GLASSBOX
#  define GLASSBOX_ALLOCATED(CALL, HOOK) \
    __extension__ ({ \
        void *glassbox_pointer = (CALL); \
        uintptr_t glassbox_block = (uintptr_t)glassbox_pointer; \
        GLASSBOX_HOOK(ALLOC, HOOK); \
        glassbox_pointer; })
#  define GLASSBOX_MOVED(CALL, OLD, HOOK) \
    __extension__ ({ \
        uintptr_t glassbox_old = (uintptr_t)(OLD); \
        __asm__ ("" : "+r" (glassbox_old));      /* a number: gcc would warn of the pointer */ \
        GLASSBOX_ALLOCATED(CALL, HOOK); })
#else
#  define GLASSBOX_ALLOCATED(CALL, HOOK) (CALL)
#  define GLASSBOX_MOVED(CALL, OLD, HOOK) (CALL)
#endif
#define GLASSBOX_BLOCK_ALLOC(CTX, BLOCK, SIZE) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_BlockAlloc((CTX), (BLOCK), (SIZE)))
#define GLASSBOX_BLOCK_RESIZE(CTX, BLOCK, SIZE) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_BlockResize((CTX), (BLOCK), (SIZE)))
#define GLASSBOX_BLOCK_FREE(BLOCK) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_BlockFree(BLOCK))
#define GLASSBOX_POOL(EVENT, POOL) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_Pool(GBX_EV_POOL_##EVENT, (POOL)))
#define GLASSBOX_ARENA_NEW(STATE, ADDRESS, POOLS) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_Arena(GBX_EV_ARENA_NEW, (STATE), (ADDRESS), (POOLS)))
#define GLASSBOX_ARENA_FREE(STATE, ADDRESS, POOLS) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_Arena(GBX_EV_ARENA_FREE, (STATE), (ADDRESS), (POOLS)))
/* Between the two, the raw domain serves one that stands above it. */
#define GLASSBOX_LARGE_BEGIN(CTX) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_LargeDomain((CTX) == NULL ? GBX_DOMAIN_MEM : GBX_DOMAIN_OBJ))
#define GLASSBOX_LARGE_END() \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_LargeDomain(GBX_DOMAIN_RAW))
#if Py_GLASSBOX
#  define GLASSBOX_LARGE_SERVED(CTX, CALL) \
    __extension__ ({ \
        GLASSBOX_LARGE_BEGIN(CTX); \
        void *glassbox_served = (CALL); \
        GLASSBOX_LARGE_END(); \
        glassbox_served; })
#else
#  define GLASSBOX_LARGE_SERVED(CTX, CALL) (CALL)
#endif
#define GLASSBOX_LARGE_ALLOC(CALL, SIZE) \
    GLASSBOX_ALLOCATED(CALL, _PyGlassbox_LargeAlloc(glassbox_block, (SIZE)))
#define GLASSBOX_LARGE_MOVE(CALL, OLD, SIZE) \
    GLASSBOX_MOVED(CALL, OLD, _PyGlassbox_LargeMove(glassbox_block, glassbox_old, (SIZE)))
#define GLASSBOX_LARGE_FREE(BLOCK) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_LargeFree(BLOCK))
/* mimalloc, which serves domains mem and obj without the GIL */
#define GLASSBOX_HEAP_BLOCK_ALLOC(DOMAIN, CALL, SIZE) \
    GLASSBOX_ALLOCATED(CALL, _PyGlassbox_HeapBlockAlloc(GBX_DOMAIN_##DOMAIN, glassbox_block, (SIZE)))
#define GLASSBOX_HEAP_BLOCK_MOVE(DOMAIN, CALL, OLD, SIZE) \
    GLASSBOX_MOVED(CALL, OLD, \
                   _PyGlassbox_HeapBlockMove(GBX_DOMAIN_##DOMAIN, glassbox_block, glassbox_old, (SIZE)))
#define GLASSBOX_HEAP_BLOCK_FREE(BLOCK) \
    GLASSBOX_HOOK(ALLOC, if ((BLOCK) != NULL) { _PyGlassbox_BlockFree(BLOCK); })
#define GLASSBOX_HEAP_PAGE(EVENT, PAGE, START) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_HeapPage(GBX_EV_HEAP_PAGE_##EVENT, (PAGE)->tag, (PAGE)->reserved, \
                                              (PAGE)->xblock_size, (START)))
#define GLASSBOX_HEAP_SEGMENT(EVENT, SEGMENT, SIZE) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_HeapSegment(GBX_EV_HEAP_SEGMENT_##EVENT, (SEGMENT), (SIZE)))
/* The lowest bit of the address says with which function to free it. */
#define GLASSBOX_FREE_DELAYED(TAGGED) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_FreeDelayed(GBX_EV_FREE_DELAYED, (TAGGED)))
#define GLASSBOX_FREE_PROCESSED(TAGGED) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_FreeDelayed(GBX_EV_FREE_PROCESSED, (TAGGED)))
#define GLASSBOX_FREELIST(EVENT, LIST, ITEM) \
    GLASSBOX_HOOK(ALLOC, _PyGlassbox_Freelist(GBX_EV_FREELIST_##EVENT, GBX_FREELIST_##LIST, (ITEM)))

// class mark: called by Modules/_glassbox.c, not by upstream files
/* `text` is the value where type is GBX_VALUE_STRING, `bits` for every other type. */
extern void _PyGlassbox_Mark(PyObject *name, int type, uint64_t bits, PyObject *text);
extern void _PyGlassbox_Span(int event, PyObject *name, uint32_t span);
extern int _PyGlassbox_Watch(PyObject *object, PyObject *name);
extern int _PyGlassbox_Unwatch(PyObject *object);

#ifdef __cplusplus
}
#endif
#endif /* !Py_INTERNAL_GLASSBOX_H */
