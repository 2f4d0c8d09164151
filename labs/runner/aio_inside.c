/* What is inside a turn; see aio_inside.h. */

#include "aio_inside.h"

#include <stdlib.h>

enum { DEPTH_MAX = 256, FUNCTIONS_MAX = 256 };

typedef struct {
    uint32_t stack[DEPTH_MAX];       /* codes; those beyond are counted only */
    size_t depth;
    struct { uint32_t code; uint64_t ns; } functions[FUNCTIONS_MAX];
    size_t count;
    uint64_t last_ns;
    bool outside;
    uint64_t outside_since, longest_ns;
    gbx_aio_place place;
    uint64_t by;
    gbx_aio_inside found;
} watch;

/* The time since the last change belongs to the innermost function.  What ran before the turn is none. */
static void
spend(watch *w, uint64_t now)
{
    uint32_t code = w->depth == 0 ? 0 : w->stack[w->depth <= DEPTH_MAX ? w->depth - 1 : DEPTH_MAX - 1];
    uint64_t ns = now > w->last_ns ? now - w->last_ns : 0;
    size_t i = 0;
    w->last_ns = now;
    while (i < w->count && w->functions[i].code != code) {
        i++;
    }
    if (code == 0 || i == FUNCTIONS_MAX) {
        return;
    }
    if (i == w->count) {
        w->functions[w->count++].code = code;
    }
    w->functions[i].ns += ns;
}

static void
enter(watch *w, uint32_t code)
{
    if (w->depth < DEPTH_MAX) {
        w->stack[w->depth] = code;
    }
    w->depth++;
}

static void
come_back(watch *w, uint64_t now)
{
    uint64_t ns = w->outside && now > w->outside_since ? now - w->outside_since : 0;
    w->found.outside_ns += ns;
    if (w->outside && ns >= w->longest_ns) {
        w->longest_ns = ns;
        w->found.let_go = w->place;
        w->found.by = w->by;
    }
    w->outside = false;
}

static void
let_go(watch *w, uint64_t now, gbx_aio_place place, uint64_t by)
{
    w->outside = true;
    w->outside_since = now;
    w->place = place;
    w->by = by;
}

static void
see(watch *w, const gbx_entry *entry)
{
    const void *record = entry->record;
    const gbx_head *head = record;
    switch (head->event) {
        case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_RESUME:
            spend(w, entry->t_ns);
            enter(w, ((const gbx_frame_edge *)record)->code);
            break;
        case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND:
            spend(w, entry->t_ns);
            w->depth -= w->depth > 0;
            break;
        case GBX_EV_GIL_RELEASE:
            let_go(w, entry->t_ns, (gbx_aio_place){ ((const gbx_gil_release *)record)->code, head->arg },
                   ((const gbx_gil_release *)record)->by);
            break;
        case GBX_EV_DETACH:
            let_go(w, entry->t_ns, (gbx_aio_place){ ((const gbx_detach *)record)->code, head->arg },
                   ((const gbx_detach *)record)->by);
            break;
        case GBX_EV_GIL_ACQUIRE: case GBX_EV_ATTACH:
            come_back(w, entry->t_ns);
            break;
        default:
            break;
    }
}

gbx_aio_inside
gbx_aio_look_inside(const gbx_trace *trace, const gbx_aio_turn *turn)
{
    watch w = { .last_ns = turn->begin_ns, .place.offset = GBX_NO_OFFSET };
    gbx_cursor now;
    for (bool more = gbx_trace_seek(trace, turn->begin, &now); more && now.at <= turn->end;
         more = gbx_trace_next(&now)) {
        if (now.entry.stream == turn->stream) {
            see(&w, &now.entry);
        }
    }
    for (size_t i = 0; i < w.count; i++) {
        if (w.found.code == 0 || w.functions[i].ns > w.found.own_ns) {
            w.found.code = w.functions[i].code;
            w.found.own_ns = w.functions[i].ns;
        }
    }
    return w.found;
}
