/* See device_spans.h. */

#include "device_spans.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

static const char *const lanes[GBX_DEVICE_LANES] = { "host", "stream 1", "stream 2", "other thread" };

#define LATEST_NS  ((json_int_t)1 << 50)         /* twelve days */

/* ------------------------------------------------------------------- reading */

/* A text of the object, cut to what fits and cleaned; "" where there is none. */
static void
take_text(const json_t *object, const char *key, char *to, size_t size)
{
    const char *text = json_string_value(json_object_get(object, key));
    snprintf(to, size, "%s", text == NULL ? "" : text);
    for (char *c = to; *c != '\0'; c++) {
        *c = *c < ' ' || *c > '~' ? '?' : *c;
    }
}

static bool
take_time(const json_t *object, const char *key, int64_t *to)
{
    const json_t *value = json_object_get(object, key);
    *to = json_is_integer(value) ? json_integer_value(value) : -1;
    return *to >= 0 && *to <= LATEST_NS;
}

static bool
take_span(gbx_device_page *page, const json_t *object)
{
    char lane[24];
    if (page->count == GBX_DEVICE_SPANS) {
        return false;
    }
    gbx_device_span *span = &page->spans[page->count];
    take_text(object, "part", span->part, sizeof(span->part));
    take_text(object, "name", span->name, sizeof(span->name));
    take_text(object, "lane", lane, sizeof(lane));
    span->lane = GBX_DEVICE_LANES;
    for (unsigned i = 0; i < GBX_DEVICE_LANES; i++) {
        span->lane = strcmp(lane, lanes[i]) == 0 ? (gbx_device_lane)i : span->lane;
    }
    if (span->lane == GBX_DEVICE_LANES || span->part[0] == '\0' || span->name[0] == '\0'
        || !take_time(object, "begin_ns", &span->begin_ns) || !take_time(object, "end_ns", &span->end_ns)
        || span->end_ns < span->begin_ns) {
        return false;
    }
    page->count++;
    return true;
}

static bool
is_kind(const char *kind)
{
    return strcmp(kind, "cuda") == 0 || strcmp(kind, "cpu") == 0 || strcmp(kind, "none") == 0;
}

static const char *
take_page(gbx_device_page *page, const json_t *root)
{
    char format[32];
    const json_t *spans = json_object_get(root, "spans"), *about = json_object_get(root, "provenance");
    take_text(root, "format", format, sizeof(format));
    if (strcmp(format, "glassbox-device-spans") != 0 || json_integer_value(json_object_get(root, "version")) != 1) {
        return "it is not a page of spans of version 1";
    }
    take_text(root, "kind", page->kind, sizeof(page->kind));
    take_text(root, "why", page->why, sizeof(page->why));
    page->recorded = json_is_true(json_object_get(root, "recorded"));
    if (!is_kind(page->kind) || !json_is_array(spans)) {
        return "it does not say what kind of device it is about, or has no list of spans";
    }
    if (strcmp(page->kind, "none") == 0) {
        return NULL;
    }
    take_text(about, "device", page->device, sizeof(page->device));
    take_text(about, "torch", page->torch, sizeof(page->torch));
    take_text(about, "when", page->when, sizeof(page->when));
    if (page->device[0] == '\0' || page->torch[0] == '\0' || page->when[0] == '\0'
        || !take_time(about, "uncertainty_ns", &page->uncertainty_ns)) {
        return "it does not say where, when and with what it was seen";
    }
    for (size_t i = 0; i < json_array_size(spans); i++) {
        if (!take_span(page, json_array_get(spans, i))) {
            return "one of its spans is none, or there are too many";
        }
    }
    return NULL;
}

bool
gbx_device_read(gbx_device_page *page, const char *text, size_t size, char *why, size_t why_size)
{
    json_error_t error;
    json_t *root = json_loadb(text, size, 0, &error);
    *page = (gbx_device_page){ .count = 0 };
    const char *problem = root == NULL ? "it is not JSON" : take_page(page, root);
    json_decref(root);
    snprintf(why, why_size, "%s", problem == NULL ? "" : problem);
    return problem == NULL;
}

/* ------------------------------------------------------------------- finding */

const gbx_device_span *
gbx_device_find(const gbx_device_page *page, const char *part, gbx_device_lane lane, const char *name, size_t nth)
{
    for (size_t i = 0; i < page->count; i++) {
        const gbx_device_span *span = &page->spans[i];
        if (span->lane == lane && strcmp(span->part, part) == 0 && strcmp(span->name, name) == 0 && nth-- == 0) {
            return span;
        }
    }
    return NULL;
}

int64_t
gbx_device_overlap(const gbx_device_span *a, const gbx_device_span *b)
{
    int64_t begin = a->begin_ns > b->begin_ns ? a->begin_ns : b->begin_ns;
    int64_t end = a->end_ns < b->end_ns ? a->end_ns : b->end_ns;
    return end > begin ? end - begin : 0;
}

/* ------------------------------------------------------------------- drawing */

enum { COLUMNS = 50 };

/* How the nth span of a lane is drawn: a launch, a wait, work. */
static const char *
sign_of(const gbx_device_span *span, size_t nth)
{
    bool works = span->lane == GBX_STREAM_1 || span->lane == GBX_STREAM_2;
    return works && nth % 2 == 1 ? "▓" : span->lane != GBX_HOST ? "█" : strcmp(span->name, "launch") == 0 ? "l" : "░";
}

static bool
bounds(const gbx_device_page *page, const char *part, int64_t *begin, int64_t *end)
{
    *begin = INT64_MAX;
    *end = 0;
    for (size_t i = 0; i < page->count; i++) {
        const gbx_device_span *span = &page->spans[i];
        if (strcmp(span->part, part) == 0) {
            *begin = span->begin_ns < *begin ? span->begin_ns : *begin;
            *end = span->end_ns > *end ? span->end_ns : *end;
        }
    }
    return *end > *begin;
}

/* The cells of a lane, launches over whatever else is in theirs: they are short.  False: it has no span. */
static bool
fill_cells(const gbx_device_page *page, const char *part, unsigned lane, int64_t zero, int64_t step,
           const char *cells[COLUMNS])
{
    size_t nth = 0;
    for (size_t i = 0; i < COLUMNS; i++) {
        cells[i] = "·";
    }
    for (int launches = 0; launches < 2; launches++) {
        for (size_t i = 0; i < page->count; i++) {
            const gbx_device_span *span = &page->spans[i];
            if (span->lane != lane || strcmp(span->part, part) != 0
                || (strcmp(span->name, "launch") == 0) != (launches == 1)) {
                continue;
            }
            for (int64_t at = (span->begin_ns - zero) / step; at <= (span->end_ns - zero) / step; at++) {
                cells[at] = sign_of(span, nth);
            }
            nth++;
        }
    }
    return nth > 0;
}

static size_t
draw_lane(const gbx_device_page *page, const char *part, unsigned lane, int64_t zero, int64_t step, char *text,
          size_t size)
{
    const char *cells[COLUMNS];
    if (!fill_cells(page, part, lane, zero, step, cells)) {
        return 0;
    }
    size_t used = (size_t)snprintf(text, size, "%-14s", lanes[lane]);
    for (size_t i = 0; i < COLUMNS && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%s", cells[i], i + 1 == COLUMNS ? "\n" : "");
    }
    return used < size ? used : size - 1;
}

size_t
gbx_device_draw(const gbx_device_page *page, const char *part, char *text, size_t size)
{
    int64_t begin, end;
    size_t used = 0;
    text[0] = '\0';
    if (!bounds(page, part, &begin, &end)) {
        return 0;
    }
    int64_t step = (end - begin) / COLUMNS + 1;
    for (unsigned lane = 0; lane < GBX_DEVICE_LANES; lane++) {
        used += draw_lane(page, part, lane, begin, step, text + used, size - used);
    }
    used += (size_t)snprintf(text + used, size - used, "%-14s0%*.1f ms\n", "", COLUMNS - 4, (double)(end - begin) / 1e6);
    return used < size ? used : size - 1;
}
