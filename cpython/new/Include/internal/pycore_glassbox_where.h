/* Glassbox: where the interpreter is: the code and the instruction of a frame, as ids and offsets.
   Included by the hooks alone: Python/glassbox_hooks.c, _spec.c and _alloc.c.  Only reads. */

#ifndef Py_INTERNAL_GLASSBOX_WHERE_H
#define Py_INTERNAL_GLASSBOX_WHERE_H

#include "pycore_code.h"           // _PyCode_CODE
#include "pycore_frame.h"          // _PyInterpreterFrame
#include "pycore_glassbox.h"       // GBX_NO_OFFSET

static inline PyCodeObject *
frame_code(const _PyInterpreterFrame *frame)
{
    PyObject *executable = frame->f_executable;
    return executable != NULL && PyCode_Check(executable) ? (PyCodeObject *)executable : NULL;
}

static inline uint16_t
offset_in(const PyCodeObject *code, const _Py_CODEUNIT *instr)
{
    ptrdiff_t offset = instr - _PyCode_CODE((PyCodeObject *)code);
    return offset >= 0 && offset < (ptrdiff_t)GBX_NO_OFFSET ? (uint16_t)offset : GBX_NO_OFFSET;
}

static inline uint16_t
frame_offset(const _PyInterpreterFrame *frame)
{
    return offset_in((PyCodeObject *)frame->f_executable, frame->instr_ptr);
}

/* The code that a thread is running; NULL in C code below every frame. */
static inline PyCodeObject *
running_code(PyThreadState *tstate)
{
    _PyInterpreterFrame *frame = tstate == NULL ? NULL : tstate->current_frame;
    return frame == NULL || frame->owner == FRAME_OWNED_BY_CSTACK ? NULL : frame_code(frame);
}

#endif /* !Py_INTERNAL_GLASSBOX_WHERE_H */
