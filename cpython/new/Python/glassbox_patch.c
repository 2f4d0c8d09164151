/* Glassbox patch: overwrite the places where reference counts are loaded, and restore them.

   Include/internal/glassbox_refs.h makes a site of each: an instruction that loads a count, of six bytes
   at least, and a stub that calls the recorder.  On, a site is a jump to its stub; off, it is what the
   compiler wrote, and costs nothing.  What is overwritten is kept, in memory of our own.

   Nobody may run the code while it is written.  At the start of the process nobody does; after that the
   world is stopped.  With the GIL that is so because whoever switches holds it (an interpreter with a
   lock of its own is the exception: switch before there is one).  A debugger's breakpoint at a site
   survives neither way. */

#include "Python.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_pystate.h"        // _PyEval_StopTheWorldAll()
#include "pycore_runtime.h"        // _PyRuntime

#if Py_GLASSBOX

#ifdef GLASSBOX_REF_PATCHED

#include <errno.h>
#include <linux/membarrier.h>
#include <sys/mman.h>
#include <sys/syscall.h>           // SYS_membarrier
#include <unistd.h>

#define JUMP 5                     /* bytes: e9 and where to, from behind it */

typedef struct { int32_t instruction, stub; } gbx_site;    /* each from its own address */

/* The linker's names of the section's ends.  They exist if anything adds to the section, if only nothing. */
__asm__ (".pushsection glassbox_sites, \"a\", @progbits\n\t.popsection");
extern const gbx_site __start_glassbox_sites[] __attribute__((visibility("hidden")));
extern const gbx_site __stop_glassbox_sites[] __attribute__((visibility("hidden")));

static unsigned char (*kept)[JUMP];        /* of each site; from the first switch on */
static bool patched;

static inline unsigned char *
instruction_of(const gbx_site *site)
{
    return (unsigned char *)&site->instruction + site->instruction;
}

static void
write_jump(const gbx_site *site)
{
    unsigned char *at = instruction_of(site);
    const unsigned char *stub = (const unsigned char *)&site->stub + site->stub;
    int32_t distance = (int32_t)(stub - (at + JUMP));
    at[0] = 0xe9;
    memcpy(at + 1, &distance, sizeof(distance));
}

static int
keep(size_t count)
{
    if (kept != NULL) {
        return 0;
    }
    void *memory = mmap(NULL, count * JUMP, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
        return errno;
    }
    kept = (unsigned char (*)[JUMP])memory;
    for (size_t i = 0; i < count; i++) {
        memcpy(kept[i], instruction_of(&__start_glassbox_sites[i]), JUMP);
    }
    return 0;
}

/* All pages with a site in them. */
static void
range_of(size_t count, unsigned char **from, unsigned char **to)
{
    uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
    uintptr_t low = UINTPTR_MAX, high = 0;
    for (size_t i = 0; i < count; i++) {
        uintptr_t at = (uintptr_t)instruction_of(&__start_glassbox_sites[i]);
        low = at < low ? at : low;
        high = at > high ? at : high;
    }
    *from = (unsigned char *)(low & ~(page - 1));
    *to = (unsigned char *)((high + JUMP + page - 1) & ~(page - 1));
}

/* The cores of threads that sleep must not run what they have fetched. */
static void
let_all_fetch_anew(void)
{
    if (syscall(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0) == 0) {
        (void)syscall(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED_SYNC_CORE, 0, 0);
    }
}

static int
rewrite(bool on)
{
    size_t count = (size_t)(__stop_glassbox_sites - __start_glassbox_sites);
    unsigned char *from, *to;
    int error = keep(count);
    if (error != 0) {
        return error;
    }
    range_of(count, &from, &to);
    GBX_PROBE(PATCHING, from);
    if (mprotect(from, (size_t)(to - from), PROT_READ | PROT_WRITE | PROT_EXEC) < 0) {
        return errno;
    }
    for (size_t i = 0; i < count; i++) {
        if (on) {
            write_jump(&__start_glassbox_sites[i]);
        }
        else {
            memcpy(instruction_of(&__start_glassbox_sites[i]), kept[i], JUMP);
        }
    }
    (void)mprotect(from, (size_t)(to - from), PROT_READ | PROT_EXEC);
    let_all_fetch_anew();
    patched = on;
    GBX_PROBE(PATCHED, from);
    return 0;
}

/* Let reference operations reach the recorder, or no more.  0, or an errno value where the system does
   not let a process write its own code.  The caller is attached, or there is no other thread. */
int
_PyGlassbox_RefsPatch(bool on)
{
    if (patched == on) {
        return 0;
    }
    int saved = errno;
    bool others = _PyThreadState_GET() != NULL;
    if (others) {
        _PyEval_StopTheWorldAll(&_PyRuntime);
    }
    int error = patched == on ? 0 : rewrite(on);
    if (others) {
        _PyEval_StartTheWorldAll(&_PyRuntime);
    }
    errno = saved;
    return error;
}

#else

int
_PyGlassbox_RefsPatch(bool Py_UNUSED(on))
{
    return 0;
}

#endif /* GLASSBOX_REF_PATCHED */

#endif /* Py_GLASSBOX */
