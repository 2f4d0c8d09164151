/* The Glassbox trace format, version 1: the one header that the interpreter (which writes traces)
   and the runner (which reads them) share.

   Theory of operation.  A trace is one file per process.  It is a header block followed by
   segments; every offset and size is a multiple of GBX_GRANULE.  The header block says who wrote
   the file and how to read its clock, and carries tables that describe every event, field and
   enumeration, so that a reader needs no knowledge of its own to print a record.  A segment belongs
   to one thread, which alone writes to it; `committed` is stored after the records it covers, so the
   file is valid at every instant.  EVENT segments hold fixed-size records; NAMES segments hold the
   definitions (strings, code objects, threads, opcodes...) that records refer to by id.

   Numbers are little-endian.  Records are aligned to 8 bytes and begin with a gbx_head.
   This header includes <stdint.h> alone (and <stddef.h> for offsetof) and must never contain code
   with an effect: only layouts, constants and the X-macro tables that both sides expand. */

#ifndef GLASSBOX_FORMAT_H
#define GLASSBOX_FORMAT_H

#include <stddef.h>               // offsetof()
#include <stdint.h>

#define GBX_MAGIC            "GLASSBOX"      /* 8 bytes, no terminator */
#define GBX_VERSION_MAJOR    1               /* a reader refuses another major version */
#define GBX_VERSION_MINOR    0               /* new events and fields only */
#define GBX_BYTE_ORDER       0x01020304u
#define GBX_GRANULE          16384u          /* segments start and end on this boundary */
#define GBX_HEADER_SIZE      65536u          /* header block with its tables */
#define GBX_SEGMENT_MAGIC    0x53584247u     /* "GBXS" */

/* ------------------------------------------------------------------ classes */

/* X(NAME, bit, "name"): the event classes; the bit indexes the class mask. */
#define GBX_CLASSES(X)            \
    X(FRAME,    0, "frame")       \
    X(SPEC,     1, "spec")        \
    X(REF,      2, "ref")         \
    X(OBJ,      3, "obj")         \
    X(ALLOC,    4, "alloc")       \
    X(GC,       5, "gc")          \
    X(GIL,      6, "gil")         \
    X(THREAD,   7, "thread")      \
    X(COMPILE,  8, "compile")     \
    X(IMPORT,   9, "import")      \
    X(AIO,     10, "aio")         \
    X(BUF,     11, "buf")         \
    X(MARK,    12, "mark")        \
    X(STREAM,  13, "stream")      /* bookkeeping of the recorder itself: always on */

enum gbx_class {
#define X(NAME, bit, text) GBX_CLASS_##NAME = bit,
    GBX_CLASSES(X)
#undef X
    GBX_CLASS_COUNT
};

/* What is recorded where nobody says what: what one wants first, whatever the question: where the time
   goes, and what became of what the program watches (class ref costs nothing until something is watched).
   "all" is every class that the interpreter has hooks for: those that record each object and each block
   make a trace several times as large, so they are asked for. */
#define GBX_MASK(NAME)    (1u << GBX_CLASS_##NAME)
#define GBX_MASK_DEFAULT  (GBX_MASK(FRAME) | GBX_MASK(SPEC) | GBX_MASK(COMPILE) | GBX_MASK(IMPORT) | \
                           GBX_MASK(THREAD) | GBX_MASK(GIL) | GBX_MASK(MARK) | GBX_MASK(REF) | GBX_MASK(GC))
#define GBX_MASK_ALL      (GBX_MASK_DEFAULT | GBX_MASK(OBJ) | GBX_MASK(ALLOC) | GBX_MASK(BUF))

/* ------------------------------------------------------------------ records */

/* The first eight bytes of every record. */
typedef struct {
    uint8_t  event;        /* enum gbx_event; 0 never occurs */
    uint8_t  flags;        /* meaning per event, see its field table */
    uint16_t arg;          /* meaning per event */
    uint32_t dt;           /* clock ticks since the stream's base time (segment base_ticks, or the
                              last STREAM_TIME); in records that are not timed 0, or as their fields say */
} gbx_head;

#define GBX_NO_OFFSET  0xffffu    /* an instruction offset that is unknown or does not fit */

/* class stream */
typedef struct { gbx_head h; uint64_t ticks; } gbx_stream_time;        /* new base time */
typedef struct { gbx_head h; uint64_t count; uint64_t reserved; } gbx_stream_lost;
typedef struct { gbx_head h; uint32_t interp; uint32_t reserved; } gbx_stream_interp;
typedef struct { gbx_head h; uint32_t old_mask; uint32_t new_mask; } gbx_stream_mask;

/* class frame.  `frame` is bits 3..34 of the _PyInterpreterFrame's address: it tells frames of one
   thread apart; it is reused when the memory is. */
typedef struct { gbx_head h; uint32_t code; uint32_t frame; } gbx_frame_edge;
typedef struct {
    gbx_head h; uint32_t code; uint32_t frame; uint32_t generator; uint32_t reserved;
} gbx_frame_generator;
typedef struct {
    gbx_head h; uint32_t code; uint32_t frame; uint32_t object; uint32_t reserved; uint64_t caller;
} gbx_frame_object_new;
typedef struct {
    gbx_head h; uint32_t code; uint32_t frame; uint32_t object; uint32_t refs;
} gbx_frame_own;
typedef struct { gbx_head h; uint32_t code; uint32_t object; } gbx_frame_object_free;
typedef struct { gbx_head h; uint32_t size; uint32_t reserved; uint64_t address; } gbx_frame_chunk;

/* class spec */
typedef struct {
    gbx_head h;               /* flags: opcode before; arg: instruction offset (code units) */
    uint32_t code;
    uint16_t counter_before;  /* the raw _Py_BackoffCounter: value << 4 | backoff (3.13) */
    uint16_t counter_after;
    uint8_t  opcode_after;
    uint8_t  family;          /* the generic opcode */
    uint8_t  reason;          /* SPEC_FAIL_* of the family; of a success, too, where one was noted on the way */
    uint8_t  guard;           /* enum gbx_guard: what a miss found wrong */
    uint32_t expected;        /* version the inline cache holds */
    uint32_t found;           /* version met instead; 0 unknown */
    uint32_t type;            /* string id: type of the object looked at; 0 none */
} gbx_spec;

/* class compile, import, thread */
typedef struct { gbx_head h; uint32_t name; uint32_t code; } gbx_compile_stage;
typedef struct { gbx_head h; uint32_t code; uint32_t units; } gbx_code;
typedef struct { gbx_head h; uint32_t name; uint32_t reserved; } gbx_import;
typedef struct { gbx_head h; uint32_t thread; uint32_t interp; } gbx_thread;
typedef struct { gbx_head h; uint32_t interp; uint32_t reserved; } gbx_interp;
typedef struct { gbx_head h; uint32_t pid; uint32_t reserved; } gbx_fork;

/* class mark, obj */
typedef struct { gbx_head h; uint32_t name; uint32_t reserved; uint64_t value; } gbx_mark;
typedef struct { gbx_head h; uint32_t name; uint32_t span; } gbx_span;
typedef struct {
    gbx_head h; uint32_t watch; uint32_t name; uint64_t address; uint32_t type; uint32_t refs;
} gbx_watch;

/* class ref: what happens to the reference count of a watched object.  Timed: only so can records of
   several threads be put in the order in which they changed one count.  Without the GIL the count has two
   halves: `local`, which the owning thread alone changes, and `shared`, the field as it is, two flag bits
   included; with it, `local` is the count and `shared` is 0. */
typedef struct {
    gbx_head h;               /* flags: see the event's field table; arg: offset in `code` */
    uint32_t watch;           /* id of the watched object */
    uint32_t code;            /* the Python function that runs; 0 none */
    uint64_t caller;          /* address in the C function that did it */
    int32_t  delta;           /* how the count changes; 0 where it is set, or only changes hands */
    uint32_t local;           /* after the operation */
    int64_t  shared;
} gbx_ref;
typedef struct {              /* reference operations at one instruction, all objects, since the last */
    gbx_head h; uint32_t code; uint32_t incs; uint32_t decs;
    uint32_t shared;          /* of both: on the half that threads share; 0 with the GIL */
} gbx_ref_churn;
typedef struct {              /* atomic operations of this thread on the half of one object's count that
                                 threads share, since the last; h.dt: how many.  With churn alone */
    gbx_head h;               /* arg: offset in `code` */
    uint32_t type;
    uint32_t code;            /* the instruction that made the first of them; 0 none */
    uint64_t address;         /* objects of a type that lie there one after the other are one to this */
} gbx_ref_sharing;

/* Records that come by the million are kept small.  Where a record has no time, the bytes of `dt` hold
   something else, and where a number needs 3 or 6 bytes it has 3 or 6: GBX_U24(), GBX_U48(). */
#define GBX_U24(a)  ((uint32_t)(a)[0] | (uint32_t)(a)[1] << 8 | (uint32_t)(a)[2] << 16)
#define GBX_U48(a)  ((uint64_t)GBX_U24(a) | (uint64_t)GBX_U24((a) + 3) << 24)
#define GBX_BYTES48(n)  { (uint8_t)(n), (uint8_t)((n) >> 8), (uint8_t)((n) >> 16), (uint8_t)((n) >> 24), \
                          (uint8_t)((n) >> 32), (uint8_t)((n) >> 40) }

typedef struct {              /* something happened to what lies at an address */
    uint8_t event; uint8_t flags; uint8_t address[6];
} gbx_at;

/* Packed forms.  Of the records that come by the million most fit one word, and are written so: a reader
   unpacks them, and shows the full form alone.  They begin with `event`, as all do; `what` is the byte
   after it; `where` is the address, whose lowest four bits are 0 and hold something else.
     obj.create        what: type; lowest bits: items (size is the type's basic size and its items' sizes)
     obj.destroy       what: type
     alloc.block_alloc what: the size's lower 8 bits; lowest bits: the size's other 2, 1 for domain obj,
                       1 for another site
   The site (function and offset) of a packed block is that of the last whole alloc.block_alloc before it in
   the segment, or, with the highest of the four bits, that of the one before that. */
typedef struct {
    uint8_t event; uint8_t what; uint8_t where[6];
} gbx_packed;
#define GBX_PACKED_TYPES   256u    /* ids and sizes below these have a packed form */
#define GBX_PACKED_ITEMS   16u
#define GBX_PACKED_SIZES   1024u
#define GBX_PACKED_BITS    15u     /* of `where`, that are no address */
#define GBX_PACKED_OBJ     4u      /* of these, in a block */
#define GBX_PACKED_OTHER   8u

/* class obj: every object.  Not timed. */
typedef struct {
    uint8_t event; uint8_t type[3]; uint32_t size; uint64_t address;
} gbx_obj;

/* class alloc.  Not timed, save arenas.  An address tells the pool (16 KiB) that a block is in, and the
   pool's the arena (1 MiB, not aligned).  What was there before the recording is told when it begins, by
   the events named *_found; `owner` is the interpreter whose allocator it is. */
typedef struct {              /* h.arg: offset in `code`, the Python function that runs */
    gbx_head h; uint32_t owner; uint32_t pools; uint64_t address; uint32_t code; uint32_t reserved;
} gbx_arena;
typedef struct { gbx_head h; uint32_t owner; uint32_t blocks; uint64_t address; } gbx_pool;
typedef struct {              /* in a pool; h.dt: the Python function that runs, offset: where in it */
    gbx_head h; uint8_t address[6]; uint16_t offset;
} gbx_block;
typedef struct {              /* from malloc(); h.dt and offset as above */
    gbx_head h; uint64_t size; uint8_t address[6]; uint16_t offset;
} gbx_large;
typedef struct {
    gbx_head h; uint64_t size; uint8_t address[6]; uint16_t offset; uint64_t old_address;
} gbx_large_move;
typedef struct {              /* without the GIL: mimalloc's pages and segments */
    gbx_head h; uint32_t heap; uint32_t blocks; uint64_t address; uint32_t size; uint32_t reserved;
} gbx_heap_page;
typedef struct {              /* what the allocator itself says, at a mark.  Without the GIL: segments, pages
                                 with blocks in use, and their blocks, of all interpreters */
    gbx_head h; uint32_t owner; uint32_t arenas; uint64_t pools; uint64_t blocks; uint64_t bytes;
    uint64_t large;
    uint64_t waiting;         /* of the blocks: freed by other threads, and not yet taken back */
} gbx_alloc_total;

/* class gc.  A phase is recorded when it ends; it began where the collection's record before it was made
   (gc.start, or the phase before).  `objects` is how many it worked on, and 0 for those that count none
   (untrack, free_lists, delayed_frees).  Finding out what is still unreachable after the finalizers is done by
   the same three functions as before them, so their phases come twice. */
typedef struct {
    gbx_head h;               /* flags: generation; arg: offset in `code` */
    uint32_t code;            /* the Python function that runs: where it allocated, or was interrupted */
    uint32_t count;           /* of that generation: what is compared with its threshold */
    uint32_t threshold; uint8_t reason; uint8_t reserved[3];
} gbx_gc_start;
typedef struct { gbx_head h; uint32_t objects; uint32_t reserved; } gbx_gc_phase;
typedef struct { gbx_head h; uint32_t watch; uint32_t reserved; } gbx_gc_verdict;
typedef struct { gbx_head h; uint32_t objects; uint32_t type; } gbx_gc_untrack;
typedef struct {
    gbx_head h; uint32_t collected; uint32_t uncollectable;
    uint32_t count[3];        /* the generations' counts afterwards */
    uint32_t long_lived;      /* objects that outlived the last full collection */
} gbx_gc_done;
typedef struct { gbx_head h; int32_t count; int32_t total; } gbx_gc_flush;
typedef struct { gbx_head h; uint32_t threads; uint32_t reserved; } gbx_world;

/* class gil.  A lock is named by the interpreter whose own it is: an id given at its birth and never given
   again, which the interpreters that share the lock have in their records too.  A thread state is named by
   bits 3..34 of its address, for it is addresses that the lock compares when it counts its switches.  A
   release is recorded before it is done and an acquisition after, so that what lies between the two in the
   trace is never more than the thread held. */
typedef struct { gbx_head h; uint32_t lock; uint32_t interp; } gbx_gil;
typedef struct { gbx_head h; uint32_t lock; uint32_t interval_us; } gbx_gil_timeout;
typedef struct { gbx_head h; uint32_t lock; uint32_t holder; } gbx_gil_drop;
typedef struct {              /* flags: the bits that were set; arg: offset in `code` */
    gbx_head h; uint32_t code; uint32_t interp;
} gbx_gil_breaker;
typedef struct {
    gbx_head h;               /* flags: why; arg: offset in `code` */
    uint32_t lock; uint32_t interp;
    uint32_t code;            /* the Python function that runs; 0 none */
    uint32_t state;
    uint32_t bits;            /* of the eval breaker: a release for another reason may carry the request, too */
    uint32_t reserved;
    uint64_t by;              /* address in the C function that asked for it; 0 unknown */
} gbx_gil_release;
typedef struct {
    gbx_head h; uint32_t lock; uint32_t interp;
    uint32_t from;            /* id of the thread that had it before; GBX_NO_THREAD unknown */
    uint32_t state;
    uint64_t switches;        /* the lock's own count */
    uint64_t wait;            /* ticks since the request */
} gbx_gil_acquire;
typedef struct { gbx_head h; uint32_t lock; uint32_t interp; uint64_t wait; } gbx_gil_wait;
typedef struct { gbx_head h; uint32_t lock; uint32_t name; uint32_t requests; uint32_t reserved; } gbx_gil_switch;
typedef struct {              /* without the lock: a thread state leaves the interpreter, and comes back */
    gbx_head h; uint32_t interp; uint32_t code; uint64_t by;
} gbx_detach;
typedef struct { gbx_head h; uint32_t interp; uint32_t state; uint64_t wait; } gbx_attach;
typedef struct {
    gbx_head h; uint32_t code; uint32_t mutexes; uint64_t address; uint64_t by;
} gbx_section;
typedef struct {              /* value: address in the C function that waits; enum PARK; threads woken */
    gbx_head h; uint64_t address; uint64_t value;
} gbx_park;

#define GBX_NO_THREAD  UINT32_MAX

/* class buf: memory of one object that others work on.  An export is a Py_buffer that an object filled in; it
   keeps its exporter alive, so as long as it is out, the addresses of both name them.  The exporter is whom the
   Py_buffer names at last, and may be another than was asked.  `counter` is the object that counts the
   export, after which it has `exports` of them; 0: of types that count none.  Its shape follows in records
   of its own. */
typedef struct {              /* flags: bits of enum BUFFER; arg: offset in `code` */
    gbx_head h;
    uint32_t code;            /* the Python function that runs; 0 none */
    uint16_t asked;           /* bits of enum ASKED */
    uint8_t  how;             /* enum GET */
    uint8_t  ndim;
    uint64_t by;              /* address in the C function that asked */
    uint64_t view;            /* the Py_buffer */
    uint64_t object;          /* who was asked */
    uint64_t exporter;        /* whom the Py_buffer keeps alive; 0: nobody */
    uint32_t type; uint32_t exporter_type;
    uint64_t counter;
    uint32_t exports; uint32_t format;
    uint64_t address;         /* the memory */
    uint64_t length; uint64_t itemsize;
} gbx_buf_get;
typedef struct {              /* flags: enum GET, by which the exporter's function was called */
    gbx_head h; uint32_t code; uint32_t exporter_type; uint64_t by; uint64_t view; uint64_t exporter;
    uint64_t counter; uint32_t exports; uint32_t reserved; uint64_t address;
} gbx_buf_release;
typedef struct {              /* flags: enum GET */
    gbx_head h; uint32_t code; uint16_t asked; uint16_t reserved; uint64_t by; uint64_t object;
    uint32_t type; uint32_t exception; uint32_t reason; uint32_t reserved1;
} gbx_buf_refused;
typedef struct {              /* arg: which, of the buffer or memoryview just told of */
    gbx_head h; int64_t extent; int64_t stride; int64_t suboffset;
} gbx_buf_axis;
typedef struct {              /* flags: enum IN_USE: what was asked of an object whose memory is out */
    gbx_head h; uint32_t code; uint32_t type; uint64_t by; uint64_t object; uint64_t exports;
} gbx_buf_error;
typedef struct { gbx_head h; uint32_t type; uint32_t exports; uint64_t object; } gbx_buf_pin;
typedef struct {              /* a memoryview and the managed buffer that it shares with others */
    gbx_head h; uint32_t code;
    uint32_t views;           /* of the managed buffer, afterwards */
    uint64_t view;            /* the memoryview */
    uint64_t managed;
    uint64_t master;          /* the Py_buffer in it */
    uint64_t exporter;        /* whom that keeps alive; 0: nobody */
} gbx_buf_view;
typedef struct {              /* flags: bits of enum BUFFER */
    gbx_head h; uint32_t code; uint8_t how; uint8_t ndim; uint16_t reserved; uint64_t view; uint64_t base;
    uint64_t address; uint64_t length; uint64_t itemsize; uint32_t format; uint32_t reserved1;
} gbx_buf_layout;
typedef struct { gbx_head h; uint32_t code; uint32_t type; uint64_t object; uint64_t view; } gbx_buf_python;
typedef struct {              /* memory of another allocator, which an extension tells tracemalloc of; `domain`
                                 says whose it is.  Told again with the same address, it has another size */
    gbx_head h; uint32_t code; uint32_t domain; uint64_t by; uint64_t address; uint64_t size;
} gbx_buf_memory;

/* --------------------------------------------------------------- the events */

/* X(NAME, id, CLASS, "class.name", struct, timed): ids are stable, never reused. */
#define GBX_EVENTS(X)                                                                    \
    X(STREAM_TIME,      1, STREAM,  "stream.time",         gbx_stream_time,        0)    \
    X(STREAM_LOST,      2, STREAM,  "stream.lost",         gbx_stream_lost,        0)    \
    X(STREAM_INTERP,    3, STREAM,  "stream.interp",       gbx_stream_interp,      1)    \
    X(STREAM_MASK,      4, STREAM,  "stream.mask",         gbx_stream_mask,        1)    \
    X(FRAME_PUSH,      16, FRAME,   "frame.push",          gbx_frame_edge,         1)    \
    X(FRAME_POP,       17, FRAME,   "frame.pop",           gbx_frame_edge,         1)    \
    X(FRAME_SUSPEND,   18, FRAME,   "frame.suspend",       gbx_frame_edge,         1)    \
    X(FRAME_RESUME,    19, FRAME,   "frame.resume",        gbx_frame_edge,         1)    \
    X(FRAME_GENERATOR, 20, FRAME,   "frame.generator",     gbx_frame_generator,    1)    \
    X(FRAME_OBJECT_NEW, 21, FRAME,  "frame.object_new",    gbx_frame_object_new,   1)    \
    X(FRAME_OWN,       22, FRAME,   "frame.take_ownership", gbx_frame_own,         1)    \
    X(FRAME_OBJECT_FREE, 23, FRAME, "frame.object_free",   gbx_frame_object_free,  1)    \
    X(FRAME_CHUNK_NEW, 24, FRAME,   "frame.chunk_new",     gbx_frame_chunk,        1)    \
    X(FRAME_CHUNK_FREE, 25, FRAME,  "frame.chunk_free",    gbx_frame_chunk,        1)    \
    X(FRAME_DISCARD,   26, FRAME,   "frame.discard",       gbx_frame_edge,         1)    \
    X(SPEC_ATTEMPT,    32, SPEC,    "spec.attempt",        gbx_spec,               1)    \
    X(SPEC_SUCCESS,    33, SPEC,    "spec.success",        gbx_spec,               1)    \
    X(SPEC_FAIL,       34, SPEC,    "spec.fail",           gbx_spec,               1)    \
    X(SPEC_MISS,       35, SPEC,    "spec.miss",           gbx_spec,               1)    \
    X(SPEC_DEOPT,      36, SPEC,    "spec.deopt",          gbx_spec,               1)    \
    X(SPEC_RESPECIALIZE, 37, SPEC,  "spec.respecialize",   gbx_spec,               1)    \
    X(SPEC_INSTRUMENT, 38, SPEC,    "spec.instrument",     gbx_spec,               1)    \
    X(COMPILE_BEGIN,   48, COMPILE, "compile.begin",       gbx_compile_stage,      1)    \
    X(COMPILE_END,     49, COMPILE, "compile.end",         gbx_compile_stage,      1)    \
    X(CODE_NEW,        50, COMPILE, "compile.code_new",    gbx_code,               1)    \
    X(CODE_FREE,       51, COMPILE, "compile.code_free",   gbx_code,               1)    \
    X(IMPORT_BEGIN,    56, IMPORT,  "import.begin",        gbx_import,             1)    \
    X(IMPORT_END,      57, IMPORT,  "import.end",          gbx_import,             1)    \
    X(THREAD_START,    64, THREAD,  "thread.start",        gbx_thread,             1)    \
    X(THREAD_EXIT,     65, THREAD,  "thread.exit",         gbx_thread,             1)    \
    X(INTERP_NEW,      66, THREAD,  "thread.interp_new",   gbx_interp,             1)    \
    X(INTERP_END,      67, THREAD,  "thread.interp_end",   gbx_interp,             1)    \
    X(FORK,            68, THREAD,  "thread.fork",         gbx_fork,               1)    \
    X(MARK,            80, MARK,    "mark.mark",           gbx_mark,               1)    \
    X(SPAN_BEGIN,      81, MARK,    "mark.span_begin",     gbx_span,               1)    \
    X(SPAN_END,        82, MARK,    "mark.span_end",       gbx_span,               1)    \
    X(WATCH,           83, MARK,    "mark.watch",          gbx_watch,              1)    \
    X(UNWATCH,         84, MARK,    "mark.unwatch",        gbx_watch,              1)    \
    X(OBJ_CREATE_PACKED, 94, OBJ,   "obj.create_packed",   gbx_packed,             0)    \
    X(OBJ_DESTROY_PACKED, 95, OBJ,  "obj.destroy_packed",  gbx_packed,             0)    \
    X(OBJ_CREATE,      96, OBJ,     "obj.create",          gbx_obj,                0)    \
    X(OBJ_DESTROY,     97, OBJ,     "obj.destroy",         gbx_obj,                0)    \
    X(OBJ_REVIVE,      98, OBJ,     "obj.revive",          gbx_obj,                0)    \
    X(OBJ_FOUND,       99, OBJ,     "obj.found",           gbx_obj,                0)    \
    X(REF_INC,        100, REF,     "ref.inc",             gbx_ref,                1)    \
    X(REF_DEC,        101, REF,     "ref.dec",             gbx_ref,                1)    \
    X(REF_SET,        102, REF,     "ref.set",             gbx_ref,                1)    \
    X(REF_SKIP,       103, REF,     "ref.immortal_skip",   gbx_ref,                1)    \
    X(REF_DEALLOC,    104, REF,     "ref.dealloc",         gbx_ref,                1)    \
    X(REF_QUEUE,      105, REF,     "ref.queue",           gbx_ref,                1)    \
    X(REF_MERGE,      106, REF,     "ref.merge",           gbx_ref,                1)    \
    X(REF_OWNER,      107, REF,     "ref.owner",           gbx_ref,                1)    \
    X(REF_RETRY,      108, REF,     "ref.retry",           gbx_ref,                1)    \
    X(REF_CHURN,      109, REF,     "ref.churn",           gbx_ref_churn,          0)    \
    X(REF_SHARING,    110, REF,     "ref.sharing",         gbx_ref_sharing,        0)    \
    X(BLOCK_ALLOC_PACKED, 115, ALLOC, "alloc.block_alloc_packed", gbx_packed,      0)    \
    X(ARENA_NEW,      120, ALLOC,   "alloc.arena_new",     gbx_arena,              1)    \
    X(ARENA_FREE,     121, ALLOC,   "alloc.arena_free",    gbx_arena,              1)    \
    X(POOL_NEW,       122, ALLOC,   "alloc.pool_new",      gbx_pool,               0)    \
    X(POOL_FULL,      123, ALLOC,   "alloc.pool_full",     gbx_pool,               0)    \
    X(POOL_PARTIAL,   124, ALLOC,   "alloc.pool_partial",  gbx_pool,               0)    \
    X(POOL_EMPTY,     125, ALLOC,   "alloc.pool_empty",    gbx_pool,               0)    \
    X(BLOCK_ALLOC,    126, ALLOC,   "alloc.block_alloc",   gbx_block,              0)    \
    X(BLOCK_FREE,     127, ALLOC,   "alloc.block_free",    gbx_at,                 0)    \
    X(BLOCK_RESIZE,   128, ALLOC,   "alloc.block_resize",  gbx_block,              0)    \
    X(LARGE_ALLOC,    129, ALLOC,   "alloc.large_alloc",   gbx_large,              0)    \
    X(LARGE_FREE,     130, ALLOC,   "alloc.large_free",    gbx_at,                 0)    \
    X(LARGE_MOVE,     131, ALLOC,   "alloc.large_resize",  gbx_large_move,         0)    \
    X(FREELIST_HIT,   132, ALLOC,   "alloc.freelist_hit",  gbx_at,                 0)    \
    X(FREELIST_PUT,   133, ALLOC,   "alloc.freelist_put",  gbx_at,                 0)    \
    X(FREELIST_DROP,  134, ALLOC,   "alloc.freelist_drop", gbx_at,                 0)    \
    X(HEAP_PAGE_FOUND, 112, ALLOC,  "alloc.page_found",    gbx_heap_page,          0)    \
    X(HEAP_SEGMENT_FOUND, 113, ALLOC, "alloc.segment_found", gbx_large,            1)    \
    X(BLOCK_FOUND,    114, ALLOC,   "alloc.block_found",   gbx_large,              0)    \
    X(ARENA_FOUND,    116, ALLOC,   "alloc.arena_found",   gbx_arena,              1)    \
    X(POOL_FOUND,     117, ALLOC,   "alloc.pool_found",    gbx_pool,               0)    \
    X(FREELIST_FOUND, 118, ALLOC,   "alloc.freelist_found", gbx_at,                0)    \
    X(ALLOC_FOUND,    119, ALLOC,   "alloc.found",         gbx_alloc_total,        1)    \
    X(ALLOC_TOTAL,    135, ALLOC,   "alloc.total",         gbx_alloc_total,        1)    \
    X(HEAP_PAGE_NEW,  136, ALLOC,   "alloc.page_new",      gbx_heap_page,          0)    \
    X(HEAP_PAGE_FREE, 137, ALLOC,   "alloc.page_free",     gbx_heap_page,          0)    \
    X(HEAP_PAGE_ABANDON, 138, ALLOC, "alloc.page_abandon", gbx_heap_page,          0)    \
    X(HEAP_PAGE_RECLAIM, 139, ALLOC, "alloc.page_reclaim", gbx_heap_page,          0)    \
    X(HEAP_SEGMENT_NEW, 140, ALLOC, "alloc.segment_new",   gbx_large,              1)    \
    X(HEAP_SEGMENT_FREE, 141, ALLOC, "alloc.segment_free", gbx_large,              1)    \
    X(HEAP_SEGMENT_ABANDON, 144, ALLOC, "alloc.segment_abandon", gbx_large,        1)    \
    X(HEAP_SEGMENT_RECLAIM, 145, ALLOC, "alloc.segment_reclaim", gbx_large,        1)    \
    X(FREE_DELAYED,   142, ALLOC,   "alloc.free_delayed",  gbx_at,                 0)    \
    X(FREE_PROCESSED, 143, ALLOC,   "alloc.free_processed", gbx_at,                0)    \
    X(GC_SCHEDULED,   150, GC,      "gc.scheduled",        gbx_gc_start,           1)    \
    X(GC_START,       151, GC,      "gc.start",            gbx_gc_start,           1)    \
    X(GC_PHASE,       152, GC,      "gc.phase",            gbx_gc_phase,           1)    \
    X(GC_VERDICT,     153, GC,      "gc.verdict",          gbx_gc_verdict,         0)    \
    X(GC_UNTRACK,     154, GC,      "gc.untrack",          gbx_gc_untrack,         0)    \
    X(GC_DONE,        155, GC,      "gc.done",             gbx_gc_done,            1)    \
    X(GC_FLUSH,       156, GC,      "gc.count_flush",      gbx_gc_flush,           0)    \
    X(WORLD_STOP,     157, GC,      "gc.world_stop",       gbx_world,              1)    \
    X(WORLD_STOPPED,  158, GC,      "gc.world_stopped",    gbx_world,              1)    \
    X(WORLD_STARTED,  159, GC,      "gc.world_started",    gbx_world,              1)    \
    X(GIL_CREATE,     160, GIL,     "gil.create",          gbx_gil,                1)    \
    X(GIL_DESTROY,    161, GIL,     "gil.destroy",         gbx_gil,                1)    \
    X(GIL_REQUEST,    162, GIL,     "gil.request",         gbx_gil,                1)    \
    X(GIL_TIMEOUT,    163, GIL,     "gil.timeout",         gbx_gil_timeout,        1)    \
    X(GIL_DROP_REQUEST, 164, GIL,   "gil.drop_request",    gbx_gil_drop,           1)    \
    X(GIL_BREAKER,    165, GIL,     "gil.breaker_seen",    gbx_gil_breaker,        1)    \
    X(GIL_RELEASE,    166, GIL,     "gil.release",         gbx_gil_release,        1)    \
    X(GIL_ACQUIRE,    167, GIL,     "gil.acquire",         gbx_gil_acquire,        1)    \
    X(GIL_FORCED,     168, GIL,     "gil.forced_switch",   gbx_gil_wait,           1)    \
    X(GIL_GIVE_UP,    169, GIL,     "gil.give_up",         gbx_gil_wait,           1)    \
    X(GIL_HELD,       170, GIL,     "gil.held",            gbx_gil_acquire,        1)    \
    X(GIL_ENABLE,     171, GIL,     "gil.enable",          gbx_gil_switch,         1)    \
    X(GIL_DISABLE,    172, GIL,     "gil.disable",         gbx_gil_switch,         1)    \
    X(ATTACH,         173, GIL,     "gil.attach",          gbx_attach,             1)    \
    X(DETACH,         174, GIL,     "gil.detach",          gbx_detach,             1)    \
    X(SECTION_CONTENDED, 175, GIL,  "gil.section_contended", gbx_section,          1)    \
    X(SECTION_BEGIN,  176, GIL,     "gil.section_begin",   gbx_section,            1)    \
    X(SECTION_SUSPEND, 177, GIL,    "gil.section_suspend", gbx_section,            1)    \
    X(SECTION_RESUME, 178, GIL,     "gil.section_resume",  gbx_section,            1)    \
    X(PARK,           179, GIL,     "gil.park",            gbx_park,               1)    \
    X(WAKE,           180, GIL,     "gil.wake",            gbx_park,               1)    \
    X(UNPARK,         181, GIL,     "gil.unpark",          gbx_park,               1)    \
    X(BUF_GET,        220, BUF,     "buf.get",             gbx_buf_get,            1)    \
    X(BUF_RELEASE,    221, BUF,     "buf.release",         gbx_buf_release,        1)    \
    X(BUF_REFUSED,    222, BUF,     "buf.refused",         gbx_buf_refused,        1)    \
    X(BUF_AXIS,       223, BUF,     "buf.axis",            gbx_buf_axis,           0)    \
    X(BUF_ERROR,      224, BUF,     "buf.error",           gbx_buf_error,          1)    \
    X(BUF_PIN,        225, BUF,     "buf.pin",             gbx_buf_pin,            1)    \
    X(BUF_UNPIN,      226, BUF,     "buf.unpin",           gbx_buf_pin,            1)    \
    X(VIEW_NEW,       227, BUF,     "buf.view_new",        gbx_buf_view,           1)    \
    X(VIEW_LAYOUT,    228, BUF,     "buf.view_layout",     gbx_buf_layout,         1)    \
    X(VIEW_RELEASE,   229, BUF,     "buf.view_release",    gbx_buf_view,           1)    \
    X(BUF_PYTHON_GET, 230, BUF,     "buf.python_get",      gbx_buf_python,         1)    \
    X(BUF_PYTHON_RELEASE, 231, BUF, "buf.python_release",  gbx_buf_python,         1)    \
    X(MEMORY_NEW,     232, BUF,     "buf.memory_new",      gbx_buf_memory,         1)    \
    X(MEMORY_FREE,    233, BUF,     "buf.memory_free",     gbx_buf_memory,         1)

enum gbx_event {
    GBX_EV_NONE = 0,
#define X(NAME, id, CLASS, text, record, timed) GBX_EV_##NAME = id,
    GBX_EVENTS(X)
#undef X
};

/* ------------------------------------------------------------- enumerations */

/* Each enumeration: E(NAME, id) in GBX_ENUMS, its values in GBX_VALUES as
   V(ENUM, VALUE, number, "label"). */
#define GBX_ENUMS(E)                                                                     \
    E(POP, 1) E(SUSPEND, 2) E(GUARD, 3) E(STAGE, 4) E(IMPORT_STEP, 5) E(VALUE, 6)        \
    E(REF, 7) E(DOMAIN, 8) E(FREELIST, 9) E(GC_REASON, 10) E(GC_PHASE, 11)               \
    E(VERDICT, 12) E(HEAP, 13) E(RELEASE, 14) E(BREAKER, 15) E(GIVE_UP, 16) E(WAKE, 17)  \
    E(PARK, 18) E(ENABLE, 19)                                                            \
    E(ASKED, 30) E(BUFFER, 31) E(GET, 32) E(IN_USE, 33) E(VIEW, 34)

#define GBX_VALUES(V)                                                                    \
    V(POP, RETURN,     0, "return")                                                      \
    V(POP, UNWIND,     1, "unwind")          /* an exception left the frame */           \
    V(SUSPEND, YIELD,  0, "yield")                                                       \
    V(SUSPEND, AWAIT,  1, "await")           /* await, or yield from */                  \
    V(SUSPEND, THROW,  2, "throw")           /* gen.throw() had linked it for a delegate */ \
    V(GUARD, NONE,           0, "none")                                                  \
    V(GUARD, TYPE,           1, "type")            /* another type of operand */         \
    V(GUARD, TYPE_VERSION,   2, "type_version")    /* type changed or another type */    \
    V(GUARD, KEYS_VERSION,   3, "keys_version")    /* instance or module dict keys */    \
    V(GUARD, GLOBALS_KEYS,   4, "globals_keys")    /* a new name among the globals */    \
    V(GUARD, BUILTINS_KEYS,  5, "builtins_keys")                                         \
    V(GUARD, FUNCTION_VERSION, 6, "function_version")                                    \
    V(GUARD, STACK_SPACE,    7, "stack_space")     /* data-stack chunk is full */        \
    V(GUARD, RECURSION,      8, "recursion")                                             \
    V(GUARD, EVAL_BREAKER,   9, "eval_breaker")                                          \
    V(GUARD, OTHER,         10, "other")                                                 \
    V(STAGE, RUN_FILE,       1, "run_file")                                              \
    V(STAGE, PARSE,          2, "parse")                                                 \
    V(STAGE, AST_OPTIMIZE,   3, "ast_optimize")                                          \
    V(STAGE, SYMTABLE,       4, "symtable")                                              \
    V(STAGE, COMPILE,        5, "compile")         /* the whole of _PyAST_Compile */     \
    V(STAGE, CODEGEN,        6, "codegen")                                               \
    V(STAGE, FLOWGRAPH,      7, "flowgraph")                                             \
    V(STAGE, ASSEMBLE,       8, "assemble")                                              \
    V(STAGE, EVAL,           9, "eval")            /* the module's code object runs */   \
    V(IMPORT_STEP, FIND_LOAD, 1, "find_load")                                            \
    V(IMPORT_STEP, FIND,     2, "find")                                                  \
    V(IMPORT_STEP, LOAD,     3, "load")                                                  \
    V(IMPORT_STEP, RELOAD,   4, "reload")                                                \
    V(VALUE, NONE,           0, "none")                                                  \
    V(VALUE, INT,            1, "int")                                                   \
    V(VALUE, FLOAT,          2, "float")                                                 \
    V(VALUE, STRING,         3, "str")             /* value is a string id */            \
    V(REF, PLAIN,            0, "plain")           /* Py_INCREF, Py_DECREF */            \
    V(REF, MANY,             1, "many")            /* _Py_RefcntAdd: one write of +n */  \
    V(REF, RESURRECT,        2, "resurrect")       /* set to 1 to run a finalizer */     \
    V(REF, INTERN,           3, "intern")          /* the interned dict gives up its references */ \
    V(REF, IMMORTALIZE,      4, "immortalize")                                           \
    V(REF, NEW,              5, "new")             /* born, or born again, with count 1 */ \
    V(REF, LOCAL,            6, "local")           /* free-threaded: the owner's half */ \
    V(REF, SHARED,           7, "shared")          /* the half of all others */          \
    V(REF, TRY,              8, "try")             /* an increment only if it lives */   \
    V(REF, DEFER,            9, "defer")           /* deferred counting begins */        \
    V(REF, EXPLICIT,        10, "explicit")        /* merge: an explicit one */          \
    V(REF, ZERO,            11, "zero")            /* merge: the local half reached zero */ \
    V(REF, QUEUED,          12, "queued")          /* merge: from the queue */           \
    V(REF, THREAD_EXIT,     13, "thread_exit")     /* merge: its owner's thread is gone */ \
    V(REF, COLLECTOR,       14, "collector")       /* the collector, with the world stopped */ \
    V(DOMAIN, RAW,           0, "raw")                                                   \
    V(DOMAIN, MEM,           1, "mem")                                                   \
    V(DOMAIN, OBJ,           2, "obj")                                                   \
    V(FREELIST, FLOAT,       1, "float")                                                 \
    V(FREELIST, TUPLE,       2, "tuple")                                                 \
    V(FREELIST, LIST,        3, "list")                                                  \
    V(FREELIST, DICT,        4, "dict")                                                  \
    V(FREELIST, DICTKEYS,    5, "dictkeys")                                              \
    V(FREELIST, SLICE,       6, "slice")                                                 \
    V(FREELIST, CONTEXT,     7, "context")                                               \
    V(FREELIST, ASYNC_GEN,   8, "async_gen")                                             \
    V(FREELIST, ASYNC_GEN_ASEND, 9, "async_gen_asend")                                   \
    V(FREELIST, OBJECT_STACK, 10, "object_stack")                                        \
    V(FREELIST, MEMORY_ERROR, 11, "memory_error")                                        \
    V(GC_REASON, HEAP,       0, "threshold")       /* as enum _PyGC_Reason */            \
    V(GC_REASON, SHUTDOWN,   1, "shutdown")                                              \
    V(GC_REASON, MANUAL,     2, "explicit")                                              \
    V(GC_PHASE, UPDATE_REFS, 1, "update_refs")                                           \
    V(GC_PHASE, SUBTRACT_REFS, 2, "subtract_refs")                                       \
    V(GC_PHASE, MOVE_UNREACHABLE, 3, "move_unreachable")                                 \
    V(GC_PHASE, UNTRACK,     4, "untrack")                                               \
    V(GC_PHASE, LEGACY_FINALIZERS, 5, "legacy_finalizers")                               \
    V(GC_PHASE, WEAKREFS,    6, "weakrefs")                                              \
    V(GC_PHASE, FINALIZE,    7, "finalize")                                              \
    V(GC_PHASE, RESURRECTED, 8, "resurrected")                                           \
    V(GC_PHASE, CLEAR,       9, "clear")                                                 \
    V(GC_PHASE, GARBAGE,    10, "garbage")                                               \
    V(GC_PHASE, MARK_HEAP,  11, "mark_heap")       /* free-threaded build */             \
    V(GC_PHASE, SCAN_HEAP,  12, "scan_heap")                                             \
    V(GC_PHASE, MERGE_QUEUED, 13, "merge_queued")                                        \
    V(GC_PHASE, FREE_LISTS, 14, "free_lists")                                            \
    V(GC_PHASE, CALLBACKS,  15, "callbacks")       /* gc.callbacks, before and after */  \
    V(GC_PHASE, VERDICTS,   16, "verdicts")        /* ours: looking for watched objects */ \
    V(GC_PHASE, DELAYED_FREES, 17, "delayed_frees")                                      \
    V(GC_PHASE, WEAKREF_CALLBACKS, 18, "weakref_callbacks")                              \
    V(VERDICT, REACHABLE,    0, "reachable")                                             \
    V(VERDICT, UNREACHABLE,  1, "unreachable")                                           \
    V(VERDICT, FINALIZED,    2, "finalized")                                             \
    V(VERDICT, RESURRECTED,  3, "resurrected")                                           \
    V(VERDICT, CLEARED,      4, "cleared")         /* asked to let go of what it refers to */ \
    V(VERDICT, UNCOLLECTABLE, 5, "uncollectable")                                        \
    V(VERDICT, SAVED,        6, "saved")           /* put into gc.garbage instead (DEBUG_SAVEALL) */ \
    V(VERDICT, UNTRACKED,    7, "untracked")       /* can be in no cycle: of no more concern */ \
    V(HEAP, MEM,             0, "mem")             /* as enum _mi_heap tags of 3.13 */   \
    V(HEAP, OBJECT,          1, "object")                                                \
    V(HEAP, GC,              2, "gc")                                                    \
    V(HEAP, GC_PRE,          3, "gc_pre")                                                \
    V(RELEASE, ASKED,        0, "asked")           /* at the eval breaker, for the drop request */ \
    V(RELEASE, BLOCKING,     1, "blocking")        /* C code that is about to wait, or to work alone */ \
    V(RELEASE, EXIT,         2, "exit")            /* the thread's last */               \
    V(RELEASE, DETACH,       3, "detach")          /* the interpreter itself, to do something without it */ \
    V(RELEASE, STOP,         4, "stop")            /* because the world is to stop */    \
    V(RELEASE, DISABLE,      5, "disable")         /* the lock is switched off */        \
    V(RELEASE, PARK,         6, "park")            /* to wait for a mutex or an event of the interpreter */ \
    V(BREAKER, DROP_REQUEST, 0, "gil_drop_request") /* each a bit of the eval breaker */ \
    V(BREAKER, SIGNALS,      1, "signals_pending")                                       \
    V(BREAKER, CALLS,        2, "calls_to_do")                                           \
    V(BREAKER, ASYNC_EXCEPTION, 3, "async_exception")                                    \
    V(BREAKER, GC,           4, "gc_scheduled")                                          \
    V(BREAKER, STOP,         5, "please_stop")                                           \
    V(BREAKER, MERGE,        6, "explicit_merge")                                        \
    V(GIVE_UP, FINALIZING,   0, "finalizing")      /* the interpreter ends, and so does the thread */ \
    V(GIVE_UP, DISABLED,     1, "disabled")        /* the lock was switched off meanwhile */ \
    V(WAKE, WOKEN,           0, "woken")                                                 \
    V(WAKE, TIMEOUT,         1, "timeout")                                               \
    V(WAKE, INTERRUPTED,     2, "interrupted")                                           \
    V(PARK, LOT,             0, "parking_lot")                                           \
    V(PARK, SEMAPHORE,       1, "semaphore")       /* of a raw mutex */                  \
    V(ENABLE, TRANSIENT,     0, "transient")       /* while a module is initialized */   \
    V(ENABLE, PERMANENT,     1, "permanent")       /* the module needs it */             \
    V(ASKED, WRITABLE,       0, "writable")        /* each a bit of PyBUF_*; none: PyBUF_SIMPLE */ \
    V(ASKED, FORMAT,         2, "format")                                                \
    V(ASKED, ND,             3, "nd")                                                    \
    V(ASKED, STRIDES,        4, "strides")                                               \
    V(ASKED, C_CONTIGUOUS,   5, "c_contiguous")                                          \
    V(ASKED, F_CONTIGUOUS,   6, "f_contiguous")                                          \
    V(ASKED, ANY_CONTIGUOUS, 7, "any_contiguous")                                        \
    V(ASKED, INDIRECT,       8, "indirect")                                              \
    V(ASKED, WRITE,          9, "write")           /* PyBUF_WRITE, which no exporter takes */ \
    V(BUFFER, READONLY,      0, "readonly")                                              \
    V(BUFFER, C,             1, "c_contiguous")                                          \
    V(BUFFER, F,             2, "f_contiguous")                                          \
    V(BUFFER, SHAPE,         3, "shape")           /* there is one, and it follows */    \
    V(BUFFER, STRIDES,       4, "strides")         /* with them */                       \
    V(BUFFER, SUBOFFSETS,    5, "suboffsets")                                            \
    V(BUFFER, PASSED_ON,     6, "passed_on")       /* got by who was asked, and told already: no other export */ \
    V(GET, OBJECT,           0, "api")             /* PyObject_GetBuffer, PyBuffer_Release */ \
    V(GET, FILL,             1, "fill")            /* PyBuffer_FillInfo alone: nobody was asked */ \
    V(GET, METHOD,           2, "method")          /* __buffer__ of a type of C, called as a method */ \
    V(GET, CHECK,            3, "check")           /* PyObject_CheckReadBuffer */        \
    V(GET, WRITE,            4, "write")           /* PyObject_AsWriteBuffer */          \
    V(GET, WRAPPER,          5, "wrapper")         /* released by what stands for an object of Python */ \
    V(GET, NO_PROTOCOL,      6, "no_protocol")     /* refused: its type has no bf_getbuffer */ \
    V(GET, BAD_FLAGS,        7, "bad_flags")       /* refused: no flags of PyObject_GetBuffer's */ \
    V(GET, CONTIGUOUS,       8, "contiguous")      /* got, and refused to who needs it contiguous */ \
    V(IN_USE, RESIZE,        0, "resize")                                                \
    V(IN_USE, CLOSE,         1, "close")                                                 \
    V(IN_USE, RELEASE,       2, "release")                                               \
    V(IN_USE, DEALLOC,       3, "dealloc")         /* which nobody can refuse any more */ \
    V(VIEW, OBJECT,          0, "object")          /* of the whole memory of an exporter */ \
    V(VIEW, COPY,            1, "view")            /* of a memoryview */                 \
    V(VIEW, SLICE,           2, "slice")                                                 \
    V(VIEW, CAST,            3, "cast")                                                  \
    V(VIEW, READONLY,        4, "toreadonly")                                            \
    V(VIEW, CONTIGUOUS,      5, "contiguous")      /* of a copy, for who needs it contiguous */ \
    V(VIEW, MEMORY,          6, "memory")          /* of memory that belongs to no object */ \
    V(VIEW, BUFFER,          7, "buffer")          /* of a Py_buffer that somebody else keeps */

enum gbx_enum {
#define E(NAME, id) GBX_ENUM_##NAME = id,
    GBX_ENUMS(E)
#undef E
};
enum gbx_value {
#define V(ENUM, VALUE, number, label) GBX_##ENUM##_##VALUE = number,
    GBX_VALUES(V)
#undef V
};

/* ------------------------------------------------------------------- fields */

/* What a field's number means, so that a reader can print it without knowing the event. */
#define GBX_KINDS(K)                                                                     \
    K(UINT, 1)        /* a plain number */                                               \
    K(BYTES, 2)       /* a size in bytes */                                              \
    K(ADDRESS, 3)     /* an address in the traced process */                             \
    K(FRAME, 4)       /* bits 3..34 of a frame's (or frame object's) address */          \
    K(STRING, 5)      /* id of a STRING definition; 0 none */                            \
    K(CODE, 6)        /* id of a CODE definition; 0 none */                              \
    K(OFFSET, 7)      /* instruction offset in code units, in the record's `code` */     \
    K(OPCODE, 8)      /* an opcode of this interpreter */                                \
    K(COUNTER, 9)     /* adaptive counter */                                             \
    K(VERSION, 10)    /* type, keys or function version */                               \
    K(REASON, 11)     /* specialization failure, named by (family, reason) */            \
    K(ENUM, 12)       /* value of the enumeration named in `detail` */                   \
    K(THREAD, 13)     /* id of a THREAD definition */                                    \
    K(INTERP, 14)     /* interpreter id */                                               \
    K(CALLER_OFFSET, 15) /* instruction offset in the frame below */                     \
    K(PC, 16)         /* address of machine code in the interpreter */                   \
    K(VALUE, 17)      /* 64 bits whose type is the record's flags (enum VALUE) */        \
    K(ENTRY, 18)      /* 0 = a new C call of the eval loop, 255 = was there when tracing \
                         began, else the opcode that pushed it inline */                 \
    K(MASK, 19)       /* class mask */                                                   \
    K(PID, 20)                                                                           \
    K(TYPE, 21)       /* id of a TYPE definition; 0 none */                              \
    K(WATCH, 22)      /* id of a WATCH definition */                                     \
    K(INT, 23)        /* a signed number */                                              \
    K(TICKS, 24)      /* a duration on the file's clock */                               \
    K(BITS, 25)       /* a set: bit n is value n of the enumeration in `detail` */

enum gbx_kind {
#define K(NAME, id) GBX_KIND_##NAME = id,
    GBX_KINDS(K)
#undef K
};

/* F(EVENT, "name", struct, member, KIND, detail).  Members of the head appear under the name that
   they have in that event. */
#define GBX_SPEC_FIELDS(F, EVENT)                                                        \
    F(EVENT, "code",           gbx_spec, code,           CODE,    0)                     \
    F(EVENT, "offset",         gbx_spec, h.arg,          OFFSET,  0)                     \
    F(EVENT, "opcode_before",  gbx_spec, h.flags,        OPCODE,  0)                     \
    F(EVENT, "opcode_after",   gbx_spec, opcode_after,   OPCODE,  0)                     \
    F(EVENT, "family",         gbx_spec, family,         OPCODE,  0)                     \
    F(EVENT, "counter_before", gbx_spec, counter_before, COUNTER, 0)                     \
    F(EVENT, "counter_after",  gbx_spec, counter_after,  COUNTER, 0)                     \
    F(EVENT, "reason",         gbx_spec, reason,         REASON,  0)                     \
    F(EVENT, "guard",          gbx_spec, guard,          ENUM,    GBX_ENUM_GUARD)        \
    F(EVENT, "expected",       gbx_spec, expected,       VERSION, 0)                     \
    F(EVENT, "found",          gbx_spec, found,          VERSION, 0)                     \
    F(EVENT, "type",           gbx_spec, type,           STRING,  0)

#define GBX_REF_FIELDS(F, EVENT)                                                         \
    F(EVENT, "how", gbx_ref, h.flags, ENUM, GBX_ENUM_REF)                                \
    F(EVENT, "offset", gbx_ref, h.arg, OFFSET, 0)                                        \
    F(EVENT, "watch", gbx_ref, watch, WATCH, 0)                                          \
    F(EVENT, "code", gbx_ref, code, CODE, 0)                                             \
    F(EVENT, "caller", gbx_ref, caller, PC, 0)                                           \
    F(EVENT, "delta", gbx_ref, delta, INT, 0)                                            \
    F(EVENT, "local", gbx_ref, local, UINT, 0)                                           \
    F(EVENT, "shared", gbx_ref, shared, INT, 0)

#define GBX_OBJ_FIELDS(F, EVENT)                                                         \
    F(EVENT, "type", gbx_obj, type, TYPE, 0)                                             \
    F(EVENT, "size", gbx_obj, size, BYTES, 0)                                            \
    F(EVENT, "address", gbx_obj, address, ADDRESS, 0)

#define GBX_ARENA_FIELDS(F, EVENT)                                                       \
    F(EVENT, "offset", gbx_arena, h.arg, OFFSET, 0)                                      \
    F(EVENT, "code", gbx_arena, code, CODE, 0)                                           \
    F(EVENT, "owner", gbx_arena, owner, INTERP, 0)                                       \
    F(EVENT, "pools", gbx_arena, pools, UINT, 0)                                         \
    F(EVENT, "address", gbx_arena, address, ADDRESS, 0)

#define GBX_POOL_FIELDS(F, EVENT)                                                        \
    F(EVENT, "size_class", gbx_pool, h.arg, UINT, 0)                                     \
    F(EVENT, "owner", gbx_pool, owner, INTERP, 0)                                        \
    F(EVENT, "blocks", gbx_pool, blocks, UINT, 0)                                        \
    F(EVENT, "address", gbx_pool, address, ADDRESS, 0)

#define GBX_BLOCK_FIELDS(F, EVENT)                                                       \
    F(EVENT, "domain", gbx_block, h.flags, ENUM, GBX_ENUM_DOMAIN)                        \
    F(EVENT, "size", gbx_block, h.arg, BYTES, 0)                                         \
    F(EVENT, "code", gbx_block, h.dt, CODE, 0)                                           \
    F(EVENT, "offset", gbx_block, offset, OFFSET, 0)                                     \
    F(EVENT, "address", gbx_block, address, ADDRESS, 0)

#define GBX_FREELIST_FIELDS(F, EVENT)                                                    \
    F(EVENT, "list", gbx_at, flags, ENUM, GBX_ENUM_FREELIST)                             \
    F(EVENT, "address", gbx_at, address, ADDRESS, 0)

#define GBX_TOTAL_FIELDS(F, EVENT)                                                       \
    F(EVENT, "owner", gbx_alloc_total, owner, INTERP, 0)                                 \
    F(EVENT, "arenas", gbx_alloc_total, arenas, UINT, 0)                                 \
    F(EVENT, "pools", gbx_alloc_total, pools, UINT, 0)                                   \
    F(EVENT, "blocks", gbx_alloc_total, blocks, UINT, 0)                                 \
    F(EVENT, "bytes", gbx_alloc_total, bytes, BYTES, 0)                                  \
    F(EVENT, "large", gbx_alloc_total, large, UINT, 0)                                   \
    F(EVENT, "waiting", gbx_alloc_total, waiting, UINT, 0)

#define GBX_HEAP_PAGE_FIELDS(F, EVENT)                                                   \
    F(EVENT, "heap", gbx_heap_page, h.flags, ENUM, GBX_ENUM_HEAP)                        \
    F(EVENT, "blocks", gbx_heap_page, blocks, UINT, 0)                                   \
    F(EVENT, "block_size", gbx_heap_page, size, BYTES, 0)                                \
    F(EVENT, "address", gbx_heap_page, address, ADDRESS, 0)

#define GBX_SEGMENT_FIELDS(F, EVENT)                                                     \
    F(EVENT, "size", gbx_large, size, BYTES, 0)                                          \
    F(EVENT, "address", gbx_large, address, ADDRESS, 0)

#define GBX_GC_START_FIELDS(F, EVENT)                                                    \
    F(EVENT, "generation", gbx_gc_start, h.flags, UINT, 0)                               \
    F(EVENT, "offset", gbx_gc_start, h.arg, OFFSET, 0)                                   \
    F(EVENT, "code", gbx_gc_start, code, CODE, 0)                                        \
    F(EVENT, "count", gbx_gc_start, count, UINT, 0)                                      \
    F(EVENT, "threshold", gbx_gc_start, threshold, UINT, 0)                              \
    F(EVENT, "reason", gbx_gc_start, reason, ENUM, GBX_ENUM_GC_REASON)

#define GBX_GIL_FIELDS(F, EVENT)                                                         \
    F(EVENT, "lock", gbx_gil, lock, INTERP, 0)                                           \
    F(EVENT, "interp", gbx_gil, interp, INTERP, 0)

#define GBX_PIN_FIELDS(F, EVENT)                                                         \
    F(EVENT, "object", gbx_buf_pin, object, ADDRESS, 0)                                  \
    F(EVENT, "type", gbx_buf_pin, type, TYPE, 0)                                         \
    F(EVENT, "exports", gbx_buf_pin, exports, UINT, 0)

#define GBX_VIEW_FIELDS(F, EVENT)                                                        \
    F(EVENT, "offset", gbx_buf_view, h.arg, OFFSET, 0)                                   \
    F(EVENT, "code", gbx_buf_view, code, CODE, 0)                                        \
    F(EVENT, "memoryview", gbx_buf_view, view, ADDRESS, 0)                               \
    F(EVENT, "managed", gbx_buf_view, managed, ADDRESS, 0)                               \
    F(EVENT, "view", gbx_buf_view, master, ADDRESS, 0)                                   \
    F(EVENT, "exporter", gbx_buf_view, exporter, ADDRESS, 0)                             \
    F(EVENT, "views", gbx_buf_view, views, UINT, 0)

#define GBX_MEMORY_FIELDS(F, EVENT)                                                      \
    F(EVENT, "offset", gbx_buf_memory, h.arg, OFFSET, 0)                                 \
    F(EVENT, "code", gbx_buf_memory, code, CODE, 0)                                      \
    F(EVENT, "domain", gbx_buf_memory, domain, UINT, 0)                                  \
    F(EVENT, "by", gbx_buf_memory, by, PC, 0)                                            \
    F(EVENT, "address", gbx_buf_memory, address, ADDRESS, 0)

#define GBX_PYTHON_BUFFER_FIELDS(F, EVENT)                                               \
    F(EVENT, "offset", gbx_buf_python, h.arg, OFFSET, 0)                                 \
    F(EVENT, "code", gbx_buf_python, code, CODE, 0)                                      \
    F(EVENT, "object", gbx_buf_python, object, ADDRESS, 0)                               \
    F(EVENT, "type", gbx_buf_python, type, TYPE, 0)                                      \
    F(EVENT, "memoryview", gbx_buf_python, view, ADDRESS, 0)

#define GBX_ACQUIRE_FIELDS(F, EVENT)                                                     \
    F(EVENT, "lock", gbx_gil_acquire, lock, INTERP, 0)                                   \
    F(EVENT, "interp", gbx_gil_acquire, interp, INTERP, 0)                               \
    F(EVENT, "from", gbx_gil_acquire, from, THREAD, 0)                                   \
    F(EVENT, "state", gbx_gil_acquire, state, FRAME, 0)                                  \
    F(EVENT, "switches", gbx_gil_acquire, switches, UINT, 0)                             \
    F(EVENT, "wait", gbx_gil_acquire, wait, TICKS, 0)

#define GBX_SWITCH_FIELDS(F, EVENT)                                                      \
    F(EVENT, "lock", gbx_gil_switch, lock, INTERP, 0)                                    \
    F(EVENT, "name", gbx_gil_switch, name, STRING, 0)                                    \
    F(EVENT, "requests", gbx_gil_switch, requests, UINT, 0)

#define GBX_SECTION_FIELDS(F, EVENT)                                                     \
    F(EVENT, "offset", gbx_section, h.arg, OFFSET, 0)                                    \
    F(EVENT, "code", gbx_section, code, CODE, 0)                                         \
    F(EVENT, "mutexes", gbx_section, mutexes, UINT, 0)                                   \
    F(EVENT, "address", gbx_section, address, ADDRESS, 0)

#define GBX_FIELDS(F)                                                                    \
    F(STREAM_TIME, "ticks", gbx_stream_time, ticks, UINT, 0)                             \
    F(STREAM_LOST, "count", gbx_stream_lost, count, UINT, 0)                             \
    F(STREAM_INTERP, "interp", gbx_stream_interp, interp, INTERP, 0)                     \
    F(STREAM_MASK, "old_mask", gbx_stream_mask, old_mask, MASK, 0)                       \
    F(STREAM_MASK, "new_mask", gbx_stream_mask, new_mask, MASK, 0)                       \
    F(FRAME_PUSH, "entry", gbx_frame_edge, h.flags, ENTRY, 0)                            \
    F(FRAME_PUSH, "caller_offset", gbx_frame_edge, h.arg, CALLER_OFFSET, 0)              \
    F(FRAME_PUSH, "code", gbx_frame_edge, code, CODE, 0)                                 \
    F(FRAME_PUSH, "frame", gbx_frame_edge, frame, FRAME, 0)                              \
    F(FRAME_POP, "why", gbx_frame_edge, h.flags, ENUM, GBX_ENUM_POP)                     \
    F(FRAME_POP, "offset", gbx_frame_edge, h.arg, OFFSET, 0)                             \
    F(FRAME_POP, "code", gbx_frame_edge, code, CODE, 0)                                  \
    F(FRAME_POP, "frame", gbx_frame_edge, frame, FRAME, 0)                               \
    F(FRAME_SUSPEND, "why", gbx_frame_edge, h.flags, ENUM, GBX_ENUM_SUSPEND)             \
    F(FRAME_SUSPEND, "offset", gbx_frame_edge, h.arg, OFFSET, 0)                         \
    F(FRAME_SUSPEND, "code", gbx_frame_edge, code, CODE, 0)                              \
    F(FRAME_SUSPEND, "frame", gbx_frame_edge, frame, FRAME, 0)                           \
    F(FRAME_RESUME, "entry", gbx_frame_edge, h.flags, ENTRY, 0)                          \
    F(FRAME_RESUME, "caller_offset", gbx_frame_edge, h.arg, CALLER_OFFSET, 0)            \
    F(FRAME_RESUME, "code", gbx_frame_edge, code, CODE, 0)                               \
    F(FRAME_RESUME, "frame", gbx_frame_edge, frame, FRAME, 0)                            \
    F(FRAME_GENERATOR, "code", gbx_frame_generator, code, CODE, 0)                       \
    F(FRAME_GENERATOR, "frame", gbx_frame_generator, frame, FRAME, 0)                    \
    F(FRAME_GENERATOR, "generator", gbx_frame_generator, generator, FRAME, 0)            \
    F(FRAME_OBJECT_NEW, "offset", gbx_frame_object_new, h.arg, OFFSET, 0)                \
    F(FRAME_OBJECT_NEW, "code", gbx_frame_object_new, code, CODE, 0)                     \
    F(FRAME_OBJECT_NEW, "frame", gbx_frame_object_new, frame, FRAME, 0)                  \
    F(FRAME_OBJECT_NEW, "object", gbx_frame_object_new, object, FRAME, 0)                \
    F(FRAME_OBJECT_NEW, "caller", gbx_frame_object_new, caller, PC, 0)                   \
    F(FRAME_OWN, "code", gbx_frame_own, code, CODE, 0)                                   \
    F(FRAME_OWN, "frame", gbx_frame_own, frame, FRAME, 0)                                \
    F(FRAME_OWN, "object", gbx_frame_own, object, FRAME, 0)                              \
    F(FRAME_OWN, "refs", gbx_frame_own, refs, UINT, 0)                                   \
    F(FRAME_OBJECT_FREE, "code", gbx_frame_object_free, code, CODE, 0)                   \
    F(FRAME_OBJECT_FREE, "object", gbx_frame_object_free, object, FRAME, 0)              \
    F(FRAME_CHUNK_NEW, "size", gbx_frame_chunk, size, BYTES, 0)                          \
    F(FRAME_CHUNK_NEW, "address", gbx_frame_chunk, address, ADDRESS, 0)                  \
    F(FRAME_CHUNK_FREE, "size", gbx_frame_chunk, size, BYTES, 0)                         \
    F(FRAME_CHUNK_FREE, "address", gbx_frame_chunk, address, ADDRESS, 0)                 \
    F(FRAME_DISCARD, "code", gbx_frame_edge, code, CODE, 0)                              \
    F(FRAME_DISCARD, "frame", gbx_frame_edge, frame, FRAME, 0)                           \
    GBX_SPEC_FIELDS(F, SPEC_ATTEMPT)                                                     \
    GBX_SPEC_FIELDS(F, SPEC_SUCCESS)                                                     \
    GBX_SPEC_FIELDS(F, SPEC_FAIL)                                                        \
    GBX_SPEC_FIELDS(F, SPEC_MISS)                                                        \
    GBX_SPEC_FIELDS(F, SPEC_DEOPT)                                                       \
    GBX_SPEC_FIELDS(F, SPEC_RESPECIALIZE)                                                \
    GBX_SPEC_FIELDS(F, SPEC_INSTRUMENT)                                                  \
    F(COMPILE_BEGIN, "stage", gbx_compile_stage, h.flags, ENUM, GBX_ENUM_STAGE)          \
    F(COMPILE_BEGIN, "name", gbx_compile_stage, name, STRING, 0)                         \
    F(COMPILE_END, "stage", gbx_compile_stage, h.flags, ENUM, GBX_ENUM_STAGE)            \
    F(COMPILE_END, "name", gbx_compile_stage, name, STRING, 0)                           \
    F(COMPILE_END, "code", gbx_compile_stage, code, CODE, 0)                             \
    F(CODE_NEW, "code", gbx_code, code, CODE, 0)                                         \
    F(CODE_NEW, "units", gbx_code, units, UINT, 0)                                       \
    F(CODE_FREE, "code", gbx_code, code, CODE, 0)                                        \
    F(CODE_FREE, "units", gbx_code, units, UINT, 0)                                      \
    F(IMPORT_BEGIN, "step", gbx_import, h.flags, ENUM, GBX_ENUM_IMPORT_STEP)             \
    F(IMPORT_BEGIN, "name", gbx_import, name, STRING, 0)                                 \
    F(IMPORT_END, "step", gbx_import, h.flags, ENUM, GBX_ENUM_IMPORT_STEP)               \
    F(IMPORT_END, "ok", gbx_import, h.arg, UINT, 0)                                      \
    F(IMPORT_END, "name", gbx_import, name, STRING, 0)                                   \
    F(THREAD_START, "thread", gbx_thread, thread, THREAD, 0)                             \
    F(THREAD_START, "interp", gbx_thread, interp, INTERP, 0)                             \
    F(THREAD_EXIT, "thread", gbx_thread, thread, THREAD, 0)                              \
    F(THREAD_EXIT, "interp", gbx_thread, interp, INTERP, 0)                              \
    F(INTERP_NEW, "interp", gbx_interp, interp, INTERP, 0)                               \
    F(INTERP_END, "interp", gbx_interp, interp, INTERP, 0)                               \
    F(FORK, "pid", gbx_fork, pid, PID, 0)                                                \
    F(MARK, "type", gbx_mark, h.flags, ENUM, GBX_ENUM_VALUE)                             \
    F(MARK, "name", gbx_mark, name, STRING, 0)                                           \
    F(MARK, "value", gbx_mark, value, VALUE, 0)                                          \
    F(SPAN_BEGIN, "name", gbx_span, name, STRING, 0)                                     \
    F(SPAN_BEGIN, "span", gbx_span, span, UINT, 0)                                       \
    F(SPAN_END, "name", gbx_span, name, STRING, 0)                                       \
    F(SPAN_END, "span", gbx_span, span, UINT, 0)                                         \
    F(WATCH, "watch", gbx_watch, watch, WATCH, 0)                                        \
    F(WATCH, "name", gbx_watch, name, STRING, 0)                                         \
    F(WATCH, "address", gbx_watch, address, ADDRESS, 0)                                  \
    F(WATCH, "type", gbx_watch, type, TYPE, 0)                                           \
    F(WATCH, "refs", gbx_watch, refs, UINT, 0)                                           \
    F(UNWATCH, "watch", gbx_watch, watch, WATCH, 0)                                      \
    F(UNWATCH, "name", gbx_watch, name, STRING, 0)                                       \
    F(UNWATCH, "address", gbx_watch, address, ADDRESS, 0)                                \
    F(UNWATCH, "type", gbx_watch, type, TYPE, 0)                                         \
    F(UNWATCH, "refs", gbx_watch, refs, UINT, 0)                                         \
    F(OBJ_CREATE_PACKED, "what", gbx_packed, what, UINT, 0)                              \
    F(OBJ_CREATE_PACKED, "where", gbx_packed, where, UINT, 0)                            \
    F(OBJ_DESTROY_PACKED, "what", gbx_packed, what, UINT, 0)                             \
    F(OBJ_DESTROY_PACKED, "where", gbx_packed, where, UINT, 0)                           \
    F(BLOCK_ALLOC_PACKED, "what", gbx_packed, what, UINT, 0)                             \
    F(BLOCK_ALLOC_PACKED, "where", gbx_packed, where, UINT, 0)                           \
    GBX_OBJ_FIELDS(F, OBJ_CREATE)                                                        \
    F(OBJ_DESTROY, "type", gbx_obj, type, TYPE, 0)                                       \
    F(OBJ_DESTROY, "address", gbx_obj, address, ADDRESS, 0)                              \
    GBX_OBJ_FIELDS(F, OBJ_REVIVE)                                                        \
    GBX_OBJ_FIELDS(F, OBJ_FOUND)                                                         \
    GBX_REF_FIELDS(F, REF_INC)                                                           \
    GBX_REF_FIELDS(F, REF_DEC)                                                           \
    GBX_REF_FIELDS(F, REF_SET)                                                           \
    GBX_REF_FIELDS(F, REF_SKIP)                                                          \
    GBX_REF_FIELDS(F, REF_DEALLOC)                                                       \
    GBX_REF_FIELDS(F, REF_QUEUE)                                                         \
    GBX_REF_FIELDS(F, REF_MERGE)                                                         \
    GBX_REF_FIELDS(F, REF_OWNER)                                                         \
    GBX_REF_FIELDS(F, REF_RETRY)                                                         \
    F(REF_CHURN, "code", gbx_ref_churn, code, CODE, 0)                                   \
    F(REF_CHURN, "offset", gbx_ref_churn, h.arg, OFFSET, 0)                              \
    F(REF_CHURN, "incs", gbx_ref_churn, incs, UINT, 0)                                   \
    F(REF_CHURN, "decs", gbx_ref_churn, decs, UINT, 0)                                   \
    F(REF_CHURN, "shared", gbx_ref_churn, shared, UINT, 0)                               \
    F(REF_SHARING, "operations", gbx_ref_sharing, h.dt, UINT, 0)                         \
    F(REF_SHARING, "offset", gbx_ref_sharing, h.arg, OFFSET, 0)                          \
    F(REF_SHARING, "type", gbx_ref_sharing, type, TYPE, 0)                               \
    F(REF_SHARING, "code", gbx_ref_sharing, code, CODE, 0)                               \
    F(REF_SHARING, "address", gbx_ref_sharing, address, ADDRESS, 0)                      \
    GBX_ARENA_FIELDS(F, ARENA_FOUND)                                                     \
    GBX_POOL_FIELDS(F, POOL_FOUND)                                                       \
    GBX_FREELIST_FIELDS(F, FREELIST_FOUND)                                               \
    GBX_TOTAL_FIELDS(F, ALLOC_FOUND)                                                     \
    GBX_TOTAL_FIELDS(F, ALLOC_TOTAL)                                                     \
    GBX_ARENA_FIELDS(F, ARENA_NEW)                                                       \
    GBX_ARENA_FIELDS(F, ARENA_FREE)                                                      \
    GBX_POOL_FIELDS(F, POOL_NEW)                                                         \
    GBX_POOL_FIELDS(F, POOL_FULL)                                                        \
    GBX_POOL_FIELDS(F, POOL_PARTIAL)                                                     \
    GBX_POOL_FIELDS(F, POOL_EMPTY)                                                       \
    GBX_BLOCK_FIELDS(F, BLOCK_ALLOC)                                                     \
    GBX_BLOCK_FIELDS(F, BLOCK_RESIZE)                                                    \
    F(BLOCK_FREE, "address", gbx_at, address, ADDRESS, 0)                                \
    F(LARGE_ALLOC, "domain", gbx_large, h.flags, ENUM, GBX_ENUM_DOMAIN)                  \
    F(LARGE_ALLOC, "code", gbx_large, h.dt, CODE, 0)                                     \
    F(LARGE_ALLOC, "offset", gbx_large, offset, OFFSET, 0)                               \
    F(LARGE_ALLOC, "size", gbx_large, size, BYTES, 0)                                    \
    F(LARGE_ALLOC, "address", gbx_large, address, ADDRESS, 0)                            \
    F(LARGE_FREE, "domain", gbx_at, flags, ENUM, GBX_ENUM_DOMAIN)                        \
    F(LARGE_FREE, "address", gbx_at, address, ADDRESS, 0)                                \
    F(LARGE_MOVE, "domain", gbx_large_move, h.flags, ENUM, GBX_ENUM_DOMAIN)              \
    F(LARGE_MOVE, "code", gbx_large_move, h.dt, CODE, 0)                                 \
    F(LARGE_MOVE, "offset", gbx_large_move, offset, OFFSET, 0)                           \
    F(LARGE_MOVE, "size", gbx_large_move, size, BYTES, 0)                                \
    F(LARGE_MOVE, "address", gbx_large_move, address, ADDRESS, 0)                        \
    F(LARGE_MOVE, "old_address", gbx_large_move, old_address, ADDRESS, 0)                \
    GBX_FREELIST_FIELDS(F, FREELIST_HIT)                                                 \
    GBX_FREELIST_FIELDS(F, FREELIST_PUT)                                                 \
    GBX_FREELIST_FIELDS(F, FREELIST_DROP)                                                \
    F(BLOCK_FOUND, "domain", gbx_large, h.flags, ENUM, GBX_ENUM_DOMAIN)                  \
    F(BLOCK_FOUND, "size", gbx_large, size, BYTES, 0)                                    \
    F(BLOCK_FOUND, "address", gbx_large, address, ADDRESS, 0)                            \
    GBX_HEAP_PAGE_FIELDS(F, HEAP_PAGE_FOUND)                                             \
    GBX_HEAP_PAGE_FIELDS(F, HEAP_PAGE_NEW)                                               \
    GBX_HEAP_PAGE_FIELDS(F, HEAP_PAGE_FREE)                                              \
    GBX_HEAP_PAGE_FIELDS(F, HEAP_PAGE_ABANDON)                                           \
    GBX_HEAP_PAGE_FIELDS(F, HEAP_PAGE_RECLAIM)                                           \
    GBX_SEGMENT_FIELDS(F, HEAP_SEGMENT_FOUND)                                            \
    GBX_SEGMENT_FIELDS(F, HEAP_SEGMENT_NEW)                                              \
    GBX_SEGMENT_FIELDS(F, HEAP_SEGMENT_FREE)                                             \
    GBX_SEGMENT_FIELDS(F, HEAP_SEGMENT_ABANDON)                                          \
    GBX_SEGMENT_FIELDS(F, HEAP_SEGMENT_RECLAIM)                                          \
    F(FREE_DELAYED, "domain", gbx_at, flags, ENUM, GBX_ENUM_DOMAIN)                      \
    F(FREE_PROCESSED, "domain", gbx_at, flags, ENUM, GBX_ENUM_DOMAIN)                    \
    F(FREE_DELAYED, "address", gbx_at, address, ADDRESS, 0)                              \
    F(FREE_PROCESSED, "address", gbx_at, address, ADDRESS, 0)                            \
    GBX_GC_START_FIELDS(F, GC_SCHEDULED)                                                 \
    GBX_GC_START_FIELDS(F, GC_START)                                                     \
    F(GC_PHASE, "phase", gbx_gc_phase, h.flags, ENUM, GBX_ENUM_GC_PHASE)                 \
    F(GC_PHASE, "objects", gbx_gc_phase, objects, UINT, 0)                               \
    F(GC_VERDICT, "verdict", gbx_gc_verdict, h.flags, ENUM, GBX_ENUM_VERDICT)            \
    F(GC_VERDICT, "watch", gbx_gc_verdict, watch, WATCH, 0)                              \
    F(GC_UNTRACK, "objects", gbx_gc_untrack, objects, UINT, 0)                           \
    F(GC_UNTRACK, "type", gbx_gc_untrack, type, TYPE, 0)                                 \
    F(GC_DONE, "generation", gbx_gc_done, h.flags, UINT, 0)                              \
    F(GC_DONE, "collected", gbx_gc_done, collected, UINT, 0)                             \
    F(GC_DONE, "uncollectable", gbx_gc_done, uncollectable, UINT, 0)                     \
    F(GC_DONE, "young", gbx_gc_done, count[0], INT, 0)                                  \
    F(GC_DONE, "middle", gbx_gc_done, count[1], UINT, 0)                                 \
    F(GC_DONE, "old", gbx_gc_done, count[2], UINT, 0)                                 \
    F(GC_DONE, "long_lived", gbx_gc_done, long_lived, UINT, 0)                           \
    F(GC_FLUSH, "count", gbx_gc_flush, count, INT, 0)                                    \
    F(GC_FLUSH, "total", gbx_gc_flush, total, INT, 0)                                    \
    F(WORLD_STOP, "everyone", gbx_world, h.flags, UINT, 0)                               \
    F(WORLD_STOPPED, "everyone", gbx_world, h.flags, UINT, 0)                            \
    F(WORLD_STOPPED, "threads", gbx_world, threads, UINT, 0)                             \
    F(WORLD_STARTED, "everyone", gbx_world, h.flags, UINT, 0)                            \
    GBX_GIL_FIELDS(F, GIL_CREATE)                                                        \
    F(GIL_CREATE, "own", gbx_gil, h.flags, UINT, 0)                                      \
    F(GIL_CREATE, "enabled", gbx_gil, h.arg, UINT, 0)                                    \
    GBX_GIL_FIELDS(F, GIL_DESTROY)                                                       \
    GBX_GIL_FIELDS(F, GIL_REQUEST)                                                       \
    F(GIL_TIMEOUT, "lock", gbx_gil_timeout, lock, INTERP, 0)                             \
    F(GIL_TIMEOUT, "interval_us", gbx_gil_timeout, interval_us, UINT, 0)                 \
    F(GIL_TIMEOUT, "asks", gbx_gil_timeout, h.flags, UINT, 0)                            \
    F(GIL_DROP_REQUEST, "lock", gbx_gil_drop, lock, INTERP, 0)                           \
    F(GIL_DROP_REQUEST, "holder", gbx_gil_drop, holder, THREAD, 0)                       \
    F(GIL_DROP_REQUEST, "already", gbx_gil_drop, h.flags, UINT, 0)                       \
    F(GIL_BREAKER, "bits", gbx_gil_breaker, h.flags, BITS, GBX_ENUM_BREAKER)             \
    F(GIL_BREAKER, "offset", gbx_gil_breaker, h.arg, OFFSET, 0)                          \
    F(GIL_BREAKER, "code", gbx_gil_breaker, code, CODE, 0)                               \
    F(GIL_BREAKER, "interp", gbx_gil_breaker, interp, INTERP, 0)                         \
    F(GIL_RELEASE, "why", gbx_gil_release, h.flags, ENUM, GBX_ENUM_RELEASE)              \
    F(GIL_RELEASE, "offset", gbx_gil_release, h.arg, OFFSET, 0)                          \
    F(GIL_RELEASE, "lock", gbx_gil_release, lock, INTERP, 0)                             \
    F(GIL_RELEASE, "interp", gbx_gil_release, interp, INTERP, 0)                         \
    F(GIL_RELEASE, "code", gbx_gil_release, code, CODE, 0)                               \
    F(GIL_RELEASE, "state", gbx_gil_release, state, FRAME, 0)                            \
    F(GIL_RELEASE, "bits", gbx_gil_release, bits, BITS, GBX_ENUM_BREAKER)                \
    F(GIL_RELEASE, "by", gbx_gil_release, by, PC, 0)                                     \
    GBX_ACQUIRE_FIELDS(F, GIL_ACQUIRE)                                                   \
    GBX_ACQUIRE_FIELDS(F, GIL_HELD)                                                      \
    F(GIL_FORCED, "lock", gbx_gil_wait, lock, INTERP, 0)                                 \
    F(GIL_FORCED, "interp", gbx_gil_wait, interp, INTERP, 0)                             \
    F(GIL_FORCED, "wait", gbx_gil_wait, wait, TICKS, 0)                                  \
    F(GIL_GIVE_UP, "why", gbx_gil_wait, h.flags, ENUM, GBX_ENUM_GIVE_UP)                 \
    F(GIL_GIVE_UP, "lock", gbx_gil_wait, lock, INTERP, 0)                                \
    F(GIL_GIVE_UP, "interp", gbx_gil_wait, interp, INTERP, 0)                            \
    F(GIL_GIVE_UP, "wait", gbx_gil_wait, wait, TICKS, 0)                                 \
    F(GIL_ENABLE, "how", gbx_gil_switch, h.flags, ENUM, GBX_ENUM_ENABLE)                 \
    GBX_SWITCH_FIELDS(F, GIL_ENABLE)                                                     \
    GBX_SWITCH_FIELDS(F, GIL_DISABLE)                                                    \
    F(ATTACH, "interp", gbx_attach, interp, INTERP, 0)                                   \
    F(ATTACH, "state", gbx_attach, state, FRAME, 0)                                      \
    F(ATTACH, "wait", gbx_attach, wait, TICKS, 0)                                        \
    F(DETACH, "why", gbx_detach, h.flags, ENUM, GBX_ENUM_RELEASE)                        \
    F(DETACH, "offset", gbx_detach, h.arg, OFFSET, 0)                                    \
    F(DETACH, "interp", gbx_detach, interp, INTERP, 0)                                   \
    F(DETACH, "code", gbx_detach, code, CODE, 0)                                         \
    F(DETACH, "by", gbx_detach, by, PC, 0)                                               \
    GBX_SECTION_FIELDS(F, SECTION_CONTENDED)                                             \
    F(SECTION_CONTENDED, "by", gbx_section, by, PC, 0)                                \
    GBX_SECTION_FIELDS(F, SECTION_BEGIN)                                                 \
    GBX_SECTION_FIELDS(F, SECTION_SUSPEND)                                               \
    GBX_SECTION_FIELDS(F, SECTION_RESUME)                                                \
    F(PARK, "on", gbx_park, h.flags, ENUM, GBX_ENUM_PARK)                                \
    F(PARK, "address", gbx_park, address, ADDRESS, 0)                                    \
    F(PARK, "by", gbx_park, value, PC, 0)                                                \
    F(WAKE, "how", gbx_park, h.flags, ENUM, GBX_ENUM_WAKE)                               \
    F(WAKE, "address", gbx_park, address, ADDRESS, 0)                                    \
    F(WAKE, "on", gbx_park, value, ENUM, GBX_ENUM_PARK)                                  \
    F(UNPARK, "on", gbx_park, h.flags, ENUM, GBX_ENUM_PARK)                              \
    F(UNPARK, "address", gbx_park, address, ADDRESS, 0)                                  \
    F(UNPARK, "threads", gbx_park, value, UINT, 0)                                       \
    F(BUF_GET, "state", gbx_buf_get, h.flags, BITS, GBX_ENUM_BUFFER)                     \
    F(BUF_GET, "offset", gbx_buf_get, h.arg, OFFSET, 0)                                  \
    F(BUF_GET, "code", gbx_buf_get, code, CODE, 0)                                       \
    F(BUF_GET, "asked", gbx_buf_get, asked, BITS, GBX_ENUM_ASKED)                        \
    F(BUF_GET, "how", gbx_buf_get, how, ENUM, GBX_ENUM_GET)                              \
    F(BUF_GET, "ndim", gbx_buf_get, ndim, UINT, 0)                                       \
    F(BUF_GET, "by", gbx_buf_get, by, PC, 0)                                             \
    F(BUF_GET, "view", gbx_buf_get, view, ADDRESS, 0)                                    \
    F(BUF_GET, "object", gbx_buf_get, object, ADDRESS, 0)                                \
    F(BUF_GET, "type", gbx_buf_get, type, TYPE, 0)                                       \
    F(BUF_GET, "exporter", gbx_buf_get, exporter, ADDRESS, 0)                            \
    F(BUF_GET, "exporter_type", gbx_buf_get, exporter_type, TYPE, 0)                     \
    F(BUF_GET, "counter", gbx_buf_get, counter, ADDRESS, 0)                              \
    F(BUF_GET, "exports", gbx_buf_get, exports, UINT, 0)                                 \
    F(BUF_GET, "format", gbx_buf_get, format, STRING, 0)                                 \
    F(BUF_GET, "address", gbx_buf_get, address, ADDRESS, 0)                              \
    F(BUF_GET, "length", gbx_buf_get, length, BYTES, 0)                                  \
    F(BUF_GET, "itemsize", gbx_buf_get, itemsize, BYTES, 0)                              \
    F(BUF_RELEASE, "how", gbx_buf_release, h.flags, ENUM, GBX_ENUM_GET)                  \
    F(BUF_RELEASE, "offset", gbx_buf_release, h.arg, OFFSET, 0)                          \
    F(BUF_RELEASE, "code", gbx_buf_release, code, CODE, 0)                               \
    F(BUF_RELEASE, "by", gbx_buf_release, by, PC, 0)                                     \
    F(BUF_RELEASE, "view", gbx_buf_release, view, ADDRESS, 0)                            \
    F(BUF_RELEASE, "exporter", gbx_buf_release, exporter, ADDRESS, 0)                    \
    F(BUF_RELEASE, "exporter_type", gbx_buf_release, exporter_type, TYPE, 0)             \
    F(BUF_RELEASE, "counter", gbx_buf_release, counter, ADDRESS, 0)                      \
    F(BUF_RELEASE, "exports", gbx_buf_release, exports, UINT, 0)                         \
    F(BUF_RELEASE, "address", gbx_buf_release, address, ADDRESS, 0)                      \
    F(BUF_REFUSED, "how", gbx_buf_refused, h.flags, ENUM, GBX_ENUM_GET)                  \
    F(BUF_REFUSED, "offset", gbx_buf_refused, h.arg, OFFSET, 0)                          \
    F(BUF_REFUSED, "code", gbx_buf_refused, code, CODE, 0)                               \
    F(BUF_REFUSED, "asked", gbx_buf_refused, asked, BITS, GBX_ENUM_ASKED)                \
    F(BUF_REFUSED, "by", gbx_buf_refused, by, PC, 0)                                     \
    F(BUF_REFUSED, "object", gbx_buf_refused, object, ADDRESS, 0)                        \
    F(BUF_REFUSED, "type", gbx_buf_refused, type, TYPE, 0)                               \
    F(BUF_REFUSED, "exception", gbx_buf_refused, exception, TYPE, 0)                     \
    F(BUF_REFUSED, "reason", gbx_buf_refused, reason, STRING, 0)                         \
    F(BUF_AXIS, "axis", gbx_buf_axis, h.arg, UINT, 0)                                    \
    F(BUF_AXIS, "extent", gbx_buf_axis, extent, INT, 0)                                  \
    F(BUF_AXIS, "stride", gbx_buf_axis, stride, INT, 0)                                  \
    F(BUF_AXIS, "suboffset", gbx_buf_axis, suboffset, INT, 0)                            \
    F(BUF_ERROR, "what", gbx_buf_error, h.flags, ENUM, GBX_ENUM_IN_USE)                  \
    F(BUF_ERROR, "offset", gbx_buf_error, h.arg, OFFSET, 0)                              \
    F(BUF_ERROR, "code", gbx_buf_error, code, CODE, 0)                                   \
    F(BUF_ERROR, "by", gbx_buf_error, by, PC, 0)                                         \
    F(BUF_ERROR, "object", gbx_buf_error, object, ADDRESS, 0)                            \
    F(BUF_ERROR, "type", gbx_buf_error, type, TYPE, 0)                                   \
    F(BUF_ERROR, "exports", gbx_buf_error, exports, UINT, 0)                             \
    GBX_PIN_FIELDS(F, BUF_PIN)                                                           \
    GBX_PIN_FIELDS(F, BUF_UNPIN)                                                         \
    GBX_VIEW_FIELDS(F, VIEW_NEW)                                                         \
    GBX_VIEW_FIELDS(F, VIEW_RELEASE)                                                     \
    F(VIEW_LAYOUT, "state", gbx_buf_layout, h.flags, BITS, GBX_ENUM_BUFFER)              \
    F(VIEW_LAYOUT, "offset", gbx_buf_layout, h.arg, OFFSET, 0)                           \
    F(VIEW_LAYOUT, "code", gbx_buf_layout, code, CODE, 0)                                \
    F(VIEW_LAYOUT, "how", gbx_buf_layout, how, ENUM, GBX_ENUM_VIEW)                      \
    F(VIEW_LAYOUT, "ndim", gbx_buf_layout, ndim, UINT, 0)                                \
    F(VIEW_LAYOUT, "memoryview", gbx_buf_layout, view, ADDRESS, 0)                       \
    F(VIEW_LAYOUT, "base", gbx_buf_layout, base, ADDRESS, 0)                             \
    F(VIEW_LAYOUT, "format", gbx_buf_layout, format, STRING, 0)                          \
    F(VIEW_LAYOUT, "address", gbx_buf_layout, address, ADDRESS, 0)                       \
    F(VIEW_LAYOUT, "length", gbx_buf_layout, length, BYTES, 0)                           \
    F(VIEW_LAYOUT, "itemsize", gbx_buf_layout, itemsize, BYTES, 0)                       \
    GBX_PYTHON_BUFFER_FIELDS(F, BUF_PYTHON_GET)                                          \
    GBX_PYTHON_BUFFER_FIELDS(F, BUF_PYTHON_RELEASE)                                      \
    GBX_MEMORY_FIELDS(F, MEMORY_NEW)                                                     \
    F(MEMORY_NEW, "size", gbx_buf_memory, size, BYTES, 0)                                \
    GBX_MEMORY_FIELDS(F, MEMORY_FREE)

/* ------------------------------------------------- tables in the header block */

typedef struct {             /* one per event, ended by id 0 or the table's count */
    uint8_t  id;
    uint8_t  klass;          /* enum gbx_class */
    uint8_t  size;           /* bytes of a record, head included */
    uint8_t  timed;
    char     name[28];       /* "class.event", NUL-terminated */
} gbx_event_entry;

typedef struct {
    uint8_t  event;
    uint8_t  offset;         /* in the record */
    uint8_t  width;          /* 1 to 8 bytes */
    uint8_t  kind;           /* enum gbx_kind */
    uint8_t  detail;         /* enum id where kind is ENUM */
    uint8_t  reserved[3];
    char     name[24];
} gbx_field_entry;

typedef struct {
    uint8_t  enumeration;    /* enum gbx_enum */
    uint8_t  value;
    uint8_t  reserved[2];
    char     label[28];
} gbx_enum_entry;

typedef struct {
    uint8_t  id;             /* bit in the class mask */
    uint8_t  reserved[3];
    char     name[12];
} gbx_class_entry;

typedef struct {             /* where a table lies in the header block */
    uint32_t offset;         /* from the start of the file */
    uint32_t count;          /* entries */
} gbx_table;

/* ------------------------------------------------------------------- header */

enum gbx_clock { GBX_CLOCK_NONE = 0, GBX_CLOCK_TSC = 1, GBX_CLOCK_MONOTONIC = 2 };
enum gbx_mode { GBX_MODE_FULL = 1, GBX_MODE_RING = 2 };
enum gbx_state {             /* why recording ended, if it did */
    GBX_STATE_RECORDING = 0, GBX_STATE_STOPPED = 1, GBX_STATE_FULL = 2, GBX_STATE_ERROR = 3
};
enum gbx_build { GBX_BUILD_FREE_THREADED = 1, GBX_BUILD_DEBUG = 2, GBX_BUILD_STATS = 4 };

typedef struct {             /* the same instant on three clocks */
    uint64_t ticks;
    uint64_t monotonic_ns;
    uint64_t realtime_ns;
} gbx_instant;

typedef struct {
    /* written once, before the file gets its final name */
    char     magic[8];
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t byte_order;
    uint32_t header_size;    /* where the first segment starts */
    uint32_t granule;
    uint64_t run_id[2];      /* random; shared by a program and all its children */
    uint32_t pid;
    uint32_t parent_pid;
    uint64_t process_start;  /* /proc/PID/stat field 22: tells a reused pid apart */
    uint8_t  clock;          /* enum gbx_clock; ticks are ns for MONOTONIC, 0 for NONE */
    uint8_t  mode;           /* enum gbx_mode */
    uint8_t  build;          /* bits of enum gbx_build */
    uint8_t  reserved0;
    uint32_t hexversion;     /* PY_VERSION_HEX */
    uint64_t limit;          /* bytes the file may grow to (full), or has (ring) */
    uint64_t load_base;      /* address at which `executable` was mapped: PC minus this = link-time address */
    gbx_instant start;
    gbx_table classes;
    gbx_table events;
    gbx_table fields;
    gbx_table enums;
    char     executable[1024];
    char     reserved1[32];

    /* updated while recording; each field has one kind of writer */
    uint64_t allocated;      /* end of the last segment handed out; atomic add by any thread */
    uint64_t lost_unattached;/* events of threads that never got a segment; atomic add */
    gbx_instant latest;      /* at the newest segment, and at stop; any thread, torn values possible:
                                a reader prefers the instants of the segments */
    uint32_t state;          /* enum gbx_state */
    uint32_t error;          /* errno behind GBX_STATE_ERROR */
    uint32_t mask;           /* classes on now */
    uint32_t first_mask;     /* classes on at the start */
    uint32_t threads;        /* thread ids handed out; atomic add */
    uint32_t switched_off;   /* classes that were on and went off at some time; atomic or */
    uint64_t reserved3[8];
} gbx_header;

/* ----------------------------------------------------------------- segments */

enum gbx_segment_kind { GBX_SEGMENT_EVENTS = 1, GBX_SEGMENT_NAMES = 2 };

typedef struct {
    uint32_t magic;          /* GBX_SEGMENT_MAGIC, stored last when a segment is taken */
    uint8_t  kind;           /* enum gbx_segment_kind */
    uint8_t  reserved0[3];
    uint32_t size;           /* bytes, header included; multiple of GBX_GRANULE */
    uint32_t thread;         /* id of the thread that owns it (EVENTS) */
    uint32_t sequence;       /* 0, 1, 2... per thread; in ring mode it goes on as segments are reused */
    uint32_t interp;         /* interpreter of the first record */
    /* written by the owning thread, read by anyone */
    uint64_t committed;      /* end of the last whole record, from the segment's start; stored after
                                the record itself.  0 while the segment is being (re)initialized */
    uint64_t lost;           /* events of this thread lost since this segment filled up */
    uint64_t overwritten;    /* ring: records of this thread overwritten so far, all segments */
    gbx_instant base;        /* when taken; base.ticks is the base of dt */
    uint64_t reserved1[5];
} gbx_segment;               /* records follow */

#define GBX_SEGMENT_TAIL  ((uint32_t)sizeof(gbx_stream_lost))  /* kept free for a LOST record */

/* -------------------------------------------------------------------- names */

enum gbx_name_kind {
    GBX_NAME_STRING = 1,     /* bytes: UTF-8, not terminated */
    GBX_NAME_CODE = 2,       /* gbx_name_code, then its strings and its location table */
    GBX_NAME_THREAD = 3,     /* gbx_name_thread, then the name */
    GBX_NAME_OPCODE = 4,     /* id: opcode; bytes: its name */
    GBX_NAME_REASON = 5,     /* id: family << 8 | SPEC_FAIL_*; bytes: its name */
    GBX_NAME_META = 6,       /* bytes: "key=value" about the run, e.g. "version=3.13.5 ..."; the key image,
                                "START-END OFFSET PATH", comes for each file that PC fields lie in */
    GBX_NAME_TYPE = 7,       /* gbx_name_type, then the name */
    GBX_NAME_WATCH = 8       /* gbx_name_watch, then the name that the program gave it */
};

typedef struct {             /* the head of every definition */
    uint8_t  kind;           /* enum gbx_name_kind */
    uint8_t  reserved[3];
    uint32_t size;           /* whole definition, head and padding included; multiple of 8 */
    uint32_t id;             /* STRING, CODE and THREAD ids are unique in the file, per kind */
    uint32_t length;         /* bytes of payload after this head */
} gbx_name;

typedef struct {             /* payload of CODE; then name, file and table, in that order */
    uint32_t first_line;
    uint32_t units;          /* instructions and caches, 2 bytes each */
    uint32_t co_flags;
    uint32_t interp;
    uint32_t name_length;    /* co_qualname */
    uint32_t file_length;    /* co_filename */
    uint32_t table_length;   /* co_linetable: see Objects/locations.md (PEP 626) */
    uint32_t nlocals;
    uint64_t address;        /* of the code object, at definition */
} gbx_name_code;

typedef struct {             /* payload of TYPE; then tp_name */
    uint64_t basic_size;     /* tp_basicsize, without what lies before the object's address */
    uint64_t item_size;
    uint64_t tp_flags;       /* at definition */
    uint64_t address;
} gbx_name_type;

typedef struct {             /* payload of WATCH; then the name */
    uint64_t address;
    uint32_t type;           /* TYPE id */
    uint32_t reserved;
} gbx_name_watch;

typedef struct {             /* payload of THREAD; then the name */
    uint64_t native_id;      /* gettid() */
    uint64_t ident;          /* threading.get_ident() */
} gbx_name_thread;

#define GBX_CODE_INIT_SHIM  1u    /* CODE id of _Py_InitCleanup, the shim below an inlined __init__ */
#define GBX_FIRST_CODE_ID   2u

/* ------------------------------------------------ every size and offset, pinned */

#define GBX_PIN(expr) _Static_assert(expr, #expr)
GBX_PIN(sizeof(gbx_head) == 8);
GBX_PIN(sizeof(gbx_stream_time) == 16);
GBX_PIN(sizeof(gbx_stream_lost) == 24);
GBX_PIN(sizeof(gbx_stream_interp) == 16);
GBX_PIN(sizeof(gbx_stream_mask) == 16);
GBX_PIN(sizeof(gbx_frame_edge) == 16);
GBX_PIN(sizeof(gbx_frame_generator) == 24);
GBX_PIN(sizeof(gbx_frame_object_new) == 32);
GBX_PIN(sizeof(gbx_frame_own) == 24);
GBX_PIN(sizeof(gbx_frame_object_free) == 16);
GBX_PIN(sizeof(gbx_frame_chunk) == 24);
GBX_PIN(sizeof(gbx_spec) == 32);
GBX_PIN(sizeof(gbx_compile_stage) == 16);
GBX_PIN(sizeof(gbx_code) == 16);
GBX_PIN(sizeof(gbx_import) == 16);
GBX_PIN(sizeof(gbx_thread) == 16);
GBX_PIN(sizeof(gbx_interp) == 16);
GBX_PIN(sizeof(gbx_fork) == 16);
GBX_PIN(sizeof(gbx_mark) == 24);
GBX_PIN(sizeof(gbx_span) == 16);
GBX_PIN(sizeof(gbx_watch) == 32);
GBX_PIN(sizeof(gbx_ref) == 40);
GBX_PIN(sizeof(gbx_ref_churn) == 24);
GBX_PIN(sizeof(gbx_ref_sharing) == 24);
GBX_PIN(sizeof(gbx_packed) == 8);
GBX_PIN(sizeof(gbx_obj) == 16);
GBX_PIN(offsetof(gbx_obj, size) == 4);
GBX_PIN(sizeof(gbx_at) == 8);
GBX_PIN(sizeof(gbx_arena) == 32);
GBX_PIN(sizeof(gbx_pool) == 24);
GBX_PIN(sizeof(gbx_block) == 16);
GBX_PIN(sizeof(gbx_large) == 24);
GBX_PIN(sizeof(gbx_large_move) == 32);
GBX_PIN(sizeof(gbx_alloc_total) == 56);
GBX_PIN(sizeof(gbx_heap_page) == 32);
GBX_PIN(sizeof(gbx_gc_start) == 24);
GBX_PIN(sizeof(gbx_gc_phase) == 16);
GBX_PIN(sizeof(gbx_gc_verdict) == 16);
GBX_PIN(sizeof(gbx_gc_untrack) == 16);
GBX_PIN(sizeof(gbx_gc_done) == 32);
GBX_PIN(sizeof(gbx_gc_flush) == 16);
GBX_PIN(sizeof(gbx_world) == 16);
GBX_PIN(sizeof(gbx_gil) == 16);
GBX_PIN(sizeof(gbx_gil_timeout) == 16);
GBX_PIN(sizeof(gbx_gil_drop) == 16);
GBX_PIN(sizeof(gbx_gil_breaker) == 16);
GBX_PIN(sizeof(gbx_gil_release) == 40);
GBX_PIN(sizeof(gbx_gil_acquire) == 40);
GBX_PIN(sizeof(gbx_gil_wait) == 24);
GBX_PIN(sizeof(gbx_gil_switch) == 24);
GBX_PIN(sizeof(gbx_detach) == 24);
GBX_PIN(sizeof(gbx_attach) == 24);
GBX_PIN(sizeof(gbx_section) == 32);
GBX_PIN(sizeof(gbx_park) == 24);
GBX_PIN(sizeof(gbx_buf_get) == 96);
GBX_PIN(offsetof(gbx_buf_get, counter) == 56);
GBX_PIN(sizeof(gbx_buf_release) == 64);
GBX_PIN(sizeof(gbx_buf_refused) == 48);
GBX_PIN(sizeof(gbx_buf_axis) == 32);
GBX_PIN(sizeof(gbx_buf_error) == 40);
GBX_PIN(sizeof(gbx_buf_pin) == 24);
GBX_PIN(sizeof(gbx_buf_view) == 48);
GBX_PIN(sizeof(gbx_buf_layout) == 64);
GBX_PIN(sizeof(gbx_buf_python) == 32);
GBX_PIN(sizeof(gbx_buf_memory) == 40);
GBX_PIN(sizeof(gbx_name_type) == 32);
GBX_PIN(sizeof(gbx_name_watch) == 16);
GBX_PIN(offsetof(gbx_spec, opcode_after) == 16);
GBX_PIN(offsetof(gbx_spec, type) == 28);
GBX_PIN(sizeof(gbx_event_entry) == 32);
GBX_PIN(sizeof(gbx_field_entry) == 32);
GBX_PIN(sizeof(gbx_enum_entry) == 32);
GBX_PIN(sizeof(gbx_class_entry) == 16);
GBX_PIN(sizeof(gbx_instant) == 24);
GBX_PIN(offsetof(gbx_header, run_id) == 24);
GBX_PIN(offsetof(gbx_header, start) == 80);
GBX_PIN(offsetof(gbx_header, classes) == 104);
GBX_PIN(offsetof(gbx_header, executable) == 136);
GBX_PIN(offsetof(gbx_header, allocated) == 1192);
GBX_PIN(offsetof(gbx_header, latest) == 1208);
GBX_PIN(sizeof(gbx_header) == 1320);
GBX_PIN(offsetof(gbx_segment, committed) == 24);
GBX_PIN(offsetof(gbx_segment, base) == 48);
GBX_PIN(sizeof(gbx_segment) == 112);
GBX_PIN(sizeof(gbx_name) == 16);
GBX_PIN(sizeof(gbx_name_code) == 40);
GBX_PIN(sizeof(gbx_name_thread) == 16);

#endif /* GLASSBOX_FORMAT_H */
