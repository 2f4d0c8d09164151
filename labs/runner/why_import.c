/* Column import: time until there is code to run: finding, reading and, where there is no .pyc, compiling the
   files of modules, and running them.

   Imports nest, and all that is inside counts for the import that the program itself wrote: the outermost one.
   Its line is that of the import statement, which called what imports.  What a library needs to be imported
   is the price of using it; the sign of a fault is what the program's own modules do meanwhile: time in which
   the innermost import is of a module whose code is the program's own. */

#include "why_internal.h"

#include <string.h>

#define DEPTH_MAX 256u

typedef struct {
    uint32_t stream;
    uint64_t began_ns, since_ns; /* since: of the part that is not inside another */
    size_t at;
    bool own;                    /* code of the program's own runs as this module */
    double self_ns;
} open_import;

typedef struct {
    open_import open[DEPTH_MAX];
    size_t depth;
    gbx_why_tally lines;         /* count: imports; ns: in own modules; bytes: ns in all */
    double own_ns;               /* of the outermost import that is open */
    uint64_t imports;
    double import_ns;
} state;

static void
begin_import(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    const gbx_import *import = (const void *)entry->record;
    if (this->depth > 0 && entry->stream != this->open[0].stream) {
        return;                                  /* another thread's: at the same time as the one that is counted */
    }
    this->imports += import->h.flags == 0 || import->h.flags == GBX_IMPORT_STEP_FIND_LOAD;
    if (this->depth > 0 && this->depth <= DEPTH_MAX) {
        open_import *outer = &this->open[this->depth - 1];
        outer->self_ns += (double)(entry->t_ns - outer->since_ns);
    }
    if (this->depth < DEPTH_MAX) {
        this->open[this->depth] = (open_import){ .stream = entry->stream, .began_ns = entry->t_ns,
                                                 .since_ns = entry->t_ns, .at = walk->at };
    }
    this->own_ns = this->depth == 0 ? 0 : this->own_ns;
    this->depth++;
}

static void
end_import(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    if (this->depth == 0 || entry->stream != this->open[0].stream) {
        return;
    }
    this->depth--;
    if (this->depth < DEPTH_MAX) {
        const open_import *inner = &this->open[this->depth];
        this->own_ns += inner->own ? inner->self_ns + (double)(entry->t_ns - inner->since_ns) : 0;
    }
    if (this->depth > 0) {
        if (this->depth <= DEPTH_MAX) {
            this->open[this->depth - 1].since_ns = entry->t_ns;
        }
        return;
    }
    double ns = (double)(entry->t_ns - this->open[0].began_ns);
    gbx_why_line *line = gbx_why_tally_at(&this->lines, gbx_why_here(walk, entry), this->open[0].at);
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    line->count++;
    line->ns += this->own_ns;
    line->bytes += (uint64_t)ns;
    this->import_ns += ns;
}

/* A module's code begins to run: the innermost import is of that module.  An import has steps, which begin
   and end inside it, so the steps around belong to it as well. */
static void
hear_push(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    const gbx_frame_edge *edge = (const void *)entry->record;
    if (this->depth == 0 || this->depth > DEPTH_MAX || entry->stream != this->open[0].stream
            || entry->record->event != GBX_EV_FRAME_PUSH) {
        return;
    }
    uint32_t process = gbx_trace_stream(walk->trace, entry->stream)->process;
    const gbx_code_info *info = gbx_trace_code(walk->trace, process, edge->code);
    if (info != NULL && strcmp(info->name, "<module>") == 0 && gbx_why_is_own(walk, process, edge->code)) {
        this->open[this->depth - 1].own = true;
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
        case GBX_EV_FRAME_PUSH:
            hear_push(this, walk, entry);
            break;
        default:
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
    cost->ns = this->import_ns;
    cost->share = gbx_why_ratio(cost->ns, report->timed_ns);
    gbx_why_say(cost, "imports", this->imports);
    gbx_why_lines(&this->lines, report->timed->trace);
    for (size_t i = 0; i < this->lines.count && i < 3; i++) {
        const gbx_why_line *line = &this->lines.items[i];
        char text[32];
        gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->timed_ns);
        if (verdict != NULL) {
            verdict->fault = "import-time cost";
            snprintf(verdict->sentence, sizeof(verdict->sentence),
                     "the program's own modules work for so long while they are imported here: do it at the first "
                     "use (functools.cache), or import it where it is needed");
            gbx_why_prove(verdict, report->timed->trace, line->first, line->count,
                          "imports begin here, and take %s with those inside them",
                          gbx_why_time((double)line->bytes, text, sizeof(text)));
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
    .key = "import", .part = GBX_WHY_SOURCE,
    .question = "how long until its modules are there?",
    .timed = GBX_MASK(IMPORT) | GBX_MASK(FRAME), .counted = 0,
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
