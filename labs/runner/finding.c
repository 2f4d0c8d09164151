/* Findings; see claim.h for what a check may add, and finding.h for what is kept. */

#include "finding.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gbx_finding *
gbx_finding_new(void)
{
    gbx_finding *finding = calloc(1, sizeof(*finding));
    if (finding != NULL) {
        finding->refuting = SIZE_MAX;
    }
    return finding;
}

void
gbx_finding_free(gbx_finding *finding)
{
    if (finding == NULL) {
        return;
    }
    for (size_t i = 0; i < finding->count; i++) {
        free(finding->items[i].text);
        free(finding->items[i].unit);
        free(finding->items[i].expected);
        free(finding->items[i].likely);
    }
    free(finding->items);
    free(finding);
}

/* A new item at the end, or NULL, and then the finding knows that it is not whole. */
static gbx_item *
add(gbx_finding *finding, gbx_item_kind kind)
{
    if (finding->count == finding->room) {
        size_t room = finding->room == 0 ? 16 : finding->room * 2;
        gbx_item *more = realloc(finding->items, room * sizeof(*more));
        if (more == NULL) {
            finding->out_of_memory = true;
            return NULL;
        }
        finding->items = more;
        finding->room = room;
    }
    gbx_item *item = &finding->items[finding->count++];
    *item = (gbx_item){ .kind = kind };
    return item;
}

static char *
copy(gbx_finding *finding, const char *text)
{
    char *mine = text == NULL ? NULL : strdup(text);
    finding->out_of_memory = finding->out_of_memory || (text != NULL && mine == NULL);
    return mine;
}

static gbx_item *
add_text(gbx_finding *finding, gbx_item_kind kind, const char *format, va_list args)
{
    gbx_item *item = add(finding, kind);
    if (item != NULL && vasprintf(&item->text, format, args) < 0) {
        item->text = NULL;
        finding->out_of_memory = true;
    }
    return item;
}

static void
add_event(gbx_finding *finding, const gbx_look *look, size_t event, const char *format, va_list args)
{
    gbx_item *item = add_text(finding, GBX_ITEM_EVENT, format, args);
    if (item != NULL) {
        item->trace = look->trace;
        item->at = event;
    }
}

void
gbx_finding_event(gbx_finding *finding, const gbx_look *look, size_t event, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_event(finding, look, event, format, args);
    va_end(args);
}

void
gbx_finding_refute(gbx_finding *finding, const gbx_look *look, size_t event, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finding->refuting = finding->count;
    add_event(finding, look, event, format, args);
    va_end(args);
}

void
gbx_finding_fact(gbx_finding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_text(finding, GBX_ITEM_FACT, format, args);
    va_end(args);
}

void
gbx_finding_detail(gbx_finding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_text(finding, GBX_ITEM_DETAIL, format, args);
    va_end(args);
}

void
gbx_finding_quote(gbx_finding *finding, const char *text, size_t size)
{
    gbx_item *item = add(finding, GBX_ITEM_QUOTE);
    if (item != NULL) {
        item->text = strndup(text, size);
        finding->out_of_memory = finding->out_of_memory || item->text == NULL;
    }
}

static void
add_value(gbx_finding *finding, gbx_item_kind kind, const char *name, double value, const char *unit)
{
    gbx_item *item = add(finding, kind);
    if (item != NULL) {
        item->text = copy(finding, name);
        item->unit = copy(finding, unit);
        item->value = value;
    }
}

void
gbx_finding_number(gbx_finding *finding, const char *name, double value, const char *unit)
{
    add_value(finding, GBX_ITEM_NUMBER, name, value, unit);
}

void
gbx_finding_bar(gbx_finding *finding, const char *name, double value, const char *unit)
{
    add_value(finding, GBX_ITEM_BAR, name, value, unit);
}

void
gbx_finding_observe(gbx_finding *finding, size_t choice)
{
    finding->observed = true;
    finding->choice = choice;
}

void
gbx_finding_observe_number(gbx_finding *finding, double value)
{
    finding->observed = true;
    finding->number = value;
}

/* --------------------------------------------------------- ways to say no */

gbx_verdict
gbx_finding_fail(gbx_finding *finding, const char *expected, const char *actual, const char *likely)
{
    gbx_item *item = add(finding, GBX_ITEM_FAILURE);
    if (item != NULL) {
        item->expected = copy(finding, expected);
        item->text = copy(finding, actual);
        item->likely = copy(finding, likely);
    }
    return GBX_FAIL;
}

gbx_verdict
gbx_finding_failf(gbx_finding *finding, const char *expected, const char *likely,
                  const char *actual, ...)
{
    va_list args;
    va_start(args, actual);
    gbx_item *item = add_text(finding, GBX_ITEM_FAILURE, actual, args);
    va_end(args);
    if (item != NULL) {
        item->expected = copy(finding, expected);
        item->likely = copy(finding, likely);
    }
    return GBX_FAIL;
}

gbx_verdict
gbx_finding_insufficient(gbx_finding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_text(finding, GBX_ITEM_INSUFFICIENT, format, args);
    va_end(args);
    return GBX_INSUFFICIENT;
}

gbx_verdict
gbx_finding_skip(gbx_finding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_text(finding, GBX_ITEM_SKIP, format, args);
    va_end(args);
    return GBX_SKIPPED;
}

gbx_verdict
gbx_finding_skip_lacking(gbx_finding *finding, gbx_lack lack, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    add_text(finding, GBX_ITEM_SKIP, format, args);
    va_end(args);
    finding->lack = lack;
    return GBX_SKIPPED;
}

/* ------------------------------------------------------------- small things */

const char *
gbx_lack_name(gbx_lack lack)
{
    return lack == GBX_LACK_DEVICE ? "device" : NULL;
}

const char *
gbx_finding_why_skipped(const gbx_finding *finding)
{
    for (size_t i = 0; i < finding->count; i++) {
        if (finding->items[i].kind == GBX_ITEM_SKIP) {
            return finding->items[i].text;
        }
    }
    return "";
}

const char *
gbx_verdict_name(gbx_verdict verdict)
{
    static const char *const names[] = { "PASS", "FAIL", "INSUFFICIENT", "SKIPPED", "BROKEN" };
    return (unsigned)verdict < sizeof(names) / sizeof(names[0]) ? names[verdict] : "BROKEN";
}

gbx_look
gbx_look_run(const gbx_look *look, size_t run)
{
    return (gbx_look){
        .trace = look->runs[run].trace, .runs = &look->runs[run], .run_count = 1,
        .symbols = look->symbols,
    };
}
