/* Traces, inside: what load.c and file.c (one file), names.c (definitions), stream.c (the records of a
   thread), merge.c (the order of events), trace.c and lookup.c (what callers see) share.  Nobody else
   may include this, save their tests. */

#ifndef GBX_TRACE_INTERNAL_H
#define GBX_TRACE_INTERNAL_H

#include "trace.h"

#define GBX_FILES_MAX     4096u
#define GBX_SEGMENTS_MAX  (1u << 20)

/* A checked segment: its header's fields are copied, since a live writer may change them. */
typedef struct {
    const uint8_t *base;         /* in the mapping */
    uint64_t end;                /* committed, and inside the file */
    uint64_t whole;              /* end of the last whole record; end, unless the segment is torn */
    uint32_t thread;
    uint32_t sequence;
    uint32_t interp;
    uint64_t lost;
    uint64_t overwritten;
    gbx_instant start;
    uint8_t kind;
    bool cut;                    /* the file ends before what was committed does */
} gbx_piece;

/* Definitions of one kind, by id: sorted once after reading. */
typedef struct {
    uint32_t id;
    uint32_t length;             /* of text */
    const char *text;
} gbx_text;

typedef struct {
    gbx_text *items;
    size_t count, room;
} gbx_texts;

typedef struct {
    uint32_t id;
    gbx_code_info info;
} gbx_code_entry;

typedef struct {
    uint32_t id;
    uint32_t order;              /* of its definition: the last one of an id holds */
    uint64_t native_id;
    const char *name;
} gbx_thread_entry;

typedef struct {
    uint32_t id;
    gbx_type_info info;
} gbx_type_entry;

typedef struct {
    uint32_t id;
    gbx_watch_info info;
} gbx_watch_entry;

/* What the decoder has to know of an event, in one word: the size of its record in the low byte (0: no
   such event), and these. */
enum {
    GBX_SHAPE_EVENT = 1 << 8,    /* this reader has the same event, and not a larger record */
    GBX_SHAPE_STATE = 1 << 9,    /* it says how to read what follows: time, interpreter, mask, site */
    GBX_SHAPE_TIMED = 1 << 10,
    GBX_SHAPE_PACKED = 1 << 11   /* it stands for an event in its full form */
};

/* What a packed record says, in its full form: a gbx_obj or a gbx_block. */
typedef struct {
    uint64_t word[2];
    const uint8_t *packed;       /* in the mapping */
} gbx_full;

typedef struct {
    gbx_process info;
    gbx_header header;           /* a checked copy: info.header points here */
    char *path, *executable;
    const uint8_t *map;          /* its bytes */
    const uint8_t *late;         /* the same, looked at once more after `map`: names are read from here */
    size_t size;
    bool copied;                 /* they are ours, and do not change */
    uint8_t record_size[256];    /* by the file's own table; 0: no such event */
    uint16_t shape[256];
    gbx_field_entry *fields;     /* sorted by event */
    size_t field_count;
    gbx_piece *pieces;           /* EVENTS by (thread, sequence), then NAMES by sequence */
    size_t piece_count;
    gbx_texts strings, opcodes, reasons, metas;
    gbx_thread_entry *threads;
    size_t thread_count, thread_room;
    gbx_code_entry *codes;
    size_t code_count, code_room;
    gbx_type_entry *types;
    size_t type_count, type_room;
    struct { uint64_t basic, item; } sizes[GBX_PACKED_TYPES];    /* of types, for packed births */
    gbx_watch_entry *watches;
    size_t watch_count, watch_room;
    bool untimed;
    bool frugal;                 /* mapped, and large: pages that were read through are given back */
} gbx_file;

#define GBX_COPY_BYTES (UINT64_C(64) << 20)

/* Copy the file, as long as *copy_left has room for it, or map it; then look once more, at a file that
   is still being written.  0 or a negative code. */
int gbx_load(gbx_file *file, int fd, uint64_t *copy_left, gbx_error *error);
int gbx_load_again(gbx_file *file, int fd, gbx_error *error);
void gbx_load_clear(gbx_file *file);

/* Load and check one file.  0 or a negative code. */
int gbx_file_open(gbx_file *file, const char *path, uint64_t *copy_left, gbx_error *error);
void gbx_file_clear(gbx_file *file);

/* A terminated copy, '?' for whatever is not clean; the caller frees it.  NULL without memory. */
char *gbx_names_clean(const uint8_t *text, size_t length);

/* Read all definitions of a file. */
int gbx_names_read(gbx_file *file, gbx_error *error);
void gbx_names_clear(gbx_file *file);
const gbx_text *gbx_texts_find(const gbx_texts *texts, uint32_t id);
const gbx_thread_entry *gbx_threads_find(const gbx_file *file, uint32_t id);

/* Types and watched objects (objects.c): add one definition, sort all, find one, free all. */
bool gbx_objects_add(gbx_file *file, const gbx_name *name, const uint8_t *payload);
void gbx_objects_sort(gbx_file *file);
const gbx_type_info *gbx_objects_type(const gbx_file *file, uint32_t id);
const gbx_watch_info *gbx_objects_watch(const gbx_file *file, uint32_t id);
void gbx_objects_clear(gbx_file *file);

/* Ticks of a file's clock on CLOCK_MONOTONIC. */
static inline uint64_t
gbx_ticks_to_ns(const gbx_file *file, uint64_t ticks)
{
    const gbx_instant *start = &file->header.start;
    if (file->header.clock != GBX_CLOCK_TSC) {
        return ticks;
    }
    double ns = (double)(int64_t)(ticks - start->ticks) * file->info.ns_per_tick;
    if (ns < 0) {
        return -ns < (double)start->monotonic_ns ? start->monotonic_ns - (uint64_t)-ns : 0;
    }
    return start->monotonic_ns + (uint64_t)(ns < 0x1p63 ? ns : 0x1p63);  /* a hostile rate is huge */
}

/* ------------------------------------------------------------------ streams */

typedef struct {
    gbx_stream_info info;
    gbx_file *file;
    uint32_t first_piece, piece_count;
    uint32_t index;              /* among the trace's sources */
} gbx_feed;                    /* of events: one thread of one file */

/* Walk over all records of a stream once: count its events, see which of its bytes are whole records.
   The file's `unknown` and `mask` are brought up to date on the way. */
void gbx_feed_scan(gbx_feed *source);

/* Where a block was asked for. */
typedef struct {
    uint32_t code;
    uint16_t offset;
} gbx_block_site;

/* Reading a stream front to back.  Every size is looked at before it is believed, also where a scan has
   seen it: a live writer may have changed it since. */
typedef struct {
    const uint8_t *record;       /* the current event; NULL: no more */
    const uint8_t *next, *end;   /* in the piece */
    uint64_t base_ticks;
    uint64_t t_ns;               /* CLOCK_MONOTONIC; never less than that of the event before */
    const gbx_feed *source;
    uint32_t piece;              /* counted from the source's first */
    uint32_t interp;
    gbx_block_site sites[2];     /* of the piece's last whole blocks, the latest first */
    bool backward;
} gbx_reader;

/* To the first event, or the next one; false: there is none. */
bool gbx_reader_begin(gbx_reader *reader, const gbx_feed *source);
bool gbx_reader_next(gbx_reader *reader);

/* Read on while the current event is not later than `bound_ns`: at most `room` entries, whose number is
   returned.  Their time counts from `start_ns`.  What was packed is unpacked to `full`, which has as much
   room. */
size_t gbx_reader_run(gbx_reader *reader, gbx_entry *to, gbx_full *full, size_t room, uint64_t start_ns,
                      uint64_t bound_ns);

/* To go on later from where a reader stands. */
typedef struct {
    uint64_t base_ticks, t_ns;
    uint32_t piece;
    uint32_t record, next;       /* from the piece's start; record 0: at the end */
    uint32_t interp;
    gbx_block_site sites[2];
    bool backward;
} gbx_reader_mark;

gbx_reader_mark gbx_reader_note(const gbx_reader *reader);
void gbx_reader_return(gbx_reader *reader, const gbx_feed *source, gbx_reader_mark mark);

/* -------------------------------------------------------------------- order */

#define GBX_BLOCK 1024u          /* events that are decoded together */

typedef struct {
    size_t block;                /* SIZE_MAX: none */
    uint64_t used;               /* when, by the merge's own count */
    gbx_entry entries[GBX_BLOCK];
    gbx_full full[GBX_BLOCK];    /* of those entries that were packed */
} gbx_window;

typedef struct gbx_merge gbx_merge;

/* All sources as one sequence of `count` events by (time, index of the source), exact within a source.
   Keeps `sources`, which must outlive it.  0 or GBX_ERROR_MEMORY. */
int gbx_merge_new(gbx_merge **out, const gbx_feed *sources, size_t source_count, size_t count,
                  uint64_t start_ns, gbx_error *error);
void gbx_merge_free(gbx_merge *merge);           /* NULL is fine */

/* Decode the block that holds a position below `count`, or find it decoded.  It stays until
   GBX_WINDOWS - 1 others have been asked for. */
#define GBX_WINDOWS 8
const gbx_window *gbx_merge_load(gbx_merge *merge, size_t at);

/* An empty stream.lost, of stream 0: the event at a position that is none. */
const gbx_entry *gbx_merge_nothing(void);

/* -------------------------------------------------------------------- trace */

struct gbx_trace {
    gbx_file *files;
    size_t file_count;
    uint64_t copy_left;          /* bytes of files that may still be copied */
    gbx_feed *sources;
    size_t source_count, source_room;
    gbx_merge *merge;
    const gbx_window *recent;    /* the block that was asked for last; NULL while there is none */
    size_t count;
    uint64_t start_ns;           /* CLOCK_MONOTONIC of the first process */
};

const gbx_file *gbx_trace_file(const gbx_trace *trace, size_t at);       /* of the event there */

#endif
