/* Finding things in Python, and in what people and generators read: Markdown, reStructuredText, the
   grammar, the ASDL.

   Python is searched by its indentation, in code whose strings and comments are blank.  The rest has
   headings and rules, one to a line.  Everything must stay in bounds whatever the text holds. */

#include "source_internal.h"

#include <string.h>

static size_t
skip_blank(const char *code, size_t size, size_t at)
{
    while (at < size && (code[at] == ' ' || code[at] == '\t')) {
        at++;
    }
    return at;
}

static bool
starts_with(const gbx_text *text, size_t at, const char *word)
{
    size_t length = strlen(word);
    return at + length <= text->size && memcmp(text->raw + at, word, length) == 0;
}

/* ------------------------------------------------------------------- Python */

typedef struct {
    size_t first, last;          /* lines */
    size_t indent;               /* of its own first line */
} block;

static size_t
indent_of(const gbx_text *text, size_t line)
{
    return skip_blank(text->code, text->size, text->lines[line]) - text->lines[line];
}

static bool
is_empty(const gbx_text *text, size_t line)
{
    size_t at = skip_blank(text->code, text->size, text->lines[line]);
    return at >= gbx_text_end(text, line) || text->code[at] == '\r';
}

/* "class NAME", "def NAME", "async def NAME": the name's offset, or 0. */
static size_t
header_of(const gbx_text *text, size_t line, const char *name, size_t length)
{
    static const char *const words[] = { "class ", "def ", "async def " };
    size_t at = skip_blank(text->code, text->size, text->lines[line]);
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (starts_with(text, at, words[i])) {
            size_t start = skip_blank(text->code, text->size, at + strlen(words[i]));
            if (start + length <= text->size && memcmp(text->code + start, name, length) == 0 &&
                !gbx_is_word(text->code[start + length])) {
                return start;
            }
        }
    }
    return 0;
}

/* The line with the colon that ends a header: parameters may go over several. */
static size_t
end_of_header(const gbx_text *text, size_t at, size_t line)
{
    size_t depth = 0;
    for (; at < text->size; at++) {
        char c = text->code[at];
        if (c == '(' || c == '[' || c == '{') {
            depth++;
        }
        else if ((c == ')' || c == ']' || c == '}') && depth > 0) {
            depth--;
        }
        else if (c == ':' && depth == 0) {
            return gbx_text_line(text, at);
        }
    }
    return line;
}

static size_t
end_of_block(const gbx_text *text, size_t header, size_t indent, size_t limit)
{
    size_t last = header;
    for (size_t line = header + 1; line <= limit; line++) {
        if (is_empty(text, line)) {
            continue;
        }
        if (indent_of(text, line) <= indent) {
            break;
        }
        last = line;
    }
    return last;
}

/* The class or function of this name in `outer`, the least indented one first.  `*inner` becomes its
   block, found->at its name. */
static bool
find_header(const gbx_text *text, const block *outer, const char *name, size_t length, block *inner,
            gbx_found *found)
{
    size_t best = SIZE_MAX;
    for (size_t line = outer->first; line <= outer->last && line < text->line_count; line++) {
        size_t at = header_of(text, line, name, length);
        if (at == 0) {
            continue;
        }
        size_t indent = indent_of(text, line);
        if (indent < best) {
            best = indent;
            *inner = (block){ .first = line, .indent = indent };
            *found = (gbx_found){ .at = at };
        }
        found->count += indent == best;
    }
    if (best == SIZE_MAX) {
        return false;
    }
    size_t header = end_of_header(text, found->at, inner->first);
    inner->last = end_of_block(text, header, inner->indent, outer->last);
    found->last = text->lines[inner->last];
    return true;
}

/* "NAME = ..." or "NAME: ..." as the first thing of a line of the block, the least indented first. */
static bool
find_assignment(const gbx_text *text, const block *outer, const char *name, size_t length,
                gbx_found *found)
{
    size_t best = SIZE_MAX;
    for (size_t line = outer->first; line <= outer->last && line < text->line_count; line++) {
        size_t at = skip_blank(text->code, text->size, text->lines[line]);
        if (at + length > text->size || memcmp(text->code + at, name, length) != 0) {
            continue;
        }
        size_t next = skip_blank(text->code, text->size, at + length);
        bool assigns = next < text->size && ((text->code[next] == '=' && text->code[next + 1] != '=') ||
                                             text->code[next] == ':');
        if (assigns && !gbx_is_word(text->code[at + length]) && indent_of(text, line) < best) {
            best = indent_of(text, line);
            *found = (gbx_found){ .at = at, .last = at, .count = 1 };
        }
    }
    return best != SIZE_MAX;
}

bool
gbx_python_find(gbx_text *text, const char *symbol, gbx_found *found)
{
    if (gbx_text_code(text) == NULL || text->line_count == 0) {
        return false;
    }
    block outer = { .first = 0, .last = text->line_count - 1 };
    for (;;) {
        size_t length = strcspn(symbol, ".");
        bool is_last = symbol[length] == '\0';
        block inner;
        if (length == 0) {
            return false;
        }
        if (!find_header(text, &outer, symbol, length, &inner, found)) {
            return is_last && find_assignment(text, &outer, symbol, length, found);
        }
        if (is_last) {
            return true;
        }
        outer = (block){ .first = inner.first + 1, .last = inner.last, .indent = inner.indent };
        symbol += length + 1;
    }
}

/* ------------------------------------------------- headings, rules, directives */

/* The next letter or digit, in lower case, and the offset after it; NUL at the end. */
static char
next_letter(const char *text, size_t size, size_t *at)
{
    while (*at < size) {
        char c = text[(*at)++];
        if (c >= 'A' && c <= 'Z') {
            return (char)(c - 'A' + 'a');
        }
        if (((unsigned char)c >= 0x80 || gbx_is_word(c)) && c != '_') {
            return c;
        }
    }
    return '\0';
}

/* Are these the same to a reader of a table of contents: "The Frame" and "the-frame"? */
static bool
same_heading(const char *text, size_t size, const char *symbol)
{
    size_t length = strlen(symbol), at = 0, other = 0;
    for (;;) {
        char a = next_letter(text, size, &at);
        if (a != next_letter(symbol, length, &other)) {
            return false;
        }
        if (a == '\0') {
            return true;
        }
    }
}

/* A line that underlines a heading in reStructuredText. */
static bool
is_rule(const gbx_text *text, size_t line)
{
    size_t at = text->lines[line], end = gbx_text_end(text, line);
    char c = at < end ? text->raw[at] : ' ';
    if (end - at < 3 || strchr("=-~^\"*#+`:.", c) == NULL) {
        return false;
    }
    while (at < end && text->raw[at] == c) {
        at++;
    }
    return at == end;
}

/* Is the line a heading?  *from, *to: its text. */
static bool
heading_in(const gbx_text *text, size_t line, size_t *from, size_t *to)
{
    *from = text->lines[line];
    *to = gbx_text_end(text, line);
    if (*from < *to && text->raw[*from] == '#') {
        while (*from < *to && text->raw[*from] == '#') {
            ++*from;
        }
        return *from < *to && text->raw[*from] == ' ';
    }
    return *from < *to && gbx_is_word(text->raw[*from]) && line + 1 < text->line_count &&
        is_rule(text, line + 1);
}

static bool
find_heading(const gbx_text *text, const char *symbol, gbx_found *found)
{
    size_t from, to;
    bool inside = false;
    for (size_t line = 0; line < text->line_count; line++) {
        if (!heading_in(text, line, &from, &to)) {
            found->last = inside ? text->lines[line] : found->last;
            continue;
        }
        if (inside) {
            return true;
        }
        if (same_heading(text->raw + from, to - from, symbol)) {
            *found = (gbx_found){ .at = text->lines[line], .last = text->lines[line], .count = 1 };
            inside = true;
        }
    }
    return inside;
}

/* A rule of the grammar, "NAME[type]:" or "NAME:"; of ASDL, "NAME = " or "module NAME". */
static bool
find_rule(const gbx_text *text, const char *symbol, gbx_found *found)
{
    size_t length = strlen(symbol);
    for (size_t line = 0; line < text->line_count; line++) {
        size_t at = skip_blank(text->raw, text->size, text->lines[line]);
        size_t next = at + length;
        if (next >= text->size || memcmp(text->raw + at, symbol, length) != 0 ||
            gbx_is_word(text->raw[next])) {
            continue;
        }
        next = skip_blank(text->raw, text->size, next);
        char c = next < text->size ? text->raw[next] : '\0';
        if ((at == text->lines[line] && (c == ':' || c == '[')) || c == '=') {
            size_t last = line;
            while (last + 1 < text->line_count && text->lines[last + 1] < gbx_text_end(text, last + 1) &&
                   indent_of(text, last + 1) > at - text->lines[line]) {
                last++;
            }
            *found = (gbx_found){ .at = at, .last = text->lines[last], .count = 1 };
            return true;
        }
    }
    return false;
}

/* ".. opcode:: NAME", ".. c:function:: ... NAME(", "= NAME(" and "| NAME(" of ASDL. */
static bool
find_entry(const gbx_text *text, const char *symbol, gbx_found *found)
{
    size_t length = strlen(symbol), at = 0;
    for (; (at = gbx_find_word(text->raw, at, text->size, symbol, length)) < text->size; at += length) {
        size_t start = text->lines[gbx_text_line(text, at)];
        size_t first = skip_blank(text->raw, text->size, start);
        size_t before = at;
        while (before > start && text->raw[before - 1] == ' ') {
            before--;
        }
        bool directive = starts_with(text, first, ".. ") &&
            memmem(text->raw + first, at - first, "::", 2) != NULL;
        bool constructor = text->raw[at + length] == '(' && before > start &&
            (text->raw[before - 1] == '|' || text->raw[before - 1] == '=');
        if (directive || constructor) {
            *found = (gbx_found){ .at = at, .last = at, .count = 1 };
            return true;
        }
    }
    return false;
}

bool
gbx_prose_find(gbx_text *text, const char *symbol, gbx_found *found)
{
    if (gbx_text_code(text) == NULL) {
        return false;
    }
    return find_heading(text, symbol, found) || find_rule(text, symbol, found)
        || find_entry(text, symbol, found);
}
