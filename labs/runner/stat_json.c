/* What is in a trace, as JSON: the schema that `glassbox stat --help` states.

   Members are only ever added.  What json_pack() cannot make (memory) becomes NULL, and the whole with
   it: jansson's functions take NULL for a value and report a failure, which `keep` remembers. */

#include "stat.h"

#include <string.h>

typedef struct {
    json_t *object;
    bool failed;
} builder;

static builder
begin(void)
{
    json_t *object = json_object();
    return (builder){ object, object == NULL };
}

static json_t *
end(builder *b)
{
    if (b->failed) {
        json_decref(b->object);
        return NULL;
    }
    return b->object;
}

/* Steals the value, which may be NULL: a failure. */
static void
put(builder *b, const char *key, json_t *value)
{
    b->failed = json_object_set_new(b->object, key, value) != 0 || b->failed;
}

/* Text of a file's header may hold anything; what is no UTF-8 is null. */
static void
put_text(builder *b, const char *key, const char *text)
{
    json_t *value = text == NULL ? NULL : json_string(text);
    put(b, key, value == NULL ? json_null() : value);
}

static void
put_number(builder *b, const char *key, uint64_t number)
{
    put(b, key, json_integer(number > INT64_MAX ? INT64_MAX : (json_int_t)number));
}

static void
append(json_t **array, json_t *value)
{
    if (*array != NULL && json_array_append_new(*array, value) != 0) {
        json_decref(*array);
        *array = NULL;
    }
}

static json_t *
classes_json(uint32_t mask)
{
    json_t *array = json_array();
    for (unsigned klass = 0; klass < GBX_CLASS_COUNT; klass++) {
        if (mask >> klass & 1) {
            append(&array, json_string(gbx_class_name(klass)));
        }
    }
    return array;
}

/* ------------------------------------------------------------ processes, threads */

static json_t *
thread_json(const gbx_stream_info *info)
{
    builder b = begin();
    put_number(&b, "thread", info->thread);
    put_number(&b, "native_id", info->native_id);
    put_text(&b, "name", info->name);
    put_number(&b, "events", info->records);
    put_number(&b, "bytes", info->bytes);
    put_number(&b, "lost", info->lost);
    put_number(&b, "overwritten", info->overwritten);
    put(&b, "whole", json_boolean(info->whole));
    put(&b, "midway", json_boolean(info->midway));
    return end(&b);
}

static json_t *
meta_json(const gbx_trace *trace, uint32_t process)
{
    builder b = begin();
    for (size_t i = 0; i < gbx_trace_meta_count(trace, process); i++) {
        const char *text = gbx_trace_meta(trace, process, i);
        const char *equals = strchr(text, '=');
        char key[64];
        if (equals != NULL && equals != text && (size_t)(equals - text) < sizeof(key)) {
            memcpy(key, text, (size_t)(equals - text));
            key[equals - text] = '\0';
            put_text(&b, key, equals + 1);
        }
    }
    return end(&b);
}

static json_t *
process_json(const gbx_stat *stat, uint32_t index)
{
    const gbx_process *process = gbx_trace_process(stat->trace, index);
    const gbx_stat_process *of = &stat->processes[index];
    const gbx_header *header = process->header;
    json_t *threads = json_array();
    for (uint32_t s = 0; s < of->stream_count; s++) {
        append(&threads, thread_json(gbx_trace_stream(stat->trace, of->first_stream + s)));
    }
    builder b = begin();
    put_text(&b, "path", process->path);
    put_number(&b, "pid", header->pid);
    put_number(&b, "parent_pid", header->parent_pid);
    put_number(&b, "start_ns", of->start_ns);
    put_number(&b, "duration_ns", of->duration_ns);
    put_text(&b, "ended", gbx_ending_name(of->ending));
    put_number(&b, "error", header->error);
    put_text(&b, "clock", gbx_stat_clock(header));
    put_text(&b, "mode", gbx_stat_mode(header));
    put_number(&b, "limit", header->limit);
    put_number(&b, "file_bytes", process->bytes);
    put(&b, "cut", json_boolean(process->cut));
    put(&b, "classes", classes_json(header->first_mask));
    put(&b, "classes_throughout", classes_json(process->mask));
    put_number(&b, "events", of->all.count);
    put_number(&b, "bytes", of->all.bytes);
    put_number(&b, "lost", process->lost);
    put_number(&b, "lost_unattached", header->lost_unattached);
    put_number(&b, "overwritten", process->overwritten);
    put_number(&b, "unknown", process->unknown);
    put(&b, "meta", meta_json(stat->trace, index));
    put(&b, "threads", threads);
    return end(&b);
}

/* ----------------------------------------------------------------- events, rules */

static void
put_tally(builder *b, const gbx_stat *stat, gbx_tally tally)
{
    double seconds = (double)stat->duration_ns / 1e9;
    put_number(b, "count", tally.count);
    put_number(b, "bytes", tally.bytes);
    put(b, "share", json_real(stat->all.count == 0
                              ? 0 : (double)tally.count / (double)stat->all.count));
    put(b, "per_second", seconds > 0 ? json_real((double)tally.count / seconds) : json_null());
}

static json_t *
class_json(const gbx_stat *stat, unsigned klass)
{
    json_t *events = json_array();
    for (unsigned event = 0; event < 256; event++) {
        if (gbx_event_class((uint8_t)event) == (int)klass && stat->events[event].count > 0) {
            builder b = begin();
            put_text(&b, "event", gbx_event_name((uint8_t)event));
            put_tally(&b, stat, stat->events[event]);
            append(&events, end(&b));
        }
    }
    builder b = begin();
    put_text(&b, "class", gbx_class_name(klass));
    put(&b, "on", json_boolean(stat->classes_on >> klass & 1));
    put_tally(&b, stat, stat->classes[klass]);
    put(&b, "events", events);
    return end(&b);
}

static json_t *
first_json(const gbx_stat *stat, const gbx_invariant *invariant)
{
    builder b = begin();
    char hint[1400];
    if (invariant->first < gbx_trace_count(stat->trace)) {
        gbx_where where = gbx_trace_where(stat->trace, invariant->first);
        put_number(&b, "seq", invariant->first);
        put_number(&b, "t_ns", where.t_ns);
        put_number(&b, "pid", where.pid);
        put_number(&b, "thread", where.thread);
        gbx_stat_hint(stat, invariant->first, hint, sizeof(hint));
        put_text(&b, "show", hint);
    }
    put_text(&b, "detail", invariant->detail);
    return end(&b);
}

static json_t *
invariant_json(const gbx_stat *stat, const gbx_invariant *invariant)
{
    builder b = begin();
    put_text(&b, "key", invariant->key);
    put_text(&b, "sentence", invariant->name);
    put(&b, "holds", invariant->looked_at == 0 ? json_null() : json_boolean(invariant->violations == 0));
    put_number(&b, "checked", invariant->looked_at);
    put_text(&b, "unit", invariant->unit);
    put_number(&b, "violations", invariant->violations);
    put_number(&b, "unobserved", invariant->unobserved);
    put(&b, "first", invariant->violations == 0 ? json_null() : first_json(stat, invariant));
    return end(&b);
}

/* --------------------------------------------------------------------- the whole */

static json_t *
interpreter_json(const gbx_stat *stat)
{
    const gbx_header *header = gbx_trace_process(stat->trace, 0)->header;
    char version[32];
    gbx_stat_version(header->hexversion, version, sizeof(version));
    builder b = begin();
    put_text(&b, "version", version);
    put_text(&b, "variant", gbx_stat_variant(header));
    put_text(&b, "build", gbx_trace_meta_value(stat->trace, 0, "version"));
    put_text(&b, "platform", gbx_trace_meta_value(stat->trace, 0, "platform"));
    put_text(&b, "executable", gbx_trace_process(stat->trace, 0)->executable);
    return end(&b);
}

json_t *
gbx_stat_json(const gbx_stat *stat)
{
    const gbx_process *first = gbx_trace_process(stat->trace, 0);
    json_t *processes = json_array(), *classes = json_array(), *invariants = json_array();
    char date[64];
    for (size_t i = 0; i < gbx_trace_process_count(stat->trace); i++) {
        append(&processes, process_json(stat, (uint32_t)i));
    }
    for (unsigned klass = 0; klass < GBX_CLASS_COUNT; klass++) {
        if (stat->classes[klass].count > 0 || (stat->classes_on >> klass & 1)) {
            append(&classes, class_json(stat, klass));
        }
    }
    for (int i = 0; i < GBX_INVARIANTS; i++) {
        append(&invariants, invariant_json(stat, &stat->invariants[i]));
    }
    gbx_stat_date(first->header->start.realtime_ns, date, sizeof(date));
    builder b = begin();
    put_text(&b, "trace", first->path);
    put(&b, "format", json_pack("[i, i]", first->header->version_major, first->header->version_minor));
    put(&b, "interpreter", interpreter_json(stat));
    put_text(&b, "program", gbx_trace_meta_value(stat->trace, 0, "program"));
    put_text(&b, "started", date);
    put_number(&b, "duration_ns", stat->duration_ns);
    put_number(&b, "file_bytes", stat->file_bytes);
    put_number(&b, "events", stat->all.count);
    put_number(&b, "bytes", stat->all.bytes);
    put_number(&b, "lost", stat->lost);
    put_number(&b, "overwritten", stat->overwritten);
    put_number(&b, "unknown", stat->unknown);
    put(&b, "classes", classes);
    put(&b, "processes", processes);
    put(&b, "invariants", invariants);
    put(&b, "sound", json_boolean(stat->violations == 0));
    return end(&b);
}
