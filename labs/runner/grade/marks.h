/* Marks: the parts of a run that the harness marked, and whether it was the harness who did.

   lab.py marks mark("part", "NAME begin") and "NAME end", and mark("lab", "begin"), and last ("lab", "end") or
   ("lab", "failed").  Such a mark is
   believed where it was made by lab.py's own function, once in that call; called by lab.part's own beginning or end; that by a
   line of the harness that says part(...); with nothing but the harness and the library on the stack.  A part begins once
   in a run and ends once, on the thread that began it.  Anything else that bears these names is a forgery: a learner
   who has the interpreter itself call lab.part's methods (from a finalizer, say) does so at another line. */

#ifndef GBX_MARKS_H
#define GBX_MARKS_H

#include "trace.h"

enum { GBX_PART_NAME = 64 };

typedef struct {
    char name[GBX_PART_NAME];
    size_t begin, end;               /* positions of its two marks; end GBX_NO_EVENT while it is open */
    uint32_t stream, process;
} gbx_harness_part;

typedef struct {
    gbx_harness_part *parts;         /* owned; in the order in which they began */
    size_t count, room;
    bool began, ended;               /* the harness's own begin and end were seen */
    bool failed;                     /* its end says that something was raised */
    size_t first, last;              /* their positions */
    const char *violation;           /* a name of violations.h, or NULL */
    char text[256];                  /* what was seen, in a sentence; "" */
} gbx_marks;

/* Does this line of a file of /lab say part(...)?  Only whoever made the run knows the files. */
typedef struct {
    bool (*says_part)(void *context, const char *file, int line);
    void *context;
} gbx_marks_lines;

/* 0 or GBX_ERROR_MEMORY.  `lines` NULL: lines were looked at before.  To be cleared in either case. */
int gbx_marks_read(gbx_marks *marks, const gbx_trace *trace, const gbx_marks_lines *lines, gbx_error *error);
void gbx_marks_clear(gbx_marks *marks);

/* NULL: the run has no part of this name that begins and ends. */
const gbx_harness_part *gbx_marks_part(const gbx_marks *marks, const char *name);

#endif
