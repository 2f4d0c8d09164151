/* Station 1: from `python foo.py` to a frame on the stack.

   The contents page: what there is to read, to run, to explain, and to go on with.  Claims and their
   checks are in claims_*.c; what a learner reads first is guide.md. */

#include "claims.h"
#include "station.h"

#include <stddef.h>

static const gbx_claim *const claims[] = {
    &gbx_s1_path,
    &gbx_s1_who_specializes, &gbx_s1_new_global, &gbx_s1_load_costs,
    &gbx_s1_warm_up, &gbx_s1_failure, &gbx_s1_change_of_mind, &gbx_s1_same_name,
    &gbx_s1_dis_agrees, &gbx_s1_tracing_changes_nothing,
    &gbx_s1_data_stack, &gbx_s1_one_c_frame, &gbx_s1_chunks, &gbx_s1_frame_object,
    &gbx_s1_ownership, &gbx_s1_traceback, &gbx_s1_generator,
    NULL,
};

/* ------------------------------------------------------------------- the station */

static const gbx_path file_to_frame = {
    .file = "course.py",
    .stages = {
        { "run the file", "a file name", "an exit status, in the end",
          "Python/pythonrun.c#_PyRun_SimpleFileObject", GBX_STAGE_RUN_FILE, NULL, 0 },
        { "parse", "characters", "tokens, then a tree",
          "Parser/pegen.c#_PyPegen_run_parser_from_file_pointer", GBX_STAGE_PARSE, NULL, 1 },
        { "compile", "a tree", "a code object",
          "Python/compile.c#_PyAST_Compile", GBX_STAGE_COMPILE, NULL, 1 },
        { "optimize the tree", "a tree", "a tree with constants folded",
          "Python/ast_opt.c#_PyAST_Optimize", GBX_STAGE_AST_OPTIMIZE, NULL, 2 },
        { "symbol table", "a tree", "each name: local, global, free or cell",
          "Python/symtable.c#_PySymtable_Build", GBX_STAGE_SYMTABLE, NULL, 2 },
        { "generate code", "tree and table", "a sequence of instructions",
          "Python/compile.c#compiler_codegen", GBX_STAGE_CODEGEN, NULL, 2 },
        { "flow graph", "instructions", "basic blocks, improved",
          "Python/flowgraph.c#_PyCfg_OptimizeCodeUnit", GBX_STAGE_FLOWGRAPH, NULL, 2 },
        { "assemble", "blocks", "bytes and tables",
          "Python/assemble.c#_PyAssemble_MakeCodeObject", GBX_STAGE_ASSEMBLE, NULL, 2 },
        { "code object", "bytes and tables", "what __code__ is",
          "Objects/codeobject.c#_PyCode_New", 0, gbx_s1_moment_code, 2 },
        { "evaluate", "a code object", "what the program does",
          "Python/ceval.c#PyEval_EvalCode", GBX_STAGE_EVAL, NULL, 1 },
        { "first frame", "a code object and namespaces", "<module> on the data stack",
          "Python/ceval.c#_PyEvalFramePushAndInit", 0, gbx_s1_moment_first_frame, 2 },
    },
};

const gbx_station gbx_station_1 = {
    .number = 1,
    .name = "frames",
    .folder = "1-frames",
    .title = "from `python foo.py` to a frame on the stack",
    .minutes = 90,
    .readings = {
        { "Python/pythonrun.c#_PyRun_SimpleFileObject",
          "the entry path: source or .pyc, and what becomes of the result" },
        { "Python/compile.c#_PyAST_Compile",
          "from the tree to bytecode: skim new_compiler, compiler_codegen, optimize_and_assemble" },
        { "Include/internal/pycore_frame.h#_PyInterpreterFrame",
          "what a call needs; compare it with struct _frame, the Python object" },
        { "Python/ceval.c#_PyEval_EvalFrameDefault",
          "the loop: look for entry_frame, the frame that belongs to C" },
        { "Python/bytecodes.c#LOAD_GLOBAL",
          "what the loop does, instruction by instruction: a family and its members" },
        { "Include/internal/pycore_backoff.h#restart_backoff_counter",
          "the counter that says when to try: half a page of comment above it" },
    },
    .shows = {
        { .title = "From file to frame",
          .lead = "The stages that the file went through, with their times in this run.",
          .experiment = &gbx_s1_course, .path = &file_to_frame },
        { .title = "The course's program",
          .lead = "A small function as the compiler left it, and after two calls.",
          .experiment = &gbx_s1_course, .tell = gbx_s1_tell_course },
    },
    .topics = {
        { "1.0", "From file to frame" },
        { "1.1", "Why LOAD_FAST beats LOAD_GLOBAL" },
        { "1.2", "What specialization is, and how to observe it" },
        { "1.3", "The life of a frame" },
    },
    .claims = claims,
    .go_on = {
        "In loads.py add a new global every 30 reads. How many misses are there in all?",
        "Delete a global that nobody uses. Does read_answer miss?",
        "Let mixed() see two ints, two floats, two ints... How often does it change its mind?",
        "Give f a subclass of int. Which guard fails?",
        "Find the depth where the first chunk ends, and call a small function there a thousand times.",
        "Does logging.info() make a frame object? Which C function asks?",
        "Raise in a function that map() calls. How many C calls of the loop does it pass?",
        "Delete a generator that waits inside try. What is resumed, and by whom?",
    },
};
