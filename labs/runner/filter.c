/* Which events a command looks at; see filter.h. */

#include "filter.h"

#include <fnmatch.h>
#include <string.h>

gbx_filter
gbx_filter_all(void)
{
    return (gbx_filter){ .mask = UINT32_MAX, .to_ns = UINT64_MAX };
}

static uint8_t
event_named(const char *text)
{
    for (unsigned event = 1; event < 256; event++) {
        if (strcmp(gbx_event_name((uint8_t)event), text) == 0 && gbx_event_class((uint8_t)event) >= 0) {
            return (uint8_t)event;
        }
    }
    return 0;
}

int
gbx_filter_classes(gbx_filter *filter, const char *text, gbx_error *error)
{
    filter->event = event_named(text);
    if (filter->event != 0) {
        return 0;
    }
    uint32_t mask = 0;
    for (const char *at = text; *at != '\0';) {
        size_t length = strcspn(at, "+,");
        uint32_t several = length == 3 && strncmp(at, "all", 3) == 0 ? GBX_MASK_ALL
            : length == 7 && strncmp(at, "default", 7) == 0 ? GBX_MASK_DEFAULT : 0;
        unsigned klass = 0;
        while (several == 0 && klass < GBX_CLASS_COUNT &&
               (strncmp(gbx_class_name(klass), at, length) != 0 || gbx_class_name(klass)[length] != '\0')) {
            klass++;
        }
        if (klass == GBX_CLASS_COUNT) {
            return gbx_error_set(error, GBX_ERROR_USAGE, "no class or event is called '%.*s'",
                                 (int)length, at);
        }
        mask |= several != 0 ? several : 1u << klass;
        at += length + (at[length] != '\0');
    }
    filter->mask = mask;
    return mask != 0 ? 0 : gbx_error_set(error, GBX_ERROR_USAGE, "a class name is missing");
}

static bool
function_matches(const gbx_filter *filter, const gbx_trace *trace, size_t at, uint32_t process)
{
    size_t count = gbx_trace_field_count(trace, at);
    for (size_t i = 0; i < count; i++) {
        gbx_field field = gbx_trace_field(trace, at, i);
        if (field.kind == GBX_KIND_CODE) {
            const gbx_code_info *code = gbx_trace_code(trace, process, (uint32_t)field.value);
            return code != NULL && fnmatch(filter->function, code->name, 0) == 0;
        }
    }
    return false;
}

bool
gbx_filter_takes(const gbx_filter *filter, const gbx_trace *trace, size_t at)
{
    uint8_t event = gbx_trace_event(trace, at);
    if (filter->event != 0 ? event != filter->event
                           : (filter->mask >> gbx_event_class(event) & 1) == 0) {
        return false;
    }
    if (!filter->one_thread && filter->function == NULL && filter->from_ns == 0 &&
        filter->to_ns == UINT64_MAX) {
        return true;
    }
    gbx_where where = gbx_trace_where(trace, at);
    return where.t_ns >= filter->from_ns && where.t_ns <= filter->to_ns
        && (!filter->one_thread || where.thread == filter->thread)
        && (filter->function == NULL || function_matches(filter, trace, at, where.process));
}
