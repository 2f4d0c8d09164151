/* One task's story; see aio_follow.h. */

#include "aio_follow.h"

#include "aio_table.h"
#include "show.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

typedef struct {
    const gbx_trace *trace;
    const gbx_aio_story *story;
    const gbx_aio_task_info *task;
    gbx_aio_visit *visit;
    void *with;
    uint64_t steps, begun_ns, ready_ns;  /* ready_ns + 1; 0 is never */
    uint64_t awaited;                    /* address; 0 nothing */
    bool stepping;
    gbx_aio_table live;                  /* tasks that there were so far, by address */
    size_t next;                         /* the first that is not in it */
    gbx_aio_moment now;
} teller;

/* ----------------------------------------------------------------------- words */

const char *
gbx_aio_place_text(const gbx_trace *trace, uint32_t process, gbx_aio_place place, char *text, size_t size)
{
    char line[120];
    const gbx_code_info *code = place.code == 0 ? NULL : gbx_trace_code(trace, process, place.code);
    text[0] = '\0';
    if (code == NULL) {
        return text;
    }
    gbx_show_line(trace, process, place.code, place.offset, line, sizeof(line));
    snprintf(text, size, "%s%s%.60s", line, line[0] == '\0' ? "" : " in ", code->name);
    gbx_text_mend(text);
    return text;
}

static const char *
type_text(const teller *t, uint32_t type)
{
    const gbx_type_info *info = type == 0 ? NULL : gbx_trace_type(t->trace, t->task->process, type);
    const char *dot = info == NULL ? NULL : strrchr(info->name, '.');
    return info == NULL ? "?" : dot == NULL ? info->name : dot + 1;
}

/* The other task that lives at an address now; NULL. */
static const gbx_aio_task_info *
task_at(teller *t, uint64_t address)
{
    const gbx_aio_story *story = t->story;
    for (; t->next < story->task_count && story->tasks[t->next].first <= t->now.at; t->next++) {
        gbx_aio_table_put(&t->live, story->tasks[t->next].process, story->tasks[t->next].address, (uint32_t)t->next);
    }
    uint32_t index = gbx_aio_table_find(&t->live, t->task->process, address);
    return index != GBX_AIO_NOBODY && story->tasks[index].last >= t->now.at ? &story->tasks[index] : NULL;
}

static void say(teller *t, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void
say(teller *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(t->now.text, sizeof(t->now.text), format, arguments);
    va_end(arguments);
    gbx_text_mend(t->now.text);
    t->visit(t->with, &t->now);
}

/* " at app.py:14 in fetch", or nothing. */
static const char *
at_place(const teller *t, uint32_t code, uint16_t offset, char *text, size_t size)
{
    char place[190];
    gbx_aio_place_text(t->trace, t->task->process, (gbx_aio_place){ code, offset }, place, sizeof(place));
    snprintf(text, size, "%s%s", place[0] == '\0' ? "" : " at ", place);
    return text;
}

/* ---------------------------------------------------------------------- events */

static void
tell_step_begin(teller *t, const gbx_aio_step *step)
{
    char place[196], after[24] = "", waited[24];
    t->steps++;
    if (t->ready_ns != 0 && t->now.t_ns + 1 >= t->ready_ns) {
        gbx_text_time(t->now.t_ns + 1 - t->ready_ns, waited, sizeof(waited));
        snprintf(after, sizeof(after), ", %.16s", waited);
    }
    t->ready_ns = 0;
    t->awaited = 0;
    t->stepping = true;
    t->begun_ns = t->now.t_ns;
    at_place(t, step->code, step->h.arg, place, sizeof(place));
    bool throws = step->h.flags == GBX_AIO_SENT_CANCELLED || step->h.flags == GBX_AIO_SENT_EXCEPTION;
    say(t, "step %" PRIu64 "%s%s: %s%s%s", t->steps, after, after[0] == '\0' ? "" : " after it was ready",
        throws ? "throws " : step->h.flags == GBX_AIO_SENT_EAGER ? "inside its maker's step" : "goes on",
        throws ? type_text(t, step->type) : "", place);
}

static void
tell_awaits(teller *t, const gbx_aio_step *step, const char *ran, const char *place)
{
    char name[96];
    const gbx_aio_task_info *other = task_at(t, step->other);
    t->awaited = step->other;
    if (other != NULL) {
        say(t, "  ran %s; awaits the task %.90s%s", ran,
            gbx_aio_name(t->trace, other, name, sizeof(name)), place);
    }
    else {
        say(t, "  ran %s; awaits a %.40s%s", ran, type_text(t, step->type), place);
    }
}

static void
tell_step_end(teller *t, const gbx_aio_step *step)
{
    char place[196], ran[24];
    gbx_text_time(t->stepping && t->now.t_ns > t->begun_ns ? t->now.t_ns - t->begun_ns : 0, ran, sizeof(ran));
    at_place(t, step->code, step->h.arg, place, sizeof(place));
    t->stepping = false;
    t->ready_ns = t->ready_ns != 0 ? t->now.t_ns + 1 : 0;
    switch (step->h.flags) {
        case GBX_AIO_STEP_AWAITS: tell_awaits(t, step, ran, place); break;
        case GBX_AIO_STEP_YIELDS:
            t->ready_ns = t->now.t_ns + 1;
            say(t, "  ran %s; lets others go first%s", ran, place);
            break;
        case GBX_AIO_STEP_RESULT: say(t, "  ran %s; done: returns (%.40s)", ran, type_text(t, step->type)); break;
        case GBX_AIO_STEP_EXCEPTION: say(t, "  ran %s; done: raises %.40s", ran, type_text(t, step->type)); break;
        case GBX_AIO_STEP_CANCELLED: say(t, "  ran %s; done: cancelled", ran); break;
        case GBX_AIO_STEP_BAD: say(t, "  ran %s; awaits a %.40s, which nobody can%s", ran, type_text(t, step->type),
                                   place); break;
        default: say(t, "  ran %s; its step failed", ran); break;
    }
}

static void
tell_cancel(teller *t, const gbx_aio_cancel *cancel)
{
    char place[196];
    at_place(t, cancel->code, cancel->h.arg, place, sizeof(place));
    say(t, "asked to cancel%s: %s", place, cancel->h.flags == GBX_AIO_CANCEL_IGNORED ? "it is done"
        : cancel->h.flags == GBX_AIO_CANCEL_PASSED_ON ? "so is what it awaits" : "noted, for its next step");
}

static void
tell_done(teller *t, const gbx_aio_done *done)
{
    char place[196];
    const char *state = gbx_trace_label(GBX_ENUM_AIO_STATE, done->h.flags);
    if (done->future == t->awaited && done->future != 0) {
        at_place(t, done->code, done->h.arg, place, sizeof(place));
        say(t, "what it awaits is done: %s%s", state == NULL ? "?" : state, place);
    }
}

static void
tell_wakeup(teller *t, const gbx_aio_wakeup *wakeup)
{
    char name[96];
    if (wakeup->task == t->task->address) {
        t->ready_ns = t->ready_ns != 0 ? t->ready_ns : t->now.t_ns + 1;
        if (t->stepping) {
            say(t, "  woken already: what it is about to await is done");
        }
        return;
    }
    const gbx_aio_task_info *other = task_at(t, wakeup->task);
    say(t, "  wakes %.90s", other == NULL ? "a task" : gbx_aio_name(t->trace, other, name, sizeof(name)));
}

static void
tell_birth(teller *t, const gbx_aio_task *task)
{
    char place[196];
    t->ready_ns = t->now.t_ns + 1;
    say(t, "made%s", at_place(t, task->code, task->h.arg, place, sizeof(place)));
}

/* Is the event about this task? */
static bool
is_about(const teller *t, const gbx_head *head)
{
    uint64_t it = t->task->address;
    const void *record = head;
    switch (head->event) {
        case GBX_EV_AIO_TASK_NEW: return ((const gbx_aio_task *)record)->task == it;
        case GBX_EV_AIO_STEP_BEGIN: case GBX_EV_AIO_STEP_END: return ((const gbx_aio_step *)record)->task == it;
        case GBX_EV_AIO_CANCEL: return ((const gbx_aio_cancel *)record)->task == it;
        case GBX_EV_AIO_UNCANCEL: return ((const gbx_aio_uncancel *)record)->task == it;
        case GBX_EV_AIO_DONE: return ((const gbx_aio_done *)record)->future == t->awaited;
        case GBX_EV_AIO_WAKEUP:
            return ((const gbx_aio_wakeup *)record)->task == it || ((const gbx_aio_wakeup *)record)->future == it;
        case GBX_EV_AIO_CALL_SOON: return ((const gbx_aio_schedule *)record)->task == it;
        case GBX_EV_AIO_GONE: return ((const gbx_aio_gone *)record)->future == it;
        default: return false;
    }
}

static void
tell_event(teller *t, const gbx_head *head)
{
    char place[196];
    const void *record = head;
    switch (head->event) {
        case GBX_EV_AIO_TASK_NEW: tell_birth(t, record); break;
        case GBX_EV_AIO_STEP_BEGIN: tell_step_begin(t, record); break;
        case GBX_EV_AIO_STEP_END: tell_step_end(t, record); break;
        case GBX_EV_AIO_CANCEL: tell_cancel(t, record); break;
        case GBX_EV_AIO_DONE: tell_done(t, record); break;
        case GBX_EV_AIO_WAKEUP: tell_wakeup(t, record); break;
        case GBX_EV_AIO_CALL_SOON:
            say(t, "in the queue, as number %" PRIu32, ((const gbx_aio_schedule *)record)->ready);
            break;
        case GBX_EV_AIO_UNCANCEL: {
            const gbx_aio_uncancel *back = record;
            at_place(t, back->code, back->h.arg, place, sizeof(place));
            say(t, "a request is taken back%s: %" PRIu32 " left", place, back->requests);
            break;
        }
        default: say(t, head->flags != 0 ? "destroyed, and was never done" : "gone"); break;
    }
}

void
gbx_aio_follow(const gbx_trace *trace, const gbx_aio_story *story, size_t index, gbx_aio_visit *visit, void *with)
{
    teller t = { .trace = trace, .story = story, .task = &story->tasks[index], .visit = visit, .with = with };
    gbx_cursor now;
    for (bool more = gbx_trace_seek(trace, t.task->first, &now); more && now.at <= t.task->last;
         more = gbx_trace_next(&now)) {
        const gbx_stream_info *info = gbx_trace_stream(trace, now.entry.stream);
        if (info->process == t.task->process && gbx_event_class(now.entry.record->event) == GBX_CLASS_AIO
            && is_about(&t, now.entry.record)) {
            t.now.at = now.at;
            t.now.t_ns = now.entry.t_ns;
            tell_event(&t, now.entry.record);
        }
    }
    gbx_aio_table_clear(&t.live);
}
