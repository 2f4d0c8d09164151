/* Station 6: PyTorch's tape, a device's streams, and a cache in pages.

   The contents page: what there is to read, to run, to explain, and to go on with.  Claims and their
   checks are in claims_*.c; what a learner reads first is guide.md. */

#include "claims.h"
#include "station.h"

#include <stddef.h>

static const gbx_claim *const claims[] = {
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
    .topics = {
        { "6.1", "The tape" },
        { "6.2", "detach and no_grad" },
        { "6.3", "The processor and the device" },
        { "6.4", "PagedAttention" },
    },
    .claims = claims,
};
