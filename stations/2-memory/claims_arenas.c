/* Claims 2.4e and g: arenas come and go, and tracemalloc counts what the events do.

   Experiments: survivor.py and tracemalloc_agrees.py. */

#include "claims.h"
#include "ledger.h"
#include "heap.h"
#include "trace.h"

static GBX_EXPERIMENT(survivor, "experiments", "survivor", BLOCKS);
static GBX_EXPERIMENT(nobody_survives, "must-fail", "nobody_survives", BLOCKS);
static GBX_EXPERIMENT(all_survive, "must-fail", "all_survive", BLOCKS);
static GBX_EXPERIMENT(tracemalloc_agrees, "experiments", "tracemalloc_agrees", BLOCKS);
static GBX_EXPERIMENT(counted_late, "must-fail", "counted_late", BLOCKS);

#define MAX_ADDRESS  0x1p53      /* whole numbers are exact in a double up to here */

/* ------------------------------------------------------------------- 2.4e: a survivor */

/* Parts of the run, and where the survivor is. */
typedef struct {
    gbx_part fill, go, last;
    uint64_t address;
} flood;

static bool
find_flood(const gbx_look *look, gbx_finding *finding, flood *it)
{
    gbx_part whole;
    double address;
    if (!gbx_part_find(look, finding, "arenas", "fill", &it->fill)
        || !gbx_part_find(look, finding, "arenas", "all but one go", &it->go)
        || !gbx_part_find(look, finding, "arenas", "the last goes", &it->last)) {
        return false;
    }
    if (!gbx_part_whole(look, &whole) || !gbx_part_number(&whole, "survivor", &address)
        || !(address > 0 && address < MAX_ADDRESS)) {
        gbx_finding_insufficient(finding, "the program marks no survivor");
        return false;
    }
    it->address = (uint64_t)address;
    return true;
}

/* The first event of this kind on the arena that an address lies in (0: on any). */
static size_t
of_arena(const gbx_part *part, uint8_t event, uint64_t address)
{
    size_t at = part->begin;
    while ((at = gbx_part_next(part, at, event, 0)) != GBX_NO_EVENT) {
        const gbx_arena *arena = gbx_part_record(part, at);
        if (address == 0 || address - arena->address < GBX_HEAP_ARENA) {
            return at;
        }
        at++;
    }
    return GBX_NO_EVENT;
}

static gbx_verdict
judge_flood(const gbx_look *look, gbx_finding *finding, const flood *it)
{
    size_t made = of_arena(&it->fill, GBX_EV_ARENA_NEW, it->address);
    size_t other = of_arena(&it->go, GBX_EV_ARENA_FREE, 0);
    size_t early = of_arena(&it->go, GBX_EV_ARENA_FREE, it->address);
    size_t freed = of_arena(&it->last, GBX_EV_ARENA_FREE, it->address);
    if (made == GBX_NO_EVENT) {
        return gbx_finding_insufficient(finding, "the survivor lies in no arena that the program filled");
    }
    if (other == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "arenas without a survivor are given back", "none is",
                                "more than one object survives");
    }
    if (early != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, early, "the arena of the one that should survive");
        return gbx_finding_fail(finding, "the survivor's arena stays", "it is given back",
                                "the survivor is dropped with the others");
    }
    if (freed == GBX_NO_EVENT) {
        return gbx_finding_fail(finding, "the arena goes with the survivor", "it stays",
                                "something else lies in it");
    }
    gbx_finding_event(finding, look, made, "the arena that the survivor came to lie in");
    gbx_finding_event(finding, look, other, "all but one go: an arena in which all blocks are free");
    gbx_finding_event(finding, look, freed, "the survivor goes, and only now its arena");
    return GBX_PASS;
}

static gbx_verdict
check_survivor(const gbx_look *look, gbx_finding *finding)
{
    flood it;
    if (!gbx_s2_has_pools(look, finding)) {
        return GBX_SKIPPED;
    }
    if (!find_flood(look, finding, &it)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_flood(look, finding, &it);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_finding_number(finding, "arenas filled", gbx_part_count(&it.fill, GBX_EV_ARENA_NEW, 0), "");
    gbx_finding_number(finding, "given back while one survives",
                       gbx_part_count(&it.go, GBX_EV_ARENA_FREE, 0), "");
    gbx_finding_number(finding, "an arena", GBX_HEAP_ARENA / 1024, "KiB");
    gbx_finding_observe(finding, 2);
    return GBX_PASS;
}

const gbx_claim gbx_s2_survivor = {
    .id = "2.4e",
    .title = "one survivor keeps an arena",
    .sentence = "An arena goes back to the system when its last block is free, and not before: one small "
                "object keeps a megabyte.",
    .experiments = { &survivor },
    .check = check_survivor,
    .must_fail = {
        { &survivor, &nobody_survives, "nothing survives" },
        { &survivor, &all_survive, "everything survives" },
    },
    .readings = {
        { "Objects/obmalloc.c#new_arena", "where a megabyte comes from" },
        { "Objects/obmalloc.c#insert_to_freepool", "all pools free? then the arena goes back" },
    },
    .prediction = {
        .question = "Twenty thousand objects fill arenas; all but one are dropped. What of the memory?",
        .choices = {
            { "Python keeps it all for later", "Python never gives memory back",
              "an arena that is empty goes back at once" },
            { "all of it goes back, but for the one object", "memory is given back object by object",
              "the system gets whole arenas or nothing" },
            { "the empty arenas go back, the survivor's stays", NULL, NULL },
            { "the survivor is moved, and all arenas but one go", "the heap is compacted",
              "objects never move: others have their addresses" },
        },
    },
};

/* ---------------------------------------------------------------- 2.4g: tracemalloc */

static gbx_verdict
judge_traced(const gbx_part *part, gbx_finding *finding, const gbx_ledger *before, const gbx_ledger *after,
             double traced)
{
    double asked = (double)after->asked - (double)before->asked;
    size_t first = gbx_part_next(part, part->begin, GBX_EV_BLOCK_ALLOC, 0);
    if (after->strangers != before->strangers) {
        return gbx_finding_insufficient(finding, "the program frees what was there before the recording");
    }
    if (asked != traced || first == GBX_NO_EVENT || !(asked > 0)) {
        return gbx_finding_failf(finding, "as many bytes more as tracemalloc says",
                                 "tracemalloc was asked at another time", "%.0f bytes, and tracemalloc says %.0f",
                                 asked, traced);
    }
    gbx_finding_event(finding, part->look, first, "the first of the blocks that both have seen");
    gbx_finding_number(finding, "by the events", asked, "bytes");
    gbx_finding_number(finding, "by tracemalloc", traced, "bytes");
    gbx_finding_number(finding, "blocks", (double)after->count - (double)before->count, "");
    gbx_finding_number(finding, "what they really take", (double)after->taken - (double)before->taken, "bytes");
    return GBX_PASS;
}

static gbx_verdict
check_tracemalloc(const gbx_look *look, gbx_finding *finding)
{
    gbx_part part, whole;
    double traced;
    if (!gbx_part_find(look, finding, "traced", "begin", &part) || !gbx_part_whole(look, &whole)) {
        return GBX_INSUFFICIENT;
    }
    if (!gbx_part_number(&whole, "traced bytes", &traced)) {
        return gbx_finding_insufficient(finding, "the program does not say what tracemalloc saw");
    }
    const gbx_part earlier = gbx_part_cut(&whole, whole.begin, part.begin);
    gbx_verdict verdict = GBX_INSUFFICIENT;
    gbx_ledger ledger;
    bool done = gbx_ledger_init(&ledger) && gbx_ledger_enter(&ledger, &earlier);
    const gbx_ledger before = ledger;
    if (done && gbx_ledger_enter(&ledger, &part)) {
        verdict = judge_traced(&part, finding, &before, &ledger, traced);
    } else {
        gbx_finding_insufficient(finding, "out of memory");
    }
    gbx_ledger_clear(&ledger);
    if (verdict == GBX_PASS) {
        gbx_finding_observe(finding, 1);
    }
    return verdict;
}

const gbx_claim gbx_s2_tracemalloc = {
    .id = "2.4g",
    .title = "tracemalloc says the same",
    .sentence = "Over one stretch of a program, the bytes that were asked for and not given back are to the "
                "byte what tracemalloc says; what they take is more.",
    .experiments = { &tracemalloc_agrees },
    .check = check_tracemalloc,
    .must_fail = {
        { &tracemalloc_agrees, &counted_late, "one more object is made before it is asked" },
    },
    .readings = {
        { "Python/tracemalloc.c#tracemalloc_alloc", "it stands before the allocator, and sees requests" },
    },
    .prediction = {
        .question = "tracemalloc says that a program has asked for a million bytes more. The blocks for these "
                    "take...",
        .choices = {
            { "a million bytes", "tracemalloc measures memory", "it adds up what was asked for" },
            { "more than that", NULL, NULL },
            { "less than that: some are shared", "equal objects share memory",
              "no two blocks have a byte in common" },
        },
    },
};
