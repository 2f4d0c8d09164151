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
        { "Python/ceval_gil.c#take_gil", "the GIL's file, and how a thread waits; first, the comment at its top" },
        { "Python/ceval_gil.c#drop_gil_impl", "letting go" },
        { "Python/ceval_gil.c#_Py_HandlePending", "how a running thread finds out that it is asked" },
        { "Python/ceval_gil.c#_PyEval_InitGIL", "PEP 684: own_gil, a lock for each interpreter" },
        { "Python/pystate.c#_PyThreadState_Attach", "PEP 703: what a thread does where it used to take the lock" },
        { "Objects/object.c#_Py_MergeZeroLocalRefcount",
          "biased reference counting (Choi, Shull, Torrellas, PACT 2018): the owner has done" },
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
        "In hand_off.py set the switch interval to a microsecond. How many hand-offs are there, and how long does "
        "each take?",
        "In long_call.py put sorted() or a slow regular expression in place of sum. Which of them let go?",
        "In convoy.py let two threads compute. How long does the I/O wait now?",
        "In numpy_pool.py make SIZE smaller step by step. Where does the speed-up go?",
        "In shared.py let the threads call one function that has a default argument. Do they meet at it?",
        "In workers.py give the interpreter a memoryview in place of bytes. How many copies are there now?",
        "In regions.py put spawn in place of fork. What changes in the table?",
    },
};
