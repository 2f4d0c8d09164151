/* The checks, inside: what check.c (segments, and the whole) and check_records.c (one record after the
   other) share.  Nobody else may include this. */

#ifndef GBX_CHECK_INTERNAL_H
#define GBX_CHECK_INTERNAL_H

#include "check.h"
#include "checkstate.h"
#include "heap.h"

#define KNOWN_NAMES   4096u            /* names found lately: 1 << 12, see check_names() */
#define NAMING_MAX    4u               /* fields of one event that are looked up */

/* Which fields of an event name something; found when its first record comes by. */
typedef struct {
    uint8_t count;                     /* UINT8_MAX: not known yet */
    uint8_t offset[NAMING_MAX], width[NAMING_MAX];
    uint64_t key[NAMING_MAX];          /* what the id is added to, to be one of `known` */
} naming;

typedef struct gbx_lock gbx_lock;            /* what is known of one lock; see check_gil.c */
typedef struct gbx_aio_objects gbx_aio_objects;      /* tasks, futures and handles; see check_aio.c */
typedef struct gbx_exports gbx_exports;      /* Py_buffers that are out; see exports.h */
typedef struct gbx_counted gbx_counted;      /* the count of one watched object; see check_refs.c */

typedef struct {
    naming namings[256];
    bool generators;                   /* all that are alive are in the set */
    bool names;                        /* all definitions are in the file */
    bool timed;                        /* there is a clock */
    uint32_t changes;                  /* of the class mask, so far */
    bool counts;                       /* no record of class ref is missing */
    bool free_threaded;
    gbx_counted *counted;              /* by watch id */
    size_t counted_room;
    gbx_heap *heap;                    /* made when the first event of its allocator comes by */
    bool heapless;                     /* there was no memory for it */
    bool locks_whole;                  /* no event of class gil is missing, and they have an order */
    gbx_lock *locks;
    size_t lock_count, lock_room;
    bool aio_whole;                    /* no event of class aio is missing, and they have an order */
    gbx_aio_objects *aio;              /* made when the first of them comes by */
    bool exports_whole;                /* no event of class buf is missing, and they have an order */
    bool exports_first;                /* and none was out before the first of them */
    gbx_exports *exports;              /* made when the first of them comes by */
} process_state;

typedef struct {
    gbx_stack frames;                  /* code << 32 | frame */
    gbx_stack stages;
    gbx_stack imports;                 /* step << 32 | name */
    gbx_stack collections;             /* interp << 32 | generation << 8 | next in the order of phases */
    bool collected;                    /* one began in this trace: what belongs to none is wrong */
    bool stopped;                      /* it stopped the world in this trace, from the beginning */
    uint8_t world[2];                  /* of its interpreter, and of all: 0, asked to stop, stopped */
    uint64_t site;                     /* of the attempt to specialize without a result yet */
    bool attempted;                    /* there is one */
    bool floor;                        /* its beginning is in the trace: nothing lies below depth 0 */
    bool results;                      /* an attempt was seen: a result without one is wrong */
    bool gap;                          /* a ring dropped a segment from its middle */
    process_state *of;
    uint32_t process;
    uint32_t changes;
    uint64_t lost;                     /* by its own LOST records */
    struct {
        uint8_t state;                 /* see check_gil.c */
        uint8_t attached;              /* 0 not known, 1 attached, 2 detached */
        bool released;                 /* it let go of a lock in this trace, and has not taken one since */
        uint32_t lock;
        uint64_t since[4];             /* t_ns, when it came to each state */
        uint64_t forced;               /* ticks it waited for another's turn, since it let go */
    } gil;
    gbx_stack steps;                   /* tasks */
    gbx_stack runs;                    /* handles */
    gbx_stack iterations;              /* loops */
    uint64_t stepped;                  /* the task whose last step began with a CancelledError; 0 */
} thread_state;

struct gbx_checker {
    const gbx_trace *trace;
    thread_state *threads;
    process_state *processes;
    gbx_budget budget;
    gbx_set generators;                /* process << 32 | frame: made or suspended, not resumed */
    uint64_t known[KNOWN_NAMES];       /* process << 40 | kind << 32 | id; kind is never 0 */
    gbx_invariant result[GBX_INVARIANTS];
};

/* Note a violation; of the first one its position and these few words are kept.  Names may be cut
   short in them (%.60s): whole characters are left. */
void gbx_checker_violate(gbx_checker *c, int which, size_t at, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* The events of class aio (check_aio.c). */
void gbx_check_aio(gbx_checker *c, thread_state *thread, const gbx_head *head, size_t at);
void gbx_checker_aio_free(gbx_aio_objects *of);      /* NULL is fine */

/* check_refs.c: a watch begins, a record of class ref. */
void gbx_checker_watch(process_state *process, const gbx_watch *watch);
void gbx_checker_ref(gbx_checker *c, process_state *process, const gbx_ref *ref, size_t at);

/* The events of class gc (check_collections.c). */
void gbx_check_collection(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at);
void gbx_check_world(gbx_checker *c, thread_state *thread, const gbx_head *head, size_t at);

/* The events of class buf, and the death of an object (check_buf.c). */
void gbx_check_buf(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at);
void gbx_check_buf_death(gbx_checker *c, thread_state *thread, const gbx_obj *object, size_t at);
void gbx_check_buf_clear(process_state *process);

/* The events of class gil that tell of a lock, and of attaching (check_gil.c). */
void gbx_check_gil(gbx_checker *c, thread_state *thread, const gbx_entry *event, size_t at);

#endif
