/* What persons said of explanations: reviews.jsonl, one JSON object a line; see gradebook.h.

       {"student", "lab", "submission", "explanation", "points", "comment", "reviewer", "at", "evidence"}

   A later line replaces an earlier one; "points": null takes it back.  A line about another submission than the one
   that was graded does not count: it is counted apart, so that somebody reads the new one.  It must not write that
   file. */

#include "gradebook_internal.h"
#include "slurp.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_REVIEWS = 64 << 20 };

typedef enum { COUNTS, STALE, BROKEN } fate;

static fate
take_line(gbx_gradebook *book, json_t *line)
{
    bool bad = false;
    const char *student = gbx_card_text(line, "student", true, &bad);
    const char *explanation = gbx_card_text(line, "explanation", true, &bad);
    const char *submission = gbx_card_text(line, "submission", true, &bad);
    const char *comment = gbx_card_text(line, "comment", false, &bad);
    bool back = json_is_null(json_object_get(line, "points"));
    double points = back ? -1 : gbx_card_number(line, "points", true, &bad);
    const json_t *lab = json_object_get(line, "lab");
    if (bad || (lab != NULL && !json_is_integer(lab))) {
        return BROKEN;
    }
    gbx_card *card = (gbx_card *)(uintptr_t)gbx_gradebook_find(book, student);
    if (card == NULL || !card->graded || (lab != NULL && json_integer_value(lab) != book->lab)
        || card->submission == NULL || strcmp(card->submission, submission) != 0) {
        return STALE;
    }
    if (gbx_card_review(card, explanation, points, comment) != 0) {
        return BROKEN;
    }
    json_array_append(card->more, line);
    return COUNTS;
}

int
gbx_gradebook_reviews(gbx_gradebook *book, const char *path, gbx_error *error)
{
    char *text = NULL;
    size_t size = 0;
    int code = gbx_slurp(path, MOST_REVIEWS, &text, &size, error);
    if (code == GBX_ERROR_MISSING) {
        return 0;
    }
    for (char *at = text; code == 0 && at < text + size;) {
        size_t length = strcspn(at, "\n");
        if (length > 0) {
            json_t *line = json_loadb(at, length, JSON_REJECT_DUPLICATES, NULL);
            fate what = line == NULL ? BROKEN : take_line(book, line);
            book->reviews += what == COUNTS;
            book->reviews_stale += what == STALE;
            book->reviews_broken += what == BROKEN;
            json_decref(line);
        }
        at += length + 1;
    }
    free(text);
    return code;
}
