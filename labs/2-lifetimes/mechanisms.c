/* Lab 2: do the events that a learner cites show the mechanism that they name?

   What is wrong about a mechanism is said in terms of the events that would show it. */

#include "lifetimes.h"

#include <stdio.h>
#include <string.h>

static bool
no(char *why, size_t size, const char *text)
{
    snprintf(why, size, "%s", text);
    return false;
}

/* The name under which the object of an event of class ref is watched; "". */
static const char *
watched(const gbx_lab_look *look, size_t at)
{
    const gbx_trace *trace = look->look->trace;
    const gbx_ref *ref = (const gbx_ref *)(const void *)gbx_trace_record(trace, at);
    const gbx_watch_info *watch = gbx_trace_watch(trace, gbx_trace_where(trace, at).process, ref->watch);
    return watch == NULL ? "" : watch->name;
}

static bool
is_member(const char *name)
{
    return strncmp(name, "member ", 7) == 0;
}

/* The first cited event of this kind that is about the ring, or about a member. */
static size_t
cited(const gbx_lab_look *look, const size_t *events, size_t count, uint8_t event, bool ring)
{
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(look->look->trace, events[i]) == event) {
            const char *name = watched(look, events[i]);
            if (ring ? strcmp(name, "ring") == 0 : is_member(name)) {
                return events[i];
            }
        }
    }
    return GBX_NO_EVENT;
}

bool
gbx_lifetimes_by_counting(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(look->look->trace, events[i]) != GBX_EV_REF_DEC) {
            continue;
        }
        const gbx_ref *dec = (const gbx_ref *)(const void *)gbx_trace_record(look->look->trace, events[i]);
        bool last = dec->local == 0 && is_member(watched(look, events[i]));
        for (size_t k = 0; last && k < count; k++) {
            if (gbx_trace_event(look->look->trace, events[k]) == GBX_EV_REF_DEALLOC && events[k] > events[i]
                && strcmp(watched(look, events[k]), watched(look, events[i])) == 0) {
                return true;
            }
        }
    }
    return no(why, size, "a member's ref.dec that leaves 0, and the ref.dealloc of that member, would show it");
}

bool
gbx_lifetimes_owner_first(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    size_t ring = cited(look, events, count, GBX_EV_REF_DEALLOC, true);
    size_t member = cited(look, events, count, GBX_EV_REF_DEALLOC, false);
    if (ring == GBX_NO_EVENT || member == GBX_NO_EVENT) {
        return no(why, size, "the ref.dealloc of the ring and one of a member would show who went first");
    }
    return ring < member ? true : no(why, size, "the member died before the ring");
}

bool
gbx_lifetimes_by_collection(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(look->look->trace, events[i]) == GBX_EV_GC_VERDICT) {
            const gbx_trace *trace = look->look->trace;
            const gbx_gc_verdict *verdict = (const gbx_gc_verdict *)(const void *)gbx_trace_record(trace, events[i]);
            const gbx_watch_info *watch =
                gbx_trace_watch(trace, gbx_trace_where(trace, events[i]).process, verdict->watch);
            size_t death = cited(look, events, count, GBX_EV_REF_DEALLOC, false);
            if (watch != NULL && is_member(watch->name) && death != GBX_NO_EVENT && death > events[i]) {
                return true;
            }
        }
    }
    return no(why, size, "no gc.verdict on a member comes before its ref.dealloc");
}

bool
gbx_lifetimes_by_scope(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    size_t death = cited(look, events, count, GBX_EV_REF_DEALLOC, false);
    if (death == GBX_NO_EVENT) {
        return no(why, size, "a member's ref.dealloc is not among the events");
    }
    const gbx_trace *trace = look->look->trace;
    const gbx_ref *ref = (const gbx_ref *)(const void *)gbx_trace_record(trace, death);
    const gbx_code_info *code = gbx_trace_code(trace, gbx_trace_where(trace, death).process, ref->code);
    return code != NULL && strcmp(code->name, "build") == 0
               ? true
               : no(why, size, "the member did not die while build() was running, or as it returned");
}

/* A block of malloc's, for the bytes of values. */
bool
gbx_lifetimes_by_size(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    unsigned value = gbx_lifetimes_number(look->variant, "size");
    for (size_t i = 0; i < count; i++) {
        uint8_t event = gbx_trace_event(look->look->trace, events[i]);
        const void *record = gbx_trace_record(look->look->trace, events[i]);
        uint64_t asked = event == GBX_EV_LARGE_ALLOC   ? ((const gbx_large *)record)->size
                         : event == GBX_EV_LARGE_MOVE ? ((const gbx_large_move *)record)->size
                                                      : 0;
        if (asked > 512 && asked >= value) {
            return true;
        }
    }
    return no(why, size, "an alloc.large_alloc or alloc.large_resize with room for a value would show it");
}

/* There is no such event: a block in a pool is never moved while it is in use. */
bool
gbx_lifetimes_by_moving(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    (void)look;
    (void)events;
    (void)count;
    return no(why, size, "no event shows a block that moved: an object is known by its address, and stays where it is");
}
