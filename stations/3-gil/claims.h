/* The claims of station 3, which station.c lists, and what their files share.

   A claim stands beside its check and its own experiments, in the file named here. */

#ifndef GBX_STATION_3_CLAIMS_H
#define GBX_STATION_3_CLAIMS_H

#include "claim.h"
#include "../experiment.h"

#include <stdbool.h>

#define LOCK  (GBX_BIT(GIL) | GBX_BIT(THREAD) | GBX_BIT(MARK))

/* Experiments of more than one file: claims_primes.c. */
extern const gbx_experiment gbx_s3_primes;             /* with the lock */
extern const gbx_experiment gbx_s3_primes_free;        /* without it */

/* 3.1, claims_numpy.c */
extern const gbx_claim gbx_s3_lets_go;
extern const gbx_claim gbx_s3_share;

/* 3.2, claims_primes.c, claims_shared.c */
extern const gbx_claim gbx_s3_no_lock;
extern const gbx_claim gbx_s3_price;
extern const gbx_claim gbx_s3_one_count;
extern const gbx_claim gbx_s3_one_dict;

/* 3.3, claims_primes.c, claims_workers.c, claims_regions.c */
extern const gbx_claim gbx_s3_own_locks;
extern const gbx_claim gbx_s3_start;
extern const gbx_claim gbx_s3_passing;
extern const gbx_claim gbx_s3_regions;

/* 3.4, claims_lock.c, claims_calls.c */
extern const gbx_claim gbx_s3_chain;
extern const gbx_claim gbx_s3_long_call;
extern const gbx_claim gbx_s3_convoy;
extern const gbx_claim gbx_s3_one_holder;

/* show_primes.c */
gbx_check gbx_s3_tell_primes;

#endif
