/* The stations that this program has, each listed once. */

#include "station.h"

#include <stddef.h>

extern const gbx_station gbx_station_1;       /* 1-frames/station.c */
extern const gbx_station gbx_station_2;       /* 2-memory/station.c */
extern const gbx_station gbx_station_3;       /* 3-gil/station.c */
extern const gbx_station gbx_station_4;       /* 4-asyncio/station.c */
extern const gbx_station gbx_station_5;       /* 5-buffers/station.c */
extern const gbx_station gbx_station_6;       /* 6-torch/station.c */

static const gbx_station *const stations[] = {
    &gbx_station_1, &gbx_station_2, &gbx_station_3, &gbx_station_4, &gbx_station_5, &gbx_station_6,
};

const gbx_station *
gbx_station_find(int number)
{
    for (size_t i = 0; i < sizeof(stations) / sizeof(stations[0]); i++) {
        if (stations[i]->number == number) {
            return stations[i];
        }
    }
    return NULL;
}
