/* See cache.h. */

#include "cache.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

const char *const gbx_s6_manager_names[GBX_S6_MANAGERS] = { "Max", "Pow2", "Oracle", "paged" };

const char *
gbx_s6_next_text(const gbx_part *part, size_t *at, const char *name)
{
    while ((*at = gbx_part_next(part, *at, GBX_EV_MARK, 0)) != GBX_NO_EVENT) {
        const gbx_mark *mark = gbx_part_record(part, (*at)++);
        uint32_t value = (uint32_t)mark->value;
        if (mark->h.flags == GBX_VALUE_STRING && strcmp(gbx_part_string(part, mark->name), name) == 0) {
            return gbx_part_string(part, value);
        }
    }
    return NULL;
}

static bool
read_look(const char *text, size_t event, gbx_s6_look *out)
{
    unsigned *slots = out->slots;
    out->event = event;
    return sscanf(text, "%u %u %u %u %u %u %u", &out->iteration, &out->in_flight, &out->waiting,
                  &slots[GBX_S6_TOKENS], &slots[GBX_S6_RESERVED], &slots[GBX_S6_INTERNAL],
                  &slots[GBX_S6_EXTERNAL]) == 7;
}

static bool
counts(const gbx_s6_look *look, const gbx_s6_stream *stream)
{
    return look->waiting > 0 && look->in_flight > 0 && look->iteration > stream->warm;
}

static double
sum_of(const gbx_s6_look *look)
{
    double sum = 0;
    for (size_t kind = 0; kind < GBX_S6_KINDS; kind++) {
        sum += look->slots[kind];
    }
    return sum;
}

/* Add a look to the sums, of which means are made when all is read. */
static void
add(gbx_s6_served *served, const gbx_s6_look *look, double slots)
{
    double empty = (double)(look->slots[GBX_S6_RESERVED] + look->slots[GBX_S6_INTERNAL]) / look->in_flight;
    for (size_t kind = 0; kind < GBX_S6_KINDS; kind++) {
        served->share[kind] += look->slots[kind] / slots;
    }
    served->in_flight += look->in_flight;
    served->empty_slots = empty > served->empty_slots ? empty : served->empty_slots;
    served->looks++;
}

static void
make_means(gbx_s6_served *served)
{
    for (size_t kind = 0; served->looks > 0 && kind < GBX_S6_KINDS; kind++) {
        served->share[kind] /= (double)served->looks;
    }
    served->in_flight /= served->looks > 0 ? (double)served->looks : 1;
}

/* In which slice of Max's run an iteration is; a run that is longer ends in the last one. */
static size_t
slice_of(const gbx_s6_look *look, const gbx_s6_stream *stream)
{
    double slice = GBX_S6_SLICES * look->iteration / (stream->by[GBX_S6_MAX].iterations + 1);
    return slice < GBX_S6_SLICES - 1 ? (size_t)slice : GBX_S6_SLICES - 1;
}

/* Add up the looks of a part. */
static bool
add_looks(const gbx_part *part, const gbx_s6_stream *stream, gbx_s6_served *served)
{
    gbx_s6_look now;
    size_t at = part->begin;
    unsigned looks[GBX_S6_SLICES] = { 0 };
    for (const char *text; (text = gbx_s6_next_text(part, &at, "look")) != NULL; ) {
        if (!read_look(text, at - 1, &now)) {
            return false;
        }
        size_t slice = slice_of(&now, stream);
        double share = now.slots[GBX_S6_TOKENS] / stream->slots;
        served->over_time[slice] += (share - served->over_time[slice]) / ++looks[slice];
        if (served->off.event == GBX_NO_EVENT && sum_of(&now) != stream->slots) {
            served->off = now;
        }
        if (counts(&now, stream)) {
            add(served, &now, stream->slots);
        }
    }
    return true;
}

/* The look at which about as many were in flight as on average. */
static void
find_typical(const gbx_part *part, const gbx_s6_stream *stream, gbx_s6_served *served)
{
    gbx_s6_look now;
    double nearest = -1;
    size_t at = part->begin;
    for (const char *text; (text = gbx_s6_next_text(part, &at, "look")) != NULL; ) {
        if (read_look(text, at - 1, &now) && counts(&now, stream)) {
            double off = now.in_flight > served->in_flight ? now.in_flight - served->in_flight
                         : served->in_flight - now.in_flight;
            if (nearest < 0 || off < nearest) {
                nearest = off;
                served->typical = now;
            }
        }
    }
}

static bool
read_served(const gbx_look *look, gbx_finding *finding, size_t manager, gbx_s6_stream *stream)
{
    gbx_part part;
    gbx_s6_served *served = &stream->by[manager];
    served->off.event = GBX_NO_EVENT;
    if (!gbx_part_find(look, finding, "serve", gbx_s6_manager_names[manager], &part)) {
        return false;
    }
    if (!gbx_part_number(&part, "iterations", &served->iterations)
        || !gbx_part_number(&part, "emitted", &served->emitted)
        || !gbx_part_number(&part, "sent away", &served->sent_away)
        || !gbx_part_number(&part, "computed again", &served->computed_again)
        || !add_looks(&part, stream, served)) {
        gbx_finding_insufficient(finding, "the program does not say how '%s' was served",
                                 gbx_s6_manager_names[manager]);
        return false;
    }
    make_means(served);
    find_typical(&part, stream, served);
    return true;
}

bool
gbx_s6_stream_read(const gbx_look *look, gbx_finding *finding, gbx_s6_stream *stream)
{
    gbx_part all;
    memset(stream, 0, sizeof(*stream));
    if (!gbx_part_whole(look, &all) || !gbx_part_number(&all, "slots", &stream->slots)
        || !gbx_part_number(&all, "block", &stream->block) || !gbx_part_number(&all, "warm", &stream->warm)
        || !gbx_part_number(&all, "requests", &stream->requests)
        || !gbx_part_number(&all, "asked for", &stream->asked_for)
        || !gbx_part_number(&all, "mean prompt", &stream->mean_prompt)
        || !gbx_part_number(&all, "mean output", &stream->mean_output) || stream->slots < 1) {
        gbx_finding_insufficient(finding, "the program does not say what it serves");
        return false;
    }
    stream->mean_prompt /= 100;
    stream->mean_output /= 100;
    for (size_t manager = 0; manager < GBX_S6_MANAGERS; manager++) {
        if (!read_served(look, finding, manager, stream)) {
            return false;
        }
    }
    return true;
}

double
gbx_s6_tokens_an_iteration(const gbx_s6_served *served)
{
    return served->iterations > 0 ? served->emitted / served->iterations : 0;
}
