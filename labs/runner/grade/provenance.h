/* Provenance: who judges, as one sum.  Two results with the same judge and the same bundle are the same but for the host.

   In it: the bytes of the program, of the interpreter, of all labs and of what a course puts in their place, the course's
   secret (seeds come from it), and the options that a grading was given.  Whatever of these changes, results made
   before are made anew.  This module must not run any of them. */

#ifndef GBX_PROVENANCE_H
#define GBX_PROVENANCE_H

#include <stddef.h>

#include "digest.h"
#include "error.h"

typedef struct {
    const char *program;             /* a file */
    const char *const *pythons;      /* files: all builds that a lab may ask for; ends with NULL */
    const char *labs;                /* the folder with lab.py and 1-sites... */
    const char *course;              /* its folder: labs/ in it counts; NULL: none */
    const void *secret;              /* the course's; NULL */
    size_t secret_size;
    const char *const *options;      /* ends with NULL; NULL: none */
} gbx_provenance_options;

/* "sha256:...".  GBX_ERROR_MISSING: one of them is not there; GBX_ERROR_LIMIT: a folder of labs that goes on for ever. */
int gbx_provenance_sum(char text[GBX_DIGEST_TEXT], const gbx_provenance_options *options, gbx_error *error);

#endif
