/* Column buf: bytes that are copied from one buffer into another.

   A copy is an object of bytes (or an array's memory) that is made at one line again and again while hardly more
   than one is ever alive: a slice of what is left, a conversion, a transposition that a library wants to
   have in another order.  Who only looks at the bytes needs none: memoryview() shows a part of them.  What
   comes from outside is no copy: a line that lets go of the lock about as often as it makes such an object
   (it reads) is none. */

#include "why_copies.h"

typedef struct {
    gbx_why_copies bytes;
    gbx_why_tally reads;         /* count: releases of the lock to wait for something, by line */
    uint64_t exports, refused;
    size_t first_export;
} state;

static void
hear_timed(state *this, gbx_why_walk *walk, const gbx_entry *entry)
{
    const gbx_gil_release *release = (const void *)entry->record;
    if (entry->record->event != GBX_EV_GIL_RELEASE || release->h.flags != GBX_RELEASE_BLOCKING) {
        return;
    }
    gbx_why_line *line = gbx_why_tally_at(&this->reads, gbx_why_own(walk, entry, release->code, release->h.arg),
                                          walk->at);
    if (line == NULL) {
        walk->failed = true;
        return;
    }
    line->count++;
}

static void
hear(void *of, gbx_why_walk *walk, const gbx_entry *entry)
{
    state *this = of;
    int klass = gbx_event_class(entry->record->event);
    if (walk->timed && klass == GBX_CLASS_GIL) {
        hear_timed(this, walk, entry);
    }
    if (!walk->counted || walk->memory == NULL || klass == GBX_CLASS_GIL) {
        return;
    }
    this->exports += entry->record->event == GBX_EV_BUF_GET;
    this->refused += entry->record->event == GBX_EV_BUF_REFUSED;
    this->bytes.sources = true;
    gbx_why_copies_event(&this->bytes, walk, entry, gbx_why_is_bytes);
}

static bool
is_read(const state *this, const gbx_why_line *copy)
{
    for (size_t i = 0; i < this->reads.count; i++) {
        const gbx_why_line *read = &this->reads.items[i];
        if (read->line == copy->line && gbx_why_same_text(read->file, copy->file)) {
            return read->count >= copy->count / 2;
        }
    }
    return false;
}

static void
accuse(gbx_why_report *report, const gbx_why_line *line)
{
    char made[32], alive[32];
    gbx_why_verdict *verdict = gbx_why_accuse(report, line, line->ns, report->cpu_ns);
    if (verdict == NULL) {
        return;
    }
    verdict->fault = "hidden copy";
    verdict->basis = GBX_WHY_ESTIMATED;
    snprintf(verdict->sentence, sizeof(verdict->sentence),
             "this line copies bytes to look at them, again and again: take a part of a memoryview, which copies "
             "nothing, or give the library an offset");
    gbx_why_prove(verdict, report->counted->trace, line->first, line->count,
                  "copies made here: %s, of which never more than %s were alive",
                  gbx_why_size((double)line->bytes, made, sizeof(made)),
                  gbx_why_size((double)line->other, alive, sizeof(alive)));
}

static void
finish(void *of, gbx_why_report *report)
{
    state *this = of;
    gbx_why_cost *cost = report->cost;
    if (report->counted == NULL) {
        return;
    }
    cost->basis = GBX_WHY_ESTIMATED;
    gbx_why_copies_finish(&this->bytes, report->counted->trace);
    if (report->timed != NULL) {
        gbx_why_lines(&this->reads, report->timed->trace);
    }
    cost->ns = this->bytes.ns;
    cost->share = gbx_why_ratio(cost->ns, report->cpu_ns);
    gbx_why_say(cost, "copies", this->bytes.count);
    gbx_why_say(cost, "MB copied", this->bytes.bytes / 1000000);
    gbx_why_say(cost, "buf.get", this->exports);
    gbx_why_say(cost, "buf.refused", this->refused);
    for (size_t i = 0; i < this->bytes.tally.count && i < 3; i++) {
        if (!is_read(this, &this->bytes.tally.items[i])) {
            accuse(report, &this->bytes.tally.items[i]);
        }
    }
}

static void
clear(void *of)
{
    state *this = of;
    gbx_why_copies_clear(&this->bytes);
    gbx_why_tally_clear(&this->reads);
}

const gbx_why_column gbx_why_column_buf = {
    .key = "buf", .part = GBX_WHY_C,
    .question = "which bytes are copied, that could be looked at where they are?",
    .timed = GBX_MASK(GIL), .counted = GBX_MASK(ALLOC) | GBX_MASK(OBJ) | GBX_MASK(BUF),
    .state_size = sizeof(state), .event = hear, .finish = finish, .clear = clear,
};
