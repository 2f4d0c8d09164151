/* See why_names.h. */

#include "why_names.h"

#include <string.h>

void
gbx_why_names_event(gbx_why_names *names, gbx_why_walk *walk, const gbx_entry *entry)
{
    const gbx_ref_churn *churn = (const void *)entry->record;
    if (entry->record->event != GBX_EV_REF_CHURN) {
        return;
    }
    gbx_why_place place = { gbx_trace_stream(walk->trace, entry->stream)->process, churn->code, churn->h.arg };
    gbx_why_line *line = gbx_why_tally_at(&names->moves, place, walk->at);
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    line->count += churn->incs;
}

void
gbx_why_names_clear(gbx_why_names *names)
{
    gbx_why_tally_clear(&names->moves);
}

/* --------------------------------------------------------------- the instructions */

static double
price_of(const gbx_why_prices *prices, const char *op)
{
    return strcmp(op, "LOAD_GLOBAL") == 0 ? prices->load_global
        : strcmp(op, "STORE_GLOBAL") == 0 || strcmp(op, "DELETE_GLOBAL") == 0 ? prices->store_global
        : strcmp(op, "LOAD_NAME") == 0 ? prices->load_name
        : strcmp(op, "STORE_NAME") == 0 || strcmp(op, "DELETE_NAME") == 0 ? prices->store_name : 0;
}

static bool
is_text(const json_t *of, const char *key, const char *expected)
{
    const char *text = json_string_value(json_object_get(of, key));
    return text != NULL && strcmp(text, expected) == 0;
}

/* The names of a function's loops, as why_probe.py lists them; NULL where it has none. */
static const json_t *
names_of(const json_t *bytecode, const gbx_code_info *info)
{
    size_t i, j;
    json_t *file, *function;
    json_array_foreach((json_t *)(uintptr_t)bytecode, i, file) {
        if (!is_text(file, "file", info->file)) {
            continue;
        }
        json_array_foreach(json_object_get(file, "functions"), j, function) {
            if (is_text(function, "function", info->name)
                    && json_integer_value(json_object_get(function, "first_line")) == (json_int_t)info->first_line) {
                return json_object_get(function, "names");
            }
        }
    }
    return NULL;
}

/* What an instruction cost, if it is one of them.  To load a global costs little where that is specialized, and
   where it is not (without the lock) every program does it: it is a cost, and no fault. */
static double
cost_of(const gbx_why_report *report, const json_t *names, const gbx_why_line *move, bool *fault)
{
    size_t i;
    json_t *one;
    json_array_foreach((json_t *)(uintptr_t)names, i, one) {
        const char *op = json_string_value(json_object_get(one, "op"));
        if (op != NULL && json_integer_value(json_object_get(one, "offset")) == (json_int_t)move->place.offset) {
            *fault = strcmp(op, "LOAD_GLOBAL") != 0;
            return (double)move->count * price_of(&report->input->prices, op);
        }
    }
    return 0;
}

/* Keep the instructions that look names up and could be a fault, with what they cost. */
static void
keep_names(gbx_why_names *names, gbx_why_report *report)
{
    const gbx_trace *trace = report->counted->trace;
    size_t kept = 0;
    for (size_t i = 0; i < names->moves.count; i++) {
        gbx_why_line *move = &names->moves.items[i];
        const gbx_code_info *info = gbx_trace_code(trace, move->place.process, move->place.code);
        const json_t *list = info == NULL ? NULL : names_of(report->input->bytecode, info);
        bool fault = false;
        double ns = cost_of(report, list, move, &fault);
        report->cost->ns += ns;
        names->looked_up += ns > 0 ? move->count : 0;
        if (fault && ns > 0) {
            move->ns = ns;
            names->moves.items[kept++] = *move;
        }
    }
    names->moves.count = kept;
}

/* Is a line of the same function among the first `count`, which are dearer? */
static bool
is_told(const gbx_why_tally *lines, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (lines->items[i].place.code == lines->items[count].place.code
                && lines->items[i].place.process == lines->items[count].place.process) {
            return true;
        }
    }
    return false;
}

/* Of a function, its dearest line with what they all cost: they are mended together. */
static gbx_why_line
sum_of(const gbx_why_tally *lines, size_t from)
{
    gbx_why_line sum = lines->items[from];
    for (size_t i = from + 1; i < lines->count; i++) {
        if (lines->items[i].place.code == sum.place.code && lines->items[i].place.process == sum.place.process) {
            sum.ns += lines->items[i].ns;
            sum.count += lines->items[i].count;
        }
    }
    return sum;
}

static void
accuse(gbx_why_report *report, const gbx_why_line *line)
{
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->cpu_ns);
    if (verdict == NULL) {
        return;
    }
    bool module = strcmp(line->function, "<module>") == 0;
    verdict->fault = module ? "loop at module level" : "global in a hot loop";
    verdict->basis = GBX_WHY_ESTIMATED;
    snprintf(verdict->sentence, sizeof(verdict->sentence), module
             ? "each name of a loop at module level is looked up in a dictionary, each time round: put the loop into "
               "a function, whose names are slots of its frame"
             : "a global is looked up in a dictionary each time round: keep it in a local variable while the loop "
               "runs, and store it once afterwards");
    gbx_why_prove(verdict, report->counted->trace, line->first, line->count,
                  "look-ups by name in the loops here, where a local variable could be");
}

void
gbx_why_names_finish(gbx_why_names *names, gbx_why_report *report)
{
    if (report->counted == NULL || report->input->bytecode == NULL) {
        return;
    }
    keep_names(names, report);
    gbx_why_say(report->cost, "names in loops", names->looked_up);
    gbx_why_lines(&names->moves, report->counted->trace);
    for (size_t i = 0; i < names->moves.count && i < 3; i++) {
        gbx_why_line sum = sum_of(&names->moves, i);
        if (!is_told(&names->moves, i)) {
            accuse(report, &sum);
        }
    }
}
