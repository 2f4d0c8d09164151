/* The doctor looks at the machine: processor, clock, memory, disk, kernel, tools.  See doctor.h. */

#include "doctor_internal.h"

#include "driver.h"
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <unistd.h>

#define GB 1e9

/* The first line of a file that begins with `key`, what follows the colon; "" where there is none. */
static void
read_line(const char *path, const char *key, char *text, size_t size)
{
    char *line = NULL;
    size_t room = 0;
    FILE *file = fopen(path, "re");
    text[0] = '\0';
    while (file != NULL && text[0] == '\0' && getline(&line, &room, file) > 0) {
        if (strncmp(line, key, strlen(key)) == 0) {
            const char *value = key[0] == '\0' ? line : strchr(line, ':');
            value = value == NULL ? "" : value + strspn(value, ": \t");
            snprintf(text, size, "%.*s", (int)strcspn(value, "\n"), value);
        }
    }
    free(line);
    if (file != NULL) {
        fclose(file);
    }
}

/* The number in a file of one number; -1 where there is none. */
static long
read_number(const char *path)
{
    char text[64], *end;
    read_line(path, "", text, sizeof(text));
    long number = strtol(text, &end, 10);
    return end == text ? -1 : number;
}

/* --------------------------------------------------------- processor and clock */

static bool
has_flag(const char *flags, const char *flag)
{
    size_t length = strlen(flag);
    for (const char *at = flags; (at = strstr(at, flag)) != NULL; at += length) {
        if ((at == flags || at[-1] == ' ') && (at[length] == ' ' || at[length] == '\0')) {
            return true;
        }
    }
    return false;
}

static void
look_at_clock(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    char flags[8192], source[64];
    (void)probe;
    (void)paths;
    read_line("/proc/cpuinfo", "flags", flags, sizeof(flags));
    read_line("/sys/devices/system/clocksource/clocksource0/current_clocksource", "", source, sizeof(source));
    bool steady = has_flag(flags, "constant_tsc") && has_flag(flags, "nonstop_tsc");
    gbx_doctor_say(finding, steady, "%s; the kernel's own clock source is %s",
                   steady ? "the processor's counter runs at one rate and never stops (constant_tsc, nonstop_tsc)"
                   : "no invariant counter in the processor: times are the kernel's, which cost more to read",
                   source[0] == '\0' ? "not known" : source);
}

static void
look_at_cores(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    cpu_set_t set;
    (void)probe;
    (void)paths;
    int ours = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;
    gbx_doctor_say(finding, ours >= 2, "%d for us, %ld in the machine", ours, sysconf(_SC_NPROCESSORS_ONLN));
    if (ours < 2) {
        gbx_doctor_advise(finding, "threads cannot run at once here: what is said of speed-up is skipped");
    }
}

static void
look_at_memory(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    char total[64], available[64];
    (void)probe;
    (void)paths;
    read_line("/proc/meminfo", "MemTotal", total, sizeof(total));
    read_line("/proc/meminfo", "MemAvailable", available, sizeof(available));
    double free_gb = strtod(available, NULL) * 1024 / GB;
    gbx_doctor_say(finding, free_gb >= 1, "%.1f GB free of %.1f GB", free_gb, strtod(total, NULL) * 1024 / GB);
    if (!finding->ok) {
        gbx_doctor_advise(finding, "building an interpreter wants 1 GB");
    }
}

static void
look_at_kernel(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    struct utsname name;
    (void)probe;
    (void)paths;
    bool known = uname(&name) == 0;
    gbx_doctor_say(finding, known && strcmp(name.sysname, "Linux") == 0, "%s %s, %s",
                   known ? name.sysname : "?", known ? name.release : "?", known ? name.machine : "?");
}

/* ------------------------------------------------------------------------ disk */

static void
look_at_disk(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    struct statvfs about;
    const char *place = strcmp(probe->argument, "cache") == 0 ? paths->cache : ".";
    char *path = place == NULL ? NULL : strdup(place);
    /* The cache need not be there yet: then the folder that it would be made in. */
    for (char *slash; path != NULL && access(path, F_OK) != 0 && (slash = strrchr(path, '/')) != NULL;) {
        slash[slash == path] = '\0';
        if (slash == path) {
            break;
        }
    }
    double need_gb = strcmp(probe->argument, "cache") == 0 ? 6 : 2;
    if (path == NULL || statvfs(path, &about) != 0) {
        gbx_doctor_say(finding, false, "%s", place == NULL ? "there is no place for it" : "cannot be looked at");
        gbx_doctor_advise(finding, "name a folder with GLASSBOX_CACHE=");
    }
    else {
        double free_gb = (double)about.f_bavail * (double)about.f_frsize / GB;
        gbx_doctor_say(finding, free_gb >= need_gb, "%.1f GB free in %s", free_gb, place);
        if (!finding->ok) {
            gbx_doctor_advise(finding, "up to %.0f GB may be wanted", need_gb);
        }
    }
    free(path);
}

/* Reserve a trace's first blocks in `folder`, and give the file a second name, as the recorder does. */
static int
try_folder(const char *folder)
{
    char *one = gbx_paths_join(folder, "one", NULL), *two = gbx_paths_join(folder, "two", NULL);
    int error = ENOMEM;
    if (one != NULL && two != NULL) {
        int fd = open(one, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
        error = fd < 0 || fallocate(fd, 0, 0, 1 << 20) != 0 || link(one, two) != 0 ? errno : 0;
        if (fd >= 0) {
            close(fd);
        }
    }
    free(one);
    free(two);
    return error;
}

static void
look_at_temporary(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    gbx_error error = { 0, "" };
    char *folder = NULL;
    (void)probe;
    (void)paths;
    if (gbx_driver_temporary(&folder, &error) != 0) {
        gbx_doctor_say(finding, false, "%.300s", error.message);
        gbx_doctor_advise(finding, "name a folder with TMPDIR=");
        return;
    }
    int failed = try_folder(folder);
    *strrchr(folder + 1, '/') = '\0';
    gbx_doctor_say(finding, failed == 0, "%s: blocks can%s be reserved%s%s", folder, failed == 0 ? "" : "not",
                   failed == 0 ? "" : ": ", failed == 0 ? "" : strerror(failed));
    folder[strlen(folder)] = '/';
    if (failed != 0) {
        gbx_doctor_advise(finding, "name a folder on another file system with TMPDIR=");
    }
    (void)gbx_driver_temporary_remove(&folder, NULL);
}

/* --------------------------------------------------------------- what is allowed */

static void
look_at_perf_events(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    long level = read_number("/proc/sys/kernel/perf_event_paranoid");
    (void)probe;
    (void)paths;
    if (level < -1 || access("/proc/sys/kernel/perf_event_paranoid", F_OK) != 0) {
        gbx_doctor_say(finding, false, "this kernel has none");
        return;
    }
    bool allowed = level <= 2 || geteuid() == 0;
    gbx_doctor_say(finding, allowed, "perf_event_paranoid is %ld: a program's own events can%s be counted", level,
                   allowed ? "" : "not");
    if (!allowed) {
        gbx_doctor_advise(finding, "sudo sysctl kernel.perf_event_paranoid=2");
    }
}

static void
look_at_ptrace(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    static const char path[] = "/proc/sys/kernel/yama/ptrace_scope";
    long scope = access(path, F_OK) == 0 ? read_number(path) : 0;
    bool allowed = scope == 0 || (scope <= 2 && geteuid() == 0);
    (void)probe;
    (void)paths;
    gbx_doctor_say(finding, allowed, "ptrace_scope is %ld: a debugger or sampler can%s be attached to a running "
                   "program", scope, allowed ? "" : "not");
    if (!allowed) {
        gbx_doctor_advise(finding, scope == 1 ? "start the program under it, or run it with sudo"
                          : "run it with sudo, or sudo sysctl kernel.yama.ptrace_scope=1");
    }
}

/* --------------------------------------------------------------------- sandbox */

/* argument: the layer's name.  All layers are tried at the first. */
static void
look_at_layer(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    gbx_level level = GBX_LEVEL_BARE;
    json_t *layers = NULL, *layer;
    size_t i;
    (void)paths;
    gbx_doctor_say(finding, false, "could not be tried");
    if (gbx_sandbox_probe(&level, &layers, NULL) != 0) {
        return;
    }
    json_array_foreach(layers, i, layer) {
        const char *name = "", *detail = "", *remedy = "";
        int works = 0;
        json_unpack(layer, "{s:s, s:b, s:s, s:s}", "layer", &name, "works", &works, "detail", &detail, "remedy", &remedy);
        if (strcmp(name, probe->argument) == 0) {
            gbx_doctor_say(finding, works, "%.300s", detail);
            gbx_doctor_advise(finding, "%s", remedy);
        }
    }
    json_decref(layers);
}

static void
look_at_level(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    gbx_level level = GBX_LEVEL_BARE;
    json_t *layers = NULL;
    (void)probe;
    (void)paths;
    bool tried = gbx_sandbox_probe(&level, &layers, NULL) == 0;
    json_decref(layers);
    bool enough = tried && level >= GBX_LEVEL_ISOLATED;
    gbx_doctor_say(finding, enough, "level '%s'%s", gbx_level_name(level),
                   level == GBX_LEVEL_FULL ? ": every layer holds" : enough ? ": all that grading needs"
                   : ", and grading needs 'isolated'");
    if (!enough) {
        gbx_doctor_advise(finding, "see the layers below");
    }
}

/* ----------------------------------------------------------------------- tools */

/* argument: "program package": what to look for, and what brings it. */
static void
look_at_tool(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    char name[32] = "", package[64] = "", *place = NULL;
    (void)paths;
    if (sscanf(probe->argument, "%31s %63[^\n]", name, package) != 2) {
        return;
    }
    bool there = gbx_paths_program(name, &place, NULL) == 0;
    gbx_doctor_say(finding, there, "%s", there ? place : "not installed");
    if (!there) {
        gbx_doctor_advise(finding, "apt-get install %s", package);
    }
    free(place);
}

static void
look_at_gpu(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    const char *const argv[] = { "nvidia-smi", "--query-gpu=name,driver_version", "--format=csv,noheader", NULL };
    gbx_driver_options options = { .argv = argv, .timeout_ms = 20000, .out_limit = 4096 };
    gbx_driver_result result = { .exited = false };
    (void)probe;
    (void)paths;
    bool device = access("/dev/nvidia0", F_OK) == 0;
    if (gbx_driver_run(&options, &result, NULL) == 0 && gbx_driver_succeeded(&result, 0) && result.out_size > 0) {
        gbx_doctor_say(finding, true, "%.*s", (int)strcspn(result.out, "\n"), result.out);
    }
    else {
        gbx_doctor_say(finding, device, "%s", device ? "/dev/nvidia0 is there, nvidia-smi does not answer"
                       : "no CUDA device: what needs one is checked on a recording");
    }
    gbx_driver_result_clear(&result);
}

const gbx_probe gbx_machine_probes[] = {
    { "kernel", "", look_at_kernel, NULL, false, false },
    { "clock", "the price of a timed event", look_at_clock, NULL, false, false },
    { "cores", "station 3", look_at_cores, NULL, false, false },
    { "memory", "the builds", look_at_memory, NULL, false, false },
    { "disk here", "traces", look_at_disk, "here", false, false },
    { "disk, cache", "packages of stations 4, 5 and 6", look_at_disk, "cache", false, false },
    { "TMPDIR", "every run of an experiment", look_at_temporary, NULL, true, false },
    { "GPU", "station 6", look_at_gpu, NULL, false, false },
    { "perf events", "the synthesis, make bench", look_at_perf_events, NULL, false, false },
    { "ptrace", "the synthesis: py-spy, gdb", look_at_ptrace, NULL, false, false },
    { "sandbox", "the labs", look_at_level, NULL, false, false },
    { "seccomp", "the sandbox of the labs", look_at_layer, "seccomp filter", false, false },
    { "namespaces", "the sandbox of the labs", look_at_layer, "namespaces", false, false },
    { "bubblewrap", "the sandbox of the labs", look_at_layer, "bubblewrap", false, false },
    { "Landlock", "the sandbox of the labs: its last layer", look_at_layer, "Landlock", false, false },
    { "perf", "the synthesis, make bench", look_at_tool, "perf linux-perf, or linux-tools-generic on Ubuntu", false, false },
    { "uftrace", "make bench: a peer", look_at_tool, "uftrace uftrace", false, false },
    { "lttng", "make bench: a peer", look_at_tool, "lttng lttng-tools", false, false },
    { "valgrind", "make bench: instructions", look_at_tool, "valgrind valgrind", false, false },
    { "gdb", "go on: look at a frame in memory", look_at_tool, "gdb gdb", false, false },
    { "strace", "station 3: the kernel's view of a wait", look_at_tool, "strace strace", false, false },
};
const size_t gbx_machine_probe_count = sizeof(gbx_machine_probes) / sizeof(gbx_machine_probes[0]);
