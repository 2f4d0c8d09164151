/* The parts of a result that have points, checked field by field; see gradebook.h.

   It must not read files, and must not judge: a word and its points are taken together or not at all. */

#include "gradebook_internal.h"

#include <math.h>
#include <string.h>

enum { MOST_MARKS = GBX_CARD_MOST_MARKS, MOST_TEXT = 64 * 1024, MOST_ID = 96 };

/* ----------------------------------------------------------------------- words */

bool
gbx_card_verdict(const char *word, gbx_mark_verdict *to)
{
    static const struct { const char *word; gbx_mark_verdict verdict; } words[] = {
        { "pass", GBX_MARK_PASS }, { "partial", GBX_MARK_PARTIAL }, { "fail", GBX_MARK_FAIL },
        { "submission-error", GBX_MARK_SUBMISSION_ERROR }, { "prerequisite", GBX_MARK_PREREQUISITE },
        { "limit:cpu", GBX_MARK_LIMIT }, { "limit:wall", GBX_MARK_LIMIT }, { "limit:memory", GBX_MARK_LIMIT },
        { "limit:output", GBX_MARK_LIMIT }, { "limit:procs", GBX_MARK_LIMIT }, { "limit:disk", GBX_MARK_LIMIT },
        { "violation", GBX_MARK_VIOLATION }, { "needs-human", GBX_MARK_NEEDS_HUMAN }, { "flaky", GBX_MARK_FLAKY },
        { "infrastructure", GBX_MARK_INFRASTRUCTURE },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i].word) == 0) {
            *to = words[i].verdict;
            return true;
        }
    }
    return false;
}

static bool
parse_seen(const char *word, gbx_seen *to)
{
    static const char *const words[] = { "visible", "after_due", "after_published", "hidden" };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(word, words[i]) == 0) {
            *to = (gbx_seen)i;
            return true;
        }
    }
    return false;
}

/* What may name a fact, an explanation, a misconception: it becomes part of file formats and of cells. */
bool
gbx_card_is_id(const char *text)
{
    size_t size = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    return size > 0 && size <= MOST_ID && text[size] == '\0' && text[0] != '-' && text[0] != '.';
}

/* ---------------------------------------------------------------------- fields */

/* A text of an object; NULL with `bad` untouched where it is null or missing and may be. */
const char *
gbx_card_text(const json_t *from, const char *name, bool needed, bool *bad)
{
    const json_t *value = json_object_get(from, name);
    if ((value == NULL || json_is_null(value)) && !needed) {
        return NULL;
    }
    if (!json_is_string(value) || json_string_length(value) > MOST_TEXT) {
        *bad = true;
        return NULL;
    }
    return json_string_value(value);
}

double
gbx_card_number(const json_t *from, const char *name, bool needed, bool *bad)
{
    const json_t *value = json_object_get(from, name);
    if ((value == NULL || json_is_null(value)) && !needed) {
        return 0;
    }
    double number = json_number_value(value);
    if (!json_is_number(value) || !(number >= 0) || number > GBX_CARD_MOST_POINTS) {
        *bad = true;
        return 0;
    }
    return number;
}

static unsigned
count_of(const json_t *from, const char *name, unsigned most, bool *bad)
{
    double number = gbx_card_number(from, name, false, bad);
    if (number != floor(number) || number > most) {
        *bad = true;
        return 0;
    }
    return (unsigned)number;
}

/* What an explanation or a check says: JSON values are shown as they are written. */
static const char *
shown_of(const json_t *from, const char *name, bool *bad)
{
    const json_t *value = json_object_get(from, name);
    if (value == NULL || json_is_null(value) || json_is_string(value)) {
        return gbx_card_text(from, name, false, bad);
    }
    *bad = true;
    return NULL;
}

/* ------------------------------------------------------------------------ marks */

static gbx_score *
new_mark(gbx_card *card, gbx_mark_kind kind)
{
    gbx_score *mark = &card->marks[card->count++];
    *mark = (gbx_score){ .kind = kind };
    return mark;
}

static gbx_mark_verdict
by_score(double score, double points)
{
    return score >= points ? GBX_MARK_PASS : score > 0 ? GBX_MARK_PARTIAL : GBX_MARK_FAIL;
}

static const char *
word_of(gbx_mark_verdict verdict)
{
    return verdict == GBX_MARK_PASS ? "pass" : verdict == GBX_MARK_PARTIAL ? "partial" : "fail";
}

/* Does the word allow this score? */
static bool
allows(gbx_mark_verdict verdict, double score, double points)
{
    switch (verdict) {
        case GBX_MARK_PASS: case GBX_MARK_FLAKY: return fabs(score - points) < GBX_CARD_CLOSE;
        case GBX_MARK_PARTIAL: return score < points || points <= 0;
        default: return score <= 0;
    }
}

static bool
take_fact(gbx_card *card, const json_t *from)
{
    bool bad = false;
    gbx_score *mark = new_mark(card, GBX_MARK_FACT);
    mark->id = gbx_card_text(from, "id", true, &bad);
    mark->title = gbx_card_text(from, "sentence", true, &bad);
    mark->word = gbx_card_text(from, "verdict", true, &bad);
    mark->points = gbx_card_number(from, "points", true, &bad);
    mark->score = gbx_card_number(from, "score", true, &bad);
    const char *seen = gbx_card_text(from, "visibility", true, &bad), *show = gbx_card_text(from, "show", true, &bad);
    mark->expected = shown_of(from, "expected", &bad);
    mark->actual = shown_of(from, "actual", &bad);
    mark->likely = gbx_card_text(from, "likely", false, &bad);
    mark->after = gbx_card_text(from, "after", false, &bad);
    mark->attempts = count_of(from, "attempts", 100, &bad);
    mark->fact = mark->id;
    if (bad || !gbx_card_is_id(mark->id) || !gbx_card_verdict(mark->word, &mark->verdict) || !parse_seen(seen, &mark->seen)
        || mark->verdict == GBX_MARK_NEEDS_HUMAN) {
        return false;
    }
    mark->details = strcmp(show, "full") == 0;
    return (mark->details || strcmp(show, "verdict") == 0) && allows(mark->verdict, mark->score, mark->points);
}

static const gbx_score *
find_mark(const gbx_card *card, gbx_mark_kind kind, const char *id)
{
    for (size_t i = 0; id != NULL && i < card->count; i++) {
        if (card->marks[i].kind == kind && strcmp(card->marks[i].id, id) == 0) {
            return &card->marks[i];
        }
    }
    return NULL;
}

/* What is said of a fact is seen when the fact is. */
static void
seen_as_its_fact(const gbx_card *card, gbx_score *mark, const char *fact)
{
    const gbx_score *of = find_mark(card, GBX_MARK_FACT, fact);
    mark->details = true;
    if (of != NULL) {
        mark->fact = of->id;
        mark->seen = of->seen;
        mark->details = of->details;
    }
}

static bool
says_something(const char *prose)
{
    return prose != NULL && prose[strspn(prose, " \t\r\n")] != '\0';
}

/* The part for a person: given already, nothing there to read, or it waits. */
static bool
take_person(gbx_card *card, const json_t *from, const gbx_score *evidence, bool judged, bool *bad)
{
    const json_t *given = json_object_get(from, "given");
    double points = gbx_card_number(from, "person", false, bad), score = gbx_card_number(from, "given", false, bad);
    const char *prose = gbx_card_text(from, "prose", false, bad);
    if (points <= 0) {
        return score <= 0;
    }
    gbx_score *mark = new_mark(card, GBX_MARK_PERSON);
    *mark = *evidence;
    mark->kind = GBX_MARK_PERSON;
    mark->likely = NULL;
    mark->points = points;
    mark->score = score;
    if (!judged) {
        return score <= 0;
    }
    bool waits = !json_is_number(given) && says_something(prose);
    mark->verdict = waits ? GBX_MARK_NEEDS_HUMAN : by_score(score, points);
    mark->word = waits ? "needs-human" : word_of(mark->verdict);
    return score <= points;
}

static void
count_events(gbx_score *mark, const json_t *events)
{
    for (size_t i = 0; i < json_array_size(events); i++) {
        const json_t *event = json_array_get(events, i);
        mark->cited++;
        mark->fitting += json_is_true(json_object_get(event, "found")) && json_is_true(json_object_get(event, "fits"));
    }
}

static bool
take_explanation(gbx_card *card, const json_t *from)
{
    bool bad = false;
    gbx_score *mark = new_mark(card, GBX_MARK_EVIDENCE);
    mark->id = gbx_card_text(from, "id", true, &bad);
    mark->title = gbx_card_text(from, "question", false, &bad);
    mark->word = gbx_card_text(from, "verdict", true, &bad);
    mark->points = gbx_card_number(from, "points", true, &bad);
    mark->score = gbx_card_number(from, "score", true, &bad);
    const char *fact = gbx_card_text(from, "fact", false, &bad);
    mark->likely = gbx_card_text(from, "message", false, &bad);
    if (bad || !gbx_card_is_id(mark->id) || !gbx_card_verdict(mark->word, &mark->verdict) || mark->score > mark->points) {
        return false;
    }
    seen_as_its_fact(card, mark, fact);
    count_events(mark, json_object_get(from, "events"));
    bool judged = mark->verdict == GBX_MARK_PASS || mark->verdict == GBX_MARK_PARTIAL || mark->verdict == GBX_MARK_FAIL
        || mark->verdict == GBX_MARK_NEEDS_HUMAN;
    if (judged) {
        if (mark->verdict != GBX_MARK_NEEDS_HUMAN && !allows(mark->verdict, mark->score, mark->points)) {
            return false;
        }
        mark->verdict = by_score(mark->score, mark->points);
        mark->word = word_of(mark->verdict);
    }
    const gbx_score evidence = *mark;
    if (mark->points <= 0) {
        card->count--;                          /* it has only a person's part */
    }
    return (judged || evidence.score <= 0) && take_person(card, from, &evidence, judged, &bad) && !bad;
}

static bool
take_prediction(gbx_card *card, const json_t *from)
{
    bool bad = false;
    gbx_score *mark = new_mark(card, GBX_MARK_PREDICTION);
    mark->id = gbx_card_text(from, "id", true, &bad);
    mark->title = gbx_card_text(from, "question", false, &bad);
    mark->likely = gbx_card_text(from, "message", false, &bad);
    mark->points = gbx_card_number(from, "points", true, &bad);
    mark->score = gbx_card_number(from, "score", true, &bad);
    mark->confidence = count_of(from, "confidence", 5, &bad);
    mark->misconception = gbx_card_text(from, "misconception", false, &bad);
    const char *outcome = gbx_card_text(from, "outcome", true, &bad), *fact = gbx_card_text(from, "fact", false, &bad);
    if (bad || !gbx_card_is_id(mark->id) || (mark->misconception != NULL && !gbx_card_is_id(mark->misconception))) {
        return false;
    }
    bool right = strcmp(outcome, "right") == 0;
    if (!right && strcmp(outcome, "wrong") != 0 && strcmp(outcome, "none") != 0) {
        return false;
    }
    mark->misconception = strcmp(outcome, "wrong") == 0 ? mark->misconception : NULL;
    mark->verdict = right ? GBX_MARK_PASS : GBX_MARK_FAIL;
    mark->word = word_of(mark->verdict);
    seen_as_its_fact(card, mark, fact != NULL ? fact : mark->id);
    return allows(mark->verdict, mark->score, mark->points);
}

static bool
take_hints(gbx_card *card, const json_t *all)
{
    bool bad = false;
    for (size_t i = 0; i < json_array_size(all); i++) {
        const json_t *from = json_array_get(all, i);
        const char *fact = gbx_card_text(from, "fact", true, &bad);
        unsigned rung = count_of(from, "rung", 9, &bad);
        card->deducted += gbx_card_number(from, "cost", false, &bad);
        gbx_score *mark = bad ? NULL : (gbx_score *)(uintptr_t)find_mark(card, GBX_MARK_FACT, fact);
        if (mark == NULL || rung == 0) {
            return false;
        }
        mark->hints++;
        mark->rung = mark->rung > rung ? mark->rung : rung;
        card->hints++;
    }
    return true;
}

/* Each id once a kind: a second one would count twice, or hide the first. */
static bool
are_distinct(const gbx_card *card)
{
    for (size_t i = 0; i < card->count; i++) {
        if (find_mark(card, card->marks[i].kind, card->marks[i].id) != &card->marks[i]) {
            return false;
        }
    }
    return true;
}

static bool
take_all(gbx_card *card, const char *name, bool (*take)(gbx_card *, const json_t *))
{
    const json_t *all = json_object_get(card->whole, name);
    if (!json_is_array(all)) {
        gbx_card_refuse(card, "its '%s' is no list", name);
        return false;
    }
    for (size_t i = 0; i < json_array_size(all); i++) {
        if (card->count + 2 > MOST_MARKS || !take(card, json_array_get(all, i))) {
            gbx_card_refuse(card, "number %zu of its '%s' does not fit the format", i + 1, name);
            return false;
        }
    }
    return true;
}

bool
gbx_card_take_marks(gbx_card *card)
{
    if (!take_all(card, "facts", take_fact) || !take_all(card, "explanations", take_explanation)
        || !take_all(card, "predictions", take_prediction)) {
        return false;
    }
    const json_t *hints = json_object_get(card->whole, "hints");
    if (!json_is_array(hints) || !take_hints(card, hints)) {
        gbx_card_refuse(card, "its 'hints' do not fit the format");
        return false;
    }
    if (!are_distinct(card)) {
        gbx_card_refuse(card, "it has two facts, explanations or predictions of one name");
        return false;
    }
    return true;
}

/* What it was before: unless the prose says nothing, somebody has to read it. */
static void
take_back(gbx_card *card, gbx_score *mark)
{
    card->score -= mark->score;
    card->waiting += mark->verdict == GBX_MARK_NEEDS_HUMAN ? 0 : mark->points;
    mark->score = 0;
    mark->verdict = GBX_MARK_NEEDS_HUMAN;
    mark->word = "needs-human";
    mark->comment = NULL;
}

int
gbx_card_review(gbx_card *card, const char *explanation, double given, const char *comment)
{
    gbx_score *mark = (gbx_score *)(uintptr_t)find_mark(card, GBX_MARK_PERSON, explanation);
    if (mark == NULL || card->verdict == GBX_MARK_VIOLATION || given > mark->points) {
        return GBX_ERROR_MISSING;
    }
    take_back(card, mark);
    if (given >= 0) {
        card->score += given;
        card->waiting -= mark->points;
        mark->score = given;
        mark->verdict = by_score(given, mark->points);
        mark->word = word_of(mark->verdict);
        mark->comment = comment;
    }
    return 0;
}
