/* The fields of the events of what several share: the lock (class gil), a thread between its tasks (class
   aio), memory between its exporter and its readers (class buf).  Part of glassbox_fields.h, which includes it
   and says what a row is; to be included by nobody else. */

#ifndef GLASSBOX_FIELDS_SHARED_H
#define GLASSBOX_FIELDS_SHARED_H

#define GBX_GIL_FIELDS(F, EVENT)                                                         \
    F(EVENT, "lock", gbx_gil, lock, INTERP, 0)                                           \
    F(EVENT, "interp", gbx_gil, interp, INTERP, 0)

#define GBX_PIN_FIELDS(F, EVENT)                                                         \
    F(EVENT, "object", gbx_buf_pin, object, ADDRESS, 0)                                  \
    F(EVENT, "type", gbx_buf_pin, type, TYPE, 0)                                         \
    F(EVENT, "exports", gbx_buf_pin, exports, UINT, 0)

#define GBX_VIEW_FIELDS(F, EVENT)                                                        \
    F(EVENT, "offset", gbx_buf_view, h.arg, OFFSET, 0)                                   \
    F(EVENT, "code", gbx_buf_view, code, CODE, 0)                                        \
    F(EVENT, "memoryview", gbx_buf_view, view, ADDRESS, 0)                               \
    F(EVENT, "managed", gbx_buf_view, managed, ADDRESS, 0)                               \
    F(EVENT, "view", gbx_buf_view, master, ADDRESS, 0)                                   \
    F(EVENT, "exporter", gbx_buf_view, exporter, ADDRESS, 0)                             \
    F(EVENT, "views", gbx_buf_view, views, UINT, 0)

#define GBX_MEMORY_FIELDS(F, EVENT)                                                      \
    F(EVENT, "offset", gbx_buf_memory, h.arg, OFFSET, 0)                                 \
    F(EVENT, "code", gbx_buf_memory, code, CODE, 0)                                      \
    F(EVENT, "domain", gbx_buf_memory, domain, UINT, 0)                                  \
    F(EVENT, "by", gbx_buf_memory, by, PC, 0)                                            \
    F(EVENT, "address", gbx_buf_memory, address, ADDRESS, 0)

#define GBX_PYTHON_BUFFER_FIELDS(F, EVENT)                                               \
    F(EVENT, "offset", gbx_buf_python, h.arg, OFFSET, 0)                                 \
    F(EVENT, "code", gbx_buf_python, code, CODE, 0)                                      \
    F(EVENT, "object", gbx_buf_python, object, ADDRESS, 0)                               \
    F(EVENT, "type", gbx_buf_python, type, TYPE, 0)                                      \
    F(EVENT, "memoryview", gbx_buf_python, view, ADDRESS, 0)

#define GBX_ACQUIRE_FIELDS(F, EVENT)                                                     \
    F(EVENT, "lock", gbx_gil_acquire, lock, INTERP, 0)                                   \
    F(EVENT, "interp", gbx_gil_acquire, interp, INTERP, 0)                               \
    F(EVENT, "from", gbx_gil_acquire, from, THREAD, 0)                                   \
    F(EVENT, "state", gbx_gil_acquire, state, FRAME, 0)                                  \
    F(EVENT, "switches", gbx_gil_acquire, switches, UINT, 0)                             \
    F(EVENT, "wait", gbx_gil_acquire, wait, TICKS, 0)

#define GBX_SWITCH_FIELDS(F, EVENT)                                                      \
    F(EVENT, "lock", gbx_gil_switch, lock, INTERP, 0)                                    \
    F(EVENT, "name", gbx_gil_switch, name, STRING, 0)                                    \
    F(EVENT, "requests", gbx_gil_switch, requests, UINT, 0)

#define GBX_SECTION_FIELDS(F, EVENT)                                                     \
    F(EVENT, "offset", gbx_section, h.arg, OFFSET, 0)                                    \
    F(EVENT, "code", gbx_section, code, CODE, 0)                                         \
    F(EVENT, "mutexes", gbx_section, mutexes, UINT, 0)                                   \
    F(EVENT, "address", gbx_section, address, ADDRESS, 0)

#define GBX_AIO_STEP_FIELDS(F, EVENT)                                                    \
    F(EVENT, "offset", gbx_aio_step, h.arg, OFFSET, 0)                                   \
    F(EVENT, "code", gbx_aio_step, code, CODE, 0)                                        \
    F(EVENT, "type", gbx_aio_step, type, TYPE, 0)                                        \
    F(EVENT, "task", gbx_aio_step, task, ADDRESS, 0)

#define GBX_AIO_SCHEDULE_FIELDS(F, EVENT)                                                \
    F(EVENT, "how", gbx_aio_schedule, h.flags, ENUM, GBX_ENUM_AIO_SOON)                  \
    F(EVENT, "offset", gbx_aio_schedule, h.arg, OFFSET, 0)                               \
    F(EVENT, "code", gbx_aio_schedule, code, CODE, 0)                                    \
    F(EVENT, "callback", gbx_aio_schedule, callback, CODE, 0)                            \
    F(EVENT, "type", gbx_aio_schedule, type, TYPE, 0)                                    \
    F(EVENT, "handle", gbx_aio_schedule, handle, ADDRESS, 0)                             \
    F(EVENT, "task", gbx_aio_schedule, task, ADDRESS, 0)

#define GBX_AIO_ITERATION_FIELDS(F, EVENT)                                               \
    F(EVENT, "ready", gbx_aio_iteration, ready, UINT, 0)                                 \
    F(EVENT, "timers", gbx_aio_iteration, timers, UINT, 0)                               \
    F(EVENT, "loop", gbx_aio_iteration, loop, ADDRESS, 0)

#define GBX_FIELDS_GIL(F)                                                                \
    GBX_GIL_FIELDS(F, GIL_CREATE)                                                        \
    F(GIL_CREATE, "own", gbx_gil, h.flags, UINT, 0)                                      \
    F(GIL_CREATE, "enabled", gbx_gil, h.arg, UINT, 0)                                    \
    GBX_GIL_FIELDS(F, GIL_DESTROY)                                                       \
    GBX_GIL_FIELDS(F, GIL_REQUEST)                                                       \
    F(GIL_TIMEOUT, "lock", gbx_gil_timeout, lock, INTERP, 0)                             \
    F(GIL_TIMEOUT, "interval_us", gbx_gil_timeout, interval_us, UINT, 0)                 \
    F(GIL_TIMEOUT, "asks", gbx_gil_timeout, h.flags, UINT, 0)                            \
    F(GIL_DROP_REQUEST, "lock", gbx_gil_drop, lock, INTERP, 0)                           \
    F(GIL_DROP_REQUEST, "holder", gbx_gil_drop, holder, THREAD, 0)                       \
    F(GIL_DROP_REQUEST, "already", gbx_gil_drop, h.flags, UINT, 0)                       \
    F(GIL_BREAKER, "bits", gbx_gil_breaker, h.flags, BITS, GBX_ENUM_BREAKER)             \
    F(GIL_BREAKER, "offset", gbx_gil_breaker, h.arg, OFFSET, 0)                          \
    F(GIL_BREAKER, "code", gbx_gil_breaker, code, CODE, 0)                               \
    F(GIL_BREAKER, "interp", gbx_gil_breaker, interp, INTERP, 0)                         \
    F(GIL_RELEASE, "why", gbx_gil_release, h.flags, ENUM, GBX_ENUM_RELEASE)              \
    F(GIL_RELEASE, "offset", gbx_gil_release, h.arg, OFFSET, 0)                          \
    F(GIL_RELEASE, "lock", gbx_gil_release, lock, INTERP, 0)                             \
    F(GIL_RELEASE, "interp", gbx_gil_release, interp, INTERP, 0)                         \
    F(GIL_RELEASE, "code", gbx_gil_release, code, CODE, 0)                               \
    F(GIL_RELEASE, "state", gbx_gil_release, state, FRAME, 0)                            \
    F(GIL_RELEASE, "bits", gbx_gil_release, bits, BITS, GBX_ENUM_BREAKER)                \
    F(GIL_RELEASE, "by", gbx_gil_release, by, PC, 0)                                     \
    GBX_ACQUIRE_FIELDS(F, GIL_ACQUIRE)                                                   \
    GBX_ACQUIRE_FIELDS(F, GIL_HELD)                                                      \
    F(GIL_FORCED, "lock", gbx_gil_wait, lock, INTERP, 0)                                 \
    F(GIL_FORCED, "interp", gbx_gil_wait, interp, INTERP, 0)                             \
    F(GIL_FORCED, "wait", gbx_gil_wait, wait, TICKS, 0)                                  \
    F(GIL_GIVE_UP, "why", gbx_gil_wait, h.flags, ENUM, GBX_ENUM_GIVE_UP)                 \
    F(GIL_GIVE_UP, "lock", gbx_gil_wait, lock, INTERP, 0)                                \
    F(GIL_GIVE_UP, "interp", gbx_gil_wait, interp, INTERP, 0)                            \
    F(GIL_GIVE_UP, "wait", gbx_gil_wait, wait, TICKS, 0)                                 \
    F(GIL_ENABLE, "how", gbx_gil_switch, h.flags, ENUM, GBX_ENUM_ENABLE)                 \
    GBX_SWITCH_FIELDS(F, GIL_ENABLE)                                                     \
    GBX_SWITCH_FIELDS(F, GIL_DISABLE)                                                    \
    F(ATTACH, "interp", gbx_attach, interp, INTERP, 0)                                   \
    F(ATTACH, "state", gbx_attach, state, FRAME, 0)                                      \
    F(ATTACH, "wait", gbx_attach, wait, TICKS, 0)                                        \
    F(DETACH, "why", gbx_detach, h.flags, ENUM, GBX_ENUM_RELEASE)                        \
    F(DETACH, "offset", gbx_detach, h.arg, OFFSET, 0)                                    \
    F(DETACH, "interp", gbx_detach, interp, INTERP, 0)                                   \
    F(DETACH, "code", gbx_detach, code, CODE, 0)                                         \
    F(DETACH, "by", gbx_detach, by, PC, 0)                                               \
    GBX_SECTION_FIELDS(F, SECTION_CONTENDED)                                             \
    F(SECTION_CONTENDED, "by", gbx_section, by, PC, 0)                                   \
    GBX_SECTION_FIELDS(F, SECTION_BEGIN)                                                 \
    GBX_SECTION_FIELDS(F, SECTION_SUSPEND)                                               \
    GBX_SECTION_FIELDS(F, SECTION_RESUME)                                                \
    F(PARK, "on", gbx_park, h.flags, ENUM, GBX_ENUM_PARK)                                \
    F(PARK, "address", gbx_park, address, ADDRESS, 0)                                    \
    F(PARK, "by", gbx_park, value, PC, 0)                                                \
    F(WAKE, "how", gbx_park, h.flags, ENUM, GBX_ENUM_WAKE)                               \
    F(WAKE, "address", gbx_park, address, ADDRESS, 0)                                    \
    F(WAKE, "on", gbx_park, value, ENUM, GBX_ENUM_PARK)                                  \
    F(UNPARK, "on", gbx_park, h.flags, ENUM, GBX_ENUM_PARK)                              \
    F(UNPARK, "address", gbx_park, address, ADDRESS, 0)                                  \
    F(UNPARK, "threads", gbx_park, value, UINT, 0)

#define GBX_FIELDS_AIO(F)                                                                \
    F(AIO_LOOP, "runs", gbx_aio_loop, h.flags, UINT, 0)                                  \
    F(AIO_LOOP, "type", gbx_aio_loop, type, TYPE, 0)                                     \
    F(AIO_LOOP, "loop", gbx_aio_loop, loop, ADDRESS, 0)                                  \
    F(AIO_TASK_NEW, "impl", gbx_aio_task, h.flags, ENUM, GBX_ENUM_AIO_IMPL)              \
    F(AIO_TASK_NEW, "offset", gbx_aio_task, h.arg, OFFSET, 0)                            \
    F(AIO_TASK_NEW, "code", gbx_aio_task, code, CODE, 0)                                 \
    F(AIO_TASK_NEW, "name", gbx_aio_task, name, STRING, 0)                               \
    F(AIO_TASK_NEW, "number", gbx_aio_task, number, UINT, 0)                             \
    F(AIO_TASK_NEW, "coro", gbx_aio_task, coro, CODE, 0)                                 \
    F(AIO_TASK_NEW, "type", gbx_aio_task, type, TYPE, 0)                                 \
    F(AIO_TASK_NEW, "task", gbx_aio_task, task, ADDRESS, 0)                              \
    F(AIO_TASK_NEW, "loop", gbx_aio_task, loop, ADDRESS, 0)                              \
    F(AIO_FUTURE_NEW, "impl", gbx_aio_future, h.flags, ENUM, GBX_ENUM_AIO_IMPL)          \
    F(AIO_FUTURE_NEW, "offset", gbx_aio_future, h.arg, OFFSET, 0)                        \
    F(AIO_FUTURE_NEW, "code", gbx_aio_future, code, CODE, 0)                             \
    F(AIO_FUTURE_NEW, "type", gbx_aio_future, type, TYPE, 0)                             \
    F(AIO_FUTURE_NEW, "future", gbx_aio_future, future, ADDRESS, 0)                      \
    F(AIO_FUTURE_NEW, "loop", gbx_aio_future, loop, ADDRESS, 0)                          \
    F(AIO_STEP_BEGIN, "sent", gbx_aio_step, h.flags, ENUM, GBX_ENUM_AIO_SENT)            \
    GBX_AIO_STEP_FIELDS(F, AIO_STEP_BEGIN)                                               \
    F(AIO_STEP_BEGIN, "by", gbx_aio_step, other, ADDRESS, 0)                             \
    F(AIO_STEP_END, "how", gbx_aio_step, h.flags, ENUM, GBX_ENUM_AIO_STEP)               \
    GBX_AIO_STEP_FIELDS(F, AIO_STEP_END)                                                 \
    F(AIO_STEP_END, "awaits", gbx_aio_step, other, ADDRESS, 0)                           \
    F(AIO_CANCEL, "what", gbx_aio_cancel, h.flags, ENUM, GBX_ENUM_AIO_CANCEL)            \
    F(AIO_CANCEL, "offset", gbx_aio_cancel, h.arg, OFFSET, 0)                            \
    F(AIO_CANCEL, "code", gbx_aio_cancel, code, CODE, 0)                                 \
    F(AIO_CANCEL, "requests", gbx_aio_cancel, requests, UINT, 0)                         \
    F(AIO_CANCEL, "task", gbx_aio_cancel, task, ADDRESS, 0)                              \
    F(AIO_CANCEL, "awaits", gbx_aio_cancel, awaits, ADDRESS, 0)                          \
    F(AIO_DELIVERED, "why", gbx_aio_delivery, h.flags, ENUM, GBX_ENUM_AIO_DELIVERY)      \
    F(AIO_DELIVERED, "requests", gbx_aio_delivery, requests, UINT, 0)                    \
    F(AIO_DELIVERED, "task", gbx_aio_delivery, task, ADDRESS, 0)                         \
    F(AIO_UNCANCEL, "offset", gbx_aio_uncancel, h.arg, OFFSET, 0)                        \
    F(AIO_UNCANCEL, "code", gbx_aio_uncancel, code, CODE, 0)                             \
    F(AIO_UNCANCEL, "requests", gbx_aio_uncancel, requests, UINT, 0)                     \
    F(AIO_UNCANCEL, "task", gbx_aio_uncancel, task, ADDRESS, 0)                          \
    F(AIO_DONE, "state", gbx_aio_done, h.flags, ENUM, GBX_ENUM_AIO_STATE)                \
    F(AIO_DONE, "offset", gbx_aio_done, h.arg, OFFSET, 0)                                \
    F(AIO_DONE, "code", gbx_aio_done, code, CODE, 0)                                     \
    F(AIO_DONE, "type", gbx_aio_done, type, TYPE, 0)                                     \
    F(AIO_DONE, "is_task", gbx_aio_done, is_task, UINT, 0)                               \
    F(AIO_DONE, "callbacks", gbx_aio_done, callbacks, UINT, 0)                           \
    F(AIO_DONE, "future", gbx_aio_done, future, ADDRESS, 0)                              \
    F(AIO_WAKEUP, "task", gbx_aio_wakeup, task, ADDRESS, 0)                              \
    F(AIO_WAKEUP, "future", gbx_aio_wakeup, future, ADDRESS, 0)                          \
    F(AIO_CALLBACK, "callback", gbx_aio_callback, callback, CODE, 0)                     \
    F(AIO_CALLBACK, "type", gbx_aio_callback, type, TYPE, 0)                             \
    F(AIO_CALLBACK, "address", gbx_aio_callback, address, ADDRESS, 0)                    \
    F(AIO_CALLBACK, "future", gbx_aio_callback, future, ADDRESS, 0)                      \
    F(AIO_GONE, "pending", gbx_aio_gone, h.flags, UINT, 0)                               \
    F(AIO_GONE, "future", gbx_aio_gone, future, ADDRESS, 0)                              \
    GBX_AIO_SCHEDULE_FIELDS(F, AIO_CALL_SOON)                                            \
    F(AIO_CALL_SOON, "ready", gbx_aio_schedule, ready, UINT, 0)                          \
    GBX_AIO_SCHEDULE_FIELDS(F, AIO_CALL_AT)                                              \
    F(AIO_CALL_AT, "timers", gbx_aio_schedule, ready, UINT, 0)                           \
    F(AIO_CALL_AT, "when", gbx_aio_schedule, when, INT, 0)                               \
    F(AIO_READY, "ready", gbx_aio_ready, ready, UINT, 0)                                 \
    F(AIO_READY, "handle", gbx_aio_ready, handle, ADDRESS, 0)                            \
    F(AIO_RUN_BEGIN, "callback", gbx_aio_run, callback, CODE, 0)                         \
    F(AIO_RUN_BEGIN, "type", gbx_aio_run, type, TYPE, 0)                                 \
    F(AIO_RUN_BEGIN, "handle", gbx_aio_run, handle, ADDRESS, 0)                          \
    F(AIO_RUN_BEGIN, "task", gbx_aio_run, task, ADDRESS, 0)                              \
    F(AIO_RUN_END, "ok", gbx_aio_run_end, h.flags, UINT, 0)                              \
    F(AIO_RUN_END, "handle", gbx_aio_run_end, handle, ADDRESS, 0)                        \
    F(AIO_HANDLE_CANCEL, "offset", gbx_aio_handle, h.arg, OFFSET, 0)                     \
    F(AIO_HANDLE_CANCEL, "code", gbx_aio_handle, code, CODE, 0)                          \
    F(AIO_HANDLE_CANCEL, "handle", gbx_aio_handle, handle, ADDRESS, 0)                   \
    GBX_AIO_ITERATION_FIELDS(F, AIO_ITERATION_BEGIN)                                     \
    GBX_AIO_ITERATION_FIELDS(F, AIO_ITERATION_END)                                       \
    F(AIO_SELECT, "by", gbx_aio_select, h.flags, ENUM, GBX_ENUM_AIO_SELECT)              \
    F(AIO_SELECT, "events", gbx_aio_select, events, INT, 0)                              \
    F(AIO_SELECT, "timeout", gbx_aio_select, timeout, INT, 0)                            \
    F(AIO_SELECT, "wait", gbx_aio_select, wait, TICKS, 0)

#define GBX_FIELDS_BUF(F)                                                                \
    F(BUF_GET, "state", gbx_buf_get, h.flags, BITS, GBX_ENUM_BUFFER)                     \
    F(BUF_GET, "offset", gbx_buf_get, h.arg, OFFSET, 0)                                  \
    F(BUF_GET, "code", gbx_buf_get, code, CODE, 0)                                       \
    F(BUF_GET, "asked", gbx_buf_get, asked, BITS, GBX_ENUM_ASKED)                        \
    F(BUF_GET, "how", gbx_buf_get, how, ENUM, GBX_ENUM_GET)                              \
    F(BUF_GET, "ndim", gbx_buf_get, ndim, UINT, 0)                                       \
    F(BUF_GET, "by", gbx_buf_get, by, PC, 0)                                             \
    F(BUF_GET, "view", gbx_buf_get, view, ADDRESS, 0)                                    \
    F(BUF_GET, "object", gbx_buf_get, object, ADDRESS, 0)                                \
    F(BUF_GET, "type", gbx_buf_get, type, TYPE, 0)                                       \
    F(BUF_GET, "exporter", gbx_buf_get, exporter, ADDRESS, 0)                            \
    F(BUF_GET, "exporter_type", gbx_buf_get, exporter_type, TYPE, 0)                     \
    F(BUF_GET, "counter", gbx_buf_get, counter, ADDRESS, 0)                              \
    F(BUF_GET, "exports", gbx_buf_get, exports, UINT, 0)                                 \
    F(BUF_GET, "format", gbx_buf_get, format, STRING, 0)                                 \
    F(BUF_GET, "address", gbx_buf_get, address, ADDRESS, 0)                              \
    F(BUF_GET, "length", gbx_buf_get, length, BYTES, 0)                                  \
    F(BUF_GET, "itemsize", gbx_buf_get, itemsize, BYTES, 0)                              \
    F(BUF_RELEASE, "how", gbx_buf_release, h.flags, ENUM, GBX_ENUM_GET)                  \
    F(BUF_RELEASE, "offset", gbx_buf_release, h.arg, OFFSET, 0)                          \
    F(BUF_RELEASE, "code", gbx_buf_release, code, CODE, 0)                               \
    F(BUF_RELEASE, "by", gbx_buf_release, by, PC, 0)                                     \
    F(BUF_RELEASE, "view", gbx_buf_release, view, ADDRESS, 0)                            \
    F(BUF_RELEASE, "exporter", gbx_buf_release, exporter, ADDRESS, 0)                    \
    F(BUF_RELEASE, "exporter_type", gbx_buf_release, exporter_type, TYPE, 0)             \
    F(BUF_RELEASE, "counter", gbx_buf_release, counter, ADDRESS, 0)                      \
    F(BUF_RELEASE, "exports", gbx_buf_release, exports, UINT, 0)                         \
    F(BUF_RELEASE, "address", gbx_buf_release, address, ADDRESS, 0)                      \
    F(BUF_REFUSED, "how", gbx_buf_refused, h.flags, ENUM, GBX_ENUM_GET)                  \
    F(BUF_REFUSED, "offset", gbx_buf_refused, h.arg, OFFSET, 0)                          \
    F(BUF_REFUSED, "code", gbx_buf_refused, code, CODE, 0)                               \
    F(BUF_REFUSED, "asked", gbx_buf_refused, asked, BITS, GBX_ENUM_ASKED)                \
    F(BUF_REFUSED, "by", gbx_buf_refused, by, PC, 0)                                     \
    F(BUF_REFUSED, "object", gbx_buf_refused, object, ADDRESS, 0)                        \
    F(BUF_REFUSED, "type", gbx_buf_refused, type, TYPE, 0)                               \
    F(BUF_REFUSED, "exception", gbx_buf_refused, exception, TYPE, 0)                     \
    F(BUF_REFUSED, "reason", gbx_buf_refused, reason, STRING, 0)                         \
    F(BUF_AXIS, "axis", gbx_buf_axis, h.arg, UINT, 0)                                    \
    F(BUF_AXIS, "extent", gbx_buf_axis, extent, INT, 0)                                  \
    F(BUF_AXIS, "stride", gbx_buf_axis, stride, INT, 0)                                  \
    F(BUF_AXIS, "suboffset", gbx_buf_axis, suboffset, INT, 0)                            \
    F(BUF_ERROR, "what", gbx_buf_error, h.flags, ENUM, GBX_ENUM_IN_USE)                  \
    F(BUF_ERROR, "offset", gbx_buf_error, h.arg, OFFSET, 0)                              \
    F(BUF_ERROR, "code", gbx_buf_error, code, CODE, 0)                                   \
    F(BUF_ERROR, "by", gbx_buf_error, by, PC, 0)                                         \
    F(BUF_ERROR, "object", gbx_buf_error, object, ADDRESS, 0)                            \
    F(BUF_ERROR, "type", gbx_buf_error, type, TYPE, 0)                                   \
    F(BUF_ERROR, "exports", gbx_buf_error, exports, UINT, 0)                             \
    GBX_PIN_FIELDS(F, BUF_PIN)                                                           \
    GBX_PIN_FIELDS(F, BUF_UNPIN)                                                         \
    GBX_VIEW_FIELDS(F, VIEW_NEW)                                                         \
    GBX_VIEW_FIELDS(F, VIEW_RELEASE)                                                     \
    F(VIEW_LAYOUT, "state", gbx_buf_layout, h.flags, BITS, GBX_ENUM_BUFFER)              \
    F(VIEW_LAYOUT, "offset", gbx_buf_layout, h.arg, OFFSET, 0)                           \
    F(VIEW_LAYOUT, "code", gbx_buf_layout, code, CODE, 0)                                \
    F(VIEW_LAYOUT, "how", gbx_buf_layout, how, ENUM, GBX_ENUM_VIEW)                      \
    F(VIEW_LAYOUT, "ndim", gbx_buf_layout, ndim, UINT, 0)                                \
    F(VIEW_LAYOUT, "memoryview", gbx_buf_layout, view, ADDRESS, 0)                       \
    F(VIEW_LAYOUT, "base", gbx_buf_layout, base, ADDRESS, 0)                             \
    F(VIEW_LAYOUT, "format", gbx_buf_layout, format, STRING, 0)                          \
    F(VIEW_LAYOUT, "address", gbx_buf_layout, address, ADDRESS, 0)                       \
    F(VIEW_LAYOUT, "length", gbx_buf_layout, length, BYTES, 0)                           \
    F(VIEW_LAYOUT, "itemsize", gbx_buf_layout, itemsize, BYTES, 0)                       \
    GBX_PYTHON_BUFFER_FIELDS(F, BUF_PYTHON_GET)                                          \
    GBX_PYTHON_BUFFER_FIELDS(F, BUF_PYTHON_RELEASE)                                      \
    GBX_MEMORY_FIELDS(F, MEMORY_NEW)                                                     \
    F(MEMORY_NEW, "size", gbx_buf_memory, size, BYTES, 0)                                \
    GBX_MEMORY_FIELDS(F, MEMORY_FREE)

#endif /* GLASSBOX_FIELDS_SHARED_H */
