/* Objects by the atomic operations on their shared half: see refs.h.

   All records are taken down, sorted by object and thread, and folded: a thread writes one whenever it needs
   the place that it counted in, so an object may have many of one thread. */

#include "refs_internal.h"

#include <stdlib.h>

typedef struct {
    uint64_t address;
    uint64_t operations;
    uint32_t process, type, stream;
    uint32_t code;
    uint16_t offset;
} note;

typedef struct {
    note *list;
    size_t count, room;
} notes;

static int
take_down(notes *to, const gbx_where *where, const gbx_ref_sharing *record)
{
    if (to->count == to->room) {
        size_t room = to->room == 0 ? 256 : to->room * 2;
        note *more = realloc(to->list, room * sizeof(*more));
        if (more == NULL) {
            return GBX_ERROR_MEMORY;
        }
        to->list = more;
        to->room = room;
    }
    to->list[to->count++] = (note){
        .address = record->address, .operations = record->h.dt, .process = where->process,
        .type = record->type, .stream = where->stream, .code = record->code, .offset = record->h.arg,
    };
    return 0;
}

static int
order(const void *a, const void *b)
{
    const note *x = a, *y = b;
    if (x->process != y->process) {
        return x->process < y->process ? -1 : 1;
    }
    if (x->address != y->address) {
        return x->address < y->address ? -1 : 1;
    }
    if (x->type != y->type) {
        return x->type < y->type ? -1 : 1;
    }
    return x->stream < y->stream ? -1 : x->stream > y->stream;
}

static bool
is_same(const note *x, const note *y)
{
    return x->process == y->process && x->address == y->address && x->type == y->type;
}

/* ------------------------------------------------------------- which are watched */

typedef struct {
    uint64_t address;
    uint32_t process, watch;
} watched;

static int
by_address(const void *a, const void *b)
{
    const watched *x = a, *y = b;
    if (x->process != y->process) {
        return x->process < y->process ? -1 : 1;
    }
    return x->address < y->address ? -1 : x->address > y->address;
}

/* All watched objects by their addresses; the caller frees the list.  NULL: out of memory. */
static watched *
list_watched(const gbx_refs *refs)
{
    watched *list = calloc(refs->object_count + 1, sizeof(*list));
    for (size_t i = 0; list != NULL && i < refs->object_count; i++) {
        const gbx_refs_object *object = &refs->objects[i];
        const gbx_watch_info *watch = gbx_trace_watch(refs->trace, object->process, object->watch);
        list[i] = (watched){ watch == NULL ? 0 : watch->address, object->process, object->watch };
    }
    if (list != NULL) {
        qsort(list, refs->object_count, sizeof(*list), by_address);
    }
    return list;
}

static int
name_watched(gbx_refs *refs)
{
    watched *list = list_watched(refs);
    for (size_t i = 0; list != NULL && i < refs->shared_object_count; i++) {
        gbx_refs_shared *it = &refs->shared_objects[i];
        const watched key = { .address = it->address, .process = it->process };
        const watched *found = bsearch(&key, list, refs->object_count, sizeof(*list), by_address);
        it->watch = found == NULL ? 0 : found->watch;
    }
    bool done = list != NULL;
    free(list);
    return done ? 0 : GBX_ERROR_MEMORY;
}

/* ------------------------------------------------------------------------ folding */

/* One object: `count` notes of it, a thread's next to each other. */
static gbx_refs_shared
fold_object(const gbx_refs *refs, const note *list, size_t count)
{
    gbx_refs_shared it = { .process = list->process, .type = list->type, .address = list->address };
    uint64_t of_thread = 0, most_of_note = 0;
    for (size_t i = 0; i < count; i++) {
        bool first = i == 0 || list[i].stream != list[i - 1].stream;
        it.threads += first;
        of_thread = list[i].operations + (first ? 0 : of_thread);
        it.operations += list[i].operations;
        it.busiest = of_thread > it.busiest ? of_thread : it.busiest;
        if (list[i].operations > most_of_note) {
            most_of_note = list[i].operations;
            it.site = (gbx_refs_site){ .process = it.process, .code = list[i].code, .offset = list[i].offset };
        }
    }
    const gbx_code_info *code = gbx_trace_code(refs->trace, it.process, it.site.code);
    int column;
    if (code != NULL && it.site.offset != GBX_NO_OFFSET) {
        (void)gbx_code_line(code, it.site.offset, &it.site.line, &column);
    }
    return it;
}

static int
more_shared(const void *a, const void *b)
{
    const gbx_refs_shared *x = a, *y = b;
    uint64_t mine = x->operations - x->busiest, yours = y->operations - y->busiest;
    if (mine != yours) {
        return mine > yours ? -1 : 1;
    }
    if (x->operations != y->operations) {
        return x->operations > y->operations ? -1 : 1;
    }
    return x->address < y->address ? -1 : x->address > y->address;
}

static int
fold(gbx_refs *refs, notes *all)
{
    if (all->count == 0) {
        return 0;
    }
    qsort(all->list, all->count, sizeof(*all->list), order);
    size_t objects = 1;
    for (size_t i = 1; i < all->count; i++) {
        objects += !is_same(&all->list[i], &all->list[i - 1]);
    }
    refs->shared_objects = calloc(objects, sizeof(*refs->shared_objects));
    if (refs->shared_objects == NULL) {
        return GBX_ERROR_MEMORY;
    }
    for (size_t from = 0, to = 1; from < all->count; from = to++) {
        while (to < all->count && is_same(&all->list[to], &all->list[from])) {
            to++;
        }
        refs->shared_objects[refs->shared_object_count++] = fold_object(refs, &all->list[from], to - from);
    }
    qsort(refs->shared_objects, refs->shared_object_count, sizeof(*refs->shared_objects), more_shared);
    return name_watched(refs);
}

int
gbx_refs_find_shared(gbx_refs *refs)
{
    notes all = { .list = NULL };
    gbx_cursor now;
    int status = 0;
    for (bool more = gbx_trace_first(refs->trace, &now); more && status == 0; more = gbx_trace_next(&now)) {
        if (now.entry.record->event == GBX_EV_REF_SHARING) {
            gbx_where where = gbx_entry_where(refs->trace, &now.entry);
            const void *record = now.entry.record;
            status = take_down(&all, &where, record);
        }
    }
    if (status == 0) {
        status = fold(refs, &all);
    }
    free(all.list);
    return status;
}
