/* The story of asyncio as JSON.  It must not print. */

#ifndef GBX_AIO_JSON_H
#define GBX_AIO_JSON_H

#include "aio.h"

#include <jansson.h>

/* All of it: an object that the caller owns; NULL when out of memory. */
json_t *gbx_aio_json(const gbx_trace *trace, const gbx_aio_story *story);

/* One task's story, moment by moment, with its summary. */
json_t *gbx_aio_task_json(const gbx_trace *trace, const gbx_aio_story *story, size_t index);

#endif
