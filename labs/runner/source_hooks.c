/* The hooks in the tree: every line that uses a macro GLASSBOX_...

   The folders that can have one are read through once, when the first emitter is asked for; most files
   are only searched for the word.  What the cases generator writes from Python/bytecodes.c is passed
   over: the line to read is the one that people wrote.  A hook inside another macro (DEOPT_IF,
   DISPATCH_INLINED) stands wherever that macro is used.

   Also here: what an instruction is made of, since an event names the instruction and a hook stands in
   one of its micro-operations. */

#include "source_internal.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BYTECODES "Python/bytecodes.c"
#define CASES "Python/generated_cases.c.h"

static bool
ends_with(const char *name, const char *end)
{
    size_t length = strlen(name), tail = strlen(end);
    return length >= tail && strcmp(name + length - tail, end) == 0;
}

/* ----------------------------------------------------------------- one hook */

static bool
add_hook(gbx_source *source, const gbx_hook *hook)
{
    gbx_hooks *hooks = &source->hooks;
    if (hooks->count == hooks->room) {
        size_t room = hooks->room == 0 ? 256 : hooks->room * 2;
        gbx_hook *list = realloc(hooks->list, room * sizeof(*list));
        if (list == NULL) {
            return false;
        }
        hooks->list = list;
        hooks->room = room;
    }
    hooks->list[hooks->count++] = *hook;
    return true;
}

static const char *
keep_trimmed(gbx_source *source, const char *text, size_t length)
{
    while (length > 0 && (unsigned char)text[0] <= ' ') {
        text++;
        length--;
    }
    while (length > 0 && (unsigned char)text[length - 1] <= ' ') {
        length--;
    }
    const char *kept = gbx_source_keep(source, text, length < 100 ? length : 100);
    return kept == NULL ? "" : kept;
}

/* What stands between the brackets at `open`, split at the commas outside of further ones. */
static void
read_arguments(gbx_source *source, const gbx_text *text, size_t open, gbx_hook *hook)
{
    const char *code = text->code;
    size_t close = code[open] == '(' ? gbx_c_match(code, text->size, open) : SIZE_MAX;
    size_t count = sizeof(hook->arguments) / sizeof(hook->arguments[0]);
    for (size_t i = 0; i < count; i++) {
        hook->arguments[i] = "";
    }
    if (close == SIZE_MAX) {
        return;
    }
    size_t from = open + 1, which = 0;
    int depth = 0;
    for (size_t at = from; at <= close && which < count; at++) {
        char c = code[at];
        if (at == close || (c == ',' && depth == 0)) {
            hook->arguments[which++] = keep_trimmed(source, code + from, at - from);
            from = at + 1;
        }
        depth += c == '(' || c == '{' || c == '[';
        depth -= c == ')' || c == '}' || c == ']';
    }
}

/* The hook whose name is at [at, at + length).  *is_macro: it stands in a #define of hook->site.function. */
static bool
read_hook(gbx_source *source, gbx_text *text, size_t at, size_t length, gbx_hook *hook, bool *is_macro)
{
    size_t name, name_length;
    *hook = (gbx_hook){ .site = { .file = text->name, .function = "" } };
    hook->site.line = (int)gbx_text_line(text, at) + 1;
    hook->site.hook = gbx_source_keep(source, text->code + at, length);
    if (strcmp(text->name, BYTECODES) == 0) {
        hook->site.compiled_in = CASES;
    }
    *is_macro = false;
    if (gbx_c_enclosing(text, at, &name, &name_length, is_macro)) {
        hook->site.function = gbx_source_keep(source, text->code + name, name_length);
    }
    read_arguments(source, text, at + length, hook);
    return hook->site.hook != NULL && hook->site.function != NULL;
}

/* Macros with a hook in them, and where they are used.  The generator writes DEOPT_IF for EXIT_IF. */
static const struct { const char *macro, *used_as, *file; } macro_uses[] = {
    { "DISPATCH_INLINED", "DISPATCH_INLINED", BYTECODES },
    { "SPECIALIZATION_FAIL", "SPECIALIZATION_FAIL", "Python/specialize.c" },
    { "FOUND", "FOUND", "Python/glassbox_found.c" },
    { "DEOPT_IF", "DEOPT_IF", BYTECODES },
    { "DEOPT_IF", "EXIT_IF", BYTECODES },
    { "_PyReftracerTrack", "_PyReftracerTrack", "Objects/object.c" },
    { "_PyReftracerTrack", "_PyReftracerTrack", "Include/internal/pycore_object.h" },
    { "_PyReftracerTrack", "_PyReftracerTrack", "Objects/tupleobject.c" },
    { "_PyReftracerTrack", "_PyReftracerTrack", "Objects/unicodeobject.c" },
    { "_PyReftracerTrack", "_PyReftracerTrack", "Objects/bytesobject.c" },
    { "_PyReftracerTrack", "_PyReftracerTrack", "Python/ceval.c" },
};

/* A macro that is defined twice (#if and #else) is used once. */
static bool
is_known(const gbx_source *source, const gbx_hook *use)
{
    for (size_t i = 0; i < source->hooks.count; i++) {
        const gbx_emitter_line *site = &source->hooks.list[i].site;
        if (site->line == use->site.line && site->through != NULL && strcmp(site->file, use->site.file) == 0
            && strcmp(site->hook, use->site.hook) == 0 && strcmp(site->through, use->site.through) == 0) {
            return true;
        }
    }
    return false;
}

/* A hook in a macro that others use: one for each use of it in a file. */
static bool
add_uses(gbx_source *source, const gbx_hook *inside, const char *macro, const char *file)
{
    gbx_text *text = gbx_source_text(source, file, NULL);
    size_t length = strlen(macro);
    if (text == NULL || gbx_text_code(text) == NULL) {
        return true;             /* a tree without it emits nothing through the macro */
    }
    for (size_t at = 0; (at = gbx_find_word(text->code, at, text->size, macro, length)) < text->size;
         at += length) {
        gbx_hook use;
        bool is_macro;
        if (text->code[at + length] != '(') {
            continue;
        }
        if (!read_hook(source, text, at, length, &use, &is_macro)) {
            return false;
        }
        if (is_macro && strcmp(use.site.function, macro) == 0) {
            continue;            /* its definition */
        }
        use.site.hook = inside->site.hook;
        use.site.through = inside->site.function;
        use.site.through_file = inside->site.file;
        use.site.through_line = inside->site.line;
        if (!is_known(source, &use) && !add_hook(source, &use)) {
            return false;
        }
    }
    return true;
}

static bool
add_found(gbx_source *source, gbx_text *text, size_t at, size_t length)
{
    gbx_hook hook;
    bool is_macro;
    if (!read_hook(source, text, at, length, &hook, &is_macro)) {
        return false;
    }
    if (is_macro && (strncmp(hook.site.function, "GLASSBOX_", 9) == 0 ||
                     strncmp(hook.site.function, "ROLE_TELLS_", 11) == 0)) {
        return true;             /* how a hook is defined is no use of it */
    }
    bool used = false;
    for (size_t i = 0; is_macro && i < sizeof(macro_uses) / sizeof(macro_uses[0]); i++) {
        if (strcmp(hook.site.function, macro_uses[i].macro) == 0) {
            used = true;
            if (!add_uses(source, &hook, macro_uses[i].used_as, macro_uses[i].file)) {
                return false;
            }
        }
    }
    return used || add_hook(source, &hook);
}

/* ---------------------------------------------------------------- all of them */

/* Every word in the text that begins with `prefix`; with `call`, only where a bracket follows. */
static bool
add_words(gbx_source *source, gbx_text *text, const char *prefix, bool call)
{
    const char *code = gbx_text_code(text);
    size_t begin = strlen(prefix);
    if (code == NULL) {
        return false;
    }
    for (const char *hit = code; (hit = strstr(hit, prefix)) != NULL; ) {
        size_t at = (size_t)(hit - code), end = at + begin;
        while (gbx_is_word(code[end])) {
            end++;
        }
        hit = code + end;
        bool starts = at == 0 || !gbx_is_word(code[at - 1]);
        if (starts && (!call || code[end] == '(') && !add_found(source, text, at, end - at)) {
            return false;
        }
    }
    return true;
}

static int
is_source(const struct dirent *entry)
{
    const char *name = entry->d_name;
    return (ends_with(name, ".c") || ends_with(name, ".h")) && !ends_with(name, "_cases.c.h")
        && strstr(name, "glassbox") == NULL;
}

/* Does the file have the word at all?  `*buffer` grows to the largest file. */
static bool
mentions_hooks(const char *path, char **buffer, size_t *room)
{
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t have = 0;
    ssize_t got;
    if (file < 0) {
        return false;
    }
    do {
        if (have == *room) {
            char *more = *room < (16u << 20) ? realloc(*buffer, *room * 2 + (1u << 20)) : NULL;
            if (more == NULL) {
                break;
            }
            *buffer = more;
            *room = *room * 2 + (1u << 20);
        }
        got = read(file, *buffer + have, *room - have);
        have += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    close(file);
    return have > 0 && memmem(*buffer, have, "GLASSBOX_", 9) != NULL;
}

static bool
read_folder(gbx_source *source, const char *folder, char **buffer, size_t *room)
{
    char path[4096];
    struct dirent **entries = NULL;
    bool done = true;
    snprintf(path, sizeof(path), "%s/%s", source->root, folder);
    int count = scandir(path, &entries, is_source, alphasort);
    for (int i = 0; i < count; i++) {
        int length = snprintf(path, sizeof(path), "%s/%s/%s", source->root, folder, entries[i]->d_name);
        if (done && length > 0 && (size_t)length < sizeof(path) && mentions_hooks(path, buffer, room)) {
            gbx_text *text = gbx_source_text(source, path + strlen(source->root) + 1, NULL);
            done = text == NULL || add_words(source, text, "GLASSBOX_", true);
        }
        free(entries[i]);
    }
    free(entries);
    return done;
}

/* What the recorder emits of its own accord, and for the module _glassbox. */
static bool
read_own(gbx_source *source)
{
    static const struct { const char *file, *prefix; } own[] = {
        { "Modules/_glassbox.c", "_PyGlassbox_" },
        { "Python/glassbox_hooks.c", "GBX_EV_" },
        { "Python/glassbox_recorder.c", "GBX_EV_" },
        { "Python/glassbox_gil.c", "GBX_EV_GIL_HELD" },
        { "Python/glassbox_roles.c", "GBX_EV_" },
        { "Python/glassbox_roles.c", "ROLE_TELLS_" },
        { "Python/glassbox_classes.c", "GBX_EV_" },
        { "Python/glassbox_import.c", "GBX_EV_" },
        { "Python/glassbox_objects.c", "GBX_EV_" },
        { "Python/glassbox_found.c", "GBX_EV_" },
        { "Python/glassbox_alloc.c", "GBX_EV_" },
        { "Python/glassbox_buf.c", "GBX_EV_BUF_AXIS" },
        { "Python/glassbox_churn.c", "GBX_EV_" },
        { "Python/glassbox_refs.c", "GBX_EV_" },
    };
    for (size_t i = 0; i < sizeof(own) / sizeof(own[0]); i++) {
        gbx_text *text = gbx_source_text(source, own[i].file, NULL);
        if (text != NULL && !add_words(source, text, own[i].prefix, own[i].prefix[0] == '_')) {
            return false;
        }
    }
    return true;
}

int
gbx_hooks_read(gbx_source *source, gbx_error *error)
{
    static const char *const folders[] = {
        "Python", "Objects", "Objects/mimalloc", "Objects/stringlib", "Modules", "Modules/_io", "Parser", "Include", "Include/internal",
    };
    char *buffer = NULL;
    size_t room = 0;
    bool done = true;
    if (source->hooks.read) {
        return 0;
    }
    for (size_t i = 0; done && i < sizeof(folders) / sizeof(folders[0]); i++) {
        done = read_folder(source, folders[i], &buffer, &room);
    }
    free(buffer);
    if (!done || !read_own(source)) {
        source->hooks.count = 0;
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    source->hooks.read = true;
    return 0;
}

/* --------------------------------------------------------- instructions' parts */

static bool
add_part(gbx_parts *parts, const char *name, size_t length)
{
    if (parts->count == sizeof(parts->names) / sizeof(parts->names[0])) {
        return false;
    }
    parts->names[parts->count] = name;
    parts->lengths[parts->count++] = length;
    return true;
}

/* Every word after the '=' of "macro(NAME) = a + b/1 + c;".  "unused" and the caches' names are words
   like others: no hook stands in something called so. */
static void
add_macro_parts(const gbx_text *text, size_t from, size_t to, gbx_parts *parts)
{
    const char *code = text->code;
    for (size_t at = from; at < to; ) {
        size_t end = at;
        while (end < to && gbx_is_word(code[end])) {
            end++;
        }
        if (end > at && !add_part(parts, code + at, end - at)) {
            return;
        }
        at = end > at ? end : at + 1;
    }
}

void
gbx_parts_add(gbx_source *source, const char *opcode, size_t length, gbx_parts *parts)
{
    char name[64];
    gbx_found found;
    gbx_text *text = gbx_source_text(source, BYTECODES, NULL);
    if (text == NULL || length >= sizeof(name)) {
        return;
    }
    memcpy(name, opcode, length);
    name[length] = '\0';
    if (!gbx_c_find(text, name, &found)) {
        return;
    }
    size_t at, name_length;
    char kind = gbx_c_instruction(text, gbx_text_line(text, found.at), &at, &name_length);
    if (kind == 'm') {
        add_macro_parts(text, at + name_length, found.last, parts);
    }
    else if (kind != 0) {
        add_part(parts, text->code + at, name_length);
    }
}

void
gbx_parts_add_general(gbx_source *source, const char *opcode, gbx_parts *parts)
{
    gbx_text *text = gbx_source_text(source, BYTECODES, NULL);
    size_t at, length;
    if (text == NULL || gbx_text_code(text) == NULL) {
        return;
    }
    for (size_t line = 0; line < text->line_count; line++) {
        if (gbx_c_instruction(text, line, &at, &length) != 'f') {
            continue;
        }
        size_t open = at + strcspn(text->code + at, "{;");
        size_t close = open < text->size && text->code[open] == '{'
            ? gbx_c_match(text->code, text->size, open) : SIZE_MAX;
        if (close != SIZE_MAX &&
            gbx_find_word(text->code, open, close, opcode, strlen(opcode)) < close) {
            gbx_parts_add(source, text->code + at, length, parts);
            return;
        }
    }
}

size_t
gbx_parts_index(const gbx_parts *parts, const char *function)
{
    size_t length = strlen(function), i = 0;
    while (i < parts->count &&
           (parts->lengths[i] != length || memcmp(parts->names[i], function, length) != 0)) {
        i++;
    }
    return i;
}
