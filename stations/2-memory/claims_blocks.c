/* Claims 2.4a to d: what the small-object allocator does with a request.

   Experiment: blocks.py.  An address tells the pool that a block lies in, and a pool has blocks of one size:
   that is compared with what was asked for. */

#include "claims.h"
#include "ledger.h"
#include "heap.h"
#include "trace.h"

GBX_EXPERIMENT(gbx_s2_blocks, "experiments", "blocks", BLOCKS);
static GBX_EXPERIMENT(one_size, "must-fail", "one_size", BLOCKS);
static GBX_EXPERIMENT(below_the_border, "must-fail", "below_the_border", BLOCKS);
static GBX_EXPERIMENT(no_free_list, "must-fail", "no_free_list", BLOCKS);
static GBX_EXPERIMENT(somebody_else, "must-fail", "somebody_else", BLOCKS);
static GBX_EXPERIMENT(made_whole, "must-fail", "made_whole", BLOCKS);
static GBX_EXPERIMENT(a_new_list_each_time, "must-fail", "a_new_list_each_time", BLOCKS);
static const gbx_experiment without_pools = {
    .name = "blocks, with PYTHONMALLOC=malloc", .program = "experiments/blocks.py",
    .environment = { "PYTHONMALLOC=malloc" }, .events = BLOCKS, .on = GBX_ON_GIL,
};

bool
gbx_s2_has_pools(const gbx_look *look, gbx_finding *finding)
{
    if (gbx_s2_is_free_threaded(look)) {
        gbx_finding_skip(finding, "the build without the GIL has mimalloc in place of pymalloc: no pools, no arenas");
        return false;
    }
    return true;
}

/* ------------------------------------------------------------------ 2.4a: size classes */

/* What the blocks of a part are compared with. */
typedef struct {
    uint32_t blocks;
    uint32_t classes;            /* a bit for each size class that a request was served from */
    uint64_t asked, taken;       /* bytes */
    size_t sample;               /* an event whose request does not fill its block */
    size_t stray;                /* one that lies in no pool, or in one of another class */
} serving;

static unsigned
class_of(uint32_t asked)
{
    return gbx_ledger_rounded(asked) / 16 - 1;
}

static void
note_block(const gbx_heap *heap, const gbx_block *block, size_t at, serving *seen)
{
    const gbx_heap_arena *arena;
    const gbx_heap_pool *pool = gbx_heap_find(heap, GBX_U48(block->address), &arena);
    uint32_t asked = block->h.arg;
    if (pool == NULL || asked == 0 || pool->size_class != class_of(asked)) {
        seen->stray = at;
        return;
    }
    seen->blocks++;
    seen->classes |= 1u << pool->size_class;
    seen->asked += asked;
    seen->taken += gbx_heap_block_size(pool->size_class);
    if (asked % 16 == 1 && asked > 256) {
        seen->sample = at;
    }
}

/* Replay the heap up to the end of the part, and look at the part's blocks. */
static bool
serve(const gbx_part *part, gbx_finding *finding, serving *seen)
{
    gbx_heap *heap = NULL;
    gbx_error error;
    gbx_cursor now;
    *seen = (serving){ .sample = GBX_NO_EVENT, .stray = GBX_NO_EVENT };
    bool done = gbx_heap_new(&heap, part->trace, part->process, &error) == 0;
    bool more = done && gbx_trace_first(part->trace, &now);
    for (; more && done && now.at < part->end; more = gbx_trace_next(&now)) {
        if (gbx_trace_stream(part->trace, now.entry.stream)->process != part->process) {
            continue;
        }
        done = gbx_heap_apply(heap, &now.entry) == 0;
        if (now.at >= part->begin && now.entry.record->event == GBX_EV_BLOCK_ALLOC) {
            const void *record = now.entry.record;
            note_block(heap, record, now.at, seen);
        }
    }
    gbx_heap_free(heap);
    if (!done) {
        gbx_finding_insufficient(finding, "out of memory");
    }
    return done;
}

static unsigned
bits(uint32_t word)
{
    unsigned count = 0;
    for (; word != 0; word &= word - 1) {
        count++;
    }
    return count;
}

/* Classes that requests of 33 to 512 bytes belong to: all of 32, but the two smallest. */
#define CLASSES_ASKED  30u

static gbx_verdict
check_classes(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    serving seen;
    if (!gbx_s2_has_pools(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find(look, finding, "classes", "begin", &part) || !serve(&part, finding, &seen)) {
        return GBX_INSUFFICIENT;
    }
    if (seen.stray != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, seen.stray, "in no pool of its class");
        return gbx_finding_fail(finding, "each block lies in a pool of its size class", "one does not", NULL);
    }
    if (bits(seen.classes) < CLASSES_ASKED || seen.sample == GBX_NO_EVENT) {
        return gbx_finding_failf(finding, "requests of all sizes, each from the class of its size",
                                 "there are no pools, or the requests have one size",
                                 "%u blocks of %u size classes", seen.blocks, bits(seen.classes));
    }
    const gbx_block *sample = gbx_part_record(&part, seen.sample);
    unsigned klass = class_of(sample->h.arg);
    gbx_finding_event(finding, look, seen.sample, "asked for %u bytes, got a block of %u", sample->h.arg,
                      gbx_heap_block_size(klass));
    gbx_finding_fact(finding, "a pool of that class holds %u blocks", gbx_heap_capacity(klass));
    gbx_finding_number(finding, "blocks looked at", seen.blocks, "");
    gbx_finding_number(finding, "size classes that served them", bits(seen.classes), "");
    gbx_finding_number(finding, "lost to rounding up", 100 * (1 - (double)seen.asked / (double)seen.taken), "%");
    gbx_finding_observe_number(finding, gbx_heap_block_size(class_of(97)));
    return GBX_PASS;
}

const gbx_claim gbx_s2_classes = {
    .id = "2.4a",
    .title = "size classes",
    .sentence = "A small request is rounded up to a multiple of sixteen bytes, and served from a pool whose "
                "blocks all have that size.",
    .experiments = { &gbx_s2_blocks },
    .check = check_classes,
    .must_fail = {
        { &gbx_s2_blocks, &without_pools, "malloc() serves all requests: there are no pools" },
        { &gbx_s2_blocks, &one_size, "all requests have one size" },
    },
    .readings = {
        { "Objects/obmalloc.c#pymalloc_alloc", "from the size to the class to a pool with a free block" },
        { "Include/internal/pycore_obmalloc.h#ALIGNMENT", "sixteen; above it, a page about the design" },
        { "Include/internal/pycore_obmalloc.h#pool_header", "the 48 bytes at the start of each pool" },
    },
    .prediction = {
        .question = "An object needs 97 bytes. How large is the block that it gets?",
        .unit = "bytes",
        .too_low = "the allocator gives what is asked for: it gives the next multiple of sixteen",
        .too_high = "sizes are powers of two: that was another allocator",
    },
};

/* -------------------------------------------------------------------- 2.4b: 512 */

/* The first block of a pool of so many bytes. */
static size_t
small_block(const gbx_part *part, uint32_t size)
{
    size_t at = part->begin;
    while ((at = gbx_part_next(part, at, GBX_EV_BLOCK_ALLOC, 0)) != GBX_NO_EVENT) {
        const gbx_block *block = gbx_part_record(part, at);
        if (block->h.arg == size) {
            return at;
        }
        at++;
    }
    return GBX_NO_EVENT;
}

/* The first block from malloc() that was asked for as an object. */
static size_t
large_object(const gbx_part *part)
{
    size_t at = part->begin;
    while ((at = gbx_part_next(part, at, GBX_EV_LARGE_ALLOC, 0)) != GBX_NO_EVENT) {
        const gbx_large *large = gbx_part_record(part, at);
        if (large->h.flags == GBX_DOMAIN_OBJ) {
            return at;
        }
        at++;
    }
    return GBX_NO_EVENT;
}

static gbx_verdict
check_border(const gbx_look *look, gbx_finding *finding)
{
    gbx_part below, above;
    if (!gbx_s2_has_pools(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!gbx_part_find(look, finding, "border", "begin", &below)
        || !gbx_part_find(look, finding, "border", "one more byte", &above)) {
        return GBX_INSUFFICIENT;
    }
    size_t small = small_block(&below, 512), large = large_object(&above);
    size_t early = large_object(&below);
    if (small == GBX_NO_EVENT || early != GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "512 bytes come from a pool", "they come from elsewhere",
                                "there are no pools");
    }
    gbx_finding_event(finding, look, small, "512 bytes: from a pool");
    if (large == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "513 bytes come from malloc()", "nothing does",
                                "the request is not above the border");
    }
    const gbx_large *block = gbx_part_record(&above, large);
    if (block->size != 513) {
        return gbx_finding_failf(finding, "513 bytes come from malloc()", NULL, "%llu bytes do",
                                 (unsigned long long)block->size);
    }
    gbx_finding_event(finding, look, large, "513 bytes: from malloc()");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s2_border = {
    .id = "2.4b",
    .title = "above 512 bytes pymalloc steps aside",
    .sentence = "A request of 512 bytes is served from a pool; one of 513 goes to the C library's malloc().",
    .experiments = { &gbx_s2_blocks },
    .check = check_border,
    .must_fail = {
        { &gbx_s2_blocks, &below_the_border, "both requests are small" },
        { &gbx_s2_blocks, &without_pools, "malloc() serves both" },
    },
    .readings = {
        { "Include/internal/pycore_obmalloc.h#SMALL_REQUEST_THRESHOLD", "the border" },
        { "Objects/obmalloc.c#_PyObject_Malloc", "try the pools; if they decline, PyMem_RawMalloc" },
    },
    .prediction = {
        .question = "A program makes a bytes object of a million bytes. Where does its memory come from?",
        .choices = {
            { "from many pools of an arena", "everything is in arenas",
              "a block lies in one pool, and a pool has 16 KiB" },
            { "from the C library's malloc()", NULL, NULL },
            { "from an arena of its own", "large objects get arenas", "arenas are cut into pools, always" },
        },
    },
};

/* --------------------------------------------------------------- 2.4c: a free list */

/* The event of the list type's free list at or after `at`, at this address (0: any). */
static size_t
of_free_list(const gbx_part *part, size_t at, uint8_t event, uint64_t address)
{
    while ((at = gbx_part_next(part, at, event, 0)) != GBX_NO_EVENT) {
        const gbx_at *record = gbx_part_record(part, at);
        if (record->flags == GBX_FREELIST_LIST && (address == 0 || GBX_U48(record->address) == address)) {
            return at;
        }
        at++;
    }
    return GBX_NO_EVENT;
}

static gbx_verdict
check_free_list(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part;
    if (!gbx_part_find(look, finding, "free list", "begin", &part)) {
        return GBX_INSUFFICIENT;
    }
    size_t put = of_free_list(&part, part.begin, GBX_EV_FREELIST_PUT, 0);
    if (put == GBX_NO_EVENT) {
        size_t freed = gbx_part_next(&part, part.begin, GBX_EV_BLOCK_FREE, 0);
        if (freed != GBX_NO_EVENT) {
            gbx_finding_event(finding, look, freed, "a block goes back to the allocator");
        }
        return gbx_finding_fail(finding, "what is dropped goes to a free list", "nothing does",
                                "its type has no free list, or it is not dropped");
    }
    const gbx_at *dropped = gbx_part_record(&part, put);
    size_t hit = of_free_list(&part, put, GBX_EV_FREELIST_HIT, GBX_U48(dropped->address));
    if (hit == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the next list gets the same memory", "it does not", NULL);
    }
    gbx_part between = gbx_part_cut(&part, put, hit);
    uint32_t asked = gbx_part_count(&between, GBX_EV_BLOCK_ALLOC, 0)
                     + gbx_part_count(&between, GBX_EV_BLOCK_FREE, 0);
    if (asked != 0) {
        return gbx_finding_failf(finding, "the allocator hears nothing of it", NULL, "%u requests", asked);
    }
    gbx_finding_event(finding, look, put, "the list is dropped: its memory is kept aside");
    gbx_finding_event(finding, look, hit, "the next list is made in the same place");
    gbx_finding_fact(finding, "between the two the allocator was not asked");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

const gbx_claim gbx_s2_free_list = {
    .id = "2.4c",
    .title = "free lists",
    .sentence = "A list that dies is kept aside on a free list, and the next list is made in its place; the "
                "allocator hears nothing of it.",
    .experiments = { &gbx_s2_blocks },
    .check = check_free_list,
    .must_fail = {
        { &gbx_s2_blocks, &no_free_list, "sets have no free list" },
        { &gbx_s2_blocks, &somebody_else, "the list is not dropped" },
    },
    .readings = {
        { "Objects/listobject.c#list_dealloc", "keep it, if there is room for it" },
        { "Objects/listobject.c#PyList_New", "take one that was kept, if there is one" },
        { "Include/internal/pycore_freelist.h#PyList_MAXFREELIST", "how many are kept, type by type" },
    },
    .prediction = {
        .question = "del first; second = []. What does the allocator see of these two?",
        .choices = {
            { "a block is freed, and one is allocated", "every object is a request to the allocator",
              "some types keep their dead for the next one" },
            { "nothing", NULL, NULL },
            { "a block is allocated; the free comes later", "frees are delayed",
              "nothing is freed at all: the memory waits on a free list" },
        },
    },
};

/* ------------------------------------------------------------ 2.4d: a list that grows */

/* The memory for a list's items, as it grows.  Without the GIL a block begins with its length, so that
   a thread that still reads the old one knows how far it may go; what is counted is behind that. */
typedef struct {
    uint32_t growths;
    uint64_t size;           /* bytes, now */
    uint64_t before;         /* and before the last growth */
    size_t first, last;      /* events */
    size_t odd;              /* a growth that is not by about an eighth */
} growth;

/* Bytes that an event asks for, on behalf of something else than an object; 0: none. */
static uint64_t
asked_by(const gbx_part *part, size_t at)
{
    const void *record = gbx_part_record(part, at);
    const gbx_block *block = record;
    const gbx_large *large = record;
    const gbx_large_move *move = record;
    switch (gbx_part_event(part, at)) {
        case GBX_EV_BLOCK_ALLOC:
        case GBX_EV_BLOCK_RESIZE:
            return block->h.flags == GBX_DOMAIN_MEM ? block->h.arg : 0;
        case GBX_EV_LARGE_ALLOC:
            return large->h.flags == GBX_DOMAIN_MEM ? large->size : 0;
        case GBX_EV_LARGE_MOVE:
            return move->h.flags == GBX_DOMAIN_MEM ? move->size : 0;
        default:
            return 0;
    }
}

/* What list_resize() asks for when one item more than `items` is to fit. */
static uint64_t
room_for_one_more(uint64_t items)
{
    uint64_t needed = items + 1;
    return (needed + (needed >> 3) + 6) & ~(uint64_t)3;
}

static growth
follow_growth(const gbx_part *part)
{
    growth seen = { .first = GBX_NO_EVENT, .last = GBX_NO_EVENT, .odd = GBX_NO_EVENT };
    uint64_t length = gbx_s2_is_free_threaded(part->look) ? sizeof(uint64_t) : 0;
    for (size_t at = part->begin; at < part->end; at++) {
        uint64_t size = asked_by(part, at);
        if (size <= length) {
            continue;
        }
        size -= length;
        if (size != room_for_one_more(seen.size / 8) * 8) {
            seen.odd = at;
        }
        seen.growths++;
        seen.before = seen.size;
        seen.size = size;
        seen.first = seen.first == GBX_NO_EVENT ? at : seen.first;
        seen.last = at;
    }
    return seen;
}

static gbx_verdict
judge_growth(const gbx_part *part, gbx_finding *finding, const growth *seen, double items, double bytes)
{
    if (seen->growths < 2 || seen->odd != GBX_NO_EVENT) {
        if (seen->odd != GBX_NO_EVENT) {
            gbx_finding_event(finding, part->look, seen->odd, "%llu bytes",
                              (unsigned long long)asked_by(part, seen->odd));
        }
        return gbx_finding_failf(finding, "growing in steps, each about an eighth more than is needed",
                                 "the list is made otherwise", "%u requests for items", seen->growths);
    }
    if ((double)seen->size != bytes) {
        return gbx_finding_failf(finding, "as many bytes as sys.getsizeof() says", NULL,
                                 "%llu bytes, and %.0f", (unsigned long long)seen->size, bytes);
    }
    gbx_finding_event(finding, part->look, seen->first, "room for the first four items");
    gbx_finding_event(finding, part->look, seen->last, "the last growth: from %llu items to %llu",
                      (unsigned long long)seen->before / 8, (unsigned long long)seen->size / 8);
    gbx_finding_number(finding, "items appended", items, "");
    gbx_finding_number(finding, "growths", seen->growths, "");
    gbx_finding_number(finding, "room at the end", (double)seen->size / 8, "items");
    return GBX_PASS;
}

static gbx_verdict
check_growing(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part, whole;
    double items, bytes;
    if (!gbx_part_find(look, finding, "growing", "begin", &part) || !gbx_part_whole(look, &whole)) {
        return GBX_INSUFFICIENT;
    }
    if (!gbx_part_number(&whole, "appended", &items) || !gbx_part_number(&whole, "bytes", &bytes)) {
        return gbx_finding_insufficient(finding, "the program does not say how large the list became");
    }
    growth seen = follow_growth(&part);
    gbx_verdict verdict = judge_growth(&part, finding, &seen, items, bytes);
    if (verdict == GBX_PASS) {
        gbx_finding_observe_number(finding, seen.growths);
    }
    return verdict;
}

const gbx_claim gbx_s2_growing = {
    .id = "2.4d",
    .title = "a growing list asks for more than it needs",
    .sentence = "When an item does not fit, the list asks for room for an eighth more than it needs; so a "
                "thousand appends cost a few dozen requests.",
    .experiments = { &gbx_s2_blocks },
    .check = check_growing,
    .must_fail = {
        { &gbx_s2_blocks, &made_whole, "the list is made with its length known" },
        { &gbx_s2_blocks, &a_new_list_each_time, "each step makes a new list" },
    },
    .readings = {
        { "Objects/listobject.c#list_resize", "the formula, and the comment that lists what it gives" },
    },
    .prediction = {
        .question = "A thousand times append(). How often does the list ask for more memory?",
        .unit = "times",
        .tolerance = 1.5,
        .too_low = "lists double: they grow by an eighth",
        .too_high = "each append allocates: there is room left after most",
    },
};
