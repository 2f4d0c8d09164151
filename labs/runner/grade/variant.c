/* The student's parameters, drawn by the seed, and texts that they are put into; see lab_internal.h.

   A parameter is HMAC-SHA256(seed, its name), as a number, modulo how many values there are: every parameter is
   independent of the others, and of the order in which they are declared. */

#include "lab_entries.h"

#include "digest.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A number below `most` (more than 0). */
static int
draw(const char *seed, const char *name, uint64_t most, uint64_t *number)
{
    unsigned char sum[GBX_DIGEST_BYTES];
    uint64_t value = 0;
    if (gbx_digest_hmac(sum, seed, strlen(seed), name, strlen(name), NULL) != 0) {
        return -1;
    }
    for (size_t i = 0; i < sizeof(value); i++) {
        value = value << 8 | sum[i];
    }
    *number = value % most;
    return 0;
}

/* A new reference: one value of a parameter's declaration; NULL: out of memory, or the declaration is none. */
static json_t *
choose(const char *seed, const char *name, const json_t *rule)
{
    uint64_t number;
    const json_t *choices = json_object_get(rule, "choose");
    if (json_array_size(choices) > 0) {
        return draw(seed, name, json_array_size(choices), &number) != 0 ? NULL
            : json_deep_copy(json_array_get(choices, (size_t)number));
    }
    json_int_t from = json_integer_value(json_object_get(rule, "from"));
    json_int_t to = json_integer_value(json_object_get(rule, "to"));
    json_int_t step = json_integer_value(json_object_get(rule, "step"));
    step = step < 1 ? 1 : step;
    if (to < from || to - from > (json_int_t)1 << 40) {
        return NULL;
    }
    return draw(seed, name, (uint64_t)((to - from) / step) + 1, &number) != 0 ? NULL
        : json_integer(from + (json_int_t)number * step);
}

json_t *
gbx_lab_variant(const gbx_lab *lab, const char *seed, const gbx_lab_run *run)
{
    const char *name;
    json_t *rule, *all = json_object();
    json_object_foreach(json_object_get(lab->data, "variant"), name, rule) {
        if (all != NULL && json_object_set_new(all, name, choose(seed, name, rule)) != 0) {
            json_decref(all);
            return NULL;
        }
    }
    if (all != NULL && run != NULL && run->variant != NULL
        && json_object_update(all, (json_t *)(uintptr_t)run->variant) != 0) {
        json_decref(all);
        return NULL;
    }
    return all;
}

int
gbx_lab_check_variant(const gbx_lab *lab, gbx_error *error)
{
    const char *name;
    json_t *rule;
    json_object_foreach(json_object_get(lab->data, "variant"), name, rule) {
        const json_t *from = json_object_get(rule, "from"), *to = json_object_get(rule, "to");
        bool list = json_array_size(json_object_get(rule, "choose")) > 0 && from == NULL && to == NULL;
        bool range = json_is_integer(from) && json_is_integer(to) && json_object_get(rule, "choose") == NULL
            && json_integer_value(from) <= json_integer_value(to)
            && json_integer_value(to) - json_integer_value(from) <= (json_int_t)1 << 40;
        if (!list && !range) {
            return gbx_error_set(error, GBX_ERROR_USAGE, "lab.toml: [variant.%.48s] needs choose=[...], or whole numbers "
                                 "from= and to=", name);
        }
    }
    return 0;
}

/* -------------------------------------------------------------------- texts */

/* The text of a parameter; the caller frees it.  NULL: out of memory. */
static char *
in_words(const json_t *value)
{
    char *text;
    if (json_is_string(value)) {
        return strdup(json_string_value(value));
    }
    text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(15));
    return text;
}

/* What stands between the braces, of `length` bytes; a new reference, or NULL. */
static json_t *
look_up(const char *name, size_t length, const json_t *variant, const char *student)
{
    char key[64];
    while (length > 0 && *name == ' ') {
        name++;
        length--;
    }
    while (length > 0 && name[length - 1] == ' ') {
        length--;
    }
    if (length >= sizeof(key)) {
        return NULL;
    }
    snprintf(key, sizeof(key), "%.*s", (int)length, name);
    return strcmp(key, "student") == 0 ? json_string(student) : json_incref(json_object_get(variant, key));
}

int
gbx_lab_fill(const char *text, const json_t *variant, const char *student, char **out, gbx_error *error)
{
    size_t size;
    *out = NULL;
    FILE *to = open_memstream(out, &size);
    int status = to == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    while (status == 0 && *text != '\0') {
        const char *open = strstr(text, "{{");
        const char *close = open == NULL ? NULL : strstr(open, "}}");
        if (close == NULL) {
            fputs(text, to);
            break;
        }
        fwrite(text, 1, (size_t)(open - text), to);
        json_t *value = look_up(open + 2, (size_t)(close - open) - 2, variant, student);
        char *words = value == NULL ? NULL : in_words(value);
        if (words == NULL) {
            status = gbx_error_set(error, GBX_ERROR_USAGE, "a text of the lab has '%.*s', and there is no such parameter",
                                   (int)(close - open > 60 ? 60 : close - open + 2), open);
        }
        else {
            fputs(words, to);
        }
        free(words);
        json_decref(value);
        text = close + 2;
    }
    bool failed = to != NULL && ferror(to) != 0;
    failed = (to != NULL && fclose(to) != 0) || failed;
    if (failed && status == 0) {
        status = gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (status != 0) {
        free(*out);
        *out = NULL;
    }
    return status;
}
