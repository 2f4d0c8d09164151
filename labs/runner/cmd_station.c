/* glassbox station: run a station and say what was seen. */

#include "cmd.h"
#include "course.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const char help[] =
"usage: glassbox station [OPTION...] N\n"
"\n"
"Run station N of the course.  It tells what to read, each place with its line in\n"
"the C sources that the interpreter was built from; runs the course's programs on\n"
"the instrumented interpreter and shows what happened inside; and checks each\n"
"claim on events of this very run.\n"
"\n"
"      --predict          ask for your prediction before each claim is run, and\n"
"                         compare (the same as PREDICT=1 in the environment);\n"
"                         answers are kept in glassbox/predictions.jsonl under\n"
"                         XDG_STATE_HOME, else ~/.local/state\n"
"      --claims           the claims alone: nothing to read, show or go on with\n"
"      --without=device   this machine has no CUDA device: a claim that is skipped\n"
"                         for want of one leaves the exit status as it is\n"
"      --must-fail        run each claim on the experiments on which it has to\n"
"                         say FAIL, and see that it does\n"
"  -f, --format=FORMAT    terminal (the default), json, or junit\n"
"  -o, --output=FILE      write there instead of the standard output\n"
"      --color=WHEN       auto (the default; NO_COLOR is honoured), always, never\n"
"      --help             this text\n"
"\n"
"Most claims are about the ordinary build, some about the one without the GIL\n"
"('make ft'); what it was seen on is said beside it.  PYTHON= names another\n"
"interpreter, instrumented too: then claims about another build are skipped.\n"
"\n"
"Exit status: 0 every claim passed; 1 a claim failed; 2 no verdict could be given;\n"
"3 those that ran passed, others were skipped and say what is missing; 64 wrong\n"
"usage.\n"
"\n"
"'glassbox explain 1.2' shows one topic or claim with all of its evidence.\n";

typedef struct {
    gbx_course_options course;
    const char *output;
    bool predict, claims_only, must_fail;
    gbx_lack without;            /* what claims may be skipped for */
} options;

enum { OPT_PREDICT = 256, OPT_CLAIMS, OPT_MUST_FAIL, OPT_COLOR, OPT_WITHOUT, OPT_HELP };

static const struct option long_options[] = {
    { "predict", no_argument, NULL, OPT_PREDICT }, { "claims", no_argument, NULL, OPT_CLAIMS },
    { "must-fail", no_argument, NULL, OPT_MUST_FAIL }, { "format", required_argument, NULL, 'f' },
    { "output", required_argument, NULL, 'o' }, { "without", required_argument, NULL, OPT_WITHOUT },
    { "color", required_argument, NULL, OPT_COLOR },
    { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

static int
usage(const char *message)
{
    return gbx_cmd_usage("station", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    int option;
    const char *predict = getenv("PREDICT");
    *to = (options){ .predict = predict != NULL && strcmp(predict, "1") == 0 };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "f:o:", long_options, NULL)) != -1) {
        switch (option) {
            case OPT_PREDICT:   to->predict = true; break;
            case OPT_CLAIMS:    to->claims_only = true; break;
            case OPT_MUST_FAIL: to->must_fail = true; break;
            case OPT_COLOR:     to->course.colour = optarg; break;
            case 'f':           to->course.format = optarg; break;
            case 'o':           to->output = optarg; break;
            case OPT_WITHOUT:
                if (strcmp(optarg, gbx_lack_name(GBX_LACK_DEVICE)) != 0) {
                    return usage("a machine can be without a 'device'");
                }
                to->without = GBX_LACK_DEVICE;
                break;
            case OPT_HELP:      fputs(help, stdout); return GBX_EXIT_PASS;
            default:            return usage("unknown option");
        }
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which station?" : "one station at a time");
    }
    char *end;
    long number = strtol(argv[optind], &end, 10);
    if (end == argv[optind] || *end != '\0' || number < 0 || number > 99) {
        return usage("a station is a number");
    }
    to->course.station = (int)number;
    return -1;
}

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* --------------------------------------------------------------- the movements */

static void
section(gbx_report *report, const char *title)
{
    if (report->sink->section != NULL) {
        report->sink->section(report, title);
    }
}

static void
read_on(gbx_report *report)
{
    const gbx_station *station = report->station;
    section(report, "Read");
    for (size_t i = 0; i < GBX_COUNT(station->readings) && station->readings[i].place != NULL; i++) {
        if (report->sink->reading != NULL) {
            report->sink->reading(report, &station->readings[i]);
        }
    }
}

static int
run_shows(gbx_course *course, gbx_error *error)
{
    gbx_report *report = &course->report;
    section(report, "Run");
    for (size_t i = 0; i < GBX_COUNT(report->station->shows) && report->station->shows[i].title != NULL; i++) {
        gbx_result result;
        const gbx_show *show = &report->station->shows[i];
        int status = gbx_engine_show(course->engine, report->station, show, &result, error);
        if (status != 0) {
            return status;
        }
        gbx_course_quiet(course);
        if (report->sink->show != NULL) {
            report->sink->show(report, show, &result);
        }
        gbx_result_clear(&result);
    }
    return 0;
}

static void
keep(const gbx_claim *claim, const gbx_answer *answer, const gbx_result *result)
{
    gbx_error error = { 0, "" };
    if (answer->given
        && gbx_predict_keep(claim, answer, result == NULL ? NULL : result->finding,
                            result == NULL ? GBX_BROKEN : result->verdict, &error) != 0) {
        fprintf(stderr, "glassbox: your answer is not kept: %s\n", error.message);
    }
}

/* Ask, run, compare, show: one claim.  *asking turns false when the learner has no more to say. */
static int
run_claim(gbx_course *course, const gbx_claim *claim, bool *asking, gbx_lack without, gbx_tally *tally,
          gbx_error *error)
{
    gbx_report *report = &course->report;
    gbx_answer answer = { .given = false };
    gbx_result result;
    if (*asking && claim->prediction.question != NULL) {
        gbx_course_quiet(course);
        *asking = gbx_predict_ask(claim, stdin, stderr, &answer);
        keep(claim, &answer, NULL);
    }
    int status = gbx_engine_claim(course->engine, report->station, claim, &result, error);
    if (status != 0) {
        return status;
    }
    gbx_course_quiet(course);
    keep(claim, &answer, &result);
    gbx_course_count(tally, &result, without);
    report->sink->claim(report, claim, &result, &answer);
    fflush(report->options.to);
    gbx_result_clear(&result);
    return 0;
}

/* Does the claim "1.1a" belong to the topic "1.1"? */
static bool
belongs(const gbx_claim *claim, const gbx_topic *topic)
{
    size_t length = strlen(topic->id);
    return strncmp(claim->id, topic->id, length) == 0
        && (claim->id[length] < '0' || claim->id[length] > '9');
}

static int
run_claims(gbx_course *course, bool asking, gbx_lack without, gbx_tally *tally, gbx_error *error)
{
    gbx_report *report = &course->report;
    const gbx_station *station = report->station;
    section(report, "Explain");
    for (size_t t = 0; t < GBX_COUNT(station->topics) && station->topics[t].id != NULL; t++) {
        if (report->sink->topic != NULL) {
            report->sink->topic(report, &station->topics[t]);
        }
        for (const gbx_claim *const *claim = station->claims; *claim != NULL; claim++) {
            int status = belongs(*claim, &station->topics[t])
                ? run_claim(course, *claim, &asking, without, tally, error) : 0;
            if (status != 0) {
                return status;
            }
        }
    }
    return 0;
}

static void
go_on(gbx_report *report)
{
    section(report, "Go on");
    for (size_t i = 0; i < GBX_COUNT(report->station->go_on) && report->station->go_on[i] != NULL; i++) {
        if (report->sink->go_on != NULL) {
            report->sink->go_on(report, i + 1, report->station->go_on[i]);
        }
    }
}

/* ------------------------------------------------------------------ the whole */

static int
run_station(gbx_course *course, const options *chosen, gbx_tally *tally, gbx_error *error)
{
    uint64_t start = now_ns();
    gbx_report *report = &course->report;
    int status = report->sink->begin == NULL ? 0 : report->sink->begin(report);
    if (status != 0) {
        return gbx_error_set(error, status, "out of memory");
    }
    if (!chosen->claims_only) {
        read_on(report);
        fflush(report->options.to);
        status = run_shows(course, error);
    }
    if (status == 0) {
        status = run_claims(course, chosen->predict, chosen->without, tally, error);
    }
    if (status == 0 && !chosen->claims_only) {
        go_on(report);
    }
    tally->wall_ns = now_ns() - start;
    int ended = report->sink->end(report, status == 0 ? tally : NULL);
    return status != 0 || ended == 0 ? status : gbx_error_set(error, ended, "cannot write the report");
}

/* A line for a claim on an experiment on which it has to fail. */
static void
say_outcome(const char *id, const char *name, const gbx_result *result)
{
    const char *why = result->verdict == GBX_SKIPPED ? gbx_finding_why_skipped(result->finding) : result->reason;
    printf("%s  %-5s on '%s': %s%s%s\n", result->verdict == GBX_FAIL ? "ok  "
           : result->verdict == GBX_SKIPPED ? "skip" : "BAD ", id, name,
           gbx_verdict_name(result->verdict), why[0] == '\0' ? "" : ", ", why);
}

/* The same claims where they have to fail.  One line each; counted like tests. */
static int
run_must_fail(gbx_course *course, gbx_tally *tally, gbx_error *error)
{
    unsigned refuted = 0, missed = 0, skipped = 0;
    const gbx_station *station = course->report.station;
    for (const gbx_claim *const *claim = station->claims; *claim != NULL; claim++) {
        if ((*claim)->must_fail[0].run == NULL) {
            printf("BAD   %-5s has no experiment on which it must fail\n", (*claim)->id);
            missed++;
        }
        for (size_t i = 0; i < GBX_COUNT((*claim)->must_fail) && (*claim)->must_fail[i].run != NULL; i++) {
            gbx_result result;
            const gbx_must_fail *must = &(*claim)->must_fail[i];
            int status = gbx_engine_must_fail(course->engine, station, *claim, must, &result, error);
            if (status != 0) {
                return status;
            }
            gbx_course_quiet(course);
            say_outcome((*claim)->id, must->run->name, &result);
            refuted += result.verdict == GBX_FAIL;
            skipped += result.verdict == GBX_SKIPPED;
            missed += result.verdict != GBX_FAIL && result.verdict != GBX_SKIPPED;
            gbx_result_clear(&result);
        }
    }
    printf("%u passed, %u failed, %u skipped\n", refuted, missed, skipped);
    tally->counts[missed != 0 || refuted + skipped == 0 ? GBX_FAIL : GBX_PASS]++;
    return 0;
}

int
gbx_cmd_station(int argc, char **argv)
{
    options chosen;
    gbx_course course;
    gbx_error error = { 0, "" };
    gbx_tally tally = { .wall_ns = 0 };
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    chosen.course.to = chosen.output == NULL ? stdout : fopen(chosen.output, "we");
    if (chosen.course.to == NULL) {
        fprintf(stderr, "glassbox: cannot write '%s': %s\n", chosen.output, strerror(errno));
        return GBX_EXIT_BROKEN;
    }
    status = gbx_course_open(&course, &chosen.course, &error);
    if (status == 0) {
        status = chosen.must_fail ? run_must_fail(&course, &tally, &error)
            : run_station(&course, &chosen, &tally, &error);
    }
    gbx_course_quiet(&course);
    gbx_course_close(&course);
    if (fflush(chosen.course.to) != 0 && status == 0) {
        status = gbx_error_system(&error, "write", chosen.output == NULL ? "standard output" : chosen.output);
    }
    if (chosen.output != NULL) {
        fclose(chosen.course.to);
    }
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return status == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return gbx_course_status(&tally);
}
