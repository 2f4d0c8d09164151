/* What is in a trace; see stat.h. */

#include "stat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *
gbx_ending_name(gbx_ending ending)
{
    static const char *const words[] = {
#define X(NAME, word, text) [GBX_ENDING_##NAME] = word,
        GBX_ENDINGS(X)
#undef X
    };
    return words[ending];
}

const char *
gbx_ending_text(gbx_ending ending)
{
    static const char *const texts[] = {
#define X(NAME, word, text) [GBX_ENDING_##NAME] = text,
        GBX_ENDINGS(X)
#undef X
    };
    return texts[ending];
}

/* --------------------------------------------------------- is it still at it */

/* Is the process that wrote a header the one that has its pid now?  By field 22 of /proc/PID/stat. */
static bool
same_process(const gbx_header *header)
{
    char name[64], text[1024];
    snprintf(name, sizeof(name), "/proc/%" PRIu32 "/stat", header->pid);
    FILE *file = fopen(name, "re");
    if (file == NULL) {
        return false;
    }
    size_t size = fread(text, 1, sizeof(text) - 1, file);
    fclose(file);
    text[size] = '\0';
    char *at = strrchr(text, ')');               /* the command's name may hold anything */
    for (int field = 2; at != NULL && field < 22; field++) {
        at = strchr(at + 1, ' ');
    }
    return at != NULL && strtoull(at, NULL, 10) == header->process_start;
}

/* Does the process still have the file mapped?  After exec it is the same process, and does not.  Where
   its maps are not for us to read, it has the benefit of the doubt. */
static bool
maps_file(const gbx_header *header, const char *path)
{
    char name[64];
    char *real = realpath(path, NULL), *line = NULL;
    size_t room = 0;
    snprintf(name, sizeof(name), "/proc/%" PRIu32 "/maps", header->pid);
    FILE *file = real == NULL ? NULL : fopen(name, "re");
    bool found = file == NULL;
    while (!found && getline(&line, &room, file) >= 0) {
        char *at = strchr(line, '/');
        if (at != NULL) {
            at[strcspn(at, "\n")] = '\0';
            found = strcmp(at, real) == 0;
        }
    }
    if (file != NULL) {
        fclose(file);
    }
    free(line);
    free(real);
    return found;
}

/* What the file says now: since it was read the recording may have been stopped. */
static bool
stopped_since(const char *path)
{
    uint32_t state = GBX_STATE_RECORDING;
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        return false;
    }
    if (fseek(file, offsetof(gbx_header, state), SEEK_SET) != 0 ||
        fread(&state, sizeof(state), 1, file) != 1) {
        state = GBX_STATE_RECORDING;
    }
    fclose(file);
    return state != GBX_STATE_RECORDING;
}

static gbx_ending
ending_of(const gbx_process *process)
{
    switch (process->header->state) {
        case GBX_STATE_STOPPED: return GBX_ENDING_STOPPED;
        case GBX_STATE_FULL:    return GBX_ENDING_FULL;
        case GBX_STATE_ERROR:   return GBX_ENDING_ERROR;
        case GBX_STATE_RECORDING:
            return (same_process(process->header) && maps_file(process->header, process->path)) ||
                stopped_since(process->path) ? GBX_ENDING_RECORDING : GBX_ENDING_GONE;
        default:                return GBX_ENDING_UNKNOWN;
    }
}

/* -------------------------------------------------------------------- counts */

typedef struct {
    gbx_tally events[256];
    uint64_t last_ns;
} counts;

static void
count_entries(counts *of_stream[], const gbx_entry *entries, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        counts *to = of_stream[entries[i].stream];
        gbx_tally *tally = &to->events[entries[i].record->event];
        tally->count++;
        tally->bytes += entries[i].bytes;
        to->last_ns = entries[i].t_ns;
    }
}

/* The one pass: count every event, and have it checked. */
static int
walk(gbx_stat *to, counts *of_stream[], gbx_error *error)
{
    gbx_checker *checker;
    int result = gbx_checker_new(&checker, to->trace, error);
    if (result != 0) {
        return result;
    }
    size_t at = 0, count;
    const gbx_entry *entries = gbx_trace_entries(to->trace, 0, &count);
    for (; count > 0; entries = gbx_trace_entries(to->trace, at, &count)) {
        count_entries(of_stream, entries, count);
        for (size_t i = 0; i < count; i++) {
            gbx_checker_event(checker, &entries[i], at + i);
        }
        at += count;
    }
    gbx_checker_finish(checker, to->invariants);
    gbx_checker_free(checker);
    return 0;
}

static void
add_tally(gbx_tally *to, gbx_tally more)
{
    to->count += more.count;
    to->bytes += more.bytes;
}

static void
sum_process(gbx_stat *to, uint32_t index, const counts *from)
{
    const gbx_process *process = gbx_trace_process(to->trace, index);
    const gbx_header *header = process->header;
    gbx_stat_process *out = &to->processes[index];
    for (unsigned event = 0; event < 256; event++) {
        int klass = gbx_event_class((uint8_t)event);
        gbx_tally tally = from->events[event];
        add_tally(&to->events[event], tally);
        add_tally(&out->all, tally);
        if (klass >= 0) {
            add_tally(&to->classes[klass], tally);
        }
    }
    add_tally(&to->all, out->all);
    out->ending = ending_of(process);
    out->start_ns = gbx_trace_since_start(to->trace, header->start.monotonic_ns);
    uint64_t end_ns = from->last_ns;
    uint64_t latest = gbx_trace_since_start(to->trace, header->latest.monotonic_ns);
    if (header->state != GBX_STATE_RECORDING && latest > end_ns) {
        end_ns = latest;                         /* of the stop; while recording it may be torn */
    }
    out->duration_ns = end_ns > out->start_ns ? end_ns - out->start_ns : 0;
    to->duration_ns = end_ns > to->duration_ns ? end_ns : to->duration_ns;
    to->lost += process->lost;
    to->overwritten += process->overwritten;
    to->unknown += process->unknown;
    to->file_bytes += process->bytes;
    to->classes_on |= header->first_mask;
}

int
gbx_stat_gather(gbx_stat *out, const gbx_trace *trace, gbx_error *error)
{
    size_t processes = gbx_trace_process_count(trace), streams = gbx_trace_stream_count(trace);
    int result = GBX_ERROR_MEMORY;
    memset(out, 0, sizeof(*out));
    out->trace = trace;
    out->processes = calloc(processes + 1, sizeof(*out->processes));
    counts *by_process = calloc(processes + 1, sizeof(*by_process));
    counts **of_stream = calloc(streams + 1, sizeof(*of_stream));
    if (out->processes == NULL || by_process == NULL || of_stream == NULL) {
        (void)gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        goto done;
    }
    for (size_t s = 0; s < streams; s++) {
        uint32_t process = gbx_trace_stream(trace, s)->process;
        gbx_stat_process *of = &out->processes[process];
        of_stream[s] = &by_process[process];
        of->first_stream = of->stream_count++ == 0 ? (uint32_t)s : of->first_stream;
    }
    result = walk(out, of_stream, error);
    for (size_t i = 0; i < processes && result == 0; i++) {
        sum_process(out, (uint32_t)i, &by_process[i]);
    }
    for (int i = 0; i < GBX_INVARIANTS && result == 0; i++) {
        out->violations += out->invariants[i].violations;
    }
done:
    free(by_process);
    free(of_stream);
    if (result != 0) {
        gbx_stat_clear(out);
    }
    return result;
}

void
gbx_stat_clear(gbx_stat *stat)
{
    free(stat->processes);
    stat->processes = NULL;
}

/* ------------------------------------------------------------------ in words */

const char *
gbx_stat_variant(const gbx_header *header)
{
    static const char *const names[] = {
        "gil", "ft", "gil+debug", "ft+debug", "gil+stats", "ft+stats", "gil+debug+stats",
        "ft+debug+stats",
    };
    return names[header->build & (GBX_BUILD_FREE_THREADED | GBX_BUILD_DEBUG | GBX_BUILD_STATS)];
}

const char *
gbx_stat_clock(const gbx_header *header)
{
    switch (header->clock) {
        case GBX_CLOCK_NONE:      return "none";
        case GBX_CLOCK_TSC:       return "tsc";
        case GBX_CLOCK_MONOTONIC: return "monotonic";
        default:                  return "unknown";
    }
}

const char *
gbx_stat_mode(const gbx_header *header)
{
    return header->mode == GBX_MODE_FULL ? "full" : header->mode == GBX_MODE_RING ? "ring" : "unknown";
}

void
gbx_stat_date(uint64_t realtime_ns, char *text, size_t size)
{
    time_t seconds = (time_t)(realtime_ns / 1000000000u);
    struct tm parts;
    char date[40];
    if (gmtime_r(&seconds, &parts) == NULL ||
        strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &parts) == 0) {
        snprintf(text, size, "unknown");
        return;
    }
    snprintf(text, size, "%s.%03uZ", date, (unsigned)(realtime_ns / 1000000u % 1000u));
}

void
gbx_stat_version(uint32_t hexversion, char *text, size_t size)
{
    uint32_t level = hexversion >> 4 & 15;
    const char *word = level == 0xa ? "a" : level == 0xb ? "b" : level == 0xc ? "rc" : "";
    snprintf(text, size, "%" PRIu32 ".%" PRIu32 ".%" PRIu32 "%s", hexversion >> 24,
             hexversion >> 16 & 255, hexversion >> 8 & 255, word);
    size_t used = strlen(text);
    if (word[0] != '\0' && used < size) {
        snprintf(text + used, size - used, "%" PRIu32, hexversion & 15);
    }
}

/* A word for a shell: as it is where that is safe, else in quotes. */
static void
quote(const char *word, char *text, size_t size)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-+,=@%:";
    if (word[0] != '\0' && strspn(word, plain) == strlen(word)) {
        snprintf(text, size, "%s", word);
        return;
    }
    size_t used = 0;
    for (const char *c = word; *c != '\0' && used + 8 < size; c++) {
        used += (size_t)snprintf(text + used, size - used, *c == '\'' ? "%s'\\''" : "%s%c",
                                 used == 0 ? "'" : "", *c);
    }
    snprintf(text + used, size - used, "'");
}

void
gbx_stat_hint(const gbx_stat *stat, size_t position, char *text, size_t size)
{
    text[0] = '\0';
    if (position < gbx_trace_count(stat->trace)) {
        char path[1200];
        gbx_where where = gbx_trace_where(stat->trace, position);
        where.t_ns = gbx_trace_where(stat->trace, position < 4 ? 0 : position - 4).t_ns;
        quote(gbx_trace_process(stat->trace, 0)->path, path, sizeof(path));
        snprintf(text, size, "glassbox show -t %" PRIu32 " --from=%" PRIu64 ".%06" PRIu64 " -n 9 %s",
                 where.thread, where.t_ns / 1000000, where.t_ns % 1000000, path);
    }
}
