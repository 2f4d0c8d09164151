/* Autolab's autoresult, the last line of an autograder's output, after lines of feedback:
   https://docs.autolabproject.com/lab/#writing-autograders and
   https://docs.autolabproject.com/features/formatted-feedback/

       pass, partial, flaky     the score                       needs-human      left out: somebody gives it there
       all else                 0                               infrastructure   no autoresult: the command ends with 75

   Its problems have the names of our items, and "hints" for what was taken off.  A line of feedback begins with two
   blanks, so that none can be taken for the JSON that Autolab looks for; Autolab escapes HTML. */

#include "format.h"

#include <string.h>

static void
put_indented(FILE *to, const char *blanks, const char *text)
{
    for (const char *at = text; at != NULL && *at != '\0';) {
        size_t length = strcspn(at, "\n");
        fprintf(to, "%s%.*s\n", blanks, (int)length, at);
        at += length + (at[length] == '\n');
    }
}

static void
put_feedback(FILE *to, const gbx_view *view)
{
    char score[32], points[32];
    put_indented(to, "  ", view->message);
    fputc('\n', to);
    for (size_t i = 0; i < view->count; i++) {
        const gbx_view_item *item = &view->items[i];
        fprintf(to, "  %s: %s, %s of %s\n", item->name, item->word, gbx_format_number(item->score, score),
                gbx_format_number(item->points, points));
        put_indented(to, "      ", item->title);
        put_indented(to, "      ", item->message);
    }
}

/* The table that Autolab shows, with the words alone: the texts stand above. */
static json_t *
make_stages(const gbx_view *view)
{
    json_t *results = json_object(), *order = json_array();
    for (size_t i = 0; i < view->count; i++) {
        const gbx_view_item *item = &view->items[i];
        json_t *test = json_pack("{s:b}", "passed", gbx_format_passed(item));
        if (!gbx_format_passed(item)) {
            json_object_set_new(test, "hint", json_string(item->word));
        }
        json_object_set_new(results, item->name, test);
        json_array_append_new(order, json_string(item->name));
    }
    json_object_set_new(results, "_order", order);
    return json_pack("{s:s, s:[s], s:o}", "_presentation", "semantic", "stages", "Facts", "Facts", results);
}

/* Autolab adds them up: what hints took off stands beside them, so that the sum is the score. */
static json_t *
make_scores(const gbx_view *view)
{
    json_t *scores = json_object();
    double sum = 0;
    for (size_t i = 0; i < view->count; i++) {
        if (view->items[i].verdict != GBX_MARK_NEEDS_HUMAN) {
            json_object_set_new(scores, view->items[i].name, gbx_format_json_number(view->items[i].score));
            sum += view->items[i].score;
        }
    }
    if (view->score < sum) {
        json_object_set_new(scores, "hints", gbx_format_json_number(view->score - sum));
    }
    return json_pack("{s:o}", "scores", scores);
}

static int
write_autolab(FILE *to, const gbx_view *view, gbx_error *error)
{
    put_feedback(to, view);
    int code = gbx_format_json(to, make_stages(view), JSON_COMPACT | JSON_PRESERVE_ORDER, error);
    return code != 0 ? code : gbx_format_json(to, make_scores(view), JSON_COMPACT | JSON_PRESERVE_ORDER, error);
}

const gbx_format gbx_format_autolab = {
    .name = "autolab", .file = "autoresult.txt", .what = "Autolab's feedback and autoresult",
    .exits = true, .silent = true, .write = write_autolab,
};
