/* A page of text that is written piece by piece, for quotations in a finding.  What does not fit is left out
   as a whole; it must not be used for text of unknown length. */

#ifndef GBX_STATION_6_PAGE_H
#define GBX_STATION_6_PAGE_H

#include <stddef.h>

typedef struct {
    char text[2048];
    size_t used;                 /* start with 0 */
} gbx_page;

void gbx_page_put(gbx_page *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* One sign for a share of 0 to 1: a column that is as high. */
void gbx_page_put_level(gbx_page *page, double share);

#endif
