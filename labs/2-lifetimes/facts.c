/* Lab 2: did the ring die by counting, and did the cache give its arenas back?

   Who died when is told by the events of the watched members; arenas and blocks by the allocator's own.  That a ring is
   a ring, and that a cache answers, only the harness can see: it is compared with the oracle. */

#include "lifetimes.h"

#include "../../stations/2-memory/ledger.h"

#include <stdio.h>
#include <string.h>

#define MOST_KEPT   1u           /* arenas: the allocator keeps one that is empty for the next request */
#define TIMES_KEPT  4u           /* what is to be kept, so often, and... */
#define BESIDES     65536u       /* ...so many bytes are what a cache may still hold */

unsigned
gbx_lifetimes_number(const json_t *object, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(object, name));
    return value > 0 && value < 1 << 24 ? (unsigned)value : 0;
}

bool
gbx_lifetimes_part(const gbx_lab_look *look, gbx_finding *finding, const char *name, gbx_part *part)
{
    char begin[64];
    snprintf(begin, sizeof(begin), "%s begin", name);
    return gbx_part_find(look->look, finding, "part", begin, part);
}

size_t
gbx_lifetimes_death(const gbx_part *part, const char *name)
{
    size_t last = GBX_NO_EVENT;
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_REF_DEALLOC, 0)) != GBX_NO_EVENT; at++) {
        if (strcmp(gbx_part_watched(part, ((const gbx_ref *)gbx_part_record(part, at))->watch), name) == 0) {
            last = at;
        }
    }
    return last;
}

const char *
gbx_lifetimes_member(unsigned number, char *text, size_t size)
{
    snprintf(text, size, "member %u", number);
    return text;
}

/* ------------------------------------------------------------------------ the ring */

/* The record of the harness's watch of this name; NULL. */
static const gbx_watch *
watch_of(const gbx_part *part, const char *name)
{
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_WATCH, 0)) != GBX_NO_EVENT; at++) {
        const gbx_watch *record = gbx_part_record(part, at);
        if (strcmp(gbx_part_string(part, record->name), name) == 0) {
            return record;
        }
    }
    return NULL;
}

/* How many members are watched that are objects of the class Member and no other member; none has died
   before the ring is dropped. */
static unsigned
count_members(const gbx_lab_look *look, const gbx_part *seen, unsigned count)
{
    unsigned found = 0;
    uint64_t last = 0;
    char name[32];
    for (unsigned i = 0; i < count; i++) {
        const gbx_watch *watch = watch_of(seen, gbx_lifetimes_member(i, name, sizeof(name)));
        const gbx_type_info *type =
            watch == NULL ? NULL : gbx_trace_type(look->look->trace, seen->process, watch->type);
        if (type == NULL || strcmp(type->name, "Member") != 0 || watch->address == last) {
            continue;
        }
        last = watch->address;
        found += gbx_lifetimes_death(seen, name) == GBX_NO_EVENT;
    }
    return found;
}

static gbx_verdict
judge_links(const gbx_lab_look *look, gbx_finding *finding, unsigned count)
{
    const json_t *ring = json_object_get(look->observed, "ring");
    unsigned members = gbx_lifetimes_number(ring, "members");
    if (members != count) {
        return gbx_finding_failf(finding, "as many members as build() was asked for", NULL, "%u", members);
    }
    if (!json_is_true(json_object_get(ring, "closed"))) {
        return gbx_finding_fail(finding, "after the last member comes the first", "it does not", NULL);
    }
    if (!json_is_true(json_object_get(ring, "backward"))) {
        return gbx_finding_fail(finding, "the way back meets the same members", "others, or in another order", NULL);
    }
    if (!json_is_true(json_object_get(ring, "known"))) {
        return gbx_finding_fail(finding, "each member's `ring` is the ring", "of some it is not", NULL);
    }
    return GBX_PASS;
}

/* The ring has so many members in this run. */
static gbx_verdict
judge_linked(const gbx_lab_look *look, gbx_finding *finding)
{
    gbx_part seen, dropped;
    unsigned count = gbx_lifetimes_number(look->variant, "members");
    if (!gbx_lifetimes_part(look, finding, "look", &seen) || !gbx_lifetimes_part(look, finding, "ring dropped", &dropped)) {
        return GBX_INSUFFICIENT;
    }
    gbx_verdict verdict = judge_links(look, finding, count);
    if (verdict != GBX_PASS) {
        return verdict;
    }
    gbx_part before = gbx_part_cut(&seen, seen.begin, dropped.begin);
    unsigned alive = count_members(look, &before, count);
    if (alive != count) {
        return gbx_finding_failf(finding, "members of the class Member that live as long as the ring",
                                 "they are of another class, or are made anew each time they are asked for",
                                 "%u of %u do", alive, count);
    }
    return GBX_PASS;
}

static gbx_verdict
check_linked(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    (void)share;
    return judge_linked(look, finding);
}

static gbx_verdict
judge_counted(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part dropped;
    unsigned count = gbx_lifetimes_number(look->variant, "members"), died = 0;
    char name[32];
    if (!gbx_lifetimes_part(look, finding, "ring dropped", &dropped)) {
        return GBX_INSUFFICIENT;
    }
    size_t collection = gbx_part_next(&dropped, dropped.begin, GBX_EV_GC_START, 0);
    if (collection != GBX_NO_EVENT) {
        gbx_finding_event(finding, look->look, collection, "somebody starts a collection");
        return gbx_finding_fail(finding, "no collection", "there is one", "gc.collect() is called on the way");
    }
    size_t ring = gbx_lifetimes_death(&dropped, "ring");
    if (ring != GBX_NO_EVENT) {
        died++;
        gbx_finding_event(finding, look->look, ring, "the last reference to the ring goes");
    }
    for (unsigned i = 0; i < count; i++) {
        size_t at = gbx_lifetimes_death(&dropped, gbx_lifetimes_member(i, name, sizeof(name)));
        died += at != GBX_NO_EVENT;
        if (at != GBX_NO_EVENT && (i < 2 || i + 1 == count)) {
            gbx_finding_event(finding, look->look, at, "%s goes", name);
        }
    }
    if (died != count + 1) {
        *share = died / (count + 1.0);
        return gbx_finding_failf(finding, "the ring and all its members die as the last holder lets go",
                                 ring == GBX_NO_EVENT ? "somebody still counts as a holder of the ring: a member?"
                                                      : "members hold each other",
                                 "%u of %u do", died, count + 1);
    }
    return GBX_PASS;
}

static gbx_verdict
check_counted(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    return judge_counted(look, finding, share);
}

/* ----------------------------------------------------------------------- the cache */

static gbx_verdict
judge_answers(const gbx_lab_look *look, gbx_finding *finding)
{
    const char *kept = json_string_value(json_object_get(look->observed, "kept"));
    const char *expected = json_string_value(json_object_get(look->expected, "kept"));
    if (expected == NULL || kept == NULL) {
        return gbx_finding_insufficient(finding, "nothing to compare: the cache was not asked");
    }
    if (strcmp(kept, expected) != 0) {
        return gbx_finding_fail(finding, "get() gives the values that were put in", "others, or in another order",
                                "the numbers that are kept are those of fill(), also afterwards");
    }
    if (!json_is_true(json_object_get(look->observed, "gone"))) {
        return gbx_finding_fail(finding, "get() of a number that was not to be kept is None", "it is not", NULL);
    }
    return GBX_PASS;
}

static gbx_verdict
check_answers(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    (void)share;
    return judge_answers(look, finding);
}

/* From the first value to the last that was forgotten, all that the thread did. */
static bool
find_life_of_cache(const gbx_lab_look *look, gbx_finding *finding, gbx_part *part)
{
    gbx_part fill, keep;
    if (!gbx_lifetimes_part(look, finding, "fill", &fill) || !gbx_lifetimes_part(look, finding, "keep", &keep)) {
        return false;
    }
    *part = gbx_part_cut(&fill, fill.begin, keep.end);
    return true;
}

static gbx_verdict
check_arenas(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part life;
    unsigned made = 0, freed = 0;
    (void)share;
    if (!find_life_of_cache(look, finding, &life)) {
        return GBX_INSUFFICIENT;
    }
    for (size_t at = life.begin; at < life.end; at++) {
        uint8_t event = gbx_trace_event(look->look->trace, at);
        if (event == GBX_EV_ARENA_NEW) {
            made++;
            gbx_finding_event(finding, look->look, at, "an arena is asked for");
        } else if (event == GBX_EV_ARENA_FREE) {
            freed++;
            gbx_finding_event(finding, look->look, at, "its last block in use is freed: it goes back");
        }
    }
    gbx_finding_number(finding, "arenas asked for", made, "");
    gbx_finding_number(finding, "arenas given back", freed, "");
    if (made > freed + MOST_KEPT) {
        return gbx_finding_fail(finding, "when keep_only() returns, at most one more arena than before fill()",
                                "several more", "a few blocks that are still in use are spread over all of them");
    }
    return GBX_PASS;
}

static gbx_verdict
check_small(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part life;
    gbx_ledger ledger;
    (void)share;
    if (!find_life_of_cache(look, finding, &life)) {
        return GBX_INSUFFICIENT;
    }
    unsigned stride = gbx_lifetimes_number(look->variant, "stride"), size = gbx_lifetimes_number(look->variant, "size");
    unsigned entries = gbx_lifetimes_number(look->variant, "entries");
    uint64_t kept = stride == 0 ? 0 : (uint64_t)(entries + stride - 1) / stride * size;
    bool known = gbx_ledger_init(&ledger) && gbx_ledger_enter(&ledger, &life);
    uint64_t holds = ledger.asked;
    gbx_ledger_clear(&ledger);
    if (!known) {
        return gbx_finding_insufficient(finding, "out of memory");
    }
    gbx_finding_number(finding, "what it was to keep", (double)kept, "bytes");
    gbx_finding_number(finding, "what it holds", (double)holds, "bytes");
    if (holds > TIMES_KEPT * kept + BESIDES) {
        return gbx_finding_fail(finding, "about what it was to keep: four times that and 64 KiB at most", "more",
                                "what was to be forgotten is still in memory");
    }
    return GBX_PASS;
}

/* ------------------------------------------------------------- the same, other numbers */

static gbx_verdict
check_other_numbers(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    double counted = 1;
    gbx_verdict ring = judge_linked(look, finding);
    ring = ring == GBX_PASS ? judge_counted(look, finding, &counted) : ring;
    gbx_verdict cache = judge_answers(look, finding);
    *share = (ring == GBX_PASS) * 0.5 + (cache == GBX_PASS) * 0.5;
    if (ring == GBX_INSUFFICIENT || cache == GBX_INSUFFICIENT) {
        return GBX_INSUFFICIENT;
    }
    return ring == GBX_PASS && cache == GBX_PASS ? GBX_PASS : GBX_FAIL;
}

static const gbx_fact_code facts[] = {
    { "linked", check_linked },
    { "counted", check_counted },
    { "answers", check_answers },
    { "arenas", check_arenas },
    { "small", check_small },
    { "other_numbers", check_other_numbers },
    { "fate_a", gbx_lifetimes_fate_a },
    { "fate_b", gbx_lifetimes_fate_b },
    { "fate_c", gbx_lifetimes_fate_c },
    { "fate_d", gbx_lifetimes_fate_d },
    { "fate_e", gbx_lifetimes_fate_e },
    { "fate_f", gbx_lifetimes_fate_f },
    { NULL, NULL },
};

static const gbx_mechanism_code mechanisms[] = {
    { "by_counting", gbx_lifetimes_by_counting }, { "owner_first", gbx_lifetimes_owner_first },
    { "by_collection", gbx_lifetimes_by_collection }, { "by_scope", gbx_lifetimes_by_scope },
    { "by_size", gbx_lifetimes_by_size }, { "by_moving", gbx_lifetimes_by_moving },
    { NULL, NULL },
};

const gbx_lab_code gbx_lab_2 = { .number = 2, .facts = facts, .mechanisms = mechanisms };
