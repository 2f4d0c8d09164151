/* Slurp: see slurp.h. */

#include "slurp.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* The file's size, when it is an ordinary one of at most `most` bytes. */
static int
look_at(int fd, const char *path, size_t most, size_t *size, gbx_error *error)
{
    struct stat about;
    if (fstat(fd, &about) != 0) {
        return gbx_error_system(error, "look at", path);
    }
    if (!S_ISREG(about.st_mode)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is not an ordinary file", path);
    }
    if (about.st_size < 0 || (unsigned long long)about.st_size > most) {
        return gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' has %lld bytes, and may have %zu", path,
                             (long long)about.st_size, most);
    }
    *size = (size_t)about.st_size;
    return 0;
}

/* What is there of `room` bytes; a file that grows meanwhile is cut, one that shrinks is shorter. */
static int
read_all(int fd, const char *path, char *to, size_t room, size_t *size, gbx_error *error)
{
    *size = 0;
    while (*size < room) {
        ssize_t got = read(fd, to + *size, room - *size);
        if (got == 0) {
            break;
        }
        if (got < 0 && errno != EINTR) {
            return gbx_error_system(error, "read", path);
        }
        *size += got > 0 ? (size_t)got : 0;
    }
    return 0;
}

int
gbx_slurp(const char *path, size_t most, char **out, size_t *size, gbx_error *error)
{
    size_t room = 0;
    *out = NULL;
    *size = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (fd < 0) {
        int missing = errno == ENOENT || errno == ENOTDIR;
        int code = errno == ELOOP ? gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is a link, not an ordinary file", path)
            : gbx_error_system(error, "open", path);
        return missing ? gbx_error_set(error, GBX_ERROR_MISSING, "there is no file '%s'", path) : code;
    }
    int status = look_at(fd, path, most, &room, error);
    if (status == 0 && (*out = malloc(room + 1)) == NULL) {
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (status == 0) {
        status = read_all(fd, path, *out, room, size, error);
    }
    close(fd);
    if (status != 0) {
        free(*out);
        *out = NULL;
        return status;
    }
    (*out)[*size] = '\0';
    return 0;
}

int
gbx_spit(const char *path, const void *bytes, size_t size, unsigned mode, gbx_error *error)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, (mode_t)mode);
    if (fd < 0) {
        return gbx_error_system(error, "make", path);
    }
    int status = fchmod(fd, (mode_t)mode) == 0 ? 0 : gbx_error_system(error, "make", path);      /* whatever the umask says */
    for (size_t done = 0; done < size && status == 0;) {
        ssize_t put = write(fd, (const char *)bytes + done, size - done);
        if (put < 0 && errno != EINTR) {
            status = gbx_error_system(error, "write", path);
        }
        done += put > 0 ? (size_t)put : 0;
    }
    if (close(fd) != 0 && status == 0) {
        status = gbx_error_system(error, "write", path);
    }
    return status;
}

int
gbx_make_folder(const char *path, unsigned mode, gbx_error *error)
{
    return mkdir(path, 0700) == 0 && chmod(path, (mode_t)mode) == 0 ? 0 : gbx_error_system(error, "make", path);
}
