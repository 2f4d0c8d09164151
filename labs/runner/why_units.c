/* Times and sizes as they are said in words. */

#include "why.h"

const char *
gbx_why_time(double ns, char *text, size_t size)
{
    if (ns >= 1e9) {
        snprintf(text, size, "%.2f s", ns / 1e9);
    }
    else if (ns >= 1e6) {
        snprintf(text, size, ns < 1e7 ? "%.1f ms" : "%.0f ms", ns / 1e6);
    }
    else {
        snprintf(text, size, "%.0f us", ns / 1e3);
    }
    return text;
}

const char *
gbx_why_size(double bytes, char *text, size_t size)
{
    if (bytes >= 1e9) {
        snprintf(text, size, "%.1f GB", bytes / 1e9);
    }
    else if (bytes >= 1e6) {
        snprintf(text, size, bytes < 1e7 ? "%.1f MB" : "%.0f MB", bytes / 1e6);
    }
    else {
        snprintf(text, size, "%.0f kB", bytes / 1e3);
    }
    return text;
}
