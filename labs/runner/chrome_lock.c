/* The lock in Chrome's Trace Event Format: a track of its own, waits, hand-offs; see chrome.h. */

#include "chrome_internal.h"
#include "gil_json.h"            // gbx_gil_function()
#include "show.h"

#include <inttypes.h>
#include <string.h>

/* ------------------------------------------------------------------ its track */

/* Small, for viewers put the tracks of a process in the order of their ids: the locks come first.  Where a
   thread has that id itself (the first processes of a container), one that no thread can have. */
static json_int_t
lock_tid(const gbx_chrome_writer *w, uint32_t process, uint32_t lock)
{
    json_int_t tid = (json_int_t)lock + 1;
    for (uint32_t s = 0; s < gbx_trace_stream_count(w->trace); s++) {
        if (gbx_trace_stream(w->trace, s)->process == process && gbx_chrome_tid(w, s) == tid) {
            return (json_int_t)GBX_CHROME_LOCK_TRACK + lock;
        }
    }
    return tid;
}

/* The lock of a span, its track named when it is first met.  NULL: there are too many. */
static gbx_chrome_lock *
find_lock(gbx_chrome_writer *w, const gbx_span_of_lane *span)
{
    char name[64];
    uint32_t process = gbx_trace_stream(w->trace, span->stream)->process;
    for (size_t i = 0; i < w->lock_count; i++) {
        if (w->locks[i].process == process && w->locks[i].lock == span->lock) {
            return &w->locks[i];
        }
    }
    if (w->lock_count == GBX_CHROME_LOCKS) {
        return NULL;
    }
    gbx_chrome_lock *lock = &w->locks[w->lock_count++];
    *lock = (gbx_chrome_lock){ .process = process, .lock = span->lock };
    lock->tid = lock_tid(w, process, span->lock);
    snprintf(name, sizeof(name), span->lock == 0 ? "lock %" PRIu32 " (main interpreter)"
             : "lock %" PRIu32 " (interpreter %" PRIu32 ")", span->lock, span->lock);
    gbx_chrome_name(w, "thread_name", gbx_chrome_pid(w, span->stream), lock->tid, "name", name);
    gbx_chrome_order(w, gbx_chrome_pid(w, span->stream), lock->tid, span->lock);
    return lock;
}

/* ---------------------------------------------------------------- how it ended */

static void
set_text(json_t *args, const char *prefix, const char *key, const char *value)
{
    char name[32];
    snprintf(name, sizeof(name), "%s%s", prefix, key);
    json_object_set_new(args, name, json_string(value));
}

/* Why, where and in which C function a hold ended, as members PREFIXwhy, PREFIXplace, PREFIXfunction. */
static void
add_release(gbx_chrome_writer *w, json_t *args, const gbx_span_of_lane *span, const char *prefix)
{
    char place[512], function[128];
    uint32_t process = gbx_trace_stream(w->trace, span->stream)->process;
    const char *why = gbx_trace_label(GBX_ENUM_RELEASE, span->why);
    if (!span->let_go) {
        return;
    }
    gbx_show_line(w->trace, process, span->code, span->offset, place, sizeof(place));
    if (why != NULL) {
        set_text(args, prefix, "why", why);
    }
    if (place[0] != '\0') {
        set_text(args, prefix, "place", place);
    }
    if (gbx_gil_function(w->trace, w->symbols, process, span->by, function, sizeof(function))) {
        set_text(args, prefix, "function", function);
    }
}

/* ----------------------------------------------------------------------- holds */

/* The name of the thread that holds it.  Viewers colour slices by their names and overlook digits there:
   'Thread-1' and 'Thread-2' would look like one.  Such names get letters: 'Thread-1 [b]'. */
static void
holder_name(const gbx_chrome_writer *w, uint32_t stream, char *text, size_t size)
{
    char number[64], letters[8];
    const char *name = gbx_chrome_thread(w, stream, number, sizeof(number));
    uint32_t rest = gbx_trace_stream(w->trace, stream)->thread;
    size_t at = sizeof(letters);
    if (strpbrk(name, "0123456789") == NULL) {
        snprintf(text, size, "%s", name);
        return;
    }
    letters[--at] = '\0';
    do {
        letters[--at] = (char)('a' + rest % 26);
        rest /= 26;
    } while (rest-- > 0 && at > 0);
    snprintf(text, size, "%s [%s]", name, &letters[at]);
}

/* An arrow from the wait to the hold that it ended in. */
static void
put_arrow(gbx_chrome_writer *w, const gbx_span_of_lane *span, json_int_t tid, uint64_t asked_ns)
{
    json_t *from = gbx_chrome_point(w, span->stream, "hand-off", "gil", "s", asked_ns);
    json_t *to = gbx_chrome_point(w, span->stream, "hand-off", "gil", "f", span->begin_ns);
    w->flows++;
    json_object_set_new(from, "id", json_integer(w->flows));
    json_object_set_new(to, "id", json_integer(w->flows));
    json_object_set_new(to, "tid", json_integer(tid));
    json_object_set_new(to, "bp", json_string("e"));
    gbx_chrome_put(w, from);
    gbx_chrome_put(w, to);
}

static void
put_hold(gbx_chrome_writer *w, const gbx_span_of_lane *span)
{
    char name[160], number[64];
    uint32_t process = gbx_trace_stream(w->trace, span->stream)->process;
    gbx_chrome_lock *lock = find_lock(w, span);
    gbx_chrome_wait *wait = &w->waits[span->stream];
    if (lock != NULL) {
        holder_name(w, span->stream, name, sizeof(name));
        json_t *event = gbx_chrome_slice(w, span->stream, name, "gil", span->begin_ns, span->end_ns);
        json_t *args = json_pack("{s:s}", "thread", gbx_chrome_thread(w, span->stream, number, sizeof(number)));
        add_release(w, args, span, "");
        json_object_set_new(event, "tid", json_integer(lock->tid));
        json_object_set_new(event, "args", args);
        gbx_chrome_put(w, event);
        if (wait->lock == lock && wait->end_ns == span->begin_ns) {
            put_arrow(w, span, lock->tid, wait->begin_ns);
        }
        lock->last = *span;
        lock->held_before = true;
    }
    wait->lock = NULL;
    if (!w->has_frames[process]) {
        snprintf(name, sizeof(name), "holds lock %" PRIu32, span->lock);
        gbx_chrome_put(w, gbx_chrome_slice(w, span->stream, name, "gil", span->begin_ns, span->end_ns));
    }
}

/* ----------------------------------------------------- waits, and the time outside */

/* From whom a wait got the lock: the last that let go of it meanwhile, if there is one. */
static void
add_hand_off(gbx_chrome_writer *w, json_t *args, const gbx_span_of_lane *span)
{
    char number[64];
    gbx_chrome_wait *wait = &w->waits[span->stream];
    wait->lock = NULL;
    const gbx_chrome_lock *lock = !w->taking || span->lock == GBX_NO_LOCK ? NULL : find_lock(w, span);
    if (lock == NULL || !lock->held_before || lock->last.stream == span->stream ||
        lock->last.end_ns <= span->begin_ns || lock->last.end_ns > span->end_ns) {
        return;
    }
    *wait = (gbx_chrome_wait){ span->begin_ns, span->end_ns, lock };
    set_text(args, "", "from", gbx_chrome_thread(w, lock->last.stream, number, sizeof(number)));
    add_release(w, args, &lock->last, "from_");
}

static void
put_span(gbx_chrome_writer *w, const gbx_span_of_lane *span, const char *name)
{
    json_t *event = gbx_chrome_slice(w, span->stream, name, "gil", span->begin_ns, span->end_ns);
    json_t *args = json_object();
    add_release(w, args, span, "");
    if (span->lane == GBX_LANE_WAITS) {
        add_hand_off(w, args, span);
    }
    json_object_set_new(event, "args", args);
    gbx_chrome_put(w, event);
}

void
gbx_chrome_span(void *with, const gbx_span_of_lane *span)
{
    gbx_chrome_writer *w = with;
    char name[160], function[128];
    uint32_t process = gbx_trace_stream(w->trace, span->stream)->process;
    bool known;
    switch (span->lane) {
        case GBX_LANE_HOLDS:
            put_hold(w, span);
            break;
        case GBX_LANE_RUNS:
            if (!w->has_frames[process]) {
                put_span(w, span, "runs");
            }
            break;
        case GBX_LANE_WAITS:
            snprintf(name, sizeof(name), span->lock == GBX_NO_LOCK ? "waits" : "waits for lock %" PRIu32,
                     span->lock);
            put_span(w, span, name);
            break;
        case GBX_LANE_OUTSIDE:
            known = gbx_gil_function(w->trace, w->symbols, process, span->by, function, sizeof(function));
            snprintf(name, sizeof(name), "outside%s%s", known ? ": " : "", function);
            put_span(w, span, name);
            break;
        default:
            break;
    }
}
