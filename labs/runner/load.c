/* The bytes of a trace file: a copy where the file is small, a mapping where it is not.

   A copy cannot change under the reader, whoever still writes to the file, and a file that shrinks
   cannot end the program.  All files of a trace together are copied up to GBX_COPY_BYTES; what is larger
   is mapped, so that a trace may be larger than memory.  It must not look into the bytes. */

#include "trace_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* `size` bytes of the file in memory of our own; what the file lost meanwhile stays zero.  NULL and
   errno. */
static uint8_t *
copy_file(int fd, size_t size)
{
    uint8_t *copy = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t done = 0;
    if (copy == MAP_FAILED) {
        return NULL;
    }
    while (done < size) {
        ssize_t n = pread(fd, copy + done, size - done, (off_t)done);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            int saved = errno;
            munmap(copy, size);
            errno = saved;
            return NULL;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    return copy;
}

static uint8_t *
map_file(int fd, size_t size)
{
    void *map = mmap(NULL, size, PROT_READ, MAP_SHARED, fd, 0);
    if (map == MAP_FAILED) {
        return NULL;
    }
    (void)madvise(map, size, MADV_SEQUENTIAL);   /* mostly: from a disk it is read ahead further */
    return map;
}

int
gbx_load(gbx_file *file, int fd, uint64_t *copy_left, gbx_error *error)
{
    struct stat status;
    if (fstat(fd, &status) < 0) {
        return gbx_error_system(error, "read", file->path);
    }
    if (!S_ISREG(status.st_mode)) {
        return gbx_error_set(error, GBX_ERROR_FORMAT, "'%s' is not a file", file->path);
    }
    if ((uint64_t)status.st_size < sizeof(gbx_header)) {
        return gbx_error_set(error, GBX_ERROR_FORMAT,
                             "'%s' is not a sound trace: it is shorter than a header", file->path);
    }
    file->size = (size_t)status.st_size;
    file->copied = file->size <= *copy_left;
    file->map = file->copied ? copy_file(fd, file->size) : map_file(fd, file->size);
    if (file->map == NULL) {
        return gbx_error_system(error, file->copied ? "read" : "map", file->path);
    }
    *copy_left -= file->copied ? file->size : 0;
    file->late = file->map;
    return 0;
}

int
gbx_load_again(gbx_file *file, int fd, gbx_error *error)
{
    if (!file->copied) {
        return 0;
    }
    file->late = copy_file(fd, file->size);
    return file->late != NULL ? 0 : gbx_error_system(error, "read", file->path);
}

void
gbx_load_clear(gbx_file *file)
{
    if (file->late != NULL && file->late != file->map) {
        munmap((void *)(uintptr_t)file->late, file->size);
    }
    if (file->map != NULL) {
        munmap((void *)(uintptr_t)file->map, file->size);
    }
}
