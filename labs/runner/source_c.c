/* Finding things in C, and in the C that Python/bytecodes.c is written in.

   No parser: CPython is written in one style (PEP 7: a function's name, its opening and its closing
   brace stand in column 0), and these functions lean on it.  They work on blanked code, where comments
   and strings hold no surprises, and must stay in bounds whatever the text holds. */

#include "source_internal.h"

#include <string.h>

/* -------------------------------------------------------------------- words */

static size_t
skip_space(const char *code, size_t size, size_t at)
{
    while (at < size && (code[at] == ' ' || code[at] == '\t' || code[at] == '\n' || code[at] == '\r' ||
                         code[at] == '\f' || code[at] == '\\')) {
        at++;
    }
    return at;
}

static size_t
skip_blank(const char *code, size_t size, size_t at)
{
    while (at < size && (code[at] == ' ' || code[at] == '\t')) {
        at++;
    }
    return at;
}

static size_t
skip_word(const char *code, size_t size, size_t at)
{
    while (at < size && gbx_is_word(code[at])) {
        at++;
    }
    return at;
}

static bool
is_word_at(const char *code, size_t at, size_t end, const char *word)
{
    return end - at == strlen(word) && memcmp(code + at, word, end - at) == 0;
}

size_t
gbx_c_match(const char *code, size_t size, size_t open)
{
    char left = code[open];
    char right = left == '(' ? ')' : left == '{' ? '}' : ']';
    size_t reach = left == '{' ? 1u << 20 : 1u << 16;      /* or a hostile text costs its square */
    size_t depth = 0;
    if (size - open > reach) {
        size = open + reach;
    }
    for (size_t at = open; at < size; at++) {
        if (code[at] == left) {
            depth++;
        }
        else if (code[at] == right && --depth == 0) {
            return at;
        }
    }
    return SIZE_MAX;
}

/* ------------------------------------------------------- what a line begins */

/* "#define NAME": the name's offset, and *length; 0 where the line is something else (a name is never
   at offset 0 of a directive). */
static size_t
define_in(const gbx_text *text, size_t line, size_t *length)
{
    const char *code = text->code;
    size_t at = skip_blank(code, text->size, text->lines[line]);
    if (at >= text->size || code[at] != '#') {
        return 0;
    }
    at = skip_blank(code, text->size, at + 1);
    size_t end = skip_word(code, text->size, at);
    if (!is_word_at(code, at, end, "define")) {
        return 0;
    }
    at = skip_blank(code, text->size, end);
    *length = skip_word(code, text->size, at) - at;
    return *length == 0 ? 0 : at;
}

char
gbx_c_instruction(const gbx_text *text, size_t line, size_t *name, size_t *length)
{
    static const char *const kinds[] = { "inst", "op", "macro", "family", "pseudo" };
    const char *code = text->code;
    size_t stop = gbx_text_end(text, line);
    size_t at = skip_blank(code, stop, text->lines[line]);
    while (at < stop && gbx_is_word(code[at])) {
        size_t end = skip_word(code, stop, at);
        for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
            if (end < stop && code[end] == '(' && is_word_at(code, at, end, kinds[i])) {
                *name = skip_blank(code, stop, end + 1);
                *length = skip_word(code, stop, *name) - *name;
                return *length == 0 ? 0 : kinds[i][0];
            }
        }
        if (end < stop && code[end] == '(') {           /* replicate(8) inst(NAME, ...) */
            size_t close = gbx_c_match(code, stop, end);
            end = close == SIZE_MAX ? stop : close + 1;
        }
        at = skip_blank(code, stop, end);
    }
    return 0;
}

static bool
is_bytecodes(const gbx_text *text)
{
    return strcmp(text->name, "Python/bytecodes.c") == 0;
}

/* ------------------------------------------------------------ where things end */

/* The last byte of a macro: of the first line that no backslash continues. */
static size_t
end_of_define(const gbx_text *text, size_t at)
{
    size_t line = gbx_text_line(text, at);
    size_t end = gbx_text_end(text, line);
    while (line + 1 < text->line_count && end > 0 && text->code[end - 1] == '\\') {
        end = gbx_text_end(text, ++line);
    }
    return end > 0 ? end - 1 : 0;
}

/* The last byte of a body: of a function, the first brace that closes in the column in which its line
   began.  Braces are not counted: #if and #else may each have one. */
static size_t
end_of_body(const gbx_text *text, size_t open)
{
    const char *code = text->code;
    size_t line = gbx_text_line(text, open);
    size_t close = gbx_c_match(code, text->size, open);
    if (close != SIZE_MAX && gbx_text_line(text, close) == line) {
        return close;
    }
    size_t indent = skip_blank(code, text->size, text->lines[line]) - text->lines[line];
    for (line++; line < text->line_count; line++) {
        size_t at = skip_blank(code, text->size, text->lines[line]);
        if (at < text->size && code[at] == '}' && at - text->lines[line] <= indent) {
            return at;
        }
    }
    return close == SIZE_MAX ? open : close;
}

/* The last byte of a declaration: its semicolon, outside brackets. */
static size_t
end_of_statement(const gbx_text *text, size_t at)
{
    for (size_t from = at; at < text->size; at++) {
        char c = text->code[at];
        if (c == ';') {
            return at;
        }
        if (c == '{' || c == '(' || c == '[') {
            size_t close = gbx_c_match(text->code, text->size, at);
            if (close == SIZE_MAX) {
                return from;
            }
            at = close;
        }
    }
    return text->size == 0 ? 0 : text->size - 1;
}

/* ----------------------------------------------------------------- definitions */

/* How much of a definition an occurrence is; the smallest wins. */
enum rank {
    RANK_INSTRUCTION, RANK_FUNCTION, RANK_MACRO, RANK_TYPE, RANK_OBJECT, RANK_FAMILY, RANK_TENTATIVE,
    RANK_LABEL, RANK_MEMBER, RANK_NONE
};

/* Does a body follow the parameters whose bracket opens at `open`?  One attribute may stand between; two
   words would begin what comes after the use of a macro: "UNARY_FUNC(x) int next(void) {". */
static bool
body_follows(const gbx_text *text, size_t open, size_t *body)
{
    size_t at = gbx_c_match(text->code, text->size, open);
    for (int words = 0; at != SIZE_MAX && words < 2; words++) {
        at = skip_space(text->code, text->size, at + 1);
        if (at >= text->size) {
            return false;
        }
        if (text->code[at] == '{') {
            *body = at;
            return true;
        }
        if (!gbx_is_word(text->code[at])) {
            return false;
        }
        at = skip_word(text->code, text->size, at);
        size_t next = skip_blank(text->code, text->size, at);
        at = next < text->size && text->code[next] == '('
            ? gbx_c_match(text->code, text->size, next) : at - 1;
    }
    return false;
}

static enum rank
rank_instruction(const gbx_text *text, size_t line, size_t at, size_t *last)
{
    size_t name, length;
    char kind = gbx_c_instruction(text, line, &name, &length);
    if (kind == 0 || name != at) {
        return RANK_NONE;
    }
    if (kind == 'i' || kind == 'o') {
        size_t body = at + strcspn(text->code + at, "{");
        *last = body < text->size ? end_of_body(text, body) : at;
        return RANK_INSTRUCTION;
    }
    *last = end_of_statement(text, at);
    return kind == 'm' ? RANK_INSTRUCTION : RANK_FAMILY;
}

/* The word that ends before `at`, blanks between them; *end is `at` less those blanks. */
static size_t
word_before(const char *code, size_t at, size_t *end)
{
    while (at > 0 && (code[at - 1] == ' ' || code[at - 1] == '\t' || code[at - 1] == '\n')) {
        at--;
    }
    *end = at;
    while (at > 0 && gbx_is_word(code[at - 1])) {
        at--;
    }
    return at;
}

/* Is the name at `at` the tag of a struct, union or enum? */
static bool
is_tag(const gbx_text *text, size_t at)
{
    size_t end, start = word_before(text->code, at, &end);
    return is_word_at(text->code, start, end, "struct") || is_word_at(text->code, start, end, "union") ||
        is_word_at(text->code, start, end, "enum");
}

/* "struct NAME {", at any depth. */
static bool
is_tagged(const gbx_text *text, size_t at, size_t after, size_t *last)
{
    size_t open = skip_space(text->code, text->size, after);
    if (open >= text->size || text->code[open] != '{' || !is_tag(text, at)) {
        return false;
    }
    size_t close = gbx_c_match(text->code, text->size, open);
    *last = close == SIZE_MAX ? open : close;
    return true;
}

/* Does the innermost bracket around `at` belong to an enum? */
static bool
is_in_enum(const gbx_text *text, size_t at)
{
    const char *code = text->code;
    size_t stop = at > (1u << 16) ? at - (1u << 16) : 0, depth = 0, end;
    while (at > stop && (depth > 0 || (code[at - 1] != '{' && code[at - 1] != '('))) {
        at--;
        depth += code[at] == '}' || code[at] == ')';
        depth -= (code[at] == '{' || code[at] == '(') && depth > 0;
    }
    if (at == stop || code[at - 1] != '{') {
        return false;
    }
    size_t start = word_before(code, at - 1, &end);
    return is_word_at(code, start, end, "enum") || is_tag(text, start);
}

/* "} NAME;" and "typedef ... NAME;".  *start: where the definition begins. */
static bool
is_typedef(const gbx_text *text, size_t line, size_t after, size_t *start, size_t *last)
{
    size_t semicolon = skip_blank(text->code, text->size, after);
    if (semicolon >= text->size || text->code[semicolon] != ';') {
        return false;
    }
    bool closes = text->code[text->lines[line]] == '}';
    for (;; line--) {
        size_t at = text->lines[line];
        if (is_word_at(text->code, at, skip_word(text->code, text->size, at), "typedef")) {
            *start = at;
            *last = semicolon;
            return true;
        }
        if (!closes || line == 0 || (gbx_is_word(text->code[at]))) {
            return false;
        }
    }
}

/* A name in a line that starts in column 0, outside of preprocessor lines. */
static enum rank
rank_declaration(const gbx_text *text, size_t line, size_t at, size_t after, size_t *last)
{
    const char *code = text->code;
    size_t start = text->lines[line];
    size_t next = skip_blank(code, text->size, after);
    size_t body;
    for (size_t i = start; i < at; i++) {
        if (code[i] == '(' || code[i] == '=' || code[i] == ',') {
            return RANK_NONE;                           /* a parameter, or part of a value */
        }
    }
    char c = next < text->size ? code[next] : '\0';
    if (c == '(') {
        if (!body_follows(text, next, &body)) {
            return RANK_NONE;
        }
        *last = end_of_body(text, body);
        return RANK_FUNCTION;
    }
    if (at == start && c == ':') {
        *last = at;
        return RANK_LABEL;
    }
    if ((c != '=' && c != '[' && (c != ';' || at == start)) || is_tag(text, at) ||
        is_word_at(code, start, skip_word(code, text->size, start), "extern")) {
        return RANK_NONE;
    }
    *last = end_of_statement(text, at);
    return c == ';' || memchr(code + at, '=', *last - at) == NULL ? RANK_TENTATIVE : RANK_OBJECT;
}

/* What the name at [at, after) is there.  *where: the offset to call its place. */
static enum rank
rank_occurrence(const gbx_text *text, size_t at, size_t after, size_t *where, size_t *last)
{
    const char *code = text->code;
    size_t line = gbx_text_line(text, at);
    size_t start = text->lines[line];
    size_t first = skip_blank(code, text->size, start);
    *where = *last = at;
    if (code[first] == '#') {
        size_t length;
        *last = end_of_define(text, at);
        return define_in(text, line, &length) == at ? RANK_MACRO : RANK_NONE;
    }
    if (is_bytecodes(text)) {
        enum rank rank = rank_instruction(text, line, at, last);
        if (rank != RANK_NONE) {
            return rank;
        }
    }
    if (is_tagged(text, at, after, last) || is_typedef(text, line, after, where, last)) {
        return RANK_TYPE;
    }
    if (first == start && gbx_is_word(code[start])) {
        return rank_declaration(text, line, at, after, last);
    }
    return first == at && is_in_enum(text, at) ? RANK_MEMBER : RANK_NONE;
}

bool
gbx_c_find(gbx_text *text, const char *symbol, gbx_found *found)
{
    const char *code = gbx_text_code(text);
    size_t length = strlen(symbol);
    enum rank best = RANK_NONE;
    *found = (gbx_found){ .at = 0 };
    if (code == NULL) {
        return false;
    }
    for (size_t at = 0; (at = gbx_find_word(code, at, text->size, symbol, length)) < text->size;
         at += length) {
        size_t where, last;
        enum rank rank = rank_occurrence(text, at, at + length, &where, &last);
        if (rank < best) {
            best = rank;
            *found = (gbx_found){ .at = where, .last = last, .count = 1 };
        }
        else if (rank == best && rank != RANK_NONE &&
                 gbx_text_line(text, where) != gbx_text_line(text, found->at)) {
            found->count++;      /* not the second name of "typedef struct NAME { ... } NAME;" */
        }
    }
    return best != RANK_NONE;
}

/* ------------------------------------------------------------------ enclosing */

/* The name before the parameters of the function whose body opens in `line`. */
static bool
function_above(const gbx_text *text, size_t line, size_t *name, size_t *length)
{
    const char *code = text->code;
    for (size_t steps = 0; steps < 40; steps++, line--) {
        size_t start = text->lines[line];
        size_t end = gbx_text_end(text, line);
        const char *open = memchr(code + start, '(', end - start);
        if (open != NULL && gbx_is_word(code[start])) {
            size_t stop = (size_t)(open - code);
            while (stop > start && code[stop - 1] == ' ') {
                stop--;
            }
            *name = stop;
            while (*name > start && gbx_is_word(code[*name - 1])) {
                --*name;
            }
            *length = stop - *name;
            return *length > 0;
        }
        if (line == 0 || (steps > 0 && code[start] == '}')) {
            break;
        }
    }
    return false;
}

bool
gbx_c_enclosing(gbx_text *text, size_t offset, size_t *name, size_t *length, bool *is_macro)
{
    const char *code = gbx_text_code(text);
    if (code == NULL) {
        return false;
    }
    size_t line = gbx_text_line(text, offset);
    size_t first = line;
    while (first > 0 && code[text->lines[first] - 1] == '\n' && text->lines[first] >= 2 &&
           code[text->lines[first] - 2] == '\\') {
        first--;
    }
    *name = define_in(text, first, length);
    *is_macro = *name != 0;
    if (*is_macro) {
        return true;
    }
    for (;; line--) {
        size_t start = text->lines[line];
        if (is_bytecodes(text)) {
            char kind = gbx_c_instruction(text, line, name, length);
            if (kind == 'i' || kind == 'o') {
                return true;
            }
        }
        else if (code[start] == '{' ||
                 (gbx_is_word(code[start]) && memchr(code + start, '{', gbx_text_end(text, line) - start)
                  != NULL)) {
            return function_above(text, line, name, length);
        }
        if (line == 0) {
            return false;
        }
    }
}
