/* Checks of reference counts: what each record of a watched object says against what was known of it.

   With the GIL a count is one number, and records in the order of time are a chain: each count is the
   one before, changed by the record's own delta or set to its value.  A gap in the chain is not a fault
   of the trace: an extension module has reference operations inlined that pass no hook.  How many, net,
   the gap itself tells; they are counted as unobserved.

   Without the GIL the local half is such a chain, since one thread changes it.  Two threads that change
   the shared half at once may be on record the other way round, so of that the sum alone is checked: when
   the object dies, what was there at first and all changes make zero.

   Whatever was lost, or left out by a ring, would look like a gap: then nothing is counted. */

#include "check_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define OBJECTS_MAX   (1u << 20)       /* of one process: 32 MiB */
#define SHARED_SHIFT  2                /* two flag bits below the shared half */
#define IMMORTAL      UINT32_MAX

struct gbx_counted {
    int64_t local;                     /* with the GIL, the count */
    int64_t total;                     /* without it: both halves */
    bool known;
    bool dead;                         /* it died, and nothing came after */
};

/* What is known of an object; NULL where there are too many. */
static gbx_counted *
counted(process_state *of, uint32_t watch)
{
    if (watch >= OBJECTS_MAX) {
        return NULL;
    }
    if (watch >= of->counted_room) {
        size_t room = of->counted_room == 0 ? 64 : of->counted_room;
        while (room <= watch) {
            room *= 2;
        }
        gbx_counted *more = realloc(of->counted, room * sizeof(*more));
        if (more == NULL) {
            return NULL;
        }
        memset(more + of->counted_room, 0, (room - of->counted_room) * sizeof(*more));
        of->counted = more;
        of->counted_room = room;
    }
    return &of->counted[watch];
}

/* The half that a record tells of is not what was known and the record's delta make. */
static void
missed(gbx_checker *c, gbx_counted *of, int64_t gap)
{
    c->result[GBX_INVARIANT_REFS].unobserved += (uint64_t)(gap < 0 ? -gap : gap);
    of->total += gap;
}

static void
check_delta(gbx_checker *c, const gbx_ref *ref, size_t at)
{
    bool right = ref->h.event == GBX_EV_REF_INC ? ref->delta > 0
        : ref->h.event == GBX_EV_REF_DEC ? ref->delta < 0
        : ref->h.event == GBX_EV_REF_MERGE || ref->delta == 0;
    if (!right) {
        gbx_checker_violate(c, GBX_INVARIANT_REFS, at, "a change by %" PRId32 " is none of its kind", ref->delta);
    }
}

static void
check_dead(gbx_checker *c, gbx_counted *of, const gbx_ref *ref, size_t at)
{
    bool revives = ref->h.event == GBX_EV_REF_SET;
    if (of->dead && !revives) {
        gbx_checker_violate(c, GBX_INVARIANT_REFS, at, "it died before, and nothing revived it");
    }
    of->dead = ref->h.event == GBX_EV_REF_DEALLOC;
}

static bool
changes_local(const gbx_ref *ref, bool free_threaded)
{
    return !free_threaded || ref->h.flags == GBX_REF_LOCAL;
}

/* The record's own change, against what was known. */
static void
check_change(gbx_checker *c, gbx_counted *of, const gbx_ref *ref, bool free_threaded)
{
    of->total += ref->delta;
    if (ref->h.event == GBX_EV_REF_MERGE) {
        of->local = 0;
    }
    else if (of->known && changes_local(ref, free_threaded)) {
        int64_t gap = (int64_t)ref->local - (of->local + ref->delta);
        missed(c, of, gap);
        of->local = ref->local;
    }
}

static void
check_set(gbx_counted *of, const gbx_ref *ref, bool free_threaded)
{
    of->local = ref->local;
    of->total = (int64_t)ref->local + (free_threaded ? ref->shared >> SHARED_SHIFT : 0);
    of->known = ref->local != IMMORTAL;
}

void
gbx_checker_watch(process_state *process, const gbx_watch *watch)
{
    gbx_counted *of = process->counts ? counted(process, watch->watch) : NULL;
    if (of != NULL) {
        *of = (gbx_counted){ .local = watch->refs, .total = watch->refs,
                             .known = watch->refs != IMMORTAL && !process->free_threaded };
    }
}

void
gbx_checker_ref(gbx_checker *c, process_state *process, const gbx_ref *ref, size_t at)
{
    check_delta(c, ref, at);
    c->result[GBX_INVARIANT_REFS].looked_at++;
    gbx_counted *of = process->counts ? counted(process, ref->watch) : NULL;
    if (of == NULL) {
        return;
    }
    switch (ref->h.event) {
        case GBX_EV_REF_SKIP: case GBX_EV_REF_RETRY: case GBX_EV_REF_QUEUE:
            break;
        case GBX_EV_REF_SET: case GBX_EV_REF_OWNER:
            check_set(of, ref, process->free_threaded);
            break;
        case GBX_EV_REF_DEALLOC:
            if (of->known) {
                missed(c, of, process->free_threaded ? -of->total : -of->local);
            }
            of->local = of->total = 0;
            break;
        default:
            check_change(c, of, ref, process->free_threaded);
            break;
    }
    check_dead(c, of, ref, at);
}
