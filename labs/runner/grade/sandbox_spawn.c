/* The child that makes what bubblewrap alone cannot (a bounded tmpfs that nothing is run from, binds that hold no code),
   in namespaces of its own, and has a child that becomes bubblewrap.

   Bubblewrap is process 1 of a process namespace: when it ends, however, the kernel ends all that it made, also what it
   has only begun to make (killed between its own clone() and the child's prctl(), bubblewrap alone would leave that child
   waiting for ever).  It ends when the child above it does, and that one when we do.  The mounts live as long as the
   namespace: there is nothing to clean up.  We keep one descriptor, of the writable places, which outlives it for as
   long as we read them.

   Between fork() and execve() only what is safe in a copy of a process that may have had threads. */

#include "sandbox_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define STAGE "/tmp"                  /* hidden by ours, in our namespace alone */
#define PLACE STAGE "/place"

enum { WORD_MOST = 64, WORDS_MOST = 512 + 4 * (GBX_SANDBOX_BINDS + 16 + GBX_SANDBOX_PLACES) };

/* Everything that needs memory, made before the fork. */
typedef struct {
    gbx_run *run;
    pid_t parent;
    uid_t uid;
    gid_t gid;
    int fds[5];                       /* 0 1 2 control start, for the child */
    char stage[GBX_SANDBOX_BINDS + 16][WORD_MOST];
    char place[GBX_SANDBOX_PLACES + 1][WORD_MOST];
    size_t place_count;
    char stage_options[96], place_options[160], uid_map[64], gid_map[64];
    char above[8192];                 /* names of folders */
    size_t above_used;
    const char *words[WORDS_MOST];
    size_t word_count;
    bool full;                        /* too many words: not to be run */
} plan;

/* -------------------------------------------------------------- before the fork */

static void
say(plan *this, const char *word)
{
    if (this->word_count + 1 < WORDS_MOST) {
        this->words[this->word_count++] = word;
    }
    else {
        this->full = true;
    }
}

static void
say_three(plan *this, const char *option, const char *from, const char *to)
{
    say(this, option);
    say(this, from);
    say(this, to);
}

static void
say_namespaces(plan *this)
{
    static const char *const always[] = { "--unshare-ipc", "--unshare-pid", "--unshare-net", "--unshare-uts",
        "--unshare-cgroup-try", "--hostname", "lab", "--die-with-parent", "--new-session", "--as-pid-1",
        "--cap-drop", "ALL", "--clearenv" };
    say(this, gbx_sandbox_bubblewrap());
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++) {
        say(this, always[i]);
    }
    if (this->run->way == GBX_WAY_ROOT_ALONE) {      /* the keeper is root without rights but to end the child's user's */
        static const char *const kept[] = { "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID", "--cap-add", "CAP_KILL" };
        for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
            say(this, kept[i]);
        }
    }
    else {
        say(this, "--unshare-user");
        say_three(this, "--uid", "1000", "--gid");
        say(this, "1000");
    }
}

/* The folders above a place, which bubblewrap would otherwise make for its own user alone: only that user is not the child's
   where there are no user namespaces. */
static void
say_folders_above(plan *this, const char *path)
{
    for (const char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        size_t length = (size_t)(slash - path);
        if (this->above_used + length + 1 > sizeof(this->above)) {
            return;
        }
        char *copy = this->above + this->above_used;
        memcpy(copy, path, length);
        copy[length] = '\0';
        this->above_used += length + 1;
        say(this, "--dir");
        say(this, copy);
    }
}

/* The words of bubblewrap. */
static void
make_words(plan *this)
{
    const gbx_run *run = this->run;
    say_namespaces(this);
    for (size_t i = 0; run->way == GBX_WAY_ROOT_ALONE && i < run->mount_count; i++) {
        say_folders_above(this, run->mounts[i].to);
    }
    for (size_t i = 0; i < run->mount_count; i++) {
        snprintf(this->stage[i], WORD_MOST, STAGE "/%zu", i);
        say_three(this, run->mounts[i].device ? "--dev-bind" : "--ro-bind", this->stage[i], run->mounts[i].to);
    }
    for (size_t i = 0; i < this->place_count; i++) {
        snprintf(this->place[i], WORD_MOST, PLACE "/%zu", i);
        say_three(this, "--bind", this->place[i], i + 1 < this->place_count ? run->options->writable[i] : "/dev/shm");
    }
    say_three(this, "--ro-bind", STAGE "/inside", "/inside");
    say_three(this, "--remount-ro", "/", "--chdir");
    say_three(this, "/", "--", "/inside");
    this->words[this->word_count] = NULL;
}

static void
make_plan(plan *this, gbx_run *run)
{
    const gbx_limits *limits = &run->options->limits;
    bool root = run->way != GBX_WAY_USER;
    this->run = run;
    this->parent = getpid();
    this->uid = root ? GBX_SANDBOX_NOBODY : geteuid();
    this->gid = root ? GBX_SANDBOX_NOBODY : getegid();
    while (run->options->writable != NULL && run->options->writable[this->place_count] != NULL) {
        this->place_count++;
    }
    this->place_count++;                             /* and /dev/shm */
    make_words(this);
    size_t program = (size_t)(gbx_inside_program_end - gbx_inside_program);
    snprintf(this->stage_options, sizeof(this->stage_options), "mode=0755,size=%zu,nr_inodes=%zu", program + (1u << 16),
             run->mount_count + 16);
    snprintf(this->place_options, sizeof(this->place_options), "mode=0755,size=%llu,nr_inodes=%zu,uid=%u,gid=%u",
             (unsigned long long)(limits->disk_bytes != 0 ? limits->disk_bytes : 64u << 20),
             (limits->disk_files != 0 ? limits->disk_files : 1024) + this->place_count + 1, this->uid, this->gid);
    snprintf(this->uid_map, sizeof(this->uid_map), "%u %u 1\n", this->uid, this->uid);
    snprintf(this->gid_map, sizeof(this->gid_map), "%u %u 1\n", this->gid, this->gid);
}

/* --------------------------------------------------------------- in the child */

static void __attribute__((noreturn))
fail(uint32_t step)
{
    gbx_inside_word word = { .kind = GBX_INSIDE_FAILED, .step = step, .error = (uint32_t)errno };
    send(GBX_INSIDE_START, &word, sizeof(word), MSG_NOSIGNAL);
    _exit(126);
}

static void
need(long result, uint32_t step)
{
    if (result < 0) {
        fail(step);
    }
}

/* 0 to 4 are what was made for us; all else is closed. */
static void
settle_descriptors(const plan *this)
{
    int moved[5];
    for (int i = 0; i < 5; i++) {
        moved[i] = fcntl(this->fds[i], F_DUPFD_CLOEXEC, 16);
    }
    for (int i = 0; i < 5; i++) {
        if (moved[i] < 0 || dup2(moved[i], i) < 0) {
            _exit(126);
        }
    }
    if (syscall(SYS_close_range, 5, ~0u, 0) != 0) {
        for (int fd = 5; fd < 1024; fd++) {
            close(fd);
        }
    }
}

static void
write_file(const char *path, const char *text, uint32_t step)
{
    int fd = open(path, O_WRONLY | O_CLOEXEC);
    need(fd, step);
    need(write(fd, text, strlen(text)), step);
    close(fd);
}

static void
enter_namespaces(const plan *this)
{
    if (this->run->way == GBX_WAY_USER) {
        need(unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID), GBX_STEP_NAMESPACE);
        write_file("/proc/self/setgroups", "deny", GBX_STEP_NAMESPACE);
        write_file("/proc/self/uid_map", this->uid_map, GBX_STEP_NAMESPACE);
        write_file("/proc/self/gid_map", this->gid_map, GBX_STEP_NAMESPACE);
    }
    else {
        need(unshare(CLONE_NEWNS | CLONE_NEWPID), GBX_STEP_NAMESPACE);
    }
    need(mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL), GBX_STEP_MOUNT);
}

/* The flags that a mount already has must stay, or the kernel refuses to change it. */
static unsigned long
flags_of(int fd)
{
    static const struct { unsigned long have, keep; } table[] = {
        { ST_NOSUID, MS_NOSUID }, { ST_NODEV, MS_NODEV }, { ST_NOEXEC, MS_NOEXEC }, { ST_NOATIME, MS_NOATIME },
        { ST_NODIRATIME, MS_NODIRATIME }, { ST_RELATIME, MS_RELATIME }, { ST_RDONLY, MS_RDONLY },
    };
    struct statvfs now;
    unsigned long flags = 0;
    need(fstatvfs(fd, &now), GBX_STEP_MOUNT);
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        flags |= now.f_flag & table[i].have ? table[i].keep : 0;
    }
    return flags;
}

static void
bind_one(const gbx_mount *what, int from, const char *to)
{
    char path[32];
    if (what->folder) {
        need(mkdir(to, 0755), GBX_STEP_MOUNT);
    }
    else {
        int fd = open(to, O_WRONLY | O_CREAT | O_CLOEXEC, 0444);
        need(fd, GBX_STEP_MOUNT);
        close(fd);
    }
    snprintf(path, sizeof(path), "/proc/self/fd/%d", from);
    need(mount(path, to, NULL, MS_BIND | MS_REC, NULL), GBX_STEP_MOUNT);
    if (!what->device) {
        unsigned long flags = flags_of(from) | MS_RDONLY | MS_NOSUID | MS_NODEV | (what->code ? 0 : MS_NOEXEC);
        need(mount(NULL, to, NULL, MS_BIND | MS_REMOUNT | flags, NULL), GBX_STEP_MOUNT);
    }
}

static void
write_program(void)
{
    size_t size = (size_t)(gbx_inside_program_end - gbx_inside_program);
    int fd = open(STAGE "/inside", O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
    need(fd, GBX_STEP_MOUNT);
    for (size_t at = 0; at < size;) {
        ssize_t wrote = write(fd, gbx_inside_program + at, size - at);
        need(wrote, GBX_STEP_MOUNT);
        at += (size_t)wrote;
    }
    close(fd);
}

/* What is bound is opened first: the stage may hide where it lies. */
static void
make_stage(const plan *this)
{
    const gbx_run *run = this->run;
    int from[GBX_SANDBOX_BINDS + 16];
    umask(0);
    for (size_t i = 0; i < run->mount_count; i++) {
        from[i] = open(run->mounts[i].from, O_PATH | O_CLOEXEC);
        need(from[i], GBX_STEP_MOUNT);
    }
    need(mount("stage", STAGE, "tmpfs", MS_NOSUID | MS_NODEV, this->stage_options), GBX_STEP_MOUNT);
    for (size_t i = 0; i < run->mount_count; i++) {
        bind_one(&run->mounts[i], from[i], this->stage[i]);
        close(from[i]);
    }
    write_program();
}

static void
send_place(int place)
{
    gbx_inside_word word = { .kind = GBX_INSIDE_PLACE };
    struct iovec part = { &word, sizeof(word) };
    union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } with = { .head = { .cmsg_len = 0 } };
    struct msghdr all = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &with, .msg_controllen = sizeof(with) };
    with.head = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof(int)), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
    memcpy(CMSG_DATA(&with.head), &place, sizeof(place));
    need(sendmsg(GBX_INSIDE_START, &all, MSG_NOSIGNAL), GBX_STEP_MOUNT);
    close(place);
}

static void
make_place(const plan *this)
{
    need(mkdir(PLACE, 0755), GBX_STEP_MOUNT);
    need(mount("place", PLACE, "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, this->place_options), GBX_STEP_MOUNT);
    for (size_t i = 0; i < this->place_count; i++) {
        need(mkdir(this->place[i], 0700), GBX_STEP_MOUNT);
        need(chown(this->place[i], this->uid, this->gid), GBX_STEP_MOUNT);
    }
    int place = open(PLACE, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    need(place, GBX_STEP_MOUNT);
    send_place(place);
}

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

/* The kernel forgets this wish when the user changes. */
static void
die_with_parent(const plan *this)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != this->parent) {
        _exit(126);
    }
}

/* The parent's number is none in our namespace; that it lives is known by a pipe that it alone has the other end of. */
static void
die_with_the_one_above(int alive)
{
    struct pollfd on = { .fd = alive, .events = POLLIN };
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (poll(&on, 1, 0) != 0) {
        _exit(126);
    }
}

static void __attribute__((noreturn))
become_bubblewrap(const plan *this, int alive)
{
    char *const nothing[] = { NULL };
    die_with_the_one_above(alive);
    make_stage(this);
    make_place(this);
    if (this->run->way == GBX_WAY_ROOT) {
        need(setgroups(0, NULL), GBX_STEP_IDS);
        need(setresgid(this->gid, this->gid, this->gid), GBX_STEP_IDS);
        need(setresuid(this->uid, this->uid, this->uid), GBX_STEP_IDS);
    }
    die_with_the_one_above(alive);
    need(chdir("/"), GBX_STEP_MOUNT);
    execve(this->words[0], (char *const *)(uintptr_t)this->words, nothing);
    fail(GBX_STEP_BUBBLEWRAP);
}

static void __attribute__((noreturn))
become(const plan *this)
{
    int alive[2], status = 0;
    reset_signals();
    setsid();
    settle_descriptors(this);
    enter_namespaces(this);
    die_with_parent(this);
    need(pipe2(alive, O_CLOEXEC), GBX_STEP_FORK);
    pid_t pid = fork();
    need(pid, GBX_STEP_FORK);
    if (pid == 0) {
        close(alive[1]);
        become_bubblewrap(this, alive[0]);
    }
    for (int fd = 0; fd < 5; fd++) {
        close(fd);
    }
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
        /* again */
    }
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 126);
}

/* ------------------------------------------------------------------ the parent */

static int
open_ends(gbx_run *run, plan *this)
{
    int out[2] = { -1, -1 }, err[2] = { -1, -1 }, control[2] = { -1, -1 }, start[2] = { -1, -1 }, yes = 1;
    bool ok = pipe2(out, O_CLOEXEC) == 0 && pipe2(err, O_CLOEXEC) == 0 &&
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, control) == 0 &&
        socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, start) == 0;
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    run->out.fd = out[0];
    run->err.fd = err[0];
    run->control = control[0];
    run->start = start[0];
    int theirs[5] = { null, out[1], err[1], control[1], start[1] };
    memcpy(this->fds, theirs, sizeof(theirs));
    ok = ok && null >= 0 && fcntl(out[0], F_SETFL, O_NONBLOCK) == 0 && fcntl(err[0], F_SETFL, O_NONBLOCK) == 0 &&
        setsockopt(start[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes)) == 0;
    return ok ? 0 : gbx_error_system(run->error, "open", "pipes to the sandbox");
}

/* Whatever it is, our own three streams keep their numbers. */
static void
close_ends(plan *this)
{
    for (int i = 0; i < 5; i++) {
        if (this->fds[i] >= 0) {
            close(this->fds[i]);
        }
    }
}

int
gbx_sandbox_spawn(gbx_run *run)
{
    plan *this = calloc(1, sizeof(*this));
    if (this == NULL) {
        return gbx_error_set(run->error, GBX_ERROR_MEMORY, "out of memory");
    }
    make_plan(this, run);
    int result = open_ends(run, this);
    if (result == 0 && this->full) {
        result = gbx_error_set(run->error, GBX_ERROR_USAGE, "too many places for a sandbox");
    }
    if (result == 0) {
        run->child = fork();
        if (run->child == 0) {
            become(this);
        }
        result = run->child < 0 ? gbx_error_system(run->error, "start", "the sandbox") : 0;
    }
    close_ends(this);
    free(this);
    if (result == 0) {
        run->child_fd = (int)syscall(SYS_pidfd_open, run->child, 0);
        if (run->child_fd < 0) {
            return gbx_error_system(run->error, "watch", "the sandbox");
        }
        if (send(run->control, run->order, run->order->size, MSG_NOSIGNAL) != (ssize_t)run->order->size) {
            return gbx_error_system(run->error, "tell the sandbox", "what to run");
        }
    }
    return result;
}
