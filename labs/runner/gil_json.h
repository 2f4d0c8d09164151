/* The story of the lock as JSON, and the names of the functions in it.  It must not print. */

#ifndef GBX_GIL_JSON_H
#define GBX_GIL_JSON_H

#include "gil.h"
#include "symbols.h"

#include <jansson.h>

/* All of it: an object that the caller owns; NULL when out of memory. */
json_t *gbx_gil_json(const gbx_trace *trace, const gbx_gil_story *story, gbx_symbols *symbols);

/* The C function that an address of a release lies in; false, and "", where it is not known: an extension
   module's own, or a process whose executable is not here. */
bool gbx_gil_function(const gbx_trace *trace, gbx_symbols *symbols, uint32_t process, uint64_t by,
                      char *text, size_t size);

#endif
