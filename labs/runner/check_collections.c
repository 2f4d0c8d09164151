/* The checks of collections and of the stopped world; see check.h.

   A thread may collect for one interpreter while it collects for another: a finalizer may run a
   subinterpreter.  A thread that ends in mid-collection (the interpreter's end, a daemon) leaves it open,
   and a recording may begin inside one. */

#include "check_internal.h"

#include <inttypes.h>

/* In the order of the collector's own code; any may be left out, and those of finding out what is
   unreachable come again after the finalizers. */
static const uint8_t with_gil[] = {
    GBX_GC_PHASE_CALLBACKS, GBX_GC_PHASE_UPDATE_REFS, GBX_GC_PHASE_SUBTRACT_REFS,
    GBX_GC_PHASE_MOVE_UNREACHABLE, GBX_GC_PHASE_VERDICTS, GBX_GC_PHASE_UNTRACK,
    GBX_GC_PHASE_LEGACY_FINALIZERS, GBX_GC_PHASE_WEAKREFS, GBX_GC_PHASE_FINALIZE,
    GBX_GC_PHASE_UPDATE_REFS, GBX_GC_PHASE_SUBTRACT_REFS, GBX_GC_PHASE_MOVE_UNREACHABLE,
    GBX_GC_PHASE_RESURRECTED, GBX_GC_PHASE_CLEAR, GBX_GC_PHASE_GARBAGE, GBX_GC_PHASE_FREE_LISTS,
    GBX_GC_PHASE_CALLBACKS,
};
static const uint8_t without_gil[] = {
    GBX_GC_PHASE_CALLBACKS, GBX_GC_PHASE_MERGE_QUEUED, GBX_GC_PHASE_DELAYED_FREES,
    GBX_GC_PHASE_UPDATE_REFS, GBX_GC_PHASE_MARK_HEAP, GBX_GC_PHASE_SCAN_HEAP,
    GBX_GC_PHASE_LEGACY_FINALIZERS, GBX_GC_PHASE_WEAKREFS, GBX_GC_PHASE_WEAKREF_CALLBACKS,
    GBX_GC_PHASE_FINALIZE, GBX_GC_PHASE_RESURRECTED, GBX_GC_PHASE_FREE_LISTS, GBX_GC_PHASE_CLEAR,
    GBX_GC_PHASE_GARBAGE, GBX_GC_PHASE_CALLBACKS,
};

static const char *
phase_name(uint8_t phase)
{
    const char *label = gbx_trace_label(GBX_ENUM_GC_PHASE, phase);
    return label == NULL ? "?" : label;
}

/* Where the phase comes next in the order, from `next` on; -1: nowhere. */
static int
find_phase(const gbx_checker *c, const thread_state *thread, unsigned next, uint8_t phase)
{
    bool free_threaded = (gbx_trace_process(c->trace, thread->process)->header->build
                          & GBX_BUILD_FREE_THREADED) != 0;
    const uint8_t *order = free_threaded ? without_gil : with_gil;
    unsigned count = free_threaded ? sizeof(without_gil) : sizeof(with_gil);
    for (unsigned i = next; i < count; i++) {
        if (order[i] == phase) {
            return (int)i;
        }
    }
    return -1;
}

static void
begin_collection(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at)
{
    uint64_t open = 0;
    gbx_popped popped = gbx_stack_pop(&thread->collections, &open);
    if (popped != GBX_BELOW) {
        gbx_stack_push(&thread->collections, open, &c->budget);
    }
    if (popped == GBX_POPPED && open >> 32 == event->interp) {
        gbx_checker_violate(c, GBX_INVARIANT_COLLECTIONS, at,
                            "a collection begins while interpreter %" PRIu32 " has one", event->interp);
    }
    gbx_stack_push(&thread->collections,
                   (uint64_t)event->interp << 32 | (uint64_t)event->record->flags << 8, &c->budget);
    thread->collected = true;
}

static void
end_collection(gbx_checker *c, uint64_t open, const gbx_entry *event, size_t at)
{
    if (open >> 32 != event->interp || (open >> 8 & 0xff) != event->record->flags) {
        gbx_checker_violate(c, GBX_INVARIANT_COLLECTIONS, at,
                            "generation %u of interpreter %" PRIu32 " is done, %u of %" PRIu32 " was begun",
                            event->record->flags, event->interp, (unsigned)(open >> 8 & 0xff),
                            (uint32_t)(open >> 32));
    }
}

/* The collection as it goes on after a phase of it. */
static uint64_t
pass_phase(gbx_checker *c, const thread_state *thread, uint64_t open, const gbx_head *head, size_t at)
{
    int found = find_phase(c, thread, (unsigned)(open & 0xff), head->flags);
    if (found < 0) {
        gbx_checker_violate(c, GBX_INVARIANT_COLLECTIONS, at, "%s does not come here",
                            phase_name(head->flags));
        return open;
    }
    return (open & ~UINT64_C(0xff)) | ((uint64_t)found + 1);
}

void
gbx_check_collection(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at)
{
    uint64_t open = 0;
    const gbx_head *head = event->record;
    if (thread->gap) {
        return;
    }
    c->result[GBX_INVARIANT_COLLECTIONS].looked_at++;
    if (head->event == GBX_EV_GC_START) {
        begin_collection(c, thread, event, at);
        return;
    }
    gbx_popped popped = gbx_stack_pop(&thread->collections, &open);
    if (popped == GBX_BELOW) {
        if (thread->collected) {
            gbx_checker_violate(c, GBX_INVARIANT_COLLECTIONS, at, "%s, and no collection was begun",
                                gbx_event_name(head->event));
        }
        return;
    }
    if (head->event == GBX_EV_GC_DONE) {
        if (popped == GBX_POPPED) {
            end_collection(c, open, event, at);
        }
        return;
    }
    if (head->event == GBX_EV_GC_PHASE && popped == GBX_POPPED) {
        open = pass_phase(c, thread, open, head, at);
    }
    gbx_stack_push(&thread->collections, open, &c->budget);
}

/* Asked for, stopped, started: one after the other on the thread that asks.  The first of them may lie
   before the recording. */
void
gbx_check_world(gbx_checker *c, thread_state *thread, const gbx_head *head, size_t at)
{
    uint8_t *state = &thread->world[head->flags != 0];
    uint8_t step = head->event == GBX_EV_WORLD_STOP ? 1 : head->event == GBX_EV_WORLD_STOPPED ? 2 : 0;
    uint8_t before = step == 0 ? 2 : (uint8_t)(step - 1);
    if (thread->gap) {
        return;
    }
    c->result[GBX_INVARIANT_WORLD].looked_at++;
    if (*state != before && (*state != 0 || thread->stopped)) {
        gbx_checker_violate(c, GBX_INVARIANT_WORLD, at, "%s does not follow here",
                            gbx_event_name(head->event));
    }
    thread->stopped = thread->stopped || step == 1;
    *state = step;
}
