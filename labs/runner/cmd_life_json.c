/* glassbox life, as JSON: every moment, with all that is known of it.  See cmd_life.h. */

#include "cmd_life.h"

#include "caller.h"

#define POOL_BYTES UINT64_C(16384)       /* of 3.13's small-object allocator */

static void
put_who(const gbx_life_teller *it, const gbx_moment *moment, json_t *object)
{
    int line, column;
    gbx_caller caller;
    const gbx_process *process = gbx_trace_process(it->trace, it->life->process);
    const gbx_code_info *code = moment->code == 0 ? NULL
        : gbx_trace_code(it->trace, it->life->process, moment->code);
    if (code != NULL) {
        json_object_set_new(object, "function", json_string(code->name));
        json_object_set_new(object, "file", json_string(code->file));
        if (moment->offset != GBX_NO_OFFSET && gbx_code_line(code, moment->offset, &line, &column)) {
            json_object_set_new(object, "line", json_integer(line));
        }
    }
    if (gbx_caller_find(it->symbols, it->source, process, moment->caller, &caller)) {
        json_object_set_new(object, "c_function", json_string(caller.function));
        if (caller.file != NULL) {
            json_object_set_new(object, "c_file", json_string(caller.file));
            json_object_set_new(object, "c_line", json_integer(caller.line));
        }
    }
}

static void
put_number(json_t *object, const char *key, uint64_t number)
{
    if (number != 0) {
        json_object_set_new(object, key, json_integer((json_int_t)number));
    }
}

static void
put_block(const gbx_moment *moment, json_t *object)
{
    put_number(object, "address", moment->address);
    put_number(object, "size", moment->size);
    if (moment->arena != 0) {
        put_number(object, "arena", moment->arena);
        put_number(object, "pool", moment->address & ~(POOL_BYTES - 1));
        json_object_set_new(object, "pool_block_size", json_integer(moment->class_size));
        json_object_set_new(object, "pool_capacity", json_integer(moment->capacity));
        json_object_set_new(object, "pool_in_use", json_integer(moment->in_use));
    }
}

static void
put_counts(const gbx_life *life, const gbx_moment *moment, json_t *object)
{
    json_object_set_new(object, "delta", json_integer((json_int_t)moment->delta));
    json_object_set_new(object, "count", json_integer((json_int_t)gbx_moment_count(moment)));
    if (life->halves) {
        json_object_set_new(object, "local", json_integer(moment->local));
        json_object_set_new(object, "shared", json_integer((json_int_t)(moment->shared >> 2)));
        json_object_set_new(object, "shared_flags", json_integer((json_int_t)(moment->shared & 3)));
    }
}

static json_t *
moment_json(const gbx_life_teller *it, const gbx_moment *moment)
{
    json_t *object = json_object();
    bool is_count = moment->event == GBX_EV_NONE || gbx_event_class(moment->event) == GBX_CLASS_REF;
    const char *label = moment->event == GBX_EV_GC_VERDICT ? gbx_trace_label(GBX_ENUM_VERDICT, moment->how)
        : is_count ? gbx_trace_label(GBX_ENUM_REF, moment->how) : NULL;
    json_object_set_new(object, "event", json_string(moment->event == GBX_EV_NONE ? "unobserved"
                                                     : gbx_event_name(moment->event)));
    json_object_set_new(object, "seq", json_integer((json_int_t)moment->at));
    json_object_set_new(object, "t_ns", json_integer((json_int_t)moment->t_ns));
    json_object_set_new(object, "about", json_boolean(moment->about));
    json_object_set_new(object, "thread",
                        json_integer(gbx_trace_where(it->trace, moment->at).thread));
    if (label != NULL) {
        json_object_set_new(object, moment->event == GBX_EV_GC_VERDICT ? "verdict" : "how",
                            json_string(label));
    }
    if (is_count) {
        put_counts(it->life, moment, object);
    }
    else if (moment->event == GBX_EV_WATCH || moment->event == GBX_EV_UNWATCH) {
        json_object_set_new(object, "count", json_integer(moment->local));
    }
    if (moment->cause != SIZE_MAX) {
        json_object_set_new(object, "collection", json_integer((json_int_t)moment->cause));
    }
    put_block(moment, object);
    put_who(it, moment, object);
    return object;
}

json_t *
gbx_life_json(const gbx_life_teller *it)
{
    const gbx_life *life = it->life;
    json_t *moments = json_array(), *missing = json_array();
    for (size_t i = 0; i < life->count; i++) {
        json_array_append_new(moments, moment_json(it, &life->moments[i]));
    }
    for (unsigned i = 0; i < GBX_CLASS_COUNT; i++) {
        if ((life->missing >> i & 1) != 0) {
            json_array_append_new(missing, json_string(gbx_class_name(i)));
        }
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:b, s:b, s:I, s:o, s:o}", "name", life->name, "type",
                     life->type, "watch", (json_int_t)life->watch, "address", (json_int_t)life->address,
                     "pid", (json_int_t)gbx_trace_process(it->trace, life->process)->header->pid,
                     "halves", (int)life->halves, "ended", (int)life->ended,
                     "dropped", (json_int_t)life->dropped, "missing", missing, "moments", moments);
}
