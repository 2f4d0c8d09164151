/* A table from numbers to numbers, for indexes that are made once and asked often.  It must not know what a number
   means. */

#ifndef GBX_NUMBERS_H
#define GBX_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is an empty one. */
typedef struct {
    uint64_t *keys;
    uint32_t *values;                /* UINT32_MAX: nothing is there */
    size_t room, count;              /* room: 0 or a power of two */
} gbx_numbers;

/* The value of a key; UINT32_MAX: none. */
uint32_t gbx_numbers_find(const gbx_numbers *in, uint64_t key);
/* Add a value, not UINT32_MAX, for a key that is not there; false: no memory. */
bool gbx_numbers_add(gbx_numbers *in, uint64_t key, uint32_t value);
void gbx_numbers_clear(gbx_numbers *in);

#endif
