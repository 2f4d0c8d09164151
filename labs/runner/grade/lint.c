/* Lint: see lint.h.  Here: the order of the rules, and how a defect is noted. */

#include "lint_internal.h"

#include "driver.h"
#include "toml.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
gbx_lint_rule(gbx_linting *lint, const char *id, const char *title)
{
    lint->rule = json_pack("{s:s, s:s, s:i, s:b, s:[]}", "rule", id, "title", title, "looked", 0, "left_out", 0, "defects");
    json_array_append_new(lint->report, lint->rule);
}

void
gbx_lint_looked(gbx_linting *lint, size_t count)
{
    json_int_t so_far = json_integer_value(json_object_get(lint->rule, "looked"));
    json_object_set_new(lint->rule, "looked", json_integer(so_far + (json_int_t)count));
}

void
gbx_lint_left_out(gbx_linting *lint)
{
    json_object_set_new(lint->rule, "left_out", json_true());
}

void
gbx_lint_defect(gbx_linting *lint, const char *format, ...)
{
    va_list args;
    char *text = NULL;
    va_start(args, format);
    if (vasprintf(&text, format, args) >= 0) {
        json_array_append_new(json_object_get(lint->rule, "defects"), json_string(text));
        free(text);
    }
    va_end(args);
}

size_t
gbx_lint_defects(const json_t *report)
{
    size_t i, count = 0;
    json_t *rule;
    json_array_foreach(report, i, rule) {
        count += json_array_size(json_object_get(rule, "defects"));
    }
    return count;
}

char *
gbx_lint_solution(const gbx_linting *lint, const char *kind, const char *name)
{
    return gbx_paths_join(lint->options->solutions, kind, name, NULL);
}

/* cases.toml; a lab without one has no cases, which its own rule says. */
static int
read_cases(gbx_linting *lint, gbx_error *error)
{
    gbx_error why = { 0, "" };
    json_t *all = NULL;
    char *path = gbx_paths_join(lint->options->solutions, "cases.toml", NULL);
    int status = path == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : gbx_toml_read(&all, path, &why);
    if (status == GBX_ERROR_MISSING) {
        status = 0;
    }
    else if (status != 0 && error != NULL && error->code == 0) {
        *error = why;
    }
    json_t *list = json_object_get(all, "must_fail");
    lint->cases = json_is_array(list) ? json_incref(list) : json_array();
    json_decref(all);
    free(path);
    return status;
}

/* Whether the lab can be read at all is the first rule, and the last where it cannot. */
static int
open_lab(gbx_linting *lint, gbx_error *error)
{
    const gbx_lint_options *options = lint->options;
    gbx_error why = { 0, "" };
    gbx_lint_rule(lint, "reads", "the lab's files can be read, and agree with each other");
    int status = gbx_lab_open(&lint->lab, options->labs, options->number, NULL, options->find, &why);
    gbx_lint_looked(lint, 1);
    if (status == GBX_ERROR_USAGE) {
        gbx_lint_defect(lint, "%s", why.message);
        return 0;
    }
    if (status != 0) {
        *error = why;
    }
    return status;
}

int
gbx_lint(const gbx_lint_options *options, json_t **report, gbx_error *error)
{
    gbx_linting lint = { .options = options, .report = json_array() };
    int status = open_lab(&lint, error);
    if (status == 0 && lint.lab != NULL) {
        status = read_cases(&lint, error);
    }
    if (status == 0 && lint.lab != NULL) {
        status = gbx_lint_words(&lint, error);
    }
    if (status == 0 && lint.lab != NULL && !options->words_only && (status = gbx_driver_temporary(&lint.folder, error)) == 0) {
        status = gbx_lint_runs(&lint, error);
        int gone = gbx_driver_temporary_remove(&lint.folder, NULL);
        status = status != 0 ? status : gone;
    }
    json_decref(lint.cases);
    gbx_lab_close(lint.lab);
    if (status != 0) {
        json_decref(lint.report);
        lint.report = NULL;
    }
    *report = lint.report;
    return status;
}
