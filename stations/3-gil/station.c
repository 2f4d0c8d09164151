/* Station 3: the lock, and what came after it.

   The contents page: what there is to read, to run, to explain, and to go on with.  Claims and their
   checks are in claims_*.c; what a learner reads first is guide.md. */

#include "claims.h"
#include "station.h"

#include <stddef.h>

static const gbx_claim *const claims[] = {
    &gbx_s3_lets_go, &gbx_s3_share,
    &gbx_s3_no_lock, &gbx_s3_price, &gbx_s3_one_count, &gbx_s3_one_dict,
    &gbx_s3_own_locks, &gbx_s3_start, &gbx_s3_passing, &gbx_s3_regions,
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
    .shows = {
        { .title = "The prime-counting benchmark, with the lock",
          .lead = "Four ways to count the same primes, two workers each, and who held which lock meanwhile.",
          .experiment = &gbx_s3_primes, .tell = gbx_s3_tell_primes },
        { .title = "The same program, without the lock",
          .lead = "The free-threaded build: what was a thread's turn is now a thread's time.",
          .experiment = &gbx_s3_primes_free, .tell = gbx_s3_tell_primes },
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
