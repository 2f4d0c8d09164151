/* One event in words; see evidence.h. */

#include "evidence.h"

#include "caller.h"
#include "show.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void
describe_thread(const gbx_trace *trace, const gbx_where *where, char *text, size_t size)
{
    const gbx_stream_info *stream = gbx_trace_stream(trace, where->stream);
    char name[32];
    if (stream->name != NULL && stream->name[0] != '\0') {
        snprintf(name, sizeof(name), "%.28s", stream->name);
    }
    else {
        snprintf(name, sizeof(name), "thread %" PRIu32, where->thread);
    }
    if (gbx_trace_process_count(trace) > 1) {
        snprintf(text, size, "%s, pid %" PRIu32, name, where->pid);
    }
    else {
        snprintf(text, size, "%s", name);
    }
}

/* Where the event says which C function changed a count, that line; else the hook's own. */
static void
describe_emitter(const gbx_trace *trace, size_t at, gbx_source *source, gbx_symbols *symbols, char *text,
                 size_t size)
{
    gbx_emitter emitter;
    gbx_caller caller;
    gbx_error error = { 0, "" };
    text[0] = '\0';
    bool says = gbx_event_class(gbx_trace_event(trace, at)) == GBX_CLASS_REF;
    if (says && gbx_caller_of_event(symbols, source, trace, at, &caller)) {
        gbx_caller_text(&caller, text, size);
        return;
    }
    if (source == NULL || gbx_source_emitter(source, trace, at, &emitter, &error) != 0
        || emitter.count == 0) {
        return;
    }
    const gbx_emitter_line *line = &emitter.lines[0];
    int used = snprintf(text, size, "%s:%d%s%s", line->file, line->line,
                        line->function[0] == '\0' ? "" : " in ", line->function);
    if (emitter.count > 1 && used > 0 && (size_t)used < size) {
        snprintf(text + used, size - (size_t)used, " or %zu more", emitter.count - 1);
    }
}

/* "loads.py:30 in from_global": the instruction's line where the event says which, else the function that
   it is about, else the one that ran. */
static void
describe_place(const gbx_trace *trace, size_t at, uint32_t process, char *text, size_t size)
{
    uint32_t id = 0;
    size_t count = gbx_trace_field_count(trace, at);
    gbx_show_place(trace, at, text, size);
    for (size_t i = 0; i < count && id == 0; i++) {
        gbx_field field = gbx_trace_field(trace, at, i);
        id = field.kind == GBX_KIND_CODE ? (uint32_t)field.value : 0;
    }
    const gbx_code_info *code = gbx_trace_code(trace, process,
                                               id != 0 ? id : gbx_trace_running(trace, at).code);
    size_t used = strlen(text);
    if (code != NULL) {
        snprintf(text + used, size - used, "%sin %s", used == 0 ? "" : " ", code->name);
    }
}

void
gbx_evidence_describe(const gbx_trace *trace, size_t at, gbx_source *source, gbx_symbols *symbols,
                      gbx_evidence *evidence)
{
    gbx_where where = gbx_trace_where(trace, at);
    uint8_t clock = gbx_trace_process(trace, where.process)->header->clock;
    if (clock == GBX_CLOCK_NONE) {
        snprintf(evidence->time, sizeof(evidence->time), "#%zu", at);
    }
    else {
        snprintf(evidence->time, sizeof(evidence->time), "%.3f ms", (double)where.t_ns / 1e6);
    }
    describe_thread(trace, &where, evidence->thread, sizeof(evidence->thread));
    snprintf(evidence->event, sizeof(evidence->event), "%s",
             gbx_event_name(gbx_trace_event(trace, at)));
    describe_place(trace, at, where.process, evidence->place, sizeof(evidence->place));
    gbx_show_fields(trace, at, evidence->fields, sizeof(evidence->fields));
    describe_emitter(trace, at, source, symbols, evidence->emitter, sizeof(evidence->emitter));
}
