/* Recordings: see recording.h. */

#include "recording.h"

#include "paths.h"                // gbx_paths_join()

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* ---------------------------------------------------------- what is asked for */

bool
gbx_recording_size(const char *text)
{
    char *end;
    errno = 0;
    unsigned long long size = strtoull(text, &end, 10);
    unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    if (text[0] < '0' || text[0] > '9' || errno != 0 || end[shift != 0] != '\0') {
        return false;
    }
    return size <= ULLONG_MAX >> shift && size << shift >= 256u << 10;
}

/* The recorder reads FILE:key=value...: a name in which ":word=" occurs would end there. */
static bool
sayable(const char *path)
{
    for (const char *colon = path; (colon = strchr(colon, ':')) != NULL; colon++) {
        size_t word = strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz");
        if (word > 0 && colon[1 + word] == '=') {
            return false;
        }
    }
    return path[0] != '\0' && path[strlen(path) - 1] != '/';
}

static void
list_classes(uint32_t mask, char *text, size_t size)
{
    size_t used = 0;
    snprintf(text, size, "all");
    for (unsigned c = 0; c < GBX_CLASS_COUNT && used < size; c++) {
        if (mask >> c & 1) {
            used += (size_t)snprintf(text + used, size - used, "%s%s", used > 0 ? "+" : "", gbx_class_name(c));
        }
    }
}

static int
make_setting(gbx_recording *recording, const gbx_recording_options *options, gbx_error *error)
{
    char classes[256];
    list_classes(options->mask, classes, sizeof(classes));
    int length = asprintf(&recording->setting, "PYTHONGLASSBOX=%s:events=%s%s%s%s%s%s:run=%016llx%016llx",
                          recording->path, classes, options->ring ? ":mode=ring" : "",
                          options->untimed ? ":clock=none" : "", options->churn ? ":churn=yes" : "",
                          options->limit != NULL ? ":limit=" : "",
                          options->limit != NULL ? options->limit : "",
                          (unsigned long long)recording->run_id[0], (unsigned long long)recording->run_id[1]);
    if (length < 0) {
        recording->setting = NULL;
        return no_memory(error);
    }
    return 0;
}

const char *
gbx_recording_spec(const gbx_recording *recording)
{
    return strchr(recording->setting, '=') + 1;
}

static int
make_identity(gbx_recording *recording, gbx_error *error)
{
    if (getrandom(recording->run_id, sizeof(recording->run_id), 0) != sizeof(recording->run_id)) {
        return gbx_error_system(error, "read", "random numbers");
    }
    return 0;
}

/* ------------------------------------------------------------ what is there */

/* Field 22 of /proc/PID/stat, when the process began; 0: there is none. */
static uint64_t
process_start(uint32_t pid)
{
    char path[64], line[1024] = "";
    unsigned long long start = 0;
    snprintf(path, sizeof(path), "/proc/%u/stat", (unsigned)pid);
    FILE *file = fopen(path, "re");
    if (file != NULL) {
        size_t size = fread(line, 1, sizeof(line) - 1, file);
        line[size] = '\0';
        fclose(file);
    }
    const char *after_name = strrchr(line, ')');     /* the name may hold anything, ')' too */
    if (after_name == NULL ||
        sscanf(after_name + 1, " %*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %llu",
               &start) != 1) {
        return 0;
    }
    return start;
}

static bool
is_being_written(const gbx_header *header)
{
    return header->state == GBX_STATE_RECORDING && header->process_start != 0 &&
        process_start(header->pid) == header->process_start;
}

/* Note the children's files of the trace that is to be replaced; not a file that is still written. */
static int
look_at_old(gbx_recording *recording, const gbx_trace *old, gbx_error *error)
{
    size_t count = gbx_trace_process_count(old);
    recording->stale = calloc(count, sizeof(*recording->stale));
    if (recording->stale == NULL) {
        return no_memory(error);
    }
    for (size_t i = 0; i < count; i++) {
        const gbx_process *process = gbx_trace_process(old, i);
        if (is_being_written(process->header)) {
            return gbx_error_set(error, GBX_ERROR_CHILD, "'%s' is being written by process %u: choose "
                                 "another file", process->path, (unsigned)process->header->pid);
        }
        if (i > 0) {
            recording->stale[recording->stale_count] = strdup(process->path);
            if (recording->stale[recording->stale_count] == NULL) {
                return no_memory(error);
            }
            recording->stale_count++;
        }
    }
    return 0;
}

static int
check_folder(const char *path, gbx_error *error)
{
    char *folder = strdup(path);
    char *slash = folder == NULL ? NULL : strrchr(folder, '/');
    int result = 0;
    if (slash == NULL) {
        free(folder);
        return no_memory(error);
    }
    slash[slash == folder] = '\0';
    if (access(folder, W_OK | X_OK) != 0) {
        result = gbx_error_system(error, "write to", folder);
    }
    free(folder);
    return result;
}

/* May a file of this name be made, in place of what is there? */
static int
check_place(gbx_recording *recording, gbx_error *error)
{
    gbx_trace *old;
    gbx_error why = { 0, "" };
    struct stat about;
    if (lstat(recording->path, &about) != 0) {
        return errno == ENOENT ? check_folder(recording->path, error)
            : gbx_error_system(error, "write to", recording->path);
    }
    if (!S_ISREG(about.st_mode) || gbx_trace_open(&old, recording->path, NULL, &why) != 0) {
        return gbx_error_set(error, GBX_ERROR_FORMAT, "'%s' is there and is no trace that this program reads: "
                             "choose another file, or delete it", recording->path);
    }
    int result = look_at_old(recording, old, error);
    gbx_trace_close(old);
    return result == 0 ? check_folder(recording->path, error) : result;
}

int
gbx_recording_prepare(gbx_recording *recording, const gbx_recording_options *options, gbx_error *error)
{
    char here[PATH_MAX];
    *recording = (gbx_recording){ .path = NULL };
    if (!sayable(options->path)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' cannot be the name of a trace", options->path);
    }
    if (options->limit != NULL && !gbx_recording_size(options->limit)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "a limit is a size of at least 256K, such as 64M or 2G, "
                             "not '%s'", options->limit);
    }
    if (getcwd(here, sizeof(here)) == NULL) {
        return gbx_error_system(error, "find", "the current directory");
    }
    recording->path = options->path[0] == '/' ? strdup(options->path)
        : gbx_paths_join(here, options->path, NULL);
    if (recording->path == NULL) {
        return no_memory(error);
    }
    int result = check_place(recording, error);
    if (result == 0) {
        result = make_identity(recording, error);
    }
    return result == 0 ? make_setting(recording, options, error) : result;
}

/* ------------------------------------------------------------ what was made */

int
gbx_recording_open(gbx_recording *recording, gbx_trace **out, gbx_error *error)
{
    struct stat about;
    gbx_trace *trace = NULL;
    *out = NULL;
    bool there = lstat(recording->path, &about) == 0;
    int result = there ? gbx_trace_open(&trace, recording->path, NULL, error) : 0;
    if (result != 0) {
        return result;
    }
    if (!there || memcmp(gbx_trace_process(trace, 0)->header->run_id, recording->run_id, 16) != 0) {
        gbx_trace_close(trace);
        return gbx_error_set(error, GBX_ERROR_MISSING, "the program left no trace at '%s'", recording->path);
    }
    for (size_t i = 0; i < recording->stale_count; i++) {
        unlink(recording->stale[i]);         /* what cannot be deleted is only litter */
    }
    *out = trace;
    return 0;
}

void
gbx_recording_clear(gbx_recording *recording)
{
    for (size_t i = 0; i < recording->stale_count; i++) {
        free(recording->stale[i]);
    }
    free(recording->stale);
    free(recording->path);
    free(recording->setting);
    *recording = (gbx_recording){ .path = NULL };
}
