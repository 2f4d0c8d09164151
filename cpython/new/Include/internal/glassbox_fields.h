/* The fields of each event, as an X-macro table: which member of the record it is, and what its number means.
   With it a reader prints any record without knowing the event.  Part of glassbox_format.h, which includes
   it; to be included by nobody else.  What tells of the lock, of tasks and of buffers is in
   glassbox_fields_shared.h. */

#ifndef GLASSBOX_FIELDS_H
#define GLASSBOX_FIELDS_H

#include "glassbox_fields_shared.h"   // GBX_FIELDS_GIL, GBX_FIELDS_AIO, GBX_FIELDS_BUF

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
    F(GC_DONE, "young", gbx_gc_done, count[0], INT, 0)                                   \
    F(GC_DONE, "middle", gbx_gc_done, count[1], UINT, 0)                                 \
    F(GC_DONE, "old", gbx_gc_done, count[2], UINT, 0)                                    \
    F(GC_DONE, "long_lived", gbx_gc_done, long_lived, UINT, 0)                           \
    F(GC_FLUSH, "count", gbx_gc_flush, count, INT, 0)                                    \
    F(GC_FLUSH, "total", gbx_gc_flush, total, INT, 0)                                    \
    F(WORLD_STOP, "everyone", gbx_world, h.flags, UINT, 0)                               \
    F(WORLD_STOPPED, "everyone", gbx_world, h.flags, UINT, 0)                            \
    F(WORLD_STOPPED, "threads", gbx_world, threads, UINT, 0)                             \
    F(WORLD_STARTED, "everyone", gbx_world, h.flags, UINT, 0)                            \
    GBX_FIELDS_GIL(F)                                                                    \
    GBX_FIELDS_AIO(F)                                                                    \
    GBX_FIELDS_BUF(F)

#endif /* GLASSBOX_FIELDS_H */
