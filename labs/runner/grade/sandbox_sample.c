/* How many processes live inside, and what they use, read in /proc from outside: the tree below the keeper. */

#include "sandbox_internal.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { MOST = 512, TEXT = 4096 };

typedef struct {
    pid_t pid[MOST];
    unsigned count, tasks;
    uint64_t starved_ns;
} tree;

/* The start of a file as a string; false: it is not there. */
static bool
read_text(const char *path, char *text, size_t size)
{
    FILE *file = fopen(path, "re");
    size_t got = file == NULL ? 0 : fread(text, 1, size - 1, file);
    text[got] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    return file != NULL;
}

static void
add_children(tree *all, pid_t pid, const char *task)
{
    char path[96], text[TEXT];
    snprintf(path, sizeof(path), "/proc/%d/task/%.20s/children", pid, task);
    read_text(path, text, sizeof(text));
    for (char *at = text, *end; all->count < MOST; at = end) {
        long child = strtol(at, &end, 10);
        if (end == at || child <= 0) {
            break;
        }
        all->pid[all->count++] = (pid_t)child;
    }
}

/* The two times of a thread that the scheduler keeps: on a processor, and waiting for one. */
static bool
read_times(pid_t pid, const char *task, uint64_t *on_ns, uint64_t *waited_ns)
{
    char path[96], text[128];
    unsigned long long on = 0, waited = 0;
    snprintf(path, sizeof(path), "/proc/%d/task/%.20s/schedstat", pid, task);
    bool known = read_text(path, text, sizeof(text)) && sscanf(text, "%llu %llu", &on, &waited) == 2;
    *on_ns = known ? on : 0;
    *waited_ns = known ? waited : 0;
    return known;
}

uint64_t
gbx_sandbox_taken(pid_t thread)
{
    char task[24];
    uint64_t on_ns, waited_ns;
    snprintf(task, sizeof(task), "%d", thread);
    return thread > 0 && read_times(getpid(), task, &on_ns, &waited_ns) ? on_ns + waited_ns : 0;
}

static void
add_starved(tree *all, pid_t pid, const char *task)
{
    uint64_t on_ns, waited_ns;
    read_times(pid, task, &on_ns, &waited_ns);
    all->starved_ns = waited_ns > all->starved_ns ? waited_ns : all->starved_ns;
}

/* Its threads are counted, and each one's children added. */
static void
look_at_tasks(tree *all, pid_t pid, bool count)
{
    char path[48];
    snprintf(path, sizeof(path), "/proc/%d/task", pid);
    DIR *folder = opendir(path);
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (entry->d_name[0] != '.') {
            all->tasks += count;
            add_children(all, pid, entry->d_name);
            if (count) {
                add_starved(all, pid, entry->d_name);
            }
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
}

static void
walk(const gbx_run *run, tree *all)
{
    *all = (tree){ .count = 0 };
    look_at_tasks(all, run->keeper, false);
    for (unsigned i = 0; i < all->count; i++) {
        look_at_tasks(all, all->pid[i], true);
    }
}

unsigned
gbx_sandbox_tasks(const gbx_run *run)
{
    tree all;
    walk(run, &all);
    return all.tasks;
}

/* Processor time of it and of those that it waited for. */
static uint64_t
cpu_of(pid_t pid, bool self)
{
    char path[48], text[TEXT];
    unsigned long long user = 0, kernel = 0, users = 0, kernels = 0;
    snprintf(path, sizeof(path), "/proc/%d/stat", pid);
    if (!read_text(path, text, sizeof(text))) {
        return 0;
    }
    const char *end = strrchr(text, ')');
    if (end == NULL || sscanf(end + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %llu %llu", &user, &kernel,
                              &users, &kernels) != 4) {
        return 0;
    }
    unsigned long long ticks = users + kernels + (self ? user + kernel : 0);
    return ticks * (1000000000u / (unsigned long)sysconf(_SC_CLK_TCK));
}

static uint64_t
field(const char *text, const char *name)
{
    const char *at = strstr(text, name);
    return at == NULL ? 0 : strtoull(at + strlen(name), NULL, 10) * 1024;
}

/* Private and shared anonymous memory; what lies in the writable places is counted there already. */
static void
add_memory(pid_t pid, gbx_sample *sample)
{
    char path[48], text[TEXT];
    snprintf(path, sizeof(path), "/proc/%d/status", pid);
    if (!read_text(path, text, sizeof(text))) {
        return;
    }
    uint64_t shared = field(text, "\nRssShmem:"), bytes = field(text, "\nRssAnon:");
    bytes += shared > sample->disk_bytes ? shared - sample->disk_bytes : 0;
    sample->most_bytes = bytes > sample->most_bytes ? bytes : sample->most_bytes;
    sample->all_bytes += bytes;
}

static void
look_at_place(const gbx_run *run, gbx_sample *sample)
{
    struct statvfs now;
    if (run->place < 0 || fstatvfs(run->place, &now) != 0) {
        return;
    }
    sample->disk_bytes = (now.f_blocks - now.f_bfree) * now.f_frsize;
    sample->disk_files = now.f_files - now.f_ffree;
    sample->disk_full = now.f_bfree == 0;
    sample->files_full = now.f_ffree == 0;
}

void
gbx_sandbox_sample(gbx_run *run, gbx_sample *sample)
{
    tree all;
    *sample = (gbx_sample){ .cpu_ns = cpu_of(run->keeper, false) };
    look_at_place(run, sample);
    walk(run, &all);
    sample->tasks = all.tasks;
    sample->starved_ns = all.starved_ns;
    for (unsigned i = 0; i < all.count; i++) {
        sample->cpu_ns += cpu_of(all.pid[i], true);
        add_memory(all.pid[i], sample);
    }
}
