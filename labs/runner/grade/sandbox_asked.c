/* Calls that ask for leave: each makes its thread wait in the kernel until it is answered here.

   Only numbers among the arguments are looked at, which nobody can change meanwhile.  What ends the run gets no
   answer: the thread stands in that call until it is killed. */

#include "sandbox_internal.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>

#define NAMESPACES (0x00020000u | 0x02000000u | 0x04000000u | 0x08000000u | 0x10000000u | 0x20000000u | 0x40000000u)

enum { GO_ON = 0 };

/* A process more: 0, or the errno for it. */
static int
answer_clone(gbx_run *run, const struct seccomp_notif *asked)
{
    uint32_t most = run->options->limits.processes;
    if (asked->data.nr == SYS_clone && (asked->data.args[0] & NAMESPACES) != 0) {
        gbx_sandbox_violation(run, "forbidden-call", "asked for a new namespace (clone)");
        return EPERM;
    }
    if (most != 0 && gbx_sandbox_tasks(run) >= most) {
        gbx_sandbox_limit(run, GBX_LIMIT_PROCS, "processes and threads: asked for one more than %u", most);
        return EAGAIN;
    }
    return GO_ON;
}

/* The first is our own: the program itself. */
static int
answer_exec(gbx_run *run)
{
    run->programs++;
    return run->programs == 1 || run->options->may_exec ? GO_ON : EACCES;
}

static int
answer_kill(gbx_run *run, const struct seccomp_notif *asked)
{
    bool of_thread_group = asked->data.nr == SYS_kill || asked->data.nr == SYS_tkill || asked->data.nr == SYS_rt_sigqueueinfo ||
        asked->data.nr == SYS_tgkill || asked->data.nr == SYS_rt_tgsigqueueinfo;
    if (of_thread_group && (int)asked->data.args[0] == 1) {
        gbx_sandbox_violation(run, "forbidden-call", "asked to end the process that it runs under");
        return EPERM;
    }
    return GO_ON;
}

static int
answer_memory(gbx_run *run, uint64_t bytes)
{
    run->refused_bytes = bytes > run->refused_bytes ? bytes : run->refused_bytes;
    return ENOMEM;
}

static int
name_call(gbx_run *run, const struct seccomp_notif *asked)
{
    char name[64];
    const char *with = "";
    if (asked->data.arch == seccomp_arch_native()) {
        with = asked->data.nr == SYS_ioctl ? " (TIOCSTI: typing into a terminal)" : asked->data.nr == SYS_prctl ? " (seccomp)" : "";
    }
    gbx_sandbox_violation(run, "forbidden-call", "asked for %s%s",
                          gbx_sandbox_call_name(asked->data.arch, asked->data.nr, name, sizeof(name)), with);
    return EPERM;
}

static int
answer_one(gbx_run *run, const struct seccomp_notif *asked)
{
    if (asked->data.arch != seccomp_arch_native()) {
        return name_call(run, asked);
    }
    switch (asked->data.nr) {
        case SYS_clone:
#ifdef SYS_fork
        case SYS_fork: case SYS_vfork:
#endif
            return answer_clone(run, asked);
        case SYS_execve: case SYS_execveat:
            return answer_exec(run);
        case SYS_kill: case SYS_tkill: case SYS_tgkill: case SYS_rt_sigqueueinfo: case SYS_rt_tgsigqueueinfo:
        case SYS_pidfd_send_signal:
            return answer_kill(run, asked);
        case SYS_mmap:
            return answer_memory(run, asked->data.args[1]);
        case SYS_mremap:
            return answer_memory(run, asked->data.args[2]);
        default:
            return name_call(run, asked);
    }
}

void
gbx_sandbox_answer(gbx_run *run)
{
    struct seccomp_notif asked;
    struct seccomp_notif_resp answer;
    memset(&asked, 0, sizeof(asked));                /* the kernel insists */
    if (ioctl(run->listener, SECCOMP_IOCTL_NOTIF_RECV, &asked) != 0) {
        return;                                      /* whoever asked is gone already */
    }
    int result = run->stopped ? EPERM : answer_one(run, &asked);
    if (run->stopped) {
        return;                                      /* whoever asks now waits for its end, and does nothing more */
    }
    memset(&answer, 0, sizeof(answer));
    answer.id = asked.id;
    answer.error = -result;
    answer.flags = result == GO_ON ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0;
    ioctl(run->listener, SECCOMP_IOCTL_NOTIF_SEND, &answer);
}
