/* See refs.h.  What a trace names by number is found again by a table of keys; numbers in a hostile trace
   may be anything, so a key is the number itself and never an index. */

#include "refs.h"

#include <stdlib.h>
#include <string.h>

/* --------------------------------------------------------------------- keys */

/* From a key to where its entry is; open addressing. */
typedef struct {
    uint64_t *keys;              /* key + 1; 0: free */
    uint32_t *values;
    size_t size, used;           /* size: a power of two, or 0 */
} key_table;

static size_t
place_of(const key_table *table, uint64_t key)
{
    size_t i = (size_t)(key * 0x9E3779B97F4A7C15u >> 20) & (table->size - 1);
    while (table->keys[i] != 0 && table->keys[i] != key + 1) {
        i = (i + 1) & (table->size - 1);
    }
    return i;
}

static int
grow(key_table *table)
{
    key_table more = { .size = table->size == 0 ? 256 : table->size * 2, .used = table->used };
    more.keys = calloc(more.size, sizeof(*more.keys));
    more.values = calloc(more.size, sizeof(*more.values));
    if (more.keys == NULL || more.values == NULL) {
        free(more.keys);
        free(more.values);
        return GBX_ERROR_MEMORY;
    }
    for (size_t i = 0; i < table->size; i++) {
        if (table->keys[i] != 0) {
            size_t at = place_of(&more, table->keys[i] - 1);
            more.keys[at] = table->keys[i];
            more.values[at] = table->values[i];
        }
    }
    free(table->keys);
    free(table->values);
    *table = more;
    return 0;
}

/* The entry of a key; of a new one it is `next`, and *made says so.  NULL: out of memory. */
static const uint32_t *
look_up(key_table *table, uint64_t key, size_t next, bool *made)
{
    *made = false;
    if (table->used * 2 >= table->size && grow(table) != 0) {
        return NULL;
    }
    size_t at = place_of(table, key);
    if (table->keys[at] == 0) {
        table->keys[at] = key + 1;
        table->values[at] = (uint32_t)next;
        table->used++;
        *made = true;
    }
    return &table->values[at];
}

static void
clear_table(key_table *table)
{
    free(table->keys);
    free(table->values);
}

/* ------------------------------------------------------------------ gathering */

/* Of an object while the trace is walked: what the result has no use for. */
typedef struct {
    uint32_t last;               /* stream of the operation before; GBX_REFS_NOBODY: none */
    uint64_t queued_ns;          /* a decrement waits since then */
    bool waits;
} follow;

typedef struct {
    gbx_refs *refs;
    follow *follows;             /* beside refs->objects */
    key_table sites, objects, hands;
    size_t site_room, object_room, hand_room;
} gatherer;

/* One more entry in an array; NULL: out of memory. */
static void *
push(void **array, size_t *count, size_t *room, size_t size)
{
    if (*count >= UINT32_MAX - 1) {
        return NULL;
    }
    if (*count == *room) {
        size_t more = *room == 0 ? 64 : *room * 2;
        void *grown = realloc(*array, more * size);
        if (grown == NULL) {
            return NULL;
        }
        *array = grown;
        *room = more;
    }
    void *entry = (char *)*array + (*count)++ * size;
    memset(entry, 0, size);
    return entry;
}

static gbx_refs_site *
site_of(gatherer *g, uint32_t process, uint32_t code, uint32_t offset)
{
    bool made;
    gbx_refs *refs = g->refs;
    uint64_t key = (uint64_t)process << 48 | (uint64_t)code << 16 | (offset & 0xffff);
    const uint32_t *at = look_up(&g->sites, key, refs->site_count, &made);
    if (at == NULL || !made) {
        return at == NULL ? NULL : &refs->sites[*at];
    }
    gbx_refs_site *site = push((void **)&refs->sites, &refs->site_count, &g->site_room, sizeof(*site));
    if (site != NULL) {
        *site = (gbx_refs_site){ .process = process, .code = code, .offset = offset, .instructions = 1 };
    }
    return site;
}

static int
add_churn(gatherer *g, uint32_t process, const gbx_ref_churn *churn)
{
    gbx_refs_site *site = site_of(g, process, churn->code, churn->h.arg);
    if (site == NULL) {
        return GBX_ERROR_MEMORY;
    }
    site->incs += churn->incs;
    site->decs += churn->decs;
    site->shared += churn->shared;
    g->refs->incs += churn->incs;
    g->refs->decs += churn->decs;
    g->refs->shared += churn->shared;
    g->refs->churn_records++;
    return 0;
}

/* The index of a watched object; negative: out of memory. */
static int64_t
object_of(gatherer *g, uint32_t process, uint32_t watch)
{
    bool made;
    gbx_refs *refs = g->refs;
    const uint32_t *at = look_up(&g->objects, (uint64_t)process << 32 | watch, refs->object_count, &made);
    if (at == NULL || !made) {
        return at == NULL ? GBX_ERROR_MEMORY : (int64_t)*at;
    }
    size_t count = refs->object_count, before = g->object_room;
    gbx_refs_object *object = push((void **)&refs->objects, &refs->object_count, &g->object_room, sizeof(*object));
    if (object == NULL) {
        return GBX_ERROR_MEMORY;
    }
    if (g->object_room != before) {
        follow *more = realloc(g->follows, g->object_room * sizeof(*more));
        if (more == NULL) {
            return GBX_ERROR_MEMORY;
        }
        g->follows = more;
    }
    *object = (gbx_refs_object){ .process = process, .watch = watch, .owner = GBX_REFS_NOBODY };
    g->follows[count] = (follow){ .last = GBX_REFS_NOBODY };
    return (int64_t)count;
}

static gbx_refs_hand *
hand_of(gatherer *g, uint32_t object, uint32_t stream)
{
    bool made;
    gbx_refs *refs = g->refs;
    const uint32_t *at = look_up(&g->hands, (uint64_t)object << 32 | stream, refs->hand_count, &made);
    if (at == NULL || !made) {
        return at == NULL ? NULL : &refs->hands[*at];
    }
    gbx_refs_hand *hand = push((void **)&refs->hands, &refs->hand_count, &g->hand_room, sizeof(*hand));
    if (hand != NULL) {
        *hand = (gbx_refs_hand){ .object = object, .stream = stream };
    }
    return hand;
}

/* ---------------------------------------------------------- one record of an object */

static bool
is_local(const gbx_ref *ref, bool free_threaded)
{
    return !free_threaded || ref->h.flags == GBX_REF_LOCAL;
}

/* The count changed: in which half, and in whose turn? */
static int
add_change(gatherer *g, size_t index, const gbx_ref *ref, bool local, uint32_t stream)
{
    gbx_refs_object *object = &g->refs->objects[index];
    gbx_refs_hand *hand = hand_of(g, (uint32_t)index, stream);
    if (hand == NULL) {
        return GBX_ERROR_MEMORY;
    }
    object->threads += hand->local + hand->shared == 0;
    hand->local += local;
    hand->shared += !local;
    object->local += local;
    object->shared += !local;
    object->incs += ref->delta > 0;
    object->decs += ref->delta < 0;
    object->turns += g->follows[index].last != GBX_REFS_NOBODY && g->follows[index].last != stream;
    g->follows[index].last = stream;
    return 0;
}

static void
note_queue(gatherer *g, size_t index, uint64_t t_ns)
{
    g->refs->objects[index].queued++;
    if (!g->follows[index].waits) {
        g->follows[index].waits = true;
        g->follows[index].queued_ns = t_ns;
    }
}

/* However the halves came to be merged, what waited is done. */
static void
note_merge(gatherer *g, size_t index, uint64_t t_ns)
{
    gbx_refs_object *object = &g->refs->objects[index];
    follow *of = &g->follows[index];
    object->merges++;
    if (of->waits) {
        uint64_t waited = t_ns > of->queued_ns ? t_ns - of->queued_ns : 0;
        object->waited_ns += waited;
        object->longest_ns = waited > object->longest_ns ? waited : object->longest_ns;
        of->waits = false;
    }
}

static int
add_ref(gatherer *g, const gbx_where *where, const gbx_ref *ref, bool free_threaded)
{
    int64_t found = object_of(g, where->process, ref->watch);
    if (found < 0) {
        return (int)found;
    }
    size_t index = (size_t)found;
    gbx_refs_object *object = &g->refs->objects[index];
    object->first_ns = object->first_ns == 0 ? where->t_ns : object->first_ns;
    object->last_ns = where->t_ns;
    switch (ref->h.event) {
        case GBX_EV_REF_INC: case GBX_EV_REF_DEC:
            return add_change(g, index, ref, is_local(ref, free_threaded), where->stream);
        case GBX_EV_REF_SKIP:    object->skips++; return 0;
        case GBX_EV_REF_DEALLOC: object->died = true; return 0;
        case GBX_EV_REF_QUEUE:   note_queue(g, index, where->t_ns); return 0;
        case GBX_EV_REF_MERGE:
            note_merge(g, index, where->t_ns);
            return add_change(g, index, ref, false, where->stream);
        case GBX_EV_REF_OWNER:
            object->owner = ref->h.flags == GBX_REF_LOCAL ? where->stream : GBX_REFS_NOBODY;
            return 0;
        case GBX_EV_REF_RETRY: {
            gbx_refs_hand *hand = hand_of(g, (uint32_t)index, where->stream);
            object->retries++;
            return hand == NULL ? GBX_ERROR_MEMORY : (hand->retries++, 0);
        }
        default:
            return 0;
    }
}

static int
add_event(gatherer *g, const gbx_trace *trace, const gbx_entry *entry)
{
    const void *record = entry->record;
    if (gbx_event_class(entry->record->event) != GBX_CLASS_REF) {
        return 0;
    }
    gbx_where where = gbx_entry_where(trace, entry);
    if (entry->record->event == GBX_EV_REF_CHURN) {
        return add_churn(g, where.process, record);
    }
    bool free_threaded = (gbx_trace_process(trace, where.process)->header->build & GBX_BUILD_FREE_THREADED) != 0;
    return add_ref(g, &where, record, free_threaded);
}

/* ---------------------------------------------------------------------- orders */

static int
more_moves(const void *a, const void *b)
{
    const gbx_refs_site *x = a, *y = b;
    uint64_t mine = x->incs + x->decs, yours = y->incs + y->decs;
    if (mine != yours) {
        return mine > yours ? -1 : 1;
    }
    if (x->process != y->process) {
        return x->process < y->process ? -1 : 1;
    }
    return x->code != y->code ? (x->code < y->code ? -1 : 1) : x->offset < y->offset ? -1 : x->offset > y->offset;
}

static int
by_line(const void *a, const void *b)
{
    const gbx_refs_site *x = a, *y = b;
    if (x->process != y->process) {
        return x->process < y->process ? -1 : 1;
    }
    if (x->code != y->code) {
        return x->code < y->code ? -1 : 1;
    }
    return x->line != y->line ? (x->line < y->line ? -1 : 1) : x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void
find_lines(gbx_refs *refs)
{
    for (size_t i = 0; i < refs->site_count; i++) {
        gbx_refs_site *site = &refs->sites[i];
        const gbx_code_info *code = gbx_trace_code(refs->trace, site->process, site->code);
        int line, column;
        if (code != NULL && site->offset != GBX_NO_OFFSET && gbx_code_line(code, site->offset, &line, &column)) {
            site->line = line;
        }
    }
}

static void
sort(void *array, size_t count, size_t size, int (*compare)(const void *, const void *))
{
    if (count > 1) {                 /* an empty array may be NULL, and qsort() takes none */
        qsort(array, count, size, compare);
    }
}

/* Sites into lines: neighbours once they are in order. */
static int
fold_lines(gbx_refs *refs)
{
    refs->lines = calloc(refs->site_count + 1, sizeof(*refs->lines));
    if (refs->lines == NULL) {
        return GBX_ERROR_MEMORY;
    }
    sort(refs->sites, refs->site_count, sizeof(*refs->sites), by_line);
    for (size_t i = 0; i < refs->site_count; i++) {
        const gbx_refs_site *site = &refs->sites[i];
        gbx_refs_site *line = refs->line_count == 0 ? NULL : &refs->lines[refs->line_count - 1];
        if (line == NULL || line->process != site->process || line->code != site->code
            || line->line != site->line) {
            refs->lines[refs->line_count++] = *site;
            continue;
        }
        line->instructions++;
        line->incs += site->incs;
        line->decs += site->decs;
        line->shared += site->shared;
    }
    sort(refs->sites, refs->site_count, sizeof(*refs->sites), more_moves);
    sort(refs->lines, refs->line_count, sizeof(*refs->lines), more_moves);
    return 0;
}

/* An object, and where it was before it was sorted: the hands know it by that. */
typedef struct {
    gbx_refs_object object;
    uint32_t was;
} ranked;

static int
more_contended(const void *a, const void *b)
{
    const ranked *x = a, *y = b;
    const uint64_t mine[] = { x->object.turns, x->object.retries, x->object.local + x->object.shared };
    const uint64_t yours[] = { y->object.turns, y->object.retries, y->object.local + y->object.shared };
    for (int i = 0; i < 3; i++) {
        if (mine[i] != yours[i]) {
            return mine[i] > yours[i] ? -1 : 1;
        }
    }
    return x->was < y->was ? -1 : x->was > y->was;
}

static int
by_object(const void *a, const void *b)
{
    const gbx_refs_hand *x = a, *y = b;
    uint64_t mine = x->local + x->shared, yours = y->local + y->shared;
    if (x->object != y->object) {
        return x->object < y->object ? -1 : 1;
    }
    return mine != yours ? (mine > yours ? -1 : 1) : x->stream < y->stream ? -1 : x->stream > y->stream;
}

static int
rank_objects(gbx_refs *refs)
{
    ranked *order = calloc(refs->object_count + 1, sizeof(*order));
    uint32_t *now_at = calloc(refs->object_count + 1, sizeof(*now_at));
    if (order != NULL && now_at != NULL) {
        for (size_t i = 0; i < refs->object_count; i++) {
            order[i] = (ranked){ refs->objects[i], (uint32_t)i };
        }
        sort(order, refs->object_count, sizeof(*order), more_contended);
        for (size_t i = 0; i < refs->object_count; i++) {
            refs->objects[i] = order[i].object;
            now_at[order[i].was] = (uint32_t)i;
        }
        for (size_t i = 0; i < refs->hand_count; i++) {
            refs->hands[i].object = now_at[refs->hands[i].object];
        }
        sort(refs->hands, refs->hand_count, sizeof(*refs->hands), by_object);
    }
    bool done = order != NULL && now_at != NULL;
    free(order);
    free(now_at);
    return done ? 0 : GBX_ERROR_MEMORY;
}

/* ------------------------------------------------------------------- the whole */

int
gbx_refs_gather(gbx_refs *out, const gbx_trace *trace, gbx_error *error)
{
    gbx_cursor now;
    int status = 0;
    *out = (gbx_refs){ .trace = trace };
    gatherer g = { .refs = out };
    for (size_t i = 0; i < gbx_trace_process_count(trace); i++) {
        out->free_threaded |= (gbx_trace_process(trace, i)->header->build & GBX_BUILD_FREE_THREADED) != 0;
    }
    for (bool more = gbx_trace_first(trace, &now); more && status == 0; more = gbx_trace_next(&now)) {
        status = add_event(&g, trace, &now.entry);
    }
    if (status == 0) {
        find_lines(out);
        status = fold_lines(out);
    }
    if (status == 0) {
        status = rank_objects(out);
    }
    clear_table(&g.sites);
    clear_table(&g.objects);
    clear_table(&g.hands);
    free(g.follows);
    if (status != 0) {
        gbx_refs_clear(out);
        return gbx_error_set(error, status, "out of memory");
    }
    return 0;
}

void
gbx_refs_clear(gbx_refs *refs)
{
    free(refs->sites);
    free(refs->lines);
    free(refs->objects);
    free(refs->hands);
    *refs = (gbx_refs){ .trace = NULL };
}

const gbx_refs_hand *
gbx_refs_hands(const gbx_refs *refs, size_t object, size_t *count)
{
    size_t low = 0, high = refs->hand_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (refs->hands[middle].object < object) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    for (*count = 0; low + *count < refs->hand_count && refs->hands[low + *count].object == object; ++*count) {
    }
    return refs->hands == NULL ? NULL : &refs->hands[low];
}
