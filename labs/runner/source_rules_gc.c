/* The rule for events of class gc: which collector's file, and which phase or verdict the line says. */

#include "source_internal.h"

#include <string.h>

static bool
is(const char *text, const char *word)
{
    return strcmp(text, word) == 0;
}

/* The two collectors are two files, and a build has one of them. */
static bool
is_built(const gbx_asked *it, const gbx_hook *hook)
{
    uint8_t build = gbx_trace_process(it->trace, it->where.process)->header->build;
    bool free_threaded = (build & GBX_BUILD_FREE_THREADED) != 0;
    return !is(hook->site.file, free_threaded ? "Python/gc.c" : "Python/gc_free_threading.c");
}

static bool
says_verdict(const gbx_asked *it, const gbx_hook *hook)
{
    if (is(hook->site.hook, "GLASSBOX_GC_VERDICTS")) {
        return is(it->word, "REACHABLE") || is(it->word, "UNREACHABLE");
    }
    if (is(hook->site.hook, "GLASSBOX_GC_ASKED")) {
        return is(it->word, "UNTRACKED");
    }
    return is(hook->arguments[is(hook->site.hook, "GLASSBOX_GC_PHASE_LIST") ? 2 : 1], it->word);
}

static bool
says_type(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_gc_untrack *record = (const gbx_gc_untrack *)(const void *)it->record;
    const gbx_type_info *type = gbx_trace_type(it->trace, it->where.process, record->type);
    return type == NULL || is(hook->arguments[0], is(type->name, "tuple") ? "PyTuple_Type" : "PyDict_Type");
}

bool
gbx_fits_gc(const gbx_asked *it, const gbx_hook *hook)
{
    if (!is_built(it, hook)) {
        return false;
    }
    switch (it->record->event) {
        case GBX_EV_GC_PHASE:
            return is(hook->site.hook, "GLASSBOX_GC_VERDICTS") ? is(it->word, "VERDICTS")
                : is(hook->arguments[0], it->word);
        case GBX_EV_GC_VERDICT:
            return says_verdict(it, hook);
        case GBX_EV_GC_UNTRACK:
            return says_type(it, hook);
        default:
            return true;
    }
}
