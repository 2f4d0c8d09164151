/* glassbox life: one watched object, from the block that it was made in to where that block went. */

#include "cmd.h"
#include "cmd_life.h"
#include "paths.h"

#include <getopt.h>
#include <stdio.h>

static const char help[] =
"usage: glassbox life [OPTION...] FILE NAME\n"
"\n"
"Follow the object that a program watched under NAME (glassbox.watch(object, NAME))\n"
"through its life: born, watched, each reference more and less with who did it, the\n"
"collector's verdicts, its death, and where its memory went. NAME may also be the\n"
"number of a watch. An object that was watched under the same name later is another\n"
"life, and is told after the first.\n"
"\n"
"Who did it is a line of Python and, where the interpreter's own debug information is\n"
"there, the line of C: of the eval loop that of Python/bytecodes.c, with the instruction\n"
"or the part of one that it is in. The first change of an object that was just watched\n"
"is watch()'s own argument going. A time with a ≈ is that of the records before and\n"
"after, divided evenly: such records have none of their own. 'not seen' is a change of\n"
"the count that no record tells of: the code of an extension module that counts for\n"
"itself. How large it was is exact; when it was is not known.\n"
"\n"
"Without the GIL a count is in two halves, '3 = 2 + 1': the owner's and that of all\n"
"others. What another thread gives up may be queued for the owner, and is merged later.\n"
"\n"
"A loop that adds and drops references at the same instructions is told once, with how\n"
"often it came; --all tells every one.\n"
"\n"
"  -a, --all       every moment, however often the same ones come\n"
"      --json      one JSON object: {\"lives\": [...]}, every moment of each\n"
"      --only      FILE alone, without its relatives\n"
"      --help      this text\n"
"\n"
"What it can tell depends on what was recorded: the classes ref (references, death),\n"
"gc (verdicts), obj (birth), alloc (blocks) and mark (the watch itself).\n"
"\n"
"Exit status: 0; 2 if the trace cannot be read or nothing has this name; 64 for wrong\n"
"usage.\n"
"\n"
"  glassbox trace -e ref+gc+obj+alloc+mark -o t.gbx -- program.py\n"
"  glassbox life t.gbx node\n";

typedef struct {
    gbx_trace_options trace;
    bool all, json;
    const char *path, *name;
} options;

enum { OPT_JSON = 256, OPT_ONLY, OPT_HELP };

static const struct option long_options[] = {
    { "all", no_argument, NULL, 'a' }, { "json", no_argument, NULL, OPT_JSON },
    { "only", no_argument, NULL, OPT_ONLY }, { "help", no_argument, NULL, OPT_HELP },
    { NULL, 0, NULL, 0 },
};

static int
usage(const char *message)
{
    return gbx_cmd_usage("life", message);
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    int option;
    *to = (options){ .all = false };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "a", long_options, NULL)) != -1) {
        switch (option) {
            case 'a': to->all = true; break;
            case OPT_JSON: to->json = true; break;
            case OPT_ONLY: to->trace.only = true; break;
            case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
            default: return usage("unknown option");
        }
    }
    if (optind != argc - 2) {
        return usage(optind == argc ? "which trace?" : optind == argc - 1 ? "which object?"
                     : "one object at a time");
    }
    to->path = argv[optind];
    to->name = argv[optind + 1];
    return -1;
}

/* ------------------------------------------------------------------------ the whole */

static json_t *
lives_json(gbx_life_teller *it, const gbx_lives *lives)
{
    json_t *list = json_array();
    for (size_t i = 0; i < gbx_lives_count(lives); i++) {
        it->life = gbx_lives_at(lives, i);
        json_array_append_new(list, gbx_life_json(it));
    }
    return json_pack("{s:o}", "lives", list);
}

static int
tell_lives(const options *chosen, gbx_life_teller *it, gbx_error *error)
{
    gbx_lives *lives;
    int status = gbx_lives_find(&lives, it->trace, chosen->name, error);
    if (status != 0) {
        return status;
    }
    if (chosen->json) {
        status = gbx_cmd_json(lives_json(it, lives), JSON_INDENT(1), error);
    }
    for (size_t i = 0; i < gbx_lives_count(lives) && !chosen->json && status == 0; i++) {
        it->life = gbx_lives_at(lives, i);
        printf("%s", i == 0 ? "" : "\n");
        status = gbx_life_text(it, chosen->all) ? 0 : gbx_error_system(error, "write", "standard output");
    }
    gbx_lives_free(lives);
    return status;
}

/* The tree that was built, for the lines of C; NULL: there is none, and they are as the executable has
   them. */
static gbx_source *
open_source(void)
{
    gbx_paths paths;
    gbx_source *source = NULL;
    if (gbx_paths_find(&paths, NULL) == 0) {
        (void)gbx_source_open(&source, paths.source, NULL);
    }
    gbx_paths_clear(&paths);
    return source;
}

static int
tell(const gbx_trace *trace, void *chosen, gbx_error *error)
{
    gbx_life_teller it = { .trace = trace, .symbols = gbx_symbols_new(), .source = open_source() };
    int status = tell_lives(chosen, &it, error);
    gbx_symbols_free(it.symbols);
    gbx_source_close(it.source);
    return status;
}

int
gbx_cmd_life(int argc, char **argv)
{
    options chosen;
    int status = parse(argc, argv, &chosen);
    return status >= 0 ? status : gbx_cmd_read(chosen.path, &chosen.trace, tell, &chosen);
}
