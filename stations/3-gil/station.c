/* Station 3: the lock, and what came after it.

   The contents page: what there is to read, to run, to explain, and to go on with.  Claims and their
   checks are in claims_*.c; what a learner reads first is guide.md. */

#include "claims.h"
#include "station.h"

#include <stddef.h>

static const gbx_claim *const claims[] = {
    &gbx_s3_chain, &gbx_s3_long_call, &gbx_s3_convoy, &gbx_s3_one_holder,
    NULL,
};

const gbx_station gbx_station_3 = {
    .number = 3,
    .name = "gil",
    .folder = "3-gil",
    .title = "gil: the lock and its successors",
    .minutes = 60,
    .readings = {
        { "Python/ceval_gil.c#take_gil", "how a thread waits for the lock, and asks for it" },
        { "Python/ceval_gil.c#drop_gil", "how it lets go" },
    },
    .topics = {
        { "3.1", "Why a NumPy-heavy thread pool scales on the stock build" },
        { "3.2", "What changes for pure Python without the lock" },
        { "3.3", "When interpreters beat threads and processes" },
        { "3.4", "The lock itself" },
    },
    .claims = claims,
    .go_on = {
        "x",
    },
};
