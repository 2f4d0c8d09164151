/* glassbox doctor: what this machine has, what is missing, and what to do about it. */

#include "cmd.h"
#include "doctor.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox doctor [--json]\n"
"\n"
"Say what this machine has, a line each: the interpreters (which are run), the\n"
"stations and sources, clock, cores, memory, disk, what the kernel allows, and\n"
"tools.  Where something is missing: what it is for, and what to do.  Only what\n"
"is marked 'needed' keeps station 1 from running.\n"
"\n"
"      --json             one object: ready, and findings with name, ok, required,\n"
"                         text, remedy and used_by\n"
"      --help             this text\n"
"\n"
"Exit status: 0 when station 1 can run; 2 when it cannot; 64 for wrong usage.\n";

enum { OPT_JSON = 256, OPT_HELP, WIDTH = 80, INDENT = 21 };

static const struct option long_options[] = {
    { "json", no_argument, NULL, OPT_JSON }, { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
};

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, bool *json)
{
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(help, stdout);
            return GBX_EXIT_PASS;
        }
        if (option != OPT_JSON) {
            fprintf(stderr, "glassbox: unknown option; see 'glassbox doctor --help'\n");
            return GBX_EXIT_USAGE;
        }
        *json = true;
    }
    if (optind != argc) {
        fprintf(stderr, "glassbox: doctor takes no arguments; see 'glassbox doctor --help'\n");
        return GBX_EXIT_USAGE;
    }
    return -1;
}

static bool
is_ready(const gbx_doctor_finding *findings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (findings[i].required && !findings[i].ok) {
            return false;
        }
    }
    return true;
}

static void
print_finding(const gbx_doctor_finding *finding)
{
    char line[1024];
    const char *state = finding->ok ? "ok" : finding->required ? "needed" : "missing";
    snprintf(line, sizeof(line), "%s%s%s", finding->text, finding->remedy[0] != '\0' ? ": " : "", finding->remedy);
    if (!finding->ok && finding->used_by[0] != '\0') {
        size_t used = strlen(line);
        snprintf(line + used, sizeof(line) - used, " (for %s)", finding->used_by);
    }
    printf("%-7s  %-11s ", state, finding->name);
    gbx_text_wrap(stdout, INDENT, INDENT, WIDTH, line);
}

static void
print_all(const gbx_doctor_finding *findings, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        print_finding(&findings[i]);
    }
    printf("\n%s\n", is_ready(findings, count) ? "Station 1 can run: make station-1"
           : "Station 1 cannot run here until what is needed is there.");
}

static int
print_json(const gbx_doctor_finding *findings, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++) {
        const gbx_doctor_finding *finding = &findings[i];
        json_array_append_new(list, json_pack("{s:s, s:b, s:b, s:s, s:s, s:s}", "name", finding->name, "ok",
                                              finding->ok, "required", finding->required, "text", finding->text,
                                              "remedy", finding->remedy, "used_by", finding->used_by));
    }
    json_t *all = json_pack("{s:b, s:o}", "ready", is_ready(findings, count), "findings", list);
    int failed = all == NULL || json_array_size(list) != count || json_dumpf(all, stdout, JSON_INDENT(2)) != 0;
    putchar('\n');
    json_decref(all);
    return failed ? -1 : 0;
}

int
gbx_cmd_doctor(int argc, char **argv)
{
    gbx_doctor_finding *findings = NULL;
    size_t count = 0;
    bool json = false;
    gbx_error error = { 0, "" };
    int status = parse(argc, argv, &json);
    if (status >= 0) {
        return status;
    }
    if (gbx_doctor_look(&findings, &count, &error) != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return GBX_EXIT_BROKEN;
    }
    status = is_ready(findings, count) ? GBX_EXIT_PASS : GBX_EXIT_BROKEN;
    if (json) {
        if (print_json(findings, count) != 0) {
            fprintf(stderr, "glassbox: cannot write what was found as JSON\n");
            status = GBX_EXIT_BROKEN;
        }
    }
    else {
        print_all(findings, count);
    }
    free(findings);
    if (fflush(stdout) != 0) {
        fprintf(stderr, "glassbox: cannot write: %s\n", strerror(errno));
        return GBX_EXIT_BROKEN;
    }
    return status;
}
