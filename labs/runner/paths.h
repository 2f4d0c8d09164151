/* Paths: where the interpreter, the stations, the C sources and the cache are.

   Found from where the running program stands, so that a checkout and an installation both work without
   being told:

       a checkout     an ancestor of the program with cpython/source.lock:
                      cpython/build/gil/python, stations, cpython/src/glassbox
       installed      PREFIX/bin/glassbox beside PREFIX/lib/glassbox:
                      lib/glassbox/bin/python3, share/glassbox/stations, share/glassbox/cpython

   and moved by the environment: PYTHON= (any interpreter; looked up in PATH where it has no slash),
   GLASSBOX_STATIONS=, GLASSBOX_SOURCE=, GLASSBOX_CACHE= (else XDG_CACHE_HOME/glassbox, else
   ~/.cache/glassbox).

   This module says where things would be and whether they are there.  It must not run, build or create
   any of them. */

#ifndef GBX_PATHS_H
#define GBX_PATHS_H

#include <stdbool.h>

#include "error.h"

/* All strings are absolute paths owned by the struct; none is NULL after gbx_paths_find(), save `root`
   and `cache`, which may be.  A path in it need not exist: see gbx_paths_need(). */
typedef struct {
    char *root;              /* the checkout, or PREFIX; NULL: the program stands in neither */
    char *python;            /* the interpreter that experiments run on */
    char *stations;          /* has 1-frames, 2-memory... */
    char *source;            /* the C sources that the interpreter was built from: has Python/ceval.c */
    char *cache;             /* NULL: no home and no word where */
    bool installed;
    bool python_chosen;      /* by PYTHON=: it may be any interpreter, instrumented or not */
} gbx_paths;

/* Find them.  0, or a negative code: PYTHON= names a program that is not in PATH, or what the variables
   do not name cannot be guessed since the program stands in neither a checkout nor an installation.
   What is found is cleared by the caller with gbx_paths_clear(), which may be called after a failure,
   and twice. */
int gbx_paths_find(gbx_paths *paths, gbx_error *error);
void gbx_paths_clear(gbx_paths *paths);

/* What a command cannot do without; 0 when all of `parts` are there, else GBX_ERROR_MISSING and a
   message that says what to do: "no interpreter at '...': make gil". */
enum {
    GBX_PATHS_PYTHON = 1,    /* an executable file */
    GBX_PATHS_STATIONS = 2,
    GBX_PATHS_SOURCE = 4
};
int gbx_paths_need(const gbx_paths *paths, unsigned parts, gbx_error *error);

/* The interpreter of another build, "ft", "stock", "stats" or "debug", as a string that the caller frees.
   GBX_ERROR_MISSING and what to do where it is not built; *out is then NULL.  "gil" is the default
   build, whatever PYTHON= says. */
int gbx_paths_variant(const gbx_paths *paths, const char *variant, char **out, gbx_error *error);

/* The place of a program as a shell would find it: itself, made absolute, where it has a slash, else its
   first executable in PATH.  The caller frees *out.  GBX_ERROR_MISSING where there is none. */
int gbx_paths_program(const char *name, char **out, gbx_error *error);

/* Parts of a path joined by '/', the list ended by NULL; the caller frees it.  NULL: out of memory. */
char *gbx_paths_join(const char *first, ...) __attribute__((sentinel));

#endif
