/* glassbox: the table of contents.  Each command is in cmd_NAME.c. */

#include "cmd.h"

#include "glassbox_format.h"      // GBX_VERSION_MAJOR

#include <stdio.h>
#include <string.h>

typedef struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *what;
} command;

static const command commands[] = {
    { "station", gbx_cmd_station, "run a station of the course: what to read, what happened, what holds" },
    { "why", gbx_cmd_why, "what a program's time goes to, by column and line, and what is at fault" },
    { "explain", gbx_cmd_explain, "one claim with all of its evidence" },
    { "trace", gbx_cmd_trace, "run any program, and record what happens in it" },
    { "show", gbx_cmd_show, "the events of a trace, in order" },
    { "stat", gbx_cmd_stat, "what is in a trace, what is missing, whether it is sound" },
    { "life", gbx_cmd_life, "one watched object: born, every reference, judged, freed" },
    { "refs", gbx_cmd_refs, "lines that move references, objects that threads fight over" },
    { "heap", gbx_cmd_heap, "arenas, pools and blocks at a mark, and over time" },
    { "gil", gbx_cmd_gil, "who held the lock when, who waited for it and why" },
    { "aio", gbx_cmd_aio, "loops and tasks of asyncio: who woke whom, who kept others waiting" },
    { "export", gbx_cmd_export, "a trace for other programs: Chrome's and Perfetto's viewers" },
    { "review", gbx_cmd_review, "read explanations, one at a time, and give points" },
    { "lab", gbx_cmd_lab, "a graded lab: begin, check your work, take a hint, hand in" },
    { "grade", gbx_cmd_grade, "judge what was handed in, one bundle or many" },
    { "lint", gbx_cmd_lint, "for authors: is a lab fit to be given out?" },
    { "plan", gbx_cmd_plan, "grade a list of submissions on many machines: scripts for their engine" },
    { "merge", gbx_cmd_merge, "one folder of results out of several, and what is missing" },
    { "gradebook", gbx_cmd_gradebook, "results of a graded lab: scores, items, files for other programs" },
    { "doctor", gbx_cmd_doctor, "what this machine has, what is missing, what to do" },
};

enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void
print_help(FILE *to)
{
    fputs("usage: glassbox COMMAND [ARGUMENT...]\n"
          "\n"
          "Look inside CPython: run a program on an instrumented interpreter, and see what\n"
          "happened in it.\n"
          "\n", to);
    for (int i = 0; i < COMMANDS; i++) {
        fprintf(to, "  %-9s %s\n", commands[i].name, commands[i].what);
    }
    fputs("\n"
          "'glassbox COMMAND --help' tells more of each.\n"
          "\n"
          "Exit status: 0 all is well; 1 a claim failed; 2 the runner failed, no verdict\n"
          "can be given; 3 what ran passed, but not everything could run; 64 wrong usage.\n", to);
}

int
main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "";
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || strcmp(name, "help") == 0) {
        print_help(stdout);
        return GBX_EXIT_PASS;
    }
    if (strcmp(name, "--version") == 0) {
        printf("glassbox %s, trace format %d.%d\n", GBX_VERSION, GBX_VERSION_MAJOR, GBX_VERSION_MINOR);
        return GBX_EXIT_PASS;
    }
    for (int i = 0; i < COMMANDS; i++) {
        if (strcmp(name, commands[i].name) == 0) {
            return commands[i].run(argc - 1, argv + 1);
        }
    }
    if (name[0] == '\0') {
        print_help(stderr);
    }
    else {
        fprintf(stderr, "glassbox: there is no command '%s'; see 'glassbox --help'\n", name);
    }
    return GBX_EXIT_USAGE;
}
