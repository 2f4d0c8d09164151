/* A table from addresses to numbers: who lives where.  It only grows, up to a limit; beyond that it forgets
   whom it is told of, and says so.  It must not know what lives there. */

#ifndef GBX_AIO_TABLE_H
#define GBX_AIO_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GBX_AIO_NOBODY UINT32_MAX

typedef struct {
    uint64_t address;            /* 0: free */
    uint32_t process;
    uint32_t who;                /* GBX_AIO_NOBODY: gone */
} gbx_aio_slot;

/* All zero is an empty one. */
typedef struct {
    gbx_aio_slot *slots;         /* a power of two of them */
    size_t room, count;
    bool full;                   /* somebody was left out */
} gbx_aio_table;

/* Who lives at an address of a process; GBX_AIO_NOBODY: nobody that is known. */
uint32_t gbx_aio_table_find(const gbx_aio_table *table, uint32_t process, uint64_t address);

/* From now on it is `who` (GBX_AIO_NOBODY: nobody). */
void gbx_aio_table_put(gbx_aio_table *table, uint32_t process, uint64_t address, uint32_t who);
void gbx_aio_table_clear(gbx_aio_table *table);

#endif
