/* Files beneath a folder: opened by a name that cannot lead out of it.

   The kernel is asked to see to it (openat2 with RESOLVE_BENEATH, RESOLVE_NO_SYMLINKS and RESOLVE_NO_MAGICLINKS); where
   it has no such call, or a filter forbids it, the name is walked a component at a time, each opened as a folder that
   is no link.  No link is followed anywhere in a name, the last part included.

   This module must not know what a file is for. */

#ifndef GBX_BENEATH_H
#define GBX_BENEATH_H

#include <jansson.h>
#include <stdbool.h>
#include <sys/types.h>

#include "error.h"

/* Is it a name at all: relative, of parts that are neither empty nor "." or ".."? */
bool gbx_beneath_name(const char *name);

/* open() of `name` beneath the folder that is open as `folder`; a descriptor, or -1 with errno (ELOOP: there is a link in
   it; EXDEV: it leads out).  O_CLOEXEC is added. */
int gbx_beneath_open(int folder, const char *name, int flags, mode_t mode);
/* For tests: as if the kernel had no openat2(). */
int gbx_beneath_walk(int folder, const char *name, int flags, mode_t mode);

/* Make the folders that lead to `name`, where they are not there, with this mode whatever the umask; 0, or -1 with
   errno. */
int gbx_beneath_folders(int folder, const char *name, mode_t mode);

/* Append a JSON value, as one line and in one write, to a file beneath a folder; the file and its folders are
   made.  NULL for `line`: GBX_ERROR_MEMORY. */
int gbx_beneath_append(const char *folder, const char *name, const json_t *line, gbx_error *error);

#endif
