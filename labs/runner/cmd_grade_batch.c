/* glassbox grade --batch: a whole list of submissions, several at a time. */

#include "batch.h"
#include "cmd.h"
#include "cmd_lab.h"              // gbx_lab_places
#include "provenance.h"
#include "text.h"
#include "worker.h"               // gbx_worker_now_ns

#include <getopt.h>
#include <inttypes.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"usage: glassbox grade --batch LIST --out DIR [OPTION...]\n"
"\n"
"Grade every bundle that LIST names, several at a time. A line of LIST is a bundle,\n"
"or a student, a tab, and a bundle; without a student it is the bundle's name up to\n"
"'.glassbox.tar.gz'. Lines that begin with # are passed over.\n"
"\n"
"DIR gets STUDENT/result.json for each, and table.csv once all have been tried.\n"
"Killed or stopped at any moment, the same command goes on where it was: what has\n"
"a result for the same bundle, lab, course and grader is not graded again.\n"
"\n"
"What fails for a reason that is not the student's (no memory, a full disk) is\n"
"tried again, later each time, then listed. It never has a score.\n"
"\n"
"  -j, --jobs=N       gradings at a time (one a core)\n"
"      --course=DIR   the course: its secret, its key, its labs (GLASSBOX_COURSE)\n"
"      --require-level=NAME   grade nothing in a weaker sandbox than this: bare,\n"
"                     filtered, isolated, full\n"
"      --no-witness   for tests: without the witness of the trace\n"
"      --attempts=N   of a submission before it is listed (3)\n"
"      --help         this text\n"
"\n"
"Exit status: 0 each has a result, whatever its score; 75 some have none yet: the\n"
"same command tries them again; 2 the batch itself failed; 64 wrong usage, or LIST\n"
"is wrong; 130 it was stopped.\n";

enum { OPT_BATCH = 256, OPT_COURSE, OPT_LEVEL, OPT_NO_WITNESS, OPT_ATTEMPTS, OPT_OUT, OPT_HELP };
enum { EXIT_AGAIN = 75, EXIT_STOPPED = 130, MOST_JOBS = 1024, MOST_ATTEMPTS = 20, SHOWN = 20, BACKOFF_MS = 1000, LIMIT_MS = 15 * 60 * 1000 };

static const struct option long_options[] = {
    { "batch", required_argument, NULL, OPT_BATCH }, { "out", required_argument, NULL, OPT_OUT },
    { "jobs", required_argument, NULL, 'j' }, { "course", required_argument, NULL, OPT_COURSE },
    { "require-level", required_argument, NULL, OPT_LEVEL }, { "no-witness", no_argument, NULL, OPT_NO_WITNESS },
    { "attempts", required_argument, NULL, OPT_ATTEMPTS }, { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

typedef struct {
    const char *list, *out, *course, *level;
    bool no_witness;
    uint32_t jobs, attempts;
} chosen_options;

/* ------------------------------------------------------------------- arguments */

static int
usage(const char *message)
{
    return gbx_cmd_usage("grade --batch", message);
}

static uint32_t
cores(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) == 0 ? (uint32_t)CPU_COUNT(&set) : 1;
}

/* -1: go on; else the exit status. */
static int
take_option(int option, chosen_options *to)
{
    gbx_level level;
    switch (option) {
        case OPT_BATCH: to->list = optarg; return -1;
        case OPT_OUT: to->out = optarg; return -1;
        case OPT_COURSE: to->course = optarg; return -1;
        case OPT_NO_WITNESS: to->no_witness = true; return -1;
        case OPT_LEVEL:
            to->level = optarg;
            return gbx_level_parse(optarg, &level) ? -1 : usage("the levels are bare, filtered, isolated and full");
        case 'j':
            return gbx_cmd_number(optarg, &to->jobs, MOST_JOBS) && to->jobs > 0 ? -1 : usage("-j wants a number from 1 to 1024");
        case OPT_ATTEMPTS:
            return gbx_cmd_number(optarg, &to->attempts, MOST_ATTEMPTS) && to->attempts > 0 ? -1
                : usage("--attempts wants a number from 1 to 20");
        case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
        default: return usage("unknown option, or one without its value");
    }
}

static int
parse(int argc, char **argv, chosen_options *to)
{
    int option, status = -1;
    *to = (chosen_options){ .jobs = cores(), .attempts = 3 };
    optind = 1;
    opterr = 0;
    while (status == -1 && (option = getopt_long(argc, argv, "j:", long_options, NULL)) != -1) {
        status = take_option(option, to);
    }
    if (status != -1) {
        return status;
    }
    if (optind != argc) {
        return usage("the bundles are named in LIST, not on the command line");
    }
    return to->list == NULL ? usage("which list?") : to->out == NULL ? usage("--out says where results go") : -1;
}

/* -------------------------------------------------------------------- progress */

typedef struct {
    bool terminal;
    bool shown;
    uint64_t last_ns;
} progress_line;

static void
show_progress(void *context, const gbx_batch_state *now)
{
    progress_line *line = context;
    char rate[32], left[64] = "";
    uint64_t clock = gbx_worker_now_ns();
    if (!line->terminal || clock - line->last_ns < 200000000) {
        return;
    }
    line->last_ns = clock;
    line->shown = true;
    snprintf(rate, sizeof(rate), now->per_minute > 0 ? " · %.0f a minute" : "", now->per_minute);
    if (now->left_s >= 90) {
        snprintf(left, sizeof(left), " · %" PRIu64 " min left", (now->left_s + 30) / 60);
    }
    else if (now->left_s > 0) {
        snprintf(left, sizeof(left), " · %" PRIu64 " s left", now->left_s);
    }
    fprintf(stderr, "\r\033[K%zu of %zu graded%s%s", now->done, now->total, rate, left);
    if (now->infrastructure + now->waiting > 0) {
        fprintf(stderr, " · %zu to be tried again", now->infrastructure + now->waiting);
    }
    fflush(stderr);
}

static void
clear_progress(const progress_line *line)
{
    if (line->shown) {
        fputs("\r\033[K", stderr);
    }
}

/* --------------------------------------------------------------------- the end */

static void
tell_counts(const chosen_options *chosen, const gbx_batch_result *result)
{
    char number[32];
    const gbx_batch_state *state = &result->state;
    printf("%s %s", gbx_text_number((double)state->total, number, sizeof(number)),
           state->total == 1 ? "submission" : "submissions");
    if (state->already > 0) {
        printf(", %s of them graded before", gbx_text_number((double)state->already, number, sizeof(number)));
    }
    putchar('\n');
    for (size_t i = 0; result->counts[i].verdict != NULL; i++) {
        printf("  %-18s %6zu\n", result->counts[i].verdict, result->counts[i].count);
    }
    printf("table: %s/table.csv\n", chosen->out);
}

static void
tell_listed(const chosen_options *chosen, const gbx_batch_result *result)
{
    size_t count = result->state.infrastructure;
    if (count > 0) {
        printf("%zu %s no score, for a reason that is not the student's; the same command\ntries again:\n", count,
               count == 1 ? "has" : "have");
    }
    for (size_t i = 0; result->listed != NULL && result->listed[i] != NULL; i++) {
        if (i == SHOWN) {
            printf("  and %zu more: see %s/journal.jsonl\n", count - SHOWN, chosen->out);
            break;
        }
        printf("  ");
        gbx_text_wrap(stdout, 2, 4, 80, result->listed[i]);
    }
}

static int
tell(const chosen_options *chosen, const gbx_batch_result *result, int status, const gbx_error *error)
{
    const gbx_batch_state *state = &result->state;
    if (status == 0) {
        tell_counts(chosen, result);
    }
    tell_listed(chosen, result);
    fflush(stdout);
    if (result->interrupted != 0) {
        fprintf(stderr, "glassbox: stopped with %zu of %zu graded; the same command goes on from here\n", state->done, state->total);
        return EXIT_STOPPED;
    }
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error->message);
    }
    return status == GBX_ERROR_USAGE || status == GBX_ERROR_MISSING ? GBX_EXIT_USAGE
        : status == GBX_ERROR_CHILD || (status == 0 && state->infrastructure > 0) ? EXIT_AGAIN
        : status != 0 ? GBX_EXIT_BROKEN : GBX_EXIT_PASS;
}

/* ---------------------------------------------------------------------- the batch */

/* What each grading is given besides. */
static void
options_of(const chosen_options *chosen, const char *words[8])
{
    size_t count = 0;
    if (chosen->level != NULL) {
        words[count++] = "--require-level";
        words[count++] = chosen->level;
    }
    if (chosen->no_witness) {
        words[count++] = "--no-witness";
    }
    words[count] = NULL;
}

/* What a grading rests on besides the bundle, as a sum; the free-threaded build only where there is one. */
static int
find_judge(const gbx_lab_places *places, const char *const *words, char judge[GBX_DIGEST_TEXT], gbx_error *error)
{
    char *ft = NULL;
    gbx_error none;
    int status = gbx_paths_need(&places->paths, GBX_PATHS_PYTHON, error);
    if (status == 0) {
        const char *const pythons[] = { places->paths.python, gbx_paths_variant(&places->paths, "ft", &ft, &none) == 0 ? ft : NULL,
                                        NULL };
        const gbx_provenance_options who = {
            .program = "/proc/self/exe", .pythons = pythons, .labs = places->labs, .course = places->roster.folder,
            .secret = places->roster.secret, .secret_size = places->roster.secret_size, .options = words,
        };
        status = gbx_provenance_sum(judge, &who, error);
    }
    free(ft);
    return status;
}

static int
run(const chosen_options *chosen, gbx_batch_options *options, gbx_batch_result *result, gbx_error *error)
{
    const char *words[8];
    char judge[GBX_DIGEST_TEXT];
    gbx_lab_places places;
    options_of(chosen, words);
    int status = gbx_lab_places_open(&places, chosen->course, error);
    if (status == 0) {
        status = find_judge(&places, words, judge, error);
    }
    if (status == 0) {
        options->judge = judge;
        options->more = words;
        options->key = places.roster.key;
        options->key_size = places.roster.key_size;
        status = gbx_batch_run(options, result, error);
    }
    gbx_lab_places_close(&places);
    return status;
}

int
gbx_cmd_grade_batch(int argc, char **argv)
{
    chosen_options chosen;
    gbx_batch_result result = { .listed = NULL };
    gbx_error error = { 0, "" };
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    if (chosen.course != NULL && setenv("GLASSBOX_COURSE", chosen.course, 1) != 0) {
        return usage("there is no memory");
    }
    progress_line line = { .terminal = isatty(STDERR_FILENO) != 0 };
    gbx_batch_options options = {
        .list = chosen.list, .out = chosen.out, .program = "/proc/self/exe", .jobs = chosen.jobs, .attempts = chosen.attempts,
        .backoff_ms = BACKOFF_MS, .limit_ms = LIMIT_MS, .progress = show_progress, .context = &line,
    };
    status = run(&chosen, &options, &result, &error);
    clear_progress(&line);
    status = tell(&chosen, &result, status, &error);
    gbx_batch_result_clear(&result);
    return status;
}
