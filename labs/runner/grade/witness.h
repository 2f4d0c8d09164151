/* Witness: sees from outside, by ptrace, how often the interpreter really got to where it records, and compares.

   The learner's code runs in the process that writes the trace, so the trace by itself is testimony.  The recorder marks
   each place that publishes a record with one empty instruction, listed in a section of the binary (pycore_glassbox_recorder.h);
   the witness puts a breakpoint there, and at each stop takes down the record, the thread, and the call that led
   to it.  Afterwards every byte of every trace file has to be one that it saw being written, and the other way round.

   What it cannot see is written down in labs/README.md.  This module must not judge a submission, and must not print. */

#ifndef GBX_WITNESS_H
#define GBX_WITNESS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "error.h"

typedef struct gbx_witness gbx_witness;

/* `python`: the interpreter's binary, outside.  GBX_ERROR_MISSING: it has no such places (not ours, or compiled out). */
int gbx_witness_open(gbx_witness **out, const char *python, gbx_error *error);
void gbx_witness_close(gbx_witness *witness);

/* May the program load what calls any C function by its address (_ctypes, libffi, the
   interpreter's own test modules)?  It may unless this is called with false; then
   it is the violation foreign-code.  Seen only where the filter has mappings of code judged here (below). */
void gbx_witness_allow_ctypes(gbx_witness *witness, bool may);

/* For the sandbox, all from one thread.  _begin: the child runs our own code and waits (on a pipe) until this has returned; it is
   seized, with all options, and must not have asked to be traced.  _stop: waitpid(-1, &status, __WALL) reported this; continues the
   thread, and passes signals on.  Ends (WIFEXITED, WIFSIGNALED) are told, too.  0, or a negative code after which the tree is
   to be killed.  _tick: whenever the caller wakes, and at least every 20 ms: asks a thread to stop for a look-in.

   A filter that answers mmap() and mprotect() with PROT_EXEC by SECCOMP_RET_TRACE has them judged here. */
int gbx_witness_begin(gbx_witness *witness, pid_t child, gbx_error *error);
int gbx_witness_stop(gbx_witness *witness, pid_t thread, int status, gbx_error *error);
void gbx_witness_tick(gbx_witness *witness);

/* A violation seen so far (a record made by no hook, a write to the mask...): its name and a sentence, or false. */
bool gbx_witness_objects(const gbx_witness *witness, const char **name, const char **sentence);

/* When all has ended: compare with the trace files at `path` (and its relatives PATH.PID), which bear the names that they had
   inside, whatever folder they were moved to.  0 whether they agree or not: then _objects says.  `report` (may be NULL) gets {"records", "stops", "look-ins", "processes"...}. */
int gbx_witness_compare(gbx_witness *witness, const char *path, json_t **report, gbx_error *error);

#endif
