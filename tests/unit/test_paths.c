/* Paths: where a program finds its parts, from a checkout, from an installation, and as it is told.

   This program is copied into folders laid out like both and run there with --paths: then it prints what
   it finds, a line each. */

#include "driver.h"
#include "paths.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;                 /* of the fixture */
static gbx_error error;

/* ---------------------------------------------------------- the copied program */

static int
print_paths(void)
{
    gbx_paths paths;
    int code = gbx_paths_find(&paths, &error);
    if (code == 0) {
        printf("root %s\npython %s\nstations %s\nsource %s\ncache %s\n%s%s", paths.root ? paths.root : "-",
               paths.python, paths.stations, paths.source, paths.cache ? paths.cache : "-",
               paths.installed ? "installed\n" : "", paths.python_chosen ? "chosen\n" : "");
        for (unsigned part = 1; part <= GBX_PATHS_SOURCE; part <<= 1) {
            printf("need %s\n", gbx_paths_need(&paths, part, &error) == 0 ? "nothing" : error.message);
        }
        char *ft;
        printf("ft %s\n", gbx_paths_variant(&paths, "ft", &ft, &error) == 0 ? ft : error.message);
        free(ft);
    }
    else {
        printf("error %s\n", error.message);
    }
    gbx_paths_clear(&paths);
    gbx_paths_clear(&paths);
    return 0;
}

/* ------------------------------------------------------------------- helps */

static char *printed;                /* by the last run, the fixture's folder replaced by "~" */

static void
shell(const char *script)
{
    const char *const argv[] = { "/bin/sh", "-ec", script, NULL };
    gbx_driver_options options = { .argv = argv, .directory = folder };
    gbx_driver_result result;
    assert_int_equal(gbx_driver_run(&options, &result, &error), 0);
    assert_true(gbx_driver_succeeded(&result, 0));
    gbx_driver_result_clear(&result);
}

static void
tidy(char *text)
{
    size_t length = strlen(folder);
    for (char *at; (at = strstr(text, folder)) != NULL;) {
        *at = '~';
        memmove(at + 1, at + length, strlen(at + length) + 1);
    }
}

/* Run the copy at `place` (in the fixture's folder) with these variables besides. */
static void
ask(const char *place, const char *a, const char *b)
{
    char *program = gbx_paths_join(folder, place, NULL);
    const char *const argv[] = { program, "--paths", NULL };
    const char *const environment[] = {
        "PYTHON", "GLASSBOX_STATIONS", "GLASSBOX_SOURCE", "GLASSBOX_CACHE", "XDG_CACHE_HOME", "HOME=/home/me",
        a != NULL ? a : "NONE", b != NULL ? b : "NONE", NULL
    };
    gbx_driver_options options = { .argv = argv, .directory = folder, .environment = environment };
    gbx_driver_result result;
    assert_int_equal(gbx_driver_run(&options, &result, &error), 0);
    assert_true(gbx_driver_succeeded(&result, 0));
    free(program);
    free(printed);
    printed = strdup(result.out);
    gbx_driver_result_clear(&result);
    tidy(printed);
}

static void
says(const char *line)
{
    char *wanted;
    assert_true(asprintf(&wanted, "%s\n", line) > 0);
    if (strstr(printed, wanted) == NULL) {
        fail_msg("no line '%s' in:\n%s", line, printed);
    }
    free(wanted);
}

/* A checkout with its program at the top and in build/san, an installation, and one that stands nowhere. */
static int
before(void **state)
{
    (void)state;
    char *given, *self = realpath("/proc/self/exe", NULL);
    if (gbx_driver_temporary(&given, &error) != 0 || self == NULL) {
        return -1;
    }
    folder = realpath(given, NULL);
    free(given);
    setenv("SELF", self, 1);
    free(self);
    shell("mkdir -p co/cpython/build/gil co/cpython/src/glassbox/Python co/stations co/build/san alone/bin\n"
          "touch co/cpython/source.lock co/cpython/src/glassbox/Python/ceval.c\n"
          "cp $SELF co/glassbox; cp $SELF co/build/san/glassbox; cp $SELF alone/bin/glassbox\n"
          "mkdir -p co/inst/bin co/inst/lib/glassbox/bin co/inst/share/glassbox/stations\n"
          "cp $SELF co/inst/bin/glassbox\n"
          "for p in co/cpython/build/gil/python co/inst/lib/glassbox/bin/python3 mypython; do\n"
          "    echo '#!/bin/sh' >$p; chmod +x $p\n"
          "done");
    return 0;
}

static int
after(void **state)
{
    (void)state;
    free(printed);
    printed = NULL;
    return gbx_driver_temporary_remove(&folder, &error);
}

/* ------------------------------------------------------------------- tests */

static void
a_program_in_its_checkout_finds_the_checkouts_parts(void **state)
{
    (void)state;
    ask("co/glassbox", NULL, NULL);
    says("root ~/co");
    says("python ~/co/cpython/build/gil/python");
    says("stations ~/co/stations");
    says("source ~/co/cpython/src/glassbox");
    says("cache /home/me/.cache/glassbox");
    says("need nothing");
    assert_null(strstr(printed, "installed"));
    assert_null(strstr(printed, "chosen"));
}

static void
a_program_below_the_top_of_a_checkout_finds_it_too(void **state)
{
    (void)state;
    ask("co/build/san/glassbox", NULL, NULL);
    says("root ~/co");
}

static void
an_installed_program_finds_its_parts_even_within_a_checkout(void **state)
{
    (void)state;
    ask("co/inst/bin/glassbox", NULL, NULL);
    says("installed");
    says("root ~/co/inst");
    says("python ~/co/inst/lib/glassbox/bin/python3");
    says("stations ~/co/inst/share/glassbox/stations");
    says("source ~/co/inst/share/glassbox/cpython");
    says("need no C sources at '~/co/inst/share/glassbox/cpython': make install");
    says("ft the build 'ft' is not installed: it is made in a checkout, and named here with PYTHON=");
}

static void
a_link_to_the_program_changes_nothing(void **state)
{
    (void)state;
    shell("mkdir -p bin; ln -s ../co/glassbox bin/glassbox");
    ask("bin/glassbox", NULL, NULL);
    says("root ~/co");
}

static void
what_is_not_built_is_named_with_its_cure(void **state)
{
    (void)state;
    shell("rm -r co/cpython/build co/cpython/src co/stations");
    ask("co/glassbox", NULL, NULL);
    says("need no interpreter at '~/co/cpython/build/gil/python': make gil");
    says("need no stations at '~/co/stations': git restore stations");
    says("need no C sources at '~/co/cpython/src/glassbox': make source");
    says("ft no interpreter at '~/co/cpython/build/ft/python': make ft");
}

static void
another_build_is_found_beside_the_default_one(void **state)
{
    (void)state;
    shell("cp -r co/cpython/build/gil co/cpython/build/ft");
    ask("co/glassbox", "PYTHON=./mypython", NULL);
    says("ft ~/co/cpython/build/ft/python");
}

static void
the_environment_moves_each_part(void **state)
{
    (void)state;
    ask("co/glassbox", "PYTHON=./mypython", "GLASSBOX_STATIONS=mine");
    says("python ~/mypython");
    says("chosen");
    says("stations ~/mine");
    says("need no stations at '~/mine': GLASSBOX_STATIONS= names it");
    ask("co/glassbox", "GLASSBOX_SOURCE=/usr/src/py", "GLASSBOX_CACHE=/c");
    says("source /usr/src/py");
    says("cache /c");
    ask("co/glassbox", "XDG_CACHE_HOME=/x", "PYTHON=");
    says("cache /x/glassbox");
    says("python ~/co/cpython/build/gil/python");
}

static void
an_interpreter_without_a_slash_is_looked_up_in_path(void **state)
{
    (void)state;
    char *path;
    assert_true(asprintf(&path, "PATH=/no/such:%s:/bin:/usr/bin", folder) > 0);
    ask("co/glassbox", "PYTHON=mypython", path);
    free(path);
    says("python ~/mypython");
    ask("co/glassbox", "PYTHON=mypython", "PATH=:/bin");              /* an empty part is here */
    says("python ~/mypython");
    ask("co/glassbox", "PYTHON=no-such-python", NULL);
    says("error PYTHON=: cannot find 'no-such-python' in PATH");
    ask("co/glassbox", "PYTHON=./co", NULL);
    says("error PYTHON=: no program at './co'");
}

static void
a_program_that_stands_nowhere_asks_to_be_told(void **state)
{
    (void)state;
    ask("alone/bin/glassbox", NULL, NULL);
    says("error this program is neither in its checkout nor installed: name an interpreter with PYTHON=");
    ask("alone/bin/glassbox", "PYTHON=./mypython", "GLASSBOX_STATIONS=x");
    says("error this program is neither in its checkout nor installed: name a folder with GLASSBOX_SOURCE=");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, before, after)

int
main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--paths") == 0) {
        return print_paths();
    }
    const struct CMUnitTest tests[] = {
        TEST(a_program_in_its_checkout_finds_the_checkouts_parts),
        TEST(a_program_below_the_top_of_a_checkout_finds_it_too),
        TEST(an_installed_program_finds_its_parts_even_within_a_checkout),
        TEST(a_link_to_the_program_changes_nothing),
        TEST(what_is_not_built_is_named_with_its_cure),
        TEST(another_build_is_found_beside_the_default_one),
        TEST(the_environment_moves_each_part),
        TEST(an_interpreter_without_a_slash_is_looked_up_in_path),
        TEST(a_program_that_stands_nowhere_asks_to_be_told),
    };
    return cmocka_run_group_tests_name("paths", tests, NULL, NULL);
}
