/* One event becomes one moment of a life; see life.h. */

#include "life_internal.h"

#include <stdlib.h>

static bool
is_change(uint8_t event)
{
    return event == GBX_EV_REF_INC || event == GBX_EV_REF_DEC || event == GBX_EV_REF_SKIP
        || event == GBX_EV_REF_RETRY || event == GBX_EV_NONE;
}

static void
add(gbx_one_life *one, const gbx_moment *moment)
{
    gbx_life *life = &one->life;
    size_t *left = is_change(moment->event) ? &one->budget->changes : &one->budget->others;
    if (*left == 0) {
        life->dropped++;
        return;
    }
    if (life->count == one->room) {
        size_t room = one->room == 0 ? 64 : one->room * 2;
        gbx_moment *grown = realloc(one->moments, room * sizeof(*grown));
        if (grown == NULL) {
            one->no_memory = true;
            return;
        }
        one->moments = grown;
        one->room = room;
        life->moments = grown;
    }
    one->moments[life->count++] = *moment;
    (*left)--;
}

/* What has no time has that of the record before it, until the next one comes: settle() in life.c. */
static gbx_moment
moment_of(const gbx_cursor *now, const gbx_thread_time *t)
{
    const gbx_head *head = now->entry.record;
    return (gbx_moment){
        .at = now->at, .t_ns = now->entry.t_ns, .stream = now->entry.stream, .event = head->event,
        .how = head->flags, .offset = GBX_NO_OFFSET, .cause = SIZE_MAX, .about = t->untimed > 0,
    };
}

int64_t
gbx_moment_count(const gbx_moment *moment)
{
    return (int64_t)moment->local + (moment->shared >> 2);
}

/* With one count, and records in the order of its changes, whoever was not seen left a gap. */
static void
look_for_gap(gbx_one_life *one, const gbx_moment *moment, bool sets)
{
    int64_t count = gbx_moment_count(moment);
    int64_t gap = count - one->last_count - moment->delta;
    if (one->counted && !sets && gap != 0) {
        gbx_moment unseen = *moment;
        unseen.event = GBX_EV_NONE;
        unseen.how = 0;
        unseen.delta = gap;
        unseen.local = (uint32_t)(one->last_count + gap);
        unseen.code = 0;
        unseen.caller = 0;
        unseen.offset = GBX_NO_OFFSET;
        add(one, &unseen);
    }
    one->last_count = count;
    one->counted = true;
}

static void
by_reference(gbx_one_life *one, const gbx_cursor *now, const gbx_thread_time *t, bool halves)
{
    const gbx_ref *record = (const gbx_ref *)now->entry.record;
    gbx_moment moment = moment_of(now, t);
    moment.code = record->code;
    moment.offset = record->h.arg;
    moment.caller = record->caller;
    moment.delta = record->delta;
    moment.local = record->local;
    moment.shared = halves ? record->shared : 0;
    bool dies = moment.event == GBX_EV_REF_DEALLOC;
    if (!halves && moment.event != GBX_EV_REF_SKIP && !dies) {
        look_for_gap(one, &moment, moment.event == GBX_EV_REF_SET);
    }
    if (dies) {
        one->counted = false;                    /* a finalizer sees another count */
    }
    one->dead = dies;
    add(one, &moment);
}

void
gbx_life_by_watch(gbx_one_life *one, const gbx_cursor *now, const gbx_thread_time *t, bool halves)
{
    gbx_moment moment = moment_of(now, t);
    const gbx_watch *watch;
    one->born = true;
    switch (moment.event) {
        case GBX_EV_WATCH: case GBX_EV_UNWATCH:
            watch = (const gbx_watch *)now->entry.record;
            moment.local = watch->refs;
            one->last_count = watch->refs;
            one->counted = !halves;
            add(one, &moment);
            break;
        case GBX_EV_GC_VERDICT:
            moment.cause = t->collection;
            add(one, &moment);
            break;
        default:
            by_reference(one, now, t, halves);
            break;
    }
}

/* ------------------------------------------------------------- by address alone */

/* What was told so far was about another. */
static void
forget(gbx_one_life *one)
{
    one->budget->others += one->life.count;
    one->life.count = 0;
}

/* Memory is taken for an object at the address: until the watch begins, the newest one counts. */
static void
begins(gbx_one_life *one, const gbx_moment *moment)
{
    if (one->born) {
        one->gone = one->dead || one->freed || moment->event == GBX_EV_OBJ_CREATE;
        return;
    }
    bool goes_on = moment->event == GBX_EV_OBJ_CREATE && one->life.count > 0
        && one->moments[one->life.count - 1].event != GBX_EV_OBJ_CREATE;
    if (!goes_on) {
        forget(one);
    }
    add(one, moment);
}

/* The object, or its memory, goes. */
static void
ends(gbx_one_life *one, const gbx_moment *moment)
{
    if (!one->born) {
        forget(one);                             /* it was another */
        return;
    }
    bool dies = moment->event == GBX_EV_OBJ_DESTROY;
    if (dies && one->dead) {
        return;                                  /* known already, with who did it */
    }
    one->dead = one->dead || dies;
    one->freed = one->freed || !dies;
    add(one, moment);
}

void
gbx_life_by_address(gbx_one_life *one, const gbx_cursor *now, const gbx_thread_time *t)
{
    const gbx_head *head = now->entry.record;
    gbx_moment moment = moment_of(now, t);
    switch (head->event) {
        case GBX_EV_OBJ_CREATE:
            moment.address = ((const gbx_obj *)head)->address;
            moment.size = ((const gbx_obj *)head)->size;
            begins(one, &moment);
            break;
        case GBX_EV_BLOCK_ALLOC:
            moment.address = GBX_U48(((const gbx_block *)head)->address);
            moment.offset = ((const gbx_block *)head)->offset;
            moment.size = head->arg;
            moment.code = head->dt;              /* an untimed record's dt holds another field */
            begins(one, &moment);
            break;
        case GBX_EV_LARGE_ALLOC:
            moment.address = GBX_U48(((const gbx_large *)head)->address);
            moment.offset = ((const gbx_large *)head)->offset;
            moment.size = ((const gbx_large *)head)->size;
            moment.code = head->dt;
            begins(one, &moment);
            break;
        case GBX_EV_FREELIST_HIT:
            moment.address = GBX_U48(((const gbx_at *)head)->address);
            begins(one, &moment);
            break;
        case GBX_EV_OBJ_DESTROY:
            moment.address = ((const gbx_obj *)head)->address;
            ends(one, &moment);
            break;
        case GBX_EV_OBJ_REVIVE:
            moment.address = ((const gbx_obj *)head)->address;
            one->dead = false;
            add(one, &moment);
            break;
        default:                                 /* into a free list, or given back */
            moment.address = GBX_U48(((const gbx_at *)head)->address);
            ends(one, &moment);
            break;
    }
}
