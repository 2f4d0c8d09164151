/* PrairieLearn's results.json of an external grader: https://docs.prairielearn.com/externalGrading/ ("Grading
   results"), and what its element pl-external-grader-results makes of it.

       pass              points = max_points               needs-human     0 of 0 points, "manual": graded by hand there
       partial           points < max_points               flaky           points = max_points and a message
       fail              0                                 infrastructure  gradable false, with a message and no score
       prerequisite      0 and a message                   submission-error  gradable false and format_errors

   The score is a share, from 0 to 1, of what a program can judge; each test must have both numbers, or none of them
   is shown. PrairieLearn escapes HTML and would turn escape sequences into colours: there are none left in our
   texts. */

#include "format.h"

#include <math.h>

static json_t *
make_test(const gbx_view_item *item)
{
    bool manual = item->verdict == GBX_MARK_NEEDS_HUMAN;
    json_t *test = json_pack("{s:s, s:s, s:o, s:o}", "name", item->name, "description", item->title,
                             "points", gbx_format_json_number(manual ? 0 : item->score),
                             "max_points", gbx_format_json_number(manual ? 0 : item->points));
    const char *message = manual ? "manual: waits for a person to read it" : item->message;
    if (message != NULL) {
        json_object_set_new(test, "message", json_string(message));
    }
    return test;
}

/* In ten-thousandths, and never up to 1: that would be all. */
static double
share_of(double score, double points)
{
    double share = points > 0 ? floor(score / points * 10000 + 1e-6) / 10000 : 0;
    return fmin(1, fmax(0, share));
}

static json_t *
make_graded(const gbx_view *view)
{
    json_t *tests = json_array();
    for (size_t i = 0; i < view->count; i++) {
        json_array_append_new(tests, make_test(&view->items[i]));
    }
    json_t *whole = json_pack("{s:b, s:f, s:s}", "gradable", 1, "score",
                              share_of(view->score, view->points - view->waiting), "message", view->message);
    json_object_set_new(whole, "tests", tests);
    return whole;
}

static int
write_prairielearn(FILE *to, const gbx_view *view, gbx_error *error)
{
    const char *why = view->failure != NULL ? view->failure : view->message;
    json_t *whole = view->graded && view->failure == NULL ? make_graded(view)
        : json_pack("{s:b, s:s, s:[s]}", "gradable", 0, "message", view->message, "format_errors", why);
    return gbx_format_json(to, whole, JSON_INDENT(2) | JSON_PRESERVE_ORDER, error);
}

const gbx_format gbx_format_prairielearn = {
    .name = "prairielearn", .file = "results.json", .what = "PrairieLearn's results.json", .write = write_prairielearn,
};
