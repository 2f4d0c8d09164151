/* Column import: time from source to code: reading, parsing and compiling files, and running the modules that
   are imported.

   Imports nest, and what is inside counts for the import that the program itself wrote: the outermost one that
   begins while a function of the program's own runs.  Its line is that of the function's call into importlib;
   where the statement itself is the caller, the frame knows the instruction no further than that.  See
   why_code.h for how the statement is found. */

#include "why_internal.h"

#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 256u

typedef struct {
    uint32_t stream, name;
    uint64_t began_ns;
    size_t at;
} open_import;

typedef struct {
    open_import open[DEPTH_MAX];
    size_t depth;
    gbx_why_tally lines;         /* count: modules */
    uint64_t imports, compiled;
    double import_ns, compile_ns;
    uint64_t compile_began_ns;
    size_t compile_depth;
} state;

static void
begin_import(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    const gbx_import *import = (const void *)entry->record;
    if (this->depth > 0 && entry->stream != this->open[0].stream) {
        return;                                  /* another thread's: at the same time as the one that is counted */
    }
    this->imports += import->h.flags == 0 || import->h.flags == GBX_IMPORT_STEP_FIND_LOAD;
    if (this->depth < DEPTH_MAX) {
        this->open[this->depth] = (open_import){ entry->stream, import->name, entry->t_ns, walk->at };
    }
    this->depth++;
}

static void
end_import(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    if (this->depth == 0 || entry->stream != this->open[0].stream || --this->depth > 0) {
        return;
    }
    double ns = (double)(entry->t_ns - this->open[0].began_ns);
    gbx_why_line *line = gbx_why_tally_at(&this->lines, gbx_why_here(walk, entry), this->open[0].at);
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    line->count++;
    line->ns += ns;
    this->import_ns += ns;
}

static void
hear_compile(state *this, const gbx_entry *entry)
{
    const gbx_compile_stage *stage = (const void *)entry->record;
    bool parse = stage->h.flags == GBX_STAGE_PARSE, compile = stage->h.flags == GBX_STAGE_COMPILE;
    if ((!parse && !compile) || this->depth > 0) {
        return;                                  /* inside an import it is that import's */
    }
    if (entry->record->event == GBX_EV_COMPILE_BEGIN) {
        this->compile_began_ns = this->compile_depth++ == 0 ? entry->t_ns : this->compile_began_ns;
        this->compiled += compile;
    }
    else if (entry->record->event == GBX_EV_COMPILE_END && this->compile_depth > 0
             && --this->compile_depth == 0 && entry->t_ns > this->compile_began_ns) {
        this->compile_ns += (double)(entry->t_ns - this->compile_began_ns);
    }
}

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    state *this = of;
    if (!walk->timed) {
        return;
    }
    switch (entry->record->event) {
        case GBX_EV_IMPORT_BEGIN:
            begin_import(this, walk, entry);
            break;
        case GBX_EV_IMPORT_END:
            end_import(this, walk, entry);
            break;
        default:
            hear_compile(this, entry);
            break;
    }
}

static void
finish(void *of, gbx_why_report *report)
{
    state *this = of;
    gbx_why_cost *cost = report->cost;
    if (report->timed == NULL) {
        return;
    }
    cost->ns = this->import_ns + this->compile_ns;
    cost->share = gbx_why_ratio(cost->ns, report->timed_ns);
    gbx_why_say(cost, "imports", this->imports);
    gbx_why_say(cost, "compiled", this->compiled);
    gbx_why_lines(&this->lines, report->timed->trace);
    for (size_t i = 0; i < this->lines.count && i < 3; i++) {
        const gbx_why_line *line = &this->lines.items[i];
        gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->timed_ns);
        if (verdict != NULL) {
            verdict->fault = "import-time cost";
            snprintf(verdict->sentence, sizeof(verdict->sentence),
                     "much of the program's time goes by before it does its work: import where it is needed, or "
                     "do at the first use what the module does when it is imported");
            gbx_why_prove(verdict, report->timed->trace, line->first, line->count, "imports begin here");
        }
    }
}

static void
clear(void *of)
{
    state *this = of;
    gbx_why_tally_clear(&this->lines);
}

const gbx_why_column gbx_why_column_import = {
    .key = "import", .part = GBX_WHY_SOURCE, .tool = "ruff",
    .question = "how long until there is code to run?",
    .timed = GBX_MASK(IMPORT) | GBX_MASK(COMPILE), .counted = 0,
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
