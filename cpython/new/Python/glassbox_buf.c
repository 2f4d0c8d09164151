/* Glassbox buf: who lends memory to whom, and when it is given back.

   An export begins where an object's bf_getbuffer has filled in a Py_buffer, and ends where the exporter has
   been told.  Both are recorded after the exporter's own function, while the exporter lives, so that its own
   count of exports, where it keeps one, can stand in the record: what the exporter noted lies in the
   thread's stream (buf_*) until then.

   One buffer may be asked of several objects in turn: a PickleBuffer hands the request on to what it holds.
   All of them fill in the same Py_buffer, and only one export comes of it.  So what was told last is kept,
   too, and whoever comes back with the same Py_buffer from the same exporter has passed it on.

   The Py_buffer may be half filled in, and its arrays are the exporter's: hooks read what the rules of the
   protocol let a consumer read, and nothing more.  They must not allocate, raise, or run Python code. */

#include "Python.h"
#include "pycore_glassbox_buf.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_pystate.h"        // _PyThreadState_GET()

#if Py_GLASSBOX

static inline uint64_t
number(const void *address)
{
    return (uint64_t)(uintptr_t)address;
}

static inline uint32_t
clamped(Py_ssize_t count)
{
    return count < 0 ? 0 : (size_t)count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
}

static inline uint32_t
type_of(PyObject *object)
{
    return object == NULL ? 0 : gbx_type_id(Py_TYPE(object));
}

/* ------------------------------------------------------------------ a layout */

/* Are the strides those of an array without gaps, counted from its last axis (C) or its first (Fortran)? */
static bool
has_no_gaps(const Py_buffer *view, bool fortran)
{
    Py_ssize_t stride = view->itemsize;
    for (int i = 0; i < view->ndim; i++) {
        int axis = fortran ? i : view->ndim - 1 - i;
        if (view->shape[axis] > 1 && view->strides[axis] != stride) {
            return false;
        }
        stride *= view->shape[axis];
    }
    return true;
}

/* Bits of enum BUFFER.  A buffer without strides is contiguous by the protocol's own rule; with a shape that
   nobody asked for, there is nothing more to be read. */
static uint8_t
state_of(const Py_buffer *view)
{
    bool shaped = view->shape != NULL && view->ndim > 0 && view->ndim <= PyBUF_MAX_NDIM;
    bool strided = shaped && view->strides != NULL;
    bool indirect = view->suboffsets != NULL;
    bool line = view->ndim <= 1;
    bool c = !indirect && (view->len == 0 || !strided || has_no_gaps(view, false));
    bool f = !indirect && (view->len == 0 || (strided ? has_no_gaps(view, true) : line));
    return (uint8_t)((view->readonly != 0) << GBX_BUFFER_READONLY | c << GBX_BUFFER_C | f << GBX_BUFFER_F |
                     shaped << GBX_BUFFER_SHAPE | strided << GBX_BUFFER_STRIDES |
                     (shaped && indirect) << GBX_BUFFER_SUBOFFSETS);
}

static uint32_t
format_of(const Py_buffer *view)
{
    return view->format == NULL ? 0
        : _PyGlassbox_InternBytes(view->format, strnlen(view->format, 200));
}

/* One record an axis, after the one that tells of the buffer. */
static void
record_axes(const Py_buffer *view, uint8_t state)
{
    for (int i = 0; state & (1u << GBX_BUFFER_SHAPE) && i < view->ndim; i++) {
        gbx_buf_axis *record = gbx_reserve(sizeof(*record), _PyThreadState_GET(), false);
        if (record == NULL) {
            return;
        }
        record->extent = view->shape[i];
        record->stride = state & (1u << GBX_BUFFER_STRIDES) ? view->strides[i] : 0;
        record->suboffset = state & (1u << GBX_BUFFER_SUBOFFSETS) ? view->suboffsets[i] : -1;
        gbx_commit(record, sizeof(*record), GBX_EV_BUF_AXIS, 0, (uint16_t)i, 0);
    }
}

/* -------------------------------------------------------------- an export */

/* What the exporter has noted, which is used up by it. */
static void
take_note(uint64_t *counter, uint32_t *exports)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    *counter = number(stream->buf_counter);
    *exports = stream->buf_counter == NULL ? 0 : stream->buf_exports;
    stream->buf_counter = NULL;
}

/* What was asked for.  The rest an exporter should have set to NULL; one that has not must not bring down a
   program that would never have looked. */
static Py_buffer
asked_part(const Py_buffer *whole, int flags)
{
    Py_buffer part = *whole;
    if (!(flags & PyBUF_FORMAT)) {
        part.format = NULL;
    }
    if (!(flags & PyBUF_ND)) {
        part.shape = NULL;
    }
    if ((flags & PyBUF_STRIDES) != PyBUF_STRIDES) {
        part.strides = NULL;
    }
    if ((flags & PyBUF_INDIRECT) != PyBUF_INDIRECT) {
        part.suboffsets = NULL;
    }
    return part;
}

/* `place` is where the Py_buffer lies, of which `part` is what may be looked at. */
static void
record_get(int how, PyObject *object, const void *place, const Py_buffer *whole, int flags, bool passed_on,
           const void *by)
{
    const Py_buffer part = asked_part(whole, flags), *view = &part;
    uint32_t dt;
    uint16_t offset;
    PyThreadState *tstate = _PyThreadState_GET();
    uint32_t code = _PyGlassbox_Running(tstate, &offset);
    uint8_t state = state_of(view);
    _PyGlassbox_ImageSee(by);
    gbx_buf_get *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_buf_get){
        .code = code, .asked = (uint16_t)flags, .how = (uint8_t)how,
        .ndim = view->ndim < 0 || view->ndim > UINT8_MAX ? UINT8_MAX : (uint8_t)view->ndim,
        .by = number(by), .view = number(place), .object = number(object), .exporter = number(view->obj),
        .type = type_of(object), .exporter_type = type_of(view->obj), .format = format_of(view),
        .address = number(view->buf), .length = (uint64_t)view->len, .itemsize = (uint64_t)view->itemsize,
    };
    take_note(&record->counter, &record->exports);
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_BUF_GET,
                   (uint8_t)(state | passed_on << GBX_BUFFER_PASSED_ON), offset, dt);
        record_axes(view, state);
    }
}

/* Before the exporter's own function.  Returns what was being asked for around it. */
const void *
_PyGlassbox_BufAsk(const Py_buffer *view)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    const void *outer = stream->buf_asked;
    stream->buf_asked = view;
    stream->buf_told = NULL;
    stream->buf_counter = NULL;
    return outer;
}

/* And after it. */
void
_PyGlassbox_BufAsked(const void *outer, int how, PyObject *object, const Py_buffer *view, int flags,
                     int result, const void *by)
{
    gbx_stream *stream = &_PyGlassbox_stream;
    stream->buf_asked = outer;
    if (!GLASSBOX_ON(BUF) || (result >= 0 && view == NULL)) {
        return;                        /* no longer; nothing was wanted, as in the first days of PEP 3118 */
    }
    if (result < 0) {
        stream->buf_counter = NULL;
        _PyGlassbox_BufRefused(how, object, flags, by);
        return;
    }
    bool passed_on = stream->buf_told == view && stream->buf_told_by == view->obj;
    record_get(how, object, view, view, flags, passed_on, by);
    stream->buf_told = view;
    stream->buf_told_by = view->obj;
}

/* Filled in, but not for an exporter that was asked for this Py_buffer: there, the record comes of asking. */
void
_PyGlassbox_BufFill(const Py_buffer *view, int flags, const void *by)
{
    if (view->obj != NULL && _PyGlassbox_stream.buf_asked != view) {
        _PyGlassbox_stream.buf_counter = NULL;
        record_get(GBX_GET_FILL, view->obj, view, view, flags, false, by);
    }
}

void
_PyGlassbox_BufBytes(const Py_buffer *view, const void *by)
{
    Py_buffer whole = { .obj = view->obj, .buf = view->buf, .len = view->len, .readonly = 1, .itemsize = 1,
                        .ndim = 1 };
    _PyGlassbox_stream.buf_counter = NULL;
    record_get(GBX_GET_FILL, view->obj, view, &whole, PyBUF_SIMPLE, false, by);
}

/* The pending exception's type, and its words where they are its first argument. */
static void
take_reason(PyThreadState *tstate, gbx_buf_refused *record)
{
    PyObject *exception = tstate->current_exception;
    PyObject *args = exception == NULL ? NULL : ((PyBaseExceptionObject *)exception)->args;
    record->exception = type_of(exception);
    if (args != NULL && PyTuple_Check(args) && PyTuple_GET_SIZE(args) > 0
        && PyUnicode_Check(PyTuple_GET_ITEM(args, 0))) {
        record->reason = _PyGlassbox_InternUnicode(PyTuple_GET_ITEM(args, 0));
    }
}

void
_PyGlassbox_BufRefused(int how, PyObject *object, int flags, const void *by)
{
    uint32_t dt;
    uint16_t offset;
    PyThreadState *tstate = _PyThreadState_GET();
    uint32_t code = _PyGlassbox_Running(tstate, &offset);
    _PyGlassbox_ImageSee(by);
    gbx_buf_refused *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_buf_refused){ .code = code, .asked = (uint16_t)flags, .by = number(by),
                                 .object = number(object), .type = type_of(object) };
    take_reason(tstate, record);
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_BUF_REFUSED, (uint8_t)how, offset, dt);
    }
}

void
_PyGlassbox_BufReleasing(void)
{
    _PyGlassbox_stream.buf_counter = NULL;
}

void
_PyGlassbox_BufRelease(int how, PyObject *exporter, const Py_buffer *view, const void *by)
{
    uint32_t dt;
    uint16_t offset;
    PyThreadState *tstate = _PyThreadState_GET();
    uint32_t code = _PyGlassbox_Running(tstate, &offset);
    _PyGlassbox_ImageSee(by);
    gbx_buf_release *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_buf_release){ .code = code, .exporter_type = type_of(exporter), .by = number(by),
                                 .view = number(view), .exporter = number(exporter),
                                 .address = number(view->buf) };
    take_note(&record->counter, &record->exports);
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_BUF_RELEASE, (uint8_t)how, offset, dt);
    }
}

/* --------------------------------------------------------------- its exporter */

void
_PyGlassbox_BufCount(const void *counter, Py_ssize_t exports)
{
    _PyGlassbox_stream.buf_counter = counter;
    _PyGlassbox_stream.buf_exports = clamped(exports);
}

void
_PyGlassbox_BufInUse(int what, PyObject *object, Py_ssize_t exports, const void *by)
{
    uint32_t dt;
    uint16_t offset;
    PyThreadState *tstate = _PyThreadState_GET();
    uint32_t code = _PyGlassbox_Running(tstate, &offset);
    _PyGlassbox_ImageSee(by);
    gbx_buf_error *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_buf_error){ .code = code, .type = type_of(object), .by = number(by),
                               .object = number(object), .exports = (uint64_t)exports };
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_BUF_ERROR, (uint8_t)what, offset, dt);
    }
}

void
_PyGlassbox_BufPin(int event, PyObject *object, Py_ssize_t exports)
{
    uint32_t dt;
    gbx_buf_pin *record = gbx_begin(sizeof(*record), _PyThreadState_GET(), false, &dt);
    if (record != NULL) {
        record->type = type_of(object);
        record->exports = clamped(exports);
        record->object = number(object);
        if (gbx_still_recording()) {
            gbx_commit(record, sizeof(*record), (uint8_t)event, 0, 0, dt);
        }
    }
}

/* ---------------------------------------------------------------- memoryviews */

void
_PyGlassbox_BufView(int event, PyObject *object)
{
    uint32_t dt;
    uint16_t offset;
    PyMemoryViewObject *view = (PyMemoryViewObject *)object;
    PyThreadState *tstate = _PyThreadState_GET();
    uint32_t code = _PyGlassbox_Running(tstate, &offset);
    gbx_buf_view *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = code;
    record->views = clamped(view->mbuf->exports - (event == GBX_EV_VIEW_RELEASE));
    record->view = number(view);
    record->managed = number(view->mbuf);
    record->master = number(&view->mbuf->master);
    record->exporter = number(view->mbuf->master.obj);
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, offset, dt);
    }
}

void
_PyGlassbox_BufLayout(int how, PyObject *object, const void *base)
{
    uint32_t dt;
    uint16_t offset;
    const Py_buffer *view = &((PyMemoryViewObject *)object)->view;
    PyThreadState *tstate = _PyThreadState_GET();
    uint32_t code = _PyGlassbox_Running(tstate, &offset);
    uint8_t state = state_of(view);
    gbx_buf_layout *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    *record = (gbx_buf_layout){
        .code = code, .how = (uint8_t)how, .ndim = (uint8_t)view->ndim, .view = number(object),
        .base = number(base), .address = number(view->buf), .length = (uint64_t)view->len,
        .itemsize = (uint64_t)view->itemsize, .format = format_of(view),
    };
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), GBX_EV_VIEW_LAYOUT, state, offset, dt);
        record_axes(view, state);
    }
}

/* ------------------------------------------------------------------ in Python */

void
_PyGlassbox_BufPython(int event, PyObject *object, PyObject *view)
{
    uint32_t dt;
    uint16_t offset;
    PyThreadState *tstate = _PyThreadState_GET();
    uint32_t code = _PyGlassbox_Running(tstate, &offset);
    gbx_buf_python *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = code;
    record->type = type_of(object);
    record->object = number(object);
    record->view = number(view);
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, offset, dt);
    }
}

/* --------------------------------------------------------------- other memory */

void
_PyGlassbox_BufMemory(int event, unsigned int domain, uintptr_t address, size_t size, const void *by)
{
    uint32_t dt;
    uint16_t offset;
    PyThreadState *tstate = _PyThreadState_GET();
    uint32_t code = _PyGlassbox_Running(tstate, &offset);
    _PyGlassbox_ImageSee(by);
    gbx_buf_memory *record = gbx_begin(sizeof(*record), tstate, false, &dt);
    if (record == NULL) {
        return;
    }
    record->code = code;
    record->domain = domain;
    record->by = number(by);
    record->address = address;
    record->size = size;
    if (gbx_still_recording()) {
        gbx_commit(record, sizeof(*record), (uint8_t)event, 0, offset, dt);
    }
}

#endif /* Py_GLASSBOX */
