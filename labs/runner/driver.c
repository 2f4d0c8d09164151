/* The driver's wait: see driver.h for how a run goes.  Starting is in driver_spawn.c. */

#include "driver_internal.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NEVER UINT64_MAX

typedef enum {
    RUNNING,
    ASKED,                   /* the group was sent SIGTERM */
    KILLED,                  /* and SIGKILL */
    ENDED                    /* the leader is a zombie; others may still write */
} phase;

typedef struct {
    const gbx_driver_options *options;
    gbx_driver_result *result;
    gbx_error *error;
    gbx_child child;
    gbx_capture out;
    gbx_capture err;
    gbx_signals before;
    int signals;             /* signalfd; -1: `before` is not set */
    phase phase;
    uint64_t began_ns;
    uint64_t until_ns;       /* when the phase is over, NEVER */
} run;

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t
in_ms(uint64_t ms)
{
    return now_ns() + ms * 1000000u;
}

/* -------------------------------------------------------------------- signals */

/* Read from here on what would end us, save what we were told to ignore (nohup).  SIGCHLD must not be
   ignored, or the kernel would reap the child before we see how it ended. */
static int
watch_signals(run *this)
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
    this->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    if (this->signals < 0) {
        return gbx_error_system(this->error, "watch", "signals");
    }
    sigaction(SIGCHLD, &standard, &this->before.child);
    pthread_sigmask(SIG_BLOCK, &set, &this->before.mask);
    return 0;
}

static void
unwatch_signals(run *this)
{
    if (this->signals >= 0) {
        close(this->signals);
        pthread_sigmask(SIG_SETMASK, &this->before.mask, NULL);
        sigaction(SIGCHLD, &this->before.child, NULL);
    }
}

/* To the group, or to the one child that has our terminal.  Its number is still its own: it has not
   been reaped. */
static void
send(const run *this, int number)
{
    kill(this->options->terminal ? this->child.pid : -this->child.pid, number);
}

static void
ask_to_end(run *this)
{
    if (this->phase == RUNNING) {
        send(this, SIGTERM);
        send(this, SIGCONT);                 /* whoever is stopped hears it, too */
        this->phase = ASKED;
        this->until_ns = in_ms(GBX_DRIVER_GRACE_MS);
    }
}

/* A terminal's signal came to the child by itself; one meant for us is passed on.  False: there is none. */
static bool
hear_signal(run *this)
{
    struct signalfd_siginfo info;
    if (read(this->signals, &info, sizeof(info)) != sizeof(info)) {
        return false;
    }
    int number = (int)info.ssi_signo;
    if (this->options->terminal) {
        if (info.ssi_code != SI_KERNEL && this->phase != ENDED) {
            send(this, number);
        }
        return true;
    }
    this->result->interrupted = number;
    if (this->phase == ENDED) {
        this->until_ns = 0;                  /* no grace for what is left */
    }
    ask_to_end(this);
    return true;
}

/* ------------------------------------------------------------------- the wait */

/* The leader's end is looked at, and left for wait4(): until then nobody else gets its number. */
static void
see_end(run *this)
{
    siginfo_t info = { .si_pid = 0 };
    if (waitid(P_PID, (id_t)this->child.pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid == 0) {
        return;
    }
    this->result->wall_ns = now_ns() - this->began_ns;
    this->phase = ENDED;
    this->until_ns = this->result->interrupted ? 0 : in_ms(GBX_DRIVER_GRACE_MS);
}

/* The time of a phase is over; true when there is nothing more to wait for. */
static bool
time_is_over(run *this)
{
    switch (this->phase) {
        case RUNNING:
            this->result->timed_out = true;
            ask_to_end(this);
            return false;
        case ASKED:
            send(this, SIGKILL);
            this->phase = KILLED;
            this->until_ns = NEVER;
            return false;
        case KILLED:
            return false;
        case ENDED: default:
            this->result->left_behind = !this->result->interrupted;
            return true;
    }
}

static int
poll_ms(uint64_t until_ns)
{
    uint64_t now = now_ns();
    if (until_ns == NEVER) {
        return -1;
    }
    uint64_t ms = until_ns <= now ? 0 : (until_ns - now + 999999u) / 1000000u;
    return ms > 1000000 ? 1000000 : (int)ms;
}

static bool
is_over(const run *this)
{
    return this->phase == ENDED && this->out.fd < 0 && this->err.fd < 0;
}

static int
wait_for_it(run *this)
{
    int result = 0;
    bool over = false;
    while (result == 0 && !over && !is_over(this)) {
        struct pollfd on[] = {
            { .fd = this->out.fd, .events = POLLIN }, { .fd = this->err.fd, .events = POLLIN },
            { .fd = this->phase == ENDED ? -1 : this->child.pidfd, .events = POLLIN },
            { .fd = this->signals, .events = POLLIN },
        };
        if (poll(on, 4, poll_ms(this->until_ns)) < 0 && errno != EINTR) {
            return gbx_error_system(this->error, "wait for", this->options->argv[0]);
        }
        if (on[0].revents) {
            result = gbx_capture_read(&this->out, this->error);
        }
        if (on[1].revents && result == 0) {
            result = gbx_capture_read(&this->err, this->error);
        }
        if (on[2].revents) {
            see_end(this);
        }
        if (on[3].revents) {
            hear_signal(this);
        }
        if (now_ns() >= this->until_ns) {
            over = time_is_over(this);
        }
    }
    return result;
}

/* -------------------------------------------------------------------- the end */

static uint64_t
nanoseconds(struct timeval time)
{
    return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_usec * 1000u;
}

/* The kernel's figure begins with what the child was before it became the program: a copy of ourselves.
   Its counters are exact only within some pages a processor, hence well above that or not at all. */
static uint64_t
peak_of(const struct rusage *usage, uint64_t floor_bytes)
{
    uint64_t peak = (uint64_t)usage->ru_maxrss * 1024;
    return peak > floor_bytes + floor_bytes / 4 ? peak : 0;
}

/* Kill what is left of the group, then reap the leader and read its account. */
static int
reap(run *this)
{
    gbx_driver_result *result = this->result;
    struct rusage usage;
    int status;
    if (!this->options->terminal || this->phase != ENDED) {
        send(this, SIGKILL);
    }
    while (wait4(this->child.pid, &status, 0, &usage) < 0) {
        if (errno != EINTR) {
            return gbx_error_system(this->error, "wait for", this->options->argv[0]);
        }
    }
    result->exited = WIFEXITED(status);
    result->status = result->exited ? WEXITSTATUS(status) : 0;
    result->signal = result->exited ? 0 : WTERMSIG(status);
    result->user_ns = nanoseconds(usage.ru_utime);
    result->system_ns = nanoseconds(usage.ru_stime);
    result->peak_bytes = peak_of(&usage, this->child.floor_bytes);
    return 0;
}

static int
hand_over(run *this)
{
    gbx_driver_result *result = this->result;
    int code = gbx_capture_take(&this->out, &result->out, &result->out_size, &result->out_truncated,
                                this->error);
    if (code == 0) {
        code = gbx_capture_take(&this->err, &result->err, &result->err_size, &result->err_truncated,
                                this->error);
    }
    if (code == 0 && result->interrupted && !this->options->terminal) {
        code = gbx_error_set(this->error, GBX_ERROR_CHILD, "interrupted by SIG%s",
                             sigabbrev_np(result->interrupted));
    }
    return code;
}

static int
start(run *this)
{
    int code = watch_signals(this);
    this->began_ns = now_ns();
    if (code == 0) {
        code = gbx_spawn(this->options, &this->before, &this->out, &this->err, &this->child, this->error);
    }
    this->until_ns = this->options->timeout_ms == 0 ? NEVER : in_ms(this->options->timeout_ms);
    return code;
}

int
gbx_driver_run(const gbx_driver_options *options, gbx_driver_result *result, gbx_error *error)
{
    run this = {
        .options = options, .result = result, .error = error, .signals = -1,
        .child = { .pid = -1, .pidfd = -1 },
        .out = { .fd = -1, .limit = options->out_limit ? options->out_limit : GBX_DRIVER_CAPTURE_LIMIT },
        .err = { .fd = -1, .limit = options->err_limit ? options->err_limit : GBX_DRIVER_CAPTURE_LIMIT },
    };
    *result = (gbx_driver_result){ .exited = false };
    int code = start(&this);
    if (code == 0) {
        code = wait_for_it(&this);
        int reaped = reap(&this);
        code = code != 0 ? code : reaped;
        close(this.child.pidfd);
        while (hear_signal(&this)) {
            /* what came too late for the child must not end us once it is let through */
        }
    }
    if (code == 0) {
        code = hand_over(&this);
    }
    gbx_capture_clear(&this.out);
    gbx_capture_clear(&this.err);
    unwatch_signals(&this);
    return code;
}

/* ------------------------------------------------------------------- results */

void
gbx_driver_result_clear(gbx_driver_result *result)
{
    free(result->out);
    free(result->err);
    *result = (gbx_driver_result){ .exited = false };
}

bool
gbx_driver_succeeded(const gbx_driver_result *result, int status)
{
    return result->exited && !result->timed_out && result->status == status;
}

const char *
gbx_driver_explain(const gbx_driver_result *result, char *text, size_t size)
{
    const char *name = result->signal == 0 ? NULL : sigabbrev_np(result->signal);
    if (result->timed_out) {
        snprintf(text, size, "did not end within %.3g s", (double)result->wall_ns / 1e9);
    }
    else if (result->exited) {
        snprintf(text, size, "exited with status %d", result->status);
    }
    else if (name != NULL) {
        snprintf(text, size, "killed by SIG%s", name);
    }
    else {
        snprintf(text, size, "killed by signal %d", result->signal);
    }
    return text;
}
