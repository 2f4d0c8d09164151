/* What the commands of labs share: places, and a learner's work folder. */

#ifndef GBX_CMD_LAB_H
#define GBX_CMD_LAB_H

#include <jansson.h>

#include "lab_internal.h"
#include "paths.h"
#include "roster.h"

#define GBX_WORK_NOTE "lab.json"     /* in a work folder: which lab, whose, from which seed, hints taken */

typedef struct {
    gbx_paths paths;
    char *labs;                      /* the folder of labs */
    gbx_roster roster;               /* the course, or practice */
} gbx_lab_places;

/* `course` NULL: what GLASSBOX_COURSE= names, or practice.  To be closed in any case. */
int gbx_lab_places_open(gbx_lab_places *places, const char *course, gbx_error *error);
void gbx_lab_places_close(gbx_lab_places *places);

/* How this program is called from here: "glassbox", "./glassbox", or with its whole path.  Static. */
const char *gbx_lab_program(const gbx_lab_places *places);

/* A learner's work folder, and its lab. */
typedef struct {
    char *folder;                    /* absolute */
    json_t *note;                    /* lab.json, checked: "lab", "student", "seed", "hints" are there */
    int number;
    const char *student, *seed;
    gbx_lab *lab;
    json_t *variant;
} gbx_lab_work;

/* Find the work folder of lab `number` (0: of any): `folder`, or (NULL) the current one, or work/lab-N below it, or
   work/lab-N of the checkout.
   GBX_ERROR_MISSING and what to do where there is none.  To be closed in any case. */
int gbx_lab_work_open(gbx_lab_work *work, const gbx_lab_places *places, int number, const char *folder, gbx_error *error);
void gbx_lab_work_close(gbx_lab_work *work);
/* Write its note anew. */
int gbx_lab_work_note(const gbx_lab_work *work, gbx_error *error);

int gbx_cmd_lab_start(int argc, char **argv);
int gbx_cmd_lab_check(int argc, char **argv);
int gbx_cmd_lab_hint(int argc, char **argv);
int gbx_cmd_lab_seed(int argc, char **argv);
int gbx_cmd_lab_submit(int argc, char **argv);

#endif
