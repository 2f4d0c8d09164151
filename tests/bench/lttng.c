/* lttng N: nanoseconds of one LTTng-UST tracepoint, of N in a loop; cheap when no session records it.
   A peer of the bench, and nothing else. */

#define LTTNG_UST_TRACEPOINT_CREATE_PROBES
#define LTTNG_UST_TRACEPOINT_DEFINE
#include "lttng.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static double
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

int
main(int argc, char **argv)
{
    int count = argc > 1 ? atoi(argv[1]) : 0;
    if (count <= 0) {
        fprintf(stderr, "usage: lttng N\n");
        return 64;
    }
    double began = now_ns();
    for (int i = 0; i < count; i++) {
        lttng_ust_tracepoint(glassbox_bench, call, i, i >> 3);
    }
    printf("%.4f\n", (now_ns() - began) / count);
    return 0;
}
