/* What the commands share: see cmd.h.  It must not know what any of them does. */

#include "cmd.h"

#include "interpreter.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
gbx_cmd_usage(const char *command, const char *message)
{
    fprintf(stderr, "glassbox: %s; see 'glassbox %s --help'\n", message, command);
    return GBX_EXIT_USAGE;
}

bool
gbx_cmd_number(const char *text, uint32_t *to, uint32_t most)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 || value > most) {
        return false;
    }
    *to = (uint32_t)value;
    return true;
}

int
gbx_cmd_process(const gbx_trace *trace, const char *path, uint32_t pid, uint32_t *process, gbx_error *error)
{
    for (size_t i = 0; i < gbx_trace_process_count(trace); i++) {
        if (gbx_trace_process(trace, i)->header->pid == pid) {
            *process = (uint32_t)i;
            return 0;
        }
    }
    return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' has no process %" PRIu32, path, pid);
}

/* A failed write is often noticed by the last flush alone, on a full disk for one. */
static int
flush(gbx_error *error)
{
    bool failed = ferror(stdout) != 0;
    if (fflush(stdout) != 0 || failed) {
        return gbx_error_set(error, GBX_ERROR_SYSTEM, "cannot write: %s", strerror(errno == 0 ? EIO : errno));
    }
    return 0;
}

int
gbx_cmd_read(const char *path, const gbx_trace_options *how, gbx_cmd_teller *tell, void *chosen)
{
    gbx_trace *trace;
    gbx_error error = { 0, "out of memory" };
    int status = gbx_trace_open(&trace, path, how, &error);
    if (status == 0) {
        status = tell(trace, chosen, &error);
        gbx_trace_close(trace);
    }
    if (status == 0) {
        status = flush(&error);
    }
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return status == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return GBX_EXIT_PASS;
}

int
gbx_cmd_json(json_t *whole, size_t flags, gbx_error *error)
{
    int status = whole == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (status == 0 && (json_dumpf(whole, stdout, flags) != 0 || putchar('\n') == EOF)) {
        status = gbx_error_system(error, "write", "standard output");
    }
    json_decref(whole);
    return status;
}

static int
find_python(const gbx_paths *paths, const char *chosen, char **python, gbx_error *error)
{
    static const char *const builds[] = { "gil", "ft", "stock", "stats", "debug" };
    for (size_t i = 0; chosen != NULL && i < sizeof(builds) / sizeof(builds[0]); i++) {
        if (strcmp(chosen, builds[i]) == 0) {
            return gbx_paths_variant(paths, builds[i], python, error);
        }
    }
    if (chosen != NULL) {
        return gbx_paths_program(chosen, python, error);
    }
    *python = strdup(paths->python);
    return *python == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_paths_need(paths, GBX_PATHS_PYTHON, error);
}

/* Ours need not be asked; one that somebody named may be any Python, which would run the program and
   record nothing. */
int
gbx_cmd_python(const gbx_paths *paths, const char *chosen, char **python, gbx_error *error)
{
    gbx_interpreter about;
    char text[128];
    int code = find_python(paths, chosen, python, error);
    if (code == 0 && (chosen != NULL || paths->python_chosen)) {
        code = gbx_interpreter_probe(&about, *python, error);
        if (code == 0 && !about.instrumented) {
            code = gbx_error_set(error, GBX_ERROR_MISSING, "'%s' is %s: it would record nothing", *python,
                                 gbx_interpreter_text(&about, text, sizeof(text)));
        }
    }
    return code;
}
