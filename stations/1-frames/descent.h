/* Descent: how one specialized instruction misses, gives up, and settles again.

   A specialized instruction that meets something else than it noted misses: it does the general
   thing, once, and counts down.  At zero it is open to change and asks again.  This module finds that
   sequence at one instruction; whether it is the right one is for the check to say. */

#ifndef GBX_STATION_1_DESCENT_H
#define GBX_STATION_1_DESCENT_H

#include "../part.h"

typedef struct {
    size_t settled;      /* the success before the first miss */
    size_t first;        /* first miss */
    size_t last;         /* the miss that found the counter at zero */
    size_t deopt;
    size_t attempt;
    size_t resettled;    /* the success after it; each of these GBX_NO_EVENT where there is none */
    uint32_t misses;     /* before the attempt */
    uint32_t later;      /* after the second success */
} gbx_descent;

/* Walk the events of one instruction from the start of the part. */
gbx_descent gbx_descent_find(const gbx_part *part, uint32_t code, uint16_t offset);

/* How many misses the counter allows that a success left behind: its value, and the one that finds
   it at zero. */
uint32_t gbx_descent_allowance(const gbx_spec *success);

/* Say what is missing from a whole descent, with the misses that `success` allowed.  GBX_PASS when
   nothing is. */
gbx_verdict gbx_descent_judge(const gbx_part *part, gbx_finding *finding,
                              const gbx_descent *descent);

#endif
