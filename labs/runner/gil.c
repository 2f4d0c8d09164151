/* The story of the lock; see gil.h. */

#include "gil.h"

#include <stdlib.h>
#include <string.h>

#define HOLDS_KEPT  256u         /* of each lock: a wait that saw more is told from the last of them */
#define LOCKS_MAX   1024u        /* of all processes; waits for others have no holder */

typedef struct {
    uint64_t begin_ns, end_ns, by;
    uint32_t stream, code;
    uint16_t offset;
    uint8_t why;
} hold;

typedef struct {
    uint32_t process, id;
    bool held;
    uint64_t ended;              /* holds that ended so far */
    hold now;
    hold past[HOLDS_KEPT];
} lock_story;

typedef struct {
    const gbx_trace *trace;
    const gbx_gil_options *options;
    gbx_gil_story *story;
    gbx_lanes *lanes;
    uint64_t *asked_ns;          /* by stream: of the request that is open, + 1; 0 none */
    lock_story **locks;
    size_t lock_count;
    size_t waits_room;
} teller;

/* -------------------------------------------------------------------- locks */

static lock_story *
find_lock(teller *t, uint32_t process, uint32_t id)
{
    for (size_t i = 0; i < t->lock_count; i++) {
        if (t->locks[i]->process == process && t->locks[i]->id == id) {
            lock_story *found = t->locks[i];
            t->locks[i] = t->locks[0];           /* the one asked about last is asked about next */
            t->locks[0] = found;
            return found;
        }
    }
    lock_story *made = t->lock_count < LOCKS_MAX ? calloc(1, sizeof(*made)) : NULL;
    if (made != NULL) {
        made->process = process;
        made->id = id;
        t->locks[t->lock_count++] = made;
    }
    return made;
}

static void
end_hold(lock_story *lock, const gbx_gil_release *record, const gbx_entry *event)
{
    if (!lock->held || lock->now.stream != event->stream) {
        return;
    }
    lock->now.end_ns = event->t_ns;
    lock->now.code = record->code;
    lock->now.offset = record->h.arg;
    lock->now.why = record->h.flags;
    lock->now.by = record->by;
    lock->past[lock->ended++ % HOLDS_KEPT] = lock->now;
    lock->held = false;
}

/* ------------------------------------------------------------------ one wait */

/* Who held the lock during it, as far back as is remembered. */
static void
find_holder(const lock_story *lock, gbx_gil_wait_info *wait)
{
    uint64_t kept = lock->ended < HOLDS_KEPT ? lock->ended : HOLDS_KEPT;
    for (uint64_t i = 1; i <= kept; i++) {
        const hold *past = &lock->past[(lock->ended - i) % HOLDS_KEPT];
        if (past->end_ns <= wait->begin_ns) {
            return;
        }
        uint64_t from = past->begin_ns > wait->begin_ns ? past->begin_ns : wait->begin_ns;
        uint64_t ns = past->end_ns > from ? past->end_ns - from : 0;
        wait->holds++;
        if (!wait->holder_known || ns > wait->held_ns) {
            wait->holder_known = true;
            wait->holder = past->stream;
            wait->held_ns = ns;
            wait->code = past->code;
            wait->offset = past->offset;
            wait->why = past->why;
            wait->by = past->by;
        }
    }
    wait->at_least = lock->ended > HOLDS_KEPT;
}

static void
keep_wait(teller *t, const lock_story *lock, uint32_t stream, uint64_t begin_ns, uint64_t end_ns)
{
    gbx_gil_story *story = t->story;
    uint64_t ns = end_ns > begin_ns ? end_ns - begin_ns : 0;
    size_t at = story->wait_count;
    if (t->waits_room == 0 || (at == t->waits_room && story->waits[at - 1].ns >= ns)) {
        return;
    }
    gbx_gil_wait_info wait = { .begin_ns = begin_ns, .ns = ns, .stream = stream, .lock = lock->id,
                               .offset = GBX_NO_OFFSET };
    find_holder(lock, &wait);
    at -= at == t->waits_room;
    while (at > 0 && story->waits[at - 1].ns < ns) {
        story->waits[at] = story->waits[at - 1];
        at--;
    }
    story->waits[at] = wait;
    story->wait_count += story->wait_count < t->waits_room;
}

static void
note_latency(teller *t, const lock_story *lock, uint64_t begin_ns, uint64_t end_ns)
{
    const hold *last = lock->ended == 0 ? NULL : &lock->past[(lock->ended - 1) % HOLDS_KEPT];
    if (last == NULL || last->end_ns > end_ns || last->end_ns <= begin_ns) {
        gbx_latency_add(&t->story->uncontended, end_ns - begin_ns);
        return;
    }
    bool asked = last->why == GBX_RELEASE_ASKED;
    gbx_latency_add(asked ? &t->story->asked : &t->story->blocking, end_ns - last->end_ns);
}

static void
take(teller *t, const gbx_entry *event)
{
    const gbx_gil_acquire *record = (const gbx_gil_acquire *)(const void *)event->record;
    uint32_t process = gbx_trace_stream(t->trace, event->stream)->process;
    lock_story *lock = find_lock(t, process, record->lock);
    uint64_t asked = t->asked_ns[event->stream];
    t->story->threads[event->stream].takes++;
    t->asked_ns[event->stream] = 0;
    if (lock == NULL) {
        return;
    }
    if (lock->ended > 0 && lock->past[(lock->ended - 1) % HOLDS_KEPT].stream != event->stream) {
        t->story->switches++;
    }
    if (asked > 0 && asked - 1 <= event->t_ns && record->h.event == GBX_EV_GIL_ACQUIRE) {
        keep_wait(t, lock, event->stream, asked - 1, event->t_ns);
        note_latency(t, lock, asked - 1, event->t_ns);
    }
    lock->held = true;
    lock->now = (hold){ .begin_ns = event->t_ns, .stream = event->stream };
}

/* ------------------------------------------------------------- spans, functions */

static void
count_caller(teller *t, const gbx_span_of_lane *span, uint64_t ns)
{
    gbx_gil_story *story = t->story;
    uint32_t process = gbx_trace_stream(t->trace, span->stream)->process;
    size_t i = 0;
    while (i < story->caller_count && (story->callers[i].by != span->by ||
           story->callers[i].process != process || story->callers[i].why != span->why)) {
        i++;
    }
    if (i == GBX_GIL_CALLERS) {
        story->callers_left_out++;
        return;
    }
    if (i == story->caller_count) {
        story->callers[story->caller_count++] =
            (gbx_gil_caller){ .process = process, .by = span->by, .why = span->why };
    }
    story->callers[i].times++;
    story->callers[i].ns += ns;
}

static void
see_span(void *with, const gbx_span_of_lane *span)
{
    teller *t = with;
    gbx_gil_thread *thread = &t->story->threads[span->stream];
    uint64_t ns = span->end_ns - span->begin_ns;
    thread->ns[span->lane] += ns;
    if (span->lane == GBX_LANE_OUTSIDE) {
        count_caller(t, span, ns);
    }
    if (t->options->visit != NULL) {
        t->options->visit(t->options->with, span);
    }
}

static int
most_time(const void *a, const void *b)
{
    const gbx_gil_caller *x = a, *y = b;
    return x->ns > y->ns ? -1 : x->ns < y->ns ? 1 : x->by < y->by ? -1 : x->by > y->by;
}

/* -------------------------------------------------------------------- the walk */

static void
count_event(teller *t, const gbx_entry *event)
{
    gbx_gil_story *story = t->story;
    gbx_gil_thread *thread = &story->threads[event->stream];
    if (!thread->seen) {
        thread->first_ns = event->t_ns;
        story->begin_ns = story->events == 0 || event->t_ns < story->begin_ns ? event->t_ns
            : story->begin_ns;
    }
    thread->seen = true;
    thread->last_ns = event->t_ns;
    story->end_ns = event->t_ns > story->end_ns ? event->t_ns : story->end_ns;
    story->events++;
}

static void
see_event(teller *t, const gbx_entry *event)
{
    const gbx_head *head = event->record;
    gbx_gil_thread *thread = &t->story->threads[event->stream];
    uint32_t process = gbx_trace_stream(t->trace, event->stream)->process;
    lock_story *lock;
    count_event(t, event);
    switch (head->event) {
        case GBX_EV_GIL_REQUEST:
            t->asked_ns[event->stream] = event->t_ns + 1;
            break;
        case GBX_EV_GIL_TIMEOUT:
            thread->timeouts++;
            break;
        case GBX_EV_GIL_DROP_REQUEST:
            thread->asks++;
            break;
        case GBX_EV_GIL_ACQUIRE: case GBX_EV_GIL_HELD:
            take(t, event);
            break;
        case GBX_EV_ATTACH:
            thread->takes++;
            break;
        case GBX_EV_GIL_RELEASE:
            thread->asked += head->flags == GBX_RELEASE_ASKED;
            lock = find_lock(t, process, ((const gbx_gil_release *)(const void *)head)->lock);
            if (lock != NULL) {
                end_hold(lock, (const gbx_gil_release *)(const void *)head, event);
            }
            break;
        default:
            break;
    }
    gbx_lanes_event(t->lanes, event);
}

static bool
wanted(const teller *t, const gbx_entry *event)
{
    uint8_t id = event->record->event;
    return id >= GBX_EV_GIL_CREATE && id <= GBX_EV_UNPARK &&
        (!t->options->process_only ||
         gbx_trace_stream(t->trace, event->stream)->process == t->options->process);
}

static void
walk(teller *t)
{
    size_t at = 0, count;
    const gbx_entry *entries = gbx_trace_entries(t->trace, 0, &count);
    for (; count > 0; entries = gbx_trace_entries(t->trace, at, &count)) {
        for (size_t i = 0; i < count; i++) {
            if (wanted(t, &entries[i])) {
                see_event(t, &entries[i]);
            }
        }
        at += count;
    }
    gbx_lanes_finish(t->lanes, t->story->end_ns);
    qsort(t->story->callers, t->story->caller_count, sizeof(t->story->callers[0]), most_time);
}

static bool
make(teller *t)
{
    size_t streams = gbx_trace_stream_count(t->trace);
    t->story = calloc(1, sizeof(*t->story));
    t->asked_ns = calloc(streams + 1, sizeof(*t->asked_ns));
    t->locks = calloc(LOCKS_MAX, sizeof(*t->locks));
    t->lanes = gbx_lanes_new(t->trace, see_span, t);
    if (t->story == NULL || t->asked_ns == NULL || t->locks == NULL || t->lanes == NULL) {
        return false;
    }
    t->waits_room = t->options->waits;
    t->story->thread_count = streams;
    t->story->threads = calloc(streams + 1, sizeof(*t->story->threads));
    t->story->waits = calloc(t->waits_room + 1, sizeof(*t->story->waits));
    for (size_t i = 0; t->story->threads != NULL && i < streams; i++) {
        t->story->threads[i].stream = (uint32_t)i;
    }
    return t->story->threads != NULL && t->story->waits != NULL;
}

int
gbx_gil_tell(gbx_gil_story **out, const gbx_trace *trace, const gbx_gil_options *options,
             gbx_error *error)
{
    teller t = { .trace = trace, .options = options };
    int result = 0;
    *out = NULL;
    if (!make(&t)) {
        result = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        goto done;
    }
    walk(&t);
    if (t.story->events == 0) {
        result = gbx_error_set(error, GBX_ERROR_MISSING,
                               "the trace has no events of the lock: record the class gil");
        goto done;
    }
    *out = t.story;
    t.story = NULL;
done:
    for (size_t i = 0; i < t.lock_count; i++) {
        free(t.locks[i]);
    }
    free(t.locks);
    free(t.asked_ns);
    gbx_lanes_free(t.lanes);
    gbx_gil_free(t.story);
    return result;
}

void
gbx_gil_free(gbx_gil_story *story)
{
    if (story != NULL) {
        free(story->threads);
        free(story->waits);
        free(story);
    }
}
