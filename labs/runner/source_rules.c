/* The rules: which macro emits an event, and which of that macro's lines can have done so.

   Each fits_...() refuses a line only where the event's fields, or the events of its thread before it,
   rule the line out; so what is left are all that can, several where the trace does not tell them
   apart. */

#include "source_internal.h"

#include <string.h>

#define LOOK_BACK 4096            /* events, of all threads, to look at for one of the same thread */
#define STAGE_BACK 65536          /* events of the thread to look at for the stage around one */
#define ENTRY_PRESENT 255         /* frame.push: the frame was there before the recording */

/* ---------------------------------------------------------------- looking back */

size_t
gbx_asked_before(const gbx_asked *it, size_t at)
{
    for (size_t steps = 0; at-- > 0 && steps < LOOK_BACK; steps++) {
        if (gbx_trace_where(it->trace, at).stream == it->where.stream) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* Can no instruction have been instrumented (sys.monitoring, settrace, setprofile) before the event?
   That is known where the recording began with the interpreter and has every event since. */
static bool
is_quiet(const gbx_asked *it)
{
    gbx_source *source = it->source;
    uint32_t needed = (1u << GBX_CLASS_FRAME) | (1u << GBX_CLASS_SPEC);
    if (source->trace != it->trace) {
        source->trace = it->trace;
        source->looked_until = 0;
        source->instrumented = (gbx_trace_mask(it->trace) & needed) != needed ||
            gbx_trace_lost(it->trace) != 0;
        for (size_t i = 0; i < gbx_trace_stream_count(it->trace); i++) {
            source->instrumented |= gbx_trace_stream(it->trace, i)->midway;
        }
    }
    for (; !source->instrumented && source->looked_until < it->at; source->looked_until++) {
        source->instrumented =
            gbx_trace_event(it->trace, source->looked_until) == GBX_EV_SPEC_INSTRUMENT;
    }
    return !source->instrumented;
}

static bool
is_instrumented_form(const gbx_hook *hook)
{
    return strncmp(hook->site.function, "INSTRUMENTED_", 13) == 0;
}

/* ------------------------------------------------------------------ class frame */

static bool
is_in_bytecodes(const gbx_hook *hook)
{
    return strcmp(hook->site.file, "Python/bytecodes.c") == 0;
}

static bool
is_loop_entry(const gbx_hook *hook)
{
    return strcmp(hook->site.function, "_PyEval_EvalFrameDefault") == 0;
}

/* The frame's beginning: a new call of the eval loop (entry 0), the instruction that pushed it inline, or
   C code that links the frame of a generator itself (gen.throw(); see can_have_resumed). */
static bool
fits_enter(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)it->record;
    bool resumes = it->record->event == GBX_EV_FRAME_RESUME;
    const char *frame = hook->site.through == NULL ? hook->arguments[1] : hook->arguments[0];
    if (it->record->flags == 0 || it->record->flags == ENTRY_PRESENT) {
        return it->record->flags == 0 && is_loop_entry(hook);   /* the other: fits_present */
    }
    if (!is_in_bytecodes(hook)) {
        return resumes && !is_loop_entry(hook);
    }
    if (it->parts.count > 0 && gbx_parts_index(&it->parts, hook->site.function) == it->parts.count) {
        return false;
    }
    if (resumes ? strcmp(frame, "new_frame") == 0 : strcmp(frame, "gen_frame") == 0) {
        return false;
    }
    return (edge->code == GBX_CODE_INIT_SHIM) == (strcmp(frame, "shim") == 0);
}

static bool
fits_present(const gbx_asked *it, const gbx_hook *hook)
{
    return it->record->flags == ENTRY_PRESENT && strcmp(hook->arguments[0], "") == 0 &&
        strcmp(hook->site.function, "_PyGlassbox_Snapshot") == 0;
}

static bool
fits_leave(const gbx_asked *it, const gbx_hook *hook)
{
    return strcmp(hook->arguments[2], it->word) == 0 && !(is_instrumented_form(hook) && is_quiet(it));
}

static bool
fits_suspend(const gbx_asked *it, const gbx_hook *hook)
{
    bool throws = it->record->flags == GBX_SUSPEND_THROW;
    return (strstr(hook->arguments[2], "THROW") != NULL) == throws &&
        !(is_instrumented_form(hook) && is_quiet(it));
}

/* PyFrame_New() makes a frame object that holds its frame in itself, a few words from its start. */
static bool
fits_object(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_frame_object_new *event = (const gbx_frame_object_new *)(const void *)it->record;
    uint32_t distance = event->frame - event->object;
    bool holds = distance > 0 && distance < 32;
    return holds == (strncmp(hook->arguments[0], "f->", 3) == 0);
}

/* A thread that has ended gives back what is left of its memory for frames. */
static bool
fits_chunk_free(const gbx_asked *it, const gbx_hook *hook)
{
    size_t before = it->at;
    do {
        before = gbx_asked_before(it, before);
    } while (before != SIZE_MAX && gbx_trace_event(it->trace, before) == GBX_EV_FRAME_CHUNK_FREE);
    bool ended = before != SIZE_MAX && gbx_trace_event(it->trace, before) == GBX_EV_THREAD_EXIT;
    return !ended || strcmp(hook->site.function, "clear_datastack") == 0;
}

/* ------------------------------------------------------------------- class spec */

static bool
fits_family(const gbx_asked *it, const gbx_hook *hook)
{
    return strcmp(hook->arguments[1], it->family) == 0;
}

static bool
fits_miss(const gbx_asked *it, const gbx_hook *hook)
{
    return gbx_parts_index(&it->parts, hook->site.function) < it->parts.count;
}

/* An argument of the hook that is an opcode's own name must be the event's; "instrumented" stands for
   any instrumented form but the two that have hooks of their own. */
static bool
fits_opcode(const gbx_asked *it, const char *argument, uint8_t opcode)
{
    const char *name = gbx_trace_opcode(it->trace, it->where.process, opcode);
    if (name == NULL || argument[0] == '\0') {
        return true;
    }
    if (argument[0] >= 'A' && argument[0] <= 'Z') {
        return strcmp(argument, name) == 0;
    }
    bool is_form = strncmp(name, "INSTRUMENTED_", 13) == 0;
    bool has_own = strcmp(name, "INSTRUMENTED_LINE") == 0 || strcmp(name, "INSTRUMENTED_INSTRUCTION") == 0;
    if (strcmp(argument, "instrumented") == 0) {
        return is_form && !has_own;
    }
    return strcmp(argument, "deinstrumented") != 0 || !is_form;
}

static bool
fits_instrument(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_spec *event = (const gbx_spec *)(const void *)it->record;
    return fits_opcode(it, hook->arguments[2], event->h.flags) &&
        fits_opcode(it, hook->arguments[3], event->opcode_after);
}

/* ------------------------------------------------- classes compile, import, thread */

/* The begin of the stage that a compile.end closes; SIZE_MAX where it is not found. */
static size_t
begin_of_stage(const gbx_asked *it, size_t end)
{
    size_t at = end;
    for (int depth = 1, steps = 0; depth > 0; steps++) {
        at = steps < STAGE_BACK ? gbx_asked_before(it, at) : SIZE_MAX;
        if (at == SIZE_MAX) {
            break;
        }
        uint8_t event = gbx_trace_event(it->trace, at);
        depth += event == GBX_EV_COMPILE_END;
        depth -= event == GBX_EV_COMPILE_BEGIN;
    }
    return at;
}

uint8_t
gbx_asked_stage_around(const gbx_asked *it)
{
    size_t at = it->at;
    int closed = 0;
    if (it->record->event == GBX_EV_COMPILE_END) {
        at = begin_of_stage(it, at);
    }
    for (int steps = 0; at != SIZE_MAX && steps < STAGE_BACK; steps++) {
        at = gbx_asked_before(it, at);
        const gbx_head *record = at == SIZE_MAX ? NULL : gbx_trace_record(it->trace, at);
        if (record != NULL && record->event == GBX_EV_COMPILE_END) {
            closed++;
        }
        else if (record != NULL && record->event == GBX_EV_COMPILE_BEGIN && closed-- == 0) {
            return record->flags;
        }
    }
    return 0;
}

/* A program's own file is parsed from the file; all else (imports, compile(), exec()) from a string; what
   is typed at the prompt by a third function, which runs inside no stage. */
static bool
fits_parser(const gbx_asked *it, const gbx_hook *hook)
{
    switch (it->around) {
        case 0:
            return true;
        case GBX_STAGE_RUN_FILE:
            return strcmp(hook->site.function, "_PyParser_ASTFromFile") == 0;
        default:
            return strcmp(hook->site.function, "_PyParser_ASTFromString") == 0;
    }
}

static bool
fits_stage(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_compile_stage *event = (const gbx_compile_stage *)(const void *)it->record;
    if (strcmp(hook->arguments[0], it->word) != 0) {
        return false;
    }
    switch (it->record->flags) {
        case GBX_STAGE_PARSE:
            return fits_parser(it, hook);
        case GBX_STAGE_AST_OPTIMIZE:
        case GBX_STAGE_SYMTABLE:
            return it->around != GBX_STAGE_COMPILE ||
                strcmp(hook->site.function, "compiler_setup") == 0;
        default:
            break;
    }
    bool gives_code = hook->arguments[2][0] != '\0' && strcmp(hook->arguments[2], "NULL") != 0 &&
        strcmp(hook->site.hook, "GLASSBOX_COMPILE_END") == 0;
    return event->code == 0 || gives_code;
}

static bool
fits_word(const gbx_asked *it, const gbx_hook *hook)
{
    return strcmp(hook->arguments[0], it->word) == 0;
}

static bool
fits_span(const gbx_asked *it, const gbx_hook *hook)
{
    return strcmp(hook->arguments[0], it->record->event == GBX_EV_SPAN_BEGIN ? "GBX_EV_SPAN_BEGIN"
                  : "GBX_EV_SPAN_END") == 0;
}

/* -------------------------------------------------------------------- the rules */

/* Of asyncio in C a hook; of asyncio in Python a line that stands for one of its functions. */
#define EITHER(EVENT, NAME) \
    { GBX_EV_AIO_##EVENT, "GLASSBOX_AIO_" #NAME, gbx_fits_aio, NULL }, \
    { GBX_EV_AIO_##EVENT, "ROLE_TELLS_" #NAME, gbx_fits_aio, NULL }

/* Every event, its hook, and which of the hook's lines; no function: all of them. */
static const struct {
    uint8_t event;
    const char *hook;
    gbx_fits *fits;
    const char *likely;           /* function to name first among several */
} rules[] = {
    { GBX_EV_STREAM_TIME, "GBX_EV_STREAM_TIME", NULL, NULL },
    { GBX_EV_STREAM_LOST, "GBX_EV_STREAM_LOST", NULL, NULL },
    { GBX_EV_STREAM_INTERP, "GLASSBOX_ATTACH", NULL, NULL },
    { GBX_EV_STREAM_MASK, "GBX_EV_STREAM_MASK", NULL, NULL },
    { GBX_EV_FRAME_PUSH, "GLASSBOX_FRAME_ENTER", fits_enter, NULL },
    { GBX_EV_FRAME_PUSH, "GBX_EV_FRAME_PUSH", fits_present, NULL },
    { GBX_EV_FRAME_RESUME, "GLASSBOX_FRAME_ENTER", fits_enter, NULL },
    { GBX_EV_FRAME_POP, "GLASSBOX_FRAME_LEAVE", fits_leave, NULL },
    { GBX_EV_FRAME_SUSPEND, "GLASSBOX_FRAME_SUSPEND", fits_suspend, NULL },
    { GBX_EV_FRAME_GENERATOR, "GLASSBOX_FRAME_GENERATOR", NULL, NULL },
    { GBX_EV_FRAME_OBJECT_NEW, "GLASSBOX_FRAME_OBJECT_NEW", fits_object, NULL },
    { GBX_EV_FRAME_OWN, "GLASSBOX_FRAME_OWN", NULL, NULL },
    { GBX_EV_FRAME_OBJECT_FREE, "GLASSBOX_FRAME_OBJECT_FREE", NULL, NULL },
    { GBX_EV_FRAME_CHUNK_NEW, "GLASSBOX_FRAME_CHUNK_NEW", NULL, NULL },
    { GBX_EV_FRAME_CHUNK_FREE, "GLASSBOX_FRAME_CHUNK_FREE", fits_chunk_free,
      "_PyThreadState_PopFrame" },
    { GBX_EV_FRAME_DISCARD, "GLASSBOX_FRAME_DISCARD", NULL, NULL },
    { GBX_EV_SPEC_ATTEMPT, "GLASSBOX_SPEC_ATTEMPT", fits_family, NULL },
    { GBX_EV_SPEC_SUCCESS, "GLASSBOX_SPEC_SUCCESS", fits_family, NULL },
    { GBX_EV_SPEC_RESPECIALIZE, "GLASSBOX_SPEC_SUCCESS", fits_family, NULL },
    { GBX_EV_SPEC_FAIL, "GLASSBOX_SPEC_REASON", gbx_fits_reason, NULL },
    { GBX_EV_SPEC_FAIL, "GLASSBOX_SPEC_FAIL", gbx_fits_result, NULL },
    { GBX_EV_SPEC_MISS, "GLASSBOX_SPEC_MISS", fits_miss, NULL },
    { GBX_EV_SPEC_DEOPT, "GLASSBOX_SPEC_MISS", fits_miss, NULL },
    { GBX_EV_SPEC_INSTRUMENT, "GLASSBOX_SPEC_INSTRUMENT", fits_instrument, NULL },
    { GBX_EV_COMPILE_BEGIN, "GLASSBOX_COMPILE_BEGIN", fits_stage, NULL },
    { GBX_EV_COMPILE_BEGIN, "GLASSBOX_COMPILE_STAGE", fits_stage, "_PyParser_ASTFromString" },
    { GBX_EV_COMPILE_END, "GLASSBOX_COMPILE_END", fits_stage, NULL },
    { GBX_EV_COMPILE_END, "GLASSBOX_COMPILE_STAGE", fits_stage, "_PyParser_ASTFromString" },
    { GBX_EV_CODE_NEW, "GLASSBOX_CODE_NEW", NULL, NULL },
    { GBX_EV_CODE_FREE, "GLASSBOX_CODE_FREE", NULL, NULL },
    { GBX_EV_IMPORT_BEGIN, "GLASSBOX_IMPORT_BEGIN", fits_word, NULL },
    { GBX_EV_IMPORT_END, "GLASSBOX_IMPORT_END", fits_word, NULL },
    { GBX_EV_IMPORT_BEGIN, "GBX_EV_IMPORT_BEGIN", NULL, "import_find_and_load" },
    { GBX_EV_IMPORT_END, "GBX_EV_IMPORT_END", NULL, "import_find_and_load" },
    { GBX_EV_THREAD_START, "GLASSBOX_THREAD_START", NULL, NULL },
    { GBX_EV_THREAD_EXIT, "GLASSBOX_THREAD_EXIT", NULL, NULL },
    { GBX_EV_INTERP_NEW, "GLASSBOX_INTERP_NEW", NULL, NULL },
    { GBX_EV_INTERP_END, "GLASSBOX_INTERP_END", NULL, NULL },
    { GBX_EV_FORK, "GLASSBOX_FORK_PARENT", NULL, "os_fork_impl" },
    { GBX_EV_MARK, "_PyGlassbox_Mark", NULL, NULL },
    { GBX_EV_SPAN_BEGIN, "_PyGlassbox_Span", fits_span, NULL },
    { GBX_EV_SPAN_END, "_PyGlassbox_Span", fits_span, NULL },
    { GBX_EV_WATCH, "_PyGlassbox_Watch", NULL, NULL },
    { GBX_EV_UNWATCH, "_PyGlassbox_Unwatch", NULL, NULL },
    { GBX_EV_OBJ_CREATE, "GLASSBOX_REFTRACER", gbx_fits_create, "new_reference" },
    { GBX_EV_OBJ_DESTROY, "GLASSBOX_REFTRACER", gbx_fits_destroy, "_Py_Dealloc" },
    { GBX_EV_OBJ_FOUND, "GBX_EV_OBJ_FOUND", NULL, NULL },
    { GBX_EV_OBJ_REVIVE, "GLASSBOX_OBJ_REVIVE", gbx_fits_revive, NULL },
    { GBX_EV_REF_INC, "GLASSBOX_REF_INC", gbx_fits_one, "Py_INCREF" },
    { GBX_EV_REF_INC, "GLASSBOX_REF_TRY", gbx_fits_try, NULL },
    { GBX_EV_REF_INC, "GLASSBOX_REF_ADD", gbx_fits_many, NULL },
    { GBX_EV_REF_INC, "GLASSBOX_REF_INSTEAD", gbx_fits_instead, NULL },
    { GBX_EV_REF_INC, "GLASSBOX_REF_SHARED", gbx_fits_second, NULL },
    { GBX_EV_REF_DEC, "GLASSBOX_REF_DEC", gbx_fits_one, "Py_DECREF" },
    { GBX_EV_REF_DEC, "GLASSBOX_REF_DECREF", gbx_fits_one, "Py_DECREF" },
    { GBX_EV_REF_DEC, "GLASSBOX_REF_DECREF_SHARED", gbx_fits_others, NULL },
    { GBX_EV_REF_DEC, "GLASSBOX_REF_SHARED", gbx_fits_second, NULL },
    { GBX_EV_REF_SET, "GLASSBOX_REF_SET", gbx_fits_set, "Py_SET_REFCNT" },
    { GBX_EV_REF_SET, "GLASSBOX_REF_REVIVE", gbx_fits_set, NULL },
    { GBX_EV_REF_SET, "GLASSBOX_REF_HOW", gbx_fits_resurrect, "intern_common" },
    { GBX_EV_REF_SET, "GLASSBOX_REF_REBORN", gbx_fits_resurrect, NULL },
    { GBX_EV_REF_SET, "GLASSBOX_REF_IMMORTALIZE", gbx_fits_immortalize, NULL },
    { GBX_EV_REF_SET, "GLASSBOX_REF_DEFER", gbx_fits_defer, NULL },
    { GBX_EV_REF_SET, "GLASSBOX_REFTRACER", gbx_fits_born, NULL },
    { GBX_EV_REF_SKIP, "GLASSBOX_REF_INC", gbx_fits_one, "Py_INCREF" },
    { GBX_EV_REF_SKIP, "GLASSBOX_REF_DEC", gbx_fits_one, NULL },
    { GBX_EV_REF_SKIP, "GLASSBOX_REF_DECREF", gbx_fits_one, NULL },
    { GBX_EV_REF_SKIP, "GLASSBOX_REF_TRY", gbx_fits_try, NULL },
    { GBX_EV_REF_SKIP, "GLASSBOX_REF_ADD", gbx_fits_many, NULL },
    { GBX_EV_REF_SKIP, "GLASSBOX_REF_SET", gbx_fits_set, NULL },
    { GBX_EV_REF_SKIP, "GLASSBOX_REF_HOW", gbx_fits_resurrect, NULL },
    { GBX_EV_REF_DEALLOC, "GLASSBOX_REFTRACER", gbx_fits_destroy, "_Py_Dealloc" },
    { GBX_EV_REF_QUEUE, "GLASSBOX_REF_DECREF_SHARED", NULL, NULL },
    { GBX_EV_REF_MERGE, "GLASSBOX_REF_MERGE", gbx_fits_second, NULL },
    { GBX_EV_REF_MERGE, "GLASSBOX_REF_HOW", gbx_fits_first, NULL },
    { GBX_EV_REF_OWNER, "GBX_EV_REF_OWNER", NULL, NULL },
    { GBX_EV_REF_RETRY, "GLASSBOX_REF_RETRIED", NULL, "_Py_DecRefSharedIsDead" },
    { GBX_EV_REF_RETRY, "GLASSBOX_REF_RETRY", NULL, NULL },
    { GBX_EV_REF_CHURN, "GBX_EV_REF_CHURN", NULL, NULL },
    { GBX_EV_REF_SHARING, "GBX_EV_REF_SHARING", NULL, NULL },
    { GBX_EV_ARENA_NEW, "GLASSBOX_ARENA_NEW", NULL, NULL },
    { GBX_EV_ARENA_FREE, "GLASSBOX_ARENA_FREE", NULL, "insert_to_freepool" },
    { GBX_EV_POOL_NEW, "GLASSBOX_POOL", gbx_fits_end_of_name, NULL },
    { GBX_EV_POOL_FULL, "GLASSBOX_POOL", gbx_fits_end_of_name, NULL },
    { GBX_EV_POOL_PARTIAL, "GLASSBOX_POOL", gbx_fits_end_of_name, NULL },
    { GBX_EV_POOL_EMPTY, "GLASSBOX_POOL", gbx_fits_end_of_name, NULL },
    { GBX_EV_BLOCK_ALLOC, "GLASSBOX_BLOCK_ALLOC", gbx_fits_pool_build, "_PyObject_Malloc" },
    { GBX_EV_BLOCK_ALLOC, "GLASSBOX_HEAP_BLOCK_ALLOC", gbx_fits_heap, NULL },
    { GBX_EV_BLOCK_ALLOC, "GLASSBOX_HEAP_BLOCK_MOVE", gbx_fits_heap, NULL },
    { GBX_EV_BLOCK_FREE, "GLASSBOX_BLOCK_FREE", gbx_fits_pool_build, NULL },
    { GBX_EV_BLOCK_FREE, "GLASSBOX_HEAP_BLOCK_FREE", gbx_fits_heap, "_PyObject_MiFree" },
    { GBX_EV_BLOCK_FREE, "GLASSBOX_HEAP_BLOCK_MOVE", gbx_fits_heap, NULL },
    { GBX_EV_BLOCK_RESIZE, "GLASSBOX_BLOCK_RESIZE", gbx_fits_pool_build, NULL },
    { GBX_EV_BLOCK_RESIZE, "GLASSBOX_HEAP_BLOCK_MOVE", gbx_fits_heap, NULL },
    { GBX_EV_LARGE_ALLOC, "GLASSBOX_LARGE_ALLOC", gbx_fits_large, "_PyMem_RawMalloc" },
    { GBX_EV_LARGE_ALLOC, "GLASSBOX_LARGE_MOVE", gbx_fits_large, NULL },
    { GBX_EV_LARGE_ALLOC, "GLASSBOX_HEAP_BLOCK_ALLOC", gbx_fits_heap, NULL },
    { GBX_EV_LARGE_ALLOC, "GLASSBOX_HEAP_BLOCK_MOVE", gbx_fits_heap, NULL },
    { GBX_EV_LARGE_FREE, "GLASSBOX_LARGE_FREE", NULL, NULL },
    { GBX_EV_LARGE_MOVE, "GLASSBOX_LARGE_MOVE", NULL, NULL },
    { GBX_EV_FREELIST_HIT, "GLASSBOX_FREELIST", gbx_fits_freelist, NULL },
    { GBX_EV_FREELIST_PUT, "GLASSBOX_FREELIST", gbx_fits_freelist, NULL },
    { GBX_EV_FREELIST_DROP, "GLASSBOX_FREELIST", gbx_fits_freelist, NULL },
    { GBX_EV_ARENA_FOUND, "GBX_EV_ARENA_FOUND", NULL, NULL },
    { GBX_EV_POOL_FOUND, "GBX_EV_POOL_FOUND", NULL, NULL },
    { GBX_EV_FREELIST_FOUND, "GBX_EV_FREELIST_FOUND", gbx_fits_first, NULL },
    { GBX_EV_ALLOC_FOUND, "GBX_EV_ALLOC_FOUND", NULL, NULL },
    { GBX_EV_ALLOC_TOTAL, "GBX_EV_ALLOC_TOTAL", NULL, NULL },
    { GBX_EV_HEAP_PAGE_NEW, "GLASSBOX_HEAP_PAGE", gbx_fits_end_of_name, NULL },
    { GBX_EV_HEAP_PAGE_FREE, "GLASSBOX_HEAP_PAGE", gbx_fits_end_of_name, NULL },
    { GBX_EV_HEAP_PAGE_ABANDON, "GLASSBOX_HEAP_PAGE", gbx_fits_end_of_name, NULL },
    { GBX_EV_HEAP_PAGE_RECLAIM, "GLASSBOX_HEAP_PAGE", gbx_fits_end_of_name, NULL },
    { GBX_EV_HEAP_SEGMENT_NEW, "GLASSBOX_HEAP_SEGMENT", gbx_fits_end_of_name, NULL },
    { GBX_EV_HEAP_SEGMENT_FREE, "GLASSBOX_HEAP_SEGMENT", gbx_fits_end_of_name, NULL },
    { GBX_EV_HEAP_SEGMENT_ABANDON, "GLASSBOX_HEAP_SEGMENT", gbx_fits_end_of_name, NULL },
    { GBX_EV_HEAP_SEGMENT_RECLAIM, "GLASSBOX_HEAP_SEGMENT", gbx_fits_end_of_name, NULL },
    { GBX_EV_HEAP_SEGMENT_FOUND, "GBX_EV_HEAP_SEGMENT_FOUND", NULL, NULL },
    { GBX_EV_HEAP_PAGE_FOUND, "GBX_EV_HEAP_PAGE_FOUND", NULL, NULL },
    { GBX_EV_BLOCK_FOUND, "GBX_EV_BLOCK_FOUND", NULL, NULL },
    { GBX_EV_FREE_DELAYED, "GLASSBOX_FREE_DELAYED", NULL, NULL },
    { GBX_EV_FREE_PROCESSED, "GLASSBOX_FREE_PROCESSED", NULL, "process_queue" },
    { GBX_EV_GC_SCHEDULED, "GLASSBOX_GC_SCHEDULED", gbx_fits_gc, NULL },
    { GBX_EV_GC_START, "GLASSBOX_GC_START", gbx_fits_gc, NULL },
    { GBX_EV_GC_PHASE, "GLASSBOX_GC_PHASE", gbx_fits_gc, NULL },
    { GBX_EV_GC_PHASE, "GLASSBOX_GC_PHASE_LIST", gbx_fits_gc, NULL },
    { GBX_EV_GC_PHASE, "GLASSBOX_GC_VERDICTS", gbx_fits_gc, NULL },
    { GBX_EV_GC_VERDICT, "GLASSBOX_GC_VERDICT", gbx_fits_gc, NULL },
    { GBX_EV_GC_VERDICT, "GLASSBOX_GC_VERDICTS", gbx_fits_gc, NULL },
    { GBX_EV_GC_VERDICT, "GLASSBOX_GC_PHASE_LIST", gbx_fits_gc, NULL },
    { GBX_EV_GC_VERDICT, "GLASSBOX_GC_ASKED", gbx_fits_gc, NULL },
    { GBX_EV_GC_UNTRACK, "GLASSBOX_GC_UNTRACK", gbx_fits_gc, NULL },
    { GBX_EV_GC_DONE, "GLASSBOX_GC_DONE", gbx_fits_gc, NULL },
    { GBX_EV_GC_FLUSH, "GLASSBOX_GC_FLUSH", gbx_fits_gc, NULL },
    { GBX_EV_WORLD_STOP, "GLASSBOX_WORLD_STOP", gbx_fits_gc, NULL },
    { GBX_EV_WORLD_STOPPED, "GLASSBOX_WORLD_STOPPED", gbx_fits_gc, NULL },
    { GBX_EV_WORLD_STARTED, "GLASSBOX_WORLD_STARTED", gbx_fits_gc, NULL },
    { GBX_EV_GIL_CREATE, "GLASSBOX_GIL_CREATE", NULL, NULL },
    { GBX_EV_GIL_DESTROY, "GLASSBOX_GIL_DESTROY", NULL, NULL },
    { GBX_EV_GIL_REQUEST, "GLASSBOX_GIL_REQUEST", NULL, NULL },
    { GBX_EV_GIL_TIMEOUT, "GLASSBOX_GIL_TIMEOUT", NULL, NULL },
    { GBX_EV_GIL_DROP_REQUEST, "GLASSBOX_GIL_DROP_REQUEST", NULL, NULL },
    { GBX_EV_GIL_BREAKER, "GLASSBOX_BREAKER_SEEN", NULL, NULL },
    { GBX_EV_GIL_RELEASE, "GLASSBOX_GIL_RELEASE", gbx_fits_gil, NULL },
    { GBX_EV_GIL_ACQUIRE, "GLASSBOX_GIL_ACQUIRE", gbx_fits_gil, NULL },
    { GBX_EV_GIL_ACQUIRE, "GLASSBOX_GIL_ACQUIRE_TO_EXIT", gbx_fits_gil, NULL },
    { GBX_EV_GIL_FORCED, "GLASSBOX_GIL_FORCED_END", NULL, NULL },
    { GBX_EV_GIL_GIVE_UP, "GLASSBOX_GIL_GIVE_UP", gbx_fits_gil, NULL },
    { GBX_EV_GIL_HELD, "GBX_EV_GIL_HELD", NULL, "_PyGlassbox_GilHeld" },
    { GBX_EV_GIL_ENABLE, "GLASSBOX_GIL_ENABLE", gbx_fits_gil, NULL },
    { GBX_EV_GIL_DISABLE, "GLASSBOX_GIL_DISABLE", NULL, NULL },
    { GBX_EV_ATTACH, "GLASSBOX_ATTACHED", NULL, NULL },
    { GBX_EV_DETACH, "GLASSBOX_DETACH", gbx_fits_gil, NULL },
    { GBX_EV_SECTION_CONTENDED, "GLASSBOX_SECTION_CONTENDED", gbx_fits_gil, NULL },
    { GBX_EV_SECTION_BEGIN, "GLASSBOX_SECTION_BEGIN", gbx_fits_gil, NULL },
    { GBX_EV_SECTION_SUSPEND, "GLASSBOX_SECTION_SUSPEND", NULL, NULL },
    { GBX_EV_SECTION_RESUME, "GLASSBOX_SECTION_RESUME", NULL, NULL },
    { GBX_EV_PARK, "GLASSBOX_PARK", gbx_fits_gil, NULL },
    { GBX_EV_PARK, "GLASSBOX_RAW_WAIT", gbx_fits_gil, NULL },
    { GBX_EV_WAKE, "GLASSBOX_WAKE", gbx_fits_gil, NULL },
    { GBX_EV_WAKE, "GLASSBOX_RAW_WOKEN", gbx_fits_gil, NULL },
    { GBX_EV_UNPARK, "GLASSBOX_UNPARK", gbx_fits_gil, NULL },
    { GBX_EV_UNPARK, "GLASSBOX_UNPARK_ALL", gbx_fits_gil, NULL },
    { GBX_EV_UNPARK, "GLASSBOX_RAW_WAKE", gbx_fits_gil, NULL },
    { GBX_EV_AIO_LOOP, "GLASSBOX_AIO_LOOP", NULL, "_asyncio__set_running_loop_impl" },
    { GBX_EV_AIO_LOOP, "ROLE_TELLS_LOOP", NULL, NULL },
    EITHER(TASK_NEW, TASK_NEW), EITHER(FUTURE_NEW, FUTURE_NEW), EITHER(STEP_BEGIN, STEP_BEGIN),
    EITHER(STEP_END, STEP_END), EITHER(CANCEL, CANCEL), EITHER(DELIVERED, STEP_BEGIN),
    EITHER(UNCANCEL, UNCANCEL), EITHER(DONE, DONE), EITHER(WAKEUP, DONE), EITHER(WAKEUP, CALLBACK),
    EITHER(CALLBACK, DONE), EITHER(CALLBACK, CALLBACK), EITHER(GONE, GONE),
    { GBX_EV_AIO_CALL_SOON, "GBX_EV_AIO_CALL_SOON", NULL, NULL },
    { GBX_EV_AIO_CALL_AT, "GBX_EV_AIO_CALL_AT", NULL, NULL },
    { GBX_EV_AIO_READY, "ROLE_TELLS_READY", NULL, NULL },
    { GBX_EV_AIO_RUN_BEGIN, "ROLE_TELLS_RUN_BEGIN", NULL, NULL },
    { GBX_EV_AIO_RUN_END, "ROLE_TELLS_RUN_END", NULL, NULL },
    { GBX_EV_AIO_HANDLE_CANCEL, "ROLE_TELLS_HANDLE_CANCEL", NULL, NULL },
    { GBX_EV_AIO_ITERATION_BEGIN, "ROLE_TELLS_ITERATION_BEGIN", NULL, NULL },
    { GBX_EV_AIO_ITERATION_END, "ROLE_TELLS_ITERATION_END", NULL, NULL },
    { GBX_EV_AIO_SELECT, "GLASSBOX_AIO_SELECTED", gbx_fits_aio, NULL },
    { GBX_EV_BUF_GET, "GLASSBOX_BUF_GET", gbx_fits_buf, NULL },
    { GBX_EV_BUF_GET, "GLASSBOX_BUF_FILL", gbx_fits_buf, NULL },
    { GBX_EV_BUF_GET, "GLASSBOX_BUF_BYTES", gbx_fits_buf, NULL },
    { GBX_EV_BUF_RELEASE, "GLASSBOX_BUF_RELEASE", gbx_fits_buf, NULL },
    { GBX_EV_BUF_REFUSED, "GLASSBOX_BUF_GET", gbx_fits_buf, NULL },
    { GBX_EV_BUF_REFUSED, "GLASSBOX_BUF_REFUSED", gbx_fits_buf, NULL },
    { GBX_EV_BUF_AXIS, "GBX_EV_BUF_AXIS", NULL, NULL },
    { GBX_EV_BUF_ERROR, "GLASSBOX_BUF_IN_USE", gbx_fits_buf, NULL },
    { GBX_EV_BUF_PIN, "GLASSBOX_BUF_PIN", NULL, NULL },
    { GBX_EV_BUF_UNPIN, "GLASSBOX_BUF_UNPIN", NULL, NULL },
    { GBX_EV_VIEW_NEW, "GLASSBOX_VIEW_NEW", gbx_fits_buf, NULL },
    { GBX_EV_VIEW_LAYOUT, "GLASSBOX_VIEW_LAYOUT", gbx_fits_buf, NULL },
    { GBX_EV_VIEW_RELEASE, "GLASSBOX_VIEW_RELEASE", NULL, NULL },
    { GBX_EV_BUF_PYTHON_GET, "GLASSBOX_BUF_PYTHON_GET", NULL, NULL },
    { GBX_EV_BUF_PYTHON_RELEASE, "GLASSBOX_BUF_PYTHON_RELEASE", NULL, NULL },
    { GBX_EV_MEMORY_NEW, "GLASSBOX_MEMORY_NEW", NULL, NULL },
    { GBX_EV_MEMORY_FREE, "GLASSBOX_MEMORY_FREE", NULL, NULL },
};

size_t
gbx_rules_collect(const gbx_asked *it, const gbx_hook **list, const char **likely)
{
    const gbx_hooks *hooks = &it->source->hooks;
    size_t count = 0;
    for (size_t r = 0; r < sizeof(rules) / sizeof(rules[0]); r++) {
        if (rules[r].event != it->record->event) {
            continue;
        }
        *likely = rules[r].likely == NULL ? *likely : rules[r].likely;
        for (size_t i = 0; i < hooks->count && count < hooks->count; i++) {
            const gbx_hook *hook = &hooks->list[i];
            if (strcmp(hook->site.hook, rules[r].hook) == 0 &&
                (rules[r].fits == NULL || rules[r].fits(it, hook))) {
                list[count++] = hook;
            }
        }
    }
    return count;
}
