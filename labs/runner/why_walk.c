/* One walk over one trace for all columns: the frames of each thread, and which code is the program's own.

   Frames may lie (a hostile trace, a recording begun in mid-run): a stack never goes below nothing, a pop of
   another function than the newest changes nothing, and memory is bounded. */

#include "why_walk.h"

#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX  (1u << 22)       /* of all stacks together */
#define CODES_MAX   (1u << 20)       /* ids that are remembered; others are looked at each time */

/* -------------------------------------------------------------------- frames */

static void
push(gbx_why_walk *walk, gbx_why_stack *stack, const gbx_frame_edge *edge)
{
    if (stack->depth > 0 && stack->depth <= stack->room && edge->h.flags != 255) {
        stack->frames[stack->depth - 1].offset = edge->h.arg;
    }
    if (stack->depth == stack->room) {
        size_t room = stack->room == 0 ? 64 : stack->room * 2;
        gbx_why_frame *frames = room - stack->room > walk->frames_left ? NULL
            : realloc(stack->frames, room * sizeof(*frames));
        if (frames != NULL) {
            walk->frames_left -= room - stack->room;
            stack->frames = frames;
            stack->room = room;
        }
    }
    if (stack->depth < stack->room) {
        stack->frames[stack->depth] = (gbx_why_frame){ edge->code, GBX_NO_OFFSET };
    }
    stack->depth++;
}

static void
pop(gbx_why_stack *stack, uint32_t code)
{
    if (stack->depth > stack->room
            || (stack->depth > 0 && stack->frames[stack->depth - 1].code == code)) {
        stack->depth--;
    }
}

/* What went by since the thread's last frame event belongs to the function that it was in. */
static void
charge(gbx_why_walk *walk, const gbx_entry *entry, gbx_why_stack *stack)
{
    uint64_t since_ns = stack->since_ns > walk->begin_ns ? stack->since_ns : walk->begin_ns;
    stack->since_ns = entry->t_ns;
    if (!walk->timed || walk->at < walk->begin || stack->depth == 0 || stack->depth > stack->room
            || entry->t_ns < since_ns) {
        return;
    }
    uint32_t process = gbx_trace_stream(walk->trace, entry->stream)->process;
    gbx_why_place place = { process, stack->frames[stack->depth - 1].code, GBX_NO_OFFSET };
    gbx_why_line *function = gbx_why_tally_at(&walk->functions, place, walk->at);
    if (function == NULL) {
        walk->failed = true;
        return;
    }
    function->ns += (double)(entry->t_ns - since_ns);
    function->count += entry->record->event == GBX_EV_FRAME_POP;
}

static void
follow_frames(gbx_why_walk *walk, const gbx_entry *entry)
{
    gbx_why_stack *stack = &walk->stacks[entry->stream];
    const gbx_frame_edge *edge = (const void *)entry->record;
    charge(walk, entry, stack);
    switch (entry->record->event) {
        case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_RESUME:
            push(walk, stack, edge);
            break;
        case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND: case GBX_EV_FRAME_GENERATOR:
            pop(stack, edge->code);
            break;
        default:
            break;
    }
}

/* ------------------------------------------------------------- whose code it is */

static bool
below(const char *file, const char *folder)
{
    size_t length = strlen(folder);
    return length > 0 && strncmp(file, folder, length) == 0 && (file[length] == '/' || folder[length - 1] == '/');
}

bool
gbx_why_is_library(const gbx_why_walk *walk, const char *file)
{
    const char *library = walk->input->library;
    if (file[0] == '<') {                        /* <frozen os>; <string>, which -c runs, and libraries make, too */
        return !walk->runs_text || strcmp(file, "<string>") != 0;
    }
    return library != NULL ? below(file, library) : strstr(file, "/lib/python3.") != NULL;
}

static bool
is_own_file(const gbx_why_walk *walk, const char *file)
{
    return strstr(file, "/site-packages/") == NULL && strstr(file, "/dist-packages/") == NULL
        && !gbx_why_is_library(walk, file);
}

bool
gbx_why_is_own(gbx_why_walk *walk, uint32_t process, uint32_t code)
{
    uint8_t *known = code < CODES_MAX && walk->kinds[process] != NULL ? &walk->kinds[process][code] : NULL;
    if (known != NULL && *known != 0) {
        return *known == 1;
    }
    const gbx_code_info *info = gbx_trace_code(walk->trace, process, code);
    bool own = info != NULL && is_own_file(walk, info->file);
    if (known != NULL) {
        *known = own ? 1 : 2;
    }
    return own;
}

gbx_why_place
gbx_why_here(gbx_why_walk *walk, const gbx_entry *entry)
{
    uint32_t process = gbx_trace_stream(walk->trace, entry->stream)->process;
    const gbx_why_stack *stack = &walk->stacks[entry->stream];
    for (size_t i = stack->depth < stack->room ? stack->depth : stack->room; i > 0; i--) {
        const gbx_why_frame *frame = &stack->frames[i - 1];
        if (gbx_why_is_own(walk, process, frame->code)) {
            return (gbx_why_place){ process, frame->code, frame->offset };
        }
    }
    return (gbx_why_place){ process, 0, GBX_NO_OFFSET };
}

gbx_why_place
gbx_why_own(gbx_why_walk *walk, const gbx_entry *entry, uint32_t code, uint16_t offset)
{
    uint32_t process = gbx_trace_stream(walk->trace, entry->stream)->process;
    gbx_why_place place = { process, code, offset };
    if (gbx_why_is_own(walk, process, code)) {
        return place;
    }
    gbx_why_place here = gbx_why_here(walk, entry);
    return here.code != 0 ? here : place;
}

gbx_why_place
gbx_why_made_at(gbx_why_walk *walk, const gbx_entry *entry, const gbx_why_thing *thing)
{
    gbx_why_place place = { thing->process, thing->code, thing->offset };
    return thing->code == 0 ? place : gbx_why_own(walk, entry, thing->code, thing->offset);
}

/* ---------------------------------------------------------------- the beginning */

static bool
named(const gbx_trace *trace, const gbx_entry *entry, uint32_t name, const char *expected)
{
    const char *text = gbx_trace_string(trace, gbx_trace_stream(trace, entry->stream)->process, name);
    return text != NULL && strcmp(text, expected) == 0;
}

/* Does the program's own part begin here: a file is run, a module (-m), a text (-c)? */
static bool
is_beginning(const gbx_trace *trace, const gbx_entry *entry)
{
    const gbx_compile_stage *stage = (const void *)entry->record;
    const gbx_import *import = (const void *)entry->record;
    switch (entry->record->event) {
        case GBX_EV_COMPILE_BEGIN:
            return stage->h.flags == GBX_STAGE_RUN_FILE
                || (stage->h.flags == GBX_STAGE_PARSE && named(trace, entry, stage->name, "<string>"));
        case GBX_EV_IMPORT_BEGIN:
            return named(trace, entry, import->name, "runpy");
        default:
            return false;
    }
}

/* The last collections begin when the interpreter takes itself down: asked for by no Python function. */
static bool
is_end(const gbx_entry *entry)
{
    const gbx_gc_start *start = (const void *)entry->record;
    return entry->record->event == GBX_EV_GC_START
        && (start->reason == GBX_GC_REASON_SHUTDOWN || (start->reason == GBX_GC_REASON_MANUAL && start->code == 0));
}

static void
find_ends(gbx_why_walk *walk)
{
    gbx_cursor now;
    size_t count = gbx_trace_count(walk->trace);
    for (bool more = gbx_trace_first(walk->trace, &now); more; more = gbx_trace_next(&now)) {
        if (is_beginning(walk->trace, &now.entry)) {
            walk->runs_text = now.entry.record->event == GBX_EV_COMPILE_BEGIN
                && ((const gbx_compile_stage *)(const void *)now.entry.record)->h.flags == GBX_STAGE_PARSE;
            walk->begin = now.at;
            walk->begin_ns = now.entry.t_ns;
            break;
        }
    }
    if (count > 0 && gbx_trace_seek(walk->trace, count - 1, &now)) {
        walk->end_ns = now.entry.t_ns > walk->begin_ns ? now.entry.t_ns : walk->begin_ns;
    }
}

/* ----------------------------------------------------------------------- walk */

static bool
make_kinds(gbx_why_walk *walk)
{
    size_t processes = gbx_trace_process_count(walk->trace);
    walk->kinds = calloc(processes + 1, sizeof(*walk->kinds));
    for (size_t i = 0; walk->kinds != NULL && i < processes && i < 64; i++) {
        walk->kinds[i] = calloc(CODES_MAX, 1);   /* of more processes codes are looked at each time */
    }
    return walk->kinds != NULL;
}

bool
gbx_why_walk_begin(gbx_why_walk *walk, const gbx_why_input *input, const gbx_trace *trace)
{
    *walk = (gbx_why_walk){ .input = input, .trace = trace, .timed = trace == input->timed,
                            .counted = trace == input->counted, .frames_left = FRAMES_MAX };
    walk->stacks = calloc(gbx_trace_stream_count(trace) + 1, sizeof(*walk->stacks));
    if (walk->counted) {
        walk->memory = gbx_why_memory_new(trace);
    }
    if (walk->stacks == NULL || (walk->counted && walk->memory == NULL) || !make_kinds(walk)) {
        gbx_why_walk_clear(walk);
        return false;
    }
    find_ends(walk);
    return true;
}

static bool
is_of_memory(int klass)
{
    return klass == GBX_CLASS_OBJ || klass == GBX_CLASS_ALLOC || klass == GBX_CLASS_GC || klass == GBX_CLASS_BUF;
}

bool
gbx_why_walk_all(gbx_why_walk *walk, gbx_why_listen *listen, void *with)
{
    gbx_cursor now;
    for (bool more = gbx_trace_first(walk->trace, &now); more && !walk->failed; more = gbx_trace_next(&now)) {
        int klass = gbx_event_class(now.entry.record->event);
        walk->at = now.at;
        if (klass == GBX_CLASS_FRAME) {
            follow_frames(walk, &now.entry);
        }
        else if (walk->memory != NULL && is_of_memory(klass)) {
            walk->failed = !gbx_why_memory_event(walk->memory, &now.entry);
        }
        walk->ends = walk->ends || is_end(&now.entry);
        if (now.at >= walk->begin && klass >= 0) {
            listen(with, walk, &now.entry, (unsigned)klass);
        }
    }
    return !walk->failed;
}

void
gbx_why_walk_clear(gbx_why_walk *walk)
{
    size_t streams = walk->stacks == NULL ? 0 : gbx_trace_stream_count(walk->trace);
    size_t processes = walk->kinds == NULL ? 0 : gbx_trace_process_count(walk->trace);
    for (size_t i = 0; i < streams; i++) {
        free(walk->stacks[i].frames);
    }
    for (size_t i = 0; i < processes; i++) {
        free(walk->kinds[i]);
    }
    gbx_why_memory_free(walk->memory);
    gbx_why_tally_clear(&walk->functions);
    free(walk->stacks);
    free(walk->kinds);
    walk->memory = NULL;
    walk->stacks = NULL;
    walk->kinds = NULL;
}
