/* Bundles: what a learner hands in, as one file, and the only way in for what somebody else made.

   A bundle is a tar archive, compressed by gzip once, of ordinary files in the order of their names:

       manifest.json       {"format": "glassbox-bundle 1", "lab", "student", "seed", "rubric",
                            "files": {name: "sha256:..."}, "hints": [...], "predictions": [...]}
       work.py ...         the files that the lab asks for, and no other

   The same content gives the same bytes.  Whatever comes in is read into bounded memory and checked there as a
   whole, names, kinds, sizes and sums, before one byte of it is written anywhere; what is written then has names from
   the lab's own list, in a folder that is the caller's.

   What is wrong with a bundle is no error of ours: it is a gbx_refusal, which has a verdict.  A negative code
   means that nothing can be said (no such file, no memory, a full disk).

   This module must not judge what a file says, run anything, or print. */

#ifndef GBX_BUNDLE_H
#define GBX_BUNDLE_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define GBX_BUNDLE_FORMAT    "glassbox-bundle 1"
#define GBX_BUNDLE_SUFFIX    ".glassbox.tar.gz"
#define GBX_BUNDLE_MANIFEST  "manifest.json"
#define GBX_BUNDLE_MOST      (16u << 20)      /* bytes unpacked, whatever a lab allows */
#define GBX_BUNDLE_FILES     64               /* files, the manifest included */
#define GBX_BUNDLE_NAME      128              /* bytes of a name */

/* Why a bundle is refused.  X(NAME, "verdict", "name"): the verdict of result.json; the name is that of a violation, or
   "" for what an honest learner may bring about. */
#define GBX_REFUSALS(X)                                                                          \
    X(NONE,        "", "")                                                                       \
    X(DAMAGED,     "submission-error", "")      /* no archive, cut short, a sum that is wrong */ \
    X(MANIFEST,    "submission-error", "")      /* none, or not one of ours */                   \
    X(MISSING,     "submission-error", "")      /* a file that the lab asks for */               \
    X(UNKNOWN,     "submission-error", "")      /* a file that it does not ask for */            \
    X(LARGE,       "submission-error", "")      /* more than the lab allows */                   \
    X(ALTERED,     "submission-error", "")      /* a file is not the one that the manifest lists */ \
    X(OTHER_LAB,   "submission-error", "")                                                       \
    X(UNREADABLE,  "submission-error", "")      /* a file of the work folder cannot be taken */  \
    X(NAME,        "violation", "hostile-archive")   /* absolute, "..", not UTF-8, two that are one in capitals */ \
    X(KIND,        "violation", "hostile-archive")   /* a link, a device, a pipe, a folder... */ \
    X(BOMB,        "violation", "hostile-archive")   /* far more than it seems, or packed twice */ \
    X(COUNT,       "violation", "hostile-archive")                                               \
    X(DUPLICATE,   "violation", "hostile-archive")

typedef enum {
#define X(NAME, verdict, name) GBX_REFUSED_##NAME,
    GBX_REFUSALS(X)
#undef X
} gbx_refusal_reason;

typedef struct {
    gbx_refusal_reason reason;       /* GBX_REFUSED_NONE: it is not refused */
    char sentence[400];              /* for a learner: lower case, no full stop, fit for a terminal */
} gbx_refusal;

const char *gbx_refusal_verdict(gbx_refusal_reason reason);      /* "submission-error", "violation"; static */
const char *gbx_refusal_violation(gbx_refusal_reason reason);    /* "hostile-archive", or ""; static */

/* All of a submission, in memory. */
typedef struct gbx_bundle gbx_bundle;

/* Read the bundle at `path`.  0 and either a bundle, which the caller closes, or NULL and a refusal.  GBX_ERROR_MISSING
   where there is no such file, GBX_ERROR_USAGE where it is no ordinary one, GBX_ERROR_SYSTEM, GBX_ERROR_MEMORY. */
int gbx_bundle_open(gbx_bundle **out, const char *path, gbx_refusal *refusal, gbx_error *error);
/* The same from a learner's work folder, the files that `submit` names alone; `head` has the manifest's members but
   format and files. */
int gbx_bundle_gather(gbx_bundle **out, const char *folder, const json_t *submit, const json_t *head, gbx_refusal *refusal,
                      gbx_error *error);
void gbx_bundle_close(gbx_bundle *bundle);                       /* NULL is fine */

/* Is it what the lab asks for?  `number`: the lab's; `submit`: its table [submit]: {"files": [...], "optional": [...],
   "most_bytes": N}.  False: `refusal` says what is wrong. */
bool gbx_bundle_check(const gbx_bundle *bundle, int number, const json_t *submit, gbx_refusal *refusal);

/* The manifest, an object with checked members: "lab" a number, "student", "seed" and "rubric" strings, "files" an
   object, "hints" and "predictions" arrays (of anything).  It is the bundle's. */
const json_t *gbx_bundle_manifest(const gbx_bundle *bundle);
/* What the submission is known by: "sha256:..." over the lines "HEX  NAME\n" of its files in the order of their names. */
const char *gbx_bundle_submission(const gbx_bundle *bundle);
/* The files, without the manifest, in the order of their names. */
size_t gbx_bundle_count(const gbx_bundle *bundle);
const char *gbx_bundle_name(const gbx_bundle *bundle, size_t index);
/* A file's bytes (a NUL follows them), or NULL: it has no such file. */
const char *gbx_bundle_file(const gbx_bundle *bundle, const char *name, size_t *size);

/* Write the files (not the manifest) into `folder`, which must be there: nothing outside it is touched, no link is
   followed, nothing that is there already is written over.  On failure some may have been written. */
int gbx_bundle_unpack(const gbx_bundle *bundle, const char *folder, gbx_error *error);
/* Write it as a bundle at `path`: all of it or nothing, by rename. */
int gbx_bundle_pack(const gbx_bundle *bundle, const char *path, gbx_error *error);

#endif
