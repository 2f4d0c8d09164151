/* Sandbox: runs a program that may be out to break things, and names what became of it.

   Layers, each probed before it is relied on, from the outside in: a private mount namespace with a tmpfs of bounded
   size and number of files, without execution from it; bubblewrap (user, mount, pid, net, ipc, uts namespaces, all
   read-only but the binds that say otherwise); a seccomp filter by libseccomp; Landlock; resource limits; a
   parent that drains and caps the output, watches the clock, and kills the whole tree.  The level reached is the
   highest whose layers all hold; it is never lowered in silence: below `require_level`, nothing runs.  Nor does anything below
   GBX_LEVEL_ISOLATED, whatever is asked for: the paths that a lab names are there in namespaces alone, and a result is the
   same for everybody or there is none.

   A witness (witness.h), where one is given, is told of every stop of every traced thread: the child and all that it makes are
   traced from their first instruction.

   This module must not judge a submission, and must not print. */

#ifndef GBX_SANDBOX_H
#define GBX_SANDBOX_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

typedef struct gbx_witness gbx_witness;

/* 0: no limit of that kind. */
typedef struct {
    uint32_t wall_ms, cpu_ms;
    uint64_t memory_bytes;           /* of one process's private memory */
    uint64_t output_bytes;           /* stdout and stderr together */
    uint32_t processes;              /* threads included */
    uint64_t disk_bytes;             /* of all writable places together */
    uint32_t disk_files;             /* inodes of them */
    uint32_t open_files;
} gbx_limits;

typedef enum {
    GBX_LEVEL_BARE = 0,              /* resource limits and a session of its own */
    GBX_LEVEL_FILTERED = 1,          /* and seccomp, no new privileges */
    GBX_LEVEL_ISOLATED = 2,          /* and bubblewrap's namespaces, bounded tmpfs */
    GBX_LEVEL_FULL = 3               /* and Landlock */
} gbx_level;

const char *gbx_level_name(gbx_level level);             /* "bare", "filtered", "isolated", "full" */
bool gbx_level_parse(const char *name, gbx_level *to);

/* What this machine can do: the level, and `layers`, an array of {"layer", "works", "detail", "remedy"} that the caller
   lets go of and must not change.  Runs harmless children, once a process; call it from one thread. */
int gbx_sandbox_probe(gbx_level *level, json_t **layers, gbx_error *error);

/* A place that the child sees: `from` outside, `to` inside (absolute both), a folder or an ordinary file.  Without `code`
   nothing of it can be run, or loaded as machine code (the interpreter and its packages need it; a submission must not
   have it).  The system's own libraries, /dev/null and its like are there by themselves.  When we are root the child is
   somebody else (nobody): what it shall read has to be readable for everybody; the folders above need not be. */
typedef struct {
    const char *from, *to;
    bool code;
} gbx_bind;

/* How it ended. */
typedef enum {
    GBX_END_EXITED,                  /* status */
    GBX_END_SIGNALLED,               /* signal: by itself, or by somebody of its own */
    GBX_END_LIMIT,                   /* limit */
    GBX_END_VIOLATION,               /* violation: it asked for what no honest submission asks for */
    GBX_END_LEFTOVERS                /* it ended, its descendants did not: they were killed; status */
} gbx_end;

typedef enum {
    GBX_LIMIT_NONE, GBX_LIMIT_CPU, GBX_LIMIT_WALL, GBX_LIMIT_MEMORY, GBX_LIMIT_OUTPUT, GBX_LIMIT_PROCS, GBX_LIMIT_DISK
} gbx_limit;

const char *gbx_limit_name(gbx_limit limit);             /* "cpu"... */

typedef struct {
    const char *const *argv;         /* inside; ends with NULL */
    const char *const *environment;  /* all of it; ends with NULL */
    const char *folder;              /* to start in, inside */
    const gbx_bind *binds;           /* read-only */
    size_t bind_count;
    /* Writable places, all of one bounded tmpfs, empty at first: paths inside, such as "/tmp", "/trace".  After the run each
       is handed over to `collect` (outside path, the same order; NULL: nothing is kept), ordinary files
       alone, before it is gone. */
    const char *const *writable;     /* ends with NULL */
    int (*collect)(void *context, const char *inside, const char *outside, gbx_error *error);
    void *context;
    gbx_limits limits;
    gbx_level require_level;
    gbx_level most_level;            /* for tests: not above this one; 0 is taken as GBX_LEVEL_FULL */
    gbx_witness *witness;            /* NULL: none.  The calling thread must have no other children then: it waits for all */
    bool may_exec;                   /* it may start programs of the places with `code`; else execve() is refused (EACCES) */
} gbx_sandbox_options;

typedef struct {
    gbx_end end;
    int status, signal;
    gbx_limit limit;
    char cause[256];                 /* "wall 12.0 s of 10 s; CPU 0.3 s: it was waiting"; a violation's own: "asked for ptrace" */
    char violation[48];              /* its name, of a fixed list: "forbidden-call"... */
    gbx_level level;                 /* that it really ran at */
    char *out, *err;                 /* owned, terminated; any bytes */
    size_t out_size, err_size;
    uint64_t wall_ns, user_ns, system_ns, peak_bytes;
    int interrupted;                 /* a signal told us to stop: everything is gone, the caller cleans up and ends */
} gbx_sandbox_result;

/* 0 when the child ran and everything of it has ended.  A negative code is ours, never the child's: GBX_ERROR_MISSING (the level is
   not to be had; the message says which layer and its remedy), GBX_ERROR_SYSTEM...  result must be
   cleared after a success. */
int gbx_sandbox_run(const gbx_sandbox_options *options, gbx_sandbox_result *result, gbx_error *error);
void gbx_sandbox_result_clear(gbx_sandbox_result *result);

#endif
