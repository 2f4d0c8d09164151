/* What refs.h adds up, in words and as JSON. */

#include "refs.h"

#include "stat.h"                 // gbx_stat_variant()

#include <stdio.h>
#include <string.h>

const char *
gbx_refs_place(const gbx_refs *refs, const gbx_refs_site *site, char *text, size_t size)
{
    const gbx_code_info *code = gbx_trace_code(refs->trace, site->process, site->code);
    if (code == NULL) {
        snprintf(text, size, site->code == 0 ? "(no Python)" : "(code %u)", site->code);
        return text;
    }
    const char *slash = strrchr(code->file, '/'), *file = slash == NULL ? code->file : slash + 1;
    if (site->line > 0) {
        snprintf(text, size, "%s:%d in %s", file, site->line, code->name);
    }
    else {
        snprintf(text, size, "%s in %s", file, code->name);
    }
    return text;
}

void
gbx_refs_names(const gbx_refs *refs, const gbx_refs_object *of, const char **name, const char **type)
{
    const gbx_watch_info *watch = gbx_trace_watch(refs->trace, of->process, of->watch);
    const gbx_type_info *info = watch == NULL ? NULL : gbx_trace_type(refs->trace, of->process, watch->type);
    *name = watch == NULL ? "?" : watch->name;
    *type = info == NULL ? "?" : info->name;
}

static json_t *
site_json(const gbx_refs *refs, const gbx_refs_site *site)
{
    const gbx_code_info *code = gbx_trace_code(refs->trace, site->process, site->code);
    uint64_t moves = site->incs + site->decs, all = refs->incs + refs->decs;
    return json_pack("{si sI ss? ss? si sI sI sI sf}",
                     "pid", (int)gbx_trace_process(refs->trace, site->process)->header->pid,
                     "code", (json_int_t)site->code, "function", code == NULL ? NULL : code->name,
                     "file", code == NULL ? NULL : code->file, "line", site->line,
                     "incs", (json_int_t)site->incs, "decs", (json_int_t)site->decs,
                     "shared", (json_int_t)site->shared,
                     "share", all == 0 ? 0.0 : (double)moves / (double)all);
}

static json_t *
sites_json(const gbx_refs *refs, const gbx_refs_site *sites, size_t count, bool lines)
{
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *object = site_json(refs, &sites[i]);
        if (lines) {
            json_object_set_new(object, "instructions", json_integer(sites[i].instructions));
        }
        else {
            json_object_set_new(object, "offset", sites[i].offset == GBX_NO_OFFSET ? json_null()
                                : json_integer(sites[i].offset));
        }
        json_array_append_new(array, object);
    }
    return array;
}

/* A thread by its id and name; null: nobody. */
static json_t *
thread_json(const gbx_refs *refs, uint32_t stream)
{
    if (stream == GBX_REFS_NOBODY) {
        return json_null();
    }
    const gbx_stream_info *info = gbx_trace_stream(refs->trace, stream);
    return json_pack("{sI ss}", "thread", (json_int_t)info->thread, "name", info->name);
}

static json_t *
hands_json(const gbx_refs *refs, size_t object)
{
    size_t count;
    const gbx_refs_hand *hands = gbx_refs_hands(refs, object, &count);
    json_t *array = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *by = thread_json(refs, hands[i].stream);
        json_object_set_new(by, "local", json_integer((json_int_t)hands[i].local));
        json_object_set_new(by, "shared", json_integer((json_int_t)hands[i].shared));
        json_object_set_new(by, "retries", json_integer((json_int_t)hands[i].retries));
        json_array_append_new(array, by);
    }
    return array;
}

static json_t *
object_json(const gbx_refs *refs, size_t index)
{
    const gbx_refs_object *of = &refs->objects[index];
    const struct { const char *name; uint64_t value; } numbers[] = {
        { "threads", of->threads }, { "incs", of->incs }, { "decs", of->decs }, { "local", of->local },
        { "shared", of->shared }, { "immortal_skips", of->skips }, { "turns", of->turns },
        { "retries", of->retries }, { "queued", of->queued }, { "merges", of->merges },
        { "waited_ns", of->waited_ns }, { "longest_ns", of->longest_ns },
    };
    const char *name, *type;
    gbx_refs_names(refs, of, &name, &type);
    json_t *object = json_pack("{si sI ss ss so}",
                               "pid", (int)gbx_trace_process(refs->trace, of->process)->header->pid,
                               "watch", (json_int_t)of->watch, "name", name, "type", type,
                               "owner", thread_json(refs, of->owner));
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        json_object_set_new(object, numbers[i].name, json_integer((json_int_t)numbers[i].value));
    }
    json_object_set_new(object, "died", json_boolean(of->died));
    json_object_set_new(object, "by", hands_json(refs, index));
    return object;
}

json_t *
gbx_refs_json(const gbx_refs *refs)
{
    json_t *objects = json_array();
    for (size_t i = 0; i < refs->object_count; i++) {
        json_array_append_new(objects, object_json(refs, i));
    }
    const gbx_header *header = gbx_trace_process(refs->trace, 0)->header;
    return json_pack("{ss ss s{sb sI sI sI} so so so}",
                     "trace", gbx_trace_process(refs->trace, 0)->path, "variant", gbx_stat_variant(header),
                     "churn", "recorded", (int)(refs->churn_records != 0), "incs", (json_int_t)refs->incs,
                     "decs", (json_int_t)refs->decs, "shared", (json_int_t)refs->shared,
                     "lines", sites_json(refs, refs->lines, refs->line_count, true),
                     "instructions", sites_json(refs, refs->sites, refs->site_count, false),
                     "objects", objects);
}
