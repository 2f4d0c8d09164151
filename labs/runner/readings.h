/* Readings: where a place that a station points to is, in CPython's sources, in a package's, or in a station.

   "Python/ceval.c#take_gil" is in the tree that was built.  "numpy:numpy/_core/src/multiarray/shape.c#..." is in
   the sources that scripts/sources has fetched for the set of packages `numpy`, of the version that stations
   import.  "stations:6-torch/experiments/kvcache.py#Paged.grow" is in a station's own folder.  All are resolved when they are asked for, so that a line is never written down.  That a
   package's sources are not there is an answer and says how to get them: nothing is fetched here. */

#ifndef GBX_READINGS_H
#define GBX_READINGS_H

#include "paths.h"
#include "source.h"

enum { GBX_READINGS_PACKAGES = 4, GBX_READINGS_NAME = 24 };

/* Sources of a package, opened when they were first asked for. */
typedef struct {
    char name[GBX_READINGS_NAME];        /* "" ends the list */
    char *root;                          /* owned */
    gbx_source *source;                  /* owned; NULL: not there */
} gbx_readings_package;

typedef struct {
    const gbx_paths *paths;
    gbx_source *interpreter;             /* CPython's; NULL: not there */
    gbx_readings_package packages[GBX_READINGS_PACKAGES];
} gbx_readings;

typedef struct {
    gbx_place place;
    gbx_source *source;                  /* what `place` belongs to */
    const char *root;                    /* the folder that place.file is in */
} gbx_reading_place;

/* Both are borrowed and must live as long. */
void gbx_readings_init(gbx_readings *readings, const gbx_paths *paths, gbx_source *interpreter);
void gbx_readings_clear(gbx_readings *readings);

/* 0, or what gbx_source_resolve() says; GBX_ERROR_MISSING with the command to get them where a package's
   sources are not there.  What is found lives until gbx_readings_clear(). */
int gbx_readings_resolve(gbx_readings *readings, const char *place, gbx_reading_place *out, gbx_error *error);

#endif
