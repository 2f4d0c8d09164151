/* What the commands share: see cmd.h.  It must not know what any of them does. */

#include "cmd.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int
gbx_cmd_usage(const char *command, const char *message)
{
    fprintf(stderr, "glassbox: %s; see 'glassbox %s --help'\n", message, command);
    return GBX_EXIT_USAGE;
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
