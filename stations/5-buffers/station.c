/* Station 5: NumPy and the buffer protocol.

   The contents page: what there is to read, to run, to explain, and to go on with.  Claims and their
   checks are in claims_*.c; what a learner reads first is guide.md. */

#include "claims.h"
#include "station.h"

#include <stddef.h>

static const gbx_claim *const claims[] = {
    &gbx_s5_same_memory, &gbx_s5_flat, &gbx_s5_shapes,
    &gbx_s5_refused, &gbx_s5_wrong, &gbx_s5_copy, &gbx_s5_cost,
    &gbx_s5_one_address, &gbx_s5_dlpack, &gbx_s5_kept_alive, &gbx_s5_cannot_grow,
    &gbx_s5_tensor, &gbx_s5_given_back,
    NULL,
};

const gbx_station gbx_station_5 = {
    .number = 5,
    .name = "buffers",
    .folder = "5-buffers",
    .title = "buffers: NumPy and the buffer protocol",
    .minutes = 60,
    .readings = {
        { "Include/pybuffer.h#Py_buffer", "PEP 3118: what one object tells another of its memory" },
        { "Objects/abstract.c#PyObject_GetBuffer", "how memory is asked for" },
        { "Objects/abstract.c#PyBuffer_Release", "and given back" },
        { "Objects/memoryobject.c#memory_getbuf", "an exporter that takes every flag seriously" },
        { "Objects/memoryobject.c#_PyManagedBuffer_FromObject", "one export, for all memoryviews that come of it" },
        { "numpy:doc/source/dev/internals.rst", "NumPy's guide, Internals: shape, strides, dtype, in words" },
        { "numpy:numpy/_core/include/numpy/ndarraytypes.h#tagPyArrayObject_fields",
          "NumPy's array object: a pointer, and what says how to read it" },
        { "numpy:numpy/_core/src/multiarray/arrayobject.c#array_dealloc", "its file; here, what an array lets go of" },
        { "numpy:numpy/_core/src/multiarray/shape.c#PyArray_Transpose", "the transpose: a loop over axes, none over numbers" },
        { "numpy:numpy/_core/src/multiarray/buffer.c#array_getbuffer", "how an array lends its memory, and when it refuses" },
    },
    .shows = {
        { .title = "The course's program",
          .lead = "A reshaped array, its transpose, a memoryview; below, what was asked of whom.",
          .experiment = &gbx_s5_course, .tell = gbx_s5_tell_course },
    },
    .topics = {
        { "5.1", "Why a transpose is O(1)" },
        { "5.2", "Why .T.copy() before a C library" },
        { "5.3", "One memory, many types" },
    },
    .claims = claims,
    .go_on = {
        "In transpose.py put array[::2] in place of the transpose, and then array[array > 0]. Which of them is a copy?",
        "In library/rows.c let weighted() ask for PyBUF_F_CONTIGUOUS. Who is refused now?",
        "In library.py give the library np.ascontiguousarray(view). When does that copy, and when not?",
        "In shapes.py find a way to make every row of a the same with no copy, and then to write to it. What happens?",
        "In one_memory.py put an mmap in place of the array. What can it not do while it is lent?",
        "In one_memory.py let a class of your own with __buffer__ lend the memory. Who is the exporter?",
        "In tensors.py make the tensor with torch.asarray(exporter). Who holds what, and can the bytearray grow?",
    },
};
