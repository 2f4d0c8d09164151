/* Text for a terminal; see text.h. */

#include "text.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

static size_t
width_of(const char *text, size_t bytes)
{
    size_t width = 0;
    for (size_t i = 0; i < bytes; i++) {
        width += ((unsigned char)text[i] & 0xc0) != 0x80;        // not in the middle of a character
    }
    return width;
}

void
gbx_text_mend(char *text)
{
    char *to = text;
    for (const char *at = text; *at != '\0';) {
        unsigned char first = (unsigned char)*at;
        size_t need = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : first >= 0xc0 ? 2 : 1, have = 1;
        while (have < need && ((unsigned char)at[have] & 0xc0) == 0x80) {
            have++;
        }
        if (have == need) {
            memmove(to, at, need);
            to += need;
        }
        at += have;
    }
    *to = '\0';
}

size_t
gbx_text_width(const char *text)
{
    return width_of(text, strlen(text));
}

void
gbx_text_wrap(FILE *to, unsigned column, unsigned indent, unsigned width, const char *text)
{
    size_t at = column;
    bool first = true;
    text += strspn(text, " \n");
    while (*text != '\0') {
        size_t bytes = strcspn(text, " \n");
        size_t word = width_of(text, bytes);
        if (!first && at + 1 + word > width) {
            fprintf(to, "\n%*s", (int)indent, "");
            at = indent;
            first = true;
        }
        fprintf(to, "%s%.*s", first ? "" : " ", (int)bytes, text);
        at += word + (first ? 0 : 1);
        first = false;
        text += bytes;
        text += strspn(text, " \n");
    }
    fputc('\n', to);
}

/* Digits in groups of three. */
static const char *
whole(double value, char *text, size_t size)
{
    char digits[32];
    int length = snprintf(digits, sizeof(digits), "%.0f", fabs(value));
    size_t used = 0;
    if (value < 0 && used + 1 < size) {
        text[used++] = '-';
    }
    for (int i = 0; i < length && used + 2 < size; i++) {
        if (i > 0 && (length - i) % 3 == 0) {
            text[used++] = ',';
        }
        text[used++] = digits[i];
    }
    text[used] = '\0';
    return text;
}

const char *
gbx_text_number(double value, char *text, size_t size)
{
    if (!isfinite(value)) {
        snprintf(text, size, "?");
    }
    else if (fabs(value) < 1e15 && (value == floor(value) || fabs(value) >= 1000)) {
        whole(value, text, size);
    }
    else {
        snprintf(text, size, "%.3g", value);
    }
    return text;
}

void
gbx_text_pad(FILE *to, const char *text, unsigned columns)
{
    unsigned width = 0;
    for (; *text != '\0' && width < columns; width += ((unsigned char)*text++ & 0xc0) != 0x80) {
        fputc(*text, to);
    }
    for (; ((unsigned char)*text & 0xc0) == 0x80; text++) {
        fputc(*text, to);                        /* the rest of the last character */
    }
    fprintf(to, "%*s", (int)(columns - width), "");
}

const char *
gbx_text_time(uint64_t ns, char *text, size_t size)
{
    static const char *const units[] = { "ns", "us", "ms", "s" };
    double value = (double)ns;
    unsigned unit = 0;
    while (value >= 1000 && unit < 3) {
        value /= 1000;
        unit++;
    }
    snprintf(text, size, unit == 0 ? "%.0f %s" : value < 10 ? "%.2f %s" : value < 100 ? "%.1f %s" : "%.0f %s",
             value, units[unit]);
    return text;
}
