/* See seen.h. */

#include "seen.h"

#include "symbols.h"
#include "trace.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* The axes that follow an export, as many as it has dimensions. */
static void
read_axes(const gbx_part *part, gbx_seen *seen)
{
    size_t at = seen->at;
    bool shaped = (seen->get->h.flags & (1u << GBX_BUFFER_SHAPE)) != 0;
    for (uint32_t i = 0; shaped && i < seen->get->ndim && i < GBX_SEEN_AXES; i++) {
        at = gbx_part_next(part, at + 1, GBX_EV_BUF_AXIS, 0);
        const gbx_buf_axis *axis = at == GBX_NO_EVENT ? NULL : gbx_part_record(part, at);
        if (axis == NULL || axis->h.arg != i) {
            return;
        }
        seen->extent[i] = axis->extent;
        seen->stride[i] = axis->stride;
        seen->axes = i + 1;
    }
}

bool
gbx_seen_next(const gbx_part *part, size_t at, gbx_seen *seen)
{
    while ((at = gbx_part_next(part, at, GBX_EV_BUF_GET, 0)) != GBX_NO_EVENT) {
        const gbx_buf_get *get = gbx_part_record(part, at);
        if ((get->h.flags & (1u << GBX_BUFFER_PASSED_ON)) == 0) {
            const gbx_type_info *type = gbx_trace_type(part->trace, part->process, get->exporter_type);
            *seen = (gbx_seen){ .at = at, .get = get, .type = type == NULL ? "?" : type->name };
            read_axes(part, seen);
            return true;
        }
        at++;
    }
    return false;
}

bool
gbx_seen_of(const gbx_part *part, const char *type, gbx_seen *seen)
{
    for (size_t at = part->begin; gbx_seen_next(part, at, seen); at = seen->at + 1) {
        if (strcmp(seen->type, type) == 0) {
            return true;
        }
    }
    return false;
}

size_t
gbx_seen_all(const gbx_part *part, gbx_seen *seen, size_t most)
{
    size_t count = 0;
    for (size_t at = part->begin; count < most && gbx_seen_next(part, at, &seen[count]);
         at = seen[count++].at + 1) {
    }
    return count;
}

uint64_t
gbx_seen_memory(const gbx_part *part, uint32_t *pieces, size_t *first)
{
    uint64_t bytes = 0;
    *pieces = 0;
    *first = GBX_NO_EVENT;
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_MEMORY_NEW, 0)) != GBX_NO_EVENT; at++) {
        const gbx_buf_memory *memory = gbx_part_record(part, at);
        *first = *first == GBX_NO_EVENT ? at : *first;
        bytes += memory->size;
        ++*pieces;
    }
    return bytes;
}

const char *
gbx_seen_asker(const gbx_part *part, uint64_t pc)
{
    gbx_symbol symbol;
    if (part->look->symbols == NULL
        || !gbx_symbols_find_anywhere(part->look->symbols, part->trace, part->process, pc, &symbol)) {
        return NULL;
    }
    return symbol.levels[symbol.depth - 1].function;
}

const char *
gbx_seen_asked(uint16_t asked, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (uint8_t bit = 0; bit < 16; bit++) {
        const char *label = (asked >> bit & 1) != 0 ? gbx_trace_label(GBX_ENUM_ASKED, bit) : NULL;
        if (label != NULL && used < size) {
            int length = snprintf(text + used, size - used, "%s%s", used == 0 ? "" : ", ", label);
            used += length > 0 ? (size_t)length : 0;
        }
    }
    if (used == 0) {
        snprintf(text, size, "nothing but the bytes");
    }
    return text;
}

/* "(32, 8)"; returns how much of it fits. */
static size_t
write_tuple(const int64_t *numbers, uint32_t count, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "(");
    for (uint32_t i = 0; i < count && used < size; i++) {
        used += (size_t)snprintf(text + used, size - used, "%s%" PRId64, i == 0 ? "" : ", ", numbers[i]);
    }
    if (used < size) {
        used += (size_t)snprintf(text + used, size - used, ")");
    }
    return used < size ? used : size - 1;
}

const char *
gbx_seen_strides(const gbx_seen *seen, char *text, size_t size)
{
    write_tuple(seen->stride, seen->axes, text, size);
    return text;
}

const char *
gbx_seen_shape(const gbx_seen *seen, char *text, size_t size)
{
    size_t used = (size_t)snprintf(text, size, "shape ");
    used += write_tuple(seen->extent, seen->axes, text + used, size - used);
    used += (size_t)snprintf(text + used, size - used, ", strides ");
    if (used < size) {
        write_tuple(seen->stride, seen->axes, text + used, size - used);
    }
    return text;
}

size_t
gbx_seen_put(char *text, size_t size, const gbx_seen *seen)
{
    bool readonly = (seen->get->h.flags & (1u << GBX_BUFFER_READONLY)) != 0;
    int used = snprintf(text, size, "%-14s %#14" PRIx64 " %8" PRIu64 " bytes  %s\n", seen->type, seen->get->address,
                        seen->get->length, readonly ? "read-only" : "writable");
    return used < 0 || (size_t)used >= size ? size - 1 : (size_t)used;
}
