/* The story of the lock as JSON, and the names of the functions in it.  It must not print. */

#ifndef GBX_GIL_JSON_H
#define GBX_GIL_JSON_H

#include "gil.h"
#include "symbols.h"

#include <jansson.h>

/* All of it: an object that the caller owns; NULL when out of memory. */
json_t *gbx_gil_json(const gbx_trace *trace, const gbx_gil_story *story, gbx_symbols *symbols);

/* Latencies: an object with count and percentiles; NULL when out of memory. */
json_t *gbx_latency_json(const gbx_latency *latency);

/* What let go of the lock, by function: what several addresses of one function did is one entry. */
typedef struct {
    char name[128];              /* "at 0x..." where the function is not known, "not known" without address */
    bool known;
    uint8_t why;                 /* enum RELEASE */
    uint64_t times, ns;
} gbx_gil_function_sum;

/* An array of *count, most time first, that the caller frees; NULL when out of memory. */
gbx_gil_function_sum *gbx_gil_functions(const gbx_trace *trace, const gbx_gil_story *story,
                                        gbx_symbols *symbols, size_t *count);

/* The C function that an address of a release lies in; false, and "", where it is not known: code made
   at run time, a file that is not here any more, or `symbols` is NULL. */
bool gbx_gil_function(const gbx_trace *trace, gbx_symbols *symbols, uint32_t process, uint64_t by,
                      char *text, size_t size);

#endif
