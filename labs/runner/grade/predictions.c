/* Predictions, held against what happened, and the notes of when they were made; see explain.h. */

#include "explain.h"

#include "beneath.h"
#include "clean.h"
#include "digest.h"
#include "slurp.h"
#include "text.h"

#include <ctype.h>
#include <stdarg.h>
#include <time.h>

#define NOTES_FOLDER ".glassbox"
#define NOTES        NOTES_FOLDER "/predictions.jsonl"

enum { NOTES_MOST = 1 << 20, ANSWER_SIZE = 160, LINES_MOST = 1000 };

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* ---------------------------------------------------------------------- answers */

/* Are they the same but for capitals and blanks around? */
static bool
same_text(const char *a, const char *b)
{
    size_t x = strlen(a), y = strlen(b);
    while (x > 0 && isspace((unsigned char)a[x - 1])) {
        x--;
    }
    while (y > 0 && isspace((unsigned char)b[y - 1])) {
        y--;
    }
    for (; x > 0 && isspace((unsigned char)*a); a++, x--) {
    }
    for (; y > 0 && isspace((unsigned char)*b); b++, y--) {
    }
    return x == y && strncasecmp(a, b, x) == 0;
}

/* As the learner wrote it: a text, or a number without quotes; "" where there is none. */
static void
answer_text(const json_t *answer, char *out, size_t size)
{
    out[0] = '\0';
    if (json_is_string(answer)) {
        gbx_clean(json_string_value(answer), out, size);
    }
    else if (json_is_integer(answer)) {
        snprintf(out, size, "%" JSON_INTEGER_FORMAT, json_integer_value(answer));
    }
}

int
gbx_prediction_choice(const gbx_lab_predict *asked, const json_t *variant, const char *student, const json_t *answer,
                      size_t *choice, gbx_error *error)
{
    char given[ANSWER_SIZE];
    size_t index;
    json_t *one;
    *choice = SIZE_MAX;
    answer_text(answer, given, sizeof(given));
    json_array_foreach(asked->choices, index, one) {
        char *text;
        const char *written = json_string_value(json_object_get(one, "text"));
        int code = gbx_lab_fill(written == NULL ? "" : written, variant, student, &text, error);
        if (code != 0) {
            return code;
        }
        if (*choice == SIZE_MAX && given[0] != '\0' && same_text(given, text)) {
            *choice = index;
        }
        free(text);
    }
    return 0;
}

/* ------------------------------------------------------------------------ notes */

static const char *
text_of(const json_t *table, const char *name)
{
    const char *text = json_string_value(json_object_get(table, name));
    return text == NULL ? "" : text;
}

/* The hash of a line: of all but itself. */
static int
hash_line(const json_t *line, char hash[GBX_DIGEST_TEXT], gbx_error *error)
{
    json_t *copy = json_copy((json_t *)(uintptr_t)line);
    json_object_del(copy, "hash");
    char *text = copy == NULL ? NULL : json_dumps(copy, JSON_COMPACT | JSON_SORT_KEYS);
    int code = text == NULL ? no_memory(error) : gbx_digest_text(hash, text, strlen(text), error);
    free(text);
    json_decref(copy);
    return code;
}

bool
gbx_predictions_sound(const json_t *record)
{
    char hash[GBX_DIGEST_TEXT];
    const char *before = "";
    gbx_error local;
    size_t index;
    json_t *line;
    json_array_foreach(record, index, line) {
        if (!json_is_object(json_object_get(line, "answers")) || strcmp(text_of(line, "before"), before) != 0
            || hash_line(line, hash, &local) != 0 || strcmp(text_of(line, "hash"), hash) != 0) {
            return false;
        }
        before = text_of(line, "hash");
    }
    return true;
}

/* The first answer to a question that was noted, and the last; NULL: none. */
static const json_t *
noted(const json_t *record, const char *id, bool last)
{
    const json_t *found = NULL;
    size_t index;
    json_t *line;
    json_array_foreach(record, index, line) {
        const json_t *answer = json_object_get(json_object_get(line, "answers"), id);
        if (json_is_object(answer) && (found == NULL || last)) {
            found = answer;
        }
    }
    return found;
}

int
gbx_predictions_noted(const char *folder, json_t **out, gbx_error *error)
{
    char *path, *text = NULL;
    size_t size = 0;
    *out = json_array();
    if (*out == NULL || asprintf(&path, "%s/" NOTES, folder) < 0) {
        json_decref(*out);
        *out = NULL;
        return no_memory(error);
    }
    int code = gbx_slurp(path, NOTES_MOST, &text, &size, error);
    if (code == GBX_ERROR_MISSING) {
        code = 0;
    }
    for (char *line = text; code == 0 && line != NULL && *line != '\0' && json_array_size(*out) < LINES_MOST;) {
        size_t length = strcspn(line, "\n");
        json_t *value = json_loadb(line, length, JSON_REJECT_DUPLICATES, NULL);
        if (json_array_append_new(*out, value == NULL ? json_null() : value) != 0) {
            code = no_memory(error);
        }
        line += length + (line[length] == '\n');
    }
    free(text);
    free(path);
    if (code != 0) {
        json_decref(*out);
        *out = NULL;
    }
    return code;
}

/* The answers that are new, or others than those noted last: an object, perhaps empty. */
static json_t *
news(const gbx_lab *lab, const json_t *answers, const json_t *record)
{
    json_t *fresh = json_object();
    char text[ANSWER_SIZE];
    for (size_t i = 0; i < lab->predict_count && fresh != NULL; i++) {
        const char *id = lab->predicts[i].id;
        const json_t *given = gbx_explain_given(answers, "predict", id), *before = noted(record, id, true);
        json_int_t sure = json_integer_value(json_object_get(given, "confidence"));
        answer_text(json_object_get(given, "answer"), text, sizeof(text));
        if (text[0] == '\0' || (before != NULL && same_text(text_of(before, "answer"), text))) {
            continue;
        }
        if (json_object_set_new(fresh, id, json_pack("{s:s,s:I}", "answer", text, "confidence", sure)) != 0) {
            json_decref(fresh);
            return NULL;
        }
    }
    return fresh;
}

static int
note(const char *folder, json_t *fresh, const json_t *record, gbx_error *error)
{
    char hash[GBX_DIGEST_TEXT], when[32];
    struct tm utc;
    time_t now = time(NULL);
    gmtime_r(&now, &utc);
    strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &utc);
    size_t count = json_array_size(record);
    const char *before = count == 0 ? "" : text_of(json_array_get(record, count - 1), "hash");
    json_t *line = json_pack("{s:s,s:s,s:O}", "at", when, "before", before, "answers", fresh);
    int code = line == NULL ? no_memory(error) : hash_line(line, hash, error);
    if (code == 0 && json_object_set_new(line, "hash", json_string(hash)) != 0) {
        code = no_memory(error);
    }
    if (code == 0) {
        code = gbx_beneath_append(folder, NOTES, line, error);
    }
    json_decref(line);
    return code;
}

/* What the learner has to know of one question: that what stands there now is not what counts. */
static int
say_change(const gbx_lab_predict *asked, const json_t *answers, const json_t *record, json_t *changes, gbx_error *error)
{
    char now[ANSWER_SIZE], sentence[480];
    const json_t *first = noted(record, asked->id, false);
    answer_text(json_object_get(gbx_explain_given(answers, "predict", asked->id), "answer"), now, sizeof(now));
    if (first == NULL || same_text(text_of(first, "answer"), now)) {
        return 0;
    }
    snprintf(sentence, sizeof(sentence), "prediction '%.60s' was '%.120s' before the first run, which is what counts; now it is '%s'",
             asked->id, text_of(first, "answer"), now);
    return json_array_append_new(changes, json_string(sentence)) == 0 ? 0 : no_memory(error);
}

int
gbx_predictions_note(const char *folder, const gbx_lab *lab, const json_t *answers, json_t **changes, gbx_error *error)
{
    json_t *record, *said = json_array();
    if (changes != NULL) {
        *changes = NULL;
    }
    int code = said == NULL ? no_memory(error) : gbx_predictions_noted(folder, &record, error);
    if (code != 0) {
        json_decref(said);
        return code;
    }
    if (!gbx_predictions_sound(record)) {
        code = json_array_append_new(said, json_string("the notes of your predictions (" NOTES ") were changed by hand: no prediction "
                                                       "will count")) == 0 ? 0 : no_memory(error);
    }
    else {
        json_t *fresh = news(lab, answers, record);
        code = fresh == NULL ? no_memory(error) : json_object_size(fresh) == 0 ? 0 : note(folder, fresh, record, error);
        json_decref(fresh);
        for (size_t i = 0; i < lab->predict_count && code == 0; i++) {
            code = say_change(&lab->predicts[i], answers, record, said, error);
        }
    }
    json_decref(record);
    if (code == 0 && changes != NULL) {
        *changes = said;
        return 0;
    }
    json_decref(said);
    return code;
}

/* --------------------------------------------------------------------- judging */

typedef struct {
    const gbx_lab_predict *asked;
    const gbx_fact_outcome *fact;                /* NULL: the lab has no such fact */
    char answer[ANSWER_SIZE];
    json_int_t confidence;
    const char *outcome, *misconception;
    char message[900];
} prediction;

/* One more thing to say of it. */
static void
say(prediction *now, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
say(prediction *now, const char *format, ...)
{
    size_t used = strlen(now->message);
    va_list args;
    va_start(args, format);
    if (used > 0 && used + 3 < sizeof(now->message)) {
        used += (size_t)snprintf(now->message + used, sizeof(now->message) - used, "; ");
    }
    vsnprintf(now->message + used, sizeof(now->message) - used, format, args);
    va_end(args);
    gbx_text_mend(now->message);
}

/* Which answer counts, into `now`; says where it is not the one that stands there. */
static const json_t *
counting(const gbx_explained *given, bool sound, prediction *now)
{
    const json_t *written = gbx_explain_given(given->answers, "predict", now->asked->id);
    const json_t *first = noted(given->record, now->asked->id, false);
    char text[ANSWER_SIZE];
    answer_text(json_object_get(written, "answer"), text, sizeof(text));
    if (!sound) {
        say(now, "the notes of the predictions were changed by hand: it does not count");
    }
    else if (first != NULL && !same_text(text_of(first, "answer"), text)) {
        say(now, "it was '%.120s' before the first run, which is what counts, and '%.120s' later",
                 text_of(first, "answer"), text);
    }
    const json_t *counts = first == NULL ? written : first;
    answer_text(json_object_get(counts, "answer"), now->answer, sizeof(now->answer));
    now->confidence = json_integer_value(json_object_get(counts, "confidence"));
    now->confidence = now->confidence < 1 || now->confidence > 5 ? 0 : now->confidence;
    return json_object_get(counts, "answer");
}

/* The event that refutes a wrong answer, into `evidence`. */
static int
refute(const gbx_explained *given, const prediction *now, json_t *evidence, gbx_error *error)
{
    const gbx_finding *finding = now->fact->finding;
    size_t at = finding->refuting < finding->count ? finding->refuting : 0;
    while (at < finding->count && finding->items[at].kind != GBX_ITEM_EVENT) {
        at++;
    }
    if (evidence == NULL || at == finding->count) {
        return 0;
    }
    char ref[GBX_CITE_SIZE] = "", key[160];
    const gbx_item *item = &finding->items[at];
    for (size_t run = 0; run < given->lab->run_count; run++) {
        if (given->looks[run].look != NULL && given->looks[run].look->trace == item->trace && given->cites[run] != NULL) {
            gbx_cite_of(given->cites[run], item->at, ref, sizeof(ref));
        }
    }
    snprintf(key, sizeof(key), "predict.%.120s", now->asked->id);
    json_t *list = json_pack("[{s:s,s:s}]", "ref", ref, "text", item->text == NULL ? "" : item->text);
    return list != NULL && json_object_set_new(evidence, key, list) == 0 ? 0 : no_memory(error);
}

/* What was believed, and what is so. */
static int
set_right(const gbx_explained *given, prediction *now, gbx_error *error)
{
    const gbx_lab_misconception *of = now->misconception == NULL ? NULL
        : gbx_lab_misconception_find(given->lab, now->misconception);
    char *belief = NULL, *because = NULL;
    if (of == NULL) {
        say(now, "'%.120s' is not what happened", now->answer);
        return 0;
    }
    int code = gbx_lab_fill(of->belief, given->variant, given->student, &belief, error);
    if (code == 0) {
        code = gbx_lab_fill(of->because, given->variant, given->student, &because, error);
    }
    if (code == 0) {
        say(now, "who says '%.120s' may believe: %.250s But: %.300s", now->answer, belief, because);
    }
    free(belief);
    free(because);
    return code;
}

static int
compare(const gbx_explained *given, prediction *now, const json_t *answer, json_t *evidence, gbx_error *error)
{
    size_t choice;
    const gbx_finding *finding = now->fact == NULL ? NULL : now->fact->finding;
    int code = gbx_prediction_choice(now->asked, given->variant, given->student, answer, &choice, error);
    if (code != 0) {
        return code;
    }
    if (now->answer[0] == '\0') {
        say(now, "nothing was predicted");
    }
    else if (choice == SIZE_MAX) {
        say(now, "'%.120s' is none of the answers to choose from", now->answer);
    }
    else if (finding == NULL || !finding->observed || finding->choice >= json_array_size(now->asked->choices)) {
        say(now, "what it is about was not observed in the run");
    }
    else if (choice == finding->choice) {
        now->outcome = "right";
    }
    else {
        now->outcome = "wrong";
        now->misconception = json_string_value(json_object_get(json_array_get(now->asked->choices, choice), "misconception"));
        code = set_right(given, now, error);
        code = code == 0 ? refute(given, now, evidence, error) : code;
    }
    return code;
}

static int
judge_one(const gbx_explained *given, const gbx_lab_predict *asked, bool sound, json_t *all, json_t *evidence,
          gbx_error *error)
{
    prediction now = { .asked = asked, .outcome = "none" };
    for (size_t i = 0; i < given->lab->fact_count; i++) {
        if (strcmp(given->lab->facts[i].id, asked->fact) == 0) {
            now.fact = &given->facts[i];
        }
    }
    const json_t *answer = counting(given, sound, &now);
    int code = sound ? compare(given, &now, answer, evidence, error) : 0;
    if (code != 0) {
        return code;
    }
    double score = strcmp(now.outcome, "right") == 0 ? asked->points : 0;
    json_t *made = json_pack("{s:s, s:s, s:I, s:s, s:s?, s:f, s:f, s:s}", "id", asked->id, "answer", now.answer, "confidence",
                             now.confidence, "outcome", now.outcome, "misconception", now.misconception, "points", asked->points,
                             "score", score, "message", now.message);
    return json_array_append_new(all, made) == 0 ? 0 : no_memory(error);
}

int
gbx_predictions_judge(const gbx_explained *given, json_t **out, json_t *evidence, gbx_error *error)
{
    json_t *all = json_array();
    bool sound = gbx_predictions_sound(given->record);
    *out = NULL;
    int code = all == NULL ? no_memory(error) : 0;
    for (size_t i = 0; i < given->lab->predict_count && code == 0; i++) {
        code = judge_one(given, &given->lab->predicts[i], sound, all, evidence, error);
    }
    if (code != 0) {
        json_decref(all);
        return code;
    }
    *out = all;
    return 0;
}
