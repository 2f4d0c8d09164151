/* Explanations, held against the run; see explain.h. */

#include "explain.h"

#include "clean.h"
#include "readings.h"

enum { REF_SIZE = 160, NAME_SIZE = 160 };

/* One explanation while it is judged. */
typedef struct {
    const gbx_explained *given;
    const gbx_lab_explain *asked;
    const gbx_lab_mechanism *mechanism;          /* NULL: none, or one of the learner's own */
    const gbx_lab_look *look;                    /* NULL: there was no run */
    const gbx_cites *cites;
    char named[NAME_SIZE], anchor[NAME_SIZE];
    char *prose;                                 /* owned */
    json_t *events;                              /* owned; of the result */
    size_t at[GBX_EXPLAIN_EVENTS];               /* positions of those that were found */
    size_t found, cited;
    bool own;
    double points, score, person;
    char message[400];
} explanation;

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* ---------------------------------------------------------------- what is given */

const json_t *
gbx_explain_given(const json_t *file, const char *table, const char *id)
{
    const json_t *in = json_object_get(file, table), *found = json_object_get(in, id);
    char part[128];
    while (found == NULL && in != NULL) {
        size_t length = strcspn(id, ".");
        if (length == 0 || length >= sizeof(part)) {
            return NULL;
        }
        memcpy(part, id, length);
        part[length] = '\0';
        in = json_object_get(in, part);
        if (id[length] == '\0') {
            found = in;
            break;
        }
        id += length + 1;
    }
    return json_is_object(found) ? found : NULL;
}

/* A text of it, clean and without blanks around; "" where there is none. */
static void
take_text(const json_t *from, const char *name, char *out, size_t size)
{
    const json_t *text = json_object_get(from, name);
    const char *start = json_is_string(text) ? json_string_value(text) : "";
    start += strspn(start, " \t\n");
    gbx_clean(start, out, size);
    for (size_t length = strlen(out); length > 0 && out[length - 1] == ' '; length--) {
        out[length - 1] = '\0';
    }
}

static bool
take_prose(explanation *now, const json_t *from)
{
    const json_t *text = json_object_get(from, "prose");
    const char *start = json_is_string(text) ? json_string_value(text) : "";
    start += strspn(start, " \t\r\n");
    size_t length = strlen(start);
    now->prose = gbx_clean_text(start, length > GBX_EXPLAIN_PROSE ? GBX_EXPLAIN_PROSE : length);
    if (now->prose == NULL) {
        return false;
    }
    for (length = strlen(now->prose); length > 0 && strchr(" \n", now->prose[length - 1]) != NULL; length--) {
        now->prose[length - 1] = '\0';
    }
    return true;
}

static bool
lists(const json_t *names, const char *name)
{
    size_t index;
    json_t *one;
    json_array_foreach(names, index, one) {
        if (json_is_string(one) && strcmp(json_string_value(one), name) == 0) {
            return true;
        }
    }
    return false;
}

/* ------------------------------------------------------------------- the events */

/* Kinds that the mechanism is shown by, one of which the event is. */
static bool
is_of(const gbx_lab_mechanism *mechanism, const gbx_trace *trace, size_t at)
{
    return lists(mechanism->events, gbx_event_name(gbx_trace_event(trace, at)));
}

/* The first kind that has to be cited and is not; NULL: none. */
static const char *
lacking(const explanation *now)
{
    size_t index;
    json_t *kind;
    json_array_foreach(now->mechanism->events, index, kind) {
        bool cited = false;
        for (size_t i = 0; i < now->found && !cited; i++) {
            cited = json_is_string(kind)
                && strcmp(json_string_value(kind), gbx_event_name(gbx_trace_event(now->look->look->trace, now->at[i]))) == 0;
        }
        if (!cited) {
            return json_string_value(kind);
        }
    }
    return NULL;
}

/* Why an event was not found, for the learner. */
static void
say_not_found(explanation *now, const char *ref)
{
    gbx_citation cited;
    size_t there = now->cites == NULL ? 0 : gbx_cite_count(now->cites, ref);
    if (now->message[0] != '\0') {
        return;
    }
    if (!gbx_cite_parse(ref, &cited)) {
        snprintf(now->message, sizeof(now->message), "'%s' names no event: it is written EVENT@FILE:LINE#N, as 'lab check' prints it",
                 ref);
    }
    else if (now->look == NULL) {
        snprintf(now->message, sizeof(now->message), "the run that it is about left no recording");
    }
    else if (there > 0) {
        snprintf(now->message, sizeof(now->message), "'%s' is not in the run: there %s %zu %s at line %u", ref,
                 there == 1 ? "is" : "are", there, gbx_event_name(cited.event), cited.line);
    }
    else {
        snprintf(now->message, sizeof(now->message), "'%s' is not in the run: there is no %s at line %u of that file", ref,
                 gbx_event_name(cited.event), cited.line);
    }
}

/* An event that is cited twice is one event. */
static void
add_once(explanation *now, size_t at)
{
    for (size_t i = 0; i < now->found; i++) {
        if (now->at[i] == at) {
            return;
        }
    }
    now->at[now->found++] = at;
}

/* Look up each citation; "fits" is decided for those of a declared mechanism here, and later for the others. */
static bool
take_events(explanation *now, const json_t *from)
{
    const json_t *list = json_object_get(from, "events");
    char ref[REF_SIZE];
    now->events = json_array();
    for (size_t i = 0; i < json_array_size(list) && i < GBX_EXPLAIN_EVENTS; i++) {
        const json_t *text = json_array_get(list, i);
        gbx_clean(json_is_string(text) ? json_string_value(text) : "", ref, sizeof(ref));
        size_t at = now->cites == NULL ? GBX_NO_EVENT : gbx_cite_find(now->cites, ref);
        bool fits = at != GBX_NO_EVENT && now->mechanism != NULL
            && (now->mechanism->code != NULL || is_of(now->mechanism, now->look->look->trace, at));
        if (at == GBX_NO_EVENT) {
            say_not_found(now, ref);
        }
        else {
            if (!fits && now->mechanism != NULL && now->message[0] == '\0') {
                snprintf(now->message, sizeof(now->message), "'%s' does not show '%s'", ref, now->named);
            }
            add_once(now, at);
        }
        now->cited++;
        json_t *event = json_pack("{s:s,s:b,s:b}", "ref", ref, "found", at != GBX_NO_EVENT, "fits", fits);
        if (json_array_append_new(now->events, event) != 0) {
            return false;
        }
    }
    if (json_array_size(list) > GBX_EXPLAIN_EVENTS && now->message[0] == '\0') {
        snprintf(now->message, sizeof(now->message), "%zu events are cited, and %d are enough to show anything",
                 json_array_size(list), GBX_EXPLAIN_EVENTS);
    }
    return now->events != NULL;
}

static void
mark_unfit(const explanation *now)
{
    size_t index;
    json_t *event;
    json_array_foreach(now->events, index, event) {
        json_object_set_new(event, "fits", json_false());
    }
}

/* Do the events show the mechanism?  If not, the message says why. */
static bool
shows(explanation *now)
{
    char why[200] = "";
    if (now->message[0] != '\0') {
        return false;
    }
    if (now->cited == 0) {
        snprintf(now->message, sizeof(now->message), "no event of the run is cited");
        return false;
    }
    if (now->mechanism->code == NULL) {
        const char *kind = lacking(now);
        if (kind != NULL) {
            snprintf(now->message, sizeof(now->message), "to show '%s', cite a %s, too", now->named, kind);
        }
        return kind == NULL;
    }
    if (!now->mechanism->code->supports(now->look, now->at, now->found, why, sizeof(why))) {
        snprintf(now->message, sizeof(now->message), "these events do not show '%s'%s%s", now->named,
                 why[0] == '\0' ? "" : ": ", why);
        mark_unfit(now);
        return false;
    }
    return true;
}

/* -------------------------------------------------------------------- the place */

/* Does the anchor resolve in the tree that was built, to a place of the mechanism's? */
static int
judge_anchor(explanation *now, gbx_readings *readings, bool *right, gbx_error *error)
{
    gbx_reading_place given, wanted;
    gbx_error local = { 0, "" };
    char file[256], symbol[128];
    size_t index;
    json_t *anchor;
    *right = false;
    if (now->anchor[0] == '\0') {
        snprintf(now->message, sizeof(now->message), "the events show it; where it is done in the C source is missing (anchor)");
        return 0;
    }
    int code = gbx_readings_resolve(readings, now->anchor, &given, &local);
    if (code == GBX_ERROR_MEMORY) {
        return no_memory(error);
    }
    if (code != 0 || given.place.definitions == 0) {
        snprintf(now->message, sizeof(now->message), "the events show it; '%s' is no place in the C source that is built here: "
                 "FILE#FUNCTION, such as 'Python/ceval.c#_PyEval_EvalFrameDefault'", now->anchor);
        return 0;
    }
    snprintf(file, sizeof(file), "%s", given.place.file);
    snprintf(symbol, sizeof(symbol), "%s", given.place.symbol);
    const gbx_source *in = given.source;
    *right = json_array_size(now->mechanism->anchors) == 0;
    json_array_foreach(now->mechanism->anchors, index, anchor) {
        if (!json_is_string(anchor) || *right) {
            continue;
        }
        code = gbx_readings_resolve(readings, json_string_value(anchor), &wanted, error);
        if (code != 0) {
            return code;                         /* the author's own does not resolve, or its sources are not here */
        }
        *right = wanted.source == in && strcmp(wanted.place.file, file) == 0 && strcmp(wanted.place.symbol, symbol) == 0;
    }
    if (!*right) {
        snprintf(now->message, sizeof(now->message), "the events show it; '%s' is not where it is done", now->anchor);
    }
    return 0;
}

/* ---------------------------------------------------------------------- as a whole */

/* What is named: one of the lab's mechanisms for this question, or one of the learner's own. */
static void
take_mechanism(explanation *now)
{
    static const char own[] = "own:";
    now->own = strncmp(now->named, own, strlen(own)) == 0;
    if (!now->own && lists(now->asked->mechanisms, now->named)) {
        now->mechanism = gbx_lab_mechanism_find(now->given->lab, now->named);
    }
    if (now->mechanism == NULL && !now->own) {
        if (now->named[0] == '\0') {
            snprintf(now->message, sizeof(now->message), "no mechanism is named");
        }
        else {
            snprintf(now->message, sizeof(now->message), "'%s' is none of the mechanisms to choose from; one of your own begins with "
                     "'own:'", now->named);
        }
    }
}

static int
judge_evidence(explanation *now, gbx_readings *readings, gbx_error *error)
{
    bool right = false;
    if (now->own) {                              /* a person's, if what is cited is there */
        if (now->message[0] == '\0' && now->cited > 0) {
            now->person += now->points;
            now->points = 0;
        }
        else if (now->message[0] == '\0') {
            snprintf(now->message, sizeof(now->message), "no event of the run is cited");
        }
        return 0;
    }
    if (now->mechanism == NULL || !shows(now)) {
        return 0;
    }
    int code = judge_anchor(now, readings, &right, error);
    now->score = right ? now->points : now->points / 2;
    return code;
}

static json_t *
as_json(const explanation *now)
{
    bool looks = now->person > 0 && now->prose[0] != '\0';
    const char *verdict = looks ? "needs-human" : now->score <= 0 ? "fail"
        : now->score < now->points || now->person > 0 ? "partial" : "pass";
    return json_pack("{s:s, s:s, s:s, s:s, s:O, s:s, s:s, s:f, s:f, s:f, s:o, s:s}", "id", now->asked->id, "fact",
                     now->asked->fact, "mechanism", now->named, "anchor", now->anchor, "events", now->events, "prose", now->prose,
                     "verdict", verdict, "points", now->points, "score", now->score, "person", now->person,
                     "given", looks || now->person <= 0 ? json_null() : json_integer(0), "message", now->message);
}

/* The run that the explanation's fact is about. */
static size_t
run_of(const gbx_lab *lab, const char *id)
{
    const gbx_lab_fact *fact = gbx_lab_fact_find(lab, id);
    return fact == NULL ? SIZE_MAX : fact->run;
}

static int
judge_one(const gbx_explained *given, const gbx_lab_explain *asked, gbx_readings *readings, json_t *all, gbx_error *error)
{
    explanation now = { .given = given, .asked = asked, .points = asked->points, .person = asked->person };
    const json_t *from = gbx_explain_given(given->explain, "explain", asked->id);
    size_t run = run_of(given->lab, asked->fact);
    if (run < given->lab->run_count && given->looks[run].look != NULL && given->cites[run] != NULL) {
        now.look = &given->looks[run];
        now.cites = given->cites[run];
    }
    take_text(from, "mechanism", now.named, sizeof(now.named));
    take_text(from, "anchor", now.anchor, sizeof(now.anchor));
    take_mechanism(&now);
    int code = take_prose(&now, from) && take_events(&now, from) ? judge_evidence(&now, readings, error) : no_memory(error);
    if (code == 0 && now.named[0] == '\0' && now.prose[0] == '\0' && now.cited == 0) {
        snprintf(now.message, sizeof(now.message), "there is no explanation");
    }
    json_t *made = code == 0 ? as_json(&now) : NULL;
    if (code == 0 && json_array_append_new(all, made) != 0) {
        code = no_memory(error);
    }
    json_decref(now.events);
    free(now.prose);
    return code;
}

int
gbx_explain_judge(const gbx_explained *given, json_t **out, gbx_error *error)
{
    gbx_source *source = NULL;
    gbx_readings readings;
    gbx_error local = { 0, "" };
    json_t *all = json_array();
    *out = NULL;
    int code = all == NULL ? no_memory(error) : 0;
    if (code == 0 && given->lab->explain_count > 0) {
        code = gbx_source_open(&source, given->paths->source, &local);
        code = code == 0 ? 0 : gbx_error_set(error, code, "no explanation can be judged: %.400s", local.message);
    }
    gbx_readings_init(&readings, given->paths, source);
    for (size_t i = 0; i < given->lab->explain_count && code == 0; i++) {
        code = judge_one(given, &given->lab->explains[i], &readings, all, error);
    }
    gbx_readings_clear(&readings);
    gbx_source_close(source);
    if (code != 0) {
        json_decref(all);
        return code;
    }
    *out = all;
    return 0;
}
