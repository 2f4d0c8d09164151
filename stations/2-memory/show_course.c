/* The course's program, told: its output, and beside each number what the allocator did.

   Nothing is judged here.  Output is quoted as it came; every number is counted in this run. */

#include "claims.h"
#include "ledger.h"

#include <string.h>

GBX_EXPERIMENT(gbx_s2_course, "experiments", "course", BLOCKS | GBX_BIT(GC));

/* Requests in a part, and the bytes that they ask for and get. */
static bool
tell_part(const gbx_part *part, gbx_finding *finding, const char *what)
{
    gbx_ledger ledger;
    bool done = gbx_ledger_init(&ledger) && gbx_ledger_enter(&ledger, part);
    if (done) {
        gbx_finding_fact(finding, "%s: %llu blocks more, which asked for %llu bytes and take %llu", what,
                         (unsigned long long)ledger.count, (unsigned long long)ledger.asked,
                         (unsigned long long)ledger.taken);
    }
    gbx_ledger_clear(&ledger);
    return done;
}

gbx_verdict
gbx_s2_tell_course(const gbx_look *look, gbx_finding *finding)
{
    gbx_part objects, sizes, gone;
    if (!gbx_part_find(look, finding, "course", "objects", &objects)
        || !gbx_part_find(look, finding, "course", "sizes", &sizes)
        || !gbx_part_find(look, finding, "course", "del", &gone)) {
        return GBX_INSUFFICIENT;
    }
    const gbx_run *run = &look->runs[0];
    size_t first = gbx_part_next(&objects, objects.begin, GBX_EV_BLOCK_ALLOC, 0);
    const char *line = memchr(run->out, '\n', run->out_size);
    size_t piece = line == NULL ? run->out_size : (size_t)(line + 1 - run->out);

    gbx_finding_quote(finding, run->out, piece);
    if (first != GBX_NO_EVENT) {
        gbx_finding_event(finding, look, first, "the first block of ten thousand");
    }
    if (!tell_part(&objects, finding, "making the list")) {
        return gbx_finding_insufficient(finding, "out of memory");
    }
    gbx_finding_fact(finding, "pools taken for them: %u", gbx_part_count(&objects, GBX_EV_POOL_NEW, 0));
    gbx_finding_quote(finding, run->out + piece, run->out_size - piece);
    gbx_finding_fact(finding, "collections that began while the objects were made: %u",
                     gbx_part_count(&objects, GBX_EV_GC_START, 0));
    gbx_finding_fact(finding, "del xs: %u blocks freed there and then, in %u collections",
                     gbx_part_count(&gone, GBX_EV_BLOCK_FREE, 0), gbx_part_count(&gone, GBX_EV_GC_START, 0));
    return GBX_PASS;
}
