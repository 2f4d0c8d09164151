/* A picture of lanes: a row a thread, a column a slice of time, and in each cell how much of it the thread
   spent in which lane.  The library draws the SVG; who writes to a terminal asks for cells.

   Order of calls: new, a row for each thread that is to be seen, spans in any order (gbx_picture_span() is
   a gbx_lane_visit), then cells and the drawing.  Threads without a row are passed over. */

#ifndef GBX_GIL_PICTURE_H
#define GBX_GIL_PICTURE_H

#include "gil.h"

#include <stdio.h>

typedef struct gbx_picture gbx_picture;

#define GBX_PICTURE_COLUMNS_MAX 4096u

/* Of the time from begin_ns to end_ns.  NULL: out of memory, or more columns than the most. */
gbx_picture *gbx_picture_new(const gbx_trace *trace, unsigned columns, uint64_t begin_ns, uint64_t end_ns);
void gbx_picture_free(gbx_picture *picture);     /* NULL is fine */

/* 0, or GBX_ERROR_MEMORY. */
int gbx_picture_add_row(gbx_picture *picture, uint32_t stream);
size_t gbx_picture_rows(const gbx_picture *picture);
const gbx_trace *gbx_picture_trace(const gbx_picture *picture);
uint64_t gbx_picture_ns(const gbx_picture *picture);     /* the time that it shows */
uint32_t gbx_picture_stream(const gbx_picture *picture, size_t row);

void gbx_picture_span(void *picture, const gbx_span_of_lane *span);

/* The lane that most of a cell was spent in. */
gbx_lane gbx_picture_cell(const gbx_picture *picture, size_t row, unsigned column);

/* The row whose thread held `lock` of its process for most of a column; SIZE_MAX: nobody did. */
size_t gbx_picture_holder(const gbx_picture *picture, unsigned column);

/* The whole as one SVG, with a legend and times; whether writing went well is for the caller to ask `to`. */
void gbx_picture_svg(const gbx_picture *picture, const char *title, FILE *to);

#endif
