/* One trace file: its header, its tables and its segments, each believed only when checked.

   The file may be cut off anywhere, still be written, or be made by somebody who wants this program to
   read elsewhere; so every offset is compared with the file's size before it is used, sizes must move
   forward, and what a live writer may change is copied once. */

#include "trace_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MOST_FIELDS 64u          /* of an event: whoever shows one looks at each of them, often */

static int
broken(const gbx_file *file, gbx_error *error, const char *what)
{
    return gbx_error_set(error, GBX_ERROR_FORMAT, "'%s' is not a sound trace: %s", file->path, what);
}

/* Is [offset, offset + count * width) inside the header block, which is inside the file? */
static bool
table_fits(const gbx_file *file, gbx_table table, size_t width)
{
    uint64_t end = (uint64_t)table.offset + (uint64_t)table.count * width;
    return table.offset >= sizeof(gbx_header) && table.count <= 65536
        && end <= file->header.header_size && end <= file->size;
}

static int
check_header(gbx_file *file, gbx_error *error)
{
    memcpy(&file->header, file->map, sizeof(file->header));
    gbx_header *header = &file->header;
    file->info.header = header;
    file->info.bytes = file->size;
    file->info.mask = header->first_mask & ~header->switched_off;
    file->info.cut = header->allocated > file->size;
    header->executable[sizeof(header->executable) - 1] = '\0';
    file->executable = gbx_names_clean((const uint8_t *)header->executable,
                                       strlen(header->executable));
    file->info.executable = file->executable;
    if (file->executable == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (memcmp(header->magic, GBX_MAGIC, sizeof(header->magic)) != 0) {
        return gbx_error_set(error, GBX_ERROR_FORMAT, "'%s' is not a trace", file->path);
    }
    if (header->version_major != GBX_VERSION_MAJOR) {
        return gbx_error_set(error, GBX_ERROR_VERSION, "'%s' is a trace of version %u, not %u",
                             file->path, header->version_major, GBX_VERSION_MAJOR);
    }
    if (header->byte_order != GBX_BYTE_ORDER) {
        return broken(file, error, "its byte order is another");
    }
    if (header->granule < 4096 || header->granule > (1u << 24) ||
        (header->granule & (header->granule - 1)) != 0 ||
        header->header_size < sizeof(gbx_header) || header->header_size % header->granule != 0) {
        return broken(file, error, "its header states impossible sizes");
    }
    if (!table_fits(file, header->events, sizeof(gbx_event_entry)) ||
        !table_fits(file, header->fields, sizeof(gbx_field_entry)) ||
        header->events.offset % 8 != 0 || header->fields.offset % 8 != 0) {
        return broken(file, error, "a table lies outside its header");
    }
    return 0;
}

static size_t
size_here(uint8_t event)
{
    switch (event) {
#define X(NAME, id, CLASS, text, record, timed) case id: return sizeof(record);
        GBX_EVENTS(X)
#undef X
        default: return 0;
    }
}

static uint16_t
shape_of(const gbx_event_entry *entry)
{
    size_t mine = size_here(entry->id);
    bool state = entry->id == GBX_EV_STREAM_TIME || entry->id == GBX_EV_STREAM_INTERP ||
        entry->id == GBX_EV_STREAM_MASK || entry->id == GBX_EV_BLOCK_ALLOC;
    unsigned shape = entry->size;
    if (mine != 0 && entry->size >= mine) {
        shape |= entry->id != GBX_EV_STREAM_TIME ? GBX_SHAPE_EVENT : 0u;
        shape |= state ? GBX_SHAPE_STATE : 0u;
        shape |= entry->timed ? GBX_SHAPE_TIMED : 0u;
    }
    return (uint16_t)shape;
}

/* A packed record is unpacked to what this reader has; if the file's full records are larger than that,
   their fields would not be there, and the packed ones are passed over as unknown. */
static void
find_packed(gbx_file *file)
{
    static const struct { uint8_t packed, full; } forms[] = {
        { GBX_EV_OBJ_CREATE_PACKED, GBX_EV_OBJ_CREATE },
        { GBX_EV_OBJ_DESTROY_PACKED, GBX_EV_OBJ_DESTROY },
        { GBX_EV_BLOCK_ALLOC_PACKED, GBX_EV_BLOCK_ALLOC },
    };
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        uint16_t *shape = &file->shape[forms[i].packed];
        bool same = file->record_size[forms[i].full] == size_here(forms[i].full) && (*shape & GBX_SHAPE_EVENT) != 0;
        *shape = same ? *shape | GBX_SHAPE_PACKED : *shape & 255;
    }
}

static int
read_event_table(gbx_file *file, gbx_error *error)
{
    const gbx_event_entry *entries =
        (const gbx_event_entry *)(const void *)(file->map + file->header.events.offset);
    for (uint32_t i = 0; i < file->header.events.count; i++) {
        gbx_event_entry entry = entries[i];
        if (entry.id == 0 || entry.size < sizeof(gbx_head) || entry.size % 8 != 0 ||
            file->record_size[entry.id] != 0) {
            return broken(file, error, "its table of events is impossible");
        }
        file->record_size[entry.id] = entry.size;
        file->shape[entry.id] = shape_of(&entry);
    }
    find_packed(file);
    return 0;
}

static int
by_event(const void *a, const void *b)
{
    const gbx_field_entry *x = a, *y = b;
    return x->event != y->event ? x->event - y->event : x->offset - y->offset;
}

static int
read_field_table(gbx_file *file, gbx_error *error)
{
    uint32_t count = file->header.fields.count;
    uint8_t fields_of[256] = { 0 };
    file->fields = calloc(count + 1, sizeof(*file->fields));
    if (file->fields == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    memcpy(file->fields, file->map + file->header.fields.offset, count * sizeof(*file->fields));
    for (uint32_t i = 0; i < count; i++) {
        gbx_field_entry *field = &file->fields[i];
        if (field->width == 0 || field->width > sizeof(uint64_t) || field->offset + field->width > file->record_size[field->event] ||
            fields_of[field->event]++ == MOST_FIELDS) {
            return broken(file, error, "its table of fields is impossible");
        }
        field->name[sizeof(field->name) - 1] = '\0';
        for (char *c = field->name; *c != '\0'; c++) {
            if ((*c < 'a' || *c > 'z') && *c != '_') {
                return broken(file, error, "a field's name is no name");
            }
        }
    }
    file->field_count = count;
    qsort(file->fields, count, sizeof(*file->fields), by_event);
    return 0;
}

/* Copy and check the segment at `offset` of `bytes`; false where it is none. */
static bool
read_piece(const gbx_file *file, const uint8_t *bytes, uint64_t offset, gbx_piece *piece,
           uint64_t *size)
{
    gbx_segment segment;
    if (offset + sizeof(segment) > file->size) {
        return false;
    }
    memcpy(&segment, bytes + offset, sizeof(segment));
    if (segment.magic != GBX_SEGMENT_MAGIC || segment.size < file->header.granule ||
        segment.size % file->header.granule != 0 ||
        (segment.kind != GBX_SEGMENT_EVENTS && segment.kind != GBX_SEGMENT_NAMES)) {
        return false;
    }
    uint64_t end = segment.committed < segment.size ? segment.committed : segment.size;
    bool cut = end > file->size - offset;
    if (cut) {
        end = file->size - offset;
    }
    *piece = (gbx_piece){
        .base = bytes + offset, .end = end, .thread = segment.thread,
        .sequence = segment.sequence, .interp = segment.interp, .lost = segment.lost,
        .overwritten = segment.overwritten, .start = segment.base, .kind = segment.kind,
        .cut = cut,
    };
    *size = segment.size;
    return true;
}

static int
by_owner(const void *a, const void *b)
{
    const gbx_piece *x = a, *y = b;
    if (x->kind != y->kind) {
        return x->kind - y->kind;
    }
    if (x->thread != y->thread) {
        return x->thread < y->thread ? -1 : 1;
    }
    return x->sequence < y->sequence ? -1 : x->sequence > y->sequence;
}

static int
add_piece(gbx_file *file, const gbx_piece *piece, size_t *room, gbx_error *error)
{
    if (file->piece_count == *room) {
        *room = *room == 0 ? 64 : *room * 2;
        gbx_piece *more = *room > GBX_SEGMENTS_MAX
            ? NULL : realloc(file->pieces, *room * sizeof(*more));
        if (more == NULL) {
            return gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' has too many segments", file->path);
        }
        file->pieces = more;
    }
    file->pieces[file->piece_count++] = *piece;
    return 0;
}

/* Where the next segment may begin, when there is none at `offset`.  Holes are passed over at once: a
   file may claim to be as large as it likes. */
static uint64_t
next_candidate(const gbx_file *file, int fd, uint64_t offset)
{
    uint64_t next = offset + file->header.granule;
    off_t data = lseek(fd, (off_t)next, SEEK_DATA);
    if (data < 0) {
        return errno == ENXIO ? file->size : next;       /* holes to the end; or nobody can say */
    }
    uint64_t begin = (uint64_t)data / file->header.granule * file->header.granule;
    return begin > next ? begin : next;
}

/* A ring's writer may take a segment again while its records are copied: then they are not its own. */
static bool
was_reused(const gbx_file *file, const gbx_piece *piece)
{
    gbx_segment now;
    memcpy(&now, file->late + (piece->base - file->map), sizeof(now));
    return now.magic != GBX_SEGMENT_MAGIC || now.sequence != piece->sequence ||
        now.thread != piece->thread || now.committed < piece->end;
}

/* Walk the file; where there is no segment (a writer died between taking and naming it) go on at the
   next granule. */
static int
find_pieces(gbx_file *file, int fd, uint8_t kind, size_t *room, gbx_error *error)
{
    const uint8_t *bytes = kind == GBX_SEGMENT_NAMES ? file->late : file->map;
    uint64_t offset = file->header.header_size;
    int result = 0;
    while (offset < file->size && result == 0) {
        gbx_piece piece;
        uint64_t size;
        if (!read_piece(file, bytes, offset, &piece, &size)) {
            offset = next_candidate(file, fd, offset);
            continue;
        }
        if (piece.kind == kind && !(kind == GBX_SEGMENT_EVENTS && was_reused(file, &piece))) {
            file->info.cut = file->info.cut || piece.cut;
            result = add_piece(file, &piece, room, error);
        }
        offset += size;
    }
    return result;
}

/* A name is defined before the record that uses it.  So where a writer is at work the names are complete
   only when they are looked for after the records. */
static int
find_all_pieces(gbx_file *file, int fd, gbx_error *error)
{
    size_t room = 0;
    int result = 0;
    if (file->header.state == GBX_STATE_RECORDING) {
        result = gbx_load_again(file, fd, error);
    }
    if (result == 0) {
        result = find_pieces(file, fd, GBX_SEGMENT_EVENTS, &room, error);
    }
    if (result == 0) {
        result = find_pieces(file, fd, GBX_SEGMENT_NAMES, &room, error);
    }
    if (file->piece_count > 0) {
        qsort(file->pieces, file->piece_count, sizeof(*file->pieces), by_owner);
    }
    return result;
}

/* Ticks to nanoseconds: over the longest stretch between two instants of the file. */
static void
calibrate(gbx_file *file)
{
    const gbx_header *header = &file->header;
    gbx_instant first = header->start, last = header->latest;
    for (size_t i = 0; i < file->piece_count; i++) {
        if (file->pieces[i].start.monotonic_ns > last.monotonic_ns) {
            last = file->pieces[i].start;
        }
    }
    file->untimed = header->clock == GBX_CLOCK_NONE;
    file->info.ns_per_tick = 1.0;
    if (header->clock == GBX_CLOCK_TSC && last.ticks > first.ticks &&
        last.monotonic_ns > first.monotonic_ns) {
        file->info.ns_per_tick = (double)(last.monotonic_ns - first.monotonic_ns)
            / (double)(last.ticks - first.ticks);
    }
}

int
gbx_file_open(gbx_file *file, const char *path, uint64_t *copy_left, gbx_error *error)
{
    memset(file, 0, sizeof(*file));
    int fd = -1, result = 0;
    file->path = strdup(path);
    if (file->path == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    file->info.path = file->path;
    fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);    /* a pipe must not keep us */
    if (fd < 0) {
        result = gbx_error_system(error, "open", file->path);
    }
    if (result == 0) {
        result = gbx_load(file, fd, copy_left, error);
    }
    if (result == 0) {
        result = check_header(file, error);
    }
    if (result == 0) {
        result = read_event_table(file, error);
    }
    if (result == 0) {
        result = read_field_table(file, error);
    }
    if (result == 0) {
        result = find_all_pieces(file, fd, error);
    }
    if (result == 0) {
        calibrate(file);
        result = gbx_names_read(file, error);
    }
    if (fd >= 0) {
        close(fd);
    }
    if (result != 0) {
        gbx_file_clear(file);
    }
    return result;
}

void
gbx_file_clear(gbx_file *file)
{
    gbx_names_clear(file);
    gbx_load_clear(file);
    free(file->fields);
    free(file->pieces);
    free(file->path);
    free(file->executable);
    memset(file, 0, sizeof(*file));
}
