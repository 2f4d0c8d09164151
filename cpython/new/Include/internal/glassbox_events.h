/* The events of a trace and the enumerations that their fields use, as X-macro tables: the interpreter writes
   them into each file (glassbox_header.c), the runner expands them where it knows an event by name.  Part of
   glassbox_format.h, which includes it; to be included by nobody else.

   Ids are stable and never reused: an event that goes leaves a hole. */

#ifndef GLASSBOX_EVENTS_H
#define GLASSBOX_EVENTS_H

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
    X(AIO_LOOP,       182, AIO,     "aio.loop",            gbx_aio_loop,           1)    \
    X(AIO_TASK_NEW,   183, AIO,     "aio.task_new",        gbx_aio_task,           1)    \
    X(AIO_FUTURE_NEW, 184, AIO,     "aio.future_new",      gbx_aio_future,         1)    \
    X(AIO_STEP_BEGIN, 185, AIO,     "aio.step_begin",      gbx_aio_step,           1)    \
    X(AIO_STEP_END,   186, AIO,     "aio.step_end",        gbx_aio_step,           1)    \
    X(AIO_CANCEL,     187, AIO,     "aio.cancel_asked",    gbx_aio_cancel,         1)    \
    X(AIO_DELIVERED,  188, AIO,     "aio.cancel_delivered", gbx_aio_delivery,      1)    \
    X(AIO_UNCANCEL,   189, AIO,     "aio.uncancel",        gbx_aio_uncancel,       1)    \
    X(AIO_DONE,       190, AIO,     "aio.done",            gbx_aio_done,           1)    \
    X(AIO_WAKEUP,     191, AIO,     "aio.wakeup",          gbx_aio_wakeup,         1)    \
    X(AIO_CALLBACK,   192, AIO,     "aio.callback",        gbx_aio_callback,       1)    \
    X(AIO_GONE,       193, AIO,     "aio.gone",            gbx_aio_gone,           1)    \
    X(AIO_CALL_SOON,  194, AIO,     "aio.call_soon",       gbx_aio_schedule,       1)    \
    X(AIO_CALL_AT,    195, AIO,     "aio.call_at",         gbx_aio_schedule,       1)    \
    X(AIO_READY,      196, AIO,     "aio.ready",           gbx_aio_ready,          1)    \
    X(AIO_RUN_BEGIN,  197, AIO,     "aio.run_begin",       gbx_aio_run,            1)    \
    X(AIO_RUN_END,    198, AIO,     "aio.run_end",         gbx_aio_run_end,        1)    \
    X(AIO_HANDLE_CANCEL, 199, AIO,  "aio.handle_cancel",   gbx_aio_handle,         1)    \
    X(AIO_ITERATION_BEGIN, 200, AIO, "aio.iteration_begin", gbx_aio_iteration,     1)    \
    X(AIO_SELECT,     201, AIO,     "aio.select",          gbx_aio_select,         1)    \
    X(AIO_ITERATION_END, 202, AIO,  "aio.iteration_end",   gbx_aio_iteration,      1)    \
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
    E(PARK, 18) E(ENABLE, 19) E(AIO_IMPL, 20) E(AIO_SENT, 21) E(AIO_STEP, 22)            \
    E(AIO_CANCEL, 23) E(AIO_DELIVERY, 24) E(AIO_STATE, 25) E(AIO_SOON, 26) E(AIO_SELECT, 27) \
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
    V(AIO_IMPL, C,           0, "c")               /* Modules/_asynciomodule.c */        \
    V(AIO_IMPL, PYTHON,      1, "python")          /* Lib/asyncio */                     \
    V(AIO_SENT, NONE,        0, "none")            /* send(None) */                      \
    V(AIO_SENT, EXCEPTION,   1, "exception")       /* throw() */                         \
    V(AIO_SENT, CANCELLED,   2, "cancelled")       /* throw(), of a CancelledError */    \
    V(AIO_SENT, EAGER,       3, "eager")           /* send(None) as the task is made */  \
    V(AIO_STEP, AWAITS,      0, "awaits")          /* a future */                        \
    V(AIO_STEP, YIELDS,      1, "yields")          /* a bare yield: again, next time */  \
    V(AIO_STEP, RESULT,      2, "result")                                                \
    V(AIO_STEP, EXCEPTION,   3, "exception")                                             \
    V(AIO_STEP, CANCELLED,   4, "cancelled")                                             \
    V(AIO_STEP, BAD,         5, "bad")             /* what it yielded cannot be awaited */ \
    V(AIO_STEP, FAILED,      6, "failed")          /* the step itself raised: a closed loop */ \
    V(AIO_CANCEL, IGNORED,   0, "ignored")         /* the task is done */                \
    V(AIO_CANCEL, NOTED,     1, "noted")           /* it waits for nothing: at its next step */ \
    V(AIO_CANCEL, PASSED_ON, 2, "passed_on")       /* what it awaits is asked */         \
    V(AIO_DELIVERY, NOTED,   0, "noted")           /* a request that was noted */        \
    V(AIO_DELIVERY, AWAITED, 1, "awaited")         /* what it awaited was cancelled */   \
    V(AIO_STATE, PENDING,    0, "pending")                                               \
    V(AIO_STATE, RESULT,     1, "result")                                                \
    V(AIO_STATE, EXCEPTION,  2, "exception")                                             \
    V(AIO_STATE, CANCELLED,  3, "cancelled")                                             \
    V(AIO_SOON, SOON,        0, "soon")                                                  \
    V(AIO_SOON, THREADSAFE,  1, "threadsafe")                                            \
    V(AIO_SOON, AT,          2, "at")                                                    \
    V(AIO_SELECT, SELECT,    0, "select")                                                \
    V(AIO_SELECT, POLL,      1, "poll")                                                  \
    V(AIO_SELECT, EPOLL,     2, "epoll")                                                 \
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

#endif /* GLASSBOX_EVENTS_H */
