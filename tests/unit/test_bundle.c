/* Bundles: what is packed is unpacked the same, the same content gives the same bytes, and a hostile archive is refused by
   name before a byte of it is written.  The archives are made here, header by header, since no archiver would. */

#include "trace_test.h"

#include "beneath.h"
#include "bundle.h"
#include "digest.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static gbx_error error;

/* ------------------------------------------------------------- raw archives */

typedef struct {
    char *bytes;
    size_t size, room;
} raw;

static void
put(raw *to, const void *bytes, size_t size)
{
    if (to->size + size > to->room) {
        to->room = (to->size + size) * 2;
        to->bytes = realloc(to->bytes, to->room);
        assert_non_null(to->bytes);
    }
    if (size > 0) {
        memcpy(to->bytes + to->size, bytes, size);
    }
    to->size += size;
}

static void
pad(raw *to)
{
    static const char zeros[512];
    put(to, zeros, (512 - to->size % 512) % 512);
}

/* A header that says `size`, whatever follows. */
static void
header(raw *to, const char *name, char type, const char *link, size_t size)
{
    char block[512] = { 0 };
    unsigned sum = 0;
    memcpy(block, name, strnlen(name, 100));
    memcpy(block + 100, "0000644", 8);
    memcpy(block + 108, "0000000", 8);
    memcpy(block + 116, "0000000", 8);
    snprintf(block + 124, 12, "%011o", (unsigned)size & 0x7fffffff);
    snprintf(block + 136, 12, "%011o", 0u);
    memset(block + 148, ' ', 8);
    block[156] = type;
    memcpy(block + 157, link, strnlen(link, 100));
    memcpy(block + 257, "ustar\00000", 8);
    if (type == 'S') {                           /* one byte, far out */
        memcpy(block + 257, "ustar  ", 8);
        memcpy(block + 386, "06543210000\0" "00000000001", 24);
        memcpy(block + 483, "06543210001", 12);
    }
    for (size_t i = 0; i < sizeof(block); i++) {
        sum += (unsigned char)block[i];
    }
    snprintf(block + 148, 8, "%06o", sum);
    put(to, block, sizeof(block));
}

static void
put_file(raw *to, const char *name, const char *text)
{
    header(to, name, '0', "", strlen(text));
    put(to, text, strlen(text));
    pad(to);
}

static void
put_end(raw *to)
{
    static const char zeros[1024];
    put(to, zeros, sizeof(zeros));
}

/* The manifest that the files of a sound bundle would have. */
static void
put_manifest(raw *to, const char *work, const char *answers)
{
    char a[GBX_DIGEST_TEXT], b[GBX_DIGEST_TEXT], text[1024];
    assert_int_equal(gbx_digest_text(a, work, strlen(work), &error), 0);
    assert_int_equal(gbx_digest_text(b, answers, strlen(answers), &error), 0);
    snprintf(text, sizeof(text), "{\"format\":\"glassbox-bundle 1\",\"lab\":1,\"student\":\"ann\",\"seed\":\"00\","
             "\"rubric\":\"sha256:1\",\"files\":{\"work.py\":\"%s\",\"answers.toml\":\"%s\"}}", a, b);
    put_file(to, "manifest.json", text);
}

/* Compressed `times` times, into a file. */
static void
save(const char *path, const raw *tar, int times)
{
    raw now = { 0 };
    put(&now, tar->bytes, tar->size);
    for (int i = 0; i < times; i++) {
        size_t room = now.size + 4096, used = 0;
        char *packed = malloc(room);
        struct archive *to = archive_write_new();
        assert_non_null(packed);
        assert_int_equal(archive_write_add_filter_gzip(to), ARCHIVE_OK);
        assert_int_equal(archive_write_set_format_raw(to), ARCHIVE_OK);
        assert_int_equal(archive_write_set_bytes_in_last_block(to, 1), ARCHIVE_OK);
        assert_int_equal(archive_write_open_memory(to, packed, room, &used), ARCHIVE_OK);
        struct archive_entry *entry = archive_entry_new();
        archive_entry_set_filetype(entry, AE_IFREG);
        assert_int_equal(archive_write_header(to, entry), ARCHIVE_OK);
        assert_int_equal(archive_write_data(to, now.bytes, now.size), (la_ssize_t)now.size);
        archive_entry_free(entry);
        assert_int_equal(archive_write_close(to), ARCHIVE_OK);
        archive_write_free(to);
        now.size = 0;
        put(&now, packed, used);
        free(packed);
    }
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, now.bytes, now.size), (ssize_t)now.size);
    close(file);
    free(now.bytes);
}

/* --------------------------------------------------------------------- the cases */

static const char work[] = "def hot(n):\n    return n + n\n", answers[] = "a = 1\n";

static void
sound(raw *to)
{
    put_manifest(to, work, answers);
    put_file(to, "answers.toml", answers);
    put_file(to, "work.py", work);
    put_end(to);
}

static void
with_extra(raw *to, const char *name, char type, const char *link)
{
    put_manifest(to, work, answers);
    put_file(to, "answers.toml", answers);
    put_file(to, "work.py", work);
    header(to, name, type, link, 0);
    put_end(to);
}

static void slip(raw *to) { with_extra(to, "../../evil.py", '0', ""); }
static void slip_inside(raw *to) { with_extra(to, "lib/../../evil.py", '0', ""); }
static void absolute(raw *to) { with_extra(to, "/tmp/evil.py", '0', ""); }
static void backslash(raw *to) { with_extra(to, "..\\evil.py", '0', ""); }
static void dot(raw *to) { with_extra(to, "./work.py", '0', ""); }
static void hard_link(raw *to) { with_extra(to, "passwd", '1', "/etc/passwd"); }
static void hard_link_out(raw *to) { with_extra(to, "up", '1', "../../../etc/passwd"); }
static void soft_link(raw *to) { with_extra(to, "shadow", '2', "/etc/shadow"); }
static void character_device(raw *to) { with_extra(to, "null", '3', ""); }
static void block_device(raw *to) { with_extra(to, "disk", '4', ""); }
static void folder(raw *to) { with_extra(to, "lib/", '5', ""); }
static void pipe_of_tar(raw *to) { with_extra(to, "pipe", '6', ""); }
static void not_utf8(raw *to) { with_extra(to, "caf\xe9.py", '0', ""); }
static void control(raw *to) { with_extra(to, "a\x1b[31mb.py", '0', ""); }
static void unknown(raw *to) { with_extra(to, "grade.py", '0', ""); }
static void capitals(raw *to) { with_extra(to, "WORK.PY", '0', ""); }
static void twice(raw *to) { with_extra(to, "work.py", '0', ""); }

/* A link and then a file through it: how the oldest of these tricks is done. */
static void
through_link(raw *to)
{
    put_manifest(to, work, answers);
    header(to, "lib", '2', "/tmp", 0);
    put_file(to, "lib/evil.py", "1");
    put_end(to);
}

static void
sparse(raw *to)
{
    static const char map[] = "22 GNU.sparse.major=1\n22 GNU.sparse.minor=0\n"
        "37 GNU.sparse.name=answers.toml.real\n33 GNU.sparse.realsize=999999999\n";
    put_manifest(to, work, answers);
    header(to, "PaxHeader", 'x', "", strlen(map));
    put(to, map, strlen(map));
    pad(to);
    header(to, "holes", '0', "", 513);
    put(to, "1\n900000000\n1\n", 14);
    pad(to);
    put(to, "x", 1);
    pad(to);
    put_end(to);
}

/* A record of attributes whose length is not its own: libarchive goes on with a warning. */
static void
broken_attributes(raw *to)
{
    static const char map[] = "30 GNU.sparse.major=1\n";
    put_manifest(to, work, answers);
    put_file(to, "answers.toml", answers);
    header(to, "PaxHeader", 'x', "", strlen(map));
    put(to, map, strlen(map));
    pad(to);
    put_file(to, "work.py", work);
    put_end(to);
}

static void
gnu_sparse(raw *to)
{
    put_manifest(to, work, answers);
    header(to, "holes", 'S', "", 1);
    put(to, "x", 1);
    pad(to);
    put_end(to);
}

static void
no_manifest(raw *to)
{
    put_file(to, "answers.toml", answers);
    put_file(to, "work.py", work);
    put_end(to);
}

static void
manifest_is_no_json(raw *to)
{
    put_file(to, "manifest.json", "{\"lab\": 1, \"lab\": 2}");
    put_end(to);
}

static void
manifest_of_another_format(raw *to)
{
    put_file(to, "manifest.json", "{\"format\":\"zip\"}");
    put_end(to);
}

static void
manifest_without_owner(raw *to)
{
    put_file(to, "manifest.json", "{\"format\":\"glassbox-bundle 1\",\"lab\":1,\"student\":7,\"files\":{}}");
    put_end(to);
}

/* A cell of 8 MiB of one letter nested in lists, which JSON's reader must not follow into the ground. */
static void
manifest_is_deep(raw *to)
{
    static char deep[200001];
    memset(deep, '[', sizeof(deep) - 1);
    put_file(to, "manifest.json", deep);
    put_end(to);
}

static void
other_file(raw *to)
{
    put_manifest(to, work, answers);
    put_file(to, "answers.toml", answers);
    put_file(to, "work.py", "def hot(n):\n    return 1\n");
    put_end(to);
}

static void
listed_and_missing(raw *to)
{
    put_manifest(to, work, answers);
    put_file(to, "work.py", work);
    put_end(to);
}

static void
lies_about_size(raw *to)
{
    put_manifest(to, work, answers);
    header(to, "work.py", '0', "", 0x3fffffff);
    put(to, work, strlen(work));
}

static void
many(raw *to)
{
    char name[16];
    for (int i = 0; i < 500; i++) {
        snprintf(name, sizeof(name), "%d.py", i);
        put_file(to, name, "");
    }
    put_end(to);
}

static void
bomb(raw *to)
{
    char *zeros = calloc(1, 64u << 20);
    assert_non_null(zeros);
    header(to, "work.py", '0', "", 64u << 20);
    put(to, zeros, 64u << 20);
    put_end(to);
    free(zeros);
}

/* The bomb is in what libarchive reads by itself: attributes of an entry. */
static void
bomb_in_attributes(raw *to)
{
    size_t size = 15u << 20;
    char *text = malloc(size + 1);
    assert_non_null(text);
    memset(text, 'x', size);
    int length = snprintf(text, 64, "%zu path=", size);
    text[length] = 'y';
    text[size - 1] = '\n';
    header(to, "PaxHeader", 'x', "", size);
    put(to, text, size);
    pad(to);
    put_file(to, "work.py", work);
    put_end(to);
    free(text);
}

static void
nothing(raw *to)
{
    put_end(to);
}

static const struct {
    const char *name;
    void (*make)(raw *to);
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

static gbx_bundle *
open_sound(const char *path)
{
    gbx_bundle *bundle;
    gbx_refusal refusal;
    raw tar = { 0 };
    sound(&tar);
    save(path, &tar, 1);
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
    assert_string_equal(gbx_bundle_file(bundle, "work.py", &size), work);
    assert_int_equal(size, strlen(work));
    assert_null(gbx_bundle_file(bundle, "manifest.json", &size));
    assert_string_equal(json_string_value(json_object_get(gbx_bundle_manifest(bundle), "student")), "ann");
    gbx_bundle_close(bundle);
}

static void
each_hostile_archive_is_refused_by_name(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        gbx_bundle *bundle = NULL;
        gbx_refusal refusal;
        raw tar = { 0 };
        cases[i].make(&tar);
        save(test_path("hostile"), &tar, 1);
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
        raw tar = { 0 };
        sound(&tar);
        save(test_path("nested"), &tar, times);
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
    gbx_bundle *bundle = open_sound(test_path("whole"));
    gbx_bundle_close(bundle);
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
            assert_string_equal(gbx_bundle_file(bundle, "work.py", &bytes_of_work), work);
        }
        refused += bundle == NULL;
        gbx_bundle_close(bundle);
    }
    assert_true(refused > (size_t)size);         /* a bit of gzip's own head or tail may tell nobody anything */
}

/* The sum of a header anew, so that what is wrong in it is looked at. */
static void
seal_header(char *block)
{
    unsigned sum = 0;
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++) {
        sum += (unsigned char)block[i];
    }
    snprintf(block + 148, 8, "%06o", sum & 0777777);
}

/* Some bytes of the archive become others, in headers of sound sums: thousands of archives, the same in each run.  Whatever is taken is
   what the manifest lists, and nothing else. */
static void
an_archive_of_any_bytes_is_read_or_refused(void **state)
{
    (void)state;
    uint64_t draw = 0x9e3779b97f4a7c15;
    size_t taken = 0, seen[16] = { 0 };
    raw whole = { 0 };
    with_extra(&whole, "notes.md", '0', "");
    for (int round = 0; round < 3000; round++) {
        raw tar = { 0 };
        put(&tar, whole.bytes, whole.size);
        for (int change = 0; change < 1 + round % 5; change++) {
            draw = draw * 6364136223846793005u + 1442695040888963407u;
            size_t block = draw % 97 % (tar.size / 512), in = (draw >> 20) % 345;
            tar.bytes[block * 512 + in] = (char)(draw >> 40);
            if (draw % 8 != 0) {
                tar.bytes[block * 512 + 156] = "0123456xgLKSVDMN"[draw >> 50 & 15];
            }
            seal_header(tar.bytes + block * 512);
        }
        save(test_path("any"), &tar, 1);
        free(tar.bytes);
        gbx_bundle *bundle;
        gbx_refusal refusal;
        size_t size;
        assert_int_equal(gbx_bundle_open(&bundle, test_path("any"), &refusal, &error), 0);
        assert_true((bundle == NULL) == (refusal.reason != GBX_REFUSED_NONE));
        if (bundle != NULL) {
            assert_int_equal(gbx_bundle_count(bundle), 2);
            assert_string_equal(gbx_bundle_file(bundle, "work.py", &size), work);
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
    write_text(in, "work.py", work);
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
    write_text(in, "real.py", work);
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
    write_text(in, "work.py", work);
    json_t *tight = submit("[\"work.py\"]", "[]", (int)strlen(work) - 1), *fits = submit("[\"work.py\"]", "[]", (int)strlen(work));
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
    static const char *const bad[] = { "../x", "a/../../x", "/etc/passwd", "out/passwd", "in/../../x", "", ".", "a//b", "self" };
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
        TEST(each_hostile_archive_is_refused_by_name),
        TEST(what_is_packed_twice_is_refused),
        TEST(a_damaged_bundle_is_refused_wherever_the_damage_is),
        TEST(an_archive_of_any_bytes_is_read_or_refused),
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
