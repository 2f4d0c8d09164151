/* Exercism's results.json, versions 2 and 3: https://exercism.org/docs/building/tooling/test-runners/interface

       pass, flaky        pass (flaky with a message)     submission-error, prerequisite   error + message
       partial, fail      fail + message                  needs-human                      left out
       limit, violation   fail + message                  infrastructure                   error for the whole

   The whole is `error`, with a message and no tests needed, when no test was judged.  Version 3 adds which task a
   test is about: facts are the tasks, numbered as in the rubric.  A message may have 65,535 bytes; ours are far
   below.  Exercism escapes texts. */

#include "format.h"

#include <string.h>

static const char *
status_of(const gbx_view_item *item)
{
    switch (item->verdict) {
        case GBX_MARK_PASS: case GBX_MARK_FLAKY: return "pass";
        case GBX_MARK_SUBMISSION_ERROR: case GBX_MARK_PREREQUISITE: return "error";
        default: return "fail";
    }
}

static json_t *
make_test(const gbx_view_item *item, int version)
{
    const char *status = status_of(item);
    json_t *test = json_pack("{s:s, s:s, s:s}", "name", item->title, "status", status, "test_code", item->name);
    const char *message = item->message != NULL ? item->message
        : strcmp(status, "fail") == 0 ? "this does not hold" : NULL;
    if (message != NULL) {
        json_object_set_new(test, "message", json_string(message));
    }
    if (version >= 3 && item->number > 0) {
        json_object_set_new(test, "task_id", json_integer(item->number));
    }
    return test;
}

static int
write_version(FILE *to, const gbx_view *view, int version, gbx_error *error)
{
    json_t *tests = json_array(), *whole = json_pack("{s:i}", "version", version);
    bool judged = false, failed = false;
    for (size_t i = 0; i < view->count; i++) {
        const gbx_view_item *item = &view->items[i];
        const char *status = status_of(item);
        if (item->verdict != GBX_MARK_NEEDS_HUMAN && view->failure == NULL) {
            json_array_append_new(tests, make_test(item, version));
            judged = judged || strcmp(status, "error") != 0;
            failed = failed || strcmp(status, "pass") != 0;
        }
    }
    json_object_set_new(whole, "status", json_string(!judged ? "error" : failed ? "fail" : "pass"));
    json_object_set_new(whole, "message", judged ? json_null() : json_string(view->failure != NULL ? view->failure
                                                                              : view->message));
    json_object_set_new(whole, "tests", tests);
    return gbx_format_json(to, whole, JSON_INDENT(2) | JSON_PRESERVE_ORDER, error);
}

static int
write_2(FILE *to, const gbx_view *view, gbx_error *error)
{
    return write_version(to, view, 2, error);
}

static int
write_3(FILE *to, const gbx_view *view, gbx_error *error)
{
    return write_version(to, view, 3, error);
}

const gbx_format gbx_format_exercism_2 = {
    .name = "exercism-2", .file = "results.json", .what = "Exercism's results.json, version 2", .write = write_2,
};
const gbx_format gbx_format_exercism_3 = {
    .name = "exercism-3", .file = "results.json", .what = "the same, version 3", .write = write_3,
};
