/* Values out of a table of a lab's files, checked; see lab_entries.h. */

#include "lab_entries.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

gbx_from
gbx_from_open(const json_t *table, gbx_error *error, const char *format, ...)
{
    gbx_from from = { .table = table, .error = error };
    va_list args;
    va_start(args, format);
    vsnprintf(from.name, sizeof(from.name), format, args);
    va_end(args);
    return from;
}

void
gbx_from_wrong(gbx_from *from, const char *format, ...)
{
    char what[320];
    va_list args;
    if (from->status != 0) {
        return;
    }
    va_start(args, format);
    vsnprintf(what, sizeof(what), format, args);
    va_end(args);
    from->status = gbx_error_set(from->error, GBX_ERROR_USAGE, "%s: %s", from->name, what);
}

int
gbx_from_close(gbx_from *from)
{
    const char *key;
    json_t *value;
    json_object_foreach((json_t *)(uintptr_t)from->table, key, value) {
        bool known = false;
        for (size_t i = 0; i < from->asked_count && !known; i++) {
            known = strcmp(from->asked[i], key) == 0;
        }
        if (!known) {
            gbx_from_wrong(from, "there is no key '%.60s' here", key);
        }
    }
    return from->status;
}

static const json_t *
ask(gbx_from *from, const char *key)
{
    if (from->asked_count < GBX_COUNT(from->asked)) {
        from->asked[from->asked_count++] = key;
    }
    return json_object_get(from->table, key);
}

const char *
gbx_from_text(gbx_from *from, const char *key, const char *missing)
{
    const json_t *value = ask(from, key);
    if (value == NULL) {
        if (missing == NULL) {
            gbx_from_wrong(from, "it needs '%s', a text", key);
        }
        return missing == NULL ? "" : missing;
    }
    if (!json_is_string(value) || strlen(json_string_value(value)) != json_string_length(value)) {
        gbx_from_wrong(from, "'%s' has to be a text", key);
        return "";
    }
    return json_string_value(value);
}

const char *
gbx_from_id(gbx_from *from, const char *key)
{
    const char *id = gbx_from_text(from, key, NULL);
    size_t length = strlen(id);
    if (length == 0 || length > 48
        || strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") != length) {
        gbx_from_wrong(from, "'%s' has to be 1 to 48 letters, digits, dots and dashes", key);
    }
    return id;
}

double
gbx_from_number(gbx_from *from, const char *key, double least, double most, double missing)
{
    const json_t *value = ask(from, key);
    if (value == NULL) {
        if (isnan(missing)) {
            gbx_from_wrong(from, "it needs '%s', a number", key);
        }
        return isnan(missing) ? least : missing;
    }
    double number = json_is_number(value) ? json_number_value(value) : NAN;
    if (!(number >= least && number <= most)) {
        gbx_from_wrong(from, "'%s' has to be a number from %g to %g", key, least, most);
        return least;
    }
    return number;
}

bool
gbx_from_bool(gbx_from *from, const char *key, bool missing)
{
    const json_t *value = ask(from, key);
    if (value != NULL && !json_is_boolean(value)) {
        gbx_from_wrong(from, "'%s' has to be true or false", key);
    }
    return value == NULL ? missing : json_is_true(value);
}

const json_t *
gbx_from_texts(gbx_from *from, const char *key)
{
    size_t i;
    json_t *one;
    const json_t *value = ask(from, key);
    if (value == NULL) {
        return NULL;
    }
    if (!json_is_array(value)) {
        gbx_from_wrong(from, "'%s' has to be a list of texts", key);
        return NULL;
    }
    json_array_foreach(value, i, one) {
        if (!json_is_string(one)) {
            gbx_from_wrong(from, "'%s' has to be a list of texts", key);
            return NULL;
        }
    }
    return value;
}

const json_t *
gbx_from_table(gbx_from *from, const char *key)
{
    const json_t *value = ask(from, key);
    if (value != NULL && !json_is_object(value)) {
        gbx_from_wrong(from, "'%s' has to be a table", key);
        return NULL;
    }
    return value;
}

const json_t *
gbx_from_tables(gbx_from *from, const char *key)
{
    size_t i;
    json_t *one;
    const json_t *value = ask(from, key);
    if (value == NULL) {
        return NULL;
    }
    if (!json_is_array(value)) {
        gbx_from_wrong(from, "'%s' has to be a list of tables", key);
        return NULL;
    }
    json_array_foreach(value, i, one) {
        if (!json_is_object(one)) {
            gbx_from_wrong(from, "'%s' has to be a list of tables", key);
            return NULL;
        }
    }
    return value;
}

uint64_t
gbx_from_bytes(gbx_from *from, const char *key, uint64_t missing)
{
    const json_t *value = ask(from, key);
    if (value == NULL) {
        return missing;
    }
    if (json_is_integer(value) && json_integer_value(value) > 0) {
        return (uint64_t)json_integer_value(value);
    }
    const char *text = json_is_string(value) ? json_string_value(value) : "";
    char *end;
    unsigned long long size = strtoull(text, &end, 10);
    unsigned shift = *end == 'K' ? 10 : *end == 'M' ? 20 : *end == 'G' ? 30 : 0;
    if (text[0] < '1' || text[0] > '9' || end[shift != 0] != '\0' || size > UINT64_MAX >> 34) {
        gbx_from_wrong(from, "'%s' has to be a size, such as \"512M\"", key);
        return missing;
    }
    return (uint64_t)size << shift;
}
