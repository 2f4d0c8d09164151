/* Lab 1: do the events that a learner cites show the mechanism that they name?

   What is wrong about a mechanism is said in terms of the events that would show it. */

#include "sites.h"

#include <stdio.h>
#include <string.h>

/* --------------------------------------------------------------------- mechanisms */

/* A specialization event of the learner's function turns(), at its addition. */
static const gbx_spec *
spec_of_turns(const gbx_lab_look *look, size_t at)
{
    const gbx_trace *trace = look->look->trace;
    if (!gbx_sites_is_spec(gbx_trace_event(trace, at))) {
        return NULL;
    }
    const gbx_spec *spec = (const gbx_spec *)(const void *)gbx_trace_record(trace, at);
    uint32_t process = gbx_trace_where(trace, at).process;
    const char *family = gbx_trace_opcode(trace, process, spec->family);
    return family != NULL && strcmp(family, "BINARY_OP") == 0 && gbx_sites_is(look, process, spec->code, "turns") ? spec : NULL;
}

static bool
no(char *why, size_t size, const char *text)
{
    snprintf(why, size, "%s", text);
    return false;
}

/* Two misses at least, of which the later has the lower counter; and that it asked again, or changed. */
bool
gbx_sites_by_counter(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    unsigned misses = 0, falls = 0, ends = 0;
    uint32_t last = 0;
    size_t last_at = 0;
    for (size_t i = 0; i < count; i++) {
        const gbx_spec *spec = spec_of_turns(look, events[i]);
        if (spec == NULL) {
            return no(why, size, "an event is not of the addition in turns()");
        }
        uint32_t counter = (uint32_t)spec->counter_after >> 4;
        if (spec->h.event == GBX_EV_SPEC_MISS) {
            falls += misses > 0 && events[i] > last_at && counter < last;
            misses++;
            last = counter;
            last_at = events[i];
        }
        ends += misses > 0 && spec->h.event != GBX_EV_SPEC_MISS && events[i] > last_at;
    }
    if (misses < 2 || falls == 0) {
        return no(why, size, "two misses, the later one with a lower counter, would show that it counts");
    }
    return ends > 0 ? true : no(why, size, "nothing shows what happened when the counter was spent");
}

/* The change would have to come with the first miss, and does not. */
bool
gbx_sites_at_first_miss(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    for (size_t i = 0; i + 1 < count; i++) {
        const gbx_spec *miss = spec_of_turns(look, events[i]), *next = spec_of_turns(look, events[i + 1]);
        if (miss != NULL && next != NULL && miss->h.event == GBX_EV_SPEC_MISS && miss->counter_before >> 4 > 50
            && next->h.event == GBX_EV_SPEC_RESPECIALIZE && next->counter_before >> 4 > 50) {
            return true;
        }
    }
    return no(why, size, "no event shows a change at the first miss: many misses lie between");
}

bool
gbx_sites_compiled(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const gbx_trace *trace = look->look->trace;
        if (gbx_trace_event(trace, events[i]) != GBX_EV_CODE_NEW) {
            return no(why, size, "only compile.code_new shows that something was compiled");
        }
        const gbx_code *made = (const gbx_code *)(const void *)gbx_trace_record(trace, events[i]);
        if (!gbx_sites_is(look, gbx_trace_where(trace, events[i]).process, made->code, "turns") || i == 0) {
            continue;
        }
        return true;
    }
    return no(why, size, "turns() was compiled once, before its first call, and never again");
}

/* Counting both kinds would need an event at a hit, and there is none: a hit leaves no trace in the cache. */
bool
gbx_sites_majority(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        const gbx_spec *spec = spec_of_turns(look, events[i]);
        if (spec != NULL && spec->h.event == GBX_EV_SPEC_MISS && spec->counter_after > spec->counter_before) {
            return true;
        }
    }
    return no(why, size, "a call that the guard lets pass changes no counter: no event shows that it is counted");
}

/* ------------------------------------------------------- how the local's death came about */

typedef struct {
    size_t death, taken, freed;      /* of the cargo; its function's frame; any frame object of a step */
    const char *running;             /* the function that ran when it died */
} ending;

static const char *
step_of(const gbx_lab_look *look)
{
    const char *secret = gbx_sites_text(look->variant, "secret");
    for (size_t i = 0; i < GBX_SITES_STEPS; i++) {
        if (strcmp(gbx_sites_locals[i], secret) == 0) {
            return gbx_sites_functions[i];
        }
    }
    return "";
}

/* Was this frame object, when it took over its frame last, that of the step which has the secret?  A frame object that
   ends does not say whose it was. */
static bool
is_frame_of_step(const gbx_lab_look *look, size_t before, uint32_t process, uint32_t object)
{
    for (size_t at = before; at-- > 0;) {
        if (gbx_trace_event(look->look->trace, at) == GBX_EV_FRAME_OWN) {
            const gbx_frame_own *own = (const gbx_frame_own *)(const void *)gbx_trace_record(look->look->trace, at);
            if (own->object == object && gbx_trace_where(look->look->trace, at).process == process) {
                return gbx_sites_is(look, process, own->code, step_of(look));
            }
        }
    }
    return false;
}

static ending
find_ending(const gbx_lab_look *look, const size_t *events, size_t count)
{
    const gbx_trace *trace = look->look->trace;
    ending it = { GBX_NO_EVENT, GBX_NO_EVENT, GBX_NO_EVENT, "" };
    for (size_t i = 0; i < count; i++) {
        uint32_t process = gbx_trace_where(trace, events[i]).process;
        const void *record = gbx_trace_record(trace, events[i]);
        switch (gbx_trace_event(trace, events[i])) {
        case GBX_EV_REF_DEALLOC: {
            const gbx_ref *ref = record;
            const gbx_watch_info *watch = gbx_trace_watch(trace, process, ref->watch);
            const gbx_code_info *code = gbx_trace_code(trace, process, ref->code);
            if (watch != NULL && strcmp(watch->name, gbx_sites_text(look->variant, "secret")) == 0) {
                it.death = events[i];
                it.running = code == NULL ? "" : code->name;
            }
            break;
        }
        case GBX_EV_FRAME_OWN:
            if (gbx_sites_is(look, process, ((const gbx_frame_own *)record)->code, step_of(look))) {
                it.taken = events[i];
            }
            break;
        case GBX_EV_FRAME_OBJECT_FREE:
            if (is_frame_of_step(look, events[i], process, ((const gbx_frame_object_free *)record)->object)) {
                it.freed = events[i];
            }
            break;
        default:
            break;
        }
    }
    return it;
}

bool
gbx_sites_cleared(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    ending it = find_ending(look, events, count);
    if (it.death == GBX_NO_EVENT || it.taken == GBX_NO_EVENT) {
        return no(why, size, "the frame taken over (frame.take_ownership) and the local's death (ref.dealloc) would show it");
    }
    return it.taken < it.death && it.freed == GBX_NO_EVENT
               ? true
               : no(why, size, "the local did not die in a frame that had been taken over, and stayed");
}

bool
gbx_sites_deleted(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    ending it = find_ending(look, events, count);
    if (it.death == GBX_NO_EVENT) {
        return no(why, size, "the local's death (ref.dealloc) is not among the events");
    }
    return strcmp(it.running, step_of(look)) == 0 && (it.taken == GBX_NO_EVENT || it.death < it.taken)
               ? true
               : no(why, size, "the local did not die while its own function was running");
}

bool
gbx_sites_cut(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    ending it = find_ending(look, events, count);
    if (it.death == GBX_NO_EVENT || it.freed == GBX_NO_EVENT) {
        return no(why, size, "the frame object's end (frame.object_free) and the local's death (ref.dealloc) would show it");
    }
    gbx_where death_at = gbx_trace_where(look->look->trace, it.death), freed = gbx_trace_where(look->look->trace, it.freed);
    return death_at.stream == freed.stream ? true : no(why, size, "they are of two threads");
}
