/* The JUnit sink: a test suite for a station, a test case for a claim, as CI services read it.  A claim
   that failed is a failure; one without a verdict (BROKEN, INSUFFICIENT) is an error, so that ours never
   looks like the learner's. */

#include "report.h"

#include <stdlib.h>
#include <string.h>

/* Cases come before the counts are known, and the counts stand first: kept until the end. */
typedef struct {
    FILE *cases;
    char *text;
    size_t size;
} buffer;

/* XML 1.0 text: what may not stand in it, escaped or no character at all, becomes '?'. */
static void
put_xml(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
            case '<': fputs("&lt;", to); break;
            case '>': fputs("&gt;", to); break;
            case '&': fputs("&amp;", to); break;
            case '"': fputs("&quot;", to); break;
            case '\n': case '\t': fputc(*text, to); break;
            default: fputc((unsigned char)*text < ' ' ? '?' : *text, to);
        }
    }
}

static int
junit_begin(gbx_report *report)
{
    buffer *kept = calloc(1, sizeof(*kept));
    report->state = kept;
    if (kept == NULL || (kept->cases = open_memstream(&kept->text, &kept->size)) == NULL) {
        return GBX_ERROR_MEMORY;
    }
    return 0;
}

static void
put_failures(FILE *to, const gbx_finding *finding)
{
    for (size_t i = 0; i < finding->count; i++) {
        const gbx_item *item = &finding->items[i];
        if (item->kind == GBX_ITEM_FAILURE) {
            put_xml(to, "expected: ");
            put_xml(to, item->expected == NULL ? "" : item->expected);
            put_xml(to, "\nactual: ");
        }
        if (item->kind >= GBX_ITEM_FAILURE && item->text != NULL) {
            put_xml(to, item->text);
            fputc('\n', to);
        }
    }
}

/* What it was run on, as a property of the case: none where nothing was. */
static void
put_builds(FILE *to, const gbx_result *result)
{
    const char *names[4];
    size_t count = gbx_report_builds(result, names);
    if (count > 0) {
        fputs("    <properties><property name=\"builds\" value=\"", to);
        for (size_t i = 0; i < count; i++) {
            fprintf(to, "%s%s", i == 0 ? "" : ", ", names[i]);
        }
        fputs("\"/></properties>\n", to);
    }
}

static void
junit_claim(gbx_report *report, const gbx_claim *claim, const gbx_result *result,
            const gbx_answer *answer)
{
    static const char *const elements[] = { NULL, "failure", "error", "skipped", "error" };
    buffer *kept = report->state;
    const char *element = elements[result->verdict];
    uint64_t ns = 0;
    (void)answer;
    for (size_t i = 0; i < result->look.run_count; i++) {
        ns += result->runs[i].wall_ns;
    }
    fprintf(kept->cases, "  <testcase classname=\"glassbox.station%d\" time=\"%.3f\" name=\"",
            report->station->number, (double)ns / 1e9);
    put_xml(kept->cases, claim->id);
    fputc(' ', kept->cases);
    put_xml(kept->cases, claim->title);
    fputs("\">\n", kept->cases);
    put_builds(kept->cases, result);
    if (element != NULL) {
        fprintf(kept->cases, "    <%s message=\"%s: ", element, gbx_verdict_name(result->verdict));
        put_xml(kept->cases, result->reason[0] != '\0' ? result->reason : claim->sentence);
        fputs("\">", kept->cases);
        put_failures(kept->cases, result->finding);
        fprintf(kept->cases, "</%s>\n", element);
    }
    fputs("  </testcase>\n", kept->cases);
}

static void
write_suite(gbx_report *report, const buffer *kept, const gbx_tally *tally)
{
    unsigned all = 0;
    for (int v = 0; v <= GBX_BROKEN; v++) {
        all += tally->counts[v];
    }
    fprintf(report->options.to, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
            "<testsuite name=\"glassbox station %d\" tests=\"%u\" failures=\"%u\" errors=\"%u\""
            " skipped=\"%u\" time=\"%.3f\">\n", report->station->number, all,
            tally->counts[GBX_FAIL], tally->counts[GBX_BROKEN] + tally->counts[GBX_INSUFFICIENT],
            tally->counts[GBX_SKIPPED], (double)tally->wall_ns / 1e9);
    fputs(kept->text == NULL ? "" : kept->text, report->options.to);
    fputs("</testsuite>\n", report->options.to);
}

static int
junit_end(gbx_report *report, const gbx_tally *tally)
{
    buffer *kept = report->state;
    int status = fclose(kept->cases) == 0 ? 0 : GBX_ERROR_MEMORY;
    if (tally != NULL && status == 0) {
        write_suite(report, kept, tally);
    }
    free(kept->text);
    free(kept);
    report->state = NULL;
    return status;
}

const gbx_sink gbx_sink_junit = {
    .name = "junit", .begin = junit_begin, .claim = junit_claim, .end = junit_end,
};
