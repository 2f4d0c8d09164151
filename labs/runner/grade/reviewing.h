/* Reviewing: the explanations of a folder of results that wait for a person, and what persons have said of them.

       DIR/STUDENT/result.json      as the batch leaves them, or DIR/result.json alone; never written here
       DIR/reviews.jsonl            a line for each judgement; a later one of the same student and explanation replaces
                                    an earlier one, and "points": null takes it back:
         {"student", "lab", "submission", "explanation", "points", "comment", "reviewer", "at", "evidence"}

   Explanations with the same evidence are one group: the same question, mechanism, place, kinds of events in their
   number, and points for them.  (Lines and numbers of events differ from student to student, since their programs do.)
   What is said of a group is said of each of its members that nobody has judged yet.

   A review is of one submission: when another one has been graded since, it no longer counts.  This module must not
   print, and must not judge. */

#ifndef GBX_REVIEWING_H
#define GBX_REVIEWING_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

#include "digest.h"
#include "error.h"

#define GBX_REVIEWS "reviews.jsonl"

/* One explanation.  Texts are clean, and the reviewing's. */
typedef struct {
    const char *student, *submission, *id, *fact, *mechanism, *anchor, *message;
    char *prose;                             /* of several lines */
    const json_t *events;                    /* [{"ref", "found", "fits"}]: hostile */
    int lab;
    double points, score;                    /* of the evidence, by the machine */
    double person;                           /* that a person may give */
    char evidence[GBX_DIGEST_TEXT];          /* what its group is known by */
    bool judged;
    double given;                            /* of `person`, where it is judged */
    char *comment;                           /* NULL: none */
} gbx_review;

typedef struct {
    char *folder;
    gbx_review *items;                       /* by lab, explanation, group (the largest first), student */
    size_t count;
    size_t results;                          /* that were read */
    size_t passed_over;                      /* results that are none of ours, or whose seal does not hold */
    char first_trouble[300];                 /* of those; "" */
    size_t stale;                            /* lines about other submissions, or about nothing that is here */
    json_t *wholes;                          /* what the texts stand in */
    json_t *comments;                        /* explanation -> the comments that were given, the newest first */
} gbx_reviewing;

/* Read the folder.  `key` (may be NULL): results must be sealed with it.  GBX_ERROR_MISSING: there is no result.  Clear
   it also after a failure. */
int gbx_reviewing_open(gbx_reviewing *reviewing, const char *folder, const void *key, size_t key_size, gbx_error *error);
void gbx_reviewing_clear(gbx_reviewing *reviewing);

/* One past the last member of the group that `item` is in, and its first. */
size_t gbx_reviewing_group(const gbx_reviewing *reviewing, size_t item, size_t *first);

/* Give points, with a comment (may be NULL or ""); or take a judgement back (`given` below 0).  Written at once, in one
   line each. GBX_ERROR_USAGE: more points than there are to give. */
int gbx_reviewing_judge(gbx_reviewing *reviewing, size_t item, double given, const char *comment, const char *reviewer,
                        gbx_error *error);

#endif
