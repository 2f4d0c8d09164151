/* The claims of station 1, which station.c lists, and what their files share.

   A claim stands beside its check and its own experiments, in the file named here. */

#ifndef GBX_STATION_1_CLAIMS_H
#define GBX_STATION_1_CLAIMS_H

#include "claim.h"
#include "../experiment.h"

#include <stdbool.h>
#include <stddef.h>

#define CALLS    (GBX_BIT(FRAME) | GBX_BIT(SPEC) | GBX_BIT(MARK))
#define OBJECTS  (GBX_BIT(FRAME) | GBX_BIT(MARK) | GBX_BIT(REF))
#define PATH     (GBX_BIT(COMPILE) | CALLS)

/* Experiments of more than one file. */
extern const gbx_experiment gbx_s1_course;             /* claims_path.c */
extern const gbx_experiment gbx_s1_specialize;         /* claims_specialize.c */
extern const gbx_experiment gbx_s1_frames;             /* claims_calls.c */

/* 1.1, claims_loads.c */
extern const gbx_claim gbx_s1_who_specializes;
extern const gbx_claim gbx_s1_new_global;
extern const gbx_claim gbx_s1_load_costs;

/* 1.2, claims_specialize.c and claims_agree.c */
extern const gbx_claim gbx_s1_warm_up;
extern const gbx_claim gbx_s1_failure;
extern const gbx_claim gbx_s1_change_of_mind;
extern const gbx_claim gbx_s1_same_name;
extern const gbx_claim gbx_s1_dis_agrees;
extern const gbx_claim gbx_s1_tracing_changes_nothing;

/* 1.3, claims_calls.c, claims_objects.c and claims_generator.c */
extern const gbx_claim gbx_s1_data_stack;
extern const gbx_claim gbx_s1_one_c_frame;
extern const gbx_claim gbx_s1_chunks;
extern const gbx_claim gbx_s1_frame_object;
extern const gbx_claim gbx_s1_ownership;
extern const gbx_claim gbx_s1_traceback;
extern const gbx_claim gbx_s1_generator;

/* 1.0, claims_path.c, with two moments for the table of stages */
extern const gbx_claim gbx_s1_path;
bool gbx_s1_moment_code(const gbx_look *look, size_t *first, size_t *last);
bool gbx_s1_moment_first_frame(const gbx_look *look, size_t *first, size_t *last);

/* show_course.c */
gbx_check gbx_s1_tell_course;

#endif
