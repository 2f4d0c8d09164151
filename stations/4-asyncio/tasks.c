/* Tasks; see tasks.h. */

#include "tasks.h"

#include "show.h"
#include "trace.h"

#include <stdio.h>
#include <string.h>

bool
gbx_s4_story(const gbx_look *look, gbx_finding *finding, size_t turns, gbx_aio_story **story)
{
    gbx_error error;
    const gbx_aio_options options = { .turns = turns, .process_only = true, .process = 0 };
    *story = NULL;
    if (look->trace == NULL || gbx_aio_tell(story, look->trace, &options, &error) != 0) {
        gbx_finding_insufficient(finding, "no event of asyncio was recorded");
        return false;
    }
    return true;
}

const gbx_aio_task_info *
gbx_s4_task(const gbx_look *look, gbx_finding *finding, const gbx_aio_story *story, const char *name)
{
    char text[128];
    for (size_t i = 0; i < story->task_count; i++) {
        if (strcmp(gbx_aio_name(look->trace, &story->tasks[i], text, sizeof(text)), name) == 0) {
            return &story->tasks[i];
        }
    }
    gbx_finding_insufficient(finding, "the program makes no task '%s'", name);
    return NULL;
}

bool
gbx_s4_find(const gbx_look *look, gbx_finding *finding, const char *name, const char *from, const char *task,
            gbx_part *part, uint64_t *address)
{
    gbx_aio_story *story;
    if (!gbx_part_find(look, finding, name, from, part) || !gbx_s4_story(look, finding, 0, &story)) {
        return false;
    }
    const gbx_aio_task_info *found = gbx_s4_task(look, finding, story, task);
    *address = found == NULL ? 0 : found->address;
    gbx_aio_free(story);
    return found != NULL;
}

/* Whom an event is about: a task, or the future that is done; 0. */
static uint64_t
about(const gbx_head *head)
{
    const void *record = head;
    switch (head->event) {
        case GBX_EV_AIO_TASK_NEW: return ((const gbx_aio_task *)record)->task;
        case GBX_EV_AIO_STEP_BEGIN: case GBX_EV_AIO_STEP_END: return ((const gbx_aio_step *)record)->task;
        case GBX_EV_AIO_CANCEL: return ((const gbx_aio_cancel *)record)->task;
        case GBX_EV_AIO_DELIVERED: return ((const gbx_aio_delivery *)record)->task;
        case GBX_EV_AIO_UNCANCEL: return ((const gbx_aio_uncancel *)record)->task;
        case GBX_EV_AIO_DONE: return ((const gbx_aio_done *)record)->future;
        case GBX_EV_AIO_WAKEUP: return ((const gbx_aio_wakeup *)record)->task;
        case GBX_EV_AIO_CALL_SOON: return ((const gbx_aio_schedule *)record)->task;
        case GBX_EV_AIO_RUN_BEGIN: return ((const gbx_aio_run *)record)->task;
        default: return 0;
    }
}

size_t
gbx_s4_next(const gbx_part *part, size_t at, uint8_t event, uint64_t address)
{
    for (; at < part->end; at++) {
        if (gbx_part_event(part, at) == event && about(gbx_part_record(part, at)) == address) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

const char *
gbx_s4_line(const gbx_part *part, size_t at, char *text, size_t size)
{
    const gbx_head *head = gbx_part_record(part, at);
    uint32_t code = head->event == GBX_EV_AIO_CANCEL ? ((const gbx_aio_cancel *)(const void *)head)->code
        : head->event == GBX_EV_AIO_STEP_BEGIN || head->event == GBX_EV_AIO_STEP_END
        ? ((const gbx_aio_step *)(const void *)head)->code : 0;
    gbx_show_line(part->trace, part->process, code, head->arg, text, size);
    return text;
}

size_t
gbx_s4_lets_go(const gbx_look *look, const gbx_aio_turn *turn)
{
    for (size_t at = turn->begin; at < turn->end; at++) {
        uint8_t event = gbx_trace_event(look->trace, at);
        if ((event == GBX_EV_GIL_RELEASE || event == GBX_EV_DETACH)
            && gbx_trace_where(look->trace, at).stream == turn->stream) {
            return at;
        }
    }
    return GBX_NO_EVENT;
}

double
gbx_s4_ms(const gbx_part *part, size_t from, size_t to)
{
    return ((double)gbx_trace_where(part->trace, to).t_ns - (double)gbx_trace_where(part->trace, from).t_ns) / 1e6;
}
