/* The folder of a batch: its lock, and the places where workers work.  Deletes nothing but what a batch made: .work,
   table.csv. */

#include "batch_internal.h"

#include "driver.h"               // gbx_driver_temporary_remove
#include "paths.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ORPHANS_MS = 10000, STEP_MS = 20 };

/* Like `mkdir -p`. */
static int
make_folders(const char *path, gbx_error *error)
{
    char *copy = strdup(path);
    if (copy == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(copy, 0777);                     /* whether it worked, the last one tells */
        *slash = '/';
    }
    free(copy);
    return mkdir(path, 0777) != 0 && errno != EEXIST ? gbx_error_system(error, "make the folder", path) : 0;
}

/* ------------------------------------------------------------------------ lock */

static void
host_name(char *name, size_t size)
{
    if (gethostname(name, size) != 0) {
        name[0] = '\0';
    }
    name[size - 1] = '\0';
}

/* Who holds it, by what the holder wrote into it.  Is that process, of this machine, still there? */
static bool
holder(int fd, char *text, size_t size)
{
    char here[256], there[256] = "", line[320];
    long pid = 0;
    ssize_t got = pread(fd, line, sizeof(line) - 1, 0);
    line[got > 0 ? got : 0] = '\0';
    host_name(here, sizeof(here));
    char *end;
    pid = strtol(line, &end, 10);
    snprintf(there, sizeof(there), "%s", *end == ' ' ? end + 1 : "");
    there[strcspn(there, "\n")] = '\0';
    bool same = strcmp(here, there) == 0;
    snprintf(text, size, same ? "process %ld" : "process %ld on '%.100s'", pid, there);
    return pid <= 0 || !same || kill((pid_t)pid, 0) == 0 || errno == EPERM;
}

/* The lock belongs to the open file, which each worker has, too: a batch that was killed holds it until its last worker
   is gone, and the kernel sees to that at once. */
static int
wait_for_lock(int fd, const char *path, gbx_error *error)
{
    char who[160];
    for (int waited = 0; flock(fd, LOCK_EX | LOCK_NB) != 0; waited += STEP_MS) {
        if (errno != EWOULDBLOCK && errno != EINTR) {
            return gbx_error_system(error, "lock", path);
        }
        if (holder(fd, who, sizeof(who)) || waited > ORPHANS_MS) {
            return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is being written to by %s: wait for it, or choose another folder",
                                 path, who);
        }
        const struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
        nanosleep(&step, NULL);
    }
    return 0;
}

static int
sign(int fd, const char *path, gbx_error *error)
{
    char here[256], line[320];
    host_name(here, sizeof(here));
    int size = snprintf(line, sizeof(line), "%ld %s\n", (long)getpid(), here);
    if (ftruncate(fd, 0) != 0 || pwrite(fd, line, (size_t)size, 0) != size) {
        return gbx_error_system(error, "write", path);
    }
    return 0;
}

static int
take_lock(gbx_batch_folder *folder, gbx_error *error)
{
    char *path = gbx_paths_join(folder->path, ".lock", NULL);
    if (path == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    folder->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666);
    int status = folder->lock < 0 ? gbx_error_system(error, "write", path) : wait_for_lock(folder->lock, folder->path, error);
    if (status == 0) {
        status = sign(folder->lock, path, error);
    }
    free(path);
    return status;
}

/* --------------------------------------------------------------------- contents */

static bool
is_there(const char *path)
{
    struct stat about;
    return lstat(path, &about) == 0;
}

static int
clear(const gbx_batch_folder *folder, gbx_error *error)
{
    char *old = strdup(folder->work), *table = gbx_paths_join(folder->path, GBX_SHEET_NAME, NULL);
    int status = old == NULL || table == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (status == 0 && is_there(old)) {
        status = gbx_driver_temporary_remove(&old, error);
    }
    if (status == 0 && unlink(table) != 0 && errno != ENOENT) {
        status = gbx_error_system(error, "delete", table);
    }
    if (status == 0 && mkdir(folder->work, 0700) != 0) {
        status = gbx_error_system(error, "make the folder", folder->work);
    }
    free(old);
    free(table);
    return status;
}

int
gbx_batch_folder_open(gbx_batch_folder *folder, const char *path, gbx_error *error)
{
    *folder = (gbx_batch_folder){ .lock = -1 };
    folder->path = realpath(path, NULL);
    if (folder->path == NULL) {
        int status = make_folders(path, error);
        if (status != 0) {
            return status;
        }
        folder->path = realpath(path, NULL);         /* absolute: workers are told of it */
    }
    folder->work = folder->path == NULL ? NULL : gbx_paths_join(folder->path, ".work", NULL);
    if (folder->work == NULL) {
        return folder->path == NULL ? gbx_error_system(error, "find", path)
            : gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int status = take_lock(folder, error);
    return status == 0 ? clear(folder, error) : status;
}

void
gbx_batch_folder_close(gbx_batch_folder *folder)
{
    if (folder->work != NULL && folder->lock >= 0) {
        rmdir(folder->work);                         /* empty unless something went wrong */
    }
    if (folder->lock >= 0) {
        close(folder->lock);
    }
    free(folder->work);
    free(folder->path);
    *folder = (gbx_batch_folder){ .lock = -1 };
}

int
gbx_batch_slot_make(const gbx_batch_folder *folder, unsigned slot, char **path, gbx_error *error)
{
    char name[32];
    snprintf(name, sizeof(name), "%u", slot);
    *path = gbx_paths_join(folder->work, name, NULL);
    char *out = *path == NULL ? NULL : gbx_paths_join(*path, "out", NULL);
    char *tmp = *path == NULL ? NULL : gbx_paths_join(*path, "tmp", NULL);
    int status = out == NULL || tmp == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : mkdir(*path, 0700) != 0 ? gbx_error_system(error, "make the folder", *path)
        : mkdir(out, 0700) != 0 || mkdir(tmp, 0700) != 0 ? gbx_error_system(error, "make a folder in", *path) : 0;
    free(out);
    free(tmp);
    if (status != 0) {
        free(*path);
        *path = NULL;
    }
    return status;
}

void
gbx_batch_slot_remove(char *path)
{
    gbx_driver_temporary_remove(&path, NULL);
}
