/* See why_copies.h. */

#include "why_copies.h"

#include <stdlib.h>

#define FEW_ALIVE   4u           /* at once: the old one, the new one, and who looks at them */
#define AGAIN       8u           /* bytes made for each byte that was alive at once: less is a program that works
                                    through what it has */
#define OFTEN       50u
#define HEAD        64u          /* an object is larger by so much at most than the bytes in it */

/* Room for what stands beside each entry of the tally. */
static gbx_why_site *
site_of(gbx_why_copies *copies, const gbx_why_line *line)
{
    if (copies->room < copies->tally.room) {
        gbx_why_site *more = realloc(copies->sites, copies->tally.room * sizeof(*more));
        if (more == NULL) {
            return NULL;
        }
        for (size_t i = copies->room; i < copies->tally.room; i++) {
            more[i] = (gbx_why_site){ .live = 0 };
        }
        copies->sites = more;
        copies->room = copies->tally.room;
    }
    return &copies->sites[line - copies->tally.items];
}

/* ------------------------------------------------------------------ what is alive */

static bool
same_place(const gbx_why_place *a, const gbx_why_place *b)
{
    return a->process == b->process && a->code == b->code && a->offset == b->offset;
}

static void
remember(gbx_why_copies *copies, const gbx_why_thing *thing, gbx_why_place place, bool known)
{
    size_t at = copies->alive_count, smallest = 0;
    if (at == GBX_WHY_ALIVE) {
        for (size_t i = 1; i < at; i++) {
            smallest = copies->alive[i].bytes < copies->alive[smallest].bytes ? i : smallest;
        }
        if (copies->alive[smallest].bytes >= thing->bytes) {
            return;
        }
        at = smallest;
    }
    else {
        copies->alive_count++;
    }
    copies->alive[at] = (gbx_why_alive){ copies->born, thing->bytes, known, place };
}

static void
forget(gbx_why_copies *copies, const gbx_why_thing *thing, gbx_why_place place)
{
    for (size_t i = copies->alive_count; i > 0; i--) {
        gbx_why_alive *one = &copies->alive[i - 1];
        if (one->bytes == thing->bytes && same_place(&one->place, &place)) {
            *one = copies->alive[--copies->alive_count];
            return;
        }
    }
}

/* Is it cut from something: from the one before, or from what is alive elsewhere since before that? */
static bool
is_cut(const gbx_why_copies *copies, const gbx_why_site *site, const gbx_why_thing *thing, gbx_why_place place)
{
    if (thing->bytes < site->last_bytes && thing->bytes > site->last_bytes / 2) {
        return true;
    }
    for (size_t i = 0; i < copies->alive_count; i++) {
        const gbx_why_alive *one = &copies->alive[i];
        bool large = one->bytes >= thing->bytes && (one->known || one->bytes - thing->bytes <= HEAD);
        if (large && one->number < site->last && !same_place(&one->place, &place)) {
            return true;
        }
    }
    return false;
}

/* -------------------------------------------------------------------------- sites */

static void
be_born(gbx_why_copies *copies, gbx_why_walk *walk, const gbx_entry *entry, const gbx_why_thing *thing,
        gbx_why_line *line, gbx_why_site *site)
{
    const gbx_why_prices *prices = &walk->input->prices;
    double bytes = (double)thing->bytes;
    double ns = bytes * (site->live > 0 ? gbx_why_grow_price(prices, bytes) : gbx_why_copy_price(prices, bytes));
    if (line->count++ == 0) {
        site->own = gbx_why_made_at(walk, entry, thing);
    }
    copies->born++;
    site->sourced += is_cut(copies, site, thing, line->place);
    site->last = copies->born;
    site->last_bytes = thing->bytes;
    remember(copies, thing, line->place, true);
    line->bytes += thing->bytes;
    line->ns += ns;
    site->live++;
    site->live_bytes += thing->bytes;
    site->peak = site->live > site->peak ? site->live : site->peak;
    site->peak_bytes = site->live_bytes > site->peak_bytes ? site->live_bytes : site->peak_bytes;
    site->largest = thing->bytes > site->largest ? thing->bytes : site->largest;
}

static void
see(gbx_why_copies *copies, gbx_why_walk *walk, const gbx_entry *entry, const gbx_why_thing *thing, bool born,
    gbx_why_of_type *takes)
{
    if (thing == NULL || thing->code == 0 || thing->bytes < GBX_WHY_LARGE || walk->ends) {
        return;
    }
    bool known = thing->type != 0 && takes(walk->trace, thing->process, thing->type), copy = known && !thing->grown;
    if (!known && !thing->block) {
        return;
    }
    gbx_why_place place = { thing->process, thing->code, thing->offset };
    if (!born) {
        forget(copies, thing, place);
    }
    else if (!copy) {
        copies->born++;
        remember(copies, thing, place, known);   /* no copy, but something to be copied */
    }
    if (!copy) {
        return;
    }
    gbx_why_line *line = gbx_why_tally_at(&copies->tally, place, walk->at);
    gbx_why_site *site = line == NULL ? NULL : site_of(copies, line);
    if (site == NULL) {
        walk->failed = true;
    }
    else if (born) {
        be_born(copies, walk, entry, thing, line, site);
    }
    else if (site->live > 0) {
        site->live--;
        site->live_bytes -= thing->bytes < site->live_bytes ? thing->bytes : site->live_bytes;
    }
}

void
gbx_why_copies_event(gbx_why_copies *copies, gbx_why_walk *walk, const gbx_entry *entry, gbx_why_of_type *takes)
{
    see(copies, walk, entry, gbx_why_memory_died(walk->memory), false, takes);
    see(copies, walk, entry, gbx_why_memory_born(walk->memory), true, takes);
}

void
gbx_why_copies_finish(gbx_why_copies *copies, const gbx_trace *trace)
{
    size_t kept = 0;
    for (size_t i = 0; i < copies->tally.count; i++) {
        gbx_why_line *line = &copies->tally.items[i];
        const gbx_why_site *site = &copies->sites[i];
        bool copied = !copies->sources || site->sourced >= line->count / 4 * 3;
        if (copied && line->count >= OFTEN && site->peak <= FEW_ALIVE && line->bytes >= AGAIN * site->largest) {
            copies->count += line->count;
            copies->bytes += line->bytes;
            copies->ns += line->ns;
            line->other = site->peak_bytes;
            line->place = site->own;
            copies->tally.items[kept++] = *line;
        }
    }
    copies->tally.count = kept;
    gbx_why_lines(&copies->tally, trace);
}

void
gbx_why_copies_clear(gbx_why_copies *copies)
{
    gbx_why_tally_clear(&copies->tally);
    free(copies->sites);
}
