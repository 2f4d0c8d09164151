/* What a gradebook asks a course, and dates; see gradebook.h.  The course itself is read by roster.c. */

#include "gradebook.h"

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

static bool
clock_time(const char **at, struct tm *when)
{
    when->tm_hour = digits(at, 2);
    when->tm_min = when->tm_hour >= 0 && take(at, ':') ? digits(at, 2) : -1;
    when->tm_sec = when->tm_min >= 0 && take(at, ':') ? digits(at, 2) : 0;
    if (take(at, '.')) {
        *at += strspn(*at, "0123456789");
    }
    return when->tm_hour >= 0 && when->tm_hour < 24 && when->tm_min >= 0 && when->tm_min < 60 && when->tm_sec >= 0
        && when->tm_sec <= 60;
}

bool
gbx_gradebook_date(const char *text, bool end_of_day, int64_t *to)
{
    const char *at = text;
    struct tm when = { .tm_isdst = 0 };
    int64_t east = 0;
    int year = digits(&at, 4), month = year >= 0 && take(&at, '-') ? digits(&at, 2) : -1;
    int day = month >= 0 && take(&at, '-') ? digits(&at, 2) : -1;
    if (year < 1970 || month < 1 || month > 12 || day < 1 || day > 31) {
        return false;
    }
    when.tm_year = year - 1900;
    when.tm_mon = month - 1;
    when.tm_mday = day;
    bool timed = take(&at, 'T') || take(&at, ' ');
    if (timed ? !clock_time(&at, &when) || !zone(&at, &east) : *at != '\0') {
        return false;
    }
    int64_t seconds = timegm(&when);
    if (when.tm_mday != day) {                   /* the 31st of a month of 30 days */
        return false;
    }
    *to = seconds - east + (!timed && end_of_day ? 24 * 3600 - 1 : 0);
    return true;
}

int
gbx_gradebook_course_open(gbx_gradebook_course *course, const char *folder, gbx_error *error)
{
    *course = (gbx_gradebook_course){ .due = -1 };
    int code = gbx_roster_open(&course->roster, folder, error);
    const char *due = course->roster.due;
    if (code == 0 && due != NULL && due[0] != '\0' && !gbx_gradebook_date(due, true, &course->due)) {
        code = gbx_error_set(error, GBX_ERROR_USAGE, "'%s/course.toml': due is a date such as 2026-11-21 or "
                             "2026-11-21T20:00:00Z, not '%.60s'", folder, due);
    }
    return code;
}

void
gbx_gradebook_course_clear(gbx_gradebook_course *course)
{
    gbx_roster_clear(&course->roster);
    course->due = -1;
}

const char *
gbx_gradebook_name(const gbx_gradebook_course *course, const char *student)
{
    const gbx_student *found = course == NULL || student == NULL ? NULL : gbx_roster_find(&course->roster, student);
    return found == NULL ? "" : found->name;
}
