/* See page.h. */

#include "page.h"

#include <stdarg.h>
#include <stdio.h>

void
gbx_page_put(gbx_page *page, const char *format, ...)
{
    va_list arguments;
    size_t room = sizeof(page->text) - page->used;
    va_start(arguments, format);
    int length = vsnprintf(page->text + page->used, room, format, arguments);
    va_end(arguments);
    if (length > 0 && (size_t)length < room) {
        page->used += (size_t)length;
    }
    page->text[page->used] = '\0';
}

void
gbx_page_put_level(gbx_page *page, double share)
{
    static const char *const levels[] = { " ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█" };
    double level = share * 8 + 0.5;
    gbx_page_put(page, "%s", levels[level >= 8 ? 8 : level > 0 ? (size_t)level : 0]);
}
