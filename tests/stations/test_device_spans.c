/* Station 6's spans of a device, on pages written for the purpose: what the claims say of a device that queues,
   which no machine of the tests has, and that a page is not believed.

   The pages are made up, and say so; a recording of a real device would lie in stations/6-torch/recordings. */

#include "trace_test.h"

#include "finding.h"
#include "../../stations/6-torch/claims.h"
#include "../../stations/6-torch/device_spans.h"

#include <string.h>

#define HEAD  "{\"format\": \"glassbox-device-spans\", \"version\": 1, \"kind\": \"cuda\", \"recorded\": false, " \
              "\"provenance\": {\"device\": \"made up\", \"torch\": \"0\", \"when\": \"never\", " \
              "\"uncertainty_ns\": 10}, " \
              "\"spans\": ["
#define SPAN(PART, LANE, NAME, BEGIN, END) \
    "{\"part\": \"" PART "\", \"lane\": \"" LANE "\", \"name\": \"" NAME "\", \"begin_ns\": " #BEGIN \
    ", \"end_ns\": " #END "}"
#define TAIL  "]}"

/* A device as it should be: launches return, both calls wait, streams are queues. */
#define LAUNCHED(PART, WAIT) \
    SPAN(PART, "host", "launch", 1000, 2000) "," SPAN(PART, "host", WAIT, 3000, 900500) "," \
    SPAN(PART, "stream 1", "work", 1500, 900000)
#define PYTHON(PART) \
    SPAN(PART, "other thread", "python", 5000, 6000) "," SPAN(PART, "other thread", "python", 7000, 8000)
#define STREAMS \
    SPAN("one stream", "stream 1", "work", 0, 1000) "," SPAN("one stream", "stream 1", "work", 1000, 2000) "," \
    SPAN("two streams", "stream 1", "work", 3000, 4000) "," SPAN("two streams", "stream 2", "work", 3100, 4100)
#define GOOD \
    LAUNCHED("synchronize", "synchronize") "," LAUNCHED("item", "item") "," STREAMS "," \
    LAUNCHED("beside item", "item") "," LAUNCHED("beside synchronize", "synchronize") "," \
    PYTHON("beside item") "," PYTHON("beside synchronize")

static gbx_finding *finding;
static gbx_device_page page;

static gbx_verdict
ask(const gbx_claim *claim, const char *text)
{
    gbx_run run = { .out = text, .out_size = strlen(text) };
    gbx_look look = { .runs = &run, .run_count = 1 };
    gbx_finding_free(finding);
    finding = gbx_finding_new();
    return claim->check(&look, finding);
}

static bool
is_read(const char *text)
{
    char why[128];
    return gbx_device_read(&page, text, strlen(text), why, sizeof(why));
}

static int
forget(void **state)
{
    (void)state;
    gbx_finding_free(finding);
    finding = NULL;
    return 0;
}

static void
a_device_that_queues_passes_all_of_them(void **state)
{
    static const gbx_claim *const all[] = { &gbx_s6_launch, &gbx_s6_waits, &gbx_s6_streams, &gbx_s6_device_lock };
    (void)state;
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        assert_int_equal(ask(all[i], HEAD GOOD TAIL), GBX_PASS);
        assert_true(finding->observed);
        assert_non_null(strstr(finding->items[0].text, "seen here, on made up"));
    }
}

static void
a_recording_is_labelled(void **state)
{
    char text[] = HEAD GOOD TAIL, *at = strstr(text, "false");
    (void)state;
    memcpy(at, "true ", 5);
    assert_int_equal(ask(&gbx_s6_launch, text), GBX_PASS);
    assert_non_null(strstr(finding->items[0].text, "recorded elsewhere, on made up"));
    at = strstr(text, "cuda");
    memcpy(at - 1, "\"cpu\" ", 6);
    assert_int_equal(ask(&gbx_s6_launch, text), GBX_INSUFFICIENT);
}

static void
a_launch_that_takes_as_long_as_the_work_fails(void **state)
{
    (void)state;
    assert_int_equal(ask(&gbx_s6_launch, HEAD SPAN("synchronize", "host", "launch", 0, 1000) ","
                         SPAN("synchronize", "host", "synchronize", 1100, 1200) ","
                         SPAN("synchronize", "stream 1", "work", 10, 990) TAIL), GBX_FAIL);
}

static void
a_wait_that_ends_before_the_work_fails(void **state)
{
    (void)state;
    assert_int_equal(ask(&gbx_s6_waits, HEAD LAUNCHED("synchronize", "synchronize") ","
                         SPAN("item", "host", "launch", 0, 100) "," SPAN("item", "host", "item", 200, 500) ","
                         SPAN("item", "stream 1", "work", 50, 900) TAIL), GBX_FAIL);
}

static void
streams_that_overlap_in_one_or_not_in_two_fail(void **state)
{
    (void)state;
    assert_int_equal(ask(&gbx_s6_streams, HEAD SPAN("one stream", "stream 1", "work", 0, 1000) ","
                         SPAN("one stream", "stream 1", "work", 500, 2000) ","
                         SPAN("two streams", "stream 1", "work", 3000, 4000) ","
                         SPAN("two streams", "stream 2", "work", 3000, 4000) TAIL), GBX_FAIL);
    assert_int_equal(ask(&gbx_s6_streams, HEAD SPAN("one stream", "stream 1", "work", 0, 1000) ","
                         SPAN("one stream", "stream 1", "work", 1000, 2000) ","
                         SPAN("two streams", "stream 1", "work", 3000, 4000) ","
                         SPAN("two streams", "stream 2", "work", 3900, 5000) TAIL), GBX_FAIL);
}

static void
a_wait_in_which_nobody_else_runs_fails(void **state)
{
    (void)state;
    assert_int_equal(ask(&gbx_s6_device_lock, HEAD LAUNCHED("beside item", "item") ","
                         LAUNCHED("beside synchronize", "synchronize") "," PYTHON("beside item") TAIL), GBX_FAIL);
}

static void
without_a_device_it_is_skipped_for_a_reason_with_a_name(void **state)
{
    (void)state;
    assert_int_equal(ask(&gbx_s6_waits, "{\"format\": \"glassbox-device-spans\", \"version\": 1, \"kind\": \"none\", "
                         "\"spans\": [], \"why\": \"no device\"}"), GBX_SKIPPED);
    assert_int_equal(finding->lack, GBX_LACK_DEVICE);
    assert_string_equal(gbx_lack_name(finding->lack), "device");
    assert_string_equal(gbx_finding_why_skipped(finding), "no device");
}

static void
missing_spans_are_no_verdict(void **state)
{
    (void)state;
    assert_int_equal(ask(&gbx_s6_launch, HEAD STREAMS TAIL), GBX_INSUFFICIENT);
    assert_int_equal(ask(&gbx_s6_streams, HEAD LAUNCHED("item", "item") TAIL), GBX_INSUFFICIENT);
    assert_int_equal(ask(&gbx_s6_waits, ""), GBX_INSUFFICIENT);
}

static void
a_page_that_lies_is_refused(void **state)
{
    static const char *const lies[] = {
        "", "[]", "{}", "{\"format\": \"glassbox-device-spans\", \"version\": 2, \"kind\": \"cuda\", \"spans\": []}",
        "{\"format\": \"glassbox-device-spans\", \"version\": 1, \"kind\": \"magic\", \"spans\": []}",
        "{\"format\": \"glassbox-device-spans\", \"version\": 1, \"kind\": \"cuda\", \"spans\": []}",
        HEAD SPAN("item", "host", "item", 5, 4) TAIL, HEAD SPAN("item", "host", "item", -1, 4) TAIL,
        HEAD SPAN("item", "host", "item", 0, 9223372036854775807) TAIL, HEAD SPAN("item", "moon", "item", 0, 1) TAIL,
        HEAD SPAN("", "host", "item", 0, 1) TAIL, HEAD SPAN("item", "host", "item", "0", 1) TAIL, HEAD "7" TAIL,
    };
    (void)state;
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        assert_false(is_read(lies[i]));
    }
}

static void
control_characters_do_not_reach_a_terminal(void **state)
{
    (void)state;
    assert_true(is_read("{\"format\": \"glassbox-device-spans\", \"version\": 1, \"kind\": \"none\", "
                        "\"spans\": [], \"why\": \"a\\u001b[2Jb\"}"));
    assert_string_equal(page.why, "a?[2Jb");
}

static void
a_part_is_drawn_a_row_a_lane(void **state)
{
    char text[GBX_DEVICE_PICTURE], small[40];
    (void)state;
    assert_true(is_read(HEAD GOOD TAIL));
    size_t length = gbx_device_draw(&page, "beside item", text, sizeof(text));
    assert_int_equal(length, strlen(text));
    assert_non_null(strstr(text, "host          l░"));
    assert_non_null(strstr(text, "stream 1      █"));
    assert_non_null(strstr(text, "other thread  █·"));
    assert_null(strstr(text, "stream 2"));
    assert_int_equal(gbx_device_draw(&page, "nowhere", text, sizeof(text)), 0);
    assert_true(gbx_device_draw(&page, "item", small, sizeof(small)) < sizeof(small));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_device_that_queues_passes_all_of_them, forget),
        cmocka_unit_test_teardown(a_recording_is_labelled, forget),
        cmocka_unit_test_teardown(a_launch_that_takes_as_long_as_the_work_fails, forget),
        cmocka_unit_test_teardown(a_wait_that_ends_before_the_work_fails, forget),
        cmocka_unit_test_teardown(streams_that_overlap_in_one_or_not_in_two_fail, forget),
        cmocka_unit_test_teardown(a_wait_in_which_nobody_else_runs_fails, forget),
        cmocka_unit_test_teardown(without_a_device_it_is_skipped_for_a_reason_with_a_name, forget),
        cmocka_unit_test_teardown(missing_spans_are_no_verdict, forget),
        cmocka_unit_test_teardown(a_page_that_lies_is_refused, forget),
        cmocka_unit_test_teardown(control_characters_do_not_reach_a_terminal, forget),
        cmocka_unit_test_teardown(a_part_is_drawn_a_row_a_lane, forget),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
