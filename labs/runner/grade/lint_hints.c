/* Lint: does a hint below the last give the answer away?

   The answer is what the reference has and a learner has not: its lines that are neither in the files to begin with nor
   in the task, for twenty students, and the right words of predictions.  A hint that has such a line, or a value out of
   it (a text in quotes, a number of two digits or more) that the learner has not seen, gives it away.  The last rung
   may show what it likes, of another example. */

#include "lint_internal.h"

#include "toml.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SHORTEST_LINE = 12, SHORTEST_TEXT = 4, SHORTEST_NUMBER = 2 };

/* What one student has before, and what the reference says. */
typedef struct {
    gbx_linting *lint;
    const char *student;
    json_t *variant;
    char *known;                     /* start/ and the task, in one line */
    json_t *lines, *values;          /* of the answer: line -> true, value -> true */
    json_t *told;                    /* defects that were noted, by fact and rung; for all students */
} reader;

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* In place: each run of white space becomes a blank, none at the ends. */
static void
squeeze(char *text)
{
    char *to = text;
    for (const char *from = text; *from != '\0'; from++) {
        if (!isspace((unsigned char)*from)) {
            *to++ = *from;
        }
        else if (to != text && to[-1] != ' ') {
            *to++ = ' ';
        }
    }
    *to = '\0';
    if (to != text && to[-1] == ' ') {
        to[-1] = '\0';
    }
}

static bool
is_word(char c)
{
    return isalnum((unsigned char)c) || c == '_';
}

/* Is it in the text, and not as a part of a longer word? */
static bool
has_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    for (const char *at = text; (at = strstr(at, word)) != NULL; at++) {
        bool begins = at == text || !is_word(at[-1]) || !is_word(word[0]);
        bool ends = !is_word(at[length]) || !is_word(word[length - 1]);
        if (begins && ends) {
            return true;
        }
    }
    return false;
}

/* A file, filled in; NULL where there is none.  One that cannot be filled in is a defect: noted here if `noted` says so, and
   else by the rule that looks at such files. */
static int
fill_file(reader *it, const char *folder, const char *name, bool noted, char **text, gbx_error *error)
{
    gbx_error why = { 0, "" };
    int status = gbx_lint_text(folder, name, it->variant, it->student, text, &why);
    if (status == GBX_ERROR_USAGE) {
        if (noted && json_object_get(it->told, name) == NULL) {
            json_object_set_new(it->told, name, json_true());
            gbx_lint_defect(it->lint, "the reference's '%s': %s", name, why.message);
        }
        return 0;
    }
    if (status != 0) {
        *error = why;
    }
    return status;
}

/* ---------------------------------------------------------------- what is known */

static int
add_known(reader *it, char **text, gbx_error *error)
{
    char *both = NULL;
    if (*text == NULL) {
        return 0;
    }
    int status = asprintf(&both, "%s\n%s", it->known == NULL ? "" : it->known, *text) < 0 ? no_memory(error) : 0;
    if (status == 0) {
        free(it->known);
        it->known = both;
    }
    free(*text);
    *text = NULL;
    return status;
}

static int
read_known(reader *it, gbx_error *error)
{
    char *text = NULL, *start = gbx_paths_join(it->lint->lab->folder, "start", NULL);
    json_t *names = NULL, *name;
    size_t i;
    int status = start == NULL ? no_memory(error)
        : fill_file(it, it->lint->lab->folder, "task.md", false, &text, error);
    if (status == 0) {
        status = add_known(it, &text, error);
    }
    if (status == 0) {
        status = gbx_lint_files(start, &names, error);
    }
    json_array_foreach(names, i, name) {
        if (status == 0) {
            status = fill_file(it, start, json_string_value(name), false, &text, error);
        }
        if (status == 0) {
            status = add_known(it, &text, error);
        }
    }
    json_decref(names);
    free(start);
    if (status == 0 && it->known == NULL && (it->known = strdup("")) == NULL) {
        status = no_memory(error);
    }
    if (status == 0) {
        squeeze(it->known);
    }
    return status;
}

/* --------------------------------------------------------------- what is wanted */

static void
add_value(reader *it, const char *from, size_t length, size_t shortest)
{
    char value[200];
    if (length >= shortest && length < sizeof(value)) {
        memcpy(value, from, length);
        value[length] = '\0';
        if (!has_word(it->known, value)) {
            json_object_set_new(it->values, value, json_true());
        }
    }
}

/* The texts in quotes and the numbers of a line of Python. */
static void
add_values(reader *it, const char *line)
{
    for (const char *at = line; *at != '\0' && *at != '#'; at++) {
        if (*at == '"' || *at == '\'') {
            const char *end = strchr(at + 1, *at);
            if (end == NULL) {
                return;
            }
            add_value(it, at + 1, (size_t)(end - at - 1), SHORTEST_TEXT);
            at = end;
        }
        else if (isdigit((unsigned char)*at) && (at == line || !is_word(at[-1]))) {
            size_t length = strspn(at, "0123456789_.");
            add_value(it, at, length, SHORTEST_NUMBER);
            at += length - 1;
        }
    }
}

/* Lines of code; what stands between three quotes is for people. */
static void
add_lines(reader *it, char *text)
{
    bool prose = false;
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line != NULL; line = strtok_r(NULL, "\n", &rest)) {
        squeeze(line);
        const char *quotes = strstr(line, "\"\"\"");
        if (quotes != NULL) {
            prose = prose ? false : strstr(quotes + 3, "\"\"\"") == NULL;
            continue;
        }
        if (!prose && line[0] != '#' && strlen(line) >= SHORTEST_LINE && strstr(it->known, line) == NULL) {
            json_object_set_new(it->lines, line, json_true());
            add_values(it, line);
        }
    }
}

/* The right words of predictions, as the reference has them. */
static int
add_predictions(reader *it, const char *text, gbx_error *error)
{
    json_t *all = NULL, *one;
    const char *id;
    int status = gbx_toml_parse(&all, text, strlen(text), "reference/answers.toml", error);
    json_object_foreach(json_object_get(all, "predict"), id, one) {
        const char *answer = json_string_value(json_object_get(one, "answer"));
        if (answer != NULL && strlen(answer) >= SHORTEST_LINE) {
            json_object_set_new(it->lines, answer, json_true());
        }
    }
    json_decref(all);
    return status;
}

static int
read_answer(reader *it, gbx_error *error)
{
    char *folder = gbx_paths_join(it->lint->options->solutions, "reference", NULL), *text = NULL;
    json_t *names = NULL, *name;
    size_t i;
    int status = folder == NULL ? no_memory(error) : gbx_lint_files(folder, &names, error);
    json_array_foreach(names, i, name) {
        const char *file = json_string_value(name), *dot = strrchr(file, '.');
        bool code = dot != NULL && strcmp(dot, ".py") == 0 && strcmp(file, "make.py") != 0;
        if (status == 0 && (code || strcmp(file, "answers.toml") == 0)) {
            status = fill_file(it, folder, file, true, &text, error);
        }
        if (status == 0 && text != NULL && code) {
            add_lines(it, text);
        }
        else if (status == 0 && text != NULL) {
            status = add_predictions(it, text, error);
        }
        free(text);
        text = NULL;
    }
    json_decref(names);
    free(folder);
    return status;
}

/* -------------------------------------------------------------------- comparing */

static void
tell(reader *it, const gbx_lab_hint *hint, const char *what, const char *shown)
{
    char key[200];
    snprintf(key, sizeof(key), "%s %u %s", hint->fact, hint->rung, what);
    if (json_object_get(it->told, key) == NULL) {
        json_object_set_new(it->told, key, json_true());
        gbx_lint_defect(it->lint, "the hint of '%s' on rung %u gives %s of the answer away: %s", hint->fact, hint->rung, what,
                        shown);
    }
}

static int
look_at_hint(reader *it, const gbx_lab_hint *hint, gbx_error *error)
{
    char *text = NULL;
    const char *shown;
    json_t *unused;
    gbx_error why = { 0, "" };
    int status = gbx_lab_fill(hint->text, it->variant, it->student, &text, &why);
    if (status == GBX_ERROR_USAGE) {
        tell(it, hint, "nothing", why.message);
        return 0;
    }
    if (status != 0) {
        return no_memory(error);
    }
    squeeze(text);
    json_object_foreach(it->lines, shown, unused) {
        if (strstr(text, shown) != NULL) {
            tell(it, hint, "a line", shown);
        }
    }
    json_object_foreach(it->values, shown, unused) {
        if (has_word(text, shown)) {
            tell(it, hint, "a value", shown);
        }
    }
    free(text);
    return 0;
}

static int
look_as(gbx_linting *lint, json_t *told, unsigned number, gbx_error *error)
{
    char student[32], seed[GBX_DIGEST_HEX];
    snprintf(student, sizeof(student), "lint-%u", number);
    reader it = { .lint = lint, .student = student, .lines = json_object(), .values = json_object(), .told = told };
    int status = gbx_lint_seed(lint, student, seed, error);
    if (status == 0 && (it.variant = gbx_lab_variant(lint->lab, seed, NULL)) == NULL) {
        status = no_memory(error);
    }
    if (status == 0) {
        status = read_known(&it, error);
    }
    if (status == 0) {
        status = read_answer(&it, error);
    }
    for (size_t i = 0; i < lint->lab->hint_count && status == 0; i++) {
        if (lint->lab->hints[i].rung < GBX_LAB_RUNGS) {
            status = look_at_hint(&it, &lint->lab->hints[i], error);
            gbx_lint_looked(lint, 1);
        }
    }
    json_decref(it.variant);
    json_decref(it.lines);
    json_decref(it.values);
    free(it.known);
    return status;
}

int
gbx_lint_hints(gbx_linting *lint, gbx_error *error)
{
    json_t *told = json_object();
    int status = told == NULL ? no_memory(error) : 0;
    gbx_lint_rule(lint, "gives-away", "no hint below the last gives the answer away");
    for (unsigned i = 0; i < GBX_LINT_SEEDS && status == 0; i++) {
        status = look_as(lint, told, i, error);
    }
    json_decref(told);
    return status;
}
