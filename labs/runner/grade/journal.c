/* The journal of a batch; see journal.h. */

#include "journal.h"

#include "paths.h"                // gbx_paths_join

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const char format[] = "glassbox-journal 1";

struct gbx_journal {
    char *path;
    int fd;
    bool unsynced;
    json_t *last;                    /* student -> the line that was written last of them */
};

const char *
gbx_journal_word(const json_t *line, const char *key)
{
    const char *value = json_string_value(json_object_get(line, key));
    return value == NULL ? "" : value;
}

const json_t *
gbx_journal_last(const gbx_journal *journal, const char *student)
{
    return json_object_get(journal->last, student);
}

static int
remember(gbx_journal *journal, json_t *line, gbx_error *error)
{
    const char *student = gbx_journal_word(line, "student");
    if (student[0] != '\0' && json_object_set(journal->last, student, line) != 0) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    return 0;
}

/* -------------------------------------------------------------------- reading */

/* A line that is not whole JSON is passed over: whoever it spoke of is graded again. */
static int
take_line(gbx_journal *journal, const char *text, size_t size, gbx_error *error)
{
    json_error_t where;
    json_t *line = json_loadb(text, size, JSON_REJECT_DUPLICATES, &where);
    int status = 0;
    if (json_is_object(line) && strcmp(gbx_journal_word(line, "event"), "begin") == 0 &&
        strcmp(gbx_journal_word(line, "format"), format) != 0) {
        status = gbx_error_set(error, GBX_ERROR_FORMAT, "'%s' is a journal of another version: choose another folder",
                               journal->path);
    }
    else if (json_is_object(line)) {
        status = remember(journal, line, error);
    }
    json_decref(line);
    return status;
}

/* Read all whole lines; *end is where the last of them ends. */
static int
take_lines(gbx_journal *journal, off_t *end, gbx_error *error)
{
    int again = dup(journal->fd), status = 0;
    FILE *file = again < 0 ? NULL : fdopen(again, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t got;
    *end = 0;
    if (file == NULL) {
        status = gbx_error_system(error, "read", journal->path);
        if (again >= 0) {
            close(again);
        }
        return status;
    }
    while (status == 0 && (got = getline(&text, &room, file)) > 0 && text[got - 1] == '\n') {
        *end += got;
        status = take_line(journal, text, (size_t)got, error);
    }
    if (status == 0 && ferror(file) != 0) {
        status = gbx_error_system(error, "read", journal->path);
    }
    free(text);
    fclose(file);
    return status;
}

/* `flags` of open(): to look at it, or to add to it. */
static int
open_at(gbx_journal *journal, const char *folder, int flags, gbx_error *error)
{
    struct stat about;
    journal->fd = -1;
    journal->path = gbx_paths_join(folder, GBX_JOURNAL_NAME, NULL);
    journal->last = json_object();
    if (journal->path == NULL || journal->last == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    journal->fd = open(journal->path, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0666);
    if (journal->fd < 0 || fstat(journal->fd, &about) != 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        gbx_error_system(error, "open", journal->path);
        return missing ? GBX_ERROR_MISSING : GBX_ERROR_SYSTEM;
    }
    return S_ISREG(about.st_mode) ? 0
        : gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is not an ordinary file", journal->path);
}

static int
open_journal(gbx_journal **out, const char *folder, int flags, bool to_add, gbx_error *error)
{
    off_t end = 0;
    gbx_journal *journal = calloc(1, sizeof(*journal));
    *out = NULL;
    if (journal == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int status = open_at(journal, folder, flags, error);
    if (status == 0) {
        status = take_lines(journal, &end, error);
    }
    if (status == 0 && to_add && ftruncate(journal->fd, end) != 0) {
        status = gbx_error_system(error, "mend", journal->path);
    }
    if (status != 0) {
        gbx_journal_close(journal);
        return status;
    }
    *out = journal;
    return 0;
}

int
gbx_journal_open(gbx_journal **out, const char *folder, gbx_error *error)
{
    return open_journal(out, folder, O_RDWR | O_APPEND | O_CREAT, true, error);
}

int
gbx_journal_read(gbx_journal **out, const char *folder, gbx_error *error)
{
    return open_journal(out, folder, O_RDONLY, false, error);
}

void
gbx_journal_close(gbx_journal *journal)
{
    if (journal != NULL) {
        if (journal->fd >= 0) {
            close(journal->fd);
        }
        json_decref(journal->last);
        free(journal->path);
        free(journal);
    }
}

/* -------------------------------------------------------------------- writing */

/* One write(): what is torn by a full disk is the end of the file, and nothing is written after it. */
static int
append(gbx_journal *journal, const char *text, size_t size, gbx_error *error)
{
    ssize_t wrote = write(journal->fd, text, size);
    if (wrote == (ssize_t)size) {
        journal->unsynced = true;
        return 0;
    }
    if (wrote >= 0) {
        errno = ENOSPC;
    }
    return gbx_error_system(error, "write", journal->path);
}

int
gbx_journal_add(gbx_journal *journal, json_t *line, gbx_error *error)
{
    int status = 0;
    if (line != NULL && strcmp(gbx_journal_word(line, "event"), "begin") == 0) {
        json_object_set_new(line, "format", json_string(format));
    }
    char *text = line == NULL ? NULL : json_dumps(line, JSON_COMPACT);
    size_t size = text == NULL ? 0 : strlen(text);
    if (text == NULL) {
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    else {
        text[size] = '\n';                           /* in place of its end: the size is kept */
        status = append(journal, text, size + 1, error);
    }
    if (status == 0) {
        status = remember(journal, line, error);
    }
    free(text);
    json_decref(line);
    return status;
}

int
gbx_journal_sync(gbx_journal *journal, gbx_error *error)
{
    if (journal->unsynced && fdatasync(journal->fd) != 0 && errno != EINVAL) {
        return gbx_error_system(error, "write", journal->path);
    }
    journal->unsynced = false;
    return 0;
}
