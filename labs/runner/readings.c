/* Readings: see readings.h. */

#include "readings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
gbx_readings_init(gbx_readings *readings, const gbx_paths *paths, gbx_source *interpreter)
{
    *readings = (gbx_readings){ .paths = paths, .interpreter = interpreter };
}

void
gbx_readings_clear(gbx_readings *readings)
{
    for (size_t i = 0; i < GBX_READINGS_PACKAGES; i++) {
        gbx_source_close(readings->packages[i].source);
        free(readings->packages[i].root);
    }
    *readings = (gbx_readings){ .paths = readings->paths };
}

/* The length of the package's name that a place begins with; 0: it is CPython's. */
static size_t
name_length(const char *place)
{
    size_t length = strspn(place, "abcdefghijklmnopqrstuvwxyz0123456789_-");
    return place[length] == ':' && length < GBX_READINGS_NAME ? length : 0;
}

/* The name that is no package's: the stations themselves. */
#define OWN "stations"

static char *
root_of(const gbx_paths *paths, const char *name)
{
    if (strcmp(name, OWN) == 0) {
        return strdup(paths->stations == NULL ? "" : paths->stations);
    }
    return gbx_paths_join(paths->root == NULL ? "" : paths->root, "build/sources", name, NULL);
}

static int
open_package(const gbx_readings *readings, gbx_readings_package *package, gbx_error *error)
{
    gbx_error local = { 0, "" };
    package->root = root_of(readings->paths, package->name);
    if (package->root == NULL) {
        package->name[0] = '\0';
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    (void)gbx_source_open_package(&package->source, package->root, &local);
    return 0;
}

/* The package's entry in the list, made now if it is a new one. */
static int
find_package(gbx_readings *readings, const char *place, size_t length, gbx_readings_package **out,
             gbx_error *error)
{
    gbx_readings_package *package = readings->packages;
    for (; package < readings->packages + GBX_READINGS_PACKAGES && package->name[0] != '\0'; package++) {
        if (strlen(package->name) == length && memcmp(package->name, place, length) == 0) {
            *out = package;
            return 0;
        }
    }
    if (package == readings->packages + GBX_READINGS_PACKAGES) {
        return gbx_error_set(error, GBX_ERROR_LIMIT, "a station points to more packages than this program keeps");
    }
    memcpy(package->name, place, length);
    package->name[length] = '\0';
    *out = package;
    return open_package(readings, package, error);
}

int
gbx_readings_resolve(gbx_readings *readings, const char *place, gbx_reading_place *out, gbx_error *error)
{
    gbx_readings_package *package = NULL;
    size_t length = name_length(place);
    *out = (gbx_reading_place){ .source = readings->interpreter, .root = readings->paths->source };
    if (length > 0) {
        int status = find_package(readings, place, length, &package, error);
        if (status != 0) {
            return status;
        }
        out->source = package->source;
        out->root = package->root;
        place += length + 1;
    }
    if (out->source == NULL && package != NULL && strcmp(package->name, OWN) == 0) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "the stations are not here");
    }
    if (out->source == NULL) {
        return length == 0 ? gbx_error_set(error, GBX_ERROR_MISSING, "the C sources are not here")
            : gbx_error_set(error, GBX_ERROR_MISSING, "the sources of '%s' are not here: scripts/sources %s",
                            package->name, package->name);
    }
    return gbx_source_resolve(out->source, place, &out->place, error);
}
