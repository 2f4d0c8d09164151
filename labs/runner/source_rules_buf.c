/* The rules for events of class buf: which of a hook's lines, by the word that the line has for what the
   record says, by the types that it is about, and by what the thread recorded just before or after. */

#include "source_internal.h"

#include <string.h>

#define NEAR 200u                /* events of all threads to look through: a buffer may have 64 axes */

static bool
is(const char *text, const char *word)
{
    return strcmp(text, word) == 0;
}

/* A value as hooks write it. */
static const char *
word_of(uint8_t event, unsigned value)
{
    static const char *const get[] = { "OBJECT", "FILL", "METHOD", "CHECK", "WRITE", "WRAPPER", "NO_PROTOCOL",
                                       "BAD_FLAGS", "CONTIGUOUS" };
    static const char *const in_use[] = { "RESIZE", "CLOSE", "RELEASE", "DEALLOC" };
    static const char *const view[] = { "OBJECT", "COPY", "SLICE", "CAST", "READONLY", "CONTIGUOUS", "MEMORY",
                                        "BUFFER" };
    if (event == GBX_EV_BUF_ERROR) {
        return value < 4 ? in_use[value] : "";
    }
    return event == GBX_EV_VIEW_LAYOUT ? (value < 8 ? view[value] : "") : value < 9 ? get[value] : "";
}

static const char *
type_name(const gbx_asked *it, uint32_t type)
{
    const gbx_type_info *info = gbx_trace_type(it->trace, it->where.process, type);
    return info == NULL ? "" : info->name;
}

/* Bytes that are joined are lent by hand; other memory that nobody was asked for, by a function. */
static bool
fits_get(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_buf_get *get = (const gbx_buf_get *)(const void *)it->record;
    bool bytes = is(type_name(it, get->exporter_type), "bytes");
    if (is(hook->site.hook, "GLASSBOX_BUF_GET")) {
        return is(hook->arguments[0], word_of(GBX_EV_BUF_GET, get->how));
    }
    return get->how == GBX_GET_FILL && is(hook->site.hook, "GLASSBOX_BUF_BYTES") == bytes;
}

/* The type that counts tells the file; one that is derived from it tells nothing. */
static bool
fits_error(const gbx_asked *it, const gbx_hook *hook)
{
    static const struct { const char *type, *file; } files[] = {
        { "bytearray", "Objects/bytearrayobject.c" }, { "array.array", "Modules/arraymodule.c" },
        { "mmap.mmap", "Modules/mmapmodule.c" }, { "_io.BytesIO", "Modules/_io/bytesio.c" },
        { "memoryview", "Objects/memoryobject.c" },
    };
    const gbx_buf_error *error = (const gbx_buf_error *)(const void *)it->record;
    const char *type = type_name(it, error->type), *file = hook->site.file;
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        if (is(type, files[i].type)) {
            file = files[i].file;
        }
    }
    return is(hook->arguments[0], word_of(GBX_EV_BUF_ERROR, error->h.flags)) && is(hook->site.file, file);
}

static bool
fits_refused(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_buf_refused *refused = (const gbx_buf_refused *)(const void *)it->record;
    bool picklebuf = is(type_name(it, refused->type), "pickle.PickleBuffer");
    return is(hook->arguments[0], word_of(GBX_EV_BUF_REFUSED, it->record->flags))
        && (it->record->flags != GBX_GET_CONTIGUOUS
            || picklebuf == is(hook->site.file, "Objects/picklebufobject.c"));
}

/* The layout that the thread records next, if it is this memoryview's: of one that was registered before its
   shape was known, or after. */
static bool
fits_new(const gbx_asked *it, const gbx_hook *hook)
{
    uint64_t view = ((const gbx_buf_view *)(const void *)it->record)->view;
    size_t count = gbx_trace_count(it->trace);
    for (size_t at = it->at + 1; at < count && at - it->at < NEAR; at++) {
        const gbx_head *head = gbx_trace_record(it->trace, at);
        const gbx_buf_layout *layout = (const gbx_buf_layout *)(const void *)head;
        if (head->event != GBX_EV_VIEW_LAYOUT || gbx_trace_where(it->trace, at).stream != it->where.stream) {
            continue;
        }
        bool incomplete = layout->how == GBX_VIEW_CAST || layout->how == GBX_VIEW_CONTIGUOUS;
        return layout->view != view || incomplete == is(hook->site.function, "mbuf_add_incomplete_view");
    }
    return true;
}

/* Was the memory got by calling __buffer__ as a method? */
static bool
got_by_method(const gbx_asked *it, uint64_t object)
{
    size_t at = it->at;
    for (unsigned steps = 0; steps < NEAR && (at = gbx_asked_before(it, at)) != SIZE_MAX; steps++) {
        const gbx_buf_get *get = (const gbx_buf_get *)(const void *)gbx_trace_record(it->trace, at);
        if (get->h.event == GBX_EV_BUF_GET && get->object == object) {
            return get->how == GBX_GET_METHOD;
        }
    }
    return false;
}

static bool
fits_layout(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_buf_layout *layout = (const gbx_buf_layout *)(const void *)it->record;
    bool method = is(hook->site.function, "_PyMemoryView_FromBufferProc");
    return is(hook->arguments[0], word_of(GBX_EV_VIEW_LAYOUT, layout->how))
        && (layout->how != GBX_VIEW_OBJECT || method == got_by_method(it, layout->base));
}

bool
gbx_fits_buf(const gbx_asked *it, const gbx_hook *hook)
{
    switch (it->record->event) {
        case GBX_EV_BUF_GET:
            return fits_get(it, hook);
        case GBX_EV_BUF_RELEASE:
            return is(hook->arguments[0], word_of(GBX_EV_BUF_RELEASE, it->record->flags));
        case GBX_EV_BUF_REFUSED:
            return fits_refused(it, hook);
        case GBX_EV_BUF_ERROR:
            return fits_error(it, hook);
        case GBX_EV_VIEW_NEW:
            return fits_new(it, hook);
        default:
            return fits_layout(it, hook);
    }
}
