/* The doctor looks at Glassbox's own parts: interpreters, stations, sources.  See doctor.h. */

#include "doctor_internal.h"

#include "interpreter.h"

#include <fcntl.h>
#include <gelf.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void
gbx_doctor_say(gbx_doctor_finding *finding, bool ok, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    finding->ok = ok;
    vsnprintf(finding->text, sizeof(finding->text), format, args);
    va_end(args);
}

void
gbx_doctor_advise(gbx_doctor_finding *finding, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    vsnprintf(finding->remedy, sizeof(finding->remedy), format, args);
    va_end(args);
}

/* An error of ours ends in what to do: "no interpreter at '...': make gil". */
static void
say_error(gbx_doctor_finding *finding, const gbx_error *error)
{
    const char *cure = error->code == GBX_ERROR_MISSING ? strstr(error->message, "': ") : NULL;
    if (cure == NULL) {
        gbx_doctor_say(finding, false, "%.300s", error->message);
        return;
    }
    gbx_doctor_say(finding, false, "%.*s", (int)(cure + 1 - error->message), error->message);
    gbx_doctor_advise(finding, "%.150s", cure + 3);
}

/* --------------------------------------------------------------- interpreters */

static void
look_at_python(const char *python, bool want_recorder, const char *cure, gbx_doctor_finding *finding)
{
    gbx_interpreter about;
    gbx_error error = { 0, "" };
    char text[128];
    if (gbx_interpreter_probe(&about, python, &error) != 0) {
        gbx_doctor_say(finding, false, "%.300s", error.message);
        gbx_doctor_advise(finding, "%s", cure);
        return;
    }
    gbx_doctor_say(finding, !want_recorder || about.instrumented, "%s: %s",
                   gbx_interpreter_text(&about, text, sizeof(text)), python);
    if (!finding->ok) {
        gbx_doctor_advise(finding, "%s", cure);
    }
}

static void
look_at_default(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    gbx_error error = { 0, "" };
    (void)probe;
    if (gbx_paths_need(paths, GBX_PATHS_PYTHON, &error) != 0) {
        say_error(finding, &error);
        return;
    }
    look_at_python(paths->python, true, paths->python_chosen ? "take PYTHON= away, or name another"
                   : paths->installed ? "make install" : "make gil", finding);
}

/* Other builds: argument is the build's name; of "stock" no recorder is expected. */
static void
look_at_build(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    gbx_error error = { 0, "" };
    char cure[64], *python = NULL;
    if (gbx_paths_variant(paths, probe->argument, &python, &error) != 0) {
        say_error(finding, &error);
        return;
    }
    snprintf(cure, sizeof(cure), "make %s", probe->argument);
    look_at_python(python, strcmp(probe->argument, "stock") != 0, cure, finding);
    free(python);
}

static bool
has_debug_info(const char *path)
{
    bool found = false;
    size_t names = 0;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    elf_version(EV_CURRENT);
    Elf *elf = fd < 0 ? NULL : elf_begin(fd, ELF_C_READ_MMAP, NULL);
    if (elf != NULL && elf_getshdrstrndx(elf, &names) == 0) {
        for (Elf_Scn *section = NULL; (section = elf_nextscn(elf, section)) != NULL;) {
            GElf_Shdr header;
            const char *name = gelf_getshdr(section, &header) == NULL ? NULL
                : elf_strptr(elf, names, header.sh_name);
            found |= name != NULL && strcmp(name, ".debug_info") == 0;
        }
    }
    elf_end(elf);
    if (fd >= 0) {
        close(fd);
    }
    return found;
}

static void
look_at_debug_info(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    bool there = has_debug_info(paths->python);
    (void)probe;
    gbx_doctor_say(finding, there, there ? "the interpreter says which line of C an address is"
                   : "the interpreter names functions at best, not lines of C");
    if (!there) {
        gbx_doctor_advise(finding, "build it with -g, as the recipes here do");
    }
}

/* ------------------------------------------------------------- stations, sources */

static void
look_at_stations(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    static const char *const folders[] = { "1-frames", "2-memory", "3-gil", "4-asyncio", "5-buffers", "6-torch" };
    gbx_error error = { 0, "" };
    char list[32] = "";
    size_t used = 0;
    (void)probe;
    if (gbx_paths_need(paths, GBX_PATHS_STATIONS, &error) != 0) {
        say_error(finding, &error);
        return;
    }
    for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
        char *path = gbx_paths_join(paths->stations, folders[i], NULL);
        if (path != NULL && access(path, R_OK | X_OK) == 0) {
            used += (size_t)snprintf(list + used, sizeof(list) - used, "%s%zu", used > 0 ? ", " : "", i + 1);
        }
        free(path);
    }
    gbx_doctor_say(finding, list[0] == '1', "%s, with station%s %s", paths->stations, used > 1 ? "s" : "",
                   used > 0 ? list : "none");
    if (!finding->ok) {
        gbx_doctor_advise(finding, "the folder lacks 1-frames: name another with GLASSBOX_STATIONS=");
    }
}

static void
look_at_source(const gbx_probe *probe, const gbx_paths *paths, gbx_doctor_finding *finding)
{
    gbx_error error = { 0, "" };
    (void)probe;
    if (gbx_paths_need(paths, GBX_PATHS_SOURCE, &error) != 0) {
        say_error(finding, &error);
        return;
    }
    gbx_doctor_say(finding, true, "%s", paths->source);
}

static const gbx_probe own_probes[] = {
    { "interpreter", "every station", look_at_default, NULL, true, false },
    { "stations", "every station", look_at_stations, NULL, true, false },
    { "C sources", "the lines of C behind events and readings", look_at_source, NULL, true, false },
    { "debug info", "the lines of C behind addresses", look_at_debug_info, NULL, false, false },
    { "ft build", "stations 2 and 3", look_at_build, "ft", false, false },
    { "stock build", "make bench, make test-cpython", look_at_build, "stock", false, true },
    { "stats build", "make test: a second witness of specialization", look_at_build, "stats", false, true },
    { "debug build", "make test: the recorder under sanitizers", look_at_build, "debug", false, true },
};

/* ------------------------------------------------------------------ the round */

/* Returns how many findings there are. */
static size_t
examine(const gbx_probe *probes, size_t count, const gbx_paths *paths, gbx_doctor_finding *findings)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        if (probes[i].checkout && paths->installed) {
            continue;
        }
        findings[found] = (gbx_doctor_finding){
            .name = probes[i].name, .used_by = probes[i].used_by, .required = probes[i].required,
        };
        probes[i].look(&probes[i], paths, &findings[found++]);
    }
    return found;
}

int
gbx_doctor_look(gbx_doctor_finding **findings, size_t *count, gbx_error *error)
{
    enum { OWN = sizeof(own_probes) / sizeof(own_probes[0]) };
    gbx_paths paths;
    gbx_error lost = { 0, "" };
    *count = 0;
    *findings = calloc(OWN + gbx_machine_probe_count, sizeof(**findings));
    if (*findings == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (gbx_paths_find(&paths, &lost) == 0) {
        *count = examine(own_probes, OWN, &paths, *findings);
    }
    else {                                       /* the machine can still be looked at */
        *count = 1;
        **findings = (gbx_doctor_finding){ .name = own_probes[0].name, .used_by = own_probes[0].used_by,
                                           .required = true };
        gbx_doctor_say(*findings, false, "%.300s", lost.message);
    }
    *count += examine(gbx_machine_probes, gbx_machine_probe_count, &paths, *findings + *count);
    gbx_paths_clear(&paths);
    return 0;
}
