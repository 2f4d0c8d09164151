/* The driver: children that behave and children that do not.

   After each test nothing may be left of its runs: no descriptor, no child, no changed signal mask.  The
   children are /bin/sh and what every system has beside it; no test may depend on an interpreter. */

#include "driver.h"

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

enum { LONG_MS = 20000 };    /* no test waits so long: the machine may be slow, but not that slow */

/* ------------------------------------------------------------------- helps */

static gbx_driver_result result;
static gbx_error error;

static int
run_options(gbx_driver_options options, const char *script)
{
    const char *const argv[] = { "/bin/sh", "-c", script, NULL };
    options.argv = argv;
    gbx_driver_result_clear(&result);
    error = (gbx_error){ 0, "" };
    return gbx_driver_run(&options, &result, &error);
}

static void
run(const char *script)
{
    assert_int_equal(run_options((gbx_driver_options){ .timeout_ms = LONG_MS }, script), 0);
}

static uint64_t
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void
sleep_ms(long ms)
{
    nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* Does a process still run?  A zombie that its new parent has not reaped does not. */
static bool
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

static bool
ends_soon(pid_t pid)
{
    for (int i = 0; i < 200 && runs(pid); i++) {
        sleep_ms(10);
    }
    return !runs(pid);
}

static pid_t
pid_in(const char *text)
{
    long pid = strtol(text, NULL, 10);
    assert_true(pid > 1);
    return (pid_t)pid;
}

/* A process that sends us a signal after a while; to be waited for. */
static pid_t
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

static int
before(void **state)
{
    static int descriptors;
    descriptors = count_descriptors();
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    *state = &descriptors;
    return 0;
}

static int
after(void **state)
{
    sigset_t mask;
    gbx_driver_result_clear(&result);
    assert_int_equal(count_descriptors(), *(int *)*state);
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    sigprocmask(SIG_BLOCK, NULL, &mask);
    assert_true(sigisemptyset(&mask));
    return 0;
}

/* ------------------------------------------------------------------ output */

static void
what_a_child_prints_is_captured_stream_by_stream(void **state)
{
    (void)state;
    run("echo one; echo two >&2; echo three");
    assert_string_equal(result.out, "one\nthree\n");
    assert_string_equal(result.err, "two\n");
    assert_int_equal(result.out_size, 10);
    assert_false(result.out_truncated || result.err_truncated || result.left_behind);
}

static void
a_silent_child_has_empty_output_not_none(void **state)
{
    (void)state;
    run(":");
    assert_string_equal(result.out, "");
    assert_string_equal(result.err, "");
}

static void
output_may_hold_zero_bytes(void **state)
{
    (void)state;
    run("printf 'a\\000b'");
    assert_int_equal(result.out_size, 3);
    assert_memory_equal(result.out, "a\0b", 4);
}

static void
output_beyond_the_limit_is_dropped_without_blocking_the_child(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = LONG_MS, .out_limit = 1000, .err_limit = 7 };
    assert_int_equal(run_options(options, "head -c 3000000 /dev/zero; printf 1234567 >&2; exit 3"), 0);
    assert_true(gbx_driver_succeeded(&result, 3));
    assert_int_equal(result.out_size, 1000);
    assert_true(result.out_truncated);
    assert_string_equal(result.err, "1234567");
    assert_false(result.err_truncated);
}

static void
megabytes_come_through_whole(void **state)
{
    (void)state;
    run("head -c 5000000 /dev/zero; head -c 3000000 /dev/zero >&2");
    assert_int_equal(result.out_size, 5000000);
    assert_int_equal(result.err_size, 3000000);
}

static void
a_discarded_stream_is_not_captured(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = LONG_MS, .out = GBX_DRIVER_DISCARD };
    assert_int_equal(run_options(options, "echo out; echo err >&2"), 0);
    assert_string_equal(result.out, "");
    assert_string_equal(result.err, "err\n");
}

static void
input_is_empty_unless_asked_for(void **state)
{
    (void)state;
    run("cat; readlink /proc/self/fd/0");
    assert_string_equal(result.out, "/dev/null\n");
}

static void
input_is_ours_when_asked_for(void **state)
{
    (void)state;
    int ends[2], kept = fcntl(0, F_DUPFD_CLOEXEC, 10);
    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    assert_int_equal(write(ends[1], "hello", 5), 5);
    close(ends[1]);
    dup2(ends[0], 0);
    close(ends[0]);
    gbx_driver_options options = { .timeout_ms = LONG_MS, .inherit_stdin = true };
    int code = run_options(options, "cat");
    dup2(kept, 0);
    close(kept);
    assert_int_equal(code, 0);
    assert_string_equal(result.out, "hello");
}

/* ----------------------------------------------------------------- endings */

static void
explains(const char *wanted)
{
    char text[80];
    assert_string_equal(gbx_driver_explain(&result, text, sizeof(text)), wanted);
}

static void
the_exit_status_is_the_childs(void **state)
{
    (void)state;
    run("exit 42");
    assert_true(result.exited);
    assert_int_equal(result.status, 42);
    assert_true(gbx_driver_succeeded(&result, 42));
    assert_false(gbx_driver_succeeded(&result, 0));
    explains("exited with status 42");
}

static void
a_killing_signal_is_told_from_a_status(void **state)
{
    (void)state;
    run("kill -SEGV $$");
    assert_false(result.exited);
    assert_int_equal(result.signal, SIGSEGV);
    assert_false(gbx_driver_succeeded(&result, 0));
    explains("killed by SIGSEGV");
}

static void
cannot_run(const char *program, const char *directory, const char *message)
{
    const char *const argv[] = { program, NULL };
    gbx_driver_options options = { .argv = argv, .directory = directory };
    assert_int_equal(gbx_driver_run(&options, &result, &error), GBX_ERROR_MISSING);
    assert_string_equal(error.message, message);
}

static void
a_program_that_cannot_be_run_is_an_error_not_a_status(void **state)
{
    (void)state;
    cannot_run("/no/such", NULL, "cannot run '/no/such': No such file or directory");
    cannot_run("no-such-program-here", NULL, "cannot run 'no-such-program-here': No such file or directory");
    cannot_run("/etc/passwd", NULL, "cannot run '/etc/passwd': Permission denied");
    cannot_run("/", NULL, "cannot run '/': Permission denied");
    cannot_run("true", "/no/such", "cannot change to '/no/such': No such file or directory");
}

static void
a_program_without_a_slash_is_found_in_path(void **state)
{
    (void)state;
    const char *const argv[] = { "echo", "a b", "", NULL };
    gbx_driver_options options = { .argv = argv, .directory = "/" };
    assert_int_equal(gbx_driver_run(&options, &result, &error), 0);
    assert_string_equal(result.out, "a b \n");
}

static void
a_child_is_ended_when_its_time_is_over(void **state)
{
    (void)state;
    uint64_t began = now_ms();
    gbx_driver_options options = { .timeout_ms = 200 };
    assert_int_equal(run_options(options, "echo begun; exec sleep 60"), 0);
    assert_true(result.timed_out);
    assert_int_equal(result.signal, SIGTERM);
    assert_string_equal(result.out, "begun\n");
    assert_in_range(now_ms() - began, 200, LONG_MS);
    assert_false(gbx_driver_succeeded(&result, 0));
    assert_in_range(result.wall_ns, 200 * 1000000, (uint64_t)LONG_MS * 1000000);
}

static void
a_child_that_will_not_end_is_killed(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = 300 };
    assert_int_equal(run_options(options, "trap '' TERM; while :; do sleep 0.05; done"), 0);
    assert_true(result.timed_out);
    assert_int_equal(result.signal, SIGKILL);
}

static void
a_child_that_ends_well_after_its_time_did_not_succeed(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = 300 };
    assert_int_equal(run_options(options, "trap 'exit 0' TERM; while :; do sleep 0.05; done"), 0);
    assert_true(result.exited && result.status == 0 && result.timed_out);
    assert_false(gbx_driver_succeeded(&result, 0));
}

static void
a_stopped_child_ends_when_its_time_is_over(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = 300 };
    assert_int_equal(run_options(options, "kill -STOP $$"), 0);
    assert_true(result.timed_out);
}

/* -------------------------------------------------------------- descendants */

static void
the_end_of_time_is_the_end_of_the_whole_group(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = 300 };
    assert_int_equal(run_options(options, "trap '' TERM; sleep 60 & echo $!; wait; wait"), 0);
    assert_true(result.timed_out);
    assert_true(ends_soon(pid_in(result.out)));
}

static void
what_a_leader_leaves_behind_does_not_keep_us(void **state)
{
    (void)state;
    uint64_t began = now_ms();
    run("sleep 60 & echo $!");
    assert_true(result.left_behind);
    assert_true(gbx_driver_succeeded(&result, 0));
    assert_in_range(now_ms() - began, GBX_DRIVER_GRACE_MS, LONG_MS);
    assert_in_range(result.wall_ns / 1000000, 0, GBX_DRIVER_GRACE_MS - 1);
    assert_true(ends_soon(pid_in(result.out)));
}

static void
what_a_leader_leaves_behind_may_finish_its_sentence(void **state)
{
    (void)state;
    run("(sleep 0.1; echo late) & echo early");
    assert_string_equal(result.out, "early\nlate\n");
    assert_false(result.left_behind);
}

static void
a_silent_descendant_is_killed_with_its_leader(void **state)
{
    (void)state;
    run("sleep 60 >/dev/null 2>&1 & echo $!");
    assert_false(result.left_behind);
    assert_true(ends_soon(pid_in(result.out)));
}

static void
a_daemon_with_a_session_of_its_own_does_not_keep_us(void **state)
{
    (void)state;
    uint64_t began = now_ms();
    run("setsid sh -c 'echo $$; exec sleep 30' & sleep 0.2");
    assert_true(result.left_behind);
    assert_in_range(now_ms() - began, GBX_DRIVER_GRACE_MS, LONG_MS);
    assert_int_equal(kill(pid_in(result.out), SIGKILL), 0);          /* it outlived the run */
}

static void
a_daemon_that_never_stops_talking_does_not_keep_us(void **state)
{
    (void)state;
    run("setsid sh -c 'echo $$; exec yes' & sleep 0.2");
    assert_true(result.left_behind);
    assert_true(ends_soon(pid_in(result.out)));                      /* SIGPIPE, once we are gone */
}

/* ----------------------------------------------------- what a child begins with */

static void
a_child_has_no_descriptor_of_ours(void **state)
{
    (void)state;
    int leaking = open("/dev/null", O_RDONLY);                       /* without close-on-exec */
    run("ls /proc/self/fd");
    close(leaking);
    assert_string_equal(result.out, "0\n1\n2\n3\n");                 /* 3: the folder that ls reads */
}

static void
a_child_leads_a_session_of_its_own(void **state)
{
    (void)state;
    run("echo $$ $$; cut -d' ' -f5,6 /proc/self/stat");              /* group, session */
    size_t half = result.out_size / 2;
    assert_memory_equal(result.out, result.out + half, half);
}

static void
a_child_blocks_and_ignores_no_signal_whatever_we_do(void **state)
{
    (void)state;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    run("grep -E '^Sig(Blk|Ign):' /proc/self/status");
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGPIPE, SIG_DFL);
    assert_string_equal(result.out, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

static void
a_child_runs_where_it_is_told(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = LONG_MS, .directory = "/proc" };
    assert_int_equal(run_options(options, "/bin/pwd"), 0);
    assert_string_equal(result.out, "/proc\n");
}

static void
the_environment_is_ours_with_what_was_set_and_taken_away(void **state)
{
    (void)state;
    const char *const changes[] = { "A=1", "B=x=y", "A=2", "GONE", "AA=", NULL };
    gbx_driver_options options = { .timeout_ms = LONG_MS, .environment = changes };
    setenv("GONE", "here", 1);
    setenv("STAYS", "here", 1);
    assert_int_equal(run_options(options, "env | grep -E '^(A|AA|B|GONE|STAYS)=' | sort"), 0);
    assert_string_equal(result.out, "A=2\nAA=\nB=x=y\nSTAYS=here\n");
    unsetenv("GONE");
    unsetenv("STAYS");
}

static void
a_clean_environment_has_only_the_hash_seed_of_pythons_variables(void **state)
{
    (void)state;
    static const char *const set[] = { "PYTHONPATH", "PYTHONGLASSBOX", "PYTHONHASHSEED", "PYTHON", NULL };
    const char *const changes[] = { "PYTHONUTF8=1", NULL };
    gbx_driver_options options = { .timeout_ms = LONG_MS, .environment = changes };
    for (int i = 0; set[i] != NULL; i++) {
        setenv(set[i], "1", 1);
    }
    assert_int_equal(run_options(options, "env | grep -cE ^PYTHON'(PATH|GLASSBOX|HASHSEED|UTF8)?='"), 0);
    assert_string_equal(result.out, "5\n");
    options.clean_environment = true;
    assert_int_equal(run_options(options, "env | grep ^PYTHON | sort"), 0);
    assert_string_equal(result.out, "PYTHON=1\nPYTHONHASHSEED=1\nPYTHONUTF8=1\n");
    for (int i = 0; set[i] != NULL; i++) {
        unsetenv(set[i]);
    }
}

static void
runs_work_where_our_own_streams_are_closed(void **state)
{
    (void)state;
    int status;
    pid_t pid = fork();
    if (pid == 0) {
        close(0);
        close(1);
        close(2);
        gbx_driver_options options = { .timeout_ms = LONG_MS };
        bool done = run_options(options, "echo out; echo err >&2; cat") == 0 &&
            strcmp(result.out, "out\n") == 0 && strcmp(result.err, "err\n") == 0;
        gbx_driver_result_clear(&result);
        _exit(done ? 0 : 1);
    }
    waitpid(pid, &status, 0);
    assert_int_equal(status, 0);
}

/* ------------------------------------------------------------------ signals */

static void
a_signal_to_us_ends_the_child_and_the_run(void **state)
{
    (void)state;
    signal(SIGINT, SIG_DFL);                     /* a background job begins with it ignored */
    pid_t sender = send_later(SIGINT, 300);
    int code = run_options((gbx_driver_options){ .argv = NULL }, "sleep 60 & echo $!; wait");
    waitpid(sender, NULL, 0);
    assert_int_equal(code, GBX_ERROR_CHILD);
    assert_string_equal(error.message, "interrupted by SIGINT");
    assert_int_equal(result.interrupted, SIGINT);
}

static void
a_signal_that_we_ignore_ends_nothing(void **state)
{
    (void)state;
    signal(SIGHUP, SIG_IGN);
    pid_t sender = send_later(SIGHUP, 100);
    run("sleep 0.3; echo done");
    waitpid(sender, NULL, 0);
    signal(SIGHUP, SIG_DFL);
    assert_string_equal(result.out, "done\n");
}

static void
the_status_is_seen_where_ended_children_are_ignored(void **state)
{
    (void)state;
    struct sigaction action;
    signal(SIGCHLD, SIG_IGN);
    run("exit 5");
    assert_true(gbx_driver_succeeded(&result, 5));
    sigaction(SIGCHLD, NULL, &action);
    assert_ptr_equal(action.sa_handler, SIG_IGN);
    signal(SIGCHLD, SIG_DFL);
}

static void
a_child_with_our_terminal_is_handed_the_signals_meant_for_us(void **state)
{
    (void)state;
    pid_t sender = send_later(SIGTERM, 400);
    gbx_driver_options options = { .terminal = true };
    int code = run_options(options, "trap 'exit 7' TERM; while :; do sleep 0.05; done");
    waitpid(sender, NULL, 0);
    assert_int_equal(code, 0);
    assert_true(gbx_driver_succeeded(&result, 7));
    assert_string_equal(result.out, "");
}

static void
a_child_does_not_outlive_us(void **state)
{
    (void)state;
    int ends[2];
    char text[32] = "";
    assert_int_equal(pipe2(ends, 0), 0);
    pid_t pid = fork();
    if (pid == 0) {
        dup2(ends[1], 1);
        gbx_driver_options options = { .out = GBX_DRIVER_INHERIT };
        run_options(options, "echo $$; exec sleep 60");
        _exit(1);
    }
    close(ends[1]);
    assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
    close(ends[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(ends_soon(pid_in(text)));
}

/* ------------------------------------------------------------------ account */

static void
a_run_says_what_it_cost(void **state)
{
    (void)state;
    run("sleep 0.1; i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done;"
        "head -c 80000000 /dev/zero | tail -c 80000000 >/dev/null");           /* tail keeps them all */
    assert_true(result.wall_ns >= 100 * 1000000u);
    assert_true(result.user_ns > 0);
    assert_in_range(result.peak_bytes, 80000000, 200000000);
}

static void
a_peak_that_may_be_ours_is_not_given_as_the_childs(void **state)
{
    (void)state;
    const size_t size = 64 << 20;
    char *ours = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    assert_ptr_not_equal(ours, MAP_FAILED);
    memset(ours, 1, size);
    run(":");
    munmap(ours, size);
    assert_int_equal(result.peak_bytes, 0);
}

/* ------------------------------------------------------------------ folders */

static void
a_temporary_folder_is_private_and_goes_with_all_that_is_in_it(void **state)
{
    (void)state;
    char *path = NULL;
    struct stat about;
    assert_int_equal(gbx_driver_temporary(&path, &error), 0);
    assert_int_equal(stat(path, &about), 0);
    assert_int_equal(about.st_mode & 07777, 0700);
    gbx_driver_options options = { .timeout_ms = LONG_MS, .directory = path };
    assert_int_equal(run_options(options, "mkdir -p a/b/c && touch a/x a/b/y .z && chmod 0 a/b"), 0);
    assert_true(gbx_driver_succeeded(&result, 0));
    char *copy = strdup(path);
    assert_int_equal(gbx_driver_temporary_remove(&path, &error), 0);
    assert_null(path);
    assert_int_equal(access(copy, F_OK), -1);
    free(copy);
    assert_int_equal(gbx_driver_temporary_remove(&path, &error), 0);
}

static void
removal_does_not_follow_links(void **state)
{
    (void)state;
    char *kept = NULL, *path = NULL, file[256];
    assert_int_equal(gbx_driver_temporary(&kept, &error), 0);
    assert_int_equal(gbx_driver_temporary(&path, &error), 0);
    setenv("KEPT", kept, 1);
    gbx_driver_options options = { .timeout_ms = LONG_MS, .directory = path };
    run_options(options, "touch $KEPT/file && ln -s $KEPT folder && ln -s $KEPT/file file && ln -s / root");
    unsetenv("KEPT");
    assert_true(gbx_driver_succeeded(&result, 0));
    assert_int_equal(gbx_driver_temporary_remove(&path, &error), 0);
    snprintf(file, sizeof(file), "%s/file", kept);
    assert_int_equal(access(file, F_OK), 0);
    assert_int_equal(gbx_driver_temporary_remove(&kept, &error), 0);
}

static void
a_temporary_folder_that_cannot_be_made_is_an_error(void **state)
{
    (void)state;
    char *path = NULL, *kept = getenv("TMPDIR") ? strdup(getenv("TMPDIR")) : NULL;
    setenv("TMPDIR", "/no/such", 1);
    int code = gbx_driver_temporary(&path, &error);
    kept != NULL ? setenv("TMPDIR", kept, 1) : unsetenv("TMPDIR");
    free(kept);
    assert_int_equal(code, GBX_ERROR_SYSTEM);
    assert_null(path);
    assert_string_equal(error.message, "cannot make a folder in '/no/such': No such file or directory");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, before, after)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_a_child_prints_is_captured_stream_by_stream),
        TEST(a_silent_child_has_empty_output_not_none),
        TEST(output_may_hold_zero_bytes),
        TEST(output_beyond_the_limit_is_dropped_without_blocking_the_child),
        TEST(megabytes_come_through_whole),
        TEST(a_discarded_stream_is_not_captured),
        TEST(input_is_empty_unless_asked_for),
        TEST(input_is_ours_when_asked_for),
        TEST(the_exit_status_is_the_childs),
        TEST(a_killing_signal_is_told_from_a_status),
        TEST(a_program_that_cannot_be_run_is_an_error_not_a_status),
        TEST(a_program_without_a_slash_is_found_in_path),
        TEST(a_child_is_ended_when_its_time_is_over),
        TEST(a_child_that_will_not_end_is_killed),
        TEST(a_child_that_ends_well_after_its_time_did_not_succeed),
        TEST(a_stopped_child_ends_when_its_time_is_over),
        TEST(the_end_of_time_is_the_end_of_the_whole_group),
        TEST(what_a_leader_leaves_behind_does_not_keep_us),
        TEST(what_a_leader_leaves_behind_may_finish_its_sentence),
        TEST(a_silent_descendant_is_killed_with_its_leader),
        TEST(a_daemon_with_a_session_of_its_own_does_not_keep_us),
        TEST(a_daemon_that_never_stops_talking_does_not_keep_us),
        TEST(a_child_has_no_descriptor_of_ours),
        TEST(a_child_leads_a_session_of_its_own),
        TEST(a_child_blocks_and_ignores_no_signal_whatever_we_do),
        TEST(a_child_runs_where_it_is_told),
        TEST(the_environment_is_ours_with_what_was_set_and_taken_away),
        TEST(a_clean_environment_has_only_the_hash_seed_of_pythons_variables),
        TEST(runs_work_where_our_own_streams_are_closed),
        TEST(a_signal_to_us_ends_the_child_and_the_run),
        TEST(a_signal_that_we_ignore_ends_nothing),
        TEST(the_status_is_seen_where_ended_children_are_ignored),
        TEST(a_child_with_our_terminal_is_handed_the_signals_meant_for_us),
        TEST(a_child_does_not_outlive_us),
        TEST(a_run_says_what_it_cost),
        TEST(a_peak_that_may_be_ours_is_not_given_as_the_childs),
        TEST(a_temporary_folder_is_private_and_goes_with_all_that_is_in_it),
        TEST(removal_does_not_follow_links),
        TEST(a_temporary_folder_that_cannot_be_made_is_an_error),
    };
    return cmocka_run_group_tests_name("driver", tests, NULL, NULL);
}
