/* JUnit XML, as Surefire writes it and Jenkins, GitLab and others read it:
   https://maven.apache.org/surefire/maven-surefire-plugin/xsd/surefire-test-report.xsd and
   https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd

       pass              a bare testcase              needs-human        skipped
       partial           failure, and a property      flaky              flakyFailure: passed in the end
       fail              failure                      infrastructure     one testcase with an error
       prerequisite      skipped                      limit, violation   failure, with that type
       submission-error  the first a failure, the others skipped

   A suite is a student.  Properties stand in the suite, where all readers look for them: "score.FACT".  Results do
   not say how long a fact took, and so neither does this. */

#include "format.h"

#include <string.h>

/* Harmless text (gbx_format_clean) into text or a value in double quotes. */
static void
put_xml(FILE *to, const char *text)
{
    for (; text != NULL && *text != '\0'; text++) {
        switch (*text) {
            case '<': fputs("&lt;", to); break;
            case '>': fputs("&gt;", to); break;
            case '&': fputs("&amp;", to); break;
            case '"': fputs("&quot;", to); break;
            case '\'': fputs("&apos;", to); break;
            case '\n': fputs("&#10;", to); break;
            case '\t': fputs("&#9;", to); break;
            default: fputc(*text, to);
        }
    }
}

typedef enum { BARE, FAILURE, SKIPPED, FLAKY } element;

/* Of a submission that could not be run, the first says so and the others were skipped. */
static element
element_of(const gbx_view *view, size_t i)
{
    switch (view->items[i].verdict) {
        case GBX_MARK_PASS: return BARE;
        case GBX_MARK_FLAKY: return FLAKY;
        case GBX_MARK_PREREQUISITE: case GBX_MARK_NEEDS_HUMAN: return SKIPPED;
        case GBX_MARK_SUBMISSION_ERROR: break;
        default: return FAILURE;
    }
    for (size_t k = 0; k < i; k++) {
        if (view->items[k].verdict == GBX_MARK_SUBMISSION_ERROR) {
            return SKIPPED;
        }
    }
    return FAILURE;
}

static void
put_property(FILE *to, const char *name, const char *of, double score, double points)
{
    char a[32], b[32];
    fprintf(to, "    <property name=\"%s%s\" value=\"%s of %s\"/>\n", name, of, gbx_format_number(score, a),
            gbx_format_number(points, b));
}

static void
put_properties(FILE *to, const gbx_view *view)
{
    fputs("  <properties>\n", to);
    put_property(to, "score", "", view->score, view->points);
    for (size_t i = 0; i < view->count; i++) {
        if (view->items[i].verdict == GBX_MARK_PARTIAL) {
            put_property(to, "score.", view->items[i].name, view->items[i].score, view->items[i].points);
        }
    }
    fputs("  </properties>\n", to);
}

static void
put_failure(FILE *to, const gbx_view *view, const gbx_view_item *item)
{
    const char *text = item->verdict == GBX_MARK_SUBMISSION_ERROR ? view->failure : item->message;
    fprintf(to, "    <failure type=\"%s\" message=\"", item->word);
    put_xml(to, text == NULL ? "this does not hold" : text);
    fputs("\"/>\n", to);
}

static void
put_case(FILE *to, const gbx_view *view, size_t i)
{
    const gbx_view_item *item = &view->items[i];
    element what = element_of(view, i);
    fprintf(to, "  <testcase classname=\"glassbox.");
    put_xml(to, view->lab_name);
    fprintf(to, "\" name=\"%s: ", item->name);
    put_xml(to, item->title);
    fputs(what == BARE ? "\"/>\n" : "\">\n", to);
    if (what == FAILURE) {
        put_failure(to, view, item);
    }
    else if (what == SKIPPED) {
        fputs("    <skipped message=\"", to);
        put_xml(to, item->message == NULL ? "" : item->message);
        fputs("\"/>\n", to);
    }
    else if (what == FLAKY) {
        fprintf(to, "    <flakyFailure type=\"%s\" message=\"", item->word);
        put_xml(to, item->message);
        fputs("\"><stackTrace/></flakyFailure>\n", to);
    }
    if (what != BARE) {
        fputs("  </testcase>\n", to);
    }
}

static void
put_suite(FILE *to, const gbx_view *view)
{
    size_t failures = 0, skipped = 0;
    for (size_t i = 0; i < view->count; i++) {
        failures += element_of(view, i) == FAILURE;
        skipped += element_of(view, i) == SKIPPED;
    }
    fprintf(to, "\" tests=\"%zu\" failures=\"%zu\" errors=\"0\" skipped=\"%zu\">\n", view->count, failures, skipped);
    put_properties(to, view);
    for (size_t i = 0; i < view->count; i++) {
        put_case(to, view, i);
    }
    fputs("  <system-out>", to);
    put_xml(to, view->message);
    fputs("</system-out>\n", to);
}

static void
put_error(FILE *to, const gbx_view *view)
{
    fputs("\" tests=\"1\" failures=\"0\" errors=\"1\" skipped=\"0\">\n"
          "  <testcase classname=\"glassbox\" name=\"grading\">\n"
          "    <error type=\"infrastructure\" message=\"", to);
    put_xml(to, view->message);
    fputs("\"/>\n  </testcase>\n", to);
}

static int
write_junit(FILE *to, const gbx_view *view, gbx_error *error)
{
    char *student = gbx_format_clean(view->card->student == NULL ? "unknown" : view->card->student, 128);
    if (student == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuite name=\"", to);
    put_xml(to, student);
    if (view->graded) {
        put_suite(to, view);
    }
    else {
        put_error(to, view);
    }
    fputs("</testsuite>\n", to);
    free(student);
    return 0;
}

const gbx_format gbx_format_junit = {
    .name = "junit", .file = "junit.xml", .what = "JUnit XML, a suite a student", .write = write_junit,
};
