/* List: what is to be graded, as an instructor writes it down: one bundle a line, or a student, a tab, and a bundle.

       # collected on Friday
       ann	inbox/ann.glassbox.tar.gz
       inbox/bob.glassbox.tar.gz           (the student is "bob")

   Empty lines and lines that begin with # are passed over.  Everything in it is hostile: names that would leave a folder, hide in it,
   or be taken for a formula by a spreadsheet are refused, with the line's number.  This module must not open a bundle. */

#ifndef GBX_LIST_H
#define GBX_LIST_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"

enum {
    GBX_LIST_STUDENT_MOST = 64,              /* bytes of a student's name */
    GBX_LIST_MOST = 200000                   /* lines */
};
#define GBX_LIST_BYTES_MOST (64u << 20)

typedef struct {
    char *student;                           /* owned; passes gbx_list_student_ok() */
    char *bundle;                            /* owned; as it was written */
    bool named;                              /* the list said whose it is */
    size_t line;
} gbx_list_entry;

typedef struct {
    gbx_list_entry *entries;                 /* in the order of the file */
    size_t count;
} gbx_list;

/* May this be a student's name, and so the name of a folder and a cell of a table?  1 to 64 of letters, digits and
   @ . _ + -, the first a letter or a digit. */
bool gbx_list_student_ok(const char *name);

/* Read it.  GBX_ERROR_USAGE, "'list' line 7: ..." for what is wrong in it: a name that may not be, the same student
   twice.  The caller clears it after a success. */
int gbx_list_read(gbx_list *list, const char *path, gbx_error *error);
void gbx_list_clear(gbx_list *list);

/* Is every bundle there, an ordinary file, and readable?  GBX_ERROR_MISSING and the first that is not, with how many there
   are of them. */
int gbx_list_check(const gbx_list *list, const char *path, gbx_error *error);

#endif
