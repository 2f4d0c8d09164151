/* The invariants of buffers: traces where they hold, and where not. */

#include "trace_test.h"

#include "check.h"
#include "buf_records.h"
#include "exports.h"

#include <string.h>

#define A  UINT64_C(0x7f0000001000)      /* exporters */
#define B  UINT64_C(0x7f0000002000)
#define V  UINT64_C(0x7ffe00000100)      /* Py_buffers */
#define W  UINT64_C(0x7ffe00000200)

/* How often each is violated, and how often it applied; the first words. */
typedef struct {
    gbx_invariant all[GBX_INVARIANTS];
} outcome;

static outcome
checked(trace_writer *w)
{
    outcome out;
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_check_all(trace, out.all, NULL), 0);
    gbx_trace_close(trace);
    return out;
}

static void
violated(trace_writer *w, int which, uint64_t violations, const char *words)
{
    outcome out = checked(w);
    const gbx_invariant *it = &out.all[which];
    if (it->violations != violations || strstr(it->detail, words) == NULL) {
        fail_msg("%d violations, the first: %s", (int)it->violations, it->detail);
    }
    assert_true(it->looked_at > 0);
}

static void
holds(trace_writer *w, uint64_t exports, uint64_t exported, uint64_t views)
{
    static const int which[] = { GBX_INVARIANT_EXPORTS, GBX_INVARIANT_EXPORTED, GBX_INVARIANT_VIEWS };
    uint64_t expected[] = { exports, exported, views };
    outcome out = checked(w);
    for (size_t i = 0; i < 3; i++) {
        if (out.all[which[i]].violations != 0) {
            fail_msg("%s: %s", out.all[which[i]].key, out.all[which[i]].detail);
        }
        assert_int_equal(out.all[which[i]].looked_at, expected[i]);
    }
}

static trace_writer *
from_the_start(void)
{
    trace_writer *w = writer_new(NULL);
    put_beginning(w);
    return w;
}

static void
exports_and_releases_match(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 1);
    put_get(w, 1, A, W, 2);
    put_get(w, 1, B, V + 8, 0);                          /* of a type that counts none */
    put_in_use(w, 1, A, 2, GBX_IN_USE_RESIZE);
    put_given(w, 1, A, W, true, 1);
    put_given(w, 1, B, V + 8, false, 0);
    put_given(w, 1, A, V, true, 0);
    put_view(w, 1, GBX_EV_VIEW_NEW, B, 1);
    put_view(w, 1, GBX_EV_VIEW_NEW, B, 2);
    put_view(w, 1, GBX_EV_VIEW_RELEASE, B, 1);
    put_view(w, 1, GBX_EV_VIEW_RELEASE, B, 0);
    put_death(w, 1, A);
    holds(w, 3, 5, 4);
}

static void
a_release_without_an_export_is_wrong(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 0);
    put_given(w, 1, B, V, false, 0);
    violated(w, GBX_INVARIANT_EXPORTS, 1, "gets back what it has not given");
}

static void
a_second_release_is_wrong(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 0);
    put_given(w, 1, A, V, false, 0);
    put_given(w, 1, A, V, false, 0);
    violated(w, GBX_INVARIANT_EXPORTS, 1, "gets back");
}

static void
a_py_buffer_may_be_moved(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 1);
    put_given(w, 1, A, W, true, 0);
    holds(w, 1, 2, 0);
}

static void
what_is_passed_on_is_no_other_export(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 1);
    PUT(w, 1, (gbx_buf_get){ .h = { .event = GBX_EV_BUF_GET, .flags = 1u << GBX_BUFFER_PASSED_ON }, .view = V,
        .object = B, .exporter = A });
    put_given(w, 1, A, V, true, 0);
    put_given(w, 1, A, V, false, 0);
    violated(w, GBX_INVARIANT_EXPORTS, 1, "gets back");
}

static void
a_buffer_that_keeps_nobody_alive_is_not_released(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, 0, V, 0);
    put_get(w, 1, A, V, 1);
    put_given(w, 1, A, V, true, 0);
    holds(w, 1, 2, 0);
}

static void
a_count_that_jumps_is_wrong(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 1);
    put_get(w, 1, A, W, 3);
    violated(w, GBX_INVARIANT_EXPORTED, 1, "counts 3, by the records it has 2");
}

static void
a_refusal_must_say_what_is_out(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 1);
    put_in_use(w, 1, A, 2, GBX_IN_USE_CLOSE);
    violated(w, GBX_INVARIANT_EXPORTED, 1, "counts 2, by the records it has 1");
    w = from_the_start();
    put_in_use(w, 1, A, 1, GBX_IN_USE_RESIZE);           /* of whom nothing is known to be out */
    violated(w, GBX_INVARIANT_EXPORTED, 1, "counts 1, by the records it has 0");
}

static void
who_counts_without_a_py_buffer_says_so(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_pin(w, 1, GBX_EV_BUF_PIN, A, 1);
    put_get(w, 1, A, V, 2);
    put_given(w, 1, A, V, true, 1);
    put_in_use(w, 1, A, 1, GBX_IN_USE_RESIZE);
    put_pin(w, 1, GBX_EV_BUF_UNPIN, A, 0);
    holds(w, 1, 5, 0);
}

static void
an_exporter_outlives_its_exports(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 1);
    put_death(w, 1, B);
    put_death(w, 1, A);
    violated(w, GBX_INVARIANT_EXPORTS, 1, "dies while its memory is out");
}

static void
who_ends_all_the_same_takes_its_exports_along(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 1);
    put_in_use(w, 1, A, 1, GBX_IN_USE_DEALLOC);
    put_death(w, 1, A);
    put_get(w, 1, A, V, 1);                              /* another object, in its place */
    put_given(w, 1, A, V, true, 0);
    holds(w, 1, 4, 0);
}

static void
views_that_are_not_counted_are_wrong(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_view(w, 1, GBX_EV_VIEW_NEW, A, 1);
    put_view(w, 1, GBX_EV_VIEW_NEW, A, 1);
    violated(w, GBX_INVARIANT_VIEWS, 1, "counts 1, by the records it has 2");
}

static void
a_recording_that_begins_late_believes_the_first(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    put_get(w, 1, A, V, 5);
    put_given(w, 1, A, V, true, 4);
    put_given(w, 1, A, W, true, 3);                      /* got before */
    put_given(w, 1, B, W, false, 0);
    holds(w, 1, 2, 0);
}

static void
after_the_classes_changed_nothing_is_said(void **state)
{
    (void)state;
    trace_writer *w = from_the_start();
    put_get(w, 1, A, V, 1);
    writer_mask(w, 1, 1u << GBX_CLASS_BUF, 0);
    put_given(w, 1, A, V, true, 7);
    holds(w, 0, 1, 0);
}

/* Without the GIL two threads may record in another order than they counted in. */
static void
of_two_threads_without_the_gil_the_count_is_left_alone(void **state)
{
    (void)state;
    for (int free_threaded = 0; free_threaded < 2; free_threaded++) {
        trace_writer *w = from_the_start();
        writer_header(w)->build = free_threaded ? GBX_BUILD_FREE_THREADED : 0;
        put_get(w, 1, A, V, 1);
        put_get(w, 2, A, W, 3);
        put_get(w, 1, A, V + 8, 2);
        if (free_threaded) {
            holds(w, 0, 1, 0);
        }
        else {
            violated(w, GBX_INVARIANT_EXPORTED, 2, "counts 3");
        }
    }
}

/* ----------------------------------------------------------------- the ledger */

static gbx_buf_get
got(uint64_t exporter, uint64_t view)
{
    return (gbx_buf_get){ .h = { .event = GBX_EV_BUF_GET }, .exporter = exporter, .view = view };
}

static void
the_ledger_keeps_many_and_lets_go_of_them(void **state)
{
    enum { MANY = 5000 };
    (void)state;
    gbx_exports *exports = gbx_exports_new();
    assert_non_null(exports);
    for (uint64_t i = 0; i < MANY; i++) {
        gbx_buf_get get = got(A + i / 3 * 16, V + i);
        gbx_exports_get(exports, &get, 0, i);
    }
    assert_int_equal(gbx_exports_out(exports), MANY);
    for (uint64_t i = 0; i < MANY; i++) {
        gbx_export ended;
        gbx_buf_release given = { .exporter = A + i / 3 * 16, .view = V + i };
        assert_true(gbx_exports_release(exports, &given, &ended));
        assert_int_equal(ended.at, i);
        assert_false(i % 3 == 2 && gbx_exports_of(exports, given.exporter) != NULL);
    }
    assert_int_equal(gbx_exports_out(exports), 0);
    assert_false(gbx_exports_lost(exports));
    gbx_exports_free(exports);
}

static void
the_ledger_counts_by_address(void **state)
{
    (void)state;
    gbx_exports *exports = gbx_exports_new();
    for (uint64_t i = 1; i <= 3000; i++) {
        gbx_exports_add(exports, GBX_EXPORTS_COUNTER, A + i * 16)->count = i;
    }
    for (uint64_t i = 1; i <= 3000; i += 2) {
        gbx_exports_drop(exports, GBX_EXPORTS_COUNTER, A + i * 16);
    }
    for (uint64_t i = 1; i <= 3000; i++) {
        gbx_exports_count *count = gbx_exports_find(exports, GBX_EXPORTS_COUNTER, A + i * 16);
        assert_true(i % 2 == 1 ? count == NULL : count->count == i);
    }
    assert_null(gbx_exports_find(exports, GBX_EXPORTS_MANAGED, A + 32));
    gbx_exports_free(exports);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(exports_and_releases_match),
        TEST(a_release_without_an_export_is_wrong),
        TEST(a_second_release_is_wrong),
        TEST(a_py_buffer_may_be_moved),
        TEST(what_is_passed_on_is_no_other_export),
        TEST(a_buffer_that_keeps_nobody_alive_is_not_released),
        TEST(a_count_that_jumps_is_wrong),
        TEST(a_refusal_must_say_what_is_out),
        TEST(who_counts_without_a_py_buffer_says_so),
        TEST(an_exporter_outlives_its_exports),
        TEST(who_ends_all_the_same_takes_its_exports_along),
        TEST(views_that_are_not_counted_are_wrong),
        TEST(a_recording_that_begins_late_believes_the_first),
        TEST(after_the_classes_changed_nothing_is_said),
        TEST(of_two_threads_without_the_gil_the_count_is_left_alone),
        TEST(the_ledger_keeps_many_and_lets_go_of_them),
        TEST(the_ledger_counts_by_address),
    };
    return cmocka_run_group_tests_name("check_buf", tests, NULL, NULL);
}
