/* What a gradebook asks a course: its name, when work is due, whether it is published, and the key of its seals; see
   gradebook.h.  It must not read the secret that seeds are made of. */

#include "gradebook.h"
#include "toml.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Digits of a fixed number, which must be there: -1 else. */
static int
digits(const char **at, int count)
{
    int value = 0;
    for (int i = 0; i < count; i++, (*at)++) {
        if (**at < '0' || **at > '9') {
            return -1;
        }
        value = value * 10 + (**at - '0');
    }
    return value;
}

static bool
take(const char **at, char which)
{
    bool there = **at == which;
    *at += there;
    return there;
}

/* "Z", "+01:00", or nothing: seconds east of Greenwich. */
static bool
zone(const char **at, int64_t *east)
{
    *east = 0;
    if (take(at, 'Z') || **at == '\0') {
        return **at == '\0';
    }
    int sign = take(at, '-') ? -1 : take(at, '+') ? 1 : 0;
    int hours = sign != 0 ? digits(at, 2) : -1;
    int minutes = hours >= 0 && take(at, ':') ? digits(at, 2) : -1;
    *east = sign * (hours * 3600 + minutes * 60);
    return hours >= 0 && hours < 24 && minutes >= 0 && minutes < 60 && **at == '\0';
}

bool
gbx_gradebook_date(const char *text, bool end_of_day, int64_t *to)
{
    const char *at = text;
    struct tm when = { .tm_isdst = 0 };
    int64_t east = 0;
    int year = digits(&at, 4), month = take(&at, '-') ? digits(&at, 2) : -1, day = take(&at, '-') ? digits(&at, 2) : -1;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31) {
        return false;
    }
    when.tm_year = year - 1900;
    when.tm_mon = month - 1;
    when.tm_mday = day;
    bool timed = take(&at, 'T') || take(&at, ' ');
    if (timed) {
        when.tm_hour = digits(&at, 2);
        when.tm_min = take(&at, ':') ? digits(&at, 2) : -1;
        when.tm_sec = take(&at, ':') ? digits(&at, 2) : 0;
        if (when.tm_hour < 0 || when.tm_hour > 23 || when.tm_min < 0 || when.tm_min > 59 || when.tm_sec < 0
            || when.tm_sec > 60) {
            return false;
        }
        if (take(&at, '.')) {
            at += strspn(at, "0123456789");
        }
        if (!zone(&at, &east)) {
            return false;
        }
    }
    else if (*at != '\0') {
        return false;
    }
    int64_t seconds = timegm(&when);
    if (when.tm_mday != day) {                   /* the 31st of a month of 30 days */
        return false;
    }
    *to = seconds - east + (!timed && end_of_day ? 24 * 3600 - 1 : 0);
    return true;
}

/* The key: all of the file but the line's end. */
static int
read_key(gbx_gradebook_course *course, const char *folder, const char *name, gbx_error *error)
{
    char *path, *text = NULL;
    size_t size = 0;
    if (asprintf(&path, "%s%s%s", name[0] == '/' ? "" : folder, name[0] == '/' ? "" : "/", name) < 0) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int code = gbx_gradebook_slurp(AT_FDCWD, path, sizeof(course->key), &text, &size, error);
    while (code == 0 && size > 0 && (text[size - 1] == '\n' || text[size - 1] == '\r')) {
        size--;
    }
    if (code == 0 && size < 16) {
        code = gbx_error_set(error, GBX_ERROR_USAGE, "the key in '%s' is shorter than 16 bytes", path);
    }
    if (code == 0) {
        memcpy(course->key, text, size);
        course->key_size = size;
        course->has_key = true;
    }
    free(text);
    free(path);
    return code;
}

static int
take_values(gbx_gradebook_course *course, const json_t *whole, const char *folder, const char *path, gbx_error *error)
{
    const json_t *name = json_object_get(whole, "name"), *due = json_object_get(whole, "due");
    const json_t *published = json_object_get(whole, "published"), *key = json_object_get(whole, "key_file");
    if ((name != NULL && !json_is_string(name)) || (key != NULL && !json_is_string(key))) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s': name and key_file are texts", path);
    }
    if (published != NULL && !json_is_boolean(published)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s': published is true or false", path);
    }
    if (due != NULL && (!json_is_string(due) || !gbx_gradebook_date(json_string_value(due), true, &course->due))) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s': due is a date such as 2026-11-21 or 2026-11-21T20:00:00Z", path);
    }
    course->published = json_is_true(published);
    if (name != NULL && (course->name = strdup(json_string_value(name))) == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    return key == NULL ? 0 : read_key(course, folder, json_string_value(key), error);
}

int
gbx_gradebook_course_read(gbx_gradebook_course *course, const char *folder, gbx_error *error)
{
    char *path;
    json_t *whole = NULL;
    *course = (gbx_gradebook_course){ .due = -1 };
    if (folder == NULL) {
        return 0;
    }
    if (asprintf(&path, "%s/course.toml", folder) < 0) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    int code = gbx_toml_read(&whole, path, error);
    if (code == 0) {
        code = take_values(course, whole, folder, path, error);
    }
    json_decref(whole);
    free(path);
    return code;
}

void
gbx_gradebook_course_clear(gbx_gradebook_course *course)
{
    free(course->name);
    explicit_bzero(course->key, sizeof(course->key));
    *course = (gbx_gradebook_course){ .due = -1 };
}
