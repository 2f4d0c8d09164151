/* Interpreters: what kind of Python a program is.

   Asked by running it on a line of its own, since neither a name nor a file says it: PYTHON= may name a
   wrapper, a virtual environment's link, or no Python at all. */

#ifndef GBX_INTERPRETER_H
#define GBX_INTERPRETER_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

typedef struct {
    char implementation[32];     /* "cpython" */
    char version[32];            /* "3.13.5" */
    bool instrumented;           /* it has Glassbox's recorder */
    bool free_threaded;
    bool debug;                  /* built with --with-pydebug */
    bool stats;                  /* built with --enable-pystats */
} gbx_interpreter;

/* 0; GBX_ERROR_MISSING where it cannot be run, GBX_ERROR_CHILD where it is no Python that answers. */
int gbx_interpreter_probe(gbx_interpreter *about, const char *python, gbx_error *error);

/* "CPython 3.13.5 free-threaded, not instrumented"; returns `text`. */
const char *gbx_interpreter_text(const gbx_interpreter *about, char *text, size_t size);

#endif
