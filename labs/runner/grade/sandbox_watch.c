/* The parent's wait: takes what is printed, looks at the clock and at what is used, answers calls that ask for leave, and
   ends everything when a limit is reached.

   It ends in two steps: the keeper inside is asked to kill all and to account for it; if it has not within
   GBX_SANDBOX_END_MS, bubblewrap is killed, and the kernel ends the namespace with all that is in it.  The wait is over when
   bubblewrap and the keeper are gone (a namespace does not outlive its process 1) and the pipes have ended. */

#include "sandbox_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "witness.h"

static const char *const step_text[] = {
#define X(NAME, text) text,
    GBX_INSIDE_STEPS(X)
#undef X
};

uint64_t
gbx_sandbox_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void
close_one(int *fd)
{
    if (*fd >= 0) {
        close(*fd);
    }
    *fd = -1;
}

/* Ours goes wrong: remembered, once, and all is ended. */
static void
trouble(gbx_run *run, int code)
{
    run->trouble = run->trouble != 0 ? run->trouble : code;
    gbx_sandbox_stop(run);
}

void
gbx_sandbox_stop(gbx_run *run)
{
    if (run->end_by_ns != 0) {
        return;
    }
    run->stopped = true;
    run->end_by_ns = gbx_sandbox_now() + GBX_SANDBOX_END_MS * 1000000ull;
    if (run->keeper <= 0 || send(run->control, "k", 1, MSG_NOSIGNAL) != 1) {
        run->end_by_ns = 1;                          /* nobody is there to be asked */
    }
}

/* ------------------------------------------------------------------ its words */

/* Receives one word; *fd: the descriptor that came with it, or -1; *pid: who said it.  False: the other end is closed. */
static bool
hear(int from, gbx_inside_word *word, int *fd, pid_t *pid)
{
    struct iovec part = { word, sizeof(*word) };
    union { struct cmsghdr head; char bytes[256]; } with;
    struct msghdr all = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &with, .msg_controllen = sizeof(with) };
    ssize_t size = recvmsg(from, &all, MSG_CMSG_CLOEXEC);
    *fd = -1;
    *pid = 0;
    for (struct cmsghdr *at = size < 0 ? NULL : CMSG_FIRSTHDR(&all); at != NULL; at = CMSG_NXTHDR(&all, at)) {
        if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_RIGHTS) {
            close_one(fd);
            memcpy(fd, CMSG_DATA(at), sizeof(*fd));
        }
        else if (at->cmsg_level == SOL_SOCKET && at->cmsg_type == SCM_CREDENTIALS) {
            struct ucred who;
            memcpy(&who, CMSG_DATA(at), sizeof(who));
            *pid = who.pid;
        }
    }
    return size == sizeof(*word);
}

/* What FAILED says, or what bubblewrap printed before it gave up. */
static int
cannot_start(gbx_run *run, const gbx_inside_word *word)
{
    char remedy[256] = "";
    if (word == NULL) {
        const char *said = run->err.size > 0 ? run->err.bytes : "it ended without a word";
        return gbx_error_set(run->error, GBX_ERROR_SYSTEM, "the sandbox did not start: %.*s", (int)strcspn(said, "\n"), said);
    }
    if (word->step == GBX_STEP_NAMESPACE || word->step == GBX_STEP_MOUNT) {
        gbx_sandbox_remedy((int)word->error, remedy, sizeof(remedy));
    }
    int code = word->step == GBX_STEP_RUN ? GBX_ERROR_MISSING : GBX_ERROR_SYSTEM;
    return gbx_error_set(run->error, code, "the sandbox cannot %s%s%.100s%s: %s%s%s",
                         word->step < GBX_STEP_COUNT ? step_text[word->step] : "start",
                         word->step == GBX_STEP_RUN ? " '" : "", word->step == GBX_STEP_RUN ? run->options->argv[0] : "",
                         word->step == GBX_STEP_RUN ? "'" : "", strerror((int)word->error), remedy[0] != '\0' ? "; " : "", remedy);
}

static void
hear_start(gbx_run *run)
{
    gbx_inside_word word;
    int fd;
    pid_t pid;
    if (!hear(run->start, &word, &fd, &pid)) {
        close_one(&run->start);                      /* it has become the program, or is dead */
    }
    else if (word.kind == GBX_INSIDE_LISTENER && run->listener < 0) {
        run->listener = fd;
        fd = -1;
    }
    else if (word.kind == GBX_INSIDE_FAILED) {
        trouble(run, cannot_start(run, &word));
    }
    close_one(&fd);
}

static void
hear_control(gbx_run *run)
{
    gbx_inside_word word;
    int fd;
    pid_t pid;
    if (!hear(run->control, &word, &fd, &pid)) {
        close_one(&run->control);
    }
    else if (word.kind == GBX_INSIDE_ENDED) {
        run->word = word;
        run->has_word = true;
    }
    else if (word.kind == GBX_INSIDE_FAILED) {
        trouble(run, cannot_start(run, &word));
    }
    close_one(&fd);
}

/* -------------------------------------------------------------- what it prints */

/* Out and err share one limit; what comes after it is dropped.  NULL bytes: no memory. */
static void
keep_output(gbx_run *run, gbx_stream *stream, const char *bytes, size_t size)
{
    uint64_t limit = run->options->limits.output_bytes, most = limit == 0 ? 8u << 20 : limit;
    uint64_t have = run->out.size + run->err.size, room = have < most ? most - have : 0;
    size_t keep = size < room ? size : (size_t)room;
    if (stream->size + keep + 1 > stream->room) {
        size_t larger = (stream->size + keep + 1) * 2;
        char *moved = realloc(stream->bytes, larger);
        if (moved == NULL) {
            trouble(run, gbx_error_set(run->error, GBX_ERROR_MEMORY, "out of memory"));
            return;
        }
        stream->bytes = moved;
        stream->room = larger;
    }
    memcpy(stream->bytes + stream->size, bytes, keep);
    stream->size += keep;
    stream->bytes[stream->size] = '\0';
    if (keep < size && limit != 0 && run->running) {
        gbx_sandbox_limit(run, GBX_LIMIT_OUTPUT, "output: more than %.4g KB", (double)limit / 1024);
    }
}

static void
take_output(gbx_run *run, gbx_stream *stream)
{
    char bytes[16384];
    ssize_t size = read(stream->fd, bytes, sizeof(bytes));
    if (size > 0) {
        keep_output(run, stream, bytes, (size_t)size);
    }
    else if (size == 0 || (errno != EAGAIN && errno != EINTR)) {
        close_one(&stream->fd);
    }
}

/* -------------------------------------------------------------------- signals */

static void
hear_signal(gbx_run *run)
{
    struct signalfd_siginfo info;
    if (read(run->signals, &info, sizeof(info)) == sizeof(info)) {
        run->result->interrupted = (int)info.ssi_signo;
        gbx_sandbox_stop(run);
    }
}

/* ------------------------------------------------------------------ the clock */

/* The tracing thread has seen a violation, or has a trouble of its own. */
static void
look_at_witness(gbx_run *run)
{
    const char *name, *sentence;
    if (gbx_witness_objects(run->options->witness, &name, &sentence)) {
        gbx_sandbox_violation(run, name, "%s", sentence);
    }
    gbx_sandbox_stop(run);
}

static void
look_at_clock(gbx_run *run)
{
    uint64_t now = gbx_sandbox_now();
    if (atomic_load(&run->witness_ended)) {
        look_at_witness(run);
    }
    if (run->end_by_ns != 0 && now >= run->end_by_ns && !run->child_ended) {
        kill(run->child, SIGKILL);                   /* not reaped yet: the number is its own */
        if (run->keeper_fd >= 0) {
            syscall(SYS_pidfd_send_signal, run->keeper_fd, SIGKILL, NULL, 0);
        }
        run->end_by_ns = now + GBX_SANDBOX_END_MS * 1000000ull;
    }
    if (run->running && !run->stopped) {
        gbx_sample sample;
        gbx_sandbox_sample(run, &sample);
        run->last = sample;
        gbx_sandbox_over(run, &sample);
    }
}

static int
next_look_ms(const gbx_run *run, uint64_t next_ns)
{
    uint64_t now = gbx_sandbox_now(), until = run->end_by_ns != 0 && run->end_by_ns < next_ns ? run->end_by_ns : next_ns;
    return until <= now ? 0 : (int)((until - now) / 1000000u) + 1;
}

static void
see_end(bool *ended, int *fd)
{
    *ended = true;
    close_one(fd);
}

static bool
is_over(const gbx_run *run)
{
    return run->child_ended && run->keeper_ended && run->out.fd < 0 && run->err.fd < 0 && run->control < 0;
}

static void
wait_once(gbx_run *run, uint64_t next_ns)
{
    struct pollfd on[] = {
        { .fd = run->out.fd, .events = POLLIN }, { .fd = run->err.fd, .events = POLLIN },
        { .fd = run->listener, .events = POLLIN }, { .fd = run->start, .events = POLLIN },
        { .fd = run->control, .events = POLLIN }, { .fd = run->child_fd, .events = POLLIN },
        { .fd = run->keeper_fd, .events = POLLIN }, { .fd = run->signals, .events = POLLIN },
        { .fd = run->end_by_ns == 0 ? run->wake : -1, .events = POLLIN },
    };
    if (poll(on, sizeof(on) / sizeof(on[0]), next_look_ms(run, next_ns)) <= 0) {
        return;
    }
    if (on[2].revents & POLLIN) {
        gbx_sandbox_answer(run);
    }
    else if (on[2].revents) {
        close_one(&run->listener);                   /* nobody is left who could ask */
    }
    if (on[0].revents) {
        take_output(run, &run->out);
    }
    if (on[1].revents) {
        take_output(run, &run->err);
    }
    if (on[3].revents) {
        hear_start(run);
    }
    if (on[4].revents) {
        hear_control(run);
    }
    if (on[5].revents) {
        see_end(&run->child_ended, &run->child_fd);
    }
    if (on[6].revents) {
        see_end(&run->keeper_ended, &run->keeper_fd);
    }
    if (on[7].revents) {
        hear_signal(run);
    }
    if (on[8].revents && run->end_by_ns == 0) {
        look_at_witness(run);
    }
}

void
gbx_sandbox_watch(gbx_run *run)
{
    uint64_t next_ns = gbx_sandbox_now();
    while (!is_over(run)) {
        uint64_t now = gbx_sandbox_now();
        if (now >= next_ns || (run->end_by_ns != 0 && now >= run->end_by_ns)) {
            look_at_clock(run);
            next_ns = gbx_sandbox_now() + GBX_SANDBOX_SAMPLE_MS * 1000000ull;
        }
        wait_once(run, next_ns);
    }
}

/* ------------------------------------------------------------------- the start */

static pid_t
parent_of(pid_t pid)
{
    char path[64], text[512];
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    FILE *file = fopen(path, "re");
    size_t size = file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0;
    int parent = 0;
    text[size] = '\0';
    char *end = strrchr(text, ')');
    if (end != NULL && sscanf(end + 1, " %*c %d", &parent) != 1) {
        parent = 0;
    }
    if (file != NULL) {
        fclose(file);
    }
    return parent;
}

/* The child stands ready: know it and its keeper, and let the witness take hold. */
static int
greet(gbx_run *run, pid_t pid)
{
    run->program = pid;
    run->keeper = pid > 0 ? parent_of(pid) : 0;
    run->keeper_fd = run->keeper > 0 ? (int)syscall(SYS_pidfd_open, run->keeper, 0) : -1;
    if (run->keeper_fd < 0) {
        return gbx_error_set(run->error, GBX_ERROR_SYSTEM, "the sandbox's processes are not to be seen in /proc");
    }
    return 0;
}

/* One thing that happens while it starts.  1: it stands ready; 0: go on; or a negative code. */
static int
meet_once(gbx_run *run)
{
    gbx_inside_word word;
    pid_t pid;
    int fd;
    if (!hear(run->start, &word, &fd, &pid)) {
        while (run->err.fd >= 0 && poll(&(struct pollfd){ .fd = run->err.fd, .events = POLLIN }, 1, 200) > 0) {
            take_output(run, &run->err);
        }
        return cannot_start(run, NULL);
    }
    if (word.kind == GBX_INSIDE_PLACE) {
        close_one(&run->place);
        run->place = fd;
        return 0;
    }
    close_one(&fd);
    if (word.kind == GBX_INSIDE_FAILED) {
        return cannot_start(run, &word);
    }
    int result = word.kind == GBX_INSIDE_HELLO ? greet(run, pid) : 0;
    return result != 0 ? result : word.kind == GBX_INSIDE_HELLO;
}

int
gbx_sandbox_meet(gbx_run *run)
{
    int result = 0;
    uint64_t until = gbx_sandbox_now() + GBX_SANDBOX_START_MS * 1000000ull;
    while (result == 0) {
        struct pollfd on[] = { { .fd = run->start, .events = POLLIN }, { .fd = run->signals, .events = POLLIN },
                               { .fd = run->control, .events = POLLIN } };
        uint64_t now = gbx_sandbox_now();
        int count = now < until ? poll(on, 3, (int)((until - now) / 1000000u) + 1) : 0;
        if (count == 0) {
            return gbx_error_set(run->error, GBX_ERROR_SYSTEM, "the sandbox did not start within %d s", GBX_SANDBOX_START_MS / 1000);
        }
        if (on[1].revents) {
            hear_signal(run);
            return gbx_error_set(run->error, GBX_ERROR_CHILD, "interrupted by SIG%s", sigabbrev_np(run->result->interrupted));
        }
        if (on[2].revents) {
            hear_control(run);
            result = run->trouble;
        }
        if (on[0].revents && result == 0) {
            result = meet_once(run);
        }
    }
    result = result < 0 ? result : run->options->witness == NULL ? 0
        : gbx_witness_begin(run->options->witness, run->program, run->error);
    if (result == 0 && send(run->start, "g", 1, MSG_NOSIGNAL) != 1) {
        result = gbx_error_system(run->error, "start", "the child in the sandbox");
    }
    run->began_ns = gbx_sandbox_now();
    run->running = result == 0;
    return result;
}
