/* The checks of single records, in the merged order, with a small state a thread; see check.h. */

#include "check_internal.h"

#include <inttypes.h>
#include <string.h>

/* --------------------------------------------------------------- the stacks */

/* A frame's token and its code; a code of 0 could not be defined, and says nothing. */
static bool
same_frame(uint64_t pushed, uint64_t popped)
{
    return (uint32_t)pushed == (uint32_t)popped &&
        (pushed >> 32 == popped >> 32 || pushed >> 32 == 0 || popped >> 32 == 0);
}

static const char *
code_name(const gbx_checker *c, uint32_t process, uint64_t item)
{
    const gbx_code_info *code = gbx_trace_code(c->trace, process, (uint32_t)(item >> 32));
    return code == NULL ? "?" : code->name;
}

static void
pop_frame(gbx_checker *c, thread_state *thread, uint64_t frame, size_t at)
{
    uint64_t pushed = 0;
    gbx_popped popped = gbx_stack_pop(&thread->frames, &pushed);
    c->result[GBX_INVARIANT_NESTING].looked_at += popped != GBX_FORGOTTEN;
    if (popped == GBX_BELOW && thread->floor) {
        gbx_checker_violate(c, GBX_INVARIANT_NESTING, at,
                            "'%.60s' (frame %#" PRIx32 ") is left, and no frame was entered",
                            code_name(c, thread->process, frame), (uint32_t)frame);
    }
    else if (popped == GBX_POPPED && !same_frame(pushed, frame)) {
        gbx_checker_violate(c, GBX_INVARIANT_NESTING, at,
                            "'%.50s' (frame %#" PRIx32 ") is left, '%.50s' (frame %#" PRIx32
                            ") was entered last", code_name(c, thread->process, frame),
                            (uint32_t)frame, code_name(c, thread->process, pushed),
                            (uint32_t)pushed);
    }
}

/* Generators live on the heap and go from thread to thread: one set a process. */
static void
keep_generator(gbx_checker *c, const thread_state *thread, uint32_t frame)
{
    gbx_set_add(&c->generators, (uint64_t)thread->process << 32 | frame);
}

static void
resume_generator(gbx_checker *c, const thread_state *thread, uint64_t frame, size_t at)
{
    bool there = gbx_set_remove(&c->generators, (uint64_t)thread->process << 32 | (uint32_t)frame);
    if (!thread->of->generators || c->generators.lost) {
        return;
    }
    c->result[GBX_INVARIANT_GENERATORS].looked_at++;
    if (!there) {
        gbx_checker_violate(c, GBX_INVARIANT_GENERATORS, at, "'%.60s' was not suspended",
                            code_name(c, thread->process, frame));
    }
}

static void
check_stage(gbx_checker *c, thread_state *thread, const gbx_head *head, size_t at)
{
    uint64_t begun = 0;
    c->result[GBX_INVARIANT_STAGES].looked_at++;
    if (head->event == GBX_EV_COMPILE_BEGIN) {
        gbx_stack_push(&thread->stages, head->flags, &c->budget);
        return;
    }
    gbx_popped popped = gbx_stack_pop(&thread->stages, &begun);
    const char *ended = gbx_trace_label(GBX_ENUM_STAGE, head->flags);
    if ((popped == GBX_BELOW && thread->floor) || (popped == GBX_POPPED && begun != head->flags)) {
        const char *open = popped == GBX_BELOW
            ? "none" : gbx_trace_label(GBX_ENUM_STAGE, (uint8_t)begun);
        gbx_checker_violate(c, GBX_INVARIANT_STAGES, at, "%s ends, %s was begun last",
                            ended == NULL ? "?" : ended, open == NULL ? "?" : open);
    }
}

/* The same text may have been defined twice. */
static bool
same_name(const gbx_checker *c, uint32_t process, uint32_t a, uint32_t b)
{
    if (a == b || a == 0 || b == 0) {
        return true;
    }
    const char *x = gbx_trace_string(c->trace, process, a);
    const char *y = gbx_trace_string(c->trace, process, b);
    return x != NULL && y != NULL && strcmp(x, y) == 0;
}

static void
check_import(gbx_checker *c, thread_state *thread, const gbx_import *import, size_t at)
{
    uint64_t begun = 0;
    c->result[GBX_INVARIANT_IMPORTS].looked_at++;
    if (import->h.event == GBX_EV_IMPORT_BEGIN) {
        gbx_stack_push(&thread->imports, (uint64_t)import->h.flags << 32 | import->name, &c->budget);
        return;
    }
    gbx_popped popped = gbx_stack_pop(&thread->imports, &begun);
    if ((popped == GBX_BELOW && thread->floor) ||
        (popped == GBX_POPPED && (begun >> 32 != import->h.flags ||
                                  !same_name(c, thread->process, (uint32_t)begun, import->name)))) {
        const char *ended = gbx_trace_string(c->trace, thread->process, import->name);
        const char *open = popped == GBX_BELOW
            ? "nothing" : gbx_trace_string(c->trace, thread->process, (uint32_t)begun);
        gbx_checker_violate(c, GBX_INVARIANT_IMPORTS, at,
                            "the import of '%.60s' ends, that of '%.60s' was begun",
                            ended == NULL ? "?" : ended, open == NULL ? "?" : open);
    }
}

/* ----------------------------------------------------------- single records */

static void
check_attempt(gbx_checker *c, thread_state *thread, const gbx_spec *spec, size_t at)
{
    uint64_t site = (uint64_t)spec->code << 16 | spec->h.arg;
    if (thread->gap) {
        return;
    }
    c->result[GBX_INVARIANT_SPEC].looked_at++;
    if (spec->h.event == GBX_EV_SPEC_ATTEMPT) {
        if (thread->attempted) {
            gbx_checker_violate(c, GBX_INVARIANT_SPEC, at, "an attempt follows an attempt");
        }
        thread->attempted = thread->results = true;
        thread->site = site;
        return;
    }
    if (thread->attempted ? site != thread->site : thread->results || thread->floor) {
        gbx_checker_violate(c, GBX_INVARIANT_SPEC, at, "a result without an attempt at its site");
    }
    thread->attempted = false;
}

static bool
is_defined(const gbx_checker *c, uint64_t key)
{
    uint32_t process = (uint32_t)(key >> 40), id = (uint32_t)key;
    uint8_t kind = (uint8_t)(key >> 32);
    return kind == GBX_KIND_CODE ? gbx_trace_code(c->trace, process, id) != NULL
        : kind == GBX_KIND_TYPE ? gbx_trace_type(c->trace, process, id) != NULL
        : kind == GBX_KIND_WATCH ? gbx_trace_watch(c->trace, process, id) != NULL
        : gbx_trace_string(c->trace, process, id) != NULL;
}

static void
find_naming(gbx_checker *c, naming *of, uint32_t process, size_t at)
{
    size_t count = gbx_trace_field_count(c->trace, at);
    of->count = 0;
    for (size_t i = 0; i < count && of->count < NAMING_MAX; i++) {
        gbx_field field = gbx_trace_field(c->trace, at, i);
        if (field.width <= 4 && (field.kind == GBX_KIND_CODE || field.kind == GBX_KIND_STRING
                                 || field.kind == GBX_KIND_TYPE || field.kind == GBX_KIND_WATCH)) {
            of->offset[of->count] = field.offset;
            of->width[of->count] = field.width;
            of->key[of->count++] = (uint64_t)process << 40 | (uint64_t)field.kind << 32;
        }
    }
}

static const char *
name_kind(uint8_t kind)
{
    return kind == GBX_KIND_CODE ? "code object" : kind == GBX_KIND_TYPE ? "type"
        : kind == GBX_KIND_WATCH ? "watched object" : "string";
}

/* The same names come again and again: those found lately are not searched for. */
static void
check_names(gbx_checker *c, process_state *process, uint32_t index, const gbx_head *head, size_t at)
{
    naming *of = &process->namings[head->event];
    if (of->count == UINT8_MAX) {
        find_naming(c, of, index, at);
    }
    c->result[GBX_INVARIANT_NAMES].looked_at += of->count > 0;
    for (unsigned i = 0; i < of->count; i++) {
        uint32_t id = 0;
        memcpy(&id, (const uint8_t *)head + of->offset[i], of->width[i]);
        uint64_t key = of->key[i] | id;
        uint64_t *known = &c->known[key * UINT64_C(0x9e3779b97f4a7c15) >> 52];
        if (*known == key || id == 0) {
            continue;
        }
        if (!is_defined(c, key)) {
            gbx_checker_violate(c, GBX_INVARIANT_NAMES, at, "%s %" PRIu32 " is not defined",
                                name_kind((uint8_t)(key >> 32)), id);
            return;
        }
        *known = key;
    }
}

/* The heap as the events have it, against what the allocator says of itself at each mark. */
static void
check_heap(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at)
{
    process_state *process = thread->of;
    char words[160];
    if (process->heap == NULL && !process->heapless) {
        process->heapless = gbx_heap_new(&process->heap, c->trace, thread->process, NULL) != 0;
    }
    if (process->heapless || gbx_heap_apply(process->heap, event) != 0) {
        process->heapless = true;
        return;
    }
    if (event->record->event == GBX_EV_ALLOC_TOTAL || event->record->event == GBX_EV_ALLOC_FOUND) {
        int differs = gbx_heap_compare(process->heap, event, words, sizeof(words));
        c->result[GBX_INVARIANT_HEAP].looked_at += differs >= 0;
        if (differs > 0) {
            gbx_checker_violate(c, GBX_INVARIANT_HEAP, at, "%s", words);
        }
    }
}

/* The classes changed: what was begun may end unseen, and the reverse. */
static void
forget_thread(thread_state *thread, uint32_t changes)
{
    thread->frames.depth = thread->stages.depth = thread->imports.depth = 0;
    thread->collections.depth = thread->steps.depth = thread->runs.depth = thread->iterations.depth = 0;
    thread->world[0] = thread->world[1] = 0;
    thread->attempted = thread->results = thread->floor = thread->collected = thread->stopped = false;
    thread->changes = changes;
}

static void
check_frame(gbx_checker *c, thread_state *thread, const gbx_head *head, size_t at)
{
    const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)head;
    uint64_t frame = (uint64_t)edge->code << 32 | edge->frame;
    switch (head->event) {
        case GBX_EV_FRAME_RESUME:
            resume_generator(c, thread, frame, at);
            /* fall through */
        case GBX_EV_FRAME_PUSH:
            gbx_stack_push(&thread->frames, frame, &c->budget);
            break;
        case GBX_EV_FRAME_GENERATOR:
            keep_generator(c, thread, ((const gbx_frame_generator *)(const void *)head)->generator);
            pop_frame(c, thread, frame, at);
            break;
        case GBX_EV_FRAME_SUSPEND:
            keep_generator(c, thread, edge->frame);
            /* fall through */
        default:
            pop_frame(c, thread, frame, at);
            break;
    }
}

static void
check_record(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at)
{
    const gbx_head *head = event->record;
    switch (head->event) {
        case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND:
        case GBX_EV_FRAME_RESUME: case GBX_EV_FRAME_GENERATOR:
            check_frame(c, thread, head, at);
            break;
        case GBX_EV_COMPILE_BEGIN: case GBX_EV_COMPILE_END:
            check_stage(c, thread, head, at);
            break;
        case GBX_EV_IMPORT_BEGIN: case GBX_EV_IMPORT_END:
            check_import(c, thread, (const gbx_import *)(const void *)head, at);
            break;
        case GBX_EV_SPEC_ATTEMPT: case GBX_EV_SPEC_SUCCESS: case GBX_EV_SPEC_FAIL:
        case GBX_EV_SPEC_RESPECIALIZE:
            check_attempt(c, thread, (const gbx_spec *)(const void *)head, at);
            break;
        case GBX_EV_GC_START: case GBX_EV_GC_PHASE: case GBX_EV_GC_VERDICT: case GBX_EV_GC_UNTRACK:
        case GBX_EV_GC_DONE:
            gbx_check_collection(c, thread, event, at);
            break;
        case GBX_EV_WORLD_STOP: case GBX_EV_WORLD_STOPPED: case GBX_EV_WORLD_STARTED:
            gbx_check_world(c, thread, head, at);
            break;
        case GBX_EV_GIL_CREATE: case GBX_EV_GIL_DESTROY: case GBX_EV_GIL_REQUEST:
        case GBX_EV_GIL_TIMEOUT: case GBX_EV_GIL_DROP_REQUEST: case GBX_EV_GIL_RELEASE:
        case GBX_EV_GIL_ACQUIRE: case GBX_EV_GIL_FORCED: case GBX_EV_GIL_GIVE_UP: case GBX_EV_GIL_HELD:
        case GBX_EV_ATTACH: case GBX_EV_DETACH:
            gbx_check_gil(c, thread, event, at);
            break;
        case GBX_EV_AIO_LOOP: case GBX_EV_AIO_TASK_NEW: case GBX_EV_AIO_FUTURE_NEW:
        case GBX_EV_AIO_STEP_BEGIN: case GBX_EV_AIO_STEP_END: case GBX_EV_AIO_CANCEL:
        case GBX_EV_AIO_DELIVERED: case GBX_EV_AIO_UNCANCEL: case GBX_EV_AIO_DONE:
        case GBX_EV_AIO_WAKEUP: case GBX_EV_AIO_CALLBACK: case GBX_EV_AIO_GONE:
        case GBX_EV_AIO_CALL_SOON: case GBX_EV_AIO_CALL_AT: case GBX_EV_AIO_READY:
        case GBX_EV_AIO_RUN_BEGIN: case GBX_EV_AIO_RUN_END: case GBX_EV_AIO_HANDLE_CANCEL:
        case GBX_EV_AIO_ITERATION_BEGIN: case GBX_EV_AIO_SELECT: case GBX_EV_AIO_ITERATION_END:
            gbx_check_aio(c, thread, head, at);
            break;
        case GBX_EV_BUF_GET: case GBX_EV_BUF_RELEASE: case GBX_EV_BUF_ERROR: case GBX_EV_BUF_PIN:
        case GBX_EV_BUF_UNPIN: case GBX_EV_VIEW_NEW: case GBX_EV_VIEW_RELEASE:
            gbx_check_buf(c, thread, event, at);
            break;
        case GBX_EV_OBJ_DESTROY:
            gbx_check_buf_death(c, thread, (const gbx_obj *)(const void *)head, at);
            break;
        case GBX_EV_STREAM_LOST:
            c->result[GBX_INVARIANT_LOSSES].looked_at++;
            thread->lost += ((const gbx_stream_lost *)(const void *)head)->count;
            break;
        case GBX_EV_WATCH:
            gbx_checker_watch(thread->of, (const gbx_watch *)(const void *)head);
            break;
        case GBX_EV_REF_INC: case GBX_EV_REF_DEC: case GBX_EV_REF_SET: case GBX_EV_REF_SKIP:
        case GBX_EV_REF_DEALLOC: case GBX_EV_REF_QUEUE: case GBX_EV_REF_MERGE: case GBX_EV_REF_OWNER:
        case GBX_EV_REF_RETRY:
            gbx_checker_ref(c, thread->of, (const gbx_ref *)(const void *)head, at);
            break;
        case GBX_EV_STREAM_MASK:
            thread->of->counts = thread->of->locks_whole = false;
            thread->of->aio_whole = thread->of->exports_whole = false;
            thread->of->changes++;
            thread->of->generators = false;
            break;
        default:
            break;
    }
}

void
gbx_checker_event(gbx_checker *c, const gbx_entry *event, size_t at)
{
    thread_state *thread = &c->threads[event->stream];
    process_state *process = thread->of;
    if (thread->changes != process->changes) {
        forget_thread(thread, process->changes);
    }
    c->result[GBX_INVARIANT_TIME].looked_at += process->timed;
    if (event->backward) {
        gbx_checker_violate(c, GBX_INVARIANT_TIME, at,
                            "the clock says that it came before the last event");
    }
    if (process->names) {
        check_names(c, process, thread->process, event->record, at);
    }
    bool switched = event->record->event == GBX_EV_STREAM_MASK;
    if (switched || gbx_event_class(event->record->event) == GBX_CLASS_ALLOC) {
        check_heap(c, thread, event, at);
    }
    if (switched || gbx_event_class(event->record->event) != GBX_CLASS_ALLOC) {
        check_record(c, thread, event, at);
    }
}
