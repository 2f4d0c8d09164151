/* Bundles: from a learner's work folder into memory; see bundle.h.  What is taken is what the lab's list names, from
   ordinary files of that folder, reached through no link. */

#include "bundle_internal.h"

#include "beneath.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

/* The bytes of an open file, with room for a NUL; NULL with errno.  EFBIG: more than `most`. */
static char *
read_bytes(int file, size_t most, size_t *size)
{
    char *bytes = malloc(most + 2);
    *size = 0;
    while (bytes != NULL && *size <= most) {
        ssize_t got = read(file, bytes + *size, most + 1 - *size);
        if (got == 0) {
            char *less = realloc(bytes, *size + 1);
            return less != NULL ? less : bytes;
        }
        if (got > 0) {
            *size += (size_t)got;
        }
        else if (errno != EINTR) {
            break;
        }
    }
    int saved = bytes != NULL && *size > most ? EFBIG : errno;
    free(bytes);
    errno = saved;
    return NULL;
}

static int
refuse_file(const char *name, int number, size_t most, gbx_refusal *refusal, gbx_error *error)
{
    if (number == ENOMEM) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (number == EFBIG) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_LARGE, "'%.80s' is too large: the lab takes %zu bytes in all",
                                 name, most);
    }
    if (number == ELOOP) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_UNREADABLE, "'%.80s' is a link: put the file itself there", name);
    }
    return gbx_bundle_refuse(refusal, GBX_REFUSED_UNREADABLE, "'%.80s' cannot be read: %s", name, strerror(number));
}

static int
gather_file(gbx_bundle *bundle, int folder, const char *name, bool needed, size_t most, gbx_refusal *refusal,
            gbx_error *error)
{
    struct stat about;
    if (!gbx_beneath_name(name) || strlen(name) > GBX_BUNDLE_NAME) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "the lab asks for a file with the name '%.80s'", name);
    }
    int file = gbx_beneath_open(folder, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
    if (file < 0) {
        int number = errno;
        if (number == ENOENT) {
            return !needed ? 0 : gbx_bundle_refuse(refusal, GBX_REFUSED_MISSING,
                                                   "'%.80s' is not there, and the lab asks for it", name);
        }
        bool link = number == ENOTDIR || number == ELOOP || number == EMLINK;
        return refuse_file(name, link ? ELOOP : number, most, refusal, error);
    }
    size_t size = 0;
    char *bytes = NULL;
    int number = fstat(file, &about) != 0 ? errno : S_ISDIR(about.st_mode) ? EISDIR : !S_ISREG(about.st_mode) ? EINVAL : 0;
    if (number == 0) {
        bytes = read_bytes(file, most, &size);
        number = errno;
    }
    close(file);
    if (bytes != NULL) {
        return gbx_bundle_add(bundle, name, bytes, size, refusal, error);
    }
    if (number == EISDIR || number == EINVAL) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_UNREADABLE, "'%.80s' is not an ordinary file", name);
    }
    return refuse_file(name, number, most, refusal, error);
}

static int
gather_files(gbx_bundle *bundle, int folder, const json_t *submit, const char *list, gbx_refusal *refusal, gbx_error *error)
{
    size_t index;
    json_t *name;
    int code = 0;
    json_array_foreach(json_object_get(submit, list), index, name) {
        if (code == 0 && refusal->reason == GBX_REFUSED_NONE && json_is_string(name)) {
            code = gather_file(bundle, folder, json_string_value(name), strcmp(list, "files") == 0,
                               gbx_bundle_most(submit), refusal, error);
        }
    }
    return code;
}

static int
make_manifest(gbx_bundle *bundle, const json_t *head, gbx_error *error)
{
    json_t *files = json_object();
    int made = files == NULL ? -1 : 0;
    for (size_t i = 0; i < bundle->count && made == 0; i++) {
        made = json_object_set_new(files, bundle->entries[i].name, json_string(bundle->entries[i].sum));
    }
    bundle->manifest = json_deep_copy(head);
    bool all = made == 0 && bundle->manifest != NULL
        && json_object_set_new(bundle->manifest, "format", json_string(GBX_BUNDLE_FORMAT)) == 0
        && json_object_set(bundle->manifest, "files", files) == 0;
    json_decref(files);
    if (!all) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    const char *fault = gbx_bundle_manifest_fault(bundle->manifest);
    return fault == NULL ? 0 : gbx_error_set(error, GBX_ERROR_USAGE, "no manifest can be made: %s", fault);
}

int
gbx_bundle_gather(gbx_bundle **out, const char *folder, const json_t *submit, const json_t *head, gbx_refusal *refusal,
                  gbx_error *error)
{
    gbx_bundle *bundle = calloc(1, sizeof(*bundle));
    *out = NULL;
    *refusal = (gbx_refusal){ .reason = GBX_REFUSED_NONE };
    if (bundle == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int at = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int code = at < 0 ? gbx_error_system(error, "open", folder) : 0;
    if (code == 0) {
        code = gather_files(bundle, at, submit, "files", refusal, error);
    }
    if (code == 0 && refusal->reason == GBX_REFUSED_NONE) {
        code = gather_files(bundle, at, submit, "optional", refusal, error);
    }
    if (at >= 0) {
        close(at);
    }
    if (code == 0 && refusal->reason == GBX_REFUSED_NONE) {
        code = gbx_bundle_settle(bundle, error);
    }
    if (code == 0 && refusal->reason == GBX_REFUSED_NONE) {
        code = make_manifest(bundle, head, error);
    }
    if (code != 0 || refusal->reason != GBX_REFUSED_NONE) {
        gbx_bundle_close(bundle);
        return code;
    }
    *out = bundle;
    return 0;
}
