/* Text for a terminal: wrapped lines and columns.  Knows widths, not meanings. */

#ifndef GBX_TEXT_H
#define GBX_TEXT_H

#include <stdio.h>

/* Columns that UTF-8 text takes, one a character. */
size_t gbx_text_width(const char *text);

/* Take out what is left of characters where UTF-8 text was cut to fit. */
void gbx_text_mend(char *text);

/* Print `text` between blanks in lines of at most `width` columns: the first indented by what stands
   there already (`column`), the others by `indent`.  Ends with a line feed.  A word longer than a line
   is not broken. */
void gbx_text_wrap(FILE *to, unsigned column, unsigned indent, unsigned width, const char *text);

/* A number with three significant digits, whole ones as they are: "52", "1.37", "12,345". */
const char *gbx_text_number(double value, char *text, size_t size);

#endif
