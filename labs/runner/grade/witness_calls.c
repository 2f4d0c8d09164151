/* Witness, system calls that ask for executable memory: whose code may run in the process?

   The sandbox's filter hands mmap() and mprotect() with PROT_EXEC to us.  Allowed are files that the process cannot write (the
   interpreter, its packages, the system's libraries), mapped without write access; and the recorder, which overwrites
   reference operations in the interpreter's own code and says so by a probe before and after.  Everything else is refused, and
   is a violation.

   It must not judge other calls. */

#include "witness_internal.h"

#include <errno.h>
#include <limits.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>

/* Is it a file that nobody inside can have written?  It lies on a mount that is read-only, or belongs to root and is
   nobody else's to write. */
static bool
is_given(const gbx_space *space, int fd)
{
    char path[64];
    struct stat status;
    struct statvfs mount;
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)space->pid, fd);
    if (stat(path, &status) < 0 || !S_ISREG(status.st_mode)) {
        return false;
    }
    if (statvfs(path, &mount) == 0 && (mount.f_flag & ST_RDONLY)) {
        return true;
    }
    return status.st_nlink > 0 && status.st_uid == 0 && (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/* Is it a module that gives a program all of its process: any C function by its address, or the interpreter's inside? */
static bool
opens_all(const gbx_space *space, int fd, char *name, size_t size)
{
    static const char *const names[] = {
        "libffi.", "_ctypes.", "_ctypes_test.", "_testcapi.", "_testinternalcapi.", "_testlimitedcapi.", "_xxtestfuzz.",
    };
    char path[64], file[PATH_MAX];
    snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)space->pid, fd);
    ssize_t length = readlink(path, file, sizeof(file) - 1);
    file[length > 0 ? length : 0] = '\0';
    const char *last = strrchr(file, '/') == NULL ? file : strrchr(file, '/') + 1;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strncmp(last, names[i], strlen(names[i])) == 0) {
            snprintf(name, size, "%.*s", (int)strcspn(names[i], "."), names[i]);
            return true;
        }
    }
    return false;
}

static bool
in_interpreter(const gbx_witness *witness, const gbx_space *space, uint64_t from, uint64_t size)
{
    uint64_t start, end;
    gbx_binary_code_range(witness->binary, &start, &end);
    start = (start + space->bias) & ~UINT64_C(4095);
    end = (end + space->bias + 4095) & ~UINT64_C(4095);
    return from >= start && from <= end && size <= end - from;
}

/* The violation's name and a sentence, or NULL. */
static const char *
wrong(const gbx_witness *witness, const gbx_tracee *tracee, const struct user_regs_struct *regs, const char **sentence)
{
    static char text[160];
    char name[32];
    const gbx_space *space = tracee->space;
    uint64_t wants = regs->rdx;
    bool writes = (wants & PROT_WRITE) != 0;
    if (regs->orig_rax == SYS_mmap) {
        *sentence = (regs->r10 & MAP_ANONYMOUS) ? "memory that is no file's was to be executed"
            : writes ? "memory was to be written to and executed" : "a file that somebody here may have written was to be executed";
        if (regs->r10 & MAP_ANONYMOUS) {
            return "foreign-code";
        }
        if (!writes && witness->no_ctypes && opens_all(space, (int)regs->r8, name, sizeof(name))) {
            snprintf(text, sizeof(text), "%s was loaded, which gives a program all of its process: this lab has no use for it", name);
            *sentence = text;
            return "foreign-code";
        }
        return writes ? "code-written" : is_given(space, (int)regs->r8) ? NULL : "foreign-code";
    }
    if (regs->orig_rax == SYS_mprotect || regs->orig_rax == SYS_pkey_mprotect) {
        *sentence = writes ? "memory was to be written to and executed" : "memory that was written to was to be executed";
        bool ours = space->patching && space->patcher == tracee->tid && in_interpreter(witness, space, regs->rdi, regs->rsi);
        return ours ? NULL : writes ? "code-written" : "foreign-code";
    }
    *sentence = "memory was to be executed that no file is mapped to";
    return "foreign-code";
}

void
gbx_calls_judge(gbx_witness *witness, gbx_tracee *tracee)
{
    struct user_regs_struct regs;
    const char *sentence = "";
    if (ptrace(PTRACE_GETREGS, tracee->tid, NULL, &regs) != 0 || tracee->space == NULL || !tracee->space->python) {
        return;                        /* before the interpreter, the sandbox's own programs run */
    }
    witness->figures.asked++;
    const char *name = wrong(witness, tracee, &regs, &sentence);
    if (name != NULL) {
        gbx_witness_violation(witness, name, "%s", sentence);
        regs.orig_rax = (unsigned long long)-1;
        regs.rax = (unsigned long long)-EPERM;
        ptrace(PTRACE_SETREGS, tracee->tid, NULL, &regs);
    }
}
