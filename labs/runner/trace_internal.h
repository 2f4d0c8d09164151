/* Traces, inside: what file.c (one mapped file), names.c (definitions) and trace.c (the merged order)
   share.  Nobody else may include this. */

#ifndef GBX_TRACE_INTERNAL_H
#define GBX_TRACE_INTERNAL_H

#include "trace.h"

#define GBX_FILES_MAX     4096u
#define GBX_SEGMENTS_MAX  (1u << 20)

/* A checked segment: its header's fields are copied, since a live writer may change them. */
typedef struct {
    const uint8_t *base;         /* in the mapping */
    uint64_t end;                /* committed, and inside the file */
    uint32_t thread;
    uint32_t sequence;
    uint32_t interp;
    uint64_t lost;
    uint64_t overwritten;
    gbx_instant start;
    uint8_t kind;
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
    gbx_process info;
    gbx_header header;           /* a checked copy: info.header points here */
    char *path;
    const uint8_t *map;
    size_t size;
    uint8_t record_size[256];    /* by the file's own table; 0: no such event */
    bool known[256];             /* this reader has the same event, and not a larger record */
    gbx_field_entry *fields;     /* sorted by event */
    size_t field_count;
    gbx_piece *pieces;           /* EVENTS by (thread, sequence), then NAMES by sequence */
    size_t piece_count;
    gbx_texts strings, threads, opcodes, reasons;
    uint64_t *native_ids;        /* beside threads */
    gbx_code_entry *codes;
    size_t code_count, code_room;
    double ns_per_tick;
    bool untimed;
} gbx_file;

/* Map and check one file.  0 or a negative code. */
int gbx_file_open(gbx_file *file, const char *path, gbx_error *error);
void gbx_file_clear(gbx_file *file);

/* Read all definitions of a file. */
int gbx_names_read(gbx_file *file, gbx_error *error);
void gbx_names_clear(gbx_file *file);
const gbx_text *gbx_texts_find(const gbx_texts *texts, uint32_t id);

#endif
