/* The driver: what a child prints, how it ends, what it cost, and the folder it ran in. */

#include "driver_test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

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
    assert_int_equal(run_with(options, "head -c 3000000 /dev/zero; printf 1234567 >&2; exit 3"), 0);
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
    assert_int_equal(run_with(options, "echo out; echo err >&2"), 0);
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
    int code = run_with(options, "cat");
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
    assert_int_equal(run_with(options, "echo begun; exec sleep 60"), 0);
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
    gbx_driver_options options = { .timeout_ms = 500 };
    assert_int_equal(run_with(options, "trap '' TERM; while :; do sleep 0.05; done"), 0);
    assert_true(result.timed_out);
    assert_int_equal(result.signal, SIGKILL);
}

static void
a_child_that_ends_well_after_its_time_did_not_succeed(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = 500 };
    assert_int_equal(run_with(options, "trap 'exit 0' TERM; while :; do sleep 0.05; done"), 0);
    assert_true(result.exited && result.status == 0 && result.timed_out);
    assert_false(gbx_driver_succeeded(&result, 0));
}

static void
a_stopped_child_ends_when_its_time_is_over(void **state)
{
    (void)state;
    gbx_driver_options options = { .timeout_ms = 500 };
    assert_int_equal(run_with(options, "kill -STOP $$"), 0);
    assert_true(result.timed_out);
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
    assert_int_equal(run_with(options, "mkdir -p a/b/c && touch a/x a/b/y .z && chmod 0 a/b"), 0);
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
    run_with(options, "touch $KEPT/file && ln -s $KEPT folder && ln -s $KEPT/file file && ln -s / root");
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
        TEST(a_run_says_what_it_cost),
        TEST(a_peak_that_may_be_ours_is_not_given_as_the_childs),
        TEST(a_temporary_folder_is_private_and_goes_with_all_that_is_in_it),
        TEST(removal_does_not_follow_links),
        TEST(a_temporary_folder_that_cannot_be_made_is_an_error),
    };
    return cmocka_run_group_tests_name("driver", tests, NULL, NULL);
}
