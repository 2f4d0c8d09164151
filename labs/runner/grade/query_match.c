/* Which events a declared fact is about; see query_internal.h. */

#include "query_internal.h"

#include "marks.h"
#include "show.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

bool
gbx_match_kinds(const char *name, bool kinds[256])
{
    size_t length = strlen(name);
    bool klass = length > 2 && strcmp(name + length - 2, ".*") == 0, found = false;
    for (unsigned event = 1; event < 256; event++) {
        const char *its = gbx_event_name((uint8_t)event);
        kinds[event] = klass ? strncmp(its, name, length - 1) == 0 : strcmp(its, name) == 0;
        found = found || (kinds[event] && strcmp(its, "?") != 0);
    }
    kinds[0] = false;
    return found;
}

bool
gbx_match_part(gbx_match *match, const json_t *query, const gbx_lab_look *look, gbx_finding *finding)
{
    gbx_marks marks;
    const char *name = json_string_value(json_object_get(query, "part"));
    match->trace = look->look->trace;
    if (match->trace == NULL || gbx_marks_read(&marks, match->trace, NULL, NULL) != 0) {
        gbx_finding_insufficient(finding, "nothing was recorded");
        return false;
    }
    const gbx_harness_part *part = name == NULL ? NULL : gbx_marks_part(&marks, name);
    bool found = name == NULL ? marks.began && marks.ended : part != NULL;
    if (!found) {
        gbx_finding_insufficient(finding, "the run did not come through its part '%s'", name == NULL ? "all" : name);
    }
    else {
        match->begin = (part == NULL ? marks.first : part->begin) + 1;
        match->end = part == NULL ? marks.last : part->end;
        match->stream = gbx_trace_where(match->trace, match->begin - 1).stream;
        match->all_threads = json_object_get(query, "threads") != NULL;
    }
    gbx_marks_clear(&marks);
    return found;
}

/* --------------------------------------------------------------------- fields */

static bool
is_value(const json_t *wanted, const json_t *value)
{
    if (json_is_number(wanted) && json_is_number(value)) {
        double a = json_number_value(wanted), b = json_number_value(value);
        return a >= b && a <= b;
    }
    return value != NULL && json_equal(wanted, value);
}

static bool
fits(const json_t *wanted, const json_t *value)
{
    size_t i;
    json_t *one;
    if (json_is_array(wanted)) {
        json_array_foreach(wanted, i, one) {
            if (is_value(one, value)) {
                return true;
            }
        }
        return false;
    }
    if (json_is_object(wanted)) {
        const json_t *least = json_object_get(wanted, "least"), *most = json_object_get(wanted, "most");
        double number = json_number_value(value);
        return json_is_number(value) && (least == NULL || number >= json_number_value(least))
            && (most == NULL || number <= json_number_value(most));
    }
    return is_value(wanted, value);
}

static bool
fields_fit(const json_t *where, const gbx_trace *trace, size_t at)
{
    const char *key;
    json_t *wanted, *event = gbx_show_json(trace, at);
    bool all = event != NULL;
    json_object_foreach((json_t *)(uintptr_t)where, key, wanted) {
        char named[96];
        snprintf(named, sizeof(named), "%.80s_name", key);
        all = all && (fits(wanted, json_object_get(event, key)) || fits(wanted, json_object_get(event, named)));
    }
    json_decref(event);
    return all;
}

/* ------------------------------------------------------------------ functions */

/* The code that the event itself is about; 0: it names none. */
static uint32_t
own_code(const gbx_trace *trace, size_t at)
{
    size_t count = gbx_trace_field_count(trace, at);
    for (size_t i = 0; i < count; i++) {
        gbx_field field = gbx_trace_field(trace, at, i);
        if (field.kind == GBX_KIND_CODE && field.value != 0) {
            return (uint32_t)field.value;
        }
    }
    return 0;
}

static bool
is_of_function(const char *function, gbx_walk *walk)
{
    uint32_t code = own_code(walk->trace, walk->at);
    const gbx_walk_frame *top = gbx_walk_top(walk);
    if (code == 0) {
        code = top == NULL ? 0 : top->code;
    }
    const gbx_code_info *info = gbx_trace_code(walk->trace, walk->process, code);
    return info != NULL && strcmp(info->name, function) == 0
        && strncmp(info->file, GBX_WORK_FOLDER, strlen(GBX_WORK_FOLDER)) == 0;
}

bool
gbx_match_event(const gbx_match *match, gbx_walk *walk)
{
    return match->kinds[walk->event] && walk->at >= match->begin && walk->at < match->end
        && (match->all_threads || walk->stream == match->stream)
        && (match->function == NULL || is_of_function(match->function, walk))
        && (match->where == NULL || fields_fit(match->where, walk->trace, walk->at));
}

/* ---------------------------------------------------------------------- names */

/* a.b.c: the longest key first, so that a key may have dots in it. */
static const json_t *
follow(const json_t *from, const char *path)
{
    const json_t *whole = json_object_get(from, path);
    if (whole != NULL || !json_is_object(from)) {
        return whole;
    }
    for (const char *dot = path + strlen(path); dot > path; dot--) {
        char key[128];
        if (*dot == '.' && (size_t)(dot - path) < sizeof(key)) {
            snprintf(key, sizeof(key), "%.*s", (int)(dot - path), path);
            const json_t *found = follow(json_object_get(from, key), dot + 1);
            if (found != NULL) {
                return found;
            }
        }
    }
    return NULL;
}

const json_t *
gbx_query_name(const gbx_lab_look *look, const char *name)
{
    const struct { const char *prefix; const json_t *value; } all[] = {
        { "variant.", look->variant }, { "observed.", look->observed }, { "expected.", look->expected },
        { "answers.", look->answers },
    };
    for (size_t i = 0; i < GBX_COUNT(all); i++) {
        size_t length = strlen(all[i].prefix);
        if (strncmp(name, all[i].prefix, length) == 0) {
            return follow(all[i].value, name + length);
        }
    }
    return NULL;
}
