/* Digests; see digest.h. */

#include "digest.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct gbx_digest {
    EVP_MD_CTX *state;
    bool failed;
};

int
gbx_digest_begin(gbx_digest **out, gbx_error *error)
{
    gbx_digest *digest = calloc(1, sizeof(*digest));
    *out = digest;
    if (digest != NULL) {
        digest->state = EVP_MD_CTX_new();
    }
    if (digest == NULL || digest->state == NULL || EVP_DigestInit_ex(digest->state, EVP_sha256(), NULL) != 1) {
        if (digest != NULL) {
            EVP_MD_CTX_free(digest->state);
        }
        free(digest);
        *out = NULL;
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    return 0;
}

void
gbx_digest_add(gbx_digest *digest, const void *bytes, size_t size)
{
    digest->failed = EVP_DigestUpdate(digest->state, bytes, size) != 1 || digest->failed;
}

int
gbx_digest_end(gbx_digest *digest, unsigned char sum[GBX_DIGEST_BYTES], gbx_error *error)
{
    unsigned size = 0;
    bool ended = EVP_DigestFinal_ex(digest->state, sum, &size) == 1 && size == GBX_DIGEST_BYTES && !digest->failed;
    EVP_MD_CTX_free(digest->state);
    free(digest);
    return ended ? 0 : gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

char *
gbx_digest_hex(const unsigned char sum[GBX_DIGEST_BYTES], char text[GBX_DIGEST_HEX])
{
    for (size_t i = 0; i < GBX_DIGEST_BYTES; i++) {
        snprintf(text + 2 * i, 3, "%02x", sum[i]);
    }
    return text;
}

static int
end_as_text(gbx_digest *digest, char text[GBX_DIGEST_TEXT], gbx_error *error)
{
    unsigned char sum[GBX_DIGEST_BYTES];
    char hex[GBX_DIGEST_HEX];
    int status = gbx_digest_end(digest, sum, error);
    if (status == 0) {
        snprintf(text, GBX_DIGEST_TEXT, "sha256:%s", gbx_digest_hex(sum, hex));
    }
    return status;
}

int
gbx_digest_text(char text[GBX_DIGEST_TEXT], const void *bytes, size_t size, gbx_error *error)
{
    gbx_digest *digest;
    int status = gbx_digest_begin(&digest, error);
    if (status == 0) {
        gbx_digest_add(digest, bytes, size);
        status = end_as_text(digest, text, error);
    }
    return status;
}

/* A pipe must not keep us, and a device must not be read. */
static int
open_ordinary(int *fd, const char *path, size_t most, gbx_error *error)
{
    struct stat about;
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (*fd < 0) {
        gbx_error_system(error, "open", path);
        return errno == ENOENT || errno == ENOTDIR ? GBX_ERROR_MISSING : GBX_ERROR_SYSTEM;
    }
    int status = fstat(*fd, &about) != 0 ? gbx_error_system(error, "look at", path)
        : !S_ISREG(about.st_mode) ? gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is not an ordinary file", path)
        : most != 0 && (size_t)about.st_size > most
            ? gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' is larger than %zu bytes", path, most) : 0;
    if (status != 0) {
        close(*fd);
        *fd = -1;
    }
    return status;
}

int
gbx_digest_add_file(gbx_digest *digest, const char *path, size_t most, gbx_error *error)
{
    char bytes[65536];
    ssize_t got;
    int fd;
    size_t total = 0;
    int status = open_ordinary(&fd, path, most, error);
    if (status != 0) {
        return status;
    }
    while ((got = read(fd, bytes, sizeof(bytes))) > 0) {
        gbx_digest_add(digest, bytes, (size_t)got);
        total += (size_t)got;
        if (most != 0 && total > most) {             /* it grew since it was looked at */
            status = gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' is larger than %zu bytes", path, most);
            break;
        }
    }
    if (got < 0) {
        status = gbx_error_system(error, "read", path);
    }
    close(fd);
    return status;
}

int
gbx_digest_file(char text[GBX_DIGEST_TEXT], const char *path, size_t most, gbx_error *error)
{
    gbx_digest *digest;
    char unused[GBX_DIGEST_TEXT];
    int status = gbx_digest_begin(&digest, error);
    if (status != 0) {
        return status;
    }
    status = gbx_digest_add_file(digest, path, most, error);
    int ended = end_as_text(digest, status == 0 ? text : unused, status == 0 ? error : NULL);
    return status != 0 ? status : ended;
}

int
gbx_digest_hmac(unsigned char sum[GBX_DIGEST_BYTES], const void *key, size_t key_size, const void *bytes, size_t size,
                gbx_error *error)
{
    unsigned length = 0;
    if (key_size > INT_MAX || HMAC(EVP_sha256(), key, (int)key_size, bytes, size, sum, &length) == NULL ||
        length != GBX_DIGEST_BYTES) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    return 0;
}

bool
gbx_digest_same(const char *a, const char *b)
{
    size_t size = strlen(a);
    return size == strlen(b) && CRYPTO_memcmp(a, b, size) == 0;
}
