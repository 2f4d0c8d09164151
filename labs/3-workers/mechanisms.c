/* Lab 3: do the events that a learner cites show the mechanism that they name?

   What is wrong about a mechanism is said in terms of the events that would show it. */

#include "workers.h"

#include "finding.h"

#include <stdio.h>
#include <string.h>

#define USUAL_US  5000u

static bool
no(char *why, size_t size, const char *text)
{
    snprintf(why, size, "%s", text);
    return false;
}

/* The cited event of this kind and thread that comes first after `from`; GBX_NO_EVENT. */
static size_t
cited(const gbx_lab_look *look, const size_t *events, size_t count, uint8_t event, size_t from, uint32_t stream)
{
    const gbx_trace *trace = look->look->trace;
    size_t best = GBX_NO_EVENT;
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(trace, events[i]) == event && events[i] > from && events[i] < best
            && gbx_trace_where(trace, events[i]).stream == stream) {
            best = events[i];
        }
    }
    return best;
}

/* A request, its time-out, and the acquisition, of one thread. */
bool
gbx_workers_patience(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(look->look->trace, events[i]) != GBX_EV_GIL_REQUEST) {
            continue;
        }
        uint32_t stream = gbx_trace_where(look->look->trace, events[i]).stream;
        size_t timeout = cited(look, events, count, GBX_EV_GIL_TIMEOUT, events[i], stream);
        size_t acquire =
            timeout == GBX_NO_EVENT ? timeout : cited(look, events, count, GBX_EV_GIL_ACQUIRE, timeout, stream);
        if (acquire != GBX_NO_EVENT) {
            return true;
        }
    }
    return no(why, size, "a gil.request, the gil.timeout after it and the gil.acquire, of one thread, would show it");
}

/* Who computes would have to let go without having been asked. */
bool
gbx_workers_time_slice(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    (void)look;
    (void)events;
    (void)count;
    return no(why, size, "no event ends a slice: the gil.timeout is of the one who waits, and the holder lets go when asked");
}

bool
gbx_workers_busy_machine(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    (void)look;
    (void)events;
    (void)count;
    return no(why, size, "the events are of a lock that somebody else holds, and of no processor");
}

/* The lock of an event of class gil, told apart over processes; 0: it has none. */
static uint64_t
lock_of(const gbx_lab_look *look, size_t at)
{
    const gbx_trace *trace = look->look->trace;
    const void *record = gbx_trace_record(trace, at);
    uint64_t process = (uint64_t)gbx_trace_where(trace, at).process + 1;
    switch (gbx_trace_event(trace, at)) {
    case GBX_EV_GIL_REQUEST:
        return process << 32 | ((const gbx_gil *)record)->lock;
    case GBX_EV_GIL_ACQUIRE:
        return process << 32 | ((const gbx_gil_acquire *)record)->lock;
    case GBX_EV_GIL_RELEASE:
        return process << 32 | ((const gbx_gil_release *)record)->lock;
    default:
        return 0;
    }
}

bool
gbx_workers_own_lock(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    uint64_t first = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t lock = lock_of(look, events[i]);
        if (first != 0 && lock != 0 && lock != first) {
            return true;
        }
        first = first == 0 ? lock : first;
    }
    return no(why, size, "a gil.acquire of the one who talks and one of a worker would show two locks");
}

bool
gbx_workers_short_interval(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    gbx_workers_window talk;
    const gbx_trace *trace = look->look->trace;
    gbx_finding *aside = gbx_finding_new();
    bool shown = false, known = aside != NULL && gbx_workers_window_find(look, aside, "talk", &talk);
    gbx_finding_free(aside);
    for (size_t i = 0; known && i < count; i++) {
        shown |= gbx_trace_event(trace, events[i]) == GBX_EV_GIL_TIMEOUT && events[i] > talk.part.begin
                 && events[i] < talk.part.end
                 && ((const gbx_gil_timeout *)(const void *)gbx_trace_record(trace, events[i]))->interval_us < USUAL_US;
    }
    return shown ? true : no(why, size, "no gil.timeout of a shorter interval lies in the part \"talk\"");
}

/* A worker lets go in the middle of crunching. */
bool
gbx_workers_lets_go(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    const gbx_trace *trace = look->look->trace;
    for (size_t i = 0; i < count; i++) {
        if (gbx_trace_event(trace, events[i]) == GBX_EV_GIL_RELEASE) {
            const gbx_gil_release *release = (const gbx_gil_release *)(const void *)gbx_trace_record(trace, events[i]);
            if (release->h.flags == GBX_RELEASE_BLOCKING
                && gbx_workers_is_load(look, gbx_trace_where(trace, events[i]).process, release->code, "piece")) {
                return true;
            }
        }
    }
    return no(why, size, "no gil.release of a worker inside piece() is a blocking one");
}
