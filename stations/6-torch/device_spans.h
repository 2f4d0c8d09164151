/* What experiments/device.py printed: spans of a processor and of a device on one time line.

   recordings/README.md is the format.  Text of a program is not to be trusted: what does not fit is refused, and
   nothing of it reaches a terminal but names that this module knows, and words cleaned of control characters.
   This module reads, finds and draws; it never judges. */

#ifndef GBX_STATION_6_DEVICE_SPANS_H
#define GBX_STATION_6_DEVICE_SPANS_H

#include "claim.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum { GBX_HOST, GBX_STREAM_1, GBX_STREAM_2, GBX_OTHER_THREAD, GBX_DEVICE_LANES } gbx_device_lane;

enum { GBX_DEVICE_SPANS = 512, GBX_DEVICE_WORD = 80, GBX_DEVICE_PICTURE = 2048 };

typedef struct {
    char part[24], name[24];
    gbx_device_lane lane;
    int64_t begin_ns, end_ns;
} gbx_device_span;

typedef struct {
    char kind[8];                            /* "cuda", "cpu", "none" */
    char why[2 * GBX_DEVICE_WORD];           /* of "none" */
    bool recorded;
    char device[GBX_DEVICE_WORD], torch[GBX_DEVICE_WORD], when[GBX_DEVICE_WORD];
    int64_t uncertainty_ns;
    gbx_device_span spans[GBX_DEVICE_SPANS];
    size_t count;
} gbx_device_page;

/* False, and why not in `why`, where the text is no such page. */
bool gbx_device_read(gbx_device_page *page, const char *text, size_t size, char *why, size_t why_size);

/* The nth span (0...) of a part, lane and name; NULL. */
const gbx_device_span *gbx_device_find(const gbx_device_page *page, const char *part, gbx_device_lane lane,
                                       const char *name, size_t nth);

/* Time that two spans share. */
int64_t gbx_device_overlap(const gbx_device_span *a, const gbx_device_span *b);

/* A part as text, a row a lane; returns the length. */
size_t gbx_device_draw(const gbx_device_page *page, const char *part, char *text, size_t size);

#endif
