/* Files beneath a folder; see beneath.h. */

#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>

bool
gbx_beneath_name(const char *name)
{
    if (name[0] == '\0') {
        return false;
    }
    for (const char *at = name;; at++) {
        size_t length = strcspn(at, "/");
        if (length == 0 || (length == 1 && at[0] == '.') || (length == 2 && at[0] == '.' && at[1] == '.')) {
            return false;
        }
        at += length;
        if (*at == '\0') {
            return true;
        }
    }
}

/* Open the folder that `part` (of `length` bytes) names in `folder`, and close that where it is our own. */
static int
step(int folder, bool own, const char *part, size_t length, mode_t make)
{
    char name[NAME_MAX + 1];
    int next = -1;
    if (length > NAME_MAX) {
        errno = ENAMETOOLONG;
    }
    else {
        memcpy(name, part, length);
        name[length] = '\0';
        bool made = make != 0 && mkdirat(folder, name, 0700) == 0;
        if (make == 0 || made || errno == EEXIST) {
            next = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        }
        if (made && next >= 0 && fchmod(next, make) != 0) {
            close(next);
            next = -1;
        }
    }
    if (own) {
        int saved = errno;
        close(folder);
        errno = saved;
    }
    return next;
}

/* The folder that the last part of `name` is in, and that part; -1 with errno.  It is `folder` itself for a
   plain name. */
static int
descend(int folder, const char *name, mode_t make, const char **last)
{
    int at = folder;
    for (;;) {
        size_t length = strcspn(name, "/");
        if (name[length] == '\0') {
            *last = name;
            return at;
        }
        at = step(at, at != folder, name, length, make);
        if (at < 0) {
            return -1;
        }
        name += length + 1;
    }
}

int
gbx_beneath_walk(int folder, const char *name, int flags, mode_t mode)
{
    const char *last;
    if (!gbx_beneath_name(name)) {
        errno = EXDEV;
        return -1;
    }
    int in = descend(folder, name, 0, &last);
    if (in < 0) {
        return -1;
    }
    int file = openat(in, last, flags | O_NOFOLLOW | O_CLOEXEC, mode);
    if (in != folder) {
        int saved = errno;
        close(in);
        errno = saved;
    }
    return file;
}

int
gbx_beneath_open(int folder, const char *name, int flags, mode_t mode)
{
    struct open_how how = {
        .flags = (unsigned)(flags | O_CLOEXEC), .mode = (flags & O_CREAT) != 0 ? mode : 0,
        .resolve = RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS,
    };
    if (!gbx_beneath_name(name)) {
        errno = EXDEV;
        return -1;
    }
    for (int attempt = 0; attempt < 8; attempt++) {
        long file = syscall(SYS_openat2, folder, name, &how, sizeof(how));
        if (file >= 0) {
            return (int)file;
        }
        if (errno != EAGAIN) {                   /* something above was renamed meanwhile */
            break;
        }
    }
    return errno == ENOSYS || errno == EPERM || errno == EAGAIN ? gbx_beneath_walk(folder, name, flags, mode) : -1;
}

int
gbx_beneath_folders(int folder, const char *name, mode_t mode)
{
    const char *last;
    if (!gbx_beneath_name(name)) {
        errno = EXDEV;
        return -1;
    }
    int in = descend(folder, name, mode, &last);
    if (in >= 0 && in != folder) {
        close(in);
    }
    return in < 0 ? -1 : 0;
}

int
gbx_beneath_append(const char *folder, const char *name, const json_t *line, gbx_error *error)
{
    char *text = line == NULL ? NULL : json_dumps(line, JSON_COMPACT | JSON_PRESERVE_ORDER), *whole = NULL;
    if (text == NULL || asprintf(&whole, "%s\n", text) < 0) {
        free(text);
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), file = -1, code = 0;
    if (at >= 0 && gbx_beneath_folders(at, name, 0755) == 0) {
        file = gbx_beneath_open(at, name, O_WRONLY | O_APPEND | O_CREAT, 0666);
    }
    if (file < 0 || write(file, whole, strlen(whole)) != (ssize_t)strlen(whole)) {
        code = gbx_error_system(error, "write", name);
    }
    if (file >= 0) {
        close(file);
    }
    if (at >= 0) {
        close(at);
    }
    free(text);
    free(whole);
    return code;
}
