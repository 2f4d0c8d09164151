/* Explanations and predictions: what is wrong with their form, before anything is run; see explain.h. */

#include "explain.h"

#include "clean.h"
#include "readings.h"

#include <stdarg.h>

/* One more sentence; remembers in *code that there was no memory. */
static void
say(json_t *list, int *code, gbx_error *error, const char *format, ...) __attribute__((format(printf, 4, 5)));

static void
say(json_t *list, int *code, gbx_error *error, const char *format, ...)
{
    char raw[700], text[640];
    va_list args;
    va_start(args, format);
    vsnprintf(raw, sizeof(raw), format, args);
    va_end(args);
    if (json_array_append_new(list, json_string(gbx_clean(raw, text, sizeof(text)))) != 0) {
        *code = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
}

static const char *
text_of(const json_t *table, const char *name)
{
    const json_t *text = json_object_get(table, name);
    return json_is_string(text) ? json_string_value(text) : "";
}

/* ----------------------------------------------------------------- explanations */

static bool
is_asked(const gbx_lab *lab, const char *id)
{
    for (size_t i = 0; i < lab->explain_count; i++) {
        const char *asked = lab->explains[i].id;
        size_t length = strlen(id);
        if (strcmp(asked, id) == 0 || (strncmp(asked, id, length) == 0 && asked[length] == '.')) {
            return true;                         /* the beginning of an id with dots, which TOML nests */
        }
    }
    return false;
}

static bool
may_be_named(const gbx_lab_explain *asked, const char *mechanism)
{
    size_t index;
    json_t *one;
    json_array_foreach(asked->mechanisms, index, one) {
        if (json_is_string(one) && strcmp(json_string_value(one), mechanism) == 0) {
            return true;
        }
    }
    return strncmp(mechanism, "own:", 4) == 0;
}

static void
check_kinds(const char *id, const json_t *given, json_t *faults, int *code, gbx_error *error)
{
    static const struct {
        const char *name;
        bool list;
    } known[] = { { "mechanism", false }, { "anchor", false }, { "events", true }, { "prose", false } };
    const char *name;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)given, name, value) {
        size_t i = 0;
        while (i < sizeof(known) / sizeof(known[0]) && strcmp(known[i].name, name) != 0) {
            i++;
        }
        if (i == sizeof(known) / sizeof(known[0])) {
            say(faults, code, error, "explain.toml: [explain.%.60s] has '%.60s', which means nothing: it takes mechanism, anchor, "
                "events and prose", id, name);
        }
        else if (known[i].list ? !json_is_array(value) : !json_is_string(value)) {
            say(faults, code, error, "explain.toml: '%s' of [explain.%.60s] has to be %s", name, id,
                known[i].list ? "a list of texts: [\"...\", \"...\"]" : "a text in quotes");
        }
    }
}

static void
check_events(const char *id, const json_t *given, json_t *faults, int *code, gbx_error *error)
{
    const json_t *events = json_object_get(given, "events");
    size_t index;
    json_t *event;
    gbx_citation cited;
    if (json_array_size(events) > GBX_EXPLAIN_EVENTS) {
        say(faults, code, error, "explain.toml: [explain.%.60s] cites %zu events, and at most %d are looked at", id,
            json_array_size(events), GBX_EXPLAIN_EVENTS);
    }
    json_array_foreach(events, index, event) {
        if (!json_is_string(event) || !gbx_cite_parse(json_string_value(event), &cited)) {
            say(faults, code, error, "explain.toml: '%.80s' of [explain.%.60s] names no event: it is written EVENT@FILE:LINE#N, as "
                "'glassbox lab check' prints it", json_is_string(event) ? json_string_value(event) : "?", id);
            return;
        }
    }
}

/* One that is asked for. */
static void
check_one(const gbx_lab_explain *asked, const json_t *given, gbx_readings *readings, json_t *faults, json_t *warnings,
          int *code, gbx_error *error)
{
    const char *mechanism = text_of(given, "mechanism"), *anchor = text_of(given, "anchor"), *prose = text_of(given, "prose");
    gbx_reading_place place;
    gbx_error local = { 0, "" };
    bool events = json_array_size(json_object_get(given, "events")) > 0;
    if (mechanism[0] == '\0' && !events && prose[strspn(prose, " \t\r\n")] == '\0') {
        say(warnings, code, error, "explain.toml: [explain.%.60s] is empty: it earns nothing of %g points", asked->id,
            asked->points + asked->person);
        return;
    }
    if (mechanism[0] != '\0' && !may_be_named(asked, mechanism)) {
        say(faults, code, error, "explain.toml: '%.60s' is no mechanism to choose for [explain.%.60s]; one of your own is written "
            "\"own: ...\"", mechanism, asked->id);
    }
    if (mechanism[0] == '\0' || !events) {
        say(warnings, code, error, "explain.toml: [explain.%.60s] %s: its %g points of evidence are lost", asked->id,
            mechanism[0] == '\0' ? "names no mechanism" : "cites no event", asked->points);
    }
    if (anchor[0] != '\0' && readings != NULL
        && (gbx_readings_resolve(readings, anchor, &place, &local) != 0 || place.place.definitions == 0)) {
        say(warnings, code, error, "explain.toml: the anchor '%.80s' of [explain.%.60s] is no place in the C source that is built here",
            anchor, asked->id);
    }
    if (prose[strspn(prose, " \t\r\n")] == '\0' && asked->person > 0) {
        say(warnings, code, error, "explain.toml: [explain.%.60s] has no prose: its %g points are a person's to give, and lost",
            asked->id, asked->person);
    }
}

int
gbx_explain_form(const gbx_lab *lab, const json_t *explain, const gbx_paths *paths, json_t *faults, json_t *warnings,
                 gbx_error *error)
{
    gbx_source *source = NULL;
    gbx_readings readings;
    gbx_error local = { 0, "" };
    const char *id;
    json_t *value;
    int code = 0;
    bool there = paths != NULL && gbx_source_open(&source, paths->source, &local) == 0;
    if (there) {
        gbx_readings_init(&readings, paths, source);
    }
    json_object_foreach(json_object_get(explain, "explain"), id, value) {
        if (!is_asked(lab, id) || !json_is_object(value)) {
            say(faults, &code, error, "explain.toml has [explain.%.60s], which lab %d does not ask for", id, lab->number);
        }
    }
    for (size_t i = 0; i < lab->explain_count && code == 0; i++) {
        const gbx_lab_explain *asked = &lab->explains[i];
        const json_t *given = gbx_explain_given(explain, "explain", asked->id);
        check_kinds(asked->id, given, faults, &code, error);
        check_events(asked->id, given, faults, &code, error);
        check_one(asked, given, there ? &readings : NULL, faults, warnings, &code, error);
    }
    if (there) {
        gbx_readings_clear(&readings);
    }
    gbx_source_close(source);
    return code;
}

/* ------------------------------------------------------------------ predictions */

/* The texts to choose from, filled in and joined: "'1', '2', 'some fifty'". */
static int
choices_text(const gbx_lab_predict *asked, const json_t *variant, const char *student, char *out, size_t size,
             gbx_error *error)
{
    size_t index, used = 0;
    json_t *choice;
    out[0] = '\0';
    json_array_foreach(asked->choices, index, choice) {
        char *text;
        int code = gbx_lab_fill(text_of(choice, "text"), variant, student, &text, error);
        if (code != 0) {
            return code;
        }
        int put = snprintf(out + used, size - used, "%s'%.80s'", index == 0 ? "" : ", ", text);
        used = put < 0 || used + (size_t)put >= size ? size - 1 : used + (size_t)put;
        free(text);
    }
    return 0;
}

static bool
predicts(const gbx_lab *lab, const char *id)
{
    for (size_t i = 0; i < lab->predict_count; i++) {
        const char *asked = lab->predicts[i].id;
        size_t length = strlen(id);
        if (strcmp(asked, id) == 0 || (strncmp(asked, id, length) == 0 && asked[length] == '.')) {
            return true;
        }
    }
    return false;
}

static int
check_prediction(const gbx_lab_predict *asked, const json_t *variant, const char *student, const json_t *given,
                 json_t *faults, json_t *warnings, gbx_error *error)
{
    char texts[480];
    size_t choice;
    int code = 0;
    const json_t *sure = json_object_get(given, "confidence"), *answer = json_object_get(given, "answer");
    if (answer == NULL || (json_is_string(answer) && json_string_value(answer)[0] == '\0')) {
        say(warnings, &code, error, "answers.toml: [predict.%.60s] has no answer: it earns nothing of %g points",
            asked->id, asked->points);
        return code;
    }
    code = gbx_prediction_choice(asked, variant, student, answer, &choice, error);
    if (code == 0 && choice == SIZE_MAX) {
        code = choices_text(asked, variant, student, texts, sizeof(texts), error);
        say(faults, &code, error, "answers.toml: the answer of [predict.%.60s] is none of %s", asked->id, texts);
    }
    if (sure != NULL && (!json_is_integer(sure) || json_integer_value(sure) < 1 || json_integer_value(sure) > 5)) {
        say(faults, &code, error, "answers.toml: the confidence of [predict.%.60s] is a number from 1 to 5", asked->id);
    }
    return code;
}

int
gbx_predictions_form(const gbx_lab *lab, const json_t *variant, const char *student, const json_t *answers, json_t *faults,
                     json_t *warnings, gbx_error *error)
{
    const char *id;
    json_t *value;
    int code = 0;
    json_object_foreach(json_object_get(answers, "predict"), id, value) {
        if (!predicts(lab, id)) {
            say(faults, &code, error, "answers.toml has [predict.%.60s], which lab %d does not ask for", id, lab->number);
        }
    }
    for (size_t i = 0; i < lab->predict_count && code == 0; i++) {
        const json_t *given = gbx_explain_given(answers, "predict", lab->predicts[i].id);
        code = check_prediction(&lab->predicts[i], variant, student, given, faults, warnings, error);
    }
    return code;
}
