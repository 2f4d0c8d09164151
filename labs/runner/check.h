/* The invariants that every trace keeps, checked before any claim may look.

   A broken invariant means that the recorder, a hook or the file is wrong: then nothing is concluded from
   the trace.  Where a thread's beginning is not in the trace (a ring that went round, a recording begun
   in mid-run), what reaches below it is allowed.

   Memory is bounded: stacks (64 MiB for all threads together) and a set of the generators that are alive
   (32 MiB); what does not fit is passed over and not counted in `looked_at`.  Nothing here is printed,
   and nothing here knows what a claim is.

   Limit: a ring that is at work, and too large to be copied when it was opened (see trace.h), changes
   under the check and may be called broken. */

#ifndef GBX_CHECK_H
#define GBX_CHECK_H

#include "trace.h"

#define GBX_NO_POSITION SIZE_MAX

typedef struct {
    const char *key;             /* "frames": one word, stable */
    const char *name;            /* a sentence: what holds */
    uint64_t looked_at;          /* how many it applied to; 0: nothing to check */
    const char *unit;            /* of looked_at: "records", "segments" or "sums" */
    uint64_t violations;
    uint64_t unobserved;         /* references: operations, net, that passed no hook; no violation */
    size_t first;                /* position of the first violation; GBX_NO_POSITION: see detail */
    char detail[192];            /* of the first violation, a few words; "" */
} gbx_invariant;

/* X(NAME, "key", "unit", "sentence") */
#define GBX_INVARIANT_LIST(X)                                                                     \
    X(NESTING,    "frames", "records", "a popped frame is the one pushed last")                   \
    X(GENERATORS, "generators", "records", "what is resumed was made or suspended before")        \
    X(STAGES,     "stages", "records", "compile stages nest")                                     \
    X(IMPORTS,    "imports", "records", "imports nest")                                           \
    X(SPEC,       "specialization", "records", "each attempt to specialize has one result")       \
    X(REFS,       "references", "records", "a watched object's count changes as its records say") \
    X(COLLECTIONS, "collections", "records", "a collection's phases follow their order up to its end") \
    X(WORLD,      "world", "records", "who stops the world starts it again")                      \
    X(HOLDER,     "holder", "records", "a lock has at most one holder at any time")                \
    X(TURNS,      "turns", "records", "a thread asks for a lock, takes it and lets it go, in turn") \
    X(SWITCHES,   "switches", "records", "a lock's switches are as many as it counts itself")      \
    X(WAITS,      "waits", "records", "what a thread waits is what its lane lacks")                \
    X(STEPS,      "steps", "records", "a task's steps nest, and each has a cause")               \
    X(ENDS,       "ends", "records", "who is done is done once, a task in a step of its own")     \
    X(HANDLES,    "handles", "records", "what is scheduled runs at most once")                    \
    X(ITERATIONS, "iterations", "records", "a loop's iterations nest, and it waits inside them")  \
    X(EXPORTS,    "exports", "records", "a release answers an export, of an object that lives")   \
    X(EXPORTED,   "exported", "records", "an object has as many exports as it counts itself")       \
    X(VIEWS,      "views", "records", "a managed buffer has as many views as it counts itself")     \
    X(HEAP,       "heap", "sums", "the allocator's events add up to what it says it holds")       \
    X(NAMES,      "names", "records", "the names that records refer to are defined")              \
    X(TIME,       "time", "records", "time never runs backwards within a thread")                 \
    X(CLOCK,      "clock", "segments", "the clock's calibration holds across the file")           \
    X(WHOLE,      "sequence", "segments", "a thread's segments follow without a gap")             \
    X(RECORDS,    "records", "segments", "what was committed is whole records")                   \
    X(LOSSES,     "losses", "records", "what was lost is on record")

enum {
#define X(NAME, key, unit, sentence) GBX_INVARIANT_##NAME,
    GBX_INVARIANT_LIST(X)
#undef X
    GBX_INVARIANTS
};

/* Check all; 0 or a negative code (memory).  Whether they hold is in the result. */
int gbx_check_all(const gbx_trace *trace, gbx_invariant result[GBX_INVARIANTS], gbx_error *error);

/* The same beside another loop over all events: new, every event once in order, finish, free. */
typedef struct gbx_checker gbx_checker;

int gbx_checker_new(gbx_checker **out, const gbx_trace *trace, gbx_error *error);
void gbx_checker_event(gbx_checker *checker, const gbx_entry *event, size_t at);
void gbx_checker_finish(gbx_checker *checker, gbx_invariant result[GBX_INVARIANTS]);
void gbx_checker_free(gbx_checker *checker);     /* NULL is fine */

#endif
