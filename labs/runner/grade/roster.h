/* Roster: a course, that is its secret, its students and the seeds that follow from both.

       course.toml     name = "..."  secret_file = "secret"  roster = "roster.csv"  due = 2027-01-31T23:59:00Z
                       published = false  key_file = "key"
       roster.csv      a header line with `id` and `name` among its columns, then a student a line
       labs/N-name/    what this course judges otherwise: see lab_internal.h

   A seed is HMAC-SHA256 of "lab NUMBER/STUDENT" under the secret.  Without a course the secret is "practice", which
   everybody knows.  Files are named relative to the course's folder.  This module must not print, and must not write. */

#ifndef GBX_ROSTER_H
#define GBX_ROSTER_H

#include <stdbool.h>
#include <stddef.h>

#include "digest.h"
#include "error.h"

typedef struct {
    char *id, *name;
} gbx_student;

typedef struct {
    char *folder;                /* absolute; NULL: no course, all is practice */
    char *name;
    char *secret;
    size_t secret_size;
    char *key;                   /* that results are sealed under; NULL: they are not */
    size_t key_size;
    char *due;                   /* as course.toml has it; "": never */
    bool published;
    gbx_student *students;       /* by id */
    size_t student_count;
} gbx_roster;

/* `folder` NULL: practice.  GBX_ERROR_MISSING, GBX_ERROR_USAGE with the file and what is wrong in it.  May be cleared after a
   failure. */
int gbx_roster_open(gbx_roster *roster, const char *folder, gbx_error *error);
void gbx_roster_clear(gbx_roster *roster);

/* NULL: not on the roster. */
const gbx_student *gbx_roster_find(const gbx_roster *roster, const char *id);

int gbx_roster_seed(const gbx_roster *roster, int lab, const char *student, char seed[GBX_DIGEST_HEX], gbx_error *error);

#endif
