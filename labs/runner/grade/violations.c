/* Violations: see violations.h. */

#include "violations.h"

#include <stddef.h>
#include <string.h>

static const struct { const char *name, *sentence; } all[] = {
#define X(name, sentence) { name, sentence },
    GBX_VIOLATIONS(X)
#undef X
};

enum { ALL = sizeof(all) / sizeof(all[0]) };

static size_t
find(const char *name)
{
    size_t i = 0;
    while (i < ALL && strcmp(all[i].name, name) != 0) {
        i++;
    }
    return i;
}

const char *
gbx_violation_sentence(const char *name)
{
    size_t i = find(name);
    return i < ALL ? all[i].sentence : NULL;
}

const char *
gbx_violation_name(const char *name)
{
    size_t i = find(name);
    return all[i < ALL ? i : 0].name;
}
