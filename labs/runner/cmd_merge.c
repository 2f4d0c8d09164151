/* glassbox merge: one folder of results out of several, and what is missing. */

#include "cmd.h"
#include "cmd_lab.h"              // gbx_lab_places
#include "fold.h"
#include "sheet.h"                // GBX_SHEET_NAME
#include "text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox merge DIR... --list LIST --out DIR [OPTION...]\n"
"\n"
"Make one folder of the results of all bundles of LIST out of several: folders of\n"
"'grade --batch', or of 'plan'. Each result is checked first: whose it is, that it\n"
"is the one that was written down when it was graded, that it is of the bundle in\n"
"LIST, and its seal, where the course has a key. If one is not what it should be,\n"
"or two of one student differ, or two rubrics, graders or interpreters were at\n"
"work, that is said, and nothing is written.\n"
"\n"
"What failed for a reason that is not the student's comes to DIR/again.list, what\n"
"nobody graded to DIR/missing.list: 'grade --batch' and 'plan' take them as they are.\n"
"\n"
"      --course=DIR   the course, for its key (GLASSBOX_COURSE)\n"
"      --mixed        take results of different rubrics, graders, interpreters\n"
"      --help         this text\n"
"\n"
"Exit status: 0 everybody has a result; 75 some have none yet; 1 a result was\n"
"refused, nothing is written; 2 it could not be done; 64 wrong usage.\n";

enum { OPT_LIST = 256, OPT_OUT, OPT_COURSE, OPT_MIXED, OPT_HELP };
enum { EXIT_INCOMPLETE = 75, SHOWN = 20 };

static const struct option long_options[] = {
    { "list", required_argument, NULL, OPT_LIST }, { "out", required_argument, NULL, OPT_OUT },
    { "course", required_argument, NULL, OPT_COURSE }, { "mixed", no_argument, NULL, OPT_MIXED },
    { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

static int
usage(const char *message)
{
    return gbx_cmd_usage("merge", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, gbx_fold_options *to, const char **course)
{
    int option;
    *to = (gbx_fold_options){ .mixed = false };
    *course = NULL;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
            case OPT_LIST: to->list = optarg; break;
            case OPT_OUT: to->out = optarg; break;
            case OPT_COURSE: *course = optarg; break;
            case OPT_MIXED: to->mixed = true; break;
            case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
            default: return usage("unknown option, or one without its value");
        }
    }
    to->folders = (const char *const *)(uintptr_t)(argv + optind);       /* argv ends with NULL */
    return optind == argc ? usage("which folders of results?") : to->list == NULL ? usage("--list says who is to be there")
        : to->out == NULL ? usage("--out says where all goes") : -1;
}

/* --------------------------------------------------------------------- the answer */

static void
tell_some(FILE *to, const char *head, char *const *list, size_t count)
{
    if (count > 0) {
        fprintf(to, "%zu %s\n", count, head);
    }
    for (size_t i = 0; i < count && i < SHOWN; i++) {
        fputs("  ", to);
        gbx_text_wrap(to, 2, 4, 80, list[i]);
    }
    if (count > SHOWN) {
        fprintf(to, "  and %zu more\n", count - SHOWN);
    }
}

static int
tell(const gbx_fold_options *chosen, const gbx_fold_result *result, int status, const gbx_error *error)
{
    tell_some(stderr, result->refused_count == 1 ? "result was refused:" : "results were refused:", result->refused,
              result->refused_count);
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error->message);
        return result->refused_count > 0 ? GBX_EXIT_FAIL
            : status == GBX_ERROR_USAGE || status == GBX_ERROR_MISSING ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    printf("%zu of %zu have a result", result->folded, result->total);
    if (result->twice > 0) {
        printf(" (%zu were there twice, alike)", result->twice);
    }
    printf("\ntable: %s/%s\n", chosen->out, GBX_SHEET_NAME);
    tell_some(stdout, "failed for a reason that is not the student's, see again.list:", result->again, result->again_count);
    tell_some(stdout, "nobody graded, see missing.list:", result->missing, result->missing_count);
    return result->folded == result->total ? GBX_EXIT_PASS : EXIT_INCOMPLETE;
}

int
gbx_cmd_merge(int argc, char **argv)
{
    gbx_fold_options chosen;
    gbx_fold_result result = { .total = 0 };
    gbx_lab_places places;
    const char *course;
    gbx_error error = { 0, "" };
    int status = parse(argc, argv, &chosen, &course);
    if (status >= 0) {
        return status;
    }
    status = gbx_lab_places_open(&places, course, &error);
    if (status == 0) {
        chosen.key = places.roster.key;
        chosen.key_size = places.roster.key_size;
        status = gbx_fold_run(&chosen, &result, &error);
    }
    gbx_lab_places_close(&places);
    status = tell(&chosen, &result, status, &error);
    gbx_fold_result_clear(&result);
    return status;
}
