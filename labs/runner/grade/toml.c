/* TOML, the half in C: see toml.h. */

#include "toml.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>

json_t *gbx_toml_convert(const char *text, size_t size, char *message, size_t room);      /* tomlxx.cc */

int
gbx_toml_parse(json_t **out, const char *text, size_t size, const char *name, gbx_error *error)
{
    char message[400] = "";
    *out = NULL;
    if (size > GBX_TOML_MOST) {
        return gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' is too large: %zu bytes of at most %u", name, size,
                             GBX_TOML_MOST);
    }
    json_t *whole = gbx_toml_convert(text, size, message, sizeof(message));
    if (whole == NULL) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' %s", name, message);
    }
    *out = whole;
    return 0;
}

/* The bytes of an ordinary file, at most one more than is allowed, so that one too long is known by it. */
static int
read_all(int file, const char *path, char *text, size_t room, size_t *size, gbx_error *error)
{
    struct stat about;
    *size = 0;
    if (fstat(file, &about) != 0) {
        return gbx_error_system(error, "cannot read", path);
    }
    if (!S_ISREG(about.st_mode)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is not an ordinary file", path);
    }
    while (*size < room) {
        ssize_t got = read(file, text + *size, room - *size);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got < 0) {
            return gbx_error_system(error, "cannot read", path);
        }
        if (got == 0) {
            break;
        }
        *size += (size_t)got;
    }
    return 0;
}

int
gbx_toml_read(json_t **out, const char *path, gbx_error *error)
{
    *out = NULL;
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (file < 0) {
        bool missing = errno == ENOENT;
        int code = gbx_error_system(error, "cannot open", path);
        return missing ? GBX_ERROR_MISSING : code;
    }
    size_t size = 0, room = (size_t)GBX_TOML_MOST + 1;
    char *text = malloc(room);
    int code = text == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
                            : read_all(file, path, text, room, &size, error);
    if (code == 0) {
        code = gbx_toml_parse(out, text, size, path, error);
    }
    free(text);
    close(file);
    return code;
}
