/* Sources: where in CPython's tree a place is, and which line of C emitted an event.

   A place is "Python/ceval.c#_PyEval_EvalFrameDefault" or "Lib/dis.py#Bytecode.dis": a file of the tree
   and what is defined there.  It is looked for in the tree that was built, at the time of asking, so a
   line number is never written down and never stale.  An event's emitter is the hook (one upper-case
   macro, GLASSBOX_...) that wrote it: the tree is scanned once for hooks, and the event's own fields say
   which of them can have written it.

   Nothing outside the tree is read.  This module must not print, and must not guess: where several
   lines can have emitted an event it counts and lists them.

   Text in what it returns belongs to the source and lives until gbx_source_close(). */

#ifndef GBX_SOURCE_H
#define GBX_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h"
#include "trace.h"

typedef struct gbx_source gbx_source;

/* `root` is the folder with Python/, Objects/, Include/.  0 and a source in *out, which the caller
   closes; GBX_ERROR_MISSING where it is not such a folder.  Files are read when they are asked for. */
int gbx_source_open(gbx_source **out, const char *root, gbx_error *error);
/* The same of a package's sources, any folder: places in it can be resolved; it has no emitters. */
int gbx_source_open_package(gbx_source **out, const char *root, gbx_error *error);
void gbx_source_close(gbx_source *source);       /* NULL is fine */

/* ------------------------------------------------------------------- places */

typedef struct {
    const char *file;            /* "Python/ceval.c", below the root */
    const char *symbol;          /* "_PyEval_EvalFrameDefault"; "" for a file as a whole */
    int line;                    /* 1...; where the definition starts (its name, not its return type) */
    int end_line;                /* its last line; `line` where that is not known */
    int definitions;             /* how many the file has (#if and #else); 0: none, `line` is the first
                                    mention */
} gbx_place;

/* 0; GBX_ERROR_USAGE for a place that is not one or leads out of the tree, GBX_ERROR_MISSING where
   there is no such file (an installed tree may have no Lib) or the file does not mention the symbol,
   GBX_ERROR_LIMIT for a file too large to be a source. */
int gbx_source_resolve(gbx_source *source, const char *place, gbx_place *out, gbx_error *error);

/* The text of a line without its indentation, control characters made spaces, cut (between characters)
   to what fits.  false, and "" in `text`, where there is no such line. */
bool gbx_source_line_text(gbx_source *source, const char *file, int line, char *text, size_t size);

/* The line of Python/bytecodes.c that a line of Python/generated_cases.c.h was made from, and the
   instruction or micro-operation that it stands in; where the very line cannot be told, the one at which
   that begins.  False for any other file, and where nothing is known. */
bool gbx_source_written(gbx_source *source, const char *file, int line, gbx_place *out);

/* ----------------------------------------------------------------- emitters */

/* A line that can have emitted an event. */
typedef struct {
    const char *file;            /* "Python/specialize.c" */
    int line;
    const char *function;        /* "_Py_Specialize_LoadGlobal"; in Python/bytecodes.c the instruction or
                                    micro-operation, "_PUSH_FRAME"; "" unknown */
    const char *hook;            /* "GLASSBOX_SPEC_SUCCESS" */
    const char *through;         /* macro that the line uses and that has the hook: "DEOPT_IF"; NULL */
    const char *through_file;    /* where that macro has it: "Python/ceval_macros.h"; NULL */
    int through_line;
    const char *compiled_in;     /* generated file that compiles this line:
                                    "Python/generated_cases.c.h"; NULL: the file itself */
} gbx_emitter_line;

#define GBX_EMITTER_LINES 12

/* lines[0] is the only one, or the likeliest first where `count` is larger than one.  count may be
   larger than GBX_EMITTER_LINES; lines holds min(count, GBX_EMITTER_LINES). */
typedef struct {
    gbx_emitter_line lines[GBX_EMITTER_LINES];
    size_t count;
} gbx_emitter;

/* 0; GBX_ERROR_MISSING where no line of the tree emits such an event (another tree than the one that
   was traced, or a record that no hook can have written). */
int gbx_source_emitter(gbx_source *source, const gbx_trace *trace, size_t at, gbx_emitter *out,
                       gbx_error *error);

#endif
