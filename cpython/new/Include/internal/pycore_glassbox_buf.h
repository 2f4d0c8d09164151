/* Glassbox: the hook macros of the buffer protocol.

   The rules of pycore_glassbox.h hold: a macro is one line of an upstream file; off, it tests one word and
   evaluates none of its arguments; compiled out, it is nothing (or the call that it brackets).  What the
   hooks do is in Python/glassbox_buf.c.

   An exporter that counts its exports does so inside a function that is called through a slot, and knows
   neither who asked nor which Py_buffer it is released from.  So it only notes its count,
   GLASSBOX_BUF_COUNT(), and the hook around the slot's call, which makes the record, takes the note. */

#ifndef Py_INTERNAL_GLASSBOX_BUF_H
#define Py_INTERNAL_GLASSBOX_BUF_H
#ifdef __cplusplus
extern "C" {
#endif

#include "pycore_glassbox.h"        // GLASSBOX_HOOK()

extern const void *_PyGlassbox_BufAsk(const Py_buffer *);
extern void _PyGlassbox_BufAsked(const void *outer, int how, PyObject *, const Py_buffer *, int flags,
                                 int result, const void *by);
extern void _PyGlassbox_BufRefused(int how, PyObject *, int flags, const void *by);
extern void _PyGlassbox_BufFill(const Py_buffer *, int flags, const void *by);
extern void _PyGlassbox_BufBytes(const Py_buffer *, const void *by);
extern void _PyGlassbox_BufReleasing(void);
extern void _PyGlassbox_BufRelease(int how, PyObject *exporter, const Py_buffer *, const void *by);
PyAPI_FUNC(void) _PyGlassbox_BufCount(const void *counter, Py_ssize_t exports);
PyAPI_FUNC(void) _PyGlassbox_BufInUse(int what, PyObject *, Py_ssize_t exports, const void *by);
extern void _PyGlassbox_BufPin(int event, PyObject *, Py_ssize_t exports);
extern void _PyGlassbox_BufView(int event, PyObject *view);
extern void _PyGlassbox_BufLayout(int how, PyObject *view, const void *base);
extern void _PyGlassbox_BufPython(int event, PyObject *, PyObject *view);
extern void _PyGlassbox_BufMemory(int event, unsigned int domain, uintptr_t address, size_t size,
                                  const void *by);

/* Memory of an extension's own allocator, as tracemalloc is told of it. */
#define GLASSBOX_MEMORY_NEW(DOMAIN, ADDRESS, SIZE) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufMemory(GBX_EV_MEMORY_NEW, (DOMAIN), (ADDRESS), (SIZE), \
                                             __builtin_return_address(0)))
#define GLASSBOX_MEMORY_FREE(DOMAIN, ADDRESS) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufMemory(GBX_EV_MEMORY_FREE, (DOMAIN), (ADDRESS), 0, \
                                             __builtin_return_address(0)))

/* CALL asks an object's bf_getbuffer for VIEW, and the whole has its value. */
#if Py_GLASSBOX
#  define GLASSBOX_BUF_GET(HOW, OBJECT, VIEW, FLAGS, CALL) \
    __extension__ ({ \
        bool glassbox_on = GLASSBOX_ON(BUF); \
        const void *glassbox_outer = glassbox_on ? _PyGlassbox_BufAsk(VIEW) : NULL; \
        int glassbox_result = (CALL); \
        if (glassbox_on) { \
            _PyGlassbox_BufAsked(glassbox_outer, GBX_GET_##HOW, (OBJECT), (VIEW), (FLAGS), \
                                 glassbox_result, __builtin_return_address(0)); \
        } \
        glassbox_result; })
#else
#  define GLASSBOX_BUF_GET(HOW, OBJECT, VIEW, FLAGS, CALL) (CALL)
#endif
/* Refused before anybody was asked, or afterwards; the exception is set. */
#define GLASSBOX_BUF_REFUSED(HOW, OBJECT, FLAGS) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufRefused(GBX_GET_##HOW, (PyObject *)(OBJECT), (FLAGS), \
                                              __builtin_return_address(0)))
#define GLASSBOX_BUF_FILL(VIEW, FLAGS) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufFill((VIEW), (FLAGS), __builtin_return_address(0)))

/* Of bytes, by hand: obj, buf and len alone are filled in. */
#define GLASSBOX_BUF_BYTES(VIEW) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufBytes((VIEW), __builtin_return_address(0)))

/* Around the call of an exporter's bf_releasebuffer, if it has one; it still lives at the second. */
#define GLASSBOX_BUF_RELEASING() \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufReleasing())
#define GLASSBOX_BUF_RELEASE(HOW, EXPORTER, VIEW) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufRelease(GBX_GET_##HOW, (PyObject *)(EXPORTER), (VIEW), \
                                              __builtin_return_address(0)))

/* By an exporter: how many exports it has now; that it cannot do WHAT because of them; that it counts one
   more, or one less, that is no Py_buffer. */
#define GLASSBOX_BUF_COUNT(OBJECT, EXPORTS) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufCount((OBJECT), (EXPORTS)))
#define GLASSBOX_BUF_IN_USE(WHAT, OBJECT, EXPORTS) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufInUse(GBX_IN_USE_##WHAT, (PyObject *)(OBJECT), (EXPORTS), \
                                            __builtin_return_address(0)))
#define GLASSBOX_BUF_PIN(OBJECT, EXPORTS) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufPin(GBX_EV_BUF_PIN, (PyObject *)(OBJECT), (EXPORTS)))
#define GLASSBOX_BUF_UNPIN(OBJECT, EXPORTS) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufPin(GBX_EV_BUF_UNPIN, (PyObject *)(OBJECT), (EXPORTS)))

/* A memoryview joins its managed buffer, leaves it, and is complete: what it shows of the memory is known
   only after slicing or casting.  BASE: what it was made from, or NULL. */
#define GLASSBOX_VIEW_NEW(VIEW) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufView(GBX_EV_VIEW_NEW, (PyObject *)(VIEW)))
#define GLASSBOX_VIEW_RELEASE(VIEW) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufView(GBX_EV_VIEW_RELEASE, (PyObject *)(VIEW)))
#define GLASSBOX_VIEW_LAYOUT(HOW, VIEW, BASE) \
    GLASSBOX_HOOK(BUF, if ((VIEW) != NULL) { \
        _PyGlassbox_BufLayout(GBX_VIEW_##HOW, (PyObject *)(VIEW), (BASE)); })

/* An object's __buffer__ gave VIEW; its __release_buffer__ is to be called with it. */
#define GLASSBOX_BUF_PYTHON_GET(OBJECT, VIEW) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufPython(GBX_EV_BUF_PYTHON_GET, (OBJECT), (VIEW)))
#define GLASSBOX_BUF_PYTHON_RELEASE(OBJECT, VIEW) \
    GLASSBOX_HOOK(BUF, _PyGlassbox_BufPython(GBX_EV_BUF_PYTHON_RELEASE, (OBJECT), (VIEW)))

#ifdef __cplusplus
}
#endif
#endif /* !Py_INTERNAL_GLASSBOX_BUF_H */
