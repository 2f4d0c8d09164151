/* Builds: see builds.h. */

#include "builds.h"

#include <stdio.h>
#include <stdlib.h>

const char *
gbx_builds_name(unsigned bits)
{
    static const char *const names[] = {
        "gil", "ft", "gil debug", "ft debug", "gil stats", "ft stats", "gil debug stats", "ft debug stats",
    };
    _Static_assert(GBX_BUILD_FREE_THREADED == 1 && GBX_BUILD_DEBUG == 2 && GBX_BUILD_STATS == 4,
                   "the table's order");
    return names[bits & 7];
}

static unsigned
bits_of(const gbx_interpreter *about)
{
    return (about->free_threaded ? (unsigned)GBX_BUILD_FREE_THREADED : 0)
        | (about->debug ? (unsigned)GBX_BUILD_DEBUG : 0) | (about->stats ? (unsigned)GBX_BUILD_STATS : 0);
}

/* PYTHON= names one interpreter: it will do, or there is none. */
static int
chosen_one(gbx_builds *builds, gbx_on on, const char **python, unsigned *bits, char *missing, size_t size,
           gbx_error *error)
{
    char what[128];
    if (!builds->asked) {
        int status = gbx_interpreter_probe(&builds->chosen, builds->paths->python, error);
        if (status != 0) {
            return status;
        }
        builds->asked = true;
    }
    *bits = bits_of(&builds->chosen);
    if (on == GBX_ON_ANY || (on == GBX_ON_FT) == builds->chosen.free_threaded) {
        *python = builds->paths->python;
    }
    else {
        snprintf(missing, size, "this is about the build %s the GIL, and PYTHON= names %s",
                 on == GBX_ON_FT ? "without" : "with",
                 gbx_interpreter_text(&builds->chosen, what, sizeof(what)));
    }
    return 0;
}

int
gbx_builds_find(gbx_builds *builds, gbx_on on, const char **python, unsigned *bits, char *missing,
                size_t size, gbx_error *error)
{
    gbx_error local = { 0, "" };
    *python = NULL;
    *bits = 0;
    if (builds->paths->python_chosen) {
        return chosen_one(builds, on, python, bits, missing, size, error);
    }
    if (on != GBX_ON_FT) {
        *python = builds->paths->python;
        return 0;
    }
    if (builds->free_threaded == NULL) {
        int status = gbx_paths_variant(builds->paths, "ft", &builds->free_threaded, &local);
        if (status == GBX_ERROR_MEMORY) {
            return gbx_error_set(error, status, "out of memory");
        }
        snprintf(missing, size, "%s", local.message);
    }
    *python = builds->free_threaded;
    *bits = GBX_BUILD_FREE_THREADED;
    return 0;
}

void
gbx_builds_clear(gbx_builds *builds)
{
    free(builds->free_threaded);
    *builds = (gbx_builds){ .paths = builds->paths };
}
