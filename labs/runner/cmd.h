/* The commands of the program glassbox: each parses its own arguments, does one thing with the library,
   prints, and returns an exit status.  Only commands print. */

#ifndef GBX_CMD_H
#define GBX_CMD_H

#include "paths.h"
#include "trace.h"

#include <jansson.h>

#define GBX_VERSION "0.1"

enum {                       /* exit statuses, see `glassbox --help` */
    GBX_EXIT_PASS = 0,
    GBX_EXIT_FAIL = 1,       /* a claim failed, an invariant is broken */
    GBX_EXIT_BROKEN = 2,     /* the runner failed: no verdict can be given */
    GBX_EXIT_PARTIAL = 3,    /* what was run passed, but not everything could be run */
    GBX_EXIT_USAGE = 64
};

/* Say on stderr what is wrong with the arguments of `command`, and where to read; GBX_EXIT_USAGE. */
int gbx_cmd_usage(const char *command, const char *message);

/* A whole number in decimal digits, at most `most`; false: it is none, and *to is as it was. */
bool gbx_cmd_number(const char *text, uint32_t *to, uint32_t most);

/* Which process of the trace has this number; GBX_ERROR_MISSING: none of the file at `path` has. */
int gbx_cmd_process(const gbx_trace *trace, const char *path, uint32_t pid, uint32_t *process, gbx_error *error);

/* The interpreter to run a program on: the default one (chosen: NULL), or a program or the name of a build ("ft").  One
   that somebody named is asked whether it records anything.  The caller frees *python. */
int gbx_cmd_python(const gbx_paths *paths, const char *chosen, char **python, gbx_error *error);

/* What a command tells of a trace, on stdout, and by what it chose; 0 or a code of error.h, with a message. */
typedef int gbx_cmd_teller(const gbx_trace *trace, void *chosen, gbx_error *error);

/* Open the trace at `path` (how: may be NULL), tell of it, close it, and say what went wrong, the writing
   included; the command's exit status. */
int gbx_cmd_read(const char *path, const gbx_trace_options *how, gbx_cmd_teller *tell, void *chosen);

/* Print a JSON value and a line's end, and let go of it, which is taken even on failure; NULL: there was no
   memory for it.  `flags` are jansson's.  0 or a code of error.h. */
int gbx_cmd_json(json_t *whole, size_t flags, gbx_error *error);

int gbx_cmd_station(int argc, char **argv);
int gbx_cmd_explain(int argc, char **argv);
int gbx_cmd_trace(int argc, char **argv);
int gbx_cmd_show(int argc, char **argv);
int gbx_cmd_doctor(int argc, char **argv);
int gbx_cmd_stat(int argc, char **argv);
int gbx_cmd_life(int argc, char **argv);
int gbx_cmd_heap(int argc, char **argv);
int gbx_cmd_gil(int argc, char **argv);
int gbx_cmd_aio(int argc, char **argv);
int gbx_cmd_export(int argc, char **argv);
int gbx_cmd_refs(int argc, char **argv);
int gbx_cmd_why(int argc, char **argv);
int gbx_cmd_plan(int argc, char **argv);
int gbx_cmd_merge(int argc, char **argv);
int gbx_cmd_gradebook(int argc, char **argv);
int gbx_cmd_review(int argc, char **argv);

/* A command's other forms, called by it. */
int gbx_cmd_lab(int argc, char **argv);
int gbx_cmd_grade(int argc, char **argv);
int gbx_cmd_lint(int argc, char **argv);
int gbx_cmd_grade_batch(int argc, char **argv);      /* glassbox grade --batch */

#endif
