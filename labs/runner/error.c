/* Errors: see error.h. */

#include "error.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
gbx_error_set(gbx_error *error, int code, const char *format, ...)
{
    if (error != NULL) {
        va_list args;
        error->code = code;
        va_start(args, format);
        vsnprintf(error->message, sizeof(error->message), format, args);
        va_end(args);
    }
    return code;
}

int
gbx_error_system(gbx_error *error, const char *verb, const char *subject)
{
    return gbx_error_set(error, GBX_ERROR_SYSTEM, "cannot %s '%s': %s", verb, subject,
                         strerror(errno));
}

const char *
gbx_error_text(int code)
{
    switch (code) {
#define X(NAME, number, text) case GBX_ERROR_##NAME: return text;
        GBX_ERRORS(X)
#undef X
        default: return "no error";
    }
}
