/* Lint, the rules that look at words and grade nothing. */

#include "lint_internal.h"

#include "slurp.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { MOST_TEXT = 1 << 20 };

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* ----------------------------------------------------------------------- points */

static void
look_at_points(gbx_linting *lint)
{
    gbx_lint_rule(lint, "points", "every fact has a sentence and points");
    gbx_lint_looked(lint, lint->lab->fact_count);
    if (lint->lab->fact_count == 0) {
        gbx_lint_defect(lint, "the lab asks for no fact");
    }
    for (size_t i = 0; i < lint->lab->fact_count; i++) {
        const gbx_lab_fact *fact = &lint->lab->facts[i];
        if (!(fact->points > 0)) {
            gbx_lint_defect(lint, "fact '%s' has no points", fact->id);
        }
        if (strlen(fact->sentence) < 10) {
            gbx_lint_defect(lint, "fact '%s' has no sentence that says what must be true", fact->id);
        }
    }
}

/* ------------------------------------------------------------------------ rungs */

static void
look_at_ladder(gbx_linting *lint, const gbx_lab_fact *fact)
{
    static const char *const kinds[GBX_LAB_RUNGS] = { "nudge", "where", "event", "trace" };
    double before = 0, sum = 0;
    for (unsigned rung = 1; rung <= GBX_LAB_RUNGS; rung++) {
        const gbx_lab_hint *hint = gbx_lab_hint_find(lint->lab, fact->id, rung);
        if (hint == NULL) {
            gbx_lint_defect(lint, "fact '%s' has no hint on rung %u (%s)", fact->id, rung, kinds[rung - 1]);
            continue;
        }
        if (strcmp(hint->kind, kinds[rung - 1]) != 0) {
            gbx_lint_defect(lint, "fact '%s': the hint on rung %u is a '%s' and should be a '%s'", fact->id, rung, hint->kind,
                            kinds[rung - 1]);
        }
        if (hint->cost < before) {
            gbx_lint_defect(lint, "fact '%s': the hint on rung %u costs less than the one before", fact->id, rung);
        }
        before = hint->cost;
        sum += hint->cost;
    }
    if (sum > fact->points) {
        gbx_lint_defect(lint, "fact '%s': its hints cost %g points together, and it has %g", fact->id, sum, fact->points);
    }
}

static void
look_at_rungs(gbx_linting *lint)
{
    gbx_lint_rule(lint, "rungs", "every fact has four hints, at a fair price");
    gbx_lint_looked(lint, lint->lab->fact_count);
    for (size_t i = 0; i < lint->lab->fact_count; i++) {
        look_at_ladder(lint, &lint->lab->facts[i]);
    }
}

/* ------------------------------------------------------------------------ files */

static int
try_file(gbx_linting *lint, const char *folder, const char *name, const json_t *variant, gbx_error *error)
{
    gbx_error why = { 0, "" };
    char *text = NULL;
    int status = gbx_lint_text(folder, name, variant, "lint", &text, &why);
    if (status == GBX_ERROR_MEMORY) {
        *error = why;
        return status;
    }
    if (status != 0) {
        gbx_lint_defect(lint, "%s", why.message);
    }
    else if (text == NULL) {
        gbx_lint_defect(lint, "there is no '%s'", name);
    }
    free(text);
    return 0;
}

static int
look_at_files(gbx_linting *lint, const json_t *variant, gbx_error *error)
{
    gbx_lint_rule(lint, "files", "there is a task, and files to begin with");
    int status = try_file(lint, lint->lab->folder, "task.md", variant, error);
    char *start = gbx_paths_join(lint->lab->folder, "start", NULL);
    if (start == NULL) {
        return no_memory(error);
    }
    size_t count = 1;
    for (size_t i = 0; lint->lab->files[i] != NULL && status == 0; i++, count++) {
        status = try_file(lint, start, lint->lab->files[i], variant, error);
    }
    free(start);
    gbx_lint_looked(lint, count);
    return status;
}

/* ---------------------------------------------------------------------- network */

/* Modules of the standard library that are there to talk to other machines, and packages that do nothing else. */
static const char *const talkers[] = {
    "socket", "socketserver", "ssl", "http", "urllib", "ftplib", "smtplib", "poplib", "imaplib", "telnetlib", "xmlrpc",
    "requests", "urllib3", "httpx", "aiohttp", NULL,
};

/* Does this line import it?  "import a, socket" and "from socket import x" alike. */
static bool
imports(const char *line, size_t length, const char *module)
{
    size_t room = strlen(module);
    while (length > 0 && (*line == ' ' || *line == '\t')) {
        line++;
        length--;
    }
    if (length < 7 || (strncmp(line, "import ", 7) != 0 && strncmp(line, "from ", 5) != 0)) {
        return false;
    }
    bool from = line[0] == 'f';
    for (size_t i = 5; i + room <= length; i++) {
        bool whole = (line[i - 1] == ' ' || line[i - 1] == ',') && (i + room == length || !(isalnum((unsigned char)line[i + room])
                                                                                   || line[i + room] == '_'));
        if (whole && strncmp(line + i, module, room) == 0) {
            return true;
        }
        if (from && line[i] == ' ' && i > 5) {
            return false;                     // what is imported from it is no module of this list
        }
    }
    return false;
}

static void
look_for_talk(gbx_linting *lint, const char *name, const char *text)
{
    for (const char *line = text; *line != '\0';) {
        size_t length = strcspn(line, "\n");
        for (size_t i = 0; talkers[i] != NULL; i++) {
            if (imports(line, length, talkers[i])) {
                gbx_lint_defect(lint, "'%s' imports %s: a lab is graded where there is no network", name, talkers[i]);
            }
        }
        line += length + (line[length] != '\0');
    }
}

/* All .py of a folder. */
static int
look_for_talk_in(gbx_linting *lint, const char *folder, const char *called, gbx_error *error)
{
    json_t *names = NULL;
    size_t i, size;
    json_t *name;
    int status = gbx_lint_files(folder, &names, error);
    json_array_foreach(names, i, name) {
        const char *file = json_string_value(name), *dot = strrchr(file, '.');
        char *path = gbx_paths_join(folder, file, NULL), *text = NULL, shown[200];
        if (status == 0 && dot != NULL && strcmp(dot, ".py") == 0) {
            status = path == NULL ? no_memory(error) : gbx_slurp(path, MOST_TEXT, &text, &size, error);
            snprintf(shown, sizeof(shown), "%s%s", called, file);
            gbx_lint_looked(lint, 1);
            if (status == 0) {
                look_for_talk(lint, shown, text);
            }
        }
        free(path);
        free(text);
    }
    json_decref(names);
    return status;
}

static int
look_at_network(gbx_linting *lint, gbx_error *error)
{
    char *start = gbx_paths_join(lint->lab->folder, "start", NULL);
    char *reference = gbx_paths_join(lint->options->solutions, "reference", NULL);
    gbx_lint_rule(lint, "network", "nothing needs the network");
    int status = start == NULL || reference == NULL ? no_memory(error) : look_for_talk_in(lint, lint->lab->folder, "", error);
    if (status == 0) {
        status = look_for_talk_in(lint, start, "start/", error);
    }
    if (status == 0) {
        status = look_for_talk_in(lint, reference, "reference/", error);
    }
    free(start);
    free(reference);
    return status;
}

/* --------------------------------------------------------------- cases, beliefs */

/* A folder of the solutions that has a file in it; says what is missing. */
static int
look_for_folder(gbx_linting *lint, const char *kind, const char *name, gbx_error *error)
{
    json_t *names = NULL;
    char *folder = gbx_lint_solution(lint, kind, name);
    int status = folder == NULL ? no_memory(error) : gbx_lint_files(folder, &names, error);
    if (status == 0 && json_array_size(names) == 0) {
        gbx_lint_defect(lint, "'%s/%s' is not there, or is empty", kind, name);
    }
    json_decref(names);
    free(folder);
    return status;
}

static int
look_at_must_fails(gbx_linting *lint, gbx_error *error)
{
    int status = 0;
    size_t i;
    json_t *one;
    gbx_lint_rule(lint, "must-fail", "every fact has a submission that fails at it");
    gbx_lint_looked(lint, lint->lab->fact_count);
    for (size_t f = 0; f < lint->lab->fact_count; f++) {
        bool found = false;
        json_array_foreach(lint->cases, i, one) {
            const char *fact = json_string_value(json_object_get(one, "fact"));
            found = found || (fact != NULL && strcmp(fact, lint->lab->facts[f].id) == 0);
        }
        if (!found) {
            gbx_lint_defect(lint, "no case of cases.toml fails at '%s'", lint->lab->facts[f].id);
        }
    }
    json_array_foreach(lint->cases, i, one) {
        const char *name = json_string_value(json_object_get(one, "case"));
        const char *fact = json_string_value(json_object_get(one, "fact"));
        if (name == NULL || fact == NULL || gbx_lab_fact_find(lint->lab, fact) == NULL) {
            gbx_lint_defect(lint, "case '%s' names no fact of this lab", name == NULL ? "?" : name);
        }
        else if (status == 0) {
            status = look_for_folder(lint, "must-fail", name, error);
        }
    }
    return status;
}

/* The last part of a path: whatever folder the solutions are in. */
static const char *
base_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

static int
look_at_beliefs(gbx_linting *lint, gbx_error *error)
{
    int status = 0;
    gbx_lint_rule(lint, "planted", "every misconception is planted as a submission");
    gbx_lint_looked(lint, lint->lab->misconception_count);
    for (size_t i = 0; i < lint->lab->misconception_count && status == 0; i++) {
        const gbx_lab_misconception *belief = &lint->lab->misconceptions[i];
        if (gbx_lab_fact_find(lint->lab, belief->fact) == NULL) {
            gbx_lint_defect(lint, "misconception '%s' names no fact of this lab", belief->id);
        }
        status = look_for_folder(lint, "misconceptions", base_of(belief->planted), error);
    }
    for (size_t i = 0; i < lint->lab->predict_count; i++) {
        size_t c;
        json_t *choice;
        json_array_foreach(lint->lab->predicts[i].choices, c, choice) {
            const char *id = json_string_value(json_object_get(choice, "misconception"));
            if (id != NULL && gbx_lab_misconception_find(lint->lab, id) == NULL) {
                gbx_lint_defect(lint, "a choice of '%s' stands for '%s', which misconceptions.toml lacks",
                                lint->lab->predicts[i].id, id);
            }
        }
    }
    return status;
}

/* ------------------------------------------------------------------------- all */

int
gbx_lint_words(gbx_linting *lint, gbx_error *error)
{
    char seed[GBX_DIGEST_HEX];
    int status = gbx_lint_seed(lint, "lint", seed, error);
    json_t *variant = status != 0 ? NULL : gbx_lab_variant(lint->lab, seed, NULL);
    if (status == 0 && variant == NULL) {
        status = no_memory(error);
    }
    if (status == 0) {
        look_at_points(lint);
        look_at_rungs(lint);
        status = look_at_files(lint, variant, error);
    }
    if (status == 0) {
        status = gbx_lint_hints(lint, error);
    }
    if (status == 0) {
        status = look_at_must_fails(lint, error);
    }
    if (status == 0) {
        status = look_at_beliefs(lint, error);
    }
    if (status == 0) {
        status = look_at_network(lint, error);
    }
    json_decref(variant);
    return status;
}
