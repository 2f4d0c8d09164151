/* Names that a loop looks up in dictionaries, though it could have them in local variables: globals, and all
   names of a loop at module level.  Part of column spec.

   Which instructions these are, the interpreter says of the program's files (why_probe.py); how often each
   ran, the references tell that it moved. */

#ifndef GBX_WHY_NAMES_H
#define GBX_WHY_NAMES_H

#include "why_internal.h"

typedef struct {
    gbx_why_tally moves;         /* count: references taken at an instruction, of all code */
    uint64_t looked_up;
} gbx_why_names;

void gbx_why_names_event(gbx_why_names *names, gbx_why_walk *walk, const gbx_entry *entry);

/* Adds to the column's cost, and accuses lines. */
void gbx_why_names_finish(gbx_why_names *names, gbx_why_report *report);
void gbx_why_names_clear(gbx_why_names *names);

#endif
