/* Worker: one process that grades one submission, started and waited for by a batch.

   It is a process group of its own, so that Ctrl-C on our terminal reaches us alone and we decide; the kernel kills it when we
   die; it inherits the lock of the batch's folder, so that the lock is free only when the last of them is gone.  What it
   says on stderr is kept: its last line is why, when it fails.  This module must not know what a result is. */

#ifndef GBX_WORKER_H
#define GBX_WORKER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

typedef struct {
    pid_t pid;               /* 0: none */
    int pidfd;               /* readable when it has ended */
    int said;                /* a file in memory: its stderr */
    uint64_t began_ns;
    uint64_t killed_ns;      /* when it was asked to end; 0: it was not */
} gbx_worker;

typedef enum {
    GBX_WORKER_GRADED,       /* status 0: there should be a result */
    GBX_WORKER_AGAIN,        /* anything but 0 and 64, or a signal: infrastructure */
    GBX_WORKER_NEVER         /* status 64: it would say the same again */
} gbx_worker_end;

/* Start a program ("/proc/self/exe": the running one, even where its file was replaced meanwhile) with `folder` as its
   TMPDIR; `lock` is a descriptor that it keeps open.  0, or GBX_ERROR_SYSTEM and there is no process. */
int gbx_worker_start(gbx_worker *worker, const char *program, const char *const *argv, const char *folder, int lock,
                     gbx_error *error);

/* Ask it to end; asked before, and GBX_WORKER_GRACE_MS ago: kill its group. */
enum { GBX_WORKER_GRACE_MS = 5000 };
void gbx_worker_stop(gbx_worker *worker);

/* It has ended (pidfd is readable): reap it, and say how, in words, in `why`. */
gbx_worker_end gbx_worker_reap(gbx_worker *worker, char *why, size_t size);

uint64_t gbx_worker_now_ns(void);            /* CLOCK_MONOTONIC */

#endif
