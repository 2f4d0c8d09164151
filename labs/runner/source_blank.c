/* What is no code: comments, strings and character constants, made blank.

   Offsets and lines stay as they are: line breaks stay, and so do the backslashes that continue a C macro
   over them.  This is a scanner of a few tokens, not of a language; what it is given may be cut off
   anywhere. */

#include "source_internal.h"

#include <string.h>

/* Offset after something dark that starts at `at`; `at` where nothing does.  raw[size] is a NUL. */
typedef size_t skipper(const char *raw, size_t size, size_t at);

static size_t
skip_c(const char *raw, size_t size, size_t at)
{
    char c = raw[at];
    if (c == '/' && raw[at + 1] == '/') {
        while (at < size && (raw[at] != '\n' || raw[at - 1] == '\\')) {
            at++;
        }
        return at;
    }
    if (c == '/' && raw[at + 1] == '*') {
        const char *end = at + 2 < size ? memmem(raw + at + 2, size - at - 2, "*/", 2) : NULL;
        return end == NULL ? size : (size_t)(end - raw) + 2;
    }
    if (c == '"' || c == '\'') {
        for (at++; at < size && raw[at] != c && raw[at] != '\n'; at++) {
            if (raw[at] == '\\' && at + 1 < size) {
                at++;
            }
        }
        return at < size && raw[at] == c ? at + 1 : at;
    }
    return at;
}

static size_t
skip_python(const char *raw, size_t size, size_t at)
{
    char c = raw[at];
    if (c == '#') {
        const char *end = memchr(raw + at, '\n', size - at);
        return end == NULL ? size : (size_t)(end - raw);
    }
    if (c != '"' && c != '\'') {
        return at;
    }
    bool triple = at + 2 < size && raw[at + 1] == c && raw[at + 2] == c;
    for (at += triple ? 3 : 1; at < size; at++) {
        if (raw[at] == '\\' && at + 1 < size) {
            at++;
        }
        else if (!triple && (raw[at] == c || raw[at] == '\n')) {
            return raw[at] == c ? at + 1 : at;
        }
        else if (triple && raw[at] == c && at + 2 < size && raw[at + 1] == c && raw[at + 2] == c) {
            return at + 3;
        }
    }
    return size;
}

static void
blank(char *code, const char *raw, size_t size, skipper *skip)
{
    for (size_t at = 0; at < size; ) {
        size_t end = skip(raw, size, at);
        if (end == at) {
            at++;
            continue;
        }
        for (; at < end; at++) {
            if (raw[at] != '\n' && !(raw[at] == '\\' && raw[at + 1] == '\n')) {
                code[at] = ' ';
            }
        }
    }
}

void
gbx_c_blank(char *code, const char *raw, size_t size)
{
    blank(code, raw, size, skip_c);
}

void
gbx_python_blank(char *code, const char *raw, size_t size)
{
    blank(code, raw, size, skip_python);
}
