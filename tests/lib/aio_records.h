/* Records of class aio for tests, in microseconds since a trace's start.  It must not hold a test. */

#ifndef AIO_RECORDS_H
#define AIO_RECORDS_H

#include "trace_writer.h"

#define PUT(w, thread, ...) writer_record(w, thread, &(__VA_ARGS__), sizeof(__VA_ARGS__))
#define LOOP  UINT64_C(0x5000)

static inline void
put_loop(trace_writer *w, uint64_t us, uint32_t thread, uint64_t loop)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_loop){ .h = { .event = GBX_EV_AIO_LOOP, .flags = loop != 0 }, .loop = loop });
}

static inline void
put_task(trace_writer *w, uint64_t us, uint32_t thread, uint64_t task, uint32_t number)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_task){ .h = { .event = GBX_EV_AIO_TASK_NEW, .arg = 1 }, .task = task, .loop = LOOP,
                                   .number = number, .coro = 2, .code = 2 });
}

static inline void
put_begin(trace_writer *w, uint64_t us, uint32_t thread, uint64_t task, uint8_t sent, uint64_t by)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_step){ .h = { .event = GBX_EV_AIO_STEP_BEGIN, .flags = sent, .arg = 1 }, .task = task,
                                   .other = by, .code = 2 });
}

static inline void
put_end(trace_writer *w, uint64_t us, uint32_t thread, uint64_t task, uint8_t how, uint64_t awaits)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_step){ .h = { .event = GBX_EV_AIO_STEP_END, .flags = how, .arg = 1 }, .task = task,
                                   .other = awaits, .code = 2 });
}

static inline void
put_done(trace_writer *w, uint64_t us, uint32_t thread, uint64_t future, uint8_t state)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_done){ .h = { .event = GBX_EV_AIO_DONE, .flags = state }, .future = future });
}

static inline void
put_wakeup(trace_writer *w, uint64_t us, uint32_t thread, uint64_t task, uint64_t future)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_wakeup){ .h = { .event = GBX_EV_AIO_WAKEUP }, .task = task, .future = future });
}

static inline void
put_soon(trace_writer *w, uint64_t us, uint32_t thread, uint64_t handle, uint64_t task, uint32_t ready)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_schedule){ .h = { .event = GBX_EV_AIO_CALL_SOON }, .handle = handle, .task = task,
                                       .ready = ready });
}

static inline void
put_run(trace_writer *w, uint64_t us, uint32_t thread, uint64_t handle, uint64_t task)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_run){ .h = { .event = GBX_EV_AIO_RUN_BEGIN }, .handle = handle, .task = task });
}

static inline void
put_ran(trace_writer *w, uint64_t us, uint32_t thread, uint64_t handle)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_run_end){ .h = { .event = GBX_EV_AIO_RUN_END, .flags = 1 }, .handle = handle });
}

static inline void
put_round(trace_writer *w, uint64_t us, uint32_t thread, uint8_t event, uint32_t ready)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_iteration){ .h = { .event = event }, .loop = LOOP, .ready = ready });
}

static inline void
put_select(trace_writer *w, uint64_t us, uint32_t thread, uint64_t waited_us, int32_t events)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_select){ .h = { .event = GBX_EV_AIO_SELECT, .flags = GBX_AIO_SELECT_EPOLL },
                                     .events = events, .timeout = waited_us == 0 ? 0 : -1,
                                     .wait = waited_us * 1000 });
}

static inline void
put_gone(trace_writer *w, uint64_t us, uint32_t thread, uint64_t future)
{
    writer_clock(w, WRITER_START + us * 1000);
    PUT(w, thread, (gbx_aio_gone){ .h = { .event = GBX_EV_AIO_GONE }, .future = future });
}

#endif
