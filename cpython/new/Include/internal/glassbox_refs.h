/* Glassbox: the hooks in the reference operations that object.h inlines everywhere.

   object.h is public.  Whatever is compiled as part of CPython itself, shared modules of the standard
   library included, is compiled with -DPy_GLASSBOX_REFS and has the hooks; an extension that includes
   the installed headers is not, and compiles to what upstream's headers compile to.  (What it does to
   a watched object shows as a gap between two counts.)  This header includes nothing: object.h
   includes it before it has declared anything but PyObject.

   With the GIL a hook stands before the operation and tells its outcome from the count as it is:
   nobody else can change that in between, and so one hook serves the mortal and the immortal branch.
   Without it, a hook stands after the operation and is told what the operation wrote. */

#ifndef GLASSBOX_REFS_H
#define GLASSBOX_REFS_H
#ifdef __cplusplus
extern "C" {
#endif

#if defined(Py_GLASSBOX_REFS) && (!defined(Py_GLASSBOX) || Py_GLASSBOX)

/* Not 0 while the reference operations of anybody are to be recorded: class `ref` is on, and an object
   is watched or all operations are counted.  Written by Python/glassbox_watch.c. */
PyAPI_DATA(unsigned int) _PyGlassbox_refs;

PyAPI_FUNC(void) _PyGlassbox_RefInc(PyObject *);
PyAPI_FUNC(void) _PyGlassbox_RefDec(PyObject *);
PyAPI_FUNC(void) _PyGlassbox_RefAdd(PyObject *, Py_ssize_t);
PyAPI_FUNC(void) _PyGlassbox_RefSet(PyObject *, Py_ssize_t);
PyAPI_FUNC(void) _PyGlassbox_RefStore(PyObject *, int how, Py_ssize_t);
PyAPI_FUNC(void) _PyGlassbox_RefBy(PyObject *, const void *caller);
PyAPI_FUNC(void) _PyGlassbox_RefHow(int how);

/* The empty asm keeps the call from becoming a jump: its return address is what the record says. */
#  define GLASSBOX_REF_HOOK(CALL) \
    do { \
        if (__builtin_expect(_PyGlassbox_refs != 0, 0)) { \
            CALL; \
            __asm__ volatile (""); \
        } \
    } while (0)
#else
#  define GLASSBOX_REF_HOOK(CALL)  ((void)0)
#endif

#define GLASSBOX_REF_INC(OP)         GLASSBOX_REF_HOOK(_PyGlassbox_RefInc(OP))
#define GLASSBOX_REF_DEC(OP)         GLASSBOX_REF_HOOK(_PyGlassbox_RefDec(OP))
#define GLASSBOX_REF_ADD(OP, N)      GLASSBOX_REF_HOOK(_PyGlassbox_RefAdd((OP), (N)))
#define GLASSBOX_REF_SET(OP, COUNT)  GLASSBOX_REF_HOOK(_PyGlassbox_RefSet((OP), (COUNT)))
/* Writes that ask nothing of the count before: a birth, the end of mortality, its return at the end of
   the process. */
#define GLASSBOX_REF_NEW(OP)         GLASSBOX_REF_HOOK(_PyGlassbox_RefStore((OP), GBX_REF_NEW, 1))
#define GLASSBOX_REF_IMMORTALIZE(OP) \
    GLASSBOX_REF_HOOK(_PyGlassbox_RefStore((OP), GBX_REF_IMMORTALIZE, _Py_IMMORTAL_REFCNT))
#define GLASSBOX_REF_REVIVE(OP, COUNT) \
    GLASSBOX_REF_HOOK(_PyGlassbox_RefStore((OP), GBX_REF_PLAIN, (COUNT)))
/* In a function that exists to do one operation for its caller: the next record names the caller. */
#define GLASSBOX_REF_BY(OP)          GLASSBOX_REF_HOOK(_PyGlassbox_RefBy((OP), __builtin_return_address(0)))
/* Before an operation that has a reason of its own: the next record of this thread says so. */
#define GLASSBOX_REF_HOW(HOW)        GLASSBOX_REF_HOOK(_PyGlassbox_RefHow(GBX_REF_##HOW))

#ifdef __cplusplus
}
#endif
#endif /* !GLASSBOX_REFS_H */
