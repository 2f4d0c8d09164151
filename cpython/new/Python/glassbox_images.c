/* Glassbox images: which file the code at an address was loaded from, told once.

   Addresses of C functions (who let go of the lock) may lie in any shared library.  The kernel knows which:
   /proc/self/maps, read without the loader's lock, which a caller may hold.  The first address in a mapping
   has it read and the mapping noted in the file as META "image=START-END OFFSET PATH" (hexadecimal); later
   ones find it in a table that only grows.

   It must not allocate, nor call into the loader.  A library that is loaded where another was before is
   taken for that one: unloading is not watched. */

#include "Python.h"
#include "pycore_glassbox_gil.h"
#include "pycore_glassbox_recorder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#if Py_GLASSBOX

#define IMAGES     256                 // what lies beyond the last of them is not looked up
#define LINE_SIZE  4600                // of maps: a path and some numbers

/* A slot is written by whoever took it, `end` last; 0: not yet. */
static struct { uintptr_t start, end; } images[IMAGES];
static uint32_t taken;

void
_PyGlassbox_ImagesReset(void)
{
    memset(images, 0, sizeof(images));
    __atomic_store_n(&taken, 0, __ATOMIC_RELEASE);
}

static void
keep(uintptr_t start, uintptr_t end)
{
    uint32_t slot = __atomic_fetch_add(&taken, 1, __ATOMIC_RELAXED);
    if (slot < IMAGES) {
        images[slot].start = start;
        __atomic_store_n(&images[slot].end, end, __ATOMIC_RELEASE);
    }
}

static void
define(uintptr_t start, uintptr_t end, unsigned long long offset, const char *path)
{
    char range[64];
    int length = snprintf(range, sizeof(range), "image=%llx-%llx %llx ", (unsigned long long)start,
                          (unsigned long long)end, offset);
    gbx_part parts[] = { { range, (uint32_t)length }, { path, (uint32_t)strlen(path) } };
    (void)_PyGlassbox_Define(GBX_NAME_META, 0, parts, 2);
}

/* One line of maps: "start-end perms offset dev inode   path".  True if the address lies in it. */
static bool
see_line(char *line, uintptr_t address)
{
    char *at = line;
    uintptr_t start = (uintptr_t)strtoull(at, &at, 16);
    uintptr_t end = *at == '-' ? (uintptr_t)strtoull(at + 1, &at, 16) : 0;
    if (address < start || address >= end || *at != ' ' || strlen(at) < 6) {
        return false;
    }
    unsigned long long offset = strtoull(at + 6, &at, 16);
    const char *path = strchr(at, '/');
    keep(start, end);
    if (path != NULL) {
        define(start, end, offset, path);
    }
    return true;
}

/* Reads maps line by line; a line that is too long for the buffer is passed over in pieces, which name no
   address. */
static bool
search(int fd, uintptr_t address)
{
    char line[LINE_SIZE];
    size_t used = 0;
    for (;;) {
        ssize_t got = read(fd, line + used, sizeof(line) - 1 - used);
        if (got <= 0) {
            return false;
        }
        used += (size_t)got;
        line[used] = '\0';
        char *begin = line, *feed;
        while ((feed = strchr(begin, '\n')) != NULL) {
            *feed = '\0';
            if (see_line(begin, address)) {
                return true;
            }
            begin = feed + 1;
        }
        used = begin == line && used == sizeof(line) - 1 ? 0 : (size_t)(line + used - begin);
        memmove(line, begin, used);
    }
}

void
_PyGlassbox_ImageSee(const void *code)
{
    uintptr_t address = (uintptr_t)code;
    uint32_t count = __atomic_load_n(&taken, __ATOMIC_ACQUIRE);
    if (address == 0 || count >= IMAGES) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        uintptr_t end = __atomic_load_n(&images[i].end, __ATOMIC_ACQUIRE);
        if (address < end && address >= images[i].start) {
            return;
        }
    }
    int saved = errno;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0 || !search(fd, address)) {
        keep(address, address + 1);        /* nobody knows: do not ask for it again */
    }
    if (fd >= 0) {
        close(fd);
    }
    errno = saved;
}

#endif /* Py_GLASSBOX */
