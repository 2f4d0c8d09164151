/* What is left of the writable places when all processes are gone: ordinary files in folders, handed over.

   Everything else (links, sockets, pipes) is taken away first, and folders deeper than DEEPEST are put out of the way;
   nothing here follows a link.  Nobody else can change the places any more, so what was looked at is what
   the caller opens. */

#include "sandbox_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEEPEST = 12 };

typedef struct {
    int place;
    unsigned deep;                   /* folders put out of the way so far */
} cleaning;

static int clean(cleaning *this, int folder, int depth);

/* A folder whose mode was taken away is opened all the same: it is ours, or we are root. */
static int
enter(cleaning *this, int folder, const char *name, int depth)
{
    fchmodat(folder, name, 0700, 0);
    int fd = openat(folder, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return fd < 0 ? -1 : clean(this, fd, depth);
}

static int
put_away(cleaning *this, int folder, const char *name)
{
    char away[32];
    snprintf(away, sizeof(away), "deep.%u", this->deep++);
    return renameat(folder, name, this->place, away);
}

static int
clean_one(cleaning *this, int folder, const char *name, int depth)
{
    struct stat about;
    if (fstatat(folder, name, &about, AT_SYMLINK_NOFOLLOW) != 0) {
        return -1;
    }
    if (S_ISDIR(about.st_mode)) {
        return depth < DEEPEST ? enter(this, folder, name, depth + 1) : put_away(this, folder, name);
    }
    return S_ISREG(about.st_mode) ? fchmodat(folder, name, 0600, 0) : unlinkat(folder, name, 0);
}

/* Takes the descriptor over. */
static int
clean(cleaning *this, int fd, int depth)
{
    int result = 0;
    DIR *folder = fdopendir(fd);
    if (folder == NULL) {
        close(fd);
        return -1;
    }
    for (struct dirent *entry; result == 0 && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            result = clean_one(this, dirfd(folder), entry->d_name, depth);
        }
    }
    int saved = errno;
    closedir(folder);
    errno = saved;
    return result;
}

int
gbx_sandbox_keep(gbx_run *run)
{
    const gbx_sandbox_options *options = run->options;
    int result = 0;
    for (size_t i = 0; result == 0 && options->collect != NULL && options->writable[i] != NULL; i++) {
        char name[24], outside[64];
        cleaning this = { .place = run->place };
        snprintf(name, sizeof(name), "%zu", i);
        snprintf(outside, sizeof(outside), "/proc/self/fd/%d/%zu", run->place, i);
        if (enter(&this, run->place, name, 0) != 0) {
            return gbx_error_system(run->error, "read what is left in", options->writable[i]);
        }
        result = options->collect(options->context, options->writable[i], outside, run->error);
    }
    return result;
}
