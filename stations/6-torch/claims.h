/* The claims of station 6, which station.c lists, and what their files share.

   A claim stands beside its check and its own experiments, in the file named here. */

#ifndef GBX_STATION_6_CLAIMS_H
#define GBX_STATION_6_CLAIMS_H

#include "claim.h"
#include "../experiment.h"

#include <stdbool.h>

/* 6.4, claims_paged.c, claims_attention.c, claims_blocks.c, claims_reading.c */
extern const gbx_claim gbx_s6_reservations;
extern const gbx_claim gbx_s6_blocks;
extern const gbx_claim gbx_s6_throughput;
extern const gbx_claim gbx_s6_equal;
extern const gbx_claim gbx_s6_computed;
extern const gbx_claim gbx_s6_sizes;
extern const gbx_claim gbx_s6_reading;
extern const gbx_claim gbx_s6_shared;

#endif
