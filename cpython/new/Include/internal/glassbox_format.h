/* The Glassbox trace format, version 1: the one header that the interpreter (which writes traces)
   and the runner (which reads them) share.

   Theory of operation.  A trace is one file per process.  It is a header block followed by
   segments; every offset and size is a multiple of GBX_GRANULE.  The header block says who wrote
   the file and how to read its clock, and carries tables that describe every event, field and
   enumeration, so that a reader needs no knowledge of its own to print a record.  A segment belongs
   to one thread, which alone writes to it; `committed` is stored after the records it covers, so the
   file is valid at every instant.  EVENT segments hold fixed-size records; NAMES segments hold the
   definitions (strings, code objects, threads, opcodes...) that records refer to by id.

   Numbers are little-endian.  Records are aligned to 8 bytes and begin with a gbx_head.
   The layout of the file is here; the records, the events and their fields are in three parts of it,
   glassbox_records.h, glassbox_events.h and glassbox_fields.h.  They include <stdint.h> alone (and
   <stddef.h> for offsetof) and must never contain code with an effect: only layouts, constants and the
   X-macro tables that both sides expand. */

#ifndef GLASSBOX_FORMAT_H
#define GLASSBOX_FORMAT_H

#include <stddef.h>               // offsetof()
#include <stdint.h>

#define GBX_MAGIC            "GLASSBOX"      /* 8 bytes, no terminator */
#define GBX_VERSION_MAJOR    1               /* a reader refuses another major version */
#define GBX_VERSION_MINOR    0               /* new events and fields only */
#define GBX_BYTE_ORDER       0x01020304u
#define GBX_GRANULE          16384u          /* segments start and end on this boundary */
#define GBX_HEADER_SIZE      65536u          /* header block with its tables */
#define GBX_SEGMENT_MAGIC    0x53584247u     /* "GBXS" */

/* ------------------------------------------------------------------ classes */

/* X(NAME, bit, "name"): the event classes; the bit indexes the class mask. */
#define GBX_CLASSES(X)            \
    X(FRAME,    0, "frame")       \
    X(SPEC,     1, "spec")        \
    X(REF,      2, "ref")         \
    X(OBJ,      3, "obj")         \
    X(ALLOC,    4, "alloc")       \
    X(GC,       5, "gc")          \
    X(GIL,      6, "gil")         \
    X(THREAD,   7, "thread")      \
    X(COMPILE,  8, "compile")     \
    X(IMPORT,   9, "import")      \
    X(AIO,     10, "aio")         \
    X(BUF,     11, "buf")         \
    X(MARK,    12, "mark")        \
    X(STREAM,  13, "stream")      /* bookkeeping of the recorder itself: always on */

enum gbx_class {
#define X(NAME, bit, text) GBX_CLASS_##NAME = bit,
    GBX_CLASSES(X)
#undef X
    GBX_CLASS_COUNT
};

/* What is recorded where nobody says what: what one wants first, whatever the question: where the time
   goes, and what became of what the program watches (class ref costs nothing until something is watched).
   "all" is every class that the interpreter has hooks for: those that record each object and each block
   make a trace several times as large, so they are asked for. */
#define GBX_MASK(NAME)    (1u << GBX_CLASS_##NAME)
#define GBX_MASK_DEFAULT  (GBX_MASK(FRAME) | GBX_MASK(SPEC) | GBX_MASK(COMPILE) | GBX_MASK(IMPORT) | \
                           GBX_MASK(THREAD) | GBX_MASK(GIL) | GBX_MASK(MARK) | GBX_MASK(REF) | GBX_MASK(GC) | \
                           GBX_MASK(AIO))
#define GBX_MASK_ALL      (GBX_MASK_DEFAULT | GBX_MASK(OBJ) | GBX_MASK(ALLOC) | GBX_MASK(BUF))

#include "glassbox_records.h"
#include "glassbox_events.h"
#include "glassbox_fields.h"

/* ------------------------------------------------- tables in the header block */

typedef struct {             /* one per event, ended by id 0 or the table's count */
    uint8_t  id;
    uint8_t  klass;          /* enum gbx_class */
    uint8_t  size;           /* bytes of a record, head included */
    uint8_t  timed;
    char     name[28];       /* "class.event", NUL-terminated */
} gbx_event_entry;

typedef struct {
    uint8_t  event;
    uint8_t  offset;         /* in the record */
    uint8_t  width;          /* 1 to 8 bytes */
    uint8_t  kind;           /* enum gbx_kind */
    uint8_t  detail;         /* enum id where kind is ENUM */
    uint8_t  reserved[3];
    char     name[24];
} gbx_field_entry;

typedef struct {
    uint8_t  enumeration;    /* enum gbx_enum */
    uint8_t  value;
    uint8_t  reserved[2];
    char     label[28];
} gbx_enum_entry;

typedef struct {
    uint8_t  id;             /* bit in the class mask */
    uint8_t  reserved[3];
    char     name[12];
} gbx_class_entry;

typedef struct {             /* where a table lies in the header block */
    uint32_t offset;         /* from the start of the file */
    uint32_t count;          /* entries */
} gbx_table;

/* ------------------------------------------------------------------- header */

enum gbx_clock { GBX_CLOCK_NONE = 0, GBX_CLOCK_TSC = 1, GBX_CLOCK_MONOTONIC = 2 };
enum gbx_mode { GBX_MODE_FULL = 1, GBX_MODE_RING = 2 };
enum gbx_state {             /* why recording ended, if it did */
    GBX_STATE_RECORDING = 0, GBX_STATE_STOPPED = 1, GBX_STATE_FULL = 2, GBX_STATE_ERROR = 3
};
enum gbx_build { GBX_BUILD_FREE_THREADED = 1, GBX_BUILD_DEBUG = 2, GBX_BUILD_STATS = 4 };

typedef struct {             /* the same instant on three clocks */
    uint64_t ticks;
    uint64_t monotonic_ns;
    uint64_t realtime_ns;
} gbx_instant;

typedef struct {
    /* written once, before the file gets its final name */
    char     magic[8];
    uint16_t version_major;
    uint16_t version_minor;
    uint32_t byte_order;
    uint32_t header_size;    /* where the first segment starts */
    uint32_t granule;
    uint64_t run_id[2];      /* random; shared by a program and all its children */
    uint32_t pid;
    uint32_t parent_pid;
    uint64_t process_start;  /* /proc/PID/stat field 22: tells a reused pid apart */
    uint8_t  clock;          /* enum gbx_clock; ticks are ns for MONOTONIC, 0 for NONE */
    uint8_t  mode;           /* enum gbx_mode */
    uint8_t  build;          /* bits of enum gbx_build */
    uint8_t  reserved0;
    uint32_t hexversion;     /* PY_VERSION_HEX */
    uint64_t limit;          /* bytes the file may grow to (full), or has (ring) */
    uint64_t load_base;      /* address at which `executable` was mapped: PC minus this = link-time address */
    gbx_instant start;
    gbx_table classes;
    gbx_table events;
    gbx_table fields;
    gbx_table enums;
    char     executable[1024];
    char     reserved1[32];

    /* updated while recording; each field has one kind of writer */
    uint64_t allocated;      /* end of the last segment handed out; atomic add by any thread */
    uint64_t lost_unattached;/* events of threads that never got a segment; atomic add */
    gbx_instant latest;      /* at the newest segment, and at stop; any thread, torn values possible:
                                a reader prefers the instants of the segments */
    uint32_t state;          /* enum gbx_state */
    uint32_t error;          /* errno behind GBX_STATE_ERROR */
    uint32_t mask;           /* classes on now */
    uint32_t first_mask;     /* classes on at the start */
    uint32_t threads;        /* thread ids handed out; atomic add */
    uint32_t switched_off;   /* classes that were on and went off at some time; atomic or */
    uint64_t reserved3[8];
} gbx_header;

/* ----------------------------------------------------------------- segments */

enum gbx_segment_kind { GBX_SEGMENT_EVENTS = 1, GBX_SEGMENT_NAMES = 2 };

typedef struct {
    uint32_t magic;          /* GBX_SEGMENT_MAGIC, stored last when a segment is taken */
    uint8_t  kind;           /* enum gbx_segment_kind */
    uint8_t  reserved0[3];
    uint32_t size;           /* bytes, header included; multiple of GBX_GRANULE */
    uint32_t thread;         /* id of the thread that owns it (EVENTS) */
    uint32_t sequence;       /* 0, 1, 2... per thread; in ring mode it goes on as segments are reused */
    uint32_t interp;         /* interpreter of the first record */
    /* written by the owning thread, read by anyone */
    uint64_t committed;      /* end of the last whole record, from the segment's start; stored after
                                the record itself.  0 while the segment is being (re)initialized */
    uint64_t lost;           /* events of this thread lost since this segment filled up */
    uint64_t overwritten;    /* ring: records of this thread overwritten so far, all segments */
    gbx_instant base;        /* when taken; base.ticks is the base of dt */
    uint64_t reserved1[5];
} gbx_segment;               /* records follow */

#define GBX_SEGMENT_TAIL  ((uint32_t)sizeof(gbx_stream_lost))  /* kept free for a LOST record */

/* -------------------------------------------------------------------- names */

enum gbx_name_kind {
    GBX_NAME_STRING = 1,     /* bytes: UTF-8, not terminated */
    GBX_NAME_CODE = 2,       /* gbx_name_code, then its strings and its location table */
    GBX_NAME_THREAD = 3,     /* gbx_name_thread, then the name */
    GBX_NAME_OPCODE = 4,     /* id: opcode; bytes: its name */
    GBX_NAME_REASON = 5,     /* id: family << 8 | SPEC_FAIL_*; bytes: its name */
    GBX_NAME_META = 6,       /* bytes: "key=value" about the run, e.g. "version=3.13.5 ..."; the key image,
                                "START-END OFFSET PATH", comes for each file that PC fields lie in */
    GBX_NAME_TYPE = 7,       /* gbx_name_type, then the name */
    GBX_NAME_WATCH = 8       /* gbx_name_watch, then the name that the program gave it */
};

typedef struct {             /* the head of every definition */
    uint8_t  kind;           /* enum gbx_name_kind */
    uint8_t  reserved[3];
    uint32_t size;           /* whole definition, head and padding included; multiple of 8 */
    uint32_t id;             /* STRING, CODE and THREAD ids are unique in the file, per kind */
    uint32_t length;         /* bytes of payload after this head */
} gbx_name;

typedef struct {             /* payload of CODE; then name, file and table, in that order */
    uint32_t first_line;
    uint32_t units;          /* instructions and caches, 2 bytes each */
    uint32_t co_flags;
    uint32_t interp;
    uint32_t name_length;    /* co_qualname */
    uint32_t file_length;    /* co_filename */
    uint32_t table_length;   /* co_linetable: see Objects/locations.md (PEP 626) */
    uint32_t nlocals;
    uint64_t address;        /* of the code object, at definition */
} gbx_name_code;

typedef struct {             /* payload of TYPE; then tp_name */
    uint64_t basic_size;     /* tp_basicsize, without what lies before the object's address */
    uint64_t item_size;
    uint64_t tp_flags;       /* at definition */
    uint64_t address;
} gbx_name_type;

typedef struct {             /* payload of WATCH; then the name */
    uint64_t address;
    uint32_t type;           /* TYPE id */
    uint32_t reserved;
} gbx_name_watch;

typedef struct {             /* payload of THREAD; then the name */
    uint64_t native_id;      /* gettid() */
    uint64_t ident;          /* threading.get_ident() */
} gbx_name_thread;

#define GBX_CODE_INIT_SHIM  1u    /* CODE id of _Py_InitCleanup, the shim below an inlined __init__ */
#define GBX_FIRST_CODE_ID   2u

/* ------------------------------------------------ every size and offset, pinned */

GBX_PIN(sizeof(gbx_name_type) == 32);
GBX_PIN(sizeof(gbx_name_watch) == 16);
GBX_PIN(sizeof(gbx_event_entry) == 32);
GBX_PIN(sizeof(gbx_field_entry) == 32);
GBX_PIN(sizeof(gbx_enum_entry) == 32);
GBX_PIN(sizeof(gbx_class_entry) == 16);
GBX_PIN(sizeof(gbx_instant) == 24);
GBX_PIN(offsetof(gbx_header, run_id) == 24);
GBX_PIN(offsetof(gbx_header, start) == 80);
GBX_PIN(offsetof(gbx_header, classes) == 104);
GBX_PIN(offsetof(gbx_header, executable) == 136);
GBX_PIN(offsetof(gbx_header, allocated) == 1192);
GBX_PIN(offsetof(gbx_header, latest) == 1208);
GBX_PIN(sizeof(gbx_header) == 1320);
GBX_PIN(offsetof(gbx_segment, committed) == 24);
GBX_PIN(offsetof(gbx_segment, base) == 48);
GBX_PIN(sizeof(gbx_segment) == 112);
GBX_PIN(sizeof(gbx_name) == 16);
GBX_PIN(sizeof(gbx_name_code) == 40);
GBX_PIN(sizeof(gbx_name_thread) == 16);

#endif /* GLASSBOX_FORMAT_H */
