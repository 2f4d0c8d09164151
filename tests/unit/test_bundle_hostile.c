/* Bundles that somebody else made: each hostile archive is refused by name before a byte of it is written anywhere. */

#include "raw_archive.h"
#include "trace_test.h"

#include "bundle.h"

#include <fcntl.h>
#include <string.h>

static gbx_error error;

/* --------------------------------------------------------------------- the cases */

static void slip(raw_archive *to) { raw_bundle_with(to, "../../evil.py", '0', ""); }
static void slip_inside(raw_archive *to) { raw_bundle_with(to, "lib/../../evil.py", '0', ""); }
static void absolute(raw_archive *to) { raw_bundle_with(to, "/tmp/evil.py", '0', ""); }
static void backslash(raw_archive *to) { raw_bundle_with(to, "..\\evil.py", '0', ""); }
static void dot(raw_archive *to) { raw_bundle_with(to, "./work.py", '0', ""); }
static void hard_link(raw_archive *to) { raw_bundle_with(to, "passwd", '1', "/etc/passwd"); }
static void hard_link_out(raw_archive *to) { raw_bundle_with(to, "up", '1', "../../../etc/passwd"); }
static void soft_link(raw_archive *to) { raw_bundle_with(to, "shadow", '2', "/etc/shadow"); }
static void character_device(raw_archive *to) { raw_bundle_with(to, "null", '3', ""); }
static void block_device(raw_archive *to) { raw_bundle_with(to, "disk", '4', ""); }
static void folder(raw_archive *to) { raw_bundle_with(to, "lib/", '5', ""); }
static void pipe_of_tar(raw_archive *to) { raw_bundle_with(to, "pipe", '6', ""); }
static void not_utf8(raw_archive *to) { raw_bundle_with(to, "caf\xe9.py", '0', ""); }
static void control(raw_archive *to) { raw_bundle_with(to, "a\x1b[31mb.py", '0', ""); }
static void unknown(raw_archive *to) { raw_bundle_with(to, "grade.py", '0', ""); }
static void capitals(raw_archive *to) { raw_bundle_with(to, "WORK.PY", '0', ""); }
static void twice(raw_archive *to) { raw_bundle_with(to, "work.py", '0', ""); }

/* A link and then a file through it: how the oldest of these tricks is done. */
static void
through_link(raw_archive *to)
{
    raw_manifest(to);
    raw_header(to, "lib", '2', "/tmp", 0);
    raw_file(to, "lib/evil.py", "1");
    raw_end(to);
}

static void
sparse(raw_archive *to)
{
    static const char map[] = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
        "37 GNU.sparse.name=answers.toml.real\n33 GNU.sparse.realsize=999999999\n";
    raw_manifest(to);
    raw_header(to, "PaxHeader", 'x', "", strlen(map));
    raw_put(to, map, strlen(map));
    raw_pad(to);
    raw_header(to, "holes", '0', "", 513);
    raw_put(to, "1\n900000000\n1\n", 14);
    raw_pad(to);
    raw_put(to, "x", 1);
    raw_pad(to);
    raw_end(to);
}

/* A record of attributes whose length is not its own: libarchive goes on with a warning. */
static void
broken_attributes(raw_archive *to)
{
    static const char map[] = "30 GNU.sparse.major=1\n";
    raw_manifest(to);
    raw_file(to, "answers.toml", raw_answers);
    raw_header(to, "PaxHeader", 'x', "", strlen(map));
    raw_put(to, map, strlen(map));
    raw_pad(to);
    raw_file(to, "work.py", raw_work);
    raw_end(to);
}

static void
gnu_sparse(raw_archive *to)
{
    raw_manifest(to);
    raw_header(to, "holes", 'S', "", 1);
    raw_put(to, "x", 1);
    raw_pad(to);
    raw_end(to);
}

static void
no_manifest(raw_archive *to)
{
    raw_file(to, "answers.toml", raw_answers);
    raw_file(to, "work.py", raw_work);
    raw_end(to);
}

static void
manifest_is_no_json(raw_archive *to)
{
    raw_file(to, "manifest.json", "{\"lab\": 1, \"lab\": 2}");
    raw_end(to);
}

static void
manifest_of_another_format(raw_archive *to)
{
    raw_file(to, "manifest.json", "{\"format\":\"zip\"}");
    raw_end(to);
}

static void
manifest_without_owner(raw_archive *to)
{
    raw_file(to, "manifest.json", "{\"format\":\"glassbox-bundle 1\",\"lab\":1,\"student\":7,\"files\":{}}");
    raw_end(to);
}

/* A cell of 8 MiB of one letter nested in lists, which JSON's reader must not follow into the ground. */
static void
manifest_is_deep(raw_archive *to)
{
    static char deep[200001];
    memset(deep, '[', sizeof(deep) - 1);
    raw_file(to, "manifest.json", deep);
    raw_end(to);
}

static void
other_file(raw_archive *to)
{
    raw_manifest(to);
    raw_file(to, "answers.toml", raw_answers);
    raw_file(to, "work.py", "def hot(n):\n    return 1\n");
    raw_end(to);
}

static void
listed_and_missing(raw_archive *to)
{
    raw_manifest(to);
    raw_file(to, "work.py", raw_work);
    raw_end(to);
}

static void
lies_about_size(raw_archive *to)
{
    raw_manifest(to);
    raw_header(to, "work.py", '0', "", 0x3fffffff);
    raw_put(to, raw_work, strlen(raw_work));
}

static void
many(raw_archive *to)
{
    char name[16];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof(name), "%d.py", i);
        raw_file(to, name, "");
    }
    raw_end(to);
}

static void
bomb(raw_archive *to)
{
    char *zeros = calloc(1, 64u << 20);
    assert_non_null(zeros);
    raw_header(to, "work.py", '0', "", 64u << 20);
    raw_put(to, zeros, 64u << 20);
    raw_end(to);
    free(zeros);
}

/* The bomb is in what libarchive reads by itself: attributes of an entry. */
static void
bomb_in_attributes(raw_archive *to)
{
    size_t size = 15u << 20;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'x', size);
    int length = snprintf(text, 64, "%zu path=", size);
    text[length] = 'y';
    text[size - 1] = '\n';
    raw_header(to, "PaxHeader", 'x', "", size);
    raw_put(to, text, size);
    raw_pad(to);
    raw_file(to, "work.py", raw_work);
    raw_end(to);
    free(text);
}

static void
nothing(raw_archive *to)
{
    raw_end(to);
}

static const struct {
    const char *name;
    void (*make)(raw_archive *to);
    gbx_refusal_reason reason;
    const char *says;
} cases[] = {
    { "slip", slip, GBX_REFUSED_NAME, "'../../evil.py' in the bundle leads elsewhere" },
    { "slip-inside", slip_inside, GBX_REFUSED_NAME, "leads elsewhere" },
    { "absolute", absolute, GBX_REFUSED_NAME, "'/tmp/evil.py' in the bundle is absolute" },
    { "backslash", backslash, GBX_REFUSED_NAME, "leads elsewhere" },
    { "dot", dot, GBX_REFUSED_NAME, "leads elsewhere" },
    { "hard-link", hard_link, GBX_REFUSED_KIND, "'passwd' in the bundle is a hard link" },
    { "hard-link-out", hard_link_out, GBX_REFUSED_KIND, "is a hard link, and only ordinary files are taken" },
    { "symlink", soft_link, GBX_REFUSED_KIND, "'shadow' in the bundle is a link" },
    { "through-link", through_link, GBX_REFUSED_KIND, "'lib' in the bundle is a link" },
    { "character-device", character_device, GBX_REFUSED_KIND, "is a device" },
    { "block-device", block_device, GBX_REFUSED_KIND, "is a device" },
    { "folder", folder, GBX_REFUSED_KIND, "is a folder" },
    { "fifo", pipe_of_tar, GBX_REFUSED_KIND, "is a pipe" },
    { "sparse", sparse, GBX_REFUSED_KIND, "is a file with holes" },
    { "broken-attributes", broken_attributes, GBX_REFUSED_DAMAGED, "the bundle is damaged: " },
    { "gnu-sparse", gnu_sparse, GBX_REFUSED_KIND, "is a file with holes" },
    { "not-utf8", not_utf8, GBX_REFUSED_NAME, "is no UTF-8" },
    { "control", control, GBX_REFUSED_NAME, "not to be shown" },
    { "capitals", capitals, GBX_REFUSED_NAME, "'work.py' and 'WORK.PY' in the bundle differ in capitals alone" },
    { "twice", twice, GBX_REFUSED_DUPLICATE, "the bundle has 'work.py' twice" },
    { "count", many, GBX_REFUSED_COUNT, "the bundle has more than 64 files" },
    { "bomb", bomb, GBX_REFUSED_BOMB, "it is made to fill a disk" },
    { "bomb-in-attributes", bomb_in_attributes, GBX_REFUSED_BOMB, "it is made to fill a disk" },
    { "unknown", unknown, GBX_REFUSED_UNKNOWN, "'grade.py' is in the bundle, and its manifest does not list it" },
    { "no-manifest", no_manifest, GBX_REFUSED_MANIFEST, "the bundle has no manifest.json" },
    { "manifest-no-json", manifest_is_no_json, GBX_REFUSED_MANIFEST, "cannot be used: duplicate object key" },
    { "manifest-format", manifest_of_another_format, GBX_REFUSED_MANIFEST, "its format is not 'glassbox-bundle 1'" },
    { "manifest-owner", manifest_without_owner, GBX_REFUSED_MANIFEST, "it does not say whose it is" },
    { "manifest-deep", manifest_is_deep, GBX_REFUSED_MANIFEST, "cannot be used: maximum parsing depth" },
    { "wrong-hash", other_file, GBX_REFUSED_ALTERED, "'work.py' in the bundle is not the file that its manifest lists" },
    { "listed-and-missing", listed_and_missing, GBX_REFUSED_ALTERED, "'answers.toml' is listed in the bundle's manifest" },
    { "lies-about-size", lies_about_size, GBX_REFUSED_DAMAGED, "says that it is longer than the bundle" },
    { "nothing", nothing, GBX_REFUSED_MANIFEST, "the bundle has no manifest.json" },
};

/* ----------------------------------------------------------------------- tests */

static void
each_hostile_archive_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gbx_bundle *bundle = NULL;
        gbx_refusal refusal;
        raw_archive tar = { 0 };
        cases[i].make(&tar);
        raw_save(test_path("hostile"), &tar, 1);
        free(tar.bytes);
        assert_int_equal(gbx_bundle_open(&bundle, test_path("hostile"), &refusal, &error), 0);
        assert_null(bundle);
        print_message("%-20s %-18s %-16s %s\n", cases[i].name, gbx_refusal_verdict(refusal.reason),
                      gbx_refusal_violation(refusal.reason), refusal.sentence);
        if (refusal.reason != cases[i].reason || strstr(refusal.sentence, cases[i].says) == NULL) {
            fail_msg("%s: reason %d, not %d: %s", cases[i].name, (int)refusal.reason, (int)cases[i].reason, refusal.sentence);
        }
        assert_null(strchr(refusal.sentence, '\x1b'));
    }
}

static void
what_is_packed_twice_is_refused(void **state)
{
    (void)state;
    for (int times = 0; times <= 40; times += times < 3 ? 1 : 37) {
        gbx_bundle *bundle;
        gbx_refusal refusal;
        raw_archive tar = { 0 };
        raw_bundle(&tar);
        raw_save(test_path("nested"), &tar, times);
        free(tar.bytes);
        assert_int_equal(gbx_bundle_open(&bundle, test_path("nested"), &refusal, &error), 0);
        assert_int_equal(refusal.reason, times == 0 ? GBX_REFUSED_DAMAGED : times == 1 ? GBX_REFUSED_NONE : GBX_REFUSED_BOMB);
        gbx_bundle_close(bundle);
    }
}

/* However short it is cut, and whatever one byte of it becomes: read, or refused, and never more. */
static void
a_damaged_bundle_is_refused_wherever_the_damage_is(void **state)
{
    (void)state;
    gbx_bundle *bundle;
    raw_archive sound = { 0 };
    raw_bundle(&sound);
    raw_save(test_path("whole"), &sound, 1);
    free(sound.bytes);
    char bytes[4096];
    int file = open(test_path("whole"), O_RDONLY | O_CLOEXEC);
    ssize_t size = read(file, bytes, sizeof(bytes));
    close(file);
    assert_true(size > 100 && size < (ssize_t)sizeof(bytes));
    size_t refused = 0;
    for (ssize_t i = 0; i < 2 * size; i++) {
        gbx_refusal refusal;
        bool cut = i < size;
        char kept = bytes[i % size];
        bytes[i % size] = cut ? kept : (char)((unsigned char)kept ^ 1u << i % 8);
        file = open(test_path("damaged"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        ssize_t length = cut ? i : size;
        assert_int_equal(write(file, bytes, (size_t)length), length);
        close(file);
        bytes[i % size] = kept;
        assert_int_equal(gbx_bundle_open(&bundle, test_path("damaged"), &refusal, &error), 0);
        assert_true((bundle == NULL) == (refusal.reason != GBX_REFUSED_NONE));
        if (bundle != NULL) {
            size_t bytes_of_work;
            assert_string_equal(gbx_bundle_file(bundle, "work.py", &bytes_of_work), raw_work);
        }
        refused += bundle == NULL;
        gbx_bundle_close(bundle);
    }
    assert_true(refused > (size_t)size);         /* a bit of gzip's own head or tail may tell nobody anything */
}

/* Some bytes of the archive become others, in headers of sound sums: thousands of archives, the same in each
   run.  Whatever is taken is what the manifest lists, and nothing else. */
static void
an_archive_of_any_bytes_is_read_or_refused(void **state)
{
    (void)state;
    uint64_t draw = 0x9e3779b97f4a7c15;
    size_t taken = 0, seen[16] = { 0 };
    raw_archive whole = { 0 };
    raw_bundle_with(&whole, "notes.md", '0', "");
    for (int round = 0; round < 3000; round++) {
        raw_archive tar = { 0 };
        raw_put(&tar, whole.bytes, whole.size);
        for (int change = 0; change < 1 + round % 5; change++) {
            draw = draw * 6364136223846793005u + 1442695040888963407u;
            size_t block = draw % 97 % (tar.size / 512), in = (draw >> 20) % 345;
            tar.bytes[block * 512 + in] = (char)(draw >> 40);
            if (draw % 8 != 0) {
                tar.bytes[block * 512 + 156] = "0123456xgLKSVDMN"[draw >> 50 & 15];
            }
            raw_seal(tar.bytes + block * 512);
        }
        raw_save(test_path("any"), &tar, 1);
        free(tar.bytes);
        gbx_bundle *bundle;
        gbx_refusal refusal;
        size_t size;
        assert_int_equal(gbx_bundle_open(&bundle, test_path("any"), &refusal, &error), 0);
        assert_true((bundle == NULL) == (refusal.reason != GBX_REFUSED_NONE));
        if (bundle != NULL) {
            assert_int_equal(gbx_bundle_count(bundle), 2);
            assert_string_equal(gbx_bundle_file(bundle, "work.py", &size), raw_work);
            taken++;
        }
        seen[refusal.reason]++;
        gbx_bundle_close(bundle);
    }
    free(whole.bytes);
    print_message("taken %zu, damaged %zu, manifest %zu, unknown %zu, altered %zu, name %zu, kind %zu, duplicate %zu\n", taken,
                  seen[GBX_REFUSED_DAMAGED], seen[GBX_REFUSED_MANIFEST], seen[GBX_REFUSED_UNKNOWN], seen[GBX_REFUSED_ALTERED],
                  seen[GBX_REFUSED_NAME], seen[GBX_REFUSED_KIND], seen[GBX_REFUSED_DUPLICATE]);
    assert_true(seen[GBX_REFUSED_KIND] > 100 && seen[GBX_REFUSED_NAME] > 10 && seen[GBX_REFUSED_DAMAGED] > 10);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_hostile_archive_is_refused_by_name),
        TEST(what_is_packed_twice_is_refused),
        TEST(a_damaged_bundle_is_refused_wherever_the_damage_is),
        TEST(an_archive_of_any_bytes_is_read_or_refused),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
