/* The table of sinks. */

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
