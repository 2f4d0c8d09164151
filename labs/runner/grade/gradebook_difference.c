/* Two gradebooks of the same students, before and after grading again; see gradebook.h.  It must not judge which is
   right. */

#include "gradebook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SAME 0.0051

static const gbx_score *
find(const gbx_card *card, const gbx_score *like)
{
    for (size_t i = 0; card != NULL && i < card->count; i++) {
        if (card->marks[i].kind == like->kind && strcmp(card->marks[i].id, like->id) == 0) {
            return &card->marks[i];
        }
    }
    return NULL;
}

static bool
mark_differs(const gbx_score *old, const gbx_score *now)
{
    return old == NULL || now == NULL || fabs(old->score - now->score) >= SAME || fabs(old->points - now->points) >= SAME
        || strcmp(old->word, now->word) != 0;
}

bool
gbx_difference_mark(const gbx_regraded *student, size_t i, const gbx_score **old, const gbx_score **now)
{
    const gbx_card *before = student->old, *after = student->new;
    for (size_t k = 0; after != NULL && k < after->count; k++) {
        *now = &after->marks[k];
        *old = find(before, *now);
        if (mark_differs(*old, *now) && i-- == 0) {
            return true;
        }
    }
    for (size_t k = 0; before != NULL && k < before->count; k++) {
        *old = &before->marks[k];
        *now = NULL;
        if (find(after, *old) == NULL && i-- == 0) {
            return true;
        }
    }
    return false;
}

static void
compare(gbx_difference *to, const gbx_card *old, const gbx_card *now)
{
    gbx_regraded *student = &to->students[to->count];
    const gbx_score *a, *b;
    *student = (gbx_regraded){ .old = old, .new = now };
    bool before = old != NULL && old->graded, after = now != NULL && now->graded, changed = before != after;
    to->added += old == NULL;
    to->missing += now == NULL;
    to->gained += old != NULL && !before && after;
    to->lost += now != NULL && before && !after;
    if (before && after) {
        to->rubric_changed = to->rubric_changed || strcmp(old->rubric, now->rubric) != 0;
        student->direction = fabs(now->score - old->score) < SAME ? 0 : now->score > old->score ? 1 : -1;
        to->up += student->direction > 0;
        to->down += student->direction < 0;
        to->same += student->direction == 0;
        changed = student->direction != 0 || fabs(old->deducted - now->deducted) >= SAME
            || strcmp(old->word, now->word) != 0 || gbx_difference_mark(student, 0, &a, &b);
    }
    to->count += changed || old == NULL || now == NULL;
}

int
gbx_difference_make(gbx_difference *difference, const gbx_gradebook *old, const gbx_gradebook *now, gbx_error *error)
{
    *difference = (gbx_difference){ .count = 0 };
    difference->students = calloc(old->count + now->count + 1, sizeof(difference->students[0]));
    if (difference->students == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    size_t i = 0, k = 0;
    while (i < old->count || k < now->count) {
        const gbx_card *a = i < old->count ? &old->cards[i] : NULL, *b = k < now->count ? &now->cards[k] : NULL;
        int order = a == NULL ? 1 : b == NULL ? -1
            : strcmp(a->student == NULL ? "" : a->student, b->student == NULL ? "" : b->student);
        compare(difference, order <= 0 ? a : NULL, order >= 0 ? b : NULL);
        i += order <= 0;
        k += order >= 0;
    }
    return 0;
}

void
gbx_difference_clear(gbx_difference *difference)
{
    free(difference->students);
    *difference = (gbx_difference){ .count = 0 };
}
