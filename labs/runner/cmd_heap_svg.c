/* glassbox heap, as a picture: bytes in use over time, one area a size class on top of the other, under the
   line of what the arenas take; and below it the arenas, a square for each pool.  One file, no script and
   nothing from a network.  See cmd_heap.h. */

#include "cmd_heap.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 960, LEFT = 76, RIGHT = 166, TOP = 70, HEIGHT = 260, CELL = 10, GAP = 2, AREAS = 8 };

static const char style[] =
    "text { font: 13px ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace; fill: #d6deeb }\n"
    ".t { font-weight: bold; fill: #ffffff } .d { fill: #7f8ea3 } .e { text-anchor: end }\n";

static const char *const colours[AREAS] = {
    "#4ec77a", "#3fa7d6", "#e6c34a", "#e07a5f", "#b388eb", "#59cd90", "#f79d84", "#5f7088",
};

/* The rows with an area of their own, the largest peaks first; the last area is all others. */
typedef struct {
    unsigned rows[AREAS - 1];
    size_t count;
    bool others;
    double most;                 /* bytes at the top of the picture */
} plan;

static void
put_text(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
            case '<': fputs("&lt;", to); break;
            case '>': fputs("&gt;", to); break;
            case '&': fputs("&amp;", to); break;
            default: fputc((unsigned char)*text < ' ' ? ' ' : *text, to); break;
        }
    }
}

static bool
is_planned(const plan *it, unsigned row)
{
    for (size_t i = 0; i < it->count; i++) {
        if (it->rows[i] == row) {
            return true;
        }
    }
    return false;
}

static plan
make_plan(const gbx_heapline *line)
{
    plan it = { .count = 0 };
    while (it.count < AREAS - 1) {
        unsigned best = GBX_HEAPLINE_POOLED;
        for (unsigned row = 0; row < GBX_HEAPLINE_POOLED; row++) {
            if (!is_planned(&it, row) && line->peak[row] > 0
                && (best == GBX_HEAPLINE_POOLED || line->peak[row] > line->peak[best])) {
                best = row;
            }
        }
        if (best == GBX_HEAPLINE_POOLED) {
            break;
        }
        it.rows[it.count++] = best;
    }
    for (size_t i = 0; i < line->columns; i++) {
        double sum = 0;
        for (unsigned row = 0; row < GBX_HEAPLINE_POOLED; row++) {
            uint64_t bytes = gbx_heapline_at(line, row, i);
            sum += (double)bytes;
            it.others = it.others || (bytes > 0 && !is_planned(&it, row));
        }
        double arenas = (double)gbx_heapline_at(line, GBX_HEAPLINE_ARENAS, i);
        it.most = sum > it.most ? sum : it.most;
        it.most = arenas > it.most ? arenas : it.most;
    }
    return it;
}

/* Bytes of the first `areas` areas in a step. */
static double
height_of(const gbx_heapline *line, const plan *it, size_t areas, size_t step)
{
    double sum = 0;
    for (size_t i = 0; i < areas && i < it->count; i++) {
        sum += (double)gbx_heapline_at(line, it->rows[i], step);
    }
    for (unsigned row = 0; areas > it->count && row < GBX_HEAPLINE_POOLED; row++) {
        sum += is_planned(it, row) ? 0 : (double)gbx_heapline_at(line, row, step);
    }
    return sum;
}

static double
x_of(const gbx_heapline *line, size_t step)
{
    return LEFT + (double)(WIDTH - LEFT - RIGHT) * (double)step / (double)line->columns;
}

static double
y_of(const plan *it, double bytes)
{
    return TOP + HEIGHT - (it->most > 0 ? bytes / it->most * HEIGHT : 0);
}

static void
put_area(FILE *to, const gbx_heapline *line, const plan *it, size_t area)
{
    fprintf(to, "<path fill=\"%s\" d=\"", colours[area]);
    for (size_t i = 0; i < line->columns; i++) {
        double y = y_of(it, height_of(line, it, area + 1, i));
        fprintf(to, "%c%.1f %.1fH%.1f", i == 0 ? 'M' : 'L', x_of(line, i), y, x_of(line, i + 1));
    }
    for (size_t i = line->columns; i-- > 0;) {
        double y = y_of(it, height_of(line, it, area, i));
        fprintf(to, "L%.1f %.1fH%.1f", x_of(line, i + 1), y, x_of(line, i));
    }
    fputs("Z\"/>\n", to);
}

static void
put_arenas_line(FILE *to, const gbx_heapline *line, const plan *it)
{
    if (line->peak[GBX_HEAPLINE_ARENAS] == 0) {
        return;
    }
    fputs("<path fill=\"none\" stroke=\"#ffffff\" stroke-width=\"1.5\" d=\"", to);
    for (size_t i = 0; i < line->columns; i++) {
        double y = y_of(it, (double)gbx_heapline_at(line, GBX_HEAPLINE_ARENAS, i));
        fprintf(to, "%c%.1f %.1fH%.1f", i == 0 ? 'M' : 'L', x_of(line, i), y, x_of(line, i + 1));
    }
    fputs("\"/>\n", to);
}

static void
put_legend(FILE *to, const gbx_heapline *line, const plan *it)
{
    char name[16], peak[32];
    size_t areas = it->count + it->others;
    int y = TOP + 12;
    if (line->peak[GBX_HEAPLINE_ARENAS] > 0) {
        fprintf(to, "<path stroke=\"#ffffff\" stroke-width=\"1.5\" d=\"M%d %dh12\"/><text x=\"%d\" y=\"%d\">arenas"
                "</text>\n", WIDTH - RIGHT + 12, y - 4, WIDTH - RIGHT + 30, y);
        y += 20;
    }
    for (size_t i = areas; i-- > 0; y += 20) {
        fprintf(to, "<rect x=\"%d\" y=\"%d\" width=\"12\" height=\"12\" fill=\"%s\"/><text x=\"%d\" y=\"%d\">",
                WIDTH - RIGHT + 12, y - 11, colours[i], WIDTH - RIGHT + 30, y);
        put_text(to, i == it->count ? "others" : gbx_heapline_name(it->rows[i], name, sizeof(name)));
        if (i < it->count) {
            fprintf(to, " <tspan class=\"d\">%s</tspan>",
                    gbx_heap_bytes(line->peak[it->rows[i]], peak, sizeof(peak)));
        }
        fputs("</text>\n", to);
    }
}

static void
put_axes(FILE *to, const gbx_heapline *line, const plan *it)
{
    char text[32];
    for (int i = 0; i <= 2; i++) {
        double bytes = it->most * i / 2, y = y_of(it, bytes);
        fprintf(to, "<path stroke=\"#2b3647\" d=\"M%d %.1fH%d\"/><text class=\"d e\" x=\"%d\" y=\"%.1f\">%s</text>\n",
                LEFT, y, WIDTH - RIGHT, LEFT - 6, y + 4, gbx_heap_bytes((uint64_t)bytes, text, sizeof(text)));
    }
    int y = TOP + HEIGHT + 18;
    if (line->by_time) {
        fprintf(to, "<text class=\"d\" x=\"%d\" y=\"%d\">%.3f ms</text><text class=\"d e\" x=\"%d\" y=\"%d\">%.3f ms"
                "</text>\n", LEFT, y, (double)line->begin_ns / 1e6, WIDTH - RIGHT, y, (double)line->end_ns / 1e6);
    }
    else {
        fprintf(to, "<text class=\"d\" x=\"%d\" y=\"%d\">%" PRIu64 " events of the allocator, in their order</text>\n",
                LEFT, y, line->events);
    }
}

/* Fuller is brighter. */
static void
put_pool(FILE *to, const gbx_heap_pool *pool, int x, int y)
{
    uint32_t capacity = gbx_heap_capacity(pool->size_class);
    double share = capacity == 0 ? 0 : (double)pool->blocks / capacity;
    if (pool->blocks == 0) {
        fprintf(to, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#1b2431\"/>", x, y, CELL, CELL);
        return;
    }
    fprintf(to, "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"#4ec77a\" fill-opacity=\"%.2f\"><title>"
            "%u of %u blocks of %u bytes</title></rect>", x, y, CELL, CELL, 0.2 + 0.8 * share, pool->blocks,
            capacity, gbx_heap_block_size(pool->size_class));
}

static bool
put_arenas(FILE *to, const gbx_heap_view *view, int top, size_t shown)
{
    const gbx_heap *heap = view->line->heap;
    const gbx_heap_arena **order = gbx_heap_by_filling(heap);
    if (order == NULL) {
        return false;
    }
    fprintf(to, "<text x=\"16\" y=\"%d\">%zu arenas, the emptiest first: a square is a pool, the fuller the brighter"
            "</text>\n", top, gbx_heap_arenas(heap));
    for (size_t i = 0; i < shown; i++) {
        int y = top + 12 + (int)i * (CELL + GAP);
        fprintf(to, "<text class=\"d e\" x=\"%d\" y=\"%d\">%.0f %%</text>", LEFT - 6, y + CELL,
                100.0 * (double)gbx_heap_used(order[i]) / GBX_HEAP_ARENA);
        for (unsigned p = 0; p < order[i]->pools; p++) {
            put_pool(to, &order[i]->pool[p], LEFT + (int)p * (CELL + GAP), y);
        }
        fputs("\n", to);
    }
    free(order);
    return true;
}

static void
put_title(FILE *to, const gbx_heap_view *view)
{
    char text[32];
    const gbx_heapline *line = view->line;
    double filled = gbx_heap_filled(line);
    fputs("<text class=\"t\" x=\"16\" y=\"26\">", to);
    put_text(to, view->program);
    fprintf(to, "</text>\n<text x=\"16\" y=\"48\">bytes in use up to %s", view->mark == NULL ? "the end" : "mark ");
    put_text(to, view->mark == NULL ? "" : view->mark);
    if (filled >= 0) {
        uint64_t held = line->free_threaded ? gbx_heap_sum(line->heap)->page_bytes
            : gbx_heapline_now(line->heap, GBX_HEAPLINE_ARENAS);
        fprintf(to, ", where %.1f %% of %s in %s are in use", filled, gbx_heap_bytes(held, text, sizeof(text)),
                line->free_threaded ? "pages" : "arenas");
    }
    fputs("</text>\n", to);
}

bool
gbx_heap_svg(const gbx_heap_view *view, FILE *to)
{
    const gbx_heapline *line = view->line;
    plan it = make_plan(line);
    size_t count = gbx_heap_arenas(line->heap), shown = count < view->most_arenas ? count : view->most_arenas;
    int below = TOP + HEIGHT + 52;
    int height = count == 0 ? below - 20 : below + 28 + (int)shown * (CELL + GAP);
    fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n"
            "<style>%s</style>\n<rect width=\"%d\" height=\"%d\" rx=\"8\" fill=\"#10151f\"/>\n", WIDTH, height,
            WIDTH, height, style, WIDTH, height);
    put_title(to, view);
    put_axes(to, line, &it);
    for (size_t area = 0; area < it.count + it.others; area++) {
        put_area(to, line, &it, area);
    }
    put_arenas_line(to, line, &it);
    put_legend(to, line, &it);
    bool done = count == 0 || put_arenas(to, view, below, shown);
    fputs("</svg>\n", to);
    return done && !ferror(to);
}
