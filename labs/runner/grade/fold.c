/* Folding results: every student of the list, then whether all were judged by the same; see fold.h. */

#include "fold_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------------- notes */

int
gbx_fold_note(char ***list, size_t *count, const char *text, gbx_error *error)
{
    char **more = realloc(*list, (*count + 2) * sizeof(*more));
    if (more != NULL) {
        *list = more;
        more[*count] = strdup(text);
        more[*count + 1] = NULL;
    }
    if (more == NULL || more[*count] == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    ++*count;
    return 0;
}

int
gbx_fold_refuse(gbx_fold *fold, gbx_error *error, const char *format, ...)
{
    char text[2048];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    return gbx_fold_note(&fold->result->refused, &fold->result->refused_count, text, error);
}

static void
clear_notes(char ***list, size_t *count)
{
    for (size_t i = 0; i < *count; i++) {
        free((*list)[i]);
    }
    free(*list);
    *list = NULL;
    *count = 0;
}

void
gbx_fold_result_clear(gbx_fold_result *result)
{
    clear_notes(&result->refused, &result->refused_count);
    clear_notes(&result->again, &result->again_count);
    clear_notes(&result->missing, &result->missing_count);
}

/* ------------------------------------------------------------------------- judges */

/* What has to be the same in all results: points by two rubrics do not add up to one table. */
typedef enum { RUBRIC, GRADER, BUILD, THINGS } thing;

static const char *
said(const gbx_outcome *outcome, thing what)
{
    return what == RUBRIC ? outcome->rubric : what == GRADER ? outcome->grader : outcome->build;
}

/* The first result that says anything of it, of the same lab where that counts; itself, if that is the first. */
static const gbx_folded *
first_to_say(const gbx_fold *fold, const gbx_folded *one, thing what)
{
    const gbx_folded *first = fold->all;
    while (first < one && (!first->found || said(&first->outcome, what)[0] == '\0' ||
                           (what == RUBRIC && first->outcome.number != one->outcome.number))) {
        first++;
    }
    return first;
}

/* Of each thing one difference is told.  A bundle that could not be run, or not be read, names no interpreter, or no lab. */
static int
check_judges(gbx_fold *fold, gbx_error *error)
{
    static const char *const names[THINGS] = { "the rubric", "the grader", "the interpreter" };
    int status = 0;
    for (thing what = RUBRIC; what < THINGS; what++) {
        bool differ = false;
        for (size_t i = 0; status == 0 && !differ && i < fold->list.count; i++) {
            const gbx_folded *one = &fold->all[i];
            if (!one->found || said(&one->outcome, what)[0] == '\0') {
                continue;
            }
            const gbx_folded *first = first_to_say(fold, one, what);
            differ = strcmp(said(&first->outcome, what), said(&one->outcome, what)) != 0;
            if (differ) {
                status = gbx_fold_refuse(fold, error, "%s differs: '%.80s' in '%s', '%.80s' in '%s': grade one of them again, "
                                         "or say --mixed", names[what], said(&first->outcome, what), first->path,
                                         said(&one->outcome, what), one->path);
            }
        }
    }
    return status;
}

/* ---------------------------------------------------------------------------- all */

static int
by_student(const void *a, const void *b)
{
    return strcmp(((const gbx_folded *)a)->entry->student, ((const gbx_folded *)b)->entry->student);
}

static int
prepare(gbx_fold *fold, gbx_error *error)
{
    int status = gbx_list_read(&fold->list, fold->options->list, error);
    if (status != 0) {
        return status;
    }
    fold->all = calloc(fold->list.count, sizeof(*fold->all));
    if (fold->all == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < fold->list.count; i++) {
        fold->all[i].entry = &fold->list.entries[i];
    }
    qsort(fold->all, fold->list.count, sizeof(*fold->all), by_student);
    fold->result->total = fold->list.count;
    return gbx_fold_sources(fold, error);
}

static int
count(gbx_fold *fold, gbx_error *error)
{
    gbx_fold_result *result = fold->result;
    int status = 0;
    for (size_t i = 0; status == 0 && i < fold->list.count; i++) {
        const gbx_folded *one = &fold->all[i];
        char text[1024];
        result->folded += one->found;
        if (!one->found && one->again != NULL) {
            snprintf(text, sizeof(text), "%s: %s", one->entry->student, one->again);
            status = gbx_fold_note(&result->again, &result->again_count, text, error);
        }
        else if (!one->found) {
            status = gbx_fold_note(&result->missing, &result->missing_count, one->entry->student, error);
        }
    }
    return status;
}

static int
fold_all(gbx_fold *fold, gbx_error *error)
{
    int status = prepare(fold, error);
    for (size_t i = 0; status == 0 && i < fold->list.count; i++) {
        status = gbx_fold_find(fold, &fold->all[i], error);
    }
    if (status == 0 && !fold->options->mixed) {
        status = check_judges(fold, error);
    }
    if (status == 0 && fold->result->refused_count > 0) {
        status = gbx_error_set(error, GBX_ERROR_FORMAT, "%zu refused: nothing was merged", fold->result->refused_count);
    }
    status = status != 0 ? status : count(fold, error);
    return status != 0 ? status : gbx_fold_write(fold, error);
}

int
gbx_fold_run(const gbx_fold_options *options, gbx_fold_result *result, gbx_error *error)
{
    *result = (gbx_fold_result){ .total = 0 };
    gbx_fold fold = { .options = options, .result = result };
    int status = fold_all(&fold, error);
    for (size_t i = 0; fold.all != NULL && i < fold.list.count; i++) {
        if (fold.all[i].found) {
            gbx_outcome_clear(&fold.all[i].outcome);
        }
        free(fold.all[i].path);
        free(fold.all[i].again);
    }
    free(fold.all);
    gbx_fold_sources_clear(&fold);
    gbx_list_clear(&fold.list);
    return status;
}
