/* Walk: see walk.h.

   Whose a code object is, is remembered by its id, in a table that is as full as half: ids are dense and small, but they are
   the file's, so nothing is indexed by them. */

#include "walk.h"

#include <stdlib.h>
#include <string.h>

/* -------------------------------------------------------------------- codes */

static size_t
slot_of(const gbx_walk *walk, uint32_t process, uint32_t code)
{
    size_t mask = walk->code_room - 1;
    size_t at = ((size_t)code * 2654435761u ^ (size_t)process * 40503u) & mask;
    while (walk->codes[at].known && (walk->codes[at].code != code || walk->codes[at].process != process)) {
        at = (at + 1) & mask;
    }
    return at;
}

static bool
grow_codes(gbx_walk *walk)
{
    gbx_walk_code *old = walk->codes;
    size_t room = walk->code_room;
    walk->code_room = room == 0 ? 1024 : room * 2;
    walk->codes = calloc(walk->code_room, sizeof(*walk->codes));
    if (walk->codes == NULL) {
        walk->codes = old;
        walk->code_room = room;
        walk->out_of_memory = true;
        return false;
    }
    for (size_t i = 0; i < room; i++) {
        if (old[i].known) {
            walk->codes[slot_of(walk, old[i].process, old[i].code)] = old[i];
        }
    }
    free(old);
    return true;
}

static bool
begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static gbx_whose
whose_file(const char *file, bool late)
{
    if (begins(file, GBX_WORK_FOLDER)) {
        return GBX_CODE_LEARNER;
    }
    if (late) {
        return GBX_CODE_OTHER;
    }
    return begins(file, GBX_LAB_FOLDER) ? GBX_CODE_HARNESS
        : begins(file, "/glassbox/") || begins(file, "<frozen ") ? GBX_CODE_LIBRARY : GBX_CODE_OTHER;
}

static gbx_walk_code *
find_code(gbx_walk *walk, uint32_t code)
{
    if (walk->code_count * 2 >= walk->code_room && !grow_codes(walk)) {
        return NULL;
    }
    gbx_walk_code *it = &walk->codes[slot_of(walk, walk->process, code)];
    if (!it->known) {
        const gbx_code_info *info = gbx_trace_code(walk->trace, walk->process, code);
        *it = (gbx_walk_code){ .process = walk->process, .code = code, .known = true };
        it->whose = info == NULL ? GBX_CODE_OTHER : whose_file(info->file, false);
        walk->code_count++;
    }
    return it;
}

gbx_whose
gbx_walk_whose(gbx_walk *walk, uint32_t code)
{
    const gbx_walk_code *it = find_code(walk, code);
    return it == NULL ? GBX_CODE_OTHER : it->whose;
}

/* A code object was made.  Its id may have been another's before. */
static void
note_new(gbx_walk *walk)
{
    const gbx_code *made = (const gbx_code *)(const void *)walk->record;
    gbx_walk_code *it = find_code(walk, made->code);
    if (it != NULL && walk->loaded) {
        const gbx_code_info *info = gbx_trace_code(walk->trace, walk->process, made->code);
        it->late = true;
        it->whose = info == NULL ? GBX_CODE_OTHER : whose_file(info->file, true);
    }
}

/* ------------------------------------------------------------------- stacks */

gbx_walk_frame *
gbx_walk_top(const gbx_walk *walk)
{
    return walk->stack->count == 0 ? NULL : &walk->stack->frames[walk->stack->count - 1];
}

static bool
is_foreign(gbx_whose whose)
{
    return whose == GBX_CODE_LEARNER || whose == GBX_CODE_OTHER;
}

static void
push(gbx_walk *walk, uint32_t code)
{
    gbx_walk_stack *stack = walk->stack;
    if (stack->count == stack->room) {
        size_t room = stack->room == 0 ? 64 : stack->room * 2;
        gbx_walk_frame *more = realloc(stack->frames, room * sizeof(*more));
        if (more == NULL) {
            walk->out_of_memory = true;
            return;
        }
        stack->frames = more;
        stack->room = room;
    }
    gbx_whose whose = gbx_walk_whose(walk, code);
    stack->frames[stack->count++] = (gbx_walk_frame){ .code = code, .whose = whose, .caller = walk->edge_caller };
    stack->foreign += is_foreign(whose);
}

static void
pop(gbx_walk *walk)
{
    gbx_walk_stack *stack = walk->stack;
    if (stack->count > 0) {
        stack->count--;
        stack->foreign -= is_foreign(stack->frames[stack->count].whose);
    }
}

/* What the event that was looked at does to its thread's stack, once everybody has looked. */
static void
take_effect(gbx_walk *walk)
{
    switch (walk->event) {
        case GBX_EV_FRAME_PUSH:
        case GBX_EV_FRAME_RESUME:
            push(walk, walk->edge);
            break;
        case GBX_EV_FRAME_POP:
        case GBX_EV_FRAME_SUSPEND:
        case GBX_EV_FRAME_GENERATOR:         // it moves to the heap: what was pushed has left the stack
            pop(walk);
            break;
        default:
            break;
    }
}

/* ---------------------------------------------------------------- one by one */

static void
look(gbx_walk *walk)
{
    walk->at = walk->now.at;
    walk->record = walk->now.entry.record;
    walk->event = walk->record->event;
    walk->stream = walk->now.entry.stream;
    walk->process = gbx_trace_stream(walk->trace, walk->stream)->process;
    walk->stack = &walk->stacks[walk->stream];
    if (walk->event == GBX_EV_FRAME_PUSH || walk->event == GBX_EV_FRAME_RESUME) {
        walk->edge = ((const gbx_frame_edge *)(const void *)walk->record)->code;
        walk->edge_caller = walk->event == GBX_EV_FRAME_PUSH ? walk->record->arg : (uint16_t)GBX_NO_OFFSET;
    }
    if (walk->event == GBX_EV_CODE_NEW) {
        note_new(walk);
    }
}

bool
gbx_walk_first(gbx_walk *walk, const gbx_trace *trace)
{
    *walk = (gbx_walk){ .trace = trace, .stack_count = gbx_trace_stream_count(trace) };
    walk->stacks = calloc(walk->stack_count + 1, sizeof(*walk->stacks));
    if (walk->stacks == NULL) {
        walk->out_of_memory = true;
        return false;
    }
    walk->stack = &walk->stacks[walk->stack_count];
    if (!gbx_trace_first(trace, &walk->now)) {
        return false;
    }
    look(walk);
    return true;
}

bool
gbx_walk_next(gbx_walk *walk)
{
    take_effect(walk);
    if (walk->out_of_memory || !gbx_trace_next(&walk->now)) {
        return false;
    }
    look(walk);
    return true;
}

void
gbx_walk_clear(gbx_walk *walk)
{
    for (size_t i = 0; i < walk->stack_count && walk->stacks != NULL; i++) {
        free(walk->stacks[i].frames);
    }
    free(walk->stacks);
    free(walk->codes);
    walk->stacks = NULL;
    walk->codes = NULL;
}
