/* Witness, the end: every byte of every trace file against the ledger.

   The header block may differ from what it was when it was made in the fields that the recorder changes, each of which is
   checked by its own rule; segments must be those that were seen being made, each with the records that were seen being written, no
   more and no less.  A file that nobody was seen to make is a replaced trace; so is one that bore another number when its
   process ended.

   The files are hostile.  It must not change them. */

#include "witness_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/stat.h>

typedef struct {
    gbx_witness *witness;
    const char *name;                /* of the file, for sentences */
    const unsigned char *bytes;
    size_t size;
} file_view;

/* --------------------------------------------------------------------- headers */

/* What of the header the recorder changes while it records; the rest must be as it was. */
static bool
changes(size_t offset)
{
    static const struct { size_t from, to; } parts[] = {
        { offsetof(gbx_header, allocated), offsetof(gbx_header, first_mask) },
        { offsetof(gbx_header, threads), offsetof(gbx_header, reserved3) },
    };
    return (offset >= parts[0].from && offset < parts[0].to) || (offset >= parts[1].from && offset < parts[1].to);
}

static bool
same_origin(const gbx_header *file, const gbx_header *log)
{
    return memcmp(file->magic, log->magic, sizeof(file->magic)) == 0 && file->pid == log->pid &&
        memcmp(file->run_id, log->run_id, sizeof(file->run_id)) == 0 && file->process_start == log->process_start &&
        memcmp(&file->start, &log->start, sizeof(file->start)) == 0;
}

static void
compare_header(file_view *view, const gbx_trace_log *log)
{
    gbx_header file, made;
    if (view->size < GBX_HEADER_SIZE) {
        gbx_witness_violation(view->witness, "missing-record", "'%s' was cut short", view->name);
        return;
    }
    memcpy(&file, view->bytes, sizeof(file));
    memcpy(&made, log->header, sizeof(made));
    if (!same_origin(&file, &made)) {
        gbx_witness_violation(view->witness, "replaced-trace", "'%s' is not the file that the recorder made", view->name);
        return;
    }
    for (size_t i = 0; i < GBX_HEADER_SIZE; i++) {
        if (view->bytes[i] != log->header[i] && !changes(i)) {
            gbx_witness_violation(view->witness, "altered-record", "the header of '%s' was changed at byte %zu", view->name, i);
            return;
        }
    }
    uint64_t allocated = GBX_HEADER_SIZE;
    uint32_t threads = 0;
    for (const gbx_segment_log *it = log->segments; it != NULL; it = it->next) {
        allocated += it->head.size;
        threads = it->head.kind == GBX_SEGMENT_EVENTS && it->head.thread >= threads ? it->head.thread + 1 : threads;
    }
    bool ring = made.mode == GBX_MODE_RING;
    const char *field = (!ring && file.allocated < allocated) || file.allocated % GBX_GRANULE != 0 ? "length"
        : file.lost_unattached != log->lost_unattached ? "count of lost events"
        : file.switched_off != log->switched_off ? "note of classes that went off"
        : file.threads < threads ? "count of threads"
        : file.state > GBX_STATE_ERROR || (file.state == GBX_STATE_STOPPED && !log->closed) ||
          (file.state == GBX_STATE_RECORDING && log->closed) ? "state" : NULL;
    if (field != NULL) {
        gbx_witness_violation(view->witness, "altered-record", "the %s in the header of '%s' is not what was seen", field, view->name);
    }
}

/* -------------------------------------------------------------------- segments */

static gbx_segment_log *
find_log(const gbx_trace_log *log, const gbx_segment *head)
{
    for (gbx_segment_log *it = log->segments; it != NULL; it = it->next) {
        if (it->head.kind == head->kind && it->head.thread == head->thread && it->head.sequence == head->sequence &&
            it->address != 0) {
            return it;
        }
    }
    return NULL;
}

/* Says what a record of the file is, that should be another. */
static void
describe_difference(file_view *view, const gbx_segment_log *log, const unsigned char *records, size_t size)
{
    size_t at = 0;
    if (log->head.kind == GBX_SEGMENT_NAMES) {
        gbx_witness_violation(view->witness, "altered-record", "a name in '%s' was changed", view->name);
        return;
    }
    while (at < size && at < log->used) {
        size_t length = gbx_ledger_record_size[log->bytes[at]];
        if (length == 0 || at + length > log->used || at + length > size ||
            memcmp(log->bytes + at, records + at, length) != 0) {
            break;
        }
        at += length;
    }
    gbx_witness_violation(view->witness, "altered-record", "a record of %s in '%s' (thread %u) was changed after it was made",
                          gbx_ledger_event_name(log->bytes[at]), view->name, log->head.thread);
}

static void
compare_segment(file_view *view, const gbx_segment *head, const gbx_segment_log *log, const unsigned char *records)
{
    size_t size = (size_t)(head->committed - sizeof(*head));
    size_t both = size < log->used ? size : log->used;
    if (head->size != log->head.size || head->interp != log->head.interp || head->lost != log->head.lost ||
        head->overwritten != log->head.overwritten || memcmp(&head->base, &log->head.base, sizeof(head->base)) != 0) {
        gbx_witness_violation(view->witness, "altered-record", "the head of a segment of '%s' (thread %u) was changed",
                              view->name, head->thread);
    }
    else if (both > 0 && memcmp(records, log->bytes, both) != 0) {
        describe_difference(view, log, records, both);
    }
    else if (size < log->used) {
        gbx_witness_violation(view->witness, "missing-record", "%s was recorded, and is no longer in '%s' (thread %u)",
                              log->head.kind == GBX_SEGMENT_NAMES ? "a name" : gbx_ledger_event_name(log->bytes[size]),
                              view->name, head->thread);
    }
    else if (size > log->used) {
        gbx_witness_violation(view->witness, "forged-record", "a record of %s in '%s' (thread %u) was never made",
                              gbx_ledger_event_name(records[log->used]), view->name, head->thread);
    }
}

/* A part of the file that was set apart, and never became a segment. */
static bool
is_unused(const gbx_segment *head)
{
    return head->magic == 0 && (head->committed == 0 || head->committed == sizeof(*head));
}

static void
compare_segments(file_view *view, const gbx_trace_log *log)
{
    size_t seen = 0, made = 0, at = GBX_HEADER_SIZE;
    while (at + sizeof(gbx_segment) <= view->size) {
        gbx_segment head;
        memcpy(&head, view->bytes + at, sizeof(head));
        bool unused = is_unused(&head);
        bool fits = head.size >= GBX_GRANULE && head.size % GBX_GRANULE == 0 && head.size <= view->size - at;
        if (unused) {
            at += fits ? head.size : GBX_GRANULE;
            continue;
        }
        const gbx_segment_log *of = find_log(log, &head);
        if (head.magic != GBX_SEGMENT_MAGIC || !fits || head.committed < sizeof(head) || head.committed > head.size || of == NULL) {
            gbx_witness_violation(view->witness, of == NULL ? "forged-record" : "altered-record",
                                  "'%s' has a segment at %zu that nobody was seen to make", view->name, at);
            return;
        }
        compare_segment(view, &head, of, view->bytes + at + sizeof(head));
        seen++;
        at += head.size;
    }
    for (const gbx_segment_log *it = log->segments; it != NULL; it = it->next) {
        made += it->address != 0;
    }
    if (seen != made) {
        gbx_witness_violation(view->witness, seen < made ? "missing-record" : "forged-record",
                              "'%s' has %zu segments, %zu were made", view->name, seen, made);
    }
}

/* ----------------------------------------------------------------------- files */

static const char *
last_part(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static gbx_trace_log *
log_named(const gbx_witness *witness, const char *name)
{
    for (gbx_trace_log *it = witness->logs; it != NULL; it = it->next) {
        if (!it->superseded && strcmp(last_part(it->path), name) == 0) {
            return it;
        }
    }
    return NULL;
}

static void
compare_file(gbx_witness *witness, int folder, const char *name)
{
    const gbx_trace_log *log = log_named(witness, name);
    file_view view = { .witness = witness, .name = name };
    struct stat status;
    int fd = openat(folder, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (log == NULL) {
        gbx_witness_violation(witness, "replaced-trace", "nobody was seen to make '%s'", name);
    }
    else if (fd < 0 || fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        gbx_witness_violation(witness, "replaced-trace", "'%s' is no ordinary file", name);
    }
    else if (status.st_size < (off_t)GBX_HEADER_SIZE) {
        gbx_witness_violation(witness, "missing-record", "'%s' was cut short", name);
    }
    else {
        view.size = (size_t)status.st_size;
        void *bytes = mmap(NULL, view.size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (bytes != MAP_FAILED) {
            view.bytes = bytes;
            compare_header(&view, log);
            compare_segments(&view, log);
            munmap(bytes, view.size);
        }
        else {
            gbx_witness_violation(witness, "replaced-trace", "'%s' cannot be read", name);
        }
        if (log->replaced) {
            gbx_witness_violation(witness, "replaced-trace", "'%s' took the place of the file that the recorder made", name);
        }
    }
    if (fd >= 0) {
        close(fd);
    }
}

/* NAME, or NAME.PID and the like.  What FileOpen() has not yet given its name ends with a tilde. */
static bool
is_relative(const char *name, const char *of)
{
    size_t length = strlen(of), all = strlen(name);
    return strncmp(name, of, length) == 0 && (name[length] == '\0' || (name[length] == '.' && name[all - 1] != '~'));
}

static int
compare_folder(gbx_witness *witness, const char *path, gbx_error *error)
{
    char copy[PATH_MAX], folder[PATH_MAX];
    const char *name = last_part(path);
    snprintf(copy, sizeof(copy), "%s", path);
    snprintf(folder, sizeof(folder), "%s", dirname(copy));
    DIR *all = opendir(folder);
    if (all == NULL) {
        return gbx_error_system(error, "open", folder);
    }
    for (struct dirent *entry; (entry = readdir(all)) != NULL; ) {
        if (is_relative(entry->d_name, name)) {
            compare_file(witness, dirfd(all), entry->d_name);
        }
    }
    for (const gbx_trace_log *it = witness->logs; it != NULL; it = it->next) {
        struct stat status;
        const char *made = last_part(it->path);
        if (!it->superseded && is_relative(made, name) && fstatat(dirfd(all), made, &status, AT_SYMLINK_NOFOLLOW) < 0) {
            gbx_witness_violation(witness, "replaced-trace", "'%s' was made, and is gone", made);
        }
    }
    closedir(all);
    return 0;
}

static json_t *
report_of(const gbx_witness *witness)
{
    const gbx_witness_figures *it = &witness->figures;
    return json_pack("{s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:I,s:b,s:I,s:I,s:f}",
                     "stops", (json_int_t)it->stops, "records", (json_int_t)it->records, "names", (json_int_t)it->names,
                     "look-ins", (json_int_t)it->look_ins, "processes", (json_int_t)it->processes, "threads",
                     (json_int_t)it->threads, "recordings", (json_int_t)it->recordings, "frames compared",
                     (json_int_t)it->frame_checks, "holders compared", (json_int_t)it->lock_checks, "code compared",
                     (json_int_t)it->code_checks, "mappings asked for", (json_int_t)it->asked, "mask watched", (int)it->watchpoints,
                     "glances", (json_int_t)it->glances, "functions compared",
                     (json_int_t)it->code_object_checks, "busy_s", (double)it->busy_ns / 1e9);
}

int
gbx_witness_compare(gbx_witness *witness, const char *path, json_t **report, gbx_error *error)
{
    int result = compare_folder(witness, path, error);
    if (report != NULL) {
        *report = report_of(witness);
    }
    return result;
}
