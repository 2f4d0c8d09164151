/* The terminal's sink: a station as a page of at most 80 columns, in plain characters where the terminal
   has no colour.  It shows what it is given and decides nothing but the number of lines: what there is
   too much of is cut here and shown whole by `glassbox explain`. */

#include "builds.h"
#include "evidence.h"
#include "report.h"
#include "text.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { MOST_EVENTS = 4, BODY = 8, BAR_WIDTH = 30 };

typedef enum { PLAIN, BOLD, DIM, GOOD, BAD, WARN } style;

static const char *const codes[] = { "0", "1", "2", "1;32", "1;31", "1;33" };

static void put(const gbx_report *report, style how, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void
put(const gbx_report *report, style how, const char *format, ...)
{
    va_list args;
    bool coloured = report->options.colour && how != PLAIN;
    for (; *format == '\n'; format++) {           // colour begins and ends in its line
        fputc('\n', report->options.to);
    }
    if (coloured) {
        fprintf(report->options.to, "\033[%sm", codes[how]);
    }
    va_start(args, format);
    vfprintf(report->options.to, format, args);
    va_end(args);
    if (coloured) {
        fputs("\033[0m", report->options.to);
    }
}

static unsigned
width(const gbx_report *report)
{
    return report->options.width == 0 ? 80 : report->options.width;
}

static void
paragraph(const gbx_report *report, unsigned indent, const char *text)
{
    fprintf(report->options.to, "%*s", (int)indent, "");
    gbx_text_wrap(report->options.to, indent, indent, width(report), text);
}

/* ------------------------------------------------------------------ evidence */

/* Is what is shown from more than one build?  Then each event says which it is from. */
static bool
is_mixed(const gbx_report *report)
{
    const char *names[4];
    return report->state != NULL && gbx_report_builds(report->state, names) > 1;
}

static void
show_event(const gbx_report *report, const gbx_item *item)
{
    gbx_evidence evidence;
    gbx_evidence_describe(item->trace, item->at, report->source, report->symbols, &evidence);
    put(report, PLAIN, "%*s%10s  ", BODY, "", evidence.time);
    put(report, BOLD, "%s", evidence.event);
    if (is_mixed(report)) {
        put(report, DIM, "  [on %s]", gbx_builds_name(gbx_trace_process(item->trace, 0)->header->build));
    }
    if (evidence.place[0] != '\0') {
        size_t column = BODY + 14 + strlen(evidence.event) + (is_mixed(report) ? 10 : 0);
        bool fits = column + gbx_text_width(evidence.place) <= width(report);
        put(report, PLAIN, "%s%*s%s", fits ? "" : "\n", fits ? 2 : BODY + 12, "", evidence.place);
    }
    put(report, PLAIN, "\n%*s", BODY + 12, "");
    gbx_text_wrap(report->options.to, BODY + 12, BODY + 12, width(report), item->text);
    if (report->options.everything) {
        put(report, PLAIN, "%*s%s: ", BODY + 12, "", evidence.thread);
        gbx_text_wrap(report->options.to, BODY + 14 + (unsigned)gbx_text_width(evidence.thread),
                      BODY + 12, width(report), evidence.fields);
    }
    if (evidence.emitter[0] != '\0') {
        put(report, DIM, "%*s%s", BODY + 12, "", evidence.emitter);
        put(report, PLAIN, "\n");
    }
}

static void
show_quote(const gbx_report *report, const char *text)
{
    while (*text != '\0') {
        size_t length = strcspn(text, "\n");
        put(report, DIM, "%*s| ", BODY, "");
        for (size_t i = 0; i < length; i++) {        // a program's output must not move the cursor
            fputc((unsigned char)text[i] < ' ' && text[i] != '\t' ? '?' : text[i], report->options.to);
        }
        fputc('\n', report->options.to);
        text += length + (text[length] == '\n');
    }
}

/* The bars from `first` on that share a unit, to one scale; how many there were. */
static size_t
show_bars(const gbx_report *report, const gbx_finding *finding, size_t first)
{
    const gbx_item *items = finding->items + first;
    size_t count = 0, names = 0;
    double most = 0;
    for (; first + count < finding->count && items[count].kind == GBX_ITEM_BAR
           && strcmp(items[count].unit, items[0].unit) == 0; count++) {
        most = items[count].value > most ? items[count].value : most;
        names = gbx_text_width(items[count].text) > names ? gbx_text_width(items[count].text) : names;
    }
    for (size_t i = 0; i < count; i++) {
        char number[32];
        int length = most > 0 ? (int)(items[i].value / most * BAR_WIDTH + 0.5) : 0;
        put(report, PLAIN, "%*s%s%*s ", BODY, "", items[i].text,
            (int)(names - gbx_text_width(items[i].text)), "");
        for (int n = 0; n < length; n++) {
            put(report, PLAIN, "#");
        }
        put(report, PLAIN, " %s %s\n", gbx_text_number(items[i].value, number, sizeof(number)),
            items[i].unit);
    }
    return count;
}

static void
show_failure(const gbx_report *report, const gbx_item *item)
{
    const char *const labels[] = { "expected  ", "actual    ", "likely    " };
    const char *const texts[] = { item->expected, item->text, item->likely };
    for (int i = 0; i < 3; i++) {
        if (texts[i] != NULL) {
            put(report, i == 1 ? BAD : BOLD, "%*s%s", BODY, "", labels[i]);
            gbx_text_wrap(report->options.to, BODY + 10, BODY + 10, width(report), texts[i]);
        }
    }
}

static void
show_number(const gbx_report *report, const gbx_item *item)
{
    char number[32];
    put(report, PLAIN, "%*s%s: ", BODY, "", item->text);
    put(report, BOLD, "%s", gbx_text_number(item->value, number, sizeof(number)));
    put(report, PLAIN, "%s%s\n", item->unit[0] == '\0' ? "" : " ", item->unit);
}

/* One item of a finding; how many items were shown (bars go together). */
static size_t
show_item(const gbx_report *report, const gbx_finding *finding, size_t index, unsigned *events)
{
    const gbx_item *item = &finding->items[index];
    bool all = report->options.everything;
    switch (item->kind) {
        case GBX_ITEM_EVENT:
            if ((*events)++ < MOST_EVENTS || all) {
                show_event(report, item);
            }
            return 1;
        case GBX_ITEM_DETAIL:
            if (all) {
                paragraph(report, BODY, item->text);
            }
            return 1;
        case GBX_ITEM_FACT:    paragraph(report, BODY, item->text); return 1;
        case GBX_ITEM_QUOTE:   show_quote(report, item->text); return 1;
        case GBX_ITEM_NUMBER:  show_number(report, item); return 1;
        case GBX_ITEM_BAR:     return show_bars(report, finding, index);
        case GBX_ITEM_FAILURE: show_failure(report, item); return 1;
        default:               paragraph(report, BODY, item->text); return 1;
    }
}

static void
show_finding(const gbx_report *report, const gbx_finding *finding)
{
    unsigned events = 0;
    for (size_t i = 0; i < finding->count;) {
        i += show_item(report, finding, i, &events);
    }
    if (events > MOST_EVENTS && !report->options.everything) {
        unsigned more = events - MOST_EVENTS;
        put(report, DIM, "%*sand %u more event%s\n", BODY, "", more, more == 1 ? "" : "s");
    }
}

/* ------------------------------------------------------------------ the stream */

static int
terminal_begin(gbx_report *report)
{
    const gbx_station *station = report->station;
    put(report, BOLD, "Station %d: %s", station->number, station->name);
    put(report, PLAIN, ", about %d minutes with the reading\n", station->minutes);
    paragraph(report, 0, station->title);
    return 0;
}

/* A path as one would type it where the learner stands. */
static const char *
from_here(const char *path)
{
    char here[4096];
    size_t length = getcwd(here, sizeof(here)) == NULL ? 0 : strlen(here);
    bool below = length > 1 && strncmp(path, here, length) == 0 && path[length] == '/';
    return below ? path + length + 1 : path;
}

/* The command that opens a file of the sources at a line. */
static void
show_opening(const gbx_report *report, const gbx_reading_place *at)
{
    put(report, DIM, "%*sless +%d %s/%s", BODY, "", at->place.line, from_here(at->root), at->place.file);
    put(report, PLAIN, "\n");
}

static void
terminal_section(gbx_report *report, const char *title)
{
    put(report, BOLD, "\n%s\n", title);
}

static void
terminal_reading(gbx_report *report, const gbx_reading *reading)
{
    gbx_reading_place at;
    gbx_error error = { GBX_ERROR_MISSING, "the C sources are not here" };
    bool found = report->readings != NULL && gbx_readings_resolve(report->readings, reading->place, &at, &error) == 0;
    if (found) {
        put(report, BOLD, "  %s:%d", at.place.file, at.place.line);
        put(report, PLAIN, "%s%s\n", at.place.symbol[0] == '\0' ? "" : "  ", at.place.symbol);
    }
    else {
        put(report, PLAIN, "  %s", reading->place);
        put(report, WARN, "\n%*s(%s)\n", BODY, "", error.message);
    }
    paragraph(report, BODY, reading->look_for);
    if (found) {
        show_opening(report, &at);
    }
}

static void
show_path(gbx_report *report, const gbx_path *path, const gbx_look *look)
{
    gbx_stage_seen seen[GBX_PATH_STAGES];
    gbx_place place;
    size_t count = gbx_path_see(path, look, seen);
    for (size_t i = 0; i < count; i++) {
        const gbx_path_stage *stage = seen[i].stage;
        char took[32] = "not seen", what[160];
        if (seen[i].seen) {
            snprintf(took, sizeof(took), stage->moment == NULL ? "%.1f us" : "at %.1f ms",
                     (double)(stage->moment == NULL ? seen[i].ns
                              : gbx_trace_where(look->trace, seen[i].first).t_ns / 1000) / 1e3);
        }
        put(report, PLAIN, "%12s  %*s", took, 2 * stage->depth, "");
        put(report, BOLD, "%-*s", 22 - 2 * stage->depth, stage->name);
        snprintf(what, sizeof(what), "%s -> %s", stage->goes_in, stage->comes_out);
        gbx_text_wrap(report->options.to, 36, 36, width(report), what);
        if (report->source != NULL
            && gbx_source_resolve(report->source, stage->place, &place, NULL) == 0) {
            put(report, DIM, "%*s%s:%d %s\n", 16 + 2 * stage->depth, "", place.file, place.line,
                place.symbol);
        }
    }
}

/* What it was run on, behind its title, where that is not the ordinary build; and the end of the line. */
static void
show_builds(gbx_report *report, const gbx_result *result)
{
    const char *names[4];
    size_t count = gbx_report_builds(result, names);
    bool ordinary = count == 0 || (count == 1 && strcmp(names[0], "gil") == 0);
    for (size_t i = 0; i < count && !ordinary; i++) {
        put(report, DIM, "%s%s%s", i == 0 ? "  [on " : " and ", names[i], i == count - 1 ? "]" : "");
    }
    put(report, PLAIN, "\n");
}

/* Why there is no verdict on the thing itself, in a line of its own. */
static void
show_reason(const gbx_report *report, const gbx_result *result)
{
    if (result->reason[0] != '\0') {
        paragraph(report, BODY, result->reason);
    }
}

static void
show_what_was_seen(gbx_report *report, const gbx_show *show, const gbx_result *result)
{
    if (show->path != NULL) {
        show_path(report, show->path, &result->look);
    }
    if (show->tell == NULL && show->path == NULL) {
        show_quote(report, result->look.runs[0].out);
    }
    show_finding(report, result->finding);
}

static void
terminal_show(gbx_report *report, const gbx_show *show, const gbx_result *result)
{
    report->state = (void *)(uintptr_t)result;
    put(report, BOLD, "\n  %s", show->title);
    show_builds(report, result);
    if (show->lead != NULL) {
        paragraph(report, 2, show->lead);
    }
    show_reason(report, result);
    if (result->look.run_count > 0) {
        show_what_was_seen(report, show, result);
    }
    else {
        show_finding(report, result->finding);
    }
    report->state = NULL;
}

static void
terminal_topic(gbx_report *report, const gbx_topic *topic)
{
    put(report, BOLD, "\n  %s  %s\n", topic->id, topic->title);
}

/* The event that says otherwise: the one that the check named, else the first. */
static void
show_refutation(const gbx_report *report, const gbx_finding *finding)
{
    for (size_t i = 0; i < finding->count; i++) {
        if (finding->items[i].kind == GBX_ITEM_EVENT
            && (finding->refuting >= finding->count || finding->refuting == i)) {
            put(report, WARN, "%*srefuted by\n", BODY, "");
            show_event(report, &finding->items[i]);
            put(report, PLAIN, "%*sand all of it:\n", BODY, "");
            return;
        }
    }
}

static void
show_answer(const gbx_report *report, const gbx_claim *claim, const gbx_result *result,
            const gbx_answer *answer)
{
    char text[256];
    const char *misconception, *because;
    gbx_outcome outcome = gbx_predict_compare(claim, answer, result->finding, &misconception, &because);
    if (outcome == GBX_PREDICT_UNKNOWN) {
        return;
    }
    put(report, PLAIN, "%*syou said   %s\n", BODY, "",
        gbx_predict_answer_text(claim, answer, text, sizeof(text)));
    put(report, outcome == GBX_PREDICT_RIGHT ? GOOD : WARN, "%*sit was     %s\n", BODY, "",
        gbx_predict_observed_text(claim, result->finding, text, sizeof(text)));
    if (outcome == GBX_PREDICT_WRONG && misconception != NULL) {
        snprintf(text, sizeof(text), "\"%s\"", misconception);
        put(report, WARN, "%*sthe belief ", BODY, "");
        gbx_text_wrap(report->options.to, BODY + 11, BODY + 11, width(report), text);
    }
    if (outcome == GBX_PREDICT_WRONG && because != NULL) {
        paragraph(report, BODY, because);
    }
    if (outcome == GBX_PREDICT_WRONG) {
        show_refutation(report, result->finding);
    }
}

static void
terminal_claim(gbx_report *report, const gbx_claim *claim, const gbx_result *result,
               const gbx_answer *answer)
{
    static const style styles[] = { GOOD, BAD, WARN, WARN, BAD };
    put(report, styles[result->verdict], "\n  %s", gbx_verdict_name(result->verdict));
    put(report, BOLD, "  %s  %s", claim->id, claim->title);
    report->state = (void *)(uintptr_t)result;
    show_builds(report, result);
    paragraph(report, BODY, claim->sentence);
    show_reason(report, result);
    if (answer != NULL && answer->given) {
        show_answer(report, claim, result, answer);
    }
    show_finding(report, result->finding);
    report->state = NULL;
}

static void
terminal_go_on(gbx_report *report, size_t number, const char *text)
{
    put(report, PLAIN, "  %zu  ", number);
    gbx_text_wrap(report->options.to, 5, 5, width(report), text);
}

/* How the learner would call this program again. */
static const char *
program(void)
{
    return access("./glassbox", X_OK) == 0 ? "./glassbox" : "glassbox";
}

static int
terminal_end(gbx_report *report, const gbx_tally *tally)
{
    static const char *const words[] = { "passed", "failed", "without enough events", "skipped", "broken" };
    unsigned all = 0;
    const char *before = ": ";
    if (tally == NULL) {
        return 0;
    }
    for (int v = 0; v <= GBX_BROKEN; v++) {
        all += tally->counts[v];
    }
    put(report, BOLD, "\n%u claim%s", all, all == 1 ? "" : "s");
    for (int v = 0; v <= GBX_BROKEN; v++) {
        if (tally->counts[v] != 0) {
            put(report, v == GBX_PASS ? GOOD : v == GBX_SKIPPED ? WARN : BAD, "%s%u %s", before,
                tally->counts[v], words[v]);
            before = ", ";
        }
    }
    put(report, PLAIN, " (%.1f s)\n", (double)tally->wall_ns / 1e9);
    if (report->paths != NULL) {
        put(report, PLAIN, "The guide:                     %s/%s/guide.md\n"
            "All of a claim's evidence:     %s explain ID\n"
            "To say first what you expect:  %s station --predict %d\n",
            from_here(report->paths->stations), report->station->folder, program(), program(),
            report->station->number);
    }
    return 0;
}

const gbx_sink gbx_sink_terminal = {
    .name = "terminal",
    .begin = terminal_begin, .section = terminal_section, .reading = terminal_reading,
    .show = terminal_show, .topic = terminal_topic, .claim = terminal_claim,
    .go_on = terminal_go_on, .end = terminal_end,
};
