/* Files of a gradebook: read as hostile, written whole; see gradebook.h.  It must not know what is in them. */

#include "gradebook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int
read_all(int fd, const char *path, size_t most, char **text, size_t *size, gbx_error *error)
{
    size_t used = 0, room = 4096;
    char *got = malloc(room);
    ssize_t more = 1;
    while (got != NULL && used <= most && more > 0) {
        if (room - used < 2) {
            char *bigger = realloc(got, room * 2);
            if (bigger == NULL) {
                break;
            }
            got = bigger;
            room *= 2;
        }
        more = read(fd, got + used, room - used - 1);
        if (more < 0 && errno == EINTR) {
            more = 1;
            continue;
        }
        used += more > 0 ? (size_t)more : 0;
    }
    int code = got == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : more < 0 ? gbx_error_system(error, "read", path)
        : used > most ? gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' has more than %zu bytes", path, most)
        : more > 0 ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (code != 0) {
        free(got);
        return code;
    }
    got[used] = '\0';
    *text = got;
    *size = used;
    return 0;
}

/* Without O_NONBLOCK a pipe that somebody left there would keep us waiting. */
int
gbx_gradebook_slurp(int at, const char *path, size_t most, char **text, size_t *size, gbx_error *error)
{
    struct stat about;
    int code = 0, fd = openat(at, path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENOENT) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "there is no '%s'", path);
    }
    if (fd < 0 || fstat(fd, &about) != 0) {
        code = gbx_error_system(error, "open", path);
    }
    else if (!S_ISREG(about.st_mode)) {
        code = gbx_error_set(error, GBX_ERROR_FORMAT, "'%s' is not an ordinary file", path);
    }
    else {
        code = read_all(fd, path, most, text, size, error);
    }
    if (fd >= 0) {
        close(fd);
    }
    return code;
}

static bool
write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t done = write(fd, text, size);
        if (done < 0 && errno == EINTR) {
            continue;
        }
        if (done <= 0) {
            return false;
        }
        text += done;
        size -= (size_t)done;
    }
    return true;
}

int
gbx_gradebook_save(const char *path, const char *text, size_t size, gbx_error *error)
{
    char *beside;
    if (asprintf(&beside, "%s.%ld~", path, (long)getpid()) < 0) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    unlink(beside);
    int code = 0, fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (fd < 0) {
        code = gbx_error_system(error, "write", path);
    }
    else if (!write_all(fd, text, size)) {
        code = gbx_error_system(error, "write", path);
    }
    if (fd >= 0 && close(fd) != 0 && code == 0) {
        code = gbx_error_system(error, "write", path);
    }
    if (code == 0 && rename(beside, path) != 0) {
        code = gbx_error_system(error, "write", path);
    }
    if (code != 0 && fd >= 0) {
        unlink(beside);
    }
    free(beside);
    return code;
}
