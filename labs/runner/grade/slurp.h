/* Slurp: all of an ordinary file, in memory.  It must not know what is in it. */

#ifndef GBX_SLURP_H
#define GBX_SLURP_H

#include <stddef.h>

#include "error.h"

/* All of an ordinary file (no link at its end, no pipe or device) of at most `most` bytes, terminated; the caller frees
   *out.  GBX_ERROR_MISSING, GBX_ERROR_USAGE (what it is instead), GBX_ERROR_LIMIT, GBX_ERROR_SYSTEM. */
int gbx_slurp(const char *path, size_t most, char **out, size_t *size, gbx_error *error);

/* Write a new file with these bytes, for us alone (mode 0600) or to be read by all (0644), whatever the umask; GBX_ERROR_SYSTEM
   where there is one already. */
int gbx_spit(const char *path, const void *bytes, size_t size, unsigned mode, gbx_error *error);

/* A new folder, likewise. */
int gbx_make_folder(const char *path, unsigned mode, gbx_error *error);

#endif
