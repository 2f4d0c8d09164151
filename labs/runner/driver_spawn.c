/* Starting a child: its environment, its streams, its session, and the word back when it cannot be run.

   Between fork() and execve() the child calls only what is safe in a copy of a process that may have had
   threads; everything that needs memory is made before.  What goes wrong there comes back through a pipe
   that execve() closes, so that the end of that pipe without a word means that the program runs. */

#include "driver_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* --------------------------------------------------------------- environment */

/* Would this variable make an interpreter behave otherwise?  PYTHON= alone is ours, see paths.h; the
   hash seed stays what the caller says. */
static bool
alters_python(const char *entry)
{
    return strncmp(entry, "PYTHON", 6) == 0 && entry[6] != '=' &&
        strncmp(entry, "PYTHONHASHSEED=", 15) != 0;
}

/* Take the variable that `entry` names out of the list; return the new length. */
static size_t
without(char **list, size_t count, const char *entry)
{
    size_t length = strcspn(entry, "="), kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(list[i], entry, length) != 0 || list[i][length] != '=') {
            list[kept++] = list[i];
        }
    }
    return kept;
}

/* The child's environment: a list to be freed, of strings that are not. */
static char **
make_environment(const gbx_driver_options *options)
{
    size_t room = 1, count = 0;
    for (char **entry = environ; *entry != NULL; entry++) {
        room++;
    }
    for (size_t i = 0; options->environment != NULL && options->environment[i] != NULL; i++) {
        room++;
    }
    char **list = calloc(room, sizeof(*list));
    for (char **entry = environ; list != NULL && *entry != NULL; entry++) {
        if (!options->clean_environment || !alters_python(*entry)) {
            list[count++] = *entry;
        }
    }
    for (size_t i = 0; list != NULL && options->environment != NULL && options->environment[i] != NULL; i++) {
        const char *entry = options->environment[i];
        count = without(list, count, entry);
        if (strchr(entry, '=') != NULL) {
            list[count++] = (char *)(uintptr_t)entry;
        }
    }
    return list;
}

/* ---------------------------------------------------------------- descriptors */

/* The same file under a number above those of the three streams, which it would be in the way of where
   we were started with one of them closed. */
static int
above_streams(int fd)
{
    if (fd < 0 || fd > STDERR_FILENO) {
        return fd;
    }
    int high = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    int saved = errno;
    close(fd);
    errno = saved;
    return high;
}

static int
make_pipe(int ends[2], gbx_error *error)
{
    if (pipe2(ends, O_CLOEXEC) != 0) {
        return gbx_error_system(error, "open", "a pipe");
    }
    for (int i = 0; i < 2; i++) {
        ends[i] = above_streams(ends[i]);
    }
    if (ends[0] < 0 || ends[1] < 0) {
        return gbx_error_system(error, "open", "a pipe");
    }
    return 0;
}

static void
close_one(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* The child's ends; -1: it has ours. */
typedef struct {
    int streams[3];
    int report[2];
} ends;

static int
open_null(int *fd, gbx_error *error)
{
    *fd = above_streams(open("/dev/null", O_RDWR | O_CLOEXEC));
    return *fd < 0 ? gbx_error_system(error, "open", "/dev/null") : 0;
}

static int
open_output(gbx_driver_stream kind, int *theirs, gbx_capture *capture, gbx_error *error)
{
    int pair[2] = { -1, -1 };
    if (kind != GBX_DRIVER_CAPTURE) {
        return kind == GBX_DRIVER_DISCARD ? open_null(theirs, error) : 0;
    }
    int result = make_pipe(pair, error);
    capture->fd = pair[0];
    *theirs = pair[1];
    if (result == 0 && fcntl(pair[0], F_SETFL, O_NONBLOCK) != 0) {
        result = gbx_error_system(error, "prepare", "a pipe");
    }
    return result;
}

static int
open_ends(const gbx_driver_options *options, ends *to, gbx_capture *out, gbx_capture *err, gbx_error *error)
{
    int result = 0;
    *to = (ends){ { -1, -1, -1 }, { -1, -1 } };
    if (!options->terminal) {
        if (!options->inherit_stdin) {
            result = open_null(&to->streams[0], error);
        }
        if (result == 0) {
            result = open_output(options->out, &to->streams[1], out, error);
        }
        if (result == 0) {
            result = open_output(options->err, &to->streams[2], err, error);
        }
    }
    return result == 0 ? make_pipe(to->report, error) : result;
}

static void
close_ends(ends *these)
{
    for (int i = 0; i < 3; i++) {
        close_one(&these->streams[i]);
    }
    close_one(&these->report[0]);
    close_one(&these->report[1]);
}

/* ------------------------------------------------------------------ the child */

/* What the child says: once before execve(), and again when that came back. */
typedef struct {
    uint64_t floor_bytes;
    int error;               /* errno; 0 while all is well */
    bool directory;          /* it is the directory that could not be had */
} report;

typedef struct {
    const gbx_driver_options *options;
    const gbx_signals *signals;
    char **environment;
    const ends *ends;
    pid_t parent;
} start;

/* Like a program that a shell would start: what we ignore or catch is not the child's affair. */
static void
reset_signals(void)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &standard, NULL);          /* fails for those that cannot be set: fine */
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static bool
be_on_its_own(const start *how)
{
    reset_signals();
    setsid();
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != how->parent) {
        return false;                                /* too late: nobody waits for us */
    }
    /* Whatever the runner has open without close-on-exec is not for a child to find. */
    syscall(SYS_close_range, STDERR_FILENO + 1, ~0u, 1u << 2 /* CLOSE_RANGE_CLOEXEC */);
    return true;
}

static void __attribute__((noreturn))
tell_and_end(int fd, report *word, int error)
{
    word->error = error;
    if (write(fd, word, sizeof(*word)) < 0) {
        _exit(126);
    }
    _exit(127);
}

static void __attribute__((noreturn))
become(const start *how)
{
    const gbx_driver_options *options = how->options;
    int fd = how->ends->report[1];
    struct rusage usage;
    report word = { .error = 0 };
    if (options->terminal) {
        sigaction(SIGCHLD, &how->signals->child, NULL);
        sigprocmask(SIG_SETMASK, &how->signals->mask, NULL);
    }
    else if (!be_on_its_own(how)) {
        _exit(126);
    }
    for (int i = 0; i < 3; i++) {
        if (how->ends->streams[i] >= 0 && dup2(how->ends->streams[i], i) < 0) {
            tell_and_end(fd, &word, errno);
        }
    }
    if (options->directory != NULL && chdir(options->directory) != 0) {
        word.directory = true;
        tell_and_end(fd, &word, errno);
    }
    if (getrusage(RUSAGE_SELF, &usage) == 0) {
        word.floor_bytes = (uint64_t)usage.ru_maxrss * 1024;
    }
    if (write(fd, &word, sizeof(word)) == sizeof(word)) {
        execvpe(options->argv[0], (char *const *)(uintptr_t)options->argv, how->environment);
    }
    tell_and_end(fd, &word, errno);
}

/* ----------------------------------------------------------------- the parent */

/* Wait for the word; the last one counts. */
static report
hear(int fd)
{
    report word = { .error = 0 }, next;
    for (;;) {
        ssize_t size = read(fd, &next, sizeof(next));
        if (size == sizeof(next)) {
            word = next;
        }
        else if (size >= 0 || errno != EINTR) {
            return word;
        }
    }
}

static int
cannot_run(const gbx_driver_options *options, const report *word, gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MISSING, "cannot %s '%s': %s",
                         word->directory ? "change to" : "run",
                         word->directory ? options->directory : options->argv[0], strerror(word->error));
}

static int
follow(const gbx_driver_options *options, ends *these, gbx_child *child, gbx_error *error)
{
    int result = 0;
    close_one(&these->report[1]);
    report word = hear(these->report[0]);
    child->floor_bytes = word.floor_bytes;
    child->pidfd = (int)syscall(SYS_pidfd_open, child->pid, 0);
    if (word.error != 0) {
        result = cannot_run(options, &word, error);
    }
    else if (child->pidfd < 0) {
        result = gbx_error_system(error, "watch", options->argv[0]);
        kill(child->pid, SIGKILL);
    }
    if (result != 0) {
        waitpid(child->pid, NULL, 0);
        close_one(&child->pidfd);
    }
    return result;
}

int
gbx_spawn(const gbx_driver_options *options, const gbx_signals *signals, gbx_capture *out,
          gbx_capture *err, gbx_child *child, gbx_error *error)
{
    ends these;
    start how = { options, signals, make_environment(options), &these, getpid() };
    int result = open_ends(options, &these, out, err, error);
    *child = (gbx_child){ .pid = -1, .pidfd = -1 };
    if (how.environment == NULL) {
        result = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (result == 0) {
        child->pid = fork();
        if (child->pid == 0) {
            become(&how);
        }
        result = child->pid < 0 ? gbx_error_system(error, "start", options->argv[0])
            : follow(options, &these, child, error);
    }
    close_ends(&these);
    free(how.environment);
    return result;
}
