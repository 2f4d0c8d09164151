/* The names of how a run ended.  What ended it first is what it is called by. */

#include "sandbox_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

static bool
is_named(const gbx_run *run)
{
    return run->result->end == GBX_END_LIMIT || run->result->end == GBX_END_VIOLATION;
}

void
gbx_sandbox_limit(gbx_run *run, gbx_limit limit, const char *format, ...)
{
    va_list args;
    if (!is_named(run)) {
        run->result->end = GBX_END_LIMIT;
        run->result->limit = limit;
        va_start(args, format);
        vsnprintf(run->result->cause, sizeof(run->result->cause), format, args);
        va_end(args);
    }
    gbx_sandbox_stop(run);
}

/* Worse than a limit: named even where a limit was reached a moment before. */
void
gbx_sandbox_violation(gbx_run *run, const char *name, const char *format, ...)
{
    va_list args;
    if (run->result->end != GBX_END_VIOLATION) {
        run->result->end = GBX_END_VIOLATION;
        run->result->limit = GBX_LIMIT_NONE;
        snprintf(run->result->violation, sizeof(run->result->violation), "%s", name);
        va_start(args, format);
        vsnprintf(run->result->cause, sizeof(run->result->cause), format, args);
        va_end(args);
    }
    gbx_sandbox_stop(run);
}

/* ---------------------------------------------------------------------- numbers */

static double
seconds(uint64_t ns)
{
    return (double)ns / 1e9;
}

/* "512 MB", "1.5 GB". */
static const char *
bytes_text(uint64_t bytes, char *text, size_t size)
{
    static const char *const units[] = { "bytes", "KB", "MB", "GB", "TB", "PB" };
    double value = (double)bytes;
    size_t unit = 0;
    while (value >= 1024 && unit + 1 < sizeof(units) / sizeof(units[0])) {
        value /= 1024;
        unit++;
    }
    snprintf(text, size, value >= 100 || unit == 0 ? "%.0f %s" : "%.1f %s", value, units[unit]);
    return text;
}

/* What it did with its time, where that is plain. */
static const char *
of_its_time(uint64_t wall_ns, uint64_t cpu_ns)
{
    return cpu_ns < wall_ns / 5 ? ": it was waiting" : cpu_ns > wall_ns / 5 * 4 ? ": it was computing" : "";
}

/* Time for which it could not go on and was not itself the reason: it had no processor, or stood still for the witness.  On a
   busy machine a program that computes for ever is to be called so, and an honest one not to run out of time; but there is an
   end to that. */
static uint64_t
not_its_own(gbx_run *run, const gbx_sample *sample, uint64_t wall_ns)
{
    uint64_t traced = gbx_sandbox_taken(run->tracer);
    run->starved_ns = sample->starved_ns > run->starved_ns ? sample->starved_ns : run->starved_ns;
    uint64_t all = run->starved_ns + (traced > run->traced_ns ? traced - run->traced_ns : 0);
    uint64_t most = wall_ns / GBX_SANDBOX_PATIENCE * (GBX_SANDBOX_PATIENCE - 1);
    uint64_t idle = wall_ns > sample->cpu_ns ? wall_ns - sample->cpu_ns : 0;     /* both together are never more than the clock */
    most = idle < most ? idle : most;
    return all < most ? all : most;
}

static bool
over_time(gbx_run *run, const gbx_sample *sample)
{
    const gbx_limits *limits = &run->options->limits;
    uint64_t whole_ns = gbx_sandbox_now() - run->began_ns, lost_ns = not_its_own(run, sample, whole_ns);
    uint64_t wall_ns = whole_ns - lost_ns;
    char lost[64] = "";
    if (lost_ns > wall_ns / 10) {
        snprintf(lost, sizeof(lost), " (and %.1f s without a processor)", seconds(lost_ns));
    }
    if (limits->cpu_ms != 0 && sample->cpu_ns >= limits->cpu_ms * 1000000ull) {
        gbx_sandbox_limit(run, GBX_LIMIT_CPU, "CPU %.1f s of %.3g s; wall %.1f s%s", seconds(sample->cpu_ns), limits->cpu_ms / 1e3,
                          seconds(wall_ns), lost);
        return true;
    }
    if (limits->wall_ms != 0 && wall_ns >= limits->wall_ms * 1000000ull) {
        gbx_sandbox_limit(run, GBX_LIMIT_WALL, "wall %.1f s of %.3g s%s; CPU %.1f s%s", seconds(wall_ns), limits->wall_ms / 1e3,
                          lost, seconds(sample->cpu_ns), of_its_time(wall_ns, sample->cpu_ns));
        return true;
    }
    return false;
}

static bool
over_memory(gbx_run *run, const gbx_sample *sample)
{
    uint64_t most = run->options->limits.memory_bytes;
    char used[32], limit[32];
    bool one = sample->most_bytes > most;
    if (most == 0 || (!one && sample->all_bytes <= 2 * most)) {
        return false;
    }
    gbx_sandbox_limit(run, GBX_LIMIT_MEMORY, "memory %s of %s%s",
                      bytes_text(one ? sample->most_bytes : sample->all_bytes, used, sizeof(used)),
                      bytes_text(one ? most : 2 * most, limit, sizeof(limit)), one ? "" : " for all processes together");
    return true;
}

static bool
over_disk(gbx_run *run, const gbx_sample *sample)
{
    const gbx_limits *limits = &run->options->limits;
    char used[32], limit[32];
    if (limits->disk_bytes != 0 && sample->disk_full) {
        gbx_sandbox_limit(run, GBX_LIMIT_DISK, "files hold %s of %s", bytes_text(sample->disk_bytes, used, sizeof(used)),
                          bytes_text(limits->disk_bytes, limit, sizeof(limit)));
        return true;
    }
    if (limits->disk_files != 0 && sample->files_full) {
        gbx_sandbox_limit(run, GBX_LIMIT_DISK, "files and folders: more than %u", limits->disk_files);
        return true;
    }
    return false;
}

bool
gbx_sandbox_over(gbx_run *run, const gbx_sample *sample)
{
    return over_disk(run, sample) || over_memory(run, sample) || over_time(run, sample);
}

/* ---------------------------------------------------------------------- the end */

/* Does the last line that it printed on stderr hold this? */
static bool
last_line_has(const gbx_run *run, const char *text)
{
    const gbx_stream *err = &run->err;
    size_t end = err->size;
    while (end > 0 && err->bytes[end - 1] == '\n') {
        end--;
    }
    size_t begin = end;
    while (begin > 0 && err->bytes[begin - 1] != '\n') {
        begin--;
    }
    return end > begin && memmem(err->bytes + begin, end - begin, text, strlen(text)) != NULL;
}

/* It failed, and not because we ended it: was it for want of memory or disk?  Its own word is enough to call it so: nobody
   gains by saying it, since a limit earns no more than the failure it would be otherwise. */
static void
name_want(gbx_run *run)
{
    const gbx_limits *limits = &run->options->limits;
    char asked[32], limit[32];
    bytes_text(limits->memory_bytes, limit, sizeof(limit));
    if (limits->memory_bytes != 0 && run->refused_bytes != 0) {
        gbx_sandbox_limit(run, GBX_LIMIT_MEMORY, "memory: asked for %s at once of %s",
                          bytes_text(run->refused_bytes, asked, sizeof(asked)), limit);
    }
    else if (limits->memory_bytes != 0 && (run->word.peak_bytes > limits->memory_bytes + (64u << 20) ||
                                           last_line_has(run, "MemoryError"))) {
        gbx_sandbox_limit(run, GBX_LIMIT_MEMORY, "memory: no more than %s was to be had (%s used)", limit,
                          bytes_text(run->word.peak_bytes, asked, sizeof(asked)));
    }
    else if (limits->disk_bytes != 0 && (last_line_has(run, "[Errno 28]") || last_line_has(run, "[Errno 27]"))) {
        gbx_sandbox_limit(run, GBX_LIMIT_DISK, "files: no more than %s and %u files were to be had",
                          bytes_text(limits->disk_bytes, asked, sizeof(asked)), limits->disk_files);
    }
    else if (limits->processes != 0 && (last_line_has(run, "can't start new thread") || last_line_has(run, "[Errno 11]"))) {
        gbx_sandbox_limit(run, GBX_LIMIT_PROCS, "processes and threads: no more than %u were to be had", limits->processes);
    }
}

static void
name_signal(gbx_run *run)
{
    gbx_sandbox_result *result = run->result;
    result->end = GBX_END_SIGNALLED;
    result->signal = WTERMSIG(run->word.status);
    const char *name = sigabbrev_np(result->signal);
    snprintf(result->cause, sizeof(result->cause), "killed by SIG%s", name != NULL ? name : "?");
    if (result->signal == SIGXCPU) {
        gbx_sandbox_limit(run, GBX_LIMIT_CPU, "CPU %.1f s of %.3g s", seconds(run->word.user_ns + run->word.system_ns),
                          run->options->limits.cpu_ms / 1e3);
    }
    else if (result->signal == SIGSYS) {
        gbx_sandbox_violation(run, "forbidden-call", "asked for a call that there is not");
    }
}

static void
name_exit(gbx_run *run)
{
    gbx_sandbox_result *result = run->result;
    result->end = GBX_END_EXITED;
    result->status = WEXITSTATUS(run->word.status);
    snprintf(result->cause, sizeof(result->cause), "exited with status %d", result->status);
    if (run->word.leftovers > 0) {
        result->end = GBX_END_LEFTOVERS;
        snprintf(result->cause, sizeof(result->cause), "left %u process%s behind, which had to be killed", run->word.leftovers,
                 run->word.leftovers == 1 ? "" : "es");
    }
}

/* A short program may reach a limit between two looks. */
static void
look_back(gbx_run *run)
{
    gbx_sample last = { .cpu_ns = run->word.user_ns + run->word.system_ns };
    gbx_sandbox_sample(run, &last);
    if (last.disk_full || last.files_full) {
        gbx_sandbox_over(run, &(gbx_sample){ .disk_bytes = last.disk_bytes, .disk_full = last.disk_full,
                                             .files_full = last.files_full });
    }
}

void
gbx_sandbox_conclude(gbx_run *run)
{
    gbx_sandbox_result *result = run->result;
    result->wall_ns = run->word.wall_ns;
    result->user_ns = run->word.user_ns;
    result->system_ns = run->word.system_ns;
    result->peak_bytes = run->word.peak_bytes;
    if (is_named(run)) {
        result->signal = WIFSIGNALED(run->word.status) ? WTERMSIG(run->word.status) : 0;
        return;
    }
    look_back(run);
    if (is_named(run)) {
        return;
    }
    if (WIFSIGNALED(run->word.status)) {
        name_signal(run);
    }
    else {
        name_exit(run);
    }
    if (result->end != GBX_END_VIOLATION && !(result->end == GBX_END_EXITED && result->status == 0)) {
        name_want(run);
    }
}
