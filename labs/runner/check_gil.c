/* The checks of the lock; see check.h.

   They need the whole story: of a process that lost events, whose file is cut, or whose threads have no
   common clock, nothing is checked.  A recording may begin in mid-run: what a thread or a lock was at
   before its first event of this class is not known, and its first event is believed.  Which thread state
   took the lock last is followed as the lock itself does, so that its own count of switches can be
   foretold: an acquisition counts if its thread state is another than the last; a release that is not a
   thread's last names the last anew. */

#include "check_internal.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define LOCKS_MAX        65536u        /* of one process; events of others are passed over */
#define WAIT_SLACK_NS    1000.0        /* two conversions of ticks to ns */
#define WAIT_SLACK_RATIO 1e-3          /* CLOCK_MONOTONIC is slewed; see check.c */

enum { UNKNOWN, OUTSIDE, ASKED, HOLDS };

/* By id, ascending. */
struct gbx_lock {
    uint32_t id;
    uint32_t holder;                   /* stream */
    uint32_t last;                     /* thread state */
    bool known, held;
    bool counted;                      /* `last` and `switches` are known */
    uint64_t switches;
};

static gbx_lock *
find_lock(process_state *process, uint32_t id)
{
    size_t low = 0, high = process->lock_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (process->locks[middle].id < id) {
            low = middle + 1;
        }
        else {
            high = middle;
        }
    }
    if (low < process->lock_count && process->locks[low].id == id) {
        return &process->locks[low];
    }
    if (process->lock_count == process->lock_room) {
        size_t room = process->lock_room == 0 ? 8 : 2 * process->lock_room;
        gbx_lock *locks = room > LOCKS_MAX ? NULL : realloc(process->locks, room * sizeof(*locks));
        if (locks == NULL) {
            return NULL;
        }
        process->locks = locks;
        process->lock_room = room;
    }
    memmove(&process->locks[low + 1], &process->locks[low],
            (process->lock_count++ - low) * sizeof(*process->locks));
    process->locks[low] = (gbx_lock){ .id = id };
    return &process->locks[low];
}

/* ----------------------------------------------------------------- one thread */

static const char *
state_words(uint8_t state)
{
    return state == HOLDS ? "holds" : state == ASKED ? "asked for" : "let go of";
}

/* The thread must be at `wanted` with this lock, unless nothing is known of it. */
static void
expect(gbx_checker *c, const thread_state *thread, uint8_t wanted, uint32_t lock,
       const gbx_head *head, size_t at)
{
    bool right = thread->gil.state == wanted && (wanted == OUTSIDE || thread->gil.lock == lock);
    c->result[GBX_INVARIANT_TURNS].looked_at++;
    if (thread->gil.state != UNKNOWN && !right) {
        gbx_checker_violate(c, GBX_INVARIANT_TURNS, at,
                            "%s of lock %" PRIu32 ", and the thread %s lock %" PRIu32,
                            gbx_event_name(head->event), lock, state_words(thread->gil.state),
                            thread->gil.lock);
    }
}

static void
turn(thread_state *thread, uint8_t state, uint32_t lock, uint64_t t_ns)
{
    thread->gil.state = state;
    thread->gil.lock = lock;
    thread->gil.since[state] = t_ns;
}

/* What a record says that a thread waited, against the time between two of its events.  The lane's gap is
   checked as a whole when the lock is taken. */
static void
check_wait(gbx_checker *c, const thread_state *thread, uint64_t ticks, uint64_t span_ns, bool exactly,
           size_t at)
{
    double ns_per_tick = gbx_trace_process(c->trace, thread->process)->ns_per_tick;
    double waited = (double)ticks * ns_per_tick, span = (double)span_ns;
    double slack = WAIT_SLACK_NS + span * WAIT_SLACK_RATIO;
    c->result[GBX_INVARIANT_WAITS].looked_at++;
    if (!(waited <= span + slack) || (exactly && !(waited >= span - slack))) {
        gbx_checker_violate(c, GBX_INVARIANT_WAITS, at, "a wait of %.0f ns in a gap of %.0f ns", waited,
                            span);
    }
}

/* ------------------------------------------------------------------- one lock */

static void
take(gbx_checker *c, gbx_lock *lock, const gbx_gil_acquire *record, uint32_t stream, size_t at)
{
    c->result[GBX_INVARIANT_HOLDER].looked_at++;
    if (lock->held) {
        gbx_checker_violate(c, GBX_INVARIANT_HOLDER, at,
                            "lock %" PRIu32 " is taken while thread %" PRIu32 " holds it", lock->id,
                            gbx_trace_stream(c->trace, lock->holder)->thread);
    }
    if (lock->counted && record->h.event == GBX_EV_GIL_ACQUIRE) {
        uint64_t expected = lock->switches + (lock->last != record->state);
        c->result[GBX_INVARIANT_SWITCHES].looked_at++;
        if (record->switches != expected) {
            gbx_checker_violate(c, GBX_INVARIANT_SWITCHES, at,
                                "lock %" PRIu32 " counts %" PRIu64 " switches, there were %" PRIu64,
                                lock->id, record->switches, expected);
        }
    }
    *lock = (gbx_lock){ .id = lock->id, .holder = stream, .last = record->state, .known = true,
                        .held = true, .counted = true, .switches = record->switches };
}

static void
let_go(gbx_checker *c, gbx_lock *lock, const gbx_gil_release *record, uint32_t stream, size_t at)
{
    c->result[GBX_INVARIANT_HOLDER].looked_at++;
    if (lock->known && !(lock->held && lock->holder == stream)) {
        gbx_checker_violate(c, GBX_INVARIANT_HOLDER, at,
                            "lock %" PRIu32 " is let go by a thread that does not hold it", lock->id);
    }
    lock->known = true;
    lock->held = false;
    if (record->state != 0) {                    /* not the thread's last */
        lock->last = record->state;
    }
}

/* ------------------------------------------------------------------ the events */

static void
check_acquire(gbx_checker *c, thread_state *thread, gbx_lock *lock, const gbx_entry *event, size_t at)
{
    const gbx_gil_acquire *record = (const gbx_gil_acquire *)(const void *)event->record;
    const uint64_t *since = thread->gil.since;
    uint8_t before = thread->gil.state;
    if (record->h.event == GBX_EV_GIL_ACQUIRE) {
        expect(c, thread, ASKED, record->lock, &record->h, at);
        if (before == ASKED && !event->backward) {
            check_wait(c, thread, record->wait, event->t_ns - since[ASKED], true, at);
            if (thread->gil.released) {
                check_wait(c, thread, record->wait + thread->gil.forced, event->t_ns - since[OUTSIDE],
                           false, at);
            }
        }
    }
    take(c, lock, record, event->stream, at);
    turn(thread, HOLDS, record->lock, event->t_ns);
    thread->gil.released = false;
}

static void
check_release(gbx_checker *c, thread_state *thread, gbx_lock *lock, const gbx_entry *event, size_t at)
{
    const gbx_gil_release *record = (const gbx_gil_release *)(const void *)event->record;
    expect(c, thread, HOLDS, record->lock, &record->h, at);
    let_go(c, lock, record, event->stream, at);
    turn(thread, OUTSIDE, record->lock, event->t_ns);
    thread->gil.released = true;
    thread->gil.forced = 0;
}

/* The wait for another to take the lock, or the end of a request that came to nothing.  A thread that is to
   end may give up before it has asked. */
static void
check_other_wait(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at)
{
    const gbx_gil_wait *record = (const gbx_gil_wait *)(const void *)event->record;
    bool forced = record->h.event == GBX_EV_GIL_FORCED;
    uint8_t from = forced || thread->gil.state != ASKED ? OUTSIDE : ASKED;
    bool known = thread->gil.state == from && (from == ASKED || thread->gil.released);
    expect(c, thread, from, record->lock, &record->h, at);
    if (known && !event->backward) {
        check_wait(c, thread, record->wait, event->t_ns - thread->gil.since[from], from == ASKED, at);
    }
    if (forced) {
        thread->gil.forced = record->wait;
    }
    else {
        turn(thread, OUTSIDE, record->lock, event->t_ns);
        thread->gil.released = false;
    }
}

static void
check_life(gbx_checker *c, gbx_lock *lock, const gbx_gil *record, size_t at)
{
    if (record->h.event == GBX_EV_GIL_DESTROY && lock->held) {
        gbx_checker_violate(c, GBX_INVARIANT_HOLDER, at, "lock %" PRIu32 " ends while it is held",
                            lock->id);
    }
    if (record->h.event == GBX_EV_GIL_DESTROY || record->h.flags != 0) {
        *lock = (gbx_lock){ .id = lock->id, .known = true };
    }
}

/* Without the lock a thread attaches and detaches; it does so with the lock as well. */
static void
check_attached(gbx_checker *c, thread_state *thread, const gbx_head *head, size_t at)
{
    uint8_t after = head->event == GBX_EV_ATTACH ? 1 : 2;
    c->result[GBX_INVARIANT_TURNS].looked_at++;
    if (thread->gil.attached == after) {
        gbx_checker_violate(c, GBX_INVARIANT_TURNS, at, "%s follows another",
                            gbx_event_name(head->event));
    }
    thread->gil.attached = after;
}

void
gbx_check_gil(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at)
{
    const gbx_head *head = event->record;
    uint32_t id = ((const gbx_gil *)(const void *)head)->lock;
    if (!thread->of->locks_whole) {
        return;
    }
    if (head->event == GBX_EV_ATTACH || head->event == GBX_EV_DETACH) {
        check_attached(c, thread, head, at);
        return;
    }
    gbx_lock *lock = find_lock(thread->of, id);
    if (lock == NULL) {
        return;
    }
    switch (head->event) {
        case GBX_EV_GIL_CREATE: case GBX_EV_GIL_DESTROY:
            check_life(c, lock, (const gbx_gil *)(const void *)head, at);
            break;
        case GBX_EV_GIL_REQUEST:
            expect(c, thread, OUTSIDE, id, head, at);
            turn(thread, ASKED, id, event->t_ns);
            break;
        case GBX_EV_GIL_TIMEOUT: case GBX_EV_GIL_DROP_REQUEST:
            expect(c, thread, ASKED, id, head, at);
            break;
        case GBX_EV_GIL_ACQUIRE: case GBX_EV_GIL_HELD:
            check_acquire(c, thread, lock, event, at);
            break;
        case GBX_EV_GIL_RELEASE:
            check_release(c, thread, lock, event, at);
            break;
        default:
            check_other_wait(c, thread, event, at);
            break;
    }
}
