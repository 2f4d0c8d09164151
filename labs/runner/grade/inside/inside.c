/* The small program that runs inside the sandbox before the learner's: process 1 of its world, and, once forked,
   the one that puts the last layers on itself and becomes the learner's Python.  See sandbox_wire.h for who says what.

   It is linked statically and carried in the library, trusts what it is told over CONTROL, and must not read anything
   else.  The learner's processes can do nothing to the keeper: it is another's process 1 (no signal reaches it), has no
   memory file, may not be traced, and holds no descriptor that they have. */

#include "../sandbox_wire.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static union {
    gbx_inside_order order;
    char bytes[GBX_INSIDE_MOST];
} message;

static struct {
    const struct sock_filter *filter;
    const uint64_t *rights;
    const char *folder;
    char *argv[256], *environment[256], *paths[256];
} order;

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void __attribute__((noreturn))
fail(int fd, uint32_t step)
{
    gbx_inside_word word = { .kind = GBX_INSIDE_FAILED, .step = step, .error = (uint32_t)errno };
    send(fd, &word, sizeof(word), MSG_NOSIGNAL);
    _exit(126);
}

/* ------------------------------------------------------------------ the order */

static char *
next_string(size_t *at, size_t size)
{
    char *text = message.bytes + *at;
    size_t length = *at < size ? strnlen(text, size - *at) : size;
    if (*at + length >= size) {
        errno = EBADMSG;
        fail(GBX_INSIDE_CONTROL, GBX_STEP_ORDER);
    }
    *at += length + 1;
    return text;
}

static void
read_order(void)
{
    const gbx_inside_order *head = &message.order;
    ssize_t size = recv(GBX_INSIDE_CONTROL, message.bytes, sizeof(message), 0);
    if (size < (ssize_t)sizeof(*head) || head->magic != GBX_INSIDE_MAGIC || head->size != (size_t)size ||
        head->arguments > 255 || head->variables > 255 || head->paths > 255 || head->instructions[0] > 4096 || head->instructions[1] > 4096 ||
        head->limit_count > GBX_INSIDE_LIMITS) {
        errno = size < 0 ? errno : EBADMSG;
        fail(GBX_INSIDE_CONTROL, GBX_STEP_ORDER);
    }
    size_t at = sizeof(*head);
    order.filter = (const void *)(message.bytes + at);
    at += (head->instructions[0] + head->instructions[1]) * sizeof(struct sock_filter);
    order.rights = (const void *)(message.bytes + at);
    at += head->paths * sizeof(uint64_t);
    order.folder = next_string(&at, (size_t)size);
    for (uint32_t i = 0; i < head->arguments; i++) {
        order.argv[i] = next_string(&at, (size_t)size);
    }
    for (uint32_t i = 0; i < head->variables; i++) {
        order.environment[i] = next_string(&at, (size_t)size);
    }
    for (uint32_t i = 0; i < head->paths; i++) {
        order.paths[i] = next_string(&at, (size_t)size);
    }
}

/* ------------------------------------------------------------------ the child */

static void
set_limits(void)
{
    for (uint32_t i = 0; i < message.order.limit_count; i++) {
        struct rlimit limit = { message.order.limits[i].soft, message.order.limits[i].hard }, now;
        uint32_t resource = message.order.limits[i].resource;
        if (getrlimit(resource, &now) == 0 && now.rlim_max < limit.rlim_max) {
            limit.rlim_max = now.rlim_max;           /* we cannot have more than we were given */
            limit.rlim_cur = limit.rlim_cur < limit.rlim_max ? limit.rlim_cur : limit.rlim_max;
        }
        if (setrlimit(resource, &limit) != 0) {
            fail(GBX_INSIDE_START, GBX_STEP_LIMIT);
        }
    }
}

static void
give_up_privileges(void)
{
    if (message.order.flags & GBX_INSIDE_SET_IDS) {
        uid_t id = message.order.ids;
        if (setgroups(0, NULL) != 0 || setresgid(id, id, id) != 0 || setresuid(id, id, id) != 0) {
            fail(GBX_INSIDE_START, GBX_STEP_IDS);
        }
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        fail(GBX_INSIDE_START, GBX_STEP_PRIVILEGES);
    }
}

/* What this kernel's Landlock knows of the rights of files, by its version. */
static uint64_t
known_rights(long version)
{
    uint64_t all = (1u << 13) - 1;
    return all | (version >= 2 ? 1u << 13 : 0) | (version >= 3 ? 1u << 14 : 0) | (version >= 5 ? 1u << 15 : 0);
}

static void
allow(int rules, const char *path, uint64_t rights)
{
    struct { uint64_t rights; int fd; } __attribute__((packed)) rule = { rights, open(path, O_PATH | O_CLOEXEC) };
    if (rule.fd < 0 || syscall(SYS_landlock_add_rule, rules, 1 /* PATH_BENEATH */, &rule, 0) != 0) {
        fail(GBX_INSIDE_START, GBX_STEP_LANDLOCK);
    }
    close(rule.fd);
}

static void
enter_landlock(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* VERSION */);
    struct { uint64_t files, network, scopes; } handled = { known_rights(version), 0, version >= 6 ? 3 : 0 };
    size_t size = version >= 6 ? 24 : version >= 4 ? 16 : 8;
    if (version < 1) {
        fail(GBX_INSIDE_START, GBX_STEP_LANDLOCK);
    }
    int rules = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (rules < 0) {
        fail(GBX_INSIDE_START, GBX_STEP_LANDLOCK);
    }
    for (uint32_t i = 0; i < message.order.paths; i++) {
        allow(rules, order.paths[i], order.rights[i] & handled.files);
    }
    if (syscall(SYS_landlock_restrict_self, rules, 0) != 0) {
        fail(GBX_INSIDE_START, GBX_STEP_LANDLOCK);
    }
    close(rules);
}

static void
send_listener(int listener)
{
    gbx_inside_word word = { .kind = GBX_INSIDE_LISTENER };
    struct iovec part = { &word, sizeof(word) };
    union { struct cmsghdr head; char bytes[CMSG_SPACE(sizeof(int))]; } with = { .head = { .cmsg_len = 0 } };
    struct msghdr all = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = &with, .msg_controllen = sizeof(with) };
    with.head = (struct cmsghdr){ CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS };
    memcpy(CMSG_DATA(&with.head), &listener, sizeof(listener));
    if (sendmsg(GBX_INSIDE_START, &all, MSG_NOSIGNAL) != sizeof(word)) {
        fail(GBX_INSIDE_START, GBX_STEP_FILTER);
    }
    close(listener);
}

static long
load_one(unsigned which, unsigned flags)
{
    const struct sock_filter *first = order.filter + (which == 0 ? 0 : message.order.instructions[0]);
    struct sock_fprog program = {
        (unsigned short)message.order.instructions[which], (struct sock_filter *)(uintptr_t)first };
    long result = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
    if (result < 0) {
        fail(GBX_INSIDE_START, GBX_STEP_FILTER);
    }
    return result;
}

/* The last layer: what is dangerous from here on is asked of the one who listens outside. */
static void
load_filters(void)
{
    load_one(0, 0);
    send_listener((int)load_one(1, SECCOMP_FILTER_FLAG_NEW_LISTENER));
}

static void
reset_signals(void)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };
    sigset_t none;
    for (int number = 1; number < 65; number++) {
        sigaction(number, &standard, NULL);          /* fails for those that cannot be set: fine */
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

static void __attribute__((noreturn))
be_the_child(void)
{
    gbx_inside_word word = { .kind = GBX_INSIDE_HELLO };
    char go;
    close(GBX_INSIDE_CONTROL);
    fcntl(GBX_INSIDE_START, F_SETFD, FD_CLOEXEC);
    syscall(SYS_close_range, GBX_INSIDE_START + 1, ~0u, 0);
    setsid();
    reset_signals();
    set_limits();
    give_up_privileges();
    if (chdir(order.folder) != 0) {
        fail(GBX_INSIDE_START, GBX_STEP_FOLDER);
    }
    if (message.order.flags & GBX_INSIDE_LANDLOCK) {
        enter_landlock();
    }
    if (send(GBX_INSIDE_START, &word, sizeof(word), MSG_NOSIGNAL) != sizeof(word) ||
        TEMP_FAILURE_RETRY(recv(GBX_INSIDE_START, &go, 1, 0)) != 1) {
        _exit(126);
    }
    if (message.order.flags & GBX_INSIDE_FILTER) {
        load_filters();
    }
    execve(order.argv[0], order.argv, order.environment);
    fail(GBX_INSIDE_START, GBX_STEP_RUN);
}

/* ----------------------------------------------------------------- the keeper */

typedef struct {
    pid_t child;
    gbx_inside_word word;
    uint64_t began_ns, until_ns;     /* until: when lingering is over; 0: the child still runs */
} keeper;

static uint64_t
nanoseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

/* Reap what has ended; false: nothing lives any more. */
static bool
reap(keeper *this, int flags)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, __WALL | flags);
        if (pid == this->child) {
            this->word.status = status;
            this->word.wall_ns = now_ns() - this->began_ns;
            this->until_ns = now_ns() + GBX_INSIDE_LINGER_MS * 1000000ull;
        }
        if (pid == 0) {
            return true;
        }
        if (pid < 0 && errno != EINTR) {
            return false;
        }
    }
}

/* How many there are is known by killing them: each is reaped here, being nobody else's child by then. */
static void
kill_all(keeper *this)
{
    bool by_order = this->until_ns == 0;
    pid_t pid;
    int status;
    kill(-1, SIGKILL);
    while ((pid = waitpid(-1, &status, __WALL)) > 0 || errno == EINTR) {
        if (pid == this->child) {
            this->word.status = status;
            this->word.wall_ns = now_ns() - this->began_ns;
        }
        else if (pid > 0 && !by_order) {
            this->word.leftovers++;
        }
    }
}

static void __attribute__((noreturn))
report_and_end(keeper *this)
{
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    this->word.kind = GBX_INSIDE_ENDED;
    this->word.user_ns = nanoseconds(usage.ru_utime);
    this->word.system_ns = nanoseconds(usage.ru_stime);
    this->word.peak_bytes = (uint64_t)usage.ru_maxrss * 1024;
    send(GBX_INSIDE_CONTROL, &this->word, sizeof(this->word), MSG_NOSIGNAL);
    _exit(0);
}

static int
time_left_ms(const keeper *this)
{
    uint64_t now = now_ns();
    return this->until_ns == 0 ? -1 : now >= this->until_ns ? 0 : (int)((this->until_ns - now) / 1000000u) + 1;
}

static void __attribute__((noreturn))
be_the_keeper(pid_t child, int ended)
{
    keeper this = { .child = child, .began_ns = now_ns() };
    char word;
    struct signalfd_siginfo info;
    while (reap(&this, WNOHANG)) {
        struct pollfd on[] = { { .fd = GBX_INSIDE_CONTROL, .events = POLLIN }, { .fd = ended, .events = POLLIN } };
        int count = poll(on, 2, time_left_ms(&this));
        if (count > 0 && on[0].revents) {
            if (recv(GBX_INSIDE_CONTROL, &word, 1, 0) != 1) {
                _exit(1);                            /* nobody is there any more */
            }
            kill_all(&this);
            break;
        }
        if (count > 0 && on[1].revents && read(ended, &info, sizeof(info)) < 0) {
            _exit(1);
        }
        if (this.until_ns != 0 && time_left_ms(&this) == 0) {
            kill_all(&this);
            break;
        }
    }
    report_and_end(&this);
}

/* Run as the program of a trial: is what has to be out of reach out of reach?  The exit status has a bit for each that is not. */
static int
look_around(void)
{
    int status = 0;
    status |= open("/.trial", O_WRONLY | O_CREAT, 0600) >= 0 ? 1 : 0;
    status |= open("/proc/self/mem", O_RDWR) >= 0 ? 2 : 0;
    status |= open("/inside", O_WRONLY) >= 0 ? 4 : 0;
    status |= open("/tmp/trial", O_WRONLY | O_CREAT, 0700) < 0 ? 8 : 0;
    status |= prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1 ? 16 : 0;
    status |= syscall(SYS_memfd_create, "trial", 0) >= 0 ? 32 : 0;
    return status;
}

int
main(int argc, char **argv)
{
    sigset_t children;
    if (argc == 2 && strcmp(argv[1], "trial") == 0) {
        return look_around();
    }
    umask(022);
    prctl(PR_SET_DUMPABLE, 0);
    fcntl(GBX_INSIDE_CONTROL, F_SETFD, FD_CLOEXEC);
    read_order();
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
    int ended = signalfd(-1, &children, SFD_CLOEXEC);
    pid_t child = fork();
    if (child == 0) {
        prctl(PR_SET_DUMPABLE, 1);
        be_the_child();
    }
    if (child < 0 || ended < 0) {
        fail(GBX_INSIDE_CONTROL, GBX_STEP_FORK);
    }
    close(GBX_INSIDE_START);
    for (int fd = 0; fd < 3; fd++) {
        close(fd);                                   /* the pipes end when the learner's processes do */
    }
    be_the_keeper(child, ended);
}
