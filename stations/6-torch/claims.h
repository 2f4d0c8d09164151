/* The claims of station 6, which station.c lists, and what their files share.

   A claim stands beside its check and its own experiments, in the file named here. */

#ifndef GBX_STATION_6_CLAIMS_H
#define GBX_STATION_6_CLAIMS_H

#include "claim.h"
#include "../experiment.h"

#include <stdbool.h>

#endif
