/* Builds: which interpreter an experiment runs on.

   An experiment names the build that it is about (gbx_on, claim.h), never a path.  Without PYTHON= each
   build is the one that stands in the checkout; with PYTHON= there is that interpreter alone, asked once
   what it is, and what needs another one cannot run.  This module chooses; it must not run experiments,
   and that a build is missing is no error here but an answer. */

#ifndef GBX_BUILDS_H
#define GBX_BUILDS_H

#include "claim.h"
#include "error.h"
#include "interpreter.h"
#include "paths.h"

#include <stdbool.h>
#include <stddef.h>

/* All zero but `paths`, which must live as long, to begin with. */
typedef struct {
    const gbx_paths *paths;
    bool asked;                  /* PYTHON= was asked what it is: `chosen` */
    gbx_interpreter chosen;
    char *free_threaded;         /* owned; NULL: not looked for, or not there */
} gbx_builds;

/* The interpreter for experiments on `on`: *python is its path, owned by `builds`, and *bits what it is
   (bits of enum gbx_build).  Where there is none *python is NULL, and `missing` says what is missing and
   what to do.  0 in either case; a negative code: PYTHON= is no Python, or out of memory. */
int gbx_builds_find(gbx_builds *builds, gbx_on on, const char **python, unsigned *bits, char *missing,
                    size_t size, gbx_error *error);
void gbx_builds_clear(gbx_builds *builds);

/* "gil", "ft", "ft debug"...; static. */
const char *gbx_builds_name(unsigned bits);

#endif
