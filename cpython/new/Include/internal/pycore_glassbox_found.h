/* Glassbox: what lives already when a recording begins.  Included by Python/glassbox*.c alone.

   Its callers hold the GIL, or have stopped the world. */

#ifndef Py_INTERNAL_GLASSBOX_FOUND_H
#define Py_INTERNAL_GLASSBOX_FOUND_H

#include "pycore_glassbox.h"       // struct _obmalloc_state

/* A set of addresses in memory of its own, since what looks at every block must not add to them.  All
   zero is the empty set; the caller clears it. */
typedef struct {
    uintptr_t *slots;              // mapped; 0: free
    size_t room;                   // a power of two
    size_t count;
} gbx_addresses;

/* 1: it is new; 0: it was there; -1: there is no memory. */
extern int _PyGlassbox_AddressAdd(gbx_addresses *set, const void *address);
extern bool _PyGlassbox_AddressKnown(const gbx_addresses *set, const void *address);
extern void _PyGlassbox_AddressesClear(gbx_addresses *set);

/* Allocators (Python/glassbox_alloc.c). */
extern void _PyGlassbox_PymallocFound(const struct _obmalloc_state *state);
extern void _PyGlassbox_PymallocTotal(int event, const struct _obmalloc_state *state);
extern void _PyGlassbox_BlockFound(int domain, const void *block, size_t size);

/* An object (Python/glassbox_objects.c). */
extern void _PyGlassbox_ObjectFound(PyObject *object);

/* All that live (Python/glassbox_census.c). */
extern void _PyGlassbox_ObjectsFound(void);

#endif /* !Py_INTERNAL_GLASSBOX_FOUND_H */
