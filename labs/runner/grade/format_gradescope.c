/* Gradescope's results.json: https://gradescope-autograders.readthedocs.io/en/latest/specs/ ("Output format").

       pass             status passed, score = max_score          needs-human     name, output and visibility alone
       partial          status failed, score < max_score          flaky           as pass, with a tag
       fail             status failed, 0                          infrastructure  output and no score; the command
       prerequisite     status failed, 0, which one failed                        ends with 75, not with 0
       submission-error status failed, 0; the reason is the whole's output

   Gradescope hides by itself: a test goes out with its visibility.  The score of the whole is always said, since a
   test that waits for a person has none.  All texts are marked as plain text: Gradescope escapes those. */

#include "format.h"

#include <string.h>

static const char *
visibility(gbx_seen seen)
{
    static const char *const words[] = { "visible", "after_due_date", "after_published", "hidden" };
    return words[seen];
}

/* What waits is shown when marks are published, unless it is never shown at all. */
static json_t *
make_test(const gbx_view_item *item)
{
    bool waits = item->verdict == GBX_MARK_NEEDS_HUMAN;
    gbx_seen seen = waits && item->seen != GBX_SEEN_NEVER ? GBX_SEEN_AFTER_PUBLISHED : item->seen;
    json_t *test = json_pack("{s:o, s:s, s:s}", "name", json_sprintf("%s: %s", item->name, item->title),
                             "name_format", "text", "visibility", visibility(seen));
    if (!waits) {
        json_object_set_new(test, "score", gbx_format_json_number(item->score));
        json_object_set_new(test, "max_score", gbx_format_json_number(item->points));
        json_object_set_new(test, "status", json_string(gbx_format_passed(item) ? "passed" : "failed"));
    }
    if (item->message != NULL) {
        json_object_set_new(test, "output", json_string(item->message));
        json_object_set_new(test, "output_format", json_string("text"));
    }
    if (item->verdict == GBX_MARK_FLAKY || item->verdict == GBX_MARK_LIMIT || item->verdict == GBX_MARK_VIOLATION) {
        json_object_set_new(test, "tags", json_pack("[s]", item->word));
    }
    return test;
}

static int
write_gradescope(FILE *to, const gbx_view *view, gbx_error *error)
{
    json_t *whole = json_pack("{s:s, s:s, s:s, s:s, s:s}", "output", view->message, "output_format", "text",
                              "test_output_format", "text", "test_name_format", "text", "stdout_visibility", "hidden");
    if (view->graded) {
        json_t *tests = json_array();
        for (size_t i = 0; i < view->count; i++) {
            json_array_append_new(tests, make_test(&view->items[i]));
        }
        json_object_set_new(whole, "score", gbx_format_json_number(view->score));
        json_object_set_new(whole, "tests", tests);
    }
    return gbx_format_json(to, whole, JSON_INDENT(2) | JSON_PRESERVE_ORDER, error);
}

const gbx_format gbx_format_gradescope = {
    .name = "gradescope", .file = "results.json", .what = "Gradescope's results.json",
    .carries = true, .exits = true, .write = write_gradescope,
};
