/* The course's program, told: its output, and beside each number what the allocator and the collector did.

   Nothing is judged here.  Output is quoted as it came; every number is counted in this run. */

#include "claims.h"
#include "ledger.h"
#include "trace.h"

#include <stdlib.h>
#include <string.h>

GBX_EXPERIMENT(gbx_s2_course, "experiments", "course", BLOCKS | GBX_BIT(GC));

typedef unsigned long long number;

/* The parts of the program, and its two lines of output. */
typedef struct {
    gbx_part whole, objects, sizes, gone;
    const char *first, *second;
    size_t first_size, second_size;
} course;

static bool
find_course(const gbx_look *look, gbx_finding *finding, course *it)
{
    const gbx_run *run = &look->runs[0];
    const char *end = memchr(run->out, '\n', run->out_size);
    it->first = run->out;
    it->first_size = end == NULL ? run->out_size : (size_t)(end + 1 - run->out);
    it->second = run->out + it->first_size;
    it->second_size = run->out_size - it->first_size;
    return gbx_part_whole(look, &it->whole) && gbx_part_find(look, finding, "course", "objects", &it->objects)
        && gbx_part_find(look, finding, "course", "sizes", &it->sizes)
        && gbx_part_find(look, finding, "course", "del", &it->gone);
}

/* ---------------------------------------------------------------------- the first line: sizes */

static uint32_t
lists_reused(const gbx_part *part)
{
    uint32_t count = 0;
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_FREELIST_HIT, 0)) != GBX_NO_EVENT; at++) {
        const gbx_at *hit = gbx_part_record(part, at);
        count += hit->flags == GBX_FREELIST_LIST;
    }
    return count;
}

/* What getsizeof() says, all of it added up, beside what was asked for. */
static void
tell_sizes(const course *it, gbx_finding *finding, const gbx_ledger *ledger)
{
    char *next;
    number list = strtoull(it->first, &next, 10), objects = strtoull(next, NULL, 10);
    number said = list + objects, asked = ledger->asked;
    gbx_finding_fact(finding, "the allocator: %llu blocks more, which asked for %llu bytes and take %llu",
                     (number)ledger->count, asked, (number)ledger->taken);
    if (said == asked) {
        gbx_finding_fact(finding, "getsizeof's two numbers add up to the same %llu", said);
        return;
    }
    gbx_finding_fact(finding, "getsizeof's two numbers add up to %llu, %llu %s; memory for %u list came off a free "
                     "list, and so was not asked for", said, said > asked ? said - asked : asked - said,
                     said > asked ? "more" : "less", lists_reused(&it->objects));
}

static void
tell_traced(const course *it, gbx_finding *finding, const gbx_ledger *ledger)
{
    double before, after;
    if (gbx_part_number(&it->whole, "traced before", &before)
        && gbx_part_number(&it->whole, "traced after", &after)) {
        gbx_finding_fact(finding, "tracemalloc, which the program starts, has seen %.0f bytes more: %s", after - before,
                         after - before == (double)ledger->asked ? "to the byte what was asked for"
                         : "not what was asked for");
    }
}

static bool
tell_objects(const course *it, gbx_finding *finding)
{
    gbx_ledger ledger;
    bool done = gbx_ledger_init(&ledger) && gbx_ledger_enter(&ledger, &it->objects);
    if (done) {
        tell_sizes(it, finding, &ledger);
        tell_traced(it, finding, &ledger);
        gbx_finding_fact(finding, "pools taken for them: %u; the list outgrew its memory %u times",
                         gbx_part_count(&it->objects, GBX_EV_POOL_NEW, 0),
                         gbx_part_count(&it->objects, GBX_EV_LARGE_MOVE, 0)
                         + gbx_part_count(&it->objects, GBX_EV_BLOCK_RESIZE, 0));
    }
    gbx_ledger_clear(&ledger);
    return done;
}

/* ---------------------------------------------------------- the second line: the collector's counts */

/* Collections of a generation since the last of an older one (0: since the recording began). */
static uint32_t
since_older(const gbx_part *part, unsigned generation)
{
    uint32_t count = 0;
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_GC_START, 0)) != GBX_NO_EVENT; at++) {
        const gbx_gc_start *start = gbx_part_record(part, at);
        count = start->h.flags > generation ? 0 : count + (start->h.flags == generation);
    }
    return count;
}

static size_t
last_of(const gbx_part *part, uint8_t event)
{
    size_t last = GBX_NO_EVENT;
    for (size_t at = part->begin; (at = gbx_part_next(part, at, event, 0)) != GBX_NO_EVENT; at++) {
        last = at;
    }
    return last;
}

static void
tell_counts(const course *it, gbx_finding *finding, const gbx_look *look)
{
    const gbx_part before = gbx_part_cut(&it->whole, it->whole.begin, it->gone.begin);
    size_t scheduled = last_of(&before, GBX_EV_GC_SCHEDULED);
    gbx_finding_fact(finding, "collections that began while the objects were made: %u",
                     gbx_part_count(&it->objects, GBX_EV_GC_START, 0));
    gbx_finding_fact(finding, "by the events: %u young collections since the last older one, and %u of the middle "
                     "generation since the last full one", since_older(&before, 0), since_older(&before, 1));
    if (scheduled != GBX_NO_EVENT) {
        const gbx_gc_start *asked = gbx_part_record(&before, scheduled);
        gbx_finding_event(finding, look, scheduled, "the last time that a count passed its threshold: %u, and the "
                          "threshold is %u", asked->count, asked->threshold);
    }
}

gbx_verdict
gbx_s2_tell_course(const gbx_look *look, gbx_finding *finding)
{
    course it;
    if (!find_course(look, finding, &it)) {
        return GBX_INSUFFICIENT;
    }
    size_t first = gbx_part_next(&it.objects, it.objects.begin, GBX_EV_BLOCK_ALLOC, 0);
    gbx_finding_quote(finding, it.first, it.first_size);
    if (first != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, first, "the first of the blocks for it");
    }
    if (!tell_objects(&it, finding)) {
        return gbx_finding_insufficient(finding, "out of memory");
    }
    gbx_finding_quote(finding, it.second, it.second_size);
    tell_counts(&it, finding, look);
    gbx_finding_fact(finding, "del xs: %u blocks freed there and then, in %u collections",
                     gbx_part_count(&it.gone, GBX_EV_BLOCK_FREE, 0), gbx_part_count(&it.gone, GBX_EV_GC_START, 0));
    return GBX_PASS;
}
