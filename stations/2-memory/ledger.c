/* See ledger.h.  A hash table with open addressing; a block that is given back leaves its address, with
   GONE in place of its size, so that a search goes on behind it. */

#include "ledger.h"
#include "trace.h"

#include <stdlib.h>

#define FIRST_SIZE   4096u
#define GONE         UINT64_MAX
#define LARGEST      512u         /* that a pool has blocks for */
#define LARGEST_MIMALLOC  (2u << 20)

uint32_t
gbx_ledger_rounded(uint32_t asked)
{
    return (asked + 15u) & ~15u;
}

bool
gbx_ledger_init(gbx_ledger *ledger)
{
    *ledger = (gbx_ledger){ .blocks = calloc(FIRST_SIZE, sizeof(gbx_ledger_block)), .size = FIRST_SIZE };
    return ledger->blocks != NULL;
}

void
gbx_ledger_clear(gbx_ledger *ledger)
{
    free(ledger->blocks);
    ledger->blocks = NULL;
}

/* The place of an address, or the free one where it belongs.  There always is a free place. */
static gbx_ledger_block *
find(gbx_ledger_block *blocks, size_t size, uint64_t address)
{
    size_t i = (size_t)((address >> 4) * 0x9E3779B97F4A7C15u >> 20) & (size - 1);
    while (blocks[i].address != 0 && blocks[i].address != address) {
        i = (i + 1) & (size - 1);
    }
    return &blocks[i];
}

static bool
make_room(gbx_ledger *ledger)
{
    if (ledger->used < ledger->size / 2) {
        return true;
    }
    size_t size = ledger->size * 2;
    gbx_ledger_block *blocks = size > ledger->size ? calloc(size, sizeof(*blocks)) : NULL;
    if (blocks == NULL) {
        return false;
    }
    ledger->used = 0;
    for (size_t i = 0; i < ledger->size; i++) {
        const gbx_ledger_block *block = &ledger->blocks[i];
        if (block->address != 0 && block->asked != GONE) {
            *find(blocks, size, block->address) = *block;
            ledger->used++;
        }
    }
    free(ledger->blocks);
    ledger->blocks = blocks;
    ledger->size = size;
    return true;
}

/* mimalloc has blocks of 8 bytes, of every multiple of 16 up to 64, and then of four sizes between one
   power of two and the next: mimalloc/page-queue.c, mi_bin(). */
static uint64_t
rounded_by_mimalloc(uint64_t asked)
{
    uint64_t words = (asked + 7) / 8, step = 1;
    if (words <= 8) {
        return words <= 1 ? 8 : (words + 1) / 2 * 16;
    }
    while ((words - 1) / step >= 8) {
        step *= 2;
    }
    return ((words - 1) / step + 1) * step * 8;
}

static uint64_t
taken(const gbx_ledger *ledger, uint64_t asked)
{
    if (ledger->mimalloc) {
        return asked <= LARGEST_MIMALLOC ? rounded_by_mimalloc(asked) : asked;
    }
    return asked <= LARGEST ? gbx_ledger_rounded((uint32_t)asked) : asked;
}

static void
drop(gbx_ledger *ledger, uint64_t address, bool raw)
{
    gbx_ledger_block *block = find(ledger->blocks, ledger->size, address);
    if (block->address == 0 || block->asked == GONE) {
        ledger->strangers += !raw;
        return;
    }
    if (!block->raw) {
        ledger->count--;
        ledger->asked -= block->asked;
        ledger->taken -= taken(ledger, block->asked);
    }
    block->asked = GONE;
}

static bool
add(gbx_ledger *ledger, uint64_t address, uint64_t asked, bool raw)
{
    if (address == 0 || asked == GONE) {
        return true;
    }
    if (!make_room(ledger)) {
        return false;
    }
    gbx_ledger_block *block = find(ledger->blocks, ledger->size, address);
    if (block->address == 0) {
        ledger->used++;
    } else if (block->asked != GONE) {       /* born twice: what it was before has been given back unseen */
        drop(ledger, address, raw);
    }
    *block = (gbx_ledger_block){ address, asked, raw };
    if (!raw) {
        ledger->count++;
        ledger->asked += asked;
        ledger->taken += taken(ledger, asked);
    }
    return true;
}

static bool
enter(gbx_ledger *ledger, const gbx_head *head)
{
    const void *record = head;
    const gbx_at *at = record;
    const gbx_block *block = record;
    const gbx_large *large = record;
    const gbx_large_move *move = record;
    bool raw = head->flags == GBX_DOMAIN_RAW;        /* of large blocks */
    switch (head->event) {
        case GBX_EV_BLOCK_ALLOC:
            return add(ledger, GBX_U48(block->address), block->h.arg, false);
        case GBX_EV_BLOCK_RESIZE:
            drop(ledger, GBX_U48(block->address), false);
            return add(ledger, GBX_U48(block->address), block->h.arg, false);
        case GBX_EV_BLOCK_FREE:
            drop(ledger, GBX_U48(at->address), false);
            return true;
        case GBX_EV_LARGE_ALLOC:
            return add(ledger, GBX_U48(large->address), large->size, raw);
        case GBX_EV_LARGE_FREE:
            drop(ledger, GBX_U48(at->address), raw);
            return true;
        case GBX_EV_LARGE_MOVE:
            drop(ledger, move->old_address, raw);
            return add(ledger, GBX_U48(move->address), move->size, raw);
        default:
            return true;
    }
}

bool
gbx_ledger_enter(gbx_ledger *ledger, const gbx_part *part)
{
    gbx_cursor now;
    ledger->mimalloc = (gbx_trace_process(part->trace, part->process)->header->build
                        & GBX_BUILD_FREE_THREADED) != 0;
    bool more = part->begin < part->end && gbx_trace_seek(part->trace, part->begin, &now);
    for (; more && now.at < part->end; more = gbx_trace_next(&now)) {
        if (now.entry.stream == part->stream && !enter(ledger, now.entry.record)) {
            return false;
        }
    }
    return true;
}
