/* The facts of lab 6: what memory a cache has for numbers, when it took it, and what comes out of it.

   NumPy tells of each piece of memory for numbers as it takes it and gives it back (buf.memory_new, buf.memory_free); from 2.5 on
   it has them from the interpreter's allocator, which tells of them, too, and then the two have to agree.  What the
   cache says of itself is compared with that, and its attention with the oracle's. */

#include "../../stations/part.h"
#include "finding.h"      // gbx_finding_new: a mechanism has none to write to
#include "lab.h"

#include "trace.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PIECES = 4096 };              /* pieces of memory that are followed */

/* A piece of memory for numbers. */
typedef struct {
    uint64_t address, size;
} piece;

/* What is there at some moment, of all that was taken since the cache was made. */
typedef struct {
    uint64_t bytes;
    size_t count;
    bool agreed;                     /* the allocator knows of as many bytes, or of none of them */
    bool too_many;
    size_t largest;                  /* the event that made the largest */
} living;

static uint64_t
number(const gbx_lab_look *look, const char *name)
{
    json_int_t value = json_integer_value(json_object_get(look->variant, name));
    return value < 0 || value > 100000 ? 0 : (uint64_t)value;
}

/* Bytes of a token: a key and a value, eight bytes a number. */
static uint64_t
token_bytes(const gbx_lab_look *look)
{
    return 2 * 8 * number(look, "width");
}

static uint64_t
block_bytes(const gbx_lab_look *look)
{
    return token_bytes(look) * number(look, "block");
}

/* What the oracle counts: expected.KIND.MOMENT; 0: it does not say. */
static uint64_t
counted(const gbx_lab_look *look, const char *kind, const char *moment)
{
    json_int_t value = json_integer_value(json_object_get(json_object_get(look->expected, kind), moment));
    return value < 0 ? 0 : (uint64_t)value;
}

static bool
find(const gbx_lab_look *look, gbx_finding *finding, const char *name, gbx_part *part)
{
    char begin[96];
    snprintf(begin, sizeof(begin), "%s begin", name);
    return gbx_part_find(look->look, finding, "part", begin, part);
}

/* ------------------------------------------------------------------------ memory */

static void
put(piece *pieces, size_t *count, uint64_t address, uint64_t size, bool *too_many)
{
    if (*count == PIECES) {
        *too_many = true;
    } else {
        pieces[(*count)++] = (piece){ .address = address, .size = size };
    }
}

static void
drop(piece *pieces, size_t *count, uint64_t address)
{
    for (size_t i = *count; i-- > 0;) {
        if (pieces[i].address == address) {
            pieces[i] = pieces[--*count];
            return;
        }
    }
}

/* Does the allocator, where it knows of any of these numbers, know of all of them? */
static bool
agree(const piece *numbers, size_t count, const piece *blocks, size_t block_count)
{
    size_t known = 0, large = 0;
    for (size_t i = 0; i < count; i++) {
        bool found = false;
        for (size_t b = 0; b < block_count && !found; b++) {
            found = numbers[i].address >= blocks[b].address
                && numbers[i].address + numbers[i].size <= blocks[b].address + blocks[b].size;
        }
        large += numbers[i].size > 512;
        known += found && numbers[i].size > 512;
    }
    return known == 0 || known == large;
}

static void
follow(const gbx_part *span, piece *numbers, piece *blocks, living *out)
{
    size_t count = 0, block_count = 0;
    uint64_t most = 0;
    for (size_t at = span->begin; at < span->end; at++) {
        const void *record = gbx_part_record(span, at);
        switch (gbx_part_event(span, at)) {
            case GBX_EV_MEMORY_NEW: {
                const gbx_buf_memory *memory = record;
                drop(numbers, &count, memory->address);
                put(numbers, &count, memory->address, memory->size, &out->too_many);
                if (memory->size > most) {
                    most = memory->size;
                    out->largest = at;
                }
                break;
            }
            case GBX_EV_MEMORY_FREE: drop(numbers, &count, ((const gbx_buf_memory *)record)->address); break;
            case GBX_EV_LARGE_ALLOC: {
                const gbx_large *large = record;
                put(blocks, &block_count, GBX_U48(large->address), large->size, &out->too_many);
                break;
            }
            case GBX_EV_LARGE_MOVE: {
                const gbx_large_move *move = record;
                drop(blocks, &block_count, move->old_address);
                put(blocks, &block_count, GBX_U48(move->address), move->size, &out->too_many);
                break;
            }
            case GBX_EV_LARGE_FREE: drop(blocks, &block_count, GBX_U48(((const gbx_at *)record)->address)); break;
            default: break;
        }
    }
    for (size_t i = 0; i < count; i++) {
        out->bytes += numbers[i].size;
    }
    out->count = count;
    out->agreed = agree(numbers, count, blocks, block_count);
}

/* What is there as the part "account MOMENT" begins; false: there is a word in `finding`. */
static bool
what_lives(const gbx_lab_look *look, gbx_finding *finding, const char *moment, living *out)
{
    char name[64];
    gbx_part make, account;
    piece *pieces = malloc(2 * PIECES * sizeof(*pieces));
    bool found = false;
    *out = (living){ .largest = GBX_NO_EVENT };
    snprintf(name, sizeof(name), "account %s", moment);
    if (pieces == NULL) {
        gbx_finding_insufficient(finding, "out of memory");
    } else if (find(look, finding, "make", &make) && find(look, finding, name, &account)) {
        gbx_part span = gbx_part_cut(&make, make.begin, account.begin);
        follow(&span, pieces, pieces + PIECES, out);
        found = !out->too_many && out->agreed;
        if (!found) {
            gbx_finding_insufficient(finding, out->too_many ? "too many pieces of memory to follow"
                                                            : "NumPy and the allocator do not say the same");
        }
    }
    free(pieces);
    return found;
}

/* Bytes for numbers that were taken in a part, given back or not; the largest piece's event. */
static uint64_t
taken_in(const gbx_part *part, size_t *largest)
{
    uint64_t bytes = 0, most = 0;
    *largest = GBX_NO_EVENT;
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_MEMORY_NEW, 0)) != GBX_NO_EVENT; at++) {
        uint64_t size = ((const gbx_buf_memory *)gbx_part_record(part, at))->size;
        bytes += size;
        if (size > most) {
            most = size;
            *largest = at;
        }
    }
    return bytes;
}

/* ------------------------------------------------------------------------- waste */

static gbx_verdict
check_waste(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    living all;
    uint64_t tokens = counted(look, "tokens", "full"), blocks = counted(look, "blocks", "full");
    uint64_t needed = tokens * token_bytes(look), limit = blocks * block_bytes(look);
    (void)share;
    if (needed == 0 || !what_lives(look, finding, "full", &all)) {
        return GBX_INSUFFICIENT;
    }
    double waste = all.bytes == 0 ? 0 : 1 - (double)needed / (double)all.bytes;
    gbx_finding_number(finding, "memory for numbers at its fullest", (double)all.bytes, "bytes");
    gbx_finding_number(finding, "of it without a token", 100 * waste, "%");
    gbx_finding_event(finding, look->look, all.largest, "the largest piece");
    if (all.bytes < needed) {
        return gbx_finding_failf(finding, "the numbers of all tokens are in NumPy arrays of eight bytes a number",
                                 "they are kept as other objects, or as smaller numbers", "there is memory for %.0f %% of them",
                                 100 * (double)all.bytes / (double)needed);
    }
    if (all.bytes > limit + token_bytes(look)) {
        return gbx_finding_failf(finding, "each sequence has at most one block that is not full",
                                 "memory is set aside for tokens that may never come", "%.1f %% of the memory has no token",
                                 100 * waste);
    }
    return GBX_PASS;
}

/* --------------------------------------------------------------------- by blocks */

static gbx_verdict
check_by_blocks(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    size_t largest;
    uint64_t limit = (counted(look, "blocks", "full") + 1) * block_bytes(look);
    (void)share;
    if (!find(look, finding, "fill", &part)) {
        return GBX_INSUFFICIENT;
    }
    uint64_t taken = taken_in(&part, &largest);
    gbx_finding_number(finding, "taken while the sequences grew", (double)taken, "bytes");
    gbx_finding_event(finding, look->look, largest, "the largest piece");
    if (taken == 0) {
        return gbx_finding_fail(finding, "memory is taken as the sequences grow", "none is", "it was set aside before, or is no "
                                "NumPy array's");
    }
    if (taken > limit) {
        return gbx_finding_failf(finding, "one piece of memory for each block, and no more",
                                 "what is there is copied into a larger array as it grows", "%.1f times as much is taken",
                                 (double)taken / (double)limit);
    }
    return GBX_PASS;
}

/* The same of sequences that the oracle was not asked about: what is there at the fullest is what was taken as they grew,
   in pieces that are no larger than a block. */
static gbx_verdict
check_by_growth(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    living all;
    size_t largest;
    (void)share;
    if (!find(look, finding, "fill", &part) || !what_lives(look, finding, "full", &all)) {
        return GBX_INSUFFICIENT;
    }
    uint64_t taken = taken_in(&part, &largest);
    uint64_t most = largest == GBX_NO_EVENT ? 0 : ((const gbx_buf_memory *)gbx_part_record(&part, largest))->size;
    gbx_finding_number(finding, "taken while the sequences grew", (double)taken, "bytes");
    gbx_finding_event(finding, look->look, largest, "the largest piece");
    if (most == 0 || most > block_bytes(look) || taken > all.bytes + token_bytes(look) || all.bytes > taken + token_bytes(look)) {
        return gbx_finding_fail(finding, "pieces of a block at most, taken as sequences grow, and kept", "there are others",
                                "memory is set aside by the lengths of one day");
    }
    return GBX_PASS;
}

/* -------------------------------------------------------------------- accounting */

static gbx_verdict
check_accounting(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    static const char *const moments[] = { "full", "forked", "again" };
    unsigned right = 0;
    for (size_t i = 0; i < GBX_COUNT(moments); i++) {
        char name[64];
        living all;
        if (!what_lives(look, finding, moments[i], &all)) {
            return GBX_INSUFFICIENT;
        }
        snprintf(name, sizeof(name), "account %s", moments[i]);
        const json_t *said = json_object_get(look->observed, name);
        json_int_t bytes = json_integer_value(json_object_get(said, "bytes"));
        json_int_t tokens = json_integer_value(json_object_get(said, "tokens"));
        bool same_bytes = bytes >= 0 && (uint64_t)bytes == all.bytes;
        bool same_tokens = tokens > 0 && (uint64_t)tokens == counted(look, "tokens", moments[i]);
        gbx_finding_number(finding, name, (double)all.bytes, "bytes");
        if (same_bytes && same_tokens) {
            right++;
        } else {
            gbx_finding_failf(finding, "the cache knows how many tokens it keeps, and how many bytes its arrays have",
                              same_bytes ? NULL : "it counts what it needs, not what it has",
                              "'%s': %s", moments[i], same_bytes ? "another number of tokens" : "another number of bytes");
        }
    }
    *share = (double)right / (double)GBX_COUNT(moments);
    return right == GBX_COUNT(moments) ? GBX_PASS : GBX_FAIL;
}

/* ----------------------------------------------------------------- copy on write */

static gbx_verdict
check_copy_on_write(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    size_t largest;
    uint64_t limit = counted(look, "blocks", "branch") * block_bytes(look);
    (void)share;
    if (limit == 0 || !find(look, finding, "branch", &part)) {
        return GBX_INSUFFICIENT;
    }
    uint64_t taken = taken_in(&part, &largest);
    gbx_finding_number(finding, "taken as the two grew", (double)taken, "bytes");
    if (taken > limit + token_bytes(look)) {
        gbx_finding_event(finding, look->look, largest, "the largest piece");
        return gbx_finding_failf(finding, "as both grow, new blocks for each, and one copy of the last that they share",
                                 "all of the sequence is copied when the fork is written to",
                                 "%.1f times as much is taken", (double)taken / (double)limit);
    }
    gbx_finding_refute(finding, look->look, largest, "a block for the fork alone");
    gbx_finding_observe(finding, 1);
    return GBX_PASS;
}

/* ------------------------------------------------------------------------- reuse */

static gbx_verdict
check_reuse(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    gbx_part part;
    size_t largest;
    (void)share;
    if (!find(look, finding, "refill", &part)) {
        return GBX_INSUFFICIENT;
    }
    uint64_t taken = taken_in(&part, &largest);
    gbx_finding_number(finding, "taken for those who came later", (double)taken, "bytes");
    if (taken >= block_bytes(look) / 2) {
        gbx_finding_event(finding, look->look, largest, "memory is taken, with blocks of two ended sequences to be had");
        return gbx_finding_failf(finding, "who comes later has the blocks of those that ended", "blocks go with their sequence",
                                 "new memory is taken, for %.1f blocks", (double)taken / (double)block_bytes(look));
    }
    return GBX_PASS;
}

/* ------------------------------------------------------------------------- equal */

/* How far sums in another order may be apart. */
#define TOLERANCE 1e-9

static bool
same_vector(const json_t *given, const json_t *right)
{
    size_t count = json_array_size(right);
    if (count == 0 || json_array_size(given) != count) {
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_array_get(given, i);
        if (!json_is_number(one) || !(fabs(json_number_value(one) - json_number_value(json_array_get(right, i))) < TOLERANCE)) {
            return false;
        }
    }
    return true;
}

static gbx_verdict
check_equal(const gbx_lab_look *look, gbx_finding *finding, double *share)
{
    const json_t *all = json_object_get(look->expected, "attention");
    size_t right = 0, count = json_object_size(all);
    const char *name;
    json_t *vector;
    char first[32] = "";
    if (count == 0) {
        return gbx_finding_insufficient(finding, "the oracle says nothing of attention");
    }
    json_object_foreach((json_t *)all, name, vector) {
        if (same_vector(json_object_get(look->observed, name), vector)) {
            right++;
        } else if (first[0] == '\0') {
            snprintf(first, sizeof(first), "%s", name);
        }
    }
    *share = (double)right / (double)count;
    if (right < count) {
        return gbx_finding_failf(finding, "attention over the paged cache is that over a contiguous one",
                                 right == 0 ? "the rule of the task is another, or tokens are in another order"
                                            : "a block is shared that somebody wrote to, or used again too early",
                                 "%zu of %zu vectors are; not '%s'", right, count, first);
    }
    gbx_finding_fact(finding, "%zu vectors, each as the oracle has it", count);
    return GBX_PASS;
}

/* ------------------------------------------------------------------- mechanisms */

/* Is one of the events memory for numbers of at least half a block, taken in this part? */
static bool
taken_at(const gbx_lab_look *look, const char *name, const size_t *events, size_t count)
{
    gbx_part part;
    gbx_finding *unused = gbx_finding_new();
    bool shown = false;
    if (unused != NULL && find(look, unused, name, &part)) {
        for (size_t i = 0; i < count; i++) {
            shown = shown || (events[i] >= part.begin && events[i] < part.end
                              && gbx_part_event(&part, events[i]) == GBX_EV_MEMORY_NEW
                              && ((const gbx_buf_memory *)gbx_part_record(&part, events[i]))->size >= block_bytes(look) / 2);
        }
    }
    gbx_finding_free(unused);
    return shown;
}

static bool
shows_tail(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    snprintf(why, size, "no buf.memory_new of a block, taken while the sequences grew");
    return taken_at(look, "fill", events, count);
}

static bool
shows_copy(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    snprintf(why, size, "no buf.memory_new of a block, taken as the fork grew");
    return taken_at(look, "branch", events, count);
}

static bool
shows_nothing(const gbx_lab_look *look, const size_t *events, size_t count, char *why, size_t size)
{
    (void)look;
    (void)events;
    (void)count;
    snprintf(why, size, "these events show something else");
    return false;
}

static const gbx_fact_code facts[] = {
    { "equal", check_equal },           { "waste", check_waste },
    { "by-blocks", check_by_blocks },   { "by-growth", check_by_growth },
    { "accounting", check_accounting }, { "copy-on-write", check_copy_on_write },
    { "reuse", check_reuse },           { NULL, NULL },
};

static const gbx_mechanism_code mechanisms[] = {
    { "tail", shows_tail }, { "copy", shows_copy }, { "never", shows_nothing }, { NULL, NULL },
};

const gbx_lab_code gbx_lab_6 = { .number = 6, .facts = facts, .mechanisms = mechanisms };
