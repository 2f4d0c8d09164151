/* What each thread was doing; see lanes.h. */

#include "lanes.h"

#include <stdlib.h>

typedef struct {
    gbx_span_of_lane now;        /* open since begin_ns; only if `begun` */
    bool begun;
    bool holds, attached;
    bool in_section;             /* waits for the mutex of a critical section */
} lane_state;

struct gbx_lanes {
    const gbx_trace *trace;
    gbx_lane_visit *visit;
    void *with;
    lane_state *states;
    size_t count;
};

const char *
gbx_lane_name(gbx_lane lane)
{
    static const char *const names[] = { "away", "holds", "runs", "waits", "outside" };
    return (unsigned)lane < GBX_LANE_COUNT ? names[lane] : "?";
}

gbx_lanes *
gbx_lanes_new(const gbx_trace *trace, gbx_lane_visit *visit, void *with)
{
    gbx_lanes *lanes = calloc(1, sizeof(*lanes));
    if (lanes == NULL) {
        return NULL;
    }
    lanes->trace = trace;
    lanes->visit = visit;
    lanes->with = with;
    lanes->count = gbx_trace_stream_count(trace);
    lanes->states = calloc(lanes->count + 1, sizeof(*lanes->states));
    if (lanes->states == NULL) {
        free(lanes);
        return NULL;
    }
    return lanes;
}

void
gbx_lanes_free(gbx_lanes *lanes)
{
    if (lanes != NULL) {
        free(lanes->states);
        free(lanes);
    }
}

/* ------------------------------------------------------------------- one span */

static void
end_span(gbx_lanes *lanes, lane_state *state, uint64_t t_ns)
{
    gbx_span_of_lane *now = &state->now;
    now->end_ns = t_ns > now->begin_ns ? t_ns : now->begin_ns;
    if (state->begun && now->end_ns > now->begin_ns) {
        lanes->visit(lanes->with, now);
    }
    now->begin_ns = now->end_ns;
}

static void
begin_lane(lane_state *state, const gbx_entry *event)
{
    if (!state->begun) {
        state->now = (gbx_span_of_lane){ .stream = event->stream, .offset = GBX_NO_OFFSET,
                                         .begin_ns = event->t_ns };
    }
}

static void
turn_to(gbx_lanes *lanes, lane_state *state, const gbx_entry *event, gbx_lane lane, uint32_t lock)
{
    begin_lane(state, event);
    end_span(lanes, state, event->t_ns);
    state->now.lane = lane;
    state->now.lock = lock;
    state->begun = true;
    if (lane == GBX_LANE_HOLDS || lane == GBX_LANE_RUNS) {
        state->now.let_go = false;
    }
}

/* The span that ends with a release or a detach knows why, and so does what comes after. */
static void
note_release(gbx_span_of_lane *now, uint8_t why, uint32_t code, uint16_t offset, uint64_t by)
{
    now->why = why;
    now->code = code;
    now->offset = offset;
    now->by = by;
    now->let_go = true;
}

static gbx_lane
lane_after(uint8_t why)
{
    return why == GBX_RELEASE_EXIT ? GBX_LANE_AWAY
        : why == GBX_RELEASE_ASKED || why == GBX_RELEASE_STOP ? GBX_LANE_WAITS
        : why == GBX_RELEASE_DISABLE ? GBX_LANE_RUNS : GBX_LANE_OUTSIDE;
}

/* ----------------------------------------------------------------- the events */

static void
apply_release(gbx_lanes *lanes, lane_state *state, const gbx_entry *event)
{
    const gbx_gil_release *record = (const gbx_gil_release *)(const void *)event->record;
    begin_lane(state, event);
    note_release(&state->now, record->h.flags, record->code, record->h.arg, record->by);
    gbx_lane after = state->in_section ? GBX_LANE_WAITS : lane_after(record->h.flags);
    turn_to(lanes, state, event, after, record->lock);
    state->now.let_go = after != GBX_LANE_RUNS;
    state->holds = false;
}

static void
apply_detach(gbx_lanes *lanes, lane_state *state, const gbx_entry *event)
{
    const gbx_detach *record = (const gbx_detach *)(const void *)event->record;
    state->attached = false;
    if (state->holds) {
        return;                                  /* its release comes next */
    }
    begin_lane(state, event);
    note_release(&state->now, record->h.flags, record->code, record->h.arg, record->by);
    turn_to(lanes, state, event,
            state->in_section ? GBX_LANE_WAITS : lane_after(record->h.flags), GBX_NO_LOCK);
}

/* It let go, and waited for another to take the lock before it went on: for so long it was not outside. */
static void
apply_forced(gbx_lanes *lanes, lane_state *state, const gbx_entry *event, double ns_per_tick)
{
    const gbx_gil_wait *record = (const gbx_gil_wait *)(const void *)event->record;
    double waited = (double)record->wait * ns_per_tick;
    gbx_lane lane = state->now.lane;
    if (!state->begun || lane != GBX_LANE_OUTSIDE || !(waited < (double)event->t_ns)) {
        return;
    }
    end_span(lanes, state, event->t_ns - (uint64_t)waited);
    state->now.lane = GBX_LANE_WAITS;
    end_span(lanes, state, event->t_ns);
    state->now.lane = lane;
}

static double
ns_per_tick(const gbx_lanes *lanes, uint32_t stream)
{
    return gbx_trace_process(lanes->trace, gbx_trace_stream(lanes->trace, stream)->process)->ns_per_tick;
}

static void
apply_section(gbx_lanes *lanes, lane_state *state, const gbx_entry *event)
{
    bool begins = event->record->event == GBX_EV_SECTION_BEGIN;
    state->in_section = !begins;
    if (!begins) {
        turn_to(lanes, state, event, GBX_LANE_WAITS, GBX_NO_LOCK);
    }
    else if (state->begun && state->now.lane == GBX_LANE_WAITS) {
        turn_to(lanes, state, event, state->holds ? GBX_LANE_HOLDS : GBX_LANE_RUNS, state->now.lock);
    }
}

static void
apply_other(gbx_lanes *lanes, lane_state *state, const gbx_entry *event)
{
    uint32_t lock = ((const gbx_gil *)(const void *)event->record)->lock;
    switch (event->record->event) {
        case GBX_EV_GIL_REQUEST:
            turn_to(lanes, state, event, GBX_LANE_WAITS, lock);
            break;
        case GBX_EV_GIL_ACQUIRE: case GBX_EV_GIL_HELD:
            state->holds = true;
            turn_to(lanes, state, event, GBX_LANE_HOLDS, lock);
            break;
        case GBX_EV_GIL_GIVE_UP:
            turn_to(lanes, state, event, GBX_LANE_AWAY, lock);
            break;
        case GBX_EV_ATTACH:
            state->attached = true;
            if (!state->holds) {
                turn_to(lanes, state, event, state->in_section ? GBX_LANE_WAITS : GBX_LANE_RUNS,
                        GBX_NO_LOCK);
            }
            break;
        default:
            break;
    }
}

void
gbx_lanes_event(gbx_lanes *lanes, const gbx_entry *event)
{
    if (event->record->event < GBX_EV_GIL_CREATE || event->record->event > GBX_EV_UNPARK) {
        return;
    }
    lane_state *state = &lanes->states[event->stream];
    switch (event->record->event) {
        case GBX_EV_GIL_RELEASE:
            apply_release(lanes, state, event);
            break;
        case GBX_EV_DETACH:
            apply_detach(lanes, state, event);
            break;
        case GBX_EV_GIL_FORCED:
            apply_forced(lanes, state, event, ns_per_tick(lanes, event->stream));
            break;
        case GBX_EV_SECTION_CONTENDED: case GBX_EV_SECTION_BEGIN:
            apply_section(lanes, state, event);
            break;
        default:
            apply_other(lanes, state, event);
            break;
    }
}

void
gbx_lanes_finish(gbx_lanes *lanes, uint64_t end_ns)
{
    for (size_t i = 0; i < lanes->count; i++) {
        if (lanes->states[i].begun && lanes->states[i].now.lane != GBX_LANE_AWAY) {
            lanes->states[i].now.let_go = lanes->states[i].now.let_go &&
                lanes->states[i].now.lane != GBX_LANE_HOLDS;
            end_span(lanes, &lanes->states[i], end_ns);
        }
        lanes->states[i].begun = false;
    }
}
