/* glassbox review, what its two files share: cmd_review.c (what a person says) and cmd_review_show.c (what a person
   sees). For these alone. */

#ifndef GBX_CMD_REVIEW_H
#define GBX_CMD_REVIEW_H

#include "lab_internal.h"
#include "paths.h"
#include "reviewing.h"
#include "roster.h"

enum { GBX_REVIEW_LABS = 16 };

/* What one command changed, to be undone. */
typedef struct {
    size_t item;
    bool judged;                     /* before */
    double given;
    char *comment;                   /* owned */
    unsigned step;                   /* of one command */
} gbx_review_change;

typedef struct {
    gbx_reviewing all;
    gbx_roster roster;
    gbx_paths paths;
    char *labs;
    gbx_lab *lab[GBX_REVIEW_LABS];         /* by number; NULL: not opened, or not to be had */
    bool asked[GBX_REVIEW_LABS];
    gbx_review_change *changes;
    size_t change_count;
    unsigned step;
    const char *reviewer;
    size_t at, shown_group;          /* where we are; the first of the group whose head was printed */
    bool judged_too;
} gbx_review_session;

/* The explanation where we are, after what its group has in common, if another group was shown last. */
void gbx_review_put_item(gbx_review_session *now);
/* The members of the group. */
void gbx_review_put_list(const gbx_review_session *now);
/* The comments on this question, the newest first, and as an array. */
void gbx_review_put_comments(const gbx_review_session *now);
const json_t *gbx_review_comments_of(const gbx_review_session *now);

#endif
