/* Recordings: which files may be replaced, and whose trace one gets back. */

#include "trace_test.h"

#include "recording.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gbx_error error;
static gbx_recording recording;

static int
prepare(const char *path)
{
    gbx_recording_options options = { .path = path };
    gbx_recording_clear(&recording);
    error = (gbx_error){ 0, "" };
    return gbx_recording_prepare(&recording, &options, &error);
}

static int
clean(void **state)
{
    (void)state;
    gbx_recording_clear(&recording);
    return 0;
}

/* Save a trace; `pid` and `start` say who writes it. */
static void
save_trace(const char *path, uint64_t run_id, uint32_t pid, uint64_t start, uint32_t trace_state)
{
    trace_writer *w = writer_new(&(writer_options){ .run_id = run_id, .pid = pid });
    writer_push(w, 1, 7, 0x10);
    writer_header(w)->process_start = start;
    writer_header(w)->state = trace_state;
    writer_save(w, path);
    writer_free(w);
}

static void
save_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* When this process began, as a recorder writes it. */
static uint64_t
own_start(void)
{
    char line[1024];
    FILE *file = fopen("/proc/self/stat", "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof(line), file));
    fclose(file);
    char *at = strrchr(line, ')');
    for (int field = 2; field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    return strtoull(at, NULL, 10);
}

/* Save what a program would, in answer to `recording`. */
static void
answer(const char *path)
{
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 7, 0x10);
    memcpy(writer_header(w)->run_id, recording.run_id, 16);
    writer_save(w, path);
    writer_free(w);
}

/* ------------------------------------------------------------------- tests */

static void
the_setting_says_file_classes_mode_clock_limit_and_identity(void **state)
{
    (void)state;
    char *wanted;
    gbx_recording_options options = {
        .path = test_path("all.gbx"), .mask = 1u << GBX_CLASS_FRAME | 1u << GBX_CLASS_SPEC,
        .ring = true, .untimed = true, .churn = true, .limit = "2M",
    };
    assert_int_equal(gbx_recording_prepare(&recording, &options, &error), 0);
    assert_true(asprintf(&wanted, "PYTHONGLASSBOX=%s:events=frame+spec:mode=ring:clock=none:churn=yes:limit=2M:run=",
                         options.path) > 0);
    assert_memory_equal(recording.setting, wanted, strlen(wanted));
    assert_int_equal(strlen(recording.setting), strlen(wanted) + 32);
    assert_ptr_equal(gbx_recording_spec(&recording), recording.setting + strlen("PYTHONGLASSBOX="));
    free(wanted);
}

static void
all_classes_are_asked_for_where_none_is_named(void **state)
{
    (void)state;
    assert_int_equal(prepare(test_path("x.gbx")), 0);
    assert_non_null(strstr(recording.setting, ":events=all:run="));
}

static void
two_recordings_are_never_taken_for_each_other(void **state)
{
    (void)state;
    uint64_t first[2];
    assert_int_equal(prepare(test_path("x.gbx")), 0);
    memcpy(first, recording.run_id, 16);
    assert_int_equal(prepare(test_path("x.gbx")), 0);
    assert_memory_not_equal(first, recording.run_id, 16);
}

static void
preparing_creates_nothing(void **state)
{
    (void)state;
    assert_int_equal(prepare(test_path("none.gbx")), 0);
    assert_int_equal(access(test_path("none.gbx"), F_OK), -1);
}

static void
a_name_that_the_recorder_would_misread_is_refused(void **state)
{
    (void)state;
    assert_int_equal(prepare(test_path("a:mode=ring")), GBX_ERROR_USAGE);
    assert_int_equal(prepare(test_path("a::b:limit=")), GBX_ERROR_USAGE);
    assert_int_equal(prepare(""), GBX_ERROR_USAGE);
    assert_int_equal(prepare("/tmp/"), GBX_ERROR_USAGE);
    assert_int_equal(prepare(test_path("12:30, a=b:")), 0);
}

static void
a_file_that_is_no_trace_is_never_replaced(void **state)
{
    (void)state;
    const char *path = test_path("essay.txt");
    save_text(path, "GLASSBOX, an essay\n");
    assert_int_equal(prepare(path), GBX_ERROR_FORMAT);
    assert_non_null(strstr(error.message, "is there and is no trace"));
    save_text(path, "");
    assert_int_equal(prepare(path), GBX_ERROR_FORMAT);
    assert_int_equal(prepare(test_directory()), GBX_ERROR_FORMAT);
}

static void
a_link_is_never_replaced_even_when_it_leads_to_a_trace(void **state)
{
    (void)state;
    save_trace(test_path("target.gbx"), 1, 100, 0, GBX_STATE_STOPPED);
    assert_int_equal(symlink("target.gbx", test_path("link.gbx")), 0);
    assert_int_equal(prepare(test_path("link.gbx")), GBX_ERROR_FORMAT);
    assert_int_equal(symlink("nothing", test_path("dangling.gbx")), 0);
    assert_int_equal(prepare(test_path("dangling.gbx")), GBX_ERROR_FORMAT);
}

static void
a_trace_that_a_process_is_writing_is_not_replaced(void **state)
{
    (void)state;
    const char *path = test_path("live.gbx");
    char *wanted;
    save_trace(path, 1, (uint32_t)getpid(), own_start(), GBX_STATE_RECORDING);
    assert_int_equal(prepare(path), GBX_ERROR_CHILD);
    assert_true(asprintf(&wanted, "'%s' is being written by process %d: choose another file", path,
                         (int)getpid()) > 0);
    assert_string_equal(error.message, wanted);
    free(wanted);
}

static void
a_trace_whose_writer_ended_is_replaced(void **state)
{
    (void)state;
    const char *path = test_path("dead.gbx");
    save_trace(path, 1, (uint32_t)getpid(), own_start(), GBX_STATE_STOPPED);
    assert_int_equal(prepare(path), 0);
    save_trace(path, 1, (uint32_t)getpid(), own_start() + 1, GBX_STATE_RECORDING);     /* its number is ours now */
    assert_int_equal(prepare(path), 0);
    save_trace(path, 1, 0x7ffffff0, 12345, GBX_STATE_RECORDING);                        /* nobody has it */
    assert_int_equal(prepare(path), 0);
}

static void
a_trace_that_a_child_is_writing_is_not_replaced(void **state)
{
    (void)state;
    save_trace(test_path("family.gbx"), 5, 100, 1, GBX_STATE_STOPPED);
    save_trace(test_path("family.gbx.200"), 5, (uint32_t)getpid(), own_start(), GBX_STATE_RECORDING);
    assert_int_equal(prepare(test_path("family.gbx")), GBX_ERROR_CHILD);
}

static void
a_folder_that_is_not_there_is_named(void **state)
{
    (void)state;
    assert_int_equal(prepare("/no/such/t.gbx"), GBX_ERROR_SYSTEM);
    assert_string_equal(error.message, "cannot write to '/no/such': No such file or directory");
    assert_int_equal(prepare("/no-such-folder/t.gbx"), GBX_ERROR_SYSTEM);
}

static void
the_trace_of_this_run_is_opened(void **state)
{
    (void)state;
    gbx_trace *trace;
    assert_int_equal(prepare(test_path("run.gbx")), 0);
    answer(test_path("run.gbx"));
    assert_int_equal(gbx_recording_open(&recording, &trace, &error), 0);
    assert_int_equal(gbx_trace_count(trace), 1);
    gbx_trace_close(trace);
}

static void
an_earlier_trace_is_not_taken_for_this_runs(void **state)
{
    (void)state;
    gbx_trace *trace;
    save_trace(test_path("old.gbx"), 1, 100, 1, GBX_STATE_STOPPED);
    save_trace(test_path("old.gbx.7"), 1, 101, 1, GBX_STATE_STOPPED);
    assert_int_equal(prepare(test_path("old.gbx")), 0);
    assert_int_equal(gbx_recording_open(&recording, &trace, &error), GBX_ERROR_MISSING);
    assert_null(trace);
    assert_int_equal(access(test_path("old.gbx.7"), F_OK), 0);       /* it still belongs to something */
    assert_int_equal(prepare(test_path("never.gbx")), 0);
    assert_int_equal(gbx_recording_open(&recording, &trace, &error), GBX_ERROR_MISSING);
}

static void
children_of_the_replaced_trace_go_with_it_and_nothing_else(void **state)
{
    (void)state;
    gbx_trace *trace;
    save_trace(test_path("s.gbx"), 1, 100, 1, GBX_STATE_STOPPED);
    save_trace(test_path("s.gbx.7"), 1, 101, 1, GBX_STATE_STOPPED);
    save_trace(test_path("s.gbx.8.1"), 1, 102, 1, GBX_STATE_STOPPED);
    save_trace(test_path("s.gbx.9"), 2, 103, 1, GBX_STATE_STOPPED);              /* of another run */
    save_text(test_path("s.gbx.10"), "not a trace\n");
    assert_int_equal(prepare(test_path("s.gbx")), 0);
    answer(test_path("s.gbx"));
    assert_int_equal(gbx_recording_open(&recording, &trace, &error), 0);
    gbx_trace_close(trace);
    assert_int_equal(access(test_path("s.gbx.7"), F_OK), -1);
    assert_int_equal(access(test_path("s.gbx.8.1"), F_OK), -1);
    assert_int_equal(access(test_path("s.gbx.9"), F_OK), 0);
    assert_int_equal(access(test_path("s.gbx.10"), F_OK), 0);
}

static void
sizes_are_what_the_recorder_takes(void **state)
{
    (void)state;
    static const char *const good[] = { "256K", "262144", "1M", "2G", "17179869183G" };
    static const char *const bad[] = {
        "", "255K", "1", "M", "-1G", "+1G", " 1G", "1GB", "1g", "1 G", "17179869184G", "99999999999999999999",
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(gbx_recording_size(good[i]));
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_false(gbx_recording_size(bad[i]));
    }
}

#undef TEST
#define TEST(name) cmocka_unit_test_teardown(name, clean)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_setting_says_file_classes_mode_clock_limit_and_identity),
        TEST(all_classes_are_asked_for_where_none_is_named),
        TEST(two_recordings_are_never_taken_for_each_other),
        TEST(preparing_creates_nothing),
        TEST(a_name_that_the_recorder_would_misread_is_refused),
        TEST(a_file_that_is_no_trace_is_never_replaced),
        TEST(a_link_is_never_replaced_even_when_it_leads_to_a_trace),
        TEST(a_trace_that_a_process_is_writing_is_not_replaced),
        TEST(a_trace_whose_writer_ended_is_replaced),
        TEST(a_trace_that_a_child_is_writing_is_not_replaced),
        TEST(a_folder_that_is_not_there_is_named),
        TEST(the_trace_of_this_run_is_opened),
        TEST(an_earlier_trace_is_not_taken_for_this_runs),
        TEST(children_of_the_replaced_trace_go_with_it_and_nothing_else),
        TEST(sizes_are_what_the_recorder_takes),
    };
    return cmocka_run_group_tests_name("recording", tests, NULL, NULL);
}
