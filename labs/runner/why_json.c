/* Why as JSON.  It only formats. */

#include "why_show.h"

#include "stat.h"

#include <math.h>

static double
seconds(double ns)
{
    return isfinite(ns) ? ns / 1e9 : 0;
}

static json_t *
counts_of(const gbx_why_cost *cost)
{
    json_t *counts = json_object();
    for (size_t i = 0; i < cost->count; i++) {
        json_object_set_new(counts, cost->counts[i].name, json_integer((json_int_t)cost->counts[i].number));
    }
    return counts;
}

static json_t *
column_of(const gbx_why_view *view, size_t column)
{
    const gbx_why_cost *cost = gbx_why_column_cost(view->why, column);
    json_t *of = json_pack("{s:s, s:s, s:s, s:f, s:s, s:f, s:s, s:o}", "column", gbx_why_column_key(column),
                           "part", gbx_why_part_name(gbx_why_column_part(column)),
                           "question", gbx_why_column_question(column), "cost", seconds(cost->ns), "unit", "s",
                           "share", isfinite(cost->share) ? cost->share : 0.0,
                           "basis", gbx_why_basis_name(cost->basis), "counts", counts_of(cost));
    if (of != NULL && cost->why[0] != '\0') {
        json_object_set_new(of, "why", json_string(cost->why));
    }
    return of;
}

static json_t *
evidence_of(const gbx_why_verdict *verdict)
{
    json_t *all = json_array();
    char hint[1400];
    for (size_t i = 0; i < verdict->evidence_count; i++) {
        const gbx_why_evidence *one = &verdict->evidence[i];
        json_array_append_new(all, json_pack(
            "{s:s, s:I, s:I, s:s, s:s}", "event", gbx_event_name(gbx_trace_event(one->trace, one->at)),
            "records", (json_int_t)one->records, "seq", (json_int_t)one->at, "text", one->text,
            "show", gbx_why_hint(one->trace, one->at, hint, sizeof(hint))));
    }
    return all;
}

static json_t *
deeper_of(const gbx_why_tool *tool)
{
    return json_pack("{s:s, s:s, s:b, s:s?, s:s}", "tool", tool->name, "command", tool->command, "installed",
                     tool->installed, "says", tool->says[0] == '\0' ? NULL : tool->says, "get", tool->get);
}

static json_t *
verdict_of(const gbx_why_view *view, const gbx_why_verdict *verdict)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:s, s:f, s:f, s:s, s:s, s:s, s:o, s:o}",
                     "column", gbx_why_column_key(verdict->column),
                     "part", gbx_why_part_name(gbx_why_column_part(verdict->column)), "fault", verdict->fault,
                     "file", verdict->file, "line", verdict->line, "function", verdict->function,
                     "share", isfinite(verdict->share) ? verdict->share : 0.0, "cost", seconds(verdict->ns),
                     "unit", "s",
                     "basis", gbx_why_basis_name(verdict->basis), "sentence", verdict->sentence,
                     "evidence", evidence_of(verdict),
                     "deeper", deeper_of(gbx_why_tool_of(view->tools, gbx_why_column_part(verdict->column))));
}

static json_t *
functions_of(const gbx_why *why)
{
    json_t *all = json_array();
    for (size_t i = 0; i < gbx_why_functions(why); i++) {
        const gbx_why_function *one = gbx_why_function_at(why, i);
        json_array_append_new(all, json_pack(
            "{s:s, s:s, s:i, s:f, s:f, s:I}", "function", one->function, "file", one->file, "line", one->line,
            "own_s", seconds(one->ns), "share", one->share, "calls", (json_int_t)one->calls));
    }
    return all;
}

static void
add_runs(json_t *whole, const gbx_why_runs *runs)
{
    json_object_set_new(whole, "status", runs == NULL ? json_null()
                        : json_integer(runs->exited ? runs->status : -runs->signal));
    json_object_set_new(whole, "wall_s", runs == NULL || runs->wall_ns == 0 ? json_null()
                        : json_real(seconds((double)runs->wall_ns)));
    json_object_set_new(whole, "traced_s", runs == NULL ? json_null()
                        : json_real(seconds((double)runs->timed_wall_ns)));
    json_object_set_new(whole, "counted_s", runs == NULL || runs->counted_wall_ns == 0 ? json_null()
                        : json_real(seconds((double)runs->counted_wall_ns)));
}

json_t *
gbx_why_json(const gbx_why_view *view)
{
    const gbx_trace *timed = gbx_why_timed(view->why), *counted = gbx_why_counted(view->why);
    const gbx_trace *any = timed != NULL ? timed : counted;
    json_t *program = json_array(), *columns = json_array(), *verdicts = json_array(), *near = json_array();
    for (size_t i = 0; view->program[i] != NULL; i++) {
        json_array_append_new(program, json_string(view->program[i]));
    }
    for (size_t i = 0; i < gbx_why_column_count(); i++) {
        json_array_append_new(columns, column_of(view, i));
    }
    for (size_t i = 0; i < gbx_why_verdicts(view->why); i++) {
        json_array_append_new(verdicts, verdict_of(view, gbx_why_verdict_at(view->why, i)));
    }
    for (size_t i = 0; i < gbx_why_near(view->why); i++) {
        json_array_append_new(near, verdict_of(view, gbx_why_near_at(view->why, i)));
    }
    json_t *tools = json_array();
    for (size_t i = 0; i < GBX_WHY_TOOLS; i++) {
        json_array_append_new(tools, deeper_of(&view->tools[i]));
    }
    uint64_t lost = (timed == NULL ? 0 : gbx_trace_lost(timed))
        + (counted == NULL || counted == timed ? 0 : gbx_trace_lost(counted));
    json_t *whole = json_pack("{s:o, s:s, s:s?, s:f, s:f, s:o, s:o, s:o, s:o, s:I}", "program", program,
                              "build", any == NULL ? "?" : gbx_stat_variant(gbx_trace_process(any, 0)->header),
                              "python", view->python, "own_s", seconds(gbx_why_own_ns(view->why)),
                              "startup_s", seconds(gbx_why_startup_ns(view->why)), "columns", columns,
                              "verdicts", verdicts, "near", near, "tools", tools, "lost", (json_int_t)lost);
    if (whole != NULL) {
        json_object_set_new(whole, "functions", functions_of(view->why));
    }
    if (whole != NULL) {
        add_runs(whole, view->runs);
    }
    return whole;
}
