/* What it costs to run a program in the sandbox: cell HOW RUNS ROOT

   HOW is bare (fork and exec), bwrap (bubblewrap alone, with the namespaces that the sandbox has) or sandbox (all of it, by
   the library that grades).  The program is the same: the interpreter of ROOT/cpython/build/gil, which starts, does
   nothing and ends.  Prints the nanoseconds of each run, a line each. */

#include "sandbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const char *python, *build, *source;

static void
fail(const char *what)
{
    fprintf(stderr, "cell: %s\n", what);
    exit(1);
}

static double
now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void
spawn(const char *const *argv)
{
    int status;
    pid_t child = fork();
    if (child == 0) {
        execv(argv[0], (char *const *)argv);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        fail("the program failed");
    }
}

static void
run_bare(void)
{
    const char *const argv[] = { python, "-I", "-S", "-B", "-c", "pass", NULL };
    spawn(argv);
}

static void
run_bwrap(void)
{
    const char *const argv[] = {
        "/usr/bin/bwrap", "--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--ro-bind", "/", "/",
        "--dev", "/dev", "--", python, "-I", "-S", "-B", "-c", "pass", NULL
    };
    spawn(argv);
}

static void
run_sandbox(void)
{
    const char *const argv[] = { "/glassbox/cpython/build/gil/python", "-I", "-S", "-B", "-c", "pass", NULL };
    const char *const environment[] = { "LC_ALL=C.UTF-8", NULL };
    const char *const writable[] = { "/tmp", "/trace", NULL };
    const gbx_bind binds[] = {
        { build, "/glassbox/cpython/build/gil", true }, { source, "/glassbox/cpython/src/glassbox", false },
    };
    const gbx_sandbox_options options = {
        .argv = argv, .environment = environment, .folder = "/tmp", .binds = binds, .bind_count = 2, .writable = writable,
        .limits = { .wall_ms = 20000, .cpu_ms = 10000, .memory_bytes = 512u << 20, .output_bytes = 65536, .processes = 8,
                    .disk_bytes = 32u << 20, .disk_files = 64, .open_files = 64 },
        .require_level = GBX_LEVEL_ISOLATED,
    };
    gbx_sandbox_result result;
    gbx_error error = { 0, "" };
    if (gbx_sandbox_run(&options, &result, &error) != 0) {
        fail(error.message);
    }
    if (result.end != GBX_END_EXITED || result.status != 0) {
        fail(result.err_size > 0 ? result.err : result.cause);
    }
    gbx_sandbox_result_clear(&result);
}

int
main(int argc, char **argv)
{
    char *paths[3];
    static const char *const names[] = { "cpython/build/gil/python", "cpython/build/gil", "cpython/src/glassbox" };
    if (argc != 4) {
        fail("cell bare|bwrap|sandbox RUNS ROOT");
    }
    for (int i = 0; i < 3; i++) {
        char path[4096];
        snprintf(path, sizeof(path), "%s/%s", argv[3], names[i]);
        paths[i] = realpath(path, NULL);
        if (paths[i] == NULL) {
            fail(path);
        }
    }
    python = paths[0];
    build = paths[1];
    source = paths[2];
    void (*run)(void) = strcmp(argv[1], "bare") == 0 ? run_bare : strcmp(argv[1], "bwrap") == 0 ? run_bwrap : run_sandbox;
    run();                                           /* warm: files read, layers probed */
    for (long left = strtol(argv[2], NULL, 10); left > 0; left--) {
        double began = now();
        run();
        printf("%.0f\n", now() - began);
    }
    return 0;
}
