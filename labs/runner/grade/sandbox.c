/* Sandbox: a run from its beginning to its end.  See sandbox.h; who does what is in sandbox_internal.h.

   We fork one child.  It makes the namespaces that hold the bounded places, and its child becomes bubblewrap, process 1 of
   a process namespace, which makes all other namespaces and starts the keeper (inside/inside.c) as process 1 of them; the
   keeper forks the process that becomes the learner's Python.  Each of them ends when the one above it does
   (PR_SET_PDEATHSIG; the keeper also when its connection to us ends), and nothing of it lies on a disk: killed at
   any moment, we leave nothing behind.

   Where a witness traces, the calling thread is the tracer and does nothing but wait for stops; a second one
   watches. */

#include "sandbox_internal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ptrace.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "witness.h"

static const char *const level_names[] = { "bare", "filtered", "isolated", "full" };
static const char *const limit_names[] = { "none", "cpu", "wall", "memory", "output", "procs", "disk" };

const char *
gbx_level_name(gbx_level level)
{
    return level_names[level];
}

bool
gbx_level_parse(const char *name, gbx_level *to)
{
    for (int i = 0; i <= GBX_LEVEL_FULL; i++) {
        if (strcmp(name, level_names[i]) == 0) {
            *to = (gbx_level)i;
            return true;
        }
    }
    return false;
}

const char *
gbx_limit_name(gbx_limit limit)
{
    return limit_names[limit];
}

/* ------------------------------------------------------------- before the start */

static int
add_mount(gbx_run *run, const char *from, const char *to, bool code, bool device)
{
    struct stat about;
    if (stat(from, &about) != 0) {
        return gbx_error_system(run->error, "show the sandbox", from);
    }
    if (to[0] != '/') {
        return gbx_error_set(run->error, GBX_ERROR_USAGE, "'%s' has to begin with '/' to be seen in the sandbox", to);
    }
    run->mounts[run->mount_count++] = (gbx_mount){ .from = from, .to = to, .folder = S_ISDIR(about.st_mode), .code = code,
                                                   .device = device };
    return 0;
}

/* The system's own libraries as far as there are such places, and devices without a state. */
static int
add_system(gbx_run *run)
{
    static const char *const libraries[] = { "/usr/lib", "/usr/lib64", "/lib", "/lib64", "/etc/ld.so.cache" };
    static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" };
    int result = 0;
    for (size_t i = 0; result == 0 && i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        if (access(libraries[i], F_OK) == 0) {
            result = add_mount(run, libraries[i], libraries[i], true, false);
        }
    }
    for (size_t i = 0; result == 0 && i < sizeof(devices) / sizeof(devices[0]); i++) {
        result = add_mount(run, devices[i], devices[i], false, true);
    }
    return result;
}

static int
add_mounts(gbx_run *run)
{
    const gbx_sandbox_options *options = run->options;
    size_t places = 0;
    int result = add_system(run);
    while (options->writable != NULL && options->writable[places] != NULL) {
        places++;
    }
    if (options->bind_count > GBX_SANDBOX_BINDS || places > GBX_SANDBOX_PLACES) {
        return gbx_error_set(run->error, GBX_ERROR_USAGE, "too many places for a sandbox");
    }
    for (size_t i = 0; result == 0 && i < options->bind_count; i++) {
        result = add_mount(run, options->binds[i].from, options->binds[i].to, options->binds[i].code, false);
    }
    return result;
}

/* The layers that this run stands on: those that are asked for, or none of it. */
static int
choose_level(gbx_run *run)
{
    const gbx_sandbox_options *options = run->options;
    gbx_level most = options->most_level == GBX_LEVEL_BARE ? GBX_LEVEL_FULL : options->most_level;
    gbx_level floor = options->require_level > GBX_LEVEL_ISOLATED ? options->require_level : GBX_LEVEL_ISOLATED;
    if (most < floor) {
        return gbx_error_set(run->error, GBX_ERROR_MISSING, "the sandbox's level '%s' is below '%s', which is asked for",
                             gbx_level_name(most), gbx_level_name(floor));
    }
    if (gbx_sandbox_bubblewrap() == NULL) {
        return gbx_error_set(run->error, GBX_ERROR_MISSING,
                             "no sandbox without bubblewrap, which is not installed: apt install bubblewrap");
    }
    run->way = gbx_sandbox_way(run->error);
    if (run->way == GBX_WAY_NONE) {
        return GBX_ERROR_MISSING;
    }
    run->landlock = most == GBX_LEVEL_FULL && gbx_sandbox_landlock() > 0;
    run->result->level = run->landlock ? GBX_LEVEL_FULL : GBX_LEVEL_ISOLATED;
    return run->result->level >= floor ? 0 : gbx_error_set(run->error, GBX_ERROR_MISSING,
        "the sandbox's level '%s' is asked for, and this kernel has no Landlock (Linux 5.13 and 'landlock' in "
        "/sys/kernel/security/lsm)", gbx_level_name(floor));
}

/* Read from here on what would end us, save what we were told to ignore (nohup). */
static int
watch_signals(gbx_run *run)
{
    static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };
    struct sigaction standard = { .sa_handler = SIG_DFL }, action;
    sigset_t set;
    sigemptyset(&set);
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (sigaction(numbers[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN) {
            sigaddset(&set, numbers[i]);
        }
    }
    run->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    run->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (run->signals < 0 || run->wake < 0) {
        return gbx_error_system(run->error, "watch", "signals");
    }
    sigaction(SIGCHLD, &standard, &run->on_child);
    if (run->options->witness != NULL) {
        sigaddset(&set, SIGCHLD);                    /* the tracing thread waits for it */
    }
    pthread_sigmask(SIG_BLOCK, &set, &run->mask);
    return 0;
}

static void
unwatch_signals(gbx_run *run)
{
    struct signalfd_siginfo late;
    if (run->signals >= 0 && run->wake >= 0) {
        while (read(run->signals, &late, sizeof(late)) == sizeof(late)) {
            run->result->interrupted = (int)late.ssi_signo;      /* too late for the child; not to end us when let through */
        }
        pthread_sigmask(SIG_SETMASK, &run->mask, NULL);
        sigaction(SIGCHLD, &run->on_child, NULL);
    }
}

/* ------------------------------------------------------------------ the tracer */

static void *
watch_in_thread(void *argument)
{
    gbx_sandbox_watch(argument);
    return NULL;
}

static void
tell_watch(gbx_run *run)
{
    uint64_t one = 1;
    atomic_store(&run->witness_ended, true);
    if (write(run->wake, &one, sizeof(one)) < 0) {
        kill(run->child, SIGKILL);                   /* cannot be: the counter is never full */
    }
}

/* One report of waitpid(). */
static int
trace_one(gbx_run *run, pid_t pid, int status, bool *ended)
{
    gbx_witness *witness = run->options->witness;
    const char *name, *sentence;
    if (pid == run->child) {
        return 0;
    }
    if (*ended) {
        if (WIFSTOPPED(status)) {
            ptrace(PTRACE_CONT, pid, NULL, NULL);    /* on to its end, which has been asked for */
        }
        return 0;
    }
    int result = gbx_witness_stop(witness, pid, status, run->error);
    if (result != 0 || gbx_witness_objects(witness, &name, &sentence)) {
        *ended = true;
        tell_watch(run);
    }
    return result;
}

/* Until there is no child and no traced thread left.  Returns the witness's own trouble. */
static int
trace_all(gbx_run *run)
{
    const struct timespec a_while = { 0, 15000000 };
    int result = 0, status;
    bool ended = false;
    sigset_t children;
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    for (;;) {
        pid_t pid = waitpid(-1, &status, __WALL | __WNOTHREAD | WNOHANG);
        if (pid < 0 && errno != EINTR) {
            return result;
        }
        if (pid > 0) {
            int one = trace_one(run, pid, status, &ended);
            result = result != 0 ? result : one;
        }
        else {
            if (!ended) {
                gbx_witness_tick(run->options->witness);
            }
            sigtimedwait(&children, NULL, &a_while);
        }
    }
}

static int
run_traced(gbx_run *run)
{
    pthread_t watcher;
    run->tracer = gettid();
    run->traced_ns = gbx_sandbox_taken(run->tracer);
    int failed = pthread_create(&watcher, NULL, watch_in_thread, run);
    if (failed != 0) {
        errno = failed;
        gbx_sandbox_stop(run);
        gbx_sandbox_watch(run);
        return gbx_error_system(run->error, "start", "a thread");
    }
    int result = trace_all(run);
    pthread_join(watcher, NULL);
    return result;
}

/* ---------------------------------------------------------------------- a run */

/* It did not come to a start: nothing of it stays. */
static void
abandon(gbx_run *run)
{
    if (run->child > 0) {
        kill(run->child, SIGKILL);
        TEMP_FAILURE_RETRY(waitpid(run->child, NULL, 0));
        run->child = -1;
    }
    while (run->out.fd >= 0 && poll(&(struct pollfd){ .fd = run->out.fd }, 1, GBX_SANDBOX_END_MS) > 0) {
        close(run->out.fd);                          /* everybody who could write to it is gone */
        run->out.fd = -1;
    }
    while (run->options->witness != NULL && waitpid(-1, NULL, __WALL | __WNOTHREAD) > 0) {
        /* what was traced already */
    }
}

static int
follow(gbx_run *run)
{
    int result = 0;
    if (run->options->witness != NULL) {
        result = run_traced(run);
    }
    else {
        gbx_sandbox_watch(run);
        TEMP_FAILURE_RETRY(waitpid(run->child, NULL, 0));
    }
    result = run->trouble != 0 ? run->trouble : result;
    if (result == 0 && !run->has_word && run->result->interrupted == 0) {
        result = gbx_error_set(run->error, GBX_ERROR_CHILD, "the sandbox ended without saying how: somebody killed it");
    }
    return result;
}

static int
go(gbx_run *run)
{
    int result = choose_level(run);
    if (result == 0) {
        result = add_mounts(run);
    }
    if (result == 0) {
        result = gbx_sandbox_order(run);
    }
    if (result == 0) {
        result = watch_signals(run);
    }
    if (result == 0) {
        result = gbx_sandbox_spawn(run);
    }
    if (result == 0) {
        result = gbx_sandbox_meet(run);
    }
    if (result != 0) {
        abandon(run);
        return result;
    }
    result = follow(run);
    if (result == 0 && run->result->interrupted == 0) {
        gbx_sandbox_conclude(run);
        result = gbx_sandbox_keep(run);
    }
    return result;
}

static char *
take(gbx_stream *stream, size_t *size)
{
    char *bytes = stream->bytes != NULL ? stream->bytes : calloc(1, 1);
    *size = stream->size;
    stream->bytes = NULL;
    return bytes;
}

static void
close_all(gbx_run *run)
{
    int *const fds[] = { &run->child_fd, &run->keeper_fd, &run->control, &run->start, &run->listener, &run->place,
                         &run->signals, &run->wake, &run->out.fd, &run->err.fd };
    for (size_t i = 0; i < sizeof(fds) / sizeof(fds[0]); i++) {
        if (*fds[i] >= 0) {
            close(*fds[i]);
        }
    }
    free(run->out.bytes);
    free(run->err.bytes);
    free(run->order);
}

int
gbx_sandbox_run(const gbx_sandbox_options *options, gbx_sandbox_result *result, gbx_error *error)
{
    gbx_run run = { .options = options, .result = result, .error = error, .child = -1, .child_fd = -1, .keeper_fd = -1,
        .control = -1, .start = -1, .listener = -1, .place = -1, .signals = -1, .wake = -1,
        .out = { .fd = -1 }, .err = { .fd = -1 } };
    *result = (gbx_sandbox_result){ .end = GBX_END_EXITED };
    int code = go(&run);
    unwatch_signals(&run);
    if (result->interrupted != 0) {
        code = 0;
    }
    if (code == 0) {
        result->out = take(&run.out, &result->out_size);
        result->err = take(&run.err, &result->err_size);
        if (result->out == NULL || result->err == NULL) {
            code = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
    }
    close_all(&run);
    if (code != 0) {
        gbx_sandbox_result_clear(result);
    }
    return code;
}

void
gbx_sandbox_result_clear(gbx_sandbox_result *result)
{
    free(result->out);
    free(result->err);
    *result = (gbx_sandbox_result){ .end = GBX_END_EXITED };
}
