/* glassbox gradebook: the results of a lab as a table, as figures, and as files for the programs of others. */

#include "cmd.h"
#include "cmd_gradebook.h"

#include "clean.h"
#include "format.h"
#include "list.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_AGAIN = 75 };            /* as of `glassbox grade`: something could not be graded, and can be tried again */

static const char help_before[] =
"usage: glassbox gradebook [OPTION...] DIR\n"
"       glassbox gradebook --format=NAME [--out=FOLDER] [OPTION...] DIR\n"
"       glassbox gradebook --regrade=OLD [OPTION...] DIR\n"
"\n"
"DIR has a folder for each student with the result.json in it, as it is written\n"
"by 'glassbox grade --batch', and reviews.jsonl, if persons have read what was\n"
"written; or it is one result.json.  What does not check is listed, and has no\n"
"score: that is no zero either.\n"
"\n"
"Without an option: the scores, and for each item how hard it is, how well it\n"
"tells who knows the matter, who took hints, what waits for a person.\n"
"\n"
"      --format=NAME      the results for another program, see below\n"
"  -o, --out=FOLDER       where to write: a file for csv, else a folder for each\n"
"                         student; without it one file goes to standard output\n"
"      --regrade=OLD      what changed since OLD, a folder of the same kind: who,\n"
"                         by how much, because of which fact\n"
"      --course=FOLDER    the course (due date, published, key, roster); also\n"
"                         GLASSBOX_COURSE= in the environment\n"
"      --now=DATE         take this for the time, for what is shown after the due\n"
"                         date: 2026-11-21 or 2026-11-21T20:00:00Z\n"
"      --lab=N            results of this lab alone count\n"
"      --json             one JSON object on standard output, see below\n"
"      --help             this text\n"
"\n"
"Formats:\n";

static const char help_after[] =
"  csv            a table for a learning management system, hidden facts and all\n"
"\n"
"In the others a learner sees what the rubric lets be seen now: facts to be shown\n"
"after the due date, or when the course says 'published = true', are missing with\n"
"their points until then; hidden ones are one line.  Gradescope's file has all of\n"
"them with their visibility, since Gradescope itself hides them.\n"
"\n"
"JSON: lab, name, results, graded, rubrics, seals_checked, unwitnessed, reviews\n"
"(counted, stale, broken), students (student, verdict, score, points, waiting,\n"
"taken_off, why), absent (on the roster, nothing there), statistics (students,\n"
"violations, too_few, method, points, least, most, mean, median, deviation,\n"
"tenths, items, misconceptions), difference (null, or up, down, same, gained,\n"
"lost, added, missing, rubric_changed, students with reasons).\n"
"\n"
"Exit status: 0 all is told; 75 some have no score and should be graded again\n"
"(but not for formats that say so in the file: exercism-2, exercism-3, junit,\n"
"tap, prairielearn); 2 the gradebook could not be read or written; 64 wrong\n"
"usage.\n";

typedef struct {
    const char *path, *format, *out, *old, *course;
    uint32_t lab;
    int64_t now;
    bool json;
} choices;

enum { OPT_FORMAT = 256, OPT_REGRADE, OPT_COURSE, OPT_NOW, OPT_LAB, OPT_JSON, OPT_HELP };

static const struct option long_options[] = {
    { "format", required_argument, NULL, OPT_FORMAT }, { "out", required_argument, NULL, 'o' },
    { "regrade", required_argument, NULL, OPT_REGRADE }, { "course", required_argument, NULL, OPT_COURSE },
    { "now", required_argument, NULL, OPT_NOW }, { "lab", required_argument, NULL, OPT_LAB },
    { "json", no_argument, NULL, OPT_JSON }, { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

/* ------------------------------------------------------------------ arguments */

static int
usage(const char *message)
{
    return gbx_cmd_usage("gradebook", message);
}

static int
print_help(void)
{
    const gbx_format *format;
    fputs(help_before, stdout);
    for (size_t i = 0; (format = gbx_format_at(i)) != NULL; i++) {
        printf("  %-13s  %s: %s\n", format->name, format->file, format->what);
    }
    fputs(help_after, stdout);
    return GBX_EXIT_PASS;
}

/* -1: go on; else the exit status. */
static int
parse_one(int option, choices *to)
{
    switch (option) {
        case OPT_FORMAT:
            to->format = optarg;
            return strcmp(optarg, "csv") == 0 || gbx_format_find(optarg) != NULL ? -1 : usage("there is no such format");
        case 'o': to->out = optarg; return -1;
        case OPT_REGRADE: to->old = optarg; return -1;
        case OPT_COURSE: to->course = optarg; return -1;
        case OPT_NOW: return gbx_gradebook_date(optarg, false, &to->now) ? -1 : usage("--now takes a date: 2026-11-21");
        case OPT_LAB:
            return gbx_cmd_number(optarg, &to->lab, 999) && to->lab > 0 ? -1 : usage("--lab takes a lab's number");
        case OPT_JSON: to->json = true; return -1;
        case OPT_HELP: return print_help();
        case ':': return usage("an option lacks its argument");
        default: return usage("unknown option");
    }
}

static int
parse(int argc, char **argv, choices *to)
{
    int option;
    const char *course = getenv("GLASSBOX_COURSE");
    *to = (choices){ .now = time(NULL), .course = course != NULL && course[0] != '\0' ? course : NULL };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, ":o:", long_options, NULL)) != -1) {
        int status = parse_one(option, to);
        if (status >= 0) {
            return status;
        }
    }
    if (argc - optind != 1) {
        return usage(argc == optind ? "no folder of results is named" : "one folder of results at a time");
    }
    to->path = argv[optind];
    if (to->format != NULL && (to->old != NULL || to->json)) {
        return usage("--format, --regrade and --json: one of them at a time");
    }
    return to->out != NULL && to->format == NULL ? usage("--out goes with --format") : -1;
}

/* --------------------------------------------------------------------- formats */

typedef struct {
    const choices *chosen;
    const gbx_gradebook *book;
    const gbx_gradebook_course *course;
    const gbx_format *format;
    size_t written;
} output;

/* The text of one student's file; the caller frees it. */
static int
make_file(const output *writer, const gbx_card *card, char **text, size_t *size, gbx_error *error)
{
    gbx_view_options options = { .now = writer->chosen->now, .book = writer->book, .course = writer->course,
                                 .carries = writer->format->carries };
    gbx_view view;
    *text = NULL;
    FILE *to = open_memstream(text, size);
    int code = to == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (code == 0) {
        code = gbx_view_make(&view, card, &options, error);
        if (code == 0) {
            code = writer->format->write(to, &view, error);
        }
        gbx_view_clear(&view);
    }
    if (to != NULL && fclose(to) != 0 && code == 0) {
        code = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    return code;
}

static int
make_folder(const char *path, gbx_error *error)
{
    return mkdir(path, 0755) == 0 || errno == EEXIST ? 0 : gbx_error_system(error, "make the folder", path);
}

/* A file of an earlier time must not stand for a result that there is not. */
static int
take_away(const char *path, gbx_error *error)
{
    return unlink(path) == 0 || errno == ENOENT || errno == ENOTDIR ? 0 : gbx_error_system(error, "take away", path);
}

static int
write_student(output *writer, const gbx_card *card, gbx_error *error)
{
    char *folder = NULL, *path = NULL, *text = NULL;
    size_t size = 0;
    bool silent = !card->graded && writer->format->silent;
    int code = asprintf(&folder, "%s/%s", writer->chosen->out, card->student) < 0
        || asprintf(&path, "%s/%s", folder, writer->format->file) < 0
        ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (code == 0 && silent) {
        code = take_away(path, error);
    }
    else if (code == 0) {
        code = make_file(writer, card, &text, &size, error);
        if (code == 0) {
            code = make_folder(folder, error);
        }
        if (code == 0) {
            code = gbx_gradebook_save(path, text, size, error);
        }
        writer->written += code == 0;
    }
    free(text);
    free(path);
    free(folder);
    return code;
}

/* One result, and nowhere to write it but standard output. */
static int
print_only(const output *writer, gbx_error *error)
{
    char *text = NULL;
    size_t size = 0;
    const gbx_card *card = &writer->book->cards[0];
    if (!card->graded) {
        char why[400];
        fprintf(stderr, "glassbox: '%s' has no score: %s\n", writer->chosen->path,
                gbx_clean(card->trouble, why, sizeof(why)));
    }
    if (!card->graded && writer->format->silent) {
        return 0;
    }
    int code = make_file(writer, card, &text, &size, error);
    if (code == 0 && fwrite(text, 1, size, stdout) != size) {
        code = gbx_error_system(error, "write", "standard output");
    }
    free(text);
    return code;
}

static int
write_csv(const output *writer, gbx_error *error)
{
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    int code = to == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_format_csv(to, writer->book, writer->course, error);
    if (to != NULL && fclose(to) != 0 && code == 0) {
        code = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (code == 0 && writer->chosen->out != NULL) {
        code = gbx_gradebook_save(writer->chosen->out, text, size, error);
    }
    else if (code == 0 && fwrite(text, 1, size, stdout) != size) {
        code = gbx_error_system(error, "write", "standard output");
    }
    free(text);
    return code;
}

/* Where the result does not say whose it is, nothing can be written for anybody. */
static int
write_all(output *writer, gbx_error *error)
{
    const gbx_gradebook *book = writer->book;
    int code = make_folder(writer->chosen->out, error);
    for (size_t i = 0; i < book->count && code == 0; i++) {
        if (book->cards[i].student != NULL && gbx_list_student_ok(book->cards[i].student)) {
            code = write_student(writer, &book->cards[i], error);
        }
    }
    if (code == 0) {
        fprintf(stderr, "glassbox: %zu of %zu written to '%s/STUDENT/%s'", writer->written, book->count,
                writer->chosen->out, writer->format->file);
        fprintf(stderr, book->graded < book->count ? "; %zu without a score\n" : "\n", book->count - book->graded);
    }
    return code;
}

static int
give_format(const choices *chosen, const gbx_gradebook *book, const gbx_gradebook_course *course, bool *exits,
            gbx_error *error)
{
    output writer = { .chosen = chosen, .book = book, .course = course, .format = gbx_format_find(chosen->format) };
    *exits = writer.format == NULL || writer.format->exits;
    if (writer.format == NULL) {
        return write_csv(&writer, error);
    }
    if (chosen->out != NULL) {
        return write_all(&writer, error);
    }
    return book->count == 1 ? print_only(&writer, error)
        : gbx_error_set(error, GBX_ERROR_USAGE, "there are %zu results in '%s': say with --out where their files go",
                        book->count, chosen->path);
}

/* ---------------------------------------------------------------------- figures */

static int
tell(const choices *chosen, const gbx_gradebook_told *told, gbx_error *error)
{
    if (chosen->json) {
        return gbx_cmd_json(gbx_gradebook_json(told), JSON_INDENT(2) | JSON_PRESERVE_ORDER | JSON_REAL_PRECISION(15),
                            error);
    }
    if (told->difference != NULL) {
        gbx_gradebook_difference_text(stdout, told);
    }
    else {
        gbx_gradebook_text(stdout, told);
    }
    return 0;
}

static int
give_figures(const choices *chosen, const gbx_gradebook *book, const gbx_gradebook_course *course, gbx_error *error)
{
    gbx_statistics statistics = { .count = 0 };
    gbx_difference difference = { .count = 0 };
    gbx_gradebook old = { .lab = 0 };
    gbx_gradebook_told told = { .path = chosen->path, .book = book, .course = course, .statistics = &statistics,
                                .old_path = chosen->old };
    int code = gbx_statistics_make(&statistics, book, error);
    if (code == 0 && chosen->old != NULL) {
        code = gbx_gradebook_read(&old, chosen->old, book->lab, course, error);
        if (code == 0) {
            code = gbx_difference_make(&difference, &old, book, error);
        }
        told.difference = &difference;
    }
    if (code == 0) {
        code = tell(chosen, &told, error);
    }
    gbx_difference_clear(&difference);
    gbx_gradebook_clear(&old);
    gbx_statistics_clear(&statistics);
    return code;
}

int
gbx_cmd_gradebook(int argc, char **argv)
{
    choices chosen;
    gbx_error error = { 0, "out of memory" };
    gbx_gradebook book = { .lab = 0 };
    gbx_gradebook_course course;
    bool exits = true;
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    int code = gbx_gradebook_course_open(&course, chosen.course, &error);
    if (code == 0) {
        code = gbx_gradebook_read(&book, chosen.path, (int)chosen.lab, &course, &error);
    }
    if (code == 0) {
        code = chosen.format != NULL ? give_format(&chosen, &book, &course, &exits, &error)
            : give_figures(&chosen, &book, &course, &error);
    }
    bool again = exits && book.graded < book.count;
    gbx_gradebook_clear(&book);
    gbx_gradebook_course_clear(&course);
    if (code == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        code = gbx_error_system(&error, "write", "standard output");
    }
    if (code != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return code == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return again ? EXIT_AGAIN : GBX_EXIT_PASS;
}
