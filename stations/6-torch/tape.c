/* See tape.h. */

#include "tape.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

/* ------------------------------------------------------------------- reading */

static bool
has_edge(const gbx_tape_node *node, size_t to)
{
    for (size_t i = 0; i < node->nexts; i++) {
        if (node->next[i] == to) {
            return true;
        }
    }
    return false;
}

static bool
take_node(gbx_tape *tape, const char *text, size_t at)
{
    unsigned index;
    long long number;
    int used = 0;
    if (tape->count == GBX_TAPE_NODES || sscanf(text, "%u %lld %n", &index, &number, &used) != 2 || used == 0
        || index != tape->count || text[used] == '\0') {
        return false;
    }
    gbx_tape_node *node = &tape->nodes[tape->count++];
    *node = (gbx_tape_node){ .number = number, .mark = at };
    snprintf(node->name, sizeof(node->name), "%.*s", (int)sizeof(node->name) - 1, text + used);
    return true;
}

/* Both ends may come later than the edge: they are checked when all is read. */
static bool
take_edge(gbx_tape *tape, const char *text)
{
    unsigned from, to;
    if (sscanf(text, "%u %u", &from, &to) != 2 || from >= tape->count || to >= GBX_TAPE_NODES) {
        return false;
    }
    gbx_tape_node *node = &tape->nodes[from];
    if (has_edge(node, to)) {
        return true;
    }
    if (node->nexts == GBX_TAPE_NEXT) {
        return false;
    }
    node->next[node->nexts++] = to;
    return true;
}

static bool
take_visit(gbx_tape *tape, const gbx_trace *trace, const char *text)
{
    unsigned index;
    unsigned long long begin, end;
    if (sscanf(text, "%u %llu %llu", &index, &begin, &end) != 3 || index >= tape->count || end < begin) {
        return false;
    }
    gbx_tape_node *node = &tape->nodes[index];
    tape->visits++;
    if (node->visits++ == 0) {
        node->begin_ns = gbx_trace_since_start(trace, begin);
        node->end_ns = gbx_trace_since_start(trace, end);
        tape->order[tape->visited++] = index;
        node->visited = tape->visited;
    }
    return true;
}

static bool
take(gbx_tape *tape, const gbx_part *part, size_t at)
{
    const gbx_mark *mark = gbx_part_record(part, at);
    if (mark->h.flags != GBX_VALUE_STRING) {
        return true;
    }
    const char *name = gbx_part_string(part, mark->name), *text = gbx_part_string(part, (uint32_t)mark->value);
    return strcmp(name, "node") == 0 ? take_node(tape, text, at)
           : strcmp(name, "edge") == 0 ? take_edge(tape, text)
           : strcmp(name, "visit") == 0 ? take_visit(tape, part->trace, text) : true;
}

static bool
is_whole(const gbx_tape *tape)
{
    for (size_t i = 0; i < tape->count; i++) {
        for (size_t k = 0; k < tape->nodes[i].nexts; k++) {
            if (tape->nodes[i].next[k] >= tape->count) {
                return false;
            }
        }
    }
    return tape->count > 0;
}

bool
gbx_tape_read(gbx_tape *tape, const gbx_part *part, gbx_finding *finding)
{
    *tape = (gbx_tape){ .count = 0 };
    for (size_t at = part->begin; (at = gbx_part_next(part, at, GBX_EV_MARK, 0)) != GBX_NO_EVENT; at++) {
        if (!take(tape, part, at)) {
            gbx_finding_insufficient(finding, "the program tells of a tape that cannot be, or is too long");
            return false;
        }
    }
    if (!is_whole(tape)) {
        gbx_finding_insufficient(finding, "the program tells of no whole tape");
        return false;
    }
    return true;
}

bool
gbx_tape_breaks(const gbx_tape *tape, size_t *from, size_t *to)
{
    for (size_t i = 0; i < tape->count; i++) {
        const gbx_tape_node *node = &tape->nodes[i];
        for (size_t k = 0; k < node->nexts; k++) {
            const gbx_tape_node *next = &tape->nodes[node->next[k]];
            if (next->visited == 0 || node->visited == 0 || next->visited < node->visited) {
                *from = i;
                *to = node->next[k];
                return true;
            }
        }
    }
    return false;
}

/* ------------------------------------------------------------------- drawing */

enum { NOBODY = GBX_TAPE_NODES, LANES = 12, SIGN = 4 };

/* Lanes are columns of the picture; each waits for a node.  A row is a sign for each. */
typedef struct {
    const gbx_tape *tape;
    char *text;
    size_t size, used;
    size_t waits[LANES];         /* index of a node, or NOBODY */
    size_t count;
} drawing;

static void
put(drawing *d, const char *text)
{
    size_t length = strlen(text);
    if (d->used + length < d->size) {
        memcpy(d->text + d->used, text, length + 1);
        d->used += length;
    }
}

static void
end_row(drawing *d)
{
    while (d->used > 0 && d->text[d->used - 1] == ' ') {
        d->used--;
    }
    put(d, "\n");
}

/* Lanes on the right that nobody stands in are gone. */
static void
trim(drawing *d)
{
    while (d->count > 0 && d->waits[d->count - 1] == NOBODY) {
        d->count--;
    }
}

/* A row in which the lanes `joined` (bits) meet in lane `at`, from the right: split or merged. */
static void
put_join(drawing *d, size_t at, unsigned joined, const char *last)
{
    size_t end = at;
    for (size_t lane = at + 1; lane < LANES; lane++) {
        end = (joined >> lane & 1) != 0 ? lane : end;
    }
    for (size_t lane = 0; lane < d->count || lane <= end; lane++) {
        bool between = lane > at && lane < end, taken = lane < d->count && d->waits[lane] != NOBODY;
        put(d, lane == at ? "├" : lane == end && end > at ? last : (joined >> lane & 1) != 0 ? "┬"
               : between ? (taken ? "┼" : "─") : taken ? "│" : " ");
        put(d, lane >= at && lane < end ? "─" : " ");
    }
    end_row(d);
}

/* The lane in which the node stands; where several wait for it, they are brought together first. */
static size_t
gather(drawing *d, size_t node)
{
    size_t first = NOBODY;
    unsigned others = 0;
    for (size_t lane = 0; lane < d->count; lane++) {
        if (d->waits[lane] == node) {
            others |= first == NOBODY ? 0 : 1u << lane;
            first = first == NOBODY ? lane : first;
        }
    }
    if (first == NOBODY) {
        first = d->count < LANES ? d->count++ : LANES - 1;
    } else if (others != 0) {
        put_join(d, first, others, "╯");
    }
    for (size_t lane = 0; lane < LANES; lane++) {
        d->waits[lane] = (others >> lane & 1) != 0 ? NOBODY : d->waits[lane];
    }
    d->waits[first] = node;
    trim(d);
    return first;
}

static void
put_node(drawing *d, size_t lane_of_it, size_t index)
{
    char text[128], number[40] = "a leaf's";
    const gbx_tape_node *node = &d->tape->nodes[index];
    for (size_t lane = 0; lane < d->count; lane++) {
        put(d, lane == lane_of_it ? "●" : d->waits[lane] == NOBODY ? " " : "│");
        put(d, " ");
    }
    for (size_t lane = d->count; lane < SIGN; lane++) {
        put(d, "  ");
    }
    if (node->number >= 0) {
        snprintf(number, sizeof(number), "built as #%lld", (long long)node->number);
    }
    snprintf(text, sizeof(text), "%-20s %-14s", node->name, number);
    put(d, text);
    if (node->visited != 0) {
        snprintf(text, sizeof(text), " visit %zu: %.2f ms", node->visited,
                 (double)(node->end_ns - node->begin_ns) / 1e6);
        put(d, text);
    }
    end_row(d);
}

/* Its lane waits for the first to which the gradient goes on, and new ones for the others. */
static void
go_on(drawing *d, size_t lane, const gbx_tape_node *node)
{
    unsigned others = 0;
    d->waits[lane] = node->nexts == 0 ? NOBODY : node->next[0];
    for (size_t i = 1; i < node->nexts && d->count < LANES; i++) {
        others |= 1u << d->count;
        d->waits[d->count++] = node->next[i];
    }
    if (others != 0) {
        put_join(d, lane, others, "╮");
    }
    trim(d);
}

static bool
leads_to(const gbx_tape *tape, size_t node, const bool drawn[GBX_TAPE_NODES])
{
    for (size_t i = 0; i < tape->count; i++) {
        if (!drawn[i] && has_edge(&tape->nodes[i], node)) {
            return true;
        }
    }
    return false;
}

/* The next row, where nothing was visited: the first node to which no node leads that is still to come; where
   there is none, what the program told of is no tape, and the first that is left will do. */
static size_t
next_row(const gbx_tape *tape, const bool drawn[GBX_TAPE_NODES])
{
    size_t left = tape->count;
    for (size_t i = tape->count; i-- > 0; ) {
        left = drawn[i] ? left : i;
    }
    for (size_t i = left; i < tape->count; i++) {
        if (!drawn[i] && !leads_to(tape, i, drawn)) {
            return i;
        }
    }
    return left;
}

size_t
gbx_tape_draw(const gbx_tape *tape, char *text, size_t size)
{
    bool drawn[GBX_TAPE_NODES] = { false };
    drawing d = { .tape = tape, .text = text, .size = size };
    text[0] = '\0';
    for (size_t lane = 0; lane < LANES; lane++) {
        d.waits[lane] = NOBODY;
    }
    for (size_t i = 0; i < tape->count; i++) {
        size_t index = tape->visited == tape->count ? tape->order[i] : next_row(tape, drawn);
        drawn[index] = true;
        size_t lane = gather(&d, index);
        put_node(&d, lane, index);
        go_on(&d, lane, &tape->nodes[index]);
    }
    return d.used;
}
