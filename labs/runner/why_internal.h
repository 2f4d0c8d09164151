/* Inside of why: the walk over a trace, lines to which numbers are added, and the interface of a column. */

#ifndef GBX_WHY_INTERNAL_H
#define GBX_WHY_INTERNAL_H

#include "why.h"
#include "why_memory.h"

#include <string.h>

/* --------------------------------------------------------------------- places */

typedef struct {
    uint32_t process, code;      /* code 0: nothing is known */
    uint16_t offset;
} gbx_why_place;

/* One instruction, or after gbx_why_lines() all of one line. */
typedef struct {
    gbx_why_place place;
    const char *file, *function;         /* of lines alone; not NULL there */
    int line;
    uint64_t count, bytes, other;        /* what a column makes of them */
    double ns;
    size_t first;                        /* position of the first event */
} gbx_why_line;

typedef struct {
    gbx_why_line *items;
    size_t count, room;
    uint32_t *slots;                     /* index + 1; 0: free */
    size_t slot_count;
} gbx_why_tally;

/* The entry of a place, made when missing; NULL: out of memory. */
gbx_why_line *gbx_why_tally_at(gbx_why_tally *tally, gbx_why_place place, size_t at);
/* Merge what lies on one line; the largest `ns` first, then the largest count.  Places without a line go. */
void gbx_why_lines(gbx_why_tally *tally, const gbx_trace *trace);
/* The same, but two functions of one line stay two. */
void gbx_why_lines_of_functions(gbx_why_tally *tally, const gbx_trace *trace);
void gbx_why_tally_clear(gbx_why_tally *tally);

/* ----------------------------------------------------------------------- walk */

typedef struct {
    uint32_t code;
    uint16_t offset;                     /* of the call it is in; GBX_NO_OFFSET unknown */
} gbx_why_frame;

typedef struct {
    gbx_why_frame *frames;
    size_t depth, room;                  /* those from `room` on are counted only */
    uint64_t since_ns;                   /* when it last changed */
} gbx_why_stack;

/* One walk over one trace. */
typedef struct {
    const gbx_why_input *input;
    const gbx_trace *trace;
    bool timed, counted;                 /* which of the two it is; of a single recording both */
    bool failed;                         /* out of memory */
    bool ends;                           /* the interpreter takes itself down: what dies now was kept */
    size_t at;                           /* position of the event */
    bool runs_text;                      /* what is run is a text (-c) */
    size_t begin;                        /* position of the program's own first event */
    uint64_t begin_ns, end_ns;
    gbx_why_stack *stacks;               /* by stream */
    gbx_why_memory *memory;              /* NULL: this one tells of no objects and blocks */
    gbx_why_tally functions;             /* of the timed one: each function's own time, and calls */
    size_t frames_left;                  /* that all stacks together may still take */
    uint8_t **kinds;                     /* by process and code: 0 not known, 1 the program's, 2 not */
} gbx_why_walk;

/* The program's own line for what happens at an instruction of a thread: that instruction, or where the
   innermost function of the program's called what is running.  The instruction itself where there is no
   such function. */
gbx_why_place gbx_why_own(gbx_why_walk *walk, const gbx_entry *entry, uint32_t code, uint16_t offset);

/* The same of whatever the thread is in, from its frames alone. */
gbx_why_place gbx_why_here(gbx_why_walk *walk, const gbx_entry *entry);
/* The same of where a thing was made, by a thread that is still there; code 0 where that is not known. */
gbx_why_place gbx_why_made_at(gbx_why_walk *walk, const gbx_entry *entry, const gbx_why_thing *thing);
/* Is it a file of the standard library, or none at all? */
bool gbx_why_is_library(const gbx_why_walk *walk, const char *file);
bool gbx_why_is_own(gbx_why_walk *walk, uint32_t process, uint32_t code);

/* -------------------------------------------------------------------- columns */

typedef struct {
    gbx_why_cost *cost;                  /* the column's own */
    const gbx_why_input *input;
    const gbx_why_walk *timed, *counted; /* after their ends; may be the same, and either may be NULL */
    double own_ns;                       /* the program's own time without recording */
    double cpu_ns;                       /* of the processors, likewise: what estimates are shares of */
    double timed_ns;                     /* in the timed recording */
    gbx_why *why;
    unsigned column;
    bool failed;
} gbx_why_report;

typedef struct {
    const char *key;
    gbx_why_part part;
    const char *question;
    uint32_t timed, counted;     /* classes of which it has something to say: any of them is enough */
    size_t state_size;           /* zeroed */
    void (*event)(void *state, gbx_why_walk *walk, const gbx_entry *entry);
    void (*finish)(void *state, gbx_why_report *report);
    void (*clear)(void *state);
} gbx_why_column;

extern const gbx_why_column gbx_why_column_import, gbx_why_column_compile, gbx_why_column_spec, gbx_why_column_ref,
    gbx_why_column_gil, gbx_why_column_aio, gbx_why_column_alloc, gbx_why_column_gc, gbx_why_column_buf,
    gbx_why_column_c;

/* A line with a fault's sign: whether it is a fault, gbx_why_explain() decides.  The caller fills in what is
   returned further: fault, sentence, evidence, basis.  NULL: the line is the standard library's, which nobody
   can mend; or out of memory, which the report knows. */
gbx_why_verdict *gbx_why_accuse(gbx_why_report *report, const gbx_why_line *line, double ns, double of_ns);

/* One more piece of evidence; printf's format. */
void gbx_why_prove(gbx_why_verdict *verdict, const gbx_trace *trace, size_t at, uint64_t records,
                   const char *format, ...) __attribute__((format(printf, 5, 6)));

/* The first record of an event from a position on; that position where there is none. */
size_t gbx_why_next(const gbx_trace *trace, size_t from, uint8_t event);

/* One more number of the column's as a whole. */
void gbx_why_say(gbx_why_cost *cost, const char *name, uint64_t number);

static inline bool
gbx_why_same_text(const char *a, const char *b)
{
    return strcmp(a, b) == 0;
}

static inline double
gbx_why_ratio(double part, double whole)
{
    return whole > 0 ? part / whole : 0;
}

#endif
