/* The JSON sink: one document for a station, with every number exact and every event by its fields.

   {"station": 1, "name": ..., "claims": [{"id", "title", "sentence", "verdict", "reason", "builds": ["gil"],
   "evidence": [...],
   "prediction": {...}}], "readings": [...], "shows": [...], "tally": {...}} */

#include "builds.h"
#include "evidence.h"
#include "report.h"
#include "show.h"

#include <jansson.h>

typedef struct {
    json_t *root, *readings, *shows, *claims;
} document;

static int
json_begin(gbx_report *report)
{
    const gbx_station *station = report->station;
    document *doc = calloc(1, sizeof(*doc));
    report->state = doc;
    if (doc == NULL) {
        return GBX_ERROR_MEMORY;
    }
    doc->readings = json_array();
    doc->shows = json_array();
    doc->claims = json_array();
    doc->root = json_pack("{si ss ss si sO sO sO}", "station", station->number, "name", station->name,
                          "title", station->title, "minutes", station->minutes,
                          "readings", doc->readings, "shows", doc->shows, "claims", doc->claims);
    return doc->root == NULL ? GBX_ERROR_MEMORY : 0;
}

static json_t *
place_json(const gbx_report *report, const char *place)
{
    gbx_reading_place found;
    if (report->readings == NULL || gbx_readings_resolve(report->readings, place, &found, NULL) != 0) {
        return json_pack("{ss sn}", "place", place, "line");
    }
    return json_pack("{ss ss si ss}", "place", place, "file", found.place.file, "line", found.place.line,
                     "symbol", found.place.symbol);
}

static void
json_reading(gbx_report *report, const gbx_reading *reading)
{
    document *doc = report->state;
    json_t *object = place_json(report, reading->place);
    json_object_set_new(object, "look_for", json_string(reading->look_for));
    json_array_append_new(doc->readings, object);
}

static json_t *
event_json(const gbx_report *report, const gbx_item *item)
{
    gbx_evidence evidence;
    gbx_evidence_describe(item->trace, item->at, report->source, report->symbols, &evidence);
    unsigned build = gbx_trace_process(item->trace, 0)->header->build;
    json_t *object = json_pack("{ss ss ss ss ss}", "kind", "event",
                               "text", item->text == NULL ? "" : item->text, "build", gbx_builds_name(build),
                               "thread", evidence.thread, "emitted_by", evidence.emitter);
    json_object_set_new(object, "record", gbx_show_json(item->trace, item->at));
    return object;
}

static json_t *
item_json(const gbx_report *report, const gbx_item *item)
{
    static const char *const kinds[] = {
        [GBX_ITEM_FACT] = "fact", [GBX_ITEM_DETAIL] = "detail", [GBX_ITEM_QUOTE] = "quote",
        [GBX_ITEM_INSUFFICIENT] = "insufficient", [GBX_ITEM_SKIP] = "skipped",
    };
    const char *text = item->text == NULL ? "" : item->text;
    switch (item->kind) {
        case GBX_ITEM_EVENT:
            return event_json(report, item);
        case GBX_ITEM_NUMBER: case GBX_ITEM_BAR:
            return json_pack("{ss ss sf ss}", "kind", "number", "name", text, "value", item->value,
                             "unit", item->unit == NULL ? "" : item->unit);
        case GBX_ITEM_FAILURE:
            return json_pack("{ss ss? ss ss?}", "kind", "failure", "expected", item->expected,
                             "actual", text, "likely", item->likely);
        default:
            return json_pack("{ss ss}", "kind", kinds[item->kind], "text", text);
    }
}

static json_t *
result_json(const gbx_report *report, const gbx_result *result)
{
    json_t *evidence = json_array(), *builds = json_array();
    const char *names[4];
    size_t count = gbx_report_builds(result, names);
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(builds, json_string(names[i]));
    }
    for (size_t i = 0; i < result->finding->count; i++) {
        json_array_append_new(evidence, item_json(report, &result->finding->items[i]));
    }
    json_t *object = json_pack("{ss ss so so}", "verdict", gbx_verdict_name(result->verdict),
                               "reason", result->reason, "builds", builds, "evidence", evidence);
    if (result->finding->lack != GBX_LACK_NOTHING) {
        json_object_set_new(object, "lack", json_string(gbx_lack_name(result->finding->lack)));
    }
    return object;
}

static json_t *
path_json(const gbx_path *path, const gbx_look *look)
{
    gbx_stage_seen seen[GBX_PATH_STAGES];
    size_t count = gbx_path_see(path, look, seen);
    json_t *stages = json_array();
    for (size_t i = 0; i < count; i++) {
        json_array_append_new(stages, json_pack("{ss ss sb sI si}", "stage", seen[i].stage->name,
                                                "place", seen[i].stage->place, "seen", (int)seen[i].seen,
                                                "ns", (json_int_t)seen[i].ns,
                                                "times", (int)seen[i].times));
    }
    return stages;
}

static void
json_show(gbx_report *report, const gbx_show *show, const gbx_result *result)
{
    document *doc = report->state;
    json_t *object = result_json(report, result);
    json_object_set_new(object, "title", json_string(show->title));
    if (show->path != NULL && result->look.run_count > 0) {
        json_object_set_new(object, "path", path_json(show->path, &result->look));
    }
    json_array_append_new(doc->shows, object);
}

static void
add_prediction(json_t *object, const gbx_claim *claim, const gbx_result *result,
               const gbx_answer *answer)
{
    static const char *const outcomes[] = { "right", "wrong", "unknown" };
    const char *misconception, *because;
    char predicted[256], observed[256];
    gbx_outcome outcome = gbx_predict_compare(claim, answer, result->finding, &misconception, &because);
    json_object_set_new(object, "prediction", json_pack("{ss ss ss si ss ss?}",
        "question", claim->prediction.question,
        "predicted", gbx_predict_answer_text(claim, answer, predicted, sizeof(predicted)),
        "observed", gbx_predict_observed_text(claim, result->finding, observed, sizeof(observed)),
        "confidence", (int)answer->confidence, "outcome", outcomes[outcome],
        "misconception", misconception));
}

static void
json_claim(gbx_report *report, const gbx_claim *claim, const gbx_result *result,
           const gbx_answer *answer)
{
    document *doc = report->state;
    json_t *object = result_json(report, result);
    json_t *readings = json_array();
    json_object_set_new(object, "id", json_string(claim->id));
    json_object_set_new(object, "title", json_string(claim->title));
    json_object_set_new(object, "sentence", json_string(claim->sentence));
    for (size_t i = 0; i < GBX_COUNT(claim->readings) && claim->readings[i].place != NULL; i++) {
        json_array_append_new(readings, place_json(report, claim->readings[i].place));
    }
    json_object_set_new(object, "readings", readings);
    if (answer != NULL && answer->given) {
        add_prediction(object, claim, result, answer);
    }
    json_array_append_new(doc->claims, object);
}

static int
write_document(gbx_report *report, document *doc, const gbx_tally *tally)
{
    json_t *counts = json_object();
    for (int v = 0; v <= GBX_BROKEN; v++) {
        json_object_set_new(counts, gbx_verdict_name((gbx_verdict)v), json_integer(tally->counts[v]));
    }
    json_object_set_new(doc->root, "tally", counts);
    json_object_set_new(doc->root, "seconds", json_real((double)tally->wall_ns / 1e9));
    if (json_dumpf(doc->root, report->options.to, JSON_INDENT(2) | JSON_PRESERVE_ORDER) != 0
        || fputc('\n', report->options.to) == EOF) {
        return GBX_ERROR_SYSTEM;
    }
    return 0;
}

static int
json_end(gbx_report *report, const gbx_tally *tally)
{
    document *doc = report->state;
    int status = tally == NULL ? 0 : write_document(report, doc, tally);
    json_decref(doc->readings);
    json_decref(doc->shows);
    json_decref(doc->claims);
    json_decref(doc->root);
    free(doc);
    report->state = NULL;
    return status;
}

const gbx_sink gbx_sink_json = {
    .name = "json",
    .begin = json_begin, .reading = json_reading, .show = json_show, .claim = json_claim,
    .end = json_end,
};
