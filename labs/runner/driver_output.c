/* What a child prints, kept up to a limit: beyond it the child is read on, so that it does not block,
   and what it says is dropped. */

#include "driver_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { READ_SIZE = 64 << 10, READS = 4 };    /* a pipe's usual size; others want to be heard, too */

static bool
make_room(gbx_capture *capture, size_t more)
{
    size_t wanted = capture->size + more + 1;
    if (wanted <= capture->room) {
        return true;
    }
    size_t room = capture->room * 2 < wanted ? wanted : capture->room * 2;
    char *data = realloc(capture->data, room);
    if (data != NULL) {
        capture->data = data;
        capture->room = room;
    }
    return data != NULL;
}

static bool
keep(gbx_capture *capture, const char *text, size_t size)
{
    size_t free_size = capture->limit - capture->size;
    if (size > free_size) {
        capture->truncated = true;
        size = free_size;
    }
    if (!make_room(capture, size)) {
        return false;
    }
    memcpy(capture->data + capture->size, text, size);
    capture->size += size;
    capture->data[capture->size] = '\0';
    return true;
}

int
gbx_capture_read(gbx_capture *capture, gbx_error *error)
{
    static _Thread_local char buffer[READ_SIZE];
    for (int i = 0; i < READS; i++) {
        ssize_t size = read(capture->fd, buffer, sizeof(buffer));
        if (size < 0 && (errno == EAGAIN || errno == EINTR)) {
            return 0;
        }
        if (size < 0) {
            return gbx_error_system(error, "read", "the output of a child");
        }
        if (size == 0) {
            close(capture->fd);
            capture->fd = -1;
            return 0;
        }
        if (!keep(capture, buffer, (size_t)size)) {
            return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
        }
    }
    return 0;
}

int
gbx_capture_take(gbx_capture *capture, char **data, size_t *size, bool *truncated, gbx_error *error)
{
    if (!make_room(capture, 0)) {
        return gbx_error_set(error, GBX_ERROR_MEMORY, "out of memory");
    }
    capture->data[capture->size] = '\0';
    *data = capture->data;
    *size = capture->size;
    *truncated = capture->truncated;
    capture->data = NULL;
    return 0;
}

void
gbx_capture_clear(gbx_capture *capture)
{
    if (capture->fd >= 0) {
        close(capture->fd);
    }
    free(capture->data);
    *capture = (gbx_capture){ .fd = -1 };
}
