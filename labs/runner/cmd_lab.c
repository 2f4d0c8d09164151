/* glassbox lab: a learner's side of a graded lab.  What each of its words does is in cmd_lab_*.c; here are the places that
   they share, and `seed`. */

#include "cmd.h"
#include "cmd_lab.h"

#include "list.h"

#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char help[] =
"usage: glassbox lab start N [--student=ID] [--seed=HEX] [--to=DIR]\n"
"       glassbox lab check N [OPTION...]\n"
"       glassbox lab hint N FACT\n"
"       glassbox lab submit N [OPTION...]\n"
"       glassbox lab seed N [--course=DIR] [STUDENT...]\n"
"\n"
"A lab asks you to make something happen inside the interpreter, and to say why it\n"
"happened.  It is judged by what the interpreter recorded of your program.\n"
"\n"
"  start   make a folder with the task and files to begin with (or: make lab-N)\n"
"  check   judge your work as it will be graded, hidden facts aside; as often as you\n"
"          like\n"
"  hint    the next hint for a fact; each says what it costs\n"
"  submit  write the one file to hand in\n"
"  seed    for instructors: the students' seeds, from the course's secret\n"
"\n"
"'glassbox lab check --help' tells more of one of them.\n";

int
gbx_lab_places_open(gbx_lab_places *places, const char *course, gbx_error *error)
{
    *places = (gbx_lab_places){ .labs = NULL };
    if (course == NULL) {
        course = getenv("GLASSBOX_COURSE");
    }
    int status = gbx_paths_find(&places->paths, error);
    if (status == 0) {
        status = gbx_labs_folder(places->paths.root, places->paths.installed, &places->labs, error);
    }
    return status != 0 ? status
        : gbx_roster_open(&places->roster, course == NULL || course[0] == '\0' ? NULL : course, error);
}

void
gbx_lab_places_close(gbx_lab_places *places)
{
    gbx_roster_clear(&places->roster);
    gbx_paths_clear(&places->paths);
    free(places->labs);
    places->labs = NULL;
}

const char *
gbx_lab_program(const gbx_lab_places *places)
{
    static char path[PATH_MAX + 16];
    char here[PATH_MAX];
    if (places->paths.installed || places->paths.root == NULL) {
        return "glassbox";
    }
    if (getcwd(here, sizeof(here)) != NULL && strcmp(here, places->paths.root) == 0) {
        return "./glassbox";
    }
    snprintf(path, sizeof(path), "%s/glassbox", places->paths.root);
    return path;
}

/* ------------------------------------------------------------------------- seeds */

static const char seed_help[] =
"usage: glassbox lab seed N [--course=DIR] [STUDENT...]\n"
"\n"
"The seed of each student for lab N, from the course's secret: a line with the\n"
"student, a tab and the seed.  Without a name: of everybody on the roster.  A student\n"
"begins with 'glassbox lab start N --student=ID --seed=HEX'.\n"
"\n"
"      --course=DIR   the course's folder (the same as GLASSBOX_COURSE=DIR)\n";

static int
print_seed(const gbx_lab_places *places, int lab, const char *student, gbx_error *error)
{
    char seed[GBX_DIGEST_HEX];
    if (!gbx_list_student_ok(student)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%.80s' will not do as a student's id", student);
    }
    int status = gbx_roster_seed(&places->roster, lab, student, seed, error);
    if (status == 0) {
        printf("%s\t%s\n", student, seed);
    }
    return status;
}

static int
print_seeds(const gbx_lab_places *places, int lab, char **students, int count, gbx_error *error)
{
    int status = 0;
    for (int i = 0; i < count && status == 0; i++) {
        status = print_seed(places, lab, students[i], error);
    }
    for (size_t i = 0; count == 0 && i < places->roster.student_count && status == 0; i++) {
        status = print_seed(places, lab, places->roster.students[i].id, error);
    }
    if (status == 0 && count == 0 && places->roster.student_count == 0) {
        status = gbx_error_set(error, GBX_ERROR_USAGE, "there is no roster: name students, or the course with --course=DIR");
    }
    return status;
}

int
gbx_cmd_lab_seed(int argc, char **argv)
{
    enum { OPT_COURSE = 256, OPT_HELP };
    static const struct option long_options[] = {
        { "course", required_argument, NULL, OPT_COURSE }, { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
    };
    const char *course = NULL;
    uint32_t number;
    gbx_lab_places places;
    gbx_error error = { 0, "" };
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(seed_help, stdout);
            return GBX_EXIT_PASS;
        }
        if (option != OPT_COURSE) {
            return gbx_cmd_usage("lab seed", "unknown option");
        }
        course = optarg;
    }
    if (optind >= argc || !gbx_cmd_number(argv[optind], &number, 999)) {
        return gbx_cmd_usage("lab seed", "which lab? its number");
    }
    int status = gbx_lab_places_open(&places, course, &error);
    if (status == 0) {
        status = print_seeds(&places, (int)number, argv + optind + 1, argc - optind - 1, &error);
    }
    gbx_lab_places_close(&places);
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return status == GBX_ERROR_USAGE ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return GBX_EXIT_PASS;
}

/* ------------------------------------------------------------------------ words */

int
gbx_cmd_lab(int argc, char **argv)
{
    static const struct { const char *name; int (*run)(int, char **); } words[] = {
        { "start", gbx_cmd_lab_start }, { "check", gbx_cmd_lab_check }, { "hint", gbx_cmd_lab_hint },
        { "submit", gbx_cmd_lab_submit }, { "seed", gbx_cmd_lab_seed },
    };
    const char *word = argc > 1 ? argv[1] : "";
    for (size_t i = 0; i < GBX_COUNT(words); i++) {
        if (strcmp(words[i].name, word) == 0) {
            return words[i].run(argc - 1, argv + 1);
        }
    }
    if (strcmp(word, "--help") == 0 || strcmp(word, "help") == 0) {
        fputs(help, stdout);
        return GBX_EXIT_PASS;
    }
    return gbx_cmd_usage("lab", word[0] == '\0' ? "start, check, hint, submit or seed?" : "there is no such word");
}
