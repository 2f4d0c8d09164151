/* The driver: what a child begins with, what it leaves behind, and signals, to it and to us. */

#include "driver_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* -------------------------------------------------------------- descendants */

static void
the_end_of_time_is_the_end_of_the_whole_group(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = 500 };
    assert_int_equal(run_with(options, "trap '' TERM; sleep 60 & echo $!; wait; wait"), 0);
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
    uint64_t took_ms = now_ms() - began;
    assert_in_range(took_ms, GBX_DRIVER_GRACE_MS, LONG_MS);
    assert_true(took_ms + 1 - result.wall_ns / 1000000 >= GBX_DRIVER_GRACE_MS);      /* it had ended before */
    assert_true(ends_soon(pid_in(result.out)));
}

static void
what_a_leader_leaves_behind_may_finish_its_sentence(void **state)
{
    (void)state;
    run("(sleep 0.05; echo late) & echo early");
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

/* The two signals that the C library keeps to itself cannot be given back by anybody: whatever make
   starts ignores them. */
#define LIBRARY_SIGNALS (UINT64_C(1) << 31 | UINT64_C(1) << 32)

static void
a_child_blocks_and_ignores_no_signal_whatever_we_do(void **state)
{
    (void)state;
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    signal(SIGPIPE, SIG_IGN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    run("sed -n 's/^Sig[BI][lg][kn]:[^0-9a-f]*//p' /proc/self/status");
    sigprocmask(SIG_UNBLOCK, &set, NULL);
    signal(SIGPIPE, SIG_DFL);
    char *ignored;
    assert_int_equal(strtoull(result.out, &ignored, 16), 0);
    assert_int_equal(strtoull(ignored, NULL, 16) & ~LIBRARY_SIGNALS, 0);
    assert_int_equal(result.out_size, 2 * 17);
}

static void
a_child_runs_where_it_is_told(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = LONG_MS, .directory = "/proc" };
    assert_int_equal(run_with(options, "/bin/pwd"), 0);
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
    assert_int_equal(run_with(options, "env | grep -E '^(A|AA|B|GONE|STAYS)=' | sort"), 0);
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
    assert_int_equal(run_with(options, "env | grep -cE ^PYTHON'(PATH|GLASSBOX|HASHSEED|UTF8)?='"), 0);
    assert_string_equal(result.out, "5\n");
    options.clean_environment = true;
    assert_int_equal(run_with(options, "env | grep ^PYTHON | sort"), 0);
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
        bool done = run_with(options, "echo out; echo err >&2; cat") == 0 &&
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
    int code = run_with((gbx_driver_options){ .argv = NULL }, "sleep 60 & echo $!; wait");
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
    int code = run_with(options, "trap 'exit 7' TERM; while :; do sleep 0.05; done");
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
        run_with(options, "echo $$; exec sleep 60");
        _exit(1);
    }
    close(ends[1]);
    assert_true(read(ends[0], text, sizeof(text) - 1) > 0);
    close(ends[0]);
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
    assert_true(ends_soon(pid_in(text)));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
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
    };
    return cmocka_run_group_tests_name("driver, family", tests, NULL, NULL);
}
