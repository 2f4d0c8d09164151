/* See part.h. */

#include "part.h"
#include "symbols.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------- reading */

const void *
gbx_part_record(const gbx_part *part, size_t at)
{
    return gbx_trace_record(part->trace, at);
}

static bool
is_own(const gbx_part *part, size_t at)
{
    return gbx_trace_where(part->trace, at).stream == part->stream;
}

uint8_t
gbx_part_event(const gbx_part *part, size_t at)
{
    return is_own(part, at) ? gbx_trace_event(part->trace, at) : (uint8_t)GBX_EV_NONE;
}

const char *
gbx_part_string(const gbx_part *part, uint32_t id)
{
    const char *text = gbx_trace_string(part->trace, part->process, id);
    return text == NULL ? "?" : text;
}

const char *
gbx_part_watched(const gbx_part *part, uint32_t id)
{
    const gbx_watch_info *watch = gbx_trace_watch(part->trace, part->process, id);
    return watch == NULL ? "?" : watch->name;
}

const char *
gbx_part_opcode(const gbx_part *part, uint8_t opcode)
{
    const char *name = gbx_trace_opcode(part->trace, part->process, opcode);
    return name == NULL ? "?" : name;
}

const char *
gbx_part_reason(const gbx_part *part, const gbx_spec *spec)
{
    const char *reason = gbx_trace_reason(part->trace, part->process, spec->family, spec->reason);
    return reason == NULL ? "?" : reason;
}

const char *
gbx_part_code_name(const gbx_part *part, uint32_t code)
{
    const gbx_code_info *info = gbx_trace_code(part->trace, part->process, code);
    return info == NULL ? "?" : info->name;
}

/* ----------------------------------------------------------------------- parts */

/* The mark at a position, if it has this name (NULL: any) and a value of this type. */
static const gbx_mark *
mark_at(const gbx_part *part, size_t at, const char *name, uint8_t type)
{
    if (gbx_trace_event(part->trace, at) != GBX_EV_MARK || !is_own(part, at)) {
        return NULL;
    }
    const gbx_mark *mark = gbx_part_record(part, at);
    if (mark->h.flags != type
        || (name != NULL && strcmp(gbx_part_string(part, mark->name), name) != 0)) {
        return NULL;
    }
    return mark;
}

static const char *
text_of(const gbx_part *part, const gbx_mark *mark)
{
    return gbx_part_string(part, (uint32_t)mark->value);
}

/* The first mark(name, text) at or after `at`; `text` may be NULL: whatever it says. */
static size_t
next_mark(const gbx_part *part, size_t at, const char *name, const char *text)
{
    for (; at < part->end; at++) {
        const gbx_mark *mark = mark_at(part, at, name, GBX_VALUE_STRING);
        if (mark != NULL && (text == NULL || strcmp(text_of(part, mark), text) == 0)) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

bool
gbx_part_whole(const gbx_look *look, gbx_part *part)
{
    const gbx_trace *trace = look->trace;
    size_t count = trace == NULL ? 0 : gbx_trace_count(trace);
    for (size_t at = 0; at < count; at++) {
        gbx_where where = gbx_trace_where(trace, at);
        if (where.process == 0) {
            *part = (gbx_part){ look, trace, 0, count, where.stream, 0, NULL };
            return true;
        }
    }
    return false;
}

bool
gbx_part_specializes(const gbx_look *look, gbx_finding *finding)
{
    if (look->trace != NULL
        && (gbx_trace_process(look->trace, 0)->header->build & GBX_BUILD_FREE_THREADED) != 0) {
        gbx_finding_skip(finding, "this version does not specialize in its free-threaded build");
        return false;
    }
    return true;
}

gbx_part
gbx_part_cut(const gbx_part *part, size_t begin, size_t end)
{
    gbx_part cut = *part;
    cut.begin = begin;
    cut.end = end;
    return cut;
}

/* The file of the code that runs at a position; NULL where the trace does not say. */
static const char *
file_at(const gbx_part *part, size_t at)
{
    gbx_running running = gbx_trace_running(part->trace, at);
    const gbx_code_info *info = gbx_trace_code(part->trace, part->process, running.code);
    return info == NULL ? NULL : info->file;
}

bool
gbx_part_find_span(const gbx_look *look, gbx_finding *finding, const char *name, const char *from,
                   const char *last, gbx_part *part)
{
    gbx_part whole;
    if (!gbx_part_whole(look, &whole)) {
        gbx_finding_insufficient(finding, "nothing was recorded");
        return false;
    }
    size_t begin = next_mark(&whole, 0, name, from);
    size_t later = begin == GBX_NO_EVENT ? begin : next_mark(&whole, begin, name, last);
    size_t end = later == GBX_NO_EVENT ? later : next_mark(&whole, later + 1, name, NULL);
    if (end == GBX_NO_EVENT) {
        const char *missing = begin == GBX_NO_EVENT ? from : last;
        gbx_finding_insufficient(finding, "the program %s the part '%s' of '%s'",
                                 later == GBX_NO_EVENT ? "does not mark" : "does not end", missing,
                                 name);
        return false;
    }
    *part = gbx_part_cut(&whole, begin + 1, end);
    part->file = file_at(&whole, begin);
    return true;
}

bool
gbx_part_find(const gbx_look *look, gbx_finding *finding, const char *name, const char *from,
              gbx_part *part)
{
    return gbx_part_find_span(look, finding, name, from, from, part);
}

/* ---------------------------------------------------------------------- events */

/* The code id that a record names; 0 where its kind has none. */
static uint32_t
code_of(const gbx_head *head)
{
    const void *record = head;
    switch (gbx_event_class(head->event)) {
        case GBX_CLASS_FRAME:
            if (head->event == GBX_EV_FRAME_CHUNK_NEW || head->event == GBX_EV_FRAME_CHUNK_FREE) {
                return 0;
            }
            return ((const gbx_frame_edge *)record)->code;     /* all of them begin alike */
        case GBX_CLASS_SPEC:
            return ((const gbx_spec *)record)->code;
        case GBX_CLASS_REF:
            return head->event == GBX_EV_REF_CHURN ? ((const gbx_ref_churn *)record)->code
                   : head->event == GBX_EV_REF_SHARING ? ((const gbx_ref_sharing *)record)->code
                   : ((const gbx_ref *)record)->code;
        case GBX_CLASS_COMPILE:
            return head->event == GBX_EV_CODE_NEW || head->event == GBX_EV_CODE_FREE
                   ? ((const gbx_code *)record)->code
                   : ((const gbx_compile_stage *)record)->code;
        default:
            return 0;
    }
}

size_t
gbx_part_next(const gbx_part *part, size_t at, uint8_t event, uint32_t code)
{
    for (; at < part->end; at++) {
        if (gbx_trace_event(part->trace, at) == event
            && (code == 0 || code_of(gbx_part_record(part, at)) == code) && is_own(part, at)) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

/* The specialization event at a position, if it is of this kind (0: any) and function. */
static const gbx_spec *
spec_at(const gbx_part *part, size_t at, uint8_t event, uint32_t code)
{
    uint8_t kind = gbx_trace_event(part->trace, at);
    if (gbx_event_class(kind) != GBX_CLASS_SPEC || (event != 0 && kind != event)) {
        return NULL;
    }
    const gbx_spec *spec = gbx_part_record(part, at);
    return spec->code == code && is_own(part, at) ? spec : NULL;
}

size_t
gbx_part_next_spec(const gbx_part *part, size_t at, uint8_t event, uint32_t code, uint16_t offset)
{
    for (; at < part->end; at++) {
        const gbx_spec *spec = spec_at(part, at, event, code);
        if (spec != NULL && spec->h.arg == offset) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

size_t
gbx_part_next_family(const gbx_part *part, size_t at, uint8_t event, uint32_t code,
                     const char *family)
{
    for (; at < part->end; at++) {
        const gbx_spec *spec = spec_at(part, at, event, code);
        if (spec != NULL && strcmp(gbx_part_opcode(part, spec->family), family) == 0) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

uint32_t
gbx_part_count(const gbx_part *part, uint8_t event, uint32_t code)
{
    uint32_t count = 0;
    for (size_t at = part->begin; (at = gbx_part_next(part, at, event, code)) != GBX_NO_EVENT; at++) {
        count++;
    }
    return count;
}

/* The code id that the event at a position names, if it is that of the function; else 0. */
static uint32_t
names_function(const gbx_part *part, size_t at, const char *function)
{
    uint8_t event = gbx_trace_event(part->trace, at);
    if (event != GBX_EV_FRAME_PUSH && event != GBX_EV_FRAME_RESUME && event != GBX_EV_CODE_NEW) {
        return 0;
    }
    uint32_t code = code_of(gbx_part_record(part, at));
    if (!is_own(part, at)) {
        return 0;
    }
    const gbx_code_info *info = gbx_trace_code(part->trace, part->process, code);
    if (info == NULL || strcmp(info->name, function) != 0) {
        return 0;
    }
    return part->file == NULL || strcmp(info->file, part->file) == 0 ? code : 0;
}

uint32_t
gbx_part_code(const gbx_part *part, const char *function)
{
    uint32_t code = 0;
    for (size_t at = part->begin; code == 0 && at < part->end; at++) {
        code = names_function(part, at, function);
    }
    for (size_t at = part->begin; code == 0 && at-- > 0;) {
        code = names_function(part, at, function);
    }
    return code;
}

bool
gbx_part_find_code(const gbx_part *part, gbx_finding *finding, const char *function, uint32_t *code)
{
    *code = gbx_part_code(part, function);
    if (*code == 0) {
        gbx_finding_insufficient(finding, "the program calls no function '%s' there", function);
    }
    return *code != 0;
}

const char *
gbx_part_caller(const gbx_part *part, size_t at)
{
    gbx_symbol symbol;
    const gbx_frame_object_new *made = gbx_part_record(part, at);
    const gbx_process *process = gbx_trace_process(part->trace, part->process);
    if (part->look->symbols == NULL
        || !gbx_symbols_find(part->look->symbols, process, made->caller, &symbol)) {
        return NULL;
    }
    return gbx_symbol_asker(&symbol)->function;
}

/* ----------------------------------------------------------------------- marks */

bool
gbx_part_number(const gbx_part *part, const char *name, double *value)
{
    for (size_t at = part->begin; at < part->end; at++) {
        const gbx_mark *mark = mark_at(part, at, name, GBX_VALUE_FLOAT);
        if (mark != NULL) {
            memcpy(value, &mark->value, sizeof(*value));
            return true;
        }
        mark = mark_at(part, at, name, GBX_VALUE_INT);
        if (mark != NULL) {
            *value = (double)(int64_t)mark->value;
            return true;
        }
    }
    return false;
}

const char *
gbx_part_text(const gbx_look *look, const char *name)
{
    gbx_part whole;
    if (!gbx_part_whole(look, &whole)) {
        return NULL;
    }
    size_t at = next_mark(&whole, 0, name, NULL);
    return at == GBX_NO_EVENT ? NULL : text_of(&whole, gbx_part_record(&whole, at));
}

/* Copy the word that *text begins with; move *text behind it and the space.  False if there is none,
   or it does not fit. */
static bool
take_word(const char **text, char *word, size_t size)
{
    size_t length = strcspn(*text, " ");
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(word, *text, length);
    word[length] = '\0';
    *text += length + ((*text)[length] == ' ');
    return true;
}

static bool
parse_site(const char *text, const char *kind, gbx_site *site)
{
    char word[16], *end;
    if (!take_word(&text, word, sizeof(word)) || strcmp(word, kind) != 0
        || !take_word(&text, site->function, sizeof(site->function))
        || !take_word(&text, word, sizeof(word))) {
        return false;
    }
    unsigned long offset = strtoul(word, &end, 10);
    if (*end != '\0' || offset >= GBX_NO_OFFSET) {
        return false;
    }
    site->offset = (uint16_t)offset;
    return take_word(&text, site->opcode, sizeof(site->opcode)) && *text == '\0';
}

bool
gbx_part_site(const gbx_part *part, const char *kind, size_t *at, gbx_site *site)
{
    for (; *at < part->end; ++*at) {
        const gbx_mark *mark = mark_at(part, *at, NULL, GBX_VALUE_STRING);
        if (mark != NULL && parse_site(gbx_part_string(part, mark->name), kind, site)) {
            site->value = text_of(part, mark);
            ++*at;
            return true;
        }
    }
    return false;
}
