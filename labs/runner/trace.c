/* Traces: files merged into one order of events; see trace.h.

   Each thread of each file is decoded once, front to back, into an index of 16 bytes an event; the
   indexes are then merged by time with a heap of streams, which keeps the order within a thread exact
   even where clocks disagree: time is made not to run backwards within a thread (check.c looks at the
   records themselves). */

#include "trace_internal.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

typedef struct {
    uint64_t t_ns;
    uint32_t piece;              /* in the stream's file */
    uint32_t offset;             /* in the piece; pieces are below 4 GiB */
} entry;

typedef struct {
    gbx_stream_info info;
    size_t first_piece, piece_count;
    entry *entries;
    size_t count, room;
    uint32_t interp_first;
    uint32_t *switches;          /* indexes of its STREAM_INTERP events */
    size_t switch_count;
} stream;

typedef struct {
    uint32_t stream;
    uint32_t index;
} position;

struct gbx_trace {
    gbx_file *files;
    size_t file_count;
    stream *streams;
    size_t stream_count;
    position *order;
    size_t count;
    uint64_t start_ns;           /* CLOCK_MONOTONIC of the first process */
};

/* ------------------------------------------------------------ which files */

static bool
is_relative(const char *name, size_t stem)
{
    const char *at = name + stem;                /* ".PID" or ".PID.N" */
    for (int part = 0; part < 2 && *at == '.'; part++) {
        size_t digits = strspn(at + 1, "0123456789");
        if (digits == 0) {
            return false;
        }
        at += 1 + digits;
    }
    return *at == '\0' && name[stem] == '.';
}

static int
add_file(gbx_trace *trace, const char *path, gbx_error *error)
{
    gbx_file *more = realloc(trace->files, (trace->file_count + 1) * sizeof(*more));
    if (more == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    trace->files = more;
    int result = gbx_file_open(&more[trace->file_count], path, error);
    if (result == 0) {
        trace->file_count++;
    }
    return result;
}

/* Every path's glob characters mean themselves. */
static char *
pattern_for(const char *path)
{
    char *pattern = malloc(strlen(path) * 2 + 8);         // 8: the pattern's end below
    if (pattern == NULL) {
        return NULL;
    }
    char *to = pattern;
    for (const char *c = path; *c != '\0'; c++) {
        if (strchr("*?[\\", *c) != NULL) {
            *to++ = '\\';
        }
        *to++ = *c;
    }
    static const char relatives[] = ".[0-9]*";
    memcpy(to, relatives, sizeof(relatives));
    return pattern;
}

/* A relative that is no sound trace, or of another run, is not ours to complain about. */
static int
add_relatives(gbx_trace *trace, const char *path, gbx_error *error)
{
    glob_t found;
    char *pattern = pattern_for(path);
    if (pattern == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int status = glob(pattern, 0, NULL, &found);
    free(pattern);
    if (status == GLOB_NOMATCH) {
        return 0;
    }
    if (status != 0) {
        return gbx_error_system(error, "look for relatives of", path);
    }
    int result = 0;
    for (size_t i = 0; i < found.gl_pathc && result == 0; i++) {
        if (trace->file_count >= GBX_FILES_MAX) {
            result = gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' has too many relatives", path);
        }
        else if (is_relative(found.gl_pathv[i], strlen(path)) &&
                 add_file(trace, found.gl_pathv[i], NULL) == 0) {
            gbx_file *last = &trace->files[trace->file_count - 1];
            if (memcmp(last->header.run_id, trace->files[0].header.run_id, 16) != 0) {
                gbx_file_clear(last);
                trace->file_count--;
            }
        }
    }
    globfree(&found);
    return result;
}

/* ------------------------------------------------------- decoding a stream */

static uint64_t
ticks_to_ns(const gbx_file *file, uint64_t ticks)
{
    const gbx_instant *start = &file->header.start;
    if (file->header.clock != GBX_CLOCK_TSC) {
        return ticks;
    }
    double ns = (double)(int64_t)(ticks - start->ticks) * file->ns_per_tick;
    return ns < 0 && (uint64_t)-ns > start->monotonic_ns ? 0
        : start->monotonic_ns + (uint64_t)(int64_t)ns;
}

static int
add_entry(stream *into, entry what, gbx_error *error)
{
    if (into->count == into->room) {
        size_t room = into->room == 0 ? 1024 : into->room * 2;
        entry *more = room > UINT32_MAX ? NULL : realloc(into->entries, room * sizeof(*more));
        if (more == NULL) {
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
        into->entries = more;
        into->room = room;
    }
    into->entries[into->count++] = what;
    return 0;
}

/* Note that the newest event is a change of interpreter. */
static int
add_switch(stream *into, gbx_error *error)
{
    uint32_t *more = realloc(into->switches, (into->switch_count + 1) * sizeof(*more));
    if (more == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    into->switches = more;
    into->switches[into->switch_count++] = (uint32_t)(into->count - 1);
    return 0;
}

static int
decode_piece(gbx_file *file, stream *into, size_t index, uint64_t *last_ns, gbx_error *error)
{
    const gbx_piece *piece = &file->pieces[index];
    uint64_t base = piece->start.ticks;
    int result = 0;
    for (uint64_t at = sizeof(gbx_segment); result == 0 && at + sizeof(gbx_head) <= piece->end;) {
        const gbx_head *head = (const gbx_head *)(const void *)(piece->base + at);
        uint32_t size = file->record_size[head->event];
        if (size == 0 || size > piece->end - at) {
            break;                               /* torn or alien: nothing after it can be found */
        }
        if (head->event == GBX_EV_STREAM_TIME && file->known[head->event]) {
            base = ((const gbx_stream_time *)(const void *)head)->ticks;
        }
        else if (file->known[head->event]) {
            uint64_t ns = file->untimed ? piece->start.monotonic_ns
                : ticks_to_ns(file, base + head->dt);
            *last_ns = ns > *last_ns ? ns : *last_ns;
            result = add_entry(into, (entry){ *last_ns, (uint32_t)index, (uint32_t)at }, error);
            if (result == 0 && head->event == GBX_EV_STREAM_INTERP) {
                result = add_switch(into, error);
            }
        }
        else {
            file->info.unknown++;
        }
        at += size;
    }
    return result;
}

static void
name_stream(const gbx_file *file, stream *of)
{
    of->info.name = "";
    for (size_t i = 0; i < file->threads.count; i++) {
        if (file->threads.items[i].id == of->info.thread) {
            of->info.name = file->threads.items[i].text;
            of->info.native_id = file->native_ids[i];
        }
    }
}

static int
decode_stream(gbx_file *file, stream *into, gbx_error *error)
{
    uint64_t last_ns = 0;
    into->info.whole = true;
    into->interp_first = file->pieces[into->first_piece].interp;
    for (size_t i = 0; i < into->piece_count; i++) {
        const gbx_piece *piece = &file->pieces[into->first_piece + i];
        int result = decode_piece(file, into, into->first_piece + i, &last_ns, error);
        if (result != 0) {
            return result;
        }
        into->info.lost += piece->lost;
        if (piece->overwritten > into->info.overwritten) {
            into->info.overwritten = piece->overwritten;
        }
        into->info.whole = into->info.whole && piece->sequence == i && piece->overwritten == 0;
    }
    into->info.records = into->count;
    file->info.lost += into->info.lost;
    file->info.overwritten += into->info.overwritten;
    name_stream(file, into);
    return 0;
}

static int
find_streams(gbx_trace *trace, size_t index, gbx_error *error)
{
    gbx_file *file = &trace->files[index];
    file->info.lost = file->header.lost_unattached;
    size_t i = 0;
    while (i < file->piece_count && file->pieces[i].kind == GBX_SEGMENT_EVENTS) {
        size_t end = i;
        while (end < file->piece_count && file->pieces[end].kind == GBX_SEGMENT_EVENTS &&
               file->pieces[end].thread == file->pieces[i].thread) {
            end++;
        }
        stream *more = realloc(trace->streams, (trace->stream_count + 1) * sizeof(*more));
        if (more == NULL) {
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
        trace->streams = more;
        stream *into = &more[trace->stream_count++];
        memset(into, 0, sizeof(*into));
        into->info.process = (uint32_t)index;
        into->info.thread = file->pieces[i].thread;
        into->first_piece = i;
        into->piece_count = end - i;
        int result = decode_stream(file, into, error);
        if (result != 0) {
            return result;
        }
        i = end;
    }
    return 0;
}

/* ------------------------------------------------------------------ merging */

typedef struct {
    const gbx_trace *trace;
    uint32_t *heap;              /* streams that have events left, the earliest on top */
    uint32_t *next;              /* by stream: index of its next event */
    size_t count;
} merge;

static bool
earlier(const merge *m, uint32_t a, uint32_t b)
{
    uint64_t x = m->trace->streams[a].entries[m->next[a]].t_ns;
    uint64_t y = m->trace->streams[b].entries[m->next[b]].t_ns;
    return x < y || (x == y && a < b);
}

static void
sift_down(merge *m, size_t at)
{
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= m->count) {
            return;
        }
        if (child + 1 < m->count && earlier(m, m->heap[child + 1], m->heap[child])) {
            child++;
        }
        if (!earlier(m, m->heap[child], m->heap[at])) {
            return;
        }
        uint32_t swap = m->heap[at];
        m->heap[at] = m->heap[child];
        m->heap[child] = swap;
        at = child;
    }
}

static void
run_merge(gbx_trace *trace, merge *m)
{
    for (uint32_t s = 0; s < trace->stream_count; s++) {
        if (trace->streams[s].count > 0) {
            m->heap[m->count++] = s;
        }
    }
    for (size_t i = m->count; i-- > 0;) {
        sift_down(m, i);
    }
    for (size_t at = 0; m->count > 0; at++) {
        uint32_t top = m->heap[0];
        trace->order[at] = (position){ top, m->next[top]++ };
        if (m->next[top] == trace->streams[top].count) {
            m->heap[0] = m->heap[--m->count];
        }
        sift_down(m, 0);
    }
}

static int
merge_streams(gbx_trace *trace, gbx_error *error)
{
    int result = GBX_ERROR_MEMORY;
    for (size_t s = 0; s < trace->stream_count; s++) {
        trace->count += trace->streams[s].count;
    }
    merge m = { .trace = trace };
    m.heap = calloc(trace->stream_count + 1, sizeof(*m.heap));
    m.next = calloc(trace->stream_count + 1, sizeof(*m.next));
    trace->order = malloc((trace->count + 1) * sizeof(*trace->order));
    if (m.heap != NULL && m.next != NULL && trace->order != NULL) {
        run_merge(trace, &m);
        result = 0;
    }
    free(m.heap);
    free(m.next);
    return result == 0 ? 0 : gbx_error_set(error, result, "out of memory");
}

/* ------------------------------------------------------------ open and close */

int
gbx_trace_open(gbx_trace **out, const char *path, const gbx_trace_options *options,
               gbx_error *error)
{
    gbx_trace *trace = calloc(1, sizeof(*trace));
    *out = NULL;
    if (trace == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int result = add_file(trace, path, error);
    if (result == 0 && (options == NULL || !options->only)) {
        result = add_relatives(trace, path, error);
    }
    trace->start_ns = UINT64_MAX;
    for (size_t i = 0; i < trace->file_count && result == 0; i++) {
        gbx_file *file = &trace->files[i];
        file->info.header = &file->header;       /* the array has moved */
        if (file->header.start.monotonic_ns < trace->start_ns) {
            trace->start_ns = file->header.start.monotonic_ns;
        }
        result = find_streams(trace, i, error);
    }
    if (result == 0) {
        result = merge_streams(trace, error);
    }
    if (result != 0) {
        gbx_trace_close(trace);
        return result;
    }
    *out = trace;
    return 0;
}

void
gbx_trace_close(gbx_trace *trace)
{
    if (trace == NULL) {
        return;
    }
    for (size_t i = 0; i < trace->file_count; i++) {
        gbx_file_clear(&trace->files[i]);
    }
    for (size_t s = 0; s < trace->stream_count; s++) {
        free(trace->streams[s].entries);
        free(trace->streams[s].switches);
    }
    free(trace->files);
    free(trace->streams);
    free(trace->order);
    free(trace);
}

/* ------------------------------------------------------------------- access */

size_t
gbx_trace_count(const gbx_trace *trace)
{
    return trace->count;
}

static const entry *
entry_at(const gbx_trace *trace, size_t at)
{
    position where = trace->order[at];
    return &trace->streams[where.stream].entries[where.index];
}

static const gbx_file *
file_at(const gbx_trace *trace, size_t at)
{
    return &trace->files[trace->streams[trace->order[at].stream].info.process];
}

const gbx_head *
gbx_trace_record(const gbx_trace *trace, size_t at)
{
    const entry *e = entry_at(trace, at);
    return (const gbx_head *)(const void *)(file_at(trace, at)->pieces[e->piece].base + e->offset);
}

uint8_t
gbx_trace_event(const gbx_trace *trace, size_t at)
{
    return gbx_trace_record(trace, at)->event;
}

/* The interpreter that the thread ran in: named by the last switch at or before the event. */
static uint32_t
interp_at(const gbx_trace *trace, size_t at)
{
    const stream *in = &trace->streams[trace->order[at].stream];
    uint32_t index = trace->order[at].index;
    size_t low = 0, high = in->switch_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (in->switches[middle] <= index) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    if (low == 0) {
        return in->interp_first;
    }
    const entry *e = &in->entries[in->switches[low - 1]];
    const uint8_t *record = file_at(trace, at)->pieces[e->piece].base + e->offset;
    return ((const gbx_stream_interp *)(const void *)record)->interp;
}

gbx_where
gbx_trace_where(const gbx_trace *trace, size_t at)
{
    uint32_t s = trace->order[at].stream;
    const stream *in = &trace->streams[s];
    uint64_t ns = entry_at(trace, at)->t_ns;
    return (gbx_where){
        .t_ns = ns > trace->start_ns ? ns - trace->start_ns : 0,
        .process = in->info.process, .pid = file_at(trace, at)->header.pid,
        .thread = in->info.thread, .interp = interp_at(trace, at), .stream = s,
    };
}

size_t gbx_trace_process_count(const gbx_trace *trace) { return trace->file_count; }

const gbx_process *
gbx_trace_process(const gbx_trace *trace, size_t process)
{
    return &trace->files[process].info;
}

size_t gbx_trace_stream_count(const gbx_trace *trace) { return trace->stream_count; }

const gbx_stream_info *
gbx_trace_stream(const gbx_trace *trace, size_t s)
{
    return &trace->streams[s].info;
}

uint64_t
gbx_trace_lost(const gbx_trace *trace)
{
    uint64_t lost = 0;
    for (size_t i = 0; i < trace->file_count; i++) {
        lost += trace->files[i].info.lost + trace->files[i].info.overwritten;
    }
    return lost;
}

uint32_t
gbx_trace_mask(const gbx_trace *trace)
{
    uint32_t mask = UINT32_MAX;
    for (size_t i = 0; i < trace->file_count; i++) {
        mask &= trace->files[i].header.first_mask;
    }
    for (size_t at = 0; at < trace->count; at++) {
        const gbx_head *head = gbx_trace_record(trace, at);
        if (head->event == GBX_EV_STREAM_MASK) {
            mask &= ((const gbx_stream_mask *)(const void *)head)->new_mask;
        }
    }
    return mask;
}

/* ------------------------------------------------------------- fields, names */

static size_t
first_field(const gbx_file *file, uint8_t event)
{
    size_t low = 0, high = file->field_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (file->fields[middle].event < event) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
}

size_t
gbx_trace_field_count(const gbx_trace *trace, size_t at)
{
    const gbx_file *file = file_at(trace, at);
    uint8_t event = gbx_trace_event(trace, at);
    size_t first = first_field(file, event), last = first;
    while (last < file->field_count && file->fields[last].event == event) {
        last++;
    }
    return last - first;
}

gbx_field
gbx_trace_field(const gbx_trace *trace, size_t at, size_t index)
{
    const gbx_file *file = file_at(trace, at);
    const gbx_head *head = gbx_trace_record(trace, at);
    const gbx_field_entry *field = &file->fields[first_field(file, head->event) + index];
    uint64_t value = 0;
    memcpy(&value, (const uint8_t *)head + field->offset, field->width);
    return (gbx_field){ field->name, field->kind, field->detail, value };
}

static const char *
text_of(const gbx_trace *trace, uint32_t process, const gbx_texts *texts, uint32_t id)
{
    (void)trace;
    (void)process;
    const gbx_text *text = gbx_texts_find(texts, id);
    return text == NULL ? NULL : text->text;
}

const char *
gbx_trace_string(const gbx_trace *trace, uint32_t process, uint32_t id)
{
    return text_of(trace, process, &trace->files[process].strings, id);
}

const char *
gbx_trace_opcode(const gbx_trace *trace, uint32_t process, uint8_t opcode)
{
    return text_of(trace, process, &trace->files[process].opcodes, opcode);
}

const char *
gbx_trace_reason(const gbx_trace *trace, uint32_t process, uint8_t family, uint8_t reason)
{
    return text_of(trace, process, &trace->files[process].reasons,
                   (uint32_t)family << 8 | reason);
}

const gbx_code_info *
gbx_trace_code(const gbx_trace *trace, uint32_t process, uint32_t id)
{
    const gbx_file *file = &trace->files[process];
    size_t low = 0, high = file->code_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (file->codes[middle].id < id) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low < file->code_count && file->codes[low].id == id ? &file->codes[low].info : NULL;
}

const char *
gbx_trace_label(uint8_t enumeration, uint8_t value)
{
#define V(ENUM, VALUE, number, text) \
    if (enumeration == GBX_ENUM_##ENUM && value == number) { return text; }
    GBX_VALUES(V)
#undef V
    return NULL;
}

const char *
gbx_event_name(uint8_t event)
{
    switch (event) {
#define X(NAME, id, CLASS, text, record, timed) case id: return text;
        GBX_EVENTS(X)
#undef X
        default: return "?";
    }
}

int
gbx_event_class(uint8_t event)
{
    switch (event) {
#define X(NAME, id, CLASS, text, record, timed) case id: return GBX_CLASS_##CLASS;
        GBX_EVENTS(X)
#undef X
        default: return -1;
    }
}

const char *
gbx_class_name(unsigned klass)
{
    static const char *const names[] = {
#define X(NAME, bit, text) [bit] = text,
        GBX_CLASSES(X)
#undef X
    };
    return klass < GBX_CLASS_COUNT ? names[klass] : "?";
}

/* Going back through the thread: each pop skips the push it belongs to, so the first push that is not
   skipped is the running frame; going on counts the depth. */
gbx_running
gbx_trace_running(const gbx_trace *trace, size_t at)
{
    const stream *in = &trace->streams[trace->order[at].stream];
    const gbx_file *file = file_at(trace, at);
    gbx_running running = { 0, 0 };
    uint32_t skip = 0;
    for (uint32_t i = trace->order[at].index + 1; i-- > 0;) {
        const entry *e = &in->entries[i];
        const gbx_frame_edge *edge =
            (const gbx_frame_edge *)(const void *)(file->pieces[e->piece].base + e->offset);
        switch (edge->h.event) {
            case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND: case GBX_EV_FRAME_GENERATOR:
                skip++;
                break;
            case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_RESUME:
                if (skip > 0) {
                    skip--;
                }
                else {
                    running.code = running.depth++ == 0 ? edge->code : running.code;
                }
                break;
            default:
                break;
        }
    }
    return running;
}
