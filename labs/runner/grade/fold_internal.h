/* What the files of a fold share: fold.c goes through the list, fold_find.c looks for one student's result, fold_write.c
   writes what came of it. */

#ifndef GBX_FOLD_INTERNAL_H
#define GBX_FOLD_INTERNAL_H

#include "fold.h"
#include "journal.h"
#include "list.h"
#include "outcome.h"

/* One folder with STUDENT/result.json in it. */
typedef struct {
    char *path;
    gbx_journal *journal;            /* NULL: it has none */
} gbx_fold_source;

/* What is known of one student. */
typedef struct {
    const gbx_list_entry *entry;
    bool found;
    gbx_outcome outcome;             /* when found */
    const gbx_fold_source *from;
    char *path;                      /* of the result; owned */
    char *again;                     /* why it is infrastructure; owned; NULL: nobody says so */
} gbx_folded;

typedef struct {
    const gbx_fold_options *options;
    gbx_fold_result *result;
    gbx_list list;
    gbx_folded *all;                 /* one an entry, sorted by student */
    gbx_fold_source *sources;
    size_t source_count, source_room;
} gbx_fold;

/* fold.c: note a sentence of what was refused; GBX_ERROR_MEMORY. */
int gbx_fold_refuse(gbx_fold *fold, gbx_error *error, const char *format, ...) __attribute__((format(printf, 3, 4)));
/* Append a text to a list that ends with NULL. */
int gbx_fold_note(char ***list, size_t *count, const char *text, gbx_error *error);

/* fold_find.c */
int gbx_fold_sources(gbx_fold *fold, gbx_error *error);
void gbx_fold_sources_clear(gbx_fold *fold);
int gbx_fold_find(gbx_fold *fold, gbx_folded *one, gbx_error *error);

/* fold_write.c */
int gbx_fold_write(gbx_fold *fold, gbx_error *error);

#endif
