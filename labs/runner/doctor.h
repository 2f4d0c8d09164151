/* The doctor: what this machine has, and what each part of the course could use of it.

   A finding is one thing looked for: whether it is there, what it is, and what to do where it is not.
   Nothing is taken for granted: an interpreter is run, a file system is tried.  This module must not
   install or build anything, and leaves nothing behind. */

#ifndef GBX_DOCTOR_H
#define GBX_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

typedef struct {
    const char *name;            /* "interpreter"; static */
    const char *used_by;         /* "every station", "stations 2 and 3"; static */
    bool required;               /* station 1 cannot run without it */
    bool ok;
    char text[320];              /* what is there, or how it is missing */
    char remedy[160];            /* what to do; "": nothing need be, or can be, done */
} gbx_doctor_finding;

/* Look for everything: an array for the caller to free, in the order in which it is to be read. */
int gbx_doctor_look(gbx_doctor_finding **findings, size_t *count, gbx_error *error);

#endif
