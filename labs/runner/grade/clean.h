/* Clean text: what somebody else wrote, made fit for a terminal and a report.

   What leaves here is valid UTF-8 without control characters (a terminal obeys them) and without the characters that
   turn or hide what stands beside them (U+200B..200F, 202A..202E, 2060..2069, FEFF); each becomes a '?'.  This module
   must not know what a text is about. */

#ifndef GBX_CLEAN_H
#define GBX_CLEAN_H

#include <stdbool.h>
#include <stddef.h>

/* Length of the valid UTF-8 character at `text` of `left` bytes, with its number in *number; 0: there is none. */
size_t gbx_clean_character(const char *text, size_t left, unsigned *number);

/* Copy `length` bytes into `out`, cut between characters to fit, terminated; returns `out`.  Line ends and tabs
   become blanks. */
char *gbx_clean_line(const char *text, size_t length, char *out, size_t size);
/* The same of a terminated string. */
char *gbx_clean(const char *text, char *out, size_t size);
/* A text of several lines, which keeps its line ends ("\r\n" becomes "\n", a tab a blank); the caller frees it.  NULL:
   no memory. */
char *gbx_clean_text(const char *text, size_t length);

#endif
