/* What the checks of check.c remember: stacks a thread and a set of generators, within a budget.

   When the budget is spent (or memory is), a stack goes on counting and forgets what it counts, and the
   set forgets everything: a check then passes over what it cannot know.  Nothing here can fail.  It must
   not know what an event is. */

#ifndef GBX_CHECKSTATE_H
#define GBX_CHECKSTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Shared by all stacks of one checker: how many more items they may hold. */
typedef struct {
    size_t items_left;
} gbx_budget;

typedef struct {
    uint64_t *items;             /* the newest last; those from `room` on are counted only */
    size_t depth, room;
    bool closed;                 /* the budget is spent: `room` stays as it is */
} gbx_stack;

typedef enum {
    GBX_POPPED,                  /* *item is what was pushed */
    GBX_FORGOTTEN,               /* something was pushed */
    GBX_BELOW                    /* nothing was */
} gbx_popped;

void gbx_stack_grow(gbx_stack *stack, gbx_budget *budget);

static inline void
gbx_stack_push(gbx_stack *stack, uint64_t item, gbx_budget *budget)
{
    if (stack->depth == stack->room && !stack->closed) {
        gbx_stack_grow(stack, budget);
    }
    if (stack->depth < stack->room) {
        stack->items[stack->depth] = item;
    }
    stack->depth++;
}

static inline gbx_popped
gbx_stack_pop(gbx_stack *stack, uint64_t *item)
{
    if (stack->depth == 0) {
        return GBX_BELOW;
    }
    if (--stack->depth >= stack->room) {
        return GBX_FORGOTTEN;
    }
    *item = stack->items[stack->depth];
    return GBX_POPPED;
}

void gbx_stack_clear(gbx_stack *stack);

/* A set of numbers (not UINT64_MAX). */
typedef struct {
    uint64_t *slots;             /* a power of two of them; number + 1, 0 where free */
    size_t room, count;
    bool lost;                   /* it grew too large and was emptied: what is not in it may have been */
} gbx_set;

void gbx_set_add(gbx_set *set, uint64_t number);
bool gbx_set_remove(gbx_set *set, uint64_t number);      /* was it there? */
void gbx_set_clear(gbx_set *set);

#endif
