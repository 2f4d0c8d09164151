/* Claim 1.0: the path of a file, from its name to its first frame.

   Experiment: course.py.  It says by a mark which file is meant (as its code objects name it); the
   stages are the compile events with that name.  The last stage is still going on when the program
   marks its end, and has to be open. */

#include "claims.h"
#include "../part.h"

#include <string.h>

GBX_EXPERIMENT(gbx_s1_course, "experiments", "course", PATH);

static GBX_EXPERIMENT(no_file, "must-fail", "no_file", PATH);
static GBX_EXPERIMENT(frozen_module, "must-fail", "frozen_module", PATH);

/* One stage of the path: its events, GBX_NO_EVENT where there is none. */
typedef struct {
    size_t begin;
    size_t end;
} stage;

/* The first time this stage is entered for `file` at or after `at`, and where it is left: the end at
   the same depth of nesting. */
static stage
find_stage(const gbx_part *run, size_t at, uint8_t which, const char *file)
{
    stage found = { GBX_NO_EVENT, GBX_NO_EVENT };
    uint32_t depth = 0;
    for (; at < run->end && found.end == GBX_NO_EVENT; at++) {
        uint8_t event = gbx_part_event(run, at);
        if (event != GBX_EV_COMPILE_BEGIN && event != GBX_EV_COMPILE_END) {
            continue;
        }
        const gbx_compile_stage *edge = gbx_part_record(run, at);
        if (edge->h.flags != which || strcmp(gbx_part_string(run, edge->name), file) != 0) {
            continue;
        }
        if (event == GBX_EV_COMPILE_BEGIN) {
            found.begin = found.begin == GBX_NO_EVENT ? at : found.begin;
            depth++;
        } else if (depth > 0 && --depth == 0) {
            found.end = at;
        }
    }
    return found;
}

/* The stages in order.  `inside`: index of the stage that it is a part of; -1 none. */
static const struct {
    uint8_t which;
    int8_t inside;
    const char *name;
} stages[] = {
    { GBX_STAGE_RUN_FILE,     -1, "run the file" },
    { GBX_STAGE_PARSE,         0, "parse" },
    { GBX_STAGE_COMPILE,       0, "compile" },
    { GBX_STAGE_AST_OPTIMIZE,  2, "optimize the tree" },
    { GBX_STAGE_SYMTABLE,      2, "symbol table" },
    { GBX_STAGE_CODEGEN,       2, "generate code" },
    { GBX_STAGE_FLOWGRAPH,     2, "flow graph" },
    { GBX_STAGE_ASSEMBLE,      2, "assemble" },
    { GBX_STAGE_EVAL,          0, "evaluate" },
};

#define STAGES        (sizeof(stages) / sizeof(stages[0]))
#define STAGE_COMPILE 2
#define STAGE_EVAL    8

/* Where to start to look for a stage: after the one before it at the same level, else inside its
   own. */
static size_t
start_of(size_t which, const stage *found)
{
    if (which == 0) {
        return 0;
    }
    int8_t inside = stages[which].inside;
    if (stages[which - 1].inside == inside) {
        return found[which - 1].end;
    }
    for (size_t i = which; i-- > 0;) {
        if (stages[i].inside == inside) {
            return found[i].end;
        }
    }
    return found[inside].begin;
}

static gbx_verdict
find_stages(const gbx_part *run, gbx_finding *finding, const char *file, stage *found)
{
    for (size_t i = 0; i < STAGES; i++) {
        found[i] = find_stage(run, start_of(i, found), stages[i].which, file);
        bool open = i == 0 || i == STAGE_EVAL;
        if (found[i].begin == GBX_NO_EVENT || (!open && found[i].end == GBX_NO_EVENT)) {
            return gbx_finding_failf(finding, "every stage, in its place",
                                     "no file of that name was run in this process",
                                     "no stage '%s' for '%s'", stages[i].name, file);
        }
        int8_t inside = stages[i].inside;
        if (inside >= 0 && found[inside].end != GBX_NO_EVENT
            && (found[i].end == GBX_NO_EVENT || found[i].end > found[inside].end)) {
            return gbx_finding_failf(finding, "each stage inside the one that it is a part of",
                                     NULL, "'%s' outlasts '%s'", stages[i].name,
                                     stages[inside].name);
        }
    }
    return GBX_PASS;
}

/* The code object of a function in the file, made while the file was compiled; GBX_NO_EVENT. */
static size_t
find_inner(const gbx_part *run, const stage *found)
{
    const gbx_compile_stage *compiled = gbx_part_record(run, found[STAGE_COMPILE].end);
    gbx_part inside = gbx_part_cut(run, found[STAGE_COMPILE].begin, found[STAGE_COMPILE].end);
    size_t at = gbx_part_next(&inside, inside.begin, GBX_EV_CODE_NEW, 0);
    while (at != GBX_NO_EVENT && ((const gbx_code *)gbx_part_record(run, at))->code == compiled->code) {
        at = gbx_part_next(&inside, at + 1, GBX_EV_CODE_NEW, 0);
    }
    return at;
}

static void
tell_path(const gbx_part *run, gbx_finding *finding, const stage *found, size_t inner, size_t made,
          size_t first)
{
    const gbx_look *look = run->look;
    const gbx_frame_edge *push = gbx_part_record(run, first);
    const gbx_code *function = gbx_part_record(run, inner);
    gbx_finding_refute(finding, look, inner, "the code object of %s, while the file is compiled",
                       gbx_part_code_name(run, function->code));
    gbx_finding_event(finding, look, made, "the code object of the file itself");
    gbx_finding_event(finding, look, found[STAGE_EVAL].begin, "only now evaluation begins");
    gbx_finding_event(finding, look, first, "the first frame: %s, a new C call of the loop",
                      gbx_part_code_name(run, push->code));
    for (size_t i = 0; i < STAGES; i++) {
        gbx_finding_event(finding, look, found[i].begin, "stage %zu: %s", i + 1, stages[i].name);
    }
}

static gbx_verdict
check_path(const gbx_look *look, gbx_finding *finding)
{
    gbx_part run;
    stage found[STAGES];
    const char *file = gbx_part_text(look, "path");
    if (file == NULL || !gbx_part_whole(look, &run)) {
        return gbx_finding_insufficient(finding, "the program does not mark whose path is meant");
    }
    gbx_verdict verdict = find_stages(&run, finding, file, found);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    const gbx_compile_stage *compiled = gbx_part_record(&run, found[STAGE_COMPILE].end);
    size_t made = gbx_part_next(&run, found[0].begin, GBX_EV_CODE_NEW, compiled->code);
    size_t first = gbx_part_next(&run, found[STAGE_EVAL].begin, GBX_EV_FRAME_PUSH, 0);
    if (made == GBX_NO_EVENT || made > found[STAGE_COMPILE].end || first == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "a code object, and then a frame", "one is missing", NULL);
    }
    const gbx_frame_edge *push = gbx_part_record(&run, first);
    if (push->code != compiled->code || push->h.flags != 0) {
        gbx_finding_event(finding, look, first, "the first frame");
        return gbx_finding_fail(finding, "the first frame is that code object's, entered from C",
                                gbx_part_code_name(&run, push->code), NULL);
    }
    size_t inner = find_inner(&run, found);
    if (inner == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "its functions are compiled with the file",
                                "no other code object", "the file has no function");
    }
    tell_path(&run, finding, found, inner, made, first);
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s1_path = {
    .id = "1.0",
    .title = "from file to frame",
    .sentence = "A file is parsed, its tree optimized, its names sorted, its code generated, improved as "
                "a flow graph, assembled, and its functions with it; only then is its code object "
                "evaluated, in a frame that C pushed.",
    .experiments = { &gbx_s1_course },
    .check = check_path,
    .must_fail = {
        { &gbx_s1_course, &frozen_module, "a frozen module was compiled when CPython was built" },
        { &gbx_s1_course, &no_file, "source from a string never was a file" },
    },
    .readings = {
        { "Python/pythonrun.c#pyrun_file", "parse, then run" },
        { "Python/compile.c#optimize_and_assemble_code_unit", "flow graph, then bytes" },
        { "Python/ceval.c#PyEval_EvalCode", "code object and namespaces meet" },
    },
    .prediction = {
        .question = "A file defines f and never calls it. When is the code object of f made?",
        .choices = {
            { "when the def statement runs", "def compiles",
              "def makes a function from a code object that is there" },
            { "at the first call", "compiled when needed", "the file is compiled as a whole" },
            { "before the first line of the file runs", NULL, NULL },
        },
    },
};

/* --------------------------------------------------- moments of the table of stages */

/* Where the file's code object was made, and where its first frame was pushed. */
bool
gbx_s1_moment_code(const gbx_look *look, size_t *first, size_t *last)
{
    gbx_part run;
    const char *file = gbx_part_text(look, "path");
    if (file == NULL || !gbx_part_whole(look, &run)) {
        return false;
    }
    stage compile = find_stage(&run, 0, GBX_STAGE_COMPILE, file);
    if (compile.end == GBX_NO_EVENT) {
        return false;
    }
    const gbx_compile_stage *compiled = gbx_part_record(&run, compile.end);
    *first = *last = gbx_part_next(&run, compile.begin, GBX_EV_CODE_NEW, compiled->code);
    return *first != GBX_NO_EVENT;
}

bool
gbx_s1_moment_first_frame(const gbx_look *look, size_t *first, size_t *last)
{
    gbx_part run;
    const char *file = gbx_part_text(look, "path");
    if (file == NULL || !gbx_part_whole(look, &run)) {
        return false;
    }
    stage eval = find_stage(&run, 0, GBX_STAGE_EVAL, file);
    if (eval.begin == GBX_NO_EVENT) {
        return false;
    }
    *first = *last = gbx_part_next(&run, eval.begin, GBX_EV_FRAME_PUSH, 0);
    return *first != GBX_NO_EVENT;
}
