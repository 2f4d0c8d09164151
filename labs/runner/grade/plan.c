/* The part of a plan that all engines have; see plan.h. */

#include "plan_internal.h"

#include "list.h"
#include "paths.h"
#include "sheet.h"                // gbx_sheet_put

#include <errno.h>
#include <jansson.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const gbx_plan_engine_kind *const engines[] = { &gbx_plan_slurm, &gbx_plan_parallel, &gbx_plan_htcondor };

enum { ENGINES = sizeof(engines) / sizeof(engines[0]) };

const char *
gbx_plan_engine(size_t at)
{
    return at < ENGINES ? engines[at]->name : NULL;
}

bool
gbx_plan_is(const char *folder)
{
    struct stat about;
    char *path = gbx_paths_join(folder, GBX_PLAN_NAME, NULL);
    bool is = path != NULL && stat(path, &about) == 0 && S_ISREG(about.st_mode);
    free(path);
    return is;
}

/* ------------------------------------------------------------------------ files */

int
gbx_plan_file(const gbx_planned *planned, const char *name, bool run, gbx_plan_writer *write, gbx_error *error)
{
    char *text = NULL, *path = gbx_paths_join(planned->out, name, NULL);
    size_t size;
    FILE *to = open_memstream(&text, &size);
    int status = to == NULL || path == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (status == 0 && (write(to, planned) != 0 || ferror(to) != 0)) {
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (to != NULL && fclose(to) != 0 && status == 0) {
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (status == 0) {
        status = gbx_sheet_put(planned->out, name, text, size, error);
    }
    if (status == 0 && run && chmod(path, 0755) != 0) {
        status = gbx_error_system(error, "write", path);
    }
    free(text);
    free(path);
    return status;
}

static int
make_folder(const gbx_planned *planned, const char *name, gbx_error *error)
{
    char *path = gbx_paths_join(planned->out, name, NULL);
    int status = path == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : mkdir(path, 0777) != 0 && errno != EEXIST ? gbx_error_system(error, "make the folder", path) : 0;
    free(path);
    return status;
}

/* --------------------------------------------------------------------- the list */

/* A bundle by a name that means the same from every folder, line by line. */
static int
put_lines(FILE *to, const gbx_list *list, size_t from, size_t to_line, gbx_error *error)
{
    for (size_t i = from; i < to_line; i++) {
        char *path = realpath(list->entries[i].bundle, NULL);
        if (path == NULL) {
            return gbx_error_system(error, "find", list->entries[i].bundle);
        }
        bool bad = strpbrk(path, "\t\n\r") != NULL;
        if (!bad) {
            fprintf(to, "%s\t%s\n", list->entries[i].student, path);
        }
        free(path);
        if (bad) {
            return gbx_error_set(error, GBX_ERROR_USAGE, "a folder's name with a tab or a line's end in it cannot be planned with");
        }
    }
    return 0;
}

static int
write_lines(const gbx_planned *planned, const char *name, const gbx_list *list, size_t from, size_t end, gbx_error *error)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int status = put_lines(to, list, from, end, error);
    if (fclose(to) != 0 && status == 0) {
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (status == 0) {
        status = gbx_sheet_put(planned->out, name, text, size, error);
    }
    free(text);
    return status;
}

static int
write_lists(const gbx_planned *planned, const gbx_list *list, gbx_error *error)
{
    int status = write_lines(planned, "list", list, 0, list->count, error);
    for (size_t i = 0; status == 0 && i < planned->plan->chunks; i++) {
        char name[64];
        size_t from = i * planned->plan->chunk, end = from + planned->plan->chunk;
        snprintf(name, sizeof(name), "chunks/%zu.list", i + 1);
        status = write_lines(planned, name, list, from, end < list->count ? end : list->count, error);
    }
    return status;
}

/* ------------------------------------------------------------- what a node runs */

/* What the one who plans has set, every node has to have, too. */
static void
put_environment(FILE *to, const gbx_planned *planned)
{
    static const char *const names[] = { "PYTHON", "GLASSBOX_LABS", "GLASSBOX_SOURCE", "GLASSBOX_CACHE" };
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (getenv(names[i]) != NULL) {
            fprintf(to, "export %s=", names[i]);
            gbx_quote_shell(to, getenv(names[i]));
            fputc('\n', to);
        }
    }
    fputs(planned->options->course != NULL ? "" : "unset GLASSBOX_COURSE\n", to);
}

static int
put_chunk(FILE *to, const gbx_planned *planned)
{
    const gbx_plan_options *options = planned->options;
    fputs("#!/bin/sh\n"
          "# Grades one chunk of the list: chunk NUMBER [JOBS]. Run by the engine, on any node; what is\n"
          "# graded already is not graded again. Written by `glassbox plan`.\n"
          "set -eu\n"
          "case ${1:-} in '' | *[!0-9]*) echo 'glassbox: which chunk?' >&2; exit 64 ;; esac\n"
          "here=", to);
    gbx_quote_shell(to, planned->out);
    fputc('\n', to);
    put_environment(to, planned);
    fputs("exec ", to);
    gbx_quote_shell(to, options->program);
    fputs(" grade --batch \"$here/chunks/$1.list\" --out \"$here/results/$1\" --jobs \"${2:-1}\"", to);
    fprintf(to, " --require-level %s", options->level);
    if (options->no_witness) {
        fputs(" --no-witness", to);
    }
    if (options->course != NULL) {
        fputs(" \\\n    --course ", to);
        gbx_quote_shell(to, options->course);
    }
    fputc('\n', to);
    return 0;
}

static int
put_preflight(FILE *to, const gbx_planned *planned)
{
    fputs("#!/bin/sh\n"
          "# Can this node grade? Says why not, and ends with 75. Written by `glassbox plan`.\n"
          "set -eu\n", to);
    put_environment(to, planned);
    fputs("exec ", to);
    gbx_quote_shell(to, planned->options->program);
    fprintf(to, " plan --preflight --require-level %s --out ", planned->options->level);
    gbx_quote_shell(to, planned->out);
    fputc('\n', to);
    return 0;
}

static int
put_about(FILE *to, const gbx_planned *planned)
{
    json_t *about = json_pack("{s:s, s:s, s:I, s:I, s:I}", "format", "glassbox-plan 1", "engine", planned->options->engine,
                              "submissions", (json_int_t)planned->plan->submissions, "chunks",
                              (json_int_t)planned->plan->chunks, "chunk", (json_int_t)planned->plan->chunk);
    int status = about == NULL ? -1 : json_dumpf(about, to, JSON_INDENT(2));
    fputc('\n', to);
    json_decref(about);
    return status;
}

/* ------------------------------------------------------------------------- all */

static int
divide(const gbx_planned *planned, const gbx_plan_engine_kind *engine, gbx_error *error)
{
    gbx_plan *plan = planned->plan;
    plan->chunk = planned->options->chunk > 0 ? planned->options->chunk : engine->chunk;
    plan->chunks = (plan->submissions + plan->chunk - 1) / plan->chunk;
    if (engine->most_chunks == 0 || plan->chunks <= engine->most_chunks) {
        return 0;
    }
    size_t least = (plan->submissions + engine->most_chunks - 1) / engine->most_chunks;
    if (planned->options->chunk > 0) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "that makes %zu chunks, and %s takes %zu as it is set up by default: "
                             "--chunk %zu or more", plan->chunks, engine->name, engine->most_chunks, least);
    }
    plan->chunk = least;
    plan->chunks = (plan->submissions + plan->chunk - 1) / plan->chunk;
    return 0;
}

static const gbx_plan_engine_kind *
find_engine(const char *name)
{
    for (size_t i = 0; i < ENGINES; i++) {
        if (strcmp(engines[i]->name, name) == 0) {
            return engines[i];
        }
    }
    return NULL;
}

/* OUT, absolute; the plan's own description is written last, so that half a plan is none. */
static int
open_folder(gbx_planned *planned, gbx_error *error)
{
    const char *out = planned->options->out;
    if (mkdir(out, 0777) != 0 && errno != EEXIST) {
        return gbx_error_system(error, "make the folder", out);
    }
    planned->out = realpath(out, NULL);
    if (planned->out == NULL) {
        return gbx_error_system(error, "find", out);
    }
    for (const unsigned char *at = (const unsigned char *)planned->out; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7f || *at == '\\') {
            return gbx_error_set(error, GBX_ERROR_USAGE, "the folder's name has a '\\' or a control character in it, which "
                                 "not every engine can be told: choose another");
        }
    }
    if (gbx_plan_is(planned->out)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' has a plan already: run its 'submit' again, or choose another folder",
                             out);
    }
    static const char *const folders[] = { "chunks", "results", "log" };
    int status = 0;
    for (size_t i = 0; status == 0 && i < sizeof(folders) / sizeof(folders[0]); i++) {
        status = make_folder(planned, folders[i], error);
    }
    return status;
}

static int
write_plan(const gbx_planned *planned, const gbx_plan_engine_kind *engine, const gbx_list *list, gbx_error *error)
{
    int status = write_lists(planned, list, error);
    status = status != 0 ? status : gbx_plan_file(planned, "chunk", true, put_chunk, error);
    status = status != 0 ? status : gbx_plan_file(planned, "preflight", true, put_preflight, error);
    status = status != 0 ? status : engine->write(planned, error);
    return status != 0 ? status : gbx_plan_file(planned, GBX_PLAN_NAME, false, put_about, error);
}

int
gbx_plan_write(const gbx_plan_options *options, gbx_plan *plan, gbx_error *error)
{
    gbx_planned planned = { options, plan, NULL };
    gbx_list list;
    const gbx_plan_engine_kind *engine = find_engine(options->engine);
    *plan = (gbx_plan){ .cap = options->cap };
    if (engine == NULL) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "there is no engine '%.60s': slurm, parallel or htcondor", options->engine);
    }
    int status = gbx_list_read(&list, options->list, error);
    if (status != 0) {
        return status;
    }
    plan->submissions = list.count;
    status = gbx_list_check(&list, options->list, error);
    status = status != 0 ? status : divide(&planned, engine, error);
    status = status != 0 ? status : open_folder(&planned, error);
    status = status != 0 ? status : write_plan(&planned, engine, &list, error);
    gbx_list_clear(&list);
    free(planned.out);
    return status;
}
