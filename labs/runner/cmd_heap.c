/* glassbox heap: arenas and pools at a mark, and what is alive over time. */

#include "cmd.h"
#include "heap.h"
#include "text.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char help[] =
"usage: glassbox heap [OPTION...] FILE\n"
"\n"
"Show what pymalloc held at the end of a trace, or at a mark: its arenas (1 MiB)\n"
"with their pools (16 KiB), what is in use of each size class, large blocks from\n"
"malloc() and what the free lists kept; and how the bytes in use came and went.\n"
"The trace must have been made with the class alloc (glassbox trace -e alloc).\n"
"\n"
"  -a, --at=MARK        at the first mark of that name\n"
"  -p, --pid=PID        of this process; else of the one that wrote FILE itself\n"
"      --arenas=N       show at most N arenas, the emptiest first (default 24)\n"
"      --help           this text\n"
"\n"
"Of the free-threaded build, which has no arenas: its blocks and mimalloc's pages.\n"
"\n"
"In the picture of an arena each sign is a pool: '.' was never used or is empty,\n"
"then eight signs from one block in use to all. In the graph each row is a size\n"
"class, from the first event of the allocator to the last one shown, in steps of\n"
"equally many events; its height is relative to the row's own peak.\n"
"\n"
"Exit status: 0; 2 if the trace cannot be read, or says nothing of an allocator;\n"
"64 for wrong usage.\n";

#define COLUMNS 48u

typedef struct {
    const char *path;
    const char *mark;
    uint32_t pid;
    uint32_t most_arenas;
} options;

/* What the bytes in use were at each step: a row for each size class of pools, and below them one for each
   power of two, of the blocks that are in no pool. */
#define ROWS (GBX_HEAP_CLASSES + GBX_HEAP_POWERS)

typedef struct {
    uint64_t bytes[ROWS][COLUMNS];
    uint64_t peak[ROWS];
} timeline;

typedef struct {
    const gbx_trace *trace;
    const char *mark;                  /* stop after the allocator's sums there; NULL: at the end */
    uint32_t process;
    gbx_heap *heap;
    uint64_t events;                   /* of the allocator */
    size_t end;                        /* position behind the last event that counts */
    uint64_t t_ns;
    bool found;                        /* the mark */
    bool free_threaded;
} replay;

static int
usage(const char *message)
{
    fprintf(stderr, "glassbox: %s; see 'glassbox heap --help'\n", message);
    return GBX_EXIT_USAGE;
}

static bool
parse_number(const char *text, uint32_t *number)
{
    char *end;
    errno = 0;
    unsigned long value = strtoul(text, &end, 10);
    *number = (uint32_t)value;
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && value <= UINT32_MAX;
}

/* -1: go on; else the exit status. */
static int
parse(int argc, char **argv, options *to)
{
    enum { OPT_ARENAS = 256, OPT_HELP };
    static const struct option long_options[] = {
        { "at", required_argument, NULL, 'a' }, { "pid", required_argument, NULL, 'p' },
        { "arenas", required_argument, NULL, OPT_ARENAS }, { "help", no_argument, NULL, OPT_HELP },
        { NULL, 0, NULL, 0 },
    };
    int option;
    *to = (options){ .most_arenas = 24 };
    optind = 1;
    opterr = 0;
    while ((option = getopt_long(argc, argv, "a:p:", long_options, NULL)) != -1) {
        switch (option) {
            case 'a': to->mark = optarg; break;
            case 'p':
                if (!parse_number(optarg, &to->pid)) {
                    return usage("--pid takes a number");
                }
                break;
            case OPT_ARENAS:
                if (!parse_number(optarg, &to->most_arenas)) {
                    return usage("--arenas takes a number");
                }
                break;
            case OPT_HELP: fputs(help, stdout); return GBX_EXIT_PASS;
            default: return usage("unknown option");
        }
    }
    if (optind != argc - 1) {
        return usage(optind == argc ? "which trace?" : "one trace at a time");
    }
    to->path = argv[optind];
    return -1;
}

/* ---------------------------------------------------------------------- replay */

static bool
is_mark(const gbx_trace *trace, const gbx_entry *event, uint32_t process, const char *name)
{
    if (event->record->event != GBX_EV_MARK) {
        return false;
    }
    const gbx_mark *mark = (const gbx_mark *)(const void *)event->record;
    const char *text = gbx_trace_string(trace, process, mark->name);
    return text != NULL && strcmp(text, name) == 0;
}

/* How far to go: to the mark (and the sums that the allocator says there), or to the end. */
static void
find_end(replay *now)
{
    gbx_cursor at;
    now->end = 0;
    for (bool more = gbx_trace_first(now->trace, &at); more; more = gbx_trace_next(&at)) {
        gbx_where where = gbx_entry_where(now->trace, &at.entry);
        if (where.process != now->process) {
            continue;
        }
        if (gbx_event_class(at.entry.record->event) == GBX_CLASS_ALLOC) {
            now->events++;
            now->end = at.at + 1;
            now->t_ns = where.t_ns;
        }
        if (now->mark != NULL && is_mark(now->trace, &at.entry, now->process, now->mark)) {
            now->found = true;
            now->end = at.at + 1;
            now->t_ns = where.t_ns;
            return;
        }
    }
}

static uint64_t
row_bytes(const gbx_heap_sums *sums, unsigned row)
{
    return row < GBX_HEAP_CLASSES ? sums->blocks[row] * gbx_heap_block_size(row)
        : sums->bytes_below[row - GBX_HEAP_CLASSES];
}

static void
note_step(timeline *line, const gbx_heap_sums *sums, size_t column)
{
    for (unsigned c = 0; c < ROWS; c++) {
        uint64_t bytes = row_bytes(sums, c);
        if (bytes > line->bytes[c][column]) {
            line->bytes[c][column] = bytes;
        }
        line->peak[c] = bytes > line->peak[c] ? bytes : line->peak[c];
    }
}

/* The peaks of a step are looked for at most 16 times in it: few events are enough to see. */
static int
run(replay *now, timeline *line, gbx_error *error)
{
    gbx_cursor at;
    uint64_t seen = 0, pause = now->events / (COLUMNS * 16) + 1;
    for (bool more = gbx_trace_first(now->trace, &at); more && at.at < now->end;
         more = gbx_trace_next(&at)) {
        if (gbx_event_class(at.entry.record->event) != GBX_CLASS_ALLOC ||
            gbx_entry_where(now->trace, &at.entry).process != now->process) {
            continue;
        }
        if (gbx_heap_apply(now->heap, &at.entry) != 0) {
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
        if (seen % pause == 0 || seen + 1 == now->events) {
            note_step(line, gbx_heap_sum(now->heap), (size_t)(seen * COLUMNS / now->events));
        }
        seen++;
    }
    return 0;
}

/* -------------------------------------------------------------------- pictures */

static const char *
level(uint64_t value, uint64_t most)
{
    static const char *const levels[] = { "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    if (value == 0 || most == 0) {
        return ".";
    }
    return value >= most ? levels[7] : levels[value * 7 / most];
}

static const char *
bytes_text(uint64_t bytes, char *text, size_t size)
{
    double value = (double)bytes;
    const char *unit = "B";
    if (bytes >= 10000) {
        value /= bytes < UINT64_C(10000) << 10 ? 1024 : 1 << 20;
        unit = bytes < UINT64_C(10000) << 10 ? "KiB" : "MiB";
    }
    snprintf(text, size, value < 10 && unit[0] != 'B' ? "%.1f %s" : "%.0f %s", value, unit);
    return text;
}

static uint64_t
arena_bytes(const gbx_heap_arena *arena, uint32_t *pools)
{
    uint64_t bytes = 0;
    *pools = 0;
    for (unsigned i = 0; i < arena->pools; i++) {
        bytes += (uint64_t)arena->pool[i].blocks * gbx_heap_block_size(arena->pool[i].size_class);
        *pools += arena->pool[i].blocks > 0;
    }
    return bytes;
}

static void
print_arena(const gbx_heap_arena *arena, size_t index)
{
    uint32_t pools;
    uint64_t bytes = arena_bytes(arena, &pools);
    printf("%5zu  ", index);
    for (unsigned i = 0; i < arena->pools; i++) {
        const gbx_heap_pool *pool = &arena->pool[i];
        fputs(level(pool->blocks, pool->used ? gbx_heap_capacity(pool->size_class) : 0), stdout);
    }
    printf("%*s%3.0f%%\n", (int)(GBX_HEAP_ARENA_POOLS + 2 - arena->pools), "",
           100.0 * (double)bytes / GBX_HEAP_ARENA);
}

static int
emptier(const void *a, const void *b)
{
    uint32_t pools;
    uint64_t x = arena_bytes(*(const gbx_heap_arena *const *)a, &pools);
    uint64_t y = arena_bytes(*(const gbx_heap_arena *const *)b, &pools);
    return x < y ? -1 : x > y;
}

static int
print_arenas(const gbx_heap *heap, uint32_t most)
{
    size_t count = gbx_heap_arenas(heap), shown = count < most ? count : most;
    const gbx_heap_arena **order = calloc(count + 1, sizeof(*order));
    if (order == NULL) {
        return GBX_ERROR_MEMORY;
    }
    for (size_t i = 0; i < count; i++) {
        order[i] = gbx_heap_arena_at(heap, i);
    }
    qsort(order, count, sizeof(*order), emptier);
    printf("\narenas: %zu, the emptiest first; a sign is a pool, by the share of it in use\n\n", count);
    for (size_t i = 0; i < shown; i++) {
        print_arena(order[i], (size_t)(order[i] - gbx_heap_arena_at(heap, 0)));
    }
    if (shown < count) {
        printf("       and %zu fuller ones\n", count - shown);
    }
    free(order);
    return 0;
}

static void
print_row(const timeline *line, size_t row, const char *name, uint64_t now)
{
    char text[32], peak[32];
    printf("%7s  ", name);
    for (size_t i = 0; i < COLUMNS; i++) {
        fputs(level(line->bytes[row][i], line->peak[row]), stdout);
    }
    printf(" %9s %9s\n", bytes_text(now, text, sizeof(text)),
           bytes_text(line->peak[row], peak, sizeof(peak)));
}

/* "512" of a class; "<= 4 KiB" of what comes from malloc() or mimalloc. */
static const char *
row_name(unsigned row, char *name, size_t size)
{
    unsigned power = row - GBX_HEAP_CLASSES;
    if (row < GBX_HEAP_CLASSES) {
        snprintf(name, size, "%" PRIu32, gbx_heap_block_size(row));
    }
    else if (power < 10) {
        snprintf(name, size, "<=%u", 1u << power);
    }
    else {
        snprintf(name, size, "<=%u %c", 1u << power % 10, "KMG"[power / 10 - 1]);
    }
    return name;
}

static void
print_graph(const gbx_heap *heap, const timeline *line, uint64_t events)
{
    const gbx_heap_sums *sums = gbx_heap_sum(heap);
    char name[16];
    printf("\nbytes in use, over %" PRIu64 " events of the allocator\n\n", events);
    printf("%7s  %-*s %9s %9s\n", "size", (int)COLUMNS, "", "now", "peak");
    for (unsigned row = 0; row < ROWS; row++) {
        if (line->peak[row] > 0) {
            print_row(line, row, row_name(row, name, sizeof(name)), row_bytes(sums, row));
        }
    }
}

static void
print_lists(const gbx_heap_sums *sums)
{
    bool first = true;
    for (unsigned i = 1; i < GBX_HEAP_LISTS; i++) {
        const char *name = gbx_trace_label(GBX_ENUM_FREELIST, (uint8_t)i);
        if (name != NULL && sums->listed[i] > 0) {
            printf("%s %" PRId64 " %s", first ? "free lists keep" : ",", sums->listed[i], name);
            first = false;
        }
    }
    fputs(first ? "" : "\n", stdout);
}

static void
print_when(const replay *now)
{
    printf("%s%s at %.3f ms: ", now->mark == NULL ? "the end" : "mark ", now->mark == NULL ? "" : now->mark,
           (double)now->t_ns / 1e6);
}

static void
print_pymalloc(const replay *now, const gbx_heap_sums *sums)
{
    char pooled[32], large[32];
    uint64_t blocks = 0, pools = 0;
    for (unsigned c = 0; c < GBX_HEAP_CLASSES; c++) {
        blocks += sums->blocks[c];
        pools += sums->pools[c];
    }
    printf("%" PRIu64 " blocks of %s in %" PRIu64 " pools of %zu arenas\n", blocks,
           bytes_text(sums->pooled_bytes, pooled, sizeof(pooled)), pools, gbx_heap_arenas(now->heap));
    printf("arenas made %" PRIu64 ", given back %" PRIu64 "; %" PRIu64 " large blocks of %s\n",
           sums->arenas_made, sums->arenas_freed, sums->large_blocks,
           bytes_text(sums->large_bytes, large, sizeof(large)));
}

static void
print_mimalloc(const gbx_heap_sums *sums)
{
    char bytes[32];
    uint64_t pages = 0;
    for (unsigned tag = 0; tag < GBX_HEAP_TAGS; tag++) {
        pages += sums->pages_of[tag];
    }
    printf("%" PRIu64 " blocks of %s in %" PRIu64 " pages of %" PRIu64 " segments\n", sums->large_blocks,
           bytes_text(sums->large_bytes, bytes, sizeof(bytes)), pages, sums->segments);
    for (unsigned tag = 0; tag < GBX_HEAP_TAGS; tag++) {
        printf("%s%" PRIu64 " of heap %s%s", tag == 0 ? "pages: " : ", ", sums->pages_of[tag],
               gbx_trace_label(GBX_ENUM_HEAP, (uint8_t)tag), tag == GBX_HEAP_TAGS - 1 ? "\n" : "");
    }
}

static void
print_sums(const replay *now)
{
    const gbx_heap_sums *sums = gbx_heap_sum(now->heap);
    char raw[32];
    print_when(now);
    if (now->free_threaded) {
        print_mimalloc(sums);
    }
    else {
        print_pymalloc(now, sums);
    }
    printf("raw blocks %" PRIu64 ", of %s\n", sums->raw_blocks,
           bytes_text(sums->raw_bytes, raw, sizeof(raw)));
    print_lists(sums);
    if (!sums->whole) {
        fputs("This is not all: events were lost, or the recording began in the middle.\n", stdout);
    }
}

/* ------------------------------------------------------------------ the command */

static int
find_process(const gbx_trace *trace, uint32_t pid, uint32_t *process)
{
    for (size_t i = 0; i < gbx_trace_process_count(trace); i++) {
        if (pid == 0 || gbx_trace_process(trace, i)->header->pid == pid) {
            *process = (uint32_t)i;
            return 0;
        }
    }
    return GBX_ERROR_MISSING;
}

static int
show(const gbx_trace *trace, const options *chosen, gbx_error *error)
{
    replay now = { .trace = trace, .mark = chosen->mark };
    if (find_process(trace, chosen->pid, &now.process) != 0) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' has no process %" PRIu32, chosen->path,
                             chosen->pid);
    }
    now.free_threaded =
        (gbx_trace_process(trace, now.process)->header->build & GBX_BUILD_FREE_THREADED) != 0;
    find_end(&now);
    if (now.mark != NULL && !now.found) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' has no mark '%s'", chosen->path, now.mark);
    }
    if (now.events == 0) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' has no events of an allocator: record the "
                             "class alloc", chosen->path);
    }
    timeline *line = calloc(1, sizeof(*line));
    int result = line == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_heap_new(&now.heap, trace, now.process, error);
    if (result == 0) {
        result = run(&now, line, error);
    }
    if (result == 0) {
        print_sums(&now);
        print_graph(now.heap, line, now.events);
        result = now.free_threaded ? 0 : print_arenas(now.heap, chosen->most_arenas);
    }
    gbx_heap_free(now.heap);
    free(line);
    return result;
}

int
gbx_cmd_heap(int argc, char **argv)
{
    options chosen;
    gbx_trace *trace;
    gbx_error error = { 0, "out of memory" };
    int status = parse(argc, argv, &chosen);
    if (status >= 0) {
        return status;
    }
    status = gbx_trace_open(&trace, chosen.path, NULL, &error);
    if (status == 0) {
        status = show(trace, &chosen, &error);
        gbx_trace_close(trace);
    }
    if (status != 0) {
        fprintf(stderr, "glassbox: %s\n", error.message);
        return GBX_EXIT_BROKEN;
    }
    if (fflush(stdout) != 0) {
        fprintf(stderr, "glassbox: cannot write: %s\n", strerror(errno));
        return GBX_EXIT_BROKEN;
    }
    return GBX_EXIT_PASS;
}
