/* Opening a trace, and what one reads in it when nothing is wrong. */

#include "trace_test.h"

static void
trace_opens_what_the_writer_wrote(void **state)
{
    (void)state;
    trace_writer *w = writer_new(NULL);
    writer_push(w, 1, 7, 0x10);
    writer_pop(w, 1, 7, 0x10);
    gbx_trace *trace = test_open(w);
    assert_int_equal(gbx_trace_count(trace), 2);
    assert_int_equal(gbx_trace_event(trace, 0), GBX_EV_FRAME_PUSH);
    assert_int_equal(gbx_trace_event(trace, 1), GBX_EV_FRAME_POP);
    assert_int_equal(test_field(trace, 1, "code"), 7);
    assert_int_equal(test_walk(trace), 2);
    gbx_trace_close(trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(trace_opens_what_the_writer_wrote),
    };
    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
