/* The checks of buffers; see check.h.

   They need the whole story from where it begins: of a process that lost events, whose file is cut, or whose
   threads have no common clock, nothing is checked.  A recording that begins in mid-run does not know what
   was out before: then the first count of an object is believed, and a release that answers no export is
   none of its business.

   Without the GIL two threads may change the count of one object at once, and their records may stand the
   other way round: from the second thread on, such an object's count is left alone. */

#include "check_internal.h"
#include "exports.h"

#include <inttypes.h>

static const char *
type_name(const gbx_checker *c, const thread_state *thread, uint32_t type)
{
    const gbx_type_info *info = gbx_trace_type(c->trace, thread->process, type);
    return info == NULL ? "?" : info->name;
}

/* An object's count changed by `delta`, and is `now`, by its own account. */
static void
count(gbx_checker *c, thread_state *thread, int kind, uint64_t address, int64_t delta, uint64_t now,
      uint32_t stream, size_t at)
{
    process_state *process = thread->of;
    int which = kind == GBX_EXPORTS_MANAGED ? GBX_INVARIANT_VIEWS : GBX_INVARIANT_EXPORTED;
    gbx_exports_count *known = gbx_exports_find(process->exports, kind, address);
    uint64_t before = known == NULL ? 0 : known->count;
    bool shared = process->free_threaded && known != NULL && (known->shared || known->stream != stream);
    if ((known != NULL || process->exports_first) && !shared && !gbx_exports_lost(process->exports)) {
        c->result[which].looked_at++;
        if (before + (uint64_t)delta != now) {
            gbx_checker_violate(c, which, at, "%#" PRIx64 " counts %" PRIu64 ", by the records it has %" PRId64,
                                address, now, (int64_t)before + delta);
        }
    }
    if (now == 0) {
        gbx_exports_drop(process->exports, kind, address);
        return;
    }
    if (known == NULL) {
        known = gbx_exports_add(process->exports, kind, address);
    }
    if (known != NULL) {
        known->count = now;
        known->stream = stream;
        known->shared = shared;
    }
}

static void
check_release(gbx_checker *c, thread_state *thread, const gbx_buf_release *release, uint32_t stream, size_t at)
{
    process_state *process = thread->of;
    bool answers = gbx_exports_release(process->exports, release, NULL);
    if (answers || (process->exports_first && !gbx_exports_lost(process->exports))) {
        c->result[GBX_INVARIANT_EXPORTS].looked_at++;
    }
    if (!answers && process->exports_first && !gbx_exports_lost(process->exports)) {
        gbx_checker_violate(c, GBX_INVARIANT_EXPORTS, at, "'%.60s' at %#" PRIx64
                            " gets back what it has not given", type_name(c, thread, release->exporter_type),
                            release->exporter);
    }
    if (release->counter != 0) {
        count(c, thread, GBX_EXPORTS_COUNTER, release->counter, -1, release->exports, stream, at);
    }
}

/* A refusal changes nothing; one that nobody heeds, the object's end, ends its exports as well. */
static void
check_error(gbx_checker *c, thread_state *thread, const gbx_buf_error *error, uint32_t stream, size_t at)
{
    count(c, thread, GBX_EXPORTS_COUNTER, error->object, 0, error->exports, stream, at);
    if (error->h.flags == GBX_IN_USE_DEALLOC) {
        gbx_exports_forget(thread->of->exports, error->object);
        gbx_exports_drop(thread->of->exports, GBX_EXPORTS_COUNTER, error->object);
    }
}

static void
check_get(gbx_checker *c, thread_state *thread, const gbx_buf_get *get, uint32_t stream, size_t at)
{
    gbx_exports_get(thread->of->exports, get, stream, at);
    if (get->counter != 0) {
        count(c, thread, GBX_EXPORTS_COUNTER, get->counter, 1, get->exports, stream, at);
    }
}

static void
check_view(gbx_checker *c, thread_state *thread, const gbx_buf_view *view, uint32_t stream, size_t at)
{
    int64_t delta = view->h.event == GBX_EV_VIEW_NEW ? 1 : -1;
    count(c, thread, GBX_EXPORTS_MANAGED, view->managed, delta, view->views, stream, at);
}

void
gbx_check_buf(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at)
{
    process_state *process = thread->of;
    const gbx_head *head = event->record;
    const gbx_buf_pin *pin = (const gbx_buf_pin *)(const void *)head;
    if (process->exports == NULL && process->exports_whole) {
        process->exports = gbx_exports_new();
    }
    if (process->exports == NULL || !process->exports_whole) {
        return;
    }
    switch (head->event) {
        case GBX_EV_BUF_GET:
            check_get(c, thread, (const gbx_buf_get *)(const void *)head, event->stream, at);
            break;
        case GBX_EV_BUF_RELEASE:
            check_release(c, thread, (const gbx_buf_release *)(const void *)head, event->stream, at);
            break;
        case GBX_EV_BUF_ERROR:
            check_error(c, thread, (const gbx_buf_error *)(const void *)head, event->stream, at);
            break;
        case GBX_EV_BUF_PIN: case GBX_EV_BUF_UNPIN:
            count(c, thread, GBX_EXPORTS_COUNTER, pin->object, head->event == GBX_EV_BUF_PIN ? 1 : -1,
                  pin->exports, event->stream, at);
            break;
        default:
            check_view(c, thread, (const gbx_buf_view *)(const void *)head, event->stream, at);
            break;
    }
}

/* Deaths carry no time: without the GIL only the thread's own order is sure. */
void
gbx_check_buf_death(gbx_checker *c, thread_state *thread, const gbx_obj *object, size_t at)
{
    process_state *process = thread->of;
    if (process->exports == NULL || !process->exports_whole || gbx_exports_out(process->exports) == 0) {
        return;
    }
    const gbx_export *out = gbx_exports_of(process->exports, object->address);
    c->result[GBX_INVARIANT_EXPORTS].looked_at++;
    if (out == NULL || (process->free_threaded && &c->threads[out->stream] != thread)) {
        return;
    }
    gbx_checker_violate(c, GBX_INVARIANT_EXPORTS, at, "'%.60s' at %#" PRIx64 " dies while its memory is out",
                        type_name(c, thread, GBX_U24(object->type)), object->address);
    gbx_exports_forget(process->exports, object->address);
}

void
gbx_check_buf_clear(process_state *process)
{
    gbx_exports_free(process->exports);
}
