/* The page that `glassbox why` prints.  It only formats: what is a fault is decided before. */

#include "why_show.h"

#include "stat.h"
#include "text.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WIDTH        80u
#define SOURCE_MAX   (64u << 20)     /* a file of Python larger than that is none */

const char *
gbx_why_hint(const gbx_trace *trace, size_t at, char *text, size_t size)
{
    gbx_stat stat = { .trace = trace };
    gbx_stat_hint(&stat, at, text, size);
    char folder[1024], *path;
    size_t length = getcwd(folder, sizeof(folder)) == NULL ? 0 : strlen(folder);
    if (length > 0 && (path = strstr(text, folder)) != NULL && path[length] == '/') {
        memmove(path, path + length + 1, strlen(path + length + 1) + 1);         /* from where we are */
    }
    return text;
}

/* A trace may name any file: only a regular one is read. */
static FILE *
open_source(const char *file)
{
    struct stat about;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    FILE *from = NULL;
    if (fd >= 0 && fstat(fd, &about) == 0 && S_ISREG(about.st_mode) && about.st_size <= (off_t)SOURCE_MAX) {
        from = fdopen(fd, "r");
    }
    if (from == NULL && fd >= 0) {
        close(fd);
    }
    return from;
}

bool
gbx_why_source(const char *file, int line, char *text, size_t size)
{
    char *whole = NULL;
    size_t room = 0;
    ssize_t length = -1;
    FILE *from = open_source(file);
    text[0] = '\0';
    for (int i = 0; from != NULL && i < line; i++) {
        length = getline(&whole, &room, from);
        if (length < 0) {
            break;
        }
    }
    if (length > 0 && line > 0) {
        const char *start = whole + strspn(whole, " \t\f");
        size_t used = 0;
        for (; start[used] != '\0' && start[used] != '\n' && used + 1 < size; used++) {
            text[used] = iscntrl((unsigned char)start[used]) ? ' ' : start[used];
        }
        text[used] = '\0';
        gbx_text_mend(text);
    }
    free(whole);
    if (from != NULL) {
        fclose(from);
    }
    return text[0] != '\0';
}

/* ---------------------------------------------------------------------- the head */

static void
print_program(const gbx_why_view *view, FILE *to)
{
    fputs("glassbox why", to);
    for (size_t i = 0; view->program[i] != NULL; i++) {
        fprintf(to, " %s", view->program[i]);
    }
    fputs("\n\n", to);
}

static void
print_times(const gbx_why_view *view, FILE *to)
{
    char own[32], startup[32], recorded[32], line[256];
    const gbx_why_runs *runs = view->runs;
    gbx_why_time(gbx_why_own_ns(view->why), own, sizeof(own));
    gbx_why_time(gbx_why_startup_ns(view->why), startup, sizeof(startup));
    if (runs != NULL && runs->wall_ns != 0) {
        snprintf(line, sizeof(line), "The program took %s by itself, after %s in which the interpreter started. It was "
                 "run again for times (%s) and", own, startup,
                 gbx_why_time((double)runs->timed_wall_ns, recorded, sizeof(recorded)));
        size_t used = strlen(line);
        snprintf(line + used, sizeof(line) - used, " for numbers (%s).",
                 gbx_why_time((double)runs->counted_wall_ns, recorded, sizeof(recorded)));
    }
    else {
        snprintf(line, sizeof(line), "The program took %s while it was recorded, after %s in which the interpreter "
                 "started. Recording makes it slower, so that what is estimated seems a smaller part than it is.", own,
                 startup);
    }
    gbx_text_wrap(to, 0, 0, WIDTH, line);
}

static void
print_end(const gbx_why_view *view, FILE *to)
{
    const gbx_why_runs *runs = view->runs;
    if (runs == NULL || (runs->exited && runs->status == 0)) {
        return;
    }
    if (runs->interrupted) {
        fputs("It was interrupted, and the other runs after as long: this is what there is.\n", to);
    }
    else if (runs->timed_out) {
        fputs("Its time was over before it had ended: this is what there is.\n", to);
    }
    else if (runs->exited) {
        fprintf(to, "It ended with status %d.\n", runs->status);
    }
    else {
        fprintf(to, "It was killed by SIG%s.\n", sigabbrev_np(runs->signal) == NULL ? "?" : sigabbrev_np(runs->signal));
    }
}

static void
print_lacks(const gbx_why_view *view, FILE *to)
{
    const gbx_trace *timed = gbx_why_timed(view->why), *counted = gbx_why_counted(view->why);
    uint64_t lost = (timed == NULL ? 0 : gbx_trace_lost(timed))
        + (counted == NULL || counted == timed ? 0 : gbx_trace_lost(counted));
    if (view->runs != NULL && (view->runs->interrupted || view->runs->timed_out)) {
        gbx_text_wrap(to, 0, 0, WIDTH, "A recorded run gets less far in that time: what is estimated is the least that "
                      "it cost.");
    }
    if (lost > 0) {
        char number[40], line[160];
        snprintf(line, sizeof(line), "%s events were not recorded, for --limit was reached: the costs are of what was.",
                 gbx_text_number((double)lost, number, sizeof(number)));
        gbx_text_wrap(to, 0, 0, WIDTH, line);
    }
    if (view->runs != NULL && view->runs->missing[0] != '\0') {
        gbx_text_wrap(to, 0, 0, WIDTH, view->runs->missing);
    }
}

/* -------------------------------------------------------------------- the columns */

static void
print_counts(const gbx_why_cost *cost, FILE *to)
{
    size_t column = 39;
    char number[40], item[80];
    for (size_t i = 0; i < cost->count; i++) {
        if (cost->counts[i].number == 0) {
            continue;
        }
        snprintf(item, sizeof(item), "%s%s %s", column > 39 ? ", " : "",
                 gbx_text_number((double)cost->counts[i].number, number, sizeof(number)), cost->counts[i].name);
        if (column + strlen(item) > WIDTH) {
            break;
        }
        fputs(item, to);
        column += strlen(item);
    }
}

static void
print_column(const gbx_why_view *view, size_t column, FILE *to)
{
    const gbx_why_cost *cost = gbx_why_column_cost(view->why, column);
    char time[32];
    bool repeated = column > 0 && gbx_why_column_part(column) == gbx_why_column_part(column - 1);
    fprintf(to, "%-17s %-7s", repeated ? "" : gbx_why_part_name(gbx_why_column_part(column)),
            gbx_why_column_key(column));
    if (cost->basis == GBX_WHY_NOT_RECORDED) {
        fprintf(to, "   -  %s\n", cost->why);
        return;
    }
    if (cost->ns <= 0 && cost->why[0] != '\0') {
        fputs("       -    - ", to);             /* counted, and not priced */
    }
    else {
        fprintf(to, "%8s %3.0f%% ", gbx_why_time(cost->ns, time, sizeof(time)), 100 * cost->share);
    }
    print_counts(cost, to);
    fputc('\n', to);
}

/* -------------------------------------------------------------------- functions */

#define WORTH_NAMING  0.05           /* of all time: functions with less are not what one asks about */

static const char *
base(const char *file)
{
    const char *slash = strrchr(file, '/');
    return slash == NULL ? file : slash + 1;
}

static void
print_functions(const gbx_why *why, FILE *to)
{
    char time[32], number[40], line[400];
    for (size_t i = 0; i < gbx_why_functions(why); i++) {
        const gbx_why_function *one = gbx_why_function_at(why, i);
        if (i > 0 && one->share < WORTH_NAMING) {
            break;
        }
        if (i == 0) {
            fputs("Most of the time, the functions' own, as recorded:\n", to);
        }
        snprintf(line, sizeof(line), "%s:%d %s, %s %s", base(one->file), one->line, one->function,
                 gbx_text_number((double)one->calls, number, sizeof(number)), one->calls == 1 ? "call" : "calls");
        fprintf(to, "%-25s%8s %3.0f%% ", "", gbx_why_time(one->ns, time, sizeof(time)), 100 * one->share);
        gbx_text_wrap(to, 39, 41, WIDTH, line);
    }
    if (gbx_why_functions(why) > 0) {
        fputc('\n', to);
    }
}

/* -------------------------------------------------------------------- the verdicts */

static void
print_evidence(const gbx_why_evidence *evidence, FILE *to)
{
    char number[40], hint[1400], line[300];
    const char *event = gbx_event_name(gbx_trace_event(evidence->trace, evidence->at));
    snprintf(line, sizeof(line), "%s %s: %s",
             gbx_text_number((double)evidence->records, number, sizeof(number)), event, evidence->text);
    fputs("    ", to);
    gbx_text_wrap(to, 4, 6, WIDTH, line);
    fprintf(to, "      %s\n", gbx_why_hint(evidence->trace, evidence->at, hint, sizeof(hint)));
}

static void
print_verdict(const gbx_why_view *view, const gbx_why_verdict *verdict, FILE *to)
{
    char time[32], text[200];
    fprintf(to, "%s (%s, column %s)\n", verdict->fault,
            gbx_why_part_name(gbx_why_column_part(verdict->column)), gbx_why_column_key(verdict->column));
    fprintf(to, "  %s:%d in %s\n", base(verdict->file), verdict->line, verdict->function);
    if (gbx_why_source(verdict->file, verdict->line, text, sizeof(text))) {
        fprintf(to, "      %.*s\n", (int)(WIDTH - 6), text);
    }
    fprintf(to, "  %s, %.0f%% of the program's own time (%s)\n  ",
            gbx_why_time(verdict->ns, time, sizeof(time)), 100 * verdict->share, gbx_why_basis_name(verdict->basis));
    gbx_text_wrap(to, 2, 2, WIDTH, verdict->sentence);
    for (size_t i = 0; i < verdict->evidence_count; i++) {
        print_evidence(&verdict->evidence[i], to);
    }
    fputs("  deeper: ", to);
    const gbx_why_tool *tool = gbx_why_tool_of(view->tools, gbx_why_column_part(verdict->column));
    fputs(tool->name, to);
    fputs("\n\n", to);
}

static bool
is_wanted(const gbx_why_view *view, const gbx_why_tool *tool)
{
    for (size_t i = 0; i < gbx_why_verdicts(view->why); i++) {
        if (gbx_why_column_part(gbx_why_verdict_at(view->why, i)->column) == tool->part) {
            return true;
        }
    }
    return false;
}

/* What it says; or, of a part that is at fault, how to ask it. */
static bool
print_tool(const gbx_why_view *view, const gbx_why_tool *tool, FILE *to)
{
    char line[800];
    if (tool->says[0] != '\0') {
        snprintf(line, sizeof(line), "%s says: %s", tool->name, tool->says);
    }
    else if (is_wanted(view, tool)) {
        snprintf(line, sizeof(line), "%s: %s%s", tool->name, tool->installed ? "" : "not installed: ",
                 tool->installed ? tool->command : tool->get);
    }
    else {
        return false;
    }
    fputs("  ", to);
    gbx_text_wrap(to, 2, 4, WIDTH, line);
    return true;
}

static void
print_names(const gbx_why_view *view, const bool *told, bool installed, FILE *to)
{
    char line[800];
    size_t used = (size_t)snprintf(line, sizeof(line), installed ? "also here:" : "not installed:"), before = used;
    for (size_t i = 0; i < GBX_WHY_TOOLS; i++) {
        const gbx_why_tool *tool = &view->tools[i];
        if (!told[i] && tool->installed == installed) {
            used += (size_t)snprintf(line + used, sizeof(line) - used, "%s %s%s%s%s", used == before ? "" : ",",
                                     tool->name, installed ? "" : " (", installed ? "" : tool->get,
                                     installed ? "" : ")");
        }
    }
    if (used > before) {
        fputs("  ", to);
        gbx_text_wrap(to, 2, 4, WIDTH, line);
    }
}

static void
print_tools(const gbx_why_view *view, FILE *to)
{
    bool told[GBX_WHY_TOOLS];
    fputs("Tools that look deeper\n", to);
    for (size_t i = 0; i < GBX_WHY_TOOLS; i++) {
        told[i] = print_tool(view, &view->tools[i], to);
    }
    print_names(view, told, true, to);
    print_names(view, told, false, to);
    fputc('\n', to);
}

static void
print_conclusion(const gbx_why_view *view, FILE *to)
{
    const gbx_why *why = view->why;
    if (gbx_why_verdicts(why) == 0) {
        const gbx_why_function *most = gbx_why_functions(why) > 0 ? gbx_why_function_at(why, 0) : NULL;
        fputs("Verdict: no fault found", to);
        if (most != NULL) {
            fprintf(to, "; %.0f%% of the time is in %s itself (%s:%d)", 100 * most->share, most->function,
                    base(most->file), most->line);
        }
        fputs(".\n", to);
        return;
    }
    for (size_t i = 0; i < gbx_why_verdicts(why); i++) {
        const gbx_why_verdict *verdict = gbx_why_verdict_at(why, i);
        fprintf(to, "%s %s, %s:%d: %s, %.0f%%\n", i == 0 ? "Verdict:" : "    then",
                gbx_why_part_name(gbx_why_column_part(verdict->column)), base(verdict->file), verdict->line,
                verdict->fault, 100 * verdict->share);
    }
}

void
gbx_why_text(const gbx_why_view *view, FILE *to)
{
    print_program(view, to);
    print_times(view, to);
    print_end(view, to);
    print_lacks(view, to);
    fprintf(to, "\n%-17s %-7s%8s %4s\n", "column", "", "cost", "share");
    for (size_t i = 0; i < gbx_why_column_count(); i++) {
        print_column(view, i, to);
    }
    fputs("C functions that keep the lock leave no event: py-spy --native finds them.\n", to);
    fputc('\n', to);
    print_functions(view->why, to);
    for (size_t i = 0; i < gbx_why_verdicts(view->why); i++) {
        print_verdict(view, gbx_why_verdict_at(view->why, i), to);
    }
    print_tools(view, to);
    print_conclusion(view, to);
}
