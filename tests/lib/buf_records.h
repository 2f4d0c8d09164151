/* Records of class buf for tests: exports of an object at an address, in a Py_buffer at another.  It must not
   hold a test. */

#ifndef BUF_RECORDS_H
#define BUF_RECORDS_H

#include "trace_writer.h"

#define PUT(w, thread, ...) writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))

/* Counted by itself, where `exports` is not 0. */
static inline void
put_get(trace_writer *w, uint32_t thread, uint64_t exporter, uint64_t view, uint32_t exports)
{
    PUT(w, thread, (gbx_buf_get){ .h = { .event = GBX_EV_BUF_GET }, .view = view, .object = exporter,
        .exporter = exporter, .counter = exports == 0 ? 0 : exporter, .exports = exports });
}

/* Of what counts (`counts`) and has so many afterwards. */
static inline void
put_given(trace_writer *w, uint32_t thread, uint64_t exporter, uint64_t view, bool counts, uint32_t exports)
{
    PUT(w, thread, (gbx_buf_release){ .h = { .event = GBX_EV_BUF_RELEASE }, .view = view, .exporter = exporter,
        .counter = counts ? exporter : 0, .exports = exports });
}

static inline void
put_in_use(trace_writer *w, uint32_t thread, uint64_t object, uint64_t exports, uint8_t what)
{
    PUT(w, thread, (gbx_buf_error){ .h = { .event = GBX_EV_BUF_ERROR, .flags = what }, .object = object,
        .exports = exports });
}

static inline void
put_pin(trace_writer *w, uint32_t thread, uint8_t event, uint64_t object, uint32_t exports)
{
    PUT(w, thread, (gbx_buf_pin){ .h = { .event = event }, .object = object, .exports = exports });
}

static inline void
put_view(trace_writer *w, uint32_t thread, uint8_t event, uint64_t managed, uint32_t views)
{
    PUT(w, thread, (gbx_buf_view){ .h = { .event = event }, .managed = managed, .views = views });
}

static inline void
put_death(trace_writer *w, uint32_t thread, uint64_t address)
{
    PUT(w, thread, (gbx_obj){ .event = GBX_EV_OBJ_DESTROY, .address = address });
}

/* The recording began with the interpreter: nothing was out before. */
static inline void
put_beginning(trace_writer *w)
{
    writer_name(w, GBX_NAME_META, 0, "begin=interpreter", 17);
}

#endif
