/* The walk over one trace: see why_walk.c.  To be included by why.c alone, besides. */

#ifndef GBX_WHY_WALK_H
#define GBX_WHY_WALK_H

#include "why_internal.h"

/* One event of the program's own part, with its class. */
typedef void gbx_why_listen(void *with, gbx_why_walk *walk, const gbx_entry *entry, unsigned klass);

/* False: out of memory.  A walk that began is cleared; its ends stay known after that. */
bool gbx_why_walk_begin(gbx_why_walk *walk, const gbx_why_input *input, const gbx_trace *trace);
bool gbx_why_walk_all(gbx_why_walk *walk, gbx_why_listen *listen, void *with);
void gbx_why_walk_clear(gbx_why_walk *walk);

#endif
