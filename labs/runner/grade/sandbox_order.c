/* What the program inside is told to run, as one message: limits, filters, the rights of paths, words. */

#include "sandbox_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

/* The program inside is carried here, so that there is nothing to find, or to replace, at run time. */
__asm__(".section .rodata\n"
        ".global gbx_inside_program\n"
        ".global gbx_inside_program_end\n"
        ".balign 16\n"
        "gbx_inside_program:\n"
        ".incbin \"" GBX_INSIDE_FILE "\"\n"
        "gbx_inside_program_end:\n"
        ".byte 0\n"
        ".previous\n");

/* What can be read, run or written: the same paths that are bound, once more by another layer. */
typedef struct {
    const char *path[GBX_SANDBOX_BINDS + GBX_SANDBOX_PLACES + 16];
    uint64_t right[GBX_SANDBOX_BINDS + GBX_SANDBOX_PLACES + 16];
    uint32_t count;
} rights;

static void
add_right(rights *all, const char *path, uint64_t right)
{
    if (path != NULL) {
        all->path[all->count] = path;
        all->right[all->count++] = right;
    }
}

static void
add_rights(rights *all, const gbx_run *run)
{
    const gbx_sandbox_options *options = run->options;
    const gbx_mount *mounts = run->mounts;
    const uint64_t writable = GBX_RIGHTS_ALL & ~(uint64_t)GBX_RIGHT_EXECUTE;
    for (size_t i = 0; i < run->mount_count; i++) {
        uint64_t right = GBX_RIGHT_READ | (mounts[i].folder ? (uint64_t)GBX_RIGHT_LIST : 0) |
            (mounts[i].code ? (uint64_t)GBX_RIGHT_EXECUTE : 0) |
            (mounts[i].device ? (uint64_t)(GBX_RIGHT_WRITE | GBX_RIGHT_TRUNCATE | GBX_RIGHT_IOCTL) : 0);
        add_right(all, mounts[i].to, right);
    }
    for (size_t i = 0; options->writable != NULL && options->writable[i] != NULL; i++) {
        add_right(all, options->writable[i], writable);
    }
    add_right(all, "/dev/shm", writable);
}

static void
add_limit(gbx_inside_order *order, int resource, uint64_t soft, uint64_t hard)
{
    uint32_t at = order->limit_count++;
    order->limits[at].resource = (uint32_t)resource;
    order->limits[at].soft = soft;
    order->limits[at].hard = hard;
}

/* The kernel's own limits stand a little behind those that we watch, so that what we say is what ended it; they are
   for the moment in which we do not look. */
static void
add_limits(gbx_inside_order *order, const gbx_limits *limits)
{
    add_limit(order, RLIMIT_CORE, 0, 0);
    add_limit(order, RLIMIT_MSGQUEUE, 0, 0);
    add_limit(order, RLIMIT_MEMLOCK, 64 << 10, 64 << 10);
    add_limit(order, RLIMIT_STACK, 8 << 20, 8 << 20);
    if (limits->cpu_ms != 0) {
        uint64_t seconds = limits->cpu_ms / 1000 + 2;
        add_limit(order, RLIMIT_CPU, seconds, seconds + 1);
    }
    if (limits->memory_bytes != 0) {
        uint64_t bytes = limits->memory_bytes + limits->memory_bytes / 4 + (32u << 20);
        add_limit(order, RLIMIT_DATA, bytes, bytes);
    }
    if (limits->disk_bytes != 0) {
        add_limit(order, RLIMIT_FSIZE, limits->disk_bytes, limits->disk_bytes);
    }
    if (limits->processes != 0) {
        add_limit(order, RLIMIT_NPROC, limits->processes + 8, limits->processes + 8);
    }
    uint32_t files = limits->open_files != 0 ? limits->open_files : 256;
    add_limit(order, RLIMIT_NOFILE, files, files);
}

/* ----------------------------------------------------------------- one message */

typedef struct {
    char *bytes;
    size_t size;
    bool full;
} packet;

static void
put(packet *to, const void *bytes, size_t size)
{
    if (to->size + size > GBX_INSIDE_MOST) {
        to->full = true;
        return;
    }
    if (size > 0) {
        memcpy(to->bytes + to->size, bytes, size);
    }
    to->size += size;
}

static uint32_t
put_words(packet *to, const char *const *words)
{
    uint32_t count = 0;
    for (; words != NULL && words[count] != NULL; count++) {
        put(to, words[count], strlen(words[count]) + 1);
    }
    return count;
}

static int
fill(gbx_run *run, packet *to, const gbx_filters *filters, const rights *all)
{
    const gbx_sandbox_options *options = run->options;
    gbx_inside_order *order = (gbx_inside_order *)(void *)to->bytes;
    *order = (gbx_inside_order){ .magic = GBX_INSIDE_MAGIC, .ids = GBX_SANDBOX_NOBODY,
        .instructions = { filters->count[0], filters->count[1] }, .paths = all->count };
    order->flags = GBX_INSIDE_FILTER | (run->landlock ? (unsigned)GBX_INSIDE_LANDLOCK : 0) |
        (run->way == GBX_WAY_ROOT_ALONE ? (unsigned)GBX_INSIDE_SET_IDS : 0);
    add_limits(order, &options->limits);
    to->size = sizeof(*order);
    put(to, filters->instructions, (filters->count[0] + filters->count[1]) * sizeof(struct sock_filter));
    put(to, all->right, all->count * sizeof(all->right[0]));
    put(to, options->folder != NULL ? options->folder : "/", strlen(options->folder != NULL ? options->folder : "/") + 1);
    order->arguments = put_words(to, options->argv);
    order->variables = put_words(to, options->environment);
    for (uint32_t i = 0; i < all->count; i++) {
        put(to, all->path[i], strlen(all->path[i]) + 1);
    }
    order->size = (uint32_t)to->size;
    return to->full || order->arguments > 255 || order->variables > 255
        ? gbx_error_set(run->error, GBX_ERROR_LIMIT, "too many words to run: '%.100s'", options->argv[0]) : 0;
}

int
gbx_sandbox_order(gbx_run *run)
{
    gbx_filters filters = { .instructions = NULL };
    rights all = { .count = 0 };
    packet to = { .bytes = malloc(GBX_INSIDE_MOST) };
    add_rights(&all, run);
    int result = to.bytes == NULL ? gbx_error_set(run->error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_sandbox_filters(run->options, &filters, run->error);
    if (result == 0) {
        result = fill(run, &to, &filters, &all);
    }
    free(filters.instructions);
    run->order = (gbx_inside_order *)(void *)to.bytes;
    return result;
}
