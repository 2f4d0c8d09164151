/* What the files of lab 1 share: how the learner's functions and the parts of a run are found, and the checks that
   the tables in facts.c name. */

#ifndef GBX_LAB_1_SITES_H
#define GBX_LAB_1_SITES_H

#include "lab.h"

#include "../../stations/part.h"
#include "trace.h"

/* The three steps' locals, from the first to the last, and the functions that have them. */
#define GBX_SITES_STEPS 3
extern const char *const gbx_sites_locals[GBX_SITES_STEPS];
extern const char *const gbx_sites_functions[GBX_SITES_STEPS];

/* A string of an object; "" where there is none. */
const char *gbx_sites_text(const json_t *object, const char *name);
/* A small number of an object that is above 0, or 0. */
unsigned gbx_sites_number(const json_t *object, const char *name);
/* Is this code object a function of the learner's file, of this name? */
bool gbx_sites_is(const gbx_lab_look *look, uint32_t process, uint32_t code, const char *name);
/* The part of this name; where there is none, says so in `finding`: the caller returns GBX_INSUFFICIENT. */
bool gbx_sites_part(const gbx_lab_look *look, gbx_finding *finding, const char *name, gbx_part *part);
/* Is it an event of specialization? */
bool gbx_sites_is_spec(uint8_t event);

gbx_fact_check gbx_sites_unpinned, gbx_sites_others, gbx_sites_counted;
gbx_mechanism_check gbx_sites_by_counter, gbx_sites_at_first_miss, gbx_sites_compiled, gbx_sites_majority;
gbx_mechanism_check gbx_sites_cleared, gbx_sites_deleted, gbx_sites_cut;

#endif
