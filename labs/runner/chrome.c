/* A trace as Chrome's Trace Event Format; see chrome.h. */

#include "chrome.h"
#include "gil_json.h"            // gbx_gil_function()
#include "lanes.h"
#include "show.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX   (4u << 20)  /* open at once, all threads together */
#define LOCKS_MAX    4096u       /* tracks of locks */
#define UNWIND_MAX   64u         /* frames that one pop may leave */

typedef struct {
    uint64_t begin_ns;
    uint32_t code, frame;
} open_frame;

typedef struct {
    open_frame *frames;
    size_t depth, room;
} frame_stack;

typedef struct {
    const gbx_trace *trace;
    const gbx_chrome_options *options;
    gbx_symbols *symbols;
    FILE *to;
    gbx_chrome_counts *counts;
    frame_stack *stacks;         /* by stream */
    bool *has_frames;            /* by process */
    uint64_t *locks;             /* process << 32 | lock: those that have a name already */
    size_t lock_count, frame_count;
    bool failed;                 /* no memory, or `to` does not take more */
} writer;

/* ------------------------------------------------------------------ one event */

/* Takes the reference. */
static void
put(writer *w, json_t *event)
{
    const size_t flags = JSON_COMPACT | JSON_REAL_PRECISION(15) | JSON_ENSURE_ASCII;
    if (event == NULL || fputs(w->counts->events == 0 ? "\n" : ",\n", w->to) < 0 ||
        json_dumpf(event, w->to, flags) != 0) {
        w->failed = true;
    }
    w->counts->events++;
    json_decref(event);
}

static json_int_t
pid_of(const writer *w, uint32_t stream)
{
    uint32_t process = gbx_trace_stream(w->trace, stream)->process;
    return (json_int_t)gbx_trace_process(w->trace, process)->header->pid;
}

/* What the kernel called the thread; its number in the trace where that is not known. */
static json_int_t
tid_of(const writer *w, uint32_t stream)
{
    const gbx_stream_info *info = gbx_trace_stream(w->trace, stream);
    return info->native_id == 0 || info->native_id > INT32_MAX
        ? (json_int_t)info->thread : (json_int_t)info->native_id;
}

static double
us(uint64_t ns)
{
    return (double)ns / 1000;
}

static json_t *
slice(json_int_t pid, json_int_t tid, const char *name, const char *category, uint64_t begin_ns,
      uint64_t end_ns)
{
    return json_pack("{s:s, s:s, s:s, s:I, s:I, s:f, s:f}", "name", name, "cat", category, "ph", "X",
                     "pid", pid, "tid", tid, "ts", us(begin_ns), "dur", us(end_ns - begin_ns));
}

static void
put_name(writer *w, const char *what, json_int_t pid, json_int_t tid, const char *name, json_int_t order)
{
    put(w, json_pack("{s:s, s:s, s:I, s:I, s:f, s:{s:s}}", "name", what, "ph", "M", "pid", pid, "tid", tid,
                     "ts", 0.0, "args", "name", name));
    if (strcmp(what, "thread_name") == 0) {
        put(w, json_pack("{s:s, s:s, s:I, s:I, s:f, s:{s:I}}", "name", "thread_sort_index", "ph", "M", "pid",
                         pid, "tid", tid, "ts", 0.0, "args", "sort_index", order));
    }
}

static const char *
thread_name(const writer *w, uint32_t stream, char *text, size_t size)
{
    const gbx_stream_info *info = gbx_trace_stream(w->trace, stream);
    if (info->name[0] != '\0') {
        return info->name;
    }
    snprintf(text, size, "thread %" PRIu32, info->thread);
    return text;
}

/* ------------------------------------------------------------------ the tracks */

static void
put_tracks(writer *w)
{
    char text[64];
    for (uint32_t p = 0; p < gbx_trace_process_count(w->trace); p++) {
        const gbx_process *process = gbx_trace_process(w->trace, p);
        const char *program = gbx_trace_meta_value(w->trace, p, "program");
        put_name(w, "process_name", (json_int_t)process->header->pid, 0,
                 program == NULL ? "python" : program, 0);
    }
    for (uint32_t s = 0; s < gbx_trace_stream_count(w->trace); s++) {
        put_name(w, "thread_name", pid_of(w, s), tid_of(w, s), thread_name(w, s, text, sizeof(text)),
                 1000 + (json_int_t)gbx_trace_stream(w->trace, s)->thread);
    }
}

/* The track of a lock, named at its first slice; -1: there are too many. */
static json_int_t
lock_track(writer *w, uint32_t stream, uint32_t lock)
{
    char name[64];
    uint64_t key = (uint64_t)gbx_trace_stream(w->trace, stream)->process << 32 | lock;
    json_int_t tid = (json_int_t)GBX_CHROME_LOCK_TRACK + lock;
    for (size_t i = 0; i < w->lock_count; i++) {
        if (w->locks[i] == key) {
            return tid;
        }
    }
    if (w->lock_count == LOCKS_MAX) {
        return -1;
    }
    w->locks[w->lock_count++] = key;
    snprintf(name, sizeof(name), lock == 0 ? "lock %" PRIu32 " (main interpreter)"
             : "lock %" PRIu32 " (interpreter %" PRIu32 ")", lock, lock);
    put_name(w, "thread_name", pid_of(w, stream), tid, name, (json_int_t)lock);
    return tid;
}

/* -------------------------------------------------------------------- the lock */

static void
add_release(writer *w, json_t *event, const gbx_span_of_lane *span)
{
    char place[512], function[128];
    uint32_t process = gbx_trace_stream(w->trace, span->stream)->process;
    const char *why = gbx_trace_label(GBX_ENUM_RELEASE, span->why);
    json_t *args = json_object();
    gbx_show_line(w->trace, process, span->code, span->offset, place, sizeof(place));
    if (span->let_go && why != NULL) {
        json_object_set_new(args, "why", json_string(why));
    }
    if (span->let_go && place[0] != '\0') {
        json_object_set_new(args, "place", json_string(place));
    }
    if (span->let_go && gbx_gil_function(w->trace, w->symbols, process, span->by, function, sizeof(function))) {
        json_object_set_new(args, "function", json_string(function));
    }
    json_object_set_new(event, "args", args);
}

static void
put_hold(writer *w, const gbx_span_of_lane *span)
{
    char text[64];
    uint32_t process = gbx_trace_stream(w->trace, span->stream)->process;
    json_int_t tid = lock_track(w, span->stream, span->lock);
    json_t *event = tid < 0 ? NULL : slice(pid_of(w, span->stream), tid,
        thread_name(w, span->stream, text, sizeof(text)), "gil", span->begin_ns, span->end_ns);
    if (event != NULL) {
        add_release(w, event, span);
        put(w, event);
    }
    if (!w->has_frames[process]) {
        snprintf(text, sizeof(text), "holds lock %" PRIu32, span->lock);
        put(w, slice(pid_of(w, span->stream), tid_of(w, span->stream), text, "gil", span->begin_ns,
                     span->end_ns));
    }
}

static void
see_span(void *with, const gbx_span_of_lane *span)
{
    writer *w = with;
    char name[160], function[128];
    uint32_t process = gbx_trace_stream(w->trace, span->stream)->process;
    if (span->lane == GBX_LANE_HOLDS) {
        put_hold(w, span);
        return;
    }
    if (span->lane == GBX_LANE_WAITS) {
        snprintf(name, sizeof(name), span->lock == GBX_NO_LOCK ? "waits" : "waits for lock %" PRIu32, span->lock);
    }
    else if (span->lane == GBX_LANE_OUTSIDE) {
        bool known = gbx_gil_function(w->trace, w->symbols, process, span->by, function, sizeof(function));
        snprintf(name, sizeof(name), "outside%s%s", known ? ": " : "", function);
    }
    else {
        return;
    }
    json_t *event = slice(pid_of(w, span->stream), tid_of(w, span->stream), name, "gil", span->begin_ns,
                          span->end_ns);
    if (event != NULL) {
        add_release(w, event, span);
    }
    put(w, event);
}

/* ---------------------------------------------------------------------- frames */

static void
enter(writer *w, frame_stack *stack, const gbx_entry *event)
{
    const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)event->record;
    if (stack->depth == stack->room) {
        size_t room = stack->room == 0 ? 64 : 2 * stack->room;
        open_frame *more = w->frame_count >= FRAMES_MAX ? NULL : realloc(stack->frames, room * sizeof(*more));
        if (more == NULL) {
            w->counts->dropped++;
            return;
        }
        stack->frames = more;
        stack->room = room;
    }
    stack->frames[stack->depth++] = (open_frame){ event->t_ns, edge->code, edge->frame };
    w->frame_count++;
}

static void
put_frame(writer *w, uint32_t stream, const open_frame *frame, uint64_t end_ns)
{
    uint32_t process = gbx_trace_stream(w->trace, stream)->process;
    const gbx_code_info *code = gbx_trace_code(w->trace, process, frame->code);
    json_t *event = slice(pid_of(w, stream), tid_of(w, stream), code == NULL ? "?" : code->name, "frame",
                          frame->begin_ns, end_ns > frame->begin_ns ? end_ns : frame->begin_ns);
    if (event != NULL && code != NULL) {
        json_object_set_new(event, "args", json_pack("{s:s, s:I}", "file", code->file, "line",
                                                     (json_int_t)code->first_line));
    }
    put(w, event);
}

/* To the frame that is left, which may lie below some whose end is not in the trace. */
static void
leave(writer *w, frame_stack *stack, const gbx_entry *event)
{
    const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)event->record;
    size_t down = 0;
    while (down < stack->depth && down < UNWIND_MAX &&
           stack->frames[stack->depth - 1 - down].frame != edge->frame) {
        down++;
    }
    if (down == stack->depth || down == UNWIND_MAX) {
        w->counts->dropped++;
        return;
    }
    for (; down < SIZE_MAX; down--) {
        put_frame(w, event->stream, &stack->frames[--stack->depth], event->t_ns);
        w->frame_count--;
    }
}

static void
see_frame(writer *w, const gbx_entry *event)
{
    frame_stack *stack = &w->stacks[event->stream];
    switch (event->record->event) {
        case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_RESUME:
            enter(w, stack, event);
            break;
        case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND: case GBX_EV_FRAME_GENERATOR:
            leave(w, stack, event);
            break;
        default:
            break;
    }
}

/* ----------------------------------------------------------------------- marks */

static void
see_mark(writer *w, const gbx_entry *event)
{
    const gbx_mark *mark = (const gbx_mark *)(const void *)event->record;
    const gbx_span *span = (const gbx_span *)(const void *)event->record;
    uint32_t process = gbx_trace_stream(w->trace, event->stream)->process;
    uint8_t id = event->record->event;
    if (id != GBX_EV_MARK && id != GBX_EV_SPAN_BEGIN && id != GBX_EV_SPAN_END) {
        return;
    }
    const char *name = gbx_trace_string(w->trace, process, id == GBX_EV_MARK ? mark->name : span->name);
    json_t *made = json_pack("{s:s, s:s, s:s, s:I, s:I, s:f}", "name", name == NULL ? "?" : name,
        "cat", "mark", "ph", id == GBX_EV_MARK ? "i" : id == GBX_EV_SPAN_BEGIN ? "b" : "e",
        "pid", pid_of(w, event->stream), "tid", tid_of(w, event->stream), "ts", us(event->t_ns));
    if (made != NULL && id == GBX_EV_MARK) {
        json_object_set_new(made, "s", json_string("t"));
    }
    else if (made != NULL) {
        char text[32];
        snprintf(text, sizeof(text), "%" PRIu32 ".%" PRIu32, process, span->span);
        json_object_set_new(made, "id", json_string(text));
    }
    put(w, made);
}

/* -------------------------------------------------------------------- the walk */

static uint64_t
walk(writer *w, gbx_lanes *lanes)
{
    size_t at = 0, count;
    uint64_t last_ns = 0;
    const gbx_entry *entries = gbx_trace_entries(w->trace, 0, &count);
    for (; count > 0 && !w->failed; entries = gbx_trace_entries(w->trace, at, &count)) {
        for (size_t i = 0; i < count; i++) {
            int klass = gbx_event_class(entries[i].record->event);
            last_ns = entries[i].t_ns > last_ns ? entries[i].t_ns : last_ns;
            if (klass == GBX_CLASS_GIL) {
                gbx_lanes_event(lanes, &entries[i]);
            }
            else if (klass == GBX_CLASS_FRAME && !w->options->without_frames) {
                see_frame(w, &entries[i]);
            }
            else if (klass == GBX_CLASS_MARK) {
                see_mark(w, &entries[i]);
            }
        }
        at += count;
    }
    return last_ns;
}

static bool
make(writer *w, gbx_lanes **lanes)
{
    size_t processes = gbx_trace_process_count(w->trace);
    w->stacks = calloc(gbx_trace_stream_count(w->trace) + 1, sizeof(*w->stacks));
    w->has_frames = calloc(processes + 1, sizeof(*w->has_frames));
    w->locks = calloc(LOCKS_MAX, sizeof(*w->locks));
    *lanes = gbx_lanes_new(w->trace, see_span, w);
    if (w->stacks == NULL || w->has_frames == NULL || w->locks == NULL || *lanes == NULL) {
        return false;
    }
    for (size_t p = 0; p < processes; p++) {
        uint32_t mask = gbx_trace_process(w->trace, p)->header->first_mask;
        w->has_frames[p] = (mask >> GBX_CLASS_FRAME & 1) != 0 && !w->options->without_frames;
    }
    return true;
}

static void
clear(writer *w)
{
    for (size_t s = 0; w->stacks != NULL && s < gbx_trace_stream_count(w->trace); s++) {
        free(w->stacks[s].frames);
    }
    free(w->stacks);
    free(w->has_frames);
    free(w->locks);
}

int
gbx_chrome_write(const gbx_trace *trace, const gbx_chrome_options *options, gbx_symbols *symbols,
                 FILE *to, gbx_chrome_counts *counts, gbx_error *error)
{
    gbx_lanes *lanes = NULL;
    writer w = { .trace = trace, .options = options, .symbols = symbols, .to = to, .counts = counts };
    int result = 0;
    *counts = (gbx_chrome_counts){ 0 };
    if (!make(&w, &lanes)) {
        result = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        goto done;
    }
    fputs("{\"displayTimeUnit\": \"ns\", \"traceEvents\": [", to);
    put_tracks(&w);
    uint64_t last_ns = walk(&w, lanes);
    gbx_lanes_finish(lanes, last_ns);
    for (uint32_t s = 0; s < gbx_trace_stream_count(trace); s++) {
        while (w.stacks[s].depth > 0) {          /* what never ended ends with the trace */
            put_frame(&w, s, &w.stacks[s].frames[--w.stacks[s].depth], last_ns);
        }
    }
    fputs("\n]}\n", to);
    if (w.failed || ferror(to)) {
        result = gbx_error_set(error, GBX_ERROR_SYSTEM, "cannot write: %s", strerror(errno));
    }
done:
    gbx_lanes_free(lanes);
    clear(&w);
    return result;
}
