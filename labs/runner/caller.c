/* See caller.h. */

#include "caller.h"

#include <stdio.h>
#include <string.h>

bool
gbx_caller_find(gbx_symbols *symbols, gbx_source *source, const gbx_process *process, uint64_t pc,
                gbx_caller *out)
{
    gbx_symbol symbol;
    gbx_place place;
    *out = (gbx_caller){ .line = 0 };
    if (symbols == NULL || pc == 0 || !gbx_symbols_find(symbols, process, pc, &symbol)) {
        return false;
    }
    const gbx_symbol_level *asker = gbx_symbol_asker(&symbol);
    const char *outer = symbol.levels[symbol.depth - 1].function;
    *out = (gbx_caller){ .file = asker->file, .line = asker->line, .function = asker->function };
    if (out->function == NULL) {
        out->function = "?";
    }
    if (source != NULL && asker->file != NULL
        && gbx_source_written(source, asker->file, asker->line, &place)) {
        *out = (gbx_caller){ .file = place.file, .line = place.line, .function = place.symbol };
    }
    else if (outer != NULL && strcmp(outer, out->function) != 0) {
        out->into = outer;
    }
    return true;
}

bool
gbx_caller_of_event(gbx_symbols *symbols, gbx_source *source, const gbx_trace *trace, size_t at,
                    gbx_caller *out)
{
    size_t count = gbx_trace_field_count(trace, at);
    for (size_t i = 0; i < count; i++) {
        gbx_field field = gbx_trace_field(trace, at, i);
        if (field.kind == GBX_KIND_PC) {
            const gbx_process *process = gbx_trace_process(trace, gbx_trace_where(trace, at).process);
            return gbx_caller_find(symbols, source, process, field.value, out);
        }
    }
    return false;
}

const char *
gbx_caller_text(const gbx_caller *caller, char *text, size_t size)
{
    const char *into = caller->into == NULL ? "" : ", part of ";
    const char *name = caller->into == NULL ? "" : caller->into;
    if (caller->file == NULL) {
        snprintf(text, size, "%s%s%s", caller->function, into, name);
    }
    else if (caller->line == 0) {
        snprintf(text, size, "%s in %s%s%s", caller->file, caller->function, into, name);
    }
    else {
        snprintf(text, size, "%s:%d in %s%s%s", caller->file, caller->line, caller->function, into, name);
    }
    return text;
}
