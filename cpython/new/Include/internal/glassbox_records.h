/* The records of a trace: what each event writes, field by field.  Part of glassbox_format.h, which includes it
   and has the theory; to be included by nobody else.

   A record begins with a gbx_head and is aligned to 8 bytes; where alignment would leave a hole there is a
   field `reserved`, so that no byte is written by chance. */

#ifndef GLASSBOX_RECORDS_H
#define GLASSBOX_RECORDS_H

#define GBX_PIN(expr) _Static_assert(expr, #expr)

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

/* class aio.  Tasks, futures, handles and loops are named by address, which holds from the record of its
   birth (task_new, future_new, call_soon, call_at) to the next one there, or to its `gone`; what was there
   before the recording has no birth.  `code` with h.arg is who did it: the innermost function outside
   asyncio, or of asyncio the one that runs a handle; 0 none. */
typedef struct {              /* flags: 1 a thread begins to run this loop, 0 it ends */
    gbx_head h; uint32_t type; uint32_t reserved; uint64_t loop;
} gbx_aio_loop;
typedef struct {              /* flags: enum AIO_IMPL */
    gbx_head h;
    uint32_t name;            /* that it was given; 0: "Task-<number>" */
    uint32_t number;
    uint32_t coro;            /* code of its coroutine; 0: none of Python's */
    uint32_t code;
    uint32_t type; uint32_t reserved;
    uint64_t task; uint64_t loop;
} gbx_aio_task;
typedef struct {              /* flags: enum AIO_IMPL */
    gbx_head h; uint32_t code; uint32_t type; uint64_t future; uint64_t loop;
} gbx_aio_future;
typedef struct {              /* a step begins, or ends; flags: enum AIO_SENT, enum AIO_STEP */
    gbx_head h;               /* arg: offset in `code` */
    uint32_t code;            /* where the task waits: the innermost coroutine that it awaits by */
    uint32_t type;            /* of what is thrown; of what is awaited, returned or raised */
    uint64_t task;
    uint64_t other;           /* the future that woke it; the one that it awaits; 0 none */
} gbx_aio_step;
typedef struct {              /* flags: enum AIO_CANCEL */
    gbx_head h; uint32_t code; uint32_t requests; uint64_t task; uint64_t awaits;
} gbx_aio_cancel;
typedef struct {              /* flags: enum AIO_DELIVERY */
    gbx_head h; uint32_t requests; uint32_t reserved; uint64_t task;
} gbx_aio_delivery;
typedef struct { gbx_head h; uint32_t code; uint32_t requests; uint64_t task; } gbx_aio_uncancel;
typedef struct {              /* flags: enum AIO_STATE */
    gbx_head h; uint32_t code; uint32_t type; uint32_t is_task; uint32_t callbacks; uint64_t future;
} gbx_aio_done;
typedef struct { gbx_head h; uint64_t task; uint64_t future; } gbx_aio_wakeup;
typedef struct {
    gbx_head h; uint32_t callback; uint32_t type; uint64_t address; uint64_t future;
} gbx_aio_callback;
typedef struct { gbx_head h; uint64_t future; } gbx_aio_gone;      /* flags: 1 it was pending */
typedef struct {              /* flags: enum AIO_SOON */
    gbx_head h;
    uint32_t code;
    uint32_t callback;        /* code of what is to be called; 0: none of Python's */
    uint32_t type;            /* of the callback */
    uint32_t ready;           /* handles in the queue, this one included; call_at: in the heap of timers */
    uint64_t handle;
    uint64_t task;            /* whose step this is; 0 */
    int64_t when;             /* call_at: nanoseconds on the loop's clock */
} gbx_aio_schedule;
typedef struct { gbx_head h; uint32_t ready; uint32_t reserved; uint64_t handle; } gbx_aio_ready;
typedef struct {
    gbx_head h; uint32_t callback; uint32_t type; uint64_t handle; uint64_t task;
} gbx_aio_run;
typedef struct { gbx_head h; uint64_t handle; } gbx_aio_run_end;   /* flags: 1 it went through, 0 it raised */
typedef struct { gbx_head h; uint32_t code; uint32_t reserved; uint64_t handle; } gbx_aio_handle;
typedef struct { gbx_head h; uint32_t ready; uint32_t timers; uint64_t loop; } gbx_aio_iteration;
typedef struct {              /* flags: enum AIO_SELECT */
    gbx_head h; int32_t events; uint32_t reserved; int64_t timeout; uint64_t wait;
} gbx_aio_select;

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

/* Every size, pinned: an old trace must stay readable. */
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
GBX_PIN(sizeof(gbx_aio_loop) == 24);
GBX_PIN(sizeof(gbx_aio_task) == 48);
GBX_PIN(sizeof(gbx_aio_future) == 32);
GBX_PIN(sizeof(gbx_aio_step) == 32);
GBX_PIN(sizeof(gbx_aio_cancel) == 32);
GBX_PIN(sizeof(gbx_aio_delivery) == 24);
GBX_PIN(sizeof(gbx_aio_uncancel) == 24);
GBX_PIN(sizeof(gbx_aio_done) == 32);
GBX_PIN(sizeof(gbx_aio_wakeup) == 24);
GBX_PIN(sizeof(gbx_aio_callback) == 32);
GBX_PIN(sizeof(gbx_aio_gone) == 16);
GBX_PIN(sizeof(gbx_aio_schedule) == 48);
GBX_PIN(sizeof(gbx_aio_ready) == 24);
GBX_PIN(sizeof(gbx_aio_run) == 32);
GBX_PIN(sizeof(gbx_aio_run_end) == 16);
GBX_PIN(sizeof(gbx_aio_handle) == 24);
GBX_PIN(sizeof(gbx_aio_iteration) == 24);
GBX_PIN(sizeof(gbx_aio_select) == 32);
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
GBX_PIN(offsetof(gbx_spec, opcode_after) == 16);
GBX_PIN(offsetof(gbx_spec, type) == 28);

#endif /* GLASSBOX_RECORDS_H */
