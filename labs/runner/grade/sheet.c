/* The table of a batch; see sheet.h. */

#include "sheet.h"

#include "paths.h"                // gbx_paths_join

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

typedef struct {
    char *student;
    char *verdict;
    char *line;                      /* as it is written, with its end */
} row;

struct gbx_sheet {
    row *rows;
    size_t count, room;
};

int
gbx_sheet_new(gbx_sheet **out, gbx_error *error)
{
    *out = calloc(1, sizeof(**out));
    return *out == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
}

void
gbx_sheet_free(gbx_sheet *table)
{
    for (size_t i = 0; table != NULL && i < table->count; i++) {
        free(table->rows[i].student);
        free(table->rows[i].verdict);
        free(table->rows[i].line);
    }
    if (table != NULL) {
        free(table->rows);
    }
    free(table);
}

/* --------------------------------------------------------------------- a line */

/* A cell, quoted where it has to be.  A result is text from elsewhere: what a spreadsheet would take for a formula
   gets an apostrophe. */
static void
put_cell(FILE *to, const char *text, const char *after)
{
    const char *formula = text[0] != '\0' && strchr("=+-@\t\r", text[0]) != NULL ? "'" : "";
    if (strpbrk(text, ",\"\r\n") == NULL) {
        fprintf(to, "%s%s", formula, text);
    }
    else {
        fprintf(to, "\"%s", formula);
        for (; *text != '\0'; text++) {
            fputs(*text == '"' ? "\"\"" : (char[]){ *text, '\0' }, to);
        }
        fputc('"', to);
    }
    fputs(after, to);
}

static void
put_number(FILE *to, double value, const char *after)
{
    char text[64];
    snprintf(text, sizeof(text), "%.6f", value);
    size_t size = strlen(text);
    while (size > 0 && text[size - 1] == '0') {
        text[--size] = '\0';
    }
    if (size > 0 && text[size - 1] == '.') {
        text[--size] = '\0';
    }
    fprintf(to, "%s%s", text, after);
}

static char *
make_line(const char *student, const gbx_outcome *outcome, const char *instead)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL) {
        return NULL;
    }
    put_cell(to, student, ",");
    if (outcome == NULL) {
        fprintf(to, ",%s,,,,\n", instead);
    }
    else {
        put_cell(to, outcome->lab, ",");
        put_cell(to, outcome->verdict, ",");
        put_number(to, outcome->score, ",");
        put_number(to, outcome->points, ",");
        put_cell(to, outcome->submission, ",");
        put_cell(to, outcome->rubric, "\n");
    }
    int failed = ferror(to);
    if (fclose(to) != 0 || failed != 0) {
        free(text);
        return NULL;
    }
    return text;
}

int
gbx_sheet_add(gbx_sheet *table, const char *student, const gbx_outcome *outcome, const char *instead, gbx_error *error)
{
    if (table->count == table->room) {
        size_t room = table->room == 0 ? 256 : table->room * 2;
        row *more = realloc(table->rows, room * sizeof(*more));
        if (more == NULL) {
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
        table->rows = more;
        table->room = room;
    }
    row *new = &table->rows[table->count++];
    *new = (row){ strdup(student), strdup(outcome == NULL ? instead : outcome->verdict),
                  make_line(student, outcome, instead) };
    return new->student == NULL || new->verdict == NULL || new->line == NULL
        ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
}

size_t
gbx_sheet_count(const gbx_sheet *table, const char *verdict)
{
    size_t count = 0;
    for (size_t i = 0; i < table->count; i++) {
        count += verdict == NULL || strcmp(table->rows[i].verdict, verdict) == 0;
    }
    return count;
}

/* ------------------------------------------------------------------- the file */

static int
write_all(int fd, const char *path, const char *bytes, size_t size, gbx_error *error)
{
    while (size > 0) {
        ssize_t wrote = write(fd, bytes, size);
        if (wrote < 0 && errno != EINTR) {
            return gbx_error_system(error, "write", path);
        }
        bytes += wrote > 0 ? wrote : 0;
        size -= wrote > 0 ? (size_t)wrote : 0;
    }
    return fsync(fd) != 0 && errno != EINVAL ? gbx_error_system(error, "write", path) : 0;
}

int
gbx_sheet_put(const char *folder, const char *name, const char *bytes, size_t size, gbx_error *error)
{
    char *path = gbx_paths_join(folder, name, NULL), *half = NULL;
    if (path == NULL || asprintf(&half, "%s.new", path) < 0) {
        free(path);
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    unlink(half);                                    /* a left-over, or a link that somebody put there */
    int fd = open(half, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0666);
    int status = fd < 0 ? gbx_error_system(error, "write", path) : write_all(fd, path, bytes, size, error);
    if (fd >= 0 && close(fd) != 0 && status == 0) {
        status = gbx_error_system(error, "write", path);
    }
    if (status == 0 && rename(half, path) != 0) {
        status = gbx_error_system(error, "write", path);
    }
    if (status != 0 && fd >= 0) {
        unlink(half);
    }
    free(half);
    free(path);
    return status;
}

static int
by_student(const void *a, const void *b)
{
    return strcmp(((const row *)a)->student, ((const row *)b)->student);
}

int
gbx_sheet_write(gbx_sheet *table, const char *folder, gbx_error *error)
{
    char *text = NULL;
    size_t size;
    FILE *to = open_memstream(&text, &size);
    if (to == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (table->count > 0) {
        qsort(table->rows, table->count, sizeof(*table->rows), by_student);
    }
    fputs("student,lab,verdict,score,points,submission,rubric\n", to);
    for (size_t i = 0; i < table->count; i++) {
        fputs(table->rows[i].line, to);
    }
    int failed = ferror(to), status;
    status = fclose(to) != 0 || failed != 0 ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory")
        : gbx_sheet_put(folder, GBX_SHEET_NAME, text, size, error);
    free(text);
    return status;
}
