/* Emitters of the collector's events in the tree that was built: each has one line, in the function that
   did what the event says. */

#include "trace_test.h"

#include "driver.h"
#include "source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHECKOUT "cpython/src/glassbox"

static gbx_error error;

static const char program[] =
    "import gc, glassbox\n"
    "class Cat:\n"
    "    def __del__(self): saved.append(self)\n"
    "class Node: pass\n"
    "saved = []\n"
    "for kind in Cat, Node:\n"
    "    it = kind(); it.it = it; glassbox.watch(it, 'it'); del it\n"
    "t = tuple([1]); glassbox.watch(t, 't')\n"
    "gc.collect()\n"
    "gc.set_debug(gc.DEBUG_SAVEALL)\n"
    "it = Node(); it.it = it; glassbox.watch(it, 'it'); del it\n"
    "gc.collect(); gc.get_count(); kept = [[] for i in range(20000)]\n";

/* What the function that holds the hook is called; NULL: no matter. */
static const char *
function_of(const gbx_head *head)
{
    switch (head->event) {
        case GBX_EV_GC_START: case GBX_EV_GC_DONE: return "gc_collect_main";
        case GBX_EV_GC_SCHEDULED: return "_Py_ScheduleGC";
        case GBX_EV_GC_PHASE:
            return head->flags == GBX_GC_PHASE_UPDATE_REFS ? NULL
                : head->flags == GBX_GC_PHASE_FINALIZE ? "finalize_garbage"
                : head->flags == GBX_GC_PHASE_CLEAR ? "delete_garbage"
                : head->flags == GBX_GC_PHASE_RESURRECTED ? "handle_resurrected_objects" : NULL;
        case GBX_EV_GC_VERDICT:
            return head->flags == GBX_VERDICT_FINALIZED ? "finalize_garbage"
                : head->flags == GBX_VERDICT_CLEARED || head->flags == GBX_VERDICT_SAVED ? "delete_garbage"
                : NULL;
        case GBX_EV_WORLD_STARTED: return "start_the_world";
        case GBX_EV_WORLD_STOP: return "stop_the_world";
        default: return NULL;
    }
}

static bool
many_lines(uint8_t event)
{
    return event == GBX_EV_GC_FLUSH || event == GBX_EV_WORLD_STOPPED || event == GBX_EV_GC_VERDICT;
}

static void
emitters_are_found(gbx_source *tree, const gbx_trace *trace, const char *file, size_t verdicts[8])
{
    char text[200];
    gbx_emitter emitter;
    size_t seen = 0;
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        const gbx_head *head = gbx_trace_record(trace, at);
        if (gbx_event_class(head->event) != GBX_CLASS_GC) {
            continue;
        }
        if (gbx_source_emitter(tree, trace, at, &emitter, &error) != 0) {
            fail_msg("event %zu: %s", at, error.message);
        }
        seen++;
        verdicts[head->flags % 8] += head->event == GBX_EV_GC_VERDICT;
        const gbx_emitter_line *line = &emitter.lines[0];
        assert_true(emitter.count == 1 || (many_lines(head->event) && emitter.count <= 3));
        assert_true(gbx_source_line_text(tree, line->file, line->line, text, sizeof(text)));
        assert_non_null(strstr(text, line->hook));
        if (head->event == GBX_EV_GC_PHASE) {
            assert_string_equal(line->file, file);
        }
        if (function_of(head) != NULL) {
            assert_string_equal(line->function, function_of(head));
        }
    }
    assert_true(seen > 40);
}

static void
check_build(const char *python, const char *file)
{
    gbx_source *tree = NULL;
    gbx_trace *trace = NULL;
    gbx_driver_result result;
    size_t verdicts[8] = { 0 };
    char setting[600];
    if (access(python, X_OK) != 0 || gbx_source_open(&tree, CHECKOUT, &error) != 0) {
        print_message("cannot run here: '%s' or '%s' is not there\n", python, CHECKOUT);
        skip();
    }
    const char *path = test_path("gc.gbx");
    snprintf(setting, sizeof(setting), "PYTHONGLASSBOX=%s:events=gc+ref+mark", path);
    gbx_driver_options options = {
        .argv = (const char *const []){ python, "-c", program, NULL }, .clean_environment = true,
        .environment = (const char *const []){ setting, NULL }, .timeout_ms = 60000,
    };
    assert_int_equal(gbx_driver_run(&options, &result, &error), 0);
    if (!gbx_driver_succeeded(&result, 0)) {
        fail_msg("the program failed: %s", result.err);
    }
    gbx_driver_result_clear(&result);
    assert_int_equal(gbx_trace_open(&trace, path, &(gbx_trace_options){ .only = true }, &error), 0);
    emitters_are_found(tree, trace, file, verdicts);
    assert_true(verdicts[GBX_VERDICT_REACHABLE] > 0 && verdicts[GBX_VERDICT_UNREACHABLE] >= 3);
    assert_true(verdicts[GBX_VERDICT_FINALIZED] > 0 && verdicts[GBX_VERDICT_RESURRECTED] > 0);
    assert_true(verdicts[GBX_VERDICT_CLEARED] > 0 && verdicts[GBX_VERDICT_SAVED] > 0);
    assert_true(verdicts[GBX_VERDICT_UNTRACKED] > 0);
    gbx_trace_close(trace);
    gbx_source_close(tree);
}

static void
every_event_of_the_collector_has_its_line(void **state)
{
    (void)state;
    check_build("cpython/build/gil/python", "Python/gc.c");
}

static void
every_event_of_the_free_threaded_collector_has_its_line(void **state)
{
    (void)state;
    check_build("cpython/build/ft/python", "Python/gc_free_threading.c");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_event_of_the_collector_has_its_line),
        TEST(every_event_of_the_free_threaded_collector_has_its_line),
    };
    return cmocka_run_group_tests_name("emitter_gc", tests, NULL, NULL);
}
