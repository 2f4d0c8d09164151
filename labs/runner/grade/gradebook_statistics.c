/* What a gradebook says of its items: how hard, how telling, who needed hints; see gradebook.h, which names the method.
   It must not decide what is a good item. */

#include "gradebook.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_ITEMS = 400, MOST_MISCONCEPTIONS = 400, SURE = 4 };

/* Students whose work says something of the items. */
static bool
counts(const gbx_card *card)
{
    return card->graded && card->verdict != GBX_MARK_VIOLATION;
}

static int
by_number(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

static int
describe_scores(gbx_statistics *to, const gbx_gradebook *book, gbx_error *error)
{
    double *scores = calloc(book->count + 1, sizeof(*scores)), sum = 0, squares = 0;
    size_t n = 0;
    if (scores == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < book->count; i++) {
        const gbx_card *card = &book->cards[i];
        to->violations += card->graded && card->verdict == GBX_MARK_VIOLATION;
        if (counts(card)) {
            scores[n++] = card->score;
            sum += card->score;
            to->points = fmax(to->points, card->points);
            double tenth = card->points > 0 ? floor(card->score / card->points * 10) : 0;
            to->bins[(size_t)fmin(9, fmax(0, tenth))]++;
        }
    }
    to->students = n;
    to->least = to->most = to->mean = to->median = to->deviation = NAN;
    if (n > 0) {
        qsort(scores, n, sizeof(*scores), by_number);
        to->least = scores[0];
        to->most = scores[n - 1];
        to->mean = sum / (double)n;
        to->median = (scores[(n - 1) / 2] + scores[n / 2]) / 2;
        for (size_t i = 0; i < n; i++) {
            squares += (scores[i] - to->mean) * (scores[i] - to->mean);
        }
        to->deviation = n > 1 ? sqrt(squares / (double)(n - 1)) : NAN;
    }
    free(scores);
    return 0;
}

/* ------------------------------------------------------------------------------ items */

/* Both parts of an explanation are one item. */
static gbx_mark_kind
item_kind(const gbx_score *mark)
{
    return mark->kind == GBX_MARK_PERSON ? GBX_MARK_EVIDENCE : mark->kind;
}

static gbx_item_statistics *
find_item(gbx_statistics *in, const gbx_score *mark)
{
    for (size_t i = 0; i < in->count; i++) {
        if (in->items[i].kind == item_kind(mark) && strcmp(in->items[i].id, mark->id) == 0) {
            return &in->items[i];
        }
    }
    if (in->count == MOST_ITEMS) {
        return NULL;
    }
    gbx_item_statistics *item = &in->items[in->count++];
    *item = (gbx_item_statistics){ .kind = item_kind(mark), .id = mark->id, .title = mark->title };
    return item;
}

static bool
was_judged(const gbx_score *mark)
{
    return mark->verdict != GBX_MARK_PREREQUISITE && mark->verdict != GBX_MARK_SUBMISSION_ERROR
        && mark->verdict != GBX_MARK_LIMIT;
}

/* What one student has of this item, and of how much; what waits for a person is not known yet, and in neither.  `all`: the
   points of the rubric.  False: nothing is known. */
static bool
share_of(const gbx_card *card, const gbx_item_statistics *item, double *score, double *points, double *all)
{
    *score = *points = *all = 0;
    for (size_t i = 0; i < card->count; i++) {
        const gbx_score *mark = &card->marks[i];
        if (item_kind(mark) == item->kind && strcmp(mark->id, item->id) == 0) {
            *score += mark->score;
            *points += mark->verdict == GBX_MARK_NEEDS_HUMAN ? 0 : mark->points;
            *all += mark->points;
        }
    }
    return *points > 0;
}

static void
count_mark(gbx_item_statistics *item, const gbx_score *mark)
{
    item->students++;
    item->reached += was_judged(mark);
    item->flaky += mark->verdict == GBX_MARK_FLAKY;
    item->waiting += mark->verdict == GBX_MARK_NEEDS_HUMAN;
    if (mark->hints > 0) {
        item->hinted++;
        item->rungs = item->rungs + mark->rung;
    }
}

static void
correlate(gbx_item_statistics *item, const gbx_gradebook *book)
{
    double n = 0, x = 0, y = 0, xx = 0, yy = 0, xy = 0, earned = 0, possible = 0;
    for (size_t i = 0; i < book->count; i++) {
        const gbx_card *card = &book->cards[i];
        double score, points, all;
        bool known = counts(card) && share_of(card, item, &score, &points, &all);
        item->points = counts(card) ? fmax(item->points, all) : item->points;
        if (!known) {
            continue;
        }
        double share = score / points, rest = card->score - score;
        n++;
        x += share;
        y += rest;
        xx += share * share;
        yy += rest * rest;
        xy += share * rest;
        earned += score;
        possible += points;
    }
    item->difficulty = possible > 0 ? earned / possible : NAN;
    double both = (n * xx - x * x) * (n * yy - y * y);
    bool varied = n * xx - x * x > 1e-9 * n * n && n * yy - y * y > 1e-9 * n * n;
    item->discrimination = n >= GBX_STATISTICS_LEAST && varied ? (n * xy - x * y) / sqrt(both) : NAN;
}

/* Parts of one explanation stand one after the other in a result: a student is counted once. */
static void
count_items(gbx_statistics *to, const gbx_card *card)
{
    const gbx_item_statistics *last = NULL;
    for (size_t i = 0; i < card->count; i++) {
        gbx_item_statistics *item = find_item(to, &card->marks[i]);
        if (item == NULL) {
            continue;
        }
        size_t students = item->students, reached = item->reached;
        count_mark(item, &card->marks[i]);
        if (item == last) {
            item->students = students;
            item->reached = reached;
        }
        last = item;
    }
}

/* ---------------------------------------------------------------------- misconceptions */

static void
count_misconception(gbx_statistics *to, const gbx_score *mark)
{
    size_t i = 0;
    while (i < to->misconception_count && strcmp(to->misconceptions[i].id, mark->misconception) != 0) {
        i++;
    }
    if (i == MOST_MISCONCEPTIONS) {
        return;
    }
    if (i == to->misconception_count) {
        to->misconceptions[to->misconception_count++] = (gbx_misconception_count){ .id = mark->misconception };
    }
    to->misconceptions[i].students++;
    to->misconceptions[i].sure += mark->confidence >= SURE;
}

/* One student holds a misconception once, whatever number of predictions shows it. */
static void
count_misconceptions(gbx_statistics *to, const gbx_card *card)
{
    for (size_t i = 0; i < card->count; i++) {
        const gbx_score *mark = &card->marks[i];
        bool seen = mark->misconception == NULL;
        for (size_t k = 0; k < i && !seen; k++) {
            seen = card->marks[k].misconception != NULL
                && strcmp(card->marks[k].misconception, mark->misconception) == 0;
        }
        if (!seen) {
            count_misconception(to, mark);
        }
    }
}

static int
most_first(const void *a, const void *b)
{
    const gbx_misconception_count *x = a, *y = b;
    return x->students != y->students ? (x->students < y->students ? 1 : -1) : strcmp(x->id, y->id);
}

/* ------------------------------------------------------------------------------ outside */

int
gbx_statistics_make(gbx_statistics *statistics, const gbx_gradebook *book, gbx_error *error)
{
    *statistics = (gbx_statistics){ .points = 0 };
    statistics->items = calloc(MOST_ITEMS, sizeof(statistics->items[0]));
    statistics->misconceptions = calloc(MOST_MISCONCEPTIONS, sizeof(statistics->misconceptions[0]));
    if (statistics->items == NULL || statistics->misconceptions == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < book->count; i++) {
        if (counts(&book->cards[i])) {
            count_items(statistics, &book->cards[i]);
            count_misconceptions(statistics, &book->cards[i]);
        }
    }
    for (size_t i = 0; i < statistics->count; i++) {
        gbx_item_statistics *item = &statistics->items[i];
        item->rungs = item->hinted > 0 ? item->rungs / (double)item->hinted : NAN;
        correlate(item, book);
    }
    qsort(statistics->misconceptions, statistics->misconception_count, sizeof(statistics->misconceptions[0]), most_first);
    return describe_scores(statistics, book, error);
}

void
gbx_statistics_clear(gbx_statistics *statistics)
{
    free(statistics->items);
    free(statistics->misconceptions);
    *statistics = (gbx_statistics){ .points = 0 };
}
