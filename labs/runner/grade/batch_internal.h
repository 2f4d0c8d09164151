/* What the files of the batch share: batch.c decides and waits, batch_item.c is one submission, batch_folder.c the
   folder. */

#ifndef GBX_BATCH_INTERNAL_H
#define GBX_BATCH_INTERNAL_H

#include "batch.h"
#include "digest.h"
#include "journal.h"
#include "list.h"
#include "sheet.h"
#include "worker.h"

/* ---------------------------------------------------------------- batch_folder.c */

typedef struct {
    char *path;              /* OUT, as it was given */
    char *work;              /* OUT/.work */
    int lock;
} gbx_batch_folder;

/* Make OUT where it is not there, lock it, empty OUT/.work, take table.csv away.  Waits some seconds for the workers of a
   batch that was killed.  GBX_ERROR_USAGE: another batch is at work there. */
int gbx_batch_folder_open(gbx_batch_folder *folder, const char *path, gbx_error *error);
void gbx_batch_folder_close(gbx_batch_folder *folder);

/* OUT/.work/SLOT, new and empty, with "out" and "tmp" in it; the caller frees *path. */
int gbx_batch_slot_make(const gbx_batch_folder *folder, unsigned slot, char **path, gbx_error *error);
/* Delete all of it; `path` is freed. */
void gbx_batch_slot_remove(char *path);

/* ------------------------------------------------------------------ batch_item.c */

typedef enum { GBX_ITEM_TODO, GBX_ITEM_RUNNING, GBX_ITEM_WAITING, GBX_ITEM_DONE, GBX_ITEM_GIVEN_UP } gbx_item_state;

typedef struct {
    const gbx_list_entry *entry;
    gbx_item_state state;
    bool failed_before;                      /* an earlier run gave it up */
    unsigned attempt;                        /* the last one, from 1 */
    uint64_t not_before_ns;                  /* WAITING */
    char bundle[GBX_DIGEST_TEXT];            /* of its bytes, when its grading began */
    char *why;                               /* of the last failure, owned */
} gbx_batch_item;

/* Is it done, by the journal's last word of it and by what lies in the folder?  0 or an error of ours; what is amiss with a
   result is no error: it is to be graded. */
int gbx_batch_item_look(gbx_batch_item *item, const gbx_batch_options *options, const gbx_batch_folder *folder,
                        const gbx_journal *journal, bool *done, gbx_error *error);

/* The worker has ended with status 0: check the result in SLOT/out, move it to its place, write it down.  *fault: what
   is wrong with the result, in words ("": nothing); not an error of ours. */
int gbx_batch_item_take(gbx_batch_item *item, const gbx_batch_options *options, const gbx_batch_folder *folder, const char *slot,
                        gbx_journal *journal, char *fault, size_t size, gbx_error *error);

/* Write down that a try failed. */
int gbx_batch_item_failed(gbx_batch_item *item, const gbx_batch_options *options, gbx_journal *journal, const char *why,
                          gbx_error *error);

/* Write the table from the results of all items, and count its verdicts. */
int gbx_batch_tell(const gbx_batch_item *items, size_t count, const gbx_batch_options *options, const gbx_batch_folder *folder,
                   const gbx_journal *journal, gbx_batch_result *result, gbx_error *error);

/* What was given up, and why, to result->listed. */
int gbx_batch_list_failures(const gbx_batch_item *items, size_t count, gbx_batch_result *result, gbx_error *error);

#endif
