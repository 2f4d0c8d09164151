/* Records of class gil for tests, in microseconds since a trace's start.  It must not hold a test. */

#ifndef GIL_RECORDS_H
#define GIL_RECORDS_H

#include "trace_writer.h"

#define PUT(w, thread, ...) writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))

static inline void
at_us(trace_writer *w, uint64_t us)
{
    writer_clock(w, WRITER_START + us * 1000);
}

static inline void
put_gil(trace_writer *w, uint64_t us, uint32_t thread, uint8_t event, uint32_t lock)
{
    at_us(w, us);
    PUT(w, thread, (gbx_gil){ .h = { .event = event, .flags = event == GBX_EV_GIL_CREATE }, .lock = lock });
}

static inline void
put_acquire(trace_writer *w, uint64_t us, uint32_t thread, uint32_t lock, uint64_t switches,
            uint64_t wait_us)
{
    at_us(w, us);
    PUT(w, thread, (gbx_gil_acquire){ .h = { .event = GBX_EV_GIL_ACQUIRE }, .lock = lock,
        .from = GBX_NO_THREAD, .state = 100 + thread, .switches = switches, .wait = wait_us * 1000 });
}

static inline void
put_release(trace_writer *w, uint64_t us, uint32_t thread, uint32_t lock, uint8_t why)
{
    at_us(w, us);
    PUT(w, thread, (gbx_gil_release){ .h = { .event = GBX_EV_GIL_RELEASE, .flags = why, .arg = 1 },
        .lock = lock, .state = why == GBX_RELEASE_EXIT ? 0 : 100 + thread, .by = 0x1000 + why });
}

static inline void
put_wait(trace_writer *w, uint64_t us, uint32_t thread, uint8_t event, uint32_t lock, uint64_t wait_us)
{
    at_us(w, us);
    PUT(w, thread, (gbx_gil_wait){ .h = { .event = event }, .lock = lock, .wait = wait_us * 1000 });
}

/* A turn of a thread: asks at `us`, has it from `from` to `to`. */
static inline void
put_turn(trace_writer *w, uint32_t thread, uint64_t us, uint64_t from, uint64_t to, uint64_t switches)
{
    put_gil(w, us, thread, GBX_EV_GIL_REQUEST, 0);
    put_acquire(w, from, thread, 0, switches, from - us);
    put_release(w, to, thread, 0, GBX_RELEASE_BLOCKING);
}

#endif
