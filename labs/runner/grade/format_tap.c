/* TAP, the Test Anything Protocol, version 14: https://testanything.org/tap-version-14-specification.html

       pass              ok                                needs-human       not ok # TODO
       partial, fail     not ok and a YAML block           flaky             ok and a YAML block with the attempts
       prerequisite      ok # SKIP which one failed        infrastructure    Bail out! and why
       submission-error  the first not ok, the others ok # SKIP

   What anybody wrote stands in descriptions and reasons with '\' and '#' escaped and on one line, and in YAML as a
   string in double quotes, as JSON has it, which YAML 1.2 reads alike: no text can begin a line, end the block or
   become a directive.  A reader that knows version 13 at most may complain of the first line, and of nothing else. */

#include "format.h"

#include <stdlib.h>
#include <string.h>

/* On one line, and no directive. */
static void
put_line(FILE *to, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        if (*text == '\\' || *text == '#') {
            fputc('\\', to);
        }
        fputc(*text == '\n' || *text == '\t' ? ' ' : *text, to);
    }
}

static bool
put_string(FILE *to, const char *key, const char *text)
{
    json_t *value = json_string(text);
    char *quoted = value == NULL ? NULL : json_dumps(value, JSON_ENCODE_ANY);
    json_decref(value);
    if (quoted != NULL) {
        fprintf(to, "  %s: %s\n", key, quoted);
    }
    free(quoted);
    return quoted != NULL;
}

static bool
put_block(FILE *to, const gbx_view_item *item, const char *message)
{
    char number[32];
    fputs("  ---\n", to);
    bool well = put_string(to, "verdict", item->word) && (message == NULL || put_string(to, "message", message));
    fprintf(to, "  score: %s\n", gbx_format_number(item->score, number));
    fprintf(to, "  points: %s\n", gbx_format_number(item->points, number));
    if (item->verdict == GBX_MARK_FLAKY) {
        fprintf(to, item->attempts > 0 ? "  attempts: %u\n" : "  attempts: more than one\n", item->attempts);
    }
    fputs("  ...\n", to);
    return well;
}

static bool
put_point(FILE *to, const gbx_view *view, size_t i, bool *broken)
{
    const gbx_view_item *item = &view->items[i];
    bool error = item->verdict == GBX_MARK_SUBMISSION_ERROR;
    bool skip = item->verdict == GBX_MARK_PREREQUISITE || (error && *broken);
    bool ok = skip || gbx_format_passed(item);
    fprintf(to, "%s %zu - %s: ", ok ? "ok" : "not ok", i + 1, item->name);
    put_line(to, item->title);
    if (skip || item->verdict == GBX_MARK_NEEDS_HUMAN) {
        fprintf(to, " # %s ", skip ? "SKIP" : "TODO");
        put_line(to, item->message);
    }
    fputc('\n', to);
    const char *message = error ? view->failure : item->message;
    *broken = *broken || error;
    return skip || item->verdict == GBX_MARK_NEEDS_HUMAN || item->verdict == GBX_MARK_PASS
        || put_block(to, item, message);
}

static int
write_tap(FILE *to, const gbx_view *view, gbx_error *error)
{
    bool well = true, broken = false;
    fputs("TAP version 14\n", to);
    if (!view->graded) {
        fputs("1..1\nBail out! ", to);
        put_line(to, view->message);
        fputc('\n', to);
        return 0;
    }
    fprintf(to, "1..%zu%s\n", view->count, view->count == 0 ? " # nothing can be shown yet" : "");
    fputs("# ", to);
    put_line(to, view->message);
    fputc('\n', to);
    for (size_t i = 0; i < view->count && well; i++) {
        well = put_point(to, view, i, &broken);
    }
    return well ? 0 : gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

const gbx_format gbx_format_tap = {
    .name = "tap", .file = "result.tap", .what = "TAP, version 14", .write = write_tap,
};
