/* What came of a fold, as files: the results, a journal of them, the table, the lists of what is not there. */

#include "fold_internal.h"

#include "batch_internal.h"       // gbx_batch_folder_open
#include "paths.h"
#include "slurp.h"
#include "sheet.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Byte for byte what was read and checked: it is read again, and its sum has to be the same. */
static int
copy_result(const gbx_folded *one, const char *out, gbx_error *error)
{
    char *bytes = NULL, *home = gbx_paths_join(out, one->entry->student, NULL), sum[GBX_DIGEST_TEXT];
    size_t size = 0;
    int status = home == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_slurp(one->path, GBX_OUTCOME_MOST, &bytes, &size, error);
    status = status != 0 ? status : gbx_digest_text(sum, bytes, size, error);
    if (status == 0 && strcmp(sum, one->outcome.digest) != 0) {
        status = gbx_error_set(error, GBX_ERROR_FORMAT, "'%s' was changed meanwhile", one->path);
    }
    if (status == 0 && mkdir(home, 0777) != 0 && errno != EEXIST) {
        status = gbx_error_system(error, "make the folder", home);
    }
    if (status == 0) {
        status = gbx_sheet_put(home, "result.json", bytes, size, error);
    }
    free(bytes);
    free(home);
    return status;
}

/* What the source's journal says of it goes along: so the folder can be merged again, or gone on with. */
static int
copy_line(const gbx_folded *one, gbx_journal *journal, gbx_error *error)
{
    const json_t *line = one->from->journal == NULL ? NULL : gbx_journal_last(one->from->journal, one->entry->student);
    return line == NULL ? 0 : gbx_journal_add(journal, json_deep_copy(line), error);
}

/* The lines of those that `which` says, or no such file. */
static int
write_list(const gbx_fold *fold, const char *out, const char *name, bool again, gbx_error *error)
{
    char *text = NULL, *path = gbx_paths_join(out, name, NULL);
    size_t size, lines = 0;
    FILE *to = open_memstream(&text, &size);
    int status = to == NULL || path == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    for (size_t i = 0; status == 0 && i < fold->list.count; i++) {
        const gbx_folded *one = &fold->all[i];
        if (!one->found && (one->again != NULL) == again) {
            char *bundle = realpath(one->entry->bundle, NULL);
            fprintf(to, "%s\t%s\n", one->entry->student, bundle != NULL ? bundle : one->entry->bundle);
            free(bundle);
            lines++;
        }
    }
    if (to != NULL && fclose(to) != 0 && status == 0) {
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (status == 0 && lines > 0) {
        status = gbx_sheet_put(out, name, text, size, error);
    }
    else if (status == 0 && unlink(path) != 0 && errno != ENOENT) {
        status = gbx_error_system(error, "delete", path);
    }
    free(text);
    free(path);
    return status;
}

static int
write_one(gbx_folded *one, const char *out, gbx_journal *journal, gbx_sheet *table, gbx_error *error)
{
    if (!one->found) {
        return gbx_sheet_add(table, one->entry->student, NULL, one->again != NULL ? "infrastructure" : "missing", error);
    }
    int status = copy_result(one, out, error);
    status = status != 0 ? status : copy_line(one, journal, error);
    return status != 0 ? status : gbx_sheet_add(table, one->entry->student, &one->outcome, NULL, error);
}

int
gbx_fold_write(gbx_fold *fold, gbx_error *error)
{
    gbx_batch_folder folder;
    gbx_journal *journal = NULL;
    gbx_sheet *table = NULL;
    int status = gbx_batch_folder_open(&folder, fold->options->out, error);
    status = status != 0 ? status : gbx_journal_open(&journal, folder.path, error);
    status = status != 0 ? status : gbx_sheet_new(&table, error);
    for (size_t i = 0; status == 0 && i < fold->list.count; i++) {
        status = write_one(&fold->all[i], folder.path, journal, table, error);
    }
    status = status != 0 ? status : write_list(fold, folder.path, GBX_FOLD_AGAIN, true, error);
    status = status != 0 ? status : write_list(fold, folder.path, GBX_FOLD_MISSING, false, error);
    status = status != 0 ? status : gbx_journal_sync(journal, error);
    status = status != 0 ? status : gbx_sheet_write(table, folder.path, error);
    gbx_sheet_free(table);
    gbx_journal_close(journal);
    gbx_batch_folder_close(&folder);
    return status;
}
