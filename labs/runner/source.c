/* Files of CPython's tree, read once each, and places in them.

   A place comes from a station's text or from a command line, so its path is refused unless it stays
   below the root, also behind symbolic links; and a file is read only if it is a regular one of a
   source's size. */

#include "source_internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <search.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TEXT_LIMIT (16u << 20)   /* the largest source, unicodename_db.h, has 1.4 MB */

/* -------------------------------------------------------------------- texts */

static int
compare_text(const void *a, const void *b)
{
    return strcmp(a, b);
}

const char *
gbx_source_keep(gbx_source *source, const char *text, size_t length)
{
    char *copy = strndup(text, length);
    if (copy == NULL) {
        return NULL;
    }
    char *const *node = tsearch(copy, &source->strings, compare_text);
    if (node == NULL || *node != copy) {
        free(copy);
    }
    return node == NULL ? NULL : *node;
}

static bool
ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

static enum gbx_language
language_of(const char *name)
{
    if (ends_with(name, ".c") || ends_with(name, ".h")) {
        return GBX_LANGUAGE_C;
    }
    return ends_with(name, ".py") ? GBX_LANGUAGE_PYTHON : GBX_LANGUAGE_OTHER;
}

/* A relative path of plain steps. */
static bool
stays_below(const char *name)
{
    if (name[0] == '\0' || name[0] == '/' || strlen(name) >= PATH_MAX / 2) {
        return false;
    }
    for (const char *step = name; step != NULL; ) {
        size_t length = strcspn(step, "/");
        if (length == 0 || (length == 1 && step[0] == '.') ||
            (length == 2 && step[0] == '.' && step[1] == '.')) {
            return false;
        }
        step = step[length] == '/' ? step + length + 1 : NULL;
    }
    return true;
}

static int
open_below(const gbx_source *source, const char *name, gbx_error *error)
{
    char path[PATH_MAX];
    int fd = -1;
    if (!stays_below(name)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "'%s' is not a path in the source tree", name);
    }
    size_t root = strlen(source->root);
    snprintf(path, sizeof(path), "%s/%s", source->root, name);
    char *real = realpath(path, NULL);
    if (real == NULL) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' is not in the source tree '%s'", name,
                             source->root);
    }
    if (strncmp(real, source->root, root) != 0 || real[root] != '/') {
        fd = gbx_error_set(error, GBX_ERROR_USAGE, "'%s' leads out of the source tree", name);
    }
    else if ((fd = open(real, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY | O_NOFOLLOW)) < 0) {
        fd = gbx_error_system(error, "open", real);
    }
    free(real);
    return fd;
}

/* The file's bytes and a NUL, NULs inside made blanks; NULL and an error. */
static char *
read_all(int fd, const char *name, size_t *size, gbx_error *error)
{
    struct stat status;
    char *bytes = NULL;
    if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode)) {
        gbx_error_set(error, GBX_ERROR_MISSING, "'%s' is not a file", name);
        return NULL;
    }
    if (status.st_size > (off_t)TEXT_LIMIT) {
        gbx_error_set(error, GBX_ERROR_LIMIT, "'%s' is too large for a source", name);
        return NULL;
    }
    bytes = malloc((size_t)status.st_size + 1);
    if (bytes == NULL) {
        gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        return NULL;
    }
    size_t have = 0;
    ssize_t got;
    while (have < (size_t)status.st_size &&
           (got = read(fd, bytes + have, (size_t)status.st_size - have)) != 0) {
        if (got < 0 && errno != EINTR) {
            gbx_error_system(error, "read", name);
            free(bytes);
            return NULL;
        }
        have += got > 0 ? (size_t)got : 0;
    }
    bytes[have] = '\0';
    for (char *at = bytes; (at = memchr(at, '\0', have - (size_t)(at - bytes))) != NULL; at++) {
        *at = ' ';
    }
    *size = have;
    return bytes;
}

static bool
index_lines(gbx_text *text)
{
    size_t count = 1;
    for (const char *at = text->raw; (at = strchr(at, '\n')) != NULL; at++) {
        count++;
    }
    text->lines = malloc((count + 1) * sizeof(*text->lines));
    if (text->lines == NULL) {
        return false;
    }
    text->lines[0] = 0;
    size_t line = 1;
    for (const char *at = text->raw; (at = strchr(at, '\n')) != NULL; at++) {
        text->lines[line++] = (uint32_t)(at + 1 - text->raw);
    }
    if (text->lines[count - 1] == text->size && count > 1) {
        count--;                 /* nothing follows the last line break */
    }
    text->lines[count] = (uint32_t)text->size;
    text->line_count = count;
    return true;
}

static void
free_text(gbx_text *text)
{
    free(text->name);
    free(text->raw);
    free(text->code);
    free(text->lines);
    free(text);
}

gbx_text *
gbx_source_text(gbx_source *source, const char *name, gbx_error *error)
{
    for (gbx_text *text = source->texts; text != NULL; text = text->next) {
        if (strcmp(text->name, name) == 0) {
            return text;
        }
    }
    int fd = open_below(source, name, error);
    gbx_text *text = fd < 0 ? NULL : calloc(1, sizeof(*text));
    if (fd < 0) {
        return NULL;
    }
    if (text == NULL || (text->name = strdup(name)) == NULL) {
        gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        goto fail;
    }
    text->raw = read_all(fd, name, &text->size, error);
    if (text->raw == NULL) {
        goto fail;
    }
    if (!index_lines(text)) {
        gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        goto fail;
    }
    close(fd);
    text->language = language_of(name);
    text->next = source->texts;
    source->texts = text;
    return text;

fail:
    close(fd);
    if (text != NULL) {
        free_text(text);
    }
    return NULL;
}

const char *
gbx_text_code(gbx_text *text)
{
    if (text->code == NULL && (text->code = malloc(text->size + 1)) != NULL) {
        memcpy(text->code, text->raw, text->size + 1);
        if (text->language == GBX_LANGUAGE_C) {
            gbx_c_blank(text->code, text->raw, text->size);
        }
        else if (text->language == GBX_LANGUAGE_PYTHON) {
            gbx_python_blank(text->code, text->raw, text->size);
        }
    }
    return text->code;
}

size_t
gbx_text_line(const gbx_text *text, size_t offset)
{
    size_t low = 0, high = text->line_count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (text->lines[middle] <= offset) {
            low = middle;
        }
        else {
            high = middle;
        }
    }
    return low;
}

size_t
gbx_text_end(const gbx_text *text, size_t line)
{
    size_t end = text->lines[line + 1];
    return end > text->lines[line] && text->raw[end - 1] == '\n' ? end - 1 : end;
}

size_t
gbx_find_word(const char *code, size_t from, size_t to, const char *word, size_t length)
{
    while (from < to && length > 0) {
        const char *hit = memmem(code + from, to - from, word, length);
        if (hit == NULL) {
            break;
        }
        size_t at = (size_t)(hit - code);
        if ((at == 0 || !gbx_is_word(code[at - 1])) && !gbx_is_word(code[at + length])) {
            return at;
        }
        from = at + 1;
    }
    return to;
}

/* ------------------------------------------------------------------- places */

/* Where nothing defines the symbol: its first mention, as a whole word. */
static bool
find_mention(gbx_text *text, const char *symbol, gbx_found *found)
{
    size_t length = strlen(symbol);
    const char *code = gbx_text_code(text);
    size_t at = code == NULL ? text->size
        : gbx_find_word(code, 0, text->size, symbol, length);
    if (at == text->size) {
        at = gbx_find_word(text->raw, 0, text->size, symbol, length);
    }
    *found = (gbx_found){ .at = at, .last = at, .count = 0 };
    return at < text->size;
}

static bool
find_symbol(gbx_text *text, const char *symbol, gbx_found *found)
{
    bool defined;
    switch (text->language) {
        case GBX_LANGUAGE_C: defined = gbx_c_find(text, symbol, found); break;
        case GBX_LANGUAGE_PYTHON: defined = gbx_python_find(text, symbol, found); break;
        default: defined = gbx_prose_find(text, symbol, found); break;
    }
    return defined || find_mention(text, symbol, found);
}

/* Splits "file#symbol"; each must be something that can be printed in a message. */
static bool
split_place(const char *place, char *file, size_t size, const char **symbol)
{
    size_t length = strcspn(place, "#");
    for (const char *c = place; *c != '\0'; c++) {
        if ((unsigned char)*c < ' ' || *c == 0x7f || c - place >= 400) {
            return false;
        }
    }
    if (length == 0 || length >= size) {
        return false;
    }
    memcpy(file, place, length);
    file[length] = '\0';
    *symbol = place[length] == '#' ? place + length + 1 : "";
    return place[length] == '\0' || **symbol != '\0';
}

int
gbx_source_resolve(gbx_source *source, const char *place, gbx_place *out, gbx_error *error)
{
    char file[256];
    const char *symbol;
    gbx_found found;
    *out = (gbx_place){ .line = 0 };
    if (!split_place(place, file, sizeof(file), &symbol)) {
        return gbx_error_set(error, GBX_ERROR_USAGE, "not a place: file#symbol is wanted");
    }
    gbx_error own;
    gbx_error *say = error == NULL ? &own : error;
    gbx_text *text = gbx_source_text(source, file, say);
    if (text == NULL) {
        return say->code;
    }
    out->file = text->name;
    out->symbol = gbx_source_keep(source, symbol, strlen(symbol));
    if (out->symbol == NULL) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    if (symbol[0] == '\0') {
        out->line = 1;
        out->end_line = (int)text->line_count;
        out->definitions = 1;
        return 0;
    }
    if (!find_symbol(text, symbol, &found)) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' does not mention '%s'", file, symbol);
    }
    out->line = (int)gbx_text_line(text, found.at) + 1;
    out->end_line = (int)gbx_text_line(text, found.last) + 1;
    out->definitions = found.count;
    return 0;
}

/* Nothing to show: a blank or a control character. */
static bool
is_blank(char c)
{
    return (unsigned char)c <= ' ' || c == 0x7f;
}

bool
gbx_source_line_text(gbx_source *source, const char *file, int line, char *text, size_t size)
{
    gbx_text *it = gbx_source_text(source, file, NULL);
    if (size > 0) {
        text[0] = '\0';
    }
    if (it == NULL || size == 0 || line < 1 || (size_t)line > it->line_count) {
        return false;
    }
    size_t from = it->lines[line - 1], to = gbx_text_end(it, (size_t)line - 1);
    while (from < to && is_blank(it->raw[from])) {
        from++;
    }
    while (to > from && is_blank(it->raw[to - 1])) {
        to--;
    }
    size_t length = to - from < size ? to - from : size - 1;
    while (length < to - from && length > 0 && ((unsigned char)it->raw[from + length] & 0xc0) == 0x80) {
        length--;                /* the first byte that is left out must begin a character */
    }
    for (size_t i = 0; i < length; i++) {
        text[i] = is_blank(it->raw[from + i]) ? ' ' : it->raw[from + i];
    }
    text[length] = '\0';
    return true;
}

/* ------------------------------------------------------------- open and close */

static bool
is_tree(const char *root)
{
    static const char *const needed[] = { "Python/ceval.c", "Include/Python.h" };
    char path[PATH_MAX];
    for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
        int length = snprintf(path, sizeof(path), "%s/%s", root, needed[i]);
        if (length < 0 || (size_t)length >= sizeof(path) || access(path, R_OK) != 0) {
            return false;
        }
    }
    return true;
}

int
gbx_source_open_package(gbx_source **out, const char *root, gbx_error *error)
{
    *out = NULL;
    gbx_source *source = calloc(1, sizeof(*source));
    if (source == NULL || (source->root = realpath(root, NULL)) == NULL) {
        bool missing = source != NULL && errno != ENOMEM;
        free(source);
        return missing ? gbx_error_set(error, GBX_ERROR_MISSING, "there is no folder '%s'", root)
            : gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    *out = source;
    return 0;
}

int
gbx_source_open(gbx_source **out, const char *root, gbx_error *error)
{
    *out = NULL;
    if (!is_tree(root)) {
        return gbx_error_set(error, GBX_ERROR_MISSING, "'%s' is not CPython's source tree", root);
    }
    return gbx_source_open_package(out, root, error);
}

void
gbx_source_close(gbx_source *source)
{
    if (source == NULL) {
        return;
    }
    for (gbx_text *text = source->texts, *next; text != NULL; text = next) {
        next = text->next;
        free_text(text);
    }
    tdestroy(source->strings, free);
    free(source->hooks.list);
    free(source->root);
    free(source);
}
