/* Lanes as a picture; see gil_picture.h. */

#include "gil_picture.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define NO_ROW UINT32_MAX

typedef float cell[GBX_LANE_COUNT];      /* ns in each lane; a picture needs no more digits */

struct gbx_picture {
    const gbx_trace *trace;
    unsigned columns;
    uint64_t begin_ns, end_ns;
    size_t rows, room;
    uint32_t *row_of;                    /* by stream */
    uint32_t *stream_of;                 /* by row */
    cell *cells;                         /* rows * columns */
};

gbx_picture *
gbx_picture_new(const gbx_trace *trace, unsigned columns, uint64_t begin_ns, uint64_t end_ns)
{
    gbx_picture *picture = columns == 0 || columns > GBX_PICTURE_COLUMNS_MAX ? NULL
        : calloc(1, sizeof(*picture));
    size_t streams = gbx_trace_stream_count(trace);
    if (picture == NULL) {
        return NULL;
    }
    *picture = (gbx_picture){ .trace = trace, .columns = columns, .begin_ns = begin_ns,
                              .end_ns = end_ns > begin_ns ? end_ns : begin_ns + 1 };
    picture->row_of = malloc((streams + 1) * sizeof(*picture->row_of));
    if (picture->row_of == NULL) {
        free(picture);
        return NULL;
    }
    for (size_t i = 0; i < streams; i++) {
        picture->row_of[i] = NO_ROW;
    }
    return picture;
}

void
gbx_picture_free(gbx_picture *picture)
{
    if (picture != NULL) {
        free(picture->row_of);
        free(picture->stream_of);
        free(picture->cells);
        free(picture);
    }
}

static bool
make_room(gbx_picture *picture)
{
    if (picture->rows < picture->room) {
        return true;
    }
    size_t room = picture->room == 0 ? 16 : 2 * picture->room;
    cell *cells = realloc(picture->cells, room * picture->columns * sizeof(*cells));
    if (cells == NULL) {
        return false;
    }
    picture->cells = cells;
    uint32_t *streams = realloc(picture->stream_of, room * sizeof(*streams));
    if (streams == NULL) {
        return false;
    }
    picture->stream_of = streams;
    picture->room = room;
    return true;
}

int
gbx_picture_add_row(gbx_picture *picture, uint32_t stream)
{
    if (!make_room(picture)) {
        return GBX_ERROR_MEMORY;
    }
    memset(picture->cells + picture->rows * picture->columns, 0, picture->columns * sizeof(cell));
    picture->stream_of[picture->rows] = stream;
    picture->row_of[stream] = (uint32_t)picture->rows++;
    return 0;
}

size_t
gbx_picture_rows(const gbx_picture *picture)
{
    return picture->rows;
}

const gbx_trace *
gbx_picture_trace(const gbx_picture *picture)
{
    return picture->trace;
}

uint64_t
gbx_picture_ns(const gbx_picture *picture)
{
    return picture->end_ns - picture->begin_ns;
}

uint32_t
gbx_picture_stream(const gbx_picture *picture, size_t row)
{
    return picture->stream_of[row];
}

/* Where a moment lies, in columns. */
static double
place(const gbx_picture *picture, uint64_t t_ns)
{
    uint64_t within = t_ns < picture->begin_ns ? 0
        : (t_ns > picture->end_ns ? picture->end_ns : t_ns) - picture->begin_ns;
    return (double)within / (double)(picture->end_ns - picture->begin_ns) * picture->columns;
}

void
gbx_picture_span(void *with, const gbx_span_of_lane *span)
{
    gbx_picture *picture = with;
    uint32_t row = picture->row_of[span->stream];
    if (row == NO_ROW) {
        return;
    }
    double begin = place(picture, span->begin_ns), end = place(picture, span->end_ns);
    cell *cells = picture->cells + (size_t)row * picture->columns;
    for (unsigned column = (unsigned)begin; column < picture->columns && column < end; column++) {
        double from = begin > column ? begin : column, to = end < column + 1 ? end : column + 1;
        cells[column][span->lane] += (float)(to - from);
    }
}

gbx_lane
gbx_picture_cell(const gbx_picture *picture, size_t row, unsigned column)
{
    const float *share = picture->cells[row * picture->columns + column];
    gbx_lane most = GBX_LANE_AWAY;
    for (unsigned lane = 0; lane < GBX_LANE_COUNT; lane++) {
        most = share[lane] > share[most] ? (gbx_lane)lane : most;
    }
    return most;
}

size_t
gbx_picture_holder(const gbx_picture *picture, unsigned column)
{
    size_t most = SIZE_MAX;
    float share = 0;
    for (size_t row = 0; row < picture->rows; row++) {
        float held = picture->cells[row * picture->columns + column][GBX_LANE_HOLDS];
        if (held > share) {
            most = row;
            share = held;
        }
    }
    return most;
}

/* ----------------------------------------------------------------------- svg */

enum { LEFT = 150, TOP = 56, ROW = 22, BAR = 16, RIGHT = 20, BOTTOM = 40 };

/* Apart from each other for every common kind of colour blindness; "away" is not drawn. */
static const char *const colours[GBX_LANE_COUNT] = { "none", "#0072b2", "#009e73", "#e69f00", "#d5d5d5" };
static const char *const legends[GBX_LANE_COUNT] = {
    "", "holds the lock", "runs without it", "waits", "outside: in a C function that let go"
};

static void
put_escaped(FILE *to, const char *text)
{
    for (; *text != '\0'; text++) {
        switch (*text) {
            case '<': fputs("&lt;", to); break;
            case '>': fputs("&gt;", to); break;
            case '&': fputs("&amp;", to); break;
            case '"': fputs("&quot;", to); break;
            default: fputc((unsigned char)*text, to); break;
        }
    }
}

/* Columns that look the same are one rectangle. */
static void
draw_row(const gbx_picture *picture, size_t row, unsigned y, FILE *to)
{
    unsigned from = 0;
    for (unsigned column = 1; column <= picture->columns; column++) {
        gbx_lane lane = gbx_picture_cell(picture, row, from);
        if (column < picture->columns && gbx_picture_cell(picture, row, column) == lane) {
            continue;
        }
        if (lane != GBX_LANE_AWAY) {
            fprintf(to, "<rect x=\"%u\" y=\"%u\" width=\"%u\" height=\"%u\" fill=\"%s\"/>\n", LEFT + from, y,
                    column - from, BAR, colours[lane]);
        }
        from = column;
    }
}

static void
draw_label(const gbx_picture *picture, size_t row, unsigned y, FILE *to)
{
    const gbx_stream_info *info = gbx_trace_stream(picture->trace, picture->stream_of[row]);
    fprintf(to, "<text x=\"8\" y=\"%u\">", y + BAR - 4);
    if (gbx_trace_process_count(picture->trace) > 1) {
        fprintf(to, "%" PRIu32 "/", gbx_trace_process(picture->trace, info->process)->header->pid);
    }
    if (info->name[0] != '\0') {
        put_escaped(to, info->name);
    }
    else {
        fprintf(to, "thread %" PRIu32, info->thread);
    }
    fputs("</text>\n", to);
}

static void
draw_times(const gbx_picture *picture, unsigned y, FILE *to)
{
    for (unsigned i = 0; i <= 4; i++) {
        unsigned x = LEFT + picture->columns * i / 4;
        double ms = (double)(picture->end_ns - picture->begin_ns) * i / 4 / 1e6;
        fprintf(to, "<line x1=\"%u\" y1=\"%u\" x2=\"%u\" y2=\"%u\" stroke=\"#888\"/>"
                "<text x=\"%u\" y=\"%u\" text-anchor=\"%s\">%.4g ms</text>\n", x, TOP, x, y, x, y + 16,
                i == 4 ? "end" : "middle", ms);
    }
}

static void
draw_legend(FILE *to)
{
    unsigned x = LEFT;
    for (unsigned lane = 1; lane < GBX_LANE_COUNT; lane++) {
        fprintf(to, "<rect x=\"%u\" y=\"32\" width=\"12\" height=\"12\" fill=\"%s\"/>"
                "<text x=\"%u\" y=\"42\">%s</text>\n", x, colours[lane], x + 16, legends[lane]);
        x += 40 + 7 * (unsigned)strlen(legends[lane]);
    }
}

void
gbx_picture_svg(const gbx_picture *picture, const char *title, FILE *to)
{
    unsigned bottom = TOP + ROW * (unsigned)picture->rows;
    unsigned width = LEFT + picture->columns + RIGHT, height = bottom + BOTTOM;
    fprintf(to, "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%u\" height=\"%u\" "
            "viewBox=\"0 0 %u %u\" font-family=\"sans-serif\" font-size=\"12\">\n"
            "<rect width=\"%u\" height=\"%u\" fill=\"white\"/>\n<text x=\"8\" y=\"18\" font-size=\"14\">",
            width, height, width, height, width, height);
    put_escaped(to, title);
    fputs("</text>\n", to);
    draw_legend(to);
    for (size_t row = 0; row < picture->rows; row++) {
        unsigned y = TOP + ROW * (unsigned)row + (ROW - BAR) / 2;
        draw_label(picture, row, y, to);
        draw_row(picture, row, y, to);
    }
    draw_times(picture, bottom, to);
    fputs("</svg>\n", to);
}
