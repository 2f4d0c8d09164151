/* What the command gradebook says, in its two voices.  Neither computes anything. */

#ifndef GBX_CMD_GRADEBOOK_H
#define GBX_CMD_GRADEBOOK_H

#include "gradebook.h"

#include <stdio.h>

typedef struct {
    const char *path;                /* as it was typed */
    const gbx_gradebook *book;
    const gbx_gradebook_course *course;          /* NULL: none */
    const gbx_statistics *statistics;
    const gbx_difference *difference;            /* NULL: not asked for */
    const char *old_path;
} gbx_gradebook_told;

void gbx_gradebook_text(FILE *to, const gbx_gradebook_told *told);
/* Only what changed. */
void gbx_gradebook_difference_text(FILE *to, const gbx_gradebook_told *told);
/* The whole as one object, which the caller lets go of; NULL: out of memory. */
json_t *gbx_gradebook_json(const gbx_gradebook_told *told);

/* Students of the roster of whom there is nothing: how many; the i-th of them in *student unless that is NULL. */
size_t gbx_gradebook_absent(const gbx_gradebook_told *told, size_t i, const char **student);

#endif
