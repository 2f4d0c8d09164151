/* A private folder for a run, and its removal.

   What lies in it was made by programs that we do not trust: names are looked up in an open folder and
   never through a link, so that a link put there cannot lead the removal elsewhere. */

#include "driver.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 200 };      /* folders in folders; each costs a descriptor while we are below it */

int
gbx_driver_temporary(char **path, gbx_error *error)
{
    const char *base = getenv("TMPDIR");
    char *template;
    *path = NULL;
    if (base == NULL || base[0] != '/') {
        base = "/tmp";
    }
    if (asprintf(&template, "%s/glassbox-XXXXXX", base) < 0) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (mkdtemp(template) == NULL) {
        int result = gbx_error_system(error, "make a folder in", base);
        free(template);
        return result;
    }
    *path = template;
    return 0;
}

/* Open a folder by its name in another, whatever its mode; -1 and errno. */
static int
enter(int parent, const char *name)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
    int fd = openat(parent, name, flags);
    if (fd >= 0 || errno != EACCES) {
        return fd;
    }
    int handle = openat(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (handle >= 0) {
        char self[64];                       /* chmod of what we hold, not of what the name means now */
        snprintf(self, sizeof(self), "/proc/self/fd/%d", handle);
        if (chmod(self, 0700) == 0) {
            fd = openat(parent, name, flags);
        }
        int saved = errno;
        close(handle);
        errno = saved;
    }
    return fd;
}

static int empty(int fd, int depth, gbx_error *error);

static int
delete(int parent, const char *name, int depth, gbx_error *error)
{
    if (unlinkat(parent, name, 0) == 0) {
        return 0;
    }
    if (errno != EISDIR && errno != EPERM) {
        return gbx_error_system(error, "delete", name);
    }
    if (depth > DEEPEST) {
        return gbx_error_set(error, GBX_ERROR_LIMIT, "cannot delete '%s': it lies too deep", name);
    }
    int fd = enter(parent, name);
    if (fd < 0) {
        return gbx_error_system(error, "delete", name);
    }
    int result = empty(fd, depth + 1, error);
    if (result == 0 && unlinkat(parent, name, AT_REMOVEDIR) != 0) {
        result = gbx_error_system(error, "delete", name);
    }
    return result;
}

/* Delete all that is in a folder; takes `fd` over.  Goes on after a failure: the first is the error. */
static int
empty(int fd, int depth, gbx_error *error)
{
    int result = 0;
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        result = gbx_error_system(error, "read", "a folder");
        close(fd);
        return result;
    }
    for (struct dirent *entry; (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            int failed = delete(dirfd(folder), entry->d_name, depth, result == 0 ? error : NULL);
            result = result != 0 ? result : failed;
        }
    }
    closedir(folder);
    return result;
}

int
gbx_driver_temporary_remove(char **path, gbx_error *error)
{
    int result = *path == NULL ? 0 : delete(AT_FDCWD, *path, 0, error);
    free(*path);
    *path = NULL;
    return result;
}
