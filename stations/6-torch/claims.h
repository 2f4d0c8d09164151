/* The claims of station 6, which station.c lists, and what their files share.

   A claim stands beside its check and its own experiments, in the file named here. */

#ifndef GBX_STATION_6_CLAIMS_H
#define GBX_STATION_6_CLAIMS_H

#include "claim.h"

/* An experiment that imports PyTorch: FOLDER/FILE.py. */
#define WITH_TORCH(VARIABLE, FOLDER, FILE, EVENTS, ON)                                                  \
    const gbx_experiment VARIABLE = {                                                                   \
        .name = FILE, .program = FOLDER "/" FILE ".py", .events = (EVENTS), .packages = "torch",        \
        .on = (ON), .timeout_ms = 120000,                                                               \
    }

#define TAPE  (GBX_BIT(FRAME) | GBX_BIT(GIL) | GBX_BIT(THREAD) | GBX_BIT(MARK))

/* Experiments of more than one file: claims_tape.c. */
extern const gbx_experiment gbx_s6_course;
extern const gbx_experiment gbx_s6_tape;

/* 6.1, claims_tape.c, claims_backward.c, claims_gradient.c */
extern const gbx_claim gbx_s6_built;
extern const gbx_claim gbx_s6_order;
extern const gbx_claim gbx_s6_without;
extern const gbx_claim gbx_s6_gradient;
extern const gbx_claim gbx_s6_used_up;

/* 6.2, claims_modes.c */
extern const gbx_claim gbx_s6_nodes;
extern const gbx_claim gbx_s6_bytes;
extern const gbx_claim gbx_s6_latency;
extern const gbx_claim gbx_s6_shared;

/* 6.3, claims_device.c */
extern const gbx_claim gbx_s6_launch;
extern const gbx_claim gbx_s6_waits;
extern const gbx_claim gbx_s6_streams;
extern const gbx_claim gbx_s6_device_lock;

/* show_course.c */
gbx_check gbx_s6_tell_course;

/* 6.4, claims_paged.c, claims_attention.c, claims_blocks.c, claims_reading.c */
extern const gbx_claim gbx_s6_reservations;
extern const gbx_claim gbx_s6_blocks;
extern const gbx_claim gbx_s6_throughput;
extern const gbx_claim gbx_s6_equal;
extern const gbx_claim gbx_s6_computed;
extern const gbx_claim gbx_s6_sizes;
extern const gbx_claim gbx_s6_reading;
extern const gbx_claim gbx_s6_copy_on_write;

#endif
