/* The table of formats, and what they share; see format.h. */

#include "format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const gbx_format *const all[] = {
    &gbx_format_gradescope, &gbx_format_exercism_2, &gbx_format_exercism_3, &gbx_format_classroom50, &gbx_format_junit,
    &gbx_format_tap, &gbx_format_prairielearn, &gbx_format_autolab,
};

const gbx_format *
gbx_format_at(size_t i)
{
    return i < sizeof(all) / sizeof(all[0]) ? all[i] : NULL;
}

const gbx_format *
gbx_format_find(const char *name)
{
    const gbx_format *format;
    for (size_t i = 0; (format = gbx_format_at(i)) != NULL; i++) {
        if (strcmp(format->name, name) == 0) {
            return format;
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------------ texts */

/* The next character of valid UTF-8, as which jansson gives all texts. */
static uint32_t
next(const char **at)
{
    const unsigned char *from = (const unsigned char *)*at;
    unsigned more = from[0] >= 0xf0 ? 3 : from[0] >= 0xe0 ? 2 : from[0] >= 0xc0 ? 1 : 0;
    uint32_t value = more == 0 ? from[0] : from[0] & (0x3fu >> more);
    for (unsigned i = 1; i <= more && (from[i] & 0xc0) == 0x80; i++) {
        value = value << 6 | (from[i] & 0x3f);
    }
    *at += 1;
    while (more-- > 0 && (**(const unsigned char *const *)at & 0xc0) == 0x80) {
        *at += 1;
    }
    return value;
}

/* May it stand in a file as it is?  Not what steers terminals or turns text round, nor what XML 1.0 has no way to say. */
static bool
is_harmless(uint32_t c)
{
    return c == '\n' || c == '\t' || (c >= ' ' && c < 0x7f)
        || (c >= 0xa0 && c != 0xad && !(c >= 0x200b && c <= 0x200f) && !(c >= 0x2028 && c <= 0x202e)
            && !(c >= 0x2060 && c <= 0x206f) && c != 0xfeff && !(c >= 0xfff9 && c <= 0xfffb)
            && !(c >= 0xfdd0 && c <= 0xfdef) && (c & 0xfffe) != 0xfffe && !(c >= 0xe0000 && c <= 0xe0fff));
}

char *
gbx_format_clean(const char *text, size_t most)
{
    char *clean = NULL;
    size_t size = 0, shown = 0, left = 0;
    FILE *to = open_memstream(&clean, &size);
    for (const char *at = text; to != NULL && *at != '\0';) {
        const char *from = at;
        uint32_t c = next(&at);
        if (c == '\r' && *at == '\n') {
            continue;
        }
        if (shown == most) {
            left++;
        }
        else if (is_harmless(c)) {
            fwrite(from, 1, (size_t)(at - from), to);
            shown++;
        }
        else {
            fprintf(to, c < 0x100 ? "\\x%02x" : c < 0x10000 ? "\\u%04x" : "\\U%08x", (unsigned)c);
            shown++;
        }
    }
    if (to != NULL && left > 0) {
        fprintf(to, "... (%zu more characters)", left);
    }
    if (to == NULL || fclose(to) != 0) {
        free(clean);
        return NULL;
    }
    return clean;
}

const char *
gbx_format_number(double value, char text[32])
{
    double rounded = round(value * 100) / 100;
    snprintf(text, 32, "%.2f", rounded == 0 ? 0.0 : rounded);
    size_t end = strlen(text);
    while (text[end - 1] == '0') {
        text[--end] = '\0';
    }
    if (text[end - 1] == '.') {
        text[--end] = '\0';
    }
    return text;
}

/* ------------------------------------------------------------------------- JSON */

json_t *
gbx_format_json_number(double value)
{
    double rounded = round(value * 100) / 100;
    return rounded == floor(rounded) ? json_integer((json_int_t)rounded) : json_real(rounded);
}

/* A real with 15 digits is the number that it was rounded to: 4.35, not 4.3499999999999996. */
int
gbx_format_json(FILE *to, json_t *whole, size_t flags, gbx_error *error)
{
    int code = whole == NULL ? gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory") : 0;
    if (code == 0 && (json_dumpf(whole, to, flags | JSON_REAL_PRECISION(15)) != 0 || fputc('\n', to) == EOF)) {
        code = gbx_error_system(error, "write", "the file");
    }
    json_decref(whole);
    return code;
}

bool
gbx_format_passed(const gbx_view_item *item)
{
    return item->verdict == GBX_MARK_PASS || item->verdict == GBX_MARK_FLAKY;
}
