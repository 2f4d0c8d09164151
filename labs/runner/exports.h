/* Which Py_buffers of a process are out, and how many of them each exporter has, as records of class buf go
   by in order.

   An export is known by its exporter and the place of its Py_buffer.  A consumer may have moved the
   Py_buffer before it releases it; then it is the exporter alone that tells, and any of its exports will
   do.  An exporter that hands a request on makes no export of its own (GBX_BUFFER_PASSED_ON).

   Memory is bounded: 2^20 exports at once.  After that `gbx_exports_lost()` is true, and what it says is not
   to be relied on.  It knows nothing of claims or of what is right. */

#ifndef GBX_EXPORTS_H
#define GBX_EXPORTS_H

#include "trace.h"

typedef struct gbx_exports gbx_exports;

typedef struct {
    uint64_t exporter;
    uint64_t view;               /* the Py_buffer's place */
    uint64_t counter;            /* the object that counts it; 0: none */
    uint64_t address;            /* the memory */
    uint32_t stream;             /* who got it */
    size_t at;                   /* its buf.get */
} gbx_export;

gbx_exports *gbx_exports_new(void);              /* NULL: no memory */
void gbx_exports_free(gbx_exports *exports);     /* NULL is fine */
bool gbx_exports_lost(const gbx_exports *exports);

/* A buf.get of `stream` at position `at`. */
void gbx_exports_get(gbx_exports *exports, const gbx_buf_get *get, uint32_t stream, size_t at);
/* A buf.release; false where nothing of that exporter is out.  `*ended` may be NULL. */
bool gbx_exports_release(gbx_exports *exports, const gbx_buf_release *release, gbx_export *ended);
/* One export of this exporter that is out; NULL.  Valid until the next call that changes anything. */
const gbx_export *gbx_exports_of(const gbx_exports *exports, uint64_t exporter);
/* It died: forget what it had out. */
void gbx_exports_forget(gbx_exports *exports, uint64_t exporter);
size_t gbx_exports_out(const gbx_exports *exports);      /* of all */

/* Numbers kept by address, for who counts what.  NULL: not known, or (add) no room. */
typedef struct {
    uint64_t address;
    uint64_t count;
    uint32_t stream;
    bool shared;                 /* more than one thread has changed it */
} gbx_exports_count;
gbx_exports_count *gbx_exports_find(gbx_exports *exports, int kind, uint64_t address);
gbx_exports_count *gbx_exports_add(gbx_exports *exports, int kind, uint64_t address);
void gbx_exports_drop(gbx_exports *exports, int kind, uint64_t address);

enum { GBX_EXPORTS_COUNTER, GBX_EXPORTS_MANAGED, GBX_EXPORTS_KINDS };

#endif
