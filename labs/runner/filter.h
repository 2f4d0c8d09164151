/* Which events a command looks at. */

#ifndef GBX_FILTER_H
#define GBX_FILTER_H

#include "trace.h"

typedef struct {
    uint32_t mask;               /* classes */
    uint8_t event;               /* one event alone; 0: all */
    bool one_thread;
    uint32_t thread;
    const char *function;        /* glob on the qualified name of the event's code; NULL */
    uint64_t from_ns, to_ns;
} gbx_filter;

gbx_filter gbx_filter_all(void);

/* "frame,spec" or "frame+spec" or one event's whole name; 0 or GBX_ERROR_USAGE. */
int gbx_filter_classes(gbx_filter *filter, const char *text, gbx_error *error);

bool gbx_filter_takes(const gbx_filter *filter, const gbx_trace *trace, size_t at);

#endif
