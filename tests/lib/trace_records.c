/* The events and the definitions of a written trace, each put where the writer says; see trace_writer.h. */

#include "trace_writer.h"

#include <stdlib.h>
#include <string.h>

/* ------------------------------------------------------------------- events */

#define PUT(w, thread, ...) writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))

void
writer_edge(trace_writer *w, uint32_t thread, uint8_t event, uint8_t flags, uint16_t offset,
            uint32_t code, uint32_t frame)
{
    gbx_head head = { .event = event, .flags = flags, .arg = offset };
    PUT(w, thread, (gbx_frame_edge){ .h = head, .code = code, .frame = frame });
}

void
writer_push(trace_writer *w, uint32_t thread, uint32_t code, uint32_t frame)
{
    writer_edge(w, thread, GBX_EV_FRAME_PUSH, 0, GBX_NO_OFFSET, code, frame);
}

void
writer_pop(trace_writer *w, uint32_t thread, uint32_t code, uint32_t frame)
{
    writer_edge(w, thread, GBX_EV_FRAME_POP, GBX_POP_RETURN, 0, code, frame);
}

void
writer_generator(trace_writer *w, uint32_t thread, uint32_t code, uint32_t frame, uint32_t generator)
{
    PUT(w, thread, (gbx_frame_generator){ .h = { .event = GBX_EV_FRAME_GENERATOR }, .code = code,
                                          .frame = frame, .generator = generator });
}

void
writer_spec(trace_writer *w, uint32_t thread, uint8_t event, uint32_t code, uint16_t offset,
            uint8_t family, uint8_t reason)
{
    PUT(w, thread, (gbx_spec){ .h = { .event = event, .arg = offset }, .code = code,
                               .family = family, .reason = reason });
}

void
writer_stage(trace_writer *w, uint32_t thread, uint8_t event, uint8_t stage, uint32_t name)
{
    PUT(w, thread, (gbx_compile_stage){ .h = { .event = event, .flags = stage }, .name = name });
}

void
writer_mark(trace_writer *w, uint32_t thread, uint32_t name, uint8_t type, uint64_t value)
{
    PUT(w, thread, (gbx_mark){ .h = { .event = GBX_EV_MARK, .flags = type }, .name = name,
                               .value = value });
}

void
writer_time(trace_writer *w, uint32_t thread, uint64_t ticks)
{
    gbx_stream_time record = { .h = { .event = GBX_EV_STREAM_TIME }, .ticks = ticks };
    memcpy(writer_room(w, GBX_SEGMENT_EVENTS, thread, sizeof(record)), &record, sizeof(record));
}

void
writer_lost(trace_writer *w, uint32_t thread, uint64_t count)
{
    gbx_stream_lost record = { .h = { .event = GBX_EV_STREAM_LOST }, .count = count };
    memcpy(writer_room(w, GBX_SEGMENT_EVENTS, thread, sizeof(record)), &record, sizeof(record));
}

void
writer_interp(trace_writer *w, uint32_t thread, uint32_t interp)
{
    PUT(w, thread, (gbx_stream_interp){ .h = { .event = GBX_EV_STREAM_INTERP }, .interp = interp });
}

void
writer_mask(trace_writer *w, uint32_t thread, uint32_t old_mask, uint32_t new_mask)
{
    PUT(w, thread, (gbx_stream_mask){ .h = { .event = GBX_EV_STREAM_MASK }, .old_mask = old_mask,
                                      .new_mask = new_mask });
}

/* -------------------------------------------------------------------- names */

/* A definition from two pieces of payload. */
static size_t
define(trace_writer *w, gbx_name name, const void *first, size_t first_length, const void *second,
       size_t second_length)
{
    name.length = (uint32_t)(first_length + second_length);
    name.size = (uint32_t)((sizeof(name) + name.length + 7) & ~(size_t)7);
    uint8_t *at = writer_room(w, GBX_SEGMENT_NAMES, 0, name.size);
    memcpy(at, &name, sizeof(name));
    memcpy(at + sizeof(name), first, first_length);
    if (second_length > 0) {
        memcpy(at + sizeof(name) + first_length, second, second_length);
    }
    return (size_t)(at - writer_bytes(w));
}

size_t
writer_name(trace_writer *w, uint8_t kind, uint32_t id, const void *text, size_t length)
{
    return define(w, (gbx_name){ .kind = kind, .id = id }, text, length, NULL, 0);
}

size_t
writer_string(trace_writer *w, uint32_t id, const char *text)
{
    return writer_name(w, GBX_NAME_STRING, id, text, strlen(text));
}

size_t
writer_thread_name(trace_writer *w, uint32_t id, uint64_t native_id, const char *name)
{
    gbx_name_thread head = { .native_id = native_id, .ident = native_id };
    return define(w, (gbx_name){ .kind = GBX_NAME_THREAD, .id = id }, &head, sizeof(head), name,
                  strlen(name));
}

size_t
writer_code(trace_writer *w, uint32_t id, const char *name, const char *file, uint32_t first_line,
            const void *table, size_t length)
{
    gbx_name_code head = {
        .first_line = first_line, .units = 100, .name_length = (uint32_t)strlen(name),
        .file_length = (uint32_t)strlen(file), .table_length = (uint32_t)length, .address = 0x1000,
    };
    size_t size = head.name_length + head.file_length + length;
    uint8_t *payload = malloc(size + 1);
    if (payload == NULL) {
        abort();
    }
    memcpy(payload, name, head.name_length);
    memcpy(payload + head.name_length, file, head.file_length);
    if (length > 0) {
        memcpy(payload + head.name_length + head.file_length, table, length);
    }
    size_t at = define(w, (gbx_name){ .kind = GBX_NAME_CODE, .id = id }, &head, sizeof(head),
                       payload, size);
    free(payload);
    return at;
}
