/* Witness, an address space: where the interpreter lies in it, its breakpoints, what else is mapped.

   The load address comes from the kernel (/proc/PID/auxv), the breakpoints are written through /proc/PID/mem: an int3 over each
   probe's nop, so that whoever stops there goes on without a step.  Forked children inherit them with the memory; after
   an exec they are put in anew.  Files outside are found by /proc/PID/root, since the process may see another tree.

   It must not judge. */

#include "witness_internal.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <sys/uio.h>

#define MAPS_MOST (1u << 16)

gbx_space *
gbx_space_new(pid_t pid)
{
    gbx_space *space = calloc(1, sizeof(*space));
    if (space != NULL) {
        space->pid = space->leader = pid;
    }
    return space;
}

static void
forget_maps(gbx_space *space)
{
    for (size_t i = 0; i < space->map_count; i++) {
        free(space->maps[i].path);
        gbx_module_close(space->maps[i].module);
    }
    free(space->maps);
    space->maps = NULL;
    space->map_count = 0;
}

/* What a fork leaves its child: memory as it is, breakpoints included, and no recording. */
gbx_space *
gbx_space_copy(const gbx_space *from, pid_t pid)
{
    gbx_space *space = gbx_space_new(pid);
    if (space != NULL) {
        space->python = from->python;
        space->bias = from->bias;
        space->mask = from->mask;
        space->patched = from->patched;
    }
    return space;
}

void
gbx_space_free(gbx_space *space)
{
    if (space != NULL) {
        forget_maps(space);
        free(space->good);
        free(space);
    }
}

bool
gbx_space_read(const gbx_space *space, uint64_t address, void *to, size_t size)
{
    struct iovec local = { .iov_base = to, .iov_len = size };
    struct iovec remote = { .iov_base = (void *)(uintptr_t)address, .iov_len = size };
    return process_vm_readv(space->pid, &local, 1, &remote, 1, 0) == (ssize_t)size;
}

uint64_t
gbx_space_word(const gbx_space *space, uint64_t address)
{
    uint64_t word = 0;
    return gbx_space_read(space, address, &word, sizeof(word)) ? word : 0;
}

/* ----------------------------------------------------------------- breakpoints */

static bool
load_bias(gbx_space *space, const gbx_binary *binary)
{
    char path[64];
    Elf64_auxv_t entry;
    bool found = false;
    snprintf(path, sizeof(path), "/proc/%d/auxv", (int)space->pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    while (!found && fd >= 0 && read(fd, &entry, sizeof(entry)) == (ssize_t)sizeof(entry) && entry.a_type != AT_NULL) {
        if (entry.a_type == AT_PHDR) {
            space->bias = entry.a_un.a_val - gbx_binary_headers(binary);
            found = true;
        }
    }
    if (fd >= 0) {
        close(fd);
    }
    return found;
}

static int
put_breakpoints(const gbx_space *space, gbx_binary *binary, gbx_error *error)
{
    char path[64];
    size_t count, done = 0;
    const unsigned char trap = 0xcc;
    const gbx_probe_place *probes = gbx_binary_probes(binary, &count);
    snprintf(path, sizeof(path), "/proc/%d/mem", (int)space->pid);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    for (; fd >= 0 && done < count; done++) {
        unsigned char is = 0;
        off_t at = (off_t)(probes[done].address + space->bias);
        if (pread(fd, &is, 1, at) != 1 || is != 0x90 || pwrite(fd, &trap, 1, at) != 1) {
            break;
        }
    }
    int result = done == count ? 0 : gbx_error_system(error, "put breakpoints into", path);
    if (fd >= 0) {
        close(fd);
    }
    return result;
}

int
gbx_space_begin(gbx_space *space, gbx_binary *binary, gbx_error *error)
{
    char path[64];
    struct stat status;
    snprintf(path, sizeof(path), "/proc/%d/exe", (int)space->pid);
    if (stat(path, &status) < 0 || !gbx_binary_is(binary, (uint64_t)status.st_dev, (uint64_t)status.st_ino)) {
        return 0;                          /* another program, or gone already */
    }
    if (!load_bias(space, binary)) {
        return gbx_error_system(error, "find the interpreter in", path);
    }
    space->python = true;
    return put_breakpoints(space, binary, error);
}

/* ------------------------------------------------------------ what is mapped */

/* One line of maps: "start-end perms offset dev inode   path". */
static bool
parse_line(char *line, gbx_mapping *to)
{
    char *at = line;
    *to = (gbx_mapping){0};
    to->start = strtoull(at, &at, 16);
    to->end = *at == '-' ? strtoull(at + 1, &at, 16) : 0;
    if (*at != ' ' || strlen(at) < 6) {
        return false;
    }
    to->write = at[2] == 'w';
    to->exec = at[3] == 'x';
    to->offset = strtoull(at + 6, &at, 16);
    at = strchr(at + (*at == ' '), ' ');
    to->inode = at == NULL ? 0 : strtoull(at, &at, 10);
    const char *path = at == NULL ? NULL : strpbrk(at, "/[");
    if (path != NULL) {
        to->path = strdup(path);
    }
    return to->end > to->start;
}

/* The file as the process sees it. */
static void
identify(const gbx_space *space, const gbx_binary *binary, gbx_mapping *map)
{
    char path[PATH_MAX];
    struct stat status;
    if (map->path == NULL || map->path[0] != '/' || !map->exec) {
        return;
    }
    snprintf(path, sizeof(path), "/proc/%d/root%s", (int)space->pid, map->path);
    if (stat(path, &status) == 0 && (uint64_t)status.st_ino == map->inode) {
        map->device = (uint64_t)status.st_dev;
        map->interpreter = gbx_binary_is(binary, map->device, map->inode);
    }
    const char *name = strrchr(map->path, '/') + 1;
    map->c_library = strcmp(name, "libc.so.6") == 0 || strncmp(name, "libc-2.", 7) == 0;
    map->calls_anything = strncmp(name, "libffi", 6) == 0;
}

int
gbx_space_maps(gbx_space *space, const gbx_binary *binary)
{
    char path[64], *line = NULL;
    size_t room = 0, slots = 0;
    snprintf(path, sizeof(path), "/proc/%d/maps", (int)space->pid);
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return GBX_ERROR_SYSTEM;
    }
    forget_maps(space);
    while (getline(&line, &room, file) > 0 && space->map_count < MAPS_MOST) {
        line[strcspn(line, "\n")] = '\0';
        if (space->map_count == slots) {
            slots = slots == 0 ? 64 : slots * 2;
            gbx_mapping *grown = realloc(space->maps, slots * sizeof(*grown));
            if (grown == NULL) {
                break;
            }
            space->maps = grown;
        }
        if (parse_line(line, &space->maps[space->map_count])) {
            identify(space, binary, &space->maps[space->map_count]);
            space->map_count++;
        }
        else {
            free(space->maps[space->map_count].path);
        }
    }
    free(line);
    fclose(file);
    return 0;
}

static gbx_mapping *
find(gbx_space *space, uint64_t address)
{
    for (size_t i = 0; i < space->map_count; i++) {
        if (address >= space->maps[i].start && address < space->maps[i].end) {
            return &space->maps[i];
        }
    }
    return NULL;
}

gbx_mapping *
gbx_space_mapping(gbx_space *space, const gbx_binary *binary, uint64_t address)
{
    gbx_mapping *map = find(space, address);
    if (map == NULL && gbx_space_maps(space, binary) == 0) {
        map = find(space, address);
    }
    return map;
}
