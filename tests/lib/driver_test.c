/* Running small shell scripts as children; see driver_test.h. */

#include "driver_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

gbx_driver_result result;
gbx_error error;

int
run_with(gbx_driver_options options, const char *script)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    options.argv = argv;
    gbx_driver_result_clear(&result);
    error = (gbx_error){ 0, "" };
    return gbx_driver_run(&options, &result, &error);
}

void
run(const char *script)
{
    assert_int_equal(run_with((gbx_driver_options){ .timeout_ms = LONG_MS }, script), 0);
}

uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void
sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* Does a process still run?  A zombie that its new parent has not reaped does not. */
bool
runs(pid_t pid)
{
    char path[64], line[256] = "";
    snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
    FILE *file = fopen(path, "re");
    bool there = file != NULL && fgets(line, sizeof(line), file) != NULL;
    if (file != NULL) {
        fclose(file);
    }
    const char *state = strrchr(line, ')');
    return there && state != NULL && state[2] != 'Z' && state[2] != 'X';
}

bool
ends_soon(pid_t pid)
{
    for (int i = 0; i < 200 && runs(pid); i++) {
        sleep_ms(10);
    }
    return !runs(pid);
}

pid_t
pid_in(const char *text)
{
    long pid = strtol(text, NULL, 10);
    assert_true(pid > 1);
    return (pid_t)pid;
}

/* A process that sends us a signal after a while; to be waited for. */
pid_t
send_later(int number, int ms)
{
    pid_t us = getpid(), pid = fork();
    if (pid == 0) {
        sleep_ms(ms);
        kill(us, number);
        _exit(0);
    }
    return pid;
}

static int
count_descriptors(void)
{
    int count = 0;
    for (int fd = 0; fd < 256; fd++) {
        count += fcntl(fd, F_GETFD) >= 0;
    }
    return count;
}

int
driver_before(void **state)
{
    static int descriptors;
    descriptors = count_descriptors();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    *state = &descriptors;
    return 0;
}

int
driver_after(void **state)
{
    sigset_t mask;
    gbx_driver_result_clear(&result);
    assert_int_equal(count_descriptors(), *(int *)*state);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    assert_true(sigisemptyset(&mask));
    return 0;
}
