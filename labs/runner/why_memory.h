/* Memory, as a walk over a counted recording sees it: who made what is alive, and what dies.

   Kept are objects that the collector knows, objects of some size, and blocks from malloc(): what lies at an
   address, and which line made it.  An object from a free list has no line.  Memory is bounded: what does not
   fit is not known.  Blocks are those of 512 bytes and more. */

#ifndef GBX_WHY_MEMORY_H
#define GBX_WHY_MEMORY_H

#include "trace.h"

#define GBX_WHY_LARGE 1024u          /* bytes: smaller objects are kept if the collector knows them */

#define GBX_WHY_FOREIGN UINT32_MAX   /* in place of a type: an extension's own memory, of an array for one */

typedef struct {
    uint32_t process, code;          /* the line that made it; code 0: not known */
    uint32_t type;                   /* of the object, or of the one whose bytes the block has; 0: not known */
    uint16_t offset;
    bool block;                      /* from malloc(), not an object */
    bool grown;                      /* a block that was there, and got another size where it lies */
    uint64_t bytes;
} gbx_why_thing;

typedef struct gbx_why_memory gbx_why_memory;

gbx_why_memory *gbx_why_memory_new(const gbx_trace *trace);      /* NULL: out of memory */
void gbx_why_memory_free(gbx_why_memory *memory);                /* NULL is fine */

/* One event, in order. What is born by it or dies is below until the next; false: out of memory. */
bool gbx_why_memory_event(gbx_why_memory *memory, const gbx_entry *entry);

const gbx_why_thing *gbx_why_memory_born(const gbx_why_memory *memory);      /* object or block; NULL */
const gbx_why_thing *gbx_why_memory_died(const gbx_why_memory *memory);

/* Does the collector run in the thread of the last event? */
bool gbx_why_memory_collecting(const gbx_why_memory *memory);

/* Flags of a type: does the collector know its instances; was it made by a program's own class statement? */
bool gbx_why_is_tracked(const gbx_trace *trace, uint32_t process, uint32_t type);
bool gbx_why_is_class(const gbx_trace *trace, uint32_t process, uint32_t type);

/* Is it str; is it bytes, bytearray or another type whose objects are bytes in a row? */
bool gbx_why_is_string(const gbx_trace *trace, uint32_t process, uint32_t type);
bool gbx_why_is_bytes(const gbx_trace *trace, uint32_t process, uint32_t type);

#endif
