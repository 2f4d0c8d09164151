/* Glassbox header block: what a trace says of itself before its first record.

   Who wrote it, when, with which clock, and the tables that describe every class, event, field and
   enumeration.  The tables are the X-macros of glassbox_format.h written down, so that a reader needs no
   knowledge of its own.  The clocks are read here too: the header and every segment hold an instant by
   which a reader turns ticks into time.

   This file must not open, grow or close anything (glassbox_file.c does), and must not call into
   Python: it runs before there is an interpreter, and after fork. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"

#if Py_GLASSBOX

#include <fcntl.h>                 // open()
#include <stdio.h>                 // snprintf()
#include <unistd.h>

/* ------------------------------------------------------------------ clocks */

static uint64_t
clock_ns(clockid_t id)
{
    struct timespec now;
    clock_gettime(id, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* The same instant on all clocks: of three tries the one whose bracket is the tightest. */
gbx_instant
_PyGlassbox_Instant(void)
{
    gbx_instant best = {0};
    uint64_t best_width = UINT64_MAX;
    for (int i = 0; i < 3; i++) {
        uint64_t before = gbx_now();
        uint64_t monotonic = clock_ns(CLOCK_MONOTONIC);
        uint64_t after = gbx_now();
        if (after - before < best_width) {
            best_width = after - before;
            best.ticks = before + (after - before) / 2;
            best.monotonic_ns = monotonic;
        }
    }
    best.realtime_ns = clock_ns(CLOCK_REALTIME);
    return best;
}

/* Start time of a process in clock ticks since boot: field 22 of /proc/PID/stat; 0 if unknown. */
uint64_t
_PyGlassbox_ProcessStart(int pid)
{
    char name[64], text[1024];
    snprintf(name, sizeof(name), "/proc/%d/stat", pid);
    int fd = open(name, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return 0;
    }
    ssize_t size = read(fd, text, sizeof(text) - 1);
    close(fd);
    if (size <= 0) {
        return 0;
    }
    text[size] = '\0';
    char *at = strrchr(text, ')');         /* the command's name may hold anything */
    for (int field = 2; at != NULL && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    return at == NULL ? 0 : strtoull(at, NULL, 10);
}
/* -------------------------------------------------------------- the block */

static void
write_tables(char *base, gbx_header *header)
{
    uint32_t at = (sizeof(gbx_header) + 63) / 64 * 64;

    gbx_class_entry *classes = (gbx_class_entry *)(base + at);
    header->classes.offset = at;
#define X(NAME, bit, text) \
    *classes++ = (gbx_class_entry){ .id = bit, .name = text }; header->classes.count++;
    GBX_CLASSES(X)
#undef X
    at += header->classes.count * (uint32_t)sizeof(gbx_class_entry);

    gbx_event_entry *events = (gbx_event_entry *)(base + at);
    header->events.offset = at;
#define X(NAME, number, CLASS, text, record, is_timed) \
    *events++ = (gbx_event_entry){ .id = number, .klass = GBX_CLASS_##CLASS, \
        .size = sizeof(record), .timed = is_timed, .name = text }; header->events.count++;
    GBX_EVENTS(X)
#undef X
    at += header->events.count * (uint32_t)sizeof(gbx_event_entry);

    gbx_field_entry *fields = (gbx_field_entry *)(base + at);
    header->fields.offset = at;
#define F(EVENT, text, record, member, KIND, extra) \
    *fields++ = (gbx_field_entry){ .event = GBX_EV_##EVENT, .offset = offsetof(record, member), \
        .width = sizeof(((record *)0)->member), .kind = GBX_KIND_##KIND, .detail = extra, \
        .name = text }; header->fields.count++;
    GBX_FIELDS(F)
#undef F
    at += header->fields.count * (uint32_t)sizeof(gbx_field_entry);

    gbx_enum_entry *enums = (gbx_enum_entry *)(base + at);
    header->enums.offset = at;
#define V(ENUM, VALUE, number, text) \
    *enums++ = (gbx_enum_entry){ .enumeration = GBX_ENUM_##ENUM, .value = number, \
        .label = text }; header->enums.count++;
    GBX_VALUES(V)
#undef V
    at += header->enums.count * (uint32_t)sizeof(gbx_enum_entry);
    assert(at <= GBX_HEADER_SIZE);
}

/* Where the main program was mapped: the first mapping of /proc/self/exe. */
static uint64_t
load_base(void)
{
    extern const char __ehdr_start __attribute__((weak, visibility("hidden")));
    return (uint64_t)(uintptr_t)&__ehdr_start;
}

static void
fill(gbx_header *header, const gbx_file_options *options)
{
    memcpy(header->magic, GBX_MAGIC, sizeof(header->magic));
    header->version_major = GBX_VERSION_MAJOR;
    header->version_minor = GBX_VERSION_MINOR;
    header->byte_order = GBX_BYTE_ORDER;
    header->header_size = GBX_HEADER_SIZE;
    header->granule = GBX_GRANULE;
    memcpy(header->run_id, options->run_id, sizeof(header->run_id));
    header->pid = (uint32_t)getpid();
    header->parent_pid = (uint32_t)getppid();
    header->process_start = _PyGlassbox_ProcessStart(getpid());
    header->clock = options->clock;
    header->mode = options->mode;
#ifdef Py_GIL_DISABLED
    header->build |= GBX_BUILD_FREE_THREADED;
#endif
#ifdef Py_DEBUG
    header->build |= GBX_BUILD_DEBUG;
#endif
#ifdef Py_STATS
    header->build |= GBX_BUILD_STATS;
#endif
    header->hexversion = PY_VERSION_HEX;
    header->limit = options->limit;
    header->load_base = load_base();
    ssize_t size = readlink("/proc/self/exe", header->executable, sizeof(header->executable) - 1);
    header->executable[size > 0 ? size : 0] = '\0';
    header->start = header->latest = _PyGlassbox_Instant();
    header->allocated = GBX_HEADER_SIZE;
    header->mask = header->first_mask = options->mask;
}

void
_PyGlassbox_HeaderWrite(void *block, const gbx_file_options *options)
{
    write_tables((char *)block, (gbx_header *)block);
    fill((gbx_header *)block, options);
}

#endif /* Py_GLASSBOX */
