/* What the files of the sandbox share.

   sandbox.c         a run from its beginning to its end
   sandbox_order.c   what is to be run, as the program inside is told
   sandbox_filter.c  the filter of system calls, and what a forbidden one is called
   sandbox_spawn.c   the child that makes the namespaces and the bounded places, and becomes bubblewrap
   sandbox_watch.c   the parent's wait: output, clock, calls that ask for leave, its end
   sandbox_sample.c  how many processes there are, and what they use
   sandbox_cause.c   the names of how it ended
   sandbox_keep.c    what is left of the writable places, handed over
   sandbox_probe.c   which layers this machine has
   inside/inside.c   the program inside (sandbox_wire.h) */

#ifndef GBX_SANDBOX_INTERNAL_H
#define GBX_SANDBOX_INTERNAL_H

#include <linux/filter.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "sandbox.h"
#include "sandbox_wire.h"

/* The program inside, as it is carried (sandbox_order.c). */
extern const char gbx_inside_program[], gbx_inside_program_end[];

enum {
    GBX_SANDBOX_BINDS = 64,          /* of the caller's */
    GBX_SANDBOX_PLACES = 16,
    GBX_SANDBOX_SAMPLE_MS = 25,
    GBX_SANDBOX_START_MS = 30000,    /* for namespaces and bubblewrap, on a busy machine */
    GBX_SANDBOX_END_MS = 2000,       /* for the keeper to end everything; then it is killed itself */
    GBX_SANDBOX_PATIENCE = 6,        /* times the wall limit, at most, on a machine that has no time for it */
    GBX_SANDBOX_NOBODY = 65534       /* who a submission runs as when we are root */
};

/* How the namespaces are to be had. */
typedef enum {
    GBX_WAY_USER,                    /* an ordinary user: a user namespace first */
    GBX_WAY_ROOT,                    /* root: mounts as root, then an ordinary user who makes user namespaces */
    GBX_WAY_ROOT_ALONE,              /* root where there are no user namespaces: bubblewrap as root, which is given up inside */
    GBX_WAY_NONE
} gbx_way;

/* Which one this machine allows; tried once a process.  For GBX_WAY_NONE `error` (may be NULL) says what was refused. */
gbx_way gbx_sandbox_way(gbx_error *error);
/* bubblewrap's path; NULL: not installed. */
const char *gbx_sandbox_bubblewrap(void);
/* The version of Landlock; 0: this kernel has none. */
int gbx_sandbox_landlock(void);
/* The layer and remedy in words of whoever may change the machine, for a namespace that was refused with this errno. */
void gbx_sandbox_remedy(int refused, char *text, size_t size);

/* ---------------------------------------------------------------- a run */

/* Something from outside that is seen inside: the caller's binds, the system's libraries, harmless devices. */
typedef struct {
    const char *from, *to;
    bool folder, code, device;
} gbx_mount;

typedef struct {
    char *bytes;
    size_t size, room;
    int fd;
} gbx_stream;

typedef struct {
    uint64_t cpu_ns;                 /* of all that live or were waited for */
    uint64_t most_bytes, all_bytes;  /* private memory: the largest process's, and of all together */
    uint64_t disk_bytes, disk_files; /* used of the writable places */
    bool disk_full, files_full;
    uint64_t starved_ns;             /* what the thread that waited longest for a processor has waited */
    unsigned tasks;                  /* threads of all processes */
} gbx_sample;

typedef struct {
    const gbx_sandbox_options *options;
    gbx_sandbox_result *result;
    gbx_error *error;
    gbx_way way;
    bool landlock;
    gbx_mount mounts[GBX_SANDBOX_BINDS + 16];
    size_t mount_count;
    gbx_inside_order *order;         /* owned */

    pid_t child;                     /* ours, above bubblewrap */
    pid_t program, keeper;           /* as we number them */
    int child_fd, keeper_fd;         /* pidfds */
    int control, start, listener;    /* our ends; sandbox_wire.h */
    int place;                       /* the writable places' tmpfs */
    int signals, wake;               /* wake: an eventfd, by which the tracing thread says that it is over */
    sigset_t mask;
    struct sigaction on_child;
    gbx_stream out, err;

    uint64_t began_ns, end_by_ns;    /* when it went; when patience with its end is over (0: not asked yet) */
    bool stopped;                    /* we ended it: limit, violation, interruption, our own trouble */
    bool has_word, child_ended, keeper_ended, running;
    unsigned programs;               /* execve() so far */
    pid_t tracer;                    /* the thread that traces; 0: none */
    uint64_t traced_ns;              /* what the tracer had taken or waited before it began */
    uint64_t starved_ns;             /* the most that a sample said: threads end, and take theirs with them */
    uint64_t refused_bytes;          /* of one request for memory beyond the limit */
    gbx_inside_word word;            /* how it ended, by the keeper */
    gbx_sample last;
    int trouble;                     /* our own: a negative code */
    _Atomic bool witness_ended;      /* by the tracing thread: a violation, or trouble; the witness says which */
} gbx_run;

uint64_t gbx_sandbox_now(void);

/* sandbox_order.c: 0, or USAGE, MEMORY, LIMIT. */
int gbx_sandbox_order(gbx_run *run);
/* sandbox_filter.c: both filters, one after the other; *count: instructions of the first.  The caller frees. */
typedef struct {
    struct sock_filter *instructions;
    unsigned count[2];               /* what is known at all; what is asked about */
} gbx_filters;
int gbx_sandbox_filters(const gbx_sandbox_options *options, gbx_filters *filters, gbx_error *error);
/* "ptrace", or "call 4711 of another architecture"; returns text. */
const char *gbx_sandbox_call_name(uint32_t architecture, int number, char *text, size_t size);
/* sandbox_spawn.c: starts the child; the first words of it are heard by gbx_sandbox_meet(). */
int gbx_sandbox_spawn(gbx_run *run);
/* Until the program inside stands ready and waits for our word. */
int gbx_sandbox_meet(gbx_run *run);
/* sandbox_watch.c: until everything has ended. */
void gbx_sandbox_watch(gbx_run *run);
void gbx_sandbox_stop(gbx_run *run);
/* sandbox_asked.c: a call asks for leave (the listener is readable). */
void gbx_sandbox_answer(gbx_run *run);
/* sandbox_sample.c */
void gbx_sandbox_sample(gbx_run *run, gbx_sample *sample);
unsigned gbx_sandbox_tasks(const gbx_run *run);
/* What a thread of ours has taken of a processor, and waited for one; 0: this kernel does not say. */
uint64_t gbx_sandbox_taken(pid_t thread);
/* sandbox_cause.c: a limit that is reached now, by what was sampled; and at the end, all the rest. */
bool gbx_sandbox_over(gbx_run *run, const gbx_sample *sample);
void gbx_sandbox_limit(gbx_run *run, gbx_limit limit, const char *format, ...) __attribute__((format(printf, 3, 4)));
void gbx_sandbox_violation(gbx_run *run, const char *name, const char *format, ...) __attribute__((format(printf, 3, 4)));
void gbx_sandbox_conclude(gbx_run *run);
/* sandbox_keep.c */
int gbx_sandbox_keep(gbx_run *run);

#endif
