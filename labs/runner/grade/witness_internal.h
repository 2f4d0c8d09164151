/* Witness, inside: what its parts share.  See witness.h for what it is.

     witness_binary.c    the interpreter's file: probes, the recorder's functions
     witness_unwind.c    how to leave them
     witness_module.c    extension modules: whose calls go to the recorder through the linker's table
     witness_space.c     an address space: breakpoints, what is mapped, reading it
     witness_chain.c     who called the recorder
     witness_ledger.c    what was seen being written
     witness_frames.c    the frames and the lock, as the trace has them and as they are
     witness_look.c      look-ins: the interpreter's code, the mask
     witness_calls.c     system calls that ask for executable memory
     witness_compare.c   the ledger against the files
     witness_threads.c   who is there, births, other programs
     witness.c           the stops

   Everything that is read from a traced process is hostile: lengths are bounded, pointers lead anywhere.  The binaries are
   the instructor's own. */

#ifndef GBX_WITNESS_INTERNAL_H
#define GBX_WITNESS_INTERNAL_H

#include <elfutils/libdw.h>          // Elf, Dwarf_CFI
#include <sys/user.h>

#include "glassbox_format.h"
#include "glassbox_probes.h"
#include "witness.h"

/* ------------------------------------------------------------------ the binary */

typedef struct {
    uint64_t address;                /* as linked */
    enum gbx_probe kind;
    int reg;                         /* which points to what was stored: DWARF's number */
    uint32_t stack;                  /* bytes that the last unwinding from here took */
} gbx_probe_place;

typedef struct {
    uint64_t start, end;             /* as linked */
    bool wraps;                      /* may be called through a pointer, by the interpreter */
    bool visits;                     /* likewise, by whoever has objects that refer to others */
    bool told;                       /* likewise, by the C library: of a fork, of a thread's end */
} gbx_recorder_function;

typedef struct {
    int cfa_reg, cfa_offset;         /* the frame's end: a register and a distance */
    int rbp_offset;                  /* where the caller's rbp is kept, from there; 0: in rbp */
    bool known;
} gbx_unwind_rule;

typedef struct gbx_unwind gbx_unwind;

gbx_unwind *gbx_unwind_new(Elf *elf);            /* NULL: the file has no rules, or out of memory */
void gbx_unwind_free(gbx_unwind *unwind);        /* NULL is fine */
/* Belongs to `unwind`, until it is asked for another address. */
const gbx_unwind_rule *gbx_unwind_at(gbx_unwind *unwind, uint64_t address);

typedef struct gbx_binary gbx_binary;

int gbx_binary_open(gbx_binary **out, const char *path, gbx_error *error);
void gbx_binary_close(gbx_binary *binary);
gbx_probe_place *gbx_binary_probes(gbx_binary *binary, size_t *count);
gbx_probe_place *gbx_binary_probe_at(gbx_binary *binary, uint64_t address);
const gbx_recorder_function *gbx_binary_recorder_at(const gbx_binary *binary, uint64_t address);
/* How to leave the function at this address; belongs to the binary. */
const gbx_unwind_rule *gbx_binary_rule(gbx_binary *binary, uint64_t address);
/* The file's own bytes at an address of its code; NULL: not `size` bytes of code. */
const unsigned char *gbx_binary_code(const gbx_binary *binary, uint64_t address, size_t size);
/* The same as it is to be in a process: with breakpoints, and with or without the jumps to the recorder's stubs. */
const unsigned char *gbx_binary_expected(const gbx_binary *binary, uint64_t address, size_t size, bool jumps);
void gbx_binary_code_range(const gbx_binary *binary, uint64_t *start, uint64_t *end);
uint64_t gbx_binary_layout(const gbx_binary *binary, enum gbx_layout what);
bool gbx_binary_is(const gbx_binary *binary, uint64_t device, uint64_t inode);
uint64_t gbx_binary_headers(const gbx_binary *binary);          /* AT_PHDR less the load address */
/* Addresses of data, as linked. */
typedef struct {
    uint64_t mask, recorder, runtime;
} gbx_binary_data;
const gbx_binary_data *gbx_binary_data_of(const gbx_binary *binary);

/* --------------------------------------------------------------------- modules */

typedef struct gbx_module gbx_module;

/* An ELF file by its path; NULL where it is none. */
gbx_module *gbx_module_open(const char *path);
void gbx_module_close(gbx_module *module);
/* Is what returns to this offset of the file a call to a function of the recorder, through the linker's table? */
bool gbx_module_calls_recorder(const gbx_module *module, uint64_t offset);

/* ---------------------------------------------------------------------- spaces */

typedef struct {
    uint64_t start, end, offset;
    uint64_t inode, device;          /* of the file, as the process sees it */
    char *path;                      /* NULL: no file */
    bool exec, write;
    bool interpreter;                /* the binary itself */
    bool c_library, calls_anything;  /* libffi */
    bool looked;                     /* `module` has been tried */
    gbx_module *module;
} gbx_mapping;

typedef struct gbx_trace_log gbx_trace_log;

/* An address space in which the interpreter runs, or something else does (`python` false). */
typedef struct gbx_space {
    pid_t pid;                       /* a thread of it that lives: whose /proc is read */
    pid_t leader;                    /* of the process that it began with */
    unsigned users;                  /* threads, of one process or two (vfork) */
    bool python;
    uint64_t bias;                   /* load address less linked */
    gbx_mapping *maps;
    size_t map_count;
    uint64_t *good;                  /* return addresses that were found to be hooks'; by hash */
    size_t good_count, good_room;
    uint32_t mask;                   /* what the last genuine change left */
    uint32_t doubt;                  /* stops since another value was seen */
    bool patched, patching;
    pid_t patcher;
    gbx_trace_log *log;              /* the recording that is on, or the last one */
    struct gbx_space *next;
} gbx_space;

gbx_space *gbx_space_new(pid_t pid);
gbx_space *gbx_space_copy(const gbx_space *from, pid_t pid);
void gbx_space_free(gbx_space *space);
/* After an exec: is it the interpreter?  Then the breakpoints are put in. */
int gbx_space_begin(gbx_space *space, gbx_binary *binary, gbx_error *error);
/* All or nothing. */
bool gbx_space_read(const gbx_space *space, uint64_t address, void *to, size_t size);
uint64_t gbx_space_word(const gbx_space *space, uint64_t address);       /* 0 where nothing can be read */
int gbx_space_maps(gbx_space *space, const gbx_binary *binary);           /* read anew */
gbx_mapping *gbx_space_mapping(gbx_space *space, const gbx_binary *binary, uint64_t address);

/* -------------------------------------------------------------------- a thread */

#define GBX_FRAMES_MOST 4096

typedef struct {
    uint32_t token, code;            /* as gbx_frame_edge has them */
} gbx_frame_log;

typedef struct gbx_tracee {
    pid_t tid, inside;               /* `inside`: in its own namespace; 0 not asked yet */
    gbx_space *space;                /* NULL: nobody has told whose child it is */
    bool waiting;                    /* stands still until then */
    bool look;                       /* was interrupted to be looked at */
    bool watched;                    /* its debug registers are set */
    uint64_t since_tsc, since_ns;    /* when it went on after its last record */
    uint64_t state;                  /* address of its one thread state; 0 not known */
    unsigned state_uses;             /* until it is looked for again */
    /* As its records have it. */
    gbx_frame_log frames[GBX_FRAMES_MOST];
    size_t depth;
    bool frames_known, frames_blind; /* neither: no record of a frame yet */
    bool holds, holds_known;         /* its interpreter's lock */
    struct gbx_tracee *next;
} gbx_tracee;

/* ----------------------------------------------------------------- the witness */

typedef struct {
    uint64_t glances, stops, records, names, look_ins, processes, threads, recordings, asked;
    uint64_t code_object_checks, frame_checks, lock_checks, code_checks;
    uint64_t busy_ns;
    bool watchpoints;
} gbx_witness_figures;

struct gbx_witness {
    gbx_binary *binary;
    gbx_tracee *tracees[256];        /* by tid */
    gbx_tracee *again;               /* the one of the last stop */
    gbx_space *spaces;
    gbx_trace_log *logs;             /* of all processes, the latest first */
    uint64_t random;
    uint64_t next_look_ns;
    bool no_ctypes;
    unsigned until_frames;           /* stops until frames are compared next */
    char name[48], sentence[400];    /* the first violation */
    gbx_witness_figures figures;
};

/* Notes the first violation, and says nothing of later ones. */
void gbx_witness_violation(gbx_witness *witness, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
uint64_t gbx_witness_random(gbx_witness *witness);
uint64_t gbx_witness_now_ns(void);
uint64_t gbx_witness_now_tsc(void);

/* -------------------------------------------------------------------- threads */

gbx_tracee *gbx_tracee_find(gbx_witness *witness, pid_t tid);
gbx_tracee *gbx_tracee_new(gbx_witness *witness, pid_t tid);
void gbx_tracee_end(gbx_witness *witness, pid_t tid);                     /* and its space with the last one */
gbx_space *gbx_space_enter(gbx_witness *witness, gbx_space *space);
void gbx_space_leave(gbx_witness *witness, gbx_space *space);
int gbx_threads_go_on(gbx_tracee *tracee, int signal);                    /* 0 */
void gbx_threads_watch(gbx_witness *witness, gbx_tracee *tracee);
void gbx_threads_born(gbx_witness *witness, gbx_tracee *parent, int event);
int gbx_threads_begins(gbx_witness *witness, pid_t tid);                  /* its first stop */
int gbx_threads_executes(gbx_witness *witness, gbx_tracee *tracee, gbx_error *error);
void gbx_threads_adopt(gbx_witness *witness);                             /* those whose parents have not told of them */

/* Was the recorder called by a hook?  If not, the violation is noted. */
bool gbx_chain_check(gbx_witness *witness, gbx_tracee *tracee, const struct user_regs_struct *regs,
                     gbx_probe_place *place, const unsigned char *stack, size_t stack_size);

/* ------------------------------------------------------------------- the ledger */

typedef struct gbx_segment_log {
    uint64_t address;                /* where it is mapped */
    gbx_segment head;                /* as last seen */
    pid_t owner;                     /* thread */
    uint64_t base_ticks;             /* of dt */
    uint64_t last_ticks;             /* of its last timed record */
    unsigned char *bytes;            /* what follows the head */
    size_t used, room;
    bool reused;                     /* something lay there before */
    struct gbx_segment_log *next;
} gbx_segment_log;

struct gbx_trace_log {
    pid_t pid;
    char path[1024 + 32];            /* inside */
    uint64_t device, inode;          /* of the file when it was made; 0 not known */
    uint64_t header_address;
    unsigned char *header;           /* GBX_HEADER_SIZE bytes, as made */
    uint64_t lost_unattached;
    uint32_t switched_off;
    bool closed, superseded;
    bool replaced;                   /* when its process ended another file bore its name */
    uint64_t *codes;                 /* by id: the address of the code object that was named so; 0: none */
    size_t code_count;
    gbx_segment_log *segments;       /* the latest first */
    gbx_segment_log *at[64];         /* by address, of those that are mapped */
    gbx_trace_log *next;
};

/* Each takes what a probe of its kind tells, and notes a violation where it is not as it must be. */
void gbx_ledger_open(gbx_witness *witness, gbx_tracee *tracee, uint64_t path);
void gbx_ledger_close(gbx_witness *witness, gbx_tracee *tracee);
void gbx_ledger_segment(gbx_witness *witness, gbx_tracee *tracee, uint64_t address);
/* Of a segment, what one reading at a probe brings: its head, and what lies where the next record has to be. */
#define GBX_RECORD_MOST 128
typedef struct {
    gbx_segment head;
    unsigned char next[GBX_RECORD_MOST + 8];      /* a record, and the first word behind it */
    size_t size;                     /* of next; 0: this segment is not known */
} gbx_segment_reading;
/* Where the next record of a segment will be; sets `size`. */
uint64_t gbx_ledger_next(const gbx_tracee *tracee, uint64_t address, size_t *size);
void gbx_ledger_record(gbx_witness *witness, gbx_tracee *tracee, uint64_t address, const gbx_segment_reading *now);
void gbx_ledger_name(gbx_witness *witness, gbx_tracee *tracee, uint64_t address);
void gbx_ledger_lost(gbx_witness *witness, gbx_tracee *tracee, uint64_t address);
void gbx_ledger_lost_unattached(gbx_witness *witness, gbx_tracee *tracee);
/* Is there more than was seen?  Asked where a thread ends between a store and its probe. */
bool gbx_ledger_behind(const gbx_tracee *tracee, uint64_t address);
void gbx_ledger_process_ends(gbx_tracee *tracee);
void gbx_ledger_free(gbx_trace_log *log);
const char *gbx_ledger_event_name(uint8_t event);
extern const uint8_t gbx_ledger_record_size[256];

/* ---------------------------------------------------------------------- frames */

/* Follow one record. */
void gbx_frames_record(gbx_witness *witness, gbx_tracee *tracee, const gbx_head *head);
void gbx_frames_forget(gbx_witness *witness, const gbx_space *space);

/* --------------------------------------------------------------------- look-ins */

/* The mask, as just read. */
void gbx_look_mask(gbx_witness *witness, gbx_space *space, uint32_t now);
/* Is the recorder as open as the mask says? */
void gbx_look_open(gbx_witness *witness, const gbx_tracee *tracee, uint32_t mask);
/* At the mask alone, of threads that run. */
void gbx_look_glance(gbx_witness *witness, gbx_space *space);
/* All that can be asked while this thread stands still; the last time, of all of the code. */
void gbx_look_in(gbx_witness *witness, gbx_tracee *tracee, bool last);
/* Debug registers on the mask; false where there are none. */
bool gbx_look_watch(gbx_witness *witness, gbx_tracee *tracee);
/* Has the thread met them?  Clears that. */
bool gbx_look_watch_hit(const gbx_tracee *tracee);

/* A thread asks for executable memory. */
void gbx_calls_judge(gbx_witness *witness, gbx_tracee *tracee);

#endif
