/* Running a program for why: as often as it takes, and what is measured beside it.

       plain     without recording: what the program takes by itself; its output is the one that is seen
       timed     the classes that cost little: times
       counted   every object, block and reference: numbers

   The second and the third run print nothing.  A program that cannot be run three times (it sends mails, it
   reads a pipe) is run once, with all classes on: its times are then those of a program that is recorded.

   The prices and what the bytecode is come from the interpreter itself, by why_probe.py, afterwards.  This
   module runs and collects; it must not judge. */

#ifndef GBX_WHY_RUN_H
#define GBX_WHY_RUN_H

#include "driver.h"
#include "recording.h"
#include "why.h"

extern const char gbx_why_probe_text[];

typedef struct {
    const char *python;
    char *const *arguments;      /* Python's; ends with NULL */
    const char *timed_path, *counted_path;       /* of the recordings; with `once` the first alone */
    const char *limit;           /* of each; NULL: the recorder's own */
    uint32_t timeout_ms;         /* of each run; 0: none */
    bool once;
    bool silent;                 /* stdout of the program goes to stderr: ours is for something else */
} gbx_why_options;

typedef struct {
    gbx_trace *timed, *counted;  /* the same with `once` */
    json_t *probe;               /* NULL: it did not answer, `missing` says why */
    char missing[256];
    bool exited;                 /* of the first run: by itself, with `status`; else killed by `signal` */
    bool timed_out;
    bool interrupted;            /* the learner pressed Ctrl-C: the other runs take as long as the first */
    bool stopped;                /* in one of these: no further run */
    int status, signal;
    uint64_t wall_ns, cpu_ns, system_ns;         /* of the plain run; 0 with `once` */
    uint64_t timed_wall_ns, counted_wall_ns;
} gbx_why_runs;

/* 0, and the caller clears *runs; or a negative code: the program could not be run, or left no trace. */
int gbx_why_run(gbx_why_runs *runs, const gbx_why_options *options, gbx_error *error);
void gbx_why_runs_clear(gbx_why_runs *runs);     /* also after a failure */

/* What why.c needs of it. */
void gbx_why_runs_input(const gbx_why_runs *runs, gbx_why_input *input);

#endif
