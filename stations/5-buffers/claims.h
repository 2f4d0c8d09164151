/* The claims of station 5, which station.c lists, and what their files share.

   A claim stands beside its check and its own experiments, in the file named here. */

#ifndef GBX_STATION_5_CLAIMS_H
#define GBX_STATION_5_CLAIMS_H

#include "claim.h"

#define BUFFERS  (GBX_BIT(BUF) | GBX_BIT(MARK))

/* An experiment that imports NumPy: FOLDER/FILE.py. */
#define WITH_NUMPY(VARIABLE, FOLDER, FILE, EVENTS)                                                      \
    const gbx_experiment VARIABLE = {                                                                   \
        .name = FILE, .program = FOLDER "/" FILE ".py", .events = (EVENTS), .packages = "numpy",        \
    }

extern const gbx_experiment gbx_s5_course;

/* 5.1, claims_transpose.c */
extern const gbx_claim gbx_s5_same_memory;
extern const gbx_claim gbx_s5_flat;
extern const gbx_claim gbx_s5_shapes;              /* claims_shapes.c */

/* 5.2, claims_library.c */
extern const gbx_claim gbx_s5_refused;
extern const gbx_claim gbx_s5_wrong;
extern const gbx_claim gbx_s5_copy;
extern const gbx_claim gbx_s5_cost;                /* claims_copying.c */

/* 5.3, claims_memory.c */
extern const gbx_claim gbx_s5_one_address;
extern const gbx_claim gbx_s5_dlpack;
extern const gbx_claim gbx_s5_kept_alive;
extern const gbx_claim gbx_s5_cannot_grow;
extern const gbx_claim gbx_s5_tensor;              /* claims_tensors.c */
extern const gbx_claim gbx_s5_given_back;

/* show_course.c */
gbx_check gbx_s5_tell_course;

#endif
