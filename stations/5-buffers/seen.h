/* What a part of a run shows of buffers: each export with its shape, the refusals, and the memory that was
   made.  This module finds and decodes; it never judges. */

#ifndef GBX_STATION_5_SEEN_H
#define GBX_STATION_5_SEEN_H

#include "../part.h"

enum { GBX_SEEN_AXES = 4 };

/* An export; of more dimensions than there is room for, the first ones. */
typedef struct {
    size_t at;                   /* its buf.get */
    const gbx_buf_get *get;
    const char *type;            /* of the exporter */
    int64_t extent[GBX_SEEN_AXES], stride[GBX_SEEN_AXES];
    uint32_t axes;               /* how many are told */
} gbx_seen;

/* The first export at or after `at` that nobody has passed on; false: there is none. */
bool gbx_seen_next(const gbx_part *part, size_t at, gbx_seen *seen);

/* The same, of an exporter of this type. */
bool gbx_seen_of(const gbx_part *part, const char *type, gbx_seen *seen);

/* All of them up to `most`; how many. */
size_t gbx_seen_all(const gbx_part *part, gbx_seen *seen, size_t most);

/* How much memory extensions told of in the part, and in how many pieces; `first` becomes the event of the
   first, or GBX_NO_EVENT. */
uint64_t gbx_seen_memory(const gbx_part *part, uint32_t *pieces, size_t *first);

/* The C function that asked for a buffer, or was refused one; NULL where nobody says. */
const char *gbx_seen_asker(const gbx_part *part, uint64_t pc);

/* "c_contiguous, format": what was asked for, in words; returns `text`. */
const char *gbx_seen_asked(uint16_t asked, char *text, size_t size);

/* "(32, 8)"; returns `text`. */
const char *gbx_seen_strides(const gbx_seen *seen, char *text, size_t size);

/* Extents and strides in words: "shape (3, 4), strides (32, 8)"; returns `text`. */
const char *gbx_seen_shape(const gbx_seen *seen, char *text, size_t size);

/* A line of a table: type, address, length, and whether it may be written to; how much of it fits. */
size_t gbx_seen_put(char *text, size_t size, const gbx_seen *seen);

#endif
