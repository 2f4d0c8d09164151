/* Interpreters: see interpreter.h. */

#include "interpreter.h"

#include "driver.h"

#include <stdio.h>
#include <string.h>

enum { TIMEOUT_MS = 20000 };

/* The recorder is a module in the binary: a package of that name somewhere on the path is not it. */
static const char probe[] =
    "import sys\n"
    "flags = getattr(sys, 'abiflags', '')\n"
    "print('probe', sys.implementation.name, '.'.join(map(str, sys.version_info[:3])),\n"
    "      int('_glassbox' in sys.builtin_module_names), int('t' in flags),\n"
    "      int(hasattr(sys, 'gettotalrefcount')), int(hasattr(sys, '_stats_on')))\n";

static bool
parse(const char *text, gbx_interpreter *about)
{
    int is[4];
    if (sscanf(text, "probe %31s %31s %d %d %d %d", about->implementation, about->version, &is[0], &is[1],
               &is[2], &is[3]) != 6) {
        return false;
    }
    about->instrumented = is[0] != 0;
    about->free_threaded = is[1] != 0;
    about->debug = is[2] != 0;
    about->stats = is[3] != 0;
    return true;
}

int
gbx_interpreter_probe(gbx_interpreter *about, const char *python, gbx_error *error)
{
    const char *const argv[] = { python, "-I", "-S", "-c", probe, NULL };
    gbx_driver_options options = {
        .argv = argv, .timeout_ms = TIMEOUT_MS, .clean_environment = true, .out_limit = 4096, .err_limit = 4096,
    };
    gbx_driver_result result;
    char how[64];
    *about = (gbx_interpreter){ .implementation = "" };
    int code = gbx_driver_run(&options, &result, error);
    if (code == 0 && (!gbx_driver_succeeded(&result, 0) || !parse(result.out, about))) {
        code = gbx_error_set(error, GBX_ERROR_CHILD, "'%s' does not answer like a Python: it %s", python,
                             gbx_driver_explain(&result, how, sizeof(how)));
    }
    gbx_driver_result_clear(&result);
    return code;
}

const char *
gbx_interpreter_text(const gbx_interpreter *about, char *text, size_t size)
{
    bool cpython = strcmp(about->implementation, "cpython") == 0;
    snprintf(text, size, "%s %s%s%s%s, %s", cpython ? "CPython" : about->implementation, about->version,
             about->free_threaded ? " free-threaded" : "", about->debug ? " debug" : "",
             about->stats ? " with pystats" : "", about->instrumented ? "instrumented" : "not instrumented");
    return text;
}
