/* Stacks and a set within a budget; see checkstate.h. */

#include "checkstate.h"

#include <stdlib.h>
#include <string.h>

#define SET_ROOM_MAX ((size_t)1 << 22)           /* 32 MiB: two million generators alive at once */

void
gbx_stack_grow(gbx_stack *stack, gbx_budget *budget)
{
    size_t more = stack->room == 0 ? 64 : stack->room;
    uint64_t *items = more > budget->items_left
        ? NULL : realloc(stack->items, (stack->room + more) * sizeof(*items));
    if (items == NULL) {
        stack->closed = true;
        return;
    }
    stack->items = items;
    stack->room += more;
    budget->items_left -= more;
}

void
gbx_stack_clear(gbx_stack *stack)
{
    free(stack->items);
    *stack = (gbx_stack){ NULL, 0, 0, false };
}

/* Fibonacci hashing: addresses differ in their middle bits. */
static size_t
slot_of(const gbx_set *set, uint64_t number)
{
    return (size_t)(number * UINT64_C(0x9e3779b97f4a7c15) >> 20) & (set->room - 1);
}

static void
put(gbx_set *set, uint64_t number)
{
    size_t at = slot_of(set, number);
    while (set->slots[at] != 0 && set->slots[at] != number + 1) {
        at = (at + 1) & (set->room - 1);
    }
    set->count += set->slots[at] == 0;
    set->slots[at] = number + 1;
}

static bool
grow(gbx_set *set)
{
    gbx_set larger = { .room = set->room == 0 ? 256 : set->room * 2, .lost = set->lost };
    larger.slots = larger.room > SET_ROOM_MAX ? NULL : calloc(larger.room, sizeof(*larger.slots));
    if (larger.slots == NULL) {
        return false;
    }
    for (size_t i = 0; i < set->room; i++) {
        if (set->slots[i] != 0) {
            put(&larger, set->slots[i] - 1);
        }
    }
    free(set->slots);
    *set = larger;
    return true;
}

void
gbx_set_add(gbx_set *set, uint64_t number)
{
    if (set->count * 2 >= set->room && !grow(set)) {
        set->lost = true;
        if (set->room == 0) {
            return;
        }
        memset(set->slots, 0, set->room * sizeof(*set->slots));
        set->count = 0;
    }
    put(set, number);
}

/* The slots after a freed one move up where they would not be found past the gap. */
bool
gbx_set_remove(gbx_set *set, uint64_t number)
{
    if (set->room == 0) {
        return false;
    }
    size_t mask = set->room - 1, gap = slot_of(set, number);
    while (set->slots[gap] != number + 1) {
        if (set->slots[gap] == 0) {
            return false;
        }
        gap = (gap + 1) & mask;
    }
    for (size_t at = (gap + 1) & mask; set->slots[at] != 0; at = (at + 1) & mask) {
        size_t home = slot_of(set, set->slots[at] - 1);
        if (((at - home) & mask) >= ((at - gap) & mask)) {
            set->slots[gap] = set->slots[at];
            gap = at;
        }
    }
    set->slots[gap] = 0;
    set->count--;
    return true;
}

void
gbx_set_clear(gbx_set *set)
{
    free(set->slots);
    *set = (gbx_set){ NULL, 0, 0, false };
}
