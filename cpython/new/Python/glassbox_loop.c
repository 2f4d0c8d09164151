/* Glassbox loop: what is recorded of asyncio's loops: handles, iterations, and the wait for I/O.

   The loop is Python (Lib/asyncio/base_events.py), so all but the wait comes from glassbox_roles.c.  The wait
   is a hook in Modules/selectmodule.c, which programs call for other reasons, too: only what an iteration
   does before it runs its handles is the loop's. */

#include "Python.h"
#include "pycore_glassbox_aio.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

/* ------------------------------------------------------------------ handles */

/* aio.call_soon and aio.call_at; `waiting`: how many there are now. */
void
_PyGlassbox_AioSchedule(int event, int how, const _PyGlassbox_handle *handle, uint32_t waiting)
{
    uint32_t dt;
    uint16_t offset;
    uint32_t code = _PyGlassbox_AioCaller(&offset);
    double when = handle->when != NULL && PyFloat_CheckExact(handle->when) ? PyFloat_AS_DOUBLE(handle->when) : 0;
    gbx_aio_schedule *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_aio_schedule){
        .code = code, .callback = _PyGlassbox_AioCallbackCode(handle->callback), .type = gbx_type_of(handle->callback),
        .ready = waiting, .handle = gbx_address(handle->self), .task = gbx_address(_PyGlassbox_AioCallbackTask(handle->callback)),
        .when = when > -9e9 && when < 9e9 ? (int64_t)(when * 1e9) : 0,
    };
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), (uint8_t)event, (uint8_t)how, offset, dt);
    }
}

void
_PyGlassbox_AioReady(PyObject *handle, uint32_t ready)
{
    uint32_t dt;
    gbx_aio_ready *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        *record = (gbx_aio_ready){ .ready = ready, .handle = gbx_address(handle) };
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_READY, 0, 0, dt);
    }
}

void
_PyGlassbox_AioRunBegin(const _PyGlassbox_handle *handle)
{
    uint32_t dt;
    gbx_aio_run *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_aio_run){
        .callback = _PyGlassbox_AioCallbackCode(handle->callback), .type = gbx_type_of(handle->callback),
        .handle = gbx_address(handle->self), .task = gbx_address(_PyGlassbox_AioCallbackTask(handle->callback)),
    };
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_RUN_BEGIN, 0, 0, dt);
    }
}

void
_PyGlassbox_AioRunEnd(PyObject *handle, bool ok)
{
    uint32_t dt;
    gbx_aio_run_end *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->handle = gbx_address(handle);
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_RUN_END, ok, 0, dt);
    }
}

void
_PyGlassbox_AioHandleCancel(PyObject *handle)
{
    uint32_t dt;
    uint16_t offset;
    uint32_t code = _PyGlassbox_AioCaller(&offset);
    gbx_aio_handle *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        *record = (gbx_aio_handle){ .code = code, .handle = gbx_address(handle) };
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_HANDLE_CANCEL, 0, offset, dt);
    }
}

/* ----------------------------------------------------------------- the loop */

/* Loops of one thread may nest, where somebody has seen to it that they can. */
void
_PyGlassbox_AioIteration(bool begins, PyObject *loop, uint32_t ready, uint32_t timers)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    uint32_t dt;
    gbx_aio_iteration *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        *record = (gbx_aio_iteration){ .ready = ready, .timers = timers, .loop = gbx_address(loop) };
        gbx_commit(record, sizeof(*record), begins ? GBX_EV_AIO_ITERATION_BEGIN : GBX_EV_AIO_ITERATION_END,
                   0, 0, dt);
    }
    stream->aio_polls = begins;
    stream->aio_selecting = 0;
}

void
_PyGlassbox_AioSelecting(int64_t timeout)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    if (stream->aio_polls) {
        stream->aio_selecting = gbx_now();
        stream->aio_timeout = timeout;
    }
}

/* The first wait of an iteration is the loop's own: callbacks that wait for something come after it. */
void
_PyGlassbox_AioSelected(int by, int events)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    uint32_t dt;
    if (!stream->aio_polls) {
        return;
    }
    gbx_aio_select *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        uint64_t now = _PyGlassbox_recorder.clock == GBX_CLOCK_NONE ? 0 : stream->base_ticks + dt;
        uint64_t since = stream->aio_selecting;
        *record = (gbx_aio_select){
            .events = events, .timeout = stream->aio_timeout < 0 ? -1 : stream->aio_timeout,
            .wait = since != 0 && now > since ? now - since : 0,
        };
        gbx_commit(record, sizeof(*record), GBX_EV_AIO_SELECT, (uint8_t)by, 0, dt);
    }
    stream->aio_polls = false;
    stream->aio_selecting = 0;
}

#endif /* Py_GLASSBOX */
