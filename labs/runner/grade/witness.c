/* Witness: threads, processes and their stops.

   Every thread of the child and of all that it makes is traced from its first instruction (PTRACE_SEIZE, and the options by which
   the kernel seizes what is made).  Most stops are at a probe: registers, the segment's head, the mask and the end of
   the stack are read, the call chain checked, the ledger written, and the thread goes on; nothing is stepped over, since what was
   overwritten did nothing.  The rest is births, ends, other programs, signals, and look-ins.
   (witness_threads.c knows who is there.) */

#include "witness_internal.h"

#include <stdarg.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <x86intrin.h>               // __rdtsc()

#define OPTIONS (PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | \
                 PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL)
#define LOOK_MOST_NS 20000000u       /* between look-ins, at the most; half of that on average */
#define STACK_READ 4096u

uint64_t gbx_witness_now_tsc(void) { return __rdtsc(); }

uint64_t
gbx_witness_now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* xorshift64*; whoever is watched cannot tell the next moment, since the seed is the kernel's. */
uint64_t
gbx_witness_random(gbx_witness *witness)
{
    uint64_t x = witness->random;
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    witness->random = x;
    return (x * UINT64_C(0x2545f4914f6cdd1d)) >> 32;
}

void
gbx_witness_violation(gbx_witness *witness, const char *name, const char *format, ...)
{
    va_list args;
    if (witness->name[0] != '\0') {
        return;
    }
    snprintf(witness->name, sizeof(witness->name), "%s", name);
    va_start(args, format);
    vsnprintf(witness->sentence, sizeof(witness->sentence), format, args);
    va_end(args);
}

bool
gbx_witness_objects(const gbx_witness *witness, const char **name, const char **sentence)
{
    if (witness->name[0] == '\0') {
        return false;
    }
    *name = witness->name;
    *sentence = witness->sentence;
    return true;
}

void
gbx_witness_allow_ctypes(gbx_witness *witness, bool may)
{
    witness->no_ctypes = !may;
}

/* ---------------------------------------------------------------- open, close */

int
gbx_witness_open(gbx_witness **out, const char *python, gbx_error *error)
{
    gbx_witness *witness = calloc(1, sizeof(*witness));
    if (witness == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int result = gbx_binary_open(&witness->binary, python, error);
    if (result == 0 && getentropy(&witness->random, sizeof(witness->random)) != 0) {
        result = gbx_error_system(error, "draw", "a random number");
    }
    witness->random |= 1;
    if (result != 0) {
        gbx_witness_close(witness);
        return result;
    }
    *out = witness;
    return 0;
}

void
gbx_witness_close(gbx_witness *witness)
{
    if (witness == NULL) {
        return;
    }
    for (size_t i = 0; i < sizeof(witness->tracees) / sizeof(witness->tracees[0]); i++) {
        while (witness->tracees[i] != NULL) {
            gbx_tracee_end(witness, witness->tracees[i]->tid);
        }
    }
    while (witness->logs != NULL) {
        gbx_trace_log *next = witness->logs->next;
        gbx_ledger_free(witness->logs);
        witness->logs = next;
    }
    gbx_binary_close(witness->binary);
    free(witness);
}

static uint64_t
register_of(const struct user_regs_struct *regs, int number)
{
    const unsigned long long values[] = {
        regs->rax, regs->rdx, regs->rcx, regs->rbx, regs->rsi, regs->rdi, regs->rbp, regs->rsp,
        regs->r8, regs->r9, regs->r10, regs->r11, regs->r12, regs->r13, regs->r14, regs->r15,
    };
    return values[number];
}

/* ------------------------------------------------------------------ at a probe */

/* What is read at every probe, in one call of the kernel where all of it is there. */
typedef struct {
    gbx_segment_reading segment;
    uint32_t mask;
    unsigned char stack[STACK_READ];
    size_t stack_size;
    uint64_t next;                   /* where the segment's next record was to be; 0: not known */
} probe_reading;

/* One by one: some of it cannot be read. */
static void
read_parts(const gbx_tracee *tracee, struct iovec *local, const struct iovec *remote, size_t parts)
{
    for (size_t i = 0; i < parts; i++) {
        if (!gbx_space_read(tracee->space, (uint64_t)(uintptr_t)remote[i].iov_base, local[i].iov_base, local[i].iov_len)) {
            local[i].iov_len = 0;
        }
    }
}

/* false: the record's segment is no memory. */
static bool
read_at_probe(const gbx_witness *witness, const gbx_tracee *tracee, const gbx_probe_place *place, uint64_t pointer,
              uint64_t rsp, probe_reading *to)
{
    const gbx_space *space = tracee->space;
    uint64_t mask = gbx_binary_data_of(witness->binary)->mask + space->bias;
    bool record = place->kind == GBX_PROBE_RECORD;
    uint64_t next = to->next = record ? gbx_ledger_next(tracee, pointer, &to->segment.size) : 0;
    struct iovec local[] = {
        { &to->mask, sizeof(to->mask) }, { to->stack, place->stack }, { &to->segment.head, sizeof(to->segment.head) },
        { to->segment.next, to->segment.size },
    };
    struct iovec remote[] = {
        { (void *)(uintptr_t)mask, sizeof(to->mask) }, { (void *)(uintptr_t)rsp, place->stack },
        { (void *)(uintptr_t)pointer, sizeof(to->segment.head) }, { (void *)(uintptr_t)next, to->segment.size },
    };
    size_t parts = !record ? 2 : next == 0 ? 3 : 4, all = 0;
    for (size_t i = 0; i < parts; i++) {
        all += local[i].iov_len;
    }
    if (process_vm_readv(tracee->tid, local, parts, remote, parts, 0) != (ssize_t)all) {
        read_parts(tracee, local, remote, parts);
        to->mask = local[0].iov_len == 0 ? space->mask : to->mask;
    }
    to->stack_size = local[1].iov_len;
    to->segment.size = next == 0 ? 0 : local[3].iov_len;
    return !record || local[2].iov_len != 0;
}

static void
tell_ledger(gbx_witness *witness, gbx_tracee *tracee, const gbx_probe_place *place, uint64_t pointer, const probe_reading *is)
{
    gbx_space *space = tracee->space;
    switch (place->kind) {
        case GBX_PROBE_RECORD: gbx_ledger_record(witness, tracee, pointer, &is->segment); break;
        case GBX_PROBE_NAME: gbx_ledger_name(witness, tracee, pointer); break;
        case GBX_PROBE_SEGMENT: gbx_ledger_segment(witness, tracee, pointer); break;
        case GBX_PROBE_LOST: gbx_ledger_lost(witness, tracee, pointer); break;
        case GBX_PROBE_LOST_UNATTACHED: gbx_ledger_lost_unattached(witness, tracee); break;
        case GBX_PROBE_OPEN: gbx_ledger_open(witness, tracee, pointer); break;
        case GBX_PROBE_CLOSE: gbx_ledger_close(witness, tracee); break;
        case GBX_PROBE_MASK:
            space->mask = is->mask;
            space->doubt = 0;
            break;
        case GBX_PROBE_DROPPED: gbx_look_open(witness, tracee, is->mask); break;
        case GBX_PROBE_PATCHING:
            space->patching = true;
            space->patcher = tracee->tid;
            break;
        case GBX_PROBE_PATCHED:
            space->patching = false;
            space->patched = true;
            break;
    }
}

/* A signal of that number that somebody has sent, here of all places. */
static bool
was_sent(const gbx_tracee *tracee)
{
    siginfo_t info;
    return ptrace(PTRACE_GETSIGINFO, tracee->tid, NULL, &info) == 0 && info.si_code <= 0;
}

/* The signal that the thread is to have. */
static int
at_probe(gbx_witness *witness, gbx_tracee *tracee, gbx_probe_place *place, const struct user_regs_struct *regs)
{
    probe_reading is;
    uint64_t pointer = register_of(regs, place->reg), more;
    bool record = place->kind == GBX_PROBE_RECORD, there = read_at_probe(witness, tracee, place, pointer, regs->rsp, &is);
    more = record && there && is.segment.size != 0 ? pointer + is.segment.head.committed - is.next : 0;
    if (more == 0 && was_sent(tracee)) {
        return SIGTRAP;                    /* asked where nothing has been stored: each asking costs a call of the kernel */
    }
    witness->figures.stops++;
    if (!there) {
        gbx_witness_violation(witness, "forged-record", "a record was written where no memory is");
        return 0;
    }
    if (!gbx_chain_check(witness, tracee, regs, place, is.stack, is.stack_size)) {
        return 0;
    }
    tell_ledger(witness, tracee, place, pointer, &is);
    if (place->kind != GBX_PROBE_MASK) {
        gbx_look_mask(witness, tracee->space, is.mask);
    }
    if (record || place->kind == GBX_PROBE_OPEN) {
        tracee->since_tsc = gbx_witness_now_tsc();
        tracee->since_ns = gbx_witness_now_ns();
    }
    return 0;
}

static void
maybe_look(gbx_witness *witness, gbx_tracee *tracee)
{
    uint64_t now = gbx_witness_now_ns();
    if (now >= witness->next_look_ns || tracee->look) {
        tracee->look = false;
        witness->next_look_ns = now + gbx_witness_random(witness) % LOOK_MOST_NS;
        gbx_look_in(witness, tracee, false);
    }
}

/* The mask was stored to by this instruction's predecessor: is that the recorder's? */
static void
at_watchpoint(gbx_witness *witness, gbx_tracee *tracee, const struct user_regs_struct *regs)
{
    uint64_t linked = regs->rip - tracee->space->bias;
    const gbx_binary_data *data = gbx_binary_data_of(witness->binary);
    uint32_t now = tracee->space->mask;
    gbx_probe_place place = { .address = linked, .stack = STACK_READ };
    if (gbx_binary_recorder_at(witness->binary, linked) == NULL) {
        gbx_witness_violation(witness, "recorder-switched", "the mask of recorded classes was written to, not by the recorder");
        return;
    }
    if (gbx_chain_check(witness, tracee, regs, &place, NULL, 0) &&
        gbx_space_read(tracee->space, data->mask + tracee->space->bias, &now, sizeof(now))) {
        tracee->space->mask = now;
        tracee->space->doubt = 0;
    }
}

/* A SIGTRAP that is no event: a probe, the watchpoint, or one that the program has made for itself. */
static int
at_trap(gbx_witness *witness, gbx_tracee *tracee)
{
    struct user_regs_struct regs;
    if (tracee->space == NULL || !tracee->space->python || ptrace(PTRACE_GETREGS, tracee->tid, NULL, &regs) != 0) {
        return gbx_threads_go_on(tracee, SIGTRAP);
    }
    gbx_probe_place *place = gbx_binary_probe_at(witness->binary, regs.rip - tracee->space->bias - 1);
    if (place == NULL && (!gbx_look_watch_hit(tracee) || was_sent(tracee))) {
        return gbx_threads_go_on(tracee, SIGTRAP);
    }
    int signal = 0;
    if (place == NULL) {
        at_watchpoint(witness, tracee, &regs);
    }
    else {
        signal = at_probe(witness, tracee, place, &regs);
        maybe_look(witness, tracee);
    }
    return gbx_threads_go_on(tracee, signal);
}

/* ---------------------------------------------------------------------- ends */

/* The thread is about to end, whatever the reason; it may stand between a store and its probe. */
static void
ends(gbx_witness *witness, gbx_tracee *tracee)
{
    struct user_regs_struct regs;
    gbx_space *space = tracee->space;
    if (space == NULL || !space->python || ptrace(PTRACE_GETREGS, tracee->tid, NULL, &regs) != 0) {
        return;
    }
    for (uint64_t back = 0; back < 2; back++) {
        gbx_probe_place *place = gbx_binary_probe_at(witness->binary, regs.rip - space->bias - back);
        bool stores = place != NULL && (place->kind == GBX_PROBE_RECORD || place->kind == GBX_PROBE_NAME);
        if (stores && gbx_ledger_behind(tracee, register_of(&regs, place->reg))) {
            (void)at_probe(witness, tracee, place, &regs);
            break;
        }
    }
    if (space->leader == tracee->tid || space->users == 1) {
        gbx_look_in(witness, tracee, true);
        gbx_ledger_process_ends(tracee);
    }
}

/* --------------------------------------------------------------------- stops */

int
gbx_witness_begin(gbx_witness *witness, pid_t child, gbx_error *error)
{
    if (ptrace(PTRACE_SEIZE, child, NULL, (void *)(uintptr_t)OPTIONS) != 0) {
        return gbx_error_system(error, "trace", "the child");
    }
    gbx_tracee *tracee = gbx_tracee_new(witness, child);
    if (tracee == NULL || (tracee->space = gbx_space_enter(witness, gbx_space_new(child))) == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    witness->figures.processes++;
    return 0;
}

static int
at_event(gbx_witness *witness, gbx_tracee *tracee, int event, int signal, gbx_error *error)
{
    switch (event) {
        case PTRACE_EVENT_CLONE: case PTRACE_EVENT_FORK: case PTRACE_EVENT_VFORK:
            gbx_threads_born(witness, tracee, event);
            break;
        case PTRACE_EVENT_EXEC:
            return gbx_threads_executes(witness, tracee, error);
        case PTRACE_EVENT_EXIT:
            ends(witness, tracee);
            break;
        case PTRACE_EVENT_SECCOMP:
            gbx_calls_judge(witness, tracee);
            break;
        case PTRACE_EVENT_STOP:
            if (signal != SIGTRAP) {
                ptrace(PTRACE_LISTEN, tracee->tid, NULL, NULL);     /* it is stopped, and stays so until SIGCONT */
                return 0;
            }
            gbx_threads_watch(witness, tracee);
            maybe_look(witness, tracee);
            break;
        default:
            break;
    }
    return gbx_threads_go_on(tracee, 0);
}

int
gbx_witness_stop(gbx_witness *witness, pid_t thread, int status, gbx_error *error)
{
    uint64_t began = gbx_witness_now_ns();
    int result = 0;
    if (WIFEXITED(status) || WIFSIGNALED(status)) {
        gbx_tracee_end(witness, thread);
        return 0;
    }
    if (!WIFSTOPPED(status)) {
        return 0;
    }
    gbx_tracee *tracee = gbx_tracee_find(witness, thread);
    int signal = WSTOPSIG(status), event = status >> 16;
    if (tracee != NULL && tracee->space != NULL) {
        tracee->space->pid = thread;       /* the first thread may be gone, and its memory with it */
    }
    if (tracee == NULL || tracee->space == NULL) {
        result = gbx_threads_begins(witness, thread);
    }
    else if (event != 0) {
        result = at_event(witness, tracee, event, signal, error);
    }
    else if (signal == SIGTRAP) {
        result = at_trap(witness, tracee);
    }
    else {
        result = gbx_threads_go_on(tracee, signal);
    }
    witness->figures.busy_ns += gbx_witness_now_ns() - began;
    return result;
}

void
gbx_witness_tick(gbx_witness *witness)
{
    gbx_threads_adopt(witness);
    for (gbx_space *it = witness->spaces; it != NULL; it = it->next) {
        gbx_look_glance(witness, it);
    }
    if (gbx_witness_now_ns() < witness->next_look_ns) {
        return;
    }
    size_t from = (size_t)gbx_witness_random(witness) % 256;
    for (size_t i = 0; i < 256; i++) {
        for (gbx_tracee *it = witness->tracees[(from + i) % 256]; it != NULL; it = it->next) {
            if (it->space != NULL && it->space->python && !it->look) {
                it->look = true;
                if (ptrace(PTRACE_INTERRUPT, it->tid, NULL, NULL) == 0) {
                    return;
                }
            }
        }
    }
}
