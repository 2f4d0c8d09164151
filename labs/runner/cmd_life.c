/* glassbox life: one watched object, from the block that it was made in to where that block went. */

#include "cmd.h"
#include "life.h"
#include "show.h"
#include "symbols.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

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
"there, the C function that the change was compiled into. A time with a ≈ is that of\n"
"the records before and after, divided evenly: such records have none of their own.\n"
"'not seen' is a change of the count that no record tells of: the code of an extension\n"
"module that counts for itself. How large it was is exact; when it was is not known.\n"
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
"  python -X glassbox=t.gbx:events=ref+gc+obj+alloc+mark program.py\n"
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
    fprintf(stderr, "glassbox: %s; see 'glassbox life --help'\n", message);
    return GBX_EXIT_USAGE;
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

typedef struct {
    const gbx_trace *trace;
    gbx_symbols *symbols;
    const gbx_life *life;
} teller;

/* ------------------------------------------------------------------ what happened */

/* "+1 -> 3", "judged": at most 24 columns. */
static void
write_what(const gbx_moment *moment, char *text, size_t size)
{
    const char *label;
    switch (moment->event) {
        case GBX_EV_NONE:
            snprintf(text, size, "not seen: %+" PRId64, moment->delta);
            break;
        case GBX_EV_REF_INC: case GBX_EV_REF_DEC:
            snprintf(text, size, "%+" PRId64 " -> %" PRId64, moment->delta, gbx_moment_count(moment));
            break;
        case GBX_EV_REF_SET:
            label = gbx_trace_label(GBX_ENUM_REF, moment->how);
            snprintf(text, size, "= %" PRId64 " (%s)", gbx_moment_count(moment), label == NULL ? "?" : label);
            break;
        case GBX_EV_GC_VERDICT:
            label = gbx_trace_label(GBX_ENUM_VERDICT, moment->how);
            snprintf(text, size, "%s", label == NULL ? "judged" : label);
            break;
        case GBX_EV_REF_SKIP: snprintf(text, size, "immortal: no change"); break;
        case GBX_EV_REF_DEALLOC: case GBX_EV_OBJ_DESTROY: snprintf(text, size, "dies"); break;
        case GBX_EV_REF_QUEUE: snprintf(text, size, "queued for its owner"); break;
        case GBX_EV_REF_MERGE: snprintf(text, size, "merged"); break;
        case GBX_EV_REF_OWNER: snprintf(text, size, "changes hands"); break;
        case GBX_EV_REF_RETRY: snprintf(text, size, "tried again"); break;
        case GBX_EV_WATCH: snprintf(text, size, "watched from here"); break;
        case GBX_EV_UNWATCH: snprintf(text, size, "watched no longer"); break;
        case GBX_EV_OBJ_CREATE: snprintf(text, size, "born"); break;
        case GBX_EV_OBJ_FOUND: snprintf(text, size, "was there already"); break;
        case GBX_EV_OBJ_REVIVE: snprintf(text, size, "lives on"); break;
        case GBX_EV_BLOCK_ALLOC: case GBX_EV_LARGE_ALLOC: snprintf(text, size, "memory taken"); break;
        case GBX_EV_BLOCK_FREE: case GBX_EV_LARGE_FREE: snprintf(text, size, "memory returned"); break;
        case GBX_EV_FREE_DELAYED: snprintf(text, size, "free put off"); break;
        case GBX_EV_FREELIST_HIT: snprintf(text, size, "off a free list"); break;
        case GBX_EV_FREELIST_PUT: snprintf(text, size, "kept in a free list"); break;
        case GBX_EV_FREELIST_DROP: snprintf(text, size, "off the free list"); break;
        default: snprintf(text, size, "%s", gbx_event_name(moment->event)); break;
    }
}

/* "a.py:7 in work" of an instruction; "". */
static void
write_place(const teller *it, const gbx_moment *moment, char *text, size_t size)
{
    int line, column;
    const gbx_code_info *code = moment->code == 0 ? NULL
        : gbx_trace_code(it->trace, it->life->process, moment->code);
    text[0] = '\0';
    if (code == NULL) {
        return;
    }
    const char *slash = strrchr(code->file, '/'), *file = slash == NULL ? code->file : slash + 1;
    if (moment->offset != GBX_NO_OFFSET && gbx_code_line(code, moment->offset, &line, &column)) {
        snprintf(text, size, "%s:%d in %s", file, line, code->name);
    }
    else {
        snprintf(text, size, "%s", code->name);
    }
    gbx_text_mend(text);
}

static bool
find_symbol(const teller *it, const gbx_moment *moment, gbx_symbol *symbol)
{
    return moment->caller != 0 && it->symbols != NULL
        && gbx_symbols_find(it->symbols, gbx_trace_process(it->trace, it->life->process), moment->caller,
                            symbol);
}

static void
write_verdict(const teller *it, const gbx_moment *moment, char *text, size_t size)
{
    char place[256];
    if (moment->cause == SIZE_MAX || gbx_trace_event(it->trace, moment->cause) != GBX_EV_GC_START) {
        snprintf(text, size, "by a collection whose start was not recorded");
        return;
    }
    const gbx_gc_start *start = (const gbx_gc_start *)gbx_trace_record(it->trace, moment->cause);
    const char *reason = gbx_trace_label(GBX_ENUM_GC_REASON, start->reason);
    gbx_show_place(it->trace, moment->cause, place, sizeof(place));
    snprintf(text, size, "by the collection of generation %u (%s%s%s)", start->h.flags,
             reason == NULL ? "?" : reason, place[0] == '\0' ? "" : ", ", place);
}

#define POOL_BYTES UINT64_C(16384)       /* of 3.13's small-object allocator */

static void
write_block(const teller *it, const gbx_moment *moment, char *text, size_t size)
{
    size_t used = 0;
    bool small = moment->event == GBX_EV_BLOCK_ALLOC || moment->event == GBX_EV_BLOCK_FREE;
    if (moment->size != 0) {
        used += (size_t)snprintf(text, size, "%" PRIu64 " bytes, ", moment->size);
    }
    used += (size_t)snprintf(text + used, size - used, "block 0x%" PRIx64, moment->address);
    if (small && moment->arena != 0) {
        snprintf(text + used, size - used, ", %s pool 0x%" PRIx64 " of arena 0x%" PRIx64,
                 moment->event == GBX_EV_BLOCK_ALLOC ? "of" : "to",
                 moment->address & ~(POOL_BYTES - 1), moment->arena);
    }
    (void)it;
}

/* Who did it, or what there is to say besides. */
static void
write_detail(const teller *it, const gbx_moment *moment, char *text, size_t size)
{
    char place[256], caller[512] = "";
    gbx_symbol symbol;
    const char *label;
    text[0] = '\0';
    switch (moment->event) {
        case GBX_EV_GC_VERDICT:
            write_verdict(it, moment, text, size);
            return;
        case GBX_EV_WATCH: case GBX_EV_UNWATCH:
            snprintf(text, size, "with %u references", moment->local);
            return;
        case GBX_EV_OBJ_CREATE: case GBX_EV_OBJ_FOUND:
            snprintf(text, size, "a %s of %" PRIu64 " bytes", it->life->type, moment->size);
            return;
        case GBX_EV_BLOCK_ALLOC: case GBX_EV_LARGE_ALLOC: case GBX_EV_BLOCK_FREE: case GBX_EV_LARGE_FREE:
        case GBX_EV_FREE_DELAYED:
            write_block(it, moment, text, size);
            return;
        case GBX_EV_FREELIST_HIT: case GBX_EV_FREELIST_PUT: case GBX_EV_FREELIST_DROP:
            label = gbx_trace_label(GBX_ENUM_FREELIST, moment->how);
            snprintf(text, size, "the one for %s", label == NULL ? "?" : label);
            return;
        default:
            break;
    }
    write_place(it, moment, place, sizeof(place));
    if (find_symbol(it, moment, &symbol)) {
        gbx_symbol_text(&symbol, caller, sizeof(caller));
    }
    snprintf(text, size, "%s%s%s", place, place[0] == '\0' || caller[0] == '\0' ? "" : ", ", caller);
}

/* --------------------------------------------------------------------------- text */

enum { INDENT = 44, WIDTH = 100 };

static bool
tell_moment(const teller *it, const gbx_moment *moment, bool inner)
{
    char what[64], detail[1024], head[128];
    write_what(moment, what, sizeof(what));
    write_detail(it, moment, detail, sizeof(detail));
    gbx_where where = gbx_trace_where(it->trace, moment->at);
    if (inner) {
        snprintf(head, sizeof(head), "%22s%-21s", "", what);
    }
    else {
        snprintf(head, sizeof(head), "%s%11.6f ms  t%-3" PRIu32 " %-21s", moment->about ? "≈" : " ",
                 (double)moment->t_ns / 1e6, where.thread, what);
    }
    printf("  %s", head);
    size_t column = gbx_text_width(head) + 2;
    gbx_text_wrap(stdout, (unsigned)column, INDENT, WIDTH, detail);
    return !ferror(stdout);
}

static bool
tell_fold(const teller *it, gbx_fold fold)
{
    const gbx_moment *first = &it->life->moments[fold.first];
    const gbx_moment *last = first + fold.period * fold.times - 1;
    gbx_where where = gbx_trace_where(it->trace, first->at);
    printf("  %s%11.6f ms  t%-3" PRIu32 " %zu times, until %.6f ms:\n", first->about ? "≈" : " ",
           (double)first->t_ns / 1e6, where.thread, fold.times, (double)last->t_ns / 1e6);
    for (size_t i = 0; i < fold.period; i++) {
        tell_moment(it, first + i, true);
    }
    return !ferror(stdout);
}

/* What nobody recorded, and so is not told. */
static void
tell_rest(const gbx_life *life)
{
    if (life->dropped > 0) {
        printf("  and %" PRIu64 " moments more than can be told\n", life->dropped);
    }
    if (!life->ended) {
        printf("  still there at the end of the recording%s\n",
               (life->missing >> GBX_CLASS_REF & 1) != 0 ? ", as far as was recorded" : "");
    }
    static const struct { uint8_t klass; const char *what; } told[] = {
        { GBX_CLASS_REF, "its references and its death" },
        { GBX_CLASS_GC, "what the collector made of it" },
        { GBX_CLASS_OBJ, "its birth" },
        { GBX_CLASS_ALLOC, "the block that it was in" },
    };
    for (size_t i = 0; i < sizeof(told) / sizeof(told[0]); i++) {
        if ((life->missing >> told[i].klass & 1) != 0) {
            printf("  not known: %s (the class %s was not recorded)\n", told[i].what,
                   gbx_class_name(told[i].klass));
        }
    }
}

static bool
tell_text(const teller *it, bool all)
{
    const gbx_life *life = it->life;
    printf("%s: a %s at 0x%" PRIx64 ", watch %" PRIu32, life->name, life->type, life->address, life->watch);
    if (gbx_trace_process_count(it->trace) > 1) {
        printf(", process %" PRIu32, gbx_trace_process(it->trace, life->process)->header->pid);
    }
    printf("\n");
    bool written = true;
    for (size_t i = 0; i < life->count && written;) {
        gbx_fold fold = all ? (gbx_fold){ i, 1, 1 } : gbx_life_fold(life, i);
        written = fold.times > 1 ? tell_fold(it, fold) : tell_moment(it, &life->moments[i], false);
        i += fold.period * fold.times;
    }
    tell_rest(life);
    return written && !ferror(stdout);
}

/* --------------------------------------------------------------------------- JSON */

static void
put_who(const teller *it, const gbx_moment *moment, json_t *object)
{
    int line, column;
    gbx_symbol symbol;
    const gbx_code_info *code = moment->code == 0 ? NULL
        : gbx_trace_code(it->trace, it->life->process, moment->code);
    if (code != NULL) {
        json_object_set_new(object, "function", json_string(code->name));
        json_object_set_new(object, "file", json_string(code->file));
        if (moment->offset != GBX_NO_OFFSET && gbx_code_line(code, moment->offset, &line, &column)) {
            json_object_set_new(object, "line", json_integer(line));
        }
    }
    if (find_symbol(it, moment, &symbol)) {
        const gbx_symbol_level *asker = gbx_symbol_asker(&symbol);
        json_object_set_new(object, "c_function", json_string(asker->function));
        if (asker->file != NULL) {
            json_object_set_new(object, "c_file", json_string(asker->file));
            json_object_set_new(object, "c_line", json_integer(asker->line));
        }
    }
}

static void
put_number(json_t *object, const char *key, uint64_t number)
{
    if (number != 0) {
        json_object_set_new(object, key, json_integer((json_int_t)number));
    }
}

static json_t *
moment_json(const teller *it, const gbx_moment *moment)
{
    json_t *object = json_object();
    const char *label = moment->event == GBX_EV_GC_VERDICT ? gbx_trace_label(GBX_ENUM_VERDICT, moment->how)
        : gbx_event_class(moment->event) == GBX_CLASS_REF ? gbx_trace_label(GBX_ENUM_REF, moment->how)
        : NULL;
    bool has_count = moment->event == GBX_EV_NONE || gbx_event_class(moment->event) == GBX_CLASS_REF;
    json_object_set_new(object, "event", json_string(moment->event == GBX_EV_NONE ? "unobserved"
                                                     : gbx_event_name(moment->event)));
    json_object_set_new(object, "seq", json_integer((json_int_t)moment->at));
    json_object_set_new(object, "t_ns", json_integer((json_int_t)moment->t_ns));
    json_object_set_new(object, "about", json_boolean(moment->about));
    json_object_set_new(object, "thread",
                        json_integer(gbx_trace_where(it->trace, moment->at).thread));
    if (label != NULL) {
        json_object_set_new(object, moment->event == GBX_EV_GC_VERDICT ? "verdict" : "how",
                            json_string(label));
    }
    if (has_count) {
        json_object_set_new(object, "delta", json_integer((json_int_t)moment->delta));
        json_object_set_new(object, "count", json_integer((json_int_t)gbx_moment_count(moment)));
    }
    else if (moment->event == GBX_EV_WATCH || moment->event == GBX_EV_UNWATCH) {
        json_object_set_new(object, "count", json_integer(moment->local));
    }
    if (moment->cause != SIZE_MAX) {
        json_object_set_new(object, "collection", json_integer((json_int_t)moment->cause));
    }
    put_number(object, "address", moment->address);
    put_number(object, "size", moment->size);
    put_number(object, "arena", moment->arena);
    put_number(object, "pool", moment->arena == 0 ? 0 : moment->address & ~(POOL_BYTES - 1));
    put_who(it, moment, object);
    return object;
}

static json_t *
life_json(const teller *it)
{
    const gbx_life *life = it->life;
    json_t *moments = json_array(), *missing = json_array();
    for (size_t i = 0; i < life->count; i++) {
        json_array_append_new(moments, moment_json(it, &life->moments[i]));
    }
    for (unsigned i = 0; i < GBX_CLASS_COUNT; i++) {
        if ((life->missing >> i & 1) != 0) {
            json_array_append_new(missing, json_string(gbx_class_name(i)));
        }
    }
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:b, s:I, s:o, s:o}", "name", life->name, "type",
                     life->type, "watch", (json_int_t)life->watch, "address", (json_int_t)life->address,
                     "pid", (json_int_t)gbx_trace_process(it->trace, life->process)->header->pid,
                     "ended", (int)life->ended, "dropped", (json_int_t)life->dropped, "missing", missing,
                     "moments", moments);
}

/* ------------------------------------------------------------------------ the whole */

static bool
tell_json(teller *it, const gbx_lives *lives)
{
    json_t *list = json_array();
    for (size_t i = 0; i < gbx_lives_count(lives); i++) {
        it->life = gbx_lives_at(lives, i);
        json_array_append_new(list, life_json(it));
    }
    json_t *whole = json_pack("{s:o}", "lives", list);
    bool done = whole != NULL && json_dumpf(whole, stdout, JSON_INDENT(1)) == 0 && putchar('\n') != EOF;
    json_decref(whole);
    return done;
}

static int
tell(const options *chosen, teller *it, gbx_error *error)
{
    gbx_lives *lives;
    int status = gbx_lives_find(&lives, it->trace, chosen->name, error);
    if (status != 0) {
        return status;
    }
    bool written = true;
    if (chosen->json) {
        written = tell_json(it, lives);
    }
    for (size_t i = 0; i < gbx_lives_count(lives) && !chosen->json && written; i++) {
        it->life = gbx_lives_at(lives, i);
        printf("%s", i == 0 ? "" : "\n");
        written = tell_text(it, chosen->all);
    }
    gbx_lives_free(lives);
    return fflush(stdout) == 0 && written ? 0 : gbx_error_system(error, "write", "standard output");
}

int
gbx_cmd_life(int argc, char **argv)
{
    options chosen;
    gbx_trace *trace;
    gbx_error error = { 0, "" };
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    status = gbx_trace_open(&trace, chosen.path, &chosen.trace, &error);
    if (status == 0) {
        teller it = { .trace = trace, .symbols = gbx_symbols_new() };
        status = tell(&chosen, &it, &error);
        gbx_symbols_free(it.symbols);
        gbx_trace_close(trace);
    }
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return GBX_EXIT_BROKEN;
    }
    return GBX_EXIT_PASS;
}
