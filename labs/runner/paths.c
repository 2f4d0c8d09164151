/* Paths: see paths.h.  Only looks: nothing here runs or creates anything. */

#include "paths.h"

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --------------------------------------------------------------- small helps */

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

char *
gbx_paths_join(const char *first, ...)
{
    va_list parts;
    char *path = strdup(first);
    va_start(parts, first);
    for (const char *part; path != NULL && (part = va_arg(parts, const char *)) != NULL;) {
        char *longer;
        if (asprintf(&longer, "%s/%s", path, part) < 0) {
            longer = NULL;
        }
        free(path);
        path = longer;
    }
    va_end(parts);
    return path;
}

/* The variable's value; NULL where it is not set, or empty. */
static const char *
variable(const char *name)
{
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}

static bool
is_program(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) && access(path, X_OK) == 0;
}

static bool
is_folder(const char *path)
{
    struct stat about;
    return stat(path, &about) == 0 && S_ISDIR(about.st_mode);
}

/* Does FOLDER/NAME exist? */
static bool
has(const char *folder, const char *name)
{
    char *path = gbx_paths_join(folder, name, NULL);
    bool there = path != NULL && access(path, F_OK) == 0;
    free(path);
    return there;
}

/* A copy of `path` that does not depend on the current directory.  Links stay: the link of a virtual
   environment's interpreter says more than its target. */
static char *
absolute(const char *path)
{
    char here[PATH_MAX];
    if (path[0] == '/') {
        return strdup(path);
    }
    while (path[0] == '.' && path[1] == '/') {
        path += 2 + strspn(path + 2, "/");
    }
    return getcwd(here, sizeof(here)) == NULL ? NULL : gbx_paths_join(here, path, NULL);
}

/* `path` without links where it exists; takes it over. */
static char *
real(char *path)
{
    char *resolved = path == NULL ? NULL : realpath(path, NULL);
    if (resolved == NULL) {
        return path;
    }
    free(path);
    return resolved;
}

/* --------------------------------------------------------- programs in PATH */

static char *
search(const char *name)
{
    const char *list = variable("PATH");
    for (const char *at = list == NULL ? "/usr/local/bin:/usr/bin:/bin" : list;; at++) {
        size_t length = strcspn(at, ":");
        char *folder = length == 0 ? strdup(".") : strndup(at, length);
        char *path = folder == NULL ? NULL : gbx_paths_join(folder, name, NULL);
        free(folder);
        if (path != NULL && is_program(path)) {
            char *found = absolute(path);
            free(path);
            return found;
        }
        free(path);
        at += length;
        if (*at == '\0') {
            return NULL;
        }
    }
}

int
gbx_paths_program(const char *name, char **out, gbx_error *error)
{
    bool place = strchr(name, '/') != NULL;
    *out = place ? absolute(name) : search(name);
    if (*out != NULL && is_program(*out)) {
        return 0;
    }
    free(*out);
    *out = NULL;
    return place ? gbx_error_set(error, GBX_ERROR_MISSING, "no program at '%s'", name)
                 : gbx_error_set(error, GBX_ERROR_MISSING, "cannot find '%s' in PATH", name);
}

/* ---------------------------------------------------------- where we stand */

/* The folder of the running program, without a link in it; the caller frees it. */
static char *
own_folder(void)
{
    char *self = realpath("/proc/self/exe", NULL);
    char *slash = self == NULL ? NULL : strrchr(self, '/');
    if (slash != NULL) {
        *(slash == self ? slash + 1 : slash) = '\0';
    }
    return self;
}

/* Cut the last part of `path` off; false where it is "/". */
static bool
ascend(char *path)
{
    char *slash = strrchr(path, '/');
    if (slash == NULL || slash[1] == '\0') {
        return false;
    }
    slash[slash == path] = '\0';
    return true;
}

/* Set root and installed.  The installation is looked for first: it may lie within a checkout. */
static void
find_root(gbx_paths *paths)
{
    char *folder = own_folder();
    char *slash = folder == NULL ? NULL : strrchr(folder, '/');
    if (slash != NULL && strcmp(slash, "/bin") == 0) {
        char *prefix = gbx_paths_join(folder, "..", NULL);
        paths->installed = prefix != NULL && has(prefix, "share/glassbox");
        paths->root = real(prefix);
    }
    if (!paths->installed) {
        free(paths->root);
        paths->root = NULL;
        while (folder != NULL && !has(folder, "cpython/source.lock")) {
            if (!ascend(folder)) {
                free(folder);
                folder = NULL;
            }
        }
        paths->root = folder;
        folder = NULL;
    }
    free(folder);
}

/* ------------------------------------------------------------ what is where */

static int
find_python(gbx_paths *paths, gbx_error *error)
{
    const char *chosen = variable("PYTHON");
    paths->python_chosen = chosen != NULL;
    if (chosen != NULL) {
        gbx_error why = { 0, "" };
        int result = gbx_paths_program(chosen, &paths->python, &why);
        return result == 0 ? 0 : gbx_error_set(error, result, "PYTHON=: %s", why.message);
    }
    if (paths->root == NULL) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "this program is neither in its checkout nor "
                             "installed: name an interpreter with PYTHON=");
    }
    paths->python = real(gbx_paths_join(paths->root, paths->installed
        ? "lib/glassbox/bin/python3" : "cpython/build/gil/python", NULL));
    return paths->python == NULL ? no_memory(error) : 0;
}

/* *out = what the variable names, else ROOT/checkout or ROOT/installed. */
static int
find_part(const gbx_paths *paths, const char *name, const char *checkout, const char *installed,
          char **out, gbx_error *error)
{
    const char *chosen = variable(name);
    if (chosen == NULL && paths->root == NULL) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "this program is neither in its checkout nor "
                             "installed: name a folder with %s=", name);
    }
    *out = chosen != NULL ? absolute(chosen)
        : gbx_paths_join(paths->root, paths->installed ? installed : checkout, NULL);
    return *out == NULL ? no_memory(error) : 0;
}

/* As scripts/ find it. */
static char *
find_cache(void)
{
    const char *chosen = variable("GLASSBOX_CACHE");
    const char *base = variable("XDG_CACHE_HOME");
    const char *home = variable("HOME");
    if (chosen != NULL) {
        return absolute(chosen);
    }
    if (base != NULL) {
        return base[0] == '/' ? gbx_paths_join(base, "glassbox", NULL) : NULL;
    }
    return home == NULL ? NULL : gbx_paths_join(home, ".cache/glassbox", NULL);
}

int
gbx_paths_find(gbx_paths *paths, gbx_error *error)
{
    *paths = (gbx_paths){ .root = NULL };
    find_root(paths);
    paths->cache = find_cache();
    int result = find_python(paths, error);
    if (result == 0) {
        result = find_part(paths, "GLASSBOX_STATIONS", "stations", "share/glassbox/stations",
                           &paths->stations, error);
    }
    if (result == 0) {
        result = find_part(paths, "GLASSBOX_SOURCE", "cpython/src/glassbox", "share/glassbox/cpython",
                           &paths->source, error);
    }
    return result;
}

void
gbx_paths_clear(gbx_paths *paths)
{
    free(paths->root);
    free(paths->python);
    free(paths->stations);
    free(paths->source);
    free(paths->cache);
    *paths = (gbx_paths){ .root = NULL };
}

/* --------------------------------------------------------- what to do about it */

/* What brings back a part that is missing: `said` where the environment named it. */
static const char *
cure(const gbx_paths *paths, bool named, const char *said, const char *target)
{
    return named || paths->root == NULL ? said : paths->installed ? "make install" : target;
}

int
gbx_paths_need(const gbx_paths *paths, unsigned parts, gbx_error *error)
{
    if ((parts & GBX_PATHS_PYTHON) && !is_program(paths->python)) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "no interpreter at '%s': %s", paths->python,
                             cure(paths, paths->python_chosen, "PYTHON= names it", "make gil"));
    }
    if ((parts & GBX_PATHS_STATIONS) && !is_folder(paths->stations)) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "no stations at '%s': %s", paths->stations,
                             cure(paths, variable("GLASSBOX_STATIONS") != NULL,
                                  "GLASSBOX_STATIONS= names it", "git restore stations"));
    }
    if ((parts & GBX_PATHS_SOURCE) && !has(paths->source, "Python/ceval.c")) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "no C sources at '%s': %s", paths->source,
                             cure(paths, variable("GLASSBOX_SOURCE") != NULL,
                                  "GLASSBOX_SOURCE= names it", "make source"));
    }
    return 0;
}

int
gbx_paths_variant(const gbx_paths *paths, const char *variant, char **out, gbx_error *error)
{
    bool plain = strcmp(variant, "gil") == 0;
    *out = NULL;
    if (paths->root == NULL || (paths->installed && !plain)) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "the build '%s' is not installed: it is made in a "
                             "checkout, and named here with PYTHON=", variant);
    }
    char *path = paths->installed ? gbx_paths_join(paths->root, "lib/glassbox/bin/python3", NULL)
        : gbx_paths_join(paths->root, "cpython/build", variant, "python", NULL);
    if (path == NULL) {
        return no_memory(error);
    }
    if (!is_program(path)) {
        gbx_error_set(error, GBX_ERROR_MISSING, "no interpreter at '%s': make %s", path,
                      paths->installed ? "install" : variant);
        free(path);
        return GBX_ERROR_MISSING;
    }
    *out = real(path);
    return 0;
}
