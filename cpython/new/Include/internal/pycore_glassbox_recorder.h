/* Glassbox: what the recorder offers the hooks.  Included by Python/glassbox*.c alone.

   Call order in a hook: gbx_reserve() gives room for one record in the calling thread's own segment
   or NULL (the loss is then already counted); the hook fills in the record after its head;
   gbx_commit() writes the head and publishes the record.  Nothing may happen between the two that
   could record another event on the same thread. */

#ifndef Py_INTERNAL_GLASSBOX_RECORDER_H
#define Py_INTERNAL_GLASSBOX_RECORDER_H

#include "pycore_glassbox.h"       // _PyGlassbox_mask
#include "glassbox_refs.h"         // _PyGlassbox_refs
#include "glassbox_probes.h"       // GBX_PROBE()
#include <stdbool.h>
#include <time.h>                  // clock_gettime()
#if defined(__x86_64__) || defined(__i386__)
#  include <x86intrin.h>           // __rdtsc()
#  define GBX_HAVE_TSC 1
#endif

#define GBX_RING_SEGMENTS 64       // segments a thread may hold in ring mode

typedef struct _gbx_churn gbx_churn;   // a thread's table of reference operations (glassbox_churn.c)

/* Where a block was asked for: the function's id, which no other gets, and the instruction in it. */
typedef struct {
    const void *instr;             // NULL: none
    uint32_t code;
} gbx_block_site;

/* One per OS thread, in thread-local storage. */
typedef struct _gbx_stream {
    /* hot: read at every event.  Owned by the thread, save `limit`, which whoever stops the
       recording sets to 0 so that the owner's next event takes the slow path. */
    gbx_segment *segment;          // mapped; NULL until the first event
    volatile uint32_t limit;       // offset in the segment up to which there is room
    uint32_t interp;               // interpreter of the last record
    uint64_t base_ticks;           // base of dt
    gbx_block_site sites[2];             // of the segment's last whole blocks, the latest first

    /* cold: owned by the thread */
    uint32_t session;              // the recording that `segment` belongs to
    uint32_t epoch;                // of the recorder, when the frames of this thread were told
    uint32_t thread;               // id in the file
    uint32_t sequence;             // of the next segment
    uint32_t held;                 // ring: segments held
    uint32_t next_reuse;           // ring: index of the oldest
    uint64_t lost_before;          // events lost before there was a segment to note them in
    char name[GBX_THREAD_NAME_SIZE]; // of the thread, UTF-8; empty: not known
    gbx_segment *ring[GBX_RING_SEGMENTS];

    /* between spec.attempt and its result; the specializer does not nest */
    uint16_t spec_counter;
    uint8_t spec_opcode;
    uint8_t spec_reason;

    uint8_t domain;                // of the block that the raw allocator is about to serve
    uint32_t object_size;          // of the object that is about to be born; 0: look at it

    /* class ref: what the next record of this thread says, set by GLASSBOX_REF_BY and _HOW; and the
       object whose count fell to zero just now, until its death is recorded */
    uint8_t ref_how;
    uint32_t ref_watch;            // free-threaded: what GLASSBOX_REF_BEFORE found
    uint32_t ref_local;
    const PyObject *ref_by_object;
    const void *ref_by;
    const PyObject *ref_dying;
    const void *ref_dying_by;
    gbx_churn *churn;              // NULL until the first operation counted

    /* class gil: what a hook leaves for a later one of the same thread.  Times are ticks, 0: none. */
    uint32_t gil_lock;             // last asked for, or let go
    uint32_t gil_interp;
    uint64_t gil_since;            // when it was asked for, or the wait for another's turn began
    uint64_t wait_since;           // when the thread began to attach
    const void *release_by;        // with release_why, if release_noted: of the release to come
    uint8_t release_why;
    bool release_noted;

    /* class aio: notes for the step of a task that begins or ends next, each with that task.  Addresses
       only: the objects may be gone. */
    const PyObject *aio_woken;     // a future has woken it
    const PyObject *aio_woken_by;
    const PyObject *aio_eager;     // it steps as it is made
    const PyObject *aio_bad;       // it has yielded what cannot be awaited
    const PyObject *aio_noted;     // its request to cancel is delivered
    const PyObject *aio_told;      // of tasks in Python: the birth is recorded
    uint32_t aio_bad_type;
    bool aio_polls;                // an iteration has begun, and has not waited yet
    int64_t aio_timeout;           // of its wait
    uint64_t aio_selecting;        // ticks, when it began to wait; 0: it does not

    /* class buf: the Py_buffer that is being asked for, and the export told last; and what the exporter
       has counted, until that export's or release's record is made.  NULL: none. */
    const void *buf_asked;
    const void *buf_told, *buf_told_by;
    const void *buf_counter;
    uint32_t buf_exports;

    /* class import: what the last _find_spec() of this thread gave, and the id of the name that it was asked
       for, in the recording `found_session` */
    const PyObject *found_spec;
    uint32_t found_name;
    uint32_t found_session;

    /* a frame that was left and is being cleared, and the one that runs meanwhile, its caller; NULL: none.
       Whatever else runs meanwhile (a finalizer) has a frame of its own. */
    struct _PyInterpreterFrame *leaving;
    struct _PyInterpreterFrame *leaving_to;

    /* registry of streams, under the recorder's lock */
    struct _gbx_stream *next, *prev;
    bool registered;
} gbx_stream;

extern _Py_thread_local gbx_stream _PyGlassbox_stream;

/* Set at start, constant while a recording lasts. */
typedef struct {
    gbx_header *header;            // mapped; stays after stop, for threads still inside a hook
    bool open;                     // between start and stop
    uint32_t session;              // counts recordings of this process
    uint32_t epoch;                // counts the times that class frame came on in the middle
    bool renewing;                 // it is about to
    uint32_t first_code_id;        // ids below were given in an earlier recording
    uint32_t first_type_id;
    bool churn;                    // count the reference operations of all objects
    uint8_t clock;
    uint8_t mode;
} gbx_recorder;

extern gbx_recorder _PyGlassbox_recorder;

/* Slow path of gbx_reserve(): takes a segment, or counts the loss.  tstate may be
   NULL; `entering` says that the top frame of tstate is the one about to be recorded. */
extern void *_PyGlassbox_Reserve(uint32_t size, PyThreadState *tstate, bool entering);

/* Write a STREAM_TIME record and re-base dt; returns false if there was no room. */
extern bool _PyGlassbox_Rebase(uint64_t ticks);

static inline uint64_t
gbx_now(void)
{
#ifdef GBX_HAVE_TSC
    if (_PyGlassbox_recorder.clock == GBX_CLOCK_TSC) {
        return __rdtsc();
    }
#endif
    if (_PyGlassbox_recorder.clock == GBX_CLOCK_NONE) {
        return 0;
    }
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* Room for one record of `size` bytes, or NULL. */
static inline void *
gbx_reserve(uint32_t size, PyThreadState *tstate, bool entering)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    gbx_segment *segment = stream->segment;
    if (__builtin_expect(segment != NULL, 1)) {
        uint64_t at = segment->committed;
        if (__builtin_expect(at + size <= stream->limit, 1)) {
            return (char *)segment + at;
        }
    }
    return _PyGlassbox_Reserve(size, tstate, entering);
}

/* Publish the record at `record`, whose body is complete. */
static inline void
gbx_commit(void *record, uint32_t size, uint8_t event, uint8_t flags, uint16_t arg, uint32_t dt)
{
    gbx_segment *segment = _PyGlassbox_stream.segment;
    gbx_head *head = (gbx_head *)record;
    *head = (gbx_head){ .event = event, .flags = flags, .arg = arg, .dt = dt };
    /* Release: whoever reads `committed` (the reader, after the process or beside it) finds the
       records below it whole. */
    __atomic_store_n(&segment->committed, (uint64_t)((char *)record - (char *)segment) + size,
                     __ATOMIC_RELEASE);
    GBX_PROBE(RECORD, segment);
}

/* Publish a record that its hook has written whole, head included: of the untimed events that come by
   the million.  gbx_first() makes its first eight bytes, gbx_at_word() the whole of a gbx_at, and
   gbx_put_at() the six bytes of an address with the two behind them. */
static inline void
gbx_publish(void *record, uint32_t size)
{
    gbx_segment *segment = _PyGlassbox_stream.segment;
    __atomic_store_n(&segment->committed, (uint64_t)((char *)record - (char *)segment) + size,
                     __ATOMIC_RELEASE);
    GBX_PROBE(RECORD, segment);
}

static inline uint64_t
gbx_first(uint8_t event, uint8_t flags, uint16_t arg, uint32_t dt)
{
    return event | (uint64_t)flags << 8 | (uint64_t)arg << 16 | (uint64_t)dt << 32;
}

static inline uint64_t
gbx_packed_word(uint8_t event, uint64_t what, const void *address, uint64_t more)
{
    return event | what << 8 | ((uint64_t)(uintptr_t)address | more) << 16;
}

static inline uint64_t
gbx_at_word(uint8_t event, uint8_t flags, const void *address)
{
    return event | (uint64_t)flags << 8 | (uint64_t)(uintptr_t)address << 16;
}

static inline void
gbx_put_at(uint8_t *to, const void *address, uint16_t offset)
{
    uint64_t word = (uint64_t)(uintptr_t)address | (uint64_t)offset << 48;
    memcpy(to, &word, sizeof(word));
}

/* The same two steps without a call in them, for hooks that are to be leaves: such a function saves no
   registers, and ends in a call of its slow twin where gbx_leaf_begin() is false (no segment, no room). */
typedef struct {
    gbx_segment *segment;
    uint64_t at;
} gbx_leaf;

static inline bool
gbx_leaf_begin(gbx_leaf *leaf, uint32_t size)
{
    const gbx_stream *stream = &_PyGlassbox_stream;
    leaf->segment = stream->segment;
    if (__builtin_expect(leaf->segment == NULL, 0)) {
        return false;
    }
    leaf->at = leaf->segment->committed;
    return __builtin_expect(leaf->at + size <= stream->limit, 1);
}

static inline uint64_t *
gbx_leaf_record(const gbx_leaf *leaf)
{
    return (uint64_t *)((char *)leaf->segment + leaf->at);
}

static inline void
gbx_leaf_publish(const gbx_leaf *leaf, uint32_t size)
{
    __atomic_store_n(&leaf->segment->committed, leaf->at + size, __ATOMIC_RELEASE);
    GBX_PROBE(RECORD, leaf->segment);
}

/* The hot path, for the events that every call makes: gbx_begin() and gbx_commit() of a
   gbx_frame_edge without a call in them, so that the hook around them is a leaf and saves no
   registers.  gbx_quick_begin() is false for anything that is not usual (no room, a code object
   without id, another clock, a long gap); nothing has happened then, and the hook takes its slow
   twin. */
typedef struct {
    gbx_segment *segment;
    uint64_t at, dt;
    uint32_t code;
} gbx_quick;

static inline bool
gbx_quick_begin(gbx_quick *quick, const PyCodeObject *code)
{
#if PY_LITTLE_ENDIAN && defined(GBX_HAVE_TSC)
    gbx_stream *stream = &_PyGlassbox_stream;
    quick->segment = stream->segment;
    quick->code = code->_co_glassbox_id;
    if (__builtin_expect(quick->segment == NULL || quick->code < _PyGlassbox_recorder.first_code_id, 0)) {
        return false;
    }
    quick->at = quick->segment->committed;
    quick->dt = 0;
    if (__builtin_expect(quick->at + sizeof(gbx_frame_edge) > stream->limit, 0)) {
        return false;
    }
    if (__builtin_expect(_PyGlassbox_recorder.clock == GBX_CLOCK_TSC, 1)) {
        quick->dt = __rdtsc() - stream->base_ticks;
    }
    else if (_PyGlassbox_recorder.clock != GBX_CLOCK_NONE) {
        return false;
    }
    return __builtin_expect(quick->dt <= UINT32_MAX, 1);
#else
    (void)quick; (void)code;
    return false;
#endif
}

/* A gbx_frame_edge in two stores.  `head` is the first four bytes of its gbx_head: event, flags << 8,
   arg << 16.  Frames are aligned to 8 bytes, so bits 3..34 of the address move up with no mask. */
static inline void
gbx_quick_commit(const gbx_quick *quick, uint32_t head, const void *frame)
{
    uint64_t *record = (uint64_t *)((char *)quick->segment + quick->at);
    record[0] = head | quick->dt << 32;
    record[1] = quick->code | (uint64_t)(uintptr_t)frame << 29;
    __atomic_store_n(&quick->segment->committed, quick->at + sizeof(gbx_frame_edge), __ATOMIC_RELEASE);
    GBX_PROBE(RECORD, quick->segment);
}

/* Reserve a record and take its time: the usual beginning of a timed hook.  *dt is 0 without a
   clock.  A gap too long for 32 bits of ticks is bridged by a STREAM_TIME record. */
static inline void *
gbx_begin(uint32_t size, PyThreadState *tstate, bool entering, uint32_t *dt)
{
    void *record = gbx_reserve(size, tstate, entering);
    *dt = 0;
    if (record == NULL || _PyGlassbox_recorder.clock == GBX_CLOCK_NONE) {
        return record;
    }
    uint64_t now = gbx_now();
    uint64_t delta = now - _PyGlassbox_stream.base_ticks;
    if (__builtin_expect(delta > UINT32_MAX, 0)) {
        if (!_PyGlassbox_Rebase(now)) {
            return NULL;
        }
        delta = 0;
        record = gbx_reserve(size, tstate, entering);
    }
    *dt = (uint32_t)delta;
    return record;
}

/* Is the recording that holds the calling thread's segment still on?  Asked by a hook that has to
   name something, between the naming and the commit: what was named since a stop and a new start
   stands in another file than the record would. */
static inline bool
gbx_still_recording(void)
{
    return __atomic_load_n(&_PyGlassbox_recorder.open, __ATOMIC_ACQUIRE) &&
        __atomic_load_n(&_PyGlassbox_recorder.session, __ATOMIC_ACQUIRE) == _PyGlassbox_stream.session;
}

/* The same for events that only come while the thread is attached: with the GIL nobody else can stop the
   recording and begin another meanwhile. */
static inline bool
gbx_settled(void)
{
#ifdef Py_GIL_DISABLED
    return gbx_still_recording();
#else
    return true;
#endif
}

/* --- the file and its header block (Python/glassbox_file.c, Python/glassbox_header.c) --- */

#define GBX_LARGEST_SEGMENT (2048u * 1024)

typedef struct {
    const char *path;              // absolute
    uint64_t run_id[2];
    uint64_t limit;
    uint32_t mask;
    uint8_t mode;
    uint8_t clock;
} gbx_file_options;

/* Create and map the file; its header is complete before it has its name.  0 or errno. */
extern int _PyGlassbox_FileOpen(const gbx_file_options *options);
/* Note `state` and the final instant; unmap.  Other threads keep their mapped segments until they
   notice. */
extern void _PyGlassbox_FileClose(uint32_t state);
/* In a forked child: drop everything inherited without touching the parent's file. */
extern void _PyGlassbox_FileForget(void);
extern uint64_t _PyGlassbox_ProcessStart(int pid);
extern gbx_instant _PyGlassbox_Instant(void);
/* Write a header block into GBX_HEADER_SIZE bytes of zeros. */
extern void _PyGlassbox_HeaderWrite(void *block, const gbx_file_options *options);
/* A new segment of `size` bytes, or of less where that is all that is left of the file below `room`:
   mapped, and empty but for its size; the caller owns the mapping.  NULL with *error 0: no room; else errno. */
extern gbx_segment *_PyGlassbox_SegmentNew(uint32_t size, uint64_t room, int *error);
/* From here on a reader sees the segment. */
extern void _PyGlassbox_SegmentPublish(gbx_segment *segment);
/* How far segments of events may reach: what lies beyond is kept for names. */
extern uint64_t _PyGlassbox_EventRoom(void);
/* Say in the header why recording ended; the first reason stays. */
extern void _PyGlassbox_FileNote(uint32_t state, int error);
/* Append one definition (head.size bytes from `parts`) to the NAMES segments; false if no room. */
typedef struct { const void *data; uint32_t length; } gbx_part;
extern bool _PyGlassbox_Define(int kind, uint32_t id, const gbx_part *parts, int count);
/* The private lock of the recorder's slow paths.  Never held while anything outside Python/glassbox*
   is called, so no caller can be holding what it waits for. */
extern void _PyGlassbox_Lock(void);
extern void _PyGlassbox_Unlock(void);

/* --- all streams (Python/glassbox_recorder.c) --- */

/* Under the lock, the mask being 0: let every thread notice at its next event. */
extern void _PyGlassbox_StreamsInvalidate(void);
/* Class frame comes on: have every thread tell its frames before its next event, this one after it has
   told of the change.  Called with true before it is on, with false when it is. */
extern void _PyGlassbox_StreamsRenew(bool begin);
/* In a forked child: the other threads are gone, and this one has no segment. */
extern void _PyGlassbox_StreamsForget(void);

/* --- classes (Python/glassbox_classes.c) --- */

/* Switch these on, and tell what lives already where one of them wants that known. */
extern void _PyGlassbox_ClassesBegin(uint32_t mask);

/* --- names (Python/glassbox_names.c) --- */

extern void _PyGlassbox_NamesReset(void);            // at the start of each recording
extern void _PyGlassbox_NamesForget(void);           // in a forked child
extern void _PyGlassbox_NamesDefineStatic(void);     // opcodes, failure reasons, META
extern uint32_t _PyGlassbox_CodeIdSlow(PyCodeObject *code);
extern uint32_t _PyGlassbox_InternBytes(const char *text, size_t length);
extern uint32_t _PyGlassbox_InternUnicode(PyObject *text);
extern void _PyGlassbox_DefineThread(uint32_t id);

/* The id of a code object in this recording; 0 if it could not be defined. */
static inline uint32_t
gbx_code_id(PyCodeObject *code)
{
    uint32_t id = code->_co_glassbox_id;
    if (__builtin_expect(id >= _PyGlassbox_recorder.first_code_id, 1)) {
        return id;
    }
    return _PyGlassbox_CodeIdSlow(code);
}

/* Note in the file, once, which file the code at this address was loaded from (Python/glassbox_images.c). */
extern void _PyGlassbox_ImageSee(const void *code);
extern void _PyGlassbox_ImagesReset(void);           // at the start of each recording

extern uint32_t _PyGlassbox_TypeIdSlow(PyTypeObject *type);
extern bool _PyGlassbox_DefineWatch(uint32_t id, uint32_t type, PyObject *object, PyObject *name);

/* The id of a type in this recording; 0 if it could not be defined.  It lies in the type, in four bytes
   that were padding, so a type that is made where another was begins without one. */
static inline uint32_t
gbx_type_id(PyTypeObject *type)
{
    uint32_t id = type->_tp_glassbox_id;
    if (__builtin_expect(id >= _PyGlassbox_recorder.first_type_id, 1)) {
        return id;
    }
    return _PyGlassbox_TypeIdSlow(type);
}

/* What records of class aio say of objects. */
static inline uint64_t
gbx_address(const void *object)
{
    return (uint64_t)(uintptr_t)object;
}

static inline uint32_t
gbx_type_of(PyObject *object)
{
    return object == NULL ? 0 : gbx_type_id(Py_TYPE(object));
}

/* The Python function that runs in this thread and the offset of its instruction; 0 and GBX_NO_OFFSET
   where there is none (Python/glassbox_hooks.c). */
extern uint32_t _PyGlassbox_Running(PyThreadState *tstate, uint16_t *offset);

/* --- watched objects (Python/glassbox_watch.c) --- */

#define GBX_WATCH_SLOTS 1024       /* a power of two, as home_of() has it */
#define GBX_WATCH_MOST  512

extern void _PyGlassbox_WatchReset(void);            // at the start of each recording
extern uint32_t _PyGlassbox_watched;                 // how many; ask before WatchFind()
extern uint32_t _PyGlassbox_WatchFind(const PyObject *object);   // id, or 0
extern void _PyGlassbox_WatchDead(const PyObject *object, bool dead);
extern bool _PyGlassbox_WatchIsDead(const PyObject *object);
extern void _PyGlassbox_WatchForget(const PyObject *object);
/* Set _PyGlassbox_refs anew, as the classes that are on and what is watched have it. */
extern void _PyGlassbox_RefsSwitch(void);

/* --- class ref (Python/glassbox_refs.c) --- */

extern void _PyGlassbox_RefDealloc(PyObject *object, const void *caller);
extern void _PyGlassbox_RefOwner(PyObject *object);
/* Let reference operations reach the recorder, or no more; 0 or errno (Python/glassbox_patch.c). */
extern int _PyGlassbox_RefsPatch(bool on);
extern void _PyGlassbox_ChurnCount(const PyObject *op, uint32_t incs, uint32_t decs, uint32_t shared);
extern void _PyGlassbox_ChurnStop(void);
extern void _PyGlassbox_ChurnThreadEnd(gbx_stream *stream);
extern void _PyGlassbox_ChurnReset(bool alone);

/* Snapshot of the frames already on the stack (Python/glassbox_hooks.c). */
extern void _PyGlassbox_Snapshot(PyThreadState *tstate, bool entering);

#endif /* !Py_INTERNAL_GLASSBOX_RECORDER_H */
