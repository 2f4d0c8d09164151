/* Glassbox recorder: how a record reaches the trace file.

   Theory of operation.  The file is written through shared mappings, so what a thread stored is in
   the kernel's hands at once: it survives kill -9, a segfault, os._exit.  Every thread owns the
   segment it writes to; the only step that threads share is taking a new segment, one
   compare-and-swap on header->allocated.  A segment is fallocate()d before it is mapped (a sparse
   mapping on a full disk is a SIGBUS in somebody's program; this way it is an error and a counted
   loss), and its pages are made by writing zeros through the descriptor, all at once: a page that a
   store has to make costs more than the records in it.  No descriptor is kept: daemons close them all, and the number would then be
   somebody else's; each new segment re-opens the file by path and compares device and inode.

   This file must not know what an event means, and must never call into Python: it runs without the
   GIL, inside the allocator, during finalization and after fork. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"

#if Py_GLASSBOX

#include <errno.h>
#include <fcntl.h>                 // open(), posix_fallocate()
#include <pthread.h>               // pthread_key_create(): a thread's end
#include <stdio.h>                 // snprintf()
#include <sys/mman.h>
#include <sys/random.h>            // getrandom()
#include <sys/stat.h>
#include <sys/syscall.h>           // SYS_gettid
#include <sys/uio.h>               // pwritev()
#include <unistd.h>

#define FIRST_SEGMENT   GBX_GRANULE        /* a thread that does little costs little */
#define LARGEST_SEGMENT (2048u * 1024)
#define PAGE_TABLE      ((uintptr_t)2048 * 1024)   /* of addresses, what one table of pages covers */
#define IDLE_SEGMENTS   512
#define NAMES_SEGMENT   (64u * 1024)

uint32_t _PyGlassbox_mask = 0;
gbx_recorder _PyGlassbox_recorder;
_Py_thread_local gbx_stream _PyGlassbox_stream;

/* Of the open file; written at start, constant while the recording lasts. */
static struct {
    char path[1024 + 32];
    dev_t device;
    ino_t inode;
} file;

/* Guards the registry of streams, the pool of ring segments and the NAMES segment. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gbx_stream *streams;                /* all that have a segment */
static gbx_segment *idle[IDLE_SEGMENTS];   /* ring: of threads that have ended, the oldest first */
static int idle_count;
static gbx_segment *names;                 /* the NAMES segment being filled */
static uint64_t names_lost;

static pthread_key_t exit_key;             /* its destructor runs as a thread ends */
static bool exit_key_made;

void _PyGlassbox_Lock(void) { pthread_mutex_lock(&lock); }
void _PyGlassbox_Unlock(void) { pthread_mutex_unlock(&lock); }

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

/* ----------------------------------------------------- segments of the file */

/* Set apart `size` bytes of the file; returns their offset, or 0 where the limit is reached. */
static uint64_t
allot(gbx_header *header, uint32_t size, uint64_t limit)
{
    uint64_t at = __atomic_load_n(&header->allocated, __ATOMIC_RELAXED);
    do {
        if (at + size > limit) {
            return 0;
        }
    } while (!__atomic_compare_exchange_n(&header->allocated, &at, at + size, true,
                                          __ATOMIC_RELAXED, __ATOMIC_RELAXED));
    return at;
}

static int
open_again(void)
{
    int fd = open(file.path, O_RDWR | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return -1;
    }
    struct stat now;
    if (fstat(fd, &now) < 0 || now.st_dev != file.device || now.st_ino != file.inode) {
        close(fd);
        errno = ESTALE;
        return -1;
    }
    return fd;
}

/* Disk blocks for a part of the file; an errno value where there are none. */
static int
reserve_blocks(int fd, uint64_t offset, uint32_t size)
{
    int error;
    do {
        error = posix_fallocate(fd, (off_t)offset, (off_t)size);
    } while (error == EINTR);
    return error;
}

/* Have the kernel make the pages of a part of the file: 1 MiB takes it about 120 us.  write() makes
   them in large folios where the file system has these, and never asks the disk; both a store and
   MADV_POPULATE_WRITE read them in one by one, which was measured to take five times as long.  What
   does not succeed here is merely slower later. */
static void
make_pages(int fd, uint64_t offset, uint32_t size)
{
    static char zeros[GBX_GRANULE];        /* never written */
    struct iovec parts[LARGEST_SEGMENT / GBX_GRANULE];
    int count = 0;
    for (; size > 0 && count < (int)Py_ARRAY_LENGTH(parts); count++) {
        uint32_t length = size < sizeof(zeros) ? size : (uint32_t)sizeof(zeros);
        parts[count] = (struct iovec){ .iov_base = zeros, .iov_len = length };
        size -= length;
    }
    ssize_t done = pwritev(fd, parts, count, (off_t)offset);
    (void)done;
}

/* Map a part of the file at an address that is congruent to its offset.  The kernel then maps a large
   folio by one fault; where a folio would lie across two page tables it takes one for each page, which
   was measured to cost ten times what the making of the pages does. */
static void *
map_aligned(int fd, uint64_t offset, size_t size)
{
    size_t room = size + PAGE_TABLE;
    char *space = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (space == MAP_FAILED) {
        return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, (off_t)offset);
    }
    size_t before = (size_t)((uintptr_t)offset - (uintptr_t)space) % PAGE_TABLE;
    void *mapped = mmap(space + before, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, (off_t)offset);
    if (mapped == MAP_FAILED) {
        int error = errno;
        munmap(space, room);
        errno = error;
        return MAP_FAILED;
    }
    if (before > 0) {
        munmap(space, before);
    }
    munmap(space + before + size, room - before - size);
    return mapped;
}

/* A new segment of the file, mapped and empty but for its header; its magic is not there yet.
   NULL where the file is full or broken: *error says which (0: full). */
static gbx_segment *
map_segment(uint32_t size, uint64_t limit, int *error)
{
    gbx_header *header = _PyGlassbox_recorder.header;
    *error = 0;
    uint64_t offset = allot(header, size, limit);
    if (offset == 0) {
        return NULL;
    }
    int fd = open_again();
    if (fd < 0) {
        *error = errno;
        return NULL;
    }
    *error = reserve_blocks(fd, offset, size);
    void *mapped = MAP_FAILED;
    if (*error == 0) {
        make_pages(fd, offset, size);
        mapped = map_aligned(fd, offset, size);
        if (mapped == MAP_FAILED) {
            *error = errno;
        }
    }
    close(fd);
    if (mapped == MAP_FAILED) {
        return NULL;
    }
    gbx_segment *segment = (gbx_segment *)mapped;
    segment->size = size;
    return segment;
}

/* Publish: from here on a reader sees the segment. */
static void
publish_segment(gbx_segment *segment)
{
    __atomic_store_n(&segment->committed, sizeof(gbx_segment), __ATOMIC_RELEASE);
    __atomic_store_n(&segment->magic, GBX_SEGMENT_MAGIC, __ATOMIC_RELEASE);
}

static void
note_state(uint32_t state, int error)
{
    gbx_header *header = _PyGlassbox_recorder.header;
    if (header->state == GBX_STATE_RECORDING) {
        header->error = (uint32_t)error;
        header->state = state;
    }
}

/* -------------------------------------------------- the stream of a thread */

static uint32_t
tail_of(const gbx_segment *segment)
{
    return segment->size - GBX_SEGMENT_TAIL;
}

static void
begin_segment(gbx_stream *stream, gbx_segment *segment)
{
    segment->kind = GBX_SEGMENT_EVENTS;
    segment->thread = stream->thread;
    segment->sequence = stream->sequence++;
    segment->interp = stream->interp;
    segment->lost = 0;
    segment->base = _PyGlassbox_Instant();
    _PyGlassbox_recorder.header->latest = segment->base;
    stream->segment = segment;
    stream->base_ticks = segment->base.ticks;
    stream->limit = tail_of(segment);
    publish_segment(segment);
}

static uint32_t
segment_size(uint32_t sequence)
{
    uint32_t size = FIRST_SEGMENT;
    while (sequence-- > 0 && size < LARGEST_SEGMENT) {
        size *= 4;
    }
    return size < LARGEST_SEGMENT ? size : LARGEST_SEGMENT;
}

static uint32_t record_size[256];          /* by event; filled once, from the format's table */

static void
fill_record_sizes(void)
{
#define X(NAME, id, CLASS, text, record, timed) record_size[id] = sizeof(record);
    GBX_EVENTS(X)
#undef X
}

static uint64_t
count_records(const gbx_segment *segment)
{
    uint64_t count = 0;
    for (uint64_t at = sizeof(gbx_segment); at < segment->committed; count++) {
        uint32_t size = record_size[((const gbx_head *)((const char *)segment + at))->event];
        if (size == 0) {
            break;
        }
        at += size;
    }
    return count;
}

/* Ring: use a full segment again.  `committed` goes first, so that no reader takes the old records
   for new ones. */
static void
reuse_segment(gbx_stream *stream, gbx_segment *segment, uint64_t overwritten)
{
    overwritten += count_records(segment);
    __atomic_store_n(&segment->committed, 0, __ATOMIC_RELEASE);
    segment->overwritten = overwritten;
    begin_segment(stream, segment);
}

static bool
take_from_idle(gbx_stream *stream)
{
    _PyGlassbox_Lock();
    gbx_segment *segment = idle_count > 0 ? idle[0] : NULL;
    if (segment != NULL) {
        memmove(idle, idle + 1, (size_t)--idle_count * sizeof(idle[0]));
    }
    _PyGlassbox_Unlock();
    if (segment == NULL) {
        return false;
    }
    stream->ring[stream->held++] = segment;
    reuse_segment(stream, segment, 0);
    return true;
}

/* Of the file, what segments of events may use: an eighth is kept for names, since a record without its
   names says little. */
static uint64_t
event_room(void)
{
    const gbx_header *header = _PyGlassbox_recorder.header;
    return header->limit - header->limit / 8;
}

/* A new segment of `size` bytes, or of less where that is all that is left below `room`.  NULL with
   *error 0: no room; else errno. */
static gbx_segment *
new_segment(uint32_t size, uint64_t room, int *error)
{
    gbx_segment *segment = NULL;
    *error = 0;
    while (segment == NULL && *error == 0 && size >= GBX_GRANULE) {
        segment = map_segment(size, room, error);
        size = size / 4 / GBX_GRANULE * GBX_GRANULE;
    }
    return segment;
}

/* Full mode: the file grows to its limit, and then it is full. */
static bool
next_in_full(gbx_stream *stream)
{
    int error;
    gbx_segment *full = stream->segment;
    gbx_segment *segment = new_segment(segment_size(stream->sequence), event_room(), &error);
    if (segment == NULL) {
        note_state(error == 0 ? GBX_STATE_FULL : GBX_STATE_ERROR, error);
        return false;
    }
    if (full != NULL) {
        munmap(full, full->size);
    }
    begin_segment(stream, segment);
    return true;
}

/* Ring mode, a further segment.  The busiest thread must not take the whole file: the first two of each
   thread are small and may come from anywhere in it, larger ones from its first half alone. */
static gbx_segment *
next_of_ring(const gbx_stream *stream)
{
    int error;
    bool first = stream->held < 2;
    uint64_t room = first ? event_room() : event_room() / 2;
    uint64_t most = event_room() / (first ? 128 : 32) / GBX_GRANULE * GBX_GRANULE;
    uint32_t size = segment_size(stream->sequence);
    size = most < GBX_GRANULE ? GBX_GRANULE : size > most ? (uint32_t)most : size;
    return stream->held < GBX_RING_SEGMENTS ? new_segment(size, room, &error) : NULL;
}

static bool
next_in_ring(gbx_stream *stream)
{
    gbx_segment *full = stream->segment;
    gbx_segment *segment = next_of_ring(stream);
    if (segment != NULL) {
        segment->overwritten = full == NULL ? 0 : full->overwritten;
        stream->ring[stream->held++] = segment;
        begin_segment(stream, segment);
        return true;
    }
    if (stream->held == 0) {
        return take_from_idle(stream);
    }
    gbx_segment *oldest = stream->ring[stream->next_reuse % stream->held];
    stream->next_reuse = (stream->next_reuse + 1) % stream->held;
    reuse_segment(stream, oldest, full->overwritten);
    return true;
}

/* A segment for the calling thread, new or used; false where there is none to be had. */
static bool
next_segment(gbx_stream *stream)
{
    return _PyGlassbox_recorder.mode == GBX_MODE_RING ? next_in_ring(stream) : next_in_full(stream);
}

/* Note one more lost event where a reader finds it.  The tail of each segment is kept free for the
   one LOST record this writes; after that, only its count changes. */
static void
count_loss(gbx_stream *stream)
{
    gbx_segment *segment = stream->segment;
    if (segment == NULL) {
        gbx_header *header = _PyGlassbox_recorder.header;
        __atomic_fetch_add(&header->lost_unattached, 1, __ATOMIC_RELAXED);
        return;
    }
    if (segment->lost == 0) {
        gbx_stream_lost *record = (gbx_stream_lost *)((char *)segment + segment->committed);
        record->count = 0;
        gbx_commit(record, sizeof(*record), GBX_EV_STREAM_LOST, 0, 0, 0);
        stream->limit = 0;                 /* every later event comes straight here */
    }
    segment->lost++;
    gbx_stream_lost *record =
        (gbx_stream_lost *)((char *)segment + segment->committed - sizeof(gbx_stream_lost));
    record->count = segment->lost;
}

static void
stream_forget(gbx_stream *stream)
{
    if (_PyGlassbox_recorder.mode != GBX_MODE_RING && stream->segment != NULL) {
        munmap(stream->segment, stream->segment->size);
    }
    stream->segment = NULL;
    stream->limit = 0;
    stream->held = 0;
    stream->next_reuse = 0;
    stream->sequence = 0;
}

static void
unregister_stream(gbx_stream *stream)
{
    if (stream->registered) {
        *(stream->prev ? &stream->prev->next : &streams) = stream->next;
        if (stream->next) {
            stream->next->prev = stream->prev;
        }
        stream->registered = false;
    }
}

/* A thread ends: give its ring segments to whoever comes next, and unmap the rest. */
static void
thread_ends(void *arg)
{
    gbx_stream *stream = (gbx_stream *)arg;
    _PyGlassbox_ChurnThreadEnd(stream);
    _PyGlassbox_Lock();
    unregister_stream(stream);
    if (_PyGlassbox_recorder.mode == GBX_MODE_RING &&
        stream->session == _PyGlassbox_recorder.session) {
        for (uint32_t i = 0; i < stream->held && idle_count < IDLE_SEGMENTS; i++) {
            idle[idle_count++] = stream->ring[(stream->next_reuse + i) % stream->held];
        }
    }
    _PyGlassbox_Unlock();
    stream_forget(stream);
}

static void
register_stream(gbx_stream *stream)
{
    _PyGlassbox_Lock();
    if (!stream->registered) {
        stream->prev = NULL;
        stream->next = streams;
        if (streams) {
            streams->prev = stream;
        }
        streams = stream;
        stream->registered = true;
    }
    if (!exit_key_made) {
        exit_key_made = pthread_key_create(&exit_key, thread_ends) == 0;
    }
    if (exit_key_made) {
        pthread_setspecific(exit_key, stream);
    }
    _PyGlassbox_Unlock();
}

/* The first event of this thread in this recording. */
static bool
attach(gbx_stream *stream, PyThreadState *tstate, bool entering)
{
    stream_forget(stream);
    stream->session = _PyGlassbox_recorder.session;
    stream->thread = __atomic_fetch_add(&_PyGlassbox_recorder.header->threads, 1, __ATOMIC_RELAXED);
    stream->interp = tstate == NULL ? 0 : (uint32_t)PyInterpreterState_GetID(tstate->interp);
    register_stream(stream);
    _PyGlassbox_DefineThread(stream->thread);
    if (!next_segment(stream)) {
        return false;
    }
    if (tstate != NULL && (_PyGlassbox_mask & (1u << GBX_CLASS_FRAME))) {
        _PyGlassbox_Snapshot(tstate, entering);
    }
    return true;
}

static void *
reserve_slowly(uint32_t size, PyThreadState *tstate, bool entering)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    if (_PyGlassbox_mask == 0 || !_PyGlassbox_recorder.open) {
        return NULL;                       /* stopped since the hook looked */
    }
    if (stream->session != _PyGlassbox_recorder.session) {
        if (!attach(stream, tstate, entering)) {
            count_loss(stream);
            return NULL;
        }
    }
    gbx_segment *segment = stream->segment;
    if (segment == NULL || segment->lost > 0) {
        count_loss(stream);
        return NULL;
    }
    uint64_t at = segment->committed;
    if (at + size > tail_of(segment)) {
        if (!next_segment(stream)) {
            count_loss(stream);
            return NULL;
        }
        segment = stream->segment;
        at = segment->committed;
    }
    /* If the recording was stopped meanwhile, the limit must not stay where a new segment put it:
       partner of the fence in invalidate_streams(). */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    if (_PyGlassbox_mask == 0 || stream->session != _PyGlassbox_recorder.session) {
        stream->limit = 0;
        return NULL;
    }
    return (char *)segment + at;
}

void *
_PyGlassbox_Reserve(uint32_t size, PyThreadState *tstate, bool entering)
{
    int saved = errno;
    void *record = reserve_slowly(size, tstate, entering);
    errno = saved;
    return record;
}

bool
_PyGlassbox_Rebase(uint64_t ticks)
{
    gbx_stream_time *record = gbx_reserve(sizeof(*record), NULL, false);
    if (record == NULL) {
        return false;
    }
    record->ticks = ticks;
    gbx_commit(record, sizeof(*record), GBX_EV_STREAM_TIME, 0, 0, 0);
    _PyGlassbox_stream.base_ticks = ticks;
    return true;
}

/* ------------------------------------------------------------------- names */

static gbx_segment *
names_with_room(uint32_t size)
{
    if (names != NULL && names->committed + size <= names->size) {
        return names;
    }
    uint32_t need = size + (uint32_t)sizeof(gbx_segment);
    need = (need + GBX_GRANULE - 1) / GBX_GRANULE * GBX_GRANULE;
    int error;
    gbx_segment *segment = map_segment(need < NAMES_SEGMENT ? NAMES_SEGMENT : need,
                                       _PyGlassbox_recorder.header->limit, &error);
    if (segment == NULL) {
        note_state(error == 0 ? GBX_STATE_FULL : GBX_STATE_ERROR, error);
        return NULL;
    }
    segment->kind = GBX_SEGMENT_NAMES;
    segment->sequence = names == NULL ? 0 : names->sequence + 1;
    segment->base = _PyGlassbox_Instant();
    if (names != NULL) {
        munmap(names, names->size);
    }
    names = segment;
    publish_segment(segment);
    return segment;
}

bool
_PyGlassbox_Define(int kind, uint32_t id, const gbx_part *parts, int count)
{
    uint32_t length = 0;
    for (int i = 0; i < count; i++) {
        length += parts[i].length;
    }
    uint32_t size = ((uint32_t)sizeof(gbx_name) + length + 7) / 8 * 8;
    int saved = errno;
    _PyGlassbox_Lock();
    gbx_segment *segment = _PyGlassbox_recorder.open ? names_with_room(size) : NULL;
    if (segment != NULL) {
        char *at = (char *)segment + segment->committed;
        *(gbx_name *)at = (gbx_name){ .kind = (uint8_t)kind, .size = size, .id = id,
                                      .length = length };
        at += sizeof(gbx_name);
        for (int i = 0; i < count; i++) {
            memcpy(at, parts[i].data, parts[i].length);
            at += parts[i].length;
        }
        __atomic_store_n(&segment->committed, segment->committed + size, __ATOMIC_RELEASE);
    }
    else {
        names_lost++;
    }
    _PyGlassbox_Unlock();
    errno = saved;
    return segment != NULL;
}

/* ---------------------------------------------------------- the file itself */

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
fill_header(gbx_header *header, const gbx_file_options *options)
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

/* Create a file under a name of its own, and give it its real name once its header is complete: at
   no instant is there a file at `path` that is not a trace.  link() refuses a name that is taken. */
int
_PyGlassbox_FileOpen(const gbx_file_options *options)
{
    char name[sizeof(file.path)];
    uint64_t tag = 0;
    if (getrandom(&tag, sizeof(tag), GRND_NONBLOCK) != sizeof(tag)) {
        tag = clock_ns(CLOCK_REALTIME) ^ (uint64_t)getpid() << 32;
    }
    snprintf(name, sizeof(name), "%s.%08x~", options->path, (unsigned)tag);
    int fd = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0) {
        return errno;
    }
    int error = reserve_blocks(fd, 0, GBX_HEADER_SIZE);
    void *base = MAP_FAILED;
    struct stat status;
    if (error == 0 && fstat(fd, &status) < 0) {
        error = errno;
    }
    if (error == 0) {
        base = mmap(NULL, GBX_HEADER_SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
        error = base == MAP_FAILED ? errno : 0;
    }
    close(fd);
    if (error == 0) {
        _PyGlassbox_recorder.clock = options->clock;
        _PyGlassbox_recorder.mode = options->mode;
        gbx_header *header = (gbx_header *)base;
        write_tables((char *)base, header);
        fill_header(header, options);
        if (link(name, options->path) < 0) {
            error = errno;
        }
    }
    unlink(name);
    if (error != 0) {
        if (base != MAP_FAILED) {
            munmap(base, GBX_HEADER_SIZE);
        }
        return error;
    }
    snprintf(file.path, sizeof(file.path), "%s", options->path);
    file.device = status.st_dev;
    file.inode = status.st_ino;
    fill_record_sizes();
    _PyGlassbox_recorder.session++;
    _PyGlassbox_recorder.header = (gbx_header *)base;
    _PyGlassbox_recorder.open = true;
    return 0;
}

/* Let every thread's next event take the slow path, where it sees that the recording is over. */
static void
invalidate_streams(void)
{
    __atomic_thread_fence(__ATOMIC_SEQ_CST);  /* the mask is 0 before any limit is */
    for (gbx_stream *stream = streams; stream != NULL; stream = stream->next) {
        stream->limit = 0;
    }
}

void
_PyGlassbox_FileClose(uint32_t state)
{
    gbx_header *header = _PyGlassbox_recorder.header;
    _PyGlassbox_Lock();
    invalidate_streams();
    if (names != NULL) {
        munmap(names, names->size);
        names = NULL;
    }
    idle_count = 0;
    header->latest = _PyGlassbox_Instant();
    note_state(state, 0);
    header->mask = 0;
    /* The header stays mapped: a thread that is inside a hook may still be adding to it.  64 KiB a
       recording is the price of never waiting for it. */
    _PyGlassbox_recorder.open = false;
    _PyGlassbox_Unlock();
}

/* In the child of a fork, where this is the only thread: what is mapped is the parent's. */
void
_PyGlassbox_FileForget(void)
{
    pthread_mutex_init(&lock, NULL);
    for (gbx_stream *stream = streams; stream != NULL; stream = stream->next) {
        if (stream->segment != NULL && _PyGlassbox_recorder.mode != GBX_MODE_RING) {
            munmap(stream->segment, stream->segment->size);
        }
    }
    gbx_stream *mine = &_PyGlassbox_stream;
    mine->segment = NULL;
    stream_forget(mine);
    mine->registered = false;
    streams = NULL;
    if (names != NULL) {
        munmap(names, names->size);
        names = NULL;
    }
    idle_count = 0;
    _PyGlassbox_ChurnReset(true);
    if (_PyGlassbox_recorder.header != NULL) {
        munmap(_PyGlassbox_recorder.header, GBX_HEADER_SIZE);
        _PyGlassbox_recorder.header = NULL;
        _PyGlassbox_recorder.open = false;
    }
}

#endif /* Py_GLASSBOX */
