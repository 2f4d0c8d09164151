/* The rule for spec.fail: the line that decided why, by the reason that the event carries.

   SPECIALIZATION_FAIL(family, kind) notes a reason, often a name, SPEC_FAIL_..., sometimes what a
   function or a variable holds; the record is written later, at the one place where all failures of a
   family meet.  The first is what a reader looks for; the second is named where no reason was noted. */

#include "source_internal.h"

#include <stdio.h>
#include <string.h>

static bool
is_name_of_macro(const char *word)
{
    return word[0] >= 'A' && word[0] <= 'Z';
}

/* "SPEC_FAIL_ATTR_METHOD" of the event; "" where it has no reason. */
static void
write_reason(const gbx_asked *it, char *text, size_t size)
{
    const gbx_spec *spec = (const gbx_spec *)(const void *)it->record;
    const char *reason = spec->reason == 0 ? NULL
        : gbx_trace_reason(it->trace, it->where.process, spec->family, spec->reason);
    text[0] = '\0';
    if (reason != NULL) {
        bool whole = strncmp(reason, "SPEC_FAIL_", 10) == 0;
        snprintf(text, size, "%s%s", whole ? "" : "SPEC_FAIL_", reason);
    }
}

static bool
has_word(const char *text, size_t size, const char *word)
{
    return gbx_find_word(text, 0, size, word, strlen(word)) < size;
}

/* Can an expression that is no name have this value?  A call: where the function mentions it; else what
   the function around it does with its variables is not looked into. */
static bool
can_be(gbx_text *text, const char *expression, const char *reason)
{
    char name[64];
    gbx_found found;
    size_t length = 0;
    while (gbx_is_word(expression[length]) && length + 1 < sizeof(name)) {
        name[length] = expression[length];
        length++;
    }
    name[length] = '\0';
    if (has_word(expression, strlen(expression), reason)) {
        return true;
    }
    if (expression[length] != '(') {
        return strstr(expression, "SPEC_FAIL_") == NULL;
    }
    return !gbx_c_find(text, name, &found) || found.last < found.at
        || has_word(text->code + found.at, found.last - found.at, reason);
}

bool
gbx_fits_reason(const gbx_asked *it, const gbx_hook *hook)
{
    char reason[96];
    gbx_text *text = gbx_source_text(it->source, hook->site.file, NULL);
    write_reason(it, reason, sizeof(reason));
    if (text == NULL || gbx_text_code(text) == NULL || reason[0] == '\0' || hook->site.through == NULL) {
        return false;
    }
    if (is_name_of_macro(hook->arguments[0]) && strcmp(hook->arguments[0], it->family) != 0) {
        return false;
    }
    return strncmp(hook->arguments[1], "SPEC_FAIL_", 10) == 0 && strpbrk(hook->arguments[1], " ?(") == NULL
        ? strcmp(hook->arguments[1], reason) == 0
        : can_be(text, hook->arguments[1], reason);
}

/* The line where a family's failures meet: for those that have no reason, or one that no line notes. */
bool
gbx_fits_result(const gbx_asked *it, const gbx_hook *hook)
{
    const gbx_hooks *hooks = &it->source->hooks;
    if (strcmp(hook->arguments[1], it->family) != 0) {
        return false;
    }
    for (size_t i = 0; i < hooks->count; i++) {
        if (strcmp(hooks->list[i].site.hook, "GLASSBOX_SPEC_REASON") == 0 &&
            gbx_fits_reason(it, &hooks->list[i])) {
            return false;
        }
    }
    return true;
}
