/* Emitters in the tree that was built: every event that the real interpreter records has a line there,
   and the line uses the hook that it is said to use. */

#include "trace_test.h"

#include "driver.h"
#include "source.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define CHECKOUT "cpython/src/glassbox"
#define PYTHON "cpython/build/gil/python"

static gbx_error error;
static gbx_emitter emitter;

static const char program[] =
    "import sys, threading, glassbox\n"
    "class A:\n"
    "    def __init__(self): self.x = 1\n"
    "def gen(n):\n"
    "    try:\n"
    "        for i in range(n): yield i\n"
    "    except ValueError: pass\n"
    "def outer(n): yield from gen(n)\n"
    "def f(a, b): return a + b\n"
    "for i in range(60): A(); f(i, 2); list(outer(3))\n"
    "for i in range(60): f('a', 'b'); f(1.5, 2)\n"
    "g = outer(3); next(g)\n"
    "try: g.throw(ValueError)\n"
    "except StopIteration: pass\n"
    "try: f(1)\n"
    "except TypeError: frame = sys._getframe()\n"
    "t = threading.Thread(target=f, args=(1, 2)); t.start(); t.join()\n"
    "glassbox.mark('m', 1)\n"
    "import importlib; importlib.import_module('colorsys')\n"
    "exec(compile('y = 1', 'name', 'exec'))\n"
    "o = A(); glassbox.watch(o, 'o'); del o\n"
    "sys.setprofile(lambda *a: None); f(1, 2); sys.setprofile(None); f(1, 2)\n"
    "sys.settrace(lambda *a: None); f(1, 2); sys.settrace(None); f(1, 2)\n";

/* The line that is named uses the macro that it is said to use. */
static void
assert_line_has_its_hook(gbx_source *tree, size_t at)
{
    char text[200];
    for (size_t i = 0; i < emitter.count && i < GBX_EMITTER_LINES; i++) {
        const gbx_emitter_line *line = &emitter.lines[i];
        const char *word = line->through == NULL ? line->hook : line->through;
        assert_true(gbx_source_line_text(tree, line->file, line->line, text, sizeof(text)));
        bool is_guard = strcmp(word, "DEOPT_IF") == 0 && strstr(text, "EXIT_IF(") != NULL;
        if (!is_guard && strstr(text, word) == NULL) {
            fail_msg("event %zu: '%s' is not in %s:%d", at, word, line->file, line->line);
        }
    }
}

static void
every_event_of_the_real_interpreter_has_a_line_in_its_tree(void **state)
{
    gbx_source *tree = NULL;
    gbx_trace *trace = NULL;
    gbx_driver_result result;
    (void)state;
    if (access(PYTHON, X_OK) != 0 || gbx_source_open(&tree, CHECKOUT, &error) != 0) {
        print_message("cannot run here: '%s' or '%s' is not there\n", PYTHON, CHECKOUT);
        skip();
    }
    char setting[600];
    const char *path = test_path("real.gbx");
    snprintf(setting, sizeof(setting), "PYTHONGLASSBOX=%s", path);
    gbx_driver_options options = {
        .argv = (const char *const []){ PYTHON, "-c", program, NULL }, .clean_environment = true,
        .environment = (const char *const []){ setting, NULL }, .timeout_ms = 60000,
    };
    assert_int_equal(gbx_driver_run(&options, &result, &error), 0);
    if (!gbx_driver_succeeded(&result, 0)) {
        fail_msg("the program failed: %s", result.err);
    }
    gbx_driver_result_clear(&result);
    assert_int_equal(gbx_trace_open(&trace, path, NULL, &error), 0);
    size_t without = 0, events = gbx_trace_count(trace), seen[256] = { 0 };
    assert_true(events > 1000);
    for (size_t at = 0; at < events; at++) {
        uint8_t event = gbx_trace_event(trace, at);
        if (seen[event]++ > 500) {
            continue;            /* enough of these */
        }
        if (gbx_source_emitter(tree, trace, at, &emitter, &error) != 0) {
            print_error("event %zu: %s\n", at, error.message);
            without++;
            continue;
        }
        assert_line_has_its_hook(tree, at);
        if (event == GBX_EV_REF_DEALLOC) {
            assert_string_equal(emitter.lines[0].function, "_Py_Dealloc");
            assert_int_equal(emitter.count, 2);
            assert_string_equal(emitter.lines[1].function, "Py_DECREF");
        }
    }
    assert_int_equal(without, 0);
    assert_true(seen[GBX_EV_SPEC_MISS] > 0 && seen[GBX_EV_SPEC_INSTRUMENT] > 0 && seen[GBX_EV_MARK] > 0);
    assert_true(seen[GBX_EV_IMPORT_BEGIN] > 2);
    assert_true(seen[GBX_EV_REF_DEALLOC] == 1);
    assert_true(seen[GBX_EV_FRAME_RESUME] > 0 && seen[GBX_EV_FRAME_DISCARD] > 0);
    gbx_trace_close(trace);
    gbx_source_close(tree);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(every_event_of_the_real_interpreter_has_a_line_in_its_tree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
