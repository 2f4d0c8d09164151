/* Which files are read as one trace. */

#include "trace_test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gbx_trace *
open_path(const char *path)
{
    gbx_trace *trace = NULL;
    gbx_error error = { 0, "" };
    if (gbx_trace_open(&trace, path, NULL, &error) != 0) {
        fail_msg("%s", error.message);
    }
    return trace;
}

static void
save(const char *name, uint32_t pid, uint64_t run_id, uint64_t start)
{
    trace_writer *w = writer_new(&(writer_options){ .pid = pid, .run_id = run_id });
    writer_header(w)->start = (gbx_instant){ start, start, start };
    writer_clock(w, start);
    writer_push(w, 0, 2, pid);
    writer_bytes(w);
    writer_save(w, test_path(name));
    writer_free(w);
}

static void
relatives_with_the_same_run_id_are_read_as_one_trace(void **state)
{
    (void)state;
    save("r.gbx", 100, 1, 1000);
    save("r.gbx.101", 101, 1, 900);                      // began before the file that was named
    save("r.gbx.101.1", 101, 1, 1200);
    save("r.gbx.102", 102, 2, 1100);                     // another run
    save("r.gbx.10x", 103, 1, 1100);                     // not a relative's name
    save("r.gbx.104.1.2", 104, 1, 1100);
    save("r.gbx.", 105, 1, 1100);
    gbx_trace *trace = open_path(test_path("r.gbx"));
    assert_int_equal(gbx_trace_process_count(trace), 3);
    assert_string_equal(gbx_trace_process(trace, 0)->path, test_path("r.gbx"));
    assert_int_equal(gbx_trace_count(trace), 3);
    assert_int_equal(gbx_trace_where(trace, 0).pid, 101);
    assert_int_equal(gbx_trace_where(trace, 0).t_ns, 0);
    assert_int_equal(gbx_trace_where(trace, 1).pid, 100);
    assert_int_equal(gbx_trace_where(trace, 1).t_ns, 100);
    assert_int_equal(gbx_trace_where(trace, 2).t_ns, 300);
    assert_int_equal(test_walk(trace), 3);
    gbx_trace_close(trace);
}

static void
relatives_stay_out_when_one_file_alone_is_asked_for(void **state)
{
    (void)state;
    gbx_trace *trace = NULL;
    save("o.gbx", 100, 1, 1000);
    save("o.gbx.101", 101, 1, 1000);
    int result = gbx_trace_open(&trace, test_path("o.gbx"), &(gbx_trace_options){ .only = true }, NULL);
    assert_int_equal(result, 0);
    assert_int_equal(gbx_trace_process_count(trace), 1);
    gbx_trace_close(trace);
}

static void
a_relative_that_is_no_sound_trace_is_passed_over(void **state)
{
    (void)state;
    save("p.gbx", 100, 1, 1000);
    save("p.gbx.101", 101, 1, 1000);
    FILE *file = fopen(test_path("p.gbx.102"), "wb");
    assert_non_null(file);
    fputs("GLASSBOX, but nothing else", file);
    fclose(file);
    assert_int_equal(mkdir(test_path("p.gbx.103"), 0700), 0);
    assert_int_equal(symlink("p.gbx.104", test_path("p.gbx.104")), 0);
    assert_int_equal(mkfifo(test_path("p.gbx.105"), 0600), 0);
    gbx_trace *trace = open_path(test_path("p.gbx"));
    assert_int_equal(gbx_trace_process_count(trace), 2);
    gbx_trace_close(trace);
}

static void
characters_of_a_pattern_in_a_name_mean_themselves(void **state)
{
    (void)state;
    save("a[b]*?\\.gbx", 100, 1, 1000);
    save("a[b]*?\\.gbx.7", 101, 1, 1000);
    save("abxx.gbx.8", 102, 1, 1000);
    gbx_trace *trace = open_path(test_path("a[b]*?\\.gbx"));
    assert_int_equal(gbx_trace_process_count(trace), 2);
    assert_int_equal(gbx_trace_process(trace, 1)->header->pid, 101);
    gbx_trace_close(trace);
}

static void
a_path_with_odd_slashes_finds_its_relatives(void **state)
{
    (void)state;
    char path[600];
    assert_int_equal(mkdir(test_path("d[1]"), 0700), 0);
    save("d[1]/s.gbx", 100, 1, 1000);
    save("d[1]/s.gbx.7", 101, 1, 1000);
    snprintf(path, sizeof(path), "%s//d[1]/.//s.gbx", test_directory());
    gbx_trace *trace = open_path(path);
    assert_int_equal(gbx_trace_process_count(trace), 2);
    gbx_trace_close(trace);
}

static void
more_relatives_than_can_be_read_are_refused(void **state)
{
    (void)state;
    gbx_trace *trace = NULL;
    gbx_error error = { 0, "" };
    char first[64];
    save("m.gbx", 100, 1, 1000);
    snprintf(first, sizeof(first), "%s/m.gbx", test_directory());
    for (int pid = 1; pid <= 4096; pid++) {              // names of one file
        char name[80];
        snprintf(name, sizeof(name), "%s.%d", first, pid);
        assert_int_equal(link(first, name), 0);
    }
    assert_int_equal(gbx_trace_open(&trace, first, NULL, &error), GBX_ERROR_LIMIT);
    assert_non_null(strstr(error.message, "too many relatives"));
    assert_int_equal(gbx_trace_open(&trace, first, &(gbx_trace_options){ .only = true }, &error), 0);
    gbx_trace_close(trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(relatives_with_the_same_run_id_are_read_as_one_trace),
        TEST(relatives_stay_out_when_one_file_alone_is_asked_for),
        TEST(a_relative_that_is_no_sound_trace_is_passed_over),
        TEST(characters_of_a_pattern_in_a_name_mean_themselves),
        TEST(a_path_with_odd_slashes_finds_its_relatives),
        TEST(more_relatives_than_can_be_read_are_refused),
    };
    return cmocka_run_group_tests_name("relatives", tests, NULL, NULL);
}
