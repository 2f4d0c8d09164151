/* Citations: how a learner names an event of a run, and finds it again in another run of the same work.

       spec.miss@work.py:12#3       the third spec.miss while line 12 of work.py runs

   A line runs from when an event first speaks of an instruction of it until one speaks of another line of that
   function, whatever it calls meanwhile.  The line is that of the instruction that the event names, where that is in
   the learner's own files; else of the innermost function of theirs that runs in that thread; else of the innermost
   function at all, whose file is named by its place in the library ("asyncio/tasks.py") or by its whole path; else
   "?:0".  Events are counted in the order of the trace, over all threads.

   Where a function stands is known from the events that say so (a call, an instruction): without class frame all but
   events with a place of their own are cited "@?:0".

   One pass over the trace makes the index; then each question is a look into a table, or a walk over numbers.  This
   module must not judge and must not print. */

#ifndef GBX_CITE_H
#define GBX_CITE_H

#include <jansson.h>

#include "trace.h"

#define GBX_CITE_SIZE 200        /* room for the longest citation */

typedef struct gbx_cites gbx_cites;

/* Index the trace, which has to live longer.  `own`: the folder of the learner's files, as the trace names it ("/learner/");
   files below it are named from there.  The caller closes it.  GBX_ERROR_MEMORY; GBX_ERROR_LIMIT: over 2^31 events. */
int gbx_cites_open(gbx_cites **out, const gbx_trace *trace, const char *own, gbx_error *error);
void gbx_cites_close(gbx_cites *cites);                          /* NULL is fine */

/* The citation of the event at a position; returns `text`, "" where there is no such event. */
const char *gbx_cite_of(const gbx_cites *cites, size_t at, char *text, size_t size);

/* A citation, taken apart; `file` points into the text. */
typedef struct {
    uint8_t event;
    const char *file;
    size_t file_length;
    uint32_t line, nth;              /* nth: 1... */
} gbx_citation;

/* Is it one at all?  Any text may be asked about. */
bool gbx_cite_parse(const char *text, gbx_citation *out);
/* The position that a citation names, or GBX_NO_EVENT. */
size_t gbx_cite_find(const gbx_cites *cites, const char *text);
/* How many events of the cited kind the cited line has, whatever the number: "work.py:12 has 2 spec.miss". */
size_t gbx_cite_count(const gbx_cites *cites, const char *text);

/* ------------------------------------------------------------- what there is to cite */

/* Where an event is, or all of one kind at one line. */
typedef struct {
    const char *file;                /* the index's */
    uint32_t line;
    uint32_t nth;                    /* 1...; 0: of all */
    uint32_t count;                  /* of this kind at this line */
    uint8_t event;
    bool own;                        /* the file is one of the learner's */
} gbx_cited;

size_t gbx_cites_kinds(const gbx_cites *cites);
gbx_cited gbx_cites_kind(const gbx_cites *cites, size_t index);
/* False: there is no such event. */
bool gbx_cites_event(const gbx_cites *cites, size_t at, gbx_cited *out);

/* The learner's own lines, and how many events of which kind each has:
     [{"line": "work.py:12", "events": {"spec.miss": 3}}]
   NULL without memory. */
json_t *gbx_cites_lines(const gbx_cites *cites);
/* The first `most` events at a line ("work.py:12"): [{"ref", "text"}]; the text has the event's fields. */
json_t *gbx_cites_list(const gbx_cites *cites, const gbx_trace *trace, const char *line, size_t most);

#endif
