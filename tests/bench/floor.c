/* The floors that the cost of an event is measured against: the least that a recorder of this kind
   can do, in a loop, with nothing around it.

     floor clock            one read of the time-stamp counter
     floor monotonic        one clock_gettime(CLOCK_MONOTONIC)
     floor store FILE       16 bytes into a shared mapping of FILE whose pages are there already
     floor timed FILE       the same with a read of the time-stamp counter in it
     floor fresh FILE       16 bytes into FILE's mapping, its pages made on the way as a recorder must
     floor read FILE        every 8 bytes of FILE once (nanoseconds for 16 bytes)
     floor calls N          N empty calls of a C function: a program for tracers of C

   Prints nanoseconds for one, the best of several tries.  Must not share code with what it is a
   floor of. */

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#  include <x86intrin.h>
#endif

enum { TRIES = 7, COUNT = 4 * 1024 * 1024, WINDOW = 256 * 1024 };

static int
fail(const char *what)
{
    fprintf(stderr, "floor: cannot %s: %s\n", what, strerror(errno));
    exit(2);
}

static double
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static inline uint64_t
ticks(void)
{
#if defined(__x86_64__)
    return __rdtsc();
#else
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_nsec;
#endif
}

static void
read_clock(void)
{
    for (int i = 0; i < COUNT; i++) {
        uint64_t value = ticks();
        __asm__ volatile("" : : "r"(value));
    }
}

static void
read_monotonic(void)
{
    for (int i = 0; i < COUNT; i++) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
    }
}

static char *window;

static void
store(void)
{
    for (uint64_t i = 0; i < COUNT; i++) {
        volatile uint64_t *at = (volatile uint64_t *)(window + i * 16 % WINDOW);
        at[0] = i;
        at[1] = ~i;
    }
}

static void
store_timed(void)
{
    for (uint64_t i = 0; i < COUNT; i++) {
        volatile uint64_t *at = (volatile uint64_t *)(window + i * 16 % WINDOW);
        at[0] = ticks();
        at[1] = ~i;
    }
}

static char *
map_file(const char *name, size_t size, int flags)
{
    int fd = open(name, O_RDWR | flags, 0600);
    if (fd < 0) {
        fail("open the file");
    }
    if (size == 0) {
        struct stat status;
        fstat(fd, &status);
        size = (size_t)status.st_size;
    }
    else if ((errno = posix_fallocate(fd, 0, (off_t)size)) != 0) {
        fail("reserve disk space");
    }
    char *base = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (base == MAP_FAILED) {
        fail("map the file");
    }
    close(fd);
    return base;
}

static const char *fresh_name;

/* A new file each time, written by write(2): what bringing the pages into being costs at least. */
static void
fresh(void)
{
    static char block[65536];
    unlink(fresh_name);
    int fd = open(fresh_name, O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (size_t at = 0; at < (size_t)COUNT * 16; at += sizeof(block)) {
        if (write(fd, block, sizeof(block)) != (ssize_t)sizeof(block)) {
            fail("write");
        }
    }
    close(fd);
}

static double
best_of(void (*once)(void))
{
    double best = 1e300;
    for (int i = 0; i < TRIES; i++) {
        double began = now_ns();
        once();
        double took = now_ns() - began;
        best = took < best ? took : best;
    }
    return best / COUNT;
}

static double
read_file(const char *name)
{
    struct stat status;
    if (stat(name, &status) < 0) {
        fail("look at the file");
    }
    const char *base = map_file(name, 0, 0);
    uint64_t words = (uint64_t)status.st_size / 8, sum = 0;
    double best = 1e300;
    for (int i = 0; i < 3; i++) {
        double began = now_ns();
        for (uint64_t k = 0; k < words; k++) {
            sum += ((const volatile uint64_t *)base)[k];
        }
        double took = now_ns() - began;
        best = took < best ? took : best;
    }
    __asm__ volatile("" : : "r"(sum));
    return best / ((double)words / 2);
}

__attribute__((noinline)) void
empty(void)
{
    __asm__ volatile("");
}

static double
calls(long count)
{
    double began = now_ns();
    for (long i = 0; i < count; i++) {
        empty();
    }
    return (now_ns() - began) / (double)count;
}

int
main(int argc, char **argv)
{
    const char *what = argc > 1 ? argv[1] : "";
    double ns = -1;
    if (strcmp(what, "clock") == 0) {
        ns = best_of(read_clock);
    }
    else if (strcmp(what, "monotonic") == 0) {
        ns = best_of(read_monotonic);
    }
    else if (argc > 2 && strcmp(what, "calls") == 0) {
        ns = calls(strtol(argv[2], NULL, 10));
    }
    else if (argc > 2 && strcmp(what, "read") == 0) {
        ns = read_file(argv[2]);
    }
    else if (argc > 2 && strcmp(what, "fresh") == 0) {
        fresh_name = argv[2];
        ns = best_of(fresh);
        unlink(fresh_name);
    }
    else if (argc > 2 && (strcmp(what, "store") == 0 || strcmp(what, "timed") == 0)) {
        window = map_file(argv[2], WINDOW, O_CREAT);
        memset(window, 1, WINDOW);
        ns = best_of(what[0] == 's' ? store : store_timed);
        unlink(argv[2]);
    }
    if (ns < 0) {
        fprintf(stderr, "usage: floor clock|monotonic|store FILE|timed FILE|fresh FILE|read FILE|calls N\n");
        return 64;
    }
    printf("%.4f\n", ns);
    return 0;
}
