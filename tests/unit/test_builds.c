/* Builds: which interpreter an experiment that imports packages runs on. */

#include "builds.h"
#include "driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *folder;
static char missing[256];

static const gbx_experiment imports = { .name = "imports", .program = "imports.py", .packages = "numpy" };
static const gbx_experiment on_ft = { .name = "on ft", .program = "imports.py", .packages = "numpy", .on = GBX_ON_FT };

static char *
in_folder(const char *name)
{
    char *path = gbx_paths_join(folder, name, NULL);
    assert_non_null(path);
    return path;
}

/* A program at that place of the folder, its directories made. */
static void
write_program(const char *name, const char *text)
{
    char *path = in_folder(name);
    for (char *slash = path + strlen(folder) + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
    FILE *file = fopen(path, "we");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    assert_int_equal(chmod(path, 0700), 0);
    free(path);
}

static int
set_stage(void **state)
{
    (void)state;
    return gbx_driver_temporary(&folder, NULL);
}

static int
clear_stage(void **state)
{
    (void)state;
    return gbx_driver_temporary_remove(&folder, NULL);
}

static void
without_its_packages_an_experiment_has_no_interpreter_and_says_the_command(void **state)
{
    (void)state;
    gbx_paths paths = { .root = folder, .python = in_folder("python") };
    gbx_builds builds = { .paths = &paths };
    const char *python;
    unsigned bits;
    assert_int_equal(gbx_builds_find(&builds, &imports, &python, &bits, missing, sizeof(missing), NULL), 0);
    assert_null(python);
    assert_non_null(strstr(missing, "scripts/packages numpy gil"));
    gbx_builds_clear(&builds);
    free(paths.python);
}

static void
each_build_has_packages_of_its_own(void **state)
{
    (void)state;
    gbx_paths paths = { .root = folder, .python = in_folder("python") };
    gbx_builds builds = { .paths = &paths };
    const char *python;
    unsigned bits;
    write_program("cpython/build/ft/python", "#!/bin/sh\n");
    write_program("build/packages/numpy-gil/bin/python", "#!/bin/sh\n");
    assert_int_equal(gbx_builds_find(&builds, &imports, &python, &bits, missing, sizeof(missing), NULL), 0);
    assert_non_null(strstr(python, "build/packages/numpy-gil/bin/python"));
    assert_int_equal(bits, 0);
    assert_int_equal(gbx_builds_find(&builds, &on_ft, &python, &bits, missing, sizeof(missing), NULL), 0);
    assert_null(python);
    assert_non_null(strstr(missing, "scripts/packages numpy ft"));
    gbx_builds_clear(&builds);
    free(paths.python);
}

/* PYTHON= brings its own packages, or does not; it is asked once. */
static void
a_chosen_interpreter_is_asked_what_it_can_import(void **state)
{
    (void)state;
    static const char script[] =
        "#!/bin/sh\n"
        "if [ \"$1\" = -I ]; then echo probe cpython 3.13.5 1 0 0 0; exit; fi\n"
        "echo \"$2\" >>\"$(dirname \"$0\")/asked\"\n"
        "[ -e \"$(dirname \"$0\")/numpy\" ]\n";
    gbx_paths paths = { .root = folder, .python = in_folder("chosen"), .python_chosen = true };
    const char *python;
    unsigned bits;
    write_program("chosen", script);
    for (int there = 0; there < 2; there++) {
        gbx_builds builds = { .paths = &paths };
        assert_int_equal(gbx_builds_find(&builds, &imports, &python, &bits, missing, sizeof(missing), NULL), 0);
        assert_int_equal(gbx_builds_find(&builds, &imports, &python, &bits, missing, sizeof(missing), NULL), 0);
        assert_true(there ? strcmp(python, paths.python) == 0 : python == NULL);
        gbx_builds_clear(&builds);
        write_program("numpy", "");
    }
    assert_non_null(strstr(missing, "cannot import 'numpy'"));
    char *asked = in_folder("asked");
    FILE *file = fopen(asked, "re");
    char lines[64] = "";
    assert_non_null(file);
    assert_int_equal(fread(lines, 1, sizeof(lines) - 1, file), strlen("import numpy\nimport numpy\n"));
    assert_string_equal(lines, "import numpy\nimport numpy\n");
    fclose(file);
    free(asked);
    free(paths.python);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(without_its_packages_an_experiment_has_no_interpreter_and_says_the_command,
                                        set_stage, clear_stage),
        cmocka_unit_test_setup_teardown(each_build_has_packages_of_its_own, set_stage, clear_stage),
        cmocka_unit_test_setup_teardown(a_chosen_interpreter_is_asked_what_it_can_import, set_stage, clear_stage),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
