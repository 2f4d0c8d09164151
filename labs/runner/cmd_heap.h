/* glassbox heap, its ways to tell: what cmd_heap.c asks for, and cmd_heap_text.c, cmd_heap_json.c and
   cmd_heap_svg.c do. */

#ifndef GBX_CMD_HEAP_H
#define GBX_CMD_HEAP_H

#include "heapline.h"

#include <jansson.h>
#include <stdio.h>

typedef struct {
    const char *mark;            /* NULL: the end of the trace */
    const char *program;         /* that was recorded, in a few words */
    uint32_t pid;
    uint32_t most_arenas;
    const gbx_heapline *line;
} gbx_heap_view;

/* To a file; false where that cannot be written, or memory runs out. */
bool gbx_heap_text(const gbx_heap_view *view, FILE *to);
bool gbx_heap_svg(const gbx_heap_view *view, FILE *to);

/* The same as one JSON object, the caller's; NULL: out of memory. */
json_t *gbx_heap_json(const gbx_heap_view *view);

/* "1.5 MiB".  Returns `text`. */
const char *gbx_heap_bytes(uint64_t bytes, char *text, size_t size);

/* What is in use of what is held for it, in percent: blocks of arenas, or of mimalloc's pages; -1 where
   nothing is held. */
double gbx_heap_filled(const gbx_heapline *line);

/* Arenas, the emptiest first; the caller frees the array.  NULL: out of memory. */
const gbx_heap_arena **gbx_heap_by_filling(const gbx_heap *heap);

/* Bytes of an arena that are in use. */
uint64_t gbx_heap_used(const gbx_heap_arena *arena);

#endif
