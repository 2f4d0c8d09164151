/* Gradebook: the results of one lab, read, checked and added up; who has which score, and why.

       a folder of results ─► one card a student ─► view (what may be seen now) ─► a format's file
       reviews.jsonl ───────┘                         └► statistics, differences ─► terminal, JSON

   A result is hostile until it is checked: what is unreadable, does not add up, says more than its rubric gives,
   stands in another student's folder, or has not the course's seal, has no score.  It is kept, with what is wrong
   with it, as infrastructure: listed, counted, never a zero and never a point.

   A score is what the result says and the points that a person gave for explanations (in the result, or in
   reviews.jsonl).  This module judges no submission, decides nothing that the rubric or the course decides, and
   must not print. */

#ifndef GBX_GRADEBOOK_H
#define GBX_GRADEBOOK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "roster.h"

typedef enum {
    GBX_MARK_PASS, GBX_MARK_PARTIAL, GBX_MARK_FAIL, GBX_MARK_SUBMISSION_ERROR, GBX_MARK_PREREQUISITE, GBX_MARK_LIMIT,
    GBX_MARK_VIOLATION, GBX_MARK_NEEDS_HUMAN, GBX_MARK_FLAKY, GBX_MARK_INFRASTRUCTURE
} gbx_mark_verdict;

typedef enum { GBX_SEEN_VISIBLE, GBX_SEEN_AFTER_DUE, GBX_SEEN_AFTER_PUBLISHED, GBX_SEEN_NEVER } gbx_seen;

typedef enum {
    GBX_MARK_FACT,
    GBX_MARK_EVIDENCE,               /* of an explanation: what the program could check */
    GBX_MARK_PERSON,                 /* of an explanation: what a person gives */
    GBX_MARK_PREDICTION
} gbx_mark_kind;

/* One thing that has points.  The strings live as long as its gbx_card. */
typedef struct {
    gbx_mark_kind kind;
    const char *id, *title;          /* of the fact, explanation or prediction; title: NULL where the result has none */
    const char *fact;                /* the fact that it is about: itself for a fact, NULL where none is named */
    gbx_mark_verdict verdict;
    const char *word;                /* as results spell it: "limit:cpu" */
    double points, score;            /* 0 <= score <= points */
    gbx_seen seen;
    bool details;                    /* expected, actual and likely may be shown to the learner */
    const char *expected, *actual, *likely;      /* NULL: none; of explanations and predictions only `likely` */
    const char *after;               /* the prerequisite that failed; NULL: none is named */
    const char *misconception;       /* of a wrong prediction; NULL: none */
    const char *comment;             /* a person's; NULL: none */
    unsigned confidence;             /* of a prediction, 1 to 5; 0: none */
    unsigned attempts;               /* runs that it took; 0: not said */
    unsigned cited, fitting;         /* of an explanation: events that were cited, and those that are there and fit */
    unsigned hints, rung;            /* of a fact: hints taken, the highest rung */
} gbx_score;

typedef struct {
    const char *student;             /* also the name of its folder */
    bool graded;                     /* false: infrastructure; nothing below holds but `trouble` and, if known, the student */
    bool readable;                   /* not graded, but the result itself says so, and it is one of ours */
    char trouble[320];               /* why it has no score, for the instructor */
    gbx_mark_verdict verdict;
    const char *word;                /* the whole's */
    double score, points;
    double waiting;                  /* points that a person has yet to give or refuse */
    double deducted;                 /* by hints */
    gbx_score *marks;
    size_t count;
    unsigned hints;
    bool witnessed;                  /* somebody outside saw its runs being recorded */
    const char *message;             /* one sentence of the grader */
    const char *cause;               /* of a limit or a violation: what happened, with its numbers; NULL: neither */
    const char *violation;           /* its name; NULL: none */
    const char *rubric, *submission, *graded_at;     /* graded_at: NULL where it is not said */
    json_t *whole;                   /* owned: what all strings stand in */
    json_t *more;                    /* owned: strings of reviews */
} gbx_card;

/* What the course says. */
typedef struct {
    gbx_roster roster;               /* name, published, the key of its seals, students */
    int64_t due;                     /* seconds since 1970; -1: no date is set */
} gbx_gradebook_course;

typedef struct {
    bool folder;                     /* it was one, not a single file */
    int lab;                         /* 0: no result could be read */
    const char *lab_name, *lab_title;
    gbx_card *cards;               /* sorted by student */
    size_t count, graded;
    size_t rubrics;                  /* different ones; more than 1: some have to be graded again */
    size_t sealed;                   /* results whose seal was checked */
    size_t unwitnessed;              /* scores that rest on recordings that nobody watched */
    size_t reviews, reviews_stale;   /* lines of reviews.jsonl that count; of older submissions */
    size_t reviews_broken;           /* lines that are none */
} gbx_gradebook;

/* The course in `folder`; NULL: there is none, nothing is due or published.  As gbx_roster_open().  Clear it also after a
   failure. */
int gbx_gradebook_course_open(gbx_gradebook_course *course, const char *folder, gbx_error *error);
void gbx_gradebook_course_clear(gbx_gradebook_course *course);
/* A student's name as on the roster; "" without one. */
const char *gbx_gradebook_name(const gbx_gradebook_course *course, const char *student);

/* "2026-11-21", "2026-11-21T20:00", "...:00Z", "...+01:00": seconds since 1970; without a zone it is UTC, without a time the
   day's end for a due date and its beginning else.  False: no such date. */
bool gbx_gradebook_date(const char *text, bool end_of_day, int64_t *to);

/* Read all of DIR/STUDENT/result.json, or the one file that `path` names, and reviews.jsonl beside them.  `lab`: only this one,
   0: whichever it is.  The course may be NULL.  GBX_ERROR_MISSING: there is no result; GBX_ERROR_USAGE: results
   of several labs.  Clear the book also after a failure. */
int gbx_gradebook_read(gbx_gradebook *book, const char *path, int lab, const gbx_gradebook_course *course,
                       gbx_error *error);
void gbx_gradebook_clear(gbx_gradebook *book);

const gbx_card *gbx_gradebook_find(const gbx_gradebook *book, const char *student);

/* One result, checked (gradebook_result.c).  `folder`: the student's id by the folder's name; NULL: unknown.  Never fails
   but for memory: what is wrong stands in the card.  Takes `whole` over (may be NULL: then `card->trouble` says why). */
int gbx_card_take(gbx_card *card, json_t *whole, const char *folder, const gbx_gradebook_course *course,
                   gbx_error *error);
void gbx_card_clear(gbx_card *card);
/* Not a score after all: why. */
void gbx_card_refuse(gbx_card *card, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* A person gave points for an explanation; a number below 0 takes them back.  0, or GBX_ERROR_MISSING when there is no
   such one or it takes no such number. */
int gbx_card_review(gbx_card *card, const char *explanation, double given, const char *comment);

/* reviews.jsonl at `path`, into the book's cards; none there is no error (gradebook_review.c). */
int gbx_gradebook_reviews(gbx_gradebook *book, const char *path, gbx_error *error);

/* Write a file as a whole or not at all: beside it, then renamed. */
int gbx_gradebook_save(const char *path, const char *text, size_t size, gbx_error *error);

/* --------------------------------------------------------------------- statistics (gradebook_statistics.c) */

enum { GBX_STATISTICS_LEAST = 10 };  /* students, below which a correlation says nothing */

/* Of one fact, explanation (both of its parts) or prediction. */
typedef struct {
    gbx_mark_kind kind;
    const char *id, *title;
    double points;
    size_t students;                 /* whose result has it */
    size_t reached;                  /* at which it was judged: not skipped over something before it */
    double difficulty;               /* share of its points that were earned, 0 to 1, without what waits; NAN: none */
    double discrimination;           /* NAN: too few students, or all alike */
    size_t hinted;                   /* students who took a hint for it */
    double rungs;                    /* highest rung, on average over those; NAN: none */
    size_t flaky, waiting;
} gbx_item_statistics;

typedef struct {
    const char *id;                  /* of the misconception */
    size_t students;                 /* who hold it */
    size_t sure;                     /* of those, with a confidence of 4 or 5 */
} gbx_misconception_count;

/* Discrimination is the corrected item-total correlation: Pearson's r between a student's share of this item and
   the rest of the score without it (point-biserial for items that are right or wrong); S. Henrysson, "Correction of item-total
   correlations in item analysis", Psychometrika 28 (1963) 211-218.  Students with a violation are left out: what they lost
   says nothing about an item. */
typedef struct {
    size_t students;                 /* that count here */
    size_t violations;               /* left out */
    double least, most, mean, median, deviation;     /* of the scores; NAN: no student */
    double points;                   /* the most points that a result has */
    size_t bins[10];                 /* scores by tenths of the points */
    gbx_item_statistics *items;      /* in the rubric's order */
    size_t count;
    gbx_misconception_count *misconceptions;         /* the most frequent first */
    size_t misconception_count;
} gbx_statistics;

int gbx_statistics_make(gbx_statistics *statistics, const gbx_gradebook *book, gbx_error *error);
void gbx_statistics_clear(gbx_statistics *statistics);

/* --------------------------------------------------------------------- differences (gradebook_difference.c) */

typedef struct {
    const gbx_card *old, *new;      /* one may be NULL: not there */
    int direction;                   /* 1 up, -1 down, 0: changed without a change of the score, or it gained or lost its score */
} gbx_regraded;

typedef struct {
    gbx_regraded *students;          /* who changed, sorted */
    size_t count;
    size_t up, down, same;
    size_t gained, lost;             /* a score where there was none; none where there was one */
    size_t added, missing;           /* students */
    bool rubric_changed;
} gbx_difference;

int gbx_difference_make(gbx_difference *difference, const gbx_gradebook *old, const gbx_gradebook *now, gbx_error *error);
void gbx_difference_clear(gbx_difference *difference);
/* The i-th mark that differs between two cards, in the new one's order: false when there is no such one.  One may be NULL. */
bool gbx_difference_mark(const gbx_regraded *student, size_t i, const gbx_score **old, const gbx_score **now);

#endif
