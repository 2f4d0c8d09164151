/* Driver: run a program as a child, see how it ended, and take what it printed.

       const char *const argv[] = { paths.python, "-I", program, NULL };
       gbx_driver_options options = { .argv = argv, .directory = folder, .timeout_ms = 30000 };
       gbx_driver_result result;
       if (gbx_driver_run(&options, &result, &error) != 0) {
           ...                                // it could not be run, or we were told to stop
       }
       if (!gbx_driver_succeeded(&result, 0)) {
           gbx_driver_explain(&result, text, sizeof(text));      // "killed by SIGSEGV"
       }
       gbx_driver_result_clear(&result);

   How a captured run works.  The child is the leader of a session and a process group of its own, its
   output comes through two pipes, and one poll() waits for the pipes, for its end (a pidfd), for SIGINT,
   SIGTERM and SIGHUP to ourselves (blocked, and read from a signalfd, so that no handler is installed)
   and for the deadline.  When its time is over, or we are told to stop, the whole group is asked (TERM)
   and then killed (KILL).  When the leader has ended, what it left behind may finish its output for
   GBX_DRIVER_GRACE_MS; then the group is killed, and the leader, who until then stays a zombie so that
   its number is nobody else's, is reaped.  Should we die ourselves, the kernel kills the leader.

   With `terminal` set the child stays in our group instead and has our terminal: Ctrl-C reaches it from
   the terminal, not from us; a SIGTERM, SIGHUP or SIGINT sent to us alone is passed on; we wait until it
   has ended whatever happens, and what it leaves behind is left alone.  It outlives us if we are killed.

   Limits.  A descendant that makes a session of its own leaves the group and outlives the run (it cannot
   make us wait).  The signal mask of the calling thread is changed during the run and restored: call it
   from one thread at a time, and not from a thread that ends before the child (the kernel would kill the
   child then).  This module must not know what Python or a trace is. */

#ifndef GBX_DRIVER_H
#define GBX_DRIVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

enum {
    GBX_DRIVER_GRACE_MS = 500,           /* for what a leader left behind, and from TERM to KILL */
    GBX_DRIVER_CAPTURE_LIMIT = 8 << 20   /* bytes of a stream where the options say 0 */
};

/* Where a stream of the child goes. */
typedef enum {
    GBX_DRIVER_CAPTURE = 0,  /* to the result */
    GBX_DRIVER_INHERIT,      /* to where ours goes */
    GBX_DRIVER_DISCARD       /* to /dev/null */
} gbx_driver_stream;

/* All zero but argv is a good default: captured output, /dev/null as input, no time limit.  Nothing of
   it is kept after the run. */
typedef struct {
    const char *const *argv;         /* the program (found in PATH without a slash); ends with NULL */
    const char *const *environment;  /* "NAME=value" is set, "NAME" alone is taken away; ends with NULL;
                                        NULL: nothing is changed.  Later ones win */
    const char *directory;           /* to run in; NULL: ours */
    uint32_t timeout_ms;             /* 0: none */
    size_t out_limit;                /* captured bytes; what is beyond is read and dropped; 0: default */
    size_t err_limit;
    gbx_driver_stream out;
    gbx_driver_stream err;
    bool inherit_stdin;              /* else /dev/null */
    bool clean_environment;          /* drop the caller's PYTHON… variables (PYTHONPATH, PYTHONHOME,
                                        PYTHONGLASSBOX…) but PYTHONHASHSEED, before `environment` */
    bool terminal;                   /* see above; stdin, stdout and stderr are ours then */
} gbx_driver_options;

typedef struct {
    bool exited;                     /* by itself, with `status`; else killed by `signal` */
    int status;
    int signal;
    bool timed_out;                  /* and was killed for it, however it then ended */
    bool left_behind;                /* something it started kept a captured stream open after its end */
    int interrupted;                 /* the signal that told us to stop; 0: none */
    char *out;                       /* owned; never NULL after a success; out[out_size] == '\0' */
    size_t out_size;
    bool out_truncated;
    char *err;
    size_t err_size;
    bool err_truncated;
    uint64_t wall_ns;                /* from before the fork to its end */
    uint64_t user_ns;                /* of it and of the children that it waited for */
    uint64_t system_ns;
    uint64_t peak_bytes;             /* largest resident set of any of them; 0: not known, because we
                                        were as large ourselves at the start, and the kernel counts that */
} gbx_driver_result;

/* 0 when the child was run and has ended, in whatever way: timed out, killed, any status.
   GBX_ERROR_MISSING when it cannot be run ("cannot run 'x': No such file or directory").
   GBX_ERROR_CHILD when we were told to stop (captured runs alone): the child is gone, `interrupted` says
   by which signal, and the caller should clean up and end; the signal is not raised again.
   Other codes: pipes, memory, fork.  The result may be cleared after a failure, and must be after a
   success. */
int gbx_driver_run(const gbx_driver_options *options, gbx_driver_result *result, gbx_error *error);
void gbx_driver_result_clear(gbx_driver_result *result);

/* Did it end by itself, in time, with this status? */
bool gbx_driver_succeeded(const gbx_driver_result *result, int status);

/* How it ended, in words: "exited with status 1", "killed by SIGSEGV", "did not end within 5 s".  The time
   is the run's own.  Returns `text`. */
const char *gbx_driver_explain(const gbx_driver_result *result, char *text, size_t size);

/* ---------------------------------------------------------------- a place for runs */

/* A new folder that only we may enter, in TMPDIR or /tmp, absolute; given back with ..._remove(), which
   deletes all that is in it, never through a link, frees the string and sets *path to NULL (NULL there is
   fine).  What cannot be deleted stays; the first such thing is the error. */
int gbx_driver_temporary(char **path, gbx_error *error);
int gbx_driver_temporary_remove(char **path, gbx_error *error);

#endif
