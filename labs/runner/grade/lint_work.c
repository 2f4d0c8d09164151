/* Lint: submissions, as learners would have them, and their gradings. */

#include "lint_internal.h"

#include "driver.h"
#include "grade.h"
#include "roster.h"
#include "slurp.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_TEXT = 1 << 20, MAKER_MS = 60000 };

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

int
gbx_lint_seed(const gbx_linting *lint, const char *student, char seed[GBX_DIGEST_HEX], gbx_error *error)
{
    gbx_roster practice;
    int status = gbx_roster_open(&practice, NULL, error);
    if (status == 0) {
        status = gbx_roster_seed(&practice, lint->lab->number, student, seed, error);
    }
    gbx_roster_clear(&practice);
    return status;
}

static int
by_name(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int
gbx_lint_files(const char *folder, json_t **names, gbx_error *error)
{
    char *sorted[256];
    size_t count = 0;
    DIR *all = opendir(folder);
    *names = json_array();
    for (struct dirent *one; all != NULL && count < GBX_COUNT(sorted) && (one = readdir(all)) != NULL;) {
        struct stat about;
        char *path = gbx_paths_join(folder, one->d_name, NULL);
        if (path != NULL && one->d_name[0] != '.' && lstat(path, &about) == 0 && S_ISREG(about.st_mode)) {
            sorted[count] = strdup(one->d_name);
            count += sorted[count] != NULL;
        }
        free(path);
    }
    if (all != NULL) {
        closedir(all);
    }
    qsort(sorted, count, sizeof(sorted[0]), by_name);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(*names, json_string(sorted[i]));
        free(sorted[i]);
    }
    return *names == NULL ? no_memory(error) : 0;
}

int
gbx_lint_text(const char *folder, const char *name, const json_t *variant, const char *student, char **out,
              gbx_error *error)
{
    char *path = gbx_paths_join(folder, name, NULL), *text = NULL;
    size_t size;
    *out = NULL;
    int status = path == NULL ? no_memory(error) : gbx_slurp(path, MOST_TEXT, &text, &size, error);
    if (status == GBX_ERROR_MISSING) {
        status = 0;
    }
    else if (status == 0) {
        status = gbx_lab_fill(text, variant, student, out, error);
    }
    free(path);
    free(text);
    return status;
}

/* ------------------------------------------------------------------------- made */

/* All files of a layer, filled in, over what is there. */
static int
lay(const char *layer, const char *folder, const json_t *variant, const char *student, gbx_error *error)
{
    json_t *names = NULL, *name;
    size_t i;
    int status = gbx_lint_files(layer, &names, error);
    json_array_foreach(names, i, name) {
        char *text = NULL, *to = gbx_paths_join(folder, json_string_value(name), NULL);
        if (status == 0) {
            status = to == NULL ? no_memory(error)
                : gbx_lint_text(layer, json_string_value(name), variant, student, &text, error);
        }
        if (status == 0 && text != NULL) {
            (void)unlink(to);
            status = gbx_spit(to, text, strlen(text), 0644, error);
        }
        free(text);
        free(to);
    }
    json_decref(names);
    return status;
}

/* Run the reference's make.py where there is one, and take it away. */
static int
run_maker(const gbx_linting *lint, const char *folder, gbx_error *error)
{
    char *maker = gbx_paths_join(folder, "make.py", NULL), why[120];
    if (maker == NULL) {
        return no_memory(error);
    }
    int status = 0;
    if (access(maker, F_OK) == 0) {
        const char *const argv[] = { lint->options->paths->python, "-B", "-P", "make.py", NULL };
        const gbx_driver_options how = { .argv = argv, .directory = folder, .timeout_ms = MAKER_MS, .clean_environment = true };
        gbx_driver_result result;
        status = gbx_driver_run(&how, &result, error);
        if (status == 0 && !gbx_driver_succeeded(&result, 0)) {
            status = gbx_error_set(error, GBX_ERROR_USAGE, "the reference's make.py %s: %.200s",
                                   gbx_driver_explain(&result, why, sizeof(why)), result.err);
        }
        gbx_driver_result_clear(&result);
        (void)unlink(maker);
    }
    free(maker);
    return status;
}

/* lab.json, as `lab start` writes it: a make.py may ask who it is for. */
static int
write_note(const gbx_linting *lint, const char *folder, const char *student, const char *seed, gbx_error *error)
{
    json_t *note = json_pack("{s:i, s:s, s:s, s:s, s:s, s:[]}", "lab", lint->lab->number, "name", lint->lab->name, "student",
                             student, "seed", seed, "rubric", lint->lab->rubric, "hints");
    char *text = note == NULL ? NULL : json_dumps(note, JSON_INDENT(1)), *path = gbx_paths_join(folder, "lab.json", NULL);
    int status = text == NULL || path == NULL ? no_memory(error) : gbx_spit(path, text, strlen(text), 0644, error);
    json_decref(note);
    free(text);
    free(path);
    return status;
}

static int
make_work(const gbx_linting *lint, const char *folder, const char *student, const char *seed, const char *const *layers,
          gbx_error *error)
{
    char *start = gbx_paths_join(lint->lab->folder, "start", NULL);
    json_t *variant = gbx_lab_variant(lint->lab, seed, NULL);
    int status = start == NULL || variant == NULL ? no_memory(error) : 0;
    if (status == 0 && mkdir(folder, 0755) != 0) {
        status = gbx_error_system(error, "make", folder);
    }
    if (status == 0) {
        status = write_note(lint, folder, student, seed, error);
    }
    if (status == 0) {
        status = lay(start, folder, variant, student, error);
    }
    for (size_t i = 0; status == 0 && layers[i] != NULL; i++) {
        status = lay(layers[i], folder, variant, student, error);
        if (status == 0) {
            status = run_maker(lint, folder, error);
        }
    }
    free(start);
    json_decref(variant);
    return status;
}

/* ----------------------------------------------------------------------- graded */

static int
grade(const gbx_linting *lint, const char *folder, const char *student, const char *seed, json_t **result, gbx_error *error)
{
    const gbx_lint_options *options = lint->options;
    gbx_roster practice;
    json_t *hints = json_array();
    int status = hints == NULL ? no_memory(error) : gbx_roster_open(&practice, NULL, error);
    if (status != 0) {
        json_decref(hints);
        return status;
    }
    const gbx_grade_options how = {
        .paths = options->paths, .labs = options->labs, .find = options->find, .roster = &practice, .folder = folder,
        .hints = hints, .lab = options->number, .student = student, .seed = seed, .require_level = options->level,
        .no_witness = options->no_witness, .attempt = 1,
    };
    status = gbx_grade(&how, result, error);
    if (status == 0 && gbx_grade_is_infrastructure(*result)) {
        status = gbx_error_set(error, GBX_ERROR_SYSTEM, "a submission could not be graded on this machine: %.300s",
                               json_string_value(json_object_get(*result, "message")));
        json_decref(*result);
        *result = NULL;
    }
    gbx_roster_clear(&practice);
    json_decref(hints);
    return status;
}

int
gbx_lint_grade(gbx_linting *lint, const char *student, const char *const *layers, json_t **result, gbx_error *error)
{
    char name[32], seed[GBX_DIGEST_HEX];
    *result = NULL;
    snprintf(name, sizeof(name), "%u", lint->made++);
    char *folder = gbx_paths_join(lint->folder, name, NULL);
    int status = folder == NULL ? no_memory(error) : gbx_lint_seed(lint, student, seed, error);
    if (status == 0) {
        status = make_work(lint, folder, student, seed, layers, error);
    }
    if (status == 0) {
        status = grade(lint, folder, student, seed, result, error);
    }
    free(folder);
    return status;
}
