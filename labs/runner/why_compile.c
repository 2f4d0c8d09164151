/* Column compile: from a text to a code object, by way of the AST: parsing, and all that the compiler does.  What is
   compiled to be imported is that import's.

   A program's file is compiled once each time it runs, which is no fault.  The sign of one is that the same line has
   text compiled again and again: eval() or exec() in a loop, a function that builds functions. */

#include "why_internal.h"

#define AGAIN 50u                    /* times */

typedef struct {
    uint32_t stream;                 /* of the stage that is open */
    size_t depth, at;                /* stages nest: a file, and in it functions */
    uint64_t began_ns, imports, texts;
    bool ended;                      /* a stage has, and its line may yet be told better */
    bool text;
    double ended_ns;
    gbx_why_place where;
    gbx_why_tally lines;             /* count: stages; bytes: texts */
    double ns;
} state;

/* Add what ended last. */
static void
settle(state *this, gbx_why_walk *walk)
{
    if (!this->ended) {
        return;
    }
    gbx_why_line *line = gbx_why_tally_at(&this->lines, this->where, this->at);
    this->ended = false;
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    line->count++;
    line->bytes += this->text;
    line->ns += this->ended_ns;
}

static void
begin(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    if (this->depth == 0) {
        settle(this, walk);
        this->stream = entry->stream;
        this->began_ns = entry->t_ns;
        this->at = walk->at;
    }
    this->depth += this->stream == entry->stream;
}

static void
end(state *this, gbx_why_walk *walk, const gbx_entry *entry, bool text)
{
    if (this->depth == 0 || this->stream != entry->stream || --this->depth > 0) {
        return;
    }
    this->ended = true;
    this->text = text;
    this->ended_ns = entry->t_ns > this->began_ns ? (double)(entry->t_ns - this->began_ns) : 0;
    this->where = gbx_why_here(walk, entry);
    this->texts += text;
    this->ns += this->ended_ns;
}

/* The frames know a line by the last call that pushed one.  eval() and exec() push one next, from theirs. */
static void
hear_frame(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    const gbx_frame_edge *edge = (const void *)entry->record;
    if (!this->ended || this->stream != entry->stream) {
        return;
    }
    uint32_t process = gbx_trace_stream(walk->trace, entry->stream)->process;
    const gbx_code_info *info = gbx_trace_code(walk->trace, process, edge->code);
    if (entry->record->event == GBX_EV_FRAME_PUSH && info != NULL && gbx_why_same_text(info->name, "<module>")) {
        this->where = gbx_why_here(walk, entry);
    }
    settle(this, walk);
}

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    state *this = of;
    const gbx_compile_stage *stage = (const void *)entry->record;
    bool of_a_text = stage->h.flags == GBX_STAGE_PARSE || stage->h.flags == GBX_STAGE_COMPILE;
    if (!walk->timed) {
        return;
    }
    switch (entry->record->event) {
        case GBX_EV_IMPORT_BEGIN:
            this->imports++;
            break;
        case GBX_EV_IMPORT_END:
            this->imports -= this->imports > 0;
            break;
        case GBX_EV_COMPILE_BEGIN:
            if (of_a_text && this->imports == 0) {
                begin(this, walk, entry);
            }
            break;
        case GBX_EV_COMPILE_END:
            if (of_a_text && this->imports == 0) {
                end(this, walk, entry, stage->h.flags == GBX_STAGE_COMPILE);
            }
            break;
        case GBX_EV_FRAME_PUSH: case GBX_EV_FRAME_POP: case GBX_EV_FRAME_SUSPEND: case GBX_EV_FRAME_RESUME:
            hear_frame(this, walk, entry);
            break;
        default:
            break;
    }
}

static void
accuse(gbx_why_report *report, const gbx_why_line *line)
{
    char text[32];
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->timed_ns);
    if (verdict == NULL) {
        return;
    }
    verdict->fault = "compiled again and again";
    snprintf(verdict->sentence, sizeof(verdict->sentence),
             "each time this line runs, a text is parsed and compiled anew: compile() it once, or write a function");
    gbx_why_prove(verdict, report->timed->trace, line->first, line->bytes, "texts compiled at this line, %s each",
                  gbx_why_time(gbx_why_ratio(line->ns, (double)line->bytes), text, sizeof(text)));
}

static void
finish(void *of, gbx_why_report *report)
{
    state *this = of;
    gbx_why_cost *cost = report->cost;
    if (report->timed == NULL) {
        return;
    }
    cost->ns = this->ns;
    cost->share = gbx_why_ratio(cost->ns, report->timed_ns);
    gbx_why_say(cost, "texts", this->texts);
    gbx_why_lines(&this->lines, report->timed->trace);
    for (size_t i = 0; i < this->lines.count && i < 3; i++) {
        if (this->lines.items[i].bytes >= AGAIN) {
            accuse(report, &this->lines.items[i]);
        }
    }
}

static void
clear(void *of)
{
    state *this = of;
    gbx_why_tally_clear(&this->lines);
}

const gbx_why_column gbx_why_column_compile = {
    .key = "compile", .part = GBX_WHY_AST,
    .question = "how long does it take to make code of a text, and how often is the same made?",
    .timed = GBX_MASK(COMPILE) | GBX_MASK(IMPORT) | GBX_MASK(FRAME), .counted = 0,
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
