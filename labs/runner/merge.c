/* The order of events: many streams read as one, by time.

   Nothing is kept an event.  Blocks of GBX_BLOCK events are decoded when somebody asks for one, and the
   last few stay decoded.  Going forward, the readers simply go on; going elsewhere, they return to a
   place that was saved on the way: one every block, or fewer where there are many streams, so that all
   places together stay below PLACES_BYTES.  A place can be saved only by passing it, so the first visit
   to a late position decodes what lies before it, once.

   Equal times are ordered by the stream's index, which is that of (process, thread). */

#include "trace_internal.h"

#include <stdlib.h>
#include <string.h>

#define PLACES_BYTES (16u << 20)

/* A stream that has events left, and the time of its next. */
typedef struct {
    uint64_t t_ns;
    uint32_t source;
} head;

struct gbx_merge {
    const gbx_feed *sources;
    size_t source_count;
    size_t count;
    uint64_t start_ns;
    gbx_reader *readers;         /* one a source */
    head *heap;                  /* the earliest on top */
    size_t heap_count;
    size_t next_block;           /* that the readers stand before */
    size_t stride;               /* blocks from one row of places to the next */
    size_t rows;                 /* saved so far, from block 0 on */
    gbx_reader_mark *places;           /* rows of source_count */
    uint64_t uses;
    gbx_window windows[GBX_WINDOWS];
};

/* What stands where a live writer took away an event that was there when the trace was opened. */
static const union {
    gbx_stream_lost lost;
    uint64_t room[32];           /* for any size that a file's table may declare */
} gone = { .lost = { .h = { .event = GBX_EV_STREAM_LOST } } };

const gbx_entry *
gbx_merge_nothing(void)
{
    static const gbx_entry nothing = { .record = &gone.lost.h };
    return &nothing;
}

/* --------------------------------------------------------------------- heap */

static inline bool
earlier(head a, head b)
{
    return a.t_ns < b.t_ns || (a.t_ns == b.t_ns && a.source < b.source);
}

static void
sift_down(gbx_merge *m, size_t at)
{
    head moving = m->heap[at];
    for (;;) {
        size_t child = 2 * at + 1;
        if (child >= m->heap_count) {
            break;
        }
        if (child + 1 < m->heap_count && earlier(m->heap[child + 1], m->heap[child])) {
            child++;
        }
        if (!earlier(m->heap[child], moving)) {
            break;
        }
        m->heap[at] = m->heap[child];
        at = child;
    }
    m->heap[at] = moving;
}

static void
build_heap(gbx_merge *m)
{
    m->heap_count = 0;
    for (uint32_t s = 0; s < m->source_count; s++) {
        if (m->readers[s].record != NULL) {
            m->heap[m->heap_count++] = (head){ m->readers[s].t_ns, s };
        }
    }
    for (size_t i = m->heap_count / 2; i-- > 0;) {
        sift_down(m, i);
    }
}

/* The last instant at which an event of the stream on top still comes before all other streams. */
static uint64_t
bound_of_top(const gbx_merge *m)
{
    if (m->heap_count < 2) {
        return UINT64_MAX;
    }
    head second = m->heap[1];
    if (m->heap_count > 2 && earlier(m->heap[2], second)) {
        second = m->heap[2];
    }
    return m->heap[0].source < second.source ? second.t_ns : second.t_ns - 1;
}

/* ------------------------------------------------------------------- blocks */

static void
decode_block(gbx_merge *m, gbx_window *to)
{
    size_t first = m->next_block * GBX_BLOCK, n = 0;
    size_t room = m->count - first < GBX_BLOCK ? m->count - first : GBX_BLOCK;
    while (n < room && m->heap_count > 0) {
        gbx_reader *reader = &m->readers[m->heap[0].source];
        n += gbx_reader_run(reader, to->entries + n, to->full + n, room - n, m->start_ns, bound_of_top(m));
        if (reader->record != NULL) {
            m->heap[0].t_ns = reader->t_ns;
        }
        else {
            m->heap[0] = m->heap[--m->heap_count];
        }
        if (m->heap_count > 1) {
            sift_down(m, 0);
        }
    }
    for (; n < room; n++) {
        to->entries[n] = (gbx_entry){ .record = &gone.lost.h,
                                      .t_ns = n > 0 ? to->entries[n - 1].t_ns : 0 };
    }
    to->block = m->next_block++;
}

/* Save where the readers stand, if this is the first time that they stand here. */
static void
save_places(gbx_merge *m)
{
    if (m->next_block != m->rows * m->stride) {
        return;
    }
    gbx_reader_mark *row = m->places + m->rows++ * m->source_count;
    for (size_t s = 0; s < m->source_count; s++) {
        row[s] = gbx_reader_note(&m->readers[s]);
    }
}

static void
return_to_row(gbx_merge *m, size_t row)
{
    const gbx_reader_mark *places = m->places + row * m->source_count;
    for (size_t s = 0; s < m->source_count; s++) {
        gbx_reader_return(&m->readers[s], &m->sources[s], places[s]);
    }
    build_heap(m);
    m->next_block = row * m->stride;
}

static gbx_window *
oldest_window(gbx_merge *m)
{
    gbx_window *oldest = &m->windows[0];
    for (size_t i = 1; i < GBX_WINDOWS; i++) {
        if (m->windows[i].used < oldest->used) {
            oldest = &m->windows[i];
        }
    }
    return oldest;
}

const gbx_window *
gbx_merge_load(gbx_merge *m, size_t at)
{
    size_t block = at / GBX_BLOCK;
    m->uses++;
    for (size_t i = 0; i < GBX_WINDOWS; i++) {
        if (m->windows[i].block == block) {
            m->windows[i].used = m->uses;
            return &m->windows[i];
        }
    }
    gbx_window *window = oldest_window(m);
    window->used = m->uses;
    size_t row = block / m->stride < m->rows ? block / m->stride : m->rows - 1;
    if (m->next_block > block || m->next_block < row * m->stride) {
        return_to_row(m, row);
    }
    while (m->next_block <= block) {
        save_places(m);
        decode_block(m, window);
    }
    return window;
}

/* ------------------------------------------------------------- new and free */

static size_t
stride_for(size_t blocks, size_t source_count)
{
    double bytes = (double)blocks * (double)source_count * (double)sizeof(gbx_reader_mark);
    return 1 + (size_t)(bytes / PLACES_BYTES);
}

int
gbx_merge_new(gbx_merge **out, const gbx_feed *sources, size_t source_count, size_t count,
              uint64_t start_ns, gbx_error *error)
{
    gbx_merge *m = calloc(1, sizeof(*m));
    *out = m;
    if (m == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    size_t blocks = count / GBX_BLOCK + 1;
    m->sources = sources;
    m->source_count = source_count;
    m->count = count;
    m->start_ns = start_ns;
    m->stride = stride_for(blocks, source_count);
    m->readers = calloc(source_count + 1, sizeof(*m->readers));
    m->heap = calloc(source_count + 1, sizeof(*m->heap));
    m->places = calloc((blocks / m->stride + 1) * source_count + 1, sizeof(*m->places));
    if (m->readers == NULL || m->heap == NULL || m->places == NULL) {
        gbx_merge_free(m);
        *out = NULL;
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    for (size_t s = 0; s < source_count; s++) {
        (void)gbx_reader_begin(&m->readers[s], &sources[s]);
    }
    for (size_t i = 0; i < GBX_WINDOWS; i++) {
        m->windows[i].block = SIZE_MAX;
    }
    build_heap(m);
    save_places(m);
    return 0;
}

void
gbx_merge_free(gbx_merge *m)
{
    if (m == NULL) {
        return;
    }
    free(m->readers);
    free(m->heap);
    free(m->places);
    free(m);
}
