/* What the sandbox says to the program that it starts inside (inside/inside.c), and what that answers.

   Both ends are built together and the program is carried in the library, so the messages are plain structures;
   they go over two SOCK_SEQPACKET pairs: CONTROL, which the keeper (process 1 inside) holds to its end, and START,
   which the child has until it becomes the learner's Python.

       outside                        keeper (process 1)               child
       CONTROL: gbx_inside_order ->   reads it, forks              ->  limits, Landlock
                                                                   <-  START: HELLO (its number comes with the message)
       (the tracer takes hold)
       START: 'g'                                                  ->  filter; START: LISTENER with a descriptor
                                                                       becomes argv[0], or START: FAILED
       CONTROL: 'k' (end it)      ->  kills all
                                  <-  CONTROL: ENDED

   The end of CONTROL without a word means that we are gone: the keeper ends at once, and the kernel all with it. */

#ifndef GBX_SANDBOX_WIRE_H
#define GBX_SANDBOX_WIRE_H

#include <stdint.h>

enum {
    GBX_INSIDE_CONTROL = 3,          /* descriptors of the keeper */
    GBX_INSIDE_START = 4,
    GBX_INSIDE_LIMITS = 12,
    GBX_INSIDE_MOST = 120 << 10,     /* bytes of an order */
    GBX_INSIDE_LINGER_MS = 300       /* for what is about to end after the learner's program has */
};

enum {
    GBX_INSIDE_LANDLOCK = 1,         /* flags of an order */
    GBX_INSIDE_FILTER = 2,
    GBX_INSIDE_SET_IDS = 4           /* we are root inside: become ids */
};

/* Followed by the filters (8 bytes an instruction), the rights (8 bytes a path), and strings, each ended by 0: the
   folder, argv, environment, the paths of the rights. */
typedef struct {
    uint32_t magic, size;            /* of all of it */
    uint32_t flags;
    uint32_t instructions[2];        /* of the two filters: what is known; what is asked about */
    uint32_t paths, arguments, variables;
    uint32_t ids;                    /* user and group */
    uint32_t limit_count, unused;
    struct { uint32_t resource, unused; uint64_t soft, hard; } limits[GBX_INSIDE_LIMITS];
} gbx_inside_order;

#define GBX_INSIDE_MAGIC 0x67627831u

enum { GBX_INSIDE_PLACE = 1, GBX_INSIDE_HELLO, GBX_INSIDE_LISTENER, GBX_INSIDE_FAILED, GBX_INSIDE_ENDED };

/* FAILED: which step, for "cannot STEP: strerror". */
#define GBX_INSIDE_STEPS(X)                        \
    X(ORDER, "understand what to run")             \
    X(FORK, "start a process")                     \
    X(LIMIT, "set a resource limit")               \
    X(IDS, "give up root")                         \
    X(PRIVILEGES, "give up new privileges")        \
    X(LANDLOCK, "set up Landlock")                 \
    X(FOLDER, "enter the folder to start in")      \
    X(FILTER, "load the filter of system calls")   \
    X(RUN, "run the program")                      \
    X(NAMESPACE, "make a namespace")               \
    X(MOUNT, "mount")                              \
    X(BUBBLEWRAP, "run bubblewrap")

enum {
#define X(NAME, text) GBX_STEP_##NAME,
    GBX_INSIDE_STEPS(X)
#undef X
    GBX_STEP_COUNT
};

typedef struct {
    uint32_t kind;
    uint32_t step, error;            /* FAILED */
    int32_t status;                  /* ENDED: as wait() reports it */
    uint32_t leftovers;              /* processes that had to be killed after the program's own end */
    uint32_t unused;
    uint64_t wall_ns;                /* from the word to go to the program's end */
    uint64_t user_ns, system_ns, peak_bytes;
} gbx_inside_word;

/* Landlock, as the kernel has it (the C library's headers may be older than what is used here). */
enum {
    GBX_RIGHT_EXECUTE = 1, GBX_RIGHT_WRITE = 2, GBX_RIGHT_READ = 4, GBX_RIGHT_LIST = 8,
    GBX_RIGHT_TRUNCATE = 1 << 14, GBX_RIGHT_IOCTL = 1 << 15,
    GBX_RIGHTS_OF_A_FILE = GBX_RIGHT_EXECUTE | GBX_RIGHT_WRITE | GBX_RIGHT_READ | GBX_RIGHT_TRUNCATE | GBX_RIGHT_IOCTL,
    GBX_RIGHTS_ALL = (1 << 16) - 1
};

#endif
