/* Callers: the place in C that did what an event says, from the address that the event carries.

   Joins what the executable's debug information knows (symbols.h) with the tree that was built (source.h):
   of a reference that the eval loop took, the line is that of Python/bytecodes.c, which people wrote, and
   not the generated one.  This module formats and looks up; it must not print. */

#ifndef GBX_CALLER_H
#define GBX_CALLER_H

#include "source.h"
#include "symbols.h"
#include "trace.h"

typedef struct {
    const char *file;            /* "Objects/dictobject.c"; NULL unknown */
    int line;                    /* 0 unknown */
    const char *function;        /* "delitem_common"; in Python/bytecodes.c the instruction, or its part */
    const char *into;            /* the function whose machine code it was inlined into; NULL: itself */
} gbx_caller;

/* Who returns to `pc`.  False where that is not known.  `source` may be NULL: then generated lines are
   named.  Text in *out belongs to `symbols` and `source`. */
bool gbx_caller_find(gbx_symbols *symbols, gbx_source *source, const gbx_process *process, uint64_t pc,
                     gbx_caller *out);

/* The same of the address in an event's fields; false where it has none. */
bool gbx_caller_of_event(gbx_symbols *symbols, gbx_source *source, const gbx_trace *trace, size_t at,
                         gbx_caller *out);

/* "Objects/dictobject.c:2684 in delitem_common"; as much of it as fits.  Returns `text`. */
const char *gbx_caller_text(const gbx_caller *caller, char *text, size_t size);

#endif
