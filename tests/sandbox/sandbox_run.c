/* Runs one thing in the sandbox and says what became of it, for tests and the bench in Python.

       sandbox_run < ORDER > RESULT        both JSON; ORDER: argv, environment, folder, binds, writable, limits...
       sandbox_run --probe                 the level and the layers

   With "plain": true the same words are run without any sandbox, for comparison.  With "repeat": N all of it happens N times
   (the last one is told of), and "each_ns" says how long each took.

   Exit status: 0: RESULT says how it ended; 1: the sandbox refused or failed ({"error", "message"}); 2: a wrong ORDER. */

#include "sandbox.h"

#include <dirent.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST = 64 };

static const char *words[4][MOST + 1];
static gbx_bind binds[MOST];

static const char *const *
words_of(const json_t *order, const char *name, int which)
{
    const json_t *list = json_object_get(order, name), *word;
    size_t i;
    json_array_foreach(list, i, word) {
        if (i < MOST) {
            words[which][i] = json_string_value(word);
        }
    }
    return words[which];
}

static void
read_binds(const json_t *order, gbx_sandbox_options *options)
{
    const json_t *list = json_object_get(order, "binds"), *bind;
    size_t i;
    json_array_foreach(list, i, bind) {
        if (i < MOST) {
            binds[i] = (gbx_bind){ json_string_value(json_array_get(bind, 0)), json_string_value(json_array_get(bind, 1)),
                                   json_is_true(json_array_get(bind, 2)) };
            options->bind_count = i + 1;
        }
    }
    options->binds = binds;
}

static uint64_t
limit(const json_t *order, const char *name)
{
    return (uint64_t)json_integer_value(json_object_get(json_object_get(order, "limits"), name));
}

static void
read_limits(const json_t *order, gbx_limits *limits)
{
    *limits = (gbx_limits){
        .wall_ms = (uint32_t)limit(order, "wall_ms"), .cpu_ms = (uint32_t)limit(order, "cpu_ms"),
        .memory_bytes = limit(order, "memory_bytes"), .output_bytes = limit(order, "output_bytes"),
        .processes = (uint32_t)limit(order, "processes"), .disk_bytes = limit(order, "disk_bytes"),
        .disk_files = (uint32_t)limit(order, "disk_files"), .open_files = (uint32_t)limit(order, "open_files") };
}

/* The names of what is left in a writable place, with the size of each file (-1: a folder). */
static int
collect(void *context, const char *inside, const char *outside, gbx_error *error)
{
    json_t *names = json_object();
    DIR *folder = opendir(outside);
    (void)error;
    for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
            int fd = openat(dirfd(folder), entry->d_name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
            long long size = entry->d_type == DT_REG ? (long long)lseek(fd, 0, SEEK_END) : -1;
            json_object_set_new(names, entry->d_name, json_integer(size));
            close(fd);
        }
    }
    if (folder != NULL) {
        closedir(folder);
    }
    return json_object_set_new(context, inside, names);
}

/* As text: what is not ASCII becomes '?'. */
static json_t *
text_of(const char *bytes, size_t size)
{
    char *text = malloc(size + 1);
    for (size_t i = 0; i < size; i++) {
        text[i] = bytes[i] > 0 ? bytes[i] : '?';
    }
    json_t *value = json_stringn(text, size);
    free(text);
    return value;
}

static int
descriptors(void)
{
    int count = -3;                                  /* . and .. and the folder itself */
    DIR *folder = opendir("/proc/self/fd");
    while (folder != NULL && readdir(folder) != NULL) {
        count++;
    }
    closedir(folder);
    return count;
}

static json_t *each;                   /* nanoseconds of each run */

static uint64_t
now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

/* One run as anybody would start it: output to nowhere.  Its exit status, or -1. */
static int
run_plain(const gbx_sandbox_options *options)
{
    posix_spawn_file_actions_t actions;
    pid_t pid;
    int status = -1;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    if (posix_spawn(&pid, options->argv[0], &actions, NULL, (char *const *)(uintptr_t)options->argv,
                    (char *const *)(uintptr_t)options->environment) == 0) {
        waitpid(pid, &status, 0);
    }
    posix_spawn_file_actions_destroy(&actions);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int
repeat_plain(const gbx_sandbox_options *options, long times)
{
    int status = 0;
    for (long i = 0; i < times && status == 0; i++) {
        uint64_t began = now_ns();
        status = run_plain(options);
        json_array_append_new(each, json_integer((json_int_t)(now_ns() - began)));
    }
    json_t *said = json_pack("{s:s, s:i, s:O}", "end", "exited", "status", status, "each_ns", each);
    json_dumpf(said, stdout, JSON_COMPACT);
    json_decref(said);
    return status == 0 ? 0 : 1;
}

static json_t *
say_result(const gbx_sandbox_result *result, json_t *kept, int leaked)
{
    static const char *const ends[] = { "exited", "signalled", "limit", "violation", "leftovers" };
    return json_pack("{s:s, s:i, s:i, s:s, s:s, s:s, s:s, s:i, s:I, s:I, s:I, s:o, s:o, s:O, s:i, s:O}", "end", ends[result->end],
                     "status", result->status, "signal", result->signal, "limit", gbx_limit_name(result->limit), "cause",
                     result->cause, "violation", result->violation, "level", gbx_level_name(result->level), "interrupted",
                     result->interrupted, "wall_ns", (json_int_t)result->wall_ns, "cpu_ns",
                     (json_int_t)(result->user_ns + result->system_ns), "peak_bytes", (json_int_t)result->peak_bytes, "out",
                     text_of(result->out, result->out_size), "err", text_of(result->err, result->err_size), "kept", kept,
                     "leaked", leaked, "each_ns", each);
}

static int
run(json_t *order, gbx_sandbox_options *options)
{
    json_t *kept = json_object(), *said;
    gbx_sandbox_result result;
    gbx_error error = { 0, "" };
    int before = descriptors(), code = 0;
    long times = (long)json_integer_value(json_object_get(order, "repeat"));
    options->context = kept;
    options->collect = options->writable != NULL ? collect : NULL;
    for (long i = 0; code == 0 && (i == 0 || i < times); i++) {
        uint64_t began = now_ns();
        if (i > 0) {
            gbx_sandbox_result_clear(&result);
            json_object_clear(kept);
        }
        code = gbx_sandbox_run(options, &result, &error);
        json_array_append_new(each, json_integer((json_int_t)(now_ns() - began)));
    }
    if (code == 0) {
        said = say_result(&result, kept, descriptors() - before);
        gbx_sandbox_result_clear(&result);
    }
    else {
        said = json_pack("{s:i, s:s, s:i}", "error", code, "message", error.message, "leaked", descriptors() - before);
    }
    json_dumpf(said, stdout, JSON_COMPACT);
    json_decref(said);
    json_decref(kept);
    return code == 0 ? 0 : 1;
}

static int
probe(void)
{
    gbx_level level;
    json_t *layers;
    if (gbx_sandbox_probe(&level, &layers, NULL) != 0) {
        return 1;
    }
    json_t *said = json_pack("{s:s, s:o}", "level", gbx_level_name(level), "layers", layers);
    json_dumpf(said, stdout, JSON_COMPACT);
    json_decref(said);
    return 0;
}

int
main(int argc, char **argv)
{
    gbx_sandbox_options options = { .folder = "/" };
    gbx_level level;
    if (argc == 2 && strcmp(argv[1], "--probe") == 0) {
        return probe();
    }
    json_t *order = json_loadf(stdin, 0, NULL);
    const char *name = json_string_value(json_object_get(order, "folder"));
    options.argv = words_of(order, "argv", 0);
    options.environment = words_of(order, "environment", 1);
    options.writable = json_object_get(order, "writable") != NULL ? words_of(order, "writable", 2) : NULL;
    options.folder = name != NULL ? name : "/";
    options.may_exec = json_is_true(json_object_get(order, "may_exec"));
    read_binds(order, &options);
    read_limits(order, &options.limits);
    name = json_string_value(json_object_get(order, "require"));
    options.require_level = name != NULL && gbx_level_parse(name, &level) ? level : GBX_LEVEL_BARE;
    name = json_string_value(json_object_get(order, "most"));
    options.most_level = name != NULL && gbx_level_parse(name, &level) ? level : GBX_LEVEL_BARE;
    each = json_array();
    long times = (long)json_integer_value(json_object_get(order, "repeat"));
    bool plain = json_is_true(json_object_get(order, "plain"));
    int status = options.argv[0] == NULL ? 2 : plain ? repeat_plain(&options, times > 0 ? times : 1) : run(order, &options);
    json_decref(each);
    json_decref(order);
    return status;
}
