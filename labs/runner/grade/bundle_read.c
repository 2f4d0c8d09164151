/* Bundles: an archive that anybody may have made, into memory; see bundle.h.

   Two steps, each bounded.  First the compression is undone, once, into a buffer of GBX_BUNDLE_MOST bytes: what would
   be more is refused there.  Then the tar archive in that buffer is walked, and of each entry the kind and the name are
   looked at before its bytes are copied.  libarchive decodes both; it is given no file, no format but tar, and no
   filter but gzip, and never writes.  Nothing is decided here about what the lab wants. */

#include "bundle_internal.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

typedef struct {
    char *bytes;
    size_t size;
} buffer;

#define BOMB_RATIO 100u              /* times as large as it came; text that people write stays below 20 */
#define BOMB_LEAST (1u << 20)        /* and what is small may be as dull as it likes */

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* ------------------------------------------------------------------ the file */

static int
open_file(const char *path, int *file, size_t *size, gbx_refusal *refusal, gbx_error *error)
{
    struct stat about;
    *file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*file < 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        int code = gbx_error_system(error, "open", path);
        return missing ? GBX_ERROR_MISSING : code;
    }
    if (fstat(*file, &about) != 0) {
        return gbx_error_system(error, "read", path);
    }
    if (!S_ISREG(about.st_mode)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is not an ordinary file", path);
    }
    if (about.st_size > (off_t)GBX_BUNDLE_MOST) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_LARGE, "the bundle has %lld bytes, and %u are the most",
                                 (long long)about.st_size, GBX_BUNDLE_MOST);
    }
    *size = (size_t)about.st_size;
    return 0;
}

static int
read_file(const char *path, buffer *to, gbx_refusal *refusal, gbx_error *error)
{
    int file = -1;
    size_t size = 0;
    int code = open_file(path, &file, &size, refusal, error);
    if (code == 0 && refusal->reason == GBX_REFUSED_NONE) {
        to->bytes = malloc(size + 1);
        code = to->bytes == NULL ? no_memory(error) : 0;
        while (code == 0 && to->size < size) {
            ssize_t got = read(file, to->bytes + to->size, size - to->size);
            if (got < 0 && errno != EINTR) {
                code = gbx_error_system(error, "read", path);
            }
            if (got == 0) {
                break;                           /* shorter than it was a moment ago */
            }
            to->size += got > 0 ? (size_t)got : 0;
        }
    }
    if (file >= 0) {
        close(file);
    }
    return code;
}

/* ----------------------------------------------------------- the compression */

/* Of what `packed` bytes became, or had become when it was too much and no more were looked at. */
static int
check_size(size_t packed, size_t size, gbx_refusal *refusal)
{
    const char *more = size > GBX_BUNDLE_MOST ? " or more" : "";
    if (size > BOMB_LEAST && size / (packed + 1) >= BOMB_RATIO) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_BOMB,
                                 "%zu bytes of the bundle unpack to %zu%s: it is made to fill a disk", packed, size, more);
    }
    if (size > GBX_BUNDLE_MOST) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_LARGE, "the bundle unpacks to more than %u bytes", GBX_BUNDLE_MOST);
    }
    return 0;
}

static int
refuse_damaged(struct archive *from, gbx_refusal *refusal)
{
    const char *why = archive_error_string(from);
    return gbx_bundle_refuse(refusal, GBX_REFUSED_DAMAGED, "the bundle is damaged: make it anew with 'glassbox lab submit' (libarchive says: %.150s)",
                             why == NULL ? "it ends too early" : why);
}

static int
inflate_all(struct archive *from, const buffer *packed, buffer *to, gbx_refusal *refusal, gbx_error *error)
{
    struct archive_entry *entry;
    int status = archive_read_open_memory(from, packed->bytes, packed->size);
    status = status == ARCHIVE_OK ? archive_read_next_header(from, &entry) : status;
    if (archive_filter_count(from) > 2) {        /* gzip, and the bytes themselves */
        return gbx_bundle_refuse(refusal, GBX_REFUSED_BOMB, "the bundle is compressed more than once");
    }
    if (status != ARCHIVE_OK) {
        return refuse_damaged(from, refusal);
    }
    to->bytes = malloc(GBX_BUNDLE_MOST + 1);
    if (to->bytes == NULL) {
        return no_memory(error);
    }
    while (to->size <= GBX_BUNDLE_MOST) {
        la_ssize_t got = archive_read_data(from, to->bytes + to->size, GBX_BUNDLE_MOST + 1 - to->size);
        if (got < 0) {
            return refuse_damaged(from, refusal);
        }
        if (got == 0) {
            break;
        }
        to->size += (size_t)got;
    }
    la_int64_t taken = archive_filter_bytes(from, -1);
    return check_size(taken > 0 && (uint64_t)taken < packed->size ? (size_t)taken : packed->size, to->size, refusal);
}

static int
inflate(const buffer *packed, buffer *to, gbx_refusal *refusal, gbx_error *error)
{
    static const unsigned char gzip[] = { 0x1f, 0x8b, 8 };
    if (packed->size < sizeof(gzip) || memcmp(packed->bytes, gzip, sizeof(gzip)) != 0) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_DAMAGED,
                                 "this is no bundle: make one with 'glassbox lab submit'");
    }
    struct archive *from = archive_read_new();
    if (from == NULL || archive_read_support_filter_gzip(from) != ARCHIVE_OK
        || archive_read_support_format_raw(from) != ARCHIVE_OK) {
        archive_read_free(from);
        return no_memory(error);
    }
    int code = inflate_all(from, packed, to, refusal, error);
    archive_read_free(from);
    return code;
}

/* --------------------------------------------------------------- the archive */

/* What an entry is, in words; NULL: an ordinary file. */
static const char *
kind_of(struct archive_entry *entry)
{
    if (archive_entry_hardlink(entry) != NULL) {
        return "a hard link";
    }
    switch (archive_entry_filetype(entry)) {
        case AE_IFREG: return archive_entry_sparse_count(entry) > 0 ? "a file with holes" : NULL;
        case AE_IFLNK: return "a link";
        case AE_IFDIR: return "a folder";
        case AE_IFCHR: case AE_IFBLK: return "a device";
        case AE_IFIFO: return "a pipe";
        case AE_IFSOCK: return "a socket";
        default: return "of no known kind";
    }
}

static int
read_entry(struct archive *from, struct archive_entry *entry, size_t most, gbx_bundle *bundle, gbx_refusal *refusal,
           gbx_error *error)
{
    const char *name = archive_entry_pathname(entry), *kind = kind_of(entry);
    if (name == NULL) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_NAME, "a name in the bundle cannot be read");
    }
    if (kind != NULL) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_KIND, "'%.80s' in the bundle is %s, and only ordinary files are taken", name,
                                 kind);
    }
    if (!gbx_bundle_name_ok(name, refusal)) {
        return 0;
    }
    la_int64_t size = archive_entry_size(entry);
    if (size < 0 || (uint64_t)size > most) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_DAMAGED,
                                 "'%.80s' in the bundle says that it is longer than the bundle", name);
    }
    char *bytes = malloc((size_t)size + 1);
    size_t used = 0;
    if (bytes == NULL) {
        return no_memory(error);
    }
    while (used < (size_t)size) {
        la_ssize_t got = archive_read_data(from, bytes + used, (size_t)size - used);
        if (got <= 0) {
            free(bytes);
            return refuse_damaged(from, refusal);
        }
        used += (size_t)got;
    }
    return gbx_bundle_add(bundle, name, bytes, used, refusal, error);
}

static int
read_entries(struct archive *from, const buffer *tar, gbx_bundle *bundle, gbx_refusal *refusal, gbx_error *error)
{
    struct archive_entry *entry;                 /* one with a warning is none of ours: then its kind is named, or the damage */
    int status = archive_read_open_memory(from, tar->bytes, tar->size), code = 0;
    while (status == ARCHIVE_OK && code == 0 && refusal->reason == GBX_REFUSED_NONE) {
        status = archive_read_next_header(from, &entry);
        if (status == ARCHIVE_OK || status == ARCHIVE_WARN) {
            code = read_entry(from, entry, tar->size, bundle, refusal, error);
        }
    }
    if (code == 0 && refusal->reason == GBX_REFUSED_NONE && status != ARCHIVE_EOF) {
        return refuse_damaged(from, refusal);
    }
    return code;
}

static int
read_tar(const buffer *tar, gbx_bundle *bundle, gbx_refusal *refusal, gbx_error *error)
{
    struct archive *from = archive_read_new();
    if (from == NULL || archive_read_support_format_tar(from) != ARCHIVE_OK) {
        archive_read_free(from);
        return no_memory(error);
    }
    int code = read_entries(from, tar, bundle, refusal, error);
    archive_read_free(from);
    return code;
}

int
gbx_bundle_read(gbx_bundle *bundle, const char *path, gbx_refusal *refusal, gbx_error *error)
{
    buffer packed = { NULL, 0 }, tar = { NULL, 0 };
    int code = read_file(path, &packed, refusal, error);
    if (code == 0 && refusal->reason == GBX_REFUSED_NONE) {
        code = inflate(&packed, &tar, refusal, error);
    }
    if (code == 0 && refusal->reason == GBX_REFUSED_NONE) {
        code = read_tar(&tar, bundle, refusal, error);
    }
    free(packed.bytes);
    free(tar.bytes);
    return code;
}
