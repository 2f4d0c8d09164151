/* The tracepoint that tests/bench/lttng.c fires, in the form that LTTng-UST's macros expand: they
   include this file several times over. */

#undef LTTNG_UST_TRACEPOINT_PROVIDER
#define LTTNG_UST_TRACEPOINT_PROVIDER glassbox_bench
#undef LTTNG_UST_TRACEPOINT_INCLUDE
#define LTTNG_UST_TRACEPOINT_INCLUDE "lttng.h"

#if !defined(GLASSBOX_BENCH_LTTNG_H) || defined(LTTNG_UST_TRACEPOINT_HEADER_MULTI_READ)
#define GLASSBOX_BENCH_LTTNG_H

#include <lttng/tracepoint.h>

LTTNG_UST_TRACEPOINT_EVENT(
    glassbox_bench, call,
    LTTNG_UST_TP_ARGS(int, code, int, frame),
    LTTNG_UST_TP_FIELDS(
        lttng_ust_field_integer(int, code, code)
        lttng_ust_field_integer(int, frame, frame)))

#endif

#include <lttng/tracepoint-event.h>
