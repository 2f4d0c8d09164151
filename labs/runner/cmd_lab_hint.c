/* glassbox lab hint: the next rung of a fact's ladder, and what it costs; noted in the work folder. */

#include "cmd.h"
#include "cmd_lab.h"

#include "text.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox lab hint N [FACT] [OPTION...]\n"
"\n"
"The next hint for a fact of lab N: first a nudge, then where to look, then which\n"
"event tells, and last a run as it should be. Each says what it costs; those that you\n"
"have taken are shown again for nothing. Without a fact: what there is, and its cost.\n"
"\n"
"      --folder=DIR   your work folder; else this one, or work/lab-N\n"
"      --again        only those that were taken before; costs nothing\n";

static const char *
taken_word(unsigned taken)
{
    return taken == 1 ? "1 hint taken" : "hints taken";
}

/* The highest rung that was taken of this fact. */
static unsigned
taken_of(const gbx_lab_work *work, const char *fact)
{
    size_t i;
    json_t *one;
    unsigned most = 0;
    json_array_foreach(json_object_get(work->note, "hints"), i, one) {
        const char *id = json_string_value(json_object_get(one, "fact"));
        json_int_t rung = json_integer_value(json_object_get(one, "rung"));
        if (id != NULL && strcmp(id, fact) == 0 && rung > 0 && rung <= GBX_LAB_RUNGS && (unsigned)rung > most) {
            most = (unsigned)rung;
        }
    }
    return most;
}

static int
print_hint(const gbx_lab_work *work, const gbx_lab_hint *hint, gbx_error *error)
{
    char *text = NULL;
    int status = gbx_lab_fill(hint->text, work->variant, work->student, &text, error);
    if (status == 0) {
        printf("Hint %u for '%s' (%s, ", hint->rung, hint->fact, hint->kind);
        if (hint->cost > 0) {
            printf("costs %.4g %s)\n\n", hint->cost, hint->cost > 1 ? "points" : "point");
        }
        else {
            fputs("free)\n\n", stdout);
        }
        printf("%s%s\n", text + strspn(text, "\n"), text[0] != '\0' && text[strlen(text) - 1] == '\n' ? "" : "\n");
    }
    free(text);
    return status;
}

static int
give_hint(const gbx_lab_work *work, const char *fact, bool again, gbx_error *error)
{
    unsigned taken = taken_of(work, fact);
    const gbx_lab_hint *next = again ? NULL : gbx_lab_hint_find(work->lab, fact, taken + 1);
    int status = 0;
    if (gbx_lab_fact_find(work->lab, fact) == NULL) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "lab %d has no fact '%.60s': 'glassbox lab hint %d' lists them",
                             work->number, fact, work->number);
    }
    for (unsigned rung = 1; rung <= taken && status == 0; rung++) {
        const gbx_lab_hint *hint = gbx_lab_hint_find(work->lab, fact, rung);
        status = hint == NULL ? 0 : print_hint(work, hint, error);
    }
    if (status == 0 && next != NULL) {
        json_t *hints = json_object_get(work->note, "hints");
        json_array_append_new(hints, json_pack("{s:s, s:i}", "fact", fact, "rung", (int)next->rung));
        status = gbx_lab_work_note(work, error);     /* noted first: whoever has seen it has taken it */
        status = status == 0 ? print_hint(work, next, error) : status;
    }
    else if (status == 0 && !again) {
        printf("There is no further hint for '%s'.\n", fact);
    }
    return status;
}

static void
list_hints(const gbx_lab_work *work)
{
    printf("Hints of lab %d:\n\n", work->number);
    for (size_t i = 0; i < work->lab->fact_count; i++) {
        const char *fact = work->lab->facts[i].id;
        unsigned taken = taken_of(work, fact);
        const gbx_lab_hint *next = gbx_lab_hint_find(work->lab, fact, taken + 1);
        if (gbx_lab_fact_hidden(work->lab, &work->lab->facts[i])) {
            continue;
        }
        printf("  %-24s ", fact);
        if (taken > 0) {
            printf(taken == 1 ? "%s, " : "%2$u %1$s, ", taken_word(taken), taken);
        }
        if (next == NULL) {
            puts(taken > 0 ? "no more" : "none");
        }
        else if (next->cost > 0) {
            printf("the next is of kind '%s' and costs %.4g\n", next->kind, next->cost);
        }
        else {
            printf("the next is of kind '%s' and free\n", next->kind);
        }
    }
}

int
gbx_cmd_lab_hint(int argc, char **argv)
{
    enum { OPT_FOLDER = 256, OPT_AGAIN, OPT_HELP };
    static const struct option long_options[] = {
        { "folder", required_argument, NULL, OPT_FOLDER }, { "again", no_argument, NULL, OPT_AGAIN },
        { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
    };
    const char *folder = NULL;
    bool again = false;
    uint32_t number;
    gbx_lab_places places;
    gbx_lab_work work = { .folder = NULL };
    gbx_error error = { 0, "" };
    int option;
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
            case OPT_FOLDER: folder = optarg; break;
            case OPT_AGAIN:  again = true; break;
            case OPT_HELP:   fputs(help, stdout); return GBX_EXIT_PASS;
            default:         return gbx_cmd_usage("lab hint", "unknown option, or one without its value");
        }
    }
    int words = argc - optind;
    if (words < 1 || words > 2 || !gbx_cmd_number(argv[optind], &number, 999)) {
        return gbx_cmd_usage("lab hint", "which lab? its number, and a fact");
    }
    int status = gbx_lab_places_open(&places, NULL, &error);
    if (status == 0) {
        status = gbx_lab_work_open(&work, &places, (int)number, folder, &error);
    }
    if (status == 0 && words == 1) {
        list_hints(&work);
    }
    else if (status == 0) {
        status = give_hint(&work, argv[optind + 1], again, &error);
    }
    gbx_lab_work_close(&work);
    gbx_lab_places_close(&places);
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return status == GBX_ERROR_USAGE || status == GBX_ERROR_MISSING ? GBX_EXIT_USAGE : GBX_EXIT_BROKEN;
    }
    return GBX_EXIT_PASS;
}
