/* What the unit tests of why share: programs whose trace is written by hand, and the question of who is at fault.
   It must not hold a test. */

#ifndef WHY_TEST_H
#define WHY_TEST_H

#include "gil_records.h"
#include "trace_test.h"
#include "why.h"

#define OWN      2u              /* code of the program's own: prog.py:10 in work */
#define OTHER    3u              /* prog.py:20 in other */
#define MODULE   4u              /* prog.py:1 in <module> */
#define LIBRARY  5u              /* /lib/python/json.py:100 in loads */
#define COROUTINE 6u             /* prog.py:30 in serve */

#define STRING_TYPE 11u
#define BYTES_TYPE  12u
#define CLASS_TYPE  13u          /* made by a class statement, and known to the collector */

/* With these definitions, and a clock that begins at `us`. */
trace_writer *why_writer(const writer_options *options);

/* A price of 1 ms for all that is estimated by number, 1 ns a byte. */
gbx_why_input why_input(const gbx_trace *trace);

/* Ask; fails the test where that fails.  The trace is closed with it by why_done(). */
gbx_why *why_ask(const gbx_why_input *input);
void why_done(gbx_why *why);

/* The first verdict has this column (by key), line and fault; fails the test where there is none. */
const gbx_why_verdict *why_expect(const gbx_why *why, const char *column, int line, const char *fault);
void why_expect_none(const gbx_why *why);
const gbx_why_cost *why_cost(const gbx_why *why, const char *column);

/* Records, `us` after the start. */
void why_miss(trace_writer *w, uint64_t us, uint32_t code, uint8_t guard);
void why_push(trace_writer *w, uint64_t us, uint32_t code);
void why_pop(trace_writer *w, uint64_t us, uint32_t code);
void why_import(trace_writer *w, uint64_t us, bool begin);
void why_release(trace_writer *w, uint64_t us, uint32_t thread, uint32_t code, uint8_t why, uint64_t by);
void why_mark(trace_writer *w, uint64_t us);     /* an event that only says that time has passed */
void why_large(trace_writer *w, uint32_t code, uint64_t address, uint64_t size);
void why_large_free(trace_writer *w, uint64_t address);
void why_object(trace_writer *w, bool birth, uint32_t type, uint64_t address, uint32_t size);
void why_block(trace_writer *w, uint32_t code, uint64_t address, uint16_t size);
void why_churn(trace_writer *w, uint32_t thread, uint32_t code, uint16_t offset, uint32_t incs, uint32_t shared);

#endif
