/* Witness, threads: who is there, and whose memory they have.

   A thread's birth is reported twice, by its parent and by itself, in either order: the child stands still until its parent has told
   whose memory it has, or, where that one was killed before it could, until the system says whose child it is.  A space goes with its
   last thread.

   It must not look at what they record. */

#include "witness_internal.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>

#define KCMP_VM 1
#define PATIENCE_NS 200000000u       /* for a parent's report */

/* --------------------------------------------------------------------- tables */

void
gbx_space_leave(gbx_witness *witness, gbx_space *space)
{
    if (space == NULL || --space->users > 0) {
        return;
    }
    for (gbx_space **at = &witness->spaces; *at != NULL; at = &(*at)->next) {
        if (*at == space) {
            *at = space->next;
            break;
        }
    }
    gbx_space_free(space);
}

gbx_space *
gbx_space_enter(gbx_witness *witness, gbx_space *space)
{
    if (space != NULL) {
        space->users++;
        if (space->users == 1) {
            space->next = witness->spaces;
            witness->spaces = space;
        }
    }
    return space;
}

static gbx_tracee **
tracee_slot(gbx_witness *witness, pid_t tid)
{
    gbx_tracee **at = &witness->tracees[(unsigned)tid % 256];
    while (*at != NULL && (*at)->tid != tid) {
        at = &(*at)->next;
    }
    return at;
}

gbx_tracee *
gbx_tracee_find(gbx_witness *witness, pid_t tid)
{
    if (witness->again == NULL || witness->again->tid != tid) {
        witness->again = *tracee_slot(witness, tid);
    }
    return witness->again;
}

gbx_tracee *
gbx_tracee_new(gbx_witness *witness, pid_t tid)
{
    gbx_tracee *tracee = calloc(1, sizeof(*tracee));
    if (tracee != NULL) {
        tracee->tid = tid;
        tracee->since_tsc = gbx_witness_now_tsc();
        tracee->since_ns = gbx_witness_now_ns();
        tracee->next = witness->tracees[(unsigned)tid % 256];
        witness->tracees[(unsigned)tid % 256] = tracee;
        witness->figures.threads++;
    }
    return tracee;
}

void
gbx_tracee_end(gbx_witness *witness, pid_t tid)
{
    gbx_tracee **at = tracee_slot(witness, tid), *tracee = *at;
    if (tracee != NULL) {
        *at = tracee->next;
        gbx_space_leave(witness, tracee->space);
        free(tracee);
    }
    witness->again = NULL;
}

/* ------------------------------------------------------------------- going on */

int
gbx_threads_go_on(gbx_tracee *tracee, int signal)
{
    ptrace(PTRACE_CONT, tracee->tid, NULL, (void *)(uintptr_t)signal);
    return 0;                              /* ESRCH: it was killed meanwhile, and will be reported so */
}

void
gbx_threads_watch(gbx_witness *witness, gbx_tracee *tracee)
{
    if (tracee->space != NULL && tracee->space->python && !tracee->watched) {
        witness->figures.watchpoints = gbx_look_watch(witness, tracee) || witness->figures.watchpoints;
    }
}

/* ------------------------------------------------------------- births, programs */

static bool
same_memory(pid_t one, pid_t other, int event)
{
    long differ = syscall(SYS_kcmp, one, other, KCMP_VM, 0, 0);
    return differ >= 0 ? differ == 0 : event != PTRACE_EVENT_FORK;
}

void
gbx_threads_born(gbx_witness *witness, gbx_tracee *parent, int event)
{
    unsigned long message = 0;
    if (ptrace(PTRACE_GETEVENTMSG, parent->tid, NULL, &message) != 0) {
        return;
    }
    pid_t tid = (pid_t)message;
    gbx_tracee *child = gbx_tracee_find(witness, tid);
    bool waiting = child != NULL && child->waiting;
    if (child == NULL) {
        child = gbx_tracee_new(witness, tid);
    }
    if (child == NULL || child->space != NULL || parent->space == NULL) {
        return;
    }
    bool same = same_memory(parent->tid, tid, event);
    witness->figures.processes += !same;
    child->space = gbx_space_enter(witness, same ? parent->space : gbx_space_copy(parent->space, tid));
    if (waiting) {
        child->waiting = false;
        gbx_threads_watch(witness, child);
        gbx_threads_go_on(child, 0);
    }
}

/* A thread's first stop. */
int
gbx_threads_begins(gbx_witness *witness, pid_t tid)
{
    gbx_tracee *tracee = gbx_tracee_find(witness, tid);
    if (tracee == NULL) {
        tracee = gbx_tracee_new(witness, tid);
    }
    if (tracee == NULL || tracee->space == NULL) {
        if (tracee != NULL) {
            tracee->waiting = true;
        }
        return tracee == NULL ? GBX_ERROR_MEMORY : 0;
    }
    gbx_threads_watch(witness, tracee);
    return gbx_threads_go_on(tracee, 0);
}

int
gbx_threads_executes(gbx_witness *witness, gbx_tracee *tracee, gbx_error *error)
{
    unsigned long former = 0;
    ptrace(PTRACE_GETEVENTMSG, tracee->tid, NULL, &former);
    if (former != 0 && (pid_t)former != tracee->tid) {
        gbx_tracee_end(witness, (pid_t)former);     /* it goes on under the leader's number */
    }
    if (tracee->space != NULL && tracee->space->python && tracee->space->users == 1) {
        gbx_ledger_process_ends(tracee);
    }
    gbx_space_leave(witness, tracee->space);
    tracee->space = gbx_space_enter(witness, gbx_space_new(tracee->tid));
    tracee->watched = false;
    tracee->inside = 0;
    if (tracee->space == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int result = gbx_space_begin(tracee->space, witness->binary, error);
    gbx_threads_watch(witness, tracee);
    gbx_threads_go_on(tracee, 0);
    return result;
}


/* ---------------------------------------------------------------------- orphans */

static pid_t
status_number(pid_t tid, const char *key)
{
    char path[64], *line = NULL;
    size_t room = 0, length = strlen(key);
    long value = 0;
    snprintf(path, sizeof(path), "/proc/%d/status", (int)tid);
    FILE *file = fopen(path, "re");
    while (file != NULL && getline(&line, &room, file) > 0) {
        if (strncmp(line, key, length) == 0) {
            value = strtol(line + length, NULL, 10);
        }
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
    return (pid_t)value;
}

static void
adopt(gbx_witness *witness, gbx_tracee *child)
{
    const gbx_tracee *leader = gbx_tracee_find(witness, status_number(child->tid, "Tgid:"));
    const gbx_tracee *parent = gbx_tracee_find(witness, status_number(child->tid, "PPid:"));
    gbx_space *space = leader != NULL && leader != child && leader->space != NULL ? leader->space
        : parent != NULL && parent->space != NULL ? gbx_space_copy(parent->space, child->tid) : gbx_space_new(child->tid);
    child->space = gbx_space_enter(witness, space);
    child->waiting = false;
    gbx_threads_watch(witness, child);
    (void)gbx_threads_go_on(child, 0);
}

void
gbx_threads_adopt(gbx_witness *witness)
{
    uint64_t now = gbx_witness_now_ns();
    for (size_t i = 0; i < sizeof(witness->tracees) / sizeof(witness->tracees[0]); i++) {
        for (gbx_tracee *it = witness->tracees[i]; it != NULL; it = it->next) {
            if (it->waiting && now - it->since_ns > PATIENCE_NS) {
                adopt(witness, it);
            }
        }
    }
}
