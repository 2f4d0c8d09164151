/* Violations: see violations.h. */

#include "violations.h"

#include <stddef.h>
#include <string.h>

const char *
gbx_violation_sentence(const char *name)
{
    static const struct { const char *name, *sentence; } all[] = {
#define X(name, sentence) { name, sentence },
        GBX_VIOLATIONS(X)
#undef X
    };
    for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
        if (strcmp(all[i].name, name) == 0) {
            return all[i].sentence;
        }
    }
    return NULL;
}
