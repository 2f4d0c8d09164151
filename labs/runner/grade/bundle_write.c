/* Bundles: out of memory, into a run's folder or into a file; see bundle.h.  By here everything has been checked. */

#include "bundle_internal.h"

#include "beneath.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* ------------------------------------------------------------------ a folder */

static int
write_all(int file, const char *bytes, size_t size)
{
    while (size > 0) {
        ssize_t put = write(file, bytes, size);
        if (put < 0 && errno != EINTR) {
            return -1;
        }
        bytes += put > 0 ? put : 0;
        size -= put > 0 ? (size_t)put : 0;
    }
    return 0;
}

int
gbx_bundle_unpack(const gbx_bundle *bundle, const char *folder, gbx_error *error)
{
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (at < 0) {
        return gbx_error_system(error, "open", folder);
    }
    int code = 0;
    for (size_t i = 0; i < bundle->count && code == 0; i++) {
        const gbx_bundle_entry *entry = &bundle->entries[i];
        int file = gbx_beneath_folders(at, entry->name, 0755) != 0 ? -1
            : gbx_beneath_open(at, entry->name, O_WRONLY | O_CREAT | O_EXCL, 0644);
        int failed = file < 0 || fchmod(file, 0644) != 0 ? -1 : write_all(file, entry->bytes, entry->size);
        if (file >= 0 && close(file) != 0) {
            failed = -1;
        }
        if (failed != 0) {
            code = gbx_error_system(error, "write", entry->name);
        }
    }
    close(at);
    return code;
}

/* -------------------------------------------------------------------- a file */

static int
refused(struct archive *to, const char *path, gbx_error *error)
{
    const char *why = archive_error_string(to);
    return gbx_error_set(error, GBX_ERROR_SYSTEM, "cannot write '%s': %s", path,
                         why == NULL ? "libarchive does not say why" : why);
}

/* The same bytes whoever packs it, and when: no owner, no time. */
static int
put_file(struct archive *to, const char *name, const char *bytes, size_t size)
{
    struct archive_entry *entry = archive_entry_new();
    if (entry == NULL) {
        return ARCHIVE_FATAL;
    }
    archive_entry_set_pathname(entry, name);
    archive_entry_set_filetype(entry, AE_IFREG);
    archive_entry_set_perm(entry, 0644);
    archive_entry_set_size(entry, (la_int64_t)size);
    archive_entry_set_mtime(entry, 0, 0);
    archive_entry_set_uid(entry, 0);
    archive_entry_set_gid(entry, 0);
    int status = archive_write_header(to, entry);
    archive_entry_free(entry);
    if (status == ARCHIVE_OK && size > 0 && archive_write_data(to, bytes, size) != (la_ssize_t)size) {
        status = ARCHIVE_FATAL;
    }
    return status;
}

static int
put_files(struct archive *to, const gbx_bundle *bundle)
{
    char *manifest = json_dumps(bundle->manifest, JSON_INDENT(1) | JSON_SORT_KEYS);
    int status = manifest == NULL ? ARCHIVE_FATAL : put_file(to, GBX_BUNDLE_MANIFEST, manifest, strlen(manifest));
    free(manifest);
    for (size_t i = 0; i < bundle->count && status == ARCHIVE_OK; i++) {
        status = put_file(to, bundle->entries[i].name, bundle->entries[i].bytes, bundle->entries[i].size);
    }
    return status;
}

static int
pack_into(int file, const gbx_bundle *bundle, const char *path, gbx_error *error)
{
    struct archive *to = archive_write_new();
    if (to == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int code = 0;
    if (archive_write_set_format_ustar(to) != ARCHIVE_OK || archive_write_add_filter_gzip(to) != ARCHIVE_OK
        || archive_write_set_options(to, "gzip:!timestamp,gzip:compression-level=9") != ARCHIVE_OK
        || archive_write_open_fd(to, file) != ARCHIVE_OK || put_files(to, bundle) != ARCHIVE_OK
        || archive_write_close(to) != ARCHIVE_OK) {
        code = refused(to, path, error);
    }
    archive_write_free(to);
    return code;
}

int
gbx_bundle_pack(const gbx_bundle *bundle, const char *path, gbx_error *error)
{
    char *draft;
    if (asprintf(&draft, "%s.XXXXXX", path) < 0) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int file = mkstemp(draft);
    if (file < 0) {
        int code = gbx_error_system(error, "write", path);
        free(draft);
        return code;
    }
    mode_t mask = umask(0);
    umask(mask);
    int code = pack_into(file, bundle, path, error);
    if (code == 0 && (fchmod(file, 0666 & ~mask) != 0 || fsync(file) != 0)) {
        code = gbx_error_system(error, "write", path);
    }
    if (close(file) != 0 && code == 0) {
        code = gbx_error_system(error, "write", path);
    }
    if (code == 0 && rename(draft, path) != 0) {
        code = gbx_error_system(error, "write", path);
    }
    if (code != 0) {
        unlink(draft);
    }
    free(draft);
    return code;
}
