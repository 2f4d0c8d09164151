/* Archives as no archiver would write them; see raw_archive.h. */

#include "raw_archive.h"

#include "digest.h"
#include "trace_test.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <string.h>

const char raw_work[] = "def hot(n):\n    return n + n\n", raw_answers[] = "a = 1\n";

void
raw_put(raw_archive *to, const void *bytes, size_t size)
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

void
raw_pad(raw_archive *to)
{
    static const char zeros[512];
    raw_put(to, zeros, (512 - to->size % 512) % 512);
}

void
raw_seal(char block[512])
{
    unsigned sum = 0;
    memset(block + 148, ' ', 8);
    for (size_t i = 0; i < 512; i++) {
        sum += (unsigned char)block[i];
    }
    snprintf(block + 148, 8, "%06o", sum & 0777777);
}

void
raw_header(raw_archive *to, const char *name, char type, const char *link, size_t size)
{
    char block[512] = { 0 };
    memcpy(block, name, strnlen(name, 100));
    memcpy(block + 100, "0000644", 8);
    memcpy(block + 108, "0000000", 8);
    memcpy(block + 116, "0000000", 8);
    snprintf(block + 124, 12, "%011o", (unsigned)size & 0x7fffffff);
    snprintf(block + 136, 12, "%011o", 0u);
    block[156] = type;
    memcpy(block + 157, link, strnlen(link, 100));
    memcpy(block + 257, "ustar\00000", 8);
    if (type == 'S') {                           /* one byte, far out */
        memcpy(block + 257, "ustar  ", 8);
        memcpy(block + 386, "06543210000\0" "00000000001", 24);
        memcpy(block + 483, "06543210001", 12);
    }
    raw_seal(block);
    raw_put(to, block, sizeof(block));
}

void
raw_file(raw_archive *to, const char *name, const char *text)
{
    raw_header(to, name, '0', "", strlen(text));
    raw_put(to, text, strlen(text));
    raw_pad(to);
}

void
raw_end(raw_archive *to)
{
    static const char zeros[1024];
    raw_put(to, zeros, sizeof(zeros));
}

void
raw_manifest(raw_archive *to)
{
    char a[GBX_DIGEST_TEXT], b[GBX_DIGEST_TEXT], text[1024];
    assert_int_equal(gbx_digest_text(a, raw_work, strlen(raw_work), NULL), 0);
    assert_int_equal(gbx_digest_text(b, raw_answers, strlen(raw_answers), NULL), 0);
    snprintf(text, sizeof(text), "{\"format\":\"glassbox-bundle 1\",\"lab\":1,\"student\":\"ann\",\"seed\":\"00\","
             "\"rubric\":\"sha256:1\",\"files\":{\"work.py\":\"%s\",\"answers.toml\":\"%s\"}}", a, b);
    raw_file(to, "manifest.json", text);
}

static void
put_parts(raw_archive *to)
{
    raw_manifest(to);
    raw_file(to, "answers.toml", raw_answers);
    raw_file(to, "work.py", raw_work);
}

void
raw_bundle(raw_archive *to)
{
    put_parts(to);
    raw_end(to);
}

void
raw_bundle_with(raw_archive *to, const char *name, char type, const char *link)
{
    put_parts(to);
    raw_header(to, name, type, link, 0);
    raw_end(to);
}

void
raw_save(const char *path, const raw_archive *tar, int times)
{
    raw_archive now = { 0 };
    raw_put(&now, tar->bytes, tar->size);
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
        raw_put(&now, packed, used);
        free(packed);
    }
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, now.bytes, now.size), (ssize_t)now.size);
    close(file);
    free(now.bytes);
}
