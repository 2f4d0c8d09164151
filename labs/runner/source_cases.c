/* From a generated line back to the one that people wrote.

   Python/generated_cases.c.h is what the compiler sees, and so what debug information names.  The cases
   generator copies the bodies of Python/bytecodes.c line by line, below a comment with the name of each
   micro-operation, and expands a few words of its own (DECREF_INPUTS, ERROR_IF).  So a line is looked for
   where it was copied from; one that was made by the generator is that of the word that it was made from,
   and where even that is not to be told, the line at which the instruction begins.  Nothing is made up:
   all that is named is in the instruction. */

#include "source_internal.h"

#include <stdio.h>
#include <string.h>

#define CASES     "Python/generated_cases.c.h"
#define BYTECODES "Python/bytecodes.c"

/* A line without the blanks at its ends. */
typedef struct {
    const char *text;
    size_t length;
} words;

static words
words_of(const gbx_text *text, size_t line)
{
    size_t from = text->lines[line], to = gbx_text_end(text, line);
    while (from < to && (unsigned char)text->raw[from] <= ' ') {
        from++;
    }
    while (to > from && (unsigned char)text->raw[to - 1] <= ' ') {
        to--;
    }
    return (words){ text->raw + from, to - from };
}

static bool
same(words a, words b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static bool
begins(words line, const char *with)
{
    size_t length = strlen(with);
    return line.length >= length && memcmp(line.text, with, length) == 0;
}

static size_t
indent_of(const gbx_text *text, size_t line)
{
    return (size_t)(words_of(text, line).text - (text->raw + text->lines[line]));
}

/* Copies the word at `from`; false where it does not fit or is none. */
static bool
copy_word(const char *from, size_t most, char *name, size_t size)
{
    size_t length = 0;
    while (length < most && gbx_is_word(from[length])) {
        length++;
    }
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(name, from, length);
    name[length] = '\0';
    return true;
}

/* The micro-operation ("// _CALL") or the instruction ("TARGET(CALL) {") that a line belongs to, and the
   line that says so. */
static bool
find_part(const gbx_text *cases, size_t line, char *name, size_t size, size_t *first)
{
    size_t closed = SIZE_MAX;                    /* the least indent at which a bracket closed below */
    for (size_t at = line; at-- > 0;) {
        words it = words_of(cases, at);
        size_t indent = indent_of(cases, at);
        if (begins(it, "TARGET(")) {
            *first = at;
            return copy_word(it.text + 7, it.length - 7, name, size);
        }
        if (it.length == 1 && it.text[0] == '}') {
            closed = indent < closed ? indent : closed;
        }
        if (begins(it, "// _") && closed > indent && copy_word(it.text + 3, it.length - 3, name, size)
            && strlen(name) == it.length - 3) {
            *first = at;
            return true;
        }
    }
    return false;
}

/* The lines of a body: from, to (not included). */
typedef struct {
    const gbx_text *text;
    size_t from, to;
} body;

/* Of the lines of `in` that are like `line`, the one in the same place among them; SIZE_MAX: none, or
   they are not as many as on the other side. */
static size_t
counterpart(const body *cases, size_t line, const body *in)
{
    words wanted = words_of(cases->text, line);
    size_t before = 0, all = 0, there = 0, found = SIZE_MAX;
    for (size_t at = cases->from; at < cases->to; at++) {
        bool is = same(words_of(cases->text, at), wanted);
        all += is;
        before += is && at < line;
    }
    for (size_t at = in->from; at < in->to; at++) {
        if (same(words_of(in->text, at), wanted)) {
            found = there == before ? at : found;
            there++;
        }
    }
    return there == all ? found : SIZE_MAX;
}

/* The word of the generator's that a line was made from: the first such behind the last line before it
   that was copied. */
static size_t
origin(const body *cases, size_t line, const body *in)
{
    words it = words_of(cases->text, line);
    const char *word = begins(it, "Py_DECREF(") || begins(it, "Py_XDECREF(") ? "DECREF_INPUTS"
        : begins(it, "for (") || begins(it, "goto ") ? NULL
        : begins(it, "if (") ? "ERROR_IF" : NULL;
    size_t from = in->from;
    for (size_t at = line; at-- > cases->from;) {
        size_t copied = words_of(cases->text, at).length > 2 ? counterpart(cases, at, in) : SIZE_MAX;
        if (copied != SIZE_MAX) {
            from = copied;
            break;
        }
    }
    for (size_t at = from; word != NULL && at < in->to; at++) {
        words here = words_of(in->text, at);
        if (begins(here, word)) {
            return at;
        }
    }
    return SIZE_MAX;
}

static size_t
end_of_part(const gbx_text *cases, size_t first)
{
    size_t indent = indent_of(cases, first);
    size_t at = first + 1;
    while (at < cases->line_count
           && !(indent_of(cases, at) <= indent && words_of(cases, at).length == 1
                && words_of(cases, at).text[0] == '}')) {
        at++;
    }
    return at;
}

bool
gbx_source_written(gbx_source *source, const char *file, int line, gbx_place *out)
{
    char name[96];
    size_t first;
    gbx_found found;
    *out = (gbx_place){ .line = 0 };
    gbx_text *cases = strcmp(file, CASES) == 0 && line > 0 ? gbx_source_text(source, CASES, NULL) : NULL;
    gbx_text *text = cases == NULL ? NULL : gbx_source_text(source, BYTECODES, NULL);
    if (text == NULL || (size_t)line > cases->line_count
        || !find_part(cases, (size_t)line, name, sizeof(name), &first) || !gbx_c_find(text, name, &found)) {
        return false;
    }
    body made = { cases, first + 1, end_of_part(cases, first) };
    body in = { text, gbx_text_line(text, found.at), gbx_text_line(text, found.last) + 1 };
    size_t at = counterpart(&made, (size_t)line - 1, &in);
    if (at == SIZE_MAX) {
        at = origin(&made, (size_t)line - 1, &in);
    }
    *out = (gbx_place){
        .file = text->name, .symbol = gbx_source_keep(source, name, strlen(name)), .definitions = 1,
        .line = (int)(at == SIZE_MAX ? in.from : at) + 1,
    };
    out->end_line = out->line;
    return out->symbol != NULL;
}
