/* Batch: a list is graded once, whatever is killed when.

   What a batch has to get right is not what a grade is, but that each is made, believed and counted once; so this program is
   its own grader (batch_test.h). */

#include "batch_test.h"

#include "journal.h"
#include "list.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* ------------------------------------------------------------------------- tests */

static void
a_list_becomes_a_sorted_table(void **state)
{
    (void)state;
    batch_hand_in("cy", "fail 0");
    batch_hand_in("ann", "pass");
    batch_hand_in("bob", "partial 2.5");
    assert_int_equal(batch_run(), 0);
    batch_assert_table("ann,sites,pass,10,10,,sha256:r\nbob,sites,partial,2.5,10,,sha256:r\ncy,sites,fail,0,10,,sha256:r\n");
    assert_int_equal(batch_result.state.done, 3);
    assert_string_equal(batch_result.counts[0].verdict, "pass");
    assert_int_equal(access(batch_at("out/.work"), F_OK), -1);
}

static void
a_second_run_grades_nothing_and_gives_the_same_table(void **state)
{
    (void)state;
    batch_hand_in("ann", "pass");
    batch_hand_in("bob", "fail 0");
    assert_int_equal(batch_run(), 0);
    char *first = batch_get_file(batch_at("out/table.csv"));
    assert_int_equal(batch_run(), 0);
    char *second = batch_get_file(batch_at("out/table.csv"));
    assert_int_equal(batch_gradings(), 0);
    assert_int_equal(batch_result.state.already, 2);
    assert_string_equal(first, second);
    free(first);
    free(second);
}

static void
only_what_changed_is_graded_again(void **state)
{
    (void)state;
    batch_hand_in("ann", "pass");
    batch_hand_in("bob", "fail 0");
    batch_hand_in("cy", "fail 0");
    assert_int_equal(batch_run(), 0);
    batch_put_file(batch_at("in/bob.glassbox.tar.gz"), "pass");
    assert_int_equal(batch_run(), 0);
    assert_int_equal(batch_gradings(), 1);
    batch_assert_table("ann,sites,pass,10,10,,sha256:r\nbob,sites,pass,10,10,,sha256:r\ncy,sites,fail,0,10,,sha256:r\n");
    gbx_batch_options options = batch_options_of();
    options.judge = "sha256:another";
    assert_int_equal(batch_run_with(options), 0);
    assert_int_equal(batch_gradings(), 3);
}

static void
a_result_that_somebody_touched_is_made_anew(void **state)
{
    (void)state;
    batch_hand_in("ann", "fail 0");
    assert_int_equal(batch_run(), 0);
    char *text = batch_get_file(batch_at("out/ann/result.json"));
    char *score = strstr(text, "\"fail\"");
    memcpy(score, "\"pass\"", 6);
    batch_put_file(batch_at("out/ann/result.json"), text);
    free(text);
    assert_int_equal(batch_run(), 0);
    assert_int_equal(batch_gradings(), 1);
    batch_assert_table("ann,sites,fail,0,10,,sha256:r\n");
    batch_put_file(batch_at("out/ann/result.json"), "");
    assert_int_equal(batch_run(), 0);
    assert_int_equal(batch_gradings(), 1);
    unlink(batch_at("out/ann/result.json"));
    assert_int_equal(batch_run(), 0);
    assert_int_equal(batch_gradings(), 1);
}

/* Sums that fit are not enough where there is a key. */
static void
a_result_without_a_seal_is_not_believed(void **state)
{
    (void)state;
    batch_hand_in("a", "forged");
    gbx_batch_options options = batch_options_of();
    assert_int_equal(batch_run_with(options), 0);
    assert_int_equal(batch_result.state.infrastructure, 1);
    assert_non_null(strstr(batch_result.listed[0], "has no seal"));
    options.key = NULL;
    assert_int_equal(batch_run_with(options), 0);
    assert_int_equal(batch_result.state.infrastructure, 0);
    assert_int_equal(batch_run(), 0);
    assert_int_equal(batch_result.state.infrastructure, 1);
}

static void
a_torn_or_spoilt_journal_costs_only_what_it_lost(void **state)
{
    (void)state;
    batch_hand_in("ann", "pass");
    batch_hand_in("bob", "fail 0");
    gbx_batch_options options = batch_options_of();
    options.jobs = 1;
    assert_int_equal(batch_run_with(options), 0);
    char *text = batch_get_file(batch_at("out/journal.jsonl"));
    text[strlen(text) - 5] = '\0';
    batch_put_file(batch_at("out/journal.jsonl"), text);
    assert_int_equal(batch_run_with(options), 0);
    assert_int_equal(batch_gradings(), 1);
    free(text);
    text = batch_get_file(batch_at("out/journal.jsonl"));
    memset(strchr(text, '\n') + 1, '{', 10);
    batch_put_file(batch_at("out/journal.jsonl"), text);
    free(text);
    assert_int_equal(batch_run_with(options), 0);
    assert_int_equal(batch_gradings(), 1);
    batch_assert_table("ann,sites,pass,10,10,,sha256:r\nbob,sites,fail,0,10,,sha256:r\n");
}

static void
infrastructure_is_tried_again_then_listed_and_has_no_score(void **state)
{
    (void)state;
    char once[5000];
    snprintf(once, sizeof(once), "once %s", batch_at("met"));
    batch_hand_in("ann", "infra");
    batch_hand_in("bob", once);
    batch_hand_in("cy", "crash");
    batch_hand_in("dee", "half");
    batch_hand_in("eve", "other");
    batch_hand_in("fay", "usage");
    batch_hand_in("gus", "nothing");
    batch_hand_in("hal", "infrastructure");
    assert_int_equal(batch_run(), 0);
    assert_int_equal(batch_result.state.done, 1);
    assert_int_equal(batch_result.state.infrastructure, 7);
    assert_int_equal(batch_gradings(), 3 + 2 + 3 + 3 + 3 + 1 + 3 + 3);
    assert_string_equal(batch_result.listed[0], "ann: no memory for 'ann'");
    assert_string_equal(batch_result.listed[1], "cy: the grader was killed by SIGSEGV");
    assert_non_null(strstr(batch_result.listed[2], "dee: the grader left no result"));
    assert_string_equal(batch_result.listed[3], "eve: the grader's result is the result of 'somebody'");
    assert_string_equal(batch_result.listed[4], "fay: there is no lab 77");
    assert_non_null(strstr(batch_result.listed[5], "gus: the grader left no result"));
    assert_null(batch_result.listed[7]);
    batch_assert_table("ann,,infrastructure,,,,\nbob,sites,pass,10,10,,sha256:r\ncy,,infrastructure,,,,\ndee,,infrastructure,,,,\n"
                 "eve,,infrastructure,,,,\nfay,,infrastructure,,,,\ngus,,infrastructure,,,,\nhal,,infrastructure,,,,\n");
}

static void
a_fault_that_is_everybodys_ends_the_batch(void **state)
{
    (void)state;
    for (int i = 0; i < 40; i++) {
        char name[32];
        snprintf(name, sizeof(name), "s%02d", i);
        batch_hand_in(name, "infra");
    }
    gbx_batch_options options = batch_options_of();
    options.attempts = 1;
    assert_int_equal(batch_run_with(options), GBX_ERROR_CHILD);
    batch_assert_says("the last 20 submissions all failed without a grade, the last one: no memory");
    assert_in_range(batch_gradings(), 20, 23);
    assert_int_equal(access(batch_at("out/table.csv"), F_OK), -1);
}

/* Else the first twenty by name, if they make the grader fall, would be tried for ever. */
static void
what_failed_before_comes_last(void **state)
{
    (void)state;
    for (int i = 0; i < 24; i++) {
        char name[32];
        snprintf(name, sizeof(name), "s%02d", i);
        batch_hand_in(name, i < 20 ? "crash" : "pass");
    }
    gbx_batch_options options = batch_options_of();
    options.attempts = 1;
    options.jobs = 1;
    assert_int_equal(batch_run_with(options), GBX_ERROR_CHILD);
    assert_int_equal(batch_result.state.done, 0);
    assert_int_equal(batch_run_with(options), GBX_ERROR_CHILD);
    assert_int_equal(batch_result.state.done, 4);
}

static void
a_grader_that_hangs_is_ended(void **state)
{
    (void)state;
    batch_hand_in("ann", "sleep 60000");
    batch_hand_in("bob", "pass");
    gbx_batch_options options = batch_options_of();
    options.attempts = 1;
    options.limit_ms = 300;
    assert_int_equal(batch_run_with(options), 0);
    assert_string_equal(batch_result.listed[0], "ann: the grader took longer than 0 s, and was ended");
}

/* ---------------------------------------------------------------------- lists */

static void
assert_list_refused(const char *text, const char *part)
{
    batch_put_file(batch_at("list"), text);
    assert_int_equal(batch_run(), GBX_ERROR_USAGE);
    batch_assert_says(part);
    assert_int_equal(access(batch_at("out"), F_OK), -1);
}

static void
hostile_lists_are_refused_with_their_line(void **state)
{
    (void)state;
    assert_list_refused("", "names no bundle");
    assert_list_refused("# nobody\n\n", "names no bundle");
    assert_list_refused("ann\tx\n../ann\tx\n", "line 2: a student's name has");
    assert_list_refused("=HYPERLINK(1)\tx\n", "line 1: a student's name has");
    assert_list_refused(".work\tx\n", "line 1: a student's name has");
    assert_list_refused("-rf\tx\n", "line 1: a student's name has");
    assert_list_refused("\tx\n", "line 1: a student's name has");
    assert_list_refused("ann\t\n", "there is no bundle after the student's name");
    assert_list_refused("ann\tx\ty\n", "control characters");
    assert_list_refused("ann\tx\nbob\ty\nann\tz\n", "line 3: 'ann' is on line 1 already");
    assert_list_refused("a/ann.glassbox.tar.gz\r\nb/ann.glassbox.tar.gz\r\n", "line 2: 'ann' is on line 1 already");
    assert_list_refused("a/x y.glassbox.tar.gz\n", "write the student and a tab before it");
    char longest[200];
    memset(longest, 'a', 100);
    snprintf(longest + 100, 20, "\tx\n");
    assert_list_refused(longest, "at most 64 long");
}

static void
a_bundle_that_is_not_there_is_said_before_anything_is_graded(void **state)
{
    (void)state;
    batch_hand_in("ann", "pass");
    FILE *list = fopen(batch_at("list"), "a");
    fprintf(list, "bob\t%s\ncy\t%s\ndee\t%s\n", batch_at("in/none"), batch_at("in/none"), batch_at("in"));
    fclose(list);
    assert_int_equal(batch_run(), GBX_ERROR_MISSING);
    batch_assert_says("line 2: cannot read '");
    batch_assert_says("in/none': No such file or directory (and 2 more such lines)");
    assert_int_equal(batch_gradings(), 0);
}

static void
a_name_that_looks_like_an_option_is_a_name(void **state)
{
    (void)state;
    assert_int_equal(chdir(batch_folder), 0);
    batch_put_file("--no-witness", "pass");
    batch_put_file("list", "ann\t--no-witness\n");
    assert_int_equal(batch_run(), 0);
    batch_assert_table("ann,sites,pass,10,10,,sha256:r\n");
    assert_int_equal(chdir("/"), 0);
}

/* ---------------------------------------------------------------------- the folder */

static pid_t
start(gbx_batch_options options)
{
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        gbx_batch_result mine;
        int status = gbx_batch_run(&options, &mine, &batch_error);
        _exit(status == 0 ? 0 : mine.interrupted != 0 ? 130 : 2);
    }
    return child;
}

static void
pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

static void
two_batches_do_not_share_a_folder(void **state)
{
    (void)state;
    batch_hand_in("ann", "sleep 1500");
    pid_t first = start(batch_options_of());
    for (int i = 0; i < 200 && batch_gradings() == 0; i++) {
        pause_ms(10);
    }
    gbx_batch_options options = batch_options_of();
    assert_int_equal(gbx_batch_run(&options, &batch_result, &batch_error), GBX_ERROR_USAGE);
    char who[64];
    snprintf(who, sizeof(who), "is being written to by process %d:", (int)first);
    batch_assert_says(who);
    int status;
    assert_int_equal(waitpid(first, &status, 0), first);
    assert_int_equal(status, 0);
}

static void
told_to_stop_it_ends_its_graders_and_goes_on_later(void **state)
{
    (void)state;
    batch_hand_in("ann", "sleep 60000");
    batch_hand_in("bob", "pass");
    pid_t child = start(batch_options_of());
    for (int i = 0; i < 200 && batch_gradings() < 2; i++) {
        pause_ms(10);
    }
    pause_ms(100);
    kill(child, SIGTERM);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 130);
    assert_int_equal(access(batch_at("out/table.csv"), F_OK), -1);
    batch_put_file(batch_at("in/ann.glassbox.tar.gz"), "pass");
    assert_int_equal(batch_run(), 0);
    assert_int_equal(batch_gradings(), 1);
    assert_int_equal(batch_result.state.already, 1);
}

static void
a_folder_that_cannot_be_written_is_named(void **state)
{
    (void)state;
    batch_hand_in("ann", "pass");
    gbx_batch_options options = batch_options_of();
    batch_put_file(batch_at("file"), "");
    options.out = batch_at("file/x");
    assert_int_equal(batch_run_with(options), GBX_ERROR_SYSTEM);
    batch_assert_says("cannot make the folder '");
    assert_int_equal(mkdir(batch_at("closed"), 0500), 0);
    if (geteuid() != 0) {                            /* nothing is closed to root */
        options.out = batch_at("closed/x");
        assert_int_equal(batch_run_with(options), GBX_ERROR_SYSTEM);
        batch_assert_says("Permission denied");
    }
}

/* A file that may not grow is what a full disk is to a journal. */
static void
a_full_disk_ends_the_batch_and_keeps_what_is_done(void **state)
{
    (void)state;
    for (int i = 0; i < 20; i++) {
        char name[32];
        snprintf(name, sizeof(name), "s%02d", i);
        batch_hand_in(name, "pass");
    }
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit small = { 2000, 2000 };
        signal(SIGXFSZ, SIG_IGN);
        setrlimit(RLIMIT_FSIZE, &small);
        gbx_batch_options options = batch_options_of();
        options.jobs = 1;
        gbx_batch_result mine;
        int status = gbx_batch_run(&options, &mine, &batch_error);
        _exit(status == GBX_ERROR_SYSTEM && strstr(batch_error.message, "journal.jsonl': ") != NULL ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(batch_run(), 0);
    assert_in_range(batch_result.state.already, 3, 19);
    assert_int_equal(batch_result.state.done, 20);
}

/* ------------------------------------------------------------------------ killed */

enum { MANY = 60 };

static void
hand_in_many(void)
{
    static const char *const kinds[] = { "pass", "partial 3", "fail 0", "violation 0", "limit:wall 0", "sleep 20" };
    for (unsigned i = 0; i < MANY; i++) {
        char name[32];
        snprintf(name, sizeof(name), "s%03u", i);
        batch_hand_in(name, kinds[(i * 7 + i / 5) % 6]);
    }
}

/* Kill one process whose parent is `parent`: a worker, at random. */
static void
kill_a_worker(pid_t parent)
{
    char path[128];
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
    char *text = batch_get_file(path);
    pid_t worker = (pid_t)strtol(text, NULL, 10);
    free(text);
    if (worker > 0) {
        kill(worker, SIGKILL);
    }
}

static void
killed_at_random_moments_the_table_is_the_same(void **state)
{
    (void)state;
    unsigned seed = 20261121, kills = 0;
    hand_in_many();
    assert_int_equal(batch_run(), 0);
    char *expected = batch_get_file(batch_at("out/table.csv"));
    gbx_batch_options options = batch_options_of();
    options.out = batch_at("again");
    options.attempts = 20;
    for (int status = -1; status != 0;) {
        pid_t child = start(options);
        bool ended = false;
        for (int i = (int)(rand_r(&seed) % 40); i >= 0 && !ended; i--) {
            pause_ms(1 + (unsigned)rand_r(&seed) % 4);
            if (rand_r(&seed) % 8 == 0) {
                kill_a_worker(child);
            }
            ended = waitpid(child, &status, WNOHANG) == child;
        }
        if (!ended) {
            kill(child, SIGKILL);
            waitpid(child, &status, 0);
            kills++;
        }
        assert_true(kills < 500);
    }
    char *again = batch_get_file(batch_at("again/table.csv"));
    assert_string_equal(expected, again);
    assert_true(kills > 2);
    free(expected);
    free(again);
}

int
main(int argc, char **argv)
{
    if (argc > 2 && strcmp(argv[1], "grade") == 0) {
        return batch_stand_in(argc, argv);
    }
#define TEST(name) cmocka_unit_test_setup_teardown(name, batch_set_up, batch_tear_down)
    const struct CMUnitTest tests[] = {
        TEST(a_list_becomes_a_sorted_table),
        TEST(a_second_run_grades_nothing_and_gives_the_same_table),
        TEST(only_what_changed_is_graded_again),
        TEST(a_result_that_somebody_touched_is_made_anew),
        TEST(a_result_without_a_seal_is_not_believed),
        TEST(a_torn_or_spoilt_journal_costs_only_what_it_lost),
        TEST(infrastructure_is_tried_again_then_listed_and_has_no_score),
        TEST(a_fault_that_is_everybodys_ends_the_batch),
        TEST(what_failed_before_comes_last),
        TEST(a_grader_that_hangs_is_ended),
        TEST(hostile_lists_are_refused_with_their_line),
        TEST(a_bundle_that_is_not_there_is_said_before_anything_is_graded),
        TEST(a_name_that_looks_like_an_option_is_a_name),
        TEST(two_batches_do_not_share_a_folder),
        TEST(told_to_stop_it_ends_its_graders_and_goes_on_later),
        TEST(a_folder_that_cannot_be_written_is_named),
        TEST(a_full_disk_ends_the_batch_and_keeps_what_is_done),
        TEST(killed_at_random_moments_the_table_is_the_same),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    gbx_batch_result_clear(&batch_result);
    return failed;
}
