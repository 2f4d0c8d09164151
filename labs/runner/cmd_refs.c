/* glassbox refs: which lines move the most references, and which objects threads fight over. */

#include "cmd.h"
#include "refs.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox refs [OPTION...] FILE\n"
"\n"
"Show what a program does to reference counts: its lines, by how many references\n"
"they move; and the objects that it watched, those first whose count changes hands\n"
"most often.  FILE is read with its relatives (FILE.PID...) as one trace.\n"
"\n"
"The lines are of all objects.  They need a recording with --churn:\n"
"\n"
"  glassbox trace -e ref --churn -o app.gbx app.py\n"
"\n"
"and so do, on the free-threaded build, the objects that threads share.  More is\n"
"told of objects that the program names with glassbox.watch(object, name).\n"
"\n"
"  -n, --most=N         at most N lines and N objects (default 20; 0: all)\n"
"      --instructions   instructions in place of lines, each with its offset\n"
"      --by-thread      below each object, what each thread did to it\n"
"      --json           one JSON object on standard output, see below\n"
"      --only           FILE alone, without its relatives\n"
"      --help           this text\n"
"\n"
"Of a line: the references it moved (increments and decrements), its share of all\n"
"those of the program, and, in a recording of the free-threaded build, how many of\n"
"them were atomic operations on the half of a count that threads share.\n"
"\n"
"Of an object that threads share, by its type, address and a line that uses it: how\n"
"many atomic operations the thread did that did most, and how many all others did.\n"
"Objects of one type that lay at one address one after the other are taken for one.\n"
"\n"
"Of a watched object, where `count` is its reference count:\n"
"  turns     operations by another thread than the one that did the operation\n"
"            before.  Each time the processor has to take the count from another\n"
"            one: this is why a shared object does not scale without the GIL.\n"
"            With it nobody waits for a count; the turns show threads alternating\n"
"  retries   the count changed between a look and a write, and the thread had to\n"
"            look again (not all operations look before they write)\n"
"  threads   that changed it\n"
"  owner's   operations on the half of the thread that made it; with the GIL, all\n"
"  shared    atomic operations on the half of all others\n"
"  queued    decrements that only the owner could do, and the longest time that\n"
"            one waited for it\n"
"  skipped   operations that left it alone: it is immortal\n"
"\n"
"JSON: an object with these members; more may be added.\n"
"  trace, variant   gil, ft...\n"
"  churn            recorded, incs, decs, shared: of all lines\n"
"  lines            an array, the most moves first: pid, code, function, file,\n"
"                   line (0: unknown), instructions, incs, decs, shared, share (of\n"
"                   all moves, 0 to 1)\n"
"  instructions     the same by instruction, with offset (null: unknown)\n"
"  shared_objects   an array, the most operations by others first: pid, type, name\n"
"                   (null: not watched), address, threads, operations, busiest,\n"
"                   function, file, line\n"
"  objects          an array, the most turns first: pid, watch, name, type, owner\n"
"                   (null, or thread and name), threads, incs, decs, local, shared,\n"
"                   immortal_skips, turns, retries, queued, merges, waited_ns,\n"
"                   longest_ns, died, and by: thread, name, local, shared, retries\n"
"\n"
"Exit status: 0; 2 if the trace cannot be read, or says nothing of references; 64\n"
"for wrong usage.\n";

typedef struct {
    gbx_trace_options trace;
    const char *path;
    size_t most;                 /* SIZE_MAX: all */
    bool instructions, by_thread, json;
} options;

static int
usage(const char *message)
{
    return gbx_cmd_usage("refs", message);
}

static bool
parse_most(const char *text, size_t *most)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *most = value == 0 ? SIZE_MAX : value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0;
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    enum { OPT_INSTRUCTIONS = 256, OPT_BY_THREAD, OPT_JSON, OPT_ONLY, OPT_HELP };
    static const struct option long_options[] = {
        { "most", required_argument, NULL, 'n' }, { "instructions", no_argument, NULL, OPT_INSTRUCTIONS },
        { "by-thread", no_argument, NULL, OPT_BY_THREAD }, { "json", no_argument, NULL, OPT_JSON },
        { "only", no_argument, NULL, OPT_ONLY }, { "help", no_argument, NULL, OPT_HELP }, { NULL, 0, NULL, 0 },
    };
    int option;
    *to = (options){ .most = 20 };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "n:", long_options, NULL)) != -1) {
        switch (option) {
            case 'n':
                if (!parse_most(optarg, &to->most)) {
                    return usage("--most takes a number");
                }
                break;
            case OPT_INSTRUCTIONS: to->instructions = true; break;
            case OPT_BY_THREAD:    to->by_thread = true; break;
            case OPT_JSON:         to->json = true; break;
            case OPT_ONLY:         to->trace.only = true; break;
            case OPT_HELP:         fputs(help, stdout); return GBX_EXIT_PASS;
            default:               return usage("unknown option");
        }
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which trace?" : "one trace at a time");
    }
    to->path = argv[optind];
    return -1;
}

/* ----------------------------------------------------------------------- lines */

/* "1,234,567" */
static const char *
count_text(uint64_t value, char *text, size_t size)
{
    char digits[24];
    size_t length = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, value), used = 0;
    for (size_t i = 0; i < length && used + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            text[used++] = ',';
        }
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

static void
print_site(const gbx_refs *refs, const gbx_refs_site *site, bool offset)
{
    char moves[32], shared[32], place[256];
    uint64_t all = refs->incs + refs->decs;
    double share = all == 0 ? 0 : 100.0 * (double)(site->incs + site->decs) / (double)all;
    printf("%6.1f %% %14s", share, count_text(site->incs + site->decs, moves, sizeof(moves)));
    if (refs->free_threaded) {
        printf(" %13s", count_text(site->shared, shared, sizeof(shared)));
    }
    printf("  %s", gbx_refs_place(refs, site, place, sizeof(place)));
    if (offset && site->offset != GBX_NO_OFFSET) {
        printf(" +%" PRIu32, site->offset);
    }
    putchar('\n');
}

static void
print_lines(const gbx_refs *refs, const options *chosen)
{
    const gbx_refs_site *sites = chosen->instructions ? refs->sites : refs->lines;
    size_t count = chosen->instructions ? refs->site_count : refs->line_count;
    size_t shown = count < chosen->most ? count : chosen->most;
    char moves[32];
    printf("%s references moved by %zu %s\n\n", count_text(refs->incs + refs->decs, moves, sizeof(moves)), count,
           chosen->instructions ? "instructions" : "lines");
    printf("%8s %14s%s%s\n", "share", "moves", refs->free_threaded ? "        shared" : "", "  where");
    for (size_t i = 0; i < shown; i++) {
        print_site(refs, &sites[i], chosen->instructions);
    }
    if (shown < count) {
        printf("%24s and %zu more\n", "", count - shown);
    }
}

/* ------------------------------------------------------------- objects, watched or not */

static void
print_shared(const gbx_refs *refs, const options *chosen)
{
    size_t count = refs->shared_object_count, shown = count < chosen->most ? count : chosen->most;
    printf("\n%zu object%s with atomic operations, those first that threads meet at\n\n", count,
           count == 1 ? "" : "s");
    printf("%14s %14s %8s  %s\n", "by the busiest", "by others", "threads", "object");
    for (size_t i = 0; i < shown; i++) {
        const gbx_refs_shared *it = &refs->shared_objects[i];
        const gbx_type_info *type = gbx_trace_type(refs->trace, it->process, it->type);
        const gbx_watch_info *watch = it->watch == 0 ? NULL
            : gbx_trace_watch(refs->trace, it->process, it->watch);
        char busiest[32], others[32], place[256];
        printf("%14s %14s %8" PRIu32 "  %s%s%s at 0x%" PRIx64 ", %s\n",
               count_text(it->busiest, busiest, sizeof(busiest)),
               count_text(it->operations - it->busiest, others, sizeof(others)), it->threads,
               watch == NULL ? "" : watch->name, watch == NULL ? "" : ", ", type == NULL ? "?" : type->name,
               it->address, gbx_refs_place(refs, &it->site, place, sizeof(place)));
    }
    if (shown < count) {
        printf("%38s  and %zu more\n", "", count - shown);
    }
}

/* --------------------------------------------------------------------- objects */

static const char *
thread_name(const gbx_refs *refs, uint32_t stream, char *text, size_t size)
{
    const gbx_stream_info *info = gbx_trace_stream(refs->trace, stream);
    if (info->name[0] == '\0') {
        snprintf(text, size, "thread %" PRIu32, info->thread);
    }
    else {
        snprintf(text, size, "%s", info->name);
    }
    return text;
}

static void
print_threads(const gbx_refs *refs, size_t object)
{
    size_t count;
    char name[64];
    const gbx_refs_hand *hands = gbx_refs_hands(refs, object, &count);
    for (size_t i = 0; i < count; i++) {
        printf("%9s %7" PRIu64 " %8s %9" PRIu64 " %9" PRIu64 "%*s%s\n", "", hands[i].retries, "", hands[i].local,
               hands[i].shared, 11, "", thread_name(refs, hands[i].stream, name, sizeof(name)));
    }
}

/* Below the row: what not every object has. */
static void
print_rest(const gbx_refs *refs, const gbx_refs_object *of)
{
    char owner[64];
    if (of->owner != GBX_REFS_NOBODY && refs->free_threaded) {
        printf("%56s its owner is %s\n", "", thread_name(refs, of->owner, owner, sizeof(owner)));
    }
    if (of->longest_ns != 0) {
        printf("%56s queued for up to %.3f ms\n", "", (double)of->longest_ns / 1e6);
    }
    if (of->skips != 0) {
        printf("%56s %" PRIu64 " skipped: immortal\n", "", of->skips);
    }
}

static void
print_objects(const gbx_refs *refs, const options *chosen)
{
    size_t shown = refs->object_count < chosen->most ? refs->object_count : chosen->most;
    printf("%zu watched object%s, the most contended first\n\n", refs->object_count,
           refs->object_count == 1 ? "" : "s");
    printf("%9s %7s %8s %9s %9s %7s  %s\n", "turns", "retries", "threads", refs->free_threaded ? "owner's" : "changes",
           "shared", "queued", "object");
    for (size_t i = 0; i < shown; i++) {
        const gbx_refs_object *of = &refs->objects[i];
        const char *name, *type;
        gbx_refs_names(refs, of, &name, &type);
        printf("%9" PRIu64 " %7" PRIu64 " %8" PRIu32 " %9" PRIu64 " %9" PRIu64 " %7" PRIu64 "  %s (%s)\n", of->turns,
               of->retries, of->threads, of->local, of->shared, of->queued, name, type);
        print_rest(refs, of);
        if (chosen->by_thread) {
            print_threads(refs, i);
        }
    }
    if (shown < refs->object_count) {
        printf("%56s and %zu more\n", "", refs->object_count - shown);
    }
}

/* ------------------------------------------------------------------ the command */

static int
show(const gbx_trace *trace, void *options_chosen, gbx_error *error)
{
    const options *chosen = options_chosen;
    gbx_refs refs;
    int status = gbx_refs_gather(&refs, trace, error);
    if (status != 0) {
        return status;
    }
    if (refs.churn_records == 0 && refs.object_count == 0) {
        status = gbx_error_set(error, GBX_ERROR_MISSING, "'%s' says nothing of references: record the class "
                               "ref with --churn, or watch an object", chosen->path);
    }
    else if (chosen->json) {
        status = gbx_cmd_json(gbx_refs_json(&refs), JSON_INDENT(2) | JSON_PRESERVE_ORDER, error);
    }
    else {
        if (refs.churn_records != 0) {
            print_lines(&refs, chosen);
        }
        if (refs.shared_object_count != 0) {
            print_shared(&refs, chosen);
        }
        if (refs.object_count != 0) {
            fputs(refs.churn_records != 0 ? "\n" : "", stdout);
            print_objects(&refs, chosen);
        }
        if (gbx_trace_lost(trace) != 0) {
            printf("\nThis is not all: %" PRIu64 " events were lost.\n", gbx_trace_lost(trace));
        }
    }
    gbx_refs_clear(&refs);
    return status;
}

int
gbx_cmd_refs(int argc, char **argv)
{
    options chosen;
    int status = parse(argc, argv, &chosen);
    return status >= 0 ? status : gbx_cmd_read(chosen.path, &chosen.trace, show, &chosen);
}
