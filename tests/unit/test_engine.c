/* The engine: when a verdict may be given, and what it then is.

   The interpreter of these tests is a shell script that copies a trace which the test wrote to where the
   engine asked for one, and then runs the experiment, a shell script too.  So every way in which an
   experiment can go wrong is made here on purpose. */

#include "engine.h"
#include "driver.h"
#include "trace_writer.h"
#include "trace.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* ------------------------------------------------------------------- the stage */

static char folder[] = "/tmp/gbx-engine-XXXXXX";
static gbx_paths paths;
static gbx_engine *engine;
static unsigned checks_called;

static char *
in_folder(const char *name)
{
    return gbx_paths_join(folder, name, NULL);
}

static void
write_file(const char *name, const char *text, mode_t mode)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    chmod(path, mode);
    free(path);
}

static int
set_stage(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    paths.python = in_folder("python");
    paths.stations = strdup(folder);
    paths.source = strdup(folder);
    char *station = in_folder("0-test");
    assert_int_equal(mkdir(station, 0700), 0);
    free(station);
    write_file("python",
               "#!/bin/sh\n"
               "if [ \"$1\" = -X ]; then\n"
               "    path=${2#glassbox=}; path=${path%%:*}; shift 2\n"
               "    if [ -e \"$1.gbx\" ]; then cp \"$1.gbx\" \"$path\"; fi\n"
               "fi\n"
               "exec /bin/sh \"$@\"\n", 0755);
    return 0;
}

static int
clear_stage(void **state)
{
    (void)state;
    char *path = strdup(folder);
    gbx_paths_clear(&paths);
    assert_int_equal(gbx_driver_temporary_remove(&path, NULL), 0);
    return 0;
}

static int
open_engine(void **state)
{
    (void)state;
    checks_called = 0;
    return gbx_engine_open(&engine, &(gbx_engine_options){ .paths = &paths }, NULL);
}

static int
close_engine(void **state)
{
    (void)state;
    gbx_engine_close(engine);
    return 0;
}

/* An experiment: a shell script, and the trace that the "interpreter" will leave. */
static void
write_experiment(const char *name, const char *script, trace_writer *w)
{
    char path[128], trace[160];
    snprintf(path, sizeof(path), "0-test/%s", name);
    write_file(path, script, 0644);
    if (w != NULL) {
        snprintf(trace, sizeof(trace), "%s/0-test/%s.gbx", folder, name);
        writer_save(w, trace);
        writer_free(w);
    }
}

static trace_writer *
sound_trace(void)
{
    trace_writer *w = writer_new(NULL);
    writer_code(w, 2, "f", "f.py", 1, "", 0);
    writer_push(w, 0, 2, 10);
    writer_pop(w, 0, 2, 10);
    return w;
}

static const gbx_station station = { .number = 0, .name = "test", .folder = "0-test" };

static gbx_verdict
says_pass(const gbx_look *look, gbx_finding *finding)
{
    checks_called++;
    gbx_finding_fact(finding, "%zu events", look->trace == NULL ? 0 : gbx_trace_count(look->trace));
    return GBX_PASS;
}

static gbx_verdict
says_fail(const gbx_look *look, gbx_finding *finding)
{
    (void)look;
    checks_called++;
    return gbx_finding_fail(finding, "black", "white", NULL);
}

static gbx_verdict
says_broken(const gbx_look *look, gbx_finding *finding)
{
    (void)look;
    (void)finding;
    return GBX_BROKEN;
}

/* Run `check` on one experiment; the result is the caller's to clear. */
static void
judge(const char *program, gbx_check *check, gbx_result *result)
{
    static gbx_experiment experiments[32];
    static unsigned used;
    gbx_experiment *experiment = &experiments[used++];
    *experiment = (gbx_experiment){
        .name = program, .program = program, .events = GBX_BIT(FRAME), .timeout_ms = 20000,
    };
    gbx_claim claim = { .id = "0.1", .experiments = { experiment }, .check = check };
    assert_int_equal(gbx_engine_claim(engine, &station, &claim, result, NULL), 0);
    if (result->reason[0] != '\0') {
        print_message("    %s\n", result->reason);
    }
}

/* ------------------------------------------------------------------- verdicts */

static void
a_check_sees_the_run_and_its_verdict_is_kept(void **state)
{
    (void)state;
    gbx_result result;
    write_experiment("well.sh", "echo seen; echo heard >&2", sound_trace());
    judge("well.sh", says_pass, &result);
    assert_int_equal(result.verdict, GBX_PASS);
    assert_string_equal(result.finding->items[0].text, "2 events");
    assert_string_equal(result.look.runs[0].out, "seen\n");
    assert_string_equal(result.look.runs[0].err, "heard\n");
    gbx_result_clear(&result);
    judge("well.sh", says_fail, &result);
    assert_int_equal(result.verdict, GBX_FAIL);
    gbx_result_clear(&result);
}

static void
a_crash_is_broken_and_no_check_is_called(void **state)
{
    (void)state;
    gbx_result result;
    write_experiment("crash.sh", "kill -SEGV $$", sound_trace());
    judge("crash.sh", says_pass, &result);
    assert_int_equal(result.verdict, GBX_BROKEN);
    assert_int_equal(checks_called, 0);
    assert_non_null(strstr(result.reason, "killed by SIGSEGV"));
    gbx_result_clear(&result);
}

static void
another_exit_status_is_broken_and_tells_the_last_line(void **state)
{
    (void)state;
    gbx_result result;
    write_experiment("raise.sh", "echo Traceback >&2; echo 'ValueError: \033[2Jno' >&2; exit 1", sound_trace());
    judge("raise.sh", says_pass, &result);
    assert_int_equal(result.verdict, GBX_BROKEN);
    assert_string_equal(result.reason, "'raise.sh' exited with status 1: ValueError:  [2Jno");
    gbx_result_clear(&result);
}

static void
a_run_out_of_time_is_broken(void **state)
{
    (void)state;
    gbx_result result;
    static const gbx_experiment slow = {
        .name = "slow", .program = "slow.sh", .events = GBX_BIT(FRAME), .timeout_ms = 100,
    };
    const gbx_claim claim = { .id = "0.1", .experiments = { &slow }, .check = says_pass };
    write_experiment("slow.sh", "sleep 30", sound_trace());
    assert_int_equal(gbx_engine_claim(engine, &station, &claim, &result, NULL), 0);
    assert_int_equal(result.verdict, GBX_BROKEN);
    assert_non_null(strstr(result.reason, "did not end within"));
    gbx_result_clear(&result);
}

static void
a_trace_that_breaks_its_own_rules_is_broken(void **state)
{
    (void)state;
    gbx_result result;
    trace_writer *w = writer_new(NULL);
    writer_code(w, 2, "f", "f.py", 1, "", 0);
    writer_push(w, 0, 2, 10);
    writer_pop(w, 0, 2, 11);
    write_experiment("unsound.sh", "true", w);
    judge("unsound.sh", says_pass, &result);
    assert_int_equal(result.verdict, GBX_BROKEN);
    assert_int_equal(checks_called, 0);
    assert_non_null(strstr(result.reason, "breaks a rule"));
    gbx_result_clear(&result);
}

static void
a_file_that_is_no_trace_is_broken(void **state)
{
    (void)state;
    gbx_result result;
    trace_writer *w = sound_trace();
    writer_bytes(w)[0] ^= 1;
    write_experiment("garbage.sh", "true", w);
    judge("garbage.sh", says_pass, &result);
    assert_int_equal(result.verdict, GBX_BROKEN);
    assert_non_null(strstr(result.reason, "no sound trace"));
    gbx_result_clear(&result);
}

static void
lost_events_make_pass_and_fail_insufficient(void **state)
{
    (void)state;
    gbx_result result;
    trace_writer *w = sound_trace();
    writer_lost(w, 0, 7);
    writer_segment(w, 0)->lost = 7;
    write_experiment("lossy.sh", "true", w);
    judge("lossy.sh", says_pass, &result);
    assert_int_equal(result.verdict, GBX_INSUFFICIENT);
    assert_non_null(strstr(result.reason, "events were lost"));
    gbx_result_clear(&result);
    judge("lossy.sh", says_fail, &result);
    assert_int_equal(result.verdict, GBX_INSUFFICIENT);
    gbx_result_clear(&result);
}

static void
a_class_that_was_not_recorded_makes_it_insufficient(void **state)
{
    (void)state;
    gbx_result result;
    trace_writer *w = writer_new(&(writer_options){ .mask = GBX_BIT(SPEC) });
    writer_string(w, 1, "seen");
    writer_mark(w, 0, 1, GBX_VALUE_NONE, 0);
    writer_header(w)->mask = GBX_BIT(SPEC);
    write_experiment("deaf.sh", "true", w);
    judge("deaf.sh", says_pass, &result);
    assert_int_equal(result.verdict, GBX_INSUFFICIENT);
    assert_non_null(strstr(result.reason, "class frame"));
    gbx_result_clear(&result);
}

static void
broken_is_no_word_of_a_check(void **state)
{
    (void)state;
    gbx_result result;
    write_experiment("word.sh", "true", sound_trace());
    judge("word.sh", says_broken, &result);
    assert_int_equal(result.verdict, GBX_BROKEN);
    assert_true(result.reason[0] != '\0');
    gbx_result_clear(&result);
}

static void
an_interpreter_without_a_recorder_is_an_error_not_a_verdict(void **state)
{
    (void)state;
    gbx_result result;
    gbx_error error = { 0, "" };
    static const gbx_experiment plain = {
        .name = "plain", .program = "plain.sh", .events = GBX_BIT(FRAME),
    };
    const gbx_claim claim = { .id = "0.1", .experiments = { &plain }, .check = says_pass };
    write_experiment("plain.sh", "true", NULL);
    assert_int_equal(gbx_engine_claim(engine, &station, &claim, &result, &error), GBX_ERROR_MISSING);
    assert_non_null(strstr(error.message, "not an instrumented interpreter"));
}

static void
what_a_build_lacks_is_skipped_with_its_reason(void **state)
{
    (void)state;
    gbx_result result;
    static const gbx_experiment free_threaded = {
        .name = "ft", .program = "ft.sh", .events = GBX_BIT(FRAME),
    };
    const gbx_claim claim = {
        .id = "0.1", .experiments = { &free_threaded }, .check = says_fail,
        .needs = GBX_NEEDS_SPECIALIZER,
    };
    trace_writer *w = sound_trace();
    writer_header(w)->build = GBX_BUILD_FREE_THREADED;
    write_experiment("ft.sh", "true", w);
    assert_int_equal(gbx_engine_claim(engine, &station, &claim, &result, NULL), 0);
    assert_int_equal(result.verdict, GBX_SKIPPED);
    assert_int_equal(checks_called, 0);
    assert_int_equal(result.finding->items[0].kind, GBX_ITEM_SKIP);
    gbx_result_clear(&result);
}

/* ------------------------------------------------------------------- runs */

static void
claims_that_name_one_experiment_share_one_run(void **state)
{
    (void)state;
    gbx_result first, second;
    static const gbx_experiment once = {
        .name = "once", .program = "once.sh", .events = GBX_BIT(FRAME),
    };
    const gbx_claim claim = { .id = "0.1", .experiments = { &once }, .check = says_pass };
    write_experiment("once.sh", "echo x >> count; wc -l < count", sound_trace());
    assert_int_equal(gbx_engine_claim(engine, &station, &claim, &first, NULL), 0);
    assert_int_equal(gbx_engine_claim(engine, &station, &claim, &second, NULL), 0);
    assert_int_equal(strtol(first.look.runs[0].out, NULL, 10), 1);
    assert_int_equal(strtol(second.look.runs[0].out, NULL, 10), 1);
    assert_ptr_equal(first.look.trace, second.look.trace);
    gbx_result_clear(&first);
    gbx_result_clear(&second);
}

static void
a_must_fail_runs_in_place_of_its_experiment_alone(void **state)
{
    (void)state;
    gbx_result result;
    static const gbx_experiment mine = { .name = "mine", .program = "mine.sh" };
    static const gbx_experiment other = { .name = "other", .program = "other.sh" };
    static const gbx_experiment instead = { .name = "instead", .program = "instead.sh" };
    const gbx_claim claim = {
        .id = "0.1", .experiments = { &mine, &other }, .check = says_fail,
        .must_fail = { { .in_place_of = &mine, .run = &instead } },
    };
    write_experiment("mine.sh", "echo mine", NULL);
    write_experiment("other.sh", "echo other", NULL);
    write_experiment("instead.sh", "echo instead", NULL);
    assert_int_equal(gbx_engine_must_fail(engine, &station, &claim, &claim.must_fail[0], &result, NULL), 0);
    assert_int_equal(result.verdict, GBX_FAIL);
    assert_string_equal(result.runs[0].out, "instead\n");
    assert_string_equal(result.runs[1].out, "other\n");
    gbx_result_clear(&result);
}

static void
runs_start_alike_whatever_the_caller_has_set(void **state)
{
    (void)state;
    gbx_result result;
    static const gbx_experiment bare = { .name = "bare", .program = "bare.sh" };
    const gbx_claim claim = { .id = "0.1", .experiments = { &bare }, .check = says_pass };
    write_experiment("bare.sh", "echo \"$PYTHONPATH|$PYTHONSTARTUP|$PYTHONGLASSBOX|$PYTHONHASHSEED\"", NULL);
    setenv("PYTHONPATH", "/somewhere", 1);
    setenv("PYTHONGLASSBOX", "/somewhere.gbx", 1);
    assert_int_equal(gbx_engine_claim(engine, &station, &claim, &result, NULL), 0);
    unsetenv("PYTHONPATH");
    unsetenv("PYTHONGLASSBOX");
    assert_string_equal(result.runs[0].out, "|||0\n");
    gbx_result_clear(&result);
}

/* --------------------------------------------------------------------- builds */

/* A claim on one experiment that needs a build, with an engine that has `found` as its places. */
static void
judge_on(gbx_on on, const gbx_paths *found, gbx_result *result)
{
    static gbx_experiment experiments[8];
    static unsigned used;
    gbx_experiment *experiment = &experiments[used++];
    *experiment = (gbx_experiment){ .name = "on", .program = "on.sh", .on = on };
    gbx_claim claim = { .id = "0.1", .experiments = { experiment }, .check = says_pass };
    gbx_engine_close(engine);
    assert_int_equal(gbx_engine_open(&engine, &(gbx_engine_options){ .paths = found }, NULL), 0);
    write_experiment("on.sh", "echo ran >> ran; echo $0", NULL);
    assert_int_equal(gbx_engine_claim(engine, &station, &claim, result, NULL), 0);
}

/* As if PYTHON= named an interpreter that says of itself what `flags` say: recorder, no GIL, debug, stats. */
static gbx_paths
chosen(const char *flags)
{
    char script[256];
    gbx_paths found = paths;
    snprintf(script, sizeof(script), "#!/bin/sh\nif [ \"$1\" = -I ]; then\n    echo probe cpython 3.13.5 %s\n"
             "else\n    exec /bin/sh \"$@\"\nfi\n", flags);
    write_file("chosen", script, 0755);
    found.python = in_folder("chosen");
    found.python_chosen = true;
    return found;
}

static void
a_build_that_was_not_made_is_skipped_with_what_to_make(void **state)
{
    (void)state;
    gbx_result result;
    gbx_paths found = paths;
    found.root = in_folder("no-such-checkout");
    judge_on(GBX_ON_FT, &found, &result);
    assert_int_equal(result.verdict, GBX_SKIPPED);
    assert_int_equal(checks_called, 0);
    assert_int_equal(result.look.run_count, 0);
    assert_non_null(strstr(gbx_finding_why_skipped(result.finding), "make ft"));
    gbx_result_clear(&result);
    judge_on(GBX_ON_GIL, &found, &result);
    assert_int_equal(result.verdict, GBX_PASS);
    assert_string_equal(result.runs[0].build, "gil");
    gbx_result_clear(&result);
    free(found.root);
}

static void
a_build_that_was_made_is_run(void **state)
{
    (void)state;
    gbx_result result;
    gbx_paths found = paths;
    found.root = in_folder("checkout");
    char *build = in_folder("checkout/cpython"), *all = in_folder("checkout/cpython/build");
    char *ft = in_folder("checkout/cpython/build/ft");
    mkdir(found.root, 0700);
    mkdir(build, 0700);
    mkdir(all, 0700);
    assert_int_equal(mkdir(ft, 0700), 0);
    write_file("checkout/cpython/build/ft/python", "#!/bin/sh\necho without the lock\n", 0755);
    judge_on(GBX_ON_FT, &found, &result);
    assert_int_equal(result.verdict, GBX_PASS);
    assert_string_equal(result.runs[0].out, "without the lock\n");
    assert_string_equal(result.runs[0].build, "ft");
    gbx_result_clear(&result);
    free(found.root);
    free(build);
    free(all);
    free(ft);
}

static void
a_chosen_interpreter_runs_what_is_about_it_and_skips_the_rest(void **state)
{
    (void)state;
    static const struct { const char *flags; gbx_on on; const char *build; } cases[] = {
        { "1 0 0 0", GBX_ON_GIL, "gil" }, { "1 0 0 0", GBX_ON_FT, NULL },
        { "1 1 0 0", GBX_ON_GIL, NULL }, { "1 1 0 0", GBX_ON_FT, "ft" },
        { "1 1 1 0", GBX_ON_ANY, "ft debug" },
    };
    for (size_t i = 0; i < GBX_COUNT(cases); i++) {
        gbx_result result;
        gbx_paths found = chosen(cases[i].flags);
        judge_on(cases[i].on, &found, &result);
        const char *why = gbx_finding_why_skipped(result.finding);
        assert_int_equal(result.verdict, cases[i].build == NULL ? GBX_SKIPPED : GBX_PASS);
        if (cases[i].build == NULL) {
            assert_non_null(strstr(why, "PYTHON= names CPython 3.13.5"));
            assert_int_equal(result.look.run_count, 0);
        }
        else {
            assert_string_equal(result.runs[0].build, cases[i].build);
        }
        gbx_result_clear(&result);
        free(found.python);
    }
}

static void
a_claim_on_two_builds_runs_neither_where_one_is_missing(void **state)
{
    (void)state;
    gbx_result result;
    static const gbx_experiment with = { .name = "with", .program = "with.sh", .on = GBX_ON_GIL };
    static const gbx_experiment without = { .name = "without", .program = "without.sh", .on = GBX_ON_FT };
    const gbx_claim claim = { .id = "0.1", .experiments = { &with, &without }, .check = says_pass };
    write_experiment("with.sh", "touch with-ran", NULL);
    write_experiment("without.sh", "true", NULL);
    assert_int_equal(gbx_engine_claim(engine, &station, &claim, &result, NULL), 0);
    assert_int_equal(result.verdict, GBX_SKIPPED);
    char *ran = in_folder("0-test/with-ran");
    assert_int_not_equal(access(ran, F_OK), 0);
    free(ran);
    gbx_result_clear(&result);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, open_engine, close_engine)
    const struct CMUnitTest tests[] = {
        TEST(a_check_sees_the_run_and_its_verdict_is_kept),
        TEST(a_crash_is_broken_and_no_check_is_called),
        TEST(another_exit_status_is_broken_and_tells_the_last_line),
        TEST(a_run_out_of_time_is_broken),
        TEST(a_trace_that_breaks_its_own_rules_is_broken),
        TEST(a_file_that_is_no_trace_is_broken),
        TEST(lost_events_make_pass_and_fail_insufficient),
        TEST(a_class_that_was_not_recorded_makes_it_insufficient),
        TEST(broken_is_no_word_of_a_check),
        TEST(an_interpreter_without_a_recorder_is_an_error_not_a_verdict),
        TEST(what_a_build_lacks_is_skipped_with_its_reason),
        TEST(claims_that_name_one_experiment_share_one_run),
        TEST(a_must_fail_runs_in_place_of_its_experiment_alone),
        TEST(runs_start_alike_whatever_the_caller_has_set),
        TEST(a_build_that_was_not_made_is_skipped_with_what_to_make),
        TEST(a_build_that_was_made_is_run),
        TEST(a_chosen_interpreter_runs_what_is_about_it_and_skips_the_rest),
        TEST(a_claim_on_two_builds_runs_neither_where_one_is_missing),
    };
    return cmocka_run_group_tests(tests, set_stage, clear_stage);
}
