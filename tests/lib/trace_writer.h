/* Traces for tests, written from the format header alone: sound ones by default, and every number in
   them can be made to lie afterwards.

   A writer holds the whole file in memory: header block, tables, then segments in the order in which
   they were taken.  Events go to the newest segment of their thread, and each takes the writer's clock
   and moves it on by 10.  Everything that can fail aborts the test program: a test has no use for half
   a trace.  This is no second recorder: it must not lock, map, or know an interpreter. */

#ifndef TRACE_WRITER_H
#define TRACE_WRITER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "glassbox_format.h"

typedef struct trace_writer trace_writer;

typedef struct {
    uint32_t granule;            /* 0: 4096, the smallest that a reader takes */
    uint32_t header_size;        /* 0: what the tables need */
    uint32_t segment_size;       /* 0: one granule */
    uint32_t classes;            /* whose events the tables hold, STREAM besides; 0: all */
    uint32_t mask;               /* header's first_mask; 0: all classes */
    uint8_t clock;               /* 0: GBX_CLOCK_MONOTONIC; WRITER_NO_CLOCK for none */
    uint8_t mode;                /* 0: GBX_MODE_FULL */
    uint32_t pid;                /* 0: 100 */
    uint64_t run_id;             /* 0: 0x61 */
} writer_options;

#define WRITER_NO_CLOCK 255u
#define WRITER_START    1000000u /* ticks and ns at the header's start */

trace_writer *writer_new(const writer_options *options);     /* NULL: all defaults */
void writer_free(trace_writer *w);

/* ------------------------------------------------------------------- tables */

/* Entries of the table in the file, to be changed in place; valid until the next call with `w`. */
gbx_event_entry *writer_event_entry(trace_writer *w, uint8_t event);     /* NULL: not there */
gbx_field_entry *writer_field_entry(trace_writer *w, uint8_t event, const char *name);

/* One more event, or one more field; before the first segment is taken. */
void writer_declare_event(trace_writer *w, uint8_t id, uint8_t size, const char *name);
void writer_declare_field(trace_writer *w, uint8_t event, uint8_t offset, uint8_t width,
                          uint8_t kind, const char *name);

/* ----------------------------------------------------------------- segments */

/* Take a segment: an EVENTS segment of a thread, or (thread 0) the NAMES segment.  The first event or
   name does it where none was taken. */
void writer_take(trace_writer *w, uint8_t kind, uint32_t thread);

/* Room for `size` bytes in the newest segment of the thread (or, thread 0, of names), committed; another
   one is taken where it is full.  Valid until the next call with `w`. */
uint8_t *writer_room(trace_writer *w, uint8_t kind, uint32_t thread, size_t size);

/* The newest segment of a thread, and the header; valid until the next call with `w`. */
gbx_segment *writer_segment(trace_writer *w, uint32_t thread);
gbx_segment *writer_names_segment(trace_writer *w);
gbx_header *writer_header(trace_writer *w);

/* ------------------------------------------------------------------- events */

/* Ticks of the next record. */
void writer_clock(trace_writer *w, uint64_t ticks);

/* Any record; `h.dt` is filled in where the clock runs.  Returns where it lies in the file. */
size_t writer_record(trace_writer *w, uint32_t thread, const void *record, size_t size);

void writer_push(trace_writer *w, uint32_t thread, uint32_t code, uint32_t frame);
void writer_pop(trace_writer *w, uint32_t thread, uint32_t code, uint32_t frame);
void writer_edge(trace_writer *w, uint32_t thread, uint8_t event, uint8_t flags, uint16_t offset,
                 uint32_t code, uint32_t frame);
void writer_generator(trace_writer *w, uint32_t thread, uint32_t code, uint32_t frame,
                      uint32_t generator);
void writer_spec(trace_writer *w, uint32_t thread, uint8_t event, uint32_t code, uint16_t offset,
                 uint8_t family, uint8_t reason);
void writer_stage(trace_writer *w, uint32_t thread, uint8_t event, uint8_t stage, uint32_t name);
void writer_mark(trace_writer *w, uint32_t thread, uint32_t name, uint8_t type, uint64_t value);
void writer_time(trace_writer *w, uint32_t thread, uint64_t ticks);
void writer_lost(trace_writer *w, uint32_t thread, uint64_t count);
void writer_interp(trace_writer *w, uint32_t thread, uint32_t interp);
void writer_mask(trace_writer *w, uint32_t thread, uint32_t old_mask, uint32_t new_mask);

/* -------------------------------------------------------------------- names */

/* A definition whose payload is text; returns where it lies in the file. */
size_t writer_name(trace_writer *w, uint8_t kind, uint32_t id, const void *text, size_t length);
size_t writer_string(trace_writer *w, uint32_t id, const char *text);
size_t writer_thread_name(trace_writer *w, uint32_t id, uint64_t native_id, const char *name);
size_t writer_code(trace_writer *w, uint32_t id, const char *name, const char *file,
                   uint32_t first_line, const void *table, size_t length);

/* -------------------------------------------------------------------- files */

uint8_t *writer_bytes(trace_writer *w);          /* the whole file, to lie in; until the next call */
size_t writer_size(const trace_writer *w);
void writer_truncate(trace_writer *w, size_t size);
void writer_save(trace_writer *w, const char *path);

/* A file without a name that holds the bytes: the descriptor; its path is "/proc/self/fd/N". */
int writer_memfd(const void *bytes, size_t size, char path[32]);

#endif
