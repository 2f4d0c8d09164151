/* The invariants of every trace; see check.h.  One pass over the merged order, a small state a thread. */

#include "check.h"

#include <stdlib.h>

enum { NESTING, GENERATORS, TIME, WHOLE, STAGES };

static const char *const names[GBX_INVARIANTS] = {
    [NESTING] = "frames nest: a popped frame is the one pushed last",
    [GENERATORS] = "a resumed generator is one that was made or suspended before",
    [TIME] = "time never runs backwards within a thread",
    [WHOLE] = "the segments of a thread follow each other without a gap",
    [STAGES] = "compile stages nest",
};

typedef struct {
    uint32_t *frames;            /* tokens, the newest last */
    size_t depth, room;
    uint8_t stages[256];
    unsigned stage_depth;
    uint64_t last_ns;
    bool floor;                  /* its beginning is in the trace: nothing lies below depth 0 */
} thread_state;

static void
violate(gbx_invariant *invariant, size_t at)
{
    if (invariant->violations++ == 0) {
        invariant->first = at;
    }
}

static bool
push(thread_state *thread, uint32_t frame)
{
    if (thread->depth == thread->room) {
        size_t room = thread->room == 0 ? 64 : thread->room * 2;
        uint32_t *more = realloc(thread->frames, room * sizeof(*more));
        if (more == NULL) {
            return false;
        }
        thread->frames = more;
        thread->room = room;
    }
    thread->frames[thread->depth++] = frame;
    return true;
}

static void
pop(thread_state *thread, uint32_t frame, size_t at, gbx_invariant *nesting)
{
    nesting->looked_at++;
    if (thread->depth == 0) {
        if (thread->floor) {
            violate(nesting, at);
        }
        return;
    }
    if (thread->frames[--thread->depth] != frame) {
        violate(nesting, at);
    }
}

static void
check_stage(thread_state *thread, const gbx_compile_stage *stage, size_t at, gbx_invariant *stages)
{
    stages->looked_at++;
    if (stage->h.event == GBX_EV_COMPILE_BEGIN) {
        if (thread->stage_depth < sizeof(thread->stages)) {
            thread->stages[thread->stage_depth] = stage->h.flags;
        }
        thread->stage_depth++;
    }
    else if (thread->stage_depth == 0) {
        if (thread->floor) {
            violate(stages, at);
        }
    }
    else if (--thread->stage_depth < sizeof(thread->stages) &&
             thread->stages[thread->stage_depth] != stage->h.flags) {
        violate(stages, at);
    }
}

static bool
check_event(thread_state *thread, const gbx_head *head, size_t at, gbx_invariant *result)
{
    const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)head;
    switch (head->event) {
        case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_RESUME:
            return push(thread, edge->frame);
        case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND: case GBX_EV_FRAME_GENERATOR:
            pop(thread, edge->frame, at, &result[NESTING]);
            return true;
        case GBX_EV_COMPILE_BEGIN: case GBX_EV_COMPILE_END:
            check_stage(thread, (const gbx_compile_stage *)(const void *)head, at, &result[STAGES]);
            return true;
        default:
            return true;
    }
}

static int
by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Generators by the place where their frame lives, as (process, token): whatever is resumed must have
   been made or suspended somewhere in the trace before.  Only where every thread is whole. */
static int
check_generators(const gbx_trace *trace, gbx_invariant *result, gbx_error *error)
{
    uint64_t *born = malloc((gbx_trace_count(trace) + 1) * sizeof(*born));
    size_t count = 0;
    if (born == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        const gbx_head *head = gbx_trace_record(trace, at);
        uint64_t process = (uint64_t)gbx_trace_where(trace, at).process << 32;
        if (head->event == GBX_EV_FRAME_GENERATOR) {
            born[count++] = process | ((const gbx_frame_generator *)(const void *)head)->generator;
        }
        else if (head->event == GBX_EV_FRAME_SUSPEND) {
            born[count++] = process | ((const gbx_frame_edge *)(const void *)head)->frame;
        }
    }
    qsort(born, count, sizeof(*born), by_number);
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        const gbx_head *head = gbx_trace_record(trace, at);
        if (head->event == GBX_EV_FRAME_RESUME) {
            uint64_t key = (uint64_t)gbx_trace_where(trace, at).process << 32
                | ((const gbx_frame_edge *)(const void *)head)->frame;
            result->looked_at++;
            if (bsearch(&key, born, count, sizeof(*born), by_number) == NULL) {
                violate(result, at);
            }
        }
    }
    free(born);
    return 0;
}

/* Did this process's recording begin with the process, and lose nothing?  Then every stack is whole. */
static bool
process_is_whole(const gbx_trace *trace, uint32_t process)
{
    const gbx_process *info = gbx_trace_process(trace, process);
    return info->lost == 0 && info->overwritten == 0 && info->unknown == 0;
}

static void
check_streams(const gbx_trace *trace, thread_state *threads, gbx_invariant *whole, bool *all_whole)
{
    *all_whole = true;
    for (size_t s = 0; s < gbx_trace_stream_count(trace); s++) {
        const gbx_stream_info *info = gbx_trace_stream(trace, s);
        bool ring = gbx_trace_process(trace, info->process)->header->mode == GBX_MODE_RING;
        whole->looked_at++;
        if (!info->whole && !ring) {
            violate(whole, 0);
        }
        threads[s].floor = info->whole && process_is_whole(trace, info->process);
        *all_whole = *all_whole && threads[s].floor;
    }
}

int
gbx_check_all(const gbx_trace *trace, gbx_invariant result[GBX_INVARIANTS], gbx_error *error)
{
    size_t count = gbx_trace_stream_count(trace);
    thread_state *threads = calloc(count + 1, sizeof(*threads));
    int status = threads == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    bool all_whole = false;
    for (int i = 0; i < GBX_INVARIANTS; i++) {
        result[i] = (gbx_invariant){ .name = names[i] };
    }
    if (status == 0) {
        check_streams(trace, threads, &result[WHOLE], &all_whole);
    }
    for (size_t at = 0; status == 0 && at < gbx_trace_count(trace); at++) {
        gbx_where where = gbx_trace_where(trace, at);
        thread_state *thread = &threads[where.stream];
        result[TIME].looked_at++;
        if (where.t_ns < thread->last_ns) {
            violate(&result[TIME], at);
        }
        thread->last_ns = where.t_ns;
        if (!check_event(thread, gbx_trace_record(trace, at), at, result)) {
            status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
    }
    if (status == 0 && all_whole) {
        status = check_generators(trace, &result[GENERATORS], error);
    }
    for (size_t s = 0; threads != NULL && s < count; s++) {
        free(threads[s].frames);
    }
    free(threads);
    return status;
}
