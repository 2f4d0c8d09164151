/* See why_memory.h.  Addresses are keys, and nothing else. */

#include "why_memory.h"

#include <stdlib.h>
#include <string.h>

#define THINGS_MAX  (1u << 23)       /* alive at once: 384 MiB with their table half full */
#define HEAD_MAX    64u              /* an object begins at most so far into its block: the collector's head,
                                        a managed dict and weak references lie before it */
#define TYPE_HEAP   (UINT64_C(1) << 9)       /* Py_TPFLAGS_HEAPTYPE */
#define TYPE_GC     (UINT64_C(1) << 14)      /* Py_TPFLAGS_HAVE_GC */

typedef struct {
    uint64_t key;                    /* 0: free */
    gbx_why_thing thing;
} slot;

typedef struct {                     /* of a thread: the block it got last */
    uint64_t address, bytes;
    uint32_t code;
    uint16_t offset;
    uint32_t collecting;
    uint32_t holder;                 /* type of an object that was just made, and gets its bytes next; 0 */
} thread_state;

struct gbx_why_memory {
    const gbx_trace *trace;
    slot *slots;
    size_t size, used;
    thread_state *threads;
    uint32_t stream;
    bool has_born, has_died;
    gbx_why_thing born, died;
};

/* --------------------------------------------------------------------- the table */

/* Objects and blocks may lie at one address; processes have addresses of their own. */
static uint64_t
key_of(uint32_t process, uint64_t address, bool object)
{
    return address << 1 ^ (uint64_t)process << 52 ^ (object ? 1u : 0u) ^ (UINT64_C(1) << 63);
}

static size_t
home_of(const gbx_why_memory *memory, uint64_t key)
{
    return (size_t)(key * 0x9E3779B97F4A7C15u >> 20) & (memory->size - 1);
}

static size_t
find(const gbx_why_memory *memory, uint64_t key)
{
    size_t at = home_of(memory, key);
    while (memory->slots[at].key != 0 && memory->slots[at].key != key) {
        at = (at + 1) & (memory->size - 1);
    }
    return at;
}

static bool
grow(gbx_why_memory *memory)
{
    slot *old = memory->slots;
    size_t size = memory->size;
    slot *slots = calloc(size * 2, sizeof(*slots));
    if (slots == NULL) {
        return false;
    }
    memory->slots = slots;
    memory->size = size * 2;
    for (size_t i = 0; i < size; i++) {
        if (old[i].key != 0) {
            memory->slots[find(memory, old[i].key)] = old[i];
        }
    }
    free(old);
    return true;
}

static bool
keep(gbx_why_memory *memory, uint64_t key, const gbx_why_thing *thing)
{
    if (memory->used >= memory->size / 2 && memory->used < THINGS_MAX && !grow(memory)) {
        return false;
    }
    size_t at = find(memory, key);
    if (memory->slots[at].key == 0) {
        if (memory->used >= THINGS_MAX) {
            return true;
        }
        memory->used++;
    }
    memory->slots[at] = (slot){ key, *thing };
    return true;
}

/* Take it out, and close the gap. */
static bool
take(gbx_why_memory *memory, uint64_t key, gbx_why_thing *thing)
{
    size_t gap = find(memory, key), mask = memory->size - 1;
    if (memory->slots[gap].key == 0) {
        return false;
    }
    *thing = memory->slots[gap].thing;
    for (size_t at = (gap + 1) & mask; memory->slots[at].key != 0; at = (at + 1) & mask) {
        size_t home = home_of(memory, memory->slots[at].key);
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            memory->slots[gap] = memory->slots[at];
            gap = at;
        }
    }
    memory->slots[gap].key = 0;
    memory->used--;
    return true;
}

/* ----------------------------------------------------------------------- events */

static uint64_t
flags_of(const gbx_trace *trace, uint32_t process, uint32_t type)
{
    const gbx_type_info *info = gbx_trace_type(trace, process, type);
    return info == NULL ? 0 : info->flags;
}

bool
gbx_why_is_tracked(const gbx_trace *trace, uint32_t process, uint32_t type)
{
    return (flags_of(trace, process, type) & TYPE_GC) != 0;
}

bool
gbx_why_is_class(const gbx_trace *trace, uint32_t process, uint32_t type)
{
    return (flags_of(trace, process, type) & TYPE_HEAP) != 0;
}

/* str and bytes have flags of their own, and so have their subclasses. */
#define TYPE_BYTES  (UINT64_C(1) << 27)
#define TYPE_STRING (UINT64_C(1) << 28)

bool
gbx_why_is_string(const gbx_trace *trace, uint32_t process, uint32_t type)
{
    return (flags_of(trace, process, type) & TYPE_STRING) != 0;
}

/* Types whose bytes are in a block of their own, which is asked for right after the object. */
static bool
holds_bytes(const gbx_trace *trace, uint32_t process, uint32_t type)
{
    const gbx_type_info *info = gbx_trace_type(trace, process, type);
    return info != NULL && (strcmp(info->name, "bytearray") == 0 || strcmp(info->name, "array.array") == 0);
}

bool
gbx_why_is_bytes(const gbx_trace *trace, uint32_t process, uint32_t type)
{
    return type == GBX_WHY_FOREIGN || (flags_of(trace, process, type) & TYPE_BYTES) != 0
        || holds_bytes(trace, process, type);
}

static bool
hear_object(gbx_why_memory *memory, const gbx_entry *entry, uint32_t process)
{
    const gbx_obj *object = (const void *)entry->record;
    thread_state *thread = &memory->threads[entry->stream];
    uint32_t type = GBX_U24(object->type);
    uint64_t key = key_of(process, object->address, true);
    thread->holder = 0;
    if (entry->record->event == GBX_EV_OBJ_DESTROY) {
        memory->has_died = take(memory, key, &memory->died);
        return true;
    }
    bool in_block = thread->address != 0 && object->address >= thread->address
        && object->address - thread->address <= HEAD_MAX;
    memory->born = (gbx_why_thing){ .process = process, .type = type, .bytes = object->size,
                                    .code = in_block ? thread->code : 0,
                                    .offset = in_block ? thread->offset : GBX_NO_OFFSET };
    memory->has_born = true;
    thread->holder = holds_bytes(memory->trace, process, type) ? type : 0;
    return (object->size < GBX_WHY_LARGE && !gbx_why_is_tracked(memory->trace, process, type))
        || keep(memory, key, &memory->born);
}

static bool
hear_large(gbx_why_memory *memory, const gbx_entry *entry, uint32_t process)
{
    const gbx_large *block = (const void *)entry->record;
    const gbx_large_move *move = (const void *)entry->record;
    thread_state *thread = &memory->threads[entry->stream];
    bool moves = entry->record->event == GBX_EV_LARGE_MOVE;
    uint64_t address = moves ? GBX_U48(move->address) : GBX_U48(block->address);
    uint64_t bytes = moves ? move->size : block->size;
    uint32_t type = thread->holder;
    if (moves) {
        memory->has_died = take(memory, key_of(process, move->old_address, false), &memory->died);
        type = memory->has_died ? memory->died.type : 0;
    }
    thread->holder = 0;
    thread->address = address;
    thread->bytes = bytes;
    thread->code = block->h.dt;
    thread->offset = moves ? move->offset : block->offset;
    memory->born = (gbx_why_thing){ .process = process, .bytes = bytes, .code = thread->code, .type = type,
                                    .offset = thread->offset, .block = true,
                                    .grown = moves && address == move->old_address };
    memory->has_born = true;
    return keep(memory, key_of(process, address, false), &memory->born);
}

/* Memory of an extension's own allocator: its bytes in a row. */
static bool
hear_foreign(gbx_why_memory *memory, const gbx_entry *entry, uint32_t process)
{
    const gbx_buf_memory *foreign = (const void *)entry->record;
    uint64_t key = key_of(process, foreign->address, false);
    memory->has_died = take(memory, key, &memory->died);
    if (entry->record->event != GBX_EV_MEMORY_NEW) {
        return true;
    }
    memory->born = (gbx_why_thing){ .process = process, .bytes = foreign->size, .code = foreign->code,
                                    .type = GBX_WHY_FOREIGN, .offset = foreign->h.arg, .block = true };
    memory->has_born = true;
    return keep(memory, key, &memory->born);
}

static void
hear_block(gbx_why_memory *memory, const gbx_entry *entry)
{
    const gbx_block *block = (const void *)entry->record;
    memory->threads[entry->stream] = (thread_state){
        .address = GBX_U48(block->address), .code = block->h.dt, .offset = block->offset,
        .collecting = memory->threads[entry->stream].collecting };
}

bool
gbx_why_memory_event(gbx_why_memory *memory, const gbx_entry *entry)
{
    uint32_t process = gbx_trace_stream(memory->trace, entry->stream)->process;
    memory->stream = entry->stream;
    memory->has_born = memory->has_died = false;
    switch (entry->record->event) {
        case GBX_EV_OBJ_CREATE: case GBX_EV_OBJ_DESTROY:
            return hear_object(memory, entry, process);
        case GBX_EV_LARGE_ALLOC: case GBX_EV_LARGE_MOVE:
            return hear_large(memory, entry, process);
        case GBX_EV_BLOCK_ALLOC: case GBX_EV_BLOCK_RESIZE:
            hear_block(memory, entry);
            return true;
        case GBX_EV_LARGE_FREE:
            memory->has_died = take(memory, key_of(process, GBX_U48(((const gbx_at *)(const void *)entry->record)
                                                                    ->address), false), &memory->died);
            return true;
        case GBX_EV_MEMORY_NEW: case GBX_EV_MEMORY_FREE:
            return hear_foreign(memory, entry, process);
        case GBX_EV_FREELIST_HIT:
            memory->threads[entry->stream].address = 0;     /* the object that is born next lies in no new block */
            return true;
        case GBX_EV_GC_START:
            memory->threads[entry->stream].collecting++;
            return true;
        case GBX_EV_GC_DONE:
            memory->threads[entry->stream].collecting = 0;
            return true;
        default:
            return true;
    }
}

/* ------------------------------------------------------------------- new and free */

gbx_why_memory *
gbx_why_memory_new(const gbx_trace *trace)
{
    gbx_why_memory *memory = calloc(1, sizeof(*memory));
    if (memory == NULL) {
        return NULL;
    }
    memory->trace = trace;
    memory->size = 1024;
    memory->slots = calloc(memory->size, sizeof(*memory->slots));
    memory->threads = calloc(gbx_trace_stream_count(trace) + 1, sizeof(*memory->threads));
    if (memory->slots == NULL || memory->threads == NULL) {
        gbx_why_memory_free(memory);
        return NULL;
    }
    return memory;
}

void
gbx_why_memory_free(gbx_why_memory *memory)
{
    if (memory != NULL) {
        free(memory->slots);
        free(memory->threads);
        free(memory);
    }
}

const gbx_why_thing *
gbx_why_memory_born(const gbx_why_memory *memory)
{
    return memory->has_born ? &memory->born : NULL;
}

const gbx_why_thing *
gbx_why_memory_died(const gbx_why_memory *memory)
{
    return memory->has_died ? &memory->died : NULL;
}

bool
gbx_why_memory_collecting(const gbx_why_memory *memory)
{
    return memory->threads[memory->stream].collecting > 0;
}
