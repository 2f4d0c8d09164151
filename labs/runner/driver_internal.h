/* What the files of the driver share: driver.c waits, driver_spawn.c starts, driver_output.c reads. */

#ifndef GBX_DRIVER_INTERNAL_H
#define GBX_DRIVER_INTERNAL_H

#include "driver.h"

#include <signal.h>
#include <sys/types.h>

/* ------------------------------------------------------------ driver_output.c */

typedef struct {
    int fd;                  /* our end of the pipe, not blocking; -1: closed, or there is none */
    char *data;              /* owned; size + 1 bytes at least, terminated, once there is anything */
    size_t size;
    size_t room;
    size_t limit;
    bool truncated;
} gbx_capture;

/* Read what is there, at most a few pipes full at a time; closes fd at the end of the stream. */
int gbx_capture_read(gbx_capture *capture, gbx_error *error);

/* Hand the text over to *data, *size and *truncated; "" where there is none.  0 or GBX_ERROR_MEMORY. */
int gbx_capture_take(gbx_capture *capture, char **data, size_t *size, bool *truncated, gbx_error *error);
void gbx_capture_clear(gbx_capture *capture);

/* ------------------------------------------------------------- driver_spawn.c */

typedef struct {
    pid_t pid;               /* also its group and session, unless it has our terminal */
    int pidfd;
    uint64_t floor_bytes;    /* what the kernel counted as its largest resident set before it became
                                the program */
} gbx_child;

typedef struct {             /* what the caller had, and what a child with our terminal begins with */
    sigset_t mask;
    struct sigaction child;  /* of SIGCHLD */
} gbx_signals;

/* Start the program.  The captures' fds are set where the options ask for it.  0, or a negative code and
   nothing is left of it. */
int gbx_spawn(const gbx_driver_options *options, const gbx_signals *signals, gbx_capture *out,
              gbx_capture *err, gbx_child *child, gbx_error *error);

#endif
