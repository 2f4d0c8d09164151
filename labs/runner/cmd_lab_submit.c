/* glassbox lab submit: one file to hand in, out of a learner's work folder; and no file at all where it could not be
   graded.

   What is wrong is said by the library, in sentences; here it is decided that any of them means no file. */

#include "cmd.h"
#include "cmd_lab.h"

#include "bundle.h"
#include "clean.h"
#include "driver.h"
#include "explain.h"
#include "text.h"
#include "toml.h"

#include <getopt.h>
#include <sys/stat.h>

static const char help[] =
"usage: glassbox lab submit N [OPTION...]\n"
"\n"
"Write the one file that you hand in for lab N, out of your work folder.  It is not\n"
"written if it could not be graded: a file is missing or too large, work.py does not\n"
"compile, answers.toml or explain.toml cannot be read or names what the lab does not\n"
"know.  What will earn nothing, such as an empty explanation, is said, and no reason\n"
"to refuse.  Submit as often as you like: the file is replaced.\n"
"\n"
"      --to=FILE      the file, or a folder for it; else NAME.glassbox.tar.gz in your\n"
"                     work folder, NAME being the student's\n"
"      --folder=DIR   your work folder; else this one, or work/lab-N\n"
"      --help         this text\n"
"\n"
"Exit status: 0 it is written; 1 it could not be graded, and is not; 2 something\n"
"else is wrong; 64 wrong usage.\n";

enum { WIDTH = 80, COMPILE_MS = 20000 };

typedef struct {
    uint32_t number;
    const char *folder, *to;
} options;

typedef struct {
    gbx_lab_places places;
    gbx_lab_work work;
    gbx_bundle *bundle;
    json_t *faults, *warnings;       /* sentences */
} submission;

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

static int
find_fault(submission *now, const char *sentence, gbx_error *error)
{
    char clean[600];
    json_t *text = json_string(gbx_clean(sentence, clean, sizeof(clean)));
    return json_array_append_new(now->faults, text) == 0 ? 0 : no_memory(error);
}

/* ------------------------------------------------------------------------- files */

/* All that is handed in, in memory; a fault where something cannot be. */
static int
gather(submission *now, gbx_error *error)
{
    gbx_refusal refusal = { .reason = GBX_REFUSED_NONE };
    json_t *noted = NULL, *head = NULL;
    const gbx_lab_work *work = &now->work;
    const json_t *rules = json_object_get(work->lab->data, "submit");
    int code = gbx_predictions_noted(work->folder, &noted, error);
    if (code == 0) {
        head = json_pack("{s:i, s:s, s:s, s:s, s:O, s:O}", "lab", work->number, "student", work->student, "seed", work->seed,
                         "rubric", work->lab->rubric, "hints", json_object_get(work->note, "hints"), "predictions", noted);
        code = head == NULL ? no_memory(error) : gbx_bundle_gather(&now->bundle, work->folder, rules, head, &refusal, error);
    }
    if (code == 0 && refusal.reason == GBX_REFUSED_NONE) {
        (void)gbx_bundle_check(now->bundle, work->number, rules, &refusal);
    }
    if (code == 0 && refusal.reason != GBX_REFUSED_NONE) {
        code = find_fault(now, refusal.sentence, error);
    }
    json_decref(noted);
    json_decref(head);
    return code;
}

/* A file of the submission as a value; NULL where it is not handed in, or cannot be read, which is then a fault. */
static int
parse_file(submission *now, const char *name, json_t **value, gbx_error *error)
{
    size_t size;
    gbx_error local = { 0, "" };
    const char *text = gbx_bundle_file(now->bundle, name, &size);
    *value = NULL;
    int code = text == NULL ? 0 : gbx_toml_parse(value, text, size, name, &local);
    return code == 0 ? 0 : code == GBX_ERROR_MEMORY ? no_memory(error) : find_fault(now, local.message, error);
}

static int
check_forms(submission *now, gbx_error *error)
{
    json_t *answers, *explain = NULL;
    const gbx_lab_work *work = &now->work;
    int code = parse_file(now, "answers.toml", &answers, error);
    if (code == 0) {
        code = parse_file(now, "explain.toml", &explain, error);
    }
    if (code == 0 && json_array_size(now->faults) == 0) {
        code = gbx_predictions_form(work->lab, work->variant, work->student, answers, now->faults, now->warnings, error);
    }
    if (code == 0 && json_array_size(now->faults) == 0) {
        code = gbx_explain_form(work->lab, explain, &now->places.paths, now->faults, now->warnings, error);
    }
    json_decref(answers);
    json_decref(explain);
    return code;
}

/* ----------------------------------------------------------------------- compiling */

/* Each file that is named, compiled and not run: a line about the first that cannot be, and status 1. */
static const char compiler[] =
    "import sys\n"
    "for name in sys.argv[1:]:\n"
    "    try:\n"
    "        with open(name, 'rb') as file:\n"
    "            compile(file.read(), name, 'exec', dont_inherit=True)\n"
    "    except SyntaxError as error:\n"
    "        print(f\"'{name}' line {error.lineno}: {error.msg}\")\n"
    "        sys.exit(1)\n"
    "    except (MemoryError, OverflowError, RecursionError, ValueError) as error:\n"
    "        print(f\"'{name}' does not compile: {error or type(error).__name__}\")\n"
    "        sys.exit(1)\n";

static bool
is_python(const char *name)
{
    size_t length = strlen(name);
    return length > 3 && strcmp(name + length - 3, ".py") == 0;
}

static int
run_compiler(submission *now, const char *const *argv, const char *folder, gbx_error *error)
{
    const gbx_driver_options how = { .argv = argv, .directory = folder, .timeout_ms = COMPILE_MS, .clean_environment = true,
                                     .err = GBX_DRIVER_DISCARD, .out_limit = 4096 };
    gbx_driver_result result;
    char text[600], end[128];
    int code = gbx_driver_run(&how, &result, error);
    if (code != 0) {
        return code;
    }
    if (gbx_driver_succeeded(&result, 1) && result.out_size > 0) {
        snprintf(text, sizeof(text), "%.*s", (int)strcspn(result.out, "\n"), result.out);
        code = find_fault(now, text, error);
    }
    else if (!gbx_driver_succeeded(&result, 0)) {
        snprintf(text, sizeof(text), "the program cannot be compiled: the compiler %s",
                 gbx_driver_explain(&result, end, sizeof(end)));
        code = find_fault(now, text, error);
    }
    gbx_driver_result_clear(&result);
    return code;
}

/* The files as they will be handed in, by the interpreter that will run them. */
static int
compile_all(submission *now, gbx_error *error)
{
    const char *argv[6 + GBX_BUNDLE_FILES] = { NULL };
    size_t count = 0;
    char *folder = NULL;
    gbx_error local;
    const char *const first[] = { now->places.paths.python, "-I", "-S", "-B", "-c", compiler };
    for (size_t i = 0; i < GBX_COUNT(first); i++) {
        argv[count++] = first[i];
    }
    for (size_t i = 0; i < gbx_bundle_count(now->bundle) && count + 1 < GBX_COUNT(argv); i++) {
        if (is_python(gbx_bundle_name(now->bundle, i))) {
            argv[count++] = gbx_bundle_name(now->bundle, i);
        }
    }
    int code = gbx_paths_need(&now->places.paths, GBX_PATHS_PYTHON, error);
    if (code == 0) {
        code = gbx_driver_temporary(&folder, error);
    }
    if (code == 0) {
        code = gbx_bundle_unpack(now->bundle, folder, error);
    }
    if (code == 0) {
        code = run_compiler(now, argv, folder, error);
    }
    if (folder != NULL && gbx_driver_temporary_remove(&folder, &local) != 0 && code == 0) {
        code = gbx_error_set(error, local.code, "%s", local.message);
    }
    return code;
}

/* ------------------------------------------------------------------------- the file */

/* Where it goes; the caller's. */
static char *
target(const submission *now, const char *to)
{
    struct stat about;
    char *name = NULL, *path;
    const char *folder = to == NULL ? now->work.folder : stat(to, &about) == 0 && S_ISDIR(about.st_mode) ? to : NULL;
    if (folder == NULL) {
        return strdup(to);
    }
    if (asprintf(&name, "%s" GBX_BUNDLE_SUFFIX, now->work.student) < 0) {
        return NULL;
    }
    path = gbx_paths_join(folder, name, NULL);
    free(name);
    return path;
}

static void
put_list(const json_t *sentences, const char *word)
{
    size_t index;
    json_t *one;
    unsigned indent = (unsigned)strlen(word) + 2;
    json_array_foreach(sentences, index, one) {
        fprintf(stderr, "%s: ", word);
        gbx_text_wrap(stderr, indent, indent, WIDTH, json_string_value(one));
    }
}

static void
put_written(const submission *now, const char *path)
{
    size_t all = 0, hints = json_array_size(json_object_get(now->work.note, "hints")), count = gbx_bundle_count(now->bundle);
    printf("Lab %d, for %s:\n", now->work.number, now->work.student);
    for (size_t i = 0; i < count; i++) {
        size_t size;
        const char *name = gbx_bundle_name(now->bundle, i);
        (void)gbx_bundle_file(now->bundle, name, &size);
        all += size;
        printf("  %-20s %7zu bytes\n", name, size);
    }
    printf("%zu file%s, %zu bytes of %zu; %zu hint%s taken.\n", count, count == 1 ? "" : "s", all,
           now->work.lab->most_bytes, hints, hints == 1 ? "" : "s");
    printf("Written; hand in this one file:\n  %s\n  %s\n", path, gbx_bundle_submission(now->bundle));
}

static int
write_file(const submission *now, const char *to, gbx_error *error)
{
    char *path = target(now, to);
    int code = path == NULL ? no_memory(error) : gbx_bundle_pack(now->bundle, path, error);
    if (code == 0) {
        put_written(now, path);
    }
    free(path);
    return code;
}

/* ---------------------------------------------------------------------- the command */

static void
check_rubric(submission *now)
{
    const char *began = json_string_value(json_object_get(now->work.note, "rubric"));
    if (began != NULL && strcmp(began, now->work.lab->rubric) != 0) {
        fprintf(stderr, "note: the lab has changed since this folder was made: 'glassbox lab check %d' says\n"
                "      what it asks for now\n", now->work.number);
    }
}

/* *refused: there are faults, and no file. */
static int
submit(submission *now, const options *chosen, bool *refused, gbx_error *error)
{
    int code = gather(now, error);
    if (code == 0 && json_array_size(now->faults) == 0) {
        code = check_forms(now, error);
    }
    if (code == 0 && now->bundle != NULL) {
        code = compile_all(now, error);
    }
    if (code != 0) {
        return code;
    }
    check_rubric(now);
    put_list(now->warnings, "note");
    *refused = json_array_size(now->faults) > 0;
    if (*refused) {
        put_list(now->faults, "glassbox");
        fprintf(stderr, "glassbox: nothing was written: this could not be graded\n");
        return 0;
    }
    return write_file(now, chosen->to, error);
}

static int
usage(const char *message)
{
    return gbx_cmd_usage("lab submit", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    enum { OPT_FOLDER = 256, OPT_TO, OPT_HELP };
    static const struct option long_options[] = {
        { "folder", required_argument, NULL, OPT_FOLDER }, { "to", required_argument, NULL, OPT_TO },
        { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
    };
    *to = (options){ .number = 0 };
    optind = 1;
    opterr = 0;
    for (int option; (option = getopt_long(argc, argv, ":", long_options, NULL)) != -1;) {
        switch (option) {
            case OPT_FOLDER: to->folder = optarg; break;
            case OPT_TO:     to->to = optarg; break;
            case OPT_HELP:   fputs(help, stdout); return GBX_EXIT_PASS;
            case ':':        return usage("an option lacks its value");
            default:         return usage("unknown option");
        }
    }
    if (to->to != NULL && to->to[0] == '\0') {
        return usage("--to takes a file or a folder");
    }
    bool named = argc - optind == 1 && gbx_cmd_number(argv[optind], &to->number, 999) && to->number > 0;
    return named ? -1 : usage("which lab? its number");
}

int
gbx_cmd_lab_submit(int argc, char **argv)
{
    options chosen;
    submission now = { .faults = NULL };
    gbx_error error = { 0, "out of memory" };
    bool refused = false;
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    now.faults = json_array();
    now.warnings = json_array();
    int code = now.faults == NULL || now.warnings == NULL ? no_memory(&error)
        : gbx_lab_places_open(&now.places, NULL, &error);
    if (code == 0) {
        code = gbx_lab_work_open(&now.work, &now.places, (int)chosen.number, chosen.folder, &error);
    }
    if (code == 0) {
        code = submit(&now, &chosen, &refused, &error);
    }
    gbx_bundle_close(now.bundle);
    gbx_lab_work_close(&now.work);
    gbx_lab_places_close(&now.places);
    json_decref(now.faults);
    json_decref(now.warnings);
    if (code == 0 && (fflush(stdout) != 0 || ferror(stdout))) {
        code = gbx_error_system(&error, "write", "standard output");
    }
    if (code != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return code == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return refused ? GBX_EXIT_FAIL : GBX_EXIT_PASS;
}
