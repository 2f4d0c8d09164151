/* What the files of lab 2 share: how the parts of a run and the deaths in it are found, and the checks that the tables
   in facts.c name. */

#ifndef GBX_LAB_2_LIFETIMES_H
#define GBX_LAB_2_LIFETIMES_H

#include "lab.h"

#include "../../stations/part.h"
#include "trace.h"

/* A number of an object that is above 0 and not large, or 0. */
unsigned gbx_lifetimes_number(const json_t *object, const char *name);
/* The part of this name; where there is none, says so in `finding`: the caller returns GBX_INSUFFICIENT. */
bool gbx_lifetimes_part(const gbx_lab_look *look, gbx_finding *finding, const char *name, gbx_part *part);
/* The last death, in the part, of what is watched under this name; GBX_NO_EVENT. */
size_t gbx_lifetimes_death(const gbx_part *part, const char *name);
/* "member 3": the name under which the harness watches it. */
const char *gbx_lifetimes_member(unsigned number, char *text, size_t size);

gbx_fact_check gbx_lifetimes_fate_a, gbx_lifetimes_fate_b, gbx_lifetimes_fate_c, gbx_lifetimes_fate_d,
    gbx_lifetimes_fate_e, gbx_lifetimes_fate_f;
gbx_mechanism_check gbx_lifetimes_by_counting, gbx_lifetimes_owner_first, gbx_lifetimes_by_collection,
    gbx_lifetimes_by_scope, gbx_lifetimes_by_size, gbx_lifetimes_by_moving;

#endif
