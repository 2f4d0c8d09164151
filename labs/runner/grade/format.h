/* Formats: what a gradebook tells the programs of others, in their words.

       card ─► view: what its reader may see now, with texts made harmless ─► one file a student, by a table of formats

   A view is made before anything is written: what may not be shown is not in it, so that no format has to
   know.  Each format is a file, format_NAME.c, which opens with where its specification stands and with its column
   of this table:

       here              Gradescope        Exercism  Classroom 50   JUnit           TAP          PrairieLearn  Autolab
       pass              passed, max       pass      passed true    bare testcase   ok           points = max  score
       partial           failed, < max     fail      false + score  failure, prop.  not ok       points < max  score
       fail              failed, 0         fail      false          failure         not ok       0             0
       submission-error  failed + output   error     0              failure, skip   not ok,SKIP  not gradable  0
       prerequisite      0, which failed   error     false, 0       skipped         SKIP         0 + message   0
       needs-human       no status, no max omit      omit           skipped         TODO         manual        omit
       flaky             passed + tag      pass      true           flakyFailure    ok+attempts  message       score
       infrastructure    output, no score  error     exit status    error           Bail out!    not gradable  exit status

   A limit and a violation are a failure everywhere, with their name and what happened.  Formats must not decide,
   and print only to the file that they are given. */

#ifndef GBX_FORMAT_H
#define GBX_FORMAT_H

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "gradebook.h"

/* One line of a file: a fact, a part of an explanation, a prediction that has points, or all hidden facts together. */
typedef struct {
    char name[128];                  /* unique in its view: "specializes", "explain.why", "explain.why.person", "hidden" */
    char *title, *message;           /* owned, harmless text; message: NULL where there is nothing to say */
    gbx_mark_verdict verdict;
    const char *word;
    double points, score;
    gbx_seen seen;                   /* for a format that has this itself; else all are visible */
    unsigned attempts;               /* 0: not said */
    unsigned number;                 /* of the fact in the rubric, from 1; 0: not a fact */
} gbx_view_item;

typedef struct {
    const gbx_card *card;
    const gbx_gradebook_course *course;          /* NULL: none */
    const char *lab_name, *lab_title;            /* NULL where no result could be read */
    bool graded;                     /* false: infrastructure; there are no items and there is no score */
    gbx_view_item *items;
    size_t count;
    double score, points;            /* of what may be seen and of what is hidden for good; what comes later is not in it */
    double deducted, waiting;
    char *message;                   /* owned: one or two sentences for the learner */
    char *failure;                   /* owned: why nothing could be judged, of a submission error; NULL else */
} gbx_view;

typedef struct {
    int64_t now;
    const gbx_gradebook *book;
    const gbx_gradebook_course *course;
    bool carries;                    /* the format hides by itself what is shown later: it gets all, and when */
} gbx_view_options;

/* 0 or GBX_ERROR_MEMORY.  Clear it also after a failure. */
int gbx_view_make(gbx_view *view, const gbx_card *card, const gbx_view_options *options, gbx_error *error);
void gbx_view_clear(gbx_view *view);

typedef struct {
    const char *name;                /* --format NAME */
    const char *file;                /* in each student's folder */
    const char *what;                /* for --help */
    bool carries;                    /* visibility: see above */
    bool exits;                      /* infrastructure is told by the exit status, */
    bool silent;                     /* and by there being no file at all */
    int (*write)(FILE *to, const gbx_view *view, gbx_error *error);
} gbx_format;

/* Each ends with NULL's place: the i-th, or NULL. */
const gbx_format *gbx_format_at(size_t i);
const gbx_format *gbx_format_find(const char *name);

extern const gbx_format gbx_format_gradescope, gbx_format_exercism_2, gbx_format_exercism_3, gbx_format_classroom50,
    gbx_format_junit, gbx_format_tap, gbx_format_prairielearn, gbx_format_autolab;

/* The whole book, a line a student, for an LMS (format_csv.c, which lists the columns).  Not for learners: it shows all. */
int gbx_format_csv(FILE *to, const gbx_gradebook *book, const gbx_gradebook_course *course, gbx_error *error);

/* ------------------------------------------------------------------------ for the formats */

/* Text of anybody's as text that harms no reader: control characters (escape sequences among them), what turns the direction
   of writing round, and what XML forbids are spelled out, as "\x1b" and "\u202e"; at most `most` characters, then how many more
   there are.  Line feeds and tabs stay.  The caller frees it; NULL: out of memory. */
char *gbx_format_clean(const char *text, size_t most);

/* "31", "4.5", "0.33": no more than two decimals, no trailing zeros, never "-0".  Returns `text`. */
const char *gbx_format_number(double value, char text[32]);

/* The same rounding as a JSON number: an integer where it is whole. */
json_t *gbx_format_json_number(double value);

/* A JSON object, and let go of it; NULL: out of memory. */
int gbx_format_json(FILE *to, json_t *whole, size_t flags, gbx_error *error);

/* Has it all of its points, and did nothing but pass? */
bool gbx_format_passed(const gbx_view_item *item);

#endif
