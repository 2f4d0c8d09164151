/* Roster: see roster.h. */

#include "roster.h"

#include "lab_entries.h"
#include "list.h"
#include "paths.h"
#include "slurp.h"
#include "toml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_SECRET = 4096, MOST_ROSTER = 8 << 20 };

static int
no_memory(gbx_error *error)
{
    return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
}

/* -------------------------------------------------------------------- secrets */

/* The bytes of a file, without the line's end that editors leave. */
static int
read_secret(const char *folder, const char *name, char **out, size_t *size, gbx_error *error)
{
    char *path = name[0] == '/' ? strdup(name) : gbx_paths_join(folder, name, NULL);
    int status = path == NULL ? no_memory(error) : gbx_slurp(path, MOST_SECRET, out, size, error);
    while (status == 0 && *size > 0 && ((*out)[*size - 1] == '\n' || (*out)[*size - 1] == '\r')) {
        (*out)[--*size] = '\0';
    }
    if (status == 0 && *size < 16) {
        status = gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is too short for a secret: write 16 bytes or more into it", path);
    }
    free(path);
    return status;
}

/* ----------------------------------------------------------------- roster.csv */

typedef struct {
    char *at;
    bool more;                   /* of the line */
} csv;

/* The next cell, in place: quotes are taken away. */
static char *
next_cell(csv *line)
{
    char *start = line->at, *to = start, *at = start;
    bool quoted = *at == '"';
    at += quoted;
    while (*at != '\0' && (quoted || (*at != ',' && *at != '\n' && *at != '\r'))) {
        if (quoted && *at == '"' && at[1] != '"') {
            quoted = false;
            at++;
            continue;
        }
        at += quoted && *at == '"';
        *to++ = *at++;
    }
    line->more = *at == ',';
    at += *at == ',' ? 1 : strspn(at, "\r\n");
    line->at = at;
    *to = '\0';
    return start;
}

static int
add_student(gbx_roster *roster, const char *id, const char *name, size_t number, gbx_error *error)
{
    if (!gbx_list_student_ok(id)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "the roster's line %zu has no id that will do",
                             number);
    }
    gbx_student *more = realloc(roster->students, (roster->student_count + 1) * sizeof(*more));
    if (more == NULL) {
        return no_memory(error);
    }
    roster->students = more;
    more[roster->student_count] = (gbx_student){ strdup(id), strdup(name) };
    roster->student_count++;
    return more[roster->student_count - 1].id == NULL || more[roster->student_count - 1].name == NULL
        ? no_memory(error) : 0;
}

static int
read_lines(gbx_roster *roster, char *text, gbx_error *error)
{
    csv line = { text, true };
    size_t id_column = SIZE_MAX, name_column = SIZE_MAX, number = 1;
    for (size_t i = 0; line.more; i++) {
        const char *cell = next_cell(&line);
        id_column = strcmp(cell, "id") == 0 ? i : id_column;
        name_column = strcmp(cell, "name") == 0 ? i : name_column;
    }
    if (id_column == SIZE_MAX) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "the roster's first line has to name its columns, 'id' among them");
    }
    while (*line.at != '\0') {
        const char *id = "", *name = "";
        line.more = true;
        for (size_t i = 0; line.more; i++) {
            const char *cell = next_cell(&line);
            id = i == id_column ? cell : id;
            name = i == name_column ? cell : name;
        }
        int status = add_student(roster, id, name, ++number, error);
        if (status != 0) {
            return status;
        }
    }
    return 0;
}

static int
by_id(const void *a, const void *b)
{
    return strcmp(((const gbx_student *)a)->id, ((const gbx_student *)b)->id);
}

static int
read_roster(gbx_roster *roster, const char *name, gbx_error *error)
{
    char *text = NULL;
    size_t size;
    char *path = gbx_paths_join(roster->folder, name, NULL);
    int status = path == NULL ? no_memory(error) : gbx_slurp(path, MOST_ROSTER, &text, &size, error);
    free(path);
    if (status == 0) {
        bool mark = strncmp(text, "\xef\xbb\xbf", 3) == 0;       /* as spreadsheets write it */
        status = read_lines(roster, text + (mark ? 3 : 0), error);
    }
    free(text);
    if (roster->student_count > 0) {
        qsort(roster->students, roster->student_count, sizeof(*roster->students), by_id);
    }
    for (size_t i = 1; i < roster->student_count && status == 0; i++) {
        if (by_id(&roster->students[i - 1], &roster->students[i]) == 0) {
            status = gbx_error_set(error, GBX_ERROR_USAGE, "the roster has '%s' twice", roster->students[i].id);
        }
    }
    return status;
}

/* ---------------------------------------------------------------- course.toml */

static int
read_course(gbx_roster *roster, const json_t *table, gbx_error *error)
{
    gbx_from from = gbx_from_open(table, error, "course.toml");
    roster->name = strdup(gbx_from_text(&from, "name", ""));
    roster->due = strdup(gbx_from_text(&from, "due", ""));
    roster->published = gbx_from_bool(&from, "published", false);
    const char *secret = gbx_from_text(&from, "secret_file", "secret");
    const char *key = gbx_from_text(&from, "key_file", "");
    const char *list = gbx_from_text(&from, "roster", "");
    if (gbx_from_close(&from) != 0) {
        return from.status;
    }
    if (roster->name == NULL || roster->due == NULL) {
        return no_memory(error);
    }
    int status = read_secret(roster->folder, secret, &roster->secret, &roster->secret_size, error);
    if (status == 0 && key[0] != '\0') {
        status = read_secret(roster->folder, key, &roster->key, &roster->key_size, error);
    }
    return status == 0 && list[0] != '\0' ? read_roster(roster, list, error) : status;
}

static int
practice(gbx_roster *roster, gbx_error *error)
{
    roster->secret = strdup("practice");
    roster->name = strdup("");
    roster->due = strdup("");
    roster->secret_size = strlen("practice");
    return roster->secret == NULL || roster->name == NULL || roster->due == NULL ? no_memory(error) : 0;
}

int
gbx_roster_open(gbx_roster *roster, const char *folder, gbx_error *error)
{
    json_t *table = NULL;
    *roster = (gbx_roster){ .folder = NULL };
    if (folder == NULL) {
        return practice(roster, error);
    }
    roster->folder = realpath(folder, NULL);
    if (roster->folder == NULL) {
        return gbx_error_system(error, "find the course", folder);
    }
    char *path = gbx_paths_join(roster->folder, "course.toml", NULL);
    int status = path == NULL ? no_memory(error) : gbx_toml_read(&table, path, error);
    free(path);
    if (status == 0) {
        status = read_course(roster, table, error);
    }
    json_decref(table);
    return status;
}

void
gbx_roster_clear(gbx_roster *roster)
{
    for (size_t i = 0; i < roster->student_count; i++) {
        free(roster->students[i].id);
        free(roster->students[i].name);
    }
    free(roster->students);
    free(roster->folder);
    free(roster->name);
    free(roster->due);
    free(roster->secret);
    free(roster->key);
    *roster = (gbx_roster){ .folder = NULL };
}

const gbx_student *
gbx_roster_find(const gbx_roster *roster, const char *id)
{
    gbx_student key = { .id = (char *)(uintptr_t)id };
    return roster->student_count == 0 ? NULL
        : bsearch(&key, roster->students, roster->student_count, sizeof(key), by_id);
}

int
gbx_roster_seed(const gbx_roster *roster, int lab, const char *student, char seed[GBX_DIGEST_HEX], gbx_error *error)
{
    char text[256];
    unsigned char sum[GBX_DIGEST_BYTES];
    snprintf(text, sizeof(text), "lab %d/%s", lab, student);
    int status = gbx_digest_hmac(sum, roster->secret, roster->secret_size, text, strlen(text), error);
    if (status == 0) {
        gbx_digest_hex(sum, seed);
    }
    return status;
}
