/* See why_run.h.  A run that is not seen gets its standard input anew: from the beginning of the file that it
   is, and nothing where it is none. */

#include "why_run.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MASK_COUNTED  (GBX_MASK(FRAME) | GBX_MASK(OBJ) | GBX_MASK(ALLOC) | GBX_MASK(GC) | GBX_MASK(REF) | \
                       GBX_MASK(BUF) | GBX_MASK(COMPILE) | GBX_MASK(IMPORT) | GBX_MASK(THREAD) | GBX_MASK(MARK))
#define MASK_ONCE     (GBX_MASK_DEFAULT | MASK_COUNTED)
#define PROBE_MS      60000u
#define FILES_MAX     500u           /* whose bytecode is asked about: the library's are passed over there */

/* ------------------------------------------------------------------- one run */

static const char **
words_of(const char *python, char *const *arguments)
{
    size_t count = 0;
    while (arguments[count] != NULL) {
        count++;
    }
    const char **argv = calloc(count + 2, sizeof(*argv));
    if (argv != NULL) {
        argv[0] = python;
        memcpy(argv + 1, arguments, count * sizeof(*argv));
    }
    return argv;
}

/* Run it once, with `setting` in its environment or (NULL) without recording. */
static int
run_once(const gbx_why_options *options, const char *setting, bool seen, uint32_t timeout_ms,
         gbx_driver_result *result, gbx_error *error)
{
    const char **argv = words_of(options->python, options->arguments);
    const char *const environment[] = { setting == NULL ? "PYTHONGLASSBOX" : setting, NULL };
    bool terminal = seen && !options->silent && timeout_ms == 0;
    gbx_driver_options how = { .argv = argv, .environment = environment, .terminal = terminal,
                               .inherit_stdin = true, .timeout_ms = timeout_ms,
                               .out = seen && !options->silent ? GBX_DRIVER_INHERIT : GBX_DRIVER_DISCARD,
                               .err = seen ? GBX_DRIVER_INHERIT : GBX_DRIVER_DISCARD };
    int code = argv == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_driver_run(&how, result, error);
    free(argv);
    return code;
}

static int
record(const gbx_why_options *options, const char *path, uint32_t mask, bool churn, bool seen,
       uint32_t timeout_ms, gbx_driver_result *result, gbx_trace **trace, gbx_error *error)
{
    gbx_recording recording;
    gbx_recording_options how = { .path = path, .mask = mask, .churn = churn, .limit = options->limit };
    if (!seen) {
        lseek(STDIN_FILENO, 0, SEEK_SET);        /* of what is no file it fails, and there is nothing to read */
    }
    int code = gbx_recording_prepare(&recording, &how, error);
    if (code == 0) {
        code = run_once(options, recording.setting, seen, timeout_ms, result, error);
    }
    if (code == 0 || (code == GBX_ERROR_CHILD && result->interrupted)) {     /* what there is, is kept */
        code = gbx_recording_open(&recording, trace, error);
    }
    gbx_recording_clear(&recording);
    return code;
}

static void
keep_end(gbx_why_runs *runs, const gbx_driver_result *result)
{
    runs->exited = result->exited;
    runs->status = result->status;
    runs->signal = result->signal;
    runs->timed_out = result->timed_out;
    runs->interrupted = result->interrupted != 0 || result->signal == SIGINT
        || (result->exited && result->status == 128 + SIGINT);
}

/* How long the runs after the first may take: as long as that was let go on for. */
static uint32_t
time_for(const gbx_why_runs *runs, const gbx_why_options *options)
{
    uint64_t ms = runs->interrupted ? runs->wall_ns / 1000000 : options->timeout_ms;
    return runs->interrupted && ms < 100 ? 100 : ms > UINT32_MAX ? UINT32_MAX : (uint32_t)ms;
}

static int
run_plain(gbx_why_runs *runs, const gbx_why_options *options, gbx_error *error)
{
    gbx_driver_result result = { .exited = false };
    int code = run_once(options, NULL, true, options->timeout_ms, &result, error);
    if (code == 0) {
        keep_end(runs, &result);
        runs->wall_ns = result.wall_ns;
        runs->cpu_ns = result.user_ns + result.system_ns;
        runs->system_ns = result.system_ns;
    }
    gbx_driver_result_clear(&result);
    return code;
}

static int
run_timed(gbx_why_runs *runs, const gbx_why_options *options, gbx_error *error)
{
    gbx_driver_result result = { .exited = false };
    int code = record(options, options->timed_path, options->once ? MASK_ONCE : GBX_MASK_DEFAULT, options->once,
                      options->once, time_for(runs, options), &result, &runs->timed, error);
    if (code == 0 && options->once) {
        keep_end(runs, &result);
        runs->counted = runs->timed;
    }
    runs->stopped = runs->stopped || result.interrupted != 0;
    runs->timed_wall_ns = result.wall_ns;
    gbx_driver_result_clear(&result);
    return code;
}

static int
run_counted(gbx_why_runs *runs, const gbx_why_options *options, gbx_error *error)
{
    gbx_driver_result result = { .exited = false };
    int code = record(options, options->counted_path, MASK_COUNTED, true, false, time_for(runs, options), &result,
                      &runs->counted, error);
    runs->counted_wall_ns = result.wall_ns;
    gbx_driver_result_clear(&result);
    return code;
}

/* --------------------------------------------------------------------- the probe */

/* Files that functions of the trace come from, each once, as far as they are files that can be read. */
static void
files_of(const gbx_trace *trace, const char *files[FILES_MAX])
{
    size_t count = 0;
    for (uint32_t id = GBX_FIRST_CODE_ID; trace != NULL && id < 1u << 20 && count < FILES_MAX; id++) {
        const gbx_code_info *info = gbx_trace_code(trace, 0, id);
        bool known = info == NULL || info->file[0] != '/' || access(info->file, R_OK) != 0;
        for (size_t i = 0; i < count && !known; i++) {
            known = strcmp(files[i], info->file) == 0;
        }
        if (!known) {
            files[count++] = info->file;
        }
    }
}

static void
ask(gbx_why_runs *runs, const gbx_why_options *options)
{
    gbx_driver_result result = { .exited = false };
    gbx_error error = { 0, "" };
    json_error_t wrong;
    const char *argv[FILES_MAX + 5] = { options->python, "-I", "-c", gbx_why_probe_text };
    files_of(runs->timed, argv + 4);
    int code = gbx_driver_run(&(gbx_driver_options){ .argv = argv, .timeout_ms = PROBE_MS,
                                                     .clean_environment = true }, &result, &error);
    runs->probe = code == 0 && gbx_driver_succeeded(&result, 0)
        ? json_loadb(result.out, result.out_size, 0, &wrong) : NULL;
    if (runs->probe == NULL) {
        snprintf(runs->missing, sizeof(runs->missing), "%s", code != 0 ? error.message
                 : "the interpreter could not be asked what things cost here");
    }
    gbx_driver_result_clear(&result);
}

/* ----------------------------------------------------------------------- together */

int
gbx_why_run(gbx_why_runs *runs, const gbx_why_options *options, gbx_error *error)
{
    *runs = (gbx_why_runs){ .probe = NULL };
    int code = options->once ? 0 : run_plain(runs, options, error);
    if (code == 0) {
        code = run_timed(runs, options, error);
    }
    if (code == 0 && !options->once && !runs->stopped) {
        code = run_counted(runs, options, error);
    }
    if (code == 0) {
        ask(runs, options);
    }
    return code;
}

void
gbx_why_runs_clear(gbx_why_runs *runs)
{
    if (runs->counted != runs->timed) {
        gbx_trace_close(runs->counted);
    }
    gbx_trace_close(runs->timed);
    json_decref(runs->probe);
    *runs = (gbx_why_runs){ .probe = NULL };
}

static double
price_of(const json_t *prices, const char *name)
{
    double price = json_number_value(json_object_get(prices, name));
    return price > 0 && price < 1e9 ? price : 0;
}

void
gbx_why_runs_input(const gbx_why_runs *runs, gbx_why_input *input)
{
    const json_t *prices = json_object_get(runs->probe, "prices");
    *input = (gbx_why_input){ .timed = runs->timed, .counted = runs->counted, .wall_ns = runs->wall_ns,
                              .cpu_ns = runs->cpu_ns, .system_ns = runs->system_ns,
                              .timed_wall_ns = runs->timed_wall_ns,
                              .library = json_string_value(json_object_get(runs->probe, "library")),
                              .bytecode = json_object_get(runs->probe, "bytecode") };
#define X(name, what) input->prices.name = price_of(prices, #name);
    GBX_WHY_PRICES(X)
#undef X
}
