/* What serve.py says of a cache while it serves requests, gathered for the claims 6.4a to 6.4c.

   The program marks, every few iterations, how many slots of the cache are used for what.  This module
   reads those marks and takes means; it must not judge, and it believes no sum: whether the kinds make up
   the whole cache is for the claims to see. */

#ifndef GBX_STATION_6_CACHE_H
#define GBX_STATION_6_CACHE_H

#include "../part.h"

enum { GBX_S6_MAX, GBX_S6_POW2, GBX_S6_ORACLE, GBX_S6_PAGED, GBX_S6_MANAGERS };
enum { GBX_S6_TOKENS, GBX_S6_RESERVED, GBX_S6_INTERNAL, GBX_S6_EXTERNAL, GBX_S6_KINDS };

extern const char *const gbx_s6_manager_names[GBX_S6_MANAGERS];      /* "Max", "Pow2", "Oracle", "paged" */

/* One look at the cache: mark("look", "ITERATION IN-FLIGHT WAITING TOKENS RESERVED INTERNAL EXTERNAL"). */
typedef struct {
    size_t event;
    unsigned iteration, in_flight, waiting;
    unsigned slots[GBX_S6_KINDS];
} gbx_s6_look;

enum { GBX_S6_SLICES = 48 };

/* All requests, served by one manager.  Means are over the looks that count: those at a warm cache, while
   somebody waits for memory. */
typedef struct {
    size_t looks;                      /* that count */
    gbx_s6_look typical;               /* of them: with about as many in flight as on average */
    gbx_s6_look off;                   /* the first look, of all, whose kinds are not the whole cache; its
                                          event is GBX_NO_EVENT where there is none */
    double share[GBX_S6_KINDS];        /* of the cache: 0 to 1 */
    double in_flight;
    double empty_slots;                /* the most that a request had on average: set aside and not filled */
    double iterations, emitted, sent_away, computed_again;
    double over_time[GBX_S6_SLICES];   /* tokens, as a share of the cache, at all looks; the slices are as long for
                                          every manager: all of them together are Max's run */
} gbx_s6_served;

typedef struct {
    double slots, block, warm, requests, asked_for;
    double mean_prompt, mean_output;   /* of the requests that were drawn */
    gbx_s6_served by[GBX_S6_MANAGERS];
} gbx_s6_stream;

/* false, having said in `finding` what is missing, where the program did not mark all of it. */
bool gbx_s6_stream_read(const gbx_look *look, gbx_finding *finding, gbx_s6_stream *stream);

/* Tokens that a manager's server emits in an iteration, on average over the run. */
double gbx_s6_tokens_an_iteration(const gbx_s6_served *served);

/* The next mark(name, text) of a part at or after *at, which moves past it; NULL: there is none. */
const char *gbx_s6_next_text(const gbx_part *part, size_t *at, const char *name);

#endif
