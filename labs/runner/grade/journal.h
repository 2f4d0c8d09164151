/* Journal: what a batch has done, a line of JSON a step, only ever added to.

       {"event":"begin","format":"glassbox-journal 1","judge":"sha256:...","total":200,"at":"..."}
       {"event":"done","student":"ann","bundle":"sha256:...","judge":"sha256:...","result":"sha256:...","verdict":"pass","attempt":1}
       {"event":"infrastructure","student":"bob","bundle":"...","judge":"...","attempt":3,"text":"no memory"}

   A batch can be killed at any moment.  A line is one write(), so only the last one can be torn: it is cut off at the
   next opening.  A "done" is believed only together with the sums that it names (of the bundle, of what judged it, of the
   result's file), so a line that survived a crash which its result did not is no harm.  This module must not decide what
   is done; it tells what was written last of each student. */

#ifndef GBX_JOURNAL_H
#define GBX_JOURNAL_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "error.h"

#define GBX_JOURNAL_NAME "journal.jsonl"

typedef struct gbx_journal gbx_journal;

/* Open FOLDER/journal.jsonl to add to it; made where it is not there.  GBX_ERROR_FORMAT: it is a journal of
   another program or version. */
int gbx_journal_open(gbx_journal **out, const char *folder, gbx_error *error);

/* The same to look at it alone: nothing is cut off.  GBX_ERROR_MISSING: there is none. */
int gbx_journal_read(gbx_journal **out, const char *folder, gbx_error *error);

/* Closes it, and lets go of it; NULL is fine. */
void gbx_journal_close(gbx_journal *journal);

/* The last line of this student, as it was written, or NULL; the journal's own. */
const json_t *gbx_journal_last(const gbx_journal *journal, const char *student);

/* What a line says; "" where it says nothing of it. */
const char *gbx_journal_word(const json_t *line, const char *key);

/* Add a line, which is taken even on failure; NULL: there was no memory for it. */
int gbx_journal_add(gbx_journal *journal, json_t *line, gbx_error *error);

/* On the disk, not only with the kernel.  A power cut costs what was added since; a kill costs nothing. */
int gbx_journal_sync(gbx_journal *journal, gbx_error *error);

#endif
