/* glassbox stat: what is in a trace, what is missing, and whether it is sound. */

#include "cmd.h"
#include "check.h"

#include <stdio.h>

int
gbx_cmd_stat(int argc, char **argv)
{
    gbx_trace *trace;
    gbx_error error = { 0, "" };
    gbx_invariant invariants[GBX_INVARIANTS];
    uint64_t broken = 0;
    if (argc != 2) {
        fprintf(stderr, "glassbox: which trace?\n");
        return GBX_EXIT_USAGE;
    }
    if (gbx_trace_open(&trace, argv[1], NULL, &error) != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return GBX_EXIT_BROKEN;
    }
    if (gbx_check_all(trace, invariants, &error) != 0) {
        gbx_trace_close(trace);
        fprintf(stderr, "glassbox: %s\n", error.message);
        return GBX_EXIT_BROKEN;
    }
    printf("%zu events\n", gbx_trace_count(trace));
    for (int i = 0; i < GBX_INVARIANTS; i++) {
        printf("%-70s %llu of %llu\n", invariants[i].name, (unsigned long long)invariants[i].violations,
               (unsigned long long)invariants[i].looked_at);
        broken += invariants[i].violations;
    }
    gbx_trace_close(trace);
    return broken == 0 ? GBX_EXIT_PASS : GBX_EXIT_FAIL;
}
