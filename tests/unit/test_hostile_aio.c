/* Records of asyncio with anything in them.  Whatever they claim, telling the story, following every task and
   drawing its awaits end, and stay in bounds.  Run it under the sanitizers (make check-san). */

#include "trace_test.h"

#include "aio_diagram.h"
#include "aio_follow.h"
#include "aio_inside.h"
#include "aio_json.h"
#include "check.h"

#include <string.h>

#define ROUNDS   60u
#define RECORDS  1200u

static const struct { uint8_t event; size_t size; } kinds[] = {
#define X(NAME, id, CLASS, text, record, timed) { id, sizeof(record) },
    GBX_EVENTS(X)
#undef X
};

static uint64_t seed;

static uint64_t
next_random(void)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return seed;
}

/* One of a few, so that records meet. */
static uint64_t
some_address(void)
{
    static const uint64_t few[] = { 0, 0x10, 0x20, 0x30, 0x40, 0x50, UINT64_MAX };
    return few[next_random() % (sizeof(few) / sizeof(few[0]))];
}

static void
put_any(trace_writer *w)
{
    size_t kind = next_random() % (sizeof(kinds) / sizeof(kinds[0]));
    uint8_t bytes[128] = { 0 };
    int class = gbx_event_class(kinds[kind].event);
    if ((class != GBX_CLASS_AIO && class != GBX_CLASS_FRAME && class != GBX_CLASS_GIL) || kinds[kind].size > sizeof(bytes)) {
        return;
    }
    for (size_t i = 0; i < kinds[kind].size; i++) {
        uint64_t random = next_random();
        bytes[i] = random % 4 == 0 ? 0xff : random % 4 == 1 ? (uint8_t)(random >> 8) : (uint8_t)(random >> 8 & 3);
    }
    for (size_t at = 8; at + 8 <= kinds[kind].size; at += 8) {
        uint64_t address = some_address();
        if (next_random() % 8 != 0) {
            memcpy(bytes + at, &address, 8);
        }
    }
    bytes[0] = kinds[kind].event;
    writer_record(w, 1 + (uint32_t)(next_random() % 2), bytes, kinds[kind].size);
}

static void
see_moment(void *with, const gbx_aio_moment *moment)
{
    size_t *count = with;
    assert_true(strlen(moment->text) < sizeof(moment->text));
    ++*count;
}

static void
look_at_everything(const gbx_trace *trace)
{
    gbx_error error;
    gbx_aio_story *story;
    if (gbx_aio_tell(&story, trace, &(gbx_aio_options){ .turns = 5 }, &error) != 0) {
        return;
    }
    for (size_t i = 0; i < story->loop_count; i++) {
        assert_true(gbx_aio_own_ns(&story->loops[i]) <= story->loops[i].running_ns);
    }
    for (size_t i = 0; i < story->turn_count; i++) {
        gbx_aio_inside inside = gbx_aio_look_inside(trace, &story->turns[i]);
        uint64_t most = gbx_trace_where(trace, story->turns[i].end).t_ns - story->turns[i].begin_ns;
        assert_true(story->turns[i].ns <= most && inside.own_ns <= most && inside.outside_ns <= most);
    }
    for (size_t i = 0; i < story->task_count && i < 50; i++) {
        size_t moments = 0;
        gbx_aio_await await;
        char text[2048];
        assert_true(story->tasks[i].first <= story->tasks[i].last);
        gbx_aio_follow(trace, story, i, see_moment, &moments);
        if (gbx_aio_find_await(trace, &story->tasks[i], 0, &await)) {
            size_t length = gbx_aio_diagram(trace, &story->tasks[i], &await, text, sizeof(text));
            assert_true(length < sizeof(text) && text[length] == '\0');
        }
    }
    json_t *whole = gbx_aio_json(trace, story);
    assert_non_null(whole);
    json_decref(whole);
    gbx_aio_free(story);
}

static void
survive(uint8_t clock)
{
    trace_writer *w = writer_new(&(writer_options){ .clock = clock });
    gbx_invariant result[GBX_INVARIANTS];
    writer_code(w, 2, "work", "a.py", 7, "", 0);
    writer_string(w, 1, "a name");
    for (size_t i = 0; i < RECORDS; i++) {
        put_any(w);
    }
    gbx_trace *trace = test_open(w);
    assert_true(test_walk(trace) > 0);
    assert_int_equal(gbx_check_all(trace, result, NULL), 0);
    look_at_everything(trace);
    gbx_trace_close(trace);
}

static void
records_of_asyncio_may_claim_anything(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS; i++) {
        seed = UINT64_C(0x9e3779b97f4a7c15) * (i + 1);
        survive(GBX_CLOCK_TSC);
    }
}

static void
and_those_that_know_no_time(void **state)
{
    (void)state;
    for (unsigned i = 0; i < ROUNDS / 4; i++) {
        seed = UINT64_C(0xbf58476d1ce4e5b9) * (i + 1);
        survive(WRITER_NO_CLOCK);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(records_of_asyncio_may_claim_anything),
        TEST(and_those_that_know_no_time),
    };
    test_limits();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
