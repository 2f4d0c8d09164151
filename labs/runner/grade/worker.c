/* One grading process; see worker.h. */

#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STATUS_USAGE = 64, STATUS_NO_EXEC = 127 };

uint64_t
gbx_worker_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* ------------------------------------------------------------------- its start */

static void
reset_signals(void)
{
    struct sigaction standard = { .sa_handler = SIG_DFL };
    sigset_t none;
    for (int number = 1; number < NSIG; number++) {
        sigaction(number, &standard, NULL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Between fork() and execv().  Nothing of ours is open in it but the lock; what fails is said where its stderr goes. */
static _Noreturn void
become(const char *program, const char *const *argv, const char *folder, int said, int lock, pid_t parent)
{
    int null = open("/dev/null", O_RDWR);
    reset_signals();
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent || null < 0 || dup2(null, STDIN_FILENO) < 0 ||
        dup2(null, STDOUT_FILENO) < 0 || dup2(said, STDERR_FILENO) < 0 || setenv("TMPDIR", folder, 1) != 0 ||
        fcntl(lock, F_SETFD, 0) != 0) {
        _exit(STATUS_NO_EXEC);
    }
    execv(program, (char *const *)(uintptr_t)argv);
    dprintf(STDERR_FILENO, "glassbox: cannot run '%s': %s\n", program, strerror(errno));
    _exit(STATUS_NO_EXEC);
}

int
gbx_worker_start(gbx_worker *worker, const char *program, const char *const *argv, const char *folder, int lock,
                 gbx_error *error)
{
    pid_t parent = getpid();
    *worker = (gbx_worker){ .pidfd = -1, .said = memfd_create("glassbox-said", MFD_CLOEXEC), .began_ns = gbx_worker_now_ns() };
    if (worker->said < 0) {
        return gbx_error_system(error, "make", "a file in memory");
    }
    fflush(NULL);                                    /* nothing of ours must be written twice */
    worker->pid = fork();
    if (worker->pid == 0) {
        become(program, argv, folder, worker->said, lock, parent);
    }
    if (worker->pid > 0) {
        setpgid(worker->pid, worker->pid);           /* both sides: whoever comes first */
        worker->pidfd = (int)syscall(SYS_pidfd_open, worker->pid, 0);
    }
    if (worker->pid < 0 || worker->pidfd < 0) {
        int status = gbx_error_system(error, "start", program);
        if (worker->pid > 0) {
            kill(worker->pid, SIGKILL);
            waitpid(worker->pid, NULL, 0);
        }
        close(worker->said);
        worker->pid = 0;
        return status;
    }
    return 0;
}

/* --------------------------------------------------------------------- its end */

void
gbx_worker_stop(gbx_worker *worker)
{
    if (worker->killed_ns == 0) {
        worker->killed_ns = gbx_worker_now_ns();
        kill(worker->pid, SIGTERM);
    }
    else if (gbx_worker_now_ns() - worker->killed_ns > GBX_WORKER_GRACE_MS * UINT64_C(1000000)) {
        kill(-worker->pid, SIGKILL);
        kill(worker->pid, SIGKILL);
    }
}

/* The last line that it said, without its own name and what a terminal would obey. */
static void
last_words(int said, char *to, size_t size)
{
    static const char name[] = "glassbox: ";
    char text[2048];
    off_t end = lseek(said, 0, SEEK_END);
    off_t from = end > (off_t)sizeof(text) - 1 ? end - (off_t)sizeof(text) + 1 : 0;
    ssize_t got = pread(said, text, sizeof(text) - 1, from);
    text[got > 0 ? got : 0] = '\0';
    for (size_t length = strlen(text); length > 0 && (text[length - 1] == '\n' || text[length - 1] == ' '); length--) {
        text[length - 1] = '\0';
    }
    const char *line = strrchr(text, '\n');
    line = line == NULL ? text : line + 1;
    line += strncmp(line, name, sizeof(name) - 1) == 0 ? sizeof(name) - 1 : 0;
    snprintf(to, size, "%s", line);
    for (char *at = to; *at != '\0'; at++) {
        *at = (unsigned char)*at < 0x20 || *at == 0x7f ? '?' : *at;
    }
}

gbx_worker_end
gbx_worker_reap(gbx_worker *worker, char *why, size_t size)
{
    int status = 0;
    kill(-worker->pid, SIGKILL);                     /* what it left in its group, while the number is still its own */
    bool reaped = waitpid(worker->pid, &status, 0) == worker->pid;
    last_words(worker->said, why, size);
    close(worker->said);
    close(worker->pidfd);
    *worker = (gbx_worker){ .pidfd = -1, .said = -1 };
    if (reaped && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return GBX_WORKER_GRADED;
    }
    if (reaped && WIFSIGNALED(status)) {
        snprintf(why, size, "the grader was killed by SIG%s", sigabbrev_np(WTERMSIG(status)));
    }
    else if (why[0] == '\0') {
        snprintf(why, size, "the grader ended with status %d and said nothing", reaped ? WEXITSTATUS(status) : -1);
    }
    return reaped && WIFEXITED(status) && WEXITSTATUS(status) == STATUS_USAGE ? GBX_WORKER_NEVER : GBX_WORKER_AGAIN;
}
