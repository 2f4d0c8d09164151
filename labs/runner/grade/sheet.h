/* Sheet: table.csv, one line a student, sorted by name, with nothing in it that differs from one run of the same
   judgement to the next: no times, no machine, no order of work.  So two ways to grade can be compared by `cmp`.

   This module must not judge; it writes what it is given. */

#ifndef GBX_SHEET_H
#define GBX_SHEET_H

#include <stddef.h>

#include "error.h"
#include "outcome.h"

#define GBX_SHEET_NAME "table.csv"

typedef struct gbx_sheet gbx_sheet;

int gbx_sheet_new(gbx_sheet **out, gbx_error *error);
void gbx_sheet_free(gbx_sheet *table);               /* NULL is fine */

/* A student's line; outcome NULL: there is none, the score is empty and the verdict `instead` ("infrastructure", "missing"). */
int gbx_sheet_add(gbx_sheet *table, const char *student, const gbx_outcome *outcome, const char *instead, gbx_error *error);

/* How many lines have this verdict; NULL: all. */
size_t gbx_sheet_count(const gbx_sheet *table, const char *verdict);

/* Write FOLDER/table.csv, whole or not at all. */
int gbx_sheet_write(gbx_sheet *table, const char *folder, gbx_error *error);

/* Write `size` bytes to FOLDER/NAME: under another name, to the disk, then renamed.  For whoever has a file that must never be seen
   half-written. */
int gbx_sheet_put(const char *folder, const char *name, const char *bytes, size_t size, gbx_error *error);

#endif
