/* What the files of the gradebook share; see gradebook.h. */

#ifndef GBX_GRADEBOOK_INTERNAL_H
#define GBX_GRADEBOOK_INTERNAL_H

#include "gradebook.h"

enum { GBX_CARD_MOST_MARKS = 400 };

#define GBX_CARD_CLOSE 0.0051       /* scores are kept to a hundredth of a point */
#define GBX_CARD_MOST_POINTS 1e6

/* A text of an object.  Where it is null or missing, and is not needed: NULL; whatever else it is: NULL and *bad. */
const char *gbx_card_text(const json_t *from, const char *name, bool needed, bool *bad);
/* The same of a number from 0 up. */
double gbx_card_number(const json_t *from, const char *name, bool needed, bool *bad);

/* What may name a fact, an explanation, a misconception: letters, digits, '_', '.', '-'. */
bool gbx_card_is_id(const char *text);
/* A verdict by its word; false: there is no such word. */
bool gbx_card_verdict(const char *word, gbx_mark_verdict *to);

/* Facts, explanations, predictions and hints of card->whole into card->marks, which has room; false: it was refused. */
bool gbx_card_take_marks(gbx_card *card);

#endif
