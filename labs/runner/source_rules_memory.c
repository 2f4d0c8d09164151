/* The rules for events of classes ref, obj and alloc: which build's line it is, which half of the count,
   which free list.

   object.h holds four versions of each reference operation, one a build, and the eval loop has macros of
   its own; the record does not say which of the two it was that a C function was compiled with, so both
   are named. */

#include "source_internal.h"

#include <string.h>

static bool
is(const char *text, const char *word)
{
    return strcmp(text, word) == 0;
}

static bool
is_build(const gbx_asked *it, uint8_t bit)
{
    return (gbx_trace_process(it->trace, it->where.process)->header->build & bit) != 0;
}

/* Does one of a few lines that end with the hook's own have the word?  The definitions of one function
   for several builds differ there. */
static bool
is_near(const gbx_asked *it, const gbx_hook *hook, int lines, const char *word)
{
    gbx_text *text = gbx_source_text(it->source, hook->site.file, NULL);
    if (text == NULL || gbx_text_code(text) == NULL || hook->site.line < 1) {
        return false;
    }
    size_t last = (size_t)hook->site.line - 1, first = last < (size_t)lines ? 0 : last - (size_t)lines + 1;
    size_t from = text->lines[first], to = gbx_text_end(text, last);
    return gbx_find_word(text->code, from, to, word, strlen(word)) < to;
}

/* ------------------------------------------------------------------- class obj */

const char *
gbx_asked_type(const gbx_asked *it)
{
    const void *record = it->record;
    uint32_t id;
    if (gbx_event_class(it->record->event) == GBX_CLASS_REF) {
        const gbx_watch_info *watch = gbx_trace_watch(it->trace, it->where.process,
                                                      ((const gbx_ref *)record)->watch);
        id = watch == NULL ? 0 : watch->type;
    }
    else {
        id = GBX_U24(((const gbx_obj *)record)->type);
    }
    const gbx_type_info *type = gbx_trace_type(it->trace, it->where.process, id);
    return type == NULL ? NULL : type->name;
}

bool
gbx_fits_create(const gbx_asked *it, const gbx_hook *hook)
{
    (void)it;
    return strstr(hook->arguments[1], "CREATE") != NULL;
}

/* Objects die in _Py_Dealloc, in the eval loop's own Py_DECREF, which other builds do without, or in a
   few functions that are for one type alone. */
static const struct { const char *file, *function, *types[3]; } alone[] = {
    { "Objects/tupleobject.c", NULL, { "tuple" } },
    { "Objects/bytesobject.c", NULL, { "bytes" } },
    { "Objects/unicodeobject.c", NULL, { "str" } },
    { "Objects/dictobject.c", NULL, { "dict" } },
    { "Objects/funcobject.c", NULL, { "function" } },
    { "Objects/codeobject.c", NULL, { "code" } },
    { "Include/internal/pycore_object.h", "_Py_DECREF_SPECIALIZED", { "int", "float", "str" } },
    { "Include/internal/pycore_object.h", "_Py_DECREF_NO_DEALLOC", { "int", "float", "str" } },
    { "Python/ceval.c", "_Py_DECREF_SPECIALIZED", { "int", "float", "str" } },
};

/* Is the line for objects of the event's type, as far as that is known? */
static bool
is_for_type(const gbx_asked *it, const gbx_hook *hook)
{
    const char *type = gbx_asked_type(it);
    for (size_t i = 0; type != NULL && i < sizeof(alone) / sizeof(alone[0]); i++) {
        const char *function = alone[i].function;
        if (is(hook->site.file, alone[i].file) && (function == NULL || is(hook->site.function, function))) {
            bool is_one = false;
            for (size_t t = 0; t < 3 && alone[i].types[t] != NULL; t++) {
                is_one |= is(type, alone[i].types[t]);
            }
            return is_one;
        }
    }
    return true;
}

static bool
is_loops_own(const gbx_hook *hook)
{
    return is(hook->site.file, "Python/ceval.c");
}

bool
gbx_fits_destroy(const gbx_asked *it, const gbx_hook *hook)
{
    bool has_loops_own = !is_build(it, GBX_BUILD_DEBUG | GBX_BUILD_FREE_THREADED);
    return strstr(hook->arguments[1], "CREATE") == NULL && (has_loops_own || !is_loops_own(hook))
        && is_for_type(it, hook);
}

bool
gbx_fits_revive(const gbx_asked *it, const gbx_hook *hook)
{
    return is_for_type(it, hook);
}

/* ------------------------------------------------------------------- class ref */

/* Is it this build's version of the operation? */
static bool
is_version(const gbx_asked *it, const gbx_hook *hook)
{
    bool halves = is_build(it, GBX_BUILD_FREE_THREADED), debug = is_build(it, GBX_BUILD_DEBUG);
    if (is_loops_own(hook)) {
        return !halves && !debug;
    }
    if (is(hook->site.hook, "GLASSBOX_REF_INC") && is_near(it, hook, 1, "local") != halves) {
        return false;
    }
    bool is_decrement = is(hook->site.function, "Py_DECREF");
    return !is_decrement || is_near(it, hook, 6, "filename") == debug;
}

/* By +1 or -1 alone, with a count or the owner's half of it. */
bool
gbx_fits_one(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_ref *ref = (const gbx_ref *)(const void *)it->record;
    bool skips = ref->h.event == GBX_EV_REF_SKIP;
    bool ours = ref->h.flags == GBX_REF_PLAIN || ref->h.flags == GBX_REF_LOCAL;
    return ours && (skips || ref->delta == 1 || ref->delta == -1) && is_version(it, hook)
        && is_for_type(it, hook);
}

bool
gbx_fits_try(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_ref *ref = (const gbx_ref *)(const void *)it->record;
    (void)hook;
    return is_build(it, GBX_BUILD_FREE_THREADED)
        && (ref->h.flags == GBX_REF_TRY || (ref->h.flags == GBX_REF_LOCAL && ref->delta == 1));
}

/* One write of +n; n may be 1. */
bool
gbx_fits_many(const gbx_asked *it, const gbx_hook *hook)
{
    (void)hook;
    return it->record->flags == GBX_REF_MANY
        || (it->record->flags == GBX_REF_LOCAL && ((const gbx_ref *)(const void *)it->record)->delta != -1);
}

/* Another thread's: in place of the operation, of 1 or of n. */
bool
gbx_fits_instead(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_ref *ref = (const gbx_ref *)(const void *)it->record;
    bool for_one = is(hook->site.file, "Include/object.h");
    return ref->h.flags == GBX_REF_SHARED && (ref->delta == 1 || !for_one);
}

/* The hook's second argument, or its first, is the event's word. */
bool
gbx_fits_second(const gbx_asked *it, const gbx_hook *hook)
{
    return is(hook->arguments[1], it->word);
}

bool
gbx_fits_first(const gbx_asked *it, const gbx_hook *hook)
{
    return is(hook->arguments[0], it->word);
}

bool
gbx_fits_others(const gbx_asked *it, const gbx_hook *hook)
{
    (void)hook;
    return it->record->flags == GBX_REF_SHARED;
}

bool
gbx_fits_set(const gbx_asked *it, const gbx_hook *hook)
{
    (void)hook;
    return it->record->flags == GBX_REF_PLAIN;
}

/* A dying object is revived for a while, and dies again or does not. */
bool
gbx_fits_resurrect(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_ref *ref = (const gbx_ref *)(const void *)it->record;
    if (!gbx_fits_first(it, hook) && !is(hook->site.hook, "GLASSBOX_REF_REBORN")) {
        return false;
    }
    return ref->h.flags != GBX_REF_RESURRECT
        || (is(hook->site.hook, "GLASSBOX_REF_REBORN") == is_build(it, GBX_BUILD_FREE_THREADED)
            && (ref->local != 0 || is(hook->site.function, "_PyObject_ResurrectEnd")));
}

bool
gbx_fits_immortalize(const gbx_asked *it, const gbx_hook *hook)
{
    (void)hook;
    return it->record->flags == GBX_REF_IMMORTALIZE;
}

bool
gbx_fits_defer(const gbx_asked *it, const gbx_hook *hook)
{
    (void)hook;
    return it->record->flags == GBX_REF_DEFER;
}

bool
gbx_fits_born(const gbx_asked *it, const gbx_hook *hook)
{
    return it->record->flags == GBX_REF_NEW && gbx_fits_create(it, hook);
}

/* ----------------------------------------------------------------- class alloc */

/* pymalloc's, or the raw allocator's. */
bool
gbx_fits_pool_build(const gbx_asked *it, const gbx_hook *hook)
{
    (void)hook;
    return !is_build(it, GBX_BUILD_FREE_THREADED);
}

/* mimalloc's, of the event's domain where the line says one. */
bool
gbx_fits_heap(const gbx_asked *it, const gbx_hook *hook)
{
    const char *domain = hook->arguments[0];
    bool says = is(domain, "MEM") || is(domain, "OBJ");
    return is_build(it, GBX_BUILD_FREE_THREADED)
        && (!says || it->record->event == GBX_EV_BLOCK_FREE || is(domain, it->word));
}

/* From malloc(): without the GIL only what is raw. */
bool
gbx_fits_large(const gbx_asked *it, const gbx_hook *hook)
{
    (void)hook;
    return !is_build(it, GBX_BUILD_FREE_THREADED) || it->record->flags == GBX_DOMAIN_RAW;
}

bool
gbx_fits_freelist(const gbx_asked *it, const gbx_hook *hook)
{
    uint8_t event = it->record->event;
    const char *what = event == GBX_EV_FREELIST_HIT ? "HIT" : event == GBX_EV_FREELIST_PUT ? "PUT" : "DROP";
    return is(hook->arguments[0], what) && is(hook->arguments[1], it->word);
}

/* Pools, pages, segments: the hook's first argument is the end of the event's name. */
bool
gbx_fits_end_of_name(const gbx_asked *it, const gbx_hook *hook)
{
    static const struct { uint8_t event; const char *word; } words[] = {
        { GBX_EV_POOL_NEW, "NEW" }, { GBX_EV_POOL_FULL, "FULL" }, { GBX_EV_POOL_PARTIAL, "PARTIAL" },
        { GBX_EV_POOL_EMPTY, "EMPTY" }, { GBX_EV_HEAP_PAGE_NEW, "NEW" }, { GBX_EV_HEAP_PAGE_FREE, "FREE" },
        { GBX_EV_HEAP_PAGE_ABANDON, "ABANDON" }, { GBX_EV_HEAP_PAGE_RECLAIM, "RECLAIM" },
        { GBX_EV_HEAP_SEGMENT_NEW, "NEW" }, { GBX_EV_HEAP_SEGMENT_FREE, "FREE" },
    };
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (words[i].event == it->record->event) {
            return is(hook->arguments[0], words[i].word);
        }
    }
    return false;
}
