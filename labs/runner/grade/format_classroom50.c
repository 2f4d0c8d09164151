/* Classroom 50's result.json, classroom50/result/v1:
   https://github.com/foundation50/classroom50/blob/main/schemas/result-v1.schema.json and
   https://github.com/foundation50/classroom50/wiki/Advanced-Autograding ("The result.json contract").

       pass, flaky       passed true                  needs-human       left out
       partial           passed false and the score   infrastructure    no file: the command ends with 75,
       all else          passed false, 0                                of which its runner makes the error

   Its scores are whole numbers: ours are rounded, a part never up to all of it; `points` has what was exact.  Whose
   submission it is, in its own words, stands in the environment of its runner (OWNER, SUBMISSION_TAG,
   COMMIT_URL...), and is taken from there where that is set. Its result becomes a page of Markdown: '<', '>' and
   '&' are written as entities. */

#include "format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Text that is harmless in HTML, too, as a new JSON string. */
static json_t *
escaped(const char *text)
{
    char *safe = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&safe, &size);
    for (; to != NULL && *text != '\0'; text++) {
        switch (*text) {
            case '<': fputs("&lt;", to); break;
            case '>': fputs("&gt;", to); break;
            case '&': fputs("&amp;", to); break;
            default: fputc(*text, to);
        }
    }
    json_t *made = to != NULL && fclose(to) == 0 ? json_stringn(safe, size) : NULL;
    free(safe);
    return made;
}

static json_int_t
whole_score(const gbx_view_item *item)
{
    json_int_t most = (json_int_t)round(item->points), score = (json_int_t)round(item->score);
    return gbx_format_passed(item) ? most : score >= most && most > 0 ? most - 1 : score;
}

static json_t *
make_test(const gbx_view_item *item)
{
    char score[32], points[32];
    json_t *test = json_pack("{s:s, s:b, s:I, s:I}", "test-name", item->name, "passed", gbx_format_passed(item),
                             "score", whole_score(item), "max-score", (json_int_t)round(item->points));
    json_object_set_new(test, "title", escaped(item->title));
    json_object_set_new(test, "points", json_sprintf("%s of %s", gbx_format_number(item->score, score),
                                                     gbx_format_number(item->points, points)));
    if (item->message != NULL) {
        json_object_set_new(test, "message", escaped(item->message));
    }
    return test;
}

/* A word of the runner's environment, else ours. */
static json_t *
from_runner(const char *name, const char *other, const char *ours)
{
    const char *value = getenv(name);
    value = value == NULL || *value == '\0' ? (other == NULL ? NULL : getenv(other)) : value;
    return json_string(value == NULL || *value == '\0' ? ours : value);
}

/* YYYY-MM-DDTHH:MM:SSZ, which it insists on: the moment of grading, else the beginning of time. */
static const char *
instant(const char *text)
{
    int64_t when;
    return text != NULL && strlen(text) == 20 && text[10] == 'T' && text[19] == 'Z' && gbx_gradebook_date(text, false, &when)
        ? text : "1970-01-01T00:00:00Z";
}

static json_t *
make_head(const gbx_view *view)
{
    const gbx_card *card = view->card;
    const char *submission = card->submission == NULL ? "unknown" : card->submission;
    const char *digits = strchr(submission, ':');
    bool named = view->course != NULL && view->course->roster.name != NULL && view->course->roster.name[0] != '\0';
    char tag[80];
    snprintf(tag, sizeof(tag), "submit/%.12s", digits == NULL ? submission : digits + 1);
    json_t *head = json_pack("{s:s}", "schema", "classroom50/result/v1");
    json_object_set_new(head, "classroom", from_runner("CLASSROOM", NULL, named ? view->course->roster.name : "glassbox"));
    json_object_set_new(head, "assignment", from_runner("ASSIGNMENT", NULL, view->lab_name));
    json_object_set_new(head, "assignment_type", from_runner("ASSIGNMENT_TYPE", NULL, "individual"));
    json_object_set_new(head, "owner", from_runner("OWNER", "USERNAME", card->student));
    json_object_set_new(head, "submission", from_runner("SUBMISSION_TAG", NULL, tag));
    json_object_set_new(head, "commit", from_runner("COMMIT_URL", NULL, submission));
    json_object_set_new(head, "release", from_runner("RELEASE_URL", NULL, submission));
    json_object_set_new(head, "review", from_runner("REVIEW_URL", "COMMIT_URL", submission));
    json_object_set_new(head, "datetime", json_string(instant(card->graded_at)));
    return head;
}

static int
write_classroom50(FILE *to, const gbx_view *view, gbx_error *error)
{
    json_t *whole = make_head(view), *tests = json_array();
    json_int_t score = 0, most = 0;
    for (size_t i = 0; i < view->count; i++) {
        const gbx_view_item *item = &view->items[i];
        if (item->verdict != GBX_MARK_NEEDS_HUMAN) {
            json_array_append_new(tests, make_test(item));
            score += whole_score(item);
            most += (json_int_t)round(item->points);
        }
    }
    score -= (json_int_t)round(view->deducted);
    json_object_set_new(whole, "score", json_integer(score > 0 ? score : 0));
    json_object_set_new(whole, "max-score", json_integer(most));
    json_object_set_new(whole, "tests", tests);
    return gbx_format_json(to, whole, JSON_INDENT(2) | JSON_PRESERVE_ORDER, error);
}

const gbx_format gbx_format_classroom50 = {
    .name = "classroom50", .file = "result.json", .what = "Classroom 50's result.json, version 1",
    .exits = true, .silent = true, .write = write_classroom50,
};
