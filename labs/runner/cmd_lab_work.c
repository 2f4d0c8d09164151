/* A learner's work folder: made (`glassbox lab start`), found again, and its note. */

#include "cmd.h"
#include "cmd_lab.h"

#include "driver.h"
#include "list.h"
#include "slurp.h"

#include <dirent.h>
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MOST_TEXT = 1 << 20 };

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

static bool
is_seed(const char *text)
{
    return strlen(text) == GBX_DIGEST_HEX - 1 && strspn(text, "0123456789abcdef") == GBX_DIGEST_HEX - 1;
}

/* ------------------------------------------------------------------------- found */

/* Read FOLDER/lab.json; GBX_ERROR_MISSING where there is none. */
static int
read_note(gbx_lab_work *work, const char *folder, gbx_error *error)
{
    char *text = NULL, *path = gbx_paths_join(folder, GBX_WORK_NOTE, NULL);
    size_t size;
    int status = path == NULL ? no_memory(error) : gbx_slurp(path, MOST_TEXT, &text, &size, error);
    if (status == 0) {
        work->note = json_loadb(text, size, JSON_REJECT_DUPLICATES, NULL);
        work->number = (int)json_integer_value(json_object_get(work->note, "lab"));
        work->student = json_string_value(json_object_get(work->note, "student"));
        work->seed = json_string_value(json_object_get(work->note, "seed"));
        const json_t *hints = json_object_get(work->note, "hints");
        if (work->number < 1 || work->student == NULL || work->seed == NULL || !is_seed(work->seed)
            || !gbx_list_student_ok(work->student) || !json_is_array(hints)) {
            status = gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is damaged: begin anew with 'glassbox lab start N "
                                   "--to=DIR', and copy your files there", path);
        }
    }
    free(text);
    free(path);
    return status;
}

static int
look_in(gbx_lab_work *work, char *folder, int number, gbx_error *error)
{
    if (folder == NULL) {
        return no_memory(error);
    }
    int status = read_note(work, folder, error);
    if (status == 0 && number != 0 && work->number != number) {
        status = GBX_ERROR_MISSING;
    }
    if (status != 0) {
        json_decref(work->note);
        work->note = NULL;
        free(folder);
        return status;
    }
    work->folder = realpath(folder, NULL);
    free(folder);
    return work->folder == NULL ? no_memory(error) : 0;
}

static int
find_folder(gbx_lab_work *work, const gbx_lab_places *places, int number, const char *folder, gbx_error *error)
{
    char name[32];
    if (folder != NULL) {
        int status = look_in(work, strdup(folder), number, error);
        return status != GBX_ERROR_MISSING ? status
            : gbx_error_set(error, status, "'%s' is no work folder of lab %d: 'glassbox lab start %d --to=DIR' makes one",
                            folder, number, number);
    }
    int status = look_in(work, strdup("."), number, error);
    if (status == GBX_ERROR_MISSING && number != 0) {
        snprintf(name, sizeof(name), "work/lab-%d", number);
        status = look_in(work, strdup(name), number, error);
    }
    if (status == GBX_ERROR_MISSING && number != 0 && places->paths.root != NULL && !places->paths.installed) {
        status = look_in(work, gbx_paths_join(places->paths.root, name, NULL), number, error);
    }
    return status != GBX_ERROR_MISSING ? status
        : gbx_error_set(error, status, "there is no work folder of lab %d here: 'glassbox lab start %d' makes one, and "
                        "--folder=DIR names one that is elsewhere", number, number);
}

int
gbx_lab_work_open(gbx_lab_work *work, const gbx_lab_places *places, int number, const char *folder, gbx_error *error)
{
    *work = (gbx_lab_work){ .folder = NULL };
    int status = find_folder(work, places, number, folder, error);
    if (status == 0) {
        status = gbx_lab_open(&work->lab, places->labs, work->number, places->roster.folder, gbx_lab_code_find, error);
    }
    if (status == 0 && (work->variant = gbx_lab_variant(work->lab, work->seed, NULL)) == NULL) {
        status = no_memory(error);
    }
    return status;
}

void
gbx_lab_work_close(gbx_lab_work *work)
{
    free(work->folder);
    json_decref(work->note);
    json_decref(work->variant);
    gbx_lab_close(work->lab);
    *work = (gbx_lab_work){ .folder = NULL };
}

static int
write_note(const char *folder, const json_t *note, gbx_error *error)
{
    char *text = json_dumps(note, JSON_INDENT(1));
    char *path = gbx_paths_join(folder, GBX_WORK_NOTE, NULL), *making = gbx_paths_join(folder, "." GBX_WORK_NOTE "~", NULL);
    int status = text == NULL || path == NULL || making == NULL ? no_memory(error) : 0;
    if (status == 0) {
        (void)unlink(making);
        status = gbx_spit(making, text, strlen(text), 0644, error);
    }
    if (status == 0 && rename(making, path) != 0) {
        status = gbx_error_system(error, "write", path);
    }
    free(text);
    free(path);
    free(making);
    return status;
}

int
gbx_lab_work_note(const gbx_lab_work *work, gbx_error *error)
{
    return write_note(work->folder, work->note, error);
}

/* -------------------------------------------------------------------------- made */

static const char help[] =
"usage: glassbox lab start N [OPTION...]\n"
"\n"
"Make a folder to work in: the task, and files to begin with.  What the task asks\n"
"differs from student to student, by the seed.\n"
"\n"
"      --student=ID   your id, as your instructor knows it; else your name on this\n"
"                     machine\n"
"      --seed=HEX     the seed that your instructor gave you; without one it is for\n"
"                     practice\n"
"      --to=DIR       the folder; else work/lab-N.  One that is there already is left\n"
"                     as it is\n"
"      --course=DIR   for instructors: the seed of the course (or GLASSBOX_COURSE=)\n"
"      --with=DIR     for authors: a solution's files over those to begin with\n";

typedef struct {
    const char *student, *seed, *to, *course, *with;
    int number;
} start_options;

/* One text, with the student's parameters in it, into the work folder, over what is there; takes `from`. */
static int
write_text(char *from, const char *as, const char *folder, const json_t *variant, const char *student, gbx_error *error)
{
    char *text = NULL, *filled = NULL, *to = gbx_paths_join(folder, as, NULL);
    size_t size;
    int status = from == NULL || to == NULL ? no_memory(error) : gbx_slurp(from, MOST_TEXT, &text, &size, error);
    if (status == 0) {
        status = gbx_lab_fill(text, variant, student, &filled, error);
    }
    if (status == 0) {
        (void)unlink(to);
        status = gbx_spit(to, filled, strlen(filled), 0644, error);
    }
    free(text);
    free(filled);
    free(from);
    free(to);
    return status;
}

/* All ordinary files of a folder. */
static int
write_texts(const char *from, const char *folder, const json_t *variant, const char *student, gbx_error *error)
{
    DIR *all = opendir(from);
    int status = all == NULL ? gbx_error_system(error, "look into", from) : 0;
    for (struct dirent *one; status == 0 && (one = readdir(all)) != NULL;) {
        if (one->d_name[0] != '.' && one->d_type != DT_DIR) {
            status = write_text(gbx_paths_join(from, one->d_name, NULL), one->d_name, folder, variant, student, error);
        }
    }
    if (all != NULL) {
        closedir(all);
    }
    return status;
}

/* The folder and those above it that are missing. */
static int
make_folders(const char *path, gbx_error *error)
{
    char *copy = strdup(path);
    int status = copy == NULL ? no_memory(error) : 0;
    for (char *at = copy; status == 0 && at != NULL;) {
        at = strchr(at + 1, '/');
        if (at != NULL) {
            *at = '\0';
        }
        if (copy[0] != '\0' && mkdir(copy, 0755) != 0 && (errno != EEXIST || at == NULL)) {
            status = gbx_error_system(error, "make", path);
        }
        if (at != NULL) {
            *at = '/';
        }
    }
    free(copy);
    return status;
}

/* All of a work folder's files, into `folder`. */
static int
fill_folder(const gbx_lab *lab, const char *folder, const char *student, const char *seed, const char *with,
            gbx_error *error)
{
    char *begin = gbx_lab_file(lab, "start");
    json_t *variant = gbx_lab_variant(lab, seed, NULL);
    json_t *note = json_pack("{s:i, s:s, s:s, s:s, s:s, s:[]}", "lab", lab->number, "name", lab->name, "student", student,
                             "seed", seed, "rubric", lab->rubric, "hints");
    int status = variant == NULL || note == NULL || begin == NULL ? no_memory(error) : 0;
    if (status == 0) {
        status = write_text(gbx_lab_file(lab, "task.md"), "task.md", folder, variant, student, error);
    }
    if (status == 0) {
        status = write_texts(begin, folder, variant, student, error);
    }
    if (status == 0 && with != NULL) {
        status = write_texts(with, folder, variant, student, error);
    }
    if (status == 0) {
        status = write_note(folder, note, error);
    }
    free(begin);
    json_decref(variant);
    json_decref(note);
    return status;
}

/* The work folder, whole or not at all: made beside its place, and renamed. */
static int
make_work(const gbx_lab *lab, const char *folder, const char *student, const char *seed, const char *with,
          gbx_error *error)
{
    char *making = NULL;
    if (asprintf(&making, "%s.%ld~", folder, (long)getpid()) < 0) {
        return no_memory(error);
    }
    int status = make_folders(making, error);
    if (status == 0) {
        status = fill_folder(lab, making, student, seed, with, error);
    }
    if (status == 0 && rename(making, folder) != 0) {
        status = gbx_error_system(error, "make", folder);
    }
    if (status != 0) {
        (void)gbx_driver_temporary_remove(&making, NULL);
    }
    free(making);
    return status;
}

/* The user's name, where it will do. */
static const char *
own_name(void)
{
    const struct passwd *entry = getpwuid(getuid());
    return entry != NULL && gbx_list_student_ok(entry->pw_name) ? entry->pw_name : "student";
}

/* Where to work, in full: what was asked for, else work/lab-N of the checkout, else of the current folder. */
static int
name_folder(const start_options *chosen, const char *root, char folder[PATH_MAX], gbx_error *error)
{
    char here[PATH_MAX];
    if (getcwd(here, sizeof(here)) == NULL) {
        return gbx_error_system(error, "find", "the current directory");
    }
    int length = chosen->to == NULL
        ? snprintf(folder, PATH_MAX, "%s/work/lab-%d", root == NULL ? here : root, chosen->number)
        : snprintf(folder, PATH_MAX, "%s%s%s", chosen->to[0] == '/' ? "" : here, chosen->to[0] == '/' ? "" : "/", chosen->to);
    return length < PATH_MAX ? 0 : gbx_error_set(error, GBX_ERROR_USAGE, "the folder's path is too long");
}

/* An empty folder is as good as none. */
static bool
is_empty(const char *folder)
{
    return rmdir(folder) == 0;
}

static void
say_begun(const gbx_lab_places *places, const gbx_lab *lab, const char *folder, const char *student, const start_options *chosen)
{
    const char *program = gbx_lab_program(places);
    printf("Lab %d: %s\nfor %s%s, about %d minutes, in\n  %s\n\nRead 'task.md' there first. Then, as often as you like:\n"
           "  %s lab check %d", lab->number, lab->title, student,
           chosen->seed == NULL && places->roster.folder == NULL ? " (practice)" : "", lab->minutes, folder, program,
           lab->number);
    printf("%s%s\n", chosen->to == NULL ? "" : " --folder=", chosen->to == NULL ? "" : folder);
}

static int
start(const start_options *chosen, gbx_error *error)
{
    gbx_lab_places places;
    gbx_lab *lab = NULL;
    gbx_lab_work old = { .folder = NULL };
    char folder[PATH_MAX], seed[GBX_DIGEST_HEX];
    const char *student = chosen->student == NULL ? own_name() : chosen->student;
    int status = gbx_lab_places_open(&places, chosen->course, error);
    if (status == 0) {
        status = name_folder(chosen, places.paths.installed ? NULL : places.paths.root, folder, error);
    }
    if (status == 0) {
        status = gbx_lab_open(&lab, places.labs, chosen->number, places.roster.folder, gbx_lab_code_find, error);
    }
    if (status == 0 && chosen->seed == NULL) {
        status = gbx_roster_seed(&places.roster, chosen->number, student, seed, error);
    }
    else if (status == 0) {
        snprintf(seed, sizeof(seed), "%s", chosen->seed);
    }
    bool there = status == 0 && access(folder, F_OK) == 0;
    if (there && read_note(&old, folder, NULL) == 0 && old.number == chosen->number && strcmp(old.seed, seed) == 0
        && strcmp(old.student, student) == 0) {
        printf("Your work on lab %d is in '%s' already; nothing was changed.\n", chosen->number, folder);
    }
    else if (there && !is_empty(folder)) {
        status = gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is there already, and not for this student and seed: choose "
                               "another folder with --to=DIR", folder);
    }
    else if (status == 0) {
        status = make_work(lab, folder, student, seed, chosen->with, error);
        if (status == 0) {
            say_begun(&places, lab, folder, student, chosen);
        }
    }
    json_decref(old.note);
    gbx_lab_close(lab);
    gbx_lab_places_close(&places);
    return status;
}

int
gbx_cmd_lab_start(int argc, char **argv)
{
    enum { OPT_STUDENT = 256, OPT_SEED, OPT_TO, OPT_COURSE, OPT_WITH, OPT_HELP };
    static const struct option long_options[] = {
        { "student", required_argument, NULL, OPT_STUDENT }, { "seed", required_argument, NULL, OPT_SEED },
        { "to", required_argument, NULL, OPT_TO }, { "course", required_argument, NULL, OPT_COURSE },
        { "with", required_argument, NULL, OPT_WITH }, { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
    };
    start_options chosen = { .number = 0 };
    uint32_t number;
    gbx_error error = { 0, "" };
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
            case OPT_STUDENT: chosen.student = optarg; break;
            case OPT_SEED:    chosen.seed = optarg; break;
            case OPT_TO:      chosen.to = optarg; break;
            case OPT_COURSE:  chosen.course = optarg; break;
            case OPT_WITH:    chosen.with = optarg; break;
            case OPT_HELP:    fputs(help, stdout); return GBX_EXIT_PASS;
            default:          return gbx_cmd_usage("lab start", "unknown option, or one without its value");
        }
    }
    if (optind != argc - 1 || !gbx_cmd_number(argv[optind], &number, 999)) {
        return gbx_cmd_usage("lab start", "which lab? its number");
    }
    if (chosen.seed != NULL && !is_seed(chosen.seed)) {
        return gbx_cmd_usage("lab start", "a seed is 64 hexadecimal digits in lower case");
    }
    if (chosen.student != NULL && !gbx_list_student_ok(chosen.student)) {
        return gbx_cmd_usage("lab start", "a student's id is letters, digits and @ . _ + -");
    }
    if (chosen.to != NULL && chosen.to[0] == '\0') {
        return gbx_cmd_usage("lab start", "--to needs the name of a folder");
    }
    chosen.number = (int)number;
    int status = start(&chosen, &error);
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return status == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return GBX_EXIT_PASS;
}
