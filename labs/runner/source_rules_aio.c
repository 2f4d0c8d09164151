/* The rules for events of class aio: a hook in C, or the line of Python/glassbox_roles.c that stands for a
   function of Lib/asyncio.

   Which of the two it was, the birth of the task or the future says, where that is in the trace and not
   far; else both can have been it. */

#include "source_internal.h"

#include <string.h>

#define FAR 20000u                       /* events to look back for one about the same object */

enum { UNKNOWN = -1 };

static bool
is(const char *text, const char *word)
{
    return strcmp(text, word) == 0;
}

/* The task or future that a record is about; 0: none. */
static uint64_t
object_of(const gbx_head *head)
{
    const void *record = head;
    switch (head->event) {
        case GBX_EV_AIO_TASK_NEW: return ((const gbx_aio_task *)record)->task;
        case GBX_EV_AIO_FUTURE_NEW: return ((const gbx_aio_future *)record)->future;
        case GBX_EV_AIO_STEP_BEGIN: case GBX_EV_AIO_STEP_END: return ((const gbx_aio_step *)record)->task;
        case GBX_EV_AIO_CANCEL: return ((const gbx_aio_cancel *)record)->task;
        case GBX_EV_AIO_DELIVERED: return ((const gbx_aio_delivery *)record)->task;
        case GBX_EV_AIO_UNCANCEL: return ((const gbx_aio_uncancel *)record)->task;
        case GBX_EV_AIO_DONE: return ((const gbx_aio_done *)record)->future;
        case GBX_EV_AIO_WAKEUP: return ((const gbx_aio_wakeup *)record)->future;
        case GBX_EV_AIO_CALLBACK: return ((const gbx_aio_callback *)record)->future;
        case GBX_EV_AIO_GONE: return ((const gbx_aio_gone *)record)->future;
        default: return 0;
    }
}

/* The last event of this kind, of the same process and about this object; NULL: not found. */
static const gbx_head *
before(const gbx_asked *it, uint64_t object, uint8_t event, uint8_t or_event)
{
    size_t stop = it->at < FAR ? 0 : it->at - FAR;
    for (size_t at = it->at; at-- > stop;) {
        const gbx_head *head = gbx_trace_record(it->trace, at);
        if ((head->event == event || head->event == or_event) && object_of(head) == object &&
            gbx_trace_where(it->trace, at).process == it->where.process) {
            return head;
        }
    }
    return NULL;
}

/* enum AIO_IMPL of whom the event is about, or UNKNOWN. */
static int
implementation(const gbx_asked *it)
{
    uint8_t event = it->record->event;
    if (event == GBX_EV_AIO_TASK_NEW || event == GBX_EV_AIO_FUTURE_NEW) {
        return it->record->flags;
    }
    const gbx_head *birth = before(it, object_of(it->record), GBX_EV_AIO_TASK_NEW, GBX_EV_AIO_FUTURE_NEW);
    return birth == NULL ? UNKNOWN : birth->flags;
}

/* A callback is handed to the loop as its future is done, or as it is added to one that is. */
static bool
fits_callback(const gbx_asked *it, const gbx_hook *hook)
{
    uint64_t future = object_of(it->record);
    size_t at = it->at;
    const gbx_head *head = it->record;
    while ((head->event == GBX_EV_AIO_WAKEUP || head->event == GBX_EV_AIO_CALLBACK) &&
           (at = gbx_asked_before(it, at)) != SIZE_MAX) {
        head = gbx_trace_record(it->trace, at);
    }
    bool ends = head->event == GBX_EV_AIO_DONE && object_of(head) == future;
    return ends == (strstr(hook->site.hook, "DONE") != NULL || strstr(hook->site.hook, "Done") != NULL);
}

static bool
fits_step_end(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_head *begin = before(it, object_of(it->record), GBX_EV_AIO_STEP_BEGIN, GBX_EV_AIO_STEP_BEGIN);
    bool eager = begin != NULL && begin->flags == GBX_AIO_SENT_EAGER;
    return begin == NULL || eager == is(hook->site.function, "task_eager_start");
}

static bool
fits_gone(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_head *birth = before(it, object_of(it->record), GBX_EV_AIO_TASK_NEW, GBX_EV_AIO_FUTURE_NEW);
    return birth == NULL || is(hook->arguments[1], birth->event == GBX_EV_AIO_TASK_NEW ? "true" : "false");
}

bool
gbx_fits_aio(const gbx_asked *it, const gbx_hook *hook)
{
    bool in_c = strncmp(hook->site.hook, "GLASSBOX_", 9) == 0;
    uint8_t event = it->record->event;
    if (event == GBX_EV_AIO_SELECT) {
        return is(hook->arguments[0], it->word);
    }
    int impl = implementation(it);
    if (impl != UNKNOWN && in_c != (impl == GBX_AIO_IMPL_C)) {
        return false;
    }
    switch (event) {
        case GBX_EV_AIO_WAKEUP: case GBX_EV_AIO_CALLBACK:
            return fits_callback(it, hook);
        case GBX_EV_AIO_STEP_END:
            return !in_c || fits_step_end(it, hook);
        case GBX_EV_AIO_GONE:
            return !in_c || fits_gone(it, hook);
        default:
            return true;
    }
}
