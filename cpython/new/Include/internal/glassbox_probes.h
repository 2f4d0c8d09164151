/* Probes: where the recorder has just stored something that a reader will rely on.

   A trace is written by the process that it is about, so where somebody else's code runs in that process the
   trace alone proves nothing.  A tracer outside (labs/runner/grade/witness.h) can follow each store as it is made,
   if it knows the places: each is one empty instruction, a nop, and an entry in a section that is not loaded, with the
   address of the nop, what was stored, and the register that points to it.  The tracer puts a breakpoint there;
   with none a probe costs the nop, and that only while something is recorded.

   A second section says where in the interpreter's structures a tracer finds what it compares a trace with: the
   frames of a thread, the holder of the lock.

   The kinds are read by the runner, too: this header includes nothing, and outside the interpreter is numbers alone. */

#ifndef GLASSBOX_PROBES_H
#define GLASSBOX_PROBES_H

#define GBX_PROBE_SECTION   "glassbox_probes"    /* entries of GBX_PROBE_ENTRY bytes: address, kind (8 each), text */
#define GBX_PROBE_ENTRY     32
#define GBX_LAYOUT_SECTION  "glassbox_layout"    /* pairs of 8 bytes: enum gbx_layout, offset */

/* What has just been stored, and what the register points to. */
enum gbx_probe {
    GBX_PROBE_RECORD = 1,        /* a record, by its segment's `committed`; the segment */
    GBX_PROBE_NAME = 2,          /* a definition, likewise */
    GBX_PROBE_SEGMENT = 3,       /* a new segment's magic, or that of one that is used again; the segment */
    GBX_PROBE_LOST = 4,          /* one more loss; the segment, whose LOST record says it too */
    GBX_PROBE_LOST_UNATTACHED = 5,   /* the same of a thread without a segment; the header */
    GBX_PROBE_OPEN = 6,          /* the recorder's state: a file was made; its path */
    GBX_PROBE_CLOSE = 7,         /* the header's last; the header */
    GBX_PROBE_MASK = 8,          /* the classes that are on; the mask */
    GBX_PROBE_DROPPED = 9,       /* nothing: a hook found the recording over; the thread's stream */
    GBX_PROBE_PATCHING = 10,     /* nothing yet: reference operations are about to be overwritten */
    GBX_PROBE_PATCHED = 11       /* they are, or are restored */
};

enum gbx_layout {
    GBX_LAYOUT_RUNTIME_INTERPRETERS = 1, GBX_LAYOUT_INTERP_NEXT, GBX_LAYOUT_INTERP_THREADS, GBX_LAYOUT_INTERP_LOCK,
    GBX_LAYOUT_INTERP_ID, GBX_LAYOUT_LOCK_LOCKED, GBX_LAYOUT_LOCK_HOLDER, GBX_LAYOUT_THREAD_NEXT, GBX_LAYOUT_THREAD_NATIVE_ID,
    GBX_LAYOUT_THREAD_FRAME, GBX_LAYOUT_FRAME_PREVIOUS, GBX_LAYOUT_FRAME_CODE, GBX_LAYOUT_FRAME_OWNER,
    GBX_LAYOUT_FRAME_INSTRUCTION, GBX_LAYOUT_CODE_ID, GBX_LAYOUT_CODE_UNITS, GBX_LAYOUT_RECORDER_HEADER, GBX_LAYOUT_RECORDER_OPEN,
    GBX_LAYOUT_OWNER_C_STACK     /* no offset: the owner of the eval loop's own frame */
};

#ifdef Py_BUILD_CORE
#  if defined(__x86_64__) && defined(__ELF__)
/* The clobber keeps the store before the nop. */
#    define GBX_PROBE(KIND, POINTER) \
    __asm__ volatile ( \
        "881: nop\n\t" \
        ".pushsection " GBX_PROBE_SECTION ", \"\", @progbits\n\t" \
        ".balign 32\n\t" \
        ".quad 881b, %c[kind]\n\t" \
        ".asciz \"%[pointer]\"\n\t" \
        ".balign 32\n\t" \
        ".popsection" \
        : : [kind] "i" (GBX_PROBE_##KIND), [pointer] "r" (POINTER) : "memory")
#    define GBX_LAYOUT(WHAT, OFFSET) \
    __asm__ volatile ( \
        ".pushsection " GBX_LAYOUT_SECTION ", \"\", @progbits\n\t" \
        ".quad %c[what], %c[offset]\n\t" \
        ".popsection" \
        : : [what] "i" (GBX_LAYOUT_##WHAT), [offset] "i" (OFFSET))
#  else
#    define GBX_PROBE(KIND, POINTER)  ((void)(POINTER))
#    define GBX_LAYOUT(WHAT, OFFSET)  ((void)0)
#  endif
#endif

#endif /* GLASSBOX_PROBES_H */
