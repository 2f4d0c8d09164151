/* Bundles, what their four files share: bundle.c (what one is), bundle_read.c (a hostile archive into memory),
   bundle_gather.c (a work folder into memory), bundle_write.c (out of memory).  For these alone. */

#ifndef GBX_BUNDLE_INTERNAL_H
#define GBX_BUNDLE_INTERNAL_H

#include "bundle.h"

#include "digest.h"

typedef struct {
    char *name;                      /* relative, of plain parts; clean UTF-8 */
    char *bytes;                     /* a NUL follows them */
    size_t size;
    char sum[GBX_DIGEST_TEXT];
} gbx_bundle_entry;

struct gbx_bundle {
    gbx_bundle_entry entries[GBX_BUNDLE_FILES];      /* of a read archive the manifest as well, until it is taken out */
    size_t count;
    json_t *manifest;
    char submission[GBX_DIGEST_TEXT];
};

/* Fill in the refusal; returns 0, for what is refused is no error. */
int gbx_bundle_refuse(gbx_refusal *refusal, gbx_refusal_reason reason, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* May a file be called so?  Refuses what is no plain relative name. */
bool gbx_bundle_name_ok(const char *name, gbx_refusal *refusal);

/* One more file; takes over `bytes` (from malloc(), with room for a NUL), whatever happens.  Refuses what is there
   already, in these letters or in others that some file systems take for the same. */
int gbx_bundle_add(gbx_bundle *bundle, const char *name, char *bytes, size_t size, gbx_refusal *refusal, gbx_error *error);

/* Put them in the order of their names, and make the sum of all. */
int gbx_bundle_settle(gbx_bundle *bundle, gbx_error *error);

/* What is wrong with a manifest; NULL: its members are of the right kind, and no larger than they need be. */
const char *gbx_bundle_manifest_fault(const json_t *manifest);

/* How many bytes a lab's [submit] allows. */
size_t gbx_bundle_most(const json_t *submit);

/* The archive at `path` into entries, the manifest among them. */
int gbx_bundle_read(gbx_bundle *bundle, const char *path, gbx_refusal *refusal, gbx_error *error);

#endif
