/* Names, the rest of them: types and watched objects, sorted by id.  It must not know what an event is. */

#include "trace_internal.h"

#include <stdlib.h>
#include <string.h>

/* Room for one more item of `size` bytes in *items; false without memory. */
static bool
make_room(void **items, size_t count, size_t *room, size_t size)
{
    if (count < *room) {
        return true;
    }
    size_t more = *room == 0 ? 64 : *room * 2;
    void *larger = realloc(*items, more * size);
    if (larger == NULL) {
        return false;
    }
    *items = larger;
    *room = more;
    return true;
}

static bool
add_type(gbx_file *file, const gbx_name *name, const uint8_t *payload)
{
    gbx_name_type type;
    void *items = file->types;
    if (name->length < sizeof(type)) {
        return true;                             /* too short to be one: passed over */
    }
    if (!make_room(&items, file->type_count, &file->type_room, sizeof(*file->types))) {
        return false;
    }
    memcpy(&type, payload, sizeof(type));
    file->types = items;
    gbx_type_entry *entry = &file->types[file->type_count];
    *entry = (gbx_type_entry){ .id = name->id, .info = {
        .name = gbx_names_clean(payload + sizeof(type), name->length - sizeof(type)),
        .basic_size = type.basic_size, .item_size = type.item_size, .flags = type.tp_flags,
        .address = type.address,
    } };
    file->type_count += entry->info.name != NULL;
    return entry->info.name != NULL;
}

static bool
add_watch(gbx_file *file, const gbx_name *name, const uint8_t *payload)
{
    gbx_name_watch watch;
    void *items = file->watches;
    if (name->length < sizeof(watch)) {
        return true;
    }
    if (!make_room(&items, file->watch_count, &file->watch_room, sizeof(*file->watches))) {
        return false;
    }
    memcpy(&watch, payload, sizeof(watch));
    file->watches = items;
    gbx_watch_entry *entry = &file->watches[file->watch_count];
    *entry = (gbx_watch_entry){ .id = name->id, .info = {
        .name = gbx_names_clean(payload + sizeof(watch), name->length - sizeof(watch)),
        .type = watch.type, .address = watch.address,
    } };
    file->watch_count += entry->info.name != NULL;
    return entry->info.name != NULL;
}

bool
gbx_objects_add(gbx_file *file, const gbx_name *name, const uint8_t *payload)
{
    return name->kind == GBX_NAME_TYPE ? add_type(file, name, payload) : add_watch(file, name, payload);
}

/* Both kinds of entry begin with their id. */
static int
by_id(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
    return x < y ? -1 : x > y;
}

void
gbx_objects_sort(gbx_file *file)
{
    if (file->type_count > 0) {
        qsort(file->types, file->type_count, sizeof(*file->types), by_id);
    }
    for (size_t i = 0; i < file->type_count && file->types[i].id < GBX_PACKED_TYPES; i++) {
        file->sizes[file->types[i].id].basic = file->types[i].info.basic_size;
        file->sizes[file->types[i].id].item = file->types[i].info.item_size;
    }
    if (file->watch_count > 0) {
        qsort(file->watches, file->watch_count, sizeof(*file->watches), by_id);
    }
}

const gbx_type_info *
gbx_objects_type(const gbx_file *file, uint32_t id)
{
    const gbx_type_entry *found = file->type_count == 0
        ? NULL : bsearch(&id, file->types, file->type_count, sizeof(*file->types), by_id);
    return found == NULL ? NULL : &found->info;
}

const gbx_watch_info *
gbx_objects_watch(const gbx_file *file, uint32_t id)
{
    const gbx_watch_entry *found = file->watch_count == 0
        ? NULL : bsearch(&id, file->watches, file->watch_count, sizeof(*file->watches), by_id);
    return found == NULL ? NULL : &found->info;
}

void
gbx_objects_clear(gbx_file *file)
{
    for (size_t i = 0; i < file->type_count; i++) {
        free((char *)(uintptr_t)file->types[i].info.name);
    }
    for (size_t i = 0; i < file->watch_count; i++) {
        free((char *)(uintptr_t)file->watches[i].info.name);
    }
    free(file->types);
    free(file->watches);
}
