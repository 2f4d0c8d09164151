/* Runs a program under the witness, and nothing else: witness_run PYTHON TRACE [-t SECONDS] -- ARGUMENT...

   PYTHON is run with the arguments, its trace is to lie at TRACE afterwards.  Prints one JSON object: the violation's name and
   sentence (null: none), how the program ended, what the witness counted.  No sandbox is around it, so that whatever is found, the
   witness has found it. */

#include "witness.h"

#include <errno.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/wait.h>

static void on_alarm(int signal) { (void)signal; }

static int
fail(const gbx_error *error)
{
    fprintf(stderr, "witness_run: %s\n", error->message);
    return 2;
}

/* Both ends of every process that the child leaves behind are ours. */
static int
follow(gbx_witness *witness, pid_t child, double limit, int *ended, gbx_error *error)
{
    struct timespec began, now;
    clock_gettime(CLOCK_MONOTONIC, &began);
    for (;;) {
        int status;
        pid_t tid = waitpid(-1, &status, __WALL);
        if (tid > 0) {
            int result = gbx_witness_stop(witness, tid, status, error);
            if (tid == child && (WIFEXITED(status) || WIFSIGNALED(status))) {
                *ended = status;
            }
            if (result != 0) {
                kill(child, SIGKILL);
                return result;
            }
            continue;
        }
        if (errno == ECHILD) {
            return 0;
        }
        gbx_witness_tick(witness);
        clock_gettime(CLOCK_MONOTONIC, &now);
        if ((double)(now.tv_sec - began.tv_sec) > limit) {
            kill(-child, SIGKILL);
        }
    }
}

static void
print(const gbx_witness *witness, int ended, json_t *report)
{
    const char *name = NULL, *sentence = NULL;
    (void)gbx_witness_objects(witness, &name, &sentence);
    json_t *all = json_pack("{s:s?,s:s?,s:i,s:i,s:o}", "violation", name, "sentence", sentence, "status",
                            WIFEXITED(ended) ? WEXITSTATUS(ended) : -1, "signal", WIFSIGNALED(ended) ? WTERMSIG(ended) : 0,
                            "report", report == NULL ? json_null() : report);
    json_dumpf(all, stdout, 0);
    puts("");
    json_decref(all);
}

int
main(int argc, char **argv)
{
    gbx_witness *witness = NULL;
    gbx_error error = {0};
    json_t *report = NULL;
    int ended = 0, ready[2], first = 3;
    double limit = 60;
    if (argc > 5 && strcmp(argv[3], "-t") == 0) {
        limit = strtod(argv[4], NULL);
        first = 5;
    }
    if (argc <= first || strcmp(argv[first], "--") != 0 || pipe(ready) < 0) {
        fprintf(stderr, "usage: witness_run PYTHON TRACE [-t SECONDS] -- ARGUMENT...\n");
        return 64;
    }
    if (gbx_witness_open(&witness, argv[1], &error) != 0) {
        return fail(&error);
    }
    fflush(stdout);
    pid_t child = fork();
    if (child == 0) {
        char byte;
        setpgid(0, 0);
        close(ready[1]);
        (void)!read(ready[0], &byte, 1);
        close(ready[0]);
        argv[first] = argv[1];
        execv(argv[1], argv + first);
        _exit(127);
    }
    close(ready[0]);
    if (child < 0 || gbx_witness_begin(witness, child, &error) != 0) {
        return fail(&error);
    }
    close(ready[1]);
    sigaction(SIGALRM, &(struct sigaction){ .sa_handler = on_alarm }, NULL);
    setitimer(ITIMER_REAL, &(struct itimerval){ { 0, 5000 }, { 0, 5000 } }, NULL);
    int result = follow(witness, child, limit, &ended, &error);
    setitimer(ITIMER_REAL, &(struct itimerval){0}, NULL);
    if (result == 0) {
        result = gbx_witness_compare(witness, argv[2], &report, &error);
    }
    if (result == 0) {
        print(witness, ended, report);
    }
    gbx_witness_close(witness);
    return result == 0 ? 0 : fail(&error);
}
