/* How one event is shown; see show.h. */

#include "show.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

typedef struct {
    char *text;
    size_t size, used;
} buffer;

static void put(buffer *to, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
put(buffer *to, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int n = vsnprintf(to->text + to->used, to->size - to->used, format, args);
    va_end(args);
    if (n > 0) {
        to->used += (size_t)n;
        if (to->used >= to->size) {
            to->used = to->size - 1;
        }
    }
}

/* A field of this record by kind; false where it has none. */
static bool
find_kind(const gbx_trace *trace, size_t at, uint8_t kind, uint64_t *value)
{
    size_t count = gbx_trace_field_count(trace, at);
    for (size_t i = 0; i < count; i++) {
        gbx_field field = gbx_trace_field(trace, at, i);
        if (field.kind == kind) {
            *value = field.value;
            return true;
        }
    }
    return false;
}

static uint64_t
named_field(const gbx_trace *trace, size_t at, const char *name)
{
    size_t count = gbx_trace_field_count(trace, at);
    for (size_t i = 0; i < count; i++) {
        gbx_field field = gbx_trace_field(trace, at, i);
        if (strcmp(field.name, name) == 0) {
            return field.value;
        }
    }
    return 0;
}

/* What a field's number is called, or NULL. */
static const char *
name_of(const gbx_trace *trace, size_t at, gbx_field field)
{
    uint32_t process = gbx_trace_where(trace, at).process;
    const gbx_code_info *code;
    const gbx_type_info *type;
    const gbx_watch_info *watch;
    switch (field.kind) {
        case GBX_KIND_STRING:
            return field.value == 0 ? NULL : gbx_trace_string(trace, process, (uint32_t)field.value);
        case GBX_KIND_CODE:
            code = gbx_trace_code(trace, process, (uint32_t)field.value);
            return code == NULL ? NULL : code->name;
        case GBX_KIND_OPCODE:
            return gbx_trace_opcode(trace, process, (uint8_t)field.value);
        case GBX_KIND_ENTRY:
            return field.value == 0 ? "c" : field.value == 255 ? "present"
                : gbx_trace_opcode(trace, process, (uint8_t)field.value);
        case GBX_KIND_REASON:
            return gbx_trace_event(trace, at) != GBX_EV_SPEC_FAIL ? NULL
                : gbx_trace_reason(trace, process, (uint8_t)named_field(trace, at, "family"),
                                   (uint8_t)field.value);
        case GBX_KIND_TYPE:
            type = gbx_trace_type(trace, process, (uint32_t)field.value);
            return type == NULL ? NULL : type->name;
        case GBX_KIND_WATCH:
            watch = gbx_trace_watch(trace, process, (uint32_t)field.value);
            return watch == NULL ? NULL : watch->name;
        case GBX_KIND_ENUM:
            return gbx_trace_label(field.detail, (uint8_t)field.value);
        default:
            return NULL;
    }
}

static double
as_double(uint64_t bits)
{
    double number;
    memcpy(&number, &bits, sizeof(number));
    return number;
}

static void
put_value(const gbx_trace *trace, size_t at, buffer *to, gbx_field field)
{
    uint32_t process = gbx_trace_where(trace, at).process;
    uint64_t type = named_field(trace, at, "type");
    const char *text;
    switch (type) {
        case GBX_VALUE_INT:
            put(to, "%" PRId64, (int64_t)field.value);
            break;
        case GBX_VALUE_FLOAT:
            put(to, "%.9g", as_double(field.value));
            break;
        case GBX_VALUE_STRING:
            text = gbx_trace_string(trace, process, (uint32_t)field.value);
            put(to, "'%s'", text == NULL ? "?" : text);
            break;
        default:
            put(to, "none");
            break;
    }
}

/* "gc_scheduled+please_stop"; a bit without a name is a number. */
static void
put_bits(buffer *to, gbx_field field)
{
    const char *plus = "";
    for (unsigned bit = 0; bit < 8 * field.width; bit++) {
        if ((field.value >> bit & 1) != 0) {
            const char *name = bit > UINT8_MAX ? NULL : gbx_trace_label(field.detail, (uint8_t)bit);
            put(to, "%s%s", plus, name == NULL ? "bit " : name);
            if (name == NULL) {
                put(to, "%u", bit);
            }
            plus = "+";
        }
    }
    put(to, "%s", field.value == 0 ? "none" : "");
}

static uint64_t
ticks_ns(const gbx_trace *trace, size_t at, uint64_t ticks)
{
    double ns = (double)ticks * gbx_trace_process(trace, gbx_trace_where(trace, at).process)->ns_per_tick;
    return ns >= 0 && ns < 1e19 ? (uint64_t)ns : 0;
}

static bool
worth_showing(gbx_field field)
{
    bool empty = field.value == 0 && (field.kind == GBX_KIND_STRING || field.kind == GBX_KIND_CODE ||
        field.kind == GBX_KIND_TYPE || field.kind == GBX_KIND_VERSION || field.kind == GBX_KIND_REASON);
    bool unknown = (field.kind == GBX_KIND_OFFSET || field.kind == GBX_KIND_CALLER_OFFSET)
        && field.value == GBX_NO_OFFSET;
    bool no_guard = field.kind == GBX_KIND_ENUM && field.detail == GBX_ENUM_GUARD && field.value == 0;
    return !empty && !unknown && !no_guard;
}

void
gbx_show_fields(const gbx_trace *trace, size_t at, char *text, size_t size)
{
    buffer to = { text, size, 0 };
    size_t count = gbx_trace_field_count(trace, at);
    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        gbx_field field = gbx_trace_field(trace, at, i);
        if (!worth_showing(field)) {
            continue;
        }
        put(&to, "%s%s=", to.used == 0 ? "" : " ", field.name);
        const char *name = name_of(trace, at, field);
        if (name != NULL) {
            put(&to, "%s", name);
        }
        else if (field.kind == GBX_KIND_VALUE) {
            put_value(trace, at, &to, field);
        }
        else if (field.kind == GBX_KIND_COUNTER) {
            put(&to, "%" PRIu64 "/%" PRIu64, field.value >> 4, field.value & 15);
        }
        else if (field.kind == GBX_KIND_BITS) {
            put_bits(&to, field);
        }
        else if (field.kind == GBX_KIND_TICKS) {
            put(&to, "%" PRIu64 "ns", ticks_ns(trace, at, field.value));
        }
        else if (field.kind == GBX_KIND_THREAD && field.value == GBX_NO_THREAD) {
            put(&to, "?");
        }
        else if (field.kind == GBX_KIND_INT) {
            put(&to, "%" PRId64, (int64_t)field.value);
        }
        else if (field.kind == GBX_KIND_ADDRESS || field.kind == GBX_KIND_PC ||
                 field.kind == GBX_KIND_FRAME || field.kind == GBX_KIND_MASK) {
            put(&to, "%#" PRIx64, field.value);
        }
        else {
            put(&to, "%" PRIu64, field.value);
        }
    }
    gbx_text_mend(text);
}

void
gbx_show_line(const gbx_trace *trace, uint32_t process, uint32_t id, uint32_t offset, char *text,
              size_t size)
{
    int line, column;
    const gbx_code_info *code = gbx_trace_code(trace, process, id);
    text[0] = '\0';
    if (code != NULL && offset != GBX_NO_OFFSET && gbx_code_line(code, offset, &line, &column)) {
        const char *slash = strrchr(code->file, '/');
        const char *name = slash == NULL ? code->file : slash + 1;
        int most = (int)(size > 32 ? size - 32 : 0);     /* the line is worth more than a long name */
        snprintf(text, size, "%.*s", most, name);
        gbx_text_mend(text);
        size_t used = strlen(text);
        snprintf(text + used, size - used, ":%d", line);
    }
}

void
gbx_show_place(const gbx_trace *trace, size_t at, char *text, size_t size)
{
    uint64_t id, offset;
    text[0] = '\0';
    if (find_kind(trace, at, GBX_KIND_CODE, &id) && find_kind(trace, at, GBX_KIND_OFFSET, &offset)) {
        gbx_show_line(trace, gbx_trace_where(trace, at).process, (uint32_t)id, (uint32_t)offset, text, size);
    }
}

static json_t *
value_json(const gbx_trace *trace, size_t at, gbx_field field)
{
    uint64_t type = named_field(trace, at, "type");
    if (type == GBX_VALUE_INT) {
        return json_integer((json_int_t)field.value);
    }
    if (type == GBX_VALUE_FLOAT) {
        json_t *number = json_real(as_double(field.value));      /* NULL for nan and infinity */
        return number != NULL ? number : json_string("not finite");
    }
    if (type == GBX_VALUE_STRING) {
        const char *text = gbx_trace_string(trace, gbx_trace_where(trace, at).process,
                                            (uint32_t)field.value);
        return text == NULL ? json_null() : json_string(text);
    }
    return json_null();
}

json_t *
gbx_show_json(const gbx_trace *trace, size_t at)
{
    gbx_where where = gbx_trace_where(trace, at);
    uint8_t event = gbx_trace_event(trace, at);
    const char *full = gbx_event_name(event);
    json_t *object = json_pack("{s:s, s:s, s:I, s:I, s:I, s:I, s:I}",
        "event", full, "class", gbx_class_name((unsigned)gbx_event_class(event)),
        "seq", (json_int_t)at, "t_ns", (json_int_t)where.t_ns, "pid", (json_int_t)where.pid,
        "thread", (json_int_t)where.thread, "interp", (json_int_t)where.interp);
    size_t count = gbx_trace_field_count(trace, at);
    for (size_t i = 0; object != NULL && i < count; i++) {
        gbx_field field = gbx_trace_field(trace, at, i);
        const char *name = name_of(trace, at, field);
        json_t *value = field.kind == GBX_KIND_VALUE ? value_json(trace, at, field)
            : name != NULL && field.kind == GBX_KIND_ENUM ? json_string(name)
            : json_integer((json_int_t)field.value);
        char key[64];
        /* A field of the trace may bear a name that every event has: the event's own thread is one. */
        bool taken = json_object_get(object, field.name) != NULL;
        snprintf(key, sizeof(key), "%s%s", taken ? "of_" : "", field.name);
        json_object_set_new(object, key, value);
        if (field.kind == GBX_KIND_TICKS) {
            snprintf(key, sizeof(key), "%s_ns", field.name);
            json_object_set_new(object, key, json_integer((json_int_t)ticks_ns(trace, at, field.value)));
        }
        if (name != NULL && field.kind != GBX_KIND_ENUM) {
            snprintf(key, sizeof(key), "%s_name", field.name);
            json_object_set_new(object, key, json_string(name));
        }
    }
    char place[512];
    gbx_show_place(trace, at, place, sizeof(place));
    if (object != NULL && place[0] != '\0') {
        json_object_set_new(object, "place", json_string(place));
    }
    return object;
}
