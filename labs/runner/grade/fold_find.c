/* Where results lie, and which of them can be believed; see fold.h. */

#include "fold_internal.h"

#include "paths.h"
#include "plan.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------------- folders */

/* `path` is taken. */
static int
add_source(gbx_fold *fold, char *path, gbx_error *error)
{
    if (path != NULL && fold->source_count == fold->source_room) {
        size_t room = fold->source_room == 0 ? 64 : fold->source_room * 2;
        gbx_fold_source *more = realloc(fold->sources, room * sizeof(*more));
        if (more == NULL) {
            free(path);
            path = NULL;
        }
        else {
            fold->sources = more;
            fold->source_room = room;
        }
    }
    if (path == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    gbx_fold_source *source = &fold->sources[fold->source_count++];
    *source = (gbx_fold_source){ .path = path };
    int status = gbx_journal_read(&source->journal, path, error);
    return status == GBX_ERROR_MISSING ? 0 : status;
}

static int
by_number(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name);
}

static int
is_visible(const struct dirent *entry)
{
    return entry->d_name[0] != '.';
}

static int
add_plan(gbx_fold *fold, const char *folder, gbx_error *error)
{
    struct dirent **names = NULL;
    char *results = gbx_paths_join(folder, "results", NULL);
    int count = results == NULL ? 0 : scandir(results, &names, is_visible, by_number);
    int status = results == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : count < 0 ? gbx_error_system(error, "read", results) : 0;
    for (int i = 0; i < count; i++) {
        if (status == 0) {
            status = add_source(fold, gbx_paths_join(results, names[i]->d_name, NULL), error);
        }
        free(names[i]);
    }
    free(names);
    free(results);
    return status;
}

static int
add_folder(gbx_fold *fold, const char *folder, gbx_error *error)
{
    struct stat about, out;
    if (stat(folder, &about) != 0) {
        return gbx_error_system(error, "read", folder);
    }
    if (!S_ISDIR(about.st_mode)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is not a folder of results", folder);
    }
    if (stat(fold->options->out, &out) == 0 && out.st_dev == about.st_dev && out.st_ino == about.st_ino) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' cannot be merged into itself: choose another --out", folder);
    }
    return gbx_plan_is(folder) ? add_plan(fold, folder, error) : add_source(fold, strdup(folder), error);
}

int
gbx_fold_sources(gbx_fold *fold, gbx_error *error)
{
    int status = 0;
    for (size_t i = 0; status == 0 && fold->options->folders[i] != NULL; i++) {
        status = add_folder(fold, fold->options->folders[i], error);
    }
    return status;
}

void
gbx_fold_sources_clear(gbx_fold *fold)
{
    for (size_t i = 0; i < fold->source_count; i++) {
        gbx_journal_close(fold->sources[i].journal);
        free(fold->sources[i].path);
    }
    free(fold->sources);
}

/* --------------------------------------------------------------------- one result */

static bool
says(const json_t *line, const char *key, const char *what)
{
    return strcmp(gbx_journal_word(line, key), what) == 0;
}

/* NULL, or why this is not the result that it should be; in `text` where it needs words of its own. */
static const char *
objection(const gbx_fold *fold, const gbx_folded *one, const gbx_outcome *outcome, const json_t *line, char *text, size_t size)
{
    gbx_error why = { 0, "" };
    char sum[GBX_DIGEST_TEXT];
    if (strcmp(outcome->student, one->entry->student) != 0) {
        snprintf(text, size, "is the result of '%.100s'", outcome->student);
        return text;
    }
    if (fold->options->key != NULL &&
        gbx_outcome_seal_check(outcome->all, fold->options->key, fold->options->key_size, &why) != 0) {
        snprintf(text, size, "%.300s", why.message);
        return text;
    }
    if (line == NULL) {
        return NULL;
    }
    if (!says(line, "event", "done") || !says(line, "result", outcome->digest)) {
        return "is not the one that was written down when it was graded";
    }
    if (gbx_digest_file(sum, one->entry->bundle, 0, &why) == 0 && !says(line, "bundle", sum)) {
        return "is of another bundle than the list names";
    }
    return NULL;
}

/* A second result of the same student: the same in all that is judged? */
static int
compare(gbx_fold *fold, gbx_folded *one, const gbx_outcome *other, const char *path, gbx_error *error)
{
    char *mine = gbx_outcome_judgement(&one->outcome), *theirs = gbx_outcome_judgement(other);
    int status = mine == NULL || theirs == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (status == 0 && strcmp(mine, theirs) != 0) {
        status = gbx_fold_refuse(fold, error, "'%s' and '%s' are two results of '%s' that differ", one->path, path,
                                 one->entry->student);
    }
    else {
        fold->result->twice++;
    }
    free(mine);
    free(theirs);
    return status;
}

/* Takes the outcome, and the path. */
static int
keep(gbx_fold *fold, gbx_folded *one, const gbx_fold_source *source, gbx_outcome *outcome, char *path, gbx_error *error)
{
    if (one->found) {
        int status = compare(fold, one, outcome, path, error);
        gbx_outcome_clear(outcome);
        free(path);
        return status;
    }
    one->found = true;
    one->outcome = *outcome;
    one->from = source;
    one->path = path;
    return 0;
}

static int
note_again(gbx_folded *one, const char *why, gbx_error *error)
{
    if (one->again == NULL) {
        one->again = strdup(why[0] == '\0' ? "infrastructure" : why);
    }
    return one->again == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
}

static int
look(gbx_fold *fold, gbx_folded *one, const gbx_fold_source *source, gbx_error *error)
{
    gbx_outcome outcome;
    gbx_error why = { 0, "" };
    char text[512];
    const char *wrong = NULL;
    const json_t *line = source->journal == NULL ? NULL : gbx_journal_last(source->journal, one->entry->student);
    if (line != NULL && says(line, "event", "infrastructure")) {
        return note_again(one, gbx_journal_word(line, "text"), error);       /* an older result does not count any more */
    }
    char *path = gbx_paths_join(source->path, one->entry->student, "result.json", NULL);
    if (path == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int status = gbx_outcome_read(&outcome, path, &why);
    if (status == 0 && strcmp(outcome.verdict, "infrastructure") == 0) {
        const char *message = json_string_value(json_object_get(outcome.all, "message"));
        status = note_again(one, message == NULL ? "" : message, error);
        gbx_outcome_clear(&outcome);
    }
    else if (status == 0 && (wrong = objection(fold, one, &outcome, line, text, sizeof(text))) != NULL) {
        status = gbx_fold_refuse(fold, error, "'%s' %s", path, wrong);
        gbx_outcome_clear(&outcome);
    }
    else if (status == 0) {
        return keep(fold, one, source, &outcome, path, error);
    }
    else if (status != GBX_ERROR_MISSING) {
        status = gbx_fold_refuse(fold, error, "%s", why.message);
    }
    else {
        status = line == NULL ? 0 : gbx_fold_refuse(fold, error, "'%s' is not there, though it was written down as done", path);
    }
    free(path);
    return status;
}

int
gbx_fold_find(gbx_fold *fold, gbx_folded *one, gbx_error *error)
{
    int status = 0;
    for (size_t i = 0; status == 0 && i < fold->source_count; i++) {
        status = look(fold, one, &fold->sources[i], error);
    }
    return status;
}
