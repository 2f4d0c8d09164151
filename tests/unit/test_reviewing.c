/* Reviewing: what waits for a person, in groups of the same evidence; what was said, kept and found again.  (How a
   person says it is in tests/labs/test_review.py.) */

#include "trace_test.h"

#include "reviewing.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static gbx_error error;

/* A result of one explanation. */
static void
write_result(const char *folder, const char *student, const char *mechanism, int line, const char *verdict, const char *given)
{
    char path[4300];
    snprintf(path, sizeof(path), "%s/%s", folder, student);
    mkdir(path, 0700);
    snprintf(path, sizeof(path), "%s/%s/result.json", folder, student);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fprintf(file, "{\"format\":\"glassbox-result 1\",\"lab\":{\"number\":1,\"name\":\"sites\",\"title\":\"t\",\"rubric\":\"sha256:1\"},"
            "\"student\":\"%s\",\"seed\":\"00\",\"submission\":\"sha256:%s\",\"verdict\":\"%s\",\"score\":0,\"points\":9,\"message\":\"m\","
            "\"limit\":null,\"violation\":null,\"facts\":[],\"predictions\":[],\"hints\":[],\"host\":{},\"explanations\":[{\"id\":\"why\","
            "\"fact\":\"f\",\"mechanism\":\"%s\",\"anchor\":\"a\",\"events\":[{\"ref\":\"spec.miss@work.py:%d#1\",\"found\":true,"
            "\"fits\":true}],\"prose\":\"so\",\"verdict\":\"needs-human\",\"points\":4,\"score\":4,\"person\":5,\"given\":%s}]}",
            student, student, verdict, mechanism, line, given);
    assert_int_equal(fclose(file), 0);
}

static const char *
make_folder(const char *name)
{
    const char *path = test_path(name);
    assert_int_equal(mkdir(path, 0700), 0);
    write_result(path, "ann", "m1", 10, "partial", "null");
    write_result(path, "bob", "m2", 11, "partial", "null");
    write_result(path, "cyd", "m2", 12, "partial", "null");
    write_result(path, "dan", "m2", 13, "partial", "0");             /* there was nothing to read */
    write_result(path, "eve", "m2", 14, "violation", "null");
    return path;
}

static gbx_reviewing
open_folder(const char *folder)
{
    gbx_reviewing reviewing;
    if (gbx_reviewing_open(&reviewing, folder, NULL, 0, &error) != 0) {
        fail_msg("%s", error.message);
    }
    return reviewing;
}

static void
the_same_evidence_is_one_group_the_largest_first(void **state)
{
    (void)state;
    gbx_reviewing reviewing = open_folder(make_folder("groups"));
    size_t first;
    assert_int_equal(reviewing.results, 5);
    assert_int_equal(reviewing.count, 3);
    assert_string_equal(reviewing.items[0].student, "bob");
    assert_string_equal(reviewing.items[1].student, "cyd");
    assert_string_equal(reviewing.items[2].student, "ann");
    assert_int_equal(gbx_reviewing_group(&reviewing, 1, &first), 2);
    assert_int_equal(first, 0);
    assert_int_equal(gbx_reviewing_group(&reviewing, 2, &first), 3);
    assert_int_equal(first, 2);
    assert_string_equal(reviewing.items[0].evidence, reviewing.items[1].evidence);
    gbx_reviewing_clear(&reviewing);
}

static void
what_is_said_is_found_again_and_taken_back(void **state)
{
    (void)state;
    char folder[4096];
    snprintf(folder, sizeof(folder), "%s", make_folder("said"));
    gbx_reviewing reviewing = open_folder(folder);
    assert_int_equal(gbx_reviewing_judge(&reviewing, 0, 5.5, "too much", "rae", &error), GBX_ERROR_USAGE);
    assert_int_equal(gbx_reviewing_judge(&reviewing, 0, 3.5, "good\x1b[0m", "rae", &error), 0);
    assert_int_equal(gbx_reviewing_judge(&reviewing, 1, 5, NULL, "rae", &error), 0);
    assert_int_equal(gbx_reviewing_judge(&reviewing, 1, -1, NULL, "rae", &error), 0);
    gbx_reviewing_clear(&reviewing);

    reviewing = open_folder(folder);
    assert_true(reviewing.items[0].judged);
    assert_true(reviewing.items[0].given >= 3.5 && reviewing.items[0].given <= 3.5);
    assert_string_equal(reviewing.items[0].comment, "good?[0m");
    assert_false(reviewing.items[1].judged);
    assert_int_equal(json_array_size(json_object_get(reviewing.comments, "why")), 1);
    gbx_reviewing_clear(&reviewing);

    write_result(folder, "bob", "m2", 11, "partial", "null");
    char path[4300], text[4096];
    snprintf(path, sizeof(path), "%s/bob/result.json", folder);
    FILE *file = fopen(path, "r+e");
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    text[size] = '\0';
    char *at = strstr(text, "sha256:bob");
    assert_non_null(at);
    memcpy(at, "sha256:new", 10);
    rewind(file);
    assert_int_equal(fwrite(text, 1, size, file), size);
    fclose(file);
    reviewing = open_folder(folder);
    assert_false(reviewing.items[0].judged);                         /* it was about another submission */
    assert_int_equal(reviewing.stale, 1);
    gbx_reviewing_clear(&reviewing);
}

static void
a_folder_without_results_is_said_to_have_none(void **state)
{
    (void)state;
    gbx_reviewing reviewing;
    mkdir(test_path("empty"), 0700);
    assert_int_equal(gbx_reviewing_open(&reviewing, test_path("empty"), NULL, 0, &error), GBX_ERROR_MISSING);
    gbx_reviewing_clear(&reviewing);
    assert_int_equal(gbx_reviewing_open(&reviewing, test_path("nowhere"), NULL, 0, &error), GBX_ERROR_SYSTEM);
    gbx_reviewing_clear(&reviewing);
}

static void
results_without_the_courses_seal_are_passed_over(void **state)
{
    (void)state;
    gbx_reviewing reviewing;
    assert_int_equal(gbx_reviewing_open(&reviewing, make_folder("sealed"), "key", 3, &error), GBX_ERROR_MISSING);
    assert_non_null(strstr(error.message, "has no seal"));
    gbx_reviewing_clear(&reviewing);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_same_evidence_is_one_group_the_largest_first),
        TEST(what_is_said_is_found_again_and_taken_back),
        TEST(a_folder_without_results_is_said_to_have_none),
        TEST(results_without_the_courses_seal_are_passed_over),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
