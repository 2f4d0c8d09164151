/* Findings: what a check found, kept until a sink shows it.  Checks write through claim.h; this header is
   for those who read: the engine and the sinks.

   A finding owns its text and points into traces, which must live longer than it. */

#ifndef GBX_FINDING_H
#define GBX_FINDING_H

#include "claim.h"

typedef enum {
    GBX_ITEM_EVENT,          /* trace, at, text */
    GBX_ITEM_FACT,           /* text */
    GBX_ITEM_DETAIL,         /* text; for `explain` alone */
    GBX_ITEM_QUOTE,          /* text, with its line breaks */
    GBX_ITEM_NUMBER,         /* text (its name), value, unit */
    GBX_ITEM_BAR,            /* the same; neighbours with one unit are one chart */
    GBX_ITEM_FAILURE,        /* expected, text (actual), likely (may be NULL) */
    GBX_ITEM_INSUFFICIENT,   /* text */
    GBX_ITEM_SKIP            /* text */
} gbx_item_kind;

typedef struct {
    gbx_item_kind kind;
    const gbx_trace *trace;
    size_t at;
    double value;
    char *text;
    char *unit;
    char *expected;
    char *likely;
} gbx_item;

struct gbx_finding {
    gbx_item *items;
    size_t count, room;
    bool out_of_memory;      /* something could not be kept: no verdict may be given */
    bool observed;           /* in terms of the prediction: choice, or number */
    size_t choice;
    double number;
    gbx_lack lack;           /* why it is skipped, where that has a name */
    size_t refuting;         /* index of the item that refutes other answers; count or more: none */
};

gbx_finding *gbx_finding_new(void);              /* NULL: out of memory */
void gbx_finding_free(gbx_finding *finding);     /* NULL is fine */

/* What is missing, of a finding whose verdict is SKIPPED; "" where it does not say. */
const char *gbx_finding_why_skipped(const gbx_finding *finding);

/* "device"; NULL of GBX_LACK_NOTHING. */
const char *gbx_lack_name(gbx_lack lack);

#endif
