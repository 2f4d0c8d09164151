/* Station 6: PyTorch's tape, a device's streams, and a cache in pages.

   The contents page: what there is to read, to run, to explain, and to go on with.  Claims and their
   checks are in claims_*.c; what a learner reads first is guide.md. */

#include "claims.h"
#include "station.h"

#include <stddef.h>

static const gbx_claim *const claims[] = {
    &gbx_s6_built, &gbx_s6_order, &gbx_s6_without, &gbx_s6_gradient, &gbx_s6_used_up,
    &gbx_s6_nodes, &gbx_s6_bytes, &gbx_s6_latency, &gbx_s6_shared,
    &gbx_s6_reservations, &gbx_s6_blocks, &gbx_s6_throughput, &gbx_s6_equal, &gbx_s6_computed, &gbx_s6_sizes,
    &gbx_s6_reading, &gbx_s6_copy_on_write,
    NULL,
};

const gbx_station gbx_station_6 = {
    .number = 6,
    .name = "torch",
    .folder = "6-torch",
    .title = "torch: autograd, streams, and a cache in pages",
    .minutes = 90,
    .readings = {
        { "Python/ceval_gil.c#PyEval_SaveThread", "what PyTorch calls before it computes: it lets go of the lock" },
    },
    .shows = {
        { .title = "The course's program",
          .lead = "A square, a sum, and back; and whether there is a device.",
          .experiment = &gbx_s6_course, .tell = gbx_s6_tell_course },
    },
    .topics = {
        { "6.1", "The tape" },
        { "6.2", "detach and no_grad" },
        { "6.3", "The processor and the device" },
        { "6.4", "PagedAttention" },
    },
    .claims = claims,
};
