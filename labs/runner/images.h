/* Images: which file a process loaded the code at an address from, as it noted in its trace (META image).
   The numbers and the path are what the trace says: whoever opens the file has to check it. */

#ifndef GBX_IMAGES_H
#define GBX_IMAGES_H

#include "trace.h"

typedef struct {
    uint64_t start, end;         /* addresses in the process */
    uint64_t offset;             /* in the file, of `start` */
    const char *path;            /* absolute; belongs to the trace */
} gbx_image;

/* false: the trace does not say. */
bool gbx_image_at(const gbx_trace *trace, uint32_t process, uint64_t pc, gbx_image *image);

#endif
