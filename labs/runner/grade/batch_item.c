/* One submission of a batch: whether it is done, its result, its line. */

#include "batch_internal.h"

#include "outcome.h"
#include "paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define RESULT "result.json"

/* What is wrong with a result as one for this student, or 0.  The message has no subject. */
static int
check(const gbx_outcome *outcome, const gbx_batch_item *item, const gbx_batch_options *options, gbx_error *error)
{
    if (strcmp(outcome->student, item->entry->student) != 0) {
        return gbx_error_set(error, GBX_ERROR_FORMAT, "is the result of '%.100s'", outcome->student);
    }
    if (strcmp(outcome->verdict, "infrastructure") == 0) {
        const char *message = json_string_value(json_object_get(outcome->all, "message"));
        return gbx_error_set(error, GBX_ERROR_FORMAT, "says: %.300s", message == NULL ? "infrastructure" : message);
    }
    return options->key == NULL ? 0 : gbx_outcome_seal_check(outcome->all, options->key, options->key_size, error);
}

static bool
says(const json_t *line, const char *key, const char *what)
{
    return strcmp(gbx_journal_word(line, key), what) == 0;
}

/* Its result, if it is the one that the journal speaks of.  1: it is not, or there is none. */
static int
read_done(gbx_outcome *outcome, const gbx_batch_item *item, const gbx_batch_options *options,
          const gbx_batch_folder *folder, const json_t *line, gbx_error *error)
{
    gbx_error why;
    char *path = gbx_paths_join(folder->path, item->entry->student, RESULT, NULL);
    if (path == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int status = gbx_outcome_read(outcome, path, &why);
    if (status == 0 && (!says(line, "result", outcome->digest) || check(outcome, item, options, &why) != 0)) {
        gbx_outcome_clear(outcome);
        status = 1;
    }
    free(path);
    return status == GBX_ERROR_MEMORY ? gbx_error_set(error, status, "out of memory") : status != 0;
}

int
gbx_batch_item_look(gbx_batch_item *item, const gbx_batch_options *options, const gbx_batch_folder *folder,
                    const gbx_journal *journal, bool *done, gbx_error *error)
{
    const json_t *line = gbx_journal_last(journal, item->entry->student);
    gbx_outcome outcome;
    *done = false;
    item->failed_before = line != NULL && says(line, "event", "infrastructure");
    if (line == NULL || !says(line, "event", "done") || !says(line, "judge", options->judge)) {
        return 0;
    }
    int status = gbx_digest_file(item->bundle, item->entry->bundle, 0, error);
    if (status != 0 || !says(line, "bundle", item->bundle)) {
        return status;
    }
    status = read_done(&outcome, item, options, folder, line, error);
    if (status == 0) {
        *done = true;
        gbx_outcome_clear(&outcome);
    }
    return status < 0 ? status : 0;
}

/* ------------------------------------------------------------------ a new result */

static json_t *
line_of(const gbx_batch_item *item, const gbx_batch_options *options, const char *event)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i}", "event", event, "student", item->entry->student, "bundle", item->bundle,
                     "judge", options->judge, "attempt", (int)item->attempt);
}

static int
move(const gbx_batch_item *item, const gbx_batch_folder *folder, const char *from, gbx_error *error)
{
    char *home = gbx_paths_join(folder->path, item->entry->student, NULL);
    char *to = home == NULL ? NULL : gbx_paths_join(home, RESULT, NULL);
    int status = to == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (status == 0 && mkdir(home, 0777) != 0 && errno != EEXIST) {
        status = gbx_error_system(error, "make the folder", home);
    }
    if (status == 0 && rename(from, to) != 0) {
        status = gbx_error_system(error, "write", to);
    }
    free(home);
    free(to);
    return status;
}

int
gbx_batch_item_take(gbx_batch_item *item, const gbx_batch_options *options, const gbx_batch_folder *folder, const char *slot,
                    gbx_journal *journal, char *fault, size_t size, gbx_error *error)
{
    gbx_outcome outcome;
    gbx_error why = { 0, "" };
    char *path = gbx_paths_join(slot, "out", RESULT, NULL);
    fault[0] = '\0';
    if (path == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int status = 0, bad = gbx_outcome_read(&outcome, path, &why);
    if (bad != 0) {
        snprintf(fault, size, "the grader left no result: %.300s", why.message);
    }
    else if (check(&outcome, item, options, &why) != 0) {
        snprintf(fault, size, "the grader's result %.300s", why.message);
    }
    else {
        json_t *line = line_of(item, options, "done");
        json_object_set_new(line, "result", json_string(outcome.digest));
        json_object_set_new(line, "verdict", json_string(outcome.verdict));
        status = move(item, folder, path, error);
        if (status == 0) {
            status = gbx_journal_add(journal, line, error);
        }
        else {
            json_decref(line);
        }
    }
    if (bad == 0) {
        gbx_outcome_clear(&outcome);
    }
    free(path);
    return status;
}

int
gbx_batch_item_failed(gbx_batch_item *item, const gbx_batch_options *options, gbx_journal *journal, const char *why,
                      gbx_error *error)
{
    free(item->why);
    item->why = strdup(why);
    json_t *text = json_string(why);                 /* none where it is no UTF-8, as of a bundle's name */
    for (char *at = item->why; text == NULL && at != NULL && *at != '\0'; at++) {
        *at = (unsigned char)*at < 0x80 ? *at : '?';
    }
    json_decref(text);
    json_t *line = line_of(item, options, "infrastructure");
    json_object_set_new(line, "text", json_string(item->why == NULL ? "" : item->why));
    return item->why == NULL ? (json_decref(line), gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory"))
        : gbx_journal_add(journal, line, error);
}

/* Its line of the table, from its result. */
static int
tell(const gbx_batch_item *item, const gbx_batch_options *options, const gbx_batch_folder *folder,
                    const gbx_journal *journal, gbx_sheet *table, gbx_error *error)
{
    gbx_outcome outcome;
    if (item->state != GBX_ITEM_DONE) {
        return gbx_sheet_add(table, item->entry->student, NULL, "infrastructure", error);
    }
    const json_t *line = gbx_journal_last(journal, item->entry->student);
    int status = read_done(&outcome, item, options, folder, line, error);
    if (status > 0) {
        return gbx_error_set(error, GBX_ERROR_FORMAT, "the result of '%s' was changed while the batch ran: run it again",
                             item->entry->student);
    }
    if (status == 0) {
        status = gbx_sheet_add(table, item->entry->student, &outcome, NULL, error);
        gbx_outcome_clear(&outcome);
    }
    return status;
}

/* -------------------------------------------------------------------- all of them */

int
gbx_batch_list_failures(const gbx_batch_item *items, size_t count, gbx_batch_result *result, gbx_error *error)
{
    size_t listed = 0;
    result->listed = calloc(count + 1, sizeof(*result->listed));
    for (size_t i = 0; result->listed != NULL && i < count; i++) {
        if (items[i].state == GBX_ITEM_GIVEN_UP &&
            asprintf(&result->listed[listed++], "%s: %s", items[i].entry->student, items[i].why) < 0) {
            result->listed[--listed] = NULL;
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
    }
    return result->listed == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
}

int
gbx_batch_tell(const gbx_batch_item *items, size_t count, const gbx_batch_options *options, const gbx_batch_folder *folder,
               const gbx_journal *journal, gbx_batch_result *result, gbx_error *error)
{
    gbx_sheet *table;
    size_t used = 0;
    int status = gbx_sheet_new(&table, error);
    for (size_t i = 0; status == 0 && i < count; i++) {
        status = tell(&items[i], options, folder, journal, table, error);
    }
    if (status == 0) {
        status = gbx_sheet_write(table, folder->path, error);
    }
    for (size_t i = 0; status == 0 && gbx_outcome_verdict(i) != NULL; i++) {
        size_t lines = gbx_sheet_count(table, gbx_outcome_verdict(i));
        if (lines > 0) {
            result->counts[used].verdict = gbx_outcome_verdict(i);
            result->counts[used++].count = lines;
        }
    }
    gbx_sheet_free(table);
    return status;
}
