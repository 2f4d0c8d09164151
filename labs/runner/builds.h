/* Builds: which interpreter an experiment runs on.

   An experiment names the build that it is about (gbx_on, claim.h) and the packages that it imports, never
   a path.  Without PYTHON= each build is the one that stands in the checkout, and packages are in the
   environments that scripts/packages makes of it; with PYTHON= there is that interpreter alone, asked once
   what it is and what it can import, and what needs another one cannot run.  This module chooses; it must
   not run experiments, nor install anything, and that a build or a package is missing is no error here but
   an answer. */

#ifndef GBX_BUILDS_H
#define GBX_BUILDS_H

#include "claim.h"
#include "error.h"
#include "interpreter.h"
#include "paths.h"

#include <stdbool.h>
#include <stddef.h>

/* An interpreter with a set of packages: where it is, or not. */
typedef struct {
    const char *set;             /* NULL ends the list */
    bool free_threaded;
    char *python;                /* owned; NULL: not there */
} gbx_packages;

enum { GBX_PACKAGES_MOST = 8 };

/* All zero but `paths`, which must live as long, to begin with. */
typedef struct {
    const gbx_paths *paths;
    bool asked;                  /* PYTHON= was asked what it is: `chosen` */
    gbx_interpreter chosen;
    char *free_threaded;         /* owned; NULL: not looked for, or not there */
    gbx_packages with[GBX_PACKAGES_MOST];
} gbx_builds;

/* The interpreter for an experiment: *python is its path, owned by `builds`, and *bits what it is
   (bits of enum gbx_build).  Where there is none *python is NULL, and `missing` says what is missing and
   what to do.  0 in either case; a negative code: PYTHON= is no Python, or out of memory. */
int gbx_builds_find(gbx_builds *builds, const gbx_experiment *experiment, const char **python,
                    unsigned *bits, char *missing, size_t size, gbx_error *error);
void gbx_builds_clear(gbx_builds *builds);

/* "gil", "ft", "ft debug"...; static. */
const char *gbx_builds_name(unsigned bits);

#endif
