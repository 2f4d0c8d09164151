/* What records mean: their fields by the file's own table, and what the ids in them are called.

   All of it is search in sorted tables that file.c and names.c have checked; it must not decode, nor
   change anything. */

#include "trace_internal.h"

#include <string.h>

/* ------------------------------------------------------------- fields, names */

static size_t
first_field(const gbx_file *file, uint8_t event)
{
    size_t low = 0, high = file->field_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (file->fields[middle].event < event) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low;
}

size_t
gbx_trace_field_count(const gbx_trace *trace, size_t at)
{
    const gbx_file *file = gbx_trace_file(trace, at);
    uint8_t event = gbx_trace_event(trace, at);
    size_t first = first_field(file, event), last = first;
    while (last < file->field_count && file->fields[last].event == event) {
        last++;
    }
    return last - first;
}

gbx_field
gbx_trace_field(const gbx_trace *trace, size_t at, size_t index)
{
    const gbx_file *file = gbx_trace_file(trace, at);
    const gbx_head *head = gbx_trace_record(trace, at);
    uint8_t event = head->event;
    size_t entry = first_field(file, event) + index;
    uint64_t value = 0;
    if (entry >= file->field_count || file->fields[entry].event != event) {
        return (gbx_field){ .name = "" };        /* no such field, or no longer */
    }
    const gbx_field_entry *field = &file->fields[entry];
    memcpy(&value, (const uint8_t *)head + field->offset, field->width);
    if (field->kind == GBX_KIND_INT && field->width < sizeof(value)
        && (value >> (field->width * 8 - 1) & 1) != 0) {
        value |= UINT64_MAX << field->width * 8;
    }
    return (gbx_field){
        .name = field->name, .kind = field->kind, .detail = field->detail,
        .offset = field->offset, .width = field->width, .value = value,
    };
}

static const char *
text_of(const gbx_trace *trace, uint32_t process, const gbx_texts *texts, uint32_t id)
{
    (void)trace;
    (void)process;
    const gbx_text *text = gbx_texts_find(texts, id);
    return text == NULL ? NULL : text->text;
}

const char *
gbx_trace_string(const gbx_trace *trace, uint32_t process, uint32_t id)
{
    return text_of(trace, process, &trace->files[process].strings, id);
}

const gbx_type_info *
gbx_trace_type(const gbx_trace *trace, uint32_t process, uint32_t id)
{
    return gbx_objects_type(&trace->files[process], id);
}

const gbx_watch_info *
gbx_trace_watch(const gbx_trace *trace, uint32_t process, uint32_t id)
{
    return gbx_objects_watch(&trace->files[process], id);
}

const char *
gbx_trace_opcode(const gbx_trace *trace, uint32_t process, uint8_t opcode)
{
    return text_of(trace, process, &trace->files[process].opcodes, opcode);
}

const char *
gbx_trace_reason(const gbx_trace *trace, uint32_t process, uint8_t family, uint8_t reason)
{
    return text_of(trace, process, &trace->files[process].reasons,
                   (uint32_t)family << 8 | reason);
}

const gbx_code_info *
gbx_trace_code(const gbx_trace *trace, uint32_t process, uint32_t id)
{
    const gbx_file *file = &trace->files[process];
    size_t low = 0, high = file->code_count;
    while (low < high) {
        size_t middle = (low + high) / 2;
        if (file->codes[middle].id < id) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    return low < file->code_count && file->codes[low].id == id ? &file->codes[low].info : NULL;
}

size_t
gbx_trace_meta_count(const gbx_trace *trace, uint32_t process)
{
    return trace->files[process].metas.count;
}

const char *
gbx_trace_meta(const gbx_trace *trace, uint32_t process, size_t index)
{
    return trace->files[process].metas.items[index].text;
}

const char *
gbx_trace_meta_value(const gbx_trace *trace, uint32_t process, const char *key)
{
    const gbx_texts *metas = &trace->files[process].metas;
    size_t length = strlen(key);
    for (size_t i = 0; i < metas->count; i++) {
        const char *text = metas->items[i].text;
        if (strncmp(text, key, length) == 0 && text[length] == '=') {
            return text + length + 1;
        }
    }
    return NULL;
}

const char *
gbx_trace_label(uint8_t enumeration, uint8_t value)
{
#define V(ENUM, VALUE, number, text) \
    if (enumeration == GBX_ENUM_##ENUM && value == number) { return text; }
    GBX_VALUES(V)
#undef V
    return NULL;
}

const char *
gbx_event_name(uint8_t event)
{
    switch (event) {
#define X(NAME, id, CLASS, text, record, timed) case id: return text;
        GBX_EVENTS(X)
#undef X
        default: return "?";
    }
}

int
gbx_event_class(uint8_t event)
{
    switch (event) {
#define X(NAME, id, CLASS, text, record, timed) case id: return GBX_CLASS_##CLASS;
        GBX_EVENTS(X)
#undef X
        default: return -1;
    }
}

const char *
gbx_class_name(unsigned klass)
{
    static const char *const names[] = {
#define X(NAME, bit, text) [bit] = text,
        GBX_CLASSES(X)
#undef X
    };
    return klass < GBX_CLASS_COUNT ? names[klass] : "?";
}
