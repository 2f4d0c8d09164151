/* Traces: which files belong together, and what callers may ask of them; see trace.h.

   Reading records is done in stream.c, their order in merge.c, definitions in names.c: here the three
   meet.  The one thing that changes after a trace was opened is the merge's store of decoded blocks,
   which is why a trace belongs to one thread at a time. */

#include "trace_internal.h"

#include <glob.h>
#include <stdlib.h>
#include <string.h>

#define FRUGAL_BYTES (UINT64_C(128) << 20)       /* above this, pages that were read are given back */

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
    int result = gbx_file_open(&more[trace->file_count], path, &trace->copy_left, error);
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
static void
add_relative(gbx_trace *trace, const char *path)
{
    uint64_t copy_left = trace->copy_left;
    bool ours = add_file(trace, path, NULL) == 0;
    if (ours) {
        gbx_file *last = &trace->files[trace->file_count - 1];
        ours = memcmp(last->header.run_id, trace->files[0].header.run_id, 16) == 0;
        if (!ours) {
            gbx_file_clear(last);
            trace->file_count--;
        }
    }
    trace->copy_left = ours ? trace->copy_left : copy_left;
}

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
        else if (is_relative(found.gl_pathv[i], strlen(path))) {
            add_relative(trace, found.gl_pathv[i]);
        }
    }
    globfree(&found);
    return result;
}

/* ------------------------------------------------------------------ streams */

static void
name_stream(gbx_feed *source)
{
    const gbx_thread_entry *thread = gbx_threads_find(source->file, source->info.thread);
    source->info.name = thread == NULL ? "" : thread->name;
    source->info.native_id = thread == NULL ? 0 : thread->native_id;
}

static gbx_feed *
add_source(gbx_trace *trace, gbx_error *error)
{
    if (trace->source_count == trace->source_room) {
        size_t room = trace->source_room == 0 ? 16 : trace->source_room * 2;
        gbx_feed *more = realloc(trace->sources, room * sizeof(*more));
        if (more == NULL) {
            (void)gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
            return NULL;
        }
        trace->sources = more;
        trace->source_room = room;
    }
    gbx_feed *source = &trace->sources[trace->source_count];
    *source = (gbx_feed){ .index = (uint32_t)trace->source_count++ };
    return source;
}

/* The threads of a file, each scanned once. */
static int
find_sources(gbx_trace *trace, size_t index, gbx_error *error)
{
    gbx_file *file = &trace->files[index];
    size_t end;
    file->info.lost = file->header.lost_unattached;
    for (size_t i = 0; i < file->piece_count && file->pieces[i].kind == GBX_SEGMENT_EVENTS; i = end) {
        uint32_t thread = file->pieces[i].thread;
        for (end = i + 1; end < file->piece_count && file->pieces[end].thread == thread &&
                          file->pieces[end].kind == GBX_SEGMENT_EVENTS; end++) {
        }
        gbx_feed *source = add_source(trace, error);
        if (source == NULL) {
            return GBX_ERROR_MEMORY;
        }
        source->file = file;
        source->info.process = (uint32_t)index;
        source->info.thread = thread;
        source->first_piece = (uint32_t)i;
        source->piece_count = (uint32_t)(end - i);
        gbx_feed_scan(source);
        name_stream(source);
        file->info.lost += source->info.lost;
        file->info.overwritten += source->info.overwritten;
        trace->count += source->info.records;
    }
    return 0;
}

/* ------------------------------------------------------------ open and close */

/* Read what was found: its threads, and their order. */
static int
read_files(gbx_trace *trace, gbx_error *error)
{
    uint64_t bytes = 0;
    int result = 0;
    trace->start_ns = UINT64_MAX;
    for (size_t i = 0; i < trace->file_count; i++) {
        gbx_file *file = &trace->files[i];
        file->info.header = &file->header;       /* the array has moved */
        bytes += file->size;
        if (file->header.start.monotonic_ns < trace->start_ns) {
            trace->start_ns = file->header.start.monotonic_ns;
        }
    }
    for (size_t i = 0; i < trace->file_count && result == 0; i++) {
        trace->files[i].frugal = bytes > FRUGAL_BYTES && !trace->files[i].copied;
        result = find_sources(trace, i, error);
    }
    if (result == 0 && trace->source_count == 0) {       /* whom an empty event belongs to */
        gbx_feed *nobody = add_source(trace, error);
        if (nobody == NULL) {
            return GBX_ERROR_MEMORY;
        }
        nobody->file = &trace->files[0];
        nobody->info.name = "";
        trace->source_count = 0;
    }
    if (result == 0) {
        result = gbx_merge_new(&trace->merge, trace->sources, trace->source_count, trace->count,
                               trace->start_ns, error);
    }
    return result;
}

int
gbx_trace_open(gbx_trace **out, const char *path, const gbx_trace_options *options,
               gbx_error *error)
{
    gbx_trace *trace = calloc(1, sizeof(*trace));
    *out = NULL;
    if (trace == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    trace->copy_left = GBX_COPY_BYTES;
    int result = add_file(trace, path, error);
    if (result == 0 && (options == NULL || !options->only)) {
        result = add_relatives(trace, path, error);
    }
    if (result == 0) {
        result = read_files(trace, error);
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
    gbx_merge_free(trace->merge);
    free(trace->files);
    free(trace->sources);
    free(trace);
}

/* ------------------------------------------------------------------- access */

/* A position that is none has an empty event: a caller's mistake must not become a wild pointer. */
static const gbx_entry *
entry_at(const gbx_trace *trace, size_t at)
{
    if (at >= trace->count) {
        return gbx_merge_nothing();
    }
    size_t block = at / GBX_BLOCK;
    const gbx_window *window = trace->recent;
    if (window == NULL || window->block != block) {
        window = gbx_merge_load(trace->merge, at);
        ((gbx_trace *)(uintptr_t)trace)->recent = window;
    }
    return &window->entries[at % GBX_BLOCK];
}

size_t
gbx_trace_count(const gbx_trace *trace)
{
    return trace->count;
}

const gbx_file *
gbx_trace_file(const gbx_trace *trace, size_t at)
{
    return trace->sources[entry_at(trace, at)->stream].file;
}

const gbx_head *
gbx_trace_record(const gbx_trace *trace, size_t at)
{
    return entry_at(trace, at)->record;
}

uint8_t
gbx_trace_event(const gbx_trace *trace, size_t at)
{
    return entry_at(trace, at)->record->event;
}

gbx_where
gbx_entry_where(const gbx_trace *trace, const gbx_entry *entry)
{
    const gbx_feed *source = &trace->sources[entry->stream];
    return (gbx_where){
        .t_ns = entry->t_ns, .process = source->info.process, .pid = source->file->header.pid,
        .thread = source->info.thread, .interp = entry->interp, .stream = entry->stream,
    };
}

gbx_where
gbx_trace_where(const gbx_trace *trace, size_t at)
{
    return gbx_entry_where(trace, entry_at(trace, at));
}

/* -------------------------------------------------------------- one by one */

const gbx_entry *
gbx_trace_entries(const gbx_trace *trace, size_t at, size_t *count)
{
    size_t left = at < trace->count ? trace->count - at : 0;
    size_t here = GBX_BLOCK - at % GBX_BLOCK;
    *count = left < here ? left : here;
    return entry_at(trace, at);
}

bool
gbx_trace_seek(const gbx_trace *trace, size_t at, gbx_cursor *cursor)
{
    if (at >= trace->count) {
        return false;
    }
    *cursor = (gbx_cursor){ .entry = *entry_at(trace, at), .at = at, .trace = trace };
    return true;
}

bool
gbx_trace_first(const gbx_trace *trace, gbx_cursor *cursor)
{
    return gbx_trace_seek(trace, 0, cursor);
}

/* The position first and alone, for the next call waits for it. */
bool
gbx_trace_next(gbx_cursor *cursor)
{
    size_t at = cursor->at + 1;
    if (at >= cursor->trace->count) {
        return false;
    }
    cursor->at = at;
    cursor->entry = *entry_at(cursor->trace, at);
    return true;
}

/* ------------------------------------------------------- processes, streams */

size_t
gbx_trace_process_count(const gbx_trace *trace)
{
    return trace->file_count;
}

const gbx_process *
gbx_trace_process(const gbx_trace *trace, size_t process)
{
    return &trace->files[process].info;
}

size_t
gbx_trace_stream_count(const gbx_trace *trace)
{
    return trace->source_count;
}

const gbx_stream_info *
gbx_trace_stream(const gbx_trace *trace, size_t stream)
{
    return &trace->sources[stream].info;
}

uint64_t
gbx_trace_since_start(const gbx_trace *trace, uint64_t monotonic_ns)
{
    return monotonic_ns > trace->start_ns ? monotonic_ns - trace->start_ns : 0;
}

size_t
gbx_trace_segment_count(const gbx_trace *trace, size_t process)
{
    return trace->files[process].piece_count;
}

gbx_segment_info
gbx_trace_segment(const gbx_trace *trace, size_t process, size_t segment)
{
    const gbx_piece *piece = &trace->files[process].pieces[segment];
    return (gbx_segment_info){
        .kind = piece->kind, .thread = piece->thread, .sequence = piece->sequence,
        .bytes = piece->end, .whole = piece->whole, .cut = piece->cut,
        .lost = piece->lost, .overwritten = piece->overwritten, .start = piece->start,
    };
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
        mask &= trace->files[i].info.mask;
    }
    return mask;
}

/* ---------------------------------------------------------- running function */

/* One walk over the thread, up to the event and including it: how deep its frames lie.  With a level,
   also which code the last frame to reach that level runs. */
static gbx_running
walk_frames(const gbx_feed *source, const gbx_head *until, uint32_t level)
{
    gbx_running now = { 0, 0 };
    gbx_reader reader;
    for (bool more = gbx_reader_begin(&reader, source); more; more = gbx_reader_next(&reader)) {
        const gbx_frame_edge *edge = (const gbx_frame_edge *)(const void *)reader.record;
        switch (edge->h.event) {
            case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND: case GBX_EV_FRAME_GENERATOR:
                now.depth -= now.depth > 0;
                break;
            case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_RESUME:
                now.depth++;
                now.code = now.depth == level ? edge->code : now.code;
                break;
            default:
                break;
        }
        if (&edge->h == until) {
            break;
        }
    }
    return now;
}

gbx_running
gbx_trace_running(const gbx_trace *trace, size_t at)
{
    if (at >= trace->count) {
        return (gbx_running){ 0, 0 };
    }
    const gbx_feed *source = &trace->sources[entry_at(trace, at)->stream];
    const gbx_head *until = gbx_trace_record(trace, at);
    const gbx_full *full = &trace->recent->full[at % GBX_BLOCK];
    if (until == (const gbx_head *)(const void *)full->word) {
        until = (const gbx_head *)(const void *)full->packed;    /* where it is in the thread's records */
    }
    gbx_running running = walk_frames(source, until, 0);
    return running.depth == 0 ? running : walk_frames(source, until, running.depth);
}
