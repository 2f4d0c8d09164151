/* What every unit test of the reader begins with: cmocka, the writer, and opening what was written.
   It must not hold a test. */

#ifndef TRACE_TEST_H
#define TRACE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "trace.h"
#include "trace_writer.h"

#if defined(__SANITIZE_ADDRESS__)
#  define TEST_SANITIZED 1
#else
#  define TEST_SANITIZED 0
#endif

/* A hang ends the program, and so does memory beyond 2 GiB (a trace's own mapping is not counted). */
void test_limits(void);

/* A small trace with something of everything: 20 KiB. */
trace_writer *test_sample(void);

/* A program's main(): every function named in the list is a test, and its name is the sentence. */
#define TEST(NAME) cmocka_unit_test(NAME)

/* The writer's file alone, opened; fails the test where that fails.  Frees the writer. */
gbx_trace *test_open(trace_writer *w);

/* The code with which opening fails (0: it did not), the message in `error`.  Frees the writer. */
int test_open_fails(trace_writer *w, gbx_error *error);

/* A scratch directory of this program's own, gone with everything in it at the program's end. */
const char *test_directory(void);

/* "DIRECTORY/name", in a buffer that the next call but three overwrites. */
const char *test_path(const char *name);

/* A field of a record by name; fails the test where it has none. */
uint64_t test_field(const gbx_trace *trace, size_t at, const char *name);

/* Walk over all that a trace offers, through every function of the reader, and hold the reader to its
   word: counts, order, clean text, JSON that can be read back.  Returns how many events it saw. */
size_t test_walk(const gbx_trace *trace);

#endif
