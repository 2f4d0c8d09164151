/* A file written whole or not at all; see gradebook.h.  Who may read it is the umask's to say: it has somebody's marks. */

#include "gradebook.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
