/* What tests of a batch share; see batch_test.h. */

#include "batch_test.h"

#include "driver.h"
#include "outcome.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

char *batch_folder;
gbx_error batch_error;
static const char key[] = "the course's key";

/* ---------------------------------------------------------------- the stand-in grader */

void
batch_put_file(const char *path, const char *text)
{
    FILE *to = fopen(path, "w");
    if (to == NULL || fputs(text, to) == EOF || fclose(to) != 0) {
        fprintf(stderr, "cannot write '%s': %s\n", path, strerror(errno));
        _exit(75);
    }
}

char *
batch_get_file(const char *path)
{
    char *text = NULL;
    size_t size = 0;
    FILE *from = fopen(path, "r");
    if (from == NULL || getdelim(&text, &size, '\0', from) < 0) {
        free(text);
        text = strdup("");
    }
    if (from != NULL) {
        fclose(from);
    }
    return text;
}

static void
write_result(const char *out, const char *student, const char *verdict, double score)
{
    char path[4096], half[4096];
    json_t *made = json_pack("{s:s, s:{s:i, s:s, s:s}, s:s, s:s, s:f, s:f, s:{s:s, s:i}}", "format", "glassbox-result 1", "lab",
                               "number", 1, "name", "sites", "rubric", "sha256:r", "student", student, "verdict", verdict,
                               "score", score, "points", 10.0, "host", "grader", "stand-in", "pid", (int)getpid());
    snprintf(path, sizeof(path), "%s/result.json", out);
    snprintf(half, sizeof(half), "%s/result.json.half", out);
    if (gbx_outcome_seal(made, key, sizeof(key), NULL) != 0 || json_dump_file(made, half, 0) != 0 || rename(half, path) != 0) {
        _exit(75);
    }
    json_decref(made);
}

/* "pass 7", "infra", "once FILE", "crash", "half", "usage", "other", "forged", "sleep MS"; noted in $COUNT. */
int
batch_stand_in(int argc, char **argv)
{
    const char *student = "", *out = "", *bundle = argv[argc - 1];
    for (int i = 2; i + 1 < argc; i++) {
        student = strcmp(argv[i], "--student") == 0 ? argv[i + 1] : student;
        out = strcmp(argv[i], "--out") == 0 ? argv[i + 1] : out;
    }
    char *text = batch_get_file(bundle), what[64] = "", rest[1000] = "";
    sscanf(text, "%63s %999s", what, rest);
    free(text);
    FILE *count = getenv("COUNT") == NULL ? NULL : fopen(getenv("COUNT"), "a");
    if (count != NULL) {
        fprintf(count, "%s\n", student);
        fclose(count);
    }
    if (strcmp(what, "infra") == 0 || (strcmp(what, "once") == 0 && access(rest, F_OK) != 0)) {
        if (what[0] == 'o') {
            batch_put_file(rest, "");
        }
        fprintf(stderr, "something before\nglassbox: no memory for '%s'\n", student);
        return 75;
    }
    if (strcmp(what, "crash") == 0) {
        kill(getpid(), SIGSEGV);
    }
    if (strcmp(what, "sleep") == 0) {
        usleep((useconds_t)strtoul(rest, NULL, 10) * 1000);
    }
    if (strcmp(what, "half") == 0) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/result.json", out);
        batch_put_file(path, "{\"format\":\"glassbox-result 1\", \"verdict\":\"pa");
    }
    else if (strcmp(what, "usage") == 0) {
        fputs("glassbox: there is no lab 77\n", stderr);
        return 64;
    }
    else if (strcmp(what, "other") == 0) {
        write_result(out, "somebody", "pass", 10);
    }
    else if (strcmp(what, "forged") == 0) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/result.json", out);
        batch_put_file(path, "{\"format\":\"glassbox-result 1\",\"student\":\"a\",\"verdict\":\"pass\",\"score\":10,\"points\":10}");
    }
    else if (strcmp(what, "nothing") != 0) {
        bool whole = strcmp(what, "pass") == 0 || strcmp(what, "once") == 0;
        bool slept = strcmp(what, "sleep") == 0;
        write_result(out, student, whole ? "pass" : slept ? "fail" : what, whole ? 10 : slept ? 0 : strtod(rest, NULL));
    }
    return 0;
}

/* ------------------------------------------------------------------------- helps */

char *
batch_at(const char *name)
{
    static char paths[8][4096];
    static unsigned turn;
    char *path = paths[turn++ % 8];
    snprintf(path, 4096, "%s/%s", batch_folder, name);
    return path;
}

int
batch_set_up(void **state)
{
    (void)state;
    assert_int_equal(gbx_driver_temporary(&batch_folder, &batch_error), 0);
    mkdir(batch_at("in"), 0777);
    setenv("COUNT", batch_at("count"), 1);
    batch_put_file(batch_at("list"), "");
    return 0;
}

int
batch_tear_down(void **state)
{
    (void)state;
    assert_int_equal(gbx_driver_temporary_remove(&batch_folder, &batch_error), 0);
    return 0;
}

/* A bundle, and its line at the end of the list. */
void
batch_hand_in(const char *student, const char *what)
{
    char name[300];
    snprintf(name, sizeof(name), "in/%s.glassbox.tar.gz", student);
    batch_put_file(batch_at(name), what);
    FILE *list = fopen(batch_at("list"), "a");
    fprintf(list, "%s\n", batch_at(name));
    fclose(list);
}

gbx_batch_options
batch_options_of(void)
{
    static char list[4096], out[4096];
    snprintf(list, sizeof(list), "%s", batch_at("list"));
    snprintf(out, sizeof(out), "%s", batch_at("out"));
    return (gbx_batch_options){ .list = list, .out = out, .program = "/proc/self/exe", .judge = "sha256:j", .key = key,
                                .key_size = sizeof(key), .jobs = 3, .attempts = 3, .backoff_ms = 5, .limit_ms = 20000 };
}

gbx_batch_result batch_result;

int
batch_run_with(gbx_batch_options options)
{
    gbx_batch_result_clear(&batch_result);
    batch_error.message[0] = '\0';
    unlink(batch_at("count"));
    return gbx_batch_run(&options, &batch_result, &batch_error);
}

int
batch_run(void)
{
    return batch_run_with(batch_options_of());
}

size_t
batch_gradings(void)
{
    char *text = batch_get_file(batch_at("count"));
    size_t lines = 0;
    for (const char *c = text; *c != '\0'; c++) {
        lines += *c == '\n';
    }
    free(text);
    return lines;
}

void
batch_assert_table(const char *expected)
{
    char *text = batch_get_file(batch_at("out/table.csv")), *want;
    assert_true(asprintf(&want, "student,lab,verdict,score,points,submission,rubric\n%s", expected) > 0);
    assert_string_equal(text, want);
    free(text);
    free(want);
}

void
batch_assert_says(const char *part)
{
    if (strstr(batch_error.message, part) == NULL) {
        fail_msg("'%s' is not in '%s'", part, batch_error.message);
    }
}

