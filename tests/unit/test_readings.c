/* Readings: a place is looked for in the sources it names, CPython's or a package's, and nowhere else; where a
   package's are missing, the answer says how to get them. */

#include "trace_test.h"

#include "readings.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static gbx_paths paths;
static gbx_source *source;
static gbx_readings readings;
static gbx_reading_place at;
static gbx_error error;

static void
write_text(const char *name, const char *text)
{
    FILE *file = fopen(test_path(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

/* A checkout: CPython's tree in `tree`, and the sources of `small`. */
static int
open_checkout(void **state)
{
    static const char *const folders[] = {
        "tree", "tree/Python", "tree/Include", "build", "build/sources", "build/sources/small", "build/sources/small/src",
        "stations", "stations/9-last",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        if (mkdir(test_path(folders[i]), 0700) != 0) {
            return -1;
        }
    }
    write_text("tree/Include/Python.h", "/* all of it */\n");
    write_text("tree/Python/ceval.c", "\nint\nmeeting(void)\n{\n}\n");
    write_text("build/sources/small/src/a.c", "\n\n\nstatic int\nmeeting(int x)\n{\n}\n");
    write_text("build/outside.c", "int meeting(void)\n{\n}\n");
    write_text("stations/9-last/work.py", "\nclass Last:\n    def meeting(self):\n        pass\n");
    paths.root = strdup(test_directory());
    paths.stations = strdup(test_path("stations"));
    paths.source = strdup(test_path("tree"));
    return gbx_source_open(&source, paths.source, &error);
}

static int
close_checkout(void **state)
{
    (void)state;
    gbx_source_close(source);
    free(paths.root);
    free(paths.source);
    free(paths.stations);
    return 0;
}

static int
begin(void **state)
{
    (void)state;
    error = (gbx_error){ 0, "" };
    gbx_readings_init(&readings, &paths, source);
    return 0;
}

static int
end(void **state)
{
    (void)state;
    gbx_readings_clear(&readings);
    gbx_readings_clear(&readings);
    return 0;
}

static void
a_place_without_a_package_is_in_the_tree(void **state)
{
    (void)state;
    assert_int_equal(gbx_readings_resolve(&readings, "Python/ceval.c#meeting", &at, &error), 0);
    assert_int_equal(at.place.line, 3);
    assert_string_equal(at.root, paths.source);
    assert_ptr_equal(at.source, source);
}

static void
a_place_of_a_package_is_in_its_own_sources(void **state)
{
    (void)state;
    for (int again = 0; again < 2; again++) {
        assert_int_equal(gbx_readings_resolve(&readings, "small:src/a.c#meeting", &at, &error), 0);
        assert_int_equal(at.place.line, 5);
        assert_string_equal(at.place.file, "src/a.c");
        assert_string_equal(at.root, test_path("build/sources/small"));
    }
    assert_int_equal(gbx_readings_resolve(&readings, "small:Python/ceval.c#meeting", &at, &error), GBX_ERROR_MISSING);
}

static void
sources_that_are_missing_are_said_how_to_get(void **state)
{
    (void)state;
    assert_int_equal(gbx_readings_resolve(&readings, "large:src/a.c#meeting", &at, &error), GBX_ERROR_MISSING);
    assert_string_equal(error.message, "the sources of 'large' are not here: scripts/sources large");
    gbx_readings_clear(&readings);
    gbx_readings_init(&readings, &paths, NULL);
    assert_int_equal(gbx_readings_resolve(&readings, "Python/ceval.c#meeting", &at, &error), GBX_ERROR_MISSING);
    assert_int_equal(gbx_readings_resolve(&readings, "small:src/a.c#meeting", &at, &error), 0);
}

static void
a_place_of_a_station_is_in_the_stations(void **state)
{
    (void)state;
    assert_int_equal(gbx_readings_resolve(&readings, "stations:9-last/work.py#Last.meeting", &at, &error), 0);
    assert_int_equal(at.place.line, 3);
    assert_string_equal(at.root, paths.stations);
    gbx_readings_clear(&readings);
    char *stations = paths.stations;
    paths.stations = NULL;
    assert_int_equal(gbx_readings_resolve(&readings, "stations:9-last/work.py", &at, &error), GBX_ERROR_MISSING);
    assert_string_equal(error.message, "the stations are not here");
    paths.stations = stations;
}

static void
no_place_leads_out_of_a_package(void **state)
{
    static const char *const hostile[] = {
        "small:../../outside.c#meeting", "small:/etc/passwd#root", "..:outside.c#meeting", "small:#meeting", "small:",
        ":src/a.c#meeting", "stations:../build/outside.c#meeting", "a-name-that-is-longer-than-any-package:src/a.c#meeting",
    };
    (void)state;
    for (size_t i = 0; i < sizeof(hostile) / sizeof(hostile[0]); i++) {
        if (gbx_readings_resolve(&readings, hostile[i], &at, &error) == 0) {
            fail_msg("'%s' is resolved", hostile[i]);
        }
    }
}

static void
more_packages_than_there_is_room_for_are_refused(void **state)
{
    (void)state;
    for (int i = 0; i <= GBX_READINGS_PACKAGES; i++) {
        char place[40];
        snprintf(place, sizeof(place), "p%d:a.c#x", i);
        assert_int_equal(gbx_readings_resolve(&readings, place, &at, &error),
                         i < GBX_READINGS_PACKAGES ? GBX_ERROR_MISSING : GBX_ERROR_LIMIT);
    }
    assert_int_equal(gbx_readings_resolve(&readings, "p0:a.c#x", &at, &error), GBX_ERROR_MISSING);
}

#define FRESH(NAME) cmocka_unit_test_setup_teardown(NAME, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        FRESH(a_place_without_a_package_is_in_the_tree),
        FRESH(a_place_of_a_package_is_in_its_own_sources),
        FRESH(sources_that_are_missing_are_said_how_to_get),
        FRESH(a_place_of_a_station_is_in_the_stations),
        FRESH(no_place_leads_out_of_a_package),
        FRESH(more_packages_than_there_is_room_for_are_refused),
    };
    return cmocka_run_group_tests(tests, open_checkout, close_checkout);
}
