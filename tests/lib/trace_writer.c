/* Traces for tests; see trace_writer.h. */

#include "trace_writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

typedef struct {
    uint32_t thread;
    uint8_t kind;
    size_t offset;               /* of its newest segment */
    uint32_t taken;              /* how many it has taken */
} owner;

struct trace_writer {
    writer_options options;
    bool closed;                 /* the header block has its size */
    uint8_t *bytes;
    size_t size, room;
    uint64_t ticks;
    owner *owners;
    size_t owner_count;
};

static void
must(bool condition, const char *what)
{
    if (!condition) {
        fprintf(stderr, "trace writer: %s\n", what);
        abort();
    }
}

/* Zeroed bytes at the end; returns where they begin. */
static size_t
grow(trace_writer *w, size_t more)
{
    size_t at = w->size;
    if (at + more > w->room) {
        w->room = (at + more) * 2;
        w->bytes = realloc(w->bytes, w->room);
        must(w->bytes != NULL, "out of memory");
    }
    memset(w->bytes + at, 0, more);
    w->size += more;
    return at;
}

/* ------------------------------------------------------------- header, tables */

static void
append(trace_writer *w, size_t table, const void *entry, size_t width)
{
    size_t at = grow(w, width);
    memcpy(w->bytes + at, entry, width);
    gbx_table *where = (gbx_table *)(void *)(w->bytes + table);
    if (where->count++ == 0) {
        where->offset = (uint32_t)at;
    }
}

#define TABLE(NAME) offsetof(gbx_header, NAME)

static void
add_class(trace_writer *w, uint8_t id, const char *name)
{
    gbx_class_entry entry = { .id = id };
    snprintf(entry.name, sizeof(entry.name), "%s", name);
    append(w, TABLE(classes), &entry, sizeof(entry));
}

static void
add_event(trace_writer *w, uint8_t id, uint8_t klass, uint8_t size, uint8_t timed, const char *name)
{
    gbx_event_entry entry = { .id = id, .klass = klass, .size = size, .timed = timed };
    snprintf(entry.name, sizeof(entry.name), "%s", name);
    append(w, TABLE(events), &entry, sizeof(entry));
}

static void
add_field(trace_writer *w, gbx_field_entry entry, const char *name)
{
    snprintf(entry.name, sizeof(entry.name), "%s", name);
    append(w, TABLE(fields), &entry, sizeof(entry));
}

static void
add_value(trace_writer *w, uint8_t enumeration, uint8_t value, const char *label)
{
    gbx_enum_entry entry = { .enumeration = enumeration, .value = value };
    snprintf(entry.label, sizeof(entry.label), "%s", label);
    append(w, TABLE(enums), &entry, sizeof(entry));
}

static bool
wants(const trace_writer *w, unsigned klass)
{
    return (w->options.classes >> klass & 1) != 0;
}

static uint8_t
class_of(uint8_t event)
{
    switch (event) {
#define X(NAME, id, CLASS, text, record, timed) case id: return GBX_CLASS_##CLASS;
        GBX_EVENTS(X)
#undef X
        default: return 255;
    }
}

static void
write_tables(trace_writer *w)
{
#define X(NAME, bit, text) if (wants(w, bit)) { add_class(w, bit, text); }
    GBX_CLASSES(X)
#undef X
#define X(NAME, id, CLASS, text, record, timed) \
    if (wants(w, GBX_CLASS_##CLASS)) { \
        add_event(w, id, GBX_CLASS_##CLASS, sizeof(record), timed, text); \
    }
    GBX_EVENTS(X)
#undef X
#define F(EVENT, text, record, member, KIND, more) \
    if (wants(w, class_of(GBX_EV_##EVENT))) { \
        add_field(w, (gbx_field_entry){ .event = GBX_EV_##EVENT, .offset = offsetof(record, member), \
            .width = sizeof(((record *)0)->member), .kind = GBX_KIND_##KIND, .detail = more }, text); \
    }
    GBX_FIELDS(F)
#undef F
    if (w->options.classes == UINT32_MAX) {
#define V(ENUM, VALUE, number, label) add_value(w, GBX_ENUM_##ENUM, number, label);
        GBX_VALUES(V)
#undef V
    }
}

/* The header block ends where the first segment begins. */
static void
close_header(trace_writer *w)
{
    if (w->closed) {
        return;
    }
    w->closed = true;
    size_t granule = w->options.granule;
    size_t need = (w->size + granule - 1) / granule * granule;
    size_t size = w->options.header_size != 0 ? w->options.header_size : need;
    must(size >= need, "the tables do not fit the header block");
    grow(w, size - w->size);
    gbx_header *header = writer_header(w);
    header->header_size = (uint32_t)size;
    header->allocated = size;
}

static void
set_defaults(writer_options *o)
{
    o->granule = o->granule == 0 ? 4096 : o->granule;
    o->segment_size = o->segment_size == 0 ? o->granule : o->segment_size;
    o->classes = o->classes == 0 ? UINT32_MAX : o->classes | 1u << GBX_CLASS_STREAM;
    o->mask = o->mask == 0 ? (1u << GBX_CLASS_COUNT) - 1 : o->mask;
    o->clock = o->clock == 0 ? GBX_CLOCK_MONOTONIC : o->clock;
    o->clock = o->clock == WRITER_NO_CLOCK ? GBX_CLOCK_NONE : o->clock;
    o->mode = o->mode == 0 ? GBX_MODE_FULL : o->mode;
    o->pid = o->pid == 0 ? 100 : o->pid;
    o->run_id = o->run_id == 0 ? 0x61 : o->run_id;
}

static gbx_instant
instant(uint64_t ticks)
{
    return (gbx_instant){ .ticks = ticks, .monotonic_ns = ticks, .realtime_ns = ticks };
}

trace_writer *
writer_new(const writer_options *options)
{
    trace_writer *w = calloc(1, sizeof(*w));
    must(w != NULL, "out of memory");
    if (options != NULL) {
        w->options = *options;
    }
    writer_options *o = &w->options;
    set_defaults(o);
    w->ticks = WRITER_START;
    grow(w, sizeof(gbx_header));
    gbx_header *header = writer_header(w);
    *header = (gbx_header){
        .version_major = GBX_VERSION_MAJOR, .version_minor = GBX_VERSION_MINOR,
        .byte_order = GBX_BYTE_ORDER, .granule = o->granule, .run_id = { o->run_id, ~o->run_id },
        .pid = o->pid, .parent_pid = 1, .process_start = 7, .clock = o->clock, .mode = o->mode,
        .hexversion = 0x030d05f0, .limit = UINT64_C(1) << 30, .start = instant(WRITER_START),
        .latest = instant(WRITER_START), .state = GBX_STATE_STOPPED, .mask = o->mask,
        .first_mask = o->mask,
    };
    memcpy(header->magic, GBX_MAGIC, sizeof(header->magic));
    snprintf(header->executable, sizeof(header->executable), "/usr/bin/python3");
    write_tables(w);
    return w;
}

void
writer_free(trace_writer *w)
{
    if (w != NULL) {
        free(w->bytes);
        free(w->owners);
        free(w);
    }
}

gbx_header *
writer_header(trace_writer *w)
{
    return (gbx_header *)(void *)w->bytes;
}

gbx_event_entry *
writer_event_entry(trace_writer *w, uint8_t event)
{
    gbx_table table = writer_header(w)->events;
    gbx_event_entry *entries = (gbx_event_entry *)(void *)(w->bytes + table.offset);
    for (uint32_t i = 0; i < table.count; i++) {
        if (entries[i].id == event) {
            return &entries[i];
        }
    }
    return NULL;
}

gbx_field_entry *
writer_field_entry(trace_writer *w, uint8_t event, const char *name)
{
    gbx_table table = writer_header(w)->fields;
    gbx_field_entry *entries = (gbx_field_entry *)(void *)(w->bytes + table.offset);
    for (uint32_t i = 0; i < table.count; i++) {
        if (entries[i].event == event && strcmp(entries[i].name, name) == 0) {
            return &entries[i];
        }
    }
    return NULL;
}

/* Room in the middle of a table: the whole table moves to the end of the header block. */
static void
move_table(trace_writer *w, size_t which, size_t width)
{
    must(!w->closed, "a table cannot grow after the first segment");
    gbx_table *table = (gbx_table *)(void *)(w->bytes + which);
    size_t size = table->count * width, from = table->offset;
    if (from + size == w->size) {
        return;
    }
    size_t to = grow(w, size);
    memcpy(w->bytes + to, w->bytes + from, size);
    table = (gbx_table *)(void *)(w->bytes + which);
    table->offset = (uint32_t)to;
}

void
writer_declare_event(trace_writer *w, uint8_t id, uint8_t size, const char *name)
{
    move_table(w, TABLE(events), sizeof(gbx_event_entry));
    add_event(w, id, GBX_CLASS_MARK, size, 1, name);
}

void
writer_declare_field(trace_writer *w, uint8_t event, uint8_t offset, uint8_t width, uint8_t kind,
                     const char *name)
{
    move_table(w, TABLE(fields), sizeof(gbx_field_entry));
    add_field(w, (gbx_field_entry){ .event = event, .offset = offset, .width = width, .kind = kind },
              name);
}

/* ----------------------------------------------------------------- segments */

static owner *
find_owner(trace_writer *w, uint8_t kind, uint32_t thread)
{
    for (size_t i = w->owner_count; i-- > 0;) {          // the newest is asked for most
        if (w->owners[i].kind == kind && w->owners[i].thread == thread) {
            return &w->owners[i];
        }
    }
    return NULL;
}

static owner *
add_owner(trace_writer *w, uint8_t kind, uint32_t thread)
{
    w->owners = realloc(w->owners, (w->owner_count + 1) * sizeof(*w->owners));
    must(w->owners != NULL, "out of memory");
    w->owners[w->owner_count] = (owner){ .thread = thread, .kind = kind };
    return &w->owners[w->owner_count++];
}

void
writer_take(trace_writer *w, uint8_t kind, uint32_t thread)
{
    close_header(w);
    owner *who = find_owner(w, kind, thread);
    if (who == NULL) {
        who = add_owner(w, kind, thread);
    }
    who->offset = grow(w, w->options.segment_size);
    gbx_segment *segment = (gbx_segment *)(void *)(w->bytes + who->offset);
    *segment = (gbx_segment){
        .magic = GBX_SEGMENT_MAGIC, .kind = kind, .size = w->options.segment_size, .thread = thread,
        .sequence = who->taken++, .committed = sizeof(gbx_segment), .base = instant(w->ticks),
    };
    gbx_header *header = writer_header(w);
    header->allocated = w->size;
    header->latest = instant(w->ticks);
    header->threads = header->threads > thread ? header->threads : thread;
}

static gbx_segment *
segment_of(trace_writer *w, uint8_t kind, uint32_t thread)
{
    owner *who = find_owner(w, kind, thread);
    if (who == NULL) {
        writer_take(w, kind, thread);
        who = find_owner(w, kind, thread);
    }
    return (gbx_segment *)(void *)(w->bytes + who->offset);
}

gbx_segment *
writer_segment(trace_writer *w, uint32_t thread)
{
    return segment_of(w, GBX_SEGMENT_EVENTS, thread);
}

gbx_segment *
writer_names_segment(trace_writer *w)
{
    return segment_of(w, GBX_SEGMENT_NAMES, 0);
}

uint8_t *
writer_room(trace_writer *w, uint8_t kind, uint32_t thread, size_t size)
{
    gbx_segment *segment = segment_of(w, kind, thread);
    if (segment->committed + size > segment->size) {
        writer_take(w, kind, thread);
        segment = segment_of(w, kind, thread);
    }
    must(segment->committed + size <= segment->size, "a record is larger than a segment");
    uint8_t *at = (uint8_t *)segment + segment->committed;
    segment->committed += size;
    return at;
}

void
writer_clock(trace_writer *w, uint64_t ticks)
{
    w->ticks = ticks;
}

static bool
is_timed(uint8_t event)
{
    switch (event) {
#define X(NAME, id, CLASS, text, record, timed) case id: return timed;
        GBX_EVENTS(X)
#undef X
        default: return false;
    }
}

size_t
writer_record(trace_writer *w, uint32_t thread, const void *record, size_t size)
{
    uint8_t *at = writer_room(w, GBX_SEGMENT_EVENTS, thread, size);
    memcpy(at, record, size);
    gbx_head *head = (gbx_head *)(void *)at;
    if (w->options.clock != GBX_CLOCK_NONE && is_timed(head->event)) {
        head->dt = (uint32_t)(w->ticks - writer_segment(w, thread)->base.ticks);
        w->ticks += 10;
    }
    return (size_t)(at - w->bytes);
}

/* -------------------------------------------------------------------- files */

uint8_t *
writer_bytes(trace_writer *w)
{
    close_header(w);
    return w->bytes;
}

size_t writer_size(const trace_writer *w) { return w->size; }

void
writer_truncate(trace_writer *w, size_t size)
{
    must(size <= w->size, "a trace is cut, not drawn");
    w->size = size;
}

void
writer_save(trace_writer *w, const char *path)
{
    close_header(w);
    FILE *file = fopen(path, "wb");
    must(file != NULL && fwrite(w->bytes, 1, w->size, file) == w->size && fclose(file) == 0,
         "cannot write the trace");
}

int
writer_memfd(const void *bytes, size_t size, char path[32])
{
    int fd = memfd_create("trace", MFD_CLOEXEC);
    must(fd >= 0 && pwrite(fd, bytes, size, 0) == (ssize_t)size, "cannot make a file in memory");
    snprintf(path, 32, "/proc/self/fd/%d", fd);
    return fd;
}
