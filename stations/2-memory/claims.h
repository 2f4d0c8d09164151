/* The claims of station 2, which station.c lists, and what their files share.

   A claim stands beside its check and its own experiments, in the file named here. */

#ifndef GBX_STATION_2_CLAIMS_H
#define GBX_STATION_2_CLAIMS_H

#include "claim.h"
#include "../experiment.h"
#include "../part.h"

#include <stdbool.h>

#define LIVES   (GBX_BIT(REF) | GBX_BIT(GC) | GBX_BIT(ALLOC) | GBX_BIT(MARK))
#define BLOCKS  (GBX_BIT(ALLOC) | GBX_BIT(MARK))

/* Experiments of more than one file. */
extern const gbx_experiment gbx_s2_course;             /* show_course.c */
extern const gbx_experiment gbx_s2_blocks;             /* claims_blocks.c */

/* 2.1, claims_references.c */
extern const gbx_claim gbx_s2_del;
extern const gbx_claim gbx_s2_cycle;
extern const gbx_claim gbx_s2_threshold;
extern const gbx_claim gbx_s2_old_cycle;

/* 2.2, claims_instances.c */
extern const gbx_claim gbx_s2_slots;
extern const gbx_claim gbx_s2_first;

/* 2.3, claims_counts.c, claims_header.c, claims_halves.c and claims_deferred.c */
extern const gbx_claim gbx_s2_immortal;
extern const gbx_claim gbx_s2_header;
extern const gbx_claim gbx_s2_halves;
extern const gbx_claim gbx_s2_queue;
extern const gbx_claim gbx_s2_zero;
extern const gbx_claim gbx_s2_gone;
extern const gbx_claim gbx_s2_deferred;

/* 2.4, claims_blocks.c, claims_arenas.c, claims_totals.c */
extern const gbx_claim gbx_s2_classes;
extern const gbx_claim gbx_s2_border;
extern const gbx_claim gbx_s2_free_list;
extern const gbx_claim gbx_s2_growing;
extern const gbx_claim gbx_s2_survivor;
extern const gbx_claim gbx_s2_totals;
extern const gbx_claim gbx_s2_tracemalloc;

/* Whether the run was on the build without the GIL.  claims_halves.c */
bool gbx_s2_is_free_threaded(const gbx_look *look);

/* Whether the interpreter that ran has pymalloc.  Where it does not, says so in `finding` and returns
   false: the caller returns GBX_SKIPPED.  claims_blocks.c */
bool gbx_s2_has_pools(const gbx_look *look, gbx_finding *finding);

/* The next event of class ref about the watched object of this name, by whatever thread, at or after `at`
   and in the part's positions; GBX_NO_EVENT: none.  claims_halves.c */
size_t gbx_s2_next_ref(const gbx_part *part, size_t at, const char *name);

/* The same, of one kind. */
size_t gbx_s2_next_kind(const gbx_part *part, size_t at, uint8_t event, const char *name);

/* show_course.c */
gbx_check gbx_s2_tell_course;

#endif
