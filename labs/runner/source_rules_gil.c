/* The rule for events of class gil: which of a hook's lines, by the reason in the record and by what the
   thread did next. */

#include "source_internal.h"

#include <string.h>

#define FAR 100000u                      /* events to look ahead for the thread's own next one */

static bool
is(const char *text, const char *word)
{
    return strcmp(text, word) == 0;
}

/* The thread's next release, if that is its next event of the lock; NULL. */
static const gbx_gil_release *
release_after(const gbx_asked *it)
{
    size_t count = gbx_trace_count(it->trace);
    for (size_t at = it->at + 1; at < count && at - it->at < FAR; at++) {
        const gbx_head *head = gbx_trace_record(it->trace, at);
        if (gbx_event_class(head->event) == GBX_CLASS_GIL &&
            gbx_trace_where(it->trace, at).stream == it->where.stream) {
            return head->event == GBX_EV_GIL_RELEASE ? (const gbx_gil_release *)(const void *)head : NULL;
        }
    }
    return NULL;
}

/* Taken by a thread that is told to end: it lets go at once, for good, and runs no code of Python's. */
static bool
taken_to_exit(const gbx_asked *it)
{
    const gbx_gil_release *release = release_after(it);
    return release != NULL && release->h.flags == GBX_RELEASE_EXIT && release->by == 0;
}

static bool
fits_section(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_section *section = (const gbx_section *)(const void *)it->record;
    const char *mutexes = hook->arguments[2];
    return (!is(mutexes, "1") && !is(mutexes, "2")) || is(mutexes, section->mutexes == 1 ? "1" : "2");
}

static bool
fits_park(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_park *park = (const gbx_park *)(const void *)it->record;
    uint64_t on = park->h.event == GBX_EV_WAKE ? park->value : park->h.flags;
    bool raw = strncmp(hook->site.hook, "GLASSBOX_RAW_", 13) == 0;
    bool all = is(hook->site.hook, "GLASSBOX_UNPARK_ALL");
    bool one = park->h.event != GBX_EV_UNPARK || park->value <= 1;
    return raw == (on == GBX_PARK_SEMAPHORE) && (all || one);
}

bool
gbx_fits_gil(const gbx_asked *it, const gbx_hook *hook)
{
    bool disables = is(hook->site.function, "_PyEval_DisableGIL");
    switch (it->record->event) {
        case GBX_EV_GIL_RELEASE:
            return disables == (it->record->flags == GBX_RELEASE_DISABLE);
        case GBX_EV_GIL_ACQUIRE:
            return taken_to_exit(it) == is(hook->site.hook, "GLASSBOX_GIL_ACQUIRE_TO_EXIT");
        case GBX_EV_GIL_GIVE_UP: case GBX_EV_GIL_ENABLE:
            return is(hook->arguments[0], it->word);
        case GBX_EV_DETACH:
            return is(hook->arguments[1], it->record->flags == GBX_RELEASE_EXIT ? "1" : "0");
        case GBX_EV_SECTION_CONTENDED: case GBX_EV_SECTION_BEGIN:
            return fits_section(it, hook);
        default:
            return fits_park(it, hook);
    }
}
