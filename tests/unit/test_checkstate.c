/* What the checks of a trace remember, within a budget. */

#include "trace_test.h"

#include "checkstate.h"

static void
a_set_holds_what_was_added_and_not_removed(void **state)
{
    (void)state;
    enum { NUMBERS = 5000 };
    static bool there[NUMBERS];
    uint64_t random = 88172645463325252u;
    gbx_set set = { 0 };
    for (int i = 0; i < 200000; i++) {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        uint64_t number = random % NUMBERS;
        uint64_t key = number << 20;                     // neighbours, as addresses are
        if (random >> 40 & 1) {
            gbx_set_add(&set, key);
            there[number] = true;
        }
        else {
            assert_int_equal(gbx_set_remove(&set, key), there[number]);
            there[number] = false;
        }
    }
    size_t count = 0;
    for (size_t i = 0; i < NUMBERS; i++) {
        count += there[i];
    }
    assert_int_equal(set.count, count);
    assert_false(set.lost);
    gbx_set_clear(&set);
}

static void
a_stack_without_budget_counts_and_forgets(void **state)
{
    (void)state;
    gbx_budget budget = { .items_left = 128 };
    gbx_stack stack = { 0 };
    uint64_t item = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        gbx_stack_push(&stack, i, &budget);
    }
    for (uint64_t i = 1000; i-- > 0;) {
        gbx_popped popped = gbx_stack_pop(&stack, &item);
        assert_int_equal(popped, i < 128 ? GBX_POPPED : GBX_FORGOTTEN);
        assert_true(popped == GBX_FORGOTTEN || item == i);
    }
    assert_int_equal(gbx_stack_pop(&stack, &item), GBX_BELOW);
    gbx_stack_clear(&stack);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_set_holds_what_was_added_and_not_removed),
        TEST(a_stack_without_budget_counts_and_forgets),
    };
    return cmocka_run_group_tests_name("checkstate", tests, NULL, NULL);
}
