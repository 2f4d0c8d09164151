/* What to show a reader of a symbol; declared in symbols.h. */

#include "symbols.h"

#include <stdio.h>
#include <string.h>

static bool
ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), tail = strlen(end);
    return length >= tail && strcmp(text + length - tail, end) == 0;
}

const gbx_symbol_level *
gbx_symbol_asker(const gbx_symbol *symbol)
{
    for (size_t i = 0; i + 1 < symbol->depth; i++) {
        const char *file = symbol->levels[i].file;
        if (file != NULL && ends_with(file, ".c")) {
            return &symbol->levels[i];
        }
    }
    return &symbol->levels[symbol->depth == 0 ? 0 : symbol->depth - 1];
}

const char *
gbx_symbol_text(const gbx_symbol *symbol, char *text, size_t size)
{
    const gbx_symbol_level *asker = gbx_symbol_asker(symbol);
    const gbx_symbol_level *outer = &symbol->levels[symbol->depth == 0 ? 0 : symbol->depth - 1];
    const char *function = asker->function == NULL ? "?" : asker->function;
    const char *into = asker == outer ? "" : ", inlined into ";
    const char *name = asker == outer ? "" : outer->function;
    if (asker->file == NULL) {
        snprintf(text, size, "%s%s%s", function, into, name);
    }
    else if (asker->line == 0) {
        snprintf(text, size, "%s (%s)%s%s", function, asker->file, into, name);
    }
    else {
        snprintf(text, size, "%s (%s:%d)%s%s", function, asker->file, asker->line, into, name);
    }
    return text;
}
