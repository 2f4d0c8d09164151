/* A table of numbers; see numbers.h.  Open addressing, at most half full. */

#include "numbers.h"

static size_t
slot_of(const gbx_numbers *in, uint64_t key)
{
    uint64_t hash = (key ^ key >> 29) * UINT64_C(0x9e3779b97f4a7c15);
    size_t at = (size_t)(hash >> 20) & (in->room - 1);
    while (in->values[at] != UINT32_MAX && in->keys[at] != key) {
        at = (at + 1) & (in->room - 1);
    }
    return at;
}

static bool
grow(gbx_numbers *in)
{
    gbx_numbers more = { .room = in->room == 0 ? 256 : in->room * 2, .count = in->count };
    more.keys = malloc(more.room * sizeof(*more.keys));
    more.values = malloc(more.room * sizeof(*more.values));
    if (more.keys == NULL || more.values == NULL) {
        free(more.keys);
        free(more.values);
        return false;
    }
    memset(more.values, 0xff, more.room * sizeof(*more.values));
    for (size_t i = 0; i < in->room; i++) {
        if (in->values[i] != UINT32_MAX) {
            size_t at = slot_of(&more, in->keys[i]);
            more.keys[at] = in->keys[i];
            more.values[at] = in->values[i];
        }
    }
    free(in->keys);
    free(in->values);
    *in = more;
    return true;
}

uint32_t
gbx_numbers_find(const gbx_numbers *in, uint64_t key)
{
    return in->room == 0 ? UINT32_MAX : in->values[slot_of(in, key)];
}

bool
gbx_numbers_add(gbx_numbers *in, uint64_t key, uint32_t value)
{
    if (in->count * 2 >= in->room && !grow(in)) {
        return false;
    }
    size_t at = slot_of(in, key);
    in->keys[at] = key;
    in->values[at] = value;
    in->count++;
    return true;
}

void
gbx_numbers_clear(gbx_numbers *in)
{
    free(in->keys);
    free(in->values);
}
