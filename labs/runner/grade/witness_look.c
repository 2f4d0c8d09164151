/* Witness, look-ins: is the interpreter still the one that was started, and does it record what it is said to?

   The mask of classes is the gate of every hook, so it is watched three ways: by a debug register of each thread, where
   the machine lends them; by reading it at every stop; and by glances at it, which stop nobody, as often as we are woken.  (A
   system call that writes into the mask does not meet the debug register; only the other two see it.)  The interpreter's code is compared with its file wherever a page of it was written:
   the kernel says which were, so that is cheap.

   A change of the mask is told by its own probe, a moment after it; so another value is at first only doubtful. */

#include "witness_internal.h"

#include <fcntl.h>
#include <stddef.h>
#include <sys/ptrace.h>

#define DOUBT_MOST 200               /* stops of others between the change of the mask and its probe */
#define PAGE 4096u
#define PAGES_A_LOOK 64              /* of 1024, where all of them are written to: with reference operations on */
#define PAGE_IS_FILE (UINT64_C(1) << 61)
#define PAGE_PRESENT (UINT64_C(1) << 63)
#define PAGE_SWAPPED (UINT64_C(1) << 62)

#define DEBUG_REGISTER(N) ((void *)(offsetof(struct user, u_debugreg) + (N) * sizeof(long)))

/* ------------------------------------------------------------------- the mask */

void
gbx_look_mask(gbx_witness *witness, gbx_space *space, uint32_t now)
{
    if (now == space->mask) {
        if (space->doubt > 0) {
            gbx_witness_violation(witness, "recorder-switched", "the classes that are recorded were changed, and changed back");
        }
    }
    else if (++space->doubt > DOUBT_MOST) {
        gbx_witness_violation(witness, "recorder-switched", "the classes that are recorded are %#x, and nobody was seen to "
                              "change them from %#x", now, space->mask);
    }
}

void
gbx_look_glance(gbx_witness *witness, gbx_space *space)
{
    uint32_t now;
    if (space->python && gbx_space_read(space, gbx_binary_data_of(witness->binary)->mask + space->bias, &now, sizeof(now))) {
        witness->figures.glances++;
        gbx_look_mask(witness, space, now);
    }
}

/* Who ends a recording puts the mask to 0 before all else: a recorder that is closed, and a mask that is not, were made so by
   somebody else. */
void
gbx_look_open(gbx_witness *witness, const gbx_tracee *tracee, uint32_t mask)
{
    const gbx_space *space = tracee->space;
    unsigned char open = 1;
    if (mask == 0 || space->log == NULL || space->log->closed) {
        return;
    }
    (void)gbx_space_read(space, gbx_binary_data_of(witness->binary)->recorder + space->bias +
                         gbx_binary_layout(witness->binary, GBX_LAYOUT_RECORDER_OPEN), &open, 1);
    if (open != 1) {
        gbx_witness_violation(witness, "recorder-switched", "the recorder was closed, and nobody was seen to end the recording");
    }
}

/* Debug register 0 on the mask: a store of four bytes. */
bool
gbx_look_watch(gbx_witness *witness, gbx_tracee *tracee)
{
    uint64_t mask = gbx_binary_data_of(witness->binary)->mask + tracee->space->bias;
    tracee->watched = ptrace(PTRACE_POKEUSER, tracee->tid, DEBUG_REGISTER(0), (void *)(uintptr_t)mask) == 0 &&
        ptrace(PTRACE_POKEUSER, tracee->tid, DEBUG_REGISTER(7), (void *)(uintptr_t)0xd0101) == 0;
    return tracee->watched;
}

bool
gbx_look_watch_hit(const gbx_tracee *tracee)
{
    if (!tracee->watched) {
        return false;
    }
    long hit = ptrace(PTRACE_PEEKUSER, tracee->tid, DEBUG_REGISTER(6), NULL);
    if (hit == -1 || (hit & 1) == 0) {
        return false;
    }
    ptrace(PTRACE_POKEUSER, tracee->tid, DEBUG_REGISTER(6), NULL);
    return true;
}

/* -------------------------------------------------------------------- the code */

/* A page that was written to, as it has to be: breakpoints in, and reference operations overwritten where that was told. */
static void
compare_page(gbx_witness *witness, const gbx_tracee *tracee, uint64_t linked, size_t size)
{
    unsigned char is[PAGE];
    const gbx_space *space = tracee->space;
    const unsigned char *plain = gbx_binary_expected(witness->binary, linked, size, false);
    const unsigned char *jumps = gbx_binary_expected(witness->binary, linked, size, true);
    if (plain == NULL || jumps == NULL || !gbx_space_read(space, linked + space->bias, is, size)) {
        return;
    }
    witness->figures.code_checks++;
    bool may_jump = space->patched || space->patching;
    if (memcmp(is, plain, size) == 0 || (may_jump && memcmp(is, jumps, size) == 0)) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        if (is[i] != plain[i] && !(space->patching && is[i] == jumps[i])) {     /* half way from one to the other */
            gbx_witness_violation(witness, "code-written", "the interpreter's code was written to at offset %#llx",
                                  (unsigned long long)(linked + i));
            return;
        }
    }
}

static bool
in_other_code(const gbx_mapping *map)
{
    return map->exec && !map->interpreter && map->path != NULL && map->path[0] == '/';
}

/* Pages that were written to are the process's own, no longer the file's. */
static void
look_at_code(gbx_witness *witness, gbx_tracee *tracee, bool all)
{
    char path[64];
    uint64_t start, end, pages[256];
    gbx_space *space = tracee->space;
    snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)space->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        return;
    }
    gbx_binary_code_range(witness->binary, &start, &end);
    for (size_t m = 0; m < space->map_count; m++) {
        const gbx_mapping *map = &space->maps[m];
        if (!map->interpreter && !in_other_code(map)) {
            continue;
        }
        for (uint64_t at = map->start; map->exec && at < map->end; at += sizeof(pages) / 8 * PAGE) {
            ssize_t got = pread(fd, pages, sizeof(pages), (off_t)(at / PAGE * 8));
            for (size_t i = 0; got > 0 && i < (size_t)got / 8 && at + i * PAGE < map->end; i++) {
                uint64_t linked = at + i * PAGE - space->bias;
                bool written = (pages[i] & (PAGE_PRESENT | PAGE_SWAPPED)) && !(pages[i] & PAGE_IS_FILE);
                if (written && map->interpreter && linked >= start && linked < end &&
                    (all || gbx_witness_random(witness) % 1024 < PAGES_A_LOOK)) {
                    compare_page(witness, tracee, linked, end - linked < PAGE ? (size_t)(end - linked) : PAGE);
                }
                else if (written && !map->interpreter) {
                    gbx_witness_violation(witness, "code-written", "code of '%s' was written to", map->path);
                }
            }
        }
    }
    close(fd);
}

static void
look_at_maps(gbx_witness *witness, gbx_tracee *tracee)
{
    gbx_space *space = tracee->space;
    if (gbx_space_maps(space, witness->binary) != 0) {
        return;
    }
    for (size_t i = 0; i < space->map_count; i++) {
        const gbx_mapping *map = &space->maps[i];
        bool kernels = map->path != NULL && map->path[0] == '[' && strncmp(map->path, "[v", 2) == 0;
        if (map->exec && map->write && !(map->interpreter && space->patching)) {
            gbx_witness_violation(witness, "code-written", "memory can be written to and executed");
        }
        else if (map->exec && !kernels && (map->path == NULL || map->path[0] != '/')) {
            gbx_witness_violation(witness, "foreign-code", "memory that is no file's can be executed");
        }
        else if (in_other_code(map) && map->device == 0) {
            gbx_witness_violation(witness, "foreign-code", "'%s' can be executed, and is no file that is there", map->path);
        }
    }
}

void
gbx_look_in(gbx_witness *witness, gbx_tracee *tracee, bool last)
{
    gbx_space *space = tracee->space;
    const gbx_binary_data *data = gbx_binary_data_of(witness->binary);
    uint32_t mask = 0;
    if (space == NULL || !space->python) {
        return;
    }
    witness->figures.look_ins++;
    if (gbx_space_read(space, data->mask + space->bias, &mask, sizeof(mask))) {
        gbx_look_mask(witness, space, mask);
    }
    look_at_maps(witness, tracee);
    look_at_code(witness, tracee, last || !space->patched);
    gbx_look_open(witness, tracee, mask);
}
