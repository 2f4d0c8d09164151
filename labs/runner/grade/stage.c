/* Stage: see stage.h.

   An interpreter in its build folder finds its library through the source tree beside it, by relative paths: so both stand
   inside as they stand in a checkout, below /glassbox.  An installed one is moved as a whole. */

#include "stage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* Keep a string until the stage is cleared; NULL stays NULL. */
static char *
keep(gbx_stage *stage, char *text)
{
    if (text != NULL && stage->owned_count < GBX_COUNT(stage->owned)) {
        stage->owned[stage->owned_count++] = text;
        return text;
    }
    free(text);
    return NULL;
}

static char *keepf(gbx_stage *stage, const char *format, ...) __attribute__((format(printf, 2, 3)));

static char *
keepf(gbx_stage *stage, const char *format, ...)
{
    char *text;
    va_list args;
    va_start(args, format);
    int length = vasprintf(&text, format, args);
    va_end(args);
    return keep(stage, length < 0 ? NULL : text);
}

static int
add_bind(gbx_stage *stage, char *from, const char *to, bool code, gbx_error *error)
{
    if (from == NULL || to == NULL) {
        return no_memory(error);
    }
    if (stage->bind_count == GBX_STAGE_BINDS) {
        return gbx_error_set(error, GBX_ERROR_LIMIT, "a run needs too many places");
    }
    stage->binds[stage->bind_count++] = (gbx_bind){ .from = from, .to = to, .code = code };
    return 0;
}

/* The folder that holds a path; `up` times. */
static char *
above(gbx_stage *stage, const char *path, int up)
{
    char *copy = keep(stage, strdup(path));
    for (; copy != NULL && up > 0; up--) {
        char *slash = strrchr(copy, '/');
        if (slash == NULL || slash == copy) {
            return NULL;
        }
        *slash = '\0';
    }
    return copy;
}

static int
bind_interpreter(gbx_stage *stage, const gbx_run_place *place, const char *build, gbx_error *error)
{
    char *folder = above(stage, stage->python, 1);
    if (folder == NULL) {
        return no_memory(error);
    }
    char *landmark = keepf(stage, "%s/pybuilddir.txt", folder);
    if (landmark != NULL && access(landmark, F_OK) == 0) {
        char *inside = keepf(stage, "/glassbox/cpython/build/%s", build);
        stage->inside = inside == NULL ? NULL : keepf(stage, "%s/%s", inside, strrchr(stage->python, '/') + 1);
        int status = add_bind(stage, folder, inside, true, error);
        return status != 0 ? status
            : add_bind(stage, keep(stage, realpath(place->paths->source, NULL)), "/glassbox/cpython/src/glassbox", false,
                       error);
    }
    stage->inside = keepf(stage, "/glassbox/python/bin/%s", strrchr(stage->python, '/') + 1);
    return add_bind(stage, above(stage, stage->python, 2), "/glassbox/python", true, error);
}

/* The interpreter of the run's build, without links. */
static int
find_interpreter(gbx_stage *stage, const gbx_run_place *place, gbx_on on, gbx_error *error)
{
    const gbx_experiment needs = { .on = on };
    const char *python;
    unsigned bits;
    char missing[512] = "";
    int status = gbx_builds_find(place->builds, &needs, &python, &bits, missing, sizeof(missing), error);
    if (status != 0) {
        return status;
    }
    if (python == NULL) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "%s", missing);
    }
    stage->python = keep(stage, realpath(python, NULL));
    return stage->python != NULL ? 0 : gbx_error_system(error, "find", python);
}

/* The folder that a set of packages was installed to, at /glassbox/packages/SET; and on the path. */
static int
bind_package(gbx_stage *stage, const gbx_run_place *place, gbx_on on, const char *set, char **path, gbx_error *error)
{
    const gbx_experiment needs = { .on = on, .packages = set };
    const char *python;
    unsigned bits;
    char missing[512] = "";
    int status = gbx_builds_find(place->builds, &needs, &python, &bits, missing, sizeof(missing), error);
    if (status != 0) {
        return status;
    }
    if (python == NULL) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "%s", missing);
    }
    char *site = place->paths->python_chosen ? NULL
        : keepf(stage, "%s/lib/python3.13%s/site-packages", above(stage, python, 2), on == GBX_ON_FT ? "t" : "");
    char *real = site == NULL ? NULL : keep(stage, realpath(site, NULL));
    if (real == NULL) {
        return place->paths->python_chosen ? 0       /* it is in the interpreter's own folder */
            : gbx_error_set(error, GBX_ERROR_MISSING, "the packages '%s' are not where their environment is: "
                            "scripts/packages %s", set, set);
    }
    const char *inside = keepf(stage, "/glassbox/packages/%s", set);
    *path = keepf(stage, "%s:%s", *path, inside);
    return *path == NULL ? no_memory(error) : add_bind(stage, real, inside, true, error);
}

static int
set_environment(gbx_stage *stage, const gbx_run_place *place, const gbx_lab_run *run, gbx_on on, gbx_error *error)
{
    size_t i;
    json_t *set;
    char *path = keepf(stage, "PYTHONPATH=/lab");
    int status = path == NULL ? no_memory(error) : 0;
    json_array_foreach(run->packages, i, set) {
        status = status != 0 ? status : bind_package(stage, place, on, json_string_value(set), &path, error);
    }
    const char *const all[] = {
        path, "PATH=/usr/bin:/bin", "HOME=/tmp", "TMPDIR=/tmp", "LANG=C.UTF-8", "PYTHONHASHSEED=0",
        "PYTHONDONTWRITEBYTECODE=1", "PYTHONNOUSERSITE=1", "PYTHON_COLORS=0", "OPENBLAS_NUM_THREADS=1",
        "OMP_NUM_THREADS=1", NULL,
    };
    _Static_assert(sizeof(all) <= sizeof(stage->environment), "room");
    memcpy(stage->environment, all, sizeof(all));
    return status;
}

static int
set_words(gbx_stage *stage, const gbx_run_place *place, const gbx_lab_run *run, const char *program,
          const json_t *variant, gbx_error *error)
{
    size_t i, words = 0;
    json_t *one;
    const char *const begin[] = { stage->inside, "-B", "-P", "-s", program };
    for (; words < GBX_COUNT(begin); words++) {
        stage->argv[words] = begin[words];
    }
    json_array_foreach(run->arguments, i, one) {
        char *text = NULL;
        int status = gbx_lab_fill(json_string_value(one), variant, place->student, &text, error);
        if (status != 0) {
            return status;
        }
        if (words + 1 >= GBX_STAGE_WORDS) {
            free(text);
            return gbx_error_set(error, GBX_ERROR_USAGE, "lab.toml: run '%s' has too many arguments", run->name);
        }
        stage->argv[words++] = keep(stage, text);
    }
    return 0;
}

int
gbx_stage_set(gbx_stage *stage, const gbx_run_place *place, const gbx_lab_run *run, const char *program,
              const char *lab, const char *work, const json_t *variant, gbx_error *error)
{
    gbx_on on = strcmp(run->build, "ft") == 0 ? GBX_ON_FT : GBX_ON_GIL;
    *stage = (gbx_stage){ .python = NULL };
    int status = find_interpreter(stage, place, on, error);
    if (status == 0) {
        status = bind_interpreter(stage, place, run->build, error);
    }
    if (status == 0) {
        status = add_bind(stage, keep(stage, strdup(lab)), "/lab", false, error);
    }
    if (status == 0 && work != NULL) {
        status = add_bind(stage, keep(stage, strdup(work)), "/learner", false, error);
    }
    if (status == 0) {
        status = set_environment(stage, place, run, on, error);
    }
    if (status == 0 && stage->inside == NULL) {
        status = no_memory(error);
    }
    return status == 0 ? set_words(stage, place, run, program, variant, error) : status;
}

void
gbx_stage_clear(gbx_stage *stage)
{
    for (size_t i = 0; i < stage->owned_count; i++) {
        free(stage->owned[i]);
    }
    *stage = (gbx_stage){ .python = NULL };
}
