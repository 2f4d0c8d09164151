/* Which file a process loaded the code at an address from; declared in images.h. */

#include "images.h"

#include <stdlib.h>
#include <string.h>

/* "START-END OFFSET PATH": false where it is not that. */
static bool
parse_image(const char *text, gbx_image *image)
{
    char *at;
    image->start = strtoull(text, &at, 16);
    if (at == text || *at != '-') {
        return false;
    }
    const char *end = at + 1;
    image->end = strtoull(end, &at, 16);
    if (at == end || *at != ' ') {
        return false;
    }
    const char *offset = at + 1;
    image->offset = strtoull(offset, &at, 16);
    image->path = at + 1;
    return at != offset && at[0] == ' ' && at[1] == '/' && image->start < image->end;
}

bool
gbx_image_at(const gbx_trace *trace, uint32_t process, uint64_t pc, gbx_image *image)
{
    size_t count = gbx_trace_meta_count(trace, process);
    for (size_t i = 0; i < count; i++) {
        const char *text = gbx_trace_meta(trace, process, i);
        if (text != NULL && strncmp(text, "image=", 6) == 0 && parse_image(text + 6, image) &&
            pc >= image->start && pc < image->end) {
            return true;
        }
    }
    return false;
}
