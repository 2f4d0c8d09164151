/* Builds: see builds.h. */

#include "builds.h"

#include "driver.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IMPORT_MS = 60000 };      /* the first import of a large package reads it from the disk */

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

/* The build alone, whatever is to be imported. */
static int
find_build(gbx_builds *builds, gbx_on on, const char **python, unsigned *bits, char *missing, size_t size,
           gbx_error *error)
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

/* ------------------------------------------------------------------ packages */

/* Can PYTHON= import it? */
static int
ask_import(const char *python, const char *set, bool *can, gbx_error *error)
{
    char text[64];
    snprintf(text, sizeof(text), "import %.50s", set);
    const char *const argv[] = { python, "-c", text, NULL };
    static const char *const environment[] = { "PYTHONNOUSERSITE=1", "PYTHONDONTWRITEBYTECODE=1", NULL };
    gbx_driver_options options = {
        .argv = argv, .environment = environment, .timeout_ms = IMPORT_MS, .clean_environment = true,
    };
    gbx_driver_result result;
    int status = gbx_driver_run(&options, &result, error);
    *can = status == 0 && gbx_driver_succeeded(&result, 0);
    gbx_driver_result_clear(&result);
    return status;
}

static int
find_environment(const gbx_builds *builds, gbx_packages *with, const char *python, gbx_error *error)
{
    bool there;
    char name[64];
    if (builds->paths->python_chosen) {
        int status = ask_import(python, with->set, &there, error);
        with->python = status == 0 && there ? strdup(python) : NULL;
        return status != 0 ? status : there && with->python == NULL ? GBX_ERROR_MEMORY : 0;
    }
    snprintf(name, sizeof(name), "%.40s-%s", with->set, with->free_threaded ? "ft" : "gil");
    with->python = gbx_paths_join(builds->paths->root == NULL ? "" : builds->paths->root, "build/packages", name,
                                  "bin/python", NULL);
    if (with->python == NULL) {
        return GBX_ERROR_MEMORY;
    }
    if (access(with->python, X_OK) != 0) {
        free(with->python);
        with->python = NULL;
    }
    return 0;
}

/* The interpreter that was found, with the packages: an entry of the list, made now if it is a new one. */
static int
find_packages(gbx_builds *builds, const char *set, bool free_threaded, const char **python, char *missing,
              size_t size, gbx_error *error)
{
    gbx_packages *with = builds->with;
    while (with->set != NULL && (strcmp(with->set, set) != 0 || with->free_threaded != free_threaded)) {
        if (++with == builds->with + GBX_PACKAGES_MOST) {
            return gbx_error_set(error, GBX_ERROR_USAGE, "a station has more sets of packages than this program keeps");
        }
    }
    if (with->set == NULL) {
        with->free_threaded = free_threaded;
        with->set = set;
        int status = find_environment(builds, with, *python, error);
        if (status != 0) {
            with->set = NULL;
            return status == GBX_ERROR_MEMORY ? gbx_error_set(error, status, "out of memory") : status;
        }
    }
    *python = with->python;
    if (*python == NULL && builds->paths->python_chosen) {
        snprintf(missing, size, "PYTHON= names an interpreter that cannot import '%s'", set);
    }
    else if (*python == NULL) {
        snprintf(missing, size, "there is no package '%s' for the build '%s': scripts/packages %s %s", set,
                 free_threaded ? "ft" : "gil", set, free_threaded ? "ft" : "gil");
    }
    return 0;
}

int
gbx_builds_find(gbx_builds *builds, const gbx_experiment *experiment, const char **python, unsigned *bits,
                char *missing, size_t size, gbx_error *error)
{
    int status = find_build(builds, experiment->on, python, bits, missing, size, error);
    if (status != 0 || *python == NULL || experiment->packages == NULL) {
        return status;
    }
    return find_packages(builds, experiment->packages, (*bits & GBX_BUILD_FREE_THREADED) != 0, python, missing,
                         size, error);
}

void
gbx_builds_clear(gbx_builds *builds)
{
    for (size_t i = 0; i < GBX_PACKAGES_MOST; i++) {
        free(builds->with[i].python);
    }
    free(builds->free_threaded);
    *builds = (gbx_builds){ .paths = builds->paths };
}
