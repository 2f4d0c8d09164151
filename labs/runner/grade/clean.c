/* Clean text; see clean.h. */

#include "clean.h"

#include <stdint.h>

size_t
gbx_clean_character(const char *text, size_t left, unsigned *number)
{
    static const unsigned least[] = { 0, 0, 0x80, 0x800, 0x10000 };
    const unsigned char *at = (const unsigned char *)text;
    if (left == 0) {
        return 0;
    }
    size_t n = at[0] < 0x80 ? 1 : at[0] >= 0xc2 && at[0] < 0xe0 ? 2 : at[0] >= 0xe0 && at[0] < 0xf0 ? 3
        : at[0] >= 0xf0 && at[0] < 0xf5 ? 4 : 0;
    if (n == 0 || n > left) {
        return 0;
    }
    unsigned value = n == 1 ? at[0] : at[0] & (0xffu >> (n + 1));
    for (size_t i = 1; i < n; i++) {
        if ((at[i] & 0xc0) != 0x80) {
            return 0;
        }
        value = value << 6 | (at[i] & 0x3fu);
    }
    if (value < least[n] || (value >= 0xd800 && value < 0xe000) || value > 0x10ffff) {
        return 0;                                /* overlong, half a pair, beyond Unicode */
    }
    *number = value;
    return n;
}

static bool
misleads(unsigned number)
{
    return number < 0x20 || (number >= 0x7f && number < 0xa0) || (number >= 0x200b && number <= 0x200f)
        || (number >= 0x2028 && number <= 0x202e) || (number >= 0x2060 && number <= 0x2069) || number == 0xfeff;
}

/* One character from *at on, to out[*used...]; false: it does not fit.  `lines`: line ends stay. */
static bool
take(const char *text, size_t length, size_t *at, bool lines, char *out, size_t room, size_t *used)
{
    unsigned number = 0;
    size_t n = gbx_clean_character(text + *at, length - *at, &number);
    const char *from = text + *at;
    size_t bytes = n == 0 ? 1 : n;
    if (n == 0 || misleads(number)) {
        bool line = n == 1 && number == '\n';
        from = line && lines ? "\n" : line || number == '\t' ? " " : "?";
        if (n == 1 && number == '\r' && length - *at > 1 && text[*at + 1] == '\n') {
            from = lines ? "\n" : " ";
            bytes = 2;
        }
        n = 1;
    }
    if (*used + n >= room) {
        return false;
    }
    memcpy(out + *used, from, n);
    *used += n;
    *at += bytes;
    return true;
}

static char *
copy(const char *text, size_t length, bool lines, char *out, size_t size)
{
    size_t used = 0;
    for (size_t at = 0; at < length && take(text, length, &at, lines, out, size, &used);) {
    }
    out[used] = '\0';
    return out;
}

char *
gbx_clean_line(const char *text, size_t length, char *out, size_t size)
{
    return copy(text, length, false, out, size);
}

char *
gbx_clean(const char *text, char *out, size_t size)
{
    return copy(text, strlen(text), false, out, size);
}

char *
gbx_clean_text(const char *text, size_t length)
{
    char *out = malloc(length + 1);
    return out == NULL ? NULL : copy(text, length, true, out, length + 1);
}
