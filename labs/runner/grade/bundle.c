/* Bundles: what one is, from wherever it came; see bundle.h.  Nothing here opens an archive. */

#include "bundle_internal.h"

#include "beneath.h"
#include "clean.h"

#include <stdarg.h>
#include <strings.h>

const char *
gbx_refusal_verdict(gbx_refusal_reason reason)
{
    switch (reason) {
#define X(NAME, verdict, name) case GBX_REFUSED_##NAME: return verdict;
        GBX_REFUSALS(X)
#undef X
        default: return "";
    }
}

const char *
gbx_refusal_violation(gbx_refusal_reason reason)
{
    switch (reason) {
#define X(NAME, verdict, name) case GBX_REFUSED_##NAME: return name;
        GBX_REFUSALS(X)
#undef X
        default: return "";
    }
}

int
gbx_bundle_refuse(gbx_refusal *refusal, gbx_refusal_reason reason, const char *format, ...)
{
    char text[sizeof(refusal->sentence) + 64];
    va_list args;
    refusal->reason = reason;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    gbx_clean(text, refusal->sentence, sizeof(refusal->sentence));
    return 0;
}

/* -------------------------------------------------------------------- files */

bool
gbx_bundle_name_ok(const char *name, gbx_refusal *refusal)
{
    size_t length = strlen(name);
    unsigned number;
    for (size_t at = 0, n; at < length; at += n) {
        n = gbx_clean_character(name + at, length - at, &number);
        if (n == 0 || number < 0x20 || number == 0x7f) {
            gbx_bundle_refuse(refusal, GBX_REFUSED_NAME, "the name '%.80s' in the bundle is no UTF-8, or not to be shown", name);
            return false;
        }
    }
    if (name[0] == '/') {
        gbx_bundle_refuse(refusal, GBX_REFUSED_NAME, "the name '%.80s' in the bundle is absolute", name);
    }
    else if (length > GBX_BUNDLE_NAME) {
        gbx_bundle_refuse(refusal, GBX_REFUSED_NAME, "a name in the bundle has %zu bytes, and %d are enough", length,
                          GBX_BUNDLE_NAME);
    }
    else if (!gbx_beneath_name(name) || strchr(name, '\\') != NULL) {
        gbx_bundle_refuse(refusal, GBX_REFUSED_NAME, "the name '%.80s' in the bundle leads elsewhere", name);
    }
    else {
        return true;
    }
    return false;
}

static int
add(gbx_bundle *bundle, const char *name, char *bytes, size_t size, gbx_refusal *refusal, gbx_error *error)
{
    if (bundle->count == GBX_BUNDLE_FILES) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_COUNT, "the bundle has more than %d files", GBX_BUNDLE_FILES);
    }
    for (size_t i = 0; i < bundle->count; i++) {
        const char *other = bundle->entries[i].name;
        if (strcmp(other, name) == 0) {
            return gbx_bundle_refuse(refusal, GBX_REFUSED_DUPLICATE, "the bundle has '%.80s' twice", name);
        }
        if (strcasecmp(other, name) == 0) {
            return gbx_bundle_refuse(refusal, GBX_REFUSED_NAME,
                                     "'%.80s' and '%.80s' in the bundle differ in capitals alone", other, name);
        }
    }
    gbx_bundle_entry *entry = &bundle->entries[bundle->count];
    int code = gbx_digest_text(entry->sum, bytes, size, error);
    entry->name = code == 0 ? strdup(name) : NULL;
    if (entry->name == NULL) {
        return code != 0 ? code : gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    bytes[size] = '\0';
    entry->bytes = bytes;
    entry->size = size;
    bundle->count++;
    return 0;
}

int
gbx_bundle_add(gbx_bundle *bundle, const char *name, char *bytes, size_t size, gbx_refusal *refusal, gbx_error *error)
{
    size_t before = bundle->count;
    int code = add(bundle, name, bytes, size, refusal, error);
    if (bundle->count == before) {
        free(bytes);
    }
    return code;
}

static const gbx_bundle_entry *
find(const gbx_bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->count; i++) {
        if (strcmp(bundle->entries[i].name, name) == 0) {
            return &bundle->entries[i];
        }
    }
    return NULL;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(((const gbx_bundle_entry *)a)->name, ((const gbx_bundle_entry *)b)->name);
}

int
gbx_bundle_settle(gbx_bundle *bundle, gbx_error *error)
{
    char line[GBX_BUNDLE_NAME + GBX_DIGEST_TEXT + 8];
    unsigned char sum[GBX_DIGEST_BYTES];
    gbx_digest *whole;
    qsort(bundle->entries, bundle->count, sizeof(bundle->entries[0]), by_name);
    int code = gbx_digest_begin(&whole, error);
    if (code != 0) {
        return code;
    }
    for (size_t i = 0; i < bundle->count; i++) {
        const gbx_bundle_entry *entry = &bundle->entries[i];
        int length = snprintf(line, sizeof(line), "%s  %s\n", entry->sum + strlen("sha256:"), entry->name);
        gbx_digest_add(whole, line, (size_t)length);
    }
    code = gbx_digest_end(whole, sum, error);
    if (code == 0) {
        snprintf(bundle->submission, sizeof(bundle->submission), "sha256:");
        gbx_digest_hex(sum, bundle->submission + strlen("sha256:"));
    }
    return code;
}

void
gbx_bundle_close(gbx_bundle *bundle)
{
    if (bundle != NULL) {
        for (size_t i = 0; i < bundle->count; i++) {
            free(bundle->entries[i].name);
            free(bundle->entries[i].bytes);
        }
        json_decref(bundle->manifest);
        free(bundle);
    }
}

/* ----------------------------------------------------------------- manifest */

static bool
text_ok(const json_t *manifest, const char *name, size_t most)
{
    const json_t *text = json_object_get(manifest, name);
    return json_is_string(text) && json_string_length(text) <= most && strlen(json_string_value(text)) == json_string_length(text);
}

const char *
gbx_bundle_manifest_fault(const json_t *manifest)
{
    const char *format = json_string_value(json_object_get(manifest, "format"));
    if (!json_is_object(manifest)) {
        return "it is no object";
    }
    if (format == NULL || strcmp(format, GBX_BUNDLE_FORMAT) != 0) {
        return "its format is not '" GBX_BUNDLE_FORMAT "': another version of glassbox made it";
    }
    if (!json_is_integer(json_object_get(manifest, "lab"))) {
        return "it names no lab";
    }
    if (!text_ok(manifest, "student", 256) || !text_ok(manifest, "seed", 128) || !text_ok(manifest, "rubric", 128)) {
        return "it does not say whose it is";
    }
    if (!json_is_object(json_object_get(manifest, "files"))) {
        return "it lists no files";
    }
    const json_t *hints = json_object_get(manifest, "hints"), *predictions = json_object_get(manifest, "predictions");
    if ((hints != NULL && !json_is_array(hints)) || (predictions != NULL && !json_is_array(predictions))) {
        return "its hints or predictions are no lists";
    }
    return json_array_size(hints) > 1000 || json_array_size(predictions) > 1000 ? "its lists are too long" : NULL;
}

/* An empty list where there is none; false: no memory. */
static bool
give_list(json_t *manifest, const char *name)
{
    return json_object_get(manifest, name) != NULL || json_object_set_new(manifest, name, json_array()) == 0;
}

/* Take the manifest out of the entries; refuses one that is none. */
static int
take_manifest(gbx_bundle *bundle, gbx_refusal *refusal, gbx_error *error)
{
    const gbx_bundle_entry *found = find(bundle, GBX_BUNDLE_MANIFEST);
    json_error_t wrong;
    if (found == NULL) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_MANIFEST,
                                 "the bundle has no " GBX_BUNDLE_MANIFEST ": it was not made by 'glassbox lab submit'");
    }
    bundle->manifest = json_loadb(found->bytes, found->size, JSON_REJECT_DUPLICATES, &wrong);
    const char *fault = bundle->manifest == NULL ? wrong.text : gbx_bundle_manifest_fault(bundle->manifest);
    if (fault != NULL) {
        return gbx_bundle_refuse(refusal, GBX_REFUSED_MANIFEST, "the bundle's " GBX_BUNDLE_MANIFEST " cannot be used: %.200s",
                                 fault);
    }
    size_t index = (size_t)(found - bundle->entries);
    free(bundle->entries[index].name);
    free(bundle->entries[index].bytes);
    bundle->entries[index] = bundle->entries[--bundle->count];
    bundle->entries[bundle->count] = (gbx_bundle_entry){ .name = NULL };
    bool made = give_list(bundle->manifest, "hints") && give_list(bundle->manifest, "predictions");
    return made ? 0 : gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* Each listed file is there and as listed, and no other is. */
static void
compare_files(const gbx_bundle *bundle, gbx_refusal *refusal)
{
    json_t *listed = json_object_get(bundle->manifest, "files");
    const char *name;
    json_t *sum;
    json_object_foreach(listed, name, sum) {
        const gbx_bundle_entry *entry = find(bundle, name);
        const char *text = json_string_value(sum);
        if (entry == NULL) {
            gbx_bundle_refuse(refusal, GBX_REFUSED_ALTERED, "'%.80s' is listed in the bundle's manifest, and is not in the bundle",
                              name);
            return;
        }
        if (text == NULL || strcmp(text, entry->sum) != 0) {
            gbx_bundle_refuse(refusal, GBX_REFUSED_ALTERED,
                              "'%.80s' in the bundle is not the file that its manifest lists: it was damaged or changed", name);
            return;
        }
    }
    for (size_t i = 0; i < bundle->count; i++) {
        if (json_object_get(listed, bundle->entries[i].name) == NULL) {
            gbx_bundle_refuse(refusal, GBX_REFUSED_UNKNOWN, "'%.80s' is in the bundle, and its manifest does not list it",
                              bundle->entries[i].name);
            return;
        }
    }
}

int
gbx_bundle_open(gbx_bundle **out, const char *path, gbx_refusal *refusal, gbx_error *error)
{
    gbx_bundle *bundle = calloc(1, sizeof(*bundle));
    *out = NULL;
    *refusal = (gbx_refusal){ .reason = GBX_REFUSED_NONE };
    if (bundle == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int code = gbx_bundle_read(bundle, path, refusal, error);
    if (code == 0 && refusal->reason == GBX_REFUSED_NONE) {
        code = take_manifest(bundle, refusal, error);
    }
    if (code == 0 && refusal->reason == GBX_REFUSED_NONE) {
        compare_files(bundle, refusal);
        code = gbx_bundle_settle(bundle, error);
    }
    if (code != 0 || refusal->reason != GBX_REFUSED_NONE) {
        gbx_bundle_close(bundle);
        return code;
    }
    *out = bundle;
    return 0;
}

/* -------------------------------------------------------------------- asking */

size_t
gbx_bundle_most(const json_t *submit)
{
    json_int_t most = json_integer_value(json_object_get(submit, "most_bytes"));
    return most > 0 && most < (json_int_t)GBX_BUNDLE_MOST / 2 ? (size_t)most : GBX_BUNDLE_MOST / 2;
}

static bool
lists(const json_t *submit, const char *list, const char *name)
{
    size_t index;
    json_t *one;
    json_array_foreach(json_object_get(submit, list), index, one) {
        if (json_is_string(one) && strcmp(json_string_value(one), name) == 0) {
            return true;
        }
    }
    return false;
}

bool
gbx_bundle_check(const gbx_bundle *bundle, int number, const json_t *submit, gbx_refusal *refusal)
{
    json_int_t lab = json_integer_value(json_object_get(bundle->manifest, "lab"));
    size_t all = 0, index;
    json_t *name;
    *refusal = (gbx_refusal){ .reason = GBX_REFUSED_NONE };
    if (lab != number) {
        gbx_bundle_refuse(refusal, GBX_REFUSED_OTHER_LAB, "the bundle is of lab %lld, not of lab %d", (long long)lab, number);
        return false;
    }
    json_array_foreach(json_object_get(submit, "files"), index, name) {
        if (json_is_string(name) && find(bundle, json_string_value(name)) == NULL) {
            gbx_bundle_refuse(refusal, GBX_REFUSED_MISSING, "'%.80s' is not in the bundle, and the lab asks for it",
                              json_string_value(name));
            return false;
        }
    }
    for (size_t i = 0; i < bundle->count; i++) {
        if (!lists(submit, "files", bundle->entries[i].name) && !lists(submit, "optional", bundle->entries[i].name)) {
            gbx_bundle_refuse(refusal, GBX_REFUSED_UNKNOWN, "'%.80s' is in the bundle, and lab %d does not ask for it",
                              bundle->entries[i].name, number);
            return false;
        }
        all += bundle->entries[i].size;
    }
    if (all > gbx_bundle_most(submit)) {
        gbx_bundle_refuse(refusal, GBX_REFUSED_LARGE, "the files have %zu bytes, and lab %d takes %zu at most", all, number,
                          gbx_bundle_most(submit));
        return false;
    }
    return true;
}

const json_t *
gbx_bundle_manifest(const gbx_bundle *bundle)
{
    return bundle->manifest;
}

const char *
gbx_bundle_submission(const gbx_bundle *bundle)
{
    return bundle->submission;
}

size_t
gbx_bundle_count(const gbx_bundle *bundle)
{
    return bundle->count;
}

const char *
gbx_bundle_name(const gbx_bundle *bundle, size_t index)
{
    return index < bundle->count ? bundle->entries[index].name : NULL;
}

const char *
gbx_bundle_file(const gbx_bundle *bundle, const char *name, size_t *size)
{
    const gbx_bundle_entry *entry = find(bundle, name);
    *size = entry == NULL ? 0 : entry->size;
    return entry == NULL ? NULL : entry->bytes;
}
