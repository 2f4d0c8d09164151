/* Digest: SHA-256 and HMAC-SHA256, of memory and of files, as the texts that results and journals carry.

   The arithmetic is libcrypto's.  This module must not know what it digests, and keeps nothing. */

#ifndef GBX_DIGEST_H
#define GBX_DIGEST_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum {
    GBX_DIGEST_BYTES = 32,
    GBX_DIGEST_HEX = 2 * GBX_DIGEST_BYTES + 1,       /* with its end */
    GBX_DIGEST_TEXT = 7 + GBX_DIGEST_HEX             /* "sha256:..." */
};

/* A sum that is made piece by piece.  _begin, any number of _add, then _end, which must follow whatever happened in
   between: it lets go of the sum, and gives GBX_ERROR_MEMORY if any step failed. */
typedef struct gbx_digest gbx_digest;
int gbx_digest_begin(gbx_digest **out, gbx_error *error);
void gbx_digest_add(gbx_digest *digest, const void *bytes, size_t size);
int gbx_digest_end(gbx_digest *digest, unsigned char sum[GBX_DIGEST_BYTES], gbx_error *error);

/* "sha256:..." of these bytes. */
int gbx_digest_text(char text[GBX_DIGEST_TEXT], const void *bytes, size_t size, gbx_error *error);

/* "sha256:..." of all that is in a file, which must be an ordinary one of at most `most` bytes (0: any).  GBX_ERROR_MISSING: there
   is none; GBX_ERROR_USAGE: it is no ordinary file; GBX_ERROR_LIMIT: larger. */
int gbx_digest_file(char text[GBX_DIGEST_TEXT], const char *path, size_t most, gbx_error *error);

/* Add a file as above to a sum. */
int gbx_digest_add_file(gbx_digest *digest, const char *path, size_t most, gbx_error *error);

/* HMAC-SHA256 of these bytes under the key. */
int gbx_digest_hmac(unsigned char sum[GBX_DIGEST_BYTES], const void *key, size_t key_size, const void *bytes, size_t size,
                    gbx_error *error);

/* The sum in lower case hexadecimal digits.  Returns `text`. */
char *gbx_digest_hex(const unsigned char sum[GBX_DIGEST_BYTES], char text[GBX_DIGEST_HEX]);

/* Are two texts the same?  Takes as long where they differ early as where they differ late. */
bool gbx_digest_same(const char *a, const char *b);

#endif
