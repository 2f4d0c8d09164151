/* See why_copies.h. */

#include "why_copies.h"

#include <stdlib.h>

#define FEW_ALIVE   4u           /* at once: the old one, the new one, and who looks at them */
#define AGAIN       8u           /* bytes made for each byte that was alive at once: less is a program that works
                                    through what it has */
#define OFTEN       50u

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

static void
be_born(gbx_why_walk *walk, const gbx_entry *entry, const gbx_why_thing *thing,
        gbx_why_line *line, gbx_why_site *site)
{
    const gbx_why_prices *prices = &walk->input->prices;
    double bytes = (double)thing->bytes;
    double ns = bytes * (site->live > 0 ? gbx_why_grow_price(prices, bytes) : gbx_why_copy_price(prices, bytes));
    if (line->count++ == 0) {
        site->own = gbx_why_made_at(walk, entry, thing);
        site->type = thing->type;
    }
    line->bytes += thing->bytes;
    line->ns += ns;
    site->live++;
    site->live_bytes += thing->bytes;
    site->peak = site->live > site->peak ? site->live : site->peak;
    site->peak_bytes = site->live_bytes > site->peak_bytes ? site->live_bytes : site->peak_bytes;
    site->largest = thing->bytes > site->largest ? thing->bytes : site->largest;
}

void
gbx_why_copies_event(gbx_why_copies *copies, gbx_why_walk *walk, const gbx_entry *entry, gbx_why_of_type *takes)
{
    const gbx_why_thing *born = gbx_why_memory_born(walk->memory), *died = gbx_why_memory_died(walk->memory);
    const gbx_why_thing *thing = born != NULL && born->type != 0 ? born : died;
    if (thing == NULL || thing->type == 0 || thing->code == 0 || thing->bytes < GBX_WHY_LARGE || walk->ends
            || !takes(walk->trace, thing->process, thing->type)) {
        return;
    }
    gbx_why_place place = { thing->process, thing->code, thing->offset };
    gbx_why_line *line = gbx_why_tally_at(&copies->tally, place, walk->at);
    gbx_why_site *site = line == NULL ? NULL : site_of(copies, line);
    if (site == NULL) {
        walk->failed = true;
    }
    else if (thing == born) {
        be_born(walk, entry, thing, line, site);
    }
    else if (site->live > 0) {
        site->live--;
        site->live_bytes -= thing->bytes < site->live_bytes ? thing->bytes : site->live_bytes;
    }
}

void
gbx_why_copies_finish(gbx_why_copies *copies, const gbx_trace *trace)
{
    size_t kept = 0;
    for (size_t i = 0; i < copies->tally.count; i++) {
        gbx_why_line *line = &copies->tally.items[i];
        const gbx_why_site *site = &copies->sites[i];
        if (line->count >= OFTEN && site->peak <= FEW_ALIVE && line->bytes >= AGAIN * site->largest) {
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
