/* Bundles: what is packed is unpacked the same, the same content gives the same bytes, and nothing is taken or written
   through a link.  (Hostile ones are in test_bundle_hostile.c.) */

#include "raw_archive.h"
#include "trace_test.h"

#include "beneath.h"
#include "bundle.h"
#include "digest.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static gbx_error error;

static gbx_bundle *
open_sound(const char *path)
{
    gbx_bundle *bundle;
    gbx_refusal refusal;
    raw_archive tar = { 0 };
    raw_bundle(&tar);
    raw_save(path, &tar, 1);
    free(tar.bytes);
    assert_int_equal(gbx_bundle_open(&bundle, path, &refusal, &error), 0);
    assert_int_equal(refusal.reason, GBX_REFUSED_NONE);
    assert_non_null(bundle);
    return bundle;
}

/* ----------------------------------------------------------------------- tests */

static void
a_sound_bundle_is_read(void **state)
{
    (void)state;
    size_t size;
    gbx_bundle *bundle = open_sound(test_path("sound"));
    assert_int_equal(gbx_bundle_count(bundle), 2);
    assert_string_equal(gbx_bundle_name(bundle, 0), "answers.toml");
    assert_string_equal(gbx_bundle_name(bundle, 1), "work.py");
    assert_null(gbx_bundle_name(bundle, 2));
    assert_string_equal(gbx_bundle_file(bundle, "work.py", &size), raw_work);
    assert_int_equal(size, strlen(raw_work));
    assert_null(gbx_bundle_file(bundle, "manifest.json", &size));
    assert_string_equal(json_string_value(json_object_get(gbx_bundle_manifest(bundle), "student")), "ann");
    gbx_bundle_close(bundle);
}

static json_t *
submit(const char *files, const char *optional, int most)
{
    json_error_t wrong;
    char text[256];
    snprintf(text, sizeof(text), "{\"files\":%s,\"optional\":%s,\"most_bytes\":%d}", files, optional, most);
    json_t *value = json_loads(text, 0, &wrong);
    assert_non_null(value);
    return value;
}

static void
a_bundle_is_held_against_what_the_lab_asks_for(void **state)
{
    (void)state;
    static const struct {
        int number;
        const char *files, *optional;
        int most;
        gbx_refusal_reason reason;
    } asked[] = {
        { 1, "[\"work.py\",\"answers.toml\"]", "[]", 1000, GBX_REFUSED_NONE },
        { 1, "[\"work.py\"]", "[\"answers.toml\",\"notes.md\"]", 1000, GBX_REFUSED_NONE },
        { 2, "[\"work.py\",\"answers.toml\"]", "[]", 1000, GBX_REFUSED_OTHER_LAB },
        { 1, "[\"work.py\",\"explain.toml\"]", "[\"answers.toml\"]", 1000, GBX_REFUSED_MISSING },
        { 1, "[\"work.py\"]", "[]", 1000, GBX_REFUSED_UNKNOWN },
        { 1, "[\"work.py\",\"answers.toml\"]", "[]", 10, GBX_REFUSED_LARGE },
    };
    gbx_bundle *bundle = open_sound(test_path("asked"));
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        gbx_refusal refusal;
        json_t *rules = submit(asked[i].files, asked[i].optional, asked[i].most);
        assert_int_equal(gbx_bundle_check(bundle, asked[i].number, rules, &refusal), asked[i].reason == GBX_REFUSED_NONE);
        assert_int_equal(refusal.reason, asked[i].reason);
        json_decref(rules);
    }
    gbx_bundle_close(bundle);
}

/* -------------------------------------------------------------- a work folder */

static const char *
make_folder(const char *name)
{
    const char *path = test_path(name);
    assert_int_equal(mkdir(path, 0700), 0);
    return path;
}

static void
write_text(const char *in, const char *name, const char *text)
{
    char path[4200];
    snprintf(path, sizeof(path), "%s/%s", in, name);
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    assert_int_equal(fclose(file), 0);
}

static json_t *
head(void)
{
    json_t *value = json_pack("{s:i,s:s,s:s,s:s,s:[],s:[]}", "lab", 1, "student", "ann", "seed", "00", "rubric", "sha256:1",
                              "hints", "predictions");
    assert_non_null(value);
    return value;
}

static gbx_refusal_reason
gather(gbx_bundle **bundle, const char *in, const json_t *rules)
{
    gbx_refusal refusal;
    json_t *first = head();
    assert_int_equal(gbx_bundle_gather(bundle, in, rules, first, &refusal, &error), 0);
    json_decref(first);
    assert_true((*bundle == NULL) == (refusal.reason != GBX_REFUSED_NONE));
    return refusal.reason;
}

static void
same_bytes(const char *a, const char *b)
{
    char x[GBX_DIGEST_TEXT], y[GBX_DIGEST_TEXT];
    assert_int_equal(gbx_digest_file(x, a, 0, &error), 0);
    assert_int_equal(gbx_digest_file(y, b, 0, &error), 0);
    assert_string_equal(x, y);
}

static void
what_is_packed_is_unpacked_the_same_and_packing_is_deterministic(void **state)
{
    (void)state;
    char in[4096], out[4096], a[4096], b[4096], path[4200], text[256];
    snprintf(in, sizeof(in), "%s", make_folder("in"));
    snprintf(out, sizeof(out), "%s", make_folder("out"));
    snprintf(a, sizeof(a), "%s", test_path("a.glassbox.tar.gz"));
    snprintf(b, sizeof(b), "%s", test_path("b.glassbox.tar.gz"));
    snprintf(path, sizeof(path), "%s/lib", in);
    assert_int_equal(mkdir(path, 0700), 0);
    write_text(in, "work.py", raw_work);
    write_text(in, "lib/more.py", "x = 1\n");
    write_text(in, "secret.txt", "not asked for");
    json_t *rules = submit("[\"work.py\",\"lib/more.py\"]", "[\"notes.md\"]", 1000);
    gbx_bundle *bundle;
    gbx_refusal refusal;
    assert_int_equal(gather(&bundle, in, rules), GBX_REFUSED_NONE);
    assert_int_equal(gbx_bundle_count(bundle), 2);
    assert_int_equal(gbx_bundle_pack(bundle, a, &error), 0);
    assert_int_equal(gbx_bundle_pack(bundle, b, &error), 0);
    same_bytes(a, b);
    char submission[100];
    snprintf(submission, sizeof(submission), "%s", gbx_bundle_submission(bundle));
    gbx_bundle_close(bundle);

    assert_int_equal(gbx_bundle_open(&bundle, a, &refusal, &error), 0);
    assert_non_null(bundle);
    assert_true(gbx_bundle_check(bundle, 1, rules, &refusal));
    assert_string_equal(gbx_bundle_submission(bundle), submission);
    assert_int_equal(gbx_bundle_unpack(bundle, out, &error), 0);
    snprintf(path, sizeof(path), "%s/lib/more.py", out);
    FILE *file = fopen(path, "re");
    assert_non_null(file);
    assert_non_null(fgets(text, sizeof(text), file));
    assert_string_equal(text, "x = 1\n");
    fclose(file);
    assert_int_not_equal(gbx_bundle_unpack(bundle, out, &error), 0);     /* nothing is written over */
    gbx_bundle_close(bundle);
    json_decref(rules);
}

static void
a_work_folder_is_read_through_no_link(void **state)
{
    (void)state;
    char in[4096], path[4200];
    gbx_bundle *bundle;
    snprintf(in, sizeof(in), "%s", make_folder("links"));
    write_text(in, "real.py", raw_work);
    snprintf(path, sizeof(path), "%s/work.py", in);
    json_t *rules = submit("[\"work.py\"]", "[]", 100), *below = submit("[\"lib/real.py\"]", "[]", 100);
    assert_int_equal(gather(&bundle, in, rules), GBX_REFUSED_MISSING);
    assert_int_equal(symlink("real.py", path), 0);
    assert_int_equal(gather(&bundle, in, rules), GBX_REFUSED_UNREADABLE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_int_equal(gather(&bundle, in, rules), GBX_REFUSED_UNREADABLE);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_int_equal(gather(&bundle, in, rules), GBX_REFUSED_UNREADABLE);
    assert_int_equal(rmdir(path), 0);
    snprintf(path, sizeof(path), "%s/lib", in);
    assert_int_equal(symlink(".", path), 0);
    assert_int_equal(gather(&bundle, in, below), GBX_REFUSED_UNREADABLE);
    json_decref(rules);
    json_decref(below);
}

static void
a_file_that_is_too_large_is_not_taken(void **state)
{
    (void)state;
    char in[4096];
    gbx_bundle *bundle;
    snprintf(in, sizeof(in), "%s", make_folder("large"));
    write_text(in, "work.py", raw_work);
    json_t *tight = submit("[\"work.py\"]", "[]", (int)strlen(raw_work) - 1);
    json_t *fits = submit("[\"work.py\"]", "[]", (int)strlen(raw_work));
    assert_int_equal(gather(&bundle, in, tight), GBX_REFUSED_LARGE);
    assert_int_equal(gather(&bundle, in, fits), GBX_REFUSED_NONE);
    gbx_bundle_close(bundle);
    json_decref(tight);
    json_decref(fits);
}

static void
nothing_is_unpacked_through_a_link_that_waits_in_the_folder(void **state)
{
    (void)state;
    char in[4096], path[4200], trap[4096];
    snprintf(in, sizeof(in), "%s", make_folder("trapped"));
    snprintf(trap, sizeof(trap), "%s", test_path("trap"));
    snprintf(path, sizeof(path), "%s/work.py", in);
    assert_int_equal(symlink(trap, path), 0);
    gbx_bundle *bundle = open_sound(test_path("trapped-bundle"));
    assert_int_not_equal(gbx_bundle_unpack(bundle, in, &error), 0);
    assert_int_equal(access(trap, F_OK), -1);
    assert_int_not_equal(gbx_bundle_unpack(bundle, path, &error), 0);    /* nor where the folder is one */
    gbx_bundle_close(bundle);
}

static void
a_failed_packing_leaves_nothing(void **state)
{
    (void)state;
    gbx_bundle *bundle = open_sound(test_path("to-pack"));
    char path[4200], in[4096];
    snprintf(in, sizeof(in), "%s", make_folder("target"));
    snprintf(path, sizeof(path), "%s/there.glassbox.tar.gz", in);
    assert_int_equal(mkdir(path, 0700), 0);                              /* a rename onto a folder fails */
    assert_int_not_equal(gbx_bundle_pack(bundle, path, &error), 0);
    assert_int_equal(rmdir(path), 0);
    assert_int_equal(rmdir(in), 0);                                      /* it is empty */
    assert_int_not_equal(gbx_bundle_pack(bundle, test_path("nowhere/x"), &error), 0);
    gbx_bundle_close(bundle);
}

static void
what_is_no_file_is_an_error_and_no_verdict(void **state)
{
    (void)state;
    gbx_bundle *bundle;
    gbx_refusal refusal;
    assert_int_equal(gbx_bundle_open(&bundle, test_path("none"), &refusal, &error), GBX_ERROR_MISSING);
    assert_int_equal(gbx_bundle_open(&bundle, test_directory(), &refusal, &error), GBX_ERROR_USAGE);
    assert_int_equal(mkfifo(test_path("fifo"), 0600), 0);
    assert_int_equal(gbx_bundle_open(&bundle, test_path("fifo"), &refusal, &error), GBX_ERROR_USAGE);
}

/* Both roads, openat2() and the walk, refuse the same. */
static void
a_name_beneath_a_folder_never_leads_out_of_it(void **state)
{
    (void)state;
    char in[4096], path[4200];
    static int (*const roads[])(int, const char *, int, mode_t) = { gbx_beneath_open, gbx_beneath_walk };
    static const char *const bad[] = { "../x", "a/../../x", "/etc/passwd", "out/passwd", "in/../../x", "", ".", "a//b",
                                       "self" };
    snprintf(in, sizeof(in), "%s", make_folder("beneath"));
    write_text(in, "file", "1");
    snprintf(path, sizeof(path), "%s/out", in);
    assert_int_equal(symlink("/etc", path), 0);
    snprintf(path, sizeof(path), "%s/self", in);
    assert_int_equal(symlink("file", path), 0);
    snprintf(path, sizeof(path), "%s/in", in);
    assert_int_equal(mkdir(path, 0700), 0);
    write_text(path, "deep", "2");
    int folder_fd = open(in, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    for (size_t road = 0; road < 2; road++) {
        for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
            assert_int_equal(roads[road](folder_fd, bad[i], O_RDONLY, 0), -1);
        }
        int file = roads[road](folder_fd, "in/deep", O_RDONLY, 0);
        assert_true(file >= 0);
        close(file);
    }
    close(folder_fd);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sound_bundle_is_read),
        TEST(a_bundle_is_held_against_what_the_lab_asks_for),
        TEST(what_is_packed_is_unpacked_the_same_and_packing_is_deterministic),
        TEST(a_work_folder_is_read_through_no_link),
        TEST(a_file_that_is_too_large_is_not_taken),
        TEST(nothing_is_unpacked_through_a_link_that_waits_in_the_folder),
        TEST(a_failed_packing_leaves_nothing),
        TEST(what_is_no_file_is_an_error_and_no_verdict),
        TEST(a_name_beneath_a_folder_never_leads_out_of_it),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
