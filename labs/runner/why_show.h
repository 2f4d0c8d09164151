/* How why is told: a page for a terminal, and JSON.  Both show the same. */

#ifndef GBX_WHY_SHOW_H
#define GBX_WHY_SHOW_H

#include "why.h"
#include "why_run.h"
#include "why_tools.h"

typedef struct {
    const gbx_why *why;
    const gbx_why_runs *runs;            /* NULL: only recordings were there */
    const char *python;                  /* NULL likewise */
    gbx_why_tool *tools;                 /* GBX_WHY_TOOLS of them */
    const char *const *program;          /* its words; ends with NULL */
    bool colour;
} gbx_why_view;

/* At most 80 columns. */
void gbx_why_text(const gbx_why_view *view, FILE *to);

/* A new reference, as `glassbox why --help` describes it; NULL without memory. */
json_t *gbx_why_json(const gbx_why_view *view);

/* The command that shows an event, "glassbox show ..."; returns `text`. */
const char *gbx_why_hint(const gbx_trace *trace, size_t at, char *text, size_t size);

/* The line of a file without its indentation, control characters made spaces; false where there is none. */
bool gbx_why_source(const char *file, int line, char *text, size_t size);

#endif
