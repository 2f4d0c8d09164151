/* Symbols: functions of this very program are found by the addresses of calls in them, also where they
   are inlined; and no file that a trace names does harm. */

#include "trace_test.h"

#include "driver.h"
#include "symbols.h"

#include <elf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define PYTHON "cpython/build/gil/python"

extern const char __ehdr_start __attribute__((visibility("hidden")));

static gbx_error error;
static gbx_symbols *symbols;
static gbx_symbol symbol;
static gbx_header header;
static gbx_process process = { .header = &header };

/* ------------------------------------------------------------- callers with lines */

static uint64_t return_address;

__attribute__((noinline)) static void
note_caller(void)
{
    return_address = (uint64_t)(uintptr_t)__builtin_return_address(0);
}

#line 100 "../../src/glassbox/Include/internal/helper.h"
static inline __attribute__((always_inline)) void
helper_in_header(void)
{
    note_caller();               /* 103 */
    return_address += 0;
}
#line 200 "../../src/glassbox/Python/asker.c"
static inline __attribute__((always_inline)) void
inlined_asker(int times)
{
    if (times > 0) {
        helper_in_header();      /* 204 */
    }
}

__attribute__((noinline)) static int
machine_code(int times)
{
    inlined_asker(times);        /* 211 */
    return times + 1;
}

__attribute__((noinline)) static int
plain(int times)
{
    note_caller();               /* 218 */
    return times + 1;
}
#line 67 "tests/unit/test_symbols.c"

/* ----------------------------------------------------------------------- set-up */

/* A process that ran `path` at our own addresses, from now on. */
static void
be_process(const char *path)
{
    struct timespec now;
    memset(&header, 0, sizeof(header));
    clock_gettime(CLOCK_REALTIME, &now);
    header.start.realtime_ns = (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    header.load_base = (uint64_t)(uintptr_t)&__ehdr_start;
    snprintf(header.executable, sizeof(header.executable), "%s", path);
}

static const char *
own_path(void)
{
    static char path[1024];
    ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);
    assert_true(length > 0);
    path[length] = '\0';
    return path;
}

static int
begin(void **state)
{
    (void)state;
    symbols = gbx_symbols_new();
    be_process(own_path());
    return symbols == NULL ? -1 : 0;
}

static int
end(void **state)
{
    (void)state;
    gbx_symbols_free(symbols);
    return 0;
}

static bool
find(void)
{
    return gbx_symbols_find(symbols, &process, return_address, &symbol);
}

/* The bytes of this program, to be lied in and saved. */
static uint8_t *
read_own(size_t *size)
{
    struct stat status;
    FILE *file = fopen(own_path(), "r");
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &status), 0);
    *size = (size_t)status.st_size;
    uint8_t *bytes = malloc(*size);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, *size, file), *size);
    fclose(file);
    return bytes;
}

static const char *
save(const char *name, const uint8_t *bytes, size_t size)
{
    const char *path = test_path(name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    fclose(file);
    return path;
}

/* ------------------------------------------------------------------------ found */

static void
a_call_is_found_with_its_function_file_and_line(void **state)
{
    char text[200];
    (void)state;
    assert_int_equal(plain(1), 2);
    assert_true(find());
    assert_int_equal(symbol.depth, 1);
    assert_string_equal(symbol.levels[0].function, "plain");
    assert_string_equal(symbol.levels[0].file, "Python/asker.c");
    assert_int_equal(symbol.levels[0].line, 218);
    assert_ptr_equal(gbx_symbol_asker(&symbol), &symbol.levels[0]);
    assert_string_equal(gbx_symbol_text(&symbol, text, sizeof(text)), "plain (Python/asker.c:218)");
    assert_string_equal(gbx_symbol_text(&symbol, text, 9), "plain (P");
    const char *kept = symbol.levels[0].function;
    assert_true(find());         /* from what is kept */
    assert_ptr_equal(symbol.levels[0].function, kept);
}

static void
inlined_functions_are_told_apart_and_helpers_passed_over(void **state)
{
    char text[200];
    (void)state;
    assert_int_equal(machine_code(1), 2);
    assert_true(find());
    assert_int_equal(symbol.depth, 3);
    assert_string_equal(symbol.levels[0].function, "helper_in_header");
    assert_string_equal(symbol.levels[0].file, "Include/internal/helper.h");
    assert_int_equal(symbol.levels[0].line, 103);
    assert_string_equal(symbol.levels[1].function, "inlined_asker");
    assert_int_equal(symbol.levels[1].line, 204);
    assert_string_equal(symbol.levels[2].function, "machine_code");
    assert_int_equal(symbol.levels[2].line, 211);
    assert_ptr_equal(gbx_symbol_asker(&symbol), &symbol.levels[1]);
    assert_string_equal(gbx_symbol_text(&symbol, text, sizeof(text)),
                        "inlined_asker (Python/asker.c:204), inlined into machine_code");
}

static void
without_debug_information_the_symbol_table_knows_the_function(void **state)
{
    const char *path = test_path("stripped");
    gbx_driver_result result;
    char text[100];
    (void)state;
    gbx_driver_options options = {
        .argv = (const char *const []){ "strip", "--strip-debug", "-o", path, own_path(), NULL },
    };
    if (gbx_driver_run(&options, &result, &error) != 0) {
        print_message("cannot run here: %s\n", error.message);
        skip();
    }
    assert_true(gbx_driver_succeeded(&result, 0));
    gbx_driver_result_clear(&result);
    be_process(path);
    assert_int_equal(plain(1), 2);
    assert_true(find());
    assert_int_equal(symbol.depth, 1);
    assert_string_equal(symbol.levels[0].function, "plain");
    assert_null(symbol.levels[0].file);
    assert_int_equal(symbol.levels[0].line, 0);
    assert_string_equal(gbx_symbol_text(&symbol, text, sizeof(text)), "plain");
}

/* -------------------------------------------------------------------- not found */

static void
addresses_outside_the_executable_are_unknown(void **state)
{
    uint64_t outside[] = {
        0, 1, header.load_base, header.load_base - 1, UINT64_MAX, (uint64_t)(uintptr_t)&strlen,
        header.load_base + (1ull << 40), (uint64_t)(uintptr_t)&outside,
    };
    (void)state;
    for (size_t i = 0; i < sizeof(outside) / sizeof(outside[0]); i++) {
        assert_false(gbx_symbols_find(symbols, &process, outside[i], &symbol));
        assert_int_equal(symbol.depth, 0);
    }
    header.load_base = UINT64_MAX;
    assert_false(find());
}

static void
a_program_linked_anew_after_the_trace_is_not_believed(void **state)
{
    (void)state;
    assert_int_equal(plain(1), 2);
    assert_true(find());
    header.start.realtime_ns = 1;
    assert_false(find());
    header.start.realtime_ns = 0;                /* not known */
    assert_true(find());
}

static void
what_is_no_program_of_this_machine_is_not_read(void **state)
{
    size_t size;
    uint8_t *bytes = read_own(&size);
    (void)state;
    assert_int_equal(plain(1), 2);
    assert_int_equal(mkfifo(test_path("pipe"), 0600), 0);        /* must not wait for a writer */
    const char *const paths[] = {
        "", "relative", "/", "/nonexistent/python", "/dev/zero", test_path("pipe"),
        save("text", (const uint8_t *)"#!/bin/sh\n", 10), save("empty", bytes, 0),
    };
    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        be_process(paths[i]);
        assert_false(find());
    }
    ((Elf64_Ehdr *)(void *)bytes)->e_machine ^= 1;
    be_process(save("foreign", bytes, size));
    assert_false(find());
    ((Elf64_Ehdr *)(void *)bytes)->e_machine ^= 1;
    ((Elf64_Ehdr *)(void *)bytes)->e_type = ET_CORE;
    be_process(save("core", bytes, size));
    assert_false(find());
    free(bytes);
}

/* Whatever the file holds, an answer is text that is terminated and clean. */
static void
assert_sane(void)
{
    char text[300];
    if (!find()) {
        assert_int_equal(symbol.depth, 0);
        return;
    }
    assert_true(symbol.depth >= 1 && symbol.depth <= GBX_SYMBOL_LEVELS);
    for (size_t i = 0; i < symbol.depth; i++) {
        assert_non_null(symbol.levels[i].function);
        assert_true(symbol.levels[i].line >= 0);
        for (const char *c = symbol.levels[i].function; *c != '\0'; c++) {
            assert_true(*c >= ' ' && *c <= '~');
        }
    }
    assert_true(strlen(gbx_symbol_text(&symbol, text, sizeof(text))) < sizeof(text));
}

/* In LeakSanitizer, where the program is built with it.  libdw's dwarf_getscopes() keeps what it had
   found when it meets damage later; nobody else can give that back. */
void __lsan_disable(void) __attribute__((weak));
void __lsan_enable(void) __attribute__((weak));

static void
damaged_programs_do_no_harm(void **state)
{
    size_t size;
    uint8_t *bytes = read_own(&size);
    unsigned seed = 4711;
    (void)state;
    assert_int_equal(machine_code(1), 2);
    if (__lsan_disable != NULL) {
        __lsan_disable();
    }
    for (size_t cut = 0; cut < 24; cut++) {
        char name[32];
        snprintf(name, sizeof(name), "cut%zu", cut);
        const char *path = save(name, bytes, size * cut / 24);
        be_process(path);
        assert_sane();
        unlink(path);
    }
    for (int round = 0; round < 32; round++) {
        char name[32];
        uint8_t *damaged = malloc(size);
        assert_non_null(damaged);
        memcpy(damaged, bytes, size);
        for (int i = 0; i < 2000; i++) {         /* past the segments' table */
            seed = seed * 1103515245u + 12345u;
            size_t at = ((size_t)seed * 2654435761u) % (size - 1024) + 1024;
            damaged[at] = (uint8_t)(seed >> 16);
        }
        snprintf(name, sizeof(name), "damaged%d", round);
        const char *path = save(name, damaged, size);
        be_process(path);
        assert_sane();
        unlink(path);
        free(damaged);
    }
    if (__lsan_enable != NULL) {
        __lsan_enable();
    }
    free(bytes);
}

/* ------------------------------------------------------------ the real interpreter */

static double
now_ms(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

/* Records `program`; looks up who asked for its last frame object. */
static gbx_trace *
record(const char *program)
{
    gbx_trace *trace = NULL;
    gbx_driver_result result;
    char setting[600];
    const char *path = test_path("real.gbx");
    snprintf(setting, sizeof(setting), "PYTHONGLASSBOX=%s", path);
    gbx_driver_options options = {
        .argv = (const char *const []){ PYTHON, "-c", program, NULL }, .clean_environment = true,
        .environment = (const char *const []){ setting, NULL }, .timeout_ms = 60000,
    };
    assert_int_equal(gbx_driver_run(&options, &result, &error), 0);
    assert_true(gbx_driver_succeeded(&result, 0));
    gbx_driver_result_clear(&result);
    assert_int_equal(gbx_trace_open(&trace, path, NULL, &error), 0);
    return trace;
}

static void
sys_getframe_is_who_asked_for_a_frame_object(void **state)
{
    bool found = false;
    (void)state;
    if (access(PYTHON, X_OK) != 0) {
        print_message("cannot run here: '%s' is not there\n", PYTHON);
        skip();
    }
    gbx_trace *trace = record("import sys\ndef f(): return sys._getframe()\nf()\n");
    double start = now_ms();
    for (size_t at = 0; at < gbx_trace_count(trace); at++) {
        if (gbx_trace_event(trace, at) != GBX_EV_FRAME_OBJECT_NEW) {
            continue;
        }
        const gbx_process *ran = gbx_trace_process(trace, gbx_trace_where(trace, at).process);
        assert_true(gbx_symbols_find(symbols, ran, test_field(trace, at, "caller"), &symbol));
        const gbx_symbol_level *asker = gbx_symbol_asker(&symbol);
        found |= strcmp(asker->function, "sys__getframe_impl") == 0 && asker->line > 1000 &&
            strcmp(asker->file, "Python/sysmodule.c") == 0;
    }
    double took = now_ms() - start;
    print_message("looked up in %.1f ms\n", took);
    assert_true(found);
    assert_true(took < 2000);    /* a tenth of that even on a loaded machine, unless all of it is read */
    gbx_trace_close(trace);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_call_is_found_with_its_function_file_and_line, begin, end),
        cmocka_unit_test_setup_teardown(inlined_functions_are_told_apart_and_helpers_passed_over, begin, end),
        cmocka_unit_test_setup_teardown(without_debug_information_the_symbol_table_knows_the_function, begin,
                                        end),
        cmocka_unit_test_setup_teardown(addresses_outside_the_executable_are_unknown, begin, end),
        cmocka_unit_test_setup_teardown(a_program_linked_anew_after_the_trace_is_not_believed, begin, end),
        cmocka_unit_test_setup_teardown(what_is_no_program_of_this_machine_is_not_read, begin, end),
        cmocka_unit_test_setup_teardown(damaged_programs_do_no_harm, begin, end),
        cmocka_unit_test_setup_teardown(sys_getframe_is_who_asked_for_a_frame_object, begin, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
