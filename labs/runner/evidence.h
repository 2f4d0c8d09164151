/* Evidence: one event in words, as every sink shows it.  This module formats; it must not choose what is
   shown, or where. */

#ifndef GBX_EVIDENCE_H
#define GBX_EVIDENCE_H

#include "source.h"
#include "symbols.h"
#include "trace.h"

typedef struct {
    char time[24];               /* "15.651 ms"; "#1234" in a trace without a clock */
    char thread[48];             /* "MainThread"; "MainThread, pid 41" where there are more processes */
    char event[32];              /* "spec.success" */
    char place[256];             /* "loads.py:30 in from_global"; "" */
    char fields[512];            /* "opcode_before=... " */
    char emitter[256];           /* "Python/specialize.c:1435 in _Py_Specialize_LoadGlobal", "... or 2 more";
                                    "" unknown */
} gbx_evidence;

/* `source` and `symbols` may be NULL: then no line of C is named, or only the one that made the record and
   not the one that did what it says. */
void gbx_evidence_describe(const gbx_trace *trace, size_t at, gbx_source *source, gbx_symbols *symbols,
                           gbx_evidence *evidence);

#endif
