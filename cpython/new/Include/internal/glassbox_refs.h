/* Glassbox: the hooks in the reference operations that object.h inlines everywhere.

   object.h is public.  Whatever is compiled as part of CPython itself, shared modules of the standard
   library included, is compiled with -DPy_GLASSBOX_REFS and has the hooks; an extension that includes
   the installed headers is not, and compiles to what upstream's headers compile to.  (What it does to
   a watched object shows as a gap between two counts.)  This header includes nothing: object.h
   includes it before it has declared anything but PyObject, and holds what little of it others need.

   With the GIL a hook stands before the operation and tells its outcome from the count as it is:
   nobody else can change that in between, and so one hook serves the mortal and the immortal branch.
   Without it the same holds for the local half and its owner; what is done to the shared half is
   recorded after it is done. */

#ifndef GLASSBOX_REFS_H
#define GLASSBOX_REFS_H
#ifdef __cplusplus
extern "C" {
#endif

#if defined(Py_GLASSBOX_REFS) && (!defined(Py_GLASSBOX) || Py_GLASSBOX)

/* Not 0 while the reference operations of anybody are to be recorded: class `ref` is on, and an object
   is watched or all operations are counted.  Written by Python/glassbox_watch.c. */
PyAPI_DATA(unsigned int) _PyGlassbox_refs;

#  define GLASSBOX_REF_ON  __builtin_expect(_PyGlassbox_refs != 0, 0)

/* The empty asm keeps the call from becoming a jump: its return address is what the record says. */
#  define GLASSBOX_REF_HOOK(CALL) \
    do { \
        if (GLASSBOX_REF_ON) { \
            CALL; \
            __asm__ volatile (""); \
        } \
    } while (0)

/* The operations of which there are ten thousand.  A test in each is too much (measured: every tenth
   instruction of the eval loop), and a call makes the compiler keep its registers in memory where the
   call is not made.  But each of them begins by loading the count.  On x86-64 that load is an instruction
   of our choice, long enough to be overwritten by a jump, with a stub apart from the code that calls the
   recorder, loads the count, and jumps back; the addresses of both are noted in a section of their own.
   Off, there is nothing but the load.  Python/glassbox_patch.c does the overwriting.

   Code for shared objects, whose sections nobody could find, tests the word; so does other hardware. */
PyAPI_FUNC(void) _PyGlassbox_RefInc(PyObject *);
PyAPI_FUNC(void) _PyGlassbox_RefDec(PyObject *);
PyAPI_FUNC(void) _PyGlassbox_RefTry(PyObject *);

#  if defined(__x86_64__) && !defined(__ILP32__) && !defined(_WIN32) && !defined(__AVX__) && \
      (!defined(__PIC__) || defined(__PIE__))
#    define GLASSBOX_REF_PATCHED 1
/* The stub: past the red zone, the field's address on the stack, and after the call a long nop that holds
   the way back, by which the recorder knows the site. */
#    define GLASSBOX_REF_LOAD(MOVE, CALLEE, OUT, FIELD) \
    __asm__ volatile ( \
        "771: %{disp32%} " MOVE " %[field], %[out]\n" \
        "772:\n\t" \
        ".pushsection .text.glassbox, \"ax\", @progbits\n" \
        "773: leaq -128(%%rsp), %%rsp\n\t" \
        "pushq %%rax\n\t" \
        "leaq %[field], %%rax\n\t" \
        "pushq %%rax\n\t" \
        "movq 8(%%rsp), %%rax\n\t" \
        "call " CALLEE "\n\t" \
        ".byte 0x0f, 0x1f, 0x80\n\t" \
        ".long 772b - .\n\t" \
        "leaq 144(%%rsp), %%rsp\n\t" \
        MOVE " %[field], %[out]\n\t" \
        "jmp 772b\n\t" \
        ".popsection\n\t" \
        ".pushsection glassbox_sites, \"a\", @progbits\n\t" \
        ".long 771b - ., 773b - .\n\t" \
        ".popsection" \
        : [out] "=r" (OUT) : [field] "m" (FIELD))
/* The value of the field that an operation loads, and its hook. */
#    define GLASSBOX_REF_COUNT(TYPE, MOVE, HOOK, OP, FIELD) \
    __extension__ ({ \
        TYPE glassbox_count; \
        GLASSBOX_REF_LOAD(MOVE, "_PyGlassbox_" #HOOK "Stub", glassbox_count, FIELD); \
        glassbox_count; \
    })
#  else
#    define GLASSBOX_REF_COUNT(TYPE, MOVE, HOOK, OP, FIELD) \
    __extension__ ({ GLASSBOX_REF_HOOK(_PyGlassbox_##HOOK(OP)); (TYPE)(FIELD); })
#  endif

#  ifdef Py_GIL_DISABLED
#    define GLASSBOX_REF_LOCAL(HOOK, OP) \
    GLASSBOX_REF_COUNT(uint32_t, "movl", HOOK, (OP), *(volatile uint32_t *)&(OP)->ob_ref_local)
#    define GLASSBOX_REF_INC(OP)   GLASSBOX_REF_LOCAL(RefInc, OP)
#    define GLASSBOX_REF_DEC(OP)   GLASSBOX_REF_LOCAL(RefDec, OP)
#    define GLASSBOX_REF_TRY(OP)   GLASSBOX_REF_LOCAL(RefTry, OP)
#  else
#    define GLASSBOX_REF_INC(OP) \
    GLASSBOX_REF_COUNT(PY_UINT32_T, "movl", RefInc, (OP), (OP)->ob_refcnt_split[PY_BIG_ENDIAN])
/* A decrement in three parts, since it loads once, and what it loads is used twice. */
#    define GLASSBOX_REF_DECREF(OP) \
    Py_ssize_t glassbox_refcnt = GLASSBOX_REF_COUNT(Py_ssize_t, "movq", RefDec, (OP), (OP)->ob_refcnt)
#    define GLASSBOX_REF_IMMORTAL(OP)  (_Py_CAST(PY_INT32_T, glassbox_refcnt) < 0)
#    define GLASSBOX_REF_LESS(OP)      ((OP)->ob_refcnt = --glassbox_refcnt)
#  endif

PyAPI_FUNC(void) _PyGlassbox_RefAdd(PyObject *, Py_ssize_t);
PyAPI_FUNC(void) _PyGlassbox_RefSet(PyObject *, Py_ssize_t);
PyAPI_FUNC(void) _PyGlassbox_RefStore(PyObject *, int how, Py_ssize_t);
PyAPI_FUNC(void) _PyGlassbox_RefBy(PyObject *, const void *caller);
PyAPI_FUNC(void) _PyGlassbox_RefHow(int how);
#  ifdef Py_GIL_DISABLED
PyAPI_FUNC(void) _PyGlassbox_RefAddShared(PyObject *, Py_ssize_t);
PyAPI_FUNC(void) _PyGlassbox_RefBefore(PyObject *);
PyAPI_FUNC(void) _PyGlassbox_RefShared(PyObject *, int how, Py_ssize_t shared, Py_ssize_t delta);
PyAPI_FUNC(void) _PyGlassbox_RefDecShared(PyObject *, Py_ssize_t shared, int queued);
PyAPI_FUNC(void) _PyGlassbox_RefMerge(PyObject *, int how, Py_ssize_t shared, Py_ssize_t extra);
PyAPI_FUNC(int) _PyGlassbox_RefRetry(PyObject *);
#  endif

#  define GLASSBOX_REF_INSTEAD(CALL)  if (GLASSBOX_REF_ON) { CALL; __asm__ volatile (""); } else
#  define GLASSBOX_REF_RETRIED(OP)    (GLASSBOX_REF_ON ? _PyGlassbox_RefRetry(OP) : 1)
#else
#  define GLASSBOX_REF_HOOK(CALL)           ((void)0)
#  define GLASSBOX_REF_RETRIED(OP)          1
#  define GLASSBOX_REF_TRY(OP)              GLASSBOX_REF_INC(OP)
#endif

#define GLASSBOX_REF_ADD(OP, N)      GLASSBOX_REF_HOOK(_PyGlassbox_RefAdd((OP), (N)))
#ifndef GLASSBOX_REF_SET              // else object.h has it, off
#  define GLASSBOX_REF_SET(OP, COUNT)  GLASSBOX_REF_HOOK(_PyGlassbox_RefSet((OP), (COUNT)))
#endif

/* Writes that ask nothing of the count before: the end of mortality, and its return at the end of the
   process. */
#define GLASSBOX_REF_IMMORTALIZE(OP) \
    GLASSBOX_REF_HOOK(_PyGlassbox_RefStore((OP), GBX_REF_IMMORTALIZE, _Py_IMMORTAL_REFCNT))
#define GLASSBOX_REF_REVIVE(OP, COUNT) \
    GLASSBOX_REF_HOOK(_PyGlassbox_RefStore((OP), GBX_REF_PLAIN, (COUNT)))

/* In a function that exists to do one operation for its caller: the next record names the caller. */
#define GLASSBOX_REF_BY(OP)          GLASSBOX_REF_HOOK(_PyGlassbox_RefBy((OP), __builtin_return_address(0)))
/* Before an operation that has a reason of its own: the next record of this thread says so. */
#define GLASSBOX_REF_HOW(HOW)        GLASSBOX_REF_HOOK(_PyGlassbox_RefHow(GBX_REF_##HOW))

/* Without the GIL alone.  An operation on the shared half is recorded after it, with what it wrote; but
   then the object may be somebody else's to free, so whether it is watched is asked before. */
#define GLASSBOX_REF_BEFORE(OP)      GLASSBOX_REF_HOOK(_PyGlassbox_RefBefore(OP))
#define GLASSBOX_REF_SHARED(OP, HOW, SHARED, DELTA) \
    GLASSBOX_REF_HOOK(_PyGlassbox_RefShared((OP), GBX_REF_##HOW, (SHARED), (DELTA)))
#define GLASSBOX_REF_DECREF_SHARED(OP, SHARED, QUEUED) \
    GLASSBOX_REF_HOOK(_PyGlassbox_RefDecShared((OP), (SHARED), (QUEUED)))
#define GLASSBOX_REF_MERGE(OP, HOW, SHARED, EXTRA) \
    GLASSBOX_REF_HOOK(_PyGlassbox_RefMerge((OP), GBX_REF_##HOW, (SHARED), (EXTRA)))
#define GLASSBOX_REF_RETRY(OP)       GLASSBOX_REF_HOOK(_PyGlassbox_RefRetry(OP))
#define GLASSBOX_REF_REBORN(OP, COUNT) \
    GLASSBOX_REF_HOOK(_PyGlassbox_RefStore((OP), GBX_REF_RESURRECT, (COUNT)))
#define GLASSBOX_REF_DEFER(OP)       GLASSBOX_REF_HOOK(_PyGlassbox_RefStore((OP), GBX_REF_DEFER, 0))

#ifdef __cplusplus
}
#endif
#endif /* !GLASSBOX_REFS_H */
