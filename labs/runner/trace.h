/* Traces: one or more trace files, read as one sequence of events on one clock.

   gbx_trace_open() reads FILE and its relatives (FILE.PID, FILE.PID.N with the same run id: the children
   of the program), believes nothing in them until it is checked, and merges their threads by time.
   Events are then addressed by position: 0 .. gbx_trace_count() - 1, in that order; within a thread the
   order is exact, between threads it is that of their clocks.  Everything a function returns a pointer
   to belongs to the trace and lives until gbx_trace_close(), save records: a record may have been unpacked,
   and then stays until a few thousand events elsewhere have been asked about.  Copy what is to last.

   This module decodes; it must not judge (check.h), print, or know what a claim is.  A trace that ends
   early (kill -9, a full disk, a writer still at work) is no error: what is committed is read.

   Opening walks over every record once, to count them; nothing is kept an event.  Blocks of events are
   decoded as they are asked for: going forward costs a few nanoseconds an event, going elsewhere the
   decoding of a block (a few thousand events, more with hundreds of threads).  The blocks that are kept
   change with every question, so one trace must not be used by two threads at once.

   Files are copied when they are opened, up to 64 MiB of them: whatever still writes to them cannot
   change what was opened.  Larger ones are mapped.  Of those, what a writer takes away meanwhile (a ring
   does) reads as empty stream.lost events, and one that shrinks ends the program (SIGBUS).

   Limits: 4096 files; 2^20 segments a file. */

#ifndef GBX_TRACE_H
#define GBX_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"
#include "glassbox_format.h"

typedef struct gbx_trace gbx_trace;

typedef struct {
    bool only;               /* read FILE alone, without its relatives */
} gbx_trace_options;

/* 0 and a trace in *out, which the caller closes; or a negative code.  `options` may be NULL. */
int gbx_trace_open(gbx_trace **out, const char *path, const gbx_trace_options *options,
                   gbx_error *error);
void gbx_trace_close(gbx_trace *trace);          /* NULL is fine */

/* ------------------------------------------------------------------- events */

size_t gbx_trace_count(const gbx_trace *trace);

/* The record at a position: whole, aligned, of the size that its file's table declares, and never in a
   packed form.  Its event id is one this reader knows, and its size is what this reader's struct has, or
   more. */
const gbx_head *gbx_trace_record(const gbx_trace *trace, size_t at);
uint8_t gbx_trace_event(const gbx_trace *trace, size_t at);      /* enum gbx_event */

typedef struct {
    uint64_t t_ns;           /* since the first process began to record */
    uint32_t process;        /* index of the file */
    uint32_t pid;
    uint32_t thread;         /* id in the file */
    uint32_t interp;
    uint32_t stream;         /* index of (process, thread), see gbx_trace_stream */
} gbx_where;

gbx_where gbx_trace_where(const gbx_trace *trace, size_t at);

const char *gbx_event_name(uint8_t event);       /* "frame.push"; "?" */
const char *gbx_class_name(unsigned klass);      /* "frame"; "?" */
int gbx_event_class(uint8_t event);              /* enum gbx_class; -1 */

/* A field of the record at a position, by the table that the trace carries. */
typedef struct {
    const char *name;
    uint8_t kind;            /* enum gbx_kind */
    uint8_t detail;
    uint8_t offset, width;       /* in the record, bytes */
    uint64_t value;
} gbx_field;

size_t gbx_trace_field_count(const gbx_trace *trace, size_t at);
gbx_field gbx_trace_field(const gbx_trace *trace, size_t at, size_t index);

/* --------------------------------------------------------------- one by one */

/* An event as it was decoded. */
typedef struct {
    const gbx_head *record;
    uint64_t t_ns;               /* as in gbx_where */
    uint32_t stream;
    uint32_t interp;
    bool backward;               /* the record's own time is before that of the thread's last event;
                                    t_ns is not */
    uint8_t bytes;               /* of the record in the file, where it may have been packed */
} gbx_entry;

/* For loops over many events:

       gbx_cursor now;
       for (bool more = gbx_trace_first(trace, &now); more; more = gbx_trace_next(&now)) { ... }

   A cursor holds a copy of what it stands on: it needs no clearing, others may be used meanwhile, and so
   may all questions by position. */
typedef struct {
    gbx_entry entry;
    size_t at;                   /* position */
    const gbx_trace *trace;
} gbx_cursor;

/* To the first event, the next one, or the one at a position; false: there is none, and the cursor stays
   as it was. */
bool gbx_trace_first(const gbx_trace *trace, gbx_cursor *cursor);
bool gbx_trace_next(gbx_cursor *cursor);
bool gbx_trace_seek(const gbx_trace *trace, size_t at, gbx_cursor *cursor);

/* For loops over all of them: the events from `at` on that are decoded together, 1 to some thousand;
   *count says how many, 0 at the end.  They stay while nothing but them is asked about. */
const gbx_entry *gbx_trace_entries(const gbx_trace *trace, size_t at, size_t *count);

gbx_where gbx_entry_where(const gbx_trace *trace, const gbx_entry *entry);

/* ---------------------------------------------------------- processes, streams */

typedef struct {
    const char *path;
    const gbx_header *header;    /* checked; its strings are terminated */
    const char *executable;      /* as in the header, fit for a terminal */
    uint64_t overwritten;        /* records that a ring no longer holds */
    uint64_t lost;               /* events that were not recorded */
    uint64_t unknown;            /* records of events this reader does not know, passed over */
    uint64_t bytes;              /* of the file */
    uint32_t mask;               /* classes on from the start to the end */
    bool cut;                    /* the file is shorter than what was handed out to its writers */
    double ns_per_tick;          /* of its clock, over the whole recording */
} gbx_process;

size_t gbx_trace_process_count(const gbx_trace *trace);
const gbx_process *gbx_trace_process(const gbx_trace *trace, size_t process);

typedef struct {
    uint32_t process;
    uint32_t thread;
    uint64_t native_id;          /* 0 unknown */
    const char *name;            /* "" unknown */
    uint64_t records;
    uint64_t lost;
    uint64_t overwritten;
    uint64_t bytes;              /* of its records */
    bool whole;                  /* its segments are 0, 1, 2... and none was overwritten */
    bool midway;                 /* it begins with frames that were there before the recording */
} gbx_stream_info;

size_t gbx_trace_stream_count(const gbx_trace *trace);
const gbx_stream_info *gbx_trace_stream(const gbx_trace *trace, size_t stream);

typedef struct {
    uint8_t kind;                /* enum gbx_segment_kind */
    uint32_t thread;
    uint32_t sequence;
    uint64_t bytes;              /* committed, and in the file; the segment's head included */
    uint64_t whole;              /* EVENTS: how far they are whole records; bytes, unless it is torn */
    bool cut;                    /* the file ends before what was committed does */
    uint64_t lost, overwritten;
    gbx_instant start;
} gbx_segment_info;

/* CLOCK_MONOTONIC of this machine as t_ns; 0 for what lies before the beginning. */
uint64_t gbx_trace_since_start(const gbx_trace *trace, uint64_t monotonic_ns);

/* The segments of a process: those with events by (thread, sequence), then those with names. */
size_t gbx_trace_segment_count(const gbx_trace *trace, size_t process);
gbx_segment_info gbx_trace_segment(const gbx_trace *trace, size_t process, size_t segment);

uint64_t gbx_trace_lost(const gbx_trace *trace);        /* of all processes, overwritten included */
uint32_t gbx_trace_mask(const gbx_trace *trace);        /* classes on from the start to the end in
                                                           every process */

/* -------------------------------------------------------------------- names */

typedef struct {
    const char *name;            /* qualified name */
    const char *file;
    uint32_t first_line;
    uint32_t units;
    uint32_t flags;              /* co_flags */
    const uint8_t *table;        /* location table, see gbx_code_line() */
    uint32_t table_length;
} gbx_code_info;

typedef struct {
    const char *name;            /* tp_name */
    uint64_t basic_size;         /* bytes of an instance without items */
    uint64_t item_size;
    uint64_t flags;              /* tp_flags */
    uint64_t address;
} gbx_type_info;

typedef struct {
    const char *name;            /* that the program gave it */
    uint32_t type;               /* id */
    uint64_t address;
} gbx_watch_info;

/* Text is valid UTF-8 without control characters, whatever the file held; NULL where there is no such
   definition. */
const char *gbx_trace_string(const gbx_trace *trace, uint32_t process, uint32_t id);
const gbx_code_info *gbx_trace_code(const gbx_trace *trace, uint32_t process, uint32_t id);
const gbx_type_info *gbx_trace_type(const gbx_trace *trace, uint32_t process, uint32_t id);
const gbx_watch_info *gbx_trace_watch(const gbx_trace *trace, uint32_t process, uint32_t id);
const char *gbx_trace_opcode(const gbx_trace *trace, uint32_t process, uint8_t opcode);
const char *gbx_trace_reason(const gbx_trace *trace, uint32_t process, uint8_t family,
                             uint8_t reason);
const char *gbx_trace_label(uint8_t enumeration, uint8_t value);     /* "return"; NULL */

/* What the process said of itself as it began to record: "version=3.13.5 ...", "platform=..." and so on;
   the value of a key, or NULL. */
size_t gbx_trace_meta_count(const gbx_trace *trace, uint32_t process);
const char *gbx_trace_meta(const gbx_trace *trace, uint32_t process, size_t index);
const char *gbx_trace_meta_value(const gbx_trace *trace, uint32_t process, const char *key);

/* Line (1...) and column (0...; -1 unknown) of an instruction; false where the table has none.
   Format of the table: Objects/locations.md in CPython's source. */
bool gbx_code_line(const gbx_code_info *code, uint32_t offset, int *line, int *column);

/* ------------------------------------------------------------- running function */

/* The function that runs after the event at a position, and how deep its frame lies, from the thread's
   frame events; code 0 where frames were not recorded.  Walks over the thread's events up to it: for
   showing a few events, not for loops over all. */
typedef struct {
    uint32_t code;
    uint32_t depth;
} gbx_running;

gbx_running gbx_trace_running(const gbx_trace *trace, size_t at);

#endif
