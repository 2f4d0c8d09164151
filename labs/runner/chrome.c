/* A trace as Chrome's Trace Event Format; see chrome.h. */

#include "chrome_internal.h"
#include "show.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define FRAMES_MAX   (4u << 20)  /* open at once, all threads together */
#define UNWIND_MAX   64u         /* frames that one pop may leave */

/* ------------------------------------------------------------------ the tracks */

/* `eight.py` of `python -X glassbox=t.gbx eight.py 8`: a command line fits no viewer's margin.  Without such
   a word all of it. */
static const char *
program_name(const char *command, char *text, size_t size)
{
    for (const char *word = command; *word != '\0'; word += strspn(word, " ")) {
        size_t length = strcspn(word, " ");
        const char *name = memrchr(word, '/', length);
        name = name == NULL ? word : name + 1;
        size_t rest = length - (size_t)(name - word);
        if (*word != '-' && rest > 3 && rest < size && memcmp(word + length - 3, ".py", 3) == 0) {
            memcpy(text, name, rest);
            text[rest] = '\0';
            return text;
        }
        word += length;
    }
    return command;
}

static void
put_tracks(gbx_chrome_writer *w)
{
    char text[128];
    for (uint32_t p = 0; p < gbx_trace_process_count(w->trace); p++) {
        json_int_t pid = (json_int_t)gbx_trace_process(w->trace, p)->header->pid;
        const char *program = gbx_trace_meta_value(w->trace, p, "program");
        program = program == NULL ? "python" : program;
        gbx_chrome_name(w, "process_name", pid, pid, "name", program_name(program, text, sizeof(text)));
        gbx_chrome_name(w, "process_labels", pid, pid, "labels", program);
    }
    for (uint32_t s = 0; s < gbx_trace_stream_count(w->trace); s++) {
        json_int_t pid = gbx_chrome_pid(w, s), tid = gbx_chrome_tid(w, s);
        gbx_chrome_name(w, "thread_name", pid, tid, "name", gbx_chrome_thread(w, s, text, sizeof(text)));
        gbx_chrome_order(w, pid, tid, 1000 + (json_int_t)gbx_trace_stream(w->trace, s)->thread);
    }
}

/* ---------------------------------------------------------------------- frames */

static void
enter(gbx_chrome_writer *w, gbx_chrome_stack *stack, const gbx_entry *event)
{
    const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)event->record;
    if (stack->depth == stack->room) {
        size_t room = stack->room == 0 ? 64 : 2 * stack->room;
        gbx_chrome_frame *more =
            w->frame_count >= FRAMES_MAX ? NULL : realloc(stack->frames, room * sizeof(*more));
        if (more == NULL) {
            w->counts->dropped++;
            return;
        }
        stack->frames = more;
        stack->room = room;
    }
    stack->frames[stack->depth++] = (gbx_chrome_frame){ event->t_ns, edge->code, edge->frame };
    w->frame_count++;
}

static void
put_frame(gbx_chrome_writer *w, uint32_t stream, const gbx_chrome_frame *frame, uint64_t end_ns)
{
    uint32_t process = gbx_trace_stream(w->trace, stream)->process;
    const gbx_code_info *code = gbx_trace_code(w->trace, process, frame->code);
    json_t *event = gbx_chrome_slice(w, stream, code == NULL ? "?" : code->name, "frame", frame->begin_ns,
                                     end_ns > frame->begin_ns ? end_ns : frame->begin_ns);
    if (event != NULL && code != NULL) {
        json_object_set_new(event, "args", json_pack("{s:s, s:I}", "file", code->file, "line",
                                                     (json_int_t)code->first_line));
    }
    gbx_chrome_put(w, event);
}

/* To the frame that is left, which may lie below some whose end is not in the trace. */
static void
leave(gbx_chrome_writer *w, gbx_chrome_stack *stack, const gbx_entry *event)
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
see_frame(gbx_chrome_writer *w, const gbx_entry *event)
{
    gbx_chrome_stack *stack = &w->stacks[event->stream];
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

/* The value of a mark, as the trace's own table reads it. */
static json_t *
mark_args(const gbx_chrome_writer *w, size_t at)
{
    json_t *args = json_object(), *shown = gbx_show_json(w->trace, at);
    json_t *value = json_object_get(shown, "value");
    if (value != NULL) {
        json_object_set(args, "value", value);
    }
    json_decref(shown);
    return args;
}

static void
see_mark(gbx_chrome_writer *w, const gbx_entry *event, size_t at)
{
    const gbx_mark *mark = (const gbx_mark *)(const void *)event->record;
    const gbx_span *span = (const gbx_span *)(const void *)event->record;
    uint32_t process = gbx_trace_stream(w->trace, event->stream)->process;
    uint8_t id = event->record->event;
    if (id != GBX_EV_MARK && id != GBX_EV_SPAN_BEGIN && id != GBX_EV_SPAN_END) {
        return;
    }
    const char *name = gbx_trace_string(w->trace, process, id == GBX_EV_MARK ? mark->name : span->name);
    json_t *made = gbx_chrome_point(w, event->stream, name == NULL ? "?" : name, "mark",
        id == GBX_EV_MARK ? "i" : id == GBX_EV_SPAN_BEGIN ? "b" : "e", event->t_ns);
    if (id == GBX_EV_MARK) {
        json_object_set_new(made, "s", json_string("t"));
        json_object_set_new(made, "args", mark_args(w, at));
    }
    else {                       /* an id of this process, not of the thread: it may end in another */
        char text[64];
        json_object_set_new(made, "args", json_pack("{s:s}", "thread",
                            gbx_chrome_thread(w, event->stream, text, sizeof(text))));
        snprintf(text, sizeof(text), "%" PRIu32, span->span);
        json_object_set_new(made, "id2", json_pack("{s:s}", "local", text));
    }
    gbx_chrome_put(w, made);
}

/* -------------------------------------------------------------------- the walk */

static uint64_t
walk(gbx_chrome_writer *w, gbx_lanes *lanes)
{
    size_t at = 0, count;
    uint64_t last_ns = 0;
    const gbx_entry *entries = gbx_trace_entries(w->trace, 0, &count);
    for (; count > 0 && !w->failed; entries = gbx_trace_entries(w->trace, at, &count)) {
        for (size_t i = 0; i < count; i++) {
            int klass = gbx_event_class(entries[i].record->event);
            last_ns = entries[i].t_ns > last_ns ? entries[i].t_ns : last_ns;
            if (klass == GBX_CLASS_GIL) {
                w->taking = entries[i].record->event == GBX_EV_GIL_ACQUIRE;
                gbx_lanes_event(lanes, &entries[i]);
                w->taking = false;
            }
            else if (klass == GBX_CLASS_FRAME && !w->options->without_frames) {
                see_frame(w, &entries[i]);
            }
            else if (klass == GBX_CLASS_MARK) {
                see_mark(w, &entries[i], at + i);
            }
        }
        at += count;
    }
    return last_ns;
}

static bool
make(gbx_chrome_writer *w, gbx_lanes **lanes)
{
    size_t processes = gbx_trace_process_count(w->trace);
    w->stacks = calloc(gbx_trace_stream_count(w->trace) + 1, sizeof(*w->stacks));
    w->waits = calloc(gbx_trace_stream_count(w->trace) + 1, sizeof(*w->waits));
    w->has_frames = calloc(processes + 1, sizeof(*w->has_frames));
    w->locks = calloc(GBX_CHROME_LOCKS, sizeof(*w->locks));
    *lanes = gbx_lanes_new(w->trace, gbx_chrome_span, w);
    if (w->stacks == NULL || w->waits == NULL || w->has_frames == NULL || w->locks == NULL || *lanes == NULL) {
        return false;
    }
    for (size_t p = 0; p < processes; p++) {
        uint32_t mask = gbx_trace_process(w->trace, p)->header->first_mask;
        w->has_frames[p] = (mask >> GBX_CLASS_FRAME & 1) != 0 && !w->options->without_frames;
    }
    return true;
}

static void
clear(gbx_chrome_writer *w)
{
    for (size_t s = 0; w->stacks != NULL && s < gbx_trace_stream_count(w->trace); s++) {
        free(w->stacks[s].frames);
    }
    free(w->stacks);
    free(w->waits);
    free(w->has_frames);
    free(w->locks);
}

int
gbx_chrome_write(const gbx_trace *trace, const gbx_chrome_options *options, gbx_symbols *symbols,
                 FILE *to, gbx_chrome_counts *counts, gbx_error *error)
{
    gbx_lanes *lanes = NULL;
    gbx_chrome_writer w = { .trace = trace, .options = options, .symbols = symbols, .to = to, .counts = counts };
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
