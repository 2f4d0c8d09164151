/* How a lab's files are read, shared by lab.c, lab_entries.c and lab_hints.c alone.

   A gbx_from is one table of a file and what messages call it; each getter takes one value out of it, checks it, and
   remembers the first thing that is wrong.  What a table has that nobody asked for is wrong, too: a misspelt key is
   never silently without effect. */

#ifndef GBX_LAB_ENTRIES_H
#define GBX_LAB_ENTRIES_H

#include "lab_internal.h"

typedef struct {
    const json_t *table;
    char name[96];                   /* "lab.toml: fact 'specializes'" */
    const char *asked[24];           /* keys that were asked for */
    size_t asked_count;
    int status;
    gbx_error *error;
} gbx_from;

gbx_from gbx_from_open(const json_t *table, gbx_error *error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The first thing that was wrong, or 0. */
int gbx_from_close(gbx_from *from);
/* Say that it is wrong. */
void gbx_from_wrong(gbx_from *from, const char *format, ...) __attribute__((format(printf, 2, 3)));

const char *gbx_from_text(gbx_from *from, const char *key, const char *missing);    /* NULL for missing: must be there */
double gbx_from_number(gbx_from *from, const char *key, double least, double most, double missing);   /* NAN: must be there */
bool gbx_from_bool(gbx_from *from, const char *key, bool missing);
/* A list of strings, or NULL where there is none. */
const json_t *gbx_from_texts(gbx_from *from, const char *key);
/* A table, or NULL. */
const json_t *gbx_from_table(gbx_from *from, const char *key);
/* A list of tables, or NULL. */
const json_t *gbx_from_tables(gbx_from *from, const char *key);
/* "512M" or a number of bytes. */
uint64_t gbx_from_bytes(gbx_from *from, const char *key, uint64_t missing);
/* An id: letters, digits, dot, dash, underscore. */
const char *gbx_from_id(gbx_from *from, const char *key);

/* Each fills its part of the lab from lab->data, ->hint_data, ->misconception_data. */
int gbx_lab_read_head(gbx_lab *lab, gbx_error *error);
int gbx_lab_read_entries(gbx_lab *lab, gbx_error *error);
int gbx_lab_read_hints(gbx_lab *lab, gbx_error *error);

/* Is each parameter declared so that it can be drawn?  (variant.c) */
int gbx_lab_check_variant(const gbx_lab *lab, gbx_error *error);

#endif
