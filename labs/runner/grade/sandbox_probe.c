/* Which layers this machine has.  Each is tried, by a harmless child or call, rather than read from a version. */

#include "sandbox_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

const char *
gbx_sandbox_bubblewrap(void)
{
    static const char *const places[] = { "/usr/bin/bwrap", "/usr/local/bin/bwrap", "/bin/bwrap" };
    for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
        if (access(places[i], X_OK) == 0) {
            return places[i];
        }
    }
    return NULL;
}

int
gbx_sandbox_landlock(void)
{
    long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* VERSION */);
    return version < 0 ? 0 : (int)version;
}

/* ---------------------------------------------------------------- namespaces */

/* In a child: can this way be gone?  Exits with the errno, 0 for yes. */
static void __attribute__((noreturn))
try_way(gbx_way way)
{
    int flags = way == GBX_WAY_ROOT_ALONE ? CLONE_NEWNS : CLONE_NEWUSER | CLONE_NEWNS;
    if (way == GBX_WAY_ROOT) {
        if (unshare(CLONE_NEWNS) != 0 || setgroups(0, NULL) != 0 ||
            setresgid(GBX_SANDBOX_NOBODY, GBX_SANDBOX_NOBODY, GBX_SANDBOX_NOBODY) != 0 ||
            setresuid(GBX_SANDBOX_NOBODY, GBX_SANDBOX_NOBODY, GBX_SANDBOX_NOBODY) != 0) {
            _exit(errno);
        }
    }
    if (unshare(flags) != 0 || mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) != 0 ||
        mount("probe", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=4096") != 0) {
        _exit(errno);
    }
    _exit(0);
}

static int
error_of_way(gbx_way way)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        try_way(way);
    }
    if (pid < 0 || TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) != pid || !WIFEXITED(status)) {
        return pid < 0 ? errno : ECHILD;
    }
    return WEXITSTATUS(status);
}

static long
number_in(const char *path)
{
    char text[32] = "";
    FILE *file = fopen(path, "re");
    size_t size = file != NULL ? fread(text, 1, sizeof(text) - 1, file) : 0;
    text[size] = '\0';
    if (file != NULL) {
        fclose(file);
    }
    return size == 0 ? -1 : strtol(text, NULL, 10);
}

void
gbx_sandbox_remedy(int refused, char *text, size_t size)
{
    if (number_in("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") == 1) {
        snprintf(text, size, "Ubuntu's AppArmor keeps user namespaces from ordinary users: "
                 "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0");
    }
    else if (number_in("/proc/sys/kernel/unprivileged_userns_clone") == 0) {
        snprintf(text, size, "user namespaces are switched off: sudo sysctl kernel.unprivileged_userns_clone=1");
    }
    else if (number_in("/proc/sys/user/max_user_namespaces") == 0) {
        snprintf(text, size, "user namespaces are switched off: sudo sysctl user.max_user_namespaces=15000");
    }
    else if (refused == EPERM || refused == EACCES) {
        snprintf(text, size, "in a container, start it with --security-opt seccomp=unconfined "
                 "--security-opt apparmor=unconfined, or as root with --cap-add SYS_ADMIN");
    }
    else {
        snprintf(text, size, "%s", "");
    }
}

gbx_way
gbx_sandbox_way(gbx_error *error)
{
    static _Atomic int known = -1;
    int way = atomic_load(&known), refused = 0;
    char remedy[256];
    if (way >= 0 && way != GBX_WAY_NONE) {
        return (gbx_way)way;
    }
    way = geteuid() == 0 ? GBX_WAY_ROOT : GBX_WAY_USER;
    refused = error_of_way((gbx_way)way);
    if (refused != 0 && way == GBX_WAY_ROOT) {
        way = GBX_WAY_ROOT_ALONE;
        refused = error_of_way(GBX_WAY_ROOT_ALONE);
    }
    if (refused != 0) {
        gbx_sandbox_remedy(refused, remedy, sizeof(remedy));
        gbx_error_set(error, GBX_ERROR_MISSING, "no sandbox: a namespace of its own was refused (%s)%s%s", strerror(refused),
                      remedy[0] != '\0' ? "; " : "", remedy);
        way = GBX_WAY_NONE;
    }
    atomic_store(&known, way);
    return (gbx_way)way;
}

/* ------------------------------------------------------------------ all layers */

static bool
add_layer(json_t *layers, const char *name, bool works, const char *detail, const char *remedy)
{
    json_array_append_new(layers, json_pack("{s:s, s:b, s:s, s:s}", "layer", name, "works", works, "detail", detail, "remedy",
                                            works ? "" : remedy));
    return works;
}

/* In a child: a filter that lets everything through, with somebody to ask.  The errno. */
static int
error_of_filter(void)
{
    int status = 0;
    pid_t pid = fork();
    if (pid == 0) {
        struct sock_filter allow = { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW };
        struct sock_fprog program = { 1, &allow };
        if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
            syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program) < 0) {
            _exit(errno);
        }
        _exit(0);
    }
    if (pid < 0 || TEMP_FAILURE_RETRY(waitpid(pid, &status, 0)) != pid || !WIFEXITED(status)) {
        return pid < 0 ? errno : ECHILD;
    }
    return WEXITSTATUS(status);
}

static bool
probe_limits(json_t *layers)
{
    struct rlimit now;
    bool works = getrlimit(RLIMIT_DATA, &now) == 0 && setrlimit(RLIMIT_DATA, &now) == 0;
    return add_layer(layers, "resource limits", works, works ? "processor time, memory, files, processes" : strerror(errno), "");
}

static bool
probe_filter(json_t *layers)
{
    int refused = error_of_filter();
    char text[96];
    snprintf(text, sizeof(text), "%s", refused == 0 ? "a call that is not allowed is refused, and named" : strerror(refused));
    return add_layer(layers, "seccomp filter", refused == 0, text, refused == EBUSY
                     ? "this container answers calls itself: run outside it" : "needs Linux 5.5 with CONFIG_SECCOMP_FILTER");
}

static bool
probe_namespaces(json_t *layers)
{
    static const char *const how[] = { "as an ordinary user", "as root, for somebody who is not",
                                       "as root, without user namespaces", "" };
    gbx_error error = { 0, "" };
    gbx_way way = gbx_sandbox_way(&error);
    const char *remedy = strstr(error.message, "; ");
    char refused[200];
    snprintf(refused, sizeof(refused), "%.*s", (int)(remedy != NULL ? remedy - error.message : (long)strlen(error.message)),
             error.message);
    return add_layer(layers, "namespaces", way != GBX_WAY_NONE, way == GBX_WAY_NONE ? refused : how[way],
                     remedy != NULL ? remedy + 2 : "");
}

/* A run of the whole, of a program that tries what has to be out of reach. */
static bool
probe_bubblewrap(json_t *layers)
{
    static const char *const argv[] = { "/inside", "trial", NULL }, *const none[] = { NULL }, *const places[] = { "/tmp", NULL };
    gbx_sandbox_options options = { .argv = argv, .environment = none, .folder = "/", .writable = places, .may_exec = true,
        .most_level = GBX_LEVEL_ISOLATED,
        .limits = { .wall_ms = 20000, .memory_bytes = 64u << 20, .disk_bytes = 1u << 20, .disk_files = 8 } };
    gbx_sandbox_result result;
    gbx_error error = { 0, "" };
    char text[600];
    if (gbx_sandbox_run(&options, &result, &error) != 0) {
        snprintf(text, sizeof(text), "%s", error.message);
        return add_layer(layers, "bubblewrap", false, text, gbx_sandbox_bubblewrap() == NULL ? "apt install bubblewrap" : "");
    }
    bool works = result.end == GBX_END_EXITED && result.status == 0;
    snprintf(text, sizeof(text), "%s; nothing else to be seen or written%s%.200s", gbx_sandbox_bubblewrap(), works ? "" : ": not so: ",
             works ? "" : result.cause);
    gbx_sandbox_result_clear(&result);
    return add_layer(layers, "bubblewrap", works, text, "");
}

static bool
probe_landlock(json_t *layers)
{
    char text[64];
    int version = gbx_sandbox_landlock();
    snprintf(text, sizeof(text), version > 0 ? "version %d" : "not in this kernel", version);
    return add_layer(layers, "Landlock", version > 0, text, "needs Linux 5.13, and 'landlock' in the kernel's lsm= parameter");
}

/* Tried once a process; whoever asks first must be the only one who does. */
int
gbx_sandbox_probe(gbx_level *level, json_t **layers, gbx_error *error)
{
    static json_t *known;
    static gbx_level reached;
    if (known == NULL) {
        json_t *all = json_array();
        if (all == NULL) {
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
        bool limits = probe_limits(all), filter = probe_filter(all), namespaces = probe_namespaces(all);
        bool bubblewrap = probe_bubblewrap(all), landlock = probe_landlock(all);
        reached = !limits || !filter ? GBX_LEVEL_BARE : !namespaces || !bubblewrap ? GBX_LEVEL_FILTERED
            : !landlock ? GBX_LEVEL_ISOLATED : GBX_LEVEL_FULL;
        known = all;
    }
    *level = reached;
    *layers = json_incref(known);
    return 0;
}
