/* glassbox explain: one claim, or the claims of one topic, with everything that they rest on. */

#include "cmd.h"
#include "course.h"
#include "text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox explain [OPTION...] ID\n"
"\n"
"Run what the claim ID rests on (\"1.2a\"; \"1.2\" for all claims of that topic) and\n"
"show all of it: the program, every event with its fields, the line of Python and\n"
"the line of C behind it, what to read, and where the same check has to say FAIL.\n"
"\n"
"      --color=WHEN   auto (the default; NO_COLOR is honoured), always, never\n"
"      --help         this text\n"
"\n"
"Exit status: 0 the claims passed; 1 one failed; 2 no verdict could be given; 3 one\n"
"was skipped; 64 wrong usage, or no such claim.\n";

enum { OPT_COLOR = 256, OPT_HELP };

static const struct option long_options[] = {
    { "color", required_argument, NULL, OPT_COLOR }, { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

static int
usage(const char *message)
{
    return gbx_cmd_usage("explain", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, gbx_course_options *to, const char **id)
{
    int option;
    *to = (gbx_course_options){ .to = stdout, .everything = true };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(help, stdout);
            return GBX_EXIT_PASS;
        }
        if (option != OPT_COLOR) {
            return usage("unknown option");
        }
        to->colour = optarg;
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which claim?" : "one claim at a time");
    }
    *id = argv[optind];
    char *end;
    to->station = (int)strtol(*id, &end, 10);
    return end != *id && *end == '.' ? -1 : usage("a claim is named like 1.2 or 1.2a");
}

static bool
is_asked(const gbx_claim *claim, const char *id)
{
    size_t length = strlen(id);
    return strncmp(claim->id, id, length) == 0
        && (claim->id[length] == '\0' || (claim->id[length] >= 'a' && claim->id[length] <= 'z'));
}

static void
tell_experiments(const gbx_course *course, const gbx_claim *claim)
{
    for (size_t i = 0; i < GBX_COUNT(claim->experiments) && claim->experiments[i] != NULL; i++) {
        const gbx_experiment *experiment = claim->experiments[i];
        printf("    program     %s/%s%s%s\n", course->report.station->folder, experiment->program,
               experiment->on == GBX_ON_FT ? " [on ft]" : experiment->on == GBX_ON_GIL ? " [on gil]" : "",
               experiment->events == 0 ? " (not recorded)" : "");
    }
}

/* Where to read, with the line itself, and where the claim has to fail. */
static void
tell_more(gbx_course *course, const gbx_claim *claim)
{
    char line[160];
    gbx_reading_place at;
    gbx_error error = { 0, "" };
    printf("\n    Read\n");
    for (size_t i = 0; i < GBX_COUNT(claim->readings) && claim->readings[i].place != NULL; i++) {
        const gbx_reading *reading = &claim->readings[i];
        if (gbx_readings_resolve(&course->readings, reading->place, &at, &error) != 0) {
            printf("      %s\n        (%s)\n", reading->place, error.message);
        }
        else {
            printf("      %s:%d\n", at.place.file, at.place.line);
            if (gbx_source_line_text(at.source, at.place.file, at.place.line, line, sizeof(line))) {
                printf("        %.70s\n", line);
            }
        }
        printf("        ");
        gbx_text_wrap(stdout, 8, 8, 80, reading->look_for);
    }
    printf("\n    The same check has to say FAIL on\n");
    for (size_t i = 0; i < GBX_COUNT(claim->must_fail) && claim->must_fail[i].run != NULL; i++) {
        const gbx_must_fail *must = &claim->must_fail[i];
        printf("      %s/%s\n", course->report.station->folder, must->run->program);
        if (must->because != NULL) {
            printf("        ");
            gbx_text_wrap(stdout, 8, 8, 80, must->because);
        }
    }
}

static int
explain(gbx_course *course, const char *id, gbx_tally *tally, gbx_error *error)
{
    const gbx_answer none = { .given = false };
    unsigned shown = 0;
    for (const gbx_claim *const *claim = course->report.station->claims; *claim != NULL; claim++) {
        gbx_result result;
        if (!is_asked(*claim, id)) {
            continue;
        }
        int status = gbx_engine_claim(course->engine, course->report.station, *claim, &result, error);
        if (status != 0) {
            return status;
        }
        gbx_course_quiet(course);
        gbx_course_count(tally, &result, GBX_LACK_NOTHING);
        shown++;
        course->report.sink->claim(&course->report, *claim, &result, &none);
        tell_experiments(course, *claim);
        tell_more(course, *claim);
        gbx_result_clear(&result);
    }
    return shown > 0 ? 0 : gbx_error_set(error, GBX_ERROR_USAGE, "there is no claim '%s'", id);
}

int
gbx_cmd_explain(int argc, char **argv)
{
    gbx_course_options chosen;
    gbx_course course;
    const char *id = NULL;
    gbx_error error = { 0, "" };
    gbx_tally tally = { .wall_ns = 0 };
    int status = parse(argc, argv, &chosen, &id);
    if (status >= 0) {
        return status;
    }
    status = gbx_course_open(&course, &chosen, &error);
    if (status == 0) {
        status = explain(&course, id, &tally, &error);
    }
    gbx_course_quiet(&course);
    gbx_course_close(&course);
    if (status == 0 && fflush(stdout) != 0) {
        status = gbx_error_system(&error, "write", "standard output");
    }
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return status == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return gbx_course_status(&tally);
}
