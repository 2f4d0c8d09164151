/* The table of sinks, and what several of them need. */

#include "report.h"

#include <string.h>

static const gbx_sink *const sinks[] = { &gbx_sink_terminal, &gbx_sink_json, &gbx_sink_junit };

const gbx_sink *
gbx_sink_find(const char *name)
{
    for (size_t i = 0; i < sizeof(sinks) / sizeof(sinks[0]); i++) {
        if (strcmp(sinks[i]->name, name) == 0) {
            return sinks[i];
        }
    }
    return NULL;
}

size_t
gbx_report_builds(const gbx_result *result, const char *names[4])
{
    size_t count = 0;
    for (size_t i = 0; i < result->look.run_count; i++) {
        bool known = false;
        for (size_t n = 0; n < count; n++) {
            known |= strcmp(names[n], result->runs[i].build) == 0;
        }
        if (!known && result->runs[i].build != NULL) {
            names[count++] = result->runs[i].build;
        }
    }
    return count;
}
