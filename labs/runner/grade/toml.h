/* TOML: a text, hostile or not, into the JSON values that all else here reads.

   Tables become objects, arrays arrays; dates and times become strings as they are written.  The reader is
   toml++; this is the one place where C meets C++, and no exception leaves it.  What is nested deeper than
   toml++ allows is refused as broken. */

#ifndef GBX_TOML_H
#define GBX_TOML_H

#include <jansson.h>
#include <stddef.h>

#include "error.h"

#define GBX_TOML_MOST (1u << 20)      /* bytes of a file that is read at all */

/* The text as an object, which the caller lets go of with json_decref().  `name` is what messages call it:
   GBX_ERROR_USAGE, "'lab.toml' line 3: ...".  GBX_ERROR_LIMIT for what is too long. */
int gbx_toml_parse(json_t **out, const char *text, size_t size, const char *name, gbx_error *error);
/* The same of a file, which must be an ordinary one.  GBX_ERROR_MISSING where there is none. */
int gbx_toml_read(json_t **out, const char *path, gbx_error *error);

#endif
