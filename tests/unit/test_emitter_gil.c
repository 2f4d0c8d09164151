/* Emitters of the lock's events in the tree that was built: the line of C that did what the event says. */

#include "trace_test.h"

#include "driver.h"
#include "source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHECKOUT "cpython/src/glassbox"

static gbx_error error;

static const char program[] =
    "import sys, threading, time, glassbox, _interpreters\n"
    "sys.setswitchinterval(1e-4)\n"
    "shared = []\n"
    "def count(n):\n"
    "    for i in range(n): shared.append(i)\n"
    "def wait(): lock.acquire(); lock.release()\n"
    "threads = [threading.Thread(target=count, args=(100000,)) for i in range(4)]\n"
    "for t in threads: t.start()\n"
    "for t in threads: t.join()\n"
    "lock = threading.Lock(); lock.acquire()\n"
    "t = threading.Thread(target=wait); t.start(); time.sleep(0.01); lock.release(); t.join()\n"
    "_interpreters.destroy(_interpreters.create('isolated'))\n";

/* What the function that holds the hook is called. */
static const char *
function_of(const gbx_head *head)
{
    switch (head->event) {
        case GBX_EV_GIL_CREATE: return "_PyEval_InitGIL";
        case GBX_EV_GIL_DESTROY: return "PyInterpreterState_Delete";
        case GBX_EV_GIL_REQUEST: case GBX_EV_GIL_TIMEOUT: case GBX_EV_GIL_DROP_REQUEST:
        case GBX_EV_GIL_ACQUIRE: case GBX_EV_GIL_GIVE_UP: return "take_gil";
        case GBX_EV_GIL_RELEASE:
            return head->flags == GBX_RELEASE_DISABLE ? "_PyEval_DisableGIL" : "drop_gil";
        case GBX_EV_GIL_FORCED: return "drop_gil";
        case GBX_EV_GIL_BREAKER: return "_Py_HandlePending";
        case GBX_EV_GIL_ENABLE:
            return head->flags == GBX_ENABLE_PERMANENT ? "_PyImport_CheckGILForModule"
                : "_PyEval_EnableGILTransient";
        case GBX_EV_GIL_DISABLE: return "_PyEval_DisableGIL";
        case GBX_EV_ATTACH: return "_PyThreadState_Attach";
        case GBX_EV_DETACH:
            return head->flags == GBX_RELEASE_EXIT ? "tstate_delete_common" : "detach_thread";
        case GBX_EV_SECTION_SUSPEND: return "_PyCriticalSection_SuspendAll";
        case GBX_EV_SECTION_RESUME: return "_PyCriticalSection_Resume";
        case GBX_EV_PARK:
            return head->flags == GBX_PARK_LOT ? "_PyParkingLot_Park" : "_PyRawMutex_LockSlow";
        default: return NULL;
    }
}

/* Two lines of one function, of which the record cannot say which it was. */
static bool
two_lines(uint8_t event)
{
    return event == GBX_EV_GIL_ENABLE || event == GBX_EV_UNPARK || event == GBX_EV_GIL_GIVE_UP;
}

static void
emitters_are_found(gbx_source *tree, const gbx_trace *trace, size_t seen[256])
{
    char text[200];
    gbx_emitter emitter;
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        const gbx_head *head = gbx_trace_record(trace, at);
        if (gbx_event_class(head->event) != GBX_CLASS_GIL || seen[head->event]++ > 200) {
            continue;
        }
        if (gbx_source_emitter(tree, trace, at, &emitter, &error) != 0) {
            fail_msg("event %zu, %s: %s", at, gbx_event_name(head->event), error.message);
        }
        const gbx_emitter_line *line = &emitter.lines[0];
        if (emitter.count != 1 && !(two_lines(head->event) && emitter.count == 2)) {
            fail_msg("event %zu, %s: %zu lines", at, gbx_event_name(head->event), emitter.count);
        }
        assert_true(gbx_source_line_text(tree, line->file, line->line, text, sizeof(text)));
        assert_non_null(strstr(text, line->hook));
        if (function_of(head) != NULL) {
            assert_string_equal(line->function, function_of(head));
        }
    }
}

static void
check_build(const char *python, size_t seen[256])
{
    gbx_source *tree = NULL;
    gbx_trace *trace = NULL;
    gbx_driver_result result;
    char setting[600];
    if (access(python, X_OK) != 0 || gbx_source_open(&tree, CHECKOUT, &error) != 0) {
        print_message("cannot run here: '%s' or '%s' is not there\n", python, CHECKOUT);
        skip();
    }
    const char *path = test_path("gil.gbx");
    snprintf(setting, sizeof(setting), "PYTHONGLASSBOX=%s:events=gil+mark", path);
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
    emitters_are_found(tree, trace, seen);
    gbx_trace_close(trace);
    gbx_source_close(tree);
}

static void
every_event_of_the_lock_has_its_line(void **state)
{
    size_t seen[256] = { 0 };
    (void)state;
    check_build("cpython/build/gil/python", seen);
    assert_true(seen[GBX_EV_GIL_CREATE] == 2 && seen[GBX_EV_GIL_DESTROY] == 2);
    assert_true(seen[GBX_EV_GIL_REQUEST] > 0 && seen[GBX_EV_GIL_ACQUIRE] > 0);
    assert_true(seen[GBX_EV_GIL_TIMEOUT] > 0 && seen[GBX_EV_GIL_DROP_REQUEST] > 0);
    assert_true(seen[GBX_EV_GIL_BREAKER] > 0 && seen[GBX_EV_GIL_RELEASE] > 0);
    assert_true(seen[GBX_EV_PARK] > 0 && seen[GBX_EV_WAKE] > 0 && seen[GBX_EV_UNPARK] > 0);
}

static void
every_event_without_the_lock_has_its_line(void **state)
{
    size_t seen[256] = { 0 };
    (void)state;
    check_build("cpython/build/ft/python", seen);
    assert_true(seen[GBX_EV_ATTACH] > 0 && seen[GBX_EV_DETACH] > 0);
    assert_true(seen[GBX_EV_SECTION_CONTENDED] > 0 && seen[GBX_EV_SECTION_BEGIN] > 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_event_of_the_lock_has_its_line),
        TEST(every_event_without_the_lock_has_its_line),
    };
    return cmocka_run_group_tests_name("emitter_gil", tests, NULL, NULL);
}
