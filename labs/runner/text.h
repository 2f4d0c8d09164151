/* Text for a terminal: wrapped lines and columns.  Knows widths, not meanings. */

#ifndef GBX_TEXT_H
#define GBX_TEXT_H

#include <stdint.h>
#include <stdio.h>

/* Columns that UTF-8 text takes, one a character. */
size_t gbx_text_width(const char *text);

/* Take out what is left of characters where UTF-8 text was cut to fit. */
void gbx_text_mend(char *text);

/* Print `text` between blanks in lines of at most `width` columns: the first indented by what stands
   there already (`column`), the others by `indent`.  Ends with a line feed.  A word longer than a line
   is not broken. */
void gbx_text_wrap(FILE *to, unsigned column, unsigned indent, unsigned width, const char *text);

/* At most `columns` columns of it, then blanks up to there. */
void gbx_text_pad(FILE *to, const char *text, unsigned columns);

/* "12.3 ms": a time with three significant digits, in the unit that fits.  Returns `text`. */
const char *gbx_text_time(uint64_t ns, char *text, size_t size);

/* A number with three significant digits, whole ones as they are: "52", "1.37", "12,345". */
const char *gbx_text_number(double value, char *text, size_t size);

#endif
