/* The claims of station 4, which station.c lists, and what their files share.

   A claim stands beside its check and its own experiments, in the file named here. */

#ifndef GBX_STATION_4_CLAIMS_H
#define GBX_STATION_4_CLAIMS_H

#include "claim.h"
#include "../experiment.h"

#include <stdbool.h>

#define ASYNCIO    (GBX_BIT(AIO) | GBX_BIT(MARK))
#define WITH_LOCK  (ASYNCIO | GBX_BIT(GIL))

/* Experiments of more than one file. */
extern const gbx_experiment gbx_s4_awaits;             /* claims_await.c */
extern const gbx_experiment gbx_s4_stalled;            /* claims_stall.c: no debug mode */
extern const gbx_experiment gbx_s4_stalled_debug;      /* the same in debug mode */

/* 4.1, claims_await.c */
extern const gbx_claim gbx_s4_order;
extern const gbx_claim gbx_s4_same;

/* 4.2, claims_cancel.c */
extern const gbx_claim gbx_s4_lands;
extern const gbx_claim gbx_s4_shield;
extern const gbx_claim gbx_s4_swallowed;

/* 4.3, claims_uvloop.c, claims_rates.c */
extern const gbx_claim gbx_s4_frames;
extern const gbx_claim gbx_s4_calls;
extern const gbx_claim gbx_s4_rates;

/* 4.4, claims_queue.c */
extern const gbx_claim gbx_s4_queue;
extern const gbx_claim gbx_s4_turns;

/* 4.5, claims_stall.c */
extern const gbx_claim gbx_s4_warning;
extern const gbx_claim gbx_s4_late;

/* 4.6, claims_slow.c */
extern const gbx_claim gbx_s4_computes;
extern const gbx_claim gbx_s4_sequence;
extern const gbx_claim gbx_s4_pieces;
extern const gbx_claim gbx_s4_blocks;

/* show_stall.c */
gbx_check gbx_s4_tell_stall;

#endif
