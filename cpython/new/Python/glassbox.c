/* Glassbox control: when to record, what, and into which file.

   A recording begins with -X glassbox=FILE[:key=value...], PYTHONGLASSBOX, or glassbox.start(), and
   ends with the process, glassbox.stop(), or a fork (the child then begins its own).  The root
   process writes FILE; whoever finds that FILE belongs to a running relative writes FILE.PID beside
   it, so that a program and all its children are read as one trace.  This file must not write
   records and must not know segments: see glassbox_file.c and glassbox_recorder.c. */

#include "Python.h"
#include "pycore_glassbox_gil.h"
#include "pycore_glassbox_recorder.h"
#include "pycore_fileutils.h"      // _Py_EncodeLocaleRaw(): there is no allocator yet
#include "pycore_initconfig.h"     // _Py_GetEnv()
#include "pycore_interp.h"         // PyInterpreterState

#if Py_GLASSBOX

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>               // pthread_atfork()
#include <signal.h>                // kill()
#include <stdio.h>
#include <sys/random.h>
#include <unistd.h>
#if defined(GBX_HAVE_TSC)
#  include <cpuid.h>               // is the TSC invariant?
#endif

#define DEFAULT_FULL_LIMIT  (UINT64_C(1) << 30)
#define DEFAULT_RING_LIMIT  (UINT64_C(64) << 20)
#define SMALLEST_LIMIT      (UINT64_C(256) << 10)


/* The options of the recording that is on, for the child of a fork to go on with. */
static _PyGlassbox_options current;
static bool follow_fork;

/* ----------------------------------------------------------------- parsing */

static bool
parse_size(const char *text, size_t length, uint64_t *size)
{
    uint64_t value = 0;
    size_t i = 0;
    for (; i < length && text[i] >= '0' && text[i] <= '9'; i++) {
        if (value > UINT64_MAX / 10 - 9) {
            return false;
        }
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    int shift = 0;
    if (i > 0 && i + 1 == length) {
        shift = text[i] == 'K' ? 10 : text[i] == 'M' ? 20 : text[i] == 'G' ? 30 : 0;
        i += shift != 0;
    }
    *size = value << shift;
    return length > 0 && i == length && (*size >> shift) == value;
}

bool
_PyGlassbox_ParseClasses(const char *text, size_t length, uint32_t *mask)
{
    static const struct { const char *name; uint32_t bit; } classes[] = {
#define X(NAME, bit, name) { name, 1u << bit },
        GBX_CLASSES(X)
#undef X
    };
    *mask = 0;
    while (length > 0) {
        size_t word = 0;
        while (word < length && text[word] != '+' && text[word] != ',') {
            word++;
        }
        uint32_t bit = 0;
        for (size_t i = 0; i < Py_ARRAY_LENGTH(classes); i++) {
            if (strlen(classes[i].name) == word && memcmp(classes[i].name, text, word) == 0) {
                bit = classes[i].bit;
            }
        }
        if (word == 3 && memcmp(text, "all", 3) == 0) {
            bit = GBX_MASK_ALL;
        }
        if (word == 7 && memcmp(text, "default", 7) == 0) {
            bit = GBX_MASK_DEFAULT;
        }
        if (bit == 0) {
            return false;
        }
        *mask |= bit;
        text += word + (word < length);
        length -= word + (word < length);
    }
    return *mask != 0;
}

static bool
parse_run_id(const char *text, size_t length, uint64_t run_id[2])
{
    if (length != 32) {
        return false;
    }
    for (int half = 0; half < 2; half++) {
        run_id[half] = 0;
        for (int i = 0; i < 16; i++) {
            char c = text[half * 16 + i];
            int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
            if (digit < 0) {
                return false;
            }
            run_id[half] = run_id[half] << 4 | (uint64_t)digit;
        }
    }
    return true;
}

static const char *
parse_key(const char *key, size_t key_length, const char *value, size_t length,
          _PyGlassbox_options *options)
{
#define KEY(NAME) (key_length == strlen(NAME) && memcmp(key, NAME, key_length) == 0)
#define VALUE(NAME) (length == strlen(NAME) && memcmp(value, NAME, length) == 0)
    if (KEY("events")) {
        return _PyGlassbox_ParseClasses(value, length, &options->mask)
            ? NULL : "events= takes class names joined by '+', such as frame+spec";
    }
    if (KEY("mode")) {
        options->mode = VALUE("full") ? GBX_MODE_FULL : VALUE("ring") ? GBX_MODE_RING : 0;
        return options->mode ? NULL : "mode= is full or ring";
    }
    if (KEY("limit")) {
        return parse_size(value, length, &options->limit) && options->limit >= SMALLEST_LIMIT
            ? NULL : "limit= is a size of at least 256K, such as 64M or 2G";
    }
    if (KEY("clock")) {
        options->clock = VALUE("tsc") ? GBX_CLOCK_TSC
            : VALUE("monotonic") ? GBX_CLOCK_MONOTONIC : GBX_CLOCK_NONE;
        return options->clock != GBX_CLOCK_NONE || VALUE("none")
            ? NULL : "clock= is tsc, monotonic or none";
    }
    if (KEY("churn")) {
        options->churn = VALUE("yes");
        return options->churn || VALUE("no") ? NULL : "churn= is yes or no";
    }
    if (KEY("run")) {
        return parse_run_id(value, length, options->run_id)
            ? NULL : "run= is 32 hexadecimal digits";
    }
#undef KEY
#undef VALUE
    return "unknown key: events, mode, limit, clock, churn and run are known";
}

static const char *
set_path(const char *name, size_t length, _PyGlassbox_options *options)
{
    if (length == 0) {
        return "a file name is missing";
    }
    size_t used = 0;
    if (name[0] != '/') {                  /* absolute: the program may change directory */
        if (getcwd(options->path, sizeof(options->path)) == NULL) {
            return "the current directory is not known";
        }
        used = strlen(options->path);
        if (used + 1 < sizeof(options->path)) {
            options->path[used++] = '/';
        }
    }
    if (used + length >= sizeof(options->path)) {
        return "the file name is too long";
    }
    memcpy(options->path + used, name, length);
    options->path[used + length] = '\0';
    return NULL;
}

/* Where the file name ends: at the first ":word=", so that a name may hold colons. */
static size_t
name_length(const char *spec)
{
    const char *colon = spec;
    while ((colon = strchr(colon, ':')) != NULL) {
        size_t word = strspn(colon + 1, "abcdefghijklmnopqrstuvwxyz");
        if (word > 0 && colon[1 + word] == '=') {
            return (size_t)(colon - spec);
        }
        colon++;
    }
    return strlen(spec);
}

const char *
_PyGlassbox_Parse(const char *spec, _PyGlassbox_options *options)
{
    *options = (_PyGlassbox_options){ .mode = GBX_MODE_FULL, .clock = GBX_CLOCK_TSC };
    size_t length = name_length(spec);
    const char *problem = set_path(spec, length, options);
    const char *at = spec + length;
    while (problem == NULL && *at == ':') {
        const char *key = ++at;
        size_t key_length = strcspn(key, "=:");
        if (key[key_length] != '=') {
            return "keys look like :key=value";
        }
        const char *value = key + key_length + 1;
        size_t value_length = strcspn(value, ":");
        problem = parse_key(key, key_length, value, value_length, options);
        at = value + value_length;
    }
    return problem;
}

/* ------------------------------------------------------------- start, stop */

static uint8_t
usable_clock(uint8_t wanted)
{
    if (wanted != GBX_CLOCK_TSC) {
        return wanted;
    }
#if defined(GBX_HAVE_TSC)
    unsigned a, b, c, d;                   /* CPUID 8000_0007h, EDX bit 8: invariant TSC */
    if (__get_cpuid(0x80000007, &a, &b, &c, &d) && (d & (1u << 8))) {
        return GBX_CLOCK_TSC;
    }
#endif
    return GBX_CLOCK_MONOTONIC;
}

/* What another trace's header says of who writes it; false where `path` is no trace of ours. */
static bool
read_header(const char *path, gbx_header *header)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0) {
        return false;
    }
    ssize_t size = read(fd, header, sizeof(*header));
    close(fd);
    return size == sizeof(*header) && memcmp(header->magic, GBX_MAGIC, 8) == 0
        && header->version_major == GBX_VERSION_MAJOR;
}

static bool
writer_lives(const gbx_header *header)
{
    int pid = (int)header->pid;
    return pid > 0 && (kill(pid, 0) == 0 || errno == EPERM)
        && _PyGlassbox_ProcessStart(pid) == header->process_start;
}

/* Create the file.  `path` may be taken: by a running relative (then PATH.PID is ours), or by a
   trace of an earlier run (then it is replaced). */
static int
create_file(gbx_file_options *options, const char *path, bool relative)
{
    char name[sizeof(current.path) + 32];
    snprintf(name, sizeof(name), "%s", path);
    options->path = name;
    if (!relative) {
        gbx_header other;
        if (read_header(path, &other)) {
            bool same_run = memcmp(other.run_id, options->run_id, sizeof(other.run_id)) == 0;
            bool named = options->run_id[0] != 0 || options->run_id[1] != 0;
            relative = (named && same_run) || (!named && writer_lives(&other));
            if (relative) {
                memcpy(options->run_id, other.run_id, sizeof(other.run_id));
            }
            else {
                unlink(path);
            }
        }
        if (!relative) {
            if (options->run_id[0] == 0 && options->run_id[1] == 0 &&
                getrandom(options->run_id, 16, GRND_NONBLOCK) != 16) {
                options->run_id[0] = (uint64_t)getpid();
                options->run_id[1] = _PyGlassbox_Instant().realtime_ns;
            }
            int error = _PyGlassbox_FileOpen(options);
            if (error != EEXIST) {
                return error;
            }
        }
    }
    int error = EEXIST;
    for (int n = 0; error == EEXIST && n < 1000; n++) {
        if (n == 0) {
            snprintf(name, sizeof(name), "%s.%d", path, (int)getpid());
        }
        else {
            snprintf(name, sizeof(name), "%s.%d.%d", path, (int)getpid(), n);
        }
        error = _PyGlassbox_FileOpen(options);
    }
    return error;
}

/* The libc's own fork handler: whoever forks, and however, its child must not write into the
   parent's file.  Only forgets; the child's own file begins in PyOS_AfterFork_Child(). */
static void
at_fork_child(void)
{
    follow_fork = _PyGlassbox_mask != 0;
    current.mask = _PyGlassbox_mask;       /* select() may have changed it */
    _PyGlassbox_mask = 0;
    GBX_PROBE(MASK, &_PyGlassbox_mask);
    _PyGlassbox_RefsSwitch();
    _PyGlassbox_FileForget();
    _PyGlassbox_NamesForget();
}

static int
start(const _PyGlassbox_options *options, bool relative)
{
    static bool handler_set;
    if (_PyGlassbox_mask != 0) {
        return EBUSY;
    }
    current = *options;
    if (current.mask == 0) {
        current.mask = GBX_MASK_DEFAULT;
    }
    if (current.mode == 0) {
        current.mode = GBX_MODE_FULL;
    }
    if (current.limit == 0) {
        current.limit = current.mode == GBX_MODE_RING ? DEFAULT_RING_LIMIT : DEFAULT_FULL_LIMIT;
    }
    current.mask |= GBX_MASK(STREAM);
    current.clock = usable_clock(current.clock);
    gbx_file_options wanted = {
        .run_id = { current.run_id[0], current.run_id[1] }, .limit = current.limit,
        .mask = current.mask, .mode = current.mode, .clock = current.clock,
    };
    _PyGlassbox_NamesReset();
    _PyGlassbox_WatchReset();
    int error = current.churn ? _PyGlassbox_RefsPatch(true) : 0;
    if (error == 0) {
        error = create_file(&wanted, current.path, relative);
    }
    if (error != 0) {
        return error;
    }
    memcpy(current.run_id, wanted.run_id, sizeof(current.run_id));
    if (!handler_set) {
        pthread_atfork(NULL, NULL, at_fork_child);
        handler_set = true;
    }
    _PyGlassbox_NamesDefineStatic();
    _PyGlassbox_recorder.churn = current.churn;
    _PyGlassbox_ChurnReset(false);
    _PyGlassbox_ClassesBegin(current.mask);
    return 0;
}

int
_PyGlassbox_Start(const _PyGlassbox_options *options)
{
    int saved = errno;
    int error = start(options, false);
    errno = saved;
    return error;
}

void
_PyGlassbox_Stop(void)
{
    if (_PyGlassbox_mask == 0) {
        return;
    }
    int saved = errno;
    if (_PyGlassbox_recorder.churn) {
        _PyGlassbox_ChurnStop();
        _PyGlassbox_recorder.churn = false;
    }
    if (GLASSBOX_ON(ALLOC)) {
        _PyGlassbox_AllocTotal();
    }
    __atomic_store_n(&_PyGlassbox_mask, 0, __ATOMIC_RELEASE);
    GBX_PROBE(MASK, &_PyGlassbox_mask);
    _PyGlassbox_RefsSwitch();
    _PyGlassbox_FileClose(GBX_STATE_STOPPED);
    errno = saved;
}

void
_PyGlassbox_ForkChild(void)
{
    if (!follow_fork) {
        return;
    }
    follow_fork = false;
    int saved = errno;
    (void)start(&current, true);           /* a child without a trace is no reason to stop it */
    errno = saved;
}

/* --------------------------------------------------------- at the beginning */

/* Nothing lives yet: whatever is found to be let go of later is on record from its beginning. */
static int
start_first(const _PyGlassbox_options *options)
{
    gbx_part part = { "begin=interpreter", 17 };
    int error = _PyGlassbox_Start(options);
    if (error == 0) {
        (void)_PyGlassbox_Define(GBX_NAME_META, 0, &part, 1);
    }
    return error;
}

const char *
_PyGlassbox_StartFromConfig(const PyConfig *config)
{
    static char message[1200];
    _PyGlassbox_options options;
    const wchar_t *xoption = _Py_get_xoption(&config->xoptions, L"glassbox");
    if (xoption != NULL) {
        const wchar_t *value = wcschr(xoption, L'=');
        char *spec = value == NULL ? NULL : _Py_EncodeLocaleRaw(value + 1, NULL);
        const char *problem = spec == NULL
            ? "a file name is missing" : _PyGlassbox_Parse(spec, &options);
        PyMem_RawFree(spec);
        if (problem == NULL) {
            int error = start_first(&options);
            if (error == 0 || error == EBUSY) {
                return NULL;
            }
            problem = strerror(error);
            snprintf(message, sizeof(message), "-X glassbox: cannot create '%s': %s",
                     options.path, problem);
            return message;
        }
        snprintf(message, sizeof(message), "-X glassbox: %s", problem);
        return message;
    }
    const char *env = _Py_GetEnv(config->use_environment, "PYTHONGLASSBOX");
    if (env == NULL) {
        return NULL;
    }
    const char *problem = _PyGlassbox_Parse(env, &options);
    if (problem != NULL) {
        snprintf(message, sizeof(message), "PYTHONGLASSBOX: %s", problem);
        return message;
    }
    /* Inherited by programs that know nothing of it: where no file can be made they run untraced,
       and whoever set the variable finds no file. */
    (void)start_first(&options);
    return NULL;
}

#endif /* Py_GLASSBOX */
