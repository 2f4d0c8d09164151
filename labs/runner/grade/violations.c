/* Violations: see violations.h. */

#include "violations.h"

#include <stddef.h>
#include <string.h>

static const struct { const char *name, *sentence; } all[] = {
#define X(name, sentence) { name, sentence },
    GBX_VIOLATIONS(X)
#undef X
};

/* Where it stands in the list; its length: nowhere. */
static size_t
find(const char *name)
{
    size_t i = 0;
    while (i < sizeof(all) / sizeof(all[0]) && strcmp(all[i].name, name) != 0) {
        i++;
    }
    return i;
}

const char *
gbx_violation_sentence(const char *name)
{
    size_t at = find(name);
    return at < sizeof(all) / sizeof(all[0]) ? all[at].sentence : NULL;
}

const char *
gbx_violation_name(const char *name)
{
    size_t at = find(name);
    return all[at < sizeof(all) / sizeof(all[0]) ? at : 0].name;
}
