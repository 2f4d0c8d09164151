/* glassbox life, its two ways to tell: what cmd_life.c asks for, and cmd_life_text.c and cmd_life_json.c do. */

#ifndef GBX_CMD_LIFE_H
#define GBX_CMD_LIFE_H

#include "life.h"
#include "source.h"
#include "symbols.h"

#include <jansson.h>

typedef struct {
    const gbx_trace *trace;
    gbx_symbols *symbols;        /* NULL: no C function is named */
    gbx_source *source;          /* NULL: lines of C are as the executable has them */
    const gbx_life *life;        /* the one to tell */
} gbx_life_teller;

/* To standard output; false where that cannot be written.  `all`: what is repeated, too, each time. */
bool gbx_life_text(const gbx_life_teller *it, bool all);

/* An object that the caller owns; NULL when out of memory. */
json_t *gbx_life_json(const gbx_life_teller *it);

#endif
