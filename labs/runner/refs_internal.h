/* What the files of refs.h share. */

#ifndef GBX_REFS_INTERNAL_H
#define GBX_REFS_INTERNAL_H

#include "refs.h"

/* Fill refs->shared_objects from refs->trace.  0 or GBX_ERROR_MEMORY; gbx_refs_clear() frees it. */
int gbx_refs_find_shared(gbx_refs *refs);

#endif
