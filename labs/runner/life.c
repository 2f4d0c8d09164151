/* Which objects a name means, and which events are about them; see life.h.

   Once over all events finds the watch ids with the name, and once more hands each event to the lives it
   belongs to.  Most events know an address alone, and most addresses are nobody's: a small filter says so
   before anything is looked up. */

#include "heap.h"
#include "life_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define LIVES_MOST   4096u
#define FILTER_BITS  16u         /* 2^16 bits: 8 KiB */
#define CHANGES_MOST (2u << 20)  /* moments of all lives together: 400 MiB with the others */
#define OTHERS_MOST  (1u << 20)

#define HAVE_GC_FLAG    (UINT64_C(1) << 14)      /* of tp_flags, as in Include/object.h of 3.13 */
#define PREHEADER_FLAGS (UINT64_C(3) << 3)

typedef struct {
    size_t life, moment, at;
    uint32_t stream, rank;       /* how many records without a time come before it */
} pending;

struct gbx_lives {
    const gbx_trace *trace;
    gbx_one_life *list;
    size_t count, room;
    gbx_life_budget budget;
    gbx_thread_time *threads;
    pending *waiting;
    size_t waiting_count, waiting_room;
    gbx_heap **heaps;            /* one a process with a life and small blocks, else NULL */
    uint8_t filter[(1u << FILTER_BITS) / 8];
    char names[320];             /* what is watched, for the message */
    size_t names_used;
};

static bool
is_timed(uint8_t event)
{
    static const bool timed[256] = {
#define X(NAME, id, CLASS, text, record, has_time) [id] = has_time,
        GBX_EVENTS(X)
#undef X
    };
    return timed[event] || event == GBX_EV_STREAM_TIME;
}

/* The id of the object that an event is about; 0 where it names none. */
static uint32_t
watch_of(const gbx_head *head)
{
    switch (head->event) {
        case GBX_EV_WATCH: case GBX_EV_UNWATCH:
            return ((const gbx_watch *)head)->watch;
        case GBX_EV_REF_INC: case GBX_EV_REF_DEC: case GBX_EV_REF_SET: case GBX_EV_REF_SKIP:
        case GBX_EV_REF_DEALLOC: case GBX_EV_REF_QUEUE: case GBX_EV_REF_MERGE: case GBX_EV_REF_OWNER:
        case GBX_EV_REF_RETRY:
            return ((const gbx_ref *)head)->watch;
        case GBX_EV_GC_VERDICT:
            return ((const gbx_gc_verdict *)head)->watch;
        default:
            return 0;
    }
}

/* The address that an event is about; 0 where it names none. */
static uint64_t
address_of(const gbx_head *head)
{
    switch (head->event) {
        case GBX_EV_OBJ_CREATE: case GBX_EV_OBJ_DESTROY: case GBX_EV_OBJ_REVIVE:
            return ((const gbx_obj *)head)->address;
        case GBX_EV_BLOCK_ALLOC:
            return GBX_U48(((const gbx_block *)head)->address);
        case GBX_EV_LARGE_ALLOC:
            return GBX_U48(((const gbx_large *)head)->address);
        case GBX_EV_BLOCK_FREE: case GBX_EV_LARGE_FREE: case GBX_EV_FREE_DELAYED:
        case GBX_EV_FREELIST_HIT: case GBX_EV_FREELIST_PUT: case GBX_EV_FREELIST_DROP:
            return GBX_U48(((const gbx_at *)head)->address);
        default:
            return 0;
    }
}

/* ------------------------------------------------------------------ which objects */

static gbx_one_life *
find_watch(const gbx_lives *lives, uint32_t process, uint32_t watch)
{
    for (size_t i = lives->count; i-- > 0;) {
        if (lives->list[i].life.watch == watch && lives->list[i].life.process == process) {
            return &lives->list[i];
        }
    }
    return NULL;
}

static bool
free_threaded(const gbx_trace *trace, uint32_t process)
{
    return (gbx_trace_process(trace, process)->header->build & GBX_BUILD_FREE_THREADED) != 0;
}

/* Bytes in front of an object: links of the collector, pointers to a dict and to weak references. */
static uint64_t
bytes_before(const gbx_trace *trace, uint32_t process, const gbx_type_info *type)
{
    if (type == NULL) {
        return 0;
    }
    bool links = (type->flags & HAVE_GC_FLAG) != 0 && !free_threaded(trace, process);
    return (links ? 16u : 0u) + ((type->flags & PREHEADER_FLAGS) != 0 ? 16u : 0u);
}

static uint32_t
filter_bit(uint64_t address)
{
    return (uint32_t)((address >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> (64 - FILTER_BITS));
}

static void
filter_add(gbx_lives *lives, uint64_t address)
{
    uint32_t bit = filter_bit(address);
    lives->filter[bit / 8] |= (uint8_t)(1u << bit % 8);
}

static int
add_life(gbx_lives *lives, uint32_t process, uint32_t watch, const gbx_watch_info *info, uint32_t interp)
{
    if (lives->count == LIVES_MOST || find_watch(lives, process, watch) != NULL) {
        return 0;
    }
    if (lives->count == lives->room) {
        size_t room = lives->room == 0 ? 8 : lives->room * 2;
        gbx_one_life *grown = realloc(lives->list, room * sizeof(*grown));
        if (grown == NULL) {
            return GBX_ERROR_MEMORY;
        }
        lives->list = grown;
        lives->room = room;
    }
    const gbx_type_info *type = gbx_trace_type(lives->trace, process, info->type);
    gbx_one_life *one = &lives->list[lives->count++];
    *one = (gbx_one_life){
        .budget = &lives->budget,
        .life = { .process = process, .watch = watch, .interp = interp, .name = info->name,
                  .type = type == NULL ? "?" : type->name, .address = info->address,
                  .halves = free_threaded(lives->trace, process) },
        .block = info->address - bytes_before(lives->trace, process, type),
    };
    uint32_t mask = gbx_trace_process(lives->trace, process)->mask;
    uint32_t wanted = 1u << GBX_CLASS_REF | 1u << GBX_CLASS_GC | 1u << GBX_CLASS_OBJ
        | 1u << GBX_CLASS_ALLOC;
    one->life.missing = wanted & ~mask;
    filter_add(lives, one->life.address);
    filter_add(lives, one->block);
    return 0;
}

/* A name that could have been asked for. */
static void
note_name(gbx_lives *lives, const char *name)
{
    size_t length = strlen(name), room = sizeof(lives->names) - lives->names_used;
    for (const char *at = lives->names; (at = strstr(at, name)) != NULL; at += length) {
        bool whole = (at == lives->names || at[-1] == ' ') && (at[length] == ',' || at[length] == '\0');
        if (whole || length == 0) {
            return;
        }
    }
    if (length > 0 && length + 3 < room) {
        char *to = lives->names + lives->names_used;
        int n = snprintf(to, room, "%s%s", lives->names_used == 0 ? "" : ", ", name);
        lives->names_used += (size_t)n;
    }
}

static int
find_lives(gbx_lives *lives, const char *name, uint64_t id)
{
    gbx_cursor now;
    int status = 0;
    for (bool more = gbx_trace_first(lives->trace, &now); more && status == 0;
         more = gbx_trace_next(&now)) {
        uint32_t watch = watch_of(now.entry.record);
        if (watch == 0) {
            continue;
        }
        uint32_t process = gbx_entry_where(lives->trace, &now.entry).process;
        const gbx_watch_info *info = gbx_trace_watch(lives->trace, process, watch);
        if (info == NULL) {
            continue;
        }
        if (id != 0 ? watch == id : strcmp(info->name, name) == 0) {
            status = add_life(lives, process, watch, info, now.entry.interp);
        }
        else if (now.entry.record->event == GBX_EV_WATCH) {
            note_name(lives, info->name);
        }
    }
    return status;
}

/* ------------------------------------------------------------------- which events */

/* A moment without a time was added: its time is settled when its thread's next time is known. */
static void
wait_for_time(gbx_lives *lives, const gbx_one_life *one, uint32_t stream)
{
    if (one->life.count == 0 || !one->moments[one->life.count - 1].about) {
        return;
    }
    if (lives->waiting_count == lives->waiting_room) {
        size_t room = lives->waiting_room == 0 ? 64 : lives->waiting_room * 2;
        pending *grown = realloc(lives->waiting, room * sizeof(*grown));
        if (grown == NULL) {
            return;                              /* it keeps the time of the record before it */
        }
        lives->waiting = grown;
        lives->waiting_room = room;
    }
    lives->waiting[lives->waiting_count++] = (pending){
        .life = (size_t)(one - lives->list), .moment = one->life.count - 1,
        .at = one->moments[one->life.count - 1].at, .stream = stream,
        .rank = lives->threads[stream].untimed,
    };
}

/* The thread's next timed record came at `t_ns`: what lies before it is spread evenly. */
static void
settle(gbx_lives *lives, uint32_t stream, uint64_t t_ns)
{
    const gbx_thread_time *t = &lives->threads[stream];
    size_t left = 0;
    for (size_t i = 0; i < lives->waiting_count; i++) {
        pending *it = &lives->waiting[i];
        if (it->stream != stream) {
            lives->waiting[left++] = *it;
            continue;
        }
        gbx_one_life *one = &lives->list[it->life];
        if (it->moment < one->life.count && one->moments[it->moment].at == it->at && t_ns > t->timed_ns) {
            double share = (double)it->rank / ((double)t->untimed + 1);
            one->moments[it->moment].t_ns = t->timed_ns
                + (uint64_t)((double)(t_ns - t->timed_ns) * share);
        }
    }
    lives->waiting_count = left;
}

static void
pass_time(gbx_lives *lives, const gbx_cursor *now)
{
    gbx_thread_time *t = &lives->threads[now->entry.stream];
    uint8_t event = now->entry.record->event;
    if (!is_timed(event)) {
        t->untimed++;
        return;
    }
    if (lives->waiting_count > 0) {
        settle(lives, now->entry.stream, now->entry.t_ns);
    }
    t->timed_ns = now->entry.t_ns;
    t->untimed = 0;
    if (event == GBX_EV_GC_START) {
        t->collection = now->at;
    }
}

/* The arena and the pool of the block that the newest moment is about. */
static void
find_arena(const gbx_lives *lives, gbx_one_life *one)
{
    const gbx_heap *heap = lives->heaps[one->life.process];
    const gbx_heap_arena *arena;
    if (heap == NULL || one->life.count == 0) {
        return;
    }
    gbx_moment *moment = &one->moments[one->life.count - 1];
    const gbx_heap_pool *pool = moment->address == 0 ? NULL
        : gbx_heap_find(heap, moment->address, &arena);
    if (pool != NULL) {
        moment->arena = arena->address;
        moment->class_size = gbx_heap_block_size(pool->size_class);
        moment->capacity = gbx_heap_capacity(pool->size_class);
        moment->in_use = pool->blocks;
        if (moment->event == GBX_EV_BLOCK_ALLOC) {
            moment->in_use++;                    /* the heap takes the event when the lives have */
        }
        else if (moment->event == GBX_EV_BLOCK_FREE && moment->in_use > 0) {
            moment->in_use--;
        }
    }
}

static void
hand_out(gbx_lives *lives, const gbx_cursor *now)
{
    const gbx_head *head = now->entry.record;
    const gbx_thread_time *t = &lives->threads[now->entry.stream];
    uint32_t watch = watch_of(head);
    uint64_t address = watch != 0 ? 0 : address_of(head);
    if (watch == 0 && (address == 0 || (lives->filter[filter_bit(address) / 8]
                                        >> filter_bit(address) % 8 & 1) == 0)) {
        return;
    }
    uint32_t process = gbx_entry_where(lives->trace, &now->entry).process;
    for (size_t i = 0; i < lives->count; i++) {
        gbx_one_life *one = &lives->list[i];
        if (one->life.process != process) {
            continue;
        }
        size_t before = one->life.count;
        if (watch != 0 && watch == one->life.watch) {
            gbx_life_by_watch(one, now, t, one->life.halves);
        }
        else if (watch == 0 && !one->gone && (address == one->life.address || address == one->block)) {
            gbx_life_by_address(one, now, t);
            find_arena(lives, one);
        }
        if (one->life.count > before) {
            wait_for_time(lives, one, now->entry.stream);
        }
    }
}

static int
begin_heaps(gbx_lives *lives, gbx_error *error)
{
    int status = 0;
    for (size_t i = 0; i < lives->count && status == 0; i++) {
        uint32_t process = lives->list[i].life.process;
        bool recorded = (gbx_trace_process(lives->trace, process)->mask >> GBX_CLASS_ALLOC & 1) != 0;
        if (recorded && lives->heaps[process] == NULL && !free_threaded(lives->trace, process)) {
            status = gbx_heap_new(&lives->heaps[process], lives->trace, process, error);
        }
    }
    return status;
}

/* An event of the allocator changes the heap after the lives have looked at it: a block that is returned
   was in an arena until then. */
static int
change_heap(gbx_lives *lives, const gbx_cursor *now)
{
    if (gbx_event_class(now->entry.record->event) != GBX_CLASS_ALLOC) {
        return 0;
    }
    gbx_heap *heap = lives->heaps[gbx_entry_where(lives->trace, &now->entry).process];
    return heap == NULL ? 0 : gbx_heap_apply(heap, &now->entry);
}

static int
follow_all(gbx_lives *lives)
{
    gbx_cursor now;
    int status = 0;
    for (bool more = gbx_trace_first(lives->trace, &now); more && status == 0;
         more = gbx_trace_next(&now)) {
        pass_time(lives, &now);
        hand_out(lives, &now);
        status = change_heap(lives, &now);
        if (now.entry.record->event == GBX_EV_GC_DONE) {
            lives->threads[now.entry.stream].collection = SIZE_MAX;
        }
    }
    for (size_t i = 0; i < lives->count && status == 0; i++) {
        gbx_one_life *one = &lives->list[i];
        one->life.ended = one->dead || one->gone;
        status = one->no_memory ? GBX_ERROR_MEMORY : 0;
    }
    return status;
}

static int
follow(gbx_lives *lives, gbx_error *error)
{
    size_t streams = gbx_trace_stream_count(lives->trace);
    lives->threads = calloc(streams + 1, sizeof(*lives->threads));
    lives->heaps = calloc(gbx_trace_process_count(lives->trace) + 1, sizeof(gbx_heap *));
    if (lives->threads == NULL || lives->heaps == NULL) {
        return GBX_ERROR_MEMORY;
    }
    for (size_t i = 0; i < streams; i++) {
        lives->threads[i].collection = SIZE_MAX;
    }
    int status = begin_heaps(lives, error);
    return status == 0 ? follow_all(lives) : status;
}

/* --------------------------------------------------------------------- the outside */

static int
find_all(gbx_lives *lives, const char *name, gbx_error *error)
{
    char *end;
    errno = 0;
    unsigned long long id = name[0] >= '1' && name[0] <= '9' ? strtoull(name, &end, 10) : 0;
    int status = find_lives(lives, name, 0);
    if (status == 0 && lives->count == 0 && id != 0 && *end == '\0' && errno == 0) {
        status = find_lives(lives, name, id);
    }
    if (status == 0 && lives->count == 0) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "nothing is watched as '%s'%s%s%s", name,
                             lives->names_used == 0 ? "" : " (there is: ", lives->names,
                             lives->names_used == 0 ? "" : ")");
    }
    if (status == 0) {
        status = follow(lives, error);
    }
    return status == 0 ? 0 : gbx_error_set(error, status, "%s", gbx_error_text(status));
}

int
gbx_lives_find(gbx_lives **out, const gbx_trace *trace, const char *name, gbx_error *error)
{
    gbx_lives *lives = calloc(1, sizeof(*lives));
    *out = NULL;
    if (lives == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "%s", gbx_error_text(GBX_ERROR_MEMORY));
    }
    lives->trace = trace;
    lives->budget = (gbx_life_budget){ CHANGES_MOST, OTHERS_MOST };
    int status = find_all(lives, name, error);
    if (status != 0) {
        gbx_lives_free(lives);
        return status;
    }
    *out = lives;
    return 0;
}

void
gbx_lives_free(gbx_lives *lives)
{
    if (lives == NULL) {
        return;
    }
    for (size_t i = 0; i < lives->count; i++) {
        free(lives->list[i].moments);
    }
    free(lives->list);
    free(lives->threads);
    free(lives->waiting);
    for (size_t i = 0; lives->heaps != NULL && i < gbx_trace_process_count(lives->trace); i++) {
        gbx_heap_free(lives->heaps[i]);
    }
    free(lives->heaps);
    free(lives);
}

size_t
gbx_lives_count(const gbx_lives *lives)
{
    return lives->count;
}

const gbx_life *
gbx_lives_at(const gbx_lives *lives, size_t index)
{
    return &lives->list[index].life;
}

/* ------------------------------------------------------------------------ folding */

#define PERIOD_MOST 16u          /* moments in what is repeated */
#define FOLDED_LEAST 6u          /* moments saved, or it is not worth a line */

static bool
same_act(const gbx_moment *a, const gbx_moment *b)
{
    return (a->event == GBX_EV_REF_INC || a->event == GBX_EV_REF_DEC || a->event == GBX_EV_REF_SKIP)
        && a->event == b->event && a->how == b->how && a->code == b->code && a->offset == b->offset
        && a->caller == b->caller && a->delta == b->delta && a->stream == b->stream;
}

gbx_fold
gbx_life_fold(const gbx_life *life, size_t first)
{
    for (size_t period = 1; period <= PERIOD_MOST; period++) {
        size_t same = 0;
        while (first + same + period < life->count
               && same_act(&life->moments[first + same], &life->moments[first + same + period])) {
            same++;
        }
        size_t times = same / period + 1;
        if (times > 1 && (times - 1) * period >= FOLDED_LEAST) {
            return (gbx_fold){ first, period, times };
        }
    }
    return (gbx_fold){ first, 1, 1 };
}
