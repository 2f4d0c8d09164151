/* Why: what each column of the mental model cost a program, and which line is at fault.

       source -> AST -> bytecode -> eval loop -> C function -> system call or GPU kernel

   Given are one or two recordings of a program: of the `timed` one the classes that cost little are on, and
   times are believed; of the `counted` one those that tell of each object, block and reference, and numbers
   are believed.  Each column (why_columns.c has the table) listens to the events that concern it, adds up what
   it cost by line, and says what it takes for a fault.  What a fault is, is decided in one place for all: a
   cost that the program need not have, at one line, of at least GBX_WHY_SHARE of the program's own time and at
   least GBX_WHY_LEAST_NS.  A cost is measured (it lies between two events) or estimated (a number of
   events, times what one of them costs on this machine: the prices are measured when the program is run).

   The program's own time is without the interpreter's start-up.  A line is the program's own: of what
   happens in the standard library, the line that called it.

   This module adds up and decides.  It must not print, run anything, or know a program by name. */

#ifndef GBX_WHY_H
#define GBX_WHY_H

#include <jansson.h>
#include <stdio.h>

#include "trace.h"

#define GBX_WHY_SHARE     0.10           /* less is not worth a change */
#define GBX_WHY_LEAST_NS  20e6           /* nor is what nobody can feel or measure */

typedef enum { GBX_WHY_SOURCE, GBX_WHY_AST, GBX_WHY_BYTECODE, GBX_WHY_EVAL, GBX_WHY_C, GBX_WHY_SYSTEM } gbx_why_part;

const char *gbx_why_part_name(gbx_why_part part);        /* "eval loop"; static */

/* What things cost on this machine, ns; 0: not measured, and then nothing is estimated by it. */
#define GBX_WHY_PRICES(X)                                                                         \
    X(miss,         "a specialized instruction whose guard fails, beside one that holds")         \
    X(miss_call,    "the same of a call of a Python function")                                    \
    X(load_global,  "LOAD_GLOBAL, specialized, beside LOAD_FAST")                                 \
    X(store_global, "STORE_GLOBAL beside STORE_FAST")                                             \
    X(load_name,    "LOAD_NAME beside LOAD_FAST")                                                 \
    X(store_name,   "STORE_NAME beside STORE_FAST")                                               \
    X(ref,          "a reference taken or given back, by one thread")                             \
    X(shared_ref,   "a reference counted on the shared half while another thread does so too")    \
    X(copy_4k,      "a byte of 4 KiB that are allocated, copied and freed")                       \
    X(copy_64k,     "a byte of 64 KiB, likewise")                                                 \
    X(copy_1m,      "a byte of 1 MiB, likewise")                                                  \
    X(copy_16m,     "a byte of 16 MiB, likewise")                                                 \
    X(grow_4k,      "a byte of 4 KiB that are copied while what they are a copy of is freed after") \
    X(grow_64k,     "a byte of 64 KiB, likewise")                                                 \
    X(grow_256k,    "a byte of 256 KiB, likewise")                                                \
    X(grow_1m,      "a byte of 1 MiB, likewise")                                                  \
    X(block,        "a small block, allocated and freed")                                         \
    X(fresh,        "a byte of memory that comes from the system and goes back to it")

typedef struct {
#define X(name, what) double name;
    GBX_WHY_PRICES(X)
#undef X
} gbx_why_prices;

/* What one byte of `bytes` costs that are allocated, copied and freed. */
double gbx_why_copy_price(const gbx_why_prices *prices, double bytes);
/* The same where what was there before is freed only afterwards. */
double gbx_why_grow_price(const gbx_why_prices *prices, double bytes);

typedef struct {
    const gbx_trace *timed, *counted;    /* may be the same, and either may be NULL */
    gbx_why_prices prices;
    const char *library;                 /* folder of the standard library; NULL: told by its usual name */
    const json_t *bytecode;              /* what `dis` says of the program's files, see why_code.h; may be NULL */
    uint64_t wall_ns, cpu_ns;            /* of a run without recording; 0: not known, then those of the trace */
    uint64_t system_ns;                  /* of cpu_ns, in the system */
    uint64_t timed_wall_ns;              /* of the timed run; 0: as far as its events go */
} gbx_why_input;

typedef enum { GBX_WHY_NOT_RECORDED, GBX_WHY_MEASURED, GBX_WHY_ESTIMATED } gbx_why_basis;

const char *gbx_why_basis_name(gbx_why_basis basis);     /* "measured"; static */

typedef struct {
    char name[28];
    uint64_t number;
} gbx_why_count;

#define GBX_WHY_COUNTS 6u

/* What a column says as a whole. */
typedef struct {
    gbx_why_basis basis;
    double ns, share;                    /* share of the program's own time, 0 to 1 and, where several
                                            threads do it at once, more */
    gbx_why_count counts[GBX_WHY_COUNTS];
    size_t count;
    char why[160];                       /* of what is not recorded or estimated; "" */
} gbx_why_cost;

typedef struct {
    const gbx_trace *trace;              /* timed or counted */
    size_t at;                           /* one of the records, to begin with */
    uint64_t records;
    char text[160];
} gbx_why_evidence;

#define GBX_WHY_EVIDENCE 4u

/* A line that costs what it need not. */
typedef struct {
    unsigned column;                     /* index */
    const char *fault;                   /* "polymorphic site"; static */
    const char *file;                    /* belongs to the trace */
    const char *function;
    int line;
    gbx_why_basis basis;
    double ns, share;
    uint64_t times;
    char sentence[400];                  /* what is wrong there, and what would mend it */
    gbx_why_evidence evidence[GBX_WHY_EVIDENCE];
    size_t evidence_count;
} gbx_why_verdict;

/* A function, whosever it is, and the time that was its own: without that of the functions of Python that it
   called, with that of C functions, and with its waiting.  A fact and no fault. */
typedef struct {
    const char *file, *function;         /* belong to the trace */
    int line;                            /* of its `def` */
    double ns, share;                    /* as recorded, which makes calls dearer; of all threads' time */
    uint64_t calls;                      /* that ended */
} gbx_why_function;

#define GBX_WHY_FUNCTIONS 5u

typedef struct gbx_why gbx_why;

/* 0, and the caller frees *out, which keeps what `input` names; or GBX_ERROR_MEMORY. */
int gbx_why_explain(gbx_why **out, const gbx_why_input *input, gbx_error *error);
void gbx_why_free(gbx_why *why);                 /* NULL is fine */

/* The columns, in the order of the model. */
size_t gbx_why_column_count(void);
const char *gbx_why_column_key(size_t column);           /* "spec"; static */
const char *gbx_why_column_question(size_t column);      /* "do the instructions settle ..."; static */
gbx_why_part gbx_why_column_part(size_t column);
const gbx_why_cost *gbx_why_column_cost(const gbx_why *why, size_t column);

/* Faults, the dearest first; and what came near: lines with a fault's sign below the threshold. */
size_t gbx_why_verdicts(const gbx_why *why);
const gbx_why_verdict *gbx_why_verdict_at(const gbx_why *why, size_t index);
size_t gbx_why_near(const gbx_why *why);
const gbx_why_verdict *gbx_why_near_at(const gbx_why *why, size_t index);

/* The functions that had most of the time, the first one most, and each GBX_WHY_LEAST_NS; none where frames were
   not recorded. */
size_t gbx_why_functions(const gbx_why *why);
const gbx_why_function *gbx_why_function_at(const gbx_why *why, size_t index);

/* The recordings it was made from; may be the same, and either may be NULL. */
const gbx_trace *gbx_why_timed(const gbx_why *why);
const gbx_trace *gbx_why_counted(const gbx_why *why);

/* The program's own time: from where its first line ran. */
double gbx_why_own_ns(const gbx_why *why);
double gbx_why_startup_ns(const gbx_why *why);

/* "12.3 ms", "1.2 GB"; both return `text`. */
const char *gbx_why_time(double ns, char *text, size_t size);
const char *gbx_why_size(double bytes, char *text, size_t size);

#endif
