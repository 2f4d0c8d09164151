/* What query.c (how conditions are weighed) and query_match.c (which events are meant) share. */

#ifndef GBX_QUERY_INTERNAL_H
#define GBX_QUERY_INTERNAL_H

#include "query.h"
#include "walk.h"

/* Which events are meant; filled in from a query or from an element of `order`. */
typedef struct {
    bool kinds[256];
    const char *function;            /* NULL: any */
    const json_t *where;             /* NULL: any */
    bool all_threads;
    size_t begin, end;               /* positions, end not included */
    uint32_t stream;
    const gbx_trace *trace;
} gbx_match;

/* A kind, "spec.miss", or a class, "spec.*"; false: there is none such. */
bool gbx_match_kinds(const char *name, bool kinds[256]);

/* The part's stretch of the fact's own run; false, and a word in the finding: there is none. */
bool gbx_match_part(gbx_match *match, const json_t *query, const gbx_lab_look *look, gbx_finding *finding);

/* Is the event that the walk stands on one of them? */
bool gbx_match_event(const gbx_match *match, gbx_walk *walk);

/* variant.X, observed.X...: a borrowed value; NULL: it is none of these names, or there is no such value. */
const json_t *gbx_query_name(const gbx_lab_look *look, const char *name);

#endif
