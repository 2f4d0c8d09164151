/* Symbols: which C function and line an address of a recorded process belongs to.

   The trace says which executable ran and where it was mapped; the executable's own debug information
   says the rest, or its symbol table where it has none.  An address in a shared library has
   an answer where the trace says which file that is; code made at run time has none.

   Both the path and the file are believed only as far as they are checked: another program may have
   written the trace, and the interpreter may have been rebuilt since.  An executable that is not a
   regular ELF file of this machine's kind is not read.  This module must not print, and must not guess:
   it finds what the file says or nothing.

   Order of calls: new, any number of finds for any number of traces, free. */

#ifndef GBX_SYMBOLS_H
#define GBX_SYMBOLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "trace.h"

typedef struct gbx_symbols gbx_symbols;

/* NULL when out of memory.  Opens nothing yet. */
gbx_symbols *gbx_symbols_new(void);
void gbx_symbols_free(gbx_symbols *symbols);     /* NULL is fine */

/* One function that the address lies in. */
typedef struct {
    const char *function;        /* "sys__getframe_impl" */
    const char *file;            /* "Python/sysmodule.c", as in CPython's tree; NULL unknown */
    int line;                    /* 0 unknown.  The call's line where the callee is the level before */
} gbx_symbol_level;

#define GBX_SYMBOL_LEVELS 8

/* levels[0] is the innermost function; each further one is the function that it was inlined into, at
   `line`; the last is the function whose machine code it is.  Without inlining `depth` is 1. */
typedef struct {
    gbx_symbol_level levels[GBX_SYMBOL_LEVELS];
    size_t depth;
} gbx_symbol;

/* What made the call that returns to `pc`: every address in a trace (fields of GBX_KIND_PC, such as
   `caller` of frame.object_new) is a return address, so the byte before it is looked up.  False where
   nothing is known.  Text in *out belongs to `symbols`.  The first look-up in an executable opens it
   and costs milliseconds; a repeated one costs nothing. */
bool gbx_symbols_find(gbx_symbols *symbols, const gbx_process *process, uint64_t pc, gbx_symbol *out);

/* The same, and in whatever shared library the trace says the address lies (images.h). */
bool gbx_symbols_find_anywhere(gbx_symbols *symbols, const gbx_trace *trace, uint32_t process, uint64_t pc,
                               gbx_symbol *out);

/* The level to name to a reader: the innermost one of a .c file, since helpers in headers
   (_PyFrame_GetFrameObject) are inlined everywhere and tell nothing about who asked.  Never NULL for a
   symbol that was found. */
const gbx_symbol_level *gbx_symbol_asker(const gbx_symbol *symbol);

/* "sys__getframe_impl (Python/sysmodule.c:2108), inlined into sys__getframe", of the asker; as much of
   it as fits, always terminated.  Returns `text`. */
const char *gbx_symbol_text(const gbx_symbol *symbol, char *text, size_t size);

#endif
