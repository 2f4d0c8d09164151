/* Glassbox file: how a trace comes to be, grows, takes names, and ends.

   The file is written through shared mappings, so what a thread stored is in the kernel's hands at once:
   it survives kill -9, a segfault, os._exit.  It grows by segments; the only step that threads share is
   setting one apart, a compare-and-swap on header->allocated.  A segment is fallocate()d before it is
   mapped (a sparse mapping on a full disk is a SIGBUS in somebody's program; this way it is an error and
   a counted loss), and its pages are made by writing zeros through the descriptor, all at once: a page
   that a store has to make costs more than the records in it.  No descriptor is kept: daemons close them
   all, and the number would then be somebody else's; each new segment re-opens the file by path and
   compares device and inode.

   This file must not know what an event or a thread is (glassbox_recorder.c does), and must never call
   into Python: it runs without the GIL, inside the allocator, during finalization and after fork. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"

#if Py_GLASSBOX

#include <errno.h>
#include <fcntl.h>                 // open(), posix_fallocate()
#include <pthread.h>               // the lock
#include <stdio.h>                 // snprintf()
#include <sys/mman.h>
#include <sys/random.h>            // getrandom()
#include <sys/stat.h>
#include <sys/uio.h>               // pwritev()
#include <unistd.h>

#define NAMES_SEGMENT   (64u * 1024)
#define PAGE_TABLE      ((uintptr_t)2048 * 1024)   /* of addresses, what one table of pages covers */

/* Of the open file; written at start, constant while the recording lasts. */
static struct {
    char path[1024 + 32];
    dev_t device;
    ino_t inode;
} file;

/* Guards the NAMES segment here, the registry of streams and the pool of ring segments in
   glassbox_recorder.c, and the table of watched objects. */
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static gbx_segment *names;                 /* the NAMES segment being filled */
static uint64_t names_lost;

void _PyGlassbox_Lock(void) { pthread_mutex_lock(&lock); }
void _PyGlassbox_Unlock(void) { pthread_mutex_unlock(&lock); }

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
    struct iovec parts[GBX_LARGEST_SEGMENT / GBX_GRANULE];
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
   folio by one fault; where a folio would lie across two page tables it takes a fault for each page, and
   these were measured to cost ten times what the making of the pages does. */
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
void
_PyGlassbox_SegmentPublish(gbx_segment *segment)
{
    __atomic_store_n(&segment->committed, sizeof(gbx_segment), __ATOMIC_RELEASE);
    __atomic_store_n(&segment->magic, GBX_SEGMENT_MAGIC, __ATOMIC_RELEASE);
    GBX_PROBE(SEGMENT, segment);
}

void
_PyGlassbox_FileNote(uint32_t state, int error)
{
    gbx_header *header = _PyGlassbox_recorder.header;
    if (header->state == GBX_STATE_RECORDING) {
        header->error = (uint32_t)error;
        header->state = state;
    }
}

/* Of the file, what segments of events may use: an eighth is kept for names, since a record without its
   names says little. */
uint64_t
_PyGlassbox_EventRoom(void)
{
    const gbx_header *header = _PyGlassbox_recorder.header;
    return header->limit - header->limit / 8;
}

/* A new segment of `size` bytes, or of less where that is all that is left below `room`.  NULL with
   *error 0: no room; else errno. */
gbx_segment *
_PyGlassbox_SegmentNew(uint32_t size, uint64_t room, int *error)
{
    gbx_segment *segment = NULL;
    *error = 0;
    while (segment == NULL && *error == 0 && size >= GBX_GRANULE) {
        segment = map_segment(size, room, error);
        size = size / 4 / GBX_GRANULE * GBX_GRANULE;
    }
    return segment;
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
        _PyGlassbox_FileNote(error == 0 ? GBX_STATE_FULL : GBX_STATE_ERROR, error);
        return NULL;
    }
    segment->kind = GBX_SEGMENT_NAMES;
    segment->sequence = names == NULL ? 0 : names->sequence + 1;
    segment->base = _PyGlassbox_Instant();
    if (names != NULL) {
        munmap(names, names->size);
    }
    names = segment;
    _PyGlassbox_SegmentPublish(segment);
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
        GBX_PROBE(NAME, segment);
    }
    else {
        names_lost++;
    }
    _PyGlassbox_Unlock();
    errno = saved;
    return segment != NULL;
}

/* ------------------------------------------------------- beginning and end */


/* Create a file under a name of its own, and give it its real name once its header is complete: at
   no instant is there a file at `path` that is not a trace.  link() refuses a name that is taken. */
int
_PyGlassbox_FileOpen(const gbx_file_options *options)
{
    char name[sizeof(file.path)];
    uint64_t tag = 0;
    if (getrandom(&tag, sizeof(tag), GRND_NONBLOCK) != sizeof(tag)) {
        tag = _PyGlassbox_Instant().realtime_ns ^ (uint64_t)getpid() << 32;
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
        _PyGlassbox_HeaderWrite(base, options);
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
    _PyGlassbox_recorder.session++;
    _PyGlassbox_recorder.header = (gbx_header *)base;
    _PyGlassbox_recorder.open = true;
    GBX_PROBE(OPEN, file.path);
    return 0;
}

static void
end_names(void)
{
    if (names != NULL) {
        munmap(names, names->size);
        names = NULL;
    }
}

void
_PyGlassbox_FileClose(uint32_t state)
{
    gbx_header *header = _PyGlassbox_recorder.header;
    _PyGlassbox_Lock();
    _PyGlassbox_StreamsInvalidate();
    end_names();
    header->latest = _PyGlassbox_Instant();
    _PyGlassbox_FileNote(state, 0);
    header->mask = 0;
    /* The header stays mapped: a thread that is inside a hook may still be adding to it.  64 KiB a
       recording is the price of never waiting for it. */
    _PyGlassbox_recorder.open = false;
    GBX_PROBE(CLOSE, header);
    _PyGlassbox_Unlock();
}

/* In the child of a fork, where this is the only thread: what is mapped is the parent's. */
void
_PyGlassbox_FileForget(void)
{
    pthread_mutex_init(&lock, NULL);
    _PyGlassbox_StreamsForget();
    end_names();
    _PyGlassbox_ChurnReset(true);
    if (_PyGlassbox_recorder.header != NULL) {
        munmap(_PyGlassbox_recorder.header, GBX_HEADER_SIZE);
        _PyGlassbox_recorder.header = NULL;
        _PyGlassbox_recorder.open = false;
    }
}

#endif /* Py_GLASSBOX */
