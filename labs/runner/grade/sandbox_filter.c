/* The filter of system calls, in two programs that the kernel runs one after the other; the more severe answer counts.

   The first knows what Python, NumPy and their like call at all: anything else does not exist (ENOSYS), as on an
   older kernel, which honest libraries expect (flock and inotify are left out on purpose: on the interpreter's files, which
   all runs share, they would let two runs of the same moment talk).  The second picks out what is dangerous or has to be counted: it makes
   the call wait and asks us (user notification), so that we can name it for sure, whoever traces or not; and, where
   a witness traces, stops for it at every mapping of code.

   A call that is not in either list is not a violation, just not there. */

#include "sandbox_internal.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* What exists, beside what is asked about. */
static const char *const known[] = {
    /* files */
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2", "pwritev2", "open", "openat",
    "openat2", "creat", "close", "close_range", "lseek", "stat", "fstat", "lstat", "newfstatat", "statx", "statfs", "fstatfs",
    "access", "faccessat", "faccessat2", "readlink", "readlinkat", "getdents", "getdents64", "getcwd", "chdir", "fchdir",
    "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename", "renameat", "renameat2", "link", "linkat", "symlink",
    "symlinkat", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "umask", "truncate",
    "ftruncate", "fallocate", "utime", "utimes", "utimensat", "futimesat", "fsync", "fdatasync", "sync_file_range",
    "fcntl", "dup", "dup2", "dup3", "pipe", "pipe2", "sendfile", "splice", "tee", "copy_file_range", "fadvise64", "readahead",
    "getxattr", "lgetxattr", "fgetxattr", "listxattr", "llistxattr", "flistxattr", "mknod", "mknodat", "ioctl",
    "name_to_handle_at",
    /* memory */
    "brk", "mmap", "munmap", "mremap", "mprotect", "madvise", "msync", "mincore", "mlock", "mlock2", "munlock", "mlockall",
    "munlockall", "membarrier", "get_mempolicy", "pkey_alloc", "pkey_free", "pkey_mprotect",
    /* waiting and time */
    "poll", "ppoll", "select", "pselect6", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait", "epoll_pwait",
    "epoll_pwait2", "eventfd", "eventfd2", "signalfd", "signalfd4", "timerfd_create", "timerfd_settime", "timerfd_gettime",
    "futex", "futex_waitv", "futex_wait", "futex_wake", "futex_requeue", "nanosleep", "clock_nanosleep", "clock_gettime",
    "clock_getres", "gettimeofday", "time", "times", "alarm", "setitimer", "getitimer", "timer_create", "timer_settime",
    "timer_gettime", "timer_getoverrun", "timer_delete", "pause", "sched_yield", "restart_syscall",
    /* processes, threads, signals */
    "clone", "fork", "vfork", "execve", "execveat", "exit", "exit_group", "wait4", "waitid", "getpid", "getppid", "gettid",
    "getpgid", "getpgrp", "getsid", "setpgid", "setsid", "getuid", "geteuid", "getgid", "getegid", "getresuid", "getresgid",
    "getgroups", "setuid", "setgid", "setreuid", "setregid", "setresuid", "setresgid", "setgroups", "setfsuid", "setfsgid",
    "capget", "capset", "set_tid_address", "set_robust_list", "get_robust_list", "rseq", "prctl", "arch_prctl",
    "rt_sigaction", "rt_sigprocmask", "rt_sigreturn", "rt_sigpending", "rt_sigtimedwait", "rt_sigsuspend", "rt_sigqueueinfo",
    "rt_tgsigqueueinfo", "sigaltstack", "kill", "tkill", "tgkill", "pidfd_open", "pidfd_send_signal", "getrlimit",
    "setrlimit", "prlimit64", "getrusage", "getpriority", "setpriority", "sched_getaffinity", "sched_setaffinity",
    "sched_getparam", "sched_getscheduler", "sched_get_priority_max", "sched_get_priority_min", "sched_rr_get_interval",
    "sched_setscheduler", "sched_setparam", "sched_getattr", "ioprio_get", "getcpu",
    /* this machine, and others that are not there */
    "uname", "sysinfo", "getrandom", "socket", "socketpair", "bind", "listen", "accept", "accept4", "connect", "getsockname",
    "getpeername", "getsockopt", "setsockopt", "shutdown", "sendto", "recvfrom", "sendmsg", "recvmsg", "sendmmsg", "recvmmsg",
};

/* What no honest submission asks for: ends it, and is named. */
static const char *const forbidden[] = {
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise", "process_mrelease", "kcmp", "pidfd_getfd", "bpf",
    "perf_event_open", "userfaultfd", "io_uring_setup", "io_uring_enter", "io_uring_register", "add_key", "request_key",
    "keyctl", "unshare", "setns", "mount", "umount2", "umount", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen",
    "fsconfig", "fsmount", "fspick", "mount_setattr", "swapon", "swapoff", "reboot", "kexec_load", "kexec_file_load",
    "init_module", "finit_module", "delete_module", "create_module", "iopl", "ioperm", "acct", "quotactl", "quotactl_fd",
    "settimeofday", "clock_settime", "clock_adjtime", "adjtimex", "stime", "sethostname", "setdomainname", "syslog",
    "open_by_handle_at", "fanotify_init", "fanotify_mark", "seccomp", "vhangup", "modify_ldt", "uselib", "nfsservctl",
    "lookup_dcookie", "migrate_pages", "move_pages",
    "landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self",
};

/* What has to be looked at each time. */
static const char *const counted[] = {
    "clone", "fork", "vfork", "execve", "execveat", "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo",
    "pidfd_send_signal",
};

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

static int
refuse(gbx_error *error, int result, const char *what)
{
    return gbx_error_set(error, GBX_ERROR_SYSTEM, "cannot make the filter of system calls: %s: %s", what, strerror(-result));
}

/* A name that this machine's kernel or library does not have is left out. */
static int
add_names(scmp_filter_ctx filter, uint32_t action, const char *const *names, size_t count, gbx_error *error)
{
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        int result = number < 0 ? 0 : seccomp_rule_add(filter, action, number, 0);
        if (result != 0) {
            return refuse(error, result, names[i]);
        }
    }
    return 0;
}

typedef struct {
    const char *name;
    uint32_t action;
    struct scmp_arg_cmp when;
} rule;

static int
add_rules(scmp_filter_ctx filter, const rule *rules, size_t count, gbx_error *error)
{
    for (size_t i = 0; i < count; i++) {
        int number = seccomp_syscall_resolve_name(rules[i].name);
        int result = number < 0 ? 0 : seccomp_rule_add_array(filter, rules[i].action, number, 1, &rules[i].when);
        if (result != 0) {
            return refuse(error, result, rules[i].name);
        }
    }
    return 0;
}

#define IS(argument, value)     { argument, SCMP_CMP_MASKED_EQ, 0xffffffffu, value }
#define ABOVE(argument, value)  { argument, SCMP_CMP_GT, value, 0 }

/* Arguments that make an ordinary call another one.  The kernel looks at their lower 32 bits alone. */
static int
add_arguments(scmp_filter_ctx filter, gbx_error *error)
{
    const uint32_t no = SCMP_ACT_ERRNO(EPERM), ask = SCMP_ACT_NOTIFY, none = SCMP_ACT_ERRNO(EAFNOSUPPORT);
    const rule rules[] = {
        { "ioctl", ask, IS(1, TIOCSTI) }, { "ioctl", ask, IS(1, 0x541C /* TIOCLINUX */) },
        { "prctl", ask, IS(0, PR_SET_SECCOMP) }, { "prctl", no, IS(0, PR_SET_MM) }, { "prctl", no, IS(0, PR_SET_DUMPABLE) },
        { "prctl", no, IS(0, PR_SET_TSC) }, { "prctl", no, IS(0, 0x59616d61 /* PR_SET_PTRACER */) },
        { "prctl", no, IS(0, PR_SET_CHILD_SUBREAPER) },
        { "socket", none, ABOVE(0, AF_INET6) }, { "socket", none, IS(0, AF_AX25) }, { "socket", none, IS(0, AF_IPX) },
        { "socket", none, IS(0, AF_APPLETALK) }, { "socket", none, IS(0, AF_NETROM) }, { "socket", none, IS(0, AF_BRIDGE) },
        { "socket", none, IS(0, AF_ATMPVC) }, { "socket", none, IS(0, AF_X25) },
        { "personality", ask, { 0, SCMP_CMP_NE, 0xffffffffu, 0 } },
    };
    return add_rules(filter, rules, COUNT(rules), error);
}

/* One request for more than all that it may have: answered with "no memory", and remembered. */
static int
add_memory(scmp_filter_ctx filter, uint64_t most, gbx_error *error)
{
    const rule rules[] = {
        { "mmap", SCMP_ACT_NOTIFY, ABOVE(1, most) }, { "mremap", SCMP_ACT_NOTIFY, ABOVE(2, most) },
    };
    return most == 0 ? 0 : add_rules(filter, rules, COUNT(rules), error);
}

/* The witness sees every mapping that may hold code. */
static int
add_code(scmp_filter_ctx filter, gbx_error *error)
{
    const struct scmp_arg_cmp code = { 2, SCMP_CMP_MASKED_EQ, PROT_EXEC, PROT_EXEC };
    const rule rules[] = {
        { "mmap", SCMP_ACT_TRACE(1), code }, { "mprotect", SCMP_ACT_TRACE(2), code },
        { "pkey_mprotect", SCMP_ACT_TRACE(3), code },
    };
    return add_rules(filter, rules, COUNT(rules), error);
}

static int
make_known(scmp_filter_ctx filter, gbx_error *error)
{
    int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ALLOW);   /* the second one decides */
    if (result != 0) {
        return refuse(error, result, "architectures");
    }
    result = add_names(filter, SCMP_ACT_ALLOW, known, COUNT(known), error);
    if (result == 0) {
        const char *const personality = "personality";
        result = add_names(filter, SCMP_ACT_ALLOW, &personality, 1, error);
    }
    return result != 0 ? result : add_names(filter, SCMP_ACT_ALLOW, forbidden, COUNT(forbidden), error);
}

static int
make_asked(scmp_filter_ctx filter, const gbx_sandbox_options *options, gbx_error *error)
{
    int result = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_NOTIFY);
    if (result != 0) {
        return refuse(error, result, "architectures");
    }
    result = add_names(filter, SCMP_ACT_NOTIFY, forbidden, COUNT(forbidden), error);
    if (result == 0) {
        result = add_names(filter, SCMP_ACT_NOTIFY, counted, COUNT(counted), error);
    }
    if (result == 0) {
        result = add_arguments(filter, error);
    }
    if (result == 0) {
        result = add_memory(filter, options->limits.memory_bytes, error);
    }
    return result != 0 || options->witness == NULL ? result : add_code(filter, error);
}

/* ------------------------------------------------------------- as the kernel takes it */

/* Append the program to filters->instructions. */
static int
export(scmp_filter_ctx filter, gbx_filters *filters, int which, gbx_error *error)
{
    int fd = memfd_create("filter", MFD_CLOEXEC), result = fd < 0 ? -errno : seccomp_export_bpf(filter, fd);
    off_t size = result == 0 ? lseek(fd, 0, SEEK_END) : 0;
    size_t before = filters->count[0] * sizeof(struct sock_filter);
    char *room = size > 0 ? realloc(filters->instructions, before + (size_t)size) : NULL;
    if (room != NULL) {
        filters->instructions = (struct sock_filter *)(void *)room;
        filters->count[which] = (unsigned)((size_t)size / sizeof(struct sock_filter));
    }
    if (room == NULL || pread(fd, room + before, (size_t)size, 0) != size) {
        result = refuse(error, result != 0 ? result : -ENOMEM, "export");
    }
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

static int
make_filters(const gbx_sandbox_options *options, gbx_filters *filters, gbx_error *error)
{
    scmp_filter_ctx first = seccomp_init(SCMP_ACT_ERRNO(ENOSYS)), second = seccomp_init(SCMP_ACT_ALLOW);
    *filters = (gbx_filters){ .instructions = NULL };
    int result = first == NULL || second == NULL ? refuse(error, -ENOMEM, "init") : make_known(first, error);
    if (result == 0) {
        result = make_asked(second, options, error);
    }
    if (result == 0) {
        result = export(first, filters, 0, error);
    }
    if (result == 0) {
        result = export(second, filters, 1, error);
    }
    seccomp_release(first);
    seccomp_release(second);
    if (result != 0) {
        free(filters->instructions);
        filters->instructions = NULL;
    }
    return result;
}

/* Making them takes milliseconds, and a submission has several runs of one kind: the last ones are kept. */
int
gbx_sandbox_filters(const gbx_sandbox_options *options, gbx_filters *filters, gbx_error *error)
{
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    static struct {
        uint64_t memory_bytes;
        bool witness;
        gbx_filters filters;
    } last;
    int result = 0;
    *filters = (gbx_filters){ .instructions = NULL };
    pthread_mutex_lock(&lock);
    if (last.filters.instructions == NULL || last.memory_bytes != options->limits.memory_bytes ||
        last.witness != (options->witness != NULL)) {
        free(last.filters.instructions);
        last.memory_bytes = options->limits.memory_bytes;
        last.witness = options->witness != NULL;
        result = make_filters(options, &last.filters, error);
    }
    size_t size = (last.filters.count[0] + last.filters.count[1]) * sizeof(struct sock_filter);
    void *copy = result == 0 ? malloc(size) : NULL;
    if (copy != NULL) {
        *filters = last.filters;
        filters->instructions = memcpy(copy, last.filters.instructions, size);
    }
    else if (result == 0) {
        result = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    pthread_mutex_unlock(&lock);
    return result;
}

const char *
gbx_sandbox_call_name(uint32_t architecture, int number, char *text, size_t size)
{
    char *name = seccomp_syscall_resolve_num_arch(architecture, number);
    bool native = architecture == seccomp_arch_native() && (number & 0x40000000) == 0;
    snprintf(text, size, "%s%s", name != NULL ? name : "an unknown call", native ? "" : " of another architecture");
    free(name);
    return text;
}
