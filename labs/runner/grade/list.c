/* The list of what is to be graded; see list.h. */

#include "list.h"

#include "slurp.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char ending[] = ".glassbox.tar.gz";

/* ---------------------------------------------------------------------- names */

bool
gbx_list_student_ok(const char *name)
{
    size_t size = strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789@._+-");
    return size > 0 && size <= GBX_LIST_STUDENT_MOST && name[size] == '\0' && strchr("@._+-", name[0]) == NULL;
}

/* --------------------------------------------------------------------- a line */

static int
line_error(const char *path, size_t line, const char *what, gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' line %zu: %s", path, line, what);
}

/* "inbox/bob.glassbox.tar.gz" -> "bob"; the caller frees it. */
static char *
student_of(const char *bundle)
{
    const char *slash = strrchr(bundle, '/');
    const char *name = slash == NULL ? bundle : slash + 1;
    size_t size = strlen(name), end = sizeof(ending) - 1;
    return strndup(name, size > end && strcmp(name + size - end, ending) == 0 ? size - end : size);
}

static bool
has_control(const char *text)
{
    for (const unsigned char *at = (const unsigned char *)text; *at != '\0'; at++) {
        if (*at < 0x20 || *at == 0x7f) {
            return true;
        }
    }
    return false;
}

/* `text` is the line without its end, and may be written to. */
static int
read_line(gbx_list_entry *entry, char *text, const char *path, gbx_error *error)
{
    char *tab = strchr(text, '\t');
    const char *bundle = tab == NULL ? text : tab + 1;
    if (tab != NULL) {
        *tab = '\0';
    }
    if (has_control(bundle) || bundle[0] == '\0') {
        return line_error(path, entry->line, bundle[0] == '\0' ? "there is no bundle after the student's name"
                          : "a bundle's name has control characters in it", error);
    }
    entry->named = tab != NULL;
    entry->bundle = strdup(bundle);
    entry->student = tab != NULL ? strdup(text) : student_of(bundle);
    if (entry->bundle == NULL || entry->student == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (!gbx_list_student_ok(entry->student)) {
        return line_error(path, entry->line, tab != NULL
                          ? "a student's name has letters, digits and @ . _ + -, begins with a letter or a digit, and is at most 64 long"
                          : "no student can have the name of this file: write the student and a tab before it", error);
    }
    return 0;
}

/* ------------------------------------------------------------------- all lines */

static int
by_student(const void *a, const void *b)
{
    const gbx_list_entry *const *x = a, *const *y = b;
    int order = strcmp((*x)->student, (*y)->student);
    return order != 0 ? order : (*x)->line < (*y)->line ? -1 : 1;
}

/* Each has a folder of its own name: no two may have one. */
static int
check_twice(const gbx_list *list, const char *path, gbx_error *error)
{
    const gbx_list_entry **sorted = calloc(list->count + 1, sizeof(*sorted));
    int status = sorted == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    for (size_t i = 0; status == 0 && i < list->count; i++) {
        sorted[i] = &list->entries[i];
    }
    if (status == 0) {
        qsort(sorted, list->count, sizeof(*sorted), by_student);
    }
    for (size_t i = 1; status == 0 && i < list->count; i++) {
        if (strcmp(sorted[i - 1]->student, sorted[i]->student) == 0) {
            status = gbx_error_set(error, GBX_ERROR_USAGE, "'%s' line %zu: '%s' is on line %zu already: one bundle a student",
                                   path, sorted[i]->line, sorted[i]->student, sorted[i - 1]->line);
        }
    }
    free(sorted);
    return status;
}

static int
add_line(gbx_list *list, size_t *room, char *text, size_t line, const char *path, gbx_error *error)
{
    if (list->count == *room) {
        *room = *room == 0 ? 256 : *room * 2;
        gbx_list_entry *more = *room > GBX_LIST_MOST ? NULL : realloc(list->entries, *room * sizeof(*more));
        if (more == NULL) {
            return gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' has too many lines", path);
        }
        list->entries = more;
    }
    gbx_list_entry *entry = &list->entries[list->count++];
    *entry = (gbx_list_entry){ .line = line };
    return read_line(entry, text, path, error);
}

static int
read_lines(gbx_list *list, char *text, size_t size, const char *path, gbx_error *error)
{
    size_t room = 0, line = 0;
    int status = 0;
    if (memchr(text, '\0', size) != NULL) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is no text: it has zero bytes in it", path);
    }
    while (status == 0 && *text != '\0') {
        char *end = text + strcspn(text, "\n"), *next = *end == '\0' ? end : end + 1;
        *end = '\0';
        if (end > text && end[-1] == '\r') {         /* from a machine that ends lines with two */
            end[-1] = '\0';
        }
        line++;
        if (*text != '\0' && *text != '#') {
            status = add_line(list, &room, text, line, path, error);
        }
        text = next;
    }
    if (status == 0 && list->count == 0) {
        status = gbx_error_set(error, GBX_ERROR_USAGE, "'%s' names no bundle", path);
    }
    return status == 0 ? check_twice(list, path, error) : status;
}

int
gbx_list_read(gbx_list *list, const char *path, gbx_error *error)
{
    char *text = NULL;
    size_t size = 0;
    *list = (gbx_list){ NULL, 0 };
    int status = gbx_slurp(path, GBX_LIST_BYTES_MOST, &text, &size, error);
    if (status == 0) {
        status = read_lines(list, text, size, path, error);
    }
    free(text);
    if (status != 0) {
        gbx_list_clear(list);
    }
    return status;
}

void
gbx_list_clear(gbx_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->entries[i].student);
        free(list->entries[i].bundle);
    }
    free(list->entries);
    *list = (gbx_list){ NULL, 0 };
}

/* What keeps this file from being graded; NULL: nothing. */
static const char *
unreadable(const char *bundle)
{
    struct stat about;
    if (stat(bundle, &about) != 0) {
        return strerror(errno);
    }
    return !S_ISREG(about.st_mode) ? "not an ordinary file" : access(bundle, R_OK) != 0 ? strerror(errno) : NULL;
}

int
gbx_list_check(const gbx_list *list, const char *path, gbx_error *error)
{
    const gbx_list_entry *first = NULL;
    size_t bad = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (unreadable(list->entries[i].bundle) != NULL) {
            first = first == NULL ? &list->entries[i] : first;
            bad++;
        }
    }
    if (first == NULL) {
        return 0;
    }
    char more[64] = "";
    if (bad > 1) {
        snprintf(more, sizeof(more), " (and %zu more such lines)", bad - 1);
    }
    return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' line %zu: cannot read '%.300s': %s%s", path, first->line,
                         first->bundle, unreadable(first->bundle), more);
}
