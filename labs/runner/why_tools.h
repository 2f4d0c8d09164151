/* The tools that look deeper, one for each part of the mental model: which are there, how the others are got, and
   one line of what they say of the program.

       source         ruff             what a linter sees in the file
       AST            basedpyright     what a type checker sees in it
       bytecode       dis              the instructions of the line
       eval loop      py-spy           where samples of the program find it
       C function     py-spy --native  the same with frames of C
       system, GPU    nsys             calls of the CUDA library

   A tool is looked for in PATH and in the environments that scripts/packages makes.  Those that sample run the
   program once more; its output is dropped.  This module runs and reads; it must not judge. */

#ifndef GBX_WHY_TOOLS_H
#define GBX_WHY_TOOLS_H

#include "paths.h"
#include "why.h"
#include "why_run.h"

typedef struct {
    const char *name;            /* "py-spy --native"; static */
    gbx_why_part part;
    bool installed;
    bool runs_program;
    char *path;                  /* NULL: not there */
    char command[512];           /* as somebody would type it */
    char says[200];              /* "": it was not asked, or said nothing */
    char get[96];                /* how to get it */
} gbx_why_tool;

#define GBX_WHY_TOOLS 6u

/* What there is; cleared by the caller.  `paths` may be NULL. */
void gbx_why_tools_find(gbx_why_tool tools[GBX_WHY_TOOLS], const gbx_paths *paths, const gbx_why_options *options);
void gbx_why_tools_clear(gbx_why_tool tools[GBX_WHY_TOOLS]);

/* The tool of a part. */
gbx_why_tool *gbx_why_tool_of(gbx_why_tool tools[GBX_WHY_TOOLS], gbx_why_part part);

/* Ask it about a line.  What goes wrong is in `says`. */
void gbx_why_tool_ask(gbx_why_tool *tool, const gbx_why_options *options, const char *file, int line);

/* For tests: the one line out of what a tool printed. */
void gbx_why_read_samples(const char *text, char *says, size_t size);
void gbx_why_read_remarks(const char *text, int line, char *says, size_t size);

#endif
