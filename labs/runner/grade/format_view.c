/* What a reader may see of a card; see format.h.

   Three things are decided here and nowhere else.  When: a fact that is shown after the due date, or when results
   are published, is not in a view before; its points are not, either.  Whether: hidden facts are one item with a
   sum, without names, words or texts, and nothing else in the view names them.  How much: of a fact that shows its
   verdict alone there is no expected and no actual.  It must not know any format. */

#include "format.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_SHOWN = 2000, MOST_TITLE = 300 };

typedef struct {
    gbx_view *view;
    const gbx_view_options *options;
    double hidden_score, hidden_points, later_points;
    size_t hidden, later;
    bool at_due, at_publishing;
} maker;

static bool
is_open(const maker *make, gbx_seen seen)
{
    const gbx_gradebook_course *course = make->options->course;
    bool published = course != NULL && course->roster.published;
    return seen == GBX_SEEN_VISIBLE || (seen == GBX_SEEN_AFTER_PUBLISHED && published)
        || (seen == GBX_SEEN_AFTER_DUE
            && (published || (course != NULL && course->due >= 0 && make->options->now > course->due)));
}

/* ------------------------------------------------------------------------ messages */

static void
put_clean(FILE *to, const char *label, const char *text)
{
    char *clean = text == NULL ? NULL : gbx_format_clean(text, MOST_SHOWN);
    if (clean != NULL) {
        fprintf(to, "%s%s\n", label, clean);
    }
    free(clean);
}

/* The prerequisite's name, unless it is one that the reader does not know of. */
static void
put_prerequisite(FILE *to, const maker *make, const gbx_score *mark)
{
    for (size_t i = 0; mark->after != NULL && i < make->view->card->count; i++) {
        const gbx_score *other = &make->view->card->marks[i];
        if (other->kind == GBX_MARK_FACT && strcmp(other->id, mark->after) == 0
            && (is_open(make, other->seen) || (make->options->carries && other->seen != GBX_SEEN_NEVER))) {
            fprintf(to, "not checked: '%s' failed first\n", other->id);
            return;
        }
    }
    fputs("not checked: something that it needs failed first\n", to);
}

static void
put_misconception(FILE *to, const gbx_score *mark)
{
    if (mark->misconception != NULL) {
        fprintf(to, "not what happens; behind it: %s\n", mark->misconception);
    }
    else if (mark->verdict == GBX_MARK_FAIL) {
        fputs("not what happens, or not predicted\n", to);
    }
}

static void
put_details(FILE *to, const gbx_score *mark)
{
    if (mark->kind == GBX_MARK_PREDICTION) {
        put_misconception(to, mark);
    }
    else if (mark->kind == GBX_MARK_EVIDENCE && mark->cited > 0) {
        fprintf(to, "of %u events that were cited, %u are in the run and fit\n", mark->cited, mark->fitting);
    }
    if (mark->kind != GBX_MARK_FACT && mark->likely != NULL && mark->likely[0] != '\0') {
        put_clean(to, "", mark->likely);
    }
    else if (mark->kind == GBX_MARK_FACT && mark->details) {
        put_clean(to, "expected: ", mark->expected);
        put_clean(to, "actual: ", mark->actual);
        put_clean(to, "likely: ", mark->likely);
    }
    put_clean(to, "", mark->comment);
}

static void
put_message(FILE *to, const maker *make, const gbx_score *mark)
{
    const gbx_card *card = make->view->card;
    char score[32], points[32];
    switch (mark->verdict) {
        case GBX_MARK_PARTIAL:
            fprintf(to, "%s of %s points\n", gbx_format_number(mark->score, score), gbx_format_number(mark->points, points));
            put_details(to, mark);
            break;
        case GBX_MARK_FAIL: put_details(to, mark); break;
        case GBX_MARK_PASS: put_clean(to, "", mark->comment); break;
        case GBX_MARK_PREREQUISITE: put_prerequisite(to, make, mark); break;
        case GBX_MARK_SUBMISSION_ERROR: fputs("not checked: the submission could not be run\n", to); break;
        case GBX_MARK_NEEDS_HUMAN: fputs("waits for a person to read it\n", to); break;
        case GBX_MARK_LIMIT:
            fprintf(to, "stopped: %s\n", mark->word);
            put_clean(to, "", card->verdict == GBX_MARK_LIMIT ? card->cause : NULL);
            break;
        case GBX_MARK_VIOLATION:
            fprintf(to, "violation%s%s\n", card->violation == NULL ? "" : ": ", card->violation == NULL ? "" : card->violation);
            put_clean(to, "", card->cause);
            break;
        case GBX_MARK_FLAKY:
            fputs("passes, but not at each attempt", to);
            fprintf(to, mark->attempts > 0 ? " (%u)\n" : "\n", mark->attempts);
            break;
        default: break;
    }
}

/* Without its last line feed; NULL where there is nothing, *failed where there is no memory. */
static char *
message_of(const maker *make, const gbx_score *mark, bool *failed)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to != NULL) {
        put_message(to, make, mark);
    }
    if (to == NULL || fclose(to) != 0) {
        *failed = true;
        free(text);
        return NULL;
    }
    if (size == 0) {
        free(text);
        return NULL;
    }
    text[size - 1] = '\0';
    return text;
}

/* --------------------------------------------------------------------------- items */

static gbx_view_item *
new_item(maker *make)
{
    gbx_view_item *item = &make->view->items[make->view->count++];
    *item = (gbx_view_item){ .number = 0 };
    return item;
}

static void
name_item(gbx_view_item *item, const gbx_score *mark)
{
    static const char *const before[] = { "", "explain.", "explain.", "predict." };
    snprintf(item->name, sizeof(item->name), "%s%s%s", before[mark->kind], mark->id,
             mark->kind == GBX_MARK_PERSON ? ".person" : "");
}

/* Results name explanations and predictions, and need not say what was asked. */
static char *
title_of(const gbx_score *mark)
{
    static const char *const other[] = { "the fact", "the evidence for", "what is written of", "the prediction" };
    char title[160];
    snprintf(title, sizeof(title), "%s '%s'", other[mark->kind], mark->id);
    return gbx_format_clean(mark->title == NULL ? title : mark->title, MOST_TITLE);
}

static bool
add_item(maker *make, const gbx_score *mark, unsigned number)
{
    gbx_view_item *item = new_item(make);
    bool failed = false;
    name_item(item, mark);
    item->verdict = mark->verdict;
    item->word = mark->word;
    item->points = mark->points;
    item->score = mark->score;
    item->seen = make->options->carries ? mark->seen : GBX_SEEN_VISIBLE;
    item->attempts = mark->attempts;
    item->number = number;
    item->title = title_of(mark);
    /* A format that carries visibility shows hidden facts to instructors: their sentence, but no details, in case it errs. */
    item->message = mark->seen == GBX_SEEN_NEVER ? NULL : message_of(make, mark, &failed);
    make->view->points += mark->points;
    make->view->score += mark->score;
    make->view->waiting += mark->verdict == GBX_MARK_NEEDS_HUMAN ? mark->points : 0;
    return item->title != NULL && !failed;
}

static bool
add_mark(maker *make, const gbx_score *mark, unsigned number)
{
    if (mark->points <= 0 && mark->kind != GBX_MARK_FACT) {
        return true;
    }
    if (make->options->carries || is_open(make, mark->seen)) {
        return add_item(make, mark, number);
    }
    if (mark->seen == GBX_SEEN_NEVER) {
        make->hidden++;
        make->hidden_score += mark->score;
        make->hidden_points += mark->points;
        return true;
    }
    make->later++;
    make->later_points += mark->points;
    make->at_due = make->at_due || mark->seen == GBX_SEEN_AFTER_DUE;
    make->at_publishing = make->at_publishing || mark->seen == GBX_SEEN_AFTER_PUBLISHED;
    return true;
}

/* Their sum is in the score, so it is said; which of them failed is not. */
static bool
add_hidden(maker *make)
{
    if (make->hidden == 0) {
        return true;
    }
    gbx_view_item *item = new_item(make);
    bool all = make->hidden_score >= make->hidden_points, none = make->hidden_score <= 0 && !all;
    snprintf(item->name, sizeof(item->name), "hidden");
    item->verdict = all ? GBX_MARK_PASS : none ? GBX_MARK_FAIL : GBX_MARK_PARTIAL;
    item->word = all ? "pass" : none ? "fail" : "partial";
    item->points = make->hidden_points;
    item->score = make->hidden_score;
    make->view->points += item->points;
    make->view->score += item->score;
    return asprintf(&item->title, "what is checked out of sight (%zu)", make->hidden) >= 0;
}

/* ------------------------------------------------------------------------- the whole */

/* Such a sum would say what is not to be seen yet, in a file that carries everything. */
static bool
sum_tells(const maker *make)
{
    for (size_t i = 0; i < make->view->count; i++) {
        if (make->view->items[i].seen != GBX_SEEN_VISIBLE) {
            return true;
        }
    }
    return false;
}

static void
put_sentence(FILE *to, const maker *make)
{
    const gbx_view *view = make->view;
    const gbx_card *card = view->card;
    char score[32], points[32];
    if (card->verdict == GBX_MARK_VIOLATION) {
        fprintf(to, "violation%s%s: no points are given", card->violation == NULL ? "" : ": ",
                card->violation == NULL ? "" : card->violation);
    }
    else if (sum_tells(make)) {
        fputs("judged: see each part", to);
    }
    else {
        fprintf(to, "%s of %s points", gbx_format_number(view->score, score), gbx_format_number(view->points, points));
    }
    if (view->deducted > 0) {
        fprintf(to, ", %s taken off for hints", gbx_format_number(view->deducted, score));
    }
    if (view->waiting > 0) {
        fprintf(to, "; %s still to be given by a person who reads what was written",
                gbx_format_number(view->waiting, score));
    }
    if (make->later > 0) {
        fprintf(to, "; %zu more worth %s %s shown %s", make->later, gbx_format_number(make->later_points, points),
                make->later == 1 ? "is" : "are", !make->at_publishing ? "after the due date"
                : make->at_due ? "after the due date or when results are published" : "when results are published");
    }
    fputc('\n', to);
    if (card->verdict == GBX_MARK_LIMIT || card->verdict == GBX_MARK_VIOLATION) {
        put_clean(to, "", card->cause);
    }
    if (card->verdict == GBX_MARK_SUBMISSION_ERROR) {
        put_clean(to, "", card->message);
    }
}

/* Why is the instructor's to know: it is about this machine, or about a result that somebody changed. */
static void
put_ungraded(FILE *to)
{
    fputs("this could not be graded, through no fault of the submission: it will be graded again\n", to);
}

static char *
summary_of(const maker *make)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL) {
        return NULL;
    }
    if (make->view->graded) {
        put_sentence(to, make);
    }
    else {
        put_ungraded(to);
    }
    if (fclose(to) != 0) {
        free(text);
        return NULL;
    }
    if (size > 0) {
        text[size - 1] = '\0';
    }
    return text;
}

static bool
fill(maker *make)
{
    gbx_view *view = make->view;
    unsigned facts = 0;
    for (size_t i = 0; i < view->card->count; i++) {
        const gbx_score *mark = &view->card->marks[i];
        facts += mark->kind == GBX_MARK_FACT;
        if (!add_mark(make, mark, mark->kind == GBX_MARK_FACT ? facts : 0)) {
            return false;
        }
    }
    if (!add_hidden(make)) {
        return false;
    }
    view->deducted = view->card->deducted;
    view->score = view->card->verdict == GBX_MARK_VIOLATION || view->score < view->deducted ? 0
        : view->score - view->deducted;
    if (view->card->verdict == GBX_MARK_SUBMISSION_ERROR) {
        view->failure = gbx_format_clean(view->card->message == NULL ? "the submission could not be run"
                                         : view->card->message, MOST_SHOWN);
        return view->failure != NULL;
    }
    return true;
}

int
gbx_view_make(gbx_view *view, const gbx_card *card, const gbx_view_options *options, gbx_error *error)
{
    maker make = { .view = view, .options = options };
    *view = (gbx_view){ .card = card, .course = options->course, .lab_name = options->book->lab_name,
                        .lab_title = options->book->lab_title, .graded = card->graded };
    view->items = calloc(card->count + 1, sizeof(view->items[0]));
    bool well = view->items != NULL && (!card->graded || fill(&make));
    if (well) {
        view->message = summary_of(&make);
    }
    return view->message != NULL ? 0 : gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

void
gbx_view_clear(gbx_view *view)
{
    for (size_t i = 0; i < view->count; i++) {
        free(view->items[i].title);
        free(view->items[i].message);
    }
    free(view->items);
    free(view->message);
    free(view->failure);
    *view = (gbx_view){ .card = NULL };
}
