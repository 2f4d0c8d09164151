/* What the unit tests of the driver begin with: children, which are small scripts of /bin/sh, and what is
   left of them.  No test may depend on an interpreter.  It must not hold a test. */

#ifndef DRIVER_TEST_H
#define DRIVER_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdbool.h>
#include <sys/types.h>

#include "driver.h"

enum { LONG_MS = 20000 };    /* no test waits so long: the machine may be slow, but not that slow */

/* Of the last run. */
extern gbx_driver_result result;
extern gbx_error error;

/* Run a script with these options; what gbx_driver_run() returned. */
int run_with(gbx_driver_options options, const char *script);

/* Run a script, captured; fails the test where it cannot be run. */
void run(const char *script);

uint64_t now_ms(void);
void sleep_ms(long ms);

/* Does a process still run?  And does it end within two seconds? */
bool runs(pid_t pid);
bool ends_soon(pid_t pid);

/* The number that a script printed. */
pid_t pid_in(const char *text);

/* A process that sends us a signal after a while; to be waited for. */
pid_t send_later(int number, int ms);

/* Before and after each test: nothing may be left of its runs, no descriptor, no child, no changed signal
   mask. */
int driver_before(void **state);
int driver_after(void **state);

#define TEST(NAME) cmocka_unit_test_setup_teardown(NAME, driver_before, driver_after)

#endif
